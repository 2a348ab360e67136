//! Where media data is.

use std::ops::Range;

use crate::isobmff::BoxHeader;

/// More `mdat` than are kept; a file with more is not held against them.
const LIMIT: usize = 1 << 20;

/// The payloads of all `mdat`, in the order of the file.
#[derive(Default)]
pub(super) struct MediaData {
    ranges: Vec<Range<u64>>,
    too_many: bool,
}

impl MediaData {
    /// Takes in a box at the top, whatever it is.
    pub(super) fn add(&mut self, header: &BoxHeader) {
        // Metadata boxes of images hold media data too, but no samples of tracks.
        if header.kind != b"mdat" {
            return;
        }
        self.too_many |= self.ranges.len() >= LIMIT;
        if !self.too_many {
            self.ranges.push(header.payload_offset()..header.end());
        }
    }

    /// The payload that holds a byte.
    pub(super) fn at(&self, offset: u64) -> Option<&Range<u64>> {
        let behind = self.ranges.partition_point(|range| range.start <= offset);
        let range = self.ranges.get(behind.checked_sub(1)?)?;
        (offset < range.end).then_some(range)
    }

    /// Whether all bytes are in one payload. No byte always is.
    pub(super) fn has(&self, offset: u64, size: u64) -> bool {
        size == 0
            || self.too_many
            || self.at(offset).is_some_and(|range| offset.saturating_add(size) <= range.end)
    }
}
