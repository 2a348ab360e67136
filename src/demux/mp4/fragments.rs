//! Movie fragments: one `moof` at a time, one sample of it at a time.

use std::ops::Range;

use crate::demux::note;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::boxes::{SampleFlags, Tfdt, Tfhd, Trex, Trun};
use crate::isobmff::{Child, LoadedBox, ParseBox, Reader, read_box, top_level};

use super::samples::{Composition, Sample, too_late};

/// The most bytes of one `moof` that are read into memory.
const MOOF_LIMIT: u64 = 32 << 20;

/// The fragments of one track.
#[derive(Debug)]
pub(super) struct Fragments {
    input: Input,
    trex: Trex,
    /// The number of sample entries.
    entries: u32,
    /// Where the next top-level box starts.
    at: u64,
    moof: Option<Moof>,
    /// The decode time behind the last sample; none before the first.
    dts: Option<i64>,
    /// Whether a jump of times was noted.
    jumped: bool,
    pub notes: Vec<String>,
}

/// A `moof` and the place in it.
#[derive(Debug)]
struct Moof {
    bytes: LoadedBox,
    runs: Vec<Run>,
    run: usize,
    /// The next sample's index in its run.
    index: u32,
    /// Where the next sample's bytes start.
    offset: u64,
}

/// One `trun` of the track.
#[derive(Debug)]
struct Run {
    /// Its payload in the bytes of the `moof`.
    range: Range<usize>,
    /// Where its first sample's bytes start.
    start: u64,
    defaults: Defaults,
    /// The decode time of its first sample, where a `tfdt` says it.
    base_media_decode_time: Option<u64>,
}

/// What samples have that say nothing themselves.
#[derive(Debug, Clone, Copy)]
struct Defaults {
    duration: u32,
    size: u32,
    flags: SampleFlags,
    description: u32,
}

impl Fragments {
    pub fn new(input: &Input, trex: Trex, entries: u32) -> Self {
        Fragments {
            input: input.clone(),
            trex,
            entries,
            at: 0,
            moof: None,
            dts: None,
            jumped: false,
            notes: Vec::new(),
        }
    }

    /// Says where the samples in the movie box end, which fragments without a time follow.
    pub fn continue_from(&mut self, dts: i64) {
        self.dts = Some(dts);
    }

    /// The next sample.
    pub fn next(&mut self) -> Result<Option<Sample>> {
        loop {
            let Some(moof) = &mut self.moof else {
                if !self.load()? {
                    return Ok(None);
                }
                continue;
            };
            let Some(run) = moof.runs.get(moof.run) else {
                self.moof = None;
                continue;
            };
            let trun = run.trun(&moof.bytes)?;
            let Some(stored) = trun.get(moof.index) else {
                moof.run += 1;
                moof.index = 0;
                moof.offset = moof.runs.get(moof.run).map_or(0, |run| run.start);
                continue;
            };
            let first_flags = trun.header.first_sample_flags.filter(|_| moof.index == 0);
            let flags = first_flags.or(stored.flags).unwrap_or(run.defaults.flags);
            let size = stored.size.unwrap_or(run.defaults.size);
            let duration = stored.duration.unwrap_or(run.defaults.duration);
            let dts = match run.base_media_decode_time.filter(|_| moof.index == 0) {
                Some(time) => i64::try_from(time).map_err(|_| too_late())?,
                None => self.dts.unwrap_or(0),
            };
            if let Some(expected) = self.dts.filter(|expected| *expected != dts && !self.jumped) {
                self.jumped = true;
                let at = moof.bytes.header.offset;
                let jump = i128::from(dts) - i128::from(expected);
                note(
                    &mut self.notes,
                    format!(
                        "the fragment at byte {at} starts at {dts}, the samples before it end at {expected}: \
                     a jump of {jump:+} ticks (rule ISO-17; later ones are not listed)"
                    ),
                );
            }
            let sample = Sample {
                offset: moof.offset,
                size,
                dts,
                composition_offset: stored.composition_time_offset.unwrap_or(0),
                duration,
                sync: !flags.sample_is_non_sync_sample(),
                description: run.defaults.description,
            };
            moof.index += 1;
            moof.offset = moof.offset.saturating_add(size.into());
            self.dts = Some(dts.checked_add(duration.into()).ok_or_else(too_late)?);
            return Ok(Some(sample));
        }
    }

