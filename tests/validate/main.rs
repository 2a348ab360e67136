//! Whether `cmaf validate` finds what is wrong, and only that: each rule has a file that keeps it and one that was
//! spoiled in one place.

mod case;
mod docs;
mod edit;
mod good;

mod audio;
mod av1;
mod cmaf;
mod encryption;
mod hostile;
mod iso;
mod manifest;
mod text;

use case::Case;

/// The cases of all families.
fn all() -> Vec<&'static Case> {
    [iso::CASES, cmaf::CASES, av1::CASES, encryption::CASES, audio::CASES, text::CASES, manifest::CASES]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn every_rule_has_a_case() {
    let cases = all();
    let missing: Vec<&str> = showpack::validate::table::RULES
        .iter()
        .map(|rule| rule.id)
        .filter(|id| !cases.iter().any(|case| case.rule == *id))
        .collect();
    assert!(missing.is_empty(), "no case for {}", missing.join(", "));
}

#[test]
fn no_two_cases_have_one_name() {
    let mut names: Vec<_> = all().iter().map(|case| (case.rule, case.defect)).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
