//! From a script to rows of cells.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::cells;
use super::frame_of;
use crate::error::{Error, Result};
use crate::formats::map::{Column, ColumnField, Map, TimeFormat, When};
use crate::formats::{LossCode, Losses, WriteOptions, cues};
use crate::ttal::computed::{Computed, Context};
use crate::ttal::language;
use crate::ttal::model::{Character, ContentDescriptor, Event, Node, Script, Text};
use crate::ttal::time::{MediaTime, TimecodeCounter};

/// Languages that a table has columns for: every event has a cell for each of them.
const MAX_LANGUAGES: usize = 200;

/// A column as it is written.
#[derive(Debug, Clone)]
struct Out<'m> {
    rules: &'m Column,
    heading: String,
    /// The language of its words, in canonical spelling.
    language: Option<String>,
}

/// A script laid out as a table.
#[derive(Debug)]
pub(crate) struct Sheet<'s, 'm> {
    script: &'s Script,
    map: &'m Map,
    options: &'s WriteOptions,
    context: Context<'s>,
    wanted: &'s str,
    columns: Vec<Out<'m>>,
    counter: Option<TimecodeCounter>,
    origin: i64,
    /// Whether columns beside the timecodes hold times exactly.
    has_numbers: bool,
    people: HashMap<&'s str, &'s Character>,
    scenes: HashMap<&'s str, &'s str>,
    loops: HashMap<&'s str, &'s str>,
    rounded: Vec<(usize, MediaTime)>,
    /// The canonical spelling of all tags of the script.
    canonical: HashMap<&'s str, String>,
}

/// What some event of the script has, of what has a column only then.
#[derive(Debug, Default)]
struct Present {
    sources: bool,
    forced: bool,
    tags: bool,
    gain: bool,
    audio: bool,
    lip_sync: bool,
    extensions: bool,
    uneven: bool,
}

impl<'s, 'm> Sheet<'s, 'm> {
    /// Decides on the columns.
    ///
    /// # Errors
    /// `Usage` where timecodes are asked for and no frame rate is known, or the start timecode is none.
    pub(crate) fn new(script: &'s Script, map: &'m Map, options: &'s WriteOptions) -> Result<Self> {
        let context = Context::new(script);
        let timing = script.timing.as_deref();
        let counter = options.counter.or_else(|| timing?.counter());
        if options.timecodes && counter.is_none() {
            let message = "timecodes need a frame rate, and the script declares none: give --fps";
            return Err(Error::usage(message).clause("rule T-10"));
        }
        let declared = timing.and_then(|timing| timing.origin_timecode.as_deref());
        let origin = match (options.start_timecode.as_deref().or(declared), counter) {
            (Some(start), Some(counter)) => counter.frame(start).map_err(|error| {
                Error::usage(format!(
                    "the start timecode {start} at {} frames a second: {error}",
                    counter.rate
                ))
            })?,
            _ => 0,
        };
        let mut sheet = Sheet {
            script,
            map,
            options,
            context,
            wanted: cues::language_of(script, options),
            columns: Vec::new(),
            counter,
            origin,
            has_numbers: false,
            people: script.characters.iter().map(|c| (&*c.id.0, c)).collect(),
            scenes: script.scenes.iter().filter_map(|s| Some((&*s.id.0, s.label.as_deref()?))).collect(),
            loops: script.loops.iter().filter_map(|l| Some((&*l.id.0, l.label.as_deref()?))).collect(),
            rounded: Vec::new(),
            canonical: HashMap::new(),
        };
        sheet.columns = sheet.layout()?;
        sheet.has_numbers = !options.milliseconds
            && sheet.columns.iter().any(|column| {
                column.rules.field == ColumnField::Begin && column.rules.time == TimeFormat::Milliseconds
            });
        Ok(sheet)
    }

