//! EBML: elements of an ID, a size and data (RFC 8794).

use crate::error::{Error, Result};
use crate::input::Window;

/// The header of one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    /// The ID with its length bits.
    pub id: u32,
    /// Where the header starts.
    pub offset: u64,
    /// Where the data starts.
    pub data: u64,
    /// Where the data ends; none where the size is unknown.
    pub end: Option<u64>,
}

impl Element {
    /// Reads the header at `offset`. The data must end by `limit`, the end of the parent.
    pub fn read(window: &mut Window, offset: u64, limit: u64) -> Result<Self> {
        let head = window.at_most(offset, 12)?;
        let id_len = head.first().map_or(9, |first| first.leading_zeros() as usize + 1);
        let id = head.get(..id_len).filter(|_| id_len <= 4);
        let Some(id) = id.map(|id| id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte))) else {
            return Err(Error::format("here an EBML element should start, these bytes are none").at(offset));
        };
        let Some((size, size_len)) = vint(&head[id_len..]) else {
            return Err(Error::format(format!("the EBML element {id:X} has no valid size")).at(offset));
        };
        let data = offset + (id_len + size_len) as u64;
        let end = size.map(|size| data.saturating_add(size));
        let len = window.input().len();
        match (end, size) {
            (Some(end), Some(size)) if end > len => {
                let left = len.saturating_sub(data);
                let message = format!("truncated: the EBML element {id:X} has {size} bytes, {left} are left");
                Err(Error::format(message).at(offset))
            }
            (Some(end), _) if end > limit => {
                let message = format!("the EBML element {id:X} ends at {end}, the one around it at {limit}");
                Err(Error::format(message).at(offset))
            }
            _ => Ok(Element { id, offset, data, end }),
        }
    }

    /// The number of bytes of data.
    ///
    /// # Errors
    /// `Format` where the size is unknown.
    pub fn size(&self) -> Result<u64> {
        Ok(self.known_end()? - self.data)
    }

    /// Where the data ends.
    ///
    /// # Errors
    /// `Format` where the size is unknown: only segments and clusters may leave it open.
    pub fn known_end(&self) -> Result<u64> {
        let open =
            || Error::format(format!("the EBML element {:X} has an unknown size", self.id)).at(self.offset);
        self.end.ok_or_else(open)
    }

    /// The elements in this one.
    pub fn children(&self) -> Result<Children> {
        Ok(Children { at: self.data, end: self.known_end()? })
    }

    /// The data, of at most `most` bytes.
    pub fn bytes<'w>(&self, window: &'w mut Window, most: u64) -> Result<&'w [u8]> {
        let size = self.size()?;
        if size > most {
            let message =
                format!("the EBML element {:X} has {size} bytes, at most {most} are handled", self.id);
            return Err(Error::limit(message).at(self.offset));
        }
        window.bytes(self.data, size as usize)
    }

    /// The data as an unsigned integer; 0 where there is none.
    pub fn uint(&self, window: &mut Window) -> Result<u64> {
        Ok(self.bytes(window, 8)?.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// The data as a signed integer; 0 where there is none.
    pub fn int(&self, window: &mut Window) -> Result<i64> {
        let bytes = self.bytes(window, 8)?;
        let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
        Ok(bytes.iter().fold(sign, |value, byte| value << 8 | i64::from(*byte)))
    }

    /// The data as a floating-point number; 0 where there is none.
    pub fn float(&self, window: &mut Window) -> Result<f64> {
        let (id, offset) = (self.id, self.offset);
        match *self.bytes(window, 8)? {
            [] => Ok(0.0),
            [a, b, c, d] => Ok(f32::from_be_bytes([a, b, c, d]).into()),
            [a, b, c, d, e, f, g, h] => Ok(f64::from_be_bytes([a, b, c, d, e, f, g, h])),
            ref other => {
                let message =
                    format!("the number in EBML element {id:X} has {} bytes, 4 or 8 expected", other.len());
                Err(Error::format(message).at(offset))
            }
        }
    }

    /// The data as text, up to the first NUL.
    pub fn text(&self, window: &mut Window) -> Result<String> {
        let bytes = self.bytes(window, 4096)?;
        let text = bytes.split(|b| *b == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(text).into_owned())
    }
}

/// Walks the elements inside an element. After an error it must not be asked again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Children {
    at: u64,
    end: u64,
}

impl Children {
    /// The next child. Its size is known.
    pub fn next(&mut self, window: &mut Window) -> Result<Option<Element>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let element = Element::read(window, self.at, self.end)?;
        self.at = element.known_end()?;
        Ok(Some(element))
    }
}

/// A variable-size integer at the start of `bytes`, and how many bytes it has. All value bits set stand for unknown.
pub(super) fn vint(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let len = first.leading_zeros() as usize + 1;
    let bytes = bytes.get(..len).filter(|_| len <= 8)?;
    let value_bits = 7 * len as u32;
    let mask = (1u64 << value_bits) - 1;
    let value = bytes.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte)) & mask;
    Some(((value != mask).then_some(value), len))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;

    #[test]
    fn integers_of_variable_size() {
        assert_eq!(vint(&[0x81]), Some((Some(1), 1)));
        assert_eq!(vint(&[0x40, 0x02, 9]), Some((Some(2), 2)));
        assert_eq!(vint(&[0x01, 0, 0, 0, 0, 0, 1, 0]), Some((Some(256), 8)));
        assert_eq!(vint(&[0xff]), Some((None, 1)));
        assert_eq!(vint(&[0x01, 255, 255, 255, 255, 255, 255, 255]), Some((None, 8)));
        assert_eq!(vint(&[0x40]), None);
        assert_eq!(vint(&[0]), None);
    }

    #[test]
    fn elements_stay_inside_their_parent() {
        let read = |bytes: &[u8], limit| {
            Element::read(&mut Input::from_bytes("a", bytes.to_vec()).window(), 0, limit)
                .map_err(|e| e.to_string())
        };
        let element = read(&[0x42, 0x86, 0x81, 1], 4).unwrap();
        assert_eq!(element, Element { id: 0x4286, offset: 0, data: 3, end: Some(4) });
        assert_eq!(
            read(&[0xa3, 0x85, 1], 3).unwrap_err(),
            "byte 0: truncated: the EBML element A3 has 5 bytes, 1 are left"
        );
        assert_eq!(
            read(&[0xa3, 0x81, 1], 2).unwrap_err(),
            "byte 0: the EBML element A3 ends at 3, the one around it at 2"
        );
        assert!(read(&[0x08, 0, 0, 0, 0, 0, 0], 7).unwrap_err().contains("should start"));
        assert!(read(&[0xa3, 0], 2).unwrap_err().contains("no valid size"));
    }
}
