//! `ttal`: the commands.

mod convert;
mod derive;
mod explain;
mod files;
mod fmt;
mod new;
mod retime;
mod schema;
mod show;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::{exit_code, stop_on_signals};

/// Localization scripts: validated, converted without loss to and from W3C DAPT, handed on from stage to stage.
///
/// TTAL is the JSON form of a script: who speaks, when, in which language, and how each line came to be.
#[derive(Parser)]
#[command(name = "ttal", version, subcommand_required = true, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Ttal {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  findings, or a loss that must not be
  2  the arguments make no sense, or a fact is missing
  3  the input is broken or not supported
  4  the environment failed: I/O error, disk full, interrupted; trying again may help";

#[derive(Subcommand)]
enum Command {
    Validate(Box<validate::ValidateArgs>),
    Explain(Box<explain::ExplainArgs>),
    Schema(Box<schema::SchemaArgs>),
    Convert(Box<convert::ConvertArgs>),
    Show(Box<show::ShowArgs>),
    Derive(Box<derive::DeriveArgs>),
    Retime(Box<retime::RetimeArgs>),
    New(Box<new::NewArgs>),
    Fmt(Box<fmt::FmtArgs>),
}

/// Runs the tool.
pub fn main() -> ExitCode {
    match Ttal::try_parse() {
        Ok(arguments) => {
            stop_on_signals();
            exit_code(match &arguments.command {
                Command::Validate(arguments) => validate::run(arguments),
                Command::Explain(arguments) => explain::run(arguments),
                Command::Schema(arguments) => schema::run(arguments),
                Command::Convert(arguments) => convert::run(arguments),
                Command::Show(arguments) => show::run(arguments),
                Command::Derive(arguments) => derive::run(arguments),
                Command::Retime(arguments) => retime::run(arguments),
                Command::New(arguments) => new::run(arguments),
                Command::Fmt(arguments) => fmt::run(arguments),
            })
        }
        Err(e) => {
            // Standard output may be closed.
            let _ = e.print();
            ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2))
        }
    }
}
