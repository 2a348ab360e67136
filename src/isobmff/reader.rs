//! Reading boxes from memory: every read is checked, every error knows its absolute offset and box path.

use std::fmt;

use super::fourcc::FourCC;
use super::header::BoxHeader;
use super::table::{Table, TableEntry};
use crate::error::{Error, Result};
use crate::input::Input;

/// The types of the boxes around a place, the outermost first; prints as `moof/traf/trun`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct BoxPath {
    kinds: [FourCC; BoxPath::DEPTH],
    len: u8,
}

impl BoxPath {
    const DEPTH: usize = 16;

    /// The path of a box inside this one. Beyond 16 levels the innermost are left out.
    pub fn join(mut self, kind: FourCC) -> Self {
        if let Some(slot) = self.kinds.get_mut(usize::from(self.len)) {
            *slot = kind;
            self.len += 1;
        }
        self
    }

    /// The types, the outermost first.
    pub fn kinds(&self) -> &[FourCC] {
        &self.kinds[..usize::from(self.len)]
    }

    /// The innermost type.
    pub fn last(&self) -> Option<FourCC> {
        self.kinds().last().copied()
    }
}

impl fmt::Display for BoxPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in self.kinds().iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            write!(f, "{kind}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for BoxPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The version and flags with which a full box starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FullHeader {
    /// The version of the layout behind.
    pub version: u8,
    /// 24 bits.
    pub flags: u32,
}

/// A box that can be read from its payload (version and flags of full boxes included).
pub trait ParseBox<'a>: Sized {
    /// The box type.
    const KIND: FourCC;

    /// Reads the payload. Bytes may be left over: what a later edition appends is not an error.
    ///
    /// # Errors
    /// `Format` at the offset of the first byte that does not fit.
    fn parse(r: &mut Reader<'a>) -> Result<Self>;
}

/// A cursor over bytes in memory which knows their absolute offset and the boxes around them.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    offset: u64,
    path: BoxPath,
}

impl<'a> Reader<'a> {
    /// A reader over `bytes`, the first of which lies at the absolute `offset`.
    pub fn new(bytes: &'a [u8], offset: u64) -> Self {
        Reader { bytes, at: 0, offset, path: BoxPath::default() }
    }

    /// The same with the path of the box whose payload this is.
    pub fn with_path(mut self, path: BoxPath) -> Self {
        self.path = path;
        self
    }

    /// The boxes around.
    pub fn path(&self) -> BoxPath {
        self.path
    }

    /// Absolute offset of the next byte.
    pub fn position(&self) -> u64 {
        self.offset + self.at as u64
    }

    /// Bytes not yet read.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Whether every byte was read.
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// A format error at the next byte.
    pub fn error(&self, message: impl Into<String>) -> Error {
        self.error_at(self.position(), message)
    }

    /// A format error at an absolute offset inside this box.
    pub fn error_at(&self, offset: u64, message: impl Into<String>) -> Error {
        let error = Error::format(message).at(offset);
        if self.path.kinds().is_empty() { error } else { error.within(self.path) }
    }

    /// The error for a box version that is not known; `expected` as in `0 or 1`.
    pub fn bad_version(&self, version: u8, expected: &str) -> Error {
        self.error_at(self.offset, format!("version {version}, {expected} was expected"))
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8]> {
        if n > self.remaining() {
            return Err(self.error(format!("{} bytes left, {n} were expected", self.remaining())));
        }
        let bytes = &self.bytes[self.at..self.at + n];
        self.at += n;
        Ok(bytes)
    }

