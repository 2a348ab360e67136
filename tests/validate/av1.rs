//! Rules AV1.

use std::ops::Range;

use super::case::{Case, transcript};
use super::edit::{Mp4, boxed};
use super::good::good;

const STBL: &str = "moov/trak/mdia/minf/stbl";
const ENTRY: &str = "moov/trak/mdia/minf/stbl/stsd/av01";
const AV1C: &str = "moov/trak/mdia/minf/stbl/stsd/av01/av1C";
const TRUN: &str = "moof/traf/trun";

/// Where the samples of the first fragment are.
fn samples(mp4: &mut Mp4<'_>) -> Vec<Range<usize>> {
    let mut start = mp4.at("moof").range.start + mp4.u32(TRUN, 8) as usize;
    let count = mp4.u32(TRUN, 4) as usize;
    // Behind the flags of the first sample.
    (0..count)
        .map(|index| {
            let size = mp4.u32(TRUN, 16 + 4 * index) as usize;
            start += size;
            start - size..start
        })
        .collect()
}

/// Writes bytes over those of a sample, which is counted from 1.
fn write_sample(mp4: &mut Mp4<'_>, number: usize, bytes: &[u8]) {
    let start = samples(mp4)[number - 1].start;
    mp4.bytes()[start..start + bytes.len()].copy_from_slice(bytes);
}

/// A sample of one frame, whose OBU is to have an extension: its tile loses a byte.
fn extend(mp4: &mut Mp4<'_>, number: usize, extension: u8) {
    let range = samples(mp4)[number - 1].clone();
    let old = mp4.bytes()[range].to_vec();
    let payload = &old[3..old.len() - 1];
    let new = [&[0x36, extension, payload.len() as u8 | 0x80, (payload.len() >> 7) as u8], payload].concat();
    write_sample(mp4, number, &new);
}

/// The place among its kind of a group's box: `sbgp[2]`.
fn group(mp4: &mut Mp4<'_>, name: &str, kind: &[u8; 4]) -> String {
    let paths = (1..).map(|number| format!("moof/traf/{name}[{number}]"));
    paths.take_while(|path| mp4.find(path).is_some()).find(|path| &mp4.raw(path)[12..16] == kind).unwrap()
}

/// Takes a group's samples out of it.
fn ungroup(mp4: &mut Mp4<'_>, kind: &[u8; 4]) {
    let path = group(mp4, "sbgp", kind);
    mp4.write(&path, 4, b"none");
}

/// An OBU_FRAME with an intra-only frame, for the sequence header of `mono.ivf`, and a tile of zeros; `size` is that
/// of the sample.
fn intra_only(size: usize) -> Vec<u8> {
    let len = size - 3;
    // show_existing_frame 0, frame_type 2, show_frame 1, error_resilient_mode 0, disable_cdf_update 0, screen content
    // 0, other size 0; order hint 0 (7 bits), primary_ref_frame 7, refresh_frame_flags 1; all that follows 0 but the
    // uniform tile spacing.
    let bits = "0101000000000001110000000100100000000000000000000000";
    let mut obu = vec![0x32, len as u8 | 0x80, (len >> 7) as u8];
    obu.extend(
        bits.as_bytes()
            .chunks(8)
            .map(|chunk| chunk.iter().enumerate().fold(0, |byte, (at, bit)| byte | (bit - b'0') << (7 - at))),
    );
    obu.resize(size, 0);
    obu
}

