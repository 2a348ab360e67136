//! Boxes of timed text and of labels: `vttC`, `mime`, `kind`, `subs`.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::list;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `vttC`: a WebVTT file up to its first cue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VttC {
    /// Begins with `WEBVTT`.
    pub config: String,
}

impl<'a> ParseBox<'a> for VttC {
    const KIND: FourCC = FourCC(*b"vttC");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        Ok(VttC { config: String::from_utf8_lossy(r.rest()).into_owned() })
    }
}

impl WriteBox for VttC {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.bytes(self.config.as_bytes());
    }
}

/// `mime`: the media type of the samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mime {
    /// With its parameters.
    pub content_type: String,
}

impl<'a> ParseBox<'a> for Mime {
    const KIND: FourCC = FourCC(*b"mime");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Mime { content_type: r.cstring() })
    }
}

impl WriteBox for Mime {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.cstring(&self.content_type);
    }
}

/// `kind`: the role of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// The scheme.
    #[serde(rename = "schemeURI")]
    pub scheme_uri: String,
    /// Of the scheme's own.
    pub value: String,
}

impl<'a> ParseBox<'a> for Kind {
    const KIND: FourCC = FourCC(*b"kind");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Kind { scheme_uri: r.cstring(), value: r.cstring() })
    }
}

impl WriteBox for Kind {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.cstring(&self.scheme_uri);
        w.cstring(&self.value);
    }
}

/// One part of a sample in a [`Subs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Subsample {
    /// Bytes.
    pub subsample_size: u32,
    /// Higher is more needed.
    pub subsample_priority: u8,
    /// 1: may be left out.
    pub discardable: u8,
    /// Of the codec's own.
    pub codec_specific_parameters: u32,
}

/// One sample of a [`Subs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubsEntry {
    /// Samples since the one before.
    pub sample_delta: u32,
    /// The parts in order; at most 65,535.
    #[serde(serialize_with = "list")]
    pub subsamples: Vec<Subsample>,
}

/// `subs`: parts of samples, such as a document and its images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subs {
    /// Of the codec's own.
    pub flags: u32,
    /// Samples with parts.
    #[serde(serialize_with = "list")]
    pub entries: Vec<SubsEntry>,
}

impl<'a> ParseBox<'a> for Subs {
    const KIND: FourCC = FourCC(*b"subs");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let header = r.full_up_to(1)?;
        let wide = header.version == 1;
        let count = r.u32()?;
        r.count(count, 6)?;
        // Not reserved: what an entry takes in memory is a multiple of its bytes.
        let mut entries = Vec::new();
        for _ in 0..count {
            let (sample_delta, subsample_count) = (r.u32()?, r.u16()?);
            r.count(subsample_count.into(), if wide { 10 } else { 8 })?;
            let subsamples = (0..subsample_count).map(|_| {
                Ok(Subsample {
                    subsample_size: if wide { r.u32()? } else { r.u16()?.into() },
                    subsample_priority: r.u8()?,
                    discardable: r.u8()?,
                    codec_specific_parameters: r.u32()?,
                })
            });
            let subsamples = subsamples.collect::<Result<_>>()?;
            entries.push(SubsEntry { sample_delta, subsamples });
        }
        Ok(Subs { flags: header.flags, entries })
    }
}

impl WriteBox for Subs {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    /// # Panics
    /// Where a sample has more than 65,535 parts.
    fn write(&self, w: &mut Writer) {
        let mut all = self.entries.iter().flat_map(|entry| &entry.subsamples);
        let wide = all.any(|s| s.subsample_size > 0xffff);
        w.full_header(wide.into(), self.flags);
        w.count(self.entries.len());
        for entry in &self.entries {
            w.u32(entry.sample_delta);
            w.u16(u16::try_from(entry.subsamples.len()).expect("a sample has at most 65,535 parts"));
            for subsample in &entry.subsamples {
                if wide {
                    w.u32(subsample.subsample_size);
                } else {
                    // Checked above to fit.
                    w.u16(subsample.subsample_size as u16);
                }
                w.u8(subsample.subsample_priority);
                w.u8(subsample.discardable);
                w.u32(subsample.codec_specific_parameters);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    #[test]
    fn texts() {
        assert_eq!(roundtrip::<VttC>("0000000e 76747443 574542565454").config, "WEBVTT");
        assert_eq!(roundtrip::<Mime>("00000010 6d696d65 00000000 612f6200").content_type, "a/b");
        let kind: Kind = roundtrip("00000010 6b696e64 00000000 7500 7600");
        assert_eq!((&*kind.scheme_uri, &*kind.value), ("u", "v"));
    }

    #[test]
    fn subs_versions() {
        let subs: Subs = roundtrip("0000001e 73756273 00000000 00000001 00000001 0001 0064 01 00 00000000");
        assert_eq!(subs.entries[0].subsamples[0].subsample_size, 100);
        let mut wide = subs;
        wide.entries[0].subsamples[0].subsample_size = 70_000;
        reread(&wide);
        for hex in ["00000000 ffffffff", "00000000 00000001 00000001 ffff 00000000"] {
            assert!(Subs::parse(&mut Reader::new(&unhex(hex), 0)).is_err());
        }
    }
}
