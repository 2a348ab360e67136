//! `AudioSpecificConfig` (ISO/IEC 14496-3 § 1.6.2).

use super::{FREQUENCIES, ProgramConfig, UsacConfig, channels};
use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// What an `AudioSpecificConfig` says, all of it that packaging needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// What is told first: 2 AAC-LC, 5 SBR, 29 SBR and PS, 42 USAC.
    pub object_type: u8,
    /// Hz of the core coder.
    pub core_rate: u32,
    /// `channelConfiguration`.
    pub channel_configuration: u8,
    /// Whether SBR is signalled, in front or behind for old readers (`syncExtensionType`), and so the output rate.
    pub sbr: bool,
    /// Whether PS is signalled: one channel is coded, two come out.
    pub ps: bool,
    /// Samples a second that come out, as far as the configuration tells. Where SBR is implicit that is the core
    /// coder's rate, and samples of this duration are as long as they are with the other.
    pub output_rate: u32,
    /// Samples of the output in a frame.
    pub frame_length: u32,
    /// The channels, where no `channelConfiguration` describes them.
    pub program: Option<ProgramConfig>,
    /// The configuration of xHE-AAC.
    pub usac: Option<UsacConfig>,
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// `Format` where it ends too early or a field is reserved; `Unsupported` for object types beside AAC Main, LC, SSR,
    /// LTP, with SBR and PS, and USAC.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let mut bits = BitReader::new(bytes);
        let config = Config::read(&mut bits, bytes.len() * 8).map_err(|e| e.within("AudioSpecificConfig"))?;
        if bits.overrun() {
            return Err(Error::format(format!("{} bytes, more were expected", bytes.len()))
                .within("AudioSpecificConfig"));
        }
        Ok(config)
    }

    fn read(bits: &mut BitReader<'_>, len: usize) -> Result<Self> {
        let object_type = object_type(bits);
        let core_rate = frequency(bits)?;
        let channel_configuration = bits.u8(4);
        let mut sbr = matches!(object_type, 5 | 29);
        let mut ps = object_type == 29;
        let mut output_rate = core_rate;
        let mut core_type = object_type;
        if sbr {
            output_rate = frequency(bits)?;
            core_type = self::object_type(bits);
        }
        if core_type == 42 {
            let usac = UsacConfig::read(bits)?;
            return Ok(Config {
                object_type,
                core_rate,
                channel_configuration,
                sbr: false,
                ps: false,
                output_rate: usac.sampling_frequency,
                frame_length: usac.frame_length,
                program: None,
                usac: Some(usac),
            });
        }
        if !(1..=4).contains(&core_type) {
            return Err(Error::unsupported(format!(
                "audio object type {core_type}, of the AAC family Main, LC, SSR, LTP, SBR, PS and xHE-AAC are packaged"
            )));
        }
        let short = bits.flag();
        if bits.flag() {
            bits.skip(14); // coreCoderDelay
        }
        let extension = bits.flag();
        let program = if channel_configuration == 0 { Some(ProgramConfig::read(bits)?) } else { None };
        if channel_configuration != 0 && channels(channel_configuration).is_none() {
            return Err(Error::format(format!("channelConfiguration {channel_configuration} is reserved")));
        }
        if extension {
            bits.skip(1); // extensionFlag3
        }
        // Behind what old readers know: SBR, and behind that PS.
        let left = |bits: &BitReader<'_>| len.saturating_sub(bits.position());
        if !sbr && left(bits) >= 16 && bits.f(11) == 0x2b7 && self::object_type(bits) == 5 && bits.flag() {
            sbr = true;
            output_rate = frequency(bits)?;
            ps = left(bits) >= 12 && bits.f(11) == 0x548 && bits.flag();
        }
        let core_length = if short { 960 } else { 1024 };
        if sbr && output_rate != core_rate && Some(output_rate) != core_rate.checked_mul(2) {
            return Err(Error::format(format!(
                "SBR from {core_rate} to {output_rate} Hz, the same or twice the rate was expected"
            )));
        }
        Ok(Config {
            object_type,
            core_rate,
            channel_configuration,
            sbr,
            ps,
            output_rate,
            frame_length: if output_rate == core_rate { core_length } else { 2 * core_length },
            program,
            usac: None,
        })
    }

    /// The `codecs` parameter (RFC 6381), with SBR and PS also where they are told behind.
    pub fn codec_string(&self) -> String {
        let kind = match (self.ps, self.sbr) {
            _ if self.usac.is_some() => 42,
            (true, _) => 29,
            (false, true) => 5,
            _ => self.object_type,
        };
        format!("mp4a.40.{kind}")
    }

    /// How many channels come out.
    pub fn channels(&self) -> u32 {
        let coded = match (&self.usac, &self.program) {
            (Some(usac), _) => usac.channels,
            (None, Some(program)) => program.channels(),
            (None, None) => channels(self.channel_configuration).unwrap_or(0),
        };
        if self.ps && coded == 1 { 2 } else { coded }
    }

    /// The layout's number of ISO/IEC 23091-3, where it is one of its table.
    pub fn layout(&self) -> Option<u8> {
        match (&self.usac, &self.program) {
            (Some(usac), _) => usac.layout,
            _ if self.ps && self.channels() == 2 => Some(2),
            (None, Some(program)) => program.layout(),
            (None, None) => Some(self.channel_configuration),
        }
    }

    /// How many frames must be decoded before one that is presented: the overlap of the transform, and of the filter
    /// bank with SBR.
    pub fn pre_roll(&self) -> u32 {
        if self.sbr || self.usac.is_some() { 2 } else { 1 }
    }
}

