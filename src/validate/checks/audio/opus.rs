//! Opus.

use std::collections::{HashMap, VecDeque};

use super::super::entries::{EntryAt, Kept, clear_start, entries};
use super::durations::{Durations, Sound};
use super::groups::roll;
use super::{expect_rate, once};
use crate::findings::Severity;
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{AudioSampleEntry, DOps};
use crate::opus::{self, PRE_ROLL, RATE};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AUD_07, AUD_08, AUD_09};

/// Packets of 2.5 ms that fit into the pre-roll: the longest distance that any stream needs.
const LONGEST_ROLL: usize = 32;

/// Rules AUD-07, AUD-08, AUD-09.
#[derive(Default)]
pub(in crate::validate) struct Opus {
    window: Option<Window>,
    entries: Kept<()>,
    durations: Durations,
    /// By track: how long the packets before were, the latest last, in ticks of 48 kHz.
    before: HashMap<u32, VecDeque<u32>>,
    /// What was said of a track's pre-roll.
    told: Vec<(u32, i32)>,
}

impl Check for Opus {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in entries(&trak).iter().filter(|at| at.format == b"Opus") {
                let Some(entry) = at.audio() else { continue };
                self.window.get_or_insert_with(|| header.file.input().window());
                self.entries.keep(&trak, at, ());
                if let Some(dops) = configuration(&trak, at, entry, found) {
                    priming(&trak, &dops, found);
                }
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        if self.entries.of(track, sample).is_none() {
            return;
        }
        if sample.marks.is_some_and(|marks| !marks.sync) {
            let message = "the sample is not marked as a sync sample; each Opus packet can be decoded alone";
            found.push(found.in_sample(&AUD_08, track, sample, message));
        }
        let length = match clear_start(&mut self.window, sample, 2).map(opus::duration) {
            Some(Ok(length)) => Some(length),
            Some(Err(error)) => {
                found.push(found.in_sample(&AUD_08, track, sample, error.message()));
                None
            }
            None => None,
        };
        if let Some(length) = length {
            self.durations.sample(&AUD_08, track, sample, Sound { length, rate: RATE }, found);
        }
        self.pre_roll(track, sample, found);
        let before = self.before.entry(track.id).or_default();
        let ticks =
            |duration: u64| duration.saturating_mul(RATE.into()) / u64::from(track.timescale.unwrap_or(RATE));
        let known = length.or_else(|| u32::try_from(ticks(sample.duration?)).ok());
        before.push_back(known.unwrap_or(0));
        if before.len() > LONGEST_ROLL {
            before.pop_front();
        }
    }

    fn end(&mut self, _: &Mp4, found: &mut Gathered) {
        self.durations.end(found);
    }
}

/// Holds an entry against the configuration in it.
fn configuration(
    trak: &Trak<'_>,
    at: &EntryAt<'_>,
    entry: &AudioSampleEntry,
    found: &mut Gathered,
) -> Option<DOps> {
    let say = |found: &mut Gathered, message: String| {
        found.push(found.finding(&AUD_07, at.offset(), message).path(&at.path));
    };
    let count = entry.children.iter().filter(|child| child.kind == b"dOps").count();
    if count != 1 {
        say(found, format!("the entry has {count} `dOps`, one was expected"));
    }
    let dops = match entry.find::<DOps>() {
        Ok(dops) => dops?,
        Err(error) => {
            say(found, format!("`dOps` can't be read: {}", error.message()));
            return None;
        }
    };
    if let Err(error) = opus::check(&dops) {
        say(found, error.message().to_string());
    }
    let channels = u32::from(dops.output_channel_count);
    if entry.channels() != channels {
        say(found, format!("channelcount is {}, `dOps` has {channels} channels", entry.channels()));
    }
    let (rate, swapped) = (dops.input_sample_rate, dops.input_sample_rate.swap_bytes());
    if rate > 768_000 && (1..=768_000).contains(&swapped) {
        let message = format!("InputSampleRate is {rate}, with its bytes turned round {swapped}");
        let finding = found.finding(&AUD_07, at.offset(), message).path(&at.path);
        found.push(finding.fix("write the numbers of `dOps` with their highest byte first, unlike in Ogg"));
    }
    expect_rate(&AUD_07, at, entry, RATE, found);
    if entry.samplesize != 16 {
        let message = format!("samplesize is {}, 16 was expected", entry.samplesize);
        let finding = found.finding(&AUD_07, at.offset(), message).path(&at.path);
        found.push(finding.severity(Severity::Warning));
    }
    if let Some(timescale) = trak.track.timescale.filter(|timescale| *timescale != RATE) {
        let message = format!("the track counts {timescale} ticks a second; Opus counts {RATE}");
        let finding = found.finding(&AUD_07, trak.child.header.offset, message);
        let finding = finding.path(format!("{}/mdia/mdhd", trak.path)).severity(Severity::Warning);
        found.push(finding.fix(format!("set the track's timescale to {RATE}, so that trimming is exact")));
    }
    Some(dops)
}

