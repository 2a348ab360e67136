//! Writing lists as they are made, as text or as JSON.

use std::fmt;
use std::io::{self, Write};

use serde::Serialize;

use super::Format;
use crate::error::{Error, Result};

/// Where a view goes.
pub(super) struct Output<'a> {
    out: &'a mut dyn Write,
    pub format: Format,
}

/// The error for an output that takes no more. A reader that went away is seen in its source.
pub(super) fn cannot_write(source: io::Error) -> Error {
    Error::io("cannot write the output", source)
}

impl<'a> Output<'a> {
    pub fn new(out: &'a mut dyn Write, format: Format) -> Self {
        Output { out, format }
    }

    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes what is given as it is.
    pub fn text(&mut self, text: fmt::Arguments<'_>) -> Result<()> {
        self.out.write_fmt(text).map_err(cannot_write)
    }

    /// Writes a value as JSON on one line, without its end.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut *self.out, value).map_err(|e| cannot_write(e.into()))
    }

    /// Writes a value as indented JSON, without a line's end.
    pub fn pretty(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer_pretty(&mut *self.out, value).map_err(|e| cannot_write(e.into()))
    }

    /// Ends a JSON file object with its error, which may be none.
    pub fn close(&mut self, error: Option<&Error>) -> Result<()> {
        self.text(format_args!("\"error\":"))?;
        self.json(&error.map(Error::to_string))?;
        self.text(format_args!("}}"))
    }

    /// Writes a file of which nothing can be said but what is wrong. In text that is left to the error itself.
    pub fn failed(&mut self, name: &str, error: &Error) -> Result<()> {
        if !self.is_json() {
            return Ok(());
        }
        self.text(format_args!("{{\"file\":"))?;
        self.json(&name)?;
        self.text(format_args!(","))?;
        self.close(Some(error))
    }
}

/// Puts a separator before the first thing that is written, if anything is.
pub(super) struct Separated<'a> {
    out: &'a mut dyn Write,
    separator: Option<&'static str>,
}

impl<'a> Separated<'a> {
    pub fn new(out: &'a mut dyn Write, separator: &'static str) -> Self {
        Separated { out, separator: Some(separator) }
    }

    /// Whether something was written.
    pub fn has_begun(&self) -> bool {
        self.separator.is_none()
    }
}

impl Write for Separated<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(separator) = self.separator.take() {
            self.out.write_all(separator.as_bytes())?;
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
