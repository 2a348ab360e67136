//! `ftyp`.

use crate::isobmff::BoxHeader;
use crate::isobmff::boxes::Ftyp;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::ISO_03;

/// Rule ISO-03.
#[derive(Default)]
pub(in crate::validate) struct FileType {
    boxes: u64,
    seen: bool,
}

impl Check for FileType {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        if header.kind == b"ftyp" {
            if std::mem::replace(&mut self.seen, true) {
                found.say(&ISO_03, header.offset, "another `ftyp`; there is one already");
            } else if self.boxes > 0 {
                found.say(&ISO_03, header.offset, format!("`ftyp` stands behind {} other boxes", self.boxes));
            }
        }
        self.boxes += 1;
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let Some(ftyp) = header.ftyp.as_ref() else {
            if header.moov.is_some() {
                found.say(&ISO_03, 0, "there is no `ftyp`");
            }
            return;
        };
        let Ok(brands) = ftyp.parse::<Ftyp>() else { return };
        if !brands.compatible_brands.contains(&brands.major_brand) {
            let listed: Vec<String> = brands.compatible_brands.iter().map(ToString::to_string).collect();
            let message =
                format!("the major brand `{}` is not among the compatible ones", brands.major_brand);
            let finding = found.finding(&ISO_03, ftyp.header.offset, message);
            found.push(
                finding.found(listed.join(" ")).severity(crate::findings::Severity::Warning).path("ftyp"),
            );
        }
    }
}
