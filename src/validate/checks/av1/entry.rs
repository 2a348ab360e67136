//! Sample entries of AV1 by their boxes alone.

use crate::av1::{Av1Config, obus};
use crate::findings::Severity;
use crate::isobmff::boxes::{Av1C, SampleEntry};
use crate::isobmff::{Child, ParseBox};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_06, AV1_07, AV1_09, AV1_10, AV1_11, AV1_13, AV1_14};

/// Bytes of `compressorname`: their number, then the text.
const COMPRESSOR: &[u8] = b"\x0aAOM Coding";

/// Rules AV1-06, AV1-07, AV1-09 to AV1-11, AV1-13 and AV1-14.
#[derive(Default)]
pub(super) struct Entries;

impl Check for Entries {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks().filter(|trak| trak.track.is_av1()) {
            for (number, (child, typed)) in trak.entries().enumerate() {
                if typed.original_format().is_ok_and(|format| format == b"av01") {
                    let path = format!("mdia/minf/stbl/stsd/{}[{}]", child.kind(), number + 1);
                    Place { trak: &trak, child, path }.check(&typed, found);
                }
            }
        }
    }
}

/// A sample entry, for findings.
struct Place<'a> {
    trak: &'a Trak<'a>,
    child: Child<'a>,
    path: String,
}

impl Place<'_> {
    fn check(&self, typed: &SampleEntry, found: &mut Gathered) {
        if let SampleEntry::Visual(visual) = typed
            && !visual.compressorname.starts_with(COMPRESSOR)
        {
            let name =
                visual.compressorname.iter().skip(1).take(usize::from(visual.compressorname[0]).min(31));
            let name: Vec<u8> = name.copied().collect();
            let finding =
                self.finding(&AV1_06, "the compressor has another name than the recommended one", found);
            found.push(
                finding.found(format!("{:?}", String::from_utf8_lossy(&name))).expected("\"AOM Coding\""),
            );
        }
        let count = typed.children().iter().filter(|child| child.kind == Av1C::KIND).count();
        if count != 1 {
            let finding = self.finding(&AV1_07, format!("{count} `av1C` boxes in the sample entry"), found);
            found.push(finding.found(count.to_string()).expected("1"));
        }
        let Ok(Some(av1c)) = typed.find::<Av1C>() else { return };
        match Av1Config::read(&av1c.av1_config) {
            Ok(config) => self.record(typed, &config, found),
            Err(error) => {
                let finding = self.finding(&AV1_07, error.message(), found);
                found.push(finding);
            }
        }
    }

    fn record(&self, typed: &SampleEntry, config: &Av1Config, found: &mut Gathered) {
        let others: Vec<String> = obus(&config.config_obus)
            .map_while(Result::ok)
            .map(|obu| format!("{} in configOBUs", obu.header.kind))
            .collect();
        for error in config.check(None) {
            let rule = [(&AV1_07, "rule AV1-07"), (&AV1_09, "rule AV1-09"), (&AV1_11, "rule AV1-11")]
                .into_iter()
                .find(|(_, clause)| error.cites(clause))
                .map_or(&AV1_10, |(rule, _)| rule);
            let mut finding = self.finding(rule, error.message(), found);
            // Sequence header and metadata are what is expected there; other OBUs are not forbidden.
            if rule.id == AV1_10.id && others.iter().any(|other| other == error.message()) {
                finding = finding.severity(Severity::Warning);
            }
            found.push(finding);
        }
        if self.has_nclx(typed) {
            return;
        }
        match config.sequence() {
            Ok(None) => {
                let message =
                    "there is neither a sequence header in configOBUs nor a `colr` box of type `nclx`";
                let finding = self.finding(&AV1_13, message, found);
                found.push(finding.fix("Write both."));
            }
            _ => {
                let finding = self.finding(&AV1_14, "there is no `colr` box of type `nclx`", found);
                found.push(finding);
            }
        }
    }

    fn has_nclx(&self, typed: &SampleEntry) -> bool {
        typed.children().iter().any(|child| child.kind == b"colr" && child.payload().starts_with(b"nclx"))
    }

    fn finding(
        &self,
        rule: &'static crate::findings::Rule,
        message: impl Into<String>,
        found: &Gathered,
    ) -> crate::findings::Finding {
        self.trak.finding(found, rule, (&self.path, self.child.header.offset), message)
    }
}
