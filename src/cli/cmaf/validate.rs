//! `cmaf validate`.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::keys::KeyArgs;
use super::super::{print_report, progress, terminal};
use super::{looks_like_a_key, open_input};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::findings::{Format, Report, Selection};
use crate::output::Outputs;
use crate::pack::STANDARD_INPUT;
use crate::validate::{self, Profile, Target, table::RULES};

/// Check CMAF presentations: tracks, DASH and HLS manifests, encryption
///
/// A target is a track file, an init segment followed by its media segments, an MPD, an HLS playlist, or a folder of all
/// these. What a manifest names is looked for in its folder and compared with what the manifest says; nothing is fetched.
/// All breaches of the rules are reported in one run, with file and byte offset or line. No key is needed. `cmaf explain
/// RULE` says what a rule demands, and why.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// Track files, init segments with their media segments behind them, manifests, folders; `-` is standard input
    #[arg(value_name = "TARGET", required = true)]
    inputs: Vec<String>,
    /// Hold the targets to these families of rules only; without, to all they claim or are fit for
    #[arg(long, value_enum, value_name = "FAMILIES", value_delimiter = ',')]
    profile: Vec<Profile>,
    #[command(flatten)]
    keys: KeyArgs,
    /// How findings are reported
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write a page for people too: timeline, bit rates, findings
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Let warnings fail too
    #[arg(long)]
    strict: bool,
    /// Check only these rules: names, beginnings or groups, as ENC-1,AV1
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Print nothing but the report
    #[arg(short, long)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  A track file:
    cmaf validate out/video.mp4
  A presentation, with its manifests:
    cmaf validate out
  An MPD and what it names:
    cmaf validate out/manifest.mpd
  A track in segments:
    cmaf validate out/video/init.mp4 out/video/*.m4s
  A page to read, with a timeline and bit rates:
    cmaf validate --html report.html out/*.mp4
  Only encryption, for GitHub Actions:
    cmaf validate --select ENC --format github out/video.mp4

Exit codes:
  0  no rule of severity error is broken
  1  one is; with --strict, a warning counts too
  2  the arguments make no sense
  3  a target is not what it claims to be, as one that is no ISOBMFF file
  4  a target can't be read; the others are reported all the same";

/// A page replaces a page of an earlier run, and nothing else: a target is not lost by a slip.
fn check_page(path: &Path) -> Result<()> {
    let Ok(mut file) = fs::File::open(path) else { return Ok(()) };
    let mut start = [0; DOCTYPE.len()];
    if file.read_exact(&mut start).is_ok() && start == *DOCTYPE {
        return Ok(());
    }
    let message = "exists already and is no HTML page; choose another name for --html";
    Err(Error::usage(message).in_file(path.display().to_string()))
}

/// How our pages begin.
const DOCTYPE: &[u8; 15] = b"<!DOCTYPE html>";

/// Runs the command.
pub(super) fn run(arguments: &ValidateArgs, control: &Control) -> Result<u8> {
    let selection = Selection::new(RULES, &arguments.select, &arguments.ignore, arguments.strict)?;
    let format = if arguments.json { Format::Json } else { arguments.format };
    if arguments.keys.use_standard_input() && arguments.inputs.iter().any(|path| path == STANDARD_INPUT) {
        return Err(Error::usage("standard input can be a target or the keys, not both"));
    }
    let profiles = Some(arguments.profile.clone()).filter(|profiles| !profiles.is_empty());
    let options = validate::Options { profiles, keys: arguments.keys.read()? };
    let mut failures = Vec::new();
    let mut targets = Vec::new();
    for path in &arguments.inputs {
        match target(path) {
            Ok(target) => targets.push(target),
            Err(error) => failures.push(error),
        }
    }
    arguments.html.as_deref().map_or(Ok(()), check_page)?;
    let mut report = Report::new("cmaf", RULES, selection);
    let outcome =
        progress::with_bar(control, arguments.quiet, || validate::targets(targets, &options, control))?;
    let mut tracks = Vec::new();
    for checked in outcome.checked {
        report.push(checked.report);
        tracks.push(checked.tracks);
    }
    failures.extend(outcome.failures);
    if !arguments.quiet {
        outcome.notices.iter().for_each(|notice| terminal::warning(notice));
    }
    report.unreadable = failures.iter().map(Error::to_string).collect();
    if let Some(path) = &arguments.html {
        let page = validate::page(&report, &tracks);
        let mut outputs = Outputs::new(true);
        let written = outputs.file(path)?.write_all(page.as_bytes());
        written.map_err(|e| Error::io("cannot write", e).in_file(path.display().to_string()))?;
        outputs.commit()?;
    }
    print_report(&report, format, &failures)
}

/// A target of the command line.
fn target(path: &str) -> Result<Target> {
    if path == STANDARD_INPUT || looks_like_a_key(path) {
        return open_input(path).map(Target::Input);
    }
    Ok(Target::Path(path.into()))
}
