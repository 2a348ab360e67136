//! The groups of samples that say how much is decoded before a sample sounds right.

use crate::inspect::sample::Sample;
use crate::isobmff::boxes::GroupEntry;

/// The distance of the group of this type that a sample is in.
pub(super) fn roll(sample: &Sample, grouping_type: &[u8; 4]) -> Option<i16> {
    let group = sample.groups.iter().find(|group| group.grouping_type == grouping_type)?;
    match group.entry.as_deref()? {
        GroupEntry::Roll { roll_distance } | GroupEntry::Prol { roll_distance } => Some(*roll_distance),
        _ => None,
    }
}
