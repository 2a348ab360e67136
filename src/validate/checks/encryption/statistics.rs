//! Whether bytes look encrypted, by counting over many tiles.
//!
//! Ciphertext is as good as random, so that what is counted here has a known probability in it, and a count that is
//! as good as impossible shows that bytes are clear. Tiles of AV1 are not random at both ends: the last byte has the
//! trailing bit and behind it any number of zeros, as often seven as none; and what is coded first is much the same in
//! most tiles.

use std::collections::BTreeSet;

/// Tiles of a track that are looked at.
pub(super) const TILES: u64 = 4096;
/// The logarithm of what is as good as impossible: one in ten thousand millions.
const IMPOSSIBLE: f64 = -23.0;
/// The probability of three to seven zero bits at the end of a random byte.
const ZEROS: f64 = 31.0 / 256.0;
/// Less than the part of clear tiles that end so, which is 5 in 8 with all encoders that were looked at.
const ZEROS_OF_CLEAR: f64 = 0.4;
/// Groups of first bytes, by their upper three bits.
const BINS: usize = 8;
/// First bytes of clear samples: headers of the usual OBUs, with and without extension or size.
const OBU_HEADERS: [u8; 8] = [0x0a, 0x0e, 0x12, 0x16, 0x1a, 0x22, 0x32, 0x36];

/// What was counted.
#[derive(Default)]
pub(super) struct Counts {
    /// Last bytes of tiles, and those with three to seven zero bits at the end.
    pub(super) last: (u64, u64),
    /// First blocks. Under `cbcs` what is the same when it is clear is the same when it is encrypted: stills and loops have
    /// few different tiles, and each of them counts once.
    blocks: BTreeSet<[u8; 16]>,
    /// Last blocks, for the same reason.
    last_blocks: BTreeSet<[u8; 16]>,
    bins: [u64; BINS],
    /// Samples that are encrypted as a whole, and those that begin like a clear one.
    samples: (u64, u64),
}

impl Counts {
    /// Takes in the last block of a tile.
    pub(super) fn add_last(&mut self, block: [u8; 16]) {
        if (self.last_blocks.len() as u64) < TILES && self.last_blocks.insert(block) {
            let byte = block[15];
            self.last.0 += 1;
            self.last.1 += u64::from(byte != 0 && byte.trailing_zeros() >= 3);
        }
    }

    /// Takes in the first block of a tile.
    pub(super) fn add_first(&mut self, block: [u8; 16]) {
        let is_new = (self.blocks.len() as u64) < TILES && self.blocks.insert(block);
        if let Some(bin) = self.bins.get_mut(usize::from(block[0] >> 5)).filter(|_| is_new) {
            *bin += 1;
        }
    }

    /// Takes in the first block of a sample that is encrypted as a whole.
    pub(super) fn add_sample(&mut self, block: [u8; 16]) {
        if (self.blocks.len() as u64) < TILES && self.blocks.insert(block) {
            self.samples.0 += 1;
            self.samples.1 += u64::from(OBU_HEADERS.contains(&block[0]));
        }
    }

    /// Why the bytes can't be encrypted, if they can't.
    pub(super) fn clear(&self) -> Option<String> {
        let (tiles, zeros) = self.last;
        if at_least(tiles, zeros, ZEROS) < IMPOSSIBLE {
            return Some(format!(
                "{zeros} of the last bytes of {tiles} tiles end with three zero bits or more, as in clear tiles; 1 in 8 \
                 would if they were encrypted"
            ));
        }
        let (tiles, most) = self.first();
        if at_least(tiles, most, 1.0 / BINS as f64) + (BINS as f64).ln() < IMPOSSIBLE {
            return Some(format!(
                "{most} of {tiles} tiles begin with the same three bits; 1 in 8 would if they were encrypted"
            ));
        }
        let (samples, headers) = self.samples;
        if at_least(samples, headers, OBU_HEADERS.len() as f64 / 256.0) < IMPOSSIBLE {
            return Some(format!("{headers} of {samples} samples begin with the header of an OBU"));
        }
        None
    }

    /// Why the bytes can't be clear, if they can't; by their ends only.
    pub(super) fn encrypted(&self) -> Option<String> {
        let (tiles, zeros) = self.last;
        let others = tiles.saturating_sub(zeros);
        (at_least(tiles, others, 1.0 - ZEROS_OF_CLEAR) < IMPOSSIBLE / 2.0).then(|| {
            format!("{zeros} of the last bytes of {tiles} tiles end with three zero bits or more, 5 in 8 do in clear tiles")
        })
    }

    /// Different first blocks, and how many are in the fullest group of them.
    pub(super) fn first(&self) -> (u64, u64) {
        (self.bins.iter().sum(), self.bins.iter().copied().max().unwrap_or(0))
    }

    /// Whether first blocks are as even as random ones, in a number in which clear ones never were.
    pub(super) fn is_even(&self) -> bool {
        let (tiles, most) = self.first();
        tiles >= 200 && at_least(tiles, most, 1.0 / BINS as f64) > -7.0
    }
}

/// A bound of the logarithm of the probability of `count` of `all` or more, where each has the probability `p`
/// (Chernoff's).
fn at_least(all: u64, count: u64, p: f64) -> f64 {
    if all == 0 {
        return 0.0;
    }
    let part = count as f64 / all as f64;
    if part <= p {
        return 0.0;
    }
    let term = |a: f64, b: f64| if a == 0.0 { 0.0 } else { a * (a / b).ln() };
    -(all as f64) * (term(part, p) + term(1.0 - part, 1.0 - p))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that no one could tell from random ones.
    fn noise(seed: u64) -> impl Iterator<Item = u8> {
        let mut state = seed;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
    }

    #[test]
    fn the_bound_is_near() {
        // P(X >= 8 of 8) with p = 1/2 is 2^-8.
        assert!((at_least(8, 8, 0.5) + 8.0 * 2f64.ln()).abs() < 1e-9);
        assert_eq!(at_least(8, 4, 0.5), 0.0);
        assert_eq!(at_least(0, 0, 0.5), 0.0);
    }

    #[test]
    fn noise_is_not_clear_and_clear_is_not_noise() {
        for seed in 0..50 {
            let mut counts = Counts::default();
            let mut bytes = noise(seed);
            for _ in 0..2000 {
                counts.add_last(std::array::from_fn(|_| bytes.next().unwrap()));
                counts.add_first(std::array::from_fn(|_| bytes.next().unwrap()));
            }
            assert_eq!(counts.clear(), None);
            assert!(counts.encrypted().is_some() && counts.is_even());
        }
        let mut counts = Counts::default();
        let ends_with =
            |tile: u8| std::array::from_fn(|place| if place == 15 { 1 << (tile % 8) } else { tile });
        (0..64).for_each(|tile| counts.add_last(ends_with(tile)));
        assert!(counts.clear().is_some() && counts.encrypted().is_none());
        // The same tile again and again is one.
        let mut counts = Counts::default();
        (0..1000).for_each(|_| counts.add_last(ends_with(3)));
        assert_eq!(counts.clear(), None);
    }
}
