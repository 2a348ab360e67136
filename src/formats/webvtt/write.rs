//! Writing WebVTT.

use std::collections::HashMap;
use std::io::Write;

use serde_json::Value;

use super::css::Sheet;
use super::words::{Shared, Words};
use super::{key, settings};
use crate::error::{Error, Result};
use crate::formats::cues::{Cue, cues};
use crate::formats::ids::numbered;
use crate::formats::milliseconds::{Rounding, push_clock};
use crate::formats::placement::{DisplayAlign, Placement, placement, region_of_cue};
use crate::formats::{LossCode, Losses, RegionChoice, WriteOptions};
use crate::ttal::computed::Context;
use crate::ttal::model::{Attributes, Extensions, Programme, Region, Script};
use crate::ttal::time::MediaTime;

/// Writes a script as WebVTT.
pub(super) fn write(
    script: &Script,
    options: &WriteOptions,
    losses: &mut Losses,
    out: &mut dyn Write,
) -> Result<()> {
    let document = document(script, options, losses);
    let failed = |e| Error::io("cannot write", e);
    out.write_all(document.head.as_bytes()).map_err(failed)?;
    out.write_all(document.body.as_bytes()).map_err(failed)
}

/// A script as WebVTT.
#[derive(Debug)]
pub(crate) struct Document {
    /// The header, style sheets and regions.
    pub(crate) head: String,
    /// The cues, with comments between them.
    pub(crate) body: String,
    /// When each cue begins and ends, exactly: the text has whole milliseconds.
    pub(crate) times: Vec<(MediaTime, MediaTime)>,
}

/// Makes a script a WebVTT document.
pub(crate) fn document(script: &Script, options: &WriteOptions, losses: &mut Losses) -> Document {
    let context = Context::new(script);
    let mut cues = cues(script, &context, options, losses);
    cues.sort_by_key(|cue| cue.begin);
    let styles = blocks(&script.extensions, key::STYLES);
    let regions: Vec<&str> = blocks(&script.extensions, key::REGIONS)
        .into_iter()
        .filter(|text| {
            let styling = settings::region(text).attributes();
            script.regions.iter().any(|region| region.styling == styling)
        })
        .collect();
    let sheet = Sheet::new(styles.iter().copied());
    let mut writer = Writer {
        script,
        options,
        shared: Shared::new(script, &context, sheet),
        regions: regions
            .iter()
            .map(|text| (settings::region(text).id, settings::region(text).attributes()))
            .collect(),
        placed: HashMap::new(),
        body: String::with_capacity(cues.len() * 80),
    };
    let mut rounding = Rounding::default();
    for (number, cue) in cues.iter().enumerate() {
        let id = &cue.event.id;
        let begin = rounding.milliseconds(id, cue.begin);
        let mut end = rounding.milliseconds(id, cue.end);
        if end <= begin && cue.end > cue.begin {
            losses.add(LossCode::Time, Some(id), "cues shorter than a millisecond, written with one");
            end = begin + 1;
        }
        writer.cue(number + 1, cue, begin, end, losses);
    }
    rounding.report(losses);
    for comment in blocks(&script.extensions, key::NOTES) {
        push_comment(&mut writer.body, comment);
    }
    let mut head = String::from("WEBVTT");
    push_header(&mut head, script.extensions.get(key::HEADER).and_then(Value::as_str).unwrap_or(""));
    if options.notes
        && let Some(facts) = script.programme.as_deref().map(facts).filter(|facts| !facts.is_empty())
    {
        push_comment(&mut head, &format!("\n{facts}"));
    }
    for text in styles {
        push_block(&mut head, "STYLE", text);
    }
    // A rule that is there already is not repeated.
    let there = blocks(&script.extensions, key::STYLES);
    let made: Vec<&str> = writer.shared.classes.0.iter().map(String::as_str).collect();
    let made: Vec<&str> =
        made.into_iter().filter(|rule| !there.iter().any(|text| text.contains(rule))).collect();
    if !made.is_empty() {
        push_block(&mut head, "STYLE", &made.join("\n"));
    }
    for text in regions {
        push_block(&mut head, "REGION", text);
    }
    let times = cues.iter().map(|cue| (cue.begin, cue.end)).collect();
    Document { head, body: writer.body, times }
}

struct Writer<'s, 'o> {
    script: &'s Script,
    options: &'o WriteOptions,
    shared: Shared<'s>,
    /// The regions that the file has, by WebVTT's name.
    regions: HashMap<&'s str, Attributes>,
    /// What settings mean, by the settings.
    placed: HashMap<&'s str, Meaning<'s>>,
    body: String,
}

