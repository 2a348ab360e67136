//! Decryption: protected tracks of an ISOBMFF file become clear again; everything else stays as it is.
//!
//! The boxes are walked twice. The first walk finds out how large they will be, and so where everything comes to lie; the
//! second one writes. Only one `moof` is in memory at a time; media data is copied and decrypted on all cores.

mod entry;
mod evidence;
mod groups;
mod layout;
mod movie;
mod samples;

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use serde::Serialize;

use self::entry::Protection;
use self::evidence::Evidence;
use self::layout::Moves;
use self::movie::Movie;
use self::samples::Protected;
use crate::cenc::{Direction, KeyId, KeyRing, SampleCipher, Scheme, Subsample};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::input::Input;
use crate::isobmff::{BOX_LIMIT, BoxHeader, RawBox, read_box, top_level};
use crate::output::{Outputs, Target};
use crate::workers::{Queue, with_workers};

pub use self::evidence::KeyCheck;

/// Bytes that one worker takes on at a time.
const BATCH: u64 = 512 << 10;

/// A file to decrypt.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file.
    pub input: Input,
    /// The init segment, where the file is a media segment. It is not part of the output.
    pub init: Option<Input>,
}

/// What was decrypted. Version 1 of the shape that `--json` prints.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// The tracks that were protected.
    pub tracks: Vec<TrackReport>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// One track of a [`Report`].
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackReport {
    /// `track_ID`.
    pub id: u32,
    /// Type of the first protected sample entry before it was encrypted, `av01` say.
    pub codec: String,
    /// The scheme of that entry.
    pub scheme: Scheme,
    /// IDs of the keys that its samples needed.
    pub kids: Vec<KeyId>,
    /// Samples that were decrypted.
    pub protected_samples: u64,
    /// Whether the bytes tell that the keys fit.
    pub key_check: KeyCheck,
}

/// Decrypts `source` to the file `output`.
///
/// # Errors
/// - `Usage`: a key is missing, or does not fit; the output exists and `force` is not set.
/// - `Format`: the file is broken, or its maps do not fit its samples.
/// - `Unsupported`: it is no ISOBMFF file, or protected in a way that is not of Common Encryption.
/// - `Limit`, `Io`, `Interrupted`.
pub fn run(source: &Source, keys: &KeyRing, output: &Path, force: bool, control: &Control) -> Result<Report> {
    let mut outputs = Outputs::new(force);
    [Some(&source.input), source.init.as_ref()].into_iter().flatten().for_each(|input| outputs.keep(input));
    outputs.check_free(output)?;
    let decryption = Decryption::new(source, keys)?;
    let target = Target::new(outputs.file(output)?, output.display().to_string());
    let report = decryption.write(&target, control)?;
    control.check()?;
    outputs.commit()?;
    Ok(report)
}

/// Decrypts `source` to an unnamed temporary file.
///
/// # Errors
/// As [`run`].
pub fn to_temporary(source: &Source, keys: &KeyRing, control: &Control) -> Result<(Input, Report)> {
    let decryption = Decryption::new(source, keys)?;
    let cannot = |e| Error::io("cannot make a temporary file", e);
    let file = tempfile::tempfile().map_err(cannot)?;
    let kept: File = file.try_clone().map_err(cannot)?;
    let report = decryption.write(&Target::new(file, "temporary file".to_string()), control)?;
    Ok((Input::from_file(source.input.name(), kept)?, report))
}

/// A file that is known to be decryptable as far as its `moov` tells.
struct Decryption<'a> {
    input: &'a Input,
    movie: Movie,
    moves: Moves,
    /// Where the boxes end.
    size: u64,
    keys: &'a KeyRing,
}

impl<'a> Decryption<'a> {
    fn new(source: &'a Source, keys: &'a KeyRing) -> Result<Self> {
        let name = source.input.name();
        Decryption::measure(source, keys).map_err(|e| e.in_file(name))
    }

