//! `cmaf`: packs, inspects, decrypts and extracts CMAF tracks.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    showpack::cli::cmaf::main()
}
