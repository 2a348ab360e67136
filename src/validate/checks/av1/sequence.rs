//! Sequence headers against what the sample entries say.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{EntryId, av1_entry};
use crate::av1::{ColorConfig, Obu, SequenceHeader};
use crate::findings::{Finding, Rule, Severity};
use crate::inspect::av1::SeenObu;
use crate::inspect::mp4::{Entry, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_03, AV1_08, AV1_11, AV1_15, AV1_19, AV1_44};

/// Rules AV1-03, AV1-08, AV1-11 (samples), AV1-15, AV1-19 and AV1-44.
#[derive(Default)]
pub(super) struct Sequences {
    /// The last sequence header that was compared with each entry.
    compared: BTreeMap<EntryId, Arc<SequenceHeader>>,
    /// The first one of each track.
    first: BTreeMap<u32, Fixed>,
    /// Whether the file is to be a CMAF track.
    is_cmaf: bool,
}

/// What stays as it is in a CMAF track, whatever sample entries it has.
#[derive(Debug, Clone, PartialEq)]
struct Fixed {
    seq_profile: u8,
    still_picture: bool,
    level: Option<u8>,
    tier: Option<u8>,
    color_config: ColorConfig,
}

impl Fixed {
    fn of(sequence: &SequenceHeader) -> Self {
        let point = sequence.operating_points.first();
        Fixed {
            seq_profile: sequence.seq_profile,
            still_picture: sequence.still_picture,
            level: point.map(|point| point.seq_level_idx),
            tier: point.map(|point| point.seq_tier),
            color_config: sequence.color_config,
        }
    }

    /// What differs, by the names of the specification.
    fn differences(&self, other: &Fixed) -> Vec<&'static str> {
        [
            ("seq_profile", self.seq_profile != other.seq_profile),
            ("still_picture", self.still_picture != other.still_picture),
            ("seq_level_idx[0]", self.level != other.level),
            ("seq_tier[0]", self.tier != other.tier),
            ("color_config", self.color_config != other.color_config),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}

/// What is wrong with a sequence header, and where it is still to be said.
struct Fault {
    rule: &'static Rule,
    severity: Severity,
    message: String,
    found: String,
    expected: String,
}

impl Fault {
    fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Fault {
            rule,
            severity: rule.severity,
            message: message.into(),
            found: String::new(),
            expected: String::new(),
        }
    }

    fn values(mut self, found: impl ToString, expected: impl ToString) -> Self {
        (self.found, self.expected) = (found.to_string(), expected.to_string());
        self
    }

    fn fill(self, finding: Finding) -> Finding {
        let finding = finding.severity(self.severity);
        if self.found.is_empty() { finding } else { finding.found(self.found).expected(self.expected) }
    }
}

