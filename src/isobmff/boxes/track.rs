//! A track and its media: `tkhd`, `elst`, `mdhd`, `hdlr`, `elng`.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::movie::{UNITY_MATRIX, matrix};
use super::{duration, wide, wide_duration};
use crate::error::{Error, Result};
use crate::isobmff::table::{list, table_entry};
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `tkhd`: a track's id, presentation and duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tkhd {
    /// 1 enabled, 2 in movie, 4 in preview, 8 size is an aspect ratio.
    pub flags: u32,
    /// Seconds since 1904-01-01 UTC.
    pub creation_time: u64,
    /// Seconds since 1904-01-01 UTC.
    pub modification_time: u64,
    /// Not 0.
    #[serde(rename = "track_ID")]
    pub track_id: u32,
    /// In the **movie's** timescale; [`UNKNOWN_DURATION`](super::UNKNOWN_DURATION) if not known.
    pub duration: u64,
    /// Front to back.
    pub layer: i16,
    /// Tracks of one group other than 0 are alternatives.
    pub alternate_group: i16,
    /// 8.8, 1.0 for audio, else 0.
    pub volume: i16,
    /// Transformation of the video.
    pub matrix: [i32; 9],
    /// 16.16, 0 where nothing is seen.
    pub width: u32,
    /// 16.16, 0 where nothing is seen.
    pub height: u32,
}

impl Tkhd {
    /// An enabled track in the movie, no transformation, size 0, and times of 0.
    pub fn new(track_id: u32, duration: u64) -> Self {
        Tkhd {
            flags: 3,
            creation_time: 0,
            modification_time: 0,
            track_id,
            duration,
            layer: 0,
            alternate_group: 0,
            volume: 0,
            matrix: UNITY_MATRIX,
            width: 0,
            height: 0,
        }
    }
}

impl<'a> ParseBox<'a> for Tkhd {
    const KIND: FourCC = FourCC(*b"tkhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let header = r.full_up_to(1)?;
        let wide = header.version == 1;
        let (creation_time, modification_time) = (r.u32_or_u64(wide)?, r.u32_or_u64(wide)?);
        let track_id = r.u32()?;
        r.skip(4)?;
        let duration = duration(wide, r.u32_or_u64(wide)?);
        r.skip(8)?;
        let (layer, alternate_group, volume) = (r.i16()?, r.i16()?, r.i16()?);
        r.skip(2)?;
        let matrix = matrix(r)?;
        let (width, height) = (r.u32()?, r.u32()?);
        Ok(Tkhd {
            flags: header.flags,
            creation_time,
            modification_time,
            track_id,
            duration,
            layer,
            alternate_group,
            volume,
            matrix,
            width,
            height,
        })
    }
}

impl WriteBox for Tkhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = wide(self.creation_time) || wide(self.modification_time) || wide_duration(self.duration);
        w.full_header(wide.into(), self.flags);
        w.u32_or_u64(wide, self.creation_time);
        w.u32_or_u64(wide, self.modification_time);
        w.u32(self.track_id);
        w.zeros(4);
        w.u32_or_u64(wide, self.duration);
        w.zeros(8);
        w.i16(self.layer);
        w.i16(self.alternate_group);
        w.i16(self.volume);
        w.zeros(2);
        self.matrix.iter().for_each(|v| w.i32(*v));
        w.u32(self.width);
        w.u32(self.height);
    }
}

/// The language of an [`Mdhd`]: three letters, or a Macintosh number as QuickTime files have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// ISO 639-2/T, three lower-case letters.
    Iso([u8; 3]),
    /// 15 bits that are no three letters.
    Other(u16),
}

impl Language {
    /// Undetermined.
    pub const UND: Language = Language::Iso(*b"und");

    fn from_bits(bits: u16) -> Self {
        let letters = [bits >> 10, bits >> 5, bits].map(|l| (l & 31) as u8 + 0x60);
        let iso = bits < 0x8000 && letters.iter().all(u8::is_ascii_lowercase);
        if iso { Language::Iso(letters) } else { Language::Other(bits) }
    }

