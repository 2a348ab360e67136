//! Durations of samples, held against the sound that is in them.

use std::collections::HashMap;

use crate::findings::{Finding, Rule, Severity};
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::validate::gathered::Gathered;

/// How much sound a sample has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sound {
    /// In samples of sound.
    pub(super) length: u32,
    /// Samples of sound a second.
    pub(super) rate: u32,
}

/// Compares durations as samples come by.
///
/// The last sample of a track may be shorter: that is how the end is trimmed. A single one that is off is a gap or a
/// splice, which the sound had before it was packaged, and up to a millisecond is what times of WebM are rounded to: these
/// are warnings. Several in a row are a wrong clock.
#[derive(Debug, Default)]
pub(super) struct Durations {
    tracks: HashMap<u32, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Of the sample before, and whether it is too short.
    finding: Option<(Finding, bool)>,
    /// Whether the one before that was off, too.
    in_a_row: bool,
}

impl Durations {
    pub(super) fn sample(
        &mut self,
        rule: &'static Rule,
        track: &Track,
        sample: &Sample,
        sound: Sound,
        found: &mut Gathered,
    ) {
        let (Some(duration), Some(timescale)) = (sample.duration, track.timescale) else { return };
        let (length, rate) = (u128::from(sound.length), u128::from(sound.rate.max(1)));
        let [has, wants] = [u128::from(duration) * rate, length * u128::from(timescale)];
        // Up to a tick is rounding.
        let finding = (has.abs_diff(wants) >= rate).then(|| {
            let expected = wants / rate;
            let message = format!(
                "a duration of {duration} ticks, but the sample has {length} samples of sound at {rate} Hz, which \
                 last {expected}"
            );
            let finding = found.in_sample(rule, track, sample, message);
            let is_rounded = has.abs_diff(wants) * 1000 <= rate * u128::from(timescale);
            let finding = if is_rounded { finding.severity(Severity::Warning) } else { finding };
            (finding.found(duration.to_string()).expected(expected.to_string()), has < wants)
        });
        let is_off = finding.is_some();
        let state = self.tracks.entry(track.id).or_default();
        if let Some((before, _)) = std::mem::replace(&mut state.finding, finding) {
            let in_a_row = state.in_a_row || is_off;
            state.in_a_row = true;
            found.push(if in_a_row { before } else { before.severity(Severity::Warning) });
        }
        state.in_a_row &= is_off;
    }

    /// All samples were seen.
    pub(super) fn end(&mut self, found: &mut Gathered) {
        let mut last: Vec<(u32, Waiting)> = self.tracks.drain().collect();
        last.sort_unstable_by_key(|(track, _)| *track);
        for (finding, is_short) in last.into_iter().filter_map(|(_, state)| state.finding) {
            if !is_short {
                found.push(finding.severity(Severity::Warning));
            }
        }
    }
}
