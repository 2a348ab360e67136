//! Common encryption in sample entries: `frma`, `schm`, `tenc`; and `pssh`.

use serde::Serialize;

use crate::error::Result;
use crate::isobmff::table::{hex, hex_list, hex_option};
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// `frma`: the sample entry's type before it was encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Frma {
    /// As `av01`.
    pub data_format: FourCC,
}

impl<'a> ParseBox<'a> for Frma {
    const KIND: FourCC = FourCC(*b"frma");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        Ok(Frma { data_format: r.fourcc()? })
    }
}

impl WriteBox for Frma {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.fourcc(self.data_format);
    }
}

/// `schm`: the protection scheme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schm {
    /// `cenc`, `cbcs` …
    pub scheme_type: FourCC,
    /// 0x00010000 for common encryption.
    pub scheme_version: u32,
    /// Where to ask about the scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme_uri: Option<String>,
}

impl<'a> ParseBox<'a> for Schm {
    const KIND: FourCC = FourCC(*b"schm");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let flags = r.full_up_to(0)?.flags;
        let (scheme_type, scheme_version) = (r.fourcc()?, r.u32()?);
        let scheme_uri = (flags & 1 != 0).then(|| r.cstring());
        Ok(Schm { scheme_type, scheme_version, scheme_uri })
    }
}

impl WriteBox for Schm {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(0, self.scheme_uri.is_some().into());
        w.fourcc(self.scheme_type);
        w.u32(self.scheme_version);
        if let Some(uri) = &self.scheme_uri {
            w.cstring(uri);
        }
    }
}

/// `tenc`: a track's encryption, where no sample group says otherwise.
///
/// Version 1 is written where there is a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenc {
    /// Blocks encrypted in each round of the pattern; 0 without a pattern.
    pub default_crypt_byte_block: u8,
    /// Blocks left clear in each round.
    pub default_skip_byte_block: u8,
    /// 1 encrypted, 0 not.
    #[serde(rename = "default_isProtected")]
    pub default_is_protected: u8,
    /// 0, 8 or 16.
    #[serde(rename = "default_Per_Sample_IV_Size")]
    pub default_per_sample_iv_size: u8,
    /// The key's id.
    #[serde(rename = "default_KID", serialize_with = "hex")]
    pub default_kid: [u8; 16],
    /// The IV of all samples, where they have none of their own.
    #[serde(serialize_with = "hex_option", skip_serializing_if = "Option::is_none")]
    pub default_constant_iv: Option<Vec<u8>>,
}

impl Tenc {
    /// The extended type of the box's predecessor in PIFF files.
    pub const PIFF_UUID: [u8; 16] = 0x8974dbce_7be7_4c51_84f9_7148f9882554_u128.to_be_bytes();

    /// Reads the predecessor in PIFF files, whose layout is that of version 0.
    ///
    /// # Errors
    /// As [`ParseBox::parse`].
    pub fn parse_piff(r: &mut Reader<'_>) -> Result<Self> {
        r.full_up_to(0)?;
        // 24 bits of algorithm: 0 none, 1 AES-CTR, 2 AES-CBC.
        let algorithm = r.u24()?;
        Ok(Tenc {
            default_crypt_byte_block: 0,
            default_skip_byte_block: 0,
            default_is_protected: u8::from(algorithm != 0),
            default_per_sample_iv_size: r.u8()?,
            default_kid: r.array()?,
            default_constant_iv: None,
        })
    }
}

impl<'a> ParseBox<'a> for Tenc {
    const KIND: FourCC = FourCC(*b"tenc");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        r.skip(1)?;
        let pattern = r.u8()?;
        let pattern = if version == 0 { 0 } else { pattern };
        let (is_protected, iv_size, kid) = (r.u8()?, r.u8()?, r.array()?);
        let constant_iv = if is_protected == 1 && iv_size == 0 {
            let len = r.u8()?;
            Some(r.bytes(len.into())?.to_vec())
        } else {
            None
        };
        Ok(Tenc {
            default_crypt_byte_block: pattern >> 4,
            default_skip_byte_block: pattern & 15,
            default_is_protected: is_protected,
            default_per_sample_iv_size: iv_size,
            default_kid: kid,
            default_constant_iv: constant_iv,
        })
    }
}

impl WriteBox for Tenc {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let pattern = self.default_crypt_byte_block << 4 | self.default_skip_byte_block & 15;
        w.full_header((pattern != 0).into(), 0);
        w.u8(0);
        w.u8(pattern);
        w.u8(self.default_is_protected);
        w.u8(self.default_per_sample_iv_size);
        w.bytes(&self.default_kid);
        if self.default_is_protected == 1 && self.default_per_sample_iv_size == 0 {
            let iv = self.default_constant_iv.as_deref().unwrap_or(&[]);
            w.u8(iv.len() as u8);
            w.bytes(iv);
        }
    }
}

