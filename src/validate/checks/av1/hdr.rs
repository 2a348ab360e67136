//! Light levels and mastering displays: metadata OBUs against the boxes of the sample entry.

use std::collections::BTreeMap;

use super::{EntryId, av1_entry};
use crate::av1::{Metadata, Obu, ObuType, obus};
use crate::demux::Mastering;
use crate::findings::{Finding, Rule, Severity};
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Entry, Mp4, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_16, AV1_17, AV1_18, AV1_38};

/// Code point of the PQ curve.
const PQ: u16 = 16;

/// Rules AV1-16 to AV1-18, and AV1-38.
#[derive(Default)]
pub(super) struct Hdr {
    entries: BTreeMap<EntryId, Seen>,
    places: BTreeMap<EntryId, (String, u64)>,
}

/// What the samples of an entry, and its configOBUs, say.
#[derive(Default)]
struct Seen {
    samples: u64,
    light: Static,
    mastering: Static,
}

/// Metadata that may be the same for all samples.
#[derive(Default)]
struct Static {
    in_config: bool,
    first: Option<Metadata>,
    /// It was there in the first sample, and never another.
    holds_for_all: bool,
}

impl Check for Hdr {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for (number, (child, entry)) in trak.entries().zip(&trak.track.entries).enumerate() {
                let Some(config) = entry.av1.as_ref() else { continue };
                let path = format!("{}/mdia/minf/stbl/stsd/{}[{}]", trak.path, entry.kind, number + 1);
                let id = (trak.track.id, number as u32 + 1);
                self.places.insert(id, (path, child.0.header.offset));
                let metadata = obus(&config.config_obus).map_while(Result::ok);
                for obu in metadata.filter(|obu| obu.header.kind == ObuType::Metadata) {
                    let Ok(metadata) = Metadata::parse(obu.payload) else { continue };
                    let seen = self.entries.entry(id).or_default();
                    if let Some(of_kind) = seen.of(&metadata) {
                        of_kind.in_config = true;
                        for finding in of_kind.add(entry, &metadata, true) {
                            self.say(id, finding, found);
                        }
                    }
                }
            }
        }
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, found: &mut Gathered) {
        let Ok(Obu::Metadata(metadata)) = seen.parsed else { return };
        let Some(entry) = av1_entry(track, sample.description) else { return };
        let id = (track.id, sample.description);
        let seen = self.entries.entry(id).or_default();
        let is_first = seen.samples == 0;
        let faults = seen.of(metadata).map(|of_kind| of_kind.add(entry, metadata, is_first));
        for fault in faults.into_iter().flatten() {
            self.say(id, fault, found);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, _: &mut Gathered) {
        if scan.is_some_and(|scan| !scan.opaque) {
            self.entries.entry((track.id, sample.description)).or_default().samples += 1;
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for (id, seen) in std::mem::take(&mut self.entries) {
            let entry = file.tracks.iter().find(|track| track.id == id.0).and_then(|t| av1_entry(t, id.1));
            let Some(entry) = entry else { continue };
            let names = [("light level", "clli"), ("mastering display", "mdcv")];
            for (of_kind, (name, box_name)) in [&seen.light, &seen.mastering].into_iter().zip(names) {
                if of_kind.first.is_some() && of_kind.holds_for_all && !of_kind.in_config {
                    let message =
                        format!("the {name} metadata is the same for all samples, and not in configOBUs");
                    self.say(id, (&AV1_38, AV1_38.severity, message), found);
                }
                let has_box = if box_name == "clli" {
                    entry.colour.light.is_some()
                } else {
                    entry.colour.mastering.is_some()
                };
                let is_pq = entry.colour.nclx.is_some_and(|nclx| nclx.transfer_characteristics == PQ);
                if has_box || !(is_pq || of_kind.first.is_some()) {
                    continue;
                }
                // Without metadata nobody knows what to put there.
                let (severity, why) = match of_kind.first {
                    Some(_) => (Severity::Warning, format!("the stream has {name} metadata")),
                    None => (Severity::Advice, "the transfer is PQ".to_owned()),
                };
                self.say(id, (&AV1_16, severity, format!("{why}, and there is no `{box_name}` box")), found);
            }
        }
    }
}

type Fault = (&'static Rule, Severity, String);

impl Hdr {
    fn say(&self, id: EntryId, (rule, severity, message): Fault, found: &mut Gathered) {
        let (path, offset) = self.places.get(&id).cloned().unwrap_or_default();
        let finding: Finding = found.finding(rule, offset, message).path(path).severity(severity);
        found.push(finding.context("track", id.0.to_string()));
    }
}

impl Seen {
    fn of(&mut self, metadata: &Metadata) -> Option<&mut Static> {
        match metadata {
            Metadata::HdrCll { .. } => Some(&mut self.light),
            Metadata::HdrMdcv { .. } => Some(&mut self.mastering),
            _ => None,
        }
    }
}

impl Static {
    /// Takes in metadata. The first is compared with the boxes: those can't follow what changes.
    fn add(&mut self, entry: &Entry, metadata: &Metadata, is_first_sample: bool) -> Vec<Fault> {
        match &self.first {
            Some(first) => {
                self.holds_for_all &= first == metadata;
                Vec::new()
            }
            None => {
                self.first = Some(metadata.clone());
                self.holds_for_all = is_first_sample;
                compare(entry, metadata)
            }
        }
    }
}

/// Compares metadata with the box that says the same.
fn compare(entry: &Entry, metadata: &Metadata) -> Vec<Fault> {
    let mut faults = Vec::new();
    match (metadata, entry.colour.light, entry.colour.mastering) {
        (Metadata::HdrCll { max_cll, max_fall }, Some(light), _) => {
            let ours = (light.max_content_light_level, light.max_pic_average_light_level);
            if ours != (*max_cll, *max_fall) {
                let message = format!(
                    "`clli` says {} and {} cd/m² (the brightest pixel, the brightest frame's average), the metadata \
                     OBU {max_cll} and {max_fall}",
                    ours.0, ours.1
                );
                faults.push((&AV1_17, AV1_17.severity, message));
            }
        }
        (Metadata::HdrMdcv { primaries, white, max, min }, _, Some(ours)) => {
            let [red, green, blue] = *primaries;
            faults.extend(compare_mastering(&ours, [red, green, blue, *white], *max, *min));
        }
        _ => {}
    }
    faults
}

/// Compares a mastering display, `[red, green, blue, white]` of the OBU; a step of the coarser unit is no difference.
fn compare_mastering(ours: &Mastering, points: [(u16, u16); 4], max: u32, min: u32) -> Vec<Fault> {
    let [red, green, blue, white] = points;
    let [our_green, our_blue, our_red] = ours.display_primaries;
    let near = |box_value: u16, obu: u16| {
        let expected = u32::from(obu) * 50_000 / 65_536;
        u32::from(box_value).abs_diff(expected) <= 2
    };
    let near_point = |a: (u16, u16), b: (u16, u16)| near(a.0, b.0) && near(a.1, b.1);
    let ours_all = [our_red, our_green, our_blue, ours.white_point];
    let mut faults = Vec::new();
    if !ours_all.iter().zip(&points).all(|(a, b)| near_point(*a, *b)) {
        let in_order_of_obu = [our_green, our_blue, our_red].into_iter().zip([red, green, blue]);
        if in_order_of_obu.into_iter().all(|(a, b)| near_point(a, b)) {
            let message = "`mdcv` has the primaries in the order of the OBU (red, green, blue), its own is green, blue, red";
            faults.push((&AV1_18, AV1_18.severity, message.to_owned()));
        } else if ours_all == points || [our_green, our_blue, our_red, ours.white_point] == points {
            let message =
                "`mdcv` has the chromaticities in the unit of the OBU (1/65536), its own is 1/50000";
            faults.push((&AV1_18, AV1_18.severity, message.to_owned()));
        } else {
            let message = format!(
                "`mdcv` has other chromaticities than the metadata OBU: red {our_red:?}, green {our_green:?}, blue \
                 {our_blue:?}, white {:?} in 1/50000, the OBU red {red:?}, green {green:?}, blue {blue:?}, white \
                 {white:?} in 1/65536",
                ours.white_point
            );
            faults.push((&AV1_17, AV1_17.severity, message));
        }
    }
    let luminances = [("max", ours.max_luminance, max, 8, 40), ("min", ours.min_luminance, min, 14, 2)];
    for (name, ours, theirs, bits, step) in luminances {
        let expected = (u64::from(theirs) * 10_000) >> bits;
        if u64::from(ours).abs_diff(expected) <= step {
            continue;
        }
        if ours == theirs {
            let message = format!(
                "`mdcv` has the {name} luminance in the unit of the OBU (1/{} cd/m²), its own is 1/10000",
                1u32 << bits
            );
            faults.push((&AV1_18, AV1_18.severity, message));
        } else {
            let message = format!(
                "`mdcv` has a {name} luminance of {ours}, that of the metadata OBU is {expected} in the same unit \
                 (1/10000 cd/m²)"
            );
            faults.push((&AV1_17, AV1_17.severity, message));
        }
    }
    faults
}
