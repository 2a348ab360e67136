//! SARIF 2.1.0, the OASIS interchange format of static analysis tools.

use std::collections::{HashMap, HashSet};
use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use super::super::{Finding, Location, Rule, Severity};
use super::Report;
use super::json::Context;

/// Where § 3.13.3 says that the schema is.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let index: HashMap<&str, usize> = report.rules.iter().enumerate().map(|(i, rule)| (rule.id, i)).collect();
    // A file given twice is one artifact: they are unique by the schema.
    let mut seen = HashSet::new();
    let artifacts: Vec<Value> = report
        .files
        .iter()
        .map(|file| uri(&file.file))
        .filter(|uri| seen.insert(uri.clone()))
        .map(|uri| json!({"location": {"uri": uri}, "roles": ["analysisTarget"]}))
        .collect();
    let results: Vec<SarifResult<'_>> = report
        .files
        .iter()
        .flat_map(|file| &file.findings)
        .map(|finding| result(finding, index.get(finding.rule.id).copied()))
        .collect();
    super::write_json(
        &Log {
            version: "2.1.0",
            schema: SCHEMA,
            runs: [Run {
                tool: json!({"driver": {
                    "name": report.tool,
                    "version": report.version,
                    "rules": report.rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
                }}),
                invocations: invocations(&report.unreadable),
                column_kind: "unicodeCodePoints",
                artifacts,
                results,
            }],
        },
        out,
    )
}

#[derive(Serialize)]
struct Log<'a> {
    version: &'a str,
    #[serde(rename = "$schema")]
    schema: &'a str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    /// Only where something failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invocations: Vec<Value>,
    column_kind: &'a str,
    artifacts: Vec<Value>,
    results: Vec<SarifResult<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'a str,
    message: Value,
    locations: [Value; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    #[serde(skip_serializing_if = "Properties::is_empty")]
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "Context::is_empty")]
    context: Context<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a str>,
}

impl Properties<'_> {
    fn is_empty(&self) -> bool {
        let Properties { context, found, expected, fix } = self;
        context.is_empty() && found.is_none() && expected.is_none() && fix.is_none()
    }
}

/// What could not be read, as notifications of the run.
fn invocations(unreadable: &[String]) -> Vec<Value> {
    if unreadable.is_empty() {
        return Vec::new();
    }
    let notification = |message: &String| json!({"level": "error", "message": {"text": message}});
    let notifications: Vec<Value> = unreadable.iter().map(notification).collect();
    vec![json!({"executionSuccessful": false, "toolExecutionNotifications": notifications})]
}

