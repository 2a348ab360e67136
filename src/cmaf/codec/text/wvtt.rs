//! WebVTT in ISOBMFF: cues become samples (ISO/IEC 14496-30 § 7).

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};

use super::grid::{Grid, Placing, Samples};
use super::webvtt::{Cue, WebVtt, clock, has_timestamps};
use crate::cmaf::{SampleEntry, SampleTable};
use crate::error::Result;
use crate::isobmff::Writer;
use crate::isobmff::boxes::VttC;

/// The longest that a sample may last.
const MAX_DURATION: u64 = u32::MAX as u64;

/// The sample entry of a track of this text. Its label names the text by its hash (RFC 6920): source IDs of tracks with
/// one label are the same.
pub(super) fn entry(text: &WebVtt) -> SampleEntry {
    let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text.compose()));
    let mut w = Writer::new();
    w.zeros(6);
    w.u16(1); // data_reference_index
    w.put(&VttC { config: text.header.clone() });
    w.boxed(b"vlab", |w| w.bytes(format!("ni:///sha-256;{hash}").as_bytes()));
    SampleEntry { format: *b"wvtt", body: w.into_bytes(), codec: "wvtt".into() }
}

/// A cue on the grid.
#[derive(Debug, Clone, Copy)]
struct Placed {
    begin: u64,
    end: u64,
    cue: usize,
    /// Whether its parts must be told from those of others: it is cut, or another one has the same words.
    tied: bool,
}

/// Makes samples: one for each stretch in which the same cues are shown, cut at the grid as well.
///
/// # Errors
/// `Usage` for a grid that makes no sense, `Limit` where cues overlap without bound.
pub(super) fn samples(text: &WebVtt, grid: &Grid, warnings: &mut Vec<String>) -> Result<SampleTable> {
    let (start, end) = grid.ends()?;
    let mut placing = Placing::default();
    let mut placed: Vec<Placed> = Vec::with_capacity(text.cues.len());
    for (cue, Cue { begin, end: until, .. }) in text.cues.iter().enumerate() {
        if let Some((begin, end)) = placing.place(grid, (start, end), (*begin, *until)) {
            placed.push(Placed { begin, end, cue, tied: false });
        }
    }
    warnings.extend(placing.warnings("cues"));
    // Rounding keeps their order, clipping to the start too.
    let bounds = bounds(&placed, grid);
    tie(&mut placed, &bounds, text);

    let mut samples = Samples::default();
    let mut active = BTreeSet::new();
    let mut ends = BinaryHeap::new();
    let mut next = 0;
    for pair in bounds.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        while let Some(&Reverse((end, index))) = ends.peek()
            && end <= from
        {
            ends.pop();
            active.remove(&index);
        }
        while let Some(cue) = placed.get(next).filter(|cue| cue.begin <= from) {
            active.insert(next);
            ends.push(Reverse((cue.end, next)));
            next += 1;
        }
        let mut w = Writer::new();
        for &index in &active {
            cue_box(&mut w, &placed[index], &text.cues[placed[index].cue], from, grid);
        }
        if active.is_empty() {
            w.boxed(b"vtte", |_| {});
        }
        samples.push(w.into_bytes(), to - from)?;
    }
    Ok(samples.table)
}

/// All times at which a sample begins, and the end of the last.
fn bounds(placed: &[Placed], grid: &Grid) -> Vec<u64> {
    let mut all: Vec<u64> = placed.iter().flat_map(|cue| [cue.begin, cue.end]).collect();
    all.extend(&grid.cuts);
    all.sort_unstable();
    all.dedup();
    let mut bounds = Vec::with_capacity(all.len());
    for bound in all {
        while let Some(last) = bounds.last().copied().filter(|last| bound - last > MAX_DURATION) {
            bounds.push(last + MAX_DURATION);
        }
        bounds.push(bound);
    }
    bounds
}

fn tie(placed: &mut [Placed], bounds: &[u64], text: &WebVtt) {
    let content = |cue: usize| {
        let Cue { id, settings, payload, .. } = &text.cues[cue];
        (id, settings, payload)
    };
    let mut counts = HashMap::new();
    for cue in placed.iter() {
        *counts.entry(content(cue.cue)).or_insert(0u32) += 1;
    }
    for cue in placed.iter_mut() {
        let inner = bounds.partition_point(|&bound| bound <= cue.begin);
        let cut = bounds.get(inner).is_some_and(|&bound| bound < cue.end);
        cue.tied = cut || counts.get(&content(cue.cue)).is_some_and(|&count| count > 1);
    }
}

/// `vttc`, in a sample that begins at `from`.
fn cue_box(w: &mut Writer, placed: &Placed, cue: &Cue, from: u64, grid: &Grid) {
    w.boxed(b"vttc", |w| {
        if placed.tied {
            // Its number, from 1; more cues than that have no room in a track.
            w.boxed(b"vsid", |w| w.u32(placed.cue as u32 + 1));
        }
        if !cue.id.is_empty() {
            w.boxed(b"iden", |w| w.bytes(cue.id.as_bytes()));
        }
        if placed.tied && has_timestamps(&cue.payload) {
            let milliseconds = u128::from(from) * 1000 + u128::from(grid.timescale / 2);
            let now = milliseconds / u128::from(grid.timescale);
            w.boxed(b"ctim", |w| w.bytes(clock(u64::try_from(now).unwrap_or(u64::MAX)).as_bytes()));
        }
        if !cue.settings.is_empty() {
            w.boxed(b"sttg", |w| w.bytes(cue.settings.as_bytes()));
        }
        w.boxed(b"payl", |w| w.bytes(cue.payload.as_bytes()));
    });
}
