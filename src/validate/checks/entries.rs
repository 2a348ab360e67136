//! The sample entries of a track with their places, for the families that read codec configurations.

use std::collections::HashMap;

use crate::error::Result;
use crate::input::Window;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{AudioSampleEntry, Protection, SampleEntry};
use crate::isobmff::{Child, FourCC, Reader};
use crate::validate::check::Trak;

/// More sample entries than any track has.
const LIMIT: usize = 1000;

/// A sample entry.
pub(super) struct EntryAt<'a> {
    /// As findings name it: `moov/trak[1]/mdia/minf/stbl/stsd/Opus[1]`.
    pub(super) path: String,
    /// Counted from 1.
    pub(super) number: u32,
    /// The type before encryption.
    pub(super) format: FourCC,
    pub(super) child: Child<'a>,
    pub(super) entry: Result<SampleEntry>,
}

impl EntryAt<'_> {
    pub(super) fn offset(&self) -> u64 {
        self.child.header.offset
    }

    /// The entry of sound, where it is one.
    pub(super) fn audio(&self) -> Option<&AudioSampleEntry> {
        match &self.entry {
            Ok(SampleEntry::Audio(audio)) => Some(audio),
            _ => None,
        }
    }
}

/// All sample entries of a track.
pub(super) fn entries<'a>(trak: &Trak<'a>) -> Vec<EntryAt<'a>> {
    let Some(stsd) = descend(&trak.child, &[b"mdia", b"minf", b"stbl", b"stsd"]) else { return Vec::new() };
    let mut r = stsd.reader();
    if r.skip(8).is_err() {
        return Vec::new();
    }
    let children = r.boxes().map_while(Result::ok).take(LIMIT);
    children
        .zip(1u32..)
        .map(|(child, number)| {
            let entry = SampleEntry::read(&child);
            let original = match &child.kind().0 {
                b"enct" => original_text(&child),
                _ => entry.as_ref().ok().and_then(|entry| entry.original_format().ok()),
            };
            let path = format!("{}/mdia/minf/stbl/stsd/{}[{number}]", trak.path, child.kind());
            EntryAt { path, number, format: original.unwrap_or(child.kind()), child, entry }
        })
        .collect()
}

/// The type of text before it was encrypted. Its boxes stand behind three strings where it is TTML.
fn original_text(child: &Child<'_>) -> Option<FourCC> {
    let mut r = child.reader();
    r.skip(8).ok()?;
    let original = |r: &Reader<'_>| {
        let sinf = r.find(b"sinf").ok()??;
        Some(Protection::read(&sinf.reader()).ok()?.original_format)
    };
    original(&r).or_else(|| {
        (0..3).for_each(|_| drop(r.cstring()));
        original(&r)
    })
}

/// The box at a path below another.
pub(super) fn descend<'a>(child: &Child<'a>, path: &[&[u8; 4]]) -> Option<Child<'a>> {
    path.iter().try_fold(*child, |at, kind| at.reader().find(**kind).ok().flatten())
}

/// What a check keeps of each sample entry: by the number of its track, and its own.
#[derive(Debug)]
pub(super) struct Kept<T>(HashMap<(u32, u32), T>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept(HashMap::new())
    }
}

impl<T> Kept<T> {
    pub(super) fn keep(&mut self, trak: &Trak<'_>, at: &EntryAt<'_>, what: T) {
        self.0.insert((trak.track.id, at.number), what);
    }

    pub(super) fn of(&self, track: &Track, sample: &Sample) -> Option<&T> {
        self.numbered(track, sample.description)
    }

    pub(super) fn numbered(&self, track: &Track, number: u32) -> Option<&T> {
        self.0.get(&(track.id, number))
    }
}

/// Up to `limit` bytes from the start of a sample, unless they are encrypted or missing.
pub(super) fn clear_start<'w>(
    window: &'w mut Option<Window>,
    sample: &Sample,
    limit: usize,
) -> Option<&'w [u8]> {
    let is_protected = sample.protection.as_ref().is_some_and(|protection| protection.is_protected);
    if is_protected || sample.is_missing || sample.size == 0 {
        return None;
    }
    let len = usize::try_from(sample.size).unwrap_or(usize::MAX).min(limit);
    window.as_mut()?.bytes(sample.offset, len).ok()
}
