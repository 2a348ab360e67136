//! Rules AUD.

use super::case::{Case, transcript};
use super::edit::{Mp4, boxed};

const STSD: &str = "moov/trak/mdia/minf/stbl/stsd";

/// A box of the only sample entry, or the entry itself.
fn entry(path: &str) -> String {
    format!("{STSD}/{path}")
}

/// Where a sample of the first fragment begins, counted from 0.
fn sample_at(mp4: &mut Mp4<'_>, number: usize) -> usize {
    let start = mp4.at("moof").range.start + mp4.u32("moof/traf/trun", 8) as usize;
    start + (0..number).map(|n| size(mp4, n) as usize).sum::<usize>()
}

/// The size of a sample of the first fragment.
fn size(mp4: &mut Mp4<'_>, number: usize) -> u32 {
    let tfhd = mp4.u32("moof/traf/tfhd", 0);
    match size_at(mp4, number) {
        Some(at) => mp4.u32("moof/traf/trun", at),
        // Behind the track's number, the entry's and the duration, as far as they are there.
        None => mp4.u32("moof/traf/tfhd", 8 + 4 * (tfhd & 0x0a).count_ones() as usize),
    }
}

/// Where `trun` has the size of a sample, if each has its own. The flags of the first sample are not there.
fn size_at(mp4: &mut Mp4<'_>, number: usize) -> Option<usize> {
    let flags = mp4.u32("moof/traf/trun", 0);
    assert_eq!(flags & 0x05, 1);
    let fields = (flags & 0xf00).count_ones() as usize;
    let before = usize::from(flags & 0x100 != 0);
    (flags & 0x200 != 0).then_some(12 + 4 * (number * fields + before))
}

