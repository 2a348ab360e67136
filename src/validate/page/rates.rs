//! The bit rate of each segment, renditions of one kind in one drawing.

use maud::{Markup, html};

use super::lanes::{Lane, rate};
use super::timeline::time_axis;
use crate::html::{Axis, number};

const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 90.0;
const BOTTOM: f64 = 26.0;
/// Lines are told apart by colour and by dashes.
const COLOURS: usize = 6;
const DASHES: [&str; 3] = ["", "7 3", "2 3"];

/// A drawing for each kind of media whose segments have a rate.
pub(super) fn rates(lanes: &[Lane<'_>]) -> Markup {
    let kinds = [("video", "Bit rate of pictures"), ("audio", "Bit rate of sound")];
    html! {
        @for (kind, title) in kinds {
            @let of_kind: Vec<&Lane<'_>> = lanes.iter().filter(|lane| lane.facts.media() == kind).collect();
            @if !of_kind.is_empty() {
                h2 { (title) }
                (drawing(lanes, &of_kind, title))
            }
        }
    }
}

fn drawing(all: &[Lane<'_>], lanes: &[&Lane<'_>], title: &str) -> Markup {
    let times = time_axis(all, LEFT, WIDTH - LEFT - 20.0);
    let peak = |lane: &Lane<'_>| lane.segments.iter().map(|segment| segment.rate()).fold(0.0, f64::max);
    let highest = lanes.iter().map(|lane| peak(lane)).fold(0.0, f64::max);
    let rates = Axis::new(0.0, highest * 1.08, HEIGHT - BOTTOM, -(HEIGHT - BOTTOM - 8.0));
    let (seconds, decimals) = times.marks(12);
    html! {
        ul .legend {
            @for (row, lane) in lanes.iter().enumerate() {
                li {
                    svg viewBox="0 0 28 12" aria-hidden="true" { path d="M0 6H28" style=(line_style(row)) {} }
                    (lane.name()) ": mean " (lane.mean_rate()) ", peak " (rate(peak(lane)))
                }
            }
        }
        div .scroll {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ (title) " by segment" } {
                @for mark in rates.marks(5).0 {
                    @let y = number(rates.at(mark));
                    line .rule x1=(LEFT) x2=(WIDTH - 20.0) y1=(y) y2=(y) {}
                    text .soft x=(LEFT - 8.0) y=(number(rates.at(mark) + 4.0)) text-anchor="end" { (rate(mark)) }
                }
                @for mark in seconds {
                    text .soft x=(number(times.at(mark))) y=(HEIGHT - 6.0) text-anchor="middle" { (format!("{mark:.decimals$} s")) }
                }
                @for (row, lane) in lanes.iter().enumerate() {
                    path d=(steps(lane, &times, &rates)) style=(line_style(row)) {}
                }
            }
        }
    }
}

fn line_style(row: usize) -> String {
    let dashes = DASHES[row / COLOURS % DASHES.len()];
    format!(
        "fill:none;stroke-width:2;stroke:var(--c{});stroke-dasharray:{}",
        row % COLOURS,
        if dashes.is_empty() { "none" } else { dashes }
    )
}

fn steps(lane: &Lane<'_>, times: &Axis, rates: &Axis) -> String {
    let mut path = String::new();
    for segment in lane.drawn() {
        let y = number(rates.at(segment.rate()));
        path += &format!(
            "{}{} {y}H{}",
            if path.is_empty() { "M" } else { "L" },
            number(times.at(segment.time)),
            number(times.at(segment.end()))
        );
    }
    path
}
