//! The next stage of a script: a translation to be made, an adaptation to be recorded, a record of what was said.

use super::computed::{Computed, Context, Origin};
use super::flatten::pin_languages;
use super::ids::Ids;
use super::language;
use super::lineage;
use super::model::{
    Content, DerivationOp, Event, EventDerivation, Language, List, Recording, Script, ScriptType, Source,
    Stage, Status, Str, Text, TextDerivation,
};
use crate::error::{Error, Result};

/// What the next stage shall be.
#[derive(Debug, Clone)]
pub struct Derivation {
    /// The type of the script to make.
    pub to: ScriptType,
    /// The language of its texts.
    pub language: Str,
    /// Fill new texts with the words they are to be made from, instead of leaving them empty.
    pub prefill: bool,
    /// Leave out the texts that the new ones are made from.
    pub drop_sources: bool,
    /// Leave out who speaks the characters.
    pub drop_talents: bool,
    /// For a record: where recordings are, with `{event}`, `{text}`, `{character}` and `{language}` in it.
    pub audio: Option<Str>,
    /// The media type of those recordings.
    pub audio_type: Option<Str>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Derived {
    /// Texts that were opened, to be written.
    pub opened: usize,
    /// Texts that were taken over.
    pub taken_over: usize,
    /// Texts that were left out.
    pub left_out: usize,
    /// Recordings and synthesized speech that were left out.
    pub audio_left_out: usize,
    /// Texts of a record that have no recording.
    pub without_recording: usize,
}

/// The stage that makes a script of this type.
fn stage(to: &ScriptType) -> Stage {
    match to {
        ScriptType::TranslatedTranscript => Stage::Translated,
        ScriptType::AsRecorded => Stage::Recorded,
        _ => Stage::Adapted,
    }
}

/// Makes the next stage of a script, without its step of lineage; [`step`] gives that.
///
/// # Errors
/// `Usage` where this stage can't follow the script's, or a language is malformed.
pub fn derive(parent: &Script, job: &Derivation) -> Result<(Script, Derived)> {
    check(parent, job)?;
    let mut script = parent.clone();
    pin_languages(&mut script);
    let mut done = Derived::default();
    let mut ids = Ids::of(&script);
    let pinned = script.clone();
    let context = Context::new(&pinned);
    for (event, old) in script.events.iter_mut().zip(&pinned.events) {
        derive_event(event, old, &context.event(old), &context, job, &mut ids, &mut done);
    }
    script.script_type = Some(job.to.clone());
    script.language = Some(job.language.as_ref().into());
    script.document_id = Some(lineage::document_id(&format!(
        "{}\n{}\n{}",
        parent.document_id.as_deref().unwrap_or(""),
        job.to,
        job.language
    )));
    if job.drop_talents {
        script.talents.clear();
        for character in &mut script.characters {
            character.talent = None;
        }
    }
    Ok((script, done))
}

/// The step of lineage that belongs to a derivation.
pub fn step(job: &Derivation) -> lineage::Step {
    let mut step = lineage::Step::new(stage(&job.to));
    step.language = Some(job.language.as_ref().into());
    step
}

fn check(parent: &Script, job: &Derivation) -> Result<()> {
    if !language::is_well_formed(&job.language) {
        return Err(Error::usage(language::malformed(&job.language)));
    }
    let from = parent.script_type.as_ref().map_or("no type", ScriptType::as_str);
    let allowed: &[&str] = match job.to {
        ScriptType::TranslatedTranscript => &["originalTranscript", "translatedTranscript"],
        ScriptType::PreRecording => &["originalTranscript", "translatedTranscript", "preRecording"],
        ScriptType::AsRecorded => &["preRecording"],
        _ => &[],
    };
    if allowed.contains(&from) {
        return Ok(());
    }
    if allowed.is_empty() {
        return Err(Error::usage(
            "a script is derived to translatedTranscript, preRecording or asRecorded; an original transcript is where scripts begin",
        ));
    }
    Err(Error::usage(format!(
        "the script is of type {from}; {} is derived from {}",
        job.to,
        allowed.join(" or ")
    )))
}

fn derive_event(
    event: &mut Event,
    old: &Event,
    computed: &Computed<'_>,
    context: &Context<'_>,
    job: &Derivation,
    ids: &mut Ids,
    done: &mut Derived,
) {
    event.derived_from =
        [EventDerivation { event: old.id.clone(), op: DerivationOp::Copy, ..EventDerivation::default() }]
            .into_iter()
            .collect();
    event.status = None;
    let facts: Vec<(bool, Origin<'_>, &str)> = old
        .texts
        .iter()
        .map(|text| {
            let own = context.text(computed, text);
            (language::same(own.language, &job.language), own.origin(), own.language)
        })
        .collect();
    // The words to work from: the text in the new language where a stage before made one, else an original, else
    // whatever is there.
    let original = facts.iter().position(|(_, origin, _)| !matches!(origin, Origin::Translation(_)));
    let same =
        facts.iter().rposition(|(same, ..)| *same).filter(|_| job.to != ScriptType::TranslatedTranscript);
    let basis = same.or(original).or((!facts.is_empty()).then_some(0));
    let mut texts: List<Text> = List::new();
    for (at, text) in std::mem::take(&mut event.texts).into_iter().enumerate() {
        let (same_language, origin, _) = facts[at];
        let is_original = !matches!(origin, Origin::Translation(_));
        let keep = if Some(at) == basis {
            same_language || !job.drop_sources
        } else {
            is_original && !job.drop_sources
        };
        if keep || (Some(at) == basis && same.is_some()) {
            texts.push(text);
        } else {
            done.left_out += 1;
        }
    }
    event.texts = texts;
    let Some(basis) = basis else { return };
    let source = &old.texts[basis];
    if same == Some(basis) {
        take_over(event, source, job, ids, done);
    } else {
        open(event, source, facts[basis].2, job, ids, done);
    }
    if job.to == ScriptType::PreRecording {
        for text in &mut event.texts {
            done.audio_left_out += text.audio.len() + usize::from(text.speak.is_some());
            text.audio.clear();
            text.speak = None;
        }
    }
    if job.to == ScriptType::AsRecorded {
        record(event, job, done);
    }
}

/// A text of the stage before in the same language goes on as it is, to be worked on.
fn take_over(event: &mut Event, source: &Text, job: &Derivation, ids: &mut Ids, done: &mut Derived) {
    done.taken_over += 1;
    let Some(text) = event
        .texts
        .iter_mut()
        .find(|text| text.at.offset() == source.at.offset() && text.content == source.content)
    else {
        return;
    };
    let id = text.id.clone().unwrap_or_else(|| ids.free(&format!("{}-{}", event.id, job.language)));
    text.id = Some(id.clone());
    text.derived_from = [TextDerivation { text: id, op: DerivationOp::Copy, ..TextDerivation::default() }]
        .into_iter()
        .collect();
    text.status = Some(Status::Draft);
}

/// A text in the new language is opened beside the one that it is to be made from.
fn open(event: &mut Event, source: &Text, from: &str, job: &Derivation, ids: &mut Ids, done: &mut Derived) {
    done.opened += 1;
    let kept = event.texts.iter_mut().find(|text| text.content == source.content && text.id == source.id);
    let source_id = match kept {
        Some(text) => {
            let id = text.id.clone().unwrap_or_else(|| ids.free(&format!("{}-{from}", event.id)));
            text.id = Some(id.clone());
            Some(id)
        }
        None => source.id.clone(),
    };
    let derived_from = source_id.map(|text| TextDerivation {
        text,
        op: if job.prefill { DerivationOp::Copy } else { DerivationOp::Edit },
        ..TextDerivation::default()
    });
    event.texts.push(Text {
        id: Some(ids.free(&format!("{}-{}", event.id, job.language))),
        language: Some(job.language.as_ref().into()),
        language_source: Some(Language::from(from)),
        represents: source.represents.clone(),
        begin: source.begin.clone(),
        end: source.end.clone(),
        dur: source.dur.clone(),
        content: if job.prefill { without_ids(&source.content) } else { Content::default() },
        region: source.region.clone(),
        style: source.style.clone(),
        styling: source.styling.clone(),
        forced: source.forced,
        status: Some(Status::Open),
        derived_from: derived_from.into_iter().collect(),
        ..Text::default()
    });
}

/// The words again, without identifiers: these are unique in a document.
fn without_ids(content: &Content) -> Content {
    fn strip(nodes: &mut [super::model::Node]) {
        use super::model::Node;
        for node in nodes {
            match node {
                Node::Span(span) => {
                    span.id = None;
                    span.audio.clear();
                    strip(&mut span.content);
                }
                Node::Break(Some(node)) => node.id = None,
                Node::Ruby(node) => {
                    strip(&mut node.ruby.base);
                    strip(&mut node.ruby.text);
                }
                Node::Run(_) | Node::Break(None) | Node::Cue(_) => {}
            }
        }
    }
    let mut content = content.clone();
    strip(&mut content.0);
    content
}

/// What a template for recordings may have in braces; filled in by [`record`].
const PLACEHOLDERS: [&str; 4] = ["event", "text", "character", "language"];

/// The first name in braces of a template for recordings that stands for nothing.
pub fn unknown_placeholder(template: &str) -> Option<&str> {
    let names = template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let mut unknown = names.filter(|name| !PLACEHOLDERS.contains(name));
    unknown.next()
}

/// Texts of a record carry recordings, and no synthesized speech.
fn record(event: &mut Event, job: &Derivation, done: &mut Derived) {
    let character = event.characters.first().map_or("", |id| &**id).to_string();
    for text in &mut event.texts {
        done.audio_left_out += usize::from(text.speak.take().is_some());
        let is_target = text.language.as_deref().is_some_and(|l| language::same(l, &job.language));
        if !is_target || !text.audio.is_empty() {
            continue;
        }
        let Some(template) = &job.audio else {
            done.without_recording += 1;
            continue;
        };
        let uri = template
            .replace("{event}", &event.id)
            .replace("{text}", text.id.as_deref().unwrap_or(""))
            .replace("{character}", &character)
            .replace("{language}", &job.language);
        let media_type = job.audio_type.clone().unwrap_or_else(|| media_type(&uri).into());
        text.audio.push(Recording {
            sources: [Source { uri: Some(uri.into()), media_type: Some(media_type), ..Source::default() }]
                .into_iter()
                .collect(),
            ..Recording::default()
        });
    }
}

/// The media type that a file name's extension stands for.
fn media_type(uri: &str) -> &'static str {
    match uri.rsplit('.').next().unwrap_or("").to_ascii_lowercase().as_str() {
        "mp3" => "audio/mpeg",
        "m4a" | "mp4" => "audio/mp4",
        "flac" => "audio/flac",
        "ogg" | "opus" => "audio/ogg",
        "aif" | "aiff" => "audio/aiff",
        _ => "audio/wav",
    }
}
