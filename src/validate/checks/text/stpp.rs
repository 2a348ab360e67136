//! TTML.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::super::entries::{EntryAt, Kept, clear_start, descend, entries};
use super::{SAMPLE_LIMIT, expect_track};
use crate::cmaf::codec::text::Document;
use crate::findings::Severity;
use crate::formats::imsc::Conformance;
use crate::formats::ttml::names::TTML;
use crate::formats::ttml::xml::{self, ProblemKind};
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::Child;
use crate::isobmff::boxes::{SampleEntry, Subs};
use crate::ttal::source::{Decoding, Source};
use crate::ttal::time::MediaTime;
use crate::validate::check::{Check, Header, MovieFragment, Trak};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::{TXT_01, TXT_02, TXT_03, TXT_04, TXT_09};

/// More samples with parts than are remembered.
const PARTS_LIMIT: usize = 1 << 16;
/// Reasons against a profile that are told of a track.
const REASONS_LIMIT: usize = 5;

/// Rules TXT-01 to TXT-04, TXT-09.
#[derive(Default)]
pub(in crate::validate) struct Stpp {
    window: Option<Window>,
    entries: Kept<Entry>,
    /// The name of the file, for messages of the XML parser.
    name: String,
    profiles: Profiles,
    /// The size of the document in samples that have other parts behind it: by track, fragment, and place in it.
    parts: HashMap<(u32, u64, u64), u32>,
    tracks: HashMap<u32, State>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    has_images: bool,
}

/// The brands of IMSC that a file has.
#[derive(Debug, Default, Clone, Copy)]
struct Profiles {
    text1: bool,
    text2: bool,
}

impl Profiles {
    fn of(file: &Mp4) -> Self {
        let lists = |brand| file.brands.as_ref().is_some_and(|brands| brands.lists(brand));
        Profiles { text1: lists(b"im1t"), text2: lists(b"im2t") }
    }

    fn any(self) -> bool {
        self.text1 || self.text2
    }
}

/// What of a track was seen.
#[derive(Debug, Default)]
struct State {
    /// Fragment of the sample before, and its place there.
    place: (u64, u64),
    /// The hash of the document before.
    document: Option<u64>,
    /// What speaks against a profile, and was told.
    reasons: Vec<String>,
}

