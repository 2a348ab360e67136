//! The tree of a cue's text. "WebVTT cue text parsing rules".

use super::timestamp;
use super::tokens::{Token, next};
use crate::formats::Notes;

/// Elements inside one another at most; deeper tags are ignored.
const MAX_DEPTH: usize = 64;

/// A part of a cue's text.
#[derive(Debug)]
pub(super) enum Item {
    /// Words of one line.
    Text(String),
    /// The end of a line.
    Break,
    /// From here on, words come at this time, in milliseconds.
    Time(u64),
    /// An element.
    Element(Element),
}

/// An element: a tag with what is in it.
#[derive(Debug)]
pub(super) struct Element {
    /// The name of its tag: c, i, b, u, ruby, rt, v or lang.
    pub(super) tag: &'static str,
    /// Its classes, separated by spaces.
    pub(super) classes: String,
    /// The voice or the language.
    pub(super) annotation: String,
    /// What is in it.
    pub(super) children: Vec<Item>,
}

/// Reads the text of a cue, which stands at `offset` in its source.
pub(super) fn parse(text: &str, offset: usize, notes: &mut Notes) -> Vec<Item> {
    let mut root = Vec::new();
    let mut open: Vec<Element> = Vec::new();
    let mut at = 0;
    loop {
        let here = offset + at;
        let Some(token) = next(text, &mut at) else { break };
        match token {
            Token::Text(words) => {
                let items = open.last_mut().map_or(&mut root, |element| &mut element.children);
                lines(&words, items);
            }
            Token::Time(value) => match timestamp::collect(value) {
                Some((time, "")) => {
                    let items = open.last_mut().map_or(&mut root, |element| &mut element.children);
                    items.push(Item::Time(time));
                }
                _ => notes.add(here, format!("`<{value}>` is no timestamp, ignored")),
            },
            Token::Start { name, classes, annotation } => {
                const TAGS: [&str; 8] = ["c", "i", "b", "u", "ruby", "rt", "v", "lang"];
                let stray = name == "rt" && open.last().is_none_or(|element| element.tag != "ruby");
                match TAGS.into_iter().find(|tag| *tag == name && !stray) {
                    Some(_) if open.len() >= MAX_DEPTH => {
                        notes.add(here, "too many tags inside one another, ignored")
                    }
                    Some(tag) => {
                        let classes = classes.join(" ");
                        open.push(Element { tag, classes, annotation, children: Vec::new() });
                    }
                    None => notes.add(here, format!("`<{name}>` is no tag here, ignored")),
                }
            }
            Token::End(name) => {
                let innermost = open.last().map_or("", |element| element.tag);
                if name == innermost && !name.is_empty() {
                    close(&mut open, &mut root);
                } else if name == "ruby" && innermost == "rt" {
                    close(&mut open, &mut root);
                    close(&mut open, &mut root);
                } else {
                    notes.add(here, format!("`</{name}>` ends nothing here, ignored"));
                }
            }
        }
    }
    while !open.is_empty() {
        close(&mut open, &mut root);
    }
    root
}

fn close(open: &mut Vec<Element>, root: &mut Vec<Item>) {
    let Some(element) = open.pop() else { return };
    let items = open.last_mut().map_or(root, |element| &mut element.children);
    items.push(Item::Element(element));
}

/// Words as lines.
fn lines(words: &str, items: &mut Vec<Item>) {
    let mut rest = words;
    while let Some(at) = rest.find(['\n', '\r']) {
        if at > 0 {
            items.push(Item::Text(rest[..at].to_string()));
        }
        items.push(Item::Break);
        rest = &rest[at + if rest[at..].starts_with("\r\n") { 2 } else { 1 }..];
    }
    if !rest.is_empty() {
        items.push(Item::Text(rest.to_string()));
    }
}
