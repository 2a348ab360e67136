//! An MPD and playlists of the same tracks. Rule HLS-17.

use std::collections::HashSet;
use std::ops::Range;

use super::hls::MediaPlaylist;
use super::{Known, Page, measure};
use crate::findings::Location;
use crate::validate::facts::TrackFacts;
use crate::validate::table::HLS_17;

/// Compares what a playlist and an MPD list of a track.
pub(in crate::validate) fn compare(
    playlist: &MediaPlaylist,
    one: &Known<'_>,
    mpd: &str,
    other: &Known<'_>,
    page: &mut Page<'_>,
) {
    if playlist.is_of_i_frames() || !playlist.is_complete() {
        return;
    }
    let facts = one.facts;
    let place = Location::new(mpd).line(other.listing.spot.line, other.listing.spot.column);
    let how = format!("what the MPD lists of `{}`", other.listing.name);
    let header = |known: &Known<'_>| {
        known.located.init.clone().filter(|_| known.listing.init.as_ref().is_some_and(|i| i.range.is_some()))
    };
    if let (Some(here), Some(there)) = (header(one), header(other))
        && here != there
    {
        let message = format!(
            "the header is bytes {} here, and bytes {} in the MPD",
            text(facts, &here),
            text(facts, &there)
        );
        let finding = page.finding(&HLS_17, one.listing.spot, message);
        page.push(finding.related(place.clone(), how.clone()));
    }
    let listed = |known: &Known<'_>| -> Option<Vec<Range<u64>>> {
        if known.listing.segments.is_empty() {
            return Some(measure::indexed(known.facts));
        }
        known.located.segments.iter().cloned().collect()
    };
    let (Some(here), Some(there)) = (listed(one), listed(other)) else { return };
    if here.is_empty() || there.is_empty() {
        return;
    }
    // An index may have more parts, down to each fragment; those of the playlist are made of whole ones.
    let by_index = other.listing.segments.is_empty();
    let starts: HashSet<usize> = there.iter().map(|place| fragment(facts, place).0).collect();
    let differs = |(index, place): (usize, &Range<u64>)| match by_index {
        true => !starts.contains(&fragment(facts, place).0),
        false => there.get(index).is_some_and(|other| fragment(facts, place) != fragment(facts, other)),
    };
    let first = here.iter().enumerate().position(differs);
    let range = |list: &[Range<u64>], index: usize| {
        list.get(index).map_or_else(String::new, |range| text(facts, range))
    };
    let (spot, message) = match first {
        Some(index) => {
            let spot = one.listing.segments.get(index).map_or(one.listing.spot, |segment| segment.spot);
            let (number, here) = (index + 1, range(&here, index));
            let there = match by_index {
                true => "at which no part of the index of the MPD begins".to_owned(),
                false => format!("and bytes {} in the MPD", range(&there, index)),
            };
            (spot, format!("segment {number} is bytes {here} here, {there}"))
        }
        None if here.len() != there.len() && !by_index => (
            one.listing.spot,
            format!("{} segments are listed here, and {} in the MPD", here.len(), there.len()),
        ),
        None => return,
    };
    let finding = page.finding(&HLS_17, spot, message);
    page.push(finding.related(place, how));
}

/// The fragments of a range, which may or may not take boxes around them along.
fn fragment(facts: &TrackFacts, range: &Range<u64>) -> (usize, usize) {
    let at = |offset: u64| facts.fragments.partition_point(|fragment| fragment.moof < offset);
    (at(range.start), at(range.end))
}

/// A range as it is in its file.
fn text(facts: &TrackFacts, range: &Range<u64>) -> String {
    let (_, start) = facts.file_at(range.start);
    let length = range.end.saturating_sub(range.start);
    format!("{start}-{}", start.saturating_add(length).saturating_sub(1))
}
