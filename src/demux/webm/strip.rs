//! Header stripping: the same first bytes of all frames, stored once and cut off from each.
//!
//! A frame's bytes are then not together in the file, so the frames are put together again in a temporary file.

use std::io::{self, Read};

use crate::demux::{Packet, PacketReader};
use crate::error::{Error, Result};
use crate::input::{Input, Window};

/// How much of a frame is copied at a time.
const CHUNK: u64 = 256 << 10;

/// How many times the file's size the frames may have. Laces of nothing with much put before it could fill a disk.
const GROWTH: u64 = 4;

/// Writes all frames of `reader` with `prefix` before each into a temporary file.
pub(super) fn restore(input: &Input, prefix: &[u8], reader: &mut dyn PacketReader) -> Result<Input> {
    let mut failure = None;
    let frames = Frames {
        window: input.window(),
        prefix,
        reader,
        budget: input.len().saturating_mul(GROWTH),
        pending: Vec::new(),
        from: 0,
        left: 0,
        failure: &mut failure,
    };
    let restored = Input::spool(input.name(), frames);
    match failure {
        Some(error) => Err(error),
        None => restored,
    }
}

/// The bytes of all frames, one behind the other.
struct Frames<'a> {
    window: Window,
    prefix: &'a [u8],
    reader: &'a mut dyn PacketReader,
    /// How many bytes may still come.
    budget: u64,
    /// Bytes to give next, from the back of what was read.
    pending: Vec<u8>,
    from: u64,
    left: u64,
    /// The error to report in place of the I/O error that stands for it.
    failure: &'a mut Option<Error>,
}

impl Frames<'_> {
    fn refill(&mut self) -> Result<bool> {
        while self.pending.is_empty() {
            if self.left > 0 {
                let size = self.left.min(CHUNK);
                self.pending.extend_from_slice(self.window.bytes(self.from, size as usize)?);
                self.from += size;
                self.left -= size;
            } else {
                let Some(packet) = self.reader.next_packet()? else { return Ok(false) };
                (self.from, self.left) = (packet.offset, packet.size);
                let size = packet.size + self.prefix.len() as u64;
                self.budget = self.budget.checked_sub(size).ok_or_else(|| {
                    Error::limit(format!(
                        "the frames with their headers have over {GROWTH} times the file's size"
                    ))
                })?;
                self.pending.extend_from_slice(self.prefix);
            }
        }
        Ok(true)
    }
}

impl Read for Frames<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.refill() {
            Ok(false) => Ok(0),
            Ok(true) => {
                let n = buffer.len().min(self.pending.len());
                buffer[..n].copy_from_slice(&self.pending[..n]);
                self.pending.drain(..n);
                Ok(n)
            }
            Err(error) => {
                *self.failure = Some(error);
                Err(io::Error::other("the frames can't be read"))
            }
        }
    }
}

/// Gives the packets of `inner` where [`restore`] has put them.
#[derive(Debug)]
pub(super) struct Restored<R> {
    inner: R,
    prefix: u64,
    at: u64,
}

impl<R> Restored<R> {
    pub fn new(inner: R, prefix: &[u8]) -> Self {
        Restored { inner, prefix: prefix.len() as u64, at: 0 }
    }
}

impl<R: PacketReader> PacketReader for Restored<R> {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let Some(packet) = self.inner.next_packet()? else { return Ok(None) };
        let restored = Packet { offset: self.at, size: packet.size + self.prefix, ..packet };
        self.at += restored.size;
        Ok(Some(restored))
    }

    fn end_padding(&self) -> Option<u64> {
        self.inner.end_padding()
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.inner.take_notes()
    }
}
