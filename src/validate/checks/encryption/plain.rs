//! Protected tiles that are clear all the same.

use std::collections::BTreeMap;

use super::statistics::{Counts, TILES};
use super::tiles::Contents;
use super::{is_last_encrypted, pattern_and_iv, protected_entry};
use crate::cenc::protected_ranges;
use crate::input::Window;
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::ENC_42;

/// Bytes of a block.
const BLOCK: u64 = 16;

/// Rule ENC-42, by what tiles begin and end with.
#[derive(Default)]
pub(super) struct Plain {
    window: Option<Window>,
    contents: Contents,
    tracks: BTreeMap<u32, (Sample, Counts)>,
}

impl Check for Plain {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        self.window = Some(header.file.input().window());
    }

    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, _: &mut Gathered) {
        if sample.protection.is_some() {
            self.contents.add(track, sample, seen);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, _: &mut Gathered) {
        let (Some((entry, scheme)), Some(protection), Some(_), Some(window)) =
            (protected_entry(track, sample), sample.protection.as_ref(), scan, self.window.as_mut())
        else {
            return;
        };
        if sample.is_missing || !protection.described {
            return;
        }
        let (_, counts) = self.tracks.entry(track.id).or_insert_with(|| (sample.clone(), Counts::default()));
        let mut block = |at: u64| -> Option<[u8; 16]> {
            let bytes = window.at_most(at, BLOCK as usize).ok()?;
            bytes.first_chunk().copied()
        };
        if protection.map.is_empty() {
            if sample.size >= BLOCK
                && let Some(block) = block(sample.offset)
            {
                counts.add_sample(block);
            }
            return;
        }
        let Some(contents) = self.contents.of(track, sample) else { return };
        let (crypt, skip, _) = pattern_and_iv(entry, sample);
        // A pattern that encrypts nothing.
        if scheme.has_pattern() && skip > 0 && crypt == 0 {
            return;
        }
        for range in protected_ranges(&protection.map) {
            let (start, end) =
                (sample.offset.saturating_add(range.start), sample.offset.saturating_add(range.end));
            let blocks = end.saturating_sub(start) / BLOCK;
            let tile = contents.tiles.partition_point(|tile| tile.range.end <= start);
            let Some(tile) = contents.tiles.get(tile).filter(|tile| tile.range.start <= start) else {
                continue;
            };
            if blocks == 0 || tile.range.end < end || counts.last.0 >= TILES {
                continue;
            }
            if let Some(block) = block(start) {
                counts.add_first(block);
            }
            if tile.range.end == end
                && is_last_encrypted(entry, sample, end - start)
                && let Some(block) = block(end.saturating_sub(BLOCK))
            {
                counts.add_last(block);
            }
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for (id, (first, counts)) in &self.tracks {
            let Some(track) = file.tracks.iter().find(|track| track.id == *id) else { continue };
            if let Some(why) = counts.clear() {
                let message = format!("the track is marked as encrypted, and its media is clear: {why}");
                let finding = found.in_sample(&ENC_42, track, first, message);
                found.push(finding.fix("Encrypt the media, or take the encryption out of the sample entry."));
            }
        }
    }
}
