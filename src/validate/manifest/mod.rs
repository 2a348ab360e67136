//! Manifests: what they say, and whether it is true of the tracks.
//!
//! A manifest is read into a model of its own, with the place of each thing in the text; what it lists of a track is a
//! [`Listing`], by which the files are found. When the tracks were read, the models are compared with them.

pub(super) mod address;
mod both;
mod codecs;
pub(super) mod hls;
mod measure;
pub(super) mod mpd;
mod rates;

use std::collections::HashSet;
use std::ops::Range;

use self::address::Elsewhere;
use super::facts::TrackFacts;
use super::gathered::Gathered;
use crate::findings::{Finding, Location, Rule};

pub(super) use self::both::compare as compare_both;
pub(super) use self::measure::Segment;

/// The most bytes of a manifest.
pub(super) const SIZE_LIMIT: u64 = 16 << 20;
/// Segments that are looked at of all tracks of a manifest.
const SEGMENT_LIMIT: usize = 1 << 18;
/// Missing files in a row, after which no more of the track are looked for.
pub(super) const MISSING_LIMIT: usize = 100;

/// Findings that are remembered, so that they are not repeated.
const SAID_LIMIT: usize = 10_000;

/// A line and a column, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A manifest, and what is found in it.
pub(super) struct Page<'a> {
    /// The file's name.
    pub(super) name: &'a str,
    found: &'a mut Gathered,
    /// What was said already.
    said: HashSet<(&'static str, Spot, String)>,
}

impl<'a> Page<'a> {
    pub(super) fn new(name: &'a str, found: &'a mut Gathered) -> Self {
        Page { name, found, said: HashSet::new() }
    }

    /// Adds a finding, once: what a set says is compared with each of its tracks.
    pub(super) fn push(&mut self, finding: Finding) {
        let at = &finding.location;
        let spot = Spot { line: at.line.unwrap_or(0), column: at.column.unwrap_or(0) };
        let key = (finding.rule.id, spot, finding.message.clone());
        if self.said.len() >= SAID_LIMIT || self.said.insert(key) {
            self.found.push(finding);
        }
    }

    /// Begins a finding.
    pub(super) fn finding(&self, rule: &'static Rule, spot: Spot, message: impl Into<String>) -> Finding {
        Finding::new(rule, Location::new(self.name).line(spot.line, spot.column), message)
    }

    /// Begins and adds a finding that needs no more than a message.
    pub(super) fn say(&mut self, rule: &'static Rule, spot: Spot, message: impl Into<String>) {
        let finding = self.finding(rule, spot, message);
        self.push(finding);
    }
}

/// A file, or a part of one, that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Resource {
    /// Relative to the folder that is checked, or with a scheme.
    pub(super) address: String,
    pub(super) range: Option<Range<u64>>,
    pub(super) spot: Spot,
    /// Whether it may be missing: it is yet to come, or gone.
    pub(super) is_optional: bool,
}

/// What a manifest lists of a track.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    /// Where it is begun.
    pub(super) spot: Spot,
    /// As people know it: an `@id`, or the name of a playlist.
    pub(super) name: String,
    /// `video`, `audio` or `subtitle`, where the manifest says so.
    pub(super) media: Option<String>,
    pub(super) init: Option<Resource>,
    pub(super) segments: Vec<Resource>,
    /// Whether the names of segments hold times.
    pub(super) by_time: bool,
}

/// A listing with the files that were found.
#[derive(Debug, Default)]
pub(super) struct Located {
    /// Of the group of files, in the order in which they are checked.
    pub(super) group: Option<usize>,
    /// The place of the header in all files of the group as one.
    pub(super) init: Option<Range<u64>>,
    /// The places of the segments; none where a file is missing.
    pub(super) segments: Vec<Option<Range<u64>>>,
}

impl Located {
    /// Whether all was found.
    pub(super) fn is_whole(&self) -> bool {
        self.group.is_some() && self.segments.iter().all(Option::is_some)
    }
}

/// A listing, what was found of it, and its track.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) listing: &'a Listing,
    pub(super) located: &'a Located,
    pub(super) facts: &'a TrackFacts,
}

/// The words for why there is no file.
pub(super) fn why(elsewhere: &Elsewhere) -> &'static str {
    match elsewhere {
        Elsewhere::Remote => "is not local and was not looked at",
        Elsewhere::Outside => "leads out of the folder and was not followed",
        Elsewhere::Missing => "is not there",
        Elsewhere::NoAddress => "is no address of a file",
    }
}

/// A time in seconds, for messages.
fn shown(seconds: f64) -> String {
    let text = format!("{seconds:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} s")
}
