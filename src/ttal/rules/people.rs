//! D-14 to D-16: characters and talents. The reader of XML judges how agents are written; this is what the model
//! shows of JSON.

use std::collections::HashMap;

use super::context::{Ctx, Kind};
use super::table::{D_14, D_15, D_16};
use super::{Remark, Remarks, Syntax, did_you_mean};

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    if ctx.syntax == Syntax::Xml {
        return;
    }
    let mut names = HashMap::new();
    for talent in &ctx.script.talents {
        let spot = talent.at.key("name");
        let name = talent.name.trim();
        if name.is_empty() {
            out.push(Remark::new(&D_14, spot, format!("talent {} has no name", &*talent.id)));
        } else if let Some(first) = names.insert(name, talent) {
            out.push(
                Remark::new(
                    &D_16,
                    spot,
                    format!("{name} is declared twice, as {} and {}", &*first.id, &*talent.id),
                )
                .found(name)
                .fix("declare each talent once, and let several characters name it")
                .related(first.at.whole(), "the first declaration"),
            );
        }
    }
    for character in &ctx.script.characters {
        if character.name.trim().is_empty() {
            let message = format!("character {} has no name", &*character.id);
            out.push(Remark::new(&D_14, character.at.key("name"), message));
        }
        let Some(talent) = character.talent.as_deref() else { continue };
        let message = match ctx.kind(talent) {
            Some(Kind::Talent) => continue,
            _ if talent == &*character.id => format!("character {talent} names itself as its talent"),
            Some(kind) => format!("\"{talent}\" is {}, not a talent", kind.name()),
            None => format!("no talent \"{talent}\" is declared"),
        };
        let mut talents: Vec<&str> = ctx.ids_of(Kind::Talent).collect();
        talents.sort_unstable();
        out.push(
            Remark::new(&D_15, character.at.key("talent"), message)
                .found(talent)
                .maybe_fix(did_you_mean(talent, talents)),
        );
    }
}
