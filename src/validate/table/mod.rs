//! The table of the rules that `cmaf validate` checks: what each demands, why, and an example.
//!
//! A name never gets another meaning; a rule that is given up leaves a gap.

mod aud;
mod av1;
mod cmf;
mod enc;
mod hls;
mod iso;
mod mpd;
mod txt;

pub use aud::*;
pub use av1::*;
pub use cmf::*;
pub use enc::*;
pub use hls::*;
pub use iso::*;
pub use mpd::*;
pub use txt::*;

use crate::findings::{Rule, count, gather};

/// The groups of rules, in the order in which they are told, with what they are about.
pub const GROUPS: &[(&str, &str)] = &[
    ("ISO", "the structure of ISOBMFF files"),
    ("CMF", "CMAF tracks and switching sets"),
    ("AV1", "AV1 in ISOBMFF"),
    ("ENC", "Common Encryption"),
    ("AUD", "audio codecs in ISOBMFF"),
    ("TXT", "timed text in ISOBMFF"),
    ("MPD", "DASH manifests"),
    ("HLS", "HLS playlists"),
];

const BY_GROUP: [&[&Rule]; 8] =
    [iso::GROUP, cmf::GROUP, av1::GROUP, enc::GROUP, aud::GROUP, txt::GROUP, mpd::GROUP, hls::GROUP];

/// All rules that are checked.
pub static RULES: &[&Rule] = &gather::<{ count(&BY_GROUP) }>(&BY_GROUP);

/// A rule of the specifications that no check decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undecided {
    /// Its name, which no other rule gets.
    pub id: &'static str,
    /// What is demanded.
    pub title: &'static str,
    /// Whether a file tells it at all.
    pub decidable: bool,
    /// Why it is not checked: what a file does not tell, or what is yet to be done.
    pub reason: &'static str,
}

/// The rules that are not checked, and why.
pub fn undecided() -> impl Iterator<Item = &'static Undecided> {
    let groups = [
        iso::UNDECIDED,
        cmf::UNDECIDED,
        av1::UNDECIDED,
        enc::UNDECIDED,
        aud::UNDECIDED,
        txt::UNDECIDED,
        mpd::UNDECIDED,
        hls::UNDECIDED,
    ];
    groups.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_told_in_full() {
        for rule in RULES {
            assert!(!rule.title.is_empty() && !rule.why.is_empty() && !rule.source.is_empty(), "{}", rule.id);
            assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{}", rule.id);
            assert!(!rule.title.ends_with('.') && rule.why.ends_with(['.', '?']), "{}", rule.id);
            assert!(GROUPS.iter().any(|(group, _)| *group == rule.group()), "{}", rule.id);
        }
        let mut ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
    }
}
