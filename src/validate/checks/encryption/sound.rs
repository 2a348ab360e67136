//! Encrypted audio, and maps of codecs other than AV1.

use super::protected_entry;
use crate::cenc::Scheme;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::validate::check::Check;
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_20, ENC_26, ENC_27};

/// Rules ENC-26 and ENC-27 by samples, and ENC-20 where a map does not span its sample.
#[derive(Default)]
pub(super) struct Sound;

impl Check for Sound {
    fn sample(&mut self, track: &Track, sample: &Sample, scan: Option<&UnitScan>, found: &mut Gathered) {
        let Some((entry, scheme)) = protected_entry(track, sample) else { return };
        let Some(protection) = sample.protection.as_ref().filter(|p| !p.map.is_empty()) else { return };
        // What spans an AV1 sample is told with its tiles.
        if scan.is_some() {
            return;
        }
        let span = protection.clear.saturating_add(protection.protected);
        if span != sample.size {
            let message = format!("the subsamples span {span} bytes, the sample has {}", sample.size);
            let finding = found.in_sample(&ENC_20, track, sample, message);
            found.push(finding.found(span.to_string()).expected(sample.size.to_string()));
        }
        if entry.audio.is_none() || protection.clear == 0 {
            return;
        }
        let rule = match scheme {
            Scheme::Cbcs | Scheme::Cbc1 => &ENC_26,
            _ => &ENC_27,
        };
        let message = format!("{} of {} bytes of the audio sample are clear", protection.clear, sample.size);
        let finding = found.in_sample(rule, track, sample, message);
        found.push(finding.expected("a sample that is encrypted as a whole, without subsamples"));
    }
}
