//! AVC in ISOBMFF (ISO/IEC 14496-15 § 5): access units stay as they are, parameter sets where they are.

use std::ops::Range;

use super::Options;
use super::video::{self, Access, CodecEntry, VideoCodec, configuration_box};
use crate::avc::{self, ParameterSets, SliceHeader};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::input::Window;
use crate::isobmff::boxes::AvcC;
use crate::isobmff::{FourCC, ParseBox, Reader};
use crate::nal::{self, PictureFacts, Units};
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
    configurations: Vec<Configuration>,
    current: usize,
    sets: ParameterSets,
    samples: u64,
    /// The first sample with a parameter set that its sample entry should have and has not.
    in_band: Option<u64>,
}

/// One sample entry.
#[derive(Debug)]
struct Configuration {
    format: [u8; 4],
    record: Vec<u8>,
    avcc: AvcC,
    picture: Option<PictureFacts>,
}

impl VideoCodec for Avc {
    const PARTS: &'static str = "slices";
    const WHOLE_BLOCKS: bool = false;

    fn select(&mut self, index: usize, config: &Config) -> Result<()> {
        if index == self.configurations.len() {
            let record = configuration_box(config, b"avcC")?
                .ok_or_else(|| Error::format("it has no avcC").clause("ISO/IEC 14496-15 § 5.4.2"))?;
            let avcc = AvcC::parse(&mut Reader::new(record, 0)).map_err(|e| e.within("avcC"))?;
            if avcc.length_size_minus_one == 2 {
                return Err(Error::format("avcC: lengths of NAL units have 3 bytes, 1, 2 or 4 expected"));
            }
            self.configurations.push(Configuration {
                format: config.format,
                record: record.to_vec(),
                avcc,
                picture: None,
            });
        }
        self.current = index;
        let avcc = &self.configurations[index].avcc;
        avcc.sequence_parameter_sets.iter().for_each(|set| self.sets.add_sequence(set));
        avcc.picture_parameter_sets.iter().for_each(|set| self.sets.add_picture(set));
        Ok(())
    }

    fn sample(
        &mut self,
        window: &mut Window,
        sample: Range<u64>,
        mut parts: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Access> {
        self.samples += 1;
        let length_size = self.configurations[self.current].avcc.length_size_minus_one + 1;
        let mut units = Units::new(length_size, sample.clone());
        let mut first_slice = None;
        let mut intra = true;
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
                    match (header, &mut parts) {
                        (Ok(header), parts) => {
                            intra &= header.slice_type.is_intra();
                            self.configurations[self.current].picture.get_or_insert(header.picture);
                            if let Some(parts) = parts {
                                let start = unit.start + header.size as u64;
                                parts.push(start - sample.start..unit.end - sample.start);
                            }
                        }
                        // What cannot be read cannot be encrypted; copied it can be.
                        (Err(error), Some(_)) => return Err(error),
                        (Err(_), None) => intra = false,
                    }
                }
                avc::DATA_PARTITION_A..=avc::DATA_PARTITION_C
                | avc::AUXILIARY_SLICE
                | avc::SLICE_EXTENSION
                | avc::DEPTH_SLICE_EXTENSION => {
                    if parts.is_some() {
                        return Err(Error::unsupported(format!(
                            "{} (NAL units of type {kind}) are not encrypted here",
                            slices_of_extensions(kind)
                        ))
                        .at(unit.start));
                    }
                    if kind == avc::DATA_PARTITION_A {
                        first_slice.get_or_insert(kind);
                        intra = false;
                    }
                }
                _ => {}
            }
        }
        Ok(match first_slice {
            Some(avc::IDR_SLICE) => Access::Sync,
            Some(_) if intra => Access::Intra,
            _ => Access::Inter,
        })
    }

    fn entry(&self, index: usize, _: &Load) -> CodecEntry {
        let Configuration { format, record, avcc, picture } = &self.configurations[index];
        CodecEntry {
            format: *format,
            record: (*b"avcC", record.clone()),
            compressor: "AVC Coding",
            codec: avcc.codecs(FourCC(*format)),
            picture: picture.or_else(|| self.sets.any_sequence().map(avc::Sps::picture)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let in_band = self.in_band.map(|sample| {
            format!(
                "sample {sample} holds a parameter set that its `avc1` sample entry has not; players may not look \
                 for it there (ISO/IEC 14496-15), `avc3` would say so"
            )
        });
        in_band.into_iter().collect()
    }
}

impl Avc {
    /// Takes in a parameter set among the samples.
    fn parameter_set(&mut self, unit: &[u8], kind: u8) {
        let Configuration { format, avcc, .. } = &self.configurations[self.current];
        let known = if kind == avc::SPS {
            self.sets.add_sequence(unit);
            &avcc.sequence_parameter_sets
        } else {
            self.sets.add_picture(unit);
            &avcc.picture_parameter_sets
        };
        if format == b"avc1" && !known.iter().any(|set| set == unit) {
            self.in_band.get_or_insert(self.samples);
        }
    }
}

fn slices_of_extensions(kind: u8) -> &'static str {
    match kind {
        avc::AUXILIARY_SLICE => "auxiliary pictures of AVC",
        avc::SLICE_EXTENSION | avc::DEPTH_SLICE_EXTENSION => "layers and views of SVC and MVC",
        _ => "data partitions of AVC",
    }
}
