//! What the movie box says of its tracks: numbers, times, languages, kinds of media, places of data.

use std::collections::HashSet;

use crate::findings::Severity;
use crate::isobmff::FourCC;
use crate::isobmff::boxes::{Dref, Elng, Hdlr, Language, Mdhd, Mvhd, Tkhd};
use crate::language;
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_05, ISO_06, ISO_07, ISO_08};

/// Rules ISO-05 to ISO-08.
#[derive(Default)]
pub(in crate::validate) struct Tracks;

impl Check for Tracks {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        numbers(header, found);
        for trak in header.traks() {
            media_header(&trak, found);
            handler(&trak, found);
            data_references(&trak, found);
        }
    }
}

fn numbers(header: &Header<'_>, found: &mut Gathered) {
    let mut seen = HashSet::new();
    for trak in header.traks() {
        let Some((offset, tkhd)) = trak.read::<Tkhd>("tkhd") else { continue };
        let at = ("tkhd", offset);
        if tkhd.track_id == 0 {
            found.push(trak.finding(found, &ISO_05, at, "track_ID is 0"));
        } else if !seen.insert(tkhd.track_id) {
            let message = format!("another track has track_ID {} too", tkhd.track_id);
            found.push(trak.finding(found, &ISO_05, at, message));
        }
    }
    let Some(moov) = &header.moov else { return };
    let Ok(Some(child)) = moov.reader().find(b"mvhd") else { return };
    let Ok(mvhd) = child.parse::<Mvhd>() else { return };
    // All bits 1: the next number is to be searched for.
    let largest = seen.iter().max().copied().unwrap_or(0);
    if mvhd.next_track_id <= largest {
        let message = format!("next_track_ID is {}, a track has number {largest}", mvhd.next_track_id);
        let finding = found.finding(&ISO_05, child.header.offset, message).path("moov/mvhd");
        found.push(finding.expected(format!("more than {largest}")));
    }
}

fn media_header(trak: &Trak<'_>, found: &mut Gathered) {
    let Some((offset, mdhd)) = trak.read::<Mdhd>("mdia/mdhd") else { return };
    let at = ("mdia/mdhd", offset);
    if mdhd.timescale == 0 {
        found.push(trak.finding(found, &ISO_06, at, "timescale is 0, so no time can be told"));
    }
    let code = match mdhd.language {
        Language::Iso(letters) => Some(String::from_utf8_lossy(&letters).into_owned()),
        Language::Other(bits) => {
            let message = format!("language is 0x{bits:04x}, which is no three letters");
            let finding =
                trak.finding(found, &ISO_06, at, message).expected("three letters, `und` if unknown");
            found.push(finding);
            None
        }
    };
    let Some((offset, elng)) = trak.read::<Elng>("mdia/elng") else { return };
    let at = ("mdia/elng", offset);
    let tag = &elng.extended_language;
    if !crate::ttal::language::is_well_formed(tag) {
        let message = format!("`{}` is no language tag of BCP 47", tag.escape_debug());
        found.push(trak.finding(found, &ISO_06, at, message));
        return;
    }
    // The tag may say more than three letters can, and these may say nothing.
    let primary = |tag: Option<String>| tag.and_then(|tag| tag.split('-').next().map(str::to_owned));
    let (short, long) = (primary(code.as_deref().and_then(language::tag_of)), primary(language::tag_of(tag)));
    if let (Some(short), Some(long)) = (short, long)
        && short != long
    {
        let code = code.unwrap_or_default();
        let message = format!("`elng` says {tag}, `mdhd` says {code}: these are different languages");
        found.push(trak.finding(found, &ISO_06, at, message));
    }
}

/// The media header that goes with a handler; none where several may.
fn media_header_of(handler: FourCC) -> Option<&'static [&'static [u8; 4]]> {
    Some(match &handler.0 {
        b"vide" | b"auxv" | b"pict" => &[b"vmhd"],
        b"soun" => &[b"smhd"],
        b"subt" => &[b"sthd"],
        b"text" | b"meta" => &[b"nmhd"],
        b"hint" => &[b"hmhd"],
        _ => return None,
    })
}

fn handler(trak: &Trak<'_>, found: &mut Gathered) {
    let Some((_, hdlr)) = trak.read::<Hdlr>("mdia/hdlr") else { return };
    let Some(minf) = trak.find("mdia/minf") else { return };
    let Some(wanted) = media_header_of(hdlr.handler_type) else { return };
    let headers = [b"vmhd", b"smhd", b"sthd", b"nmhd", b"hmhd", b"gmhd"];
    let children: Vec<_> = minf.boxes().map_while(Result::ok).collect();
    let header = children.iter().find(|child| headers.iter().any(|kind| child.kind() == **kind));
    let expected = FourCC(*wanted[0]);
    match header {
        Some(child) if wanted.iter().any(|kind| child.kind() == **kind) => {}
        Some(child) => {
            let message =
                format!("the handler is `{}`, the media header `{}`", hdlr.handler_type, child.kind());
            let at = ("mdia/minf", child.header.offset);
            let finding = trak.finding(found, &ISO_07, at, message).expected(format!("`{expected}`"));
            // QuickTime's, which ISO files of old have for text.
            let is_quicktime = child.kind() == b"gmhd";
            found.push(if is_quicktime { finding.severity(Severity::Warning) } else { finding });
        }
        None => {
            let message = format!("the handler is `{}`, and there is no media header", hdlr.handler_type);
            let at = ("mdia/minf", minf.header.offset);
            found.push(trak.finding(found, &ISO_07, at, message).expected(format!("`{expected}`")));
        }
    }
}

fn data_references(trak: &Trak<'_>, found: &mut Gathered) {
    let Some((offset, dref)) = trak.read::<Dref>("mdia/minf/dinf/dref") else { return };
    for (child, entry) in trak.entries() {
        let index = entry.data_reference_index();
        let of = usize::from(index).checked_sub(1).and_then(|index| dref.entries.get(index));
        let path = format!("mdia/minf/stbl/stsd/{}", child.kind());
        match of {
            None => {
                let message =
                    format!("data_reference_index is {index}, `dref` has {} entries", dref.entries.len());
                found.push(trak.finding(found, &ISO_08, (&path, child.header.offset), message));
            }
            Some(of) if !of.is_self_contained() => {
                let place = match of.location.as_deref() {
                    None | Some("") => String::new(),
                    Some(location) => format!(", in {}", location.escape_debug()),
                };
                let message = format!("the media data is not in this file{place}");
                let finding = trak.finding(found, &ISO_08, ("mdia/minf/dinf/dref", offset), message);
                found.push(finding.fix("set the flag that says that the data is in the same file"));
            }
            Some(_) => {}
        }
    }
}
