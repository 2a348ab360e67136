//! The `av01` sample entry (AV1-ISOBMFF § 2.2 and § 2.3).

use std::sync::Arc;

use super::unit::sequence_header_obu;
use crate::av1::{Av1Config, Metadata, ObuType, SequenceHeader, codec_string, write_leb128};
use crate::cmaf::codec::visual::{VisualEntry, reduced_aspect};
use crate::cmaf::{Description, SampleEntry};
use crate::demux::{Colour, ContentLight, Mastering, Nclx};
use crate::error::Result;

/// A sample entry in the making: what the samples said that belong to it.
#[derive(Debug)]
pub(super) struct EntryBuilder {
    pub(super) sequence: Arc<SequenceHeader>,
    /// The sequence header OBU's payload, byte for byte.
    pub(super) sequence_payload: Vec<u8>,
    /// What the container said about colour.
    pub(super) colour: Colour,
    light: Static,
    mastering: Static,
    samples: u64,
}

/// A metadata OBU that may be the same for all samples.
#[derive(Debug, Default)]
struct Static {
    first: Option<(Metadata, Vec<u8>)>,
    /// The first one did not come with the first sample, so it is not known to hold for all.
    late: bool,
    changed: bool,
}

impl Static {
    fn add(&mut self, value: &Metadata, payload: &[u8], late: bool) {
        match &self.first {
            None => {
                self.first = Some((value.clone(), payload.to_vec()));
                self.late = late;
            }
            Some((first, _)) => self.changed |= first != value,
        }
    }

    fn holds_for_all(&self) -> Option<&[u8]> {
        self.first.as_ref().filter(|_| !self.late && !self.changed).map(|(_, payload)| payload.as_slice())
    }
}

impl EntryBuilder {
    /// An entry for the samples that follow this sequence header.
    pub(super) fn new(sequence: Arc<SequenceHeader>, sequence_payload: Vec<u8>, colour: Colour) -> Self {
        EntryBuilder {
            sequence,
            sequence_payload,
            colour,
            light: Static::default(),
            mastering: Static::default(),
            samples: 0,
        }
    }

    /// Takes in a metadata OBU of the sample that comes next.
    pub(super) fn metadata(&mut self, value: &Metadata, payload: &[u8]) {
        let late = self.samples > 0;
        match value {
            Metadata::HdrCll { .. } => self.light.add(value, payload, late),
            Metadata::HdrMdcv { .. } => self.mastering.add(value, payload, late),
            _ => {}
        }
    }

    /// Counts a sample.
    pub(super) fn sample(&mut self) {
        self.samples += 1;
    }

