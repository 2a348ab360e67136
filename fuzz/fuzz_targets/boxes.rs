//! Box reading: the description of any bytes, and trees for rewriting.
#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::Input;
use showpack::isobmff::{DumpOptions, RawBox, dump, read_box, top_level};

fuzz_target!(|data: &[u8]| {
    let input = Input::from_bytes("input", data.to_vec());
    if let Ok(nodes) = dump(&input, &DumpOptions::default()) {
        for node in nodes {
            assert!(!node.to_string().is_empty());
        }
    }
    for header in top_level(&input) {
        let Ok(header) = header else { break };
        let Ok(loaded) = read_box(&input, &header, 1 << 20) else { continue };
        if let Ok(tree) = RawBox::read(&loaded.as_child()) {
            assert_eq!(tree.to_bytes(), &data[header.offset as usize..header.end() as usize], "unedited is unchanged");
        }
    }
});
