//! Identifiers for things that come without: readable, valid, unique in the document.

use std::collections::{HashMap, HashSet};

use super::model::value::{continues_a_name, is_name, starts_a_name};
use super::model::{Id, Script};

/// The identifiers that a document uses. They share one namespace, as `xml:id` does.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    taken: HashSet<Box<str>>,
    next: HashMap<Box<str>, u32>,
}

impl Ids {
    /// The identifiers of a script, those of its texts included.
    pub fn of(script: &Script) -> Self {
        let mut ids = Ids::default();
        let mut take = |id: &Id| {
            ids.taken.insert(id.0.clone());
        };
        script.characters.iter().for_each(|c| take(&c.id));
        script.talents.iter().for_each(|t| take(&t.id));
        script.styles.iter().filter_map(|s| s.id.as_ref()).for_each(&mut take);
        script.regions.iter().for_each(|r| take(&r.id));
        script.resources.iter().for_each(|r| take(&r.id));
        script.scenes.iter().for_each(|s| take(&s.id));
        script.loops.iter().for_each(|l| take(&l.id));
        script.groups.iter().filter_map(|g| g.id.as_ref()).for_each(&mut take);
        for event in &script.events {
            take(&event.id);
            event.texts.iter().filter_map(|t| t.id.as_ref()).for_each(&mut take);
            event.descriptions.iter().filter_map(|d| d.id.as_ref()).for_each(&mut take);
        }
        ids
    }

    /// Takes this very identifier; `false` where it is taken or no XML name.
    pub fn take(&mut self, id: &str) -> bool {
        is_name(id) && self.taken.insert(id.into())
    }

    /// An identifier made of words: `slug`, and a number behind it where that is taken.
    pub fn make(&mut self, words: &str) -> Id {
        self.free(&slug(words))
    }

    /// This identifier as it is, with a number behind it where it is taken.
    pub fn free(&mut self, wanted: &str) -> Id {
        if self.taken.insert(wanted.into()) {
            return wanted.into();
        }
        let next = self.next.entry(wanted.into()).or_insert(2);
        loop {
            let id = format!("{wanted}-{next}");
            *next = next.saturating_add(1);
            if self.taken.insert(id.as_str().into()) {
                return id.into();
            }
        }
    }
}

/// Words as an identifier: letters and digits in lower case, hyphens for what is between; `c-` before digits.
pub fn slug(words: &str) -> String {
    let mut slug = String::with_capacity(words.len());
    for c in words.chars().flat_map(char::to_lowercase) {
        if c == '_' || (c.is_alphanumeric() && continues_a_name(c)) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    match slug.chars().next() {
        None => "c".into(),
        Some(first) if starts_a_name(first) => slug.into(),
        Some(_) => format!("c-{slug}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_names() {
        for (words, id) in
            [("LÉA", "léa"), ("Mr. Big  Boss!", "mr-big-boss"), ("2nd MAN", "c-2nd-man"), ("?", "c")]
        {
            assert_eq!(slug(words), id);
            assert!(is_name(id), "{id}");
        }
        assert!(is_name("é1") && !is_name("1") && !is_name("a:b") && !is_name(""));
        let mut ids = Ids::default();
        assert!(ids.take("léa"));
        assert!(!ids.take("léa") && !ids.take("a b") && !ids.take("1a") && !ids.take(""));
        assert_eq!(
            [ids.make("LÉA"), ids.make("Léa"), ids.make("Tom")].map(|id| id.to_string()),
            ["léa-2", "léa-3", "tom"]
        );
    }
}
