//! Which boxes a box must have.

use crate::isobmff::{BoxHeader, Child, FourCC};
use crate::validate::check::{Check, Header, MovieFragment};
use crate::validate::gathered::Gathered;
use crate::validate::table::ISO_04;

/// How often a box stands in another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantity {
    One,
    AtMostOne,
}

use Quantity::{AtMostOne, One};

/// A box by one of several types, and how often it is there.
type Wanted = (&'static [&'static [u8; 4]], Quantity);

const MOOV: &[Wanted] = &[(&[b"mvhd"], One), (&[b"mvex"], AtMostOne)];
const TRAK: &[Wanted] =
    &[(&[b"tkhd"], One), (&[b"mdia"], One), (&[b"edts"], AtMostOne), (&[b"tref"], AtMostOne)];
const MDIA: &[Wanted] = &[(&[b"mdhd"], One), (&[b"hdlr"], One), (&[b"minf"], One), (&[b"elng"], AtMostOne)];
const MINF: &[Wanted] = &[(&[b"dinf"], One), (&[b"stbl"], One)];
const DINF: &[Wanted] = &[(&[b"dref"], One)];
const STBL: &[Wanted] = &[
    (&[b"stsd"], One),
    (&[b"stts"], One),
    (&[b"stsc"], One),
    (&[b"stsz", b"stz2"], One),
    (&[b"stco", b"co64"], One),
    (&[b"ctts"], AtMostOne),
    (&[b"stss"], AtMostOne),
    (&[b"sdtp"], AtMostOne),
    (&[b"cslg"], AtMostOne),
];
const MOOF: &[Wanted] = &[(&[b"mfhd"], One)];
const TRAF: &[Wanted] = &[(&[b"tfhd"], One), (&[b"tfdt"], AtMostOne)];

/// The boxes that stand in a type of box, for those whose content is fixed.
fn wanted(kind: FourCC) -> &'static [Wanted] {
    match &kind.0 {
        b"moov" => MOOV,
        b"trak" => TRAK,
        b"mdia" => MDIA,
        b"minf" => MINF,
        b"dinf" => DINF,
        b"stbl" => STBL,
        b"moof" => MOOF,
        b"traf" => TRAF,
        _ => &[],
    }
}

/// Rule ISO-04.
#[derive(Default)]
pub(in crate::validate) struct Structure {
    moov: Option<u64>,
}

impl Check for Structure {
    fn top_level(&mut self, header: &BoxHeader, found: &mut Gathered) {
        if header.kind != b"moov" {
            return;
        }
        if let Some(first) = self.moov {
            let finding = found.finding(&ISO_04, header.offset, "another `moov`; there is one already");
            found.push(finding.path("moov[2]").related(found.at(first), "the first one"));
        }
        self.moov.get_or_insert(header.offset);
    }

    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        match &header.moov {
            Some(moov) => {
                inside(moov, "moov".to_owned(), 0, found);
                let has_track = moov.boxes().map_while(Result::ok).any(|child| child.kind() == b"trak");
                if !has_track {
                    let finding = found.finding(&ISO_04, moov.header.offset, "there is no track (`trak`)");
                    found.push(finding.path("moov"));
                }
            }
            None if self.moov.is_some() => {}
            None if header.file.moofs > 0 => {
                let message = "the fragments begin, and there is no `moov` before them";
                let fix = "give the init segment, and behind it the media segments";
                found.push(found.finding(&ISO_04, 0, message).fix(fix));
            }
            // Images have a `meta` box in its place.
            None if header.file.has_meta => {}
            None => found.say(&ISO_04, 0, "there is no `moov`"),
        }
    }

    fn fragment(&mut self, fragment: &MovieFragment<'_>, found: &mut Gathered) {
        inside(&fragment.moof, fragment.path(), 0, found);
    }
}

/// No box of fixed content is deeper; beyond, a file is hostile.
const DEPTH: u8 = 8;

fn inside(parent: &Child<'_>, path: String, depth: u8, found: &mut Gathered) {
    for (kinds, quantity) in wanted(parent.kind()) {
        let is_of = |child: &Child<'_>| kinds.iter().any(|kind| child.kind() == **kind);
        let mut these = parent.boxes().map_while(Result::ok).filter(is_of);
        let first = these.next();
        let name = || {
            let names: Vec<String> = kinds.iter().map(|kind| format!("`{}`", FourCC(**kind))).collect();
            names.join(" or ")
        };
        if let Some(second) = these.next() {
            let message =
                format!("{} {} in a `{}`, one was expected", these.count() + 2, name(), parent.kind());
            found.push(found.finding(&ISO_04, second.header.offset, message).path(&*path));
        } else if first.is_none() && *quantity == One {
            let message = format!("`{}` has no {}", parent.kind(), name());
            found.push(found.finding(&ISO_04, parent.header.offset, message).path(&*path));
        }
    }
    let (mut trak, mut traf) = (0, 0);
    for child in parent.boxes().map_while(Result::ok) {
        if depth == DEPTH || wanted(child.kind()).is_empty() {
            continue;
        }
        let path = match &child.kind().0 {
            b"trak" => numbered(&path, "trak", &mut trak),
            b"traf" => numbered(&path, "traf", &mut traf),
            _ => format!("{path}/{}", child.kind()),
        };
        inside(&child, path, depth + 1, found);
    }
}

fn numbered(path: &str, kind: &str, number: &mut usize) -> String {
    *number += 1;
    format!("{path}/{kind}[{number}]")
}
