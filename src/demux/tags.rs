//! ID3 tags before and behind streams of sound, which are stepped over.

use crate::error::Result;
use crate::input::Window;

/// Bytes of an ID3v1 tag.
const ID3V1: u64 = 128;

/// Where the ID3v2 tags at the start of the file end; 0 without any.
///
/// # Errors
/// `Io` where reading fails.
pub(super) fn end_of_id3(window: &mut Window) -> Result<u64> {
    let mut at = 0u64;
    // Several in a row are rare, many are none.
    for _ in 0..16 {
        let Some(&[b'I', b'D', b'3', _, _, flags, a, b, c, d]) = window.at_most(at, 10)?.first_chunk::<10>()
        else {
            break;
        };
        let size = [a, b, c, d].iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if flags & 0x10 != 0 { 10 } else { 0 };
        at += 10 + size + footer;
    }
    Ok(at)
}

/// Whether an ID3v1 tag starts at `at` and ends the file.
///
/// # Errors
/// `Io` where reading fails.
pub(super) fn is_id3v1(window: &mut Window, at: u64) -> Result<bool> {
    Ok(window.input().len().checked_sub(at) == Some(ID3V1) && window.at_most(at, 3)? == b"TAG")
}

/// Where the ID3v1 tag at the end of the file starts; the end of the file without one.
///
/// # Errors
/// `Io` where reading fails.
pub(super) fn start_of_id3v1(window: &mut Window) -> Result<u64> {
    let len = window.input().len();
    match len.checked_sub(ID3V1) {
        Some(at) if is_id3v1(window, at)? => Ok(at),
        _ => Ok(len),
    }
}
