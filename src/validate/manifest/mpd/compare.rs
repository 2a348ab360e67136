//! An MPD against its tracks.

use std::ops::Range;

use super::read::{Mpd, Representation, Set};
use super::segments::Addressing;
use super::text;
use super::{describe, protect, sets};
use crate::findings::{Rule, Severity};
use crate::time::Seconds;
use crate::validate::facts::TrackFacts;
use crate::validate::manifest::measure::{self, Segment};
use crate::validate::manifest::{Known, Page, SEGMENT_LIMIT, Spot, rates, shown};
use crate::validate::set::Pairs;
use crate::validate::table::{MPD_01, MPD_04, MPD_05, MPD_06, MPD_07, MPD_09};

/// A representation, its track, and its segments as they are.
pub(super) struct Measured<'a> {
    pub(super) set: &'a Set,
    pub(super) one: &'a Representation,
    pub(super) known: Known<'a>,
    pub(super) segments: Vec<Segment>,
}

impl Measured<'_> {
    pub(super) fn facts(&self) -> &TrackFacts {
        self.known.facts
    }

    /// Says something at a place.
    pub(super) fn say(&self, page: &mut Page<'_>, rule: &'static Rule, spot: Spot, message: String) {
        self.say_as(page, rule, rule.severity, spot, message);
    }

    /// Says something less bad than the rule is.
    pub(super) fn say_as(
        &self,
        page: &mut Page<'_>,
        rule: &'static Rule,
        severity: Severity,
        spot: Spot,
        message: String,
    ) {
        let finding = page.finding(rule, spot, message).path(&self.one.element.path).severity(severity);
        page.push(finding.context("representation", &self.known.listing.name));
    }
}

