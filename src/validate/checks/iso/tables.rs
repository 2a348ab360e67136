//! Sample tables of the movie box, against each other and against the media data.

use super::media_data::MediaData;
use crate::error::Error;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Broken, Sample};
use crate::isobmff::BoxHeader;
use crate::isobmff::boxes::{ChunkOffsets, SampleSizes, Stsc, Stss, Stts};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_10, ISO_11, ISO_14};

/// Rules ISO-10 and ISO-11, and of ISO-14 that samples of fragments are in media data.
#[derive(Default)]
pub(in crate::validate) struct Tables {
    media_data: MediaData,
}

impl Check for Tables {
    fn top_level(&mut self, header: &BoxHeader, _: &mut Gathered) {
        self.media_data.add(header);
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            let Some(stbl) = trak.find("mdia/minf/stbl") else { continue };
            let Ok(sizes) = SampleSizes::find(&stbl.reader()) else { continue };
            durations(&trak, &sizes, found);
            chunks(&trak, &sizes, ChunkOffsets::find(&stbl.reader()).ok().as_ref(), found);
            sync_samples(&trak, &sizes, found);
        }
    }

    fn broken(&mut self, track: &Track, sample: &Sample, part: Broken, error: &Error, found: &mut Gathered) {
        match part {
            Broken::Tables => {
                let finding = found.finding(&ISO_10, error.offset().unwrap_or(0), error.message());
                let trak = track.trak.map_or(1, |number| number + 1);
                found.push(
                    finding
                        .path(format!("moov/trak[{trak}]/mdia/minf/stbl"))
                        .context("track", track.id.to_string()),
                );
            }
            Broken::Place => {
                let rule = if sample.fragment == 0 { &ISO_10 } else { &ISO_14 };
                found.push(found.in_sample(rule, track, sample, error.message()));
            }
            Broken::Protection | Broken::Obus => {}
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        if sample.is_missing || self.media_data.has(sample.offset, sample.size) {
            return;
        }
        let rule = if sample.fragment == 0 { &ISO_10 } else { &ISO_14 };
        let end = sample.offset.saturating_add(sample.size);
        let message = match self.media_data.at(sample.offset) {
            Some(mdat) => format!(
                "the sample has {} bytes, its `mdat` ends after {} of them",
                sample.size,
                mdat.end.saturating_sub(sample.offset)
            ),
            None => format!("the sample's {} bytes are in no `mdat`", end - sample.offset),
        };
        found.push(found.in_sample(rule, track, sample, message));
    }
}

fn durations(trak: &Trak<'_>, sizes: &SampleSizes<'_>, found: &mut Gathered) {
    let path = "mdia/minf/stbl/stts";
    let Some((offset, stts)) = trak.read::<Stts<'_>>(path) else { return };
    let sum: u64 = stts.entries.iter().map(|run| u64::from(run.sample_count)).sum();
    let count = u64::from(sizes.sample_count);
    // Where it is too short, the walk over the samples finds it.
    if sum > count {
        let message = format!("`stts` has durations of {sum} samples, there are sizes of {count}");
        found.push(trak.finding(found, &ISO_10, (path, offset), message));
    }
}

fn chunks(trak: &Trak<'_>, sizes: &SampleSizes<'_>, chunks: Option<&ChunkOffsets<'_>>, found: &mut Gathered) {
    let path = "mdia/minf/stbl/stsc";
    let (Some(chunks), Some((offset, stsc))) = (chunks, trak.read::<Stsc<'_>>(path)) else { return };
    let at = (path, offset);
    let mut expected = "1".to_owned();
    let mut previous = 0;
    for (number, run) in stsc.entries.iter().enumerate() {
        if run.first_chunk <= previous || number == 0 && run.first_chunk != 1 {
            let message = format!(
                "first_chunk of entry {} is {}, {expected} was expected",
                number + 1,
                run.first_chunk
            );
            found.push(trak.finding(found, &ISO_10, at, message));
            return;
        }
        previous = run.first_chunk;
        expected = format!("more than {previous}");
    }
    let nexts = stsc.entries.iter().skip(1).map(|run| u64::from(run.first_chunk));
    let end = chunks.len() as u64 + 1;
    let capacity = stsc.entries.iter().zip(nexts.chain([end])).fold(0u64, |sum, (run, next)| {
        let chunks = next.min(end).saturating_sub(run.first_chunk.into());
        sum.saturating_add(chunks.saturating_mul(run.samples_per_chunk.into()))
    });
    let count = u64::from(sizes.sample_count);
    // Where the chunks have too few, the walk over the samples finds it.
    if capacity > count {
        let message =
            format!("the {} chunks hold {capacity} samples, there are sizes of {count}", chunks.len());
        found.push(trak.finding(found, &ISO_10, at, message));
    }
}

fn sync_samples(trak: &Trak<'_>, sizes: &SampleSizes<'_>, found: &mut Gathered) {
    let path = "mdia/minf/stbl/stss";
    let Some((offset, stss)) = trak.read::<Stss<'_>>(path) else { return };
    let mut previous = 0;
    for (place, number) in stss.sample_number.iter().enumerate() {
        let message = if number <= previous {
            format!("entry {} is {number}, more than {previous} was expected", place + 1)
        } else if number > sizes.sample_count {
            format!("entry {} is {number}, the track has {} samples", place + 1, sizes.sample_count)
        } else {
            previous = number;
            continue;
        };
        found.push(trak.finding(found, &ISO_11, (path, offset), message));
        return;
    }
}