    /// All bytes not yet read.
    pub fn rest(&mut self) -> &'a [u8] {
        let bytes = &self.bytes[self.at..];
        self.at = self.bytes.len();
        bytes
    }

    /// The bytes not yet read, left unread.
    pub fn peek(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.bytes(N)?.try_into().expect("N bytes were taken"))
    }

    /// Passes over `n` bytes.
    pub fn skip(&mut self, n: usize) -> Result<()> {
        self.bytes(n).map(drop)
    }

    /// 8 bits.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// 16 bits.
    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// 24 bits.
    pub fn u24(&mut self) -> Result<u32> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }

    /// 32 bits.
    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// 64 bits.
    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// 16 bits, signed.
    pub fn i16(&mut self) -> Result<i16> {
        self.array().map(i16::from_be_bytes)
    }

    /// 32 bits, signed.
    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_be_bytes)
    }

    /// 64 bits, signed.
    pub fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    /// 64 bits if `wide`, else 32.
    pub fn u32_or_u64(&mut self, wide: bool) -> Result<u64> {
        if wide { self.u64() } else { self.u32().map(u64::from) }
    }

    /// A four-character code.
    pub fn fourcc(&mut self) -> Result<FourCC> {
        self.array().map(FourCC)
    }

    /// Text up to a zero byte, which is taken too. Text that lacks its zero ends with the box, as many writers have it;
    /// bytes that are not UTF-8 become U+FFFD.
    pub fn cstring(&mut self) -> String {
        let rest = self.peek();
        let len = rest.iter().position(|b| *b == 0);
        self.at += len.map_or(rest.len(), |len| len + 1);
        String::from_utf8_lossy(&rest[..len.unwrap_or(rest.len())]).into_owned()
    }

    /// Version and flags.
    pub fn full(&mut self) -> Result<FullHeader> {
        Ok(FullHeader { version: self.u8()?, flags: self.u24()? })
    }

    /// Version and flags of a box that knows the versions up to `max`.
    pub fn full_up_to(&mut self, max: u8) -> Result<FullHeader> {
        let header = self.full()?;
        if header.version > max {
            let expected = if max == 0 { "0".into() } else { format!("at most {max}") };
            return Err(self.bad_version(header.version, &expected));
        }
        Ok(header)
    }

    /// Checks that `count` entries of `entry_size` bytes are there, before anything is allocated for them.
    pub fn count(&self, count: u32, entry_size: usize) -> Result<usize> {
        let need = u64::from(count) * entry_size as u64;
        if need > self.remaining() as u64 {
            let left = self.remaining();
            return Err(
                self.error(format!("{count} entries of {entry_size} bytes expected, {left} bytes left"))
            );
        }
        // The entries lie in memory, so their number fits; entries without bytes may be as many as u32 holds.
        usize::try_from(count).map_err(|_| Error::limit("too large for this machine"))
    }

    /// A borrowed view of `count` entries, which are checked to be there.
    pub fn table<T: TableEntry>(&mut self, count: u32) -> Result<Table<'a, T>> {
        let count = self.count(count, T::SIZE)?;
        Ok(Table::new(self.bytes(count * T::SIZE)?))
    }

    /// The boxes in the bytes not yet read.
    pub fn boxes(&self) -> Boxes<'a> {
        Boxes {
            bytes: self.bytes,
            at: self.at,
            offset: self.offset,
            path: self.path,
            clip: false,
            done: false,
        }
    }

    /// The first box of type `kind` in the bytes not yet read.
    ///
    /// # Errors
    /// `Format` where the boxes before it are broken.
    pub fn find(&self, kind: impl Into<FourCC>) -> Result<Option<Child<'a>>> {
        let kind = kind.into();
        for child in self.boxes() {
            let child = child?;
            if child.kind() == kind {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }

    /// The first box of type `kind`, which must be there.
    ///
    /// # Errors
    /// As [`Reader::find`], and where there is none.
    pub fn require(&self, kind: impl Into<FourCC>) -> Result<Child<'a>> {
        let kind = kind.into();
        self.find(kind)?.ok_or_else(|| self.error(format!("box `{kind}` is missing")).clause("rule ISO-04"))
    }

    /// The first box of a type, parsed.
    ///
    /// # Errors
    /// As [`Reader::find`], and those of the box itself.
    pub fn find_as<T: ParseBox<'a>>(&self) -> Result<Option<T>> {
        self.find(T::KIND)?.map(|child| child.parse()).transpose()
    }

    /// The first box of a type, which must be there, parsed.
    ///
    /// # Errors
    /// As [`Reader::require`], and those of the box itself.
    pub fn require_as<T: ParseBox<'a>>(&self) -> Result<T> {
        self.require(T::KIND)?.parse()
    }
}

