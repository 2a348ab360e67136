//! Reading the OBUs of samples: what each temporal unit holds, and what it depends on.

use std::ops::Range;
use std::sync::Arc;

use super::sample::Kind;
use crate::av1::{
    Av1Config, FrameEvent, FrameHeader, FrameType, LocatedObu, Metadata, Obu, ObuType, ObuWalk, Parser,
    SequenceHeader, WindowPayload,
};
use crate::demux::Form;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Input, Window};

/// Frames of one temporal unit that are kept to be shown. Real ones have a few tens at most.
const FRAMES_KEPT: usize = 64;

/// Metadata OBUs of one temporal unit that are kept.
const METADATA_KEPT: usize = 64;

/// One OBU, read.
#[derive(Debug)]
pub(crate) struct SeenObu<'a> {
    pub obu: &'a LocatedObu,
    pub parsed: &'a Result<Obu>,
    /// Tiles as ranges of the payload input.
    pub tiles: &'a [Range<u64>],
    /// Number of the first of these tiles in its frame.
    pub first_tile: u32,
    /// The frame's header, for frames and frame headers that code one.
    pub frame: Option<&'a FrameHeader>,
}

/// A frame of a unit, as far as it is shown in tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub frame_type: FrameType,
    pub shown: bool,
    pub existing: bool,
    pub temporal_id: u8,
    pub spatial_id: u8,
}

/// What a temporal unit holds.
#[derive(Debug, Default)]
pub(crate) struct UnitScan {
    /// The first frames, see `frame_count`.
    pub frames: Vec<Frame>,
    pub frame_count: u32,
    pub shown_count: u32,
    /// Coded frames with film grain.
    pub grain_frames: u32,
    /// Coded intra-only frames.
    pub intra_only_frames: u32,
    pub first: Option<FrameEvent>,
    /// The largest size after super-resolution.
    pub frame_size: (u32, u32),
    pub render_size: (u32, u32),
    /// Tiles of the largest frame, columns and rows.
    pub tiles: (u16, u16),
    pub has_sequence_header: bool,
    starts_with_sequence_header: bool,
    /// Serials of key frames decoded here and not yet shown at its end.
    pub hidden_key_frames: Vec<u64>,
    /// Serial of an earlier unit's key frame that is shown here.
    pub recovers: Option<u64>,
    refers_to_earlier_units: bool,
    pub metadata: Vec<Metadata>,
    /// Bit mask of temporal layers.
    pub temporal_layers: u8,
    /// Bit mask of spatial layers.
    pub spatial_layers: u8,
    /// Whether an OBU has an extension, so that it tells its layer.
    pub has_extension: bool,
    /// Whether it could not be looked into, being encrypted as a whole.
    pub opaque: bool,
    /// The sequence header in force at its end.
    pub sequence: Option<Arc<SequenceHeader>>,
    /// Serials of the frames that the reference slots hold at its end.
    pub slots: [Option<u64>; 8],
    /// The first thing that was wrong.
    pub error: Option<Error>,
}

impl UnitScan {
    /// Whether a shown key frame comes first.
    pub fn starts_with_key_frame(&self) -> bool {
        self.first.is_some_and(|f| f.frame_type == FrameType::Key && f.show_frame)
    }

    /// Whether it starts with a key frame and no sequence header stands before it.
    pub fn lacks_sequence_header(&self) -> bool {
        self.starts_with_key_frame() && !self.starts_with_sequence_header
    }

    /// Whether it starts with a switch frame.
    pub fn starts_with_switch_frame(&self) -> bool {
        self.first.is_some_and(|f| f.frame_type == FrameType::Switch && !f.show_existing_frame)
    }

    /// What its frames need. A key frame without a sequence header before it counts as a sync sample: one may be
    /// in the container.
    pub fn kind(&self) -> Option<Kind> {
        self.first?;
        Some(match () {
            () if self.starts_with_key_frame() => Kind::Sync,
            () if self.refers_to_earlier_units => Kind::Dependent,
            () => Kind::Independent,
        })
    }

