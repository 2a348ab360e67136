//! The boxes as types, with the field names of their specifications.
//!
//! Every type reads itself by [`ParseBox`](super::ParseBox); most write themselves by
//! [`WriteBox`](super::WriteBox), choosing the lowest version that holds their values.

mod audio;
mod aux_info;
mod codec;
mod encryption;
mod esds;
mod event;
mod file_type;
mod fragment;
mod groups;
mod index;
mod media;
mod movie;
mod sample_entry;
mod senc;
mod tables;
mod text;
mod track;
mod trun;
mod visual;

pub use audio::*;
pub use aux_info::*;
pub use codec::*;
pub use encryption::*;
pub use esds::*;
pub use event::*;
pub use file_type::*;
pub use fragment::*;
pub use groups::*;
pub use index::*;
pub use media::*;
pub use movie::*;
pub use sample_entry::*;
pub use senc::*;
pub use tables::*;
pub use text::*;
pub use track::*;
pub use trun::*;
pub use visual::*;

/// A duration that is not known: all bits 1, in 32 or 64 bits.
pub const UNKNOWN_DURATION: u64 = u64::MAX;

/// Whether a duration needs 64 bits; an unknown one does not.
fn wide_duration(duration: u64) -> bool {
    duration >= u64::from(u32::MAX) && duration != UNKNOWN_DURATION
}

/// A duration as it was read with 32 or 64 bits.
fn duration(wide: bool, value: u64) -> u64 {
    if !wide && value == u64::from(u32::MAX) { UNKNOWN_DURATION } else { value }
}

/// Whether a number needs 64 bits.
fn wide(value: u64) -> bool {
    value > u64::from(u32::MAX)
}

/// Reads a box from its hexadecimal dump, checks that no byte is left over and that it writes the same bytes.
#[cfg(test)]
pub(crate) fn roundtrip<T>(hex: &str) -> T
where
    T: for<'a> super::ParseBox<'a> + super::WriteBox + PartialEq + std::fmt::Debug,
{
    let bytes = unhex(hex);
    let child = super::Reader::new(&bytes, 0).boxes().next().expect("a box").expect("a whole box");
    assert_eq!(child.kind(), T::KIND);
    let mut reader = child.reader();
    let value = T::parse(&mut reader).expect("a valid box");
    assert!(reader.is_empty(), "{} bytes left over", reader.remaining());
    assert_eq!(value.kind(), T::KIND);
    assert_eq!(
        super::table::HexText(&super::Writer::single(&value)).to_string(),
        hex.replace([' ', '\n'], "")
    );
    value
}

/// Writes a box, reads it back, and compares.
#[cfg(test)]
pub(crate) fn reread<T>(value: &T)
where
    T: for<'a> super::ParseBox<'a> + super::WriteBox + PartialEq + std::fmt::Debug,
{
    let bytes = super::Writer::single(value);
    let child = super::Reader::new(&bytes, 0).boxes().next().expect("a box").expect("a whole box");
    let mut reader = child.reader();
    assert_eq!(&T::parse(&mut reader).expect("a valid box"), value);
    assert!(reader.is_empty());
}

#[cfg(test)]
pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).expect("a digit") as u8).collect();
    digits.chunks_exact(2).map(|d| d[0] << 4 | d[1]).collect()
}
