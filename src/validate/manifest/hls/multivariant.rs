//! A playlist of playlists against what it names. Rules HLS-05 to HLS-07, HLS-11, HLS-13, HLS-14.

use std::collections::{HashMap, HashSet};

use super::lexer::Attributes;
use super::read::{MediaPlaylist, Multivariant};
use super::{media, renditions};
use crate::findings::{Location, Rule, Severity};
use crate::manifest::bandwidth::Part;
use crate::validate::facts::TrackFacts;
use crate::validate::manifest::measure;
use crate::validate::manifest::rates::Rates;
use crate::validate::manifest::{Known, Page, Spot, codecs};
use crate::validate::set::{self, Member, Pairs};
use crate::validate::table::{HLS_06, HLS_07, HLS_11, HLS_13, HLS_14};

/// Keys of all playlists that are compared with those of the session.
const KEY_LIMIT: usize = 10_000;

/// A playlist that is named, with its tracks.
#[derive(Clone, Copy)]
pub(in crate::validate) struct Stream<'a> {
    pub(in crate::validate) playlist: &'a MediaPlaylist,
    pub(in crate::validate) known: &'a [Option<Known<'a>>],
}

impl<'a> Stream<'a> {
    /// Its track, where it has one only and all of it was found.
    pub(super) fn only(&self) -> Option<Known<'a>> {
        match self.known {
            [Some(known)] if known.located.is_whole() => Some(*known),
            _ => None,
        }
    }

    /// What its track is, even where not all of it was found.
    pub(super) fn facts(&self) -> Option<&'a TrackFacts> {
        self.known.iter().flatten().next().map(|known| known.facts)
    }

    /// The same for the same playlist.
    fn id(&self) -> usize {
        std::ptr::from_ref(self.playlist).addr()
    }

    /// What it takes to play it, by the sizes and durations of its segments.
    fn rates(&self) -> Option<Rates> {
        let known = self.only()?;
        let (target, _) = self.playlist.target?;
        let parts = match self.playlist.i_frames_only {
            Some(_) => self.listed_parts(&known),
            None => {
                let segments = media::measure_all(&known);
                if segments.len() != self.playlist.segments.len() {
                    return None;
                }
                measure::parts(&segments)
            }
        };
        Some(Rates::of(&parts, self.clock(&known), target))
    }

    fn clock(&self, known: &Known<'_>) -> u32 {
        if self.playlist.i_frames_only.is_some() { 1_000_000 } else { known.facts.timescale() }
    }

    /// Of I-frames: their ranges, and the durations as they are given.
    fn listed_parts(&self, known: &Known<'_>) -> Vec<Part> {
        let places = known.located.segments.iter().flatten();
        let part = |(segment, place): (&super::read::Segment, &std::ops::Range<u64>)| Part {
            size: place.end.saturating_sub(place.start),
            duration: (segment.duration * 1e6).round() as u64,
        };
        self.playlist.segments.iter().zip(places).map(part).collect()
    }
}

/// Compares a playlist with those it names: variants, renditions, I-frames, in this order.
pub(in crate::validate) fn compare(
    playlist: &Multivariant,
    children: &[Option<Stream<'_>>],
    page: &mut Page<'_>,
    pairs: &mut Pairs,
) {
    let count = playlist.variants.len();
    let (variants, others) = children.split_at_checked(count).unwrap_or((children, &[]));
    let (media, i_frames) = others.split_at_checked(playlist.media.len()).unwrap_or((others, &[]));
    let rates: RatesOf = unique(children).map(|stream| (stream.id(), stream.rates())).collect();
    for (variant, stream) in playlist.variants.iter().zip(variants) {
        let of_variant =
            Variant { attributes: &variant.attributes, stream: *stream, playlist, media, rates: &rates };
        of_variant.check(page);
    }
    renditions::check(playlist, media, page);
    range(playlist, variants, page);
    for (attributes, stream) in playlist.i_frames.iter().zip(i_frames) {
        i_frame(attributes, *stream, page);
    }
    keys(playlist, children, page);
    if let Some(spot) = playlist.independent {
        let others = unique(variants).chain(unique(media));
        independent(others, spot, page);
    }
    supplemental(playlist, page);
    switching(playlist, variants, media, page, pairs);
}

/// A variant with the renditions that may be played with it.
struct Variant<'a> {
    attributes: &'a Attributes,
    stream: Option<Stream<'a>>,
    playlist: &'a Multivariant,
    media: &'a [Option<Stream<'a>>],
    rates: &'a RatesOf,
}

