//! Writing a track: one file with an index, or a header and segments.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::cut::{self, Cuts, Fragment};
use super::fragment::{self, Chunk};
use super::index::{self, AccessPoint};
use super::payload::{PayloadWriter, with_payload};
use super::protection::Protection;
use super::sample::Dependency;
use super::template::{INIT_SEGMENT, SegmentTemplate};
use super::track::{Media, Track};
use super::{brand, header};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::isobmff::Writer;
use crate::output::{Outputs, Target};

/// How a track is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One file: header, `sidx`, fragments.
    Single,
    /// `init.mp4` and numbered media segments in a folder.
    Segments,
}

/// Where a track goes.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// The folder, which is made if need be.
    pub folder: &'a Path,
    /// Name of the track.
    pub name: &'a str,
    /// As one file, or in a folder of its own.
    pub layout: Layout,
    /// How the files of segments are called.
    pub template: &'a SegmentTemplate,
}

impl Destination<'_> {
    /// Names of the files that [`write`] makes of a track, below the output folder, the header's first.
    pub fn files(&self, track: &Track, cuts: &Cuts) -> Vec<String> {
        let Layout::Segments = self.layout else { return vec![format!("{}.mp4", self.name)] };
        let folder = self.template.folder(self.name);
        let mut files = vec![format!("{folder}/{INIT_SEGMENT}")];
        for (number, fragments) in cuts.segments.iter().enumerate() {
            let time = presentation_start(track, &cuts.fragments[fragments.start]);
            let file = self.template.file(self.name, number as u64 + 1, time);
            files.push(format!("{folder}/{file}"));
        }
        files
    }
}

/// When a fragment is presented, the edit list applied.
fn presentation_start(track: &Track, fragment: &Fragment) -> u64 {
    fragment.earliest_composition(track.samples.samples()).saturating_sub(track.presented_from)
}

/// A fragment as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenFragment {
    /// Index into [`Written::files`].
    pub file: usize,
    /// Offset of its first `moof` in that file.
    pub offset: u64,
    /// Bytes, of all its chunks.
    pub size: u64,
    /// Presentation time of what is presented first, the edit list applied, in ticks.
    pub earliest_presentation_time: u64,
    /// How long it is presented, in ticks.
    pub duration: u64,
    /// Its first access point.
    pub access: AccessPoint,
    /// Of video, its sync samples that can be read by themselves: those at the start of a chunk. In front of another,
    /// its chunk has samples that a player would take for the picture.
    pub sync_samples: Vec<WrittenSyncSample>,
}

/// A sync sample of video as it was written, for players that show nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenSyncSample {
    /// Presentation time in ticks.
    pub time: u64,
    /// Offset of the `moof` that describes it, in the fragment's file.
    pub offset: u64,
    /// Bytes from there to the end of the sample.
    pub size: u64,
}

/// A track as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Names of the files, as they lie below the output folder.
    pub files: Vec<String>,
    /// Bytes of the header, `ftyp` and `moov`, with which the first file begins.
    pub header_size: u64,
    /// Where the `sidx` is in the only file.
    pub index: Option<Range<u64>>,
    /// Fragments in order.
    pub fragments: Vec<WrittenFragment>,
    /// Segments as ranges of fragments.
    pub segments: Vec<Range<usize>>,
}

/// Writes a track. The files get their names when `outputs` is committed.
///
/// # Errors
/// `Usage` where an output exists, `Limit` where something does not fit its field, `Io`, `Interrupted`.
pub fn write(
    track: &Track,
    destination: &Destination<'_>,
    cuts: &Cuts,
    mut protection: Option<Protection>,
    outputs: &mut Outputs,
    control: &Control,
) -> Result<Written> {
    let samples = track.samples.samples();
    control.expect(samples.iter().map(|s| u64::from(s.size)).sum());
    let cipher = protection.as_ref().map(|p| p.cipher.clone());
    let mut header = Writer::new();
    header::write(&mut header, track, protection.as_ref());
    let header_size = header.len() as u64;
    with_payload(track, cipher.as_ref(), control, |payload| {
        let mut writer = TrackWriter {
            track,
            cuts,
            protection: protection.as_mut(),
            sequence_number: 0,
            payload,
            boxes: Writer::new(),
            written: Vec::with_capacity(cuts.fragments.len()),
        };
        let (files, index) = match destination.layout {
            Layout::Single => writer.single(header, destination, outputs)?,
            Layout::Segments => (writer.segments(header, destination, outputs)?, None),
        };
        let fragments = writer.written;
        Ok(Written { files, header_size, index, fragments, segments: cuts.segments.clone() })
    })
}

struct TrackWriter<'a> {
    track: &'a Track,
    cuts: &'a Cuts,
    protection: Option<&'a mut Protection>,
    sequence_number: u32,
    payload: &'a PayloadWriter<'a>,
    /// Room for boxes under construction.
    boxes: Writer,
    written: Vec<WrittenFragment>,
}

