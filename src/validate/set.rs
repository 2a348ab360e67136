//! Tracks between which players switch. Rules CMF-36 and CMF-37.

use std::collections::HashSet;

use super::Checked;
use super::facts::TrackFacts;
use super::gathered::{Gathered, seconds};
use super::manifest::Segment;
use super::profile::Profiles;
use super::table::{CMF_36, CMF_37};
use crate::findings::{Finding, Location, Severity};

/// Pairs of tracks that were compared already.
#[derive(Debug, Default)]
pub(super) struct Pairs(HashSet<(String, String)>);

impl Pairs {
    /// Whether they were not compared yet.
    fn is_new(&mut self, a: &TrackFacts, b: &TrackFacts) -> bool {
        let key = |facts: &TrackFacts| {
            let file = facts.files.first().map_or("", |(name, _)| name.as_str());
            format!("{file}#{}", facts.id())
        };
        let (a, b) = (key(a), key(b));
        a != b && self.0.insert(if a < b { (a, b) } else { (b, a) })
    }
}

/// A track of a set.
pub(super) struct Member<'a> {
    /// For messages.
    pub(super) name: String,
    pub(super) facts: &'a TrackFacts,
    /// Where it is said that it belongs to the set.
    pub(super) place: Option<Location>,
    /// As a manifest lists them; none where there is no manifest.
    pub(super) segments: &'a [Segment],
}

impl<'a> Member<'a> {
    /// A track that no manifest names.
    fn file(facts: &'a TrackFacts) -> Self {
        let name = facts.files.first().map_or_else(String::new, |(name, _)| name.clone());
        Member { name, facts, place: None, segments: &[] }
    }
}

/// What is asked of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// A manifest makes it one set.
    Switching,
    /// Its tracks look as if they belonged together.
    Alike,
}