    fn measure(source: &'a Source, keys: &'a KeyRing) -> Result<Self> {
        let input = &source.input;
        let mut movie = source.init.as_ref().map(find_movie).transpose()?;
        let mut moves = Moves::default();
        let mut place = 0u64;
        for (index, header) in top_level(input).enumerate() {
            let header = header.map_err(|e| not_isobmff(e, index))?;
            moves.add(header.offset, place);
            let size = match &header.kind.0 {
                b"moov" => {
                    if movie.is_some() {
                        return Err(Error::format("a second `moov`").at(header.offset).clause("rule ISO-04"));
                    }
                    let read = Movie::read(input, &header)?;
                    let mut raw = read.raw.clone();
                    layout::clear_movie(&mut raw, &read.tracks);
                    movie = Some(read);
                    raw.size()
                }
                b"moof" => {
                    let mut raw = RawBox::read(&read_box(input, &header, BOX_LIMIT)?.as_child())?;
                    layout::clear_fragment(&mut raw);
                    raw.size()
                }
                _ => header.size,
            };
            place += size;
            // Only the box's start is mapped: what was inside has another shape.
            moves.add(header.offset + header.size, place);
        }
        let movie = movie.ok_or_else(|| {
            Error::format("it has no `moov`; give the init segment of a media segment with --init")
        })?;
        Ok(Decryption { input, movie, moves, size: input.len(), keys })
    }

    fn write(self, target: &Target, control: &Control) -> Result<Report> {
        let name = self.input.name();
        self.write_boxes(target, control).map_err(|e| e.in_file(name))
    }

    fn write_boxes(&self, target: &Target, control: &Control) -> Result<Report> {
        control.expect(self.size);
        let mut ciphers =
            Ciphers { keys: self.keys, movie: &self.movie, list: Vec::new(), known: HashMap::new() };
        let evidence: Vec<Evidence> = self.movie.tracks.iter().map(|_| Evidence::default()).collect();
        let mut counts = vec![0u64; self.movie.tracks.len()];
        let worker = || {
            let mut worker =
                Worker { decryption: self, target, evidence: &evidence, control, buffer: Vec::new() };
            move |job: Job| worker.run(job)
        };
        with_workers(control, worker, |queue| {
            let mut pending = Vec::new();
            if self.movie.is_protected() && self.movie.loaded.header.end() <= self.size {
                samples::of_movie(self.input, &self.movie, &mut pending)?;
            }
            let mut pending = Pending::new(pending)?;
            for header in top_level(self.input) {
                let header = header?;
                match &header.kind.0 {
                    b"moov" => {
                        let mut raw = self.movie.raw.clone();
                        layout::clear_movie(&mut raw, &self.movie.tracks);
                        layout::move_chunks(&mut raw, &self.moves)?;
                        self.put(target, &header, &raw)?;
                    }
                    b"moof" => {
                        let loaded = read_box(self.input, &header, BOX_LIMIT)?;
                        let mut found = Vec::new();
                        samples::of_fragment(self.input, &self.movie, &loaded.as_child(), &mut found)?;
                        pending.extend(found, header.end())?;
                        let mut raw = RawBox::read(&loaded.as_child())?;
                        layout::clear_fragment(&mut raw);
                        layout::move_fragment(&mut raw, header.offset, &self.moves)?;
                        self.put(target, &header, &raw)?;
                    }
                    b"sidx" => {
                        let mut raw = RawBox::read(&read_box(self.input, &header, BOX_LIMIT)?.as_child())?;
                        layout::move_index(&mut raw, header.end(), &self.moves)?;
                        self.put(target, &header, &raw)?;
                    }
                    b"mfra" => {
                        let mut raw = RawBox::read(&read_box(self.input, &header, BOX_LIMIT)?.as_child())?;
                        layout::move_random_access(&mut raw, &self.moves)?;
                        self.put(target, &header, &raw)?;
                    }
                    _ => {
                        let inside = pending.take(header.offset..header.end())?;
                        for sample in &inside {
                            counts[sample.track] += 1;
                        }
                        self.copy(header.offset..header.end(), inside, &mut ciphers, queue)?;
                    }
                }
            }
            pending.finish()
        })?;
        self.report(&ciphers, &evidence, &counts)
    }

    fn put(&self, target: &Target, header: &BoxHeader, raw: &RawBox) -> Result<()> {
        target.write(&raw.to_bytes(), self.moves.new_place(header.offset))
    }

    /// Queues a range of the input, with protected samples in it.
    fn copy(
        &self,
        range: Range<u64>,
        samples: Vec<Protected>,
        ciphers: &mut Ciphers<'_>,
        queue: &Queue<'_, Job>,
    ) -> Result<()> {
        let mut position = range.start;
        let mut batch = Vec::new();
        let mut bytes = 0;
        for sample in samples {
            self.copy_clear(position..sample.range.start, queue)?;
            position = sample.range.end;
            bytes += sample.range.end - sample.range.start;
            let cipher =
                ciphers.get(sample.track, &sample.protection).map_err(|e| e.at(sample.range.start))?;
            batch.push((sample, cipher));
            if bytes >= BATCH {
                queue.push(Job::Decrypt(std::mem::take(&mut batch)))?;
                bytes = 0;
            }
        }
        if !batch.is_empty() {
            queue.push(Job::Decrypt(batch))?;
        }
        self.copy_clear(position..range.end, queue)
    }

