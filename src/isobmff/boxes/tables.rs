//! The sample tables of a movie without fragments.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::Result;
use crate::isobmff::table::{serialize_shown, table_entry};
use crate::isobmff::{FourCC, ParseBox, Reader, Table, TableEntry, WriteBox, Writer};

table_entry! {
    /// A run of samples of one duration.
    pub struct SttsEntry {
        /// Samples in the run.
        pub sample_count: u32,
        /// In the media's timescale.
        pub sample_delta: u32,
    }
}

table_entry! {
    /// A run of chunks that hold the same number of samples.
    pub struct StscEntry {
        /// Counted from 1.
        pub first_chunk: u32,
        /// In each chunk of the run.
        pub samples_per_chunk: u32,
        /// Sample entry, counted from 1.
        pub sample_description_index: u32,
    }
}

table_entry! {
    /// A run of samples of one composition offset.
    pub struct CttsEntry {
        /// Samples in the run.
        pub sample_count: u32,
        /// In the media's timescale. Version 0 has it unsigned: see [`Ctts::offset`].
        pub sample_offset: i32,
    }
}

macro_rules! counted_table {
    ($(#[$meta:meta])* $name:ident, $kind:literal, $(#[$field_meta:meta])* $field:ident: $entry:ty) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize)]
        pub struct $name<'a> {
            $(#[$field_meta])*
            pub $field: Table<'a, $entry>,
        }

        impl<'a> ParseBox<'a> for $name<'a> {
            const KIND: FourCC = FourCC(*$kind);

            fn parse(r: &mut Reader<'a>) -> Result<Self> {
                r.full_up_to(0)?;
                let count = r.u32()?;
                Ok($name { $field: r.table(count)? })
            }
        }

        impl WriteBox for $name<'_> {
            fn kind(&self) -> FourCC {
                FourCC(*$kind)
            }

            fn write(&self, w: &mut Writer) {
                w.full_header(0, 0);
                w.count(self.$field.len());
                w.table(&self.$field);
            }
        }
    };
}

counted_table!(
    /// `stts`: durations of the samples, in decoding order.
    Stts,
    b"stts",
    /// Runs.
    entries: SttsEntry
);
counted_table!(
    /// `stss`: the sync samples. Where the box is absent every sample is one.
    Stss,
    b"stss",
    /// Counted from 1.
    sample_number: u32
);
counted_table!(
    /// `stsc`: which chunk a sample is in.
    Stsc,
    b"stsc",
    /// Runs, each up to the next one's first chunk.
    entries: StscEntry
);
counted_table!(
    /// `stco`: where the chunks are.
    Stco,
    b"stco",
    /// Absolute offsets in the file.
    chunk_offset: u32
);
counted_table!(
    /// `co64`: where the chunks are.
    Co64,
    b"co64",
    /// Absolute offsets in the file.
    chunk_offset: u64
);

/// `ctts`: composition time less decoding time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ctts<'a> {
    /// 0: unsigned offsets. 1: signed.
    pub version: u8,
    /// Runs.
    pub entries: Table<'a, CttsEntry>,
}

impl Ctts<'_> {
    /// An entry's offset as this version means it.
    pub fn offset(&self, entry: &CttsEntry) -> i64 {
        match self.version {
            0 => i64::from(entry.sample_offset as u32),
            _ => i64::from(entry.sample_offset),
        }
    }
}

impl<'a> ParseBox<'a> for Ctts<'a> {
    const KIND: FourCC = FourCC(*b"ctts");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        let count = r.u32()?;
        Ok(Ctts { version, entries: r.table(count)? })
    }
}

impl WriteBox for Ctts<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"ctts")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.version, 0);
        w.count(self.entries.len());
        w.table(&self.entries);
    }
}

