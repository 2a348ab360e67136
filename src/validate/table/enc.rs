//! ENC: Common Encryption.

use super::Undecided;

pub(super) const GROUP: &[&crate::findings::Rule] = &[];

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[];
