//! Input containers, found by content, as packets on one timeline.
//!
//! [`open`] looks at the first bytes, never at a file's name, and gives the tracks of what it finds. A track's
//! packets are ranges of [`Track::payload`]: nothing is copied to find them. What a packet holds is not looked
//! into here: one temporal unit, several, or a part of one ([`Packet`]).

mod ac3;
mod adts;
mod annexb;
mod colour;
mod flac;
mod iamf;
mod ivf;
mod joined;
mod mp4;
mod obu;
mod ogg;
pub(crate) mod probe;
mod tags;
#[cfg(test)]
mod testing;
mod webm;

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::input::Input;

pub use colour::{Colour, ContentLight, Mastering, Nclx};
pub(crate) use joined::{Part, part};
pub use joined::{init_groups, join_segments};

/// A container that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Container {
    /// IVF, with a header and a 12-byte header before each frame.
    Ivf,
    /// The low-overhead bitstream format: OBUs one behind the other (AV1 § 5.2).
    Obu,
    /// The length-delimited bitstream format (AV1 Annex B).
    AnnexB,
    /// WebM and Matroska.
    Matroska,
    /// ISO base media: MP4, CMAF, AVIF image sequences; progressive and fragmented.
    Mp4,
    /// ADTS: AAC frames with a header each.
    Adts,
    /// Ogg, with Opus or FLAC.
    Ogg,
    /// AC-3 and E-AC-3 sync frames, one behind the other.
    Ac3,
    /// FLAC as it is by itself.
    Flac,
    /// An IA sequence: OBUs of IAMF, one behind the other.
    Iamf,
}

impl Container {
    /// Every container, in the order in which they are tried.
    pub const ALL: &[Container] = &[
        Container::Ivf,
        Container::Matroska,
        Container::Mp4,
        Container::Ogg,
        Container::Iamf,
        Container::Flac,
        Container::Adts,
        Container::Ac3,
        Container::Obu,
        Container::AnnexB,
    ];

    /// The word for this container on a command line; [`FromStr`] reads it.
    pub fn keyword(self) -> &'static str {
        match self {
            Container::Ivf => "ivf",
            Container::Obu => "obu",
            Container::AnnexB => "annexb",
            Container::Matroska => "webm",
            Container::Mp4 => "mp4",
            Container::Adts => "adts",
            Container::Ogg => "ogg",
            Container::Ac3 => "ac3",
            Container::Flac => "flac",
            Container::Iamf => "iamf",
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Container::Ivf => "IVF",
            Container::Obu => "AV1 OBU stream",
            Container::AnnexB => "AV1 Annex B",
            Container::Matroska => "WebM/Matroska",
            Container::Mp4 => "MP4",
            Container::Adts => "ADTS",
            Container::Ogg => "Ogg",
            Container::Ac3 => "AC-3 stream",
            Container::Flac => "FLAC",
            Container::Iamf => "IAMF",
        })
    }
}

impl FromStr for Container {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        Container::ALL.iter().copied().find(|c| c.keyword() == word).ok_or_else(|| {
            let known: Vec<_> = Container::ALL.iter().map(|c| c.keyword()).collect();
            Error::usage(format!("no container is called '{word}', known are {}", known.join(", ")))
        })
    }
}

/// How the bytes of a [`Packet`] are framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// OBUs one behind the other; only the last may lack its size field (AV1 § 5.2).
    LowOverhead,
    /// The content of one `temporal_unit( sz )` (AV1 Annex B): frame units of OBUs, each with a length before it.
    AnnexBTemporalUnit,
}

/// One packet of a track, as its container delimits it.
///
/// In an OBU stream, Annex B and MP4 that is a temporal unit. An IVF frame or a WebM block may hold several
/// temporal units, and several IVF frames of one time may be the layers of one temporal unit. A packet may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Where the packet's bytes start in [`Track::payload`].
    pub offset: u64,
    /// How many they are. `offset + size` is inside the payload.
    pub size: u64,
    /// How they are framed.
    pub form: Form,
    /// The time in ticks of [`Track::timescale`]; none where the container has no times. The decode time, where
    /// `composition_offset` is not 0 throughout the track.
    pub time: Option<i64>,
    /// Composition time less decode time, in the same ticks. Always 0 for AV1.
    pub composition_offset: i64,
    /// The duration in the same ticks, where the container gives it for this packet.
    pub duration: Option<u64>,
    /// Whether the container says that decoding can start here.
    pub sync_hint: Option<bool>,
    /// The number, from 1, of the entry of [`Track::config`] that the packet needs.
    pub description: u32,
}

/// Reads a track's packets in file order.
pub trait PacketReader: Send {
    /// The next packet, none at the end. After an error there are no more packets.
    ///
    /// # Errors
    /// `Format` where the container is broken or cut short, `Unsupported` where it does something not handled here,
    /// `Io` where reading fails.
    fn next_packet(&mut self) -> Result<Option<Packet>>;

    /// What the container says is to be left out at the end of the last packet read, in nanoseconds.
    fn end_padding(&self) -> Option<u64> {
        None
    }

