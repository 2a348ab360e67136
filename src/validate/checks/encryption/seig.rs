//! Groups `seig`: keys that change within a track, and samples that are left clear.

use std::collections::BTreeMap;

use super::{kid_text, scheme};
use crate::cenc::{Pattern, Scheme};
use crate::findings::{Finding, Rule, Severity};
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::{Membership, Sample};
use crate::isobmff::Child;
use crate::isobmff::boxes::{GroupEntry, SeigEntry, Sgpd};
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_05, ENC_31, ENC_32, ENC_34};

/// Rules ENC-31, ENC-32 and ENC-34; ENC-05 for groups.
#[derive(Default)]
pub(super) struct Groups {
    /// The key of the last protected sample of each track, and its fragment.
    keys: BTreeMap<u32, (u64, Key)>,
    is_cmaf: bool,
}

type Key = ([u8; 16], Option<Vec<u8>>);

impl Check for Groups {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        self.is_cmaf = header.file.brands.as_ref().is_some_and(|b| b.lists(b"cmfc") || b.lists(b"cmf2"));
        for trak in header.traks() {
            let path = format!("{}/mdia/minf/stbl", trak.path);
            if let Some(stbl) = trak.find("mdia/minf/stbl") {
                descriptions(trak.track, &stbl, &path, found);
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            if let Some(track) = traf.track {
                descriptions(track, &traf.child, &traf.path, found);
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let Some(protection) = sample.protection.as_ref() else { return };
        let seig = sample.groups.iter().find_map(Membership::seig);
        if !protection.is_protected
            && seig.is_some()
            && !(protection.map.is_empty() && protection.iv.is_empty())
        {
            let message =
                "a group `seig` says that the sample is clear, and it has an IV or subsamples all the same";
            let finding = found.in_sample(&ENC_34, track, sample, message);
            found.push(finding.severity(Severity::Warning));
        }
        let Some(kid) = protection.kid.filter(|_| sample.fragment > 0) else { return };
        let key = (kid, seig.and_then(|seig| seig.constant_iv.clone()));
        let last = self.keys.insert(track.id, (sample.fragment, key.clone()));
        let Some((_, last)) = last.filter(|(fragment, last)| *fragment == sample.fragment && *last != key)
        else {
            return;
        };
        let message = if last.0 == key.0 {
            "the constant IV changes within a fragment".to_owned()
        } else {
            format!("the key changes within a fragment, from {} to {}", kid_text(&last.0), kid_text(&key.0))
        };
        let finding = found.in_sample(&ENC_32, track, sample, message);
        let severity = if self.is_cmaf { Severity::Error } else { Severity::Warning };
        found.push(finding.severity(severity).fix("Begin a fragment where the key changes."));
    }
}

/// The descriptions of `seig` groups in a box.
fn descriptions(track: &Track, parent: &Child<'_>, path: &str, found: &mut Gathered) {
    let boxes = parent.boxes().map_while(Result::ok).filter(|child| child.kind() == b"sgpd");
    for child in boxes {
        let Ok(sgpd) = child.parse::<Sgpd>() else { continue };
        if sgpd.grouping_type != b"seig" {
            continue;
        }
        let place = Place { track, path: format!("{path}/sgpd"), offset: child.header.offset };
        for (index, entry) in sgpd.entries.iter().enumerate() {
            match entry {
                GroupEntry::Seig(seig) => place.check(index + 1, seig, found),
                _ => {
                    let message = format!("description {} of `seig` can't be read", index + 1);
                    place.say(&ENC_31, Severity::Error, message, found);
                }
            }
        }
    }
}

/// A `sgpd`, for findings.
struct Place<'a> {
    track: &'a Track,
    path: String,
    offset: u64,
}

impl Place<'_> {
    fn check(&self, number: usize, seig: &SeigEntry, found: &mut Gathered) {
        if seig.is_protected == 0 {
            if seig.kid != [0; 16] || seig.per_sample_iv_size != 0 {
                let message = format!(
                    "description {number} of `seig` is for clear samples, and has the key {} and IVs of {} bytes",
                    kid_text(&seig.kid),
                    seig.per_sample_iv_size
                );
                self.say(&ENC_34, Severity::Warning, message, found);
            }
            return;
        }
        if seig.kid == [0; 16] {
            let message = format!("description {number} of `seig` has a KID of zeros, which names no key");
            self.say(&ENC_31, Severity::Error, message, found);
        }
        let iv = seig.constant_iv.as_ref().map(Vec::len);
        match (seig.per_sample_iv_size, iv) {
            (8 | 16, _) | (0, Some(8 | 16)) => {}
            (size, iv) => {
                let message = format!(
                    "description {number} of `seig` has IVs of {size} bytes in samples and a constant IV of {} bytes",
                    iv.unwrap_or(0)
                );
                self.say(&ENC_31, Severity::Error, message, found);
            }
        }
        let Some(entry) = self.track.entries.iter().find(|entry| entry.is_protected) else { return };
        let Some(tenc) = entry.protection.as_ref().and_then(|protection| protection.tenc.as_ref()) else {
            return;
        };
        let ours = Pattern { crypt: seig.crypt_byte_block, skip: seig.skip_byte_block };
        let default = Pattern { crypt: tenc.default_crypt_byte_block, skip: tenc.default_skip_byte_block };
        if entry.format == b"av01" && scheme(entry) == Some(Scheme::Cbcs) && ours.check_av1().is_err() {
            let message =
                format!("description {number} of `seig` has the pattern {ours}, none of those for AV1");
            self.say(&ENC_05, Severity::Error, message, found);
        } else if ours != default {
            let message = format!("description {number} of `seig` has the pattern {ours}, `tenc` {default}");
            self.say(&ENC_31, Severity::Warning, message, found);
        }
    }

    fn say(&self, rule: &'static Rule, severity: Severity, message: String, found: &mut Gathered) {
        let finding: Finding = found.finding(rule, self.offset, message).path(&self.path).severity(severity);
        found.push(finding.context("track", self.track.id.to_string()));
    }
}
