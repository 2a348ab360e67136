//! AVC, ITU-T H.264: parameter sets and slice headers, as far as packaging needs them.

mod pps;
mod slice;
mod sps;

use pps::Pps;
pub(crate) use slice::SliceHeader;
pub(crate) use sps::Sps;

/// The parameter sets in force.
pub(crate) type ParameterSets = crate::nal::ParameterSets<Sps, Pps>;

/// `nal_unit_type` of a NAL unit's first byte (ITU-T H.264 Table 7-1).
pub(crate) fn nal_unit_type(first_byte: u8) -> u8 {
    first_byte & 31
}

/// A coded slice of a picture that is no IDR picture.
pub(crate) const NON_IDR_SLICE: u8 = 1;
/// Data partition A of a coded slice; B and C have the numbers behind it.
pub(crate) const DATA_PARTITION_A: u8 = 2;
/// Data partition C of a coded slice.
pub(crate) const DATA_PARTITION_C: u8 = 4;
/// A coded slice of an IDR picture.
pub(crate) const IDR_SLICE: u8 = 5;
/// A sequence parameter set.
pub(crate) const SPS: u8 = 7;
/// A picture parameter set.
pub(crate) const PPS: u8 = 8;
/// A coded slice of an auxiliary picture.
pub(crate) const AUXILIARY_SLICE: u8 = 19;
/// A coded slice extension: of scalable or multiview coding.
pub(crate) const SLICE_EXTENSION: u8 = 20;
/// A coded slice extension of depth views.
pub(crate) const DEPTH_SLICE_EXTENSION: u8 = 21;
