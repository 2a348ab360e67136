//! `ttal derive`.

use clap::Args;

use super::super::terminal;
use super::files::{self, InputArgs, PIPE};
use crate::error::{Error, Result};
use crate::formats::{Losses, ReadOptions};
use crate::ttal::derive::{self, Derivation, Derived};
use crate::ttal::lineage;
use crate::ttal::model::ScriptType;

/// Make the next stage of a script: a translation, a pre-recording script, a record
///
/// A translated transcript keeps the original words and opens an empty text in the new language beside them, with
/// its language source and what it derives from. A pre-recording script goes on from the texts in its language, or
/// opens them, and has no audio. A record goes on from a pre-recording script and names the recordings. Every event
/// says what it came from, and the lineage gets a step.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct DeriveArgs {
    /// Script to start from, TTAL or DAPT; `-` is standard input
    #[arg(value_name = "FILE")]
    input: String,
    /// The stage to make: translatedTranscript, preRecording or asRecorded
    #[arg(long, value_name = "TYPE")]
    to: String,
    /// The language of the new script, as fr or pt-BR
    #[arg(long, value_name = "TAG")]
    lang: String,
    /// File to write, .ttal or .dapt; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = PIPE)]
    output: String,
    /// Fill new texts with the words that they are to be made from
    #[arg(long)]
    prefill: bool,
    /// Leave out the texts that new ones are made from
    #[arg(long)]
    drop_sources: bool,
    /// Leave out who speaks the characters, to cast them anew
    #[arg(long)]
    drop_talents: bool,
    /// For asRecorded: where the recordings are; {event}, {text}, {character} and {language} are filled in
    #[arg(long, value_name = "TEMPLATE")]
    audio: Option<String>,
    /// The media type of the recordings; told from their names where it is left out
    #[arg(long, value_name = "TYPE", requires = "audio")]
    audio_type: Option<String>,
    /// Write the present time into the lineage; SOURCE_DATE_EPOCH gives another
    #[arg(long)]
    stamp: bool,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  Open a French translation of an English transcript:
    ttal derive --to translatedTranscript --lang fr transcript.ttal -o translation.ttal
  Go on to the script for the studio, cast anew:
    ttal derive --to preRecording --lang fr --drop-talents translation.ttal -o studio.ttal
  And to the record of what was said:
    ttal derive --to asRecorded --lang fr --audio 'takes/{event}.wav' studio.ttal -o recorded.dapt";

/// Runs the command.
pub(super) fn run(arguments: &DeriveArgs) -> Result<u8> {
    let to = ScriptType::from(&*arguments.to);
    if !to.is_known() {
        let nearest = crate::nearest::nearest(&arguments.to, ScriptType::WORDS.iter().copied());
        let hint = nearest.map_or_else(
            || "it is one of translatedTranscript, preRecording, asRecorded".to_string(),
            |nearest| format!("did you mean `{nearest}`?"),
        );
        return Err(Error::usage(format!("--to: `{}` is no stage of a script; {hint}", arguments.to)));
    }
    if arguments.audio.is_some() && to != ScriptType::AsRecorded {
        return Err(Error::usage("--audio is for --to asRecorded"));
    }
    if let Some(unknown) = arguments.audio.as_deref().and_then(derive::unknown_placeholder) {
        return Err(Error::usage(format!(
            "--audio: `{{{unknown}}}` is not filled in; there are {{event}}, {{text}}, {{character}} and {{language}}"
        )));
    }
    let opened = InputArgs::default().open(&arguments.input, &ReadOptions::default())?;
    files::must_be_script(&opened, &arguments.input)?;
    opened.warn();
    files::tell_losses(&opened.notes.losses, opened.format);
    let job = Derivation {
        to,
        language: arguments.lang.as_str().into(),
        prefill: arguments.prefill,
        drop_sources: arguments.drop_sources,
        drop_talents: arguments.drop_talents,
        audio: arguments.audio.as_deref().map(Into::into),
        audio_type: arguments.audio_type.as_deref().map(Into::into),
    };
    let (mut script, done) = derive::derive(&opened.script, &job)?;
    let mut step = derive::step(&job);
    step.parents.push(opened.parent());
    step.time = files::stamp(arguments.stamp)?;
    lineage::append(&mut script, step, &Losses::default());
    let format = files::script_format(&arguments.output);
    files::write_script(&arguments.output, arguments.force, &script, format)?;
    tell(&done, &job);
    files::done(
        &arguments.output,
        &format!("{} in {}: {}", job.to, job.language, summary(&done, script.events.len())),
    )?;
    Ok(0)
}

fn summary(done: &Derived, events: usize) -> String {
    let mut parts = vec![files::count(events, "event")];
    let mut part = |count: usize, what: &str| {
        if count > 0 {
            parts.push(format!("{} {what}", files::count(count, "text")));
        }
    };
    part(done.opened, "opened");
    part(done.taken_over, "taken over");
    part(done.left_out, "left out");
    parts.join(", ")
}

fn tell(done: &Derived, job: &Derivation) {
    if done.audio_left_out > 0 {
        terminal::warning(&format!(
            "{} left out, recorded or synthesized",
            files::count(done.audio_left_out, "rendering")
        ));
    }
    if done.without_recording > 0 {
        terminal::warning(&format!(
            "{} texts in {} have no recording; give their places with --audio",
            done.without_recording, job.language
        ));
    }
}
