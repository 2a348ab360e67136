//! Input bytes by range: files, memory, spooled pipes, and several files read as one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};

/// Bytes that many threads can read at any offset.
pub trait ReadAt: Send + Sync {
    /// Reads at `offset` into `buffer`; fewer bytes than asked for only at the end or by chance, 0 only at the end.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

#[cfg(unix)]
impl ReadAt for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }
}

#[cfg(windows)]
impl ReadAt for File {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, buffer, offset)
    }
}

impl ReadAt for Vec<u8> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let n = buffer.len().min(self.len() - start);
        buffer[..n].copy_from_slice(&self[start..start + n]);
        Ok(n)
    }
}

/// One input: a name for messages and bytes of known length. Cloning shares the bytes.
#[derive(Clone)]
pub struct Input {
    name: Arc<str>,
    bytes: Arc<dyn ReadAt>,
    len: u64,
    /// Where the files are, canonical; none for what has no place of its own.
    places: Arc<[PathBuf]>,
}

impl Input {
    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// `Io` where the file can't be opened or is not seekable.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| Error::io("cannot open", e).in_file(&name))?;
        let metadata = file.metadata().map_err(|e| Error::io("cannot stat", e).in_file(&name))?;
        if metadata.is_dir() {
            return Err(Error::usage("is a folder, a media file was expected").in_file(name));
        }
        if !metadata.is_file() {
            return Input::spool(name, file);
        }
        let places = path.canonicalize().into_iter().collect();
        Ok(Input { name: name.into(), bytes: Arc::new(file), len: metadata.len(), places })
    }

    /// A file that is opened for each reading: of more files than a process may hold open, each is one of these.
    ///
    /// # Errors
    /// `Io` where there is no such file.
    pub(crate) fn reopening(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let metadata = path.metadata().map_err(|e| Error::io("cannot open", e).in_file(&name))?;
        let places = path.canonicalize().into_iter().collect();
        let bytes = Arc::new(Reopened(path.to_owned()));
        Ok(Input { name: name.into(), bytes, len: metadata.len(), places })
    }

    /// Takes an open file; `name` stands for it in messages.
    ///
    /// # Errors
    /// `Io` where its length can't be found out.
    pub fn from_file(name: impl Into<String>, file: File) -> Result<Self> {
        let name = name.into();
        let metadata = file.metadata().map_err(|e| Error::io("cannot stat", e).in_file(&name))?;
        Ok(Input { name: name.into(), bytes: Arc::new(file), len: metadata.len(), places: Arc::default() })
    }

    /// Takes a stream that can't be sought, a pipe say, by spilling it to an unnamed temporary file.
    ///
    /// # Errors
    /// `Io` where reading or writing fails.
    pub fn spool(name: impl Into<String>, mut stream: impl Read) -> Result<Self> {
        let name = name.into();
        let mut file = tempfile::tempfile().map_err(|e| Error::io("cannot make a temporary file", e))?;
        let len = io::copy(&mut stream, &mut file).map_err(|e| Error::io("cannot read", e).in_file(&name))?;
        Ok(Input { name: name.into(), bytes: Arc::new(file), len, places: Arc::default() })
    }

    /// Takes bytes in memory.
    pub fn from_bytes(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        Input { name: name.into().into(), bytes: Arc::new(bytes), len, places: Arc::default() }
    }

    /// Reads several inputs, one behind the other, as one; the first one's name stands for all.
    pub fn concat(parts: Vec<Input>) -> Self {
        let name = parts.first().map_or_else(|| "nothing".into(), |p| p.name.clone());
        let places = parts.iter().flat_map(|part| part.places.iter().cloned()).collect();
        let mut end = 0;
        let parts: Vec<_> = parts
            .into_iter()
            .map(|part| {
                end += part.len;
                (end, part)
            })
            .collect();
        Input { name, bytes: Arc::new(Concatenation(parts)), len: end, places }
    }

    /// The name to use in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The canonical paths of its files; none of a pipe, of memory, or of a file that was handed over open.
    pub fn places(&self) -> &[PathBuf] {
        &self.places
    }

    /// The number of bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no byte at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// `Format` at the offset where the input ends too early, `Io` where reading fails.
    pub fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done < buffer.len() {
            let at = offset + done as u64;
            match self.bytes.read_at(at, &mut buffer[done..]) {
                Ok(0) => {
                    let missing = buffer.len() - done;
                    return Err(Error::format(format!(
                        "the file ends here, {missing} more bytes were expected"
                    ))
                    .at(at)
                    .in_file(self.name()));
                }
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::io("cannot read", e).at(at).in_file(self.name())),
            }
        }
        Ok(())
    }

    /// Reads `len` bytes at `offset`; allocates only after checking them against the input's length.
    ///
    /// # Errors
    /// As [`Input::read_exact_at`].
    pub fn read_vec(&self, offset: u64, len: u64) -> Result<Vec<u8>> {
        if offset.checked_add(len).is_none_or(|end| end > self.len) {
            return Err(Error::format(format!("{len} bytes expected, the file ends at {}", self.len))
                .at(offset)
                .in_file(self.name()));
        }
        let mut buffer =
            vec![0; usize::try_from(len).map_err(|_| Error::limit("too large for this machine"))?];
        self.read_exact_at(offset, &mut buffer)?;
        Ok(buffer)
    }

    /// A buffered cursor for many small reads.
    pub fn window(&self) -> Window {
        Window { input: self.clone(), start: 0, buffer: Vec::new(), fill: SMALL }
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).field("len", &self.len).finish()
    }
}

