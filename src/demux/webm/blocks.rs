//! Blocks: a track's frames in the clusters of a segment.

use std::collections::VecDeque;

use super::ebml::{Children, Element, vint};
use super::ids;
use crate::demux::{Form, Packet, PacketReader};
use crate::error::{Error, Result};
use crate::input::Window;

/// Segment time and how a track counts in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// Ticks of the track per tick of the segment.
    pub factor: i64,
    /// Ticks of the track per second.
    pub timescale: u32,
    /// Seconds per frame.
    pub default_duration: Option<(u64, u64)>,
}

/// Reads the blocks of one track.
#[derive(Debug)]
pub(super) struct Blocks {
    window: Window,
    at: u64,
    /// The end of the segment that was stated.
    end: Option<u64>,
    track: u64,
    clock: Clock,
    /// The timestamp of the cluster, none outside.
    cluster: Option<u64>,
    cluster_end: Option<u64>,
    laced: VecDeque<Packet>,
    /// DiscardPadding of the block that was read last, in nanoseconds.
    discard_padding: Option<u64>,
    notes: Vec<String>,
}

impl Blocks {
    pub fn new(window: Window, segment: &Element, track: u64, clock: Clock) -> Self {
        Blocks {
            window,
            at: segment.data,
            end: segment.end,
            track,
            clock,
            cluster: None,
            cluster_end: None,
            laced: VecDeque::new(),
            discard_padding: None,
            notes: Vec::new(),
        }
    }

    /// The next element that is looked into or read; others are stepped over.
    fn step(&mut self) -> Result<Option<Element>> {
        let len = self.window.input().len();
        loop {
            if self.cluster_end.is_some_and(|end| self.at >= end) {
                (self.cluster, self.cluster_end) = (None, None);
            }
            if self.end.is_some_and(|end| self.at >= end) {
                return Ok(None);
            }
            if self.at >= len {
                return match self.end {
                    Some(end) => {
                        let message = format!("truncated: the segment goes on to byte {end}");
                        Err(Error::format(message).at(len))
                    }
                    None => Ok(None),
                };
            }
            let limit = self.cluster_end.or(self.end).unwrap_or(len);
            let element = Element::read(&mut self.window, self.at, limit)?;
            match element.id {
                ids::CLUSTER => {
                    self.cluster = Some(0);
                    self.cluster_end = element.end;
                    self.at = element.data;
                    continue;
                }
                ids::EBML => {
                    let rest = format!("another file starts at byte {}, left out", element.offset);
                    self.notes.push(rest);
                    self.at = len;
                    self.end = None;
                    return Ok(None);
                }
                id if ids::IN_SEGMENT.contains(&id) => (self.cluster, self.cluster_end) = (None, None),
                ids::TIMESTAMP if self.cluster.is_some() => {
                    self.cluster = Some(element.uint(&mut self.window)?)
                }
                ids::SIMPLE_BLOCK | ids::BLOCK_GROUP | ids::ENCRYPTED_BLOCK => {
                    if self.cluster.is_none() {
                        return Err(Error::format("a block outside a cluster").at(element.offset));
                    }
                    self.at = element.known_end()?;
                    return Ok(Some(element));
                }
                _ => {}
            }
            self.at = element.known_end()?;
        }
    }

    fn block_group(&mut self, mut children: Children) -> Result<()> {
        let (mut block, mut duration, mut refers, mut padding) = (None, None, false, None);
        while let Some(child) = children.next(&mut self.window)? {
            match child.id {
                ids::BLOCK if block.is_some() => {
                    return Err(Error::format("a second block in a block group").at(child.offset));
                }
                ids::BLOCK => block = Some(child),
                ids::BLOCK_DURATION => duration = Some(child.uint(&mut self.window)?),
                ids::REFERENCE_BLOCK => refers = true,
                ids::DISCARD_PADDING => padding = Some(child.int(&mut self.window)?),
                _ => {}
            }
        }
        let Some(block) = block else { return Ok(()) };
        self.block(&block, Some(!refers))?;
        // A negative one is for the start, which CodecDelay tells too.
        self.discard_padding = padding.and_then(|ns| u64::try_from(ns).ok());
        // The duration of a laced block is that of all its frames.
        if let ([packet], Some(duration)) = (self.laced.make_contiguous(), duration) {
            packet.duration = duration.checked_mul(self.clock.factor.unsigned_abs());
        }
        Ok(())
    }

