//! Which rules are checked, and which findings make the check fail.

use std::collections::BTreeSet;

use super::rule::{self, Rule, Severity};
use crate::error::{Error, Result};
use crate::nearest;

/// The rules to check out of a table, and whether warnings count as failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    taken: BTreeSet<&'static str>,
    strict: bool,
}

impl Selection {
    /// Makes a selection out of lists of selectors.
    ///
    /// A selector is the name of a rule (`T-07`), its beginning (`T-0`) or a group (`T`); upper and lower case are
    /// the same. An empty `select` takes every rule. Where a rule is both selected and ignored, the longer selector
    /// decides (`--select T-07 --ignore T` leaves `T-07`), and of two equally long ones `ignore`. With `strict`,
    /// warnings count as failure.
    ///
    /// # Errors
    ///
    /// `Usage` if a selector matches no rule, or no rule is left.
    pub fn new(rules: &[&'static Rule], select: &[String], ignore: &[String], strict: bool) -> Result<Self> {
        for selector in select.iter().chain(ignore) {
            let selector = selector.trim();
            if !rules.iter().any(|rule| strength(selector, rule).is_some()) {
                let groups = rule::groups(rules);
                let names = groups.iter().copied().chain(rules.iter().map(|rule| rule.id));
                let near = nearest::nearest(selector, names);
                return Err(rule::unknown(rules, selector, near.as_slice()));
            }
        }
        let strongest = |selectors: &[String], rule: &Rule| {
            selectors.iter().filter_map(|selector| strength(selector.trim(), rule)).max()
        };
        let taken: BTreeSet<_> = rules
            .iter()
            .filter(|rule| {
                let selected = if select.is_empty() { Some(0) } else { strongest(select, rule) };
                selected.is_some() && selected > strongest(ignore, rule)
            })
            .map(|rule| rule.id)
            .collect();
        if taken.is_empty() && !rules.is_empty() {
            return Err(Error::usage("no rule is left to check: all that are selected are ignored"));
        }
        Ok(Selection { taken, strict })
    }

    /// Every rule of a table; warnings do not fail.
    pub fn all(rules: &[&'static Rule]) -> Self {
        Selection { taken: rules.iter().map(|rule| rule.id).collect(), strict: false }
    }

    /// Whether the rule is to be checked.
    pub fn takes(&self, rule: &Rule) -> bool {
        self.taken.contains(rule.id)
    }

    /// Whether a finding of that severity makes the check fail.
    pub fn fails(&self, severity: Severity) -> bool {
        severity == Severity::Error || (self.strict && severity == Severity::Warning)
    }

    /// Whether warnings count as failure.
    pub fn strict(&self) -> bool {
        self.strict
    }
}

/// How closely the selector names the rule, if it does.
///
/// A selector without a hyphen is a whole group: `L` is not the group `LN`. One that is a whole name is no
/// beginning of other names.
fn strength(selector: &str, rule: &Rule) -> Option<usize> {
    if rule.id.eq_ignore_ascii_case(selector) {
        return Some(usize::MAX);
    }
    let matches = if selector.contains('-') {
        rule.id.get(..selector.len()).is_some_and(|start| start.eq_ignore_ascii_case(selector))
    } else {
        rule.group().eq_ignore_ascii_case(selector)
    };
    matches.then_some(selector.len())
}

#[cfg(test)]
mod tests {
    use super::super::testing::RULES;
    use super::*;
    use crate::ErrorKind;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    fn taken(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let selection = Selection::new(RULES, &words(select), &words(ignore), false).unwrap();
        RULES.iter().filter(|rule| selection.takes(rule)).map(|rule| rule.id).collect()
    }

    #[test]
    fn a_selector_is_a_name_a_beginning_or_a_group() {
        assert_eq!(taken(&[], &[]), ["D-04", "D-05", "T-04", "T-11", "L-01", "LN-02"]);
        assert_eq!(taken(&["d"], &[]), ["D-04", "D-05"]);
        assert_eq!(taken(&["T-0", " LN-02 "], &[]), ["T-04", "LN-02"]);
        assert_eq!(taken(&["L"], &[]), ["L-01"]);
        assert_eq!(taken(&[], &["D-0", "L"]), ["T-04", "T-11", "LN-02"]);
    }

    #[test]
    fn the_longer_selector_decides() {
        assert_eq!(taken(&["T-11"], &["T"]), ["T-11"]);
        assert_eq!(taken(&["T"], &["T-11"]), ["T-04"]);
        assert_eq!(taken(&["T", "D"], &["T"]), ["D-04", "D-05"]);
    }

    #[test]
    fn a_selector_must_match() {
        let message = |select: &[&str], ignore: &[&str]| {
            let error = Selection::new(RULES, &words(select), &words(ignore), false).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            error.to_string()
        };
        assert_eq!(message(&["T-12"], &[]), "no rule is named \"T-12\"; the nearest is T-11");
        assert_eq!(message(&[], &["Q"]), "no rule is named \"Q\"; the groups of rules are D, T, L, LN");
        assert_eq!(message(&[""], &[]), "no rule is named \"\"; the groups of rules are D, T, L, LN");
        assert_eq!(message(&["T"], &["T"]), "no rule is left to check: all that are selected are ignored");
    }

    #[test]
    fn warnings_fail_only_if_strict() {
        let lax = Selection::all(RULES);
        let strict = Selection::new(RULES, &[], &[], true).unwrap();
        assert!(lax.fails(Severity::Error) && !lax.fails(Severity::Warning));
        assert!(strict.fails(Severity::Warning) && !strict.fails(Severity::Advice));
    }
}
