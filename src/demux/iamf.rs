//! IA sequences: OBUs of IAMF one behind the other (IAMF § 5).
//!
//! A packet is a temporal unit without its delimiter. Where there are no delimiters a unit ends where the next thing
//! can't belong to it: parameters behind frames, a second frame of a substream, descriptors.

use crate::demux::{Codec, Config, Container, Form, Opened, Packet, PacketReader, Track, TrackKind};
use crate::error::{Error, Result};
use crate::iamf::{DESCRIPTORS_LIMIT, Descriptors, HEADER_LIMIT, Header, Kind};
use crate::input::{Input, Window};

/// More frames than a unit has.
const FRAMES_LIMIT: usize = 4096;

/// Whether `head` starts with an IA sequence header.
pub(super) fn is_iamf(head: &[u8]) -> bool {
    Header::parse(head).is_ok_and(|header| {
        let payload = head.get(header.payload.start as usize..).unwrap_or_default();
        header.kind == Kind::SequenceHeader && payload.starts_with(b"iamf")
    })
}

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut window = input.window();
    let mut at = 0;
    while let Some(header) = header(&mut window, at)? {
        if !(header.kind.is_descriptor() || header.kind == Kind::Reserved) {
            break;
        }
        at += header.size;
        if at > DESCRIPTORS_LIMIT {
            return Err(Error::limit(format!("more than {DESCRIPTORS_LIMIT} bytes of descriptors")).at(at));
        }
    }
    let private = input.read_vec(0, at)?;
    let descriptors = Descriptors::parse(&private).map_err(|e| e.at(0))?;
    let reader = Reader { window, at, length: descriptors.frame_length.into(), number: 0, seen: Vec::new() };
    let mut track = Track::new(1, TrackKind::Coded(Codec::Iamf), input, reader);
    track.timescale = Some(descriptors.sample_rate);
    track.config = vec![Config { private: Some(private), ..Config::default() }];
    Ok(Opened { container: Container::Iamf, tracks: vec![track], notes: Vec::new() })
}

/// The header at `at` of an OBU that is there as a whole; none at the end.
fn header(window: &mut Window, at: u64) -> Result<Option<Header>> {
    let left = window.input().len().saturating_sub(at);
    if left == 0 {
        return Ok(None);
    }
    let header = Header::parse(window.at_most(at, HEADER_LIMIT)?).map_err(|e| e.at(at))?;
    if header.size > left {
        let message = format!("truncated: an IAMF OBU of {} bytes, {left} are left", header.size);
        return Err(Error::format(message).at(at));
    }
    Ok(Some(header))
}

struct Reader {
    window: Window,
    at: u64,
    length: u64,
    number: u64,
    /// Substreams of the unit.
    seen: Vec<u64>,
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let mut start = self.at;
        self.seen.clear();
        let mut parts = false;
        while let Some(header) = header(&mut self.window, self.at)? {
            match header.kind {
                Kind::SequenceHeader if !header.is_redundant => {
                    return Err(Error::unsupported("another IA sequence begins here; cut the stream there")
                        .at(self.at)
                        .clause("rule AUD-14"));
                }
                Kind::TemporalDelimiter if parts => break,
                kind if kind.is_descriptor() && parts => break,
                Kind::ParameterBlock if !self.seen.is_empty() => break,
                // What is not part of a sample.
                kind if kind.is_descriptor() || kind == Kind::TemporalDelimiter => {
                    self.at += header.size;
                    start = self.at;
                    continue;
                }
                Kind::AudioFrame(_) => {
                    let most = usize::try_from(header.size)
                        .unwrap_or(usize::MAX)
                        .min(header.payload.start as usize + 8);
                    let head = self.window.at_most(self.at, most)?;
                    let substream = header.substream(head).map_err(|e| e.at(self.at))?;
                    if self.seen.contains(&substream) {
                        break;
                    }
                    self.seen.push(substream);
                    if self.seen.len() > FRAMES_LIMIT {
                        return Err(Error::limit("more substreams than are handled").at(self.at));
                    }
                }
                _ => {}
            }
            parts = true;
            self.at += header.size;
        }
        if !parts {
            return Ok(None);
        }
        if self.seen.is_empty() {
            return Err(Error::format("a temporal unit without a frame").at(start).sample(self.number + 1));
        }
        let time = self.number.checked_mul(self.length).and_then(|time| i64::try_from(time).ok());
        let time = time.ok_or_else(|| Error::limit("too many frames"))?;
        self.number += 1;
        Ok(Some(Packet {
            offset: start,
            size: self.at - start,
            form: Form::LowOverhead,
            time: Some(time),
            composition_offset: 0,
            duration: Some(self.length),
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
    use crate::iamf::tests::{descriptors, obu};

    fn file(with_delimiters: bool) -> Vec<u8> {
        let mut out = descriptors();
        for _ in 0..3 {
            if with_delimiters {
                out.extend(obu(4, &[]));
            }
            out.extend(obu(3, &[1, 2]));
            out.extend(obu(6, b"abc"));
            out.extend(obu(5, b"\x20de"));
        }
        out
    }

    #[test]
    fn units_are_found_with_and_without_delimiters() {
        for (with, gap) in [(true, 16), (false, 14)] {
            let input = Input::from_bytes("a.iamf", file(with));
            let mut opened = open(&input, &Options::default()).unwrap();
            assert_eq!(opened.container, Container::Iamf);
            let (packets, error) = all_packets(&mut opened.tracks[0]);
            assert!(error.is_none(), "{error:?}");
            assert_eq!(packets.iter().map(|p| p.size).collect::<Vec<_>>(), [14; 3]);
            assert_eq!(packets[2].time, Some(1920));
            assert_eq!(packets[1].offset - packets[0].offset, gap);
        }
    }

    #[test]
    fn repeated_descriptors_are_left_out_and_new_ones_refused() {
        let mut bytes = file(false);
        let mut again = descriptors();
        let mut at = 0;
        while at < again.len() {
            again[at] |= 4;
            at += 2 + usize::from(again[at + 1]);
        }
        bytes.extend(&again);
        bytes.extend(obu(6, b"x"));
        let mut opened = open(&Input::from_bytes("a", bytes.clone()), &Options::default()).unwrap();
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none(), "{error:?}");
        assert_eq!((packets.len(), packets[3].size), (4, 3));
        bytes.extend(descriptors());
        let mut opened = open(&Input::from_bytes("a", bytes), &Options::default()).unwrap();
        assert!(all_packets(&mut opened.tracks[0]).1.unwrap().to_string().contains("another IA sequence"));
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(&file(true), Container::Iamf);
    }
}
