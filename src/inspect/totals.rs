//! What is counted over the samples of a track.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::av1::UnitScan;
use super::sample::{Fragment, Kind, Membership, Sample, Visitor};
use crate::av1::{Metadata, SequenceHeader};
use crate::error::Result;
use crate::isobmff::FourCC;
use crate::isobmff::boxes::GroupEntry;

/// Different values of one kind beyond which no more are told apart.
const KEPT: usize = 1000;

/// Counts of one track.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub samples: u64,
    pub bytes: u64,
    /// Samples that lie behind the end of the file.
    pub missing: u64,
    pub first_missing: Option<u64>,
    /// Of the first sample.
    pub start: Option<i64>,
    /// Behind the last sample.
    pub end: Option<i64>,
    pub durations: Histogram,
    last_duration: Option<u64>,
    /// Most bytes within a second.
    pub peak: Peak,
    /// Samples that the container marks as sync samples; none where it marks nothing.
    pub marked_sync: Option<u64>,
    pub fragments: u64,
    pub fragments_with_sync: u64,
    pub fragment_durations: Histogram,
    pub groups: BTreeMap<(FourCC, Option<u32>), Group>,
    pub encryption: EncryptionTotals,
    pub composition_offsets: bool,
    pub av1: Av1Totals,
}

/// How often each duration comes.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    counts: BTreeMap<u64, u64>,
    range: Option<(u64, u64)>,
}

impl Histogram {
    fn add(&mut self, value: u64) {
        let (least, most) = self.range.unwrap_or((value, value));
        self.range = Some((least.min(value), most.max(value)));
        if self.counts.len() < KEPT || self.counts.contains_key(&value) {
            *self.counts.entry(value).or_default() += 1;
        }
    }

    /// The least and the most.
    pub fn range(&self) -> Option<(u64, u64)> {
        self.range
    }

    /// The most frequent one; of several the longest.
    pub fn typical(&self) -> Option<u64> {
        self.counts.iter().max_by_key(|(value, count)| (**count, **value)).map(|(value, _)| *value)
    }
}

/// The samples of one group.
#[derive(Debug, Default, Clone)]
pub(super) struct Group {
    pub samples: u64,
    /// Distances of `av1f`, `roll` and `prol`.
    pub distances: Option<(i64, i64)>,
}

#[derive(Debug, Default)]
pub(super) struct EncryptionTotals {
    pub protected_samples: u64,
    pub clear_samples: u64,
    pub clear_bytes: u64,
    pub protected_bytes: u64,
    /// Samples that are protected as a whole.
    pub whole_samples: u64,
    /// Least and most subsamples of samples that have some.
    pub subsamples: Option<(u32, u32)>,
    pub iv_sizes: BTreeSet<usize>,
    pub kids: BTreeMap<[u8; 16], u64>,
    pub first_iv: Option<Vec<u8>>,
    /// Protected samples without any IV.
    pub without_iv: u64,
    /// Samples whose subsamples are not as long as they are.
    pub misfits: u64,
    pub first_misfit: Option<u64>,
    /// Samples whose encryption a group says.
    pub seig_samples: u64,
}

#[derive(Debug, Default)]
pub(super) struct Av1Totals {
    pub units: u64,
    pub frames: u64,
    pub shown_frames: u64,
    pub grain_frames: u64,
    pub sync: u64,
    pub switch: u64,
    pub intra_only: u64,
    /// Delayed random access points: how many, the shortest and the longest distance.
    pub delayed: u64,
    pub delayed_distance: Option<(u64, u64)>,
    /// Hidden key frames that wait to be shown: serial, number of the sample.
    waiting: Vec<(u64, u64)>,
    pub sequence: Option<Arc<SequenceHeader>>,
    /// How many times another sequence header came.
    pub sequence_changes: u64,
    latest: Option<Arc<SequenceHeader>>,
    pub frame_size: (u32, u32),
    pub render_size: (u32, u32),
    pub tiles: (u16, u16),
    pub temporal_layers: u8,
    pub spatial_layers: u8,
    pub has_extension: bool,
    pub mastering: Option<Metadata>,
    pub light: Option<Metadata>,
    /// T.35 metadata by its first three bytes, with the number of samples.
    pub t35: BTreeMap<[u8; 3], u64>,
    pub opaque: u64,
    /// Marked as sync, but starting with no shown key frame: how many, the first, whether a key frame is hidden there.
    pub wrong_sync: u64,
    pub first_wrong_sync: Option<(u64, bool)>,
    /// Starting with a shown key frame, but not marked as sync.
    pub unmarked_sync: u64,
    pub first_unmarked_sync: Option<u64>,
    pub without_sequence_header: u64,
    pub showing_nothing: u64,
}

