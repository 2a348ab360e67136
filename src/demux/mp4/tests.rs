use crate::demux::testing::{all_packets, mutate};
use crate::demux::{
    Codec, Colour, Container, ContentLight, Edit, Mastering, Nclx, Opened, Options, Packet, TrackKind, open,
};
use crate::error::Result;
use crate::input::Input;

fn bx(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let size = (payload.len() + 8) as u32;
    [&size.to_be_bytes()[..], kind, payload].concat()
}

fn full(kind: &[u8; 4], version: u8, flags: u32, payload: &[u8]) -> Vec<u8> {
    let head = (u32::from(version) << 24 | flags).to_be_bytes();
    bx(kind, &[&head[..], payload].concat())
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn table(kind: &[u8; 4], entry_words: usize, values: &[u32]) -> Vec<u8> {
    let count = (values.len() / entry_words) as u32;
    full(kind, 0, 0, &[words(&[count]), words(values)].concat())
}

fn sizes(values: &[u32]) -> Vec<u8> {
    full(b"stsz", 0, 0, &[words(&[0, values.len() as u32]), words(values)].concat())
}

fn entry(kind: &[u8; 4], boxes: &[u8]) -> Vec<u8> {
    let mut payload = vec![0; 78];
    payload[7] = 1;
    payload[24..28].copy_from_slice(&[1, 0x40, 0, 0xf0]);
    bx(kind, &[payload, boxes.to_vec()].concat())
}

fn av01() -> Vec<u8> {
    entry(b"av01", &bx(b"av1C", &[0x81, 0, 0x0c, 0]))
}

fn stsd(entries: &[Vec<u8>]) -> Vec<u8> {
    full(b"stsd", 0, 0, &[words(&[entries.len() as u32]), entries.concat()].concat())
}

/// A track with timescale 30 in German.
fn trak(id: u32, handler: &[u8; 4], stbl: &[Vec<u8>], more: &[u8]) -> Vec<u8> {
    let tkhd = full(b"tkhd", 0, 3, &[words(&[0, 0, id]), vec![0; 68]].concat());
    let mdhd = full(b"mdhd", 0, 0, &[words(&[0, 0, 30, 0]), vec![0x10, 0xb5, 0, 0]].concat());
    let hdlr = full(b"hdlr", 0, 0, &[words(&[0]), handler.to_vec(), vec![0; 13]].concat());
    let minf = bx(b"minf", &bx(b"stbl", &stbl.concat()));
    bx(b"trak", &[tkhd, more.to_vec(), bx(b"mdia", &[mdhd, hdlr, minf].concat())].concat())
}

fn moov(parts: &[Vec<u8>]) -> Vec<u8> {
    let mvhd = full(b"mvhd", 0, 0, &[words(&[0, 0, 1000, 0]), vec![0; 80]].concat());
    bx(b"moov", &[mvhd, parts.concat()].concat())
}

fn ftyp() -> Vec<u8> {
    bx(b"ftyp", b"iso6\0\0\0\0av01")
}

fn mvex(tracks: &[u32]) -> Vec<u8> {
    let trex = |id: &u32| full(b"trex", 0, 0, &words(&[*id, 1, 2, 3, 0x1_0000]));
    bx(b"mvex", &tracks.iter().map(trex).collect::<Vec<_>>().concat())
}

fn empty_tables() -> Vec<Vec<u8>> {
    vec![stsd(&[av01()]), table(b"stts", 2, &[]), table(b"stsc", 3, &[]), sizes(&[]), table(b"stco", 1, &[])]
}

/// Six samples of sizes 1 to 6 in three chunks of 2, 2, 1, and 1; the second entry from sample 5 on.
fn progressive(stts: &[u32], more: &[Vec<u8>]) -> Vec<u8> {
    let start = ftyp().len() as u32 + 8;
    let mut tables = vec![
        stsd(&[av01(), av01()]),
        table(b"stts", 2, stts),
        table(b"stsc", 3, &[1, 2, 1, 3, 1, 2]),
        sizes(&[1, 2, 3, 4, 5, 6]),
        table(b"stco", 1, &[start, start + 10, start + 20, start + 30]),
    ];
    tables.extend_from_slice(more);
    // The movie box is behind the media data.
    [ftyp(), bx(b"mdat", &[9; 40]), moov(&[trak(1, b"vide", &tables, &[])])].concat()
}

const STEADY: &[u32] = &[6, 2];

fn opened(bytes: Vec<u8>) -> Result<Opened> {
    open(&Input::from_bytes("a.mp4", bytes), &Options::default())
}

fn packets(bytes: Vec<u8>) -> Vec<Packet> {
    let mut opened = opened(bytes).unwrap();
    let (packets, error) = all_packets(&mut opened.tracks[0]);
    assert!(error.is_none(), "{}", error.unwrap());
    packets
}

fn message(bytes: Vec<u8>) -> String {
    match opened(bytes) {
        Err(error) => error.to_string(),
        Ok(mut opened) => all_packets(&mut opened.tracks[0]).1.unwrap().to_string(),
    }
}

fn times(packets: &[Packet]) -> Vec<i64> {
    packets.iter().map(|p| p.time.unwrap()).collect()
}

#[test]
fn sample_tables_become_packets() {
    let bytes = progressive(&[2, 2, 4, 3], &[table(b"stss", 1, &[1, 5])]);
    let opened = opened(bytes.clone()).unwrap();
    let track = &opened.tracks[0];
    assert_eq!((opened.container, &track.kind), (Container::Mp4, &TrackKind::Av1));
    assert_eq!((track.timescale, track.movie_timescale, track.config.len()), (Some(30), Some(1000), 2));
    assert_eq!(track.language.as_deref(), Some("deu"));
    assert_eq!(track.config[0].av1c.as_deref(), Some(&[0x81, 0, 0x0c, 0][..]));
    assert_eq!(track.config[0].size, Some((320, 240)));
    assert!(track.notes.is_empty() && !track.protected);
    let packets = packets(bytes);
    let start = ftyp().len() as u64 + 8;
    let places: Vec<_> = packets.iter().map(|p| (p.offset - start, p.size, p.description)).collect();
    assert_eq!(places, [(0, 1, 1), (1, 2, 1), (10, 3, 1), (13, 4, 1), (20, 5, 2), (30, 6, 2)]);
    assert_eq!(times(&packets), [0, 2, 4, 7, 10, 13]);
    assert_eq!(packets.iter().map(|p| p.duration.unwrap()).collect::<Vec<_>>(), [2, 2, 3, 3, 3, 3]);
    let sync: Vec<_> = packets.iter().map(|p| p.sync_hint == Some(true)).collect();
    assert_eq!(sync, [true, false, false, false, true, false]);
}

#[test]
fn tables_that_disagree_are_refused() {
    let short = message(progressive(&[5, 2], &[]));
    assert!(
        short.ends_with(
            "moov/trak/mdia/minf/stbl: stts has durations for 5 samples, stsz has 6 (rule ISO-10)"
        ),
        "{short}"
    );
    let long = opened(progressive(&[7, 2], &[])).unwrap();
    assert_eq!(long.tracks[0].notes, ["stts has durations for 7 samples, stsz has 6 (rule ISO-10)"]);
    let tables = |stsc: &[u32], chunks: &[u32]| {
        let tables = [
            stsd(&[av01()]),
            table(b"stts", 2, STEADY),
            table(b"stsc", 3, stsc),
            sizes(&[1; 6]),
            table(b"stco", 1, chunks),
        ];
        message([ftyp(), moov(&[trak(1, b"vide", &tables, &[])])].concat())
    };
    assert!(
        tables(&[1, 2, 1], &[0, 0]).contains("stsc and 2 chunks hold 4 samples, stsz has 6 (rule ISO-10)")
    );
    assert!(tables(&[2, 6, 1], &[0, 0]).contains("stsc entry 1 starts at chunk 2"));
    assert!(tables(&[1, 3, 1, 1, 3, 1], &[0, 0]).contains("stsc entry 2 starts at chunk 1"));
    assert!(tables(&[1, 6, 2], &[0]).contains("stsc entry 1 refers to sample entry 2 of 1 (rule ISO-09)"));
    assert!(
        tables(&[1, 6, 1], &[1 << 30]).contains("byte 1073741824, sample 1: truncated: a sample of 1 bytes")
    );
}

#[test]
fn samples_are_checked_one_by_one() {
    let with = |size: &[u32], chunks: &[u32]| {
        let tables = [
            stsd(&[av01()]),
            table(b"stts", 2, &[size.len() as u32, 1]),
            table(b"stsc", 3, &[1, 1, 1]),
            sizes(size),
            table(b"stco", 1, chunks),
        ];
        message([ftyp(), moov(&[trak(1, b"vide", &tables, &[])])].concat())
    };
    assert_eq!(with(&[1, 0], &[0, 4]), "a.mp4: byte 4, sample 2: the sample is empty");
    let overlapping = with(&[500, 500], &[0, 0]);
    assert_eq!(
        overlapping,
        "a.mp4: byte 0, sample 2: the samples have more bytes than the file: they overlap (rule ISO-14)"
    );
}

#[test]
fn composition_times_count_where_they_keep_the_order() {
    let ctts = |runs: &[u32]| vec![table(b"ctts", 2, runs)];
    let shifted = progressive(STEADY, &ctts(&[6, 4]));
    assert_eq!(times(&packets(shifted.clone())), [4, 6, 8, 10, 12, 14]);
    assert_eq!(
        opened(shifted).unwrap().tracks[0].notes,
        [
            "sample 1 has a composition offset of 4, its codec has none: composition times are in order and used (rule AV1-26)"
        ]
    );
    let disordered = progressive(STEADY, &ctts(&[1, 0, 1, 4, 4, 0]));
    assert_eq!(times(&packets(disordered.clone())), [0, 2, 4, 6, 8, 10]);
    assert_eq!(
        opened(disordered).unwrap().tracks[0].notes,
        [
            "sample 2 has a composition offset of 4, its codec has none: composition times are out of order, decode times are used (rule AV1-26)"
        ]
    );
    assert!(opened(progressive(STEADY, &ctts(&[6, 0]))).unwrap().tracks[0].notes.is_empty());
    // A table that ends early leaves the rest without offset.
    assert_eq!(times(&packets(progressive(STEADY, &ctts(&[1, 1])))), [1, 2, 4, 6, 8, 10]);
}

/// A fragment: `traf` boxes, then media data. The first byte of the media data is `moof.len() + 8`.
fn fragment(trafs: &[Vec<u8>], data: usize) -> Vec<u8> {
    let mfhd = full(b"mfhd", 0, 0, &words(&[1]));
    [bx(b"moof", &[mfhd, trafs.concat()].concat()), bx(b"mdat", &vec![7; data])].concat()
}

fn tfhd(id: u32, flags: u32, more: &[u32]) -> Vec<u8> {
    full(b"tfhd", 0, flags, &[words(&[id]), words(more)].concat())
}

fn tfdt(time: u64) -> Vec<u8> {
    full(b"tfdt", 1, 0, &time.to_be_bytes())
}

fn traf(parts: &[Vec<u8>]) -> Vec<u8> {
    bx(b"traf", &parts.concat())
}

fn fragmented(fragments: &[Vec<u8>]) -> Vec<u8> {
    let movie = moov(&[trak(1, b"vide", &empty_tables(), &[]), mvex(&[1])]);
    [ftyp(), movie, fragments.concat()].concat()
}

/// Where fragments start in [`fragmented`].
fn init_len() -> u64 {
    fragmented(&[]).len() as u64
}

const BASE_IS_MOOF: u32 = 0x2_0000;

#[test]
fn fragments_with_sizes_defaults_and_implicit_offsets() {
    // Runs: sizes of their own and an offset; then behind it, all by default (trex: duration 2, size 3, not sync).
    let first = |offset: u32| {
        traf(&[
            tfhd(1, BASE_IS_MOOF, &[]),
            tfdt(100),
            full(b"trun", 0, 0x205, &words(&[2, offset, 0x200_0000, 5, 6])),
            full(b"trun", 0, 0, &words(&[2])),
        ])
    };
    let len = fragment(&[first(0)], 0).len() as u64;
    let one = fragment(&[first(len as u32)], 17);
    let two =
        fragment(&[traf(&[tfhd(1, BASE_IS_MOOF | 8, &[4]), full(b"trun", 0, 0x1, &words(&[1, 80]))])], 3);
    let bytes = fragmented(&[one.clone(), two]);
    assert_eq!(opened(bytes.clone()).unwrap().tracks[0].start, 100);
    let packets = packets(bytes);
    let data = init_len() + len;
    let places: Vec<_> = packets[..4].iter().map(|p| (p.offset - data, p.size)).collect();
    assert_eq!(places, [(0, 5), (5, 6), (11, 3), (14, 3)]);
    assert_eq!((packets[4].offset, packets[4].size), (init_len() + one.len() as u64 + 80, 3));
    assert_eq!(times(&packets), [100, 102, 104, 106, 108]);
    assert_eq!(packets.iter().map(|p| p.duration.unwrap()).collect::<Vec<_>>(), [2, 2, 2, 2, 4]);
    let sync: Vec<_> = packets.iter().map(|p| p.sync_hint.unwrap()).collect();
    assert_eq!(sync, [true, false, false, false, false]);
}

#[test]
fn without_a_base_a_track_follows_the_one_before() {
    let other = traf(&[tfhd(2, 0x10, &[4]), full(b"trun", 0, 0x1, &words(&[2, 200]))]);
    let ours = traf(&[tfhd(1, 0x10, &[7]), full(b"trun", 0, 0, &words(&[1]))]);
    let packets_of = |trafs: &[Vec<u8>]| packets(fragmented(&[fragment(trafs, 300)]))[0];
    assert_eq!(packets_of(&[other.clone(), ours.clone()]).offset, init_len() + 208);
    assert_eq!(packets_of(&[ours.clone(), other.clone()]).offset, init_len());
    let based = traf(&[tfhd(1, 0x11, &[0, 321, 7]), full(b"trun", 0, 1, &words(&[1, (-21i32) as u32]))]);
    assert_eq!(packets_of(&[other, based]).offset, 300);
}

#[test]
fn jumps_of_fragment_times_are_taken_and_noted() {
    let at = |time: u64| traf(&[tfhd(1, BASE_IS_MOOF, &[]), tfdt(time), full(b"trun", 0, 0, &words(&[2]))]);
    let bytes = fragmented(&[fragment(&[at(0)], 0), fragment(&[at(10)], 0), fragment(&[at(11)], 0)]);
    let mut opened = opened(bytes).unwrap();
    let track = &mut opened.tracks[0];
    assert_eq!(times(&all_packets(track).0), [0, 2, 10, 12, 11, 13]);
    let notes = track.reader.take_notes();
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].contains("starts at 10, the samples before it end at 4: a jump of +6 ticks (rule ISO-17"),
        "{notes:?}"
    );
    assert!(track.reader.take_notes().is_empty());
}

