//! Video that is copied sample by sample: what AVC, HEVC and VP9 have in common.

use std::ops::Range;

use super::Options;
use super::visual::{VisualEntry, reduced_aspect};
use crate::cenc::{Scheme, Subsample, map_parts};
use crate::cmaf::timeline::Timeline;
use crate::cmaf::{
    Dependency, Description, Detail, Media, NewSample, Piece, SampleEntry, SampleTable, Track,
};
use crate::control::Control;
use crate::demux::{self, Colour, Config, Container};
use crate::error::{Error, Result};
use crate::input::Window;
use crate::isobmff::Reader;
use crate::isobmff::boxes::VisualSampleEntry;
use crate::nal::PictureFacts;
use crate::vp9::Load;

/// How the picture of a sample can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Decoding can start here.
    Sync,
    /// Decoding can start here, unless pictures follow that are presented before this one and cannot be decoded then.
    SyncUnlessSkipped,
    /// Such a picture.
    Skipped,
    /// It refers to no other picture, yet decoding cannot start here.
    Intra,
    /// It refers to others.
    Inter,
}

/// A sample entry, as its codec knows it.
#[derive(Debug, Clone)]
pub(super) struct CodecEntry {
    /// `avc1`, say.
    pub(super) format: [u8; 4],
    /// The type and the body of the configuration box.
    pub(super) record: ([u8; 4], Vec<u8>),
    /// What `compressorname` says.
    pub(super) compressor: &'static str,
    /// The `codecs` parameter.
    pub(super) codec: String,
    /// What the stream says of the picture; `None` where that was not understood.
    pub(super) picture: Option<PictureFacts>,
}

/// What a codec must know of its samples.
pub(super) trait VideoCodec {
    /// What is protected in a sample, in the plural.
    const PARTS: &'static str;

    /// Whether what is protected is cut to whole cipher blocks under `cbcs` too, as it is under `cenc`.
    const WHOLE_BLOCKS: bool;

    /// Takes over the configuration of the sample entry number `index` (from 0, new ones in order), which the next
    /// samples have.
    ///
    /// # Errors
    /// `Format`, `Unsupported`: a configuration that is broken or of another codec.
    fn select(&mut self, index: usize, config: &Config) -> Result<()>;

    /// Looks at the next sample. Where it will be encrypted, `parts` takes in what is protected in it, counted from the
    /// sample's first byte.
    ///
    /// # Errors
    /// `Format` where the sample is broken; where it will be encrypted `Unsupported` for what is not understood; `Io`.
    fn sample(
        &mut self,
        window: &mut Window,
        sample: Range<u64>,
        parts: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Access>;

    /// The sample entry number `index`, after all samples were seen, which ask `load` of a decoder.
    fn entry(&self, index: usize, load: &Load) -> CodecEntry;

    /// What was odd.
    fn warnings(&self) -> Vec<String>;
}

/// Makes a track of `source`, with times from `timeline` in ticks of `timescale`.
///
/// # Errors
/// Those of the codec; `Limit` where a value does not fit its field; `Interrupted`, `Io`.
pub(super) fn build<C: VideoCodec>(
    source: demux::Track,
    codec: C,
    (timeline, timescale): (Timeline, u32),
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let window = source.payload.window();
    Builder {
        source,
        codec,
        options: *options,
        window,
        timeline,
        timescale,
        samples: SampleTable::default(),
        descriptions: Vec::new(),
        entry: 0,
        description: 0,
        detail: Detail::default(),
        parts: Vec::new(),
        access: SyncSamples::default(),
    }
    .run(control)
}

struct Builder<C> {
    source: demux::Track,
    codec: C,
    options: Options,
    window: Window,
    timeline: Timeline,
    timescale: u32,
    samples: SampleTable,
    /// The container's descriptions by the sample entries that stand for them.
    descriptions: Vec<u32>,
    entry: u8,
    description: u32,
    detail: Detail,
    parts: Vec<Range<u64>>,
    access: SyncSamples,
}

impl<C: VideoCodec> Builder<C> {
    fn run(mut self, control: &Control) -> Result<Track> {
        while let Some(packet) = self.source.reader.next_packet()? {
            control.check()?;
            let number = self.samples.samples().len() as u64 + 1;
            self.packet(&packet).map_err(|e| e.sample(number).at(packet.offset))?;
        }
        self.finish()
    }

