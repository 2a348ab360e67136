//! Sample groups of AV1: forward key frames, switch frames, several frames, metadata.

use std::collections::{BTreeMap, BTreeSet};

use crate::av1::Metadata;
use crate::error::Error;
use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Broken, Membership, Sample};
use crate::isobmff::boxes::GroupEntry;
use crate::validate::check::Check;
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_33, AV1_34, AV1_36, AV1_37};

/// Forward key frames of a track that wait for being shown: no more are held by the eight reference slots.
const WAITING: usize = 16;
/// Kinds of metadata of a track that are told apart.
const KINDS: usize = 64;

/// Rules AV1-33, AV1-34, AV1-36 and AV1-37.
#[derive(Default)]
pub(super) struct Groups {
    tracks: BTreeMap<u32, State>,
    /// The sample whose OBUs can't be read.
    broken: Option<(u32, u64)>,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// Kinds of metadata of which it is said that they are in no group.
    told: BTreeSet<u32>,
}

/// A sample with a key frame that is not shown yet.
struct Waiting {
    serial: u64,
    sample: Sample,
    has_sequence_header: bool,
    distance: Option<u8>,
}

impl Check for Groups {
    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, _: &Error, _: &mut Gathered) {
        if part == Broken::Obus {
            self.broken = Some((track.id, sample.number));
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let Some(scan) = scan.filter(|scan| !scan.opaque) else { return };
        if self.broken == Some((track.id, sample.number)) {
            return;
        }
        let state = self.tracks.entry(track.id).or_default();
        state.switch(track, sample, scan, found);
        state.several(track, sample, scan, found);
        state.metadata(track, sample, scan, found);
        state.forward(track, sample, scan, found);
    }
}

impl State {
    fn switch(&self, track: &Track, sample: &Sample, scan: &UnitScan, found: &mut Gathered) {
        let message = match (scan.starts_with_switch_frame(), group(sample, b"av1s").is_some()) {
            (true, false) => "starts with a switch frame, and is not in group `av1s`",
            (false, true) => "in group `av1s`, and does not start with a switch frame",
            _ => return,
        };
        let finding = found.in_sample(&AV1_33, track, sample, message);
        found.push(finding);
    }

    fn several(&self, track: &Track, sample: &Sample, scan: &UnitScan, found: &mut Gathered) {
        if group(sample, b"av1m").is_some() && scan.frame_count < 2 {
            let message = format!("in group `av1m` of several frames, and has {}", scan.frame_count);
            let finding = found.in_sample(&AV1_36, track, sample, message);
            found.push(finding);
        }
    }

    fn metadata(&mut self, track: &Track, sample: &Sample, scan: &UnitScan, found: &mut Gathered) {
        let groups: Vec<Option<u32>> = sample
            .groups
            .iter()
            .filter(|group| group.grouping_type == b"av1M")
            .map(|group| group.parameter)
            .collect();
        let parameters: Vec<u32> =
            scan.metadata.iter().filter_map(Metadata::grouping_type_parameter).collect();
        for parameter in &parameters {
            let kind = parameter >> 24;
            // A group without a parameter holds samples with metadata of any kind.
            let is_grouped = groups.iter().any(|group| group.is_none_or(|of| of == *parameter));
            if is_grouped || self.told.len() >= KINDS || !self.told.insert(*parameter) {
                continue;
            }
            let other = groups.iter().flatten().find(|of| *of >> 24 == kind);
            let message = match other {
                Some(other) => format!(
                    "has metadata of type {kind}, and the group `av1M` of that type has the parameter {other:#010x}, \
                     {parameter:#010x} expected"
                ),
                None => format!(
                    "has metadata of type {kind}, and is in no group `av1M` (parameter {parameter:#010x})"
                ),
            };
            let finding = found.in_sample(&AV1_37, track, sample, message);
            found.push(finding);
        }
        let wrong = groups.iter().flatten().find(|of| !parameters.iter().any(|p| p >> 24 == **of >> 24));
        if let Some(wrong) = wrong {
            let message = format!(
                "in the group `av1M` of metadata of type {} (parameter {wrong:#010x}), and has none of that type",
                wrong >> 24
            );
            let finding = found.in_sample(&AV1_37, track, sample, message);
            found.push(finding);
        }
    }

    fn forward(&mut self, track: &Track, sample: &Sample, scan: &UnitScan, found: &mut Gathered) {
        let distance = group(sample, b"av1f").and_then(|group| match group.entry.as_deref() {
            Some(GroupEntry::Av1f { fwd_distance }) => Some(*fwd_distance),
            _ => None,
        });
        if let Some(at) = self.waiting.iter().position(|waiting| Some(waiting.serial) == scan.recovers) {
            let waiting = self.waiting.swap_remove(at);
            waiting.shown_by(track, sample, found);
        }
        self.waiting.retain(|waiting| {
            let is_held = scan.slots.contains(&Some(waiting.serial));
            if !is_held && waiting.distance.is_some() {
                let message = "in group `av1f`, and its key frame is never shown by a later sample";
                let finding = found.in_sample(&AV1_34, track, &waiting.sample, message);
                found.push(finding);
            }
            is_held
        });
        if distance.is_some() && scan.hidden_key_frames.is_empty() {
            let message = "in group `av1f`, and has no key frame that a later sample shows";
            let finding = found.in_sample(&AV1_34, track, sample, message);
            found.push(finding);
        }
        for serial in &scan.hidden_key_frames {
            if self.waiting.len() < WAITING {
                self.waiting.push(Waiting {
                    serial: *serial,
                    sample: sample.clone(),
                    has_sequence_header: scan.has_sequence_header,
                    distance,
                });
            }
        }
    }
}

impl Waiting {
    /// The sample that shows the key frame is found.
    fn shown_by(&self, track: &Track, shows: &Sample, found: &mut Gathered) {
        let Some(real) = shows.number.checked_sub(self.sample.number + 1) else { return };
        let finding = match self.distance {
            Some(distance) if u64::from(distance) == real => return,
            Some(distance) => {
                let message = format!(
                    "in group `av1f` with fwd_distance {distance}; its key frame is shown by sample {}, which is {real}",
                    shows.number
                );
                found
                    .in_sample(&AV1_34, track, &self.sample, message)
                    .severity(Severity::Error)
                    .found(distance.to_string())
                    .expected(real.to_string())
            }
            // Only with a sequence header decoding can start there; and the distance has 8 bits.
            None if self.has_sequence_header && real <= u64::from(u8::MAX) => {
                let message = format!(
                    "has a key frame that sample {} shows (fwd_distance {real}), and is not in group `av1f`",
                    shows.number
                );
                found.in_sample(&AV1_34, track, &self.sample, message)
            }
            None => return,
        };
        found.push(finding);
    }
}

/// The sample's membership in groups of a type.
fn group<'a>(sample: &'a Sample, kind: &[u8; 4]) -> Option<&'a Membership> {
    sample.groups.iter().find(|group| group.grouping_type == kind)
}