    fn bits(self) -> u16 {
        match self {
            Language::Iso(letters) => letters.iter().fold(0, |bits, l| bits << 5 | u16::from(l & 31)),
            Language::Other(bits) => bits,
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Language::Iso(letters) => f.write_str(&String::from_utf8_lossy(letters)),
            Language::Other(bits) => write!(f, "0x{bits:04x}"),
        }
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let letters = <[u8; 3]>::try_from(text.as_bytes()).ok();
        let letters = letters.filter(|l| l.iter().all(u8::is_ascii_lowercase));
        let error = || Error::usage(format!("language `{text}` is not three lower-case letters"));
        letters.map(Language::Iso).ok_or_else(|| error().clause("rule ISO-06"))
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `mdhd`: the media's timescale, duration and language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mdhd {
    /// Seconds since 1904-01-01 UTC.
    pub creation_time: u64,
    /// Seconds since 1904-01-01 UTC.
    pub modification_time: u64,
    /// Units per second of the track's times.
    pub timescale: u32,
    /// In `timescale` units; [`UNKNOWN_DURATION`](super::UNKNOWN_DURATION) if not known.
    pub duration: u64,
    /// Three letters.
    pub language: Language,
}

impl<'a> ParseBox<'a> for Mdhd {
    const KIND: FourCC = FourCC(*b"mdhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        let (creation_time, modification_time) = (r.u32_or_u64(wide)?, r.u32_or_u64(wide)?);
        let timescale = r.u32()?;
        let duration = duration(wide, r.u32_or_u64(wide)?);
        let language = Language::from_bits(r.u16()?);
        r.skip(2)?;
        Ok(Mdhd { creation_time, modification_time, timescale, duration, language })
    }
}

impl WriteBox for Mdhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = wide(self.creation_time) || wide(self.modification_time) || wide_duration(self.duration);
        w.full_header(wide.into(), 0);
        w.u32_or_u64(wide, self.creation_time);
        w.u32_or_u64(wide, self.modification_time);
        w.u32(self.timescale);
        w.u32_or_u64(wide, self.duration);
        w.u16(self.language.bits());
        w.u16(0);
    }
}

/// `hdlr`: what a track (or a `meta`) holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hdlr {
    /// 0, or QuickTime's component type (`mhlr`).
    pub pre_defined: FourCC,
    /// `vide`, `soun`, `subt`, `text`, `meta` …
    pub handler_type: FourCC,
    /// For people. A QuickTime name (one byte of length first) loses its length byte.
    pub name: String,
}

impl Hdlr {
    /// A handler of an ISO file.
    pub fn new(handler_type: impl Into<FourCC>, name: impl Into<String>) -> Self {
        Hdlr { pre_defined: FourCC([0; 4]), handler_type: handler_type.into(), name: name.into() }
    }
}

impl<'a> ParseBox<'a> for Hdlr {
    const KIND: FourCC = FourCC(*b"hdlr");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let (pre_defined, handler_type) = (r.fourcc()?, r.fourcc()?);
        r.skip(12)?;
        let name = match r.peek() {
            [len, text @ ..] if pre_defined.0 != [0; 4] && usize::from(*len) == text.len() => {
                r.rest();
                String::from_utf8_lossy(text).into_owned()
            }
            _ => r.cstring(),
        };
        Ok(Hdlr { pre_defined, handler_type, name })
    }
}

impl WriteBox for Hdlr {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.fourcc(self.pre_defined);
        w.fourcc(self.handler_type);
        w.zeros(12);
        w.cstring(&self.name);
    }
}

/// `elng`: the language as BCP 47 has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elng {
    /// As `de-CH`.
    pub extended_language: String,
}

impl<'a> ParseBox<'a> for Elng {
    const KIND: FourCC = FourCC(*b"elng");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Elng { extended_language: r.cstring() })
    }
}

impl WriteBox for Elng {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.cstring(&self.extended_language);
    }
}

table_entry! {
    /// One edit of 32-bit times.
    pub struct NarrowEdit {
        /// In the movie's timescale.
        pub segment_duration: u32,
        /// In the media's timescale; -1 for an empty edit.
        pub media_time: i32,
        /// Whole part of the rate.
        pub media_rate_integer: i16,
        /// Fraction of the rate, in 1/65536.
        pub media_rate_fraction: i16,
    }
}

table_entry! {
    /// One edit.
    pub struct Edit {
        /// In the movie's timescale; 0 for "all the fragments" in a fragmented file.
        pub segment_duration: u64,
        /// In the media's timescale; -1 for an empty edit.
        pub media_time: i64,
        /// Whole part of the rate.
        pub media_rate_integer: i16,
        /// Fraction of the rate, in 1/65536.
        pub media_rate_fraction: i16,
    }
}

