//! Samples of a track: a small index entry each, and the details behind it.

use std::ops::Range;

use crate::cenc::Subsample;
use crate::error::{Error, Result};
use crate::spill::Spill;

/// What other samples a sample needs, as `sample_depends_on` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependency {
    /// A sync sample: decoding can start here.
    Sync,
    /// Not a sync sample, yet it refers to no other sample.
    Independent,
    /// It refers to earlier samples.
    Dependent,
}

impl Dependency {
    /// The `sample_flags` field: sample_depends_on (2 = on no other, 1 = on others), sample_is_non_sync_sample.
    pub fn sample_flags(self) -> u32 {
        match self {
            Dependency::Sync => 2 << 24,
            Dependency::Independent => 2 << 24 | 1 << 16,
            Dependency::Dependent => 1 << 24 | 1 << 16,
        }
    }
}

/// One sample, as the index holds it. 32 bytes, the only cost in memory that grows with the number of samples.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    detail: u64,
    /// Bytes of the sample as it is written.
    pub size: u32,
    /// Duration in the track's timescale.
    pub duration: u32,
    /// The sample groups it belongs to: bit *n* for [`super::Track::groups`]`[n]`.
    pub groups: u32,
    /// Composition time less decode time, in the track's timescale.
    pub composition_offset: i32,
    /// What it refers to.
    pub dependency: Dependency,
    /// Number of subsamples where the track is to be protected, else 0.
    pub subsample_count: u8,
    /// Index of the sample entry, from 0.
    pub entry: u8,
    /// In the forward key frame group: the number of samples between this one and the one that shows its key
    /// frame (AV1-ISOBMFF § 2.5).
    pub forward_distance: u8,
}

/// A part of a sample: bytes given here, or a range of the payload input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes that the packager makes, such as an OBU header.
    Inline(Vec<u8>),
    /// Bytes copied from the payload input.
    Source(Range<u64>),
}

/// What the index entry leaves out: where the bytes come from, and which of them are protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// The parts of the sample, in order.
    pub pieces: Vec<Piece>,
    /// The subsample map; empty where the track stays clear.
    pub subsamples: Vec<Subsample>,
}

/// The samples of one track in decode order.
#[derive(Debug, Default)]
pub struct SampleTable {
    samples: Vec<Sample>,
    details: Spill,
    /// Where the details of the last sample end, should samples have been cut off behind it.
    end: u64,
}

impl SampleTable {
    /// Adds a sample; `groups`, times and the like may be set afterwards through [`SampleTable::samples_mut`].
    ///
    /// # Errors
    /// `Io` where the temporary file fails.
    pub fn push(&mut self, mut sample: NewSample, detail: &Detail) -> Result<()> {
        sample.0.detail = self.details.len();
        self.samples.push(sample.0);
        self.details.append(|out| encode(detail, out))?;
        self.end = self.details.len();
        Ok(())
    }

    /// All samples.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Duration of the longest sample, in ticks; 0 where there is none.
    pub fn longest(&self) -> u64 {
        self.samples.iter().map(|sample| sample.duration).max().unwrap_or(0).into()
    }

    /// All samples, to be changed.
    pub fn samples_mut(&mut self) -> &mut [Sample] {
        &mut self.samples
    }

    /// Keeps only the samples of `range`.
    pub fn keep(&mut self, range: Range<usize>) {
        if let Some(next) = self.samples.get(range.end) {
            self.end = next.detail;
        }
        self.samples.truncate(range.end);
        self.samples.drain(..range.start);
    }

    /// The details of consecutive samples.
    ///
    /// # Errors
    /// `Io` where the temporary file fails.
    pub fn details(&self, range: Range<usize>) -> Result<Details<'_>> {
        let samples = &self.samples[range.clone()];
        let mut bytes = Vec::new();
        if let Some(first) = samples.first() {
            let end = self.samples.get(range.end).map_or(self.end, |next| next.detail);
            self.details.read(first.detail, end, &mut bytes)?;
        }
        Ok(Details { samples, bytes, position: 0, next: 0 })
    }
}

/// A sample that has no place in a table yet.
#[derive(Debug, Clone, Copy)]
pub struct NewSample(Sample);

impl NewSample {
    /// A sample of `size` bytes that refers to others as `dependency` says, with the sample entry `entry`.
    pub fn new(size: u32, dependency: Dependency, entry: u8) -> Self {
        NewSample(Sample {
            detail: 0,
            size,
            duration: 0,
            groups: 0,
            composition_offset: 0,
            dependency,
            subsample_count: 0,
            entry,
            forward_distance: 0,
        })
    }

    /// Sets the groups, see [`Sample::groups`].
    pub fn groups(mut self, groups: u32) -> Self {
        self.0.groups = groups;
        self
    }

