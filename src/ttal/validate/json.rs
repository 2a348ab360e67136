//! Validating TTAL JSON.

use super::{Draft, Origin, Target, ValidateOptions, findings, misfits, remark_at, too_many};
use crate::findings::{Finding, Severity};
use crate::ttal::computed::Context;
use crate::ttal::json::{Problem, ProblemKind, Reader};
use crate::ttal::model::Script;
use crate::ttal::model::object::Data;
use crate::ttal::rules::table::{S_01, S_03, S_05, S_06, S_07, S_08, S_10};
use crate::ttal::rules::{self, Remark, Remarks, Syntax};
use crate::ttal::source::Source;

pub(super) fn validate(source: &Source, options: &ValidateOptions) -> Vec<Finding> {
    let text = source.text();
    let mut reader = Reader::new(text.as_bytes());
    let read = Script::read(&mut reader).and_then(|script| reader.finish().map(|()| script));
    let problems = reader.into_problems();
    let mut drafts = Vec::new();
    if source.has_byte_order_mark() {
        let remark = remark_at(&S_03, "the file begins with a byte order mark").severity(Severity::Warning);
        drafts.push(at(Target::Offset(0), remark.fix("save it as UTF-8 without one")));
    }
    let script = match read {
        Ok(Some(script)) => script,
        // Not JSON: nothing of what was read can be relied on.
        Err(_) => {
            let fatal = problems
                .iter()
                .filter(|p| matches!(p.kind, ProblemKind::Syntax | ProblemKind::LoneSurrogate));
            drafts.extend(fatal.map(|problem| draft(problem, options)));
            return findings(source, Syntax::Json, drafts, None);
        }
        Ok(None) => {
            drafts.push(at(Target::Offset(0), remark_at(&S_05, "the document is no JSON object")));
            return findings(source, Syntax::Json, drafts, None);
        }
    };
    let unversioned = |p: &&Problem| p.kind == ProblemKind::Shape && p.key.as_deref() == Some("ttalVersion");
    if problems.iter().any(|p| unversioned(&p)) {
        let near = problems.iter().find(|p| p.nearest.as_deref() == Some("ttalVersion"));
        let mut remark = remark_at(&S_05, "the object has no `ttalVersion`: it is no TTAL document")
            .fix("give `\"ttalVersion\": \"1.0\"`");
        if let Some(key) = near.and_then(|p| p.key.as_deref()) {
            remark = remark.found(key).fix("write `ttalVersion`");
        }
        drafts.push(at(Target::Offset(0), remark));
        return findings(source, Syntax::Json, drafts, None);
    }
    if !version(&script, &mut drafts) {
        return findings(source, Syntax::Json, drafts, None);
    }
    drafts.extend(problems.iter().map(|problem| draft(problem, options)));
    forbidden_characters(text, &mut drafts);
    let misfits = misfits::find(text);
    drafts.extend(misfits.iter().map(misfits::draft));
    let context = Context::new(&script);
    let mut remarks = Remarks::default();
    rules::check(&script, &context, Syntax::Json, &options.rules, &mut remarks);
    let is_full = remarks.is_full() || misfits.len() >= Remarks::MOST;
    drafts.extend(is_full.then(too_many));
    drafts.extend(remarks.into_iter().map(Draft::rule));
    findings(source, Syntax::Json, drafts, Some((&script, &context)))
}

