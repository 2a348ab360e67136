//! Rules ISO: boxes, headers, sample tables, runs and indexes.

mod bit_rate;
mod boxes;
mod clock;
mod edits;
mod entries;
mod file_type;
mod fragments;
mod groups;
mod index;
mod media_data;
mod structure;
mod subsegments;
mod tables;
mod tracks;

use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![
        Box::<file_type::FileType>::default(),
        Box::<structure::Structure>::default(),
        Box::<tracks::Tracks>::default(),
        Box::<entries::Entries>::default(),
        Box::<edits::Edits>::default(),
        Box::<tables::Tables>::default(),
        Box::<fragments::Fragments>::default(),
        Box::<clock::Clock>::default(),
        Box::<groups::Groups>::default(),
        Box::<index::Indexes>::default(),
        Box::<bit_rate::BitRate>::default(),
        Box::<boxes::Boxes>::default(),
    ]
}
