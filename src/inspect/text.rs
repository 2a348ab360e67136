//! The summary as text for people.

use std::fmt;

use super::names::{self, bit_rate, bytes, decimal, plural, range};
use super::report::*;
use crate::time::display_ticks;

/// The kind of a track without a movie box.
const UNKNOWN: &str = "unknown";

/// Width of the labels.
const LABEL: usize = 12;

/// All but [`Summary::error`], which a caller reports in its own way.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}, {}", self.file, self.what(), bytes(self.size))?;
        if let Some(brands) = &self.brands {
            let others: Vec<&str> =
                brands.compatible.iter().map(String::as_str).filter(|brand| *brand != brands.major).collect();
            let major = &brands.major;
            line(f, "brands", &[major.as_str()].into_iter().chain(others).collect::<Vec<_>>().join(" "))?;
        }
        let many = self.tracks.len() > 1;
        for track in &self.tracks {
            track.write(f, many, self.container)?;
        }
        if let Some(index) = &self.index {
            let nested = index.references - index.media_references;
            let mut text = plural(index.media_references as u64, "reference", "references");
            if index.boxes > 1 {
                text = format!("{} in {} sidx boxes", text, index.boxes);
            }
            if nested > 0 {
                text.push_str(&format!(", {nested} to other indexes"));
            }
            text.push_str(if index.fits { ", fits the file" } else { ", does not fit the file" });
            line(f, "index", &text)?;
        }
        if !self.key_systems.is_empty() {
            line(f, "pssh", &self.systems())?;
        }
        self.notes.iter().try_for_each(|note| line(f, "note", note))
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    writeln!(f, "{}", format!("  {label:LABEL$}{text}").trim_end())
}

impl Summary {
    fn what(&self) -> String {
        match (self.container, self.form) {
            ("ivf", _) => "IVF".to_owned(),
            ("obu", _) => "AV1 OBU stream".to_owned(),
            ("annexb", _) => "AV1 Annex B".to_owned(),
            ("webm", _) => "WebM/Matroska".to_owned(),
            ("ogg", _) => "Ogg".to_owned(),
            ("adts", _) => "ADTS".to_owned(),
            ("ac3", _) => "AC-3 stream".to_owned(),
            ("flac", _) => "FLAC".to_owned(),
            ("iamf", _) => "IAMF".to_owned(),
            (_, Some(Form::Fragmented)) => "fragmented MP4".to_owned(),
            (_, Some(Form::InitSegment)) => "MP4 init segment".to_owned(),
            (_, Some(Form::MediaSegment)) => "MP4 media segment".to_owned(),
            (_, Some(Form::Other)) => "MP4 without a movie".to_owned(),
            _ => "MP4".to_owned(),
        }
    }

    /// Key systems by name; each once, with the places it is in.
    fn systems(&self) -> String {
        let mut seen: Vec<(String, usize, bool)> = Vec::new();
        for system in &self.key_systems {
            let name = system.name.map_or_else(|| system.system_id.clone(), str::to_owned);
            let in_fragments = system.place == "moof";
            match seen.iter_mut().find(|(known, _, place)| *known == name && *place == in_fragments) {
                Some((_, count, _)) => *count += 1,
                None => seen.push((name, 1, in_fragments)),
            }
        }
        let parts: Vec<String> = seen
            .into_iter()
            .map(|(name, count, in_fragments)| match (count, in_fragments) {
                (1, false) => name,
                (1, true) => format!("{name} in a fragment"),
                (count, false) => format!("{name} ({count})"),
                (count, true) => format!("{name} ({count} in fragments)"),
            })
            .collect();
        parts.join(", ")
    }
}

