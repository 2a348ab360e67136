//! What a script must say about itself and plain formats don't: given by options or a file, never guessed.

use serde::Deserialize;

use super::computed::Context;
use super::language;
use super::model::{ContentDescriptor, Purpose, Script, ScriptType, Str};
use crate::error::{Error, Result};

/// Facts about a script as options or a defaults file give them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Facts {
    /// `--script-type`.
    pub script_type: Option<Str>,
    /// `--script-represents`, several of them.
    #[serde(default)]
    pub script_represents: Vec<Str>,
    /// `--represents`.
    pub represents: Option<Str>,
    /// `--lang`.
    pub lang: Option<Str>,
    /// `--lang-src`.
    pub lang_src: Option<Str>,
    /// `--purpose`.
    pub purpose: Option<Str>,
}

/// What a purpose usually means.
struct Usual {
    purpose: &'static str,
    script_type: &'static str,
    script_represents: &'static [&'static str],
    represents: &'static str,
}

/// The purposes that fill in facts. Chosen because they say no more than the purpose does: subtitles and dubbing
/// stand for dialogue, those for the hard of hearing for all sound, descriptions for what is seen.
const USUAL: &[Usual] = &[
    Usual {
        purpose: "subtitles",
        script_type: "translatedTranscript",
        script_represents: &["audio.dialogue", "visual.text"],
        represents: "audio.dialogue",
    },
    Usual {
        purpose: "sdh",
        script_type: "originalTranscript",
        script_represents: &["audio", "visual.text"],
        represents: "audio.dialogue",
    },
    Usual {
        purpose: "dubbing",
        script_type: "preRecording",
        script_represents: &["audio.dialogue"],
        represents: "audio.dialogue",
    },
    Usual {
        purpose: "audioDescription",
        script_type: "preRecording",
        script_represents: &["visual"],
        represents: "visual",
    },
    Usual {
        purpose: "transcript",
        script_type: "originalTranscript",
        script_represents: &["audio"],
        represents: "audio.dialogue",
    },
];

/// A fact that was filled in because of the purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The key in the script.
    pub key: &'static str,
    /// The value.
    pub value: String,
}

impl Facts {
    /// Reads a defaults file: TOML with the names of the options.
    ///
    /// # Errors
    /// `Usage` with line and column where it is no TOML or has other keys.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join(" ");
            let (line, column) = super::source::line_column(text, error.span().map_or(0, |span| span.start));
            Error::usage(message).at_line(line, column).in_file(name)
        })
    }

    /// These facts, and where they say nothing those of `defaults`.
    #[must_use]
    pub fn or(self, defaults: Facts) -> Facts {
        let represents = if self.script_represents.is_empty() {
            defaults.script_represents
        } else {
            self.script_represents
        };
        Facts {
            script_type: self.script_type.or(defaults.script_type),
            script_represents: represents,
            represents: self.represents.or(defaults.represents),
            lang: self.lang.or(defaults.lang),
            lang_src: self.lang_src.or(defaults.lang_src),
            purpose: self.purpose.or(defaults.purpose),
        }
    }

    /// Puts the facts into a script. What is given replaces what the script says; what the purpose fills in does not,
    /// and is returned for the report.
    ///
    /// # Errors
    /// `Usage` where a value can't be one, with those that can and the nearest.
    pub fn apply(&self, script: &mut Script) -> Result<Vec<Filled>> {
        if let Some(word) = &self.script_type {
            one_of("--script-type", word, ScriptType::WORDS)?;
            script.script_type = Some((&**word).into());
        }
        let parts = self
            .script_represents
            .iter()
            .flat_map(|list| list.split([' ', ',']))
            .filter(|part| !part.is_empty());
        let parts: Vec<&str> = parts.collect();
        if !parts.is_empty() {
            for part in &parts {
                descriptor("--script-represents", part)?;
            }
            script.script_represents = parts.into_iter().map(ContentDescriptor::from).collect();
        }
        if let Some(part) = &self.represents {
            descriptor("--represents", part)?;
            script.represents = Some((&**part).into());
        }
        if let Some(tag) = &self.lang {
            well_formed("--lang", tag)?;
            script.language = Some((&**tag).into());
        }
        if let Some(tag) = &self.lang_src {
            if !tag.is_empty() {
                well_formed("--lang-src", tag)?;
            }
            script.language_source = Some((&**tag).into());
        }
        let mut filled = Vec::new();
        let Some(word) = &self.purpose else { return Ok(filled) };
        one_of("--purpose", word, Purpose::WORDS)?;
        script.purpose = Some((&**word).into());
        let Some(usual) = USUAL.iter().find(|usual| *usual.purpose == **word) else { return Ok(filled) };
        if script.script_type.is_none() {
            script.script_type = Some(usual.script_type.into());
            filled.push(Filled { key: "scriptType", value: usual.script_type.into() });
        }
        if script.script_represents.is_empty() {
            script.script_represents = usual.script_represents.iter().map(|&part| part.into()).collect();
            filled.push(Filled { key: "scriptRepresents", value: usual.script_represents.join(" ") });
        }
        let context = Context::new(script);
        let bare = script.represents.is_none()
            && script.events.iter().any(|e| context.event(e).represents.is_empty());
        if bare || (script.represents.is_none() && script.events.is_empty()) {
            script.represents = Some(usual.represents.into());
            filled.push(Filled { key: "represents", value: usual.represents.into() });
        }
        Ok(filled)
    }
}

