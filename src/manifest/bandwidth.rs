//! The rates that manifests promise, measured on what was written.

use std::ops::Range;

use crate::time::Seconds;

/// Bytes that are needed at once, and the time until the next ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Bytes.
    pub size: u64,
    /// Ticks.
    pub duration: u64,
}

/// The smallest `@bandwidth`, in bits a second: over a channel of that rate, playing that begins `min_buffer_time` after
/// the first byte of any segment never waits. ISO/IEC 23009-1 § 5.3.5.2, rule MPD-09.
///
/// A segment is its parts in decode order, each of which is needed in full when its time begins. `min_buffer_time` is
/// not 0, or nothing but an infinite rate would do: that gives `u64::MAX`.
pub fn leaky_bucket<'a>(
    segments: impl IntoIterator<Item = &'a [Part]>,
    timescale: u32,
    min_buffer_time: Seconds,
) -> u64 {
    if min_buffer_time.0.is_zero() {
        return u64::MAX;
    }
    // Times are in fractions of a tick in which the buffer time is whole.
    let fraction = i128::from(min_buffer_time.0.denominator());
    let buffer = i128::from(min_buffer_time.0.numerator()) * i128::from(timescale);
    let mut starts = Vec::new();
    let mut ends: Vec<(Point, Range<usize>)> = Vec::new();
    let mut now = Point { time: 0, bytes: 0 };
    for segment in segments {
        starts.push(now);
        let first = ends.len();
        for part in segment {
            now.bytes = now.bytes.saturating_add(part.size.into());
            let end = Point { time: now.time.saturating_add(buffer), bytes: now.bytes };
            // All ends of a segment have the same starts, so those under a line between two others never count.
            while let [.., (a, _), (b, _)] = &ends[first..]
                && b.is_under(*a, end)
            {
                ends.pop();
            }
            ends.push((end, 0..starts.len()));
            now.time = now.time.saturating_add(i128::from(part.duration).saturating_mul(fraction));
        }
    }
    steepest(&starts, &ends).bits_per_second(i128::from(timescale).saturating_mul(fraction))
}

/// The largest rate of any run of segments that lasts 0.5 to 1.5 target durations, in bits a second; a single segment
/// that lasts longer counts too. The peak segment bit rate of RFC 8216 § 4.1, rule HLS-06.
///
/// `target` is in seconds. What is shorter than half of it as a whole has its mean.
pub fn peak(segments: &[Part], timescale: u32, target: u64) -> u64 {
    let mut edges = Vec::with_capacity(segments.len() + 1);
    edges.push(Point { time: 0, bytes: 0 });
    let mut now = edges[0];
    for segment in segments {
        // Twice as many, so that half of the target is whole.
        now.time = now.time.saturating_add(i128::from(segment.duration) * 2);
        now.bytes = now.bytes.saturating_add(segment.size.into());
        edges.push(now);
    }
    let target = i128::from(target) * i128::from(timescale);
    let (shortest, longest) = (target, target * 3);
    let (mut first, mut past) = (0, 0);
    let mut ends = Vec::with_capacity(segments.len());
    for (index, &end) in edges.iter().enumerate().skip(1) {
        while first < index && end.time - edges[first].time > longest {
            first += 1;
        }
        while past < index && end.time - edges[past].time >= shortest && end.time > edges[past].time {
            past += 1;
        }
        if first == index {
            ends.push((end, index - 1..index));
        } else if first < past {
            ends.push((end, first..past));
        }
    }
    if ends.is_empty() {
        return mean(segments, timescale);
    }
    steepest(&edges, &ends).bits_per_second(i128::from(timescale) * 2)
}

/// The rate of all together, in bits a second, rounded up.
pub fn mean(segments: &[Part], timescale: u32) -> u64 {
    let total = segments.iter().fold(Rate { bytes: 0, ticks: 0 }, |total, segment| Rate {
        bytes: total.bytes.saturating_add(segment.size.into()),
        ticks: total.ticks.saturating_add(segment.duration.into()),
    });
    total.bits_per_second(timescale.into())
}

/// How many bytes there are before a point in time.
#[derive(Debug, Clone, Copy)]
struct Point {
    time: i128,
    bytes: i128,
}

impl Point {
    /// Whether it is not above the line from `a` to `c`, between which it lies in time.
    fn is_under(self, a: Point, c: Point) -> bool {
        let own = (self.bytes - a.bytes).checked_mul(c.time - a.time);
        let line = (c.bytes - a.bytes).checked_mul(self.time - a.time);
        own.zip(line).is_some_and(|(own, line)| own <= line)
    }
}

/// Bytes in ticks of some timescale.
#[derive(Debug, Clone, Copy)]
struct Rate {
    bytes: i128,
    ticks: i128,
}

impl Rate {
    /// Rounded up; nothing in no time is 0, anything in no time is `u64::MAX`.
    fn bits_per_second(self, timescale: i128) -> u64 {
        if self.bytes == 0 {
            return 0;
        }
        let bits = self.bytes.saturating_mul(8).saturating_mul(timescale);
        match self.ticks {
            ..=0 => u64::MAX,
            ticks => u64::try_from(bits / ticks + i128::from(bits % ticks != 0)).unwrap_or(u64::MAX),
        }
    }

    /// How many bytes more, scaled, are before a point than this rate would bring.
    fn excess(self, point: Point) -> i128 {
        point.bytes.saturating_mul(self.ticks).saturating_sub(point.time.saturating_mul(self.bytes))
    }
}

