//! ISOBMFF reading over the corpus of sample files, and over damaged copies of them.
//!
//! The corpus is the folder that `SHOWPACK_CORPUS` names, else `../shared/corpus`; without one the tests say so and pass.

#[path = "common/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mp4_atom::Decode;
use showpack::Input;
use showpack::isobmff::boxes::*;
use showpack::isobmff::{
    BOX_LIMIT, BoxNode, Child, DumpOptions, FourCC, ParseBox, RawBox, Reader, WriteBox, Writer, dump,
    read_box, top_level,
};

/// Every file of the corpus that begins like one of boxes.
fn isobmff_files() -> Vec<(PathBuf, Vec<u8>)> {
    let Some(folder) = corpus::media() else { return Vec::new() };
    let mut paths = Vec::new();
    paths.extend(corpus::files(&folder));
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).unwrap());
    let starts = |bytes: &[u8]| {
        let kind = bytes.get(4..8).unwrap_or_default();
        [b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"emsg", b"pssh", b"prft", b"free"]
            .iter()
            .any(|k| kind == *k)
    };
    let files: Vec<_> = paths.into_iter().map(read).filter(|(_, bytes)| starts(bytes)).collect();
    println!("{} ISOBMFF files in the corpus", files.len());
    files
}

fn is_corrupt(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "corrupt")
}

/// Opens every top-level box but media data and compares what is written with what was read.
fn check_identity(name: &str, bytes: &[u8]) -> Vec<RawBox> {
    let input = Input::from_bytes(name, bytes.to_vec());
    let mut all = Vec::new();
    for header in top_level(&input).lenient() {
        let header = header.unwrap();
        if header.is_truncated() || header.kind == b"mdat" {
            continue;
        }
        let loaded = read_box(&input, &header, BOX_LIMIT).unwrap();
        let Ok(raw) = RawBox::read(&loaded.as_child()) else { continue };
        assert!(raw.to_bytes() == loaded.bytes, "{name}: `{}` at {}", header.kind, header.offset);
        assert_eq!(raw.size(), header.size, "{name}: `{}` at {}", header.kind, header.offset);
        all.push(raw);
    }
    all
}

#[test]
fn rewriting_keeps_every_byte() {
    for (path, bytes) in isobmff_files() {
        let boxes = check_identity(&path.display().to_string(), &bytes);
        if is_corrupt(&path) {
            continue;
        }
        let opened =
            |kind: &[u8; 4]| boxes.iter().filter(|b| b.kind == kind).all(|b| !b.children().is_empty());
        assert!(opened(b"moov") && opened(b"moof"), "{}: a movie or fragment stayed closed", path.display());
        for moov in boxes.iter().filter(|b| b.kind == b"moov") {
            for trak in moov.find_all(b"trak") {
                let stsd = trak.descend(&[b"mdia", b"minf", b"stbl", b"stsd"]).expect("a stsd");
                assert!(!stsd.children().is_empty(), "{}: stsd stayed closed", path.display());
            }
        }
    }
}

fn dumped(name: &str, bytes: Vec<u8>) -> Vec<BoxNode> {
    let started = Instant::now();
    let nodes = dump(&Input::from_bytes(name, bytes), &DumpOptions::default()).unwrap();
    let text: String = nodes.iter().map(BoxNode::to_string).collect();
    let json = serde_json::to_string(&nodes).unwrap();
    assert!(!json.is_empty() && (nodes.is_empty() || !text.is_empty()));
    assert!(started.elapsed() < Duration::from_secs(20), "{name} took {:?}", started.elapsed());
    nodes
}

fn errors(nodes: &[BoxNode], path: &str, out: &mut Vec<String>) {
    for node in nodes {
        let path = format!("{path}/{}", node.kind);
        if let Some(error) = &node.error {
            out.push(format!("{path}: {error}"));
        }
        if let Some(trailing) = node.fields.get("trailing_bytes") {
            println!("{path}: {trailing} bytes behind");
        }
        errors(&node.children, &path, out);
    }
}

