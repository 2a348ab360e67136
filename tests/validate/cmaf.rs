//! Rules CMF.

use super::case::{Case, transcript};
use super::edit::boxed;

pub const CASES: &[Case] = &[
    Case {
        rule: "CMF-01",
        defect: "brand-missing",
        good: "av1",
        spoil: |files| files.only().set_payload("ftyp", b"iso6\0\0\0\0iso6av01"),
    },
    Case {
        rule: "CMF-01",
        defect: "minor-version-not-0",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.write("ftyp", 0, b"cmf2\0\0\0\x01");
        },
    },
    Case {
        rule: "CMF-02",
        defect: "cmf2-without-cmfc",
        good: "av1",
        spoil: |files| files.only().set_payload("ftyp", b"cmf2\0\0\0\0cmf2iso6av01"),
    },
    Case {
        rule: "CMF-02",
        defect: "no-iso-brand",
        good: "av1",
        spoil: |files| files.only().set_payload("ftyp", b"cmf2\0\0\0\0cmf2cmfcav01"),
    },
    Case {
        rule: "CMF-03",
        defect: "segment-starts-with-no-sync-sample",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").set_u32("moof/traf/trun", 12, 0x0101_0000),
    },
    Case {
        rule: "CMF-04",
        defect: "styp-missing",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").remove("styp"),
    },
    Case {
        rule: "CMF-04",
        defect: "styp-behind-emsg",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("styp", &event(1, 7, 24_000)),
    },
    Case {
        rule: "CMF-04",
        defect: "other-brands",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").write("styp", 8, b"msix"),
    },
    Case {
        rule: "CMF-05",
        defect: "mvex-missing",
        good: "av1",
        spoil: |files| files.only().remove("moov/mvex"),
    },
    Case {
        rule: "CMF-05",
        defect: "two-tracks",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let trak = mp4.raw("moov/trak");
            mp4.insert_after("moov/trak", &trak);
        },
    },
    Case {
        rule: "CMF-06",
        defect: "mvhd-not-first",
        good: "av1",
        spoil: |files| files.only().swap("moov/mvhd", "moov/trak"),
    },
    Case {
        rule: "CMF-06",
        defect: "mvex-before-trak",
        good: "av1",
        spoil: |files| files.only().swap("moov/trak", "moov/mvex"),
    },
    Case {
        rule: "CMF-07",
        defect: "handler-first",
        good: "av1",
        spoil: |files| files.only().swap("moov/trak/mdia/mdhd", "moov/trak/mdia/hdlr"),
    },
    Case {
        rule: "CMF-08",
        defect: "two-trafs",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let traf = mp4.raw("moof/traf");
            mp4.insert_after("moof/traf", &traf);
        },
    },
    Case {
        rule: "CMF-08",
        defect: "groups-before-run",
        good: "av1",
        spoil: |files| files.only().swap("moof/traf/trun", "moof/traf/sbgp"),
    },
    Case {
        rule: "CMF-09",
        defect: "scheme-first",
        good: "ladder-cbcs",
        spoil: |files| {
            let sinf = "moov/trak/mdia/minf/stbl/stsd/encv/sinf";
            files.only().swap(&format!("{sinf}/frma"), &format!("{sinf}/schm"));
        },
    },
    Case {
        rule: "CMF-10",
        defect: "mdat-without-moof",
        good: "av1",
        spoil: |files| files.only().insert_after("mdat", &boxed(b"mdat", &[0; 4])),
    },
    Case {
        rule: "CMF-10",
        defect: "moof-without-mdat",
        good: "ladder",
        spoil: |files| files.only().remove("mdat[7]"),
    },
    Case {
        rule: "CMF-10",
        defect: "box-before-mdat",
        good: "av1",
        spoil: |files| files.only().insert_before("mdat", &boxed(b"uuid", &[7; 20])),
    },
    Case {
        rule: "CMF-11",
        defect: "sample-behind-mdat",
        good: "ladder",
        spoil: |files| {
            let mut mp4 = files.only();
            let offset = mp4.u32("moof[2]/traf/trun", 8);
            mp4.set_u32("moof[2]/traf/trun", 8, offset + 4);
        },
    },
    Case {
        rule: "CMF-11",
        defect: "bytes-of-no-sample",
        good: "av1",
        spoil: |files| files.only().append("mdat", &[0; 4]),
    },
    Case {
        rule: "CMF-12",
        defect: "track-starts-with-no-sync-sample",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof/traf/trun", 12, 0x0101_0000),
    },
    Case {
        rule: "CMF-13",
        defect: "no-iv",
        good: "ladder-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            for kind in ["senc", "saio", "saiz"] {
                mp4.remove(&format!("moof/traf/{kind}"));
            }
        },
    },
    Case {
        rule: "CMF-14",
        defect: "gap",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfdt", 4, 48_049),
    },
    Case {
        rule: "CMF-15",
        defect: "box-in-two-files",
        good: "ladder-segments",
        spoil: |files| {
            let bytes = files.named("1.m4s");
            let length = bytes.len();
            bytes.truncate(length - 10);
        },
    },
    Case {
        rule: "CMF-16",
        defect: "segment-starts-with-no-sync-sample",
        good: "ladder-segments",
        spoil: |files| {
            let mut mp4 = files.mp4("2.m4s");
            mp4.set_u32("moof/traf/trun", 12, 0x0101_0000);
        },
    },
    Case {
        rule: "CMF-16",
        defect: "file-without-fragment",
        good: "ladder-segments",
        spoil: |files| files.mp4("3.m4s").bytes().truncate(24),
    },
    Case {
        rule: "CMF-17",
        defect: "fragment-not-in-the-index",
        good: "ladder",
        spoil: |files| files.only().write("sidx", 22, &[0, 6]),
    },
    Case {
        rule: "CMF-17",
        defect: "index-twice",
        good: "ladder",
        spoil: |files| {
            let mut mp4 = files.only();
            let sidx = mp4.raw("sidx");
            mp4.insert_before("moof[2]", &sidx);
        },
    },
    Case {
        rule: "CMF-17",
        defect: "index-missing",
        good: "ladder",
        spoil: |files| files.only().remove("sidx"),
    },
    Case {
        rule: "CMF-18",
        defect: "track-has-a-duration",
        good: "av1",
        spoil: |files| files.only().set_u32("moov/trak/tkhd", 20, 5),
    },
    Case {
        rule: "CMF-18",
        defect: "movie-has-a-rate",
        good: "av1",
        spoil: |files| files.only().set_u32("moov/mvhd", 20, 0x2_0000),
    },
    Case {
        rule: "CMF-19",
        defect: "audio-has-a-size",
        good: "opus",
        spoil: |files| files.only().set_u32("moov/trak/tkhd", 76, 640 << 16),
    },
    Case {
        rule: "CMF-19",
        defect: "track-not-enabled",
        good: "opus",
        spoil: |files| files.only().write("moov/trak/tkhd", 3, &[2]),
    },
    Case {
        rule: "CMF-20",
        defect: "balance-to-the-left",
        good: "opus",
        spoil: |files| files.only().write("moov/trak/mdia/minf/smhd", 4, &[0xff, 0]),
    },
    Case {
        rule: "CMF-20",
        defect: "picture-blended",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/minf/vmhd", 4, &[0, 0x24]),
    },
    Case {
        rule: "CMF-21",
        defect: "data-elsewhere",
        good: "av1",
        spoil: |files| files.only().write("moov/trak/mdia/minf/dinf/dref/url ", 3, &[0]),
    },
    Case {
        rule: "CMF-22",
        defect: "samples-in-the-header",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.set_u32("moov/trak/mdia/minf/stbl/stsz", 4, 1);
            mp4.set_u32("moov/trak/mdia/minf/stbl/stsz", 8, 1);
        },
    },
    Case {
        rule: "CMF-23",
        defect: "edit-ends",
        good: "opus",
        spoil: |files| files.only().set_u32("moov/trak/edts/elst", 8, 5),
    },
    Case {
        rule: "CMF-24",
        defect: "edit-list-and-negative-offsets",
        good: "avc",
        spoil: |files| files.only().insert_after("moov/trak/tkhd", &edits(1)),
    },
    Case {
        rule: "CMF-25",
        defect: "edit-list",
        good: "avc",
        spoil: |files| files.only().insert_after("moov/trak/tkhd", &edits(1)),
    },
    Case {
        rule: "CMF-25",
        defect: "run-of-version-0",
        good: "av1",
        spoil: |files| files.only().write("moof/traf/trun", 0, &[0]),
    },
    Case {
        rule: "CMF-26",
        defect: "sample-entry-left-to-trex",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let mut tfhd = mp4.payload("moof/traf/tfhd").to_vec();
            tfhd[3] &= !2;
            tfhd.drain(8..12);
            mp4.set_payload("moof/traf/tfhd", &tfhd);
        },
    },
    Case {
        rule: "CMF-27",
        defect: "offsets-count-from-elsewhere",
        good: "av1",
        spoil: |files| files.only().write("moof/traf/tfhd", 1, &[0]),
    },
    Case {
        rule: "CMF-27",
        defect: "track-not-in-the-header",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[2]/traf/tfhd", 4, 9),
    },
    Case {
        rule: "CMF-28",
        defect: "decode-time-missing",
        good: "av1",
        spoil: |files| files.only().remove("moof/traf/tfdt"),
    },
    Case {
        rule: "CMF-29",
        defect: "data-offset-missing",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let mut trun = mp4.payload("moof/traf/trun").to_vec();
            trun[3] &= !1;
            trun.drain(8..12);
            mp4.set_payload("moof/traf/trun", &trun);
        },
    },
    Case {
        rule: "CMF-30",
        defect: "meta-at-the-top",
        good: "av1",
        spoil: |files| files.only().insert_before("sidx", &boxed(b"meta", &[0; 4])),
    },
    Case {
        rule: "CMF-31",
        defect: "total-too-short",
        good: "ladder",
        spoil: |files| files.only().set_u32("moov/mvex/mehd", 4, 24_000),
    },
    Case {
        rule: "CMF-32",
        defect: "mfra-at-the-end",
        good: "av1",
        spoil: |files| {
            let mfro = boxed(b"mfro", b"\0\0\0\0\0\0\0\x18");
            files.only().bytes().extend(boxed(b"mfra", &mfro));
        },
    },
    Case {
        rule: "CMF-33",
        defect: "event-behind-its-moof",
        good: "av1",
        spoil: |files| files.only().insert_before("mdat", &event(1, 7, 24_000)),
    },
    Case {
        rule: "CMF-33",
        defect: "event-in-another-timescale",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("moof", &event(1, 7, 1000)),
    },
    Case {
        rule: "CMF-33",
        defect: "event-at-the-end",
        good: "av1",
        spoil: |files| files.only().bytes().extend(event(1, 7, 24_000)),
    },
    Case {
        rule: "CMF-34",
        defect: "one-id-for-two-events",
        good: "ladder-segments",
        spoil: |files| {
            for (name, time) in [("1.m4s", 7), ("2.m4s", 8)] {
                files.mp4(name).insert_before("moof", &event(1, time, 24_000));
            }
        },
    },
    Case {
        rule: "CMF-34",
        defect: "time-counts-from-the-segment",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("moof", &event(0, 7, 24_000)),
    },
    Case {
        rule: "CMF-35",
        defect: "clock-of-another-track",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("moof", &clock(9, 144_144)),
    },
    Case {
        rule: "CMF-35",
        defect: "clock-of-another-time",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("moof", &clock(1, 0)),
    },
    Case {
        rule: "CMF-35",
        defect: "clock-before-styp",
        good: "ladder-segments",
        spoil: |files| files.mp4("2.m4s").insert_before("styp", &clock(1, 144_144)),
    },
    Case {
        rule: "CMF-40",
        defect: "no-samples",
        good: "ladder",
        spoil: |files| files.only().set_u32("moof[7]/traf/trun", 4, 0),
    },
    Case {
        rule: "CMF-41",
        defect: "runs-out-of-order",
        good: "av1",
        spoil: |files| {
            let mut mp4 = files.only();
            let trun = mp4.raw("moof/traf/trun");
            mp4.insert_after("moof/traf/trun", &trun);
        },
    },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}

/// An `emsg` of a version, at a time.
fn event(version: u8, time: u32, timescale: u32) -> Vec<u8> {
    let numbers =
        |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let (duration, id) = (0, 1);
    let strings = b"urn:example:event\0\0".as_slice();
    let payload = match version {
        0 => [&[0; 4], strings, &numbers(&[timescale, time, duration, id])].concat(),
        _ => [&[1, 0, 0, 0], &*numbers(&[timescale, 0, time, duration, id]), strings].concat(),
    };
    boxed(b"emsg", &payload)
}

/// A `prft` of a track, at a time.
fn clock(track: u32, time: u32) -> Vec<u8> {
    let numbers = [0, track, 0xe000_0000, 0, time];
    boxed(b"prft", &numbers.map(u32::to_be_bytes).concat())
}

/// An `edts` with one edit from a time of the media on.
fn edits(media_time: u32) -> Vec<u8> {
    let elst = [0, 1, 0, media_time, 0x1_0000];
    boxed(b"edts", &boxed(b"elst", &elst.map(u32::to_be_bytes).concat()))
}
