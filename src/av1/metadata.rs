//! Metadata OBUs.

use serde::Serialize;

use super::bits::BitReader;
use super::obu::read_leb128;
use crate::error::{Error, Result};

/// `metadata_obu()`, AV1 § 5.8: what a container copies or groups by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Metadata {
    /// Type 1: content light level, in cd/m².
    HdrCll {
        /// Maximum content light level.
        max_cll: u16,
        /// Maximum frame-average light level.
        max_fall: u16,
    },
    /// Type 2: mastering display.
    HdrMdcv {
        /// x and y of red, green and blue, 0.16 fixed point.
        primaries: [(u16, u16); 3],
        /// x and y of white, 0.16 fixed point.
        white: (u16, u16),
        /// Maximum luminance in cd/m², 24.8 fixed point.
        max: u32,
        /// Minimum luminance in cd/m², 18.14 fixed point.
        min: u32,
    },
    /// Type 3: scalability.
    Scalability,
    /// Type 4: ITU-T T.35.
    ItuT35 {
        /// `itu_t_t35_country_code`.
        country_code: u8,
        /// `itu_t_t35_country_code_extension_byte`, where the country code is 255.
        country_code_extension: Option<u8>,
        /// The first 24 bits of `metadata_itut_t35()`, country code included; zeros where it is shorter.
        prefix: [u8; 3],
    },
    /// Type 5: timecode.
    Timecode,
    /// Any other type.
    Unregistered(u64),
}

impl Metadata {
    /// The bytes that tell all that is kept here: the type and 24 bytes of `metadata_hdr_mdcv()`.
    pub(super) const MAX_LEN: usize = 8 + 24;

    /// `metadata_type`.
    pub fn metadata_type(&self) -> u64 {
        match self {
            Metadata::HdrCll { .. } => 1,
            Metadata::HdrMdcv { .. } => 2,
            Metadata::Scalability => 3,
            Metadata::ItuT35 { .. } => 4,
            Metadata::Timecode => 5,
            Metadata::Unregistered(other) => *other,
        }
    }

    /// What tells the sample groups of metadata apart, AV1-ISOBMFF § 2.8: the type, and the first bytes of a T.35
    /// message. Types above 255 have none.
    pub(crate) fn grouping_type_parameter(&self) -> Option<u32> {
        let kind = u8::try_from(self.metadata_type()).ok()?;
        let specific = match self {
            Metadata::ItuT35 { prefix: [a, b, c], .. } => u32::from_be_bytes([0, *a, *b, *c]),
            _ => 0,
        };
        Some(u32::from(kind) << 24 | specific)
    }

    /// Reads the payload of a metadata OBU, or the first 32 bytes of it.
    ///
    /// # Errors
    /// `Format` where it ends early.
    pub fn parse(payload: &[u8]) -> Result<Metadata> {
        let (metadata_type, len) = read_leb128(payload)?;
        let body = &payload[len..];
        let mut r = BitReader::new(body);
        let metadata = match metadata_type {
            1 => Metadata::HdrCll { max_cll: r.u16(16), max_fall: r.u16(16) },
            2 => Metadata::HdrMdcv {
                primaries: std::array::from_fn(|_| (r.u16(16), r.u16(16))),
                white: (r.u16(16), r.u16(16)),
                max: r.f(32),
                min: r.f(32),
            },
            3 => {
                r.skip(8);
                Metadata::Scalability
            }
            4 => {
                let country_code = r.u8(8);
                let mut prefix = [0; 3];
                let n = body.len().min(3);
                prefix[..n].copy_from_slice(&body[..n]);
                Metadata::ItuT35 {
                    country_code,
                    country_code_extension: (country_code == 0xff).then(|| r.u8(8)),
                    prefix,
                }
            }
            5 => {
                // Up to n_frames; what follows depends on flags, and nothing here depends on it.
                r.skip(17);
                Metadata::Timecode
            }
            other => Metadata::Unregistered(other),
        };
        if r.overrun() {
            return Err(Error::format(format!(
                "metadata of type {metadata_type} ends after {} bytes",
                payload.len()
            ))
            .clause("AV1 § 5.8.1"));
        }
        Ok(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_levels_and_mastering_display() {
        let cll = Metadata::parse(&[1, 0x03, 0xe8, 0x01, 0x90, 0x80]).unwrap();
        assert_eq!(cll, Metadata::HdrCll { max_cll: 1000, max_fall: 400 });
        let bytes: Vec<u8> = [2].into_iter().chain(1..=24).chain([0x80]).collect();
        let mdcv = Metadata::parse(&bytes).unwrap();
        assert_eq!(
            mdcv,
            Metadata::HdrMdcv {
                primaries: [(0x0102, 0x0304), (0x0506, 0x0708), (0x090a, 0x0b0c)],
                white: (0x0d0e, 0x0f10),
                max: 0x1112_1314,
                min: 0x1516_1718,
            }
        );
        assert_eq!(mdcv.metadata_type(), 2);
        assert!(Metadata::parse(&bytes[..24]).is_err());
    }

    #[test]
    fn t35_keeps_its_first_24_bits() {
        let plain = Metadata::parse(&[4, 0xb5, 0x00, 0x3c, 0x00, 0x01]).unwrap();
        assert_eq!(
            plain,
            Metadata::ItuT35 { country_code: 0xb5, country_code_extension: None, prefix: [0xb5, 0x00, 0x3c] }
        );
        let extended = Metadata::parse(&[4, 0xff, 0x21, 0x80]).unwrap();
        assert_eq!(
            extended,
            Metadata::ItuT35 {
                country_code: 0xff,
                country_code_extension: Some(0x21),
                prefix: [0xff, 0x21, 0x80]
            }
        );
        assert!(Metadata::parse(&[4, 0xff]).is_err());
        assert!(Metadata::parse(&[4]).is_err());
    }

    #[test]
    fn other_types() {
        assert_eq!(Metadata::parse(&[3, 0, 0x80]).unwrap(), Metadata::Scalability);
        assert_eq!(Metadata::parse(&[5, 0, 0, 0, 0, 0x80]).unwrap(), Metadata::Timecode);
        assert_eq!(Metadata::parse(&[0x84, 0x02]).unwrap().metadata_type(), 260);
        assert!(Metadata::parse(&[]).is_err());
    }
}
