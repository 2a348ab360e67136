//! Subsample maps of AV1 against the tiles of the samples. No key is needed: sizes of tiles are clear.

use std::ops::Range;

use super::protected_entry;
use super::tiles::{Contents, Tile};
use crate::cenc::{Scheme, Subsample, map_subsamples_with_iv};
use crate::error::Error;
use crate::findings::{Finding, Rule};
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Broken, Protected, Sample};
use crate::validate::check::Check;
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_04, ENC_07, ENC_08, ENC_09, ENC_10, ENC_11, ENC_12, ENC_13};

/// Bytes of a block that is encrypted as one.
const BLOCK: u64 = 16;

/// Rules ENC-04 and ENC-07 to ENC-13.
#[derive(Default)]
pub(super) struct Maps {
    contents: Contents,
    /// The sample whose OBUs can't be read.
    broken: Option<(u32, u64)>,
}

impl Check for Maps {
    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, _: &mut Gathered) {
        if sample.protection.is_some() {
            self.contents.add(track, sample, seen);
        }
    }

    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, _: &Error, _: &mut Gathered) {
        if part == Broken::Obus {
            self.broken = Some((track.id, sample.number));
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let (Some((_, scheme)), Some(protection), Some(_)) =
            (protected_entry(track, sample), sample.protection.as_ref(), scan)
        else {
            return;
        };
        if sample.is_missing || sample.size == 0 || !protection.described {
            return;
        }
        if protection.map.is_empty() {
            let message =
                "the sample is encrypted as a whole, without subsamples: OBU headers and frame headers too";
            let finding = found.in_sample(&ENC_04, track, sample, message);
            found.push(finding.fix("Protect the tiles only, with a map of subsamples for each sample."));
            return;
        }
        let span = protection.clear.saturating_add(protection.protected);
        if span != sample.size {
            let message = format!("the subsamples span {span} bytes, the sample has {}", sample.size);
            let finding = found.in_sample(&ENC_07, track, sample, message);
            found.push(finding.found(span.to_string()).expected(sample.size.to_string()));
            return;
        }
        let Some(contents) = self.contents.of(track, sample) else { return };
        let is_broken = self.broken == Some((track.id, sample.number));
        let map =
            Map { track, sample, scheme, contents, ranges: ranges(sample.offset, scheme, &protection.map) };
        if is_broken {
            map.clear_parts(contents.end(), &mut Said::default(), found);
        } else {
            map.check(protection, found);
        }
    }
}

/// A range of protected bytes, with the number of its subsample, from 1.
struct ProtectedRange {
    range: Range<u64>,
    subsample: usize,
}

/// The protected ranges of a sample that begins at `start`. Under `cenc` the cipher runs on from one to the next, so
/// that ranges without clear bytes between them are one.
fn ranges(start: u64, scheme: Scheme, map: &[Subsample]) -> Vec<ProtectedRange> {
    let mut at = start;
    let mut ranges: Vec<ProtectedRange> = Vec::new();
    for (index, subsample) in map.iter().enumerate() {
        let begin = at.saturating_add(subsample.clear.into());
        at = begin.saturating_add(subsample.protected.into());
        match ranges.last_mut() {
            _ if begin == at => {}
            Some(last) if scheme == Scheme::Cenc && last.range.end == begin => last.range.end = at,
            _ => ranges.push(ProtectedRange { range: begin..at, subsample: index + 1 }),
        }
    }
    ranges
}

/// Rules of which something is said of the sample; the first breach of each is enough.
#[derive(Default)]
struct Said(Vec<&'static str>);

impl Said {
    fn is_first(&mut self, rule: &'static Rule) -> bool {
        let first = !self.0.contains(&rule.id);
        if first {
            self.0.push(rule.id);
        }
        first
    }
}

/// A sample's map.
struct Map<'a> {
    track: &'a Track,
    sample: &'a Sample,
    scheme: Scheme,
    contents: &'a Contents,
    ranges: Vec<ProtectedRange>,
}

