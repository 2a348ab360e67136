//! Sample groups: descriptions, and which samples have them.

use std::collections::{HashMap, HashSet};

use crate::findings::{Finding, Rule, Severity};
use crate::isobmff::boxes::{SampleSizes, Sbgp, Sgpd};
use crate::isobmff::{Child, FourCC};
use crate::validate::check::{Check, Header, MovieFragment, Traf, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_18, ISO_19, ISO_20};

/// From here on an index names a description in the same track fragment.
const LOCAL: u32 = 0x10000;

/// How many descriptions there are of a type.
type Counts = HashMap<FourCC, usize>;

/// Rules ISO-18 to ISO-20.
#[derive(Default)]
pub(in crate::validate) struct Groups {
    /// Descriptions in the movie box, by track.
    movie: HashMap<u32, Counts>,
}

/// An `stbl` or `traf`, as far as groups need it.
struct Scope<'a, 'b> {
    container: Child<'a>,
    samples: u64,
    /// Descriptions in the movie box.
    movie: Counts,
    /// Descriptions in the track fragment; none for an `stbl`.
    local: Option<Counts>,
    /// Begins a finding in one of the boxes.
    finding: &'b dyn Fn(&Gathered, &'static Rule, &Child<'_>, String) -> Finding,
}

impl Check for Groups {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            let Some(container) = trak.find("mdia/minf/stbl") else { continue };
            let sizes = SampleSizes::find(&container.reader());
            let movie = counts(&container);
            self.movie.insert(trak.track.id, movie.clone());
            let scope = Scope {
                container,
                samples: sizes.map_or(0, |sizes| sizes.sample_count.into()),
                movie,
                local: None,
                finding: &|found, rule, child, message| in_trak(&trak, found, rule, child, message),
            };
            scope.check(found);
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let scope = Scope {
                container: traf.child,
                samples: traf.runs.iter().map(|(_, run)| u64::from(run.sample_count)).sum(),
                movie: self.movie.get(&traf.tfhd.track_id).cloned().unwrap_or_default(),
                local: Some(counts(&traf.child)),
                finding: &|found, rule, child, message| in_traf(fragment, traf, found, rule, child, message),
            };
            scope.check(found);
        }
    }
}

fn in_trak(
    trak: &Trak<'_>,
    found: &Gathered,
    rule: &'static Rule,
    child: &Child<'_>,
    message: String,
) -> Finding {
    let path = format!("mdia/minf/stbl/{}", child.kind());
    trak.finding(found, rule, (&path, child.header.offset), message)
}

fn in_traf(
    fragment: &MovieFragment<'_>,
    traf: &Traf<'_>,
    found: &Gathered,
    rule: &'static Rule,
    child: &Child<'_>,
    message: String,
) -> Finding {
    fragment.in_traf(found, rule, (traf, &child.kind().to_string(), child.header.offset), message)
}

fn of_kind<'a>(container: &Child<'a>, kind: &'static [u8; 4]) -> impl Iterator<Item = Child<'a>> {
    container.boxes().map_while(Result::ok).filter(move |child| child.kind() == kind)
}

fn counts(container: &Child<'_>) -> Counts {
    let mut counts = Counts::new();
    for sgpd in of_kind(container, b"sgpd").filter_map(|child| child.parse::<Sgpd>().ok()) {
        counts.entry(sgpd.grouping_type).or_insert(sgpd.entries.len());
    }
    counts
}

impl Scope<'_, '_> {
    fn check(&self, found: &mut Gathered) {
        self.descriptions(found);
        self.samples(found);
    }

    fn descriptions(&self, found: &mut Gathered) {
        // Each `sbgp` may have a `sgpd` of its own.
        let mut allowed = Counts::new();
        for sbgp in of_kind(&self.container, b"sbgp").filter_map(|child| child.parse::<Sbgp<'_>>().ok()) {
            *allowed.entry(sbgp.grouping_type).or_default() += 1;
        }
        let mut seen = Counts::new();
        for child in of_kind(&self.container, b"sgpd") {
            let Ok(sgpd) = child.parse::<Sgpd>() else { continue };
            let kind = sgpd.grouping_type;
            let count = seen.entry(kind).or_default();
            *count += 1;
            if *count > allowed.get(&kind).copied().unwrap_or(0).max(1) {
                let message = format!("another `sgpd` of `{kind}`; there is one already");
                found.push((self.finding)(found, &ISO_18, &child, message));
            }
            if child.reader().full().is_ok_and(|full| full.version == 0) {
                let message =
                    format!("`sgpd` of `{kind}` has version 0, which does not tell how long entries are");
                let finding = (self.finding)(found, &ISO_18, &child, message);
                found.push(finding.severity(Severity::Warning).fix("write version 1 with default_length"));
            }
        }
    }

    fn samples(&self, found: &mut Gathered) {
        let mut seen = HashSet::new();
        for child in of_kind(&self.container, b"sbgp") {
            let Ok(sbgp) = child.parse::<Sbgp<'_>>() else { continue };
            let kind = sbgp.grouping_type;
            if !seen.insert((kind, sbgp.grouping_type_parameter)) {
                let message = match sbgp.grouping_type_parameter {
                    Some(parameter) => {
                        format!(
                            "another `sbgp` of `{kind}` has grouping_type_parameter 0x{parameter:08x} too"
                        )
                    }
                    None => format!("another `sbgp` of `{kind}`, and no grouping_type_parameter"),
                };
                found.push((self.finding)(found, &ISO_20, &child, message));
            }
            let sum: u64 = sbgp.entries.iter().map(|run| u64::from(run.sample_count)).sum();
            if sum > self.samples {
                let message = format!("`sbgp` of `{kind}` counts {sum} samples, there are {}", self.samples);
                found.push((self.finding)(found, &ISO_19, &child, message));
            }
            let wrong = sbgp.entries.iter().map(|run| run.group_description_index);
            if let Some(message) = wrong.filter_map(|index| self.wrong_index(kind, index)).next() {
                found.push((self.finding)(found, &ISO_19, &child, message));
            }
        }
    }

    /// What is wrong with the number of a description.
    fn wrong_index(&self, kind: FourCC, index: u32) -> Option<String> {
        let count = |counts: &Counts| counts.get(&kind).copied().unwrap_or(0);
        let name = format!("group_description_index of `{kind}` is {index} (0x{index:x})");
        let (number, of, place) = match &self.local {
            Some(local) if index > LOCAL => (index - LOCAL, count(local), "the track fragment"),
            _ => (index, count(&self.movie), "the movie box"),
        };
        (number as usize > of).then(|| format!("{name}, {place} has {of} descriptions"))
    }
}
