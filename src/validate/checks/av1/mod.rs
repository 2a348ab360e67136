//! Rules AV1: sample entries, samples and groups of AV1 tracks.

mod access;
mod brand;
mod composition;
mod entry;
mod groups;
mod hdr;
mod render;
mod sequence;
mod unit;

use crate::inspect::mp4::{Entry, Track};
use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![
        Box::<brand::Brand>::default(),
        Box::<entry::Entries>::default(),
        Box::<sequence::Sequences>::default(),
        Box::<hdr::Hdr>::default(),
        Box::<render::Render>::default(),
        Box::<unit::Units>::default(),
        Box::<composition::Composition>::default(),
        Box::<access::Access>::default(),
        Box::<groups::Groups>::default(),
    ]
}

/// A sample entry of a track.
type EntryId = (u32, u32);

/// The sample entry that a sample needs, where it is one of AV1.
fn av1_entry(track: &Track, description: u32) -> Option<&Entry> {
    track.entry(description).filter(|entry| entry.format == b"av01")
}
