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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aac::usac::tests::{CONFIG, bits, immediate};
    use crate::cmaf::codec::sound::tests::track_of;

    fn xhe_aac(frames: &[Vec<u8>]) -> Result<Track> {
        // Type 42 with its escape, 48 kHz, channel configuration 2; the USAC configuration behind.
        let specific = bits(&format!("11111 001010 0011 0010 {CONFIG}"));
        let config = Config { private: Some(specific), ..Config::default() };
        build(
            track_of(Some(48000), vec![config], frames),
            Container::Matroska,
            &Options::default(),
            &Control::new(),
        )
    }

    #[test]
    fn xhe_aac_is_played_from_immediate_frames_only() {
        let (independent, dependent) = (bits("1 0 111111"), bits("0 1 111111"));
        let frames = [immediate(), dependent.clone(), independent, dependent, immediate()];
        let track = xhe_aac(&frames).unwrap();
        assert_eq!((track.timescale, track.entries[0].codec.as_str()), (48000, "mp4a.40.42"));
        let seen: Vec<_> = track.samples.samples().iter().map(|s| (s.dependency, s.groups)).collect();
        use Dependency::{Dependent, Independent, Sync};
        assert_eq!(seen, [(Sync, 0), (Dependent, 0), (Independent, 1), (Dependent, 0), (Sync, 0)]);
        assert!(track.samples.samples().iter().all(|s| s.duration == 2048));
        assert_eq!(track.groups[0].description, GroupDescription::RollDistance(1));
        assert!(track.warnings.is_empty(), "{:?}", track.warnings);
    }

    #[test]
    fn a_stream_without_immediate_frames_is_told() {
        let track = xhe_aac(&[bits("1 0 111111"), bits("0 1 111111")]).unwrap();
        assert_eq!(track.warnings.len(), 2, "{:?}", track.warnings);
    }

    #[test]
    fn the_entry_agrees_with_the_configuration() {
        // SBR behind, from 24 to 48 kHz, with PS.
        let private = vec![0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80];
        let config = Config { private: Some(private.clone()), ..Config::default() };
        let source = track_of(None, vec![config], &[vec![1, 2, 3]]);
        let track = build(source, Container::Adts, &Options::default(), &Control::new()).unwrap();
        let entry =
            crate::isobmff::boxes::AudioSampleEntry::parse_body(b"mp4a", &track.entries[0].body).unwrap();
        assert_eq!((entry.channelcount, entry.samplerate >> 16, track.timescale), (2, 48000, 48000));
        let esds = entry.find::<Esds>().unwrap().unwrap();
        assert_eq!((esds.es_id, esds.decoder_specific_info), (0, private));
        assert_eq!(track.samples.samples()[0].duration, 2048);
    }
}
