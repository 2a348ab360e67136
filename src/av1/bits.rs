//! Bits of a header, read from the most significant end.

/// Reads the descriptors of AV1 § 4.10 that are coded without arithmetic coding.
///
/// Reading past the end gives zeros and is remembered: a header asks [`overrun`](Self::overrun) once, at its end,
/// instead of after each field.
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    bit: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        BitReader { bytes, bit: 0 }
    }

    /// The number of bits read, zeros past the end included.
    pub(crate) fn position(&self) -> usize {
        self.bit
    }

    /// Whether more was read than there is.
    pub(crate) fn overrun(&self) -> bool {
        self.bit > self.bytes.len() * 8
    }

    /// `f(n)` for n up to 32.
    #[inline]
    pub(crate) fn f(&mut self, n: u32) -> u32 {
        debug_assert!(n <= 32);
        if n == 0 {
            return 0;
        }
        let index = self.bit >> 3;
        let word = match self.bytes.get(index..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(chunk) => u64::from_be_bytes(*chunk),
            None => self.tail(index),
        };
        let value = (word << (self.bit & 7)) >> (64 - n);
        self.bit += n as usize;
        value as u32
    }

    /// The last bytes, followed by zeros.
    #[cold]
    fn tail(&self, index: usize) -> u64 {
        let mut chunk = [0; 8];
        let rest = self.bytes.get(index..).unwrap_or_default();
        chunk[..rest.len()].copy_from_slice(rest);
        u64::from_be_bytes(chunk)
    }

    /// `f(1)` as a flag.
    #[inline]
    pub(crate) fn flag(&mut self) -> bool {
        self.f(1) != 0
    }

    /// `f(n)` for n up to 8.
    #[inline]
    pub(crate) fn u8(&mut self, n: u32) -> u8 {
        debug_assert!(n <= 8);
        self.f(n) as u8
    }

    /// `f(n)` for n up to 16.
    #[inline]
    pub(crate) fn u16(&mut self, n: u32) -> u16 {
        debug_assert!(n <= 16);
        self.f(n) as u16
    }

    /// Passes over `n` bits.
    #[inline]
    pub(crate) fn skip(&mut self, n: usize) {
        self.bit += n;
    }

    /// `su(n)` for n up to 16.
    #[inline]
    pub(crate) fn su(&mut self, n: u32) -> i16 {
        debug_assert!((1..=16).contains(&n));
        let value = self.f(n) as i32;
        let sign_mask = 1 << (n - 1);
        (if value & sign_mask != 0 { value - 2 * sign_mask } else { value }) as i16
    }

    /// `ns(n)` for n from 1.
    #[inline]
    pub(crate) fn ns(&mut self, n: u32) -> u32 {
        debug_assert!((1..1 << 31).contains(&n));
        let w = n.ilog2() + 1;
        let m = (1 << w) - n;
        let v = self.f(w - 1);
        if v < m { v } else { (v << 1) - m + self.f(1) }
    }

    /// `uvlc()`.
    pub(crate) fn uvlc(&mut self) -> u32 {
        let mut leading_zeros = 0;
        while !self.overrun() && !self.flag() {
            leading_zeros += 1;
        }
        if leading_zeros >= 32 {
            return u32::MAX;
        }
        // At most 2^31 - 1 + 2^31 - 1.
        self.f(leading_zeros) + ((1 << leading_zeros) - 1)
    }

    /// Whether the rest of the current byte is zero, `byte_alignment()`; passes over it.
    pub(crate) fn byte_alignment(&mut self) -> bool {
        let n = self.bit.wrapping_neg() as u32 & 7;
        self.f(n) == 0
    }

    /// Whether what is left is `trailing_bits()`: a one, then only zeros.
    pub(crate) fn trailing_bits(&mut self) -> bool {
        if !self.flag() || !self.byte_alignment() || self.overrun() {
            return false;
        }
        self.bytes[self.bit >> 3..].iter().all(|&byte| byte == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_lengths_across_bytes_and_at_the_end() {
        let bytes = [0xa5, 0x0f, 0xf0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde];
        let mut r = BitReader::new(&bytes);
        assert_eq!((r.f(1), r.f(2), r.f(5)), (1, 1, 5));
        assert_eq!(r.f(0), 0);
        assert_eq!(r.f(12), 0x0ff);
        assert_eq!(r.f(32), 0x0123_4567);
        assert_eq!(r.f(28), 0x089a_bcde);
        assert!(!r.overrun());
        assert_eq!(r.f(1), 0);
        assert!(r.overrun());
    }

    #[test]
    fn ns_is_as_in_the_table_of_the_specification() {
        let mut r = BitReader::new(&[0b00_01_10_11, 0b0111_0000]);
        assert_eq!([r.ns(5), r.ns(5), r.ns(5), r.ns(5), r.ns(5)], [0, 1, 2, 3, 4]);
        assert_eq!(r.position(), 12);
        assert_eq!(r.ns(1), 0);
        assert_eq!(r.position(), 12);
    }

    #[test]
    fn signed_and_variable_lengths() {
        let mut r = BitReader::new(&[0b1000_0001, 0b0011_1101, 0b0010_1000]);
        assert_eq!(r.su(7), -64);
        assert_eq!(r.su(7), 0b100_1111 - 128);
        let mut r = BitReader::new(&[0b1010_0110, 0]);
        assert_eq!([r.uvlc(), r.uvlc()], [0, 1]);
        assert_eq!(BitReader::new(&[0; 5]).uvlc(), u32::MAX);
    }

    #[test]
    fn uvlc_ends_at_the_end() {
        let mut r = BitReader::new(&[0; 3]);
        r.uvlc();
        assert!(r.overrun());
    }

    #[test]
    fn trailing_bits_are_a_one_and_zeros() {
        for (bytes, bit, good) in [
            (&[0x80u8, 0, 0][..], 0, true),
            (&[0x81, 0], 0, false),
            (&[0x80, 1], 0, false),
            (&[0x01], 7, true),
            (&[0x00], 0, false),
            (&[0x80], 8, false),
        ] {
            let mut r = BitReader::new(bytes);
            r.skip(bit);
            assert_eq!(r.trailing_bits(), good, "{bytes:?} from {bit}");
        }
    }
}
