//! The multivariant playlist.

use super::attributes::Attributes;
use super::audio::{Audio, Group};
use super::media::Measured;
use super::subtitles::{self, Subtitle};
use super::{VERSION, file, i_frames_file, keys, uri};
use crate::cmaf::Media;
use crate::error::Result;
use crate::manifest::bandwidth;
use crate::manifest::model::{Presentation, Rendition};

/// The text of `main.m3u8`.
pub(super) fn write(presentation: &Presentation, subtitles: &[Subtitle<'_>], target: u64) -> Result<String> {
    let audio = Audio::of(presentation);
    let videos: Vec<&Rendition> = of(presentation, Media::Video).collect();
    let mut text = format!("#EXTM3U\n#EXT-X-VERSION:{VERSION}\n");
    if is_independent(presentation) {
        text.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    text.push_str(&session_keys(presentation, subtitles)?);
    // Sound that is all there is and leaves no choice is the variants.
    let has_groups = !audio.groups.is_empty() && (!videos.is_empty() || audio.members.len() > 1);
    if has_groups {
        text.push('\n');
        text.extend(audio.groups.iter().map(|group| audio.media(presentation, group)));
    }
    if !subtitles.is_empty() {
        text.push('\n');
        text.push_str(&subtitles::media(presentation, subtitles));
    }
    text.push('\n');
    let write = Variants { presentation, subtitles, has_groups, target };
    for group in &audio.groups {
        if videos.is_empty() {
            text.push_str(&write.variant(group.renditions[audio.default_member()], Some(group)));
        }
        text.extend(videos.iter().map(|video| write.variant(video, Some(group))));
    }
    if audio.groups.is_empty() {
        text.extend(videos.iter().map(|video| write.variant(video, None)));
    }
    if videos.iter().any(|video| !video.sync_samples.is_empty()) {
        text.push('\n');
        let shown = videos.iter().filter(|video| !video.sync_samples.is_empty());
        text.extend(shown.map(|video| i_frames(presentation, video)));
    }
    Ok(text)
}

fn of(presentation: &Presentation, media: Media) -> impl Iterator<Item = &Rendition> {
    presentation.renditions().filter(move |(set, _)| set.media == media).map(|(_, rendition)| rendition)
}

/// Whether every segment can be decoded without those before it. Rule HLS-05.
fn is_independent(presentation: &Presentation) -> bool {
    presentation.renditions().all(|(_, rendition)| matches!(rendition.worst_sap(), Some(1 | 2)))
}

/// Each way to a key once, so that players can ask for them early. Rule HLS-11.
fn session_keys(presentation: &Presentation, subtitles: &[Subtitle<'_>]) -> Result<String> {
    let mut lines: Vec<String> = Vec::new();
    for (set, rendition) in presentation.renditions() {
        let is_listed =
            set.media != Media::Text || subtitles.iter().any(|s| s.rendition.name == rendition.name);
        let Some(encryption) = rendition.encryption.as_ref().filter(|_| is_listed) else { continue };
        for line in keys::attributes(encryption, "EXT-X-SESSION-KEY")? {
            let line = format!("{line}\n");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    Ok(lines.concat())
}

/// Writes variants.
struct Variants<'a> {
    presentation: &'a Presentation,
    subtitles: &'a [Subtitle<'a>],
    has_groups: bool,
    /// The target duration of all.
    target: u64,
}

impl Variants<'_> {
    /// A rendition with a group of audio. Its rates are those of the most that is played at once: it, the largest of the
    /// group, the largest of subtitles. Rule HLS-06.
    fn variant(&self, rendition: &Rendition, group: Option<&Group<'_>>) -> String {
        let group = group.filter(|_| self.has_groups);
        let others = group.map_or(&[][..], |group| group.renditions.as_slice());
        // Where the variant is of the group itself, it is no addition to it.
        let is_video = rendition.size.is_some();
        let own = is_video || others.is_empty();
        let texts: Vec<&Rendition> = self.subtitles.iter().map(|subtitle| subtitle.rendition).collect();
        let mut rates = if own { Rates::of(rendition, self.target) } else { Rates::default() };
        rates.add(others, self.target);
        rates.add(&texts, self.target);

        let mut codecs: Vec<&str> = vec![&rendition.codec];
        // Players take a codec of text for that of the whole group, so that WebVTT beside it would be read as TTML.
        let has_files = texts.iter().any(|text| text.sidecar.is_some());
        let written = texts.iter().copied().filter(|_| !has_files);
        // Some players take the first codec of sound for that of the whole group.
        let sound = group.map(|group| group.codec);
        for codec in
            sound.into_iter().chain(others.iter().copied().chain(written).map(|one| one.codec.as_str()))
        {
            if !codecs.contains(&codec) {
                codecs.push(codec);
            }
        }
        let mut line = Attributes::of("EXT-X-STREAM-INF")
            .plain("BANDWIDTH", rates.peak)
            .plain("AVERAGE-BANDWIDTH", rates.mean)
            .quoted("CODECS", &codecs.join(","));
        if let Some((width, height)) = picture_size(rendition) {
            line = line.plain("RESOLUTION", format_args!("{width}x{height}"));
        }
        if let Some(rate) = rendition.frame_rate {
            let thousandths = (rate.frames() * 1000 + rate.seconds() / 2) / rate.seconds();
            line = line.plain("FRAME-RATE", format_args!("{}.{:03}", thousandths / 1000, thousandths % 1000));
        }
        if is_video {
            line = line.plain("VIDEO-RANGE", video_range(rendition));
        }
        line = line.maybe_quoted("AUDIO", group.map(|group| group.id.as_str()));
        line = line.maybe_quoted("SUBTITLES", (!texts.is_empty()).then_some(subtitles::GROUP));
        line = line.plain("CLOSED-CAPTIONS", "NONE");
        format!("{line}\n{}\n", uri(self.presentation, &file(rendition)))
    }
}

/// Rule HLS-13.
fn i_frames(presentation: &Presentation, video: &Rendition) -> String {
    let rates = Rates::measured(&Measured::i_frames(video), video.timescale);
    let mut line = Attributes::of("EXT-X-I-FRAME-STREAM-INF")
        .plain("BANDWIDTH", rates.peak)
        .plain("AVERAGE-BANDWIDTH", rates.mean)
        .quoted("CODECS", &video.codec);
    if let Some((width, height)) = picture_size(video) {
        line = line.plain("RESOLUTION", format_args!("{width}x{height}"));
    }
    let line = line.plain("VIDEO-RANGE", video_range(video));
    format!("{}\n", line.quoted("URI", &uri(presentation, &i_frames_file(video))))
}

/// Width and height as shown, with square picture elements.
fn picture_size(rendition: &Rendition) -> Option<(u64, u32)> {
    let (width, height) = rendition.size?;
    let (x, y) = rendition.pixel_aspect.unwrap_or((1, 1));
    let (width, x, y) = (u64::from(width), u64::from(x), u64::from(y.max(1)));
    Some(((width * x + y / 2) / y, height))
}

/// Rule HLS-07. What nobody says is SDR.
fn video_range(rendition: &Rendition) -> &'static str {
    match rendition.colour.map(|colour| colour.transfer_characteristics) {
        Some(16) => "PQ",
        Some(18) => "HLG",
        _ => "SDR",
    }
}

/// Bits a second, at most and in the mean.
#[derive(Default)]
struct Rates {
    peak: u64,
    mean: u64,
}

impl Rates {
    fn of(rendition: &Rendition, target: u64) -> Rates {
        Rates::measured(&Measured::segments(rendition, target), rendition.timescale)
    }

    fn measured(measured: &Measured, timescale: u32) -> Rates {
        let peak = bandwidth::peak(&measured.parts, timescale, measured.target);
        let mean = bandwidth::mean(&measured.parts, timescale);
        Rates { peak: peak.max(mean).max(1), mean: mean.max(1) }
    }

    /// The largest of alternatives on top.
    fn add(&mut self, alternatives: &[&Rendition], target: u64) {
        let rates: Vec<_> = alternatives.iter().map(|rendition| Rates::of(rendition, target)).collect();
        let largest = |rate: fn(&Rates) -> u64| rates.iter().map(rate).max().unwrap_or(0);
        self.peak = self.peak.saturating_add(largest(|r| r.peak));
        self.mean = self.mean.saturating_add(largest(|r| r.mean));
    }
}