/// `pssh`: what one key system needs to get the keys.
///
/// Version 1 is written where there are key ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pssh {
    /// The key system.
    #[serde(rename = "SystemID", serialize_with = "hex")]
    pub system_id: [u8; 16],
    /// Version 1: the ids of the keys. Absent in version 0.
    #[serde(rename = "KIDs", serialize_with = "kids", skip_serializing_if = "Option::is_none")]
    pub kids: Option<Vec<[u8; 16]>>,
    /// The key system's own.
    #[serde(rename = "Data", serialize_with = "hex")]
    pub data: Vec<u8>,
}

fn kids<S: serde::Serializer>(kids: &Option<Vec<[u8; 16]>>, serializer: S) -> Result<S::Ok, S::Error> {
    hex_list(kids.as_deref().unwrap_or(&[]), serializer)
}

impl<'a> ParseBox<'a> for Pssh {
    const KIND: FourCC = FourCC(*b"pssh");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let version = r.full_up_to(1)?.version;
        let system_id = r.array()?;
        let kids = if version == 0 {
            None
        } else {
            let count = r.u32()?;
            let count = r.count(count, 16).map_err(|e| e.clause("rule ENC-35"))?;
            Some((0..count).map(|_| r.array()).collect::<Result<_>>()?)
        };
        let size = r.u32()?;
        let data = r.bytes(r.count(size, 1).map_err(|e| e.clause("rule ENC-35"))?)?.to_vec();
        Ok(Pssh { system_id, kids, data })
    }
}

impl WriteBox for Pssh {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        w.full_header(self.kids.is_some().into(), 0);
        w.bytes(&self.system_id);
        if let Some(kids) = &self.kids {
            w.count(kids.len());
            kids.iter().for_each(|kid| w.bytes(kid));
        }
        w.count(self.data.len());
        w.bytes(&self.data);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{roundtrip, unhex};
    use super::*;

    #[test]
    fn frma_and_schm() {
        assert_eq!(roundtrip::<Frma>("0000000c 66726d61 61763031").data_format, b"av01");
        let schm: Schm = roundtrip("00000014 7363686d 00000000 63626373 00010000");
        assert_eq!((schm.scheme_type, schm.scheme_uri), (FourCC(*b"cbcs"), None));
        let schm: Schm = roundtrip("00000016 7363686d 00000001 63626373 00010000 6100");
        assert_eq!(schm.scheme_uri.as_deref(), Some("a"));
    }

    #[test]
    fn tenc_versions() {
        let kid = "11111111 22222222 33333333 44444444";
        let tenc: Tenc = roundtrip(&format!("00000020 74656e63 00000000 00000108 {kid}"));
        assert_eq!((tenc.default_per_sample_iv_size, tenc.default_constant_iv), (8, None));
        let tenc: Tenc = roundtrip(&format!("00000029 74656e63 01000000 00190100 {kid} 08 0102030405060708"));
        assert_eq!((tenc.default_crypt_byte_block, tenc.default_skip_byte_block), (1, 9));
        assert_eq!(tenc.default_constant_iv.as_deref(), Some(&[1, 2, 3, 4, 5, 6, 7, 8][..]));
        let piff = unhex(&format!("00000000 00000110 {kid}"));
        let piff = Tenc::parse_piff(&mut Reader::new(&piff, 0)).unwrap();
        assert_eq!((piff.default_is_protected, piff.default_per_sample_iv_size), (1, 16));
        assert_eq!(Tenc::PIFF_UUID[..4], [0x89, 0x74, 0xdb, 0xce]);
    }

    #[test]
    fn pssh_versions() {
        let system = "1077efec c0b24d02 ace33c1e 52e2fb4b";
        let kid = "00000000 00000000 00000000 00000001";
        let pssh: Pssh = roundtrip(&format!("00000022 70737368 00000000 {system} 00000002 abcd"));
        assert_eq!((pssh.kids, pssh.data), (None, vec![0xab, 0xcd]));
        let pssh: Pssh = roundtrip(&format!("00000034 70737368 01000000 {system} 00000001 {kid} 00000000"));
        assert_eq!(pssh.kids.unwrap().len(), 1);
        for hex in [format!("01000000 {system} ffffffff {kid}"), format!("00000000 {system} 00000003 abcd")] {
            assert!(Pssh::parse(&mut Reader::new(&unhex(&hex), 0)).is_err());
        }
    }
}
