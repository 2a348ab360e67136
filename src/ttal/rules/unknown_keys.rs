//! S-08 in XML: keys that were carried over from JSON and are not known. The reader of JSON remarks on its own.

use super::context::Ctx;
use super::table::S_08;
use super::{Remark, Remarks, Syntax};
use crate::ttal::model::{Body, Character, Event, Group, Script, Span, Talent, Text, Unknown};
use crate::ttal::place::Place;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    if ctx.syntax == Syntax::Json {
        return;
    }
    let mut say = |unknown: &Unknown, known: &[&str], at: Place, event: Option<&str>| {
        for (key, _) in unknown {
            out.push(
                Remark::new(&S_08, at.whole(), format!("unknown key `{key}`"))
                    .in_event(event)
                    .found(&**key)
                    .maybe_fix(super::did_you_mean(key, known.iter().copied())),
            );
        }
    };
    for talent in &ctx.script.talents {
        say(&talent.unknown, Talent::KEYS, talent.at, None);
    }
    for character in &ctx.script.characters {
        say(&character.unknown, Character::KEYS, character.at, None);
    }
    for part in &ctx.parts {
        use super::context::Element;
        let known = match part.element {
            Element::Script(_) => Script::KEYS,
            Element::Body(_) => Body::KEYS,
            Element::Group(_) => Group::KEYS,
            Element::Event(_) => Event::KEYS,
            Element::Text(_) => Text::KEYS,
            Element::Span(_) => Span::KEYS,
        };
        say(part.element.unknown(), known, part.element.at(), part.event_id());
    }
}
