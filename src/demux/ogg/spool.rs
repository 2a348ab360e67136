//! A copy of a stream's packets, one behind the other.

use std::io::{self, Read};
use std::ops::Range;

use super::packets::Packets;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Input, Window};

/// Copies all packets into a temporary file. Where the file is broken the copy ends, and the reader says why.
pub(super) fn copy(input: &Input, packets: Packets) -> Result<Input> {
    let mut failure = None;
    let bytes = Bytes { window: input.window(), packets, ranges: Vec::new(), failure: &mut failure };
    let copied = Input::spool(input.name(), bytes);
    match failure {
        Some(error) => Err(error),
        None => copied,
    }
}

struct Bytes<'a> {
    window: Window,
    packets: Packets,
    /// What of the packet is still to come, the last part first.
    ranges: Vec<Range<u64>>,
    /// The error to report in place of the I/O error that stands for it.
    failure: &'a mut Option<Error>,
}

impl Bytes<'_> {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            let Some(range) = self.ranges.last_mut() else {
                match self.packets.next_parts() {
                    Ok(Some(parts)) => self.ranges.extend(parts.ranges().iter().rev().cloned()),
                    Ok(None) => return Ok(0),
                    Err(error) if error.kind() == ErrorKind::Io => return Err(error),
                    Err(_) => return Ok(0),
                }
                continue;
            };
            if range.is_empty() {
                self.ranges.pop();
                continue;
            }
            let n =
                usize::try_from(range.end - range.start).map_or(buffer.len(), |left| left.min(buffer.len()));
            buffer[..n].copy_from_slice(self.window.bytes(range.start, n)?);
            range.start += n as u64;
            return Ok(n);
        }
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill(buffer).map_err(|error| {
            *self.failure = Some(error);
            io::Error::other("the packets can't be read")
        })
    }
}
