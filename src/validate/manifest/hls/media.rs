//! A playlist of segments against its track. Rules HLS-02 to HLS-05.

use super::read::{MediaPlaylist, Segment as Listed};
use super::{i_frames, keys};
use crate::findings::Severity;
use crate::validate::manifest::measure::{self, Segment};
use crate::validate::manifest::{Known, Page, Spot, shown};
use crate::validate::table::{HLS_02, HLS_03, HLS_04, HLS_05};

/// A difference of a duration that rounding to milliseconds explains, in seconds.
const ROUNDING: f64 = 2e-3;

/// Compares a playlist with its tracks: one for each listing, each of which begins at one of `starts`.
pub(in crate::validate) fn compare(
    playlist: &MediaPlaylist,
    starts: &[usize],
    known: &[Option<Known<'_>>],
    page: &mut Page<'_>,
) {
    target(playlist, page);
    for (index, (start, known)) in starts.iter().zip(known).enumerate() {
        let Some(known) = known else { continue };
        let end = starts.get(index + 1).copied().unwrap_or(playlist.segments.len());
        let Some(listed) = playlist.segments.get(*start..end) else { continue };
        header(listed, known, page);
        keys::check(playlist, listed, known, page);
        if playlist.i_frames_only.is_some() {
            i_frames::check(listed, known, page);
            continue;
        }
        let measured = measure_all(known);
        ranges(listed, known, page);
        if measured.len() == listed.len() {
            durations(listed, &measured, known, *start, page);
            if let Some(spot) = playlist.independent {
                independent(&measured, known, spot, page);
            }
        }
    }
}

/// The segments that are there, as they are.
pub(super) fn measure_all(known: &Known<'_>) -> Vec<Segment> {
    let places: Vec<_> = known.located.segments.iter().flatten().cloned().collect();
    measure::segments(known.facts, &places)
}

/// `EXT-X-TARGETDURATION`, rule HLS-02.
fn target(playlist: &MediaPlaylist, page: &mut Page<'_>) {
    let Some((target, _)) = playlist.target else { return };
    for segment in playlist.segments.iter().filter(|segment| segment.duration.round() > target as f64) {
        let message = format!(
            "the segment lasts {}, rounded {}: more than the target duration of {target} s",
            shown(segment.duration),
            shown(segment.duration.round())
        );
        let finding = page.finding(&HLS_02, segment.duration_spot, message);
        let fix = format!("Write #EXT-X-TARGETDURATION:{} or more.", segment.duration.round());
        page.push(finding.found(target.to_string()).fix(fix));
    }
}

/// Rule HLS-03.
fn header(listed: &[Listed], known: &Known<'_>, page: &mut Page<'_>) {
    let Some(named) = &known.listing.init else {
        // Without one, each segment begins with a header of its own.
        if let Some(first) = listed.first().filter(|_| !known.facts.fragments.is_empty()) {
            let message = "there is no EXT-X-MAP: players find no header for the fragments";
            page.say(&HLS_03, first.resource.spot, message);
        }
        return;
    };
    let (Some(init), Some(_)) = (&known.located.init, &named.range) else { return };
    let has = &known.facts.header;
    if init == has {
        return;
    }
    let is_around = init.start <= has.start && init.end >= has.end;
    let is_before_media = known.facts.fragments.first().is_none_or(|first| init.end <= first.start);
    let severity = if is_around && is_before_media { Severity::Advice } else { Severity::Error };
    let text =
        |range: &std::ops::Range<u64>| format!("{}@{}", range.end.saturating_sub(range.start), range.start);
    let message = format!("the header of the file is {}, and EXT-X-MAP takes {}", text(has), text(init));
    let finding = page.finding(&HLS_03, named.spot, message).severity(severity);
    page.push(finding.found(text(init)).expected(text(has)));
}

/// Rule HLS-04.
fn ranges(listed: &[Listed], known: &Known<'_>, page: &mut Page<'_>) {
    let facts = known.facts;
    let before = |at: u64| facts.fragments.partition_point(|fragment| fragment.moof < at);
    // Boxes between two fragments may go with either, and the last segment with what is behind it.
    let is_within = |at: u64| {
        let last = before(at).checked_sub(1).and_then(|last| facts.fragments.get(last));
        last.is_some_and(|fragment| at < fragment.end)
    };
    for (index, (segment, place)) in listed.iter().zip(&known.located.segments).enumerate() {
        let (Some(place), Some(range)) = (place, &segment.resource.range) else { continue };
        let next = listed.get(index + 1).and_then(|next| next.resource.range.as_ref());
        let is_followed = next.is_some_and(|next| next.start == range.end);
        let (begins, ends) = (!is_within(place.start), !is_within(place.end));
        let text = format!("{}@{}", range.end.saturating_sub(range.start), range.start);
        let nearest = || {
            let next = before(place.start);
            let around = facts.fragments.get(next.saturating_sub(1)..).unwrap_or_default().iter().take(2);
            let starts = around.map(|fragment| facts.file_at(fragment.start).1);
            starts.min_by_key(|start| start.abs_diff(range.start)).unwrap_or(0)
        };
        if !begins {
            let message = format!(
                "the byte range {text} begins within a fragment; the nearest begins at {}",
                nearest()
            );
            page.say(&HLS_04, segment.range_spot, message);
        } else if !ends {
            let message = format!("the byte range {text} ends within a fragment");
            page.say(&HLS_04, segment.range_spot, message);
        } else if !is_followed && next.is_some_and(|next| next.start > range.end) {
            let lost = next.map_or(0, |next| next.start.saturating_sub(range.end));
            let from = place.end;
            let until = from.saturating_add(lost);
            // What lies between them may be an index.
            if before(from) != before(until) {
                let message =
                    format!("{lost} bytes with fragments lie between this segment and the next one");
                page.say(&HLS_04, segment.range_spot, message);
            }
        }
        let has_any = before(place.start) != before(place.end);
        if begins && ends && !has_any {
            page.say(&HLS_04, segment.range_spot, format!("there is no fragment in the byte range {text}"));
        }
    }
}

/// `EXTINF`, rule HLS-02.
fn durations(listed: &[Listed], measured: &[Segment], known: &Known<'_>, first: usize, page: &mut Page<'_>) {
    let scale = f64::from(known.facts.timescale());
    let sample = measure::sample_duration(known.facts);
    let (mut said, mut real) = (0.0, 0.0);
    let mut has_drifted = false;
    let last = measured.len().saturating_sub(1);
    for (index, (segment, is)) in listed.iter().zip(measured).enumerate() {
        let candidates = [is.duration as f64 / scale, is.samples_duration as f64 / scale];
        let nearest = candidates
            .into_iter()
            .min_by(|a, b| (a - segment.duration).abs().total_cmp(&(b - segment.duration).abs()))
            .unwrap_or(0.0);
        let off = (segment.duration - nearest).abs();
        said += segment.duration;
        real += nearest;
        // What an edit list takes away at the end is not known here.
        let allowed = if index == last { ROUNDING + 2.0 * sample } else { ROUNDING };
        let number = first + index + 1;
        if off > allowed {
            let severity = if off < sample.max(0.01) { Severity::Warning } else { Severity::Error };
            let message = format!(
                "segment {number} lasts {}, and EXTINF says {}",
                shown(nearest),
                shown(segment.duration)
            );
            let finding = page.finding(&HLS_02, segment.duration_spot, message).severity(severity);
            page.push(finding.found(shown(segment.duration)).expected(shown(nearest)));
            (said, real) = (0.0, 0.0);
        } else if (said - real).abs() > sample.max(0.01) && !has_drifted && index != last {
            has_drifted = true;
            let message = format!(
                "up to segment {number}, the durations are rounded so that they are off by {}",
                shown((said - real).abs())
            );
            let finding = page.finding(&HLS_02, segment.duration_spot, message).severity(Severity::Warning);
            page.push(finding);
        }
    }
}

/// Rule HLS-05.
pub(super) fn independent(measured: &[Segment], known: &Known<'_>, spot: Spot, page: &mut Page<'_>) {
    let wrong = measured.iter().position(|segment| measure::access_point(known.facts, segment) == 0);
    if let Some(index) = wrong {
        let message = format!(
            "EXT-X-INDEPENDENT-SEGMENTS is there, but segment {} of {} does not begin with a sync sample",
            index + 1,
            known.listing.name
        );
        page.say(&HLS_05, spot, message);
    }
}
