//! A track ready to be written: codec-agnostic samples on one timeline.

use super::sample::SampleTable;
pub use crate::demux::{Media, Nclx};
use crate::input::Input;

/// One track, whatever its codec.
#[derive(Debug)]
pub struct Track {
    /// What it carries.
    pub media: Media,
    /// Ticks a second of all its times.
    pub timescale: u32,
    /// Decode time of the first sample.
    pub start: u64,
    /// The media time at which presentation begins, for the edit list: what lies before it is decoded, not presented.
    /// Priming of audio; 0 for everything else. In ticks.
    pub presented_from: u64,
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
    /// What manifests say of it.
    pub description: Description,
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

/// What manifests say of a track beside what its samples show.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    /// Width and height of a picture as coded, in pixels.
    pub coded_size: Option<(u32, u32)>,
    /// Code points of colour; `None` where nothing says.
    pub colour: Option<Nclx>,
    /// Width to height of a picture element, reduced; `None` for 1:1.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Samples of sound a second.
    pub sample_rate: Option<u32>,
    /// The channels of sound.
    pub channels: Option<Channels>,
}

/// The channels of a track of sound, as manifests tell them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Channels {
    /// How many there are, the channel of low frequencies included.
    pub count: u32,
    /// The layout's number in ISO/IEC 23091-3 (`ChannelConfiguration`), where it is one of its table.
    pub layout: Option<u8>,
    /// Dolby's channel mask (ETSI TS 103 420), for AC-3 and E-AC-3.
    pub dolby_mask: Option<u16>,
    /// Joint object coding: the number of objects (`complexity_index_type_a`).
    pub joint_objects: Option<u8>,
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
    /// `roll_distance` of `roll` and `prol`: as many samples before this one are to be decoded first, if negative.
    RollDistance(i16),
}
