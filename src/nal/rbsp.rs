//! The payload of a NAL unit, with its emulation prevention bytes taken out.

use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// The bytes of a NAL unit, or of its start, as a parser reads them: `03` behind two zeros is taken out
/// (ITU-T H.264 § 7.4.1, H.265 § 7.4.2).
#[derive(Debug)]
pub(crate) struct Rbsp {
    bytes: Vec<u8>,
    /// In front of which of `bytes` a byte was taken out, ascending.
    removed: Vec<usize>,
}

impl Rbsp {
    /// Takes the bytes of a NAL unit, its header included.
    pub(crate) fn new(unit: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(unit.len());
        let mut removed = Vec::new();
        let mut zeros = 0;
        for &byte in unit {
            if zeros >= 2 && byte == 3 {
                removed.push(bytes.len());
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Rbsp { bytes, removed }
    }

    /// A reader from the first bit of the unit's header.
    pub(crate) fn reader(&self) -> RbspReader<'_> {
        RbspReader { bits: BitReader::new(&self.bytes), rbsp: self, invalid: false }
    }
}

/// Reads the bits of an [`Rbsp`]. What lies behind the end reads as zeros; [`RbspReader::overrun`] tells.
pub(crate) struct RbspReader<'a> {
    bits: BitReader<'a>,
    rbsp: &'a Rbsp,
    invalid: bool,
}

impl RbspReader<'_> {
    /// `u(n)` for n up to 32.
    pub(crate) fn u(&mut self, n: u32) -> u32 {
        self.bits.f(n)
    }

    /// `u(1)`.
    pub(crate) fn flag(&mut self) -> bool {
        self.bits.flag()
    }

    /// Passes over `n` bits.
    pub(crate) fn skip(&mut self, n: usize) {
        self.bits.skip(n);
    }

    /// `ue(v)`, an unsigned Exp-Golomb code. One of more than 32 bits is remembered as invalid and reads as 0.
    pub(crate) fn ue(&mut self) -> u32 {
        let mut zeros = 0;
        while !self.bits.flag() {
            zeros += 1;
            if zeros > 31 || self.bits.overrun() {
                self.invalid = true;
                return 0;
            }
        }
        // At most 2^31 - 1 + 2^31 - 1.
        (1u32 << zeros) - 1 + self.bits.f(zeros)
    }

    /// `se(v)`, a signed Exp-Golomb code.
    pub(crate) fn se(&mut self) -> i32 {
        let code = self.ue();
        let magnitude = code.div_ceil(2) as i32; // at most 2^31 - 1
        if code & 1 == 1 { magnitude } else { -magnitude }
    }

    /// `ue(v)` of at most `most`.
    ///
    /// # Errors
    /// `Format` with the name and the value, unless the bits have ended.
    pub(crate) fn ue_up_to(&mut self, most: u32, name: &str) -> Result<u32> {
        let value = self.ue();
        if value > most && !self.overrun() {
            return Err(Error::format(format!("{name} is {value}, at most {most} expected")));
        }
        Ok(value.min(most))
    }

    /// Whether more was read than there is.
    pub(crate) fn overrun(&self) -> bool {
        self.bits.overrun()
    }

    /// Checks that all that was read was there and valid.
    ///
    /// # Errors
    /// `Format`.
    pub(crate) fn check(&self) -> Result<()> {
        if self.overrun() {
            return Err(Error::format("it ends too early"));
        }
        self.check_codes()
    }

    /// Checks that all Exp-Golomb codes were valid.
    ///
    /// # Errors
    /// `Format`.
    pub(crate) fn check_codes(&self) -> Result<()> {
        if self.invalid {
            return Err(Error::format("an Exp-Golomb code has more than 32 bits"));
        }
        Ok(())
    }

    /// Bytes of the NAL unit up to the next bit, as they lie in the stream: a byte begun counts whole, and so do the
    /// emulation prevention bytes in front of it.
    pub(crate) fn bytes_read(&self) -> usize {
        let read = self.bits.position().div_ceil(8);
        read + self.rbsp.removed.iter().take_while(|&&at| at < read).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exp_golomb_codes() {
        // 1, 010, 011, 00100, 00101 and a fill bit.
        let rbsp = Rbsp::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let mut r = rbsp.reader();
        assert_eq!([r.ue(), r.ue(), r.ue(), r.ue(), r.ue()], [0, 1, 2, 3, 4]);
        let mut r = rbsp.reader();
        assert_eq!([r.se(), r.se(), r.se(), r.se(), r.se()], [0, 1, -1, 2, -2]);
        r.check().unwrap();
    }

    #[test]
    fn the_longest_code_and_one_too_long() {
        let longest = [0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        let rbsp = Rbsp::new(&longest);
        let mut r = rbsp.reader();
        r.skip(15);
        assert_eq!(r.ue(), 0);
        let rbsp = Rbsp::new(&[0, 1, 0, 1, 0xff, 0xff, 0xff, 0xff]);
        let mut r = rbsp.reader();
        r.skip(16);
        assert_eq!(r.ue(), (1 << 15) - 1 + 0x7fff);
        let rbsp = Rbsp::new(&[0; 9]);
        let mut r = rbsp.reader();
        assert_eq!(r.ue(), 0);
        assert!(r.check_codes().is_err());
    }

    #[test]
    fn emulation_prevention_is_taken_out_and_counted() {
        let rbsp = Rbsp::new(&[0x65, 0, 0, 3, 1, 0, 0, 3]);
        assert_eq!(rbsp.bytes, [0x65, 0, 0, 1, 0, 0]);
        let mut r = rbsp.reader();
        let mut seen = Vec::new();
        for _ in 0..6 {
            r.u(8);
            seen.push(r.bytes_read());
        }
        // The byte behind the third is only counted once the fourth is begun.
        assert_eq!(seen, [1, 2, 3, 5, 6, 7]);
        assert!(!r.overrun());
        r.u(1);
        assert!(r.overrun());
    }

    proptest! {
        #[test]
        fn escaped_bytes_come_back(bytes in proptest::collection::vec(prop_oneof![Just(0u8), 0u8..5, any::<u8>()], 0..200)) {
            let mut escaped = Vec::new();
            let mut zeros = 0;
            for &byte in &bytes {
                if zeros == 2 && byte <= 3 {
                    escaped.push(3);
                    zeros = 0;
                }
                zeros = if byte == 0 { zeros + 1 } else { 0 };
                escaped.push(byte);
            }
            let rbsp = Rbsp::new(&escaped);
            prop_assert_eq!(&rbsp.bytes, &bytes);
            let mut r = rbsp.reader();
            r.skip(bytes.len() * 8);
            prop_assert_eq!(r.bytes_read(), escaped.len());
        }
    }
}