/// The rates of playlists, by [`Stream::id`]: many variants name the same ones.
type RatesOf = HashMap<usize, Option<Rates>>;

/// Each playlist that is named, once.
fn unique<'a>(children: &'a [Option<Stream<'a>>]) -> impl Iterator<Item = &'a Stream<'a>> {
    let mut seen = HashSet::new();
    children.iter().flatten().filter(move |stream| seen.insert(stream.id()))
}

impl<'a> Variant<'a> {
    /// The streams of the group that an attribute names.
    fn group(&self, name: &'static str) -> impl Iterator<Item = Option<Stream<'a>>> + '_ {
        let group = self.attributes.get(name);
        self.playlist.media.iter().zip(self.media).filter_map(move |(media, stream)| {
            let is_member =
                media.get("TYPE") == Some(name) && group.is_some() && media.get("GROUP-ID") == group;
            // Without an address, it is in the variant's own segments.
            (is_member && media.get("URI").is_some()).then_some(*stream)
        })
    }

    fn check(&self, page: &mut Page<'_>) {
        if self.attributes.number("BANDWIDTH").is_none() {
            let spot = self.attributes.spot_of("BANDWIDTH");
            page.say(&HLS_06, spot, "EXT-X-STREAM-INF has no BANDWIDTH that is a number");
        }
        self.rates(page);
        self.codecs(page);
        if let Some(facts) = self.stream.and_then(|stream| stream.facts()) {
            picture(self.attributes, facts, &HLS_06, page);
            self.frame_rate(facts, page);
        }
    }

    fn rates(&self, page: &mut Page<'_>) {
        let rates_of = |stream: Option<Stream<'_>>| *self.rates.get(&stream?.id())?;
        let Some(mut rates) = rates_of(self.stream) else { return };
        // Where the variant is one of its own group, it is played once.
        let own = self.attributes.get("AUDIO").is_some()
            && self.stream.and_then(|stream| stream.facts()).is_some_and(|facts| facts.media() == "audio");
        for name in ["AUDIO", "VIDEO", "SUBTITLES"] {
            if own && name == "AUDIO" {
                continue;
            }
            let group: Option<Vec<Rates>> = self.group(name).map(rates_of).collect();
            // What is not known is not asked for.
            rates.add(group.unwrap_or_default().into_iter());
        }
        for (name, has) in [("BANDWIDTH", rates.peak), ("AVERAGE-BANDWIDTH", rates.mean)] {
            check_rate(self.attributes, name, has, &HLS_06, page);
        }
    }

