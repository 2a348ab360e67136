//! What a track is, as far as other tracks, manifests and pictures of it need to know.

use std::ops::Range;

use super::check::{Before, Check, Header, MovieFragment};
use super::gathered::{Gathered, seconds};
use crate::findings::printable::printable;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::isobmff::BoxHeader;
use crate::isobmff::boxes::{Protection, Sidx};

/// More fragments and random access points than are kept of a track.
const LIMIT: usize = 1 << 20;
/// More key IDs than are kept of a track.
const KIDS_LIMIT: usize = 10_000;

/// A track of a file, or of an init segment with its media segments. Offsets count through all files.
#[derive(Debug, Clone)]
pub struct TrackFacts {
    /// The files, as they are named, and where each begins.
    pub files: Vec<(String, u64)>,
    /// Bytes in all files.
    pub size: u64,
    /// As the movie box describes it.
    pub(crate) track: Track,
    /// Whether the file has a brand of CMAF.
    pub is_cmaf: bool,
    /// The movie box and the `ftyp` before it.
    pub header: Range<u64>,
    /// The first segment index.
    pub index: Option<Range<u64>>,
    /// What the first segment index lists: offset, size, duration in ticks of the index.
    pub index_references: Vec<(u64, u64, u64)>,
    /// `pssh` boxes of the movie box, whole.
    pub pssh: Vec<Vec<u8>>,
    /// Movie fragments, in order.
    pub fragments: Vec<FragmentFacts>,
    /// Samples that are marked as sync samples.
    pub sync_samples: Vec<SyncSample>,
    /// Key IDs in use, in the order of their first sample.
    pub kids: Vec<[u8; 16]>,
    /// Samples.
    pub samples: u64,
    /// Those of them that are not encrypted.
    pub clear_samples: u64,
    /// Bytes of all samples.
    pub bytes: u64,
    /// From the first sample's decoding to the last one's end, in ticks.
    pub duration: u64,
    /// Earliest time of presentation on the track's timeline, before the edit list, in ticks.
    pub earliest: Option<i64>,
    /// Fragment of the last sample that was seen.
    last_fragment: u64,
}

/// A track's part of a movie fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FragmentFacts {
    /// From the first of the boxes that belong to it (`styp`, `prft`, `emsg`) to the end of its media data.
    pub start: u64,
    /// Of the `moof`.
    pub moof: u64,
    /// End of the media data.
    pub end: u64,
    /// Decode time of the first sample, in ticks.
    pub time: i64,
    /// Earliest time of presentation, before the edit list, in ticks.
    pub earliest: i64,
    /// In ticks.
    pub duration: u64,
    /// Samples.
    pub samples: u64,
    /// Bytes of its samples.
    pub bytes: u64,
    /// Whether its first sample is a sync sample.
    pub starts_with_sync: bool,
    /// End of its first sample.
    pub first_sample_end: u64,
}

/// A sample that is marked as a sync sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncSample {
    /// Time of presentation, before the edit list, in ticks.
    pub time: i64,
    /// Of its first byte.
    pub offset: u64,
    /// In bytes.
    pub size: u64,
    /// Number of the fragment, from 1; 0 in the movie box.
    pub fragment: u64,
    /// Whether it is the first of its fragment.
    pub is_first: bool,
}

impl TrackFacts {
    /// The number of the track.
    pub fn id(&self) -> u32 {
        self.track.id
    }

    /// `video`, `audio`, `subtitle` …
    pub fn media(&self) -> &str {
        self.track.media.as_deref().unwrap_or("unknown")
    }

    /// Ticks per second, 1 where that is unknown.
    pub fn timescale(&self) -> u32 {
        self.track.timescale.unwrap_or(1)
    }

    /// What the track is, in a few words.
    pub(crate) fn about(&self) -> String {
        let mut words = vec![self.media().to_owned()];
        let entry = self.track.entries.first();
        words.extend(entry.map(|entry| printable(&entry.codec).into_owned()));
        words.extend(entry.and_then(|entry| entry.size).map(|(width, height)| format!("{width} × {height}")));
        words.extend(
            entry
                .and_then(|entry| entry.audio)
                .map(|(channels, _)| format!("{channels} channel{}", if channels == 1 { "" } else { "s" })),
        );
        words.extend(self.track.language.as_deref().map(|language| printable(language).into_owned()));
        let protection = entry.and_then(|entry| entry.protection.as_ref());
        words.extend(protection.and_then(|p| p.scheme.as_ref()).map(|scheme| scheme.scheme_type.to_string()));
        words.join(", ")
    }

    /// How long it is, for people.
    pub(crate) fn seconds(&self) -> String {
        seconds(i64::try_from(self.duration).unwrap_or(i64::MAX), self.timescale())
    }

    /// The `codecs` parameter of its first sample entry.
    pub fn codec(&self) -> &str {
        self.track.entries.first().map_or("unknown", |entry| entry.codec.as_str())
    }

    /// How its samples are protected, by the first entry that says so.
    pub(crate) fn protection(&self) -> Option<&Protection> {
        self.track.entries.iter().find_map(|entry| entry.protection.as_ref().filter(|_| entry.is_protected))
    }

    /// What an edit list takes away at the start, in ticks.
    pub fn edit_offset(&self) -> i64 {
        self.track.edits.iter().map(|edit| edit.media_time).find(|time| *time >= 0).unwrap_or(0)
    }

    /// The file that holds a byte, and the byte's offset there.
    pub fn file_at(&self, offset: u64) -> (usize, u64) {
        let file = self.files.partition_point(|(_, start)| *start <= offset).saturating_sub(1);
        (file, offset - self.files.get(file).map_or(0, |(_, start)| *start))
    }
}

