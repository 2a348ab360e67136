//! Ogg with Opus or FLAC (RFC 3533, RFC 7845, and the mapping of FLAC in RFC 9639 § 10.1).
//!
//! Packets are put together from pages. Where some lie in several pages, whose bytes are not together in the file, all
//! packets of the stream are copied into a temporary file.

mod packets;
mod page;
mod spool;

use packets::Packets;
use page::Page;

use crate::demux::{Codec, Config, Container, Form, Opened, Packet, PacketReader, Sound, Track, TrackKind};
use crate::error::{Error, Result};
use crate::flac;
use crate::input::{Input, Window};
use crate::opus;

pub(super) const MAGIC: &[u8; 4] = b"OggS";

/// What the first packet of a FLAC stream starts with.
const FLAC_MAGIC: &[u8] = b"\x7fFLAC\x01";

/// The most bytes of header packets.
const HEADER_LIMIT: u64 = 64 << 20;

pub(super) fn open(input: &Input) -> Result<Opened> {
    let mut opened = Opened { container: Container::Ogg, tracks: Vec::new(), notes: Vec::new() };
    let mut window = input.window();
    // All streams begin before the first page of data.
    let mut at = 0;
    while let Some(page) = Page::read(&mut window, at)?.filter(|page| page.begins) {
        let first = window.at_most(page.data, 64)?.to_vec();
        let id = opened.tracks.len() as u32 + 1;
        opened.tracks.push(if first.starts_with(opus::MAGIC) {
            stream(input, id, page.serial, Codec::Opus)?
        } else if first.starts_with(FLAC_MAGIC) {
            stream(input, id, page.serial, Codec::Flac)?
        } else {
            Track::other(id, "stream", name(&first), input)
        });
        if opened.tracks.len() > crate::demux::TRACK_LIMIT {
            return Err(crate::demux::too_many_tracks().at(at));
        }
        at = page.end;
    }
    if opened.tracks.is_empty() {
        return Err(Error::format("no Ogg stream begins at the start of the file").at(0));
    }
    Ok(opened)
}

/// What a stream is that is not packaged.
fn name(first: &[u8]) -> &'static str {
    match first {
        [1, b'v', b'o', b'r', b'b', b'i', b's', ..] => "Vorbis",
        [0x80, b't', b'h', b'e', b'o', b'r', b'a', ..] => "Theora",
        [b'S', b'p', b'e', b'e', b'x', ..] => "Speex",
        [b'f', b'i', b's', b'h', ..] => "Skeleton",
        _ => "unknown",
    }
}

fn stream(input: &Input, id: u32, serial: u32, codec: Codec) -> Result<Track> {
    let mut window = input.window();
    let mut packets = Packets::new(input, serial);
    let mut take = |packets: &mut Packets| -> Result<Vec<u8>> {
        let parts = packets.next_parts()?.ok_or_else(|| Error::format("the stream ends in its headers"))?;
        parts.read(&mut window, HEADER_LIMIT)
    };
    let mut config = Config::default();
    let timescale = match codec {
        Codec::Opus => {
            let head = take(&mut packets)?;
            let read = opus::read_head(&head)?;
            // The second packet is the comment header.
            packets.next_parts()?;
            config.sound = Some(Sound {
                channels: read.output_channel_count.into(),
                sample_rate: opus::RATE,
                ..Sound::default()
            });
            config.private = Some(head);
            opus::RATE
        }
        _ => {
            let mut metadata = take(&mut packets)?;
            // The mapping's own header: magic, versions, number of header packets.
            let count = match metadata.get(7..9) {
                Some(&[high, low]) => u16::from_be_bytes([high, low]),
                _ => return Err(Error::format("the first packet of the FLAC stream is cut short")),
            };
            metadata.drain(..9);
            let mut read = 0;
            let is_last =
                |metadata: &[u8], from: usize| metadata.get(from).is_some_and(|byte| byte & 0x80 != 0);
            let mut last = is_last(&metadata, flac::MAGIC.len());
            while !last && (count == 0 || read < count) {
                let block = take(&mut packets)?;
                last = is_last(&block, 0);
                metadata.extend(block);
                read += 1;
                if metadata.len() as u64 > HEADER_LIMIT {
                    return Err(Error::limit(format!("more than {HEADER_LIMIT} bytes of metadata")));
                }
            }
            let blocks = flac::metadata(&metadata)?;
            let info = flac::StreamInfo::parse(blocks[0].content)?;
            config.sound = Some(Sound {
                channels: info.channels.into(),
                sample_rate: info.sample_rate,
                ..Sound::default()
            });
            config.private = Some(metadata);
            info.sample_rate
        }
    };
    let is_split = packets.clone().any_is_split()?;
    let payload = if is_split { spool::copy(input, packets.clone())? } else { input.clone() };
    let reader = Reader {
        window: payload.window(),
        packets,
        copied: is_split.then_some(0),
        codec,
        queue: Vec::new(),
        time: 0,
        base: None,
        notes: Vec::new(),
    };
    let mut track = Track::new(id, TrackKind::Coded(codec), &payload, reader);
    track.timescale = Some(timescale);
    track.config = vec![config];
    Ok(track)
}

