//! The movie: `mvhd`, and `mehd`, `trex`, `leva` for movies in fragments.

use serde::Serialize;

use super::{SampleFlags, duration, wide, wide_duration};
use crate::error::Result;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// The transformation that changes nothing, in 16.16 and (last column) 2.30 fixed point.
pub const UNITY_MATRIX: [i32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

pub(super) fn matrix(r: &mut Reader<'_>) -> Result<[i32; 9]> {
    let mut matrix = [0; 9];
    for value in &mut matrix {
        *value = r.i32()?;
    }
    Ok(matrix)
}

/// `mvhd`: the movie's timescale and duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mvhd {
    /// Seconds since 1904-01-01 UTC.
    pub creation_time: u64,
    /// Seconds since 1904-01-01 UTC.
    pub modification_time: u64,
    /// Units per second of the movie's time.
    pub timescale: u32,
    /// In `timescale` units, without fragments; [`UNKNOWN_DURATION`](super::UNKNOWN_DURATION) if not known.
    pub duration: u64,
    /// 16.16, 1.0 is normal.
    pub rate: i32,
    /// 8.8, 1.0 is full.
    pub volume: i16,
    /// Transformation of the video.
    pub matrix: [i32; 9],
    /// Larger than every track's id.
    pub next_track_id: u32,
}

impl Mvhd {
    /// A header with normal rate, full volume, no transformation, and times of 0.
    pub fn new(timescale: u32, duration: u64, next_track_id: u32) -> Self {
        Mvhd {
            creation_time: 0,
            modification_time: 0,
            timescale,
            duration,
            rate: 0x1_0000,
            volume: 0x100,
            matrix: UNITY_MATRIX,
            next_track_id,
        }
    }
}

impl<'a> ParseBox<'a> for Mvhd {
    const KIND: FourCC = FourCC(*b"mvhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        let (creation_time, modification_time) = (r.u32_or_u64(wide)?, r.u32_or_u64(wide)?);
        let timescale = r.u32()?;
        let duration = duration(wide, r.u32_or_u64(wide)?);
        let (rate, volume) = (r.i32()?, r.i16()?);
        r.skip(10)?;
        let matrix = matrix(r)?;
        r.skip(24)?;
        let next_track_id = r.u32()?;
        Ok(Mvhd {
            creation_time,
            modification_time,
            timescale,
            duration,
            rate,
            volume,
            matrix,
            next_track_id,
        })
    }
}

impl WriteBox for Mvhd {
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
        w.i32(self.rate);
        w.i16(self.volume);
        w.zeros(10);
        self.matrix.iter().for_each(|v| w.i32(*v));
        w.zeros(24);
        w.u32(self.next_track_id);
    }
}

/// `mehd`: how long the movie is, fragments included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mehd {
    /// In the movie's timescale.
    pub fragment_duration: u64,
}

impl<'a> ParseBox<'a> for Mehd {
    const KIND: FourCC = FourCC(*b"mehd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        Ok(Mehd { fragment_duration: r.u32_or_u64(wide)? })
    }
}

impl WriteBox for Mehd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = wide(self.fragment_duration);
        w.full_header(wide.into(), 0);
        w.u32_or_u64(wide, self.fragment_duration);
    }
}

/// `trex`: what a track's fragments leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Trex {
    /// The track.
    #[serde(rename = "track_ID")]
    pub track_id: u32,
    /// Sample entry, counted from 1.
    pub default_sample_description_index: u32,
    /// In the track's timescale.
    pub default_sample_duration: u32,
    /// In bytes.
    pub default_sample_size: u32,
    /// See [`SampleFlags`](super::SampleFlags).
    #[serde(serialize_with = "sample_flags")]
    pub default_sample_flags: u32,
}

fn sample_flags<S: serde::Serializer>(flags: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    SampleFlags(*flags).serialize(serializer)
}

impl<'a> ParseBox<'a> for Trex {
    const KIND: FourCC = FourCC(*b"trex");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Trex {
            track_id: r.u32()?,
            default_sample_description_index: r.u32()?,
            default_sample_duration: r.u32()?,
            default_sample_size: r.u32()?,
            default_sample_flags: r.u32()?,
        })
    }
}

impl WriteBox for Trex {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.u32(self.track_id);
        w.u32(self.default_sample_description_index);
        w.u32(self.default_sample_duration);
        w.u32(self.default_sample_size);
        w.u32(self.default_sample_flags);
    }
}

/// One level of a [`Leva`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Level {
    /// The track.
    #[serde(rename = "track_ID")]
    pub track_id: u32,
    /// Whether parts of the level may be padded.
    pub padding_flag: bool,
    /// How samples are assigned.
    pub assignment: Assignment,
}