/// What settings of a cue mean.
#[derive(Debug, Clone, PartialEq)]
struct Meaning<'s> {
    styling: Option<Attributes>,
    align: Option<&'s str>,
}

impl<'s> Writer<'s, '_> {
    fn cue(&mut self, number: usize, cue: &Cue<'s>, begin: u64, end: u64, losses: &mut Losses) {
        let event = cue.event;
        for comment in blocks(&event.extensions, key::NOTES) {
            push_comment(&mut self.body, comment);
        }
        if self.options.notes {
            let text = annotations(cue);
            if !text.is_empty() {
                push_comment(&mut self.body, &format!(" {text}"));
            }
        }
        self.body.push('\n');
        let authored = event.extensions.get(key::ID).and_then(Value::as_str);
        let id = authored.unwrap_or(&event.id);
        // What a reader makes up for cues without one is left out.
        if authored.is_some() || id != numbered(number) {
            if id.is_empty() || id.contains("-->") || id.contains(['\n', '\r']) {
                losses.add(LossCode::Id, Some(&event.id), "identifiers that no line can hold");
            } else {
                self.body.extend([id, "\n"]);
            }
        }
        push_clock(&mut self.body, begin, '.');
        self.body.push_str(" --> ");
        push_clock(&mut self.body, end, '.');
        let settings = self.settings(cue, losses);
        if !settings.is_empty() {
            self.body.extend([" ", &settings]);
        }
        self.body.push('\n');
        let shared = &mut self.shared;
        let mut words =
            Words { shared, losses, event: &event.id, out: &mut self.body, times: (begin, end, begin) };
        words.cue(cue);
    }

    /// The settings that put a cue where it belongs: those that it was read with, where they still mean that.
    fn settings(&mut self, cue: &Cue<'s>, losses: &mut Losses) -> String {
        match self.options.region {
            RegionChoice::Authored => {}
            RegionChoice::Bottom => return String::new(),
            RegionChoice::Top => return "line:0".into(),
            RegionChoice::Middle => return "line:50%,center".into(),
            RegionChoice::Left => return "vertical:rl line:-1".into(),
            RegionChoice::Right => return "vertical:rl line:0".into(),
        }
        let region = region_of_cue(self.script, &self.shared.styles, cue);
        let align = cue.event.styling.get("tts:textAlign");
        if let Some(raw) = cue.event.extensions.get(key::SETTINGS).and_then(Value::as_str) {
            let usable = !raw.contains("-->") && !raw.contains(['\n', '\r']);
            if usable && self.meaning(raw) == (Meaning { styling: region.map(|r| r.styling.clone()), align })
            {
                return raw.trim_matches(super::timestamp::is_space).to_string();
            }
        }
        let mut text = String::new();
        let place = region.map(|region| self.place(region));
        match place {
            None => {}
            Some(Some(place)) => text = place_settings(&place),
            Some(None) => losses.add(LossCode::Pos, Some(&cue.event.id), "regions"),
        }
        let look = self.shared.look(cue);
        let align = cue
            .texts
            .first()
            .and_then(|(own, _)| self.shared.styles.look(look, &own.style, &own.styling).text_align);
        let align = align.or(place.flatten().and_then(|place| place.text_align));
        if let Some(align) = align.filter(|align| matches!(*align, "left" | "right" | "start" | "end")) {
            text.extend([if text.is_empty() { "" } else { " " }, "align:", align]);
        }
        text
    }

    fn place(&self, region: &'s Region) -> Option<Placement<'s>> {
        placement(self.script, &self.shared.styles, region)
    }

    fn meaning(&mut self, raw: &'s str) -> Meaning<'s> {
        if let Some(meaning) = self.placed.get(raw) {
            return meaning.clone();
        }
        let settings = settings::cue(raw, |id| self.regions.contains_key(id));
        let meaning = match settings.region.and_then(|region| self.regions.get(region)) {
            Some(region) => Meaning {
                styling: Some(region.clone()),
                align: settings.align.filter(|align| *align != "center"),
            },
            None => Meaning { styling: settings.attributes(), align: None },
        };
        self.placed.insert(raw, meaning.clone());
        meaning
    }
}

/// A box as settings of a cue. Alignments that players may not know are given only where nothing else will do.
fn place_settings(place: &Placement<'_>) -> String {
    let vertical = place.writing_mode.filter(|mode| mode.starts_with("tb"));
    let mut words: Vec<String> = Vec::new();
    let percent = |value: f64| settings::number(value.clamp(0.0, 100.0));
    let (start, extent, top, height) = match vertical {
        None => (place.x, place.width, place.y, place.height),
        Some("tblr") => (place.y, place.height, place.x, place.width),
        Some(_) => (place.y, place.height, 100.0 - place.x - place.width, place.width),
    };
    if let Some(mode) = vertical {
        words.push(format!("vertical:{}", if mode == "tblr" { "lr" } else { "rl" }));
    }
    match place.display_align {
        DisplayAlign::Before => words.push(format!("line:{}%", percent(top))),
        DisplayAlign::Center => words.push(format!("line:{}%,center", percent(top + height / 2.0))),
        // At the bottom is where subtitles are anyway.
        DisplayAlign::After if top + height >= 80.0 => {}
        DisplayAlign::After => words.push(format!("line:{}%,end", percent(top + height))),
    }
    let middle = start + extent / 2.0;
    match place.text_align {
        Some("left" | "start") if start > 0.5 => words.push(format!("position:{}%", percent(start))),
        Some("right" | "end") if start + extent < 99.5 => {
            words.push(format!("position:{}%", percent(start + extent)))
        }
        Some("left" | "start" | "right" | "end") => {}
        _ if (middle - 50.0).abs() > 0.5 => words.push(format!("position:{}%", percent(middle))),
        _ => {}
    }
    // Most of the width is as good as all of it.
    if extent < 79.5 {
        words.push(format!("size:{}%", percent(extent)));
    }
    words.join(" ")
}

/// The texts of a list in the extensions.
fn blocks<'s>(extensions: &'s Extensions, key: &str) -> Vec<&'s str> {
    let values = extensions.get(key).and_then(Value::as_array);
    values.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The header's own words and lines, as far as a header can hold them.
