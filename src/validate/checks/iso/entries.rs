//! Sample entries, and which of them samples use.

use std::collections::HashSet;

use crate::findings::Severity;
use crate::inspect::av1::UnitScan;
use crate::inspect::mp4::Track;
use crate::inspect::sample::Sample;
use crate::isobmff::boxes::{Hdlr, SampleEntry};
use crate::isobmff::{Child, RawBox};
use crate::validate::check::{Check, Header, Trak};
use crate::validate::gathered::Gathered;
use crate::validate::table::{ISO_09, ISO_25, ISO_26};

/// Places where a wrong number was told already, beyond which none are kept.
const TOLD: usize = 1000;

/// Rules ISO-09, ISO-25 and ISO-26.
#[derive(Default)]
pub(in crate::validate) struct Entries {
    /// Track, fragment and number of sample entries that are not there.
    told: HashSet<(u32, u64, u32)>,
}

impl Check for Entries {
    fn header(&mut self, header: &Header<'_>, found: &mut Gathered) {
        for trak in header.traks() {
            count(&trak, found);
            for (child, entry) in trak.entries() {
                fits_handler(&trak, &child, &entry, found);
                if let SampleEntry::Visual(_) = entry {
                    picture_boxes(&trak, &child, entry.children(), found);
                }
            }
        }
    }

    fn sample(&mut self, track: &Track, sample: &Sample, _: Option<&UnitScan>, found: &mut Gathered) {
        let place = (track.id, sample.fragment, sample.description);
        let is_known = track.trak.is_none() || track.entry(sample.description).is_some();
        if is_known || self.told.len() >= TOLD || !self.told.insert(place) {
            return;
        }
        let message =
            format!("sample entry {} is used, the track has {}", sample.description, track.entries.len());
        found.push(found.in_sample(&ISO_09, track, sample, message));
    }
}

fn count(trak: &Trak<'_>, found: &mut Gathered) {
    let path = "mdia/minf/stbl/stsd";
    let Some(stsd) = trak.find(path) else { return };
    let mut r = stsd.reader();
    let Ok(entry_count) = r.skip(4).and_then(|()| r.u32()) else { return };
    let there = r.boxes().map_while(Result::ok).count();
    let at = (path, stsd.header.offset);
    if entry_count == 0 {
        let message = "there is no sample entry, so nothing tells how samples are coded";
        found.push(trak.finding(found, &ISO_09, at, message));
    } else if there as u64 != u64::from(entry_count) {
        let message = format!("entry_count is {entry_count}, {there} are there");
        found.push(trak.finding(found, &ISO_09, at, message));
    }
}

fn fits_handler(trak: &Trak<'_>, child: &Child<'_>, entry: &SampleEntry, found: &mut Gathered) {
    let Some((_, hdlr)) = trak.read::<Hdlr>("mdia/hdlr") else { return };
    let handlers: &[&[u8; 4]] = match entry {
        SampleEntry::Visual(_) => &[b"vide", b"auxv", b"pict"],
        SampleEntry::Audio(_) => &[b"soun"],
        SampleEntry::Stpp(_) => &[b"subt"],
        SampleEntry::Wvtt(_) => &[b"text"],
        SampleEntry::Other(_) => return,
    };
    if handlers.iter().any(|handler| hdlr.handler_type == **handler) {
        return;
    }
    let message = format!("the handler is `{}`, the sample entry `{}`", hdlr.handler_type, child.kind());
    let names: Vec<String> =
        handlers.iter().map(|handler| format!("`{}`", String::from_utf8_lossy(*handler))).collect();
    let path = format!("mdia/minf/stbl/stsd/{}", child.kind());
    let finding = trak.finding(found, &ISO_09, (&path, child.header.offset), message);
    found.push(finding.expected(format!("the handler {}", names.join(" or "))));
}

/// `pasp`, `clap` and `colr`.
fn picture_boxes(trak: &Trak<'_>, child: &Child<'_>, boxes: &[RawBox], found: &mut Gathered) {
    let path = format!("mdia/minf/stbl/stsd/{}", child.kind());
    let in_entry = |raw: &RawBox| (format!("{path}/{}", raw.kind), raw.offset);
    for kind in [b"pasp", b"clap"] {
        if let Some(second) = boxes.iter().filter(|raw| raw.kind == kind).nth(1) {
            let (path, offset) = in_entry(second);
            let message = format!("another `{}`; there is one already", second.kind);
            found.push(trak.finding(found, &ISO_25, (&path, offset), message));
        }
    }
    let nclx: Vec<&RawBox> =
        boxes.iter().filter(|raw| raw.kind == b"colr" && raw.payload().starts_with(b"nclx")).collect();
    if let Some(second) = nclx.get(1) {
        let (path, offset) = in_entry(second);
        let message = format!("{} boxes `colr` of type nclx, one was expected", nclx.len());
        found.push(trak.finding(found, &ISO_25, (&path, offset), message));
    }
    for raw in nclx {
        if let Some(byte) = raw.payload().get(10).filter(|byte| *byte & 0x7f != 0) {
            let (path, offset) = in_entry(raw);
            let message = format!("the byte of full_range_flag is 0x{byte:02x}, 0x00 or 0x80 was expected");
            found.push(trak.finding(found, &ISO_26, (&path, offset), message));
        }
    }
    order(trak, &path, boxes, found);
}

/// What describes the codec comes before what describes the picture.
fn order(trak: &Trak<'_>, path: &str, boxes: &[RawBox], found: &mut Gathered) {
    let is_codec =
        |raw: &&RawBox| matches!(&raw.kind.0, b"av1C" | b"avcC" | b"hvcC" | b"vpcC" | b"vvcC" | b"esds");
    let Some(codec) = boxes.iter().find(is_codec) else { return };
    let before = boxes.iter().take_while(|raw| !is_codec(raw));
    let early = before.into_iter().find(|raw| matches!(&raw.kind.0, b"pasp" | b"clap" | b"colr"));
    if let Some(early) = early {
        let message = format!("`{}` stands before `{}`", early.kind, codec.kind);
        let path = format!("{path}/{}", early.kind);
        let finding = trak.finding(found, &ISO_25, (&path, early.offset), message);
        found.push(finding.severity(Severity::Advice));
    }
}
