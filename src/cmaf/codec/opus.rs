//! Opus in ISOBMFF.

use super::Options;
use super::sound::{self, Coding, EntryWriter, Frame, Stream, View};
use crate::cmaf::{GroupDescription, SampleGroup, Track};
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::isobmff::RawBox;
use crate::isobmff::boxes::DOps;
use crate::opus::{self, PRE_ROLL, RATE};

/// Reads all packets of an Opus track.
///
/// What decoders are to leave out at the start (PreSkip) becomes the edit list, unless the input has one of its own.
///
/// # Errors
/// `Format` where the configuration or a packet is broken.
pub fn build(track: demux::Track, _: Container, _: &Options, control: &Control) -> Result<Track> {
    sound::build(Opus { shortest: u32::MAX }, track, control)
}

struct Opus {
    /// The shortest packet so far, in ticks: the more packets, the more of them the pre-roll spans.
    shortest: u32,
}

impl Coding for Opus {
    fn configure(&mut self, config: &Config, _: &mut View<'_>) -> Result<Stream> {
        let source = sound::source_entry(config)?;
        let dops = match (&source, &config.private) {
            (Some(entry), _) => {
                let dops = entry.find::<DOps>()?;
                let dops =
                    dops.ok_or_else(|| Error::format("the entry has no `dOps`").clause("rule AUD-07"))?;
                opus::check(&dops)?;
                dops
            }
            (None, Some(head)) => opus::read_head(head)?,
            (None, None) => return Err(Error::format("the track has no OpusHead").clause("rule AUD-07")),
        };
        let channels = u32::from(dops.output_channel_count);
        let entry = EntryWriter {
            format: b"Opus",
            channels,
            sample_size: 16,
            sample_rate: RATE,
            codec: "opus".to_string(),
        };
        Ok(Stream {
            entry: entry.write(vec![RawBox::from_box(&dops)], source.as_ref())?,
            timescale: RATE,
            description: sound::description(RATE, channels, opus::layout(&dops)),
            priming: dops.pre_skip.into(),
        })
    }

    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame> {
        let duration = opus::duration(packet.start(2)?)?;
        self.shortest = self.shortest.min(duration);
        Ok(Frame { duration, groups: 1, ..Frame::default() })
    }

    /// All samples are in the group (rule AUD-08). Where packets differ in length, the shortest ones decide, so that
    /// there is always enough.
    fn groups(&self) -> Vec<SampleGroup> {
        // At most 32: the shortest packet lasts 2.5 ms.
        let distance = PRE_ROLL.div_ceil(self.shortest.clamp(120, PRE_ROLL)) as i16;
        vec![SampleGroup {
            grouping_type: *b"roll",
            parameter: None,
            description: GroupDescription::RollDistance(-distance),
        }]
    }

    fn pre_roll(&self) -> u32 {
        PRE_ROLL
    }
}
