//! An append-only store that stays in memory while it is small and moves to a temporary file when it is not.

use std::fs::File;
use std::io::Write;

use crate::error::{Error, Result};
use crate::input::ReadAt;

/// What is kept in memory before the rest goes to the file.
const IN_MEMORY: usize = 4 << 20;

/// Append-only bytes, read back by range from many threads once written.
#[derive(Debug, Default)]
pub struct Spill {
    file: Option<File>,
    /// Bytes that are already in the file.
    written: u64,
    tail: Vec<u8>,
}

impl Spill {
    /// The number of bytes stored, which is the offset of the next append.
    pub fn len(&self) -> u64 {
        self.written + self.tail.len() as u64
    }

    /// Appends what `write` puts at the end of the buffer it is given.
    ///
    /// # Errors
    /// `Io` where the temporary file can't be made or written.
    pub fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        write(&mut self.tail);
        if self.tail.len() >= IN_MEMORY {
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(tempfile::tempfile().map_err(cannot)?),
            };
            file.write_all(&self.tail).map_err(cannot)?;
            self.written += self.tail.len() as u64;
            self.tail.clear();
        }
        Ok(())
    }

    /// Puts the bytes from `start` to `end` into `buffer`, replacing what it holds.
    ///
    /// # Errors
    /// `Io` where the temporary file can't be read.
    ///
    /// # Panics
    /// If the range was never appended: that would be a fault of this crate, not of its input.
    pub fn read(&self, start: u64, end: u64, buffer: &mut Vec<u8>) -> Result<()> {
        assert!(start <= end && end <= self.len(), "only what was appended is read");
        buffer.clear();
        let in_file = end.min(self.written).saturating_sub(start) as usize;
        if let (Some(file), true) = (&self.file, in_file > 0) {
            buffer.resize(in_file, 0);
            let mut done = 0;
            while done < in_file {
                match file.read_at(start + done as u64, &mut buffer[done..]).map_err(cannot)? {
                    0 => return Err(cannot(std::io::ErrorKind::UnexpectedEof.into())),
                    n => done += n,
                }
            }
        }
        if end > self.written {
            let from = start.max(self.written) - self.written;
            buffer.extend_from_slice(&self.tail[from as usize..(end - self.written) as usize]);
        }
        Ok(())
    }
}

fn cannot(source: std::io::Error) -> Error {
    Error::io("cannot use a temporary file", source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_across_the_file_and_the_tail() {
        let mut spill = Spill::default();
        let chunk: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let rounds = IN_MEMORY / 1000 + 10;
        for _ in 0..rounds {
            spill.append(|out| out.extend_from_slice(&chunk)).unwrap();
        }
        assert_eq!(spill.len(), rounds as u64 * 1000);
        assert!(spill.file.is_some());
        let mut buffer = vec![1, 2, 3];
        for (start, end) in
            [(0, 10), (spill.written - 5, spill.written + 5), (spill.written, spill.len()), (7, 7)]
        {
            spill.read(start, end, &mut buffer).unwrap();
            let expected: Vec<u8> = (start..end).map(|i| chunk[(i % 1000) as usize]).collect();
            assert_eq!(buffer, expected);
        }
    }
}