/// Holds the edit list against `PreSkip`.
fn priming(trak: &Trak<'_>, dops: &DOps, found: &mut Gathered) {
    let Some(timescale) = trak.track.timescale else { return };
    let expected = (u64::from(dops.pre_skip) * u64::from(timescale)).div_ceil(RATE.into());
    let edit = trak.track.edits.iter().find(|edit| edit.media_time >= 0);
    let path = format!("{}/edts/elst", trak.path);
    match edit {
        _ if dops.pre_skip == 0 => {}
        None => {
            let message =
                format!("there is no edit list to leave out the {} samples of PreSkip", dops.pre_skip);
            let finding = found.finding(&AUD_09, trak.child.header.offset, message).path(path);
            let finding = finding.expected(format!("media_time {expected}"));
            found.push(finding.severity(Severity::Warning));
        }
        // Rounding may take a tick; a later start cuts off sound.
        Some(edit) if edit.media_time.unsigned_abs().saturating_add(1) < expected => {
            let message = format!(
                "the edit list begins at {}, before the {} samples of PreSkip are over: they are heard",
                edit.media_time, dops.pre_skip
            );
            let finding = found.finding(&AUD_09, trak.child.header.offset, message).path(path);
            let finding = finding.found(format!("media_time {}", edit.media_time));
            found.push(finding.expected(format!("media_time {expected}")));
        }
        Some(_) => {}
    }
}

impl Opus {
    /// Holds the `roll` group of a sample against the packets before it.
    fn pre_roll(&mut self, track: &Track, sample: &Sample, found: &mut Gathered) {
        let before = self.before.get(&track.id);
        let seen = before.map_or(0, VecDeque::len);
        let Some(distance) = roll(sample, b"roll") else {
            // Some writers leave out the first packets, before which there is not enough.
            if seen == LONGEST_ROLL && once(&mut self.told, (track.id, 0)) {
                let message =
                    "the sample is in no `roll` group; players don't know how much to decode before it";
                let finding = found.in_sample(&AUD_08, track, sample, message);
                found.push(finding.severity(Severity::Warning));
            }
            return;
        };
        if distance >= 0 {
            if once(&mut self.told, (track.id, distance.into())) {
                let message =
                    format!("roll_distance is {distance}, below 0 was expected: samples before this one");
                found.push(found.in_sample(&AUD_08, track, sample, message));
            }
            return;
        }
        let needed = usize::from(distance.unsigned_abs());
        let reach: u32 =
            before.into_iter().flatten().rev().take(needed).fold(0, |sum, l| sum.saturating_add(*l));
        if needed > LONGEST_ROLL {
            if once(&mut self.told, (track.id, distance.into())) {
                let message = format!(
                    "roll_distance is {distance} samples, up to {LONGEST_ROLL} are 80 ms; it counts samples of the \
                     file, not of sound"
                );
                let finding = found.in_sample(&AUD_08, track, sample, message);
                found.push(finding.severity(Severity::Warning));
            }
        } else if needed <= seen && reach < PRE_ROLL && once(&mut self.told, (track.id, distance.into())) {
            let message = format!(
                "roll_distance is {distance}: {} ms are decoded before the sample, at least 80 ms were expected",
                f64::from(reach) / 48.0
            );
            found.push(found.in_sample(&AUD_08, track, sample, message));
        }
    }
}
