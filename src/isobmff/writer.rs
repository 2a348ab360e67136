//! Writing boxes into memory, with sizes filled in behind.

use super::fourcc::FourCC;
use super::table::{Table, TableEntry};

/// A box that can be written.
pub trait WriteBox {
    /// The box type.
    fn kind(&self) -> FourCC;

    /// Appends the payload (version and flags of full boxes included).
    fn write(&self, w: &mut Writer);
}

/// Bytes under construction.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Nothing written yet.
    pub fn new() -> Self {
        Writer::default()
    }

    /// Nothing written yet, room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Writer { bytes: Vec::with_capacity(capacity) }
    }

    /// The bytes of one box.
    pub fn single(value: &(impl WriteBox + ?Sized)) -> Vec<u8> {
        let mut w = Writer::new();
        w.put(value);
        w.into_bytes()
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// What was written so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets what was written and keeps the room.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// `n` zero bytes.
    pub fn zeros(&mut self, n: usize) {
        self.bytes.resize(self.bytes.len() + n, 0);
    }

    /// 8 bits.
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// 16 bits.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// The low 24 bits.
    pub fn u24(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes()[1..]);
    }

    /// 32 bits.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// 64 bits.
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    /// 16 bits, signed.
    pub fn i16(&mut self, value: i16) {
        self.bytes(&value.to_be_bytes());
    }

    /// 32 bits, signed.
    pub fn i32(&mut self, value: i32) {
        self.bytes(&value.to_be_bytes());
    }

    /// 64 bits, signed.
    pub fn i64(&mut self, value: i64) {
        self.bytes(&value.to_be_bytes());
    }

    /// 64 bits if `wide`, else the low 32.
    pub fn u32_or_u64(&mut self, wide: bool, value: u64) {
        if wide {
            self.u64(value);
        } else {
            // The caller chose the width by the value, or writes all ones for "unknown".
            self.u32(value as u32);
        }
    }

    /// A four-character code.
    pub fn fourcc(&mut self, value: impl Into<FourCC>) {
        self.bytes(&value.into().0);
    }

    /// Text and a zero byte.
    pub fn cstring(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.u8(0);
    }

    /// Version and flags.
    pub fn full_header(&mut self, version: u8, flags: u32) {
        self.u8(version);
        self.u24(flags);
    }

    /// The entries of a table, without their count.
    pub fn table<T: TableEntry>(&mut self, table: &Table<'_, T>) {
        self.bytes(table.as_bytes());
    }

    /// A count in 32 bits.
    ///
    /// # Panics
    /// Where it does not fit: the bytes behind it would need more memory than the formats can address.
    pub fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("a table has less than 2^32 entries"));
    }

    /// A box: its size is filled in when `body` has written the payload. A payload of 4 GiB or more gets a 64-bit size.
    pub fn boxed(&mut self, kind: impl Into<FourCC>, body: impl FnOnce(&mut Writer)) {
        let start = self.bytes.len();
        self.u32(0);
        self.fourcc(kind);
        body(self);
        let size = self.bytes.len() - start;
        match u32::try_from(size) {
            Ok(size) => self.bytes[start..start + 4].copy_from_slice(&size.to_be_bytes()),
            Err(_) => {
                self.bytes[start..start + 4].copy_from_slice(&1u32.to_be_bytes());
                let size = (size as u64 + 8).to_be_bytes();
                self.bytes.splice(start + 8..start + 8, size);
            }
        }
    }

    /// A full box.
    pub fn full(&mut self, kind: impl Into<FourCC>, version: u8, flags: u32, body: impl FnOnce(&mut Writer)) {
        self.boxed(kind, |w| {
            w.full_header(version, flags);
            body(w);
        });
    }

    /// A typed box.
    pub fn put(&mut self, value: &(impl WriteBox + ?Sized)) {
        self.boxed(value.kind(), |w| value.write(w));
    }

    /// A header alone, for a box whose payload of `payload_len` bytes is written elsewhere; 64-bit only where needed.
    pub fn header(&mut self, kind: impl Into<FourCC>, payload_len: u64) {
        let kind = kind.into();
        match u32::try_from(payload_len.saturating_add(8)) {
            Ok(size) => {
                self.u32(size);
                self.fourcc(kind);
            }
            Err(_) => {
                self.u32(1);
                self.fourcc(kind);
                self.u64(payload_len.saturating_add(16));
            }
        }
    }

    /// Writes over 2 bytes at `at`, an offset in what was written so far.
    ///
    /// # Panics
    /// Where they were not written yet.
    pub fn patch_u16(&mut self, at: usize, value: u16) {
        self.bytes[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }

    /// Writes over 4 bytes at `at`, an offset in what was written so far.
    ///
    /// # Panics
    /// Where they were not written yet.
    pub fn patch_u32(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
}

/// Bytes of the header of a box with `payload_len` bytes: 8, or 16 where the size needs 64 bits.
pub fn header_len(payload_len: u64) -> u64 {
    if payload_len.saturating_add(8) > u64::from(u32::MAX) { 16 } else { 8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_filled_in() {
        let mut w = Writer::new();
        w.boxed(b"moov", |w| {
            w.full(b"mehd", 0, 1, |w| w.u32(5));
            w.boxed(b"free", |_| {});
        });
        let expected = b"\0\0\0\x20moov\0\0\0\x10mehd\0\0\0\x01\0\0\0\x05\0\0\0\x08free";
        assert_eq!(w.as_bytes(), expected);
    }

    #[test]
    fn headers_widen_only_where_needed() {
        let header = |len| {
            let mut w = Writer::new();
            w.header(b"mdat", len);
            assert_eq!(w.len() as u64, header_len(len));
            w.into_bytes()
        };
        assert_eq!(header(0xffff_fff7), b"\xff\xff\xff\xffmdat");
        assert_eq!(header(0xffff_fff8), b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\x08");
    }
}
