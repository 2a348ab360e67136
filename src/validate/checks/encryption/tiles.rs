//! The OBUs and tiles of the sample that is being read, kept until its map is known.

use std::ops::Range;

use crate::av1::ObuType;
use crate::inspect::av1::SeenObu;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;

/// OBUs and tiles of a sample beyond which its map is not looked at: no map could describe them.
const LIMIT: usize = 1 << 16;

/// What a sample holds; offsets are those of the file.
#[derive(Default)]
pub(super) struct Contents {
    of: Option<(u32, u64)>,
    pub(super) obus: Vec<SeenAt>,
    pub(super) tiles: Vec<Tile>,
    overflowed: bool,
}

/// An OBU.
pub(super) struct SeenAt {
    pub(super) kind: ObuType,
    pub(super) offset: u64,
    pub(super) payload: Range<u64>,
}

/// A tile.
#[derive(Clone)]
pub(super) struct Tile {
    pub(super) range: Range<u64>,
    /// In its frame, from 0.
    pub(super) number: u32,
    /// Number of its OBU in the sample, from 0.
    pub(super) obu: u32,
}

impl Tile {
    pub(super) fn len(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }
}

impl Contents {
    /// Takes in an OBU of a sample.
    pub(super) fn add(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>) {
        let id = (track.id, sample.number);
        if self.of != Some(id) {
            *self = Contents { of: Some(id), ..Contents::default() };
        }
        if self.obus.len() >= LIMIT || self.tiles.len().saturating_add(seen.tiles.len()) > LIMIT {
            self.overflowed = true;
            return;
        }
        let obu = seen.obu;
        self.obus.push(SeenAt { kind: obu.header.kind, offset: obu.offset, payload: obu.payload.clone() });
        let tiles = seen.tiles.iter().zip(seen.first_tile..);
        self.tiles.extend(tiles.map(|(range, number)| Tile { range: range.clone(), number, obu: obu.index }));
    }

    /// What was taken in of this sample, if all was.
    pub(super) fn of(&self, track: &Track, sample: &Sample) -> Option<&Self> {
        (self.of == Some((track.id, sample.number)) && !self.overflowed).then_some(self)
    }

    /// Where the OBUs that were seen end.
    pub(super) fn end(&self) -> u64 {
        self.obus.last().map_or(0, |obu| obu.payload.end)
    }

    /// What a byte outside of the tiles belongs to.
    pub(super) fn name(&self, byte: u64) -> String {
        let index = self.obus.partition_point(|obu| obu.offset <= byte);
        let Some((index, obu)) = index.checked_sub(1).and_then(|index| Some((index, self.obus.get(index)?)))
        else {
            return "bytes in front of the first OBU".to_owned();
        };
        let kind = obu.kind;
        if byte < obu.payload.start {
            return format!("the OBU header of OBU {index} ({kind})");
        }
        let tiles = self.tiles.iter().filter(|tile| tile.obu as usize == index);
        let next = tiles.clone().find(|tile| tile.range.start > byte);
        let has_before = tiles.clone().any(|tile| tile.range.end <= byte);
        match (next, kind) {
            (Some(_), ObuType::Frame) if !has_before => format!("the frame header in OBU {index}"),
            (Some(_), ObuType::TileGroup) if !has_before => format!("the tile group header in OBU {index}"),
            (Some(tile), _) => format!("the size field of tile {} in OBU {index}", tile.number),
            (None, _) => format!("the {kind} in OBU {index}"),
        }
    }
}
