//! The codec configuration record of a container, the body of `av1C`.

use serde::Serialize;

use super::obu::{ObuType, obus};
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

/// `AV1CodecConfigurationRecord`, AV1-ISOBMFF § 2.3.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Av1Config {
    /// Profile, 0 to 7.
    pub seq_profile: u8,
    /// Level index of operating point 0, 0 to 31.
    pub seq_level_idx_0: u8,
    /// Tier of operating point 0, 0 or 1.
    pub seq_tier_0: u8,
    /// More than 8 bits.
    pub high_bitdepth: bool,
    /// 12 bits.
    pub twelve_bit: bool,
    /// Luma only.
    pub monochrome: bool,
    /// Chroma has half the width.
    pub chroma_subsampling_x: bool,
    /// Chroma has half the height.
    pub chroma_subsampling_y: bool,
    /// 0 to 3.
    pub chroma_sample_position: u8,
    /// Samples to decode before the first one can be shown, minus one, 0 to 15.
    pub initial_presentation_delay_minus_one: Option<u8>,
    /// The fourth byte's reserved bits, where they stand; 0 in a good record.
    pub reserved: u8,
    /// OBUs to put before each sample that decoding starts at.
    #[serde(rename = "configOBUs")]
    pub config_obus: Vec<u8>,
}

impl Av1Config {
    /// The record of a stream with this sequence header, without a presentation delay.
    pub fn from_sequence(seq: &SequenceHeader, config_obus: Vec<u8>) -> Self {
        let color = &seq.color_config;
        Av1Config {
            seq_profile: seq.seq_profile,
            seq_level_idx_0: seq.operating_points[0].seq_level_idx,
            seq_tier_0: seq.operating_points[0].seq_tier,
            high_bitdepth: color.high_bitdepth,
            twelve_bit: color.twelve_bit,
            monochrome: color.mono_chrome,
            chroma_subsampling_x: color.subsampling_x,
            chroma_subsampling_y: color.subsampling_y,
            chroma_sample_position: color.chroma_sample_position,
            initial_presentation_delay_minus_one: None,
            reserved: 0,
            config_obus,
        }
    }

