//! Extraction: the elementary stream of an AV1 track, as an OBU stream, Annex B or IVF.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use crate::av1::{ObuType, obus, write_leb128};
use crate::cenc::KeyRing;
use crate::cmaf::codec::{Options as CodecOptions, av1};
use crate::cmaf::{Detail, Piece, Track};
use crate::control::Control;
use crate::decrypt;
use crate::demux::{self, TrackKind};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::output::Outputs;
use crate::time::{FrameRate, gcd};

/// How an elementary stream is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// The low-overhead bitstream format (AV1 § 5.2), each temporal unit behind a temporal delimiter.
    Obu,
    /// The length-delimited bitstream format (AV1 Annex B).
    AnnexB,
    /// IVF.
    Ivf,
}

impl Framing {
    /// What an output's name asks for: `.ivf`, `.obu`, or `.av1b` for Annex B.
    ///
    /// # Errors
    /// `Usage` for another name.
    pub fn of_name(path: &Path) -> Result<Self> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("ivf") => Ok(Framing::Ivf),
            Some("obu" | "av1") => Ok(Framing::Obu),
            Some("av1b" | "annexb") => Ok(Framing::AnnexB),
            _ => Err(Error::usage(
                "the name does not tell the format; end it in .ivf, .obu, or .av1b for Annex B",
            )
            .in_file(path.display().to_string())),
        }
    }
}

/// How to extract.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The framing of the output.
    pub framing: Framing,
    /// Which AV1 track, from 1, where there are several.
    pub track: Option<usize>,
    /// Frames per second, for IVF from an input without times.
    pub frame_rate: Option<FrameRate>,
    /// Replaces an output that exists.
    pub force: bool,
}

/// What was extracted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// The `codecs` parameter.
    pub codec: String,
    /// Temporal units written.
    pub temporal_units: usize,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A temporal unit over this is not held in memory to be framed anew.
const LARGEST_UNIT: u32 = 256 << 20;

/// Writes the elementary stream of `input` to `output`.
///
/// # Errors
/// `Unsupported` where there is no AV1 track; `Usage` where there are several and none is chosen, or the key of an
/// encrypted one is not in `keys`; else as for packaging.
pub fn run(
    input: &Input,
    output: &Path,
    options: &Options,
    keys: &KeyRing,
    control: &Control,
) -> Result<Report> {
    let mut outputs = Outputs::new(options.force);
    outputs.keep(input);
    outputs.check_free(output)?;
    let track = open(input, options, keys, control)?;
    let file = outputs.file(output)?;
    let mut writer =
        StreamWriter { out: BufWriter::with_capacity(1 << 20, file), name: output.display().to_string() };
    writer.stream(&track, options.framing, control).map_err(|e| e.in_file(input.name()))?;
    outputs.commit()?;
    Ok(Report {
        version: 1,
        codec: track.entries.first().map(|e| e.codec.clone()).unwrap_or_default(),
        temporal_units: track.samples.samples().len(),
        warnings: track.warnings,
    })
}

fn open(input: &Input, options: &Options, keys: &KeyRing, control: &Control) -> Result<Track> {
    let opened = demux::open(input, &demux::Options::default())?;
    let mut tracks: Vec<demux::Track> =
        opened.tracks.into_iter().filter(|track| track.kind == TrackKind::Av1).collect();
    let count = tracks.len();
    let number = match (options.track, count) {
        (_, 0) => return Err(Error::unsupported("it has no AV1 track").in_file(input.name())),
        (None, 1) => 1,
        (None, _) => {
            return Err(Error::usage(format!("it has {count} AV1 tracks; choose one with --track"))
                .in_file(input.name()));
        }
        (Some(number), _) if (1..=count).contains(&number) => number,
        (Some(number), _) => {
            return Err(
                Error::usage(format!("--track {number}: it has {count} AV1 tracks")).in_file(input.name())
            );
        }
    };
    let source = tracks.swap_remove(number - 1);
    if source.protected {
        let source = decrypt::Source { input: input.clone(), init: None };
        let (clear, _) = decrypt::to_temporary(&source, keys, control)?;
        return open(&clear, options, keys, control);
    }
    let mut frame_rate = options.frame_rate;
    if options.framing != Framing::Ivf && source.timescale.is_none() {
        // Only IVF has times; any rate does for the others.
        frame_rate = frame_rate.or(FrameRate::new(25, 1));
    }
    av1::build(source, opened.container, &CodecOptions { frame_rate, protect: None }, control)
}

struct StreamWriter {
    out: BufWriter<File>,
    name: String,
}

