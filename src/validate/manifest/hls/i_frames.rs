//! A playlist of I-frames against its track. Rule HLS-12.

use super::read::Segment as Listed;
use crate::findings::Severity;
use crate::validate::facts::SyncSample;
use crate::validate::manifest::{Known, Page, measure, shown};
use crate::validate::table::HLS_12;

/// Compares what is listed with the sync samples that begin a fragment: the others can't be had by themselves.
pub(super) fn check(listed: &[Listed], known: &Known<'_>, page: &mut Page<'_>) {
    let facts = known.facts;
    let syncs: Vec<&SyncSample> =
        facts.sync_samples.iter().filter(|sync| sync.is_first && sync.fragment > 0).collect();
    if syncs.is_empty() {
        return;
    }
    let mut found: Vec<Option<usize>> = Vec::new();
    for (segment, place) in listed.iter().zip(&known.located.segments) {
        let Some(place) = place else {
            found.push(None);
            continue;
        };
        let next = syncs.partition_point(|sync| sync.offset < place.start);
        let sync = syncs.get(next).filter(|sync| sync.offset < place.end);
        let number = sync.and_then(|sync| usize::try_from(sync.fragment).ok()?.checked_sub(1));
        let fragment = number.and_then(|number| facts.fragments.get(number));
        let (Some(sync), Some(fragment)) = (sync, fragment) else {
            page.say(&HLS_12, segment.range_spot, "there is no sync sample in this range");
            found.push(None);
            continue;
        };
        let end = sync.offset.saturating_add(sync.size);
        if place.start > fragment.moof {
            let message = format!(
                "the range begins {} bytes behind the start of the `moof` that describes the I-frame",
                place.start.saturating_sub(fragment.moof)
            );
            page.say(&HLS_12, segment.range_spot, message);
        } else if place.end < end {
            let message = format!(
                "the range ends {} bytes before the end of the I-frame",
                end.saturating_sub(place.end)
            );
            page.say(&HLS_12, segment.range_spot, message);
        }
        found.push(Some(next));
    }
    durations(listed, &found, &syncs, known, page);
    missing(listed, &found, &syncs, known, page);
}

/// `EXTINF` is the time to the next I-frame that is listed.
fn durations(
    listed: &[Listed],
    found: &[Option<usize>],
    syncs: &[&SyncSample],
    known: &Known<'_>,
    page: &mut Page<'_>,
) {
    let scale = known.facts.timescale();
    let sample = measure::sample_duration(known.facts);
    let time = |index: &Option<usize>| index.and_then(|index| syncs.get(index)).map(|sync| sync.time);
    for ((segment, this), next) in listed.iter().zip(found).zip(found.iter().skip(1)) {
        let (Some(this), Some(next)) = (time(this), time(next)) else { continue };
        let is = measure::seconds(next.saturating_sub(this), scale);
        let off = (segment.duration - is).abs();
        if off > 2e-3 {
            let severity = if off < sample.max(0.01) { Severity::Warning } else { Severity::Error };
            let message = format!(
                "the next I-frame comes after {}, and EXTINF says {}",
                shown(is),
                shown(segment.duration)
            );
            let finding = page.finding(&HLS_12, segment.duration_spot, message).severity(severity);
            page.push(finding.found(shown(segment.duration)).expected(shown(is)));
        }
    }
}

/// Sync samples between the first and the last that are listed, which are not.
fn missing(
    listed: &[Listed],
    found: &[Option<usize>],
    syncs: &[&SyncSample],
    known: &Known<'_>,
    page: &mut Page<'_>,
) {
    let mut seen = vec![false; syncs.len()];
    for index in found.iter().flatten() {
        if let Some(seen) = seen.get_mut(*index) {
            *seen = true;
        }
    }
    let left: Vec<usize> =
        seen.iter().enumerate().filter(|(_, seen)| !**seen).map(|(index, _)| index).collect();
    let (Some(first), Some(place)) = (left.first(), listed.first()) else { return };
    let at = syncs.get(*first).map_or(0, |sync| sync.time);
    let at = shown(measure::seconds(at.saturating_sub(known.facts.edit_offset()), known.facts.timescale()));
    let message = format!(
        "{} of {} sync samples that begin a fragment are not listed, the first at {at}",
        left.len(),
        syncs.len()
    );
    // The specification leaves open which are listed; a player that seeks by them jumps further.
    let finding = page.finding(&HLS_12, place.resource.spot, message).severity(Severity::Warning);
    page.push(finding);
}
