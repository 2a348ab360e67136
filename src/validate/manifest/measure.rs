//! What a track has at the places that a manifest names.

use std::ops::Range;

use crate::manifest::bandwidth::Part;
use crate::validate::facts::{FragmentFacts, TrackFacts};

/// How many times over segments of a track may hold its fragments.
const OVERLAP_LIMIT: usize = 4;

/// A segment as it is in the file.
#[derive(Debug, Clone)]
pub(in crate::validate) struct Segment {
    /// In all files as one.
    pub(in crate::validate) range: Range<u64>,
    /// Its fragments.
    pub(in crate::validate) fragments: Range<usize>,
    /// Earliest time of presentation, edit list applied, in ticks.
    pub(in crate::validate) time: i64,
    /// Decode time, in ticks.
    pub(in crate::validate) decode: i64,
    /// To the next segment's time, or to the end, in ticks.
    pub(in crate::validate) duration: u64,
    /// Of its samples, in ticks.
    pub(in crate::validate) samples_duration: u64,
}

/// The segments at these places. One without a fragment is left out; where places overlap so much that they hold the file
/// many times over, the rest is.
pub(super) fn segments(facts: &TrackFacts, places: &[Range<u64>]) -> Vec<Segment> {
    let edit = facts.edit_offset();
    let mut found: Vec<Segment> = Vec::new();
    let mut left = facts.fragments.len().saturating_mul(OVERLAP_LIMIT);
    for place in places {
        let first = facts.fragments.partition_point(|fragment| fragment.moof < place.start);
        let past = facts.fragments.partition_point(|fragment| fragment.moof < place.end);
        let Some(fragments) = facts.fragments.get(first..past).filter(|fragments| !fragments.is_empty())
        else {
            continue;
        };
        let Some(rest) = left.checked_sub(fragments.len()) else { break };
        left = rest;
        let earliest = fragments.iter().map(|fragment| fragment.earliest).min().unwrap_or(0);
        let duration = fragments.iter().fold(0u64, |sum, fragment| sum.saturating_add(fragment.duration));
        found.push(Segment {
            range: place.clone(),
            fragments: first..past,
            time: earliest.saturating_sub(edit).max(0),
            decode: fragments.first().map_or(0, |fragment| fragment.time),
            duration,
            samples_duration: duration,
        });
    }
    let ends: Vec<i64> = found.iter().skip(1).map(|segment| segment.time).collect();
    let shift = |segment: &Segment| segment.decode.saturating_sub(edit).min(0).unsigned_abs();
    for (index, segment) in found.iter_mut().enumerate() {
        segment.duration = match ends.get(index) {
            Some(end) if *end > segment.time => end.abs_diff(segment.time),
            Some(_) => segment.samples_duration,
            // What the edit list takes away at the start is not shown.
            None => segment.samples_duration.saturating_sub(shift(segment)),
        };
    }
    found
}

/// The places of the parts that the segment index lists.
pub(super) fn indexed(facts: &TrackFacts) -> Vec<Range<u64>> {
    facts.index_references.iter().map(|(start, size, _)| *start..start.saturating_add(*size)).collect()
}

/// The fragments of a segment.
pub(super) fn fragments<'a>(facts: &'a TrackFacts, segment: &Segment) -> &'a [FragmentFacts] {
    facts.fragments.get(segment.fragments.clone()).unwrap_or_default()
}

/// The type of the access point that a segment begins with, as far as marks and times tell: 1, 2 where samples that are
/// decoded later are shown earlier, 0 for none.
pub(super) fn access_point(facts: &TrackFacts, segment: &Segment) -> u8 {
    let Some(first) = fragments(facts, segment).first() else { return 0 };
    if !first.starts_with_sync {
        return 0;
    }
    let number = segment.fragments.start as u64 + 1;
    let from = facts.sync_samples.partition_point(|sync| sync.fragment < number);
    let sync = facts.sync_samples.get(from).filter(|sync| sync.fragment == number && sync.is_first);
    match sync {
        Some(sync) if sync.time > first.earliest => 2,
        _ => 1,
    }
}

/// Bytes and ticks of segments.
pub(super) fn parts(segments: &[Segment]) -> Vec<Part> {
    let part = |segment: &Segment| Part {
        size: segment.range.end.saturating_sub(segment.range.start),
        duration: segment.duration,
    };
    segments.iter().map(part).collect()
}

/// Ticks in seconds.
pub(super) fn seconds(ticks: i64, timescale: u32) -> f64 {
    ticks as f64 / f64::from(timescale.max(1))
}

/// How long a sample lasts, in seconds, in the mean.
pub(super) fn sample_duration(facts: &TrackFacts) -> f64 {
    seconds(i64::try_from(facts.duration).unwrap_or(i64::MAX), facts.timescale())
        / facts.samples.max(1) as f64
}

/// Samples a second, where all last equally long.
pub(super) fn steady_rate(facts: &TrackFacts) -> Option<f64> {
    let (first, rest) = facts.fragments.split_first()?;
    let each = first.duration.checked_div(first.samples)?;
    let is_steady =
        |fragment: &FragmentFacts| each.checked_mul(fragment.samples) == Some(fragment.duration) && each > 0;
    // The last sample of a track may last as long as it likes.
    let (_, body) = rest.split_last().unwrap_or((first, &[]));
    let all = is_steady(first) && body.iter().all(is_steady);
    all.then(|| f64::from(facts.timescale()) / each as f64)
}
