//! Where a track is cut: fragments at sync samples, segments of whole fragments, chunks of any samples.

use std::ops::Range;

use super::sample::{Dependency, Sample};
use crate::time::Seconds;

/// A run of samples that starts at a sync sample (but perhaps the first of a track).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The samples, by index.
    pub samples: Range<usize>,
    /// Decode time of the first.
    pub start: u64,
    /// Duration in ticks.
    pub duration: u64,
}

impl Fragment {
    /// The earliest composition time of its samples.
    pub fn earliest_composition(&self, samples: &[Sample]) -> u64 {
        let mut time = self.start;
        let mut earliest = u64::MAX;
        for sample in &samples[self.samples.clone()] {
            earliest = earliest.min(time.saturating_add_signed(sample.composition_offset.into()));
            time += u64::from(sample.duration);
        }
        earliest.min(time)
    }
}

/// Where a track is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cuts {
    /// Fragments in order, which hold every sample once.
    pub fragments: Vec<Fragment>,
    /// Segments as ranges of fragments, in order, which hold every fragment once.
    pub segments: Vec<Range<usize>>,
    /// What chunks are to last, where fragments are to have more than one.
    pub chunk: Option<Seconds>,
}

impl Cuts {
    /// Cuts a track towards these durations, without regard to others.
    pub fn towards(samples: &[Sample], start: u64, timescale: u32, durations: &Durations) -> Self {
        let fragments = fragments(samples, start, timescale, durations.fragment.unwrap_or(durations.segment));
        let segments = segments(&fragments, timescale, durations.segment);
        Cuts { fragments, segments, chunk: durations.chunk }
    }

    /// What each segment lasts, in ticks.
    pub fn segment_durations(&self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator {
        self.segments.iter().map(|range| self.fragments[range.clone()].iter().map(|f| f.duration).sum())
    }
}

/// How long parts of a track are to be.
#[derive(Debug, Clone, Copy)]
pub struct Durations {
    /// What segments are to last.
    pub segment: Seconds,
    /// What fragments are to last. Where nobody says, those of video last a second or their group of pictures, so that
    /// players find its random access points; those of other media are whole segments.
    pub fragment: Option<Seconds>,
    /// What chunks are to last, where fragments are to have more than one.
    pub chunk: Option<Seconds>,
}

/// Cuts samples into fragments: each starts at a sync sample, and at every change of sample entry; the sync sample
/// whose distance from the last cut is nearest to `target` in proportion is taken, the later one of two equally near.
///
/// `start` is the decode time of the first sample. No samples give no fragment.
pub fn fragments(samples: &[Sample], start: u64, timescale: u32, target: Seconds) -> Vec<Fragment> {
    // Points where a cut may be made, or must.
    let mut points = Vec::new();
    let mut elapsed = 0u64;
    let mut entry = samples.first().map_or(0, |s| s.entry);
    for (index, sample) in samples.iter().enumerate() {
        let must = sample.entry != entry;
        entry = sample.entry;
        if index == 0 || must || sample.dependency == Dependency::Sync {
            points.push(Point { index, at: elapsed, must });
        }
        elapsed += u64::from(sample.duration);
    }
    points.push(Point { index: samples.len(), at: elapsed, must: true });

    let mut fragments = Vec::new();
    let mut last = 0;
    for cut in cuts(&points, target.ticks(timescale)) {
        let (from, to) = (&points[last], &points[cut]);
        if from.index < to.index {
            fragments.push(Fragment {
                samples: from.index..to.index,
                start: start + from.at,
                duration: to.at - from.at,
            });
        }
        last = cut;
    }
    fragments
}

/// Groups fragments into segments, the same way: towards `target`, whole fragments only. Ranges of fragment indices.
pub fn segments(fragments: &[Fragment], timescale: u32, target: Seconds) -> Vec<Range<usize>> {
    let Some(first) = fragments.first() else { return Vec::new() };
    let mut points: Vec<Point> = fragments
        .iter()
        .enumerate()
        .map(|(index, fragment)| Point { index, at: fragment.start - first.start, must: false })
        .collect();
    let end: u64 = fragments.iter().map(|f| f.duration).sum();
    points.push(Point { index: fragments.len(), at: end, must: true });

    let mut last = 0;
    cuts(&points, target.ticks(timescale))
        .into_iter()
        .map(|cut| {
            let range = points[last].index..points[cut].index;
            last = cut;
            range
        })
        .collect()
}

/// Splits a fragment's samples into chunks that last `target` or just over; the last may be shorter.
pub fn chunks(
    samples: &[Sample],
    fragment: &Fragment,
    timescale: u32,
    target: Option<Seconds>,
) -> Vec<Range<usize>> {
    let Some(target) = target else { return vec![fragment.samples.clone()] };
    let target = target.ticks(timescale).max(1);
    let mut chunks = Vec::new();
    let mut from = fragment.samples.start;
    let mut elapsed = 0u64;
    for index in fragment.samples.clone() {
        elapsed += u64::from(samples[index].duration);
        if elapsed >= target || index + 1 == fragment.samples.end {
            chunks.push(from..index + 1);
            from = index + 1;
            elapsed = 0;
        }
    }
    chunks
}

/// A place where a cut may be made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    /// What lies behind the cut, by index.
    pub(super) index: usize,
    /// Ticks from the start.
    pub(super) at: u64,
    /// Whether a cut must be made.
    pub(super) must: bool,
}

