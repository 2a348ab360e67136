//! The OBUs of AV1 tracks, by temporal unit.

use std::fmt::Write as _;

use serde::Serialize;

use super::Options;
use super::av1::{SeenObu, UnitScan};
use super::names::{self, Hex};
use super::output::Output;
use super::sample::{Sample, Visitor};
use super::samples::frame_type;
use super::source::{Source, TrackHead};
use crate::av1::{FrameEvent, Metadata, Obu, SequenceHeader};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::input::Input;

pub(super) fn write(input: &Input, options: &Options, out: &mut Output<'_>, control: &Control) -> Result<()> {
    let mut source = match Source::open(input, options.init.as_ref(), options.container) {
        Ok(source) => source,
        Err(error) => {
            out.failed(input.name(), &error)?;
            return Err(error);
        }
    };
    if out.is_json() {
        out.text(format_args!("{{\"file\":"))?;
        out.json(&input.name())?;
        out.text(format_args!(",\"tracks\":["))?;
    } else {
        out.text(format_args!("{}\n", input.name()))?;
    }
    let mut tracks = 0;
    let mut is_undescribed = false;
    for (index, head) in source.tracks().into_iter().enumerate() {
        if !head.is_av1 {
            is_undescribed |= !head.is_described;
            continue;
        }
        tracks += 1;
        if out.is_json() {
            out.text(format_args!("{}", if tracks > 1 { ",\n" } else { "\n" }))?;
            head.open_json(out)?;
            out.text(format_args!("\"units\":["))?;
        } else {
            out.text(format_args!("  {}\n", head.text()))?;
            out.text(format_args!("    {:22} {:>10} {:>9}\n", "OBU", "offset", "size"))?;
        }
        let mut list = List { out, head: &head, units: 0, obus: 0 };
        source.walk(Some(index), &mut list, control)?;
        if out.is_json() {
            out.text(format_args!("\n]}}"))?;
        }
    }
    let error = source.take_error().or_else(|| {
        let message = if is_undescribed {
            "what the tracks are is in the init segment: give it before this file, or with --init"
        } else {
            "there is no AV1 track, only AV1 has OBUs"
        };
        (tracks == 0).then(|| Error::unsupported(message).in_file(input.name()))
    });
    if out.is_json() {
        out.text(format_args!("\n],"))?;
        out.close(error.as_ref())?;
    }
    error.map_or(Ok(()), Err)
}

struct List<'a, 'o> {
    out: &'a mut Output<'o>,
    head: &'a TrackHead,
    units: u64,
    obus: u64,
}

impl Visitor for List<'_, '_> {
    fn unit(&mut self, _track: usize, sample: &Sample) -> Result<()> {
        self.units += 1;
        self.obus = 0;
        if self.out.is_json() {
            self.out.text(format_args!("{}", if self.units > 1 { ",\n" } else { "\n" }))?;
            self.out.text(format_args!(
                "{{\"number\":{},\"offset\":{},\"decodeTime\":",
                sample.number, sample.offset
            ))?;
            self.out.json(&sample.time)?;
            return self.out.text(format_args!(",\"obus\":["));
        }
        self.out.text(format_args!("  unit {}, offset {}", sample.number, sample.offset))?;
        match sample.time {
            Some(time) => self.out.text(format_args!(", time {time}\n")),
            None => self.out.text(format_args!("\n")),
        }
    }

    fn obu(&mut self, seen: &SeenObu<'_>) -> Result<()> {
        self.obus += 1;
        if self.out.is_json() {
            self.out.text(format_args!("{}", if self.obus > 1 { ",\n " } else { "\n " }))?;
            return self.out.json(&ObuRow::new(seen));
        }
        let mut line = format!(
            "    {:22} {:>10} {:>9}",
            seen.obu.header.kind.to_string(),
            seen.obu.offset,
            seen.obu.payload.end - seen.obu.offset,
        );
        if let Some(extension) = seen.obu.header.extension {
            let _ = write!(line, "  T{}S{}", extension.temporal_id, extension.spatial_id);
        }
        let fields = text(seen);
        if !fields.is_empty() {
            let _ = write!(line, "  {fields}");
        }
        self.out.text(format_args!("{line}\n"))?;
        for (index, tile) in seen.tiles.iter().enumerate() {
            let name = format!("tile {}", u64::from(seen.first_tile) + index as u64);
            self.out.text(format_args!(
                "      {name:20} {:>10} {:>9}\n",
                tile.start,
                tile.end - tile.start
            ))?;
        }
        Ok(())
    }

