//! Findings as a part of a page: by file and rule, what each rule demands, and every place.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::super::printable::{clipped, printable};
use super::super::{Finding, Severity};
use super::text::{details, place, summary};
use super::{FileReport, OfRule, Report, Totals};

/// Characters shown of any text out of the input.
const TEXT: usize = 500;

/// How the check ended, in one line.
pub(crate) fn verdict(report: &Report) -> Markup {
    let totals = report.totals();
    let class = match () {
        () if report.fails() || !report.unreadable.is_empty() => "error",
        () if totals.warnings > 0 => "warning",
        () => "good",
    };
    let word = if class == "error" { "Failed" } else { "Passed" };
    html! {
        p .verdict .(class) { (word) " – " (summary(&totals, report.selection.strict())) }
        @for line in &report.unreadable { p .badge .error { (printable(line)) } }
    }
}

/// How many findings of each severity a file has.
pub(crate) fn counts(file: &FileReport) -> Markup {
    let totals = Totals::of([file]);
    let badges = [
        (Severity::Error, totals.errors, "error"),
        (Severity::Warning, totals.warnings, "warning"),
        (Severity::Advice, totals.advice, "note"),
    ];
    html! {
        @if totals.files_with_findings == 0 { span .badge .good { "no findings" } }
        @for (severity, count, word) in badges {
            @if count > 0 {
                span .badge .(severity.as_str()) { (count) " " (word) @if count != 1 { "s" } } " "
            }
        }
    }
}

/// All findings. Each has an anchor, see [`anchor`].
pub(crate) fn findings(report: &Report) -> Markup {
    let any = report.files.iter().any(|file| !file.findings.is_empty());
    html! {
        h2 id="findings" { "Findings" }
        @if !any { p { "There are none." } }
        @else {
            fieldset .filters style="border:0;padding:0" {
                legend .soft { "Show" }
                @for (id, word) in [("error", "errors"), ("warning", "warnings"), ("advice", "notes")] {
                    label { input type="checkbox" id={ "show-" (id) } checked; " " (word) }
                }
            }
        }
        @for (number, file) in report.files.iter().enumerate() {
            @if !file.findings.is_empty() {
                h3 id={ "file-" (number) } { (printable(&file.file)) }
                @for of in file.by_rule() { (group(number, &of)) }
            }
        }
    }
}

/// The name of a finding within the page: that of the file's number and the finding's in it.
pub(crate) fn anchor(file: usize, finding: usize) -> String {
    format!("finding-{file}-{finding}")
}

fn group(file: usize, of: &OfRule<'_>) -> Markup {
    let OfRule { rule, severity, findings } = of;
    let count = of.count();
    let is_open = *severity == Severity::Error;
    html! {
        details .(severity.as_str()) open[is_open] {
            summary {
                span .badge { (rule.id) " " (severity.as_str()) @if count > 1 { " × " (count) } }
                span .title { (rule.title) }
            }
            div {
                p .soft { (rule.why) " Source: " (rule.source) }
                @for (number, finding) in findings { (one(file, *number, finding)) }
            }
        }
    }
}

fn one(file: usize, number: usize, finding: &Finding) -> Markup {
    html! {
        div .finding id=(anchor(file, number)) {
            p { (clipped(&finding.message, TEXT)) }
            dl {
                dt { "in" } dd .place { (place(&finding.location)) }
                @for (label, text) in details(finding) {
                    dt { (label.trim_end_matches(':')) } dd .place { (text) }
                }
            }
        }
    }
}

/// A label for screen readers: what a finding's mark in a drawing stands for.
pub(crate) fn spoken(finding: &Finding) -> String {
    let mut out = format!("{} {}: ", finding.severity.as_str(), finding.rule.id);
    // Writing to a string does not fail.
    let _ = write!(out, "{}", clipped(&finding.message, TEXT));
    out
}
