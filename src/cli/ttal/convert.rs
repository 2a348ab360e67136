//! `ttal convert`.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::{print, terminal};
use super::files::{self, InputArgs, Opened, PIPE};
use crate::error::{Error, Result};
use crate::formats::{self, Format, Loss, Losses, ReadOptions, RegionChoice, Speaker, WriteOptions};
use crate::ttal::cast::Cast;
use crate::ttal::convert::{self, Conversion, Converted, Provenance, is_script};
use crate::ttal::facts::Facts;
use crate::ttal::filter::Kind;
use crate::ttal::model::Extensions;
use crate::ttal::retime;
use crate::ttal::source::{Decoding, Source};
use crate::ttal::time::{FrameRate, TimecodeCounter};

/// Convert between TTAL, DAPT, IMSC, WebVTT, SRT and tables, and say what was lost
///
/// Formats are told from content and name. TTAL and DAPT hold each other without loss. What another format can't hold
/// is listed on standard error by code, and in full with --report. A script made from a format that lacks facts (its
/// type, languages, who the speakers are) gets them from options; what is still missing is an error, never a guess.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ConvertArgs {
    /// File to read; `-` is standard input
    #[arg(value_name = "IN")]
    input: String,
    /// File to write; `-` is standard output
    #[arg(value_name = "OUT")]
    output: String,
    #[command(flatten)]
    reading: InputArgs,
    /// The output's format, where its name does not tell: ttal, dapt, imsc, webvtt, srt, csv
    #[arg(long, value_name = "FORMAT")]
    to: Option<String>,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
    #[command(flatten, next_help_heading = "What to take")]
    taking: TakingArgs,
    #[command(flatten, next_help_heading = "What a script needs and other formats lack")]
    facts: FactArgs,
    #[command(flatten, next_help_heading = "Times")]
    times: TimeArgs,
    #[command(flatten, next_help_heading = "How to write")]
    writing: WritingArgs,
    #[command(flatten, next_help_heading = "Losses and lineage")]
    losses: LossArgs,
}

#[derive(Args)]
struct TakingArgs {
    /// The language of texts: which to take, or which an input is in that does not say so
    #[arg(long, value_name = "TAG")]
    lang: Option<String>,
    /// Stack the texts of all languages
    #[arg(long)]
    bilingual: bool,
    /// Only events of these characters, by identifier or name
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    characters: Vec<String>,
    /// Only events of a kind: forced, dialogue, sounds, onscreen, description, or a content descriptor
    #[arg(long, value_name = "KIND")]
    only: Option<String>,
    /// Take files that hold chapters or metadata instead of subtitles
    #[arg(long)]
    any_kind: bool,
}

#[derive(Args)]
struct FactArgs {
    /// What the script is for: subtitles, sdh, dubbing, audioDescription, transcript; fills in the three facts below
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
    /// The script's stage: originalTranscript, translatedTranscript, preRecording, asRecorded
    #[arg(long, value_name = "TYPE")]
    script_type: Option<String>,
    /// What parts of the programme the script stands for, as audio.dialogue,visual.text
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    script_represents: Vec<String>,
    /// What its events stand for, as audio.dialogue
    #[arg(long, value_name = "PART")]
    represents: Option<String>,
    /// The language that texts are translated from; that of --lang for originals
    #[arg(long, value_name = "TAG")]
    lang_src: Option<String>,
    /// Who is in the programme: a table, JSON, TOML, or another script
    #[arg(long, value_name = "FILE")]
    cast: Option<String>,
    /// These facts from a TOML file, with the names of the options; options go first
    #[arg(long, value_name = "FILE")]
    defaults: Option<String>,
}

