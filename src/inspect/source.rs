//! An opened file of any container, and the walk over its samples.

use super::av1::Scanner;
use super::mp4::{self, Mp4, Track};
use super::sample::{Marks, Sample, Visitor};
use crate::av1::{Av1Config, ObuType, ObuWalk};
use crate::control::Control;
use crate::demux::{self, Container, Opened, TrackKind};
use crate::error::{Error, ErrorKind, Result};
use crate::input::Input;

/// An opened file.
pub(super) enum Source {
    Mp4(Box<Mp4>),
    Packets(Box<Packets>),
}

/// A file that gives packets.
pub(super) struct Packets {
    input: Input,
    pub opened: Opened,
    /// The first thing that was wrong.
    pub error: Option<Error>,
}

/// What a view must know of a track before its samples come.
#[derive(Debug, Clone)]
pub(super) struct TrackHead {
    pub id: u32,
    pub media: String,
    pub codec: String,
    pub is_av1: bool,
    /// Whether it is known what the track holds.
    pub is_described: bool,
    pub is_protected: bool,
    pub timescale: Option<u32>,
    /// Whether offsets are those of the file.
    pub in_file: bool,
}

impl Source {
    /// Opens a file.
    ///
    /// # Errors
    /// `Format` or `Unsupported` where the container is not known or nothing can be read of it, `Io`.
    pub fn open(input: &Input, init: Option<&Input>, container: Option<Container>) -> Result<Self> {
        let is_mp4 = match container {
            Some(container) => container == Container::Mp4,
            None => mp4::starts_with_box(input),
        };
        if is_mp4 {
            return Ok(Source::Mp4(Box::new(Mp4::open(input, init)?)));
        }
        let opened = demux::open(input, &demux::Options { container })?;
        Ok(Source::Packets(Box::new(Packets { input: input.clone(), opened, error: None })))
    }

    /// The tracks, in order.
    pub fn tracks(&self) -> Vec<TrackHead> {
        match self {
            Source::Mp4(file) => file.tracks.iter().map(TrackHead::of_mp4).collect(),
            Source::Packets(file) => file.opened.tracks.iter().map(|track| file.head(track)).collect(),
        }
    }

