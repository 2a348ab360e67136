//! Identifiers for what a format names otherwise or not at all.

use std::collections::HashMap;

use crate::ttal::ids::Ids;
use crate::ttal::model::value::{continues_a_name, starts_a_name};
use crate::ttal::model::{Character, Id, List};

/// The identifier of the `number`th event, counted from 1, that has none of its own.
pub(super) fn of_event(ids: &mut Ids, number: usize) -> Id {
    ids.free(&numbered(number))
}

/// An identifier made from a name: its letters and digits in lower case, hyphens for what is between.
pub(super) fn of_name(ids: &mut Ids, name: &str, otherwise: &str) -> Id {
    let mut id = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        if continues_a_name(c) && (starts_a_name(c) || !id.is_empty()) {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    // Names of the form that events are numbered with are left to these.
    let event = id.strip_prefix('e').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()));
    if id.is_empty() || event { ids.free(&format!("{otherwise}{id}")) } else { ids.free(id) }
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
        let id = of_name(ids, name, "character");
        self.characters.push(Character { id: id.clone(), name: name.into(), ..Character::default() });
        self.by_name.insert(key, id.clone());
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers() {
        let mut ids = Ids::default();
        let mut id = |name: &str| of_name(&mut ids, name, "c").to_string();
        assert_eq!(id("Neil deGrasse Tyson"), "neil-degrasse-tyson");
        assert_eq!(id("neil degrasse  tyson!"), "neil-degrasse-tyson-2");
        assert_eq!(id("'분'의 어머니"), "분-의-어머니");
        assert_eq!(id("1. Wache"), "wache");
        assert_eq!(id("E12"), "ce12");
        assert_eq!(id("?"), "c");
    }
}
