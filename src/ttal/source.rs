//! The text that a script is read from: decoded, with line numbers on demand.

use std::fmt::Write;

use encoding_rs::Encoding;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The longest source that places can point into.
const MAX_BYTES: u64 = 1 << 32;

/// A text with its name. Offsets everywhere are into the decoded text, behind any byte order mark.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    byte_order_mark: bool,
    encoding: &'static Encoding,
    guessed: bool,
    sha256: Option<[u8; 32]>,
}

/// How bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoding {
    /// UTF-8 and nothing else.
    Strict,
    /// UTF-8, or UTF-16 where a byte order mark says so; otherwise the encoding that the bytes look like.
    Guess,
    /// This encoding, unless a byte order mark says otherwise.
    As(&'static Encoding),
}

impl Source {
    /// Decodes bytes.
    ///
    /// # Errors
    /// `Format` with line and column where the bytes are not in the encoding they should be in; `Limit` past 4 GiB.
    pub fn decode(name: impl Into<String>, bytes: Vec<u8>, decoding: Decoding) -> Result<Self> {
        let name = name.into();
        if bytes.len() as u64 >= MAX_BYTES {
            return Err(Error::limit("larger than 4 GiB").in_file(name));
        }
        let marked = Encoding::for_bom(&bytes);
        let skip = marked.map_or(0, |(_, length)| length);
        let (encoding, guessed) = match (decoding, marked) {
            (Decoding::Strict, _) => (encoding_rs::UTF_8, false),
            (_, Some((encoding, _))) => (encoding, false),
            (Decoding::As(encoding), None) => (encoding, false),
            (Decoding::Guess, None) if std::str::from_utf8(&bytes).is_ok() => (encoding_rs::UTF_8, false),
            (Decoding::Guess, None) => {
                let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
                detector.feed(&bytes, true);
                (detector.guess(None, chardetng::Utf8Detection::Deny), true)
            }
        };
        if encoding == encoding_rs::UTF_8 {
            return Source::utf8(name, bytes, skip);
        }
        let sha256 = Some(Sha256::digest(&bytes).into());
        let (text, malformed) = encoding.decode_without_bom_handling(&bytes[skip..]);
        if malformed {
            // The first replacement that the source did not hold itself.
            let before = text.find('\u{FFFD}').map_or("", |at| &text[..at]);
            let (line, column) = line_column(before, before.len());
            return Err(Error::format(format!("not valid {}", encoding.name()))
                .at_line(line, column)
                .in_file(name));
        }
        let text = text.into_owned();
        Ok(Source { name, text, byte_order_mark: skip > 0, encoding, guessed, sha256 })
    }

    fn utf8(name: String, mut bytes: Vec<u8>, skip: usize) -> Result<Self> {
        let sha256 = (skip > 0).then(|| Sha256::digest(&bytes).into());
        bytes.drain(..skip);
        let text = String::from_utf8(bytes).map_err(|e| {
            let at = e.utf8_error().valid_up_to();
            let valid = String::from_utf8_lossy(&e.as_bytes()[..at]);
            let (line, column) = line_column(&valid, valid.len());
            Error::format(format!("byte 0x{:02x} is not UTF-8", e.as_bytes()[at]))
                .at_line(line, column)
                .at((at + skip) as u64)
                .in_file(&name)
        })?;
        Ok(Source {
            name,
            text,
            byte_order_mark: skip > 0,
            encoding: encoding_rs::UTF_8,
            guessed: false,
            sha256,
        })
    }

    /// Takes text that is decoded already.
    pub fn from_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source {
            name: name.into(),
            text: text.into(),
            byte_order_mark: false,
            encoding: encoding_rs::UTF_8,
            guessed: false,
            sha256: None,
        }
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text, without byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a byte order mark stood before the text.
    pub fn has_byte_order_mark(&self) -> bool {
        self.byte_order_mark
    }

    /// The encoding it was decoded from.
    pub fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// Whether that encoding was guessed from the looks of the bytes.
    pub fn is_guessed(&self) -> bool {
        self.guessed
    }

