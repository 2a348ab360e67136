//! Workflow commands of GitHub Actions, which it shows as annotations on the files.
//!
//! GitHub takes `error`, `warning` and `notice`, shows ten of each in a step, and leaves the rest in the log.

use std::io;

use super::super::{Finding, Severity};
use super::{Report, text};
use crate::findings::printable::printable;

pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    for finding in report.files.iter().flat_map(|file| &file.findings) {
        writeln!(out, "{}", command(finding))?;
    }
    for message in &report.unreadable {
        writeln!(out, "::error::{}", data(&printable(message)))?;
    }
    Ok(())
}

fn command(finding: &Finding) -> String {
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "notice",
    };
    let at = &finding.location;
    let mut properties = vec![format!("file={}", property(&at.file))];
    if let Some(line) = at.line {
        properties.push(format!("line={line}"));
        properties.extend(at.column.map(|column| format!("col={column}")));
    }
    properties.push(format!("title={}", property(finding.rule.id)));
    let mut message = printable(&finding.message).into_owned();
    if let (None, Some(offset)) = (at.line, at.offset) {
        message += &format!("\nbyte {offset}");
    }
    for (label, value) in text::details(finding) {
        message += &format!("\n{label} {value}");
    }
    format!("::{name} {}::{}", properties.join(","), data(&message))
}

/// Escapes a message, in which the runner turns `%25`, `%0D` and `%0A` back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, where commas and colons have a meaning too.
fn property(text: &str) -> String {
    data(&printable(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::super::Location;
    use super::super::super::testing::{self, NDF};
    use super::*;

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        write(&testing::report(false), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        ::notice file=in/a b.json,title=T-11::frames are counted without dropping, at 30000/1001
        ::error file=in/a b.json,line=2,col=17,title=D-04::scriptType is "dra\u{1b}[31mft", {0} [here](1)%0Aat /scriptType%0Afound: dra\u{1b}[31mft & <\u{202e}co>%0Aexpected: originalTranscript, translatedTranscript, preRecording or asRecorded
        ::warning file=in/a b.json,line=40,col=5,title=T-04::the event has no end%0Aat /events/3 · event e4 · 00:00:10.000%0Afix: Give it an end, or remove it.%0Asee in/a b.json:52:5: the next event begins (/events/4)
        ::error file=/media/x%2C1%3A2.mp4,title=D-04::100%25 wrong%0Abyte 1234%0Aat moov/trak[0]/tkhd · track 1
        "#);
    }

    #[test]
    fn a_message_cannot_start_another_command() {
        let finding = Finding::new(&NDF, Location::new("a\n::error::x"), "50%\r\n::set-env name=A::b\n");
        assert_eq!(
            command(&finding),
            "::notice file=a\\n%3A%3Aerror%3A%3Ax,title=T-11::50%25\\r\\n::set-env name=A::b\\n"
        );
    }
}