#[test]
fn every_file_can_be_dumped() {
    let mut unexpected = Vec::new();
    for (path, bytes) in isobmff_files() {
        let name = path.display().to_string();
        let mut found = Vec::new();
        errors(&dumped(&name, bytes), "", &mut found);
        if is_corrupt(&path) {
            println!("{name}: {} errors", found.len());
        } else {
            unexpected.extend(found.into_iter().map(|error| format!("{name}{error}")));
        }
    }
    // Known to be broken where it comes from.
    unexpected.retain(|error| !KNOWN.iter().any(|known| error.contains(known)));
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

/// Parts of the errors that files outside `corrupt` are known to have.
const KNOWN: &[&str] = &[];

#[test]
fn files_that_are_not_isobmff_are_survived() {
    let Some(folder) = corpus::media() else { return };
    let mut paths = Vec::new();
    paths.extend(corpus::files(&folder));
    for path in paths {
        dumped(&path.display().to_string(), std::fs::read(&path).unwrap());
    }
}

/// Calls `visit` for each box at every level.
fn visit(boxes: &[RawBox], visitor: &mut impl FnMut(&RawBox)) {
    for raw in boxes {
        visitor(raw);
        visit(raw.children(), visitor);
    }
}

/// Parses a box, writes it, parses that, and compares. Tells whether the bytes are the same too.
macro_rules! again {
    ($ty:ty, $reader:expr) => {{
        let payload = $reader.peek();
        <$ty>::parse($reader).ok().map(|value| {
            let written = Writer::single(&value);
            let second =
                <$ty>::parse(&mut Reader::new(&written[8..], 0)).expect("what was written can be read");
            assert_eq!(second, value);
            written[8..] == *payload
        })
    }};
}

#[test]
fn typed_boxes_write_what_they_read() {
    let mut counts = std::collections::BTreeMap::<FourCC, (u32, u32)>::new();
    for (path, bytes) in isobmff_files() {
        visit(&check_identity(&path.display().to_string(), &bytes), &mut |raw| {
            let same = raw.with_reader(|r| {
                macro_rules! pick {
                    ($($ty:ty),*) => {
                        match raw.kind {
                            $(kind if kind == <$ty as ParseBox<'_>>::KIND => again!($ty, r),)*
                            _ => None,
                        }
                    };
                }
                pick!(
                    Ftyp,
                    Styp,
                    Mvhd,
                    Mehd,
                    Trex,
                    Tkhd,
                    Mdhd,
                    Hdlr,
                    Elng,
                    Elst,
                    Vmhd,
                    Smhd,
                    Sthd,
                    Nmhd,
                    Dref,
                    Stts<'_>,
                    Ctts<'_>,
                    Cslg,
                    Stss<'_>,
                    Stsc<'_>,
                    SampleSizes<'_>,
                    Stco<'_>,
                    Co64<'_>,
                    Sdtp<'_>,
                    Subs,
                    Sgpd,
                    Sbgp<'_>,
                    Saiz<'_>,
                    Saio,
                    Mfhd,
                    Tfhd,
                    Tfdt,
                    Trun<'_>,
                    Sidx<'_>,
                    Tfra<'_>,
                    Mfro,
                    Emsg,
                    Prft,
                    Pssh,
                    Frma,
                    Schm,
                    Tenc,
                    Colr,
                    Pasp,
                    Clap,
                    Mdcv,
                    Clli,
                    Btrt,
                    Esds,
                    DOps,
                    Dac3,
                    Dec3,
                    Av1C,
                    VpcC,
                    VttC,
                    Mime,
                    Kind
                )
            });
            if let Some(same) = same {
                let count = counts.entry(raw.kind).or_default();
                count.0 += 1;
                count.1 += u32::from(same);
            }
        });
    }
    for (kind, (all, same)) in counts {
        println!("{kind}: {all} read and written, {same} byte for byte");
    }
}

#[test]
fn sample_entries_of_the_corpus() {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for (path, bytes) in isobmff_files() {
        visit(&check_identity(&path.display().to_string(), &bytes), &mut |raw| {
            if raw.kind != b"stsd" {
                return;
            }
            let Ok(stsd) = raw.parse::<Stsd>() else { return };
            let written = Writer::single(&stsd);
            let second = Stsd::parse(&mut Reader::new(&written[8..], 0)).unwrap();
            assert_eq!(Writer::single(&second), written);
            for entry in &stsd.entries {
                let original = entry.original_format().map_or("broken".into(), |f| f.to_string());
                *seen.entry(format!("{} ({original})", entry.kind())).or_default() += 1;
            }
        });
    }
    println!("{seen:#?}");
}

/// Parsed by another library: the same numbers in fragments, movie headers and indexes.
#[test]
fn another_parser_agrees() {
    let mut compared = 0;
    for (path, bytes) in isobmff_files() {
        if is_corrupt(&path) {
            continue;
        }
        let name = path.display().to_string();
        let input = Input::from_bytes(&*name, bytes);
        for header in top_level(&input).lenient() {
            let header = header.unwrap();
            if header.is_truncated() || header.kind == b"mdat" {
                continue;
            }
            let loaded = read_box(&input, &header, BOX_LIMIT).unwrap();
            compared += compare(&loaded.as_child(), &loaded.bytes);
        }
    }
    println!("{compared} boxes compared");
}

fn compare(ours: &Child<'_>, bytes: &[u8]) -> u32 {
    match &ours.kind().0 {
        b"moof" => compare_moof(ours, bytes),
        b"moov" => compare_moov(ours, bytes),
        b"sidx" => {
            let Ok(theirs) = mp4_atom::Sidx::decode(&mut &*bytes) else { return 0 };
            let ours: Sidx<'_> = ours.parse().unwrap();
            assert_eq!((ours.reference_id, ours.timescale), (theirs.reference_id, theirs.timescale));
            assert_eq!(ours.earliest_presentation_time, theirs.earliest_presentation_time);
            assert_eq!(ours.first_offset, theirs.first_offset);
            assert_eq!(ours.references.len(), theirs.references.len());
            for (a, b) in ours.references.iter().zip(&theirs.references) {
                assert_eq!(
                    (a.referenced_size, a.subsegment_duration),
                    (b.referenced_size, b.subsegment_duration)
                );
                assert_eq!((a.starts_with_sap, a.sap_type), (b.starts_with_sap, b.sap_type));
            }
            1
        }
        _ => 0,
    }
}

fn compare_moof(ours: &Child<'_>, bytes: &[u8]) -> u32 {
    let Ok(theirs) = mp4_atom::Moof::decode(&mut &*bytes) else { return 0 };
    let mfhd: Mfhd = ours.reader().require_as().unwrap();
    assert_eq!(mfhd.sequence_number, theirs.mfhd.sequence_number);
    let trafs = ours.boxes().map(Result::unwrap).filter(|child| child.kind() == b"traf");
    for (traf, theirs) in trafs.zip(&theirs.traf) {
        let tfhd: Tfhd = traf.reader().require_as().unwrap();
        assert_eq!(tfhd.track_id, theirs.tfhd.track_id);
        assert_eq!(tfhd.default_sample_duration, theirs.tfhd.default_sample_duration);
        assert_eq!(tfhd.default_sample_flags.map(|f| f.0), theirs.tfhd.default_sample_flags);
        assert_eq!(tfhd.default_base_is_moof, theirs.tfhd.default_base_is_moof);
        let tfdt: Option<Tfdt> = traf.reader().find_as().unwrap();
        let time = theirs.tfdt.as_ref().map(|tfdt| tfdt.base_media_decode_time);
        assert_eq!(tfdt.map(|tfdt| tfdt.base_media_decode_time), time);
        let truns = traf.boxes().map(Result::unwrap).filter(|child| child.kind() == b"trun");
        for (trun, theirs) in truns.zip(&theirs.trun) {
            let trun: Trun<'_> = trun.parse().unwrap();
            assert_eq!(trun.header.data_offset, theirs.data_offset);
            assert_eq!(trun.sample_count as usize, theirs.samples.len());
            for (index, sample) in trun.samples().enumerate() {
                let theirs = theirs.samples.get(index).unwrap();
                assert_eq!((sample.duration, sample.size), (theirs.duration, theirs.size));
                assert_eq!(sample.flags.map(|f| f.0), theirs.flags);
                assert_eq!(sample.composition_time_offset, theirs.cts);
            }
        }
    }
    1
}

fn compare_moov(ours: &Child<'_>, bytes: &[u8]) -> u32 {
    let Ok(theirs) = mp4_atom::Moov::decode(&mut &*bytes) else { return 0 };
    let mvhd: Mvhd = ours.reader().require_as().unwrap();
    assert_eq!((mvhd.timescale, mvhd.next_track_id), (theirs.mvhd.timescale, theirs.mvhd.next_track_id));
    let traks = ours.boxes().map(Result::unwrap).filter(|child| child.kind() == b"trak");
    for (trak, theirs) in traks.zip(&theirs.trak) {
        let tkhd: Tkhd = trak.reader().require_as().unwrap();
        assert_eq!(tkhd.track_id, theirs.tkhd.track_id);
        let mdia = trak.reader().require(b"mdia").unwrap().reader();
        let mdhd: Mdhd = mdia.require_as().unwrap();
        assert_eq!(mdhd.timescale, theirs.mdia.mdhd.timescale);
        let stbl = mdia.require(b"minf").unwrap().reader().require(b"stbl").unwrap().reader();
        let stts: Stts<'_> = stbl.require_as().unwrap();
        let stts: Vec<_> = stts.entries.iter().map(|e| (e.sample_count, e.sample_delta)).collect();
        let theirs_stts = theirs.mdia.minf.stbl.stts.entries.iter();
        assert_eq!(stts, theirs_stts.map(|e| (e.sample_count, e.sample_delta)).collect::<Vec<_>>());
        let stsd: Stsd = stbl.require_as().unwrap();
        assert_eq!(stsd.entries.len(), theirs.mdia.minf.stbl.stsd.codecs.len());
    }
    1
}

/// The same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A header and a fragment with most boxes, for machines without a corpus.
fn made() -> Vec<u8> {
    let mut w = Writer::new();
    w.put(&Ftyp {
        major_brand: FourCC(*b"cmfc"),
        minor_version: 0,
        compatible_brands: vec![FourCC(*b"iso6")],
    });
    w.boxed(b"moov", |w| {
        w.put(&Mvhd::new(1000, 0, 2));
        w.boxed(b"trak", |w| {
            w.put(&Tkhd::new(1, 0));
            w.boxed(b"mdia", |w| {
                let language = Language::UND;
                w.put(&Mdhd { creation_time: 0, modification_time: 0, timescale: 25, duration: 0, language });
                w.put(&Hdlr::new(b"vide", "v"));
                w.boxed(b"minf", |w| {
                    w.put(&Vmhd::default());
                    w.boxed(b"dinf", |w| w.put(&Dref::self_contained()));
                    w.boxed(b"stbl", |w| {
                        let protection = Protection {
                            original_format: FourCC(*b"av01"),
                            scheme: None,
                            tenc: Some(Tenc {
                                default_crypt_byte_block: 0,
                                default_skip_byte_block: 0,
                                default_is_protected: 1,
                                default_per_sample_iv_size: 8,
                                default_kid: [1; 16],
                                default_constant_iv: None,
                            }),
                        };
                        let children =
                            vec![RawBox::from_box(&Pasp { h_spacing: 1, v_spacing: 1 }), protection.to_box()];
                        let entry = VisualSampleEntry::new(b"encv", 16, 16, "", children);
                        w.put(&Stsd::new(vec![SampleEntry::Visual(entry)]));
                        w.put(&SampleSizes::from_sizes([1, 2, 3]));
                    });
                });
            });
        });
    });
    w.boxed(b"moof", |w| {
        w.put(&Mfhd { sequence_number: 1 });
        w.boxed(b"traf", |w| {
            w.put(&Tfhd { track_id: 1, default_base_is_moof: true, ..Tfhd::default() });
            w.put(&Tfdt { base_media_decode_time: 0 });
            let header = TrunHeader { data_offset: Some(0), has_size: true, ..TrunHeader::default() };
            header.write_box(w, [TrunSample { size: Some(9), ..TrunSample::default() }; 4]);
            let subsample = SubsampleEntry { bytes_of_clear_data: 1, bytes_of_protected_data: 8 };
            Senc::write_box(w, true, (0..4).map(|_| (&[5u8; 8][..], [subsample])));
            w.put(&Saiz::from_sizes([16; 4]));
            w.put(&Saio::new(100));
            let roll = GroupEntry::Roll { roll_distance: -1 };
            let grouping_type = FourCC(*b"roll");
            w.put(&Sgpd { grouping_type, default_group_description_index: None, entries: vec![roll] });
            w.put(&Sbgp::from_indices(b"roll", None, [0x10001; 4]));
        });
    });
    w.boxed(b"mdat", |w| w.zeros(36));
    w.into_bytes()
}

#[test]
fn damaged_files_are_survived() {
    let mut files = vec![(PathBuf::from("made"), made())];
    files.extend(isobmff_files().into_iter().filter(|(_, bytes)| bytes.len() < 40_000));
    let mut random = Random(0x5eed_5eed_5eed_5eed);
    for (path, original) in files {
        let name = path.display().to_string();
        // Most structure lies in front of the media data.
        let reach = original.len().min(3000);
        for _ in 0..300 {
            let mut bytes = original.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(reach.min(bytes.len()));
                match random.below(5) {
                    0 => bytes[at] = random.next() as u8,
                    1 => bytes[at] ^= 1 << random.below(8),
                    2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)],
                    3 => {
                        let end = (at + 4).min(bytes.len());
                        bytes[at..end].fill([0, 0xff][random.below(2)]);
                    }
                    _ => bytes.truncate(at.max(1)),
                }
            }
            dumped(&name, bytes.clone());
            check_identity(&name, &bytes);
        }
    }
}

#[test]
fn the_made_file_has_no_error() {
    let mut found = Vec::new();
    errors(&dumped("made", made()), "", &mut found);
    assert!(found.is_empty(), "{found:?}");
    let text: String = dumped("made", made()).iter().map(BoxNode::to_string).collect();
    assert!(
        text.contains("subsamples {count 1, entries [{bytes_of_clear_data 1, bytes_of_protected_data 8}]}")
    );
    assert!(!text.contains("guessed"), "{text}");
}