    fn packet(&mut self, packet: &demux::Packet) -> Result<()> {
        if packet.size == 0 {
            return Err(Error::format("the sample is empty"));
        }
        if packet.description != self.description {
            self.select(packet.description)?;
        }
        let range = packet.offset..packet.offset + packet.size;
        self.parts.clear();
        let parts = self.options.protect.map(|_| &mut self.parts);
        let access = self.codec.sample(&mut self.window, range.clone(), parts)?;
        let subsamples: &mut Vec<Subsample> = &mut self.detail.subsamples;
        subsamples.clear();
        if let Some((scheme, iv_size)) = self.options.protect {
            if C::WHOLE_BLOCKS || scheme == Scheme::Cenc {
                // The bytes that are left over stay clear, behind: as other packagers have it (rule ENC-28).
                self.parts.iter_mut().for_each(|part| part.end -= (part.end - part.start) % 16);
            }
            map_parts(scheme, iv_size, packet.size, C::PARTS, &self.parts, subsamples)?;
        }
        let count = u8::try_from(subsamples.len()).map_err(|_| Error::limit("more than 255 subsamples"))?;
        self.detail.pieces.clear();
        self.detail.pieces.push(Piece::Source(range));
        let size = u32::try_from(packet.size)
            .map_err(|_| Error::limit(format!("{} bytes, a sample holds 4 GiB", packet.size)))?;
        let offset = i32::try_from(packet.composition_offset).map_err(|_| {
            Error::limit(format!("the composition offset {} does not fit 32 bits", packet.composition_offset))
        })?;
        let dependency = match access {
            Access::Sync | Access::SyncUnlessSkipped => Dependency::Sync,
            Access::Intra => Dependency::Independent,
            Access::Inter | Access::Skipped => Dependency::Dependent,
        };
        let sample = NewSample::new(size, dependency, self.entry).times(0, offset).subsample_count(count);
        self.samples.push(sample, &self.detail)?;
        self.access.add(access, packet.sync_hint, &mut self.samples);
        self.timeline.push(self.samples.samples_mut(), packet.time, packet.duration)
    }

    /// Finds or makes the sample entry for a description of the container.
    fn select(&mut self, description: u32) -> Result<()> {
        self.description = description;
        let known = self.descriptions.iter().position(|known| *known == description);
        let index = known.unwrap_or_else(|| {
            self.descriptions.push(description);
            self.descriptions.len() - 1
        });
        self.entry = u8::try_from(index).map_err(|_| Error::limit("more than 256 sample entries"))?;
        self.codec
            .select(index, config(&self.source, description))
            .map_err(|e| e.within(format!("sample entry {description}")))
    }

