//! `senc`: IVs and subsamples of a fragment's samples.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::isobmff::table::{HexText, serialize_shown, table_entry};
use crate::isobmff::{BoxPath, FourCC, ParseBox, Reader, Table, WriteBox, Writer};

table_entry! {
    /// A clear range and the protected one behind it.
    pub struct SubsampleEntry {
        /// Bytes.
        pub bytes_of_clear_data: u16,
        /// Bytes.
        pub bytes_of_protected_data: u32,
    }
}

/// What a `senc` holds for one sample.
#[derive(Debug, Clone, PartialEq)]
pub struct SencEntry<'a> {
    /// 0, 8 or 16 bytes.
    pub initialization_vector: &'a [u8],
    /// Empty where the box holds none: the whole sample is protected.
    pub subsamples: Table<'a, SubsampleEntry>,
}

impl Serialize for SencEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("SencEntry", 2)?;
        if !self.initialization_vector.is_empty() {
            s.serialize_field("InitializationVector", &HexText(self.initialization_vector).to_string())?;
        }
        if !self.subsamples.is_empty() {
            s.serialize_field("subsamples", &self.subsamples)?;
        }
        s.end()
    }
}

/// What a PIFF `senc` may say in place of the track's encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PiffOverride {
    /// 0 none, 1 AES-CTR, 2 AES-CBC.
    #[serde(rename = "AlgorithmID")]
    pub algorithm_id: u32,
    /// 0, 8 or 16.
    #[serde(rename = "IV_size")]
    pub iv_size: u8,
    /// The key's id.
    #[serde(rename = "KID", serialize_with = "crate::isobmff::table::hex")]
    pub kid: [u8; 16],
}

/// `senc`: its entries can be read only with the IV size, which [`Tenc`](super::Tenc) or a `seig` group tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Senc<'a> {
    /// Bit 1: with subsamples.
    pub flags: u32,
    /// The number of entries, not checked before they are walked over.
    pub sample_count: u32,
    /// Only in PIFF files.
    pub piff_override: Option<PiffOverride>,
    bytes: Cow<'a, [u8]>,
    offset: u64,
    path: BoxPath,
}

impl<'a> Senc<'a> {
    /// The extended type of the box's predecessor in PIFF files.
    pub const PIFF_UUID: [u8; 16] = 0xa2394f52_5a9b_4f14_a244_6c427c648df4_u128.to_be_bytes();

    /// Whether the entries hold subsamples.
    pub fn has_subsamples(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Absolute offset of the first entry.
    pub fn entries_offset(&self) -> u64 {
        self.offset
    }

    /// The entries in order, read with the IV size; an error ends the iteration.
    ///
    /// For samples of several IV sizes (`seig`) call [`SencEntries::next_with`] in place of `next`.
    pub fn entries(&self, per_sample_iv_size: u8) -> SencEntries<'_> {
        let reader = Reader::new(&self.bytes, self.offset).with_path(self.path);
        let (left, subsamples) = (self.sample_count, self.has_subsamples());
        SencEntries { reader, left, iv_size: per_sample_iv_size, subsamples }
    }

    /// The IV size with which the entries fill the box exactly, if there is one. For want of a `tenc` only.
    pub fn guess_iv_size(&self) -> Option<u8> {
        [8, 16, 0].into_iter().find(|size| {
            let mut entries = self.entries(*size);
            if *size == 0 && !self.has_subsamples() {
                return self.bytes.is_empty();
            }
            entries.by_ref().all(|entry| entry.is_ok()) && entries.reader.is_empty()
        })
    }

    fn read(r: &mut Reader<'a>, piff: bool) -> Result<Self> {
        let flags = r.full()?.flags;
        let piff_override = if piff && flags & 1 != 0 {
            Some(PiffOverride { algorithm_id: r.u24()?, iv_size: r.u8()?, kid: r.array()? })
        } else {
            None
        };
        let sample_count = r.u32()?;
        let (offset, path) = (r.position(), r.path());
        Ok(Senc { flags, sample_count, piff_override, bytes: r.rest().into(), offset, path })
    }

