//! whether what is named is there.

use std::collections::HashMap;

use super::context::{Ctx, Kind};
use super::table::{R_03, R_04};
use super::{Remark, Remarks, did_you_mean};
use crate::findings::Severity;
use crate::ttal::model::{Id, Style};
use crate::ttal::place::Spot;

/// So many identifiers are searched for one that was meant.
const SEARCHED: usize = 2000;

/// Names what a reference should lead to.
struct Names<'s> {
    sorted: HashMap<&'static str, Vec<&'s str>>,
    /// What is named and not there is often named many times.
    meant: HashMap<(&'static str, &'s str), Option<String>>,
}

impl<'s> Names<'s> {
    fn fix(&mut self, ctx: &Ctx<'s>, kind: Kind, id: &'s str) -> Option<String> {
        let list = self.sorted.entry(kind.name()).or_insert_with(|| {
            let mut list: Vec<&str> = ctx.ids_of(kind).collect();
            list.sort_unstable();
            list.truncate(SEARCHED);
            list
        });
        self.meant.entry((kind.name(), id)).or_insert_with(|| did_you_mean(id, list.iter().copied())).clone()
    }
}

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut names = Names { sorted: HashMap::new(), meant: HashMap::new() };
    for part in &ctx.parts {
        let (element, event) = (part.element, part.event_id());
        let at = element.at();
        for id in element.characters() {
            check_character(ctx, &mut names, id, at.key("characters"), event, out);
        }
        let mut named = |id, kind, key| refer(ctx, &mut names, id, kind, at.key(key), event, out);
        element.style().iter().for_each(|id| named(id, Kind::Style, "style"));
        element.region().into_iter().for_each(|id| named(id, Kind::Region, "region"));
        for source in element.audio().iter().flat_map(|recording| &recording.sources) {
            let spot = source.at.key("resource");
            source
                .resource
                .iter()
                .for_each(|id| refer(ctx, &mut names, id, Kind::Resource, spot, event, out));
        }
        if let Some(text) = part.text() {
            for origin in &text.derived_from {
                derived(ctx, &origin.text, Kind::Text, origin.at.key("text"), event, out);
            }
        }
    }
    for event in &ctx.script.events {
        let id = Some(&*event.id);
        let mut named = |name, kind, key| refer(ctx, &mut names, name, kind, event.at.key(key), id, out);
        event.scene.iter().for_each(|scene| named(scene, Kind::Scene, "scene"));
        event.recording_loop.iter().for_each(|entry| named(entry, Kind::Loop, "loop"));
        for origin in &event.derived_from {
            derived(ctx, &origin.event, Kind::Event, origin.at.key("event"), id, out);
        }
        check_group(ctx, event.group.as_deref(), event.at.key("group"), id, out);
    }
    for group in &ctx.script.groups {
        check_group(ctx, group.parent.as_deref(), group.at.key("parent"), None, out);
    }
    for character in &ctx.script.characters {
        for id in &character.styles {
            refer(ctx, &mut names, id, Kind::Style, character.at.key("styles"), None, out);
        }
    }
    for (styles, at) in (ctx.script.styles.iter().map(|style| (&style.style, style.at)))
        .chain(ctx.script.regions.iter().map(|region| (&region.style, region.at)))
    {
        styles.iter().for_each(|id| refer(ctx, &mut names, id, Kind::Style, at.key("style"), None, out));
    }
    check_style_loops(ctx, out);
    check_group_loops(ctx, out);
}

fn check_character<'s>(
    ctx: &Ctx<'s>,
    names: &mut Names<'s>,
    id: &'s Id,
    spot: Spot,
    event: Option<&str>,
    out: &mut Remarks,
) {
    let (severity, message) = match ctx.kind(id) {
        Some(Kind::Character) => return,
        Some(Kind::Talent) => (Severity::Warning, format!("\"{}\" is a talent: name the character", &**id)),
        Some(kind) => (Severity::Error, format!("\"{}\" is {}, not a character", &**id, kind.name())),
        None => (Severity::Error, format!("no character \"{}\" is declared", &**id)),
    };
    let fix = if severity == Severity::Error { names.fix(ctx, Kind::Character, id) } else { None };
    out.push(
        Remark::new(&R_03, spot, message).severity(severity).in_event(event).found(&**id).maybe_fix(fix),
    );
}

