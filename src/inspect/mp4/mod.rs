//! ISO base media files of any kind: every track, whole files, init segments and media segments.
//!
//! Unlike the demuxer, which refuses what it can't package, this goes on behind what is broken, knows tracks of any
//! codec, and reads what is said of samples besides their place: marks, groups, encryption.

mod aux_info;
mod entry;
mod fragments;
mod groups;
mod index;
mod tables;
mod track;

use std::ops::Range;

pub(crate) use entry::Entry;
pub(in crate::inspect) use index::Indexes;
pub(crate) use track::Track;

use self::aux_info::{AuxBoxes, AuxInfo, AuxReader};
use self::groups::{Descriptions, Groups, descriptions};
use self::tables::Tables;
use super::av1::Scanner;
use super::sample::{Broken, Membership, Protected, Sample, Visitor};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::input::Input;
use crate::isobmff::boxes::{Ftyp, Mehd, Mvhd, Pssh, Sidx, Styp, Trex};
use crate::isobmff::{BoxHeader, Child, FourCC, LoadedBox, REGISTRY, read_box, top_level};

/// The most bytes of the movie box that are read into memory.
const MOOV_LIMIT: u64 = 64 << 20;

/// The most bytes of another box.
const BOX_LIMIT: u64 = 32 << 20;

/// More tracks than any file has.
const TRACK_LIMIT: usize = 100;

/// More `pssh` boxes than are listed.
const PSSH_LIMIT: usize = 1000;

/// Samples without a byte beyond which a file is taken for hostile.
const EMPTY_LIMIT: u64 = 1 << 20;

/// Whether the input starts with a box of a known type.
pub(crate) fn starts_with_box(input: &Input) -> bool {
    let first = top_level(input).lenient().next();
    first.and_then(Result::ok).is_some_and(|header| {
        header.uuid.is_some()
            || matches!(&header.kind.0, b"wide" | b"pdin")
            || REGISTRY.iter().any(|known| known.kind == header.kind)
    })
}

/// What `ftyp` or `styp` says.
#[derive(Debug, Clone)]
pub(crate) struct Brands {
    /// Whether it is a `styp`.
    pub segment: bool,
    pub major: FourCC,
    pub compatible: Vec<FourCC>,
}

impl Brands {
    /// Whether a brand is the major one or a compatible one.
    pub fn lists(&self, brand: &[u8; 4]) -> bool {
        self.major == brand || self.compatible.iter().any(|compatible| compatible == brand)
    }
}

/// A `pssh` box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundPssh {
    pub system_id: [u8; 16],
    pub kids: Vec<[u8; 16]>,
    /// In the movie box, not in a fragment.
    pub in_moov: bool,
}

/// An opened file.
pub(crate) struct Mp4 {
    input: Input,
    moov: Option<LoadedBox>,
    pub brands: Option<Brands>,
    /// Whether the movie box came from the init segment, not from the file itself.
    pub has_foreign_moov: bool,
    pub has_moov: bool,
    /// Whether the movie box announces fragments.
    pub has_mvex: bool,
    /// Movie fragments in the file.
    pub moofs: u64,
    /// Whether there is a `meta` box at the top, as in still pictures.
    pub has_meta: bool,
    pub has_mfra: bool,
    pub movie_timescale: Option<u32>,
    /// What `mehd` says, in the movie's timescale.
    pub fragment_duration: Option<u64>,
    pub tracks: Vec<Track>,
    pub pssh: Vec<FoundPssh>,
    pub(in crate::inspect) indexes: Indexes,
    pub notes: Vec<String>,
    /// The first thing that was wrong.
    pub error: Option<Error>,
}

