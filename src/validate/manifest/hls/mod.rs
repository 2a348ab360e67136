//! HLS playlists. RFC 8216 and its revision.

mod i_frames;
mod keys;
mod lexer;
mod media;
mod multivariant;
mod read;
mod renditions;

pub(in crate::validate) use self::media::compare as compare_media;
pub(in crate::validate) use self::multivariant::{Stream, compare as compare_multivariant};
pub(in crate::validate) use self::read::{MediaPlaylist, Multivariant, Playlist, read};
