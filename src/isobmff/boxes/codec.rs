//! Decoder configurations of video: `av1C`, `vpcC`, `avcC`, `hvcC`.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::{hex, hex_list, list};
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `av1C`: the AV1 configuration record as its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Av1C {
    /// The record, `configOBUs` included.
    #[serde(rename = "av1Config", serialize_with = "hex")]
    pub av1_config: Vec<u8>,
}

impl<'a> ParseBox<'a> for Av1C {
    const KIND: FourCC = FourCC(*b"av1C");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        Ok(Av1C { av1_config: r.rest().to_vec() })
    }
}

impl WriteBox for Av1C {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.bytes(&self.av1_config);
    }
}

/// `vpcC`: the configuration of VP8 and VP9.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VpcC {
    /// Of the codec.
    pub profile: u8,
    /// Ten times the level.
    pub level: u8,
    /// Bits of a value, 4 bits.
    pub bit_depth: u8,
    /// 0, 1: 4:2:0, 2: 4:2:2, 3: 4:4:4.
    pub chroma_subsampling: u8,
    /// Whether the values take the full range.
    pub video_full_range_flag: bool,
    /// 2 is unspecified.
    pub colour_primaries: u8,
    /// 2 is unspecified.
    pub transfer_characteristics: u8,
    /// 2 is unspecified.
    pub matrix_coefficients: u8,
    /// Empty for VP8 and VP9.
    #[serde(serialize_with = "hex")]
    pub codec_initialization_data: Vec<u8>,
}

impl<'a> ParseBox<'a> for VpcC {
    const KIND: FourCC = FourCC(*b"vpcC");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full()?.version;
        if version != 1 {
            return Err(r.bad_version(version, "1"));
        }
        let (profile, level, bits) = (r.u8()?, r.u8()?, r.u8()?);
        let (colour_primaries, transfer_characteristics, matrix_coefficients) = (r.u8()?, r.u8()?, r.u8()?);
        let len = r.u16()?;
        Ok(VpcC {
            profile,
            level,
            bit_depth: bits >> 4,
            chroma_subsampling: bits >> 1 & 7,
            video_full_range_flag: bits & 1 == 1,
            colour_primaries,
            transfer_characteristics,
            matrix_coefficients,
            codec_initialization_data: r.bytes(len.into())?.to_vec(),
        })
    }
}

impl WriteBox for VpcC {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    /// Of the initialization data at most 65,535 bytes are written.
    fn write(&self, w: &mut Writer) {
        w.full_header(1, 0);
        w.u8(self.profile);
        w.u8(self.level);
        let range = u8::from(self.video_full_range_flag);
        w.u8(self.bit_depth << 4 | (self.chroma_subsampling & 7) << 1 | range);
        w.u8(self.colour_primaries);
        w.u8(self.transfer_characteristics);
        w.u8(self.matrix_coefficients);
        let data = &self.codec_initialization_data[..self.codec_initialization_data.len().min(0xffff)];
        w.u16(data.len() as u16);
        w.bytes(data);
    }
}

/// NAL units, each behind its length.
fn nal_units(r: &mut Reader<'_>, count: u16) -> Result<Vec<Vec<u8>>> {
    let unit = |_| {
        let len = r.u16()?;
        Ok(r.bytes(len.into())?.to_vec())
    };
    (0..count).map(unit).collect()
}

/// `avcC`: the configuration of AVC, as far as it is described; read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AvcC {
    /// `profile_idc`.
    #[serde(rename = "AVCProfileIndication")]
    pub avc_profile_indication: u8,
    /// Constraint flags.
    pub profile_compatibility: u8,
    /// `level_idc`.
    #[serde(rename = "AVCLevelIndication")]
    pub avc_level_indication: u8,
    /// Bytes of a NAL unit's length, less one.
    #[serde(rename = "lengthSizeMinusOne")]
    pub length_size_minus_one: u8,
    /// NAL units.
    #[serde(rename = "sequenceParameterSetNALUnits", serialize_with = "hex_list")]
    pub sequence_parameter_sets: Vec<Vec<u8>>,
    /// NAL units.
    #[serde(rename = "pictureParameterSetNALUnits", serialize_with = "hex_list")]
    pub picture_parameter_sets: Vec<Vec<u8>>,
}

