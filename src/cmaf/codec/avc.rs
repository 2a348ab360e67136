//! AVC in ISOBMFF (ISO/IEC 14496-15 § 5): access units stay as they are, parameter sets where they are.

use std::ops::Range;

use super::Options;
use super::nal::{Configuration, Configurations, Record, Slices};
use super::video::{self, Access, CodecEntry, VideoCodec};
use crate::avc::{self, ParameterSets, SliceHeader};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::input::Window;
use crate::isobmff::boxes::AvcC;
use crate::isobmff::{FourCC, ParseBox};
use crate::nal::{self, Units};
use crate::vp9::Load;

/// Reads all packets of an AVC track.
///
/// # Errors
/// - `Format`: the container or the stream is broken; the message names offset and sample.
/// - `Unsupported`: where it will be encrypted, parameter sets that are not understood, and slices of extensions.
/// - `Usage`: a frame rate was given, which AVC's times do not need.
/// - `Limit`: a value passes what ISOBMFF or Common Encryption can hold.
/// - `Interrupted`, `Io`.
pub fn build(
    track: demux::Track,
    container: Container,
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let times = video::exact_times(&track, container, options)?;
    video::build(track, Avc::default(), times, options, control)
}

#[derive(Debug, Default)]
struct Avc {
    configurations: Configurations<AvcC>,
    sets: ParameterSets,
}

impl Record for AvcC {
    const CLAUSE: &'static str = "ISO/IEC 14496-15 § 5.4.2";

    fn length_size_minus_one(&self) -> u8 {
        self.length_size_minus_one
    }
}

impl VideoCodec for Avc {
    const PARTS: &'static str = "slices";
    const WHOLE_BLOCKS: bool = false;

    fn select(&mut self, index: usize, config: &Config) -> Result<()> {
        let record = self.configurations.select(index, config)?;
        record.sequence_parameter_sets.iter().for_each(|set| self.sets.add_sequence(set));
        record.picture_parameter_sets.iter().for_each(|set| self.sets.add_picture(set));
        Ok(())
    }

    fn sample(
        &mut self,
        window: &mut Window,
        sample: Range<u64>,
        parts: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Access> {
        let mut slices = Slices::new(sample.start, parts);
        let mut units = Units::new(self.configurations.start_sample(), sample);
        let mut first_slice = None;
        while let Some(unit) = units.next(window)? {
            if unit.is_empty() {
                continue;
            }
            let kind = avc::nal_unit_type(window.bytes(unit.start, 1)?[0]);
            match kind {
                avc::SPS | avc::PPS => self.parameter_set(&nal::parameter_set(window, &unit)?, kind),
                avc::NON_IDR_SLICE | avc::IDR_SLICE => {
                    first_slice.get_or_insert(kind);
                    let header =
                        nal::parse_header(window, &unit, |bytes| SliceHeader::parse(bytes, &self.sets));
                    let header =
                        header.map(|header| (header.slice_type.is_intra(), header.size, header.picture));
                    self.configurations.slice(&mut slices, &unit, header)?;
                }
                avc::DATA_PARTITION_A..=avc::DATA_PARTITION_C
                | avc::AUXILIARY_SLICE
                | avc::SLICE_EXTENSION
                | avc::DEPTH_SLICE_EXTENSION => {
                    if slices.parts.is_some() {
                        return Err(Error::unsupported(format!(
                            "{} (NAL units of type {kind}) are not encrypted here",
                            slices_of_extensions(kind)
                        ))
                        .at(unit.start));
                    }
                    if kind == avc::DATA_PARTITION_A {
                        first_slice.get_or_insert(kind);
                        slices.intra = false;
                    }
                }
                _ => {}
            }
        }
        Ok(match first_slice {
            Some(avc::IDR_SLICE) => Access::Sync,
            Some(_) if slices.intra => Access::Intra,
            _ => Access::Inter,
        })
    }

    fn entry(&self, index: usize, _: &Load) -> CodecEntry {
        let Configuration { format, body, record, picture } = self.configurations.get(index);
        CodecEntry {
            format: *format,
            record: (AvcC::KIND.0, body.clone()),
            compressor: "AVC Coding",
            codec: record.codecs(FourCC(*format)),
            picture: picture.or_else(|| self.sets.any_sequence().map(avc::Sps::picture)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        self.configurations.warnings("avc1", "avc3")
    }
}

impl Avc {
    /// Takes in a parameter set among the samples.
    fn parameter_set(&mut self, unit: &[u8], kind: u8) {
        if kind == avc::SPS {
            self.sets.add_sequence(unit);
        } else {
            self.sets.add_picture(unit);
        }
        self.configurations.in_band(b"avc1", |record| {
            let known = if kind == avc::SPS {
                &record.sequence_parameter_sets
            } else {
                &record.picture_parameter_sets
            };
            known.iter().any(|set| set == unit)
        });
    }
}

fn slices_of_extensions(kind: u8) -> &'static str {
    match kind {
        avc::AUXILIARY_SLICE => "auxiliary pictures of AVC",
        avc::SLICE_EXTENSION | avc::DEPTH_SLICE_EXTENSION => "layers and views of SVC and MVC",
        _ => "data partitions of AVC",
    }
}
