//! `senc`, `saiz` and `saio` of movie fragments.

use crate::findings::{Finding, Rule, Severity};
use crate::inspect::mp4::Track;
use crate::isobmff::Child;
use crate::isobmff::boxes::{GroupEntry, Saio, Saiz, Senc, Sgpd};
use crate::validate::check::{Check, MovieFragment, Traf};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ENC_20, ENC_21, ENC_22, ENC_23, ENC_25, ENC_41};

/// Rules ENC-20 to ENC-23 and ENC-25; ENC-41 for fragments.
#[derive(Default)]
pub(super) struct AuxInfo;

impl Check for AuxInfo {
    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        for traf in &fragment.trafs {
            let Some(track) = traf.track.filter(|track| track.entries.iter().any(|e| e.is_protected)) else {
                continue;
            };
            Boxes::find(traf, track, fragment.moof).check(found);
        }
    }
}

/// The boxes of a track fragment, each with its offset.
struct Boxes<'a> {
    traf: &'a Traf<'a>,
    track: &'a Track,
    moof: Child<'a>,
    /// What offsets count from.
    base: u64,
    senc: Option<(u64, crate::error::Result<Senc<'a>>)>,
    piff: Option<u64>,
    saiz: Option<(u64, crate::error::Result<Saiz<'a>>)>,
    saio: Option<(u64, crate::error::Result<Saio>)>,
}

impl<'a> Boxes<'a> {
    fn find(traf: &'a Traf<'a>, track: &'a Track, moof: Child<'a>) -> Self {
        let base = traf.tfhd.base_data_offset.unwrap_or(moof.header.offset);
        let mut boxes = Boxes { traf, track, moof, base, senc: None, piff: None, saiz: None, saio: None };
        // Without a type the information is that of the track's protection scheme.
        let is_ours = |kind: Option<crate::isobmff::FourCC>| {
            let schemes: [&[u8; 4]; 4] = [b"cenc", b"cbcs", b"cens", b"cbc1"];
            kind.is_none_or(|kind| schemes.iter().any(|scheme| kind == **scheme))
        };
        for child in traf.child.boxes().map_while(Result::ok) {
            let offset = child.header.offset;
            match &child.kind().0 {
                b"senc" if boxes.senc.is_none() => boxes.senc = Some((offset, child.parse())),
                b"uuid" if child.header.uuid == Some(Senc::PIFF_UUID) => boxes.piff = Some(offset),
                b"saiz" if boxes.saiz.is_none() => {
                    let saiz: crate::error::Result<Saiz<'a>> = child.parse();
                    if !saiz.as_ref().is_ok_and(|s| !is_ours(s.aux_info_type.map(|kind| kind.aux_info_type)))
                    {
                        boxes.saiz = Some((offset, saiz));
                    }
                }
                b"saio" if boxes.saio.is_none() => {
                    let saio: crate::error::Result<Saio> = child.parse();
                    if !saio.as_ref().is_ok_and(|s| !is_ours(s.aux_info_type.map(|kind| kind.aux_info_type)))
                    {
                        boxes.saio = Some((offset, saio));
                    }
                }
                _ => {}
            }
        }
        boxes
    }

    fn check(&self, found: &mut Gathered) {
        if let Some(offset) = self.piff {
            self.say(&ENC_41, "uuid", offset, "IVs are in a `uuid` box of PIFF", found);
        }
        let broken = [
            (&ENC_20, "senc", self.senc.as_ref().and_then(|(at, read)| Some((*at, read.as_ref().err()?)))),
            (&ENC_21, "saiz", self.saiz.as_ref().and_then(|(at, read)| Some((*at, read.as_ref().err()?)))),
            (&ENC_22, "saio", self.saio.as_ref().and_then(|(at, read)| Some((*at, read.as_ref().err()?)))),
        ];
        for (rule, name, error) in broken {
            if let Some((offset, error)) = error {
                self.say(rule, name, offset, format!("`{name}` can't be read: {}", error.message()), found);
            }
        }
        let saiz = self.saiz.as_ref().and_then(|(at, read)| Some((*at, read.as_ref().ok()?)));
        let saio = self.saio.as_ref().and_then(|(at, read)| Some((*at, read.as_ref().ok()?)));
        if let Some((offset, Ok(senc))) = &self.senc {
            self.senc(*offset, senc, saiz, found);
            self.place(senc, saio, found);
            let has_nothing = self.iv_size() == Some(0) && !senc.has_subsamples();
            if (self.saiz.is_none() || self.saio.is_none()) && senc.sample_count > 0 && !has_nothing {
                let names: Vec<&str> = [("saiz", self.saiz.is_none()), ("saio", self.saio.is_none())]
                    .iter()
                    .filter(|(_, is)| *is)
                    .map(|(n, _)| *n)
                    .collect();
                let message = format!("there is a `senc` without {}", names.join(" and "));
                let finding = self.finding(&ENC_21, "senc", *offset, message, found);
                found.push(finding.severity(Severity::Warning));
            }
        }
    }

    fn senc(&self, offset: u64, senc: &Senc<'_>, saiz: Option<(u64, &Saiz<'_>)>, found: &mut Gathered) {
        let samples = self.traf.samples.len() as u64;
        if u64::from(senc.sample_count) != samples {
            let message = format!("`senc` has {} entries, the fragment {samples} samples", senc.sample_count);
            let finding = self.finding(&ENC_20, "senc", offset, message, found);
            found.push(finding.found(senc.sample_count.to_string()).expected(samples.to_string()));
        }
        let Some(iv_size) = self.iv_size() else { return };
        if iv_size == 0 && !senc.has_subsamples() && senc.sample_count > 0 {
            let message = "`senc` has neither IVs nor subsamples: one constant IV is for all samples";
            let finding = self.finding(&ENC_25, "senc", offset, message, found);
            found.push(finding.fix("Leave out `senc`, `saiz` and `saio`."));
            return;
        }
        let mut mismatch = None;
        let mut sizes = (u64::MAX, 0);
        let mut read = 0;
        for (index, entry) in senc.entries(iv_size).enumerate() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let message = format!("entry {} of `senc` can't be read: {}", index + 1, error.message());
                    self.say(&ENC_20, "senc", offset, message, found);
                    return;
                }
            };
            read += 1;
            let count = senc.has_subsamples().then(|| entry.subsamples.len());
            let size = Senc::entry_size(iv_size, count);
            sizes = (sizes.0.min(size), sizes.1.max(size));
            if size > u64::from(u8::MAX) && mismatch.is_none() {
                let message = format!(
                    "entry {} of `senc` has {} subsamples, {size} bytes; `saiz` counts up to 255",
                    index + 1,
                    count.unwrap_or(0)
                );
                self.say(&ENC_23, "senc", offset, message, found);
                mismatch = Some(());
            }
            let Some((at, saiz)) = saiz.filter(|_| mismatch.is_none()) else { continue };
            let told = saiz.get(u32::try_from(index).unwrap_or(u32::MAX));
            if told.map(u64::from) != Some(size) {
                mismatch = Some(());
                let told = told.map_or("none".to_owned(), |told| told.to_string());
                let message = format!(
                    "`saiz` has {told} for sample {} of the fragment, its entry in `senc` has {size} bytes",
                    index + 1
                );
                let finding = self.finding(&ENC_21, "saiz", at, message, found);
                found.push(finding.found(told).expected(size.to_string()));
            }
        }
        let Some((at, saiz)) = saiz else { return };
        if u64::from(saiz.sample_count) > samples {
            let message = format!("`saiz` has {} samples, the fragment {samples}", saiz.sample_count);
            let finding = self.finding(&ENC_21, "saiz", at, message, found);
            found.push(finding.found(saiz.sample_count.to_string()).expected(samples.to_string()));
        }
        if read > 1 && sizes.0 == sizes.1 && saiz.default_sample_info_size == 0 {
            let message = format!("all {read} sizes in `saiz` are {}, and listed one by one", sizes.0);
            let finding = self.finding(&ENC_21, "saiz", at, message, found);
            found.push(finding.severity(Severity::Advice));
        }
    }

    fn place(&self, senc: &Senc<'_>, saio: Option<(u64, &Saio)>, found: &mut Gathered) {
        let Some((at, saio)) = saio else { return };
        if saio.offset.len() != 1 {
            let message =
                format!("`saio` has {} offsets, and the information is in one `senc`", saio.offset.len());
            let finding = self.finding(&ENC_22, "saio", at, message, found);
            let severity = if saio.offset.is_empty() { Severity::Error } else { Severity::Warning };
            found.push(finding.severity(severity).found(saio.offset.len().to_string()).expected("1"));
        }
        let Some(offset) = saio.offset.first() else { return };
        let place = self.base.saturating_add(*offset);
        let first = senc.entries_offset();
        if place != first {
            let message =
                format!("`saio` points at byte {place}, the first entry of `senc` is at byte {first}");
            let finding = self.finding(&ENC_22, "saio", at, message, found);
            // Elsewhere the same information may stand again, as it did before there was `senc`.
            let is_within = (self.moof.header.offset..self.moof.header.end()).contains(&place);
            let severity = if is_within { Severity::Error } else { Severity::Warning };
            let right = first.checked_sub(self.base).map_or("unknown".to_owned(), |right| right.to_string());
            found.push(finding.severity(severity).found(offset.to_string()).expected(right));
        }
    }

    /// The size of the samples' IVs, where all of the fragment have the same.
    fn iv_size(&self) -> Option<u8> {
        let index = self
            .traf
            .tfhd
            .sample_description_index
            .unwrap_or(self.track.trex.default_sample_description_index);
        let entry = self.track.entry(index).filter(|entry| entry.is_protected)?;
        let size = entry.protection.as_ref()?.tenc.as_ref()?.default_per_sample_iv_size;
        let groups = self.traf.child.boxes().map_while(Result::ok);
        let is_seig =
            |child: &Child<'_>| child.parse::<Sgpd>().ok().filter(|sgpd| sgpd.grouping_type == b"seig");
        let same =
            groups.filter(|child| child.kind() == b"sgpd").filter_map(|child| is_seig(&child)).all(|sgpd| {
                sgpd.entries
                    .iter()
                    .all(|entry| matches!(entry, GroupEntry::Seig(seig) if seig.per_sample_iv_size == size))
            });
        same.then_some(size)
    }

    fn say(
        &self,
        rule: &'static Rule,
        name: &str,
        offset: u64,
        message: impl Into<String>,
        found: &mut Gathered,
    ) {
        let finding = self.finding(rule, name, offset, message, found);
        found.push(finding);
    }

    fn finding(
        &self,
        rule: &'static Rule,
        name: &str,
        offset: u64,
        message: impl Into<String>,
        found: &Gathered,
    ) -> Finding {
        let finding = found.finding(rule, offset, message).path(format!("{}/{name}", self.traf.path));
        finding.context("track", self.track.id.to_string())
    }
}
