//! The shape of the summary. `docs/json.md` describes it: a change here is a change there.

use serde::{Serialize, Serializer};

use crate::cenc::KeyId;
use crate::error::Error;

/// What a person wants to know of a file first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Its name.
    pub file: String,
    /// `ivf`, `obu`, `annexb`, `webm` or `mp4`.
    pub container: &'static str,
    /// What kind of MP4 file it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// Bytes.
    pub size: u64,
    /// The brands of `ftyp` or `styp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brands: Option<BrandSummary>,
    /// In the order of the file.
    pub tracks: Vec<TrackSummary>,
    /// Segment indexes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<IndexSummary>,
    /// The `pssh` boxes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_systems: Vec<KeySystem>,
    /// What looks wrong or odd, one line each.
    pub notes: Vec<String>,
    /// What could not be read.
    #[serde(serialize_with = "text")]
    pub error: Option<Error>,
}

fn text<S: Serializer>(error: &Option<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.collect_str(error),
        None => serializer.serialize_none(),
    }
}

/// What an MP4 file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// All samples are in the movie box's tables.
    Progressive,
    /// Samples are in movie fragments.
    Fragmented,
    /// A movie box and no samples.
    InitSegment,
    /// Movie fragments without movie box.
    MediaSegment,
    /// No movie box, no fragments: a still picture, or parts of a file.
    Other,
}

/// Brands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrandSummary {
    /// The major brand.
    pub major: String,
    /// The compatible brands.
    pub compatible: Vec<String>,
}

/// One track.
#[derive(Debug, Clone, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct TrackSummary {
    /// The container's number.
    pub id: u32,
    /// `video`, `audio`, `subtitle` …, `unknown` without a movie box.
    pub kind: String,
    /// The `codecs` parameter as far as it is known.
    pub codec: Option<String>,
    /// As the container has it, without `und`.
    pub language: Option<String>,
    /// Ticks per second of all times below.
    pub timescale: Option<u32>,
    /// Decode time of the first sample.
    pub start: Option<i64>,
    /// From there to the end of the last sample.
    pub duration: Option<u64>,
    /// Entries of the edit list.
    pub edits: usize,
    /// Samples or temporal units.
    pub samples: u64,
    /// Bytes of the samples.
    pub size: u64,
    /// Bits per second.
    pub bit_rate: Option<BitRate>,
    /// Of video and image tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Video>,
    /// Of audio tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Audio>,
    /// Where decoding can start.
    pub random_access: Option<RandomAccess>,
    /// Movie fragments of the track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragments: Option<Fragments>,
    /// Sample groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupSummary>,
    /// Layers, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<Layers>,
    /// Encryption, of protected tracks.
    pub encryption: Option<Encryption>,
}

/// Bits per second.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BitRate {
    /// Over the whole track.
    pub average: u64,
    /// In the busiest second; absent in tracks that are shorter.
    pub peak: Option<u64>,
}

/// What is shown.
#[derive(Debug, Clone, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Video {
    /// Of the largest picture, in pixels.
    pub width: u32,
    /// Of the largest picture, in pixels.
    pub height: u32,
    /// The largest size that the AV1 sequence header allows, where no picture has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_size: Option<(u32, u32)>,
    /// As the pictures are meant to be shown, where that is another size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation_size: Option<(u32, u32)>,
    /// By how many degrees it is turned clockwise before it is shown, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turned: Option<u16>,
    /// Whether left and right are exchanged before that.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
    /// Width and height of a pixel, where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pixel_aspect: Option<(u32, u32)>,
    /// `Main`, `High` or `Professional`, of AV1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'static str>,
    /// As `4.0`, of AV1's operating point 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// `main` or `high`, of AV1's operating point 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<&'static str>,
    /// Frames per second.
    pub frame_rate: Option<FrameRateSummary>,
    /// Bits of a value.
    pub bit_depth: Option<u8>,
    /// As `4:2:0`; `4:0:0` is without colour.
    pub chroma: Option<String>,
    /// Tile columns and rows of AV1, the most of any frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tiles: Option<(u16, u16)>,
    /// What the values mean.
    pub colour: Option<ColourSummary>,
    /// The mastering display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mastering_display: Option<MasteringDisplay>,
    /// Light levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_light: Option<ContentLightSummary>,
    /// ITU-T T.35 metadata in the samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dynamic_metadata: Vec<DynamicMetadata>,
    /// AV1 frames, coded ones and repeated ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames: Option<u64>,
    /// AV1 frames with film grain; absent where the stream can have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub film_grain_frames: Option<u64>,
}

/// Frames per second as a fraction.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FrameRateSummary {
    /// Above the line.
    pub numerator: u64,
    /// Below the line.
    pub denominator: u64,
    /// Whether every frame lasts equally long; else this is the mean.
    pub is_constant: bool,
    /// Whether only the sequence header says so, for want of times.
    pub from_sequence_header: bool,
}

/// Code points of ITU-T H.273.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ColourSummary {
    /// Colour primaries.
    pub primaries: u16,
    /// Transfer characteristics.
    pub transfer: u16,
    /// Matrix coefficients.
    pub matrix: u16,
    /// Whether the values take the full range.
    pub full_range: bool,
}

