//! Validation: a file in, findings out.

mod dapt;
mod json;
mod misfits;

use std::collections::HashMap;

use super::computed::Context;
use super::locate::{Placed, Target, locate};
use super::model::Script;
use super::place::Spot;
use super::rules::table::{S_01, S_02};
use super::rules::{Remark, Remarks, RuleOptions, Syntax};
use super::source::Source;
use super::time::{MediaTime, TimecodeCounter};
use crate::findings::{FileReport, Finding, Location};

/// How a file is judged.
#[derive(Debug, Clone, Default)]
pub struct ValidateOptions {
    /// What the rules are told.
    pub rules: RuleOptions,
}

/// Validates bytes, which may be anything.
pub fn validate_bytes(name: &str, bytes: Vec<u8>, options: &ValidateOptions) -> FileReport {
    if let Some(finding) = undecodable(name, &bytes) {
        return FileReport::new(name, vec![finding]);
    }
    match Source::decode(name, bytes, super::source::Decoding::Strict) {
        Ok(source) => validate(&source, options),
        Err(error) => {
            let finding = Finding::new(&S_02, Location::new(name), error.message().to_string());
            FileReport::new(name, vec![finding])
        }
    }
}

/// Why bytes are no UTF-8, if they aren't.
fn undecodable(name: &str, bytes: &[u8]) -> Option<Finding> {
    let utf16 = match bytes {
        [0xff, 0xfe, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] => Some("UTF-16BE"),
        _ => None,
    };
    let finding = |location, message: String| {
        Finding::new(&S_02, location, message)
            .expected("UTF-8")
            .fix("save the file as UTF-8, without byte order mark")
    };
    if let Some(encoding) = utf16 {
        return Some(finding(Location::new(name).offset(0), format!("the file is in {encoding}")));
    }
    let error = std::str::from_utf8(bytes).err()?;
    let (before, after) = bytes.split_at(error.valid_up_to());
    let mark = if before.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let text = String::from_utf8_lossy(&before[mark..]);
    let (line, column) = super::source::line_column(&text, text.len());
    let location = Location::new(name).line(line, column).offset(before.len() as u64);
    let message = match after.first() {
        Some(byte) => format!("the byte 0x{byte:02x} is no UTF-8 here"),
        None => "the file ends within a character".into(),
    };
    Some(finding(location, message))
}

/// Validates a text: TTAL JSON, or DAPT XML.
pub fn validate(source: &Source, options: &ValidateOptions) -> FileReport {
    let findings = match source.text().trim_start().chars().next() {
        Some('{' | '[') => json::validate(source, options),
        Some('<') => dapt::validate(source, options),
        first => {
            let what = if first.is_none() { "the file is empty" } else { "the file is neither JSON nor XML" };
            vec![
                Finding::new(&S_01, Location::new(source.name()).line(1, 1), what)
                    .expected("TTAL JSON or DAPT XML"),
            ]
        }
    };
    FileReport::new(source.name(), findings)
}

/// A remark of a rule, or a misfit of the form.
struct Draft<'a> {
    target: Target<'a>,
    remark: Remark,
    /// The key that is meant, below what the target leads to.
    key: Option<String>,
    origin: Origin,
}

/// Who said it: of two that say the same, the better one is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A rule that knows what the value means.
    Rule,
    /// The reader, of a value that it could not take: what rules say of it is not to be relied on.
    Misfit,
    /// The reader or the schema, of form alone.
    Form,
}

impl Draft<'_> {
    fn rule(remark: Remark) -> Self {
        Draft { target: Target::Spot(remark.spot), remark, key: None, origin: Origin::Rule }
    }
}

/// What is said where not all is told.
fn too_many() -> Draft<'static> {
    let message = format!("more than {} findings: the rest is not told", Remarks::MOST);
    let remark = remark_at(&S_01, message).fix("mend what is found first, and validate again");
    Draft { target: Target::Offset(0), remark, key: None, origin: Origin::Rule }
}

