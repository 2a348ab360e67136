//! One chunk of a fragment: its `moof`, and the header of its `mdat`.

use std::ops::Range;

use super::header::TRACK_ID;
use super::protection::{ChunkIvs, Protection};
use super::sample::{Detail, Sample};
use super::track::{GroupDescription, SampleGroup, Track};
use crate::cenc::{Subsample, aux_info_size};
use crate::error::{Error, Result};
use crate::isobmff::Writer;

/// A chunk about to be written.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    /// Its samples, by index. All have the same sample entry.
    pub(super) samples: Range<usize>,
    /// Decode time of the first one.
    pub(super) start: u64,
    /// Number of the `moof` in the track, from 1.
    pub(super) sequence_number: u32,
}

/// Group descriptions of a fragment have numbers of their own, above this (rule ISO-19).
const LOCAL_DESCRIPTION: u32 = 0x1_0000;

/// Writes `moof` and the `mdat` header of a chunk (rules CMF-08 to CMF-11 and CMF-26 to CMF-29); the samples' bytes
/// follow behind. Returns the number of these bytes, and the IVs of the samples where they are protected.
///
/// # Errors
/// `Limit` where the `moof` gets too large for its offsets; `Io`.
pub(super) fn write(
    w: &mut Writer,
    track: &Track,
    protection: Option<&mut Protection>,
    chunk: &Chunk,
) -> Result<(u64, Option<ChunkIvs>)> {
    let samples = &track.samples.samples()[chunk.samples.clone()];
    let begin = w.len();
    let mut data_offset_at = 0;
    let mut aux_offset = None;
    let protected = match protection {
        Some(protection) => Some(ProtectedChunk::new(track, protection, chunk)?),
        None => None,
    };
    w.boxed(b"moof", |w| {
        w.full(b"mfhd", 0, 0, |w| w.u32(chunk.sequence_number));
        w.boxed(b"traf", |w| {
            data_offset_at = traf_header(w, samples, chunk.start);
            // With one IV for all and whole samples there is nothing to tell (rule ENC-25).
            aux_offset = protected
                .as_ref()
                .filter(|protected| protected.has_content())
                .map(|protected| protected.write(w, samples));
            for (index, group) in track.groups.iter().enumerate() {
                sample_group(w, group, 1 << index, samples);
            }
        });
    });
    let moof = w.len() - begin;
    let size: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
    let before = w.len();
    w.header(b"mdat", size);
    let data_offset = moof + (w.len() - before);
    let offset = |n: usize| {
        i32::try_from(n).map(|n| n as u32).map_err(|_| {
            Error::limit(format!(
                "{} samples in a fragment are too many; cut it with --chunk-duration",
                samples.len()
            ))
        })
    };
    w.patch_u32(data_offset_at, offset(data_offset)?);
    if let Some(aux) = aux_offset {
        w.patch_u32(aux.field_at, offset(aux.senc_data_at - begin)?);
    }
    Ok((size, protected.map(|p| p.ivs)))
}

/// What of the samples is the same for all.
struct Shared {
    duration: Option<u32>,
    size: Option<u32>,
    flags: Option<u32>,
    /// The first sample's flags, where only they differ.
    first_flags: Option<u32>,
    /// Whether any sample is presented at another time than it is decoded.
    reordered: bool,
}

impl Shared {
    fn of(samples: &[Sample]) -> Self {
        fn same<T: PartialEq + Copy>(mut values: impl Iterator<Item = T>) -> Option<T> {
            let first = values.next()?;
            values.all(|v| v == first).then_some(first)
        }
        let flags = |samples: &[Sample]| same(samples.iter().map(|s| s.dependency.sample_flags()));
        let (all, rest) = (flags(samples), samples.get(1..).and_then(flags));
        Shared {
            duration: same(samples.iter().map(|s| s.duration)),
            size: same(samples.iter().map(|s| s.size)),
            flags: all.or(rest),
            first_flags: samples
                .first()
                .map(|s| s.dependency.sample_flags())
                .filter(|_| all.is_none() && rest.is_some()),
            reordered: samples.iter().any(|s| s.composition_offset != 0),
        }
    }
}

