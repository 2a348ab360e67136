//! `stsd` and its sample entries.

use serde::Serialize;

use super::{Frma, Schm, Tenc};
use crate::error::Result;
use crate::isobmff::layout::{audio_prefix, entry_class};
use crate::isobmff::table::hex;
use crate::isobmff::{Child, FourCC, ParseBox, RawBox, Reader, WriteBox, Writer};

/// What a sample entry's type says about its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryClass {
    /// [`VisualSampleEntry`].
    Visual,
    /// [`AudioSampleEntry`].
    Audio,
    /// [`StppSampleEntry`].
    Stpp,
    /// [`WvttSampleEntry`].
    Wvtt,
    /// Not known here.
    Other,
}

/// A sample entry: how the samples that refer to it are coded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SampleEntry {
    /// Video and images.
    Visual(VisualSampleEntry),
    /// Audio.
    Audio(AudioSampleEntry),
    /// TTML.
    Stpp(StppSampleEntry),
    /// WebVTT.
    Wvtt(WvttSampleEntry),
    /// Anything else, behind `data_reference_index`.
    Other(RawSampleEntry),
}

impl SampleEntry {
    /// Reads a sample entry by its type.
    ///
    /// # Errors
    /// `Format` at the first byte that does not fit.
    pub fn read(child: &Child<'_>) -> Result<Self> {
        let mut r = child.reader();
        let kind = child.kind();
        Ok(match entry_class(kind) {
            EntryClass::Visual => SampleEntry::Visual(VisualSampleEntry::read(kind, &mut r)?),
            EntryClass::Audio => SampleEntry::Audio(AudioSampleEntry::read(kind, &mut r)?),
            EntryClass::Stpp => SampleEntry::Stpp(StppSampleEntry::read(&mut r)?),
            EntryClass::Wvtt => SampleEntry::Wvtt(WvttSampleEntry::read(&mut r)?),
            EntryClass::Other => SampleEntry::Other(RawSampleEntry::read(kind, &mut r)?),
        })
    }

    /// The number of the `dref` entry, from 1.
    pub fn data_reference_index(&self) -> u16 {
        match self {
            SampleEntry::Visual(entry) => entry.data_reference_index,
            SampleEntry::Audio(entry) => entry.data_reference_index,
            SampleEntry::Stpp(entry) => entry.data_reference_index,
            SampleEntry::Wvtt(entry) => entry.data_reference_index,
            SampleEntry::Other(entry) => entry.data_reference_index,
        }
    }

    /// The boxes in it, in order.
    pub fn children(&self) -> &[RawBox] {
        match self {
            SampleEntry::Visual(entry) => &entry.children,
            SampleEntry::Audio(entry) => &entry.children,
            SampleEntry::Stpp(entry) => &entry.children,
            SampleEntry::Wvtt(entry) => &entry.children,
            SampleEntry::Other(_) => &[],
        }
    }

    /// The first box in it of a type, parsed.
    ///
    /// # Errors
    /// Those of the box.
    pub fn find<T: for<'a> ParseBox<'a>>(&self) -> Result<Option<T>> {
        let found = self.children().iter().find(|child| child.kind == T::KIND);
        found.map(RawBox::parse).transpose()
    }

    /// The protection of an `encv` or `enca` entry.
    ///
    /// # Errors
    /// `Format` where a box of it is broken or `frma` is missing.
    pub fn protection(&self) -> Result<Option<Protection>> {
        let sinf = self.children().iter().find(|child| child.kind == b"sinf");
        sinf.map(|sinf| sinf.with_reader(|r| Protection::read(r))).transpose()
    }

    /// The type of the entry before it was encrypted: that of `frma`, else its own.
    ///
    /// # Errors
    /// As [`SampleEntry::protection`].
    pub fn original_format(&self) -> Result<FourCC> {
        Ok(self.protection()?.map_or(self.kind(), |p| p.original_format))
    }
}

impl WriteBox for SampleEntry {
    fn kind(&self) -> FourCC {
        match self {
            SampleEntry::Visual(entry) => entry.kind,
            SampleEntry::Audio(entry) => entry.kind,
            SampleEntry::Stpp(_) => FourCC(*b"stpp"),
            SampleEntry::Wvtt(_) => FourCC(*b"wvtt"),
            SampleEntry::Other(entry) => entry.kind,
        }
    }

