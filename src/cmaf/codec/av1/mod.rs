//! AV1 in ISOBMFF: temporal units become samples (AV1-ISOBMFF § 2.4).
//!
//! One pass over the packets reads headers and tile sizes, never tile data. It leaves a [`Track`] whose samples
//! point into the input.

mod entry;
mod groups;
mod references;
mod unit;

use std::sync::Arc;

use self::entry::EntryBuilder;
use self::groups::Groups;
use self::references::References;
use self::unit::Unit;
use super::Options;
use super::clock::{self, Rates};
use crate::av1::{
    self, Av1Config, LocatedObu, Metadata, Obu, ObuType, ObuWalk, Parser, SequenceHeader, WindowPayload,
};
use crate::cenc::{Subsample, map_subsamples_with_iv};
use crate::cmaf::timeline::Timeline;
use crate::cmaf::{Dependency, Description, Detail, Media, NewSample, SampleTable, Track};
use crate::control::Control;
use crate::demux::{self, Container};
use crate::error::{Error, Result};
use crate::input::Window;
use crate::time::FrameRate;

/// The largest sequence header or HDR metadata OBU that is kept. Real ones have some tens of bytes.
const MAX_KEPT_OBU: u64 = 1 << 16;

/// Reads all packets of an AV1 track.
///
/// # Errors
/// - `Format`: the container or the AV1 stream is broken; the message names offset, OBU and sample.
/// - `Unsupported`: large-scale tiles, a protected input, sequence headers that can't share a CMAF track.
/// - `Usage`: no times, and no frame rate was given.
/// - `Limit`: a value passes what ISOBMFF or Common Encryption can hold.
/// - `Interrupted`, `Io`.
pub fn build(
    track: demux::Track,
    container: Container,
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let name = track.payload.name().to_string();
    Builder::new(track, container, *options)
        .and_then(|builder| builder.run(control))
        .map_err(|e| e.in_file(name))
}

struct Builder {
    source: demux::Track,
    container: Container,
    options: Options,
    window: Window,
    parser: Parser,
    references: References,
    unit: Unit,
    /// The sequence header in force, as the last OBU of its kind had it.
    sequence_payload: Vec<u8>,
    /// Whether it came since the last sample, so that it may ask for another entry.
    new_sequence: bool,
    /// Index into the container's configurations that the packets now need.
    description: u32,
    entries: Vec<EntryBuilder>,
    entry: usize,
    /// HDR metadata of the unit, kept until its entry is known.
    hdr_metadata: Vec<(usize, Vec<u8>)>,
    groups: Groups,
    samples: SampleTable,
    timeline: Option<Timeline>,
    timescale: u32,
    detail: Detail,
    subsamples: Vec<Subsample>,
    render_size: (u32, u32),
    coded_frames: u64,
    large_scale_frames: u64,
    warnings: Vec<String>,
    /// The sample whose sequence header changes what a CMAF track must keep, and what that is.
    beyond_cmaf: Option<(u64, &'static str)>,
    missing_references: Option<(u64, u64)>,
    shows_too_much: Option<(u64, u64)>,
    shows_nothing: Option<(u64, u64)>,
}

impl Builder {
    fn new(source: demux::Track, container: Container, options: Options) -> Result<Self> {
        if source.protected {
            return Err(Error::unsupported("the track is encrypted; decrypt it first with `cmaf decrypt`"));
        }
        let window = source.payload.window();
        Ok(Builder {
            source,
            container,
            options,
            window,
            parser: Parser::new(),
            references: References::default(),
            unit: Unit::default(),
            sequence_payload: Vec::new(),
            new_sequence: false,
            description: 0,
            entries: Vec::new(),
            entry: 0,
            hdr_metadata: Vec::new(),
            groups: Groups::default(),
            samples: SampleTable::default(),
            timeline: None,
            timescale: 0,
            detail: Detail::default(),
            subsamples: Vec::new(),
            render_size: (0, 0),
            coded_frames: 0,
            large_scale_frames: 0,
            warnings: Vec::new(),
            beyond_cmaf: None,
            missing_references: None,
            shows_too_much: None,
            shows_nothing: None,
        })
    }

