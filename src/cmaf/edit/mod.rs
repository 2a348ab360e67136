//! Parts of a track: edit lists of the input, and the user's `--from` and `--to`.

mod priming;

use std::ops::Range;

pub use priming::{Timescales, apply_priming};

use super::sample::{Dependency, Sample};
use super::track::{GroupDescription, Track};
use crate::demux::Edit;
use crate::error::{Error, Result};
use crate::time::{Seconds, display_ticks};

/// Brings an input's edit list and composition offsets into its decode times, where that is exact.
///
/// Afterwards the track starts when its first picture is presented, and composition offsets count from there: the
/// first sample of each fragment whose group of pictures is closed is decoded when the first of them is presented, and
/// no edit list is needed (rule CMF-23). Where offsets alone cannot do that, because frames last unequally long,
/// decode times become the composition times in ascending order.
///
/// One edit at normal rate, with an empty one before it perhaps, can be kept: the empty one moves the track's start;
/// samples before the edit are dropped if it starts where a sync sample is the first to be presented, those behind its
/// end are dropped too, unless those before it refer to them.
///
/// # Errors
/// `Unsupported` for anything else; the message gives the time. `Limit` where an offset does not fit 32 bits.
pub fn apply_edits(track: &mut Track, edits: &[Edit], movie_timescale: Option<u32>) -> Result<()> {
    let movie_timescale = u64::from(movie_timescale.unwrap_or(track.timescale).max(1));
    let timescale = u64::from(track.timescale);
    let to_media = |movie: u64| {
        let ticks = (u128::from(movie) * u128::from(timescale) * 2 + u128::from(movie_timescale))
            / (2 * u128::from(movie_timescale));
        i64::try_from(ticks).map_err(|_| Error::limit("an edit is too long"))
    };
    let mut offset = 0i64;
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
        [] => None,
        [edit] => Some(edit),
        [first, second, ..] => {
            return Err(several_parts(second.media_time.max(first.media_time), track.timescale));
        }
    };
    let Some(edit) = edit else {
        let presented = earliest(track)?;
        return present(track, presented, presented.checked_add(offset));
    };
    let at = media_start(edit, track.timescale)?;
    // Movie times of a coarser clock are rounded; so much may an edit miss the end of its last sample by.
    let tolerance = if movie_timescale < timescale { timescale.div_ceil(movie_timescale) } else { 0 };
    let first = first_sample(track, at)?;
    let mut end = track.samples.samples().len();
    if edit.segment_duration > 0 {
        let until = at.saturating_add(to_media(edit.segment_duration)?);
        end = cut_end(track, first, until, tolerance)?;
    }
    let skipped: u64 = track.samples.samples()[..first].iter().map(|s| u64::from(s.duration)).sum();
    track.start += skipped;
    keep(track, first..end)?;
    let presented = earliest(track)?;
    present(track, presented, presented.checked_sub(at).and_then(|start| start.checked_add(offset)))
}

fn several_parts(second: i64, timescale: u32) -> Error {
    Error::unsupported(format!(
        "the input's edit list has several parts, the second from {}; package them apart with --from and --to, after \
         removing the edit list",
        display_ticks(second.unsigned_abs(), timescale)
    ))
}

/// Where an edit starts in the media, if it plays at normal rate.
fn media_start(edit: &Edit, timescale: u32) -> Result<i64> {
    let at = edit.media_time;
    if at < 0 {
        return Err(Error::format(format!("an edit starts at media time {at}")));
    }
    if edit.media_rate != 0x1_0000 {
        return Err(Error::unsupported(format!(
            "the edit at {} plays at another rate than 1",
            display_ticks(at.unsigned_abs(), timescale)
        )));
    }
    Ok(at)
}

/// Decode times at which a track starts and ends.
///
/// # Errors
/// `Limit` where composition times could pass 63 bits.
fn span(track: &Track) -> Result<(i64, i64)> {
    let too_late = || Error::limit("the track's times do not fit 63 bits");
    let end = i64::try_from(track.start.saturating_add(track.duration())).map_err(|_| too_late())?;
    // Offsets have 32 bits.
    end.checked_add(1 << 32).ok_or_else(too_late)?;
    Ok((track.start as i64, end))
}

/// Decode times and samples, in order.
fn timed(track: &Track) -> Result<impl Iterator<Item = (i64, &Sample)>> {
    let (mut time, _) = span(track)?;
    Ok(track.samples.samples().iter().map(move |sample| {
        let this = time;
        time += i64::from(sample.duration);
        (this, sample)
    }))
}

/// Indices, decode times and samples, the last one first.
fn timed_backwards(track: &Track) -> Result<impl Iterator<Item = (usize, i64, &Sample)>> {
    let (_, mut time) = span(track)?;
    Ok(track.samples.samples().iter().enumerate().rev().map(move |(index, sample)| {
        time -= i64::from(sample.duration);
        (index, time, sample)
    }))
}

