//! Findings on their way into a report: where they are, and not ten thousand of one kind.

use crate::findings::{Finding, Location, Rule};
use crate::input::Input;

/// How many findings of one rule are kept of a file; the others are counted.
const KEPT: usize = 20;

/// The findings of one target.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The names of the inputs, and where each starts in the whole.
    parts: Vec<(String, u64)>,
    findings: Vec<Finding>,
    /// How many there were of each rule, and where the last one was.
    counts: Vec<(&'static Rule, usize, Location)>,
}

impl Gathered {
    /// Of inputs that are read as one.
    pub(super) fn new(parts: &[Input]) -> Self {
        let mut start = 0;
        let parts = parts
            .iter()
            .map(|part| {
                let at = start;
                start += part.len();
                (part.name().to_owned(), at)
            })
            .collect();
        Gathered { parts, findings: Vec::new(), counts: Vec::new() }
    }

    /// The place of a byte of the whole: its file, and its offset there.
    pub(super) fn at(&self, offset: u64) -> Location {
        let part = self.parts.partition_point(|(_, start)| *start <= offset);
        match part.checked_sub(1).and_then(|part| self.parts.get(part)) {
            Some((name, start)) => Location::new(name).offset(offset - start),
            None => Location::new("").offset(offset),
        }
    }

    /// Begins a finding at a byte of the whole.
    pub(super) fn finding(&self, rule: &'static Rule, offset: u64, message: impl Into<String>) -> Finding {
        Finding::new(rule, self.at(offset), message)
    }

    /// Adds a finding.
    pub(super) fn push(&mut self, finding: Finding) {
        let position =
            self.counts.iter().position(|(rule, ..)| rule.id == finding.rule.id).unwrap_or_else(|| {
                self.counts.push((finding.rule, 0, Location::default()));
                self.counts.len() - 1
            });
        let (_, count, last) = &mut self.counts[position];
        *count += 1;
        if *count <= KEPT {
            self.findings.push(finding);
        } else {
            *last = finding.location;
        }
    }

    /// Begins and adds a finding that needs no more than a message.
    pub(super) fn say(&mut self, rule: &'static Rule, offset: u64, message: impl Into<String>) {
        let finding = self.finding(rule, offset, message);
        self.push(finding);
    }

    /// All that were kept, and one for the rest of each rule.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        for (rule, count, last) in self.counts {
            if count > KEPT {
                let message = format!("and {} more like these, the last of them here", count - KEPT);
                self.findings.push(Finding::new(rule, last, message).found(count.to_string()));
            }
        }
        self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::ISO_01;
    use super::*;

    #[test]
    fn places_are_in_the_parts() {
        let part = |name: &str, len| Input::from_bytes(name, vec![0; len]);
        let found = Gathered::new(&[part("init.mp4", 10), part("1.m4s", 5)]);
        assert_eq!(found.at(9), Location::new("init.mp4").offset(9));
        assert_eq!(found.at(10), Location::new("1.m4s").offset(0));
        assert_eq!(found.at(99), Location::new("1.m4s").offset(89));
    }

    #[test]
    fn many_of_a_kind_are_counted() {
        let mut found = Gathered::new(&[Input::from_bytes("x", vec![0; 1000])]);
        (0..1000).for_each(|offset| found.say(&ISO_01, offset, "wrong"));
        let findings = found.into_findings();
        assert_eq!(findings.len(), KEPT + 1);
        assert_eq!(findings[KEPT].message, "and 980 more like these, the last of them here");
        assert_eq!(findings[KEPT].location.offset, Some(999));
    }
}
