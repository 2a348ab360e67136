//! The sample tables of a movie: where each sample is and when.

use crate::error::{Error, Result};
use crate::isobmff::boxes::{
    ChunkOffsets, Co64, Ctts, CttsEntry, SampleSizes, Stco, Stsc, StscEntry, Stss, Stts, SttsEntry,
};
use crate::isobmff::{ParseBox, Reader, Table};

use super::samples::{Composition, Sample, too_late};

/// The tables of one track, which take the bytes that they take in the file.
#[derive(Debug)]
pub(super) struct Tables {
    count: u32,
    /// The payload of `stsz`, or of `stz2` if `compact`.
    sizes: Vec<u8>,
    compact: bool,
    stts: Table<'static, SttsEntry>,
    ctts: Option<Ctts<'static>>,
    stsc: Table<'static, StscEntry>,
    chunks: ChunkOffsets<'static>,
    /// None where every sample is a sync sample.
    stss: Option<Table<'static, u32>>,
}

impl Tables {
    /// Reads the children of an `stbl` and holds the tables against each other. None where there are no samples.
    ///
    /// # Errors
    /// `Format` where a table is missing, broken, or too short for the samples there are.
    pub fn read(stbl: &Reader<'_>, entries: u32, notes: &mut Vec<String>) -> Result<Option<Self>> {
        let (compact, sizes) = match (stbl.find(b"stz2")?, stbl.find(b"stsz")?) {
            (Some(stz2), _) => (true, stz2),
            (None, Some(stsz)) => (false, stsz),
            // Some writers of fragmented files leave out what would be empty.
            (None, None) => return Ok(None),
        };
        let count = parse_sizes(&mut sizes.reader(), compact)?.sample_count;
        if count == 0 {
            return Ok(None);
        }
        let chunks = match ChunkOffsets::find(stbl)? {
            ChunkOffsets::Stco(stco) => {
                ChunkOffsets::Stco(Stco { chunk_offset: stco.chunk_offset.into_owned() })
            }
            ChunkOffsets::Co64(co64) => {
                ChunkOffsets::Co64(Co64 { chunk_offset: co64.chunk_offset.into_owned() })
            }
        };
        let ctts: Option<Ctts<'_>> = stbl.find_as()?;
        let tables = Tables {
            count,
            sizes: sizes.payload().to_vec(),
            compact,
            stts: stbl.require_as::<Stts<'_>>()?.entries.into_owned(),
            ctts: ctts.map(|ctts| Ctts { version: ctts.version, entries: ctts.entries.into_owned() }),
            stsc: stbl.require_as::<Stsc<'_>>()?.entries.into_owned(),
            chunks,
            stss: stbl.find_as::<Stss<'_>>()?.map(|stss| stss.sample_number.into_owned()),
        };
        tables.check(stbl, entries, notes)?;
        Ok(Some(tables))
    }

    fn check(&self, stbl: &Reader<'_>, entries: u32, notes: &mut Vec<String>) -> Result<()> {
        let count = u64::from(self.count);
        let broken = |message: String| Err(stbl.error(message).clause("rule ISO-10"));
        let timed: u64 = self.stts.iter().map(|run| u64::from(run.sample_count)).sum();
        if timed < count {
            return broken(format!("stts has durations for {timed} samples, stsz has {count}"));
        }
        if timed > count {
            notes.push(format!("stts has durations for {timed} samples, stsz has {count} (rule ISO-10)"));
        }
        let chunks = self.chunks.len() as u64;
        let mut placed = 0;
        let mut last_first = 0;
        for (index, run) in self.stsc.iter().enumerate() {
            let first = u64::from(run.first_chunk);
            if first <= last_first || index == 0 && first != 1 {
                let message = format!(
                    "stsc entry {} starts at chunk {first}, the one before at {last_first}",
                    index + 1
                );
                return broken(message);
            }
            if !(1..=entries).contains(&run.sample_description_index) {
                let wanted = run.sample_description_index;
                let message =
                    format!("stsc entry {} refers to sample entry {wanted} of {entries}", index + 1);
                return Err(stbl.error(message).clause("rule ISO-09"));
            }
            last_first = first;
            let next = self.stsc.get(index + 1).map_or(chunks + 1, |next| u64::from(next.first_chunk));
            // Both factors are below 2^32.
            let samples = next.min(chunks + 1).saturating_sub(first) * u64::from(run.samples_per_chunk);
            placed = samples.saturating_add(placed);
        }
        if placed < count {
            return broken(format!("stsc and {chunks} chunks hold {placed} samples, stsz has {count}"));
        }
        if placed > count {
            notes.push(format!(
                "stsc and {chunks} chunks hold {placed} samples, stsz has {count} (rule ISO-10)"
            ));
        }
        Ok(())
    }

