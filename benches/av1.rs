//! Parsing OBUs: time for each, over a whole stream.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use showpack::av1::{self, ObuHeader, Parser, WindowPayload};
use showpack::{Input, Result};

const STREAMS: [&str; 2] = ["grain", "tinytiles"];

fn main() {
    divan::main();
}

/// The OBUs of a fixture, one behind the other.
fn stream(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/av1/{name}.ivf", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).expect("fixtures are part of the crate");
    let mut out = Vec::new();
    let mut rest = &file[32..];
    while let Some((header, body)) = rest.split_first_chunk::<12>() {
        let size = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        out.extend_from_slice(&body[..size]);
        rest = &body[size..];
    }
    out
}

/// Items are OBUs.
#[divan::bench(args = STREAMS)]
fn from_memory(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = stream(name);
    let mut tiles = Vec::new();
    bencher.counter(ItemsCount::new(av1::obus(&bytes).count())).bench_local(|| -> Result<()> {
        let mut parser = Parser::new();
        for obu in av1::obus(&bytes) {
            let obu = obu?;
            let mut payload = obu.payload;
            tiles.clear();
            black_box(parser.obu(&obu.header, &mut payload, &mut tiles)?);
        }
        Ok(())
    });
}

/// Items are OBUs.
#[divan::bench(args = STREAMS)]
fn through_a_window(bencher: Bencher<'_, '_>, name: &str) {
    let bytes = stream(name);
    let items = ItemsCount::new(av1::obus(&bytes).count());
    let input = Input::from_bytes(name, bytes);
    let mut tiles = Vec::new();
    bencher.counter(items).bench_local(|| -> Result<()> {
        let mut parser = Parser::new();
        let mut window = input.window();
        let mut offset = 0;
        while offset < input.len() {
            let header = ObuHeader::parse(window.at_most(offset, ObuHeader::MAX_LEN)?)?;
            offset += header.len() as u64;
            let size = header.payload_size.unwrap_or(input.len() - offset);
            tiles.clear();
            let mut payload = WindowPayload::new(&mut window, offset, size)?;
            black_box(parser.obu(&header, &mut payload, &mut tiles)?);
            offset += size;
        }
        Ok(())
    });
}
