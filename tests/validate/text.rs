//! Rules TXT.

use super::case::{Case, transcript};
use super::edit::{Mp4, boxed};

const STSD: &str = "moov/trak/mdia/minf/stbl/stsd";

/// Puts another text of the same length in the place of one in the media data of a fragment, counted from 1.
fn write_text(mp4: &mut Mp4<'_>, fragment: usize, old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len());
    let mdat = format!("mdat[{fragment}]");
    let at = mp4.payload(&mdat).windows(old.len()).position(|bytes| bytes == old);
    mp4.write(&mdat, at.unwrap(), new);
}

/// The entry with other strings, and no boxes.
fn stpp(strings: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, 0, 0, 0, 1], strings].concat()
}

pub const CASES: &[Case] = &[
    Case {
        rule: "TXT-01",
        defect: "two-strings-alone",
        good: "stpp",
        spoil: |files| {
            let entry = stpp(b"http://www.w3.org/ns/ttml\0\0");
            files.only().set_payload(&format!("{STSD}/stpp"), &entry);
        },
    },
    Case {
        rule: "TXT-01",
        defect: "two-strings-before-boxes",
        good: "stpp",
        spoil: |files| {
            let btrt = boxed(b"btrt", &[0; 12]);
            let entry = stpp(&[b"http://www.w3.org/ns/ttml\0\0", btrt.as_slice()].concat());
            files.only().set_payload(&format!("{STSD}/stpp"), &entry);
        },
    },
    Case {
        rule: "TXT-01",
        defect: "handler-of-webvtt",
        good: "stpp",
        spoil: |files| files.only().write("moov/trak/mdia/hdlr", 8, b"text"),
    },
    Case {
        rule: "TXT-01",
        defect: "media-header-of-webvtt",
        good: "stpp",
        spoil: |files| files.only().replace("moov/trak/mdia/minf/sthd", &boxed(b"nmhd", &[0; 4])),
    },
    Case {
        rule: "TXT-02",
        defect: "document-not-closed",
        good: "stpp",
        spoil: |files| write_text(&mut files.only(), 2, b"</tt>", b"     "),
    },
    Case {
        rule: "TXT-02",
        defect: "document-not-utf-8",
        good: "stpp",
        spoil: |files| write_text(&mut files.only(), 2, b"thanks", b"th\xe9nks"),
    },
    Case {
        rule: "TXT-02",
        defect: "not-sync",
        good: "stpp",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfhd", 20, 0x0101_0000),
    },
    Case {
        rule: "TXT-03",
        defect: "times-from-the-start-of-the-sample",
        good: "stpp",
        spoil: |files| {
            let mut mp4 = files.only();
            write_text(&mut mp4, 2, b"00:00:10.01\" end=\"00:00:12\"", b"00:00:01.01\" end=\"00:00:03\"");
        },
    },
    Case {
        rule: "TXT-03",
        defect: "sample-elsewhere",
        good: "stpp",
        spoil: |files| files.only().set_u32("moof[3]/traf/tfdt", 4, 600_000),
    },
    Case {
        rule: "TXT-04",
        defect: "images-under-a-text-profile",
        good: "stpp",
        spoil: |files| {
            let entry = stpp(b"http://www.w3.org/ns/ttml\0\0image/png\0");
            files.only().set_payload(&format!("{STSD}/stpp"), &entry);
        },
    },
    Case {
        rule: "TXT-04",
        defect: "element-that-no-profile-knows",
        good: "stpp",
        spoil: |files| {
            write_text(&mut files.only(), 2, b"tts:fontStyle=\"italic\"", b"tts:fontStyle=\"obliqu\"")
        },
    },
    Case {
        rule: "TXT-05",
        defect: "vttc-is-empty",
        good: "wvtt",
        spoil: |files| files.only().set_payload(&format!("{STSD}/wvtt/vttC"), b""),
    },
    Case {
        rule: "TXT-05",
        defect: "vttc-with-a-cue",
        good: "wvtt",
        spoil: |files| {
            let config = b"WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n";
            files.only().set_payload(&format!("{STSD}/wvtt/vttC"), config);
        },
    },
    Case {
        rule: "TXT-05",
        defect: "handler-of-ttml",
        good: "wvtt",
        spoil: |files| files.only().write("moov/trak/mdia/hdlr", 8, b"subt"),
    },
    Case {
        rule: "TXT-06",
        defect: "text-as-it-is",
        good: "wvtt",
        spoil: |files| write_text(&mut files.only(), 1, &boxed(b"vtte", b""), b"It's me."),
    },
    Case {
        rule: "TXT-06",
        defect: "cue-without-words",
        good: "wvtt",
        spoil: |files| write_text(&mut files.only(), 2, b"payl", b"free"),
    },
    Case {
        rule: "TXT-06",
        defect: "empty-sample-for-a-gap",
        good: "wvtt",
        spoil: |files| files.only().set_u32("moof/traf/tfhd", 16, 0),
    },
    Case {
        rule: "TXT-06",
        defect: "cue-beside-vtte",
        good: "wvtt",
        // The second sample of the second fragment goes into the first.
        spoil: |files| {
            let mut mp4 = files.only();
            let [first, second] = [16, 24].map(|at| mp4.u32("moof[2]/traf/trun", at));
            mp4.set_u32("moof[2]/traf/trun", 16, first + second);
            mp4.set_u32("moof[2]/traf/trun", 24, 0);
        },
    },
    Case {
        rule: "TXT-07",
        defect: "gap-between-fragments",
        good: "wvtt",
        spoil: |files| files.only().set_u32("moof[3]/traf/tfdt", 4, 12_500),
    },
    Case {
        rule: "TXT-07",
        defect: "fragment-without-sample",
        good: "stpp",
        spoil: |files| files.only().set_u32("moof[2]/traf/trun", 4, 0),
    },
    Case {
        rule: "TXT-07",
        defect: "sample-without-duration",
        good: "wvtt",
        spoil: |files| files.only().set_u32("moof[2]/traf/trun", 12, 0),
    },
    Case {
        rule: "TXT-09",
        defect: "two-documents-in-a-fragment",
        good: "stpp",
        spoil: |files| files.only().set_u32("moof[3]/traf/trun", 4, 2),
    },
    Case {
        rule: "TXT-10",
        defect: "language-is-und",
        good: "wvtt",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.write("moov/trak/mdia/mdhd", 20, &0x55c4u16.to_be_bytes());
            if mp4.find("moov/trak/mdia/elng").is_some() {
                mp4.remove("moov/trak/mdia/elng");
            }
        },
    },
    Case {
        rule: "TXT-12",
        defect: "encrypted-text",
        good: "wvtt",
        spoil: |files| {
            let mut mp4 = files.only();
            let wvtt = format!("{STSD}/wvtt");
            let schm = [&[0; 4], b"cenc".as_slice(), &[0, 1, 0, 0]].concat();
            let tenc = [[0, 0, 0, 0, 0, 0, 1, 8].as_slice(), [1; 16].as_slice()].concat();
            let sinf =
                [boxed(b"frma", b"wvtt"), boxed(b"schm", &schm), boxed(b"schi", &boxed(b"tenc", &tenc))];
            mp4.append(&wvtt, &boxed(b"sinf", &sinf.concat()));
            let at = mp4.at(&wvtt).range.start;
            mp4.bytes()[at + 4..at + 8].copy_from_slice(b"enct");
        },
    },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