#[test]
fn composition_offsets_in_fragments() {
    let run = |offsets: &[u32]| {
        let count = offsets.len() as u32;
        fragment(
            &[traf(&[
                tfhd(1, BASE_IS_MOOF, &[]),
                full(b"trun", 1, 0x800, &[words(&[count]), words(offsets)].concat()),
            ])],
            0,
        )
    };
    assert_eq!(times(&packets(fragmented(&[run(&[5, 5]), run(&[5])]))), [5, 7, 9]);
    assert_eq!(times(&packets(fragmented(&[run(&[0, 5, 0]), run(&[5])]))), [0, 2, 4, 6]);
    let late = message(fragmented(&[run(&[5, 5]), run(&[0])]));
    assert_eq!(
        late,
        "a.mp4: sample 3: composition time 4 behind 7: the codec is presented in decoding order (rule AV1-26)"
    );
}

#[test]
fn movies_with_samples_and_fragments() {
    let start = ftyp().len() as u32;
    let tables = [
        stsd(&[av01()]),
        table(b"stts", 2, &[2, 5]),
        table(b"stsc", 3, &[1, 2, 1]),
        sizes(&[1, 1]),
        table(b"stco", 1, &[start]),
    ];
    let movie = moov(&[trak(1, b"vide", &tables, &[]), mvex(&[1])]);
    let run = traf(&[tfhd(1, BASE_IS_MOOF, &[]), full(b"trun", 0, 0, &words(&[2]))]);
    assert_eq!(times(&packets([ftyp(), movie, fragment(&[run], 0)].concat())), [0, 5, 10, 12]);
}