pub const CASES: &[Case] = &[
    Case {
        rule: "AV1-01",
        defect: "no-av01-brand",
        good: "av1-mono",
        spoil: |files| files.only().write("ftyp", 20, b"isom"),
    },
    Case {
        rule: "AV1-02",
        defect: "av01-brand-without-av1",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let at = mp4.at(ENTRY).range.start;
            mp4.bytes()[at + 4..at + 8].copy_from_slice(b"hvc1");
        },
    },
    Case {
        rule: "AV1-03",
        defect: "entry-width-of-another-size",
        good: "av1-mono",
        spoil: |files| files.only().write(ENTRY, 24, &200u16.to_be_bytes()),
    },
    Case {
        rule: "AV1-04",
        defect: "track-header-of-another-size",
        good: "av1-mono",
        spoil: |files| files.only().set_u32("moov/trak/tkhd", 76, 320 << 16),
    },
    Case {
        rule: "AV1-05",
        defect: "no-pasp-for-another-size",
        good: "av1-mono",
        spoil: |files| files.only().write(ENTRY, 24, &200u16.to_be_bytes()),
    },
    Case {
        rule: "AV1-06",
        defect: "another-compressor",
        good: "av1-mono",
        spoil: |files| files.only().write(ENTRY, 42, b"\x04Test"),
    },
    Case {
        rule: "AV1-07",
        defect: "av1c-twice",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let av1c = mp4.raw(AV1C);
            mp4.insert_after(AV1C, &av1c);
        },
    },
    Case {
        rule: "AV1-07",
        defect: "reserved-bits-set",
        good: "av1-mono",
        spoil: |files| files.only().write(AV1C, 3, &[0xe0]),
    },
    Case {
        rule: "AV1-08",
        defect: "bit-depth-of-av1c",
        good: "av1-mono",
        spoil: |files| files.only().payload(AV1C)[2] ^= 0x40,
    },
    Case {
        rule: "AV1-09",
        defect: "tier-of-a-low-level",
        good: "av1-mono",
        spoil: |files| files.only().payload(AV1C)[2] |= 0x80,
    },
    Case {
        rule: "AV1-10",
        defect: "two-sequence-headers",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let record = mp4.payload(AV1C).to_vec();
            mp4.set_payload(AV1C, &[&record, &record[4..]].concat());
        },
    },
    Case {
        rule: "AV1-11",
        defect: "level-of-av1c",
        good: "av1-mono",
        spoil: |files| files.only().payload(AV1C)[1] ^= 8,
    },
    Case {
        rule: "AV1-12",
        defect: "neither-sync-sample-nor-sequence-header",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let record = mp4.payload(AV1C)[..4].to_vec();
            mp4.set_payload(AV1C, &record);
            mp4.set_u32(TRUN, 12, 0x0101_0000);
        },
    },
    Case {
        rule: "AV1-13",
        defect: "neither-colr-nor-sequence-header",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let record = mp4.payload(AV1C)[..4].to_vec();
            mp4.set_payload(AV1C, &record);
            mp4.remove(&format!("{ENTRY}/colr"));
        },
    },
    Case {
        rule: "AV1-14",
        defect: "no-colr",
        good: "av1-mono",
        spoil: |files| files.only().remove(&format!("{ENTRY}/colr")),
    },
    Case {
        rule: "AV1-15",
        defect: "other-range-in-colr",
        good: "av1-mono",
        spoil: |files| files.only().payload(&format!("{ENTRY}/colr"))[10] ^= 0x80,
    },
    Case {
        rule: "AV1-16",
        defect: "no-mdcv",
        good: "av1-hdr",
        spoil: |files| files.only().remove(&format!("{ENTRY}/mdcv")),
    },
    Case {
        rule: "AV1-17",
        defect: "other-light-level-in-clli",
        good: "av1-hdr",
        spoil: |files| files.only().write(&format!("{ENTRY}/clli"), 0, &[0, 100]),
    },
    Case {
        rule: "AV1-18",
        defect: "mdcv-in-order-of-the-obu",
        good: "av1-hdr",
        spoil: |files| files.only().payload(&format!("{ENTRY}/mdcv"))[..12].rotate_right(4),
    },
    Case {
        rule: "AV1-19",
        defect: "timing-information",
        good: "av1-mono",
        spoil: |files| {
            let record = good("av1").only().payload(AV1C).to_vec();
            files.only().set_payload(AV1C, &record);
        },
    },
    Case {
        rule: "AV1-21",
        defect: "obu-beyond-its-sample",
        good: "av1-mono",
        spoil: |files| write_sample(&mut files.only(), 2, &[0x32, 0xff, 0xff, 0x7f]),
    },
    Case {
        rule: "AV1-22",
        defect: "sequence-header-without-size",
        good: "av1-mono",
        spoil: |files| write_sample(&mut files.only(), 1, &[0x08]),
    },
    Case {
        rule: "AV1-24",
        defect: "padding",
        good: "av1-mono",
        spoil: |files| write_sample(&mut files.only(), 1, &[0x7a]),
    },
    Case {
        rule: "AV1-25",
        defect: "tile-list",
        good: "av1-mono",
        spoil: |files| write_sample(&mut files.only(), 1, &[0x42]),
    },
    Case {
        rule: "AV1-26",
        defect: "ctts",
        good: "av1-mono",
        spoil: |files| files.only().insert_after(&format!("{STBL}/stts"), &boxed(b"ctts", &[0; 8])),
    },
    Case {
        rule: "AV1-26",
        defect: "leading-sample",
        good: "av1-mono",
        spoil: |files| files.only().set_u32(TRUN, 12, 0x0600_0000),
    },
    Case {
        rule: "AV1-27",
        defect: "zeros-behind-a-frame-header",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            // The third sample shows an existing frame; it takes bytes of the one behind.
            let show = samples(&mut mp4)[2].clone();
            let sizes = [mp4.u32(TRUN, 24), mp4.u32(TRUN, 28)];
            mp4.set_u32(TRUN, 24, sizes[0] + 4);
            mp4.set_u32(TRUN, 28, sizes[1] - 4);
            mp4.bytes()[show.start + 1] += 4;
            mp4.bytes()[show.end..show.end + 4].fill(0);
        },
    },
    Case {
        rule: "AV1-29",
        defect: "inter-frames-as-sync-samples",
        good: "av1-mono",
        spoil: |files| files.only().set_u32("moof/traf/tfhd", 16, 0x0200_0000),
    },
    Case {
        rule: "AV1-29",
        defect: "key-frame-not-as-sync-sample",
        good: "av1-mono",
        spoil: |files| files.only().set_u32(TRUN, 12, 0x0101_0000),
    },
    Case {
        rule: "AV1-30",
        defect: "hidden-key-frame-as-sync-sample",
        good: "av1-forward",
        spoil: |files| files.only().set_u32("moof/traf/tfhd", 16, 0x0200_0000),
    },
    Case {
        rule: "AV1-31",
        defect: "sync-sample-without-sequence-header",
        good: "av1-mono",
        spoil: |files| write_sample(&mut files.only(), 1, &[0x7a]),
    },
    Case {
        rule: "AV1-32",
        defect: "intra-only-as-dependent",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let size = samples(&mut mp4)[3].len();
            write_sample(&mut mp4, 4, &intra_only(size));
        },
    },
    Case {
        rule: "AV1-33",
        defect: "switch-frame-in-no-group",
        good: "av1-switch",
        spoil: |files| ungroup(&mut files.only(), b"av1s"),
    },
    Case {
        rule: "AV1-34",
        defect: "forward-key-frame-in-no-group",
        good: "av1-forward",
        spoil: |files| ungroup(&mut files.only(), b"av1f"),
    },
    Case {
        rule: "AV1-34",
        defect: "forward-distance-one-too-far",
        good: "av1-forward",
        spoil: |files| {
            let mut mp4 = files.only();
            let path = group(&mut mp4, "sgpd", b"av1f");
            *mp4.payload(&path).last_mut().unwrap() += 1;
        },
    },
    Case {
        rule: "AV1-36",
        defect: "one-frame-in-group-of-several",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let path = group(&mut mp4, "sbgp", b"av1m");
            mp4.set_u32(&path, 16, 0x1_0001);
        },
    },
    Case {
        rule: "AV1-37",
        defect: "metadata-in-no-group",
        good: "av1-hdr",
        spoil: |files| ungroup(&mut files.only(), b"av1M"),
    },
    Case {
        rule: "AV1-38",
        defect: "static-metadata-not-in-configobus",
        good: "av1-hdr",
        spoil: |files| {
            let mut mp4 = files.only();
            let record = mp4.payload(AV1C).to_vec();
            let end = 6 + usize::from(record[5]);
            mp4.set_payload(AV1C, &record[..end]);
        },
    },
    Case {
        rule: "AV1-41",
        defect: "layers-in-two-samples",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            extend(&mut mp4, 4, 0);
            extend(&mut mp4, 5, 1 << 3);
        },
    },
    Case {
        rule: "AV1-43",
        defect: "two-shown-frames",
        good: "av1-mono",
        spoil: |files| {
            let mut mp4 = files.only();
            let both = mp4.u32(TRUN, 24) + mp4.u32(TRUN, 28);
            mp4.set_u32(TRUN, 24, both);
            mp4.set_u32(TRUN, 28, 0);
        },
    },
    Case {
        rule: "AV1-44",
        defect: "level-changes-in-a-cmaf-track",
        good: "av1-mono",
        spoil: |files| files.only().payload(AV1C)[9] ^= 8,
    },
    Case {
        rule: "AV1-51",
        defect: "all-at-one-time",
        good: "av1-mono",
        spoil: |files| files.only().set_u32("moof/traf/tfhd", 12, 0),
    },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