/// Writes `tfhd`, `tfdt` and `trun`; returns where the data offset has to be filled in.
fn traf_header(w: &mut Writer, samples: &[Sample], start: u64) -> usize {
    const DESCRIPTION: u32 = 0x2;
    const DURATION: u32 = 0x8;
    const SIZE: u32 = 0x10;
    const FLAGS: u32 = 0x20;
    const DEFAULT_BASE_IS_MOOF: u32 = 0x2_0000;
    let shared = Shared::of(samples);
    let present = |value: Option<u32>, flag: u32| if value.is_some() { flag } else { 0 };
    let flags = DEFAULT_BASE_IS_MOOF
        | DESCRIPTION
        | present(shared.duration, DURATION)
        | present(shared.size, SIZE)
        | present(shared.flags, FLAGS);
    w.full(b"tfhd", 0, flags, |w| {
        w.u32(TRACK_ID);
        w.u32(samples.first().map_or(0, |s| u32::from(s.entry)) + 1);
        [shared.duration, shared.size, shared.flags].into_iter().flatten().for_each(|value| w.u32(value));
    });
    let wide = start > u64::from(u32::MAX);
    w.full(b"tfdt", u8::from(wide), 0, |w| w.u32_or_u64(wide, start));

    const DATA_OFFSET: u32 = 0x1;
    const FIRST_FLAGS: u32 = 0x4;
    const SAMPLE_DURATION: u32 = 0x100;
    const SAMPLE_SIZE: u32 = 0x200;
    const SAMPLE_FLAGS: u32 = 0x400;
    const COMPOSITION_OFFSET: u32 = 0x800;
    let absent = |value: Option<u32>, flag: u32| if value.is_none() { flag } else { 0 };
    let flags = DATA_OFFSET
        | present(shared.first_flags, FIRST_FLAGS)
        | absent(shared.duration, SAMPLE_DURATION)
        | absent(shared.size, SAMPLE_SIZE)
        | absent(shared.flags, SAMPLE_FLAGS)
        | if shared.reordered { COMPOSITION_OFFSET } else { 0 };
    let mut data_offset_at = 0;
    w.full(b"trun", 1, flags, |w| {
        w.count(samples.len());
        data_offset_at = w.len();
        w.u32(0);
        if let Some(first) = shared.first_flags {
            w.u32(first);
        }
        for sample in samples {
            if shared.duration.is_none() {
                w.u32(sample.duration);
            }
            if shared.size.is_none() {
                w.u32(sample.size);
            }
            if shared.flags.is_none() {
                w.u32(sample.dependency.sample_flags());
            }
            if shared.reordered {
                w.i32(sample.composition_offset);
            }
        }
    });
    data_offset_at
}

/// What `senc` says of a chunk.
struct ProtectedChunk {
    /// The subsample maps, one behind the other; none where samples are protected whole.
    maps: Vec<Subsample>,
    ivs: ChunkIvs,
    iv_size: u8,
}

/// Where `saio` and what it points to lie, as offsets in the writer.
struct AuxOffset {
    field_at: usize,
    senc_data_at: usize,
}

impl ProtectedChunk {
    fn new(track: &Track, protection: &mut Protection, chunk: &Chunk) -> Result<Self> {
        let mut details = track.samples.details(chunk.samples.clone())?;
        let mut detail = Detail::default();
        let mut maps = Vec::new();
        let mut protected = Vec::with_capacity(chunk.samples.len());
        while let Some(sample) = details.next_into(&mut detail) {
            protected.push(match detail.subsamples.as_slice() {
                [] => sample.size.into(),
                map => map.iter().map(|s| u64::from(s.protected)).sum(),
            });
            maps.append(&mut detail.subsamples);
        }
        let iv_size = protection.tenc.default_per_sample_iv_size;
        Ok(ProtectedChunk { maps, ivs: ChunkIvs::take(protection, protected.into_iter())?, iv_size })
    }

