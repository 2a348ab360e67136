//! The HLS playlists of what was packed. RFC 8216 and its revision.
//!
//! A media playlist for each track that is listed, one of I-frames for each track of video, and `main.m3u8`, the
//! multivariant playlist.

mod attributes;
mod audio;
mod keys;
mod media;
mod multivariant;
mod subtitles;

pub(crate) use subtitles::{Candidate, listed};

use super::address;
use super::model::{Presentation, Rendition};
use crate::cmaf::Media;
use crate::error::{Error, Result};

/// The file of the multivariant playlist.
pub const MULTIVARIANT: &str = "main.m3u8";

/// The version of all playlists: clients of `EXT-X-MAP` need it, whatever else there is. RFC 8216 § 7.
const VERSION: u32 = 6;

/// Files and their text, the multivariant playlist last.
///
/// # Errors
/// `Usage` where the model does not hold together, where there is neither video nor audio, or where a track's playlist
/// would have the name of another; `Unsupported` for a scheme that HLS has no method for.
pub fn write(presentation: &Presentation) -> Result<Vec<(String, String)>> {
    presentation.check()?;
    if presentation.sets.iter().all(|set| set.media == Media::Text) {
        return Err(Error::usage("an HLS presentation needs video or audio; here is text only")
            .clause("RFC 8216 § 4.3.4.2"));
    }
    let mut playlists: Vec<(String, String)> = Vec::new();
    let subtitles = subtitles::list(presentation);
    let target = media::target_duration(presentation);
    for (set, rendition) in presentation.renditions() {
        let text = match set.media {
            Media::Text if !subtitles.iter().any(|one| one.rendition.name == rendition.name) => continue,
            Media::Text if rendition.sidecar.is_some() => media::sidecar(presentation, rendition),
            _ => media::segments(presentation, rendition, target)?,
        };
        playlists.push((file(rendition), text));
        if set.media == Media::Video && !rendition.sync_samples.is_empty() {
            playlists.push((i_frames_file(rendition), media::i_frames(presentation, rendition)?));
        }
    }
    playlists.push((MULTIVARIANT.to_string(), multivariant::write(presentation, &subtitles, target)?));
    let mut names: Vec<_> = playlists.iter().map(|(name, _)| name).collect();
    names.sort();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::usage(format!("two playlists would be called `{}`; rename a track", pair[0])));
    }
    Ok(playlists)
}

/// The file of a track's media playlist.
pub fn media_playlist(track: &str) -> String {
    format!("{track}.m3u8")
}

/// The file of the I-frame playlist of a track of video.
pub fn i_frame_playlist(track: &str) -> String {
    format!("{track}-iframes.m3u8")
}

fn file(rendition: &Rendition) -> String {
    media_playlist(&rendition.name)
}

fn i_frames_file(rendition: &Rendition) -> String {
    i_frame_playlist(&rendition.name)
}

/// The address of a file below the folder of the manifests.
fn uri(presentation: &Presentation, path: &str) -> String {
    let prefix = presentation.hls_prefix.as_deref().map(address::base).unwrap_or_default();
    prefix + &address::reference(path)
}
