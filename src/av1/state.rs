//! The decoder state that headers need, fed one OBU after the other.

use std::ops::Range;
use std::sync::Arc;

use super::bits::BitReader;
use super::event::{FrameEvent, FrameType, Obu, never_decoded};
use super::frame::{FrameHeader, HeaderKind};
use super::metadata::Metadata;
use super::obu::{Extension, ObuHeader, ObuType};
use super::payload::Payload;
use super::references::References;
use super::sequence::SequenceHeader;
use super::tiles::read_tile_group;
use crate::error::{Error, ErrorKind, Result};

/// Reads OBUs and keeps what later ones depend on: the sequence header, the reference slots, the frame whose tiles
/// are still to come.
///
/// All layers share one state, whether operating point 0 takes them in or not: it is the state the encoder had.
///
/// A parser may start anywhere. Slots are empty then, and a frame that refers to an empty one is read as long as
/// its header does not depend on it ([`FrameEvent::missing_slots`]). After an error it goes on with the next OBU:
/// the slots that a broken header would have changed are empty.
#[derive(Debug, Clone)]
pub struct Parser {
    sequence: Option<Arc<SequenceHeader>>,
    references: References,
    next_serial: u64,
    /// `SeenFrameHeader`, and which tile comes next.
    pending: Option<u32>,
    /// Whether `references.current()` is a frame at all.
    has_frame: bool,
    /// The bytes of the pending header, for `frame_header_copy()`.
    header_copy: Vec<u8>,
}

impl Default for Parser {
    fn default() -> Self {
        Parser::new()
    }
}

impl Parser {
    /// A parser that has seen nothing.
    pub fn new() -> Self {
        Parser {
            sequence: None,
            references: References::new(),
            next_serial: 0,
            pending: None,
            has_frame: false,
            header_copy: Vec::new(),
        }
    }

    /// The sequence header that holds now.
    pub fn sequence(&self) -> Option<&Arc<SequenceHeader>> {
        self.sequence.as_ref()
    }

    /// Takes a sequence header from outside the stream, such as a container's codec configuration.
    ///
    /// One that differs in more than operating parameters starts a new coded video sequence: all slots are emptied.
    pub fn set_sequence(&mut self, sequence: Arc<SequenceHeader>) {
        match &self.sequence {
            Some(current) if **current == *sequence => return,
            Some(current) if !current.same_but_operating_parameters(&sequence) => {
                self.references.clear(0xff);
                self.pending = None;
                self.has_frame = false;
            }
            _ => {}
        }
        self.sequence = Some(sequence);
    }

    /// The last frame header, with all its fields. An existing key frame that is shown becomes the last one.
    pub fn frame(&self) -> Option<&FrameHeader> {
        self.has_frame.then(|| self.references.current())
    }

    /// The tiles that the last frame header still waits for: the next one's number and how many there are in all.
    /// `None` where no frame is unfinished, as it must be at the end of each temporal unit.
    pub fn unfinished(&self) -> Option<(u32, u32)> {
        self.pending.map(|next| (next, self.references.current().tile_info.num_tiles()))
    }

    /// Does what a temporal delimiter does. A frame whose tiles are still to come is taken as done, so that later
    /// headers can be read.
    pub fn temporal_unit_start(&mut self) {
        if self.pending.is_some() {
            self.finish_frame();
        }
    }

    /// Reads one OBU. The tiles of a frame or a tile group are pushed on `tiles`, in order, as byte ranges from the
    /// payload's start. Of the payload only headers and tile sizes are asked for.
    ///
    /// # Errors
    /// `Format` where the OBU breaks the specification or depends on frames that were never decoded,
    /// `Unsupported` for large-scale tiles, and what reading the payload gives. No place is set: the offset of the
    /// OBU is known to the caller.
    pub fn obu(
        &mut self,
        header: &ObuHeader,
        payload: &mut dyn Payload,
        tiles: &mut Vec<Range<u64>>,
    ) -> Result<Obu> {
        match header.kind {
            ObuType::TemporalDelimiter => {
                let unfinished = self.unfinished();
                self.temporal_unit_start();
                unfinished.map_or(Ok(Obu::TemporalDelimiter), |unfinished| Err(abandoned(unfinished)))
            }
            ObuType::SequenceHeader => {
                let sequence = SequenceHeader::parse(payload.bytes(0, SequenceHeader::MAX_LEN)?)?;
                self.set_sequence(Arc::new(sequence));
                Ok(Obu::SequenceHeader(self.sequence.clone().expect("it was just set")))
            }
            ObuType::FrameHeader => self.frame_header_obu(header.extension, payload).map(Obu::FrameHeader),
            ObuType::Frame => self.frame_obu(header.extension, payload, tiles).map(Obu::Frame),
            ObuType::TileGroup => {
                let Some(next_tile) = self.pending else {
                    return Err(
                        Error::format("a tile group without a frame header before it").clause("AV1 § 6.8.1")
                    );
                };
                self.tile_group(next_tile, false, payload, 0, tiles)?;
                Ok(Obu::TileGroup)
            }
            ObuType::RedundantFrameHeader => self.redundant_frame_header(payload),
            ObuType::Metadata => Ok(Obu::Metadata(Metadata::parse(payload.bytes(0, Metadata::MAX_LEN)?)?)),
            ObuType::TileList => {
                Err(Error::unsupported("a tile list OBU: large-scale tiles are not handled")
                    .clause("AV1 § 5.12"))
            }
            ObuType::Padding => Ok(Obu::Padding),
            ObuType::Reserved(_) => Ok(Obu::Reserved),
        }
    }

