//! Rates that manifests promise, and what the tracks need at least.

use super::measure::{Segment, fragments};
use crate::manifest::bandwidth::{self, Part};
use crate::time::Seconds;
use crate::validate::facts::TrackFacts;

/// What `@bandwidth` has to be at least: the first sample of a fragment is needed when it is decoded, the others at the
/// fragment's end. Those in between may be needed earlier; that is not asked for.
pub(super) fn leaky_bucket(facts: &TrackFacts, segments: &[Segment], buffer: Seconds) -> u64 {
    let parts: Vec<Vec<Part>> = segments
        .iter()
        .map(|segment| {
            let parts = fragments(facts, segment).iter().flat_map(|fragment| {
                let all = fragment.end.saturating_sub(fragment.start);
                let first = fragment.first_sample_end.saturating_sub(fragment.start).min(all);
                [Part { size: first, duration: fragment.duration }, Part { size: all - first, duration: 0 }]
            });
            parts.collect()
        })
        .collect();
    bandwidth::leaky_bucket(parts.iter().map(Vec::as_slice), facts.timescale(), buffer)
}

/// The largest and the mean rate of a playlist.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Rates {
    pub(super) peak: u64,
    pub(super) mean: u64,
}

impl Rates {
    /// Of what a playlist with that target duration lists.
    pub(super) fn of(parts: &[Part], timescale: u32, target: u64) -> Rates {
        let mean = bandwidth::mean(parts, timescale);
        Rates { peak: bandwidth::peak(parts, timescale, target).max(mean), mean }
    }

    /// The largest of alternatives on top.
    pub(super) fn add(&mut self, alternatives: impl Iterator<Item = Rates> + Clone) {
        let largest = |rate: fn(&Rates) -> u64| alternatives.clone().map(|r| rate(&r)).max().unwrap_or(0);
        self.peak = self.peak.saturating_add(largest(|r| r.peak));
        self.mean = self.mean.saturating_add(largest(|r| r.mean));
    }
}
