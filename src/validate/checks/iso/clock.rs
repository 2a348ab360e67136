//! Decode times of fragments, against the samples before.

use std::collections::HashMap;

use crate::findings::Severity;
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::ISO_17;

/// Rule ISO-17.
#[derive(Default)]
pub(in crate::validate) struct Clock {
    /// Where each track has come to.
    ends: HashMap<u32, u64>,
}

impl Check for Clock {
    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let Some(track) = traf.track else { continue };
            let expected = self.ends.get(&track.id).copied();
            let time = traf.tfdt.map(|tfdt| tfdt.base_media_decode_time).or(expected).unwrap_or(0);
            self.ends.insert(track.id, time.saturating_add(traf.duration()));
            let Some(expected) = expected.filter(|expected| *expected != time) else { continue };
            let timescale = track.timescale.unwrap_or(1);
            let ticks = time.abs_diff(expected);
            let length = seconds(i64::try_from(ticks).unwrap_or(i64::MAX), timescale);
            // A time of 32 bits begins anew where it has no room.
            let wrapped = expected > u64::from(u32::MAX) && time == expected & u64::from(u32::MAX);
            let finding = |message| {
                let offset = traf.child.header.offset;
                let finding = fragment.in_traf(found, &ISO_17, (traf, "tfdt", offset), message);
                finding.found(time.to_string()).expected(expected.to_string())
            };
            let finding = if wrapped {
                finding(format!("the time of 32 bits is {time}, the samples before end at {expected}"))
                    .fix("write `tfdt` in version 1, which has 64 bits")
            } else if time < expected {
                finding(format!("starts {ticks} ticks ({length}) before the samples before it end"))
            } else {
                // The last sample before is then shown for longer, so the file can be played.
                finding(format!("starts {ticks} ticks ({length}) after the samples before it end"))
                    .severity(Severity::Warning)
            };
            found.push(finding);
        }
    }
}