#[test]
fn an_init_segment_and_media_segments_are_one_input() {
    let run = traf(&[tfhd(1, BASE_IS_MOOF, &[]), full(b"trun", 0, 0, &words(&[1]))]);
    let segment = [bx(b"styp", b"msdh\0\0\0\0"), fragment(&[run], 0)].concat();
    let parts = [fragmented(&[]), segment.clone(), segment.clone()];
    let parts = parts.map(|bytes| Input::from_bytes("init.mp4", bytes));
    let mut opened = open(&Input::concat(parts.to_vec()), &Options::default()).unwrap();
    assert_eq!(times(&all_packets(&mut opened.tracks[0]).0), [0, 2]);
    assert_eq!(
        message(segment),
        "a.mp4: the init segment is missing (no `moov`): give it with --init, or in front of its media segments, \
         as a file of its own or joined with them"
    );
}

#[test]
fn colour_and_edits_are_taken_over() {
    let boxes = [
        bx(b"av1C", &[0x81, 0, 0x0c, 0]),
        bx(b"colr", b"prof1234"),
        bx(b"colr", b"nclx\0\x09\0\x10\0\x09\x80"),
        bx(
            b"mdcv",
            &[
                [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8],
                [0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0],
            ]
            .concat(),
        ),
        bx(b"clli", &[3, 0xe8, 1, 0x90]),
        bx(b"pasp", &words(&[4, 3])),
    ];
    let mut tables = empty_tables();
    tables[0] = stsd(&[entry(b"av01", &boxes.concat())]);
    let elst = full(b"elst", 0, 0, &words(&[2, 500, u32::MAX, 0x1_0000, 0, 20, 0x1_0000]));
    let movie = moov(&[trak(1, b"pict", &tables, &bx(b"edts", &elst)), mvex(&[1])]);
    let opened = opened([ftyp(), movie].concat()).unwrap();
    let track = &opened.tracks[0];
    let expected = Colour {
        nclx: Some(Nclx {
            colour_primaries: 9,
            transfer_characteristics: 16,
            matrix_coefficients: 9,
            full_range: true,
        }),
        mastering: Some(Mastering {
            display_primaries: [(1, 2), (3, 4), (5, 6)],
            white_point: (7, 8),
            max_luminance: 9,
            min_luminance: 10,
        }),
        light: Some(ContentLight { max_content_light_level: 1000, max_pic_average_light_level: 400 }),
        pixel_aspect: Some((4, 3)),
    };
    assert_eq!(track.config[0].colour, expected);
    let edit = |segment_duration, media_time| Edit { segment_duration, media_time, media_rate: 0x1_0000 };
    assert_eq!(track.edits, [edit(500, -1), edit(0, 20)]);
}

