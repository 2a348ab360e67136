//! The table of samples.

use std::fmt::Write as _;

use serde::Serialize;

use super::Options;
use super::av1::{Frame, UnitScan};
use super::names::{self, Hex};
use super::output::Output;
use super::sample::{Kind, Membership, Sample, Visitor};
use super::source::{Source, TrackHead};
use crate::av1::FrameType;
use crate::cenc::KeyId;
use crate::control::Control;
use crate::error::Result;
use crate::input::Input;
use crate::isobmff::boxes::GroupEntry;

/// Frames of one sample that a line of the table shows.
const FRAMES_SHOWN: usize = 12;

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
    for (index, head) in source.tracks().into_iter().enumerate() {
        if out.is_json() {
            out.text(format_args!("{}", if index > 0 { ",\n" } else { "\n" }))?;
            head.open_json(out)?;
            out.text(format_args!("\"samples\":["))?;
        } else {
            out.text(format_args!("  {}\n", head.text()))?;
        }
        let mut table = Table { out, head: &head, rows: 0, line: String::new() };
        source.walk(Some(index), &mut table, control)?;
        let rows = table.rows;
        if out.is_json() {
            out.text(format_args!("\n]}}"))?;
        } else if rows == 0 {
            out.text(format_args!("    no samples\n"))?;
        }
    }
    let error = source.take_error();
    if out.is_json() {
        out.text(format_args!("\n],"))?;
        out.close(error.as_ref())?;
    }
    error.map_or(Ok(()), Err)
}

impl TrackHead {
    /// The track in one line.
    pub fn text(&self) -> String {
        let mut text = format!("track {}: {}", self.id, self.media);
        if !self.codec.is_empty() {
            let _ = write!(text, ", {}", self.codec);
        }
        match self.timescale {
            Some(timescale) => {
                let _ = write!(text, ", timescale {timescale}");
            }
            None => text.push_str(", no timescale"),
        }
        if !self.in_file {
            text.push_str(", offsets count from the frames put together");
        }
        text
    }

    /// Opens a JSON object with what is known of the track.
    pub fn open_json(&self, out: &mut Output<'_>) -> Result<()> {
        out.text(format_args!("{{\"id\":{},\"kind\":", self.id))?;
        out.json(&self.media)?;
        out.text(format_args!(",\"codec\":"))?;
        out.json(&Some(&self.codec).filter(|codec| !codec.is_empty()))?;
        out.text(format_args!(",\"timescale\":"))?;
        out.json(&self.timescale)?;
        out.text(format_args!(",\"offsetsInFile\":{},", self.in_file))
    }
}

struct Table<'a, 'o> {
    out: &'a mut Output<'o>,
    head: &'a TrackHead,
    rows: u64,
    line: String,
}

impl Visitor for Table<'_, '_> {
    fn sample(&mut self, _track: usize, sample: &Sample, scan: Option<&UnitScan>) -> Result<()> {
        self.rows += 1;
        if self.out.is_json() {
            self.out.text(format_args!("{}", if self.rows > 1 { ",\n" } else { "\n" }))?;
            return self.out.json(&Row::new(sample, scan));
        }
        if self.rows == 1 {
            self.title();
            self.out.text(format_args!("{}\n", self.line.trim_end()))?;
        }
        self.row(sample, scan);
        self.out.text(format_args!("{}\n", self.line.trim_end()))
    }
}

impl Table<'_, '_> {
    fn title(&mut self) {
        let line = &mut self.line;
        line.clear();
        let _ =
            write!(line, "{:>8} {:>12} {:>10} {:>12} {:>8}", "number", "offset", "size", "time", "duration");
        if !self.head.is_av1 {
            let _ = write!(line, " {:>8}", "shift");
        }
        let _ = write!(line, "  {:5}", "kind");
        if self.head.is_protected {
            let _ = write!(line, " {:>10} {:>8} {:>10}", "subsamples", "clear", "protected");
        }
        if self.head.is_av1 {
            let _ = write!(line, "  {:24}", "frames");
        }
        line.push_str("  groups");
    }

    fn row(&mut self, sample: &Sample, scan: Option<&UnitScan>) {
        let line = &mut self.line;
        line.clear();
        let _ = write!(line, "{:>8} {:>12} {:>10}", sample.number, sample.offset, sample.size);
        match sample.time {
            Some(time) => drop(write!(line, " {time:>12}")),
            None => drop(write!(line, " {:>12}", "-")),
        }
        match sample.duration {
            Some(duration) => drop(write!(line, " {duration:>8}")),
            None => drop(write!(line, " {:>8}", "-")),
        }
        if !self.head.is_av1 {
            let _ = write!(line, " {:>8}", sample.composition_offset);
        }
        let kind = kind(sample, scan);
        let _ = write!(line, "  {:5}", kind.map_or("-", Kind::word));
        if self.head.is_protected {
            match &sample.protection {
                Some(p) if p.is_protected => {
                    let count = match p.map.len() {
                        0 => "whole".to_owned(),
                        count => count.to_string(),
                    };
                    let _ = write!(line, " {count:>10} {:>8} {:>10}", p.clear, p.protected);
                }
                _ => drop(write!(line, " {:>10} {:>8} {:>10}", "-", sample.size, 0)),
            }
        }
        if self.head.is_av1 {
            let text = scan.map(frames).unwrap_or_default();
            let _ = write!(line, "  {text:24}");
        }
        line.push(' ');
        for group in &sample.groups {
            let _ = write!(line, " {}", group_text(group));
        }
        if let Some(remark) = remark(sample, scan) {
            let _ = write!(line, "  {remark}");
        }
    }
}