impl<'a> ParseBox<'a> for AvcC {
    const KIND: FourCC = FourCC(*b"avcC");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.u8()?;
        if version != 1 {
            return Err(r.bad_version(version, "1"));
        }
        let (avc_profile_indication, profile_compatibility) = (r.u8()?, r.u8()?);
        let (avc_level_indication, length) = (r.u8()?, r.u8()?);
        let count = r.u8()?;
        let sequence_parameter_sets = nal_units(r, (count & 31).into())?;
        let count = r.u8()?;
        let picture_parameter_sets = nal_units(r, count.into())?;
        // The extension of the high profiles.
        r.rest();
        Ok(AvcC {
            avc_profile_indication,
            profile_compatibility,
            avc_level_indication,
            length_size_minus_one: length & 3,
            sequence_parameter_sets,
            picture_parameter_sets,
        })
    }
}

impl AvcC {
    /// The `codecs` parameter for a sample entry of type `format` (RFC 6381 § 3.3): profile, constraint flags and level,
    /// two hexadecimal digits each.
    pub fn codecs(&self, format: FourCC) -> String {
        format!(
            "{format}.{:02x}{:02x}{:02x}",
            self.avc_profile_indication, self.profile_compatibility, self.avc_level_indication
        )
    }
}

/// `hvcC`: the configuration of HEVC, as far as it is described; read only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HvcC {
    /// 2 bits.
    pub general_profile_space: u8,
    /// High tier.
    pub general_tier_flag: bool,
    /// 5 bits.
    pub general_profile_idc: u8,
    /// 32 flags.
    pub general_profile_compatibility_flags: u32,
    /// 30 times the level.
    pub general_level_idc: u8,
    /// 0 to 3.
    pub chroma_format_idc: u8,
    /// Bits of a luma value, less 8.
    pub bit_depth_luma_minus8: u8,
    /// Bits of a chroma value, less 8.
    pub bit_depth_chroma_minus8: u8,
    /// Bytes of a NAL unit's length, less one.
    #[serde(rename = "lengthSizeMinusOne")]
    pub length_size_minus_one: u8,
    /// Parameter sets.
    #[serde(serialize_with = "list")]
    pub arrays: Vec<HvcArray>,
}

/// Parameter sets of one type in an [`HvcC`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HvcArray {
    /// Whether all of them are here.
    pub array_completeness: bool,
    /// 32 VPS, 33 SPS, 34 PPS, 39 and 40 SEI.
    #[serde(rename = "NAL_unit_type")]
    pub nal_unit_type: u8,
    /// NAL units.
    #[serde(rename = "nalUnits", serialize_with = "hex_list")]
    pub nal_units: Vec<Vec<u8>>,
}

impl<'a> ParseBox<'a> for HvcC {
    const KIND: FourCC = FourCC(*b"hvcC");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        // Some early writers have version 0 with the same layout.
        r.skip(1)?;
        let profile = r.u8()?;
        let general_profile_compatibility_flags = r.u32()?;
        r.skip(6)?;
        let general_level_idc = r.u8()?;
        r.skip(3)?;
        let (chroma, luma_depth, chroma_depth) = (r.u8()?, r.u8()?, r.u8()?);
        r.skip(2)?;
        let (bits, count) = (r.u8()?, r.u8()?);
        let mut arrays = Vec::new();
        for _ in 0..count {
            let (head, units) = (r.u8()?, r.u16()?);
            let nal_units = nal_units(r, units)?;
            arrays.push(HvcArray {
                array_completeness: head & 0x80 != 0,
                nal_unit_type: head & 63,
                nal_units,
            });
        }
        Ok(HvcC {
            general_profile_space: profile >> 6,
            general_tier_flag: profile >> 5 & 1 == 1,
            general_profile_idc: profile & 31,
            general_profile_compatibility_flags,
            general_level_idc,
            chroma_format_idc: chroma & 3,
            bit_depth_luma_minus8: luma_depth & 7,
            bit_depth_chroma_minus8: chroma_depth & 7,
            length_size_minus_one: bits & 3,
            arrays,
        })
    }
}

