//! A part of a script: the events of some characters, or of some kind.

use std::str::FromStr;

use super::computed::Context;
use super::language;
use super::model::{ContentDescriptor, Event, Script, Str};
use super::normal::tree::{Child, Tree};
use crate::error::{Error, Result};

/// Which kind of events to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Forced narratives.
    Forced,
    /// Events that stand for this part of the programme, or a part of it.
    Represents(ContentDescriptor),
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let descriptor = match text {
            "forced" => return Ok(Kind::Forced),
            "dialogue" => "audio.dialogue",
            "sounds" => "audio.nonDialogueSounds",
            "onscreen" => "visual.text",
            "description" => "visual.nonText",
            other if other.starts_with("audio") || other.starts_with("visual") || other.starts_with("x-") => {
                other
            }
            other => {
                return Err(Error::usage(format!(
                    "`{other}` is no kind of event; kinds are forced, dialogue, sounds, onscreen, description, or a \
                     content descriptor as visual.text.location"
                )));
            }
        };
        Ok(Kind::Represents(descriptor.into()))
    }
}

/// Keeps the events of these characters, by identifier or name. None given keeps all.
///
/// # Errors
/// `Usage` with the nearest name where nobody is called that.
pub fn keep_characters(script: &mut Script, wanted: &[String]) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut ids = Vec::new();
    for name in wanted {
        let fits = |c: &&super::model::Character| {
            *c.id == **name
                || c.name.eq_ignore_ascii_case(name)
                || c.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
        };
        let found: Vec<_> = script.characters.iter().filter(fits).map(|c| c.id.clone()).collect();
        if found.is_empty() {
            let names = script.characters.iter().flat_map(|c| [&*c.name, &*c.id.0]);
            let hint = crate::nearest::nearest(name, names).map_or_else(
                || "`ttal show` lists them".to_string(),
                |nearest| format!("did you mean `{nearest}`?"),
            );
            return Err(Error::usage(format!("no character is called `{name}`; {hint}")));
        }
        ids.extend(found);
    }
    keep(script, |event| event.characters.iter().any(|id| ids.contains(id)));
    Ok(())
}

/// Keeps the events of one kind.
pub fn keep_kind(script: &mut Script, kind: &Kind) {
    let chosen: Vec<bool> = {
        let context = Context::new(script);
        let takes = |event: &Event| match kind {
            Kind::Forced => {
                let any = event.texts.iter().any(|text| text.forced == Some(true));
                any || (event.forced == Some(true)
                    && event.texts.iter().all(|text| text.forced != Some(false)))
            }
            Kind::Represents(descriptor) => {
                let computed = context.event(event);
                let fits = |represents: &str| ContentDescriptor::from(represents).is_subtype_of(descriptor);
                fits(computed.represents)
                    || event.texts.iter().any(|text| fits(context.text(&computed, text).represents))
            }
        };
        script.events.iter().map(takes).collect()
    };
    let mut chosen = chosen.into_iter();
    keep(script, |_| chosen.next().unwrap_or(false));
    if *kind == Kind::Forced {
        for event in &mut script.events {
            event.texts.retain(|text| text.forced != Some(false));
        }
    }
}

/// Keeps events, and corrects the numbers by which groups find their place among them.
fn keep(script: &mut Script, takes: impl FnMut(&Event) -> bool) {
    let kept: Vec<bool> = script.events.iter().map(takes).collect();
    let tree = Tree::of(script);
    for children in std::iter::once(&tree.top).chain(&tree.groups) {
        let mut before = 0;
        for child in children {
            match *child {
                Child::Event(at) => before += u32::from(kept[at]),
                Child::Group(at) => {
                    script.groups[at].index = before;
                    before += 1;
                }
            }
        }
    }
    let mut kept = kept.into_iter();
    script.events.retain(|_| kept.next().unwrap_or(false));
}

/// Makes sure that there are texts in a language, where there are texts at all.
///
/// # Errors
/// `Usage` where none is, with the languages that there are.
pub fn require_language(script: &Script, wanted: &str) -> Result<()> {
    let context = Context::new(script);
    let mut present: Vec<&str> = Vec::new();
    for event in &script.events {
        let computed = context.event(event);
        for text in &event.texts {
            let language = context.text(&computed, text).language;
            if language::matches(language, wanted) {
                return Ok(());
            }
            if !present.contains(&language) {
                present.push(language);
            }
        }
    }
    if present.is_empty() {
        return Ok(());
    }
    present.sort_unstable();
    Err(Error::usage(format!("no text is in `{wanted}`; there are texts in {}", present.join(", "))))
}

/// Keeps the texts of one language. All events stay; the identifier of an event is given for every text that goes.
pub fn keep_language(script: &mut Script, wanted: &str) -> Vec<Str> {
    let chosen: Vec<Vec<bool>> = {
        let context = Context::new(script);
        let takes = |event: &Event| {
            let computed = context.event(event);
            event
                .texts
                .iter()
                .map(|text| language::matches(context.text(&computed, text).language, wanted))
                .collect()
        };
        script.events.iter().map(takes).collect()
    };
    let mut gone = Vec::new();
    for (event, chosen) in script.events.iter_mut().zip(chosen) {
        gone.extend(chosen.iter().filter(|kept| !**kept).map(|_| event.id.0.clone()));
        let mut chosen = chosen.into_iter();
        event.texts.retain(|_| chosen.next().unwrap_or(false));
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Group;

    #[test]
    fn groups_stay_between_their_events() {
        let event = |id: &str, group: Option<&str>| Event {
            id: id.into(),
            group: group.map(Into::into),
            ..Event::default()
        };
        let group = |id: &str, index| Group { id: Some(id.into()), index, ..Group::default() };
        let mut script = Script {
            // The body holds a, g, b, c, h.
            events: [event("a", None), event("x", Some("g")), event("b", None), event("c", None)]
                .into_iter()
                .collect(),
            groups: [group("g", 1), group("h", 4)].into_iter().collect(),
            ..Script::default()
        };
        keep(&mut script, |event| &*event.id != "a" && &*event.id != "b");
        let indexes: Vec<u32> = script.groups.iter().map(|group| group.index).collect();
        assert_eq!(indexes, [0, 2]);
    }
}
