//! Rules for people to read: one on a terminal, or the whole table as a Markdown page.

use std::fmt::Write;

use super::Rule;

/// Columns that running text takes on a terminal.
const WIDTH: usize = 80;

/// What `explain RULE` prints about a rule: its title, why, the source, and what is wrong and right.
pub fn explain(rule: &Rule) -> String {
    let mut out = wrapped(&format!("{} ({}): {}", rule.id, rule.severity.as_str(), rule.title));
    if !rule.why.is_empty() {
        out += "\n";
        out += &wrapped(rule.why);
    }
    if !rule.source.is_empty() {
        out += "\n";
        out += &wrapped(&format!("Source: {}", rule.source));
    }
    for (label, example) in [("Bad", rule.bad), ("Good", rule.good)] {
        if !example.is_empty() {
            // Writing to a string does not fail.
            let _ = write!(out, "\n{label}:\n");
            for line in example.trim_end().lines() {
                out += format!("    {line}").trim_end();
                out.push('\n');
            }
        }
    }
    out
}

/// All rules, a line each, by group: a list for people and for `grep`.
pub fn list(groups: &[(&str, &str)], rules: &[&'static Rule]) -> String {
    let mut list = String::new();
    for (group, about) in groups {
        list += &format!("{group}: {about}\n");
        for rule in rules.iter().filter(|rule| rule.group() == *group) {
            list += &format!("{:<6} {:<8} {}\n", rule.id, rule.severity.as_str(), rule.title);
        }
        list.push('\n');
    }
    format!("{}\n", list.trim_end())
}

/// The rules as a Markdown page: a table of all, then each by group in the order of `groups`, which gives each
/// group's letters and heading. A group that is not in `groups` comes last, under its letters.
pub fn markdown(title: &str, intro: &str, groups: &[(&str, &str)], rules: &[&'static Rule]) -> String {
    let mut sections: Vec<(&str, Option<&str>)> =
        groups.iter().map(|&(letters, heading)| (letters, Some(heading))).collect();
    for group in super::rule::groups(rules) {
        if !groups.iter().any(|(letters, _)| *letters == group) {
            sections.push((group, None));
        }
    }
    let of = |letters: &str| -> Vec<&'static Rule> {
        rules.iter().copied().filter(|rule| rule.group() == letters).collect()
    };
    sections.retain(|(letters, _)| !of(letters).is_empty());

    let mut out =
        format!("# {title}\n\n{}\n\n| rule | severity | |\n| --- | --- | --- |\n", intro.trim_end());
    // Writing to a string does not fail, here and below.
    for rule in sections.iter().flat_map(|(letters, _)| of(letters)) {
        let anchor = rule.id.to_ascii_lowercase();
        let title = cell(rule.title);
        let _ = writeln!(out, "| [{}](#{anchor}) | {} | {title} |", rule.id, rule.severity.as_str());
    }
    for (letters, heading) in sections {
        let _ = match heading {
            Some(heading) => writeln!(out, "\n## {letters}: {heading}"),
            None => writeln!(out, "\n## {letters}"),
        };
        for rule in of(letters) {
            // The heading is the name alone, so that its anchor stays when the title changes.
            let severity = rule.severity.as_str();
            let _ = write!(out, "\n### {}\n\n**{}** ({severity})\n", rule.id, escaped(rule.title));
            if !rule.why.is_empty() {
                let _ = write!(out, "\n{}\n", escaped(rule.why));
            }
            if !rule.source.is_empty() {
                let _ = write!(out, "\nSource: {}\n", escaped(rule.source));
            }
            for (label, example) in [("Bad", rule.bad), ("Good", rule.good)] {
                if !example.is_empty() {
                    let _ = write!(out, "\n{label}:\n\n{}\n", fenced(example));
                }
            }
        }
    }
    out
}

/// An example as a fenced code block; the fence is longer than any in the example.
pub(super) fn fenced(example: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in example.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}\n{}\n{fence}", example.trim_end())
}

/// Running text in which `<` is no tag, leaving code between backticks alone.
fn escaped(text: &str) -> String {
    let mut code = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        code ^= c == '`';
        if !code && matches!(c, '<' | '*' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same in a table, where a bar ends the cell even within code.
fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}

/// Text in lines of at most [`WIDTH`] columns, paragraph by paragraph, with a line end.
fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for paragraph in text.trim().lines() {
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > WIDTH {
                out.push('\n');
                column = 0;
            } else if column > 0 {
                out.push(' ');
                column += 1;
            }
            out += word;
            column += width;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NDF, RULES, SCRIPT_TYPE};
    use super::*;

    #[test]
    fn a_rule_is_explained() {
        insta::assert_snapshot!(explain(&SCRIPT_TYPE), @r#"
        D-04 (error): `scriptType` is one of four values

        The type decides which parts a script must have, so that a reader who does not
        know it cannot tell an unfinished script from a finished one.

        Source: DAPT, Script Type

        Bad:
            {"scriptType": "draft"}

        Good:
            {"scriptType": "preRecording"}
        "#);
        assert!(!explain(&NDF).contains("Bad:"));
    }

    #[test]
    fn a_page_of_rules() {
        let groups = [("T", "time"), ("D", "conformance"), ("Q", "quality")];
        insta::assert_snapshot!(markdown("Rules", "What is checked.", &groups, &RULES[..5]), @r#"
        # Rules

        What is checked.

        | rule | severity | |
        | --- | --- | --- |
        | [T-04](#t-04) | warning | an event has a begin and an end |
        | [T-11](#t-11) | advice | timecode counts \<frames> \| drops none |
        | [D-04](#d-04) | error | `scriptType` is one of four values |
        | [D-05](#d-05) | error | `scriptRepresents` is present |
        | [L-01](#l-01) | error | the root has a language |

        ## T: time

        ### T-04

        **an event has a begin and an end** (warning)

        Others read it.

        Source: DAPT

        ### T-11

        **timecode counts \<frames> | drops none** (advice)

        Others read it.

        Source: DAPT

        ## D: conformance

        ### D-04

        **`scriptType` is one of four values** (error)

        The type decides which parts a script must have, so that a reader who does not know it cannot tell an unfinished script from a finished one.

        Source: DAPT, Script Type

        Bad:

        ```
        {"scriptType": "draft"}
        ```

        Good:

        ```
        {"scriptType": "preRecording"}
        ```

        ### D-05

        **`scriptRepresents` is present** (error)

        Others read it.

        Source: DAPT

        ## L

        ### L-01

        **the root has a language** (error)

        Others read it.

        Source: DAPT
        "#);
    }

    #[test]
    fn a_fence_is_longer_than_those_inside() {
        assert_eq!(fenced("a"), "```\na\n```");
        assert_eq!(fenced("```\nx\n```\n"), "````\n```\nx\n```\n````");
    }
}
