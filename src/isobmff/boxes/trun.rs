//! `trun`: the samples of a run in a fragment.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::SampleFlags;
use crate::error::Result;
use crate::isobmff::table::serialize_shown;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

const DATA_OFFSET: u32 = 0x1;
const FIRST_SAMPLE_FLAGS: u32 = 0x4;
const DURATION: u32 = 0x100;
const SIZE: u32 = 0x200;
const FLAGS: u32 = 0x400;
const COMPOSITION_TIME_OFFSET: u32 = 0x800;
const PER_SAMPLE: [u32; 4] = [DURATION, SIZE, FLAGS, COMPOSITION_TIME_OFFSET];

/// What a `trun` stores of one sample; what is absent comes from `tfhd` or `trex`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TrunSample {
    /// In the track's timescale.
    #[serde(rename = "sample_duration", skip_serializing_if = "Option::is_none")]
    pub duration: Option<u32>,
    /// In bytes.
    #[serde(rename = "sample_size", skip_serializing_if = "Option::is_none")]
    pub size: Option<u32>,
    /// How it depends on others.
    #[serde(rename = "sample_flags", skip_serializing_if = "Option::is_none")]
    pub flags: Option<SampleFlags>,
    /// Composition time less decoding time, in the track's timescale.
    #[serde(rename = "sample_composition_time_offset", skip_serializing_if = "Option::is_none")]
    pub composition_time_offset: Option<i64>,
}

/// Everything of a `trun` but its samples: which fields they have, and what is said once.
///
/// With an iterator of samples it writes the box, whose size it tells beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TrunHeader {
    /// 0: unsigned composition offsets. 1: signed.
    pub version: u8,
    /// From the track fragment's base to the run's first byte.
    pub data_offset: Option<i32>,
    /// The first sample's flags, in place of the default.
    pub first_sample_flags: Option<SampleFlags>,
    /// Whether each sample has a duration.
    pub has_duration: bool,
    /// Whether each sample has a size.
    pub has_size: bool,
    /// Whether each sample has flags.
    pub has_flags: bool,
    /// Whether each sample has a composition offset.
    pub has_composition_time_offset: bool,
}

impl TrunHeader {
    fn from_bits(version: u8, flags: u32) -> Self {
        TrunHeader {
            version,
            data_offset: None,
            first_sample_flags: None,
            has_duration: flags & DURATION != 0,
            has_size: flags & SIZE != 0,
            has_flags: flags & FLAGS != 0,
            has_composition_time_offset: flags & COMPOSITION_TIME_OFFSET != 0,
        }
    }

    /// `tr_flags` as the fields imply them.
    pub fn flags(&self) -> u32 {
        let bit = |set: bool, bit: u32| if set { bit } else { 0 };
        bit(self.data_offset.is_some(), DATA_OFFSET)
            | bit(self.first_sample_flags.is_some(), FIRST_SAMPLE_FLAGS)
            | bit(self.has_duration, DURATION)
            | bit(self.has_size, SIZE)
            | bit(self.has_flags, FLAGS)
            | bit(self.has_composition_time_offset, COMPOSITION_TIME_OFFSET)
    }

    /// Bytes stored for each sample.
    pub fn sample_len(&self) -> usize {
        PER_SAMPLE.iter().filter(|bit| self.flags() & **bit != 0).count() * 4
    }

    /// Bytes of the whole box with `sample_count` samples, for a box of less than 4 GiB.
    pub fn size(&self, sample_count: u32) -> u64 {
        let once = u64::from(self.data_offset.is_some()) + u64::from(self.first_sample_flags.is_some());
        16 + 4 * once + self.sample_len() as u64 * u64::from(sample_count)
    }

    /// Writes the whole box. Of each sample the fields that this header has are taken, 0 where they are absent.
    pub fn write_box(&self, w: &mut Writer, samples: impl IntoIterator<Item = TrunSample>) {
        w.full(Trun::KIND, self.version, self.flags(), |w| {
            let count_at = w.len();
            w.u32(0);
            if let Some(offset) = self.data_offset {
                w.i32(offset);
            }
            if let Some(flags) = self.first_sample_flags {
                w.u32(flags.0);
            }
            let mut count = 0u32;
            for sample in samples {
                count = count.checked_add(1).expect("a run has less than 2^32 samples");
                if self.has_duration {
                    w.u32(sample.duration.unwrap_or(0));
                }
                if self.has_size {
                    w.u32(sample.size.unwrap_or(0));
                }
                if self.has_flags {
                    w.u32(sample.flags.unwrap_or_default().0);
                }
                if self.has_composition_time_offset {
                    // The low 32 bits hold both versions' ranges.
                    w.u32(sample.composition_time_offset.unwrap_or(0) as u32);
                }
            }
            w.patch_u32(count_at, count);
        });
    }
}

/// `trun`: a run of samples, as a view over the bytes.
///
/// `sample_count` is checked against the bytes there, unless nothing is stored for each sample: then it may be any
/// number, and who walks over the samples must bound it by the media data.
#[derive(Debug, Clone, PartialEq)]
pub struct Trun<'a> {
    /// Everything but the samples.
    pub header: TrunHeader,
    /// The number of samples.
    pub sample_count: u32,
    bytes: Cow<'a, [u8]>,
}

