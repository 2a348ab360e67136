//! What all tracks of sound have in common: packets become samples whose durations the bitstream tells.
//!
//! Each codec says what its configuration comes to and looks at the start of each packet ([`Coding`]); [`build`] does the
//! rest. Durations are those of the frames, in ticks of the sample rate, so that no rounding of a container adds up.
//! Its times show gaps: where one is half a frame or more away from the sum of durations before it, it is followed.

use crate::cmaf::timeline::Tally;
use crate::cmaf::{Channels, Dependency, Description, Detail, Media, NewSample, Piece, SampleEntry};
use crate::cmaf::{SampleGroup, SampleTable, Track, edit};
use crate::control::Control;
use crate::demux::{self, Config, Packet};
use crate::error::{Error, Result};
use crate::input::Window;
use crate::isobmff::RawBox;
use crate::isobmff::boxes::AudioSampleEntry;

/// More of a packet than any codec looks into.
const LOOK_LIMIT: usize = 1 << 20;

/// How one codec becomes a track.
pub(super) trait Coding {
    /// Takes over a configuration of the container, which `first`, the first packet that needs it, may complete.
    ///
    /// # Errors
    /// `Format` and `Unsupported`, as the configuration is.
    fn configure(&mut self, config: &Config, first: &mut View<'_>) -> Result<Stream>;

    /// Looks at a packet.
    ///
    /// # Errors
    /// `Format` and `Unsupported`, as the packet is.
    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame>;

    /// The groups whose bits [`Frame::groups`] has.
    fn groups(&self) -> Vec<SampleGroup> {
        Vec::new()
    }

    /// What decoders are to hear before what is presented, in ticks.
    fn pre_roll(&self) -> u32 {
        0
    }

    /// Brands that the codec's binding asks for.
    fn brands(&self) -> Vec<[u8; 4]> {
        Vec::new()
    }

    /// Completes the entries when all packets are known, and says what the user should know.
    fn finish(&mut self, _entries: &mut [SampleEntry], _warnings: &mut Vec<String>) {}
}

/// What a configuration comes to.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    /// The sample entry.
    pub entry: SampleEntry,
    /// Ticks a second of the track: the sample rate, but for Opus.
    pub timescale: u32,
    /// What manifests say.
    pub description: Description,
    /// Ticks to leave out at the start, where the configuration tells.
    pub priming: u64,
}

/// What a packet comes to.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// How long it is, in ticks.
    pub duration: u32,
    /// Whether it can be decoded without the one before; none for a sync sample.
    pub dependency: Option<Dependency>,
    /// Its groups, by bit.
    pub groups: u32,
    /// Whether it belongs to the same sample as the packet before.
    pub continues: bool,
    /// Bytes of the packet to leave out at its start.
    pub skip: u64,
    /// Ticks at its start and end that are decoded, not presented, where the bitstream tells.
    pub trim: (u32, u32),
}

/// A packet's bytes, to be looked at.
pub(super) struct View<'a> {
    window: &'a mut Window,
    /// The packet.
    pub packet: &'a Packet,
}

impl View<'_> {
    /// Up to `len` bytes from its start; fewer only where it ends, never more than a mebibyte.
    ///
    /// # Errors
    /// `Io` where reading fails.
    pub fn start(&mut self, len: usize) -> Result<&[u8]> {
        self.at_most(0, len)
    }

    /// Up to `len` bytes from `from` on.
    ///
    /// # Errors
    /// `Io` where reading fails.
    pub fn at_most(&mut self, from: u64, len: usize) -> Result<&[u8]> {
        let left = self.packet.size.saturating_sub(from);
        let len = len.min(LOOK_LIMIT).min(usize::try_from(left).unwrap_or(usize::MAX));
        self.window.at_most(self.packet.offset + from, len)
    }

    /// The whole packet.
    ///
    /// # Errors
    /// `Limit` where it is larger than any frame of sound, `Io` where reading fails.
    pub fn whole(&mut self) -> Result<&[u8]> {
        if self.packet.size > LOOK_LIMIT as u64 {
            return Err(Error::limit(format!(
                "a packet of {} bytes, of sound at most {LOOK_LIMIT} are handled",
                self.packet.size
            )));
        }
        self.at_most(0, LOOK_LIMIT)
    }
}