    fn write(&self, w: &mut Writer) {
        match self {
            SampleEntry::Visual(entry) => entry.write(w),
            SampleEntry::Audio(entry) => entry.write(w),
            SampleEntry::Stpp(entry) => entry.write(w),
            SampleEntry::Wvtt(entry) => entry.write(w),
            SampleEntry::Other(entry) => entry.write(w),
        }
    }
}

/// The content of a `sinf`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protection {
    /// Of `frma`.
    pub original_format: FourCC,
    /// `schm`.
    pub scheme: Option<Schm>,
    /// `tenc` of `schi`, or its predecessor in PIFF files.
    pub tenc: Option<Tenc>,
}

impl Protection {
    /// Reads the content of a `sinf`.
    ///
    /// # Errors
    /// `Format` where a box of it is broken or `frma` is missing.
    pub fn read(r: &Reader<'_>) -> Result<Self> {
        let original_format = r.require_as::<Frma>().map_err(|e| e.clause("rule ENC-01"))?.data_format;
        let scheme = r.find_as()?;
        let mut tenc = None;
        if let Some(schi) = r.find(b"schi")? {
            for child in schi.boxes() {
                let child = child?;
                if child.kind() == Tenc::KIND {
                    tenc = Some(child.parse()?);
                } else if child.header.uuid == Some(Tenc::PIFF_UUID) && tenc.is_none() {
                    tenc = Some(Tenc::parse_piff(&mut child.reader())?);
                }
            }
        }
        Ok(Protection { original_format, scheme, tenc })
    }

    /// The `sinf` box, in the order that CMAF wants.
    pub fn to_box(&self) -> RawBox {
        let mut children = vec![RawBox::from_box(&Frma { data_format: self.original_format })];
        children.extend(self.scheme.as_ref().map(RawBox::from_box));
        let tenc = self.tenc.as_ref().map(RawBox::from_box);
        children.extend(tenc.map(|tenc| RawBox::container(b"schi", vec![tenc])));
        RawBox::container(b"sinf", children)
    }
}

fn start(r: &mut Reader<'_>) -> Result<u16> {
    r.skip(6)?;
    r.u16()
}

fn write_start(w: &mut Writer, data_reference_index: u16) {
    w.zeros(6);
    w.u16(data_reference_index);
}

fn children(r: &mut Reader<'_>) -> Result<Vec<RawBox>> {
    let children = r.boxes().map(|child| child.map(|c| RawBox::closed(&c))).collect::<Result<_>>()?;
    r.rest();
    Ok(children)
}

fn write_children(w: &mut Writer, children: &[RawBox]) {
    children.iter().for_each(|child| child.write_to(w));
}

/// The entry of video and image samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VisualSampleEntry {
    /// As `av01` or `encv`.
    #[serde(skip)]
    pub kind: FourCC,
    /// The number of the `dref` entry, from 1.
    pub data_reference_index: u16,
    /// In luma samples.
    pub width: u16,
    /// In luma samples.
    pub height: u16,
    /// 16.16, pixels per inch.
    pub horizresolution: u32,
    /// 16.16, pixels per inch.
    pub vertresolution: u32,
    /// Frames in a sample.
    pub frame_count: u16,
    /// A length byte, then text, then zeros.
    #[serde(serialize_with = "compressorname")]
    pub compressorname: [u8; 32],
    /// 0x18: colour without alpha.
    pub depth: u16,
    /// In order, as they are.
    #[serde(skip)]
    pub children: Vec<RawBox>,
}

fn compressorname<S: serde::Serializer>(name: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    let text = name.get(1..=usize::from(name[0])).unwrap_or(&name[1..]);
    serializer.collect_str(&String::from_utf8_lossy(text))
}

impl VisualSampleEntry {
    /// Bytes before the boxes in it.
    pub const PREFIX: usize = 78;

    /// An entry with the usual values. The name is cut at 31 bytes.
    pub fn new(kind: impl Into<FourCC>, width: u16, height: u16, name: &str, children: Vec<RawBox>) -> Self {
        let mut compressorname = [0; 32];
        let text = &name.as_bytes()[..name.len().min(31)];
        compressorname[0] = text.len() as u8;
        compressorname[1..=text.len()].copy_from_slice(text);
        VisualSampleEntry {
            kind: kind.into(),
            data_reference_index: 1,
            width,
            height,
            horizresolution: 0x48_0000,
            vertresolution: 0x48_0000,
            frame_count: 1,
            compressorname,
            depth: 0x18,
            children,
        }
    }

