//! Parts of a track: edit lists of the input, and the user's `--from` and `--to`.

use std::ops::Range;

use super::sample::{Dependency, Sample};
use super::track::{GroupDescription, Track};
use crate::demux::Edit;
use crate::error::{Error, Result};
use crate::time::{Seconds, display_ticks};

/// Brings an input's edit list into the decode times, where that is exact.
///
/// One edit at normal rate, with an empty one before it perhaps, can be kept: the empty one moves the track's start;
/// samples before the edit are dropped if it starts at a sync sample, those behind its end are dropped too.
///
/// # Errors
/// `Unsupported` for anything else; the message gives the time.
pub fn apply_edits(track: &mut Track, edits: &[Edit], movie_timescale: Option<u32>) -> Result<()> {
    let movie_timescale = u64::from(movie_timescale.unwrap_or(track.timescale).max(1));
    let timescale = u64::from(track.timescale);
    let to_media = |movie: u64| {
        let ticks = (u128::from(movie) * u128::from(timescale) * 2 + u128::from(movie_timescale))
            / (2 * u128::from(movie_timescale));
        u64::try_from(ticks).map_err(|_| Error::limit("an edit is too long"))
    };
    let mut offset = 0u64;
    let mut edits = edits;
    while let [empty, rest @ ..] = edits
        && empty.media_time == -1
    {
        offset = offset
            .checked_add(to_media(empty.segment_duration)?)
            .ok_or_else(|| Error::limit("an edit is too long"))?;
        edits = rest;
    }
    let edit = match edits {
        [] => {
            track.start = later(track.start, offset)?;
            return Ok(());
        }
        [edit] => edit,
        [first, second, ..] => {
            return Err(several_parts(second.media_time.max(first.media_time), track.timescale));
        }
    };
    let at = media_start(edit, track.timescale)?;
    // Movie times of a coarser clock are rounded; so much may an edit miss the end of its last sample by.
    let tolerance = if movie_timescale < timescale { timescale.div_ceil(movie_timescale) } else { 0 };
    let samples = track.samples.samples();
    let first = first_sample(samples, track.start, at, track.timescale)?;
    let mut end = samples.len();
    if edit.segment_duration > 0 {
        let until = at.saturating_add(to_media(edit.segment_duration)?);
        end = cut_end(track, until, tolerance);
    }
    let skipped: u64 = track.samples.samples()[..first].iter().map(|s| u64::from(s.duration)).sum();
    let start = track.start + skipped;
    keep(track, first..end)?;
    track.start = later(start.saturating_sub(at), offset)?;
    Ok(())
}

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
    let at = convert(media_start(edit, scale.media)?, scale.media)?;
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

fn several_parts(second: i64, timescale: u32) -> Error {
    Error::unsupported(format!(
        "the input's edit list has several parts, the second from {}; package them apart with --from and --to, after \
         removing the edit list",
        display_ticks(second.unsigned_abs(), timescale)
    ))
}

/// Where an edit starts in the media, if it plays at normal rate.
fn media_start(edit: &Edit, timescale: u32) -> Result<u64> {
    let at = u64::try_from(edit.media_time)
        .map_err(|_| Error::format(format!("an edit starts at media time {}", edit.media_time)))?;
    if edit.media_rate != 0x1_0000 {
        return Err(Error::unsupported(format!(
            "the edit at {} plays at another rate than 1",
            display_ticks(at, timescale)
        )));
    }
    Ok(at)
}

fn later(start: u64, offset: u64) -> Result<u64> {
    start.checked_add(offset).ok_or_else(|| Error::limit("the track starts too late"))
}

/// The sample that is presented first by an edit at `at`: a sync sample that starts just there, or the first of all.
fn first_sample(samples: &[Sample], start: u64, at: u64, timescale: u32) -> Result<usize> {
    let mut time = start;
    let mut sync_before = None;
    for (index, sample) in samples.iter().enumerate() {
        if time == at && (index == 0 || sample.dependency == Dependency::Sync) || (index == 0 && time > at) {
            return Ok(index);
        }
        if time > at {
            break;
        }
        if sample.dependency == Dependency::Sync {
            sync_before = Some(time);
        }
        time = time.saturating_add(sample.duration.into());
    }
    let hint = match sync_before {
        Some(sync) => format!("the random access point before it is at {}", display_ticks(sync, timescale)),
        None => "there is no random access point before it".to_string(),
    };
    Err(Error::unsupported(format!(
        "the input's edit list starts at {}, which is no random access point; {hint}. Re-encode from there, or remove \
         the edit list",
        display_ticks(at, timescale)
    )))
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

/// What a part was asked to be, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Start as it was cut, in ticks.
    pub start: u64,
    /// End as it was cut, in ticks.
    pub end: u64,
}

