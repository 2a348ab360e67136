//! Rules ISO: boxes, headers, sample tables, runs and indexes.

mod file_type;

use crate::validate::Options;
use crate::validate::check::Check;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![Box::<file_type::FileType>::default()]
}