    fn read(kind: FourCC, r: &mut Reader<'_>) -> Result<Self> {
        let data_reference_index = start(r)?;
        r.skip(16)?;
        let (width, height) = (r.u16()?, r.u16()?);
        let (horizresolution, vertresolution) = (r.u32()?, r.u32()?);
        r.skip(4)?;
        let (frame_count, compressorname, depth) = (r.u16()?, r.array()?, r.u16()?);
        r.skip(2)?;
        let children = children(r)?;
        Ok(VisualSampleEntry {
            kind,
            data_reference_index,
            width,
            height,
            horizresolution,
            vertresolution,
            frame_count,
            compressorname,
            depth,
            children,
        })
    }

    fn write(&self, w: &mut Writer) {
        write_start(w, self.data_reference_index);
        w.zeros(16);
        w.u16(self.width);
        w.u16(self.height);
        w.u32(self.horizresolution);
        w.u32(self.vertresolution);
        w.zeros(4);
        w.u16(self.frame_count);
        w.bytes(&self.compressorname);
        w.u16(self.depth);
        w.i16(-1);
        write_children(w, &self.children);
    }
}

/// The entry of audio samples, also of QuickTime's versions 1 and 2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AudioSampleEntry {
    /// As `mp4a` or `enca`.
    #[serde(skip)]
    pub kind: FourCC,
    /// The number of the `dref` entry, from 1.
    pub data_reference_index: u16,
    /// 0; 1 or 2 in QuickTime files, 1 also with an `stsd` of version 1.
    pub entry_version: u16,
    /// As the codec has it, not always true.
    pub channelcount: u16,
    /// Bits of a sample.
    pub samplesize: u16,
    /// QuickTime's compression id; 0 in ISO files.
    pub pre_defined: u16,
    /// 16.16 Hz; in version 2 see `extension`.
    pub samplerate: u32,
    /// QuickTime's further fields: 16 bytes in version 1, 36 in version 2.
    #[serde(serialize_with = "hex", skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<u8>,
    /// In order, as they are.
    #[serde(skip)]
    pub children: Vec<RawBox>,
}

impl AudioSampleEntry {
    /// Bytes before the boxes in it, without QuickTime's extension.
    pub const PREFIX: usize = 28;

    /// An entry of version 0. A rate of 65,536 Hz or more is written as 0, for it does not fit.
    pub fn new(kind: impl Into<FourCC>, channelcount: u16, sample_rate: u32, children: Vec<RawBox>) -> Self {
        AudioSampleEntry {
            kind: kind.into(),
            data_reference_index: 1,
            entry_version: 0,
            channelcount,
            samplesize: 16,
            pre_defined: 0,
            samplerate: if sample_rate <= 0xffff { sample_rate << 16 } else { 0 },
            extension: Vec::new(),
            children,
        }
    }

    /// The sampling rate in Hz, of QuickTime's version 2 too.
    pub fn sample_rate(&self) -> f64 {
        match (self.entry_version, self.extension.get(4..12).and_then(|b| b.try_into().ok())) {
            (2, Some(rate)) => f64::from_be_bytes(rate),
            _ => f64::from(self.samplerate) / 65536.0,
        }
    }

    /// The number of channels, of QuickTime's version 2 too.
    pub fn channels(&self) -> u32 {
        match (self.entry_version, self.extension.get(12..16).and_then(|b| b.try_into().ok())) {
            (2, Some(channels)) => u32::from_be_bytes(channels),
            _ => self.channelcount.into(),
        }
    }

    /// Reads the body of an entry: all behind its box header.
    ///
    /// # Errors
    /// `Format` at the first byte that does not fit.
    pub fn parse_body(kind: impl Into<FourCC>, body: &[u8]) -> Result<Self> {
        AudioSampleEntry::read(kind.into(), &mut Reader::new(body, 0))
    }

