//! The validation tests of W3C dapt-tests: each invalid file breaks the rule it was made for, and no valid file any.

use std::fs;
use std::path::{Path, PathBuf};

use showpack::findings::{FileReport, Severity};
use showpack::ttal::rules::{RuleOptions, Suite};
use showpack::ttal::validate::{ValidateOptions, validate_bytes};

/// The rules that each invalid file breaks: the first one must be told, the others may be.
const INVALID: &[(&str, &[&str])] = &[
    ("agent-actor-id-invalid", &["D-15", "R-01"]),
    ("agent-actor-id-not-agent", &["D-15"]),
    ("agent-actor-id-undeclared", &["D-15"]),
    ("agent-actor-is-parent", &["D-15"]),
    ("agent-invalid-xmlId", &["R-01"]),
    ("agent-no-name", &["D-14"]),
    ("agent-no-xmlId", &["D-13"]),
    ("contentProfiles-im3t-no-dapt", &["D-01"]),
    ("contentProfiles-omitted", &["D-01"]),
    ("descType-extension-value", &["D-11"]),
    ("langSrc-on-root-empty", &["L-05"]),
    ("langSrc-on-root-invalid-value", &["L-03"]),
    ("onScreen", &["D-10"]),
    ("originTimecode-bad-format", &["D-17"]),
    ("originTimecode-frames-too-many", &["D-17"]),
    ("originTimecode-no-framerate", &["D-17"]),
    ("originTimecode-too-many", &["D-17"]),
    ("profile", &["D-02"]),
    ("represents-invalid", &["D-06", "D-07"]),
    ("represents-omitted", &["D-07"]),
    ("represents-scriptRepresents-mismatch", &["D-08"]),
    ("scriptRepresents-invalid-content-descriptor", &["D-06"]),
    ("scriptRepresents-invalid-list", &["D-05", "D-06"]),
    ("scriptRepresents-omitted", &["D-05"]),
    ("scriptType-root-invalid-value", &["D-04"]),
    ("scriptType-root-omitted", &["D-04"]),
    ("serialization-encoding-iso8859-1", &["S-02"]),
    ("serialization-entity-declaration-and-ref", &["S-04"]),
    ("serialization-not-xml", &["S-01"]),
    ("source-data-source-child", &["D-20"]),
    ("xmlLang-on-audio-non-matching", &["D-19"]),
    ("xmlLang-root-empty", &["L-02"]),
    ("xmlLang-root-invalid", &["L-03"]),
    ("xmlLang-root-missing", &["L-01"]),
];

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/dapt")
}

fn validate(path: &Path, suite: Option<Suite>) -> FileReport {
    let name = path.file_name().unwrap().to_string_lossy();
    let options = ValidateOptions { rules: RuleOptions { suite, ..RuleOptions::default() } };
    validate_bytes(&name, fs::read(path).unwrap(), &options)
}

fn errors(report: &FileReport) -> Vec<String> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule.id.to_string()).collect()
}

/// How many of the invalid files break their rule, and no other.
fn score(as_suite: Option<Suite>) -> (usize, Vec<String>) {
    let mut wrong = Vec::new();
    let mut right = 0;
    for (name, rules) in INVALID {
        let path = suite().join(format!("invalid/dapt-invld-{name}.xml"));
        let report = validate(&path, as_suite);
        let errors = errors(&report);
        let all = errors.iter().all(|error| rules.contains(&error.as_str()));
        if errors.iter().any(|error| error == rules[0]) && all {
            right += 1;
        } else {
            wrong.push(format!("{name}: {errors:?} where {rules:?} was expected"));
        }
    }
    (right, wrong)
}

#[test]
fn each_invalid_file_breaks_its_rule() {
    let (right, wrong) = score(Some(Suite::DaptTests202511));
    assert_eq!((right, wrong.as_slice()), (34, &[][..]), "{wrong:#?}");
}

#[test]
fn the_specification_differs_in_one_file() {
    let (right, wrong) = score(None);
    assert_eq!(right, 33, "{wrong:#?}");
    assert!(wrong[0].starts_with("langSrc-on-root-empty: []"), "{wrong:#?}");
}

#[test]
fn valid_files_have_no_errors() {
    let mut count = 0;
    for entry in fs::read_dir(suite().join("valid")).unwrap() {
        let path = entry.unwrap().path();
        for as_suite in [None, Some(Suite::DaptTests202511)] {
            let report = validate(&path, as_suite);
            let errors: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        }
        count += 1;
    }
    assert_eq!(count, 25);
}

#[test]
fn findings_say_where() {
    let report = validate(&suite().join("invalid/dapt-invld-onScreen.xml"), None);
    let finding = report.findings.iter().find(|finding| finding.rule.id == "D-10").unwrap();
    let path = finding.location.path.as_deref().unwrap();
    assert!(path.ends_with("/@daptm:onScreen"), "{path}");
    assert!(finding.location.line.is_some() && finding.location.column.is_some());
}
