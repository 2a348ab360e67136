//! The protected samples of a fragment, or of a movie without fragments: where they lie, and their maps.

use std::ops::Range;

use super::entry::{Protection, of_piff_override};
use super::groups::Groups;
use super::movie::{Movie, Track};
use crate::cenc::{Iv, Subsample, check_span};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::isobmff::boxes::{
    ChunkOffsets, Saio, Saiz, SampleSizes, Senc, SencEntries, SencEntry, Stsc, SubsampleEntry, Tfhd, Trun,
};
use crate::isobmff::{Boxes, Child, Reader};

/// A sample that must be decrypted.
#[derive(Debug, Clone)]
pub(super) struct Protected {
    /// Its bytes in the input.
    pub(super) range: Range<u64>,
    /// Index of its track.
    pub(super) track: usize,
    /// Its sample entry, from 1.
    pub(super) description: u32,
    pub(super) protection: Protection,
    pub(super) iv: Iv,
    /// Empty where all of it is one protected range.
    pub(super) subsamples: Vec<Subsample>,
}

/// Takes in samples one after the other.
struct Collector<'a> {
    input: &'a Input,
    track: &'a Track,
    track_index: usize,
    out: &'a mut Vec<Protected>,
    /// Bytes of all samples; more than the input has would be an endless table.
    bytes: u64,
    number: u64,
}

impl Collector<'_> {
    fn sample(
        &mut self,
        offset: u64,
        size: u32,
        description: u32,
        auxiliary: &mut Auxiliary<'_>,
        protection: Option<Protection>,
    ) -> Result<()> {
        self.number += 1;
        let end =
            offset.checked_add(size.into()).filter(|end| *end <= self.input.len()).ok_or_else(|| {
                Error::format(format!("sample of {size} bytes runs out of the file"))
                    .at(offset)
                    .sample(self.number)
            })?;
        self.bytes += u64::from(size);
        if self.bytes > self.input.len() {
            return Err(Error::format("the samples have more bytes than the file").sample(self.number));
        }
        let own_iv = protection.map_or(0, |p| p.iv_size);
        let entry = auxiliary.next(own_iv).map_err(|e| e.sample(self.number))?;
        let Some(protection) = protection else { return Ok(()) };
        let fail =
            |message: &str, clause| Err(Error::format(message).at(offset).sample(self.number).clause(clause));
        let (iv, subsamples) = match (entry, protection.constant_iv) {
            (Some(entry), constant) => {
                let iv = match constant {
                    Some(iv) => iv,
                    None => Iv::from_bytes(&entry.iv)?,
                };
                (iv, entry.subsamples)
            }
            (None, Some(iv)) => (iv, Vec::new()),
            (None, None) => return fail("a protected sample without IV", "rule ENC-42"),
        };
        if !subsamples.is_empty() {
            check_span(&subsamples, size.into()).map_err(|e| e.at(offset).sample(self.number))?;
        }
        if size > 0 {
            let track = self.track_index;
            self.out.push(Protected { range: offset..end, track, description, protection, iv, subsamples });
        }
        Ok(())
    }
}

/// What `senc` or `saiz` and `saio` say of a sample.
struct AuxiliaryEntry {
    iv: Vec<u8>,
    subsamples: Vec<Subsample>,
}

/// Where the auxiliary information of samples is read from.
enum Auxiliary<'a> {
    Senc(SencEntries<'a>),
    /// Sizes, offsets in the file of runs, and the place in the current run.
    Elsewhere {
        input: &'a Input,
        sizes: Saiz<'a>,
        runs: Vec<u64>,
        run: usize,
        position: u64,
        index: u32,
    },
    Absent,
}