    fn finish(mut self) -> Result<Track> {
        if self.samples.samples().is_empty() {
            return Err(Error::format("it has no samples"));
        }
        let (start, notes) = self.timeline.finish(self.samples.samples_mut())?;
        let mut warnings = self.source.take_notes();
        warnings.extend(notes);
        warnings.extend(self.codec.warnings());
        warnings.extend(self.access.warnings(self.samples.samples().len()));
        if self.samples.samples()[0].dependency != Dependency::Sync {
            warnings.push("the track does not start with a random access point (rule CMF-12)".into());
        }
        let duration: u64 = self.samples.samples().iter().map(|s| u64::from(s.duration)).sum();
        let bytes: u64 = self.samples.samples().iter().map(|s| u64::from(s.size)).sum();
        let mut entries = Vec::new();
        let mut shown: Vec<Shown> = Vec::new();
        for (index, &description) in self.descriptions.iter().enumerate() {
            let config = config(&self.source, description);
            let load = Load::average(self.samples.samples().len(), bytes, duration, self.timescale);
            let entry = self.codec.entry(index, &load);
            warnings.extend(left_out(config, &entry));
            let facts = Shown::of(&entry, config)?;
            let (entry, facts) = (sample_entry(entry, &facts)?, facts);
            entries.push(entry);
            shown.push(facts);
        }
        let is_cmaf = entries
            .windows(2)
            .zip(shown.windows(2))
            .all(|(entries, shown)| entries[0].codec == entries[1].codec && shown[0] == shown[1]);
        if !is_cmaf {
            warnings.push(
                "the sample entries differ in codec, size or colour, and the output does not claim to be CMAF, where \
                 that must not change within a track"
                    .into(),
            );
        }
        let presentation_size =
            shown.iter().map(Shown::presentation_size).fold((0, 0), |a, b| (a.0.max(b.0), a.1.max(b.1)));
        let description = shown.first().map_or_else(Description::default, |shown| Description {
            coded_size: Some(shown.size),
            colour: shown.colour.nclx,
            pixel_aspect: shown.colour.pixel_aspect.filter(|(h, v)| h != v),
            ..Description::default()
        });
        Ok(Track {
            media: Media::Video,
            timescale: self.timescale,
            start,
            presented_from: 0,
            language: self.source.language,
            samples: self.samples,
            payload: self.source.payload,
            entries,
            groups: Vec::new(),
            presentation_size,
            description,
            brands: Vec::new(),
            is_cmaf,
            warnings,
        })
    }
}

fn config(source: &demux::Track, description: u32) -> &Config {
    // Readers give numbers of configurations that are there.
    &source.config[(description as usize).clamp(1, source.config.len()) - 1]
}

/// How the pictures of a sample entry are shown: what the container says goes before what the stream says.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    size: (u32, u32),
    colour: Colour,
}

impl Shown {
    fn of(entry: &CodecEntry, config: &Config) -> Result<Self> {
        let picture = entry.picture.unwrap_or_default();
        let size = entry.picture.map(|picture| picture.size).or(config.size);
        let size = size.ok_or_else(|| {
            Error::unsupported("neither the container nor a parameter set that is understood gives the size")
        })?;
        let aspect = config.colour.pixel_aspect.or(picture.pixel_aspect);
        let pixel_aspect = aspect.map(|(h, v)| reduced_aspect(h.into(), v.into())).transpose()?;
        Ok(Shown {
            size,
            colour: Colour { nclx: config.colour.nclx.or(picture.colour), pixel_aspect, ..config.colour },
        })
    }

    /// The size with square pixels: the width is stretched, the height stays.
    fn presentation_size(&self) -> (u32, u32) {
        let (h, v) = self.colour.pixel_aspect.unwrap_or((1, 1));
        let (h, v) = (u64::from(h), u64::from(v).max(1));
        let width = (u64::from(self.size.0) * h * 2 + v) / (2 * v);
        (u32::try_from(width).unwrap_or(u32::MAX), self.size.1)
    }
}

fn sample_entry(entry: CodecEntry, shown: &Shown) -> Result<SampleEntry> {
    let body = VisualEntry {
        size: shown.size,
        compressor: entry.compressor,
        record: (&entry.record.0, &entry.record.1),
        colour: &shown.colour,
    }
    .body()?;
    Ok(SampleEntry { format: entry.format, body, codec: entry.codec })
}

/// Boxes of the input's sample entry that have no place in ours.
fn left_out(config: &Config, entry: &CodecEntry) -> Option<String> {
    let mut r = Reader::new(config.entry.as_deref()?, 0);
    r.skip(VisualSampleEntry::PREFIX).ok()?;
    let kept =
        [entry.record.0, *b"colr", *b"mdcv", *b"clli", *b"pasp", *b"btrt", *b"fiel", *b"free", *b"skip"];
    let names: Vec<_> = r
        .boxes()
        .map_while(Result::ok)
        .map(|child| child.kind())
        .filter(|kind| !kept.contains(&kind.0))
        .map(|kind| format!("`{kind}`"))
        .collect();
    (!names.is_empty()).then(|| format!("boxes of the sample entry are left out: {}", names.join(", ")))
}

/// The body of a box in the input's sample entry.
///
/// # Errors
/// `Format` where there is none, or the boxes are broken.
pub(super) fn configuration_box<'a>(config: &'a Config, kind: &[u8; 4]) -> Result<Option<&'a [u8]>> {
    let Some(entry) = config.entry.as_deref() else { return Ok(None) };
    let mut r = Reader::new(entry, 0);
    r.skip(VisualSampleEntry::PREFIX)?;
    Ok(r.find(*kind)?.map(|found| found.payload()))
}

