//! WebM and Matroska (RFC 9559).
//!
//! Frames are ranges of the file itself, laced ones too; only header stripping asks for a copy.

mod blocks;
mod ebml;
mod entry;
mod strip;
#[cfg(test)]
mod tests;

use blocks::{Blocks, Clock};
use ebml::Element;
use entry::{Entry, frame_duration, reduce};

use crate::demux::{Container, Opened, TRACK_LIMIT, Track, too_many_tracks};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// Element IDs, with their length bits.
mod ids {
    pub const EBML: u32 = 0x1a45_dfa3;
    pub const SEGMENT: u32 = 0x1853_8067;
    pub const INFO: u32 = 0x1549_a966;
    pub const TRACKS: u32 = 0x1654_ae6b;
    pub const TRACK_ENTRY: u32 = 0xae;
    pub const CLUSTER: u32 = 0x1f43_b675;
    pub const TIMESTAMP: u32 = 0xe7;
    pub const SIMPLE_BLOCK: u32 = 0xa3;
    pub const BLOCK_GROUP: u32 = 0xa0;
    pub const BLOCK: u32 = 0xa1;
    pub const BLOCK_DURATION: u32 = 0x9b;
    pub const REFERENCE_BLOCK: u32 = 0xfb;
    pub const DISCARD_PADDING: u32 = 0x75a2;
    pub const ENCRYPTED_BLOCK: u32 = 0xaf;
    /// What stands in a segment beside clusters, and so ends a cluster of unknown size:
    /// SeekHead, Info, Tracks, Cues, Chapters, Tags, Attachments.
    pub const IN_SEGMENT: [u32; 7] =
        [0x114d_9b74, INFO, TRACKS, 0x1c53_bb6b, 0x1043_a770, 0x1254_c367, 0x1941_a469];
}

/// Nanoseconds per tick of a segment that does not say (RFC 9559 § 5.1.2.9).
const DEFAULT_TIMESTAMP_SCALE: u64 = 1_000_000;

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let segment = find_segment(&mut window)?;
    let Headers { timestamp_scale, entries } = headers(&mut window, &segment)?;
    let (factor, timescale) = reduce(timestamp_scale, 1_000_000_000);
    let (Ok(factor), Ok(timescale)) = (i64::try_from(factor), u32::try_from(timescale)) else {
        return Err(Error::limit(format!("TimestampScale {timestamp_scale} is too large")));
    };
    let mut notes = Vec::new();
    if let Some(end) = segment.end.filter(|end| *end < input.len()) {
        notes.push(format!(
            "{} bytes behind the segment, from byte {end} on, are left out",
            input.len() - end
        ));
    }
    let mut tracks = Vec::new();
    for entry in entries {
        let too_large = || Error::limit(format!("track number {} is too large", entry.number));
        let id = u32::try_from(entry.number).map_err(|_| too_large())?;
        let Some(kind) = entry.kind() else {
            let mut track = Track::other(id, entry.media(), entry.codec, input);
            track.language = entry.language;
            tracks.push(track);
            continue;
        };
        entry.check_encoding()?;
        let default_duration = entry.default_duration.map(frame_duration);
        let clock = Clock { factor, timescale, default_duration };
        let blocks = || Blocks::new(input.window(), &segment, entry.number, clock);
        let mut track = if entry.stripped.is_empty() {
            Track::new(id, kind, input, blocks())
        } else {
            let payload = strip::restore(input, &entry.stripped, &mut blocks())?;
            Track::new(id, kind, &payload, strip::Restored::new(blocks(), &entry.stripped))
        };
        track.timescale = Some(timescale);
        track.language = entry.language;
        track.default_duration = default_duration;
        track.config = vec![entry.config];
        track.notes = entry.notes;
        tracks.push(track);
    }
    Ok(Opened { container: Container::Matroska, tracks, notes })
}

