//! Where a video track's times come from.

use crate::cmaf::timeline::{Clock, Timeline};
use crate::demux::{self, Container};
use crate::error::{Error, Result};
use crate::time::{FrameRate, raise_timescale};

/// Frame rates that are known beside the container's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    /// The user's.
    pub(super) wanted: Option<FrameRate>,
    /// The stream's.
    pub(super) stream: Option<FrameRate>,
    /// What of the stream could tell a frame rate, for the message that it does not.
    pub(super) told_by: &'static str,
}

/// Decides on the times of a track whose container has presentation times at the most, and on the timescale.
///
/// # Errors
/// `Usage` where there are neither times nor a frame rate.
pub(super) fn timeline(
    source: &demux::Track,
    container: Container,
    rates: Rates,
    warnings: &mut Vec<String>,
) -> Result<(Timeline, u32)> {
    let container_rate =
        source.default_duration.and_then(|(seconds, frames)| FrameRate::new(frames, seconds));
    let Rates { wanted, stream, told_by } = rates;
    let (timescale, clock, nominal) = match (source.timescale, wanted) {
        (None, _) => {
            let rate = wanted.or(stream).ok_or_else(|| {
                Error::usage(format!(
                    "the input ({container}) has no times, and {told_by} gives no frame rate; give one with \
                     --frame-rate, as in --frame-rate 25 or --frame-rate 24000/1001"
                ))
            })?;
            let (timescale, interval) = rate.timebase();
            (timescale, Clock::Constant { interval }, Some(interval))
        }
        (Some(_), Some(rate)) if container == Container::Ivf => {
            let (timescale, interval) = rate.timebase();
            (timescale, Clock::Constant { interval }, Some(interval))
        }
        (Some(stamps), None) if container != Container::Matroska || container_rate.is_none() => {
            let (timescale, factor) = match container {
                Container::Ivf | Container::Matroska => raise_timescale(stamps, 1),
                _ => (stamps, 1),
            };
            if container == Container::Matroska {
                warnings.push(
                    "the file gives no default duration: times stay rounded as they are; --frame-rate mends them"
                        .into(),
                );
            }
            let nominal = stream
                .or(container_rate)
                .map(FrameRate::timebase)
                .and_then(|(t, d)| u32::try_from(u64::from(d) * u64::from(timescale) / u64::from(t)).ok());
            (timescale, Clock::Stamps { factor }, nominal.filter(|&n| n > 0))
        }
        (Some(stamps), _) => {
            let rate = wanted.or(container_rate).ok_or_else(|| Error::usage("no frame rate"))?;
            let (timescale, interval) = rate.timebase();
            (timescale, Clock::Grid { stamp_timescale: stamps, interval }, Some(interval))
        }
    };
    Ok((Timeline::new(timescale, clock, nominal), timescale))
}