#[derive(Args)]
struct TimeArgs {
    /// Frames in a second, where a format counts frames without saying so: 25, 23.976, 30000/1001
    #[arg(long, value_name = "RATE")]
    fps: Option<String>,
    /// The timecode of media time 0
    #[arg(long, value_name = "TIMECODE")]
    start_tc: Option<String>,
    /// Timecodes count with dropped frames
    #[arg(long, conflicts_with = "ndf", requires = "fps")]
    df: bool,
    /// Timecodes count every frame (the default)
    #[arg(long)]
    ndf: bool,
    /// Move all events, as -1.5s, 00:00:10 or 48f
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    offset: Option<String>,
    /// Stretch all times, as 24/25 for a film shown at 25 frames a second
    #[arg(long, value_name = "FACTOR")]
    scale: Option<String>,
    /// Write timecodes beside times, for people
    #[arg(long)]
    timecodes: bool,
    /// For tables: write times in milliseconds
    #[arg(long)]
    milliseconds: bool,
}

#[derive(Args)]
struct WritingArgs {
    /// How speakers stand in subtitles that have no place for them: none, or prefix for `NAME: words`; read and written
    #[arg(long, value_name = "HOW", default_value = "none")]
    speaker: SpeakerChoice,
    /// Write annotations as comments, where the format has these
    #[arg(long)]
    notes: bool,
    /// Where subtitles stand: authored, bottom, top, middle, left, right
    #[arg(long, value_name = "PLACE", default_value = "authored")]
    region: RegionName,
    /// For tables: what parts columns, as `;` or tab
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,
    /// How a table or vendor JSON is laid out: voiceq, netflix-dl, elevenlabs, generic, or a TOML file
    #[arg(long, value_name = "MAP")]
    map: Option<String>,
}

#[derive(Args)]
struct LossArgs {
    /// Write a report of losses, notes and filled facts as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<String>,
    /// Write nothing and exit with 1 if anything is lost, or any of these codes (C-STYLE,C-CHAR)
    #[arg(long, value_name = "CODES", num_args = 0..=1, require_equals = true, default_missing_value = "all", value_delimiter = ',')]
    fail_on_loss: Vec<String>,
    /// Append no step of lineage to a script
    #[arg(long)]
    no_lineage: bool,
    /// Write the present time into the lineage; SOURCE_DATE_EPOCH gives another
    #[arg(long)]
    stamp: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SpeakerChoice {
    None,
    Prefix,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RegionName {
    Authored,
    Bottom,
    Top,
    Middle,
    Left,
    Right,
}

const EXAMPLES: &str = "\
Examples:
  A script for a tool that reads DAPT, and back:
    ttal convert harbour.ttal harbour.dapt
    ttal convert harbour.dapt harbour.ttal
  French subtitles of a bilingual script, forced narratives only:
    ttal convert harbour.dapt harbour-fr.vtt --lang fr --only forced
  A pre-recording script from subtitles, with the cast from a table:
    ttal convert harbour.srt harbour.dapt --speaker prefix --cast cast.csv \\
      --script-type preRecording --represents audio.dialogue --script-represents audio.dialogue \\
      --lang fr --lang-src en
  In a pipe, failing if a style would be lost:
    ttal convert - - --from imsc --to srt --fail-on-loss=C-STYLE < in.ttml > out.srt";

/// The report that `--report` writes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    tool: &'static str,
    version: &'static str,
    input: FileReport<'a>,
    output: FileReport<'a>,
    losses: Vec<Loss>,
    notes: Vec<NoteReport<'a>>,
    /// How many more notes there were.
    #[serde(skip_serializing_if = "is_zero")]
    more_notes: usize,
    /// Facts that the purpose filled in.
    filled: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cast: Option<CastSummary<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CastSummary<'a> {
    matched: usize,
    unmatched: &'a [String],
    unused: &'a [String],
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct FileReport<'a> {
    file: &'a str,
    format: &'a str,
}

#[derive(Serialize)]
struct NoteReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    message: &'a str,
}

