//! Rules ENC.

use super::case::{Case, transcript};
use super::edit::{Mp4, boxed};
use super::good::good;

const STBL: &str = "moov/trak/mdia/minf/stbl";
const SCHM: &str = "moov/trak/mdia/minf/stbl/stsd/encv/sinf/schm";
const TENC: &str = "moov/trak/mdia/minf/stbl/stsd/encv/sinf/schi/tenc";
const SENC: &str = "moof/traf/senc";
/// The key that good files have.
const KID: [u8; 16] = 0x0011_2233_4455_6677_8899_aabb_ccdd_eeff_u128.to_be_bytes();
const OTHER_KID: [u8; 16] = [7; 16];
const COMMON_SYSTEM: [u8; 16] = 0x1077_efec_c0b2_4d02_ace3_3c1e_52e2_fb4b_u128.to_be_bytes();

/// Clear and protected bytes of a subsample, at an offset in `senc`.
fn set_subsample(mp4: &mut Mp4<'_>, at: usize, clear: i32, protected: i32) {
    let payload = mp4.payload(SENC);
    let old = i32::from(u16::from_be_bytes([payload[at], payload[at + 1]]));
    mp4.write(SENC, at, &u16::try_from(old + clear).unwrap().to_be_bytes());
    let old = mp4.u32(SENC, at + 2);
    mp4.set_u32(SENC, at + 2, old.checked_add_signed(protected).unwrap());
}

/// A description of `seig`, under `cbcs`.
fn seig(kid: [u8; 16]) -> Vec<u8> {
    [&[0, 0x19, 1, 0], kid.as_slice(), &[16], &[5; 16]].concat()
}

/// `sgpd` and `sbgp` of `seig`: a sample of each description, the other samples of the last one.
fn groups(mp4: &mut Mp4<'_>, descriptions: &[Vec<u8>]) -> Vec<u8> {
    let count = descriptions.len() as u32;
    let mut sgpd =
        [[1, 0, 0, 0], *b"seig", (descriptions[0].len() as u32).to_be_bytes(), count.to_be_bytes()].concat();
    sgpd.extend(descriptions.concat());
    let mut sbgp = [[0; 4], *b"seig", count.to_be_bytes()].concat();
    let samples = mp4.u32("moof/traf/trun", 4);
    for index in 1..=count {
        let run = if index == count { samples - count + 1 } else { 1 };
        sbgp.extend([run.to_be_bytes(), (0x1_0000 + index).to_be_bytes()].concat());
    }
    [boxed(b"sgpd", &sgpd), boxed(b"sbgp", &sbgp)].concat()
}

fn pssh(version: u8, kids: &[[u8; 16]]) -> Vec<u8> {
    let list = match version {
        0 => Vec::new(),
        _ => [(kids.len() as u32).to_be_bytes().to_vec(), kids.concat()].concat(),
    };
    boxed(b"pssh", &[&[version, 0, 0, 0], COMMON_SYSTEM.as_slice(), &list, &[0; 4]].concat())
}

/// Changes each IV of 8 bytes in all fragments; others may be longer or shorter.
fn each_iv(mp4: &mut Mp4<'_>, change: impl Fn(&[u8]) -> Vec<u8>) {
    let paths: Vec<String> = (1..)
        .map(|number| format!("moof[{number}]/traf/senc"))
        .take_while(|path| mp4.find(path).is_some())
        .collect();
    for path in paths {
        let old = mp4.payload(&path).to_vec();
        let mut new = old[..8].to_vec();
        let mut at = 8;
        while at < old.len() {
            let end = at + 10 + 6 * usize::from(u16::from_be_bytes([old[at + 8], old[at + 9]]));
            new.extend(change(&old[at..at + 8]));
            new.extend(&old[at + 8..end]);
            at = end;
        }
        mp4.set_payload(&path, &new);
    }
}

