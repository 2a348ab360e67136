//! what is declared and never named.

use std::collections::HashSet;

use super::context::{Ctx, Kind};
use super::table::R_05;
use super::{Remark, Remarks};
use crate::ttal::place::Place;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let script = ctx.script;
    // A script that is only begun declares first.
    if script.events.is_empty() {
        return;
    }
    let mut used: HashSet<&str> = HashSet::new();
    for part in &ctx.parts {
        let element = part.element;
        used.extend(element.characters().iter().map(|id| &**id));
        used.extend(element.style().iter().map(|id| &**id));
        used.extend(element.region().map(|id| &**id));
        let sources = element.audio().iter().flat_map(|recording| &recording.sources);
        used.extend(sources.filter_map(|source| source.resource.as_deref()));
    }
    let sources = script.resources.iter().flat_map(|resource| &resource.sources);
    used.extend(sources.filter_map(|source| source.resource.as_deref()));
    for character in &script.characters {
        used.extend(character.talent.as_deref());
        used.extend(character.styles.iter().map(|id| &**id));
    }
    let bases = script.styles.iter().flat_map(|style| &style.style);
    used.extend(bases.chain(script.regions.iter().flat_map(|region| &region.style)).map(|id| &**id));
    let mut unused = |id: &str, kind: Kind, at: Place| {
        if !id.is_empty() && !used.contains(id) {
            let word = kind.name().trim_start_matches("a ");
            out.push(Remark::new(&R_05, at.whole(), format!("the {word} \"{id}\" is never used")).found(id));
        }
    };
    script.characters.iter().for_each(|character| unused(&character.id, Kind::Character, character.at));
    script.talents.iter().for_each(|talent| unused(&talent.id, Kind::Talent, talent.at));
    for style in script.styles.iter().filter(|style| style.initial != Some(true)) {
        unused(style.id.as_deref().unwrap_or(""), Kind::Style, style.at);
    }
    script.regions.iter().for_each(|region| unused(&region.id, Kind::Region, region.at));
    script.resources.iter().for_each(|resource| unused(&resource.id, Kind::Resource, resource.at));
}
