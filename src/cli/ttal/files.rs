//! Inputs and outputs of the commands: files, pipes, and what a script is called in messages.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use clap::Args;

use super::super::{print, terminal};
use crate::error::{Error, Result};
use crate::formats::{self, Format, Notes, ReadOptions};
use crate::output::Outputs;
use crate::ttal::convert::is_script;
use crate::ttal::lineage::Parent;
use crate::ttal::model::Script;
use crate::ttal::source::Source;

/// The name that stands for standard input and output.
pub(super) const PIPE: &str = "-";

/// Inputs longer than this are no scripts.
const MAX_BYTES: u64 = 1 << 32;

/// The bytes of a file or of standard input.
pub(super) fn read_bytes(path: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let name = display_name(path);
    if path == PIPE {
        let read = io::stdin().lock().take(MAX_BYTES).read_to_end(&mut bytes);
        read.map_err(|e| Error::io("cannot read", e).in_file(name))?;
    } else {
        let file = fs::File::open(path).map_err(|e| Error::io("cannot open", e).in_file(name))?;
        let metadata = file.metadata().map_err(|e| Error::io("cannot stat", e).in_file(name))?;
        if metadata.is_dir() {
            return Err(Error::usage("is a folder, a file was expected").in_file(name));
        }
        // One byte more tells that there is more.
        bytes.reserve_exact(usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or(0) + 1);
        file.take(MAX_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|e| Error::io("cannot read", e).in_file(name))?;
    }
    Ok(bytes)
}

/// What a path is called in messages.
pub(super) fn display_name(path: &str) -> &str {
    if path == PIPE { "standard input" } else { path }
}

/// How an input is to be read.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct InputArgs {
    /// The input's format, where its content and name don't tell
    #[arg(long, value_name = "FORMAT")]
    pub(super) from: Option<String>,
    /// The input's character encoding, as windows-1252 or shift_jis; told from the bytes where it is left out
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
}

/// A script with what it was read from.
pub(super) struct Opened {
    pub(super) source: Source,
    pub(super) format: &'static Format,
    pub(super) script: Script,
    pub(super) notes: Notes,
}

impl InputArgs {
    /// Reads a script. What the reader put up with is in the notes.
    pub(super) fn open(&self, path: &str, options: &ReadOptions) -> Result<Opened> {
        self.open_bytes(path, read_bytes(path)?, options)
    }

    /// Reads a script from bytes that are there already.
    pub(super) fn open_bytes(&self, path: &str, bytes: Vec<u8>, options: &ReadOptions) -> Result<Opened> {
        // IMSC is read as the TTML that it is.
        let name =
            self.from.as_deref().map(|name| if name.eq_ignore_ascii_case("imsc") { "ttml" } else { name });
        let from = name.map(formats::by_name).transpose()?;
        let encoding = self.encoding.as_deref().map(|name| {
            encoding_rs::Encoding::for_label(name.as_bytes())
                .ok_or_else(|| Error::usage(format!("--encoding: no encoding is called `{name}`")))
        });
        let (source, format) = formats::open(display_name(path), bytes, from, encoding.transpose()?)?;
        let read = format.read.ok_or_else(|| {
            Error::unsupported(format!("{} is written here, not read", format.title)).in_file(source.name())
        })?;
        let mut notes = Notes::default();
        let script = read(&source, options, &mut notes)?;
        Ok(Opened { source, format, script, notes })
    }
}

impl Opened {
    /// Prints what the reader put up with, as warnings.
    pub(super) fn warn(&self) {
        /// More of them tell nothing new.
        const SHOWN: usize = 20;
        for note in self.notes.notes.iter().take(SHOWN) {
            let place = note.offset.map(|offset| self.source.line_column(offset));
            let place =
                place.map_or_else(String::new, |(line, column)| format!("line {line}, column {column}: "));
            terminal::warning(&format!("{}: {place}{}", self.source.name(), note.message));
        }
        let all = self.notes.notes.len() + self.notes.more;
        if let Some(more) = all.checked_sub(SHOWN).filter(|&more| more > 0) {
            terminal::warning(&format!("{}: and {more} more such notes", self.source.name()));
        }
    }

