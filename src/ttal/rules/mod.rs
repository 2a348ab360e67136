//! The rules that scripts are judged by.

pub mod table;

use super::model::Str;
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
        }
    }
}