/// `stco` or `co64`, whichever a track has.
#[derive(Debug, Clone, PartialEq)]
pub enum ChunkOffsets<'a> {
    /// 32 bits.
    Stco(Stco<'a>),
    /// 64 bits.
    Co64(Co64<'a>),
}

impl<'a> ChunkOffsets<'a> {
    /// Takes the box from the children of an `stbl`.
    ///
    /// # Errors
    /// Where neither is there, or it is broken.
    pub fn find(stbl: &Reader<'a>) -> Result<Self> {
        match stbl.find_as::<Co64<'a>>()? {
            Some(co64) => Ok(ChunkOffsets::Co64(co64)),
            None => stbl.require_as().map(ChunkOffsets::Stco),
        }
    }

    /// The number of chunks.
    pub fn len(&self) -> usize {
        match self {
            ChunkOffsets::Stco(stco) => stco.chunk_offset.len(),
            ChunkOffsets::Co64(co64) => co64.chunk_offset.len(),
        }
    }

    /// Whether there is no chunk.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The absolute offset of the chunk at `index`, counted from 0.
    pub fn get(&self, index: usize) -> Option<u64> {
        match self {
            ChunkOffsets::Stco(stco) => stco.chunk_offset.get(index).map(u64::from),
            ChunkOffsets::Co64(co64) => co64.chunk_offset.get(index),
        }
    }
}

/// `stsz` or `stz2`: sizes of the samples.
///
/// `sample_count` is checked against the bytes there, unless all samples have one size and none is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleSizes<'a> {
    /// `stsz`: the size of every sample, or 0 where each has its own.
    pub sample_size: u32,
    /// Bits of a stored size: 32 in `stsz`; 4, 8 or 16 in `stz2`.
    pub field_size: u8,
    /// The number of samples.
    pub sample_count: u32,
    bytes: Cow<'a, [u8]>,
}

impl<'a> SampleSizes<'a> {
    /// An `stsz` with a size for each sample.
    pub fn from_sizes(sizes: impl IntoIterator<Item = u32>) -> SampleSizes<'static> {
        let bytes: Vec<u8> = sizes.into_iter().flat_map(u32::to_be_bytes).collect();
        let sample_count = u32::try_from(bytes.len() / 4).expect("a table has less than 2^32 entries");
        SampleSizes { sample_size: 0, field_size: 32, sample_count, bytes: bytes.into() }
    }

    /// Takes the box from the children of an `stbl`.
    ///
    /// # Errors
    /// Where neither is there, or it is broken.
    pub fn find(stbl: &Reader<'a>) -> Result<Self> {
        match stbl.find(b"stz2")? {
            Some(stz2) => SampleSizes::parse_stz2(&mut stz2.reader()),
            None => SampleSizes::parse(&mut stbl.require(b"stsz")?.reader()),
        }
    }

    /// Reads an `stz2`.
    ///
    /// # Errors
    /// As [`ParseBox::parse`].
    pub fn parse_stz2(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        r.skip(3)?;
        let field_size = r.u8()?;
        if !matches!(field_size, 4 | 8 | 16) {
            return Err(r.error(format!("field_size {field_size}, 4, 8 or 16 was expected")));
        }
        let sample_count = r.u32()?;
        let count = if field_size == 4 { sample_count.div_ceil(2) } else { sample_count };
        let width = usize::from(field_size).div_ceil(8);
        let bytes = r.bytes(r.count(count, width)? * width)?;
        Ok(SampleSizes { sample_size: 0, field_size, sample_count, bytes: bytes.into() })
    }

    /// The size of the sample at `index`, counted from 0.
    pub fn get(&self, index: u32) -> Option<u32> {
        if index >= self.sample_count {
            return None;
        }
        if self.sample_size != 0 {
            return Some(self.sample_size);
        }
        let at = usize::try_from(index).ok()?;
        match self.field_size {
            4 => self.bytes.get(at / 2).map(|b| u32::from(if at % 2 == 0 { b >> 4 } else { b & 15 })),
            8 => self.bytes.get(at).copied().map(u32::from),
            16 => Table::<u16>::new(&self.bytes).get(at).map(u32::from),
            _ => Table::<u32>::new(&self.bytes).get(at),
        }
    }

    /// The sizes in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.sample_count).map_while(|index| self.get(index))
    }
}

impl<'a> ParseBox<'a> for SampleSizes<'a> {
    /// The type of the usual form; [`SampleSizes::parse_stz2`] reads the other.
    const KIND: FourCC = FourCC(*b"stsz");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let (sample_size, sample_count) = (r.u32()?, r.u32()?);
        let stored = if sample_size == 0 { r.count(sample_count, 4)? } else { 0 };
        let bytes = r.bytes(stored * 4)?.into();
        Ok(SampleSizes { sample_size, field_size: 32, sample_count, bytes })
    }
}