impl Totals {
    /// Whether all samples but the last last equally long.
    pub fn is_constant(&self) -> bool {
        let mut counts = self.durations.counts.clone();
        if let Some(last) = self.last_duration
            && counts.len() > 1
            && let Some(count) = counts.get_mut(&last)
        {
            *count -= 1;
        }
        counts.values().filter(|count| **count > 0).count() == 1
    }

    fn add(&mut self, sample: &Sample, timescale: Option<u32>) {
        self.samples += 1;
        self.bytes = self.bytes.saturating_add(sample.size);
        if sample.is_missing {
            self.missing += 1;
            self.first_missing.get_or_insert(sample.number);
        }
        if let Some(time) = sample.time {
            self.start.get_or_insert(time);
            let end = time.saturating_add_unsigned(sample.duration.unwrap_or(0));
            self.end = Some(self.end.map_or(end, |last| last.max(end)));
            if let Some(timescale) = timescale {
                self.peak.add(time, sample.size, timescale);
            }
        }
        if let Some(duration) = sample.duration {
            self.durations.add(duration);
        }
        self.last_duration = sample.duration;
        if let Some(marks) = sample.marks {
            *self.marked_sync.get_or_insert(0) += u64::from(marks.sync);
        }
        self.composition_offsets |= sample.composition_offset != 0;
        for membership in &sample.groups {
            self.group(membership);
        }
        self.encryption.add(sample);
    }

    fn group(&mut self, membership: &Membership) {
        let key = (membership.grouping_type, membership.parameter);
        if self.groups.len() >= KEPT && !self.groups.contains_key(&key) {
            return;
        }
        let group = self.groups.entry(key).or_default();
        group.samples += 1;
        let distance = match membership.entry.as_deref() {
            Some(GroupEntry::Av1f { fwd_distance }) => i64::from(*fwd_distance),
            Some(GroupEntry::Roll { roll_distance } | GroupEntry::Prol { roll_distance }) => {
                i64::from(*roll_distance)
            }
            _ => return,
        };
        let (least, most) = group.distances.unwrap_or((distance, distance));
        group.distances = Some((least.min(distance), most.max(distance)));
    }
}

impl EncryptionTotals {
    fn add(&mut self, sample: &Sample) {
        let Some(protection) = &sample.protection else {
            self.clear_bytes = self.clear_bytes.saturating_add(sample.size);
            self.clear_samples += 1;
            return;
        };
        self.clear_bytes = self.clear_bytes.saturating_add(protection.clear);
        self.protected_bytes = self.protected_bytes.saturating_add(protection.protected);
        self.seig_samples += u64::from(sample.groups.iter().any(|group| group.seig().is_some()));
        if !protection.is_protected {
            self.clear_samples += 1;
            return;
        }
        self.protected_samples += 1;
        if protection.map.is_empty() {
            self.whole_samples += 1;
        } else {
            let count = protection.map.len() as u32;
            let (least, most) = self.subsamples.unwrap_or((count, count));
            self.subsamples = Some((least.min(count), most.max(count)));
        }
        if protection.clear.saturating_add(protection.protected) != sample.size {
            self.misfits += 1;
            self.first_misfit.get_or_insert(sample.number);
        }
        self.without_iv += u64::from(!protection.described);
        if !protection.iv.is_empty() {
            self.iv_sizes.insert(protection.iv.len());
            self.first_iv.get_or_insert_with(|| protection.iv.clone());
        }
        if let Some(kid) = protection.kid
            && (self.kids.len() < KEPT || self.kids.contains_key(&kid))
        {
            *self.kids.entry(kid).or_default() += 1;
        }
    }
}

impl Av1Totals {
    fn add(&mut self, sample: &Sample, unit: &UnitScan) {
        self.units += 1;
        if unit.opaque {
            self.opaque += 1;
            return;
        }
        self.frames += u64::from(unit.frame_count);
        self.shown_frames += u64::from(unit.shown_count);
        self.grain_frames += u64::from(unit.grain_frames);
        self.intra_only += u64::from(unit.intra_only_frames > 0);
        self.switch += u64::from(unit.starts_with_switch_frame());
        self.showing_nothing += u64::from(unit.shown_count == 0);
        let is_sync = unit.kind() == Some(Kind::Sync);
        self.sync += u64::from(is_sync);
        self.without_sequence_header += u64::from(unit.lacks_sequence_header());
        if let Some(marks) = sample.marks {
            if marks.sync && !is_sync {
                self.wrong_sync += 1;
                self.first_wrong_sync.get_or_insert((sample.number, !unit.hidden_key_frames.is_empty()));
            } else if is_sync && !marks.sync {
                self.unmarked_sync += 1;
                self.first_unmarked_sync.get_or_insert(sample.number);
            }
        }
        let larger = |a: (u32, u32), b: (u32, u32)| (a.0.max(b.0), a.1.max(b.1));
        self.frame_size = larger(self.frame_size, unit.frame_size);
        self.render_size = larger(self.render_size, unit.render_size);
        self.tiles = (self.tiles.0.max(unit.tiles.0), self.tiles.1.max(unit.tiles.1));
        self.temporal_layers |= unit.temporal_layers;
        self.spatial_layers |= unit.spatial_layers;
        self.has_extension |= unit.has_extension;
        self.sequence(unit);
        self.metadata(unit);
        self.delayed(sample, unit);
    }