impl Map<'_> {
    fn check(&self, protection: &Protected, found: &mut Gathered) {
        let wanted = || {
            self.contents.tiles.iter().map(|tile| wanted(self.scheme, tile)).filter(|range| !range.is_empty())
        };
        if self.ranges.iter().map(|protected| &protected.range).cloned().eq(wanted()) {
            self.compact(protection, found);
            return;
        }
        let mut said = Said::default();
        self.clear_parts(u64::MAX, &mut said, found);
        self.tile_parts(&mut said, found);
        self.clear_tiles(&mut said, found);
    }

    fn finding(&self, rule: &'static Rule, at: u64, message: String, found: &Gathered) -> Finding {
        let mut finding = found.in_sample(rule, self.track, self.sample, message);
        finding.location = found.at(at);
        finding
    }

    /// The tiles that a range touches.
    fn touched(&self, range: &Range<u64>) -> &[Tile] {
        let tiles = &self.contents.tiles;
        let first = tiles.partition_point(|tile| tile.range.end <= range.start);
        let end = tiles.partition_point(|tile| tile.range.start < range.end);
        tiles.get(first..end).unwrap_or_default()
    }

    /// Protected bytes outside of tiles, in front of `end`.
    fn clear_parts(&self, end: u64, said: &mut Said, found: &mut Gathered) {
        for protected in &self.ranges {
            let range = &protected.range;
            let mut at = range.start;
            for tile in self.touched(range) {
                if at < tile.range.start {
                    break;
                }
                at = at.max(tile.range.end);
            }
            if at < range.end.min(end) && said.is_first(&ENC_08) {
                let message = format!(
                    "subsample {} protects {}, which stays clear",
                    protected.subsample,
                    self.contents.name(at)
                );
                let finding = self.finding(&ENC_08, at, message, found);
                found.push(finding.found(format!("protected {}", self.in_sample(range))));
            }
        }
    }

    /// Ranges within one tile that are not the right part of it.
    fn tile_parts(&self, said: &mut Said, found: &mut Gathered) {
        for protected in &self.ranges {
            let range = &protected.range;
            let [tile] = self.touched(range) else { continue };
            if range.start < tile.range.start || range.end > tile.range.end {
                continue;
            }
            let right = wanted(self.scheme, tile);
            if *range == right {
                continue;
            }
            let size = tile.len();
            let name = format!("tile {} of OBU {}, of {size} bytes", tile.number, tile.obu);
            let (front, behind) = (range.start - tile.range.start, tile.range.end - range.end);
            let len = range.end - range.start;
            let (rule, message) = match self.scheme {
                Scheme::Cenc if size < BLOCK => {
                    (&ENC_12, format!("{len} bytes of {name}, are protected; it has no whole block"))
                }
                Scheme::Cenc if front == 0 && behind == size % BLOCK => (
                    &ENC_11,
                    format!(
                        "the protected part of {name}, is aligned to its start, not to its end: the last {behind} bytes are clear"
                    ),
                ),
                Scheme::Cenc if !len.is_multiple_of(BLOCK) => {
                    (&ENC_11, format!("{len} bytes of {name}, are protected, not a multiple of 16"))
                }
                Scheme::Cenc if behind > 0 => {
                    (&ENC_11, format!("the protected part of {name}, ends {behind} bytes before it does"))
                }
                Scheme::Cenc => (
                    &ENC_11,
                    format!("{} of {} whole blocks of {name}, are protected", len / BLOCK, size / BLOCK),
                ),
                _ => (
                    &ENC_10,
                    format!(
                        "the protected part of {name}, is not all of it: clear bytes in front {front}, at the end {behind}"
                    ),
                ),
            };
            if said.is_first(rule) {
                let finding = self.finding(rule, range.start, message, found);
                let expected =
                    if right.is_empty() { "all of it clear".to_owned() } else { self.in_sample(&right) };
                found.push(
                    finding
                        .found(format!("subsample {}: {}", protected.subsample, self.in_sample(range)))
                        .expected(expected),
                );
            }
        }
    }

    /// Tiles without a protected byte.
    fn clear_tiles(&self, said: &mut Said, found: &mut Gathered) {
        let mut clear = self.contents.tiles.iter().filter(|tile| {
            let next = self.ranges.partition_point(|protected| protected.range.end <= tile.range.start);
            let is_touched = self.ranges.get(next).is_some_and(|p| p.range.start < tile.range.end);
            !is_touched && !wanted(self.scheme, tile).is_empty()
        });
        let Some(first) = clear.next() else { return };
        let count = 1 + clear.count();
        // Under `cbcs` a tile without a whole block has a subsample all the same, though nothing of it is encrypted.
        let rule = if first.len() < BLOCK { &ENC_10 } else { &ENC_09 };
        if said.is_first(rule) {
            let more = match count {
                1 => String::new(),
                _ => format!("; so are {count} of the {} tiles", self.contents.tiles.len()),
            };
            let message = format!(
                "tile {} of OBU {}, of {} bytes, is in no protected range{more}",
                first.number,
                first.obu,
                first.len()
            );
            let finding = self.finding(rule, first.range.start, message, found);
            found
                .push(finding.expected(format!("protected {}", self.in_sample(&wanted(self.scheme, first)))));
        }
    }

    /// The ranges are right; whether more subsamples are used than needed.
    fn compact(&self, protection: &Protected, found: &mut Gathered) {
        let start = self.sample.offset;
        let tiles: Vec<Range<u64>> = self
            .contents
            .tiles
            .iter()
            .map(|tile| tile.range.start.saturating_sub(start)..tile.range.end.saturating_sub(start))
            .collect();
        let mut least = Vec::new();
        let iv_size = u8::try_from(protection.iv.len()).unwrap_or(u8::MAX);
        let made = map_subsamples_with_iv(self.scheme, iv_size, self.sample.size, &tiles, &mut least);
        if made.is_ok() && protection.map.len() > least.len() {
            let message = format!("{} subsamples describe what {} can", protection.map.len(), least.len());
            let finding = found.in_sample(&ENC_13, self.track, self.sample, message);
            found.push(finding.found(protection.map.len().to_string()).expected(least.len().to_string()));
        }
    }

    /// A range by its offsets in the sample.
    fn in_sample(&self, range: &Range<u64>) -> String {
        let start = self.sample.offset;
        format!(
            "bytes {} to {} of the sample",
            range.start.saturating_sub(start),
            range.end.saturating_sub(start)
        )
    }
}

/// What of a tile is protected.
fn wanted(scheme: Scheme, tile: &Tile) -> Range<u64> {
    match scheme {
        Scheme::Cenc => tile.range.start.saturating_add(tile.len() % BLOCK)..tile.range.end,
        _ => tile.range.clone(),
    }
}
