//! CSV and its relatives: one row for each event, any delimiter, headings in the words of the trade.
//!
//! RFC 4180, with what is in the wild: semicolons, tabs and bars for commas, rows of different lengths, other
//! encodings. Written is UTF-8 without a byte order mark, with LF, and with cells quoted where they must be; what a
//! spreadsheet would take for a formula gets an apostrophe before it.

#[cfg(test)]
mod tests;

use std::io::Write;

use ::csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::map::Map;
use super::table::{Headings, Reading, Sheet, guarded, unguarded};
use super::{Format, Losses, Notes, ReadOptions, WriteOptions};
use crate::error::{Error, Result};
use crate::ttal::model::Script;
use crate::ttal::source::{Decoding, Source};

/// CSV.
pub const FORMAT: Format = Format {
    name: "csv",
    title: "CSV table",
    extensions: &["csv", "tsv"],
    probe: looks_like_table,
    decoding: Decoding::Guess,
    read: Some(read),
    write: Some(write),
};

/// Delimiters that are looked for, the most usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Bytes of a table that are looked at to find its delimiter.
const SAMPLE: usize = 16 * 1024;

/// Whether the first line is headings of which one is a time and one is words or a speaker.
fn looks_like_table(text: &str) -> bool {
    let line = text.trim_start().lines().next().unwrap_or("");
    let Ok(map) = Map::generic() else { return false };
    if line.len() > SAMPLE || line.starts_with(['<', '{', '[']) {
        return false;
    }
    let delimiter = find_delimiter(line);
    let mut record = StringRecord::new();
    let mut reader =
        ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
    let read = reader.read_record(&mut record);
    let headings: Vec<&str> = record.iter().collect();
    let fits = |headings: &[&str]| Headings::find(&map, headings, 0, &mut Notes::default()).is_ok();
    read.is_ok() && headings.len() > 1 && fits(&headings)
}

/// The delimiter of a table: the one that splits its first rows into the most columns, alike in all of them.
pub(crate) fn find_delimiter(text: &str) -> u8 {
    let mut end = text.len().min(SAMPLE);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut best = (0, b',');
    for delimiter in DELIMITERS {
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(&text.as_bytes()[..end]);
        let mut record = ByteRecord::new();
        let mut widths = Vec::new();
        while widths.len() < 20 && matches!(reader.read_byte_record(&mut record), Ok(true)) {
            widths.push(record.len());
        }
        let Some(&first) = widths.first() else { continue };
        let alike = widths.iter().filter(|&&width| width == first).count();
        // Words have commas in them, headings hardly: rows that agree with the headings count most.
        let score = if first < 2 { 0 } else { alike * 100 / widths.len() * 1000 + first };
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

fn read(source: &Source, options: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let map = Map::of(options.map.as_ref())?;
    let text = source.text();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(find_delimiter(text))
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let failed = |error: ::csv::Error, offset: usize| source.locate(Error::format(error.to_string()), offset);
    // Where the record that comes next begins: behind the line ends before it.
    let start = |at: u64| {
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        at + text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
    };
    let headings = if map.table.header {
        let offset = start(0);
        if !reader.read_record(&mut record).map_err(|error| failed(error, offset))? {
            return Err(Error::format("empty: not even a row of headings").in_file(source.name()));
        }
        let names: Vec<&str> = record.iter().map(|cell| unguarded(cell).trim()).collect();
        Headings::find(&map, &names, offset, notes).map_err(|error| source.locate(error, offset))?
    } else {
        Headings::by_position(&map)?
    };
    let width = record.len();
    let header = map.table.header;
    let mut reading = Reading::new(headings, options)?;
    loop {
        let offset = start(reader.position().byte());
        if !reader.read_record(&mut record).map_err(|error| failed(error, offset))? {
            break;
        }
        if header && record.len() > width && record.iter().skip(width).any(|cell| !cell.trim().is_empty()) {
            notes.add(
                offset,
                format!("a row of {} cells under {width} headings: the rest was left out", record.len()),
            );
        }
        let cell = |at: usize| record.get(at).map_or("", unguarded);
        reading.row(offset, &cell, notes).map_err(|error| source.locate(error, offset))?;
    }
    Ok(reading.finish(options, notes))
}

fn write(script: &Script, options: &WriteOptions, losses: &mut Losses, to: &mut dyn Write) -> Result<()> {
    let map = Map::of(options.map.as_ref())?;
    let delimiter = match (options.delimiter, map.table.delimiter) {
        (Some(delimiter), _) => delimiter,
        (None, Some(delimiter)) => u8::try_from(delimiter)
            .map_err(|_| Error::usage(format!("the delimiter `{delimiter}` of the map is not ASCII")))?,
        (None, None) => b',',
    };
    if matches!(delimiter, b'"' | b'\r' | b'\n') || !delimiter.is_ascii() {
        return Err(Error::usage("a delimiter must be an ASCII character other than a quote or a line end"));
    }
    let mut sheet = Sheet::new(script, &map, options)?;
    let failed = |error: ::csv::Error| match error.into_kind() {
        ::csv::ErrorKind::Io(error) => Error::io("cannot write", error),
        kind => Error::format(format!("{kind:?}")),
    };
    let mut writer =
        WriterBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).from_writer(to);
    if map.table.header {
        let header: Vec<String> = sheet.header().map(|heading| guarded(heading).into_owned()).collect();
        writer.write_record(&header).map_err(failed)?;
    }
    for at in 0..script.events.len() {
        let row = sheet.row(at, losses)?;
        for cell in &row {
            writer.write_field(guarded(cell).as_bytes()).map_err(failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(failed)?;
    }
    sheet.finish(losses);
    writer.flush().map_err(|error| Error::io("cannot write", error))
}
