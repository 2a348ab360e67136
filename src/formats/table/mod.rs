//! Scripts as tables, one row for each event: what CSV, workbooks, documents and vendor JSON have in common.

mod cells;
mod read;
mod row;
mod write;

pub(crate) use cells::{guarded, unguarded};
pub(crate) use read::{Headings, Reading};
pub(crate) use write::Sheet;

use crate::ttal::time::{FrameRate, MediaTime};

/// The frame to write for a time: the one that begins within half a millisecond, as sources that count milliseconds
/// have it; otherwise the first that does not begin before it.
pub(crate) fn frame_of(rate: FrameRate, time: MediaTime) -> i64 {
    let nearest = rate.nearest_frame(time);
    let half = MediaTime::new(1, 2000).unwrap_or(MediaTime::ZERO);
    match rate.time(nearest) {
        Some(at) if at - time <= half && time - at <= half => nearest,
        _ => rate.frame_at_or_after(time),
    }
}
