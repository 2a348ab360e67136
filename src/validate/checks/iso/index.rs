//! Segment indexes, against the boxes, the times and the samples that they point to.

use std::ops::Range;

use super::subsegments::{Piece, Pieces};
use crate::findings::{Finding, Rule, Severity};
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Kind, Sample};
use crate::isobmff::boxes::{Sidx, SidxReference};
use crate::isobmff::{BoxHeader, FourCC, read_box};
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_21, ISO_22, ISO_23, ISO_24};

/// More boxes at the top, and more indexes, than are kept.
const BOXES: usize = 1 << 21;
const INDEXES: usize = 100_000;
/// The most bytes of an index: 65,535 references take less than one MiB.
const INDEX_BYTES: u64 = 1 << 20;

/// Rules ISO-21 to ISO-24.
#[derive(Default)]
pub(in crate::validate) struct Indexes {
    /// Where boxes begin.
    starts: Vec<(u64, FourCC)>,
    /// Where the last one ends.
    end: u64,
    too_many: bool,
    indexes: Vec<BoxHeader>,
    pieces: Pieces,
}

impl Check for Indexes {
    fn top_level(&mut self, header: &BoxHeader, _: &mut Gathered) {
        self.end = header.end();
        if self.starts.len() < BOXES {
            self.starts.push((header.offset, header.kind));
        } else {
            self.too_many = true;
        }
        if header.kind == b"sidx" && self.indexes.len() < INDEXES {
            self.indexes.push(*header);
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, _: &mut Gathered) {
        self.pieces.add(fragment);
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, _: &mut Gathered) {
        self.pieces.sample(track, sample, scan);
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for (number, header) in self.indexes.iter().enumerate() {
            let Ok(loaded) = read_box(file.input(), header, INDEX_BYTES) else { continue };
            let Ok(sidx) = loaded.as_child().parse::<Sidx<'_>>() else { continue };
            let path =
                if self.indexes.len() == 1 { "sidx".to_owned() } else { format!("sidx[{}]", number + 1) };
            let index = Index { header: *header, path, sidx: &sidx, file, all: self };
            index.check(found);
        }
    }
}

struct Index<'a> {
    header: BoxHeader,
    path: String,
    sidx: &'a Sidx<'a>,
    file: &'a Mp4,
    all: &'a Indexes,
}