fn at(target: Target<'_>, remark: Remark) -> Draft<'_> {
    Draft { target, remark, key: None, origin: Origin::Rule }
}

/// What the reader noted, under the rule that it belongs to.
fn draft(problem: &Problem, options: &ValidateOptions) -> Draft<'static> {
    let rule = match problem.kind {
        ProblemKind::Syntax | ProblemKind::DuplicateKey => &S_01,
        ProblemKind::LoneSurrogate => &S_10,
        ProblemKind::Shape => &S_06,
        ProblemKind::UnknownKey => &S_08,
    };
    let mut remark = remark_at(rule, problem.message.as_str());
    remark.fix = problem.nearest.as_ref().map(|near| format!("write `{near}`"));
    let target = match problem.kind {
        ProblemKind::Syntax | ProblemKind::LoneSurrogate => Target::Offset(problem.offset),
        ProblemKind::Shape if problem.key.is_some() => Target::Offset(problem.offset),
        _ => Target::Member(problem.offset),
    };
    let origin = match problem.kind {
        ProblemKind::Shape if problem.key.is_some() => Origin::Form,
        ProblemKind::Shape => Origin::Misfit,
        _ => Origin::Rule,
    };
    let mut key = None;
    match problem.kind {
        ProblemKind::Shape => key = problem.key.as_deref().map(str::to_string),
        ProblemKind::UnknownKey => {
            remark.found = problem.key.as_deref().map(str::to_string);
            match &problem.nearest {
                // What is nearest is at most two letters away.
                Some(_) if options.rules.strict => remark.severity = Severity::Error,
                Some(_) => {}
                None => remark.fix = Some("move data of your own to `extensions`".into()),
            }
        }
        _ => {}
    }
    Draft { target, remark, key, origin }
}

/// S-07; `false` where the document can't be judged any further.
fn version(script: &Script, drafts: &mut Vec<Draft<'_>>) -> bool {
    let spot = script.at.key("ttalVersion");
    let version = &*script.version;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (major, minor) = match version.split_once('.') {
        Some((major, minor)) if digits(major) && digits(minor) => (major, minor),
        _ => {
            if !version.is_empty() {
                let message = format!("\"{version}\" is no version");
                drafts.push(Draft::rule(Remark::new(&S_07, spot, message).found(version).expected("1.0")));
            }
            return true;
        }
    };
    if major.trim_start_matches('0') != "1" {
        let message = format!("version {version} is not supported: keys may mean something else in it");
        drafts.push(Draft::rule(Remark::new(&S_07, spot, message).found(version).expected("1.0")));
        return false;
    }
    if !minor.trim_start_matches('0').is_empty() {
        let message = format!("version {version} is newer than 1.0: what it adds is kept, but not checked");
        let remark = Remark::new(&S_07, spot, message).severity(Severity::Warning);
        drafts.push(Draft::rule(remark.found(version).expected("1.0")));
    }
    true
}

/// S-10: characters that XML can't hold, written as they are or as escapes. Extensions travel through XML as JSON
/// text, escapes and all.
fn forbidden_characters(text: &str, drafts: &mut Vec<Draft<'_>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|b| matches!(b, b'\\' | 0xef)) {
        let start = at + found;
        let rest = &bytes[start..];
        let (code, length) = match rest {
            [b'\\', b'u', digits @ ..] => {
                let digits = digits.get(..4).and_then(|d| std::str::from_utf8(d).ok());
                (digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()), 6)
            }
            [b'\\', b'b' | b'f', ..] => (Some(if rest[1] == b'b' { 8 } else { 12 }), 2),
            [b'\\', ..] => (None, 2),
            [0xef, 0xbf, last @ (0xbe | 0xbf), ..] => (Some(0xff40 + u32::from(*last)), 3),
            _ => (None, 1),
        };
        if let Some(code) = code.filter(|code| matches!(code, 0..=8 | 11 | 12 | 14..=31 | 0xfffe | 0xffff)) {
            let remark = remark_at(&S_10, format!("the character U+{code:04X} can't be held by XML"))
                .found(format!("U+{code:04X}"))
                .fix("remove it");
            drafts.push(at_character(start, remark));
        }
        at = (start + length).min(bytes.len());
    }
}

fn at_character(offset: usize, remark: Remark) -> Draft<'static> {
    Draft { target: Target::Offset(offset), remark, key: None, origin: Origin::Rule }
}
