//! FLAC without another container: metadata blocks, then frames (RFC 9639).
//!
//! Frames do not tell how long they are. One ends where the next header is that fits, and where the checksum of all its
//! bytes is right; so each byte is looked at once.

use crate::demux::{
    Codec, Config, Container, Form, Opened, Packet, PacketReader, Sound, Track, TrackKind, tags,
};
use crate::error::{Error, Result};
use crate::flac::{FrameHeader, MAGIC, StreamInfo, crc16, metadata};
use crate::input::{Input, Window};

/// The most bytes of metadata: pictures may be in it.
const METADATA_LIMIT: u64 = 64 << 20;

/// The most bytes of a frame.
const FRAME_LIMIT: u64 = 32 << 20;

/// How much is looked at in one go.
const STEP: usize = 16 << 10;

pub(super) fn is_flac(window: &mut Window) -> Result<bool> {
    let start = tags::end_of_id3(window)?;
    Ok(window.at_most(start, MAGIC.len())? == MAGIC)
}

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let start = tags::end_of_id3(&mut window)?;
    if window.at_most(start, MAGIC.len())? != MAGIC {
        return Err(Error::format("no FLAC file: it does not start with fLaC").at(start));
    }
    let first_frame = end_of_metadata(&mut window, start + MAGIC.len() as u64)?;
    let private = input.read_vec(start, first_frame - start)?;
    let blocks = metadata(&private).map_err(|e| e.at(start))?;
    let info = StreamInfo::parse(blocks[0].content).map_err(|e| e.at(start))?;
    let end = tags::start_of_id3v1(&mut window)?;
    let reader = Reader { window, at: first_frame, end, info, before: None, time: 0, number: 0 };
    let mut track = Track::new(1, TrackKind::Coded(Codec::Flac), input, reader);
    track.timescale = Some(info.sample_rate);
    track.config = vec![Config {
        private: Some(private),
        sound: Some(Sound {
            channels: info.channels.into(),
            sample_rate: info.sample_rate,
            ..Sound::default()
        }),
        ..Config::default()
    }];
    Ok(Opened { container: Container::Flac, tracks: vec![track], notes: Vec::new() })
}

/// Where the metadata blocks end that start at `at`.
fn end_of_metadata(window: &mut Window, start: u64) -> Result<u64> {
    let mut at = start;
    loop {
        let &[kind, a, b, c] = window.bytes(at, 4)?.first_chunk().expect("4 bytes were read");
        at += 4 + u64::from(u32::from_be_bytes([0, a, b, c]));
        if at > window.input().len() {
            return Err(Error::format("truncated: the file ends in a metadata block").at(start));
        }
        if at - start > METADATA_LIMIT {
            return Err(Error::limit(format!("more than {METADATA_LIMIT} bytes of metadata")).at(start));
        }
        if kind & 0x80 != 0 {
            return Ok(at);
        }
    }
}

struct Reader {
    window: Window,
    at: u64,
    end: u64,
    info: StreamInfo,
    before: Option<FrameHeader>,
    time: i64,
    number: u64,
}

impl Reader {
    fn header(&mut self, at: u64) -> Result<FrameHeader> {
        let most = FrameHeader::MAX_LEN.min(usize::try_from(self.end - at).unwrap_or(usize::MAX));
        FrameHeader::parse(self.window.at_most(at, most)?)
    }

    /// Where the frame ends that starts at the current place.
    fn frame_end(&mut self) -> Result<u64> {
        let start = self.at;
        let limit = self.info.frame_limit().min(FRAME_LIMIT);
        let stop = self.end.min(start.saturating_add(limit));
        let (mut at, mut crc) = (start, 0);
        while at < stop {
            let chunk = self.window.at_most(at, STEP.min((stop - at) as usize))?;
            // A sync code's first byte; the header is at least six bytes in.
            let found = chunk.iter().position(|byte| *byte == 0xff);
            let passed = found.unwrap_or(chunk.len());
            crc = crc16(crc, &chunk[..passed]);
            at += passed as u64;
            if found.is_none() {
                continue;
            }
            if crc == 0 && at > start + 6 && self.header(at).is_ok_and(|next| next.fits(&self.info)) {
                return Ok(at);
            }
            crc = crc16(crc, &[0xff]);
            at += 1;
        }
        if at == self.end && crc == 0 {
            return Ok(at);
        }
        let message = if at == self.end {
            "truncated or damaged: the checksum of the last frame is wrong".to_string()
        } else {
            format!("damaged: no end of the frame is found within {limit} bytes")
        };
        Err(Error::format(message).at(start).sample(self.number + 1))
    }
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let at = self.at;
        if at >= self.end {
            return Ok(None);
        }
        let place = |e: Error, number: u64| e.at(at).sample(number + 1);
        let header = self.header(at).map_err(|e| place(e, self.number))?;
        if self.before.is_some_and(|before| !header.follows(&before)) {
            return Err(place(Error::format("a frame is missing before this one"), self.number));
        }
        self.at = self.frame_end()?;
        self.before = Some(header);
        let time = self.time;
        self.time =
            time.checked_add(header.block_size.into()).ok_or_else(|| Error::limit("too many frames"))?;
        self.number += 1;
        Ok(Some(Packet {
            offset: at,
            size: self.at - at,
            form: Form::LowOverhead,
            time: Some(time),
            composition_offset: 0,
            duration: Some(header.block_size.into()),
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
    use crate::flac::tests::{blocks, stream_info};

    fn file(frames: &[Vec<u8>]) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend(blocks(&[(0, &stream_info()), (1, &[0; 20])]));
        frames.iter().for_each(|frame| out.extend(frame));
        out
    }

    fn frames() -> Vec<Vec<u8>> {
        use crate::flac::test_frame as frame;
        // The first one holds what looks like the header of the second.
        vec![frame(0, &frame(1, &[1, 2])), frame(1, b"\xff\xf8\xff"), frame(2, &[7; 100])]
    }

    #[test]
    fn frames_end_where_checksum_and_next_header_fit() {
        let input = Input::from_bytes("a.flac", file(&frames()));
        let mut opened = open(&input, &Options::default()).unwrap();
        assert_eq!(opened.container, Container::Flac);
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none(), "{error:?}");
        let sizes: Vec<_> = packets.iter().map(|p| p.size as usize).collect();
        assert_eq!(sizes, frames().iter().map(Vec::len).collect::<Vec<_>>());
        assert_eq!(packets[2].time, Some(32));
    }

    #[test]
    fn damage_is_found() {
        let mut bytes = file(&frames());
        let last = bytes.len() - 5;
        bytes[last] ^= 1;
        let mut opened = open(&Input::from_bytes("a", bytes), &Options::default()).unwrap();
        let error = all_packets(&mut opened.tracks[0]).1.unwrap().to_string();
        assert!(error.contains("sample 3: truncated or damaged"), "{error}");
        // Checksums of whole frames one behind the other are right, too.
        let missing = file(&[frames()[0].clone(), frames()[2].clone()]);
        let mut opened = open(&Input::from_bytes("a", missing), &Options::default()).unwrap();
        assert!(all_packets(&mut opened.tracks[0]).1.is_some());
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(&file(&frames()), Container::Flac);
    }
}
