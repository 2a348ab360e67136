//! FLAC in ISOBMFF (RFC 9639 § 10.2).

use super::Options;
use super::sound::{self, Coding, EntryWriter, Frame, Stream, View};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::flac::{self, FrameHeader, StreamInfo};
use crate::isobmff::RawBox;

/// Reads all packets of a FLAC track.
///
/// # Errors
/// `Format` where the metadata or a frame header is broken, `Unsupported` where frames are other than STREAMINFO says.
pub fn build(track: demux::Track, _: Container, _: &Options, control: &Control) -> Result<Track> {
    sound::build(Flac { info: None }, track, control)
}

struct Flac {
    info: Option<StreamInfo>,
}

impl Coding for Flac {
    fn configure(&mut self, config: &Config, _: &mut View<'_>) -> Result<Stream> {
        let source = sound::source_entry(config)?;
        let own = source.as_ref().and_then(|entry| entry.children.iter().find(|child| child.kind == b"dfLa"));
        let blocks = match (own.map(RawBox::payload), &config.private) {
            // Version and flags are before the blocks.
            (Some(payload), _) => payload.get(4..).unwrap_or_default().to_vec(),
            (None, Some(private)) => private.clone(),
            (None, None) => {
                return Err(Error::format("the track has no STREAMINFO").clause("rule AUD-12"));
            }
        };
        let first = flac::metadata(&blocks)?;
        let info = StreamInfo::parse(first[0].content)?;
        let entry = EntryWriter {
            format: b"fLaC",
            channels: info.channels.into(),
            sample_size: info.bits.into(),
            sample_rate: info.entry_rate(),
            codec: "fLaC".to_string(),
        };
        self.info = Some(info);
        let body = flac::specific_box(&blocks)?;
        Ok(Stream {
            entry: entry.write(vec![RawBox::new(b"dfLa", body)], source.as_ref())?,
            timescale: info.sample_rate,
            description: sound::description(info.sample_rate, info.channels.into(), info.layout()),
            priming: 0,
        })
    }

    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame> {
        let header = FrameHeader::parse(packet.start(FrameHeader::MAX_LEN)?)?;
        if self.info.is_some_and(|info| !header.fits(&info)) {
            return Err(Error::unsupported(
                "the sample rate, channels or sample size of a frame are not those of STREAMINFO; a track can't change \
                 them",
            )
            .clause("rule AUD-12"));
        }
        Ok(Frame { duration: header.block_size, ..Frame::default() })
    }
}
