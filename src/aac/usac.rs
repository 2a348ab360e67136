//! USAC, the coding of xHE-AAC: its configuration, and where playing can start (ISO/IEC 23003-3).

use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// `usacSamplingFrequencyIndex`; what is missing is reserved.
const FREQUENCIES: [u32; 29] = [
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350, 0, 0, 57600,
    51200, 40000, 38400, 34150, 28800, 25600, 20000, 19200, 17075, 14400, 12800, 9600, 0,
];

/// `ID_EXT_ELE_AUDIOPREROLL`.
const AUDIO_PRE_ROLL: u32 = 3;

/// More elements and channels than any real stream has; a hostile count ends here.
const ELEMENT_LIMIT: u32 = 256;

/// What a `UsacConfig` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsacConfig {
    /// Samples a second that come out.
    pub sampling_frequency: u32,
    /// Samples of the output in a frame.
    pub frame_length: u32,
    /// Channels that come out.
    pub channels: u32,
    /// The layout's number of ISO/IEC 23091-3, where the configuration gives one.
    pub layout: Option<u8>,
    /// How the first element is laid out, if it is an `AudioPreRoll`: only there may it be.
    pre_roll: Option<Extension>,
}

/// How an extension element is laid out in frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Extension {
    default_length: u32,
    fragmented: bool,
}

/// What the start of a frame tells of random access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsacAccess {
    /// An immediate playout frame: it holds the configuration and the frames that the decoder wants before.
    Immediate,
    /// It refers to no earlier frame, but the overlap of one before is missing in its output.
    Independent,
    /// It refers to earlier frames.
    Dependent,
}

impl UsacConfig {
    /// Reads a configuration.
    ///
    /// # Errors
    /// `Format` where it ends too early or a field is reserved.
    pub(crate) fn read(bits: &mut BitReader<'_>) -> Result<Self> {
        let index = bits.f(5);
        let sampling_frequency = match FREQUENCIES.get(index as usize) {
            Some(0) => None,
            Some(rate) => Some(*rate),
            None if index == 31 => Some(bits.f(24)).filter(|rate| *rate != 0),
            None => None,
        };
        let sampling_frequency = sampling_frequency
            .ok_or_else(|| Error::format(format!("usacSamplingFrequencyIndex {index} is reserved")))?;
        // Frame length of the output, and sbrRatioIndex.
        let (frame_length, sbr_ratio) = match bits.f(3) {
            0 => (768, 0),
            1 => (1024, 0),
            2 => (2048, 2),
            3 => (2048, 3),
            4 => (4096, 1),
            index => return Err(Error::format(format!("coreSbrFrameLengthIndex {index} is reserved"))),
        };
        let (channels, layout) = match bits.u8(5) {
            0 => {
                let channels = escaped(bits, 5, 8, 16);
                if channels > ELEMENT_LIMIT {
                    return Err(Error::limit(format!("{channels} channels of xHE-AAC")));
                }
                bits.skip(5 * channels as usize);
                (channels, None)
            }
            8 => (2, Some(8)),
            9 => (3, Some(9)),
            10 => (4, Some(10)),
            index => match super::channels(index) {
                Some(channels) => (channels, Some(index)),
                None => {
                    return Err(Error::format(format!("channelConfigurationIndex {index} is not known")));
                }
            },
        };
        let pre_roll = elements(bits, sbr_ratio)?;
        if bits.flag() {
            let count = escaped(bits, 2, 4, 8) + 1;
            for _ in 0..count {
                escaped(bits, 4, 8, 16);
                let length = escaped(bits, 4, 8, 16);
                bits.skip(8 * length as usize);
                if bits.overrun() {
                    break;
                }
            }
        }
        if bits.overrun() {
            return Err(Error::format("the USAC configuration ends too early"));
        }
        Ok(UsacConfig { sampling_frequency, frame_length, channels, layout, pre_roll })
    }

