//! `ftyp` and `styp`: what a file or a segment claims to be.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::list;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

macro_rules! brands {
    ($(#[$meta:meta])* $name:ident, $kind:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        pub struct $name {
            /// The specification that fits best.
            pub major_brand: FourCC,
            /// Informative, of the major brand.
            pub minor_version: u32,
            /// Every specification that is kept.
            #[serde(serialize_with = "list")]
            pub compatible_brands: Vec<FourCC>,
        }

        impl $name {
            /// Whether `brand` is the major brand or a compatible one.
            pub fn has(&self, brand: impl Into<FourCC>) -> bool {
                let brand = brand.into();
                self.major_brand == brand || self.compatible_brands.contains(&brand)
            }
        }

        impl<'a> ParseBox<'a> for $name {
            const KIND: FourCC = FourCC(*$kind);

            fn parse(r: &mut Reader<'a>) -> Result<Self> {
                let (major_brand, minor_version) = (r.fourcc()?, r.u32()?);
                let mut compatible_brands = Vec::with_capacity(r.remaining() / 4);
                while !r.is_empty() {
                    compatible_brands.push(r.fourcc()?);
                }
                Ok($name { major_brand, minor_version, compatible_brands })
            }
        }

        impl WriteBox for $name {
            fn kind(&self) -> FourCC {
                Self::KIND
            }

            fn write(&self, w: &mut Writer) {
                w.fourcc(self.major_brand);
                w.u32(self.minor_version);
                for brand in &self.compatible_brands {
                    w.fourcc(*brand);
                }
            }
        }
    };
}

brands!(
    /// `ftyp`: the brands of a file.
    Ftyp,
    b"ftyp"
);
brands!(
    /// `styp`: the brands of a segment.
    Styp,
    b"styp"
);

#[cfg(test)]
mod tests {
    use super::super::roundtrip;
    use super::*;

    #[test]
    fn layout() {
        let ftyp: Ftyp = roundtrip("00000018 66747970 636d6663 00000001 69736f36 61763031");
        assert_eq!((ftyp.major_brand, ftyp.minor_version), (FourCC(*b"cmfc"), 1));
        assert!(ftyp.has(b"av01") && ftyp.has(b"cmfc") && !ftyp.has(b"cmf2"));
        let styp: Styp = roundtrip("00000010 73747970 6d736468 00000000");
        assert!(styp.compatible_brands.is_empty());
    }

    #[test]
    fn a_cut_brand_is_an_error() {
        let error = Ftyp::parse(&mut Reader::new(b"isom\0\0\0\0is", 8)).unwrap_err().to_string();
        assert_eq!(error, "byte 16: 2 bytes left, 4 were expected");
    }
}
