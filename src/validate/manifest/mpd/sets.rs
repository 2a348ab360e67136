//! Representations between which players switch. Rules MPD-02, MPD-03, MPD-16, and those of switching sets.

use super::compare::Measured;
use super::read::{Mpd, Set};
use crate::findings::{Location, Severity};
use crate::validate::manifest::{Page, Spot, measure, shown};
use crate::validate::set::{self, Member, Pairs};
use crate::validate::table::{MPD_02, MPD_03, MPD_16};

/// Looks at all sets.
pub(super) fn check(mpd: &Mpd, measured: &[Measured<'_>], page: &mut Page<'_>, pairs: &mut Pairs) {
    for set in mpd.periods.iter().flat_map(|period| &period.sets) {
        let of_set: Vec<&Measured<'_>> = measured.iter().filter(|one| std::ptr::eq(one.set, set)).collect();
        aligned(&of_set, page);
        access_points(&of_set, page);
        let members: Vec<Member<'_>> = of_set
            .iter()
            .filter(|one| one.known.located.is_whole())
            .map(|one| Member {
                name: one.known.listing.name.clone(),
                facts: one.facts(),
                place: Some(
                    Location::new(page.name).line(one.one.element.spot.line, one.one.element.spot.column),
                ),
                segments: &one.segments,
            })
            .collect();
        for finding in set::compare(&members, set::Demand::Switching, pairs) {
            page.push(finding);
        }
    }
    for period in &mpd.periods {
        named(&period.sets, page);
    }
}

/// The attribute that claims something, and where it stands.
fn claim<'a>(of_set: &[&'a Measured<'_>], names: [&'static str; 2]) -> Option<(&'static str, &'a str, Spot)> {
    let set = of_set.first()?.set;
    names.into_iter().find_map(|name| Some((name, set.element.get(name)?, set.element.spot_of(name))))
}

/// Rule MPD-02.
fn aligned(of_set: &[&Measured<'_>], page: &mut Page<'_>) {
    let Some((name, value, spot)) = claim(of_set, ["segmentAlignment", "subsegmentAlignment"]) else {
        return;
    };
    let Some((first, others)) = of_set.split_first() else { return };
    if value == "false" || value == "0" {
        return;
    }
    let is_known = |one: &Measured<'_>| !one.segments.is_empty() && one.known.located.is_whole();
    if !is_known(first) {
        return;
    }
    for other in others.iter().filter(|one| is_known(one)) {
        let names = [&first.known.listing.name, &other.known.listing.name];
        let mut say = |message: String| {
            let finding = page.finding(&MPD_02, spot, message).path(&first.set.element.path);
            page.push(finding);
        };
        // Sound is cut at its own samples, which of two rates do not meet.
        let tolerance = match first.facts().media() {
            "audio" => measure::sample_duration(first.facts()).max(measure::sample_duration(other.facts())),
            _ => 1e-3,
        };
        let time = |one: &Measured<'_>, time: i64| measure::seconds(time, one.facts().timescale());
        let pairs = first.segments.iter().zip(&other.segments).enumerate();
        let apart = pairs
            .map(|(index, (a, b))| (index, time(first, a.time), time(other, b.time)))
            .find(|(_, a, b)| (a - b).abs() > tolerance + 1e-9);
        if let Some((index, a, b)) = apart {
            say(format!(
                "{name} is {value}, but segment {} begins at {} in `{}` and at {} in `{}`",
                index + 1,
                shown(a),
                names[0],
                shown(b),
                names[1]
            ));
        } else if first.segments.len() != other.segments.len() {
            say(format!(
                "{name} is {value}, but `{}` has {} segments and `{}` has {}",
                names[0],
                first.segments.len(),
                names[1],
                other.segments.len()
            ));
        }
    }
}

/// Rule MPD-03.
fn access_points(of_set: &[&Measured<'_>], page: &mut Page<'_>) {
    let Some((name, value, spot)) = claim(of_set, ["startWithSAP", "subsegmentStartsWithSAP"]) else {
        return;
    };
    let Some(says) = value.trim().parse::<u8>().ok().filter(|says| (1..=3).contains(says)) else { return };
    for one in of_set {
        for (index, segment) in one.segments.iter().enumerate() {
            let has = measure::access_point(one.facts(), segment);
            if has != 0 && has <= says {
                continue;
            }
            let id = &one.known.listing.name;
            let message = match has {
                0 => format!(
                    "{name} is {says}, but segment {} of `{id}` does not begin with a sync sample",
                    index + 1
                ),
                _ => format!(
                    "{name} is {says}, but in segment {} of `{id}` samples behind the first are shown before it: type {has}",
                    index + 1
                ),
            };
            let finding = page.finding(&MPD_03, spot, message).path(&one.set.element.path);
            page.push(finding);
            break;
        }
    }
}

/// Rule MPD-16: where there is a choice, what people choose by.
fn named(sets: &[Set], page: &mut Page<'_>) {
    for set in sets {
        let Some(media @ ("audio" | "subtitle")) = set.media() else { continue };
        let others = sets.iter().filter(|other| other.media() == Some(media)).count();
        let language = set.element.get("lang").or_else(|| set.representations.first()?.element.get("lang"));
        let has_role =
            set.descriptors.iter().any(|one| matches!(one.name.as_str(), "Role" | "Accessibility"));
        let what = if media == "audio" { "sound" } else { "text" };
        let mut say = |message: String, severity: Severity| {
            let finding = page.finding(&MPD_16, set.element.spot, message).path(&set.element.path);
            page.push(finding.severity(severity));
        };
        if others > 1 && language.is_none() && !set.has_label {
            say(
                format!(
                    "one of {others} sets of {what} has neither a language nor a Label: nobody can choose it"
                ),
                MPD_16.severity,
            );
        } else if media == "subtitle" && language.is_none() {
            say("the text has no language (lang)".to_owned(), Severity::Advice);
        }
        if media == "subtitle" && !has_role {
            say(
                "the text has no Role: whether it is subtitles or captions is not told".to_owned(),
                Severity::Advice,
            );
        }
    }
}