    fn copy_clear(&self, mut range: Range<u64>, queue: &Queue<'_, Job>) -> Result<()> {
        while !range.is_empty() {
            let end = range.end.min(range.start + BATCH);
            queue.push(Job::Copy(range.start..end))?;
            range.start = end;
        }
        Ok(())
    }

    fn report(&self, ciphers: &Ciphers<'_>, evidence: &[Evidence], counts: &[u64]) -> Result<Report> {
        let mut warnings = Vec::new();
        let mut tracks = Vec::new();
        for ((track, evidence), count) in self.movie.tracks.iter().zip(evidence).zip(counts) {
            let Some((entry, scheme)) = track.entries.iter().find_map(|e| Some((e, e.scheme?))) else {
                continue;
            };
            let mut kids: Vec<KeyId> =
                ciphers.known.keys().filter(|(id, _)| *id == track.id).map(|(_, p)| p.kid).collect();
            kids.sort_unstable();
            kids.dedup();
            let key_check = evidence.verdict();
            if key_check == KeyCheck::Failed {
                let list: Vec<String> = kids.iter().map(KeyId::to_string).collect();
                return Err(Error::usage(format!(
                    "the key for {} does not fit track {}: what it decrypts is noise",
                    list.join(", "),
                    track.id
                )));
            }
            tracks.push(TrackReport {
                id: track.id,
                codec: entry.format.to_string(),
                scheme,
                kids,
                protected_samples: *count,
                key_check,
            });
        }
        if tracks.is_empty() {
            warnings.push("nothing is encrypted; the output is a copy".to_string());
        }
        Ok(Report { version: 1, tracks, warnings })
    }
}

/// The `moov` of an init segment.
fn find_movie(init: &Input) -> Result<Movie> {
    for header in top_level(init) {
        let header = header.map_err(|e| e.in_file(init.name()))?;
        if header.kind == b"moov" {
            return Movie::read(init, &header).map_err(|e| e.in_file(init.name()));
        }
    }
    Err(Error::format("the init segment has no `moov`").in_file(init.name()))
}

/// What starts with no box at all is not a broken file but another kind of file.
fn not_isobmff(error: Error, boxes: usize) -> Error {
    if boxes == 0 && error.kind() == ErrorKind::Format {
        return Error::unsupported(format!(
            "it is no MP4 file, and only those are decrypted ({})",
            error.message()
        ));
    }
    error
}

/// The ciphers that were needed so far.
struct Ciphers<'a> {
    keys: &'a KeyRing,
    movie: &'a Movie,
    list: Vec<SampleCipher>,
    known: HashMap<(u32, Protection), usize>,
}

impl Ciphers<'_> {
    /// The cipher for a sample of a track.
    fn get(&mut self, track: usize, protection: &Protection) -> Result<SampleCipher> {
        let id = self.movie.tracks[track].id;
        if let Some(index) = self.known.get(&(id, *protection)) {
            return Ok(self.list[*index].clone());
        }
        let key = self.keys.get(&protection.kid).ok_or_else(|| self.missing(protection.kid))?;
        let cipher = SampleCipher::new(key, protection.scheme, protection.pattern)?;
        self.list.push(cipher.clone());
        self.known.insert((id, *protection), self.list.len() - 1);
        Ok(cipher)
    }

    /// Names all keys that are missing, as far as the sample entries tell.
    fn missing(&self, kid: KeyId) -> Error {
        let defaults = self.movie.tracks.iter().flat_map(|t| &t.entries).filter_map(|e| Some(e.default?.kid));
        let mut kids: Vec<KeyId> = defaults.chain([kid]).filter(|kid| self.keys.get(kid).is_none()).collect();
        kids.sort_unstable();
        kids.dedup();
        let list: Vec<String> = kids.iter().map(KeyId::to_string).collect();
        Error::usage(format!(
            "no key was given for key ID {}; give it with --key, --key-file or CMAF_KEYS",
            list.join(", ")
        ))
    }
}

/// Protected samples whose bytes are still to come, in the order of their bytes.
#[derive(Debug)]
struct Pending {
    samples: Vec<Protected>,
}

impl Pending {
    fn new(samples: Vec<Protected>) -> Result<Self> {
        let mut pending = Pending { samples: Vec::new() };
        pending.extend(samples, 0)?;
        Ok(pending)
    }