fn refer<'s>(
    ctx: &Ctx<'s>,
    names: &mut Names<'s>,
    id: &'s Id,
    wanted: Kind,
    spot: Spot,
    event: Option<&str>,
    out: &mut Remarks,
) {
    let word = wanted.name().trim_start_matches("a ");
    let message = match ctx.kind(id) {
        Some(kind) if kind == wanted => return,
        Some(kind) => format!("\"{}\" is {}, not {}", &**id, kind.name(), wanted.name()),
        None => format!("no {word} \"{}\" is declared", &**id),
    };
    let fix = names.fix(ctx, wanted, id);
    out.push(Remark::new(&R_04, spot, message).in_event(event).found(&**id).maybe_fix(fix));
}

/// Where an event or text came from: in this document, or in one that it was made from.
fn derived(ctx: &Ctx<'_>, id: &str, wanted: Kind, spot: Spot, event: Option<&str>, out: &mut Remarks) {
    let (severity, message) = match ctx.kind(id) {
        Some(kind) if kind == wanted => return,
        Some(kind) => (Severity::Error, format!("\"{id}\" is {}, not {}", kind.name(), wanted.name())),
        None if ctx.script.lineage.iter().any(|step| !step.inputs.is_empty()) => return,
        None => {
            let message = format!("\"{id}\" is not in this document, and the lineage names no other");
            (Severity::Warning, message)
        }
    };
    out.push(Remark::new(&R_04, spot, message).severity(severity).in_event(event).found(id));
}

fn check_group(ctx: &Ctx<'_>, group: Option<&str>, spot: Spot, event: Option<&str>, out: &mut Remarks) {
    let Some(group) = group.filter(|group| ctx.context.group(group).is_none()) else { return };
    let message = match ctx.kind(group) {
        Some(kind) => format!("\"{group}\" is {}, not a group", kind.name()),
        None => format!("there is no group \"{group}\""),
    };
    out.push(Remark::new(&R_04, spot, message).in_event(event).found(group));
}

/// Styles that build upon themselves.
fn check_style_loops(ctx: &Ctx<'_>, out: &mut Remarks) {
    let styles = &ctx.script.styles;
    let by_id: HashMap<&str, usize> =
        styles.iter().enumerate().filter_map(|(at, style)| Some((&**style.id.as_ref()?, at))).collect();
    let below = |style: &Style| -> Vec<usize> {
        style.style.iter().filter_map(|id| by_id.get(&**id).copied()).collect()
    };
    /// Whether a style was gone through.
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; styles.len()];
    for start in 0..styles.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        let mut stack = vec![(start, below(&styles[start]))];
        while let Some((at, rest)) = stack.last_mut() {
            let at = *at;
            match rest.pop() {
                None => {
                    states[at] = State::Done;
                    stack.pop();
                }
                Some(next) if states[next] == State::Open => {
                    let name = styles[next].id.as_deref().unwrap_or("");
                    let message = format!("the style \"{name}\" contains itself");
                    out.push(Remark::new(&R_04, styles[at].at.key("style"), message).found(name));
                }
                Some(next) if states[next] == State::New => {
                    states[next] = State::Open;
                    stack.push((next, below(&styles[next])));
                }
                Some(_) => {}
            }
        }
    }
}

/// Groups that sit in themselves.
fn check_group_loops(ctx: &Ctx<'_>, out: &mut Remarks) {
    let groups = &ctx.script.groups;
    let parent = |at: usize| groups[at].parent.as_deref().and_then(|parent| ctx.context.group(parent));
    // The round in which a group was gone through, from 1.
    let mut seen = vec![0; groups.len()];
    for start in 0..groups.len() {
        let mut at = Some(start);
        while let Some(group) = at.filter(|&group| seen[group] == 0) {
            seen[group] = start + 1;
            at = parent(group);
        }
        if let Some(group) = at.filter(|&group| seen[group] == start + 1) {
            let message = "the group sits in itself";
            out.push(Remark::new(&R_04, groups[group].at.key("parent"), message));
        }
    }
}
