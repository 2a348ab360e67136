//! The size at which pictures are meant to be shown, over all frames of a track.

use std::collections::BTreeMap;

use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::Tkhd;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_04, AV1_05};

/// Rules AV1-04 and AV1-05.
#[derive(Default)]
pub(super) struct Render {
    tracks: BTreeMap<u32, Seen>,
}

/// A track.
#[derive(Default)]
struct Seen {
    path: String,
    /// Offset of `tkhd`, and width and height in it, 16.16 fixed point.
    header: Option<(u64, (u32, u32))>,
    /// Path and offset of each sample entry.
    entries: Vec<(String, u64)>,
    /// The largest render width and height.
    size: (u32, u32),
}

impl Check for Render {
    fn header(&mut self, header: &Header<'_>, _: &mut Gathered) {
        for trak in header.traks().filter(|trak| trak.track.is_av1()) {
            let tkhd = trak.read::<Tkhd>("tkhd");
            let entries = trak.entries().enumerate().map(|(number, (child, _))| {
                let path = format!("{}/mdia/minf/stbl/stsd/{}[{}]", trak.path, child.kind(), number + 1);
                (path, child.header.offset)
            });
            let seen = Seen {
                path: trak.path.clone(),
                header: tkhd.map(|(offset, tkhd)| (offset, (tkhd.width, tkhd.height))),
                entries: entries.collect(),
                size: (0, 0),
            };
            self.tracks.insert(trak.track.id, seen);
        }
    }

    fn sample(&mut self, track: &Track, _: &Sample, scan: Option<&UnitScan>, _: &mut Gathered) {
        if let (Some(scan), Some(seen)) = (scan, self.tracks.get_mut(&track.id)) {
            seen.size.0 = seen.size.0.max(scan.render_size.0);
            seen.size.1 = seen.size.1.max(scan.render_size.1);
        }
    }

    fn end(&mut self, file: &Mp4, found: &mut Gathered) {
        for track in &file.tracks {
            let Some(seen) = self.tracks.get(&track.id).filter(|seen| seen.size != (0, 0)) else { continue };
            let (width, height) = seen.size;
            let shown = (u64::from(width) << 16, u64::from(height) << 16);
            if let Some((offset, (w, h))) =
                seen.header.filter(|(_, (w, h))| (u64::from(*w), u64::from(*h)) != shown)
            {
                let own = format!("{}x{}", f64::from(w) / 65536.0, f64::from(h) / 65536.0);
                let message = format!(
                    "the track header says {own}, the largest render size of its frames is {width}x{height}"
                );
                let finding = found.finding(&AV1_04, offset, message).path(format!("{}/tkhd", seen.path));
                let finding = finding.context("track", track.id.to_string());
                found.push(finding.found(own).expected(format!("{width}x{height}")));
            }
            for (entry, (path, offset)) in track.entries.iter().zip(&seen.entries) {
                let Some(size) = entry.size.filter(|size| entry.format == b"av01" && *size != seen.size)
                else {
                    continue;
                };
                let expected =
                    (u128::from(width) * u128::from(size.1), u128::from(size.0) * u128::from(height));
                let aspect = entry.colour.pixel_aspect;
                if aspect.is_some_and(|(h, v)| u128::from(h) * expected.1 == u128::from(v) * expected.0) {
                    continue;
                }
                let divisor = divisor(expected.0, expected.1);
                let right = format!("{}:{}", expected.0 / divisor, expected.1 / divisor);
                let own = aspect.map_or("no pasp".to_owned(), |(h, v)| format!("{h}:{v}"));
                let message = format!(
                    "pictures of {}x{} are meant to be shown at {width}x{height}, so that `pasp` is {right}; there is {own}",
                    size.0, size.1
                );
                let finding = found.finding(&AV1_05, *offset, message).path(path);
                let finding = finding.context("track", track.id.to_string());
                found.push(finding.found(own).expected(right));
            }
        }
    }
}

/// The greatest common divisor, 1 where both are 0.
fn divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
