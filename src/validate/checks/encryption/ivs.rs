//! IVs: each sample has one, and under the counter modes no counter is used twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{kid_text, pattern_and_iv, protected_entry};
use crate::cenc::Scheme;
use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_15, ENC_18, ENC_19, ENC_34, ENC_42};

/// Runs of counters that are kept of all keys; where IVs follow each other, one run stands for all of them.
const RUNS: usize = 1 << 14;
/// Fragments without any information that are kept.
const FRAGMENTS: usize = 1 << 16;

/// Rules ENC-15, ENC-18 and ENC-19 by samples, ENC-34 and ENC-42.
#[derive(Default)]
pub(super) struct Ivs {
    /// By key and size of the IV: where a run of counters begins, and where it ends.
    used: BTreeMap<([u8; 16], usize), BTreeMap<u128, u128>>,
    runs: usize,
    tracks: BTreeMap<u32, Counted>,
    /// Fragments of a track that have no boxes of auxiliary information.
    bare: BTreeSet<(u32, u64)>,
}

/// Protected samples of a track.
#[derive(Default)]
struct Counted {
    protected: u64,
    described: u64,
    first: Option<Sample>,
    is_long_said: bool,
    is_constant_said: bool,
    /// The last fragment that was said to be bare.
    last_bare: u64,
}

impl Check for Ivs {
    fn fragment(&mut self, fragment: &MovieFragment<'_>, _: &mut Gathered) {
        for traf in &fragment.trafs {
            let Some(track) = traf.track else { continue };
            let mut boxes = traf.child.boxes().map_while(Result::ok);
            let has_info =
                boxes.any(|child| matches!(&child.kind().0, b"senc" | b"saiz" | b"saio" | b"uuid"));
            if !has_info && self.bare.len() < FRAGMENTS {
                self.bare.insert((track.id, fragment.number));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some((entry, scheme)) = protected_entry(track, sample) else { return };
        let Some(protection) = sample.protection.as_ref().filter(|_| sample.size > 0) else { return };
        let counted = self.tracks.entry(track.id).or_default();
        counted.protected += 1;
        counted.described += u64::from(protection.described);
        if counted.first.is_none() {
            counted.first = Some(sample.clone());
        }
        if !protection.described {
            if !self.bare.contains(&(track.id, sample.fragment)) {
                let message =
                    "the sample is protected, and has no IV: neither a constant one nor one of its own";
                let finding = found.in_sample(&ENC_42, track, sample, message);
                found.push(finding);
            } else if counted.last_bare != sample.fragment {
                counted.last_bare = sample.fragment;
                let message = "the fragment has no `senc`, `saiz` and `saio`, and no group says that its samples are clear";
                let finding = found.in_sample(&ENC_34, track, sample, message);
                found.push(finding.fix(
                    "Group clear samples by `seig` with isProtected 0, or give them a clear sample entry.",
                ));
            }
            return;
        }
        let (_, _, constant_iv) = pattern_and_iv(entry, sample);
        if scheme == Scheme::Cbcs {
            if !protection.iv.is_empty() && !std::mem::replace(&mut counted.is_constant_said, true) {
                let message = format!(
                    "samples have IVs of their own ({} bytes), where one constant IV is usual under cbcs",
                    protection.iv.len()
                );
                let finding = found.in_sample(&ENC_15, track, sample, message);
                found.push(finding.severity(Severity::Warning));
            }
            return;
        }
        if !matches!(scheme, Scheme::Cenc | Scheme::Cens) || protection.protected == 0 {
            return;
        }
        if protection.iv.is_empty() {
            if constant_iv.is_some() && !std::mem::replace(&mut counted.is_constant_said, true) {
                let message =
                    format!("all samples have one IV under {scheme}: they are encrypted with the same bytes");
                let finding = found.in_sample(&ENC_18, track, sample, message);
                found.push(finding);
            }
            return;
        }
        if protection.iv.len() == 16 && !std::mem::replace(&mut counted.is_long_said, true) {
            let message = "IVs of 16 bytes under cenc; 8 bytes are what all players know";
            let finding = found.in_sample(&ENC_19, track, sample, message);
            found.push(finding);
        }
        let Some(kid) = protection.kid else { return };
        if let Some(earlier) = self.claim(kid, &protection.iv, protection.protected) {
            let iv: String = protection.iv.iter().map(|byte| format!("{byte:02x}")).collect();
            let message = format!(
                "the IV {iv} of the sample uses counters that an earlier sample with the key {} has used",
                kid_text(&kid)
            );
            let finding = found.in_sample(&ENC_18, track, sample, message);
            found.push(finding.found(iv).expected(format!("one that is no less than {earlier:016x}")));
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for (id, counted) in &self.tracks {
            let track = file.tracks.iter().find(|track| track.id == *id);
            let (Some(track), Some(first), 0) = (track, &counted.first, counted.described) else { continue };
            let message = format!(
                "the track is marked as encrypted, and none of its {} samples has an IV: it is clear, or can't be decrypted",
                counted.protected
            );
            let finding = found.in_sample(&ENC_42, track, first, message);
            found.push(finding);
        }
    }
}

impl Ivs {
    /// Notes the counters that a sample uses. Gives the end of an earlier run that has some of them.
    fn claim(&mut self, kid: [u8; 16], iv: &[u8], protected: u64) -> Option<u128> {
        let first = iv.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte));
        // An IV of 8 bytes has all counters of its low half to itself.
        let count = if iv.len() == 16 { u128::from(protected.div_ceil(16)) } else { 1 };
        let end = first.saturating_add(count.max(1));
        let runs = self.used.entry((kid, iv.len())).or_default();
        let before = runs.range(..=first).next_back().map(|(start, end)| (*start, *end));
        let behind = runs.range(first..end).next().map(|(_, end)| *end);
        let taken = before.map(|(_, end)| end).filter(|taken| *taken > first).or(behind);
        if taken.is_some() {
            return taken;
        }
        match before {
            Some((start, before_end)) if before_end == first => {
                runs.insert(start, end);
            }
            _ if self.runs < RUNS => {
                runs.insert(first, end);
                self.runs += 1;
            }
            _ => {}
        }
        None
    }
}
