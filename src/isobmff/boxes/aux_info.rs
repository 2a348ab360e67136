//! `saiz` and `saio`: sizes and places of the samples' auxiliary information.

use serde::Serialize;

use super::wide;
use crate::error::Result;
use crate::isobmff::table::list;
use crate::isobmff::{FourCC, ParseBox, Reader, Table, WriteBox, Writer};

/// The type of auxiliary information, where a box gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AuxInfoType {
    /// As `cenc`, the protection scheme.
    pub aux_info_type: FourCC,
    /// Of the type's own.
    pub aux_info_type_parameter: u32,
}

impl AuxInfoType {
    fn read(r: &mut Reader<'_>, flags: u32) -> Result<Option<Self>> {
        if flags & 1 == 0 {
            return Ok(None);
        }
        Ok(Some(AuxInfoType { aux_info_type: r.fourcc()?, aux_info_type_parameter: r.u32()? }))
    }

    fn write(this: &Option<Self>, w: &mut Writer) {
        if let Some(this) = this {
            w.fourcc(this.aux_info_type);
            w.u32(this.aux_info_type_parameter);
        }
    }
}

/// `saiz`: bytes of auxiliary information of each sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Saiz<'a> {
    /// What the information is; the track's protection scheme where absent.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub aux_info_type: Option<AuxInfoType>,
    /// The size for every sample, or 0 where each has its own.
    pub default_sample_info_size: u8,
    /// The number of samples; may be less than the track fragment has.
    pub sample_count: u32,
    /// Empty where there is a default.
    #[serde(skip_serializing_if = "Table::is_empty")]
    pub sample_info_size: Table<'a, u8>,
}

impl Saiz<'_> {
    /// The size for the sample at `index`, counted from 0.
    pub fn get(&self, index: u32) -> Option<u8> {
        if index >= self.sample_count {
            None
        } else if self.default_sample_info_size != 0 {
            Some(self.default_sample_info_size)
        } else {
            self.sample_info_size.get(usize::try_from(index).ok()?)
        }
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        17 + if self.aux_info_type.is_some() { 8 } else { 0 } + self.sample_info_size.len() as u64
    }

    /// Bytes of the whole box without a type: for samples of one size (other than 0), or of several.
    pub fn size_of(sample_count: u32, all_equal: bool) -> u64 {
        17 + if all_equal { 0 } else { u64::from(sample_count) }
    }
}

impl Saiz<'static> {
    /// Takes the samples' sizes; one default stands for them where they are equal and not 0.
    pub fn from_sizes(sizes: impl IntoIterator<Item = u8>) -> Self {
        let sizes: Vec<u8> = sizes.into_iter().collect();
        let sample_count = u32::try_from(sizes.len()).expect("a fragment has less than 2^32 samples");
        let first = sizes.first().copied().unwrap_or(0);
        if first != 0 && sizes.iter().all(|size| *size == first) {
            let sample_info_size = Table::default();
            return Saiz {
                aux_info_type: None,
                default_sample_info_size: first,
                sample_count,
                sample_info_size,
            };
        }
        let sample_info_size = Table::from_entries(sizes);
        Saiz { aux_info_type: None, default_sample_info_size: 0, sample_count, sample_info_size }
    }
}

impl<'a> ParseBox<'a> for Saiz<'a> {
    const KIND: FourCC = FourCC(*b"saiz");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let flags = r.full_up_to(0)?.flags;
        let aux_info_type = AuxInfoType::read(r, flags)?;
        let (default_sample_info_size, sample_count) = (r.u8()?, r.u32()?);
        let stored = if default_sample_info_size == 0 { sample_count } else { 0 };
        Ok(Saiz { aux_info_type, default_sample_info_size, sample_count, sample_info_size: r.table(stored)? })
    }
}

impl WriteBox for Saiz<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"saiz")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, self.aux_info_type.is_some().into());
        AuxInfoType::write(&self.aux_info_type, w);
        w.u8(self.default_sample_info_size);
        w.u32(self.sample_count);
        w.table(&self.sample_info_size);
    }
}

/// `saio`: where the auxiliary information is, one offset for each chunk or run, or one for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Saio {
    /// What the information is; the track's protection scheme where absent.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub aux_info_type: Option<AuxInfoType>,
    /// Absolute in a `stbl`, from the track fragment's base in a `traf`.
    #[serde(serialize_with = "list")]
    pub offset: Vec<u64>,
}

impl Saio {
    /// One offset.
    pub fn new(offset: u64) -> Self {
        Saio { aux_info_type: None, offset: vec![offset] }
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        let width = if self.offset.iter().any(|o| wide(*o)) { 8 } else { 4 };
        16 + if self.aux_info_type.is_some() { 8 } else { 0 } + width * self.offset.len() as u64
    }
}

impl<'a> ParseBox<'a> for Saio {
    const KIND: FourCC = FourCC(*b"saio");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let header = r.full_up_to(1)?;
        let aux_info_type = AuxInfoType::read(r, header.flags)?;
        let count = r.u32()?;
        let offset = match header.version {
            0 => r.table::<u32>(count)?.iter().map(u64::from).collect(),
            _ => r.table::<u64>(count)?.iter().collect(),
        };
        Ok(Saio { aux_info_type, offset })
    }
}

impl WriteBox for Saio {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = self.offset.iter().any(|o| wide(*o));
        w.full_header(wide.into(), self.aux_info_type.is_some().into());
        AuxInfoType::write(&self.aux_info_type, w);
        w.count(self.offset.len());
        self.offset.iter().for_each(|o| w.u32_or_u64(wide, *o));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    #[test]
    fn saiz_with_one_size_or_several() {
        let one = Saiz::from_sizes([16, 16, 16]);
        assert_eq!(
            (one.default_sample_info_size, one.sample_count, one.get(2), one.get(3)),
            (16, 3, Some(16), None)
        );
        let bytes = Writer::single(&one);
        assert_eq!(bytes, unhex("00000011 7361697a 00000000 10 00000003"));
        assert_eq!((bytes.len() as u64, Saiz::size_of(3, true)), (one.size(), one.size()));
        let several = Saiz::from_sizes([8, 14]);
        let bytes = Writer::single(&several);
        assert_eq!((bytes.len() as u64, Saiz::size_of(2, false)), (several.size(), several.size()));
        let read = Saiz::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        assert_eq!((read.get(1), &read), (Some(14), &several));
        assert_eq!(Saiz::from_sizes([0, 0]).get(1), Some(0));
        assert!(Saiz::parse(&mut Reader::new(&unhex("00000000 00 ffffffff"), 0)).is_err());
    }

    #[test]
    fn saio_widens() {
        let saio: Saio = roundtrip("0000001c 7361696f 00000001 63656e63 00000000 00000001 00000064");
        assert_eq!((saio.size(), saio.aux_info_type.unwrap().aux_info_type), (28, FourCC(*b"cenc")));
        let wide = Saio::new(1 << 32);
        reread(&wide);
        assert_eq!(Writer::single(&wide).len() as u64, wide.size());
    }
}