impl Check for Sequences {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.is_cmaf = header.file.brands.as_ref().is_some_and(|b| b.lists(b"cmfc") || b.lists(b"cmf2"));
        for trak in header.traks() {
            for (number, (child, entry)) in trak.entries().zip(&trak.track.entries).enumerate() {
                let Some(config) = entry.av1.as_ref() else { continue };
                let path = format!("mdia/minf/stbl/stsd/{}[{}]", entry.kind, number + 1);
                let place = (path.as_str(), child.0.header.offset);
                let mut faults = Vec::new();
                if let Ok(Some(sequence)) = config.sequence() {
                    faults = entry_faults(entry, &sequence, "configOBUs");
                    faults.extend(self.track_faults(trak.track.id, &sequence));
                }
                let first = trak.track.entries.iter().find_map(|entry| entry.av1.as_ref());
                let delay = config.initial_presentation_delay_minus_one;
                if let Some(first) = first.filter(|first| first.initial_presentation_delay_minus_one != delay)
                    && self.is_cmaf
                {
                    let say = |delay: Option<u8>| delay.map_or("none".to_owned(), |delay| delay.to_string());
                    let message = "initial_presentation_delay_minus_one differs between the sample entries of a CMAF track";
                    faults.push(
                        Fault::new(&AV1_44, message)
                            .values(say(delay), say(first.initial_presentation_delay_minus_one)),
                    );
                }
                for fault in faults {
                    let finding = trak.finding(found, fault.rule, place, fault.message.clone());
                    found.push(fault.fill(finding));
                }
            }
        }
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, found: &mut Gathered) {
        let Ok(Obu::SequenceHeader(sequence)) = seen.parsed else { return };
        let Some(entry) = av1_entry(track, sample.description) else { return };
        let id = (track.id, sample.description);
        if self.compared.get(&id).is_some_and(|last| **last == **sequence) {
            return;
        }
        let mut faults = Vec::new();
        let config = entry.av1.as_ref();
        let own = config.and_then(|config| config.sequence().ok().flatten());
        // What the sequence header in configOBUs breaks is said already.
        if own.as_ref() != Some(sequence) {
            faults = entry_faults(entry, sequence, "the sample");
            faults.extend(self.track_faults(track.id, sequence));
        }
        if let Some(config) = config {
            let errors = config.check(Some(sequence));
            let of_samples = errors.iter().filter(|error| error.cites("rule AV1-08"));
            faults.extend(of_samples.map(|error| Fault::new(&AV1_08, format!("av1C: {}", error.message()))));
        }
        if own.is_some_and(|own| !own.same_but_operating_parameters(sequence)) {
            let mut fault =
                Fault::new(&AV1_11, "the sequence header of the sample is another than that of configOBUs");
            fault.severity = Severity::Warning;
            faults.push(fault);
        }
        for fault in faults {
            let mut finding = found.in_sample(fault.rule, track, sample, fault.message.clone());
            finding.location = found.at(seen.obu.offset);
            found.push(fault.fill(finding));
        }
        self.compared.insert(id, Arc::clone(sequence));
    }
}

impl Sequences {
    /// What differs from the first sequence header of a CMAF track.
    fn track_faults(&mut self, track: u32, sequence: &SequenceHeader) -> Option<Fault> {
        let fixed = Fixed::of(sequence);
        let first = self.first.entry(track).or_insert_with(|| fixed.clone());
        let differences = first.differences(&fixed);
        (self.is_cmaf && !differences.is_empty()).then(|| {
            let what = differences.join(", ");
            Fault::new(
                &AV1_44,
                format!("{what} changes within a CMAF track, from the first sequence header to this one"),
            )
        })
    }
}

/// Compares a sequence header with the boxes of an entry.
fn entry_faults(entry: &Entry, sequence: &SequenceHeader, whose: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let size = (
        sequence.max_frame_width_minus_1.saturating_add(1),
        sequence.max_frame_height_minus_1.saturating_add(1),
    );
    if let Some(own) = entry.size.filter(|own| *own != size) {
        let message = format!(
            "the sample entry says {}x{}, the sequence header of {whose} {}x{}",
            own.0, own.1, size.0, size.1
        );
        faults.push(
            Fault::new(&AV1_03, message)
                .values(format!("{}x{}", own.0, own.1), format!("{}x{}", size.0, size.1)),
        );
    }
    if let Some(nclx) = &entry.colour.nclx {
        let color = &sequence.color_config;
        let fields = [
            ("colour_primaries", nclx.colour_primaries, color.color_primaries),
            ("transfer_characteristics", nclx.transfer_characteristics, color.transfer_characteristics),
            ("matrix_coefficients", nclx.matrix_coefficients, color.matrix_coefficients),
        ];
        for (name, ours, theirs) in fields {
            if color.color_description_present_flag && theirs != 2 && ours != u16::from(theirs) {
                let message = format!("`colr` has {name} {ours}, the sequence header of {whose} {theirs}");
                faults.push(Fault::new(&AV1_15, message).values(ours, theirs));
            }
        }
        if nclx.full_range != color.color_range {
            let (ours, theirs) = (u8::from(nclx.full_range), u8::from(color.color_range));
            let message = format!(
                "`colr` has full_range_flag {ours}, the sequence header of {whose} color_range {theirs}"
            );
            faults.push(Fault::new(&AV1_15, message).values(ours, theirs));
        }
    }
    if sequence.timing_info.is_some() {
        let message = format!(
            "the sequence header of {whose} has timing information; the container's times rule, players ignore it"
        );
        faults.push(Fault::new(&AV1_19, message));
    }
    faults
}