    /// Sets the duration and the composition offset, in ticks.
    pub fn times(mut self, duration: u32, composition_offset: i32) -> Self {
        self.0.duration = duration;
        self.0.composition_offset = composition_offset;
        self
    }

    /// Sets the bytes.
    pub fn sized(mut self, size: u32) -> Self {
        self.0.size = size;
        self
    }

    /// Makes it longer.
    ///
    /// # Errors
    /// `Limit` where the duration does not fit.
    pub fn add_duration(&mut self, ticks: u32) -> Result<()> {
        let longer = self.0.duration.checked_add(ticks);
        self.0.duration = longer.ok_or_else(|| Error::limit("a sample lasts too long"))?;
        Ok(())
    }

    /// Sets the number of subsamples.
    pub fn subsample_count(mut self, count: u8) -> Self {
        self.0.subsample_count = count;
        self
    }
}

/// Details of consecutive samples, read one after the other.
#[derive(Debug)]
pub struct Details<'a> {
    samples: &'a [Sample],
    bytes: Vec<u8>,
    position: usize,
    next: usize,
}

impl Details<'_> {
    /// Reads the next sample's detail into `detail` and returns its index entry; `None` behind the last.
    pub fn next_into(&mut self, detail: &mut Detail) -> Option<&Sample> {
        let sample = self.samples.get(self.next)?;
        self.next += 1;
        decode(&self.bytes, &mut self.position, sample.subsample_count, detail);
        Some(sample)
    }
}

// The stored form: the number of pieces; each piece's length times two, plus one for inline bytes; then those bytes,
// or for a source range its start less the end of the one before (zigzag); then the subsamples. All as LEB128.

fn encode(detail: &Detail, out: &mut Vec<u8>) {
    put(detail.pieces.len() as u64, out);
    let mut at = 0u64;
    for piece in &detail.pieces {
        match piece {
            Piece::Inline(bytes) => {
                put((bytes.len() as u64) << 1 | 1, out);
                out.extend_from_slice(bytes);
            }
            Piece::Source(range) => {
                put((range.end - range.start) << 1, out);
                let step = range.start.wrapping_sub(at) as i64;
                put((step << 1 ^ step >> 63) as u64, out);
                at = range.end;
            }
        }
    }
    for subsample in &detail.subsamples {
        put(subsample.clear.into(), out);
        put(subsample.protected.into(), out);
    }
}

fn decode(bytes: &[u8], position: &mut usize, subsamples: u8, detail: &mut Detail) {
    detail.pieces.clear();
    detail.subsamples.clear();
    let mut at = 0u64;
    for _ in 0..get(bytes, position) {
        let length = get(bytes, position);
        if length & 1 == 1 {
            let end = *position + (length >> 1) as usize;
            detail.pieces.push(Piece::Inline(bytes[*position..end].to_vec()));
            *position = end;
        } else {
            let step = get(bytes, position);
            let start = at.wrapping_add((step >> 1) ^ (step & 1).wrapping_neg());
            at = start + (length >> 1);
            detail.pieces.push(Piece::Source(start..at));
        }
    }
    for _ in 0..subsamples {
        let clear = get(bytes, position) as u16;
        let protected = get(bytes, position) as u32;
        detail.subsamples.push(Subsample { clear, protected });
    }
}

fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn get(bytes: &[u8], position: &mut usize) -> u64 {
    let mut value = 0;
    let mut shift = 0;
    loop {
        let byte = bytes[*position];
        *position += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_entry_is_small() {
        assert_eq!(size_of::<Sample>(), 32);
    }

    #[test]
    fn details_come_back_after_a_cut() {
        let mut table = SampleTable::default();
        let detail = |n: u64| Detail {
            pieces: vec![
                Piece::Inline(vec![n as u8; 3]),
                Piece::Source(n * 1000..n * 1000 + 10),
                Piece::Source(5..6),
            ],
            subsamples: vec![
                Subsample { clear: 65535, protected: 0 },
                Subsample { clear: n as u16, protected: 1 << 20 },
            ],
        };
        for n in 0..10 {
            let sample = NewSample::new(14, Dependency::Dependent, 0).subsample_count(2);
            table.push(sample, &detail(n)).unwrap();
        }
        table.keep(2..8);
        assert_eq!(table.samples().len(), 6);
        let mut details = table.details(4..6).unwrap();
        let mut found = Detail::default();
        for n in [6, 7] {
            assert!(details.next_into(&mut found).is_some());
            assert_eq!(found, detail(n));
        }
        assert!(details.next_into(&mut found).is_none());
        assert_eq!(details.position, details.bytes.len());
    }
}
