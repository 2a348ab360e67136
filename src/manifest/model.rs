//! A presentation as manifests describe it: switching sets of renditions, cut into segments.
//!
//! Times are in ticks of the rendition's timescale, edit lists applied, on the presentation's one timeline.

use std::ops::Range;

use super::bandwidth::Part;
use crate::cenc::{KeyId, Scheme};
use crate::cmaf::write::Layout;
use crate::cmaf::{Channels, Media};
use crate::demux::Nclx;
use crate::error::{Error, Result};
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
    /// What a player is to buffer before it begins, for the bandwidths. The longer it is, the nearer to the mean they
    /// come. Not 0.
    pub min_buffer_time: Seconds,
    /// Whether all tracks are CMAF tracks, and every switching set a CMAF switching set.
    pub is_cmaf: bool,
    /// Put before addresses in the MPD (`BaseURL`); a `/` is added where it ends in none.
    pub base_url: Option<String>,
    /// Put before addresses in playlists; a `/` is added where it ends in none.
    pub hls_prefix: Option<String>,
}

impl Presentation {
    /// All renditions, in order, with their sets.
    pub fn renditions(&self) -> impl Iterator<Item = (&SwitchingSet, &Rendition)> {
        self.sets.iter().flat_map(|set| set.renditions.iter().map(move |rendition| (set, rendition)))
    }

    /// From the start to the end of what lasts longest, in whole microseconds.
    pub fn duration(&self) -> u64 {
        let (n, d) = (u128::from(self.start.0.numerator()), u128::from(self.start.0.denominator()));
        let microseconds = self.renditions().map(|(_, rendition)| {
            let timescale = u128::from(rendition.timescale.max(1));
            let ticks =
                (u128::from(rendition.end()).saturating_mul(d)).saturating_sub(n.saturating_mul(timescale));
            ticks.saturating_mul(1_000_000) / timescale.saturating_mul(d)
        });
        microseconds.max().map_or(0, |longest| u64::try_from(longest).unwrap_or(u64::MAX))
    }

    /// What both writers rely on.
    ///
    /// # Errors
    /// `Usage` where there is nothing to list, a timescale or the buffer time is 0, or the addressing is not the layout's.
    pub(super) fn check(&self) -> Result<()> {
        if self.min_buffer_time.0.is_zero() {
            return Err(
                Error::usage("a presentation needs a minimum buffer time above 0").clause("rule MPD-09")
            );
        }
        if self.sets.is_empty() || self.sets.iter().any(|set| set.renditions.is_empty()) {
            return Err(Error::usage("a manifest needs at least one track, and each switching set too"));
        }
        let mut names: Vec<&str> = Vec::new();
        for (_, rendition) in self.renditions() {
            let wrong = |why: &str| Err(Error::usage(format!("track `{}` {why}", rendition.name)));
            if rendition.timescale == 0 {
                return wrong("has the timescale 0");
            }
            if rendition.segments.is_empty() {
                return wrong("has no segments");
            }
            if names.contains(&rendition.name.as_str()) {
                return wrong("has a name that another one has too");
            }
            names.push(&rendition.name);
            let is_single = matches!(rendition.addressing, Addressing::Ranges { .. });
            if is_single != (self.layout == Layout::Single) {
                return wrong("is not laid out as the presentation is");
            }
            if rendition.sync_samples.iter().any(|sync| sync.segment >= rendition.segments.len()) {
                return wrong("has a sync sample in a segment that is not there");
            }
        }
        Ok(())
    }
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
    /// Other sets that a player may switch to seamlessly, as indexes of [`Presentation::sets`]: the same content in
    /// another coding. Only where that is wanted.
    pub switches_with: Vec<usize>,
    /// At least one, by falling bandwidth for video.
    pub renditions: Vec<Rendition>,
}

impl SwitchingSet {
    /// Whether it has this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }

    /// What all renditions have in common, `None` where they differ.
    pub(super) fn common<'a, T: PartialEq>(&'a self, value: impl Fn(&'a Rendition) -> T) -> Option<T> {
        let mut values = self.renditions.iter().map(value);
        let first = values.next()?;
        values.all(|other| other == first).then_some(first)
    }
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
    /// Of video, the sync samples whose bytes players can get by themselves.
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

impl Rendition {
    /// Presentation time of the first sample.
    pub fn start(&self) -> u64 {
        self.segments.first().map_or(0, |segment| segment.time)
    }

    /// Presentation time of the end of the last sample.
    pub fn end(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.time.saturating_add(segment.duration))
    }

    /// The worst SAP type that a segment starts with; `None` where one starts with none.
    pub fn worst_sap(&self) -> Option<u8> {
        self.segments.iter().map(|s| s.sap_type).try_fold(0, |worst, sap| (sap != 0).then(|| worst.max(sap)))
    }
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
    /// Its samples in decode order, for bandwidths: what is needed when each is decoded, headers counted to the sample
    /// behind them. Empty where that is unknown: then all of the segment is needed when it begins.
    pub parts: Vec<Part>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// `cbcs` or `cenc`.
    pub scheme: Scheme,
    /// The key's ID.
    pub kid: KeyId,
    /// `pssh` boxes as they are in the header: system ID and the whole box.
    pub pssh: Vec<([u8; 16], Vec<u8>)>,
    /// Where HLS players get the key, if the user says: a `skd:` address for FairPlay, else the address of its 16 bytes.
    /// `{kid}` in it stands for the ID. Players that are given keys by their page need none; hls.js, under `cbcs`, plays
    /// nothing that has the address of the bytes.
    pub key_uri: Option<String>,
}
