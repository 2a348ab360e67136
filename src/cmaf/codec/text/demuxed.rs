//! Text tracks of ISO base media files, read back: samples become cues or documents again.

use std::collections::HashMap;

use super::document::Document;
use super::stpp::Dated;
use super::webvtt::{Cue, WebVtt, move_timestamps};
use crate::control::Control;
use crate::demux::{Packet, Track};
use crate::error::{Error, Result};
use crate::formats::Notes;
use crate::formats::webvtt::{blocks, timestamp};
use crate::isobmff::Reader;
use crate::isobmff::boxes::VttC;
use crate::ttal::source::{Decoding, Source};
use crate::ttal::time::MediaTime;

/// The largest sample of text that is read.
const MAX_SAMPLE: u64 = 16 << 20;

/// The most bytes of samples of one track.
const MAX_TRACK: u64 = 256 << 20;

/// Gives the samples of a track with the times at which they are presented.
struct Samples<'t> {
    track: &'t mut Track,
    control: &'t Control,
    timescale: i128,
    /// What is added to media times by the edit list, in ticks.
    shift: i128,
    /// When the edit ends, in ticks of the presentation.
    until: Option<i128>,
    number: u64,
    bytes: u64,
}

/// A sample as it is presented.
struct Sample {
    begin: MediaTime,
    end: MediaTime,
    offset: u64,
    bytes: Vec<u8>,
}

impl<'t> Samples<'t> {
    fn new(track: &'t mut Track, control: &'t Control) -> Result<Self> {
        let timescale = track
            .timescale
            .filter(|&timescale| timescale > 0)
            .ok_or_else(|| Error::format("the text track has no timescale").clause("rule ISO-06"))?;
        let movie = i128::from(track.movie_timescale.unwrap_or(timescale).max(1));
        let timescale = i128::from(timescale);
        let media = |movie_ticks: u64| (i128::from(movie_ticks) * timescale * 2 + movie) / (movie * 2);
        let (mut shift, mut until) = (0, None);
        let empty = track.edits.iter().take_while(|edit| edit.media_time == -1).count();
        let delay: i128 = track.edits[..empty].iter().map(|edit| media(edit.segment_duration)).sum();
        match &track.edits[empty..] {
            [] => shift += delay,
            [edit] if edit.media_rate == 0x1_0000 && edit.media_time >= 0 => {
                shift += delay - i128::from(edit.media_time);
                until = (edit.segment_duration > 0).then(|| delay + media(edit.segment_duration));
            }
            _ => {
                let message = "the text track's edit list has several parts, or another rate than 1";
                return Err(Error::unsupported(message));
            }
        }
        Ok(Samples { track, control, timescale, shift, until, number: 0, bytes: 0 })
    }

    fn next(&mut self) -> Result<Option<Sample>> {
        loop {
            self.control.check()?;
            let Some(packet) = self.track.reader.next_packet()? else { return Ok(None) };
            self.number += 1;
            if let Some(sample) = self.sample(&packet).map_err(|e| e.at(packet.offset).sample(self.number))? {
                return Ok(Some(sample));
            }
        }
    }

    /// The sample, if it is presented at all.
    fn sample(&mut self, packet: &Packet) -> Result<Option<Sample>> {
        let (Some(time), Some(duration)) = (packet.time, packet.duration) else {
            return Err(Error::format("a sample of text without time"));
        };
        let begin = i128::from(time) + i128::from(packet.composition_offset) + self.shift;
        let mut end = begin + i128::from(duration);
        if let Some(until) = self.until {
            end = end.min(until);
        }
        if end <= begin.max(0) {
            return Ok(None);
        }
        self.bytes = self.bytes.saturating_add(packet.size);
        if packet.size > MAX_SAMPLE || self.bytes > MAX_TRACK {
            return Err(Error::limit(format!(
                "more than {} MiB of text in one sample, or {} MiB in all",
                MAX_SAMPLE >> 20,
                MAX_TRACK >> 20
            )));
        }
        let moment = |ticks: i128| {
            MediaTime::new(ticks, self.timescale)
                .ok_or_else(|| Error::limit("a sample of text comes too late"))
        };
        Ok(Some(Sample {
            begin: moment(begin)?,
            end: moment(end)?,
            offset: packet.offset,
            bytes: self.track.payload.read_vec(packet.offset, packet.size)?,
        }))
    }
}

/// What tells a cue of one sample in the next one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    /// Its source ID.
    Source(i32),
    /// Its identifier, settings and words.
    Words(String, String, String),
}

