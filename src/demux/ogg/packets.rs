//! Packets of one stream, as ranges of the pages that they lie in.

use std::collections::VecDeque;
use std::ops::Range;

use super::PageEnd;
use super::page::Page;
use crate::demux::note;
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// The most pages that one packet may lie in: of 64 kilobytes each.
const PAGE_LIMIT: usize = 1024;

/// A packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    /// Its bytes, in order.
    ranges: Vec<Range<u64>>,
    /// The end of its page, if it is the last packet that ends there.
    pub ends_page: Option<PageEnd>,
}

impl Parts {
    /// All its bytes.
    pub fn size(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Where it starts.
    pub fn start(&self) -> u64 {
        self.ranges.first().map_or(0, |range| range.start)
    }

    /// Its parts.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// Reads it into memory.
    pub fn read(&self, window: &mut Window, limit: u64) -> Result<Vec<u8>> {
        if self.size() > limit {
            return Err(Error::limit(format!("a packet of {} bytes, at most {limit} are read", self.size())));
        }
        let mut bytes = Vec::new();
        for range in &self.ranges {
            // A part is no longer than a page.
            bytes.extend_from_slice(window.bytes(range.start, (range.end - range.start) as usize)?);
        }
        Ok(bytes)
    }
}

/// Reads the packets of one stream.
#[derive(Debug)]
pub(super) struct Packets {
    input: Input,
    window: Window,
    serial: u32,
    at: u64,
    /// Whether a page of data was seen, behind which no stream may begin.
    data_began: bool,
    ended: bool,
    sequence: Option<u32>,
    open: Vec<Range<u64>>,
    ready: VecDeque<Parts>,
    notes: Vec<String>,
}

impl Clone for Packets {
    fn clone(&self) -> Self {
        Packets {
            input: self.input.clone(),
            window: self.input.window(),
            serial: self.serial,
            at: self.at,
            data_began: self.data_began,
            ended: self.ended,
            sequence: self.sequence,
            open: self.open.clone(),
            ready: self.ready.clone(),
            notes: Vec::new(),
        }
    }
}

impl Packets {
    pub fn new(input: &Input, serial: u32) -> Self {
        Packets {
            input: input.clone(),
            window: input.window(),
            serial,
            at: 0,
            data_began: false,
            ended: false,
            sequence: None,
            open: Vec::new(),
            ready: VecDeque::new(),
            notes: Vec::new(),
        }
    }

    /// The next packet; none behind the last.
    pub fn next_parts(&mut self) -> Result<Option<Parts>> {
        while self.ready.is_empty() {
            let Some(page) = Page::read(&mut self.window, self.at)? else {
                if !self.open.is_empty() {
                    return Err(Error::format(
                        "truncated: the last packet goes on in a page that is missing",
                    )
                    .at(self.at));
                }
                return Ok(None);
            };
            let at = std::mem::replace(&mut self.at, page.end);
            if page.begins && self.data_began {
                return Err(Error::unsupported(
                    "a chained Ogg file: another stream begins behind the first; cut it there",
                )
                .at(at));
            }
            self.data_began |= !page.begins;
            if page.serial == self.serial {
                self.page(&page, at)?;
            }
        }
        Ok(self.ready.pop_front())
    }

    /// Whether any packet that is left lies in several pages. What is broken is left for the reader to say.
    pub fn any_is_split(mut self) -> Result<bool> {
        loop {
            match self.next_parts() {
                Ok(Some(parts)) if parts.ranges.len() > 1 => return Ok(true),
                Ok(Some(_)) => {}
                Err(error) if error.kind() == crate::ErrorKind::Io => return Err(error),
                Ok(None) | Err(_) => return Ok(false),
            }
        }
    }

    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn page(&mut self, page: &Page, at: u64) -> Result<()> {
        if self.ended {
            return Err(Error::format("a page behind the stream's last").at(at).clause("RFC 3533 § 6"));
        }
        self.ended = page.ends;
        if self.sequence.is_some_and(|before| before.wrapping_add(1) != page.sequence) {
            note(&mut self.notes, format!("pages are missing before byte {at}: what was in them is lost"));
            self.open.clear();
        }
        self.sequence = Some(page.sequence);
        let mut lost = page.continues && self.open.is_empty();
        if !page.continues && !self.open.is_empty() {
            note(&mut self.notes, format!("the packet before byte {at} does not go on; it is left out"));
            self.open.clear();
        }
        let mut start = page.data;
        let mut end = start;
        let first = self.ready.len();
        for value in &page.lacing {
            end += u64::from(*value);
            if *value == 255 {
                continue;
            }
            // What is left of a packet whose start was lost is lost too.
            if !std::mem::take(&mut lost) {
                let mut ranges = std::mem::take(&mut self.open);
                if end > start || ranges.is_empty() {
                    ranges.push(start..end);
                }
                self.ready.push_back(Parts { ranges, ends_page: None });
            }
            start = end;
        }
        if end > start && !lost {
            self.open.push(start..end);
        }
        if self.open.len() > PAGE_LIMIT {
            return Err(Error::limit(format!("a packet in more than {PAGE_LIMIT} pages")).at(at));
        }
        if self.ready.len() > first
            && let Some(last) = self.ready.back_mut()
        {
            last.ends_page = Some(PageEnd { granule: page.granule, ends_stream: page.ends });
        }
        Ok(())
    }
}
