//! Reading SubRip subtitles as they are in the wild.

use serde_json::json;

use super::markup::words;
use super::timing::{Timing, timing};
use crate::error::{Error, Result};
use crate::formats::ids::{self, People};
use crate::formats::{LossCode, Notes, ReadOptions, Speaker, list, milliseconds, speakers};
use crate::ttal::ids::Ids;
use crate::ttal::model::{Content, Event, List, Node, Script, Text};
use crate::ttal::place::Place;
use crate::ttal::source::Source;

/// The key of the coordinates that stood behind the times.
pub(super) const POSITION: &str = "org.subrip.position";

/// Reads a script from SubRip subtitles.
pub(super) fn read(source: &Source, options: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    notes.add_guess(source);
    let cues = cues(source.text(), notes);
    if cues.is_empty() {
        let end = source.text().find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let expected = "no subtitle found: expected a line with times, as 00:00:01,000 --> 00:00:02,500";
        return Err(source.locate(Error::format(expected), end));
    }
    let mut reader =
        Reader { source: source.text(), options, notes, ids: Ids::default(), people: People::default() };
    let mut script = Script {
        version: "1.0".into(),
        language: options.language.as_deref().map(Into::into),
        events: List::with_capacity(cues.len()),
        ..Script::default()
    };
    for cue in cues {
        reader.event(&mut script, cue);
    }
    script.characters = reader.people.characters;
    Ok(script)
}

/// A cue before its text is read.
struct RawCue<'t> {
    offset: usize,
    timing: Timing<'t>,
    /// Where its text is.
    text: std::ops::Range<usize>,
}

/// A line without what ends it, and where it begins.
#[derive(Debug, Clone, Copy)]
struct Line<'t> {
    offset: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn is_blank(self) -> bool {
        self.text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\0'))
    }

    /// The number of a cue, however it is dressed.
    fn number(self) -> Option<u64> {
        let digits = self.text.trim_matches(|c: char| c == ' ' || c == '\t' || c == '\u{feff}');
        let plain = !digits.is_empty() && digits.len() < 19 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    }

    fn end(self) -> usize {
        self.offset + self.text.len()
    }
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let rest = &text[at..];
        let length = rest.bytes().position(|b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
        let line = Line { offset: at, text: &rest[..length] };
        at += length;
        at += if text[at..].starts_with("\r\n") { 2 } else { 1 };
        Some(line)
    })
}

/// What was met since the last line with times.
#[derive(Default)]
struct Pending<'t> {
    /// The last two lines that are not blank, the later one second, and whether a blank line stood before each.
    before: Option<(Line<'t>, bool)>,
    last: Option<(Line<'t>, bool)>,
    first: Option<Line<'t>>,
    /// Whether blank lines follow the last one.
    blank: bool,
    /// How often blank lines stand between lines.
    gaps: usize,
}

impl<'t> Pending<'t> {
    fn push(&mut self, line: Line<'t>) {
        if line.is_blank() {
            self.blank = true;
            return;
        }
        self.before = self.last.replace((line, self.blank || self.first.is_none()));
        self.first.get_or_insert(line);
        self.blank = false;
    }
}

/// Finds the cues. Words belong to the cue whose times came last: a blank line ends a cue only if times follow, with
/// or without a number before them.
fn cues<'t>(text: &'t str, notes: &mut Notes) -> Vec<RawCue<'t>> {
    let mut cues: Vec<RawCue<'t>> = Vec::new();
    let mut pending = Pending::default();
    let mut gap_at: Option<usize> = None;
    let mut expected = 1u64;
    let (mut misnumbered, mut first_misnumbered) = (0u64, 0usize);
    for line in lines(text) {
        let Some(timing) = timing(line.text) else {
            if line.text.contains("-->") {
                notes.add(line.offset, "no times that can be read; taken as words");
            }
            if pending.blank && pending.first.is_some() && !line.is_blank() {
                pending.gaps += 1;
                gap_at = Some(line.offset);
            }
            pending.push(line);
            continue;
        };
        let number = pending.last.and_then(|(last, after_blank)| {
            let number = last.number()?;
            // A number that is cut off from its times is one only where it is the one that comes next.
            (!pending.blank || (after_blank && number == expected)).then_some((last, number, after_blank))
        });
        match number {
            Some((line, number, after_blank)) => {
                if !after_blank && !cues.is_empty() {
                    notes.add(line.offset, "no blank line before this number");
                }
                if pending.blank {
                    notes.add(line.offset, "a blank line between the number and its times");
                }
                if number != expected {
                    misnumbered += 1;
                    first_misnumbered = if misnumbered == 1 { line.offset } else { first_misnumbered };
                }
                expected = number.saturating_add(1);
                pending.last = pending.before;
                if gap_at == Some(line.offset) {
                    pending.gaps -= 1;
                }
            }
            None => {
                notes.add(line.offset, "no number before these times");
                expected = expected.saturating_add(1);
            }
        }
        finish(&mut cues, &pending, number.map(|(line, ..)| line.offset), notes);
        if let Some(oddity) = timing.oddity {
            notes.add(line.offset, oddity);
        }
        cues.push(RawCue { offset: line.offset, timing, text: 0..0 });
        pending = Pending::default();
        gap_at = None;
    }
    if misnumbered > 0 {
        let message = if misnumbered == 1 {
            "a number that does not follow the one before".to_string()
        } else {
            format!("{misnumbered} numbers do not follow the one before; the first is here")
        };
        notes.add(first_misnumbered, message);
    }
    finish(&mut cues, &pending, None, notes);
    cues
}

