//! Frame headers (RFC 9639 § 9.1).

use super::StreamInfo;
use crate::error::{Error, Result};

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// Whether blocks differ in size, so that `number` counts samples and not frames.
    pub is_variable: bool,
    /// Samples in the frame.
    pub block_size: u32,
    /// Samples a second; none for that of STREAMINFO.
    pub sample_rate: Option<u32>,
    /// 1 to 8.
    pub channels: u8,
    /// Bits of a sample; none for those of STREAMINFO.
    pub bits: Option<u8>,
    /// The number of the frame or of its first sample.
    pub number: u64,
}

impl FrameHeader {
    /// The most bytes of a header.
    pub const MAX_LEN: usize = 16;

    /// Reads a header, whose checksum must be right.
    ///
    /// # Errors
    /// `Format` where there is no sync code, a field is reserved, or the checksum is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bad =
            |message: &str| Error::format(format!("FLAC frame header: {message}")).clause("RFC 9639 § 9.1");
        let mut at = 0;
        let mut next = || {
            at += 1;
            bytes.get(at - 1).copied().ok_or_else(|| bad("it is cut short"))
        };
        let [a, b, c, d] = [next()?, next()?, next()?, next()?];
        if a != 0xff || b & 0xfe != 0xf8 {
            return Err(bad("no sync code"));
        }
        let channels = match d >> 4 {
            independent @ 0..=7 => independent + 1,
            8..=10 => 2,
            _ => return Err(bad("the channels are reserved")),
        };
        let bits = match d >> 1 & 7 {
            0 => None,
            3 => return Err(bad("the sample size is reserved")),
            size => Some([0, 8, 12, 0, 16, 20, 24, 32][usize::from(size)]),
        };
        if d & 1 != 0 {
            return Err(bad("a reserved bit is set"));
        }
        // As UTF-8 has it, for up to 36 bits.
        let first = next()?;
        let more = match first.leading_ones() {
            0 => 0,
            ones @ 2..=7 => ones - 1,
            _ => return Err(bad("its number is not coded right")),
        };
        let mut number = u64::from(first) & (0x7f >> (more + u32::from(more > 0)).min(7));
        for _ in 0..more {
            let byte = next()?;
            if byte & 0xc0 != 0x80 {
                return Err(bad("its number is not coded right"));
            }
            number = number << 6 | u64::from(byte & 0x3f);
        }
        let block_size = match c >> 4 {
            0 => return Err(bad("the block size is reserved")),
            1 => 192,
            code @ 2..=5 => 144 << code,
            6 => u32::from(next()?) + 1,
            7 => u32::from(u16::from_be_bytes([next()?, next()?])) + 1,
            code => 1 << code,
        };
        const RATES: [u32; 12] =
            [0, 88200, 176_400, 192_000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000];
        let sample_rate = match c & 15 {
            0 => None,
            code @ 1..=11 => Some(RATES[usize::from(code)]),
            12 => Some(u32::from(next()?) * 1000),
            13 => Some(u32::from(u16::from_be_bytes([next()?, next()?]))),
            14 => Some(u32::from(u16::from_be_bytes([next()?, next()?])) * 10),
            _ => return Err(bad("the sample rate is invalid")),
        };
        let checksum = next()?;
        if crc8(&bytes[..at - 1]) != checksum {
            return Err(bad("its checksum is wrong"));
        }
        Ok(FrameHeader { is_variable: b & 1 == 1, block_size, sample_rate, channels, bits, number })
    }

    /// Whether the frame can be one of a stream that STREAMINFO describes.
    pub fn fits(&self, info: &StreamInfo) -> bool {
        self.channels == info.channels
            && self.sample_rate.is_none_or(|rate| rate == info.sample_rate)
            && self.bits.is_none_or(|bits| bits == info.bits)
    }

    /// Whether the frame comes right behind `before`.
    pub fn follows(&self, before: &FrameHeader) -> bool {
        let step = if before.is_variable { before.block_size.into() } else { 1 };
        self.is_variable == before.is_variable && self.number == before.number + step
    }
}

/// Polynomial 0x07.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| crc << 1 ^ if crc & 0x80 != 0 { 0x07 } else { 0 })
    })
}

/// Goes on with the checksum of a whole frame: polynomial 0x8005. It is 0 behind the frame's last byte.
pub fn crc16(crc: u16, bytes: &[u8]) -> u16 {
    const TABLE: [u16; 256] = {
        let mut table = [0u16; 256];
        let mut index = 0;
        while index < 256 {
            let mut crc = (index as u16) << 8;
            let mut bit = 0;
            while bit < 8 {
                crc = crc << 1 ^ if crc & 0x8000 != 0 { 0x8005 } else { 0 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    };
    bytes.iter().fold(crc, |crc, byte| crc << 8 ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A frame of 16 samples with this number below 128, and this in it.
    pub(crate) fn frame(number: u8, content: &[u8]) -> Vec<u8> {
        let mut frame = vec![0xff, 0xf8, 0x6a, 0x18, number, 15];
        frame.push(crc8(&frame));
        frame.extend(content);
        let crc = crc16(0, &frame);
        frame.extend(crc.to_be_bytes());
        frame
    }

    #[test]
    fn headers_are_read() {
        let header = FrameHeader::parse(&frame(5, &[])).unwrap();
        assert_eq!((header.block_size, header.sample_rate, header.channels), (16, Some(48000), 2));
        assert_eq!((header.bits, header.number, header.is_variable), (Some(16), 5, false));
        assert!(header.follows(&FrameHeader { number: 4, ..header }));
        let mut bytes = vec![0xff, 0xf9, 0xc9, 0x18, 0xf0, 0x90, 0x80, 0x80];
        bytes.push(crc8(&bytes));
        let header = FrameHeader::parse(&bytes).unwrap();
        assert_eq!((header.block_size, header.number, header.is_variable), (4096, 0x10000, true));
        for len in 0..bytes.len() {
            assert!(FrameHeader::parse(&bytes[..len]).is_err());
        }
    }

    #[test]
    fn wrong_headers_are_refused() {
        let good = frame(5, &[]);
        for at in 0..7 {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(FrameHeader::parse(&bad).is_err(), "{at}");
        }
        assert_eq!(crc16(0, &good), 0);
    }
}
