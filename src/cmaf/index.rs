//! The segment index, `sidx`, of a track file.

use super::cut::Fragment;
use super::header::TRACK_ID;
use super::sample::{Dependency, Sample};
use super::track::Track;
use super::write::WrittenFragment;
use crate::error::{Error, Result};
use crate::isobmff::Writer;
use crate::time::display_ticks;

/// The stream access points of a subsegment, as `sidx` tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessPoint {
    /// Whether the subsegment starts with it.
    pub starts: bool,
    /// SAP type; 0 for none.
    pub sap_type: u8,
    /// Ticks from the start of the subsegment.
    pub delta: u32,
}

impl AccessPoint {
    /// The first access point of a fragment. From a sync sample on everything decodes; it is of type 2 where
    /// samples behind it are presented before it, else of type 1.
    pub fn of(samples: &[Sample], fragment: &Fragment) -> Self {
        let mut time = fragment.start;
        let mut access: Option<(bool, u64)> = None;
        let mut leading = false;
        for (index, sample) in samples[fragment.samples.clone()].iter().enumerate() {
            let composed = time.saturating_add_signed(sample.composition_offset.into());
            match access {
                None if sample.dependency == Dependency::Sync => access = Some((index == 0, composed)),
                None => {}
                Some((_, at)) => leading |= composed < at,
            }
            time += u64::from(sample.duration);
        }
        let delta = |at: u64| {
            let delta = at - fragment.earliest_composition(samples).min(at);
            u32::try_from(delta).ok().filter(|delta| *delta < 1 << 28)
        };
        if let Some((starts, at)) = access
            && let Some(delta) = delta(at)
        {
            return AccessPoint { starts, sap_type: if leading { 2 } else { 1 }, delta };
        }
        AccessPoint { starts: false, sap_type: 0, delta: 0 }
    }
}

/// The size of the `sidx` for `count` fragments of a track.
pub(super) fn size(count: usize, track: &Track) -> u64 {
    let fixed = if is_wide(track) { 40 } else { 32 };
    fixed + 12 * count as u64
}

/// Chosen by the decode time, which is known before anything is written.
fn is_wide(track: &Track) -> bool {
    track.start > u64::from(u32::MAX)
}

/// Writes the index of the fragments, which follow it directly (rules ISO-21 to ISO-24).
///
/// # Errors
/// `Limit` where a count, size or duration does not fit the box.
pub(super) fn write(w: &mut Writer, track: &Track, fragments: &[WrittenFragment]) -> Result<()> {
    let timescale = track.timescale;
    let start = fragments.first().map_or(0, |f| f.earliest_presentation_time);
    let count = u16::try_from(fragments.len()).map_err(|_| {
        Error::limit(format!(
            "{} fragments, `sidx` holds 65535; make them longer with --fragment-duration",
            fragments.len()
        ))
    })?;
    let mut references = Vec::with_capacity(fragments.len());
    for fragment in fragments {
        let size = u32::try_from(fragment.size).ok().filter(|size| *size < 1 << 31).ok_or_else(|| {
            Error::limit(format!(
                "the fragment at {} has {} bytes, `sidx` holds 2 GiB; encode with more key frames, or write \
                 --layout segments, which needs no index",
                display_ticks(fragment.earliest_presentation_time, timescale),
                fragment.size
            ))
        })?;
        let duration = u32::try_from(fragment.duration).map_err(|_| {
            Error::limit(format!("a fragment of {}", display_ticks(fragment.duration, timescale)))
        })?;
        references.push((size, duration, fragment.access));
    }
    let wide = is_wide(track);
    w.full(b"sidx", u8::from(wide), 0, |w| {
        w.u32(TRACK_ID); // reference_ID
        w.u32(timescale);
        w.u32_or_u64(wide, start); // earliest_presentation_time
        w.u32_or_u64(wide, 0); // first_offset
        w.u16(0);
        w.u16(count);
        for (size, duration, access) in references {
            w.u32(size); // reference_type 0: media
            w.u32(duration);
            w.u32(u32::from(access.starts) << 31 | u32::from(access.sap_type) << 28 | access.delta);
        }
    });
    Ok(())
}
