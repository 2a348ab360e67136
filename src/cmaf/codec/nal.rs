//! What AVC and HEVC have in common as tracks: configuration records, and slices among NAL units.

use std::ops::Range;

use super::video::configuration_box;
use crate::demux::Config;
use crate::error::{Error, Result};
use crate::isobmff::{ParseBox, Reader};
use crate::nal::PictureFacts;

/// A decoder configuration record that says how long the lengths of NAL units are.
pub(super) trait Record: for<'a> ParseBox<'a> {
    /// Where it is asked for.
    const CLAUSE: &'static str;

    /// `lengthSizeMinusOne`.
    fn length_size_minus_one(&self) -> u8;
}

/// One sample entry.
#[derive(Debug)]
pub(super) struct Configuration<R> {
    pub(super) format: [u8; 4],
    /// The body of the record's box.
    pub(super) body: Vec<u8>,
    pub(super) record: R,
    /// What its first slice says of the picture.
    pub(super) picture: Option<PictureFacts>,
}

/// The sample entries of a track.
#[derive(Debug)]
pub(super) struct Configurations<R> {
    list: Vec<Configuration<R>>,
    current: usize,
    samples: u64,
    /// The first sample with a parameter set that its sample entry should have and has not.
    in_band: Option<u64>,
}

impl<R> Default for Configurations<R> {
    fn default() -> Self {
        Configurations { list: Vec::new(), current: 0, samples: 0, in_band: None }
    }
}

impl<R: Record> Configurations<R> {
    /// Goes to the sample entry number `index`, whose record is read if it is new.
    ///
    /// # Errors
    /// `Format` where the record is missing or broken.
    pub(super) fn select(&mut self, index: usize, config: &Config) -> Result<&R> {
        if index == self.list.len() {
            let body = configuration_box(config, &R::KIND.0)?
                .ok_or_else(|| Error::format(format!("it has no {}", R::KIND)).clause(R::CLAUSE))?;
            let record = R::parse(&mut Reader::new(body, 0)).map_err(|e| e.within(R::KIND))?;
            if record.length_size_minus_one() == 2 {
                return Err(Error::format(format!(
                    "{}: lengths of NAL units have 3 bytes, 1, 2 or 4 expected",
                    R::KIND
                )));
            }
            self.list.push(Configuration {
                format: config.format,
                body: body.to_vec(),
                record,
                picture: None,
            });
        }
        self.current = index;
        Ok(&self.list[index].record)
    }

    /// The sample entry number `index`.
    pub(super) fn get(&self, index: usize) -> &Configuration<R> {
        &self.list[index]
    }

    /// Counts a sample; returns the bytes of the lengths in it.
    pub(super) fn start_sample(&mut self) -> u8 {
        self.samples += 1;
        self.list[self.current].record.length_size_minus_one() + 1
    }

    /// Notes a parameter set in the current sample that is not among those of the sample entry, whose type `closed`
    /// says that it has them all.
    pub(super) fn in_band(&mut self, closed: &[u8; 4], is_known: impl FnOnce(&R) -> bool) {
        let current = &self.list[self.current];
        if current.format == *closed && !is_known(&current.record) {
            self.in_band.get_or_insert(self.samples);
        }
    }

    /// What is to be said of parameter sets in samples, of sample entries of the type `closed` where `open` is meant.
    pub(super) fn warnings(&self, closed: &str, open: &str) -> Vec<String> {
        let in_band = self.in_band.map(|sample| {
            format!(
                "sample {sample} holds a parameter set that its `{closed}` sample entry has not; players may not look \
                 for it there (ISO/IEC 14496-15), `{open}` would say so"
            )
        });
        in_band.into_iter().collect()
    }

    /// Takes in a slice of `sample` that lies at `unit`: its header tells whether it is intra, where it ends, and what
    /// the picture is.
    ///
    /// # Errors
    /// That of the header, where the sample will be encrypted.
    pub(super) fn slice(
        &mut self,
        slices: &mut Slices<'_>,
        unit: &Range<u64>,
        header: Result<(bool, usize, PictureFacts)>,
    ) -> Result<()> {
        match (header, &mut slices.parts) {
            (Ok((intra, size, picture)), parts) => {
                slices.intra &= intra;
                self.list[self.current].picture.get_or_insert(picture);
                if let Some(parts) = parts {
                    parts.push(unit.start + size as u64 - slices.start..unit.end - slices.start);
                }
                Ok(())
            }
            // What cannot be read cannot be encrypted; copied it can be.
            (Err(error), Some(_)) => Err(error),
            (Err(_), None) => {
                slices.intra = false;
                Ok(())
            }
        }
    }
}

/// The slices of a sample.
pub(super) struct Slices<'a> {
    /// Where the sample starts in the input.
    start: u64,
    /// What is protected in it, where it will be encrypted.
    pub(super) parts: Option<&'a mut Vec<Range<u64>>>,
    /// Whether all are intra, as far as they were understood.
    pub(super) intra: bool,
}

impl<'a> Slices<'a> {
    /// None yet, in a sample at `start`.
    pub(super) fn new(start: u64, parts: Option<&'a mut Vec<Range<u64>>>) -> Self {
        Slices { start, parts, intra: true }
    }
}