    fn codecs(&self, page: &mut Page<'_>) {
        let Some(said) = self.attributes.get("CODECS") else {
            let message = "EXT-X-STREAM-INF has no CODECS: players have to load segments to know whether they can play it";
            let finding = page.finding(&HLS_06, self.attributes.spot, message).severity(Severity::Warning);
            page.push(finding);
            return;
        };
        let spot = self.attributes.spot_of("CODECS");
        let list: Vec<&str> = said.split(',').map(str::trim).collect();
        for fault in list.iter().flat_map(|codec| codecs::form(codec)) {
            let finding = page.finding(fault.rule, spot, fault.message).severity(fault.severity);
            page.push(finding);
        }
        let own = std::iter::once(self.stream);
        // Text is named by some and not by others; players find it by its playlist.
        let all: Vec<Option<Stream<'_>>> =
            own.chain(self.group("AUDIO")).chain(self.group("VIDEO")).collect();
        let facts: Vec<&TrackFacts> = all.iter().flatten().filter_map(|stream| stream.facts()).collect();
        for track in &facts {
            let kind = |codec: &str| codec.split('.').next().unwrap_or("").to_ascii_lowercase();
            let is_of_kind = |codec: &&&str| kind(codec) == kind(track.codec());
            let faults: Vec<_> =
                list.iter().filter(is_of_kind).map(|codec| codecs::truth(codec, track, &HLS_06)).collect();
            if faults.is_empty() {
                let is_first = facts.iter().position(|other| kind(other.codec()) == kind(track.codec()));
                if is_first.and_then(|at| facts.get(at)).is_some_and(|first| std::ptr::eq(*first, *track)) {
                    let message =
                        format!("CODECS is `{said}`, without the `{}` of {}", track.codec(), name(track));
                    page.say(&HLS_06, spot, message);
                }
            } else if faults.iter().all(Option::is_some)
                && let Some(fault) = faults.into_iter().flatten().next()
            {
                let finding = page.finding(fault.rule, spot, fault.message).severity(fault.severity);
                page.push(finding);
            }
        }
        let has_all = all.iter().all(|stream| stream.is_some_and(|stream| stream.facts().is_some()));
        let has_text = self.attributes.get("SUBTITLES").is_some();
        if !has_all || facts.len() < all.len() || self.has_inner() {
            return;
        }
        for codec in &list {
            let kind = codec.split('.').next().unwrap_or("").to_ascii_lowercase();
            let is_text = matches!(kind.as_str(), "wvtt" | "stpp") && has_text;
            let is_there = facts
                .iter()
                .any(|track| track.codec().split('.').next().unwrap_or("").eq_ignore_ascii_case(&kind));
            // Protected entries are told by AV1-49.
            if !is_there && !is_text && !kind.starts_with("enc") {
                let finding = page.finding(
                    &HLS_06,
                    spot,
                    format!("CODECS names `{codec}`, which no track of the variant has"),
                );
                page.push(finding);
            }
        }
    }

    /// Whether its own segments hold several tracks.
    fn has_inner(&self) -> bool {
        self.playlist.media.iter().any(|media| {
            media.get("URI").is_none()
                && ["AUDIO", "VIDEO"].iter().any(|name| {
                    media.get("TYPE") == Some(name)
                        && self.attributes.get(name).is_some()
                        && media.get("GROUP-ID") == self.attributes.get(name)
                })
        })
    }

    fn frame_rate(&self, facts: &TrackFacts, page: &mut Page<'_>) {
        let Some(text) = self.attributes.get("FRAME-RATE") else { return };
        let spot = self.attributes.spot_of("FRAME-RATE");
        let Ok(says) = text.parse::<f64>() else {
            return page.say(&HLS_06, spot, format!("FRAME-RATE `{text}` is no number"));
        };
        let Some(has) = measure::steady_rate(facts).filter(|_| facts.media() == "video") else { return };
        // Rounded to thousandths.
        if (says - has).abs() > 0.001 {
            let severity = if (says - has).abs() > has * 0.01 { Severity::Error } else { Severity::Warning };
            let message = format!("FRAME-RATE is {text}, and the track has {has:.3} samples a second");
            let finding = page.finding(&HLS_06, spot, message).severity(severity);
            page.push(finding.found(text).expected(format!("{has:.3}")));
        }
    }
}

fn name(facts: &TrackFacts) -> &str {
    facts.files.first().map_or("", |(name, _)| name)
}

