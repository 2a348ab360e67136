//! `ttal`: localization scripts.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    showpack::cli::ttal::main()
}
