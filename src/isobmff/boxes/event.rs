//! Boxes beside the movie: `emsg` and `prft`.

use serde::Serialize;

use super::wide;
use crate::error::Result;
use crate::isobmff::table::hex;
use crate::isobmff::{FourCC, ParseBox, Reader, WriteBox, Writer};

/// When an event of an [`Emsg`] takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventTime {
    /// Version 0: after the earliest presentation time of the segment.
    PresentationTimeDelta(u32),
    /// Version 1: on the presentation's timeline.
    PresentationTime(u64),
}

/// `emsg`: an event in the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emsg {
    /// What the message means.
    pub scheme_id_uri: String,
    /// Of the scheme's own.
    pub value: String,
    /// Units per second of the times here.
    pub timescale: u32,
    /// In `timescale` units; says the version too.
    #[serde(flatten)]
    pub time: EventTime,
    /// In `timescale` units; all ones for unknown.
    pub event_duration: u32,
    /// Instances of one event have one id.
    pub id: u32,
    /// Of the scheme's own.
    #[serde(serialize_with = "hex")]
    pub message_data: Vec<u8>,
}

impl<'a> ParseBox<'a> for Emsg {
    const KIND: FourCC = FourCC(*b"emsg");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        if r.full_up_to(1)?.version == 0 {
            let (scheme_id_uri, value) = (r.cstring(), r.cstring());
            let (timescale, delta) = (r.u32()?, r.u32()?);
            let (event_duration, id) = (r.u32()?, r.u32()?);
            let time = EventTime::PresentationTimeDelta(delta);
            let message_data = r.rest().to_vec();
            return Ok(Emsg { scheme_id_uri, value, timescale, time, event_duration, id, message_data });
        }
        let (timescale, time) = (r.u32()?, EventTime::PresentationTime(r.u64()?));
        let (event_duration, id) = (r.u32()?, r.u32()?);
        let (scheme_id_uri, value) = (r.cstring(), r.cstring());
        let message_data = r.rest().to_vec();
        Ok(Emsg { scheme_id_uri, value, timescale, time, event_duration, id, message_data })
    }
}

impl WriteBox for Emsg {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        match self.time {
            EventTime::PresentationTimeDelta(delta) => {
                w.full_header(0, 0);
                w.cstring(&self.scheme_id_uri);
                w.cstring(&self.value);
                w.u32(self.timescale);
                w.u32(delta);
                w.u32(self.event_duration);
                w.u32(self.id);
            }
            EventTime::PresentationTime(time) => {
                w.full_header(1, 0);
                w.u32(self.timescale);
                w.u64(time);
                w.u32(self.event_duration);
                w.u32(self.id);
                w.cstring(&self.scheme_id_uri);
                w.cstring(&self.value);
            }
        }
        w.bytes(&self.message_data);
    }
}

/// `prft`: the wall clock at a media time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Prft {
    /// Which moment the clock was read at.
    pub flags: u32,
    /// The track.
    #[serde(rename = "reference_track_ID")]
    pub reference_track_id: u32,
    /// Seconds since 1900, 32.32.
    pub ntp_timestamp: u64,
    /// In the track's timescale.
    pub media_time: u64,
}

impl<'a> ParseBox<'a> for Prft {
    const KIND: FourCC = FourCC(*b"prft");

    fn parse(r: &mut Reader<'a>) -> Result<Self> {
        let header = r.full_up_to(1)?;
        Ok(Prft {
            flags: header.flags,
            reference_track_id: r.u32()?,
            ntp_timestamp: r.u64()?,
            media_time: r.u32_or_u64(header.version == 1)?,
        })
    }
}

impl WriteBox for Prft {
    fn kind(&self) -> FourCC {
        Self::KIND
    }

    fn write(&self, w: &mut Writer) {
        let wide = wide(self.media_time);
        w.full_header(wide.into(), self.flags);
        w.u32(self.reference_track_id);
        w.u64(self.ntp_timestamp);
        w.u32_or_u64(wide, self.media_time);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{reread, roundtrip};
    use super::*;

    #[test]
    fn emsg_versions() {
        let emsg: Emsg = roundtrip(
            "00000026 656d7367 00000000 6100 6200 00000001 00000002 00000003 00000004 000000000000",
        );
        assert_eq!((emsg.time, emsg.message_data.len()), (EventTime::PresentationTimeDelta(2), 6));
        let emsg: Emsg = roundtrip(
            "00000026 656d7367 01000000 00000001 0000000000000002 00000003 00000004 6100 6200 0102",
        );
        assert_eq!((emsg.time, emsg.id, &*emsg.value), (EventTime::PresentationTime(2), 4, "b"));
        assert!(serde_json::to_string(&emsg).unwrap().contains(r#""presentation_time":2"#));
    }

    #[test]
    fn prft_versions() {
        let prft: Prft = roundtrip("0000001c 70726674 00000018 00000001 0000000200000003 00000004");
        assert_eq!((prft.flags, prft.ntp_timestamp, prft.media_time), (24, 0x2_0000_0003, 4));
        reread(&Prft { media_time: 1 << 32, ..prft });
    }
}
