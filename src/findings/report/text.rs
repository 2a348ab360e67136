//! The report for people, compact.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

use super::super::printable::{clipped, printable};
use super::super::{Finding, Location, Severity};
use super::{FileReport, Report, Totals};

/// A rule that fires more often than this in one file is cut short …
const MANY: usize = 20;
/// … to so many.
const SHOWN: usize = 5;
/// Characters shown of a value out of the input.
const FOUND: usize = 120;
/// Characters shown of any other text. What is longer is hardly meant to be read.
const TEXT: usize = 500;

const BOLD: &str = "1";
const DIM: &str = "2";

pub(super) fn write(report: &Report, colour: bool, out: &mut impl io::Write) -> io::Result<()> {
    let described = || report.files.iter().filter(|file| !file.about.is_empty());
    described().try_for_each(|file| out.write_all(overview(file, colour).as_bytes()))?;
    if described().next().is_some() {
        writeln!(out)?;
    }
    for file in &report.files {
        let mut many: HashMap<&str, usize> = HashMap::new();
        for finding in &file.findings {
            *many.entry(finding.rule.id).or_default() += 1 + finding.more as usize;
        }
        many.retain(|_, count| *count > MANY);
        let mut shown: HashMap<&str, usize> = HashMap::new();
        for finding in &file.findings {
            let id = finding.rule.id;
            let number = shown.entry(id).or_default();
            *number += 1;
            match many.get(id) {
                Some(total) if *number == SHOWN + 1 => {
                    let more = total - SHOWN;
                    writeln!(out, "… and {more} more [{id}] in this file (--format json lists them all)\n")?;
                }
                Some(_) if *number > SHOWN => {}
                _ => writeln!(out, "{}", block(finding, colour))?,
            }
        }
    }
    writeln!(out, "{}", summary(&report.totals(), report.selection.strict()))
}

/// What a file is, and which rules are broken there, before all details.
fn overview(file: &FileReport, colour: bool) -> String {
    let mut out = paint(colour, BOLD, &printable(&file.file));
    out.push('\n');
    for line in &file.about {
        out += &format!("  {}\n", clipped(line, TEXT));
    }
    for of in file.by_rule() {
        let severity = of.severity.as_str();
        let count = match of.count() {
            1 => String::new(),
            count => format!(" × {count}"),
        };
        let name = paint(colour, of.severity.colour(), &format!("{severity:<7} {}", of.rule.id));
        out += &format!("  {name}{count}  {}\n", of.rule.title);
    }
    if file.findings.is_empty() {
        out += "  no findings\n";
    }
    out
}

/// One finding: a line, then an indented line for each thing known about it. It ends with a line end.
pub(super) fn block(finding: &Finding, colour: bool) -> String {
    let mut out = paint(colour, BOLD, &format!("{}:", place(&finding.location)));
    out.push(' ');
    out += &paint(
        colour,
        finding.severity.colour(),
        &format!("{}[{}]", finding.severity.as_str(), finding.rule.id),
    );
    out.push(' ');
    out += &clipped(&finding.message, TEXT);
    out.push('\n');
    for (label, text) in details(finding) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "    {} {text}", paint(colour, DIM, label));
    }
    out
}

/// What is known about a finding besides its message, each with a label.
pub(super) fn details(finding: &Finding) -> Vec<(&'static str, Cow<'_, str>)> {
    let mut lines = Vec::new();
    let mut at: Vec<Cow<'_, str>> = Vec::new();
    at.extend(finding.location.path.as_deref().map(|path| clipped(path, TEXT)));
    at.extend(finding.context.iter().map(|(name, value)| match *name {
        // A timecode is known by its looks.
        "timecode" => clipped(value, FOUND),
        name => format!("{name} {}", clipped(value, FOUND)).into(),
    }));
    if !at.is_empty() {
        lines.push(("at", at.join(" · ").into()));
    }
    lines.extend(finding.found.as_deref().map(|found| ("found:", clipped(found, FOUND))));
    lines.extend(finding.expected.as_deref().map(|expected| ("expected:", clipped(expected, TEXT))));
    lines.extend(finding.fix.as_deref().map(|fix| ("fix:", clipped(fix, TEXT))));
    lines.extend(finding.related.iter().map(|(location, how)| {
        let mut text = format!("{}: {}", place(location), clipped(how, TEXT));
        if let Some(path) = &location.path {
            // Writing to a string does not fail.
            let _ = write!(text, " ({})", clipped(path, TEXT));
        }
        ("see", text.into())
    }));
    lines
}

impl Severity {
    /// The code that colours it on a terminal.
    fn colour(self) -> &'static str {
        match self {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Advice => "1;36",
        }
    }
}