    fn run(mut self, control: &Control) -> Result<Track> {
        while let Some(packet) = self.source.reader.next_packet()? {
            control.check()?;
            if packet.description != self.description {
                self.end_unit()?;
                self.use_description(packet.description)?;
            }
            self.packet(&packet).map_err(|e| e.sample(self.samples.samples().len() as u64 + 1))?;
        }
        self.end_unit()?;
        if !self.unit.is_empty() {
            self.warnings
                .push("the OBUs behind the last frame belong to no temporal unit and are left out".into());
        }
        self.finish()
    }

    /// Takes over the sequence header that a container configuration holds, for streams that lack it.
    fn use_description(&mut self, description: u32) -> Result<()> {
        self.description = description;
        let Some(config) = self.source.config.get((description as usize).saturating_sub(1)) else {
            return Ok(());
        };
        let Some(record) = &config.av1c else { return Ok(()) };
        let found = Av1Config::read(record).and_then(|config| sequence_header_of(&config.config_obus));
        match found {
            Ok(Some((sequence, payload))) => {
                self.parser.set_sequence(sequence);
                self.new_sequence |= payload != self.sequence_payload;
                self.sequence_payload = payload;
            }
            Ok(None) => {}
            Err(e) => self.warnings.push(format!("the input's av1C is broken and not used: {}", e.message())),
        }
        Ok(())
    }

    fn packet(&mut self, packet: &demux::Packet) -> Result<()> {
        let range = packet.offset..packet.offset + packet.size;
        let mut walk = ObuWalk::new(packet.form, range);
        let mut stamp = (packet.time, packet.duration);
        let mut first = true;
        while let Some(obu) = walk.next(&mut self.window)? {
            let delimiter = obu.header.kind == ObuType::TemporalDelimiter;
            if delimiter || (first && !self.continues_unit(packet)) {
                self.end_unit()?;
                // The second unit of a packet has no time of its own.
                self.start_unit(stamp, obu.offset);
                stamp = (None, None);
            }
            first = false;
            self.obu(&obu).map_err(|e| {
                e.at(obu.payload.start).within(format_args!("OBU {} ({})", obu.index, obu.header.kind))
            })?;
        }
        Ok(())
    }

    /// IVF may have a frame for each layer of a temporal unit: they share a time, and only the first has a delimiter.
    fn continues_unit(&self, packet: &demux::Packet) -> bool {
        self.container == Container::Ivf
            && packet.time.is_some()
            && self.unit.frames > 0
            && self.unit.stamp == packet.time
    }

    fn start_unit(&mut self, (stamp, duration): (Option<i64>, Option<u64>), offset: u64) {
        // OBUs without a frame wait here for the frame that they belong to.
        if self.unit.is_empty() {
            self.unit.offset = offset;
        }
        self.unit.stamp = stamp;
        self.unit.duration = duration;
        self.references.start_unit();
        self.parser.temporal_unit_start();
    }

    fn obu(&mut self, obu: &LocatedObu) -> Result<()> {
        let size = obu.payload.end - obu.payload.start;
        let tiles_before = self.unit.tiles.len();
        let mut payload = WindowPayload::new(&mut self.window, obu.payload.start, size)?;
        let parsed = self.parser.obu(&obu.header, &mut payload, &mut self.unit.tiles)?;
        match parsed {
            Obu::TemporalDelimiter | Obu::Padding | Obu::RedundantFrameHeader => return Ok(()),
            Obu::SequenceHeader(_) => {
                let payload = self.window.input().read_vec(obu.payload.start, kept_size(size)?)?;
                self.new_sequence |= payload != self.sequence_payload;
                self.sequence_payload = payload;
                self.unit.has_sequence_header = true;
            }
            Obu::FrameHeader(event) | Obu::Frame(event) => {
                if !event.show_existing_frame {
                    self.coded_frames += 1;
                    self.large_scale_frames += u64::from(event.large_scale_tile_marks);
                }
                if event.missing_slots != 0 {
                    let number = self.samples.samples().len() as u64 + 1;
                    self.missing_references.get_or_insert((number, obu.offset));
                }
                self.unit.frame(&event, &mut self.references);
                self.render_size.0 = self.render_size.0.max(event.render_width);
                self.render_size.1 = self.render_size.1.max(event.render_height);
            }
            Obu::Metadata(metadata) => {
                if matches!(metadata, Metadata::HdrCll { .. } | Metadata::HdrMdcv { .. }) {
                    let payload = self.window.input().read_vec(obu.payload.start, kept_size(size)?)?;
                    self.hdr_metadata.push((self.unit.metadata.len(), payload));
                }
                self.unit.metadata.push(metadata);
            }
            Obu::TileGroup | Obu::Reserved => {}
        }
        let start = self.unit.add(obu);
        for tile in &mut self.unit.tiles[tiles_before..] {
            *tile = tile.start + start..tile.end + start;
        }
        Ok(())
    }

