//! Samples of the movie box, by its tables.

use crate::error::{Error, Result};
use crate::inspect::sample::Marks;
use crate::isobmff::boxes::{
    ChunkOffsets, Ctts, CttsEntry, SampleSizes, Sdtp, Stsc, StscEntry, Stss, Stts, SttsEntry,
};
use crate::isobmff::{Reader, Table, TableEntry};

/// A sample as the tables have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableSample {
    pub offset: u64,
    pub size: u64,
    pub time: i64,
    pub duration: u64,
    pub composition_offset: i64,
    pub marks: Marks,
    pub description: u32,
    /// From 0.
    pub chunk: usize,
}

/// The tables of one track, and a place in them.
pub(super) struct Tables<'a> {
    sizes: SampleSizes<'a>,
    stts: Runs<'a, SttsEntry>,
    ctts: Option<(u8, Runs<'a, CttsEntry>)>,
    stsc: Table<'a, StscEntry>,
    chunks: ChunkOffsets<'a>,
    stss: Option<Table<'a, u32>>,
    sdtp: Option<Sdtp<'a>>,
    index: u32,
    time: i64,
    /// Place in `stsc`.
    run: usize,
    chunk: usize,
    left_in_chunk: u32,
    offset: u64,
    /// Place in `stss`.
    sync: usize,
}

impl<'a> Tables<'a> {
    /// Reads the tables; none where there are no samples.
    ///
    /// # Errors
    /// `Format` where a table is missing or broken.
    pub fn read(stbl: &Reader<'a>) -> Result<Option<Self>> {
        if stbl.find(b"stsz")?.is_none() && stbl.find(b"stz2")?.is_none() {
            return Ok(None);
        }
        let sizes = SampleSizes::find(stbl)?;
        if sizes.sample_count == 0 {
            return Ok(None);
        }
        let ctts = stbl.find_as::<Ctts<'a>>()?;
        Ok(Some(Tables {
            sizes,
            stts: Runs::new(stbl.require_as::<Stts<'a>>()?.entries),
            ctts: ctts.map(|ctts| (ctts.version, Runs::new(ctts.entries))),
            stsc: stbl.require_as::<Stsc<'a>>()?.entries,
            chunks: ChunkOffsets::find(stbl)?,
            stss: stbl.find_as::<Stss<'a>>()?.map(|stss| stss.sample_number),
            sdtp: stbl.find_as()?,
            index: 0,
            time: 0,
            run: 0,
            chunk: 0,
            left_in_chunk: 0,
            offset: 0,
            sync: 0,
        }))
    }

    /// The next sample.
    ///
    /// # Errors
    /// `Format` where a table ends before the samples do.
    pub fn next(&mut self) -> Result<Option<TableSample>> {
        if self.index >= self.sizes.sample_count {
            return Ok(None);
        }
        let (number, count) = (self.index + 1, self.sizes.sample_count);
        let short = |table: &str| {
            Error::format(format!("{table} ends before sample {number}, stsz has {count}"))
                .clause("rule ISO-10")
        };
        let size = self.sizes.get(self.index).ok_or_else(|| short("stsz"))?;
        while self.left_in_chunk == 0 {
            self.offset = self.chunks.get(self.chunk).ok_or_else(|| short("the list of chunks"))?;
            self.chunk += 1;
            while self.stsc.get(self.run + 1).is_some_and(|next| next.first_chunk as usize <= self.chunk) {
                self.run += 1;
            }
            self.left_in_chunk = self.stsc.get(self.run).ok_or_else(|| short("stsc"))?.samples_per_chunk;
        }
        let duration = self.stts.next(|run| run.sample_count).ok_or_else(|| short("stts"))?.sample_delta;
        let composition_offset = match &mut self.ctts {
            // What it does not reach has no offset.
            Some((version, runs)) => runs.next(|run| run.sample_count).map_or(0, |run| match version {
                0 => i64::from(run.sample_offset as u32),
                _ => i64::from(run.sample_offset),
            }),
            None => 0,
        };
        let sync = self.stss.as_ref().is_none_or(|stss| {
            while stss.get(self.sync).is_some_and(|sync| sync < number) {
                self.sync += 1;
            }
            stss.get(self.sync) == Some(number)
        });
        let depends = self.sdtp.as_ref().and_then(|sdtp| sdtp.entries.get(self.index as usize));
        let sample = TableSample {
            offset: self.offset,
            size: size.into(),
            time: self.time,
            duration: duration.into(),
            composition_offset,
            marks: Marks { sync, depends_on: depends.map_or(0, |entry| entry.sample_depends_on) },
            description: self.stsc.get(self.run).ok_or_else(|| short("stsc"))?.sample_description_index,
            chunk: self.chunk - 1,
        };
        self.index = number;
        self.left_in_chunk -= 1;
        self.offset = self.offset.saturating_add(size.into());
        self.time = self.time.saturating_add(duration.into());
        Ok(Some(sample))
    }
}

/// A place in a table of runs.
struct Runs<'a, T> {
    table: Table<'a, T>,
    next: usize,
    current: Option<T>,
    left: u32,
}

impl<'a, T: TableEntry> Runs<'a, T> {
    fn new(table: Table<'a, T>) -> Self {
        Runs { table, next: 0, current: None, left: 0 }
    }

    /// The run of the next sample.
    fn next(&mut self, count: impl Fn(&T) -> u32) -> Option<T> {
        while self.left == 0 {
            let run = self.table.get(self.next)?;
            self.next += 1;
            self.left = count(&run);
            self.current = Some(run);
        }
        self.left -= 1;
        self.current
    }
}
