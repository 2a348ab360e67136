//! Where an OBU's payload is read from: memory, or a file by range.

use crate::error::{Error, Result};
use crate::input::Window;

/// The bytes of one OBU after its header.
pub trait Payload {
    /// The number of bytes.
    fn len(&self) -> u64;

    /// Whether there is no byte at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `len` bytes at `offset`, fewer only where the payload ends. `len` is small: a header, a size field.
    ///
    /// # Errors
    /// What reading them gives.
    fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8]>;
}

impl Payload for &[u8] {
    fn len(&self) -> u64 {
        <[u8]>::len(self) as u64
    }

    fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8]> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        Ok(&rest[..len.min(rest.len())])
    }
}

/// A payload within an [`Input`](crate::Input), read through a [`Window`].
#[derive(Debug)]
pub struct WindowPayload<'a> {
    window: &'a mut Window,
    offset: u64,
    len: u64,
}

impl<'a> WindowPayload<'a> {
    /// The `len` bytes at the absolute `offset`. They are looked for when they are read, not here.
    ///
    /// # Errors
    /// `Format` where `offset + len` passes 2⁶⁴ − 1.
    pub fn new(window: &'a mut Window, offset: u64, len: u64) -> Result<Self> {
        if offset.checked_add(len).is_none() {
            return Err(Error::format(format!("{len} bytes can't follow here")).at(offset));
        }
        Ok(WindowPayload { window, offset, len })
    }
}

impl Payload for WindowPayload<'_> {
    fn len(&self) -> u64 {
        self.len
    }

    fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8]> {
        let left = self.len.saturating_sub(offset);
        let len = usize::try_from(left).map_or(len, |left| left.min(len));
        if len == 0 {
            return Ok(&[]);
        }
        self.window.bytes(self.offset + offset, len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;

    #[test]
    fn both_end_with_the_payload() {
        let bytes = [0u8, 1, 2, 3, 4, 5, 6, 7];
        let mut window = Input::from_bytes("a", bytes.to_vec()).window();
        let mut in_file = WindowPayload::new(&mut window, 2, 4).unwrap();
        let mut in_memory = &bytes[2..6];
        for payload in [&mut in_file as &mut dyn Payload, &mut in_memory] {
            assert_eq!(payload.len(), 4);
            assert_eq!(payload.bytes(1, 2).unwrap(), [3, 4]);
            assert_eq!(payload.bytes(2, 9).unwrap(), [4, 5]);
            assert!(payload.bytes(4, 1).unwrap().is_empty());
            assert!(payload.bytes(u64::MAX, 1).unwrap().is_empty());
        }
        assert!(WindowPayload::new(&mut window, u64::MAX, 1).is_err());
        assert!(WindowPayload::new(&mut window, 6, 4).unwrap().bytes(0, 4).is_err(), "the file ends earlier");
    }
}