impl TrackWriter<'_> {
    fn single(
        &mut self,
        mut header: Writer,
        destination: &Destination<'_>,
        outputs: &mut Outputs,
    ) -> Result<(Vec<String>, Option<Range<u64>>)> {
        let files = destination.files(self.track, self.cuts);
        let target =
            target(outputs.file(&destination.folder.join(&files[0]))?, shown(destination, &files[0]));
        let index_at = header.len() as u64;
        let mut offset = index_at + index::size(self.cuts.fragments.len(), self.track);
        for index in 0..self.cuts.fragments.len() {
            offset = self.fragment(index, 0, &target, offset)?;
        }
        index::write(&mut header, self.track, &self.written)?;
        target.write(header.as_bytes(), 0)?;
        Ok((files, Some(index_at..header.len() as u64)))
    }

    fn segments(
        &mut self,
        header: Writer,
        destination: &Destination<'_>,
        outputs: &mut Outputs,
    ) -> Result<Vec<String>> {
        let template = destination.template;
        let folder = template.folder(destination.name);
        let place = outputs.folder(&destination.folder.join(&folder), |name| template.is_output(name))?;
        let create = |path: &str| {
            let file = path.rsplit('/').next().unwrap_or(path);
            let created = File::create_new(place.join(file))
                .map_err(|e| Error::io("cannot be made", e).in_file(shown(destination, path)))?;
            Ok::<_, Error>(target(created, shown(destination, path)))
        };
        let files = destination.files(self.track, self.cuts);
        create(&files[0])?.write(header.as_bytes(), 0)?;
        for (index, fragments) in self.cuts.segments.iter().enumerate() {
            let file = index + 1;
            self.segment(fragments.clone(), file, &create(&files[file])?)?;
        }
        Ok(files)
    }

    fn segment(&mut self, fragments: Range<usize>, file: usize, target: &Arc<Target>) -> Result<()> {
        let one_chunk = fragments.len() == 1 && self.chunks(fragments.start).len() == 1;
        let mut styp = Writer::new();
        brand::segment_type(&mut styp, fragments.len() == 1, one_chunk);
        target.write(styp.as_bytes(), 0)?;
        let mut offset = styp.len() as u64;
        for index in fragments {
            offset = self.fragment(index, file, target, offset)?;
        }
        Ok(())
    }

    fn chunks(&self, index: usize) -> Vec<Range<usize>> {
        let samples = self.track.samples.samples();
        cut::chunks(samples, &self.cuts.fragments[index], self.track.timescale, self.cuts.chunk)
    }

    /// Writes a fragment at `start`, and returns the offset behind it.
    fn fragment(&mut self, index: usize, file: usize, target: &Arc<Target>, start: u64) -> Result<u64> {
        let samples = self.track.samples.samples();
        let fragment = &self.cuts.fragments[index];
        let mut offset = start;
        let mut time = fragment.start;
        let mut sync_samples = Vec::new();
        for chunk in self.chunks(index) {
            self.sequence_number = self
                .sequence_number
                .checked_add(1)
                .ok_or_else(|| Error::limit("more chunks than can be numbered"))?;
            let chunk = Chunk { samples: chunk, start: time, sequence_number: self.sequence_number };
            self.boxes.clear();
            let protection = self.protection.as_deref_mut();
            let (size, ivs) = fragment::write(&mut self.boxes, self.track, protection, &chunk)?;
            target.write(self.boxes.as_bytes(), offset)?;
            if self.track.media == Media::Video {
                sync_samples.extend(self.sync_sample(&chunk, offset));
            }
            offset += self.boxes.len() as u64;
            time += samples[chunk.samples.clone()].iter().map(|s| u64::from(s.duration)).sum::<u64>();
            self.payload.chunk(chunk.samples, target, offset, ivs.as_ref())?;
            offset += size;
        }
        let composed = fragment.earliest_composition(samples);
        // What lies before the edit is not presented.
        let hidden = self.track.presented_from.saturating_sub(composed).min(fragment.duration);
        self.written.push(WrittenFragment {
            file,
            offset: start,
            size: offset - start,
            earliest_presentation_time: composed.saturating_sub(self.track.presented_from),
            duration: fragment.duration - hidden,
            access: AccessPoint::of(samples, fragment),
            sync_samples,
        });
        Ok(offset)
    }

    /// The sync sample with which a chunk starts, if it does. Its `moof` is written at `offset`, the header of its
    /// `mdat` behind.
    fn sync_sample(&self, chunk: &Chunk, offset: u64) -> Option<WrittenSyncSample> {
        let sample = self.track.samples.samples()[chunk.samples.clone()].first()?;
        let composed = chunk.start.saturating_add_signed(sample.composition_offset.into());
        (sample.dependency == Dependency::Sync).then(|| WrittenSyncSample {
            time: composed.saturating_sub(self.track.presented_from),
            offset,
            size: self.boxes.len() as u64 + u64::from(sample.size),
        })
    }
}

fn target(file: File, name: String) -> Arc<Target> {
    Arc::new(Target::new(file, name))
}

/// A file below the output folder, as the user would write it.
fn shown(destination: &Destination<'_>, file: &str) -> String {
    destination.folder.join(file).display().to_string()
}
