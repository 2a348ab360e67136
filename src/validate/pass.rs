//! The two readings of a file: its boxes, then its samples.

use super::check::{Before, Check, Header, MovieFragment, RunSample, Traf};
use super::gathered::Gathered;
use super::table::ISO_02;
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::input::Input;
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Broken, Sample, Visitor};
use crate::isobmff::boxes::{SampleFlags, Tfhd, Trun};
use crate::isobmff::{BoxHeader, Child, LoadedBox, read_box, top_level};

/// The most bytes of a box that is read into memory.
const BOX_LIMIT: u64 = 64 << 20;
/// Boxes between the media data of two fragments that are kept.
const BEFORE_LIMIT: usize = 1000;
/// Bytes of them that are kept.
const BEFORE_BYTES: u64 = 4 << 20;
/// Samples of a run that are kept, where nothing is stored of each so that their number costs no bytes.
const RUN_LIMIT: usize = 1 << 20;

/// Reads box by box.
///
/// # Errors
/// `Io`, `Interrupted`; `Unsupported` where nothing is a box.
pub(super) fn boxes(
    file: &Mp4,
    checks: &mut dyn Check,
    found: &mut Gathered,
    control: &Control,
) -> Result<()> {
    let input = file.input();
    let mut reading = Reading {
        file,
        input,
        ftyp: None,
        moov: None,
        header_done: false,
        before: Vec::new(),
        before_bytes: 0,
        pending: None,
        fragments: 0,
    };
    let mut boxes = top_level(input).lenient();
    for header in boxes.by_ref() {
        control.check()?;
        reading.top_level(&header?, checks, found)?;
    }
    let problem = boxes.problem().map(|problem| (problem.offset(), problem.message()));
    reading.fragment(None, checks, found);
    reading.header(checks, found);
    if let Some((offset, message)) = problem {
        found.say(&ISO_02, offset.unwrap_or(input.len()), message);
    }
    Ok(())
}

struct Reading<'a> {
    file: &'a Mp4,
    input: &'a Input,
    ftyp: Option<LoadedBox>,
    moov: Option<LoadedBox>,
    header_done: bool,
    /// Since the last media data.
    before: Vec<Before>,
    /// Bytes kept of them.
    before_bytes: u64,
    /// A `moof` whose media data is to come, with what stood before it.
    pending: Option<(LoadedBox, Vec<Before>)>,
    fragments: u64,
}

impl Reading<'_> {
    fn top_level(&mut self, header: &BoxHeader, checks: &mut dyn Check, found: &mut Gathered) -> Result<()> {
        checks.top_level(header, found);
        match &header.kind.0 {
            b"ftyp" if self.ftyp.is_none() => self.ftyp = self.load(header)?,
            b"moov" if self.moov.is_none() => self.moov = self.load(header)?,
            b"moof" => {
                self.fragment(None, checks, found);
                self.header(checks, found);
                let before = std::mem::take(&mut self.before);
                self.pending = self.load(header)?.map(|moof| (moof, before));
            }
            b"mdat" => {
                self.fragment(Some(header), checks, found);
                self.before.clear();
                self.before_bytes = 0;
            }
            _ if self.before.len() < BEFORE_LIMIT => {
                let fits = self.before_bytes.saturating_add(header.size) <= BEFORE_BYTES;
                let loaded = if fits { self.load(header)? } else { None };
                self.before_bytes += loaded.as_ref().map_or(0, |_| header.size);
                self.before.push(Before { header: *header, loaded });
            }
            _ => {}
        }
        Ok(())
    }

    /// None where it is cut off or too large, which the rules about boxes tell.
    fn load(&self, header: &BoxHeader) -> Result<Option<LoadedBox>> {
        match read_box(self.input, header, BOX_LIMIT) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(error) if error.kind() == ErrorKind::Io => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn header(&mut self, checks: &mut dyn Check, found: &mut Gathered) {
        if std::mem::replace(&mut self.header_done, true) {
            return;
        }
        let header = Header {
            file: self.file,
            ftyp: self.ftyp.as_ref().map(LoadedBox::as_child),
            moov: self.moov.as_ref().map(LoadedBox::as_child),
        };
        checks.header(&header, found);
    }

    fn fragment(&mut self, mdat: Option<&BoxHeader>, checks: &mut dyn Check, found: &mut Gathered) {
        let Some((moof, before)) = self.pending.take() else { return };
        self.fragments += 1;
        let child = moof.as_child();
        let mut trafs: Vec<Traf<'_>> = Vec::new();
        let mut end = moof.header.offset;
        // What can't be read is told by the rules about boxes.
        for part in child.boxes().map_while(Result::ok).filter(|part| part.kind() == b"traf") {
            let path = format!("moof[{}]/traf[{}]", self.fragments, trafs.len() + 1);
            trafs.extend(traf(self.file, part, path, moof.header.offset, &mut end));
        }
        let fragment = MovieFragment {
            number: self.fragments,
            file: self.file,
            moof: child,
            before: &before,
            mdat,
            trafs,
        };
        checks.fragment(&fragment, found);
    }
}