    /// What lineage says about this input.
    pub(super) fn parent(&self) -> Parent {
        let is_script = is_script(self.format);
        Parent {
            document_id: self.script.document_id.clone(),
            sha256: Some(if is_script {
                crate::ttal::normal::sha256(&self.script)
            } else {
                self.source.sha256()
            }),
            of_bytes: !is_script,
            format: Some(self.format.name.into()),
        }
    }
}

/// Prints what a format can't hold, as warnings.
pub(super) fn tell_losses(losses: &formats::Losses, target: &Format) {
    for loss in losses.report() {
        let events = match loss.event_ids.as_slice() {
            [] => String::new(),
            [only] => format!(" (event {only})"),
            [first, rest @ ..] => format!(" ({} and {} more)", first, count(rest.len(), "event")),
        };
        let detail = crate::findings::printable::printable(&loss.detail).into_owned();
        terminal::warning(&format!("{} in {}: {detail}{events}", loss.code, target.title));
    }
}

/// What came of one file of several: `None` where it failed, which is printed and noted in the exit code, since one bad
/// file must not hide what the others are like. The failure of a single file is the command's.
pub(super) fn one_of_many<T>(result: Result<T>, inputs: &[String], code: &mut u8) -> Result<Option<T>> {
    match result {
        Err(error) if inputs.len() > 1 => {
            terminal::error(&error.to_string());
            *code = (*code).max(error.kind().exit_code());
            Ok(None)
        }
        result => result.map(Some),
    }
}

/// Writes an output whole or not at all; `-` is standard output.
pub(super) fn write_output(
    path: &str,
    force: bool,
    write: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    if path == PIPE {
        let mut text = Vec::new();
        write(&mut text)?;
        let mut out = io::stdout().lock();
        return out
            .write_all(&text)
            .and_then(|()| out.flush())
            .map_err(|e| Error::io("cannot write to standard output", e));
    }
    let mut outputs = Outputs::new(force);
    let place = Path::new(path);
    let file = outputs.file(place)?;
    let mut buffered = BufWriter::with_capacity(1 << 16, file);
    write(&mut buffered)
        .and_then(|()| buffered.flush().map_err(|e| Error::io("cannot write", e).in_file(path)))?;
    drop(buffered);
    outputs.commit()
}

/// Writes a script in a format.
pub(super) fn write_script(path: &str, force: bool, script: &Script, format: &Format) -> Result<()> {
    let write =
        format.write.ok_or_else(|| Error::usage(format!("{} is read here, not written", format.title)))?;
    let mut losses = formats::Losses::default();
    write_output(path, force, |out| write(script, &formats::WriteOptions::default(), &mut losses, out))?;
    tell_losses(&losses, format);
    Ok(())
}

/// The format that a file for a script shall have: by its name, TTAL on standard output and where the name says
/// nothing.
pub(super) fn script_format(path: &str) -> &'static Format {
    formats::by_extension(path).find(|f| is_script(f)).unwrap_or(&formats::ttal::TTAL)
}

/// Says on standard error what was done, unless the result went to standard output.
pub(super) fn done(path: &str, text: &str) -> Result<()> {
    if path == PIPE { Ok(()) } else { print(&format!("{path}: {text}\n")) }
}

/// The time to write into lineage: `SOURCE_DATE_EPOCH`, or now where that is asked for, else none.
pub(super) fn stamp(now: bool) -> Result<Option<String>> {
    use std::time::{SystemTime, UNIX_EPOCH};
    if let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|value| !value.is_empty()) {
        let seconds = epoch.to_str().and_then(|text| text.parse::<u64>().ok()).filter(|&s| s < 1 << 40);
        let seconds =
            seconds.ok_or_else(|| Error::usage("SOURCE_DATE_EPOCH is no number of seconds since 1970"))?;
        return Ok(Some(crate::ttal::lineage::rfc3339(seconds)));
    }
    let now = now.then(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()));
    Ok(now.map(crate::ttal::lineage::rfc3339))
}

/// A number of things, in words.
pub(super) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Fails where an input is no script but subtitles or a table.
pub(super) fn must_be_script(opened: &Opened, path: &str) -> Result<()> {
    if is_script(opened.format) {
        return Ok(());
    }
    let hint = format!("is {}; make a script of it first: ttal convert {path} OUT.ttal", opened.format.title);
    Err(Error::usage(hint).in_file(opened.source.name()))
}
