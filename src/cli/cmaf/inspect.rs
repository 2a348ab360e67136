//! `cmaf inspect`.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::{is_broken_pipe, print, print_json, terminal};
use super::open_input;
use crate::cmaf::align::Mode;
use crate::control::Control;
use crate::demux::Container;
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::align as grid;
use crate::inspect::{Format, Options, Part, Report, View, part};
use crate::output::Outputs;
use crate::pack::STANDARD_INPUT;
use crate::time::Seconds;

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
    /// Show where the files, taken as renditions of one switching set, can be cut together
    #[arg(long, group = "view")]
    align: bool,
    /// With --align: draw it into this file
    #[arg(long, value_name = "FILE", requires = "align")]
    svg: Option<PathBuf>,
    /// With --align: how long segments should be
    #[arg(long, value_name = "TIME", default_value = "6", allow_negative_numbers = true, requires = "align")]
    segment_duration: String,
    /// With --align: merge segments where renditions lack random access points
    #[arg(long, requires = "align")]
    widen: bool,
    /// With --align: frames per second, for inputs without times
    #[arg(long, value_name = "N/D", requires = "align")]
    frame_rate: Option<String>,
    /// With --align: replace the drawing if it exists
    #[arg(long, requires = "svg")]
    force: bool,
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
  Why can't these be cut together?
    cmaf inspect --align --svg grid.svg 1080.mp4 720.mp4 480.mp4

In --samples, kind is sync (decoding can start there), indep (needs no other sample) or dep. Frames in brackets \
are hidden, show(…) shows one decoded earlier, @T1S0 is a layer. Groups come with their distance (av1f:3), parameter or number.";

/// Runs the command.
pub(super) fn run(arguments: &InspectArgs, control: &Control) -> Result<u8> {
    if arguments.align {
        return align(arguments, control);
    }
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

/// Shows the grid of a switching set; the exit code is 1 where it can't be cut.
fn align(arguments: &InspectArgs, control: &Control) -> Result<u8> {
    let named = |option: &'static str| move |e: Error| Error::usage(format!("{option}: {e}"));
    let options = grid::Options {
        segment: Seconds::parse_above_zero(&arguments.segment_duration)
            .map_err(named("--segment-duration"))?,
        mode: if arguments.widen { Mode::Widen } else { Mode::Strict },
        frame_rate: arguments
            .frame_rate
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(named("--frame-rate"))?,
    };
    let paths = arguments.init.iter().chain(&arguments.inputs);
    let inputs = paths.map(|path| open_input(path)).collect::<Result<Vec<_>>>()?;
    let grid = grid::grid(&inputs, &options, control)?;
    if let Some(path) = &arguments.svg {
        let mut outputs = Outputs::new(arguments.force);
        inputs.iter().for_each(|input| outputs.keep(input));
        let mut file = outputs.file(path)?;
        let written = file.write_all(grid::svg(&grid).as_bytes());
        written.map_err(|e| Error::io("cannot write", e).in_file(path.display().to_string()))?;
        outputs.commit()?;
    }
    if arguments.json {
        print_json(&grid)?;
    } else {
        print(&grid::text(&grid))?;
    }
    Ok(u8::from(grid.problem.is_some()))
}