/// What decoding the sample needs: by its frames, or by the container's marks where those can't be told.
fn kind(sample: &Sample, scan: Option<&UnitScan>) -> Option<Kind> {
    scan.and_then(UnitScan::kind).or(sample.marks.map(|marks| marks.kind()))
}

/// What the container says against the frames.
fn remark(sample: &Sample, scan: Option<&UnitScan>) -> Option<&'static str> {
    if sample.is_missing {
        return Some("not in the file");
    }
    let (found, marked) = (scan?.kind()? == Kind::Sync, sample.marks?.sync);
    match (found, marked) {
        (true, false) => Some("not marked as sync"),
        (false, true) => Some("marked as sync"),
        _ => None,
    }
}

/// The frames of a unit: hidden ones in brackets, `show` before those that were decoded earlier, layers behind `@`.
fn frames(scan: &UnitScan) -> String {
    if scan.opaque {
        return "not read".to_owned();
    }
    let mut text = String::new();
    for frame in scan.frames.iter().take(FRAMES_SHOWN) {
        if !text.is_empty() {
            text.push(' ');
        }
        let name = frame_type(frame.frame_type);
        let _ = match (frame.existing, frame.shown) {
            (true, _) => write!(text, "show({name})"),
            (false, true) => write!(text, "{name}"),
            (false, false) => write!(text, "({name})"),
        };
        if scan.has_extension {
            let _ = write!(text, "@T{}S{}", frame.temporal_id, frame.spatial_id);
        }
    }
    let shown = scan.frames.len().min(FRAMES_SHOWN);
    match (scan.frame_count as usize).saturating_sub(shown) {
        0 if shown == 0 => "-".to_owned(),
        0 => text,
        more => format!("{text} … {more} more"),
    }
}

/// The word for a frame type.
pub(super) fn frame_type(frame_type: FrameType) -> &'static str {
    match frame_type {
        FrameType::Key => "key",
        FrameType::Inter => "inter",
        FrameType::IntraOnly => "intra",
        FrameType::Switch => "switch",
    }
}

fn group_text(group: &Membership) -> String {
    let kind = group.grouping_type;
    match (group.entry.as_deref(), group.parameter) {
        (Some(GroupEntry::Av1f { fwd_distance }), _) => format!("{kind}:{fwd_distance}"),
        (Some(GroupEntry::Roll { roll_distance } | GroupEntry::Prol { roll_distance }), _) => {
            format!("{kind}:{roll_distance}")
        }
        (Some(GroupEntry::Av1m | GroupEntry::Av1s), _) => kind.to_string(),
        (_, Some(parameter)) => format!("{kind}:{parameter:08x}"),
        (_, None) => format!("{kind}#{}", names::group_index(group.index)),
    }
}

/// A sample as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    number: u64,
    offset: u64,
    size: u64,
    decode_time: Option<i64>,
    duration: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    composition_offset: i64,
    kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marked_sync: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    depends_on: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Vec<FrameRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame_count: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupRow>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_missing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    protection: Option<ProtectionRow>,
}

fn is_zero(value: &i64) -> bool {
    *value == 0
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FrameRow {
    #[serde(rename = "type")]
    kind: &'static str,
    shown: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    existing: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    temporal_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spatial_id: Option<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GroupRow {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter: Option<u32>,
    index: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProtectionRow {
    is_protected: bool,
    kid: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iv: Option<String>,
    subsamples: u32,
    clear: u64,
    protected: u64,
}

impl Row {
    fn new(sample: &Sample, scan: Option<&UnitScan>) -> Self {
        let readable = scan.filter(|scan| !scan.opaque);
        Row {
            number: sample.number,
            offset: sample.offset,
            size: sample.size,
            decode_time: sample.time,
            duration: sample.duration,
            composition_offset: sample.composition_offset,
            kind: kind(sample, scan),
            marked_sync: sample.marks.map(|marks| marks.sync),
            depends_on: sample.marks.map(|marks| marks.depends_on),
            description: Some(sample.description).filter(|description| *description != 0),
            frames: readable.map(|scan| scan.frames.iter().map(|frame| FrameRow::new(frame, scan)).collect()),
            frame_count: readable.map(|scan| scan.frame_count),
            groups: sample.groups.iter().map(GroupRow::new).collect(),
            is_missing: sample.is_missing,
            protection: sample.protection.as_ref().map(|p| ProtectionRow {
                is_protected: p.is_protected,
                kid: p.kid.map(KeyId),
                iv: Some(Hex(&p.iv).to_string()).filter(|iv| !iv.is_empty()),
                subsamples: p.map.len() as u32,
                clear: p.clear,
                protected: p.protected,
            }),
        }
    }
}

impl FrameRow {
    fn new(frame: &Frame, scan: &UnitScan) -> Self {
        FrameRow {
            kind: frame_type(frame.frame_type),
            shown: frame.shown,
            existing: frame.existing,
            temporal_id: scan.has_extension.then_some(frame.temporal_id),
            spatial_id: scan.has_extension.then_some(frame.spatial_id),
        }
    }
}

impl GroupRow {
    fn new(group: &Membership) -> Self {
        let distance = match group.entry.as_deref() {
            Some(GroupEntry::Av1f { fwd_distance }) => Some(i64::from(*fwd_distance)),
            Some(GroupEntry::Roll { roll_distance } | GroupEntry::Prol { roll_distance }) => {
                Some(i64::from(*roll_distance))
            }
            _ => None,
        };
        GroupRow {
            kind: group.grouping_type.to_string(),
            parameter: group.parameter,
            index: group.index,
            distance,
        }
    }
}
