//! Brands of headers and segments.

use crate::findings::Severity;
use crate::inspect::mp4::Brands;
use crate::isobmff::boxes::{Ftyp, Styp};
use crate::isobmff::{BoxHeader, FourCC};
use crate::validate::check::{Before, Check, Header, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_01, CMF_02, CMF_03, CMF_04};

/// Brands of ISO files that allow all that CMAF needs: what `default_base_is_moof` means came with `iso5`, and the
/// decode times that CMAF demands with `iso6`.
const ISO: [&[u8; 4]; 7] = [b"iso6", b"iso7", b"iso8", b"iso9", b"isoa", b"isob", b"isoc"];

/// Rules CMF-01 to CMF-04.
#[derive(Default)]
pub(in crate::validate) struct BrandChecks {
    /// The boxes since the last media data or the start of a file.
    boxes: u64,
    file: usize,
    /// What the first `styp` of the segments has, and the number of segments with and without one.
    first: Option<Vec<FourCC>>,
    with: u64,
    without: u64,
    last_file: Option<usize>,
}

impl Check for BrandChecks {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        let file = found.parts().partition_point(|(_, start)| *start <= header.offset);
        if file != self.file || header.kind == b"mdat" || header.kind == b"moov" {
            self.file = file;
            self.boxes = 0;
        }
        if header.kind == b"styp" && self.boxes > 0 {
            let message = "`styp` does not come first in its segment";
            found.push(found.finding(&CMF_04, header.offset, message).path("styp"));
        }
        // An index stands before the first segment of a file.
        if !matches!(&header.kind.0, b"mdat" | b"moov" | b"sidx" | b"free") {
            self.boxes += 1;
        }
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let Some(ftyp) = &header.ftyp else { return };
        let Ok(brands) = ftyp.parse::<Ftyp>() else { return };
        let offset = ftyp.header.offset;
        let Some(listed) = header.file.brands.as_ref() else { return };
        let is_structural = |brand: FourCC| brand == b"cmfc" || brand == b"cmf2";
        if is_structural(brands.major_brand) && brands.minor_version != 0 {
            let message = format!(
                "the major brand is `{}` and minor_version {}, 0 was expected",
                brands.major_brand, brands.minor_version
            );
            found.push(found.finding(&CMF_01, offset, message).path("ftyp"));
        }
        if !listed.lists(b"cmfc") && !listed.lists(b"cmf2") {
            let message =
                "the file is fragmented, but does not say that it is CMAF: no brand `cmfc` or `cmf2`";
            let finding = found.finding(&CMF_01, offset, message).path("ftyp").severity(Severity::Warning);
            found.push(finding.found(names(listed)).fix("list `cmfc` among the compatible brands"));
            return;
        }
        if !listed.lists(b"cmfc") {
            let message =
                "`cmf2` is there and `cmfc` is not, so readers of CMAF's first edition refuse the file";
            found.push(found.finding(&CMF_02, offset, message).path("ftyp").found(names(listed)));
        }
        if !ISO.iter().any(|brand| listed.lists(brand)) {
            let message = "no brand of ISO files from `iso6` on is there";
            let finding = found.finding(&CMF_02, offset, message).path("ftyp").found(names(listed));
            found.push(finding.fix("list `iso6` among the compatible brands"));
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let styp = fragment.before.iter().filter(|before| before.header.kind == b"styp");
        let styp =
            styp.filter_map(|before| Some((before, before.child()?.parse::<Styp>().ok()?))).next_back();
        if let Some((before, styp)) = &styp {
            claims(fragment, before, styp, found);
        }
        self.compare(fragment, styp.as_ref(), found);
    }
}

fn names(brands: &Brands) -> String {
    let names: Vec<String> = brands.compatible.iter().map(ToString::to_string).collect();
    names.join(" ")
}

/// Whether a segment starts as its brands say.
fn claims(fragment: &MovieFragment<'_>, before: &Before, styp: &Styp, found: &mut Gathered) {
    let has =
        |brand: &[u8; 4]| styp.major_brand == brand || styp.compatible_brands.iter().any(|of| of == brand);
    let object = match (has(b"cmfs"), has(b"cmff")) {
        (true, _) => "`cmfs`: a segment",
        (_, true) => "`cmff`: a fragment",
        _ => return,
    };
    let first = fragment.trafs.first().and_then(|traf| traf.samples.first());
    if first.is_some_and(|sample| sample.flags.sample_is_non_sync_sample()) {
        let message = format!("the brand is {object}, and its first sample is no sync sample");
        let finding = found.finding(&CMF_03, before.header.offset, message).path("styp");
        let finding = finding.context("fragment", fragment.number.to_string());
        found.push(finding.fix("use `cmfl` alone: a chunk"));
    }
}

impl BrandChecks {
    /// Holds the `styp` at the start of each file against that of the first.
    fn compare(
        &mut self,
        fragment: &MovieFragment<'_>,
        styp: Option<&(&Before, Styp)>,
        found: &mut Gathered,
    ) {
        let file = found.parts().partition_point(|(_, start)| *start <= fragment.offset());
        if self.last_file.replace(file) == Some(file) {
            return;
        }
        let Some((before, styp)) = styp else {
            self.without += 1;
            if self.without == 1 && self.with > 0 {
                let message = "the segment has no `styp`, the ones before have one";
                found.push(fragment.finding(found, &CMF_04, fragment.offset(), message));
            }
            return;
        };
        self.with += 1;
        if self.with == 1 && self.without > 0 {
            let message = "the segment has a `styp`, the ones before have none";
            found.push(found.finding(&CMF_04, before.header.offset, message).path("styp"));
        }
        let mut brands = styp.compatible_brands.clone();
        brands.push(styp.major_brand);
        // Each says what it is, and the last one that it is the last.
        brands.retain(|brand| !matches!(&brand.0, b"cmfs" | b"cmff" | b"cmfl" | b"lmsg"));
        brands.sort_unstable_by_key(|brand| brand.0);
        brands.dedup();
        let text = |brands: &[FourCC]| brands.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let first = self.first.get_or_insert_with(|| brands.clone());
        if *first != brands {
            let message = "`styp` has other brands than that of the first segment";
            let finding = found.finding(&CMF_04, before.header.offset, message).path("styp");
            found.push(finding.found(text(&brands)).expected(text(first)));
        }
    }
}