    /// Makes the unit a sample, if it has a frame.
    fn end_unit(&mut self) -> Result<()> {
        if self.unit.frames == 0 {
            return Ok(());
        }
        let number = self.samples.samples().len() as u64 + 1;
        let offset = self.unit.offset;
        if let Some((next, count)) = self.parser.unfinished() {
            return Err(Error::format(format!(
                "the last frame has {count} tiles, those from tile {next} on are missing"
            ))
            .sample(number)
            .at(offset));
        }
        let mut unit = std::mem::take(&mut self.unit);
        let result = self.sample(&mut unit, number).map_err(|e| e.sample(number).at(offset));
        unit.clear();
        self.unit = unit;
        self.hdr_metadata.clear();
        result
    }

    fn sample(&mut self, unit: &mut Unit, number: u64) -> Result<()> {
        let sequence = self
            .parser
            .sequence()
            .cloned()
            .ok_or_else(|| Error::format("a frame without sequence header"))?;
        if unit.lacks_sequence_header() {
            unit.insert_sequence_header(&self.sequence_payload);
        }
        let dependency = unit.dependency();
        if self.new_sequence || self.entries.is_empty() {
            self.choose_entry(&sequence, dependency == Dependency::Sync, number)?;
            self.new_sequence = false;
        }
        let entry = &mut self.entries[self.entry];
        for (index, payload) in &self.hdr_metadata {
            entry.metadata(&unit.metadata[*index], payload);
        }
        entry.sample();
        if unit.shows_too_much() {
            self.shows_too_much.get_or_insert((number, unit.offset));
        }
        if unit.shows_nothing() {
            self.shows_nothing.get_or_insert((number, unit.offset));
        }

        self.subsamples.clear();
        if let Some((scheme, iv_size)) = self.options.protect {
            map_subsamples_with_iv(scheme, iv_size, unit.size, &unit.tiles, &mut self.subsamples)?;
        }
        let size = u32::try_from(unit.size).map_err(|_| {
            Error::limit(format!("the temporal unit has {} bytes, a sample holds 4 GiB", unit.size))
        })?;
        let entry = u8::try_from(self.entry).map_err(|_| Error::limit("more than 256 sample entries"))?;
        let count =
            u8::try_from(self.subsamples.len()).map_err(|_| Error::limit("more than 255 subsamples"))?;
        let groups = self.groups.of(unit, self.samples.samples().len(), &self.references);
        std::mem::swap(&mut self.detail.pieces, &mut unit.pieces);
        std::mem::swap(&mut self.detail.subsamples, &mut self.subsamples);
        let sample = NewSample::new(size, dependency, entry).groups(groups).subsample_count(count);
        let pushed = self.samples.push(sample, &self.detail);
        std::mem::swap(&mut self.detail.pieces, &mut unit.pieces);
        std::mem::swap(&mut self.detail.subsamples, &mut self.subsamples);
        pushed?;
        self.groups.resolve(unit.recovers, self.samples.samples_mut());

        if self.timeline.is_none() {
            self.timeline = Some(self.start_timeline(&sequence)?);
        }
        if let Some(timeline) = &mut self.timeline {
            timeline.push(self.samples.samples_mut(), unit.stamp, unit.duration)?;
        }
        Ok(())
    }

    /// Finds or makes the sample entry for a sequence header, which comes with this sample (rule AV1-44).
    fn choose_entry(&mut self, sequence: &Arc<SequenceHeader>, sync: bool, number: u64) -> Result<()> {
        let same = self.entries.iter().position(|e| e.sequence_payload == self.sequence_payload);
        if let Some(same) = same.filter(|same| *same == self.entry || sync) {
            self.entry = same;
            return Ok(());
        }
        if let Some(current) = self.entries.get(self.entry) {
            if !sync && current.sequence.same_but_operating_parameters(sequence) {
                return Ok(());
            }
            if !sync {
                return Err(Error::unsupported(
                    "a new sequence header comes with a temporal unit that is no random access point; \
                     a sample entry can change only at one",
                )
                .clause("rule AV1-44"));
            }
            if let Some(what) = current.cmaf_difference(sequence) {
                self.beyond_cmaf.get_or_insert((number, what));
            }
        }
        let colour = self
            .source
            .config
            .get((self.description as usize).saturating_sub(1))
            .map_or_else(Default::default, |config| config.colour);
        self.entry = self.entries.len();
        self.entries.push(EntryBuilder::new(sequence.clone(), self.sequence_payload.clone(), colour));
        Ok(())
    }

