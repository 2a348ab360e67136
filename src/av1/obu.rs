//! OBU headers, and the numbers they are made of.

use serde::Serialize;

use crate::error::{Error, Result};

/// `obu_type`, AV1 § 6.2.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum ObuType {
    /// Sequence header.
    SequenceHeader,
    /// Temporal delimiter: a temporal unit begins.
    TemporalDelimiter,
    /// Frame header without tiles.
    FrameHeader,
    /// Tiles of the frame whose header came before.
    TileGroup,
    /// Metadata.
    Metadata,
    /// Frame header and all of the frame's tiles.
    Frame,
    /// A copy of the last frame header.
    RedundantFrameHeader,
    /// Tiles of large-scale tile coding.
    TileList,
    /// Padding.
    Padding,
    /// 0 and 9 to 14, reserved.
    Reserved(u8),
}

impl ObuType {
    /// From the four bits of the header; higher bits are ignored.
    pub fn from_bits(bits: u8) -> Self {
        match bits & 15 {
            1 => ObuType::SequenceHeader,
            2 => ObuType::TemporalDelimiter,
            3 => ObuType::FrameHeader,
            4 => ObuType::TileGroup,
            5 => ObuType::Metadata,
            6 => ObuType::Frame,
            7 => ObuType::RedundantFrameHeader,
            8 => ObuType::TileList,
            15 => ObuType::Padding,
            reserved => ObuType::Reserved(reserved),
        }
    }

    /// The four bits of the header.
    pub fn bits(self) -> u8 {
        match self {
            ObuType::SequenceHeader => 1,
            ObuType::TemporalDelimiter => 2,
            ObuType::FrameHeader => 3,
            ObuType::TileGroup => 4,
            ObuType::Metadata => 5,
            ObuType::Frame => 6,
            ObuType::RedundantFrameHeader => 7,
            ObuType::TileList => 8,
            ObuType::Padding => 15,
            ObuType::Reserved(bits) => bits & 15,
        }
    }
}

impl std::fmt::Display for ObuType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            ObuType::SequenceHeader => "sequence header",
            ObuType::TemporalDelimiter => "temporal delimiter",
            ObuType::FrameHeader => "frame header",
            ObuType::TileGroup => "tile group",
            ObuType::Metadata => "metadata",
            ObuType::Frame => "frame",
            ObuType::RedundantFrameHeader => "redundant frame header",
            ObuType::TileList => "tile list",
            ObuType::Padding => "padding",
            ObuType::Reserved(bits) => return write!(f, "reserved type {bits}"),
        })
    }
}

/// `obu_extension_header()`, AV1 § 5.3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Extension {
    /// Temporal layer, 0 to 7.
    pub temporal_id: u8,
    /// Spatial layer, 0 to 3.
    pub spatial_id: u8,
    /// The byte as it is in the stream, reserved bits included.
    pub byte: u8,
}

/// `obu_header()` and `obu_size`, AV1 § 5.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct ObuHeader {
    /// `obu_type`.
    pub kind: ObuType,
    /// The extension, where `obu_extension_flag` is 1.
    pub extension: Option<Extension>,
    /// The first byte as it is in the stream.
    pub byte: u8,
    /// `obu_has_size_field`.
    pub has_size_field: bool,
    /// The bytes that `obu_size` takes, 0 where it is absent.
    pub size_len: u8,
    /// `obu_size`: the bytes after this header. `None` where the container must say.
    pub payload_size: Option<u64>,
}

impl ObuHeader {
    /// The most bytes a header can take: two and eight of `obu_size`.
    pub const MAX_LEN: usize = 10;

    /// Reads a header from up to [`MAX_LEN`](Self::MAX_LEN) bytes; what follows it is ignored.
    ///
    /// # Errors
    /// `Format` where the bytes end within the header, the forbidden bit is set, or `obu_size` is no legal number.
    pub fn parse(bytes: &[u8]) -> Result<ObuHeader> {
        let ended = || Error::format("the bytes end within an OBU header").clause("AV1 § 5.3.1");
        let &byte = bytes.first().ok_or_else(ended)?;
        if byte & 0x80 != 0 {
            return Err(Error::format(format!("{byte:#04x} is no OBU header: obu_forbidden_bit is 1"))
                .clause("AV1 § 6.2.2"));
        }
        let mut at = 1;
        let extension = if byte & 4 != 0 {
            let &byte = bytes.get(at).ok_or_else(ended)?;
            at += 1;
            Some(Extension { temporal_id: byte >> 5, spatial_id: byte >> 3 & 3, byte })
        } else {
            None
        };
        let has_size_field = byte & 2 != 0;
        let (payload_size, size_len) = if has_size_field {
            let (size, len) = read_leb128(&bytes[at..])?;
            (Some(size), len as u8)
        } else {
            (None, 0)
        };
        Ok(ObuHeader {
            kind: ObuType::from_bits(byte >> 3),
            extension,
            byte,
            has_size_field,
            size_len,
            payload_size,
        })
    }

    /// The bytes before the payload.
    #[expect(clippy::len_without_is_empty, reason = "a header is never empty")]
    pub fn len(&self) -> usize {
        1 + usize::from(self.extension.is_some()) + usize::from(self.size_len)
    }

    /// Writes the header with `obu_has_size_field` = 1 and the shortest `obu_size`. The extension and the reserved
    /// bits stay as they were read.
    pub fn write(&self, payload_size: u64, out: &mut Vec<u8>) {
        out.push(self.byte | 2);
        if let Some(extension) = self.extension {
            out.push(extension.byte);
        }
        write_leb128(payload_size, out);
    }

