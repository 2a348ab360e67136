//! Rules: rows of a table, and finding one in it.

use serde::Serialize;

use super::printable::printable;
use crate::error::{Error, Result};
use crate::nearest;

/// How bad a finding is. The greatest is the worst, so `max` gives what a file comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Advice,
    /// A recommendation is broken, or this is likely a mistake.
    Warning,
    /// The input is invalid.
    Error,
}

impl Severity {
    /// The word in reports: `error`, `warning` or `advice`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Advice => "advice",
        }
    }
}

/// One row of a rule table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The name, a group and a number: `D-04`. It never gets another meaning.
    pub id: &'static str,
    /// The severity that a finding has unless the check says otherwise.
    pub severity: Severity,
    /// One line: what is demanded.
    pub title: &'static str,
    /// Why it is demanded: what goes wrong otherwise.
    pub why: &'static str,
    /// The clause of a specification or guide that demands it.
    pub source: &'static str,
    /// An example that breaks the rule. May be empty.
    pub bad: &'static str,
    /// The same example put right. May be empty.
    pub good: &'static str,
}

impl Rule {
    /// The group, which is what comes before the hyphen in the name.
    pub fn group(&self) -> &'static str {
        self.id.split_once('-').map_or(self.id, |(group, _)| group)
    }
}

/// The rule of that name in a table, upper and lower case being the same.
///
/// # Errors
///
/// `Usage` if there is none, with the nearest names.
pub fn find_rule(rules: &[&'static Rule], id: &str) -> Result<&'static Rule> {
    let id = id.trim();
    if let Some(rule) = rules.iter().find(|rule| rule.id.eq_ignore_ascii_case(id)) {
        return Ok(rule);
    }
    let of_group: Vec<&str> =
        rules.iter().filter(|rule| rule.group().eq_ignore_ascii_case(id)).map(|rule| rule.id).collect();
    if !of_group.is_empty() {
        return Err(Error::usage(format!(
            "{} is a group of rules; name one of {}",
            printable(id),
            of_group.join(", ")
        )));
    }
    let mut near = nearest::ranked(id, rules.iter().map(|rule| rule.id));
    // A wrong number is likelier than a wrong group.
    let group = id.split_once('-').map_or("", |(group, _)| group);
    near.sort_by_key(|name| !name.split_once('-').is_some_and(|(of, _)| of.eq_ignore_ascii_case(group)));
    near.truncate(3);
    Err(unknown(rules, id, &near))
}

/// The error for a name that no rule has.
pub(super) fn unknown(rules: &[&'static Rule], id: &str, near: &[&str]) -> Error {
    let id = printable(id);
    Error::usage(match near {
        [] => format!("no rule is named \"{id}\"; the groups of rules are {}", groups(rules).join(", ")),
        [one] => format!("no rule is named \"{id}\"; the nearest is {one}"),
        many => format!("no rule is named \"{id}\"; the nearest are {}", many.join(", ")),
    })
}

/// The groups of a table, in order of their first rule.
pub(super) fn groups(rules: &[&'static Rule]) -> Vec<&'static str> {
    let mut groups = Vec::new();
    for rule in rules {
        if !groups.contains(&rule.group()) {
            groups.push(rule.group());
        }
    }
    groups
}

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
pub(crate) use rules;

/// How many rules there are in these groups.
pub(crate) const fn count(groups: &[&[&'static Rule]]) -> usize {
    let (mut count, mut group) = (0, 0);
    while group < groups.len() {
        count += groups[group].len();
        group += 1;
    }
    count
}

/// The rules of several groups, one group behind the other. `N` is what [`count`] gives.
pub(crate) const fn gather<const N: usize>(groups: &[&[&'static Rule]]) -> [&'static Rule; N] {
    let mut all = [groups[0][0]; N];
    let (mut at, mut group) = (0, 0);
    while group < groups.len() {
        let mut rule = 0;
        while rule < groups[group].len() {
            all[at] = groups[group][rule];
            at += 1;
            rule += 1;
        }
        group += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::testing::RULES;
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_error_is_the_worst() {
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Advice);
    }

    #[test]
    fn a_rule_is_found_in_either_case() {
        assert_eq!(find_rule(RULES, " d-04 ").unwrap().id, "D-04");
        assert_eq!(find_rule(RULES, "LN-02").unwrap().group(), "LN");
    }

    #[test]
    fn the_nearest_names_are_given() {
        let message = |id| {
            let error = find_rule(RULES, id).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Usage);
            error.to_string()
        };
        assert_eq!(message("D4"), "no rule is named \"D4\"; the groups of rules are D, T, L, LN");
        assert_eq!(message("D04"), "no rule is named \"D04\"; the nearest is D-04");
        assert_eq!(message("T-05"), "no rule is named \"T-05\"; the nearest are T-04, D-05");
        assert_eq!(message("d"), "d is a group of rules; name one of D-04, D-05");
        assert_eq!(
            message("\u{1b}[2J"),
            "no rule is named \"\\u{1b}[2J\"; the groups of rules are D, T, L, LN"
        );
    }
}
