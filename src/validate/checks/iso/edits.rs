//! Edit lists.

use crate::findings::Severity;
use crate::isobmff::boxes::{Elst, Mdhd, Tkhd, UNKNOWN_DURATION};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::ISO_27;

/// Rule ISO-27.
#[derive(Default)]
pub(in crate::validate) struct Edits;

impl Check for Edits {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let is_fragmented = header.file.has_mvex || header.file.moofs > 0;
        for trak in header.traks() {
            let Some((offset, elst)) = trak.read::<Elst>("edts/elst") else { continue };
            entries(&trak, offset, &elst, is_fragmented, found);
            if !is_fragmented {
                durations(&trak, offset, &elst, found);
            }
        }
    }
}

fn entries(trak: &Trak<'_>, offset: u64, elst: &Elst, is_fragmented: bool, found: &mut Gathered) {
    let at = ("edts/elst", offset);
    let media_duration = trak.read::<Mdhd>("mdia/mdhd").map(|(_, mdhd)| mdhd.duration);
    let media_duration = media_duration.filter(|duration| *duration != UNKNOWN_DURATION && !is_fragmented);
    for (number, edit) in elst.entries.iter().enumerate() {
        let number = number + 1;
        if edit.media_time < -1 {
            let message = format!("media_time of edit {number} is {}", edit.media_time);
            let finding = trak.finding(found, &ISO_27, at, message);
            found.push(finding.expected("a time of the media, or -1 for an empty edit"));
        } else if let Some(end) = media_duration.filter(|end| *end > 0)
            && u64::try_from(edit.media_time).is_ok_and(|time| time > end)
        {
            let message =
                format!("edit {number} starts at {} of the media, which ends at {end}", edit.media_time);
            found.push(trak.finding(found, &ISO_27, at, message));
        }
        let is_normal = (edit.media_rate_integer, edit.media_rate_fraction) == (1, 0);
        let is_dwell = (edit.media_rate_integer, edit.media_rate_fraction) == (0, 0);
        if !is_normal && !is_dwell && edit.media_time != -1 {
            let rate = f64::from(edit.media_rate_integer) + f64::from(edit.media_rate_fraction) / 65536.0;
            let message = format!("media_rate of edit {number} is {rate}, 1 or 0 was expected");
            found.push(trak.finding(found, &ISO_27, at, message));
        }
    }
    if elst.entries.last().is_some_and(|edit| edit.media_time == -1) {
        let message = "the last edit is empty: it shows nothing, and nothing comes behind it";
        found.push(trak.finding(found, &ISO_27, at, message));
    }
}

/// A track lasts as long as its edits, both in ticks of the movie.
fn durations(trak: &Trak<'_>, offset: u64, elst: &Elst, found: &mut Gathered) {
    let Some((_, tkhd)) = trak.read::<Tkhd>("tkhd") else { return };
    let Some((_, mdhd)) = trak.read::<Mdhd>("mdia/mdhd") else { return };
    let sum = elst.entries.iter().fold(0u64, |sum, edit| sum.saturating_add(edit.segment_duration));
    // Writers round each edit.
    let slack = elst.entries.len() as u64;
    if tkhd.duration == UNKNOWN_DURATION || sum == 0 || sum.abs_diff(tkhd.duration) <= slack {
        return;
    }
    let message = format!("the edits last {sum} ticks of the movie, `tkhd` says {}", tkhd.duration);
    let finding = trak.finding(found, &ISO_27, ("edts/elst", offset), message);
    let is_of_media = sum == mdhd.duration;
    found.push(if is_of_media {
        finding.fix("give the durations of edits in the timescale of `mvhd`, not of `mdhd`")
    } else {
        finding.severity(Severity::Advice)
    });
}