    /// SHA-256 over the bytes it was decoded from, in hexadecimal.
    pub fn sha256(&self) -> String {
        hexadecimal(&self.sha256.unwrap_or_else(|| Sha256::digest(self.text.as_bytes()).into()))
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (u32, u32) {
        line_column(&self.text, offset)
    }

    /// Line and column of many byte offsets, in the order given, by one walk over the text.
    pub fn line_columns(&self, offsets: &[usize]) -> Vec<(u32, u32)> {
        let text = &*self.text;
        let mut order: Vec<usize> = (0..offsets.len()).collect();
        order.sort_by_key(|&index| offsets[index]);
        let mut found = vec![(1, 1); offsets.len()];
        let (mut at, mut line, mut column) = (0, 1u32, 1u32);
        for index in order {
            let end = boundary(text, offsets[index]);
            for (from, c) in text[at..end].char_indices() {
                let next = text.as_bytes().get(at + from + 1);
                (line, column) = if ends_line(c, next) {
                    (line.saturating_add(1), 1)
                } else {
                    (line, column.saturating_add(1))
                };
            }
            at = end;
            found[index] = (line, column);
        }
        found
    }

    /// Puts file, line and column to an error.
    pub fn locate(&self, error: Error, offset: usize) -> Error {
        let (line, column) = self.line_column(offset);
        error.at_line(line, column).in_file(&self.name)
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The offset, or the one before it where it would cut a character or stand past the end.
fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Whether a character ends a line: LF, CR LF at its LF, or CR alone.
fn ends_line(c: char, next: Option<&u8>) -> bool {
    c == '\n' || (c == '\r' && next != Some(&b'\n'))
}

/// Line and column of a byte offset, both from 1. Lines end with LF, CR LF or CR.
pub(crate) fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..boundary(text, offset)];
    let bytes = text.as_bytes();
    let ends = |i: usize| ends_line(char::from(bytes[i]), bytes.get(i + 1));
    let breaks = (0..before.len()).filter(|&i| ends(i)).count();
    let line_start = (0..before.len()).rev().find(|&i| ends(i)).map_or(0, |i| i + 1);
    let fit = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (fit(breaks + 1), fit(before[line_start..].chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters() {
        let text = "aé\r\nb\rc\n";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 3), (1, 3));
        assert_eq!(line_column(text, 5), (2, 1));
        assert_eq!(line_column(text, 7), (3, 1));
        assert_eq!(line_column(text, 99), (4, 1));
        // Many at once are the same, in any order.
        let source = Source::from_text("a", text);
        let offsets: Vec<usize> = (0..=text.len() + 2).rev().collect();
        let each: Vec<_> = offsets.iter().map(|&offset| line_column(text, offset)).collect();
        assert_eq!(source.line_columns(&offsets), each);
    }

    #[test]
    fn bytes_are_decoded_as_they_should() {
        let decode = |bytes: &[u8], decoding| Source::decode("a.srt", bytes.to_vec(), decoding);
        assert_eq!(decode(b"\xef\xbb\xbfa", Decoding::Strict).unwrap().text(), "a");
        let error = decode(b"ab\ncd\xe9", Decoding::Strict).unwrap_err().to_string();
        assert_eq!(error, "a.srt: line 2, column 3, byte 5: byte 0xe9 is not UTF-8");
        let guessed = decode("Où est-il passé ? Déjà parti.".as_bytes(), Decoding::Guess).unwrap();
        assert!(!guessed.is_guessed());
        let latin: Vec<u8> =
            "O\u{f9} est-il pass\u{e9} ? D\u{e9}j\u{e0} parti.".chars().map(|c| c as u8).collect();
        let guessed = decode(&latin, Decoding::Guess).unwrap();
        assert!(guessed.is_guessed());
        assert_eq!(guessed.text(), "Où est-il passé ? Déjà parti.");
        assert_eq!(decode(b"\xff\xfea\0", Decoding::Guess).unwrap().text(), "a");
    }
}
