//! Identifiers for what a format names otherwise or not at all.

use std::collections::{HashMap, HashSet};

use crate::ttal::model::{Character, Id, List, Str};

/// The identifiers of a script that is being read: each is given once.
#[derive(Debug, Default)]
pub(super) struct Ids {
    taken: HashSet<Str>,
    /// The number that the next identifier gets which begins the same.
    next: HashMap<Str, u64>,
}

impl Ids {
    /// Takes an identifier; `false` where it is taken already or is no XML name.
    pub(super) fn claim(&mut self, id: &str) -> bool {
        is_name(id) && self.taken.insert(id.into())
    }

    /// The identifier of the `number`th event, counted from 1, that has none of its own.
    pub(super) fn event(&mut self, number: usize) -> Id {
        self.free(numbered(number))
    }

    /// An identifier made from a name: its letters and digits in lower case, hyphens for what is between.
    pub(super) fn named(&mut self, name: &str, otherwise: &str) -> Id {
        let mut id = String::with_capacity(name.len());
        for c in name.chars().flat_map(char::to_lowercase) {
            if is_name_char(c) && (is_name_start(c) || !id.is_empty()) {
                id.push(c);
            } else if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
        }
        let id = id.trim_end_matches('-');
        // Names of the form that events are numbered with are left to these.
        let event = id.strip_prefix('e').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
        let id = if id.is_empty() || event { format!("{otherwise}{id}") } else { id.to_string() };
        self.free(id)
    }

    /// This identifier, with a number behind it where it is taken.
    fn free(&mut self, id: String) -> Id {
        if self.taken.insert(id.as_str().into()) {
            return id.into();
        }
        let number = self.next.entry(id.as_str().into()).or_insert(2);
        loop {
            let next = format!("{id}-{number}");
            *number += 1;
            if self.taken.insert(next.as_str().into()) {
                return next.into();
            }
        }
    }
}

/// The identifier that the `number`th event gets when its format has none.
pub(super) fn numbered(number: usize) -> String {
    format!("e{number:04}")
}

/// Characters that are known by name only.
#[derive(Debug, Default)]
pub(super) struct People {
    by_name: HashMap<String, Id>,
    /// The characters in the order they were met.
    pub(super) characters: List<Character>,
}

impl People {
    /// The character with exactly this name.
    pub(super) fn id(&mut self, name: &str, ids: &mut Ids) -> Id {
        let key = name.to_string();
        if let Some(id) = self.by_name.get(&key) {
            return id.clone();
        }
        let id = ids.named(name, "character");
        self.characters.push(Character { id: id.clone(), name: name.into(), ..Character::default() });
        self.by_name.insert(key, id.clone());
        id
    }
}

/// Whether a text is an XML name without colon. Namespaces in XML 1.0 § 3.
pub(super) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let mut ids = Ids::default();
        let mut id = |name: &str| ids.named(name, "c").to_string();
        assert_eq!(id("Neil deGrasse Tyson"), "neil-degrasse-tyson");
        assert_eq!(id("neil degrasse  tyson!"), "neil-degrasse-tyson-2");
        assert_eq!(id("'분'의 어머니"), "분-의-어머니");
        assert_eq!(id("1. Wache"), "wache");
        assert_eq!(id("E12"), "ce12");
        assert_eq!(id("?"), "c");
    }
}
