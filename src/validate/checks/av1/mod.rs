//! Rules AV1: sample entries, samples and groups of AV1 tracks.

use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    Vec::new()
}