impl StreamWriter {
    fn stream(&mut self, track: &Track, framing: Framing, control: &Control) -> Result<()> {
        let samples = track.samples.samples();
        // The coarsest clock in which all times are whole.
        let tick = samples.iter().fold(track.start, |tick, s| gcd(tick, s.duration.into()));
        let tick = gcd(tick, track.timescale.into()).max(1);
        if framing == Framing::Ivf {
            self.ivf_header(track, tick)?;
        }
        let mut time = track.start;
        let mut unit = Vec::new();
        for (index, sample) in samples.iter().enumerate() {
            control.check()?;
            if sample.size > LARGEST_UNIT {
                return Err(Error::limit(format!("a temporal unit of {} bytes", sample.size))
                    .sample(index as u64 + 1));
            }
            read_sample(track, index, &mut unit)?;
            match framing {
                Framing::Obu => self.put(&[&DELIMITER, &unit])?,
                Framing::Ivf => {
                    let size = sample.size + DELIMITER.len() as u32;
                    self.put(&[&size.to_le_bytes(), &(time / tick).to_le_bytes(), &DELIMITER, &unit])?;
                }
                Framing::AnnexB => {
                    let unit = annexb_unit(&unit)?;
                    let mut size = Vec::new();
                    write_leb128(unit.len() as u64, &mut size);
                    self.put(&[&size, &unit])?;
                }
            }
            time += u64::from(sample.duration);
        }
        self.out.flush().map_err(|e| self.cannot_write(e))
    }

    fn ivf_header(&mut self, track: &Track, tick: u64) -> Result<()> {
        let dimension = |n: u32| u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes();
        let rate = u32::try_from(u64::from(track.timescale) / tick).unwrap_or(track.timescale);
        let frames = u32::try_from(track.samples.samples().len()).unwrap_or(u32::MAX);
        self.put(&[
            b"DKIF\x00\x00\x20\x00AV01",
            &dimension(track.presentation_size.0),
            &dimension(track.presentation_size.1),
            &rate.to_le_bytes(),
            &1u32.to_le_bytes(),
            &frames.to_le_bytes(),
            &[0; 4],
        ])
    }

    fn put(&mut self, parts: &[&[u8]]) -> Result<()> {
        parts.iter().try_for_each(|part| self.out.write_all(part)).map_err(|e| self.cannot_write(e))
    }

    fn cannot_write(&self, source: std::io::Error) -> Error {
        Error::io("cannot write", source).in_file(&self.name)
    }
}

/// A temporal delimiter OBU with its size field.
const DELIMITER: [u8; 2] = [0x12, 0];

fn read_sample(track: &Track, index: usize, unit: &mut Vec<u8>) -> Result<()> {
    let mut detail = Detail::default();
    track.samples.details(index..index + 1)?.next_into(&mut detail);
    unit.clear();
    for piece in &detail.pieces {
        match piece {
            Piece::Inline(bytes) => unit.extend_from_slice(bytes),
            Piece::Source(range) => {
                let at = unit.len();
                unit.resize(at + (range.end - range.start) as usize, 0);
                track.payload.read_exact_at(range.start, &mut unit[at..])?;
            }
        }
    }
    Ok(())
}

/// The content of a `temporal_unit( sz )`: a frame unit for each frame, OBUs without size fields.
fn annexb_unit(sample: &[u8]) -> Result<Vec<u8>> {
    // Frame units as ranges of this list of OBUs.
    let mut list: Vec<Vec<u8>> = vec![vec![DELIMITER[0] & !HAS_SIZE]];
    let mut units: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    let mut frame_end = None;
    for obu in obus(sample) {
        let obu = obu?;
        let kind = obu.header.kind;
        if matches!(kind, ObuType::Frame | ObuType::FrameHeader)
            && let Some(end) = frame_end.take()
        {
            // What stands between two frames belongs to the second.
            units.push(start..end);
            start = end;
        }
        let mut bytes = vec![obu.header.byte & !HAS_SIZE];
        bytes.extend(obu.header.extension.map(|extension| extension.byte));
        bytes.extend_from_slice(obu.payload);
        list.push(bytes);
        if matches!(kind, ObuType::Frame | ObuType::FrameHeader | ObuType::TileGroup) {
            frame_end = Some(list.len());
        }
    }
    units.push(start..list.len());
    let mut out = Vec::with_capacity(sample.len() + 16);
    let mut frame_unit = Vec::new();
    for unit in units {
        frame_unit.clear();
        for obu in &list[unit] {
            write_leb128(obu.len() as u64, &mut frame_unit);
            frame_unit.extend_from_slice(obu);
        }
        write_leb128(frame_unit.len() as u64, &mut out);
        out.extend_from_slice(&frame_unit);
    }
    Ok(out)
}

/// `obu_has_size_field` in an OBU header's first byte.
const HAS_SIZE: u8 = 0b10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annex_b_puts_each_frame_in_a_unit_of_its_own() {
        // Sequence header, frame, metadata, frame header, tile group, padding: payloads of a byte each.
        let obu = |kind: u8| [kind << 3 | 2, 1, kind];
        let sample: Vec<u8> = [1, 6, 5, 3, 4, 15].into_iter().flat_map(obu).collect();
        let short = |kind: u8| [2, kind << 3, kind];
        let mut expected = vec![8, 1, 0x10];
        expected.extend([1, 6].into_iter().flat_map(short));
        expected.push(12);
        expected.extend([5, 3, 4, 15].into_iter().flat_map(short));
        assert_eq!(annexb_unit(&sample).unwrap(), expected);
    }
}
