//! IAMF.

use std::collections::HashMap;

use super::super::entries::{EntryAt, Kept, clear_start, descend, entries};
use super::durations::{Durations, Sound};
use super::groups::roll;
use super::once;
use crate::cmaf::codec::iamf::config_obus;
use crate::error::ErrorKind;
use crate::findings::Severity;
use crate::iamf::{Descriptors, HEADER_LIMIT, Header as ObuHeader, Kind};
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{AudioSampleEntry, Ftyp};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AUD_13, AUD_14, AUD_15, AUD_16};

/// More OBUs than a temporal unit has.
const OBU_COUNT_LIMIT: usize = 10_000;

/// Rules AUD-13 to AUD-16.
#[derive(Default)]
pub(in crate::validate) struct Iamf {
    window: Option<Window>,
    entries: Kept<Descriptors>,
    durations: Durations,
    /// By track.
    trimmed: HashMap<u32, Trimmed>,
    /// What was said of a track, so that it is not said of each sample.
    told: Vec<(u32, Option<i16>)>,
    /// Tracks whose encryption was said to be wrong.
    encryption_told: Vec<u32>,
}

/// What the frames at a track's start have trimmed.
#[derive(Debug, Default)]
struct Trimmed {
    samples: u64,
    rate: u32,
    /// Whether a frame came with nothing to trim, so that the start is over.
    is_over: bool,
}

