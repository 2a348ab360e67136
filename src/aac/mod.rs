//! The AAC family as far as packaging must know it: configurations, ADTS, and the start of xHE-AAC frames
//! (ISO/IEC 14496-3, ISO/IEC 23003-3).

pub mod adts;
pub mod config;
pub mod program_config;
pub mod usac;

pub use adts::AdtsHeader;
pub use config::Config;
pub use program_config::ProgramConfig;
pub use usac::UsacConfig;

/// `samplingFrequencyIndex`, for MPEG-4 AAC.
pub const FREQUENCIES: [u32; 13] =
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/// How many channels a `channelConfiguration` has; the numbers are those of ISO/IEC 23091-3. `None` for 0, where a
/// program config element tells, and for numbers that are reserved.
pub fn channels(configuration: u8) -> Option<u32> {
    match configuration {
        1..=6 => Some(configuration.into()),
        7 | 12 | 14 => Some(8),
        11 => Some(7),
        13 => Some(24),
        _ => None,
    }
}
