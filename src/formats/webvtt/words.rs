//! Writing the text of a cue.

use super::css::{Sheet, Subject};
use super::key;
use super::paint::{Change, Classes, Paint};
use crate::formats::cues::Cue;
use crate::formats::milliseconds::push_clock;
use crate::formats::style::{Look, Styles};
use crate::formats::{LossCode, Losses, webvtt_voice};
use crate::ttal::computed::{Computed, Context};
use crate::ttal::model::{Id, Node, RubyPosition, Script, Span};

/// What all cues of a file share.
#[derive(Debug)]
pub(super) struct Shared<'s> {
    pub(super) context: &'s Context<'s>,
    pub(super) styles: Styles<'s>,
    /// The style sheets that the file will have.
    pub(super) sheet: Sheet,
    /// How words of the body look, and how they look by the style sheets alone.
    body: (Look<'s>, Paint),
    /// The classes that were made.
    pub(super) classes: Classes,
}

impl<'s> Shared<'s> {
    pub(super) fn new(script: &'s Script, context: &'s Context<'s>, sheet: Sheet) -> Self {
        let styles = Styles::new(script);
        let initial = styles.initial();
        let look =
            script.body.as_deref().map_or(initial, |body| styles.look(initial, &body.style, &body.styling));
        let by_rules = Paint::default().inside("", &sheet.root());
        Shared { context, styles, sheet, body: (look, by_rules), classes: Classes::default() }
    }

    /// How the words of a cue look before anything is said about parts of them.
    pub(super) fn look(&self, cue: &Cue<'s>) -> Look<'s> {
        self.styles.look(self.body.0, &cue.event.style, &cue.event.styling)
    }
}

/// Writes the text of one cue.
pub(super) struct Words<'s, 'w> {
    pub(super) shared: &'w mut Shared<'s>,
    pub(super) losses: &'w mut Losses,
    pub(super) event: &'s Id,
    pub(super) out: &'w mut String,
    /// Begin and end of the cue, and the last timestamp written, in milliseconds.
    pub(super) times: (u64, u64, u64),
}

impl<'s> Words<'s, '_> {
    /// Puts the text of a cue to the output, with a line break behind it if there is any.
    pub(super) fn cue(&mut self, cue: &Cue<'s>) {
        let from = self.out.len();
        let voices = cue.texts.iter().any(|(text, _)| webvtt_voice::any(&text.content.0));
        let speaks = !voices && !cue.characters.is_empty();
        if speaks {
            if cue.characters.len() > 1 {
                self.losses.add(LossCode::Char, Some(self.event), "several speakers, joined to one voice");
            }
            let names: Vec<&str> = cue.characters.iter().map(|character| &*character.name).collect();
            self.open("v", &[], &names.join(", "));
        }
        let look = self.shared.look(cue);
        for (number, (text, computed)) in cue.texts.iter().enumerate() {
            if number > 0 {
                self.out.push('\n');
            }
            let inner = self.shared.styles.look(look, &text.style, &text.styling);
            let mut wanted = Paint::of(inner);
            if wanted == Paint::default() && self.shared.body.1 == wanted {
                self.nodes(&text.content.0, inner, &wanted, computed);
                continue;
            }
            let id = cue.event.extensions.get(key::ID).and_then(|id| id.as_str()).unwrap_or(self.event);
            let mut there = self.shared.body.1.clone();
            let own = self.shared.sheet.cue(id);
            if !own.is_empty() {
                let background = there.clone();
                there = there.inside("", &own);
                there.inherit_background(&background, &own);
            }
            let change = wanted.change(&there, &mut self.shared.classes);
            let tags = self.begin(None, change, "");
            wanted.forget_background();
            self.nodes(&text.content.0, inner, &wanted, computed);
            self.end(&tags);
        }
        if speaks {
            self.out.push_str("</v>");
        }
        self.without_blank_lines(from);
    }