    /// What was odd about the packets read since the last call, one line each.
    fn take_notes(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// What a track carries, for people and for its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Media {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
    /// Timed text.
    Text,
}

impl Media {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Media::Video => "video",
            Media::Audio => "audio",
            Media::Text => "text",
        }
    }
}

/// A coding that is packaged beside AV1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// AVC, ITU-T H.264.
    Avc,
    /// HEVC, ITU-T H.265.
    Hevc,
    /// VP9.
    Vp9,
    /// The AAC family, xHE-AAC included.
    Aac,
    /// Opus.
    Opus,
    /// AC-3.
    Ac3,
    /// Enhanced AC-3.
    Eac3,
    /// FLAC.
    Flac,
    /// Immersive audio, IAMF.
    Iamf,
    /// WebVTT in ISOBMFF.
    Wvtt,
    /// TTML in ISOBMFF.
    Stpp,
}

impl Codec {
    /// The type of its sample entries, of the most usual one where there are several.
    pub fn format(self) -> &'static str {
        match self {
            Codec::Avc => "avc1",
            Codec::Hevc => "hvc1",
            Codec::Vp9 => "vp09",
            Codec::Aac => "mp4a",
            Codec::Opus => "Opus",
            Codec::Ac3 => "ac-3",
            Codec::Eac3 => "ec-3",
            Codec::Flac => "fLaC",
            Codec::Iamf => "iamf",
            Codec::Wvtt => "wvtt",
            Codec::Stpp => "stpp",
        }
    }

    /// What it codes.
    pub fn media(self) -> Media {
        match self {
            Codec::Avc | Codec::Hevc | Codec::Vp9 => Media::Video,
            Codec::Aac | Codec::Opus | Codec::Ac3 | Codec::Eac3 | Codec::Flac | Codec::Iamf => Media::Audio,
            Codec::Wvtt | Codec::Stpp => Media::Text,
        }
    }
}

/// What a track holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrackKind {
    /// AV1 video.
    Av1,
    /// Another coding that is packaged.
    Coded(Codec),
    /// Something else, listed so that it can be named when it is left out. Its reader gives no packets.
    Other {
        /// `video`, `audio`, `subtitle`, or the MP4 handler.
        media: String,
        /// The sample entry type (MP4) or codec ID (Matroska).
        codec: String,
    },
}

/// What a container says about the stream outside it, once per sample entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The body of the `av1C` box (or Matroska's CodecPrivate, which is the same): 4 bytes and `configOBUs`.
    pub av1c: Option<Vec<u8>>,
    /// Colour, mastering display, light level, pixel aspect ratio.
    pub colour: Colour,
    /// Width and height in the sample entry or track, in pixels.
    pub size: Option<(u32, u32)>,
    /// The type of the sample entry before encryption (`avc1`, `mp4a`); zeros where the container has none.
    pub format: [u8; 4],
    /// The body of the MP4 sample entry in the clear, without `sinf`: its fields and boxes. For codecs beside AV1.
    pub entry: Option<Vec<u8>>,
    /// The codec's own configuration where there is no MP4 sample entry: Matroska's CodecPrivate, the identification
    /// header of Ogg, the first frame's header of a raw stream. For codecs beside AV1.
    pub private: Option<Vec<u8>>,
    /// What the container says of sound.
    pub sound: Option<Sound>,
}

/// What a container says of sound outside the codec's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sound {
    /// Channels.
    pub channels: u16,
    /// Samples a second.
    pub sample_rate: u32,
    /// Matroska's CodecDelay: what decoders are to leave out at the start, in nanoseconds.
    pub codec_delay: Option<u64>,
    /// Matroska's SeekPreRoll, in nanoseconds.
    pub seek_pre_roll: Option<u64>,
}

/// One entry of an MP4 edit list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// In ticks of [`Track::movie_timescale`]; 0 for "to the end" in fragmented files.
    pub segment_duration: u64,
    /// In ticks of [`Track::timescale`]; -1 for an empty edit.
    pub media_time: i64,
    /// The rate, 16.16 fixed point.
    pub media_rate: i32,
}

/// One track of an input.
pub struct Track {
    /// The container's number for the track; 1 where there are no numbers.
    pub id: u32,
    /// What it holds.
    pub kind: TrackKind,
    /// Whether its samples are encrypted. The packets of such a track can be listed, not parsed.
    pub protected: bool,
    /// Ticks per second of packet times; none where the container has no times.
    pub timescale: Option<u32>,
    /// The language as the container has it (`eng`, `de-CH`), without `und`.
    pub language: Option<String>,
    /// What the container says of the stream; never empty.
    pub config: Vec<Config>,
    /// Seconds per packet as a fraction, where the container gives one for the whole track.
    pub default_duration: Option<(u64, u64)>,
    /// The edit list as it stands.
    pub edits: Vec<Edit>,
    /// Ticks per second of [`Edit::segment_duration`].
    pub movie_timescale: Option<u32>,
    /// The decode time of the first sample, in ticks of [`Track::timescale`], where fragments start later than 0.
    pub start: i64,
    /// What packets are ranges of.
    pub payload: Input,
    /// Gives the packets.
    pub reader: Box<dyn PacketReader>,
    /// What was odd about the track, one line each.
    pub notes: Vec<String>,
}

