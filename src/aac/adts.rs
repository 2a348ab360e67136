//! ADTS: a header before each AAC frame (ISO/IEC 14496-3 § 1.A.2.2).

use super::FREQUENCIES;
use crate::av1::bits::BitReader;
use crate::error::{Error, Result};

/// An ADTS header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdtsHeader {
    /// `profile_ObjectType`: the audio object type less 1.
    pub profile: u8,
    /// `sampling_frequency_index`.
    pub frequency_index: u8,
    /// `channel_configuration`.
    pub channel_configuration: u8,
    /// Bytes of the frame, its header included.
    pub frame_length: u32,
    /// Bytes of the header, with its CRC.
    pub header_length: u32,
    /// `raw_data_block()`s in the frame.
    pub blocks: u8,
}

impl AdtsHeader {
    /// Bytes of a header without CRC.
    pub const LEN: usize = 7;

    /// Reads a header.
    ///
    /// # Errors
    /// `Format` where there is no sync word, a field is reserved, or the frame is shorter than its header.
    pub fn parse(bytes: &[u8; AdtsHeader::LEN]) -> Result<Self> {
        let mut bits = BitReader::new(bytes);
        if bits.f(12) != 0xfff {
            return Err(Error::format("no ADTS sync word"));
        }
        bits.skip(1); // ID
        if bits.f(2) != 0 {
            return Err(Error::format("no ADTS header: its layer is not 0"));
        }
        let protection_absent = bits.flag();
        let profile = bits.u8(2);
        let frequency_index = bits.u8(4);
        if usize::from(frequency_index) >= FREQUENCIES.len() {
            return Err(Error::format(format!("sampling_frequency_index {frequency_index} is reserved")));
        }
        bits.skip(1); // private_bit
        let channel_configuration = bits.u8(3);
        bits.skip(4); // original_copy, home, copyright bits
        let frame_length = bits.f(13);
        bits.skip(11); // adts_buffer_fullness
        let blocks = bits.u8(2) + 1;
        let header_length = if protection_absent { 7 } else { 9 };
        if frame_length < header_length {
            return Err(Error::format(format!("a frame of {frame_length} bytes, shorter than its header")));
        }
        Ok(AdtsHeader {
            profile,
            frequency_index,
            channel_configuration,
            frame_length,
            header_length,
            blocks,
        })
    }

    /// Samples a second of the core coder.
    pub fn sample_rate(&self) -> u32 {
        FREQUENCIES[usize::from(self.frequency_index)]
    }

    /// Whether frames with both headers can share a configuration.
    pub fn same_stream(&self, other: &AdtsHeader) -> bool {
        (self.profile, self.frequency_index, self.channel_configuration)
            == (other.profile, other.frequency_index, other.channel_configuration)
    }

    /// The `AudioSpecificConfig` of such frames. SBR is not in ADTS headers and stays implicit. Where the channel
    /// configuration is 0, the first frame's own program config element goes into it.
    ///
    /// # Errors
    /// `Format` where that element is missing or broken.
    pub fn audio_specific_config(&self, frame: &[u8]) -> Result<Vec<u8>> {
        let mut bits = Vec::new();
        let mut put = |value: u8, n: u32| bits.extend((0..n).rev().map(|bit| value >> bit & 1 == 1));
        put(self.profile + 1, 5);
        put(self.frequency_index, 4);
        put(self.channel_configuration, 4);
        put(0, 3); // frameLengthFlag, dependsOnCoreCoder, extensionFlag
        if self.channel_configuration == 0 {
            let mut reader = BitReader::new(frame);
            if reader.f(3) != 5 {
                return Err(Error::unsupported(
                    "the channel configuration is 0, and the first frame has no program config element in front",
                ));
            }
            let program = super::ProgramConfig::read(&mut reader)?;
            let before = bits.len();
            bits.extend(program.aligned(before));
        }
        bits.resize(bits.len().next_multiple_of(8), false);
        Ok(bits.chunks(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | u8::from(*bit))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let header = AdtsHeader::parse(&[0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc]).unwrap();
        assert_eq!((header.sample_rate(), header.channel_configuration), (44100, 2));
        assert_eq!((header.frame_length, header.header_length, header.blocks), (16, 7, 1));
        assert_eq!(header.audio_specific_config(&[]).unwrap(), [0x12, 0x10]);
        let message = |bytes: &[u8; 7]| AdtsHeader::parse(bytes).unwrap_err().to_string();
        assert_eq!(message(&[0xff, 0x01, 0, 0, 0, 0, 0]), "no ADTS sync word");
        assert!(message(&[0xff, 0xf1, 0x7c, 0x80, 0x02, 0x1f, 0xfc]).contains("15 is reserved"));
        assert!(message(&[0xff, 0xf0, 0x50, 0x80, 0x01, 0x1f, 0xfc]).contains("a frame of 8 bytes"));
    }
}
