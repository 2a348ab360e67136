//! IAMF: OBU headers and what the descriptors say (Immersive Audio Model and Formats, AOMedia).

use std::ops::Range;

use crate::aac;
use crate::av1::read_leb128;
use crate::error::{Error, Result};
use crate::flac;
use crate::isobmff::boxes::Esds;
use crate::isobmff::{ParseBox, Reader};
use crate::opus;

/// The most bytes of an OBU, its header included (IAMF § 4).
pub const OBU_LIMIT: u64 = 1 << 21;

/// The most bytes of an OBU's header: the first byte, its size, two lengths to trim.
pub const HEADER_LIMIT: usize = 1 + 3 * 8;

/// The most bytes of all descriptors.
pub const DESCRIPTORS_LIMIT: u64 = 16 << 20;

/// What an OBU is (IAMF § 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The codec of the substreams.
    CodecConfig,
    /// How substreams make an audio element.
    AudioElement,
    /// How audio elements are mixed.
    MixPresentation,
    /// Parameters that change with time.
    ParameterBlock,
    /// The start of a temporal unit.
    TemporalDelimiter,
    /// A frame of a substream, whose number is in the payload, or in the type.
    AudioFrame(Option<u8>),
    /// For later editions.
    Reserved,
    /// The start of a sequence.
    SequenceHeader,
}

impl Kind {
    /// Whether it is a descriptor.
    pub fn is_descriptor(self) -> bool {
        matches!(self, Kind::CodecConfig | Kind::AudioElement | Kind::MixPresentation | Kind::SequenceHeader)
    }
}

/// The header of an OBU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it is.
    pub kind: Kind,
    /// Whether it repeats one before.
    pub is_redundant: bool,
    /// Bytes of header and payload.
    pub size: u64,
    /// The payload, from the OBU's start.
    pub payload: Range<u64>,
    /// Samples of sound to leave out at the start and the end of a frame.
    pub trim: (u32, u32),
}

impl Header {
    /// Reads a header at the start of `bytes`; [`HEADER_LIMIT`] bytes are enough, but for extensions.
    ///
    /// # Errors
    /// `Format` where it is cut short or makes no sense, `Limit` where the OBU is larger than IAMF allows.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let first = *bytes.first().ok_or_else(|| Error::format("an IAMF OBU without a byte"))?;
        let kind = match first >> 3 {
            0 => Kind::CodecConfig,
            1 => Kind::AudioElement,
            2 => Kind::MixPresentation,
            3 => Kind::ParameterBlock,
            4 => Kind::TemporalDelimiter,
            5 => Kind::AudioFrame(None),
            number @ 6..=23 => Kind::AudioFrame(Some(number - 6)),
            31 => Kind::SequenceHeader,
            _ => Kind::Reserved,
        };
        let mut at = 1;
        let mut leb128 = || -> Result<u64> {
            let (value, len) = read_leb128(bytes.get(at..).unwrap_or_default())?;
            at += len;
            Ok(value)
        };
        let length = leb128()?;
        let mut trim = (0, 0);
        if matches!(kind, Kind::AudioFrame(_)) && first & 2 != 0 {
            let narrow = |n: u64| u32::try_from(n).map_err(|_| Error::format(format!("{n} samples to trim")));
            let end = narrow(leb128()?)?;
            trim = (narrow(leb128()?)?, end);
        }
        let extension = if first & 1 != 0 { leb128()? } else { 0 };
        let (_, size_len) = read_leb128(bytes.get(1..).unwrap_or_default())?;
        let size = (1 + size_len as u64).saturating_add(length);
        if size > OBU_LIMIT {
            return Err(Error::limit(format!("an IAMF OBU of {size} bytes, {OBU_LIMIT} are allowed")));
        }
        let start = (at as u64).saturating_add(extension);
        if start > size {
            return Err(Error::format("the header of an IAMF OBU passes its size"));
        }
        Ok(Header { kind, is_redundant: first & 4 != 0, size, payload: start..size, trim })
    }

    /// The number of the substream of a frame whose OBU is `bytes`.
    ///
    /// # Errors
    /// `Format` where it is cut short.
    pub fn substream(&self, bytes: &[u8]) -> Result<u64> {
        match self.kind {
            Kind::AudioFrame(Some(number)) => Ok(number.into()),
            _ => {
                let payload = usize::try_from(self.payload.start).ok().and_then(|at| bytes.get(at..));
                Ok(read_leb128(payload.unwrap_or_default())?.0)
            }
        }
    }
}

