//! A fragment's headers: `mfhd`, `tfhd`, `tfdt`, and the flags of a sample.

use std::fmt;

use serde::Serialize;

use super::wide;
use crate::error::Result;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `sample_flags`: how a sample depends on others, in 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SampleFlags(pub u32);

impl SampleFlags {
    /// A sync sample, which depends on no other.
    pub const SYNC: SampleFlags = SampleFlags(2 << 24);
    /// A sample that is no sync sample and depends on others.
    pub const NON_SYNC: SampleFlags = SampleFlags(1 << 24 | 1 << 16);

    /// Bits that must be 0.
    pub fn reserved(self) -> u8 {
        (self.0 >> 28) as u8
    }

    /// 0 unknown, 1 leading and depending, 2 not leading, 3 leading and decodable.
    pub fn is_leading(self) -> u8 {
        (self.0 >> 26 & 3) as u8
    }

    /// 0 unknown, 1 depends on others, 2 does not.
    pub fn sample_depends_on(self) -> u8 {
        (self.0 >> 24 & 3) as u8
    }

    /// 0 unknown, 1 others depend on it, 2 none does.
    pub fn sample_is_depended_on(self) -> u8 {
        (self.0 >> 22 & 3) as u8
    }

    /// 0 unknown, 1 redundant coding, 2 none.
    pub fn sample_has_redundancy(self) -> u8 {
        (self.0 >> 20 & 3) as u8
    }

    /// Bits at the end of the sample that are padding.
    pub fn sample_padding_value(self) -> u8 {
        (self.0 >> 17 & 7) as u8
    }

    /// Whether it is no sync sample.
    pub fn sample_is_non_sync_sample(self) -> bool {
        self.0 >> 16 & 1 == 1
    }

    /// Order in which samples may be lost.
    pub fn sample_degradation_priority(self) -> u16 {
        self.0 as u16
    }

    /// The same with another `sample_depends_on`, of which two bits are taken.
    pub fn with_depends_on(self, value: u8) -> Self {
        SampleFlags(self.0 & !(3 << 24) | (u32::from(value) & 3) << 24)
    }

    /// The same, a sync sample or not.
    pub fn with_non_sync(self, value: bool) -> Self {
        SampleFlags(self.0 & !(1 << 16) | u32::from(value) << 16)
    }
}

impl fmt::Display for SampleFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

impl fmt::Debug for SampleFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for SampleFlags {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `mfhd`: a fragment's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mfhd {
    /// Grows from fragment to fragment.
    pub sequence_number: u32,
}

impl<'a> ParseBox<'a> for Mfhd {
    const KIND: FourCC = FourCC(*b"mfhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Mfhd { sequence_number: r.u32()? })
    }
}

impl WriteBox for Mfhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.u32(self.sequence_number);
    }
}

/// `tfhd`: a track fragment's track and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tfhd {
    /// The track.
    #[serde(rename = "track_ID")]
    pub track_id: u32,
    /// Absolute offset from which `trun` offsets count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_data_offset: Option<u64>,
    /// Sample entry, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_description_index: Option<u32>,
    /// In the track's timescale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_sample_duration: Option<u32>,
    /// In bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_sample_size: Option<u32>,
    /// Of samples that have no flags of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_sample_flags: Option<SampleFlags>,
    /// No samples: the track is empty for the default duration.
    pub duration_is_empty: bool,
    /// `trun` offsets count from the start of the `moof`, where `base_data_offset` is absent.
    pub default_base_is_moof: bool,
}

impl Tfhd {
    /// `tf_flags` as the fields imply them.
    pub fn flags(&self) -> u32 {
        u32::from(self.base_data_offset.is_some())
            | u32::from(self.sample_description_index.is_some()) << 1
            | u32::from(self.default_sample_duration.is_some()) << 3
            | u32::from(self.default_sample_size.is_some()) << 4
            | u32::from(self.default_sample_flags.is_some()) << 5
            | u32::from(self.duration_is_empty) << 16
            | u32::from(self.default_base_is_moof) << 17
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        let words = (self.flags() >> 1 & 0x1d).count_ones();
        16 + u64::from(words) * 4 + if self.base_data_offset.is_some() { 8 } else { 0 }
    }
}