/// Gives packets their times, page by page.
struct Reader {
    /// Over what packets are ranges of.
    window: Window,
    packets: Packets,
    /// How many bytes of the copy are passed, where there is one.
    copied: Option<u64>,
    codec: Codec,
    /// Packets of the page, the last one first.
    queue: Vec<Packet>,
    time: i64,
    /// The granule position that stands for time 0.
    base: Option<i64>,
    notes: Vec<String>,
}

impl Reader {
    /// Reads the packets that end in the next page that has any.
    fn refill(&mut self) -> Result<()> {
        let mut total = 0i64;
        let mut last = None;
        while let Some(parts) = self.packets.next_parts()? {
            let size = parts.size();
            let offset = match &mut self.copied {
                Some(at) => {
                    *at += size;
                    *at - size
                }
                None => parts.start(),
            };
            let duration = match self.codec {
                Codec::Opus if size > 0 => Some(
                    opus::duration(self.window.at_most(offset, 2.min(size as usize))?)
                        .map_err(|e| e.at(parts.start()))?,
                ),
                _ => None,
            };
            total += i64::from(duration.unwrap_or(0));
            self.queue.push(Packet {
                offset,
                size,
                form: Form::LowOverhead,
                time: None,
                composition_offset: 0,
                duration: duration.map(u64::from),
                sync_hint: Some(true),
                description: 1,
            });
            last = parts.ends_page;
            if last.is_some() {
                break;
            }
        }
        if self.codec == Codec::Opus {
            let end = last.map(|end| (end.granule, end.ends_stream));
            self.stamp(total, end);
        }
        self.queue.reverse();
        Ok(())
    }

    /// Gives the packets of a page their times. The granule position is the number of samples up to the page's end; on a
    /// stream's last page a smaller one tells how much of its end is not to be heard (RFC 7845 § 4).
    fn stamp(&mut self, total: i64, end: Option<(i64, bool)>) {
        let (granule, is_last) = end.unwrap_or((-1, true));
        let mut kept = total;
        if granule >= 0 {
            let base =
                *self.base.get_or_insert_with(|| if is_last { 0 } else { granule.saturating_sub(total) });
            if self.time == 0 && base > 0 {
                self.notes.push(format!(
                    "the stream starts at sample {base} of a longer one; the track starts at 0"
                ));
            }
            let until = granule.saturating_sub(base);
            if is_last {
                kept = until.saturating_sub(self.time).clamp(0, total);
            } else if until.saturating_sub(total) > self.time {
                // Something was lost before this page.
                self.time = until - total;
            }
        }
        let mut left = kept;
        for packet in &mut self.queue {
            let duration = packet.duration.map_or(0, |d| d as i64);
            packet.time = Some(self.time);
            self.time = self.time.saturating_add(duration);
            packet.duration = Some(duration.min(left) as u64);
            left -= duration.min(left);
        }
        // What lies behind the end as a whole is no part of the stream.
        if kept < total {
            self.queue.retain(|packet| packet.duration != Some(0));
        }
    }
}

impl PacketReader for Reader {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        if self.queue.is_empty() {
            self.refill()?;
        }
        Ok(self.queue.pop())
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.notes.append(&mut self.packets.take_notes());
        std::mem::take(&mut self.notes)
    }
}

