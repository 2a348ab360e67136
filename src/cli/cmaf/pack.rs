//! `cmaf pack`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::keys::KeyArgs;
use super::super::{print, print_json, progress, terminal};
use super::open_input;
use crate::cenc::{Iv, KeyId, Pattern, Scheme};
use crate::cmaf::cut::Durations;
use crate::cmaf::write::Layout;
use crate::control::Control;
use crate::demux::Container;
use crate::error::{Error, Result};
use crate::pack::{self, Encryption, Job, Report, STANDARD_INPUT, TrackReport};
use crate::time::{FrameRate, Seconds, display_ticks};

/// Pack AV1 from OBU, Annex B, IVF, MP4 or WebM files as CMAF tracks
///
/// Each AV1 track of the inputs becomes DIR/NAME.mp4, or with --layout segments DIR/NAME/init.mp4, DIR/NAME/1.m4s and
/// so on. NAME is the input's name without its extension. What a file is shows in its content, not in its name.
/// Outputs appear when all of them are whole.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PackArgs {
    /// Files to pack; `-` is standard input. An init segment is followed by its media segments
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Folder to write to, made if need be
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Name of the outputs, instead of the input's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace outputs that exist
    #[arg(long)]
    force: bool,
    /// One file with an index, or an init segment and media segments
    #[arg(long, value_enum, default_value = "single", value_name = "LAYOUT")]
    layout: LayoutArg,
    /// How long segments should be, in seconds (2, 2.002 or 1001/500); they start at random access points
    #[arg(long, default_value = "6", value_name = "TIME", help_heading = "Cutting")]
    segment_duration: String,
    /// How long fragments should be, as long as segments by default
    #[arg(long, value_name = "TIME", help_heading = "Cutting")]
    fragment_duration: Option<String>,
    /// Split fragments into chunks of this length, for low latency
    #[arg(long, value_name = "TIME", help_heading = "Cutting")]
    chunk_duration: Option<String>,
    /// Pack from the last random access point at or before this time (seconds or HH:MM:SS.mmm)
    #[arg(long, value_name = "TIME", help_heading = "Cutting")]
    from: Option<String>,
    /// Pack up to the first random access point at or after this time
    #[arg(long, value_name = "TIME", help_heading = "Cutting")]
    to: Option<String>,
    /// Frames per second (25, 24000/1001, 29.97), for inputs without times or with rounded or wrong ones
    #[arg(long, value_name = "N/D", help_heading = "Input")]
    frame_rate: Option<String>,
    /// Take the inputs as ivf, obu, annexb, webm, mp4, ogg, adts, ac3, flac or iamf, whatever they look like
    #[arg(long, value_name = "CONTAINER", help_heading = "Input")]
    input_format: Option<String>,
    /// The init segment of inputs that are media segments
    #[arg(long, value_name = "FILE", help_heading = "Input")]
    init: Option<String>,
    /// Encrypt: cbcs or cenc
    #[arg(long, value_name = "SCHEME", help_heading = "Encryption")]
    encrypt: Option<String>,
    /// Encrypted and clear blocks under cbcs: 1:9, 5:5 or 10:0
    #[arg(long, value_name = "N:M", default_value = "1:9", help_heading = "Encryption")]
    pattern: String,
    /// The key to encrypt with, where several are given
    #[arg(long, value_name = "KID", help_heading = "Encryption")]
    kid: Option<String>,
    /// IV in hexadecimal digits: 32 for cbcs, 16 for cenc, of the first sample there. Random by default; no secret
    #[arg(long, value_name = "HEX", help_heading = "Encryption")]
    iv: Option<String>,
    /// Write `pssh` boxes: common (W3C's common system, which lists the key IDs)
    #[arg(long, value_enum, value_name = "SYSTEM", help_heading = "Encryption")]
    drm: Vec<Drm>,
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
  Pack an encode, with an index of its fragments:
    cmaf pack movie.ivf -o out
  Encrypt it, in segments of four seconds, the key in a file:
    cmaf pack movie.ivf -o out --layout segments --segment-duration 4 --encrypt cbcs --key-file keys.json
  A raw stream has no times:
    cmaf pack movie.obu -o out --frame-rate 24000/1001
  From an encoder, through a pipe:
    aomenc … --ivf -o - in.y4m | cmaf pack - --name movie -o out";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LayoutArg {
    Single,
    Segments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Drm {
    Common,
}