struct Reopened(PathBuf);

impl ReadAt for Reopened {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        ReadAt::read_at(&File::open(&self.0)?, offset, buffer)
    }
}

struct Concatenation(Vec<(u64, Input)>);

impl ReadAt for Concatenation {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let index = self.0.partition_point(|(end, _)| *end <= offset);
        let Some((end, part)) = self.0.get(index) else { return Ok(0) };
        part.bytes.read_at(offset - (end - part.len), buffer)
    }
}

const SMALL: usize = 4 << 10;
const LARGE: usize = 256 << 10;

/// A buffered cursor over an [`Input`]: reads little where the caller hops, much where it reads on.
#[derive(Debug)]
pub struct Window {
    input: Input,
    start: u64,
    buffer: Vec<u8>,
    fill: usize,
}

impl Window {
    /// The input behind the window.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// The `len` bytes at `offset`. Meant for headers: `len` is bounded by the caller, not by the input.
    ///
    /// # Errors
    /// `Format` where the input ends before them, `Io` where reading fails.
    pub fn bytes(&mut self, offset: u64, len: usize) -> Result<&[u8]> {
        let available = self.at_most(offset, len)?.len();
        if available < len {
            return Err(Error::format(format!(
                "the file ends here, {} more bytes were expected",
                len - available
            ))
            .at(offset + available as u64)
            .in_file(self.input.name()));
        }
        let from = (offset - self.start) as usize;
        Ok(&self.buffer[from..from + len])
    }

    /// Up to `len` bytes at `offset`, fewer only where the input ends.
    ///
    /// # Errors
    /// `Io` where reading fails.
    pub fn at_most(&mut self, offset: u64, len: usize) -> Result<&[u8]> {
        let left = self.input.len().saturating_sub(offset);
        let len = usize::try_from(left).map_or(len, |left| left.min(len));
        let end = self.start + self.buffer.len() as u64;
        if len > 0 && (offset < self.start || offset + len as u64 > end) {
            let near = offset >= self.start && offset < end + SMALL as u64;
            self.fill = if near { (self.fill * 2).min(LARGE) } else { SMALL };
            let want = (self.fill.max(len) as u64).min(left) as usize;
            self.buffer.resize(want, 0);
            // Left empty, should reading fail half way.
            let mut buffer = std::mem::take(&mut self.buffer);
            self.input.read_exact_at(offset, &mut buffer)?;
            self.buffer = buffer;
            self.start = offset;
        }
        if len == 0 {
            return Ok(&[]);
        }
        let from = (offset - self.start) as usize;
        Ok(&self.buffer[from..from + len])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concatenation_reads_across_parts() {
        let joined = Input::concat(vec![
            Input::from_bytes("a", vec![1, 2]),
            Input::from_bytes("b", vec![]),
            Input::from_bytes("c", vec![3, 4, 5]),
        ]);
        assert_eq!(joined.read_vec(1, 3).unwrap(), [2, 3, 4]);
        assert_eq!(joined.read_vec(3, 3).unwrap_err().kind().exit_code(), 3);
        assert_eq!(joined.window().bytes(0, 5).unwrap(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn window_follows_hops_in_both_directions() {
        let data: Vec<u8> = (0..1_000_000u32).map(|i| (i / 7) as u8).collect();
        let mut window = Input::from_bytes("a", data.clone()).window();
        for offset in [0usize, 5, 4090, 4097, 500_000, 3, 999_990, 999_000] {
            assert_eq!(window.bytes(offset as u64, 10).unwrap(), &data[offset..offset + 10]);
        }
        assert_eq!(window.at_most(999_999, 10).unwrap().len(), 1);
        assert!(window.at_most(2_000_000, 10).unwrap().is_empty());
        assert!(window.bytes(999_999, 2).is_err());
    }
}
