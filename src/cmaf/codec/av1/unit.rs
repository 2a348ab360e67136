//! One temporal unit on its way to become a sample.

use std::ops::Range;

use super::references::References;
use crate::av1::{FrameEvent, FrameType, LocatedObu, Metadata, ObuHeader, ObuType, write_leb128};
use crate::cmaf::{Dependency, Piece};

/// What a temporal unit holds, and the parts its sample is written from.
#[derive(Debug, Default)]
pub(super) struct Unit {
    pub(super) pieces: Vec<Piece>,
    pub(super) size: u64,
    /// `decode_tile` structures, as ranges of the sample.
    pub(super) tiles: Vec<Range<u64>>,
    /// The container's time and duration.
    pub(super) stamp: Option<i64>,
    pub(super) duration: Option<u64>,
    /// Offset of the first OBU in the payload input.
    pub(super) offset: u64,
    pub(super) frames: u32,
    pub(super) first_frame: Option<FrameEvent>,
    pub(super) has_sequence_header: bool,
    /// Whether one came before the first frame header.
    pub(super) starts_with_sequence_header: bool,
    /// Key frames that are decoded here and shown in a later unit (delayed random access points).
    pub(super) hidden_key_frames: Vec<u64>,
    /// Key frames of earlier units that are shown here, by `show_existing_frame`.
    pub(super) recovers: Option<u64>,
    pub(super) refers_to_earlier_units: bool,
    /// Shown frames by spatial layer.
    shown: [u8; 4],
    pub(super) metadata: Vec<Metadata>,
}

impl Unit {
    /// Forgets everything and keeps the room.
    pub(super) fn clear(&mut self) {
        let (mut pieces, mut tiles, mut metadata) = (
            std::mem::take(&mut self.pieces),
            std::mem::take(&mut self.tiles),
            std::mem::take(&mut self.metadata),
        );
        pieces.clear();
        tiles.clear();
        metadata.clear();
        *self = Unit { pieces, tiles, metadata, ..Unit::default() };
    }

    /// Whether no OBU is kept in it.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Adds an OBU as it will be written: with a size field of minimal length. Returns where its payload starts in
    /// the sample. Bytes that need no change stay a range of the input.
    pub(super) fn add(&mut self, obu: &LocatedObu) -> u64 {
        let payload_size = obu.payload.end - obu.payload.start;
        if obu.header.is_minimal() {
            self.add_source(obu.offset..obu.payload.end);
        } else {
            let mut header = Vec::with_capacity(ObuHeader::MAX_LEN);
            obu.header.write(payload_size, &mut header);
            self.size += header.len() as u64;
            match self.pieces.last_mut() {
                Some(Piece::Inline(bytes)) => bytes.extend_from_slice(&header),
                _ => self.pieces.push(Piece::Inline(header)),
            }
            self.add_source(obu.payload.clone());
        }
        self.size - payload_size
    }

    fn add_source(&mut self, range: Range<u64>) {
        self.size += range.end - range.start;
        match self.pieces.last_mut() {
            Some(Piece::Source(last)) if last.end == range.start => last.end = range.end,
            _ if range.is_empty() => {}
            _ => self.pieces.push(Piece::Source(range)),
        }
    }

    /// Takes note of a frame header.
    pub(super) fn frame(&mut self, event: &FrameEvent, references: &mut References) {
        self.refers_to_earlier_units |= references.reach_earlier_units(event);
        if self.first_frame.is_none() {
            self.first_frame = Some(*event);
            self.starts_with_sequence_header = self.has_sequence_header;
        }
        self.frames += 1;
        if event.is_shown() {
            let layer = usize::from(event.spatial_id & 3);
            self.shown[layer] = self.shown[layer].saturating_add(1);
        }
        if event.shown_key_frame {
            if let Some(hidden) = self.hidden_key_frames.iter().position(|&serial| serial == event.serial) {
                self.hidden_key_frames.remove(hidden);
            } else {
                self.recovers = Some(event.serial);
            }
        } else if event.frame_type == FrameType::Key && !event.show_frame {
            self.hidden_key_frames.push(event.serial);
        }
        references.update(event);
    }

    /// Whether a layer shows more than one frame here, as AV1 § 7.5 forbids (rule AV1-43).
    pub(super) fn shows_too_much(&self) -> bool {
        self.shown.iter().any(|&n| n > 1)
    }

    /// Whether nothing is shown here.
    pub(super) fn shows_nothing(&self) -> bool {
        self.shown == [0; 4]
    }

    /// Whether a sequence header must stand before its first frame and doesn't (rules AV1-31, AV1-34).
    pub(super) fn lacks_sequence_header(&self) -> bool {
        let starts_with_key =
            self.first_frame.is_some_and(|f| f.frame_type == FrameType::Key && !f.show_existing_frame);
        !self.starts_with_sequence_header && (starts_with_key || !self.hidden_key_frames.is_empty())
    }

    /// Puts a sequence header OBU in front.
    pub(super) fn insert_sequence_header(&mut self, payload: &[u8]) {
        let mut obu = sequence_header_obu(payload);
        let added = obu.len() as u64;
        match self.pieces.first_mut() {
            Some(Piece::Inline(bytes)) => {
                obu.extend_from_slice(bytes);
                *bytes = obu;
            }
            _ => self.pieces.insert(0, Piece::Inline(obu)),
        }
        self.size += added;
        for tile in &mut self.tiles {
            *tile = tile.start + added..tile.end + added;
        }
        self.has_sequence_header = true;
        self.starts_with_sequence_header = true;
    }

    /// What a decoder can do with it (rules AV1-29 to AV1-32).
    pub(super) fn dependency(&self) -> Dependency {
        match &self.first_frame {
            Some(first)
                if first.frame_type == FrameType::Key
                    && first.show_frame
                    && self.starts_with_sequence_header =>
            {
                Dependency::Sync
            }
            _ if self.refers_to_earlier_units => Dependency::Dependent,
            _ => Dependency::Independent,
        }
    }

    /// Whether it starts with a switch frame (rule AV1-33).
    pub(super) fn starts_with_switch_frame(&self) -> bool {
        self.first_frame.is_some_and(|f| f.frame_type == FrameType::Switch && !f.show_existing_frame)
    }
}

/// A sequence header OBU without extension, size field included.
pub(super) fn sequence_header_obu(payload: &[u8]) -> Vec<u8> {
    let mut obu = Vec::with_capacity(payload.len() + 4);
    obu.push(ObuType::SequenceHeader.bits() << 3 | 0b10);
    write_leb128(payload.len() as u64, &mut obu);
    obu.extend_from_slice(payload);
    obu
}