    /// Reads the predecessor in PIFF files.
    ///
    /// # Errors
    /// As [`ParseBox::parse`].
    pub fn parse_piff(r: &mut Reader<'a>) -> Result<Self> {
        Senc::read(r, true)
    }

    /// Bytes of the whole box: entries of `iv_size`, and `subsample_count` subsamples in all where `Some`.
    pub fn size_of(sample_count: u32, iv_size: u8, subsample_count: Option<u64>) -> u64 {
        let subsamples = subsample_count.map_or(0, |n| 2 * u64::from(sample_count) + 6 * n);
        16 + u64::from(sample_count) * u64::from(iv_size) + subsamples
    }

    /// Bytes of one entry, as `saiz` gives them: an IV of `iv_size`, and subsamples where `Some`.
    pub fn entry_size(iv_size: u8, subsample_count: Option<usize>) -> u64 {
        u64::from(iv_size) + subsample_count.map_or(0, |n| 2 + 6 * n as u64)
    }

    /// Writes a whole box from each sample's IV and subsamples; `has_subsamples` tells whether those are stored.
    ///
    /// # Panics
    /// Where a sample has 65,536 subsamples or more; `saiz` allows far fewer.
    pub fn write_box<'i, S>(
        w: &mut Writer,
        has_subsamples: bool,
        entries: impl IntoIterator<Item = (&'i [u8], S)>,
    ) where
        S: IntoIterator<Item = SubsampleEntry>,
    {
        w.full(b"senc", 0, if has_subsamples { 2 } else { 0 }, |w| {
            let count_at = w.len();
            w.u32(0);
            let mut count = 0u32;
            for (iv, subsamples) in entries {
                count = count.checked_add(1).expect("a fragment has less than 2^32 samples");
                w.bytes(iv);
                if !has_subsamples {
                    continue;
                }
                let at = w.len();
                w.u16(0);
                let mut number = 0u16;
                for subsample in subsamples {
                    number = number.checked_add(1).expect("saiz allows at most 42 subsamples");
                    w.u16(subsample.bytes_of_clear_data);
                    w.u32(subsample.bytes_of_protected_data);
                }
                w.patch_u16(at, number);
            }
            w.patch_u32(count_at, count);
        });
    }
}

impl<'a> ParseBox<'a> for Senc<'a> {
    const KIND: FourCC = FourCC(*b"senc");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        Senc::read(r, false)
    }
}

impl WriteBox for Senc<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"senc")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, self.flags);
        w.u32(self.sample_count);
        w.bytes(&self.bytes);
    }
}

impl Serialize for Senc<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SencFields { senc: self, iv_size: None }.serialize(serializer)
    }
}

/// A `senc` with the IV size that the track says, for printing.
pub(crate) struct SencFields<'s, 'a> {
    pub(crate) senc: &'s Senc<'a>,
    pub(crate) iv_size: Option<u8>,
}

impl Serialize for SencFields<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Entries<'e>(u32, SencEntries<'e>);
        impl Serialize for Entries<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_shown(serializer, self.0 as usize, self.1.clone().map_while(Result::ok))
            }
        }
        let senc = self.senc;
        let mut s = serializer.serialize_struct("Senc", 4)?;
        if let Some(piff) = &senc.piff_override {
            s.serialize_field("override", piff)?;
        }
        s.serialize_field("sample_count", &senc.sample_count)?;
        if senc.bytes.is_empty() {
            return s.end();
        }
        let told = senc.piff_override.map(|piff| piff.iv_size).or(self.iv_size);
        if let Some(size) = told.or_else(|| senc.guess_iv_size()) {
            if told.is_none() {
                s.serialize_field("guessed_Per_Sample_IV_Size", &size)?;
            }
            s.serialize_field("samples", &Entries(senc.sample_count, senc.entries(size)))?;
        }
        s.end()
    }
}

/// The entries of a [`Senc`].
#[derive(Debug, Clone)]
pub struct SencEntries<'a> {
    reader: Reader<'a>,
    left: u32,
    iv_size: u8,
    subsamples: bool,
}