    /// The entry without its box header.
    pub fn to_body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write(&mut w);
        w.into_bytes()
    }

    /// The first box in it of a type, parsed; QuickTime's `wave` is looked into too.
    ///
    /// # Errors
    /// Those of the box.
    pub fn find<T: for<'a> ParseBox<'a>>(&self) -> Result<Option<T>> {
        if let Some(child) = self.children.iter().find(|child| child.kind == T::KIND) {
            return child.parse().map(Some);
        }
        match self.children.iter().find(|child| child.kind == b"wave") {
            Some(wave) => wave.with_reader(|r| r.find_as::<T>()),
            None => Ok(None),
        }
    }

    fn read(kind: FourCC, r: &mut Reader<'_>) -> Result<Self> {
        let extension_len = audio_prefix(r.peek()) - AudioSampleEntry::PREFIX;
        let data_reference_index = start(r)?;
        let entry_version = r.u16()?;
        r.skip(6)?;
        let (channelcount, samplesize, pre_defined) = (r.u16()?, r.u16()?, r.u16()?);
        r.skip(2)?;
        let samplerate = r.u32()?;
        let extension = r.bytes(extension_len)?.to_vec();
        let children = children(r)?;
        Ok(AudioSampleEntry {
            kind,
            data_reference_index,
            entry_version,
            channelcount,
            samplesize,
            pre_defined,
            samplerate,
            extension,
            children,
        })
    }

    fn write(&self, w: &mut Writer) {
        write_start(w, self.data_reference_index);
        w.u16(self.entry_version);
        w.zeros(6);
        w.u16(self.channelcount);
        w.u16(self.samplesize);
        w.u16(self.pre_defined);
        w.u16(0);
        w.u32(self.samplerate);
        w.bytes(&self.extension);
        write_children(w, &self.children);
    }
}

/// `stpp`: the entry of TTML samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StppSampleEntry {
    /// The number of the `dref` entry, from 1.
    pub data_reference_index: u16,
    /// XML namespaces, separated by spaces.
    pub namespace: String,
    /// Places of schemas.
    pub schema_location: String,
    /// Media types of resources.
    pub auxiliary_mime_types: String,
    /// In order, as they are.
    #[serde(skip)]
    pub children: Vec<RawBox>,
}

impl StppSampleEntry {
    fn read(r: &mut Reader<'_>) -> Result<Self> {
        let data_reference_index = start(r)?;
        let (namespace, schema_location, auxiliary_mime_types) = (r.cstring(), r.cstring(), r.cstring());
        let children = children(r)?;
        Ok(StppSampleEntry {
            data_reference_index,
            namespace,
            schema_location,
            auxiliary_mime_types,
            children,
        })
    }

    fn write(&self, w: &mut Writer) {
        write_start(w, self.data_reference_index);
        w.cstring(&self.namespace);
        w.cstring(&self.schema_location);
        w.cstring(&self.auxiliary_mime_types);
        write_children(w, &self.children);
    }
}

/// `wvtt`: the entry of WebVTT samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WvttSampleEntry {
    /// The number of the `dref` entry, from 1.
    pub data_reference_index: u16,
    /// `vttC` and others, in order, as they are.
    #[serde(skip)]
    pub children: Vec<RawBox>,
}

impl WvttSampleEntry {
    fn read(r: &mut Reader<'_>) -> Result<Self> {
        Ok(WvttSampleEntry { data_reference_index: start(r)?, children: children(r)? })
    }

    fn write(&self, w: &mut Writer) {
        write_start(w, self.data_reference_index);
        write_children(w, &self.children);
    }
}

/// An entry of a type that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RawSampleEntry {
    /// The type.
    #[serde(skip)]
    pub kind: FourCC,
    /// The number of the `dref` entry, from 1.
    pub data_reference_index: u16,
    /// All behind.
    #[serde(serialize_with = "hex")]
    pub data: Vec<u8>,
}

impl RawSampleEntry {
    fn read(kind: FourCC, r: &mut Reader<'_>) -> Result<Self> {
        Ok(RawSampleEntry { kind, data_reference_index: start(r)?, data: r.rest().to_vec() })
    }

    fn write(&self, w: &mut Writer) {
        write_start(w, self.data_reference_index);
        w.bytes(&self.data);
    }
}

/// `stsd`: the sample entries of a track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stsd {
    /// 0, or 1 with audio entries of version 1.
    pub version: u8,
    /// Referred to by number, from 1.
    pub entries: Vec<SampleEntry>,
}

impl Stsd {
    /// A description of version 0.
    pub fn new(entries: Vec<SampleEntry>) -> Self {
        Stsd { version: 0, entries }
    }
}