impl Check for Iamf {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            let all = entries(&trak);
            let mut iamf = all.iter().filter(|at| at.format == b"iamf").peekable();
            if iamf.peek().is_some() {
                brand(header, found);
                tables(&trak, found);
            }
            for at in iamf {
                let Some(entry) = at.audio() else { continue };
                protection(&trak, at, found);
                if let Some(descriptors) = configuration(at, entry, found) {
                    self.window.get_or_insert_with(|| header.file.input().window());
                    self.entries.keep(&trak, at, descriptors);
                }
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(descriptors) = self.entries.of(track, sample) else { return };
        let say = |found: &mut Gathered, message: &str| {
            found.push(found.in_sample(&AUD_14, track, sample, message));
        };
        if sample.marks.is_some_and(|marks| !marks.sync) {
            say(found, "the sample is not marked as a sync sample; each sample of IAMF is one");
        }
        if sample.composition_offset != 0 {
            say(found, "the composition time differs from the decode time");
        }
        if let Some(protection) = sample.protection.as_ref().filter(|protection| protection.is_protected)
            && protection.clear > 0
            && !self.encryption_told.contains(&track.id)
        {
            self.encryption_told.push(track.id);
            let message = format!("{} bytes of the sample are clear, none were expected", protection.clear);
            found.push(found.in_sample(&AUD_16, track, sample, message));
        }
        if matches!(&descriptors.codec, b"Opus" | b"mp4a") {
            let distance = roll(sample, b"roll");
            let wanted = descriptors.roll_distance;
            if distance != Some(wanted) && once(&mut self.told, (track.id, distance)) {
                let has = match distance {
                    Some(distance) => format!("roll_distance is {distance}"),
                    None => "the sample is in no `roll` group".into(),
                };
                let message = format!("{has}; audio_roll_distance of the descriptors is {wanted}");
                found.push(found.in_sample(&AUD_15, track, sample, message));
            }
        }
        let unit = match unit(&mut self.window, sample) {
            None => return,
            Some(Err(message)) => return say(found, &message),
            Some(Ok(unit)) => unit,
        };
        // All frames of a sample are trimmed alike.
        let (start, end) = unit.trim;
        let length = descriptors.frame_length.saturating_sub(end);
        self.durations.sample(&AUD_14, track, sample, Sound { length, rate: descriptors.sample_rate }, found);
        let trimmed = self.trimmed.entry(track.id).or_default();
        trimmed.rate = descriptors.sample_rate;
        if start == 0 {
            trimmed.is_over = true;
        } else if !trimmed.is_over {
            trimmed.samples = trimmed.samples.saturating_add(start.into());
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        self.durations.end(found);
        for (track, number) in file.tracks.iter().zip(1..) {
            let Some(trimmed) = self.trimmed.get(&track.id).filter(|trimmed| trimmed.samples > 0) else {
                continue;
            };
            let Some(timescale) = track.timescale else { continue };
            let expected = trimmed.samples.saturating_mul(timescale.into()) / u64::from(trimmed.rate.max(1));
            let edit = track.edits.iter().map(|edit| edit.media_time).find(|time| *time >= 0);
            let finding = |message: String| {
                let finding =
                    found.finding(&AUD_15, 0, message).path(format!("moov/trak[{number}]/edts/elst"));
                finding.expected(format!("media_time {expected}"))
            };
            let trimmed = trimmed.samples;
            let finding = match edit {
                None => finding(format!("frames trim {trimmed} samples at the start, there is no edit list")),
                Some(time) if time.unsigned_abs().abs_diff(expected) > 1 => finding(format!(
                    "frames trim {trimmed} samples at the start, the edit list leaves out {time} ticks"
                ))
                .severity(Severity::Warning),
                Some(_) => continue,
            };
            found.push(finding);
        }
    }
}

fn brand(header: &Header<'_>, found: &mut Gathered) {
    let Some(ftyp) = header.ftyp.as_ref() else { return };
    let Ok(brands) = ftyp.parse::<Ftyp>() else { return };
    if !brands.compatible_brands.iter().any(|brand| brand == b"iamf") {
        let message = "the brand `iamf` is not among the compatible ones of a file with IAMF";
        found.push(found.finding(&AUD_13, ftyp.header.offset, message).path("ftyp"));
    }
}

/// Boxes that an IAMF track has not.
fn tables(trak: &Trak<'_>, found: &mut Gathered) {
    let Some(stbl) = descend(&trak.child, &[b"mdia", b"minf", b"stbl"]) else { return };
    for kind in [b"stss", b"ctts"] {
        if let Some(child) = descend(&stbl, &[kind]) {
            let name = child.kind();
            let message = format!("an IAMF track has a `{name}`, none was expected");
            let finding = found.finding(&AUD_14, child.header.offset, message);
            found.push(finding.path(format!("{}/mdia/minf/stbl/{name}", trak.path)));
        }
    }
}

fn protection(trak: &Trak<'_>, at: &EntryAt<'_>, found: &mut Gathered) {
    let known =
        usize::try_from(at.number).ok().and_then(|number| trak.track.entries.get(number.checked_sub(1)?));
    let Some(protection) = known.filter(|entry| entry.is_protected).and_then(|e| e.protection.as_ref())
    else {
        return;
    };
    let mut say = |message: String| {
        found.push(found.finding(&AUD_16, at.offset(), message).path(format!("{}/sinf", at.path)));
    };
    if let Some(schm) = protection.scheme.as_ref()
        && schm.scheme_type != b"cenc"
        && schm.scheme_type != b"cbcs"
    {
        say(format!("IAMF is encrypted under `{}`, `cenc` or `cbcs` was expected", schm.scheme_type));
    }
    if let Some(tenc) = protection.tenc.as_ref()
        && tenc.default_skip_byte_block != 0
    {
        say(format!(
            "a pattern of {}:{} blocks, none was expected for sound",
            tenc.default_crypt_byte_block, tenc.default_skip_byte_block
        ));
    }
}

/// Reads the descriptors, and holds the entry against what an IAMF entry is.
fn configuration(at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) -> Option<Descriptors> {
    let mut say = |message: String| {
        found.push(found.finding(&AUD_13, at.offset(), message).path(&at.path));
    };
    if entry.channelcount != 0 {
        say(format!("channelcount is {}, 0 was expected for IAMF", entry.channelcount));
    }
    if entry.samplerate != 0 {
        say(format!("samplerate is {} Hz, 0 was expected for IAMF", entry.sample_rate()));
    }
    if entry.children.iter().any(|child| child.kind == b"srat") {
        say("the entry has an `srat`, none was expected for IAMF".into());
    }
    let boxes: Vec<_> = entry.children.iter().filter(|child| child.kind == b"iacb").collect();
    let [iacb] = boxes.as_slice() else {
        say(format!("the entry has {} `iacb`, one was expected", boxes.len()));
        return None;
    };
    let obus = match config_obus(&iacb.payload()) {
        Ok(obus) => obus,
        Err(error) => {
            say(error.message().to_string());
            return None;
        }
    };
    if let Some((before, kind)) = disordered(&obus) {
        say(format!("`iacb`: {} stands behind {}", name(kind), name(before)));
    }
    match Descriptors::parse(&obus) {
        Ok(descriptors) => Some(descriptors),
        Err(error) if error.kind() == ErrorKind::Unsupported => None,
        Err(error) => {
            say(format!("`iacb`: {}", error.message()));
            None
        }
    }
}

/// The place of a descriptor among the others.
fn place(kind: Kind) -> Option<u8> {
    match kind {
        Kind::SequenceHeader => Some(0),
        Kind::CodecConfig => Some(1),
        Kind::AudioElement => Some(2),
        Kind::MixPresentation => Some(3),
        _ => None,
    }
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::SequenceHeader => "the IA sequence header",
        Kind::CodecConfig => "a codec configuration",
        Kind::AudioElement => "an audio element",
        Kind::MixPresentation => "a mix presentation",
        _ => "another OBU",
    }
}

