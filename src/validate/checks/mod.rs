//! What looks for breaches of the rules: a family of rules a file.

mod file_type;

use super::check::Check;

/// All checks, fresh for a file.
pub(super) fn all() -> Vec<Box<dyn Check>> {
    vec![Box::<file_type::FileType>::default()]
}