/// The end of a packet's page, where the packet is the last to end in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PageEnd {
    /// The granule position; -1 for none.
    granule: i64,
    /// Whether the stream ends with it.
    ends_stream: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demux::testing::{all_packets, mutate};
    use crate::demux::{Options, open};

    /// A page: flags (1 goes on, 2 begins, 4 ends), granule position, and packets; an open one goes on behind.
    fn page(serial: u32, flags: u8, granule: i64, sequence: u32, packets: &[&[u8]], open: bool) -> Vec<u8> {
        let mut lacing = Vec::new();
        let mut data = Vec::<u8>::new();
        for (index, packet) in packets.iter().enumerate() {
            data.extend(*packet);
            lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            if !(open && index + 1 == packets.len()) {
                lacing.push((packet.len() % 255) as u8);
            } else {
                assert!(packet.len().is_multiple_of(255));
            }
        }
        let mut out = MAGIC.to_vec();
        out.extend([0, flags]);
        out.extend(granule.to_le_bytes());
        out.extend(serial.to_le_bytes());
        out.extend(sequence.to_le_bytes());
        out.extend([0; 4]);
        out.push(lacing.len() as u8);
        out.extend(lacing);
        out.extend(data);
        let crc = page::checksum(&out);
        out[22..26].copy_from_slice(&crc.to_le_bytes());
        out
    }

    const HEAD: &[u8] = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";

    fn file(granules: [i64; 2], split: bool) -> Vec<u8> {
        let mut out = page(7, 2, 0, 0, &[HEAD], false);
        out.extend(page(7, 0, 0, 1, &[b"OpusTags\0\0\0\0\0\0\0\0"], false));
        let mut long = vec![0xfc];
        long.resize(255, 1);
        if split {
            out.extend(page(7, 0, granules[0], 2, &[b"\xfcab", &long], true));
            out.extend(page(7, 5, granules[1], 3, &[b"rest", b"\xfcz"], false));
        } else {
            out.extend(page(7, 0, granules[0], 2, &[b"\xfcab"], false));
            out.extend(page(7, 4, granules[1], 3, &[b"\xfcrest", b"\xfcz"], false));
        }
        out
    }

    fn packets(bytes: Vec<u8>) -> Vec<(u64, i64, u64)> {
        let mut opened = open(&Input::from_bytes("a.opus", bytes), &Options::default()).unwrap();
        assert_eq!(opened.container, Container::Ogg);
        let (packets, error) = all_packets(&mut opened.tracks[0]);
        assert!(error.is_none(), "{error:?}");
        packets.iter().map(|p| (p.size, p.time.unwrap(), p.duration.unwrap())).collect()
    }

    #[test]
    fn packets_have_times_and_an_end() {
        assert_eq!(packets(file([960, 2500], false)), [(3, 0, 960), (5, 960, 960), (2, 1920, 580)]);
        assert_eq!(packets(file([960, 1000], false)), [(3, 0, 960), (5, 960, 40)]);
        assert_eq!(packets(file([960, 2880], false)).len(), 3);
        // A stream that was cut from another one starts at 0.
        assert_eq!(packets(file([96000, 97920], false))[2], (2, 1920, 960));
    }

    #[test]
    fn packets_across_pages_are_put_together() {
        assert_eq!(packets(file([960, 2880], true)), [(3, 0, 960), (259, 960, 960), (2, 1920, 960)]);
        let opened = open(&Input::from_bytes("a", file([960, 2880], true)), &Options::default()).unwrap();
        let bytes = opened.tracks[0].payload.read_vec(3, 259).unwrap();
        assert_eq!((bytes[0], &bytes[255..]), (0xfc, &b"rest"[..]));
    }

    #[test]
    fn chains_and_lost_pages_are_refused_and_told() {
        let mut chained = file([960, 2880], false);
        chained.extend(file([960, 2880], false));
        let mut opened = open(&Input::from_bytes("a", chained), &Options::default()).unwrap();
        let error = all_packets(&mut opened.tracks[0]).1.unwrap().to_string();
        assert!(error.contains("chained"), "{error}");
        let good = file([960, 2880], false);
        let mut opened =
            open(&Input::from_bytes("a", good[..good.len() - 2].to_vec()), &Options::default()).unwrap();
        assert!(all_packets(&mut opened.tracks[0]).1.unwrap().to_string().contains("truncated"));
        let mut damaged = good.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let mut opened = open(&Input::from_bytes("a", damaged), &Options::default()).unwrap();
        assert!(all_packets(&mut opened.tracks[0]).1.unwrap().to_string().contains("checksum"));
    }

    #[test]
    fn vorbis_is_named() {
        let bytes = page(1, 2, 0, 0, &[b"\x01vorbis\0\0"], false);
        let opened = open(&Input::from_bytes("a", bytes), &Options::default()).unwrap();
        assert_eq!(
            opened.tracks[0].kind,
            TrackKind::Other { media: "stream".into(), codec: "Vorbis".into() }
        );
    }

    #[test]
    fn mutations_neither_panic_nor_loop() {
        mutate(&file([960, 2500], true), Container::Ogg);
        let mut flac = page(
            3,
            2,
            0,
            0,
            &[&[FLAC_MAGIC, b"\0\0\x01fLaC\0\0\0\x22", &crate::flac::tests::stream_info()].concat()],
            false,
        );
        flac.extend(page(3, 0, 0, 1, &[b"\x84\0\0\0"], false));
        flac.extend(page(3, 4, 16, 2, &[&crate::flac::test_frame(0, b"abc")], false));
        let mut opened = open(&Input::from_bytes("a", flac.clone()), &Options::default()).unwrap();
        assert_eq!(all_packets(&mut opened.tracks[0]).0.len(), 1);
        mutate(&flac, Container::Ogg);
    }
}
