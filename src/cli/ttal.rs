//! `ttal`: what it will be, for now.

use std::process::ExitCode;

use clap::Parser;

/// Localization scripts: validated, converted, compared.
///
/// This version has no commands yet: it answers --help and --version only.
#[derive(Debug, Parser)]
#[command(name = "ttal", version, arg_required_else_help = true)]
struct Ttal {}

/// Runs the tool.
pub fn main() -> ExitCode {
    match Ttal::try_parse() {
        Ok(Ttal {}) => ExitCode::SUCCESS,
        Err(e) => {
            // Standard output may be closed.
            let _ = e.print();
            ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2))
        }
    }
}
