//! Dialect maps: which column of a table, or which key of a vendor's JSON, is which part of a script.
//!
//! A map is a TOML file; `docs/dialect-maps.md` documents it. Those that come with the tool are compiled in.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::ttal::language;

/// The maps that come with the tool, by name.
pub const MAPS: &[(&str, &str)] = &[
    ("generic", include_str!("maps/generic.toml")),
    ("voiceq", include_str!("maps/voiceq.toml")),
    ("netflix-dl", include_str!("maps/netflix-dl.toml")),
    ("elevenlabs", include_str!("maps/elevenlabs.toml")),
];

/// A dialect map.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// What it is for.
    #[serde(default)]
    pub title: String,
    /// How the rows are found.
    #[serde(default)]
    pub table: TableRules,
    /// How speakers are written.
    #[serde(default)]
    pub speakers: SpeakerRules,
    /// What words in brackets are: by a pair of brackets, `keep` or the name of a performance cue.
    #[serde(default)]
    pub brackets: BTreeMap<String, String>,
    /// Names of languages as headings have them, in lower case, with their tags.
    #[serde(default)]
    pub languages: BTreeMap<String, String>,
    /// The columns, in the order in which they are written.
    #[serde(default, rename = "column")]
    pub columns: Vec<Column>,
}

/// How the rows of a table are found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableRules {
    /// In JSON: the path to the array of rows, keys joined by full stops; empty where it is the whole document.
    #[serde(default)]
    pub rows: String,
    /// Whether the first row has headings; without, columns are found by `position`.
    #[serde(default = "yes")]
    pub header: bool,
    /// The delimiter to write; reading finds it.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// Whether value maps are for reading only: the model's own words are written.
    #[serde(default)]
    pub values_one_way: bool,
}

impl Default for TableRules {
    fn default() -> Self {
        TableRules { rows: String::new(), header: true, delimiter: None, values_one_way: false }
    }
}

fn yes() -> bool {
    true
}

/// How speakers are written.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpeakerRules {
    /// What stands between several speakers; the first is written. Empty: a cell is one speaker.
    #[serde(default)]
    pub split: Vec<String>,
    /// Whether names are written in upper case.
    #[serde(default)]
    pub upper: bool,
}

/// A column of a table, or a key of a vendor's JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What it is.
    pub field: ColumnField,
    /// Its headings, or paths of keys joined by full stops; upper and lower case, spaces and hyphens make no
    /// difference in headings. The first is written. `*` stands for a language.
    #[serde(default)]
    pub names: Vec<String>,
    /// Its number, from 1, in tables without headings.
    #[serde(default)]
    pub position: Option<usize>,
    /// How times are written.
    #[serde(default)]
    pub time: TimeFormat,
    /// What a number without a unit counts, where times have several forms.
    #[serde(default)]
    pub unit: Option<TimeFormat>,
    /// The language of a text column.
    #[serde(default)]
    pub language: Option<String>,
    /// What texts of this column stand for.
    #[serde(default)]
    pub represents: Option<String>,
    /// The type of descriptions of this column.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Values as they stand in the table, in lower case, with what they are here.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Whether a table without it is refused.
    #[serde(default)]
    pub required: bool,
    /// When it is written.
    #[serde(default)]
    pub when: When,
}

/// When a column is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// Always.
    #[default]
    Always,
    /// Where an event has something for it.
    Present,
    /// Where the other columns can't say it exactly, or the user asks.
    Needed,
    /// Never: it is read only.
    Never,
}

/// How times are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimeFormat {
    /// Read: by its looks. Written: timecodes where a frame rate is known, clock times otherwise.
    #[default]
    Auto,
    /// `HH:MM:SS:FF`.
    Timecode,
    /// `HH:MM:SS.mmm`.
    Clock,
    /// A number of milliseconds.
    Milliseconds,
    /// A number of seconds.
    Seconds,
    /// A number of frames.
    Frames,
}

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ColumnField {
    /// The number of the row; not read.
    Number,
    /// The identifier of the event.
    Id,
    /// When it begins.
    Begin,
    /// When it ends.
    End,
    /// How long it lasts; read where there is no end.
    Duration,
    /// Who speaks.
    Character,
    /// The on-screen mark.
    OnScreen,
    /// What the event stands for.
    Represents,
    /// The words.
    Text,
    /// The language of the words, for columns that have none.
    Language,
    /// The language that the words were translated from.
    LanguageSource,
    /// Notes for people.
    Description,
    /// The scene.
    Scene,
    /// The recording loop.
    Loop,
    /// The status.
    Status,
    /// Whether it is a forced narrative.
    Forced,
    /// Labels.
    Tags,
    /// The level of the programme's audio.
    Gain,
    /// The address of a recording.
    Audio,
    /// Anchors and detections, as JSON.
    LipSync,
    /// Vendor data, as JSON.
    Extensions,
    /// Nothing: it is there and not wanted.
    Ignore,
}