/// Which samples the stream lets decoding start at, and where the container says something else.
#[derive(Debug, Default)]
struct SyncSamples {
    /// The last sample of [`Access::SyncUnlessSkipped`], while such pictures may follow; what the container says of it.
    open: Option<(usize, Option<bool>)>,
    /// Samples that start an open group of pictures.
    skipped: Tally,
    /// How many of those the container takes for sync samples.
    skipped_marked: u64,
    /// Other sync samples for the container only.
    wrongly_marked: Tally,
    /// Sync samples for the stream only.
    not_marked: Tally,
}

#[derive(Debug, Default)]
struct Tally {
    count: u64,
    first: Option<usize>,
}

impl Tally {
    fn add(&mut self, index: usize) {
        self.count += 1;
        self.first = Some(self.first.map_or(index, |first| first.min(index)));
    }

    fn report(&self, what: impl FnOnce(u64, usize) -> String) -> Option<String> {
        self.first.map(|first| what(self.count, first + 1))
    }
}

impl SyncSamples {
    /// Takes in the newest sample.
    fn add(&mut self, access: Access, hint: Option<bool>, samples: &mut SampleTable) {
        let index = samples.samples().len() - 1;
        match access {
            Access::Skipped => {
                if let Some((open, hint)) = self.open.take() {
                    samples.samples_mut()[open].dependency = Dependency::Independent;
                    self.skipped.add(open);
                    self.skipped_marked += u64::from(hint == Some(true));
                }
                self.compare(index, hint, false);
            }
            Access::SyncUnlessSkipped => {
                self.close();
                self.open = Some((index, hint));
            }
            Access::Sync => {
                self.close();
                self.compare(index, hint, true);
            }
            Access::Intra | Access::Inter => self.compare(index, hint, false),
        }
    }

    /// The open sample turned out to be a sync sample.
    fn close(&mut self) {
        if let Some((open, hint)) = self.open.take() {
            self.compare(open, hint, true);
        }
    }

    fn compare(&mut self, index: usize, hint: Option<bool>, sync: bool) {
        match (hint, sync) {
            (Some(true), false) => self.wrongly_marked.add(index),
            (Some(false), true) => self.not_marked.add(index),
            _ => {}
        }
    }

    fn warnings(&mut self, samples: usize) -> Vec<String> {
        self.close();
        [
            self.skipped.report(|count, first| {
                let marked = match self.skipped_marked {
                    0 => String::new(),
                    marked => format!(", though {marked} of them are marked as sync samples"),
                };
                format!(
                    "{count} of {samples} samples start open groups of pictures: some pictures behind them are shown \
                     before them and can't be decoded from there, so no segment starts there{marked}; first sample \
                     {first}"
                )
            }),
            self.wrongly_marked.report(|count, first| {
                format!(
                    "{count} of {samples} samples are marked as sync samples, but decoding cannot start there; first \
                     sample {first}"
                )
            }),
            self.not_marked.report(|count, first| {
                format!(
                    "{count} of {samples} samples are sync samples and not marked as such; first sample {first}"
                )
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Times of AVC and HEVC, which have decode times and composition offsets in every container read here.
///
/// # Errors
/// `Usage` where the user gives a frame rate, or the container has no times.
pub(super) fn exact_times(
    source: &demux::Track,
    container: Container,
    options: &Options,
) -> Result<(Timeline, u32)> {
    use crate::cmaf::timeline::Clock;
    if options.frame_rate.is_some() {
        return Err(Error::usage(format!(
            "--frame-rate is for inputs whose times are missing or rounded; those of this track ({container}) are \
             exact, and its frames are not presented in the order of decoding"
        )));
    }
    let timescale =
        source.timescale.ok_or_else(|| Error::usage(format!("the input ({container}) has no times")))?;
    Ok((Timeline::new(timescale, Clock::Stamps { factor: 1 }, None), timescale))
}

#[cfg(test)]
mod tests;
