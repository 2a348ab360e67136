//! LN-04 to LN-06: where texts came from.

use std::collections::{HashMap, HashSet};

use super::context::{Ctx, Part};
use super::table::{LN_04, LN_05, LN_06};
use super::{Remark, Remarks};
use crate::ttal::computed::Origin;
use crate::ttal::language;
use crate::ttal::model::DerivationOp;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    check_originals(ctx, out);
    let by_id: HashMap<&str, &Part<'_>> =
        ctx.texts().filter_map(|(text, part)| Some((text.id.as_deref()?, part))).collect();
    for (text, part) in ctx.texts() {
        for origin in &text.derived_from {
            let Some(from) = by_id.get(&*origin.text) else { continue };
            let Some(before) = from.text() else { continue };
            let spot = origin.at.key("op");
            let same_language = language::same(from.computed.language, part.computed.language);
            if origin.op == DerivationOp::Copy
                && same_language
                && before.content.plain_text() != text.content.plain_text()
            {
                out.push(
                    Remark::new(
                        &LN_05,
                        spot,
                        format!("the words are not those of {}, which they are a copy of", &*origin.text),
                    )
                    .in_event(part.event_id())
                    .found("copy")
                    .expected("edit"),
                );
            }
            let source = part.computed.language_source;
            let kept = language::same(source, from.computed.language_source)
                && matches!(from.computed.origin(), Origin::Translation(_));
            if !same_language && kept && !language::same(source, from.computed.language) {
                let message = format!(
                    "the text came from one in {}, but its source language is {source}",
                    from.computed.language
                );
                out.push(
                    Remark::new(&LN_06, part.element.at().key("languageSource"), message)
                        .in_event(part.event_id())
                        .found(source)
                        .expected(from.computed.language),
                );
            }
        }
    }
}

/// LN-04. In a document without any original that is said once.
fn check_originals(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut with_original: HashSet<&str> = HashSet::new();
    for (_, part) in ctx.texts() {
        if !matches!(part.computed.origin(), Origin::Translation(_)) {
            with_original.extend(part.event_id());
        }
    }
    let mut first: Option<&Part<'_>> = None;
    let mut count = 0;
    for (text, part) in ctx.texts() {
        let Some(event) = part.event else { continue };
        let translated = matches!(part.computed.origin(), Origin::Translation(_));
        let known = with_original.contains(&*event.id)
            || !text.derived_from.is_empty()
            || !event.derived_from.is_empty();
        if !translated || known {
            continue;
        }
        if with_original.is_empty() {
            first = first.or(Some(part));
            count += 1;
        } else {
            let message = "the text is a translation, but its original is not in the document";
            out.push(Remark::new(&LN_04, part.element.at().whole(), message).event(&event.id));
        }
    }
    if let Some(part) = first {
        let message = format!(
            "no original is in the document, nor says where the translations came from ({count} texts, this is the first)"
        );
        out.push(Remark::new(&LN_04, part.element.at().whole(), message).in_event(part.event_id()));
    }
}