impl Auxiliary<'_> {
    /// The next sample's entry; none where there is no information at all.
    fn next(&mut self, iv_size: u8) -> Result<Option<AuxiliaryEntry>> {
        let map = |entry: &SubsampleEntry| Subsample {
            clear: entry.bytes_of_clear_data,
            protected: entry.bytes_of_protected_data,
        };
        match self {
            Auxiliary::Senc(entries) => {
                let missing =
                    || Error::format("`senc` has fewer entries than there are samples").clause("rule ENC-20");
                let SencEntry { initialization_vector, subsamples } = match entries.next_with(iv_size) {
                    Some(entry) => entry?,
                    // An entry without IV and subsamples has no byte.
                    None if iv_size == 0 => return Ok(None),
                    None => return Err(missing()),
                };
                let subsamples = subsamples.iter().map(|s| map(&s)).collect();
                Ok(Some(AuxiliaryEntry { iv: initialization_vector.to_vec(), subsamples }))
            }
            Auxiliary::Elsewhere { input, sizes, position, index, .. } => {
                let Some(size) = sizes.get(*index) else {
                    return if iv_size == 0 {
                        Ok(None)
                    } else {
                        Err(Error::format("`saiz` has fewer entries than there are samples")
                            .clause("rule ENC-21"))
                    };
                };
                *index += 1;
                let bytes = input.read_vec(*position, size.into())?;
                let mut r = Reader::new(&bytes, *position);
                *position += u64::from(size);
                if size == 0 {
                    return Ok(None);
                }
                let iv = r.bytes(iv_size.into())?.to_vec();
                let mut subsamples = Vec::new();
                if !r.is_empty() {
                    let count = r.u16()?;
                    let table = r.table::<SubsampleEntry>(count.into())?;
                    subsamples.extend(table.iter().map(|s| map(&s)));
                }
                Ok(Some(AuxiliaryEntry { iv, subsamples }))
            }
            Auxiliary::Absent => Ok(None),
        }
    }

    /// A run of samples (a `trun`, a chunk) begins.
    fn start_run(&mut self) {
        if let Auxiliary::Elsewhere { runs, run, position, .. } = self {
            if let Some(start) = runs.get(*run) {
                *position = *start;
            }
            *run += 1;
        }
    }
}

/// The boxes of a `traf` or an `stbl` that speak of protection.
struct ProtectionBoxes<'a> {
    senc: Option<Senc<'a>>,
    saiz: Option<Saiz<'a>>,
    saio: Option<Saio>,
}

