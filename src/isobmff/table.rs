//! Tables of fixed-size entries as views over their bytes, so that a million samples cost no more than that.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// An entry of a fixed number of bytes.
pub trait TableEntry: Copy + fmt::Debug + PartialEq + Serialize {
    /// Its bytes.
    const SIZE: usize;

    /// Reads it from exactly `SIZE` bytes.
    fn decode(bytes: &[u8]) -> Self;

    /// Appends its `SIZE` bytes.
    fn encode(&self, out: &mut Vec<u8>);
}

macro_rules! integer_entry {
    ($($ty:ty),*) => {$(
        impl TableEntry for $ty {
            const SIZE: usize = size_of::<$ty>();

            fn decode(bytes: &[u8]) -> Self {
                <$ty>::from_be_bytes(bytes.try_into().expect("SIZE bytes are passed"))
            }

            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
        }
    )*};
}
integer_entry!(u8, u16, u32, u64, i16, i32, i64);

/// Declares a struct of integers as a table entry.
macro_rules! table_entry {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $ty:ty,)* }) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $ty,)* }

        impl $crate::isobmff::TableEntry for $name {
            const SIZE: usize = 0 $(+ size_of::<$ty>())*;

            fn decode(bytes: &[u8]) -> Self {
                let mut rest = bytes;
                $(
                    let (head, tail) = rest.split_at(size_of::<$ty>());
                    let $field = <$ty as $crate::isobmff::TableEntry>::decode(head);
                    rest = tail;
                )*
                debug_assert!(rest.is_empty());
                $name { $($field),* }
            }

            fn encode(&self, out: &mut Vec<u8>) {
                $($crate::isobmff::TableEntry::encode(&self.$field, out);)*
            }
        }
    };
}
pub(super) use table_entry;

/// A table of entries over borrowed or owned bytes.
///
/// Printed or serialized, it gives the number of entries and the first [`Table::SHOWN`].
#[derive(Clone)]
pub struct Table<'a, T> {
    bytes: Cow<'a, [u8]>,
    entry: PhantomData<T>,
}

impl<'a, T: TableEntry> Table<'a, T> {
    /// Entries that are printed.
    pub const SHOWN: usize = 8;

    /// A view over `bytes`; bytes behind the last whole entry are left out.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let whole = bytes.len() - bytes.len() % T::SIZE;
        Table { bytes: Cow::Borrowed(&bytes[..whole]), entry: PhantomData }
    }

    /// An owned table.
    pub fn from_entries(entries: impl IntoIterator<Item = T>) -> Self {
        let mut bytes = Vec::new();
        for entry in entries {
            entry.encode(&mut bytes);
        }
        Table { bytes: Cow::Owned(bytes), entry: PhantomData }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.bytes.len() / T::SIZE
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The entry at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<T> {
        let from = index.checked_mul(T::SIZE)?;
        self.bytes.get(from..from.checked_add(T::SIZE)?).map(T::decode)
    }

    /// The last entry.
    pub fn last(&self) -> Option<T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + DoubleEndedIterator + Clone + '_ {
        self.bytes.chunks_exact(T::SIZE).map(T::decode)
    }

    /// The bytes as they lie in the file.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, free of the bytes it was read from.
    pub fn into_owned(self) -> Table<'static, T> {
        Table { bytes: Cow::Owned(self.bytes.into_owned()), entry: PhantomData }
    }
}

impl<T: TableEntry> Default for Table<'_, T> {
    fn default() -> Self {
        Table { bytes: Cow::Borrowed(&[]), entry: PhantomData }
    }
}

impl<T: TableEntry> FromIterator<T> for Table<'_, T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Table::from_entries(entries)
    }
}

impl<T> PartialEq for Table<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T: TableEntry> fmt::Debug for Table<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<T> = self.iter().take(Self::SHOWN).collect();
        f.debug_struct("Table").field("count", &self.len()).field("entries", &shown).finish()
    }
}

impl<T: TableEntry> Serialize for Table<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize_shown(serializer, self.len(), self.iter())
    }
}

/// Serializes `count` entries as their number, the first few of them, and how many more there are.
pub(super) fn serialize_shown<S: Serializer, T: Serialize>(
    serializer: S,
    count: usize,
    entries: impl Iterator<Item = T>,
) -> Result<S::Ok, S::Error> {
    let shown: Vec<T> = entries.take(Table::<u8>::SHOWN).collect();
    let more = count.saturating_sub(shown.len());
    let mut s = serializer.serialize_struct("Table", 3)?;
    s.serialize_field("count", &count)?;
    s.serialize_field("entries", &shown)?;
    if more > 0 {
        s.serialize_field("more", &more)?;
    } else {
        s.skip_field("more")?;
    }
    s.end()
}

/// Bytes beyond this many are counted, not printed.
const HEX_SHOWN: usize = 4096;

/// Serializes bytes as lower-case hexadecimal text.
pub(super) fn hex<S: Serializer>(bytes: &impl AsRef<[u8]>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&HexText(bytes.as_ref()))
}

/// [`hex`] for bytes that may be absent.
pub(super) fn hex_option<S: Serializer, B: AsRef<[u8]>>(
    bytes: &Option<B>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => hex(bytes, serializer),
        None => serializer.serialize_none(),
    }
}

/// [`hex`] for a list of byte strings.
pub(super) fn hex_list<S: Serializer, B: AsRef<[u8]>>(list: &[B], serializer: S) -> Result<S::Ok, S::Error> {
    serialize_list(serializer, list.iter().map(|bytes| HexText(bytes.as_ref()).to_string()))
}

/// Serializes a list in full where it is short, else like a [`Table`]: a hostile one must not cost many times its bytes.
pub(super) fn list<S: Serializer, T: Serialize>(list: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serialize_list(serializer, list.iter())
}

fn serialize_list<S: Serializer, T: Serialize>(
    serializer: S,
    entries: impl ExactSizeIterator<Item = T>,
) -> Result<S::Ok, S::Error> {
    match entries.len() {
        0..=64 => serializer.collect_seq(entries),
        count => serialize_shown(serializer, count, entries),
    }
}

/// Bytes that print as hexadecimal digits.
pub(super) struct HexText<'a>(pub &'a [u8]);

impl fmt::Display for HexText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0.iter().take(HEX_SHOWN) {
            write!(f, "{byte:02x}")?;
        }
        match self.0.len().saturating_sub(HEX_SHOWN) {
            0 => Ok(()),
            more => write!(f, "… {more} more bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_by_index_and_in_order() {
        let table = Table::<u16>::new(&[0, 1, 0, 2, 0]);
        assert_eq!((table.len(), table.get(1), table.get(2), table.last()), (2, Some(2), None, Some(2)));
        assert_eq!(table.get(usize::MAX), None);
        assert_eq!(table, Table::from_entries([1u16, 2]));
        assert_eq!(table.iter().rev().collect::<Vec<_>>(), [2, 1]);
    }

    #[test]
    fn only_the_first_entries_are_shown() {
        let table = Table::from_entries(0..1000u32);
        let json = serde_json::to_string(&table).unwrap();
        assert_eq!(json, r#"{"count":1000,"entries":[0,1,2,3,4,5,6,7],"more":992}"#);
        assert!(HexText(&[0; 5000]).to_string().ends_with("… 904 more bytes"));
    }
}
