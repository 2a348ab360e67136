//! `ttal`: localization scripts.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Scripts are many small pieces; the system's allocator spends a third of a conversion on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    showpack::cli::ttal::main()
}
