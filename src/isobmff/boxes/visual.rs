//! Boxes of visual sample entries: `colr`, `pasp`, `clap`, `mdcv`, `clli`; and `btrt`.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::{hex, table_entry};
use crate::isobmff::{FourCC, ParseBox, Reader, TableEntry, WriteBox, Writer};

/// `colr`: what the colour values mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Colr {
    /// `nclx`: by code points.
    Nclx(Nclx),
    /// An ICC profile or another type.
    Other {
        /// As `prof`, `rICC`, `nclc`.
        colour_type: FourCC,
        /// All behind.
        #[serde(serialize_with = "hex")]
        data: Vec<u8>,
    },
}

/// Code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Nclx {
    /// 2 is unspecified.
    pub colour_primaries: u16,
    /// 2 is unspecified.
    pub transfer_characteristics: u16,
    /// 2 is unspecified.
    pub matrix_coefficients: u16,
    /// The top bit of its byte.
    pub full_range_flag: bool,
}

impl<'a> ParseBox<'a> for Colr {
    const KIND: FourCC = FourCC(*b"colr");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let colour_type = r.fourcc()?;
        if colour_type != b"nclx" {
            return Ok(Colr::Other { colour_type, data: r.rest().to_vec() });
        }
        Ok(Colr::Nclx(Nclx {
            colour_primaries: r.u16()?,
            transfer_characteristics: r.u16()?,
            matrix_coefficients: r.u16()?,
            full_range_flag: r.u8()? & 0x80 != 0,
        }))
    }
}

impl WriteBox for Colr {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        match self {
            Colr::Nclx(nclx) => {
                w.fourcc(b"nclx");
                w.u16(nclx.colour_primaries);
                w.u16(nclx.transfer_characteristics);
                w.u16(nclx.matrix_coefficients);
                w.u8(u8::from(nclx.full_range_flag) << 7);
            }
            Colr::Other { colour_type, data } => {
                w.fourcc(*colour_type);
                w.bytes(data);
            }
        }
    }
}

/// Declares a box of integers alone.
macro_rules! integer_box {
    ($name:ident, $kind:literal) => {
        impl<'a> ParseBox<'a> for $name {
            const KIND: FourCC = FourCC(*$kind);

            fn parse(r: &mut Reader<'a>) -> Result<Self> {
                r.bytes(<$name as TableEntry>::SIZE).map(TableEntry::decode)
            }
        }

        impl WriteBox for $name {
            fn kind(&self) -> FourCC {
                Self::KIND
            }

            fn write(&self, w: &mut Writer) {
                let mut bytes = Vec::with_capacity(<$name as TableEntry>::SIZE);
                self.encode(&mut bytes);
                w.bytes(&bytes);
            }
        }
    };
}

table_entry! {
    /// `pasp`: the shape of a pixel.
    pub struct Pasp {
        /// Relative width.
        #[serde(rename = "hSpacing")]
        pub h_spacing: u32,
        /// Relative height.
        #[serde(rename = "vSpacing")]
        pub v_spacing: u32,
    }
}
integer_box!(Pasp, b"pasp");

table_entry! {
    /// `clap`: the part of the picture that is shown, as fractions.
    #[serde(rename_all = "camelCase")]
    pub struct Clap {
        /// Width.
        pub clean_aperture_width_n: u32,
        /// Width.
        pub clean_aperture_width_d: u32,
        /// Height.
        pub clean_aperture_height_n: u32,
        /// Height.
        pub clean_aperture_height_d: u32,
        /// Shift of the centre.
        pub horiz_off_n: i32,
        /// Shift of the centre.
        pub horiz_off_d: u32,
        /// Shift of the centre.
        pub vert_off_n: i32,
        /// Shift of the centre.
        pub vert_off_d: u32,
    }
}
integer_box!(Clap, b"clap");

table_entry! {
    /// `mdcv`: the display on which the picture was made. Chromaticities in 1/50000.
    pub struct Mdcv {
        /// Green.
        pub display_primaries_green_x: u16,
        /// Green.
        pub display_primaries_green_y: u16,
        /// Blue.
        pub display_primaries_blue_x: u16,
        /// Blue.
        pub display_primaries_blue_y: u16,
        /// Red.
        pub display_primaries_red_x: u16,
        /// Red.
        pub display_primaries_red_y: u16,
        /// White.
        pub white_point_x: u16,
        /// White.
        pub white_point_y: u16,
        /// In 1/10000 cd/m².
        pub max_display_mastering_luminance: u32,
        /// In 1/10000 cd/m².
        pub min_display_mastering_luminance: u32,
    }
}
integer_box!(Mdcv, b"mdcv");

table_entry! {
    /// `clli`: how bright the content is, in cd/m².
    pub struct Clli {
        /// The brightest pixel.
        pub max_content_light_level: u16,
        /// The brightest picture's mean.
        pub max_pic_average_light_level: u16,
    }
}
integer_box!(Clli, b"clli");

table_entry! {
    /// `btrt`: the bit rate.
    #[serde(rename_all = "camelCase")]
    pub struct Btrt {
        /// Bytes of the decoder's buffer.
        #[serde(rename = "bufferSizeDB")]
        pub buffer_size_db: u32,
        /// Bits in the busiest second.
        pub max_bitrate: u32,
        /// Bits per second.
        pub avg_bitrate: u32,
    }
}
integer_box!(Btrt, b"btrt");

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip};
    use super::*;

    #[test]
    fn colr_types() {
        let colr: Colr = roundtrip("00000013 636f6c72 6e636c78 0009 0010 0009 80");
        let Colr::Nclx(nclx) = colr else { panic!("nclx") };
        assert_eq!((nclx.colour_primaries, nclx.full_range_flag), (9, true));
        // Reserved bits are no range flag.
        let lax = Colr::parse(&mut Reader::new(b"nclx\0\x01\0\x01\0\x01\x7f", 0)).unwrap();
        assert!(matches!(lax, Colr::Nclx(Nclx { full_range_flag: false, .. })));
        reread(&Colr::Other { colour_type: FourCC(*b"prof"), data: vec![1, 2] });
    }

    #[test]
    fn integers() {
        assert_eq!(roundtrip::<Pasp>("00000010 70617370 00000004 00000003").v_spacing, 3);
        let clap: Clap = roundtrip(
            "00000028 636c6170 00000001 00000002 00000003 00000004 ffffffff 00000005 00000006 00000007",
        );
        assert_eq!((clap.horiz_off_n, clap.vert_off_d), (-1, 7));
        let mdcv: Mdcv =
            roundtrip("00000020 6d646376 0001 0002 0003 0004 0005 0006 0007 0008 00989680 00000032");
        assert_eq!((mdcv.display_primaries_red_x, mdcv.max_display_mastering_luminance), (5, 10_000_000));
        assert_eq!(roundtrip::<Clli>("0000000c 636c6c69 03e8 0190").max_content_light_level, 1000);
        assert_eq!(roundtrip::<Btrt>("00000014 62747274 00000001 00000002 00000003").avg_bitrate, 3);
    }
}
