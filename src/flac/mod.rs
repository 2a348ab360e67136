//! FLAC: metadata blocks and frame headers (RFC 9639).

mod frame;

#[cfg(test)]
pub(crate) use frame::tests::frame as test_frame;
pub use frame::{FrameHeader, crc16};

use crate::error::{Error, Result};

/// What a FLAC stream starts with.
pub const MAGIC: &[u8; 4] = b"fLaC";

/// Types of metadata blocks.
const STREAMINFO: u8 = 0;
const PADDING: u8 = 1;
const SEEKTABLE: u8 = 3;
const PICTURE: u8 = 6;

/// Bytes of a STREAMINFO.
const STREAMINFO_LEN: usize = 34;

/// More metadata than is kept for a header.
const METADATA_LIMIT: usize = 1 << 20;

/// What STREAMINFO says (RFC 9639 § 8.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamInfo {
    /// Samples of a block, the fewest and the most.
    pub block_size: (u16, u16),
    /// Bytes of the largest frame; 0 where it is not known.
    pub max_frame_size: u32,
    /// Samples a second.
    pub sample_rate: u32,
    /// 1 to 8.
    pub channels: u8,
    /// Bits of a sample.
    pub bits: u8,
}

impl StreamInfo {
    /// Reads the content of the block.
    ///
    /// # Errors
    /// `Format` where it is short or says nothing sensible.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let Some(b) = bytes.first_chunk::<STREAMINFO_LEN>() else {
            return Err(Error::format(format!(
                "STREAMINFO has {} bytes, {STREAMINFO_LEN} were expected",
                bytes.len()
            )));
        };
        let info = StreamInfo {
            block_size: (u16::from_be_bytes([b[0], b[1]]), u16::from_be_bytes([b[2], b[3]])),
            max_frame_size: u32::from_be_bytes([0, b[7], b[8], b[9]]),
            sample_rate: u32::from_be_bytes([0, b[10], b[11], b[12]]) >> 4,
            channels: (b[12] >> 1 & 7) + 1,
            bits: ((b[12] & 1) << 4 | b[13] >> 4) + 1,
        };
        if info.sample_rate == 0 || info.bits < 4 || info.block_size.1 < 16 {
            return Err(Error::format("STREAMINFO has no sample rate, block size or sample size")
                .clause("RFC 9639 § 8.2"));
        }
        Ok(info)
    }

    /// The most bytes that a frame can have, with room to spare: what its samples have uncompressed.
    pub fn frame_limit(&self) -> u64 {
        let raw = u64::from(self.block_size.1) * u64::from(self.channels) * u64::from(self.bits + 1) / 8;
        raw.max(self.max_frame_size.into()) + 1024
    }

    /// The sample rate as a sample entry holds it: where it does not fit, the largest half, quarter and so on that does;
    /// 65535 where there is none (RFC 9639 § 10.2).
    pub fn entry_rate(&self) -> u32 {
        let mut rate = self.sample_rate;
        while rate > 0xffff && rate.is_multiple_of(2) {
            rate /= 2;
        }
        rate.min(0xffff)
    }

    /// The layout's number of ISO/IEC 23091-3 for the channels that FLAC has by itself.
    pub fn layout(&self) -> Option<u8> {
        Some(match self.channels {
            count @ (1..=3 | 5 | 6) => count,
            4 => 10,
            7 => 11,
            8 => 12,
            _ => return None,
        })
    }
}

/// One metadata block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// Its type.
    pub kind: u8,
    /// Whether it is the last.
    pub is_last: bool,
    /// Its content.
    pub content: &'a [u8],
}

