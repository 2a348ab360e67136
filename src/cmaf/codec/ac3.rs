//! AC-3 and Enhanced AC-3 in ISOBMFF (ETSI TS 102 366 Annex F).

use super::Options;
use super::sound::{self, Coding, EntryWriter, Frame, Stream, View};
use crate::ac3::{self, BLOCKS, Kind, Presentation, SyncFrame};
use crate::cmaf::{Channels, Description, Track};
use crate::control::Control;
use crate::demux::{self, Codec, Config, Container, TrackKind};
use crate::error::{Error, Result};
use crate::isobmff::RawBox;
use crate::isobmff::boxes::Dec3;

/// Reads all packets of an AC-3 or E-AC-3 track.
///
/// A sample is six blocks, of all substreams (rule AUD-11). Nothing says what an encoder has put in front, so that
/// only an edit list of the input leaves something out.
///
/// # Errors
/// `Format` where a sync frame is broken, `Unsupported` where the stream changes.
pub fn build(track: demux::Track, _: Container, _: &Options, control: &Control) -> Result<Track> {
    let enhanced = track.kind == TrackKind::Coded(Codec::Eac3);
    sound::build(Ac3 { enhanced, main: None, blocks: 0 }, track, control)
}

struct Ac3 {
    enhanced: bool,
    /// The first program's frame, which those that follow must be like.
    main: Option<SyncFrame>,
    /// Blocks of the sample so far.
    blocks: u32,
}

impl Coding for Ac3 {
    fn configure(&mut self, config: &Config, first: &mut View<'_>) -> Result<Stream> {
        let source = sound::source_entry(config)?;
        let found = Presentation::of(&ac3::frames(first.whole()?)?)?;
        if (found.main.kind != Kind::Ac3) != self.enhanced {
            let [what, other] = if self.enhanced { ["E-AC-3", "AC-3"] } else { ["AC-3", "E-AC-3"] };
            return Err(Error::format(format!(
                "the track is {what} by its container, its frames are {other}"
            )));
        }
        let rate = found.main.sample_rate;
        let writer = |format, codec: &str| EntryWriter {
            format,
            channels: found.channels(),
            sample_size: 16,
            sample_rate: rate,
            codec: codec.to_string(),
        };
        let mut joint_objects = None;
        let entry = if self.enhanced {
            let mut dec3 = found.dec3();
            // A source's own knows more than one frame shows: the highest data rate, joint objects.
            let own = source.as_ref().map(|entry| entry.find::<Dec3>()).transpose()?.flatten();
            if let Some(own) = own.filter(|own| own.substreams == dec3.substreams) {
                dec3.data_rate = dec3.data_rate.max(own.data_rate);
                if dec3.extension.is_empty() {
                    dec3.extension = own.extension;
                }
            }
            if let [flags, objects, ..] = dec3.extension[..]
                && flags & 1 == 1
            {
                joint_objects = Some(objects);
            }
            writer(b"ec-3", "ec-3").write(vec![RawBox::from_box(&dec3)], source.as_ref())?
        } else {
            writer(b"ac-3", "ac-3").write(vec![RawBox::from_box(&found.dac3())], source.as_ref())?
        };
        let channels = Channels {
            count: found.channels(),
            layout: found.layout(),
            dolby_mask: Some(found.mask()),
            joint_objects,
        };
        let description =
            Description { sample_rate: Some(rate), channels: Some(channels), ..Description::default() };
        self.main = Some(found.main);
        Ok(Stream { entry, timescale: rate, description, priming: 0 })
    }

    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame> {
        let frames = ac3::frames(packet.whole()?)?;
        let mut blocks = 0;
        for frame in &frames {
            if !matches!(frame.kind, Kind::Ac3 | Kind::Independent(0)) {
                continue;
            }
            blocks += frame.blocks;
            let like = |f: &SyncFrame| (f.kind, f.sample_rate, f.acmod, f.lfeon, f.bsid);
            if self.main.as_ref().is_some_and(|main| like(main) != like(frame)) {
                return Err(Error::unsupported(
                    "the sample rate or the channels change within the stream, which a track can't; cut it there",
                )
                .clause("rule AUD-02"));
            }
        }
        let continues = self.blocks > 0;
        self.blocks += blocks;
        if blocks == 0 && !continues || self.blocks > BLOCKS {
            return Err(Error::unsupported(format!(
                "{} blocks of the first program in a packet or those together, {BLOCKS} were expected",
                self.blocks
            ))
            .clause("rule AUD-11"));
        }
        if self.blocks == BLOCKS {
            self.blocks = 0;
        }
        Ok(Frame { duration: blocks * ac3::BLOCK, continues, ..Frame::default() })
    }
}