    fn clear(&mut self) {
        let (mut frames, mut metadata, mut hidden) = (
            std::mem::take(&mut self.frames),
            std::mem::take(&mut self.metadata),
            std::mem::take(&mut self.hidden_key_frames),
        );
        frames.clear();
        metadata.clear();
        hidden.clear();
        *self = UnitScan { frames, metadata, hidden_key_frames: hidden, ..UnitScan::default() };
    }
}

/// Reads the OBUs of one track.
pub(crate) struct Scanner {
    window: Window,
    parser: Parser,
    slots: [Option<u64>; 8],
    next_serial: u64,
    /// Serials below belong to earlier units.
    unit_start: u64,
    tiles: Vec<Range<u64>>,
    /// Tiles of the current frame that earlier OBUs held.
    tiles_before: u32,
    pub unit: UnitScan,
}

impl Scanner {
    /// A scanner of ranges of `payload`.
    pub fn new(payload: &Input) -> Self {
        Scanner {
            window: payload.window(),
            parser: Parser::new(),
            slots: [None; 8],
            next_serial: 0,
            unit_start: 0,
            tiles: Vec::new(),
            tiles_before: 0,
            unit: UnitScan::default(),
        }
    }

    /// Takes over the sequence header of a codec configuration, if it has one that can be read.
    pub fn configure(&mut self, config: &Av1Config) {
        if let Ok(Some(sequence)) = config.sequence() {
            self.parser.set_sequence(Arc::new(sequence));
        }
    }

    /// A temporal unit begins.
    pub fn start_unit(&mut self) {
        self.unit.clear();
        self.unit_start = self.next_serial;
        self.tiles_before = 0;
        self.parser.temporal_unit_start();
    }

    /// The unit is complete.
    pub fn end_unit(&mut self) {
        self.unit.sequence = self.parser.sequence().cloned();
        self.unit.slots = self.slots;
    }

    /// A unit that can't be looked into.
    pub fn opaque_unit(&mut self) {
        self.start_unit();
        self.unit.opaque = true;
        self.end_unit();
    }

    /// The next OBU of a walk. What is wrong with its framing goes to the unit's `error`, and ends the walk.
    pub fn locate(&mut self, walk: &mut ObuWalk) -> Result<Option<LocatedObu>> {
        match walk.next(&mut self.window) {
            Ok(obu) => Ok(obu),
            Err(error) if error.kind() == ErrorKind::Io => Err(error),
            Err(error) => {
                self.unit.error.get_or_insert(error);
                Ok(None)
            }
        }
    }

