//! White space in words: what `xml:space="default"` makes of it.
//!
//! Runs of white space count as one space, and none is left at the begin and the end of a line. Strings of the model
//! are literal, so this is done once, on reading; writers ask whether words would survive it.

use crate::ttal::model::{List, Node, Str};

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// A text as it is without `xml:space="preserve"`.
pub fn collapse(text: &str) -> String {
    text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether [`collapse`] would leave a text as it is.
pub fn survives_collapse(text: &str) -> bool {
    let mut space = true;
    for c in text.chars() {
        if is_space(c) && (space || c != ' ') {
            return false;
        }
        space = c == ' ';
    }
    text.is_empty() || !space
}

/// What a text is made of, in the order it is read, whatever it is nested in.
enum Piece<'t> {
    /// Words, and whether their white space is kept.
    Run(&'t mut Str, bool),
    Break,
}

/// Applies white space handling to the words of one paragraph. `preserve` is what the paragraph inherits; spans may
/// say otherwise by `xml:space` in their styling.
pub fn handle(nodes: &mut List<Node>, preserve: bool) {
    let mut pieces = Vec::new();
    collect(nodes, preserve, &mut pieces);
    let mut at_start = true;
    // The piece that ends with a space which may turn out to be at the end of a line.
    let mut trailing: Option<usize> = None;
    for at in 0..pieces.len() {
        match &mut pieces[at] {
            Piece::Break => {
                trim(&mut pieces, trailing.take());
                at_start = true;
            }
            Piece::Run(words, true) => {
                if !words.is_empty() {
                    (at_start, trailing) = (false, None);
                }
            }
            Piece::Run(words, false) => {
                let mut kept = String::with_capacity(words.len());
                for c in words.chars() {
                    if !is_space(c) {
                        kept.push(c);
                        (at_start, trailing) = (false, None);
                    } else if !at_start && trailing.is_none() {
                        kept.push(' ');
                        trailing = Some(at);
                    }
                }
                if *kept != ***words {
                    **words = kept.into();
                }
            }
        }
    }
    trim(&mut pieces, trailing);
}

fn trim(pieces: &mut [Piece<'_>], at: Option<usize>) {
    if let Some(Piece::Run(words, _)) = at.and_then(|at| pieces.get_mut(at)) {
        **words = words.trim_end_matches(' ').into();
    }
}

fn collect<'t>(nodes: &'t mut List<Node>, preserve: bool, pieces: &mut Vec<Piece<'t>>) {
    for node in nodes.iter_mut() {
        match node {
            Node::Run(words) => pieces.push(Piece::Run(words, preserve)),
            Node::Break(_) => pieces.push(Piece::Break),
            Node::Span(span) => {
                let preserve = span.styling.get("xml:space").map_or(preserve, |space| space == "preserve");
                collect(&mut span.content, preserve, pieces);
            }
            Node::Ruby(node) => {
                collect(&mut node.ruby.base, preserve, pieces);
                // The reading stands beside the line, not in it.
                handle(&mut node.ruby.text, preserve);
            }
            Node::Cue(cue) => pieces.push(Piece::Run(&mut cue.text, preserve)),
        }
    }
}

/// Where a walk over words stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// At the start of a line.
    Start,
    /// Behind a space.
    Space,
    /// Behind a word.
    Word,
    /// Behind something that would be changed.
    Change,
}

/// Whether the words of a paragraph would be left as they are by `xml:space="default"`.
pub fn survives(nodes: &[Node]) -> bool {
    matches!(walk(nodes, Before::Start), Before::Start | Before::Word)
}

fn walk(nodes: &[Node], mut before: Before) -> Before {
    for node in nodes {
        before = match node {
            Node::Run(words) => walk_words(words, before),
            Node::Cue(cue) => walk_words(&cue.text, before),
            Node::Break(_) if matches!(before, Before::Start | Before::Word) => Before::Start,
            Node::Break(_) => Before::Change,
            Node::Span(span) => walk(&span.content, before),
            Node::Ruby(node) if !survives(&node.ruby.text) => Before::Change,
            Node::Ruby(node) => walk(&node.ruby.base, before),
        };
    }
    before
}

fn walk_words(words: &str, before: Before) -> Before {
    words.chars().fold(before, |before, c| match (before, is_space(c)) {
        (Before::Change, _) => Before::Change,
        (_, false) => Before::Word,
        (Before::Word, true) if c == ' ' => Before::Space,
        (_, true) => Before::Change,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::list;
    use crate::ttal::model::{Content, Span};

    fn span(words: &str) -> Node {
        Node::Span(Box::new(Span { content: list([Node::Run(words.into())]), ..Span::default() }))
    }

    #[test]
    fn white_space_collapses_over_spans_and_breaks() {
        let run = |words: &str| Node::Run(words.into());
        let mut nodes =
            list([run("\n  a "), span(" b\t"), run("\n"), Node::Break(None), run("  c"), run("\u{a0} ")]);
        assert!(!survives(&nodes));
        handle(&mut nodes, false);
        let mut content = Content(nodes);
        content.normalize();
        assert_eq!(content.0, list([run("a "), span("b"), Node::Break(None), run("c\u{a0}")]));
        assert!(survives(&content.0));
        let mut kept = list([run(" a  ")]);
        handle(&mut kept, true);
        assert_eq!(kept, list([run(" a  ")]));
        assert!(!survives(&list([run("a ")])) && survives(&list([])) && survives(&list([run("")])));
        assert!(!survives(&list([run("a "), Node::Break(None), run("b")])));
    }

    #[test]
    fn single_texts_collapse() {
        for text in ["", "a b", "a  b", " a", "a\n", "\u{a0}"] {
            assert_eq!(survives_collapse(text), collapse(text) == text, "{text:?}");
        }
    }
}
