//! ISO base media files: MP4, CMAF, AVIF image sequences.
//!
//! The movie box is read once; of it a track keeps its sample tables. Fragments are read one `moof` at a time, by
//! each track for itself.

mod fragments;
mod movie;
mod samples;
mod tables;
#[cfg(test)]
mod tests;

use fragments::{Fragments, missing_init};
use movie::{Movie, Summary};
use samples::{Order, Samples};
use tables::Tables;

use crate::demux::{Codec, Container, Opened, TRACK_LIMIT, Track, TrackKind, note, too_many_tracks};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::boxes::{Mvhd, Trex};
use crate::isobmff::{BoxHeader, Child, read_box, top_level};

/// The most bytes of the movie box that are read into memory.
const MOOV_LIMIT: u64 = 64 << 20;

pub(super) fn open(input: &Input) -> Result<Opened> {
    let header = find_moov(input)?;
    let moov = read_box(input, &header, MOOV_LIMIT)?;
    let moov = moov.as_child();
    let mvhd: Mvhd = moov.reader().require_as()?;
    let mvex = moov.reader().find(b"mvex")?;
    let mut opened = Opened { container: Container::Mp4, tracks: Vec::new(), notes: Vec::new() };
    let mut first_error = None;
    let mut number = 0;
    for child in moov.boxes() {
        let trak = child?;
        if trak.kind() != b"trak" {
            continue;
        }
        number += 1;
        if number > TRACK_LIMIT {
            return Err(too_many_tracks().at(trak.header.offset));
        }
        let summary = match Summary::read(&trak) {
            Ok(summary) => summary,
            Err(error) => {
                note(&mut opened.notes, format!("track number {number} in the file is left out: {error}"));
                first_error.get_or_insert(error);
                continue;
            }
        };
        if opened.tracks.iter().any(|track| track.id == summary.track_id) {
            let message = format!("two tracks have the track_ID {}", summary.track_id);
            return Err(trak.reader().error(message).clause("rule ISO-05"));
        }
        let mut track = if let Some(kind) = summary.kind() {
            coded_track(input, &trak, &summary, kind, mvex.as_ref())?
        } else {
            let media = match &summary.handler.0 {
                b"vide" => "video".to_owned(),
                b"soun" => "audio".to_owned(),
                b"subt" | b"text" => "subtitle".to_owned(),
                _ => summary.handler.to_string(),
            };
            Track::other(summary.track_id, media, summary.codec.to_string(), input)
        };
        track.language = summary.language;
        track.movie_timescale = Some(mvhd.timescale);
        opened.tracks.push(track);
    }
    match first_error {
        Some(error) if opened.tracks.is_empty() => Err(error),
        None if opened.tracks.is_empty() => {
            Err(moov.reader().error("there is no track").clause("rule ISO-04"))
        }
        _ => Ok(opened),
    }
}

/// Finds the movie box, which may be behind the media data.
fn find_moov(input: &Input) -> Result<BoxHeader> {
    let (mut segment, mut meta) = (false, false);
    let mut cut = None;
    let mut boxes = top_level(input).lenient();
    for header in &mut boxes {
        let header = header?;
        match &header.kind.0 {
            b"moov" => return Ok(header),
            b"moof" | b"styp" | b"sidx" => segment = true,
            b"meta" => meta = true,
            _ => {}
        }
        if header.is_truncated() {
            cut = Some(header);
        }
    }
    if segment {
        return Err(missing_init());
    }
    if meta {
        return Err(Error::unsupported("a still picture (AVIF, HEIF): only image sequences have tracks"));
    }
    if let Some(header) = cut {
        let missing = header.size - header.available;
        let message = format!(
            "truncated: `{}` lacks {missing} bytes, and the movie box (`moov`) is not before it",
            header.kind
        );
        return Err(Error::format(message).at(header.offset).clause("rule ISO-02"));
    }
    let at = boxes.position();
    Err(match boxes.problem() {
        Some(problem) => {
            let message = format!("no movie box (`moov`) before the boxes break off: {}", problem.message());
            Error::format(message).at(problem.offset().unwrap_or(at)).clause("rule ISO-04")
        }
        None => Error::format("the file has no movie box (`moov`)").at(at).clause("rule ISO-04"),
    })
}

fn coded_track(
    input: &Input,
    trak: &Child<'_>,
    summary: &Summary,
    kind: TrackKind,
    mvex: Option<&Child<'_>>,
) -> Result<Track> {
    let movie = Movie::read(trak, &kind)?;
    let mut notes = movie.notes;
    // At most ENTRY_LIMIT, so it fits.
    let entries = movie.config.len() as u32;
    let tables = Tables::read(&movie.stbl, entries, &mut notes)?;
    let fragments = match mvex {
        Some(mvex) => Some(Fragments::new(input, trex(mvex, summary.track_id, &mut notes)?, entries)),
        None if tables.is_none() => {
            notes.push("the movie box holds no samples and announces no fragments (`mvex`)".to_owned());
            let trex =
                Trex { track_id: summary.track_id, default_sample_description_index: 1, ..Trex::default() };
            Some(Fragments::new(input, trex, entries))
        }
        None => None,
    };
    let order = match kind {
        TrackKind::Av1 | TrackKind::Coded(Codec::Vp9) => Order::Decoding,
        _ => Order::Composed,
    };
    let (samples, outlook) = Samples::new(input, tables, fragments, order);
    notes.extend(outlook.notes);
    let mut track = Track::new(summary.track_id, kind, input, samples);
    track.protected = movie.protected;
    track.timescale = Some(movie.timescale);
    track.config = movie.config;
    track.edits = movie.edits;
    track.start = outlook.start;
    track.notes = notes;
    Ok(track)
}

fn trex(mvex: &Child<'_>, track_id: u32, notes: &mut Vec<String>) -> Result<Trex> {
    for child in mvex.boxes() {
        let child = child?;
        if child.kind() == b"trex" {
            let trex: Trex = child.parse()?;
            if trex.track_id == track_id {
                return Ok(trex);
            }
        }
    }
    notes.push("the track has no trex (rule ISO-12)".to_owned());
    Ok(Trex { track_id, default_sample_description_index: 1, ..Trex::default() })
}