    /// Reads a whole sample.
    pub fn sample(
        &mut self,
        range: Range<u64>,
        each: &mut dyn FnMut(&SeenObu<'_>) -> Result<()>,
    ) -> Result<()> {
        self.start_unit();
        let mut walk = ObuWalk::new(Form::LowOverhead, range);
        while let Some(obu) = self.locate(&mut walk)? {
            self.obu(&obu, each)?;
        }
        self.end_unit();
        Ok(())
    }

    /// Reads an OBU of the unit. What is wrong with it goes to the unit's `error`.
    pub fn obu(&mut self, obu: &LocatedObu, each: &mut dyn FnMut(&SeenObu<'_>) -> Result<()>) -> Result<()> {
        self.tiles.clear();
        if let Some(extension) = obu.header.extension {
            self.unit.has_extension = true;
            self.unit.temporal_layers |= 1 << (extension.temporal_id & 7);
            self.unit.spatial_layers |= 1 << (extension.spatial_id & 3);
        }
        let parsed = self.parse(obu);
        if let Err(error) = &parsed
            && error.kind() == ErrorKind::Io
        {
            return parsed.map(drop);
        }
        for tile in &mut self.tiles {
            *tile = tile.start + obu.payload.start..tile.end + obu.payload.start;
        }
        let mut coded = false;
        match &parsed {
            Ok(Obu::SequenceHeader(_)) => self.unit.has_sequence_header = true,
            Ok(Obu::FrameHeader(event) | Obu::Frame(event)) => {
                coded = !event.show_existing_frame;
                self.frame(&event.clone());
            }
            Ok(Obu::Metadata(metadata)) if self.unit.metadata.len() < METADATA_KEPT => {
                self.unit.metadata.push(metadata.clone());
            }
            _ => {}
        }
        let first_tile = if obu.header.kind == ObuType::TileGroup { self.tiles_before } else { 0 };
        self.tiles_before = first_tile.saturating_add(self.tiles.len() as u32);
        each(&SeenObu {
            obu,
            parsed: &parsed,
            tiles: &self.tiles,
            first_tile,
            frame: self.parser.frame().filter(|_| coded),
        })?;
        if let Err(error) = parsed {
            let error =
                error.at(obu.payload.start).within(format_args!("OBU {} ({})", obu.index, obu.header.kind));
            self.unit.error.get_or_insert(error);
        }
        Ok(())
    }

    fn parse(&mut self, obu: &LocatedObu) -> Result<Obu> {
        let size = obu.payload.end - obu.payload.start;
        let mut payload = WindowPayload::new(&mut self.window, obu.payload.start, size)?;
        self.parser.obu(&obu.header, &mut payload, &mut self.tiles)
    }

    fn frame(&mut self, event: &FrameEvent) {
        let unit = &mut self.unit;
        unit.refers_to_earlier_units |= if event.show_existing_frame {
            event.serial < self.unit_start
        } else {
            event.missing_slots != 0
                || event.references.iter().flatten().any(|&serial| serial < self.unit_start)
        };
        if unit.first.is_none() {
            unit.first = Some(*event);
            unit.starts_with_sequence_header = unit.has_sequence_header;
        }
        unit.frame_count = unit.frame_count.saturating_add(1);
        unit.shown_count = unit.shown_count.saturating_add(u32::from(event.is_shown()));
        if unit.frames.len() < FRAMES_KEPT {
            unit.frames.push(Frame {
                frame_type: event.frame_type,
                shown: event.is_shown(),
                existing: event.show_existing_frame,
                temporal_id: event.temporal_id,
                spatial_id: event.spatial_id,
            });
        }
        unit.frame_size.0 = unit.frame_size.0.max(event.upscaled_width);
        unit.frame_size.1 = unit.frame_size.1.max(event.frame_height);
        unit.render_size.0 = unit.render_size.0.max(event.render_width);
        unit.render_size.1 = unit.render_size.1.max(event.render_height);
        if !event.show_existing_frame {
            let tiles = (event.tile_cols, event.tile_rows);
            let count = |(cols, rows): (u16, u16)| u32::from(cols) * u32::from(rows);
            if count(tiles) > count(unit.tiles) {
                unit.tiles = tiles;
            }
            let intra_only = event.frame_type == FrameType::IntraOnly;
            unit.intra_only_frames = unit.intra_only_frames.saturating_add(intra_only.into());
            let grain = self.parser.frame().is_some_and(|frame| frame.film_grain_params.apply_grain);
            unit.grain_frames = unit.grain_frames.saturating_add(grain.into());
            self.next_serial = self.next_serial.max(event.serial.saturating_add(1));
        }
        if event.shown_key_frame {
            match unit.hidden_key_frames.iter().position(|&serial| serial == event.serial) {
                Some(hidden) => {
                    unit.hidden_key_frames.remove(hidden);
                }
                None => unit.recovers = Some(event.serial),
            }
        } else if event.frame_type == FrameType::Key && coded_hidden(event) {
            // Eight slots hold no more than eight of them.
            if unit.hidden_key_frames.len() < 8 {
                unit.hidden_key_frames.push(event.serial);
            }
        }
        for (slot, holder) in self.slots.iter_mut().enumerate() {
            if event.refresh_frame_flags >> slot & 1 == 1 {
                *holder = Some(event.serial);
            }
        }
    }
}

/// Whether a frame is coded here and not shown.
fn coded_hidden(event: &FrameEvent) -> bool {
    !event.show_existing_frame && !event.show_frame
}
