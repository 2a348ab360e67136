//! TTAL JSON.

use std::io::{self, Write};

use super::{Format, Losses, Notes, ReadOptions, WriteOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::ttal::json::{Problem, ProblemKind, Reader};
use crate::ttal::model::Script;
use crate::ttal::model::object::Data;
use crate::ttal::source::{Decoding, Source};

/// TTAL JSON, canonical when written: keys in fixed order, two spaces, LF, no byte order mark.
pub const TTAL: Format = Format {
    name: "ttal",
    title: "TTAL script (JSON)",
    extensions: &["ttal", "json"],
    probe,
    decoding: Decoding::Strict,
    read: Some(read),
    write: Some(write),
};

/// The version of the model that is written.
pub const VERSION: &str = "1.0";

fn probe(text: &str) -> bool {
    text.trim_start().starts_with('{') && text.contains("\"ttalVersion\"")
}

/// Reads as much as fits the model, and tells what does not. `None` where the text is no JSON object.
pub fn parse(source: &Source) -> (Option<Script>, Vec<Problem>) {
    let mut reader = Reader::new(source.text().as_bytes());
    let script = Script::read(&mut reader).and_then(|script| reader.finish().map(|()| script));
    (script.ok().flatten(), reader.into_problems())
}

fn read(source: &Source, _: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let (script, problems) = parse(source);
    for problem in problems {
        if problem.kind != ProblemKind::UnknownKey {
            return Err(
                source.locate(Error::format(problem.message).clause(rule_of(problem.kind)), problem.offset)
            );
        }
        if let Some(nearest) = problem.nearest {
            notes.add(problem.offset, format!("{}, kept; did you mean `{nearest}`?", problem.message));
        }
    }
    let Some(script) = script else {
        return Err(Error::format("no TTAL script: an object was expected")
            .clause("rule S-05")
            .in_file(source.name()));
    };
    check_version(&script.version, source, notes)?;
    Ok(script)
}

/// The rule that a problem belongs to.
pub fn rule_of(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Syntax | ProblemKind::DuplicateKey => "rule S-01",
        ProblemKind::LoneSurrogate => "rule S-10",
        ProblemKind::Shape => "rule S-06",
        ProblemKind::UnknownKey => "rule S-08",
    }
}

fn check_version(version: &str, source: &Source, notes: &mut Notes) -> Result<()> {
    let minor = version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok());
    match minor {
        Some(0) => Ok(()),
        Some(_) => {
            notes.add(0, format!("version {version} is newer than {VERSION}; unknown keys are kept"));
            Ok(())
        }
        None => Err(Error::new(
            ErrorKind::Unsupported,
            format!("ttalVersion `{version}`; this version reads 1.x"),
        )
        .clause("rule S-07")
        .in_file(source.name())),
    }
}

fn write(script: &Script, _: &WriteOptions, _: &mut Losses, out: &mut dyn Write) -> Result<()> {
    let cannot = |e: serde_json::Error| Error::io("cannot write", io::Error::from(e));
    serde_json::to_writer_pretty(&mut *out, script).map_err(cannot)?;
    out.write_all(b"\n").map_err(|e| Error::io("cannot write", e))
}
