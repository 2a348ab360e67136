//! Edit lists of sound: what they leave out at the start is priming, which decoders need.

use super::{keep, media_start, several_parts};
use crate::cmaf::{Dependency, Track};
use crate::demux::Edit;
use crate::error::{Error, Result};

/// The clocks that edits of an input count in.
#[derive(Debug, Clone, Copy)]
pub struct Timescales {
    /// Ticks a second of [`Edit::media_time`].
    pub media: u32,
    /// Ticks a second of [`Edit::segment_duration`]; the media's where there is none.
    pub movie: Option<u32>,
}

/// The longest start of a track of sound that is taken for priming, and kept as it is; more is media that was cut off.
const PRIMING_SECONDS: u64 = 1;

/// Brings an input's edit list into a track of sound.
///
/// One edit at normal rate, with an empty one before it perhaps, can be kept. What it leaves out at the start becomes
/// [`Track::presented_from`], in place of what was there; `pre_roll` ticks of it stay, from a sync sample on, and all of it
/// where it is short enough to be an encoder's priming. At the end whole samples are dropped, and the last one is
/// shortened: decoders give all of its frame, players that look at durations play the right part. An empty edit moves
/// the track's start; what is left out behind one is heard, for an edit list of CMAF can't do both (rule CMF-23).
///
/// # Errors
/// `Unsupported` for anything else; the message gives the time.
pub fn apply_priming(track: &mut Track, edits: &[Edit], scale: Timescales, pre_roll: u64) -> Result<()> {
    let movie_timescale = scale.movie.unwrap_or(scale.media).max(1);
    let convert = |time: u64, from: u32| {
        let from = u128::from(from.max(1));
        let ticks = (2 * u128::from(time) * u128::from(track.timescale) + from) / (2 * from);
        u64::try_from(ticks).map_err(|_| Error::limit("an edit is too long"))
    };
    let (empty, edits) = edits.split_at(edits.iter().take_while(|edit| edit.media_time == -1).count());
    let mut offset = 0;
    for edit in empty {
        offset = later(offset, convert(edit.segment_duration, movie_timescale)?)?;
    }
    let edit = match edits {
        [] => {
            track.start = later(track.start, offset)?;
            return Ok(());
        }
        [edit] => edit,
        [_, second, ..] => return Err(several_parts(second.media_time, scale.media)),
    };
    let at = convert(media_start(edit, scale.media)?.unsigned_abs(), scale.media)?;
    let mut end = track.samples.samples().len();
    if edit.segment_duration > 0 {
        let until = at.saturating_add(convert(edit.segment_duration, movie_timescale)?);
        let tolerance =
            if movie_timescale < track.timescale { track.timescale.div_ceil(movie_timescale) } else { 0 };
        end = cut_end(track, until, tolerance.into());
    }
    let hidden = at.saturating_sub(track.start);
    let (mut first, mut dropped) = (0, 0);
    if hidden > PRIMING_SECONDS * u64::from(track.timescale) {
        let mut time = 0u64;
        for (index, sample) in track.samples.samples()[..end].iter().enumerate() {
            if time.saturating_add(pre_roll) > hidden {
                break;
            }
            if sample.dependency == Dependency::Sync {
                (first, dropped) = (index, time);
            }
            time = time.saturating_add(sample.duration.into());
        }
    }
    keep(track, first..end)?;
    if hidden >= dropped + track.duration() {
        return Err(Error::unsupported("the input's edit list leaves no sample"));
    }
    track.presented_from = hidden - dropped;
    track.start = later(track.start.saturating_sub(at), offset)?;
    if offset > 0 && track.presented_from > 0 {
        track.warnings.push(format!(
            "the input's edit list delays the track and leaves out {} ticks of priming; these are heard, for the edit \
             list of a CMAF track can't do both (rule CMF-23)",
            track.presented_from
        ));
    }
    Ok(())
}

fn later(start: u64, offset: u64) -> Result<u64> {
    start.checked_add(offset).ok_or_else(|| Error::limit("the track starts too late"))
}

/// Shortens the last sample that is presented before `until`; returns the number of samples up to it.
fn cut_end(track: &mut Track, until: u64, tolerance: u64) -> usize {
    let mut time = track.start;
    let samples = track.samples.samples_mut();
    for (index, sample) in samples.iter_mut().enumerate() {
        let duration = u64::from(sample.duration);
        let shown = until.saturating_sub(time);
        if shown == 0 || (shown <= tolerance && duration > 2 * tolerance) {
            return index;
        }
        if duration > shown.saturating_add(tolerance) {
            // Less than the duration, which fits.
            sample.duration = shown as u32;
            return index + 1;
        }
        time = time.saturating_add(duration);
    }
    samples.len()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{edit, track};
    use super::*;

    #[test]
    fn priming_is_kept_and_told() {
        let primed = |kinds: &str, start: u64, edits: &[Edit], pre_roll: u64| {
            let mut track = track(kinds, start);
            track.presented_from = 5;
            let scale = Timescales { media: 200, movie: Some(10) };
            apply_priming(&mut track, edits, scale, pre_roll)?;
            let last = track.samples.samples().last().map_or(0, |s| s.duration);
            Ok::<_, Error>((track.start, track.presented_from, track.samples.samples().len(), last))
        };
        // Media times count 200 a second here, the track 100.
        assert_eq!(primed("ssssss", 0, &[], 10).unwrap(), (0, 5, 6, 10));
        assert_eq!(primed("ssssss", 0, &[edit(0, 30)], 10).unwrap(), (0, 15, 6, 10));
        assert_eq!(primed("ssssss", 0, &[edit(0, 0)], 10).unwrap(), (0, 0, 6, 10));
        // Its end is known to a tenth of a second.
        assert_eq!(primed("ssssss", 0, &[edit(3, 30)], 10).unwrap(), (0, 15, 5, 10));
        assert_eq!(primed("ssssss", 0, &[edit(20, -1), edit(0, 0)], 10).unwrap(), (200, 0, 6, 10));
        assert_eq!(primed("ssssss", 100, &[edit(0, 40)], 10).unwrap(), (80, 0, 6, 10));
        // More than a second is cut off, but for the pre-roll, which starts at a sync sample.
        let long = "s".repeat(20);
        assert_eq!(primed(&long, 0, &[edit(0, 250)], 10).unwrap(), (0, 15, 9, 10));
        assert_eq!(primed(&long, 0, &[edit(0, 250)], 30).unwrap(), (0, 35, 11, 10));
        assert_eq!(primed("s.........s.........", 0, &[edit(0, 250)], 10).unwrap(), (0, 25, 10, 10));
        assert!(primed("ssssss", 0, &[edit(0, 120)], 10).unwrap_err().to_string().contains("no sample"));
        assert!(primed("ssssss", 0, &[edit(1, 0), edit(1, 30)], 10).is_err());
        assert!(primed("ssssss", 0, &[Edit { media_rate: 0, ..edit(0, 0) }], 10).is_err());
        let mut exact = track("ssssss", 0);
        let scale = Timescales { media: 100, movie: None };
        apply_priming(&mut exact, &[edit(30, 15)], scale, 10).unwrap();
        assert_eq!((exact.presented_from, exact.duration()), (15, 45));
    }
}
