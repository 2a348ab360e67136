//! From rows of cells to a script.

use std::collections::HashMap;

use super::cells::{self, CellTime, Times};
use super::row::{Row, content, finish_texts, place, unit};
use crate::error::{Error, Result};
use crate::formats::map::{Column, ColumnField, Map};
use crate::formats::{LossCode, Notes, ReadOptions};
use crate::nearest::ranked;
use crate::ttal::ids::Ids;
use crate::ttal::json::Reader;
use crate::ttal::language;
use crate::ttal::model::{
    Character, Decimal, Event, Extensions, Id, LipSync, List, Loop, OnScreen, Scene, Script, Status, Str,
    Text, Timecode, TimecodeFormat, TimecodeSettings, Timing, is_name,
};
use crate::ttal::place::Place;
use crate::ttal::time::TimecodeCounter;

/// A column of the map that the table has.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Which column of the map.
    column: usize,
    /// Where in the rows.
    index: usize,
    /// What the table calls it.
    pub(super) heading: String,
    /// The language of its texts, where heading or map say so.
    language: Option<Str>,
}

/// The columns of a table: what each one is.
#[derive(Debug, Clone)]
pub(crate) struct Headings<'m> {
    map: &'m Map,
    found: Vec<Found>,
}

/// A heading without what makes no difference: case, spaces, hyphens, underscores, full stops.
fn plain(heading: &str) -> String {
    let kept = heading.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.' | '\u{A0}' | '\n'));
    kept.flat_map(char::to_lowercase).collect()
}

impl<'m> Headings<'m> {
    /// Finds the columns of a map in the headings of a table. Unknown ones are noted at `offset`.
    ///
    /// # Errors
    /// `Format` where a column that the map requires, or any with times or words, is not there: with the headings
    /// that would do and those that come near.
    pub(crate) fn find(map: &'m Map, headings: &[&str], offset: usize, notes: &mut Notes) -> Result<Self> {
        let mut by_name: HashMap<String, usize> = HashMap::new();
        let mut patterns = Vec::new();
        for (at, column) in map.columns.iter().enumerate() {
            for name in &column.names {
                match name.split_once('*') {
                    Some((before, after)) => patterns.push((at, plain(before), plain(after))),
                    None => {
                        by_name.entry(plain(name)).or_insert(at);
                    }
                }
            }
        }
        let mut found: Vec<Found> = Vec::new();
        for (index, &heading) in headings.iter().enumerate() {
            let key = plain(heading);
            if key.is_empty() {
                continue;
            }
            let exact = by_name
                .get(&key)
                .map(|&column| (column, map.columns[column].language.as_deref().map(Str::from)));
            let of_language = || {
                patterns.iter().find_map(|(column, before, after)| {
                    let inner = key.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                    // Spelt as in the heading: hyphens belong to tags.
                    let spelt = heading
                        .rsplit(['(', '[', '.', ' '])
                        .next()
                        .unwrap_or("")
                        .trim_end_matches([')', ']']);
                    let spelt = if plain(spelt) == inner { spelt } else { inner };
                    let tag = map.languages.get(inner).map_or(spelt, String::as_str);
                    language::is_well_formed(tag).then(|| (*column, Some(Str::from(tag))))
                })
            };
            let Some((column, language)) = exact.or_else(of_language) else {
                notes.add(offset, format!("the column `{heading}` is not known and was left out"));
                notes.losses.add(LossCode::Unmapped, None, "columns that are not known");
                continue;
            };
            let field = map.columns[column].field;
            if found.iter().any(|f| {
                let same =
                    map.columns[f.column].field == field && f.column == column && f.language == language;
                same && field != ColumnField::Ignore && field != ColumnField::Description
            }) {
                notes.add(offset, format!("a second column `{heading}` was left out"));
                notes.losses.add(LossCode::Unmapped, None, "columns that are there twice");
                continue;
            }
            found.push(Found { column, index, heading: heading.into(), language });
        }
        let table = Headings { map, found };
        table.check(headings)?;
        Ok(table)
    }

    /// No columns, for a table without rows.
    pub(crate) fn none(map: &'m Map) -> Self {
        Headings { map, found: Vec::new() }
    }

