//! What stands in a paragraph: metadata, changes over time, words.

use super::Writer;
use super::allowed::On;
use super::body::MAX_DEPTH;
use super::markup::Markup;
use crate::formats::LossCode;
use crate::ttal::model::{
    Animation, Description, Event, Extensions, Fill, List, Node, Ruby, Span, Text, Time, Unknown,
};
use crate::ttal::time::MediaTime;

impl<'s> Writer<'s, '_> {
    /// What TTML has no other place for, in a `metadata` element: first the event's, then the text's own.
    pub(super) fn paragraph_metadata(&mut self, event: Option<&Event>, text: &Text, markup: &mut Markup) {
        let mut contents = Markup::new(0);
        if let Some(event) = event {
            for description in &event.descriptions {
                write_description(description, &mut contents);
            }
            event.tx_fields(&mut |key, value| tx(key, &value, &mut contents));
            extensions(&event.extensions, &event.unknown, &mut contents);
        }
        let mut own = Markup::new(0);
        text.tx_fields(&mut |key, value| tx(key, &value, &mut own));
        extensions(&text.extensions, &text.unknown, &mut own);
        if !own.text().is_empty() {
            contents.start("tx:text");
            contents.open();
            contents.append(&own);
            contents.close("tx:text");
        }
        metadata(&contents, markup);
        let foreign = event.map_or(0, |event| event.foreign.len()) + text.foreign.len();
        for _ in 0..foreign {
            self.losses.add(LossCode::Ext, event.map(|event| &*event.id.0), "foreign XML");
        }
    }

    /// Changes over time of something that has no times itself, though it begins at `begin`: each on a line.
    pub(super) fn animations(
        &mut self,
        animations: &[Animation],
        begin: MediaTime,
        event: Option<&str>,
        markup: &mut Markup,
    ) {
        for animation in animations {
            self.animation(animation, begin, event, true, markup);
        }
    }

    /// Changes over time of something with times of its own.
    pub(super) fn inline_animations(
        &mut self,
        animations: &[Animation],
        event: Option<&str>,
        markup: &mut Markup,
    ) {
        for animation in animations {
            self.animation(animation, MediaTime::ZERO, event, false, markup);
        }
    }

    /// Writes `set` elements, one for each attribute: IMSC has no `animate`.
    fn animation(
        &mut self,
        animation: &Animation,
        offset: MediaTime,
        event: Option<&str>,
        lines: bool,
        markup: &mut Markup,
    ) {
        let is_set = animation.kind.is_empty() || &*animation.kind == "set";
        if !is_set || animation.repeat_count.as_deref().is_some_and(|count| count != "1") {
            self.losses.add(LossCode::Style, event, "changes over time that IMSC does not have");
            return;
        }
        let own_begin = self.times.seconds(animation.begin.as_ref());
        let begin = offset + own_begin.unwrap_or(MediaTime::ZERO);
        let ends = [
            self.times.seconds(animation.end.as_ref()).map(|end| offset + end),
            self.times.seconds(animation.dur.as_ref()).map(|dur| begin + dur),
        ];
        // What is frozen stays until its parent goes.
        let frozen = animation.fill == Some(Fill::Freeze);
        let end = ends.into_iter().flatten().min().filter(|_| !frozen);
        for (name, value) in animation.styling.iter() {
            let mut set = Markup::new(0);
            self.style_attribute(name, value, On::Set, event, &mut set);
            if set.text().is_empty() {
                continue;
            }
            if lines {
                markup.line();
            }
            markup.start("set");
            if own_begin.is_some() || begin > MediaTime::ZERO {
                markup.attribute("begin", &self.times.spell(begin));
            }
            if let Some(end) = end {
                markup.attribute("end", &self.times.spell(end));
            }
            markup.append(&set);
            markup.empty();
        }
    }

    /// Writes words and what stands between them.
    pub(super) fn nodes(&mut self, nodes: &'s [Node], event: &'s str, depth: usize, markup: &mut Markup) {
        for node in nodes {
            match node {
                Node::Run(words) => lines(words, markup),
                Node::Break(None) => {
                    markup.start("br");
                    markup.empty();
                }
                Node::Break(Some(node)) => {
                    markup.start("br");
                    if let Some(id) = node.id.as_ref().filter(|id| self.take_id(id)) {
                        markup.attribute("xml:id", id);
                    }
                    markup.empty();
                }
                Node::Span(span) if depth < MAX_DEPTH => self.span(span, event, depth, markup),
                Node::Span(span) => {
                    let content = crate::ttal::model::Content(span.content.clone());
                    lines(&content.plain_text(), markup);
                    self.losses.add(LossCode::Style, Some(event), "spans too deep in one another");
                }
                Node::Ruby(node) => self.ruby(&node.ruby, event, depth, markup),
                Node::Cue(cue) => {
                    let mut mark = Markup::new(0);
                    tx("cue", &cue.cue, &mut mark);
                    markup.start("span");
                    markup.open();
                    metadata(&mark, markup);
                    lines(&cue.text, markup);
                    markup.close("span");
                }
            }
        }
    }

    fn span(&mut self, span: &'s Span, event: &'s str, depth: usize, markup: &mut Markup) {
        let name = Some(event);
        markup.start("span");
        if let Some(id) = span.id.as_ref().filter(|id| self.take_id(id)) {
            markup.attribute("xml:id", id);
        }
        if let Some(language) = &span.language {
            markup.attribute("xml:lang", language);
        }
        for (name, time) in [("begin", &span.begin), ("end", &span.end), ("dur", &span.dur)] {
            self.relative_time(name, time.as_ref(), event, markup);
        }
        self.style_references(&span.style, name, markup);
        self.styling(&span.styling, On::Span, name, markup);
        if let Some(role) = &span.role {
            markup.attribute("ttm:role", role);
        }
        if let Some(represents) = &span.represents {
            markup.attribute("daptm:represents", represents);
        }
        if let Some(source) = &span.language_source {
            markup.attribute("daptm:langSrc", source);
        }
        let sounds = [!span.audio.is_empty(), span.speak.is_some(), span.mix.is_some()];
        for _ in sounds.into_iter().filter(|&sound| sound) {
            self.losses.add(LossCode::Audio, name, "recordings, speech and mixing of parts of a text");
        }
        for _ in 0..span.foreign.len() {
            self.losses.add(LossCode::Ext, name, "foreign XML");
        }
        markup.open();
        let mut contents = Markup::new(0);
        extensions(&span.extensions, &span.unknown, &mut contents);
        metadata(&contents, markup);
        self.inline_animations(&span.animations, name, markup);
        self.nodes(&span.content, event, depth + 1, markup);
        markup.close("span");
    }

    fn relative_time(&mut self, name: &str, time: Option<&Time>, event: &str, markup: &mut Markup) {
        let Some(time) = time else { return };
        match self.times.seconds(Some(time)) {
            Some(time) => markup.attribute(name, &self.times.spell(time)),
            None => self.losses.add(LossCode::SpanTime, Some(event), "times that mean nothing"),
        }
    }

    fn ruby(&mut self, ruby: &'s Ruby, event: &'s str, depth: usize, markup: &mut Markup) {
        let mut part = |kind: &str, nodes: &'s List<Node>, position: Option<&str>, markup: &mut Markup| {
            markup.start("span");
            markup.attribute("tts:ruby", kind);
            if let Some(position) = position {
                markup.attribute("tts:rubyPosition", position);
            }
            markup.open();
            self.nodes(nodes, event, depth + 2, markup);
            markup.close("span");
        };
        markup.start("span");
        markup.attribute("tts:ruby", "container");
        markup.open();
        part("base", &ruby.base, None, markup);
        let position = ruby.position.as_ref().filter(|position| position.is_known());
        part("text", &ruby.text, position.map(|position| position.as_str()), markup);
        markup.close("span");
    }
}

