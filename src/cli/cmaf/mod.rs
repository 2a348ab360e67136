//! `cmaf`: the commands.

mod decrypt;
mod explain;
mod extract;
mod inspect;
mod pack;
mod validate;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{CONTROL, exit_code, stop_on_signals};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::pack::STANDARD_INPUT;

/// Packs AV1 as CMAF: indexed, segmented, encrypted. Looks into such files, decrypts them, takes them apart.
#[derive(Parser)]
#[command(name = "cmaf", version, subcommand_required = true, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cmaf {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  findings
  2  the arguments make no sense, or a key is missing
  3  the input is broken or not supported
  4  the environment failed: I/O error, disk full, interrupted; trying again may help";

#[derive(Subcommand)]
enum Command {
    Pack(Box<pack::PackArgs>),
    Decrypt(Box<decrypt::DecryptArgs>),
    Extract(Box<extract::ExtractArgs>),
    Inspect(Box<inspect::InspectArgs>),
    Validate(Box<validate::ValidateArgs>),
    Explain(Box<explain::ExplainArgs>),
}

/// Runs the tool.
pub fn main() -> ExitCode {
    match Cmaf::try_parse() {
        Ok(arguments) => {
            stop_on_signals();
            exit_code(match &arguments.command {
                Command::Pack(arguments) => pack::run(arguments, &CONTROL),
                Command::Decrypt(arguments) => decrypt::run(arguments, &CONTROL),
                Command::Extract(arguments) => extract::run(arguments, &CONTROL),
                Command::Inspect(arguments) => inspect::run(arguments, &CONTROL),
                Command::Validate(arguments) => validate::run(arguments, &CONTROL),
                Command::Explain(arguments) => explain::run(arguments),
            })
        }
        Err(e) => {
            // Standard output may be closed.
            let _ = e.print();
            ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2))
        }
    }
}

/// Opens a file, or takes in standard input.
fn open_input(path: &str) -> Result<Input> {
    if path == STANDARD_INPUT {
        return Input::spool(STANDARD_INPUT, io::stdin().lock());
    }
    if looks_like_a_key(path) {
        return Err(Error::usage("an argument looks like a key; give keys with --key or --key-file"));
    }
    Input::open(path)
}

/// Whether an argument is `KID:KEY`. It must not be repeated in a message.
fn looks_like_a_key(text: &str) -> bool {
    let hex = |part: &str| part.len() >= 32 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let pair = text.split_once('=').map_or(text, |(_, pair)| pair);
    pair.split_once(':').is_some_and(|(kid, key)| hex(kid) && hex(key))
}
