//! L-05, L-06 and L-08: the languages of texts, and where they come from.

use super::context::{Ctx, Part};
use super::table::{L_05, L_06, L_08};
use super::{Remark, Remarks, Suite, Syntax};
use crate::findings::Severity;
use crate::ttal::computed::Origin;
use crate::ttal::language;
use crate::ttal::model::Event;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    check_determined(ctx, out);
    for (_, part) in ctx.texts() {
        check_region(part, out);
    }
    check_same(ctx, out);
}

/// L-05. What all texts inherit is said once, of the root.
fn check_determined(ctx: &Ctx<'_>, out: &mut Remarks) {
    let root = ctx.script.at.key("languageSource");
    let undetermined = |source: &str| source.is_empty() || source.eq_ignore_ascii_case("und");
    let authored = ctx.script.language_source.as_deref();
    let inherits = |part: &Part<'_>| {
        let event = part.event.and_then(|event| event.language_source.as_ref());
        part.element.language_source().is_none() && event.is_none()
    };
    let about: Vec<&Part<'_>> = ctx
        .texts()
        .map(|(_, part)| part)
        .filter(|part| undetermined(part.computed.language_source))
        .collect();
    let suite = ctx.options.suite == Some(Suite::DaptTests202511);
    let name = if ctx.syntax == Syntax::Xml { "daptm:langSrc" } else { "languageSource" };
    let fix =
        format!("give `{name}`: the language itself for an original, zxx where the source has no language");
    let mut at_root = false;
    if authored == Some("") {
        let severity = if suite { Severity::Error } else { Severity::Warning };
        out.push(
            Remark::new(&L_05, root, "the source language of the script is empty: not determined")
                .severity(severity)
                .found("")
                .fix(fix.as_str()),
        );
        at_root = true;
    } else if about.iter().filter(|part| inherits(part)).count() > 1 {
        let message = match authored {
            Some(_) => "the source language of the script is not determined",
            None => "the script has no source language, and texts inherit that",
        };
        out.push(Remark::new(&L_05, root, message).fix(fix.as_str()));
        at_root = true;
    }
    for part in about {
        if !(at_root && inherits(part)) {
            out.push(
                Remark::new(
                    &L_05,
                    part.element.at().key("languageSource"),
                    "the source language of the text is not determined",
                )
                .in_event(part.event_id())
                .fix(fix.as_str()),
            );
        }
    }
}

/// L-06.
fn check_region(part: &Part<'_>, out: &mut Remarks) {
    let Origin::Translation(source) = part.computed.origin() else { return };
    let own = part.computed.language;
    let primary = |tag: &str| tag.split('-').next().unwrap_or("").to_ascii_lowercase();
    if primary(own) == primary(source) {
        let message = format!("the text counts as a translation from {source} into {own}");
        out.push(
            Remark::new(&L_06, part.element.at().key("languageSource"), message)
                .in_event(part.event_id())
                .found(source)
                .fix(format!("if it is an original, write `{own}`")),
        );
    }
}

/// L-08.
fn check_same(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut texts: Vec<&Part<'_>> = Vec::new();
    let mut event: Option<&Event> = None;
    for part in &ctx.parts {
        if part.text().is_none() {
            continue;
        }
        if !event.zip(part.event).is_some_and(|(a, b)| std::ptr::eq(a, b)) {
            texts.clear();
            event = part.event;
        }
        // Texts that follow each other are told apart by their times.
        let apart = |other: &Part<'_>| {
            let (a, b) = (&part.computed, &other.computed);
            a.end.is_some_and(|end| end <= b.begin) || b.end.is_some_and(|end| end <= a.begin)
        };
        let same = texts.iter().rev().take(COMPARED).find(|other| {
            other.computed.represents == part.computed.represents
                && language::same(other.computed.language, part.computed.language)
                && !apart(other)
        });
        if let Some(other) = same {
            let message =
                format!("the event has another text in {} of the same kind", part.computed.language);
            out.push(
                Remark::new(&L_08, part.element.at().whole(), message)
                    .in_event(part.event_id())
                    .related(other.element.at().whole(), "the other text"),
            );
        }
        texts.push(part);
    }
}

/// So many texts before a text are compared with it; no event has more.
const COMPARED: usize = 64;
