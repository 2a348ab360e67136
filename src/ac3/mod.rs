//! AC-3 and Enhanced AC-3: sync frames and what they say (ETSI TS 102 366).

mod config;
mod frame;

pub use config::Presentation;
pub use frame::{Kind, SyncFrame};

use crate::error::{Error, Result};

/// Samples of sound in a block.
pub const BLOCK: u32 = 256;

/// Blocks in a sample of ISOBMFF.
pub const BLOCKS: u32 = 6;

/// The most bytes of a sync frame.
pub const FRAME_LIMIT: usize = 4096;

/// More sync frames than belong to one time: 8 programs, each with 8 dependent substreams, of 6 frames.
const FRAMES_LIMIT: usize = 8 * 9 * 6;

/// The sync frames that fill `bytes`.
///
/// # Errors
/// `Format` where a frame is broken or cut short, with its offset in `bytes` in the text.
pub fn frames(bytes: &[u8]) -> Result<Vec<SyncFrame>> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let frame =
            SyncFrame::parse(rest).map_err(|e| e.within(format!("sync frame {}", frames.len() + 1)))?;
        if frame.size > rest.len() {
            return Err(Error::format(format!(
                "sync frame {} has {} bytes, {} are left",
                frames.len() + 1,
                frame.size,
                rest.len()
            )));
        }
        if frames.len() == FRAMES_LIMIT {
            return Err(Error::limit(format!("more than {FRAMES_LIMIT} sync frames in a packet")));
        }
        at += frame.size;
        frames.push(frame);
    }
    Ok(frames)
}
