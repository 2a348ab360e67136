//! Where things are: `sidx`, and `tfra` and `mfro` of `mfra`.

use serde::{Serialize, Serializer};

use super::wide;
use crate::error::Result;
use crate::isobmff::table::serialize_shown;
use crate::isobmff::{FourCC, ParseBox, Reader, Table, TableEntry, WriteBox, Writer};

/// One reference of a [`Sidx`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SidxReference {
    /// Whether another `sidx` is referred to, not media.
    pub reference_type: bool,
    /// Bytes, 31 bits.
    pub referenced_size: u32,
    /// In the index's timescale.
    pub subsegment_duration: u32,
    /// Whether it starts with a stream access point.
    #[serde(rename = "starts_with_SAP")]
    pub starts_with_sap: bool,
    /// 0 unknown, else 1 to 6; 3 bits.
    #[serde(rename = "SAP_type")]
    pub sap_type: u8,
    /// From the subsegment's start to the access point, 28 bits.
    #[serde(rename = "SAP_delta_time")]
    pub sap_delta_time: u32,
}

impl TableEntry for SidxReference {
    const SIZE: usize = 12;

    fn decode(bytes: &[u8]) -> Self {
        let word = |at: usize| u32::decode(&bytes[at..at + 4]);
        let (size, sap) = (word(0), word(8));
        SidxReference {
            reference_type: size >> 31 == 1,
            referenced_size: size & 0x7fff_ffff,
            subsegment_duration: word(4),
            starts_with_sap: sap >> 31 == 1,
            sap_type: (sap >> 28 & 7) as u8,
            sap_delta_time: sap & 0x0fff_ffff,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        (u32::from(self.reference_type) << 31 | self.referenced_size & 0x7fff_ffff).encode(out);
        self.subsegment_duration.encode(out);
        let sap_type = u32::from(self.sap_type & 7) << 28;
        (u32::from(self.starts_with_sap) << 31 | sap_type | self.sap_delta_time & 0x0fff_ffff).encode(out);
    }
}

/// `sidx`: sizes and durations of subsegments.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sidx<'a> {
    /// The track.
    #[serde(rename = "reference_ID")]
    pub reference_id: u32,
    /// Units per second of the times here.
    pub timescale: u32,
    /// Presentation time of the first subsegment.
    pub earliest_presentation_time: u64,
    /// Bytes from the end of the box to the first subsegment.
    pub first_offset: u64,
    /// At most 65,535.
    pub references: Table<'a, SidxReference>,
}

impl Sidx<'_> {
    /// Bytes of the whole box with `reference_count` references; `wide` where a time or offset needs 64 bits.
    pub fn size_of(wide: bool, reference_count: u16) -> u64 {
        let head = if wide { 40 } else { 32 };
        head + 12 * u64::from(reference_count)
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        Sidx::size_of(self.is_wide(), self.reference_count())
    }

    fn is_wide(&self) -> bool {
        wide(self.earliest_presentation_time) || wide(self.first_offset)
    }

    /// # Panics
    /// Where there are more than the field holds.
    fn reference_count(&self) -> u16 {
        u16::try_from(self.references.len()).expect("a sidx has at most 65,535 references")
    }
}

impl<'a> ParseBox<'a> for Sidx<'a> {
    const KIND: FourCC = FourCC(*b"sidx");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        let (reference_id, timescale) = (r.u32()?, r.u32()?);
        let (earliest_presentation_time, first_offset) = (r.u32_or_u64(wide)?, r.u32_or_u64(wide)?);
        r.skip(2)?;
        let count = r.u16()?;
        let references = r.table(count.into())?;
        Ok(Sidx { reference_id, timescale, earliest_presentation_time, first_offset, references })
    }
}

impl WriteBox for Sidx<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"sidx")
    }

    /// # Panics
    /// With more than 65,535 references.
    fn write(&self, w: &mut Writer) {
        let wide = self.is_wide();
        w.full_header(wide.into(), 0);
        w.u32(self.reference_id);
        w.u32(self.timescale);
        w.u32_or_u64(wide, self.earliest_presentation_time);
        w.u32_or_u64(wide, self.first_offset);
        w.u16(0);
        w.u16(self.reference_count());
        w.table(&self.references);
    }
}

/// One entry of a [`Tfra`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TfraEntry {
    /// Presentation time, in the track's timescale.
    pub time: u64,
    /// Absolute offset of the `moof`.
    pub moof_offset: u64,
    /// From 1.
    pub traf_number: u32,
    /// From 1.
    pub trun_number: u32,
    /// From 1.
    pub sample_number: u32,
}

/// `tfra`: random access points of one track. Entries are read one by one from the bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tfra<'a> {
    /// The track.
    pub track_id: u32,
    wide: bool,
    /// Bytes of `traf_number`, `trun_number` and `sample_number`.
    widths: [u8; 3],
    bytes: std::borrow::Cow<'a, [u8]>,
}