    /// Reads a record. What it says and which OBUs it holds is left to [`check`](Self::check).
    ///
    /// # Errors
    /// `Format` where it is shorter than four bytes or the marker is 0, `Unsupported` for another version than 1.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let Some((&[marker_version, profile_level, flags, delay], config_obus)) = bytes.split_first_chunk()
        else {
            return Err(rule(
                "AV1-07",
                format!("a configuration record of {} bytes, at least 4 expected", bytes.len()),
            ));
        };
        if marker_version & 0x80 == 0 {
            return Err(rule("AV1-07", "the marker of the configuration record is 0"));
        }
        if marker_version != 0x81 {
            let version = marker_version & 0x7f;
            return Err(Error::unsupported(format!("version {version} of the configuration record"))
                .clause("rule AV1-07"));
        }
        let present = delay & 0x10 != 0;
        Ok(Av1Config {
            seq_profile: profile_level >> 5,
            seq_level_idx_0: profile_level & 0x1f,
            seq_tier_0: flags >> 7,
            high_bitdepth: flags & 0x40 != 0,
            twelve_bit: flags & 0x20 != 0,
            monochrome: flags & 0x10 != 0,
            chroma_subsampling_x: flags & 8 != 0,
            chroma_subsampling_y: flags & 4 != 0,
            chroma_sample_position: flags & 3,
            initial_presentation_delay_minus_one: present.then_some(delay & 0x0f),
            reserved: delay & if present { 0xe0 } else { 0xef },
            config_obus: config_obus.to_vec(),
        })
    }

    /// Writes the record; what was read comes out byte for byte.
    pub fn write(&self, out: &mut Vec<u8>) {
        let flag = |value: bool, bit: u8| u8::from(value) << bit;
        let delay = self.initial_presentation_delay_minus_one.map_or(0, |delay| 0x10 | delay & 0x0f);
        out.extend([
            0x81,
            self.seq_profile << 5 | self.seq_level_idx_0 & 0x1f,
            self.seq_tier_0 << 7
                | flag(self.high_bitdepth, 6)
                | flag(self.twelve_bit, 5)
                | flag(self.monochrome, 4)
                | flag(self.chroma_subsampling_x, 3)
                | flag(self.chroma_subsampling_y, 2)
                | self.chroma_sample_position & 3,
            self.reserved | delay,
        ]);
        out.extend_from_slice(&self.config_obus);
    }

    /// The sequence header of `configOBUs`, if there is one.
    ///
    /// # Errors
    /// `Format` where `configOBUs` can't be read up to there.
    pub fn sequence(&self) -> Result<Option<SequenceHeader>> {
        for obu in obus(&self.config_obus) {
            let obu = obu?;
            if obu.header.kind == ObuType::SequenceHeader {
                return SequenceHeader::parse(obu.payload).map(Some);
            }
        }
        Ok(None)
    }

    /// Checks rules AV1-07 to AV1-11: the record by itself, and against the sequence header of the samples where it
    /// is given. Each finding cites its rule; none means that the record is good.
    pub fn check(&self, in_samples: Option<&SequenceHeader>) -> Vec<Error> {
        let mut findings = Vec::new();
        if self.reserved != 0 {
            findings.push(rule("AV1-07", format!("reserved bits are set: {:#04x}", self.reserved)));
        }
        if self.seq_level_idx_0 <= 7 && self.seq_tier_0 != 0 {
            findings.push(rule(
                "AV1-09",
                format!("seq_tier_0 is 1, level {} has no tiers", self.seq_level_idx_0),
            ));
        }
        self.check_obus(&mut findings);
        match self.sequence() {
            Ok(Some(own)) => {
                self.compare(&own, "AV1-11", "the sequence header of configOBUs", &mut findings);
                if in_samples.is_some_and(|other| !own.same_but_operating_parameters(other)) {
                    findings
                        .push(rule("AV1-11", "configOBUs and the samples have different sequence headers"));
                }
            }
            Ok(None) => {}
            // check_obus has reported OBUs that can't be read.
            Err(error) => {
                if findings.iter().all(|finding| finding.message() != error.message()) {
                    findings.push(error);
                }
            }
        }
        if let Some(seq) = in_samples {
            self.compare(seq, "AV1-08", "the sequence header", &mut findings);
        }
        findings
    }

    /// Rule AV1-10.
    fn check_obus(&self, findings: &mut Vec<Error>) {
        let mut sequence_headers = 0;
        for (i, obu) in obus(&self.config_obus).enumerate() {
            let header = match obu {
                Ok(obu) => obu.header,
                Err(error) => {
                    findings.push(error);
                    break;
                }
            };
            if !header.has_size_field {
                findings.push(rule("AV1-10", format!("a {} in configOBUs has no obu_size", header.kind)));
            }
            match header.kind {
                ObuType::SequenceHeader => {
                    sequence_headers += 1;
                    if sequence_headers == 1 && i > 0 {
                        findings
                            .push(rule("AV1-10", "the sequence header is not the first OBU of configOBUs"));
                    }
                }
                ObuType::Metadata => {}
                kind => findings.push(rule("AV1-10", format!("a {kind} in configOBUs"))),
            }
        }
        if sequence_headers > 1 {
            findings.push(rule("AV1-10", format!("{sequence_headers} sequence headers in configOBUs")));
        }
    }

    /// Compares each field with a sequence header.
    fn compare(&self, seq: &SequenceHeader, id: &'static str, whose: &str, findings: &mut Vec<Error>) {
        let other = Av1Config::from_sequence(seq, Vec::new());
        let fields = |config: &Av1Config| {
            [
                ("seq_profile", config.seq_profile),
                ("seq_level_idx_0", config.seq_level_idx_0),
                ("seq_tier_0", config.seq_tier_0),
                ("high_bitdepth", config.high_bitdepth.into()),
                ("twelve_bit", config.twelve_bit.into()),
                ("monochrome", config.monochrome.into()),
                ("chroma_subsampling_x", config.chroma_subsampling_x.into()),
                ("chroma_subsampling_y", config.chroma_subsampling_y.into()),
                ("chroma_sample_position", config.chroma_sample_position),
            ]
        };
        for ((name, ours), (_, theirs)) in fields(self).into_iter().zip(fields(&other)) {
            if ours != theirs {
                findings.push(rule(id, format!("{name} is {ours}, {whose} has {theirs}")));
            }
        }
    }
}

/// A `Format` error that cites a rule.
fn rule(id: &'static str, message: impl Into<String>) -> Error {
    let clause = match id {
        "AV1-07" => "rule AV1-07",
        "AV1-08" => "rule AV1-08",
        "AV1-09" => "rule AV1-09",
        "AV1-10" => "rule AV1-10",
        _ => "rule AV1-11",
    };
    Error::format(message).clause(clause)
}
