//! `btrt`, against the samples.

use std::collections::HashMap;

use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::ISO_28;

/// Rule ISO-28.
#[derive(Default)]
pub(in crate::validate) struct BitRate {
    tracks: HashMap<u32, Measured>,
}

#[derive(Default)]
struct Measured {
    /// Of the `stsd`.
    offset: u64,
    path: String,
    bytes: u64,
    ticks: u64,
}

impl Check for BitRate {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        for trak in header.traks() {
            let Some((child, _)) = trak.entries().next() else { continue };
            let path = format!("{}/mdia/minf/stbl/stsd/{}/btrt", trak.path, child.kind());
            let offset = child.header.offset;
            self.tracks.insert(trak.track.id, Measured { offset, path, ..Measured::default() });
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, _: &mut Gathered) {
        if let Some(measured) = self.tracks.get_mut(&track.id) {
            measured.bytes = measured.bytes.saturating_add(sample.size);
            measured.ticks = measured.ticks.saturating_add(sample.duration.unwrap_or(0));
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for track in &file.tracks {
            // With several entries each tells of its own samples.
            let ([entry], Some(measured)) = (track.entries.as_slice(), self.tracks.get(&track.id)) else {
                continue;
            };
            let (Some(stated), Some(timescale)) = (entry.bit_rate, track.timescale) else { continue };
            // In less than a second no rate can be measured.
            if measured.ticks < timescale.into() {
                continue;
            }
            let bits = u128::from(measured.bytes) * 8 * u128::from(timescale) / u128::from(measured.ticks);
            let (max, average) = (u128::from(stated.max_bitrate), u128::from(stated.avg_bitrate));
            let off = |stated: u128| stated > 0 && bits.abs_diff(stated) * 10 > stated;
            let passes = bits > max && off(max);
            let message = if passes {
                format!("maxBitrate is {max} bits/s, the samples have {bits} on average")
            } else if off(average) {
                format!("avgBitrate is {average} bits/s, the samples have {bits}")
            } else {
                continue;
            };
            // What an encoder was asked for is not what it gave; only a bound that is passed misleads players.
            let severity = if passes { Severity::Warning } else { Severity::Advice };
            let finding = found.finding(&ISO_28, measured.offset, message).path(&*measured.path);
            found.push(finding.severity(severity).context("track", track.id.to_string()));
        }
    }
}
