//! identifiers.

use super::context::Ctx;
use super::table::{R_01, R_02};
use super::walk::identifiers;
use super::{Remark, Remarks};

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut seen = std::collections::HashSet::new();
    identifiers(ctx.script, &mut |id, kind, at, event| {
        // Nothing in place of an identifier is a matter of form.
        if id.is_empty() {
            return;
        }
        let spot = at.key("id");
        if !id.is_name() {
            out.push(
                Remark::new(&R_01, spot, format!("\"{}\" is no XML name", &**id))
                    .in_event(event)
                    .found(&**id)
                    .maybe_fix(as_name(id)),
            );
        }
        if seen.insert(&**id) {
            return;
        }
        let Some(first) = ctx.ids.get(&**id) else { return };
        let other = if first.kind == kind {
            "another of its kind".to_string()
        } else {
            first.kind.name().to_string()
        };
        out.push(
            Remark::new(&R_02, spot, format!("\"{}\" is the identifier of {other} already", &**id))
                .in_event(event)
                .found(&**id)
                .related(first.at.whole(), "the first one"),
        );
    });
}

/// A name that looks like an identifier that is none.
fn as_name(id: &str) -> Option<String> {
    use crate::ttal::model::value::{continues_a_name, starts_a_name};
    let mut name: String = id.trim().chars().map(|c| if continues_a_name(c) { c } else { '_' }).collect();
    if !name.starts_with(starts_a_name) {
        name.insert(0, '_');
    }
    (name.len() > 1).then(|| format!("write `{name}`, here and where it is named"))
}
