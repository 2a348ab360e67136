//! Tracks as drawings show them: segments with their times and bits.

use crate::findings::printable::printable;
use crate::findings::{FileReport, Report};
use crate::validate::TrackFacts;

/// Segments of one drawing; more are joined, as a screen has not more dots.
const DRAWN: usize = 400;

/// A track.
pub(super) struct Lane<'a> {
    /// Number of its file in the report.
    pub(super) number: usize,
    pub(super) file: Option<&'a FileReport>,
    pub(super) facts: &'a TrackFacts,
    pub(super) segments: Vec<Segment>,
}

/// A segment: a file, what an index lists as one, or a fragment. Times are in seconds, as they are presented.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    pub(super) time: f64,
    pub(super) duration: f64,
    pub(super) bytes: u64,
    pub(super) starts_with_sync: bool,
}

impl Segment {
    /// In bits per second.
    pub(super) fn rate(&self) -> f64 {
        if self.duration > 0.0 { self.bytes as f64 * 8.0 / self.duration } else { 0.0 }
    }

    pub(super) fn end(&self) -> f64 {
        self.time + self.duration
    }
}

/// All tracks that have samples.
pub(super) fn of<'a>(report: &'a Report, tracks: &'a [Vec<TrackFacts>]) -> Vec<Lane<'a>> {
    let mut lanes = Vec::new();
    for (number, (file, tracks)) in report.files.iter().zip(tracks).enumerate() {
        for facts in tracks.iter().filter(|facts| facts.samples > 0) {
            lanes.push(Lane { file: Some(file), ..Lane::new(number, facts) });
        }
    }
    // Pictures first, then sound, then text.
    let rank = |lane: &Lane<'_>| match lane.facts.media() {
        "video" => 0,
        "audio" => 1,
        _ => 2,
    };
    lanes.sort_by_key(rank);
    lanes
}

impl<'a> Lane<'a> {
    pub(super) fn new(number: usize, facts: &'a TrackFacts) -> Self {
        Lane { number, file: None, facts, segments: segments(facts) }
    }

    /// Ticks on the track's timeline as seconds of presentation.
    pub(super) fn time(&self, ticks: i64) -> f64 {
        (ticks as f64 - self.facts.edit_offset() as f64) / f64::from(self.facts.timescale())
    }

    pub(super) fn mean_rate(&self) -> String {
        let seconds = self.facts.duration as f64 / f64::from(self.facts.timescale());
        if seconds > 0.0 { rate(self.facts.bytes as f64 * 8.0 / seconds) } else { "–".to_owned() }
    }

    /// A name for a legend: the last part of the file's name.
    pub(super) fn name(&self) -> String {
        let name = self.facts.files.first().map_or("", |(name, _)| name.as_str());
        let mut parts = name.rsplit(['/', '\\']);
        let last = parts.next().unwrap_or(name);
        // An init segment is known by its folder.
        let name = match parts.next() {
            Some(folder) if self.facts.files.len() > 1 => folder,
            _ => last,
        };
        printable(name).into_owned()
    }

    /// The segments, neighbours joined where there are more than can be told apart.
    pub(super) fn drawn(&self) -> Vec<Segment> {
        let together = self.segments.len().div_ceil(DRAWN).max(1);
        let join = |group: &[Segment]| Segment {
            time: group[0].time,
            duration: group.iter().map(|segment| segment.duration).sum(),
            bytes: group.iter().map(|segment| segment.bytes).sum(),
            starts_with_sync: group.iter().all(|segment| segment.starts_with_sync),
        };
        self.segments.chunks(together).map(join).collect()
    }
}

fn segments(facts: &TrackFacts) -> Vec<Segment> {
    let scale = f64::from(facts.timescale());
    let seconds = |ticks: i64| (ticks as f64 - facts.edit_offset() as f64) / scale;
    if facts.fragments.is_empty() && facts.samples > 0 {
        return vec![Segment {
            time: seconds(facts.earliest.unwrap_or(0)),
            duration: facts.duration as f64 / scale,
            bytes: facts.bytes,
            starts_with_sync: facts.sync_samples.first().is_some_and(|sample| sample.is_first),
        }];
    }
    let place = |moof: u64| match facts.index_references.as_slice() {
        _ if facts.files.len() > 1 => facts.file_at(moof).0 as u64,
        [] => moof,
        references => references.partition_point(|(offset, ..)| *offset <= moof) as u64,
    };
    let mut segments: Vec<Segment> = Vec::new();
    let mut last = None;
    for fragment in &facts.fragments {
        let of = place(fragment.moof);
        let duration = fragment.duration as f64 / scale;
        match segments.last_mut() {
            Some(segment) if last == Some(of) => {
                segment.duration += duration;
                segment.bytes = segment.bytes.saturating_add(fragment.bytes);
            }
            _ => segments.push(Segment {
                time: seconds(fragment.earliest),
                duration,
                bytes: fragment.bytes,
                starts_with_sync: fragment.starts_with_sync,
            }),
        }
        last = Some(of);
    }
    segments
}

/// A bit rate for people.
pub(super) fn rate(bits_per_second: f64) -> String {
    match bits_per_second {
        rate if rate >= 10_000_000.0 => format!("{:.1} Mb/s", rate / 1_000_000.0),
        rate if rate >= 100_000.0 => format!("{:.0} kb/s", rate / 1000.0),
        rate => format!("{:.1} kb/s", rate / 1000.0),
    }
}
