//! Rules ISO.

use super::case::{Case, transcript};
use super::edit::boxed;

pub const CASES: &[Case] = &[
    Case {
        rule: "ISO-01",
        defect: "trak-beyond-moov",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let at = mp4.at("moov/trak").range.start;
            mp4.bytes()[at..at + 4].copy_from_slice(&100_000u32.to_be_bytes());
        },
    },
    Case {
        rule: "ISO-01",
        defect: "version-not-known",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/mdhd", 0, &[9]),
    },
    Case {
        rule: "ISO-01",
        defect: "size-of-64-bits-for-a-small-box",
        good: "av1",
        spoil: |files| {
            let free = [&1u32.to_be_bytes(), b"free".as_slice(), &16u64.to_be_bytes()].concat();
            files.only().insert_before("moov", &free);
        },
    },
    Case {
        rule: "ISO-02",
        defect: "bytes-behind-the-last-box",
        good: "av1",
        spoil: |files| files.only().bytes().extend([0; 5]),
    },
    Case {
        rule: "ISO-03",
        defect: "major-brand-not-compatible",
        good: "av1",
        spoil: |files| files.only().write("ftyp", 0, b"mp42"),
    },
    Case {
        rule: "ISO-03",
        defect: "ftyp-twice",
        good: "av1",
        spoil: |files| files.only().insert_after("ftyp", &boxed(b"ftyp", b"cmfc\0\0\0\0cmfc")),
    },
    Case {
        rule: "ISO-04",
        defect: "handler-missing",
        good: "av1",
        spoil: |files| files.only().remove("moov/trak/mdia/hdlr"),
    },
    Case {
        rule: "ISO-04",
        defect: "tfhd-twice",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let tfhd = mp4.raw("moof/traf/tfhd");
            mp4.insert_after("moof/traf/tfhd", &tfhd);
        },
    },
    Case {
        rule: "ISO-04",
        defect: "segments-without-header",
        good: "av1-segments",
        spoil: |files| drop(files.remove("odd_23976/init.mp4")),
    },
    Case {
        rule: "ISO-05",
        defect: "next-track-id-too-small",
        good: "av1",
        spoil: |files| files.only().set_u32("moov/mvhd", 96, 1),
    },
    Case {
        rule: "ISO-05",
        defect: "track-number-0",
        good: "av1",
        spoil: |files| files.only().set_u32("moov/trak/tkhd", 12, 0),
    },
    Case {
        rule: "ISO-06",
        defect: "timescale-0",
        good: "av1",
        spoil: |files| files.only().set_u32("moov/trak/mdia/mdhd", 12, 0),
    },
    Case {
        rule: "ISO-06",
        defect: "language-of-no-letters",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/mdhd", 20, &[0, 0]),
    },
    Case {
        rule: "ISO-06",
        defect: "languages-differ",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let fra = (6u16 << 10 | 18 << 5 | 1).to_be_bytes();
            mp4.write("moov/trak/mdia/mdhd", 20, &fra);
            mp4.insert_after("moov/trak/mdia/hdlr", &boxed(b"elng", b"\0\0\0\0de-CH\0"));
        },
    },
    Case {
        rule: "ISO-07",
        defect: "sound-header-of-video",
        good: "av1",
        spoil: |files| files.only().replace("moov/trak/mdia/minf/vmhd", &boxed(b"smhd", &[0; 8])),
    },
    Case {
        rule: "ISO-08",
        defect: "data-reference-not-there",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/minf/stbl/stsd/av01", 6, &[0, 2]),
    },
    Case {
        rule: "ISO-08",
        defect: "data-elsewhere",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/minf/dinf/dref/url ", 3, &[0]),
    },
    Case {
        rule: "ISO-09",
        defect: "sample-entry-not-there",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfhd", 8, 2),
    },
    Case {
        rule: "ISO-09",
        defect: "video-entry-of-audio",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/hdlr", 8, b"soun"),
    },
    Case {
        rule: "ISO-10",
        defect: "too-few-durations",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stts", 8, 29),
    },
    Case {
        rule: "ISO-10",
        defect: "too-many-durations",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stts", 8, 31),
    },
    Case {
        rule: "ISO-10",
        defect: "chunk-not-in-media-data",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stco", 8, 18_930),
    },
    Case {
        rule: "ISO-10",
        defect: "chunk-behind-the-end",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stco", 8, 1 << 30),
    },
    Case {
        rule: "ISO-10",
        defect: "first-chunk-is-0",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stsc", 8, 0),
    },
    Case {
        rule: "ISO-11",
        defect: "sync-samples-out-of-order",
        good: "progressive",
        spoil: |files| {
            let stss = [[0u32; 1], [2], [9], [1]].concat().into_iter().flat_map(u32::to_be_bytes);
            let stss: Vec<u8> = stss.collect();
            files.only().set_payload("moov/trak/mdia/minf/stbl/stss", &stss);
        },
    },
    Case {
        rule: "ISO-12",
        defect: "trex-missing",
        good: "av1",
        spoil: |files| files.only().remove("moov/mvex/trex"),
    },
    Case {
        rule: "ISO-13",
        defect: "sequence-number-again",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/mfhd", 4, 1),
    },
    Case {
        rule: "ISO-14",
        defect: "run-not-in-media-data",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/trun", 8, 0),
    },
    Case {
        rule: "ISO-14",
        defect: "run-over-the-one-before",
        good: "ladder",
        spoil: |files| {
            let mut mp4 = files.only();
            let distance = mp4.at("moof").range.start as i32 - mp4.at("moof[2]").range.start as i32;
            let first = mp4.u32("moof/traf/trun", 8) as i32;
            mp4.set_u32("moof[2]/traf/trun", 8, (distance + first) as u32);
        },
    },
    Case {
        rule: "ISO-15",
        defect: "flags-twice",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let trun = run(0x0100_0605, &[1, 900, 0x0200_0000, 100, 0x0200_0000]);
            mp4.set_payload("moof/traf/trun", &trun);
        },
    },
    Case {
        rule: "ISO-15",
        defect: "bytes-behind-the-samples",
        good: "av1",
        spoil: |files| files.only().append("moof/traf/trun", &[0; 4]),
    },
    Case {
        rule: "ISO-16",
        defect: "sync-sample-depends-on-others",
        good: "av1",
        spoil: |files| files.only().set_u32("moof/traf/trun", 12, 0x0100_0000),
    },
    Case {
        rule: "ISO-16",
        defect: "reserved-bits-set",
        good: "av1",
        spoil: |files| files.only().set_u32("moof/traf/trun", 12, 0xf200_0000),
    },
    Case {
        rule: "ISO-16",
        defect: "frames-refer-to-others",
        good: "av1",
        spoil: |files| files.only().set_u32("moof/traf/tfhd", 16, 0x0201_0000),
    },
    Case {
        rule: "ISO-17",
        defect: "fragment-starts-early",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfdt", 4, 48_047),
    },
    Case {
        rule: "ISO-17",
        defect: "fragment-starts-late",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfdt", 4, 49_000),
    },
    Case {
        rule: "ISO-18",
        defect: "descriptions-twice",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let sgpd = mp4.raw("moof/traf/sgpd");
            mp4.insert_after("moof/traf/sgpd", &sgpd);
        },
    },
    Case {
        rule: "ISO-18",
        defect: "description-of-version-0",
        good: "av1",
        spoil: |files| {
            let sgpd = b"\0\0\0\0av1m\0\0\0\x01";
            files.only().set_payload("moof/traf/sgpd", sgpd);
        },
    },
    Case {
        rule: "ISO-19",
        defect: "description-not-there",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof/traf/sbgp", 24, 0x1_0002),
    },
    Case {
        rule: "ISO-19",
        defect: "more-samples-than-there-are",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof/traf/sbgp", 12, 100),
    },
    Case {
        rule: "ISO-20",
        defect: "group-mapped-twice",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let sbgp = mp4.raw("moof/traf/sbgp");
            mp4.insert_after("moof/traf/sbgp", &sbgp);
        },
    },
    Case {
        rule: "ISO-21",
        defect: "reference-ends-inside-a-box",
        good: "ladder",
        spoil: |files| {
            let mut mp4 = files.only();
            let size = mp4.u32("sidx", 24);
            mp4.set_u32("sidx", 24, size - 1);
        },
    },
    Case {
        rule: "ISO-21",
        defect: "reference-behind-the-end",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 24 + 6 * 12, 100_000),
    },
    Case {
        rule: "ISO-21",
        defect: "index-of-another-track",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 4, 9),
    },
    Case {
        rule: "ISO-21",
        defect: "index-starts-with-media-data",
        good: "ladder",
        spoil: |files| {
            let mut mp4 = files.only();
            let moof = mp4.at("moof").range.len() as u32;
            let size = mp4.u32("sidx", 24);
            mp4.set_u32("sidx", 16, moof);
            mp4.set_u32("sidx", 24, size - moof);
        },
    },
    Case {
        rule: "ISO-22",
        defect: "index-starts-late",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 12, 1000),
    },
    Case {
        rule: "ISO-22",
        defect: "duration-rounded",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 28, 48_000),
    },
    Case {
        rule: "ISO-22",
        defect: "last-duration-too-long",
        good: "opus",
        spoil: |files| {
            let mut mp4 = files.only();
            let duration = mp4.u32("sidx", 28 + 2 * 12);
            mp4.set_u32("sidx", 28 + 2 * 12, duration + 1);
        },
    },
    Case {
        rule: "ISO-23",
        defect: "access-point-is-none",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/trun", 12, 0x0101_0000),
    },
    Case {
        rule: "ISO-23",
        defect: "access-point-not-told",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 32, 0),
    },
    Case {
        rule: "ISO-23",
        defect: "access-point-late",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 32, 0x9000_0005),
    },
    Case {
        rule: "ISO-24",
        defect: "timescale-of-milliseconds",
        good: "ladder",
        spoil: |files| files.only().set_u32("sidx", 8, 1000),
    },
    Case {
        rule: "ISO-25",
        defect: "colour-twice",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let colr = mp4.raw("moov/trak/mdia/minf/stbl/stsd/av01/colr");
            mp4.insert_after("moov/trak/mdia/minf/stbl/stsd/av01/colr", &colr);
        },
    },
    Case {
        rule: "ISO-25",
        defect: "colour-before-codec",
        good: "av1",
        spoil: |files| {
            files
                .only()
                .swap("moov/trak/mdia/minf/stbl/stsd/av01/av1C", "moov/trak/mdia/minf/stbl/stsd/av01/colr")
        },
    },
    Case {
        rule: "ISO-26",
        defect: "full-range-is-1",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/minf/stbl/stsd/av01/colr", 10, &[1]),
    },
    Case {
        rule: "ISO-27",
        defect: "edit-before-the-media",
        good: "opus",
        spoil: |files| files.only().set_u32("moov/trak/edts/elst", 12, -2i32 as u32),
    },
    Case {
        rule: "ISO-27",
        defect: "duration-in-ticks-of-media",
        good: "progressive",
        spoil: |files| files.only().set_u32("moov/trak/edts/elst", 8, 15_360),
    },
    Case {
        rule: "ISO-28",
        defect: "rate-above-the-maximum",
        good: "ladder",
        spoil: |files| files.only().set_u32("moov/trak/mdia/minf/stbl/stsd/av01/btrt", 4, 1000),
    },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}

/// The payload of a `trun`: version and flags, and the numbers behind.
fn run(flags: u32, numbers: &[u32]) -> Vec<u8> {
    [flags].iter().chain(numbers).flat_map(|number| number.to_be_bytes()).collect()
}