impl Map {
    /// Reads a map; `name` names it in messages.
    ///
    /// # Errors
    /// `Usage` with line and column where it is no TOML, has a key or value that is not known, or lacks columns.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let map: Map = toml::from_str(text).map_err(|error| {
            let mut message = error.message().lines().collect::<Vec<_>>().join(" ");
            if let Some(near) = misspelt(&message) {
                message.push_str(&format!("; nearest is `{near}`"));
            }
            let error_at = Error::usage(message).in_file(name);
            match error.span() {
                Some(span) => {
                    let (line, column) = crate::ttal::source::line_column(text, span.start);
                    error_at.at_line(line, column)
                }
                None => error_at,
            }
        })?;
        map.check().map_err(|message| Error::usage(message).in_file(name))?;
        Ok(map)
    }

    fn check(&self) -> Result<(), String> {
        if self.columns.is_empty() {
            return Err("a map needs at least one `[[column]]`".into());
        }
        for (at, column) in self.columns.iter().enumerate() {
            let which =
                || format!("column {} of the map (`{}`)", at + 1, column.names.first().map_or("", |n| n));
            if column.names.is_empty() && column.position.is_none() {
                return Err(format!("{} has neither `names` nor a `position`", which()));
            }
            if column.position == Some(0) {
                return Err(format!("{}: positions count from 1", which()));
            }
            if let Some(tag) = column.language.as_ref().filter(|tag| !language::is_well_formed(tag)) {
                return Err(format!("{}: `{tag}` is no language tag", which()));
            }
        }
        for pair in self.brackets.keys() {
            if pair.chars().count() != 2 {
                return Err(format!("brackets: `{pair}` is no pair of brackets, as `[]`"));
            }
        }
        Ok(())
    }

    /// The map that tables without one are read and written with.
    ///
    /// # Errors
    /// None that can happen: the map is compiled in and tested.
    pub fn generic() -> Result<Self> {
        Map::parse(MAPS[0].0, MAPS[0].1)
    }

    /// The map that options carry as name and TOML text, or the generic one.
    ///
    /// # Errors
    /// As [`Map::parse`].
    pub fn of(option: Option<&(String, String)>) -> Result<Self> {
        match option {
            Some((name, text)) => Map::parse(name, text),
            None => Map::generic(),
        }
    }
}

/// Finds a map by the name of one that comes with the tool, or reads a file; gives name and TOML text, as options
/// carry them.
///
/// # Errors
/// `Usage` where there is neither such a map nor such a file, with the nearest name; `Io` where the file can't be
/// read; as [`Map::parse`] where it is no map.
pub fn find(name_or_path: &str) -> Result<(String, String)> {
    if let Some((name, text)) = MAPS.iter().find(|(name, _)| *name == name_or_path) {
        return Ok(((*name).into(), (*text).into()));
    }
    let text = std::fs::read_to_string(name_or_path).map_err(|error| {
        if error.kind() != std::io::ErrorKind::NotFound {
            return Error::io("cannot read the map", error).in_file(name_or_path);
        }
        let names: Vec<&str> = MAPS.iter().map(|(name, _)| *name).collect();
        let near = crate::nearest::nearest(name_or_path, names.iter().copied());
        let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        Error::usage(format!("no map or file `{name_or_path}`: maps are {}{hint}", names.join(", ")))
    })?;
    Map::parse(name_or_path, &text)?;
    Ok((name_or_path.into(), text))
}

/// Finds and parses a map.
///
/// # Errors
/// As [`find`].
pub fn load(name_or_path: &str) -> Result<Map> {
    let (name, text) = find(name_or_path)?;
    Map::parse(&name, &text)
}

/// The word that an unknown key or value was meant to be, out of a message that quotes it first and then all the
/// words that would be right.
fn misspelt(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    message.contains("expected").then(|| crate::nearest::nearest(word, quoted))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maps_that_come_with_the_tool_are_maps() {
        for (name, _) in MAPS {
            assert!(!load(name).unwrap().title.is_empty(), "{name}");
        }
    }

    #[test]
    fn slips_are_named() {
        let error = |text: &str| Map::parse("m.toml", text).unwrap_err().to_string();
        let slip = error("[[column]]\nfeild = \"begin\"\n");
        assert!(slip.starts_with("m.toml: line 2, column 1: unknown field `feild`"), "{slip}");
        assert!(slip.ends_with("; nearest is `field`"), "{slip}");
        let slip = error("[[column]]\nfield = \"onscren\"\nnames = [\"a\"]\n");
        assert!(slip.ends_with("; nearest is `onScreen`"), "{slip}");
        assert_eq!(error("title = \"x\""), "m.toml: a map needs at least one `[[column]]`");
        assert!(error("[[column]]\nfield = \"id\"").ends_with("has neither `names` nor a `position`"));
        assert!(load("voicq").unwrap_err().to_string().ends_with("did you mean voiceq?"));
    }
}