#[test]
fn other_tracks_and_encrypted_ones_are_told_apart() {
    let sinf = bx(b"sinf", &bx(b"frma", b"av01"));
    let with = |entry: Vec<u8>| {
        let mut tables = empty_tables();
        tables[0] = stsd(&[entry]);
        tables
    };
    let movie = moov(&[
        trak(1, b"soun", &with(bx(b"mp4a", &[0; 28])), &[]),
        trak(2, b"vide", &with(entry(b"encv", &sinf)), &[]),
        trak(3, b"auxv", &with(av01()), &[]),
        trak(4, b"vide", &[], &[]),
        mvex(&[1, 2, 3]),
    ]);
    let opened = opened([ftyp(), movie].concat()).unwrap();
    let kinds: Vec<_> = opened.tracks.iter().map(|t| (t.id, t.kind.clone(), t.protected)).collect();
    let other = |media: &str, codec: &str| TrackKind::Other { media: media.into(), codec: codec.into() };
    assert_eq!(
        kinds,
        [
            (1, TrackKind::Coded(Codec::Aac), false),
            (2, TrackKind::Av1, true),
            (3, other("auxv", "av01"), false)
        ]
    );
    assert_eq!(opened.notes.len(), 1);
    assert!(opened.notes[0].starts_with("track number 4 in the file is left out: "), "{:?}", opened.notes);
}