impl WriteBox for SampleSizes<'_> {
    fn kind(&self) -> FourCC {
        FourCC(if self.field_size == 32 { *b"stsz" } else { *b"stz2" })
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.u32(if self.field_size == 32 { self.sample_size } else { self.field_size.into() });
        w.u32(self.sample_count);
        w.bytes(&self.bytes);
    }
}

impl Serialize for SampleSizes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Sizes<'s, 'a>(&'s SampleSizes<'a>);
        impl Serialize for Sizes<'_, '_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_shown(serializer, self.0.sample_count as usize, self.0.iter())
            }
        }
        let mut s = serializer.serialize_struct("SampleSizes", 3)?;
        if self.field_size == 32 {
            s.serialize_field("sample_size", &self.sample_size)?;
        } else {
            s.serialize_field("field_size", &self.field_size)?;
        }
        s.serialize_field("sample_count", &self.sample_count)?;
        if self.sample_size == 0 {
            s.serialize_field("entry_size", &Sizes(self))?;
        }
        s.end()
    }
}

/// `cslg`: the bounds of composition against decoding time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cslg {
    /// Shift that makes every composition time at least the decoding time.
    #[serde(rename = "compositionToDTSShift")]
    pub composition_to_dts_shift: i64,
    /// Smallest composition offset.
    pub least_decode_to_display_delta: i64,
    /// Largest composition offset.
    pub greatest_decode_to_display_delta: i64,
    /// Smallest composition time.
    pub composition_start_time: i64,
    /// Composition time plus duration of the last sample shown.
    pub composition_end_time: i64,
}

impl<'a> ParseBox<'a> for Cslg {
    const KIND: FourCC = FourCC(*b"cslg");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        let mut next = || if wide { r.i64() } else { r.i32().map(i64::from) };
        Ok(Cslg {
            composition_to_dts_shift: next()?,
            least_decode_to_display_delta: next()?,
            greatest_decode_to_display_delta: next()?,
            composition_start_time: next()?,
            composition_end_time: next()?,
        })
    }
}

impl WriteBox for Cslg {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let values = [
            self.composition_to_dts_shift,
            self.least_decode_to_display_delta,
            self.greatest_decode_to_display_delta,
            self.composition_start_time,
            self.composition_end_time,
        ];
        let wide = values.iter().any(|v| i32::try_from(*v).is_err());
        w.full_header(wide.into(), 0);
        // The low 32 bits keep the sign.
        values.iter().for_each(|v| w.u32_or_u64(wide, *v as u64));
    }
}

/// One sample's byte in an [`Sdtp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SdtpEntry {
    /// 0 unknown, 1 leading and depending, 2 not leading, 3 leading and decodable.
    pub is_leading: u8,
    /// 0 unknown, 1 depends on others, 2 does not.
    pub sample_depends_on: u8,
    /// 0 unknown, 1 others depend on it, 2 none does.
    pub sample_is_depended_on: u8,
    /// 0 unknown, 1 redundant coding, 2 none.
    pub sample_has_redundancy: u8,
}

impl TableEntry for SdtpEntry {
    const SIZE: usize = 1;

    fn decode(bytes: &[u8]) -> Self {
        let byte = bytes[0];
        SdtpEntry {
            is_leading: byte >> 6,
            sample_depends_on: byte >> 4 & 3,
            sample_is_depended_on: byte >> 2 & 3,
            sample_has_redundancy: byte & 3,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.push(
            self.is_leading << 6
                | (self.sample_depends_on & 3) << 4
                | (self.sample_is_depended_on & 3) << 2
                | self.sample_has_redundancy & 3,
        );
    }
}

/// `sdtp`: how samples depend on each other; one entry for each sample of the track or track fragment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sdtp<'a> {
    /// In decoding order.
    pub entries: Table<'a, SdtpEntry>,
}

impl<'a> ParseBox<'a> for Sdtp<'a> {
    const KIND: FourCC = FourCC(*b"sdtp");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Sdtp { entries: Table::new(r.rest()) })
    }
}

