//! `cmaf pack`.

mod summary;

use std::io;
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
use crate::findings::{self, Format, Selection};
use crate::pack::job_file::{self, JobFile};
use crate::pack::{
    self, Encryption, Job, JobInput, Manifests, STANDARD_INPUT, TrackFacts, address, settings,
};
use crate::time::{FrameRate, Seconds};
use crate::validate::table::RULES;

/// Pack video, sound and timed text as a CMAF presentation, with DASH and HLS manifests
///
/// Each track of the inputs becomes DIR/NAME.mp4, or with --layout segments DIR/NAME/init.mp4, DIR/NAME/1.m4s and so
/// on; DIR/manifest.mpd and DIR/main.m3u8 describe them. NAME is the input's name without its extension. What a file is
/// shows in its content, not in its name. Tracks of one codec, shape, length and language are renditions of one
/// switching set, and are cut at the same times. Outputs appear when all of them are whole.
///
/// Settings follow a path: FILE?lang=fr&role=dub. lang is a BCP 47 tag; role one of the DASH role scheme; label a name
/// for people; group the switching set; key the label of a key, or none; name that of the output; track a number,
/// video, audio or text; default yes or no; text wvtt or stpp; encoding that of a file of text, as windows-1252; frame-rate as --frame-rate.
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
    /// --output, --force, --dry-run, --verify, --json, --quiet and those of keys go with it
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
    /// Hold what was written to the rules of `cmaf validate`; what breaks them is told on standard error, and an error ends
    /// with exit code 1
    #[arg(long, conflicts_with = "dry_run")]
    verify: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// What segments are called below DIR, with --layout segments: $RepresentationID$/$Number$.m4s by default
    #[arg(long, value_name = "TEMPLATE", help_heading = "Addresses")]
    segment_template: Option<String>,
    /// Address that those in the MPD are relative to
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    base_url: Option<String>,
    /// Put before the addresses in playlists: an absolute URL, or a path that begins with /
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    hls_prefix: Option<String>,
    /// Where HLS players get keys, {kid} standing for the ID: skd://... for FairPlay, else the address of the 16 bytes
    #[arg(long, value_name = "URL", help_heading = "Addresses")]
    key_uri: Option<String>,
    /// Where renditions lack random access points that the others have: refuse (strict), or merge segments (widen)
    #[arg(long, value_enum, default_value = "strict", value_name = "MODE", help_heading = "Cutting")]
    align: AlignArg,
    /// How long segments should be, in seconds (2, 2.002 or 1001/500); they start at random access points
    #[arg(
        long,
        default_value = "6",
        allow_negative_numbers = true,
        value_name = "TIME",
        help_heading = "Cutting"
    )]
    segment_duration: String,
    /// How long fragments should be, 0 for one at each random access point; by default 1 for video, so that its random
    /// access points are found by players, and as long as segments for sound and text
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", help_heading = "Cutting")]
    fragment_duration: Option<String>,
    /// Split fragments into chunks of this length, for low latency
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", help_heading = "Cutting")]
    chunk_duration: Option<String>,
    /// Pack from the last random access point at or before this time (seconds or HH:MM:SS.mmm)
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", help_heading = "Cutting")]
    from: Option<String>,
    /// Pack up to the first random access point at or after this time
    #[arg(long, allow_negative_numbers = true, value_name = "TIME", help_heading = "Cutting")]
    to: Option<String>,
    /// Frames per second (25, 24000/1001, 29.97), for inputs without times or with rounded or wrong ones
    #[arg(long, allow_negative_numbers = true, value_name = "N/D", help_heading = "Input")]
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
    /// Encrypted and clear blocks under cbcs: 1:9 (the default), 5:5 or 10:0
    #[arg(long, value_name = "N:M", help_heading = "Encryption")]
    pattern: Option<String>,
    /// Encrypted and clear blocks of sound under cbcs: 0:0 (the default), whole samples, or 10:0, which some checkers want
    #[arg(long, value_name = "N:M", help_heading = "Encryption")]
    audio_pattern: Option<String>,
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
        self.check_all_count()?;
        let above_zero = |text: &str, option| Seconds::parse_above_zero(text).map_err(named(option));
        let segment = above_zero(&self.segment_duration, "--segment-duration")?;
        let chunk = self.chunk_duration.as_deref().map(|text| above_zero(text, "--chunk-duration"));
        let durations = Durations {
            segment,
            fragment: time(&self.fragment_duration, "--fragment-duration")?,
            chunk: chunk.transpose()?,
        };
        if let Some(name) = &self.name {
            settings::check_name(name).map_err(named("--name"))?;
        }
        let template = self.segment_template.as_deref().map(str::parse::<SegmentTemplate>).transpose();
        let template = template.map_err(named("--segment-template"))?.unwrap_or_default();
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

    /// Refuses options that would change nothing beside the others.
    fn check_all_count(&self) -> Result<()> {
        let is_single = matches!(self.layout, LayoutArg::Single);
        let lacks = |manifest| !self.manifest.contains(&manifest);
        let lacks_scheme = |scheme| self.encrypt.as_deref() != Some(scheme);
        let rows = [
            ("--segment-template", self.segment_template.is_some() && is_single, "--layout segments"),
            ("--base-url", self.base_url.is_some() && lacks(ManifestArg::Dash), "--manifest dash"),
            ("--hls-prefix", self.hls_prefix.is_some() && lacks(ManifestArg::Hls), "--manifest hls"),
            ("--key-uri", self.key_uri.is_some() && lacks(ManifestArg::Hls), "--manifest hls"),
            ("--key-uri", self.key_uri.is_some() && self.encrypt.is_none(), "--encrypt"),
            ("--pattern", self.pattern.is_some() && lacks_scheme("cbcs"), "--encrypt cbcs"),
            ("--audio-pattern", self.audio_pattern.is_some() && lacks_scheme("cbcs"), "--encrypt cbcs"),
        ];
        match rows.iter().find(|(_, is_ignored, _)| *is_ignored) {
            Some((option, _, with)) => Err(Error::usage(format!("{option} goes with {with}"))),
            None => Ok(()),
        }
    }

    fn manifests(&self) -> Result<Manifests> {
        let wanted = |manifest| self.manifest.contains(&manifest);
        if wanted(ManifestArg::None) && self.manifest.len() > 1 {
            return Err(Error::usage("--manifest: none goes with no other"));
        }
        let check = |option, text: &Option<String>, check: fn(&str) -> Result<()>| {
            text.as_deref().map_or(Ok(()), check).map_err(|e| Error::usage(format!("{option}: {e}")))
        };
        check("--base-url", &self.base_url, address::check_base)?;
        check("--hls-prefix", &self.hls_prefix, address::check_prefix)?;
        check("--key-uri", &self.key_uri, address::check)?;
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
            pattern: self.pattern.as_deref().map(str::parse::<Pattern>).transpose()?.unwrap_or_default(),
            audio_pattern: self.audio_pattern.as_deref().map_or(Ok(Pattern::NONE), audio_pattern)?,
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
    if arguments.verify { verify(&job, &report, control) } else { Ok(0) }
}

/// Checks what was written, and tells what is wrong with it.
fn verify(job: &Job, packed: &pack::Report, control: &Control) -> Result<u8> {
    let outcome = pack::verify(job, packed, control)?;
    let mut report = findings::Report::new("cmaf", RULES, Selection::all(RULES));
    outcome.checked.into_iter().for_each(|checked| report.push(checked.report));
    report.unreadable = outcome.failures.iter().map(Error::to_string).collect();
    if report.totals().files_with_findings > 0 {
        let mut out = io::stderr().lock();
        findings::write(&report, Format::Text, false, &mut out)
            .map_err(|e| Error::io("cannot write to standard error", e))?;
    }
    match outcome.failures.into_iter().next() {
        Some(error) => Err(error),
        None => Ok(report.exit_code()),
    }
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