/// Reads a `traf`; `end` is where the data of the one before ends, and becomes where its own does.
fn traf<'a>(file: &'a Mp4, child: Child<'a>, path: String, moof: u64, end: &mut u64) -> Result<Traf<'a>> {
    let r = child.reader();
    let tfhd: Tfhd = r.require_as()?;
    let tfdt = r.find_as()?;
    let track = file.tracks.iter().find(|track| track.id == tfhd.track_id);
    let base = match tfhd.base_data_offset {
        Some(base) => base,
        None if tfhd.default_base_is_moof => moof,
        None => *end,
    };
    let trex = track.map(|track| track.trex).unwrap_or_default();
    let size = tfhd.default_sample_size.unwrap_or(trex.default_sample_size);
    let duration = tfhd.default_sample_duration.unwrap_or(trex.default_sample_duration);
    let flags = tfhd.default_sample_flags.unwrap_or(SampleFlags(trex.default_sample_flags));
    let mut runs = Vec::new();
    let mut samples: Vec<RunSample> = Vec::new();
    let mut at = base;
    for part in child.boxes() {
        let part = part?;
        if part.kind() != b"trun" {
            continue;
        }
        let trun: Trun<'a> = part.parse()?;
        if let Some(offset) = trun.header.data_offset {
            at = base.saturating_add_signed(offset.into());
        }
        for (number, sample) in trun.samples().enumerate() {
            if samples.len() >= RUN_LIMIT {
                break;
            }
            let size = u64::from(sample.size.unwrap_or(size));
            let first = trun.header.first_sample_flags.filter(|_| number == 0);
            samples.push(RunSample {
                offset: at,
                size,
                duration: sample.duration.unwrap_or(duration).into(),
                composition_offset: sample.composition_time_offset.unwrap_or(0),
                flags: first.or(sample.flags).unwrap_or(flags),
            });
            at = at.saturating_add(size);
        }
        runs.push((part.header.offset, trun));
    }
    *end = at;
    Ok(Traf { path, child, track, tfhd, tfdt, runs, samples })
}

/// Reads sample by sample, and comes to the end.
///
/// # Errors
/// `Io`, `Interrupted`.
pub(super) fn samples(
    file: &mut Mp4,
    checks: &mut dyn Check,
    found: &mut Gathered,
    control: &Control,
) -> Result<()> {
    let tracks = file.tracks.clone();
    let mut samples = Samples { tracks: &tracks, checks, found, current: (0, Sample::default()) };
    file.walk(None, &mut samples, control)?;
    checks.end(file, found);
    Ok(())
}

struct Samples<'a> {
    tracks: &'a [Track],
    checks: &'a mut dyn Check,
    found: &'a mut Gathered,
    /// The sample whose OBUs are read.
    current: (usize, Sample),
}

impl Visitor for Samples<'_> {
    fn unit(&mut self, track: usize, sample: &Sample) -> Result<()> {
        self.current = (track, sample.clone());
        Ok(())
    }

    fn obu(&mut self, seen: &SeenObu<'_>) -> Result<()> {
        let (track, sample) = &self.current;
        self.checks.obu(&self.tracks[*track], sample, seen, self.found);
        Ok(())
    }

    fn sample(&mut self, track: usize, sample: &Sample, scan: Option<&UnitScan>) -> Result<()> {
        self.checks.sample(&self.tracks[track], sample, scan, self.found);
        Ok(())
    }

    fn broken(&mut self, track: usize, sample: &Sample, part: Broken, error: &Error) -> Result<()> {
        self.checks.broken(&self.tracks[track], sample, part, error, self.found);
        Ok(())
    }
}