/// Checks the EBML header and goes to the segment, which may claim more bytes than there are.
fn find_segment(window: &mut Window) -> Result<Element> {
    let len = window.input().len();
    let header = Element::read(window, 0, len)?;
    if header.id != ids::EBML {
        return Err(Error::format("no WebM/Matroska file: it does not start with an EBML header").at(0));
    }
    let mut doc_type = None;
    let mut children = header.children()?;
    while let Some(child) = children.next(window)? {
        match child.id {
            0x4282 => doc_type = Some(child.text(window)?),
            0x4285 => {
                let version = child.uint(window)?;
                // Versions up to 4 are what RFC 9559 describes.
                if version > 4 {
                    let message =
                        format!("the file asks for a reader of Matroska version {version}, 4 is known");
                    return Err(Error::unsupported(message).at(child.offset));
                }
            }
            _ => {}
        }
    }
    match doc_type.as_deref() {
        Some("webm" | "matroska") => {}
        Some(other) => {
            let message =
                format!("an EBML file of type '{}', WebM or Matroska was expected", other.escape_debug());
            return Err(Error::unsupported(message).at(0));
        }
        None => return Err(Error::format("the EBML header has no DocType").at(0)),
    }
    let mut at = header.known_end()?;
    loop {
        if at >= len {
            return Err(Error::format("there is no segment").at(len));
        }
        let element = match segment_header(window, at)? {
            Some(segment) => return Ok(segment),
            None => Element::read(window, at, len)?,
        };
        at = element.known_end()?;
    }
}

/// Reads a segment's header without holding its size against the file: what is cut off shows where it is missing.
fn segment_header(window: &mut Window, at: u64) -> Result<Option<Element>> {
    let head = window.at_most(at, 12)?;
    let Some(size) = head.strip_prefix(&ids::SEGMENT.to_be_bytes()) else { return Ok(None) };
    let Some((size, size_len)) = ebml::vint(size) else {
        return Err(Error::format("the segment has no valid size").at(at));
    };
    let data = at + 4 + size_len as u64;
    Ok(Some(Element { id: ids::SEGMENT, offset: at, data, end: size.map(|size| data.saturating_add(size)) }))
}

struct Headers {
    timestamp_scale: u64,
    entries: Vec<Entry>,
}

/// Finds `Info` and `Tracks`, which are before the clusters in most files, behind them in some.
fn headers(window: &mut Window, segment: &Element) -> Result<Headers> {
    let len = window.input().len();
    let end = segment.end.map_or(len, |end| end.min(len));
    let mut timestamp_scale = None;
    let mut entries = Vec::new();
    let mut seen_tracks = false;
    let mut at = segment.data;
    while at < end {
        let element = Element::read(window, at, end)?;
        match element.id {
            ids::INFO => {
                let mut children = element.children()?;
                while let Some(child) = children.next(window).map_err(|e| e.within("Info"))? {
                    if child.id == 0x2a_d7b1 {
                        timestamp_scale = Some(child.uint(window)?);
                    }
                }
                timestamp_scale = timestamp_scale.or(Some(DEFAULT_TIMESTAMP_SCALE));
            }
            ids::TRACKS => {
                seen_tracks = true;
                read_entries(window, &element, &mut entries).map_err(|e| e.within("Tracks"))?;
            }
            ids::CLUSTER if seen_tracks && timestamp_scale.is_some() || element.end.is_none() => break,
            _ => {}
        }
        at = element.known_end()?;
    }
    if entries.is_empty() {
        return Err(Error::format("the segment has no tracks").at(segment.offset));
    }
    match timestamp_scale.unwrap_or(DEFAULT_TIMESTAMP_SCALE) {
        0 => Err(Error::format("TimestampScale is 0").at(segment.offset)),
        timestamp_scale => Ok(Headers { timestamp_scale, entries }),
    }
}

fn read_entries(window: &mut Window, tracks: &Element, entries: &mut Vec<Entry>) -> Result<()> {
    let mut children = tracks.children()?;
    while let Some(child) = children.next(window)? {
        if child.id != ids::TRACK_ENTRY {
            continue;
        }
        let entry = Entry::read(&child, window)
            .map_err(|e| e.within(format!("TrackEntry[{}]", entries.len() + 1)))?;
        if entries.iter().any(|other| other.number == entry.number) {
            return Err(
                Error::format(format!("two tracks have the number {}", entry.number)).at(child.offset)
            );
        }
        if entries.len() == TRACK_LIMIT {
            return Err(too_many_tracks().at(child.offset));
        }
        entries.push(entry);
    }
    Ok(())
}
