//! Whether a key fits, as far as the decrypted bytes tell.
//!
//! The data of an AV1 tile ends with a one bit and zeros up to the byte's end (AV1 § 8.2.4), so that in a last byte
//! of real data each number of zeros is about as likely as any other. A wrong key leaves random bytes, where each further zero
//! is half as likely. Tiles whose last byte was protected are weighed by that. Samples that are protected as a whole must be
//! OBUs, or NAL units, once they are decrypted.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use super::entry::Codec;
use super::samples::Protected;
use crate::av1::obus;
use crate::cenc::Scheme;

/// What the check of a track's key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum KeyCheck {
    /// The decrypted bytes are what they should be.
    Passed,
    /// The bytes do not tell.
    NotPossible,
    /// The decrypted bytes are noise.
    Failed,
}

/// What was seen in a track.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    /// Last bytes of protected ranges, by the number of zeros they end with; bytes of zeros are not counted.
    ends: [AtomicU64; 8],
    /// Those of them that are the last byte of their sample too, and so of a tile.
    sample_ends: [AtomicU64; 8],
    /// Samples whose last byte is protected, and those whose last byte is not.
    protected_tails: AtomicU64,
    clear_tails: AtomicU64,
    whole_samples: AtomicU64,
    broken_samples: AtomicU64,
}

/// Weights add up to the logarithm of the odds; so much decides. A right key is called wrong once in a million tracks.
const DECISIVE: f64 = 13.8;

impl Evidence {
    /// Looks at a decrypted sample.
    pub(super) fn add(&self, sample: &Protected, codec: &Codec, data: &[u8]) {
        if sample.subsamples.is_empty() {
            let sound = match codec {
                Codec::Av1 => is_obus(data),
                Codec::Nal(length_size) => is_nal_units(data, *length_size),
                Codec::Other => return,
            };
            self.whole_samples.fetch_add(1, Ordering::Relaxed);
            self.broken_samples.fetch_add(u64::from(!sound), Ordering::Relaxed);
            return;
        }
        if !matches!(codec, Codec::Av1) || sample.subsamples.iter().all(|s| s.protected == 0) {
            return;
        }
        let mut end = 0;
        for subsample in &sample.subsamples {
            let protected = subsample.protected as usize;
            end += usize::from(subsample.clear) + protected;
            let Some(last) = end.checked_sub(1).and_then(|at| data.get(at)) else { break };
            if *last != 0 && last_byte_was_encrypted(sample, protected) {
                let zeros = last.trailing_zeros() as usize & 7;
                self.ends[zeros].fetch_add(1, Ordering::Relaxed);
                if end == data.len() {
                    self.sample_ends[zeros].fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        let clear_tail = sample.subsamples.last().is_some_and(|last| last.protected == 0);
        let tails = if clear_tail { &self.clear_tails } else { &self.protected_tails };
        tails.fetch_add(1, Ordering::Relaxed);
    }

    /// What it all came to.
    pub(super) fn verdict(&self) -> KeyCheck {
        let whole = self.whole_samples.load(Ordering::Relaxed);
        if whole > 0 {
            let broken = self.broken_samples.load(Ordering::Relaxed);
            return match broken {
                0 => KeyCheck::Passed,
                _ if broken == whole => KeyCheck::Failed,
                _ => KeyCheck::NotPossible,
            };
        }
        // One in eight, against one in 2, 4, 8 … of the bytes that are not 0.
        let weight = |zeros: usize| (255.0 / 256.0 / 8.0 * 2f64.powi(zeros as i32 + 1)).ln();
        // Most packagers end protected ranges with the tile. Some do not under cenc, and leave its last bytes clear: of
        // theirs only the ranges count that end with the sample.
        let load = |n: &AtomicU64| n.load(Ordering::Relaxed);
        let at_tile_ends = load(&self.protected_tails) >= 4 * load(&self.clear_tails);
        let ends = if at_tile_ends { &self.ends } else { &self.sample_ends };
        let odds: f64 = ends.iter().enumerate().map(|(zeros, n)| load(n) as f64 * weight(zeros)).sum();
        if odds < -DECISIVE {
            KeyCheck::Failed
        } else if odds > DECISIVE {
            KeyCheck::Passed
        } else {
            KeyCheck::NotPossible
        }
    }
}

/// Whether the scheme encrypts the last byte of a protected range of this size.
fn last_byte_was_encrypted(sample: &Protected, size: usize) -> bool {
    let blocks = size / 16;
    let pattern = sample.protection.pattern;
    let cycle = usize::from(pattern.crypt) + usize::from(pattern.skip);
    let in_pattern =
        pattern.is_full() || cycle == 0 || (blocks.wrapping_sub(1) % cycle) < usize::from(pattern.crypt);
    match sample.protection.scheme {
        Scheme::Cenc => size > 0,
        _ => size > 0 && size.is_multiple_of(16) && in_pattern,
    }
}

fn is_obus(data: &[u8]) -> bool {
    !data.is_empty() && obus(data).all(|obu| obu.is_ok_and(|obu| obu.header.byte & 0x81 == 0))
}

fn is_nal_units(mut data: &[u8], length_size: usize) -> bool {
    while !data.is_empty() {
        let Some((length, rest)) = data.split_at_checked(length_size) else { return false };
        let length = length.iter().fold(0usize, |n, byte| n << 8 | usize::from(*byte));
        let Some((_, behind)) = rest.split_at_checked(length) else { return false };
        data = behind;
    }
    true
}
