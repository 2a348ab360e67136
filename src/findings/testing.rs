//! A small rule table for the tests of this module.

use super::{Rule, Severity};

const fn rule(id: &'static str, severity: Severity, title: &'static str) -> Rule {
    Rule { id, severity, title, why: "Others read it.", source: "DAPT", bad: "", good: "" }
}

pub(super) static SCRIPT_TYPE: Rule = Rule {
    id: "D-04",
    severity: Severity::Error,
    title: "`scriptType` is one of four values",
    why: "The type decides which parts a script must have, so that a reader who does not know it cannot tell an \
          unfinished script from a finished one.",
    source: "DAPT, Script Type",
    bad: r#"{"scriptType": "draft"}"#,
    good: r#"{"scriptType": "preRecording"}"#,
};
static REPRESENTS: Rule = rule("D-05", Severity::Error, "`scriptRepresents` is present");
pub(super) static NO_TIMES: Rule = rule("T-04", Severity::Warning, "an event has a begin and an end");
pub(super) static NDF: Rule = rule("T-11", Severity::Advice, "timecode counts <frames> | drops none");
static LANGUAGE: Rule = rule("L-01", Severity::Error, "the root has a language");
static STAGES: Rule = rule("LN-02", Severity::Error, "stages are in order");

pub(super) static RULES: &[&Rule] = &[&SCRIPT_TYPE, &REPRESENTS, &NO_TIMES, &NDF, &LANGUAGE, &STAGES];
