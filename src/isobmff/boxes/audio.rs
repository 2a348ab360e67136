//! Boxes of audio sample entries: `dOps`, `dac3`, `dec3`, `chnl`.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::hex;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// How Opus streams map to channels, where `ChannelMappingFamily` is not 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChannelMapping {
    /// Streams in a packet.
    pub stream_count: u8,
    /// Streams of two channels.
    pub coupled_count: u8,
    /// One for each output channel.
    #[serde(serialize_with = "hex")]
    pub channel_mapping: Vec<u8>,
}

/// `dOps`: the configuration of Opus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DOps {
    /// Channels.
    pub output_channel_count: u8,
    /// Samples at 48 kHz to leave out at the start.
    pub pre_skip: u16,
    /// Hz, of the source.
    pub input_sample_rate: u32,
    /// 8.8 dB.
    pub output_gain: i16,
    /// 0: mono or stereo.
    pub channel_mapping_family: u8,
    /// Absent in family 0.
    #[serde(flatten)]
    pub mapping: Option<ChannelMapping>,
}

impl<'a> ParseBox<'a> for DOps {
    const KIND: FourCC = FourCC(*b"dOps");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.u8()?;
        if version != 0 {
            return Err(r.bad_version(version, "0"));
        }
        let (output_channel_count, pre_skip, input_sample_rate) = (r.u8()?, r.u16()?, r.u32()?);
        let (output_gain, channel_mapping_family) = (r.i16()?, r.u8()?);
        let mapping = if channel_mapping_family == 0 {
            None
        } else {
            Some(ChannelMapping {
                stream_count: r.u8()?,
                coupled_count: r.u8()?,
                channel_mapping: r.bytes(output_channel_count.into())?.to_vec(),
            })
        };
        Ok(DOps {
            output_channel_count,
            pre_skip,
            input_sample_rate,
            output_gain,
            channel_mapping_family,
            mapping,
        })
    }
}

impl WriteBox for DOps {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.u8(0);
        w.u8(self.output_channel_count);
        w.u16(self.pre_skip);
        w.u32(self.input_sample_rate);
        w.i16(self.output_gain);
        w.u8(self.channel_mapping_family);
        if let Some(mapping) = &self.mapping {
            w.u8(mapping.stream_count);
            w.u8(mapping.coupled_count);
            w.bytes(&mapping.channel_mapping);
        }
    }
}

/// `dac3`: the configuration of AC-3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dac3 {
    /// 0: 48 kHz, 1: 44.1 kHz, 2: 32 kHz.
    pub fscod: u8,
    /// Bit stream identification, 5 bits.
    pub bsid: u8,
    /// Bit stream mode, 3 bits.
    pub bsmod: u8,
    /// Channels in front / behind, 3 bits.
    pub acmod: u8,
    /// With a channel of low frequencies.
    pub lfeon: bool,
    /// A row of the table of bit rates, 5 bits.
    pub bit_rate_code: u8,
}

impl<'a> ParseBox<'a> for Dac3 {
    const KIND: FourCC = FourCC(*b"dac3");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let bits = r.u24()?;
        Ok(Dac3 {
            fscod: (bits >> 22) as u8,
            bsid: (bits >> 17 & 31) as u8,
            bsmod: (bits >> 14 & 7) as u8,
            acmod: (bits >> 11 & 7) as u8,
            lfeon: bits >> 10 & 1 == 1,
            bit_rate_code: (bits >> 5 & 31) as u8,
        })
    }
}

impl WriteBox for Dac3 {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.u24(
            u32::from(self.fscod & 3) << 22
                | u32::from(self.bsid & 31) << 17
                | u32::from(self.bsmod & 7) << 14
                | u32::from(self.acmod & 7) << 11
                | u32::from(self.lfeon) << 10
                | u32::from(self.bit_rate_code & 31) << 5,
        );
    }
}

/// One independent substream of a [`Dec3`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ec3Substream {
    /// 0: 48 kHz, 1: 44.1 kHz, 2: 32 kHz.
    pub fscod: u8,
    /// Bit stream identification, 5 bits.
    pub bsid: u8,
    /// Whether it is an associated service.
    pub asvc: bool,
    /// Bit stream mode, 3 bits.
    pub bsmod: u8,
    /// Channels in front / behind, 3 bits.
    pub acmod: u8,
    /// With a channel of low frequencies.
    pub lfeon: bool,
    /// Dependent substreams, 4 bits.
    pub num_dep_sub: u8,
    /// Where the dependent substreams' channels are, 9 bits; 0 without any.
    pub chan_loc: u16,
}

/// `dec3`: the configuration of E-AC-3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dec3 {
    /// In kbit/s, 13 bits.
    pub data_rate: u16,
    /// 1 to 8.
    pub substreams: Vec<Ec3Substream>,
    /// What is behind, with the flag and complexity of joint object coding.
    #[serde(serialize_with = "hex")]
    pub extension: Vec<u8>,
}