    fn has_content(&self) -> bool {
        !self.maps.is_empty() || self.iv_size > 0
    }

    /// Writes `senc`, `saio` and `saiz` (rules ENC-20 to ENC-23).
    fn write(&self, w: &mut Writer, samples: &[Sample]) -> AuxOffset {
        let mut senc_data_at = 0;
        let mut rest = self.maps.as_slice();
        let with_maps = !self.maps.is_empty();
        w.full(b"senc", 0, if with_maps { 2 } else { 0 }, |w| {
            w.count(samples.len());
            senc_data_at = w.len();
            for (index, sample) in samples.iter().enumerate() {
                w.bytes(self.ivs.stored(index));
                let (map, behind) = rest.split_at(sample.subsample_count.into());
                rest = behind;
                if with_maps {
                    w.u16(sample.subsample_count.into());
                }
                for subsample in map {
                    w.u16(subsample.clear);
                    w.u32(subsample.protected);
                }
            }
        });
        let mut field_at = 0;
        w.full(b"saio", 0, 0, |w| {
            w.u32(1);
            field_at = w.len();
            w.u32(0);
        });
        let aux_size = |sample: &Sample| {
            let size = match sample.subsample_count {
                0 if !with_maps => self.iv_size.into(),
                count => aux_info_size(self.iv_size, count.into()),
            };
            u8::try_from(size).expect("maps over the limit of saiz are refused when they are made")
        };
        let first = samples.first().map_or(0, aux_size);
        let same = samples.iter().all(|s| aux_size(s) == first);
        w.full(b"saiz", 0, 0, |w| {
            w.u8(if same { first } else { 0 });
            w.count(samples.len());
            if !same {
                samples.iter().for_each(|s| w.u8(aux_size(s)));
            }
        });
        AuxOffset { field_at, senc_data_at }
    }
}

/// Writes `sgpd` and `sbgp` of a group, if samples of the chunk are in it.
fn sample_group(w: &mut Writer, group: &SampleGroup, bit: u32, samples: &[Sample]) {
    if samples.iter().all(|s| s.groups & bit == 0) {
        return;
    }
    // What tells the descriptions apart; those of a kind without content are all one.
    let content = |sample: &Sample| match group.description {
        GroupDescription::Empty | GroupDescription::RollDistance(_) => 0,
        GroupDescription::ForwardDistance => sample.forward_distance,
    };
    let mut descriptions: Vec<u8> = Vec::new();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for sample in samples {
        let index = if sample.groups & bit == 0 {
            0
        } else {
            let content = content(sample);
            let known = descriptions.iter().position(|d| *d == content).unwrap_or_else(|| {
                descriptions.push(content);
                descriptions.len() - 1
            });
            LOCAL_DESCRIPTION + 1 + known as u32
        };
        match runs.last_mut() {
            Some((count, last)) if *last == index => *count += 1,
            _ => runs.push((1, index)),
        }
    }
    w.full(b"sbgp", u8::from(group.parameter.is_some()), 0, |w| {
        w.fourcc(group.grouping_type);
        if let Some(parameter) = group.parameter {
            w.u32(parameter);
        }
        w.count(runs.len());
        for (count, index) in &runs {
            w.u32(*count);
            w.u32(*index);
        }
    });
    let length = match group.description {
        GroupDescription::Empty => 0,
        GroupDescription::ForwardDistance => 1,
        GroupDescription::RollDistance(_) => 2,
    };
    w.full(b"sgpd", 1, 0, |w| {
        w.fourcc(group.grouping_type);
        w.u32(length); // default_length
        w.count(descriptions.len());
        for content in &descriptions {
            match group.description {
                // A default length of 0 means that each entry gives its own.
                GroupDescription::Empty => w.u32(0),
                GroupDescription::ForwardDistance => w.u8(*content),
                GroupDescription::RollDistance(distance) => w.i16(distance),
            }
        }
    });
}