fn push_header(out: &mut String, header: &str) {
    for (number, line) in header.split(['\n', '\r']).enumerate() {
        if number > 0 && (line.is_empty() || line.contains("-->")) {
            continue;
        }
        if number > 0 {
            out.push('\n');
        } else if !line.is_empty() && !line.starts_with([' ', '\t']) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out.push('\n');
}

fn push_block(out: &mut String, name: &str, text: &str) {
    out.extend(["\n", name, "\n"]);
    push_lines(out, text);
}

/// A comment; its text begins with what follows `NOTE`.
fn push_comment(out: &mut String, text: &str) {
    out.push_str("\nNOTE");
    if !text.is_empty() && !text.starts_with([' ', '\t', '\n', '\r']) {
        out.push(' ');
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    out.push_str(&first.replace("-->", "->"));
    out.push('\n');
    push_lines(out, rest);
}

/// Lines of a block: none is empty, none holds an arrow.
fn push_lines(out: &mut String, text: &str) {
    for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        out.push_str(&line.replace("-->", "->"));
        out.push('\n');
    }
}

/// What is known of the programme, a line each.
fn facts(programme: &Programme) -> String {
    let episode = serde_json::to_value(&programme.episode).unwrap_or_default();
    let episode = match episode {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    };
    let season = programme.season.map(|season| season.to_string());
    let facts = [
        ("Title", programme.title.as_deref()),
        ("Series", programme.series_title.as_deref()),
        ("Season", season.as_deref()),
        ("Episode", episode.as_deref()),
        ("Episode title", programme.episode_title.as_deref()),
        ("Project", programme.project_id.as_deref()),
        ("Copyright", programme.copyright.as_deref()),
    ];
    let lines: Vec<String> =
        facts.into_iter().filter_map(|(name, value)| value.map(|value| format!("{name}: {value}"))).collect();
    lines.join("\n")
}

/// What a script says about an event beside its words, in one line.
fn annotations(cue: &Cue<'_>) -> String {
    let event = cue.event;
    let mut parts = Vec::new();
    if let Some(on_screen) = &event.on_screen {
        parts.push(format!("on screen: {on_screen}"));
    }
    if let Some(represents) = &event.represents {
        parts.push(format!("represents: {represents}"));
    }
    for description in &event.descriptions {
        let kind = description.kind.as_deref().unwrap_or("description");
        parts.push(format!("{kind}: {}", description.text.replace(['\n', '\r'], " ")));
    }
    parts.join("; ")
}
