//! Reports: findings by file, what they come to, and writing them in a format.

mod github;
pub(crate) mod html;
mod json;
mod junit;
mod sarif;
mod text;

use std::io;

use serde::Serialize;

use super::{Finding, Rule, Selection, Severity};

/// What was found in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// The file, as the caller named it.
    pub file: String,
    /// What it is, a line each; the text report begins with it.
    pub about: Vec<String>,
    /// The findings, by position, then by rule.
    pub findings: Vec<Finding>,
}

impl FileReport {
    /// Puts the findings in order: those without a position first, those in another file last.
    pub fn new(file: impl Into<String>, mut findings: Vec<Finding>) -> Self {
        let file = file.into();
        findings.sort_by(|a, b| {
            let key = |finding: &Finding| {
                let at = &finding.location;
                (at.line, at.column, at.offset, finding.rule.id)
            };
            let other = |finding: &Finding| finding.location.file != file;
            (other(a).cmp(&other(b)))
                .then_with(|| a.location.file.cmp(&b.location.file))
                .then_with(|| key(a).cmp(&key(b)))
        });
        FileReport { file, about: Vec::new(), findings }
    }

    /// Says what the file is.
    pub fn about(mut self, about: Vec<String>) -> Self {
        self.about = about;
        self
    }

    /// The rules that are broken, each with its severity and how often: the worst first, then in the order of their
    /// first place.
    pub(crate) fn by_rule(&self) -> Vec<OfRule<'_>> {
        let mut rules: Vec<OfRule<'_>> = Vec::new();
        for (number, finding) in self.findings.iter().enumerate() {
            let is_same =
                |of: &&mut OfRule<'_>| of.rule.id == finding.rule.id && of.severity == finding.severity;
            match rules.iter_mut().find(is_same) {
                Some(of) => of.findings.push((number, finding)),
                None => rules.push(OfRule {
                    rule: finding.rule,
                    severity: finding.severity,
                    findings: vec![(number, finding)],
                }),
            }
        }
        rules.sort_by_key(|of| std::cmp::Reverse(of.severity));
        rules
    }
}

/// The findings of a file that break one rule.
#[derive(Debug)]
pub(crate) struct OfRule<'a> {
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    /// With their number in the file.
    pub(crate) findings: Vec<(usize, &'a Finding)>,
}

impl OfRule<'_> {
    /// How many breaches there are, listed or not.
    pub(crate) fn count(&self) -> u64 {
        self.findings.iter().map(|(_, finding)| 1 + finding.more).sum()
    }
}

/// What was found in all files of a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// The tool: `ttal` or `cmaf`.
    pub tool: &'static str,
    /// The tool's version.
    pub version: &'static str,
    /// The tool's whole rule table.
    pub rules: &'static [&'static Rule],
    /// Which rules were checked, and what fails.
    pub selection: Selection,
    /// The files checked, in the order given, with or without findings.
    pub files: Vec<FileReport>,
    /// What kept files from being checked, a line each, with the file's name.
    pub unreadable: Vec<String>,
}

impl Report {
    /// A report without files yet.
    pub fn new(tool: &'static str, rules: &'static [&'static Rule], selection: Selection) -> Self {
        Report {
            tool,
            version: env!("CARGO_PKG_VERSION"),
            rules,
            selection,
            files: Vec::new(),
            unreadable: Vec::new(),
        }
    }

    /// Adds a file, with those of its findings that the selection takes.
    pub fn push(&mut self, mut file: FileReport) {
        file.findings.retain(|finding| self.selection.takes(finding.rule));
        self.files.push(file);
    }

    /// How much was found.
    pub fn totals(&self) -> Totals {
        Totals::of(&self.files)
    }

    /// Whether there is a finding that makes the check fail.
    pub fn fails(&self) -> bool {
        let mut findings = self.files.iter().flat_map(|file| &file.findings);
        findings.any(|finding| self.selection.fails(finding.severity))
    }

    /// The exit code of the tool: 1 if the check fails, else 0.
    pub fn exit_code(&self) -> u8 {
        self.fails().into()
    }
}

/// How much was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Files checked.
    pub files: usize,
    /// Findings of severity error.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// Findings of severity advice.
    pub advice: usize,
    /// Files with a finding of any severity.
    pub files_with_findings: usize,
}