impl From<NarrowEdit> for Edit {
    fn from(edit: NarrowEdit) -> Self {
        Edit {
            segment_duration: edit.segment_duration.into(),
            media_time: edit.media_time.into(),
            media_rate_integer: edit.media_rate_integer,
            media_rate_fraction: edit.media_rate_fraction,
        }
    }
}

/// `elst`: how the media's time maps to the movie's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Elst {
    /// Bit 0: repeat the list.
    pub flags: u32,
    /// In presentation order.
    #[serde(serialize_with = "list")]
    pub entries: Vec<Edit>,
}

impl<'a> ParseBox<'a> for Elst {
    const KIND: FourCC = FourCC(*b"elst");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let header = r.full_up_to(1)?;
        let count = r.u32()?;
        let entries = match header.version {
            0 => r.table::<NarrowEdit>(count)?.iter().map(Edit::from).collect(),
            _ => r.table::<Edit>(count)?.iter().collect(),
        };
        Ok(Elst { flags: header.flags, entries })
    }
}

impl WriteBox for Elst {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = |e: &Edit| wide(e.segment_duration) || i32::try_from(e.media_time).is_err();
        let wide = self.entries.iter().any(wide);
        w.full_header(wide.into(), self.flags);
        w.count(self.entries.len());
        for edit in &self.entries {
            w.u32_or_u64(wide, edit.segment_duration);
            // The low 32 bits keep the sign.
            w.u32_or_u64(wide, edit.media_time as u64);
            w.i16(edit.media_rate_integer);
            w.i16(edit.media_rate_fraction);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{UNKNOWN_DURATION, reread, roundtrip};
    use super::*;

    #[test]
    fn tkhd_layout() {
        let tkhd: Tkhd = roundtrip(
            "0000005c 746b6864 00000003 00000000 00000000 00000001 00000000 00000000 00000000 00000000
             0000 0002 0100 0000 00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000
             02800000 01680000",
        );
        assert_eq!((tkhd.track_id, tkhd.alternate_group, tkhd.volume), (1, 2, 0x100));
        assert_eq!((tkhd.width >> 16, tkhd.height >> 16), (640, 360));
        reread(&Tkhd { creation_time: 1 << 33, ..Tkhd::new(9, UNKNOWN_DURATION) });
    }

    #[test]
    fn mdhd_languages() {
        let mdhd: Mdhd =
            roundtrip("00000020 6d646864 00000000 00000000 00000000 0000ac44 00000000 55c4 0000");
        assert_eq!((mdhd.timescale, mdhd.language), (44100, Language::UND));
        assert_eq!(mdhd.language.to_string(), "und");
        for bits in [0, 0x7fff, 0x55c4, 0xd5c4, 138] {
            assert_eq!(Language::from_bits(bits).bits(), bits);
        }
        assert_eq!("deu".parse::<Language>().unwrap(), Language::Iso(*b"deu"));
        assert!("de".parse::<Language>().is_err() && "Deu".parse::<Language>().is_err());
    }

    #[test]
    fn hdlr_names() {
        let hdlr: Hdlr =
            roundtrip("00000024 68646c72 00000000 00000000 76696465 00000000 00000000 00000000 61626300");
        assert_eq!(hdlr, Hdlr::new(b"vide", "abc"));
        let quicktime = b"\0\0\0\0mhlrsoun\0\0\0\0\0\0\0\0\0\0\0\0\x03abc";
        assert_eq!(Hdlr::parse(&mut Reader::new(quicktime, 0)).unwrap().name, "abc");
        assert_eq!(Hdlr::parse(&mut Reader::new(&quicktime[..24], 0)).unwrap().name, "");
    }

    #[test]
    fn elng_layout() {
        let elng: Elng = roundtrip("00000012 656c6e67 00000000 64652d434800");
        assert_eq!(elng.extended_language, "de-CH");
    }

    #[test]
    fn elst_versions() {
        let elst: Elst = roundtrip("0000001c 656c7374 00000000 00000001 00000000 ffffffff 00010000");
        assert_eq!(elst.entries[0].media_time, -1);
        let elst: Elst =
            roundtrip("00000024 656c7374 01000000 00000001 00000001 00000000 00000000 00000400 00010000");
        assert_eq!((elst.entries[0].segment_duration, elst.entries[0].media_time), (1 << 32, 1024));
        reread(&Elst {
            flags: 1,
            entries: vec![Edit { media_time: i64::from(i32::MIN) - 1, ..Edit::default() }],
        });
    }
}
