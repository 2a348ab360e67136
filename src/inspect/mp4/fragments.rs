//! Samples of movie fragments.

use super::aux_info::AuxBoxes;
use super::groups::{Descriptions, Groups, descriptions};
use super::{BOX_LIMIT, Mp4, SampleWalk, TRACK_LIMIT, Track, TrackWalk};
use crate::control::Control;
use crate::error::{Error, ErrorKind, Result};
use crate::inspect::sample::{Fragment, Marks, Sample, Visitor};
use crate::isobmff::boxes::{SampleFlags, Tfdt, Tfhd, Trun};
use crate::isobmff::{Child, LoadedBox, read_box, top_level};

/// Lists the tracks of fragments that no movie box describes.
pub(super) fn find_tracks(file: &mut Mp4) -> Result<()> {
    let input = file.input.clone();
    for header in top_level(&input).lenient() {
        let header = header?;
        if header.kind != b"moof" || header.is_truncated() || header.size > BOX_LIMIT {
            continue;
        }
        let moof = read_box(&input, &header, BOX_LIMIT)?;
        for traf in trafs(&moof) {
            let Ok(tfhd) = traf.reader().require_as::<Tfhd>() else { continue };
            let is_known = file.tracks.iter().any(|track| track.id == tfhd.track_id);
            if !is_known && file.tracks.len() < TRACK_LIMIT {
                if file.has_foreign_moov {
                    file.notes.push(format!("the init segment has no track {}", tfhd.track_id));
                }
                let mut track = Track::unknown(tfhd.track_id);
                track.timescale = file.indexes.timescale(track.id);
                file.tracks.push(track);
            }
        }
    }
    Ok(())
}

fn trafs(moof: &LoadedBox) -> impl Iterator<Item = Child<'_>> {
    moof.as_child().boxes().map_while(Result::ok).filter(|child| child.kind() == b"traf")
}

/// Walks over all fragments.
pub(super) fn walk(
    file: &mut Mp4,
    only: Option<usize>,
    tracks: &mut [TrackWalk],
    movie_groups: &[Vec<Descriptions>],
    visitor: &mut dyn Visitor,
    control: &Control,
) -> Result<()> {
    let input = file.input.clone();
    let mut number = 0;
    for header in top_level(&input).lenient() {
        let header = header?;
        if header.kind != b"moof" {
            continue;
        }
        number += 1;
        control.check()?;
        let moof = match read_box(&input, &header, BOX_LIMIT) {
            Ok(moof) => moof,
            Err(error) if error.kind() == ErrorKind::Io => return Err(error),
            Err(error) => {
                file.error.get_or_insert(error);
                continue;
            }
        };
        let result = one(file, (number, &moof), only, tracks, movie_groups, visitor, control);
        file.keep(result)?;
    }
    Ok(())
}

fn one(
    file: &mut Mp4,
    (number, moof): (u64, &LoadedBox),
    only: Option<usize>,
    tracks: &mut [TrackWalk],
    movie_groups: &[Vec<Descriptions>],
    visitor: &mut dyn Visitor,
    control: &Control,
) -> Result<()> {
    let moof_offset = moof.header.offset;
    // Without a base, the first track's data starts with the moof, that of others behind the track before.
    let mut previous_end = moof_offset;
    let mut broken = Ok(());
    for child in moof.as_child().boxes() {
        let child = child?;
        if child.kind() == b"pssh" {
            file.add_pssh(&child, false);
        }
        if child.kind() != b"traf" {
            continue;
        }
        let tfhd: Tfhd = child.reader().require_as()?;
        let base = match tfhd.base_data_offset {
            Some(base) => base,
            None if tfhd.default_base_is_moof => moof_offset,
            None => previous_end,
        };
        let Some(index) = file.tracks.iter().position(|track| track.id == tfhd.track_id) else {
            let message = format!("a fragment of track {}, which the movie box does not have", tfhd.track_id);
            broken = broken.and(Err(child.reader().error(message)));
            continue;
        };
        let wanted = only.is_none_or(|only| only == index);
        let mut run = SampleWalk {
            file: &file.input,
            track: &file.tracks[index],
            index,
            visitor: &mut *visitor,
            control,
        };
        let place =
            Place { number, moof_offset, base, aux_base: tfhd.base_data_offset.unwrap_or(moof_offset) };
        let result = run.traf(&child, &tfhd, place, &movie_groups[index], &mut tracks[index], wanted);
        match result {
            Ok((end, fragment)) => {
                previous_end = end;
                if let Some(fragment) = fragment.filter(|fragment| wanted && fragment.samples > 0) {
                    let track = &file.tracks[index];
                    let is_edited = !track.edits.is_empty();
                    file.indexes.fragment(track.id, track.timescale, is_edited, &fragment);
                    visitor.fragment(index, &fragment)?;
                }
            }
            Err(error) => tracks[index].keep(Err(error))?,
        }
    }
    broken
}

