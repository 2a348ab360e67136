//! Composition offsets and leading samples, of which AV1 has none.

use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::{AV1_26, AV1_51};

/// Rules AV1-26 and AV1-51.
#[derive(Default)]
pub(super) struct Composition {
    /// Time of the last sample of each track.
    last: std::collections::BTreeMap<u32, i64>,
}

impl Check for Composition {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks().filter(|trak| trak.track.is_av1()) {
            if let Some(ctts) = trak.find("mdia/minf/stbl/ctts") {
                let place = ("mdia/minf/stbl/ctts", ctts.header.offset);
                let message =
                    "an AV1 track with a `ctts` box; its samples are shown in the order of decoding";
                let finding = trak.finding(found, &AV1_26, place, message);
                found.push(finding.fix("Leave the box out."));
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let Some(track) = traf.track.filter(|track| track.is_av1()) else { continue };
            let offset = traf.runs.first().map_or(fragment.offset(), |(offset, _)| *offset);
            let mut say = |message: String, severity| {
                let finding = found.finding(&AV1_26, offset, message).path(format!("{}/trun", traf.path));
                found.push(finding.severity(severity).context("track", track.id.to_string()));
            };
            let moved = traf.samples.iter().enumerate().find(|(_, sample)| sample.composition_offset != 0);
            if let Some((index, sample)) = moved {
                let message = format!(
                    "sample {} of the fragment has a composition offset of {} ticks; AV1 samples have none",
                    index + 1,
                    sample.composition_offset
                );
                say(message, Severity::Error);
            } else if traf.runs.iter().any(|(_, run)| run.header.has_composition_time_offset) {
                say(
                    "composition offsets are stored, all of them 0; AV1 has no use for them".to_owned(),
                    Severity::Warning,
                );
            }
            let leading =
                traf.samples.iter().enumerate().find(|(_, s)| !matches!(s.flags.is_leading(), 0 | 2));
            if let Some((index, sample)) = leading {
                let message = format!(
                    "sample {} of the fragment has is_leading {}, 0 or 2 expected",
                    index + 1,
                    sample.flags.is_leading()
                );
                say(message, Severity::Error);
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let (Some(_), Some(time)) = (scan, sample.time) else { return };
        let last = self.last.insert(track.id, time);
        if let Some(last) = last.filter(|last| *last >= time) {
            let timescale = track.timescale.unwrap_or(1);
            let message = format!(
                "the sample is at {}, the one before at {}",
                seconds(time, timescale),
                seconds(last, timescale)
            );
            let finding = found.in_sample(&AV1_51, track, sample, message);
            found.push(finding.found(format!("{time} ticks")).expected(format!("more than {last} ticks")));
        }
    }
}
