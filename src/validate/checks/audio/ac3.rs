//! AC-3 and Enhanced AC-3.

use super::super::entries::{Kept, clear_start, entries};
use super::durations::{Durations, Sound};
use super::once;
use crate::ac3::{self, BLOCK, BLOCKS, Kind, Presentation};
use crate::error::ErrorKind;
use crate::findings::Severity;
use crate::input::Window;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{Dac3, Dec3};
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AUD_10, AUD_11, AUD_18};

/// More bytes than a sample has that is looked into.
const SAMPLE_LIMIT: u64 = 256 << 10;

/// Rules AUD-10, AUD-11, and AUD-18 for the rate.
#[derive(Default)]
pub(in crate::validate) struct Ac3 {
    window: Option<Window>,
    entries: Kept<Config>,
    durations: Durations,
    /// What was said of a track, so that it is not said of each sample.
    told: Vec<(u32, u32, String)>,
}

enum Config {
    Ac3(Dac3),
    Eac3(Dec3),
    /// The box is missing or broken.
    None {
        enhanced: bool,
    },
}

/// Hz of `fscod`; 3 stands for several.
const RATES: [u32; 3] = [48_000, 44_100, 32_000];

impl Check for Ac3 {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for at in &entries(&trak) {
                let enhanced = match &at.format.0 {
                    b"ac-3" => false,
                    b"ec-3" => true,
                    _ => continue,
                };
                let Some(entry) = at.audio() else { continue };
                let read = if enhanced {
                    entry.find::<Dec3>().map(|found| found.map(Config::Eac3))
                } else {
                    entry.find::<Dac3>().map(|found| found.map(Config::Ac3))
                };
                let name = if enhanced { "dec3" } else { "dac3" };
                let mut say = |message: String| {
                    found.push(found.finding(&AUD_10, at.offset(), message).path(&at.path));
                };
                let config = match read {
                    Ok(Some(config)) => config,
                    Ok(None) => {
                        say(format!("the entry has no `{name}`"));
                        Config::None { enhanced }
                    }
                    Err(error) => {
                        say(format!("`{name}` can't be read: {}", error.message()));
                        Config::None { enhanced }
                    }
                };
                let fscod = match &config {
                    Config::Ac3(dac3) => Some(dac3.fscod),
                    Config::Eac3(dec3) => dec3.substreams.first().map(|substream| substream.fscod),
                    Config::None { .. } => None,
                };
                if let Some(rate) = fscod.and_then(|fscod| RATES.get(usize::from(fscod)))
                    && entry.sample_rate() != f64::from(*rate)
                {
                    let message = format!("samplerate is {} Hz, `{name}` has {rate} Hz", entry.sample_rate());
                    found.push(found.finding(&AUD_18, at.offset(), message).path(&at.path));
                }
                self.window.get_or_insert_with(|| header.file.input().window());
                self.entries.keep(&trak, at, config);
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(config) = self.entries.of(track, sample).filter(|_| sample.size <= SAMPLE_LIMIT) else {
            return;
        };
        let Some(bytes) = clear_start(&mut self.window, sample, SAMPLE_LIMIT as usize) else { return };
        let presentation = ac3::frames(bytes).and_then(|frames| {
            let of = Presentation::of(&frames)?;
            let programs = frames.iter().filter(|frame| frame.kind == of.main.kind);
            Ok((programs.fold(0u32, |sum, frame| sum.saturating_add(frame.blocks)), of))
        });
        let (blocks, presentation) = match presentation {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::Format => {
                found.push(found.in_sample(&AUD_11, track, sample, error.message()));
                return;
            }
            Err(_) => return,
        };
        if blocks != BLOCKS {
            let message =
                format!("the sample has {blocks} blocks of its first program, {BLOCKS} were expected");
            found.push(found.in_sample(&AUD_11, track, sample, message));
        }
        let sound = Sound { length: blocks.saturating_mul(BLOCK), rate: presentation.main.sample_rate };
        self.durations.sample(&AUD_11, track, sample, sound, found);
        for (message, severity) in differences(config, &presentation) {
            if once(&mut self.told, (track.id, sample.description, message.clone())) {
                found.push(found.in_sample(&AUD_10, track, sample, message).severity(severity));
            }
        }
    }

    fn end(&mut self, _: &Mp4, found: &mut Gathered) {
        self.durations.end(found);
    }
}

/// What a configuration says otherwise than the frames of a sample, and how bad that is.
fn differences(config: &Config, seen: &Presentation) -> Vec<(String, Severity)> {
    let is_enhanced = seen.main.kind != Kind::Ac3;
    let (wants_enhanced, name) = match config {
        Config::Ac3(_) => (false, "dac3"),
        Config::Eac3(_) => (true, "dec3"),
        Config::None { enhanced } => (*enhanced, ""),
    };
    if is_enhanced != wants_enhanced {
        let [says, has] = if wants_enhanced { ["E-AC-3", "AC-3"] } else { ["AC-3", "E-AC-3"] };
        return vec![(
            format!("the entry says {says}, the sample has sync frames of {has}"),
            Severity::Error,
        )];
    }
    let mut out = Vec::new();
    let mut compare = |field: &str, says: u32, has: u32, severity| {
        if says != has {
            out.push((format!("`{name}` has {field} {says}, the sync frames have {has}"), severity));
        }
    };
    match config {
        Config::Ac3(says) => {
            let has = seen.dac3();
            compare("fscod", says.fscod.into(), has.fscod.into(), Severity::Error);
            compare("bsid", says.bsid.into(), has.bsid.into(), Severity::Error);
            compare("acmod", says.acmod.into(), has.acmod.into(), Severity::Error);
            compare("lfeon", says.lfeon.into(), has.lfeon.into(), Severity::Error);
            compare("bsmod", says.bsmod.into(), has.bsmod.into(), Severity::Warning);
            compare("bit_rate_code", says.bit_rate_code.into(), has.bit_rate_code.into(), Severity::Warning);
        }
        Config::Eac3(says) => {
            let has = seen.dec3();
            let count = |list: &Dec3| list.substreams.len() as u32;
            compare("independent substreams in number", count(says), count(&has), Severity::Error);
            for (number, (says, has)) in says.substreams.iter().zip(&has.substreams).enumerate() {
                let mut compare = |field: &str, says: u32, has: u32, severity| {
                    compare(&format!("substream {number} {field}"), says, has, severity);
                };
                compare("fscod", says.fscod.into(), has.fscod.into(), Severity::Error);
                compare("bsid", says.bsid.into(), has.bsid.into(), Severity::Error);
                compare("acmod", says.acmod.into(), has.acmod.into(), Severity::Error);
                compare("lfeon", says.lfeon.into(), has.lfeon.into(), Severity::Error);
                compare("num_dep_sub", says.num_dep_sub.into(), has.num_dep_sub.into(), Severity::Error);
                compare("chan_loc", says.chan_loc.into(), has.chan_loc.into(), Severity::Error);
                compare("bsmod", says.bsmod.into(), has.bsmod.into(), Severity::Warning);
            }
            let says = says.extension.first().is_some_and(|flags| flags & 1 == 1);
            if let (Some(objects), false) = (seen.joint_objects, says) {
                let message =
                    format!("the sync frames have {objects} joint objects, of which `dec3` says nothing");
                out.push((message, Severity::Warning));
            }
        }
        Config::None { .. } => {}
    }
    out
}