/// What offsets of a track fragment count from.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The fragment's, from 1.
    number: u64,
    moof_offset: u64,
    base: u64,
    aux_base: u64,
}

impl SampleWalk<'_> {
    /// Walks over a track fragment. Gives the offset behind its data.
    fn traf(
        &mut self,
        traf: &Child<'_>,
        tfhd: &Tfhd,
        place: Place,
        movie: &[Descriptions],
        walk: &mut TrackWalk,
        wanted: bool,
    ) -> Result<(u64, Option<Fragment>)> {
        let r = traf.reader();
        let trex = &self.track.trex;
        let size = tfhd.default_sample_size.unwrap_or(trex.default_sample_size);
        let duration = tfhd.default_sample_duration.unwrap_or(trex.default_sample_duration);
        let flags = tfhd.default_sample_flags.unwrap_or(SampleFlags(trex.default_sample_flags));
        let description = tfhd.sample_description_index.unwrap_or(trex.default_sample_description_index);

        let local = descriptions(&r);
        let mut groups = Groups::read(&r, movie, &local);
        let may_be_protected =
            self.track.entries.is_empty() || self.track.entries.iter().any(|entry| entry.is_protected);
        let aux = if wanted && may_be_protected { AuxBoxes::find(&r, place.aux_base)? } else { None };
        let mut aux = aux.as_ref().map(|aux| aux.reader(self.file));

        let mut fragment = Fragment { offset: place.moof_offset, ..Fragment::default() };
        let mut time = match r.find_as::<Tfdt>()? {
            Some(tfdt) => i64::try_from(tfdt.base_media_decode_time)
                .map_err(|_| Error::limit("the decode time passes 63 bits").within(r.path()))?,
            None => walk.end,
        };
        let mut position = place.base;
        let mut sample = Sample { fragment: place.number, ..Sample::default() };
        for (number, child) in
            r.boxes().filter(|c| c.as_ref().map_or(true, |c| c.kind() == b"trun")).enumerate()
        {
            let trun_box = child?;
            let trun: Trun<'_> = trun_box.parse()?;
            if let Some(offset) = trun.header.data_offset {
                position = place
                    .base
                    .checked_add_signed(offset.into())
                    .ok_or_else(|| trun_box.reader().error("data_offset points in front of the file"))?;
            }
            if !wanted || walk.done {
                position = position.saturating_add(data_len(&trun, size));
                continue;
            }
            for stored in trun.samples() {
                let flags = stored.flags.unwrap_or(flags);
                sample.offset = position;
                sample.size = stored.size.unwrap_or(size).into();
                sample.time = Some(time);
                sample.duration = Some(stored.duration.unwrap_or(duration).into());
                sample.composition_offset = stored.composition_time_offset.unwrap_or(0);
                sample.marks = Some(Marks {
                    sync: !flags.sample_is_non_sync_sample(),
                    depends_on: flags.sample_depends_on(),
                });
                sample.description = description;
                groups.next(&mut sample.groups);
                self.protect(&mut sample, &mut aux, number, walk)?;
                position = position.saturating_add(sample.size);
                time = time.saturating_add_unsigned(stored.duration.unwrap_or(duration).into());
                fragment.add(&sample);
                if !self.sample(&mut sample, walk)? {
                    break;
                }
            }
        }
        Ok((position, Some(fragment)))
    }
}

impl Fragment {
    fn add(&mut self, sample: &Sample) {
        let time = sample.time.unwrap_or(0).saturating_add(sample.composition_offset);
        if self.samples == 0 {
            self.earliest = time;
            self.starts_with_sync = sample.marks.is_some_and(|marks| marks.sync);
        }
        self.earliest = self.earliest.min(time);
        self.samples += 1;
        self.duration = self.duration.saturating_add(sample.duration.unwrap_or(0));
    }
}

/// The bytes that the samples of a run take.
fn data_len(trun: &Trun<'_>, default_size: u32) -> u64 {
    if !trun.header.has_size {
        // Both are below 2^32.
        return u64::from(trun.sample_count) * u64::from(default_size);
    }
    trun.samples().map(|sample| u64::from(sample.size.unwrap_or(0))).sum()
}
