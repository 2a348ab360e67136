//! `ttal new`.

use clap::Args;

use super::files::{self, PIPE};
use crate::error::{Error, Result};
use crate::ttal::language;
use crate::ttal::model::{
    Character, Content, DerivationOp, Event, List, Programme, Purpose, Script, ScriptType, Text,
    TextDerivation, Timing,
};
use crate::ttal::time::FrameRate;

/// Write a small valid script to start from
///
/// It has one event to copy, with a text in the script's language. The output's name tells the format: .ttal or .dapt;
/// TTAL on standard output.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NewArgs {
    /// File to write; `-` is standard output
    #[arg(short, long, value_name = "FILE", default_value = PIPE)]
    output: String,
    /// The programme's title
    #[arg(long, value_name = "TEXT", default_value = "Untitled")]
    title: String,
    /// The script's language, as en or pt-BR
    #[arg(long, value_name = "TAG", default_value = "en")]
    lang: String,
    /// The language it is translated from; its own where it is left out
    #[arg(long, value_name = "TAG")]
    lang_src: Option<String>,
    /// The script's stage: originalTranscript, translatedTranscript, preRecording, asRecorded
    #[arg(long, value_name = "TYPE", default_value = "originalTranscript")]
    script_type: String,
    /// What it is for: dubbing, audioDescription, subtitles, sdh, forcedNarrative, postProduction, transcript
    #[arg(long, value_name = "PURPOSE", default_value = "dubbing")]
    purpose: String,
    /// Frames in a second, as 25, 23.976 or 30000/1001; times are then counted in frames
    #[arg(long, value_name = "RATE")]
    fps: Option<String>,
    /// A character's name; may be given several times
    #[arg(long = "character", value_name = "NAME")]
    characters: Vec<String>,
    /// Names the document; made anew where it is left out
    #[arg(long, value_name = "URI")]
    document_id: Option<String>,
    /// Replace an output that exists
    #[arg(long)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  A transcript of a French episode, in frames:
    ttal new --title \"The Harbour\" --lang fr --fps 24000/1001 --character LÉA -o harbour.ttal
  The same as DAPT:
    ttal new --title \"The Harbour\" --lang fr -o harbour.dapt";

/// Runs the command.
pub(super) fn run(arguments: &NewArgs) -> Result<u8> {
    let script = script(arguments)?;
    let format = files::script_format(&arguments.output);
    files::write_script(&arguments.output, arguments.force, &script, format)?;
    files::done(&arguments.output, "a new script")?;
    Ok(0)
}

fn script(arguments: &NewArgs) -> Result<Script> {
    for tag in std::iter::once(&arguments.lang).chain(&arguments.lang_src) {
        if !language::is_well_formed(tag) {
            return Err(Error::usage(language::malformed(tag)));
        }
    }
    let script_type = ScriptType::from(&*arguments.script_type);
    known("--script-type", &arguments.script_type, script_type.is_known(), ScriptType::WORDS)?;
    let purpose = Purpose::from(&*arguments.purpose);
    known("--purpose", &arguments.purpose, purpose.is_known(), Purpose::WORDS)?;
    let rate = arguments.fps.as_deref().map(str::parse::<crate::time::FrameRate>).transpose();
    let rate = rate.map_err(|e| Error::usage(format!("--fps: {e}")))?.map(FrameRate::from);
    let describes = purpose == Purpose::AudioDescription;
    let represents = if describes { "visual.nonText" } else { "audio.dialogue" };
    let source = match &arguments.lang_src {
        Some(tag) => tag.as_str(),
        None if describes => "zxx",
        None => &arguments.lang,
    };
    let characters = arguments.characters.iter().enumerate().map(|(at, name)| Character {
        id: format!("c{}", at + 1).into(),
        name: name.as_str().into(),
        ..Character::default()
    });
    let end = rate.map_or_else(|| "00:00:02".into(), |rate| format!("{}f", rate.nominal() * 2));
    let speaker = (!arguments.characters.is_empty()).then(|| "c1".into());
    let event = Event {
        id: "e1".into(),
        begin: Some(if rate.is_some() { "0f" } else { "00:00:00" }.into()),
        end: Some(end.into()),
        characters: speaker.into_iter().collect(),
        texts: texts(arguments, source),
        ..Event::default()
    };
    Ok(Script {
        version: crate::formats::ttal::VERSION.into(),
        document_id: Some(match &arguments.document_id {
            Some(id) => id.as_str().into(),
            None => random_document_id()?,
        }),
        script_type: Some(script_type),
        script_represents: [represents.into()].into_iter().collect(),
        represents: Some(represents.into()),
        language: Some(arguments.lang.as_str().into()),
        language_source: Some(source.into()),
        purpose: Some(purpose),
        programme: Some(Box::new(Programme {
            title: Some(arguments.title.as_str().into()),
            ..Programme::default()
        })),
        timing: rate.map(|rate| Box::new(Timing { frame_rate: Some(rate.to_value()), ..Timing::default() })),
        characters: characters.collect(),
        events: [event].into_iter().collect(),
        ..Script::default()
    })
}

/// A text in the script's language, behind the original that it is a translation of.
fn texts(arguments: &NewArgs, source: &str) -> List<Text> {
    let text = Text { content: Content::from("…"), ..Text::default() };
    if source == "zxx" || language::same(source, &arguments.lang) {
        return [text].into_iter().collect();
    }
    let original = Text {
        id: Some("e1-original".into()),
        language: Some(source.into()),
        language_source: Some(source.into()),
        ..text.clone()
    };
    let from =
        TextDerivation { text: "e1-original".into(), op: DerivationOp::Edit, ..TextDerivation::default() };
    [original, Text { derived_from: [from].into_iter().collect(), ..text }].into_iter().collect()
}

fn known(option: &str, word: &str, known: bool, words: &[&str]) -> Result<()> {
    if known {
        return Ok(());
    }
    let hint = crate::nearest::nearest(word, words.iter().copied()).map_or_else(
        || format!("it is one of {}", words.join(", ")),
        |near| format!("did you mean `{near}`?"),
    );
    Err(Error::usage(format!("{option}: `{word}` is unknown; {hint}")))
}

/// A name that no other document has.
fn random_document_id() -> Result<Box<str>> {
    let mut seed = [0u8; 16];
    getrandom::fill(&mut seed)
        .map_err(|e| Error::io("cannot get random bytes", std::io::Error::other(e.to_string())))?;
    Ok(crate::ttal::lineage::document_id(&format!("{seed:?}")))
}