/// `GetAudioObjectType()`.
fn object_type(bits: &mut BitReader<'_>) -> u8 {
    match bits.u8(5) {
        31 => 32 + bits.u8(6),
        value => value,
    }
}

fn frequency(bits: &mut BitReader<'_>) -> Result<u32> {
    let index = bits.f(4);
    let rate = match FREQUENCIES.get(index as usize) {
        Some(rate) => *rate,
        None if index == 15 => bits.f(24),
        None => return Err(Error::format(format!("samplingFrequencyIndex {index} is reserved"))),
    };
    if rate == 0 {
        return Err(Error::format("a sampling frequency of 0"));
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(bytes: &[u8]) -> Config {
        Config::parse(bytes).unwrap()
    }

    #[test]
    fn low_complexity() {
        let config = parse(&[0x12, 0x10]);
        assert_eq!((config.output_rate, config.frame_length, config.channels()), (44100, 1024, 2));
        assert_eq!((config.codec_string(), config.layout()), ("mp4a.40.2".into(), Some(2)));
        assert_eq!(parse(&[0x12, 0x14]).frame_length, 960);
        assert_eq!(parse(&[0x11, 0xb0]).layout(), Some(6));
    }

    #[test]
    fn sbr_and_ps_in_front_and_behind() {
        // In front: type 5, 24 kHz, stereo, 48 kHz, type 2.
        let config = parse(&[0x2b, 0x11, 0x88, 0x00]);
        assert_eq!((config.core_rate, config.output_rate, config.frame_length), (24000, 48000, 2048));
        assert_eq!(config.codec_string(), "mp4a.40.5");
        // Type 29, mono: two channels come out.
        let config = parse(&[0xeb, 0x09, 0x88, 0x00]);
        assert_eq!((config.codec_string(), config.channels()), ("mp4a.40.29".into(), 2));
        // Behind: type 2, 24 kHz, mono, then 0x2b7, type 5, present, 48 kHz, then 0x548, present.
        let config = parse(&[0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80]);
        assert_eq!((config.core_rate, config.output_rate, config.frame_length), (24000, 48000, 2048));
        assert_eq!((config.codec_string(), config.channels()), ("mp4a.40.29".into(), 2));
        assert_eq!(parse(&[0x13, 0x08, 0x56, 0xe5, 0x00]).codec_string(), "mp4a.40.2");
    }

    #[test]
    fn other_channels_are_in_a_program() {
        // Type 2, 48 kHz, configuration 0; front a single and a pair, back a pair, one LFE.
        let mut bits = String::from("00010 0011 0000 0 0 0 0000 01 0011 0010 0000 0001 01 000 0000 0 0 0");
        bits.push_str("0 0000 1 0000 1 0001 0000");
        let mut bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        bits.resize(bits.len().next_multiple_of(8) + 8, 0);
        let bytes: Vec<u8> = bits.chunks(8).map(|c| c.iter().fold(0, |v, b| v << 1 | b)).collect();
        let config = parse(&bytes);
        assert_eq!((config.channels(), config.layout()), (6, Some(6)));
    }

    #[test]
    fn what_is_broken_or_not_known_is_said() {
        let message = |bytes: &[u8]| Config::parse(bytes).unwrap_err().to_string();
        assert!(message(&[0x12]).ends_with("ends too early"));
        assert!(message(&[0x13, 0x08, 0x56, 0xe5]).ends_with("4 bytes, more were expected"));
        assert_eq!(message(&[0x16, 0x90]), "AudioSpecificConfig: samplingFrequencyIndex 13 is reserved");
        assert!(message(&[0xb9, 0x90, 0, 0]).contains("audio object type 23"));
        assert!(message(&[0x12, 0x40]).contains("channelConfiguration 8 is reserved"));
        assert_eq!(parse(&[0x12, 0x70]).channels(), 8);
        for len in 0..7 {
            let _ = Config::parse(&[0x13, 0x08, 0x56, 0xe5, 0x9d, 0x48, 0x80][..len]);
        }
    }
}