impl<'a> ProtectionBoxes<'a> {
    fn read(boxes: Boxes<'a>) -> Result<Self> {
        let mut found = ProtectionBoxes { senc: None, saiz: None, saio: None };
        for child in boxes {
            let child: Child<'a> = child?;
            let is_cenc =
                |kind: Option<[u8; 4]>| kind.is_none_or(|k| crate::cenc::Scheme::from_fourcc(k).is_some());
            match &child.kind().0 {
                b"senc" => found.senc = Some(child.parse()?),
                b"uuid" if child.header.uuid == Some(Senc::PIFF_UUID) && found.senc.is_none() => {
                    found.senc = Some(Senc::parse_piff(&mut child.reader())?);
                }
                b"saiz" => {
                    let saiz: Saiz<'a> = child.parse()?;
                    if is_cenc(saiz.aux_info_type.map(|t| t.aux_info_type.0)) {
                        found.saiz = Some(saiz);
                    }
                }
                b"saio" => {
                    let saio: Saio = child.parse()?;
                    if is_cenc(saio.aux_info_type.map(|t| t.aux_info_type.0)) {
                        found.saio = Some(saio);
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// `base` is what the offsets of `saio` count from.
    fn auxiliary<'s>(&'s self, input: &'s Input, base: u64) -> Result<Auxiliary<'s>> {
        match (&self.senc, &self.saiz, &self.saio) {
            (Some(senc), ..) => Ok(Auxiliary::Senc(senc.entries(0))),
            (None, Some(saiz), Some(saio)) => {
                let runs =
                    saio.offset.iter().map(|offset| base.checked_add(*offset)).collect::<Option<Vec<_>>>();
                let runs = runs.ok_or_else(|| Error::format("an offset of `saio` is too large"))?;
                Ok(Auxiliary::Elsewhere { input, sizes: saiz.clone(), runs, run: 0, position: 0, index: 0 })
            }
            _ => Ok(Auxiliary::Absent),
        }
    }
}

/// Adds the protected samples of a `moof` to `out`, in the order of their boxes.
///
/// # Errors
/// `Format` with offset, box and sample where something does not fit.
pub(super) fn of_fragment(
    input: &Input,
    movie: &Movie,
    moof: &Child<'_>,
    out: &mut Vec<Protected>,
) -> Result<()> {
    let start = moof.header.offset;
    // Where the data of the track fragment before ends.
    let mut data_end = start;
    for traf in moof.boxes().filter(|child| child.as_ref().map_or(true, |c| c.kind() == b"traf")) {
        let traf = traf?;
        let tfhd: Tfhd = traf.reader().require_as()?;
        let track_index = movie.index_of(tfhd.track_id).map_err(|e| e.at(traf.header.offset))?;
        let track = &movie.tracks[track_index];
        let description = tfhd.sample_description_index.unwrap_or(track.default_sample_description_index);
        let base = match tfhd.base_data_offset {
            Some(base) => base,
            None if tfhd.default_base_is_moof => start,
            None => data_end,
        };
        let entry = if track.is_protected() { Some(track.entry(description)?) } else { None };
        let boxes = ProtectionBoxes::read(traf.boxes())?;
        let groups = Groups::read(traf.boxes(), track.groups.as_ref(), true)?;
        let mut cursor = groups.cursor();
        let default = match boxes.senc.as_ref().and_then(|senc| senc.piff_override.as_ref()) {
            Some(piff) => of_piff_override(piff)?,
            None => entry.and_then(|entry| entry.default),
        };
        let mut auxiliary =
            boxes.auxiliary(input, if tfhd.base_data_offset.is_some() { base } else { start })?;
        let mut collector = Collector { input, track, track_index, out, bytes: 0, number: 0 };
        let mut position = base;
        for trun in traf.boxes().filter(|child| child.as_ref().map_or(true, |c| c.kind() == b"trun")) {
            let trun = trun?;
            let (offset, path) = (trun.header.offset, trun.path());
            let trun: Trun<'_> = trun.parse()?;
            if let Some(data_offset) = trun.header.data_offset {
                position = base.checked_add_signed(data_offset.into()).ok_or_else(|| {
                    Error::format(format!("data offset {data_offset} leads before the file"))
                        .at(offset)
                        .within(path)
                })?;
            }
            auxiliary.start_run();
            let default_size = tfhd.default_sample_size.unwrap_or(track.default_sample_size);
            if !trun.header.has_size && default_size == 0 {
                continue;
            }
            for sample in trun.samples() {
                let size = sample.size.unwrap_or(default_size);
                match entry {
                    Some(entry) => {
                        let protection = cursor.next(entry, default)?;
                        let number = collector.number + 1;
                        collector
                            .sample(position, size, description, &mut auxiliary, protection)
                            .map_err(|e| e.sample(number).within(path))?;
                    }
                    // Only its place matters, to tell where the next track fragment's data begins.
                    None if !trun.header.has_size => {
                        position = position.saturating_add(u64::from(size) * u64::from(trun.sample_count));
                        break;
                    }
                    None => {}
                }
                position = position.saturating_add(size.into());
            }
        }
        data_end = position;
    }
    Ok(())
}

/// Adds the protected samples that a `moov` itself lists to `out`, track by track.
///
/// # Errors
/// As [`of_fragment`].
pub(super) fn of_movie(input: &Input, movie: &Movie, out: &mut Vec<Protected>) -> Result<()> {
    let mut track_index = 0;
    for trak in movie.loaded.reader().boxes() {
        let trak = trak?;
        if trak.kind() != b"trak" {
            continue;
        }
        let track = &movie.tracks[track_index];
        if track.is_protected() {
            let minf = trak.reader().require(b"mdia")?.reader().require(b"minf")?;
            let stbl = minf.reader().require(b"stbl")?;
            of_table(input, track, track_index, &stbl, out)?;
        }
        track_index += 1;
    }
    Ok(())
}

fn of_table(
    input: &Input,
    track: &Track,
    track_index: usize,
    stbl: &Child<'_>,
    out: &mut Vec<Protected>,
) -> Result<()> {
    let tables = stbl.reader();
    let sizes = SampleSizes::find(&tables)?;
    if sizes.sample_count == 0 {
        return Ok(());
    }
    let chunks = ChunkOffsets::find(&tables)?;
    let stsc: Stsc<'_> = tables.require_as()?;
    let boxes = ProtectionBoxes::read(stbl.boxes())?;
    let groups = Groups::read(stbl.boxes(), track.groups.as_ref(), false)?;
    let mut cursor = groups.cursor();
    let mut auxiliary = boxes.auxiliary(input, 0)?;
    let mut collector = Collector { input, track, track_index, out, bytes: 0, number: 0 };
    let mut runs = stsc.entries.iter().peekable();
    let mut run = runs.next().ok_or_else(|| Error::format("`stsc` is empty").clause("rule ISO-10"))?;
    let mut sample = 0u32;
    for chunk in 0..chunks.len() {
        while let Some(next) = runs.next_if(|next| u64::from(next.first_chunk) <= chunk as u64 + 1) {
            run = next;
        }
        let mut position = chunks.get(chunk).unwrap_or(0);
        auxiliary.start_run();
        for _ in 0..run.samples_per_chunk {
            let Some(size) = sizes.get(sample) else { break };
            let entry = collector.track.entry(run.sample_description_index)?;
            let protection = cursor.next(entry, entry.default)?;
            collector
                .sample(position, size, run.sample_description_index, &mut auxiliary, protection)
                .map_err(|e| e.within(stbl.path()))?;
            position = position.saturating_add(size.into());
            sample += 1;
        }
    }
    if sample < sizes.sample_count {
        let count = sizes.sample_count;
        return Err(Error::format(format!("{count} samples, the chunks hold {sample}"))
            .at(stbl.header.offset)
            .within(stbl.path())
            .clause("rule ISO-10"));
    }
    Ok(())
}
