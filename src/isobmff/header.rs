//! Box headers: sizes, types, and where a box ends.

use serde::Serialize;

use super::fourcc::FourCC;
use crate::error::{Error, Result};
use crate::input::Input;

/// How a box states its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum SizeForm {
    /// 32 bits.
    #[default]
    Compact,
    /// 64 bits behind the type.
    Large,
    /// 0: the box reaches to the end of the file.
    ToEnd,
}

/// The header of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BoxHeader {
    /// The box type.
    pub kind: FourCC,
    /// Absolute offset of the first byte of the box.
    pub offset: u64,
    /// Bytes of the header: 8 or 16, and 16 more for `uuid`.
    pub header_len: u8,
    /// Bytes of the whole box, header included, as the box claims; resolved where it reaches to the end.
    pub size: u64,
    /// Bytes of the whole box that are there; less than `size` only where the file is cut off.
    pub available: u64,
    /// How the size is written.
    pub size_form: SizeForm,
    /// The extended type of a `uuid` box.
    pub uuid: Option<[u8; 16]>,
}

impl BoxHeader {
    /// The most bytes a header takes.
    pub const MAX_LEN: usize = 32;

    /// Absolute offset of the payload.
    pub fn payload_offset(&self) -> u64 {
        self.offset + u64::from(self.header_len)
    }

    /// Bytes behind the header, as the box claims.
    pub fn payload_len(&self) -> u64 {
        self.size - u64::from(self.header_len)
    }

    /// Absolute offset behind the box.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }

    /// Whether the file ends inside the box.
    pub fn is_truncated(&self) -> bool {
        self.available < self.size
    }

    /// Reads a header from the first bytes of a box. `left` counts the bytes from the box's start to the end
    /// of what holds it; `to_end` tells whether size 0 is allowed.
    pub(super) fn decode(head: &[u8], offset: u64, left: u64, to_end: bool) -> Result<BoxHeader> {
        let short = |need: usize| {
            Error::format(format!("{left} bytes left, a box header of {need} bytes was expected")).at(offset)
        };
        let word = |at: usize| head.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
        let (Some(size), Some(kind)) = (word(0), word(4)) else { return Err(short(8).clause("rule ISO-02")) };
        let kind = FourCC(kind);
        let (mut size_form, mut header_len, mut size) =
            (SizeForm::Compact, 8u8, u64::from(u32::from_be_bytes(size)));
        match size {
            0 if to_end => (size_form, size) = (SizeForm::ToEnd, left),
            0 => {
                let message = format!("box `{kind}` has size 0, allowed only for the last box of a file");
                return Err(Error::format(message).at(offset).clause("rule ISO-01"));
            }
            1 => {
                let large = head.get(8..16).and_then(|b| <[u8; 8]>::try_from(b).ok());
                let large = large.ok_or_else(|| short(16).clause("rule ISO-02"))?;
                (size_form, header_len, size) = (SizeForm::Large, 16, u64::from_be_bytes(large));
            }
            _ => {}
        }
        let mut uuid = None;
        if kind == FourCC::UUID {
            let from = usize::from(header_len);
            let bytes = head.get(from..from + 16).and_then(|b| <[u8; 16]>::try_from(b).ok());
            uuid = Some(bytes.ok_or_else(|| short(from + 16).clause("rule ISO-02"))?);
            header_len += 16;
        }
        if size < u64::from(header_len) {
            let message = format!("box `{kind}` has size {size}, its header takes {header_len} bytes");
            return Err(Error::format(message).at(offset).clause("rule ISO-01"));
        }
        Ok(BoxHeader { kind, offset, header_len, size, available: size.min(left), size_form, uuid })
    }
}

/// The headers of a file's top-level boxes, read one by one without their payloads.
///
/// An error ends the iteration.
pub fn top_level(input: &Input) -> TopLevel<'_> {
    TopLevel { input, at: 0, lenient: false, done: false, problem: None }
}

/// See [`top_level`].
#[derive(Debug)]
pub struct TopLevel<'a> {
    input: &'a Input,
    at: u64,
    lenient: bool,
    done: bool,
    problem: Option<Error>,
}

