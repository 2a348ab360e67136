//! Reading manifests, finding what they name, and comparing.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::found::{Kind, kind};
use super::{Item, Session};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::validate::Checked;
use crate::validate::gathered::Gathered;
use crate::validate::manifest::address::{Elsewhere, Root, join};
use crate::validate::manifest::hls::{self, MediaPlaylist, Multivariant, Playlist};
use crate::validate::manifest::mpd::{self, Mpd};
use crate::validate::manifest::{
    Known, Listing, Located, MISSING_LIMIT, Page, Resource, SIZE_LIMIT, compare_both, why,
};
use crate::validate::set::Pairs;
use crate::validate::table::{HLS_04, HLS_06, HLS_18, MPD_01, MPD_06, MPD_07};

/// More manifests than are read.
const MANIFEST_LIMIT: usize = 10_000;

/// Playlists of playlists of playlists.
const DEPTH_LIMIT: usize = 2;

/// A manifest that was read.
pub(super) struct Manifest {
    /// As it is shown.
    pub(super) name: String,
    content: Content,
    listings: Vec<Listing>,
    /// What was found of each listing.
    resolved: Vec<Resolved>,
    /// Of a multivariant playlist, what it names, in its order.
    children: Vec<Option<usize>>,
}

enum Content {
    Mpd(Mpd),
    Multivariant(Multivariant),
    /// With the index of the first segment of each listing.
    Media(MediaPlaylist, Vec<usize>),
    /// What can't be read.
    Broken,
}

impl Manifest {
    /// What it is, for people.
    pub(super) fn about(&self) -> &'static str {
        match self.content {
            Content::Mpd(_) => "DASH manifest",
            Content::Multivariant(_) => "HLS multivariant playlist",
            Content::Media(..) => "HLS media playlist",
            Content::Broken => "manifest that can't be read",
        }
    }
}

/// A file, and which part of it.
type Place = (usize, Option<Range<u64>>);

/// The files of a listing.
#[derive(Default)]
struct Resolved {
    group: Option<usize>,
    init: Option<Place>,
    segments: Vec<Option<Place>>,
}

