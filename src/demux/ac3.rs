//! AC-3 and E-AC-3 without container: sync frames one behind the other (ETSI TS 102 366).
//!
//! A packet is six blocks, with all substreams of the time. Times are sums of frame lengths.

use crate::ac3::{BLOCK, BLOCKS, FRAME_LIMIT, Kind, SyncFrame};
use crate::demux::{Codec, Config, Container, Form, Opened, Packet, PacketReader, Sound, Track, TrackKind};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// Whether a sync frame starts the file, and another one or the end of the file is behind it.
pub(super) fn is_ac3(window: &mut Window) -> Result<bool> {
    let Ok(first) = SyncFrame::parse(window.at_most(0, FRAME_LIMIT)?) else { return Ok(false) };
    let next = first.size as u64;
    let len = window.input().len();
    Ok(next >= len || SyncFrame::parse(window.at_most(next, SyncFrame::HEAD)?).is_ok())
}

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let first = SyncFrame::parse(window.at_most(0, FRAME_LIMIT)?).map_err(|e| e.at(0))?;
    let codec = if first.kind == Kind::Ac3 { Codec::Ac3 } else { Codec::Eac3 };
    let reader = Reader { window, at: 0, number: 0 };
    let mut track = Track::new(1, TrackKind::Coded(codec), input, reader);
    track.timescale = Some(first.sample_rate);
    track.config = vec![Config {
        sound: Some(Sound { sample_rate: first.sample_rate, ..Sound::default() }),
        ..Config::default()
    }];
    Ok(Opened { container: Container::Ac3, tracks: vec![track], notes: Vec::new() })
}

struct Reader {
    window: Window,
    at: u64,
    number: u64,
}

impl Reader {
    /// The frame at `at`, whole; none at the end.
    fn frame(&mut self, at: u64) -> Result<Option<SyncFrame>> {
        let left = self.window.input().len().saturating_sub(at);
        if left == 0 {
            return Ok(None);
        }
        let place = |e: Error| e.at(at).sample(self.number + 1);
        if left < SyncFrame::HEAD as u64 {
            return Err(place(Error::format(format!("truncated: {left} bytes left for a sync frame"))));
        }
        let frame = SyncFrame::parse(self.window.at_most(at, FRAME_LIMIT)?).map_err(place)?;
        if frame.size as u64 > left {
            let message = format!("truncated: a sync frame of {} bytes, {left} are left", frame.size);
            return Err(place(Error::format(message)));
        }
        Ok(Some(frame))
    }
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let start = self.at;
        let mut blocks = 0;
        while let Some(frame) = self.frame(self.at)? {
            let leads = matches!(frame.kind, Kind::Ac3 | Kind::Independent(0));
            if leads && blocks >= BLOCKS {
                break;
            }
            if leads {
                blocks += frame.blocks;
            }
            self.at += frame.size as u64;
            // Without a first program this would go on to the file's end.
            if self.at - start > (FRAME_LIMIT * 64) as u64 {
                return Err(Error::limit("more substreams in a time than are handled").at(start));
            }
        }
        if self.at == start {
            return Ok(None);
        }
        let duration = u64::from(BLOCK * BLOCKS);
        let time = i64::try_from(self.number * duration).map_err(|_| Error::limit("too many frames"))?;
        self.number += 1;
        Ok(Some(Packet {
            offset: start,
            size: self.at - start,
            form: Form::LowOverhead,
            time: Some(time),
            composition_offset: 0,
            duration: Some(u64::from(BLOCK * blocks)),
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

    /// An E-AC-3 frame of 16 bytes, of this kind and with so many blocks by `numblkscod`.
    fn frame(strmtyp: u8, numblkscod: u8) -> Vec<u8> {
        let mut frame = vec![0x0b, 0x77, strmtyp << 6, 7, numblkscod << 4 | 0x05, 0x80];
        frame.resize(16, 0);
        frame
    }

    #[test]
    fn six_blocks_with_all_substreams_are_a_packet() {
        let mut bytes = Vec::new();
        for _ in 0..2 {
            for _ in 0..3 {
                bytes.extend(frame(0, 1));
                bytes.extend(frame(1, 1));
            }
        }
        let input = Input::from_bytes("a.ec3", bytes.clone());
        let mut opened = open(&input, &Options::default()).unwrap();
        assert_eq!(
            (opened.container, &opened.tracks[0].kind),
            (Container::Ac3, &TrackKind::Coded(Codec::Eac3))
        );
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none());
        let seen: Vec<_> = packets.iter().map(|p| (p.offset, p.size, p.time)).collect();
        assert_eq!(seen, [(0, 96, Some(0)), (96, 96, Some(1536))]);
        let input = Input::from_bytes("a.ec3", bytes[..100].to_vec());
        let mut opened = open(&input, &Options::default()).unwrap();
        let error = all_packets(&mut opened.tracks[0]).1.unwrap().to_string();
        assert_eq!(error, "a.ec3: byte 96, sample 1: truncated: 4 bytes left for a sync frame");
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        let bytes: Vec<u8> = [frame(0, 3), frame(1, 3), frame(0, 3)].concat();
        mutate(&bytes, Container::Ac3);
    }
}
