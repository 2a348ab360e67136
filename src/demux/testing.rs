//! What the tests of all containers use.

use crate::demux::{Container, Options, Packet, Track, open};
use crate::error::Error;
use crate::input::Input;

/// Reads a track to its end or first error.
pub(crate) fn all_packets(track: &mut Track) -> (Vec<Packet>, Option<Error>) {
    let mut packets = Vec::new();
    loop {
        match track.reader.next_packet() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => return (packets, None),
            Err(error) => {
                assert!(track.reader.next_packet().unwrap().is_none(), "a packet after an error");
                return (packets, Some(error));
            }
        }
        assert!(packets.len() < 1_000_000, "packets without end");
    }
}

/// Opens a file as found and as `container`, reads all packets and checks that they are inside the payload.
pub(crate) fn exhaust(bytes: &[u8], container: Container) {
    let input = Input::from_bytes("mutated", bytes.to_vec());
    for container in [None, Some(container)] {
        let Ok(mut opened) = open(&input, &Options { container }) else { continue };
        for track in &mut opened.tracks {
            let len = track.payload.len();
            assert!(!track.config.is_empty());
            for packet in all_packets(track).0 {
                assert!(packet.offset.checked_add(packet.size).is_some_and(|end| end <= len), "{packet:?}");
                assert!((packet.description as usize).wrapping_sub(1) < track.config.len(), "{packet:?}");
            }
        }
    }
}

/// Does [`exhaust`] with each prefix of `bytes`, and with many copies that have a few bytes changed, always the same.
pub(crate) fn mutate(bytes: &[u8], container: Container) {
    for len in (0..bytes.len()).step_by(bytes.len() / 500 + 1) {
        exhaust(&bytes[..len], container);
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for _ in 0..3000 {
        let mut mutated = bytes.to_vec();
        for _ in 0..=random(3) {
            let at = random(mutated.len());
            match random(4) {
                0 => mutated[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)],
                1 => mutated[at] = random(256) as u8,
                2 => mutated[at] ^= 1 << random(8),
                _ => {
                    for byte in mutated.iter_mut().skip(at).take(4) {
                        *byte = 0xff;
                    }
                }
            }
        }
        exhaust(&mutated, container);
    }
}