impl Session<'_> {
    /// Reads a manifest, once, and finds what it names.
    pub(super) fn manifest(&mut self, root: &Root, path: PathBuf, canonical: PathBuf) -> Option<usize> {
        if let Some(known) = self.manifest_by_path.get(&canonical) {
            return Some(*known);
        }
        let name = path.display().to_string();
        if self.manifests.len() >= MANIFEST_LIMIT {
            self.notice(format!("more than {MANIFEST_LIMIT} manifests; {name} was not checked"));
            return None;
        }
        let text = match text(&path) {
            Ok(text) => text,
            Err(error) => {
                self.failures.push(error);
                return None;
            }
        };
        let index = self.manifests.len();
        self.manifest_by_path.insert(canonical, index);
        self.items.push(Item::Manifest(index));
        let mut found = Gathered::new(&[], self.profiles());
        let address = root.relative(&path);
        let mut page = Page::new(&name, &mut found);
        let (content, listings) = read(&path, &text, &address, &mut page);
        self.manifests.push(Manifest {
            name,
            content,
            listings: Vec::new(),
            resolved: Vec::new(),
            children: Vec::new(),
        });
        self.found.push(found);
        let children = self.children(root, index, &address);
        let resolved = listings.iter().map(|listing| self.resolve(root, index, listing)).collect();
        if let Some(manifest) = self.manifests.get_mut(index) {
            (manifest.listings, manifest.resolved, manifest.children) = (listings, resolved, children);
        }
        Some(index)
    }

    /// Reads the playlists that a multivariant playlist names.
    fn children(&mut self, root: &Root, index: usize, address: &str) -> Vec<Option<usize>> {
        let Some(Manifest { content: Content::Multivariant(playlist), .. }) = self.manifests.get(index)
        else {
            return Vec::new();
        };
        if self.depth >= DEPTH_LIMIT {
            return Vec::new();
        }
        let named: Vec<Option<Resource>> = playlist
            .playlists()
            .map(|child| {
                let address = join(address, child.uri?);
                Some(Resource { address, spot: child.spot, ..Resource::default() })
            })
            .collect();
        self.depth += 1;
        let children = named.into_iter().map(|named| self.child(root, index, &named?)).collect();
        self.depth -= 1;
        children
    }

    fn child(&mut self, root: &Root, index: usize, named: &Resource) -> Option<usize> {
        let (path, canonical) = match root.find(&named.address) {
            Ok(found) => found,
            Err(elsewhere) => {
                self.not_found(index, named, &elsewhere, false);
                return None;
            }
        };
        let child = self.manifest(root, path, canonical)?;
        if matches!(self.manifests.get(child)?.content, Content::Media(..)) {
            return Some(child);
        }
        let (manifest, found) = self.manifests.get(index).zip(self.found.get_mut(index))?;
        let message = format!("`{}` is no playlist of segments", named.address);
        Page::new(&manifest.name, found).say(&HLS_06, named.spot, message);
        None
    }

    /// Tells of what is not there.
    fn not_found(&mut self, index: usize, named: &Resource, elsewhere: &Elsewhere, by_time: bool) {
        let Some((manifest, found)) = self.manifests.get(index).zip(self.found.get_mut(index)) else {
            return;
        };
        let text = format!("`{}` {}", named.address, why(elsewhere));
        let rule = match &manifest.content {
            Content::Mpd(_) if by_time => &MPD_06,
            Content::Mpd(_) => &MPD_01,
            _ => &HLS_18,
        };
        if matches!(elsewhere, Elsewhere::Missing | Elsewhere::NoAddress) {
            Page::new(&manifest.name, found).say(rule, named.spot, text);
        } else {
            let text = format!("{}: {text}", manifest.name);
            self.notice(text);
        }
    }

    /// Finds the files of a listing.
    fn resolve(&mut self, root: &Root, index: usize, listing: &Listing) -> Resolved {
        let mut last: Option<(String, Option<usize>)> = None;
        let mut missing = 0;
        let mut place = |session: &mut Self, named: &Resource| {
            if let Some((_, file)) = last.as_ref().filter(|(address, _)| *address == named.address) {
                return file.map(|file| (file, named.range.clone()));
            }
            if missing >= MISSING_LIMIT {
                return None;
            }
            let file = match root.find(&named.address) {
                Ok((path, canonical)) => {
                    missing = 0;
                    session.file(path, canonical)
                }
                Err(elsewhere) => {
                    missing += 1;
                    if !named.is_optional {
                        session.not_found(index, named, &elsewhere, listing.by_time);
                    }
                    None
                }
            };
            last = Some((named.address.clone(), file));
            file.map(|file| (file, named.range.clone()))
        };
        let init = listing.init.as_ref().and_then(|named| place(self, named));
        let segments: Vec<Option<Place>> = listing.segments.iter().map(|named| place(self, named)).collect();
        self.check_ends(index, listing, &init, &segments);
        let mut files: Vec<usize> = Vec::new();
        for (file, _) in init.iter().chain(segments.iter().flatten()) {
            if files.last() != Some(file) && (files.len() < 2 || files.first() != Some(file)) {
                files.push(*file);
            }
        }
        let is_media = files.first().and_then(|file| self.files.get(*file)).is_some_and(|file| {
            Input::open(&file.path).is_ok_and(|input| matches!(kind(&file.path, &input), Kind::Media(_)))
        });
        let group = is_media.then(|| self.add_group(files));
        Resolved { group, init, segments }
    }

    /// Tells of byte ranges that end behind their files.
    fn check_ends(
        &mut self,
        index: usize,
        listing: &Listing,
        init: &Option<Place>,
        segments: &[Option<Place>],
    ) {
        let Some((manifest, found)) = self.manifests.get(index).zip(self.found.get_mut(index)) else {
            return;
        };
        let rule = if matches!(manifest.content, Content::Mpd(_)) { &MPD_07 } else { &HLS_04 };
        let mut page = Page::new(&manifest.name, found);
        let named = listing.init.iter().zip([init]).chain(listing.segments.iter().zip(segments));
        for (named, place) in named {
            let Some((file, Some(range))) = place else { continue };
            let len = self.files.get(*file).map_or(0, |file| file.len);
            if range.end > len {
                let message = format!("the range ends at byte {}, the file at {len}", range.end);
                page.say(rule, named.spot, message);
            }
        }
    }

    /// Compares all manifests with the tracks.
    pub(super) fn compare_manifests(&mut self, results: &[Option<Checked>], pairs: &mut Pairs) {
        let mut all_found = std::mem::take(&mut self.found);
        self.compare_each(results, &mut all_found, pairs);
        self.found = all_found;
    }

    fn compare_each(&self, results: &[Option<Checked>], all_found: &mut [Gathered], pairs: &mut Pairs) {
        let located: Vec<Vec<Located>> = self
            .manifests
            .iter()
            .map(|manifest| manifest.resolved.iter().map(|resolved| self.located(resolved)).collect())
            .collect();
        let known: Vec<Vec<Option<Known<'_>>>> = self
            .manifests
            .iter()
            .zip(&located)
            .map(|(manifest, located)| {
                manifest
                    .listings
                    .iter()
                    .zip(located)
                    .map(|(listing, located)| known(listing, located, results))
                    .collect()
            })
            .collect();
        for (index, manifest) in self.manifests.iter().enumerate() {
            let Some(found) = all_found.get_mut(index) else { continue };
            let known_here = known.get(index).map(Vec::as_slice).unwrap_or_default();
            let mut page = Page::new(&manifest.name, found);
            match &manifest.content {
                Content::Mpd(mpd) => mpd::compare(mpd, known_here, &mut page, pairs),
                Content::Media(playlist, starts) => {
                    hls::compare_media(playlist, starts, known_here, &mut page)
                }
                Content::Multivariant(playlist) => {
                    let children: Vec<Option<hls::Stream<'_>>> = manifest
                        .children
                        .iter()
                        .map(|child| {
                            let child = (*child)?;
                            let Content::Media(playlist, _) = &self.manifests.get(child)?.content else {
                                return None;
                            };
                            Some(hls::Stream { playlist, known: known.get(child)? })
                        })
                        .collect();
                    hls::compare_multivariant(playlist, &children, &mut page, pairs);
                }
                Content::Broken => {}
            }
        }
        self.compare_with_each_other(&known, all_found);
    }

    /// Compares what MPDs and playlists say of the same tracks.
    fn compare_with_each_other(&self, known: &[Vec<Option<Known<'_>>>], all_found: &mut [Gathered]) {
        let all = || self.manifests.iter().zip(known).enumerate();
        let mut mpds: HashMap<usize, (&str, Known<'_>)> = HashMap::new();
        for (_, (manifest, known)) in all().filter(|(_, (m, _))| matches!(m.content, Content::Mpd(_))) {
            for one in known.iter().flatten() {
                if let Some(group) = one.located.group {
                    mpds.entry(group).or_insert((&manifest.name, *one));
                }
            }
        }
        for (index, (manifest, known)) in all() {
            let Content::Media(playlist, _) = &manifest.content else { continue };
            let [Some(one)] = known.as_slice() else { continue };
            let other = one.located.group.and_then(|group| mpds.get(&group));
            let Some(((name, other), found)) = other.zip(all_found.get_mut(index)) else { continue };
            let mut page = Page::new(&manifest.name, found);
            compare_both(playlist, one, name, other, &mut page);
        }
    }

    /// The places in all files of the group as one.
    fn located(&self, resolved: &Resolved) -> Located {
        let Some(group) = resolved.group.and_then(|group| self.groups.get(group)) else {
            return Located::default();
        };
        let mut starts: HashMap<usize, Range<u64>> = HashMap::new();
        let mut start = 0u64;
        for file in &group.files {
            let len = self.files.get(*file).map_or(0, |file| file.len);
            starts.insert(*file, start..start.saturating_add(len));
            start = start.saturating_add(len);
        }
        let place = |place: &Place| {
            let (file, range) = place;
            let whole = starts.get(file)?;
            let moved = |range: &Range<u64>| {
                whole.start.saturating_add(range.start)..whole.start.saturating_add(range.end)
            };
            Some(range.as_ref().map_or_else(|| whole.clone(), moved))
        };
        Located {
            group: resolved.group,
            init: resolved.init.as_ref().and_then(place),
            segments: resolved.segments.iter().map(|segment| segment.as_ref().and_then(place)).collect(),
        }
    }
}

/// A listing with its track.
fn known<'a>(
    listing: &'a Listing,
    located: &'a Located,
    results: &'a [Option<Checked>],
) -> Option<Known<'a>> {
    let tracks = &results.get(located.group?)?.as_ref()?.tracks;
    let of = |media: &str| tracks.iter().find(|facts| facts.media() == media);
    let facts = listing.media.as_deref().and_then(of).or_else(|| of("video")).or(tracks.first())?;
    Some(Known { listing, located, facts })
}