/// A rate that is promised must be one that is enough.
fn check_rate(attributes: &Attributes, name: &str, has: u64, rule: &'static Rule, page: &mut Page<'_>) {
    let Some(says) = attributes.number(name) else { return };
    // A thousandth is rounding; Apple tells authors to be within a tenth.
    if says.saturating_add(says / 1000) >= has {
        return;
    }
    let severity = if says.saturating_add(says / 10) < has { Severity::Error } else { Severity::Warning };
    let message = format!("{name} is {says}, and the segments need {has}");
    let finding = page.finding(rule, attributes.spot_of(name), message).severity(severity);
    page.push(finding.found(says.to_string()).expected(has.to_string()));
}

/// `RESOLUTION`.
fn picture(attributes: &Attributes, facts: &TrackFacts, rule: &'static Rule, page: &mut Page<'_>) {
    let Some(text) = attributes.get("RESOLUTION") else { return };
    let spot = attributes.spot_of("RESOLUTION");
    let says =
        text.split_once(['x', 'X']).and_then(|(w, h)| Some((w.parse::<u32>().ok()?, h.parse::<u32>().ok()?)));
    let Some(says) = says else {
        return page.say(rule, spot, format!("RESOLUTION `{text}` is not as 1920x1080"));
    };
    let entry = facts.track.entries.first();
    let Some(size) = entry.and_then(|entry| entry.size).filter(|_| facts.media() == "video") else { return };
    let pixel = entry.and_then(|entry| entry.colour.pixel_aspect).unwrap_or((1, 1));
    let wide = u64::from(size.0) * u64::from(pixel.0) / u64::from(pixel.1.max(1));
    let fits = |(width, height): (u64, u32)| width.abs_diff(says.0.into()) <= 1 && height == says.1;
    let shown = facts.track.presentation_size.unwrap_or(size);
    let candidates = [(u64::from(size.0), size.1), (wide, size.1), (u64::from(shown.0), shown.1)];
    if !candidates.into_iter().any(fits) {
        let has = format!("{}x{}", size.0, size.1);
        let finding = page.finding(rule, spot, format!("RESOLUTION is {text}, and the track has {has}"));
        page.push(finding.found(text).expected(has));
    }
}

/// What `VIDEO-RANGE` should be; nothing where the track does not say.
fn video_range(facts: &TrackFacts) -> Option<&'static str> {
    let nclx = facts.track.entries.first()?.colour.nclx?;
    match nclx.transfer_characteristics {
        1 | 6 | 13 | 14 | 15 => Some("SDR"),
        16 => Some("PQ"),
        18 => Some("HLG"),
        _ => None,
    }
}

fn check_range(attributes: &Attributes, facts: &TrackFacts, page: &mut Page<'_>) {
    let Some(has) = video_range(facts).filter(|_| facts.media() == "video") else { return };
    let said = attributes.get("VIDEO-RANGE");
    if said.unwrap_or("SDR") == has {
        return;
    }
    let spot = attributes.spot_of("VIDEO-RANGE");
    let message = match said {
        Some(said) => format!("VIDEO-RANGE is {said}, and the track is {has}"),
        None => format!("there is no VIDEO-RANGE, which means SDR, and the track is {has}"),
    };
    let finding = page.finding(&HLS_07, spot, message);
    page.push(finding.expected(has));
}

