//! Errors: who must act, where it went wrong, and what was expected there.

use std::fmt;
use std::io;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Who must act on an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The environment failed: a file could not be read or written, the disk is full.
    Io,
    /// The input breaks the specification of its own format.
    Format,
    /// The input is legal, but this version does not handle it.
    Unsupported,
    /// The caller's arguments make no sense, or lack something that the work needs (a key, a frame rate).
    Usage,
    /// The input passes a bound that a format or this library sets.
    Limit,
    /// The work was stopped from outside before it was done.
    Interrupted,
}

impl ErrorKind {
    /// The exit code that both command-line tools give for this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage => 2,
            ErrorKind::Format | ErrorKind::Unsupported | ErrorKind::Limit => 3,
            ErrorKind::Io | ErrorKind::Interrupted => 4,
        }
    }
}

/// One error, with the place it belongs to.
///
/// It prints as one line: `FILE: line L, column C, byte OFFSET, PATH, sample N: MESSAGE (CLAUSE)`, leaving out what is unknown.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    file: Option<String>,
    line: Option<(u32, u32)>,
    offset: Option<u64>,
    path: Option<String>,
    sample: Option<u64>,
    clause: Option<&'static str>,
    source: Option<io::Error>,
}

impl Error {
    /// An error of `kind`. The message is one lower-case line with the values it talks about, no full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            file: None,
            line: None,
            offset: None,
            path: None,
            sample: None,
            clause: None,
            source: None,
        }))
    }

    /// The input breaks its format's specification.
    pub fn format(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Format, message)
    }

    /// The input is legal but not handled.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Unsupported, message)
    }

    /// The caller's arguments make no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Usage, message)
    }

    /// A bound was passed.
    pub fn limit(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Limit, message)
    }

    /// The environment failed; `doing` says what was tried, as in `cannot open`.
    pub fn io(doing: impl Into<String>, source: io::Error) -> Self {
        let mut error = Error::new(ErrorKind::Io, doing);
        error.0.source = Some(source);
        error
    }

    /// Names the file. The first name given stays: context is added where it is first known.
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.0.file.get_or_insert_with(|| file.into());
        self
    }

    /// Gives the byte offset in the file. The first one given stays.
    pub fn at(mut self, offset: u64) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Gives the line and column in a text file, both counted from 1, columns in characters. The first ones given
    /// stay.
    pub fn at_line(mut self, line: u32, column: u32) -> Self {
        self.0.line.get_or_insert((line, column));
        self
    }

    /// Gives the place inside the file: a box path (`moof[3]/traf/trun`) or an OBU (`OBU 2 (frame)`).
    /// Called again by an outer level, it puts that level in front.
    pub fn within(mut self, path: impl fmt::Display) -> Self {
        self.0.path = Some(match self.0.path.take() {
            Some(inner) => format!("{path}/{inner}"),
            None => path.to_string(),
        });
        self
    }

    /// Gives the sample (temporal unit), counted from 1. The first one given stays.
    pub fn sample(mut self, number: u64) -> Self {
        self.0.sample.get_or_insert(number);
        self
    }

    /// Cites the clause or rule that is broken, as `AV1 § 5.9.2` or `rule ENC-23`.
    pub fn clause(mut self, clause: &'static str) -> Self {
        self.0.clause.get_or_insert(clause);
        self
    }

    /// Who must act.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether this is the clause that it cites.
    pub(crate) fn cites(&self, clause: &str) -> bool {
        self.0.clause == Some(clause)
    }

    /// The message without its place.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The byte offset in the file, where it is known.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(file) = &inner.file {
            write!(f, "{file}: ")?;
        }
        let mut place = Vec::new();
        if let Some((line, column)) = inner.line {
            place.push(format!("line {line}, column {column}"));
        }
        if let Some(offset) = inner.offset {
            place.push(format!("byte {offset}"));
        }
        if let Some(path) = &inner.path {
            place.push(path.clone());
        }
        if let Some(sample) = inner.sample {
            place.push(format!("sample {sample}"));
        }
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        f.write_str(&inner.message)?;
        if let Some(clause) = inner.clause {
            write!(f, " ({clause})")?;
        }
        if let Some(source) = &inner.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_puts_the_place_first() {
        let error = Error::format("4 bytes, 8 expected")
            .within("trun")
            .within("traf")
            .at(12)
            .sample(3)
            .in_file("a.mp4")
            .clause("rule ISO-15");
        assert_eq!(
            error.to_string(),
            "a.mp4: byte 12, traf/trun, sample 3: 4 bytes, 8 expected (rule ISO-15)"
        );
        assert_eq!(error.kind().exit_code(), 3);
    }
}
