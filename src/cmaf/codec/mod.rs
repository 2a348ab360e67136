//! How each codec becomes a CMAF track: its samples, its sample entry, what of it is encrypted.

pub mod aac;
pub mod ac3;
pub mod av1;
pub mod avc;
mod clock;
pub mod flac;
pub mod hevc;
pub mod iamf;
mod nal;
pub mod opus;
mod sound;
pub mod text;
mod video;
mod visual;
pub mod vp9;

use super::{Media, Track, edit};
use crate::cenc::Scheme;
use crate::control::Control;
use crate::demux::{self, Codec, Container, TrackKind};
use crate::error::{Error, Result};
use crate::time::FrameRate;

/// What decides how samples are made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Frames per second, where the container has no times or wrong ones.
    pub frame_rate: Option<FrameRate>,
    /// The scheme that the samples will be encrypted with, and the size of its IVs in each sample: subsample maps are
    /// made for it.
    pub protect: Option<(Scheme, u8)>,
}

/// Reads all packets of a track and makes samples of them, its edit list applied.
///
/// # Errors
/// - `Format`: the container or the stream is broken; the message names offset and sample.
/// - `Unsupported`: a protected input, or what the codec's binding does not allow.
/// - `Usage`: no times, and no frame rate was given.
/// - `Limit`: a value passes what ISOBMFF or Common Encryption can hold.
/// - `Interrupted`, `Io`.
pub fn build(
    track: demux::Track,
    container: Container,
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let name = track.payload.name().to_string();
    if track.protected {
        return Err(
            Error::unsupported("the track is encrypted; decrypt it first with `cmaf decrypt`").in_file(name)
        );
    }
    let build = match &track.kind {
        TrackKind::Av1 => av1::build,
        TrackKind::Coded(codec) => match codec {
            Codec::Avc => avc::build,
            Codec::Hevc => hevc::build,
            Codec::Vp9 => vp9::build,
            Codec::Aac => aac::build,
            Codec::Opus => opus::build,
            Codec::Ac3 | Codec::Eac3 => ac3::build,
            Codec::Flac => flac::build,
            Codec::Iamf => iamf::build,
            Codec::Wvtt | Codec::Stpp => text::build,
        },
        TrackKind::Other { media, codec } => {
            return Err(Error::unsupported(format!("{media} of type {codec} is not packaged")).in_file(name));
        }
    };
    let (edits, movie_timescale) = (track.edits.clone(), track.movie_timescale);
    let build = || {
        let mut built = build(track, container, options, control)?;
        // Those of sound and text are in already: what they leave out is priming, see `edit::apply_priming`.
        if built.media == Media::Video {
            edit::apply_edits(&mut built, &edits, movie_timescale)?;
        }
        Ok(built)
    };
    build().map_err(|e: Error| e.in_file(name))
}
