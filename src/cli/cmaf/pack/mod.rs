//! `cmaf pack`.

mod summary;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::keys::KeyArgs;
use super::super::{print, print_json, progress, terminal};
use super::open_input;
use crate::cenc::{Iv, KeyId, Pattern, Scheme};
use crate::cmaf::align;
use crate::cmaf::cut::Durations;
use crate::cmaf::template::SegmentTemplate;
use crate::cmaf::write::Layout;
use crate::control::Control;
use crate::demux::Container;
use crate::error::{Error, Result};
use crate::pack::job_file::{self, JobFile};
use crate::pack::{self, Encryption, Job, JobInput, Manifests, STANDARD_INPUT, TrackFacts, settings};
use crate::time::{FrameRate, Seconds};

/// Pack video, sound and timed text as a CMAF presentation, with DASH and HLS manifests
///
/// Each track of the inputs becomes DIR/NAME.mp4, or with --layout segments DIR/NAME/init.mp4, DIR/NAME/1.m4s and so
/// on; DIR/manifest.mpd and DIR/main.m3u8 describe them. NAME is the input's name without its extension. What a file is
/// shows in its content, not in its name. Tracks of one codec, shape, length and language are renditions of one
/// switching set, and are cut at the same times. Outputs appear when all of them are whole.
///
/// Settings follow a path: FILE?lang=fr&role=dub. lang is a BCP 47 tag; role one of the DASH role scheme; label a name
/// for people; group the switching set; key the label of a key, or none; name that of the output; track a number,
/// video, audio or text; default yes or no; text wvtt or stpp; frame-rate as --frame-rate.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PackArgs {
    /// Files to pack, each with settings if wanted (FILE?lang=fr&role=dub); `-` is standard input. An init segment is
    /// followed by its media segments
    #[arg(required_unless_present_any = ["job", "job_schema"], conflicts_with = "job", value_name = "INPUT")]
    inputs: Vec<String>,
    /// Folder to write to, made if need be
    #[arg(short, long, value_name = "DIR", required_unless_present_any = ["job", "job_schema"])]
    output: Option<PathBuf>,
    /// Take inputs and settings from a JSON file; `cmaf pack --job-schema` prints its schema. Of the options here only
    /// --output, --force, --dry-run, --json, --quiet and those of keys go with it
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["name", "layout", "manifest", "segment_template", "base_url", "hls_prefix", "key_uri", "align",
            "segment_duration", "fragment_duration", "chunk_duration", "from", "to", "frame_rate", "input_format",
            "init", "encrypt", "pattern", "audio_pattern", "kid", "iv", "drm"]
    )]
    job: Option<PathBuf>,
    /// Print the JSON Schema of job files
    #[arg(long, exclusive = true)]
    job_schema: bool,
    /// Name of the outputs, instead of the input's
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Replace outputs that exist
    #[arg(long)]
    force: bool,
    /// One file with an index, or an init segment and media segments
    #[arg(long, value_enum, default_value = "single", value_name = "LAYOUT")]
    layout: LayoutArg,
    /// Write DASH (manifest.mpd), HLS (main.m3u8 and a playlist for each track), both, or none
    #[arg(long, value_enum, value_delimiter = ',', default_value = "dash,hls", value_name = "FORMAT")]
    manifest: Vec<ManifestArg>,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// What segments are called below DIR, with --layout segments
    #[arg(
        long,
        value_name = "TEMPLATE",
        default_value = "$RepresentationID$/$Number$.m4s",
        help_heading = "Addresses"
    )]
    segment_template: String,
    /// Address that those in the MPD are relative to
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    base_url: Option<String>,
    /// Put before the addresses in playlists
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    hls_prefix: Option<String>,
    /// Where HLS players get keys, {kid} standing for the ID: skd://... for FairPlay, else the address of the 16 bytes
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    key_uri: Option<String>,
    /// Where renditions lack random access points that the others have: refuse (strict), or merge segments (widen)
    #[arg(long, value_enum, default_value = "strict", value_name = "MODE", help_heading = "Cutting")]
    align: AlignArg,
    /// How long segments should be, in seconds (2, 2.002 or 1001/500); they start at random access points
    #[arg(long, default_value = "6", value_name = "TIME", help_heading = "Cutting")]
    segment_duration: String,
    /// How long fragments should be, 0 for one at each random access point; by default 1 for video, so that its random
    /// access points are found by players, and as long as segments for sound and text
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
    /// Take the inputs as this container, whatever they look like: ivf, obu, annexb, webm,
    /// mp4, ogg, adts, ac3, flac or iamf
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
    /// Encrypted and clear blocks of sound under cbcs: 0:0, whole samples, or 10:0, which some checkers want
    #[arg(long, value_name = "N:M", default_value = "0:0", help_heading = "Encryption")]
    audio_pattern: String,
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
  Pack a ladder with sound in two languages and subtitles:
    cmaf pack 1080.mp4 720.mp4 en.mp4?lang=en fr.mp4?lang=fr subs.vtt?lang=fr -o out
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ManifestArg {
    Dash,
    Hls,
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AlignArg {
    Strict,
    Widen,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Drm {
    Common,
}

impl PackArgs {
    /// Checks the arguments and opens the inputs.
    fn job(&self) -> Result<Job> {
        if let Some(path) = &self.job {
            return self.job_of_file(path);
        }
        let Some(output) = self.output.clone() else { return Err(Error::usage("--output is missing")) };
        let named = |option: &'static str| move |e: Error| Error::usage(format!("{option}: {e}"));
        let time = |text: &Option<String>, option| {
            text.as_deref().map(|text| text.parse::<Seconds>().map_err(named(option))).transpose()
        };
        let segment = self.segment_duration.parse().map_err(named("--segment-duration"))?;
        let durations = Durations {
            segment,
            fragment: time(&self.fragment_duration, "--fragment-duration")?,
            chunk: time(&self.chunk_duration, "--chunk-duration")?,
        };
        if durations.chunk.is_some_and(|chunk| chunk.0.is_zero()) {
            return Err(Error::usage("--chunk-duration: must be longer than 0"));
        }
        if let Some(name) = &self.name {
            settings::check_name(name).map_err(named("--name"))?;
        }
        let template: SegmentTemplate = self.segment_template.parse().map_err(named("--segment-template"))?;
        let manifests = self.manifests()?;
        let from_pipe = self.inputs.iter().chain(&self.init).filter(|path| *path == STANDARD_INPUT).count()
            + usize::from(self.keys.use_standard_input());
        if from_pipe > 1 {
            return Err(Error::usage("standard input can be used once only"));
        }
        let frame_rate = self.frame_rate.as_deref().map(str::parse::<FrameRate>).transpose();
        let container = self.input_format.as_deref().map(str::parse::<Container>).transpose();
        let mut job = Job {
            inputs: Vec::new(),
            folder: output,
            name: self.name.clone(),
            force: self.force,
            layout: match self.layout {
                LayoutArg::Single => Layout::Single,
                LayoutArg::Segments => Layout::Segments,
            },
            durations,
            template,
            align: match self.align {
                AlignArg::Strict => align::Mode::Strict,
                AlignArg::Widen => align::Mode::Widen,
            },
            manifests,
            encryption: self.encryption()?,
            frame_rate: frame_rate.map_err(named("--frame-rate"))?,
            from: time(&self.from, "--from")?,
            to: time(&self.to, "--to")?,
            container: container.map_err(named("--input-format"))?,
        };
        let mut first = self.init.as_deref();
        for argument in &self.inputs {
            if argument == STANDARD_INPUT || first.is_none() && super::looks_like_a_key(argument) {
                job.inputs.push(open_input(argument)?.into());
                continue;
            }
            let (path, settings) = settings::split(argument)?;
            // The header comes before the segments, with what is said of them.
            for path in first.take().into_iter().chain([path]) {
                job.inputs.push(JobInput { input: open_input(path)?, settings: settings.clone() });
            }
        }
        Ok(job)
    }

    fn job_of_file(&self, path: &Path) -> Result<Job> {
        let file = JobFile::open(path)?;
        let mut keys = self.keys.read()?;
        if let Some(path) = file.key_file() {
            keys.add_file(path)?;
        }
        if self.keys.were_given() && !file.encrypts() {
            return Err(Error::usage("--key and --key-file go with `encryption` in the job")
                .in_file(path.display().to_string()));
        }
        file.into_job(self.output.clone(), self.force, keys)
    }

    fn manifests(&self) -> Result<Manifests> {
        let wanted = |manifest| self.manifest.contains(&manifest);
        if wanted(ManifestArg::None) && self.manifest.len() > 1 {
            return Err(Error::usage("--manifest: none goes with no other"));
        }
        for (option, value) in
            [("--base-url", &self.base_url), ("--hls-prefix", &self.hls_prefix), ("--key-uri", &self.key_uri)]
        {
            let is_odd = |text: &String| text.is_empty() || text.chars().any(|c| c.is_control() || c == ' ');
            if value.as_ref().is_some_and(is_odd) {
                return Err(Error::usage(format!("{option}: it is no address")));
            }
        }
        Ok(Manifests {
            dash: wanted(ManifestArg::Dash),
            hls: wanted(ManifestArg::Hls),
            base_url: self.base_url.clone(),
            hls_prefix: self.hls_prefix.clone(),
            key_uri: self.key_uri.clone(),
        })
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
            audio_pattern: audio_pattern(&self.audio_pattern)?,
            keys,
            kid: self.kid.as_deref().map(str::parse::<KeyId>).transpose()?,
            iv: self.iv.as_deref().map(|text| Iv::parse(text, scheme)).transpose()?,
            common_pssh: !self.drm.is_empty(),
        }))
    }
}

