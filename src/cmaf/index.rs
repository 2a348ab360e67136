//! The segment index, `sidx`, of a track file.

use super::cut::Fragment;
use super::header::TRACK_ID;
use super::sample::{Dependency, Sample};
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
    /// The first access point of a fragment. Sync samples are of type 1: everything from them on decodes.
    pub fn of(samples: &[Sample], fragment: &Fragment) -> Self {
        let mut delta = 0u64;
        for (index, sample) in samples[fragment.samples.clone()].iter().enumerate() {
            if sample.dependency == Dependency::Sync {
                return match u32::try_from(delta).ok().filter(|d| *d < 1 << 28) {
                    Some(delta) => AccessPoint { starts: index == 0, sap_type: 1, delta },
                    None => break,
                };
            }
            delta += u64::from(sample.duration);
        }
        AccessPoint { starts: false, sap_type: 0, delta: 0 }
    }
}

/// The size of the `sidx` for `count` fragments that start at `start`.
pub(super) fn size(count: usize, start: u64) -> u64 {
    let fixed = if start > u64::from(u32::MAX) { 40 } else { 32 };
    fixed + 12 * count as u64
}

/// Writes the index of fragments that follow it directly and have these sizes.
///
/// # Errors
/// `Limit` where a count, size or duration does not fit the box.
pub(super) fn write(
    w: &mut Writer,
    timescale: u32,
    samples: &[Sample],
    fragments: &[Fragment],
    sizes: &[u64],
) -> Result<()> {
    let start = fragments.first().map_or(0, |f| f.start);
    let count = u16::try_from(fragments.len()).map_err(|_| {
        Error::limit(format!(
            "{} fragments, `sidx` holds 65535; make them longer with --fragment-duration",
            fragments.len()
        ))
    })?;
    let mut references = Vec::with_capacity(fragments.len());
    for (fragment, &size) in fragments.iter().zip(sizes) {
        let size = u32::try_from(size).ok().filter(|size| *size < 1 << 31).ok_or_else(|| {
            Error::limit(format!(
                "the fragment at {} has {size} bytes, `sidx` holds 2 GiB; encode with more key frames, or write \
                 --layout segments, which needs no index",
                display_ticks(fragment.start, timescale)
            ))
        })?;
        let duration = u32::try_from(fragment.duration).map_err(|_| {
            Error::limit(format!("a fragment of {}", display_ticks(fragment.duration, timescale)))
        })?;
        references.push((size, duration, AccessPoint::of(samples, fragment)));
    }
    let wide = start > u64::from(u32::MAX);
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