    fn nodes(&mut self, nodes: &'s [Node], look: Look<'s>, paint: &Paint, computed: &Computed<'s>) {
        for node in nodes {
            match node {
                Node::Run(words) => self.words(words, look, computed),
                Node::Cue(cue) => self.words(&cue.text, look, computed),
                Node::Break(_) => self.out.push('\n'),
                Node::Ruby(node) => {
                    if node.ruby.position.as_ref().is_some_and(|position| *position != RubyPosition::Before) {
                        self.losses.add(LossCode::Ruby, Some(self.event), "positions of readings");
                    }
                    self.out.push_str("<ruby>");
                    self.nodes(&node.ruby.base, look, paint, computed);
                    self.out.push_str("<rt>");
                    self.nodes(&node.ruby.text, look, paint, computed);
                    self.out.push_str("</rt></ruby>");
                }
                Node::Span(span) => self.span(span, look, paint, computed),
            }
        }
    }

    fn span(&mut self, span: &'s Span, look: Look<'s>, paint: &Paint, computed: &Computed<'s>) {
        let computed = self.shared.context.span(computed, span);
        if computed.end.is_some_and(|end| end.milliseconds().max(0).unsigned_abs() < self.times.1)
            && ends(span)
        {
            self.losses.add(LossCode::SpanTime, Some(self.event), "ends of parts of a text");
        }
        let look = self.shared.styles.look(look, &span.style, &span.styling);
        let wanted = Paint::of(look);
        let classes = span.extensions.get(key::CLASS).and_then(|classes| classes.as_str()).unwrap_or("");
        let classes: Vec<&str> = classes.split(' ').filter(|class| is_class(class)).collect();
        let (voice, language) =
            (webvtt_voice::of(span).unwrap_or(""), span.language.as_deref().unwrap_or(""));
        let joined = classes.join(" ");
        // What the classes say needs no tag.
        let by_class =
            self.shared.sheet.element(Subject { tag: "c", classes: &joined, voice: "", language: "" });
        let own = |name: &str, value: &str| {
            span.styling.get(name) == Some(value) && by_class.get(name) != Some(value)
        };
        let candidates = [
            ("v", !voice.is_empty()),
            ("lang", !language.is_empty()),
            ("i", own("tts:fontStyle", "italic")),
            ("b", own("tts:fontWeight", "bold")),
            ("u", own("tts:textDecoration", "underline")),
            ("c", !classes.is_empty()),
        ];
        let implied = |tag: &'static str, sheet: &Sheet| {
            let (voice, language) =
                (if tag == "v" { voice } else { "" }, if tag == "lang" { language } else { "" });
            paint.inside(tag, &sheet.element(Subject { tag, classes: &joined, voice, language }))
        };
        let mut fitting = candidates.iter().filter(|(_, fits)| *fits).map(|(tag, _)| *tag);
        // The tag that says it all, where there is one; a voice and a language can't be left out.
        let first = fitting.clone().next();
        let exact = fitting.find(|tag| implied(tag, &self.shared.sheet) == wanted);
        let main = first.filter(|tag| matches!(*tag, "v" | "lang")).or(exact).or(first);
        let there = implied(main.unwrap_or(""), &self.shared.sheet);
        let change = wanted.change(&there, &mut self.shared.classes);
        let annotation = if main == Some("v") { voice } else { language };
        let both = main == Some("v") && !language.is_empty();
        if both {
            self.open("lang", &[], language);
        }
        let main = main.map(|main| (main, classes));
        let tags = self.begin(main, change, annotation);
        self.nodes(&span.content, look, &wanted, &computed);
        self.end(&tags);
        if both {
            self.out.push_str("</lang>");
        }
    }

    /// Opens a tag with its classes, and tags inside of it for what is to change. Classes that were made for the
    /// change go to the first of the tags.
    fn begin(
        &mut self,
        main: Option<(&'static str, Vec<&str>)>,
        change: Change,
        annotation: &str,
    ) -> Vec<&'static str> {
        let mut tags = Vec::new();
        let (main, mut classes) = main.map_or((None, Vec::new()), |(tag, classes)| (Some(tag), classes));
        classes.extend(
            change
                .classes
                .iter()
                .map(String::as_str)
                .filter(|class| !classes.contains(class))
                .collect::<Vec<_>>(),
        );
        tags.extend(main);
        tags.extend(change.tags);
        if tags.is_empty() && !classes.is_empty() {
            tags.push("c");
        }
        for (number, &tag) in tags.iter().enumerate() {
            let annotation = if matches!(tag, "v" | "lang") { annotation } else { "" };
            self.open(tag, if number == 0 { &classes } else { &[] }, annotation);
        }
        tags
    }

    fn open(&mut self, tag: &str, classes: &[&str], annotation: &str) {
        self.out.push('<');
        self.out.push_str(tag);
        for class in classes {
            self.out.push('.');
            self.out.push_str(class);
        }
        if !annotation.is_empty() {
            self.out.push(' ');
            escape(&annotation.replace(['\n', '\r'], " "), self.out);
        }
        if self.out.ends_with("--") {
            // No arrow may come of it.
            self.out.push(' ');
        }
        self.out.push('>');
    }

    fn end(&mut self, tags: &[&str]) {
        for tag in tags.iter().rev() {
            self.out.extend(["</", tag, ">"]);
        }
    }

    fn words(&mut self, words: &str, look: Look<'_>, computed: &Computed<'_>) {
        if words.is_empty() {
            return;
        }
        if look.hidden {
            self.losses.add(LossCode::Style, Some(self.event), "hidden words");
            return;
        }
        let begin = computed.begin.milliseconds().max(0).unsigned_abs();
        let (cue_begin, cue_end, last) = self.times;
        if begin > last && begin < cue_end {
            self.out.push('<');
            push_clock(self.out, begin, '.');
            self.out.push('>');
            self.times.2 = begin;
        } else if begin > cue_begin && begin != last || begin < last && last > cue_begin {
            self.losses.add(LossCode::SpanTime, Some(self.event), "times of parts of a text out of order");
        }
        escape(words, self.out);
    }

    /// An empty line would end the cue: one between words holds a space that does not break; those before and behind
    /// all words are left out.
    fn without_blank_lines(&mut self, from: usize) {
        let blank = {
            let text = &self.out[from..];
            text.starts_with('\n') || text.ends_with('\n') || text.contains("\n\n")
        };
        if blank {
            let text = self.out.split_off(from);
            for line in text.trim_matches('\n').split('\n') {
                self.out.push_str(if line.is_empty() { "&nbsp;" } else { line });
                self.out.push('\n');
            }
            if text.trim_matches('\n').is_empty() {
                self.out.truncate(from);
            }
        } else if self.out.len() > from {
            self.out.push('\n');
        }
    }
}

/// Whether a span says when it ends.
fn ends(span: &Span) -> bool {
    span.end.is_some() || span.dur.is_some()
}

/// Whether a class can be written.
fn is_class(class: &str) -> bool {
    !class.is_empty() && !class.contains(|c: char| c.is_whitespace() || c.is_control() || "&<>.".contains(c))
}

/// Words as text of a cue. Signs that are seen badly are written by name.
fn escape(words: &str, out: &mut String) {
    let special = ['&', '<', '>', '\u{a0}', '\u{200e}', '\u{200f}', '\r', '\0'];
    let mut rest = words;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        let c = rest[at..].chars().next().unwrap_or('\0');
        out.push_str(match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '\u{a0}' => "&nbsp;",
            '\u{200e}' => "&lrm;",
            '\u{200f}' => "&rlm;",
            '\r' => "\n",
            _ => "\u{fffd}",
        });
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
}
