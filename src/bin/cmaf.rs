//! `cmaf`: packs, inspects, decrypts and extracts CMAF tracks.

use std::process::ExitCode;

fn main() -> ExitCode {
    showpack::cli::cmaf::main()
}
