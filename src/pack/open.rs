//! Inputs become tracks: opened, read on all cores, cut as their edit lists and the job say.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::encrypt::Encryptor;
use super::job::{Job, JobInput, KeyChoice, Settings, TrackChoice};
use super::report::PartReport;
use crate::cmaf::codec::{self, text};
use crate::cmaf::{Media, Track, edit};
use crate::control::Control;
use crate::demux::{self, Codec, Container, TrackKind};
use crate::error::{Error, Result};
use crate::language;
use crate::time::Seconds;
use crate::workers::with_workers;

/// The name of standard input, on the command line and in messages.
pub const STANDARD_INPUT: &str = "-";

/// A track to be packaged, as one input has it.
pub(super) struct Item {
    /// The input's name.
    pub(super) input: String,
    /// Which of the job's inputs it is, and how many tracks of that one are packaged.
    pub(super) place: (usize, usize),
    /// What the user says of it.
    pub(super) settings: Settings,
    /// What it holds.
    pub(super) content: Content,
    /// The part that was cut, where one was asked for.
    pub(super) part: Option<PartReport>,
    /// What was odd about the input of timed text, which no track says yet.
    pub(super) notes: Vec<String>,
}

/// What an [`Item`] holds.
pub(super) enum Content {
    /// Samples of video or sound.
    Media(Box<Track>),
    /// Timed text, which becomes samples once the cuts are known.
    Text(Box<text::Source>),
}

impl Item {
    /// What it carries.
    pub(super) fn media(&self) -> Media {
        match &self.content {
            Content::Media(track) => track.media,
            Content::Text(_) => Media::Text,
        }
    }

    /// Its track of video or sound.
    pub(super) fn track(&self) -> Option<&Track> {
        match &self.content {
            Content::Media(track) => Some(track),
            Content::Text(_) => None,
        }
    }

    /// Its language: the user's word, else the input's.
    pub(super) fn language(&self) -> Option<String> {
        let own = match &self.content {
            Content::Media(track) => track.language.as_deref().and_then(language::tag_of),
            Content::Text(source) => source.language().and_then(language::tag_of),
        };
        self.settings.language.clone().or(own)
    }
}

/// A track that was found and not read yet.
struct Found {
    input: String,
    place: (usize, usize),
    settings: Settings,
    notes: Vec<String>,
    kind: FoundKind,
}

enum FoundKind {
    Media(Box<demux::Track>, Container),
    Text(Box<text::Source>),
}

/// Opens all inputs and reads their tracks.
pub(super) fn open_all(job: &Job, encryptor: Option<&Encryptor<'_>>, control: &Control) -> Result<Vec<Item>> {
    let inputs: Vec<_> = job.inputs.iter().map(|input| input.input.clone()).collect();
    let mut found = Vec::new();
    for (number, (first, input)) in demux::join_segments(&inputs).into_iter().enumerate() {
        let input = JobInput { input, settings: job.inputs[first].settings.clone() };
        open(job, number, &input, control, &mut found)?;
    }
    if found.is_empty() {
        return Err(Error::usage("no input was given"));
    }
    read_all(job, found, encryptor, control)
}

/// Opens one input.
fn open(job: &Job, number: usize, input: &JobInput, control: &Control, found: &mut Vec<Found>) -> Result<()> {
    let settings = &input.settings;
    let name = input.input.name();
    if job.container.is_none() && text::probe(&input.input, settings.encoding)?.is_some() {
        let options = text::Options {
            language: settings.language.clone(),
            coding: settings.text,
            encoding: settings.encoding,
            ..text::Options::default()
        };
        let source = text::Source::open(&input.input, &options).map_err(|e| e.in_file(name))?;
        if !matches!(settings.track, None | Some(TrackChoice::Media(Media::Text))) {
            return Err(Error::usage("track=: it is one track of text").in_file(name));
        }
        found.push(Found {
            input: name.to_string(),
            place: (number, 1),
            settings: settings.clone(),
            notes: Vec::new(),
            kind: FoundKind::Text(Box::new(source)),
        });
        return Ok(());
    }
    if let Some(encoding) = settings.encoding {
        let message = format!("encoding=: it is no file of timed text in {}", encoding.name());
        return Err(Error::usage(message).in_file(name));
    }
    let opened = demux::open(&input.input, &demux::Options { container: job.container })?;
    let mut left_out = Vec::new();
    let mut tracks = Vec::new();
    for track in opened.tracks {
        if !wanted(&track, settings.track) {
            continue;
        }
        match &track.kind {
            TrackKind::Other { media, codec } => {
                let hint = match is_other_text(codec) {
                    true => "; extract its text to a file of SubRip or WebVTT, and pack that",
                    false => "",
                };
                left_out.push(format!(
                    "track {} ({media}, {codec}) is left out: it is not packaged{hint}",
                    track.id
                ));
            }
            _ => tracks.push(track),
        }
    }
    if tracks.is_empty() {
        if let (Some(choice), true) = (settings.track, left_out.is_empty()) {
            let which = match choice {
                TrackChoice::Id(id) => format!("track {id}"),
                TrackChoice::Media(media) => format!("track of {}", media.name()),
            };
            return Err(Error::usage(format!("track=: it has no {which}")).in_file(name));
        }
        let why = if left_out.is_empty() { "it has no tracks".to_string() } else { left_out.join("; ") };
        return Err(Error::unsupported(format!("nothing to package was found: {why}")).in_file(name));
    }
    let count = tracks.len();
    let mut notes = opened.notes;
    notes.append(&mut left_out);
    for track in tracks {
        let is_text = matches!(track.kind, TrackKind::Coded(Codec::Wvtt | Codec::Stpp));
        let kind = if is_text {
            let options = text::Options { coding: settings.text, ..text::Options::default() };
            let source = text::Source::from_track(track, &options, control).map_err(|e| e.in_file(name))?;
            FoundKind::Text(Box::new(source))
        } else {
            FoundKind::Media(Box::new(track), opened.container)
        };
        found.push(Found {
            input: name.to_string(),
            place: (number, count),
            settings: settings.clone(),
            notes: std::mem::take(&mut notes),
            kind,
        });
    }
    Ok(())
}