/// The largest rate between an end and one of the starts that it may have, all of which are before it in time. The
/// bounds of those ranges never fall from one end to the next.
///
/// Dinkelbach's method: take the pair that is furthest above the rate so far, until there is none. Each round is linear,
/// and there are few, because the rate gets closer with the square.
fn steepest(starts: &[Point], ends: &[(Point, Range<usize>)]) -> Rate {
    let mut rate = Rate { bytes: 0, ticks: 1 };
    loop {
        let mut best: Option<(i128, Rate)> = None;
        // Starts that may still be the lowest of a window, rising.
        let mut lowest: std::collections::VecDeque<usize> = std::collections::VecDeque::new();
        let mut entered = 0;
        for (end, window) in ends {
            for index in entered..window.end {
                while lowest
                    .back()
                    .is_some_and(|&last| rate.excess(starts[last]) >= rate.excess(starts[index]))
                {
                    lowest.pop_back();
                }
                lowest.push_back(index);
            }
            entered = entered.max(window.end);
            while lowest.front().is_some_and(|&index| index < window.start) {
                lowest.pop_front();
            }
            let Some(&start) = lowest.front() else { continue };
            let excess = rate.excess(*end).saturating_sub(rate.excess(starts[start]));
            if excess > best.map_or(0, |(most, _)| most) {
                let start = starts[start];
                best = Some((excess, Rate { bytes: end.bytes - start.bytes, ticks: end.time - start.time }));
            }
        }
        match best {
            Some((_, better)) if better.ticks > 0 => rate = better,
            _ => return rate,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(numerator: u64, denominator: u64) -> Seconds {
        Seconds(crate::time::Rational::new(numerator, denominator).unwrap())
    }

    /// Rounded up, as the functions do.
    fn rate(bytes: u64, ticks: u64, timescale: u32) -> u64 {
        (bytes * 8 * u64::from(timescale)).div_ceil(ticks)
    }

    fn parts(most: usize) -> impl Strategy<Value = Vec<Part>> {
        let part = (0u64..5000, 0u64..3000).prop_map(|(size, duration)| Part { size, duration });
        prop::collection::vec(part, 1..most)
    }

    #[test]
    fn a_steady_stream_has_its_own_rate() {
        let steady = [Part { size: 1000, duration: 1000 }; 8];
        assert_eq!(mean(&steady, 1000), 8000);
        assert_eq!(peak(&steady, 1000, 1), 8000);
        // All of a segment is needed when it begins, so a buffer of one segment is what makes it smooth.
        assert_eq!(leaky_bucket(steady.chunks(1), 1000, seconds(1, 1)), 8000);
        assert_eq!(leaky_bucket(steady.chunks(1), 1000, seconds(1, 2)), 16000);
    }

    #[test]
    fn a_long_segment_counts_alone_and_a_short_end_does_not() {
        let mut segments = vec![Part { size: 100, duration: 1000 }; 4];
        segments.push(Part { size: 4000, duration: 100 });
        // 0.1 s is under half of the target: with the second before it, 4100 bytes in 1.1 s.
        assert_eq!(peak(&segments, 1000, 1), rate(4100, 1100, 1000));
        assert_eq!(peak(&[Part { size: 5000, duration: 5000 }], 1000, 1), 8000);
        assert_eq!(peak(&[Part { size: 50, duration: 100 }], 1000, 1), 4000);
        assert_eq!(peak(&[], 1000, 1), 0);
    }

    #[test]
    fn a_bucket_without_time_has_no_rate() {
        assert_eq!(leaky_bucket([&[Part { size: 1, duration: 1 }][..]], 1, seconds(0, 1)), u64::MAX);
        let huge = [Part { size: u64::MAX, duration: u64::MAX }; 4];
        let _ = leaky_bucket(huge.chunks(1), u32::MAX, seconds(u64::MAX, 7));
        let _ = peak(&huge, u32::MAX, u64::MAX);
    }

    proptest! {
        #[test]
        fn the_bucket_is_what_trying_all_pairs_gives(
            segments in prop::collection::vec(parts(6), 1..12),
            buffer in 1u64..4000,
        ) {
            let mut worst = 0;
            for first in 0..segments.len() {
                let (mut bytes, mut time) = (0, 0);
                for part in segments[first..].iter().flatten() {
                    bytes += part.size;
                    // The buffer is in thirds of a millisecond.
                    worst = worst.max(rate(bytes, buffer + 3 * time, 3000));
                    time += part.duration;
                }
            }
            let found = leaky_bucket(segments.iter().map(Vec::as_slice), 1000, seconds(buffer, 3000));
            prop_assert_eq!(found, worst);
        }

        #[test]
        fn the_peak_is_what_trying_all_runs_gives(segments in parts(40), target in 1u64..4) {
            let mut worst = None;
            for first in 0..segments.len() {
                let (mut bytes, mut time) = (0, 0);
                for (index, part) in segments.iter().enumerate().skip(first) {
                    bytes += part.size;
                    time += part.duration;
                    let is_run = (target * 500..=target * 1500).contains(&time);
                    if is_run || (index == first && time > target * 1500) {
                        worst = worst.max(Some(rate(bytes, time, 1000)));
                    }
                }
            }
            prop_assert_eq!(peak(&segments, 1000, target), worst.unwrap_or_else(|| mean(&segments, 1000)));
        }
    }
}
