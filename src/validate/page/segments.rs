//! What the drawings show, in numbers.

use maud::{Markup, html};

use super::lanes::{Lane, rate};

/// Rows of a table; the rest is counted.
const ROWS: usize = 500;

/// A table of segments for each track, folded.
pub(super) fn tables(lanes: &[Lane<'_>]) -> Markup {
    html! {
        h2 { "Segments in numbers" }
        @for lane in lanes {
            details {
                summary { (lane.name()) span .soft { " " (lane.facts.about()) } }
                div .scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" .number { "Segment" } th scope="col" .number { "Begins" }
                                th scope="col" .number { "Lasts" } th scope="col" .number { "Bytes" }
                                th scope="col" .number { "Bit rate" } th scope="col" { "Random access at its start" }
                            }
                        }
                        tbody {
                            @for (number, segment) in lane.segments.iter().take(ROWS).enumerate() {
                                tr {
                                    td .number { (number + 1) }
                                    td .number { (format!("{:.3} s", segment.time)) }
                                    td .number { (format!("{:.3} s", segment.duration)) }
                                    td .number { (segment.bytes) }
                                    td .number { (rate(segment.rate())) }
                                    td { @if segment.starts_with_sync { "yes" } @else { "no" } }
                                }
                            }
                        }
                    }
                    @if lane.segments.len() > ROWS { p .soft { "and " (lane.segments.len() - ROWS) " more" } }
                }
            }
        }
    }
}