/// Rule HLS-07.
fn range(playlist: &Multivariant, variants: &[Option<Stream<'_>>], page: &mut Page<'_>) {
    for (variant, stream) in playlist.variants.iter().zip(variants) {
        if let Some(said) = variant.attributes.get("VIDEO-RANGE")
            && !matches!(said, "SDR" | "HLG" | "PQ")
        {
            let message = format!("VIDEO-RANGE `{said}` is not SDR, HLG or PQ");
            page.say(&HLS_07, variant.attributes.spot_of("VIDEO-RANGE"), message);
        }
        if let Some(facts) = stream.and_then(|stream| stream.facts()) {
            check_range(&variant.attributes, facts, page);
        }
    }
}

/// Rule HLS-13.
fn i_frame(attributes: &Attributes, stream: Option<Stream<'_>>, page: &mut Page<'_>) {
    for name in ["URI", "BANDWIDTH"] {
        if attributes.get(name).is_none() {
            page.say(&HLS_13, attributes.spot, format!("EXT-X-I-FRAME-STREAM-INF has no {name}"));
        }
    }
    let Some(stream) = stream else { return };
    if stream.playlist.i_frames_only.is_none() {
        let message = "the playlist that is named has no EXT-X-I-FRAMES-ONLY";
        page.say(&HLS_13, attributes.spot_of("URI"), message);
        return;
    }
    if let Some(rates) = stream.rates() {
        check_rate(attributes, "BANDWIDTH", rates.peak, &HLS_13, page);
        check_rate(attributes, "AVERAGE-BANDWIDTH", rates.mean, &HLS_13, page);
    }
    let Some(facts) = stream.facts() else { return };
    picture(attributes, facts, &HLS_13, page);
    check_range(attributes, facts, page);
    match attributes.get("CODECS") {
        None => {
            let finding = page.finding(&HLS_13, attributes.spot, "EXT-X-I-FRAME-STREAM-INF has no CODECS");
            page.push(finding.severity(Severity::Warning));
        }
        Some(said) => {
            let spot = attributes.spot_of("CODECS");
            let list: Vec<&str> = said.split(',').map(str::trim).collect();
            if list.len() > 1 {
                page.say(&HLS_13, spot, format!("CODECS is `{said}`; I-frames have no sound and no text"));
            }
            let truths = list.iter().take(1).filter_map(|codec| codecs::truth(codec, facts, &HLS_13));
            for fault in list.iter().flat_map(|codec| codecs::form(codec)).chain(truths) {
                let finding = page.finding(fault.rule, spot, fault.message).severity(fault.severity);
                page.push(finding);
            }
        }
    }
}

/// Rule HLS-11.
fn keys(playlist: &Multivariant, children: &[Option<Stream<'_>>], page: &mut Page<'_>) {
    let format = |key: &Attributes| key.get("KEYFORMAT").unwrap_or("identity").to_owned();
    let all = unique(children).flat_map(|stream| &stream.playlist.keys);
    let all: Vec<&Attributes> = all.take(KEY_LIMIT).collect();
    for session in &playlist.session_keys {
        if session.get("METHOD") == Some("NONE") {
            let finding = page.finding(&HLS_11, session.spot, "EXT-X-SESSION-KEY has the METHOD NONE");
            page.push(finding.severity(Severity::Error));
        }
        let same = |key: &&&Attributes| key.get("URI") == session.get("URI") && session.get("URI").is_some();
        let differs =
            |name: &str| all.iter().find(same).is_some_and(|key| key.get(name) != session.get(name));
        for name in ["METHOD", "KEYFORMAT", "KEYFORMATVERSIONS"].into_iter().filter(|name| differs(name)) {
            let message = format!("{name} of EXT-X-SESSION-KEY is not that of EXT-X-KEY with the same URI");
            let finding = page.finding(&HLS_11, session.spot_of(name), message).severity(Severity::Error);
            page.push(finding);
        }
        if !all.is_empty() && children.iter().all(Option::is_some) && !all.iter().any(|key| same(&key)) {
            let message = "no playlist has the key of this EXT-X-SESSION-KEY";
            page.say(&HLS_11, session.spot, message);
        }
    }
    let mut methods: Vec<&str> =
        all.iter().filter_map(|key| key.get("METHOD")).filter(|m| *m != "NONE").collect();
    methods.sort_unstable();
    methods.dedup();
    let start = Spot { line: 1, column: 1 };
    if methods.len() > 1 {
        let message = format!(
            "playlists use several ways of encryption: {}; few players take more than one",
            methods.join(", ")
        );
        page.say(&HLS_11, start, message);
    }
    let mut missing: Vec<String> = all
        .iter()
        .filter(|key| key.get("METHOD") != Some("NONE"))
        .map(|key| format(key))
        .filter(|format_of| !playlist.session_keys.iter().any(|session| format(session) == *format_of))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        let message = format!(
            "no EXT-X-SESSION-KEY for {}: players ask for keys later than they could",
            missing.join(", ")
        );
        let finding = page.finding(&HLS_11, start, message).severity(Severity::Advice);
        page.push(finding);
    }
}

/// Rule HLS-05, of all playlists.
fn independent<'a>(streams: impl Iterator<Item = &'a Stream<'a>>, spot: Spot, page: &mut Page<'_>) {
    for stream in streams.filter(|stream| stream.playlist.independent.is_none()) {
        if let Some(known) = stream.only() {
            media::independent(&media::measure_all(&known), &known, spot, page);
        }
    }
}

