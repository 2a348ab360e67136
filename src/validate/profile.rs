//! Which families of rules a file is held to.

use crate::findings::{Rule, Severity};
use crate::inspect::mp4::Mp4;

/// A family of rules that a user can demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
#[non_exhaustive]
pub enum Profile {
    /// The structure of ISOBMFF files alone, which the other families of tracks demand too
    Iso,
    /// CMAF tracks and switching sets
    Cmaf,
    /// AV1 in ISOBMFF
    Av1,
    /// Common Encryption
    Cenc,
    /// Audio codecs
    Audio,
    /// Timed text
    Text,
    /// DASH manifests
    Dash,
    /// HLS playlists
    Hls,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 8] = [
        Profile::Iso,
        Profile::Cmaf,
        Profile::Av1,
        Profile::Cenc,
        Profile::Audio,
        Profile::Text,
        Profile::Dash,
        Profile::Hls,
    ];

    /// The group of rules.
    pub fn group(self) -> &'static str {
        match self {
            Profile::Iso => "ISO",
            Profile::Cmaf => "CMF",
            Profile::Av1 => "AV1",
            Profile::Cenc => "ENC",
            Profile::Audio => "AUD",
            Profile::Text => "TXT",
            Profile::Dash => "MPD",
            Profile::Hls => "HLS",
        }
    }
}

/// What a file is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Profiles {
    /// A bit for each family. Those that do not apply to a file find nothing in it, so that all but `Cmaf` can always be
    /// there.
    families: u8,
    /// Whether the file says that it is CMAF, or the user does. Where nobody says so, its rules are recommendations.
    is_cmaf: bool,
}

impl Profiles {
    pub(super) const ALL: Profiles = Profiles { families: u8::MAX, is_cmaf: true };

    /// These, and `Iso`.
    pub(super) fn of(profiles: &[Profile]) -> Self {
        let families = profiles.iter().fold(bit(Profile::Iso), |set, profile| set | bit(*profile));
        Profiles { families, is_cmaf: true }
    }

    /// What a file is held to where the user did not say: everything; but CMAF only where the file has movie fragments,
    /// announces them, or has a brand of CMAF. Other files are not what CMAF speaks of.
    pub(super) fn fitting(file: &Mp4) -> Self {
        let brands: [&[u8; 4]; 2] = [b"cmfc", b"cmf2"];
        let is_cmaf = file.brands.as_ref().is_some_and(|found| brands.iter().any(|brand| found.lists(brand)));
        if is_cmaf || file.has_mvex || file.moofs > 0 {
            Profiles { is_cmaf, ..Profiles::ALL }
        } else {
            Profiles { families: !bit(Profile::Cmaf), is_cmaf }
        }
    }

    /// Whether a rule is of a family in the set.
    pub(super) fn demand(self, rule: &Rule) -> bool {
        Profile::ALL
            .iter()
            .any(|profile| self.families & bit(*profile) != 0 && profile.group() == rule.group())
    }

    /// How bad a breach of a rule is, given what it is for a file that claims to keep the rule.
    pub(super) fn severity(self, rule: &Rule, severity: Severity) -> Severity {
        if !self.is_cmaf && rule.group() == Profile::Cmaf.group() {
            severity.min(Severity::Warning)
        } else {
            severity
        }
    }
}

fn bit(profile: Profile) -> u8 {
    1 << profile as u8
}
