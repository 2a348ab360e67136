//! A track's samples as packets.

use crate::demux::{Form, Packet, PacketReader};
use crate::error::{Error, Result};
use crate::input::Input;

use super::fragments::Fragments;
use super::tables::{Cursor, Tables};

/// One sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub offset: u64,
    pub size: u32,
    /// Decode time.
    pub dts: i64,
    /// Composition time less decode time.
    pub composition_offset: i64,
    pub duration: u32,
    pub sync: bool,
    /// Sample entry, from 1.
    pub description: u32,
}

/// The error for times that pass 63 bits.
pub(super) fn too_late() -> Error {
    Error::limit("the decode time passes 63 bits")
}

/// How composition times are to decode times, gathered over samples in order.
#[derive(Debug, Default)]
pub(super) struct Composition {
    /// The first sample that has an offset, and the offset.
    pub first: Option<(u64, i64)>,
    /// Whether a composition time is not above the one before.
    pub disordered: bool,
    last: Option<i128>,
}

impl Composition {
    /// Adds `samples` samples from number `number` on, of one duration and one offset.
    pub fn add(&mut self, number: u64, samples: u64, dts: i128, delta: i128, offset: i64) {
        if samples == 0 {
            return;
        }
        if offset != 0 && self.first.is_none() {
            self.first = Some((number, offset));
        }
        let first = dts + i128::from(offset);
        self.disordered |= self.last.is_some_and(|last| first <= last) || samples > 1 && delta == 0;
        self.last = Some(first + delta * i128::from(samples - 1));
    }

    /// Whether composition times are taken for the samples' times, and what is to be said about that.
    ///
    /// AV1 and VP9 are presented in the order of decoding, with no offsets. Offsets that keep the order are a shift that an
    /// edit list mostly undoes; others can only be a muxer's mistake.
    pub fn choose(&self) -> (bool, Option<String>) {
        let Some((number, offset)) = self.first else { return (false, None) };
        let rest = if self.disordered {
            "composition times are out of order, decode times are used"
        } else {
            "composition times are in order and used"
        };
        let note = format!(
            "sample {number} has a composition offset of {offset}, its codec has none: {rest} (rule AV1-26)"
        );
        (!self.disordered, Some(note))
    }
}

/// In which order the codec has samples presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// In that of decoding: AV1, VP9.
    Decoding,
    /// In any, which composition offsets tell.
    Composed,
}

/// Reads the samples of one track: those in the movie box, then those in fragments.
#[derive(Debug)]
pub(super) struct Samples {
    input: Input,
    tables: Option<(Tables, Cursor)>,
    fragments: Option<Fragments>,
    order: Order,
    /// Whether times are composition times.
    composed: bool,
    /// What went wrong at the first fragment, said where it would be read.
    pending: Option<Error>,
    number: u64,
    last: Option<i64>,
    /// The bytes of all samples so far.
    total: u64,
    end: i64,
}

/// What is known of samples before the first is read.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// The first decode time.
    pub start: i64,
    pub notes: Vec<String>,
}

impl Samples {
    pub fn new(
        input: &Input,
        tables: Option<Tables>,
        fragments: Option<Fragments>,
        order: Order,
    ) -> (Self, Outlook) {
        let mut samples = Samples {
            input: input.clone(),
            tables: None,
            fragments,
            order,
            composed: false,
            pending: None,
            number: 0,
            last: None,
            total: 0,
            end: 0,
        };
        let mut outlook = Outlook::default();
        let composition = match (&tables, &mut samples.fragments) {
            (Some(tables), _) => Some(tables.composition()),
            (None, Some(fragments)) => match fragments.peek() {
                Ok(None) => None,
                Ok(Some((start, composition))) => {
                    outlook.start = i64::try_from(start).unwrap_or(i64::MAX);
                    Some(composition)
                }
                Err(error) => {
                    samples.pending = Some(error);
                    None
                }
            },
            (None, None) => None,
        };
        if let Some(composition) = composition.filter(|_| order == Order::Decoding) {
            let (composed, note) = composition.choose();
            samples.composed = composed;
            outlook.notes.extend(note);
        }
        samples.tables = tables.map(|tables| (tables, Cursor::default()));
        (samples, outlook)
    }

    fn sample(&mut self) -> Result<Option<Sample>> {
        if let Some((tables, cursor)) = &mut self.tables {
            if let Some(sample) = cursor.next(tables)? {
                return Ok(Some(sample));
            }
            self.tables = None;
            if let Some(fragments) = &mut self.fragments {
                fragments.continue_from(self.end);
            }
        }
        match (self.pending.take(), &mut self.fragments) {
            (Some(error), _) => Err(error),
            (None, Some(fragments)) => fragments.next(),
            (None, None) => Ok(None),
        }
    }

    fn packet(&mut self, sample: Sample) -> Result<Packet> {
        let size = u64::from(sample.size);
        let len = self.input.len();
        if size == 0 {
            return Err(Error::format("the sample is empty").at(sample.offset));
        }
        if sample.offset.checked_add(size).is_none_or(|end| end > len) {
            let message = format!("truncated: a sample of {size} bytes, the file ends at {len}");
            return Err(Error::format(message).at(sample.offset).clause("rule ISO-10"));
        }
        // Samples don't overlap, so this holds in every sound file; in others it bounds the work.
        self.total = self.total.saturating_add(size);
        if self.total > len {
            let message = "the samples have more bytes than the file: they overlap";
            return Err(Error::format(message).at(sample.offset).clause("rule ISO-14"));
        }
        let mut time = sample.dts;
        if self.composed {
            time = time.checked_add(sample.composition_offset).ok_or_else(too_late)?;
            if let Some(last) = self.last.filter(|last| *last >= time) {
                let message = format!(
                    "composition time {time} behind {last}: the codec is presented in decoding order"
                );
                return Err(Error::format(message).clause("rule AV1-26"));
            }
            self.last = Some(time);
        }
        self.end = sample.dts.checked_add(sample.duration.into()).ok_or_else(too_late)?;
        Ok(Packet {
            offset: sample.offset,
            size,
            form: Form::LowOverhead,
            time: Some(time),
            duration: Some(sample.duration.into()),
            composition_offset: match self.order {
                Order::Decoding => 0,
                Order::Composed => sample.composition_offset,
            },
            sync_hint: Some(sample.sync),
            description: sample.description,
        })
    }
}

impl PacketReader for Samples {
    fn next_packet(&mut self) -> Result<Option<Packet>> {
        let Some(sample) = self.sample()? else { return Ok(None) };
        self.number += 1;
        let number = self.number;
        self.packet(sample).map(Some).map_err(|e| e.sample(number))
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.fragments.as_mut().map_or_else(Vec::new, |fragments| std::mem::take(&mut fragments.notes))
    }
}