/// A rule as a `reportingDescriptor`.
fn descriptor(rule: &Rule) -> Value {
    let mut help = rule.why.to_owned();
    let mut markdown = rule.why.to_owned();
    if !rule.source.is_empty() {
        help += &format!("\n\nSource: {}", rule.source);
        markdown += &format!("\n\nSource: {}", rule.source);
    }
    for (label, example) in [("Bad", rule.bad), ("Good", rule.good)] {
        if !example.is_empty() {
            help += &format!("\n\n{label}: {example}");
            markdown += &format!("\n\n{label}:\n\n{}", super::super::explain::fenced(example));
        }
    }
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": if rule.why.is_empty() { rule.title } else { rule.why }},
        "help": {"text": if help.is_empty() { rule.title } else { help.trim_start() }, "markdown": markdown.trim_start()},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn result(finding: &Finding, rule_index: Option<usize>) -> SarifResult<'_> {
    SarifResult {
        rule_id: finding.rule.id,
        rule_index,
        level: level(finding.severity),
        message: json!({"text": message(&finding.message)}),
        locations: [location(&finding.location)],
        related_locations: finding
            .related
            .iter()
            .enumerate()
            .map(|(id, (place, how))| {
                let mut value = location(place);
                value["id"] = id.into();
                value["message"] = json!({"text": message(how)});
                value
            })
            .collect(),
        properties: Properties {
            context: Context(&finding.context),
            found: finding.found.as_deref(),
            expected: finding.expected.as_deref(),
            fix: finding.fix.as_deref(),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

fn location(location: &Location) -> Value {
    let mut physical = json!({"artifactLocation": {"uri": uri(&location.file)}});
    if let Some(line) = location.line {
        physical["region"] = json!({"startLine": line});
        if let Some(column) = location.column {
            physical["region"]["startColumn"] = column.into();
        }
    } else if let Some(offset) = location.offset {
        physical["region"] = json!({"byteOffset": offset});
    }
    let mut value = json!({"physicalLocation": physical});
    if let Some(path) = &location.path {
        value["logicalLocations"] = json!([{"fullyQualifiedName": path}]);
    }
    value
}

/// A message that holds no placeholder (§ 3.11.5: braces are doubled) and no link (§ 3.11.6) out of the input.
fn message(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "\\](")
}

/// A file name as a URI reference: relative as it is, absolute with the scheme `file`.
fn uri(file: &str) -> String {
    let file = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
    let drive = cfg!(windows) && file.as_bytes().get(1) == Some(&b':');
    let (scheme, path) = match file.strip_prefix("./") {
        _ if drive => ("file:///", file.as_str()),
        _ if file.starts_with('/') => ("file://", file.as_str()),
        Some(rest) => ("", rest),
        None => ("", file.as_str()),
    };
    let mut out = scheme.to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;

    #[test]
    fn a_report() {
        let mut report = testing::report(false);
        report.rules = &report.rules[..1];
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        {
          "version": "2.1.0",
          "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "ttal",
                  "version": "1.2.3",
                  "rules": [
                    {
                      "id": "D-04",
                      "shortDescription": {
                        "text": "`scriptType` is one of four values"
                      },
                      "fullDescription": {
                        "text": "The type decides which parts a script must have, so that a reader who does not know it cannot tell an unfinished script from a finished one."
                      },
                      "help": {
                        "text": "The type decides which parts a script must have, so that a reader who does not know it cannot tell an unfinished script from a finished one.\n\nSource: DAPT, Script Type\n\nBad: {\"scriptType\": \"draft\"}\n\nGood: {\"scriptType\": \"preRecording\"}",
                        "markdown": "The type decides which parts a script must have, so that a reader who does not know it cannot tell an unfinished script from a finished one.\n\nSource: DAPT, Script Type\n\nBad:\n\n```\n{\"scriptType\": \"draft\"}\n```\n\nGood:\n\n```\n{\"scriptType\": \"preRecording\"}\n```"
                      },
                      "defaultConfiguration": {
                        "level": "error"
                      }
                    }
                  ]
                }
              },
              "columnKind": "unicodeCodePoints",
              "artifacts": [
                {
                  "location": {
                    "uri": "in/a%20b.json"
                  },
                  "roles": [
                    "analysisTarget"
                  ]
                },
                {
                  "location": {
                    "uri": "clean.json"
                  },
                  "roles": [
                    "analysisTarget"
                  ]
                },
                {
                  "location": {
                    "uri": "file:///media/x,1%3A2.mp4"
                  },
                  "roles": [
                    "analysisTarget"
                  ]
                }
              ],
              "results": [
                {
                  "ruleId": "T-11",
                  "level": "note",
                  "message": {
                    "text": "frames are counted without dropping, at 30000/1001"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "in/a%20b.json"
                        }
                      }
                    }
                  ]
                },
                {
                  "ruleId": "D-04",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "scriptType is \"dra\u001b[31mft\", {{0}} [here\\](1)"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "in/a%20b.json"
                        },
                        "region": {
                          "startLine": 2,
                          "startColumn": 17
                        }
                      },
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "/scriptType"
                        }
                      ]
                    }
                  ],
                  "properties": {
                    "found": "dra\u001b[31mft & <\u202eco>",
                    "expected": "originalTranscript, translatedTranscript, preRecording or asRecorded"
                  }
                },
                {
                  "ruleId": "T-04",
                  "level": "warning",
                  "message": {
                    "text": "the event has no end"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "in/a%20b.json"
                        },
                        "region": {
                          "startLine": 40,
                          "startColumn": 5
                        }
                      },
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "/events/3"
                        }
                      ]
                    }
                  ],
                  "relatedLocations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "in/a%20b.json"
                        },
                        "region": {
                          "startLine": 52,
                          "startColumn": 5
                        }
                      },
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "/events/4"
                        }
                      ],
                      "id": 0,
                      "message": {
                        "text": "the next event begins"
                      }
                    }
                  ],
                  "properties": {
                    "context": {
                      "event": "e4",
                      "timecode": "00:00:10.000"
                    },
                    "fix": "Give it an end, or remove it."
                  }
                },
                {
                  "ruleId": "D-04",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "100% wrong"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "file:///media/x,1%3A2.mp4"
                        },
                        "region": {
                          "byteOffset": 1234
                        }
                      },
                      "logicalLocations": [
                        {
                          "fullyQualifiedName": "moov/trak[0]/tkhd"
                        }
                      ]
                    }
                  ],
                  "properties": {
                    "context": {
                      "track": "1"
                    }
                  }
                }
              ]
            }
          ]
        }
        "#);
    }

    #[test]
    fn artifacts_are_unique() {
        let mut report = testing::report(false);
        report.files.extend(report.files.clone());
        let mut out = Vec::new();
        write(&report, &mut out).unwrap();
        let log: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(log["runs"][0]["artifacts"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn a_rule_index_points_at_its_rule() {
        let mut out = Vec::new();
        write(&testing::report(false), &mut out).unwrap();
        let log: Value = serde_json::from_slice(&out).unwrap();
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }

    #[cfg(unix)]
    #[test]
    fn file_names_become_uri_references() {
        assert_eq!(uri("./a b/ü%.json"), "a%20b/%C3%BC%25.json");
        assert_eq!(uri("/a:b/c#d?e"), "file:///a%3Ab/c%23d%3Fe");
        assert_eq!(uri("c:\\x"), "c%3A%5Cx");
        assert_eq!(uri("../x"), "../x");
        assert_eq!(uri("-"), "-");
    }
}
