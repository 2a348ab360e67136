//! Writing SubRip subtitles that every player reads.

use std::io::Write;

use super::markup::{JOINER, is_markup};
use super::read::POSITION;
use super::timing::timing;
use crate::error::{Error, Result};
use crate::formats::cues::{Cue, cues};
use crate::formats::milliseconds::{Rounding, push_clock};
use crate::formats::placement::{DisplayAlign, placement, region_of_cue};
use crate::formats::style::{Look, Styles};
use crate::formats::{LossCode, Losses, RegionChoice, Speaker, WriteOptions, webvtt_voice};
use crate::ttal::computed::Context;
use crate::ttal::model::{Id, List, Node, Script};

/// Bytes that are collected before they are written.
const CHUNK: usize = 1 << 16;

/// Writes a script as SubRip subtitles.
pub(super) fn write(
    script: &Script,
    options: &WriteOptions,
    losses: &mut Losses,
    out: &mut dyn Write,
) -> Result<()> {
    let context = Context::new(script);
    let mut cues = cues(script, &context, options, losses);
    // A file of subtitles has no other order.
    cues.sort_by_key(|cue| cue.begin);
    let styles = Styles::new(script);
    let mut rounding = Rounding::default();
    let mut text = String::with_capacity(CHUNK + 1024);
    let failed = |e| Error::io("cannot write", e);
    for (number, cue) in cues.iter().enumerate() {
        let id = &cue.event.id;
        let begin = rounding.milliseconds(id, cue.begin);
        let mut end = rounding.milliseconds(id, cue.end);
        if end <= begin && cue.end > cue.begin {
            losses.add(LossCode::Time, Some(id), "cues shorter than a millisecond, written with one");
            end = begin + 1;
        }
        if number > 0 {
            text.push('\n');
        }
        text.push_str(&(number + 1).to_string());
        text.push('\n');
        push_clock(&mut text, begin, ',');
        text.push_str(" --> ");
        push_clock(&mut text, end, ',');
        if let Some(position) = cue.event.extensions.get(POSITION).and_then(|value| value.as_str()) {
            text.push(' ');
            text.extend(position.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        text.push('\n');
        let mut writer =
            Writer { options, losses, styles: &styles, event: id, out: Lines::default(), voices: false };
        if writer.is_on_top(script, cue) {
            writer.out.plain.push_str("{\\an8}");
        }
        writer.cue(script, cue);
        writer.out.finish(&mut text);
        if text.len() >= CHUNK {
            out.write_all(text.as_bytes()).map_err(failed)?;
            text.clear();
        }
    }
    rounding.report(losses);
    out.write_all(text.as_bytes()).map_err(failed)
}

struct Writer<'s, 'w> {
    options: &'w WriteOptions,
    losses: &'w mut Losses,
    styles: &'w Styles<'s>,
    event: &'s Id,
    out: Lines,
    /// Whether parts of the cue name their own speaker.
    voices: bool,
}

impl<'s> Writer<'s, '_> {
    fn cue(&mut self, script: &'s Script, cue: &Cue<'s>) {
        self.voices = cue.texts.iter().any(|(text, _)| webvtt_voice::any(&text.content.0));
        let body = script.body.as_deref();
        let look = self.styles.initial();
        let look = body.map_or(look, |body| self.styles.look(look, &body.style, &body.styling));
        let look = self.styles.look(look, &cue.event.style, &cue.event.styling);
        if self.options.speaker == Speaker::Prefix && !self.voices && !cue.characters.is_empty() {
            let names: Vec<&str> = cue.characters.iter().map(|character| &*character.name).collect();
            self.speaker(&names.join(" & "));
        }
        for (number, (text, _)) in cue.texts.iter().enumerate() {
            if number > 0 {
                self.out.line_break();
            }
            let look = self.styles.look(look, &text.style, &text.styling);
            self.nodes(&text.content.0, look);
        }
    }

    fn speaker(&mut self, name: &str) {
        self.out.run(&format!("{}: ", name.to_uppercase()), Look::default());
    }

    fn nodes(&mut self, nodes: &'s List<Node>, look: Look<'s>) {
        for node in nodes {
            match node {
                Node::Run(words) => self.words(words, look),
                Node::Break(_) => self.out.line_break(),
                Node::Cue(cue) => self.words(&cue.text, look),
                Node::Ruby(node) => {
                    self.losses.add(LossCode::Ruby, Some(self.event), "readings beside words");
                    self.nodes(&node.ruby.base, look);
                }
                Node::Span(span) => {
                    if span.begin.is_some() || span.end.is_some() || span.dur.is_some() {
                        self.losses.add(LossCode::SpanTime, Some(self.event), "times of parts of a text");
                    }
                    if let Some(name) =
                        webvtt_voice::of(span).filter(|_| self.options.speaker == Speaker::Prefix)
                    {
                        self.speaker(name);
                    }
                    let inner = self.styles.look(look, &span.style, &span.styling);
                    self.compare(look, inner);
                    self.nodes(&span.content, inner);
                }
            }
        }
    }

    /// Reports what a span changes that SubRip has no tag for.
    fn compare(&mut self, outer: Look<'_>, inner: Look<'_>) {
        if outer.color != inner.color || inner.background.is_some() {
            self.losses.add(LossCode::Style, Some(self.event), "colours");
        }
        if outer.line_through != inner.line_through {
            self.losses.add(LossCode::Style, Some(self.event), "struck words");
        }
    }

    fn words(&mut self, words: &str, look: Look<'_>) {
        if look.hidden {
            self.losses.add(LossCode::Style, Some(self.event), "hidden words");
            return;
        }
        for (number, line) in words.split(['\n', '\r']).enumerate() {
            if number > 0 {
                self.out.line_break();
            }
            self.out.run(line, look);
        }
    }

    /// Whether a cue stands at the top. Other places than top and bottom are lost.
    fn is_on_top(&mut self, script: &'s Script, cue: &Cue<'s>) -> bool {
        match self.options.region {
            RegionChoice::Top => return true,
            RegionChoice::Bottom => return false,
            RegionChoice::Authored => {}
            RegionChoice::Middle | RegionChoice::Left | RegionChoice::Right => {
                self.losses.add(LossCode::Pos, Some(self.event), "positions other than top and bottom");
                return false;
            }
        }
        let Some(region) = region_of_cue(script, self.styles, cue) else { return false };
        let Some(place) = placement(script, self.styles, region) else {
            self.losses.add(LossCode::Pos, Some(self.event), "regions");
            return false;
        };
        let vertical = place.writing_mode.is_some_and(|mode| mode.starts_with("tb"));
        let line = place.line();
        let aside = matches!(place.text_align, Some("left" | "right" | "start" | "end"));
        let top = !vertical && line < 100.0 / 3.0 && place.display_align != DisplayAlign::Center;
        let bottom = !vertical && line > 200.0 / 3.0;
        if aside || !(top || bottom) {
            self.losses.add(LossCode::Pos, Some(self.event), "positions other than top and bottom");
        }
        top
    }
}

/// The lines of one cue.
#[derive(Default)]
struct Lines {
    plain: String,
    open: Vec<&'static str>,
}

impl Lines {
    /// Adds words of one line in their look. Tags change only where words need it.
    fn run(&mut self, words: &str, look: Look<'_>) {
        if words.is_empty() {
            return;
        }
        let wanted = [("i", look.italic), ("b", look.bold), ("u", look.underline)];
        let wants = |tag: &str| wanted.iter().any(|&(name, on)| on && name == tag);
        while self.open.iter().any(|tag| !wants(tag)) {
            let Some(tag) = self.open.pop() else { break };
            self.close(tag);
        }
        for (tag, on) in wanted {
            if on && !self.open.contains(&tag) {
                self.plain.extend(["<", tag, ">"]);
                self.open.push(tag);
            }
        }
        let from = self.plain.len();
        self.plain.push_str(words);
        self.protect(from);
    }

    fn close(&mut self, tag: &str) {
        // A tag ends before the line break that comes last.
        let at = self.plain.trim_end_matches('\n').len();
        self.plain.insert_str(at, &format!("</{tag}>"));
    }

    fn line_break(&mut self) {
        self.plain.push('\n');
    }

    /// Keeps the words from `from` on from being read as tags.
    fn protect(&mut self, from: usize) {
        if !self.plain[from..].contains(['<', '{', '&', '\\', '\0', JOINER]) {
            return;
        }
        let words = self.plain.split_off(from);
        for (at, c) in words.char_indices() {
            if c == '\0' {
                continue;
            }
            self.plain.push(c);
            let rest = &words[at + c.len_utf8()..];
            let joined = rest.starts_with(JOINER) && rest.trim_start_matches(JOINER).starts_with('>');
            if joined && self.plain.ends_with("--") {
                self.plain.push(JOINER);
            }
            if matches!(c, '<' | '{' | '&' | '\\') && is_markup(&words[at..]) {
                self.plain.push(JOINER);
            }
        }
    }

    /// Puts the lines to `text`. An empty line would end the cue: one between words holds a space that does not
    /// break, which players show as an empty line; others are dropped. A line that looks like times, and so would
    /// begin a cue, has its arrow protected.
    fn finish(mut self, text: &mut String) {
        while let Some(tag) = self.open.pop() {
            self.close(tag);
        }
        for line in self.plain.trim_matches('\n').split('\n') {
            if line.starts_with(JOINER) {
                text.push(JOINER);
            }
            if line.trim_matches([' ', '\t']).is_empty() {
                if self.plain.trim().is_empty() {
                    continue;
                }
                text.push('\u{a0}');
            } else if line.contains('-') && (line.contains("-->") || timing(line).is_some()) {
                let mut rest = line;
                while let Some((before, after)) = rest.split_once("-->") {
                    text.push_str(before);
                    text.push_str("--");
                    text.push(JOINER);
                    text.push('>');
                    rest = after;
                }
                if rest.len() == line.len() {
                    // An arrow of another kind.
                    text.push(JOINER);
                }
                text.push_str(rest);
            } else {
                text.push_str(line);
            }
            text.push('\n');
        }
    }
}