    /// Takes columns by their positions, for tables without headings.
    ///
    /// # Errors
    /// `Usage` where the map gives no positions.
    pub(crate) fn by_position(map: &'m Map) -> Result<Self> {
        let positions = map.columns.iter().enumerate().filter_map(|(column, rules)| {
            let position = rules.position?;
            Some(Found {
                column,
                index: position.checked_sub(1)?,
                heading: rules.names.first().cloned().unwrap_or_else(|| format!("column {position}")),
                language: rules.language.as_deref().map(Str::from),
            })
        });
        let table = Headings { map, found: positions.collect() };
        if table.found.is_empty() {
            return Err(Error::usage("a map for tables without headings needs a `position` for each column"));
        }
        Ok(table)
    }

    /// Whether there is a column for times at all, and whether none that is required is missing.
    fn check(&self, given: &[&str]) -> Result<()> {
        let has = |at: usize| self.found.iter().any(|found| found.column == at);
        let has_field = |field| self.found.iter().any(|found| self.map.columns[found.column].field == field);
        let required = self.map.columns.iter().enumerate().find(|(at, column)| column.required && !has(*at));
        let missing = match required {
            Some((_, column)) => column,
            None if has_field(ColumnField::Begin) => return Ok(()),
            None => match self.map.columns.iter().find(|column| column.field == ColumnField::Begin) {
                Some(column) => column,
                None => return Err(Error::usage("the map has no column for `begin`")),
            },
        };
        let names: Vec<&str> = missing.names.iter().map(String::as_str).collect();
        let near: Vec<&str> = given
            .iter()
            .copied()
            .filter(|heading| !ranked(heading, names.iter().copied()).is_empty())
            .collect();
        let list =
            |all: &[&str]| all.iter().take(12).map(|h| format!("`{h}`")).collect::<Vec<_>>().join(", ");
        let near = if near.is_empty() { String::new() } else { format!("; near to it is {}", list(&near)) };
        Err(Error::format(format!(
            "no column {}: the headings are {}; known are {}{near}; a dialect map (--map) can name others",
            list(&names[..names.len().min(1)]),
            if given.is_empty() { "empty".to_string() } else { list(given) },
            list(&names)
        )))
    }
}

/// Makes a script of rows.
pub(crate) struct Reading<'m> {
    headings: Headings<'m>,
    times: Times,
    events: List<Event>,
    ids: Vec<Option<Str>>,
    offsets: Vec<usize>,
    speakers: Vec<String>,
    speaker_of: HashMap<String, usize>,
    spoken: Vec<(usize, usize)>,
    scenes: Labels,
    loops: Labels,
    drop_frame: bool,
}

/// Things that events name by a label: scenes, loops.
#[derive(Debug, Default)]
struct Labels {
    labels: Vec<String>,
    of: HashMap<String, usize>,
    used: Vec<(usize, usize)>,
}

impl Labels {
    fn add(&mut self, label: &str, event: usize) {
        let at = *self.of.entry(label.to_string()).or_insert_with(|| {
            self.labels.push(label.to_string());
            self.labels.len() - 1
        });
        self.used.push((event, at));
    }

    /// Identifiers of the labels: themselves where they can be, made of them otherwise.
    fn resolve(&self, kind: &str, ids: &mut Ids) -> Vec<(Id, Option<Str>)> {
        let name = |label: &String| match ids.take(label) {
            true => (label.as_str().into(), None),
            false => (ids.make(&format!("{kind} {label}")), Some(label.as_str().into())),
        };
        self.labels.iter().map(name).collect()
    }
}

impl<'m> Reading<'m> {
    /// Begins, with the columns that were found.
    ///
    /// # Errors
    /// `Usage` where the start timecode is none, or there is no frame rate to count it by.
    pub(crate) fn new(headings: Headings<'m>, options: &ReadOptions) -> Result<Self> {
        let origin = match (&options.start_timecode, options.counter) {
            (None, _) => 0,
            (Some(start), Some(counter)) => counter.frame(start).map_err(|error| {
                Error::usage(format!("--start-tc {start} at {} frames a second: {error}", counter.rate))
            })?,
            (Some(start), None) => {
                return Err(Error::usage(format!("--start-tc {start} needs a frame rate: give --fps"))
                    .clause("rule T-10"));
            }
        };
        Ok(Reading {
            headings,
            times: Times { counter: options.counter, origin },
            events: List::new(),
            ids: Vec::new(),
            offsets: Vec::new(),
            speakers: Vec::new(),
            speaker_of: HashMap::new(),
            spoken: Vec::new(),
            scenes: Labels::default(),
            loops: Labels::default(),
            drop_frame: false,
        })
    }

