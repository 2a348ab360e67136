//! `ttal show`.

use std::collections::HashMap;
use std::fmt::Write;

use clap::Args;

use super::super::{print, print_json};
use super::files::{self, InputArgs};
use crate::error::Result;
use crate::findings::printable::printable;
use crate::formats::ReadOptions;
use crate::ttal::computed::{Computed, Context, Origin};
use crate::ttal::flatten::flatten;
use crate::ttal::model::{Event, OnScreen, Script};
use crate::ttal::summary::{Summary, summarize};
use crate::ttal::time::{MediaTime, TimecodeCounter};

/// Show a script as a person reads it
///
/// Facts first: stage, languages, cast with line counts, lineage; then the events with who speaks, the words in every
/// language, and the notes. Subtitle files are shown too.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowArgs {
    /// File to show; `-` is standard input
    #[arg(value_name = "FILE")]
    input: String,
    /// Write out what is inherited: absolute times, languages, what is represented; prints TTAL
    #[arg(long)]
    computed: bool,
    /// Print the facts as JSON
    #[arg(long, conflicts_with = "computed")]
    json: bool,
    /// Show the facts only, no events
    #[arg(long)]
    facts: bool,
    #[command(flatten)]
    reading: InputArgs,
}

const EXAMPLES: &str = "\
Examples:
  Read a script:
    ttal show harbour.ttal
  Who has how many lines, for a schedule:
    ttal show --json harbour.dapt | jq '.characters[] | [.name, .lines]'";

/// Runs the command.
pub(super) fn run(arguments: &ShowArgs) -> Result<u8> {
    let options = ReadOptions { any_kind: true, ..ReadOptions::default() };
    let opened = arguments.reading.open(&arguments.input, &options)?;
    opened.warn();
    let script = opened.script;
    if arguments.computed {
        print_json(&flatten(&script))?;
        return Ok(0);
    }
    let summary = summarize(&script);
    if arguments.json {
        print_json(&summary)?;
        return Ok(0);
    }
    let mut text = facts(&script, &summary);
    if !arguments.facts {
        Events::new(&script).write(&mut text);
    }
    print(&text)?;
    Ok(0)
}

/// Writing to a string can't fail.
macro_rules! put {
    ($($arguments:tt)*) => {
        let _ = writeln!($($arguments)*);
    };
}

fn facts(script: &Script, summary: &Summary) -> String {
    let mut text = String::new();
    let programme = script.programme.as_deref();
    let mut title = summary.title.as_deref().unwrap_or("(no title)").to_string();
    if let Some(programme) = programme {
        if let Some(season) = programme.season {
            let _ = write!(title, ", season {season}");
        }
        if let Some(episode) = &programme.episode {
            let episode = serde_json::to_string(episode).unwrap_or_default();
            let _ = write!(title, ", episode {}", episode.trim_matches('"'));
        }
    }
    put!(text, "{}", printable(&title));
    let mut fact = |name: &str, value: &str| {
        put!(text, "  {name:<12} {}", printable(value));
    };
    let kind = [summary.script_type.as_deref(), summary.purpose.as_deref()];
    let kind: Vec<&str> = kind.into_iter().flatten().collect();
    if !kind.is_empty() {
        fact("script", &kind.join(", "));
    }
    if !script.script_represents.is_empty() {
        let represents: Vec<&str> = script.script_represents.iter().map(|r| &**r).collect();
        fact("represents", &represents.join(", "));
    }
    let from = if summary.language_source.is_empty() { "not determined" } else { &summary.language_source };
    fact("language", &format!("{}, source {from}", named(&summary.language)));
    for language in &summary.languages {
        let (texts, words) = (files::count(language.texts, "text"), files::count(language.words, "word"));
        fact("", &format!("{}: {texts}, {words}, {}", named(&language.language), language.origin));
    }
    if let Some(rate) = &summary.frame_rate {
        let timing = script.timing.as_deref();
        let origin = timing.and_then(|t| t.origin_timecode.as_deref());
        let origin = origin.map_or_else(String::new, |origin| format!(", origin {origin}"));
        fact("frame rate", &format!("{rate}{origin}"));
    }
    let span = match (&summary.begin, &summary.end) {
        (Some(begin), Some(end)) => format!(", {begin} to {end}"),
        (Some(begin), None) => format!(", from {begin}"),
        _ => String::new(),
    };
    fact("events", &format!("{}{span}", summary.events));
    for (at, character) in summary.characters.iter().enumerate() {
        let talent = character.talent.as_ref().map_or_else(String::new, |talent| format!(", {talent}"));
        let lines = files::count(character.lines, "line");
        let name = if at == 0 { "characters" } else { "" };
        fact(name, &format!("{} ({}{talent}): {lines}", character.name, character.id));
    }
    for (at, step) in script.lineage.iter().enumerate() {
        let mut line = step.stage.to_string();
        let language = step.language.as_deref().map(|l| format!(" {l}"));
        let agent = step.agent.as_ref().and_then(|a| a.name.as_deref().or(a.organization.as_deref()));
        let tool = step.tool.as_ref().map(|t| format!("{} {}", t.name, t.version.as_deref().unwrap_or("")));
        let who = agent.map(str::to_string).or(tool).map(|who| format!(", {}", who.trim()));
        let when = step.time.as_deref().map(|t| format!(", {t}"));
        for part in [language, who, when].into_iter().flatten() {
            line.push_str(&part);
        }
        fact(if at == 0 { "lineage" } else { "" }, &line);
    }
    text
}

