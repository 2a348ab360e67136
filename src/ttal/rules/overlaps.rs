//! T-08: events that go on at the same time.

use std::collections::{HashMap, HashSet};

use super::context::{Ctx, Part};
use super::table::T_08;
use super::{Remark, Remarks};
use crate::findings::Severity;
use crate::ttal::model::Event;
use crate::ttal::time::MediaTime;

/// An event with known times.
struct Timed<'a, 's> {
    event: &'s Event,
    part: &'a Part<'s>,
    end: MediaTime,
}

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut timed: Vec<Timed<'_, '_>> = ctx
        .events()
        .filter(|(event, _)| event.begin.is_some())
        .filter_map(|(event, part)| {
            let end = part.computed.end.filter(|end| *end > part.computed.begin)?;
            (event.end.is_some() || event.dur.is_some()).then_some(Timed { event, part, end })
        })
        .collect();
    timed.sort_by_key(|timed| timed.part.computed.begin);
    let languages = languages(ctx);
    // For each character, and for each kind of event, the one that ends last.
    let mut by_character: HashMap<&str, usize> = HashMap::new();
    let mut by_kind: HashMap<&str, usize> = HashMap::new();
    for (at, now) in timed.iter().enumerate() {
        let overlaps = |earlier: usize| {
            let other = &timed[earlier];
            // Rounding to milliseconds makes no overlap.
            let shared = other.end.min(now.end) - now.part.computed.begin;
            let apart = || match (languages.get(&*other.event.id), languages.get(&*now.event.id)) {
                (Some(a), Some(b)) => a.is_disjoint(b),
                _ => false,
            };
            (shared > MediaTime::from_milliseconds(1) && !apart()).then_some(shared)
        };
        let mut same = None;
        for character in &now.event.characters {
            if let Some(&earlier) = by_character.get(&**character)
                && let Some(shared) = overlaps(earlier)
            {
                same = Some((earlier, shared, &**character));
            }
        }
        let kind = now.part.computed.represents;
        let related = |remark: Remark, earlier: usize| {
            remark.event(&now.event.id).related(timed[earlier].event.at.whole(), "the other event")
        };
        let spot = now.event.at.key("begin");
        if let Some((earlier, shared, character)) = same {
            let message = format!(
                "{character} already speaks in {}, which goes on for another {shared}",
                &*timed[earlier].event.id
            );
            out.push(related(Remark::new(&T_08, spot, message), earlier));
        } else if let Some(&earlier) = by_kind.get(kind)
            && let Some(shared) = overlaps(earlier)
        {
            let message = format!("the event begins {shared} before {} ends", &*timed[earlier].event.id);
            out.push(related(Remark::new(&T_08, spot, message).severity(Severity::Advice), earlier));
        }
        let later = |entry: &mut usize| {
            if timed[*entry].end < now.end {
                *entry = at;
            }
        };
        for character in &now.event.characters {
            by_character.entry(character).and_modify(later).or_insert(at);
        }
        by_kind.entry(kind).and_modify(later).or_insert(at);
    }
}

/// The languages of the texts of each event: some scripts give each language events of its own.
fn languages<'s>(ctx: &Ctx<'s>) -> HashMap<&'s str, HashSet<&'s str>> {
    let mut languages: HashMap<&str, HashSet<&str>> = HashMap::new();
    let one = ctx.texts().map(|(_, part)| part.computed.language).collect::<HashSet<_>>().len() < 2;
    if !one {
        for (_, part) in ctx.texts() {
            if let Some(event) = part.event_id() {
                languages.entry(event).or_default().insert(part.computed.language);
            }
        }
    }
    languages
}
