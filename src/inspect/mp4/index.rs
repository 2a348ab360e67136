//! Segment indexes (`sidx`), held against the file.

use std::collections::BTreeSet;

use crate::inspect::sample::Fragment;
use crate::isobmff::BoxHeader;
use crate::isobmff::boxes::Sidx;

/// References of all indexes beyond which they are only counted.
const REFERENCE_LIMIT: usize = 1 << 18;

/// One `sidx`.
#[derive(Debug)]
pub(in crate::inspect) struct Index {
    pub track: u32,
    pub timescale: u32,
    pub references: usize,
    pub media_references: usize,
    /// Where each reference starts, and where the last one ends.
    starts: Vec<u64>,
    /// What each reference says: its duration, or none where it refers to another index.
    durations: Vec<Option<u32>>,
    /// Whether a sync sample comes first.
    starts_with_sap: Vec<bool>,
    earliest: u64,
    /// Found in the file, in the index's timescale scaled by the track's: ticks of the track.
    found: Vec<u64>,
    found_earliest: Option<i64>,
    found_sync: Vec<bool>,
    track_timescale: Option<u32>,
    is_edited: bool,
}

/// All indexes of a file.
#[derive(Debug, Default)]
pub(in crate::inspect) struct Indexes {
    pub list: Vec<Index>,
    /// Places where a box must start.
    awaited: BTreeSet<u64>,
    too_many: bool,
}

impl Indexes {
    /// Takes in an index.
    pub fn add(&mut self, sidx: &Sidx<'_>, header: &BoxHeader) {
        let known: usize = self.list.iter().map(|index| index.durations.len() + 1).sum();
        let keep = known + sidx.references.len() < REFERENCE_LIMIT;
        self.too_many |= !keep;
        let mut index = Index {
            track: sidx.reference_id,
            timescale: sidx.timescale,
            references: sidx.references.len(),
            media_references: sidx.references.iter().filter(|r| !r.reference_type).count(),
            starts: Vec::new(),
            durations: Vec::new(),
            starts_with_sap: Vec::new(),
            earliest: sidx.earliest_presentation_time,
            found: Vec::new(),
            found_earliest: None,
            found_sync: Vec::new(),
            track_timescale: None,
            is_edited: false,
        };
        if keep {
            let mut at = header.end().saturating_add(sidx.first_offset);
            for reference in sidx.references.iter() {
                index.starts.push(at);
                index.durations.push((!reference.reference_type).then_some(reference.subsegment_duration));
                let sync = matches!(reference.sap_type, 1 | 2) && reference.sap_delta_time == 0;
                index.starts_with_sap.push(reference.starts_with_sap && sync);
                at = at.saturating_add(reference.referenced_size.into());
            }
            index.starts.push(at);
            index.found = vec![0; index.durations.len()];
            index.found_sync = vec![false; index.durations.len()];
            self.awaited.extend(&index.starts);
        }
        if self.list.len() < REFERENCE_LIMIT {
            self.list.push(index);
        }
    }

    /// A box starts here, or the file ends.
    pub fn box_at(&mut self, offset: u64) {
        self.awaited.remove(&offset);
    }

    /// The timescale that an index of the track has.
    pub fn timescale(&self, track: u32) -> Option<u32> {
        self.list.iter().find(|index| index.track == track).map(|index| index.timescale).filter(|t| *t != 0)
    }

    /// A fragment of a track was read.
    ///
    /// An edit list moves the start, and so cuts the first subsegment: these are not compared then.
    pub fn fragment(&mut self, track: u32, timescale: Option<u32>, is_edited: bool, fragment: &Fragment) {
        for index in self.list.iter_mut().filter(|index| index.track == track) {
            let place = index.starts.partition_point(|start| *start <= fragment.offset);
            let Some(place) = place.checked_sub(1).filter(|place| *place < index.found.len()) else {
                continue;
            };
            if index.found[place] == 0 {
                index.found_sync[place] = fragment.starts_with_sync;
            }
            index.found[place] = index.found[place].saturating_add(fragment.duration);
            index.is_edited = is_edited;
            if place == 0 {
                let earliest = index.found_earliest.get_or_insert(fragment.earliest);
                *earliest = fragment.earliest.min(*earliest);
            }
            index.track_timescale = timescale;
        }
    }

    /// What does not fit the file, one line each; the first of each kind.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.too_many {
            problems.push("too many sidx references to hold them against the file".to_owned());
        }
        if let Some(offset) = self.awaited.first() {
            let count = self.awaited.len();
            let places = if count == 1 { "1 place".to_owned() } else { format!("{count} places") };
            problems.push(format!(
                "sidx points to {places} where no box starts, first to byte {offset} (rule ISO-21)"
            ));
        }
        if let Some(problem) = self.list.iter().find_map(Index::wrong_time) {
            problems.push(problem);
        }
        problems
    }
}

impl Index {
    /// Ticks of the track in those of the index, times the track's timescale.
    fn scaled(&self, ticks: u128) -> Option<(u128, u128)> {
        let scale = u128::from(self.track_timescale?);
        Some((ticks.checked_mul(u128::from(self.timescale))?, scale))
    }

    fn wrong_time(&self) -> Option<String> {
        // A tick more or less is rounding, where the clocks differ.
        let slack = if self.track_timescale == Some(self.timescale) { 0 } else { 1 };
        let differs = |found: u128, stated: u128| {
            let (found, scale) = self.scaled(found)?;
            Some(found.abs_diff(stated.checked_mul(scale)?) > slack * scale)
        };
        for (number, (found, stated)) in self.found.iter().zip(&self.durations).enumerate() {
            let Some(stated) = *stated else { continue };
            let is_cut = number == 0 && self.is_edited;
            if *found != 0 && !is_cut && differs((*found).into(), stated.into())? {
                let (found, scale) = self.scaled((*found).into())?;
                let found = found / scale;
                return Some(format!(
                    "sidx reference {} lasts {stated} ticks, its fragments {found} (rule ISO-22)",
                    number + 1
                ));
            }
        }
        for (number, sync) in self.found_sync.iter().enumerate() {
            if self.starts_with_sap[number]
                && self.found[number] != 0
                && !sync
                && self.durations[number].is_some()
            {
                return Some(format!(
                    "sidx reference {} starts with an access point, its first sample is not marked as sync (rule ISO-23)",
                    number + 1
                ));
            }
        }
        let earliest = u128::try_from(self.found_earliest.filter(|_| !self.is_edited)?).ok()?;
        let stated = self.earliest;
        differs(earliest, stated.into())?.then(|| {
            format!(
                "sidx starts at {stated}, the samples start at {earliest} of the track's ticks (rule ISO-22)"
            )
        })
    }
}