/// What the descriptors of a sequence say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptors {
    /// `primary_profile`.
    pub primary_profile: u8,
    /// `additional_profile`.
    pub additional_profile: u8,
    /// The codec of the substreams: `Opus`, `mp4a`, `fLaC`, `ipcm`.
    pub codec: [u8; 4],
    /// Samples of sound in a frame.
    pub frame_length: u32,
    /// How many frames must be decoded before one that is presented, as a number not above 0.
    pub roll_distance: i16,
    /// Samples of sound a second.
    pub sample_rate: u32,
    /// The codec's own part of the `codecs` parameter.
    codec_string: String,
}

impl Descriptors {
    /// Reads the OBUs of `configOBUs`, or those at the start of a sequence.
    ///
    /// # Errors
    /// `Format` where an OBU is missing, broken, or not where it should be; `Unsupported` for a codec that is not
    /// known, or several.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut at = 0;
        let mut profiles = None;
        let mut config = None;
        let (mut elements, mut mixes) = (0, 0);
        while at < bytes.len() {
            let place = |e: Error| e.within(format!("descriptor at byte {at}"));
            let rest = &bytes[at..];
            let header = Header::parse(rest).map_err(place)?;
            let payload = rest.get(header.payload.start as usize..header.payload.end as usize);
            let payload = payload.ok_or_else(|| place(Error::format("it is cut short")))?;
            match header.kind {
                Kind::SequenceHeader => match payload {
                    [b'i', b'a', b'm', b'f', primary, additional, ..] => {
                        profiles = Some((*primary, *additional))
                    }
                    _ => return Err(place(Error::format("the IA sequence header does not say `iamf`"))),
                },
                Kind::CodecConfig if config.is_some() => {
                    return Err(place(Error::unsupported(
                        "a second codec configuration, of one profiles have one",
                    )));
                }
                Kind::CodecConfig => config = Some(CodecConfig::parse(payload).map_err(place)?),
                Kind::AudioElement => elements += 1,
                Kind::MixPresentation => mixes += 1,
                Kind::Reserved => {}
                _ => return Err(place(Error::format("an OBU that is no descriptor"))),
            }
            at += header.size as usize;
        }
        let missing =
            |what: &str| Error::format(format!("the descriptors have no {what}")).clause("rule AUD-13");
        let (primary_profile, additional_profile) = profiles.ok_or_else(|| missing("IA sequence header"))?;
        let config = config.ok_or_else(|| missing("codec configuration"))?;
        if elements == 0 {
            return Err(missing("audio element"));
        }
        if mixes == 0 {
            return Err(missing("mix presentation"));
        }
        Ok(Descriptors {
            primary_profile,
            additional_profile,
            codec: config.codec,
            frame_length: config.frame_length,
            roll_distance: config.roll_distance,
            sample_rate: config.sample_rate,
            codec_string: config.codec_string,
        })
    }

    /// The `codecs` parameter (IAMF § 6.4).
    pub fn codec_string(&self) -> String {
        format!("iamf.{:03}.{:03}.{}", self.primary_profile, self.additional_profile, self.codec_string)
    }
}

struct CodecConfig {
    codec: [u8; 4],
    frame_length: u32,
    roll_distance: i16,
    sample_rate: u32,
    codec_string: String,
}