impl TrackSummary {
    fn write(&self, f: &mut fmt::Formatter<'_>, many: bool, container: &str) -> fmt::Result {
        let codec = self.codec.as_deref().unwrap_or("codec not known");
        let what = format!("{codec}{}{}", self.level_text(), self.language_text());
        match (many, self.kind.as_str()) {
            (_, UNKNOWN) => line(f, &format!("track {}", self.id), "not described here")?,
            (true, kind) => line(f, &format!("track {}", self.id), &format!("{kind}, {what}"))?,
            (false, kind) if kind.len() < LABEL => line(f, kind, &what)?,
            (false, kind) => line(f, "track", &format!("{kind}, {what}"))?,
        }
        if let Some(video) = &self.video {
            video.write(f)?;
        }
        if let Some(audio) = &self.audio {
            let rate = match audio.sample_rate {
                0 => String::new(),
                rate => format!(", {} kHz", decimal(rate.into(), 1000)),
            };
            line(f, "sound", &format!("{}{rate}", plural(audio.channels.into(), "channel", "channels")))?;
        }
        if self.samples > 0 || self.timescale.is_some() {
            // Only MP4 has samples.
            let samples = match (container, self.video.is_some()) {
                _ if self.samples == 0 => "no samples".to_owned(),
                ("mp4", _) | (_, false) => plural(self.samples, "sample", "samples"),
                _ => plural(self.samples, "temporal unit", "temporal units"),
            };
            line(f, "time", &self.time(&samples))?;
        }
        if let Some(rate) = &self.bit_rate {
            let peak =
                rate.peak.map_or(String::new(), |peak| format!(", peak {} in a second", bit_rate(peak)));
            line(f, "bit rate", &format!("{}{peak}", bit_rate(rate.average)))?;
        }
        if let Some(access) = self.random_access.as_ref().filter(|_| self.samples > 0) {
            line(f, "access", &access.text(self.samples))?;
        }
        if let Some(fragments) = &self.fragments {
            line(f, "fragments", &self.fragments_text(fragments))?;
        }
        if !self.groups.is_empty() {
            let groups: Vec<String> = self.groups.iter().map(GroupSummary::text).collect();
            line(f, "groups", &groups.join(", "))?;
        }
        if let Some(layers) = &self.layers {
            line(f, "layers", &layers.text())?;
        }
        match &self.encryption {
            Some(encryption) => encryption.write(f, self.samples),
            None => Ok(()),
        }
    }

    fn language_text(&self) -> String {
        self.language
            .as_ref()
            .map_or(String::new(), |language| format!(", language {}", language.escape_debug()))
    }

    fn level_text(&self) -> String {
        let Some(video) = &self.video else { return String::new() };
        match (video.profile, &video.level) {
            (Some(profile), Some(level)) => {
                let tier = if video.tier == Some("high") { ", high tier" } else { "" };
                format!(", {profile} profile, level {level}{tier}")
            }
            _ => String::new(),
        }
    }

    fn time(&self, samples: &str) -> String {
        let edits = match self.edits {
            0 => String::new(),
            n => format!(", {}", plural(n as u64, "edit", "edits")),
        };
        match (self.duration, self.timescale) {
            (Some(duration), Some(timescale)) if self.samples > 0 => {
                let start = match self.start {
                    None | Some(0) => String::new(),
                    Some(start) => format!(" from {}", ticks(start, timescale)),
                };
                format!(
                    "{}{start}, {samples}, timescale {timescale}{edits}",
                    display_ticks(duration, timescale)
                )
            }
            (Some(duration), None) if self.samples > 0 => {
                format!("{duration} ticks from {}, {samples}", self.start.unwrap_or(0))
            }
            (_, Some(timescale)) => format!("{samples}, timescale {timescale}{edits}"),
            _ => format!("none in the container, {samples}"),
        }
    }

    fn fragments_text(&self, fragments: &Fragments) -> String {
        let shown = |duration: u64| match self.timescale {
            Some(timescale) => display_ticks(duration, timescale),
            None => format!("{duration} ticks"),
        };
        let mut text = fragments.count.to_string();
        if fragments.shortest == fragments.longest {
            text.push_str(&format!(" of {}", shown(fragments.typical)));
        } else {
            text.push_str(&format!(
                ", typically {}, from {} to {}",
                shown(fragments.typical),
                shown(fragments.shortest),
                shown(fragments.longest)
            ));
        }
        if fragments.starting_with_sync < fragments.count {
            text.push_str(&match fragments.starting_with_sync {
                0 => "; none starts with a sync sample".to_owned(),
                1 => "; 1 starts with a sync sample".to_owned(),
                count => format!("; {count} start with a sync sample"),
            });
        }
        text
    }
}

fn ticks(time: i64, timescale: u32) -> String {
    let sign = if time < 0 { "-" } else { "" };
    format!("{sign}{}", display_ticks(time.unsigned_abs(), timescale))
}