impl Totals {
    /// How much was found in these files.
    pub(crate) fn of<'a>(files: impl IntoIterator<Item = &'a FileReport>) -> Self {
        let mut totals = Totals::default();
        for file in files {
            totals.files += 1;
            totals.files_with_findings += usize::from(!file.findings.is_empty());
            for finding in &file.findings {
                *match finding.severity {
                    Severity::Error => &mut totals.errors,
                    Severity::Warning => &mut totals.warnings,
                    Severity::Advice => &mut totals.advice,
                } += 1 + finding.more as usize;
            }
        }
        totals
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
#[non_exhaustive]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// Everything, for programs
    Json,
    /// SARIF 2.1.0, for code scanning services and editors
    Sarif,
    /// JUnit XML, for build servers
    Junit,
    /// Annotations of GitHub Actions
    Github,
}

/// Writes the report. `colour` is for [`Format::Text`] only.
///
/// In every format, characters out of the input that a terminal would obey are escaped.
///
/// # JSON
///
/// ```json
/// {
///   "tool": "ttal", "version": "0.1.0",
///   "files": [{
///     "file": "a.json",
///     "findings": [{
///       "rule": "D-04", "severity": "error", "title": "…", "source": "…", "message": "…",
///       "location": {"file": "a.json", "path": "/scriptType", "line": 2, "column": 17, "offset": 18},
///       "context": {"event": "e4", "timecode": "00:00:10.000"},
///       "found": "…", "expected": "…", "fix": "…",
///       "related": [{"location": {"file": "a.json"}, "message": "…"}],
///       "more": 980
///     }]
///   }],
///   "summary": {"files": 1, "errors": 1, "warnings": 0, "advice": 0, "filesWithFindings": 1}
/// }
/// ```
///
/// `path`, `line`, `column`, `offset`, `found`, `expected` and `fix` are left out where nothing is known; `context`
/// and `related` are there always. Every file checked is listed; what kept others from being checked is in `unreadable`,
/// a list of messages beside `files`, which is left out where there are none. Later versions may add members.
///
/// # Errors
///
/// Those of `out`.
pub fn write(report: &Report, format: Format, colour: bool, out: &mut impl io::Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, colour, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
    }
}

/// Writes a value as indented JSON with a line end.
fn write_json(value: &impl Serialize, out: &mut impl io::Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", super::printable::printable_json(json))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{self, NDF, NO_TIMES, RULES, SCRIPT_TYPE};
    use super::super::{Location, Selection};
    use super::*;

    #[test]
    fn findings_are_sorted_by_position_and_rule() {
        let at = |rule, location| Finding::new(rule, location, "");
        let here = || Location::new("a");
        let file = FileReport::new(
            "a",
            vec![
                at(&NDF, Location::new("0").line(1, 1)),
                at(&NO_TIMES, here().line(10, 1)),
                at(&SCRIPT_TYPE, here().line(10, 1)),
                at(&NDF, here().line(9, 7)),
                at(&NO_TIMES, here()),
            ],
        );
        let order: Vec<_> = file.findings.iter().map(|f| (f.rule.id, f.location.line)).collect();
        assert_eq!(
            order,
            [("T-04", None), ("T-11", Some(9)), ("D-04", Some(10)), ("T-04", Some(10)), ("T-11", Some(1))]
        );
    }

    #[test]
    fn totals_and_exit_code() {
        let report = testing::report(false);
        let totals = Totals { files: 3, errors: 2, warnings: 1, advice: 1, files_with_findings: 2 };
        assert_eq!(report.totals(), totals);
        assert_eq!(report.exit_code(), 1);
    }

    #[test]
    fn only_what_is_selected_counts() {
        let warning = || {
            FileReport::new(
                "a",
                vec![
                    Finding::new(&NO_TIMES, Location::new("a"), ""),
                    Finding::new(&SCRIPT_TYPE, Location::new("a"), ""),
                ],
            )
        };
        for (strict, code) in [(false, 0), (true, 1)] {
            let selection = Selection::new(RULES, &[], &["D".to_owned()], strict).unwrap();
            let mut report = Report::new("ttal", RULES, selection);
            report.push(warning());
            assert_eq!((report.totals().errors, report.totals().warnings), (0, 1));
            assert_eq!(report.exit_code(), code);
        }
    }

    #[test]
    fn formats_have_names_for_the_command_line() {
        use clap::ValueEnum;
        let names: Vec<_> = Format::value_variants()
            .iter()
            .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
            .collect();
        assert_eq!(names, ["text", "json", "sarif", "junit", "github"]);
    }
}
