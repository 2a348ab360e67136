//! The length-delimited bitstream format (AV1 Annex B): temporal units of frame units of OBUs, each with a length.

use crate::av1::read_leb128;
use crate::demux::{Container, Form, Opened, Packet, PacketReader, Track, TrackKind};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// The most bytes that a leb128() has (AV1 § 4.10.5).
pub(super) const LEB128_MAX: usize = 8;

pub(super) fn open(input: &Input) -> Result<Opened> {
    let reader = Reader { window: input.window(), position: 0 };
    let track = Track::new(1, TrackKind::Av1, input, reader);
    Ok(Opened { container: Container::AnnexB, tracks: vec![track], notes: Vec::new() })
}

struct Reader {
    window: Window,
    position: u64,
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let at = self.position;
        let len = self.window.input().len();
        if at >= len {
            return Ok(None);
        }
        let here = |e: Error| e.at(at).within("temporal_unit_size");
        let (size, size_len) = read_leb128(self.window.at_most(at, LEB128_MAX)?).map_err(here)?;
        let offset = at + size_len as u64;
        if size > len - offset {
            let left = len - offset;
            return Err(Error::format(format!(
                "truncated: a temporal unit of {size} bytes, {left} are left"
            ))
            .at(at));
        }
        if size == 0 {
            let message = "the temporal unit is empty, it must start with a temporal delimiter";
            return Err(Error::format(message).at(at).clause("AV1 Annex B"));
        }
        self.position = offset + size;
        Ok(Some(Packet {
            offset,
            size,
            form: Form::AnnexBTemporalUnit,
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

    /// Two temporal units: delimiter, sequence header, frame (two frame units); delimiter, frame with a size field.
    const STREAM: &[u8] = &[
        14, 8, 1, 0x10, 5, 0x08, 1, 2, 3, 4, 4, 3, 0x30, 7, 7, // first unit
        8, 7, 1, 0x10, 4, 0x32, 2, 9, 9, // second unit
    ];

    #[test]
    fn a_packet_is_the_content_of_a_temporal_unit() {
        let mut opened = open(&Input::from_bytes("a.obu", STREAM.to_vec()), &Options::default()).unwrap();
        assert_eq!(opened.container, Container::AnnexB);
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none());
        let ranges: Vec<_> = packets.iter().map(|p| (p.offset, p.size, p.form)).collect();
        assert_eq!(ranges, [(1, 14, Form::AnnexBTemporalUnit), (16, 8, Form::AnnexBTemporalUnit)]);
    }

    #[test]
    fn what_is_wrong_is_said_at_its_place() {
        let options = Options { container: Some(Container::AnnexB) };
        let message = |bytes: &[u8]| {
            let mut opened = open(&Input::from_bytes("a", bytes.to_vec()), &options).unwrap();
            all_packets(&mut opened.tracks[0]).1.unwrap().to_string()
        };
        assert_eq!(message(&STREAM[..23]), "a: byte 15: truncated: a temporal unit of 8 bytes, 7 are left");
        assert_eq!(
            message(&[0]),
            "a: byte 0: the temporal unit is empty, it must start with a temporal delimiter (AV1 Annex B)"
        );
        assert!(message(&[0x80]).starts_with("a: byte 0, temporal_unit_size: "));
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(STREAM, Container::AnnexB);
    }
}