/// The text of a manifest.
fn text(path: &Path) -> Result<String> {
    let input = Input::open(path)?;
    if input.len() > SIZE_LIMIT {
        let message = format!("{} bytes; no manifest has more than {SIZE_LIMIT}", input.len());
        return Err(Error::limit(message).in_file(input.name()));
    }
    String::from_utf8(input.read_vec(0, input.len())?).map_err(|error| {
        Error::format("the manifest is no UTF-8 text")
            .at(error.utf8_error().valid_up_to() as u64)
            .in_file(input.name())
    })
}

fn read(path: &Path, text: &str, address: &str, page: &mut Page<'_>) -> (Content, Vec<Listing>) {
    let is_mpd = text.trim_start_matches('\u{feff}').trim_start().starts_with('<');
    let is_named_mpd = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mpd"));
    if is_mpd || is_named_mpd {
        let Some(mpd) = mpd::read(text, address, page) else { return (Content::Broken, Vec::new()) };
        let listings = mpd.listings();
        return (Content::Mpd(mpd), listings);
    }
    match hls::read(text, address, page) {
        Playlist::Multivariant(playlist) => (Content::Multivariant(playlist), Vec::new()),
        Playlist::Media(playlist) => {
            let (starts, listings) = playlist.listings(page.name).into_iter().unzip();
            (Content::Media(playlist, starts), listings)
        }
    }
}
