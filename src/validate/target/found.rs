//! What a file is, and which belong together by their names.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::demux::{Part, part};
use crate::input::Input;
use crate::inspect::mp4::starts_with_box;

/// Bytes that show whether a file is a manifest.
const HEAD: usize = 4096;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Manifest,
    Media(Part),
    Other,
}

/// A file in a folder.
#[derive(Debug)]
pub(super) struct Entry {
    /// As it is shown.
    pub(super) path: PathBuf,
    pub(super) canonical: PathBuf,
    pub(super) kind: Kind,
}

/// What a file is: a manifest by its name or its first bytes, media by its first box.
pub(super) fn kind(path: &Path, input: &Input) -> Kind {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    if matches!(extension.as_deref(), Some("mpd" | "m3u8")) {
        return Kind::Manifest;
    }
    let mut window = input.window();
    let head = window.at_most(0, HEAD).unwrap_or_default();
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.starts_with(b"#EXTM3U") || text.starts_with(b"<") && text.windows(5).any(|at| at == b"<MPD ") {
        return Kind::Manifest;
    }
    if starts_with_box(input) { Kind::Media(part(input)) } else { Kind::Other }
}

/// Whether it is an MPD or a playlist of playlists.
pub(super) fn is_whole_manifest(path: &Path) -> bool {
    let Ok(input) = Input::open(path) else { return false };
    let mut window = input.window();
    let head = window.at_most(0, 64 * HEAD).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    !text.contains("#EXTM3U") || text.contains("#EXT-X-STREAM-INF") || text.contains("#EXT-X-MEDIA:")
}

/// Which init segment belongs to a segment: the one in its folder or in the one above, of several the one whose name
/// begins most like its own.
pub(super) fn init_of<'a>(segment: &Path, inits: impl Iterator<Item = &'a Path>) -> Option<usize> {
    let name = segment.file_name()?.to_string_lossy();
    let folder = segment.parent()?;
    let mut best: Option<(usize, (bool, usize))> = None;
    for (index, init) in inits.enumerate() {
        let is_beside = init.parent() == Some(folder);
        if !is_beside && init.parent() != folder.parent() {
            continue;
        }
        let other = init.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let common = name.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        if best.is_none_or(|(_, known)| (is_beside, common) > known) {
            best = Some((index, (is_beside, common)));
        }
    }
    best.map(|(index, _)| index)
}

/// Compares names as people do: numbers by their value.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, y) = (take(&mut left), take(&mut right));
        let order = match (x.trim_start_matches('0'), y.trim_start_matches('0')) {
            (p, q) if is_number(x) && is_number(y) => p.len().cmp(&q.len()).then_with(|| p.cmp(q)),
            _ => x.cmp(y),
        };
        if order != Ordering::Equal {
            return order;
        }
        if x.is_empty() && y.is_empty() {
            return a.cmp(b);
        }
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Takes digits, or what are none, off the front.
fn take<'a>(text: &mut &'a str) -> &'a str {
    let digits = is_number(text);
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    let (piece, rest) = text.split_at(end);
    *text = rest;
    piece
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_order() {
        let mut names = ["v10.m4s", "v9.m4s", "v09.m4s", "init.mp4", "v1.m4s", "v"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["init.mp4", "v", "v1.m4s", "v09.m4s", "v9.m4s", "v10.m4s"]);
    }

    #[test]
    fn segments_find_their_init_segment() {
        let inits = ["a/v-init.mp4", "a/w-init.mp4", "init.mp4"].map(Path::new);
        let of = |segment: &str| init_of(Path::new(segment), inits.iter().copied());
        assert_eq!(
            (of("a/v-1.m4s"), of("a/w-1.m4s"), of("b/1.m4s"), of("c/d/1.m4s")),
            (Some(0), Some(1), Some(2), None)
        );
    }
}
