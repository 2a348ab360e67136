//! `ttal`: localization scripts.

use std::process::ExitCode;

fn main() -> ExitCode {
    showpack::cli::ttal::main()
}