/// A box in memory, inside another one or read by [`read_box`].
#[derive(Debug, Clone, Copy)]
pub struct Child<'a> {
    /// Its header.
    pub header: BoxHeader,
    raw: &'a [u8],
    path: BoxPath,
}

impl<'a> Child<'a> {
    /// The box type.
    pub fn kind(&self) -> FourCC {
        self.header.kind
    }

    /// All its bytes, header included.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The bytes behind its header.
    pub fn payload(&self) -> &'a [u8] {
        &self.raw[usize::from(self.header.header_len)..]
    }

    /// Its path, itself included.
    pub fn path(&self) -> BoxPath {
        self.path
    }

    /// A reader at the start of its payload.
    pub fn reader(&self) -> Reader<'a> {
        Reader::new(self.payload(), self.header.payload_offset()).with_path(self.path)
    }

    /// The boxes in it; right only for plain containers such as `moov`.
    pub fn boxes(&self) -> Boxes<'a> {
        self.reader().boxes()
    }

    /// Reads it as `T`, whatever its type says.
    ///
    /// # Errors
    /// Those of the box.
    pub fn parse<T: ParseBox<'a>>(&self) -> Result<T> {
        T::parse(&mut self.reader())
    }
}

/// The boxes in some bytes, in order. An error ends the iteration. Up to seven zero bytes behind the last box are
/// taken for the terminator that QuickTime writers put there.
#[derive(Debug, Clone)]
pub struct Boxes<'a> {
    bytes: &'a [u8],
    at: usize,
    offset: u64,
    path: BoxPath,
    clip: bool,
    done: bool,
}

impl<'a> Boxes<'a> {
    /// Yields a box that passes its parent's end cut off there (`available < size`), not as an error.
    pub(super) fn clipped(mut self) -> Self {
        self.clip = true;
        self
    }

    /// Bytes behind the last box yielded.
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Child<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest();
        if self.done || rest.len() < 8 && rest.iter().all(|b| *b == 0) {
            return None;
        }
        let offset = self.offset + self.at as u64;
        let place = |error: Error| if self.path.kinds().is_empty() { error } else { error.within(self.path) };
        match BoxHeader::decode(rest, offset, rest.len() as u64, false) {
            Ok(header) if header.is_truncated() && !self.clip => {
                self.done = true;
                let message = format!(
                    "box `{}` has size {}, only {} bytes are left in its parent",
                    header.kind, header.size, header.available
                );
                Some(Err(place(Error::format(message).at(offset).clause("rule ISO-01"))))
            }
            Ok(header) => {
                // Not more than the bytes left, so it fits.
                let raw = &rest[..header.available as usize];
                self.at += raw.len();
                Some(Ok(Child { header, raw, path: self.path.join(header.kind) }))
            }
            Err(error) => {
                self.done = true;
                Some(Err(place(error)))
            }
        }
    }
}

/// The most bytes of one box that are read into memory, where the caller has no better bound: 256 MiB.
pub const BOX_LIMIT: u64 = 256 << 20;

/// A box in memory with its bytes.
#[derive(Debug, Clone)]
pub struct LoadedBox {
    /// Its header.
    pub header: BoxHeader,
    /// All its bytes, header included; fewer than `header.size` only from [`read_available`].
    pub bytes: Vec<u8>,
}

