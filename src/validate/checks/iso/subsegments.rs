//! What indexes point to: tracks' parts of movie fragments.

use std::ops::Range;

use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Kind, Sample};
use crate::validate::check::MovieFragment;

/// More parts of fragments than are kept.
const LIMIT: usize = 1 << 20;

/// A track's part of a movie fragment.
#[derive(Debug)]
pub(super) struct Piece {
    track: u32,
    fragment: u64,
    /// Of the `moof`.
    moof: u64,
    /// Times of presentation before the edit list: the earliest, and the end of the latest.
    pub(super) earliest: i64,
    pub(super) end: i64,
    /// Of its samples.
    pub(super) duration: u64,
    /// When its first sample is shown.
    pub(super) first_time: i64,
    /// Whether its first sample is marked as a sync sample.
    pub(super) is_sync: bool,
    /// What its first sample needs, where its frames tell.
    pub(super) kind: Option<Kind>,
}

/// All of them, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    list: Vec<Piece>,
    too_many: bool,
    /// Of the last sample that was seen: its track and fragment.
    last: (u32, u64),
}

impl Pieces {
    pub(super) fn add(&mut self, fragment: &MovieFragment<'_>) {
        for traf in &fragment.trafs {
            let (Some(track), Some(first)) = (traf.track, traf.samples.first()) else { continue };
            if self.list.len() >= LIMIT {
                self.too_many = true;
                continue;
            }
            let start = match traf.tfdt {
                Some(tfdt) => i64::try_from(tfdt.base_media_decode_time).unwrap_or(i64::MAX),
                None => self.end_of(track.id),
            };
            let (mut at, mut earliest, mut end, mut duration) = (start, i64::MAX, i64::MIN, 0u64);
            for sample in &traf.samples {
                let shown = at.saturating_add(sample.composition_offset);
                earliest = earliest.min(shown);
                end = end.max(shown.saturating_add_unsigned(sample.duration));
                at = at.saturating_add_unsigned(sample.duration);
                duration = duration.saturating_add(sample.duration);
            }
            self.list.push(Piece {
                track: track.id,
                fragment: fragment.number,
                moof: fragment.offset(),
                earliest,
                end,
                duration,
                first_time: start.saturating_add(first.composition_offset),
                is_sync: !first.flags.sample_is_non_sync_sample(),
                kind: None,
            });
        }
    }

    /// Where the track has come to, without its decode times.
    fn end_of(&self, track: u32) -> i64 {
        self.list.iter().rev().find(|piece| piece.track == track).map_or(0, |piece| piece.end)
    }

    /// Takes in what the first sample of a piece really is.
    pub(super) fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>) {
        if std::mem::replace(&mut self.last, (track.id, sample.fragment)) == (track.id, sample.fragment) {
            return;
        }
        let from = self.list.partition_point(|piece| piece.fragment < sample.fragment);
        let of_fragment =
            self.list.iter_mut().skip(from).take_while(|piece| piece.fragment == sample.fragment);
        for piece in of_fragment.filter(|piece| piece.track == track.id) {
            piece.kind = piece.kind.or(scan.and_then(UnitScan::kind));
        }
    }

    /// Whether all were kept.
    pub(super) fn are_complete(&self) -> bool {
        !self.too_many
    }

    /// Those of a track whose `moof` is in a range of bytes.
    pub(super) fn within(&self, track: u32, range: &Range<u64>) -> Vec<&Piece> {
        let from = self.list.partition_point(|piece| piece.moof < range.start);
        let behind = self.list.iter().skip(from).take_while(|piece| piece.moof < range.end);
        behind.filter(|piece| piece.track == track).collect()
    }

    /// The first one of a track at or behind an offset.
    pub(super) fn after(&self, track: u32, offset: u64) -> Option<&Piece> {
        let from = self.list.partition_point(|piece| piece.moof < offset);
        self.list.iter().skip(from).find(|piece| piece.track == track)
    }
}