impl Mp4 {
    /// Opens a file; a media segment takes its tracks from the movie box of `init`.
    ///
    /// # Errors
    /// `Io`. Everything else is kept in `error`.
    pub fn open(input: &Input, init: Option<&Input>) -> Result<Self> {
        let mut file = Mp4 {
            input: input.clone(),
            moov: None,
            brands: None,
            has_foreign_moov: false,
            has_moov: false,
            has_mvex: false,
            moofs: 0,
            has_meta: false,
            has_mfra: false,
            movie_timescale: None,
            fragment_duration: None,
            tracks: Vec::new(),
            pssh: Vec::new(),
            indexes: Indexes::default(),
            notes: Vec::new(),
            error: None,
        };
        file.scan()?;
        if let Some(moov) = file.moov.take() {
            file.has_moov = true;
            let result = file.movie(&moov.as_child());
            file.keep(result)?;
            file.moov = Some(moov);
        } else if file.moofs > 0 {
            if let Some(init) = init {
                file.foreign_movie(init)?;
            }
            fragments::find_tracks(&mut file)?;
        }
        Ok(file)
    }

    /// The file.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Keeps an error that does not end the work.
    fn keep(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error) if error.kind() == ErrorKind::Io || error.kind() == ErrorKind::Interrupted => {
                Err(error)
            }
            Err(error) => {
                self.error.get_or_insert(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Looks at the top-level boxes; takes in all small ones but the fragments.
    fn scan(&mut self) -> Result<()> {
        let input = self.input.clone();
        let mut boxes = top_level(&input).lenient();
        let mut at = 0;
        for header in boxes.by_ref() {
            let header = header?;
            self.indexes.box_at(header.offset);
            at = header.end();
            let result = self.top_level_box(&input, &header);
            self.keep(result)?;
        }
        self.indexes.box_at(at);
        if let Some(problem) = boxes.problem() {
            let error = Error::format(problem.message()).at(problem.offset().unwrap_or(at));
            self.error.get_or_insert(error);
        }
        Ok(())
    }

    fn top_level_box(&mut self, input: &Input, header: &BoxHeader) -> Result<()> {
        match &header.kind.0 {
            b"ftyp" if self.brands.as_ref().is_none_or(|brands| brands.segment) => {
                let ftyp: Ftyp = read_box(input, header, BOX_LIMIT)?.as_child().parse()?;
                let (major, compatible) = (ftyp.major_brand, ftyp.compatible_brands);
                self.brands = Some(Brands { segment: false, major, compatible });
            }
            b"styp" if self.brands.is_none() => {
                let styp: Styp = read_box(input, header, BOX_LIMIT)?.as_child().parse()?;
                let (major, compatible) = (styp.major_brand, styp.compatible_brands);
                self.brands = Some(Brands { segment: true, major, compatible });
            }
            b"moov" if self.moov.is_none() => self.moov = Some(read_box(input, header, MOOV_LIMIT)?),
            b"moov" => self.notes.push(format!("another moov at byte {} (rule ISO-04)", header.offset)),
            b"moof" => self.moofs += 1,
            b"meta" => self.has_meta = true,
            b"mfra" => self.has_mfra = true,
            b"sidx" => {
                let sidx = read_box(input, header, BOX_LIMIT)?;
                self.indexes.add(&sidx.as_child().parse::<Sidx<'_>>()?, header);
            }
            _ => {}
        }
        Ok(())
    }

    fn foreign_movie(&mut self, init: &Input) -> Result<()> {
        for header in top_level(init).lenient() {
            let header = header?;
            if header.kind == b"moov" {
                let moov = read_box(init, &header, MOOV_LIMIT)?;
                // What is wrong there is said of the init segment itself.
                let _ = self.movie(&moov.as_child());
                self.moov = Some(moov);
                self.has_foreign_moov = true;
                return Ok(());
            }
        }
        self.notes.push(format!("{} has no movie box (`moov`) and is no init segment", init.name()));
        Ok(())
    }

    fn movie(&mut self, moov: &Child<'_>) -> Result<()> {
        let mut result = match moov.reader().require_as::<Mvhd>() {
            Ok(mvhd) => {
                self.movie_timescale = Some(mvhd.timescale).filter(|timescale| *timescale != 0);
                Ok(())
            }
            Err(error) => Err(error),
        };
        let mut traks = 0;
        let mut extends = Vec::new();
        for child in moov.boxes() {
            let child = match child {
                Ok(child) => child,
                Err(error) => return result.and(Err(error)),
            };
            match &child.kind().0 {
                b"trak" if self.tracks.len() < TRACK_LIMIT => {
                    match Track::read(&child, traks) {
                        Ok(track) => self.tracks.push(track),
                        Err(error) => result = result.and(Err(error)),
                    }
                    traks += 1;
                }
                b"trak" => {
                    result = result.and(Err(Error::limit(format!("more than {TRACK_LIMIT} tracks"))));
                }
                b"mvex" => {
                    self.has_mvex = true;
                    for inner in child.boxes().map_while(Result::ok) {
                        if inner.kind() == b"trex" {
                            extends.extend(inner.parse::<Trex>().ok());
                        } else if let Ok(mehd) = inner.parse::<Mehd>()
                            && inner.kind() == b"mehd"
                        {
                            self.fragment_duration = Some(mehd.fragment_duration);
                        }
                    }
                }
                b"pssh" => self.add_pssh(&child, true),
                _ => {}
            }
        }
        for track in &mut self.tracks {
            match extends.iter().find(|trex| trex.track_id == track.id) {
                Some(trex) => track.trex = *trex,
                None if self.has_mvex => track.notes.push("the track has no trex (rule ISO-12)".to_owned()),
                None => {}
            }
        }
        result
    }

    fn add_pssh(&mut self, child: &Child<'_>, in_moov: bool) {
        if self.pssh.len() >= PSSH_LIMIT {
            return;
        }
        match child.parse::<Pssh>() {
            Ok(pssh) => {
                let kids = pssh.kids.unwrap_or_default();
                let found = FoundPssh { system_id: pssh.system_id, kids, in_moov };
                if !self.pssh.contains(&found) {
                    self.pssh.push(found);
                }
            }
            Err(error) => self.notes.push(error.to_string()),
        }
    }

    /// Walks over the samples of all tracks, or of one: first those of the movie box, then the fragments. What goes
    /// wrong is kept in `error` and the walk goes on.
    ///
    /// # Errors
    /// `Io`, `Interrupted`, and what the visitor returns.
    pub fn walk(&mut self, only: Option<usize>, visitor: &mut dyn Visitor, control: &Control) -> Result<()> {
        let mut tracks: Vec<TrackWalk> =
            self.tracks.iter().map(|track| TrackWalk::new(&self.input, track)).collect();
        let moov = self.moov.take();
        let mut movie_groups = Vec::new();
        for (index, track) in self.tracks.iter().enumerate() {
            let trak = moov.as_ref().zip(track.trak).and_then(|(moov, number)| nth_trak(moov, number));
            let stbl = trak.and_then(|trak| track::stbl(&trak).ok());
            movie_groups.push(stbl.as_ref().map(descriptions).unwrap_or_default());
            if let Some(stbl) = stbl
                && !self.has_foreign_moov
                && only.is_none_or(|only| only == index)
            {
                let mut walk =
                    SampleWalk { file: &self.input, track, index, visitor: &mut *visitor, control };
                let result = walk.tables(&stbl, &movie_groups[index], &mut tracks[index]);
                tracks[index].keep(result)?;
            }
        }
        self.moov = moov;
        if self.moofs > 0 {
            fragments::walk(self, only, &mut tracks, &movie_groups, visitor, control)?;
        }
        for walk in tracks {
            self.error = self.error.take().or(walk.error);
        }
        Ok(())
    }
}

fn nth_trak(moov: &LoadedBox, number: usize) -> Option<Child<'_>> {
    let boxes = moov.as_child().boxes().map_while(Result::ok);
    boxes.filter(|child| child.kind() == b"trak").nth(number)
}

/// Where the walk over one track is.
struct TrackWalk {
    scanner: Option<Scanner>,
    /// Sample entry that the scanner knows.
    description: u32,
    number: u64,
    /// Decode time behind the last sample.
    end: i64,
    bytes: u64,
    empty: u64,
    /// Hostile: no more samples are taken.
    done: bool,
    error: Option<Error>,
}

impl TrackWalk {
    fn new(input: &Input, track: &Track) -> Self {
        TrackWalk {
            scanner: track.is_av1().then(|| Scanner::new(input)),
            description: 0,
            number: 0,
            end: 0,
            bytes: 0,
            empty: 0,
            done: false,
            error: None,
        }
    }

    fn keep(&mut self, result: Result<()>) -> Result<()> {
        match result {
            Err(error) if error.kind() == ErrorKind::Io || error.kind() == ErrorKind::Interrupted => {
                Err(error)
            }
            Err(error) => {
                self.error.get_or_insert(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Gives samples of one track to a visitor.
struct SampleWalk<'a> {
    file: &'a Input,
    track: &'a Track,
    index: usize,
    visitor: &'a mut dyn Visitor,
    control: &'a Control,
}

impl SampleWalk<'_> {
    fn tables(
        &mut self,
        stbl: &crate::isobmff::Reader<'_>,
        movie: &[Descriptions],
        walk: &mut TrackWalk,
    ) -> Result<()> {
        let mut tables = match Tables::read(stbl) {
            Ok(Some(tables)) => tables,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.visitor.broken(self.index, &Sample::default(), Broken::Tables, &error)?;
                return Err(error);
            }
        };
        let mut groups = Groups::read(stbl, movie, &[]);
        let is_protected = self.track.entries.iter().any(|entry| entry.is_protected);
        let aux = if is_protected { AuxBoxes::find(stbl, 0)? } else { None };
        let mut aux = aux.as_ref().map(|aux| aux.reader(self.file));
        let mut sample = Sample::default();
        loop {
            let found = match tables.next() {
                Ok(Some(found)) => found,
                Ok(None) => break,
                Err(error) => {
                    sample.number = walk.number + 1;
                    self.visitor.broken(self.index, &sample, Broken::Tables, &error)?;
                    return Err(error);
                }
            };
            sample.offset = found.offset;
            sample.size = found.size;
            sample.time = Some(found.time);
            sample.duration = Some(found.duration);
            sample.composition_offset = found.composition_offset;
            sample.marks = Some(found.marks);
            sample.description = found.description;
            groups.next(&mut sample.groups);
            self.protect(&mut sample, &mut aux, found.chunk, walk)?;
            if !self.sample(&mut sample, walk)? {
                break;
            }
        }
        Ok(())
    }

    /// Finds out how the sample is protected.
    fn protect(
        &mut self,
        sample: &mut Sample,
        aux: &mut Option<AuxReader<'_>>,
        run: usize,
        walk: &mut TrackWalk,
    ) -> Result<()> {
        sample.number = walk.number + 1;
        let entry = self.track.entry(sample.description);
        let is_protected = match entry {
            Some(entry) => entry.is_protected,
            None => aux.is_some(),
        };
        if !is_protected {
            sample.protection = None;
            return Ok(());
        }
        let tenc = entry.and_then(|entry| entry.protection.as_ref()?.tenc.as_ref());
        let seig = sample.groups.iter().find_map(Membership::seig);
        let (is_protected, iv_size, kid, has_constant_iv) = match (seig, tenc) {
            (Some(seig), _) => (
                seig.is_protected == 1,
                Some(seig.per_sample_iv_size),
                Some(seig.kid),
                seig.constant_iv.is_some(),
            ),
            (None, Some(tenc)) => (
                tenc.default_is_protected == 1,
                Some(tenc.default_per_sample_iv_size),
                Some(tenc.default_kid),
                tenc.default_constant_iv.is_some(),
            ),
            (None, None) => (true, None, None, false),
        };
        let info = match aux.as_mut().map(|aux| aux.next(iv_size, run)) {
            Some(Ok(info)) => info,
            Some(Err(error)) => {
                *aux = None;
                self.visitor.broken(self.index, sample, Broken::Protection, &error)?;
                walk.error.get_or_insert(error.sample(sample.number));
                None
            }
            None => None,
        };
        let described = info.is_some() || has_constant_iv;
        let mut info = info.unwrap_or_default();
        if info.map.is_empty() {
            (info.clear, info.protected) = if is_protected { (0, sample.size) } else { (sample.size, 0) };
        }
        let AuxInfo { iv, map, clear, protected } = info;
        sample.protection = Some(Protected {
            is_protected,
            kid: kid.filter(|_| is_protected),
            iv,
            map,
            clear,
            protected,
            described: described || !is_protected,
        });
        Ok(())
    }

    /// Looks into the sample and gives it to the visitor. False where no more samples are to come.
    fn sample(&mut self, sample: &mut Sample, walk: &mut TrackWalk) -> Result<bool> {
        if walk.done {
            return Ok(false);
        }
        walk.number += 1;
        sample.number = walk.number;
        if walk.number.is_multiple_of(256) {
            self.control.check()?;
        }
        let end =
            sample.time.zip(sample.duration).map(|(time, duration)| time.saturating_add_unsigned(duration));
        walk.end = end.unwrap_or(walk.end);
        let broken = self.check(sample, walk);
        sample.is_missing = broken.is_some();
        let index = self.index;
        if let Some(error) = broken {
            self.visitor.broken(index, sample, Broken::Place, &error)?;
            walk.error.get_or_insert(error.at(sample.offset).sample(sample.number));
        }
        self.visitor.unit(index, sample)?;
        let is_av1 = match self.track.entry(sample.description) {
            Some(entry) => entry.format == b"av01",
            None => false,
        };
        let scanner = walk.scanner.as_mut().filter(|_| is_av1 && self.visitor.wants_obus());
        if let Some(scanner) = scanner {
            if sample.description != walk.description {
                walk.description = sample.description;
                let entry = self.track.entry(sample.description);
                if let Some(config) = entry.and_then(|entry| entry.av1.as_ref()) {
                    scanner.configure(config);
                }
            }
            // Where there are no subsamples the headers are encrypted too.
            let is_opaque = sample.protection.as_ref().is_some_and(|p| p.is_protected && p.map.is_empty());
            if is_opaque || sample.is_missing {
                scanner.opaque_unit();
            } else {
                let range: Range<u64> = sample.offset..sample.offset + sample.size;
                let visitor = &mut *self.visitor;
                scanner.sample(range, &mut |seen| visitor.obu(seen))?;
                if let Some(error) = scanner.unit.error.take() {
                    self.visitor.broken(index, sample, Broken::Obus, &error)?;
                    walk.error.get_or_insert(error.sample(sample.number));
                }
            }
            self.visitor.sample(index, sample, Some(&scanner.unit))?;
        } else {
            self.visitor.sample(index, sample, None)?;
        }
        Ok(!walk.done)
    }

    /// What is wrong with the sample's place.
    fn check(&self, sample: &Sample, walk: &mut TrackWalk) -> Option<Error> {
        let len = self.file.len();
        walk.bytes = walk.bytes.saturating_add(sample.size);
        walk.empty += u64::from(sample.size == 0);
        if walk.bytes > len.saturating_mul(2).saturating_add(1 << 20) || walk.empty > EMPTY_LIMIT {
            walk.done = true;
            let message = "the samples have more bytes than the file: they overlap, or there are too many";
            return Some(Error::format(message).clause("rule ISO-14"));
        }
        match sample.offset.checked_add(sample.size) {
            Some(end) if end <= len => None,
            _ => Some(
                Error::format(format!(
                    "truncated: a sample of {} bytes, the file ends at {len}",
                    sample.size
                ))
                .clause("rule ISO-10"),
            ),
        }
    }
}
