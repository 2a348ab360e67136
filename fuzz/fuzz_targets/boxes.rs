//! Box reading: the tree of any bytes, and trees for rewriting.
#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::Input;
use showpack::isobmff::{RawBox, Writer, read_box, top_level};

fuzz_target!(|data: &[u8]| {
    let input = Input::from_bytes("input", data.to_vec());
    for header in top_level(&input) {
        let Ok(header) = header else { break };
        let Ok(loaded) = read_box(&input, &header, 1 << 20) else { continue };
        let child = loaded.as_child();
        if let Ok(tree) = RawBox::read(&child) {
            let mut w = Writer::new();
            w.put(&tree);
        }
    }
});