/// The first descriptor that stands behind one that it should come before.
fn disordered(obus: &[u8]) -> Option<(Kind, Kind)> {
    let mut last: Option<Kind> = None;
    let mut rest = obus;
    while !rest.is_empty() {
        let header = ObuHeader::parse(rest).ok()?;
        if place(header.kind).is_some() {
            if let Some(last) = last.filter(|last| place(*last) > place(header.kind)) {
                return Some((last, header.kind));
            }
            last = Some(header.kind);
        }
        rest = rest.get(usize::try_from(header.size).ok()?..)?;
    }
    None
}

/// What is in a sample.
struct Unit {
    /// Samples of sound to trim at the start and the end.
    trim: (u32, u32),
}

/// Walks over the OBUs of a sample; none where they can't be seen, else what is wrong with them.
fn unit(window: &mut Option<Window>, sample: &Sample) -> Option<Result<Unit, String>> {
    clear_start(window, sample, 1)?;
    let window = window.as_mut()?;
    let mut at = 0;
    let mut trim = None;
    for _ in 0..OBU_COUNT_LIMIT {
        if at >= sample.size {
            break;
        }
        let start = window.at_most(sample.offset.checked_add(at)?, HEADER_LIMIT).ok()?;
        let header = match ObuHeader::parse(start) {
            Ok(header) => header,
            Err(error) => return Some(Err(format!("OBU at byte {at} of the sample: {}", error.message()))),
        };
        if header.size > sample.size - at {
            return Some(Err(format!("OBU at byte {at} of the sample: it passes the sample's end")));
        }
        match header.kind {
            Kind::TemporalDelimiter => {
                return Some(Err(format!(
                    "a temporal delimiter at byte {at} of the sample, none was expected"
                )));
            }
            Kind::AudioFrame(_) => {
                trim.get_or_insert(header.trim);
            }
            kind if kind.is_descriptor() && !header.is_redundant => {
                return Some(Err(format!(
                    "{} at byte {at} of the sample; a change of descriptors needs a sample entry of its own",
                    name(kind)
                )));
            }
            _ => {}
        }
        at = at.checked_add(header.size)?;
    }
    Some(trim.map(|trim| Unit { trim }).ok_or_else(|| "the sample has no audio frame".into()))
}