/// Keeps the part from the last sync sample at or before `from`, to the first one at or after `to`. Times stay as
/// they are, so that parts that are packaged apart fit together.
///
/// # Errors
/// `Usage` where nothing is left.
pub fn keep_part(track: &mut Track, from: Option<Seconds>, to: Option<Seconds>) -> Result<Part> {
    let from_ticks = from.map_or(0, |t| t.ticks(track.timescale));
    let to_ticks = to.map_or(u64::MAX, |t| t.ticks(track.timescale));
    let samples = track.samples.samples();
    let whole_end = track.start + track.duration();
    if from_ticks >= to_ticks || from_ticks >= whole_end || to_ticks <= track.start {
        return Err(Error::usage(format!(
            "nothing lies between --from and --to: the track goes from {} to {}",
            display_ticks(track.start, track.timescale),
            display_ticks(whole_end, track.timescale)
        )));
    }
    let mut time = track.start;
    let (mut first, mut start) = (0, track.start);
    let (mut last, mut end) = (samples.len(), whole_end);
    for (index, sample) in samples.iter().enumerate() {
        if sample.dependency == Dependency::Sync {
            if time <= from_ticks {
                (first, start) = (index, time);
            }
            if index > 0 && time >= to_ticks {
                (last, end) = (index, time);
                break;
            }
        }
        time += u64::from(sample.duration);
    }
    keep(track, first..last)?;
    track.start = start;
    Ok(Part { start, end })
}