    /// Walks over the samples of all tracks, or of one. Packets can be walked over once.
    ///
    /// # Errors
    /// `Io`, `Interrupted`, and what the visitor returns. Everything else is kept for [`Source::take_error`].
    pub fn walk(&mut self, only: Option<usize>, visitor: &mut dyn Visitor, control: &Control) -> Result<()> {
        match self {
            Source::Mp4(file) => file.walk(only, visitor, control),
            Source::Packets(file) => {
                for index in 0..file.opened.tracks.len() {
                    if only.is_none_or(|only| only == index) {
                        file.walk(index, visitor, control)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// The first thing that was wrong.
    pub fn take_error(&mut self) -> Option<Error> {
        let (error, input) = match self {
            Source::Mp4(file) => {
                let track = file.tracks.iter().find_map(|track| track.error.clone());
                (file.error.take().or_else(|| track.map(Error::format)), file.input())
            }
            Source::Packets(file) => (file.error.take(), &file.input),
        };
        error.map(|error| error.in_file(input.name()))
    }
}

impl TrackHead {
    fn of_mp4(track: &Track) -> Self {
        let entry = track.entries.first();
        TrackHead {
            id: track.id,
            media: track.media.clone().unwrap_or_else(|| "unknown".to_owned()),
            codec: entry.map(|entry| entry.codec.clone()).unwrap_or_default(),
            is_av1: track.is_av1(),
            is_described: track.media.is_some(),
            is_protected: track.entries.iter().any(|entry| entry.is_protected),
            timescale: track.timescale,
            in_file: true,
        }
    }
}

impl Packets {
    fn head(&self, track: &demux::Track) -> TrackHead {
        let (media, codec) = match &track.kind {
            TrackKind::Av1 => ("video".to_owned(), "av01".to_owned()),
            TrackKind::Coded(codec) => (codec.media().name().to_owned(), codec.format().to_owned()),
            TrackKind::Other { media, codec } => (media.clone(), codec.clone()),
        };
        TrackHead {
            id: track.id,
            media,
            codec,
            is_av1: track.kind == TrackKind::Av1,
            is_described: true,
            is_protected: track.protected,
            timescale: track.timescale,
            // Frames whose common start is stored once are put together elsewhere.
            in_file: track.payload.len() == self.input.len(),
        }
    }

    /// Makes temporal units of a track's packets.
    fn walk(&mut self, index: usize, visitor: &mut dyn Visitor, control: &Control) -> Result<()> {
        let container = self.opened.container;
        let Some(track) = self.opened.tracks.get_mut(index) else { return Ok(()) };
        if track.kind != TrackKind::Av1 {
            return match plain(track, index, visitor, control) {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Format | ErrorKind::Unsupported | ErrorKind::Limit
                    ) =>
                {
                    self.error.get_or_insert(error);
                    Ok(())
                }
                result => result,
            };
        }
        let mut units = Units {
            scanner: Scanner::new(&track.payload),
            visitor,
            index,
            sample: Sample::default(),
            begun: false,
            pending: None,
            nominal: nominal(track),
            last_duration: None,
            error: None,
        };
        if let Some(config) = track.config.first().and_then(|config| config.av1c.as_deref())
            && let Ok(config) = Av1Config::read(config)
        {
            units.scanner.configure(&config);
        }
        let result = units.run(track, container, control);
        let error = units.error.take();
        self.error = self.error.take().or(error);
        match result {
            Err(error) if matches!(error.kind(), ErrorKind::Io | ErrorKind::Interrupted) => Err(error),
            Err(error) => {
                self.error.get_or_insert(error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Gives the packets of a track of another coding than AV1, each as a sample.
fn plain(track: &mut demux::Track, index: usize, visitor: &mut dyn Visitor, control: &Control) -> Result<()> {
    let nominal = nominal(track);
    let mut pending: Option<Sample> = None;
    let mut number = 0;
    loop {
        let packet = track.reader.next_packet();
        if let Some(mut sample) = pending.take() {
            let next = packet.as_ref().ok().and_then(|packet| packet.as_ref()?.time);
            let until_next =
                sample.time.zip(next).and_then(|(time, next)| u64::try_from(next.checked_sub(time)?).ok());
            sample.duration = sample.duration.or(until_next).or(nominal);
            visitor.sample(index, &sample, None)?;
        }
        let Some(packet) = packet? else { return Ok(()) };
        number += 1;
        if number % 256 == 0 {
            control.check()?;
        }
        let sample = Sample {
            number,
            offset: packet.offset,
            size: packet.size,
            time: packet.time,
            duration: packet.duration,
            composition_offset: packet.composition_offset,
            marks: packet.sync_hint.map(|sync| Marks { sync, depends_on: 0 }),
            description: packet.description,
            ..Sample::default()
        };
        visitor.unit(index, &sample)?;
        pending = Some(sample);
    }
}

/// The duration of a packet that the container gives for the whole track, in ticks.
fn nominal(track: &demux::Track) -> Option<u64> {
    let (numerator, denominator) = track.default_duration?;
    let ticks =
        u128::from(track.timescale?).checked_mul(numerator.into())?.checked_div(denominator.into())?;
    u64::try_from(ticks).ok()
}

/// Temporal units on their way from packets to a visitor. Each waits for the next one's time, which tells how long
/// it lasts.
struct Units<'a> {
    scanner: Scanner,
    visitor: &'a mut dyn Visitor,
    index: usize,
    sample: Sample,
    /// Whether `sample` has OBUs.
    begun: bool,
    /// A complete unit whose duration is not known.
    pending: Option<(Sample, super::av1::UnitScan)>,
    nominal: Option<u64>,
    last_duration: Option<u64>,
    error: Option<Error>,
}

impl Units<'_> {
    fn run(&mut self, track: &mut demux::Track, container: Container, control: &Control) -> Result<()> {
        let mut result = Ok(());
        let mut count = 0u64;
        loop {
            let packet = match track.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => break,
                Err(error) => {
                    result = Err(error);
                    break;
                }
            };
            count += 1;
            if count.is_multiple_of(256) {
                control.check()?;
            }
            let mut walk = ObuWalk::new(packet.form, packet.offset..packet.offset + packet.size);
            // A packet of several units has the time of the first.
            let mut stamp = (packet.time, packet.duration);
            let mut is_first = true;
            // IVF may have a frame for each layer of a unit: they share a time.
            let continues = container == Container::Ivf
                && packet.time.is_some()
                && self.begun
                && self.scanner.unit.frame_count > 0
                && self.sample.time == packet.time;
            while let Some(obu) = self.scanner.locate(&mut walk)? {
                let is_delimiter = obu.header.kind == ObuType::TemporalDelimiter;
                if !self.begun
                    || is_delimiter && (!is_first || self.scanner.unit.frame_count > 0 || !continues)
                    || is_first && !continues
                {
                    self.start(stamp, packet.sync_hint, obu.offset)?;
                    stamp = (None, None);
                }
                is_first = false;
                self.sample.size += obu.payload.end - obu.offset;
                let visitor = &mut *self.visitor;
                self.scanner.obu(&obu, &mut |seen| visitor.obu(seen))?;
            }
            if let Some(error) = self.scanner.unit.error.take() {
                let number = self.sample.number.max(1);
                self.error.get_or_insert(error.sample(number));
            }
        }
        self.end()?;
        self.flush(None)?;
        result
    }

    fn start(
        &mut self,
        (time, duration): (Option<i64>, Option<u64>),
        sync: Option<bool>,
        offset: u64,
    ) -> Result<()> {
        self.end()?;
        self.flush(time)?;
        self.begun = true;
        self.sample = Sample {
            number: self.sample.number + 1,
            offset,
            time,
            duration,
            marks: sync.map(|sync| Marks { sync, depends_on: 0 }),
            description: 1,
            ..Sample::default()
        };
        self.scanner.start_unit();
        self.visitor.unit(self.index, &self.sample)
    }

    fn end(&mut self) -> Result<()> {
        if !self.begun {
            return Ok(());
        }
        self.begun = false;
        self.scanner.end_unit();
        let scan = std::mem::take(&mut self.scanner.unit);
        self.pending = Some((self.sample.clone(), scan));
        Ok(())
    }

    /// Gives the waiting unit to the visitor, now that the next one's time is known.
    fn flush(&mut self, next: Option<i64>) -> Result<()> {
        let Some((mut sample, scan)) = self.pending.take() else { return Ok(()) };
        if sample.duration.is_none() && sample.time.is_some() {
            let until_next =
                sample.time.zip(next).and_then(|(time, next)| u64::try_from(next.checked_sub(time)?).ok());
            sample.duration = until_next.or(self.nominal).or(self.last_duration);
            self.last_duration = until_next.or(self.last_duration);
        }
        self.visitor.sample(self.index, &sample, Some(&scan))
    }
}
