//! The level that a stream needs.

/// What a stream asks of a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Load {
    /// The largest frame, in luma samples.
    pub(crate) size: (u32, u32),
    /// Frames a second, rounded down.
    pub(crate) frame_rate: u64,
    /// Bits a second.
    pub(crate) bit_rate: u64,
}

impl Load {
    /// The load of a stream of `samples` in `bytes` that lasts `duration` ticks, on average. The size is left open.
    pub(crate) fn average(samples: usize, bytes: u64, duration: u64, timescale: u32) -> Self {
        let a_second = |count: u64| {
            let rate = u128::from(count) * u128::from(timescale) / u128::from(duration.max(1));
            u64::try_from(rate).unwrap_or(u64::MAX)
        };
        Load {
            size: (0, 0),
            frame_rate: a_second(samples as u64),
            bit_rate: a_second(bytes.saturating_mul(8)),
        }
    }

    fn sample_rate(&self) -> u64 {
        (u64::from(self.size.0) * u64::from(self.size.1)).saturating_mul(self.frame_rate)
    }
}

/// Ten times the level; luma samples a second and in a picture, kilobits a second, samples in a row or column
/// (VP9 levels, webmproject.org/vp9/levels).
const LEVELS: [(u8, u64, u64, u64, u32); 14] = [
    (10, 829_440, 36_864, 200, 512),
    (11, 2_764_800, 73_728, 800, 768),
    (20, 4_608_000, 122_880, 1_800, 960),
    (21, 9_216_000, 245_760, 3_600, 1344),
    (30, 20_736_000, 552_960, 7_200, 2048),
    (31, 36_864_000, 983_040, 12_000, 2752),
    (40, 83_558_400, 2_228_224, 18_000, 4160),
    (41, 160_432_128, 2_228_224, 30_000, 4160),
    (50, 311_951_360, 8_912_896, 60_000, 8384),
    (51, 588_251_136, 8_912_896, 120_000, 8384),
    (52, 1_176_502_272, 8_912_896, 180_000, 8384),
    (60, 1_176_502_272, 35_651_584, 180_000, 16_832),
    (61, 2_353_004_544, 35_651_584, 240_000, 16_832),
    (62, 4_706_009_088, 35_651_584, 480_000, 16_832),
];

/// Ten times the lowest level that holds the load; the highest where none does.
pub(crate) fn level(load: &Load) -> u8 {
    let (width, height) = load.size;
    LEVELS
        .into_iter()
        .find(|&(_, rate, picture, kilobits, side)| {
            load.sample_rate() <= rate
                && u64::from(width) * u64::from(height) <= picture
                && load.bit_rate <= kilobits * 1000
                && width.max(height) <= side
        })
        .map_or(62, |(level, ..)| level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_hold_their_load() {
        let of = |width: u32, height: u32, rate: u64, bit_rate: u64| {
            level(&Load { size: (width, height), frame_rate: rate, bit_rate })
        };
        assert_eq!(of(256, 144, 15, 200_000), 10);
        assert_eq!(of(1920, 1080, 30, 5_000_000), 40);
        assert_eq!(of(1920, 1080, 60, 5_000_000), 41);
        assert_eq!(of(1920, 1080, 30, 20_000_000), 41);
        assert_eq!(of(3840, 2160, 60, 5_000_000), 51);
        assert_eq!(of(60000, 60000, 60, 0), 62);
    }
}
