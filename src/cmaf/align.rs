//! One cut list for several tracks (rules CMF-36 to CMF-39).
//!
//! Renditions between which players switch are cut at random access points that all of them have. Tracks of sound
//! follow the list of the video, each cut at the sample boundary that is nearest to it, found from the absolute time
//! every time, so that nothing drifts.

use std::cmp::Ordering;

use super::cut::{Fragment, Point, cuts};
use super::sample::Dependency;
use super::track::Track;
use crate::error::{Error, Result};
use crate::time::{Seconds, display_ticks};

/// A point in time: ticks of a timescale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant {
    /// Ticks from the start of the timeline.
    pub ticks: u64,
    /// Ticks a second.
    pub timescale: u32,
}

impl Instant {
    /// Compares exactly, whatever the timescales.
    pub fn compare(self, other: Instant) -> Ordering {
        let (a, b) = self.scaled(other);
        a.cmp(&b)
    }

    /// In ticks of another timescale, rounded to the nearest.
    pub fn in_ticks(self, timescale: u32) -> u64 {
        let (n, d) = (u128::from(self.ticks) * u128::from(timescale), u128::from(self.timescale.max(1)));
        u64::try_from((2 * n + d) / (2 * d)).unwrap_or(u64::MAX)
    }

    /// Both in the common unit of 1 / (timescale · timescale) s.
    fn scaled(self, other: Instant) -> (u128, u128) {
        (
            u128::from(self.ticks) * u128::from(other.timescale),
            u128::from(other.ticks) * u128::from(self.timescale),
        )
    }

    /// Whether two clocks mean the same point. Timescales that can't tell a frame's duration exactly round it, so a
    /// tick of the coarser clock may lie between, if that is a millisecond or less.
    pub fn is_near(self, other: Instant) -> bool {
        let (a, b) = self.scaled(other);
        let coarser = self.timescale.min(other.timescale);
        let tolerance = if coarser >= 1000 { self.timescale.max(other.timescale) } else { 0 };
        a.abs_diff(b) <= u128::from(tolerance)
    }
}

/// What is done where renditions do not share the random access points that the cuts ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// It is an error.
    #[default]
    Strict,
    /// Segments are merged into longer ones.
    Widen,
}

/// How packaging is told to use [`Mode::Widen`]: what messages advise.
pub const WIDEN: &str = "--align widen";

/// A track as alignment sees it: where it may be cut.
#[derive(Debug, Clone)]
pub struct Line {
    /// For messages.
    pub name: String,
    /// Ticks a second.
    pub timescale: u32,
    /// Places for cuts in order of time; the first sample is the first of them.
    pub points: Vec<LinePoint>,
    /// Presentation time at which the track ends.
    pub end: u64,
    /// Duration of the longest sample.
    pub longest_sample: u64,
}

/// A place where a track may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePoint {
    /// Index of the sample behind the cut.
    pub sample: usize,
    /// Its presentation time, the edit list applied.
    pub time: u64,
    /// Whether the sample entry changes here, so that a fragment must start.
    pub must: bool,
}

impl Line {
    /// The first sample of a track, its sync samples, and the changes of its sample entry.
    pub fn of(name: impl Into<String>, track: &Track) -> Self {
        let samples = track.samples.samples();
        let mut points = Vec::new();
        let mut time = track.start;
        let mut entry = samples.first().map_or(0, |s| s.entry);
        for (index, sample) in samples.iter().enumerate() {
            let must = sample.entry != entry;
            entry = sample.entry;
            if index == 0 || must || sample.dependency == Dependency::Sync {
                let composed = time.saturating_add_signed(sample.composition_offset.into());
                points.push(LinePoint {
                    sample: index,
                    time: composed.saturating_sub(track.presented_from),
                    must,
                });
            }
            time += u64::from(sample.duration);
        }
        Line {
            name: name.into(),
            timescale: track.timescale,
            points,
            end: time.saturating_sub(track.presented_from),
            longest_sample: track.samples.longest(),
        }
    }

