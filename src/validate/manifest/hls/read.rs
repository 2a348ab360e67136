//! Reading playlists. Rule HLS-01.

use super::lexer::{Attributes, Line, lines};
use crate::validate::manifest::{Listing, Page, Resource, SEGMENT_LIMIT, Spot, address};
use crate::validate::table::{HLS_01, HLS_02, HLS_03, HLS_04};

/// More variants and renditions than are looked at.
const STREAM_LIMIT: usize = 500;
/// More keys and headers than any playlist changes to.
const CHANGE_LIMIT: usize = 10_000;
/// More keys than a segment has at once.
const KEYS_LIMIT: usize = 100;

/// A playlist.
#[derive(Debug)]
pub(in crate::validate) enum Playlist {
    Media(MediaPlaylist),
    Multivariant(Multivariant),
}

/// A playlist of segments.
#[derive(Debug, Default)]
pub(in crate::validate) struct MediaPlaylist {
    /// In seconds, and where it is said.
    pub(super) target: Option<(u64, Spot)>,
    pub(super) independent: Option<Spot>,
    pub(super) i_frames_only: Option<Spot>,
    pub(super) segments: Vec<Segment>,
    /// `EXT-X-MAP`.
    pub(super) maps: Vec<Resource>,
    /// `EXT-X-KEY`.
    pub(super) keys: Vec<Attributes>,
    /// The keys that are in force at once, as indexes.
    pub(super) key_sets: Vec<Vec<usize>>,
    pub(super) has_end: bool,
}

/// A segment, or an I-frame.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) resource: Resource,
    /// In seconds, and where it is said.
    pub(super) duration: f64,
    pub(super) duration_spot: Spot,
    /// Of the byte range, where there is one.
    pub(super) range_spot: Spot,
    /// Index of its header.
    pub(super) map: Option<usize>,
    /// Index of its keys.
    pub(super) keys: usize,
    /// Where a discontinuity before it is.
    pub(super) discontinuity: Option<Spot>,
}

/// A playlist of playlists.
#[derive(Debug, Default)]
pub(in crate::validate) struct Multivariant {
    pub(super) independent: Option<Spot>,
    /// `EXT-X-MEDIA`.
    pub(super) media: Vec<Attributes>,
    pub(super) variants: Vec<Variant>,
    /// `EXT-X-I-FRAME-STREAM-INF`.
    pub(super) i_frames: Vec<Attributes>,
    pub(super) session_keys: Vec<Attributes>,
}

/// `EXT-X-STREAM-INF` with its address.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) attributes: Attributes,
    pub(super) uri: String,
    pub(super) spot: Spot,
}

/// What tags ask for as a version. RFC 8216 § 7.
#[derive(Default)]
struct Version {
    given: Option<(u64, Spot)>,
    needed: Option<(u64, String, Spot)>,
}

impl Version {
    fn need(&mut self, version: u64, what: impl Into<String>, spot: Spot) {
        if self.needed.as_ref().is_none_or(|(needed, ..)| *needed < version) {
            self.needed = Some((version, what.into(), spot));
        }
    }

    fn check(&self, page: &mut Page<'_>) {
        let given = self.given.map_or(1, |(version, _)| version);
        let Some((needed, what, spot)) = self.needed.as_ref().filter(|(needed, ..)| *needed > given) else {
            return;
        };
        let at = self.given.map_or(*spot, |(_, spot)| spot);
        let message = match self.given {
            Some(_) => format!("version {given}, but {what} needs version {needed}"),
            None => format!("no version is given, which means 1, but {what} needs version {needed}"),
        };
        let finding = page.finding(&HLS_01, at, message).fix(format!("Write #EXT-X-VERSION:{needed}."));
        page.push(finding);
    }
}

/// Reads a playlist. `address` is its own.
pub(in crate::validate) fn read(text: &str, address: &str, page: &mut Page<'_>) -> Playlist {
    let text = match text.strip_prefix('\u{feff}') {
        Some(text) => {
            page.say(&HLS_01, Spot { line: 1, column: 1 }, "the playlist begins with a byte order mark");
            text
        }
        None => text,
    };
    if text.lines().next().map(str::trim_end) != Some("#EXTM3U") {
        page.say(&HLS_01, Spot { line: 1, column: 1 }, "the first line is not #EXTM3U");
    }
    let is_multivariant = lines(text).any(|(_, line)| {
        matches!(line, Line::Tag("EXT-X-STREAM-INF" | "EXT-X-I-FRAME-STREAM-INF" | "EXT-X-MEDIA", _))
    });
    let mut version = Version::default();
    let playlist = match is_multivariant {
        true => Playlist::Multivariant(multivariant(text, &mut version, page)),
        false => Playlist::Media(media(text, address, &mut version, page)),
    };
    version.check(page);
    playlist
}

