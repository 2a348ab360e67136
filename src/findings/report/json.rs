//! The report for programs. Its shape is documented at [`write`](super::write()), for callers to see.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::super::{Finding, Location, Severity};
use super::{Report, Totals};

#[derive(Serialize)]
struct Root<'a> {
    tool: &'a str,
    version: &'a str,
    files: Vec<File<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    unreadable: &'a [String],
    summary: Totals,
}

#[derive(Serialize)]
struct File<'a> {
    file: &'a str,
    findings: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    rule: &'a str,
    severity: Severity,
    title: &'a str,
    source: &'a str,
    message: &'a str,
    location: Place<'a>,
    context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a str>,
    related: Vec<Related<'a>>,
    #[serde(skip_serializing_if = "is_zero")]
    more: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

#[derive(Serialize)]
struct Related<'a> {
    location: Place<'a>,
    message: &'a str,
}

/// An object whose members keep their order.
pub(super) struct Context<'a>(pub(super) &'a [(&'static str, String)]);

impl Context<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Context<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let files = report
        .files
        .iter()
        .map(|file| File { file: &file.file, findings: file.findings.iter().map(item).collect() })
        .collect();
    let root = Root {
        tool: report.tool,
        version: report.version,
        files,
        unreadable: &report.unreadable,
        summary: report.totals(),
    };
    super::write_json(&root, out)
}

fn item(finding: &Finding) -> Item<'_> {
    Item {
        rule: finding.rule.id,
        severity: finding.severity,
        title: finding.rule.title,
        source: finding.rule.source,
        message: &finding.message,
        location: place(&finding.location),
        context: Context(&finding.context),
        found: finding.found.as_deref(),
        expected: finding.expected.as_deref(),
        fix: finding.fix.as_deref(),
        related: finding
            .related
            .iter()
            .map(|(location, message)| Related { location: place(location), message })
            .collect(),
        more: finding.more,
    }
}

fn place(location: &Location) -> Place<'_> {
    Place {
        file: &location.file,
        path: location.path.as_deref(),
        line: location.line,
        column: location.column,
        offset: location.offset,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        write(&testing::report(false), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        {
          "tool": "ttal",
          "version": "1.2.3",
          "files": [
            {
              "file": "in/a b.json",
              "findings": [
                {
                  "rule": "T-11",
                  "severity": "advice",
                  "title": "timecode counts <frames> | drops none",
                  "source": "DAPT",
                  "message": "frames are counted without dropping, at 30000/1001",
                  "location": {
                    "file": "in/a b.json"
                  },
                  "context": {},
                  "related": []
                },
                {
                  "rule": "D-04",
                  "severity": "error",
                  "title": "`scriptType` is one of four values",
                  "source": "DAPT, Script Type",
                  "message": "scriptType is \"dra\u001b[31mft\", {0} [here](1)",
                  "location": {
                    "file": "in/a b.json",
                    "path": "/scriptType",
                    "line": 2,
                    "column": 17
                  },
                  "context": {},
                  "found": "dra\u001b[31mft & <\u202eco>",
                  "expected": "originalTranscript, translatedTranscript, preRecording or asRecorded",
                  "related": []
                },
                {
                  "rule": "T-04",
                  "severity": "warning",
                  "title": "an event has a begin and an end",
                  "source": "DAPT",
                  "message": "the event has no end",
                  "location": {
                    "file": "in/a b.json",
                    "path": "/events/3",
                    "line": 40,
                    "column": 5
                  },
                  "context": {
                    "event": "e4",
                    "timecode": "00:00:10.000"
                  },
                  "fix": "Give it an end, or remove it.",
                  "related": [
                    {
                      "location": {
                        "file": "in/a b.json",
                        "path": "/events/4",
                        "line": 52,
                        "column": 5
                      },
                      "message": "the next event begins"
                    }
                  ]
                }
              ]
            },
            {
              "file": "clean.json",
              "findings": []
            },
            {
              "file": "/media/x,1:2.mp4",
              "findings": [
                {
                  "rule": "D-04",
                  "severity": "error",
                  "title": "`scriptType` is one of four values",
                  "source": "DAPT, Script Type",
                  "message": "100% wrong",
                  "location": {
                    "file": "/media/x,1:2.mp4",
                    "path": "moov/trak[0]/tkhd",
                    "offset": 1234
                  },
                  "context": {
                    "track": "1"
                  },
                  "related": []
                }
              ]
            }
          ],
          "summary": {
            "files": 3,
            "errors": 2,
            "warnings": 1,
            "advice": 1,
            "filesWithFindings": 2
          }
        }
        "#);
    }
}