impl PackArgs {
    /// Checks the arguments and opens the inputs.
    fn job(&self) -> Result<Job> {
        let named = |option: &'static str| move |e: Error| Error::usage(format!("{option}: {e}"));
        let time = |text: &Option<String>, option| {
            text.as_deref().map(|text| text.parse::<Seconds>().map_err(named(option))).transpose()
        };
        let segment = self.segment_duration.parse().map_err(named("--segment-duration"))?;
        let durations = Durations {
            segment,
            fragment: time(&self.fragment_duration, "--fragment-duration")?.unwrap_or(segment),
            chunk: time(&self.chunk_duration, "--chunk-duration")?,
        };
        if durations.chunk.is_some_and(|chunk| chunk.0.is_zero()) {
            return Err(Error::usage("--chunk-duration: must be longer than 0"));
        }
        if let Some(name) = &self.name
            && (name.is_empty() || name.contains(['/', '\\']) || name == "." || name == "..")
        {
            return Err(Error::usage(format!("--name: `{name}` is no file name")));
        }
        let from_pipe = self.inputs.iter().chain(&self.init).filter(|path| *path == STANDARD_INPUT).count()
            + usize::from(self.keys.use_standard_input());
        if from_pipe > 1 {
            return Err(Error::usage("standard input can be used once only"));
        }
        let frame_rate = self.frame_rate.as_deref().map(str::parse::<FrameRate>).transpose();
        let container = self.input_format.as_deref().map(str::parse::<Container>).transpose();
        let mut job = Job {
            inputs: Vec::new(),
            folder: self.output.clone(),
            name: self.name.clone(),
            force: self.force,
            layout: match self.layout {
                LayoutArg::Single => Layout::Single,
                LayoutArg::Segments => Layout::Segments,
            },
            durations,
            encryption: self.encryption()?,
            frame_rate: frame_rate.map_err(named("--frame-rate"))?,
            from: time(&self.from, "--from")?,
            to: time(&self.to, "--to")?,
            container: container.map_err(named("--input-format"))?,
        };
        for path in self.init.iter().chain(&self.inputs) {
            job.inputs.push(open_input(path)?);
        }
        Ok(job)
    }

    fn encryption(&self) -> Result<Option<Encryption>> {
        let keys = self.keys.read()?;
        let Some(scheme) = &self.encrypt else {
            if self.iv.is_some() || self.kid.is_some() || !self.drm.is_empty() || self.keys.were_given() {
                return Err(Error::usage("--key, --key-file, --kid, --iv and --drm go with --encrypt"));
            }
            return Ok(None);
        };
        let scheme: Scheme = scheme.parse()?;
        if !scheme.can_encrypt() {
            return Err(Error::usage(format!("--encrypt {scheme}: AV1 is encrypted with cbcs or cenc"))
                .clause("rule ENC-03"));
        }
        Ok(Some(Encryption {
            scheme,
            pattern: self.pattern.parse::<Pattern>()?,
            keys,
            kid: self.kid.as_deref().map(str::parse::<KeyId>).transpose()?,
            iv: self.iv.as_deref().map(|text| Iv::parse(text, scheme)).transpose()?,
            common_pssh: !self.drm.is_empty(),
        }))
    }
}

/// Runs the command.
pub(super) fn run(arguments: &PackArgs, control: &Control) -> Result<u8> {
    let job = arguments.job()?;
    let quiet = arguments.quiet || arguments.json;
    let report = progress::with_bar(control, quiet, || pack::run(&job, control))?;
    if !arguments.quiet {
        for track in &report.tracks {
            for warning in &track.warnings {
                terminal::warning(&format!("{}: {warning}", track.input));
            }
        }
    }
    if arguments.json {
        print_json(&report)?;
    } else if !arguments.quiet {
        print(&summary(&report, &job))?;
    }
    Ok(0)
}

/// What a person wants to know.
fn summary(report: &Report, job: &Job) -> String {
    let mut text = String::new();
    for track in &report.tracks {
        text.push_str(&track_summary(track, job));
    }
    text
}

fn track_summary(track: &TrackReport, job: &Job) -> String {
    let plural =
        |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let encryption = match &track.encryption {
        Some(e) => match e.pattern {
            Some(pattern) => format!("{} {pattern}, key ID {}, constant IV {}", e.scheme, e.kid, e.iv),
            None => format!("{}, key ID {}, first IV {}", e.scheme, e.kid, e.iv),
        },
        None => "none".to_string(),
    };
    let place = match track.files.as_slice() {
        [only] => job.folder.join(only).display().to_string(),
        [first, .., last] => {
            format!("{} to {}", job.folder.join(first).display(), job.folder.join(last).display())
        }
        [] => String::new(),
    };
    format!(
        "{place}\n  video       {}, {}x{}\n  time        {} from {}, {}, {}\n  fragments   {}\n  encryption  {encryption}\n",
        track.codec,
        track.width,
        track.height,
        display_ticks(track.duration, track.timescale),
        display_ticks(track.start, track.timescale),
        plural(track.samples, "sample", "samples"),
        plural(track.sync_samples, "random access point", "random access points"),
        track.fragments.len(),
    )
}
