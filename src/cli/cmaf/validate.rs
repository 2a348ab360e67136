//! `cmaf validate`.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::super::keys::KeyArgs;
use super::super::{progress, terminal};
use super::{looks_like_a_key, open_input};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::findings::{self, Format, Report, Selection};
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
  Only encryption, for GitHub Actions:
    cmaf validate --select ENC --format github out/video.mp4

Exit codes:
  0  no rule of severity error is broken
  1  one is; with --strict, a warning counts too
  2  the arguments make no sense
  3  a target is not what it claims to be, as one that is no ISOBMFF file
  4  a target can't be read; the others are reported all the same";

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
    let mut report = Report::new("cmaf", RULES, selection);
    let outcome =
        progress::with_bar(control, arguments.quiet, || validate::targets(targets, &options, control))?;
    outcome.checked.into_iter().for_each(|checked| report.push(checked.report));
    failures.extend(outcome.failures);
    if !arguments.quiet {
        outcome.notices.iter().for_each(|notice| terminal::warning(notice));
    }
    report.unreadable = failures.iter().map(Error::to_string).collect();
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = io::BufWriter::new(stdout.lock());
    findings::write(&report, format, colour, &mut out)
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

/// A target of the command line.
fn target(path: &str) -> Result<Target> {
    if path == STANDARD_INPUT || looks_like_a_key(path) {
        return open_input(path).map(Target::Input);
    }
    Ok(Target::Path(path.into()))
}