impl HvcC {
    /// The `codecs` parameter for a sample entry of type `format` (ISO/IEC 14496-15 Annex E): profile space and profile,
    /// compatibility flags in reverse, tier and level, then `constraints`, the record's six bytes of constraint flags,
    /// without the zeros at their end.
    pub fn codecs(&self, format: FourCC, constraints: &[u8]) -> String {
        let space = ["", "A", "B", "C"][usize::from(self.general_profile_space & 3)];
        let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let constraints: String = constraints[..used].iter().map(|byte| format!(".{byte:X}")).collect();
        format!(
            "{format}.{space}{}.{:X}.{}{}{constraints}",
            self.general_profile_idc,
            self.general_profile_compatibility_flags.reverse_bits(),
            if self.general_tier_flag { 'H' } else { 'L' },
            self.general_level_idc
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{roundtrip, unhex};
    use super::*;

    #[test]
    fn av1c_is_kept_as_bytes() {
        assert_eq!(roundtrip::<Av1C>("0000000c 61763143 81 04 0c 00").av1_config, [0x81, 4, 12, 0]);
    }

    #[test]
    fn vpcc_layout() {
        let vpcc: VpcC = roundtrip("00000014 76706343 01000000 00 14 82 02 02 02 0000");
        assert_eq!((vpcc.level, vpcc.bit_depth, vpcc.chroma_subsampling), (20, 8, 1));
    }

    #[test]
    fn avcc_layout() {
        let bytes = unhex("01 64 00 1f ff e1 0002 6764 01 0001 68 fdf8f800");
        let avcc = AvcC::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!((avcc.avc_profile_indication, avcc.length_size_minus_one), (100, 3));
        assert_eq!(avcc.codecs(FourCC(*b"avc3")), "avc3.64001f");
        assert_eq!(
            (avcc.sequence_parameter_sets, avcc.picture_parameter_sets),
            (vec![vec![0x67, 0x64]], vec![vec![0x68]])
        );
        assert!(AvcC::parse(&mut Reader::new(&bytes[..9], 0)).is_err());
    }

    #[test]
    fn codecs_of_hevc() {
        let codecs = |record: &str| {
            let bytes = unhex(&format!("{record} f000 fc fd fa fa 0000 0f 00"));
            let hvcc = HvcC::parse(&mut Reader::new(&bytes, 0)).unwrap();
            hvcc.codecs(FourCC(*b"hvc1"), &bytes[6..12])
        };
        assert_eq!(codecs("01 01 60000000 900000000000 3c"), "hvc1.1.6.L60.90");
        assert_eq!(codecs("01 22 20000000 b00000000000 99"), "hvc1.2.4.H153.B0");
        assert_eq!(codecs("01 44 08000000 bd0800000100 ba"), "hvc1.A4.10.L186.BD.8.0.0.1");
        assert_eq!(codecs("01 01 60000000 000000000000 3c"), "hvc1.1.6.L60");
    }

    #[test]
    fn hvcc_layout() {
        let bytes = unhex("01 02 20000000 900000000000 5d f000 fc fd fa fa 0000 0f 01 a1 0001 0002 4201");
        let hvcc = HvcC::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!((hvcc.general_profile_idc, hvcc.general_level_idc), (2, 93));
        assert_eq!((hvcc.bit_depth_luma_minus8, hvcc.arrays[0].nal_unit_type), (2, 33));
    }
}
