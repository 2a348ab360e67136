//! AAC, HE-AAC and xHE-AAC in MP4 (ISO/IEC 14496-14).

use super::Options;
use super::sound::{self, Coding, EntryWriter, Frame, Stream, View};
use crate::aac::usac::UsacAccess;
use crate::aac::{Config as AacConfig, UsacConfig};
use crate::cmaf::{Dependency, GroupDescription, SampleEntry, SampleGroup, Track};
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::isobmff::RawBox;
use crate::isobmff::boxes::Esds;

/// `objectTypeIndication` of MPEG-4 audio, and of MPEG-2 AAC Main, LC and SSR, which have the same configuration.
const MPEG4_AUDIO: u8 = 0x40;
const MPEG2_AAC: std::ops::RangeInclusive<u8> = 0x66..=0x68;

/// The bit of independent frames of xHE-AAC in the groups.
const PRE_ROLL_GROUP: u32 = 1;

/// Reads all packets of an AAC track.
///
/// What is left out at the start follows from the input's edit list, or the codec delay that Matroska gives. Where
/// neither is there, as in ADTS, nothing is left out: how much an encoder has put in front can't be known.
///
/// # Errors
/// `Format` where the configuration or a frame is broken, `Unsupported` for object types that are not packaged.
pub fn build(track: demux::Track, _: Container, _: &Options, control: &Control) -> Result<Track> {
    sound::build(Aac::default(), track, control)
}

#[derive(Default)]
struct Aac {
    frame_length: u32,
    pre_roll: u32,
    usac: Option<UsacConfig>,
    /// Frames of xHE-AAC that can be played at once, and all.
    immediate: u64,
    frames: u64,
}

impl Coding for Aac {
    fn configure(&mut self, config: &Config, _: &mut View<'_>) -> Result<Stream> {
        let source = sound::source_entry(config)?;
        let specific = match (&source, &config.private) {
            (Some(entry), _) => {
                let esds = entry.find::<Esds>()?;
                let esds =
                    esds.ok_or_else(|| Error::format("the entry has no `esds`").clause("rule AUD-01"))?;
                let object = esds.object_type_indication;
                if object != MPEG4_AUDIO && !MPEG2_AAC.contains(&object) {
                    return Err(Error::unsupported(format!("`mp4a` holds {}", object_name(object))));
                }
                esds.decoder_specific_info
            }
            (None, Some(private)) => private.clone(),
            (None, None) => {
                return Err(Error::format("the track has no AudioSpecificConfig").clause("rule AUD-01"));
            }
        };
        let aac = AacConfig::parse(&specific)?;
        let channels = aac.channels();
        if channels == 0 {
            return Err(Error::format("AAC of 0 channels").clause("rule AUD-17"));
        }
        let esds = Esds {
            es_id: 0,
            object_type_indication: MPEG4_AUDIO,
            stream_type: 5,
            buffer_size_db: 0,
            max_bitrate: 0, // `btrt` tells
            avg_bitrate: 0,
            decoder_specific_info: specific,
        };
        let entry = EntryWriter {
            format: b"mp4a",
            channels,
            sample_size: 16,
            sample_rate: aac.output_rate,
            codec: aac.codec_string(),
        };
        self.frame_length = aac.frame_length;
        self.pre_roll = aac.pre_roll() * aac.frame_length;
        let stream = Stream {
            entry: entry.write(vec![RawBox::from_box(&esds)], source.as_ref())?,
            timescale: aac.output_rate,
            description: sound::description(aac.output_rate, channels, aac.layout()),
            priming: 0,
        };
        self.usac = aac.usac;
        Ok(stream)
    }

    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame> {
        let mut frame = Frame { duration: self.frame_length, ..Frame::default() };
        let Some(usac) = &self.usac else { return Ok(frame) };
        self.frames += 1;
        match usac.access(packet.whole()?)? {
            UsacAccess::Immediate => self.immediate += 1,
            UsacAccess::Independent => {
                frame.dependency = Some(Dependency::Independent);
                frame.groups = PRE_ROLL_GROUP;
            }
            UsacAccess::Dependent => frame.dependency = Some(Dependency::Dependent),
        }
        Ok(frame)
    }

    /// Decoding can start at an independent frame of xHE-AAC, too; its output is right from the next one on, when the
    /// overlap is there (rule AUD-05).
    fn groups(&self) -> Vec<SampleGroup> {
        let group = SampleGroup {
            grouping_type: *b"prol",
            parameter: None,
            description: GroupDescription::RollDistance(1),
        };
        if self.frames > 0 { vec![group] } else { Vec::new() }
    }

    fn pre_roll(&self) -> u32 {
        self.pre_roll
    }

    fn finish(&mut self, _: &mut [SampleEntry], warnings: &mut Vec<String>) {
        if self.frames > 0 && self.immediate == 0 {
            warnings.push(
                "no frame of xHE-AAC has an audio pre-roll with its configuration: playing can start only at the \
                 first, and there is one fragment (rule AUD-04)"
                    .into(),
            );
        }
    }
}

/// What else an `mp4a` entry may hold.
fn object_name(object: u8) -> String {
    match object {
        0x69 | 0x6b => "MPEG audio (MP3), which is not packaged".to_string(),
        0xa5 => "AC-3 under an MPEG-4 name, which is not packaged".to_string(),
        0xa9 => "DTS, which is not packaged".to_string(),
        0xdd => "Vorbis, which is not packaged".to_string(),
        other => format!("object type {other:#04x}, which is not packaged"),
    }
}
