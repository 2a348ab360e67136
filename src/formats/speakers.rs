//! Speakers as `NAME: ` before the words, as plain subtitles mark them.

use crate::ttal::model::{Description, Event, Node, OnScreen};

/// A speaker before the words of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Prefix<'t> {
    /// The name.
    pub(super) name: &'t str,
    /// What stands in parentheses behind it: `O.S.`, `whispers`.
    pub(super) remark: Option<&'t str>,
    /// Bytes before the words.
    pub(super) length: usize,
}

/// Letters of a name at most; longer runs of capitals are shouting.
const MAX_NAME: usize = 40;

/// The speaker that a line begins with: a name in capitals, maybe a remark in parentheses, a colon.
pub(super) fn prefix(line: &str) -> Option<Prefix<'_>> {
    let colon = line.char_indices().take(2 * MAX_NAME).find(|&(_, c)| c == ':')?.0;
    let after = &line[colon + 1..];
    // `12:30` and `http://…` are no speakers.
    if !after.is_empty() && !after.starts_with([' ', '\u{a0}', '\t']) {
        return None;
    }
    let before = line[..colon].trim();
    let (name, remark) = match before.strip_suffix(')').and_then(|b| b.split_once('(')) {
        Some((name, remark)) => (name.trim_end(), Some(remark.trim())),
        None => (before, None),
    };
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = name.chars().all(|c| !c.is_lowercase() && (c.is_alphanumeric() || " .'’-#&/".contains(c)));
    // Scripts without capitals have no such prefixes.
    let cased = name.chars().any(char::is_uppercase);
    if letters == 0 || !capitals || !cased || name.chars().count() > MAX_NAME {
        return None;
    }
    let words = after.trim_start_matches([' ', '\u{a0}', '\t']);
    Some(Prefix { name, remark, length: line.len() - words.len() })
}

/// The first words of a text, for taking a prefix off them.
pub(super) fn first_run(nodes: &mut [Node]) -> Option<&mut Box<str>> {
    match nodes.first_mut()? {
        Node::Run(words) => Some(words),
        Node::Span(span) => first_run(&mut span.content),
        _ => None,
    }
}

/// Puts what stands in parentheses behind a name where the model has it.
pub(super) fn apply_remark(event: &mut Event, remark: &str) {
    let plain: String = remark.chars().filter(|c| c.is_alphanumeric()).collect();
    match plain.to_uppercase().as_str() {
        "OS" | "OC" | "OFF" | "VO" => event.on_screen = Some(OnScreen::Off),
        _ => event.descriptions.push(Description {
            kind: Some("x-direction".into()),
            text: remark.into(),
            ..Description::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_before_a_colon_are_speakers() {
        let name = |line| prefix(line).map(|p| (p.name, p.remark, p.length));
        assert_eq!(name("JOHN: Hi"), Some(("JOHN", None, 6)));
        assert_eq!(name("LÉA (O.S.):  Oui"), Some(("LÉA", Some("O.S."), 14)));
        assert_eq!(name("MAN #2:"), Some(("MAN #2", None, 7)));
        assert_eq!(name("John: Hi"), None);
        assert_eq!(name("12:30 is late"), None);
        assert_eq!(name("HTTP://X"), None);
    }
}
