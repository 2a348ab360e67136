//! The `av01` brand, and the tracks it promises.

use crate::isobmff::boxes::Ftyp;
use crate::validate::check::{Check, Header};
use crate::validate::gathered::Gathered;
use crate::validate::table::{AV1_01, AV1_02};

/// Rules AV1-01 and AV1-02.
#[derive(Default)]
pub(super) struct Brand;

impl Check for Brand {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        let (Some(ftyp), true) = (header.ftyp.as_ref(), header.moov.is_some()) else { return };
        let Ok(brands) = ftyp.parse::<Ftyp>() else { return };
        let lists = |brand: &[u8; 4]| brands.compatible_brands.iter().any(|listed| listed == brand);
        let listed: Vec<String> = brands.compatible_brands.iter().map(ToString::to_string).collect();
        let tracks = &header.file.tracks;
        let has_av1 = tracks.iter().any(|track| track.is_av1());
        // Image sequences (AVIF) are AV1 tracks too; their files have brands of their own.
        if has_av1 && !lists(b"av01") && !lists(b"avis") {
            let message = "there is an AV1 track, and `av01` is not among the compatible brands";
            let finding = found.finding(&AV1_01, ftyp.header.offset, message).path("ftyp");
            found.push(
                finding
                    .found(listed.join(" "))
                    .expected("av01 among them")
                    .fix("Add `av01` to the compatible brands."),
            );
        }
        let unknown = |entry: &crate::inspect::mp4::Entry| entry.is_protected && entry.protection.is_none();
        let may_be_av1 =
            tracks.iter().any(|track| track.error.is_some() || track.entries.iter().any(unknown));
        if lists(b"av01") && !has_av1 && !may_be_av1 {
            let formats: Vec<String> = tracks
                .iter()
                .flat_map(|track| &track.entries)
                .map(|entry| entry.format.to_string())
                .collect();
            let message = "`av01` is among the compatible brands, and no track has AV1 samples";
            let finding = found.finding(&AV1_02, ftyp.header.offset, message).path("ftyp");
            found.push(finding.found(format!("tracks of {}", formats.join(", "))));
        }
    }
}
