//! The sample groups of AV1-ISOBMFF: `av1f`, `av1s`, `av1m`, `av1M`.

use super::references::References;
use super::unit::Unit;
use crate::cmaf::{GroupDescription, Sample, SampleGroup};

/// Groups found so far; a sample's membership is a bit for each.
#[derive(Debug, Default)]
pub(super) struct Groups {
    list: Vec<SampleGroup>,
    /// Delayed random access points that wait for the unit that shows them: serial of the key frame, sample index.
    delayed: Vec<(u64, usize)>,
    /// Distances that `av1f` can't hold: how many, and the first one's sample number.
    too_far: Option<(u64, u64)>,
    metadata_left_out: bool,
}

impl Groups {
    /// The groups of a unit that becomes the sample with this index. Forward key frames are grouped later, when
    /// their distance is known.
    pub(super) fn of(&mut self, unit: &Unit, index: usize, references: &References) -> u32 {
        let mut groups = 0;
        if unit.starts_with_switch_frame() {
            groups |= self.bit(*b"av1s", None, GroupDescription::Empty);
        }
        if unit.frames > 1 {
            groups |= self.bit(*b"av1m", None, GroupDescription::Empty);
        }
        for metadata in &unit.metadata {
            let bit = match metadata.grouping_type_parameter() {
                Some(parameter) => self.bit(*b"av1M", Some(parameter), GroupDescription::Empty),
                None => 0,
            };
            self.metadata_left_out |= bit == 0;
            groups |= bit;
        }
        self.delayed.retain(|(serial, _)| references.hold(*serial));
        self.delayed.extend(unit.hidden_key_frames.iter().map(|&serial| (serial, index)));
        groups
    }

    /// Gives the delayed random access point its distance, now that the newest sample shows its key frame.
    pub(super) fn resolve(&mut self, recovers: Option<u64>, samples: &mut [Sample]) {
        let Some(at) = recovers.and_then(|serial| self.delayed.iter().position(|(s, _)| *s == serial)) else {
            return;
        };
        let (_, index) = self.delayed.swap_remove(at);
        // 0 means the next sample.
        match u8::try_from(samples.len() - index - 2) {
            Ok(distance) => {
                let bit = self.bit(*b"av1f", None, GroupDescription::ForwardDistance);
                samples[index].groups |= bit;
                samples[index].forward_distance = distance;
            }
            Err(_) => self.too_far.get_or_insert((0, index as u64 + 1)).0 += 1,
        }
    }

    /// The bit of a group, which is added if it is new; 0 when there is no bit left.
    fn bit(&mut self, grouping_type: [u8; 4], parameter: Option<u32>, description: GroupDescription) -> u32 {
        let group = SampleGroup { grouping_type, parameter, description };
        let index = self.list.iter().position(|g| *g == group).unwrap_or_else(|| {
            // Metadata leaves room for the three other groups.
            if self.list.len() < if parameter.is_some() { 29 } else { 32 } {
                self.list.push(group);
                self.list.len() - 1
            } else {
                32
            }
        });
        1u32.checked_shl(index as u32).unwrap_or(0)
    }

    /// What could not be signalled.
    pub(super) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some((count, sample)) = self.too_far {
            warnings.push(format!(
                "{count} forward key frames are shown more than 256 samples later and not signalled (rule AV1-34); \
                 first at sample {sample}"
            ));
        }
        if self.metadata_left_out {
            warnings.push("metadata of more kinds than can be grouped is not signalled (rule AV1-37)".into());
        }
        warnings
    }

    /// The groups, in the order of their bits.
    pub(super) fn into_list(self) -> Vec<SampleGroup> {
        self.list
    }
}