/// Runs the command.
pub(super) fn run(arguments: &ConvertArgs) -> Result<u8> {
    let target = target(arguments)?;
    let read = reading(arguments)?;
    let mut opened = arguments.reading.open(&arguments.input, &read)?;
    let job = conversion(arguments, &read, &opened, target)?;
    let mut script = std::mem::take(&mut opened.script);
    let mut losses = opened.notes.losses.clone();
    let done = convert::convert(&mut script, &job, opened.format, target, &mut losses)?;
    if !arguments.losses.quiet {
        opened.warn();
        tell_done(&done);
    }
    let write =
        target.write.ok_or_else(|| Error::usage(format!("{} is read here, not written", target.title)))?;
    // Written to memory first only where a loss found while writing could still forbid the output.
    let may_fail = !arguments.losses.fail_on_loss.is_empty();
    let mut written_losses = Losses::default();
    let mut held = Vec::new();
    if may_fail {
        write(&script, &job.write, &mut written_losses, &mut held)?;
        let all = with(&losses, &written_losses, job.lineage.is_some() && is_script(target));
        let forbidden = convert::forbidden(&all, &arguments.losses.fail_on_loss)?;
        if !forbidden.is_empty() {
            report(arguments, &opened, target, &all, &done)?;
            tell(&all, arguments, target);
            terminal::error(&format!("{}: not written: {} lost", arguments.output, forbidden.join(", ")));
            return Ok(1);
        }
    }
    files::write_output(&arguments.output, arguments.force, |out| {
        if may_fail {
            return out.write_all(&held).map_err(|e| Error::io("cannot write", e).in_file(&arguments.output));
        }
        write(&script, &job.write, &mut written_losses, out)
    })?;
    let all = with(&losses, &written_losses, job.lineage.is_some() && is_script(target));
    report(arguments, &opened, target, &all, &done)?;
    tell(&all, arguments, target);
    if arguments.output != PIPE && !arguments.losses.quiet {
        let events = files::count(script.events.len(), "event");
        print(&format!("{}: {}, {events}\n", arguments.output, target.title))?;
    }
    // The process ends here: what a large script holds need not be given back piece by piece.
    std::mem::forget(script);
    Ok(0)
}

/// Losses of reading and writing together. With a step of lineage those of writing are counted already.
fn with(losses: &Losses, written: &Losses, counted: bool) -> Losses {
    let mut all = losses.clone();
    if !counted {
        all.extend(written.clone());
    }
    all
}

fn target(arguments: &ConvertArgs) -> Result<&'static Format> {
    if let Some(name) = &arguments.to {
        let format = formats::by_name(name)?;
        // A document of the profile is written wherever TTML is asked for.
        let writer = if format.name == "ttml" { formats::by_name("imsc")? } else { format };
        return Ok(writer);
    }
    let found = formats::by_extension(&arguments.output).find(|format| format.write.is_some());
    found.ok_or_else(|| {
        let names: Vec<&str> =
            formats::FORMATS.iter().filter(|f| f.write.is_some()).map(|f| f.name).collect();
        let output = files::display_name(&arguments.output);
        Error::usage(format!(
            "{output}: no format is told by this name; give it with --to {}",
            names.join("|")
        ))
    })
}

fn counter(times: &TimeArgs) -> Result<Option<TimecodeCounter>> {
    let rate = times.fps.as_deref().map(str::parse::<crate::time::FrameRate>).transpose();
    let rate = rate.map_err(|e| Error::usage(format!("--fps: {e}")))?;
    Ok(rate.map(|rate| TimecodeCounter { rate: FrameRate::from(rate), drop_frame: times.df }))
}

fn reading(arguments: &ConvertArgs) -> Result<ReadOptions> {
    let counter = counter(&arguments.times)?;
    if let Some(timecode) = &arguments.times.start_tc {
        let counter = counter.ok_or_else(|| Error::usage("--start-tc needs --fps"))?;
        counter.frame(timecode).map_err(|e| Error::usage(format!("--start-tc {timecode}: {e}")))?;
    }
    if let Some(tag) = &arguments.taking.lang
        && !crate::ttal::language::is_well_formed(tag)
    {
        return Err(Error::usage(format!("--lang: {}", crate::ttal::language::malformed(tag))));
    }
    Ok(ReadOptions {
        counter,
        start_timecode: arguments.times.start_tc.as_deref().map(Into::into),
        speaker: speaker(arguments.writing.speaker),
        language: arguments.taking.lang.as_deref().map(Into::into),
        any_kind: arguments.taking.any_kind,
        map: arguments.writing.map.as_deref().map(formats::map::find).transpose()?,
    })
}

