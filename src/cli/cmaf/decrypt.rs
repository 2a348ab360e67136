//! `cmaf decrypt`.

use std::path::PathBuf;

use clap::Args;

use super::super::keys::KeyArgs;
use super::super::{print, print_json, progress, terminal};
use super::open_input;
use crate::control::Control;
use crate::decrypt::{self, KeyCheck, Report, Source};
use crate::error::Result;

/// Decrypt an MP4 file, fragmented or not, whichever tool encrypted it
///
/// Every track that is protected by Common Encryption (cbcs, cenc, cbc1, cens) becomes clear again; all else stays as it is.
/// Keys may change within a track. A key that does not fit is told where the bytes show it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DecryptArgs {
    /// File to decrypt; `-` is standard input
    #[arg(value_name = "FILE")]
    input: String,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The init segment of an input that is a media segment
    #[arg(long, value_name = "FILE")]
    init: Option<String>,
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
  A track file, the key in a file:
    cmaf decrypt out/movie.mp4 -o clear.mp4 --key-file keys.json
  The init segment and a media segment of a presentation:
    cmaf decrypt init.mp4 -o clear-init.mp4
    cmaf decrypt 1.m4s --init init.mp4 -o clear-1.m4s --key-file keys.json";

/// Runs the command.
pub(super) fn run(arguments: &DecryptArgs, control: &Control) -> Result<u8> {
    let keys = arguments.keys.read()?;
    let init = arguments.init.as_deref().map(open_input).transpose()?;
    let source = Source { input: open_input(&arguments.input)?, init };
    let quiet = arguments.quiet || arguments.json;
    let report = progress::with_bar(control, quiet, || {
        decrypt::run(&source, &keys, &arguments.output, arguments.force, control)
    })?;
    if !arguments.quiet {
        report.warnings.iter().for_each(|w| terminal::warning(&format!("{}: {w}", source.input.name())));
    }
    if arguments.json {
        print_json(&report)?;
    } else if !arguments.quiet {
        print(&summary(&report, arguments))?;
    }
    Ok(0)
}

fn summary(report: &Report, arguments: &DecryptArgs) -> String {
    let mut text = format!("{}\n", arguments.output.display());
    for track in &report.tracks {
        let kids: Vec<String> = track.kids.iter().map(ToString::to_string).collect();
        let check = match track.key_check {
            KeyCheck::Passed => "the key fits",
            KeyCheck::NotPossible | KeyCheck::Failed => "whether the key fits, the bytes do not tell",
        };
        let keys = if kids.is_empty() { "none needed".to_string() } else { kids.join(", ") };
        text.push_str(&format!(
            "  track {}     {}, was {}; {} samples decrypted\n  key ID      {keys}; {check}\n",
            track.id, track.codec, track.scheme, track.protected_samples
        ));
    }
    text
}