/// Reads all packets of a track of sound.
///
/// # Errors
/// Those of the codec, with the packet's place; `Unsupported` where entries of a track have different rates or channels.
pub(super) fn build(mut coding: impl Coding, source: demux::Track, control: &Control) -> Result<Track> {
    let mut window = source.payload.window();
    let mut builder = Builder::new(source);
    while let Some(packet) = builder.source.reader.next_packet()? {
        control.check()?;
        let number = builder.samples.samples().len() as u64 + 1;
        builder.packet(&mut coding, &mut window, &packet).map_err(|e| e.at(packet.offset).sample(number))?;
    }
    builder.finish(coding)
}

struct Builder {
    source: demux::Track,
    /// The configuration that the packets need now, from 1; and of each that was used its number and entry.
    description: u32,
    used: Vec<(u32, u8)>,
    entry: u8,
    streams: Vec<Stream>,
    samples: SampleTable,
    clock: FrameClock,
    /// The sample in the making, which packets may still be added to.
    pending: Option<(NewSample, Detail, u64)>,
    /// What was said of the last packet's end.
    end_padding: Option<u64>,
    last_duration: Option<u64>,
    /// Ticks to leave out that the bitstream tells, at the start and at the end.
    trim: (u64, u64),
    trim_ended: bool,
    late_trims: u64,
}

impl Builder {
    fn new(source: demux::Track) -> Self {
        Builder {
            source,
            description: 0,
            used: Vec::new(),
            entry: 0,
            streams: Vec::new(),
            samples: SampleTable::default(),
            clock: FrameClock::default(),
            pending: None,
            end_padding: None,
            last_duration: None,
            trim: (0, 0),
            trim_ended: false,
            late_trims: 0,
        }
    }

    fn packet(&mut self, coding: &mut impl Coding, window: &mut Window, packet: &Packet) -> Result<()> {
        // Containers have empty packets where they fill gaps; there is nothing to decode in them.
        if packet.size == 0 {
            return Ok(());
        }
        let mut view = View { window, packet };
        if packet.description != self.description {
            self.configure(coding, &mut view)?;
        }
        let frame = coding.frame(&mut view)?;
        let range = packet.offset + frame.skip..packet.offset + packet.size;
        self.end_padding = self.source.reader.end_padding();
        self.last_duration = packet.duration;
        if frame.continues
            && let Some((sample, detail, size)) = &mut self.pending
        {
            *size += range.end - range.start;
            detail.pieces.push(Piece::Source(range));
            sample.add_duration(frame.duration)?;
            self.clock.extend(frame.duration);
            return Ok(());
        }
        self.flush()?;
        let change = self.clock.push(packet.time, frame.duration, self.samples.samples().len());
        if let Some(last) = self.samples.samples_mut().last_mut() {
            last.duration = last.duration.saturating_add_signed(change);
        }
        self.trim(&frame);
        let sample = NewSample::new(0, frame.dependency.unwrap_or(Dependency::Sync), self.entry)
            .times(frame.duration, 0)
            .groups(frame.groups);
        let detail = Detail { pieces: vec![Piece::Source(range.clone())], subsamples: Vec::new() };
        self.pending = Some((sample, detail, range.end - range.start));
        Ok(())
    }

    /// Adds up what is left out at the start; at the end that of the last frames counts.
    fn trim(&mut self, frame: &Frame) {
        let (start, end) = (u64::from(frame.trim.0), u64::from(frame.trim.1));
        if start > 0 && !self.trim_ended {
            self.trim.0 += start;
        } else if start > 0 || self.trim.1 > 0 {
            self.late_trims += 1;
        }
        self.trim_ended |= start < u64::from(frame.duration);
        self.trim.1 = end;
    }

