//! Decode times of fragments, against the samples before.

use std::collections::HashMap;

use crate::findings::Severity;
use crate::validate::check::{Check, MovieFragment};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::{CMF_14, ISO_17};

/// Rules ISO-17 and CMF-14.
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
            let finding = |rule, message: String| {
                let offset = traf.child.header.offset;
                let finding = fragment.in_traf(found, rule, (traf, "tfdt", offset), message);
                finding.found(time.to_string()).expected(expected.to_string())
            };
            if wrapped {
                let message = format!("the time of 32 bits is {time}, the samples before end at {expected}");
                let finding = finding(&ISO_17, message);
                found.push(finding.fix("write `tfdt` in version 1, which has 64 bits"));
            } else if time < expected {
                let message = format!("starts {ticks} ticks ({length}) before the samples before it end");
                found.push(finding(&ISO_17, message));
            } else {
                // The last sample before is then shown for longer, so the file can be played; CMAF wants none of that.
                let message = format!("starts {ticks} ticks ({length}) after the samples before it end");
                let (gap, of_cmaf) = (finding(&ISO_17, message.clone()), finding(&CMF_14, message));
                found.push(gap.severity(Severity::Warning));
                found.push(of_cmaf);
            }
        }
    }
}