    /// `frame_header_obu()` and the trailing bits.
    fn frame_header_obu(
        &mut self,
        extension: Option<Extension>,
        payload: &mut dyn Payload,
    ) -> Result<FrameEvent> {
        let bytes = payload.bytes(0, FrameHeader::MAX_LEN)?;
        let (event, mut r) = self.uncompressed_header(extension, bytes)?;
        let header_len = (event.header_bits as usize).div_ceil(8);
        if !r.trailing_bits() {
            self.drop_frame(&event);
            return Err(Error::format(format!(
                "no trailing bits follow the {} bits of the frame header",
                event.header_bits
            ))
            .clause("AV1 § 5.3.4"));
        }
        if !event.show_existing_frame {
            self.header_copy.clear();
            self.header_copy.extend_from_slice(&bytes[..header_len]);
        }
        Ok(event)
    }

    /// `frame_obu()`.
    fn frame_obu(
        &mut self,
        extension: Option<Extension>,
        payload: &mut dyn Payload,
        tiles: &mut Vec<Range<u64>>,
    ) -> Result<FrameEvent> {
        let bytes = payload.bytes(0, FrameHeader::MAX_LEN)?;
        let (event, mut r) = self.uncompressed_header(extension, bytes)?;
        if event.show_existing_frame {
            return Err(Error::format("a frame OBU has show_existing_frame = 1").clause("AV1 § 6.8.2"));
        }
        if !r.byte_alignment() {
            self.drop_frame(&event);
            return Err(Error::format(format!(
                "no zeros fill the byte after the {} bits of the frame header",
                event.header_bits
            ))
            .clause("AV1 § 5.3.5"));
        }
        let offset = r.position() as u64 / 8;
        let result = self.tile_group(0, true, payload, offset, tiles);
        if self.pending.is_some() {
            // The tiles are broken, the header is not: later headers can rely on it.
            self.finish_frame();
        }
        result.map(|()| event)
    }

    /// `tile_group_obu()` from byte `offset` of the payload.
    fn tile_group(
        &mut self,
        next_tile: u32,
        whole_frame: bool,
        payload: &mut dyn Payload,
        offset: u64,
        tiles: &mut Vec<Range<u64>>,
    ) -> Result<()> {
        let frame = self.references.current();
        let info = frame.tile_info;
        let next_tile = read_tile_group(&info, next_tile, whole_frame, payload, offset, tiles)
            .map_err(|error| name_large_scale_tiles(error, frame))?;
        self.pending = Some(next_tile);
        if next_tile == info.num_tiles() {
            self.finish_frame();
        }
        Ok(())
    }

    /// `frame_header_copy()`: checks that the copy is one.
    fn redundant_frame_header(&mut self, payload: &mut dyn Payload) -> Result<Obu> {
        if self.pending.is_none() {
            return Err(Error::format("a redundant frame header without a frame header before it")
                .clause("AV1 § 6.8.1"));
        }
        let bits = self.references.current().header_bits;
        let copy = payload.bytes(0, self.header_copy.len())?;
        let (mut ours, mut theirs) = (BitReader::new(&self.header_copy), BitReader::new(copy));
        let mut left = bits;
        while left > 0 {
            let n = left.min(32);
            if ours.f(n) != theirs.f(n) || theirs.overrun() {
                return Err(Error::format("a redundant frame header differs from the frame header")
                    .clause("AV1 § 6.8.1"));
            }
            left -= n;
        }
        Ok(Obu::RedundantFrameHeader)
    }

