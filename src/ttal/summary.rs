//! What a script holds, in numbers.

use std::collections::HashMap;

use serde::Serialize;

use super::computed::{Context, Origin};
use super::language;
use super::model::{Script, Str};
use super::time::MediaTime;

/// A script in numbers, in the shape that `ttal show --json` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The programme's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Str>,
    /// The stage of its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_type: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The default language.
    pub language: Str,
    /// The default source language, empty where it is not determined.
    pub language_source: Str,
    /// Frames in a second, as a fraction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_rate: Option<String>,
    /// Script events.
    pub events: usize,
    /// When the first event begins, as `HH:MM:SS.mmm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<String>,
    /// When the last event ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Texts by language, in the order met.
    pub languages: Vec<LanguageSummary>,
    /// The cast, in document order, and names for events without a character at the end.
    pub characters: Vec<CharacterSummary>,
}

/// The texts in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LanguageSummary {
    /// The language.
    pub language: Str,
    /// Where it comes from: `original`, `original without language`, or `translation from xx`.
    pub origin: String,
    /// Texts.
    pub texts: usize,
    /// Words, parted by white space.
    pub words: usize,
}

/// One character's part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CharacterSummary {
    /// The identifier.
    pub id: Str,
    /// The name.
    pub name: Str,
    /// Who speaks the character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talent: Option<Str>,
    /// Events that name the character.
    pub lines: usize,
}

/// Counts what a script holds.
pub fn summarize(script: &Script) -> Summary {
    let context = Context::new(script);
    let mut languages: Vec<LanguageSummary> = Vec::new();
    let mut index: HashMap<(Str, String), usize> = HashMap::new();
    let mut lines: HashMap<&str, usize> = HashMap::new();
    let (mut begin, mut end): (Option<MediaTime>, Option<MediaTime>) = (None, None);
    for event in &script.events {
        let computed = context.event(event);
        begin = Some(begin.map_or(computed.begin, |b| b.min(computed.begin)));
        end = end.max(computed.end);
        for id in &event.characters {
            *lines.entry(&**id).or_default() += 1;
        }
        for text in &event.texts {
            let own = context.text(&computed, text);
            let origin = match own.origin() {
                Origin::Original => "original".to_string(),
                Origin::NonLinguistic => "original without language".to_string(),
                Origin::Translation(from) => format!("translation from {}", language::canonical(from)),
            };
            let tag: Str = language::canonical(own.language).into();
            let at = *index.entry((tag.clone(), origin.clone())).or_insert_with(|| {
                languages.push(LanguageSummary { language: tag, origin, texts: 0, words: 0 });
                languages.len() - 1
            });
            languages[at].texts += 1;
            languages[at].words += text.content.plain_text().split_whitespace().count();
        }
    }
    let talents: HashMap<&str, &str> = script.talents.iter().map(|t| (&*t.id.0, &*t.name)).collect();
    let characters = script.characters.iter().map(|character| CharacterSummary {
        id: character.id.0.clone(),
        name: character.name.clone(),
        talent: character.talent.as_ref().and_then(|id| talents.get(&**id)).map(|&name| name.into()),
        lines: lines.get(&*character.id.0).copied().unwrap_or(0),
    });
    Summary {
        title: script.programme.as_ref().and_then(|p| p.title.clone()),
        script_type: script.script_type.as_ref().map(ToString::to_string),
        purpose: script.purpose.as_ref().map(ToString::to_string),
        language: script.language.as_deref().unwrap_or("").into(),
        language_source: script.language_source.as_deref().unwrap_or("").into(),
        frame_rate: context.clock().frame_rate.map(|rate| rate.to_string()),
        events: script.events.len(),
        begin: begin.map(|time| time.to_string()),
        end: end.map(|time| time.to_string()),
        languages,
        characters: characters.collect(),
    }
}
