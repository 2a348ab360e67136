//! The samples' bytes on their way from the input to the output, on all cores.

use std::ops::Range;
use std::sync::Arc;

use super::protection::ChunkIvs;
use super::sample::{Detail, Piece};
use super::track::Track;
use crate::cenc::{Direction, SampleCipher, Subsample};
use crate::control::Control;
use crate::error::Result;
use crate::output::Target;
use crate::workers::{Queue, with_workers};

/// Bytes that one worker takes on at a time: enough to make system calls cheap, few enough to stay in its cache.
const BATCH: u64 = 512 << 10;

/// Source ranges that are at most this far apart are read in one go.
const GAP: u64 = 4 << 10;

/// Consecutive samples, and where their bytes go.
struct Job {
    samples: Range<usize>,
    target: Arc<Target>,
    offset: u64,
    /// IVs, and the index in them of the first sample.
    ivs: Option<(ChunkIvs, usize)>,
}

/// Takes in the chunks of a track; their payload is written while the caller goes on.
pub(super) struct PayloadWriter<'a> {
    track: &'a Track,
    queue: &'a Queue<'a, Job>,
}

impl PayloadWriter<'_> {
    /// Queues the samples of a chunk, to be written from `offset` on.
    ///
    /// # Errors
    /// What made a worker fail, or `Interrupted`.
    pub(super) fn chunk(
        &self,
        samples: Range<usize>,
        target: &Arc<Target>,
        mut offset: u64,
        ivs: Option<&ChunkIvs>,
    ) -> Result<()> {
        let all = self.track.samples.samples();
        let push = |range: Range<usize>, offset| {
            let ivs = ivs.map(|ivs| (ivs.clone(), range.start - samples.start));
            self.queue.push(Job { samples: range, target: target.clone(), offset, ivs })
        };
        let mut from = samples.start;
        let mut bytes = 0u64;
        for index in samples.clone() {
            let size = u64::from(all[index].size);
            if bytes > 0 && bytes + size > BATCH {
                push(from..index, offset)?;
                offset += bytes;
                bytes = 0;
                from = index;
            }
            bytes += size;
        }
        push(from..samples.end, offset)
    }
}

/// Runs `produce` with workers behind it that write what it queues. Everything is written when this returns.
///
/// # Errors
/// The first failure, of `produce` or a worker.
pub(super) fn with_payload<T>(
    track: &Track,
    cipher: Option<&SampleCipher>,
    control: &Control,
    produce: impl FnOnce(&PayloadWriter<'_>) -> Result<T>,
) -> Result<T> {
    let worker = || {
        let mut copier =
            Copier { track, cipher, buffer: Vec::new(), scratch: Vec::new(), copies: Vec::new() };
        move |job: Job| copier.run(&job, control)
    };
    with_workers(control, worker, |queue| produce(&PayloadWriter { track, queue }))
}

/// One worker's buffers.
struct Copier<'a> {
    track: &'a Track,
    cipher: Option<&'a SampleCipher>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    copies: Vec<Copy>,
}

/// Bytes of the input, and where they go in the buffer.
struct Copy {
    source: Range<u64>,
    at: usize,
}

