//! IVF: a 32-byte header, then frames, each with its size and a timestamp before it; all little-endian.
//!
//! The header's frame count is not looked at: writers that can't seek back leave it wrong.

use crate::demux::{Codec, Config, Container, Form, Opened, Packet, PacketReader, Track, TrackKind};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

pub(super) const MAGIC: &[u8; 4] = b"DKIF";
const HEADER_LEN: u16 = 32;
const FRAME_HEADER_LEN: u64 = 12;

/// What a fourcc other than `AV01` and `VP90` stands for, where people are likely to have it.
const CODECS: &[(&[u8; 4], &str)] =
    &[(b"VP80", "VP8"), (b"H264", "AVC"), (b"AVC1", "AVC"), (b"HEVC", "HEVC"), (b"AV10", "AV1 draft")];

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let header = window.bytes(0, usize::from(HEADER_LEN)).map_err(|e| e.within("IVF header"))?;
    let u16_at = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let u32_at = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if !header.starts_with(MAGIC) {
        return Err(Error::format("no IVF file: it does not start with DKIF").at(0));
    }
    let (version, header_len) = (u16_at(4), u16_at(6));
    if version != 0 {
        return Err(Error::unsupported(format!("IVF version {version}, only 0 is known")).at(4));
    }
    if header_len < HEADER_LEN {
        return Err(
            Error::format(format!("IVF header length {header_len}, at least {HEADER_LEN} expected")).at(6)
        );
    }
    let fourcc = &header[8..12];
    let kind = match fourcc {
        b"AV01" => TrackKind::Av1,
        b"VP90" => TrackKind::Coded(Codec::Vp9),
        _ => {
            let name = CODECS.iter().find(|(code, _)| *code == fourcc).map_or("which", |(_, name)| name);
            let message = format!("the IVF file holds '{}', {name} is not AV1 or VP9", fourcc.escape_ascii());
            return Err(Error::unsupported(message).at(8));
        }
    };
    let (width, height) = (u32::from(u16_at(12)), u32::from(u16_at(14)));
    // The time base is scale / rate seconds: a timestamp is `scale` ticks of a clock of `rate`.
    let (rate, scale) = (u32_at(16), u32_at(20));
    let timed = rate != 0 && scale != 0;
    let reader = Reader { window, position: u64::from(header_len), scale: timed.then_some(scale) };

    let mut track = Track::new(1, kind, input, reader);
    track.config =
        vec![Config { size: (width != 0 && height != 0).then_some((width, height)), ..Config::default() }];
    if timed {
        track.timescale = Some(rate);
    } else {
        track
            .notes
            .push(format!("the IVF header's time base is {scale}/{rate}: its timestamps mean nothing"));
    }
    Ok(Opened { container: Container::Ivf, tracks: vec![track], notes: Vec::new() })
}

