//! The formats that scripts are read from and written to.
//!
//! A format is one row of [`FORMATS`]: how it is recognised, read and written. Everything goes through the model of
//! [`crate::ttal::model`]. Readers take what is in the wild and note what they had to put up with; writers write
//! what their specification wants, and say what it could not hold.

mod color;
pub mod cues;
pub mod degradation;
mod ids;
pub mod imsc;
mod inline;
pub mod losses;
mod milliseconds;
mod placement;
mod speakers;
pub mod srt;
pub mod style;
pub mod ttal;
pub mod ttml;
mod webvtt_voice;

use std::io::Write;
use std::path::Path;

pub use losses::{Loss, LossCode, Losses};

use crate::error::{Error, Result};
use crate::ttal::model::{List, Script, Str};
use crate::ttal::source::{Decoding, Source};
use crate::ttal::time::TimecodeCounter;

/// A format of scripts or subtitles.
#[derive(Debug)]
pub struct Format {
    /// The name on the command line, in reports and in lineage.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// File name extensions, lower case, without full stop.
    pub extensions: &'static [&'static str],
    /// Whether a text looks like this format. The first format of the list that says so is taken.
    pub probe: fn(&str) -> bool,
    /// How bytes of this format become text, unless the user names an encoding.
    pub decoding: Decoding,
    /// Reads it.
    pub read: Option<ReadFn>,
    /// Writes it.
    pub write: Option<WriteFn>,
}

/// Reads a script. Errors are for text that can't be read as this format at all; what can be put up with is noted.
pub type ReadFn = fn(&Source, &ReadOptions, &mut Notes) -> Result<Script>;

/// Writes a script. What the writer itself rounds or leaves out goes to the losses; what the format has no room for
/// by its nature is found by [`losses`] beforehand.
pub type WriteFn = fn(&Script, &WriteOptions, &mut Losses, &mut dyn Write) -> Result<()>;

/// Something that a reader put up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Byte offset in the source's text, where there is one.
    pub offset: Option<usize>,
    /// What, one lower-case line.
    pub message: String,
}

/// What a reader put up with, and what it had to drop.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Oddities.
    pub notes: Vec<Note>,
    /// Losses on the way in: comments, words outside of events.
    pub losses: Losses,
}

impl Notes {
    /// Notes an oddity at a byte offset.
    pub fn add(&mut self, offset: usize, message: impl Into<String>) {
        self.notes.push(Note { offset: Some(offset), message: message.into() });
    }
}

/// What readers are told.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// How timecodes in the source count frames, where it does not say so itself.
    pub counter: Option<TimecodeCounter>,
    /// The timecode that is media time 0.
    pub start_timecode: Option<Str>,
    /// How speakers are marked in plain subtitles.
    pub speaker: Speaker,
    /// A language for texts, where the source names none.
    pub language: Option<Str>,
    /// Take files that hold chapters or metadata instead of subtitles.
    pub any_kind: bool,
    /// A dialect map for tables and vendor JSON, as TOML text with its name.
    pub map: Option<(String, String)>,
}

/// How speakers are written into, or found in, subtitles that have no place for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speaker {
    /// Not at all.
    #[default]
    None,
    /// As `NAME: ` before the words.
    Prefix,
}

/// Where subtitles stand on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegionChoice {
    /// As the script says; at the bottom where it says nothing.
    #[default]
    Authored,
    /// All at the bottom.
    Bottom,
    /// All at the top.
    Top,
    /// All in the middle.
    Middle,
    /// All at the left, written vertically from right to left, as in Japanese.
    Left,
    /// All at the right, written vertically from right to left.
    Right,
}

/// What writers are told.
#[derive(Debug, Clone, Default)]
pub struct WriteOptions {
    /// Take texts of this language; otherwise those of the document's default language.
    pub language: Option<Str>,
    /// Stack the texts of all languages of an event.
    pub bilingual: bool,
    /// How speakers are written where there is no place for them.
    pub speaker: Speaker,
    /// Write annotations as comments where the format has these.
    pub notes: bool,
    /// Where subtitles stand.
    pub region: RegionChoice,
    /// Count timecodes this way; otherwise as the script says.
    pub counter: Option<TimecodeCounter>,
    /// The timecode of media time 0; otherwise as the script says.
    pub start_timecode: Option<Str>,
    /// Add timecodes for people to times.
    pub timecodes: bool,
    /// For tables: write milliseconds instead of timecodes.
    pub milliseconds: bool,
    /// For tables: the delimiter.
    pub delimiter: Option<u8>,
    /// Columns of a table, in order, by a dialect map.
    pub map: Option<(String, String)>,
}

/// All formats, in the order in which content is probed.
pub const FORMATS: &[&Format] = &[&ttal::TTAL, &srt::SRT, &ttml::plain::FORMAT, &imsc::FORMAT];

/// The format with this name.
///
/// # Errors
/// `Usage` with the nearest name where there is none.
pub fn by_name(name: &str) -> Result<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        let hint = match crate::nearest::nearest(name, names.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("formats are {}", names.join(", ")),
        };
        Error::usage(format!("no format `{name}`; {hint}"))
    })
}

/// The formats that a file name's extension stands for.
pub fn by_extension(name: &str) -> impl Iterator<Item = &'static Format> {
    let extension =
        Path::new(name).extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    FORMATS.iter().copied().filter(move |format| format.extensions.contains(&&*extension))
}

/// Decodes an input and finds out its format: the one given, or what its content looks like, or what its name says.
///
/// # Errors
/// `Format` where the content is not in the format's encoding; `Unsupported` where it looks like no format.
pub fn open(
    name: &str,
    bytes: Vec<u8>,
    from: Option<&'static Format>,
    encoding: Option<&'static encoding_rs::Encoding>,
) -> Result<(Source, &'static Format)> {
    if let Some(format) = from {
        let decoding = encoding.map_or(format.decoding, Decoding::As);
        return Ok((Source::decode(name, bytes, decoding)?, format));
    }
    let strict_error = std::str::from_utf8(&bytes).err().map(|_| bytes.clone());
    let declared = encoding.or_else(|| declared_encoding(&bytes));
    let source = Source::decode(name, bytes, declared.map_or(Decoding::Guess, Decoding::As))?;
    let looks_like = |format: &&'static Format| format.read.is_some() && (format.probe)(source.text());
    let format = by_extension(name)
        .find(looks_like)
        .or_else(|| FORMATS.iter().copied().find(looks_like))
        .or_else(|| by_extension(name).find(|format| format.read.is_some()))
        .ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().filter(|f| f.read.is_some()).map(|f| f.name).collect();
            Error::unsupported(format!(
                "looks like no format that is read here; name it: --from {}",
                names.join("|")
            ))
            .in_file(name)
        })?;
    match strict_error {
        // Where the format wants UTF-8, what was guessed does not count.
        Some(bytes) if format.decoding == Decoding::Strict && encoding.is_none() => {
            Ok((Source::decode(name, bytes, Decoding::Strict)?, format))
        }
        _ => Ok((source, format)),
    }
}

/// The encoding that an XML declaration names.
fn declared_encoding(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let start = bytes.strip_prefix(b"<?xml")?;
    let declaration = &start[..start.iter().take(256).position(|&b| b == b'>')?];
    let declaration = std::str::from_utf8(declaration).ok()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    encoding_rs::Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

/// A list of the model from anything that gives its elements.
pub(crate) fn list<T>(elements: impl IntoIterator<Item = T>) -> List<T> {
    elements.into_iter().collect()
}