    /// The headings.
    pub(crate) fn header(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.heading.as_str())
    }

    fn layout(&mut self) -> Result<Vec<Out<'m>>> {
        let (languages, present) = self.survey();
        if languages.len() > MAX_LANGUAGES {
            let message =
                format!("texts in {} languages: a table has columns for {MAX_LANGUAGES}", languages.len());
            return Err(Error::limit(message));
        }
        let numbers =
            self.options.milliseconds || self.options.timecodes || (self.counter.is_some() && present.uneven);
        let can_number = self.map.columns.iter().any(|column| {
            column.field == ColumnField::Begin
                && column.when != When::Never
                && column.time == TimeFormat::Milliseconds
        });
        let mut columns = Vec::new();
        for rules in &self.map.columns {
            let is_time =
                matches!(rules.field, ColumnField::Begin | ColumnField::End | ColumnField::Duration);
            let replaced =
                self.options.milliseconds && can_number && is_time && rules.time == TimeFormat::Auto;
            let wanted = match rules.when {
                When::Always => true,
                When::Never => false,
                When::Needed => numbers,
                When::Present => match rules.field {
                    ColumnField::LanguageSource => present.sources,
                    ColumnField::Forced => present.forced,
                    ColumnField::Tags => present.tags,
                    ColumnField::Gain => present.gain,
                    ColumnField::Audio => present.audio,
                    ColumnField::LipSync => present.lip_sync,
                    ColumnField::Extensions => present.extensions,
                    _ => true,
                },
            };
            if !wanted || replaced {
                continue;
            }
            let name = rules.names.first().map_or("", String::as_str);
            if !name.contains('*') {
                let language = rules.language.as_deref().map(language::canonical);
                columns.push(Out { rules, heading: name.to_string(), language });
                continue;
            }
            let plain = rules.names.iter().find(|name| !name.contains('*'));
            for language in &languages {
                // Words without a language have a heading without one.
                let heading = match plain.filter(|_| language.is_empty()) {
                    Some(plain) => plain.clone(),
                    None => name.replacen('*', language, 1),
                };
                columns.push(Out { rules, heading, language: Some(language::canonical(language)) });
            }
        }
        Ok(columns)
    }

    /// The languages of texts, that of the document first, and what else needs columns.
    fn survey(&mut self) -> (Vec<&'s str>, Present) {
        let mut languages: Vec<&str> = Vec::new();
        let mut known = HashSet::new();
        let mut present = Present::default();
        let default = self.script.language.as_deref().unwrap_or("");
        let rate = self.counter.map(|counter| counter.rate);
        let even =
            |time: MediaTime| rate.is_none_or(|rate| rate.time(rate.nearest_frame(time)) == Some(time));
        for event in &self.script.events {
            let computed = self.context.event(event);
            present.forced |= event.forced.is_some();
            present.tags |= !event.tags.is_empty();
            present.gain |= event.mix.as_ref().is_some_and(|mix| mix.gain.is_some());
            present.extensions |= !event.extensions.is_empty();
            present.uneven |= !even(computed.begin) || computed.end.is_some_and(|end| !even(end));
            for text in &event.texts {
                let own = self.context.text(&computed, text);
                if !self.canonical.contains_key(own.language) {
                    let canonical = language::canonical(own.language);
                    if known.insert(canonical.clone()) {
                        languages.push(own.language);
                    }
                    self.canonical.insert(own.language, canonical);
                }
                present.sources |= !own.language_source.is_empty();
                present.audio |= first_uri(text).is_some();
                present.lip_sync |= text.lip_sync.is_some();
            }
        }
        if let Some(at) = languages.iter().position(|language| same(language, default)) {
            languages[..=at].rotate_right(1);
        }
        if languages.is_empty() {
            languages.push(default);
        }
        (languages, present)
    }

    /// The cells of an event, in the order of the columns.
    ///
    /// # Errors
    /// `Usage` where timecodes can't count its times.
    pub(crate) fn row(&mut self, at: usize, losses: &mut Losses) -> Result<Vec<Cow<'s, str>>> {
        let script = self.script;
        let event = &script.events[at];
        let computed = self.context.event(event);
        let texts: Vec<(&Text, Computed<'s>)> =
            event.texts.iter().map(|text| (text, self.context.text(&computed, text))).collect();
        let homes = self.homes(event, &texts, losses);
        let mut row = Vec::with_capacity(self.columns.len());
        for column_at in 0..self.columns.len() {
            let rules = self.columns[column_at].rules;
            let own = || {
                texts.iter().zip(&homes).filter(|(_, home)| **home == Some(column_at)).map(|(text, _)| text)
            };
            let of_language = || {
                let sheet: &Self = self;
                let wanted = sheet.columns[column_at].language.as_deref().unwrap_or("");
                texts.iter().filter(move |(_, c)| sheet.canonical(c.language) == wanted)
            };
            let cell: Cow<'s, str> = match rules.field {
                ColumnField::Number => Cow::Owned((at + 1).to_string()),
                ColumnField::Id => Cow::Borrowed(&*event.id.0),
                ColumnField::Begin => self.time(Some(computed.begin), rules, self.origin, at)?,
                ColumnField::End => self.time(computed.end, rules, self.origin, at)?,
                ColumnField::Duration => {
                    let duration = computed.end.map(|end| self.duration(computed.begin, end, rules));
                    self.time(duration, rules, 0, usize::MAX)?
                }
                ColumnField::Character => Cow::Owned(self.speakers(event)),
                ColumnField::OnScreen => {
                    event.on_screen.as_ref().map_or("".into(), |on| self.value(rules, on.as_str()))
                }
                ColumnField::Represents => self.value(rules, computed.represents),
                ColumnField::Text => words(own().map(|(text, _)| *text)),
                ColumnField::Language => texts.first().map_or("".into(), |(_, c)| Cow::Borrowed(c.language)),
                ColumnField::LanguageSource => {
                    of_language().next().map_or("".into(), |(_, c)| Cow::Borrowed(c.language_source))
                }
                ColumnField::Description => {
                    Cow::Owned(cells::descriptions_cell(&event.descriptions, rules.kind.as_deref()))
                }
                ColumnField::Scene => label(event.scene.as_ref().map(|id| &*id.0), &self.scenes),
                ColumnField::Loop => label(event.recording_loop.as_ref().map(|id| &*id.0), &self.loops),
                ColumnField::Status => {
                    event.status.as_ref().map_or("".into(), |s| self.value(rules, s.as_str()))
                }
                ColumnField::Forced => match event.forced {
                    Some(true) => "yes".into(),
                    Some(false) => "no".into(),
                    None => "".into(),
                },
                ColumnField::Tags => Cow::Owned(cells::names_cell(event.tags.iter().map(|tag| &**tag), ";")),
                ColumnField::Gain => {
                    let gain = event.mix.as_ref().and_then(|mix| mix.gain.as_ref());
                    gain.map_or("".into(), |gain| Cow::Borrowed(&*gain.0))
                }
                ColumnField::Audio => {
                    of_language().find_map(|(text, _)| first_uri(text)).map_or("".into(), Cow::Borrowed)
                }
                ColumnField::LipSync => json(of_language().find_map(|(text, _)| text.lip_sync.as_ref()))?,
                ColumnField::Extensions => json((!event.extensions.is_empty()).then_some(&event.extensions))?,
                ColumnField::Ignore => "".into(),
            };
            row.push(cell);
        }
        Ok(row)
    }

    /// Which column each text goes to. What has none is reported, and so are texts that share a cell.
    fn homes(
        &self,
        event: &Event,
        texts: &[(&Text, Computed<'s>)],
        losses: &mut Losses,
    ) -> Vec<Option<usize>> {
        let mut homes = Vec::with_capacity(texts.len());
        let mut taken = vec![false; self.columns.len()];
        for (text, own) in texts {
            let mut best: Option<(usize, usize)> = None;
            for (at, column) in self.columns.iter().enumerate() {
                if column.rules.field != ColumnField::Text {
                    continue;
                }
                let language_fits = match &column.language {
                    Some(language) => language == self.canonical(own.language),
                    None => own.language.is_empty() || language::matches(own.language, self.wanted),
                };
                let score = match &column.rules.represents {
                    None => 1,
                    Some(kind) if ContentDescriptor::from(own.represents).is_subtype_of(kind) => 2,
                    Some(_) => continue,
                };
                if language_fits && best.is_none_or(|(_, before)| score > before) {
                    best = Some((at, score));
                }
            }
            let home = best.map(|(at, _)| at);
            if is_blank(&text.content.0) {
                // A cell without words is no text.
                losses.add(LossCode::Annot, Some(&event.id), "texts without words");
            }
            match home {
                None => losses.add(LossCode::Lang, Some(&event.id), "texts in other languages"),
                Some(at) if taken[at] => {
                    losses.add(LossCode::Lang, Some(&event.id), "texts of one language joined")
                }
                Some(at) => taken[at] = true,
            }
            homes.push(home);
        }
        homes
    }

    fn canonical<'a>(&'a self, tag: &'a str) -> &'a str {
        self.canonical.get(tag).map_or(tag, String::as_str)
    }

    fn speakers(&self, event: &Event) -> String {
        let names = event.characters.iter().map(|id| self.people.get(&*id.0).map_or(&*id.0, |c| &*c.name));
        let separator = self.map.speakers.split.first().map_or(",", String::as_str);
        let cell = cells::names_cell(names, separator);
        if self.map.speakers.upper { cell.to_uppercase() } else { cell }
    }

    /// A value as the map spells it, in upper case, as tables have such words.
    fn value(&self, rules: &Column, value: &'s str) -> Cow<'s, str> {
        if self.map.table.values_one_way {
            return Cow::Borrowed(value);
        }
        let spelt = rules.values.iter().find(|(_, meant)| *meant == value).map(|(spelt, _)| spelt.clone());
        spelt.map_or(Cow::Borrowed(value), |spelt| Cow::Owned(spelt.to_uppercase()))
    }

    fn time(
        &mut self,
        time: Option<MediaTime>,
        rules: &Column,
        origin: i64,
        event: usize,
    ) -> Result<Cow<'s, str>> {
        let Some(time) = time else { return Ok("".into()) };
        let format = match (rules.time, self.counter) {
            (TimeFormat::Auto, Some(_)) => TimeFormat::Timecode,
            (TimeFormat::Auto, None) => TimeFormat::Clock,
            (format, _) => format,
        };
        let (cell, meant) = match format {
            TimeFormat::Timecode | TimeFormat::Frames => {
                let counter = self.counter.ok_or_else(|| {
                    Error::usage(
                        "this map writes timecodes, and the script declares no frame rate: give --fps",
                    )
                    .clause("rule T-10")
                })?;
                let frame = frame_of(counter.rate, time);
                let meant = if self.has_numbers { Some(time) } else { counter.rate.time(frame) };
                let total = frame.saturating_add(origin);
                let cell = match format {
                    TimeFormat::Frames => total.to_string(),
                    _ => counter.timecode(total).map_err(|error| Error::usage(error.to_string()))?,
                };
                (cell, meant)
            }
            TimeFormat::Milliseconds if !self.has_numbers => {
                let whole = time.milliseconds();
                (whole.to_string(), Some(MediaTime::from_milliseconds(whole)))
            }
            TimeFormat::Milliseconds => (cells::number_cell(time, 1000).0, Some(time)),
            TimeFormat::Seconds => (cells::number_cell(time, 1).0, Some(time)),
            TimeFormat::Clock | TimeFormat::Auto => (cells::clock_cell(time).0, Some(time)),
        };
        let shift = meant.map(|meant| if meant > time { meant - time } else { time - meant });
        if let Some(shift) =
            shift.filter(|&shift| shift > MediaTime::ZERO && event < self.script.events.len())
        {
            self.rounded.push((event, shift));
        }
        Ok(Cow::Owned(cell))
    }

    /// How long it is from one time to another: in frames as many as lie between theirs, so that the cells agree.
    fn duration(&self, begin: MediaTime, end: MediaTime, rules: &Column) -> MediaTime {
        let in_frames = matches!(rules.time, TimeFormat::Auto | TimeFormat::Timecode | TimeFormat::Frames);
        let rate = self.counter.filter(|_| in_frames).map(|counter| counter.rate);
        let frames = rate.and_then(|rate| rate.time(frame_of(rate, end) - frame_of(rate, begin)));
        frames.unwrap_or(end - begin)
    }

    /// Reports the times that were rounded, with the largest shift.
    pub(crate) fn finish(self, losses: &mut Losses) {
        let Some(largest) = self.rounded.iter().map(|(_, shift)| *shift).max() else { return };
        let microseconds = largest.rounded(1_000_000);
        let detail = format!("times moved by up to {}.{:03} ms", microseconds / 1000, microseconds % 1000);
        for (event, _) in &self.rounded {
            losses.add(LossCode::Time, Some(&self.script.events[*event].id), &detail);
        }
    }
}

/// Tags that mean the same, the empty one itself only.
fn same(a: &str, b: &str) -> bool {
    a == b || language::same(a, b)
}

fn words<'s>(mut texts: impl Iterator<Item = &'s Text>) -> Cow<'s, str> {
    let Some(first) = texts.next() else { return "".into() };
    let mut all = first.content.plain_text();
    for text in texts {
        all.push('\n');
        all.push_str(&text.content.plain_text());
    }
    Cow::Owned(all)
}

fn is_blank(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Run(words) => words.trim().is_empty(),
        Node::Break(_) => true,
        Node::Span(span) => is_blank(&span.content),
        Node::Ruby(node) => is_blank(&node.ruby.base),
        Node::Cue(cue) => cue.text.trim().is_empty(),
    })
}

fn label<'s>(id: Option<&'s str>, labels: &HashMap<&'s str, &'s str>) -> Cow<'s, str> {
    id.map_or("".into(), |id| Cow::Borrowed(labels.get(id).copied().unwrap_or(id)))
}

fn first_uri(text: &Text) -> Option<&str> {
    text.audio.iter().flat_map(|recording| &recording.sources).find_map(|source| source.uri.as_deref())
}

fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Cow<'static, str>> {
    let Some(value) = value else { return Ok("".into()) };
    serde_json::to_string(value).map(Cow::Owned).map_err(|error| Error::format(error.to_string()))
}
