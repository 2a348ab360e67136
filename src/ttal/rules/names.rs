//! characters with the same name, or nearly.

use std::collections::HashMap;

use super::context::Ctx;
use super::table::R_06;
use super::{Remark, Remarks};
use crate::findings::Severity;
use crate::ttal::model::Character;

/// Names of fewer letters are near to any other.
const SHORTEST: usize = 4;
/// Longer names are compared as a whole only.
const LONGEST: usize = 64;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut by_name: HashMap<String, &Character> = HashMap::new();
    // Names with one letter left out, to the names they come from: near ones meet there.
    let mut by_gap: HashMap<String, Vec<(String, &Character)>> = HashMap::new();
    for character in &ctx.script.characters {
        let name: String = character.name.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
        if name.is_empty() {
            continue;
        }
        let spot = character.at.key("name");
        if let Some(first) = by_name.get(&name) {
            out.push(
                Remark::new(
                    &R_06,
                    spot,
                    format!("{} and {} are both named {}", &*first.id, &*character.id, &*character.name),
                )
                .found(&*character.name)
                .related(first.at.whole(), "the other character"),
            );
            continue;
        }
        let letters: Vec<char> = name.chars().collect();
        if (SHORTEST..=LONGEST).contains(&letters.len()) {
            let gaps = (0..=letters.len()).map(|gap| {
                letters.iter().enumerate().filter(|(at, _)| *at != gap).map(|(_, c)| c).collect::<String>()
            });
            let mut near: Option<&Character> = None;
            for gap in gaps {
                let met = by_gap.entry(gap).or_default();
                let found = met.iter().find(|(other, character_met)| {
                    strsim::damerau_levenshtein(other, &name) == 1
                        && !numbered(&character_met.name, &character.name)
                });
                near = near.or(found.map(|(_, other)| *other));
                // A few of the names that meet at a gap say all that is to be said.
                if met.len() < 8 {
                    met.push((name.clone(), character));
                }
            }
            if let Some(other) = near {
                out.push(
                    Remark::new(
                        &R_06,
                        spot,
                        format!("{} and {} are nearly the same name", &*other.name, &*character.name),
                    )
                    .severity(Severity::Advice)
                    .found(&*character.name)
                    .related(other.at.whole(), "the other character"),
                );
            }
        }
        by_name.insert(name, character);
    }
}

/// Whether two names are told apart by a number or a letter on purpose: GUARD 1 and GUARD 2, SOLDIER A and SOLDIER B.
fn numbered(a: &str, b: &str) -> bool {
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    if digits(a) != digits(b) {
        return true;
    }
    let single =
        |name: &str| name.split(|c: char| !c.is_alphanumeric()).any(|word| word.chars().count() == 1);
    single(a) || single(b)
}