impl Check for Stpp {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.name = header.file.input().name().to_owned();
        self.profiles = Profiles::of(header.file);
        for trak in header.traks() {
            for at in entries(&trak).iter().filter(|at| at.format == b"stpp") {
                self.window.get_or_insert_with(|| header.file.input().window());
                self.tracks.entry(trak.track.id).or_default();
                expect_track(&TXT_01, &trak, at, (b"subt", b"sthd"), found);
                self.entry(&trak, at, found);
            }
            if let Some(stbl) = descend(&trak.child, &[b"mdia", b"minf", b"stbl"]) {
                self.find_parts(trak.track.id, 0, &stbl);
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let Some(track) = traf.track.filter(|track| self.tracks.contains_key(&track.id)) else {
                continue;
            };
            let has_parts = self.find_parts(track.id, fragment.number, &traf.child);
            let entry =
                traf.tfhd.sample_description_index.unwrap_or(track.trex.default_sample_description_index);
            let has_images = self.entries.numbered(track, entry).is_some_and(|entry| entry.has_images);
            if has_images && !has_parts && !traf.samples.is_empty() {
                let message = "no `subs` tells documents from images in the fragment";
                found.push(found.finding(&TXT_04, traf.child.header.offset, message).path(&traf.path));
            }
            if traf.samples.len() > 1 {
                let message = format!("the fragment has {} documents, one was expected", traf.samples.len());
                found.push(found.finding(&TXT_09, traf.child.header.offset, message).path(&traf.path));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(entry) = self.entries.of(track, sample).copied() else { return };
        let Some(state) = self.tracks.get_mut(&track.id) else { return };
        state.place = match state.place {
            (fragment, number) if fragment == sample.fragment => (fragment, number.saturating_add(1)),
            _ => (sample.fragment, 1),
        };
        if sample.marks.is_some_and(|marks| !marks.sync) {
            let message = "the sample is not marked as a sync sample; each document stands alone";
            found.push(found.in_sample(&TXT_02, track, sample, message));
        }
        if sample.size == 0 {
            let message = "the sample is empty; a document without text was expected";
            found.push(found.in_sample(&TXT_02, track, sample, message));
        }
        if sample.size > SAMPLE_LIMIT {
            return;
        }
        let size = self.parts.get(&(track.id, state.place.0, state.place.1)).copied();
        let Some(bytes) = clear_start(&mut self.window, sample, SAMPLE_LIMIT as usize) else { return };
        let bytes = size.and_then(|size| bytes.get(..size as usize)).unwrap_or(bytes).to_vec();
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let is_repeated = state.document.replace(hasher.finish()) == Some(hasher.finish());
        let Some(source) = source(&self.name, bytes, track, sample, found) else { return };
        if entry.has_images {
            return;
        }
        // Images are read by nobody here.
        let Ok(document) = Document::read(&source, MediaTime::ZERO) else { return };
        if !is_repeated {
            times(&document, track, sample, found);
        }
        let reason = match &document.conformance {
            Err(why) => format!("has {why}, which no text profile of IMSC knows"),
            Ok(Conformance::Imsc11) if !self.profiles.text2 => {
                "keeps to IMSC 1.1, the brand is of IMSC 1.0".into()
            }
            Ok(_) => return,
        };
        let is_new = state.reasons.len() < REASONS_LIMIT && !state.reasons.contains(&reason);
        if self.profiles.any() && is_new {
            let finding = found.in_sample(&TXT_04, track, sample, format!("the document {reason}"));
            found.push(finding.severity(Severity::Warning));
            state.reasons.push(reason);
        }
    }
}

impl Stpp {
    /// Looks at an entry.
    fn entry(&mut self, trak: &Trak<'_>, at: &EntryAt<'_>, found: &mut Gathered) {
        let mut say = |rule, message: String, severity| {
            found.push(found.finding(rule, at.offset(), message).path(&at.path).severity(severity));
        };
        // Behind the reserved bytes and data_reference_index.
        let strings = at.child.payload().get(8..).unwrap_or_default();
        let count = strings.iter().filter(|byte| **byte == 0).take(3).count();
        let entry = match &at.entry {
            Ok(SampleEntry::Stpp(entry)) if count == 3 => entry,
            Ok(SampleEntry::Stpp(_)) => {
                let message =
                    format!("{count} of the entry's strings end with a zero byte, three were expected");
                return say(&TXT_01, message, Severity::Error);
            }
            // Encrypted, so that the strings are behind another type.
            Ok(_) => return self.entries.keep(trak, at, Entry { has_images: false }),
            Err(error) => {
                let message = format!("behind three strings no boxes can be read: {}", error.message());
                return say(&TXT_01, message, Severity::Error);
            }
        };
        if !entry.namespace.split_whitespace().any(|namespace| namespace == TTML) {
            let message =
                format!("the namespace is `{}`, `{TTML}` was expected", entry.namespace.escape_debug());
            say(&TXT_01, message, Severity::Warning);
        }
        let has_images = entry.auxiliary_mime_types.contains("image/");
        if has_images && self.profiles.any() {
            let message = "the brand is of a text profile of IMSC, auxiliary_mime_types has images";
            say(&TXT_04, message.into(), Severity::Error);
        }
        self.entries.keep(trak, at, Entry { has_images });
    }

    /// Remembers where documents end in samples that have more parts. Gives whether there are such.
    fn find_parts(&mut self, track: u32, fragment: u64, parent: &Child<'_>) -> bool {
        if !self.tracks.contains_key(&track) {
            return false;
        }
        let Some(Ok(subs)) = descend(parent, &[b"subs"]).map(|subs| subs.parse::<Subs>()) else {
            return false;
        };
        let mut number = 0u64;
        for entry in &subs.entries {
            number = number.saturating_add(entry.sample_delta.into());
            if let Some(first) = entry.subsamples.first().filter(|_| self.parts.len() < PARTS_LIMIT) {
                self.parts.insert((track, fragment, number), first.subsample_size);
            }
        }
        !subs.entries.is_empty()
    }
}

/// Reads a document, if it is one.
fn source(
    name: &str,
    bytes: Vec<u8>,
    track: &Track,
    sample: &Sample,
    found: &mut Gathered,
) -> Option<Source> {
    let mut say = |message: String, severity| {
        found.push(found.in_sample(&TXT_02, track, sample, message).severity(severity));
    };
    let is_wide = bytes.starts_with(&[0xfe, 0xff]) || bytes.starts_with(&[0xff, 0xfe]);
    if is_wide {
        say("the document is in UTF-16, UTF-8 was expected".into(), Severity::Warning);
    }
    let decoding = if is_wide { Decoding::Guess } else { Decoding::Strict };
    let source = match Source::decode(name, bytes, decoding) {
        Ok(source) => source,
        Err(error) => {
            say(format!("the document is not UTF-8: {}", error.message()), Severity::Error);
            return None;
        }
    };
    let parsed = match xml::parse(&source) {
        Ok(parsed) => parsed,
        Err(problem) => {
            let (line, column) = source.line_columns(&[problem.offset]).first().copied().unwrap_or_default();
            let severity = match problem.kind {
                ProblemKind::NotWellFormed | ProblemKind::Encoding => Severity::Error,
                ProblemKind::Unsafe => Severity::Warning,
            };
            say(format!("line {line}, column {column} of the document: {}", problem.message), severity);
            return None;
        }
    };
    let root = parsed.document.root_element().tag_name();
    if root.name() != "tt" {
        say(format!("the root element is `{}`, `tt` was expected", root.name()), Severity::Error);
    } else if root.namespace() != Some(TTML) {
        let namespace = root.namespace().unwrap_or_default();
        let message = format!("`tt` is of the namespace `{namespace}`, `{TTML}` was expected");
        say(message, Severity::Warning);
    }
    Some(source)
}

/// Holds the times of a document against its sample's.
fn times(document: &Document, track: &Track, sample: &Sample, found: &mut Gathered) {
    let (Some(time), Some(duration), Some(timescale)) = (sample.time, sample.duration, track.timescale)
    else {
        return;
    };
    let begins = i128::from(time).saturating_add(sample.composition_offset.into());
    let moment = |ticks: i128| MediaTime::new(ticks, timescale.into());
    let (Some(begin), Some(end)) = (moment(begins), moment(begins.saturating_add(duration.into()))) else {
        return;
    };
    let Some(length) = moment(duration.into()) else { return };
    let mut first: Option<MediaTime> = None;
    let mut last = MediaTime::ZERO;
    for interval in document.intervals() {
        if interval.begin < end && interval.end.is_none_or(|until| until > begin) {
            return;
        }
        first = Some(first.map_or(interval.begin, |first| first.min(interval.begin)));
        last = last.max(interval.end.unwrap_or(interval.begin));
    }
    let Some(first) = first else { return };
    // All of it within a sample's length from 0, in a sample that is later.
    let counts_from_sample = begin >= last && last <= length;
    let told = |time: MediaTime| {
        let milliseconds = (time.ratio() * 1000).to_integer();
        seconds(i64::try_from(milliseconds).unwrap_or(i64::MAX), 1000)
    };
    let [shown_from, shown_to, from, to] = [first, last, begin, end].map(told);
    let message = format!(
        "nothing of the document is shown: its times go from {shown_from} to {shown_to}, its sample from {from} to {to}"
    );
    let finding = found.in_sample(&TXT_03, track, sample, message);
    found.push(if counts_from_sample {
        finding.fix("count times from the start of the track, not of the sample")
    } else {
        finding.severity(Severity::Warning)
    });
}
