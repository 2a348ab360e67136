//! OBU headers, sequence and frame headers, tile layouts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::av1::{Parser, obus};

fuzz_target!(|data: &[u8]| {
    let mut parser = Parser::new();
    let mut tiles = Vec::new();
    for obu in obus(data) {
        let Ok(obu) = obu else { return };
        tiles.clear();
        let mut payload = obu.payload;
        // Decoders go on after a broken OBU, so the state must bear that.
        if parser.obu(&obu.header, &mut payload, &mut tiles).is_ok() {
            for tile in &tiles {
                assert!(tile.start <= tile.end && tile.end <= obu.payload.len() as u64);
            }
            assert!(tiles.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
});