    /// Whether [`write`](Self::write) would give the same bytes: there is an `obu_size`, and it is the shortest.
    pub fn is_minimal(&self) -> bool {
        self.payload_size.is_some_and(|size| leb128_len(size) == usize::from(self.size_len))
    }
}

/// Reads `leb128()`, AV1 § 4.10.5: the value and the bytes it takes.
///
/// # Errors
/// `Format` where the bytes end within it, it has more than 8 bytes, or the value passes 2³² − 1.
pub fn read_leb128(bytes: &[u8]) -> Result<(u64, usize)> {
    let mut value = 0;
    for (i, &byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            if value > u64::from(u32::MAX) {
                return Err(Error::format(format!("{value} passes the largest leb128() value, 2^32 - 1"))
                    .clause("AV1 § 4.10.5"));
            }
            return Ok((value, i + 1));
        }
    }
    let what = if bytes.len() < 8 { "the bytes end within a leb128()" } else { "a leb128() of over 8 bytes" };
    Err(Error::format(what).clause("AV1 § 4.10.5"))
}

/// Writes `leb128()` in as few bytes as it takes.
pub fn write_leb128(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The fewest bytes that `leb128()` of `value` takes.
pub fn leb128_len(value: u64) -> usize {
    (value | 1).ilog2() as usize / 7 + 1
}

/// One OBU of a byte slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObuSlice<'a> {
    /// Where its header starts in the slice.
    pub offset: usize,
    /// The header.
    pub header: ObuHeader,
    /// The bytes after the header.
    pub payload: &'a [u8],
}

/// The OBUs of a slice in the low-overhead format, AV1 § 5.2. The last one may lack `obu_size`: it then takes
/// what is left.
pub fn obus(bytes: &[u8]) -> Obus<'_> {
    Obus { bytes, offset: 0 }
}

/// See [`obus`]. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Obus<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Iterator for Obus<'a> {
    type Item = Result<ObuSlice<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.offset >= self.bytes.len() {
            return None;
        }
        let offset = self.offset;
        self.offset = self.bytes.len();
        let rest = &self.bytes[offset..];
        Some(ObuHeader::parse(rest).and_then(|header| {
            let rest = &rest[header.len()..];
            let size = header.payload_size.unwrap_or(rest.len() as u64);
            let payload = usize::try_from(size).ok().and_then(|size| rest.get(..size)).ok_or_else(|| {
                Error::format(format!("{} with obu_size {size}, {} bytes are left", header.kind, rest.len()))
                    .clause("AV1 § 5.3.1")
            })?;
            self.offset = offset + header.len() + payload.len();
            Ok(ObuSlice { offset, header, payload })
        }))
    }
}

impl std::iter::FusedIterator for Obus<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_written_back() {
        let header = ObuHeader::parse(&[0x36, 0x49, 0x80, 0x01, 0xff]).unwrap();
        assert_eq!(header.kind, ObuType::Frame);
        assert_eq!(header.extension, Some(Extension { temporal_id: 2, spatial_id: 1, byte: 0x49 }));
        assert_eq!((header.payload_size, header.size_len, header.len()), (Some(128), 2, 4));
        assert!(header.is_minimal());
        let mut out = Vec::new();
        header.write(5, &mut out);
        assert_eq!(out, [0x36, 0x49, 0x05]);
    }

    #[test]
    fn the_size_field_is_added_and_shortened() {
        let without = ObuHeader::parse(&[0x31]).unwrap();
        assert_eq!((without.payload_size, without.len(), without.is_minimal()), (None, 1, false));
        let mut out = Vec::new();
        without.write(300, &mut out);
        assert_eq!(out, [0x33, 0xac, 0x02], "the reserved bit stays");
        let long = ObuHeader::parse(&[0x0a, 0x8b, 0x80, 0x80, 0x00]).unwrap();
        assert_eq!((long.payload_size, long.len(), long.is_minimal()), (Some(11), 5, false));
    }

    #[test]
    fn bad_headers_are_refused() {
        for bytes in [
            &[][..],
            &[0x80],
            &[0x36],
            &[0x32],
            &[0x32, 0x80],
            &[0x32, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            &[0x32, 0x80, 0x80, 0x80, 0x80, 0x10],
        ] {
            assert!(ObuHeader::parse(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn leb128_of_each_length() {
        for value in [0, 1, 127, 128, 16383, 16384, u64::from(u32::MAX)] {
            let mut out = Vec::new();
            write_leb128(value, &mut out);
            assert_eq!(out.len(), leb128_len(value));
            assert_eq!(read_leb128(&out).unwrap(), (value, out.len()));
        }
    }

    #[test]
    fn every_type_has_its_bits() {
        for bits in 0..16 {
            assert_eq!(ObuType::from_bits(bits).bits(), bits);
        }
    }

    #[test]
    fn iteration_ends_after_an_error() {
        let mut all = obus(&[0x12, 0x00, 0x0a, 0x05, 0x00]);
        assert_eq!(all.next().unwrap().unwrap().header.kind, ObuType::TemporalDelimiter);
        let error = all.next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), "sequence header with obu_size 5, 1 bytes are left (AV1 § 5.3.1)");
        assert!(all.next().is_none());
        let last = obus(&[0x12, 0x00, 0x30, 1, 2, 3]).last().unwrap().unwrap();
        assert_eq!((last.offset, last.payload), (2, &[1, 2, 3][..]));
    }
}
