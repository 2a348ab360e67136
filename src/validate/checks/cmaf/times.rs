//! Times of a CMAF track: offsets of composition, edit lists and the total duration.

use std::collections::HashMap;

use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::{CMF_24, CMF_25, CMF_31};

/// Rules CMF-24, CMF-25 and CMF-31.
#[derive(Default)]
pub(in crate::validate) struct Times {
    is_cmf2: bool,
    /// Of the edit list, by track.
    edits: HashMap<u32, u64>,
    tracks: HashMap<u32, Offsets>,
    moov: u64,
}

/// What a track's samples come to.
#[derive(Default)]
struct Offsets {
    /// The first sample with a negative offset.
    negative: Option<Sample>,
    has_offsets: bool,
    /// The first decode time, the earliest time of presentation in the first fragment, and the ends of both.
    start: i64,
    earliest: i64,
    end: i64,
    shown_end: i64,
    samples: u64,
    first: Sample,
    fragment: u64,
}

impl Check for Times {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.is_cmf2 =
            header.file.brands.as_ref().is_some_and(|brands| !brands.segment && brands.lists(b"cmf2"));
        self.moov = header.moov.as_ref().map_or(0, |moov| moov.header.offset);
        for trak in header.traks() {
            let Some(elst) = trak.find("edts/elst") else { continue };
            self.edits.insert(trak.track.id, elst.header.offset);
            if self.is_cmf2 && trak.track.media.as_deref() == Some("video") {
                let message = "the brand `cmf2` is there, and the video track has an edit list";
                let finding = trak.finding(found, &CMF_25, ("edts/elst", elst.header.offset), message);
                found.push(finding.fix("use negative composition offsets in its place, or leave out `cmf2`"));
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        if !self.is_cmf2 {
            return;
        }
        let is_video = |track: &&Track| track.media.as_deref() == Some("video");
        for traf in fragment.trafs.iter().filter(|traf| traf.track.as_ref().is_some_and(is_video)) {
            if let Some((offset, _)) = traf.runs.iter().find(|(_, run)| run.header.version == 0) {
                let message = "the brand `cmf2` is there, and the `trun` has version 0";
                let finding = fragment.in_traf(found, &CMF_25, (traf, "trun", *offset), message);
                found.push(finding.expected("version 1"));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, _: &mut Gathered) {
        let (Some(time), Some(duration)) = (sample.time, sample.duration) else { return };
        let of = self.tracks.entry(track.id).or_default();
        let shown = time.saturating_add(sample.composition_offset);
        if of.samples == 0 {
            (of.start, of.earliest, of.first, of.fragment) = (time, shown, sample.clone(), sample.fragment);
            (of.end, of.shown_end) = (i64::MIN, i64::MIN);
        }
        of.samples += 1;
        if sample.fragment == of.fragment {
            of.earliest = of.earliest.min(shown);
        }
        of.end = of.end.max(time.saturating_add_unsigned(duration));
        of.shown_end = of.shown_end.max(shown.saturating_add_unsigned(duration));
        of.has_offsets |= sample.composition_offset != 0;
        if sample.composition_offset < 0 && of.negative.is_none() {
            of.negative = Some(sample.clone());
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for track in file.tracks.iter().filter(|track| track.media.as_deref() == Some("video")) {
            let Some(of) = self.tracks.get(&track.id) else { continue };
            let shift = track.edits.iter().map(|edit| edit.media_time).find(|time| *time > 0);
            if let (Some(negative), Some(shift), Some(elst)) =
                (&of.negative, shift, self.edits.get(&track.id))
            {
                let message = format!(
                    "a composition offset is {}, and the edit list starts at {shift}: one of both was expected",
                    negative.composition_offset
                );
                let finding = found.in_sample(&CMF_24, track, negative, message);
                found.push(finding.related(found.at(*elst), "the edit list"));
            } else if of.has_offsets && of.negative.is_none() && shift.is_none() && of.earliest > of.start {
                let late = of.earliest.saturating_sub(of.start);
                let message = format!(
                    "the first picture is shown {late} ticks after its decode time, and no edit list takes that back"
                );
                let finding = found.in_sample(&CMF_24, track, &of.first, message).severity(Severity::Warning);
                found.push(finding.fix(
                    "use negative composition offsets, or an edit list that starts at the first picture",
                ));
            }
        }
        self.total(file, found);
    }
}

impl Times {
    /// Holds `mehd` against the samples.
    fn total(&self, file: &Mp4, found: &mut Gathered) {
        let (Some(stated), Some(movie)) = (file.fragment_duration, file.movie_timescale) else { return };
        if file.moofs == 0 || stated == 0 {
            return;
        }
        // By decode times and by times of presentation, with and without what an edit list takes away at the start.
        let mut allowed: Vec<i128> = Vec::new();
        for track in &file.tracks {
            let (Some(of), Some(timescale)) = (self.tracks.get(&track.id), track.timescale) else { continue };
            let shift = track.edits.iter().map(|edit| edit.media_time).find(|time| *time > 0).unwrap_or(0);
            let spans = [
                of.end.saturating_sub(of.start),
                of.shown_end.saturating_sub(of.earliest),
                of.end,
                of.shown_end,
            ];
            for span in spans.iter().flat_map(|span| [*span, span.saturating_sub(shift)]) {
                allowed.push(i128::from(span) * i128::from(movie) / i128::from(timescale));
            }
        }
        let stated = i128::from(stated);
        // Writers round, and some count with milliseconds.
        let slack = 1 + i128::from(movie) / 1000;
        let (Some(longest), false) =
            (allowed.iter().max(), allowed.iter().any(|span| (span - stated).abs() <= slack))
        else {
            return;
        };
        let told = |ticks: i128| seconds(i64::try_from(ticks).unwrap_or(i64::MAX), movie);
        let message = format!(
            "fragment_duration is {stated} ({}), the fragments last {longest} ({})",
            told(stated),
            told(*longest)
        );
        let finding = found.finding(&CMF_31, self.moov, message).path("moov/mvex/mehd");
        // Of a track in segments not all may have been given.
        let is_part = found.parts().len() > 1 && *longest < stated;
        found.push(if is_part { finding.severity(Severity::Advice) } else { finding });
    }
}