impl<'a> ParseBox<'a> for Tfhd {
    const KIND: FourCC = FourCC(*b"tfhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let flags = r.full_up_to(0)?.flags;
        let track_id = r.u32()?;
        let base_data_offset = if flags & 1 != 0 { Some(r.u64()?) } else { None };
        let mut word = |bit: u32| if flags & bit != 0 { r.u32().map(Some) } else { Ok(None) };
        Ok(Tfhd {
            track_id,
            base_data_offset,
            sample_description_index: word(2)?,
            default_sample_duration: word(8)?,
            default_sample_size: word(0x10)?,
            default_sample_flags: word(0x20)?.map(SampleFlags),
            duration_is_empty: flags & 0x1_0000 != 0,
            default_base_is_moof: flags & 0x2_0000 != 0,
        })
    }
}

impl WriteBox for Tfhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, self.flags());
        w.u32(self.track_id);
        if let Some(offset) = self.base_data_offset {
            w.u64(offset);
        }
        let words = [
            self.sample_description_index,
            self.default_sample_duration,
            self.default_sample_size,
            self.default_sample_flags.map(|f| f.0),
        ];
        words.into_iter().flatten().for_each(|v| w.u32(v));
    }
}

/// `tfdt`: the decoding time of a track fragment's first sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tfdt {
    /// In the track's timescale.
    pub base_media_decode_time: u64,
}

impl Tfdt {
    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        if wide(self.base_media_decode_time) { 20 } else { 16 }
    }
}

impl<'a> ParseBox<'a> for Tfdt {
    const KIND: FourCC = FourCC(*b"tfdt");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        Ok(Tfdt { base_media_decode_time: r.u32_or_u64(wide)? })
    }
}

impl WriteBox for Tfdt {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = wide(self.base_media_decode_time);
        w.full_header(wide.into(), 0);
        w.u32_or_u64(wide, self.base_media_decode_time);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip};
    use super::*;

    #[test]
    fn sample_flags() {
        let flags = SampleFlags(0x0a41_0003);
        assert_eq!((flags.is_leading(), flags.sample_depends_on(), flags.sample_is_depended_on()), (2, 2, 1));
        assert!(flags.sample_is_non_sync_sample());
        assert_eq!(flags.sample_degradation_priority(), 3);
        assert_eq!(SampleFlags::SYNC.with_depends_on(1).with_non_sync(true), SampleFlags::NON_SYNC);
        assert_eq!(SampleFlags(0xf00e_0000).reserved(), 15);
        assert_eq!(SampleFlags(0xf00e_0000).sample_padding_value(), 7);
    }

    #[test]
    fn mfhd_layout() {
        assert_eq!(roundtrip::<Mfhd>("00000010 6d666864 00000000 00000007").sequence_number, 7);
    }

    #[test]
    fn tfhd_fields() {
        let tfhd: Tfhd = roundtrip("00000018 74666864 00020028 00000001 00000400 02000000");
        assert_eq!(tfhd.default_sample_duration, Some(1024));
        assert_eq!(tfhd.default_sample_flags, Some(SampleFlags::SYNC));
        assert!(tfhd.default_base_is_moof && !tfhd.duration_is_empty);
    }

    #[test]
    fn tfhd_sizes() {
        for bits in 0..128u32 {
            let tfhd = Tfhd {
                track_id: 3,
                base_data_offset: (bits & 1 != 0).then_some(1 << 40),
                sample_description_index: (bits & 2 != 0).then_some(1),
                default_sample_duration: (bits & 4 != 0).then_some(2),
                default_sample_size: (bits & 8 != 0).then_some(3),
                default_sample_flags: (bits & 16 != 0).then_some(SampleFlags(4)),
                duration_is_empty: bits & 32 != 0,
                default_base_is_moof: bits & 64 != 0,
            };
            reread(&tfhd);
            assert_eq!(Writer::single(&tfhd).len() as u64, tfhd.size());
        }
    }

    #[test]
    fn tfdt_widens_at_32_bits() {
        roundtrip::<Tfdt>("00000010 74666474 00000000 ffffffff");
        roundtrip::<Tfdt>("00000014 74666474 01000000 00000001 00000000");
        for time in [0, 1 << 32] {
            let tfdt = Tfdt { base_media_decode_time: time };
            assert_eq!(Writer::single(&tfdt).len() as u64, tfdt.size());
        }
    }
}
