//! `cmaf inspect`.

use std::io::{self, BufWriter};

use clap::Args;

use super::super::{is_broken_pipe, terminal};
use super::open_input;
use crate::control::Control;
use crate::demux::Container;
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::{Format, Options, Part, Report, View, part};
use crate::pack::STANDARD_INPUT;

/// Show what is in media files: tracks, picture, times, random access, fragments, encryption
///
/// Without a view, what matters most fits one screen. Any MP4 file will do, of other tools too, whole or in segments,
/// clear or encrypted (no key is needed); and IVF, AV1 OBU streams, Annex B and WebM. A broken file is shown as far as it
/// can be read.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InspectArgs {
    /// Files to show; `-` is standard input. An init segment goes before its media segments
    #[arg(required = true, value_name = "FILE")]
    inputs: Vec<String>,
    /// Show the tree of boxes, with fields and offsets
    #[arg(long, group = "view")]
    boxes: bool,
    /// Show a table of the samples
    #[arg(long, group = "view")]
    samples: bool,
    /// Show the OBUs of each temporal unit, with header fields and tile ranges
    #[arg(long, group = "view")]
    obus: bool,
    /// The init segment of inputs that are media segments
    #[arg(long, value_name = "FILE")]
    init: Option<String>,
    /// Take the inputs as ivf, obu, annexb, webm, mp4, ogg, adts, ac3, flac or iamf, whatever they look like
    #[arg(long, value_name = "CONTAINER")]
    input_format: Option<String>,
    /// Print JSON: one object for all files
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  What is this file?
    cmaf inspect movie.mp4
  Segments, with their init segment first:
    cmaf inspect init.mp4 1.m4s 2.m4s
  Which samples are random access points, as a table:
    cmaf inspect --samples movie.mp4 | grep sync
  Where each tile lies:
    cmaf inspect --obus movie.ivf

In --samples, kind is sync (decoding can start there), indep (needs no other sample) or dep. Frames in brackets \
are hidden, show(…) shows one decoded earlier, @T1S0 is a layer. Groups come with their distance (av1f:3), parameter or number.";

/// Runs the command.
pub(super) fn run(arguments: &InspectArgs, control: &Control) -> Result<u8> {
    let view = match (arguments.boxes, arguments.samples, arguments.obus) {
        (true, ..) => View::Boxes,
        (_, true, _) => View::Samples,
        (.., true) => View::Obus,
        _ => View::Summary,
    };
    let named = arguments.inputs.iter().chain(&arguments.init);
    if named.filter(|path| *path == STANDARD_INPUT).count() > 1 {
        return Err(Error::usage("standard input can be used once only"));
    }
    let container = arguments.input_format.as_deref().map(str::parse::<Container>).transpose();
    let mut options = Options {
        init: arguments.init.as_deref().map(open_input).transpose()?,
        container: container.map_err(|e| Error::usage(format!("--input-format: {e}")))?,
    };
    let format = if arguments.json { Format::Json } else { Format::Text };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut report = Report::new(&mut out, view, format)?;
    let mut code = 0;
    for path in &arguments.inputs {
        let result = match open_input(path) {
            Ok(input) => {
                let result = report.file(&input, &options, control);
                if arguments.init.is_none() {
                    // An init segment holds for the segments behind it, up to a file of another kind.
                    match part(&input)? {
                        Part::Init => options.init = Some(input),
                        Part::Segment => {}
                        Part::Other => options.init = None,
                    }
                }
                result
            }
            Err(error) => report.unopened(path, &error).and(Err(error)),
        };
        if let Err(error) = result {
            if is_broken_pipe(&error) || error.kind() == ErrorKind::Interrupted {
                return Err(error);
            }
            terminal::error(&error.to_string());
            code = code.max(error.kind().exit_code());
        }
    }
    report.finish()?;
    Ok(code)
}
