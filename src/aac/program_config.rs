//! `program_config_element`: channels that no `channelConfiguration` describes (ISO/IEC 14496-3 § 4.4.1.1).

use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// A program config element, as far as it tells the channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramConfig {
    /// `object_type`: the audio object type less 1.
    pub object_type: u8,
    /// `sampling_frequency_index`.
    pub sampling_frequency_index: u8,
    /// Elements in front, at the sides, behind: whether each has two channels.
    pub elements: [Vec<bool>; 3],
    /// Channels of low frequencies.
    pub lfe: u8,
    /// The bits of the element from `element_instance_tag` up to the alignment before the comment, one a byte.
    bits: Vec<bool>,
    /// The comment.
    comment: Vec<u8>,
}

impl ProgramConfig {
    /// Reads the element; alignment counts from the start of `bits`.
    ///
    /// # Errors
    /// `Format` where the bytes end too early.
    pub(crate) fn read(bits: &mut BitReader<'_>) -> Result<Self> {
        let mut kept = Kept { bits, seen: Vec::new() };
        kept.take(4); // element_instance_tag
        let object_type = kept.take(2) as u8;
        let sampling_frequency_index = kept.take(4) as u8;
        let counts = [kept.take(4), kept.take(4), kept.take(4)];
        let lfe = kept.take(2) as u8;
        let (assoc, cc) = (kept.take(3), kept.take(4));
        // mono_mixdown, stereo_mixdown, matrix_mixdown, each behind a flag.
        for width in [4, 4, 3] {
            if kept.take(1) == 1 {
                kept.take(width);
            }
        }
        let elements = counts.map(|count| {
            (0..count)
                .map(|_| {
                    let pair = kept.take(1) == 1;
                    kept.take(4);
                    pair
                })
                .collect()
        });
        for _ in 0..u32::from(lfe) + assoc {
            kept.take(4);
        }
        for _ in 0..cc {
            kept.take(5);
        }
        let seen = kept.seen;
        bits.byte_alignment();
        let len = bits.f(8);
        let comment = (0..len).map(|_| bits.u8(8)).collect();
        if bits.overrun() {
            return Err(Error::format("the program config element ends too early"));
        }
        Ok(ProgramConfig { object_type, sampling_frequency_index, elements, lfe, bits: seen, comment })
    }

    /// How many channels the program has.
    pub fn channels(&self) -> u32 {
        let speakers = self.elements.iter().flatten().map(|pair| 1 + u32::from(*pair)).sum::<u32>();
        speakers + u32::from(self.lfe)
    }

    /// The layout's number of ISO/IEC 23091-3, where it is one of the usual ones.
    pub fn layout(&self) -> Option<u8> {
        let count = |elements: &[bool]| elements.iter().map(|pair| 1 + u8::from(*pair)).sum::<u8>();
        let [front, side, back] = self.elements.each_ref().map(|elements| count(elements));
        match (front, side, back, self.lfe) {
            (1, 0, 0, 0) => Some(1),
            (2, 0, 0, 0) => Some(2),
            (3, 0, 0, 0) => Some(3),
            (3, 0, 1, 0) => Some(4),
            (3, 0, 2, 0) | (3, 2, 0, 0) => Some(5),
            (3, 0, 2, 1) | (3, 2, 0, 1) => Some(6),
            (5, 0, 2, 1) | (5, 2, 0, 1) => Some(7),
            (2, 0, 1, 0) => Some(9),
            (2, 0, 2, 0) | (2, 2, 0, 0) => Some(10),
            (3, 0, 3, 1) | (3, 2, 1, 1) => Some(11),
            (3, 2, 2, 1) => Some(12),
            _ => None,
        }
    }

    /// The element again, for an `AudioSpecificConfig` in which `before` bits lie before it: what its alignment counts
    /// from. One bit a byte.
    pub(crate) fn aligned(&self, before: usize) -> Vec<bool> {
        let mut out = self.bits.clone();
        out.resize((before + out.len()).next_multiple_of(8) - before, false);
        let len = self.comment.len() as u8;
        for byte in std::iter::once(&len).chain(&self.comment) {
            out.extend((0..8).rev().map(|bit| byte >> bit & 1 == 1));
        }
        out
    }
}

/// Reads bits and remembers them.
struct Kept<'r, 'a> {
    bits: &'r mut BitReader<'a>,
    seen: Vec<bool>,
}

impl Kept<'_, '_> {
    fn take(&mut self, n: u32) -> u32 {
        let value = self.bits.f(n);
        self.seen.extend((0..n).rev().map(|bit| value >> bit & 1 == 1));
        value
    }
}
