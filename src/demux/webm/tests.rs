use super::*;
use crate::demux::testing::{all_packets, mutate};
use crate::demux::{Codec, TrackKind};
use crate::demux::{Colour, ContentLight, Mastering, Nclx, Options, open};

/// An element with a size of 8 bytes, or an unknown one.
fn element(id: u32, data: &[u8]) -> Vec<u8> {
    let mut out = element_of_size(id, Some(data.len() as u64));
    out.extend(data);
    out
}

fn element_of_size(id: u32, size: Option<u64>) -> Vec<u8> {
    let mut out: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    out.extend((size.unwrap_or((1 << 56) - 1) | 1 << 56).to_be_bytes());
    out
}

fn uint(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

fn float(id: u32, value: f64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

fn header() -> Vec<u8> {
    element(ids::EBML, &[element(0x4282, b"webm"), uint(0x4285, 2)].concat())
}

fn info(scale: u64) -> Vec<u8> {
    element(ids::INFO, &uint(0x2ad7b1, scale))
}

fn av1_track(more: &[u8]) -> Vec<u8> {
    let fields =
        [uint(0xd7, 1), uint(0x83, 1), element(0x86, b"V_AV1"), element(0x63a2, b"av1c"), more.to_vec()];
    element(ids::TRACK_ENTRY, &fields.concat())
}

fn audio_track() -> Vec<u8> {
    element(ids::TRACK_ENTRY, &[uint(0xd7, 2), uint(0x83, 2), element(0x86, b"A_OPUS")].concat())
}

fn block(track: u8, time: i16, flags: u8, data: &[u8]) -> Vec<u8> {
    [&[0x80 | track][..], &time.to_be_bytes(), &[flags], data].concat()
}

fn cluster(time: u64, children: &[Vec<u8>]) -> Vec<u8> {
    element(ids::CLUSTER, &[uint(ids::TIMESTAMP, time), children.concat()].concat())
}

/// A whole file: two clusters, an audio track between, a block group, three kinds of laces.
fn file(more: &[u8]) -> Vec<u8> {
    let group = [
        element(ids::BLOCK, &block(1, -10, 0, b"ghi")),
        uint(ids::BLOCK_DURATION, 42),
        element(ids::REFERENCE_BLOCK, &[0xff]),
    ];
    let body = [
        info(1_000_000),
        element(ids::TRACKS, &[av1_track(more), audio_track()].concat()),
        cluster(
            1000,
            &[
                element(ids::SIMPLE_BLOCK, &block(1, 0, 0x80, b"abc")),
                element(ids::SIMPLE_BLOCK, &block(2, 0, 0x80, b"sound")),
                element(ids::SIMPLE_BLOCK, &block(1, 40, 0, b"def")),
            ],
        ),
        cluster(2000, &[element(0xec, b"void"), element(ids::BLOCK_GROUP, &group.concat())]),
        cluster(
            3000,
            &[
                element(ids::SIMPLE_BLOCK, &block(1, 0, 0x02, b"\x02\x01\x02abbccc")),
                element(ids::SIMPLE_BLOCK, &block(1, 100, 0x04, b"\x01aabb")),
                element(ids::SIMPLE_BLOCK, &block(1, 200, 0x06, b"\x02\x82\xbeaabbb")),
            ],
        ),
    ];
    [header(), element(ids::SEGMENT, &body.concat())].concat()
}

fn opened(bytes: Vec<u8>) -> Result<Opened> {
    open(&Input::from_bytes("a.webm", bytes), &Options::default())
}

fn frames(bytes: Vec<u8>) -> Vec<(String, i64)> {
    let mut opened = opened(bytes).unwrap();
    let track = &mut opened.tracks[0];
    let (packets, error) = all_packets(track);
    assert!(error.is_none(), "{}", error.unwrap());
    let text = |p: &crate::demux::Packet| {
        String::from_utf8(track.payload.read_vec(p.offset, p.size).unwrap()).unwrap()
    };
    packets.iter().map(|p| (text(p), p.time.unwrap())).collect()
}

#[test]
fn blocks_become_packets() {
    let mut opened = opened(file(&uint(0x23e383, 40_000_000))).unwrap();
    assert_eq!(opened.container, Container::Matroska);
    let other = TrackKind::Coded(Codec::Opus);
    assert_eq!((opened.tracks.len(), &opened.tracks[1].kind), (2, &other));
    let track = &mut opened.tracks[0];
    assert_eq!((track.timescale, track.default_duration), (Some(1000), Some((1, 25))));
    assert_eq!(track.config[0].av1c.as_deref(), Some(&b"av1c"[..]));
    let (packets, error) = all_packets(track);
    assert!(error.is_none());
    let seen: Vec<_> = packets.iter().map(|p| (p.size, p.time.unwrap(), p.duration, p.sync_hint)).collect();
    assert_eq!(seen[0], (3, 1000, None, Some(true)));
    assert_eq!(seen[1], (3, 1040, None, Some(false)));
    assert_eq!(seen[2], (3, 1990, Some(42), Some(false)));
    assert!(!all_packets(&mut opened.tracks[1]).0.is_empty());
}

#[test]
fn laces_are_undone() {
    let frames = frames(file(&uint(0x23e383, 40_000_000)));
    let laced: Vec<_> = frames[3..].iter().map(|(text, time)| (text.as_str(), *time)).collect();
    assert_eq!(
        laced,
        [
            ("a", 3000),
            ("bb", 3040),
            ("ccc", 3080),
            ("aa", 3100),
            ("bb", 3140),
            ("aa", 3200),
            ("b", 3240),
            ("bb", 3280)
        ]
    );
}

#[test]
fn clusters_and_segments_of_unknown_size() {
    let open_cluster = |time: u64, data: &[u8]| {
        let block = element(ids::SIMPLE_BLOCK, &block(1, 0, 0, data));
        [element_of_size(ids::CLUSTER, None), uint(ids::TIMESTAMP, time), block].concat()
    };
    let parts = [
        header(),
        element_of_size(ids::SEGMENT, None),
        info(1_000_000),
        element(ids::TRACKS, &av1_track(&[])),
        open_cluster(0, b"a"),
        open_cluster(40, b"b"),
        element(0x1c53_bb6b, b""),
        open_cluster(80, b"c"),
    ];
    let expected = [("a".to_owned(), 0), ("b".to_owned(), 40), ("c".to_owned(), 80)];
    assert_eq!(frames(parts.concat()), expected);
    // Two such files, one behind the other.
    assert_eq!(frames([parts.concat(), parts.concat()].concat()), expected);
}

#[test]
fn ticks_are_exact_for_any_timestamp_scale() {
    for (scale, timescale, time) in
        [(1_000_000, 1000, 7), (1, 1_000_000_000, 7), (41_708_333, 1_000_000_000, 291_958_331)]
    {
        let body = [
            info(scale),
            element(ids::TRACKS, &av1_track(&[])),
            cluster(7, &[element(ids::SIMPLE_BLOCK, &block(1, 0, 0, b"a"))]),
        ];
        let bytes = [header(), element(ids::SEGMENT, &body.concat())].concat();
        assert_eq!(opened(bytes.clone()).unwrap().tracks[0].timescale, Some(timescale));
        assert_eq!(frames(bytes)[0].1, time);
    }
}

#[test]
fn colour_language_and_shape_are_taken_over() {
    let mastering: Vec<u8> = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 1000.0, 0.0001]
        .iter()
        .enumerate()
        .flat_map(|(i, value)| float(0x55d1 + i as u32, *value))
        .collect();
    let colour = [
        uint(0x55b1, 9),
        uint(0x55ba, 16),
        uint(0x55bb, 9),
        uint(0x55b9, 1),
        uint(0x55bc, 1000),
        uint(0x55bd, 400),
        element(0x55d0, &mastering),
    ];
    let video = [
        uint(0xb0, 720),
        uint(0xba, 576),
        uint(0x54b0, 1024),
        uint(0x54ba, 576),
        element(0x55b0, &colour.concat()),
    ];
    let more = [element(0xe0, &video.concat()), element(0x22b59c, b"ger"), element(0x22b59d, b"de-CH")];
    let opened = opened(file(&more.concat())).unwrap();
    let track = &opened.tracks[0];
    assert_eq!(track.language.as_deref(), Some("de-CH"));
    let config = &track.config[0];
    assert_eq!(config.size, Some((720, 576)));
    let expected = Colour {
        nclx: Some(Nclx {
            colour_primaries: 9,
            transfer_characteristics: 16,
            matrix_coefficients: 9,
            full_range: false,
        }),
        mastering: Some(Mastering {
            display_primaries: [(13250, 34500), (7500, 3000), (34000, 16000)],
            white_point: (15635, 16450),
            max_luminance: 10_000_000,
            min_luminance: 1,
        }),
        light: Some(ContentLight { max_content_light_level: 1000, max_pic_average_light_level: 400 }),
        pixel_aspect: Some((64, 45)),
    };
    assert_eq!(config.colour, expected);
}

fn encoding(fields: &[Vec<u8>]) -> Vec<u8> {
    element(0x6d80, &element(0x6240, &fields.concat()))
}

#[test]
fn stripped_headers_are_put_back() {
    let settings = [uint(0x4254, 3), element(0x4255, b">>")].concat();
    let more = [uint(0x23e383, 40_000_000), encoding(&[element(0x5034, &settings)])].concat();
    let frames = frames(file(&more));
    let texts: Vec<_> = frames.iter().take(4).map(|(text, _)| text.as_str()).collect();
    assert_eq!(texts, [">>abc", ">>def", ">>ghi", ">>a"]);
}

#[test]
fn stripped_headers_cannot_fill_the_disk() {
    let settings = [uint(0x4254, 3), element(0x4255, &[b'>'; 1000])].concat();
    let more = [uint(0x23e383, 40_000_000), encoding(&[element(0x5034, &settings)])].concat();
    assert!(opened(file(&more)).unwrap_err().to_string().contains("over 4 times the file's size"));
}

#[test]
fn what_is_not_handled_is_named() {
    let message = |more: &[u8]| opened(file(more)).unwrap_err().to_string();
    assert_eq!(
        message(&encoding(&[uint(0x5033, 1), element(0x5035, b"")])),
        "a.webm: the frames of track 1 are encrypted, which is not handled in WebM/Matroska"
    );
    assert!(message(&encoding(&[element(0x5034, b"")])).contains("zlib"));
    let mut opened = opened(file(b"")).unwrap();
    let (packets, error) = all_packets(&mut opened.tracks[0]);
    assert_eq!(packets.len(), 3);
    assert!(error.unwrap().to_string().ends_with("a block of 3 frames in a track without a frame duration"));
}

#[test]
fn broken_files_are_refused_at_the_place() {
    let good = file(b"");
    let message = |bytes: &[u8]| match opened(bytes.to_vec()) {
        Err(error) => error.to_string(),
        Ok(mut opened) => all_packets(&mut opened.tracks[0]).1.unwrap().to_string(),
    };
    assert!(message(&good[..good.len() - 1]).contains("truncated: the EBML element 1F43B675"));
    let cut = good.len() - cluster(3000, &[]).len();
    assert!(message(&good[..cut]).contains("truncated"));
    let other = [element(ids::EBML, &element(0x4282, b"other")), vec![]].concat();
    assert!(message(&other).contains("an EBML file of type 'other'"));
    assert!(message(&header()).contains("there is no segment"));
    let none = [header(), element(ids::SEGMENT, &info(1))].concat();
    assert!(message(&none).contains("the segment has no tracks"));
    let zero = [header(), element(ids::SEGMENT, &[info(0), element(ids::TRACKS, &av1_track(b""))].concat())]
        .concat();
    assert!(message(&zero).contains("TimestampScale is 0"));
    let twice = element(ids::TRACKS, &[av1_track(b""), av1_track(b"")].concat());
    assert!(
        message(&[header(), element(ids::SEGMENT, &twice)].concat()).contains("two tracks have the number 1")
    );
}

#[test]
fn mutations_neither_panic_nor_loop() {
    mutate(&file(&uint(0x23e383, 40_000_000)), Container::Matroska);
    let settings = [uint(0x4254, 3), element(0x4255, b">>")].concat();
    mutate(&file(&encoding(&[element(0x5034, &settings)])), Container::Matroska);
}
