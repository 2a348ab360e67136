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
            return Err(Error::unsupported(format!(
                "the input's edit list has several parts, the second from {}; \
                 package them apart with --from and --to, after removing the edit list",
                display_ticks(second.media_time.max(first.media_time).unsigned_abs(), track.timescale)
            )));
        }
    };
    let at = u64::try_from(edit.media_time)
        .map_err(|_| Error::format(format!("an edit starts at media time {}", edit.media_time)))?;
    if edit.media_rate != 0x1_0000 {
        return Err(Error::unsupported(format!(
            "the edit at {} plays at another rate than 1",
            display_ticks(at, track.timescale)
        )));
    }
    // Movie times are rounded; so much may an edit miss its sample by.
    let tolerance = timescale.div_ceil(movie_timescale);
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
        let end = time.saturating_add(sample.duration.into());
        if end + tolerance >= until {
            if end > until.saturating_add(tolerance) {
                sample.duration = (until - time).max(1) as u32;
            }
            return index + 1;
        }
        time = end;
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