/// The display on which the pictures were made: chromaticities in 1/50000, luminance in 1/10000 cd/m².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MasteringDisplay {
    /// x and y.
    pub red: (u16, u16),
    /// x and y.
    pub green: (u16, u16),
    /// x and y.
    pub blue: (u16, u16),
    /// x and y.
    pub white: (u16, u16),
    /// Of the brightest white.
    pub max_luminance: u32,
    /// Of the darkest black.
    pub min_luminance: u32,
}

/// Light levels in cd/m².
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentLightSummary {
    /// MaxCLL.
    pub max_cll: u16,
    /// MaxFALL.
    pub max_fall: u16,
}

/// ITU-T T.35 metadata of one provider.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DynamicMetadata {
    /// The first three bytes in hexadecimal: country and provider.
    pub prefix: String,
    /// Its name, where it is known.
    pub name: Option<&'static str>,
    /// Samples that have some.
    pub samples: u64,
}

/// What is heard.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Audio {
    /// Channels, as the sample entry has them.
    pub channels: u32,
    /// Per second; 0 where the sample entry does not say.
    pub sample_rate: u32,
}

/// Where decoding can start. For AV1 that is read from the frames, for others from the container's marks.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RandomAccess {
    /// Sync samples: AV1 units that start with a shown key frame.
    pub sync: u64,
    /// AV1 units with a key frame that a later unit shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delayed: Option<Delayed>,
    /// AV1 units that start with a switch frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch_frames: Option<u64>,
    /// AV1 units with an intra-only frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intra_only: Option<u64>,
    /// Samples that the container marks as sync samples.
    pub marked_sync: Option<u64>,
}

/// Delayed random access points.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delayed {
    /// How many.
    pub count: u64,
    /// Samples between one and the sample that shows its key frame, at least.
    pub shortest_distance: Option<u64>,
    /// At most.
    pub longest_distance: Option<u64>,
}

/// Movie fragments of a track. Durations in ticks.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fragments {
    /// How many.
    pub count: u64,
    /// How many of them start with a sample that is marked as sync sample.
    pub starting_with_sync: u64,
    /// The shortest.
    pub shortest: u64,
    /// The longest.
    pub longest: u64,
    /// The most frequent duration.
    pub typical: u64,
}

/// A sample group.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSummary {
    /// `grouping_type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `grouping_type_parameter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<u32>,
    /// Samples in it.
    pub samples: u64,
    /// The shortest and the longest distance of `av1f`, `roll` and `prol`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distances: Option<(i64, i64)>,
}

/// Layers of AV1.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layers {
    /// Temporal layers in the stream.
    pub temporal: u32,
    /// Spatial layers in the stream.
    pub spatial: u32,
    /// Operating points of the sequence header.
    pub operating_points: Vec<OperatingPointSummary>,
}

/// One operating point.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperatingPointSummary {
    /// `operating_point_idc`: temporal layers in bits 0 to 7, spatial ones in bits 8 to 11.
    pub idc: u16,
    /// As `4.0`.
    pub level: String,
}

/// How a track is encrypted.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Encryption {
    /// `schm`: `cbcs`, `cenc` …
    pub scheme: Option<String>,
    /// Encrypted and clear blocks, where there is a pattern.
    pub pattern: Option<(u8, u8)>,
    /// `default_KID`.
    pub default_kid: Option<KeyId>,
    /// Bytes of each sample's IV; 0 with a constant IV.
    pub iv_size: Option<u8>,
    /// In hexadecimal.
    pub constant_iv: Option<String>,
    /// The first sample's IV in hexadecimal.
    pub first_iv: Option<String>,
    /// The keys that samples have, with the number of samples.
    pub keys: Vec<KeyUse>,
    /// Samples whose encryption a `seig` group says.
    pub seig_samples: u64,
    /// Samples that are encrypted.
    pub protected_samples: u64,
    /// Samples that are left clear.
    pub clear_samples: u64,
    /// The fewest and the most subsamples of a sample; absent where samples are encrypted as a whole.
    pub subsamples: Option<(u32, u32)>,
    /// Bytes in protected ranges.
    pub protected_bytes: u64,
    /// All other bytes of the samples.
    pub clear_bytes: u64,
}

/// A key and how many samples need it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyUse {
    /// The key's ID.
    pub kid: KeyId,
    /// How many samples.
    pub samples: u64,
}

/// A `pssh` box.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeySystem {
    /// The SystemID as a UUID.
    pub system_id: String,
    /// Its name, where it is known.
    pub name: Option<&'static str>,
    /// The key IDs that the box lists.
    pub kids: Vec<KeyId>,
    /// `moov` or `moof`.
    pub place: &'static str,
}

/// The segment indexes of a file.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexSummary {
    /// `sidx` boxes.
    pub boxes: usize,
    /// References in them.
    pub references: usize,
    /// References to media.
    pub media_references: usize,
    /// Whether places, durations and access points are those of the file.
    pub fits: bool,
}