    /// Queues the frames of a block, if it is one of this track.
    fn block(&mut self, block: &Element, key: Option<bool>) -> Result<()> {
        let end = block.known_end()?;
        let bad = |message: String| Error::format(message).at(block.offset);
        let head = self.window.at_most(block.data, 12.min(block.size()? as usize))?;
        let Some((Some(track), track_len)) = vint(head) else {
            return Err(bad("the block names no track".to_owned()));
        };
        if track != self.track {
            return Ok(());
        }
        let Some(&[time_high, time_low, flags]) = head.get(track_len..track_len + 3) else {
            return Err(bad("the block ends in its header".to_owned()));
        };
        let relative = i64::from(i16::from_be_bytes([time_high, time_low]));
        let time = self
            .cluster
            .and_then(|cluster| {
                i64::try_from(cluster).ok()?.checked_add(relative)?.checked_mul(self.clock.factor)
            })
            .ok_or_else(|| Error::limit("the block's time is too large").at(block.offset))?;
        let sync_hint = key.or(Some(flags & 0x80 != 0));
        let mut offset = block.data + track_len as u64 + 3;
        let sizes = match flags & 0x06 {
            0 => vec![end - offset],
            lacing => {
                let mut lace = Lace { window: &mut self.window, at: offset, end };
                let sizes = lace
                    .sizes(lacing)
                    .ok_or_else(|| bad("the sizes of the laced frames make no sense".into()))?;
                offset = lace.at;
                sizes
            }
        };
        if sizes.len() > 1 && self.clock.default_duration.is_none() {
            let message = format!("a block of {} frames in a track without a frame duration", sizes.len());
            return Err(Error::unsupported(message).at(block.offset));
        }
        for (index, size) in sizes.into_iter().enumerate() {
            let since = self.clock.default_duration.map_or(0, |(num, den)| {
                // At most 256 frames; in u128 the product fits.
                let ticks =
                    index as u128 * u128::from(num) * u128::from(self.clock.timescale) / u128::from(den);
                i64::try_from(ticks).unwrap_or(i64::MAX)
            });
            self.laced.push_back(Packet {
                offset,
                size,
                form: Form::LowOverhead,
                time: Some(time.saturating_add(since)),
                duration: None,
                composition_offset: 0,
                sync_hint: if index == 0 { sync_hint } else { None },
                description: 1,
            });
            offset += size;
        }
        Ok(())
    }
}

impl PacketReader for Blocks {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        while self.laced.is_empty() {
            let Some(element) = self.step()? else { return Ok(None) };
            match element.id {
                ids::SIMPLE_BLOCK => {
                    self.discard_padding = None;
                    self.block(&element, None)?;
                }
                ids::BLOCK_GROUP => self.block_group(element.children()?)?,
                _ => {
                    return Err(
                        Error::unsupported("an EncryptedBlock, which is not handled").at(element.offset)
                    );
                }
            }
        }
        Ok(self.laced.pop_front())
    }

    fn end_padding(&self) -> Option<u64> {
        self.discard_padding.filter(|_| self.laced.is_empty())
    }

    fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}

/// The sizes of several frames in one block (RFC 9559 § 10.3).
struct Lace<'a> {
    window: &'a mut Window,
    at: u64,
    end: u64,
}

impl Lace<'_> {
    /// The frames' sizes, which fill the block; none where they don't, or where reading fails.
    fn sizes(&mut self, lacing: u8) -> Option<Vec<u64>> {
        let count = u64::from(self.byte()?) + 1;
        let mut sizes = Vec::with_capacity(count as usize);
        match lacing {
            0x02 => {
                for _ in 1..count {
                    let mut size = 0;
                    loop {
                        let byte = self.byte()?;
                        size += u64::from(byte);
                        if byte != 255 {
                            break;
                        }
                    }
                    sizes.push(size);
                }
            }
            0x04 => {
                let left = self.end - self.at;
                return left.is_multiple_of(count).then(|| vec![left / count; count as usize]);
            }
            _ => {
                for index in 1..count {
                    let left = (self.end - self.at).min(8) as usize;
                    let (value, len) = vint(self.window.at_most(self.at, left).ok()?)?;
                    self.at += len as u64;
                    // Sizes behind the first are differences, shifted so that they are not negative. All bits set
                    // is a value here like others.
                    let bits = 7 * len as u32;
                    let value = value.unwrap_or((1 << bits) - 1);
                    sizes.push(match sizes.last() {
                        None => value,
                        Some(last) if index > 1 => {
                            let bias = (1i64 << (bits - 1)) - 1;
                            last.checked_add_signed(i64::try_from(value).ok()? - bias)?
                        }
                        Some(_) => return None,
                    });
                }
            }
        }
        let sum = sizes.iter().try_fold(0u64, |sum, size| sum.checked_add(*size))?;
        sizes.push((self.end - self.at).checked_sub(sum)?);
        Some(sizes)
    }

    fn byte(&mut self) -> Option<u8> {
        if self.at >= self.end {
            return None;
        }
        let byte = *self.window.at_most(self.at, 1).ok()?.first()?;
        self.at += 1;
        Some(byte)
    }
}
