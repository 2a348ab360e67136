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

use crate::findings::rules;
use crate::findings::{Rule, count, gather};

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

/// All rules.
pub static RULES: &[&Rule] = &gather::<{ count(&BY_GROUP) }>(&BY_GROUP);

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