    /// Looks at a frame. A frame without pre-roll, or with one that has no configuration or no frame in it, is no
    /// immediate playout frame.
    ///
    /// # Errors
    /// `Format` where the pre-roll is cut short, or its configuration is another one than this.
    pub fn access(&self, frame: &[u8]) -> Result<UsacAccess> {
        let mut bits = BitReader::new(frame);
        if !bits.flag() {
            return Ok(UsacAccess::Dependent);
        }
        let Some(extension) = self.pre_roll else { return Ok(UsacAccess::Independent) };
        if !bits.flag() {
            return Ok(UsacAccess::Independent);
        }
        let length = if bits.flag() {
            extension.default_length
        } else {
            match bits.f(8) {
                255 => 255 + bits.f(16) - 2,
                length => length,
            }
        };
        // A part of a payload can't be looked into, and the standard has it whole in such frames.
        let whole = !extension.fragmented || bits.f(2) == 3;
        if length == 0 || !whole {
            return Ok(UsacAccess::Independent);
        }
        let end = bits.position() + 8 * length as usize;
        let config_length = escaped(&mut bits, 4, 4, 8);
        if config_length == 0 {
            return Ok(UsacAccess::Independent);
        }
        let at = bits.position();
        let config = UsacConfig::read(&mut bits).map_err(|e| e.within("AudioPreRoll"))?;
        if &config != self {
            return Err(Error::unsupported(
                "the configuration in the audio pre-roll is another one than the track's; a change of it needs a \
                 track of its own",
            )
            .clause("rule AUD-02"));
        }
        let behind = at + 8 * config_length as usize;
        if bits.position() > behind {
            return Err(Error::format("the configuration in the audio pre-roll passes its length"));
        }
        bits.skip(behind - bits.position() + 2); // applyCrossfade, reserved
        let frames = escaped(&mut bits, 2, 4, 0);
        if bits.overrun() || bits.position() > end || end > frame.len() * 8 {
            return Err(Error::format("the audio pre-roll is cut short"));
        }
        Ok(if frames > 0 { UsacAccess::Immediate } else { UsacAccess::Independent })
    }
}

/// `escapedValue( a, b, c )`: three widths, each used where the one before is full.
fn escaped(bits: &mut BitReader<'_>, a: u32, b: u32, c: u32) -> u32 {
    let mut value = bits.f(a);
    if value == (1 << a) - 1 {
        let more = bits.f(b);
        value += more;
        if c > 0 && more == (1 << b) - 1 {
            value += bits.f(c);
        }
    }
    value
}

/// `UsacDecoderConfig()`: tells whether the first element is the audio pre-roll.
fn elements(bits: &mut BitReader<'_>, sbr_ratio: u8) -> Result<Option<Extension>> {
    let count = escaped(bits, 4, 8, 16) + 1;
    if count > ELEMENT_LIMIT {
        return Err(Error::limit(format!("{count} elements of xHE-AAC")));
    }
    let mut pre_roll = None;
    for index in 0..count {
        match bits.f(2) {
            0 => {
                bits.skip(2); // tw_mdct, noiseFilling
                if sbr_ratio > 0 {
                    sbr(bits);
                }
            }
            1 => {
                bits.skip(2);
                if sbr_ratio > 0 {
                    sbr(bits);
                    match bits.u8(2) {
                        0 => {}
                        stereo => mps212(bits, stereo),
                    }
                }
            }
            2 => {} // LFE
            _ => {
                let kind = escaped(bits, 4, 8, 16);
                let length = escaped(bits, 4, 8, 16);
                let default_length = if bits.flag() { escaped(bits, 8, 16, 0) + 1 } else { 0 };
                let fragmented = bits.flag();
                bits.skip(8 * length as usize);
                if index == 0 && kind == AUDIO_PRE_ROLL {
                    pre_roll = Some(Extension { default_length, fragmented });
                }
            }
        }
        if bits.overrun() {
            return Err(Error::format("the USAC configuration ends too early"));
        }
    }
    Ok(pre_roll)
}

