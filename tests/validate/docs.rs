//! `docs/packaging-rules.md` is made from the table of rules.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use showpack::findings::markdown;
use showpack::validate::table::{GROUPS, RULES, undecided};

const INTRO: &str = "\
What `cmaf validate` checks, and what `cmaf pack` keeps. `cmaf explain RULE` prints one of them.

A name never gets another meaning. Errors break a demand of a specification; warnings break a recommendation, or what a \
widespread player needs; advice is for people to weigh. Rules that no check decides stand at the end, with the reason.

This page is made from the table of rules in the source (`src/validate/table`).";

fn page() -> String {
    let mut page = markdown("Rules of `cmaf validate`", INTRO, GROUPS, RULES);
    let kinds = [(false, "What a file does not tell"), (true, "Not yet checked")];
    for (decidable, title) in kinds {
        let rules: Vec<_> = undecided().filter(|rule| rule.decidable == decidable).collect();
        if rules.is_empty() {
            continue;
        }
        write!(
            page,
            "\n## {title}\n\n| rule | what is demanded | why it is not checked |\n| --- | --- | --- |\n"
        )
        .unwrap();
        for rule in rules {
            writeln!(page, "| {} | {} | {} |", rule.id, rule.title, rule.reason).unwrap();
        }
    }
    page
}

/// The page of rules is written anew with UPDATE_GENERATED=1.
#[test]
fn the_page_of_rules_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/packaging-rules.md");
    let page = page();
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == page, "run cargo test with UPDATE_GENERATED=1");
}

/// Each name of the numbered rules is checked, or told with a reason why not.
#[test]
fn no_rule_is_forgotten() {
    let numbers = [
        ("ISO", 30),
        ("CMF", 42),
        ("AV1", 52),
        ("ENC", 42),
        ("AUD", 20),
        ("TXT", 12),
        ("MPD", 16),
        ("HLS", 18),
    ];
    let expected: Vec<String> = numbers
        .iter()
        .flat_map(|(group, last)| (1..=*last).map(move |number| format!("{group}-{number:02}")))
        .collect();
    let mut known: Vec<&str> =
        RULES.iter().map(|rule| rule.id).chain(undecided().map(|rule| rule.id)).collect();
    let missing: Vec<&String> = expected.iter().filter(|id| !known.contains(&id.as_str())).collect();
    assert!(missing.is_empty(), "neither checked nor told: {missing:?}");
    known.sort_unstable();
    let count = known.len();
    known.dedup();
    assert_eq!((known.len(), count), (expected.len(), expected.len()), "a rule stands twice, or is unknown");
}
