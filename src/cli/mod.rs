//! Command-line interfaces: arguments, checked jobs, and what is printed.

pub mod cmaf;
mod keys;
mod progress;
mod terminal;
pub mod ttal;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;

use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::findings::{self, Format, Report};

/// What the process works on, for the signal handler.
static CONTROL: Control = Control::new();

/// Lets an interrupt or a termination signal stop the work in good order; a second one ends the process at once.
fn stop_on_signals() {
    // Fails only where a handler is set already, and then that one serves.
    let _ = ctrlc::set_handler(|| {
        if CONTROL.is_stopped() {
            std::process::exit(ErrorKind::Interrupted.exit_code().into());
        }
        CONTROL.stop();
    });
}

/// The exit code for a result; an error is printed first. A reader that went away is no error.
fn exit_code(result: Result<u8>) -> ExitCode {
    match result {
        Ok(code) => code.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::error(&error.to_string());
            error.kind().exit_code().into()
        }
    }
}

fn is_broken_pipe(error: &Error) -> bool {
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref::<io::Error>());
    source.is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints text on standard output.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| Error::io("cannot write to standard output", e))
}

/// Prints the report of a checker on standard output, then what could not be checked on standard error. Gives the exit code:
/// the worse of the two.
fn print_report(report: &Report, format: Format, failures: &[Error]) -> Result<u8> {
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = io::BufWriter::new(stdout.lock());
    findings::write(report, format, colour, &mut out)
        .and_then(|()| out.flush())
        .map_err(|e| Error::io("cannot write to standard output", e))?;
    drop(out);
    let mut code = report.exit_code();
    for error in failures {
        terminal::error(&error.to_string());
        code = code.max(error.kind().exit_code());
    }
    Ok(code)
}

/// Prints a value as JSON, indented, with a line end.
fn print_json(value: &impl Serialize) -> Result<()> {
    let cannot = |e: serde_json::Error| Error::io("cannot write to standard output", e.into());
    let mut text = serde_json::to_string_pretty(value).map_err(cannot)?;
    text.push('\n');
    print(&text)
}