/// Checks that a script says all that TTAL and DAPT need.
///
/// # Errors
/// `Usage` that names every fact that is missing with the option for it, and an example.
pub fn require(script: &Script) -> Result<()> {
    let context = Context::new(script);
    let bare = || script.events.iter().any(|event| context.event(event).represents.is_empty());
    // A document that says so on its body or on every event needs no default.
    let represents = script.represents.is_none() && !script.events.is_empty() && bare();
    let missing = [
        (script.script_type.is_none(), "the script type", "--script-type", "originalTranscript"),
        (
            script.script_represents.is_empty(),
            "what the script stands for",
            "--script-represents",
            "audio.dialogue",
        ),
        (represents, "what its events stand for", "--represents", "audio.dialogue"),
        (script.language.as_deref().is_none_or(str::is_empty), "the language", "--lang", "en"),
    ];
    let missing: Vec<_> = missing.into_iter().filter(|(is, ..)| *is).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let facts: Vec<String> =
        missing.iter().map(|(_, what, option, _)| format!("{what} ({option})")).collect();
    let example: Vec<String> =
        missing.iter().map(|(.., option, value)| format!("{option} {value}")).collect();
    let purpose = missing.iter().any(|(_, _, option, _)| *option != "--lang");
    let purpose =
        if purpose { "; or --purpose dubbing fills in the usual values of all but the language" } else { "" };
    Err(Error::usage(format!(
        "the source does not say {}; give for example: {}{purpose}",
        and(&facts),
        example.join(" ")
    )))
}

fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn one_of(option: &str, word: &str, words: &[&str]) -> Result<()> {
    if words.contains(&word) {
        return Ok(());
    }
    let near = crate::nearest::nearest(word, words.iter().copied());
    let near = near.map_or(String::new(), |near| format!("; nearest is {near}"));
    Err(Error::usage(format!("{option} {word}: must be one of {}{near}", words.join(", "))))
}

fn descriptor(option: &str, part: &str) -> Result<()> {
    let fits = !part.is_empty()
        && part.split('.').all(|token| !token.is_empty() && !token.contains(char::is_whitespace));
    let message = || Error::usage(format!("{option} {part}: no content descriptor, as audio.dialogue"));
    fits.then_some(()).ok_or_else(message)
}

fn well_formed(option: &str, tag: &str) -> Result<()> {
    let message = || Error::usage(format!("{option} {tag}: no language tag of BCP 47, as pt-BR"));
    language::is_well_formed(tag).then_some(()).ok_or_else(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Event;

    fn plain() -> Script {
        Script {
            events: [Event { id: "e1".into(), ..Event::default() }].into_iter().collect(),
            ..Script::default()
        }
    }

    #[test]
    fn every_missing_fact_is_named_at_once() {
        let error = require(&plain()).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        assert_eq!(
            error.to_string(),
            "the source does not say the script type (--script-type), what the script stands for \
             (--script-represents), what its events stand for (--represents) and the language (--lang); give for \
             example: --script-type originalTranscript --script-represents audio.dialogue --represents \
             audio.dialogue --lang en; or --purpose dubbing fills in the usual values of all but the language"
        );
    }

    #[test]
    fn a_purpose_fills_in_what_is_usual_and_says_so() {
        for usual in USUAL {
            let facts =
                Facts { purpose: Some(usual.purpose.into()), lang: Some("fr".into()), ..Facts::default() };
            let mut script = plain();
            let filled = facts.apply(&mut script).unwrap();
            let keys: Vec<_> = filled.iter().map(|f| f.key).collect();
            assert_eq!(keys, ["scriptType", "scriptRepresents", "represents"], "{}", usual.purpose);
            assert!(require(&script).is_ok());
            let default = script.represents.clone().unwrap();
            assert!(script.script_represents.iter().any(|whole| default.is_subtype_of(whole)));
            assert!(ScriptType::WORDS.contains(&usual.script_type));
        }
        let mut script = plain();
        let facts = Facts {
            purpose: Some("dubbing".into()),
            script_type: Some("asRecorded".into()),
            script_represents: vec!["audio.dialogue, visual.text".into()],
            ..Facts::default()
        };
        let filled = facts.apply(&mut script).unwrap();
        assert_eq!(filled, [Filled { key: "represents", value: "audio.dialogue".into() }]);
        assert_eq!((script.script_type, script.script_represents.len()), (Some(ScriptType::AsRecorded), 2));
    }

    #[test]
    fn a_defaults_file_has_the_options_names() {
        let facts = Facts::parse("d.toml", "script-type = \"preRecording\"\nlang = \"de\"\n").unwrap();
        let facts = Facts { lang: Some("fr".into()), ..Facts::default() }.or(facts);
        assert_eq!((facts.script_type.as_deref(), facts.lang.as_deref()), (Some("preRecording"), Some("fr")));
        let error = Facts::parse("d.toml", "language = \"de\"\n").unwrap_err().to_string();
        assert!(error.starts_with("d.toml: line 1, column 1: unknown field `language`"), "{error}");
    }

    #[test]
    fn wrong_values_are_refused() {
        let error = |facts: Facts| facts.apply(&mut plain()).unwrap_err().to_string();
        assert_eq!(
            error(Facts { script_type: Some("preRecorded".into()), ..Facts::default() }),
            "--script-type preRecorded: must be one of originalTranscript, translatedTranscript, preRecording, asRecorded"
        );
        assert_eq!(
            error(Facts { lang: Some("english!".into()), ..Facts::default() }),
            "--lang english!: no language tag of BCP 47, as pt-BR"
        );
        assert_eq!(
            error(Facts { represents: Some("audio..x".into()), ..Facts::default() }),
            "--represents audio..x: no content descriptor, as audio.dialogue"
        );
    }
}
