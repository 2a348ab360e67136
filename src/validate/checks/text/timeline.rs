//! What text tracks of both codings have in common: time without gaps, a language, no encryption.

use std::collections::HashMap;

use super::super::entries::entries;
use super::is_cmaf;
use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::{Gathered, seconds};
use crate::validate::table::{TXT_07, TXT_10, TXT_12};

/// Rules TXT-07, TXT-10, TXT-12.
#[derive(Default)]
pub(in crate::validate) struct Timeline {
    is_cmaf: bool,
    /// By track of text: when the sample before ends, once there is one.
    ends: HashMap<u32, Option<i64>>,
}

impl Timeline {
    fn severity(&self) -> Severity {
        if self.is_cmaf { Severity::Error } else { Severity::Warning }
    }
}

impl Check for Timeline {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.is_cmaf = is_cmaf(header.file);
        for trak in header.traks() {
            let all = entries(&trak);
            let mut text = all.iter().filter(|at| matches!(&at.format.0, b"wvtt" | b"stpp")).peekable();
            if text.peek().is_none() {
                continue;
            }
            self.ends.insert(trak.track.id, None);
            if trak.track.language.is_none() {
                let message = "the text track has no language";
                let finding = found.finding(&TXT_10, trak.child.header.offset, message);
                let finding = finding.path(format!("{}/mdia/mdhd", trak.path));
                found.push(finding.fix("give the language when packaging, for example `?lang=fr`"));
            }
            for at in text.filter(|at| at.child.kind() != at.format) {
                let message = format!("the text is encrypted: `{}` around `{}`", at.child.kind(), at.format);
                found.push(found.finding(&TXT_12, at.offset(), message).path(&at.path));
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let is_text = traf.track.is_some_and(|track| self.ends.contains_key(&track.id));
            if is_text && traf.samples.is_empty() {
                let message = "the fragment has no sample of text; one that shows nothing was expected";
                let finding = found.finding(&TXT_07, traf.child.header.offset, message).path(&traf.path);
                found.push(finding.severity(self.severity()));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let severity = self.severity();
        let Some(end) = self.ends.get_mut(&track.id) else { return };
        let (Some(time), Some(duration)) = (sample.time, sample.duration) else { return };
        let before = end.replace(time.saturating_add_unsigned(duration));
        let timescale = track.timescale.unwrap_or(1);
        if duration == 0 {
            let message = "a sample of text that lasts no time is not shown";
            found.push(found.in_sample(&TXT_07, track, sample, message).severity(severity));
        }
        let Some(before) = before else { return };
        let message = match before.cmp(&time) {
            std::cmp::Ordering::Less => format!(
                "no sample of text from {} to {}",
                seconds(before, timescale),
                seconds(time, timescale)
            ),
            std::cmp::Ordering::Greater => format!(
                "the sample begins at {}, the one before ends at {}",
                seconds(time, timescale),
                seconds(before, timescale)
            ),
            std::cmp::Ordering::Equal => return,
        };
        let finding = found.in_sample(&TXT_07, track, sample, message).severity(severity);
        let finding = finding.found(format!("{time} ticks")).expected(format!("{before} ticks"));
        found.push(
            finding.fix(
                "write samples without words where nothing is shown: `vtte`, or a document without text",
            ),
        );
    }
}
