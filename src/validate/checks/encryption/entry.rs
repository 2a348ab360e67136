//! Protected sample entries: `sinf` with `frma`, `schm` and `tenc`.

use std::collections::BTreeSet;

use super::kid_text;
use crate::cenc::{Pattern, Scheme};
use crate::findings::{Finding, Rule, Severity};
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::{Mp4, Track};
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{SampleEntry, Tenc};
use crate::isobmff::{Child, RawBox};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_01, ENC_02, ENC_03, ENC_05, ENC_06, ENC_15, ENC_24, ENC_26, ENC_41};

/// `scheme_version` of Common Encryption.
const VERSION: u32 = 0x0001_0000;

/// Rules ENC-01 to ENC-03, ENC-05, ENC-06, ENC-15, ENC-24, ENC-26 and ENC-41 by sample entries.
#[derive(Default)]
pub(super) struct Entries {
    /// Findings of default keys of zeros, with their tracks: they are worse where no group names the keys.
    zero_kids: Vec<(u32, Finding)>,
    /// Tracks whose groups name keys.
    with_groups: BTreeSet<u32>,
    /// Tracks with samples.
    with_samples: BTreeSet<u32>,
}

impl Check for Entries {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            for (number, (child, typed)) in trak.entries().enumerate() {
                let path = format!("mdia/minf/stbl/stsd/{}[{}]", child.kind(), number + 1);
                Place { trak: &trak, child, path }.check(&typed, &mut self.zero_kids, found);
            }
            // A file without fragments has its auxiliary information in the movie box; one with them has none there.
            if !header.file.has_mvex || header.file.moofs == 0 {
                continue;
            }
            let is_protected = trak.track.entries.iter().any(|entry| entry.is_protected);
            for kind in ["senc", "saiz", "saio"] {
                let path = format!("mdia/minf/stbl/{kind}");
                let Some(child) = trak.find(&path).filter(|_| is_protected) else { continue };
                let message = format!("`{kind}` in the movie box, and the samples are in movie fragments");
                let finding = trak.finding(found, &ENC_24, (&path, child.header.offset), message);
                found.push(finding.fix("Leave the box out."));
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, _: &mut Gathered) {
        self.with_samples.insert(track.id);
        if !self.zero_kids.is_empty() && sample.groups.iter().any(|group| group.seig().is_some()) {
            self.with_groups.insert(track.id);
        }
    }