    /// Takes one row, whose cells `cell` gives by number, empty where there are none. Rows with nothing that is known
    /// are skipped.
    ///
    /// # Errors
    /// Where a cell can't be what its column says, with the name of the column and without a place.
    pub(crate) fn row<'c>(
        &mut self,
        offset: usize,
        cell: &dyn Fn(usize) -> &'c str,
        notes: &mut Notes,
    ) -> Result<()> {
        let found = std::mem::take(&mut self.headings.found);
        let result = self.take_row(&found, offset, cell, notes);
        self.headings.found = found;
        result
    }

    fn take_row<'c>(
        &mut self,
        found: &[Found],
        offset: usize,
        cell: &dyn Fn(usize) -> &'c str,
        notes: &mut Notes,
    ) -> Result<()> {
        let map = self.headings.map;
        let mut event = Event { at: Place::at(offset), ..Event::default() };
        let mut row = Row::default();
        let at = self.events.len();
        let mut any = false;
        for column in found {
            let rules = &map.columns[column.column];
            let raw = cell(column.index);
            let value = raw.trim_matches([' ', '\t', '\u{A0}']);
            if value.is_empty() || matches!(rules.field, ColumnField::Number | ColumnField::Ignore) {
                continue;
            }
            any = true;
            let meant = (!rules.values.is_empty()).then(|| rules.values.get(&value.to_lowercase())).flatten();
            let value = meant.map_or(value, String::as_str);
            self.take_cell(&mut event, &mut row, rules, column, value, raw, at)
                .map_err(|error| error.within(format!("cell `{}`", column.heading)))?;
        }
        if !any {
            return Ok(());
        }
        self.finish_times(&mut event, &mut row, offset, notes);
        self.ids.push(row.id.take());
        finish_texts(&mut event, row, offset, notes);
        self.events.push(event);
        self.offsets.push(offset);
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "all of them change from cell to cell")]
    fn take_cell(
        &mut self,
        event: &mut Event,
        row: &mut Row,
        rules: &Column,
        column: &Found,
        value: &str,
        raw: &str,
        at: usize,
    ) -> Result<()> {
        match rules.field {
            ColumnField::Number | ColumnField::Ignore => {}
            ColumnField::Id => row.id = Some(value.into()),
            ColumnField::Begin => place(&mut row.begin, self.time(value, rules, column)?),
            ColumnField::End => place(&mut row.end, self.time(value, rules, column)?),
            ColumnField::Duration => {
                // Lengths have no start timecode.
                let times = Times { origin: 0, ..self.times };
                place(&mut row.duration, times.read(value, rules.time, unit(rules, column))?);
            }
            ColumnField::Character => {
                for name in cells::names(value, &self.headings.map.speakers.split) {
                    let key = name.to_lowercase();
                    let speaker = *self.speaker_of.entry(key).or_insert_with(|| {
                        self.speakers.push(name);
                        self.speakers.len() - 1
                    });
                    self.spoken.push((at, speaker));
                }
            }
            ColumnField::OnScreen => {
                let word = value.to_uppercase();
                event.on_screen =
                    Some(OnScreen::from(if OnScreen::WORDS.contains(&&*word) { &*word } else { value }));
            }
            ColumnField::Represents => event.represents = Some(value.into()),
            ColumnField::Text => row.texts.push(Text {
                at: event.at,
                language: column.language.as_deref().map(Into::into),
                represents: rules.represents.as_deref().map(Into::into),
                content: content(raw, &self.headings.map.brackets),
                ..Text::default()
            }),
            ColumnField::Language => row.language = Some(value.into()),
            ColumnField::LanguageSource => row.sources.push((column.language.clone(), value.into())),
            ColumnField::Description => {
                event.descriptions.extend(cells::descriptions(raw, rules.kind.as_deref()))
            }
            ColumnField::Scene => self.scenes.add(value, at),
            ColumnField::Loop => self.loops.add(value, at),
            ColumnField::Status => {
                let word = value.to_lowercase();
                event.status =
                    Some(Status::from(if Status::WORDS.contains(&&*word) { &*word } else { value }));
            }
            ColumnField::Forced => {
                event.forced = Some(match value.to_lowercase().as_str() {
                    "true" | "yes" | "x" | "1" | "y" | "fn" | "forced" => true,
                    "false" | "no" | "0" | "n" => false,
                    _ => return Err(Error::format(format!("`{value}` is neither yes nor no"))),
                });
            }
            ColumnField::Tags => {
                event.tags.extend(cells::names(value, &[";".into()]).into_iter().map(Str::from))
            }
            ColumnField::Gain => {
                if value.parse::<f64>().is_err() {
                    return Err(Error::format(format!("`{value}` is no number")));
                }
                event.mix.get_or_insert_default().gain = Some(Decimal(value.into()));
            }
            ColumnField::Audio => row.audio.push((column.language.clone(), value.into())),
            ColumnField::LipSync => {
                let mut lip = Reader::value::<LipSync>(value.as_bytes())
                    .ok_or_else(|| Error::format("not the JSON of lip synchronization"))?;
                // Places in the cell are none in the file.
                lip.at = event.at;
                lip.anchors.iter_mut().for_each(|anchor| anchor.at = event.at);
                lip.detections.iter_mut().for_each(|detection| detection.at = event.at);
                row.lips.push((column.language.clone(), lip));
            }
            ColumnField::Extensions => {
                event.extensions = Reader::value::<Extensions>(value.as_bytes())
                    .ok_or_else(|| Error::format("not a JSON object of vendor data"))?;
            }
        }
        Ok(())
    }

    fn time(&mut self, value: &str, rules: &Column, column: &Found) -> Result<CellTime> {
        let time = self.times.read(value, rules.time, unit(rules, column))?;
        self.drop_frame |= time.drop_frame;
        Ok(time)
    }

    fn finish_times(&self, event: &mut Event, row: &mut Row, offset: usize, notes: &mut Notes) {
        if row.begin.is_none() {
            notes.add(offset, "a row without a begin: its event has no time");
        }
        event.begin = row.begin.take().map(|time| time.time);
        event.end = row.end.take().map(|time| time.time);
        if event.end.is_none() {
            event.dur = row.duration.take().map(|time| time.time);
        }
    }

    /// The script of all rows.
    pub(crate) fn finish(mut self, options: &ReadOptions, notes: &mut Notes) -> Script {
        let mut ids = Ids::default();
        for (at, wanted) in self.ids.iter().enumerate() {
            if let Some(wanted) = wanted.as_ref().filter(|wanted| ids.take(wanted)) {
                self.events[at].id = Id(wanted.clone());
            }
        }
        for at in 0..self.events.len() {
            if !self.events[at].id.is_empty() {
                continue;
            }
            let offset = self.offsets[at];
            self.events[at].id = match &self.ids[at] {
                Some(wanted) => {
                    let made = ids.make(wanted);
                    let why = if is_name(wanted) { "is there twice" } else { "is no XML name" };
                    notes.add(offset, format!("the identifier `{wanted}` {why}: the event is now `{made}`"));
                    made
                }
                None => {
                    let plain = format!("e{:04}", at + 1);
                    if ids.take(&plain) { plain.into() } else { ids.make(&plain) }
                }
            };
        }
        let characters: Vec<Character> = self
            .speakers
            .iter()
            .map(|name| Character { id: ids.make(name), name: name.as_str().into(), ..Character::default() })
            .collect();
        for &(event, speaker) in &self.spoken {
            self.events[event].characters.push(characters[speaker].id.clone());
        }
        let scenes = self.scenes.resolve("scene", &mut ids);
        for &(event, scene) in &self.scenes.used {
            self.events[event].scene = Some(scenes[scene].0.clone());
        }
        let loops = self.loops.resolve("loop", &mut ids);
        for &(event, recording_loop) in &self.loops.used {
            self.events[event].recording_loop = Some(loops[recording_loop].0.clone());
        }
        let first_language = self
            .headings
            .found
            .iter()
            .filter(|found| self.headings.map.columns[found.column].field == ColumnField::Text)
            .find_map(|found| found.language.clone())
            .filter(|language| &**language != "und");
        Script {
            version: "1.0".into(),
            language: options.language.clone().or(first_language).map(|language| (&*language).into()),
            timing: self.timing(options),
            characters: characters.into_iter().collect(),
            scenes: scenes.into_iter().map(|(id, label)| Scene { id, label, ..Scene::default() }).collect(),
            loops: loops.into_iter().map(|(id, label)| Loop { id, label, ..Loop::default() }).collect(),
            events: self.events,
            ..Script::default()
        }
    }

    fn timing(&self, options: &ReadOptions) -> Option<Box<Timing>> {
        let TimecodeCounter { rate, drop_frame } = self.times.counter?;
        let drop_frame = drop_frame || self.drop_frame;
        let format = TimecodeSettings { format: TimecodeFormat::Df, ..TimecodeSettings::default() };
        Some(Box::new(Timing {
            frame_rate: Some(rate.to_value()),
            timecode: drop_frame.then_some(format),
            origin_timecode: options.start_timecode.as_deref().map(Timecode::from),
            ..Timing::default()
        }))
    }
}
