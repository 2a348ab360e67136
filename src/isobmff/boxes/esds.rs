//! `esds`: the configuration of MPEG-4 audio, in nested descriptors.

use serde::Serialize;

use crate::aac::FREQUENCIES;
use crate::error::Result;
use crate::isobmff::table::hex;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

const ES_DESCRIPTOR: u8 = 3;
const DECODER_CONFIG: u8 = 4;
const DECODER_SPECIFIC_INFO: u8 = 5;
const SL_CONFIG: u8 = 6;

/// `esds`: one elementary stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Esds {
    /// 0 in files.
    #[serde(rename = "ES_ID")]
    pub es_id: u16,
    /// 0x40 for MPEG-4 audio.
    pub object_type_indication: u8,
    /// 5 for audio.
    pub stream_type: u8,
    /// Bytes of the decoder's buffer, 24 bits.
    #[serde(rename = "bufferSizeDB")]
    pub buffer_size_db: u32,
    /// Bits in the busiest second.
    pub max_bitrate: u32,
    /// Bits per second.
    pub avg_bitrate: u32,
    /// For MPEG-4 audio see [`AudioSpecificConfig`].
    #[serde(serialize_with = "hex")]
    pub decoder_specific_info: Vec<u8>,
}

/// Takes a descriptor: its tag and a reader over its content, cut where the box ends.
fn descriptor<'a>(r: &mut Reader<'a>) -> Result<(u8, Reader<'a>)> {
    let tag = r.u8()?;
    let mut len = 0usize;
    for index in 0.. {
        let byte = r.u8()?;
        len = len << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
        if index == 3 {
            return Err(r.error("a descriptor's size has more than 4 bytes"));
        }
    }
    let at = r.position();
    // Writers are known to get the outer lengths wrong; what is inside is still checked.
    let bytes = r.bytes(len.min(r.remaining()))?;
    Ok((tag, Reader::new(bytes, at).with_path(r.path())))
}

fn write_descriptor(w: &mut Writer, tag: u8, content: &[u8]) {
    w.u8(tag);
    // Four bytes, as most writers have it: it fits any size.
    for shift in [21, 14, 7] {
        w.u8((content.len() >> shift & 0x7f) as u8 | 0x80);
    }
    w.u8((content.len() & 0x7f) as u8);
    w.bytes(content);
}

impl Esds {
    /// The configuration of MPEG-4 audio (object type 0x40).
    ///
    /// # Errors
    /// `Format` where it ends too early.
    pub fn audio_specific_config(&self) -> Result<AudioSpecificConfig> {
        AudioSpecificConfig::parse(&self.decoder_specific_info)
    }
}

impl<'a> ParseBox<'a> for Esds {
    const KIND: FourCC = FourCC(*b"esds");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        r.full_up_to(0)?;
        let (tag, mut es) = descriptor(r)?;
        if tag != ES_DESCRIPTOR {
            return Err(r.error(format!("descriptor {tag}, {ES_DESCRIPTOR} was expected")));
        }
        let (es_id, flags) = (es.u16()?, es.u8()?);
        if flags & 0x80 != 0 {
            es.skip(2)?;
        }
        if flags & 0x40 != 0 {
            let len = es.u8()?;
            es.skip(len.into())?;
        }
        if flags & 0x20 != 0 {
            es.skip(2)?;
        }
        while !es.is_empty() {
            let (tag, mut config) = descriptor(&mut es)?;
            if tag != DECODER_CONFIG {
                continue;
            }
            let (object_type_indication, stream_type) = (config.u8()?, config.u8()? >> 2);
            let (buffer_size_db, max_bitrate, avg_bitrate) = (config.u24()?, config.u32()?, config.u32()?);
            let mut decoder_specific_info = Vec::new();
            while !config.is_empty() {
                let (tag, mut info) = descriptor(&mut config)?;
                if tag == DECODER_SPECIFIC_INFO {
                    decoder_specific_info = info.rest().to_vec();
                    break;
                }
            }
            return Ok(Esds {
                es_id,
                object_type_indication,
                stream_type,
                buffer_size_db,
                max_bitrate,
                avg_bitrate,
                decoder_specific_info,
            });
        }
        Err(es.error("the decoder configuration is missing"))
    }
}