impl<'a> ParseBox<'a> for Stsd {
    const KIND: FourCC = FourCC(*b"stsd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        let count = r.u32()?;
        let mut entries = Vec::with_capacity(r.count(count, 16)?);
        let mut boxes = r.boxes();
        for child in boxes.by_ref().take(entries.capacity()) {
            entries.push(SampleEntry::read(&child?)?);
        }
        if entries.len() as u64 != u64::from(count) {
            let message = format!("{count} entries expected, {} are there", entries.len());
            return Err(r.error(message).clause("rule ISO-09"));
        }
        r.skip(r.remaining() - boxes.rest().len())?;
        Ok(Stsd { version, entries })
    }
}

impl WriteBox for Stsd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.version, 0);
        w.count(self.entries.len());
        self.entries.iter().for_each(|entry| w.put(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, unhex};
    use super::*;

    fn protection() -> Protection {
        Protection {
            original_format: FourCC(*b"av01"),
            scheme: Some(Schm { scheme_type: FourCC(*b"cbcs"), scheme_version: 0x1_0000, scheme_uri: None }),
            tenc: Some(Tenc {
                default_crypt_byte_block: 1,
                default_skip_byte_block: 9,
                default_is_protected: 1,
                default_per_sample_iv_size: 0,
                default_kid: [1; 16],
                default_constant_iv: Some(vec![2; 16]),
            }),
        }
    }

    /// As a box inside another one is after reading.
    fn closed(raw: &RawBox) -> RawBox {
        let bytes = raw.to_bytes();
        let child = Reader::new(&bytes, 0).boxes().next().unwrap().unwrap();
        RawBox::closed(&child)
    }

    #[test]
    fn every_class_of_entry() {
        let sinf = closed(&protection().to_box());
        let video = VisualSampleEntry::new(b"encv", 640, 360, "\u{a}AOM Coding", vec![sinf]);
        let entries = vec![
            SampleEntry::Visual(video),
            SampleEntry::Audio(AudioSampleEntry::new(b"mp4a", 2, 48_000, vec![])),
            SampleEntry::Stpp(StppSampleEntry {
                data_reference_index: 1,
                namespace: "http://www.w3.org/ns/ttml".into(),
                schema_location: String::new(),
                auxiliary_mime_types: String::new(),
                children: vec![],
            }),
            SampleEntry::Wvtt(WvttSampleEntry { data_reference_index: 1, children: vec![] }),
            SampleEntry::Other(RawSampleEntry {
                kind: FourCC(*b"mett"),
                data_reference_index: 1,
                data: vec![1],
            }),
        ];
        let bytes = Writer::single(&Stsd::new(entries.clone()));
        let child = Reader::new(&bytes, 0).boxes().next().unwrap().unwrap();
        let read: Stsd = child.parse().unwrap();
        assert_eq!(Writer::single(&read), bytes);
        assert_eq!(read.entries[0].protection().unwrap().unwrap(), protection());
        assert_eq!(read.entries[0].original_format().unwrap(), b"av01");
        assert_eq!(read.entries[1].original_format().unwrap(), b"mp4a");
        assert_eq!(read.entries[1..], entries[1..]);
    }

    #[test]
    fn quicktime_audio() {
        let fixed = "000000000000 0001 0001 0000 00000000 0002 0010 ffff 0000 bb800000";
        let extension = "00000400 00000004 00000008 00000002";
        let bytes = unhex(&format!("0000003c 6d703461 {fixed} {extension} 00000008 77617665"));
        let child = Reader::new(&bytes, 0).boxes().next().unwrap().unwrap();
        let SampleEntry::Audio(entry) = SampleEntry::read(&child).unwrap() else { panic!("audio") };
        assert_eq!((entry.extension.len(), entry.children.len(), entry.channels()), (16, 1, 2));
        assert_eq!(entry.sample_rate(), 48_000.0);
        // Version 1 of ISO files has no extension.
        let bytes = unhex(&format!("0000002c 6d703461 {fixed} 00000008 73726174"));
        let child = Reader::new(&bytes, 0).boxes().next().unwrap().unwrap();
        let SampleEntry::Audio(entry) = SampleEntry::read(&child).unwrap() else { panic!("audio") };
        assert_eq!((entry.extension.len(), entry.children.len()), (0, 1));
    }

    #[test]
    fn entry_count_is_checked() {
        let bytes =
            unhex("00000000 00000002 00000010 6d657474 000000000000 0001 00000010 00000000 0000000000000000");
        let error = Stsd::parse(&mut Reader::new(&bytes[..24], 0)).unwrap_err().to_string();
        assert_eq!(error, "byte 8: 2 entries of 16 bytes expected, 16 bytes left");
        reread(&Stsd::new(vec![]));
    }
}