/// Compares all members with the first one.
pub(super) fn compare(members: &[Member<'_>], demand: Demand, pairs: &mut Pairs) -> Vec<Finding> {
    let Some((first, others)) = members.split_first() else { return Vec::new() };
    let mut findings = Vec::new();
    for other in others {
        if !pairs.is_new(first.facts, other.facts) {
            continue;
        }
        // Only tracks that claim CMAF have to be a switching set of CMAF.
        let is_cmaf = first.facts.is_cmaf && other.facts.is_cmaf;
        let worst = if is_cmaf && demand == Demand::Switching { Severity::Error } else { Severity::Warning };
        let pair = Pair { first, other, worst };
        pair.kinds(&mut findings);
        pair.protection(&mut findings);
        pair.times(&mut findings);
    }
    findings
}

/// Compares tracks that nothing but their likeness makes a set: CMAF tracks of one medium, codec, language and length. The
/// findings are given with the group of files they belong to.
pub(super) fn loose(
    groups: &[usize],
    results: &[Option<Checked>],
    profiles: Profiles,
    pairs: &mut Pairs,
) -> Vec<(usize, Vec<Finding>)> {
    let mut sets: Vec<(Likeness<'_>, Vec<(usize, &TrackFacts)>)> = Vec::new();
    for group in groups {
        let Some(Some(checked)) = results.get(*group) else { continue };
        for facts in checked.tracks.iter().filter(|facts| facts.is_cmaf && !facts.fragments.is_empty()) {
            let likeness = Likeness::of(facts);
            match sets.iter_mut().find(|(known, _)| known.fits(&likeness)) {
                Some((_, members)) => members.push((*group, facts)),
                None => sets.push((likeness, vec![(*group, facts)])),
            }
        }
    }
    let mut found = Vec::new();
    for (_, members) in sets {
        let Some((first, others)) = members.split_first() else { continue };
        for (group, facts) in others.iter().map(|(group, facts)| (*group, *facts)) {
            let pair: [&TrackFacts; 2] = [first.1, facts];
            let compared = compare(&pair.map(Member::file), Demand::Alike, pairs);
            let mut gathered = Gathered::new(&[], profiles);
            compared.into_iter().for_each(|finding| gathered.push(finding));
            found.push((group, gathered.into_findings()));
        }
    }
    found
}

/// What tracks that belong together have in common.
struct Likeness<'a> {
    media: &'a str,
    codec: &'a str,
    language: Option<&'a str>,
    /// In milliseconds.
    length: u64,
}

impl<'a> Likeness<'a> {
    fn of(facts: &'a TrackFacts) -> Self {
        let length = facts.duration.saturating_mul(1000) / u64::from(facts.timescale().max(1));
        Likeness {
            media: facts.media(),
            codec: codec(facts),
            language: facts.track.language.as_deref(),
            length,
        }
    }

    /// Whether tracks are renditions of one content, as it seems.
    fn fits(&self, other: &Self) -> bool {
        let same = (self.media, self.codec, self.language) == (other.media, other.codec, other.language);
        let apart = self.length.abs_diff(other.length);
        same && apart <= 1000 && apart <= self.length / 20
    }
}

/// The codec without its parameters.
fn codec(facts: &TrackFacts) -> &str {
    facts.codec().split('.').next().unwrap_or("")
}

struct Pair<'a, 'b> {
    first: &'b Member<'a>,
    other: &'b Member<'a>,
    /// How bad a difference is at most.
    worst: Severity,
}

/// A fragment that playing can begin at, with all behind it up to the next one.
struct Piece {
    /// Of its first byte.
    start: u64,
    /// In ticks, edit list applied.
    time: i64,
    duration: u64,
}

impl Pair<'_, '_> {
    /// The place of the finding: in the manifest, or the file.
    fn finding(&self, rule: &'static crate::findings::Rule, message: String) -> Finding {
        let file = |facts: &TrackFacts| Location::new(facts.files.first().map_or("", |(name, _)| name));
        let place = self.other.place.clone().unwrap_or_else(|| file(self.other.facts));
        let severity = rule.severity.min(self.worst);
        Finding::new(rule, place, message)
            .severity(severity)
            .related(file(self.first.facts), "the first track of the set")
    }

    fn kinds(&self, findings: &mut Vec<Finding>) {
        let (a, b) = (self.first, self.other);
        let pairs =
            [("media type", a.facts.media(), b.facts.media()), ("codec", codec(a.facts), codec(b.facts))];
        for (what, first, other) in pairs {
            if first != other {
                let message =
                    format!("the {what} of `{}` is {other}, and that of `{}` is {first}", b.name, a.name);
                findings.push(self.finding(&CMF_36, message));
                return;
            }
        }
        let (first, other) = (a.facts.timescale(), b.facts.timescale());
        if first != other && a.facts.media() != "audio" {
            let message =
                format!("the timescale of `{}` is {other}, and that of `{}` is {first}", b.name, a.name);
            findings.push(self.finding(&CMF_36, message).severity(Severity::Warning));
        }
    }

    /// Rule CMF-37.
    fn protection(&self, findings: &mut Vec<Finding>) {
        let scheme = |member: &Member<'_>| {
            let scheme = member.facts.protection()?.scheme.as_ref()?;
            Some(scheme.scheme_type.to_string())
        };
        let (a, b) = (self.first, self.other);
        match (scheme(a), scheme(b)) {
            (Some(first), Some(other)) if first != other => {
                let message =
                    format!("`{}` is encrypted with {other}, and `{}` with {first}", b.name, a.name);
                findings.push(self.finding(&CMF_37, message));
            }
            (Some(_), None) | (None, Some(_)) => {
                let (clear, encrypted) = if scheme(a).is_none() { (a, b) } else { (b, a) };
                let message = format!("`{}` is encrypted, and `{}` is not", encrypted.name, clear.name);
                findings.push(self.finding(&CMF_37, message).severity(Severity::Warning));
            }
            _ => {}
        }
        let language = |member: &Member<'_>| member.facts.track.language.clone();
        if let (Some(first), Some(other)) = (language(a), language(b))
            && first != other
        {
            let message =
                format!("the language of `{}` is {other}, and that of `{}` is {first}", b.name, a.name);
            findings.push(self.finding(&CMF_37, message));
        }
    }

    /// Rule CMF-36: the same times.
    fn times(&self, findings: &mut Vec<Finding>) {
        let (a, b) = (self.first, self.other);
        if a.facts.media() != b.facts.media() || codec(a.facts) != codec(b.facts) || self.are_segments_equal()
        {
            return;
        }
        let (first, other) = (pieces(a.facts), pieces(b.facts));
        let scales = (i128::from(a.facts.timescale()), i128::from(b.facts.timescale()));
        let same = |x: i64, y: i64| i128::from(x) * scales.1 == i128::from(y) * scales.0;
        let shown = |member: &Member<'_>, ticks: i64| seconds(ticks, member.facts.timescale());
        for (index, (x, y)) in first.iter().zip(&other).enumerate() {
            let is_last = index + 1 == first.len().max(other.len());
            let duration = |piece: &Piece| i64::try_from(piece.duration).unwrap_or(i64::MAX);
            let message = if !same(x.time, y.time) {
                format!(
                    "fragment {} begins at {} in `{}` and at {} in `{}`",
                    index + 1,
                    shown(b, y.time),
                    b.name,
                    shown(a, x.time),
                    a.name
                )
            } else if !same(duration(x), duration(y)) {
                format!(
                    "fragment {} lasts {} in `{}` and {} in `{}`",
                    index + 1,
                    shown(b, duration(y)),
                    b.name,
                    shown(a, duration(x)),
                    a.name
                )
            } else {
                continue;
            };
            let finding = self.at(self.finding(&CMF_36, message), y.start);
            // That one ends a little later is what encoders do.
            findings.push(if is_last { finding.severity(Severity::Warning) } else { finding });
            return;
        }
        if first.len() != other.len() {
            let message =
                format!("`{}` has {} fragments, and `{}` has {}", b.name, other.len(), a.name, first.len());
            findings.push(self.finding(&CMF_36, message));
        }
    }

    /// Sound has no marks that tell where fragments of several chunks begin; segments of a manifest do.
    fn are_segments_equal(&self) -> bool {
        let (a, b) = (self.first, self.other);
        let is_listed = !a.segments.is_empty() && a.segments.len() == b.segments.len();
        let scales = (i128::from(a.facts.timescale()), i128::from(b.facts.timescale()));
        let same =
            |(x, y): (&Segment, &Segment)| i128::from(x.time) * scales.1 == i128::from(y.time) * scales.0;
        a.facts.media() != "video" && is_listed && a.segments.iter().zip(b.segments).all(same)
    }

    /// Says where in the file it is, too.
    fn at(&self, finding: Finding, offset: u64) -> Finding {
        let facts = self.other.facts;
        let (file, offset) = facts.file_at(offset);
        let Some((name, _)) = facts.files.get(file) else { return finding };
        let place = Location::new(name).offset(offset);
        if self.other.place.is_some() {
            finding.related(place, "the fragment")
        } else {
            Finding { location: place, ..finding }
        }
    }
}

fn pieces(facts: &TrackFacts) -> Vec<Piece> {
    let edit = facts.edit_offset();
    let mut pieces: Vec<Piece> = Vec::new();
    for fragment in &facts.fragments {
        match pieces.last_mut().filter(|_| !fragment.starts_with_sync) {
            Some(last) => last.duration = last.duration.saturating_add(fragment.duration),
            None => pieces.push(Piece {
                start: fragment.start,
                time: fragment.earliest.saturating_sub(edit),
                duration: fragment.duration,
            }),
        }
    }
    pieces
}
