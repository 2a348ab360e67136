//! Opus: the identification header and the duration of packets (RFC 6716, RFC 7845).

use crate::error::{Error, Result};
use crate::isobmff::boxes::{ChannelMapping, DOps};

/// Ticks a second of everything that is told of Opus.
pub const RATE: u32 = 48_000;

/// What a decoder wants to hear before it is right: 80 ms (RFC 7845 § 4.6).
pub const PRE_ROLL: u32 = 3840;

/// The most that a packet lasts: 120 ms (RFC 6716 § 3.2.5).
pub const LONGEST: u32 = 5760;

/// The first bytes of an identification header.
pub const MAGIC: &[u8; 8] = b"OpusHead";

/// Reads the identification header of Ogg and Matroska as the box that ISOBMFF has for it: the same fields, in the
/// other byte order.
///
/// # Errors
/// `Format` where it is cut short or makes no sense, `Unsupported` for a version that is not known.
pub fn read_head(bytes: &[u8]) -> Result<DOps> {
    let short = || Error::format(format!("OpusHead has {} bytes, more were expected", bytes.len()));
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| Error::format("no OpusHead"))?;
    let Some((head, mapping)) = rest.split_first_chunk::<11>() else { return Err(short()) };
    let [version, channels, skip @ .., _, _, _, _, _, _, _] = *head;
    // The upper half of the version's bits is for changes that old readers can't bear.
    if version & 0xf0 != 0 {
        return Err(Error::unsupported(format!("OpusHead of version {version}, 0 to 15 are known")));
    }
    let family = head[10];
    let mapping = if family == 0 {
        None
    } else {
        let channel_mapping = mapping.get(2..2 + usize::from(channels)).ok_or_else(short)?.to_vec();
        Some(ChannelMapping { stream_count: mapping[0], coupled_count: mapping[1], channel_mapping })
    };
    let dops = DOps {
        output_channel_count: channels,
        pre_skip: u16::from_le_bytes(skip),
        input_sample_rate: u32::from_le_bytes([head[4], head[5], head[6], head[7]]),
        output_gain: i16::from_le_bytes([head[8], head[9]]),
        channel_mapping_family: family,
        mapping,
    };
    check(&dops)?;
    Ok(dops)
}

/// Checks what a configuration says against itself (RFC 7845 § 5.1).
///
/// # Errors
/// `Format` where the counts do not fit each other.
pub fn check(dops: &DOps) -> Result<()> {
    let channels = dops.output_channel_count;
    let fail = |message: String| Err(Error::format(message).clause("RFC 7845 § 5.1.1"));
    match &dops.mapping {
        _ if channels == 0 => fail("Opus of 0 channels".into()),
        None if channels > 2 => {
            fail(format!("channel mapping family 0 with {channels} channels, it has up to 2"))
        }
        None => Ok(()),
        Some(mapping) => {
            let (streams, coupled) = (mapping.stream_count, mapping.coupled_count);
            if streams == 0 || coupled > streams || u16::from(streams) + u16::from(coupled) > 255 {
                return fail(format!("{streams} streams, {coupled} of them coupled"));
            }
            // Family 3 has a matrix there instead of numbers of channels.
            let decoded = streams + coupled;
            let beyond = mapping.channel_mapping.iter().find(|index| **index != 255 && **index >= decoded);
            match beyond {
                Some(index) if dops.channel_mapping_family != 3 => {
                    fail(format!("a channel is mapped to number {index}, {decoded} are decoded"))
                }
                _ => Ok(()),
            }
        }
    }
}

/// How long a packet lasts, in ticks of 48 kHz: its first byte tells the configuration and how many frames it has
/// (RFC 6716 § 3.1). `packet` is its start, two bytes are enough.
///
/// # Errors
/// `Format` where it has no byte or no frame, or lasts longer than 120 ms.
pub fn duration(packet: &[u8]) -> Result<u32> {
    let bad = |message: &str| Error::format(message).clause("RFC 6716 § 3.2");
    let toc = *packet.first().ok_or_else(|| bad("an Opus packet without a byte"))?;
    let config = toc >> 3;
    let frame = match config {
        // SILK: 10, 20, 40, 60 ms
        0..=11 => [480, 960, 1920, 2880][usize::from(config & 3)],
        // Hybrid: 10, 20 ms
        12..=15 => [480, 960][usize::from(config & 1)],
        // CELT: 2.5, 5, 10, 20 ms
        _ => [120, 240, 480, 960][usize::from(config & 3)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u32::from(packet.get(1).ok_or_else(|| bad("an Opus packet ends in its header"))? & 63),
    };
    match frames * frame {
        0 => Err(bad("an Opus packet without a frame")),
        duration if duration > LONGEST => Err(bad("an Opus packet of more than 120 ms")),
        duration => Ok(duration),
    }
}

/// The layout's number of ISO/IEC 23091-3 for the channels of a configuration.
pub fn layout(dops: &DOps) -> Option<u8> {
    match (dops.channel_mapping_family, dops.output_channel_count) {
        (0 | 1, count @ (1..=3 | 5 | 6)) => Some(count),
        (1, 4) => Some(10),
        (1, 7) => Some(11),
        (1, 8) => Some(12),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_turned_round() {
        let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\xff\xff\0";
        let dops = read_head(head).unwrap();
        assert_eq!((dops.pre_skip, dops.input_sample_rate, dops.output_gain), (312, 48000, -1));
        let mut six = b"OpusHead\x01\x06\x38\x01\x80\xbb\0\0\0\0\x01\x04\x02".to_vec();
        assert!(read_head(&six).is_err());
        six.extend([0, 4, 1, 2, 3, 5]);
        let dops = read_head(&six).unwrap();
        assert_eq!(layout(&dops), Some(6));
        assert_eq!(dops.mapping.unwrap().channel_mapping, [0, 4, 1, 2, 3, 5]);
        six[21] = 9;
        assert!(read_head(&six).is_err());
        for len in 0..head.len() {
            assert!(read_head(&head[..len]).is_err());
        }
        let mut new = head.to_vec();
        new[8] = 16;
        assert_eq!(read_head(&new).unwrap_err().kind(), crate::ErrorKind::Unsupported);
    }

    #[test]
    fn durations() {
        assert_eq!(duration(&[0x78]).unwrap(), 960);
        assert_eq!(duration(&[0xfc]).unwrap(), 960);
        assert_eq!(duration(&[0x80]).unwrap(), 120);
        assert_eq!(duration(&[0x19]).unwrap(), 5760);
        assert_eq!(duration(&[0xfb, 3]).unwrap(), 2880);
        assert!(duration(&[0xfb]).is_err());
        assert!(duration(&[0xfb, 0x80]).is_err());
        assert!(duration(&[0xfb, 7]).is_err());
        assert!(duration(&[]).is_err());
    }
}
