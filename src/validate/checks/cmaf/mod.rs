//! Rules CMF: CMAF tracks.

mod access;
mod brands;
mod chunks;
mod events;
mod header;
mod index;
mod order;
mod times;

use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![
        Box::<brands::BrandChecks>::default(),
        Box::<header::CmafHeader>::default(),
        Box::<order::BoxOrder>::default(),
        Box::<chunks::Chunks>::default(),
        Box::<access::Access>::default(),
        Box::<times::Times>::default(),
        Box::<index::TrackIndex>::default(),
        Box::<events::Events>::default(),
    ]
}