/// Compares all that an MPD says with its tracks; `known` has one for each representation.
pub(in crate::validate) fn compare(
    mpd: &Mpd,
    known: &[Option<Known<'_>>],
    page: &mut Page<'_>,
    pairs: &mut Pairs,
) {
    let mut left = SEGMENT_LIMIT;
    let measured: Vec<Measured<'_>> = mpd
        .representations()
        .zip(known)
        .filter_map(|((_, set, one), known)| {
            let known = (*known)?;
            // A track in segments may be known before all of them are.
            let places: Vec<_> = match one.addressing.segments.is_empty() {
                true => measure::indexed(known.facts),
                false => known.located.segments.iter().flatten().cloned().collect(),
            };
            // Many representations may name one file with a long index.
            let segments = match left.checked_sub(places.len()) {
                Some(rest) => {
                    left = rest;
                    measure::segments(known.facts, &places)
                }
                None => Vec::new(),
            };
            Some(Measured { set, one, known, segments })
        })
        .collect();
    let buffer = mpd.root.get("minBufferTime").and_then(text::duration);
    for one in &measured {
        index(one, page);
        times(one, page);
        steady(one, page);
        describe::check(one, page);
        protect::check(one, page);
        bandwidth(one, buffer, page);
    }
    duration(mpd, &measured, page);
    sets::check(mpd, &measured, page, pairs);
}

/// Rule MPD-07.
fn index(one: &Measured<'_>, page: &mut Page<'_>) {
    let (facts, addressing) = (one.facts(), &one.one.addressing);
    if let Some((range, spot)) = &addressing.index {
        // The range counts in the file, which need not be the first one.
        let in_file = |index: &Range<u64>| {
            let (_, start) = facts.file_at(index.start);
            start..start.saturating_add(index.end.saturating_sub(index.start))
        };
        match facts.index.as_ref().map(in_file) {
            None => one.say(page, &MPD_07, *spot, "the file has no segment index (`sidx`)".to_owned()),
            Some(index) if index != *range => {
                let has = format!("{}-{}", index.start, index.end.saturating_sub(1));
                let says = format!("{}-{}", range.start, range.end.saturating_sub(1));
                let message = format!("indexRange is {says}, and the segment index is at bytes {has}");
                // More than the index may be given, if it is not said to be exact.
                let is_around = range.start <= index.start && range.end >= index.end;
                let finding = page.finding(&MPD_07, *spot, message).path(&one.one.element.path);
                let severity = if is_around { Severity::Warning } else { Severity::Error };
                page.push(finding.found(says).expected(has).severity(severity));
            }
            Some(_) => {}
        }
    }
    let (Some(init), Some(named)) = (&one.known.located.init, &one.known.listing.init) else { return };
    if named.range.is_none() || *init == facts.header {
        return;
    }
    let says = format!("{}-{}", init.start, init.end.saturating_sub(1));
    let has = format!("{}-{}", facts.header.start, facts.header.end.saturating_sub(1));
    let is_around = init.start <= facts.header.start && init.end >= facts.header.end;
    let is_before_media = facts.fragments.first().is_none_or(|first| init.end <= first.start);
    let message = format!("the Initialization range is {says}, and the header is at bytes {has}");
    let severity = if is_around && is_before_media { Severity::Advice } else { Severity::Error };
    let finding = page.finding(&MPD_07, named.spot, message).path(&one.one.element.path).severity(severity);
    page.push(finding.found(says).expected(has));
}

/// A clock that times of an MPD may be meant on: 0 is the edit list's, 1 that of composition, 2 that of decoding.
const CLOCKS: usize = 3;

fn on_clock(facts: &TrackFacts, segment: &Segment, clock: usize) -> i64 {
    match clock {
        0 => segment.time,
        1 => segment.time.saturating_add(facts.edit_offset()),
        _ => segment.decode,
    }
}

/// Rules MPD-04 and MPD-06.
fn times(one: &Measured<'_>, page: &mut Page<'_>) {
    let (facts, addressing) = (one.facts(), &one.one.addressing);
    start(one, page);
    if !addressing.has_timeline || one.segments.len() != addressing.segments.len() {
        return;
    }
    let scale = f64::from(facts.timescale());
    let (timescale, sample) = (addressing.timescale as f64, measure::sample_duration(facts));
    // A tick of the coarser clock.
    let exact = 1.0 / timescale.min(scale) + 1e-9;
    let pairs = || addressing.segments.iter().zip(&one.segments);
    let off = |clock: usize| {
        let wrong = |(said, is): &(&super::segments::Segment, &Segment)| {
            let time = said.time.unwrap_or(0) as f64 / timescale;
            (time - on_clock(facts, is, clock) as f64 / scale).abs() > exact
        };
        pairs().filter(wrong).count()
    };
    let clock = (0..CLOCKS).min_by_key(|clock| off(*clock)).unwrap_or(0);
    let last = one.segments.len().saturating_sub(1);
    for (index, (said, is)) in pairs().enumerate() {
        let (Some(time), Some(duration)) = (said.time, said.duration) else { continue };
        let spot = said.resource.spot;
        let (says, has) = (time as f64 / timescale, on_clock(facts, is, clock) as f64 / scale);
        let difference = (says - has).abs();
        let severity = if difference < sample { Severity::Warning } else { Severity::Error };
        if difference > exact {
            let message = format!(
                "segment {} begins at {} by the timeline, and at {} in the file",
                index + 1,
                shown(says),
                shown(has)
            );
            one.say_as(page, &MPD_04, severity, spot, message);
        }
        let says = duration as f64 / timescale;
        let candidates = [is.duration as f64 / scale, is.samples_duration as f64 / scale];
        let difference = candidates.map(|has| (says - has).abs()).into_iter().fold(f64::INFINITY, f64::min);
        // What an edit list takes away at the end is not known here.
        let allowed = if index == last { exact + 2.0 * sample } else { exact };
        if difference > allowed {
            let severity = if difference < sample { Severity::Warning } else { Severity::Error };
            let has = shown(is.duration as f64 / scale);
            let message =
                format!("segment {} lasts {} by the timeline, and {has} in the file", index + 1, shown(says));
            one.say_as(page, &MPD_04, severity, spot, message);
        }
    }
}

/// That the media begins where the period does.
fn start(one: &Measured<'_>, page: &mut Page<'_>) {
    let (facts, addressing) = (one.facts(), &one.one.addressing);
    let Some(first) = one.segments.first() else { return };
    let is_whole = one.known.located.is_whole() && one.known.listing.segments.iter().all(|s| !s.is_optional);
    if !is_whole {
        return;
    }
    let offset = addressing.offset as f64 / addressing.timescale as f64;
    let last = one.segments.last().unwrap_or(first);
    let seconds = |ticks| measure::seconds(ticks, facts.timescale()) - offset;
    let length = seconds(i64::try_from(first.duration).unwrap_or(i64::MAX)) + offset;
    let begins = (0..CLOCKS)
        .map(|clock| seconds(on_clock(facts, first, clock)))
        .min_by(|a, b| a.abs().total_cmp(&b.abs()))
        .unwrap_or(0.0);
    let ends = seconds(on_clock(facts, last, 1).saturating_add_unsigned(last.duration));
    // A file may hold what is before the period too, and sound is cut at its own samples.
    let message = if begins > length.max(1.0) {
        format!("the first segment begins {} later", shown(begins))
    } else if ends <= 0.0 {
        format!("the last segment ends {} before", shown(ends.abs()))
    } else {
        return;
    };
    let message = format!(
        "the period begins at {} of the media (presentationTimeOffset), and {message}",
        shown(offset)
    );
    one.say_as(page, &MPD_06, Severity::Warning, addressing.offset_spot, message);
}

/// Rule MPD-05.
fn steady(one: &Measured<'_>, page: &mut Page<'_>) {
    let Addressing { duration: Some((duration, spot)), timescale, has_timeline: false, .. } =
        &one.one.addressing
    else {
        return;
    };
    let says = *duration as f64 / *timescale as f64;
    let Some((_, body)) = one.segments.split_last() else { return };
    let scale = f64::from(one.facts().timescale());
    let lengths = || body.iter().map(|segment| segment.duration as f64 / scale);
    let wrong = |length: &f64| *length < says * 0.5 - 1e-6 || *length > says * 1.5 + 1e-6;
    let far: Vec<(usize, f64)> = lengths().enumerate().filter(|(_, length)| wrong(length)).collect();
    if let Some((index, length)) = far.first() {
        let message = format!(
            "segments are said to last {}, and segment {} lasts {}: more than half off; {} of {} are",
            shown(says),
            index + 1,
            shown(*length),
            far.len(),
            body.len()
        );
        let finding = page.finding(&MPD_05, *spot, message).path(&one.one.element.path);
        page.push(finding.fix("Use a SegmentTimeline."));
    }
}

/// Rule MPD-09.
fn bandwidth(one: &Measured<'_>, buffer: Option<f64>, page: &mut Page<'_>) {
    let spot = one.one.element.spot_of("bandwidth");
    let Some(says) = one.one.element.number("bandwidth") else { return };
    let listed = if one.one.addressing.segments.is_empty() {
        one.facts().index_references.len()
    } else {
        one.one.addressing.segments.len()
    };
    if one.segments.is_empty() || one.segments.len() != listed {
        return;
    }
    // To the millisecond and not less: a longer buffer asks for less.
    let milliseconds = buffer.map_or(0.0, |buffer| (buffer * 1000.0).ceil());
    let buffer =
        (milliseconds >= 1.0).then(|| crate::time::Rational::new(milliseconds as u64, 1000)).flatten();
    let Some(buffer) = buffer else { return };
    let needed = rates::leaky_bucket(one.facts(), &one.segments, Seconds(buffer));
    if says < needed {
        let message = format!(
            "bandwidth is {says}; with {} of buffer, at least {needed} bits a second are needed to never wait",
            shown(milliseconds / 1000.0)
        );
        let finding = page.finding(&MPD_09, spot, message).path(&one.one.element.path);
        let finding = finding.context("representation", &one.known.listing.name);
        page.push(finding.found(says.to_string()).expected(format!("{needed} or more")));
    }
}

/// Rule MPD-01: the duration that is promised, against what there is.
fn duration(mpd: &Mpd, measured: &[Measured<'_>], page: &mut Page<'_>) {
    let [period] = mpd.periods.as_slice() else { return };
    let Some(says) = period.duration.filter(|_| !mpd.is_dynamic) else { return };
    let count = mpd.representations().count();
    let is_whole = measured.len() == count && measured.iter().all(|one| one.known.located.is_whole());
    let end = |one: &Measured<'_>| {
        let last = one.segments.last()?;
        let offset = one.one.addressing.offset as f64 / one.one.addressing.timescale as f64;
        let end = last.time.saturating_add_unsigned(last.duration);
        let with_edit = end.saturating_add(one.facts().edit_offset());
        let seconds = |ticks| measure::seconds(ticks, one.facts().timescale()) - offset;
        Some((seconds(end), seconds(with_edit)))
    };
    let ends: Option<Vec<(f64, f64)>> = measured.iter().map(end).collect();
    let Some(ends) = ends.filter(|ends| is_whole && !ends.is_empty()) else { return };
    let longest = ends.iter().map(|(end, _)| *end).fold(0.0, f64::max);
    let with_edit = ends.iter().map(|(_, end)| *end).fold(0.0, f64::max);
    let off = (says - longest).abs().min((says - with_edit).abs());
    if off > 0.1 {
        let name = if mpd.root.get("mediaPresentationDuration").is_some() {
            "mediaPresentationDuration"
        } else {
            "the period"
        };
        let message = format!("{name} is {}, and the longest track ends at {}", shown(says), shown(longest));
        let severity = if off > 0.5 { Severity::Error } else { Severity::Warning };
        let spot = mpd.root.spot_of("mediaPresentationDuration");
        let finding = page.finding(&MPD_01, spot, message).path("MPD").severity(severity);
        page.push(finding.found(shown(says)).expected(shown(longest)));
    }
}
