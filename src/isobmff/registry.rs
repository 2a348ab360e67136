//! The boxes that are known by type: what each is, and how its fields are described.

use serde::Serialize;

use super::boxes::*;
use super::fourcc::FourCC;
use super::reader::{Child, ParseBox, Reader};
use super::value::{Fields, Value};
use crate::error::{Error, Result};

/// One known type of box.
pub struct BoxInfo {
    /// The type.
    pub kind: FourCC,
    /// The extended type, for `uuid`.
    pub uuid: Option<[u8; 16]>,
    /// What it is, for people.
    pub name: &'static str,
    /// Whether version and flags come first.
    pub full: bool,
    /// Whether its fields are views over its bytes, so that reading them costs nothing, however large it is.
    pub(super) view: bool,
    /// Reads its fields; absent where there are none but boxes, or none that are known.
    pub(super) describe: Option<Describe>,
}

/// Reads the fields of a box; what is left in the reader is behind them.
pub(super) type Describe = fn(&mut Reader<'_>) -> Result<Fields>;

impl std::fmt::Debug for BoxInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.kind, self.name)
    }
}

/// The fields of anything that can be serialized.
pub(super) fn fields(value: &impl Serialize) -> Result<Fields> {
    match Value::of(value) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Fields::default()),
        Ok(value) => Ok(Fields(vec![("value".into(), value)])),
        Err(error) => Err(Error::format(error.to_string())),
    }
}