/// Keeps a range of samples; what points out of it is taken back.
fn keep(track: &mut Track, range: Range<usize>) -> Result<()> {
    if range.is_empty() {
        return Err(Error::unsupported("the input's edit list leaves no sample"));
    }
    if range == (0..track.samples.samples().len()) {
        return Ok(());
    }
    track.samples.keep(range);
    let forward = track.groups.iter().position(|g| g.description == GroupDescription::ForwardDistance);
    if let Some(forward) = forward {
        let samples = track.samples.samples_mut();
        let count = samples.len();
        for (index, sample) in samples.iter_mut().enumerate() {
            if index + 1 + usize::from(sample.forward_distance) >= count {
                sample.groups &= !(1 << forward);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cmaf::{Description, Detail, Media, NewSample, SampleGroup, SampleTable};
    use crate::input::Input;

    /// A track of samples of 10 ticks each, 100 ticks a second; `s` stands for sync samples.
    fn track(kinds: &str, start: u64) -> Track {
        let mut samples = SampleTable::default();
        for kind in kinds.chars() {
            let dependency = if kind == 's' { Dependency::Sync } else { Dependency::Dependent };
            samples.push(NewSample::new(1, dependency, 0), &Detail::default()).unwrap();
        }
        samples.samples_mut().iter_mut().for_each(|s| s.duration = 10);
        Track {
            media: Media::Video,
            timescale: 100,
            start,
            presented_from: 0,
            language: None,
            samples,
            payload: Input::from_bytes("x", vec![]),
            entries: vec![],
            groups: vec![SampleGroup {
                grouping_type: *b"av1f",
                parameter: None,
                description: GroupDescription::ForwardDistance,
            }],
            presentation_size: (0, 0),
            description: Description::default(),
            brands: vec![],
            is_cmaf: true,
            warnings: vec![],
        }
    }

    fn edit(segment_duration: u64, media_time: i64) -> Edit {
        Edit { segment_duration, media_time, media_rate: 0x1_0000 }
    }

    /// Start, number of samples, and duration after the edits, in a movie of 10 ticks a second.
    fn edited(kinds: &str, start: u64, edits: &[Edit]) -> Result<(u64, usize, u64)> {
        let mut track = track(kinds, start);
        apply_edits(&mut track, edits, Some(10))?;
        Ok((track.start, track.samples.samples().len(), track.duration()))
    }

    #[test]
    fn exact_edits_move_the_start() {
        assert_eq!(edited("s..s..", 0, &[]).unwrap(), (0, 6, 60));
        assert_eq!(edited("s..s..", 0, &[edit(6, 0)]).unwrap(), (0, 6, 60));
        assert_eq!(edited("s..s..", 0, &[edit(0, 30)]).unwrap(), (0, 3, 30));
        assert_eq!(edited("s..s..", 0, &[edit(20, -1), edit(0, 0)]).unwrap(), (200, 6, 60));
        assert_eq!(edited("s..s..", 50, &[edit(0, 20)]).unwrap(), (30, 6, 60));
        assert_eq!(edited("s..s..", 50, &[edit(0, 50)]).unwrap(), (0, 6, 60));
        assert_eq!(edited("s..s..", 0, &[edit(3, 0)]).unwrap(), (0, 3, 30));
        assert_eq!(edited("s..s..", 0, &[edit(2, 30)]).unwrap(), (0, 2, 20));
        assert_eq!(edited("s.........", 0, &[edit(9, 0)]).unwrap(), (0, 9, 90));
    }

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

    #[test]
    fn movie_times_are_rounded() {
        let edited = |movie_timescale, segment_duration| {
            let mut track = track("s..s..", 0);
            track.samples.samples_mut().iter_mut().for_each(|s| s.duration = 1001);
            track.timescale = 24000;
            apply_edits(&mut track, &[edit(segment_duration, 0)], Some(movie_timescale)).unwrap();
            (track.samples.samples().len(), track.duration())
        };
        // 6 samples last 250.25 ms, 5 last 208.54.
        assert_eq!([250, 251, 208, 209].map(|d| edited(1000, d).0), [6, 6, 5, 5]);
        assert_eq!(edited(1000, 230), (6, 5520));
        assert_eq!(edited(24000, 5006), (6, 5006));
        assert_eq!(edited(24000, 5005), (5, 5005));
    }

    #[test]
    fn other_edits_are_refused_with_their_time() {
        let refused = |edits: &[Edit]| edited("s..s..", 0, edits).unwrap_err().to_string();
        assert!(refused(&[edit(0, 20)]).contains("0.200 s"), "{}", refused(&[edit(0, 20)]));
        assert!(refused(&[edit(0, 25)]).contains("0.250 s"));
        assert!(refused(&[edit(0, 900)]).contains("9.000 s"));
        assert!(refused(&[edit(1, 0), edit(1, 30)]).contains("0.300 s"));
        assert!(refused(&[Edit { media_rate: 0, ..edit(0, 0) }]).contains("rate"));
        assert!(edited("s", 0, &[edit(u64::MAX, -1), edit(0, 0)]).is_err());
    }

    #[test]
    fn parts_are_cut_at_sync_samples() {
        let part = |from: Option<&str>, to: Option<&str>| {
            let mut track = track("s..s..s..", 100);
            track.samples.samples_mut()[4].groups = 1;
            track.samples.samples_mut()[4].forward_distance = 2;
            let time = |t: Option<&str>| t.map(|t| t.parse().unwrap());
            let part = keep_part(&mut track, time(from), time(to))?;
            assert_eq!(part.start, track.start);
            assert_eq!(part.end, track.start + track.duration());
            let grouped = track.samples.samples().iter().filter(|s| s.groups == 1).count();
            Ok::<_, Error>((part.start, part.end, grouped))
        };
        assert_eq!(part(None, None).unwrap(), (100, 190, 1));
        assert_eq!(part(Some("1.35"), None).unwrap(), (130, 190, 1));
        assert_eq!(part(Some("1.3"), Some("1.41")).unwrap(), (130, 160, 0));
        assert_eq!(part(None, Some("1.1")).unwrap(), (100, 130, 0));
        assert!(part(Some("1.9"), None).is_err());
        assert!(part(Some("1.5"), Some("1.4")).is_err());
        assert!(part(None, Some("1")).is_err());
    }
}