impl<'a> ParseBox<'a> for Dec3 {
    const KIND: FourCC = FourCC(*b"dec3");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let head = r.u16()?;
        let mut substreams = Vec::new();
        for _ in 0..=head & 7 {
            let bits = r.u24()?;
            let num_dep_sub = (bits >> 1 & 15) as u8;
            let chan_loc = if num_dep_sub > 0 { (bits as u16 & 1) << 8 | u16::from(r.u8()?) } else { 0 };
            substreams.push(Ec3Substream {
                fscod: (bits >> 22) as u8,
                bsid: (bits >> 17 & 31) as u8,
                asvc: bits >> 15 & 1 == 1,
                bsmod: (bits >> 12 & 7) as u8,
                acmod: (bits >> 9 & 7) as u8,
                lfeon: bits >> 8 & 1 == 1,
                num_dep_sub,
                chan_loc,
            });
        }
        Ok(Dec3 { data_rate: head >> 3, substreams, extension: r.rest().to_vec() })
    }
}

impl WriteBox for Dec3 {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    /// Of the substreams the first 8 are written.
    fn write(&self, w: &mut Writer) {
        let substreams = &self.substreams[..self.substreams.len().min(8)];
        w.u16(self.data_rate << 3 | substreams.len().saturating_sub(1) as u16);
        for s in substreams {
            let dependent = s.num_dep_sub & 15 > 0;
            let location = if dependent { s.chan_loc } else { 0 };
            w.u24(
                u32::from(s.fscod & 3) << 22
                    | u32::from(s.bsid & 31) << 17
                    | u32::from(s.asvc) << 15
                    | u32::from(s.bsmod & 7) << 12
                    | u32::from(s.acmod & 7) << 9
                    | u32::from(s.lfeon) << 8
                    | u32::from(s.num_dep_sub & 15) << 1
                    | u32::from(location >> 8 & 1),
            );
            if dependent {
                w.u8(location as u8);
            }
        }
        w.bytes(&self.extension);
    }
}

/// `chnl`: where the channels are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chnl {
    /// 0, or 1 with the fields in another order.
    pub version: u8,
    /// Bit 0: by channels, bit 1: by objects.
    pub stream_structure: u8,
    /// The layout's number of ISO/IEC 23091-3, or 0 where it is told behind. Absent without channels.
    #[serde(rename = "definedLayout", skip_serializing_if = "Option::is_none")]
    pub defined_layout: Option<u8>,
    /// All behind.
    #[serde(serialize_with = "hex")]
    pub data: Vec<u8>,
    /// Version 1: the number of channels, and the order of formats in its byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_channel_count: Option<u8>,
}

impl<'a> ParseBox<'a> for Chnl {
    const KIND: FourCC = FourCC(*b"chnl");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        let first = r.u8()?;
        let (stream_structure, base_channel_count) =
            if version == 0 { (first, None) } else { (first >> 4, Some(r.u8()?)) };
        let defined_layout = if stream_structure & 1 != 0 { Some(r.u8()?) } else { None };
        // The low bits of version 1's first byte are kept with what is behind.
        let mut data = if version == 1 { vec![first & 15] } else { Vec::new() };
        data.extend(r.rest());
        Ok(Chnl { version, stream_structure, defined_layout, data, base_channel_count })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    #[test]
    fn dops_families() {
        let dops: DOps = roundtrip("00000013 644f7073 00 02 0138 0000bb80 ffff 00");
        assert_eq!((dops.pre_skip, dops.output_gain, &dops.mapping), (312, -1, &None));
        let dops: DOps = roundtrip("00000018 644f7073 00 03 0138 0000bb80 0000 01 02 01 000201");
        assert_eq!(dops.mapping.unwrap().channel_mapping, [0, 2, 1]);
    }

    #[test]
    fn dolby() {
        let dac3: Dac3 = roundtrip("0000000b 64616333 103d40");
        assert_eq!((dac3.bsid, dac3.acmod, dac3.lfeon, dac3.bit_rate_code), (8, 7, true, 10));
        let dec3: Dec3 = roundtrip("0000000d 64656333 0600 200f00");
        assert_eq!((dec3.data_rate, dec3.substreams[0].acmod, dec3.substreams[0].bsid), (192, 7, 16));
        let substream = Ec3Substream { num_dep_sub: 1, chan_loc: 0x101, ..dec3.substreams[0] };
        reread(&Dec3 { substreams: vec![substream; 8], extension: vec![1, 16], ..dec3 });
    }

    #[test]
    fn chnl_versions() {
        let chnl = Chnl::parse(&mut Reader::new(&unhex("00000000 01 02 0000000000000000"), 0)).unwrap();
        assert_eq!((chnl.defined_layout, chnl.data.len()), (Some(2), 8));
        let chnl = Chnl::parse(&mut Reader::new(&unhex("01000000 10 06 06 00"), 0)).unwrap();
        assert_eq!(
            (chnl.stream_structure, chnl.base_channel_count, chnl.defined_layout),
            (1, Some(6), Some(6))
        );
    }
}
