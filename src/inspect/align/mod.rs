//! The grid of a switching set: where each rendition can be cut, where all can, and where a packager would.

mod svg;
mod text;

use serde::Serialize;

use crate::cmaf::align::{self, Instant, Line, Mode};
use crate::cmaf::codec;
use crate::cmaf::{Media, Track};
use crate::control::Control;
use crate::demux::{self, TrackKind};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::time::{FrameRate, Seconds, display_ticks};

pub use svg::write as svg;
pub use text::write as text;

/// What a grid is made for.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What segments are to last.
    pub segment: Seconds,
    /// Whether segments may be merged.
    pub mode: Mode,
    /// Frames per second, for inputs without times.
    pub frame_rate: Option<FrameRate>,
}

/// The grid. Version 1 of the shape that `--json` prints. Times are in seconds, exact ones in ticks beside them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grid {
    /// Version of this shape.
    pub version: u32,
    /// What segments are to last, in seconds.
    pub target: f64,
    /// In the order of the inputs; the first is the one that others are measured by.
    pub renditions: Vec<GridRendition>,
    /// Every time at which any rendition has a random access point, in order.
    pub points: Vec<GridPoint>,
    /// Segments as all renditions are cut; none where they can't be.
    pub segments: Vec<GridSegment>,
    /// Why a packager would refuse the set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A rendition of a [`Grid`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GridRendition {
    /// The input.
    pub name: String,
    /// The `codecs` parameter.
    pub codec: String,
    /// Presentation size of video in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Presentation size of video in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Ticks a second.
    pub timescale: u32,
    /// Presentation times of its random access points, in ticks.
    pub random_access_points: Vec<u64>,
    /// Presentation time of its end, in ticks.
    pub end: u64,
    /// How many points of others it lacks.
    pub lacking: usize,
}

/// A time at which some rendition has a random access point.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GridPoint {
    /// In seconds.
    pub time: f64,
    /// For each rendition, whether it has one here.
    pub present: Vec<bool>,
    /// Whether a segment starts here.
    pub is_cut: bool,
}

impl GridPoint {
    /// Whether every rendition has one here.
    pub fn is_shared(&self) -> bool {
        self.present.iter().all(|present| *present)
    }
}

/// A segment of a [`Grid`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GridSegment {
    /// In seconds.
    pub time: f64,
    /// In seconds.
    pub duration: f64,
    /// Bits a second in each rendition.
    pub bit_rates: Vec<u64>,
}

/// Looks at the pictures of all inputs as renditions of one switching set; at their sound, where there are no pictures.
///
/// # Errors
/// What opening and reading the inputs causes. A set that can't be cut is no error: [`Grid::problem`] tells.
pub fn grid(inputs: &[Input], options: &Options, control: &Control) -> Result<Grid> {
    let mut tracks = Vec::new();
    for (_, input) in demux::join_segments(inputs) {
        read(&input, options, control, &mut tracks)?;
    }
    if tracks.iter().any(|(_, track)| track.media == Media::Video) {
        tracks.retain(|(_, track)| track.media == Media::Video);
    }
    let lines: Vec<Line> = tracks.iter().map(|(name, track)| Line::of(name.as_str(), track)).collect();
    let result = align::shared_cuts(&lines, options.segment, options.mode);
    let (cuts, problem) = match result {
        Ok(cuts) => (cuts, None),
        // The option of packaging has another name where the grid is shown.
        Err(error) => (Vec::new(), Some(error.to_string().replace(align::WIDEN, "--widen"))),
    };
    let points = points(&lines, &cuts);
    let renditions = tracks
        .iter()
        .zip(&lines)
        .enumerate()
        .map(|(index, ((name, track), line))| {
            let size = (track.media == Media::Video).then_some(track.presentation_size);
            GridRendition {
                name: name.clone(),
                codec: track.entries.first().map(|e| e.codec.clone()).unwrap_or_default(),
                width: size.map(|size| size.0),
                height: size.map(|size| size.1),
                timescale: line.timescale,
                random_access_points: line.points.iter().map(|p| p.time).collect(),
                end: line.end,
                lacking: points.iter().filter(|point| !point.present[index]).count(),
            }
        })
        .collect();
    let tracks: Vec<&Track> = tracks.iter().map(|(_, track)| track).collect();
    Ok(Grid {
        version: 1,
        target: options.segment.0.numerator() as f64 / options.segment.0.denominator() as f64,
        renditions,
        points,
        segments: segments(&tracks, &lines, &cuts),
        problem,
    })
}

