//! JUnit XML, in the form that the xUnit plugin of Jenkins reads (its `junit-10.xsd`) and others take too.
//!
//! A file is a test suite; every rule broken in it is a test case, which fails if one of its findings makes the
//! check fail and otherwise passes with the findings as its output; a clean file is one test case that passes. What
//! could not be read is a suite of its own, of cases with errors.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::super::printable::printable;
use super::super::{Finding, Rule, Selection};
use super::{FileReport, Report, text};

/// One rule broken in one file.
struct Case<'a> {
    rule: &'static Rule,
    findings: Vec<&'a Finding>,
    fails: bool,
}

pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let suites: Vec<_> = report.files.iter().map(|file| (file, cases(file, &report.selection))).collect();
    let errors = report.unreadable.len();
    let tests: usize = suites.iter().map(|(_, cases)| cases.len().max(1)).sum::<usize>() + errors;
    let failures: usize = suites.iter().map(|(_, cases)| failures(cases)).sum();
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .with_attribute(("name", report.tool))
        .with_attribute(("tests", tests.to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("errors", errors.to_string().as_str()))
        .write_inner_content(|xml| {
            suites.iter().try_for_each(|(file, cases)| suite(file, cases, xml))?;
            unreadable(&report.unreadable, xml)
        })?;
    writeln!(out)
}

fn cases<'a>(file: &'a FileReport, selection: &Selection) -> Vec<Case<'a>> {
    let mut cases: Vec<Case<'a>> = Vec::new();
    for finding in &file.findings {
        let fails = selection.fails(finding.severity);
        match cases.iter_mut().find(|case| case.rule.id == finding.rule.id) {
            Some(case) => {
                case.findings.push(finding);
                case.fails |= fails;
            }
            None => cases.push(Case { rule: finding.rule, findings: vec![finding], fails }),
        }
    }
    cases
}

fn failures(cases: &[Case<'_>]) -> usize {
    cases.iter().filter(|case| case.fails).count()
}

fn suite<W: io::Write>(file: &FileReport, cases: &[Case<'_>], xml: &mut Writer<W>) -> io::Result<()> {
    let name = printable(&file.file);
    xml.create_element("testsuite")
        .with_attribute(("name", &*name))
        .with_attribute(("tests", cases.len().max(1).to_string().as_str()))
        .with_attribute(("failures", failures(cases).to_string().as_str()))
        .with_attribute(("errors", "0"))
        .write_inner_content(|xml| {
            if cases.is_empty() {
                xml.create_element("testcase")
                    .with_attribute(("name", "no findings"))
                    .with_attribute(("classname", &*name))
                    .write_empty()?;
            }
            cases.iter().try_for_each(|case| test_case(case, &name, xml))
        })?;
    Ok(())
}

/// The suite of what could not be read.
fn unreadable<W: io::Write>(messages: &[String], xml: &mut Writer<W>) -> io::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let count = messages.len().to_string();
    xml.create_element("testsuite")
        .with_attribute(("name", "unreadable"))
        .with_attribute(("tests", count.as_str()))
        .with_attribute(("failures", "0"))
        .with_attribute(("errors", count.as_str()))
        .write_inner_content(|xml| {
            messages.iter().try_for_each(|message| {
                xml.create_element("testcase")
                    .with_attribute(("name", "the file can be read"))
                    .with_attribute(("classname", "unreadable"))
                    .write_inner_content(|xml| {
                        let message = printable(message);
                        xml.create_element("error").with_attribute(("message", &*message)).write_empty()?;
                        Ok(())
                    })?;
                Ok(())
            })
        })?;
    Ok(())
}

fn test_case<W: io::Write>(case: &Case<'_>, class: &str, xml: &mut Writer<W>) -> io::Result<()> {
    let Case { rule, findings, fails } = case;
    let body: String = findings.iter().map(|finding| text::block(finding, false)).collect();
    let body = BytesText::new(body.trim_end());
    xml.create_element("testcase")
        .with_attribute(("name", format!("{}: {}", rule.id, printable(rule.title)).as_str()))
        .with_attribute(("classname", class))
        .write_inner_content(|xml| {
            if *fails {
                let message = match findings.as_slice() {
                    [one] => printable(&one.message).into_owned(),
                    many => format!("{} findings, the first: {}", many.len(), printable(&many[0].message)),
                };
                xml.create_element("failure")
                    .with_attribute(("type", rule.id))
                    .with_attribute(("message", message.as_str()))
                    .write_text_content(body)?;
            } else {
                xml.create_element("system-out").write_text_content(body)?;
            }
            Ok(())
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing;
    use super::*;

    fn junit(strict: bool) -> String {
        let mut out = Vec::new();
        write(&testing::report(strict), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report() {
        insta::assert_snapshot!(junit(false), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="ttal" tests="5" failures="2" errors="0">
          <testsuite name="in/a b.json" tests="3" failures="1" errors="0">
            <testcase name="T-11: timecode counts &lt;frames&gt; | drops none" classname="in/a b.json">
              <system-out>in/a b.json: advice[T-11] frames are counted without dropping, at 30000/1001</system-out>
            </testcase>
            <testcase name="D-04: `scriptType` is one of four values" classname="in/a b.json">
              <failure type="D-04" message="scriptType is &quot;dra\u{1b}[31mft&quot;, {0} [here](1)">in/a b.json:2:17: error[D-04] scriptType is &quot;dra\u{1b}[31mft&quot;, {0} [here](1)
            at /scriptType
            found: dra\u{1b}[31mft &amp; &lt;\u{202e}co&gt;
            expected: originalTranscript, translatedTranscript, preRecording or asRecorded</failure>
            </testcase>
            <testcase name="T-04: an event has a begin and an end" classname="in/a b.json">
              <system-out>in/a b.json:40:5: warning[T-04] the event has no end
            at /events/3 · event e4 · 00:00:10.000
            fix: Give it an end, or remove it.
            see in/a b.json:52:5: the next event begins (/events/4)</system-out>
            </testcase>
          </testsuite>
          <testsuite name="clean.json" tests="1" failures="0" errors="0">
            <testcase name="no findings" classname="clean.json"/>
          </testsuite>
          <testsuite name="/media/x,1:2.mp4" tests="1" failures="1" errors="0">
            <testcase name="D-04: `scriptType` is one of four values" classname="/media/x,1:2.mp4">
              <failure type="D-04" message="100% wrong">/media/x,1:2.mp4: byte 1234: error[D-04] 100% wrong
            at moov/trak[0]/tkhd · track 1</failure>
            </testcase>
          </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn warnings_fail_if_strict() {
        assert!(!junit(false).contains("<failure type=\"T-04\""));
        assert!(junit(true).contains("<failure type=\"T-04\" message=\"the event has no end\">"));
        assert!(junit(true).contains("failures=\"3\""));
    }

    #[test]
    fn it_is_xml() {
        let xml = junit(false);
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().unwrap() != Event::Eof {}
        assert!(!xml.contains(|c: char| c.is_control() && c != '\n'));
    }
}