    /// How composition times are to decode times. Looks at runs, not at samples.
    pub fn composition(&self) -> Composition {
        let mut composition = Composition::default();
        let Some(ctts) = &self.ctts else { return composition };
        let mut offsets = ctts.entries.iter().map(|run| (u64::from(run.sample_count), ctts.offset(&run)));
        let (mut same_offset, mut offset) = (0, 0);
        let (mut dts, mut number) = (0i128, 1u64);
        let mut left = u64::from(self.count);
        for run in self.stts.iter() {
            let mut same_delta = u64::from(run.sample_count).min(left);
            left -= same_delta;
            let delta = i128::from(run.sample_delta);
            while same_delta > 0 {
                while same_offset == 0 {
                    // What ctts does not reach has no offset.
                    (same_offset, offset) = offsets.next().unwrap_or((u64::MAX, 0));
                }
                let samples = same_delta.min(same_offset);
                same_delta -= samples;
                same_offset -= samples;
                composition.add(number, samples, dts, delta, offset);
                dts += delta * i128::from(samples);
                number += samples;
            }
        }
        composition
    }
}

fn parse_sizes<'a>(r: &mut Reader<'a>, compact: bool) -> Result<SampleSizes<'a>> {
    if compact { SampleSizes::parse_stz2(r) } else { SampleSizes::parse(r) }
}

/// A place in [`Tables`], which goes forward one sample at a time.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    index: u32,
    dts: i64,
    stts: Run<SttsEntry>,
    ctts: Run<CttsEntry>,
    stsc: usize,
    /// The number, from 1, of the chunk that the last sample was in.
    chunk: u32,
    left_in_chunk: u32,
    offset: u64,
    stss: usize,
}

impl Cursor {
    /// The next sample.
    ///
    /// # Errors
    /// `Limit` where times pass 63 bits. That the tables are long enough was checked when they were read.
    pub fn next(&mut self, tables: &Tables) -> Result<Option<Sample>> {
        if self.index == tables.count {
            return Ok(None);
        }
        let short = || Error::format("the sample tables are too short").clause("rule ISO-10");
        let sizes = parse_sizes(&mut Reader::new(&tables.sizes, 0), tables.compact)?;
        let size = sizes.get(self.index).ok_or_else(short)?;
        while self.left_in_chunk == 0 {
            self.offset = tables.chunks.get(self.chunk as usize).ok_or_else(short)?;
            self.chunk += 1;
            if tables.stsc.get(self.stsc + 1).is_some_and(|next| next.first_chunk == self.chunk) {
                self.stsc += 1;
            }
            self.left_in_chunk = tables.stsc.get(self.stsc).ok_or_else(short)?.samples_per_chunk;
        }
        let duration = self.stts.next(&tables.stts, |run| run.sample_count).ok_or_else(short)?.sample_delta;
        let composition_offset = tables.ctts.as_ref().map_or(0, |ctts| {
            self.ctts.next(&ctts.entries, |run| run.sample_count).map_or(0, |run| ctts.offset(&run))
        });
        let number = self.index + 1;
        let sync = tables.stss.as_ref().is_none_or(|stss| {
            while stss.get(self.stss).is_some_and(|sync| sync < number) {
                self.stss += 1;
            }
            stss.get(self.stss) == Some(number)
        });
        let sample = Sample {
            offset: self.offset,
            size,
            dts: self.dts,
            composition_offset,
            duration,
            sync,
            description: tables.stsc.get(self.stsc).ok_or_else(short)?.sample_description_index,
        };
        self.index = number;
        self.left_in_chunk -= 1;
        self.offset = self.offset.saturating_add(size.into());
        self.dts = self.dts.checked_add(duration.into()).ok_or_else(too_late)?;
        Ok(Some(sample))
    }
}

/// A place in a table of runs.
#[derive(Debug)]
struct Run<T> {
    next: usize,
    entry: Option<T>,
    left: u32,
}

impl<T> Default for Run<T> {
    fn default() -> Self {
        Run { next: 0, entry: None, left: 0 }
    }
}

impl<T: crate::isobmff::TableEntry> Run<T> {
    /// The entry of the next sample.
    fn next(&mut self, table: &Table<'_, T>, count: impl Fn(&T) -> u32) -> Option<T> {
        while self.left == 0 {
            let entry = table.get(self.next)?;
            self.next += 1;
            self.left = count(&entry);
            self.entry = Some(entry);
        }
        self.left -= 1;
        self.entry
    }
}