/// Reads a `wvtt` track: cues that were cut are put together again, by their source ID, or by their words where one
/// follows the other without a gap.
pub(super) fn wvtt(track: &mut Track, control: &Control) -> Result<WebVtt> {
    let header = header(track)?;
    let mut cues: Vec<Cue> = Vec::new();
    // The cues that end where the next sample begins.
    let mut open: HashMap<Identity, Vec<usize>> = HashMap::new();
    let mut joint = None;
    let mut samples = Samples::new(track, control)?;
    while let Some(sample) = samples.next()? {
        if joint != Some(sample.begin) {
            open.clear();
        }
        let mut next: HashMap<Identity, Vec<usize>> = HashMap::new();
        let parts = parts_of(&sample.bytes, sample.offset).map_err(|e| e.sample(samples.number))?;
        for part in parts {
            let identity = match part.source {
                Some(source) => Identity::Source(source),
                None => Identity::Words(part.id.clone(), part.settings.clone(), part.payload.clone()),
            };
            let before = open.get_mut(&identity).and_then(Vec::pop);
            let at = match before {
                Some(at) => {
                    cues[at].end = sample.end;
                    at
                }
                None => {
                    let payload = match part.time {
                        Some(time) if time != sample.begin => {
                            move_timestamps(&part.payload, sample.begin - time)
                        }
                        _ => part.payload,
                    };
                    let (id, settings) = (part.id, part.settings);
                    cues.push(Cue { begin: sample.begin, end: sample.end, id, settings, payload });
                    cues.len() - 1
                }
            };
            next.entry(identity).or_default().push(at);
        }
        // The first of several that are alike goes on first.
        next.values_mut().for_each(|list| list.reverse());
        open = next;
        joint = Some(sample.end);
    }
    Ok(WebVtt { header, cues })
}

/// The header that the sample entry holds.
fn header(track: &Track) -> Result<String> {
    let entry = track.config.first().and_then(|config| config.entry.as_deref());
    let boxes = entry.and_then(|entry| entry.get(8..)).unwrap_or_default();
    let config = Reader::new(boxes, 0).find_as::<VttC>()?.map_or(String::new(), |vttc| vttc.config);
    if !config.starts_with("WEBVTT") {
        return Ok("WEBVTT".into());
    }
    // As a file's own, without what stands behind the blocks of a header.
    Ok(WebVtt::of(&blocks(&config, &mut Notes::default()), &config).header)
}

/// A cue as one sample has it.
#[derive(Debug, Default)]
pub(super) struct CuePart {
    pub(super) source: Option<i32>,
    pub(super) id: String,
    /// The time of the sample on the timeline of the timestamps inside the text.
    pub(super) time: Option<MediaTime>,
    pub(super) settings: String,
    pub(super) payload: String,
}

/// The cues of a sample, the first byte of which lies at `offset`.
pub(super) fn parts_of(bytes: &[u8], offset: u64) -> Result<Vec<CuePart>> {
    let mut parts = Vec::new();
    for child in Reader::new(bytes, offset).boxes() {
        let child = child?;
        if child.kind() != b"vttc" {
            continue;
        }
        let mut part = CuePart::default();
        for field in child.boxes() {
            let field = field?;
            let text = || String::from_utf8_lossy(field.payload()).trim_end_matches('\0').to_string();
            match &field.kind().0 {
                b"vsid" => part.source = Some(field.reader().i32()?),
                b"iden" => part.id = text(),
                b"ctim" => {
                    let time = timestamp(&text()).and_then(|(time, _)| i64::try_from(time).ok());
                    part.time = time.map(MediaTime::from_milliseconds);
                }
                b"sttg" => part.settings = text(),
                b"payl" => part.payload = text(),
                _ => {}
            }
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Reads an `stpp` track: documents with the same head are put together again.
pub(super) fn stpp(track: &mut Track, name: &str, shift: MediaTime, control: &Control) -> Result<Vec<Dated>> {
    for config in &track.config {
        let fields = config.entry.as_deref().and_then(|entry| entry.get(8..)).unwrap_or_default();
        let mut r = Reader::new(fields, 0);
        let (_namespace, _schema, auxiliary) = (r.cstring(), r.cstring(), r.cstring());
        if auxiliary.contains("image/") {
            let message = format!("IMSC image profile ({}) is not packaged", auxiliary.escape_debug());
            return Err(Error::unsupported(message));
        }
    }
    let mut documents: Vec<Dated> = Vec::new();
    let mut joint = None;
    let mut samples = Samples::new(track, control)?;
    while let Some(sample) = samples.next()? {
        let Sample { begin, end, bytes, offset } = sample;
        let read = || {
            let source = Source::decode(name, bytes, Decoding::Guess)?;
            let mut document = Document::read(&source, shift)?;
            document.clip(begin + shift, end + shift);
            Ok(document)
        };
        let document = read().map_err(|e: Error| e.at(offset).sample(samples.number))?;
        let begin = begin + shift;
        let rest = match documents.last_mut() {
            Some(before) if joint == Some(begin) => match before.document.absorb(document, begin) {
                Ok(()) => None,
                Err(document) => Some(*document),
            },
            _ => Some(document),
        };
        documents.extend(rest.map(|document| Dated { begin, document }));
        joint = Some(end + shift);
    }
    if documents.is_empty() {
        return Err(Error::format("the text track has no sample"));
    }
    Ok(documents)
}
