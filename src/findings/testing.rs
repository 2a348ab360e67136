//! A small rule table and report for the tests of this module.

use super::{FileReport, Finding, Location, Report, Rule, Selection, Severity};

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

/// Two files with findings of each severity and hostile text, and a clean one.
pub(super) fn report(strict: bool) -> Report {
    let selection = Selection::new(RULES, &[], &[], strict).unwrap();
    let mut report = Report::new("ttal", RULES, selection);
    report.version = "1.2.3";
    let file = "in/a b.json";
    report.push(FileReport::new(
        file,
        vec![
            Finding::new(
                &NO_TIMES,
                Location::new(file).path("/events/3").line(40, 5),
                "the event has no end",
            )
            .context("event", "e4")
            .context("timecode", "00:00:10.000")
            .fix("Give it an end, or remove it.")
            .related(Location::new(file).path("/events/4").line(52, 5), "the next event begins"),
            Finding::new(&NDF, Location::new(file), "frames are counted without dropping, at 30000/1001"),
            Finding::new(
                &SCRIPT_TYPE,
                Location::new(file).path("/scriptType").line(2, 17),
                "scriptType is \"dra\u{1b}[31mft\", {0} [here](1)",
            )
            .found("dra\u{1b}[31mft & <\u{202e}co>")
            .expected("originalTranscript, translatedTranscript, preRecording or asRecorded"),
        ],
    ));
    report.push(FileReport::new("clean.json", Vec::new()));
    report.push(FileReport::new(
        "/media/x,1:2.mp4",
        vec![
            Finding::new(
                &SCRIPT_TYPE,
                Location::new("/media/x,1:2.mp4").path("moov/trak[0]/tkhd").offset(1234),
                "100% wrong",
            )
            .context("track", "1"),
        ],
    ));
    report
}