impl Video {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = vec![format!("{}x{}", self.width, self.height)];
        if let Some((width, height)) = self.allowed_size {
            parts.push(format!("up to {width}x{height} by the sequence header"));
        }
        if let Some((width, height)) = self.presentation_size {
            parts.push(format!("shown as {width}x{height}"));
        }
        if self.mirrored {
            parts.push("mirrored".to_owned());
        }
        if let Some(degrees) = self.turned {
            parts.push(format!("turned by {degrees} degrees"));
        }
        if let Some((horizontal, vertical)) = self.pixel_aspect {
            parts.push(format!("pixels {horizontal}:{vertical}"));
        }
        if let Some(depth) = self.bit_depth {
            parts.push(format!("{depth} bit"));
        }
        match self.chroma.as_deref() {
            Some("4:0:0") => parts.push("monochrome".to_owned()),
            Some(chroma) => parts.push(chroma.to_owned()),
            None => {}
        }
        if let Some(rate) = &self.frame_rate {
            parts.push(rate.text());
        }
        if let Some((columns, rows)) = self.tiles.filter(|tiles| *tiles != (1, 1)) {
            parts.push(format!("{columns}x{rows} tiles"));
        }
        line(f, "picture", &parts.join(", "))?;
        if let Some(colour) = self.colour.as_ref().filter(|colour| !colour.says_nothing()) {
            line(f, "colour", &colour.text())?;
        }
        let hdr = self.hdr();
        if !hdr.is_empty() {
            line(f, "HDR", &hdr.join(", "))?;
        }
        match (self.film_grain_frames, self.frames) {
            (Some(grain @ 1..), Some(frames)) => {
                line(f, "film grain", &format!("in {grain} of {frames} frames"))
            }
            _ => Ok(()),
        }
    }

    fn hdr(&self) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(display) = &self.mastering_display {
            let name = match names::display([display.red, display.green, display.blue], display.white) {
                Some(name) => name.to_owned(),
                None => {
                    let point = |(x, y): (u16, u16)| {
                        format!("{} {}", decimal(x.into(), 50_000), decimal(y.into(), 50_000))
                    };
                    let [r, g, b, w] = [display.red, display.green, display.blue, display.white].map(point);
                    format!("R {r} G {g} B {b} W {w}")
                }
            };
            // Luminance has four decimals.
            let least = match display.min_luminance % 10_000 {
                0 => (display.min_luminance / 10_000).to_string(),
                part => {
                    format!("{}.{part:04}", display.min_luminance / 10_000).trim_end_matches('0').to_owned()
                }
            };
            let most = decimal(display.max_luminance.into(), 10_000);
            parts.push(format!("mastered on {name} from {least} to {most} cd/m²"));
        }
        if let Some(light) = &self.content_light {
            parts.push(format!("MaxCLL {}, MaxFALL {}", light.max_cll, light.max_fall));
        }
        for metadata in &self.dynamic_metadata {
            let name = metadata.name.map_or_else(|| format!("T.35 {}", metadata.prefix), str::to_owned);
            parts.push(format!("{name} in {}", plural(metadata.samples, "sample", "samples")));
        }
        parts
    }
}

impl FrameRateSummary {
    fn text(&self) -> String {
        let number = decimal(self.numerator, self.denominator);
        let mut text = match (self.is_constant, self.denominator) {
            (true, 1) => format!("{number} fps"),
            (true, denominator) => format!("{number} fps ({}/{denominator})", self.numerator),
            (false, _) => format!("{number} fps on average"),
        };
        if self.from_sequence_header {
            text.push_str(" by the sequence header");
        }
        text
    }
}

impl ColourSummary {
    fn says_nothing(&self) -> bool {
        const UNSPECIFIED: u16 = 2;
        [self.primaries, self.transfer, self.matrix] == [UNSPECIFIED; 3] && !self.full_range
    }

    fn text(&self) -> String {
        let name = |code: u16, name: Option<&'static str>, what: &str| match (code, name) {
            (_, Some(name)) => name.to_owned(),
            (2, None) => format!("unspecified {what}"),
            (code, None) => format!("{what} {code}"),
        };
        let range = if self.full_range { "full" } else { "limited" };
        let primaries = name(self.primaries, names::primaries(self.primaries), "primaries");
        let transfer = name(self.transfer, names::transfer(self.transfer), "transfer");
        let matrix = name(self.matrix, names::matrix(self.matrix), "matrix");
        match (primaries == transfer, transfer == matrix, self.primaries) {
            (_, _, 2) if self.transfer == 2 && self.matrix == 2 => format!("unspecified, {range} range"),
            (true, true, _) => format!("{primaries}, {range} range"),
            _ => format!("{primaries} primaries, {transfer} transfer, {matrix} matrix, {range} range")
                .replace("primaries primaries", "primaries")
                .replace("transfer transfer", "transfer")
                .replace("matrix matrix", "matrix"),
        }
    }
}

