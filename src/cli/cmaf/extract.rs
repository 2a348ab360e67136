//! `cmaf extract`.

use std::path::PathBuf;

use clap::Args;

use super::super::keys::KeyArgs;
use super::super::{print, print_json, terminal};
use super::open_input;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::extract::{self, Framing, Options};
use crate::time::FrameRate;

/// Write the elementary stream of an AV1 track: OBU stream, Annex B or IVF
///
/// The output's name tells the format: .obu (low-overhead OBU stream), .av1b (Annex B) or .ivf. An encrypted track is
/// decrypted with the keys given.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExtractArgs {
    /// File to read; `-` is standard input
    #[arg(value_name = "FILE")]
    input: String,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Write Annex B, whatever the output's name
    #[arg(long)]
    annexb: bool,
    /// Which AV1 track to take, from 1, where there are several
    #[arg(long, value_name = "N")]
    track: Option<usize>,
    /// The init segment of an input that is a media segment
    #[arg(long, value_name = "FILE")]
    init: Option<String>,
    /// Frames per second, for IVF from an input without times
    #[arg(long, value_name = "N/D")]
    frame_rate: Option<String>,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    keys: KeyArgs,
    /// Print a JSON report on standard output
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  Take the stream out for a decoder:
    cmaf extract out/movie.mp4 -o movie.ivf
  Out of an encrypted track:
    cmaf extract out/movie.mp4 -o movie.obu --key-file keys.json";

/// Runs the command.
pub(super) fn run(arguments: &ExtractArgs, control: &Control) -> Result<u8> {
    let framing = if arguments.annexb { Framing::AnnexB } else { Framing::of_name(&arguments.output)? };
    let frame_rate = arguments.frame_rate.as_deref().map(str::parse::<FrameRate>).transpose();
    let options = Options {
        framing,
        track: arguments.track,
        frame_rate: frame_rate.map_err(|e| Error::usage(format!("--frame-rate: {e}")))?,
        force: arguments.force,
    };
    let keys = arguments.keys.read()?;
    let input = match &arguments.init {
        Some(init) => crate::Input::concat(vec![open_input(init)?, open_input(&arguments.input)?]),
        None => open_input(&arguments.input)?,
    };
    let report = extract::run(&input, &arguments.output, &options, &keys, control)?;
    if !arguments.quiet {
        report.warnings.iter().for_each(|w| terminal::warning(&format!("{}: {w}", input.name())));
    }
    if arguments.json {
        print_json(&report)?;
    } else if !arguments.quiet {
        print(&format!(
            "{}: {}, {} temporal units\n",
            arguments.output.display(),
            report.codec,
            report.temporal_units
        ))?;
    }
    Ok(0)
}