impl Copier<'_> {
    fn run(&mut self, job: &Job, control: &Control) -> Result<()> {
        let samples = &self.track.samples.samples()[job.samples.clone()];
        let size: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
        if size > BATCH && samples.len() == 1 {
            return self.large_sample(job, control);
        }
        // More than a batch comes only as a single sample.
        let size = size as usize;
        if self.buffer.len() < size {
            self.buffer.resize(size, 0);
        }
        self.copies.clear();
        let mut details = self.track.samples.details(job.samples.clone())?;
        let mut detail = Detail::default();
        let mut maps = Vec::new();
        let mut at = 0;
        let mut starts = Vec::with_capacity(samples.len());
        while details.next_into(&mut detail).is_some() {
            starts.push((at, maps.len()));
            for piece in &detail.pieces {
                match piece {
                    Piece::Inline(bytes) => {
                        self.buffer[at..at + bytes.len()].copy_from_slice(bytes);
                        at += bytes.len();
                    }
                    Piece::Source(range) => {
                        let length = (range.end - range.start) as usize;
                        match self.copies.last_mut() {
                            Some(last)
                                if last.source.end == range.start
                                    && last.at + (last.source.end - last.source.start) as usize == at =>
                            {
                                last.source.end = range.end;
                            }
                            _ => self.copies.push(Copy { source: range.clone(), at }),
                        }
                        at += length;
                    }
                }
            }
            maps.append(&mut detail.subsamples);
        }
        self.read()?;
        if let (Some(cipher), Some((ivs, first))) = (self.cipher, &job.ivs) {
            starts.push((at, maps.len()));
            for (index, bounds) in starts.windows(2).enumerate() {
                let [(from, map_from), (to, map_to)] = *bounds else { continue };
                cipher.encrypt_sample(
                    &ivs.block(first + index),
                    &maps[map_from..map_to],
                    &mut self.buffer[from..to],
                )?;
            }
        }
        job.target.write(&self.buffer[..size], job.offset)?;
        control.advance(size as u64);
        Ok(())
    }

    /// Fills the buffer from the input, with few reads.
    fn read(&mut self) -> Result<()> {
        let input = &self.track.payload;
        let mut next = 0;
        while let Some(first) = self.copies.get(next) {
            let start = first.source.start;
            let mut end = first.source.end;
            let mut behind = next + 1;
            while let Some(copy) = self.copies.get(behind) {
                let near = copy.source.start >= end && copy.source.start - end <= GAP;
                if !near || copy.source.end - start > BATCH + GAP {
                    break;
                }
                end = copy.source.end;
                behind += 1;
            }
            if behind == next + 1 {
                let length = (end - start) as usize;
                input.read_exact_at(start, &mut self.buffer[first.at..first.at + length])?;
            } else {
                let length = (end - start) as usize;
                if self.scratch.len() < length {
                    self.scratch.resize(length, 0);
                }
                input.read_exact_at(start, &mut self.scratch[..length])?;
                for copy in &self.copies[next..behind] {
                    let from = (copy.source.start - start) as usize;
                    let length = (copy.source.end - copy.source.start) as usize;
                    self.buffer[copy.at..copy.at + length]
                        .copy_from_slice(&self.scratch[from..from + length]);
                }
            }
            next = behind;
        }
        Ok(())
    }

    /// Writes one sample that is too large for a buffer, part by part.
    fn large_sample(&mut self, job: &Job, control: &Control) -> Result<()> {
        let mut detail = Detail::default();
        let mut details = self.track.samples.details(job.samples.clone())?;
        let sample_size = details.next_into(&mut detail).map_or(0, |sample| sample.size);
        let mut parts = Parts { detail: &detail, input: &self.track.payload, piece: 0, done: 0 };
        let mut at = job.offset;
        let mut put = |bytes: &[u8]| {
            job.target.write(bytes, at)?;
            at += bytes.len() as u64;
            control.advance(bytes.len() as u64);
            control.check()
        };
        let Some((cipher, (ivs, first))) = self.cipher.zip(job.ivs.as_ref()) else {
            while parts.read(BATCH, &mut self.buffer)? {
                put(&self.buffer)?;
            }
            return Ok(());
        };
        let mut range = cipher.start(&ivs.block(*first), Direction::Encrypt)?;
        // Without a map the whole sample is protected.
        let whole = [Subsample { clear: 0, protected: sample_size }];
        let map = if detail.subsamples.is_empty() { &whole[..] } else { &detail.subsamples };
        for Subsample { clear, protected } in map {
            let mut left = u64::from(*clear);
            while left > 0 && parts.read(left.min(BATCH), &mut self.buffer)? {
                left -= self.buffer.len() as u64;
                put(&self.buffer)?;
            }
            range.next_range();
            let mut left = u64::from(*protected);
            // The batch is a multiple of 16, so that only the last part ends within a block.
            while left > 0 && parts.read(left.min(BATCH), &mut self.buffer)? {
                left -= self.buffer.len() as u64;
                range.process(&mut self.buffer)?;
                put(&self.buffer)?;
            }
        }
        Ok(())
    }
}

/// Reads a sample from its start to its end.
struct Parts<'a> {
    detail: &'a Detail,
    input: &'a crate::input::Input,
    piece: usize,
    /// Bytes taken of the current piece.
    done: u64,
}

impl Parts<'_> {
    /// Fills `buffer` with the next `length` bytes, fewer only at the sample's end; false when there are none.
    fn read(&mut self, length: u64, buffer: &mut Vec<u8>) -> Result<bool> {
        buffer.clear();
        while (buffer.len() as u64) < length {
            let Some(piece) = self.detail.pieces.get(self.piece) else { break };
            let want = length - buffer.len() as u64;
            let (taken, whole) = match piece {
                Piece::Inline(bytes) => {
                    let left = &bytes[self.done as usize..];
                    let taken = want.min(left.len() as u64);
                    buffer.extend_from_slice(&left[..taken as usize]);
                    (taken, bytes.len() as u64)
                }
                Piece::Source(range) => {
                    let from = range.start + self.done;
                    let taken = want.min(range.end - from);
                    let at = buffer.len();
                    buffer.resize(at + taken as usize, 0);
                    self.input.read_exact_at(from, &mut buffer[at..])?;
                    (taken, range.end - range.start)
                }
            };
            self.done += taken;
            if self.done == whole {
                self.piece += 1;
                self.done = 0;
            }
        }
        Ok(!buffer.is_empty())
    }
}
