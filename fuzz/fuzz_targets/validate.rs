//! Files through all rules of `cmaf validate`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::control::Control;
use showpack::{Input, validate};

fuzz_target!(|data: &[u8]| {
    let input = Input::from_bytes("fuzz", data.to_vec());
    let options = validate::Options { profiles: Some(validate::Profile::ALL.to_vec()), ..Default::default() };
    let _ = validate::track(&[input], &options, &Control::new());
});
