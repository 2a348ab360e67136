//! D-30 to D-33: whether events hold what the type of the script asks for.

use super::context::{Ctx, Part};
use super::table::{D_30, D_31, D_32, D_33};
use super::{Remark, Remarks};
use crate::findings::{Rule, Severity};
use crate::ttal::computed::Origin;
use crate::ttal::language;
use crate::ttal::model::{Event, ScriptType, SpeakRate};

/// What the texts of an event are, taken together.
#[derive(Default)]
struct Texts {
    count: usize,
    originals: usize,
    translations: usize,
    /// In the language of the script, which is that of the recording.
    in_target: usize,
    recorded: usize,
    spoken: usize,
}

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let check: fn(&Event, &Texts) -> Option<Said> = match ctx.script.script_type {
        Some(ScriptType::OriginalTranscript) => original,
        Some(ScriptType::TranslatedTranscript) => translated,
        Some(ScriptType::PreRecording) => before_recording,
        Some(ScriptType::AsRecorded) => {
            // If nothing is recorded at all, that is said once.
            let none = ctx.script.events.iter().any(|event| !event.texts.is_empty())
                && !ctx.parts.iter().any(|part| !part.element.audio().is_empty());
            if none {
                let message = "the script is as recorded, but no event has a recording";
                out.push(Remark::new(&D_33, ctx.script.at.key("scriptType"), message));
            }
            if none { as_recorded_words } else { as_recorded }
        }
        _ => return,
    };
    let target = ctx.context.root().language;
    let mut now: Option<(&Event, Texts)> = None;
    let mut judge = |entry: Option<(&Event, Texts)>| {
        let Some((event, texts)) = entry else { return };
        if let Some((rule, severity, message)) = check(event, &texts) {
            out.push(Remark::new(rule, event.at.key("texts"), message).severity(severity).event(&event.id));
        }
    };
    for part in &ctx.parts {
        match part.element {
            super::context::Element::Event(event) => {
                judge(now.replace((event, Texts::default())));
            }
            _ => {
                if let Some((_, texts)) = &mut now {
                    texts.add(part, target);
                }
            }
        }
    }
    judge(now);
}

impl Texts {
    fn add(&mut self, part: &Part<'_>, target: &str) {
        self.recorded += part.element.audio().len();
        self.spoken += usize::from(part.element.speak().is_some_and(|speak| speak.rate != SpeakRate::None));
        if part.text().is_none() {
            return;
        }
        self.count += 1;
        match part.computed.origin() {
            Origin::Translation(_) => self.translations += 1,
            _ => self.originals += 1,
        }
        let own = part.computed.language;
        // A script in pt may well hold texts in pt-BR.
        self.in_target += usize::from(
            language::same(own, target) || language::matches(own, target) || language::matches(target, own),
        );
    }
}

/// A rule, how bad it is here, and what is to be said.
type Said = (&'static Rule, Severity, &'static str);

fn original(_: &Event, texts: &Texts) -> Option<Said> {
    if texts.translations > 0 {
        return Some((
            &D_30,
            Severity::Warning,
            "an original transcript has no translations, but this event has",
        ));
    }
    // An event without texts marks an opportunity, or is not transcribed yet.
    (texts.count == 0).then_some((&D_30, Severity::Advice, "the event has no text yet"))
}

fn translated(_: &Event, texts: &Texts) -> Option<Said> {
    if texts.count == 0 {
        return Some((&D_31, Severity::Advice, "the event has no text yet"));
    }
    // What is in the language of the script needs no translation.
    let missing = texts.translations == 0 && texts.in_target == 0;
    missing.then_some((&D_31, Severity::Warning, "the event is not translated"))
}

fn before_recording(_: &Event, texts: &Texts) -> Option<Said> {
    if texts.recorded > 0 {
        return Some((
            &D_32,
            Severity::Warning,
            "the script is not recorded yet by its type, but the event has a recording",
        ));
    }
    if texts.count == 0 {
        return Some((&D_32, Severity::Advice, "the event has no text yet"));
    }
    (texts.in_target == 0).then_some((
        &D_32,
        Severity::Warning,
        "the event has no text in the language of the script",
    ))
}

fn as_recorded(event: &Event, texts: &Texts) -> Option<Said> {
    as_recorded_words(event, texts).or_else(|| {
        let missing = texts.recorded == 0 && texts.count > 0;
        missing.then_some((&D_33, Severity::Warning, "the event has no recording"))
    })
}

fn as_recorded_words(_: &Event, texts: &Texts) -> Option<Said> {
    if texts.spoken > 0 {
        return Some((&D_33, Severity::Warning, "the event is spoken by a machine"));
    }
    if texts.count == 0 {
        return Some((&D_33, Severity::Advice, "the event has no text"));
    }
    (texts.in_target == 0).then_some((
        &D_33,
        Severity::Warning,
        "the event has no text in the language of the script",
    ))
}