/// Turns drafts into findings: says where they are, and leaves out what is said better by another.
fn findings(
    source: &Source,
    syntax: Syntax,
    drafts: Vec<Draft<'_>>,
    script: Option<(&Script, &Context<'_>)>,
) -> Vec<Finding> {
    let mut targets: Vec<Target<'_>> = drafts.iter().map(|draft| draft.target).collect();
    for draft in &drafts {
        targets.extend(draft.remark.related.iter().map(|(spot, _)| Target::Spot(*spot)));
    }
    let placed = locate(source, syntax, &targets);
    let (own, mut related) = placed.split_at(drafts.len());
    let kept = misfits::kept(&drafts, own);
    let events = Events::new(script, &drafts);
    let mut findings = Vec::new();
    for ((draft, placed), kept) in drafts.into_iter().zip(own).zip(kept) {
        let (see, rest) = related.split_at(draft.remark.related.len());
        related = rest;
        if kept {
            findings.push(finding(source, draft.remark, placed, see, &events));
        }
    }
    findings
}

fn location(source: &Source, placed: &Placed) -> Location {
    let location = Location::new(source.name()).line(placed.line, placed.column);
    let location = location.offset(placed.offset as u64 + if source.has_byte_order_mark() { 3 } else { 0 });
    if placed.path.is_empty() { location } else { location.path(placed.path.as_str()) }
}

fn finding(source: &Source, remark: Remark, placed: &Placed, see: &[Placed], events: &Events<'_>) -> Finding {
    let mut finding =
        Finding::new(remark.rule, location(source, placed), remark.message).severity(remark.severity);
    finding.found = remark.found;
    finding.expected = remark.expected;
    finding.fix = remark.fix;
    if let Some(id) = remark.event.as_deref().or_else(|| events.at_pointer(&placed.path)) {
        finding = finding.context("event", id);
        if let Some(begin) = events.begins.get(id) {
            finding = finding.context("timecode", begin.to_string());
            if let Some(timecode) = events.timecode(*begin) {
                finding = finding.context("smpte", timecode);
            }
        }
    }
    for ((_, how), placed) in remark.related.into_iter().zip(see) {
        finding = finding.related(location(source, placed), how);
    }
    finding
}

/// When events begin, for those that findings are about.
#[derive(Default)]
struct Events<'s> {
    begins: HashMap<&'s str, MediaTime>,
    script: Option<&'s Script>,
    /// How frames are numbered, and the number of the frame at media time 0.
    timecodes: Option<(TimecodeCounter, i64)>,
}

impl<'s> Events<'s> {
    fn new(script: Option<(&'s Script, &Context<'_>)>, drafts: &[Draft<'_>]) -> Self {
        let Some((script, context)) = script.filter(|_| !drafts.is_empty()) else { return Events::default() };
        let timed = script.events.iter().filter(|event| !event.id.is_empty());
        let begins = timed.rev().map(|event| (&*event.id, context.begin(event))).collect();
        let timing = script.timing.as_deref();
        let timecodes = timing.and_then(|timing| {
            let counter = timing.counter()?;
            Some((counter, timing.origin_timecode.as_ref()?.frame(counter).ok()?))
        });
        Events { begins, script: Some(script), timecodes }
    }

    /// The event that a JSON pointer leads into.
    fn at_pointer(&self, path: &str) -> Option<&'s str> {
        let number = path.strip_prefix("/events/")?.split('/').next()?;
        let event = self.script?.events.get(number.parse::<usize>().ok()?)?;
        (!event.id.is_empty()).then_some(&*event.id)
    }

    fn timecode(&self, time: MediaTime) -> Option<String> {
        let (counter, origin) = self.timecodes?;
        counter.timecode(origin.checked_add(counter.rate.frame_at_or_after(time))?).ok()
    }
}

/// A remark about a place that is no object of a script.
fn remark_at(rule: &'static crate::findings::Rule, message: impl Into<String>) -> Remark {
    Remark::new(rule, Spot::default(), message)
}
