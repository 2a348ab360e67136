//! Media playlists: segments, I-frames, text beside the tracks.

use super::{VERSION, keys, uri};
use crate::error::Result;
use crate::manifest::bandwidth::Part;
use crate::manifest::model::{Addressing, Presentation, Rendition};

/// The `EXT-X-TARGETDURATION` of all playlists of segments, in seconds. It has to be the same in all variants; those of
/// I-frames and of text files may have one of their own. RFC 8216 § 6.2.4.
pub(super) fn target_duration(presentation: &Presentation) -> u64 {
    let target =
        |(_, rendition): (_, &Rendition)| Durations::of(edges(rendition), rendition.timescale).target;
    presentation.renditions().map(target).max().unwrap_or(1)
}

/// A playlist of the segments of a rendition.
pub(super) fn segments(presentation: &Presentation, rendition: &Rendition, target: u64) -> Result<String> {
    let durations = Durations::of(edges(rendition), rendition.timescale);
    let mut text = head(target, false);
    text.push_str(&map(presentation, rendition));
    text.push_str(&key_lines(rendition)?);
    let is_range = matches!(rendition.addressing, Addressing::Ranges { .. });
    for (segment, duration) in rendition.segments.iter().zip(&durations.microseconds) {
        text.push_str(&format!("#EXTINF:{},\n", seconds(*duration)));
        if is_range {
            text.push_str(&format!("#EXT-X-BYTERANGE:{}@{}\n", segment.size, segment.offset));
        }
        text.push_str(&uri(presentation, &segment.path));
        text.push('\n');
    }
    text.push_str("#EXT-X-ENDLIST\n");
    Ok(text)
}

/// A playlist of the sync samples of a rendition that can be read by themselves. Rule HLS-12.
pub(super) fn i_frames(presentation: &Presentation, rendition: &Rendition) -> Result<String> {
    let durations = Durations::of(i_frame_edges(rendition), rendition.timescale);
    let mut text = head(durations.target, true);
    text.push_str(&map(presentation, rendition));
    text.push_str(&key_lines(rendition)?);
    for (sync, duration) in rendition.sync_samples.iter().zip(&durations.microseconds) {
        text.push_str(&format!("#EXTINF:{},\n", seconds(*duration)));
        text.push_str(&format!("#EXT-X-BYTERANGE:{}@{}\n", sync.size, sync.offset));
        text.push_str(&uri(presentation, &rendition.segments[sync.segment].path));
        text.push('\n');
    }
    text.push_str("#EXT-X-ENDLIST\n");
    Ok(text)
}

/// A playlist of a WebVTT file, which is one segment as long as the presentation.
pub(super) fn sidecar(presentation: &Presentation, rendition: &Rendition) -> String {
    let duration = presentation.duration();
    let path = rendition.sidecar.as_deref().unwrap_or_default();
    let head = head(target(duration), false);
    format!("{head}#EXTINF:{},\n{}\n#EXT-X-ENDLIST\n", seconds(duration), uri(presentation, path))
}

fn head(target: u64, of_i_frames: bool) -> String {
    let i_frames = if of_i_frames { "#EXT-X-I-FRAMES-ONLY\n" } else { "" };
    format!(
        "#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n{i_frames}"
    )
}

fn map(presentation: &Presentation, rendition: &Rendition) -> String {
    let tag = super::attributes::Attributes::of("EXT-X-MAP");
    let tag = match &rendition.addressing {
        Addressing::Ranges { path, header_size, .. } => {
            tag.quoted("URI", &uri(presentation, path)).quoted("BYTERANGE", &format!("{header_size}@0"))
        }
        Addressing::Files { init, .. } => tag.quoted("URI", &uri(presentation, init)),
    };
    format!("{tag}\n")
}

fn key_lines(rendition: &Rendition) -> Result<String> {
    let Some(encryption) = &rendition.encryption else { return Ok(String::new()) };
    let lines = keys::attributes(encryption, "EXT-X-KEY")?;
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// The durations of what a playlist lists.
pub(super) struct Durations {
    /// As `EXTINF` shows them.
    pub(super) microseconds: Vec<u64>,
    /// The `EXT-X-TARGETDURATION` that they need, in seconds.
    pub(super) target: u64,
}

impl Durations {
    /// Of what lies between these points in time. Each point is rounded, not each duration, so that their sum is never
    /// off by more than half a microsecond. Rule HLS-02.
    pub(super) fn of(edges: Vec<u64>, timescale: u32) -> Durations {
        let start = edges.first().copied().unwrap_or(0);
        let timescale = u128::from(timescale.max(1));
        let rounded = |ticks: u64| {
            let ticks = u128::from(ticks.saturating_sub(start));
            u64::try_from((ticks * 2_000_000 + timescale) / (2 * timescale)).unwrap_or(u64::MAX)
        };
        let microseconds: Vec<u64> =
            edges.windows(2).map(|pair| rounded(pair[1]).saturating_sub(rounded(pair[0]))).collect();
        let target = microseconds.iter().copied().map(target).max().unwrap_or(1);
        Durations { microseconds, target }
    }
}

/// A duration rounded to whole seconds, at least 1.
fn target(microseconds: u64) -> u64 {
    (microseconds.saturating_add(500_000) / 1_000_000).max(1)
}

fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}

fn edges(rendition: &Rendition) -> Vec<u64> {
    rendition.segments.iter().map(|segment| segment.time).chain([rendition.end()]).collect()
}

fn i_frame_edges(rendition: &Rendition) -> Vec<u64> {
    rendition.sync_samples.iter().map(|sync| sync.time).chain([rendition.end()]).collect()
}

/// What a playlist lists, for its bandwidths, with its target duration.
pub(super) struct Measured {
    pub(super) parts: Vec<Part>,
    pub(super) target: u64,
}

impl Measured {
    /// Of a playlist of segments with this target duration.
    pub(super) fn segments(rendition: &Rendition, target: u64) -> Measured {
        let parts = rendition.segments.iter().map(|s| Part { size: s.size, duration: s.duration }).collect();
        Measured { parts, target }
    }

    /// Of a playlist of I-frames.
    pub(super) fn i_frames(rendition: &Rendition) -> Measured {
        let edges = i_frame_edges(rendition);
        let durations = edges.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
        let sizes = rendition.sync_samples.iter().map(|sync| sync.size);
        let parts = sizes.zip(durations).map(|(size, duration)| Part { size, duration }).collect();
        Measured { parts, target: Durations::of(edges, rendition.timescale).target }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_do_not_drift() {
        // 1001/30000 s, a thousand of them.
        let durations = Durations::of((0..=1000).map(|n| 500 + n * 1001).collect(), 30000);
        assert_eq!(durations.microseconds.iter().sum::<u64>(), 33_366_667);
        assert_eq!((durations.microseconds[0], durations.microseconds[1]), (33_367, 33_366));
        assert_eq!(durations.target, 1);
    }

    #[test]
    fn target_durations_are_rounded() {
        assert_eq!(target(4_499_999), 4);
        assert_eq!(target(4_500_000), 5);
        assert_eq!(target(1), 1);
        assert_eq!(seconds(4_004_000), "4.004000");
    }
}
