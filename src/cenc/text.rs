//! Hexadecimal and base64url text of 16 bytes.
//!
//! Nothing here keeps or reports the text: it may be a key.

use zeroize::Zeroizing;

/// Reads `N` bytes of two hexadecimal digits each, of either case.
pub(super) fn from_hex<const N: usize>(text: &str) -> Option<Zeroizing<[u8; N]>> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = Zeroizing::new([0; N]);
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

fn nibble(digit: u8) -> Option<u8> {
    // Below 16 by the radix.
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// Reads 16 bytes of base64url text: 22 characters, `==` after them or not.
pub(super) fn from_base64url(text: &str) -> Option<Zeroizing<[u8; 16]>> {
    let text = text.strip_suffix("==").unwrap_or(text);
    if text.len() != 22 {
        return None;
    }
    let mut out = Zeroizing::new([0; 16]);
    let mut bits = Zeroizing::new(0u32);
    let mut held = 0;
    let mut bytes = out.iter_mut();
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        *bits = *bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            *bytes.next()? = (*bits >> held) as u8;
            *bits &= (1 << held) - 1;
        }
    }
    // 22 characters are 132 bits, the 4 bits left over say nothing.
    (*bits == 0).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex() {
        assert_eq!(*from_hex::<3>("00aBfF").unwrap(), [0, 0xab, 0xff]);
        for text in ["", "00abf", "00abff0", "00abfg", "0x0abf", "00 abf", "é0abf", "+0abff"] {
            assert!(from_hex::<3>(text).is_none(), "{text}");
        }
    }

    #[test]
    fn base64url() {
        let bytes =
            [0xfb, 0xff, 0xbf, 0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30, 0xd3, 0x8f, 0x41];
        assert_eq!(*from_base64url("-_-_ABCDEFGHIJKLMNOPQQ").unwrap(), bytes);
        assert_eq!(*from_base64url("-_-_ABCDEFGHIJKLMNOPQQ==").unwrap(), bytes);
        for text in ["", "-_-_ABCDEFGHIJKLMNOPQ", "-_-_ABCDEFGHIJKLMNOPQR", "+_-_ABCDEFGHIJKLMNOPQQ"] {
            assert!(from_base64url(text).is_none(), "{text}");
        }
    }
}
