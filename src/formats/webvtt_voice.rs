//! Speakers of parts of a text, as WebVTT's voice tags have them.

use serde_json::json;

use crate::ttal::model::{Node, Span};

/// The key of the speaker's name in the extensions of a span.
const KEY: &str = "org.w3.webvtt.voice";

/// The speaker of a span, where it has its own.
pub(super) fn of(span: &Span) -> Option<&str> {
    span.extensions.get(KEY)?.as_str()
}

/// Gives a span its speaker.
pub(super) fn set(span: &mut Span, name: &str) {
    span.extensions.set(KEY, json!(name));
}

/// Whether any part of a text has a speaker of its own.
pub(super) fn any(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Span(span) => of(span).is_some() || any(&span.content),
        Node::Ruby(node) => any(&node.ruby.base) || any(&node.ruby.text),
        _ => false,
    })
}