/// Indices of the points to cut at towards `target` ticks, the last point included, the first not: the point whose
/// distance from the last cut is nearest to the target in proportion, of two equally near the later. Twice the target is
/// as far from it as a half: a sliver of a segment costs a request and a peak of the bit rate.
pub(super) fn cuts(points: &[Point], target: u64) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut from = 0;
    for (index, point) in points.iter().enumerate().skip(1) {
        let elapsed = point.at - points[from].at;
        let nearest = elapsed >= target
            || points.get(index + 1).is_none_or(|next| {
                let next = next.at - points[from].at;
                next > target && u128::from(elapsed) * u128::from(next) > u128::from(target).pow(2)
            });
        if point.must || nearest {
            cuts.push(index);
            from = index;
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Detail, NewSample, SampleTable};
    use super::*;

    /// Samples of 10 ticks each; `s` is a sync sample, `e` one with another entry.
    fn samples(kinds: &str) -> Vec<Sample> {
        let mut table = SampleTable::default();
        let mut entry = 0;
        for kind in kinds.chars() {
            entry += u8::from(kind == 'e');
            let dependency = if kind == '.' { Dependency::Dependent } else { Dependency::Sync };
            table.push(NewSample::new(1, dependency, entry), &Detail::default()).unwrap();
        }
        table.samples_mut().iter_mut().for_each(|s| s.duration = 10);
        table.samples().to_vec()
    }

    fn lengths(kinds: &str, target: &str) -> Vec<usize> {
        let samples = samples(kinds);
        let fragments = fragments(&samples, 7, 10, target.parse().unwrap());
        let mut next = 0;
        for fragment in &fragments {
            assert_eq!(fragment.samples.start, next);
            assert_eq!(fragment.start, 7 + 10 * next as u64);
            next = fragment.samples.end;
        }
        assert_eq!(next, samples.len());
        fragments.iter().map(|f| f.samples.len()).collect()
    }

    #[test]
    fn fragments_take_the_nearest_sync_sample() {
        assert_eq!(lengths("s..s..s..", "3"), [3, 3, 3]);
        assert_eq!(lengths("s..s..s..", "4"), [3, 3, 3]);
        assert_eq!(lengths("s..s..s..", "5"), [6, 3]);
        assert_eq!(lengths("s..s..s..", "100"), [9]);
        assert_eq!(lengths("ss......s..", "4"), [8, 3], "not a sliver of 1");
        assert_eq!(lengths("sssss", "0"), [1, 1, 1, 1, 1]);
        assert_eq!(lengths("....", "1"), [4]);
        assert_eq!(lengths("..s.s", "2"), [2, 2, 1]);
        assert_eq!(lengths("s.e.s.", "100"), [2, 4]);
        assert!(fragments(&[], 0, 10, "1".parse().unwrap()).is_empty());
    }

    #[test]
    fn segments_are_whole_fragments() {
        let samples = samples("s.s.s.s.s.");
        let all = fragments(&samples, 0, 10, "2".parse().unwrap());
        assert_eq!(all.len(), 5);
        assert_eq!(segments(&all, 10, "4".parse().unwrap()), [0..2, 2..4, 4..5]);
        assert_eq!(segments(&all, 10, "1".parse().unwrap()).len(), 5);
    }

    #[test]
    fn chunks_cut_anywhere() {
        let samples = samples("s....s.");
        let all = fragments(&samples, 0, 10, "5".parse().unwrap());
        assert_eq!(chunks(&samples, &all[0], 10, Some("1.5".parse().unwrap())), [0..2, 2..4, 4..5]);
        assert_eq!(chunks(&samples, &all[1], 10, None), vec![5..7; 1]);
    }
}
