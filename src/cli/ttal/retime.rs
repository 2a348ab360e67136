//! `ttal retime`.

use clap::Args;

use super::files::{self, InputArgs, PIPE};
use crate::error::{Error, Result};
use crate::formats::{Losses, ReadOptions};
use crate::ttal::lineage::{self, Step};
use crate::ttal::model::{Extensions, Stage};
use crate::ttal::retime;
use crate::ttal::time::FrameRate;

/// Move a script in time: by an offset, to another frame rate or speed, to the start of the programme
///
/// Times stay in the unit they are written in; what that can't say exactly is written in seconds, rounded to the nanosecond.
/// Several changes are made in the order --to-fps,
/// --scale, --offset, --sync. The lineage gets a step.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RetimeArgs {
    /// Script to move, TTAL or DAPT; `-` is standard input
    #[arg(value_name = "FILE")]
    input: String,
    /// File to write, .ttal or .dapt; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = PIPE)]
    output: String,
    /// Move all events by this time, as -1.5s, 00:00:10 or 48f
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    offset: Option<String>,
    /// Stretch all times, as 24/25 for a film shown at 25 frames a second
    #[arg(long, value_name = "FACTOR")]
    scale: Option<String>,
    /// Count frames at another rate, as 25 or 30000/1001; times stay what they are
    #[arg(long, value_name = "RATE")]
    to_fps: Option<String>,
    /// With --to-fps: frame numbers stay, and times change as the film's speed does
    #[arg(long, requires = "to_fps")]
    keep_frames: bool,
    /// Move all events by origin timecode minus start of programme, so that time 0 is the programme's start
    #[arg(long)]
    sync: bool,
    /// Write timecodes beside the times of events, for people
    #[arg(long)]
    timecodes: bool,
    /// Append no step of lineage
    #[arg(long)]
    no_lineage: bool,
    /// Write the present time into the lineage; SOURCE_DATE_EPOCH gives another
    #[arg(long)]
    stamp: bool,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  Ten seconds of logo came before the film:
    ttal retime --offset 10s film.ttal -o film-logo.ttal
  From 24 to 25 frames a second, faster:
    ttal retime --to-fps 25 --keep-frames film.ttal -o film-25.ttal
  The times count from a timecode that is not the programme's start:
    ttal retime --sync film.dapt -o film-synced.dapt";

/// Runs the command.
pub(super) fn run(arguments: &RetimeArgs) -> Result<u8> {
    let RetimeArgs { offset, scale, to_fps, sync, timecodes, .. } = arguments;
    if offset.is_none() && scale.is_none() && to_fps.is_none() && !sync && !timecodes {
        return Err(Error::usage("nothing to do; give --offset, --scale, --to-fps, --sync or --timecodes"));
    }
    let mut opened = InputArgs::default().open(&arguments.input, &ReadOptions::default())?;
    files::must_be_script(&opened, &arguments.input)?;
    opened.warn();
    files::tell_losses(&opened.notes.losses, opened.format);
    let parent = (!arguments.no_lineage).then(|| opened.parent());
    let mut script = std::mem::take(&mut opened.script);
    let mut parameters = Extensions::default();
    if let Some(rate) = to_fps {
        let parsed =
            rate.parse::<crate::time::FrameRate>().map_err(|e| Error::usage(format!("--to-fps: {e}")))?;
        retime::change_frame_rate(&mut script, parsed.into(), arguments.keep_frames)?;
        parameters.set("toFps", rate.as_str().into());
        if arguments.keep_frames {
            parameters.set("keepFrames", true.into());
        }
    }
    if let Some(factor) = scale {
        let parsed = retime::parse_factor(factor).map_err(|e| Error::usage(format!("--scale: {e}")))?;
        retime::scale(&mut script, parsed)?;
        parameters.set("scale", factor.as_str().into());
    }
    if let Some(offset) = offset {
        let rate = script.timing.as_deref().and_then(|t| FrameRate::of(t.frame_rate.as_ref()?));
        let parsed =
            retime::parse_offset(offset, rate).map_err(|e| Error::usage(format!("--offset: {e}")))?;
        retime::shift(&mut script, parsed)?;
        parameters.set("offset", offset.as_str().into());
    }
    if *sync {
        let delta = retime::sync(&mut script)?;
        parameters.set("sync", delta.to_string().into());
    }
    if *timecodes {
        retime::write_timecodes(&mut script)?;
    }
    if let Some(parent) = parent {
        let mut step = Step::new(Stage::Conformed);
        step.parents.push(parent);
        step.parameters = parameters;
        step.time = files::stamp(arguments.stamp)?;
        lineage::append(&mut script, step, &Losses::default());
    }
    let format = files::script_format(&arguments.output);
    files::write_script(&arguments.output, arguments.force, &script, format)?;
    files::done(&arguments.output, &format!("{} moved", files::count(script.events.len(), "event")))?;
    Ok(0)
}