impl CodecConfig {
    fn parse(payload: &[u8]) -> Result<Self> {
        let cut = || Error::format("the codec configuration is cut short");
        let (_, len) = read_leb128(payload)?;
        let (codec, rest) = payload[len..].split_first_chunk::<4>().ok_or_else(cut)?;
        let (frame_length, len) = read_leb128(rest)?;
        let (roll, decoder) = rest[len..].split_first_chunk::<2>().ok_or_else(cut)?;
        let frame_length = u32::try_from(frame_length).ok().filter(|length| *length > 0);
        let frame_length =
            frame_length.ok_or_else(|| Error::format("num_samples_per_frame makes no sense"))?;
        let (sample_rate, codec_string) = match codec {
            b"Opus" => (opus::RATE, "Opus".to_string()),
            b"mp4a" => {
                // An ES descriptor without the fields before the decoder's configuration.
                let mut boxed = vec![0, 0, 0, 0, 3, 0x7f, 0, 0, 0];
                boxed.extend_from_slice(decoder);
                let esds = Esds::parse(&mut Reader::new(&boxed, 0))?;
                let config = aac::Config::parse(&esds.decoder_specific_info)?;
                (config.output_rate, config.codec_string())
            }
            b"fLaC" => {
                let info = flac::StreamInfo::parse(flac::metadata(decoder)?[0].content)?;
                (info.sample_rate, "fLaC".to_string())
            }
            b"ipcm" => match decoder {
                [_, _, a, b, c, d, ..] => (u32::from_be_bytes([*a, *b, *c, *d]), "ipcm".to_string()),
                _ => return Err(cut()),
            },
            other => {
                return Err(Error::unsupported(format!("the codec '{}' in IAMF", other.escape_ascii())));
            }
        };
        if sample_rate == 0 {
            return Err(Error::format("a sample rate of 0"));
        }
        let roll_distance = i16::from_be_bytes(*roll);
        if roll_distance > 0 {
            return Err(Error::format(format!(
                "audio_roll_distance is {roll_distance}, not above 0 was expected"
            )));
        }
        Ok(CodecConfig { codec: *codec, frame_length, roll_distance, sample_rate, codec_string })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An OBU of this type with this payload.
    pub(crate) fn obu(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![kind << 3, payload.len() as u8];
        out.extend(payload);
        out
    }

    /// Descriptors of the base profile with Opus frames of 20 ms.
    pub(crate) fn descriptors() -> Vec<u8> {
        let mut out = obu(31, b"iamf\x01\x01");
        out.extend(obu(0, b"\x00Opus\xc0\x07\xff\xfc\x01\x02\x01\x38\0\0\xbb\x80\0\0\0"));
        out.extend(obu(1, &[1, 0, 0, 1, 0, 0, 0]));
        out.extend(obu(2, &[1, 0]));
        out
    }

    #[test]
    fn descriptors_are_read() {
        let found = Descriptors::parse(&descriptors()).unwrap();
        assert_eq!((found.frame_length, found.roll_distance, found.sample_rate), (960, -4, 48000));
        assert_eq!(found.codec_string(), "iamf.001.001.Opus");
        let all = descriptors();
        for len in 0..all.len() {
            assert!(Descriptors::parse(&all[..len]).is_err(), "{len}");
        }
        let mut two = all.clone();
        two.extend(&all[8..]);
        assert_eq!(Descriptors::parse(&two).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }

    #[test]
    fn headers_have_trims() {
        let header = Header::parse(&[6 << 3 | 2, 7, 0x80, 1, 0xb8, 2, 1, 2, 3]).unwrap();
        assert_eq!((header.trim, header.payload.clone(), header.size), ((312, 128), 6..9, 9));
        assert_eq!(header.substream(&[]).unwrap(), 0);
        let header = Header::parse(&[5 << 3, 3, 20, 1, 2]).unwrap();
        assert_eq!(header.substream(&[5 << 3, 3, 20, 1, 2]).unwrap(), 20);
        assert!(Header::parse(&[5 << 3 | 1, 1, 9]).is_err());
        assert!(Header::parse(&[5 << 3, 0xff, 0xff, 0xff, 1]).is_err());
        assert!(Header::parse(&[]).is_err());
    }
}
