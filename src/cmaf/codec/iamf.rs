//! IAMF in ISOBMFF (IAMF § 6).

use super::Options;
use super::sound::{self, Coding, EntryWriter, Frame, Stream, View};
use crate::av1::{read_leb128, write_leb128};
use crate::cmaf::{Description, GroupDescription, SampleGroup, Track};
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::iamf::{Descriptors, HEADER_LIMIT, Header, Kind};
use crate::isobmff::RawBox;

/// Reads all packets of an IAMF track.
///
/// What frames say is to be trimmed becomes the edit list, unless the input has one of its own; the frames keep what they
/// say, as the binding wants it.
///
/// # Errors
/// `Format` where the descriptors or an OBU are broken, `Unsupported` for codecs that IAMF doesn't have.
pub fn build(track: demux::Track, _: Container, _: &Options, control: &Control) -> Result<Track> {
    sound::build(Iamf { descriptors: None }, track, control)
}

struct Iamf {
    descriptors: Option<Descriptors>,
}

impl Coding for Iamf {
    fn configure(&mut self, config: &Config, _: &mut View<'_>) -> Result<Stream> {
        let source = sound::source_entry(config)?;
        let obus = match (&source, &config.private) {
            (Some(entry), _) => {
                let iacb = entry.children.iter().find(|child| child.kind == b"iacb");
                let iacb =
                    iacb.ok_or_else(|| Error::format("the entry has no `iacb`").clause("rule AUD-13"))?;
                config_obus(&iacb.payload())?
            }
            (None, Some(private)) => private.clone(),
            (None, None) => return Err(Error::format("the track has no descriptors").clause("rule AUD-13")),
        };
        let descriptors = Descriptors::parse(&obus)?;
        let mut body = vec![1]; // configurationVersion
        write_leb128(obus.len() as u64, &mut body);
        body.extend_from_slice(&obus);
        let entry = EntryWriter {
            format: b"iamf",
            channels: 0,
            sample_size: 16,
            sample_rate: 0,
            codec: descriptors.codec_string(),
        };
        let stream = Stream {
            // Its channels are in the descriptors; another box has nothing to say of them.
            entry: entry.write(vec![RawBox::new(b"iacb", body)], None)?,
            timescale: descriptors.sample_rate,
            description: Description { sample_rate: Some(descriptors.sample_rate), ..Description::default() },
            priming: 0,
        };
        if let Some(first) = &self.descriptors
            && first.roll_distance != descriptors.roll_distance
        {
            return Err(Error::unsupported("the roll distance changes within the track; cut it there"));
        }
        self.descriptors = Some(descriptors);
        Ok(stream)
    }

    fn frame(&mut self, packet: &mut View<'_>) -> Result<Frame> {
        let duration = self.descriptors.as_ref().map_or(0, |descriptors| descriptors.frame_length);
        let mut frame = Frame { duration, groups: 1, ..Frame::default() };
        let mut at = 0;
        let mut trim = None;
        while at < packet.packet.size {
            let header = Header::parse(packet.at_most(at, HEADER_LIMIT)?)?;
            if header.size > packet.packet.size - at {
                return Err(Error::format("an IAMF OBU passes the end of its sample"));
            }
            let is_frame = matches!(header.kind, Kind::AudioFrame(_));
            if is_frame && *trim.get_or_insert(header.trim) != header.trim {
                return Err(Error::format("frames of one time are trimmed differently"));
            }
            match header.kind {
                // A sample has none (rule AUD-14).
                Kind::TemporalDelimiter if at == frame.skip => frame.skip += header.size,
                Kind::TemporalDelimiter => {
                    return Err(Error::format("a sample of several temporal units").clause("rule AUD-14"));
                }
                Kind::SequenceHeader if !header.is_redundant => {
                    return Err(Error::unsupported("another IA sequence begins here; cut the track there")
                        .clause("rule AUD-14"));
                }
                _ => {}
            }
            at += header.size;
        }
        frame.trim = trim.ok_or_else(|| Error::format("a temporal unit without a frame"))?;
        Ok(frame)
    }

    /// Samples of Opus and AAC are in the group (rule AUD-15); of the others each stands alone.
    fn groups(&self) -> Vec<SampleGroup> {
        let distance = self.descriptors.as_ref().map_or(0, |descriptors| descriptors.roll_distance);
        if distance == 0 {
            return Vec::new();
        }
        vec![SampleGroup {
            grouping_type: *b"roll",
            parameter: None,
            description: GroupDescription::RollDistance(distance),
        }]
    }

    fn pre_roll(&self) -> u32 {
        let frames =
            |d: &Descriptors| u32::from(d.roll_distance.unsigned_abs()).saturating_mul(d.frame_length);
        self.descriptors.as_ref().map_or(0, frames)
    }

    fn brands(&self) -> Vec<[u8; 4]> {
        vec![*b"iamf"]
    }
}

/// `configOBUs` of an `iacb`.
pub(crate) fn config_obus(payload: &[u8]) -> Result<Vec<u8>> {
    let cut = || Error::format("`iacb` is cut short").clause("rule AUD-13");
    let (version, rest) = payload.split_first().ok_or_else(cut)?;
    if *version != 1 {
        return Err(Error::unsupported(format!("`iacb` of version {version}, 1 is known")));
    }
    let (size, len) = read_leb128(rest)?;
    let end = usize::try_from(size).ok().and_then(|size| size.checked_add(len)).ok_or_else(cut)?;
    Ok(rest.get(len..end).ok_or_else(cut)?.to_vec())
}
