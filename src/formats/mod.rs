//! The formats that scripts are read from and written to.
//!
//! A format is one row of [`FORMATS`]: how it is recognised, read and written. Everything goes through the model of
//! [`crate::ttal::model`]. Readers take what is in the wild and note what they had to put up with; writers write
//! what their specification wants, and say what it could not hold.

mod color;
pub mod csv;
pub mod cues;
pub mod dapt;
pub mod degradation;
mod ids;
pub mod imsc;
mod inline;
mod lookup;
pub mod losses;
pub mod map;
mod milliseconds;
mod placement;
mod speakers;
pub mod srt;
pub mod style;
mod table;
pub mod ttal;
pub mod ttml;
pub mod vendor_json;
pub mod webvtt;
mod webvtt_voice;

use std::io::Write;

pub use lookup::{by_extension, by_name, open};
pub use losses::{Loss, LossCode, Losses};
pub(crate) use milliseconds::push_clock;
pub(crate) use table::unguarded;

use crate::error::Result;
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

/// What users call the options of readers that messages speak of; by default as `ttal` has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionNames {
    /// Names the encoding.
    pub encoding: &'static str,
    /// Takes files that hold no subtitles, where there is such an option.
    pub any_kind: Option<&'static str>,
}

impl Default for OptionNames {
    fn default() -> Self {
        OptionNames { encoding: "--encoding", any_kind: Some("--any-kind") }
    }
}

/// What a reader put up with, and what it had to drop.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// What messages call the options of the reader.
    pub options: OptionNames,
    /// Oddities: the first of them, [`Self::MOST`] at most.
    pub notes: Vec<Note>,
    /// How many more there were.
    pub more: usize,
    /// Losses on the way in: comments, words outside of events.
    pub losses: Losses,
}

impl Notes {
    /// Oddities that are told one by one. A file that has more is broken throughout, and would fill the memory.
    pub const MOST: usize = 10_000;

    /// Notes an oddity at a byte offset.
    pub fn add(&mut self, offset: usize, message: impl Into<String>) {
        if self.notes.len() >= Self::MOST {
            self.more += 1;
            return;
        }
        self.notes.push(Note { offset: Some(offset), message: message.into() });
    }

    /// Notes that the encoding of a source was guessed, if it was.
    pub(crate) fn add_guess(&mut self, source: &Source) {
        if source.is_guessed() {
            let (name, option) = (source.encoding().name(), self.options.encoding);
            self.add(0, format!("read as {name}, guessed from the bytes; name the encoding with {option}"));
        }
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
pub const FORMATS: &[&Format] = &[
    &ttal::TTAL,
    &dapt::FORMAT,
    &ttml::plain::FORMAT,
    &imsc::FORMAT,
    &webvtt::WEBVTT,
    &srt::SRT,
    &vendor_json::FORMAT,
    &csv::FORMAT,
];

/// A list of the model from anything that gives its elements.
pub(crate) fn list<T>(elements: impl IntoIterator<Item = T>) -> List<T> {
    elements.into_iter().collect()
}
