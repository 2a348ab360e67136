//! What is packed, read by independent readers: `mp4-atom` for typed boxes, `mp4` for samples.

mod common;

use std::io::Cursor;

use common::{Bench, IV, KEY};
use mp4_atom::{Any, Codec, Decode, ReadFrom};

/// All top-level boxes but media data, as `mp4-atom` understands them.
fn atoms(bytes: &[u8]) -> Vec<Any> {
    let mut cursor = Cursor::new(bytes);
    let mut found = Vec::new();
    while let Some(atom) = Option::<Any>::read_from(&mut cursor).unwrap() {
        found.push(atom);
    }
    found
}

#[test]
fn typed_boxes_hold_what_the_report_says() {
    let bench = Bench::with(&["fwdkf.ivf"]);
    let report = bench.succeed("pack --manifest none fwdkf.ivf -o out --fragment-duration 1 --json").stdout;
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let track = &report["tracks"][0];
    let bytes = bench.read("out/fwdkf.mp4");
    let atoms = atoms(&bytes);

    let Some(Any::Ftyp(ftyp)) = atoms.first() else { panic!("ftyp comes first") };
    assert!(ftyp.compatible_brands.contains(&b"av01".into()));
    let moov =
        atoms.iter().find_map(|atom| if let Any::Moov(moov) = atom { Some(moov) } else { None }).unwrap();
    assert_eq!(moov.trak.len(), 1);
    let mdia = &moov.trak[0].mdia;
    assert_eq!(u64::from(mdia.mdhd.timescale), track["timescale"].as_u64().unwrap());
    let Codec::Av01(av01) = &mdia.minf.stbl.stsd.codecs[0] else { panic!("an av01 entry") };
    assert_eq!((av01.visual.width, av01.visual.height), (160, 90));
    assert_eq!(av01.av1c.seq_profile, 0);
    assert!(av01.btrt.is_some());

    let fragments = track["fragments"].as_array().unwrap();
    let moofs: Vec<_> =
        atoms.iter().filter_map(|a| if let Any::Moof(m) = a { Some(m) } else { None }).collect();
    assert_eq!(moofs.len(), fragments.len());
    let mut samples = 0;
    let mut time = 0;
    for moof in moofs {
        let traf = &moof.traf[0];
        assert_eq!(traf.tfdt.as_ref().unwrap().base_media_decode_time, time);
        for entry in traf.trun.iter().flat_map(|trun| &trun.samples) {
            samples += 1;
            time += u64::from(entry.duration.or(traf.tfhd.default_sample_duration).unwrap());
        }
    }
    assert_eq!(samples, track["samples"].as_u64().unwrap());
    assert_eq!(time, track["duration"].as_u64().unwrap());

    let sidx =
        atoms.iter().find_map(|atom| if let Any::Sidx(sidx) = atom { Some(sidx) } else { None }).unwrap();
    let sizes: Vec<u64> = sidx.references.iter().map(|r| u64::from(r.referenced_size)).collect();
    let reported: Vec<u64> = fragments.iter().map(|f| f["size"].as_u64().unwrap()).collect();
    assert_eq!(sizes, reported);
    let total: u64 = sizes.iter().sum();
    assert_eq!(fragments[0]["offset"].as_u64().unwrap() + total, bytes.len() as u64);
}

/// The `mp4` crate finds as many samples of the same sizes in ours as in the progressive file they came from. Their bytes it
/// does not find: version 0.14 ignores data offsets that count from the `moof`.
#[test]
fn samples_are_as_many_and_as_large_as_another_reader_counts_them() {
    let bench = Bench::with(&["hdr10_progressive.mp4"]);
    bench.succeed("pack --manifest none hdr10_progressive.mp4 -o out --name hdr10");
    let sizes = |bytes: Vec<u8>| {
        let size = bytes.len() as u64;
        let mut reader = mp4::Mp4Reader::read_header(Cursor::new(bytes), size).unwrap();
        let count = reader.sample_count(1).unwrap();
        (1..=count).map(|id| reader.read_sample(1, id).unwrap().unwrap().bytes.len()).collect::<Vec<_>>()
    };
    let ours = sizes(bench.read("out/hdr10.mp4"));
    assert_eq!(ours.len(), 30);
    assert!(ours == sizes(bench.read("hdr10_progressive.mp4")), "the sizes differ");
}

/// Encrypted output differs from clear output only where it must.
#[test]
fn encryption_changes_no_time_and_no_size() {
    let bench = Bench::with(&["mono.ivf"]);
    for (name, options) in [
        ("clear", String::new()),
        ("cbcs", format!("--encrypt cbcs --key {KEY} --iv {IV}")),
        ("cenc", format!("--encrypt cenc --key {KEY} --iv {}", &IV[..16])),
    ] {
        bench.succeed(&format!(
            "pack --manifest none mono.ivf -o out --name {name} --fragment-duration 0.5 {options}"
        ));
    }
    let times = |name: &str| {
        let entries = |moof: &mp4_atom::Moof| {
            let traf = &moof.traf[0];
            let sizes: Vec<_> = traf
                .trun
                .iter()
                .flat_map(|trun| trun.samples.iter().map(|e| (e.size, e.duration, e.flags)))
                .collect();
            (traf.tfdt.as_ref().map(|t| t.base_media_decode_time), sizes)
        };
        let atoms = atoms(&bench.read(&format!("out/{name}.mp4")));
        atoms
            .iter()
            .filter_map(|a| if let Any::Moof(m) = a { Some(entries(m)) } else { None })
            .collect::<Vec<_>>()
    };
    assert_eq!(times("cbcs"), times("clear"));
    assert_eq!(times("cenc"), times("clear"));
    let mut cursor = Cursor::new(bench.read("out/cbcs.mp4"));
    assert!(Any::decode(&mut cursor).is_ok());
}
