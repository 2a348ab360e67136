//! The rules that scripts are judged by.
//!
//! [`table`] says what each rule demands and why; the other files hold the checks over the model, a family of rules
//! each. What only the syntax shows is remarked by the reader of that syntax.

mod audio;
mod context;
mod descriptor;
mod identifiers;
mod language;
mod lineage;
mod lineage_texts;
mod media;
mod mixing;
mod names;
mod overlaps;
mod people;
mod references;
mod script_type;
mod stages;
pub mod table;
mod tags;
mod time;
mod timecode;
mod timing;
mod unknown_keys;
mod unused;
mod walk;
mod writing_system;

use std::path::PathBuf;

use context::Ctx;

use super::computed::Context;
use super::model::{Script, Str};
use super::place::Spot;
use crate::findings::{Rule, Severity};

/// What a rule or a reader has to say about one spot of a script, before line numbers and paths are known.
#[derive(Debug, Clone)]
pub struct Remark {
    /// The rule.
    pub rule: &'static Rule,
    /// The rule's severity, unless this case is milder or worse.
    pub severity: Severity,
    /// Where.
    pub spot: Spot,
    /// The identifier of the event it is about.
    pub event: Option<Str>,
    /// What is wrong, one lower-case line.
    pub message: String,
    /// The value that is there.
    pub found: Option<String>,
    /// What should be there.
    pub expected: Option<String>,
    /// What to do about it.
    pub fix: Option<String>,
    /// Other spots that take part, and how.
    pub related: Vec<(Spot, String)>,
}

impl Remark {
    /// A remark with the rule's own severity.
    pub fn new(rule: &'static Rule, spot: Spot, message: impl Into<String>) -> Self {
        Remark {
            rule,
            severity: rule.severity,
            spot,
            event: None,
            message: message.into(),
            found: None,
            expected: None,
            fix: None,
            related: Vec::new(),
        }
    }

    /// Gives a severity other than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Gives the event that it is about.
    pub fn event(mut self, id: &str) -> Self {
        self.event = (!id.is_empty()).then(|| id.into());
        self
    }

    /// Gives the event that it is about, where there is one.
    fn in_event(self, id: Option<&str>) -> Self {
        match id {
            Some(id) => self.event(id),
            None => self,
        }
    }

    /// Gives the value that is there.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Gives what should be there.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says what to do about it.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Says what to do about it, where that is known.
    fn maybe_fix(mut self, fix: Option<String>) -> Self {
        self.fix = fix.or(self.fix);
        self
    }

    /// Adds another spot that takes part, and how.
    pub fn related(mut self, spot: Spot, how: impl Into<String>) -> Self {
        self.related.push((spot, how.into()));
        self
    }
}

/// What the rules said so far: the first [`Self::MOST`] remarks. A file that breaks more is not mended by reading
/// them, and they would fill the memory.
#[derive(Debug, Default)]
pub struct Remarks {
    kept: Vec<Remark>,
    /// The last remark that was one too many.
    spare: Option<Remark>,
}

impl Remarks {
    /// Remarks that are kept.
    pub const MOST: usize = 200_000;

    /// Adds a remark.
    pub fn push(&mut self, remark: Remark) {
        self.add(remark);
    }

    /// Adds a remark, and gives it back to be completed.
    pub fn add(&mut self, remark: Remark) -> &mut Remark {
        if self.kept.len() >= Self::MOST {
            return self.spare.insert(remark);
        }
        self.kept.push(remark);
        let last = self.kept.len() - 1;
        &mut self.kept[last]
    }

    /// Whether remarks were left out.
    pub fn is_full(&self) -> bool {
        self.spare.is_some()
    }
}

impl std::ops::Deref for Remarks {
    type Target = [Remark];

    fn deref(&self) -> &[Remark] {
        &self.kept
    }
}

impl std::ops::DerefMut for Remarks {
    fn deref_mut(&mut self) -> &mut [Remark] {
        &mut self.kept
    }
}

impl IntoIterator for Remarks {
    type Item = Remark;
    type IntoIter = std::vec::IntoIter<Remark>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.into_iter()
    }
}

impl Extend<Remark> for Remarks {
    fn extend<I: IntoIterator<Item = Remark>>(&mut self, remarks: I) {
        for remark in remarks {
            self.push(remark);
        }
    }
}

/// The syntax that a script was read from: some rules are the reader's there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TTAL JSON.
    Json,
    /// DAPT XML.
    Xml,
}

/// A test suite whose verdicts differ from the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// W3C dapt-tests of November 2025: an empty source language on the root is invalid
    #[value(name = "dapt-tests-2025-11")]
    DaptTests202511,
}

/// A document that a script was made from.
#[derive(Debug, Clone, Default)]
pub struct Parent {
    /// Its name.
    pub document_id: Option<String>,
    /// What it hashes to, in hexadecimal: over its canonical form, over its bytes.
    pub sha256: Vec<String>,
}

/// What the rules are told beside the script.
#[derive(Debug, Clone, Default)]
pub struct RuleOptions {
    /// Judge as this test suite does.
    pub suite: Option<Suite>,
    /// Look for audio files below this folder.
    pub media_folder: Option<PathBuf>,
    /// The documents that the script was made from.
    pub parents: Vec<Parent>,
    /// Whether what is doubtful counts as wrong.
    pub strict: bool,
}

/// The checks, in no order that matters: remarks are sorted by place.
const CHECKS: &[fn(&Ctx<'_>, &mut Remarks)] = &[
    audio::check,
    descriptor::check,
    identifiers::check,
    language::check,
    lineage_texts::check,
    media::check,
    mixing::check,
    names::check,
    overlaps::check,
    people::check,
    references::check,
    script_type::check,
    stages::check,
    tags::check,
    time::check,
    timecode::check,
    timing::check,
    lineage::check,
    unknown_keys::check,
    unused::check,
    writing_system::check,
];

/// Judges a script by all rules that the model shows.
pub fn check<'s>(
    script: &'s Script,
    context: &'s Context<'s>,
    syntax: Syntax,
    options: &'s RuleOptions,
    out: &mut Remarks,
) {
    let ctx = Ctx::new(script, context, syntax, options);
    for check in CHECKS {
        check(&ctx, out);
    }
}

/// `one of A, B or C`, for messages.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_string(),
        [start @ .., last] => format!("{} or {last}", start.join(", ")),
    }
}

/// The advice to write the word that was probably meant.
fn did_you_mean<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<String> {
    crate::nearest::nearest(word, words).map(|near| format!("write `{near}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::place::Place;

    #[test]
    fn remarks_are_bounded() {
        let mut remarks = Remarks::default();
        let remark = || Remark::new(&table::S_01, Place::default().whole(), "");
        remarks.extend(std::iter::repeat_with(remark).take(Remarks::MOST));
        assert!(!remarks.is_full());
        remarks.add(remark()).found = Some("completed".into());
        assert!(remarks.is_full());
        assert_eq!((remarks.len(), &remarks[Remarks::MOST - 1].found), (Remarks::MOST, &None));
    }
}
