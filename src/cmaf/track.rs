//! A track ready to be written: codec-agnostic samples on one timeline.

use super::sample::SampleTable;
use crate::input::Input;

/// One track, whatever its codec.
#[derive(Debug)]
pub struct Track {
    /// What it carries.
    pub kind: TrackKind,
    /// Ticks a second of all its times.
    pub timescale: u32,
    /// Decode time of the first sample.
    pub start: u64,
    /// The language: an ISO 639-2/T code or a BCP 47 tag.
    pub language: Option<String>,
    /// Samples in decode order.
    pub samples: SampleTable,
    /// Where [`super::sample::Piece::Source`] ranges lie.
    pub payload: Input,
    /// Sample entries; [`super::sample::Sample::entry`] is an index into them.
    pub entries: Vec<SampleEntry>,
    /// Sample groups; the bits of [`super::sample::Sample::groups`] stand for them.
    pub groups: Vec<SampleGroup>,
    /// Width and height at which the track is presented, for `tkhd`; 0 where it has none.
    pub presentation_size: (u32, u32),
    /// Brands that the codec's binding asks for.
    pub brands: Vec<[u8; 4]>,
    /// Whether it keeps the constraints of CMAF, so that its brands may say so.
    pub is_cmaf: bool,
    /// What the user should know of how it came to be.
    pub warnings: Vec<String>,
}

impl Track {
    /// Total duration in ticks.
    pub fn duration(&self) -> u64 {
        self.samples.samples().iter().map(|s| u64::from(s.duration)).sum()
    }
}

/// What a track carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackKind {
    /// Pictures.
    Video,
}

impl TrackKind {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            TrackKind::Video => "video",
        }
    }
}

/// A sample entry in the clear, without `btrt`, which is computed when the track is written.
#[derive(Debug, Clone)]
pub struct SampleEntry {
    /// The four-character code, `av01`.
    pub format: [u8; 4],
    /// Everything behind the box header: the fields, then the codec's boxes.
    pub body: Vec<u8>,
    /// The `codecs` parameter.
    pub codec: String,
}

/// A sample group that samples can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleGroup {
    /// `grouping_type`.
    pub grouping_type: [u8; 4],
    /// `grouping_type_parameter`, where the grouping type has one.
    pub parameter: Option<u32>,
    /// What a description of this group holds.
    pub description: GroupDescription,
}

/// What the description of a sample group holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupDescription {
    /// Nothing: being in the group says all.
    Empty,
    /// One byte, the sample's forward distance.
    ForwardDistance,
}
