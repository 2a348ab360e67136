//! What the outputs of tracks are called.

use std::collections::{BTreeMap, BTreeSet};

use super::job::{Job, Manifests};
use super::open::{Item, stem};
use super::plan::Planned;
use super::sets::Set;
use crate::cmaf::Media;
use crate::cmaf::write::Layout;
use crate::error::{Error, Result};
use crate::manifest::hls;

/// The MPD.
pub(super) const MPD: &str = "manifest.mpd";

/// A name for each item: the one that the user gave; else that of the input, with the medium behind it where an input
/// has tracks of several, and `-1`, `-2` ... where several would be the same.
///
/// # Errors
/// `Usage` where names that the user gave lead to the same output.
pub(super) fn choose(job: &Job, manifests: &Manifests, items: &[Item]) -> Result<Vec<String>> {
    let stems: Vec<String> = items.iter().map(|item| wanted(job, items, item)).collect();
    let mut used = Used::new(manifests);
    let mut names = vec![String::new(); items.len()];
    for (index, item) in items.iter().enumerate() {
        if let Some(name) = &item.settings.name
            && item.place.1 == 1
        {
            used.take(job, manifests, item, name).map_err(|other| {
                Error::usage(format!("name={name}: {other} is called so already")).in_file(&item.input)
            })?;
            names[index].clone_from(name);
        }
    }
    let mut numbers: BTreeMap<(String, usize), usize> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        if !names[index].is_empty() {
            continue;
        }
        let stem = &stems[index];
        let shared =
            stems.iter().enumerate().filter(|(i, s)| *s == stem && names[*i].as_str() != *s).count() > 1;
        let number = numbers.entry((stem.clone(), item.place.0)).or_default();
        loop {
            *number += 1;
            // Another input may be called `stem-1` outright.
            let name = if shared || *number > 1 { format!("{stem}-{number}") } else { stem.clone() };
            match used.take(job, manifests, item, &name) {
                Ok(()) => {
                    names[index] = name;
                    break;
                }
                // The user's word is not changed in silence.
                Err(taken) if job.name.as_ref() == Some(&name) => {
                    return Err(Error::usage(format!(
                        "the outputs can't be called `{name}`: {taken} is called so already"
                    )));
                }
                Err(_) => {}
            }
        }
    }
    Ok(names)
}

/// The name that an item would have if it were alone.
fn wanted(job: &Job, items: &[Item], item: &Item) -> String {
    let given = item.settings.name.clone().or_else(|| job.name.clone());
    let base = given.unwrap_or_else(|| stem(&item.input));
    let mut media: Vec<Media> =
        items.iter().filter(|other| other.place.0 == item.place.0).map(Item::media).collect();
    media.sort_unstable();
    media.dedup();
    if media.len() > 1 { format!("{base}-{}", item.media().name()) } else { base }
}

/// Paths that outputs have, in lower case: not every file system tells cases apart.
struct Used(BTreeSet<String>);

impl Used {
    fn new(manifests: &Manifests) -> Self {
        let mut used = BTreeSet::new();
        if manifests.dash {
            used.insert(MPD.to_string());
        }
        if manifests.hls {
            used.insert(hls::MULTIVARIANT.to_string());
        }
        Used(used)
    }

    /// Takes all paths of a track, or tells the first that is taken already.
    fn take(&mut self, job: &Job, manifests: &Manifests, item: &Item, name: &str) -> Result<(), String> {
        let paths: Vec<String> =
            paths(job, manifests, item.media(), name).iter().map(|p| p.to_lowercase()).collect();
        match paths.iter().find(|path| self.0.contains(*path)) {
            Some(taken) => Err(taken.clone()),
            None => {
                self.0.extend(paths);
                Ok(())
            }
        }
    }
}

/// Where a track of this name lies below the output folder: its file, or its folder of segments.
pub(super) fn place(job: &Job, name: &str) -> String {
    match job.layout {
        Layout::Single => format!("{name}.mp4"),
        Layout::Segments => job.template.folder(name),
    }
}

/// Everything that a track of this name may leave in the output folder.
fn paths(job: &Job, manifests: &Manifests, media: Media, name: &str) -> Vec<String> {
    let mut paths = vec![place(job, name)];
    if manifests.hls {
        paths.push(hls::media_playlist(name));
        match media {
            Media::Video => paths.push(hls::i_frame_playlist(name)),
            Media::Text => paths.push(sidecar(name)),
            Media::Audio => {}
        }
    }
    paths
}

/// The files that a run leaves beside each track: its playlists and its text as a file.
pub(super) fn beside(manifests: &Manifests, sets: &[Set], tracks: &[Planned]) -> Vec<Vec<String>> {
    let mut files = vec![Vec::new(); tracks.len()];
    if !manifests.hls {
        return files;
    }
    // As a set of text is listed by its first track.
    let texts: Vec<&Set> = sets.iter().filter(|set| set.media == Media::Text).collect();
    let candidates: Vec<hls::Candidate<'_>> = texts
        .iter()
        .map(|set| hls::Candidate {
            language: set.language.as_deref(),
            roles: &set.roles,
            label: set.label.as_deref(),
            codec: tracks[set.members[0]].codec(),
            has_file: tracks[set.members[0]].sidecar.is_some(),
        })
        .collect();
    let listed: Vec<usize> =
        hls::listed(&candidates).into_iter().map(|(_, one)| texts[one].members[0]).collect();
    for (index, (planned, files)) in tracks.iter().zip(&mut files).enumerate() {
        if planned.track.media != Media::Text || listed.contains(&index) {
            files.push(hls::media_playlist(&planned.name));
        }
        if planned.track.media == Media::Video && planned.has_sync_chunk() {
            files.push(hls::i_frame_playlist(&planned.name));
        }
        files.extend(planned.sidecar.is_some().then(|| sidecar(&planned.name)));
    }
    files
}

/// The text file beside a track of text.
pub(super) fn sidecar(name: &str) -> String {
    format!("{name}.vtt")
}
