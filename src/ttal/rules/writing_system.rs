//! L-07: whether the letters of a text are those of its language.

use std::collections::HashMap;

use unicode_script::{Script, UnicodeScript};

use super::context::Ctx;
use super::table::L_07;
use super::{Remark, Remarks};
use crate::ttal::model::Node;

/// Fewer letters than this may be a name or an abbreviation.
const ENOUGH: u32 = 12;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut expected: HashMap<&str, Option<Vec<Script>>> = HashMap::new();
    for (text, part) in ctx.texts() {
        let tag = part.computed.language;
        let Some(scripts) = expected.entry(tag).or_insert_with(|| scripts(tag)) else { continue };
        let mut letters = Letters::default();
        letters.count(&text.content.0, scripts);
        let others: u32 = letters.others.values().sum();
        // A text is judged as a whole: foreign names in it are usual.
        if others < ENOUGH || letters.fitting * 10 > others {
            continue;
        }
        let Some((most, _)) =
            letters.others.iter().max_by_key(|(script, count)| (**count, script.full_name()))
        else {
            continue;
        };
        let wanted: Vec<&str> = scripts.iter().map(|script| script.full_name()).collect();
        out.push(
            Remark::new(
                &L_07,
                part.element.at().key("language"),
                format!("the text is marked as {tag}, but is written in {} letters", most.full_name()),
            )
            .in_event(part.event_id())
            .found(most.full_name())
            .expected(super::one_of(&wanted)),
        );
    }
}

#[derive(Default)]
struct Letters {
    fitting: u32,
    others: HashMap<Script, u32>,
}

impl Letters {
    /// Counts the letters of a text; spans in another language are left out. Readers bound the depth of nodes.
    fn count(&mut self, nodes: &[Node], expected: &[Script]) {
        for node in nodes {
            match node {
                Node::Run(words) => {
                    for c in words.chars().filter(|c| c.is_alphabetic()) {
                        match c.script() {
                            Script::Common | Script::Inherited | Script::Unknown => {}
                            script if expected.contains(&script) => self.fitting += 1,
                            script => *self.others.entry(script).or_default() += 1,
                        }
                    }
                }
                Node::Span(span) if span.language.is_none() => self.count(&span.content, expected),
                Node::Ruby(node) => self.count(&node.ruby.base, expected),
                Node::Span(_) | Node::Break(_) | Node::Cue(_) => {}
            }
        }
    }
}

/// The scripts that a language is written in; `None` where that is not known, or may be any.
fn scripts(tag: &str) -> Option<Vec<Script>> {
    let mut subtags = tag.split('-');
    let primary = subtags.next()?.to_ascii_lowercase();
    let named = subtags
        .take_while(|subtag| subtag.len() > 1)
        .find(|subtag| subtag.len() == 4 && subtag.bytes().all(|b| b.is_ascii_alphabetic()));
    if let Some(name) = named {
        return of_subtag(name);
    }
    let list: &[Script] = match primary.as_str() {
        "ru" | "uk" | "be" | "bg" | "mk" | "ky" | "tg" | "ba" | "cv" | "ce" | "os" | "sah" => {
            &[Script::Cyrillic]
        }
        "el" | "grc" => &[Script::Greek],
        "hy" => &[Script::Armenian],
        "ka" => &[Script::Georgian],
        "he" | "yi" => &[Script::Hebrew],
        "ar" | "fa" | "ur" | "ps" | "ckb" | "arz" | "apc" | "arb" => &[Script::Arabic],
        "hi" | "mr" | "ne" => &[Script::Devanagari],
        "bn" | "as" => &[Script::Bengali],
        "gu" => &[Script::Gujarati],
        "ta" => &[Script::Tamil],
        "te" => &[Script::Telugu],
        "kn" => &[Script::Kannada],
        "ml" => &[Script::Malayalam],
        "or" => &[Script::Oriya],
        "si" => &[Script::Sinhala],
        "th" => &[Script::Thai],
        "lo" => &[Script::Lao],
        "km" => &[Script::Khmer],
        "my" => &[Script::Myanmar],
        "bo" | "dz" => &[Script::Tibetan],
        "am" | "ti" => &[Script::Ethiopic],
        "ja" => &[Script::Han, Script::Hiragana, Script::Katakana],
        "ko" => &[Script::Hangul, Script::Han],
        "zh" | "cmn" | "yue" | "wuu" | "nan" | "hak" => &[Script::Han, Script::Bopomofo],
        "en" | "fr" | "de" | "es" | "it" | "pt" | "nl" | "sv" | "da" | "no" | "nb" | "nn" | "fi" | "is"
        | "pl" | "cs" | "sk" | "hu" | "ro" | "hr" | "sl" | "et" | "lv" | "lt" | "tr" | "vi" | "id" | "ca"
        | "eu" | "gl" | "ga" | "cy" | "gd" | "mt" | "sq" | "af" | "fil" | "tl" | "sw" | "zu" | "xh"
        | "br" | "lb" | "fo" => &[Script::Latin],
        _ => return None,
    };
    Some(list.to_vec())
}

/// The scripts that a script subtag stands for.
fn of_subtag(name: &str) -> Option<Vec<Script>> {
    let mut title = name.to_ascii_lowercase();
    title[..1].make_ascii_uppercase();
    Some(match title.as_str() {
        "Hans" | "Hant" | "Hani" => vec![Script::Han, Script::Bopomofo],
        "Jpan" => vec![Script::Han, Script::Hiragana, Script::Katakana],
        "Hrkt" => vec![Script::Hiragana, Script::Katakana],
        "Kore" => vec![Script::Hangul, Script::Han],
        "Latf" | "Latg" => vec![Script::Latin],
        "Aran" => vec![Script::Arabic],
        "Cyrs" => vec![Script::Cyrillic],
        other => vec![
            Script::from_short_name(other)
                .filter(|s| !matches!(s, Script::Common | Script::Inherited | Script::Unknown))?,
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_has_its_scripts() {
        assert_eq!(scripts("ru-RU"), Some(vec![Script::Cyrillic]));
        assert_eq!(scripts("sr-Latn-RS"), Some(vec![Script::Latin]));
        assert_eq!(scripts("zh-Hant").map(|s| s.len()), Some(2));
        assert_eq!(scripts("sr"), None);
        assert_eq!(scripts("und"), None);
        assert_eq!(scripts("en-x-cyrl"), Some(vec![Script::Latin]));
        assert_eq!(scripts(""), None);
        assert_eq!(scripts("hi-Zyyy"), None);
    }
}
