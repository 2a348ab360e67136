//! S-06: what does not fit the schema; and of two findings about one thing, the better one.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{Draft, Origin, Placed, Target, remark_at};
use crate::misfit::{Judge, Misfit};
use crate::ttal::rules::Remarks;
use crate::ttal::rules::table::{D_20, D_21, S_06, S_10};
use crate::ttal::schema::schema;

// A test keeps the schema valid.
static JUDGE: LazyLock<Option<Judge>> = LazyLock::new(|| Judge::new(schema()));

/// Finds all that does not fit the schema.
pub(super) fn find(text: &str) -> Vec<Misfit> {
    JUDGE.as_ref().map_or_else(Vec::new, |judge| judge.find(text, Remarks::MOST))
}

/// A finding in the making.
pub(super) fn draft(misfit: &Misfit) -> Draft<'_> {
    let mut remark = remark_at(&S_06, misfit.message.as_str());
    remark.found = misfit.found.clone();
    remark.expected = misfit.expected.clone();
    remark.fix = misfit.fix.clone();
    Draft { target: Target::Pointer(&misfit.pointer), remark, key: misfit.key.clone(), origin: Origin::Form }
}

/// Which drafts are told: each thing once, by who knows most about it.
pub(super) fn kept(drafts: &[Draft<'_>], placed: &[Placed]) -> Vec<bool> {
    let subjects: Vec<String> = drafts
        .iter()
        .zip(placed)
        .map(|(draft, placed)| match &draft.key {
            Some(key) => format!("{}/{key}", placed.subject),
            None => placed.subject.clone(),
        })
        .collect();
    let by = |origin: Origin| -> HashSet<&str> {
        drafts.iter().zip(&subjects).filter(|(draft, _)| draft.origin == origin).map(|(_, s)| &**s).collect()
    };
    let (rules, misfits) = (by(Origin::Rule), by(Origin::Misfit));
    // Entries of a list are judged by rules as a list.
    let of_list = |subject: &str| {
        let (list, last) = subject.rsplit_once('/')?;
        last.bytes().all(|b| b.is_ascii_digit()).then_some(list.to_string())
    };
    // Data that holds what it must not is no source; that it is none need not be said too.
    let mut around_data: HashSet<&str> = HashSet::new();
    for (_, subject) in drafts.iter().zip(&subjects).filter(|(draft, _)| draft.remark.rule.id == D_20.id) {
        let ends = subject.match_indices('/').map(|(at, _)| &subject[..at]);
        around_data.extend(ends);
    }
    let mut said: HashSet<(&str, &str, usize, &str)> = HashSet::new();
    let mut forms = HashSet::new();
    let mut unholdable = HashSet::new();
    drafts
        .iter()
        .zip(placed)
        .zip(&subjects)
        .map(|((draft, placed), subject)| match draft.origin {
            Origin::Rule if draft.remark.rule.id == S_10.id => {
                // Extensions are carried as JSON text, which has escapes for such characters.
                !subject.contains("/extensions/") && unholdable.insert(&**subject)
            }
            Origin::Rule if draft.remark.rule.id == D_21.id && around_data.contains(&**subject) => false,
            Origin::Rule => {
                let rule = draft.remark.rule.id;
                let reader = !matches!(draft.target, Target::Spot(_));
                (reader || !misfits.contains(&**subject))
                    && said.insert((rule, subject, placed.offset, &draft.remark.message))
            }
            Origin::Misfit => forms.insert(subject.clone()),
            Origin::Form => {
                !rules.contains(&**subject)
                    && !misfits.contains(&**subject)
                    && !of_list(subject).is_some_and(|list| rules.contains(&*list))
                    && forms.insert(subject.clone())
            }
        })
        .collect()
}