fn composition(time: i64, sample: &Sample) -> i64 {
    time + i64::from(sample.composition_offset)
}

/// When the first picture is presented, in media time.
fn earliest(track: &Track) -> Result<i64> {
    let earliest = timed(track)?.map(|(time, sample)| composition(time, sample)).min();
    earliest.ok_or_else(|| Error::unsupported("no sample is left"))
}

/// Makes decode times start at `start`, where what is presented first, at media time `presented`, is presented.
fn present(track: &mut Track, presented: i64, start: Option<i64>) -> Result<()> {
    let start = start.ok_or_else(|| Error::limit("the track starts too late"))?;
    let shift = presented - track.start as i64;
    let unfit = || Error::limit("a composition offset does not fit 32 bits");
    if track.samples.samples().iter().any(|sample| sample.composition_offset != 0) {
        for sample in track.samples.samples_mut() {
            let offset = i64::from(sample.composition_offset) - shift;
            sample.composition_offset = i32::try_from(offset).map_err(|_| unfit())?;
        }
        track.start = track.start.saturating_add_signed(shift);
        if !starts_are_presented(track)? {
            order_by_presentation(track)?;
        }
    }
    track.start = u64::try_from(start).unwrap_or_else(|_| {
        track.warnings.push(format!(
            "the first picture is presented {} before the presentation starts; the track starts at 0",
            display_ticks(start.unsigned_abs(), track.timescale)
        ));
        0
    });
    Ok(())
}

