//! Building the inline structure of a text from tags as they come.

use crate::ttal::model::{List, Node, Span};

/// Spans inside one another at most; deeper tags count for nothing.
const MAX_DEPTH: usize = 64;

/// A text that is being built.
#[derive(Debug, Default)]
pub(super) struct Inline {
    open: Vec<(&'static str, Span)>,
    nodes: List<Node>,
    run: String,
}

impl Inline {
    /// Adds words.
    pub(super) fn text(&mut self, words: &str) {
        self.run.push_str(words);
    }

    /// Adds a line break.
    pub(super) fn line_break(&mut self) {
        self.node(Node::Break(None));
    }

    /// Adds anything else.
    pub(super) fn node(&mut self, node: Node) {
        self.flush();
        self.children().push(node);
    }

    /// Begins a span; `false` where there are too many already.
    pub(super) fn open(&mut self, kind: &'static str, span: Span) -> bool {
        if self.open.len() >= MAX_DEPTH {
            return false;
        }
        self.flush();
        self.open.push((kind, span));
        true
    }

    /// Whether a span of this kind is open.
    pub(super) fn is_open(&self, kind: &str) -> bool {
        self.open.iter().any(|(open, _)| *open == kind)
    }

    /// The kind of the innermost span that is open.
    pub(super) fn innermost(&self) -> Option<&'static str> {
        self.open.last().map(|(kind, _)| *kind)
    }

    /// Ends the innermost span of a kind. Spans that began inside of it go on behind it. `false` where there is none.
    pub(super) fn close(&mut self, kind: &str) -> bool {
        let Some(at) = self.open.iter().rposition(|(open, _)| *open == kind) else { return false };
        self.flush();
        let mut again: Vec<(&'static str, Span)> = Vec::new();
        while self.open.len() > at {
            let Some((open, span)) = self.open.pop() else { break };
            if self.open.len() > at {
                again.push((open, Span { content: List::new(), ..span.clone() }));
            }
            self.put(span);
        }
        self.open.extend(again.into_iter().rev());
        true
    }

    /// All that was built; what is open ends here.
    pub(super) fn finish(mut self) -> List<Node> {
        self.flush();
        while let Some((_, span)) = self.open.pop() {
            self.put(span);
        }
        self.nodes
    }

    /// Puts a finished span into what is around it, unless there is nothing in it.
    fn put(&mut self, span: Span) {
        if !span.content.is_empty() {
            self.children().push(Node::Span(Box::new(span)));
        }
    }

    fn flush(&mut self) {
        if !self.run.is_empty() {
            let words = Node::Run(self.run.as_str().into());
            self.run.clear();
            self.children().push(words);
        }
    }

    fn children(&mut self) -> &mut List<Node> {
        self.open.last_mut().map_or(&mut self.nodes, |(_, span)| &mut span.content)
    }
}