impl RandomAccess {
    fn text(&self, samples: u64) -> String {
        let mut parts = vec![match self.sync {
            sync if sync == samples && samples > 1 => "every sample is a sync sample".to_owned(),
            0 => "no sync sample".to_owned(),
            sync => plural(sync, "sync sample", "sync samples"),
        }];
        if let Some(delayed) = self.delayed.filter(|delayed| delayed.count > 0) {
            let distance = delayed.shortest_distance.zip(delayed.longest_distance);
            let distance =
                distance.map_or(String::new(), |(least, most)| format!(" (distance {})", range(least, most)));
            parts.push(format!(
                "{}{distance}",
                plural(delayed.count, "delayed random access point", "delayed random access points")
            ));
        }
        if let Some(count @ 1..) = self.switch_frames {
            parts.push(plural(count, "switch frame", "switch frames"));
        }
        if let Some(count @ 1..) = self.intra_only {
            parts.push(format!("{count} intra-only"));
        }
        parts.join(", ")
    }
}

impl GroupSummary {
    fn text(&self) -> String {
        let parameter = self.parameter.map_or(String::new(), |parameter| format!(" {parameter:08x}"));
        let distances = match self.distances {
            Some((least, most)) if least == most => format!(" (distance {least})"),
            Some((least, most)) => format!(" (distance {least} to {most})"),
            None => String::new(),
        };
        format!("{}{parameter} {}{distances}", self.kind, plural(self.samples, "sample", "samples"))
    }
}

impl Layers {
    fn text(&self) -> String {
        let points: Vec<String> = self
            .operating_points
            .iter()
            .map(|point| match point.idc {
                0 => format!("all at level {}", point.level),
                idc => {
                    let layers = |mask: u16| (mask & 0xff).count_ones().max(1).into();
                    let temporal = plural(layers(idc), "temporal", "temporal");
                    let spatial = plural(layers(idc >> 8 & 0xf), "spatial", "spatial");
                    format!("{temporal} {spatial} at level {}", point.level)
                }
            })
            .collect();
        format!(
            "{} temporal, {} spatial; {}: {}",
            self.temporal,
            self.spatial,
            plural(points.len() as u64, "operating point", "operating points"),
            points.join(", ")
        )
    }
}

impl Encryption {
    fn write(&self, f: &mut fmt::Formatter<'_>, samples: u64) -> fmt::Result {
        let mut scheme = self.scheme.clone().unwrap_or_else(|| "scheme not known".to_owned());
        if let Some((crypt, skip)) = self.pattern {
            scheme.push_str(&format!(" {crypt}:{skip}"));
        }
        let iv = match (&self.constant_iv, self.iv_size) {
            (Some(iv), _) => format!(", constant IV {iv}"),
            (None, Some(size @ 1..)) => format!(", IVs of {size} bytes"),
            _ => String::new(),
        };
        let kid = self.default_kid.map_or(String::new(), |kid| format!(", key ID {kid}"));
        line(f, "encryption", &format!("{scheme}{kid}{iv}"))?;
        if samples == 0 {
            return Ok(());
        }
        if self.protected_samples == 0 {
            return line(f, "", "all samples are clear");
        }
        let total = self.protected_bytes.saturating_add(self.clear_bytes).max(1);
        let share = decimal(
            u64::try_from(u128::from(self.protected_bytes) * 1000 / u128::from(total)).unwrap_or(0),
            10,
        );
        let subsamples = match self.subsamples {
            Some((least, most)) if (least, most) == (1, 1) => "1 subsample a sample".to_owned(),
            Some((least, most)) => format!("{} subsamples a sample", range(least.into(), most.into())),
            None => "whole samples".to_owned(),
        };
        line(f, "", &format!("{subsamples}, {share} % of the bytes in protected ranges"))?;
        if self.clear_samples > 0 {
            line(f, "", &format!("{} left clear", plural(self.clear_samples, "sample is", "samples are")))?;
        }
        let rotated: Vec<&KeyUse> =
            self.keys.iter().filter(|key| Some(key.kid) != self.default_kid).collect();
        if self.seig_samples > 0 && rotated.is_empty() {
            let samples = plural(self.seig_samples, "sample", "samples");
            line(f, "", &format!("seig groups on {samples}, with the same key ID"))?;
        } else if !rotated.is_empty() {
            line(
                f,
                "",
                &format!(
                    "{} (seig groups on {}):",
                    plural(self.keys.len() as u64, "key", "keys"),
                    plural(self.seig_samples, "sample", "samples")
                ),
            )?;
            for key in self.keys.iter().take(KEYS_SHOWN) {
                line(f, "", &format!("{} for {}", key.kid, plural(key.samples, "sample", "samples")))?;
            }
            if let Some(more @ 1..) = self.keys.len().checked_sub(KEYS_SHOWN) {
                line(f, "", &format!("… {more} more"))?;
            }
        }
        Ok(())
    }
}

/// Keys of a track that are listed.
const KEYS_SHOWN: usize = 8;
