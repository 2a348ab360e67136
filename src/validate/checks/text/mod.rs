//! Rules TXT: timed text in ISOBMFF.

mod stpp;
mod timeline;
mod wvtt;

use super::entries::{EntryAt, descend};
use crate::findings::{Rule, Severity};
use crate::inspect::mp4::Mp4;
use crate::isobmff::boxes::Hdlr;
use crate::validate::Options;
use crate::validate::check::{Check, Trak};
use crate::validate::gathered::Gathered;

/// More bytes than a sample has that is looked into.
const SAMPLE_LIMIT: u64 = 4 << 20;

/// The checks, fresh for a file.
pub(super) fn checks(_options: &Options) -> Vec<Box<dyn Check>> {
    vec![Box::<stpp::Stpp>::default(), Box::<wvtt::Wvtt>::default(), Box::<timeline::Timeline>::default()]
}

/// Whether the file says that it is CMAF.
fn is_cmaf(file: &Mp4) -> bool {
    let brands: [&[u8; 4]; 2] = [b"cmfc", b"cmf2"];
    file.brands.as_ref().is_some_and(|found| brands.iter().any(|brand| found.lists(brand)))
}

/// Holds the kind of a track against what its sample entry asks for.
fn expect_track(
    rule: &'static Rule,
    trak: &Trak<'_>,
    at: &EntryAt<'_>,
    (handler, media_header): (&[u8; 4], &[u8; 4]),
    found: &mut Gathered,
) {
    let [format, wanted, header] = [&at.format.0, handler, media_header].map(|kind| kind.escape_ascii());
    if let Some(hdlr) = descend(&trak.child, &[b"mdia", b"hdlr"])
        && let Ok(says) = hdlr.parse::<Hdlr>()
        && says.handler_type != handler
    {
        let message = format!("`{format}` in a track of `{}`, `{wanted}` was expected", says.handler_type);
        let finding = found.finding(rule, hdlr.header.offset, message).severity(Severity::Warning);
        found.push(finding.path(format!("{}/mdia/hdlr", trak.path)));
    }
    if let Some(minf) = descend(&trak.child, &[b"mdia", b"minf"])
        && descend(&minf, &[media_header]).is_none()
    {
        let message = format!("the media header `{header}` of a track of `{format}` is missing");
        let finding = found.finding(rule, minf.header.offset, message).severity(Severity::Warning);
        found.push(finding.path(format!("{}/mdia/minf/{header}", trak.path)));
    }
}
