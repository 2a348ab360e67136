//! HEVC in ISOBMFF (ISO/IEC 14496-15 § 8): access units stay as they are, parameter sets where they are.

use std::ops::Range;

use super::Options;
use super::video::{self, Access, CodecEntry, VideoCodec, configuration_box};
use crate::cmaf::Track;
use crate::control::Control;
use crate::demux::{self, Config, Container};
use crate::error::{Error, Result};
use crate::hevc::{self, ParameterSets, SliceHeader};
use crate::input::Window;
use crate::isobmff::boxes::HvcC;
use crate::isobmff::{FourCC, ParseBox, Reader};
use crate::nal::{self, PictureFacts, Units};
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
    hvcc: HvcC,
    picture: Option<PictureFacts>,
}

impl VideoCodec for Hevc {
    const PARTS: &'static str = "slice segments";
    const WHOLE_BLOCKS: bool = false;

    fn select(&mut self, index: usize, config: &Config) -> Result<()> {
        if index == self.configurations.len() {
            let record = configuration_box(config, b"hvcC")?
                .ok_or_else(|| Error::format("it has no hvcC").clause("ISO/IEC 14496-15 § 8.4.1"))?;
            let hvcc = HvcC::parse(&mut Reader::new(record, 0)).map_err(|e| e.within("hvcC"))?;
            if hvcc.length_size_minus_one == 2 {
                return Err(Error::format("hvcC: lengths of NAL units have 3 bytes, 1, 2 or 4 expected"));
            }
            self.configurations.push(Configuration {
                format: config.format,
                record: record.to_vec(),
                hvcc,
                picture: None,
            });
        }
        self.current = index;
        let arrays = &self.configurations[index].hvcc.arrays;
        for set in arrays.iter().flat_map(|array| &array.nal_units) {
            add_set(&mut self.sets, set);
        }
        Ok(())
    }

    fn sample(
        &mut self,
        window: &mut Window,
        sample: Range<u64>,
        mut parts: Option<&mut Vec<Range<u64>>>,
    ) -> Result<Access> {
        self.samples += 1;
        let length_size = self.configurations[self.current].hvcc.length_size_minus_one + 1;
        let mut units = Units::new(length_size, sample.clone());
        let mut first_slice = None;
        let mut intra = true;
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
                if parts.is_some() {
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
            match (header, &mut parts) {
                (Ok(header), parts) => {
                    intra &= header.intra.unwrap_or(true);
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
        Ok(match first_slice {
            Some(kind) if hevc::IDR.contains(&kind) || hevc::BLA.contains(&kind) => Access::Sync,
            Some(hevc::CRA | hevc::BLA_W_LP) => Access::SyncUnlessSkipped,
            Some(kind) if hevc::RASL.contains(&kind) => Access::Skipped,
            Some(_) if intra => Access::Intra,
            _ => Access::Inter,
        })
    }

    fn entry(&self, index: usize, _: &Load) -> CodecEntry {
        let Configuration { format, record, hvcc, picture } = &self.configurations[index];
        CodecEntry {
            format: *format,
            record: (*b"hvcC", record.clone()),
            compressor: "HEVC Coding",
            codec: hvcc.codecs(FourCC(*format), record.get(6..12).unwrap_or_default()),
            picture: picture.or_else(|| self.sets.any_sequence().map(hevc::Sps::picture)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let in_band = self.in_band.map(|sample| {
            format!(
                "sample {sample} holds a parameter set that its `hvc1` sample entry has not; players may not look \
                 for it there (ISO/IEC 14496-15), `hev1` would say so"
            )
        });
        in_band.into_iter().collect()
    }
}

impl Hevc {
    /// Takes in a parameter set among the samples.
    fn parameter_set(&mut self, unit: &[u8]) {
        add_set(&mut self.sets, unit);
        let Configuration { format, hvcc, .. } = &self.configurations[self.current];
        let known = hvcc.arrays.iter().flat_map(|array| &array.nal_units).any(|set| set == unit);
        if format == b"hvc1" && !known {
            self.in_band.get_or_insert(self.samples);
        }
    }
}

fn add_set(sets: &mut ParameterSets, unit: &[u8]) {
    match unit.first().map(|&first| hevc::nal_unit_type(first)) {
        Some(hevc::SPS) => sets.add_sequence(unit),
        Some(hevc::PPS) => sets.add_picture(unit),
        _ => {}
    }
}
