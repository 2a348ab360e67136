//! Words with their inner structure: what stands in `p` and `span`.

use roxmltree::Node;

use super::element::{Reading, Takes, is_preserved, literal, place};
use super::names::{Vocabulary, tag};
use super::space;
use crate::formats::LossCode;
use crate::ttal::model::{
    Animation, Break, Content, Cue, Foreign, List, MixAnimation, Node as Inline, Recording, Ruby, RubyNode,
    RubyPosition, Span, Str,
};

/// What an element with words in it holds.
#[derive(Debug, Default)]
pub struct Inner {
    /// The words and what is among them.
    pub nodes: List<Inline>,
    /// Recordings.
    pub audio: List<Recording>,
    /// Changes of style.
    pub animations: List<Animation>,
    /// Changes of level and place.
    pub mix: List<MixAnimation>,
    /// What the model does not know.
    pub foreign: List<Foreign>,
}

impl Reading<'_> {
    /// Reads what stands in a `p`, with its white space handled.
    pub fn paragraph(&mut self, node: Node<'_, '_>) -> Inner {
        let mut inner = self.inner(node);
        space::handle(&mut inner.nodes, is_preserved(node));
        let mut content = Content(std::mem::take(&mut inner.nodes));
        content.normalize();
        inner.nodes = content.0;
        inner
    }

    fn inner(&mut self, node: Node<'_, '_>) -> Inner {
        let mut inner = Inner::default();
        (inner.animations, inner.mix) = self.animations(node, true);
        let mut index = 0;
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                inner.nodes.push(Inline::Run(text.into()));
            }
            if !child.is_element() {
                continue;
            }
            match tag(child) {
                (Vocabulary::Tt, "metadata" | "set" | "animate") => {}
                (Vocabulary::Tt, "span") => inner.nodes.push(self.span(child)),
                (Vocabulary::Tt, "br") => inner.nodes.push(Inline::Break(self.line_break(child))),
                (Vocabulary::Tt, "audio") => inner.audio.push(self.recording(child)),
                _ => inner.foreign.push(self.foreign_child(child, index)),
            }
            index += 1;
        }
        inner
    }

    fn line_break(&mut self, node: Node<'_, '_>) -> Option<Box<Break>> {
        if node.attributes().len() == 0 && !node.has_children() {
            return None;
        }
        let common = self.attributes(node, Takes::default());
        let mut styling = common.styling;
        if !common.style.is_empty() {
            let style: Vec<&str> = common.style.iter().map(|id| &**id).collect();
            styling.0.push(("style".into(), style.join(" ").into()));
        }
        let mut metadata = self.metadata(node, &mut |_, _, _| false);
        let others = common.foreign.len() + metadata.foreign.len() + metadata.extensions.iter().count();
        for _ in 0..others {
            self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "data of line breaks");
        }
        let mut read = Break {
            at: place(node),
            br: true,
            id: common.id,
            styling,
            unknown: std::mem::take(&mut metadata.unknown),
        };
        metadata.put_values(&mut read);
        let plain = read.id.is_none() && read.styling.is_empty() && read.unknown.is_empty();
        (!plain).then(|| Box::new(read))
    }

    fn span(&mut self, node: Node<'_, '_>) -> Inline {
        let common = self.attributes(node, Takes::SPAN);
        let mut span = Box::new(Span {
            at: place(node),
            id: common.id,
            language: common.language,
            language_source: common.language_source,
            represents: common.represents,
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            style: common.style,
            styling: common.styling,
            speak: common.speak,
            mix: common.mix,
            role: common.role,
            foreign: common.foreign,
            ..Span::default()
        });
        let mut cue: Option<Str> = None;
        let mut metadata = self.metadata(node, &mut |_, child, _| {
            let is_cue = cue.is_none() && tag(child) == (Vocabulary::Tx, "cue");
            if is_cue {
                cue = Some(literal(child).into());
            }
            is_cue
        });
        let mut inner = self.inner(node);
        span.content = std::mem::take(&mut inner.nodes);
        span.audio = inner.audio;
        span.animations = inner.animations;
        if !inner.mix.is_empty() {
            span.mix.get_or_insert_default().animate = inner.mix;
        }
        span.extensions = std::mem::take(&mut metadata.extensions);
        span.foreign.append(&mut metadata.foreign);
        span.foreign.append(&mut inner.foreign);
        span.unknown = std::mem::take(&mut metadata.unknown);
        let mut read = match cue {
            Some(cue) => {
                let words: String =
                    span.content.iter().map(|n| if let Inline::Run(w) = n { w } else { "" }).collect();
                let unknown = std::mem::take(&mut span.unknown);
                if span.content.iter().any(|n| !matches!(n, Inline::Run(_)))
                    || !span.styling.is_empty()
                    || !has_only_styling(&mut span)
                {
                    self.notes.losses.add(
                        LossCode::Style,
                        self.event.as_deref(),
                        "properties of performance cues",
                    );
                }
                Inline::Cue(Box::new(Cue { at: span.at, cue, text: words.into(), unknown }))
            }
            None => simplified(span),
        };
        match &mut read {
            Inline::Span(span) => metadata.put_values(&mut **span),
            Inline::Cue(cue) => metadata.put_values(&mut **cue),
            Inline::Ruby(ruby) => metadata.put_values(&mut **ruby),
            Inline::Run(_) | Inline::Break(_) => {}
        }
        read
    }
}

/// Whether a span has nothing but words, style attributes and keys that the model does not know.
fn has_only_styling(span: &mut Span) -> bool {
    let content = std::mem::take(&mut span.content);
    let styling = std::mem::take(&mut span.styling);
    let unknown = std::mem::take(&mut span.unknown);
    let only = *span == Span::default();
    (span.content, span.styling, span.unknown) = (content, styling, unknown);
    only
}

/// The ruby that a span is, where it is nothing but one base and one text; otherwise the span itself, without the
/// white space that separates the parts of a ruby.
pub(crate) fn simplified(mut span: Box<Span>) -> Inline {
    let part = span.styling.get("tts:ruby");
    if !matches!(part, Some("container" | "baseContainer" | "textContainer")) {
        return Inline::Span(span);
    }
    let is_container = part == Some("container") && span.styling.0.len() == 1;
    span.content.retain(|node| !matches!(node, Inline::Run(words) if words.trim().is_empty()));
    if !is_container || span.content.len() != 2 || !has_only_styling(&mut span) {
        return Inline::Span(span);
    }
    let part_of = |node: &mut Inline, wanted: &str, extra: bool| match node {
        Inline::Span(part) => {
            let only = part.styling.iter().all(|(name, value)| {
                (name == "tts:ruby" && value == wanted) || (extra && name == "tts:rubyPosition")
            });
            only && part.styling.get("tts:ruby").is_some()
                && part.unknown.is_empty()
                && has_only_styling(part)
        }
        _ => false,
    };
    if !part_of(&mut span.content[0], "base", false) || !part_of(&mut span.content[1], "text", true) {
        return Inline::Span(span);
    }
    let (text, base) = (span.content.pop(), span.content.pop());
    match (base, text) {
        (Some(Inline::Span(base)), Some(Inline::Span(text))) => {
            let position = text.styling.get("tts:rubyPosition").map(RubyPosition::from);
            let ruby =
                Ruby { at: span.at, base: base.content, text: text.content, position, ..Ruby::default() };
            Inline::Ruby(Box::new(RubyNode { at: span.at, ruby, unknown: span.unknown }))
        }
        _ => Inline::Span(span),
    }
}
