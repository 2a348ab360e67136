//! FLAC.

use super::super::entries::{EntryAt, Kept, clear_start, entries};
use super::durations::{Durations, Sound};
use super::expect_rate;
use crate::findings::Severity;
use crate::flac::{self, FrameHeader, StreamInfo};
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::RawBox;
use crate::isobmff::boxes::AudioSampleEntry;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::AUD_12;

/// Rule AUD-12.
#[derive(Default)]
pub(in crate::validate) struct Flac {
    window: Option<Window>,
    entries: Kept<StreamInfo>,
    durations: Durations,
}

impl Check for Flac {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in entries(&trak).iter().filter(|at| at.format == b"fLaC") {
                let Some(entry) = at.audio() else { continue };
                if let Some(info) = configuration(at, entry, found) {
                    self.window.get_or_insert_with(|| header.file.input().window());
                    self.entries.keep(&trak, at, info);
                }
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(info) = self.entries.of(track, sample) else { return };
        if sample.marks.is_some_and(|marks| !marks.sync) {
            let message = "the sample is not marked as a sync sample; each FLAC frame can be decoded alone";
            found.push(found.in_sample(&AUD_12, track, sample, message));
        }
        let Some(start) = clear_start(&mut self.window, sample, FrameHeader::MAX_LEN) else { return };
        match FrameHeader::parse(start) {
            Ok(frame) => {
                if !frame.fits(info) {
                    let message = format!(
                        "the frame has {} channels, {} Hz, {} bits; STREAMINFO has {}, {}, {}",
                        frame.channels,
                        frame.sample_rate.unwrap_or(info.sample_rate),
                        frame.bits.unwrap_or(info.bits),
                        info.channels,
                        info.sample_rate,
                        info.bits
                    );
                    found.push(found.in_sample(&AUD_12, track, sample, message));
                }
                let sound = Sound { length: frame.block_size, rate: info.sample_rate };
                self.durations.sample(&AUD_12, track, sample, sound, found);
            }
            Err(error) => found.push(found.in_sample(&AUD_12, track, sample, error.message())),
        }
    }

    fn end(&mut self, _: &Mp4, found: &mut Gathered) {
        self.durations.end(found);
    }
}

/// Reads STREAMINFO, and holds the entry against it.
fn configuration(at: &EntryAt<'_>, entry: &AudioSampleEntry, found: &mut Gathered) -> Option<StreamInfo> {
    let say = |found: &mut Gathered, message: String, severity| {
        found.push(found.finding(&AUD_12, at.offset(), message).path(&at.path).severity(severity));
    };
    let mut boxes = entry.children.iter().filter(|child| child.kind == b"dfLa").map(RawBox::payload);
    let Some(payload) = boxes.next() else {
        say(found, "the entry has no `dfLa`".into(), Severity::Error);
        return None;
    };
    if boxes.next().is_some() {
        say(found, "the entry has several `dfLa`, one was expected".into(), Severity::Error);
    }
    let Some((head, blocks)) = payload.split_first_chunk::<4>() else {
        say(found, "`dfLa` is cut short".into(), Severity::Error);
        return None;
    };
    if *head != [0; 4] {
        let message = format!("`dfLa` of version {}, 0 with no flags was expected", head[0]);
        say(found, message, Severity::Error);
        return None;
    }
    let info = flac::metadata(blocks).and_then(|blocks| match blocks.first() {
        Some(first) => StreamInfo::parse(first.content).map(Some),
        None => Ok(None),
    });
    let info = match info {
        Ok(info) => info?,
        Err(error) => {
            say(found, format!("`dfLa`: {}", error.message()), Severity::Error);
            return None;
        }
    };
    if entry.channels() != u32::from(info.channels) {
        let message =
            format!("channelcount is {}, STREAMINFO has {} channels", entry.channels(), info.channels);
        say(found, message, Severity::Error);
    }
    if entry.samplesize != u16::from(info.bits) {
        let message = format!("samplesize is {}, STREAMINFO has {} bits", entry.samplesize, info.bits);
        say(found, message, Severity::Warning);
    }
    if info.sample_rate <= 0xffff {
        expect_rate(&AUD_12, at, entry, info.sample_rate, found);
    } else if entry.sample_rate() != f64::from(info.entry_rate()) {
        let message = format!(
            "samplerate is {} Hz; {} Hz do not fit, {} was expected",
            entry.sample_rate(),
            info.sample_rate,
            info.entry_rate()
        );
        say(found, message, Severity::Warning);
    }
    Some(info)
}