/// Reads the tracks of an input that could be renditions.
fn read(
    input: &Input,
    options: &Options,
    control: &Control,
    tracks: &mut Vec<(String, Track)>,
) -> Result<()> {
    let opened = demux::open(input, &demux::Options::default())?;
    let count = tracks.len();
    for source in opened.tracks {
        let is_text = matches!(&source.kind, TrackKind::Coded(codec) if codec.media() == Media::Text);
        if is_text || matches!(source.kind, TrackKind::Other { .. }) {
            continue;
        }
        let options = codec::Options { frame_rate: options.frame_rate, protect: None };
        let track = codec::build(source, opened.container, &options, control)?;
        tracks.push((input.name().to_string(), track));
    }
    if tracks.len() == count {
        return Err(Error::unsupported("it has no video or sound to look at").in_file(input.name()));
    }
    Ok(())
}

fn seconds(ticks: u64, timescale: u32) -> f64 {
    ticks as f64 / f64::from(timescale.max(1))
}

/// The points of all lines, merged in order of time.
fn points(lines: &[Line], cuts: &[Vec<usize>]) -> Vec<GridPoint> {
    let mut next = vec![0; lines.len()];
    let mut merged = Vec::new();
    let mut cuts = cuts.iter().peekable();
    let instant =
        |line: &Line, point: usize| Instant { ticks: line.points[point].time, timescale: line.timescale };
    loop {
        let heads = lines.iter().zip(&next).filter(|(line, next)| **next < line.points.len());
        let Some(earliest) = heads.map(|(line, next)| instant(line, *next)).min_by(|a, b| a.compare(*b))
        else {
            return merged;
        };
        let is_cut =
            cuts.next_if(|cut| cut[0] == next[0] && instant(&lines[0], cut[0]).is_near(earliest)).is_some();
        let mut present = Vec::with_capacity(lines.len());
        for (line, next) in lines.iter().zip(&mut next) {
            let here = *next < line.points.len() && instant(line, *next).is_near(earliest);
            present.push(here);
            *next += usize::from(here);
        }
        merged.push(GridPoint { time: seconds(earliest.ticks, earliest.timescale), present, is_cut });
    }
}

/// How many bits a second each rendition has in each segment.
fn segments(tracks: &[&Track], lines: &[Line], cuts: &[Vec<usize>]) -> Vec<GridSegment> {
    let Some(reference) = lines.first() else { return Vec::new() };
    let mut segments = Vec::with_capacity(cuts.len());
    for (index, cut) in cuts.iter().enumerate() {
        let start = reference.points[cut[0]].time;
        let end = cuts.get(index + 1).map_or(reference.end, |next| reference.points[next[0]].time);
        let bit_rate = |(number, (track, line)): (usize, (&&Track, &Line))| {
            let samples = track.samples.samples();
            let from = line.points[cut[number]].sample;
            let to = cuts.get(index + 1).map_or(samples.len(), |next| line.points[next[number]].sample);
            let bytes: u64 = samples[from..to].iter().map(|s| u64::from(s.size)).sum();
            let ticks: u64 = samples[from..to].iter().map(|s| u64::from(s.duration)).sum();
            let rate = u128::from(bytes) * 8 * u128::from(track.timescale) / u128::from(ticks.max(1));
            u64::try_from(rate).unwrap_or(u64::MAX)
        };
        segments.push(GridSegment {
            time: seconds(start, reference.timescale),
            duration: seconds(end.saturating_sub(start), reference.timescale),
            bit_rates: tracks.iter().zip(lines).enumerate().map(bit_rate).collect(),
        });
    }
    segments
}

/// A time as people read it.
fn shown(seconds: f64) -> String {
    display_ticks((seconds * 1_000_000.0).round() as u64, 1_000_000)
}