impl Track {
    /// A track of `kind` about which nothing else is known.
    fn new(id: u32, kind: TrackKind, payload: &Input, reader: impl PacketReader + 'static) -> Self {
        Track {
            id,
            kind,
            protected: false,
            timescale: None,
            language: None,
            config: vec![Config::default()],
            default_duration: None,
            edits: Vec::new(),
            movie_timescale: None,
            start: 0,
            payload: payload.clone(),
            reader: Box::new(Fused { reader, name: payload.name().into(), done: false }),
            notes: Vec::new(),
        }
    }

    /// What was odd about the track and the packets read so far, one line each.
    pub fn take_notes(&mut self) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.notes);
        notes.append(&mut self.reader.take_notes());
        notes
    }

    /// A track whose packets nobody wants.
    fn other(id: u32, media: impl Into<String>, codec: impl Into<String>, input: &Input) -> Self {
        Track::new(id, TrackKind::Other { media: media.into(), codec: codec.into() }, input, NoPackets)
    }
}

impl fmt::Debug for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Track")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("protected", &self.protected)
            .field("timescale", &self.timescale)
            .field("language", &self.language)
            .field("config", &self.config)
            .field("default_duration", &self.default_duration)
            .field("edits", &self.edits)
            .field("start", &self.start)
            .field("payload", &self.payload)
            .field("notes", &self.notes)
            .finish_non_exhaustive()
    }
}

/// An input, opened.
#[derive(Debug)]
pub struct Opened {
    /// What it is.
    pub container: Container,
    /// Its tracks, in the container's order; there is at least one.
    pub tracks: Vec<Track>,
    /// What was odd about the file, one line each.
    pub notes: Vec<String>,
}

/// How to open an input.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Reads the input as this container whatever it looks like.
    pub container: Option<Container>,
}

/// Finds out what `input` is and opens it.
///
/// # Errors
/// `Format` where the input is none of the known containers (the message says what it looks like) or a broken one,
/// `Unsupported` where it is one that can't be packaged, `Io` where reading fails.
pub fn open(input: &Input, options: &Options) -> Result<Opened> {
    let container = match options.container {
        Some(container) => container,
        None => probe::container(input)?,
    };
    let opened = match container {
        Container::Ivf => ivf::open(input),
        Container::Obu => obu::open(input),
        Container::AnnexB => annexb::open(input),
        Container::Matroska => webm::open(input),
        Container::Mp4 => mp4::open(input),
        Container::Adts => adts::open(input),
        Container::Ogg => ogg::open(input),
        Container::Ac3 => ac3::open(input),
        Container::Flac => flac::open(input),
        Container::Iamf => iamf::open(input),
    };
    opened.map_err(|e| e.in_file(input.name()))
}

/// More tracks than any file has.
const TRACK_LIMIT: usize = 1000;

/// More notes than anybody reads: a hostile file could ask for millions.
const NOTE_LIMIT: usize = 100;

/// Adds a note, if there are not too many already.
fn note(notes: &mut Vec<String>, text: String) {
    if notes.len() < NOTE_LIMIT {
        notes.push(text);
    }
}

/// The error for a file with more than [`TRACK_LIMIT`] tracks.
fn too_many_tracks() -> Error {
    Error::limit(format!("more than {TRACK_LIMIT} tracks"))
}

/// Stops for good at the end and after an error, and names the file in errors.
struct Fused<R> {
    reader: R,
    name: Box<str>,
    done: bool,
}

impl<R: PacketReader> PacketReader for Fused<R> {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if self.done {
            return Ok(None);
        }
        let packet = self.reader.next_packet();
        self.done = !matches!(packet, Ok(Some(_)));
        packet.map_err(|e| e.in_file(&*self.name))
    }

    fn end_padding(&self) -> Option<u64> {
        self.reader.end_padding()
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.reader.take_notes()
    }
}

struct NoPackets;

impl PacketReader for NoPackets {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_back() {
        for container in Container::ALL {
            assert_eq!(container.keyword().parse::<Container>().unwrap(), *container);
        }
        let error = "avi".parse::<Container>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "no container is called 'avi', known are ivf, webm, mp4, ogg, iamf, flac, adts, ac3, obu, annexb"
        );
    }

    #[test]
    fn an_override_goes_before_the_probe() {
        let input = Input::from_bytes("a", b"DKIF".to_vec());
        let opened = open(&input, &Options { container: Some(Container::Obu) }).unwrap();
        assert_eq!(opened.container, Container::Obu);
        let error = open(&input, &Options { container: Some(Container::Matroska) }).unwrap_err().to_string();
        assert!(error.starts_with("a: byte 0: "), "{error}");
    }
}
