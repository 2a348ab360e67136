//! A rule, a good file, and what spoils it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use showpack::control::Control;
use showpack::findings::{FileReport, Finding};
use showpack::validate::Target;
use showpack::{Input, validate};

use super::edit::Files;
use super::good::{KEY, good};

/// A defect.
pub struct Case {
    /// The rule that it breaks.
    pub rule: &'static str,
    /// What it is, as a file with it would be named: `trak-beyond-moov`.
    pub defect: &'static str,
    /// The good files, see [`good`].
    pub good: &'static str,
    /// Makes the defect.
    pub spoil: fn(&mut Files),
}

/// Runs the cases of a family. Gives, for each, what was found of its rule, and which other rules found something too.
///
/// # Panics
/// Where the good files break the rule, or the spoiled ones do not.
pub fn transcript(cases: &[Case]) -> String {
    let mut out = String::new();
    for case in cases {
        let Case { rule, defect, good: name, spoil } = case;
        let mut files = good(name);
        let of_rule = |findings: &[Finding]| {
            findings.iter().filter(|finding| finding.rule.id == *rule).cloned().collect::<Vec<_>>()
        };
        let before = of_rule(&findings(&files));
        assert!(before.is_empty(), "{rule} {defect}: {name} is not good:\n{}", shown(&before));
        spoil(&mut files);
        let all = findings(&files);
        let found = of_rule(&all);
        assert!(!found.is_empty(), "{rule} {defect}: not found; found instead:\n{}", shown(&all));
        let others: BTreeSet<&str> = all.iter().map(|f| f.rule.id).filter(|id| id != rule).collect();
        let others: Vec<&str> = others.into_iter().collect();
        writeln!(out, "{rule} {defect} ({name})\n{}", shown(&found)).unwrap();
        if !others.is_empty() {
            writeln!(out, "  also: {}\n", others.join(" ")).unwrap();
        }
    }
    out
}

/// What is found in files: of one track where they are no presentation.
pub fn findings(files: &Files) -> Vec<Finding> {
    reports(files).into_iter().flat_map(|report| report.findings).collect()
}

fn reports(files: &Files) -> Vec<FileReport> {
    let options = options();
    if files.iter().any(|(name, _)| name.ends_with(".mpd") || name.ends_with(".m3u8")) {
        return folder(files, &options);
    }
    let parts: Vec<Input> =
        files.iter().map(|(name, bytes)| Input::from_bytes(name, bytes.clone())).collect();
    let checked = validate::track(&parts, &options, &Control::new());
    vec![checked.unwrap().report]
}

/// A presentation, by its folder. Findings name files from there.
fn folder(files: &Files, options: &validate::Options) -> Vec<FileReport> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files.iter() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let targets = vec![Target::Path(folder.path().to_owned())];
    let outcome = validate::targets(targets, options, &Control::new()).unwrap();
    assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
    let prefix = format!("{}/", folder.path().display());
    let mut reports: Vec<FileReport> = outcome.checked.into_iter().map(|checked| checked.report).collect();
    for finding in reports.iter_mut().flat_map(|report| &mut report.findings) {
        let related = finding.related.iter_mut().map(|(place, _)| &mut place.file);
        for text in related.chain([&mut finding.location.file, &mut finding.message]) {
            *text = text.replace(&prefix, "");
        }
    }
    reports
}

/// With the key of the good files, so that what is decrypted is looked at too.
fn options() -> validate::Options {
    let mut options = validate::Options::default();
    options.keys.add_pair(KEY).unwrap();
    options
}

/// Findings, for snapshots.
pub fn shown(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings.iter().take(3) {
        let at = &finding.location;
        let offset = match (at.line, at.column, at.offset) {
            (Some(line), Some(column), _) => format!(":{line}:{column}"),
            (_, _, Some(offset)) => format!(":{offset}"),
            _ => String::new(),
        };
        let path = at.path.as_deref().unwrap_or("");
        let context: Vec<String> =
            finding.context.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let severity = finding.severity.as_str();
        writeln!(out, "  {}{offset} {path} {}", at.file, context.join(" ")).unwrap();
        writeln!(out, "    {severity}[{}] {}", finding.rule.id, finding.message).unwrap();
        for (label, text) in
            [("found", &finding.found), ("expected", &finding.expected), ("fix", &finding.fix)]
        {
            if let Some(text) = text {
                writeln!(out, "    {label}: {text}").unwrap();
            }
        }
    }
    if findings.len() > 3 {
        writeln!(out, "  … {} in all", findings.len()).unwrap();
    }
    out
}