impl LoadedBox {
    /// The box as a view.
    pub fn as_child(&self) -> Child<'_> {
        Child { header: self.header, raw: &self.bytes, path: BoxPath::default().join(self.header.kind) }
    }

    /// A reader at the start of its payload.
    pub fn reader(&self) -> Reader<'_> {
        self.as_child().reader()
    }
}

/// Reads a whole box into memory.
///
/// # Errors
/// `Limit` where it has more than `limit` bytes, `Format` where the file ends inside it.
pub fn read_box(input: &Input, header: &BoxHeader, limit: u64) -> Result<LoadedBox> {
    let place = |error: Error| error.at(header.offset).within(header.kind).in_file(input.name());
    if header.is_truncated() {
        let message = format!("size {}, only {} bytes are left", header.size, header.available);
        return Err(place(Error::format(message).clause("rule ISO-02")));
    }
    read_available(input, header, limit)
}

/// Reads as much of a box into memory as the file holds.
///
/// # Errors
/// `Limit` where that is more than `limit` bytes.
pub fn read_available(input: &Input, header: &BoxHeader, limit: u64) -> Result<LoadedBox> {
    if header.available > limit {
        let message = format!("{} bytes, at most {limit} are read into memory", header.available);
        return Err(Error::limit(message).at(header.offset).within(header.kind).in_file(input.name()));
    }
    Ok(LoadedBox { header: *header, bytes: input.read_vec(header.offset, header.available)? })
}

#[cfg(test)]
mod tests {
    use super::super::header::top_level;
    use super::*;

    #[test]
    fn errors_know_offset_and_path() {
        let bytes = b"\0\0\0\x1amoof\0\0\0\x12traf\0\0\0\x0atfdt\x01\0".to_vec();
        let input = Input::from_bytes("a", bytes);
        let header = top_level(&input).next().unwrap().unwrap();
        let moof = read_box(&input, &header, BOX_LIMIT).unwrap();
        let traf = moof.reader().require(b"traf").unwrap();
        let mut tfdt = traf.reader().require(b"tfdt").unwrap().reader();
        let error = tfdt.full().unwrap_err().to_string();
        assert_eq!(error, "byte 25, moof/traf/tfdt: 1 bytes left, 3 were expected");
        let error = traf.reader().require(b"trun").unwrap_err().to_string();
        assert_eq!(error, "byte 16, moof/traf: box `trun` is missing (rule ISO-04)");
        assert_eq!(read_box(&input, &header, 10).unwrap_err().kind(), crate::ErrorKind::Limit);
    }

    #[test]
    fn children_stop_for_good_after_an_error() {
        let bytes = b"\0\0\0\x08free\0\0\0\x0afree";
        let mut boxes = Reader::new(bytes, 100).boxes();
        assert_eq!(boxes.next().unwrap().unwrap().header.offset, 100);
        let error = boxes.next().unwrap().unwrap_err().to_string();
        assert_eq!(
            error,
            "byte 108: box `free` has size 10, only 8 bytes are left in its parent (rule ISO-01)"
        );
        assert!(boxes.next().is_none());
        let mut boxes = Reader::new(b"\0\0\0\0free", 0).boxes();
        assert!(boxes.next().unwrap().is_err());
        assert_eq!(Reader::new(b"\0\0\0\x08free\0\0\0\0", 0).boxes().count(), 1);
    }

    #[test]
    fn counts_are_checked_before_allocating() {
        let reader = Reader::new(&[0; 16], 0);
        assert_eq!(reader.count(4, 4).unwrap(), 4);
        let error = reader.count(u32::MAX, 8).unwrap_err().to_string();
        assert_eq!(error, "byte 0: 4294967295 entries of 8 bytes expected, 16 bytes left");
    }

    #[test]
    fn strings() {
        let mut r = Reader::new(b"ab\0\0c\xff", 0);
        assert_eq!((r.cstring(), r.cstring(), r.cstring()), ("ab".into(), String::new(), "c\u{fffd}".into()));
        assert_eq!(r.cstring(), "");
    }
}