/// Rule HLS-14.
fn supplemental(playlist: &Multivariant, page: &mut Page<'_>) {
    let all = playlist.variants.iter().map(|variant| &variant.attributes).chain(&playlist.i_frames);
    for attributes in all {
        let Some(said) = attributes.get("SUPPLEMENTAL-CODECS") else { continue };
        let base: Vec<&str> = attributes.get("CODECS").unwrap_or("").split(',').map(str::trim).collect();
        for one in said.split(',').map(str::trim) {
            let codec = one.split('/').next().unwrap_or("");
            let spot = attributes.spot_of("SUPPLEMENTAL-CODECS");
            if base.contains(&codec) {
                page.say(
                    &HLS_14,
                    spot,
                    format!("`{codec}` stands in CODECS too, which is for those without it"),
                );
            } else if codec.starts_with("dav1") && !base.iter().any(|base| base.starts_with("av01")) {
                page.say(&HLS_14, spot, format!("CODECS has no av01, on which `{codec}` is built"));
            } else if (codec.starts_with("dav1") || codec.starts_with("dvh")) && !one.contains('/') {
                page.say(&HLS_14, spot, format!("`{one}` names no brand, as db1p or db4h, behind a slash"));
            }
        }
    }
}

/// Tracks between which players switch: videos of the variants, and sound of one name in several groups.
fn switching(
    playlist: &Multivariant,
    variants: &[Option<Stream<'_>>],
    media: &[Option<Stream<'_>>],
    page: &mut Page<'_>,
    pairs: &mut Pairs,
) {
    let mut sets: Vec<(String, Vec<(Known<'_>, Spot)>)> = Vec::new();
    let kind = |known: &Known<'_>| known.facts.codec().split('.').next().unwrap_or("").to_owned();
    let of_variants = playlist.variants.iter().zip(variants).filter_map(|(variant, stream)| {
        let known = (*stream)?.only()?;
        Some((format!("{} {}", known.facts.media(), kind(&known)), known, variant.attributes.spot))
    });
    let of_media = playlist.media.iter().zip(media).filter_map(|(media, stream)| {
        let known = (*stream)?.only()?;
        let name = media.get("NAME").unwrap_or("");
        Some((format!("{} {} {name}", media.get("TYPE").unwrap_or(""), kind(&known)), known, media.spot))
    });
    for (key, known, spot) in of_variants.chain(of_media) {
        match sets.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) if members.iter().any(|(other, _)| std::ptr::eq(other.facts, known.facts)) => {
            }
            Some((_, members)) => members.push((known, spot)),
            None => sets.push((key, vec![(known, spot)])),
        }
    }
    for (_, members) in sets {
        let segments: Vec<_> = members.iter().map(|(known, _)| media::measure_all(known)).collect();
        let members: Vec<Member<'_>> = members
            .iter()
            .zip(&segments)
            .map(|((known, spot), segments)| Member {
                name: known.listing.name.clone(),
                facts: known.facts,
                place: Some(Location::new(page.name).line(spot.line, spot.column)),
                segments,
            })
            .collect();
        for finding in set::compare(&members, set::Demand::Switching, pairs) {
            page.push(finding);
        }
    }
}
