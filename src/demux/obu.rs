//! The low-overhead bitstream format (AV1 § 5.2): OBUs one behind the other, each with its size.
//!
//! A temporal unit goes from one temporal delimiter to the next (AV1 § 7.5).

use crate::av1::{ObuHeader, ObuType};
use crate::demux::{Container, Form, Opened, Packet, PacketReader, Track, TrackKind};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

pub(super) fn open(input: &Input) -> Result<Opened> {
    let reader = Reader { window: input.window(), position: 0 };
    let track = Track::new(1, TrackKind::Av1, input, reader);
    Ok(Opened { container: Container::Obu, tracks: vec![track], notes: Vec::new() })
}

/// The header of the OBU at `at` and the offset behind the OBU.
pub(super) fn step(window: &mut Window, at: u64) -> Result<(ObuHeader, u64)> {
    let header = ObuHeader::parse(window.at_most(at, ObuHeader::MAX_LEN)?).map_err(|e| e.at(at))?;
    let Some(size) = header.payload_size else {
        let message = "the OBU has no size field, needed where OBUs stand one behind the other";
        return Err(Error::format(message).at(at).clause("AV1 § 5.2"));
    };
    let end = (at + header.len() as u64).checked_add(size);
    match end.filter(|end| *end <= window.input().len()) {
        Some(end) => Ok((header, end)),
        None => {
            let left = window.input().len() - at - header.len() as u64;
            Err(Error::format(format!("truncated: an OBU with {size} bytes of payload, {left} are left"))
                .at(at))
        }
    }
}

struct Reader {
    window: Window,
    position: u64,
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let start = self.position;
        let mut end = start;
        while end < self.window.input().len() {
            let (header, next) = step(&mut self.window, end)?;
            if header.kind == ObuType::TemporalDelimiter && end != start {
                break;
            }
            end = next;
        }
        self.position = end;
        Ok((end != start).then_some(Packet {
            offset: start,
            size: end - start,
            form: Form::LowOverhead,
            time: None,
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

    /// Delimiter, sequence header and frame; delimiter, frame with extension; all without sense inside.
    const STREAM: &[u8] =
        &[0x12, 0, 0x0a, 3, 1, 2, 3, 0x32, 4, 1, 2, 3, 4, 0x12, 0, 0x36, 0x08, 2, 1, 2, 0x12, 0, 0x32, 1, 9];

    #[test]
    fn a_packet_is_a_temporal_unit() {
        let mut opened = open(&Input::from_bytes("a.obu", STREAM.to_vec()), &Options::default()).unwrap();
        assert_eq!((opened.container, opened.tracks[0].timescale), (Container::Obu, None));
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none());
        let ranges: Vec<_> = packets.iter().map(|p| (p.offset, p.size)).collect();
        assert_eq!(ranges, [(0, 13), (13, 7), (20, 5)]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let message = |bytes: &[u8]| {
            let mut opened = open(&Input::from_bytes("a", bytes.to_vec()), &Options::default()).unwrap();
            all_packets(&mut opened.tracks[0]).1.unwrap().to_string()
        };
        assert_eq!(
            message(&STREAM[..12]),
            "a: byte 7: truncated: an OBU with 4 bytes of payload, 3 are left"
        );
        let mut no_size = STREAM.to_vec();
        no_size[22] = 0x30;
        assert_eq!(
            message(&no_size),
            "a: byte 22: the OBU has no size field, needed where OBUs stand one behind the other (AV1 § 5.2)"
        );
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(STREAM, Container::Obu);
    }
}