/// Whether a coding that is not packaged is timed text, which other tools make SubRip or WebVTT of.
fn is_other_text(codec: &str) -> bool {
    matches!(codec, "tx3g" | "text") || codec.starts_with("S_TEXT/")
}

fn wanted(track: &demux::Track, choice: Option<TrackChoice>) -> bool {
    let media = match &track.kind {
        TrackKind::Av1 => Some(Media::Video),
        TrackKind::Coded(codec) => Some(codec.media()),
        _ => None,
    };
    match choice {
        None => true,
        Some(TrackChoice::Id(id)) => track.id == id,
        Some(TrackChoice::Media(wanted)) => media == Some(wanted),
    }
}

/// Reads the tracks on all cores; the first of several errors, in the order of the inputs, is the one that counts.
fn read_all(
    job: &Job,
    found: Vec<Found>,
    encryptor: Option<&Encryptor<'_>>,
    control: &Control,
) -> Result<Vec<Item>> {
    let count = found.len();
    let results: Vec<Mutex<Option<Result<Item>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let maps = encryptor.map(Encryptor::maps);
    let worker = || {
        |(index, found): (usize, Found)| {
            let item = read(job, found, maps, control);
            *results[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(item);
            Ok(())
        }
    };
    with_workers(control, worker, |queue| found.into_iter().enumerate().try_for_each(|job| queue.push(job)))?;
    let done = |result: Mutex<Option<Result<Item>>>| {
        let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
        result.unwrap_or_else(|| Err(Error::new(crate::ErrorKind::Interrupted, "the work ended early")))
    };
    let mut items = results.into_iter().map(done).collect::<Result<Vec<_>>>()?;
    cut_parts(job, &mut items)?;
    Ok(items)
}

/// Reads a track.
fn read(job: &Job, found: Found, maps: Option<(crate::cenc::Scheme, u8)>, control: &Control) -> Result<Item> {
    let Found { input, place, settings, notes, kind } = found;
    let (source, container) = match kind {
        FoundKind::Media(source, container) => (source, container),
        FoundKind::Text(source) => {
            return Ok(Item { input, place, settings, content: Content::Text(source), part: None, notes });
        }
    };
    let options = codec::Options {
        frame_rate: settings.frame_rate.or(job.frame_rate),
        protect: maps.filter(|_| settings.key != Some(KeyChoice::Clear)),
    };
    let mut track = codec::build(*source, container, &options, control)?;
    track.warnings.splice(0..0, notes);
    Ok(Item {
        input,
        place,
        settings,
        content: Content::Media(Box::new(track)),
        part: None,
        notes: Vec::new(),
    })
}

/// Keeps the part that the job asks for. Where there is video, its random access points decide for all.
fn cut_parts(job: &Job, items: &mut [Item]) -> Result<()> {
    let (mut from, mut to) = (job.from, job.to);
    if from.is_none() && to.is_none() {
        return Ok(());
    }
    items.sort_by_key(|item| item.media() != Media::Video);
    let has_video = items.first().is_some_and(|item| item.media() == Media::Video);
    for (index, item) in items.iter_mut().enumerate() {
        let Content::Media(track) = &mut item.content else { continue };
        let part = edit::keep_part(track, from, to).map_err(|e| e.in_file(&item.input))?;
        item.part = Some(PartReport::new(part, job.from, job.to, track.timescale));
        if index == 0 && has_video {
            let exact = |ticks: u64| crate::time::Rational::new(ticks, track.timescale.into()).map(Seconds);
            from = exact(part.start);
            to = job.to.and_then(|_| exact(part.end));
        }
    }
    items.sort_by_key(|item| item.place.0);
    Ok(())
}

/// An input's name without folder and extension.
pub(super) fn stem(input: &str) -> String {
    match Path::new(input).file_stem().map(|stem| stem.to_string_lossy().into_owned()) {
        Some(stem) if !stem.is_empty() && input != STANDARD_INPUT => stem,
        _ => "stdin".to_string(),
    }
}
