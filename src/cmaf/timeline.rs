//! From the stamps of a container, or a frame rate, to the durations of samples.

use super::sample::Sample;
use crate::error::{Error, Result};
use crate::time::display_ticks;

/// Where times come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The container's stamps, each times `factor`, are ticks of the track's timescale.
    Stamps {
        /// What a stamp is multiplied by.
        factor: u32,
    },
    /// Every sample lasts `interval` ticks, stamps are not looked at.
    Constant {
        /// Ticks a sample.
        interval: u32,
    },
    /// Stamps are roundings of multiples of `interval` ticks, counted from the first stamp.
    Grid {
        /// Ticks a second of the stamps.
        stamp_timescale: u32,
        /// Ticks a sample, in the track's timescale.
        interval: u32,
    },
}

/// Gives samples their durations while they come in.
#[derive(Debug)]
pub struct Timeline {
    timescale: u32,
    clock: Clock,
    /// Ticks a sample, where the stream or the user says so.
    nominal: Option<u32>,
    /// The stamp of the first sample, on which a grid is based.
    first_stamp: Option<i64>,
    first: i64,
    previous: i64,
    /// Samples since the last one that had a stamp, itself included.
    since_stamp: usize,
    /// Added to stamps, after some had to be put right.
    shift: i64,
    last_duration: Option<u64>,
    last_interval: Option<u32>,
    repaired: Tally,
    off_grid: Tally,
    uneven: Tally,
}

/// How often something happened, and where first: the sample's number and a value that tells more.
#[derive(Debug, Default)]
pub(in crate::cmaf) struct Tally {
    pub(in crate::cmaf) count: u64,
    pub(in crate::cmaf) first: Option<(usize, i64)>,
}

impl Tally {
    /// Counts the sample with this index.
    pub(in crate::cmaf) fn add(&mut self, index: usize, value: i64) {
        self.count += 1;
        self.first.get_or_insert((index + 1, value));
    }
}

impl Timeline {
    /// A timeline in ticks of `timescale`. `nominal` is the duration to give where nothing else tells one.
    pub fn new(timescale: u32, clock: Clock, nominal: Option<u32>) -> Self {
        Timeline {
            timescale,
            clock,
            nominal,
            first_stamp: None,
            first: 0,
            previous: 0,
            since_stamp: 0,
            shift: 0,
            last_duration: None,
            last_interval: None,
            repaired: Tally::default(),
            off_grid: Tally::default(),
            uneven: Tally::default(),
        }
    }

    /// Takes in the newest sample of `samples`, which are all there are so far, and gives those before it their
    /// durations. `stamp` and `duration` are the container's, in its own ticks; none for a sample that shares
    /// its container packet with the one before.
    ///
    /// # Errors
    /// `Limit` where a duration does not fit 32 bits.
    pub fn push(&mut self, samples: &mut [Sample], stamp: Option<i64>, duration: Option<u64>) -> Result<()> {
        let Some(newest) = samples.len().checked_sub(1) else { return Ok(()) };
        if let Clock::Constant { interval } = self.clock {
            self.note_uneven_stamps(newest, stamp);
            samples[newest].duration = interval;
            return Ok(());
        }
        let Some(stamp) = stamp else {
            // The first sample counts as stamped at 0.
            self.since_stamp += 1;
            return Ok(());
        };
        let time = self.time(newest, stamp)?;
        if newest == 0 {
            self.first = time;
        } else {
            self.spread(&mut samples[newest - self.since_stamp..newest], (time - self.previous) as u64)?;
        }
        self.previous = time;
        self.since_stamp = 1;
        self.last_duration = duration.map(|d| self.to_ticks(d)).filter(|&d| d > 0);
        Ok(())
    }

