//! Where text is cut, and the ticks of its times.

use crate::cmaf::{Dependency, Detail, NewSample, Piece, SampleTable};
use crate::error::{Error, Result};
use crate::ttal::time::MediaTime;

/// The most bytes that the samples of one track may have. Hours of dense subtitles have a hundredth of it; a file whose
/// cues all overlap would ask for the square of its size.
const MAX_BYTES: u64 = 256 << 20;

/// Where a text track is cut: at the segments of the track that it goes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Ticks a second, those of the track that the text goes with.
    pub timescale: u32,
    /// When segments start, in ticks on the presentation's timeline, ascending. The first is the start of the
    /// presentation, the last its end.
    pub cuts: Vec<u64>,
}

impl Grid {
    /// Cuts a presentation from `start` to `end` every `segment` ticks.
    pub fn regular(timescale: u32, start: u64, end: u64, segment: u64) -> Self {
        let mut cuts = vec![start];
        let mut at = start;
        while let Some(next) = at.checked_add(segment.max(1)).filter(|&next| next < end) {
            cuts.push(next);
            at = next;
        }
        cuts.push(end);
        Grid { timescale, cuts }
    }

    /// Start and end of the presentation.
    pub(super) fn ends(&self) -> Result<(u64, u64)> {
        let ascending = self.cuts.windows(2).all(|pair| pair[0] < pair[1]);
        match self.cuts.as_slice() {
            [first, .., last] if ascending && self.timescale > 0 => Ok((*first, *last)),
            _ => Err(Error::usage("text needs a presentation that lasts, cut at ascending times")),
        }
    }

    /// The nearest tick, 0 for what lies before.
    pub(super) fn ticks(&self, time: MediaTime) -> u64 {
        let time = time.max(MediaTime::ZERO).ratio();
        let timescale = i128::from(self.timescale);
        let (whole, rest) = (time.numer() / time.denom(), time.numer() % time.denom());
        let ticks = whole * timescale + (rest * timescale * 2 + time.denom()) / (time.denom() * 2);
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// The time of a tick.
    pub(super) fn time(&self, ticks: u64) -> Result<MediaTime> {
        MediaTime::new(ticks.into(), self.timescale.into())
            .ok_or_else(|| Error::limit("the presentation ends too late for text"))
    }
}

/// What happened to cues on the grid.
#[derive(Debug, Default)]
pub(super) struct Placing {
    /// Cues outside of the presentation.
    pub(super) outside: usize,
    /// Cues that lie across its start or end.
    pub(super) clipped: usize,
    /// Cues that would have lasted no tick.
    pub(super) short: usize,
}

impl Placing {
    /// Begin and end of a cue in ticks, inside the presentation; none where it lies outside.
    pub(super) fn place(
        &mut self,
        grid: &Grid,
        (start, end): (u64, u64),
        times: (MediaTime, MediaTime),
    ) -> Option<(u64, u64)> {
        let (from, mut to) = (grid.ticks(times.0), grid.ticks(times.1));
        let short = to <= from;
        if short {
            to = from.saturating_add(1);
        }
        if to <= start || from >= end || times.1 <= MediaTime::ZERO {
            self.outside += 1;
            return None;
        }
        self.short += usize::from(short);
        self.clipped += usize::from(from < start || to > end || times.0 < MediaTime::ZERO);
        Some((from.max(start), to.min(end)))
    }

    /// What to tell the user.
    pub(super) fn warnings(&self, what: &str) -> Vec<String> {
        let counts = [
            (self.outside, "outside of the presentation, left out"),
            (self.clipped, "across the start or end of the presentation, clipped"),
            (self.short, "shorter than a tick, made one tick long"),
        ];
        counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| format!("{count} {what} {how}"))
            .collect()
    }
}

/// Samples under construction: each stands for itself, and has its bytes with it.
#[derive(Debug, Default)]
pub(super) struct Samples {
    pub(super) table: SampleTable,
    bytes: u64,
}

impl Samples {
    /// Adds a sample.
    ///
    /// # Errors
    /// `Limit` where samples get too large, all together, or one lasts longer than can be said.
    pub(super) fn push(&mut self, bytes: Vec<u8>, duration: u64) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_BYTES {
            let message = format!(
                "the text's samples would have more than {} MiB: too many cues are shown at once, or for too long",
                MAX_BYTES >> 20
            );
            return Err(Error::limit(message));
        }
        let duration = u32::try_from(duration)
            .map_err(|_| Error::limit("a segment of text lasts 2^32 ticks or more"))?;
        // At most MAX_BYTES, which fits.
        let sample = NewSample::new(bytes.len() as u32, Dependency::Sync, 0).times(duration, 0);
        self.table.push(sample, &Detail { pieces: vec![Piece::Inline(bytes)], ..Detail::default() })
    }
}
