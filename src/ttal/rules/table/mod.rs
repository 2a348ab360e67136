//! The table of the rules that `ttal validate` checks: what each demands, why, and an example.
//!
//! A name never gets another meaning; a rule that is given up leaves a gap.

mod dapt;
mod language;
mod lineage;
mod reference;
mod serialization;
mod time;

pub use dapt::*;
pub use language::*;
pub use lineage::*;
pub use reference::*;
pub use serialization::*;
pub use time::*;

use crate::findings::Rule;

/// The groups of rules, in the order in which they are told, with what they are about.
pub const GROUPS: &[(&str, &str)] = &[
    ("S", "serialization and form"),
    ("D", "conformance to DAPT"),
    ("L", "language"),
    ("T", "time"),
    ("R", "references and identifiers"),
    ("LN", "lineage"),
];

const BY_GROUP: [&[&Rule]; 6] =
    [serialization::GROUP, dapt::GROUP, language::GROUP, time::GROUP, reference::GROUP, lineage::GROUP];

const COUNT: usize = {
    let (mut count, mut group) = (0, 0);
    while group < BY_GROUP.len() {
        count += BY_GROUP[group].len();
        group += 1;
    }
    count
};

/// All rules.
pub static RULES: &[&Rule] = &{
    let mut all = [&S_01; COUNT];
    let (mut at, mut group) = (0, 0);
    while group < BY_GROUP.len() {
        let mut rule = 0;
        while rule < BY_GROUP[group].len() {
            all[at] = BY_GROUP[group][rule];
            at += 1;
            rule += 1;
        }
        group += 1;
    }
    all
};

/// Declares the rules of one group, each as a static of its own, and the list of them.
macro_rules! rules {
    ($(
        $name:ident $id:literal $severity:ident $title:literal
        why $why:literal
        source $source:literal
        bad $bad:literal
        good $good:literal;
    )+) => {
        $(
            #[doc = $title]
            pub static $name: crate::findings::Rule = crate::findings::Rule {
                id: $id,
                severity: crate::findings::Severity::$severity,
                title: $title,
                why: $why,
                source: $source,
                bad: $bad,
                good: $good,
            };
        )+

        pub(super) const GROUP: &[&crate::findings::Rule] = &[$(&$name),+];
    };
}
use rules;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_told_in_full() {
        for rule in RULES {
            assert!(!rule.title.is_empty() && !rule.why.is_empty() && !rule.source.is_empty(), "{}", rule.id);
            assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{}", rule.id);
            assert!(!rule.title.ends_with('.') && rule.why.ends_with(['.', '?']), "{}", rule.id);
            assert!(GROUPS.iter().any(|(group, _)| *group == rule.group()), "{}", rule.id);
        }
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
