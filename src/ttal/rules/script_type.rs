//! D-04, D-10 to D-12: words out of a list on the script and its events, and descriptions.

use super::context::Ctx;
use super::table::{D_04, D_10, D_11, D_12};
use super::{Remark, Remarks, did_you_mean, one_of};
use crate::ttal::model::{OnScreen, ScriptType};

/// The registered values. DAPT, descType registry.
const DESCRIPTION_TYPES: &[&str] = &["pronunciationNote", "scene", "plotSignificance"];

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let spot = ctx.script.at.key("scriptType");
    match &ctx.script.script_type {
        None => out.push(
            Remark::new(&D_04, spot, "the script does not say which type it has")
                .expected(one_of(ScriptType::WORDS)),
        ),
        Some(ScriptType::Other(word)) => out.push(
            Remark::new(&D_04, spot, format!("\"{word}\" is no type of script"))
                .found(&**word)
                .expected(one_of(ScriptType::WORDS))
                .maybe_fix(did_you_mean(word, ScriptType::WORDS.iter().copied())),
        ),
        Some(_) => {}
    }
    for event in &ctx.script.events {
        if let Some(OnScreen::Other(word)) = &event.on_screen {
            out.push(
                Remark::new(&D_10, event.at.key("onScreen"), format!("\"{word}\" is no value of `onScreen`"))
                    .event(&event.id)
                    .found(&**word)
                    .expected(one_of(OnScreen::WORDS))
                    .maybe_fix(did_you_mean(word, OnScreen::WORDS.iter().copied())),
            );
        }
        for description in &event.descriptions {
            if let Some(kind) = description.kind.as_deref()
                && !kind.starts_with("x-")
                && !DESCRIPTION_TYPES.contains(&kind)
            {
                let near = did_you_mean(kind, DESCRIPTION_TYPES.iter().copied());
                out.push(
                    Remark::new(
                        &D_11,
                        description.at.key("type"),
                        format!("\"{kind}\" is no registered type of description"),
                    )
                    .event(&event.id)
                    .found(kind)
                    .expected(format!("{}, or a word beginning with x-", DESCRIPTION_TYPES.join(", ")))
                    .maybe_fix(near.or_else(|| (!kind.is_empty()).then(|| format!("write `x-{kind}`")))),
                );
            }
            if description.text.trim().is_empty() {
                out.push(
                    Remark::new(&D_12, description.at.key("text"), "the description is empty")
                        .event(&event.id),
                );
            }
        }
    }
}
