//! The walk over the blocks of a protected range by the pattern.

use std::ops::Range;

use super::scheme::Pattern;

/// The length of an AES block in bytes.
pub(super) const BLOCK: usize = 16;

/// A place in a pattern. It can be left between pieces of one range and taken up again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk {
    crypt: usize,
    skip: usize,
    phase: usize,
}

impl Walk {
    /// The start of `pattern`.
    pub(super) fn new(pattern: Pattern) -> Walk {
        // Without blocks to skip the run never ends, whatever its length is called.
        Walk { crypt: usize::from(pattern.crypt), skip: usize::from(pattern.skip), phase: 0 }
    }

    /// Goes back to the start of the pattern.
    pub(super) fn restart(&mut self) {
        self.phase = 0;
    }

    /// Goes on by `blocks` and gives each run of encrypted ones among them, as byte offsets from here.
    pub(super) fn runs(&mut self, blocks: usize, mut run: impl FnMut(Range<usize>)) {
        if self.skip == 0 {
            if blocks > 0 {
                run(0..blocks * BLOCK);
            }
            return;
        }
        let period = self.crypt + self.skip;
        let mut at = 0;
        while at < blocks {
            let encrypted = self.phase < self.crypt;
            let end = if encrypted { self.crypt } else { period };
            let n = (end - self.phase).min(blocks - at);
            if encrypted {
                run(at * BLOCK..(at + n) * BLOCK);
            }
            at += n;
            self.phase = (self.phase + n) % period;
        }
    }

    /// How many of the first `blocks` are encrypted, counted from the start of the pattern.
    pub(super) fn count(&self, blocks: usize) -> usize {
        if self.skip == 0 {
            return blocks;
        }
        let period = self.crypt + self.skip;
        blocks / period * self.crypt + (blocks % period).min(self.crypt)
    }

    /// The encrypted blocks of a full run, `usize::MAX` where nothing is skipped.
    pub(super) fn run_blocks(&self) -> usize {
        if self.skip == 0 { usize::MAX } else { self.crypt }
    }

    /// The bytes between two runs.
    pub(super) fn skip_bytes(&self) -> usize {
        self.skip * BLOCK
    }
}

#[cfg(test)]
// A slice of one range is a single run, not a range of numbers.
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    fn runs(walk: &mut Walk, blocks: usize) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        walk.runs(blocks, |r| out.push(r.start / BLOCK..r.end / BLOCK));
        out
    }

    #[test]
    fn runs_follow_the_pattern_over_pieces() {
        let mut walk = Walk::new(Pattern { crypt: 2, skip: 3 });
        assert_eq!(runs(&mut walk, 13), [0..2, 5..7, 10..12]);
        walk.restart();
        assert_eq!(runs(&mut walk, 1), [0..1]);
        assert_eq!(runs(&mut walk, 5), [0..1, 4..5]);
        assert!(runs(&mut walk, 0).is_empty());
        assert_eq!(runs(&mut walk, 1), [0..1]);
        let mut walk = Walk::new(Pattern::NONE);
        assert_eq!(runs(&mut walk, 3), [0..3]);
        assert!(runs(&mut walk, 0).is_empty());
    }

    #[test]
    fn count_is_the_sum_of_the_runs() {
        for crypt in 0..4 {
            for skip in 0..4 {
                for blocks in 0..20 {
                    let mut walk = Walk::new(Pattern { crypt, skip });
                    let sum: usize = runs(&mut walk.clone(), blocks).iter().map(|r| r.len()).sum();
                    assert_eq!(walk.count(blocks), sum, "{crypt}:{skip} {blocks}");
                    walk.restart();
                }
            }
        }
    }
}