    /// Whether two entries may stand in one CMAF track; else what differs (AV1-ISOBMFF § 3, rule AV1-44).
    pub(super) fn cmaf_difference(&self, other: &SequenceHeader) -> Option<&'static str> {
        let mine = &*self.sequence;
        if mine.seq_profile != other.seq_profile {
            Some("profile")
        } else if mine.still_picture != other.still_picture {
            Some("still_picture")
        } else if mine.operating_points.first().map(|p| p.seq_level_idx)
            != other.operating_points.first().map(|p| p.seq_level_idx)
        {
            Some("level")
        } else if mine.operating_points.first().map(|p| p.seq_tier)
            != other.operating_points.first().map(|p| p.seq_tier)
        {
            Some("tier")
        } else if mine.color_config != other.color_config {
            Some("colour configuration")
        } else {
            None
        }
    }

    /// The entry, for a track whose pictures are rendered at `render_size` at the most.
    ///
    /// # Errors
    /// `Limit` where the pixel aspect ratio or the picture does not fit its fields.
    pub(super) fn build(&self, render_size: (u32, u32)) -> Result<SampleEntry> {
        let sequence = &*self.sequence;
        let size = (sequence.max_frame_width_minus_1 + 1, sequence.max_frame_height_minus_1 + 1);
        let nclx = self.nclx();
        let mut record = Vec::new();
        Av1Config::from_sequence(sequence, self.config_obus()).write(&mut record);
        let aspect = pixel_aspect(render_size, size)?;
        let colour = Colour {
            nclx: Some(nclx),
            mastering: self.mastering(),
            light: self.light(),
            pixel_aspect: (render_size != size).then_some(aspect),
        };
        let entry =
            VisualEntry { size, compressor: "AOM Coding", record: (b"av1C", &record), colour: &colour };
        let tail =
            (nclx.colour_primaries, nclx.transfer_characteristics, nclx.matrix_coefficients, nclx.full_range);
        Ok(SampleEntry { format: *b"av01", body: entry.body()?, codec: codec_string(sequence, Some(tail)) })
    }

    /// What manifests say of the entry.
    ///
    /// # Errors
    /// `Limit` where the pixel aspect ratio does not fit.
    pub(super) fn description(&self, render_size: (u32, u32)) -> Result<Description> {
        let size = (self.sequence.max_frame_width_minus_1 + 1, self.sequence.max_frame_height_minus_1 + 1);
        let aspect = pixel_aspect(render_size, size)?;
        Ok(Description {
            coded_size: Some(size),
            colour: Some(self.nclx()),
            pixel_aspect: (aspect.0 != aspect.1).then_some(aspect),
            ..Description::default()
        })
    }

    /// The sequence header, then metadata that holds for all samples (rules AV1-10 and AV1-38).
    fn config_obus(&self) -> Vec<u8> {
        let mut obus = sequence_header_obu(&self.sequence_payload);
        for payload in [self.mastering.holds_for_all(), self.light.holds_for_all()].into_iter().flatten() {
            obus.push(ObuType::Metadata.bits() << 3 | 0b10);
            write_leb128(payload.len() as u64, &mut obus);
            obus.extend_from_slice(payload);
        }
        obus
    }

    /// The sequence header's code points; the container's where the sequence header leaves one unspecified (rule AV1-15).
    fn nclx(&self) -> Nclx {
        let config = &self.sequence.color_config;
        let container = self.colour.nclx;
        let choose = |own: u8, other: fn(&Nclx) -> u16| match (own, &container) {
            (2, Some(container)) => other(container),
            _ => own.into(),
        };
        Nclx {
            colour_primaries: choose(config.color_primaries, |c| c.colour_primaries),
            transfer_characteristics: choose(config.transfer_characteristics, |c| c.transfer_characteristics),
            matrix_coefficients: choose(config.matrix_coefficients, |c| c.matrix_coefficients),
            full_range: config.color_range,
        }
    }

    fn light(&self) -> Option<ContentLight> {
        match &self.light.first {
            Some((Metadata::HdrCll { max_cll, max_fall }, _)) => Some(ContentLight {
                max_content_light_level: *max_cll,
                max_pic_average_light_level: *max_fall,
            }),
            _ => self.colour.light,
        }
    }

    /// In the box's units and order (rule AV1-18): AV1 has red, green, blue in 1/65536, luminance in 1/256 and 1/16384
    /// cd/m².
    fn mastering(&self) -> Option<Mastering> {
        let Some((Metadata::HdrMdcv { primaries: [red, green, blue], white, max, min }, _)) =
            &self.mastering.first
        else {
            return self.colour.mastering;
        };
        // 1.0 would be 65536, one more than the field holds; 50000 fits.
        let chromaticity = |v: u16| ((u32::from(v) * 50000 + (1 << 15)) >> 16) as u16;
        let point = |(x, y): (u16, u16)| (chromaticity(x), chromaticity(y));
        let luminance = |value: u32, bits: u32| {
            u32::try_from((u64::from(value) * 10000 + (1 << (bits - 1))) >> bits).unwrap_or(u32::MAX)
        };
        Some(Mastering {
            display_primaries: [point(*green), point(*blue), point(*red)],
            white_point: point(*white),
            max_luminance: luminance(*max, 8),
            min_luminance: luminance(*min, 14),
        })
    }

    /// What should be reported about metadata.
    pub(super) fn warnings(&self) -> Vec<String> {
        let changed = |metadata: &Static, name: &str, box_name: &str| {
            metadata.changed.then(|| {
                format!("{name} metadata changes within the track; `{box_name}` gives its first values")
            })
        };
        [
            changed(&self.light, "content light level", "clli"),
            changed(&self.mastering, "mastering display", "mdcv"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// `hSpacing` and `vSpacing` (AV1-ISOBMFF § 2.2.4), reduced.
fn pixel_aspect(render: (u32, u32), frame: (u32, u32)) -> Result<(u32, u32)> {
    let h = u64::from(render.0) * u64::from(frame.1);
    let v = u64::from(frame.0) * u64::from(render.1);
    reduced_aspect(h, v)
}
