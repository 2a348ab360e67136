//! D-05 to D-09: what the script and its parts represent.

use std::collections::HashSet;

use super::context::{Ctx, Element, Part};
use super::table::{D_05, D_06, D_07, D_08, D_09};
use super::{Remark, Remarks, Syntax, did_you_mean};
use crate::ttal::model::ContentDescriptor;
use crate::ttal::model::value::{continues_a_name, starts_a_name};

/// The registered values. DAPT, content-descriptor registry.
const REGISTERED: &[&str] = &[
    "audio",
    "audio.dialogue",
    "audio.nonDialogueSounds",
    "visual",
    "visual.dialogue",
    "visual.nonText",
    "visual.text",
    "visual.text.title",
    "visual.text.credit",
    "visual.text.location",
];

/// Why a value is no content descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Empty,
    Form,
    Unregistered,
}

fn judge(value: &str) -> Result<(), Wrong> {
    if value.is_empty() {
        return Err(Wrong::Empty);
    }
    // A token is an XML name token without full stops: it may begin with what a name can only go on with.
    let token = |token: &str| {
        !token.is_empty() && token.chars().all(|c| starts_a_name(c) || (continues_a_name(c) && c != '.'))
    };
    if !value.split('.').all(token) {
        return Err(Wrong::Form);
    }
    if value.starts_with("x-") || REGISTERED.contains(&value) {
        return Ok(());
    }
    let extends = |known: &&&str| {
        value
            .strip_prefix(**known)
            .and_then(|rest| rest.strip_prefix('.'))
            .is_some_and(|rest| rest.starts_with("x-"))
    };
    REGISTERED.iter().find(extends).map(|_| ()).ok_or(Wrong::Unregistered)
}

/// What to write instead of a value that is not registered.
fn fix(value: &str) -> Option<String> {
    did_you_mean(value, REGISTERED.iter().copied()).or_else(|| {
        let (known, rest) = value.rsplit_once('.')?;
        judge(known).is_ok().then(|| format!("write `{known}.x-{rest}`"))
    })
}

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let script = ctx.script;
    let spot = script.at.key("scriptRepresents");
    if script.script_represents.is_empty() {
        out.push(
            Remark::new(&D_05, spot, "the script does not say which parts of the programme it represents")
                .fix("give `scriptRepresents`, as [\"audio.dialogue\"]"),
        );
    }
    for value in &script.script_represents {
        match judge(value) {
            Ok(()) => {}
            Err(Wrong::Empty) => out.push(Remark::new(&D_05, spot, "a value of `scriptRepresents` is empty")),
            Err(wrong) => out.push(unregistered(value, wrong, Remark::new(&D_06, spot, ""))),
        }
    }
    let mut inherited = HashSet::new();
    for part in &ctx.parts {
        if let Some(own) = part.element.represents() {
            check_own(ctx, part, own, out);
        }
        check_computed(part, &mut inherited, out);
    }
}

fn unregistered(value: &str, wrong: Wrong, remark: Remark) -> Remark {
    let mut remark = remark.found(value);
    remark.message = match wrong {
        Wrong::Form => format!("\"{value}\" is no content descriptor: write names joined by full stops"),
        _ => format!("\"{value}\" is no registered content descriptor, and has no part beginning with x-"),
    };
    remark.maybe_fix(fix(value)).expected(REGISTERED.join(", "))
}

/// What a part says it represents.
fn check_own(ctx: &Ctx<'_>, part: &Part<'_>, own: &ContentDescriptor, out: &mut Remarks) {
    let spot = part.element.at().key("represents");
    let remark = |rule| Remark::new(rule, spot, "").in_event(part.event_id());
    if own.contains(|c: char| c.is_whitespace() || c == ',') && own.split_whitespace().count() > 1 {
        // The reader of XML has said so already.
        if ctx.syntax == Syntax::Json {
            let mut remark = remark(&D_09).found(&**own).expected("one content descriptor");
            remark.message = "`represents` is one value, not a list".into();
            out.push(remark);
        }
        return;
    }
    match judge(own) {
        // Said of the events that inherit it.
        Err(Wrong::Empty) => {}
        Err(wrong) => out.push(unregistered(own, wrong, remark(&D_06))),
        Ok(()) => {
            let covers = &ctx.script.script_represents;
            // A list with an invalid value may have been meant to cover it.
            let known = !covers.is_empty() && covers.iter().all(|value| judge(value).is_ok());
            if known && !covers.iter().any(|value| own.is_subtype_of(value)) {
                let list: Vec<&str> = covers.iter().map(|value| &**value).collect();
                let mut remark =
                    remark(&D_08).found(&**own).expected(format!("a sub-type of {}", list.join(" or ")));
                remark.message =
                    format!("this represents {}, which is not within what the script represents", &**own);
                out.push(remark.fix(format!("add `{}` to `scriptRepresents`, or change this value", &**own)));
            }
        }
    }
}

/// What an event, text or span comes to represent.
fn check_computed<'s>(part: &Part<'s>, inherited: &mut HashSet<&'s str>, out: &mut Remarks) {
    let own = part.element.represents();
    // Texts and spans that only inherit go the way of their event.
    let asked = match part.element {
        Element::Event(_) => true,
        Element::Text(_) | Element::Span(_) => own.is_some(),
        _ => false,
    };
    if !asked {
        return;
    }
    let value = part.computed.represents;
    let what = part.element.name();
    let remark = |message: String| {
        Remark::new(&D_07, part.element.at().key("represents"), message).in_event(part.event_id())
    };
    match judge(value) {
        Ok(()) => {}
        Err(Wrong::Empty) => out.push(
            remark(format!("nothing says what this {what} represents"))
                .fix("give `represents` here, or on the script for all events"),
        ),
        // The value itself is remarked on where it stands; here, once for each, that it is inherited.
        Err(_) if own.is_none() && inherited.insert(value) => out.push(
            remark(format!("this {what} inherits \"{value}\", which is no valid content descriptor"))
                .found(value),
        ),
        Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_registered_or_marked() {
        for value in [
            "audio",
            "visual.text.location",
            "x-own",
            "x-own.part",
            "audio.dialogue.x-song.low",
            "visual.x-1",
        ] {
            assert_eq!(judge(value), Ok(()), "{value}");
        }
        for value in ["audio.song", "dialogue", "Audio", "audio.dialogue.song.x-low"] {
            assert_eq!(judge(value), Err(Wrong::Unregistered), "{value}");
        }
        for value in ["#invalid", "audio.", ".", "audio..x-a", "audio,"] {
            assert_eq!(judge(value), Err(Wrong::Form), "{value}");
        }
        assert_eq!(fix("audio.dialoge").as_deref(), Some("write `audio.dialogue`"));
        assert_eq!(fix("audio.dialogue.song").as_deref(), Some("write `audio.dialogue.x-song`"));
    }
}