/// Gives the lines since the last times to their cue. `number` is where the number of the next cue stands.
fn finish(cues: &mut [RawCue<'_>], pending: &Pending<'_>, number: Option<usize>, notes: &mut Notes) {
    let Some(first) = pending.first.filter(|first| Some(first.offset) != number) else { return };
    let end = pending.last.map_or(first.end(), |(last, _)| last.end()).max(first.end());
    let Some(cue) = cues.last_mut() else {
        notes.add(first.offset, format!("words before the first cue: {}", excerpt(first.text)));
        notes.losses.add(LossCode::Unmapped, None, "words before the first cue");
        return;
    };
    cue.text = first.offset..end;
    if pending.gaps > 0 {
        notes.add(first.offset, "blank lines inside of a cue");
    }
}

/// The begin of a line, for messages.
fn excerpt(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

struct Reader<'t, 'n> {
    source: &'t str,
    options: &'n ReadOptions,
    notes: &'n mut Notes,
    ids: Ids,
    people: People,
}

impl Reader<'_, '_> {
    fn event(&mut self, script: &mut Script, cue: RawCue<'_>) {
        let id = ids::of_event(&mut self.ids, script.events.len() + 1);
        let Timing { begin, end, rest, .. } = cue.timing;
        if begin < 0 || end < 0 {
            self.notes.add(cue.offset, "a negative time, taken as 0");
            self.notes.losses.add(LossCode::Time, Some(&id), "negative times");
        }
        if end < begin {
            self.notes.add(cue.offset, "the cue ends before it begins");
        }
        let words = words(&self.source[cue.text.clone()], cue.text.start, &id, self.notes);
        let mut event = Event {
            at: Place::at(cue.offset),
            id,
            begin: Some(milliseconds::clock(begin.max(0).unsigned_abs())),
            end: Some(milliseconds::clock(end.max(0).unsigned_abs())),
            region: words.alignment.and_then(|a| a.provide(script)).map(Into::into),
            ..Event::default()
        };
        if !rest.is_empty() {
            if !is_position(rest) {
                self.notes.add(cue.offset, format!("`{}` behind the times, kept", excerpt(rest)));
            }
            event.extensions.set(POSITION, json!(rest));
        }
        if self.options.speaker == Speaker::Prefix {
            self.speakers(script, event, words.nodes);
        } else {
            script.add_event(with_text(event, words.nodes));
        }
    }

    /// Takes speakers off the words. Lines of two speakers, each with a dash and a name, become two events.
    fn speakers(&mut self, script: &mut Script, event: Event, nodes: List<Node>) {
        let turns = turns(&nodes);
        if turns.len() < 2 {
            let mut nodes = nodes;
            let mut event = event;
            self.speaker(&mut event, &mut nodes);
            script.add_event(with_text(event, nodes));
            return;
        }
        for (number, mut turn) in turns.into_iter().enumerate() {
            let mut event = event.clone();
            if number > 0 {
                event.id = ids::of_event(&mut self.ids, script.events.len() + 1);
            }
            self.speaker(&mut event, &mut turn);
            script.add_event(with_text(event, turn));
        }
    }

    fn speaker(&mut self, event: &mut Event, nodes: &mut List<Node>) {
        let Some(run) = speakers::first_run(nodes) else { return };
        let (dash, line) = undashed(run);
        let Some(prefix) = speakers::prefix(line) else { return };
        event.characters = list([self.people.id(prefix.name, &mut self.ids)]);
        if let Some(remark) = prefix.remark {
            speakers::apply_remark(event, remark);
        }
        *run = run[dash + prefix.length..].into();
        // A name alone on its line leaves an empty line.
        if matches!(nodes.first(), Some(Node::Run(run)) if run.is_empty()) {
            nodes.remove(0);
            if matches!(nodes.first(), Some(Node::Break(_))) {
                nodes.remove(0);
            }
        }
    }
}

fn with_text(mut event: Event, nodes: List<Node>) -> Event {
    event.texts = list([Text { content: Content(nodes), ..Text::default() }]);
    event
}

/// The dash of a speaker before a line, and the line behind it.
fn undashed(line: &str) -> (usize, &str) {
    let words = line.trim_start();
    let words = words.strip_prefix(['-', '–', '—']).map_or(words, str::trim_start);
    (line.len() - words.len(), words)
}

/// The turns of a dialogue: one for each line where all lines that begin with a dash name their speaker.
fn turns(nodes: &[Node]) -> Vec<List<Node>> {
    let mut turns: Vec<List<Node>> = Vec::new();
    let mut line: List<Node> = List::new();
    let lines = nodes.split(|node| matches!(node, Node::Break(_)));
    for part in lines {
        line.extend(part.iter().cloned());
        let begins = speakers::first_run(&mut line).is_some_and(|run| {
            let (_, words) = undashed(run);
            speakers::prefix(words).is_some()
        });
        match turns.last_mut() {
            Some(turn) if !begins => {
                turn.push(Node::Break(None));
                turn.append(&mut line);
            }
            // Words without a speaker come first: one event it stays.
            None if !begins => return turns,
            _ => turns.push(std::mem::take(&mut line)),
        }
    }
    turns
}

/// `X1:100 X2:200 Y1:10 Y2:20`, in any order.
fn is_position(text: &str) -> bool {
    text.split_whitespace().all(|word| {
        let bytes = word.as_bytes();
        bytes.len() > 3
            && matches!(bytes[0], b'X' | b'Y' | b'x' | b'y')
            && matches!(bytes[1], b'1' | b'2')
            && bytes[2] == b':'
            && bytes[3..].iter().all(|b| b.is_ascii_digit() || *b == b'-')
    })
}