/// `FILE:LINE:COLUMN` or `FILE: byte OFFSET`, leaving out what is unknown.
pub(super) fn place(location: &Location) -> String {
    let file = printable(&location.file);
    match (location.line, location.column, location.offset) {
        (Some(line), Some(column), _) => format!("{file}:{line}:{column}"),
        (Some(line), None, _) => format!("{file}:{line}"),
        (None, _, Some(offset)) => format!("{file}: byte {offset}"),
        (None, _, None) => file.into_owned(),
    }
}

pub(super) fn summary(totals: &Totals, strict: bool) -> String {
    if totals.files == 0 {
        return "nothing was checked".to_owned();
    }
    let mut parts = Vec::new();
    for (number, word) in [(totals.errors, "error"), (totals.warnings, "warning"), (totals.advice, "note")] {
        if number > 0 {
            parts.push(count(number, word));
        }
    }
    let mut out = format!("{}: ", count(totals.files, "file"));
    if parts.is_empty() {
        out += "no findings";
        return out;
    }
    out += &parts.join(", ");
    if totals.files > 1 {
        out += " in ";
        out += &count(totals.files_with_findings, "file");
    }
    if strict && totals.errors == 0 && totals.warnings > 0 {
        out += " (warnings fail: --strict)";
    }
    out
}

fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::super::Selection;
    use super::super::super::testing::{self, NDF, NO_TIMES, RULES};
    use super::*;

    fn text(report: &Report, colour: bool) -> String {
        let mut out = Vec::new();
        write(report, colour, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report() {
        insta::assert_snapshot!(text(&testing::report(false), false), @r#"
        in/a b.json: advice[T-11] frames are counted without dropping, at 30000/1001

        in/a b.json:2:17: error[D-04] scriptType is "dra\u{1b}[31mft", {0} [here](1)
            at /scriptType
            found: dra\u{1b}[31mft & <\u{202e}co>
            expected: originalTranscript, translatedTranscript, preRecording or asRecorded

        in/a b.json:40:5: warning[T-04] the event has no end
            at /events/3 · event e4 · 00:00:10.000
            fix: Give it an end, or remove it.
            see in/a b.json:52:5: the next event begins (/events/4)

        /media/x,1:2.mp4: byte 1234: error[D-04] 100% wrong
            at moov/trak[0]/tkhd · track 1

        3 files: 2 errors, 1 warning, 1 note in 2 files
        "#);
    }

    #[test]
    fn colour_is_the_only_control() {
        let coloured = text(&testing::report(false), true);
        assert!(coloured.contains("\x1b[1;31merror[D-04]\x1b[0m scriptType is \"dra\\u{1b}[31mft\""));
        let mut plain = coloured.replace("\x1b[0m", "");
        for code in ["1", "2", "1;31", "1;33", "1;36"] {
            plain = plain.replace(&format!("\x1b[{code}m"), "");
        }
        assert_eq!(plain, text(&testing::report(false), false));
    }

    fn repeated(number: u32) -> Report {
        let at = |line| Location::new("a").line(line, 1);
        let mut findings: Vec<_> =
            (1..=number).map(|line| Finding::new(&NO_TIMES, at(line), "no end")).collect();
        findings.push(Finding::new(&NDF, at(3), "frames"));
        let mut report = Report::new("ttal", RULES, Selection::all(RULES));
        report.push(FileReport::new("a", findings));
        report
    }

    #[test]
    fn a_rule_that_fires_often_is_cut_short() {
        assert_eq!(text(&repeated(20), false).matches("no end").count(), 20);
        insta::assert_snapshot!(text(&repeated(142), false), @"
        a:1:1: warning[T-04] no end

        a:2:1: warning[T-04] no end

        a:3:1: warning[T-04] no end

        a:3:1: advice[T-11] frames

        a:4:1: warning[T-04] no end

        a:5:1: warning[T-04] no end

        … and 137 more [T-04] in this file (--format json lists them all)

        1 file: 142 warnings, 1 note
        ");
    }

    #[test]
    fn found_is_clipped() {
        let finding = Finding::new(&NDF, Location::new("a"), "m").found("x".repeat(1000));
        let expected = format!("a: advice[T-11] m\n    found: {}… (1000 characters)\n", "x".repeat(120));
        assert_eq!(block(&finding, false), expected);
    }

    #[test]
    fn the_summary_is_one_line() {
        let totals = |files, errors, warnings, advice, files_with_findings| Totals {
            files,
            errors,
            warnings,
            advice,
            files_with_findings,
        };
        assert_eq!(summary(&totals(0, 0, 0, 0, 0), false), "nothing was checked");
        assert_eq!(summary(&totals(1, 0, 0, 0, 0), false), "1 file: no findings");
        assert_eq!(summary(&totals(3, 2, 1, 4, 2), true), "3 files: 2 errors, 1 warning, 4 notes in 2 files");
        assert_eq!(
            summary(&totals(1, 0, 2, 1, 1), true),
            "1 file: 2 warnings, 1 note (warnings fail: --strict)"
        );
    }
}