impl Tfra<'_> {
    /// An owned box, its fields as wide as the values need.
    pub fn from_entries(track_id: u32, entries: &[TfraEntry]) -> Tfra<'static> {
        let numbers = |e: &TfraEntry| [e.traf_number, e.trun_number, e.sample_number];
        let wide_times = entries.iter().any(|e| wide(e.time) || wide(e.moof_offset));
        let mut widths = [1u8; 3];
        for entry in entries {
            for (width, number) in widths.iter_mut().zip(numbers(entry)) {
                *width = (*width).max((4 - number.leading_zeros() / 8).max(1) as u8);
            }
        }
        let mut w = Writer::new();
        for entry in entries {
            w.u32_or_u64(wide_times, entry.time);
            w.u32_or_u64(wide_times, entry.moof_offset);
            for (width, number) in widths.iter().zip(numbers(entry)) {
                w.bytes(&number.to_be_bytes()[4 - usize::from(*width)..]);
            }
        }
        Tfra { track_id, wide: wide_times, widths, bytes: w.into_bytes().into() }
    }

    fn entry_len(&self) -> usize {
        let numbers: usize = self.widths.iter().map(|w| usize::from(*w)).sum();
        numbers + if self.wide { 16 } else { 8 }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.entry_len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = TfraEntry> + '_ {
        self.bytes.chunks_exact(self.entry_len()).map_while(|bytes| {
            let mut r = Reader::new(bytes, 0);
            let (time, moof_offset) = (r.u32_or_u64(self.wide).ok()?, r.u32_or_u64(self.wide).ok()?);
            let mut number = |width: u8| {
                let bytes = r.bytes(width.into()).ok()?;
                Some(bytes.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)))
            };
            let [traf, trun, sample] = self.widths;
            Some(TfraEntry {
                time,
                moof_offset,
                traf_number: number(traf)?,
                trun_number: number(trun)?,
                sample_number: number(sample)?,
            })
        })
    }
}

impl<'a> ParseBox<'a> for Tfra<'a> {
    const KIND: FourCC = FourCC(*b"tfra");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let wide = r.full_up_to(1)?.version == 1;
        let (track_id, lengths, count) = (r.u32()?, r.u32()?, r.u32()?);
        let widths = [lengths >> 4, lengths >> 2, lengths].map(|l| (l & 3) as u8 + 1);
        let mut tfra = Tfra { track_id, wide, widths, bytes: Default::default() };
        let len = tfra.entry_len();
        tfra.bytes = r.bytes(r.count(count, len)? * len)?.into();
        Ok(tfra)
    }
}

impl WriteBox for Tfra<'_> {
    fn kind(&self) -> FourCC {
        FourCC(*b"tfra")
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.wide.into(), 0);
        w.u32(self.track_id);
        w.u32(self.widths.iter().fold(0, |lengths, width| lengths << 2 | u32::from(width - 1)));
        w.count(self.len());
        w.bytes(&self.bytes);
    }
}

impl Serialize for Tfra<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'s, 'a> {
            #[serde(rename = "track_ID")]
            track_id: u32,
            entries: Entries<'s, 'a>,
        }
        struct Entries<'s, 'a>(&'s Tfra<'a>);
        impl Serialize for Entries<'_, '_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_shown(serializer, self.0.len(), self.0.iter())
            }
        }
        Fields { track_id: self.track_id, entries: Entries(self) }.serialize(serializer)
    }
}

/// `mfro`: the last box of `mfra`, from which its start can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mfro {
    /// Bytes of the whole `mfra`.
    pub parent_size: u32,
}

impl<'a> ParseBox<'a> for Mfro {
    const KIND: FourCC = FourCC(*b"mfro");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Mfro { parent_size: r.u32()? })
    }
}

impl WriteBox for Mfro {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.u32(self.parent_size);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{roundtrip, unhex};
    use super::*;

    #[test]
    fn sidx_layout() {
        let bytes = unhex(
            "0000002c 73696478 00000000 00000001 00007530 00000000 00000000 0000 0001 80000064 00000bb8 90000005",
        );
        let sidx = Sidx::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
        let reference = sidx.references.get(0).unwrap();
        assert!(reference.reference_type && reference.starts_with_sap);
        assert_eq!((reference.referenced_size, reference.sap_type, reference.sap_delta_time), (100, 1, 5));
        assert_eq!((Writer::single(&sidx), sidx.size()), (bytes.clone(), bytes.len() as u64));
        let wide = Sidx { first_offset: 1 << 32, ..sidx };
        let bytes = Writer::single(&wide);
        assert_eq!(bytes.len() as u64, wide.size());
        assert_eq!(Sidx::parse(&mut Reader::new(&bytes[8..], 8)).unwrap(), wide);
    }

    #[test]
    fn tfra_widths() {
        let entries = [
            TfraEntry {
                time: 5,
                moof_offset: 1000,
                traf_number: 1,
                trun_number: 300,
                sample_number: 1 << 20,
            },
            TfraEntry { time: 1 << 33, moof_offset: 0, traf_number: 255, trun_number: 1, sample_number: 0 },
        ];
        for entries in [&entries[..], &entries[..1], &[]] {
            let tfra = Tfra::from_entries(7, entries);
            let bytes = Writer::single(&tfra);
            let read = Tfra::parse(&mut Reader::new(&bytes[8..], 8)).unwrap();
            assert_eq!((read.iter().collect::<Vec<_>>(), read.len()), (entries.to_vec(), entries.len()));
        }
        let bytes = unhex("00000000 00000001 0000003f 00000001 00000005 00000064 00000001 00000001 00000001");
        assert_eq!(Tfra::parse(&mut Reader::new(&bytes, 0)).unwrap().iter().next().unwrap().moof_offset, 100);
        assert!(Tfra::parse(&mut Reader::new(&bytes[..30], 0)).is_err());
    }

    #[test]
    fn mfro_layout() {
        assert_eq!(roundtrip::<Mfro>("00000010 6d66726f 00000000 00000043").parent_size, 67);
    }
}