impl Trun<'_> {
    /// The sample at `index`, counted from 0, as it is stored: `first_sample_flags` is not applied.
    pub fn get(&self, index: u32) -> Option<TrunSample> {
        if index >= self.sample_count {
            return None;
        }
        let from = usize::try_from(index).ok()?.checked_mul(self.header.sample_len())?;
        let mut words = self.bytes.get(from..from.checked_add(self.header.sample_len())?)?.chunks_exact(4);
        let mut word = |has: bool| {
            let word = if has { words.next()? } else { return None };
            word.try_into().ok().map(u32::from_be_bytes)
        };
        let duration = word(self.header.has_duration);
        let size = word(self.header.has_size);
        let flags = word(self.header.has_flags).map(SampleFlags);
        let offset = word(self.header.has_composition_time_offset);
        let signed = self.header.version != 0;
        let composition_time_offset = offset.map(|o| if signed { i64::from(o as i32) } else { i64::from(o) });
        Some(TrunSample { duration, size, flags, composition_time_offset })
    }

    /// The samples in order, `first_sample_flags` applied to the first.
    pub fn samples(&self) -> impl Iterator<Item = TrunSample> + '_ {
        (0..self.sample_count).map_while(|index| {
            let sample = self.get(index)?;
            let flags = self.header.first_sample_flags.filter(|_| index == 0);
            Some(TrunSample { flags: flags.or(sample.flags), ..sample })
        })
    }
}

impl Trun<'static> {
    /// An owned run; see [`TrunHeader::write_box`] for writing without one.
    pub fn from_samples(header: TrunHeader, samples: impl IntoIterator<Item = TrunSample>) -> Self {
        let mut w = Writer::new();
        header.write_box(&mut w, samples);
        let bytes = w.into_bytes();
        let count = bytes.get(12..16).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        let stored = header.sample_len() * count as usize;
        let bytes = bytes[bytes.len() - stored..].to_vec();
        Trun { header, sample_count: count, bytes: bytes.into() }
    }
}

impl<'a> ParseBox<'a> for Trun<'a> {
    const KIND: FourCC = FourCC(*b"trun");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let full = r.full_up_to(1)?;
        let mut header = TrunHeader::from_bits(full.version, full.flags);
        let sample_count = r.u32()?;
        header.data_offset = if full.flags & DATA_OFFSET != 0 { Some(r.i32()?) } else { None };
        header.first_sample_flags =
            if full.flags & FIRST_SAMPLE_FLAGS != 0 { Some(SampleFlags(r.u32()?)) } else { None };
        let len = header.sample_len();
        let count = r.count(sample_count, len).map_err(|e| e.clause("rule ISO-15"))?;
        let bytes = r.bytes(count * len)?.into();
        Ok(Trun { header, sample_count, bytes })
    }
}

impl WriteBox for Trun<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"trun")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.header.version, self.header.flags());
        w.u32(self.sample_count);
        if let Some(offset) = self.header.data_offset {
            w.i32(offset);
        }
        if let Some(flags) = self.header.first_sample_flags {
            w.u32(flags.0);
        }
        w.bytes(&self.bytes);
    }
}

impl Serialize for Trun<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Samples<'s, 'a>(&'s Trun<'a>);
        impl Serialize for Samples<'_, '_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let count = self.0.sample_count;
                serialize_shown(serializer, count as usize, (0..count).map_while(|i| self.0.get(i)))
            }
        }
        let mut s = serializer.serialize_struct("Trun", 4)?;
        s.serialize_field("sample_count", &self.sample_count)?;
        if let Some(offset) = self.header.data_offset {
            s.serialize_field("data_offset", &offset)?;
        }
        if let Some(flags) = self.header.first_sample_flags {
            s.serialize_field("first_sample_flags", &flags)?;
        }
        if self.header.sample_len() > 0 {
            s.serialize_field("samples", &Samples(self))?;
        }
        s.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::unhex;
    use super::*;

    #[test]
    fn layout() {
        let bytes = unhex(
            "00000028 7472756e 01000a05 00000002 00000064 02000000 00000010 ffffffff 00000020 00000001",
        );
        let trun = Trun::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        assert_eq!(trun.header.data_offset, Some(100));
        let samples: Vec<_> = trun.samples().collect();
        assert_eq!(samples[0].flags, Some(SampleFlags::SYNC));
        assert_eq!((samples[0].size, samples[0].composition_time_offset), (Some(16), Some(-1)));
        assert_eq!((samples[1].flags, samples[1].composition_time_offset), (None, Some(1)));
        assert_eq!(trun.get(2), None);
        assert_eq!(Writer::single(&trun), bytes);
        assert_eq!(trun.header.size(2), bytes.len() as u64);
        let mut w = Writer::new();
        trun.header.write_box(&mut w, (0..2).map_while(|i| trun.get(i)));
        assert_eq!(w.into_bytes(), bytes);
        assert_eq!(Trun::from_samples(trun.header, samples), trun);
    }

    #[test]
    fn too_many_samples_for_the_bytes() {
        let bytes = unhex("00000200 00000002 00000010");
        let error = Trun::parse(&mut Reader::new(&bytes, 8)).unwrap_err().to_string();
        assert_eq!(error, "byte 16: 2 entries of 4 bytes expected, 4 bytes left (rule ISO-15)");
    }

    #[test]
    fn samples_without_bytes_cost_nothing() {
        let bytes = unhex("00000000 ffffffff");
        let trun = Trun::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(trun.samples().take(3).count(), 3);
        assert_eq!(serde_json::to_string(&trun).unwrap(), r#"{"sample_count":4294967295}"#);
    }

    #[test]
    fn unsigned_offsets_in_version_0() {
        let bytes = unhex("00000800 00000001 ffffffff");
        let trun = Trun::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(trun.get(0).unwrap().composition_time_offset, Some(0xffff_ffff));
    }
}