    fn instant(&self, point: usize) -> Instant {
        Instant { ticks: self.points[point].time, timescale: self.timescale }
    }

    fn shown(&self, ticks: u64) -> String {
        display_ticks(ticks, self.timescale)
    }

    /// Whether it may be cut at a time.
    fn has(&self, instant: Instant) -> bool {
        let from = self.points.partition_point(|p| {
            let other = Instant { ticks: p.time, timescale: self.timescale };
            other.compare(instant) == Ordering::Less && !other.is_near(instant)
        });
        from < self.points.len() && self.instant(from).is_near(instant)
    }

    /// The points next to a time that the line has no point at.
    fn neighbours(&self, instant: Instant) -> String {
        let behind = self.points.partition_point(|p| {
            Instant { ticks: p.time, timescale: self.timescale }.compare(instant) != Ordering::Greater
        });
        let shown = |index: usize| self.points.get(index).map(|p| self.shown(p.time));
        match (behind.checked_sub(1).and_then(shown), shown(behind)) {
            (Some(before), Some(after)) => format!("its nearest are at {before} and {after}"),
            (Some(before), None) => format!("its last is at {before}"),
            (None, Some(after)) => format!("its first is at {after}"),
            (None, None) => "it has none".to_string(),
        }
    }
}

/// Points that all lines have: for each, its index in each line.
pub fn shared_points(lines: &[Line]) -> Vec<Vec<usize>> {
    let Some((reference, others)) = lines.split_first() else { return Vec::new() };
    let mut next = vec![0; others.len()];
    let mut shared = Vec::new();
    'points: for index in 0..reference.points.len() {
        let instant = reference.instant(index);
        let mut found = vec![index];
        for (line, next) in others.iter().zip(&mut next) {
            while *next < line.points.len() {
                let other = line.instant(*next);
                if other.is_near(instant) || other.compare(instant) == Ordering::Greater {
                    break;
                }
                *next += 1;
            }
            match line.points.get(*next) {
                Some(_) if line.instant(*next).is_near(instant) => found.push(*next),
                _ => continue 'points,
            }
        }
        shared.push(found);
    }
    shared
}

/// Chooses the points to cut at, towards `target`: for each cut its point in each line. The first cut is the start.
///
/// Under [`Mode::Strict`] no segment gets longer than the first line alone would need, or half as long again as the
/// target.
///
/// # Errors
/// `Unsupported` where the lines do not start together or can't be cut together; the message names the rendition, the
/// time, and its nearest candidates.
pub fn shared_cuts(lines: &[Line], target: Seconds, mode: Mode) -> Result<Vec<Vec<usize>>> {
    let Some((reference, others)) = lines.split_first() else { return Ok(Vec::new()) };
    for line in others {
        if !line.instant(0).is_near(reference.instant(0)) {
            return Err(Error::unsupported(format!(
                "{} starts at {}, {} at {}: renditions of one switching set start together. Put one into a set of \
                 its own with group=",
                line.name,
                line.shown(line.points[0].time),
                reference.name,
                reference.shown(reference.points[0].time)
            ))
            .clause("rule CMF-36"));
        }
    }
    let shared = shared_points(lines);
    for line in 0..lines.len() {
        check_musts(lines, &shared, line)?;
    }
    let must = |point: usize| reference.points[point].must;
    let chosen = choose(reference, &shared.iter().map(|found| found[0]).collect::<Vec<_>>(), target, must);
    if mode == Mode::Strict && !others.is_empty() {
        let all: Vec<usize> = (0..reference.points.len()).collect();
        let alone = choose(reference, &all, target, must);
        let most =
            longest(reference, &all, &alone).max(target.ticks(reference.timescale).saturating_mul(3) / 2);
        let starts: Vec<usize> = shared.iter().map(|found| found[0]).collect();
        if longest(reference, &starts, &chosen) > most {
            return Err(misfit(lines, &starts, &chosen, &alone, most));
        }
    }
    Ok(chosen.into_iter().map(|index| shared[index].clone()).collect())
}