impl TrackFacts {
    fn index(&mut self, header: &BoxHeader, sidx: &Sidx<'_>) {
        self.index = Some(header.offset..header.end());
        let mut at = header.end().saturating_add(sidx.first_offset);
        for reference in sidx.references.iter().filter(|reference| !reference.reference_type) {
            let size = u64::from(reference.referenced_size);
            self.index_references.push((at, size, reference.subsegment_duration.into()));
            at = at.saturating_add(size);
        }
    }
}

/// Gathers the facts while the other checks look for breaches.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) tracks: Vec<TrackFacts>,
}

impl Facts {
    fn of(&mut self, track: &Track) -> Option<&mut TrackFacts> {
        self.tracks.iter_mut().find(|facts| facts.track.id == track.id)
    }
}

impl Check for Facts {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let moov = header.moov.as_ref();
        let start = header.ftyp.as_ref().map(|ftyp| ftyp.header.offset).or(moov.map(|m| m.header.offset));
        let range = start.unwrap_or(0)..moov.map_or(0, |moov| moov.header.end());
        let pssh: Vec<Vec<u8>> = moov
            .iter()
            .flat_map(|moov| moov.boxes().map_while(Result::ok))
            .filter(|child| child.kind() == b"pssh")
            .map(|child| child.raw().to_vec())
            .collect();
        let brands = header.file.brands.as_ref();
        let is_cmaf = brands.is_some_and(|found| found.lists(b"cmfc") || found.lists(b"cmf2"));
        self.tracks = header
            .file
            .tracks
            .iter()
            .map(|track| TrackFacts {
                files: found.parts().to_vec(),
                size: header.file.input().len(),
                track: track.clone(),
                is_cmaf,
                header: range.clone(),
                index: None,
                index_references: Vec::new(),
                pssh: pssh.clone(),
                fragments: Vec::new(),
                sync_samples: Vec::new(),
                kids: Vec::new(),
                samples: 0,
                clear_samples: 0,
                bytes: 0,
                duration: 0,
                earliest: None,
                last_fragment: 0,
            })
            .collect();
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, _: &mut Gathered) {
        let is_of_fragment = |before: &&Before| matches!(&before.header.kind.0, b"styp" | b"prft" | b"emsg");
        let first = fragment.before.iter().find(is_of_fragment);
        let start = first.map_or(fragment.offset(), |before| before.header.offset);
        for before in fragment.before {
            let Some(child) = before.child().filter(|child| child.kind() == b"sidx") else { continue };
            let Ok(sidx) = child.parse::<Sidx<'_>>() else { continue };
            for facts in self.tracks.iter_mut().filter(|f| f.id() == sidx.reference_id && f.index.is_none()) {
                facts.index(&child.header, &sidx);
            }
        }
        for traf in &fragment.trafs {
            let Some(facts) = traf.track.and_then(|track| self.of(track)) else { continue };
            if facts.fragments.len() >= LIMIT {
                continue;
            }
            let duration = traf.samples.iter().fold(0u64, |sum, s| sum.saturating_add(s.duration));
            let time = match traf.tfdt.as_ref() {
                Some(tfdt) => i64::try_from(tfdt.base_media_decode_time).unwrap_or(i64::MAX),
                None => facts.fragments.last().map_or(0, |f| f.time.saturating_add_unsigned(f.duration)),
            };
            let (mut at, mut earliest) = (time, i64::MAX);
            for sample in &traf.samples {
                earliest = earliest.min(at.saturating_add(sample.composition_offset));
                at = at.saturating_add_unsigned(sample.duration);
            }
            facts.fragments.push(FragmentFacts {
                start,
                moof: fragment.offset(),
                end: fragment.mdat.map_or(fragment.moof.header.end(), BoxHeader::end),
                time,
                earliest: if traf.samples.is_empty() { time } else { earliest },
                duration,
                samples: traf.samples.len() as u64,
                bytes: traf.samples.iter().fold(0u64, |sum, s| sum.saturating_add(s.size)),
                starts_with_sync: traf.samples.first().is_some_and(|s| !s.flags.sample_is_non_sync_sample()),
                first_sample_end: traf
                    .samples
                    .first()
                    .map_or(fragment.offset(), |s| s.offset.saturating_add(s.size)),
            });
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, _: &mut Gathered) {
        let Some(facts) = self.of(track) else { return };
        let is_first = facts.samples == 0 || facts.last_fragment != sample.fragment;
        facts.last_fragment = sample.fragment;
        facts.samples += 1;
        let is_clear = sample.protection.as_ref().is_none_or(|protection| !protection.is_protected);
        facts.clear_samples += u64::from(is_clear);
        facts.bytes = facts.bytes.saturating_add(sample.size);
        facts.duration = facts.duration.saturating_add(sample.duration.unwrap_or(0));
        let time = sample.time.unwrap_or(0).saturating_add(sample.composition_offset);
        facts.earliest = Some(facts.earliest.map_or(time, |earliest| earliest.min(time)));
        if sample.marks.is_some_and(|marks| marks.sync) && facts.sync_samples.len() < LIMIT {
            facts.sync_samples.push(SyncSample {
                time,
                offset: sample.offset,
                size: sample.size,
                fragment: sample.fragment,
                is_first,
            });
        }
        let kid = sample.protection.as_ref().and_then(|protection| protection.kid);
        if let Some(kid) = kid
            && facts.kids.len() < KIDS_LIMIT
            && !facts.kids.contains(&kid)
        {
            facts.kids.push(kid);
        }
    }
}