/// The metadata blocks that fill `bytes`, behind the `fLaC` marker if it is there.
///
/// # Errors
/// `Format` where one is cut short, or the first is no STREAMINFO.
pub fn metadata(bytes: &[u8]) -> Result<Vec<Block<'_>>> {
    let mut rest = bytes.strip_prefix(MAGIC).unwrap_or(bytes);
    let mut blocks = Vec::new();
    while let Some((&[kind, a, b, c], behind)) = rest.split_first_chunk::<4>() {
        let len = u32::from_be_bytes([0, a, b, c]) as usize;
        let Some((content, behind)) = behind.split_at_checked(len) else {
            let left = behind.len();
            return Err(Error::format(format!("a metadata block has {len} bytes, {left} are left")));
        };
        blocks.push(Block { kind: kind & 0x7f, is_last: kind & 0x80 != 0, content });
        rest = behind;
        if kind & 0x80 != 0 {
            break;
        }
    }
    match blocks.first() {
        Some(Block { kind: STREAMINFO, .. }) => Ok(blocks),
        _ => Err(Error::format("the first metadata block is no STREAMINFO").clause("RFC 9639 § 8.2")),
    }
}

/// The body of `dfLa` from metadata blocks: STREAMINFO first, and of the others those that mean something there. Padding,
/// seek points, which are byte offsets, and pictures, which would make each header large, stay behind.
///
/// # Errors
/// As [`metadata`].
pub fn specific_box(bytes: &[u8]) -> Result<Vec<u8>> {
    let blocks = metadata(bytes)?;
    let mut room = METADATA_LIMIT;
    let kept: Vec<&Block<'_>> = blocks
        .iter()
        .filter(|block| {
            let wanted = !matches!(block.kind, PADDING | SEEKTABLE | PICTURE) && block.content.len() <= room;
            room -= if wanted { block.content.len() } else { 0 };
            wanted
        })
        .collect();
    let mut body = vec![0; 4]; // version and flags
    for (index, block) in kept.iter().enumerate() {
        let last = if index + 1 == kept.len() { 0x80 } else { 0 };
        body.push(block.kind | last);
        body.extend_from_slice(&(block.content.len() as u32).to_be_bytes()[1..]);
        body.extend_from_slice(block.content);
    }
    Ok(body)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// STREAMINFO of 48 kHz, stereo, 16 bits, blocks of 16 samples.
    pub(crate) fn stream_info() -> Vec<u8> {
        let mut info = vec![0, 16, 0, 16, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8, 0x02, 0xf0, 0, 0, 0, 0];
        info.resize(STREAMINFO_LEN, 0);
        info
    }

    /// The blocks with their headers.
    pub(crate) fn blocks(list: &[(u8, &[u8])]) -> Vec<u8> {
        let mut out = Vec::new();
        for (index, (kind, content)) in list.iter().enumerate() {
            out.push(kind | if index + 1 == list.len() { 0x80 } else { 0 });
            out.extend(&(content.len() as u32).to_be_bytes()[1..]);
            out.extend(*content);
        }
        out
    }

    #[test]
    fn stream_infos() {
        let info = StreamInfo::parse(&stream_info()).unwrap();
        assert_eq!((info.sample_rate, info.channels, info.bits), (48000, 2, 16));
        let rate = |sample_rate| StreamInfo { sample_rate, ..info }.entry_rate();
        assert_eq!([48000, 96000, 192_000, 88200, 65537].map(rate), [48000, 48000, 48000, 44100, 65535]);
        assert!(StreamInfo::parse(&[0; 33]).is_err());
        assert!(StreamInfo::parse(&[0; 34]).is_err());
    }

    #[test]
    fn the_box_has_no_padding_and_no_seek_points() {
        let info = stream_info();
        let all = blocks(&[(0, &info), (3, &[1; 18]), (4, b"tags"), (1, &[0; 100])]);
        let body = specific_box(&all).unwrap();
        assert_eq!(body[4..], blocks(&[(0, &info), (4, b"tags")]));
        assert!(specific_box(&blocks(&[(4, b"tags")])).is_err());
        assert!(specific_box(&all[..20]).is_err());
    }
}