/// Takes in what tags of both kinds have in common.
fn common(name: &str, value: &str, spot: Spot, version: &mut Version, page: &mut Page<'_>) {
    if name == "EXT-X-VERSION" {
        match value.trim().parse() {
            Ok(_) if version.given.is_some() => {
                page.say(&HLS_01, spot, "another EXT-X-VERSION; there is one already")
            }
            Ok(number) => version.given = Some((number, spot)),
            Err(_) => page.say(&HLS_01, spot, format!("the version `{}` is no number", value.trim())),
        }
    }
}

/// Reads a tag with attributes.
fn attributes(name: &str, value: &str, spot: Spot, page: &mut Page<'_>) -> Attributes {
    let attributes = Attributes::read(name, value, spot);
    if let Some(problem) = &attributes.problem {
        page.say(&HLS_01, spot, format!("{name}: {problem}"));
    }
    for (attribute, is_quoted) in attributes.misquoted() {
        let how = if is_quoted { "stands in quotes and should not" } else { "should stand in quotes" };
        page.say(&HLS_01, attributes.spot_of(attribute), format!("{name}: the value of {attribute} {how}"));
    }
    attributes
}

fn multivariant(text: &str, version: &mut Version, page: &mut Page<'_>) -> Multivariant {
    let mut playlist = Multivariant::default();
    let mut pending: Option<Attributes> = None;
    let mut streams = 0;
    for (spot, line) in lines(text) {
        if streams >= STREAM_LIMIT {
            page.say(
                &HLS_01,
                spot,
                format!("more than {STREAM_LIMIT} streams; the others are not looked at"),
            );
            break;
        }
        let (name, value) = match line {
            Line::Tag(name, value) => (name, value),
            Line::Uri(uri) => {
                match pending.take() {
                    Some(attributes) => {
                        playlist.variants.push(Variant { attributes, uri: uri.to_owned(), spot });
                        streams += 1;
                    }
                    None => page.say(&HLS_01, spot, "an address without EXT-X-STREAM-INF before it"),
                }
                continue;
            }
        };
        common(name, value, spot, version, page);
        match name {
            "EXT-X-STREAM-INF" => pending = Some(attributes(name, value, spot, page)),
            "EXT-X-MEDIA" => {
                let media = attributes(name, value, spot, page);
                if media.get("INSTREAM-ID").is_some_and(|id| id.starts_with("SERVICE")) {
                    version.need(7, "an INSTREAM-ID of SERVICE", spot);
                }
                playlist.media.push(media);
                streams += 1;
            }
            "EXT-X-I-FRAME-STREAM-INF" => {
                playlist.i_frames.push(attributes(name, value, spot, page));
                streams += 1;
            }
            "EXT-X-SESSION-KEY" if playlist.session_keys.len() < STREAM_LIMIT => {
                playlist.session_keys.push(attributes(name, value, spot, page));
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => playlist.independent = Some(spot),
            "EXTINF" | "EXT-X-TARGETDURATION" | "EXT-X-MAP" | "EXT-X-KEY" | "EXT-X-ENDLIST" => {
                page.say(
                    &HLS_01,
                    spot,
                    format!("{name} belongs into a playlist of segments, this one is of playlists"),
                );
            }
            _ => {}
        }
    }
    if let Some(attributes) = pending {
        page.say(&HLS_01, attributes.spot, "no address follows EXT-X-STREAM-INF");
    }
    playlist
}

/// What is said of the next segment.
#[derive(Default)]
struct Next {
    duration: Option<(f64, Spot)>,
    range: Option<(u64, Option<u64>, Spot)>,
    discontinuity: Option<Spot>,
    is_gap: bool,
}

fn media(text: &str, own: &str, version: &mut Version, page: &mut Page<'_>) -> MediaPlaylist {
    let mut playlist = MediaPlaylist { key_sets: vec![Vec::new()], ..MediaPlaylist::default() };
    let mut next = Next::default();
    let (mut is_vod, mut is_live) = (None, false);
    for (spot, line) in lines(text) {
        let (name, value) = match line {
            Line::Tag(name, value) => (name, value),
            Line::Uri(uri) => {
                if playlist.segments.len() >= SEGMENT_LIMIT {
                    page.say(
                        &HLS_01,
                        spot,
                        format!("more than {SEGMENT_LIMIT} segments; the others are not looked at"),
                    );
                    break;
                }
                segment(&mut playlist, std::mem::take(&mut next), own, uri, spot, page);
                continue;
            }
        };
        common(name, value, spot, version, page);
        match name {
            "EXTINF" => {
                let (number, _) = value.split_once(',').unwrap_or((value, ""));
                match number.trim().parse::<f64>() {
                    Ok(duration) if duration.is_finite() && duration >= 0.0 => {
                        next.duration = Some((duration, spot));
                        if number.contains('.') {
                            version.need(3, "an EXTINF with a fraction", spot);
                        }
                    }
                    _ => page.say(&HLS_02, spot, format!("EXTINF `{}` is no duration", number.trim())),
                }
            }
            "EXT-X-BYTERANGE" => {
                version.need(4, "EXT-X-BYTERANGE", spot);
                match byte_range(value.trim()) {
                    Some((size, offset)) => next.range = Some((size, offset, spot)),
                    None => {
                        page.say(&HLS_04, spot, format!("`{}` is no byte range: SIZE@OFFSET", value.trim()))
                    }
                }
            }
            "EXT-X-TARGETDURATION" => match value.trim().parse() {
                Ok(target) => playlist.target = Some((target, spot)),
                Err(_) => {
                    page.say(
                        &HLS_02,
                        spot,
                        format!("the target duration `{}` is no whole number", value.trim()),
                    );
                }
            },
            "EXT-X-MAP" if playlist.maps.len() < CHANGE_LIMIT => {
                map(&mut playlist, value, own, spot, version, page)
            }
            "EXT-X-KEY" if playlist.keys.len() < CHANGE_LIMIT => {
                key(&mut playlist, value, spot, version, page)
            }
            "EXT-X-DISCONTINUITY" => next.discontinuity = Some(spot),
            "EXT-X-GAP" => {
                version.need(8, "EXT-X-GAP", spot);
                next.is_gap = true;
            }
            "EXT-X-DEFINE" => version.need(8, "EXT-X-DEFINE", spot),
            "EXT-X-SKIP" => {
                version.need(9, "EXT-X-SKIP", spot);
                is_live = true;
            }
            "EXT-X-I-FRAMES-ONLY" => {
                version.need(4, "EXT-X-I-FRAMES-ONLY", spot);
                playlist.i_frames_only = Some(spot);
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => playlist.independent = Some(spot),
            "EXT-X-PLAYLIST-TYPE" if value.trim() == "VOD" => is_vod = Some(spot),
            "EXT-X-ENDLIST" => playlist.has_end = true,
            "EXT-X-PART" | "EXT-X-PART-INF" | "EXT-X-PRELOAD-HINT" | "EXT-X-SERVER-CONTROL" => is_live = true,
            _ => {}
        }
    }
    if let Some(spot) = is_vod.filter(|_| !playlist.has_end && !is_live) {
        page.say(&HLS_01, spot, "the playlist is VOD and has no EXT-X-ENDLIST: players take it for live");
    }
    if !playlist.has_end {
        // Segments of live playlists go while the playlist is there.
        playlist.segments.iter_mut().for_each(|segment| segment.resource.is_optional = true);
    }
    if playlist.target.is_none() {
        page.say(&HLS_02, Spot { line: 1, column: 1 }, "there is no EXT-X-TARGETDURATION");
    }
    playlist
}

fn segment(list: &mut MediaPlaylist, next: Next, own: &str, uri: &str, spot: Spot, page: &mut Page<'_>) {
    let Some((duration, duration_spot)) = next.duration else {
        page.say(&HLS_02, spot, "an address without EXTINF before it");
        return;
    };
    let address = address::join(own, uri);
    let range = next.range.and_then(|(size, offset, range_spot)| {
        let before = list.segments.last().filter(|segment| segment.resource.address == address);
        let before = before.and_then(|segment| segment.resource.range.as_ref()).map(|range| range.end);
        let start = offset.or(before);
        if start.is_none() {
            let message = "the byte range has no offset, and the segment before is no range of the same file";
            page.say(&HLS_04, range_spot, message);
        }
        let end = start?.checked_add(size);
        if end.is_none() {
            page.say(&HLS_04, range_spot, "the byte range ends beyond all files");
        }
        Some(start?..end?)
    });
    list.segments.push(Segment {
        resource: Resource { address, range, spot, is_optional: next.is_gap },
        duration,
        duration_spot,
        range_spot: next.range.map_or(spot, |(_, _, spot)| spot),
        map: list.maps.len().checked_sub(1),
        keys: list.key_sets.len().saturating_sub(1),
        discontinuity: next.discontinuity,
    });
}

fn map(
    list: &mut MediaPlaylist,
    value: &str,
    own: &str,
    spot: Spot,
    version: &mut Version,
    page: &mut Page<'_>,
) {
    let attributes = attributes("EXT-X-MAP", value, spot, page);
    // 5 is enough among I-frames.
    let needed = if list.i_frames_only.is_some() { 5 } else { 6 };
    version.need(needed, "EXT-X-MAP", spot);
    let Some(uri) = attributes.get("URI") else {
        page.say(&HLS_03, spot, "EXT-X-MAP has no URI");
        return;
    };
    let range = attributes.get("BYTERANGE").and_then(|text| {
        let range = byte_range(text).and_then(|(size, offset)| {
            let start = offset.unwrap_or(0);
            Some(start..start.checked_add(size)?)
        });
        if range.is_none() {
            page.say(
                &HLS_03,
                attributes.spot_of("BYTERANGE"),
                format!("`{text}` is no byte range: SIZE@OFFSET"),
            );
        }
        range
    });
    let resource = Resource { address: address::join(own, uri), range, spot, is_optional: false };
    list.maps.push(resource);
}

fn key(list: &mut MediaPlaylist, value: &str, spot: Spot, version: &mut Version, page: &mut Page<'_>) {
    let attributes = attributes("EXT-X-KEY", value, spot, page);
    if attributes.get("KEYFORMAT").is_some() || attributes.get("KEYFORMATVERSIONS").is_some() {
        version.need(5, "KEYFORMAT", spot);
    } else if attributes.get("IV").is_some() {
        version.need(2, "the IV of EXT-X-KEY", spot);
    }
    let format = |attributes: &Attributes| attributes.get("KEYFORMAT").unwrap_or("identity").to_owned();
    let index = list.keys.len();
    let mut set: Vec<usize> = match attributes.get("METHOD") {
        Some("NONE") => Vec::new(),
        _ => {
            // A key replaces those before that are of its format.
            let last = list.key_sets.last().cloned().unwrap_or_default();
            let is_other = |known: &Attributes| {
                known.get("METHOD") != Some("NONE") && format(known) != format(&attributes)
            };
            last.into_iter().filter(|of| list.keys.get(*of).is_some_and(is_other)).take(KEYS_LIMIT).collect()
        }
    };
    set.push(index);
    list.keys.push(attributes);
    // Sets that no segment uses are not kept.
    let used = list.segments.last().is_some_and(|segment| segment.keys + 1 == list.key_sets.len());
    match list.key_sets.last_mut().filter(|_| !used) {
        Some(last) => *last = set,
        None => list.key_sets.push(set),
    }
}

/// `SIZE@OFFSET` or `SIZE`.
fn byte_range(text: &str) -> Option<(u64, Option<u64>)> {
    match text.split_once('@') {
        Some((size, offset)) => Some((size.parse().ok()?, Some(offset.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

impl MediaPlaylist {
    /// What is listed of each header, with the index of the first segment.
    pub(in crate::validate) fn listings(&self, name: &str) -> Vec<(usize, Listing)> {
        let mut listings: Vec<(usize, Option<usize>, Listing)> = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            if listings.last().is_none_or(|(_, map, _)| *map != segment.map) {
                let init = segment.map.and_then(|map| self.maps.get(map)).cloned();
                let spot = init.as_ref().map_or(segment.resource.spot, |init| init.spot);
                let listing = Listing { spot, name: name.to_owned(), init, ..Listing::default() };
                listings.push((index, segment.map, listing));
            }
            if let Some((_, _, listing)) = listings.last_mut() {
                listing.segments.push(segment.resource.clone());
            }
        }
        listings.into_iter().map(|(index, _, listing)| (index, listing)).collect()
    }

    /// Whether it lists I-frames.
    pub(in crate::validate) fn is_of_i_frames(&self) -> bool {
        self.i_frames_only.is_some()
    }

    /// Whether no more segments come.
    pub(in crate::validate) fn is_complete(&self) -> bool {
        self.has_end
    }
}

impl Multivariant {
    /// The addresses of all playlists, in the order of the variants, the renditions, the I-frames.
    pub(in crate::validate) fn playlists(&self) -> impl Iterator<Item = Child<'_>> {
        let variants = self.variants.iter().map(|one| Child { uri: Some(&one.uri), spot: one.spot });
        let others = self.media.iter().chain(&self.i_frames);
        variants.chain(others.map(|one| Child { uri: one.get("URI"), spot: one.spot_of("URI") }))
    }
}

/// A playlist that another one names.
#[derive(Debug, Clone, Copy)]
pub(in crate::validate) struct Child<'a> {
    pub(in crate::validate) uri: Option<&'a str>,
    pub(in crate::validate) spot: Spot,
}
