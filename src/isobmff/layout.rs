//! Where boxes lie inside boxes: which types are containers, and which sample entries have which layout.

use super::boxes::{AudioSampleEntry, EntryClass, VisualSampleEntry};
use super::fourcc::FourCC;
use super::reader::Reader;

/// How deep boxes are opened.
pub(super) const MAX_DEPTH: usize = 32;

/// Containers of boxes alone.
const PLAIN: &[&[u8; 4]] = &[
    b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"mvex", b"moof", b"traf", b"mfra",
    b"udta", b"sinf", b"rinf", b"schi", b"tref", b"meco", b"strk", b"strd", b"iprp", b"ipco", b"grpl",
    b"gmhd", b"wave", b"vttc", b"ilst", b"hnti",
];

/// Containers of boxes behind version, flags and an entry count.
const COUNTED: &[&[u8; 4]] = &[b"stsd", b"dref"];

const VISUAL: &[&[u8; 4]] = &[
    b"av01", b"encv", b"resv", b"avc1", b"avc2", b"avc3", b"avc4", b"hvc1", b"hev1", b"hvc2", b"hev2",
    b"lhv1", b"vvc1", b"vvi1", b"evc1", b"vp08", b"vp09", b"dvh1", b"dvhe", b"dva1", b"dvav", b"dav1",
    b"mp4v", b"s263", b"H263", b"mjp2", b"mjpg", b"jpeg", b"png ", b"apch", b"apcn", b"apcs", b"apco",
    b"ap4h", b"ap4x", b"uncv", b"j2ki", b"SVQ3", b"raw ",
];

const AUDIO: &[&[u8; 4]] = &[
    b"mp4a", b"enca", b"Opus", b"ac-3", b"ec-3", b"ac-4", b"fLaC", b"iamf", b"alac", b"mha1", b"mha2",
    b"mhm1", b"mhm2", b"dtsc", b"dtse", b"dtsh", b"dtsl", b"dtsx", b"dtsy", b"samr", b"sawb", b"sawp",
    b"sowt", b"twos", b"lpcm", b"ipcm", b"fpcm", b"in24", b"in32", b"fl32", b"fl64", b"ulaw", b"alaw",
    b".mp3", b"mlpa",
];

fn is_in(list: &[&[u8; 4]], kind: FourCC) -> bool {
    list.iter().any(|k| kind == **k)
}

/// The layout of a sample entry of this type.
pub(super) fn entry_class(kind: FourCC) -> EntryClass {
    match &kind.0 {
        b"stpp" => EntryClass::Stpp,
        b"wvtt" => EntryClass::Wvtt,
        _ if is_in(VISUAL, kind) => EntryClass::Visual,
        _ if is_in(AUDIO, kind) => EntryClass::Audio,
        _ => EntryClass::Other,
    }
}

/// Bytes of an audio sample entry before the boxes in it: 28, and QuickTime's extension where boxes fit behind it.
pub(super) fn audio_prefix(payload: &[u8]) -> usize {
    let plain = AudioSampleEntry::PREFIX;
    let extended = match payload.get(8..10) {
        Some([0, 1]) => plain + 16,
        Some([0, 2]) => plain + 36,
        _ => return plain,
    };
    let fits =
        |at: usize| payload.get(at..).is_some_and(|rest| Reader::new(rest, 0).boxes().all(|b| b.is_ok()));
    if !fits(extended) || extended == plain + 16 && fits(plain) && payload.len() > plain {
        plain
    } else {
        extended
    }
}

/// Where the boxes in a box begin in its payload, for a known container that is long enough.
pub(super) fn children_at(parent: Option<FourCC>, kind: FourCC, payload: &[u8]) -> Option<usize> {
    let at = if parent.is_some_and(|p| p == b"stsd") {
        match entry_class(kind) {
            EntryClass::Visual => VisualSampleEntry::PREFIX,
            EntryClass::Audio => audio_prefix(payload),
            EntryClass::Stpp => {
                let strings = payload.get(8..)?.iter().enumerate().filter(|(_, b)| **b == 0);
                8 + strings.map(|(at, _)| at + 1).nth(2)?
            }
            EntryClass::Wvtt => 8,
            EntryClass::Other => return None,
        }
    } else if is_in(PLAIN, kind) {
        0
    } else if is_in(COUNTED, kind) {
        8
    } else {
        match &kind.0 {
            // QuickTime's has no version and flags.
            b"meta" if payload.get(4..8) == Some(b"hdlr") => 0,
            b"meta" | b"iref" => 4,
            b"iinf" => match payload.first()? {
                0 => 6,
                _ => 8,
            },
            _ => return None,
        }
    };
    (at <= payload.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers() {
        let at = |parent: Option<&[u8; 4]>, kind: &[u8; 4], payload: &[u8]| {
            children_at(parent.map(FourCC::from), kind.into(), payload)
        };
        assert_eq!(at(None, b"moov", b""), Some(0));
        assert_eq!(at(None, b"meta", &[0; 4]), Some(4));
        assert_eq!(at(None, b"meta", b"\0\0\0\x08hdlr"), Some(0));
        assert_eq!(at(None, b"stsd", &[0; 7]), None);
        assert_eq!(at(None, b"av01", &[0; 80]), None);
        assert_eq!(at(Some(b"stsd"), b"av01", &[0; 80]), Some(78));
        assert_eq!(at(Some(b"stsd"), b"stpp", b"\0\0\0\0\0\0\0\x01a\0b\0\0"), Some(13));
        assert_eq!(at(Some(b"stsd"), b"stpp", b"\0\0\0\0\0\0\0\x01a\0b\0"), None);
    }
}
