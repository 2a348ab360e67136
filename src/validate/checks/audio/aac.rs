//! AAC, HE-AAC and xHE-AAC.

use super::super::entries::{EntryAt, Kept, clear_start, entries};
use super::durations::{Durations, Sound};
use super::groups::roll;
use super::once;
use crate::aac::usac::UsacAccess;
use crate::aac::{AdtsHeader, Config, UsacConfig};
use crate::error::ErrorKind;
use crate::findings::Severity;
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{AudioSampleEntry, Esds};
use crate::validate::check::{Check, Header, MovieFragment, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AUD_01, AUD_02, AUD_03, AUD_04, AUD_05};

/// `objectTypeIndication` of MPEG-4 audio, and of MPEG-2 AAC Main, LC and SSR, which have the same configuration.
const MPEG4_AUDIO: u8 = 0x40;
const MPEG2_AAC: std::ops::RangeInclusive<u8> = 0x66..=0x68;
/// `streamType` of sound.
const AUDIO_STREAM: u8 = 5;
/// More bytes than a frame has that is looked into.
const FRAME_LIMIT: usize = 64 << 10;
/// More segments than are remembered.
const SEGMENT_LIMIT: usize = 1 << 20;

/// Rules AUD-01 to AUD-05.
#[derive(Default)]
pub(in crate::validate) struct Aac {
    window: Option<Window>,
    entries: Kept<Config>,
    durations: Durations,
    /// What was said of a track's groups.
    told: Vec<(u32, i16)>,
    /// Fragments that begin a segment, in order.
    segments: Vec<u64>,
    /// Track and fragment of the sample before.
    before: Option<(u32, u64)>,
}

impl Check for Aac {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in entries(&trak).iter().filter(|at| at.format == b"mp4a") {
                let Some(entry) = at.audio() else { continue };
                if let Some(config) = configuration(at, entry, found) {
                    self.window.get_or_insert_with(|| header.file.input().window());
                    self.keep(&trak, at, config);
                }
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, _: &mut Gathered) {
        let begins = fragment.before.iter().any(|before| before.header.kind == b"styp");
        if begins && self.segments.len() < SEGMENT_LIMIT {
            self.segments.push(fragment.number);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(config) = self.entries.of(track, sample) else { return };
        let is_first = self.before.replace((track.id, sample.fragment)) != Some((track.id, sample.fragment));
        let sound = Sound { length: config.frame_length, rate: config.output_rate };
        self.durations.sample(&AUD_02, track, sample, sound, found);
        if let Some(usac) = &config.usac {
            let begins = is_first && self.segments.binary_search(&sample.fragment).is_ok();
            if let Some(frame) = clear_start(&mut self.window, sample, FRAME_LIMIT) {
                xhe_aac(track, sample, usac, frame, begins, found);
            }
            return;
        }
        let header = clear_start(&mut self.window, sample, AdtsHeader::LEN);
        let header = header.and_then(|start| AdtsHeader::parse(start.try_into().ok()?).ok());
        if header.is_some_and(|header| u64::from(header.frame_length) <= sample.size) {
            let finding = found.in_sample(&AUD_02, track, sample, "the sample begins with an ADTS header");
            found.push(finding.fix("take the 7 or 9 bytes of the header away when packaging ADTS"));
        }
        if let Some(distance) = roll(sample, b"roll")
            && !(-2..=-1).contains(&distance)
            && once(&mut self.told, (track.id, distance))
        {
            let message = format!("roll_distance is {distance}, -1 or -2 was expected for AAC");
            found.push(found.in_sample(&AUD_03, track, sample, message));
        }
    }

    fn end(&mut self, _: &Mp4, found: &mut Gathered) {
        self.durations.end(found);
    }
}

impl Aac {
    fn keep(&mut self, trak: &Trak<'_>, at: &EntryAt<'_>, config: Config) {
        self.entries.keep(trak, at, config);
    }
}

/// Reads the configuration of AAC, and holds the entry against it; none for other codecs under the same name.
fn configuration(at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) -> Option<Config> {
    let finding = |found: &Gathered, message: String| {
        found.finding(&AUD_01, at.offset(), message).path(format!("{}/esds", at.path))
    };
    let esds = match entry.find::<Esds>() {
        Ok(Some(esds)) => esds,
        Ok(None) => {
            found.push(finding(found, "the `mp4a` entry has no `esds`".into()));
            return None;
        }
        Err(error) => {
            found.push(finding(found, format!("it can't be read: {}", error.message())));
            return None;
        }
    };
    let object = esds.object_type_indication;
    if object != MPEG4_AUDIO && !MPEG2_AAC.contains(&object) {
        return None;
    }
    if esds.stream_type != AUDIO_STREAM {
        let message = format!("streamType is {}, {AUDIO_STREAM} (audio) was expected", esds.stream_type);
        found.push(finding(found, message));
    }
    if esds.es_id != 0 {
        let message = format!("ES_ID is {}, 0 was expected in a file", esds.es_id);
        found.push(finding(found, message).severity(Severity::Advice));
    }
    let config = match Config::parse(&esds.decoder_specific_info) {
        Ok(config) => config,
        Err(error) if error.kind() == ErrorKind::Unsupported => return None,
        Err(error) => {
            found.push(finding(found, error.message().to_string()));
            return None;
        }
    };
    let rate = entry.sample_rate();
    // SBR may be there without being told: twice the rate is right as well.
    let rates = [config.output_rate, config.core_rate, config.core_rate.saturating_mul(2)];
    let fits = rates.iter().any(|known| rate == f64::from(*known));
    // A rate that does not fit is told elsewhere.
    if !fits && config.output_rate <= 0xffff {
        let message =
            format!("samplerate is {rate} Hz, the AudioSpecificConfig has {} Hz", config.output_rate);
        found.push(finding(found, message).path(&at.path));
    }
    Some(config)
}

/// Looks at a frame of xHE-AAC: what may begin there, and what the file says of it.
fn xhe_aac(
    track: &Track,
    sample: &Sample,
    config: &UsacConfig,
    frame: &[u8],
    begins_segment: bool,
    found: &mut Gathered,
) {
    let access = match config.access(frame) {
        Ok(access) => access,
        Err(error) => {
            found.push(found.in_sample(&AUD_04, track, sample, error.message()));
            return;
        }
    };
    let kind = match access {
        UsacAccess::Immediate => "an immediate playout frame",
        UsacAccess::Independent => "an independent frame without audio pre-roll",
        UsacAccess::Dependent => "a frame that needs the ones before",
    };
    let is_immediate = access == UsacAccess::Immediate;
    if !is_immediate && sample.marks.is_some_and(|marks| marks.sync) {
        let message = format!("a sync sample is {kind}");
        let finding = found.in_sample(&AUD_04, track, sample, message);
        let is_first = sample.number == 1;
        found.push(if is_first { finding.severity(Severity::Warning) } else { finding });
    }
    if !is_immediate && begins_segment && sample.number > 1 {
        let message = format!("the segment begins with {kind}");
        let finding = found.in_sample(&AUD_05, track, sample, message);
        found.push(finding.fix("cut segments at immediate playout frames, or encode these more often"));
    }
    if let Some(distance) = roll(sample, b"prol") {
        if access == UsacAccess::Dependent {
            let message = format!("the sample is in the group `prol`, but it is {kind}");
            found.push(found.in_sample(&AUD_05, track, sample, message));
        } else if distance == 0 {
            let message = "roll_distance in the group `prol` is 0, another number was expected";
            found.push(found.in_sample(&AUD_05, track, sample, message));
        }
    }
}