    fn sample(&mut self, _track: usize, sample: &Sample, scan: Option<&UnitScan>) -> Result<()> {
        let is_opaque = scan.is_none_or(|scan| scan.opaque);
        if self.out.is_json() {
            return self.out.text(format_args!("],\"readable\":{}}}", !is_opaque));
        }
        match is_opaque {
            true if sample.is_missing => self.out.text(format_args!("    not in the file\n")),
            true if self.head.is_protected => {
                self.out.text(format_args!("    not readable: encrypted as a whole\n"))
            }
            true => self.out.text(format_args!("    not readable\n")),
            false => Ok(()),
        }
    }
}

/// The important fields in one line.
fn text(seen: &SeenObu<'_>) -> String {
    match seen.parsed {
        Err(error) => format!("error: {error}"),
        Ok(Obu::SequenceHeader(sequence)) => sequence_text(sequence),
        Ok(Obu::FrameHeader(event) | Obu::Frame(event)) => frame_text(event, seen),
        Ok(Obu::Metadata(metadata)) => metadata_text(metadata),
        Ok(_) => String::new(),
    }
}

fn sequence_text(sequence: &SequenceHeader) -> String {
    let color = &sequence.color_config;
    let mut text = format!(
        "profile {}, level {}, {}x{}, {} bit",
        sequence.seq_profile,
        names::level(sequence.operating_points[0].seq_level_idx),
        sequence.max_frame_width_minus_1 + 1,
        sequence.max_frame_height_minus_1 + 1,
        color.bit_depth()
    );
    if color.color_description_present_flag {
        let codes = [color.color_primaries, color.transfer_characteristics, color.matrix_coefficients];
        let _ = write!(text, ", colour {}/{}/{}", codes[0], codes[1], codes[2]);
    }
    let flags = [
        (sequence.reduced_still_picture_header, "reduced still picture"),
        (sequence.still_picture && !sequence.reduced_still_picture_header, "still picture"),
        (color.mono_chrome, "monochrome"),
        (color.color_range, "full range"),
        (sequence.film_grain_params_present, "film grain"),
        (sequence.enable_superres, "superres"),
    ];
    for (_, name) in flags.iter().filter(|(flag, _)| *flag) {
        let _ = write!(text, ", {name}");
    }
    if sequence.operating_points.len() > 1 {
        let _ = write!(text, ", {} operating points", sequence.operating_points.len());
    }
    text
}

fn frame_text(event: &FrameEvent, seen: &SeenObu<'_>) -> String {
    let name = frame_type(event.frame_type);
    if event.show_existing_frame {
        let refresh = if event.shown_key_frame { ", refresh 0xff" } else { "" };
        return format!("shows {name} frame {}{refresh}, header {} bits", event.serial, event.header_bits);
    }
    let mut text = format!("{name} frame {}", event.serial);
    text.push_str(match (event.show_frame, event.showable_frame) {
        (true, _) => ", shown",
        (false, true) => ", hidden",
        (false, false) => ", never shown",
    });
    let _ = write!(text, ", refresh 0x{:02x}, order hint {}", event.refresh_frame_flags, event.order_hint);
    let _ = write!(text, ", {}x{}", event.upscaled_width, event.frame_height);
    if event.frame_width != event.upscaled_width {
        let _ = write!(text, " coded {}x{}", event.frame_width, event.frame_height);
    }
    if (event.render_width, event.render_height) != (event.upscaled_width, event.frame_height) {
        let _ = write!(text, " rendered {}x{}", event.render_width, event.render_height);
    }
    if (event.tile_cols, event.tile_rows) != (1, 1) {
        let _ = write!(text, ", {}x{} tiles", event.tile_cols, event.tile_rows);
    }
    if event.error_resilient_mode && !event.frame_type.is_intra() {
        text.push_str(", error resilient");
    }
    if seen.frame.is_some_and(|frame| frame.film_grain_params.apply_grain) {
        text.push_str(", film grain");
    }
    let _ = write!(text, ", header {} bits", event.header_bits);
    if event.missing_slots != 0 {
        let _ = write!(text, ", refers to empty slots 0x{:02x}", event.missing_slots);
    }
    text
}