pub const CASES: &[Case] = &[
    Case {
        rule: "ENC-01",
        defect: "scheme-version",
        good: "av1-cbcs",
        spoil: |files| files.only().set_u32(SCHM, 8, 1),
    },
    Case {
        rule: "ENC-01",
        defect: "no-sinf",
        good: "av1-cbcs",
        spoil: |files| files.only().remove("moov/trak/mdia/minf/stbl/stsd/encv/sinf"),
    },
    Case {
        rule: "ENC-02",
        defect: "default-kid-of-zeros",
        good: "av1-cbcs",
        spoil: |files| files.only().write(TENC, 8, &[0; 16]),
    },
    Case {
        rule: "ENC-03",
        defect: "scheme-cens",
        good: "av1-cbcs",
        spoil: |files| files.only().write(SCHM, 4, b"cens"),
    },
    Case {
        rule: "ENC-04",
        defect: "whole-samples",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            for name in ["senc", "saiz", "saio"] {
                mp4.remove(&format!("moof/traf/{name}"));
            }
        },
    },
    Case {
        rule: "ENC-05",
        defect: "pattern-2-8",
        good: "av1-cbcs",
        spoil: |files| files.only().write(TENC, 5, &[0x28]),
    },
    Case {
        rule: "ENC-06",
        defect: "cenc-with-pattern",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.write(TENC, 0, &[1]);
            mp4.write(TENC, 5, &[0x19]);
        },
    },
    Case {
        rule: "ENC-07",
        defect: "a-byte-too-many",
        good: "av1-cbcs",
        spoil: |files| set_subsample(&mut files.only(), 10, 0, 1),
    },
    Case {
        rule: "ENC-08",
        defect: "end-of-the-frame-header-protected",
        good: "av1-cbcs",
        spoil: |files| set_subsample(&mut files.only(), 10, -1, 1),
    },
    Case {
        rule: "ENC-09",
        defect: "clear-tile",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            let protected = mp4.u32(SENC, 12) as i32;
            set_subsample(&mut mp4, 10, protected, -protected);
        },
    },
    Case {
        rule: "ENC-10",
        defect: "first-byte-of-a-tile-clear",
        good: "av1-cbcs",
        spoil: |files| set_subsample(&mut files.only(), 10, 1, -1),
    },
    Case {
        rule: "ENC-11",
        defect: "aligned-to-the-start",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            // The first tile of the second sample has 3195 bytes, 11 behind its last whole block.
            set_subsample(&mut mp4, 34, -11, 0);
            set_subsample(&mut mp4, 40, 11, 0);
        },
    },
    Case {
        rule: "ENC-11",
        defect: "a-whole-block-clear",
        good: "av1-cenc",
        spoil: |files| set_subsample(&mut files.only(), 18, 16, -16),
    },
    Case {
        rule: "ENC-12",
        defect: "short-tile-protected",
        good: "av1-short-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            // The first tile has 4 bytes, 28 behind the start of the sample.
            let mut senc = mp4.payload(SENC).to_vec();
            senc[17] += 1;
            let clear = u16::from_be_bytes([senc[18], senc[19]]) - 32;
            senc[18..20].copy_from_slice(&clear.to_be_bytes());
            senc.splice(18..18, [0, 28, 0, 0, 0, 4]);
            mp4.set_payload(SENC, &senc);
        },
    },
    Case {
        rule: "ENC-13",
        defect: "clear-bytes-in-two-subsamples",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            let mut senc = mp4.payload(SENC).to_vec();
            senc[9] += 1;
            senc[11] -= 10;
            senc.splice(10..10, [0, 10, 0, 0, 0, 0]);
            mp4.set_payload(SENC, &senc);
        },
    },
    Case {
        rule: "ENC-15",
        defect: "ivs-of-4-bytes",
        good: "av1-cenc",
        spoil: |files| files.only().write(TENC, 7, &[4]),
    },
    Case {
        rule: "ENC-18",
        defect: "iv-twice",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            let iv = mp4.payload(SENC)[8..16].to_vec();
            mp4.write(SENC, 24, &iv);
        },
    },
    Case {
        rule: "ENC-19",
        defect: "ivs-of-16-bytes",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.write(TENC, 7, &[16]);
            each_iv(&mut mp4, |iv| [iv, &[0; 8]].concat());
        },
    },
    Case {
        rule: "ENC-20",
        defect: "senc-count-over-samples",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            let count = mp4.u32(SENC, 4);
            mp4.set_u32(SENC, 4, count - 1);
        },
    },
    Case {
        rule: "ENC-21",
        defect: "saiz-of-another-size",
        good: "av1-cenc",
        spoil: |files| files.only().payload("moof/traf/saiz")[9] += 6,
    },
    Case {
        rule: "ENC-22",
        defect: "saio-a-byte-off",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            let offset = mp4.u32("moof/traf/saio", 8);
            mp4.set_u32("moof/traf/saio", 8, offset + 1);
        },
    },
    Case {
        rule: "ENC-23",
        defect: "43-subsamples",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            let mut senc = mp4.payload(SENC).to_vec();
            senc[9] += 42;
            senc.splice(10..10, [0, 0, 0, 0, 0, 0].repeat(42));
            mp4.set_payload(SENC, &senc);
        },
    },
    Case {
        rule: "ENC-24",
        defect: "senc-in-moov",
        good: "av1-cenc",
        spoil: |files| files.only().insert_after(&format!("{STBL}/stco"), &boxed(b"senc", &[0; 8])),
    },
    Case {
        rule: "ENC-25",
        defect: "senc-of-empty-entries",
        good: "sound-cbcs",
        spoil: |files| {
            files.only().insert_after("moof/traf/trun", &boxed(b"senc", &[0, 0, 0, 0, 0, 0, 0, 3]))
        },
    },
    Case {
        rule: "ENC-26",
        defect: "audio-with-pattern",
        good: "sound-cbcs",
        spoil: |files| files.only().write(&TENC.replace("encv", "enca"), 5, &[0x19]),
    },
    Case {
        rule: "ENC-27",
        defect: "audio-with-subsamples",
        good: "sound-cenc",
        spoil: |files| {
            let entry = [[0, 0, 0, 2, 0, 0, 0, 1].as_slice(), &[9; 8], &[0, 1, 0, 10, 0, 0, 0, 90]].concat();
            files.only().set_payload(SENC, &entry);
        },
    },
    Case {
        rule: "ENC-31",
        defect: "seig-without-a-key-id",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            let groups = groups(&mut mp4, &[seig([0; 16])]);
            mp4.append("moof/traf", &groups);
        },
    },
    Case {
        rule: "ENC-32",
        defect: "two-keys-in-a-fragment",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            let groups = groups(&mut mp4, &[seig(KID), seig(OTHER_KID)]);
            mp4.append("moof/traf", &groups);
        },
    },
    Case {
        rule: "ENC-33",
        defect: "new-key-in-no-pssh",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.append("moov", &pssh(1, &[KID]));
            let groups = groups(&mut mp4, &[seig(OTHER_KID)]);
            mp4.append("moof/traf", &groups);
        },
    },
    Case {
        rule: "ENC-34",
        defect: "fragment-without-senc",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            for name in ["senc", "saiz", "saio"] {
                mp4.remove(&format!("moof/traf/{name}"));
            }
        },
    },
    Case {
        rule: "ENC-35",
        defect: "common-system-without-keys",
        good: "av1-cbcs",
        spoil: |files| files.only().append("moov", &pssh(0, &[])),
    },
    Case {
        rule: "ENC-38",
        defect: "ivs-of-another-encryption",
        good: "av1-forward-cenc",
        spoil: |files| each_iv(&mut files.only(), |iv| iv.iter().map(|byte| byte ^ 0x55).collect()),
    },
    Case {
        rule: "ENC-39",
        defect: "audio-and-video-with-one-key",
        good: "av1-cbcs",
        spoil: |files| {
            let mut mp4 = files.only();
            // A second track of the same samples, which is called audio.
            let (start, trak) = (mp4.at("moov/trak").range.start, mp4.raw("moov/trak"));
            let (tkhd, hdlr) = (mp4.at("moov/trak/tkhd"), mp4.at("moov/trak/mdia/hdlr"));
            let mut trak = trak;
            trak[tkhd.payload - start + 15] = 2;
            trak[hdlr.payload - start + 8..][..4].copy_from_slice(b"soun");
            mp4.insert_after("moov/trak", &trak);
            let (start, tfhd, mut traf) =
                (mp4.at("moof/traf").range.start, mp4.at("moof/traf/tfhd"), mp4.raw("moof/traf"));
            traf[tfhd.payload - start + 7] = 2;
            mp4.insert_after("moof/traf", &traf);
        },
    },
    Case {
        rule: "ENC-41",
        defect: "piff-box",
        good: "av1-cbcs",
        spoil: |files| {
            let id = 0xa239_4f52_5a9b_4f14_a244_6c42_7c64_8df4_u128.to_be_bytes();
            files.only().append("moof/traf", &boxed(b"uuid", &[id.as_slice(), &[0; 8]].concat()));
        },
    },
    Case {
        rule: "ENC-42",
        defect: "clear-media",
        good: "av1-forward-cenc",
        spoil: |files| {
            let mut clear = good("av1-forward");
            let (clear, mut mp4) = (clear.only(), files.only());
            let numbers = (1..).take_while(|number| clear.find(&format!("mdat[{number}]")).is_some());
            for path in numbers.map(|number| format!("mdat[{number}]")) {
                mp4.replace(&path, &clear.raw(&path));
            }
        },
    },
    Case {
        rule: "ENC-42",
        defect: "no-iv-at-all",
        good: "av1-cenc",
        spoil: |files| {
            let mut mp4 = files.only();
            mp4.set_payload(SENC, &[0, 0, 0, 2, 0, 0, 0, 0]);
        },
    },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