/// Words, with line feeds as line breaks.
fn lines(words: &str, markup: &mut Markup) {
    for (at, line) in words.split('\n').enumerate() {
        if at > 0 {
            markup.start("br");
            markup.empty();
        }
        markup.words(line);
    }
}

fn metadata(contents: &Markup, markup: &mut Markup) {
    if !contents.text().is_empty() {
        markup.start("metadata");
        markup.open();
        markup.append(contents);
        markup.close("metadata");
    }
}

fn write_description(description: &Description, markup: &mut Markup) {
    markup.start("ttm:desc");
    if let Some(language) = &description.language {
        markup.attribute("xml:lang", language);
    }
    if let Some(kind) = &description.kind {
        markup.attribute("daptm:descType", kind);
    }
    markup.open();
    markup.words(&description.text);
    markup.close("ttm:desc");
}

fn tx(key: &str, value: &str, markup: &mut Markup) {
    let name = format!("tx:{key}");
    markup.start(&name);
    markup.open();
    markup.words(value);
    markup.close(&name);
}

/// Vendor data, and keys that the model does not know.
fn extensions(extensions: &Extensions, unknown: &Unknown, markup: &mut Markup) {
    let mut ext = |key: &str, json: &str| {
        markup.start("tx:ext");
        markup.attribute("key", key);
        markup.open();
        markup.words(json);
        markup.close("tx:ext");
    };
    for (key, value) in extensions.iter() {
        ext(key, &value.to_string());
    }
    if !unknown.is_empty() {
        let map: serde_json::Map<String, serde_json::Value> =
            unknown.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
        ext("#unknown", &serde_json::Value::Object(map).to_string());
    }
}
