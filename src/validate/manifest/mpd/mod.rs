//! MPDs. ISO/IEC 23009-1.

mod compare;
mod describe;
mod protect;
mod read;
mod segments;
mod sets;
mod structure;
mod text;

pub(in crate::validate) use self::compare::compare;
pub(in crate::validate) use self::read::{Mpd, read};
