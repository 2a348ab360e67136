//! `pssh`: what key systems are given.

use std::collections::{BTreeMap, BTreeSet};

use super::kid_text;
use crate::cenc::COMMON_SYSTEM_ID;
use crate::findings::{Finding, Severity};
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::Child;
use crate::isobmff::boxes::Pssh;
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_33, ENC_35, ENC_39};

/// Boxes and key IDs that are kept.
const LIMIT: usize = 10_000;

/// Rules ENC-33, ENC-35 and ENC-39.
#[derive(Default)]
pub(super) struct KeySystems {
    /// The boxes of the movie box.
    seen: Vec<Pssh>,
    /// The fragment that first lists a key ID in a box of version 1; 0 for the movie box.
    listed: BTreeMap<[u8; 16], u64>,
    /// Boxes of version 0 list nothing, so that nothing can be missed in them.
    has_unlisted: bool,
    /// Key IDs of groups that were looked for.
    known: BTreeSet<[u8; 16]>,
    /// The key IDs of each track.
    kids: BTreeSet<([u8; 16], u32)>,
}

impl Check for KeySystems {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let boxes = header.moov.iter().flat_map(|moov| moov.boxes().map_while(Result::ok));
        for child in boxes.filter(|child| child.kind() == b"pssh") {
            self.add(&child, "moov/pssh", 0, found);
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let boxes = fragment.moof.boxes().map_while(Result::ok);
        for child in boxes.filter(|child| child.kind() == b"pssh") {
            self.add(&child, &format!("{}/pssh", fragment.path()), fragment.number, found);
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(kid) = sample.protection.as_ref().and_then(|protection| protection.kid) else { return };
        if self.kids.len() < LIMIT {
            self.kids.insert((kid, track.id));
        }
        // The default key is what the licence is for that players ask for at the start.
        let is_rotated =
            sample.groups.iter().any(|group| group.seig().is_some()) && !self.is_default(track, kid);
        if !is_rotated || self.known.len() >= LIMIT || !self.known.insert(kid) {
            return;
        }
        let uses_lists = !self.listed.is_empty() && !self.has_unlisted;
        let is_listed = self.listed.get(&kid).is_some_and(|fragment| *fragment <= sample.fragment);
        if uses_lists && !is_listed {
            let message = format!(
                "the key {} is used from here on, and no `pssh` up to this fragment lists it",
                kid_text(&kid)
            );
            let finding = found.in_sample(&ENC_33, track, sample, message);
            found.push(finding.fix("Put a `pssh` with the new key into the movie fragment that first uses it, or the one before."));
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        let media = |id: u32| {
            let track = file.tracks.iter().find(|track| track.id == id);
            track.and_then(|track| track.media.as_deref()).filter(|media| matches!(*media, "video" | "audio"))
        };
        let mut of_kid: BTreeMap<[u8; 16], BTreeSet<&str>> = BTreeMap::new();
        for (kid, track) in &self.kids {
            of_kid.entry(*kid).or_default().extend(media(*track));
        }
        for (kid, _) in of_kid.into_iter().filter(|(_, media)| media.len() > 1) {
            let message = format!("audio and video share the key {}", kid_text(&kid));
            found.say(&ENC_39, 0, message);
        }
    }
}

impl KeySystems {
    fn is_default(&self, track: &Track, kid: [u8; 16]) -> bool {
        let mut tencs = track.entries.iter().filter_map(|entry| entry.protection.as_ref()?.tenc.as_ref());
        tencs.any(|tenc| tenc.default_kid == kid)
    }

    fn add(&mut self, child: &Child<'_>, path: &str, fragment: u64, found: &mut Gathered) {
        let say = |message: String, severity: Severity, found: &Gathered| -> Finding {
            found.finding(&ENC_35, child.header.offset, message).path(path).severity(severity)
        };
        let pssh = match child.parse::<Pssh>() {
            Ok(pssh) => pssh,
            Err(error) => {
                let finding =
                    say(format!("`pssh` can't be read: {}", error.message()), Severity::Error, found);
                found.push(finding);
                return;
            }
        };
        let system = kid_text(&pssh.system_id);
        if pssh.system_id == COMMON_SYSTEM_ID && pssh.kids.is_none() {
            let message = "a `pssh` of the common system, of version 0, lists no keys".to_owned();
            let finding = say(message, Severity::Error, found);
            found.push(finding.found("version 0").expected("version 1"));
        }
        match &pssh.kids {
            Some(kids) if kids.is_empty() => {
                let message = format!("a `pssh` of version 1 for the system {system} lists no keys");
                let finding = say(message, Severity::Warning, found);
                found.push(finding);
            }
            Some(kids) => {
                for kid in kids.iter().take(LIMIT.saturating_sub(self.listed.len())) {
                    self.listed.entry(*kid).or_insert(fragment);
                }
            }
            None => self.has_unlisted = true,
        }
        if fragment > 0 || self.seen.len() >= LIMIT {
            return;
        }
        let double = self.seen.iter().find(|other| {
            (other.system_id, &other.kids) == (pssh.system_id, &pssh.kids) && other.data != pssh.data
        });
        // Version 0 does not tell what keys the data is for, so that two of them may well differ.
        if let Some(double) = double.filter(|double| double.kids.is_some()) {
            let message = format!(
                "two `pssh` for the system {system} list the same keys, with data of {} and of {} bytes",
                double.data.len(),
                pssh.data.len()
            );
            let finding = say(message, Severity::Warning, found);
            found.push(finding);
        }
        self.seen.push(pssh);
    }
}
