//! L-01 to L-04: language tags by themselves.

use std::collections::HashMap;

use language_tags::{LanguageTag, ValidationError};

use super::context::Ctx;
use super::table::{L_01, L_02, L_03, L_04};
use super::{Remark, Remarks, Syntax};
use crate::findings::Severity;
use crate::ttal::model::Language;
use crate::ttal::place::Spot;

/// What is to be said of a tag, wherever it stands.
#[derive(Clone)]
enum Verdict {
    Fine,
    Malformed(Option<String>),
    Doubtful { severity: Severity, why: String, canonical: Option<String> },
}

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let root = ctx.script.at.key("language");
    let name = if ctx.syntax == Syntax::Xml { "xml:lang" } else { "language" };
    match ctx.script.language.as_deref() {
        None => out.push(
            Remark::new(&L_01, root, "the script has no language").fix(format!("give `{name}` on the root")),
        ),
        Some("") => out.push(Remark::new(&L_02, root, "the language of the script is empty")),
        Some(_) => {}
    }
    let mut verdicts: HashMap<&str, Verdict> = HashMap::new();
    languages(ctx, &mut |tag, spot, event| {
        // Empty means: not determined.
        if tag.is_empty() {
            return;
        }
        let verdict = verdicts.entry(tag).or_insert_with(|| judge(tag));
        let remark = match verdict {
            Verdict::Fine => return,
            Verdict::Malformed(instead) => {
                let fix = instead.as_ref().map(|instead| format!("write `{instead}`"));
                Remark::new(&L_03, spot, format!("\"{}\" is no language tag", &**tag)).maybe_fix(fix)
            }
            Verdict::Doubtful { severity, why, canonical } => {
                let fix = canonical.as_ref().map(|canonical| format!("write `{canonical}`"));
                let mut remark = Remark::new(&L_04, spot, why.clone()).severity(*severity).maybe_fix(fix);
                remark.expected = canonical.clone();
                remark
            }
        };
        out.push(remark.in_event(event).found(&**tag));
    });
}

/// What takes a language, with the identifier of the event around it.
type OnLanguage<'f, 's> = &'f mut dyn FnMut(&'s Language, Spot, Option<&'s str>);

/// Hands out all language tags of a script.
fn languages<'s>(ctx: &Ctx<'s>, found: OnLanguage<'_, 's>) {
    for resource in &ctx.script.resources {
        resource.language.iter().for_each(|tag| found(tag, resource.at.key("language"), None));
        for source in &resource.sources {
            source.language.iter().for_each(|tag| found(tag, source.at.key("language"), None));
        }
    }
    for part in &ctx.parts {
        let (at, event) = (part.element.at(), part.event_id());
        part.element.language().iter().for_each(|tag| found(tag, at.key("language"), event));
        part.element.language_source().iter().for_each(|tag| found(tag, at.key("languageSource"), event));
        for recording in part.element.audio() {
            recording.language.iter().for_each(|tag| found(tag, recording.at.key("language"), event));
            for source in &recording.sources {
                source.language.iter().for_each(|tag| found(tag, source.at.key("language"), event));
            }
        }
    }
    for event in &ctx.script.events {
        for description in &event.descriptions {
            description
                .language
                .iter()
                .for_each(|tag| found(tag, description.at.key("language"), Some(&event.id)));
        }
    }
    for step in &ctx.script.lineage {
        step.language.iter().for_each(|tag| found(tag, step.at.key("language"), None));
    }
}

fn judge(tag: &str) -> Verdict {
    let Ok(parsed) = LanguageTag::parse(tag) else {
        let hyphens = tag.trim().replace('_', "-");
        let instead = (hyphens != tag && LanguageTag::parse(&hyphens).is_ok()).then_some(hyphens);
        return Verdict::Malformed(instead);
    };
    let doubtful = |severity, why, canonical| Verdict::Doubtful { severity, why, canonical };
    let canonical = parsed.canonicalize().ok().map(LanguageTag::into_string);
    // A deprecated tag may be one that only its replacement is registered for.
    let current = canonical.as_deref().filter(|canonical| !canonical.eq_ignore_ascii_case(tag));
    if let Err(error) = parsed.validate() {
        let what = match error {
            ValidationError::PrimaryLanguageNotInRegistry => {
                format!("\"{}\" is no registered language", parsed.primary_language())
            }
            ValidationError::ScriptNotInRegistry => {
                format!("\"{}\" is no registered script", parsed.script().unwrap_or(""))
            }
            ValidationError::RegionNotInRegistry => {
                format!("\"{}\" is no registered region", parsed.region().unwrap_or(""))
            }
            _ => format!("\"{tag}\": {}", error.to_string().to_lowercase().trim_end_matches('.')),
        };
        return doubtful(Severity::Warning, what, current.map(str::to_string));
    }
    let primary = parsed.primary_language();
    if tag.to_ascii_lowercase().starts_with("x-")
        || (primary.len() == 3 && ("qaa"..="qtz").contains(&primary))
    {
        let why = format!("\"{tag}\" is a private tag: others don't know what it means");
        return doubtful(Severity::Warning, why, None);
    }
    let Some(current) = current else { return Verdict::Fine };
    let default_script = parsed.script().is_some_and(|script| {
        let without = tag.split('-').filter(|subtag| !subtag.eq_ignore_ascii_case(script));
        without.collect::<Vec<_>>().join("-").eq_ignore_ascii_case(current)
    });
    let (severity, why) = if default_script {
        (
            Severity::Advice,
            format!("\"{tag}\" names the usual script of its language, which is best left out"),
        )
    } else {
        (Severity::Warning, format!("\"{tag}\" is deprecated"))
    };
    doubtful(severity, why, Some(current.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(tag: &str) -> (Option<Severity>, Option<String>) {
        match judge(tag) {
            Verdict::Fine => (None, None),
            Verdict::Malformed(instead) => (Some(Severity::Error), instead),
            Verdict::Doubtful { severity, canonical, .. } => (Some(severity), canonical),
        }
    }

    #[test]
    fn tags_are_judged_by_the_registry() {
        for tag in
            ["en", "pt-BR", "zh-Hant-TW", "zxx", "und", "es-419", "EN-us", "sr-Latn", "mul", "en-x-own"]
        {
            assert_eq!(said(tag), (None, None), "{tag}");
        }
        let doubtful = |tag: &str, canonical: &str| {
            assert_eq!(said(tag), (Some(Severity::Warning), Some(canonical.to_string())), "{tag}");
        };
        doubtful("iw", "he");
        doubtful("zh-cmn-Hans", "cmn-Hans");
        assert_eq!(said("xy").0, Some(Severity::Warning));
        assert_eq!(said("en-QQ"), (None, None), "a private region");
        assert_eq!(said("en-ZY").0, Some(Severity::Warning));
        assert_eq!(said("qaa").0, Some(Severity::Warning));
        assert_eq!(said("en-Latn"), (Some(Severity::Advice), Some("en".into())));
        assert_eq!(said("pt_BR"), (Some(Severity::Error), Some("pt-BR".into())));
        assert_eq!(said("french language"), (Some(Severity::Error), None));
    }
}
