//! AES-CBC over the runs of a pattern.
//!
//! CBC encryption is serial within a range, and one AES block takes many times longer than the time until the next
//! could start. The ranges of a `cbcs` sample restart the IV, so several of them are encrypted side by side.
//! Decryption has no such chain: it takes blocks in batches.

use std::ops::Range;

use aes::Block;
use cipher::consts::U16;
use cipher::typenum::Unsigned;
use cipher::{BlockCipherDecrypt, BlockCipherEncBackend, BlockCipherEncClosure, BlockSizeUser, ParBlocks};

use super::walk::{BLOCK, Walk};

/// Ranges that are encrypted side by side. Chosen because 8 blocks fill the AES units of today's processors.
const LANES: usize = 8;

/// Blocks that are decrypted at once. Chosen by measurement: a batch is cleared for each range, and with 64 that shows
/// in tiles of 1 KiB.
const BATCH: usize = 32;

/// Encrypts ranges that each start with `iv` and at the start of the pattern.
///
/// `ranges` lie within `data`. What is left after a range's last whole block stays clear.
pub(super) struct EncryptRanges<'a, I> {
    pub(super) iv: &'a [u8; BLOCK],
    pub(super) walk: Walk,
    pub(super) ranges: I,
    pub(super) data: &'a mut [u8],
}

/// One range on its way.
#[derive(Clone, Copy, Default)]
struct Lane {
    /// Offset of the next block to encrypt.
    at: usize,
    /// Blocks to encrypt until the range is done.
    left: usize,
    /// Blocks to encrypt until some are skipped.
    run: usize,
}

impl<I> BlockSizeUser for EncryptRanges<'_, I> {
    type BlockSize = U16;
}

impl<I: Iterator<Item = Range<usize>>> BlockCipherEncClosure for EncryptRanges<'_, I> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let EncryptRanges { iv, walk, ranges, data } = self;
        let run_blocks = walk.run_blocks();
        let skip_bytes = walk.skip_bytes();
        let mut waiting = ranges
            .map(|range| Lane { at: range.start, left: walk.count(range.len() / BLOCK), run: run_blocks })
            .filter(|lane| lane.left > 0);
        let mut lanes = [Lane::default(); LANES];
        // The block each lane has encrypted last, which is what its next one is combined with.
        let mut chain = [Block::default(); LANES];
        let mut active = 0;
        loop {
            while active < LANES {
                let Some(lane) = waiting.next() else { break };
                lanes[active] = lane;
                chain[active] = Block::from(*iv);
                active += 1;
            }
            let Some(steps) = lanes[..active].iter().map(|lane| lane.left).min() else { return };
            for _ in 0..steps {
                for (lane, block) in lanes[..active].iter().zip(&mut chain) {
                    xor(block, block_at(data, lane.at));
                }
                encrypt_lanes(backend, &mut chain, active);
                for (lane, block) in lanes[..active].iter_mut().zip(&chain) {
                    *block_at(data, lane.at) = (*block).into();
                    lane.at += BLOCK;
                    lane.run -= 1;
                    if lane.run == 0 {
                        lane.at += skip_bytes;
                        lane.run = run_blocks;
                    }
                }
            }
            for lane in &mut lanes[..active] {
                lane.left -= steps;
            }
            let mut i = 0;
            while i < active {
                if lanes[i].left == 0 {
                    active -= 1;
                    lanes.swap(i, active);
                    chain.swap(i, active);
                } else {
                    i += 1;
                }
            }
        }
    }
}

/// Encrypts the first `active` blocks, which don't depend on each other.
#[inline(always)]
fn encrypt_lanes<B: BlockCipherEncBackend<BlockSize = U16>>(
    backend: &B,
    blocks: &mut [Block; LANES],
    active: usize,
) {
    let width = B::ParBlocksSize::USIZE;
    if active > 1 && (2..=LANES).contains(&width) {
        // Idle lanes go along, a batch that is not full costs no more than two blocks on their own.
        for chunk in blocks.chunks_exact_mut(width).take(active.div_ceil(width)) {
            let chunk: &mut ParBlocks<B> =
                chunk.try_into().expect("a chunk is as long as the backend's batch");
            backend.encrypt_par_blocks(chunk.into());
        }
    } else {
        // A backend whose batch is longer than all lanes: the processor overlaps single blocks by itself.
        for block in &mut blocks[..active] {
            backend.encrypt_block(block.into());
        }
    }
}

/// Encrypts a piece of one range in a row; `chain` and `walk` go on with the next piece.
pub(super) struct EncryptPiece<'a> {
    pub(super) chain: &'a mut [u8; BLOCK],
    pub(super) walk: &'a mut Walk,
    pub(super) data: &'a mut [u8],
}

impl BlockSizeUser for EncryptPiece<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for EncryptPiece<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let EncryptPiece { chain, walk, data } = self;
        let mut block = Block::from(*chain);
        walk.runs(data.len() / BLOCK, |run| {
            for bytes in data[run].as_chunks_mut::<BLOCK>().0 {
                xor(&mut block, bytes);
                backend.encrypt_block((&mut block).into());
                *bytes = block.into();
            }
        });
        *chain = block.into();
    }
}

/// Decrypts a piece of one range; `chain` and `walk` go on with the next piece.
pub(super) fn decrypt_piece(
    aes: &impl BlockCipherDecrypt<BlockSize = U16>,
    chain: &mut [u8; BLOCK],
    walk: &mut Walk,
    data: &mut [u8],
) {
    let mut batch = Batch { at: [0; BATCH], blocks: [Block::default(); BATCH], len: 0 };
    walk.runs(data.len() / BLOCK, |run| {
        for at in run.step_by(BLOCK) {
            if batch.len == BATCH {
                batch.decrypt(aes, chain, data);
            }
            batch.at[batch.len] = at;
            batch.blocks[batch.len] = Block::from(*block_at(data, at));
            batch.len += 1;
        }
    });
    batch.decrypt(aes, chain, data);
}

/// Blocks of ciphertext, gathered from where they are encrypted.
struct Batch {
    at: [usize; BATCH],
    blocks: [Block; BATCH],
    len: usize,
}

impl Batch {
    fn decrypt(
        &mut self,
        aes: &impl BlockCipherDecrypt<BlockSize = U16>,
        chain: &mut [u8; BLOCK],
        data: &mut [u8],
    ) {
        let blocks = &mut self.blocks[..self.len];
        aes.decrypt_blocks(blocks);
        for (&at, block) in self.at.iter().zip(blocks) {
            xor(block, chain);
            *chain = std::mem::replace(block_at(data, at), (*block).into());
        }
        self.len = 0;
    }
}

/// The block at an offset that the caller knows to lie a block before the end.
#[inline(always)]
fn block_at(data: &mut [u8], at: usize) -> &mut [u8; BLOCK] {
    data[at..].first_chunk_mut().expect("whole blocks only")
}

#[inline(always)]
fn xor(block: &mut Block, bytes: &[u8; BLOCK]) {
    let sum = u128::from_ne_bytes((*block).into()) ^ u128::from_ne_bytes(*bytes);
    *block = Block::from(sum.to_ne_bytes());
}
