//! `ttal fmt`.

use clap::Args;

use super::super::{print, terminal};
use super::files::{self, InputArgs, PIPE};
use crate::error::{Error, Result};
use crate::formats::{ReadOptions, WriteOptions};
use crate::ttal::convert::is_script;

/// Write scripts in their canonical form, or check that they have it
///
/// The same script always has the same bytes: keys in fixed order, two spaces, line feeds, UTF-8 without byte order
/// mark. The canonical form of one file goes to standard output unless --write or --output says otherwise.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FmtArgs {
    /// Scripts: TTAL or DAPT; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<String>,
    /// Change nothing; list the files that are not in canonical form, and exit with 1 if there are any
    #[arg(long, conflicts_with_all = ["write", "output"])]
    check: bool,
    /// Replace each file by its canonical form
    #[arg(short, long, conflicts_with = "output")]
    write: bool,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  In a pre-commit check:
    ttal fmt --check scripts/*.ttal
  Bring files in order:
    ttal fmt --write episode.ttal";

/// Runs the command.
pub(super) fn run(arguments: &FmtArgs) -> Result<u8> {
    if arguments.inputs.len() > 1 && !arguments.check && !arguments.write {
        return Err(Error::usage("several files need --check or --write"));
    }
    let mut code = 0;
    let mut is_off = false;
    for path in &arguments.inputs {
        let result = files::read_bytes(path).and_then(|original| Ok((format(path, &original)?, original)));
        let Some((formatted, original)) = files::one_of_many(result, &arguments.inputs, &mut code)? else {
            continue;
        };
        if arguments.check {
            if formatted != original {
                print(&format!("{}: not in canonical form\n", files::display_name(path)))?;
                is_off = true;
            }
        } else if arguments.write && path != PIPE {
            if formatted != original {
                files::write_output(path, true, |out| {
                    out.write_all(&formatted).map_err(|e| Error::io("cannot write", e).in_file(path))
                })?;
                print(&format!("{path}: written in canonical form\n"))?;
            }
        } else {
            let output = arguments.output.as_deref().unwrap_or(PIPE);
            files::write_output(output, arguments.force, |out| {
                out.write_all(&formatted).map_err(|e| Error::io("cannot write", e).in_file(output))
            })?;
        }
    }
    if is_off {
        code = code.max(1);
        terminal::note("`ttal fmt --write FILE` brings a file in order");
    }
    Ok(code)
}

fn format(path: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let opened = InputArgs::default().open_bytes(path, bytes.to_vec(), &ReadOptions::default())?;
    let Some(write) = opened.format.write.filter(|_| is_script(opened.format)) else {
        return Err(Error::unsupported(format!(
            "is {}; scripts in TTAL or DAPT have a canonical form",
            opened.format.title
        ))
        .in_file(opened.source.name()));
    };
    opened.warn();
    let mut losses = opened.notes.losses.clone();
    let mut formatted = Vec::with_capacity(bytes.len());
    write(&opened.script, &WriteOptions::default(), &mut losses, &mut formatted)?;
    files::tell_losses(&losses, opened.format);
    Ok(formatted)
}