    fn end(&mut self, _: &Mp4, found: &mut Gathered) {
        for (track, finding) in self.zero_kids.drain(..) {
            // shaka-packager writes it where keys change: groups name all of them. An init segment alone may be such a one.
            let is_named = self.with_groups.contains(&track) || !self.with_samples.contains(&track);
            let severity = if is_named { Severity::Warning } else { finding.severity };
            found.push(finding.severity(severity));
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
    fn check(&self, typed: &SampleEntry, zero_kids: &mut Vec<(u32, Finding)>, found: &mut Gathered) {
        let kind = self.child.kind();
        let is_protected = matches!(&kind.0, b"encv" | b"enca" | b"enct" | b"encs" | b"encm");
        let sinfs = typed.children().iter().filter(|child| child.kind == b"sinf").count();
        if !is_protected {
            if sinfs > 0 {
                let message = format!(
                    "the sample entry has a `sinf` and is of type `{kind}`, which says that it is clear"
                );
                self.say(&ENC_01, message, found);
            }
            return;
        }
        let Some(sinf) = typed.children().iter().find(|child| child.kind == b"sinf") else {
            self.say(&ENC_01, format!("the sample entry `{kind}` has no `sinf`"), found);
            return;
        };
        let protection = match typed.protection() {
            Ok(Some(protection)) => protection,
            Ok(None) => return,
            Err(error) => {
                self.say(&ENC_01, format!("`sinf` can't be read: {}", error.message()), found);
                return;
            }
        };
        let Some(schm) = &protection.scheme else {
            self.say(&ENC_01, "`sinf` has no `schm`, so that the scheme is unknown", found);
            return;
        };
        let Some(scheme) = Scheme::from_fourcc(schm.scheme_type.0) else {
            if schm.scheme_type == b"piff" {
                self.say(&ENC_41, "the scheme is `piff`, which came before Common Encryption", found);
            } else {
                let finding = self.finding(
                    &ENC_01,
                    format!("the scheme `{}` is none of Common Encryption", schm.scheme_type),
                    found,
                );
                found.push(finding.severity(Severity::Warning));
            }
            return;
        };
        if schm.scheme_version != VERSION {
            let message = format!("`schm` has scheme_version {:#010x}", schm.scheme_version);
            let finding = self.finding(&ENC_01, message, found);
            found.push(
                finding.found(format!("{:#010x}", schm.scheme_version)).expected(format!("{VERSION:#010x}")),
            );
        }
        if has_piff(sinf) {
            self.say(&ENC_41, "the track's encryption is in a `uuid` box of PIFF", found);
        }
        let Some(tenc) = &protection.tenc else {
            self.say(
                &ENC_02,
                "there is no `tenc`: neither a default key nor the size of IVs is known",
                found,
            );
            return;
        };
        self.tenc(scheme, (tenc, tenc_version(sinf)), zero_kids, found);
        let pattern = Pattern { crypt: tenc.default_crypt_byte_block, skip: tenc.default_skip_byte_block };
        if protection.original_format == b"av01" {
            self.av1(scheme, pattern, found);
        }
        if matches!(typed, SampleEntry::Audio(_)) && scheme == Scheme::Cbcs && pattern.skip > 0 {
            let message =
                format!("the audio track has the pattern {pattern}; audio is encrypted whole under cbcs");
            let finding = self.finding(&ENC_26, message, found);
            found.push(finding.found(pattern.to_string()).expected("0:0"));
        }
    }

    fn tenc(
        &self,
        scheme: Scheme,
        (tenc, version): (&Tenc, u8),
        zero_kids: &mut Vec<(u32, Finding)>,
        found: &mut Gathered,
    ) {
        match tenc.default_is_protected {
            0 => {
                let message =
                    "`tenc` has default_isProtected 0: samples are clear unless a group says otherwise";
                let finding = self.finding(&ENC_02, message, found);
                found.push(finding.severity(Severity::Warning).found("0").expected("1"));
            }
            1 => {}
            other => {
                let finding = self.finding(&ENC_02, format!("`tenc` has default_isProtected {other}"), found);
                found.push(finding.found(other.to_string()).expected("1"));
            }
        }
        if tenc.default_is_protected != 0 && tenc.default_kid == [0; 16] {
            let finding =
                self.finding(&ENC_02, "`tenc` has a default_KID of zeros, which names no key", found);
            zero_kids.push((self.trak.track.id, finding.found(kid_text(&tenc.default_kid))));
        }
        if scheme.has_pattern() && version == 0 {
            let message = format!("`tenc` is of version 0 under {scheme}, without room for the pattern");
            let finding = self.finding(&ENC_02, message, found);
            found.push(finding.found("version 0").expected("version 1"));
        }
        let pattern = Pattern { crypt: tenc.default_crypt_byte_block, skip: tenc.default_skip_byte_block };
        if !scheme.has_pattern() && (pattern.crypt, pattern.skip) != (0, 0) {
            let message = format!("`tenc` has the pattern {pattern} under {scheme}, which has none");
            let finding = self.finding(&ENC_06, message, found);
            found.push(finding.found(pattern.to_string()).expected("0:0"));
        }
        let size = tenc.default_per_sample_iv_size;
        if !matches!(size, 0 | 8 | 16) {
            let finding = self.finding(&ENC_15, format!("`tenc` has IVs of {size} bytes"), found);
            found.push(finding.found(size.to_string()).expected("0, 8 or 16"));
        }
        if let Some(iv) = tenc.default_constant_iv.as_ref().filter(|iv| iv.len() != 16) {
            let message = format!("`tenc` has a constant IV of {} bytes", iv.len());
            let finding = self.finding(&ENC_15, message, found);
            // Eight are allowed, and few packagers write them.
            let severity = if iv.len() == 8 { Severity::Advice } else { Severity::Error };
            found.push(finding.severity(severity).found(iv.len().to_string()).expected("16"));
        }
    }

    fn av1(&self, scheme: Scheme, pattern: Pattern, found: &mut Gathered) {
        match scheme {
            Scheme::Cbcs => {
                if pattern.check_av1().is_err() {
                    let message = format!("the pattern {pattern} is none of those for AV1");
                    let finding = self.finding(&ENC_05, message, found);
                    found.push(finding.found(pattern.to_string()).expected("1:9, 5:5 or 10:0"));
                }
            }
            Scheme::Cenc => {
                let finding =
                    self.finding(&ENC_03, "AV1 is encrypted with cenc; cbcs is what should be used", found);
                found.push(finding.severity(Severity::Advice));
            }
            _ => {
                let message = format!("AV1 is encrypted with {scheme}");
                let finding = self.finding(&ENC_03, message, found);
                found.push(finding.found(scheme.to_string()).expected("cbcs or cenc"));
            }
        }
    }

    fn say(&self, rule: &'static Rule, message: impl Into<String>, found: &mut Gathered) {
        let finding = self.finding(rule, message, found);
        found.push(finding);
    }

    fn finding(&self, rule: &'static Rule, message: impl Into<String>, found: &Gathered) -> Finding {
        self.trak.finding(found, rule, (&self.path, self.child.header.offset), message)
    }
}

/// The boxes of `schi`, looked at.
fn in_schi<T>(sinf: &RawBox, look: impl Fn(&Child<'_>) -> Option<T>) -> Option<T> {
    sinf.with_reader(|r| {
        let schi = r.find(b"schi").ok()??;
        schi.boxes().map_while(Result::ok).find_map(|child| look(&child))
    })
}

/// The version of `tenc`.
fn tenc_version(sinf: &RawBox) -> u8 {
    let version = in_schi(sinf, |child| child.payload().first().copied().filter(|_| child.kind() == b"tenc"));
    version.unwrap_or(0)
}

/// Whether a `uuid` box of PIFF is in place of `tenc`.
fn has_piff(sinf: &RawBox) -> bool {
    in_schi(sinf, |child| (child.header.uuid == Some(Tenc::PIFF_UUID)).then_some(())).is_some()
}