    /// The time of a stamp, later than the one before.
    fn time(&mut self, sample: usize, stamp: i64) -> Result<i64> {
        let first_stamp = *self.first_stamp.get_or_insert(stamp);
        let too_large = || Error::limit(format!("time {stamp} is too large")).sample(sample as u64 + 1);
        let raw = match self.clock {
            Clock::Stamps { factor } => stamp.checked_mul(factor.into()).ok_or_else(too_large)?,
            Clock::Constant { interval } => {
                i64::try_from(sample as u64 * u64::from(interval)).map_err(|_| too_large())?
            }
            Clock::Grid { stamp_timescale, interval } => {
                let scale = |stamp: i64| {
                    let (n, d) =
                        (i128::from(stamp) * i128::from(self.timescale), i128::from(stamp_timescale));
                    (2 * n + d).div_euclid(2 * d)
                };
                let (time, base) = (scale(stamp), scale(first_stamp));
                let interval = i128::from(interval);
                let on_grid = base + (2 * (time - base) + interval).div_euclid(2 * interval) * interval;
                // A stamp is off by half its unit at most, and so is the first.
                let unit = i128::from(self.timescale.div_ceil(stamp_timescale)) + 1;
                let time = if (on_grid - time).abs() <= unit {
                    on_grid
                } else {
                    self.off_grid.add(sample, stamp);
                    time
                };
                i64::try_from(time).map_err(|_| too_large())?
            }
        };
        let mut time = raw.checked_add(self.shift).ok_or_else(too_large)?;
        let needed = self.since_stamp as i64;
        if sample > 0 && time - self.previous < needed {
            self.repaired.add(sample, stamp);
            let interval = i64::from(self.nominal.or(self.last_interval).unwrap_or(1).max(1));
            time = interval
                .checked_mul(needed)
                .and_then(|span| self.previous.checked_add(span))
                .ok_or_else(too_large)?;
            self.shift = time - raw;
        }
        Ok(time)
    }

    /// Shares `span` ticks among samples, evenly but for the last.
    fn spread(&mut self, samples: &mut [Sample], span: u64) -> Result<()> {
        let count = samples.len() as u64;
        for (index, sample) in samples.iter_mut().enumerate() {
            let share =
                if index as u64 + 1 == count { span - span / count * (count - 1) } else { span / count };
            sample.duration = u32::try_from(share).map_err(|_| {
                Error::limit(format!("a sample of {} does not fit", display_ticks(share, self.timescale)))
            })?;
            self.last_interval = Some(sample.duration);
        }
        Ok(())
    }

    /// A duration of the container in ticks of the track.
    fn to_ticks(&self, duration: u64) -> u64 {
        match self.clock {
            Clock::Stamps { factor } => duration.saturating_mul(factor.into()),
            Clock::Constant { interval } => interval.into(),
            Clock::Grid { interval, .. } => interval.into(),
        }
    }

    fn note_uneven_stamps(&mut self, sample: usize, stamp: Option<i64>) {
        let Some(stamp) = stamp else { return };
        let interval = stamp.checked_sub(self.previous);
        if sample > 1 && interval != self.last_interval.map(i64::from) {
            self.uneven.add(sample, stamp);
        } else if sample == 1 {
            self.last_interval = interval.and_then(|i| u32::try_from(i).ok());
        }
        self.previous = stamp;
    }

    /// Gives the last sample its duration. Returns the decode time of the first one, and what should be reported.
    ///
    /// # Errors
    /// `Limit` where a duration does not fit.
    pub fn finish(mut self, samples: &mut [Sample]) -> Result<(u64, Vec<String>)> {
        let mut warnings = Vec::new();
        if !matches!(self.clock, Clock::Constant { .. }) && !samples.is_empty() {
            let tail = self.since_stamp.min(samples.len());
            let last = samples.len() - tail;
            let each = self.nominal.or(self.last_interval);
            let span = match (self.last_duration, each) {
                (Some(duration), _) if duration >= tail as u64 => duration,
                (_, Some(each)) => u64::from(each.max(1)) * tail as u64,
                (_, None) => {
                    warnings.push(
                        "the only sample has no duration in its container; it is given one second".into(),
                    );
                    u64::from(self.timescale)
                }
            };
            self.spread(&mut samples[last..], span)?;
        }
        let report = |tally: &Tally, what: &str| {
            tally.first.map(|(sample, stamp)| {
                format!(
                    "{} of {} {what}; first at sample {sample}, timestamp {stamp}",
                    tally.count,
                    samples.len()
                )
            })
        };
        warnings.extend(report(
            &self.repaired,
            "timestamps repeat or jump back (rule AV1-51); those samples follow the one before at the usual interval",
        ));
        warnings
            .extend(report(&self.off_grid, "timestamps do not fit the frame rate and keep their own time"));
        warnings.extend(report(
            &self.uneven,
            "timestamps are not evenly spaced, but --frame-rate replaces them all",
        ));
        let start = u64::try_from(self.first).unwrap_or_else(|_| {
            warnings.push(format!("the first timestamp is {}, before 0; the track starts at 0", self.first));
            0
        });
        Ok((start, warnings))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Dependency, Detail, NewSample, SampleTable};
    use super::*;