/// Cuts what lies between `cuts` further, towards `target`, at points that all lines have. Answers the old and new cuts.
pub fn subdivide(lines: &[Line], cuts: &[Vec<usize>], target: Seconds) -> Vec<Vec<usize>> {
    let Some(reference) = lines.first() else { return Vec::new() };
    let shared = shared_points(lines);
    let candidates: Vec<usize> = shared.iter().map(|found| found[0]).collect();
    let is_cut = |point: usize| cuts.binary_search_by_key(&point, |cut| cut[0]).is_ok();
    let chosen = choose(reference, &candidates, target, is_cut);
    chosen.into_iter().map(|index| shared[index].clone()).collect()
}

/// A change of sample entry starts a fragment in one line, so in all.
fn check_musts(lines: &[Line], shared: &[Vec<usize>], number: usize) -> Result<()> {
    let line = &lines[number];
    let mut found = shared.iter().map(|points| points[number]).peekable();
    for (index, point) in line.points.iter().enumerate() {
        while found.next_if(|shared| *shared < index).is_some() {}
        if point.must && found.peek() != Some(&index) {
            let lacking = lines.iter().find(|other| !other.has(line.instant(index)));
            let (name, near) = match lacking {
                Some(other) => (other.name.as_str(), other.neighbours(line.instant(index))),
                None => ("another rendition", String::new()),
            };
            return Err(Error::unsupported(format!(
                "{} has a new sample entry at {}, where {name} has no random access point; {near}",
                line.name,
                line.shown(point.time)
            ))
            .clause("rule CMF-36"));
        }
    }
    Ok(())
}

/// Chooses among points of a line, which are given by index, those that `must` be among them; returns indices into
/// `candidates`, the first included.
fn choose(line: &Line, candidates: &[usize], target: Seconds, must: impl Fn(usize) -> bool) -> Vec<usize> {
    let Some(&first) = candidates.first() else { return Vec::new() };
    let origin = line.points[first].time;
    let mut points: Vec<Point> = candidates
        .iter()
        .enumerate()
        .map(|(index, &point)| Point {
            index,
            at: line.points[point].time.saturating_sub(origin),
            must: must(point),
        })
        .collect();
    points.push(Point { index: candidates.len(), at: line.end.saturating_sub(origin), must: true });
    let mut chosen = vec![0];
    chosen.extend(cuts(&points, target.ticks(line.timescale)).into_iter().filter(|&i| i < candidates.len()));
    chosen
}

/// The longest span between chosen points, in ticks.
fn longest(line: &Line, candidates: &[usize], chosen: &[usize]) -> u64 {
    let times = chosen.iter().map(|&index| line.points[candidates[index]].time);
    let ends = times.clone().skip(1).chain([line.end]);
    times.zip(ends).map(|(from, to)| to.saturating_sub(from)).max().unwrap_or(0)
}

/// The error for lines that share too few points: which rendition lacks which point that the first one would be cut at.
fn misfit(lines: &[Line], starts: &[usize], chosen: &[usize], alone: &[usize], most: u64) -> Error {
    let reference = &lines[0];
    let times: Vec<u64> = chosen.iter().map(|&index| reference.points[starts[index]].time).collect();
    let too_long = |time: u64| {
        let behind = times.partition_point(|t| *t <= time);
        let from = behind.checked_sub(1).map_or(0, |before| times[before]);
        times.get(behind).copied().unwrap_or(reference.end).saturating_sub(from) > most
    };
    let mut first = None;
    let mut count = 0;
    for &index in alone {
        let instant = reference.instant(index);
        if !too_long(instant.ticks) {
            continue;
        }
        for line in &lines[1..] {
            if !line.has(instant) {
                count += 1;
                first.get_or_insert((line, instant));
            }
        }
    }
    let widest = reference.shown(longest(reference, starts, chosen));
    let Some((line, instant)) = first else {
        return Error::unsupported(format!(
            "the renditions share too few random access points: {widest} is \
            the longest segment"
        ))
        .clause("rule CMF-38");
    };
    let more = match count {
        1 => String::new(),
        n => format!(", and so {} more times in the set", n - 1),
    };
    Error::unsupported(format!(
        "{} has no random access point at {}, where {} has one{more}; {}. Encode the renditions with the same key \
         frames, or merge segments with {WIDEN} (the longest then lasts {widest})",
        line.name,
        reference.shown(instant.ticks),
        reference.name,
        line.neighbours(instant),
    ))
    .clause("rule CMF-38")
}

