//! `cmaf validate`.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::{progress, terminal};
use super::open_input;
use crate::control::Control;
use crate::demux::init_groups;
use crate::error::{Error, Result};
use crate::findings::{self, Format, Report, Selection};
use crate::output::Outputs;
use crate::validate::{self, table::RULES};

/// Check CMAF tracks: boxes, timing, AV1, encryption maps
///
/// All breaches of the rules are reported in one run, with file and byte offset. An init segment is followed by its
/// media segments. No key is needed. `cmaf explain RULE` says what a rule demands, and why.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ValidateArgs {
    /// Track files; an init segment is followed by its media segments
    #[arg(value_name = "FILE", required = true)]
    inputs: Vec<String>,
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
  4  a file can't be read; the others are reported all the same";

/// Runs the command.
pub(super) fn run(arguments: &ValidateArgs, control: &Control) -> Result<u8> {
    let selection = Selection::new(RULES, &arguments.select, &arguments.ignore, arguments.strict)?;
    let format = if arguments.json { Format::Json } else { arguments.format };
    let mut failures = Vec::new();
    let mut inputs = Vec::new();
    for path in &arguments.inputs {
        match open_input(path) {
            Ok(input) => inputs.push(input),
            Err(error) => failures.push(error),
        }
    }
    let mut outputs = Outputs::new(true);
    inputs.iter().for_each(|input| outputs.keep(input));
    arguments.html.iter().try_for_each(|path| outputs.check_free(path))?;
    let options = validate::Options::default();
    let mut report = Report::new("cmaf", RULES, selection);
    let checked = progress::with_bar(control, arguments.quiet, || {
        init_groups(inputs).iter().map(|parts| validate::track(parts, &options, control)).collect::<Vec<_>>()
    });
    let mut tracks = Vec::new();
    for result in checked {
        match result {
            Ok(checked) => {
                report.push(checked.report);
                tracks.push(checked.tracks);
            }
            Err(error) => failures.push(error),
        }
    }
    report.unreadable = failures.iter().map(Error::to_string).collect();
    if let Some(path) = &arguments.html {
        let page = validate::page(&report, &tracks);
        let written = outputs.file(path)?.write_all(page.as_bytes());
        written.map_err(|e| Error::io("cannot write", e).in_file(path.display().to_string()))?;
        outputs.commit()?;
    }
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
