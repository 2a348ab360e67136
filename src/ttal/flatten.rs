//! A script with everything that is inherited written out.

use super::computed::{Computed, Context};
use super::model::{Event, Language, List, Node, Script, Span, Text, Time};
use super::time::MediaTime;

/// The script without wrappers: absolute times on events, language, language source and what is represented on every
/// event and text, times of texts and spans relative as they must be. Attributes of the body and of groups that are
/// about looks are left behind on them: only facts come down.
pub fn flatten(script: &Script) -> Script {
    let context = Context::new(script);
    let events: List<Event> = script.events.iter().map(|event| flat_event(&context, event)).collect();
    Script { events, groups: List::new(), body: None, ..script.clone() }
}

fn flat_event(context: &Context<'_>, event: &Event) -> Event {
    let computed = context.event(event);
    let mut texts: List<Text> = event.texts.clone();
    for text in &mut texts {
        let own = context.text(&computed, text);
        let (language, source) = (own.language.into(), own.language_source.into());
        let represents = own.represents.into();
        let (begin, end) = (own.begin - computed.begin, own.end.map(|end| end - computed.begin));
        for node in &mut text.content.0 {
            flat_node(context, node);
        }
        text.language = Some(language);
        text.language_source = Some(source);
        text.represents = Some(represents);
        if text.begin.is_some() || text.end.is_some() || text.dur.is_some() {
            (text.begin, text.end, text.dur) = (Some(Time::clock(begin)), end.map(Time::clock), None);
        }
    }
    let (begin, end) = times(&computed);
    Event {
        begin,
        end,
        dur: None,
        language: Some(computed.language.into()),
        language_source: Some(computed.language_source.into()),
        represents: Some(computed.represents.into()),
        group: None,
        texts,
        ..event.clone()
    }
}

fn times(computed: &Computed<'_>) -> (Option<Time>, Option<Time>) {
    (Some(Time::clock(computed.begin)), computed.end.map(Time::clock))
}

/// Times of spans stay relative to their parents; a duration becomes an end.
fn flat_node(context: &Context<'_>, node: &mut Node) {
    let Node::Span(span) = node else { return };
    let Span { begin, end, dur, .. } = &**span;
    if begin.is_some() || end.is_some() || dur.is_some() {
        let parent =
            Computed { begin: MediaTime::ZERO, end: None, language: "", language_source: "", represents: "" };
        let (from, to) = context.interval(&parent, begin.as_ref(), end.as_ref(), dur.as_ref());
        (span.begin, span.end, span.dur) = (Some(Time::clock(from)), to.map(Time::clock), None);
    }
    for node in &mut span.content {
        flat_node(context, node);
    }
}

/// Writes the languages that texts and descriptions inherit onto them, so that a change of the document's default
/// language does not change what they mean.
pub fn pin_languages(script: &mut Script) {
    let pinned: Vec<(Language, Vec<(Language, Language)>)> = {
        let context = Context::new(script);
        let pin = |event: &Event| {
            let computed = context.event(event);
            let texts = event.texts.iter().map(|text| {
                let own = context.text(&computed, text);
                (own.language.into(), own.language_source.into())
            });
            (computed.language.into(), texts.collect())
        };
        script.events.iter().map(pin).collect()
    };
    for (event, (language, texts)) in script.events.iter_mut().zip(pinned) {
        for description in &mut event.descriptions {
            description.language.get_or_insert_with(|| language.clone());
        }
        for (text, (language, source)) in event.texts.iter_mut().zip(texts) {
            text.language.get_or_insert(language);
            text.language_source.get_or_insert(source);
        }
    }
}