impl<'a> SencEntries<'a> {
    /// The next entry, with an IV size of its own.
    pub fn next_with(&mut self, per_sample_iv_size: u8) -> Option<Result<SencEntry<'a>>> {
        self.left = self.left.checked_sub(1)?;
        // With neither IV nor subsamples an entry has no byte, and a count of them means nothing.
        if per_sample_iv_size == 0 && !self.subsamples {
            return None;
        }
        let entry = self.read(per_sample_iv_size);
        if entry.is_err() {
            self.left = 0;
        }
        Some(entry)
    }

    fn read(&mut self, iv_size: u8) -> Result<SencEntry<'a>> {
        let r = &mut self.reader;
        let initialization_vector = r.bytes(iv_size.into())?;
        let subsamples = if self.subsamples {
            let count = r.u16()?;
            r.table(count.into())?
        } else {
            Table::default()
        };
        Ok(SencEntry { initialization_vector, subsamples })
    }

    /// Absolute offset of the next entry.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }
}

impl<'a> Iterator for SencEntries<'a> {
    type Item = Result<SencEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_with(self.iv_size)
    }
}

#[cfg(test)]
mod tests {
    use super::super::unhex;
    use super::*;

    const ONE: SubsampleEntry = SubsampleEntry { bytes_of_clear_data: 5, bytes_of_protected_data: 96 };

    #[test]
    fn written_and_read_with_subsamples() {
        let iv = [9u8; 8];
        let mut w = Writer::new();
        Senc::write_box(&mut w, true, [(&iv[..], vec![ONE, ONE]), (&iv, vec![ONE])]);
        let bytes = w.into_bytes();
        assert_eq!(bytes.len() as u64, Senc::size_of(2, 8, Some(3)));
        assert_eq!(bytes[..24], unhex("00000036 73656e63 00000002 00000002 09090909 09090909")[..]);
        let senc = Senc::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        let entries: Vec<_> = senc.entries(8).map(Result::unwrap).collect();
        assert_eq!(entries[0].subsamples.iter().collect::<Vec<_>>(), [ONE, ONE]);
        assert_eq!((entries[1].initialization_vector, entries[1].subsamples.len()), (&iv[..], 1));
        assert_eq!((senc.guess_iv_size(), senc.entries_offset()), (Some(8), 16));
        assert_eq!(Writer::single(&senc), bytes);
        assert_eq!(Senc::entry_size(8, Some(2)), 22);
    }

    #[test]
    fn constant_iv_and_whole_samples() {
        let mut w = Writer::new();
        Senc::write_box(&mut w, true, [(&[][..], [ONE])]);
        let bytes = w.into_bytes();
        let senc = Senc::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        assert_eq!(senc.guess_iv_size(), Some(0));
        let mut w = Writer::new();
        Senc::write_box(&mut w, false, [(&[1; 16][..], None), (&[2; 16], None)]);
        let bytes = w.into_bytes();
        assert_eq!(bytes.len() as u64, Senc::size_of(2, 16, None));
        let senc = Senc::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        assert_eq!(senc.guess_iv_size(), Some(16));
        assert!(senc.entries(16).all(|e| e.unwrap().subsamples.is_empty()));
    }

    #[test]
    fn hostile_counts_end() {
        let bytes = unhex("00000000 ffffffff");
        let senc = Senc::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(senc.entries(0).count(), 0);
        assert_eq!(senc.entries(8).count(), 1);
        let bytes = unhex("00000002 00000002 0001 000500000060 ffff");
        let senc = Senc::parse(&mut Reader::new(&bytes, 100)).unwrap();
        let error = senc.entries(0).last().unwrap().unwrap_err().to_string();
        assert_eq!(error, "byte 118: 65535 entries of 6 bytes expected, 0 bytes left");
    }

    #[test]
    fn piff_override() {
        let bytes = unhex("00000001 00000108 00000000000000000000000000000001 00000001 0102030405060708");
        let senc = Senc::parse_piff(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!(senc.piff_override.unwrap().iv_size, 8);
        assert_eq!(senc.entries(8).count(), 1);
    }
}