    fn flush(&mut self) -> Result<()> {
        let Some((sample, detail, size)) = self.pending.take() else { return Ok(()) };
        let size = u32::try_from(size).map_err(|_| Error::limit("a sample of 4 GiB"))?;
        self.samples.push(sample.sized(size), &detail)
    }

    fn configure(&mut self, coding: &mut impl Coding, view: &mut View<'_>) -> Result<()> {
        let description = view.packet.description;
        let index = (description as usize).saturating_sub(1);
        let config = self.source.config.get(index).ok_or_else(|| {
            Error::format(format!("sample entry {description}, the track has {}", self.source.config.len()))
        })?;
        let stream =
            coding.configure(config, view).map_err(|e| e.within(format!("sample entry {description}")))?;
        self.description = description;
        if let Some((_, entry)) = self.used.iter().find(|(known, _)| *known == description) {
            self.entry = *entry;
            return Ok(());
        }
        match self.streams.first() {
            None => self.clock = FrameClock::new(stream.timescale, self.source.timescale),
            Some(first)
                if (first.timescale, first.description.channels)
                    != (stream.timescale, stream.description.channels) =>
            {
                return Err(Error::unsupported(
                    "the sample rate or the channels change within the track, which a CMAF track can't; cut it there",
                )
                .clause("rule AUD-02"));
            }
            Some(_) => {}
        }
        let known = self.streams.iter().position(|s| s.entry.body == stream.entry.body);
        let entry = known.unwrap_or_else(|| {
            self.streams.push(stream);
            self.streams.len() - 1
        });
        self.entry = u8::try_from(entry).map_err(|_| Error::limit("more than 256 sample entries"))?;
        self.used.push((description, self.entry));
        Ok(())
    }

    fn finish(mut self, mut coding: impl Coding) -> Result<Track> {
        self.flush()?;
        let Some(stream) = self.streams.first().cloned() else {
            return Err(Error::format("it has no samples: no frame was found"));
        };
        let timescale = stream.timescale;
        let mut warnings = self.source.take_notes();
        warnings.extend(self.clock.warnings());
        self.shorten_last(timescale, &mut warnings);
        if self.late_trims > 0 {
            warnings.push(format!(
                "{} frames are trimmed within the track, which an edit list can't show; players see it in the bitstream",
                self.late_trims
            ));
        }
        let (start, early) = self.clock.start();
        if early {
            warnings.push("the first timestamp is before 0; the track starts at 0".into());
        }
        let sound = self.source.config.first().and_then(|config| config.sound);
        let delay = sound.and_then(|sound| sound.codec_delay).map_or(0, |ns| nanoseconds(ns, timescale));
        let priming = [stream.priming, self.trim.0, delay].into_iter().find(|ticks| *ticks > 0).unwrap_or(0);
        let mut entries: Vec<SampleEntry> = self.streams.into_iter().map(|stream| stream.entry).collect();
        coding.finish(&mut entries, &mut warnings);
        let mut track = Track {
            media: Media::Audio,
            timescale,
            start,
            presented_from: priming,
            language: self.source.language,
            samples: self.samples,
            payload: self.source.payload,
            entries,
            groups: coding.groups(),
            presentation_size: (0, 0),
            description: stream.description,
            brands: coding.brands(),
            is_cmaf: true,
            warnings,
        };
        let scale = edit::Timescales {
            media: self.source.timescale.unwrap_or(timescale),
            movie: self.source.movie_timescale,
        };
        edit::apply_priming(&mut track, &self.source.edits, scale, coding.pre_roll().into())?;
        if track.samples.samples().first().is_some_and(|s| s.dependency != Dependency::Sync) {
            track.warnings.push("the track does not start with a random access point (rule CMF-12)".into());
        }
        Ok(track)
    }

