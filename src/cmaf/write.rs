//! Writing a track: one file with an index, or a header and segments.

use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::cut::{self, Fragment};
use super::fragment::{self, Chunk};
use super::index::{self, AccessPoint};
use super::payload::{PayloadWriter, with_payload};
use super::protection::Protection;
use super::track::Track;
use super::{brand, header};
use crate::control::Control;
use crate::error::{Error, Result};
use crate::isobmff::Writer;
use crate::output::{Outputs, Target};
use crate::time::Seconds;

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
    /// As `NAME.mp4`, or in the folder `NAME`.
    pub layout: Layout,
}

/// Where a track is cut.
#[derive(Debug, Clone, Copy)]
pub struct Durations {
    /// What fragments are to last.
    pub fragment: Seconds,
    /// What segments are to last.
    pub segment: Seconds,
    /// What chunks are to last, where fragments are to have more than one.
    pub chunk: Option<Seconds>,
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
    /// Presentation time of its first sample, in ticks.
    pub earliest_presentation_time: u64,
    /// Ticks.
    pub duration: u64,
    /// Its first access point.
    pub access: AccessPoint,
}

/// A track as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Names of the files, as they lie below the output folder.
    pub files: Vec<String>,
    /// Fragments in order.
    pub fragments: Vec<WrittenFragment>,
}

/// Writes a track. The files get their names when `outputs` is committed.
///
/// # Errors
/// `Usage` where an output exists, `Limit` where something does not fit its field, `Io`, `Interrupted`.
pub fn write(
    track: &Track,
    destination: &Destination<'_>,
    durations: &Durations,
    mut protection: Option<Protection>,
    outputs: &mut Outputs,
    control: &Control,
) -> Result<Written> {
    let samples = track.samples.samples();
    let fragments = cut::fragments(samples, track.start, track.timescale, durations.fragment);
    control.expect(samples.iter().map(|s| u64::from(s.size)).sum());
    let cipher = protection.as_ref().map(|p| p.cipher.clone());
    let mut header = Writer::new();
    header::write(&mut header, track, protection.as_ref());
    with_payload(track, cipher.as_ref(), control, |payload| {
        let mut writer = TrackWriter {
            track,
            fragments: &fragments,
            chunk_duration: durations.chunk,
            protection: protection.as_mut(),
            sequence_number: 0,
            payload,
            boxes: Writer::new(),
            written: Vec::with_capacity(fragments.len()),
        };
        let files = match destination.layout {
            Layout::Single => writer.single(header, destination, outputs)?,
            Layout::Segments => writer.segments(header, durations.segment, destination, outputs)?,
        };
        Ok(Written { files, fragments: writer.written })
    })
}

struct TrackWriter<'a> {
    track: &'a Track,
    fragments: &'a [Fragment],
    chunk_duration: Option<Seconds>,
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
    ) -> Result<Vec<String>> {
        let file_name = format!("{}.mp4", destination.name);
        let target = target(outputs.file(&destination.folder.join(&file_name))?, &file_name);
        let mut offset = header.len() as u64 + index::size(self.fragments.len(), self.track.start);
        for index in 0..self.fragments.len() {
            offset = self.fragment(index, 0, &target, offset)?;
        }
        let sizes: Vec<u64> = self.written.iter().map(|f| f.size).collect();
        index::write(
            &mut header,
            self.track.timescale,
            self.track.samples.samples(),
            self.fragments,
            &sizes,
        )?;
        target.write(header.as_bytes(), 0)?;
        Ok(vec![file_name])
    }

    fn segments(
        &mut self,
        header: Writer,
        duration: Seconds,
        destination: &Destination<'_>,
        outputs: &mut Outputs,
    ) -> Result<Vec<String>> {
        let name = destination.name;
        let place = outputs.folder(&destination.folder.join(name))?;
        let create = |file: &str| {
            let shown = format!("{name}/{file}");
            let created = File::create_new(place.join(file))
                .map_err(|e| Error::io("cannot be made", e).in_file(&shown))?;
            Ok::<_, Error>(target(created, &shown))
        };
        create("init.mp4")?.write(header.as_bytes(), 0)?;
        let mut files = vec![format!("{name}/init.mp4")];
        for (number, fragments) in
            cut::segments(self.fragments, self.track.timescale, duration).into_iter().enumerate()
        {
            let file = format!("{}.m4s", number + 1);
            let target = create(&file)?;
            self.segment(fragments, files.len(), &target)?;
            files.push(format!("{name}/{file}"));
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
        cut::chunks(samples, &self.fragments[index], self.track.timescale, self.chunk_duration)
    }

    /// Writes a fragment at `start`, and returns the offset behind it.
    fn fragment(&mut self, index: usize, file: usize, target: &Arc<Target>, start: u64) -> Result<u64> {
        let samples = self.track.samples.samples();
        let fragment = &self.fragments[index];
        let mut offset = start;
        let mut time = fragment.start;
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
            offset += self.boxes.len() as u64;
            time += samples[chunk.samples.clone()].iter().map(|s| u64::from(s.duration)).sum::<u64>();
            self.payload.chunk(chunk.samples, target, offset, ivs.as_ref())?;
            offset += size;
        }
        self.written.push(WrittenFragment {
            file,
            offset: start,
            size: offset - start,
            earliest_presentation_time: fragment.start,
            duration: fragment.duration,
            access: AccessPoint::of(samples, fragment),
        });
        Ok(offset)
    }
}

fn target(file: File, name: &str) -> Arc<Target> {
    Arc::new(Target::new(file, name.to_string()))
}