    fn sequence(&mut self, unit: &UnitScan) {
        let Some(sequence) = &unit.sequence else { return };
        self.sequence.get_or_insert_with(|| sequence.clone());
        if let Some(latest) = &self.latest
            && latest != sequence
        {
            self.sequence_changes += 1;
        }
        self.latest = Some(sequence.clone());
    }

    fn metadata(&mut self, unit: &UnitScan) {
        let mut seen = BTreeSet::new();
        for metadata in &unit.metadata {
            match metadata {
                Metadata::HdrMdcv { .. } => {
                    self.mastering.get_or_insert_with(|| metadata.clone());
                }
                Metadata::HdrCll { .. } => {
                    self.light.get_or_insert_with(|| metadata.clone());
                }
                Metadata::ItuT35 { prefix, .. } => {
                    let has_room = self.t35.len() < KEPT || self.t35.contains_key(prefix);
                    if has_room && seen.insert(*prefix) {
                        *self.t35.entry(*prefix).or_default() += 1;
                    }
                }
                _ => {}
            }
        }
    }

    fn delayed(&mut self, sample: &Sample, unit: &UnitScan) {
        if let Some(serial) = unit.recovers
            && let Some(at) = self.waiting.iter().position(|(waiting, _)| *waiting == serial)
        {
            let (_, number) = self.waiting.swap_remove(at);
            self.delayed += 1;
            // 0 means the next sample.
            let distance = sample.number.saturating_sub(number + 1);
            let (least, most) = self.delayed_distance.unwrap_or((distance, distance));
            self.delayed_distance = Some((least.min(distance), most.max(distance)));
        }
        self.waiting.retain(|(serial, _)| unit.slots.contains(&Some(*serial)));
        self.waiting.extend(unit.hidden_key_frames.iter().map(|serial| (*serial, sample.number)));
    }
}

/// The most bytes within any second.
#[derive(Debug, Default)]
pub(super) struct Peak {
    window: VecDeque<(i64, u64)>,
    sum: u64,
    most: u64,
    first: Option<i64>,
    /// Whether a whole second was seen.
    is_whole: bool,
}

/// Samples of one second beyond which times are taken together.
const WINDOW: usize = 1 << 16;

impl Peak {
    fn add(&mut self, time: i64, size: u64, timescale: u32) {
        let from = time.saturating_sub(timescale.into());
        while let Some((first, bytes)) = self.window.front().copied().filter(|(first, _)| *first <= from) {
            self.window.pop_front();
            self.sum = self.sum.saturating_sub(bytes);
            self.is_whole |= first <= from;
        }
        let is_full = self.window.len() >= WINDOW;
        match self.window.back_mut() {
            Some((last, bytes)) if *last >= time || is_full => *bytes = bytes.saturating_add(size),
            _ => self.window.push_back((time, size)),
        }
        self.first.get_or_insert(time);
        self.sum = self.sum.saturating_add(size);
        self.most = self.most.max(self.sum);
    }

    /// Bits in the busiest second, where there is a whole one.
    pub fn bits(&self) -> Option<u64> {
        self.is_whole.then(|| self.most.saturating_mul(8))
    }
}

/// Counts all tracks.
#[derive(Debug, Default)]
pub(super) struct Counter {
    timescales: Vec<Option<u32>>,
    pub tracks: Vec<Totals>,
}

impl Counter {
    /// A counter of tracks with these timescales.
    pub fn new(timescales: Vec<Option<u32>>) -> Self {
        let tracks = timescales.iter().map(|_| Totals::default()).collect();
        Counter { timescales, tracks }
    }
}

impl Visitor for Counter {
    fn sample(&mut self, track: usize, sample: &Sample, scan: Option<&UnitScan>) -> Result<()> {
        let timescale = self.timescales.get(track).copied().flatten();
        if let Some(totals) = self.tracks.get_mut(track) {
            totals.add(sample, timescale);
            if let Some(unit) = scan {
                totals.av1.add(sample, unit);
            }
        }
        Ok(())
    }

    fn fragment(&mut self, track: usize, fragment: &Fragment) -> Result<()> {
        if let Some(totals) = self.tracks.get_mut(track) {
            totals.fragments += 1;
            totals.fragments_with_sync += u64::from(fragment.starts_with_sync);
            totals.fragment_durations.add(fragment.duration);
        }
        Ok(())
    }
}
