//! Segments, random access points and findings along the time.

use maud::{Markup, html};

use super::lanes::Lane;
use crate::findings::html::{anchor, spoken};
use crate::findings::{Finding, Severity};
use crate::html::{Axis, number};

/// Units of the drawing, which grows and shrinks with the window.
const WIDTH: f64 = 1200.0;
const LABELS: f64 = 190.0;
const LANE: f64 = 46.0;
const BAR: f64 = 16.0;
/// Marks of one kind nearer than this would hide each other.
const APART: f64 = 1.5;

/// The drawing, with a legend.
pub(super) fn timeline(lanes: &[Lane<'_>]) -> Markup {
    let axis = time_axis(lanes, LABELS, WIDTH - LABELS - 20.0);
    let height = LANE * lanes.len() as f64 + 34.0;
    let (marks, decimals) = axis.marks(12);
    html! {
        h2 { "Timeline" }
        ul .legend {
            li { (sample("c0", "opacity:.55")) "segments, in turn lighter and darker" }
            li { span aria-hidden="true" { "▏" } "random access points" }
            li { span aria-hidden="true" { "▲" } "findings; those of the header stand left of the axis" }
        }
        div .scroll {
            svg viewBox={ "0 0 " (WIDTH) " " (number(height)) } role="group" aria-label="Segments of each track along the time" {
                @for mark in marks {
                    @let x = number(axis.at(mark));
                    line .rule x1=(x) x2=(x) y1="0" y2=(number(height - 22.0)) {}
                    text .soft x=(x) y=(number(height - 6.0)) text-anchor="middle" { (format!("{mark:.decimals$} s")) }
                }
                @for (row, lane) in lanes.iter().enumerate() { (self::lane(lane, &axis, LANE * row as f64 + 6.0)) }
            }
        }
    }
}

/// The axis of presentation times that holds all tracks.
pub(super) fn time_axis(lanes: &[Lane<'_>], start: f64, length: f64) -> Axis {
    let segments = || lanes.iter().flat_map(|lane| &lane.segments);
    let from = segments().map(|segment| segment.time).fold(f64::INFINITY, f64::min);
    let to = segments().map(|segment| segment.end()).fold(f64::NEG_INFINITY, f64::max);
    Axis::new(if from.is_finite() { from } else { 0.0 }, if to.is_finite() { to } else { 1.0 }, start, length)
}

/// A piece of colour for a legend.
pub(super) fn sample(colour: &str, style: &str) -> Markup {
    html! {
        svg viewBox="0 0 28 12" aria-hidden="true" {
            rect width="28" height="12" style={ "fill:var(--" (colour) ");" (style) } {}
        }
    }
}

fn lane(lane: &Lane<'_>, axis: &Axis, top: f64) -> Markup {
    let bar = top + 14.0;
    let colour = match lane.facts.media() {
        "video" => "c0",
        "audio" => "c2",
        _ => "c3",
    };
    html! {
        text x="0" y=(number(bar + 5.0)) { title { (lane.facts.about()) } (clipped(&lane.name())) }
        text .soft x="0" y=(number(bar + 20.0)) { (lane.segments.len()) " segments, " (lane.mean_rate()) }
        @for (number_, segment) in lane.drawn().iter().enumerate() {
            @let x = axis.at(segment.time);
            @let shade = if number_ % 2 == 0 { ".38" } else { ".6" };
            rect x=(number(x)) y=(number(bar)) width=(number((axis.at(segment.end()) - x).max(0.5))) height=(number(BAR))
                style={ "fill:var(--" (colour) ");opacity:" (shade) } {
                title { (format!("{:.3} s to {:.3} s, {}", segment.time, segment.end(), super::lanes::rate(segment.rate()))) }
            }
        }
        @for x in access_points(lane, axis) {
            rect x=(number(x)) y=(number(bar - 5.0)) width="1" height=(number(BAR + 5.0)) style="fill:var(--ink)" {}
        }
        @for (severity, x, anchor, label) in marks(lane, axis) {
            a href={ "#" (anchor) } aria-label=(label) {
                path .mark .(severity.as_str()) d=(triangle(x, bar + BAR + 1.0)) { title { (label) } }
            }
        }
    }
}

/// Where random access points of pictures are drawn; all samples of the rest are such points.
fn access_points(lane: &Lane<'_>, axis: &Axis) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::new();
    if lane.facts.media() == "video" {
        for access in &lane.facts.sync_samples {
            let x = axis.at(lane.time(access.time));
            if places.last().is_none_or(|last| x - last >= APART) {
                places.push(x);
            }
        }
    }
    places
}

/// Where findings are drawn: severity, place, anchor and words. The worst come last, so that they lie on top.
fn marks(lane: &Lane<'_>, axis: &Axis) -> Vec<(Severity, f64, String, String)> {
    let Some(file) = lane.file else { return Vec::new() };
    let mut marks: Vec<(Severity, f64, String, String)> = Vec::new();
    for (number, finding) in file.findings.iter().enumerate() {
        if !concerns(lane, finding) {
            continue;
        }
        let x = time(lane, finding).map_or(LABELS - 8.0, |time| axis.at(time));
        let is_hidden =
            marks.iter().any(|(severity, at, ..)| *severity == finding.severity && (at - x).abs() < APART);
        if !is_hidden {
            marks.push((finding.severity, x, anchor(lane.number, number), spoken(finding)));
        }
    }
    marks.sort_by_key(|(severity, ..)| *severity);
    marks
}

fn concerns(lane: &Lane<'_>, finding: &Finding) -> bool {
    let track = finding.context.iter().find(|(name, _)| *name == "track");
    track.is_none_or(|(_, id)| *id == lane.facts.id().to_string())
}

/// The time of a finding, in seconds: that of its sample, or of the fragment that it is in or behind.
fn time(lane: &Lane<'_>, finding: &Finding) -> Option<f64> {
    let file = lane.facts.files.iter().find(|(name, _)| *name == finding.location.file);
    let offset = finding.location.offset?.checked_add(file?.1)?;
    let fragments = &lane.facts.fragments;
    let number = fragments.partition_point(|fragment| fragment.start <= offset).checked_sub(1)?;
    let fragment = fragments.get(number)?;
    let sample = finding.context.iter().find(|(name, _)| *name == "time");
    let stated = sample.and_then(|(_, time)| time.strip_suffix(" s")?.parse::<f64>().ok());
    let edit = lane.facts.edit_offset() as f64 / f64::from(lane.facts.timescale());
    Some(stated.map_or_else(|| lane.time(fragment.earliest), |time| time - edit))
}

fn triangle(x: f64, y: f64) -> String {
    format!("M{} {}l5 9h-10z", number(x), number(y))
}

/// A label that fits beside the lane.
fn clipped(name: &str) -> String {
    const MOST: usize = 26;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let kept: String = name.chars().take(MOST - 1).collect();
    kept + "…"
}