struct Reader {
    window: Window,
    position: u64,
    scale: Option<u32>,
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let at = self.position;
        let left = self.window.input().len().saturating_sub(at);
        if left == 0 {
            return Ok(None);
        }
        if left < FRAME_HEADER_LEN {
            let message = format!("truncated: {left} bytes left for a frame header of {FRAME_HEADER_LEN}");
            return Err(Error::format(message).at(at));
        }
        let header = self.window.bytes(at, FRAME_HEADER_LEN as usize)?;
        let (size, timestamp) = header.split_at(4);
        let size = u64::from(u32::from_le_bytes(size.try_into().expect("split at 4")));
        let timestamp = u64::from_le_bytes(timestamp.try_into().expect("8 of 12 bytes are left"));
        if size > left - FRAME_HEADER_LEN {
            let present = left - FRAME_HEADER_LEN;
            return Err(
                Error::format(format!("truncated: a frame of {size} bytes, {present} are left")).at(at)
            );
        }
        let time = match self.scale {
            None => None,
            Some(scale) => {
                let ticks = i64::try_from(timestamp).ok().and_then(|t| t.checked_mul(i64::from(scale)));
                let too_large = || Error::limit(format!("timestamp {timestamp} is too large")).at(at + 4);
                Some(ticks.ok_or_else(too_large)?)
            }
        };
        self.position = at + FRAME_HEADER_LEN + size;
        Ok(Some(Packet {
            offset: at + FRAME_HEADER_LEN,
            size,
            form: Form::LowOverhead,
            time,
            duration: None,
            composition_offset: 0,
            sync_hint: None,
            description: 1,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demux::testing::{all_packets, mutate};
    use crate::demux::{Options, open};

    fn file(rate: u32, scale: u32, frames: &[(&[u8], u64)]) -> Vec<u8> {
        let mut out = b"DKIF\0\0\x20\0AV01\x40\x01\xf0\0".to_vec();
        out.extend(rate.to_le_bytes());
        out.extend(scale.to_le_bytes());
        out.extend([0; 8]);
        for (data, time) in frames {
            out.extend((data.len() as u32).to_le_bytes());
            out.extend(time.to_le_bytes());
            out.extend(*data);
        }
        out
    }

    fn message(bytes: Vec<u8>) -> String {
        let opened = open(&Input::from_bytes("a.ivf", bytes), &Options::default());
        match opened {
            Err(error) => error.to_string(),
            Ok(mut opened) => all_packets(&mut opened.tracks[0]).1.unwrap().to_string(),
        }
    }

    #[test]
    fn frames_become_packets_in_header_time() {
        let input = Input::from_bytes("a.ivf", file(24000, 1001, &[(b"abc", 0), (b"", 1), (b"defg", 5)]));
        let mut opened = open(&input, &Options::default()).unwrap();
        assert_eq!(opened.container, Container::Ivf);
        let track = &mut opened.tracks[0];
        assert_eq!((track.timescale, track.config[0].size), (Some(24000), Some((320, 240))));
        let (packets, error) = all_packets(track);
        assert!(error.is_none());
        let seen: Vec<_> = packets.iter().map(|p| (p.offset, p.size, p.time.unwrap())).collect();
        assert_eq!(seen, [(44, 3, 0), (59, 0, 1001), (71, 4, 5005)]);
        assert_eq!(input.read_vec(71, 4).unwrap(), b"defg");
    }

    #[test]
    fn a_zero_time_base_is_no_time_base() {
        for (rate, scale) in [(0, 1), (30, 0)] {
            let mut opened =
                open(&Input::from_bytes("a", file(rate, scale, &[(b"a", 7)])), &Options::default()).unwrap();
            let track = &mut opened.tracks[0];
            assert_eq!((track.timescale, track.notes.len()), (None, 1));
            assert_eq!(all_packets(track).0[0].time, None);
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let good = file(30, 1, &[(b"abc", 0)]);
        let with = |at: usize, bytes: &[u8]| {
            let mut file = good.clone();
            file[at..at + bytes.len()].copy_from_slice(bytes);
            file
        };
        assert_eq!(
            message(with(8, b"VP80")),
            "a.ivf: byte 8: the IVF file holds 'VP80', VP8 is not AV1 or VP9"
        );
        assert_eq!(message(with(4, &[1])), "a.ivf: byte 4: IVF version 1, only 0 is known");
        assert_eq!(message(with(6, &[12])), "a.ivf: byte 6: IVF header length 12, at least 32 expected");
        assert_eq!(message(with(32, &[4])), "a.ivf: byte 32: truncated: a frame of 4 bytes, 3 are left");
        assert_eq!(
            message(good[..40].to_vec()),
            "a.ivf: byte 32: truncated: 8 bytes left for a frame header of 12"
        );
        assert_eq!(
            message(with(36, &[0xff; 8])),
            "a.ivf: byte 36: timestamp 18446744073709551615 is too large"
        );
        assert_eq!(
            message(good[..20].to_vec()),
            "a.ivf: byte 20, IVF header: the file ends here, 12 more bytes were expected"
        );
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(&file(30, 1, &[(b"abc", 0), (b"defgh", 1), (b"", 2)]), Container::Ivf);
    }
}