impl WriteBox for Esds {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let mut config = Writer::new();
        config.u8(self.object_type_indication);
        config.u8(self.stream_type << 2 | 1);
        config.u24(self.buffer_size_db);
        config.u32(self.max_bitrate);
        config.u32(self.avg_bitrate);
        if !self.decoder_specific_info.is_empty() {
            write_descriptor(&mut config, DECODER_SPECIFIC_INFO, &self.decoder_specific_info);
        }
        let mut es = Writer::new();
        es.u16(self.es_id);
        es.u8(0);
        write_descriptor(&mut es, DECODER_CONFIG, config.as_bytes());
        write_descriptor(&mut es, SL_CONFIG, &[2]);
        w.full_header(0, 0);
        write_descriptor(w, ES_DESCRIPTOR, es.as_bytes());
    }
}

/// The first fields of an MPEG-4 `AudioSpecificConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioSpecificConfig {
    /// 2 AAC-LC, 5 SBR (HE-AAC), 29 SBR and PS, 42 USAC (xHE-AAC).
    pub audio_object_type: u8,
    /// Hz, of the core codec.
    pub sampling_frequency: u32,
    /// 0: told elsewhere.
    pub channel_configuration: u8,
    /// With explicit SBR: Hz of the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_sampling_frequency: Option<u32>,
    /// With explicit SBR: the type of the core codec.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core_object_type: Option<u8>,
}

impl AudioSpecificConfig {
    /// Reads the first fields. Implicit SBR is not looked for.
    ///
    /// # Errors
    /// `Format` where the bytes end too early or a frequency is reserved.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut bits = Bits { bytes, at: 0 };
        let audio_object_type = bits.object_type()?;
        let sampling_frequency = bits.frequency()?;
        let channel_configuration = bits.take(4)? as u8;
        let sbr = matches!(audio_object_type, 5 | 29);
        let extension_sampling_frequency = if sbr { Some(bits.frequency()?) } else { None };
        let core_object_type = if sbr { Some(bits.object_type()?) } else { None };
        Ok(AudioSpecificConfig {
            audio_object_type,
            sampling_frequency,
            channel_configuration,
            extension_sampling_frequency,
            core_object_type,
        })
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, n: usize) -> Result<u32> {
        (0..n).try_fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8);
            let byte = byte.ok_or_else(|| {
                let len = self.bytes.len();
                crate::Error::format(format!("AudioSpecificConfig has {len} bytes, more were expected"))
            })?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Ok(value << 1 | u32::from(bit))
        })
    }

    fn object_type(&mut self) -> Result<u8> {
        let value = match self.take(5)? {
            31 => 32 + self.take(6)?,
            value => value,
        };
        Ok(value as u8)
    }

    fn frequency(&mut self) -> Result<u32> {
        let index = self.take(4)?;
        match FREQUENCIES.get(index as usize) {
            Some(frequency) => Ok(*frequency),
            None if index == 15 => self.take(24),
            None => Err(crate::Error::format(format!("samplingFrequencyIndex {index} is reserved"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip, unhex};
    use super::*;

    #[test]
    fn layout() {
        let esds: Esds = roundtrip(
            "00000033 65736473 00000000 03808080 22 0000 00 04808080 14 40 15 000000 0001f400 0001f400
             05808080 02 1210 06808080 01 02",
        );
        assert_eq!((esds.object_type_indication, esds.stream_type), (0x40, 5));
        let config = esds.audio_specific_config().unwrap();
        assert_eq!(config.audio_object_type, 2);
        assert_eq!((config.sampling_frequency, config.channel_configuration), (44100, 2));
        reread(&Esds { decoder_specific_info: vec![0; 200], ..esds });
    }

    #[test]
    fn short_sizes_and_options() {
        let bytes =
            unhex("00000000 03 1c 0001 e0 0000 01 61 0000 04 11 40 15 000000 00000000 00000000 05 02 1210");
        let esds = Esds::parse(&mut Reader::new(&bytes, 0)).unwrap();
        assert_eq!((esds.es_id, esds.decoder_specific_info), (1, vec![0x12, 0x10]));
    }

    #[test]
    fn rejects() {
        for hex in ["00000000 04 00", "00000000 03 03 0000 00", "00000000 03 8080808000", "00000000 03"] {
            assert!(Esds::parse(&mut Reader::new(&unhex(hex), 0)).is_err(), "{hex}");
        }
    }

    #[test]
    fn audio_configs() {
        let he = AudioSpecificConfig::parse(&unhex("2b920800")).unwrap();
        assert_eq!((he.audio_object_type, he.core_object_type), (5, Some(2)));
        let usac = AudioSpecificConfig::parse(&unhex("f9402000")).unwrap();
        assert_eq!(usac.audio_object_type, 42);
        assert!(AudioSpecificConfig::parse(&[0x12]).is_err());
        assert!(AudioSpecificConfig::parse(&[0x16, 0x90]).is_err());
    }
}