fn speaker(choice: SpeakerChoice) -> Speaker {
    match choice {
        SpeakerChoice::None => Speaker::None,
        SpeakerChoice::Prefix => Speaker::Prefix,
    }
}

fn conversion(
    arguments: &ConvertArgs,
    read: &ReadOptions,
    opened: &Opened,
    target: &Format,
) -> Result<Conversion> {
    let ConvertArgs { taking, times, writing, losses, .. } = arguments;
    let declared = opened.script.timing.as_deref().and_then(|t| FrameRate::of(t.frame_rate.as_ref()?));
    let rate = declared.or(read.counter.map(|counter| counter.rate));
    let offset = times.offset.as_deref().map(|text| retime::parse_offset(text, rate)).transpose();
    let scale = times.scale.as_deref().map(retime::parse_factor).transpose();
    let delimiter = match writing.delimiter.as_deref() {
        None => None,
        Some("tab" | "\\t") => Some(b'\t'),
        Some(text) if text.len() == 1 && text.is_ascii() => Some(text.as_bytes()[0]),
        Some(text) => return Err(Error::usage(format!("--delimiter: `{text}` is not one character"))),
    };
    // Subtitles have no place for lineage, so that nothing need be hashed for it.
    let lineage = if losses.no_lineage || !is_script(target) {
        None
    } else {
        Some(Provenance {
            parent: opened.parent(),
            parameters: parameters(arguments),
            time: files::stamp(losses.stamp)?,
        })
    };
    let plain = !is_script(opened.format);
    Ok(Conversion {
        facts: facts(arguments, plain)?,
        cast: arguments.facts.cast.as_deref().map(cast).transpose()?,
        characters: taking.characters.clone(),
        only: taking
            .only
            .as_deref()
            .map(str::parse::<Kind>)
            .transpose()
            .map_err(|e| Error::usage(format!("--only: {e}")))?,
        offset: offset.map_err(|e| Error::usage(format!("--offset: {e}")))?,
        scale: scale.map_err(|e| Error::usage(format!("--scale: {e}")))?,
        counter: read.counter,
        start_timecode: times.start_tc.as_deref().map(Into::into),
        timecodes: times.timecodes,
        lineage,
        write: WriteOptions {
            language: taking.lang.as_deref().map(Into::into),
            bilingual: taking.bilingual,
            speaker: speaker(writing.speaker),
            notes: writing.notes,
            region: match writing.region {
                RegionName::Authored => RegionChoice::Authored,
                RegionName::Bottom => RegionChoice::Bottom,
                RegionName::Top => RegionChoice::Top,
                RegionName::Middle => RegionChoice::Middle,
                RegionName::Left => RegionChoice::Left,
                RegionName::Right => RegionChoice::Right,
            },
            counter: read.counter,
            start_timecode: times.start_tc.as_deref().map(Into::into),
            timecodes: times.timecodes,
            milliseconds: times.milliseconds,
            delimiter,
            map: read.map.clone(),
        },
    })
}

/// Facts from options, and behind them from the file of defaults.
fn facts(arguments: &ConvertArgs, plain: bool) -> Result<Facts> {
    let FactArgs { purpose, script_type, script_represents, represents, lang_src, defaults, .. } =
        &arguments.facts;
    let text = |option: &Option<String>| option.as_deref().map(Into::into);
    let given = Facts {
        script_type: text(script_type),
        script_represents: script_represents.iter().map(|part| part.as_str().into()).collect(),
        represents: text(represents),
        // Of a script, --lang takes the texts in that language.
        lang: arguments.taking.lang.as_deref().filter(|_| plain).map(Into::into),
        lang_src: text(lang_src),
        purpose: text(purpose),
    };
    let Some(path) = defaults else { return Ok(given) };
    let source = Source::decode(files::display_name(path), files::read_bytes(path)?, Decoding::Strict)?;
    Ok(given.or(Facts::parse(source.name(), source.text())?))
}

