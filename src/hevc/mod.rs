//! HEVC, ITU-T H.265: parameter sets and slice segment headers, as far as packaging needs them.

mod pps;
mod reference_sets;
mod scaling;
mod slice;
mod sps;
mod vui;

use pps::Pps;
pub(crate) use slice::SliceHeader;
pub(crate) use sps::Sps;

/// The parameter sets in force.
pub(crate) type ParameterSets = crate::nal::ParameterSets<Sps, Pps>;

/// `nal_unit_type` of a NAL unit's first byte (ITU-T H.265 Table 7-1).
pub(crate) fn nal_unit_type(first_byte: u8) -> u8 {
    first_byte >> 1 & 63
}

/// `nuh_layer_id` of a NAL unit's two bytes of header.
pub(crate) fn layer_id(header: [u8; 2]) -> u8 {
    (header[0] & 1) << 5 | header[1] >> 3
}

/// The lowest type that is no slice segment.
pub(crate) const FIRST_NON_VCL: u8 = 32;
/// Random access skipped leading pictures, which cannot be decoded where decoding starts at their IRAP picture.
pub(crate) const RASL: std::ops::RangeInclusive<u8> = 8..=9;
/// Broken link access pictures that RASL pictures may follow.
pub(crate) const BLA_W_LP: u8 = 16;
/// Broken link access pictures that none follow.
pub(crate) const BLA: std::ops::RangeInclusive<u8> = 17..=18;
/// Instantaneous decoding refresh pictures.
pub(crate) const IDR: std::ops::RangeInclusive<u8> = 19..=20;
/// Clean random access pictures.
pub(crate) const CRA: u8 = 21;
/// Pictures where decoding may start, reserved types included.
pub(crate) const IRAP: std::ops::RangeInclusive<u8> = 16..=23;
/// A sequence parameter set.
pub(crate) const SPS: u8 = 33;
/// A picture parameter set.
pub(crate) const PPS: u8 = 34;
/// The parameter sets: of video, sequences and pictures.
pub(crate) const PARAMETER_SETS: std::ops::RangeInclusive<u8> = 32..=34;

/// Whether slice segments of this type are defined.
pub(crate) fn is_known_slice(nal_unit_type: u8) -> bool {
    matches!(nal_unit_type, 0..=9 | 16..=21)
}