/// How a [`Level`] is assigned (`assignment_type` with its fields).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Assignment {
    /// Type 0: by a sample group.
    Group {
        /// Type of the group.
        grouping_type: FourCC,
    },
    /// Type 1: by a sample group with a parameter.
    ParameterizedGroup {
        /// Type of the group.
        grouping_type: FourCC,
        /// Its parameter.
        grouping_type_parameter: u32,
    },
    /// Type 2: by track.
    Track,
    /// Type 3: by track, reserved use.
    TrackReserved,
    /// Type 4: by sub-track.
    SubTrack {
        /// The sub-track.
        #[serde(rename = "sub_track_ID")]
        sub_track_id: u32,
    },
}

/// `leva`: levels in fragments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Leva {
    /// At most 255.
    pub levels: Vec<Level>,
}

impl<'a> ParseBox<'a> for Leva {
    const KIND: FourCC = FourCC(*b"leva");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let count = r.u8()?;
        let mut levels = Vec::with_capacity(r.count(count.into(), 5)?);
        for _ in 0..count {
            let track_id = r.u32()?;
            let byte = r.u8()?;
            let assignment = match byte & 0x7f {
                0 => Assignment::Group { grouping_type: r.fourcc()? },
                1 => Assignment::ParameterizedGroup {
                    grouping_type: r.fourcc()?,
                    grouping_type_parameter: r.u32()?,
                },
                2 => Assignment::Track,
                3 => Assignment::TrackReserved,
                4 => Assignment::SubTrack { sub_track_id: r.u32()? },
                other => return Err(r.error(format!("assignment_type {other}, at most 4 was expected"))),
            };
            levels.push(Level { track_id, padding_flag: byte & 0x80 != 0, assignment });
        }
        Ok(Leva { levels })
    }
}

impl WriteBox for Leva {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        let levels = &self.levels[..self.levels.len().min(255)];
        w.u8(levels.len() as u8);
        for level in levels {
            w.u32(level.track_id);
            let padding = if level.padding_flag { 0x80 } else { 0 };
            match level.assignment {
                Assignment::Group { grouping_type } => {
                    w.u8(padding);
                    w.fourcc(grouping_type);
                }
                Assignment::ParameterizedGroup { grouping_type, grouping_type_parameter } => {
                    w.u8(padding | 1);
                    w.fourcc(grouping_type);
                    w.u32(grouping_type_parameter);
                }
                Assignment::Track => w.u8(padding | 2),
                Assignment::TrackReserved => w.u8(padding | 3),
                Assignment::SubTrack { sub_track_id } => {
                    w.u8(padding | 4);
                    w.u32(sub_track_id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{UNKNOWN_DURATION, reread, roundtrip};
    use super::*;

    #[test]
    fn mvhd_layout() {
        let mvhd: Mvhd = roundtrip(
            "0000006c 6d766864 00000000 00000001 00000002 000003e8 ffffffff 00010000 0100 0000 00000000 00000000
             00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000
             00000000 00000000 00000000 00000000 00000000 00000000 00000003",
        );
        let expected =
            Mvhd { creation_time: 1, modification_time: 2, ..Mvhd::new(1000, UNKNOWN_DURATION, 3) };
        assert_eq!(mvhd, expected);
        for duration in [0, 0xffff_fffe, 0xffff_ffff, 0x1_0000_0000, UNKNOWN_DURATION - 1] {
            reread(&Mvhd::new(1, duration, 2));
        }
    }

    #[test]
    fn mehd_widens() {
        assert_eq!(roundtrip::<Mehd>("00000010 6d656864 00000000 00000005").fragment_duration, 5);
        let wide: Mehd = roundtrip("00000014 6d656864 01000000 00000001 00000000");
        assert_eq!(wide.fragment_duration, 1 << 32);
        let error = Mehd::parse(&mut Reader::new(&[2, 0, 0, 0], 8)).unwrap_err().to_string();
        assert_eq!(error, "byte 8: version 2, at most 1 was expected");
    }

    #[test]
    fn trex_layout() {
        let trex: Trex = roundtrip("00000020 74726578 00000000 00000001 00000002 00000003 00000004 01010000");
        assert_eq!((trex.track_id, trex.default_sample_size), (1, 4));
        assert_eq!(trex.default_sample_flags, 0x101_0000);
    }

    #[test]
    fn leva_layout() {
        let leva: Leva = roundtrip(
            "00000028 6c657661 00000000 03 00000001 80 726f6c6c 00000002 01 61763031 00000007 00000003 02",
        );
        assert_eq!(leva.levels.len(), 3);
        assert!(leva.levels[0].padding_flag);
    }
}