/// Whether each sync sample is decoded when the first picture from it on is presented.
fn starts_are_presented(track: &Track) -> Result<bool> {
    let mut earliest = i64::MAX;
    for (_, time, sample) in timed_backwards(track)? {
        earliest = earliest.min(composition(time, sample));
        if sample.dependency == Dependency::Sync && earliest != time {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes the decode times the composition times in ascending order, if no two of these are the same.
fn order_by_presentation(track: &mut Track) -> Result<()> {
    let times: Vec<i64> = timed(track)?.map(|(time, sample)| composition(time, sample)).collect();
    let Some(last) = (0..times.len()).max_by_key(|&index| times[index]) else { return Ok(()) };
    let last_duration = track.samples.samples()[last].duration;
    let mut sorted = times.clone();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        track.warnings.push("several pictures have the same composition time".into());
        return Ok(());
    }
    let samples = track.samples.samples_mut();
    for (index, sample) in samples.iter_mut().enumerate() {
        let (offset, next) = (times[index] - sorted[index], sorted.get(index + 1));
        let duration = next.map_or(Ok(last_duration), |next| u32::try_from(next - sorted[index]));
        let unfit = |_| Error::limit("the times of the samples do not fit 32 bits").sample(index as u64 + 1);
        sample.duration = duration.map_err(unfit)?;
        sample.composition_offset = i32::try_from(offset).map_err(unfit)?;
    }
    Ok(())
}

/// Where an edit at `at` starts to decode: the sync sample from which on `at` is presented first, or the first of all.
fn first_sample(track: &Track, at: i64) -> Result<usize> {
    let mut earliest = i64::MAX;
    let mut sync_before = None;
    for (index, time, sample) in timed_backwards(track)? {
        earliest = earliest.min(composition(time, sample));
        let sync = sample.dependency == Dependency::Sync;
        if earliest == at && (index == 0 || sync) || (index == 0 && earliest > at) {
            return Ok(index);
        }
        if sync && earliest < at {
            sync_before.get_or_insert(earliest);
        }
    }
    let hint = match sync_before {
        Some(sync) => {
            format!(
                "the random access point before it is at {}",
                display_ticks(sync.max(0) as u64, track.timescale)
            )
        }
        None => "there is no random access point before it".to_string(),
    };
    Err(Error::unsupported(format!(
        "the input's edit list starts at {}, which is no random access point; {hint}. Re-encode from there, or remove \
         the edit list",
        display_ticks(at.unsigned_abs(), track.timescale)
    )))
}

/// The number of samples up to the last that is presented before `until`; the last one decoded is shortened so that
/// those from `first` on end there.
fn cut_end(track: &mut Track, first: usize, until: i64, tolerance: u64) -> Result<usize> {
    let tolerance = tolerance as i64; // at most a timescale
    let shown = |time: i64, sample: &Sample| {
        let shown = until.saturating_sub(composition(time, sample));
        shown > 0 && (shown > tolerance || i64::from(sample.duration) <= 2 * tolerance)
    };
    let mut end = first;
    let (mut count, mut earliest, mut total) = (0, i64::MAX, 0i64);
    for (index, (time, sample)) in timed(track)?.enumerate().skip(first) {
        earliest = earliest.min(composition(time, sample));
        if shown(time, sample) {
            end = index + 1;
            count += 1;
        }
    }
    for sample in &track.samples.samples()[first..end] {
        total += i64::from(sample.duration);
    }
    let excess = earliest.saturating_add(total).saturating_sub(until);
    let extra = (end - first).saturating_sub(count);
    if extra > 0 {
        track.warnings.push(format!(
            "the input's edit list ends where {extra} pictures behind it are needed to decode those before; they are \
             presented too"
        ));
        return Ok(end);
    }
    if let Some(last) = end.checked_sub(1).and_then(|last| track.samples.samples_mut().get_mut(last))
        && excess > tolerance
        && excess < i64::from(last.duration)
    {
        last.duration -= excess as u32; // less than the duration
    }
    Ok(end)
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
pub(super) mod tests {
    use super::*;
    use crate::cmaf::{Description, Detail, Media, NewSample, SampleGroup, SampleTable};
    use crate::input::Input;

    /// A track of samples of 10 ticks each, 100 ticks a second; `s` stands for sync samples.
    pub(super) fn track(kinds: &str, start: u64) -> Track {
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

    pub(super) fn edit(segment_duration: u64, media_time: i64) -> Edit {
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

    /// Start, composition offsets and durations after the edits, of samples of 10 ticks that are presented at these
    /// times; those of groups of pictures, the first of each a sync sample.
    fn reordered(groups: &[&[i64]], edits: &[Edit]) -> Result<(u64, Vec<i32>, Vec<u32>)> {
        let kinds: String =
            groups.iter().map(|group| "s".to_string() + &".".repeat(group.len() - 1)).collect();
        let mut track = track(&kinds, 0);
        let times = groups.iter().copied().flatten();
        for (index, (sample, time)) in track.samples.samples_mut().iter_mut().zip(times).enumerate() {
            sample.composition_offset = (*time - index as i64 * 10) as i32;
        }
        apply_edits(&mut track, edits, Some(100))?;
        let samples = track.samples.samples();
        let offsets = samples.iter().map(|s| s.composition_offset).collect();
        Ok((track.start, offsets, samples.iter().map(|s| s.duration).collect()))
    }

    #[test]
    fn the_initial_composition_delay_vanishes() {
        let groups: &[&[i64]] = &[&[20, 50, 30, 40], &[60, 70]];
        let offsets = vec![0, 20, -10, -10, 0, 0];
        let durations = vec![10; 6];
        let expected = |start| (start, offsets.clone(), durations.clone());
        assert_eq!(reordered(groups, &[edit(60, 20)]).unwrap(), expected(0));
        assert_eq!(reordered(groups, &[edit(0, 20)]).unwrap(), expected(0));
        assert_eq!(reordered(groups, &[edit(7, -1), edit(60, 20)]).unwrap(), expected(7));
        // Without an edit the delay is presented; an edit that starts before it leaves a part.
        assert_eq!(reordered(groups, &[]).unwrap(), expected(20));
        assert_eq!(reordered(groups, &[edit(0, 15)]).unwrap(), expected(5));
        // Negative offsets are no difference.
        let groups: &[&[i64]] = &[&[0, 30, 10, 20], &[40, 50]];
        assert_eq!(reordered(groups, &[]).unwrap(), expected(0));
    }

    #[test]
    fn edits_cut_reordered_pictures_at_sync_samples() {
        let groups: &[&[i64]] = &[&[20, 50, 30, 40], &[60, 80, 70]];
        assert_eq!(reordered(groups, &[edit(0, 60)]).unwrap(), (0, vec![0, 10, -10], vec![10; 3]));
        let error = reordered(groups, &[edit(0, 30)]).unwrap_err().to_string();
        assert!(error.contains("0.300 s") && error.contains("before it is at 0.200 s"), "{error}");
        // Pictures before the sync sample that go with it (stream access point type 2).
        let groups: &[&[i64]] = &[&[20, 30], &[60, 40, 50, 70]];
        assert_eq!(reordered(groups, &[edit(0, 40)]).unwrap(), (0, vec![20, -10, -10, 0], vec![10; 4]));
        // The end: exact, inside a picture, and where later pictures are needed.
        let groups: &[&[i64]] = &[&[20, 50, 30, 40], &[60, 70]];
        assert_eq!(reordered(groups, &[edit(40, 20)]).unwrap().2, [10; 4]);
        assert_eq!(reordered(groups, &[edit(45, 20)]).unwrap().2, [10, 10, 10, 10, 5]);
        assert_eq!(reordered(groups, &[edit(20, 20)]).unwrap().2, [10; 3]);
    }

    #[test]
    fn uneven_frames_are_decoded_when_the_next_is_presented() {
        let groups: &[&[i64]] = &[&[20, 65, 30, 50], &[70, 90]];
        assert_eq!(
            reordered(groups, &[edit(0, 20)]).unwrap(),
            (0, vec![0, 35, -20, -15, 0, 0], vec![10, 20, 15, 5, 20, 10])
        );
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
