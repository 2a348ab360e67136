//! ADTS: AAC frames, each with a header before it (ISO/IEC 14496-3 § 1.A.2.2).
//!
//! Times are sums of frame lengths. How much an encoder has put in front is not told, so that nothing is taken off.

use crate::aac::AdtsHeader;
use crate::demux::{
    Codec, Config, Container, Form, Opened, Packet, PacketReader, Sound, Track, TrackKind, tags,
};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// Samples of the core coder in a frame: ADTS has no other length.
const FRAME: u64 = 1024;

/// Whether an ADTS frame starts at `at`, and another one or the end of the file behind it.
pub(super) fn is_adts(window: &mut Window) -> Result<bool> {
    let start = tags::end_of_id3(window)?;
    let Some(first) = header(window, start)? else { return Ok(false) };
    let next = start + u64::from(first.frame_length);
    Ok(match header(window, next)? {
        Some(second) => second.same_stream(&first),
        None => next >= window.input().len() || tags::is_id3v1(window, next)?,
    })
}

fn header(window: &mut Window, at: u64) -> Result<Option<AdtsHeader>> {
    let bytes = window.at_most(at, AdtsHeader::LEN)?.first_chunk();
    Ok(bytes.and_then(|bytes| AdtsHeader::parse(bytes).ok()))
}

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let start = tags::end_of_id3(&mut window)?;
    let bytes: [u8; AdtsHeader::LEN] =
        *window.bytes(start, AdtsHeader::LEN)?.first_chunk().expect("so many bytes were read");
    let first = AdtsHeader::parse(&bytes).map_err(|e| e.at(start))?;
    let block = start + u64::from(first.header_length);
    let length = (first.frame_length - first.header_length) as usize;
    let frame = window.at_most(block, length)?.to_vec();
    let specific = first.audio_specific_config(&frame).map_err(|e| e.at(block))?;
    let end = tags::start_of_id3v1(&mut window)?;
    let reader = Reader { window, at: start, end, first, number: 0 };
    let mut track = Track::new(1, TrackKind::Coded(Codec::Aac), input, reader);
    track.timescale = Some(first.sample_rate());
    track.config = vec![Config {
        private: Some(specific),
        sound: Some(Sound {
            channels: first.channel_configuration.into(),
            sample_rate: first.sample_rate(),
            ..Sound::default()
        }),
        ..Config::default()
    }];
    if start > 0 {
        track.notes.push(format!("an ID3 tag of {start} bytes at the start is left out"));
    }
    Ok(Opened { container: Container::Adts, tracks: vec![track], notes: Vec::new() })
}

struct Reader {
    window: Window,
    at: u64,
    end: u64,
    first: AdtsHeader,
    number: u64,
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let at = self.at;
        if at >= self.end {
            return Ok(None);
        }
        let left = self.end - at;
        let Some(bytes) = self.window.at_most(at, AdtsHeader::LEN)?.first_chunk() else {
            return Err(Error::format(format!("truncated: {left} bytes left for an ADTS header")).at(at));
        };
        let header = AdtsHeader::parse(bytes).map_err(|e| e.at(at).sample(self.number + 1))?;
        if !header.same_stream(&self.first) {
            return Err(Error::unsupported(
                "the profile, sample rate or channels change, which a track can't; cut the stream there",
            )
            .at(at)
            .sample(self.number + 1)
            .clause("rule AUD-02"));
        }
        if header.blocks != 1 {
            return Err(Error::unsupported(format!(
                "an ADTS frame of {} raw data blocks, one was expected; remux it with one a frame",
                header.blocks
            ))
            .at(at)
            .sample(self.number + 1)
            .clause("rule AUD-02"));
        }
        let length = u64::from(header.frame_length);
        if length > left {
            let message = format!("truncated: an ADTS frame of {length} bytes, {left} are left");
            return Err(Error::format(message).at(at).sample(self.number + 1));
        }
        self.at += length;
        let time = i64::try_from(self.number * FRAME).map_err(|_| Error::limit("too many frames"))?;
        self.number += 1;
        Ok(Some(Packet {
            offset: at + u64::from(header.header_length),
            size: length - u64::from(header.header_length),
            form: Form::LowOverhead,
            time: Some(time),
            composition_offset: 0,
            duration: Some(FRAME),
            sync_hint: Some(true),
            description: 1,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demux::testing::{all_packets, mutate};
    use crate::demux::{Options, open};

    /// Frames of AAC-LC, 44.1 kHz, stereo.
    fn file(frames: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for content in frames {
            let length = content.len() + 7;
            out.extend([0xff, 0xf1, 0x50, 0x80, (length >> 3) as u8, (length << 5) as u8 | 0x1f, 0xfc]);
            out.extend(*content);
        }
        out
    }

    #[test]
    fn frames_become_packets_without_headers() {
        let mut bytes = b"ID3\x04\0\0\0\0\0\x05hello".to_vec();
        bytes.extend(file(&[b"abc", b"defg"]));
        let mut tag = b"TAG".to_vec();
        tag.resize(128, 0);
        bytes.extend(tag);
        let input = Input::from_bytes("a.aac", bytes);
        let mut opened = open(&input, &Options::default()).unwrap();
        assert_eq!(opened.container, Container::Adts);
        let track = &mut opened.tracks[0];
        assert_eq!(
            (track.timescale, track.config[0].private.as_deref()),
            (Some(44100), Some(&[0x12, 0x10][..]))
        );
        let (packets, error) = all_packets(track);
        assert!(error.is_none());
        let seen: Vec<_> = packets.iter().map(|p| (p.offset, p.size, p.time)).collect();
        assert_eq!(seen, [(22, 3, Some(0)), (32, 4, Some(1024))]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let good = file(&[b"abc", b"defg"]);
        let message = |bytes: Vec<u8>| {
            let mut opened =
                open(&Input::from_bytes("a", bytes), &Options { container: Some(Container::Adts) })?;
            Err::<(), _>(all_packets(&mut opened.tracks[0]).1.unwrap())
        };
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            message(bytes).unwrap_err().to_string()
        };
        assert_eq!(with(10, 0), "a: byte 10, sample 2: no ADTS sync word");
        assert!(
            with(12, 0x60).starts_with("a: byte 10, sample 2: the profile, sample rate or channels change")
        );
        assert!(with(16, 0xfd).starts_with("a: byte 10, sample 2: an ADTS frame of 2 raw data blocks"));
        let cut = message(good[..15].to_vec()).unwrap_err().to_string();
        assert_eq!(cut, "a: byte 10: truncated: 5 bytes left for an ADTS header");
        let cut = message(good[..20].to_vec()).unwrap_err().to_string();
        assert_eq!(cut, "a: byte 10, sample 2: truncated: an ADTS frame of 11 bytes, 10 are left");
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(&file(&[b"abc", b"defgh", b""]), Container::Adts);
    }
}
