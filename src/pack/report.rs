//! What was made.

use serde::Serialize;

use crate::cenc::{Iv, KeyId, Pattern, Scheme};
use crate::cmaf::edit::Part;
use crate::cmaf::write::Written;
use crate::cmaf::{Dependency, Media, Protection, Track};
use crate::error::{Error, Result};
use crate::time::{Seconds, display_ticks};

/// What was made. Version 1 of the shape that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// The tracks, in the order of the inputs.
    pub tracks: Vec<TrackReport>,
    /// The switching sets, in the order of the manifests.
    pub sets: Vec<SetReport>,
    /// The manifests, as paths below the output folder.
    pub manifests: Vec<String>,
    /// What the user should know of the whole.
    pub warnings: Vec<String>,
    /// Wall-clock time.
    pub elapsed_seconds: f64,
}

/// A switching set of a [`Report`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetReport {
    /// What it carries.
    pub kind: Media,
    /// BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Roles of the DASH role scheme.
    pub roles: Vec<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Whether players choose it when nobody else does.
    pub is_default: bool,
    /// The group that the user put its tracks in; none where the set was guessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Names of its tracks.
    pub tracks: Vec<String>,
}

/// What a track is, in a [`Report`] and in a [`PlanReport`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackFacts {
    /// Name of the output.
    pub name: String,
    /// The input it came from.
    pub input: String,
    /// `video`, `audio` or `text`.
    pub kind: Media,
    /// The `codecs` parameter.
    pub codec: String,
    /// BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Presentation size of video in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Presentation size of video in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Samples of sound a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_rate: Option<u32>,
    /// Channels of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<u32>,
    /// Ticks a second of all times of the track.
    pub timescale: u32,
}

/// One track of a [`Report`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackReport {
    /// What it is.
    #[serde(flatten)]
    pub facts: TrackFacts,
    /// Decode time of the first sample.
    pub start: u64,
    /// What is decoded before this media time is not presented: priming of sound.
    #[serde(skip_serializing_if = "is_zero")]
    pub presented_from: u64,
    /// Total duration.
    pub duration: u64,
    /// Number of samples.
    pub samples: usize,
    /// How many of them are sync samples.
    pub sync_samples: usize,
    /// Fragments in order.
    pub fragments: Vec<FragmentReport>,
    /// Files, as paths below the output folder with `/` between names; the header first.
    pub files: Vec<String>,
    /// How it is encrypted.
    pub encryption: Option<EncryptionReport>,
    /// The part that was cut, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<PartReport>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What would be made. Version 1 of the shape that `--dry-run --json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanReport {
    /// Version of this shape.
    pub version: u32,
    /// The switching sets, in the order of the manifests.
    pub sets: Vec<SetReport>,
    /// The tracks, in the order of the inputs.
    pub tracks: Vec<PlannedReport>,
    /// The manifests, as paths below the output folder.
    pub manifests: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// One track of a [`PlanReport`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedReport {
    /// What it is.
    #[serde(flatten)]
    pub facts: TrackFacts,
    /// Total duration.
    pub duration: u64,
    /// Number of segments.
    pub segments: usize,
    /// The shortest segment but the last, which is what is left.
    pub shortest: u64,
    /// The longest segment.
    pub longest: u64,
    /// The scheme that it will be encrypted by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// The key that it will be encrypted with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<KeyId>,
    /// Files, as paths below the output folder with `/` between names: those of the track, the header first, then its
    /// playlists and its text as a file.
    pub files: Vec<String>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A fragment of a [`TrackReport`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FragmentReport {
    /// Index into the track's files.
    pub file: usize,
    /// Byte offset in its file.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// In ticks.
    pub earliest_presentation_time: u64,
    /// In ticks.
    pub duration: u64,
    /// Type of the stream access point that it starts with; 0 for none.
    pub sap_type: u8,
}

/// The encryption of a [`TrackReport`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionReport {
    /// The scheme.
    pub scheme: Scheme,
    /// The key's ID.
    pub kid: KeyId,
    /// The constant IV, or that of the first sample.
    pub iv: Iv,
    /// The pattern, where the scheme has one.
    pub pattern: Option<Pattern>,
}

/// A part of a [`TrackReport`], in ticks.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartReport {
    /// What was asked for.
    pub requested_from: Option<u64>,
    /// What was asked for.
    pub requested_to: Option<u64>,
    /// Where it was cut.
    pub from: u64,
    /// Where it was cut.
    pub to: u64,
}

impl EncryptionReport {
    pub(super) fn of(protection: &Protection) -> Result<Self> {
        let iv = match (&protection.tenc.default_constant_iv, &protection.ivs) {
            (Some(iv), _) => *iv,
            (None, Some(ivs)) => ivs.clone().next_iv(0)?,
            (None, None) => return Err(Error::usage("a protected track without IV")),
        };
        Ok(EncryptionReport {
            scheme: protection.scheme(),
            kid: protection.tenc.default_kid,
            iv,
            pattern: protection.scheme().has_pattern().then_some(protection.tenc.default_pattern),
        })
    }
}

impl PartReport {
    pub(super) fn new(part: Part, from: Option<Seconds>, to: Option<Seconds>, timescale: u32) -> Self {
        let ticks = |time: Option<Seconds>| time.map(|t| t.ticks(timescale));
        PartReport { requested_from: ticks(from), requested_to: ticks(to), from: part.start, to: part.end }
    }

    /// What was asked for and what it is, for people.
    pub(super) fn warning(&self, timescale: u32) -> String {
        let shown = |ticks: u64| display_ticks(ticks, timescale);
        let asked = |ticks: Option<u64>, none: &str| ticks.map_or_else(|| none.to_string(), shown);
        format!(
            "the part from {} to {} was asked for; cut at random access points, it goes from {} to {}",
            asked(self.requested_from, "the start"),
            asked(self.requested_to, "the end"),
            shown(self.from),
            shown(self.to)
        )
    }
}

impl TrackFacts {
    pub(super) fn of(input: &str, name: &str, track: &Track) -> Self {
        let size = (track.media == Media::Video).then_some(track.presentation_size);
        TrackFacts {
            name: name.to_string(),
            input: input.to_string(),
            kind: track.media,
            codec: track.entries.first().map(|e| e.codec.clone()).unwrap_or_default(),
            language: track.language.clone(),
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
            sample_rate: track.description.sample_rate,
            channels: track.description.channels.map(|channels| channels.count),
            timescale: track.timescale,
        }
    }
}

impl TrackReport {
    pub(super) fn of(
        input: &str,
        name: &str,
        track: &Track,
        written: &Written,
        encryption: Option<EncryptionReport>,
        part: Option<PartReport>,
    ) -> Self {
        let samples = track.samples.samples();
        let mut warnings = track.warnings.clone();
        warnings.extend(part.map(|part| part.warning(track.timescale)));
        TrackReport {
            facts: TrackFacts::of(input, name, track),
            start: track.start,
            presented_from: track.presented_from,
            duration: track.duration(),
            samples: samples.len(),
            sync_samples: samples.iter().filter(|s| s.dependency == Dependency::Sync).count(),
            fragments: written
                .fragments
                .iter()
                .map(|f| FragmentReport {
                    file: f.file,
                    offset: f.offset,
                    size: f.size,
                    earliest_presentation_time: f.earliest_presentation_time,
                    duration: f.duration,
                    sap_type: if f.access.starts { f.access.sap_type } else { 0 },
                })
                .collect(),
            files: written.files.clone(),
            encryption,
            part,
            warnings,
        }
    }
}
