//! What the parser reports of each OBU.

use std::sync::Arc;

use serde::Serialize;

use super::{Metadata, SequenceHeader};
use crate::error::{Error, Result};

/// `frame_type`, AV1 § 6.8.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum FrameType {
    /// 0: refers to nothing and resets the references when shown.
    #[default]
    Key,
    /// 1: refers to other frames.
    Inter,
    /// 2: refers to nothing but leaves references in place.
    IntraOnly,
    /// 3: refers to other frames, and lets a stream be switched.
    Switch,
}

impl FrameType {
    pub(super) fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            0 => FrameType::Key,
            1 => FrameType::Inter,
            2 => FrameType::IntraOnly,
            _ => FrameType::Switch,
        }
    }

    /// `FrameIsIntra`.
    pub fn is_intra(self) -> bool {
        matches!(self, FrameType::Key | FrameType::IntraOnly)
    }
}

/// What one OBU was.
#[derive(Debug, Clone, PartialEq)]
pub enum Obu {
    /// A temporal unit begins.
    TemporalDelimiter,
    /// The sequence header that holds from here on; the same allocation as before where nothing changed.
    SequenceHeader(Arc<SequenceHeader>),
    /// A frame header; its tiles follow in tile groups, unless it shows an existing frame.
    FrameHeader(FrameEvent),
    /// A frame header with all of its tiles.
    Frame(FrameEvent),
    /// Tiles of the last frame header.
    TileGroup,
    /// A copy of the last frame header.
    RedundantFrameHeader,
    /// Metadata.
    Metadata(Metadata),
    /// Padding.
    Padding,
    /// A reserved type, ignored as decoders do.
    Reserved,
}

/// What a container needs to know of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FrameEvent {
    /// The type of the frame, or of the existing frame that is shown.
    pub frame_type: FrameType,
    /// `show_frame` as coded: the frame is output as soon as it is decoded. False for an existing frame.
    pub show_frame: bool,
    /// The frame may be shown later (for an existing frame: it was allowed to be).
    pub showable_frame: bool,
    /// Nothing is coded: a frame decoded earlier is output.
    pub show_existing_frame: bool,
    /// Counts coded frames from 0, in decode order. For an existing frame: that of the frame shown.
    pub serial: u64,
    /// An existing key frame is shown, and with that it has refreshed all reference slots.
    pub shown_key_frame: bool,
    /// The reference slots that this frame is stored in, slot i in bit i.
    pub refresh_frame_flags: u8,
    /// The serials of the frames this one refers to: LAST_FRAME to ALTREF_FRAME, then the primary reference.
    /// `None` where there is none or the slot is empty. An existing frame is named by `serial` only.
    pub references: [Option<u64>; 8],
    /// The reference slots, slot i in bit i, that this frame refers to although they hold no valid frame.
    pub missing_slots: u8,
    /// Width in samples after super-resolution.
    pub upscaled_width: u32,
    /// Coded width in samples.
    pub frame_width: u32,
    /// Height in samples.
    pub frame_height: u32,
    /// Intended width in samples.
    pub render_width: u32,
    /// Intended height in samples.
    pub render_height: u32,
    /// Tile columns.
    pub tile_cols: u16,
    /// Tile rows.
    pub tile_rows: u16,
    /// `OrderHint`.
    pub order_hint: u8,
    /// The header can be parsed without reference state.
    pub error_resilient_mode: bool,
    /// Temporal layer of this OBU.
    pub temporal_id: u8,
    /// Spatial layer of this OBU.
    pub spatial_id: u8,
    /// Whether operating point 0 takes in this OBU.
    pub in_operating_point: bool,
    /// The header has the marks of large-scale tile coding: no filter, nothing learnt, tiles of coded sizes. Single
    /// frames of an ordinary stream may have them too; only where all coded frames have them, call the stream that.
    /// Where such a frame has several tiles their packing differs as well, which [`Parser`](super::Parser) refuses.
    pub large_scale_tile_marks: bool,
    /// The bits of `uncompressed_header()`.
    pub header_bits: u32,
}

impl FrameEvent {
    /// Whether this OBU leads to output: `show_frame` or `show_existing_frame`.
    pub fn is_shown(&self) -> bool {
        self.show_frame || self.show_existing_frame
    }

    /// Checks that each frame this one refers to was decoded.
    ///
    /// # Errors
    /// `Format` naming the lowest slot without a valid frame.
    pub fn check_references(&self) -> Result<()> {
        match self.missing_slots {
            0 => Ok(()),
            slots => Err(never_decoded(slots.trailing_zeros() as usize)),
        }
    }
}

/// The error for a reference slot without a frame.
pub(super) fn never_decoded(slot: usize) -> Error {
    Error::format(format!("reference {slot} was never decoded")).clause("AV1 § 6.8.2")
}