/// `SbrConfig()`.
fn sbr(bits: &mut BitReader<'_>) {
    bits.skip(3 + 8); // harmonicSBR, bs_interTes, bs_pvc; dflt_start_freq, dflt_stop_freq
    let (extra1, extra2) = (bits.flag(), bits.flag());
    bits.skip(if extra1 { 5 } else { 0 } + if extra2 { 6 } else { 0 });
}

/// `Mps212Config( stereoConfigIndex )`.
fn mps212(bits: &mut BitReader<'_>, stereo: u8) {
    bits.skip(3 + 3); // bsFreqRes, bsFixedGainDMX
    let temp_shape = bits.f(2);
    bits.skip(2 + 1 + 1); // bsDecorrConfig, bsHighRateMode, bsPhaseCoding
    if bits.flag() {
        bits.skip(5); // bsOttBandsPhase
    }
    if stereo > 1 {
        bits.skip(5 + 1); // bsResidualBands, bsPseudoLr
    }
    if temp_shape == 2 {
        bits.skip(1); // bsEnvQuantMode
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Bits of `text`, filled up to whole bytes.
    pub(crate) fn bits(text: &str) -> Vec<u8> {
        let mut bits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        bits.resize(bits.len().next_multiple_of(8), 0);
        bits.chunks(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit)).collect()
    }

    /// 48 kHz, 2048 samples, stereo: a pre-roll, then a channel pair without parametric stereo.
    pub(crate) const CONFIG: &str =
        "00011 011 00010  0001  11 0011 0000 0 0  01 0 0  000 0000 0000 0 0  00  0";

    fn config() -> UsacConfig {
        UsacConfig::read(&mut BitReader::new(&bits(CONFIG))).unwrap()
    }

    /// An immediate playout frame: independent, the pre-roll there with its length, the configuration in it.
    pub(crate) fn immediate() -> Vec<u8> {
        let length = CONFIG.bytes().filter(|b| *b != b' ').count();
        let bytes = length.div_ceil(8);
        let config = format!("{CONFIG}{}", "0".repeat(bytes * 8 - length));
        let content = format!("{bytes:04b} {config} 0 0 01 {:016b} 11111111", 1);
        let content_bits = content.bytes().filter(|b| *b != b' ').count();
        let padded = format!("{content}{}", "0".repeat(content_bits.next_multiple_of(8) - content_bits));
        bits(&format!("1 1 0 {:08b} {padded} 1010", content_bits.div_ceil(8)))
    }

    #[test]
    fn configurations() {
        let config = config();
        assert_eq!((config.sampling_frequency, config.frame_length), (48000, 2048));
        assert_eq!((config.channels, config.layout), (2, Some(2)));
        assert_eq!(config.pre_roll, Some(Extension { default_length: 0, fragmented: false }));
        let bytes = bits(CONFIG);
        for len in 0..bytes.len() {
            assert!(UsacConfig::read(&mut BitReader::new(&bytes[..len])).is_err(), "{len}");
        }
    }

    #[test]
    fn only_frames_with_a_whole_pre_roll_can_be_played_at_once() {
        let config = config();
        assert_eq!(config.access(&immediate()).unwrap(), UsacAccess::Immediate);
        assert_eq!(config.access(&bits("1 0 1111")).unwrap(), UsacAccess::Independent);
        assert_eq!(config.access(&bits("0 1 0 0000")).unwrap(), UsacAccess::Dependent);
        // A pre-roll of one byte that holds no configuration.
        assert_eq!(config.access(&bits("1 1 0 00000001 0000 0000")).unwrap(), UsacAccess::Independent);
        let cut = immediate();
        assert!(config.access(&cut[..6]).is_err());
        for len in 0..cut.len() {
            let _ = config.access(&cut[..len]);
        }
    }

    #[test]
    fn another_configuration_in_the_pre_roll_is_refused() {
        let mut frame = immediate();
        // The sampling frequency of the configuration in it: 3 becomes 4.
        let at = 1 + 1 + 1 + 8 + 4 + 2;
        for bit in [at, at + 1, at + 2] {
            frame[bit / 8] ^= 0x80 >> (bit % 8);
        }
        let error = config().access(&frame).unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::Unsupported, "{error}");
    }
}