macro_rules! rows {
    ($( $kind:literal $layout:ident $name:literal $($ty:ty)?; )*) => {
        &[$( BoxInfo {
            kind: FourCC(*$kind),
            uuid: None,
            name: $name,
            full: rows!(@full $layout),
            view: rows!(@view $layout),
            describe: rows!(@describe $($ty)?),
        } ),*]
    };
    (@full full) => { true };
    (@full view) => { true };
    (@full plain) => { false };
    (@view view) => { true };
    (@view $other:ident) => { false };
    (@describe) => { None };
    (@describe $ty:ty) => { Some(|r: &mut Reader<'_>| fields(&<$ty>::parse(r)?)) };
}

/// Every known type of box, sample entries left out.
pub const REGISTRY: &[BoxInfo] = rows! {
    b"ftyp" plain "file type" Ftyp;
    b"styp" plain "segment type" Styp;
    b"moov" plain "movie";
    b"mvhd" full "movie header" Mvhd;
    b"trak" plain "track";
    b"tkhd" full "track header" Tkhd;
    b"tref" plain "track references";
    b"edts" plain "edits";
    b"elst" full "edit list" Elst;
    b"mdia" plain "media";
    b"mdhd" full "media header" Mdhd;
    b"hdlr" full "handler" Hdlr;
    b"elng" full "extended language" Elng;
    b"minf" plain "media information";
    b"vmhd" full "video media header" Vmhd;
    b"smhd" full "sound media header" Smhd;
    b"sthd" full "subtitle media header" Sthd;
    b"nmhd" full "null media header" Nmhd;
    b"dinf" plain "data information";
    b"dref" full "data references" EntryCount;
    b"url " full "data entry" DataEntryUrl;
    b"urn " full "data entry" DataEntryUrn;
    b"stbl" plain "sample tables";
    b"stsd" full "sample descriptions" EntryCount;
    b"stts" view "decoding times" Stts<'_>;
    b"ctts" view "composition offsets" Ctts<'_>;
    b"cslg" full "composition to decoding" Cslg;
    b"stss" view "sync samples" Stss<'_>;
    b"stsc" view "samples to chunks" Stsc<'_>;
    b"stsz" view "sample sizes" SampleSizes<'_>;
    b"stz2" view "compact sample sizes" CompactSizes;
    b"stco" view "chunk offsets" Stco<'_>;
    b"co64" view "chunk offsets" Co64<'_>;
    b"sdtp" view "sample dependencies" Sdtp<'_>;
    b"subs" full "subsamples" Subs;
    b"sgpd" full "sample group descriptions" Sgpd;
    b"sbgp" view "samples to groups" Sbgp<'_>;
    b"saiz" view "auxiliary information sizes" Saiz<'_>;
    b"saio" full "auxiliary information offsets" Saio;
    b"senc" view "sample encryption" Senc<'_>;
    b"mvex" plain "movie extends";
    b"mehd" full "movie extends header" Mehd;
    b"trex" full "track extends" Trex;
    b"leva" full "levels" Leva;
    b"moof" plain "movie fragment";
    b"mfhd" full "movie fragment header" Mfhd;
    b"traf" plain "track fragment";
    b"tfhd" full "track fragment header" Tfhd;
    b"tfdt" full "track fragment decode time" Tfdt;
    b"trun" view "track run" Trun<'_>;
    b"mfra" plain "movie fragment random access";
    b"tfra" view "track fragment random access" Tfra<'_>;
    b"mfro" full "movie fragment random access offset" Mfro;
    b"sidx" view "segment index" Sidx<'_>;
    b"emsg" full "event message" Emsg;
    b"prft" full "producer reference time" Prft;
    b"pssh" full "protection system" Pssh;
    b"sinf" plain "protection scheme information";
    b"frma" plain "original format" Frma;
    b"schm" full "scheme type" Schm;
    b"schi" plain "scheme information";
    b"tenc" full "track encryption" Tenc;
    b"av1C" plain "AV1 configuration" Av1C;
    b"vpcC" full "VP configuration" VpcC;
    b"avcC" plain "AVC configuration" AvcC;
    b"hvcC" plain "HEVC configuration" HvcC;
    b"colr" plain "colour information" Colr;
    b"pasp" plain "pixel aspect ratio" Pasp;
    b"clap" plain "clean aperture" Clap;
    b"mdcv" plain "mastering display colour volume" Mdcv;
    b"clli" plain "content light level" Clli;
    b"btrt" plain "bit rate" Btrt;
    b"esds" full "elementary stream" DescribedEsds;
    b"dOps" plain "Opus configuration" DOps;
    b"dac3" plain "AC-3 configuration" Dac3;
    b"dec3" plain "E-AC-3 configuration" Dec3;
    b"chnl" full "channel layout" Chnl;
    b"vttC" plain "WebVTT configuration" VttC;
    b"mime" full "media type" Mime;
    b"kind" full "track kind" Kind;
    b"udta" plain "user data";
    b"meta" full "metadata";
    b"mdat" plain "media data";
    b"free" plain "free space";
    b"skip" plain "free space";
};

/// The known extended types.
pub(super) const UUIDS: &[BoxInfo] = &[
    BoxInfo {
        kind: FourCC::UUID,
        uuid: Some(Senc::PIFF_UUID),
        name: "PIFF sample encryption",
        full: true,
        view: true,
        describe: Some(|r| fields(&Senc::parse_piff(r)?)),
    },
    BoxInfo {
        kind: FourCC::UUID,
        uuid: Some(Tenc::PIFF_UUID),
        name: "PIFF track encryption",
        full: true,
        view: false,
        describe: Some(|r| fields(&Tenc::parse_piff(r)?)),
    },
];

/// What is known of a type.
pub(super) fn info(kind: FourCC, uuid: Option<[u8; 16]>) -> Option<&'static BoxInfo> {
    let rows = if uuid.is_some() { UUIDS } else { REGISTRY };
    rows.iter().find(|row| row.kind == kind && row.uuid == uuid)
}

/// The fields of a sample entry.
pub(super) fn describe_entry(child: &Child<'_>) -> Result<Fields> {
    fields(&SampleEntry::read(child)?)
}

/// What `stsd` and `dref` have before their boxes.
#[derive(Serialize)]
struct EntryCount {
    entry_count: u32,
}

impl EntryCount {
    fn parse(r: &mut Reader<'_>) -> Result<Self> {
        r.full()?;
        Ok(EntryCount { entry_count: r.u32()? })
    }
}

struct DataEntryUrl;

impl DataEntryUrl {
    fn parse(r: &mut Reader<'_>) -> Result<DescribedDataEntry> {
        DescribedDataEntry::read(*b"url ", r)
    }
}

struct DataEntryUrn;

impl DataEntryUrn {
    fn parse(r: &mut Reader<'_>) -> Result<DescribedDataEntry> {
        DescribedDataEntry::read(*b"urn ", r)
    }
}

#[derive(Serialize)]
struct DescribedDataEntry {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
}

impl DescribedDataEntry {
    fn read(kind: [u8; 4], r: &mut Reader<'_>) -> Result<Self> {
        let entry = DataEntry::read(FourCC(kind), r)?;
        Ok(DescribedDataEntry { name: entry.name, location: entry.location })
    }
}

struct CompactSizes;

impl CompactSizes {
    fn parse<'a>(r: &mut Reader<'a>) -> Result<SampleSizes<'a>> {
        SampleSizes::parse_stz2(r)
    }
}

/// `esds` with what its configuration says.
#[derive(Serialize)]
struct DescribedEsds {
    #[serde(flatten)]
    esds: Esds,
    #[serde(rename = "audioSpecificConfig", skip_serializing_if = "Option::is_none")]
    config: Option<AudioSpecificConfig>,
}

impl DescribedEsds {
    fn parse(r: &mut Reader<'_>) -> Result<Self> {
        let esds = Esds::parse(r)?;
        // What is behind the configuration are SL descriptors.
        r.rest();
        let config =
            if esds.object_type_indication == 0x40 { esds.audio_specific_config().ok() } else { None };
        Ok(DescribedEsds { esds, config })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_once() {
        for (index, row) in REGISTRY.iter().enumerate() {
            assert!(REGISTRY[..index].iter().all(|r| r.kind != row.kind), "{row:?}");
        }
        assert_eq!(info(FourCC(*b"trun"), None).unwrap().name, "track run");
        assert!(info(FourCC::UUID, Some(Tenc::PIFF_UUID)).is_some());
        assert!(info(FourCC::UUID, Some([0; 16])).is_none());
    }
}
