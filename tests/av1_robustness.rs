//! The AV1 parser on broken and random input: it must end with a value or an error, and never promise bytes that
//! are not there. What is random here is the same in each run.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::ops::Range;

use showpack::av1::{self, FrameEvent, Obu, ObuHeader, ObuType, Parser, WindowPayload};
use showpack::{ErrorKind, Input};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

/// Counts what came of each OBU.
#[derive(Debug, Default)]
struct Outcome {
    frames: usize,
    others: usize,
    errors: usize,
}

/// Feeds one OBU and checks what can be said of any result.
fn feed(parser: &mut Parser, header: &ObuHeader, payload: &[u8], outcome: &mut Outcome) {
    let own = [7..8, 9..10];
    let mut tiles = own.to_vec();
    let mut source = payload;
    let result = parser.obu(header, &mut source, &mut tiles);
    let (before, tiles) = tiles.split_at(2);
    assert_eq!(before, own);
    check_tiles(tiles, payload.len() as u64);
    match result {
        Ok(Obu::Frame(event) | Obu::FrameHeader(event)) => {
            check_event(&event);
            if let Some(frame) = parser.frame() {
                assert!(frame.frame_width <= frame.upscaled_width);
            }
            outcome.frames += 1;
        }
        Ok(_) => outcome.others += 1,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Format | ErrorKind::Unsupported), "{error}");
            assert!(tiles.is_empty(), "{error}");
            outcome.errors += 1;
        }
    }
}

fn check_tiles(tiles: &[Range<u64>], len: u64) {
    let mut end = 0;
    for tile in tiles {
        assert!(end <= tile.start && tile.start < tile.end && tile.end <= len, "{tiles:?} of {len}");
        end = tile.end;
    }
}

fn check_event(event: &FrameEvent) {
    assert!((1..=1 << 16).contains(&event.upscaled_width) && (1..=1 << 16).contains(&event.frame_height));
    assert!((1..=1 << 16).contains(&event.render_width) && (1..=1 << 16).contains(&event.render_height));
    assert!((1..=64).contains(&event.tile_cols) && (1..=64).contains(&event.tile_rows));
    assert!(event.references.iter().flatten().all(|&serial| serial < event.serial));
    assert!(event.header_bits > 0 && event.header_bits <= 1024 * 8);
    assert_eq!(event.check_references().is_ok(), event.missing_slots == 0);
}

/// The OBUs of a fixture.
fn stream(name: &str) -> Vec<(ObuHeader, Vec<u8>)> {
    let path = format!("{}/fixtures/av1/{name}.ivf", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).unwrap();
    let mut out = Vec::new();
    let mut rest = &file[32..];
    while let Some((header, body)) = rest.split_first_chunk::<12>() {
        let size = u32::from_le_bytes(header[..4].try_into().unwrap()) as usize;
        for obu in av1::obus(&body[..size]) {
            let obu = obu.unwrap();
            out.push((obu.header, obu.payload.to_vec()));
        }
        rest = &body[size..];
    }
    out
}

#[test]
fn flipped_bytes() {
    let mut random = Random(0x1234_5678_9abc_def1);
    for name in ["grain", "tinytiles"] {
        let good = stream(name);
        let mut outcome = Outcome::default();
        for _ in 0..1500 {
            let mut obus = good.clone();
            for _ in 0..1 + random.below(6) {
                let i = random.below(obus.len());
                let payload = &mut obus[i].1;
                match random.below(8) {
                    0 => payload.truncate(random.below(payload.len() + 1)),
                    1 => obus[i].0.kind = ObuType::from_bits(random.next() as u8),
                    _ if payload.is_empty() => payload.push(random.next() as u8),
                    // Mostly headers: tile data is never read.
                    _ => {
                        let at = random.below(payload.len().min(40));
                        payload[at] ^= random.next() as u8;
                    }
                }
            }
            let mut parser = Parser::new();
            for (header, payload) in &obus {
                feed(&mut parser, header, payload, &mut outcome);
            }
        }
        println!("{name}: {outcome:?}");
        assert!(outcome.frames > outcome.errors && outcome.errors > 1000);
    }
}

#[test]
fn random_headers() {
    let mut random = Random(0x0fed_cba9_8765_4321);
    let sequence_header = ObuHeader::parse(&[0x08]).unwrap();
    let frame = ObuHeader::parse(&[0x34, 0x00]).unwrap();
    let mut outcome = Outcome::default();
    for _ in 0..3000 {
        let mut parser = Parser::new();
        // The first way to cut the bytes and end them with a one that makes a sequence header, if any.
        let bytes = random.bytes(80);
        let sequence = (1..80).find_map(|len| {
            (0..8).find_map(|bit| {
                let mut bytes = bytes[..len].to_vec();
                let last = bytes.last_mut().unwrap();
                *last = *last & (0xff << bit) | 1 << bit;
                av1::SequenceHeader::parse(&bytes).is_ok().then_some(bytes)
            })
        });
        let Some(sequence) = sequence else { continue };
        feed(&mut parser, &sequence_header, &sequence, &mut outcome);
        for _ in 0..20 {
            // Few bits set: most of them ask for more of something.
            let mut payload = random.bytes(600);
            if random.below(2) == 0 {
                let mask = random.bytes(600);
                payload.iter_mut().zip(mask).for_each(|(byte, mask)| *byte &= mask);
            }
            let mut header = frame;
            header.kind = if random.below(4) == 0 { ObuType::TileGroup } else { ObuType::FrameHeader };
            for _ in 0..4 {
                feed(&mut parser, &header, &payload, &mut outcome);
                header.kind = ObuType::Frame;
                payload[random.below(60)] = 0;
            }
        }
    }
    println!("{outcome:?}");
    assert!(outcome.errors > 1000);
}

#[test]
fn a_window_gives_the_same_as_memory() {
    for name in ["grain", "tinytiles"] {
        let obus = stream(name);
        let input = Input::from_bytes(name, obus.iter().flat_map(|(_, payload)| payload.clone()).collect());
        let mut window = input.window();
        let (mut from_memory, mut from_window) = (Parser::new(), Parser::new());
        let mut offset = 0;
        for (header, payload) in &obus {
            let len = payload.len() as u64;
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            let mut in_memory = &payload[..];
            let mut in_file = WindowPayload::new(&mut window, offset, len).unwrap();
            let expected = from_memory.obu(header, &mut in_memory, &mut ours).unwrap();
            assert_eq!(from_window.obu(header, &mut in_file, &mut theirs).unwrap(), expected);
            assert_eq!(ours, theirs);
            offset += len;
        }
        assert_eq!(from_memory.frame(), from_window.frame());
        // A file that ends within a payload says where.
        let mut in_file = WindowPayload::new(&mut window, offset - 5, 100).unwrap();
        let frame = ObuHeader::parse(&[0x30]).unwrap();
        let error = from_window.obu(&frame, &mut in_file, &mut Vec::new()).unwrap_err();
        assert_eq!(error.offset(), Some(offset));
    }
}