    /// Goes to the first fragment with samples and tells when it starts and how its composition times are.
    /// What was read for that is not kept: many tracks may be opened of which few are read.
    pub fn peek(&mut self) -> Result<Option<(u64, Composition)>> {
        while self.load()? {
            let Some(moof) = self.moof.take() else { break };
            if let Some(found) = moof.peek()? {
                self.at = moof.bytes.header.offset;
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Reads `moof` after `moof` up to one with runs of the track; tells whether there was one.
    fn load(&mut self) -> Result<bool> {
        while let Some(header) = top_level(&self.input).starting_at(self.at).next() {
            let header = header?;
            self.at = header.end();
            if header.kind != b"moof" {
                continue;
            }
            let bytes = read_box(&self.input, &header, MOOF_LIMIT)?;
            let runs = self.runs(&bytes)?;
            if let Some(first) = runs.first() {
                let offset = first.start;
                self.moof = Some(Moof { bytes, runs, run: 0, index: 0, offset });
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn runs(&self, moof: &LoadedBox) -> Result<Vec<Run>> {
        let mut runs = Vec::new();
        let moof_offset = moof.header.offset;
        // Without a base, the first track's data starts with the moof, that of others behind the track before.
        let mut previous_end = moof_offset;
        for child in moof.as_child().boxes() {
            let traf = child?;
            if traf.kind() != b"traf" {
                continue;
            }
            let traf_reader = traf.reader();
            let tfhd: Tfhd = traf_reader.require_as()?;
            let ours = tfhd.track_id == self.trex.track_id;
            let base = match tfhd.base_data_offset {
                Some(base) => base,
                None if tfhd.default_base_is_moof => moof_offset,
                None => previous_end,
            };
            let defaults = Defaults {
                duration: tfhd.default_sample_duration.unwrap_or(self.trex.default_sample_duration),
                size: tfhd.default_sample_size.unwrap_or(self.trex.default_sample_size),
                flags: tfhd.default_sample_flags.unwrap_or(SampleFlags(self.trex.default_sample_flags)),
                description: tfhd
                    .sample_description_index
                    .unwrap_or(self.trex.default_sample_description_index),
            };
            if ours && !(1..=self.entries).contains(&defaults.description) {
                let message = format!("sample entry {} of {}", defaults.description, self.entries);
                return Err(traf_reader.error(message).clause("rule ISO-09"));
            }
            let mut time = traf_reader.find_as::<Tfdt>()?.map(|tfdt| tfdt.base_media_decode_time);
            let mut position = base;
            for child in traf.boxes() {
                let child = child?;
                if child.kind() != b"trun" {
                    continue;
                }
                let trun: Trun<'_> = child.parse()?;
                let start = match trun.header.data_offset {
                    None => Some(position),
                    Some(offset) => base.checked_add_signed(offset.into()),
                };
                let start =
                    start.ok_or_else(|| child.reader().error("data_offset points in front of the file"))?;
                position = start.saturating_add(data_len(&trun, defaults.size));
                if ours && trun.sample_count > 0 {
                    let base_media_decode_time = time.take();
                    runs.push(Run { range: range_in(moof, &child), start, defaults, base_media_decode_time });
                }
            }
            previous_end = position;
        }
        Ok(runs)
    }
}

impl Moof {
    fn peek(&self) -> Result<Option<(u64, Composition)>> {
        let mut composition = Composition::default();
        let (mut number, mut dts) = (1, 0i128);
        for run in &self.runs {
            let trun = run.trun(&self.bytes)?;
            // Runs without offsets may have any number of samples.
            if !trun.header.has_composition_time_offset {
                let delta = i128::from(run.defaults.duration);
                composition.add(number, trun.sample_count.into(), dts, delta, 0);
                number += u64::from(trun.sample_count);
                dts += delta * i128::from(trun.sample_count);
                continue;
            }
            for sample in trun.samples() {
                let delta = i128::from(sample.duration.unwrap_or(run.defaults.duration));
                composition.add(number, 1, dts, delta, sample.composition_time_offset.unwrap_or(0));
                number += 1;
                dts += delta;
            }
        }
        let start = self.runs.first().and_then(|run| run.base_media_decode_time).unwrap_or(0);
        Ok((number > 1).then_some((start, composition)))
    }
}

impl Run {
    fn trun<'a>(&self, moof: &'a LoadedBox) -> Result<Trun<'a>> {
        let payload = moof.bytes.get(self.range.clone()).unwrap_or_default();
        Trun::parse(&mut Reader::new(payload, moof.header.offset + self.range.start as u64))
    }
}

/// The bytes that the samples of a run take.
fn data_len(trun: &Trun<'_>, default_size: u32) -> u64 {
    if !trun.header.has_size {
        // Both are below 2^32.
        return u64::from(trun.sample_count) * u64::from(default_size);
    }
    trun.samples().map(|sample| u64::from(sample.size.unwrap_or(0))).sum()
}

/// Where the payload of a descendant lies in the bytes of `moof`.
fn range_in(moof: &LoadedBox, child: &Child<'_>) -> Range<usize> {
    // The child is a part of the bytes in memory, so its place in them fits.
    let start = (child.header.payload_offset() - moof.header.offset) as usize;
    start..start + child.payload().len()
}

/// Says which error a file without its movie box deserves.
pub(super) fn missing_init() -> Error {
    Error::format(
        "the init segment is missing (no `moov`): give it with --init, or in front of its media segments, \
         as a file of its own or joined with them",
    )
}
