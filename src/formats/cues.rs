//! Scripts as subtitles: which words are on when, in one language.

use std::collections::HashMap;

use super::{LossCode, Losses, WriteOptions};
use crate::ttal::computed::{Computed, Context};
use crate::ttal::language;
use crate::ttal::model::{Character, Event, Script, Text};
use crate::ttal::time::MediaTime;

/// One subtitle: an event with the texts of it that are to be shown.
#[derive(Debug, Clone)]
pub struct Cue<'s> {
    /// The event.
    pub event: &'s Event,
    /// What the event inherits and computes.
    pub computed: Computed<'s>,
    /// The texts to show, in document order, with what they compute; more than one where languages are stacked or
    /// the event has several texts in one language.
    pub texts: Vec<(&'s Text, Computed<'s>)>,
    /// When it comes, in media time: the event's begin, or the earliest of its texts'.
    pub begin: MediaTime,
    /// When it goes; where nothing says so, the next event's begin or four seconds after its own.
    pub end: MediaTime,
    /// Who speaks.
    pub characters: Vec<&'s Character>,
    /// Whether it is a forced narrative.
    pub forced: bool,
}

/// The language that a subtitle file of this script is in: the one asked for, or the document's default language if
/// any text has it, or else that of the first text.
pub fn language_of<'s>(script: &'s Script, options: &'s WriteOptions) -> &'s str {
    if let Some(language) = &options.language {
        return language;
    }
    let context = Context::new(script);
    let default = script.language.as_deref().unwrap_or("");
    let mut first = None;
    for event in &script.events {
        let computed = context.event(event);
        for text in &event.texts {
            let own = context.text(&computed, text).language;
            if language::same(own, default) {
                return default;
            }
            first.get_or_insert(own);
        }
    }
    first.unwrap_or(default)
}

/// The subtitles of a script, in the order of its events. Texts in other languages and events without a text in the
/// one asked for are left out and reported.
pub fn cues<'s>(
    script: &'s Script,
    context: &Context<'s>,
    options: &'s WriteOptions,
    losses: &mut Losses,
) -> Vec<Cue<'s>> {
    let wanted = language_of(script, options);
    let people: HashMap<&str, &Character> = script.characters.iter().map(|c| (&*c.id.0, c)).collect();
    let mut cues: Vec<Cue<'s>> = Vec::with_capacity(script.events.len());
    let mut open = Vec::new();
    // Plain subtitles have one text in each event: one in another language is no translation, but what is said there.
    let plain = script.script_type.is_none() && options.language.is_none();
    for event in &script.events {
        let computed = context.event(event);
        let all: Vec<_> = event.texts.iter().map(|text| (text, context.text(&computed, text))).collect();
        let total = all.len();
        let fits = |c: &Computed<'_>| {
            options.bilingual
                || (plain && total == 1)
                || c.language.is_empty()
                || language::matches(c.language, wanted)
        };
        let texts: Vec<_> = all.into_iter().filter(|(_, c)| fits(c)).collect();
        for _ in texts.len()..total {
            losses.add(LossCode::Lang, Some(&event.id), "texts in other languages");
        }
        if texts.is_empty() {
            continue;
        }
        let begin = texts.iter().map(|(_, c)| c.begin).min().unwrap_or(computed.begin);
        let end = texts.iter().map(|(_, c)| c.end).max().flatten();
        // A text without an end outlasts the others.
        let end = if texts.iter().any(|(_, c)| c.end.is_none()) { None } else { end };
        if end.is_none() {
            open.push(cues.len());
        }
        cues.push(Cue {
            event,
            computed,
            begin,
            end: end.unwrap_or(begin),
            characters: event.characters.iter().filter_map(|id| people.get(&*id.0).copied()).collect(),
            forced: texts.iter().any(|(text, _)| text.forced.or(event.forced).unwrap_or(false)),
            texts,
        });
    }
    let four_seconds = MediaTime::from_milliseconds(4000);
    for at in open {
        let begin = cues[at].begin;
        let next = cues.get(at + 1).map(|next| next.begin).filter(|&next| next > begin);
        cues[at].end = next.unwrap_or(begin + four_seconds).min(begin + four_seconds);
    }
    cues
}
