//! What was written, as manifests describe it.

use super::job::Job;
use super::names;
use super::plan::Planned;
use super::report::EncryptionReport;
use super::sets::{Set, frame_rate};
use crate::cenc::{COMMON_SYSTEM_ID, common_pssh};
use crate::cmaf::Media;
use crate::cmaf::align::Instant;
use crate::cmaf::template::INIT_SEGMENT;
use crate::cmaf::write::{Layout, Written};
use crate::error::{Error, Result};
use crate::manifest::bandwidth::Part;
use crate::manifest::model::{
    Addressing, Encryption, Presentation, Rendition, Segment, SwitchingSet, SyncSample,
};
use crate::time::{Rational, Seconds};

/// What a player is to buffer before it begins.
const MIN_BUFFER_TIME: u64 = 2;

/// A track, written.
pub(super) struct Done<'a> {
    pub(super) planned: &'a Planned,
    pub(super) written: &'a Written,
    pub(super) encryption: Option<&'a EncryptionReport>,
}

/// Describes a presentation.
///
/// # Errors
/// `Limit` where a `pssh` box gets too large.
pub(super) fn presentation(
    job: &Job,
    sets: &[Set],
    start: Instant,
    tracks: &[Done<'_>],
) -> Result<Presentation> {
    let seconds = |ticks: u64, timescale: u32| {
        Rational::new(ticks, timescale.into()).map(Seconds).ok_or_else(|| Error::format("a timescale of 0"))
    };
    let sets = sets.iter().map(|set| switching_set(job, set, tracks)).collect::<Result<_>>()?;
    Ok(Presentation {
        sets,
        is_cmaf: tracks.iter().all(|done| done.planned.track.is_cmaf),
        layout: job.layout,
        start: seconds(start.ticks, start.timescale)?,
        min_buffer_time: seconds(MIN_BUFFER_TIME, 1)?,
        base_url: job.manifests.base_url.clone(),
        hls_prefix: job.manifests.hls_prefix.clone(),
    })
}

fn switching_set(job: &Job, set: &Set, tracks: &[Done<'_>]) -> Result<SwitchingSet> {
    let mut renditions = set
        .members
        .iter()
        .map(|&member| rendition(job, set.media, &tracks[member]))
        .collect::<Result<Vec<_>>>()?;
    if set.media == Media::Video {
        let size = |r: &Rendition| r.segments.iter().map(|s| s.size).sum::<u64>();
        renditions.sort_by_key(|r| std::cmp::Reverse(size(r)));
    }
    Ok(SwitchingSet {
        media: set.media,
        language: set.language.clone(),
        roles: set.roles.clone(),
        label: set.label.clone(),
        is_default: set.is_default,
        is_aligned: are_aligned(&renditions),
        switches_with: Vec::new(),
        renditions,
    })
}

/// Whether all renditions have their segments at the same times.
fn are_aligned(renditions: &[Rendition]) -> bool {
    let Some((first, others)) = renditions.split_first() else { return true };
    let instants = |r: &Rendition| {
        r.segments.iter().map(|s| Instant { ticks: s.time, timescale: r.timescale }).collect::<Vec<_>>()
    };
    let wanted = instants(first);
    others.iter().all(|other| {
        let found = instants(other);
        found.len() == wanted.len() && found.iter().zip(&wanted).all(|(a, b)| a.is_near(*b))
    })
}

fn rendition(job: &Job, media: Media, done: &Done<'_>) -> Result<Rendition> {
    let Done { planned, written, encryption } = done;
    let track = &planned.track;
    let addressing = match (job.layout, &written.index) {
        (Layout::Single, Some(index)) => Addressing::Ranges {
            path: written.files[0].clone(),
            header_size: written.header_size,
            index: index.clone(),
        },
        _ => Addressing::Files {
            init: format!("{}/{INIT_SEGMENT}", job.template.folder(&planned.name)),
            template: job.template.to_string(),
        },
    };
    let encryption = match encryption {
        Some(report) => {
            let common = job.encryption.as_ref().is_some_and(|e| e.common_pssh);
            let pssh =
                if common { vec![(COMMON_SYSTEM_ID, common_pssh(&[report.kid])?)] } else { Vec::new() };
            Some(Encryption {
                scheme: report.scheme,
                kid: report.kid,
                pssh,
                key_uri: job.manifests.key_uri.clone(),
            })
        }
        None => None,
    };
    let is_video = media == Media::Video;
    Ok(Rendition {
        name: planned.name.clone(),
        codec: planned.codec().to_owned(),
        timescale: track.timescale,
        segments: segments(planned, written),
        addressing,
        sync_samples: sync_samples(written),
        size: track.description.coded_size,
        pixel_aspect: track.description.pixel_aspect,
        frame_rate: if is_video { frame_rate(track) } else { None },
        colour: track.description.colour,
        sample_rate: track.description.sample_rate,
        channels: track.description.channels,
        encryption,
        sidecar: planned.sidecar.as_ref().map(|_| names::sidecar(&planned.name)),
    })
}

fn segments(planned: &Planned, written: &Written) -> Vec<Segment> {
    let segment = |range: &std::ops::Range<usize>| {
        let fragments = &written.fragments[range.clone()];
        let first = &fragments[0];
        // A segment's file begins with its `styp`; in one file the fragments follow each other.
        let offset = if written.index.is_some() { first.offset } else { 0 };
        let end = fragments.iter().map(|f| f.offset + f.size).max().unwrap_or(offset);
        let mut parts: Vec<Part> = range.clone().flat_map(|index| parts(planned, written, index)).collect();
        // What comes before the first sample's fragment has to be there too.
        if let Some(part) = parts.first_mut() {
            part.size += first.offset - offset;
        }
        Segment {
            time: first.earliest_presentation_time,
            duration: fragments.iter().map(|f| f.duration).sum(),
            path: written.files[first.file].clone(),
            offset,
            size: end - offset,
            sap_type: if first.access.starts { first.access.sap_type } else { 0 },
            parts,
        }
    };
    written.segments.iter().map(segment).collect()
}

/// The samples of a fragment; the first one comes with all headers.
fn parts<'a>(planned: &'a Planned, written: &'a Written, index: usize) -> impl Iterator<Item = Part> + 'a {
    let samples = &planned.track.samples.samples()[planned.cuts.fragments[index].samples.clone()];
    let media: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
    let mut headers = written.fragments[index].size - media;
    samples.iter().map(move |sample| Part {
        size: u64::from(sample.size) + std::mem::take(&mut headers),
        duration: sample.duration.into(),
    })
}

fn sync_samples(written: &Written) -> Vec<SyncSample> {
    let mut samples = Vec::new();
    for (segment, range) in written.segments.iter().enumerate() {
        for fragment in &written.fragments[range.clone()] {
            samples.extend(fragment.sync_samples.iter().map(|s| SyncSample {
                segment,
                time: s.time,
                offset: s.offset,
                size: s.size,
            }));
        }
    }
    samples
}
