//! What a check sees of a file.

use super::gathered::Gathered;
use crate::error::Error;
use crate::findings::{Finding, Rule};
use crate::inspect::av1::{SeenObu, UnitScan};
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::{Broken, Sample};
use crate::isobmff::boxes::{SampleEntry, Tfdt, Tfhd, Trun};
use crate::isobmff::{BoxHeader, Child, LoadedBox, ParseBox};

/// More sample entries than any track has.
const ENTRY_LIMIT: usize = 1000;

/// Looks for breaches of a family of rules. It is called for all that is in a file, in the order of the methods: each
/// box at the top, the header, each movie fragment; then each OBU and sample; then the end. What it needs from earlier
/// calls it keeps.
#[allow(unused_variables)]
pub(super) trait Check {
    /// A box at the top.
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {}

    /// The boxes before the media, once, when the first fragment begins or the file ends.
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {}

    /// A movie fragment, when its media data was seen.
    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {}

    /// An OBU of an AV1 sample whose header is clear.
    fn obu(&mut self, track: &Track, sample: &Sample, seen: &SeenObu<'_>, found: &mut Gathered) {}

    /// Something of a sample can't be read; [`Check::sample`] of it comes next, if it comes.
    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, error: &Error, found: &mut Gathered) {}

    /// A sample; `scan` is there for AV1.
    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {}

    /// All was seen.
    fn end(&mut self, file: &Mp4, found: &mut Gathered) {}
}

/// The boxes that stand before the media.
pub(super) struct Header<'a> {
    /// The tracks, as they are read for all purposes.
    pub(super) file: &'a Mp4,
    /// `ftyp`, the first one.
    pub(super) ftyp: Option<Child<'a>>,
    /// `moov`, the first one.
    pub(super) moov: Option<Child<'a>>,
}

impl<'a> Header<'a> {
    /// Each `trak` with what is known of its track.
    pub(super) fn traks(&self) -> impl Iterator<Item = Trak<'a>> {
        let boxes = self.moov.iter().flat_map(|moov| moov.boxes().map_while(Result::ok));
        let traks = boxes.filter(|child| child.kind() == b"trak").enumerate();
        let file = self.file;
        traks.filter_map(|(number, trak)| {
            let track = file.tracks.iter().find(|track| track.trak == Some(number))?;
            Some(Trak { child: trak, track, path: format!("moov/trak[{}]", number + 1) })
        })
    }
}

/// A `trak`.
pub(super) struct Trak<'a> {
    pub(super) child: Child<'a>,
    /// What is known of the track.
    pub(super) track: &'a Track,
    /// As findings name it: `moov/trak[1]`.
    pub(super) path: String,
}

impl<'a> Trak<'a> {
    /// The first box of a path such as `mdia/minf`.
    pub(super) fn find(&self, path: &str) -> Option<Child<'a>> {
        path.split('/').try_fold(self.child, |parent, kind| {
            parent.boxes().map_while(Result::ok).find(|child| child.kind().0 == kind.as_bytes())
        })
    }

    /// The first box of a path, read, with its offset, where it can be read.
    pub(super) fn read<T: ParseBox<'a>>(&self, path: &str) -> Option<(u64, T)> {
        let child = self.find(path)?;
        Some((child.header.offset, child.parse().ok()?))
    }

    /// The sample entries, each with its box.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Child<'a>, SampleEntry)> {
        let stsd = self.find("mdia/minf/stbl/stsd").map(|stsd| stsd.reader());
        let boxes = stsd.into_iter().filter_map(|mut r| {
            r.skip(8).ok()?;
            Some(r.boxes())
        });
        let entries = boxes.flatten().map_while(Result::ok).take(ENTRY_LIMIT);
        entries.filter_map(|child| Some((child, SampleEntry::read(&child).ok()?)))
    }

    /// Begins a finding in a box of the track.
    pub(super) fn finding(
        &self,
        found: &Gathered,
        rule: &'static Rule,
        (path, offset): (&str, u64),
        message: impl Into<String>,
    ) -> Finding {
        let finding = found.finding(rule, offset, message).path(format!("{}/{path}", self.path));
        finding.context("track", self.track.id.to_string())
    }
}

/// A box at the top that stands before a fragment.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) header: BoxHeader,
    /// Its content, unless it is large.
    pub(super) loaded: Option<LoadedBox>,
}

impl Before {
    /// The box with its content, unless it is large.
    pub(super) fn child(&self) -> Option<Child<'_>> {
        self.loaded.as_ref().map(LoadedBox::as_child)
    }
}

/// A `moof`, and what stands around it.
pub(super) struct MovieFragment<'a> {
    /// From 1.
    pub(super) number: u64,
    /// The tracks.
    pub(super) file: &'a Mp4,
    /// The box.
    pub(super) moof: Child<'a>,
    /// Boxes at the top since the media data before.
    pub(super) before: &'a [Before],
    /// The media data behind it, if any.
    pub(super) mdat: Option<&'a BoxHeader>,
    /// Its `traf` boxes that could be read.
    pub(super) trafs: Vec<Traf<'a>>,
}

impl MovieFragment<'_> {
    /// Offset of the `moof`.
    pub(super) fn offset(&self) -> u64 {
        self.moof.header.offset
    }

    /// As findings name it: `moof[3]`.
    pub(super) fn path(&self) -> String {
        format!("moof[{}]", self.number)
    }
}

/// A track's part of a movie fragment.
pub(super) struct Traf<'a> {
    /// As findings name it: `moof[3]/traf[1]`.
    pub(super) path: String,
    /// The box.
    pub(super) child: Child<'a>,
    /// Its track, where the header has it.
    pub(super) track: Option<&'a Track>,
    pub(super) tfhd: Tfhd,
    pub(super) tfdt: Option<Tfdt>,
    /// Its runs with the offset of each box.
    pub(super) runs: Vec<(u64, Trun<'a>)>,
    /// What its samples are, defaults resolved.
    pub(super) samples: Vec<RunSample>,
}

/// A sample as a run has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunSample {
    /// Of its first byte.
    pub(super) offset: u64,
    pub(super) size: u64,
    /// In ticks of the track.
    pub(super) duration: u64,
    pub(super) composition_offset: i64,
    pub(super) flags: crate::isobmff::boxes::SampleFlags,
}
