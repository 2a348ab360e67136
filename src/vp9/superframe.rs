//! Superframes: several frames in one chunk, with an index behind them (VP9 Annex B).

use crate::error::{Error, Result};

/// The most bytes that an index has.
pub(crate) const MAX_INDEX: usize = 2 + 8 * 4;

/// The frames of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Superframe {
    /// Sizes of the frames, in order; at least one.
    pub(crate) frames: Vec<u64>,
    /// Bytes of the index; 0 where there is none.
    pub(crate) index_size: u64,
}

impl Superframe {
    /// Finds the frames of a chunk of `size` bytes whose last bytes are `tail`: [`MAX_INDEX`] of them, or all.
    ///
    /// A chunk without an index is one frame. Frames of no bytes are left out.
    ///
    /// # Errors
    /// `Format` where the sizes in the index do not add up to those of the chunk.
    pub(crate) fn read(size: u64, tail: &[u8]) -> Result<Self> {
        let whole = Superframe { frames: vec![size], index_size: 0 };
        let Some(&marker) = tail.last().filter(|marker| *marker >> 5 == 0b110) else { return Ok(whole) };
        let bytes_per_size = usize::from(marker >> 3 & 3) + 1;
        let count = usize::from(marker & 7) + 1;
        let index_size = 2 + count * bytes_per_size;
        let Some(index) = tail.len().checked_sub(index_size).map(|at| &tail[at..]) else { return Ok(whole) };
        if index[0] != marker {
            return Ok(whole);
        }
        let sizes = index[1..=count * bytes_per_size].chunks(bytes_per_size);
        let frames: Vec<u64> = sizes
            .map(|bytes| bytes.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte)))
            .filter(|size| *size > 0)
            .collect();
        let sum: u64 = frames.iter().sum();
        let expected = size - index_size as u64;
        if sum != expected || frames.is_empty() {
            return Err(Error::format(format!(
                "the superframe index has frames of {sum} bytes together, {expected} are before it"
            )));
        }
        Ok(Superframe { frames, index_size: index_size as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found() {
        let one = Superframe { frames: vec![5], index_size: 0 };
        assert_eq!(Superframe::read(5, &[0x82, 1, 2, 3, 4]).unwrap(), one);
        // Two frames of 2 and 259 bytes, sizes of 2 bytes.
        let index = [0xc9, 2, 0, 3, 1, 0xc9];
        let two = Superframe { frames: vec![2, 259], index_size: 6 };
        assert_eq!(Superframe::read(267, &index).unwrap(), two);
        assert!(Superframe::read(268, &index).unwrap_err().message().contains("261 bytes together, 262"));
        // No index: the first byte is not the marker, or there is no room.
        assert_eq!(Superframe::read(6, &[0x82, 2, 0, 3, 1, 0xc9]).unwrap().index_size, 0);
        assert_eq!(Superframe::read(3, &[3, 1, 0xc9]).unwrap().index_size, 0);
        // A frame of no bytes.
        assert_eq!(Superframe::read(5, &[0x82, 0xc1, 1, 0, 0xc1]).unwrap().frames, [1]);
        assert!(Superframe::read(4, &[0xc1, 0, 0, 0xc1]).is_err());
    }
}