/// A cast: out of a script where the file is one, else a cast file.
fn cast(path: &str) -> Result<Cast> {
    let bytes = files::read_bytes(path)?;
    let source = Source::decode(files::display_name(path), bytes, Decoding::Guess)?;
    let script = [&formats::ttal::TTAL, &formats::dapt::FORMAT]
        .into_iter()
        .find(|format| (format.probe)(source.text()));
    match script.and_then(|format| format.read) {
        Some(read) => {
            Ok(Cast::of_script(&read(&source, &ReadOptions::default(), &mut formats::Notes::default())?))
        }
        None => Cast::read(&source),
    }
}

/// The settings that lineage keeps: those that changed what was written.
fn parameters(arguments: &ConvertArgs) -> Extensions {
    let ConvertArgs { taking, times, writing, .. } = arguments;
    let mut parameters = Extensions::default();
    let mut set = |key: &str, value: Option<&str>| {
        if let Some(value) = value {
            parameters.set(key, value.into());
        }
    };
    set("lang", taking.lang.as_deref());
    set("purpose", arguments.facts.purpose.as_deref());
    set("cast", arguments.facts.cast.as_deref());
    set("only", taking.only.as_deref());
    set("fps", times.fps.as_deref());
    set("startTc", times.start_tc.as_deref());
    set("offset", times.offset.as_deref());
    set("scale", times.scale.as_deref());
    set("speaker", matches!(writing.speaker, SpeakerChoice::Prefix).then_some("prefix"));
    if !taking.characters.is_empty() {
        parameters.set("characters", taking.characters.join(",").into());
    }
    parameters
}

fn report(
    arguments: &ConvertArgs,
    opened: &Opened,
    target: &Format,
    losses: &Losses,
    done: &Converted,
) -> Result<()> {
    let Some(path) = &arguments.losses.report else { return Ok(()) };
    let offsets: Vec<usize> = opened.notes.notes.iter().filter_map(|note| note.offset).collect();
    let mut places = opened.source.line_columns(&offsets).into_iter();
    let notes = opened.notes.notes.iter().map(|note| {
        let place = note.offset.and_then(|_| places.next());
        NoteReport { line: place.map(|p| p.0), column: place.map(|p| p.1), message: &note.message }
    });
    let report = Report {
        tool: "ttal",
        version: env!("CARGO_PKG_VERSION"),
        input: FileReport { file: opened.source.name(), format: opened.format.name },
        output: FileReport { file: &arguments.output, format: target.name },
        losses: losses.report(),
        notes: notes.collect(),
        more_notes: opened.notes.more,
        filled: done.filled.iter().map(|filled| (filled.key, filled.value.as_str())).collect(),
        cast: done.cast.as_ref().map(|cast| CastSummary {
            matched: cast.matched,
            unmatched: &cast.unmatched,
            unused: &cast.unused,
        }),
    };
    files::write_output(path, true, |out| {
        let cannot = |e: std::io::Error| Error::io("cannot write", e).in_file(path);
        serde_json::to_writer_pretty(&mut *out, &report).map_err(|e| cannot(e.into()))?;
        out.write_all(b"\n").map_err(cannot)
    })
}

/// Says what was filled in, and who was not found.
fn tell_done(done: &Converted) {
    for filled in &done.filled {
        terminal::note(&format!("{} is {}, as usual for this purpose", filled.key, filled.value));
    }
    let Some(cast) = &done.cast else { return };
    let names = |names: &[String]| crate::findings::printable::printable(&names.join(", ")).into_owned();
    if !cast.unmatched.is_empty() {
        terminal::warning(&format!("not in the cast: {}", names(&cast.unmatched)));
    }
    if !cast.unused.is_empty() {
        terminal::note(&format!("in the cast, without a line: {}", names(&cast.unused)));
    }
}

/// Lists what was lost, one line for each code.
fn tell(losses: &Losses, arguments: &ConvertArgs, target: &Format) {
    if arguments.losses.quiet {
        return;
    }
    files::tell_losses(losses, target);
}
