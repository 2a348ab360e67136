//! `ttal roundtrip`.

use clap::Args;
use serde::Serialize;

use super::super::{print, print_json};
use super::files::{self, display_name};
use crate::error::Result;
use crate::findings::printable::printable;
use crate::formats::Loss;
use crate::ttal::normal::Difference;
use crate::ttal::roundtrip;
use crate::ttal::source::{Decoding, Source};

/// Prove that a script survives the way from TTAL to DAPT and back, or from DAPT to TTAL and back
///
/// The script is written in the other format and read again, and the two are compared by what they say: inherited
/// values, times and language tags by their meaning. A difference gives exit code 1.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RoundTripArgs {
    /// Scripts, TTAL or DAPT; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  Before a script is handed to a DAPT tool:
    ttal roundtrip episode.ttal";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileResult<'a> {
    file: &'a str,
    way: &'static str,
    equal: bool,
    differences: Vec<Difference>,
    losses: Vec<Loss>,
}

/// Runs the command.
pub(super) fn run(arguments: &RoundTripArgs) -> Result<u8> {
    let mut code = 0;
    let mut results = Vec::new();
    for path in &arguments.inputs {
        let bytes = files::read_bytes(path);
        let source = bytes.and_then(|bytes| Source::decode(display_name(path), bytes, Decoding::Strict));
        let result = source.and_then(|source| roundtrip::check(&source));
        let Some(outcome) = files::one_of_many(result, &arguments.inputs, &mut code)? else { continue };
        code = code.max(u8::from(!outcome.differences.is_empty()));
        results.push(FileResult {
            file: display_name(path),
            way: outcome.way,
            equal: outcome.differences.is_empty(),
            losses: outcome.losses.report(),
            differences: outcome.differences,
        });
    }
    if arguments.json {
        print_json(&results)?;
        return Ok(code);
    }
    for result in &results {
        let verdict =
            if result.equal { "equal".into() } else { files::count(result.differences.len(), "difference") };
        print(&format!("{}: {}: {verdict}\n", result.file, result.way))?;
        for difference in &result.differences {
            let side = |value: &Option<String>| {
                value.as_deref().map_or_else(|| "nothing".into(), |v| printable(v).into_owned())
            };
            let (left, right) = (side(&difference.left), side(&difference.right));
            print(&format!("  {}: {left} became {right}\n", printable(&difference.pointer)))?;
        }
        for loss in &result.losses {
            print(&format!("  {}: {} (no difference by design)\n", loss.code, printable(&loss.detail)))?;
        }
    }
    Ok(code)
}
