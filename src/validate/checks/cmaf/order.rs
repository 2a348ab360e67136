//! Which boxes come first in a CMAF header and in a chunk.

use crate::findings::{Rule, Severity};
use crate::isobmff::{Child, FourCC};
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::{CMF_06, CMF_07, CMF_08, CMF_09};

/// Types of boxes in their order; those of one place may stand in any order.
type Order = &'static [&'static [&'static [u8; 4]]];

const MOOV: Order = &[&[b"mvhd"], &[b"trak"], &[b"mvex"], &[b"pssh"]];
const TRAK: Order = &[&[b"tkhd"], &[b"edts"], &[b"mdia"], &[b"udta"]];
const MDIA: Order = &[&[b"mdhd"], &[b"hdlr"], &[b"elng"], &[b"minf"]];
const MINF: Order = &[&[b"vmhd", b"smhd", b"sthd", b"nmhd"], &[b"dinf"], &[b"stbl"]];
const STBL: Order =
    &[&[b"stsd"], &[b"stts"], &[b"stsc"], &[b"stsz", b"stz2"], &[b"stco", b"co64"], &[b"sgpd"], &[b"stss"]];
const SINF: Order = &[&[b"frma"], &[b"schm"], &[b"schi"]];
const MOOF: Order = &[&[b"mfhd"], &[b"traf"]];
const TRAF: Order = &[
    &[b"tfhd"],
    &[b"tfdt"],
    &[b"trun"],
    &[b"senc"],
    &[b"saio"],
    &[b"saiz"],
    // They come in pairs where a type is mapped more than once.
    &[b"sbgp", b"sgpd"],
    &[b"subs"],
];

/// Rules CMF-06 to CMF-09.
#[derive(Default)]
pub(in crate::validate) struct BoxOrder;

impl Check for BoxOrder {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        if let Some(moov) = &header.moov {
            order(&CMF_06, moov, "moov", MOOV, found);
        }
        for trak in header.traks() {
            order(&CMF_06, &trak.child, &trak.path, TRAK, found);
            for (path, wanted) in [("mdia", MDIA), ("mdia/minf", MINF), ("mdia/minf/stbl", STBL)] {
                if let Some(child) = trak.find(path) {
                    order(&CMF_07, &child, &format!("{}/{path}", trak.path), wanted, found);
                }
            }
            for (child, entry) in trak.entries() {
                let Some(sinf) = entry.children().iter().find(|raw| raw.kind == b"sinf") else { continue };
                let path = format!("{}/mdia/minf/stbl/stsd/{}/sinf", trak.path, child.kind());
                sinf.with_reader(|r| {
                    let kinds =
                        r.boxes().map_while(Result::ok).map(|child| (child.kind(), child.header.offset));
                    report(&CMF_09, misplaced(kinds, SINF), (sinf.kind, &path), found);
                });
            }
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        let path = fragment.path();
        order(&CMF_08, &fragment.moof, &path, MOOF, found);
        let trafs = fragment.moof.boxes().map_while(Result::ok).filter(|child| child.kind() == b"traf");
        let count = trafs.count();
        if count != 1 {
            let message = format!("{count} `traf` in the `moof`, one was expected");
            let finding = fragment.finding(found, &CMF_08, fragment.offset(), message);
            found.push(finding.fix("write each track into a file of its own"));
        }
        for traf in &fragment.trafs {
            order(&CMF_08, &traf.child, &traf.path, TRAF, found);
        }
    }
}

fn order(rule: &'static Rule, parent: &Child<'_>, path: &str, wanted: Order, found: &mut Gathered) {
    let kinds = parent.boxes().map_while(Result::ok).map(|child| (child.kind(), child.header.offset));
    report(rule, misplaced(kinds, wanted), (parent.kind(), path), found);
}

/// A box that stands behind one that it should precede.
struct Misplaced {
    kind: FourCC,
    offset: u64,
    behind: FourCC,
    /// Whether it is the one with which its parent must begin.
    is_first: bool,
}

fn misplaced(boxes: impl Iterator<Item = (FourCC, u64)>, wanted: Order) -> Option<Misplaced> {
    let mut latest: Option<(usize, FourCC)> = None;
    let mut any = None;
    for (kind, offset) in boxes {
        let place = wanted.iter().position(|kinds| kinds.iter().any(|of| kind == **of));
        // The first one comes before all, also before what is not in the list.
        if let (Some(0), Some(behind)) = (place, any) {
            return Some(Misplaced { kind, offset, behind, is_first: true });
        }
        any = any.or(Some(kind));
        let Some(place) = place else { continue };
        match latest {
            Some((before, behind)) if before > place => {
                return Some(Misplaced { kind, offset, behind, is_first: false });
            }
            _ => latest = Some((place, kind)),
        }
    }
    None
}

fn report(
    rule: &'static Rule,
    misplaced: Option<Misplaced>,
    (parent, path): (FourCC, &str),
    found: &mut Gathered,
) {
    let Some(Misplaced { kind, offset, behind, is_first }) = misplaced else { return };
    let message = format!("`{kind}` stands behind `{behind}` in the `{parent}`");
    let finding = found.finding(rule, offset, message).path(format!("{path}/{kind}"));
    let is_start = is_first && (parent == b"moov" || parent == b"moof" || parent == b"traf");
    found.push(if is_start { finding } else { finding.severity(Severity::Advice) });
}
