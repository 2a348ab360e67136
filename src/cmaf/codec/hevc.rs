//! HEVC in ISOBMFF (ISO/IEC 14496-15 § 8): access units stay as they are, parameter sets where they are.

use std::ops::Range;

use super::Options;
use super::nal::{Configuration, Configurations, Record, Slices};
use super::video::{self, Access, CodecEntry, VideoCodec};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::hevc::{self, ParameterSets, SliceHeader};
use crate::input::Window;
use crate::isobmff::boxes::HvcC;
use crate::isobmff::{FourCC, ParseBox};
use crate::nal::{self, Units};
use crate::vp9::Load;

/// Reads all packets of an HEVC track.
///
/// # Errors
/// - `Format`: the container or the stream is broken; the message names offset and sample.
/// - `Unsupported`: where it will be encrypted, parameter sets that are not understood, and slices of extensions.
/// - `Usage`: a frame rate was given, which HEVC's times do not need.
/// - `Limit`: a value passes what ISOBMFF or Common Encryption can hold.
/// - `Interrupted`, `Io`.
pub fn build(
    track: demux::Track,
    container: Container,
    options: &Options,
    control: &Control,
) -> Result<Track> {
    let times = video::exact_times(&track, container, options)?;
    video::build(track, Hevc::default(), times, options, control)
}

#[derive(Debug, Default)]
struct Hevc {
    configurations: Configurations<HvcC>,
    sets: ParameterSets,
}

impl Record for HvcC {
    const CLAUSE: &'static str = "ISO/IEC 14496-15 § 8.4.1";

    fn length_size_minus_one(&self) -> u8 {
        self.length_size_minus_one
    }
}

impl VideoCodec for Hevc {
    const PARTS: &'static str = "slice segments";
    const WHOLE_BLOCKS: bool = false;

    fn select(&mut self, index: usize, config: &Config) -> Result<()> {
        let record = self.configurations.select(index, config)?;
        for set in record.arrays.iter().flat_map(|array| &array.nal_units) {
            add_set(&mut self.sets, set);
        }
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
            if unit.end - unit.start < 2 {
                continue;
            }
            let header = window.bytes(unit.start, 2)?;
            let (kind, layer) = (hevc::nal_unit_type(header[0]), hevc::layer_id([header[0], header[1]]));
            if hevc::PARAMETER_SETS.contains(&kind) && layer == 0 {
                self.parameter_set(&nal::parameter_set(window, &unit)?);
            }
            if kind >= hevc::FIRST_NON_VCL {
                continue;
            }
            if layer > 0 || !hevc::is_known_slice(kind) {
                if slices.parts.is_some() {
                    let what = if layer > 0 { "further layers of HEVC" } else { "reserved pictures of HEVC" };
                    return Err(Error::unsupported(format!(
                        "{what} (NAL units of type {kind}, layer {layer}) are not encrypted here"
                    ))
                    .at(unit.start));
                }
                continue;
            }
            first_slice.get_or_insert(kind);
            let header = nal::parse_header(window, &unit, |bytes| SliceHeader::parse(bytes, &self.sets));
            let header = header.map(|header| (header.intra.unwrap_or(true), header.size, header.picture));
            self.configurations.slice(&mut slices, &unit, header)?;
        }
        Ok(match first_slice {
            Some(kind) if hevc::IDR.contains(&kind) || hevc::BLA.contains(&kind) => Access::Sync,
            Some(hevc::CRA | hevc::BLA_W_LP) => Access::SyncUnlessSkipped,
            Some(kind) if hevc::RASL.contains(&kind) => Access::Skipped,
            Some(_) if slices.intra => Access::Intra,
            _ => Access::Inter,
        })
    }

    fn entry(&self, index: usize, _: &Load) -> CodecEntry {
        let Configuration { format, body, record, picture } = self.configurations.get(index);
        CodecEntry {
            format: *format,
            record: (HvcC::KIND.0, body.clone()),
            compressor: "HEVC Coding",
            codec: record.codecs(FourCC(*format), body.get(6..12).unwrap_or_default()),
            picture: picture.or_else(|| self.sets.any_sequence().map(hevc::Sps::picture)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        self.configurations.warnings("hvc1", "hev1")
    }
}

impl Hevc {
    /// Takes in a parameter set among the samples.
    fn parameter_set(&mut self, unit: &[u8]) {
        add_set(&mut self.sets, unit);
        self.configurations.in_band(b"hvc1", |record| {
            record.arrays.iter().flat_map(|array| &array.nal_units).any(|set| set == unit)
        });
    }
}

fn add_set(sets: &mut ParameterSets, unit: &[u8]) {
    match unit.first().map(|&first| hevc::nal_unit_type(first)) {
        Some(hevc::SPS) => sets.add_sequence(unit),
        Some(hevc::PPS) => sets.add_picture(unit),
        _ => {}
    }
}
