//! Decryption of any bytes, with a key for every key ID in the seeds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::cenc::KeyRing;
use showpack::control::Control;
use showpack::decrypt::{Source, to_temporary};
use showpack::Input;

fuzz_target!(|data: &[u8]| {
    let mut keys = KeyRing::new();
    for kid in ["00112233445566778899aabbccddeeff", "31323334353637383930313233343536", "a1b2c3d4e5f60718293a4b5c6d7e8f90"] {
        keys.add_pair(&format!("{kid}:0123456789abcdeffedcba9876543210")).expect("a key");
    }
    let source = Source { input: Input::from_bytes("input", data.to_vec()), init: None };
    if let Ok((clear, _)) = to_temporary(&source, &keys, &Control::new()) {
        assert!(clear.len() <= data.len() as u64, "decryption takes boxes out");
    }
});