impl WriteBox for Sdtp<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"sdtp")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.table(&self.entries);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    fn parsed<'a, T: ParseBox<'a>>(bytes: &'a [u8]) -> T {
        T::parse(&mut Reader::new(bytes, 0)).unwrap()
    }

    fn written(value: &impl WriteBox) -> Vec<u8> {
        Writer::single(value)[8..].to_vec()
    }

    #[test]
    fn tables_are_views() {
        let bytes = unhex("00000000 00000002 00000003 00000400 00000001 00000200");
        let stts: Stts<'_> = parsed(&bytes);
        let last = SttsEntry { sample_count: 1, sample_delta: 0x200 };
        assert_eq!((stts.entries.len(), stts.entries.get(1)), (2, Some(last)));
        assert_eq!(written(&stts), bytes);
        let bytes = unhex("00000000 00000001 00000001 0000000a 00000001");
        let stsc: Stsc<'_> = parsed(&bytes);
        assert_eq!(stsc.entries.get(0).unwrap().samples_per_chunk, 10);
        assert_eq!(written(&stsc), bytes);
        let bytes = unhex("00000000 00000002 00000001 0000000b");
        let stss: Stss<'_> = parsed(&bytes);
        assert_eq!(stss.sample_number.iter().collect::<Vec<_>>(), [1, 11]);
        assert_eq!(written(&parsed::<Stco<'_>>(&bytes)), bytes);
        let bytes = unhex("00000000 00000001 00000001 00000000");
        assert_eq!(parsed::<Co64<'_>>(&bytes).chunk_offset.get(0), Some(1 << 32));
    }

    #[test]
    fn a_count_beyond_the_bytes_is_an_error() {
        let bytes = unhex("00000000 ffffffff 00000001 00000001");
        let error = Stts::parse(&mut Reader::new(&bytes, 100)).unwrap_err().to_string();
        assert_eq!(error, "byte 108: 4294967295 entries of 8 bytes expected, 8 bytes left");
        assert!(
            SampleSizes::parse(&mut Reader::new(&unhex("00000000 00000000 00000002 00000001"), 0)).is_err()
        );
    }

    #[test]
    fn ctts_signs() {
        let bytes = unhex("01000000 00000001 00000001 ffffffff");
        let ctts: Ctts<'_> = parsed(&bytes);
        let entry = ctts.entries.get(0).unwrap();
        assert_eq!(ctts.offset(&entry), -1);
        assert_eq!(Ctts { version: 0, ..ctts.clone() }.offset(&entry), 0xffff_ffff);
        assert_eq!(written(&ctts), bytes);
    }

    #[test]
    fn sizes_in_every_form() {
        let bytes = unhex("00000000 00000000 00000002 00000001 00000002");
        let stsz: SampleSizes<'_> = parsed(&bytes);
        assert_eq!(stsz.iter().collect::<Vec<_>>(), [1, 2]);
        assert_eq!((written(&stsz), stsz), (bytes.clone(), SampleSizes::from_sizes([1, 2])));
        let bytes = unhex("00000000 00000007 ffffffff");
        let stsz: SampleSizes<'_> = parsed(&bytes);
        assert_eq!((stsz.get(u32::MAX - 1), stsz.get(u32::MAX)), (Some(7), None));
        assert_eq!(written(&stsz), bytes);
        for (hex, sizes) in [
            ("00000000 00000004 00000003 1230", [1, 2, 3]),
            ("00000000 00000008 00000003 010203", [1, 2, 3]),
            ("00000000 00000010 00000003 000100020103", [1, 2, 259]),
        ] {
            let bytes = unhex(hex);
            let stz2 = SampleSizes::parse_stz2(&mut Reader::new(&bytes, 0)).unwrap();
            assert_eq!(stz2.iter().collect::<Vec<_>>(), sizes);
            assert_eq!((written(&stz2), stz2.kind()), (bytes, FourCC(*b"stz2")));
        }
        assert!(SampleSizes::parse_stz2(&mut Reader::new(&unhex("00000000 00000005 00000000"), 0)).is_err());
    }

    #[test]
    fn cslg_widens() {
        let cslg: Cslg = roundtrip("00000020 63736c67 00000000 00000400 ffffffff 00000800 00000000 00001000");
        assert_eq!(cslg.least_decode_to_display_delta, -1);
        reread(&Cslg { composition_end_time: 1 << 40, ..cslg });
    }

    #[test]
    fn sdtp_bits() {
        let bytes = unhex("00000000 24 9a");
        let sdtp: Sdtp<'_> = parsed(&bytes);
        assert_eq!(sdtp.entries.get(0).unwrap().sample_depends_on, 2);
        assert_eq!(sdtp.entries.get(1).unwrap().is_leading, 2);
        assert_eq!(written(&sdtp), bytes);
        assert_eq!(Sdtp { entries: sdtp.entries.iter().collect() }, sdtp);
    }
}
