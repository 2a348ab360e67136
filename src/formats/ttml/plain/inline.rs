//! What stands in a paragraph: words, breaks, spans, ruby, metadata.

use roxmltree::Node;

use super::Reader;
use super::head::text_of;
use super::interval::Interval;
use crate::formats::LossCode;
use crate::formats::ttml::names::{Vocabulary, attribute, tag};
use crate::ttal::model::Node as Part;
use crate::ttal::model::is_name;
use crate::ttal::model::{
    Break, Cue, Description, Event, Extensions, List, Ruby, RubyNode, RubyPosition, Span, Text, Unknown,
};
use crate::ttal::place::Place;
use crate::ttal::time::MediaTime;

/// White space and other things that are known of a paragraph while its words are read.
#[derive(Debug, Default)]
pub(super) struct Words<'d> {
    /// Whether anything but white space was met.
    pub(super) any: bool,
    /// The region that its spans name, where it names none itself.
    pub(super) region: Option<&'d str>,
    /// When the event begins, which spans are then relative to.
    pub(super) base: Option<MediaTime>,
    /// Whether some words stay as long as the paragraph does.
    pub(super) endless: bool,
    /// When the last of the other words goes.
    pub(super) last: Option<MediaTime>,
    /// Whether the last character was one that swallows spaces: the begin of a line counts.
    in_line: bool,
    /// For each run of words, in order, whether its white space is kept.
    kept: Vec<bool>,
}

impl Words<'_> {
    /// Nothing yet; spans are relative to `base`, or else to the paragraph.
    pub(super) fn new(base: Option<MediaTime>) -> Self {
        Words { base, ..Words::default() }
    }

    /// The words of a run as they count: white space becomes one space, and none at the begin of a line.
    fn run(&mut self, text: &str, preserve: bool, parts: &mut List<Part>) {
        self.any = true;
        if preserve {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    parts.push(Part::Break(None));
                    self.in_line = false;
                }
                if !line.is_empty() {
                    self.in_line = !line.ends_with([' ', '\t']);
                    self.kept.push(true);
                    parts.push(Part::Run(line.into()));
                }
            }
            return;
        }
        let mut run = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r') {
                if self.in_line {
                    run.push(' ');
                }
                self.in_line = false;
            } else {
                run.push(c);
                self.in_line = true;
            }
        }
        if !run.is_empty() {
            self.kept.push(false);
            parts.push(Part::Run(run.into()));
        }
    }

    /// Takes away the spaces at the ends of lines.
    pub(super) fn finish(&mut self, parts: &mut List<Part>) {
        let mut ends = true;
        self.trim(parts, &mut ends);
    }

    fn trim(&mut self, parts: &mut List<Part>, ends: &mut bool) {
        for part in parts.iter_mut().rev() {
            match part {
                Part::Run(run) => {
                    let kept = self.kept.pop().unwrap_or(true);
                    if *ends && !kept && run.ends_with(' ') {
                        *run = run[..run.len() - 1].into();
                    }
                    *ends &= run.is_empty();
                }
                Part::Break(_) => *ends = true,
                Part::Span(span) => self.trim(&mut span.content, ends),
                Part::Ruby(node) => {
                    self.trim(&mut node.ruby.text, &mut true);
                    self.trim(&mut node.ruby.base, ends);
                }
                Part::Cue(cue) => *ends &= cue.text.is_empty(),
            }
        }
    }
}