    /// `uncompressed_header()`, from the first bytes of a payload. Gives the reader at the header's end.
    fn uncompressed_header<'a>(
        &mut self,
        extension: Option<Extension>,
        bytes: &'a [u8],
    ) -> Result<(FrameEvent, BitReader<'a>)> {
        let Some(sequence) = self.sequence.clone() else {
            return Err(
                Error::format("a frame header without a sequence header before it").clause("AV1 § 6.8.1")
            );
        };
        if let Some(unfinished) = self.unfinished() {
            self.finish_frame();
            return Err(abandoned(unfinished));
        }
        let mut r = BitReader::new(bytes);
        let mut frame = FrameHeader::default();
        let mut kind = frame.read(&mut r, &sequence, extension, &mut self.references);
        if r.overrun() {
            kind = Err(Error::format("a frame header ends early").clause("AV1 § 5.9.2"));
        }
        let header_bits = r.position() as u32;
        let event = match kind {
            Ok(HeaderKind::Coded) => {
                frame.header_bits = header_bits;
                frame.serial = self.next_serial;
                self.next_serial += 1;
                self.references.set_current(&frame);
                self.has_frame = true;
                self.pending = Some(0);
                self.event(&frame, &sequence)
            }
            Ok(HeaderKind::Existing { slot }) => {
                let existing = *self.references.frame(slot).ok_or_else(|| never_decoded(slot))?;
                let key = existing.frame_type == FrameType::Key;
                if key {
                    self.references.show_key_frame(slot);
                    self.has_frame = true;
                }
                FrameEvent {
                    show_frame: false,
                    show_existing_frame: true,
                    shown_key_frame: key,
                    refresh_frame_flags: if key { 0xff } else { 0 },
                    references: [None; 8],
                    missing_slots: 0,
                    temporal_id: frame.temporal_id,
                    spatial_id: frame.spatial_id,
                    large_scale_tile_marks: false,
                    header_bits,
                    ..self.event(&existing, &sequence)
                }
            }
            Err(error) => {
                self.references.clear(frame.refresh_frame_flags);
                return Err(error);
            }
        };
        Ok((event, r))
    }

    /// What to report of a coded frame, before it is stored.
    fn event(&self, frame: &FrameHeader, sequence: &SequenceHeader) -> FrameEvent {
        let mut references = [None; 8];
        if !frame.frame_type.is_intra() {
            let serial = |slot: u8| self.references.frame(slot.into()).map(|frame| frame.serial);
            for (reference, slot) in references.iter_mut().zip(frame.ref_frame_idx) {
                *reference = serial(slot);
            }
            references[7] = references[..7].get(usize::from(frame.primary_ref_frame)).copied().flatten();
        }
        FrameEvent {
            frame_type: frame.frame_type,
            show_frame: frame.show_frame,
            showable_frame: frame.showable_frame,
            show_existing_frame: false,
            serial: frame.serial,
            shown_key_frame: false,
            refresh_frame_flags: frame.refresh_frame_flags,
            references,
            missing_slots: frame.missing_slots,
            upscaled_width: frame.upscaled_width,
            frame_width: frame.frame_width,
            frame_height: frame.frame_height,
            render_width: frame.render_width,
            render_height: frame.render_height,
            tile_cols: frame.tile_info.tile_cols,
            tile_rows: frame.tile_info.tile_rows,
            order_hint: frame.order_hint,
            error_resilient_mode: frame.error_resilient_mode,
            temporal_id: frame.temporal_id,
            spatial_id: frame.spatial_id,
            in_operating_point: sequence.operating_points[0].contains(frame.temporal_id, frame.spatial_id),
            large_scale_tile_marks: frame.may_be_large_scale_tile()
                && !frame.tile_info.uniform_tile_spacing_flag,
            header_bits: frame.header_bits,
        }
    }

    /// `decode_frame_wrapup()` of a coded frame.
    fn finish_frame(&mut self) {
        self.pending = None;
        let refresh_frame_flags = self.references.current().refresh_frame_flags;
        self.references.update(refresh_frame_flags);
    }

    /// Forgets a frame whose header turned out to be broken.
    fn drop_frame(&mut self, event: &FrameEvent) {
        self.pending = None;
        self.references.clear(event.refresh_frame_flags);
    }
}

/// The error for a frame that ends before its last tile.
fn abandoned((next, count): (u32, u32)) -> Error {
    Error::format(format!("the frame before ends at tile {next} of {count}")).clause("AV1 § 6.10.1")
}

/// Large-scale tiles are packed in a way of their own, which looks like broken tiles: says so where it may be.
fn name_large_scale_tiles(error: Error, frame: &FrameHeader) -> Error {
    // An error with an offset comes from the input, not from what is in it.
    if error.kind() != ErrorKind::Format || error.offset().is_some() || !frame.may_be_large_scale_tile() {
        return error;
    }
    Error::unsupported(format!("{}: seemingly large-scale tiles, which are not handled", error.message()))
        .clause("AV1 § 7.3")
}