    /// Takes from the last sample what its container or bitstream says is not to be heard. Decoders give whole frames
    /// all the same, so that a player that does not look at durations plays the rest of that frame too.
    fn shorten_last(&mut self, timescale: u32, warnings: &mut Vec<String>) {
        let stated = self.last_duration.and_then(|ticks| self.clock.to_ticks(ticks));
        let padding = self.end_padding.map_or(0, |ns| nanoseconds(ns, timescale)).max(self.trim.1);
        let samples = self.samples.samples_mut();
        let Some(last) = samples.last_mut() else { return };
        let whole = u64::from(last.duration);
        let kept = match stated {
            _ if padding > 0 => whole.saturating_sub(padding),
            // Rounded durations say nothing that the frame does not say better.
            Some(stated) if stated + self.clock.rounding() < whole => stated,
            _ => whole,
        };
        if kept < whole {
            if kept == 0 {
                warnings.push(format!(
                    "{padding} ticks are to be left out at the end, more than the last sample lasts; one tick of it stays"
                ));
            }
            // Less than the duration, which fits.
            last.duration = kept.max(1) as u32;
        }
    }
}

/// Nanoseconds in ticks, to the nearest.
fn nanoseconds(ns: u64, timescale: u32) -> u64 {
    let ticks = (u128::from(ns) * u128::from(timescale) + 500_000_000) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Adds up durations, and compares the sum with the container's times.
#[derive(Debug, Default)]
struct FrameClock {
    timescale: u32,
    /// Ticks a second of the container's times.
    stamps: Option<u32>,
    first: Option<i64>,
    /// Where the next frame starts.
    next: i64,
    /// The duration of the frame before.
    last: u32,
    /// Added to times, after one was not followed.
    shift: i64,
    count: u64,
    uneven: Tally,
    gaps: Tally,
    repaired: Tally,
}

impl FrameClock {
    fn new(timescale: u32, stamps: Option<u32>) -> Self {
        FrameClock { timescale, stamps: stamps.filter(|stamps| *stamps > 0), ..FrameClock::default() }
    }

    /// How far a time of the container may be off by its rounding, and the first one's.
    fn rounding(&self) -> u64 {
        match self.stamps {
            Some(stamps) if stamps < self.timescale => u64::from(self.timescale.div_ceil(stamps)) + 1,
            Some(stamps) if stamps > self.timescale => 1,
            _ => 0,
        }
    }

    /// A length of the container in ticks of the track.
    fn to_ticks(&self, length: u64) -> Option<u64> {
        let stamps = u128::from(self.stamps?);
        let ticks = (2 * u128::from(length) * u128::from(self.timescale) + stamps) / (2 * stamps);
        u64::try_from(ticks).ok()
    }

    /// Takes in a frame; returns what is to be added to the duration of the one before.
    fn push(&mut self, time: Option<i64>, duration: u32, sample: usize) -> i32 {
        let mut change = 0;
        if let Some((time, stamps)) = time.zip(self.stamps) {
            let (n, d) = (2 * i128::from(time) * i128::from(self.timescale), 2 * i128::from(stamps));
            // Times beyond what fits would take the track longer than the age of the earth.
            let time =
                i64::try_from((n + d / 2).div_euclid(d)).unwrap_or(i64::MAX / 2).saturating_add(self.shift);
            match self.first {
                None => (self.first, self.next) = (Some(time), time),
                Some(_) => change = self.follow(time, sample),
            }
        }
        self.next = self.next.saturating_add(duration.into());
        self.last = duration;
        self.count += 1;
        change
    }

    fn follow(&mut self, time: i64, sample: usize) -> i32 {
        let drift = time.saturating_sub(self.next);
        if drift.unsigned_abs() <= self.rounding() {
            return 0;
        }
        let half = i64::from(self.last / 2).max(1);
        let new = i64::from(self.last).saturating_add(drift);
        match i32::try_from(drift) {
            Ok(change) if drift.abs() >= half && new > 0 && new <= i64::from(u32::MAX) => {
                self.gaps.add(sample, drift);
                self.next = time;
                change
            }
            _ if drift.abs() < half => {
                self.uneven.add(sample, drift);
                0
            }
            _ => {
                self.repaired.add(sample, drift);
                self.shift = self.shift.saturating_sub(drift);
                0
            }
        }
    }

    /// A further part of the same frame.
    fn extend(&mut self, duration: u32) {
        self.next = self.next.saturating_add(duration.into());
        self.last = self.last.saturating_add(duration);
    }

    /// The first time, and whether it was before 0.
    fn start(&self) -> (u64, bool) {
        let first = self.first.unwrap_or(0);
        (u64::try_from(first).unwrap_or(0), first < 0)
    }

    fn warnings(&self) -> Vec<String> {
        let say = |tally: &Tally, what: &str| {
            tally.first.map(|(sample, drift)| {
                let count = tally.count;
                let all = self.count;
                format!("{count} of {all} timestamps {what}; first at sample {sample}, by {drift} samples of sound")
            })
        };
        [
            say(
                &self.uneven,
                "differ from the lengths of the frames by less than half a frame and are not followed",
            ),
            say(
                &self.gaps,
                "differ from the lengths of the frames by half a frame or more; durations follow them",
            ),
            say(&self.repaired, "jump back or too far and are not followed"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Reads the sample entry that an MP4 input has, where it has one.
///
/// # Errors
/// `Format` where it is broken.
pub(super) fn source_entry(config: &Config) -> Result<Option<AudioSampleEntry>> {
    config.entry.as_deref().map(|body| AudioSampleEntry::parse_body(config.format, body)).transpose()
}

/// Makes the entry of a stream.
pub(super) struct EntryWriter<'a> {
    /// Its type.
    pub format: &'a [u8; 4],
    /// The field `channelcount`.
    pub channels: u32,
    /// The field `samplesize`.
    pub sample_size: u16,
    /// The field `samplerate`, in Hz; what does not fit is written as 0 (rule AUD-18).
    pub sample_rate: u32,
    /// The `codecs` parameter.
    pub codec: String,
}

impl EntryWriter<'_> {
    /// The entry with these boxes, and behind them the channel layout that the input's entry has, if any: it may
    /// tell what the codec doesn't (rule AUD-17).
    ///
    /// # Errors
    /// `Limit` where there are more channels than fit.
    pub fn write(self, mut boxes: Vec<RawBox>, source: Option<&AudioSampleEntry>) -> Result<SampleEntry> {
        let channels = u16::try_from(self.channels).map_err(|_| Error::limit("more than 65535 channels"))?;
        if let Some(chnl) = source.and_then(|s| s.children.iter().find(|child| child.kind == b"chnl")) {
            boxes.push(chnl.clone());
        }
        let mut entry = AudioSampleEntry::new(self.format, channels, self.sample_rate, boxes);
        entry.samplesize = self.sample_size;
        Ok(SampleEntry { format: *self.format, body: entry.to_body(), codec: self.codec })
    }
}

/// What manifests say of so many channels, laid out so.
pub(super) fn description(sample_rate: u32, count: u32, layout: Option<u8>) -> Description {
    Description {
        sample_rate: Some(sample_rate),
        channels: Some(Channels { count, layout, ..Channels::default() }),
        ..Description::default()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::demux::{Codec, Edit, Form, PacketReader, TrackKind};
    use crate::input::Input;

    struct Packets(std::vec::IntoIter<Packet>);

    impl PacketReader for Packets {
        fn next_packet(&mut self) -> Result<Option<Packet>> {
            Ok(self.0.next())
        }
    }

    /// A track whose packets have these bytes, and no times.
    pub(in crate::cmaf::codec) fn track_of(
        timescale: Option<u32>,
        config: Vec<Config>,
        packets: &[Vec<u8>],
    ) -> demux::Track {
        let mut offset = 0;
        let list: Vec<Packet> = packets
            .iter()
            .map(|bytes| {
                let size = bytes.len() as u64;
                offset += size;
                Packet {
                    offset: offset - size,
                    size,
                    form: Form::LowOverhead,
                    time: None,
                    composition_offset: 0,
                    duration: None,
                    sync_hint: None,
                    description: 1,
                }
            })
            .collect();
        demux::Track {
            id: 1,
            kind: TrackKind::Coded(Codec::Aac),
            protected: false,
            timescale,
            language: None,
            config,
            default_duration: None,
            edits: Vec::new(),
            movie_timescale: None,
            start: 0,
            payload: Input::from_bytes("a", packets.concat()),
            reader: Box::new(Packets(list.into_iter())),
            notes: Vec::new(),
        }
    }

    fn opus(packets: usize, edits: Vec<Edit>) -> Track {
        let head = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0".to_vec();
        let config = Config { private: Some(head), ..Config::default() };
        let mut source = track_of(None, vec![config], &vec![vec![0xfc, 0]; packets]);
        source.edits = edits;
        let options = crate::cmaf::codec::Options::default();
        crate::cmaf::codec::opus::build(source, demux::Container::Ogg, &options, &Control::new()).unwrap()
    }

    #[test]
    fn the_configurations_priming_gives_way_to_an_edit_list() {
        let track = opus(3, vec![]);
        assert_eq!((track.presented_from, track.duration(), track.timescale), (312, 2880, 48000));
        let edit =
            |duration, start| Edit { segment_duration: duration, media_time: start, media_rate: 0x1_0000 };
        let track = opus(3, vec![edit(2000, 400)]);
        assert_eq!((track.presented_from, track.duration()), (400, 2400));
        assert_eq!(track.groups[0].description, crate::cmaf::GroupDescription::RollDistance(-4));
        assert!(track.samples.samples().iter().all(|sample| sample.groups == 1));
    }

    fn run(timescale: u32, stamps: u32, length: u32, times: &[i64]) -> (Vec<i32>, Vec<String>) {
        let mut clock = FrameClock::new(timescale, Some(stamps));
        let changes = times.iter().zip(0..).map(|(time, n)| clock.push(Some(*time), length, n)).collect();
        (changes, clock.warnings())
    }

    #[test]
    fn rounded_times_do_not_add_up() {
        let times: Vec<i64> = (0..1000).map(|n| (n * 1024 * 1000 + 22050) / 44100).collect();
        let (changes, warnings) = run(44100, 1000, 1024, &times);
        assert!(changes.iter().all(|change| *change == 0));
        assert!(warnings.is_empty(), "{warnings:?}");
    }

    #[test]
    fn gaps_are_followed_and_jitter_is_not() {
        let (changes, warnings) = run(48000, 48000, 1024, &[0, 1024, 2050, 3072, 6144, 7168]);
        assert_eq!(changes, [0, 0, 0, 0, 2048, 0]);
        assert_eq!(warnings.len(), 2);
        assert!(warnings[0].starts_with("1 of 6 timestamps"), "{warnings:?}");
        // A time that repeats is not followed; those behind it go on from there.
        let (changes, warnings) = run(48000, 48000, 1024, &[0, 1024, 1024, 2048, 3072]);
        assert_eq!(changes, [0; 5]);
        assert_eq!(warnings.len(), 1);
        // A splice shortens the frame before it.
        assert_eq!(run(48000, 48000, 960, &[0, 960, 1320]).0, [0, 0, -600]);
    }

    #[test]
    fn nanoseconds_are_rounded() {
        assert_eq!(nanoseconds(6_500_000, 48000), 312);
        assert_eq!(nanoseconds(13_500_001, 48000), 648);
        assert_eq!(nanoseconds(u64::MAX, u32::MAX), u64::MAX);
    }
}
