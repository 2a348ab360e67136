//! Findings on their way into a report: where they are, and not ten thousand of one kind.

use crate::findings::{Finding, Location, Rule, Severity};
use crate::input::Input;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;

use super::profile::Profiles;

/// How many findings of one rule are kept of a file; the others are counted.
const KEPT: usize = 20;

/// The findings of one target.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The names of the inputs, and where each starts in the whole.
    parts: Vec<(String, u64)>,
    profiles: Profiles,
    findings: Vec<Finding>,
    counts: Vec<Count>,
}

/// How often a rule was broken.
#[derive(Debug)]
struct Count {
    rule: &'static Rule,
    severity: Severity,
    count: u64,
    /// Index of the last finding that was kept.
    kept: usize,
    /// Where the last one was that was not.
    last: Option<Location>,
}

impl Gathered {
    /// Of inputs that are read as one. Rules that the profiles do not demand are not told.
    pub(super) fn new(parts: &[Input], profiles: Profiles) -> Self {
        let mut start = 0;
        let parts = parts
            .iter()
            .map(|part| {
                let at = start;
                start += part.len();
                (part.name().to_owned(), at)
            })
            .collect();
        Gathered { parts, profiles, findings: Vec::new(), counts: Vec::new() }
    }

    /// The names of the inputs, and where each starts in the whole.
    pub(super) fn parts(&self) -> &[(String, u64)] {
        &self.parts
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

    /// Begins a finding about a sample: it is at the sample's first byte, and says which sample of which fragment and
    /// track that is, and when it is decoded.
    pub(super) fn in_sample(
        &self,
        rule: &'static Rule,
        track: &Track,
        sample: &Sample,
        message: impl Into<String>,
    ) -> Finding {
        let mut finding = self.finding(rule, sample.offset, message).context("track", track.id.to_string());
        if sample.fragment > 0 {
            finding = finding.context("fragment", sample.fragment.to_string());
        }
        finding = finding.context("sample", sample.number.to_string());
        match (sample.time, track.timescale) {
            (Some(time), Some(timescale)) => finding.context("time", seconds(time, timescale)),
            _ => finding,
        }
    }

    /// Adds a finding.
    pub(super) fn push(&mut self, mut finding: Finding) {
        if !self.profiles.demand(finding.rule) {
            return;
        }
        finding.severity = self.profiles.severity(finding.rule, finding.severity);
        let (rule, severity) = (finding.rule, finding.severity);
        let known = self.counts.iter().position(|of| of.rule.id == rule.id && of.severity == severity);
        let known = known.unwrap_or_else(|| {
            self.counts.push(Count { rule, severity, count: 0, kept: 0, last: None });
            self.counts.len() - 1
        });
        let of = &mut self.counts[known];
        of.count += 1;
        if of.count <= KEPT as u64 {
            of.kept = self.findings.len();
            self.findings.push(finding);
        } else {
            of.last = Some(finding.location);
        }
    }

    /// Begins and adds a finding that needs no more than a message.
    pub(super) fn say(&mut self, rule: &'static Rule, offset: u64, message: impl Into<String>) {
        let finding = self.finding(rule, offset, message);
        self.push(finding);
    }

    /// All that were kept; the last of each rule says how many more there are, and where the last of those is.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        for of in self.counts {
            let Some(last) = of.last else { continue };
            let finding = &mut self.findings[of.kept];
            finding.more = of.count - KEPT as u64;
            finding.related.push((last, format!("the last of {} more like this", finding.more)));
        }
        self.findings
    }
}

/// A time in seconds, to the millisecond or as exact as the clock is if that is less: `12.345 s`.
pub(super) fn seconds(ticks: i64, timescale: u32) -> String {
    let thousandths = i128::from(ticks) * 1000 / i128::from(timescale.max(1));
    let sign = if thousandths < 0 { "-" } else { "" };
    let thousandths = thousandths.unsigned_abs();
    format!("{sign}{}.{:03} s", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::super::table::ISO_01;
    use super::*;

    #[test]
    fn places_are_in_the_parts() {
        let part = |name: &str, len| Input::from_bytes(name, vec![0; len]);
        let found = Gathered::new(&[part("init.mp4", 10), part("1.m4s", 5)], Profiles::ALL);
        assert_eq!(found.at(9), Location::new("init.mp4").offset(9));
        assert_eq!(found.at(10), Location::new("1.m4s").offset(0));
        assert_eq!(found.at(99), Location::new("1.m4s").offset(89));
    }

    #[test]
    fn many_of_a_kind_are_counted() {
        let mut found = Gathered::new(&[Input::from_bytes("x", vec![0; 1000])], Profiles::ALL);
        (0..1000).for_each(|offset| found.say(&ISO_01, offset, "wrong"));
        let findings = found.into_findings();
        assert_eq!(findings.len(), KEPT);
        assert_eq!(findings[KEPT - 1].more, 980);
        let last = Location::new("x").offset(999);
        assert_eq!(findings[KEPT - 1].related, [(last, "the last of 980 more like this".to_owned())]);
    }

    #[test]
    fn times_are_told_in_seconds() {
        assert_eq!(seconds(12_345, 1000), "12.345 s");
        assert_eq!(seconds(-1, 2), "-0.500 s");
        assert_eq!(seconds(1001, 30_000), "0.033 s");
    }
}