impl Index<'_> {
    fn finding(&self, found: &Gathered, rule: &'static Rule, message: String) -> Finding {
        let finding = found.finding(rule, self.header.offset, message).path(&*self.path);
        finding.context("track", self.sidx.reference_id.to_string())
    }

    fn check(&self, found: &mut Gathered) {
        let id = self.sidx.reference_id;
        // Segments without their init segment have no tracks that are known.
        let Some(track) = self.file.tracks.iter().find(|track| track.id == id) else {
            if !self.file.tracks.is_empty() {
                let message = format!("reference_ID is {id}, and there is no track of that number");
                found.push(self.finding(found, &ISO_21, message));
            }
            return;
        };
        self.timescale(track, found);
        let references = self.places(track, found);
        if self.sidx.timescale == 0 || track.timescale.is_none() {
            return;
        }
        self.start(track, &references, found);
        self.durations(track, &references, found);
        self.access_points(track, &references, found);
    }

    fn timescale(&self, track: &Track, found: &mut Gathered) {
        let Some(timescale) = track.timescale else { return };
        if self.sidx.timescale != timescale {
            let message = format!("timescale is {}, that of the track {timescale}", self.sidx.timescale);
            found.push(self.finding(found, &ISO_24, message));
        }
    }

    fn kind_at(&self, offset: u64) -> Option<FourCC> {
        let place = self.all.starts.binary_search_by_key(&offset, |(start, _)| *start).ok()?;
        self.all.starts.get(place).map(|(_, kind)| *kind)
    }

    /// Holds the places of references against the boxes. Gives those before the first that is wrong.
    fn places(&self, track: &Track, found: &mut Gathered) -> Vec<(Range<u64>, SidxReference)> {
        let mut references = Vec::new();
        let length = self.file.input().len();
        let mut start = self.header.end().saturating_add(self.sidx.first_offset);
        for (number, reference) in self.sidx.references.iter().enumerate() {
            let number = number + 1;
            let end = start.saturating_add(reference.referenced_size.into());
            let wrong = |message: String| self.finding(found, &ISO_21, message);
            let at = |offset: u64| found.at(offset);
            let kind = self.kind_at(start);
            let problem = if end > length {
                let message = format!(
                    "reference {number} has {} bytes, the file ends after {} of them",
                    reference.referenced_size,
                    length.saturating_sub(start)
                );
                Some(wrong(message))
            } else if self.all.too_many {
                None
            } else if kind.is_none() {
                let message = format!("reference {number} begins where no box begins");
                Some(wrong(message).related(at(start), "where it begins"))
            } else if end != self.all.end && self.kind_at(end).is_none() {
                let message = format!(
                    "reference {number} of {} bytes ends where no box ends",
                    reference.referenced_size
                );
                Some(wrong(message).related(at(end), "where it ends"))
            } else if reference.reference_type {
                kind.filter(|kind| *kind != b"sidx").map(|kind| {
                    let message = format!("reference {number} is to a `sidx`, a `{kind}` is there");
                    wrong(message).related(at(start), "where it begins")
                })
            } else if kind.is_some_and(|kind| kind == b"mdat") {
                let message = format!("reference {number} begins with an `mdat`, behind its `moof`");
                Some(wrong(message).related(at(start), "where it begins"))
            } else if self.all.pieces.within(track.id, &(start..end)).is_empty()
                && self.all.pieces.are_complete()
            {
                let message = format!("reference {number} has no movie fragment of track {}", track.id);
                Some(wrong(message).related(at(start), "where it begins"))
            } else {
                None
            };
            if let Some(finding) = problem {
                found.push(finding);
                break;
            }
            references.push((start..end, reference));
            start = end;
        }
        references
    }

    /// Whether ticks of the index are these of the track. Where the clocks differ, one tick more or less is rounding.
    fn is_same(&self, stated: u64, ticks: i64, timescale: u32) -> bool {
        let (of_index, of_track) = (i128::from(self.sidx.timescale), i128::from(timescale));
        let slack = if of_index == of_track { 0 } else { of_track };
        (i128::from(stated) * of_track - i128::from(ticks) * of_index).abs() <= slack
    }

    fn start(&self, track: &Track, references: &[(Range<u64>, SidxReference)], found: &mut Gathered) {
        let (Some((range, _)), Some(timescale)) = (references.first(), track.timescale) else { return };
        let Some(earliest) = earliest(&self.all.pieces.within(track.id, range)) else { return };
        let shown = shown(track, earliest);
        let stated = self.sidx.earliest_presentation_time;
        if [earliest, shown].iter().any(|time| self.is_same(stated, *time, timescale)) {
            return;
        }
        let message = format!(
            "earliest_presentation_time is {stated}, the first sample is shown at {shown} (timescale {timescale})"
        );
        found.push(self.finding(found, &ISO_22, message).fix("make the index again from the samples"));
    }

    fn durations(&self, track: &Track, references: &[(Range<u64>, SidxReference)], found: &mut Gathered) {
        let Some(timescale) = track.timescale else { return };
        let is_trimmed = track.edits.iter().any(|edit| edit.segment_duration > 0);
        for (number, (range, reference)) in references.iter().enumerate() {
            let pieces = self.all.pieces.within(track.id, range);
            let Some(start) = earliest(&pieces).filter(|_| !reference.reference_type) else { continue };
            let next = self.all.pieces.after(track.id, range.end).map(|piece| piece.earliest);
            if next.is_none() && is_trimmed {
                continue;
            }
            let end = next.unwrap_or_else(|| pieces.iter().map(|piece| piece.end).max().unwrap_or(start));
            let sum = pieces.iter().fold(0i64, |sum, piece| sum.saturating_add_unsigned(piece.duration));
            let presented = shown(track, end).saturating_sub(shown(track, start));
            let stated = reference.subsegment_duration;
            let allowed = [sum, end.saturating_sub(start), presented];
            if allowed.iter().any(|ticks| self.is_same(stated.into(), *ticks, timescale)) {
                continue;
            }
            let message = format!(
                "reference {} lasts {stated} ticks, its samples {presented} (timescale {timescale})",
                number + 1
            );
            let finding = self.finding(found, &ISO_22, message);
            found.push(finding.related(found.at(range.start), "where the subsegment begins"));
        }
    }

    fn access_points(&self, track: &Track, references: &[(Range<u64>, SidxReference)], found: &mut Gathered) {
        let Some(timescale) = track.timescale else { return };
        for (number, (range, reference)) in references.iter().enumerate() {
            let pieces = self.all.pieces.within(track.id, range);
            let Some(first) = pieces.first().filter(|_| !reference.reference_type) else { continue };
            let number = number + 1;
            let (starts, kind) = (reference.starts_with_sap, reference.sap_type);
            let is_claimed = starts && matches!(kind, 1 | 2);
            let delta = first.first_time.saturating_sub(earliest(&pieces).unwrap_or(0));
            let stated = reference.sap_delta_time;
            let finding = match first.kind {
                Some(Kind::Sync) | None if is_claimed && !first.is_sync => self.finding(
                    found,
                    &ISO_23,
                    format!("reference {number} starts with an access point of type {kind}; its first sample is not marked as a sync sample"),
                ),
                Some(real) if is_claimed && real != Kind::Sync => self.finding(
                    found,
                    &ISO_23,
                    format!("reference {number} starts with an access point of type {kind}; its first sample does not start with a key frame that is shown"),
                ),
                _ if starts && first.is_sync && stated != 0 && !self.is_same(stated.into(), delta, timescale) => {
                    let message = format!("SAP_delta_time of reference {number} is {stated}, the access point is shown after {delta} ticks");
                    self.finding(found, &ISO_23, message)
                }
                // A player that seeks by the index passes it over, no more.
                Some(Kind::Sync) | None if !starts && first.is_sync => self
                    .finding(found, &ISO_23, format!("starts_with_SAP of reference {number} is 0; its first sample is a sync sample"))
                    .severity(Severity::Warning),
                _ => continue,
            };
            found.push(finding.related(found.at(range.start), "where the subsegment begins"));
        }
    }
}

fn earliest(pieces: &[&Piece]) -> Option<i64> {
    pieces.iter().map(|piece| piece.earliest).min()
}

/// When a time of the media is shown: edits take a piece away at the start, or put a pause before it.
fn shown(track: &Track, time: i64) -> i64 {
    let start = track.edits.iter().map(|edit| edit.media_time).find(|time| *time >= 0).unwrap_or(0);
    time.saturating_sub(start).max(0)
}