    /// Adds samples, which must lie behind `from`.
    fn extend(&mut self, samples: Vec<Protected>, from: u64) -> Result<()> {
        let early = samples.iter().find(|sample| sample.range.start < from);
        if let Some(sample) = early {
            return Err(Error::unsupported("media data that lies before its `moof` is not decrypted")
                .at(sample.range.start));
        }
        self.samples.extend(samples);
        self.samples.sort_by_key(|sample| sample.range.start);
        let overlap = self.samples.windows(2).find(|pair| pair[0].range.end > pair[1].range.start);
        match overlap {
            Some(pair) => Err(Error::format("two protected samples have bytes in common")
                .at(pair[1].range.start)
                .clause("rule ISO-14")),
            None => Ok(()),
        }
    }

    /// Takes out the samples of a box.
    fn take(&mut self, range: Range<u64>) -> Result<Vec<Protected>> {
        let count = self.samples.partition_point(|sample| sample.range.start < range.end);
        let found: Vec<Protected> = self.samples.drain(..count).collect();
        match found.iter().find(|sample| sample.range.start < range.start || sample.range.end > range.end) {
            Some(sample) => Err(outside(sample)),
            None => Ok(found),
        }
    }

    fn finish(&self) -> Result<()> {
        self.samples.first().map_or(Ok(()), |sample| Err(outside(sample)))
    }
}

fn outside(sample: &Protected) -> Error {
    Error::format("a protected sample does not lie within a box of media data")
        .at(sample.range.start)
        .clause("rule ISO-14")
}

enum Job {
    /// Bytes that stay as they are.
    Copy(Range<u64>),
    Decrypt(Vec<(Protected, SampleCipher)>),
}

struct Worker<'a> {
    decryption: &'a Decryption<'a>,
    target: &'a Target,
    evidence: &'a [Evidence],
    control: &'a Control,
    buffer: Vec<u8>,
}

impl Worker<'_> {
    fn run(&mut self, job: Job) -> Result<()> {
        match job {
            Job::Copy(range) => {
                self.read(&range)?;
                self.put(range.start)
            }
            Job::Decrypt(samples) => {
                samples.iter().try_for_each(|(sample, cipher)| self.sample(sample, cipher))
            }
        }
    }

    fn read(&mut self, range: &Range<u64>) -> Result<()> {
        self.buffer.resize((range.end - range.start) as usize, 0);
        self.decryption.input.read_exact_at(range.start, &mut self.buffer)
    }

    /// Writes the buffer, whose bytes came from `from`.
    fn put(&self, from: u64) -> Result<()> {
        self.target.write(&self.buffer, self.decryption.moves.new_place(from))?;
        self.control.advance(self.buffer.len() as u64);
        self.control.check()
    }

    fn sample(&mut self, sample: &Protected, cipher: &SampleCipher) -> Result<()> {
        let iv = sample.iv.block();
        if sample.range.end - sample.range.start > 2 * BATCH {
            return self.large_sample(sample, cipher);
        }
        self.read(&sample.range)?;
        cipher
            .decrypt_sample(&iv, &sample.subsamples, &mut self.buffer)
            .map_err(|e| e.at(sample.range.start))?;
        let track = &self.decryption.movie.tracks[sample.track];
        self.evidence[sample.track].add(sample, &track.entry(sample.description)?.codec, &self.buffer);
        self.put(sample.range.start)
    }

    /// Decrypts a sample part by part. Its key is not checked.
    fn large_sample(&mut self, sample: &Protected, cipher: &SampleCipher) -> Result<()> {
        let size = sample.range.end - sample.range.start;
        let mut range = cipher.start(&sample.iv.block(), Direction::Decrypt)?;
        let mut position = sample.range.start;
        // One protected range, which may be longer than a map entry can say.
        let whole = sample.subsamples.is_empty().then_some((0, size));
        let map = sample
            .subsamples
            .iter()
            .map(|Subsample { clear, protected }| (u64::from(*clear), u64::from(*protected)));
        for (clear, protected) in whole.into_iter().chain(map) {
            range.next_range();
            for (mut left, is_protected) in [(clear, false), (protected, true)] {
                while left > 0 {
                    let part = left.min(BATCH);
                    self.read(&(position..position + part))?;
                    if is_protected {
                        range.process(&mut self.buffer)?;
                    }
                    self.put(position)?;
                    position += part;
                    left -= part;
                }
            }
        }
        Ok(())
    }
}