/// Runs the command.
pub(super) fn run(arguments: &PackArgs, control: &Control) -> Result<u8> {
    if arguments.job_schema {
        print(job_file::SCHEMA)?;
        return Ok(0);
    }
    let job = arguments.job()?;
    let quiet = arguments.quiet || arguments.json;
    if arguments.dry_run {
        let plan = progress::with_bar(control, quiet, || pack::plan(&job, control))?;
        if !arguments.quiet {
            warn(plan.tracks.iter().map(|track| (&track.facts, &*track.warnings)), &plan.warnings);
        }
        if arguments.json {
            print_json(&plan)?;
        } else if !arguments.quiet {
            print(&summary::of_plan(&plan, &job))?;
        }
        return Ok(0);
    }
    let report = progress::with_bar(control, quiet, || pack::run(&job, control))?;
    if !arguments.quiet {
        warn(report.tracks.iter().map(|track| (&track.facts, &*track.warnings)), &report.warnings);
    }
    if arguments.json {
        print_json(&report)?;
    } else if !arguments.quiet {
        print(&summary::of_report(&report, &job))?;
    }
    Ok(0)
}

/// Prints the warnings of a plan or a report: those of the tracks, then those of the whole.
fn warn<'a>(tracks: impl Iterator<Item = (&'a TrackFacts, &'a [String])>, whole: &[String]) {
    for (facts, warnings) in tracks {
        warnings.iter().for_each(|warning| terminal::warning(&format!("{}: {warning}", facts.input)));
    }
    whole.iter().for_each(|warning| terminal::warning(warning));
}

/// The pattern of sound: whole samples, said in one of two ways.
fn audio_pattern(text: &str) -> Result<Pattern> {
    match text {
        "0:0" => Ok(Pattern::NONE),
        "10:0" => Ok(Pattern::P10_0),
        _ => Err(Error::usage(format!("--audio-pattern {text}: sound is encrypted whole, 0:0 or 10:0"))
            .clause("rule ENC-26")),
    }
}
