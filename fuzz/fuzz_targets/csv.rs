//! The format `csv`, read, judged, and written in all formats.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../scripts.rs"]
mod scripts;

fuzz_target!(|data: &[u8]| scripts::convert(data, "csv"));
