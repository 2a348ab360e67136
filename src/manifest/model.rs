//! A presentation as manifests describe it: switching sets of renditions, cut into segments.
//!
//! Times are in ticks of the rendition's timescale, edit lists applied, on the presentation's one timeline.

use std::ops::Range;

use crate::cenc::{KeyId, Scheme};
use crate::cmaf::write::Layout;
use crate::cmaf::{Channels, Media};
use crate::demux::Nclx;
use crate::time::{FrameRate, Seconds};

/// All that manifests describe.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// In the order in which they are listed: video, audio, text.
    pub sets: Vec<SwitchingSet>,
    /// Whether tracks are one file each, or segments.
    pub layout: Layout,
    /// The time on the timeline at which the presentation begins: that of the earliest video, or of what there is.
    pub start: Seconds,
    /// What a player is to buffer before it begins, for the bandwidths.
    pub min_buffer_time: Seconds,
    /// Put before addresses in the MPD (`BaseURL`).
    pub base_url: Option<String>,
    /// Put before addresses in playlists.
    pub hls_prefix: Option<String>,
}

/// Renditions between which a player may switch at any segment: an `AdaptationSet`, an HLS rendition or group.
#[derive(Debug, Clone)]
pub struct SwitchingSet {
    /// What it carries.
    pub media: Media,
    /// BCP 47 tag.
    pub language: Option<String>,
    /// Roles of the DASH role scheme (`main`, `dub`, `description`, `caption`, `forced-subtitle`, ...), in order.
    pub roles: Vec<String>,
    /// For people.
    pub label: Option<String>,
    /// Whether players choose it when nobody else does.
    pub is_default: bool,
    /// Whether all renditions have their segments at the same times (measured).
    pub is_aligned: bool,
    /// At least one, by falling bandwidth for video.
    pub renditions: Vec<Rendition>,
}

/// One track.
#[derive(Debug, Clone)]
pub struct Rendition {
    /// The track's name, unique in the presentation.
    pub name: String,
    /// The `codecs` parameter.
    pub codec: String,
    /// Ticks a second.
    pub timescale: u32,
    /// In order, without a gap.
    pub segments: Vec<Segment>,
    /// How they are found.
    pub addressing: Addressing,
    /// Its sync samples, of video.
    pub sync_samples: Vec<SyncSample>,
    /// Of a picture as coded, in pixels; of video.
    pub size: Option<(u32, u32)>,
    /// Width to height of a picture element, reduced; `None` for 1:1.
    pub pixel_aspect: Option<(u32, u32)>,
    /// Frames a second, where they are evenly spaced.
    pub frame_rate: Option<FrameRate>,
    /// Of video.
    pub colour: Option<Nclx>,
    /// Samples of sound a second.
    pub sample_rate: Option<u32>,
    /// Of sound.
    pub channels: Option<Channels>,
    /// How it is encrypted.
    pub encryption: Option<Encryption>,
    /// A text file beside it, for HLS players that read no text in ISOBMFF: its address, as WebVTT.
    pub sidecar: Option<String>,
}

/// How the segments of a rendition are found. Paths are below the folder of the manifests, with `/`.
#[derive(Debug, Clone)]
pub enum Addressing {
    /// Byte ranges of one file.
    Ranges {
        /// The file.
        path: String,
        /// Bytes of the header, from 0.
        header_size: u64,
        /// Where `sidx` is.
        index: Range<u64>,
    },
    /// Files of their own; [`Segment::path`] tells which.
    Files {
        /// The header.
        init: String,
        /// As an MPD has it, `$RepresentationID$/$Number$.m4s`.
        template: String,
    },
}

/// An addressable part of a rendition.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Presentation time of its first sample.
    pub time: u64,
    /// Ticks.
    pub duration: u64,
    /// Its file.
    pub path: String,
    /// Offset in the file.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// SAP type of the access point that it starts with; 0 for none.
    pub sap_type: u8,
}

/// A sync sample of video that players may show by itself.
#[derive(Debug, Clone, Copy)]
pub struct SyncSample {
    /// Index of its segment.
    pub segment: usize,
    /// Presentation time.
    pub time: u64,
    /// Where the `moof` that describes it starts in the segment's file.
    pub offset: u64,
    /// Bytes from there to its end.
    pub size: u64,
}

/// How a rendition is encrypted.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// `cbcs` or `cenc`.
    pub scheme: Scheme,
    /// The key's ID.
    pub kid: KeyId,
    /// `pssh` boxes as they are in the header: system ID and the whole box.
    pub pssh: Vec<([u8; 16], Vec<u8>)>,
}