    type Stamp = (Option<i64>, Option<u64>);

    fn run(
        timescale: u32,
        clock: Clock,
        nominal: Option<u32>,
        stamps: &[Stamp],
    ) -> (u64, Vec<u32>, Vec<String>) {
        let mut table = SampleTable::default();
        let mut timeline = Timeline::new(timescale, clock, nominal);
        for (stamp, duration) in stamps {
            table.push(NewSample::new(1, Dependency::Sync, 0), &Detail::default()).unwrap();
            timeline.push(table.samples_mut(), *stamp, *duration).unwrap();
        }
        let (start, warnings) = timeline.finish(table.samples_mut()).unwrap();
        (start, table.samples().iter().map(|s| s.duration).collect(), warnings)
    }

    fn stamps(list: &[i64]) -> Vec<Stamp> {
        list.iter().map(|&t| (Some(t), None)).collect()
    }

    #[test]
    fn stamps_are_kept() {
        let (start, durations, warnings) =
            run(24000, Clock::Stamps { factor: 1001 }, None, &stamps(&[2, 3, 5]));
        assert_eq!((start, durations), (2002, vec![1001, 2002, 2002]));
        assert!(warnings.is_empty());
    }

    #[test]
    fn the_last_duration_is_the_containers_own() {
        let (_, durations, _) =
            run(10, Clock::Stamps { factor: 1 }, None, &[(Some(0), None), (Some(4), Some(9))]);
        assert_eq!(durations, [4, 9]);
    }

    #[test]
    fn repeats_and_jumps_back_are_put_right() {
        let (_, durations, warnings) =
            run(10, Clock::Stamps { factor: 1 }, None, &stamps(&[0, 2, 2, 4, 0, 2]));
        assert_eq!(durations, [2, 2, 2, 2, 2, 2]);
        assert!(warnings[0].starts_with("2 of 6 timestamps repeat"), "{warnings:?}");
        assert!(warnings[0].ends_with("sample 3, timestamp 2"), "{warnings:?}");
        assert_eq!(run(30, Clock::Stamps { factor: 1 }, Some(5), &stamps(&[0, 0, 0])).1, [5, 5, 5]);
    }

    #[test]
    fn units_that_share_a_packet_share_its_time() {
        let shared = [(Some(0), None), (None, None), (None, None), (Some(10), Some(5)), (None, None)];
        assert_eq!(run(10, Clock::Stamps { factor: 1 }, None, &shared).1, [3, 3, 4, 2, 3]);
    }

    #[test]
    fn rounded_milliseconds_go_back_on_the_grid() {
        let clock = Clock::Grid { stamp_timescale: 1000, interval: 1001 };
        let rounded: Vec<i64> =
            (0..50).filter(|n| *n != 7).map(|n| (n * 1_001_000 + 12_000) / 24_000).collect();
        let (start, durations, warnings) = run(24000, clock, Some(1001), &stamps(&rounded));
        assert_eq!(start, 0);
        assert!(
            durations.iter().enumerate().all(|(i, &d)| d == if i == 6 { 2002 } else { 1001 }),
            "{durations:?}"
        );
        assert!(warnings.is_empty());
        let (_, durations, warnings) = run(24000, clock, Some(1001), &stamps(&[0, 42, 103, 125]));
        assert_eq!(durations, [1001, 1471, 531, 1001]);
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn a_constant_rate_reports_what_it_replaces() {
        let clock = Clock::Constant { interval: 1000 };
        assert_eq!(run(25000, clock, None, &stamps(&[0, 1, 2])), (0, vec![1000; 3], vec![]));
        assert_eq!(run(25000, clock, None, &stamps(&[0, 1, 3, 4])).2.len(), 1);
        assert_eq!(run(25000, clock, None, &[(None, None); 2]).1, [1000; 2]);
    }

    #[test]
    fn one_sample_without_duration_is_told() {
        let (_, durations, warnings) = run(1000, Clock::Stamps { factor: 1 }, None, &stamps(&[0]));
        assert_eq!((durations, warnings.len()), (vec![1000], 1));
    }
}
