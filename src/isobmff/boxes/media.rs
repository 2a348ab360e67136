//! The media information: `vmhd`, `smhd`, `sthd`, `nmhd`, and `dref` with `url ` and `urn `.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `vmhd`: how video is composed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Vmhd {
    /// 0 is copy.
    pub graphicsmode: u16,
    /// Red, green, blue.
    pub opcolor: [u16; 3],
}

impl<'a> ParseBox<'a> for Vmhd {
    const KIND: FourCC = FourCC(*b"vmhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        Ok(Vmhd { graphicsmode: r.u16()?, opcolor: [r.u16()?, r.u16()?, r.u16()?] })
    }
}

impl WriteBox for Vmhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 1);
        w.u16(self.graphicsmode);
        self.opcolor.iter().for_each(|c| w.u16(*c));
    }
}

/// `smhd`: how audio is placed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Smhd {
    /// 8.8, -1.0 left to 1.0 right.
    pub balance: i16,
}

impl<'a> ParseBox<'a> for Smhd {
    const KIND: FourCC = FourCC(*b"smhd");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let balance = r.i16()?;
        r.skip(2)?;
        Ok(Smhd { balance })
    }
}

impl WriteBox for Smhd {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.i16(self.balance);
        w.u16(0);
    }
}

macro_rules! empty_full_box {
    ($(#[$meta:meta])* $name:ident, $kind:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
        pub struct $name {}

        impl<'a> ParseBox<'a> for $name {
            const KIND: FourCC = FourCC(*$kind);

            fn parse(r: &mut Reader<'a>) -> Result<Self> {
                r.full_up_to(0)?;
                Ok($name {})
            }
        }

        impl WriteBox for $name {
            fn kind(&self) -> FourCC {
                Self::KIND
            }

            fn write(&self, w: &mut Writer) {
                w.full_header(0, 0);
            }
        }
    };
}

empty_full_box!(
    /// `sthd`: the media header of subtitles.
    Sthd,
    b"sthd"
);
empty_full_box!(
    /// `nmhd`: the media header of everything else.
    Nmhd,
    b"nmhd"
);

/// One entry of a [`Dref`]: where media data lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataEntry {
    /// `url `, `urn `, or QuickTime's `alis`.
    pub kind: FourCC,
    /// Bit 0: in this file.
    pub flags: u32,
    /// The name of a `urn `.
    pub name: Option<String>,
    /// Absent where the data is in this file.
    pub location: Option<String>,
}

impl DataEntry {
    /// Data in this file.
    pub fn self_contained() -> Self {
        DataEntry { kind: FourCC(*b"url "), flags: 1, name: None, location: None }
    }

    /// Whether the data is in this file.
    pub fn is_self_contained(&self) -> bool {
        self.flags & 1 != 0
    }

    pub(crate) fn read(kind: FourCC, r: &mut Reader<'_>) -> Result<Self> {
        let flags = r.full()?.flags;
        let mut text = |wanted: bool| (wanted && !r.is_empty()).then(|| r.cstring());
        let name = text(kind == b"urn ");
        let location = text(kind == b"url " || kind == b"urn ");
        Ok(DataEntry { kind, flags, name, location })
    }
}

impl WriteBox for DataEntry {
    fn kind(&self) -> FourCC {
        self.kind
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, self.flags);
        [&self.name, &self.location].into_iter().flatten().for_each(|text| w.cstring(text));
    }
}

/// `dref`: the places that a track's media data may lie in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dref {
    /// Referred to by number, from 1.
    pub entries: Vec<DataEntry>,
}

impl Dref {
    /// One entry: this file.
    pub fn self_contained() -> Self {
        Dref { entries: vec![DataEntry::self_contained()] }
    }
}

impl<'a> ParseBox<'a> for Dref {
    const KIND: FourCC = FourCC(*b"dref");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let count = r.u32()?;
        let mut entries = Vec::with_capacity(r.count(count, 12)?);
        for child in r.boxes().take(entries.capacity()) {
            let child = child?;
            entries.push(DataEntry::read(child.kind(), &mut child.reader())?);
        }
        if entries.len() as u64 != u64::from(count) {
            let message = format!("{count} entries expected, {} are there", entries.len());
            return Err(r.error(message).clause("rule ISO-08"));
        }
        r.rest();
        Ok(Dref { entries })
    }
}

impl WriteBox for Dref {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, 0);
        w.count(self.entries.len());
        self.entries.iter().for_each(|entry| w.put(entry));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip};
    use super::*;

    #[test]
    fn media_headers() {
        roundtrip::<Vmhd>("00000014 766d6864 00000001 0000 0000 0000 0000");
        assert_eq!(roundtrip::<Smhd>("00000010 736d6864 00000000 ff00 0000").balance, -256);
        roundtrip::<Sthd>("0000000c 73746864 00000000");
        roundtrip::<Nmhd>("0000000c 6e6d6864 00000000");
    }

    #[test]
    fn dref_layout() {
        let dref: Dref = roundtrip("0000001c 64726566 00000000 00000001 0000000c 75726c20 00000001");
        assert_eq!(dref, Dref::self_contained());
        assert!(dref.entries[0].is_self_contained());
        reread(&Dref {
            entries: vec![DataEntry {
                kind: FourCC(*b"urn "),
                flags: 0,
                name: Some("a".into()),
                location: Some("b".into()),
            }],
        });
    }

    #[test]
    fn dref_with_a_wrong_count() {
        let bytes = b"\0\0\0\0\0\0\0\x02\0\0\0\x18url \0\0\0\0aaaaaaaaaaaa";
        let error = Dref::parse(&mut Reader::new(bytes, 0)).unwrap_err().to_string();
        assert_eq!(error, "byte 8: 2 entries expected, 1 are there (rule ISO-08)");
    }
}
