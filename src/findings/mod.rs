//! What a checker found: rules, findings, which of them count, and how they are reported.
//!
//! A checker has a table of [`Rule`]s and makes [`Finding`]s; a [`Report`] gathers them by file, keeps those that a
//! [`Selection`] takes, and [`write()`] prints it in one of the [`Format`]s.

mod explain;
pub(crate) mod printable;
mod report;
mod rule;
mod selection;
#[cfg(test)]
mod testing;

pub use explain::{explain, list, markdown};
pub(crate) use report::html;
pub use report::{FileReport, Format, Report, Totals, write};
pub use rule::{Rule, Severity, find_rule};
pub(crate) use rule::{count, gather, rules};
pub use selection::Selection;

/// Where something was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Location {
    /// The file, as the caller named it.
    pub file: String,
    /// The place in the document's structure: a JSON pointer, an XML path or a box path.
    pub path: Option<String>,
    /// The line, counted from 1.
    pub line: Option<u32>,
    /// The column in that line, in characters (Unicode scalar values), counted from 1.
    pub column: Option<u32>,
    /// The byte offset in the file.
    pub offset: Option<u64>,
}

impl Location {
    /// The file as a whole.
    pub fn new(file: impl Into<String>) -> Self {
        Location { file: file.into(), ..Location::default() }
    }

    /// Gives the place in the document's structure.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Gives the line and the column, both counted from 1.
    pub fn line(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// Gives the byte offset.
    pub fn offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }
}

/// One place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here; the rule's severity unless the check knew better.
    pub severity: Severity,
    /// Where it is.
    pub location: Location,
    /// One line: what is wrong here, with the values compared.
    pub message: String,
    /// What the place belongs to, in order, each name once: `("event", "e12")`, `("timecode", "00:00:10.000")`,
    /// `("track", "1")`.
    pub context: Vec<(&'static str, String)>,
    /// What the input has, as it has it.
    pub found: Option<String>,
    /// What it should have.
    pub expected: Option<String>,
    /// How to put it right, in one sentence.
    pub fix: Option<String>,
    /// Other places that take part, and how.
    pub related: Vec<(Location, String)>,
    /// How many more breaches of the rule there are in the file that are counted here and not listed.
    pub more: u64,
}

impl Finding {
    /// A finding with the rule's severity and nothing but a message.
    pub fn new(rule: &'static Rule, location: Location, message: impl Into<String>) -> Self {
        Finding {
            rule,
            severity: rule.severity,
            location,
            message: message.into(),
            context: Vec::new(),
            found: None,
            expected: None,
            fix: None,
            related: Vec::new(),
            more: 0,
        }
    }

    /// Gives the place in the structure, `moov/trak[1]/tkhd` say.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.location.path = Some(path.into());
        self
    }

    /// Gives a severity other than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds to what the place belongs to. A name that is there already gets the new value.
    pub fn context(mut self, name: &'static str, value: impl Into<String>) -> Self {
        match self.context.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value.into(),
            None => self.context.push((name, value.into())),
        }
        self
    }

    /// Gives what the input has.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Gives what the input should have.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Says how to put it right.
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Adds another place that takes part, and how.
    pub fn related(mut self, location: Location, how: impl Into<String>) -> Self {
        self.related.push((location, how.into()));
        self
    }
}
