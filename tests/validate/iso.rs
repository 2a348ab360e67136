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
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