impl TopLevel<'_> {
    /// Starts at `offset`, which must be the start of a box.
    pub fn starting_at(mut self, offset: u64) -> Self {
        self.at = offset;
        self
    }

    /// Yields a cut-off last box as a header with `available < size`, and ends quietly at bytes that are no box;
    /// what was wrong is kept for [`TopLevel::problem`].
    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    /// What a lenient iteration has overlooked, once it has ended.
    pub fn problem(&self) -> Option<&Error> {
        self.problem.as_ref()
    }

    /// Where the next box starts, or where the iteration has ended.
    pub fn position(&self) -> u64 {
        self.at
    }

    fn header(&self) -> Result<BoxHeader> {
        let left = self.input.len() - self.at;
        let mut head = [0; BoxHeader::MAX_LEN];
        // At most MAX_LEN, so it fits.
        let head = &mut head[..left.min(BoxHeader::MAX_LEN as u64) as usize];
        self.input.read_exact_at(self.at, head)?;
        BoxHeader::decode(head, self.at, left, true)
    }
}

impl Iterator for TopLevel<'_> {
    type Item = Result<BoxHeader>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done || self.at >= self.input.len() {
            return None;
        }
        let error = match self.header() {
            Ok(header) if header.is_truncated() => {
                let message = format!(
                    "box `{}` has size {}, only {} bytes are left",
                    header.kind, header.size, header.available
                );
                let error = Error::format(message).at(self.at).clause("rule ISO-02");
                if self.lenient {
                    self.done = true;
                    self.problem = Some(error.in_file(self.input.name()));
                    self.at = self.input.len();
                    return Some(Ok(header));
                }
                error
            }
            Ok(header) => {
                self.at = header.end();
                return Some(Ok(header));
            }
            Err(error) => error,
        };
        self.done = true;
        let error = error.in_file(self.input.name());
        if self.lenient && error.kind() == crate::ErrorKind::Format {
            self.problem = Some(error);
            return None;
        }
        Some(Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(bytes: &[u8]) -> Input {
        Input::from_bytes("a.mp4", bytes.to_vec())
    }

    #[test]
    fn every_size_form() {
        let mut bytes = b"\0\0\0\x0cfree1234".to_vec();
        bytes.extend(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x11x");
        bytes.extend(b"\0\0\0\x19uuid0123456789abcdefy");
        bytes.extend(b"\0\0\0\0mdatxyz");
        let input = input(&bytes);
        let all: Vec<_> = top_level(&input).map(Result::unwrap).collect();
        let brief: Vec<_> = all.iter().map(|h| (h.offset, h.header_len, h.size)).collect();
        assert_eq!(brief, [(0, 8, 12), (12, 16, 17), (29, 24, 25), (54, 8, 11)]);
        assert_eq!(all[2].uuid, Some(*b"0123456789abcdef"));
        assert_eq!(all[3].size_form, SizeForm::ToEnd);
        assert_eq!(all[1].payload_offset(), 28);
        assert_eq!(all[1].payload_len(), 1);
    }

    #[test]
    fn a_cut_last_box_is_named_and_can_be_had() {
        let input = input(b"\0\0\0\x08free\0\0\0\x64mdatxy");
        let mut boxes = top_level(&input);
        assert!(boxes.next().unwrap().is_ok());
        let error = boxes.next().unwrap().unwrap_err().to_string();
        assert_eq!(error, "a.mp4: byte 8: box `mdat` has size 100, only 10 bytes are left (rule ISO-02)");
        assert!(boxes.next().is_none());
        let mut boxes = top_level(&input).lenient();
        let last = boxes.by_ref().map(Result::unwrap).last().unwrap();
        assert_eq!((last.size, last.available), (100, 10));
        assert!(boxes.problem().is_some());
    }

    #[test]
    fn rejects() {
        for (bytes, expected) in [
            (&b"\0\0\0"[..], "byte 0: 3 bytes left, a box header of 8 bytes was expected (rule ISO-02)"),
            (b"\0\0\0\x07free", "byte 0: box `free` has size 7, its header takes 8 bytes (rule ISO-01)"),
            (
                b"\0\0\0\x01free\0\0\0",
                "byte 0: 11 bytes left, a box header of 16 bytes was expected (rule ISO-02)",
            ),
            (b"\0\0\0\x08uuid", "byte 0: 8 bytes left, a box header of 24 bytes was expected (rule ISO-02)"),
        ] {
            let error = top_level(&input(bytes)).next().unwrap().unwrap_err().to_string();
            assert_eq!(error, format!("a.mp4: {expected}"));
            let input = input(bytes);
            let mut lenient = top_level(&input).lenient();
            assert!(lenient.next().is_none() && lenient.problem().is_some());
        }
        let huge = input(b"\0\0\0\x01free\xff\xff\xff\xff\xff\xff\xff\xff");
        assert!(top_level(&huge).next().unwrap().is_err());
    }
}