#[test]
fn files_without_a_movie_box_are_refused_by_what_they_are() {
    assert_eq!(
        message([ftyp(), bx(b"meta", &[0; 4])].concat()),
        "a.mp4: a still picture (AVIF, HEIF): only image sequences have tracks"
    );
    let cut = [ftyp(), bx(b"mdat", &[0; 40])].concat();
    assert_eq!(
        message(cut[..cut.len() - 10].to_vec()),
        "a.mp4: byte 20: truncated: `mdat` lacks 10 bytes, and the movie box (`moov`) is not before it (rule ISO-02)"
    );
    assert_eq!(message(ftyp()), "a.mp4: byte 20: the file has no movie box (`moov`) (rule ISO-04)");
    assert!(message([ftyp(), moov(&[])].concat()).contains("there is no track"));
}

#[test]
fn more_tracks_than_any_file_has() {
    let message = message([ftyp(), moov(&vec![bx(b"trak", &[]); 1001])].concat());
    assert!(message.ends_with("more than 1000 tracks"), "{message}");
}

#[test]
fn hostile_counts_cost_nothing() {
    // 2^32 - 1 samples of size 3 without a byte for each.
    let run = traf(&[tfhd(1, BASE_IS_MOOF, &[]), full(b"trun", 0, 0, &words(&[u32::MAX]))]);
    assert!(message(fragmented(&[fragment(&[run], 0)])).contains("truncated"));
    let constant = full(b"stsz", 0, 0, &words(&[1, u32::MAX]));
    let tables = [
        stsd(&[av01()]),
        table(b"stts", 2, &[u32::MAX, 0]),
        table(b"stsc", 3, &[1, u32::MAX, 1]),
        constant,
        table(b"stco", 1, &[0]),
        table(b"ctts", 2, &[u32::MAX, 7]),
    ];
    assert!(message([ftyp(), moov(&[trak(1, b"vide", &tables, &[])])].concat()).contains("truncated"));
}

#[test]
fn mutations_neither_panic_nor_loop() {
    mutate(
        &progressive(&[2, 2, 4, 3], &[table(b"ctts", 2, &[6, 4]), table(b"stss", 1, &[1, 5])]),
        Container::Mp4,
    );
    let sized = full(b"trun", 1, 0xf01, &words(&[2, 100, 1, 5, 0, 0, 1, 6, 0, 0]));
    let run = |parts: Vec<u8>| fragment(&[traf(&[tfhd(1, BASE_IS_MOOF, &[]), tfdt(0), parts])], 40);
    mutate(&fragmented(&[run(sized), run(full(b"trun", 0, 0, &words(&[2])))]), Container::Mp4);
}
