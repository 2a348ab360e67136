//! How times are written: in frames where the document counts in frames, as clock times otherwise.

use crate::formats::cues::Cue;
use crate::ttal::model::{Script, Time};
use crate::ttal::time::{Clock, FrameRate, MediaTime};

/// Spells the times of one document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// What authored times are counted by.
    pub(super) clock: Clock,
    /// The rate, where times are written in frames.
    frames: Option<FrameRate>,
    /// Times that decimals can't say exactly.
    pub(super) rounded: u64,
}

impl Times {
    /// Frames, if the document's times are authored in frames and all cues begin and end on frames.
    pub(super) fn of(script: &Script, clock: Clock, cues: &[Cue<'_>]) -> Self {
        let authored = |time: &Option<Time>| time.as_ref().is_some_and(|time| time.ends_with('f'));
        let in_frames = |rate: FrameRate| {
            script.events.iter().any(|event| authored(&event.begin) || authored(&event.end))
                && cues.iter().all(|cue| frame(rate, cue.begin).is_some() && frame(rate, cue.end).is_some())
        };
        Times { clock, frames: clock.frame_rate.filter(|&rate| in_frames(rate)), rounded: 0 }
    }

    /// A time as it is written. Nothing is before the begin of the media.
    pub(super) fn spell(&mut self, time: MediaTime) -> Time {
        let time = time.max(MediaTime::ZERO);
        if let Some(frame) = self.frames.and_then(|rate| frame(rate, time)) {
            return Time::frames(frame);
        }
        if !is_decimal(time) {
            self.rounded += 1;
        }
        Time::clock(time)
    }

    /// The meaning of an authored time; none where it has none.
    pub(super) fn seconds(&self, time: Option<&Time>) -> Option<MediaTime> {
        time?.seconds(self.clock).ok()
    }
}

/// The frame that begins exactly at this time.
fn frame(rate: FrameRate, time: MediaTime) -> Option<i64> {
    let frame = rate.nearest_frame(time);
    (rate.time(frame) == Some(time)).then_some(frame)
}

/// Whether decimals can say it exactly.
fn is_decimal(time: MediaTime) -> bool {
    let mut rest = *time.ratio().denom();
    for factor in [2, 5] {
        while rest % factor == 0 {
            rest /= factor;
        }
    }
    rest == 1
}