/// For each line, the samples at which cuts are made that are given as points of all lines.
pub fn starts(lines: &[Line], cuts: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let of_line =
        |(number, line): (usize, &Line)| cuts.iter().map(|cut| line.points[cut[number]].sample).collect();
    lines.iter().enumerate().map(of_line).collect()
}

/// Fragments of a track that start at these samples, which are in order, the first sample among them.
pub fn fragments_at(track: &Track, starts: &[usize]) -> Vec<Fragment> {
    let samples = track.samples.samples();
    let mut fragments = Vec::with_capacity(starts.len());
    let mut start = track.start;
    for (index, &from) in starts.iter().enumerate() {
        let to = starts.get(index + 1).copied().unwrap_or(samples.len());
        let duration = samples[from..to].iter().map(|s| u64::from(s.duration)).sum();
        fragments.push(Fragment { samples: from..to, start, duration });
        start += duration;
    }
    fragments
}

/// The samples at which a track is to be cut, as `line` has it, so that it follows cuts made elsewhere.
///
/// `cuts` are the starts of segments; the first counts for the start of the track, wherever that is. Each other
/// becomes a cut at the sync sample whose presentation time is nearest, unless the track has none left. A track that
/// goes on behind `end`, where the others end, is cut there if half of `target` or more is left, and then every `target`.
///
/// # Errors
/// `Unsupported` under [`Mode::Strict`] where no sync sample is within a sample's duration of a cut: the message has
/// the time (rule AUD-05).
pub fn follow(
    line: &Line,
    cuts: &[Instant],
    end: Instant,
    target: Seconds,
    mode: Mode,
) -> Result<Vec<usize>> {
    let mut wanted: Vec<Instant> = cuts.get(1..).unwrap_or_default().to_vec();
    // What goes on behind the end is cut as if there were more.
    let step = target.ticks(line.timescale).max(line.longest_sample).max(1);
    let mut at = end.in_ticks(line.timescale);
    while line.end.saturating_sub(at) >= step.div_ceil(2) {
        wanted.push(Instant { ticks: at, timescale: line.timescale });
        at = at.saturating_add(step);
    }
    let mut starts = vec![0];
    let mut next = 1;
    for instant in wanted {
        // The first point at or behind the time; the one before may be nearer.
        while next < line.points.len() && line.instant(next).compare(instant) == Ordering::Less {
            next += 1;
        }
        let distance = |index: usize| {
            let (a, b) = line.instant(index).scaled(instant);
            a.abs_diff(b)
        };
        let nearest = [next.checked_sub(1), Some(next)]
            .into_iter()
            .flatten()
            .filter(|&index| index < line.points.len())
            .min_by_key(|&index| (distance(index), index));
        let Some(nearest) = nearest else { continue };
        let beyond = instant.compare(Instant { ticks: line.end, timescale: line.timescale });
        if beyond != Ordering::Less {
            break;
        }
        let before_start = instant.compare(line.instant(0)) != Ordering::Greater;
        let allowed = u128::from(line.longest_sample) * u128::from(instant.timescale);
        if distance(nearest) > allowed && !before_start {
            if mode == Mode::Strict {
                let shown = display_ticks(instant.ticks, instant.timescale);
                return Err(Error::unsupported(format!(
                    "{} has no random access point at {shown}, where the video is cut; {}. Encode it with one \
                     there, or merge segments with {WIDEN}",
                    line.name,
                    line.neighbours(instant)
                ))
                .clause("rule AUD-05"));
            }
            continue;
        }
        let sample = line.points[nearest].sample;
        if starts.last().is_some_and(|last| *last < sample) {
            starts.push(sample);
        }
    }
    Ok(starts)
}