impl<'d> Reader<'d, '_> {
    /// When the first words of a paragraph come, where all of them stand in spans.
    pub(super) fn first_words(&mut self, node: Node<'d, 'd>, above: Interval) -> Option<MediaTime> {
        let mut first = None;
        for child in node.children() {
            if child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()) {
                return None;
            }
            if tag(child) == (Vocabulary::Tt, "span") {
                let begin = self.quiet_interval(child, above).begin;
                first = Some(first.map_or(begin, |first: MediaTime| first.min(begin)));
            }
        }
        first
    }

    /// The words of a paragraph or a span.
    pub(super) fn content(
        &mut self,
        node: Node<'d, 'd>,
        interval: Interval,
        sequential: bool,
        preserve: bool,
        depth: usize,
        words: &mut Words<'d>,
    ) -> List<Part> {
        let mut parts = List::new();
        let mut last = interval.begin;
        let ruby = attribute(node, Vocabulary::Style, "ruby");
        let holds_ruby = matches!(ruby, Some("container" | "baseContainer" | "textContainer"));
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                if text.trim().is_empty() {
                    if holds_ruby {
                        continue;
                    }
                } else if sequential {
                    // In a sequence, what has no duration lasts none.
                    self.notes.losses.add(LossCode::Unmapped, None, "words that are never shown");
                    self.notes.add(
                        child.range().start,
                        "words of a sequence without times are never shown: not read",
                    );
                    continue;
                } else {
                    words.endless |= interval.end.is_none();
                    words.last = words.last.max(interval.end);
                }
                words.run(text, preserve, &mut parts);
                continue;
            }
            if !child.is_element() {
                continue;
            }
            match tag(child) {
                (Vocabulary::Tt, "br") => {
                    let id = attribute(child, Vocabulary::Xml, "id").filter(|id| is_name(id));
                    parts.push(Part::Break(id.map(|id| {
                        Box::new(Break {
                            br: true,
                            id: Some(id.into()),
                            at: Place::at(child.range().start),
                            ..Break::default()
                        })
                    })));
                    words.in_line = false;
                }
                (Vocabulary::Tt, "span") => {
                    let after = sequential.then_some(last);
                    last =
                        self.span(child, interval, after, preserve, depth, words, &mut parts).unwrap_or(last);
                }
                (Vocabulary::Tt, "set" | "animate" | "metadata") | (Vocabulary::Metadata, _) => {}
                (Vocabulary::Tt, "audio") => self.notes.losses.add(LossCode::Audio, None, "recordings"),
                _ => self.foreign(child),
            }
        }
        parts
    }

    /// A span; gives when it ends.
    #[allow(
        clippy::too_many_arguments,
        reason = "all of it is known where the span stands, and nowhere else"
    )]
    fn span(
        &mut self,
        node: Node<'d, 'd>,
        above: Interval,
        after: Option<MediaTime>,
        preserve: bool,
        depth: usize,
        words: &mut Words<'d>,
        parts: &mut List<Part>,
    ) -> Option<MediaTime> {
        let interval = self.interval(node, above, after);
        let preserve =
            attribute(node, Vocabulary::Xml, "space").map_or(preserve, |space| space == "preserve");
        if let Some(region) = node.attribute("region") {
            match words.region {
                None => words.region = Some(region),
                Some(first) if first == region => {}
                Some(_) => self.notes.losses.add(LossCode::Pos, None, "regions of parts of a paragraph"),
            }
        }
        if let Some(cue) = mark(node) {
            let text = text_of(node.last_child().filter(Node::is_text).unwrap_or(node));
            words.in_line = true;
            words.any = true;
            parts.push(Part::Cue(Box::new(Cue {
                at: Place::at(node.range().start),
                cue,
                text,
                ..Cue::default()
            })));
            return interval.end;
        }
        let styling = self.styling(node);
        if styling.get("tts:ruby") == Some("container")
            && let Some(ruby) = self.simple_ruby(node, interval, preserve, depth, words)
        {
            parts.push(ruby);
            return interval.end;
        }
        let sequential = node.attribute("timeContainer") == Some("seq");
        let content = self.content(node, interval, sequential, preserve, depth + 1, words);
        let timed =
            ["begin", "end", "dur"].into_iter().any(|name| node.attribute(name).is_some()) || after.is_some();
        let from = words.base.filter(|_| depth == 0).unwrap_or(above.begin);
        let relative = |time: MediaTime| self.base.spell((time - from).max(MediaTime::ZERO), self.in_frames);
        let begin = (timed && interval.begin > from).then(|| relative(interval.begin));
        let end = interval
            .end
            .filter(|_| timed)
            .filter(|&end| above.end != Some(end) || node.attribute("end").is_some());
        let text = |vocabulary, name| attribute(node, vocabulary, name);
        let mut span = Span {
            at: Place::at(node.range().start),
            id: text(Vocabulary::Xml, "id").filter(|id| is_name(id)).map(Into::into),
            language: text(Vocabulary::Xml, "lang").map(Into::into),
            language_source: text(Vocabulary::Dapt, "langSrc").map(Into::into),
            represents: text(Vocabulary::Dapt, "represents").map(Into::into),
            role: text(Vocabulary::Metadata, "role").map(Into::into),
            begin,
            end: end.map(relative),
            style: self.style_references(node),
            styling,
            ..Span::default()
        };
        span.styling.remove("ttm:role");
        span.animations = self.animations(node);
        for child in metadata(node) {
            if tag(child) == (Vocabulary::Tx, "ext") {
                extension(child, &mut span.extensions, &mut span.unknown);
            }
        }
        if span == Span::default() {
            parts.extend(content);
        } else {
            span.content = content;
            parts.push(Part::Span(Box::new(span)));
        }
        interval.end
    }

    /// A ruby of one base and one text without properties of their own.
    fn simple_ruby(
        &mut self,
        node: Node<'d, 'd>,
        interval: Interval,
        preserve: bool,
        depth: usize,
        words: &mut Words<'d>,
    ) -> Option<Part> {
        if node.attributes().len() != 1 {
            return None;
        }
        let mut children =
            node.children().filter(|c| !(c.is_text() && c.text().is_some_and(|t| t.trim().is_empty())));
        let (base, text) = (children.next()?, children.next()?);
        let kind = |node: Node<'d, 'd>| attribute(node, Vocabulary::Style, "ruby");
        let position = attribute(text, Vocabulary::Style, "rubyPosition");
        let plain =
            base.attributes().len() == 1 && text.attributes().len() == 1 + usize::from(position.is_some());
        if children.next().is_some() || !plain || kind(base) != Some("base") || kind(text) != Some("text") {
            return None;
        }
        let base = self.content(base, interval, false, preserve, depth + 1, words);
        let in_line = std::mem::replace(&mut words.in_line, false);
        let text = self.content(text, interval, false, preserve, depth + 1, words);
        words.in_line = in_line;
        let position = position.map(RubyPosition::from);
        let at = Place::at(node.range().start);
        let ruby = Ruby { at, base, text, position, ..Ruby::default() };
        Some(Part::Ruby(Box::new(RubyNode { at, ruby, ..RubyNode::default() })))
    }

    /// Descriptions and our own metadata of a paragraph.
    pub(super) fn paragraph_metadata(&mut self, node: Node<'d, 'd>, event: &mut Event, text: &mut Text) {
        let direct = node.children().filter(|c| tag(*c) == (Vocabulary::Metadata, "desc"));
        for child in direct.chain(metadata(node)) {
            match tag(child) {
                (Vocabulary::Metadata, "desc") => event.descriptions.push(Description {
                    at: Place::at(child.range().start),
                    id: attribute(child, Vocabulary::Xml, "id").filter(|id| is_name(id)).map(Into::into),
                    kind: attribute(child, Vocabulary::Dapt, "descType").map(Into::into),
                    language: attribute(child, Vocabulary::Xml, "lang").map(Into::into),
                    text: child.text().unwrap_or("").into(),
                    ..Description::default()
                }),
                (Vocabulary::Tx, "ext") => extension(child, &mut event.extensions, &mut event.unknown),
                (Vocabulary::Tx, "text") => {
                    for own in child.children().filter(Node::is_element) {
                        match tag(own) {
                            (Vocabulary::Tx, "ext") => {
                                extension(own, &mut text.extensions, &mut text.unknown)
                            }
                            (Vocabulary::Tx, key) => {
                                text.take_tx_field(key, own.text().unwrap_or(""));
                            }
                            _ => self.notes.losses.add(LossCode::Ext, Some(&event.id), "foreign metadata"),
                        }
                    }
                }
                (Vocabulary::Tx, key) => {
                    event.take_tx_field(key, child.text().unwrap_or(""));
                }
                _ => self.notes.losses.add(LossCode::Ext, Some(&event.id), "foreign metadata"),
            }
        }
    }
}

/// What stands in the `metadata` elements of an element.
fn metadata<'d>(node: Node<'d, 'd>) -> impl Iterator<Item = Node<'d, 'd>> {
    node.children()
        .filter(|c| tag(*c) == (Vocabulary::Tt, "metadata"))
        .flat_map(|metadata| metadata.children())
        .filter(Node::is_element)
}

/// The performance cue that a span stands for.
fn mark(node: Node<'_, '_>) -> Option<crate::ttal::model::Str> {
    let metadata = node.first_element_child().filter(|c| tag(*c) == (Vocabulary::Tt, "metadata"))?;
    let cue = metadata.children().find(|c| tag(*c) == (Vocabulary::Tx, "cue"))?;
    Some(cue.text().unwrap_or("").into())
}

pub(super) fn extension(node: Node<'_, '_>, extensions: &mut Extensions, unknown: &mut Unknown) {
    let (Some(key), Some(json)) = (node.attribute("key"), node.text()) else { return };
    let Ok(value) = serde_json::from_str(json) else { return };
    match (key, value) {
        ("#unknown", serde_json::Value::Object(map)) => {
            unknown.extend(map.into_iter().map(|(key, value)| (key.into(), value)));
        }
        (key, value) => extensions.set(key, value),
    }
}