/// A fixed-point number with `bits` behind the point, to four decimals at most.
fn fixed(value: u64, bits: u32) -> String {
    let scaled = (u128::from(value) * 10_000 + (1 << bits) / 2) >> bits;
    let text = format!("{}.{:04}", scaled / 10_000, scaled % 10_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn metadata_text(metadata: &Metadata) -> String {
    match metadata {
        Metadata::HdrCll { max_cll, max_fall } => {
            format!("light level, MaxCLL {max_cll}, MaxFALL {max_fall}")
        }
        Metadata::HdrMdcv { primaries, white, max, min } => {
            let point = |(x, y): (u16, u16)| format!("{} {}", fixed(x.into(), 16), fixed(y.into(), 16));
            let [r, g, b] = primaries.map(point);
            format!(
                "mastering display, R {r} G {g} B {b} W {}, from {} to {} cd/m²",
                point(*white),
                fixed((*min).into(), 14),
                fixed((*max).into(), 8)
            )
        }
        Metadata::Scalability => "scalability".to_owned(),
        Metadata::ItuT35 { prefix, .. } => {
            let name = names::t35(*prefix).map_or(String::new(), |name| format!(" ({name})"));
            format!("ITU-T T.35 {}{name}", Hex(prefix))
        }
        Metadata::Timecode => "timecode".to_owned(),
        Metadata::Unregistered(kind) => format!("type {kind}"),
    }
}

/// An OBU as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObuRow<'a> {
    #[serde(rename = "type")]
    kind: String,
    offset: u64,
    size: u64,
    payload_offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporal_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spatial_id: Option<u8>,
    has_size_field: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence_header: Option<&'a SequenceHeader>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<FrameRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<MetadataRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiles: Vec<TileRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FrameRow {
    #[serde(rename = "type")]
    kind: &'static str,
    number: u64,
    show_frame: bool,
    showable_frame: bool,
    show_existing_frame: bool,
    refresh_frame_flags: u8,
    order_hint: u8,
    error_resilient_mode: bool,
    upscaled_width: u32,
    frame_width: u32,
    frame_height: u32,
    render_width: u32,
    render_height: u32,
    tile_cols: u16,
    tile_rows: u16,
    film_grain: bool,
    header_bits: u32,
    missing_slots: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MetadataRow<'a> {
    metadata_type: u64,
    value: &'a Metadata,
}

#[derive(Serialize)]
struct TileRow {
    number: u64,
    offset: u64,
    size: u64,
}

impl<'a> ObuRow<'a> {
    fn new(seen: &SeenObu<'a>) -> Self {
        let header = &seen.obu.header;
        let frame = match seen.parsed {
            Ok(Obu::FrameHeader(event) | Obu::Frame(event)) => Some(FrameRow::new(event, seen)),
            _ => None,
        };
        ObuRow {
            kind: header.kind.to_string(),
            offset: seen.obu.offset,
            size: seen.obu.payload.end - seen.obu.offset,
            payload_offset: seen.obu.payload.start,
            temporal_id: header.extension.map(|extension| extension.temporal_id),
            spatial_id: header.extension.map(|extension| extension.spatial_id),
            has_size_field: header.has_size_field,
            sequence_header: match seen.parsed {
                Ok(Obu::SequenceHeader(sequence)) => Some(sequence),
                _ => None,
            },
            frame,
            metadata: match seen.parsed {
                Ok(Obu::Metadata(value)) => Some(MetadataRow { metadata_type: value.metadata_type(), value }),
                _ => None,
            },
            tiles: seen
                .tiles
                .iter()
                .enumerate()
                .map(|(index, tile)| TileRow {
                    number: u64::from(seen.first_tile) + index as u64,
                    offset: tile.start,
                    size: tile.end - tile.start,
                })
                .collect(),
            error: seen.parsed.as_ref().err().map(Error::to_string),
        }
    }
}

impl FrameRow {
    fn new(event: &FrameEvent, seen: &SeenObu<'_>) -> Self {
        FrameRow {
            kind: frame_type(event.frame_type),
            number: event.serial,
            show_frame: event.show_frame,
            showable_frame: event.showable_frame,
            show_existing_frame: event.show_existing_frame,
            refresh_frame_flags: event.refresh_frame_flags,
            order_hint: event.order_hint,
            error_resilient_mode: event.error_resilient_mode,
            upscaled_width: event.upscaled_width,
            frame_width: event.frame_width,
            frame_height: event.frame_height,
            render_width: event.render_width,
            render_height: event.render_height,
            tile_cols: event.tile_cols,
            tile_rows: event.tile_rows,
            film_grain: seen.frame.is_some_and(|frame| frame.film_grain_params.apply_grain),
            header_bits: event.header_bits,
            missing_slots: event.missing_slots,
        }
    }
}
