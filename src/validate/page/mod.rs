//! The report as a page that stands alone: what was checked, when each segment begins and how many bits it takes, and
//! the findings at their place.

mod lanes;
mod rates;
mod segments;
mod timeline;

use maud::{Markup, html};

use self::lanes::Lane;
use super::TrackFacts;
use crate::findings::Report;
use crate::findings::html::{counts, findings, verdict};
use crate::findings::printable::printable;
use crate::html::page as whole_page;

/// Writes the page. `tracks` are those of each file of the report, in its order.
///
/// The page has no script and asks for nothing from a network.
pub fn page(report: &Report, tracks: &[Vec<TrackFacts>]) -> String {
    let lanes = lanes::of(report, tracks);
    let body = html! {
        header {
            h1 { "Conformance of " (subject(report)) }
            p .soft { (report.tool) " validate " (report.version) }
        }
        main {
            (verdict(report))
            (files(report, tracks))
            @if !lanes.is_empty() {
                (timeline::timeline(&lanes))
                (rates::rates(&lanes))
            }
            (findings(report))
            @if !lanes.is_empty() { (segments::tables(&lanes)) }
        }
    };
    whole_page(&format!("Conformance of {}", subject(report)), "en", &body)
}

fn subject(report: &Report) -> String {
    match report.files.as_slice() {
        [one] => printable(&one.file).into_owned(),
        many => format!("{} files", many.len()),
    }
}

fn files(report: &Report, tracks: &[Vec<TrackFacts>]) -> Markup {
    html! {
        h2 { "Files" }
        div .scroll {
            table {
                thead {
                    tr {
                        th scope="col" { "File" } th scope="col" { "What it is" }
                        th scope="col" .number { "Duration" } th scope="col" .number { "Segments" }
                        th scope="col" .number { "Mean bit rate" } th scope="col" { "Findings" }
                    }
                }
                tbody {
                    @for (number, file) in report.files.iter().enumerate() {
                        @let lanes: Vec<Lane<'_>> = tracks
                            .get(number)
                            .map(|tracks| tracks.iter().map(|facts| Lane::new(number, facts)).collect())
                            .unwrap_or_default();
                        tr {
                            td .place {
                                @if file.findings.is_empty() { (printable(&file.file)) }
                                @else { a href={ "#file-" (number) } { (printable(&file.file)) } }
                            }
                            td {
                                @if lanes.is_empty() { @for line in &file.about { div { (printable(line)) } } }
                                @for lane in &lanes { div { (lane.facts.about()) } }
                            }
                            td .number { @for lane in &lanes { div { (lane.facts.seconds()) } } }
                            td .number { @for lane in &lanes { div { (lane.segments.len()) } } }
                            td .number { @for lane in &lanes { div { (lane.mean_rate()) } } }
                            td { (counts(file)) }
                        }
                    }
                }
            }
        }
    }
}
