//! IVF, down to its samples.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../shared.rs"]
mod shared;

fuzz_target!(|data: &[u8]| shared::read_samples(data, Some(showpack::demux::Container::Ivf)));
