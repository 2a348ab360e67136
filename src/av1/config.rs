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
                findings.push(rule("AV1-10", format!("{} without obu_size in configOBUs", header.kind)));
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
                kind => findings.push(rule("AV1-10", format!("{kind} in configOBUs"))),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence header OBU: 1024×512, level 3.0, 8 bits.
    const SEQUENCE: [u8; 13] = [0x0a, 0x0b, 0x00, 0x00, 0x00, 0x24, 0xc7, 0xff, 0xff, 0x36, 0xbe, 0x40, 0x10];

    fn sequence() -> SequenceHeader {
        SequenceHeader::parse(&SEQUENCE[2..]).unwrap()
    }

    fn messages(config: &Av1Config) -> Vec<String> {
        config.check(Some(&sequence())).iter().map(Error::to_string).collect()
    }

    #[test]
    fn a_good_record_is_written_and_read_back() {
        let config = Av1Config::from_sequence(&sequence(), SEQUENCE.to_vec());
        let mut bytes = Vec::new();
        config.write(&mut bytes);
        assert_eq!(bytes[..4], [0x81, 0x04, 0x0c, 0x00]);
        assert_eq!(bytes[4..], SEQUENCE);
        assert_eq!(Av1Config::read(&bytes).unwrap(), config);
        assert_eq!(config.sequence().unwrap(), Some(sequence()));
        assert!(messages(&config).is_empty());
        assert!(config.check(None).is_empty());
    }

    #[test]
    fn every_bit_of_the_last_two_bytes_survives() {
        for flags in 0..=255 {
            for delay in [flags, 0x10, 0xef, 0xff] {
                let bytes = [0x81, 0x5f, flags, delay];
                let mut out = Vec::new();
                Av1Config::read(&bytes).unwrap().write(&mut out);
                assert_eq!(out, bytes);
            }
        }
    }

    #[test]
    fn records_that_are_none() {
        let message = |bytes: &[u8]| Av1Config::read(bytes).unwrap_err().to_string();
        assert_eq!(
            message(&[0x81, 0]),
            "a configuration record of 2 bytes, at least 4 expected (rule AV1-07)"
        );
        assert_eq!(message(&[0x01, 0, 0, 0]), "the marker of the configuration record is 0 (rule AV1-07)");
        assert_eq!(message(&[0x82, 0, 0, 0]), "version 2 of the configuration record (rule AV1-07)");
    }

    #[test]
    fn findings_cite_their_rule() {
        let mut config = Av1Config::from_sequence(&sequence(), Vec::new());
        config.reserved = 0x80;
        config.seq_tier_0 = 1;
        assert_eq!(
            messages(&config),
            [
                "reserved bits are set: 0x80 (rule AV1-07)",
                "seq_tier_0 is 1, level 4 has no tiers (rule AV1-09)",
                "seq_tier_0 is 1, the sequence header has 0 (rule AV1-08)",
            ]
        );
        let mut obus = vec![0x12, 0x00];
        obus.extend(SEQUENCE);
        obus.extend(SEQUENCE);
        obus.extend([0x28, 0x06, 0x80]);
        let config = Av1Config::from_sequence(&sequence(), obus);
        assert_eq!(
            messages(&config),
            [
                "temporal delimiter in configOBUs (rule AV1-10)",
                "the sequence header is not the first OBU of configOBUs (rule AV1-10)",
                "metadata without obu_size in configOBUs (rule AV1-10)",
                "2 sequence headers in configOBUs (rule AV1-10)",
            ]
        );
    }

    #[test]
    fn the_sequence_headers_must_agree() {
        let mut other = SEQUENCE;
        // Level 2.0, and a width less by one.
        (other[5], other[8]) = (0x04, 0xfe);
        let config = Av1Config::from_sequence(&sequence(), other.to_vec());
        assert_eq!(
            messages(&config),
            [
                "seq_level_idx_0 is 4, the sequence header of configOBUs has 0 (rule AV1-11)",
                "configOBUs and the samples have different sequence headers (rule AV1-11)",
            ]
        );
        let cut = Av1Config::from_sequence(&sequence(), SEQUENCE[..9].to_vec());
        assert_eq!(messages(&cut), ["sequence header with obu_size 11, 7 bytes are left (AV1 § 5.3.1)"]);
        let mut broken = SEQUENCE[..6].to_vec();
        broken[1] = 4;
        let broken = Av1Config::from_sequence(&sequence(), broken);
        assert_eq!(messages(&broken), ["a sequence header of 4 bytes ends early (AV1 § 5.5.1)"]);
    }
}