/// Overwrites the start of a sample of the first fragment, counted from 0.
fn write_sample(mp4: &mut Mp4<'_>, number: usize, bytes: &[u8]) {
    let at = sample_at(mp4, number);
    mp4.bytes()[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Says of all samples of the first fragment that they are no sync samples.
fn no_sync(mp4: &mut Mp4<'_>) {
    let at = match mp4.u32("moof/traf/tfhd", 0) & 0x2b {
        0x2a => 16,
        flags => panic!("tfhd flags {flags:x}"),
    };
    mp4.set_u32("moof/traf/tfhd", at, 0x0101_0000);
}

/// Sets the duration of all samples of the first fragment.
fn duration(mp4: &mut Mp4<'_>, ticks: u32) {
    assert_eq!(mp4.u32("moof/traf/tfhd", 0) & 0x0b, 0x0a);
    mp4.set_u32("moof/traf/tfhd", 12, ticks);
}

/// Sets the only roll distance of the first fragment.
fn roll(mp4: &mut Mp4<'_>, distance: i16) {
    let end = mp4.payload("moof/traf/sgpd").len();
    mp4.write("moof/traf/sgpd", end - 2, &distance.to_be_bytes());
}

pub const CASES: &[Case] = &[
    Case {
        rule: "AUD-01",
        defect: "samplerate-is-not-the-configurations",
        good: "aac",
        spoil: |files| files.only().set_u32(&entry("mp4a"), 24, 32_000 << 16),
    },
    Case {
        rule: "AUD-01",
        defect: "esds-missing",
        good: "aac",
        spoil: |files| files.only().remove(&entry("mp4a/esds")),
    },
    Case {
        rule: "AUD-01",
        defect: "stream-type-of-video",
        good: "aac",
        spoil: |files| {
            let esds = entry("mp4a/esds");
            let mut mp4 = files.only();
            let at = mp4.payload(&esds).windows(2).position(|pair| pair == [0x40, 0x15]).unwrap();
            mp4.write(&esds, at + 1, &[0x11]);
        },
    },
    Case {
        rule: "AUD-02",
        defect: "adts-header-in-samples",
        good: "aac",
        spoil: |files| write_sample(&mut files.only(), 3, &[0xff, 0xf1, 0x50, 0x80, 0x01, 0x1f, 0xfc]),
    },
    Case {
        rule: "AUD-02",
        defect: "samples-last-two-frames",
        good: "aac",
        spoil: |files| duration(&mut files.only(), 2048),
    },
    Case {
        rule: "AUD-03",
        defect: "roll-distance-in-samples-of-sound",
        good: "aac",
        spoil: |files| {
            let mut mp4 = files.only();
            let count = mp4.u32("moof/traf/trun", 4);
            let sbgp = [&0u32.to_be_bytes(), b"roll".as_slice(), &1u32.to_be_bytes(), &count.to_be_bytes()];
            mp4.append(
                "moof/traf",
                &boxed(b"sbgp", &[&sbgp.concat(), &0x10001u32.to_be_bytes()[..]].concat()),
            );
            let sgpd =
                [&0x0100_0000u32.to_be_bytes(), b"roll".as_slice(), &2u32.to_be_bytes(), &1u32.to_be_bytes()];
            mp4.append(
                "moof/traf",
                &boxed(b"sgpd", &[&sgpd.concat(), &(-1024i16).to_be_bytes()[..]].concat()),
            );
        },
    },
    Case {
        rule: "AUD-04",
        defect: "independent-frame-is-sync",
        good: "xhe-aac",
        // The audio pre-roll of the immediate playout frame is gone.
        spoil: |files| write_sample(&mut files.mp4("2.m4s"), 0, &[0b1000_0000]),
    },
    Case {
        rule: "AUD-05",
        defect: "segment-begins-with-dependent-frame",
        good: "xhe-aac",
        spoil: |files| write_sample(&mut files.mp4("2.m4s"), 0, &[0]),
    },
    Case {
        rule: "AUD-05",
        defect: "dependent-frame-in-prol",
        good: "xhe-aac",
        spoil: |files| write_sample(&mut files.mp4("1.m4s"), 2, &[0]),
    },
    Case {
        rule: "AUD-07",
        defect: "channelcount-is-not-that-of-dops",
        good: "opus",
        spoil: |files| files.only().write(&entry("Opus"), 16, &[0, 2]),
    },
    Case {
        rule: "AUD-07",
        defect: "dops-missing",
        good: "opus",
        spoil: |files| files.only().remove(&entry("Opus/dOps")),
    },
    Case {
        rule: "AUD-07",
        defect: "dops-as-in-ogg",
        good: "opus",
        spoil: |files| files.only().write(&entry("Opus/dOps"), 2, &[0x38, 0x01, 0x80, 0xbb, 0, 0]),
    },
    Case {
        rule: "AUD-07",
        defect: "timescale-of-video",
        good: "opus",
        spoil: |files| files.only().set_u32("moov/trak/mdia/mdhd", 12, 90_000),
    },
    Case {
        rule: "AUD-08",
        defect: "roll-distance-too-short",
        good: "opus",
        spoil: |files| roll(&mut files.only(), -1),
    },
    Case {
        rule: "AUD-08",
        defect: "roll-distance-in-samples-of-sound",
        good: "opus",
        spoil: |files| roll(&mut files.only(), -3840),
    },
    Case {
        rule: "AUD-08",
        defect: "no-roll-group",
        good: "opus",
        spoil: |files| {
            files.only().remove("moof/traf/sbgp");
            files.only().remove("moof/traf/sgpd");
        },
    },
    Case {
        rule: "AUD-08",
        defect: "durations-are-not-the-packets",
        good: "opus",
        spoil: |files| duration(&mut files.only(), 1024),
    },
    Case {
        rule: "AUD-08",
        defect: "one-packet-lasts-longer",
        good: "opus",
        // Two frames of 20 ms, in place of one.
        spoil: |files| {
            let mut mp4 = files.only();
            let at = sample_at(&mut mp4, 9);
            mp4.bytes()[at] |= 1;
        },
    },
    Case { rule: "AUD-08", defect: "not-sync", good: "opus", spoil: |files| no_sync(&mut files.only()) },
    Case {
        rule: "AUD-09",
        defect: "edit-begins-in-the-priming",
        good: "opus",
        spoil: |files| files.only().set_u32("moov/trak/edts/elst", 12, 0),
    },
    Case {
        rule: "AUD-09",
        defect: "no-edit-list",
        good: "opus",
        spoil: |files| files.only().remove("moov/trak/edts"),
    },
    Case {
        rule: "AUD-10",
        defect: "dac3-of-five-channels",
        good: "ac3",
        spoil: |files| {
            let dac3 = entry("ac-3/dac3");
            let byte = files.only().u8(&dac3, 1);
            files.only().write(&dac3, 1, &[byte | 0b0011_1000]);
        },
    },
    Case {
        rule: "AUD-10",
        defect: "dac3-missing",
        good: "ac3",
        spoil: |files| files.only().remove(&entry("ac-3/dac3")),
    },
    Case {
        rule: "AUD-10",
        defect: "dec3-of-another-rate",
        good: "eac3",
        spoil: |files| {
            let dec3 = entry("ec-3/dec3");
            let byte = files.only().u8(&dec3, 2);
            files.only().write(&dec3, 2, &[byte | 0x40]);
        },
    },
    Case {
        rule: "AUD-11",
        defect: "sync-frame-cut-short",
        good: "ac3",
        spoil: |files| {
            // All samples but the first begin in the one before.
            let mut mp4 = files.only();
            let size = size(&mut mp4, 0);
            mp4.set_u32("moof/traf/tfhd", 16, size - 2);
        },
    },
    Case {
        rule: "AUD-11",
        defect: "frames-of-fewer-blocks",
        good: "eac3",
        // numblkscod, in the byte behind the size.
        spoil: |files| {
            let mut mp4 = files.only();
            let at = sample_at(&mut mp4, 1);
            mp4.bytes()[at + 4] &= !0x30;
        },
    },
    Case {
        rule: "AUD-12",
        defect: "stream-info-is-not-first",
        good: "flac",
        spoil: |files| files.only().write(&entry("fLaC/dfLa"), 4, &[4]),
    },
    Case {
        rule: "AUD-12",
        defect: "frames-have-another-shape",
        good: "flac",
        // The rate in STREAMINFO: 44.1 kHz in place of 48.
        spoil: |files| {
            files.only().write(&entry("fLaC/dfLa"), 18, &[0x0a, 0xc4, 0x42]);
            files.only().set_u32(&entry("fLaC"), 24, 44_100 << 16);
        },
    },
    Case {
        rule: "AUD-12",
        defect: "no-frame-in-a-sample",
        good: "flac",
        spoil: |files| write_sample(&mut files.only(), 1, &[0]),
    },
    Case {
        rule: "AUD-13",
        defect: "channelcount-of-the-codec",
        good: "iamf",
        spoil: |files| files.only().write(&entry("iamf"), 16, &[0, 2]),
    },
    Case {
        rule: "AUD-13",
        defect: "brand-missing",
        good: "iamf",
        spoil: |files| {
            let mut mp4 = files.only();
            let at = mp4.payload("ftyp").windows(4).rposition(|brand| brand == b"iamf").unwrap();
            mp4.write("ftyp", at, b"iso9");
        },
    },
    Case {
        rule: "AUD-13",
        defect: "descriptors-out-of-order",
        good: "iamf",
        spoil: |files| {
            let mut mp4 = files.only();
            let iacb = entry("iamf/iacb");
            let payload = mp4.payload(&iacb);
            // Behind version and size: 8 bytes of sequence header, then the codec configuration.
            let size = 2 + usize::from(payload[2 + 8 + 1]);
            payload[2..2 + 8 + size].rotate_left(8);
        },
    },
    Case {
        rule: "AUD-14",
        defect: "temporal-delimiter-in-a-sample",
        good: "iamf",
        spoil: |files| write_sample(&mut files.only(), 1, &[4 << 3, 0]),
    },
    Case {
        rule: "AUD-14",
        defect: "frame-passes-the-sample",
        good: "iamf",
        spoil: |files| write_sample(&mut files.only(), 1, &[6 << 3, 0x7f]),
    },
    Case {
        rule: "AUD-15",
        defect: "roll-distance-of-another-stream",
        good: "iamf",
        spoil: |files| roll(&mut files.only(), -2),
    },
    Case {
        rule: "AUD-15",
        defect: "trimming-without-edit-list",
        good: "iamf",
        spoil: |files| files.only().remove("moov/trak/edts"),
    },
    Case {
        rule: "AUD-16",
        defect: "a-pattern-for-sound",
        good: "iamf-cbcs",
        spoil: |files| files.only().write(&entry("enca/sinf/schi/tenc"), 5, &[0x19]),
    },
    Case {
        rule: "AUD-17",
        defect: "channelcount-is-not-the-configurations",
        good: "aac",
        spoil: |files| files.only().write(&entry("mp4a"), 16, &[0, 6]),
    },
    Case {
        rule: "AUD-17",
        defect: "chnl-of-another-count",
        good: "opus",
        spoil: |files| {
            files.only().append(&entry("Opus"), &boxed(b"chnl", &[1, 0, 0, 0, 0x10, 6, 6, 0]));
        },
    },
    Case {
        rule: "AUD-18",
        defect: "samplerate-is-not-that-of-dac3",
        good: "ac3",
        spoil: |files| files.only().set_u32(&entry("ac-3"), 24, 44_100 << 16),
    },
    Case {
        rule: "AUD-18",
        defect: "timescale-of-video",
        good: "aac",
        spoil: |files| files.only().set_u32("moov/trak/mdia/mdhd", 12, 90_000),
    },
    Case { rule: "AUD-19", defect: "aac-not-sync", good: "aac", spoil: |files| no_sync(&mut files.only()) },
];

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