/// A language, or that none is said.
fn named(language: &str) -> &str {
    if language.is_empty() { "no language" } else { language }
}

/// The events as a readable script.
struct Events<'s> {
    script: &'s Script,
    context: Context<'s>,
    names: HashMap<&'s str, &'s str>,
    /// How to count timecodes, and the frame of media time 0.
    timecodes: Option<(TimecodeCounter, i64)>,
}

impl<'s> Events<'s> {
    fn new(script: &'s Script) -> Self {
        let timing = script.timing.as_deref();
        let timecodes = timing.and_then(|timing| {
            let counter = timing.counter()?;
            let origin = timing.origin_timecode.as_ref()?.frame(counter).ok()?;
            Some((counter, origin))
        });
        let names = script.characters.iter().map(|c| (&*c.id.0, &*c.name)).collect();
        Events { script, context: Context::new(script), names, timecodes }
    }

    fn write(&self, text: &mut String) {
        for event in &self.script.events {
            text.push('\n');
            self.write_event(event, text);
        }
    }

    fn write_event(&self, event: &'s Event, text: &mut String) {
        let computed = self.context.event(event);
        let end = computed.end.map_or_else(|| "?".into(), |end| self.time(end));
        let who: Vec<&str> =
            event.characters.iter().map(|id| *self.names.get(&**id).unwrap_or(&&*id.0)).collect();
        let mut head = format!("{} - {end}  {}", self.time(computed.begin), who.join(" + "));
        let default = self.script.represents.as_deref().unwrap_or("");
        let mut marks = Vec::new();
        match &event.on_screen {
            None | Some(OnScreen::On) => {}
            Some(other) => marks.push(other.as_str().to_string()),
        }
        if computed.represents != default && !computed.represents.is_empty() {
            marks.push(computed.represents.to_string());
        }
        if event.forced == Some(true) {
            marks.push("forced".into());
        }
        if let Some(status) = &event.status {
            marks.push(status.to_string());
        }
        if !marks.is_empty() {
            let _ = write!(head, "  [{}]", marks.join(", "));
        }
        put!(text, "{}  ({})", printable(head.trim_end()), printable(&event.id));
        for own in &event.texts {
            self.write_text(&computed, own, text);
        }
        for description in &event.descriptions {
            let kind = description.kind.as_deref().unwrap_or("note");
            put!(text, "    * {}: {}", printable(kind), printable(&description.text));
        }
    }

    fn write_text(&self, event: &Computed<'s>, own: &'s crate::ttal::model::Text, text: &mut String) {
        let computed = self.context.text(event, own);
        let from = match computed.origin() {
            Origin::Translation(from) => format!(" < {from}"),
            _ => String::new(),
        };
        let label = format!("{}{from}", computed.language);
        let words = own.content.plain_text();
        let mut first = true;
        for line in words.split('\n') {
            let label = if first { &*label } else { "" };
            put!(text, "    {:<8} {}", printable(label), printable(line));
            first = false;
        }
    }

    fn time(&self, time: MediaTime) -> String {
        let timecode = self.timecodes.and_then(|(counter, origin)| {
            counter.timecode(counter.rate.nearest_frame(time).checked_add(origin)?).ok()
        });
        timecode.unwrap_or_else(|| time.to_string())
    }
}