    /// Decides where times come from, once the first sequence header is known.
    fn start_timeline(&mut self, sequence: &SequenceHeader) -> Result<Timeline> {
        let stream_rate = sequence.timing_info.as_ref().and_then(|t| t.frame_rate());
        let stream_rate = stream_rate.and_then(|(frames, seconds)| FrameRate::new(frames, seconds));
        let rates =
            Rates { wanted: self.options.frame_rate, stream: stream_rate, told_by: "its sequence header" };
        let (timeline, timescale) = clock::timeline(&self.source, self.container, rates, &mut self.warnings)?;
        self.timescale = timescale;
        Ok(timeline)
    }

    fn finish(mut self) -> Result<Track> {
        let Some(timeline) = self.timeline.take() else {
            return Err(Error::format("it has no samples: no frame was found"));
        };
        if self.coded_frames > 1 && self.large_scale_frames == self.coded_frames {
            return Err(Error::unsupported(
                "the stream is coded with large-scale tiles, which have no place in ISOBMFF",
            )
            .clause("AV1-ISOBMFF § 2.4"));
        }
        let (start, notes) = timeline.finish(self.samples.samples_mut())?;
        let mut warnings = self.source.take_notes();
        warnings.append(&mut self.warnings);
        warnings.extend(notes);
        if let Some((sample, offset)) = self.missing_references {
            warnings.push(format!(
                "byte {offset}, sample {sample}: a frame refers to one that was never decoded; the stream may start in \
                 the middle, or lack a part"
            ));
        }
        if let Some((sample, offset)) = self.shows_too_much {
            warnings.push(format!(
                "byte {offset}, sample {sample}: more than one frame of a layer is shown in a temporal unit (rule AV1-43); \
                 players may show only one of them"
            ));
        }
        if let Some((sample, offset)) = self.shows_nothing {
            warnings.push(format!("byte {offset}, sample {sample}: nothing is shown in this temporal unit"));
        }
        if self.samples.samples()[0].dependency != Dependency::Sync {
            warnings.push("the track does not start with a random access point (rule CMF-12)".into());
        }
        if let Some((sample, what)) = self.beyond_cmaf {
            warnings.push(format!(
                "sample {sample}: a new sequence header changes the {what}; it has a sample entry of its own, and the \
                 output does not claim to be CMAF, where that must not change (AV1-ISOBMFF § 3, rule AV1-44)"
            ));
        }
        warnings.extend(self.groups.warnings());
        for entry in &self.entries {
            warnings.extend(entry.warnings());
        }
        let entries = self.entries.iter().map(|e| e.build(self.render_size)).collect::<Result<Vec<_>>>()?;
        let description = match self.entries.first() {
            Some(entry) => entry.description(self.render_size)?,
            None => Description::default(),
        };
        Ok(Track {
            media: Media::Video,
            timescale: self.timescale,
            start,
            presented_from: 0,
            language: self.source.language,
            samples: self.samples,
            payload: self.source.payload,
            entries,
            groups: self.groups.into_list(),
            presentation_size: self.render_size,
            description,
            brands: vec![*b"av01"],
            is_cmaf: self.beyond_cmaf.is_none(),
            warnings,
        })
    }
}

fn kept_size(size: u64) -> Result<u64> {
    if size > MAX_KEPT_OBU {
        return Err(Error::limit(format!("has {size} bytes, {MAX_KEPT_OBU} are handled at the most")));
    }
    Ok(size)
}

/// The sequence header among `configOBUs`, parsed and as its payload.
fn sequence_header_of(config_obus: &[u8]) -> Result<Option<(Arc<SequenceHeader>, Vec<u8>)>> {
    for obu in av1::obus(config_obus) {
        let obu = obu?;
        if obu.header.kind == ObuType::SequenceHeader {
            return Ok(Some((Arc::new(SequenceHeader::parse(obu.payload)?), obu.payload.to_vec())));
        }
    }
    Ok(None)
}
