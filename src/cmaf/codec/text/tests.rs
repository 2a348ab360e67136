use proptest::prelude::*;

use super::demuxed::parts_of;
use super::*;
use crate::cmaf::Piece;
use crate::cmaf::sample::Detail;

fn open(name: &str, text: &str, options: &Options) -> Source {
    Source::open(&Input::from_bytes(name, text.as_bytes().to_vec()), options).unwrap()
}

fn grid(timescale: u32, cuts: &[u64]) -> Grid {
    Grid { timescale, cuts: cuts.to_vec() }
}

/// Duration and bytes of each sample.
fn samples(track: &Track) -> Vec<(u32, Vec<u8>)> {
    let table = &track.samples;
    let mut details = table.details(0..table.samples().len()).unwrap();
    let mut detail = Detail::default();
    let mut all = Vec::new();
    while let Some(sample) = details.next_into(&mut detail) {
        let [Piece::Inline(bytes)] = detail.pieces.as_slice() else { panic!("{detail:?}") };
        assert_eq!(bytes.len(), sample.size as usize);
        all.push((sample.duration, bytes.clone()));
    }
    all
}

/// Samples of `wvtt`, as lines: the duration, then the cues as `[source] id settings | words`.
fn lines(track: &Track) -> Vec<String> {
    samples(track)
        .into_iter()
        .map(|(duration, bytes)| {
            let mut line = duration.to_string();
            for part in parts_of(&bytes, 0).unwrap() {
                let source = part.source.map_or(String::new(), |source| format!("#{source} "));
                let time = part.time.map_or(String::new(), |time| format!("@{} ", time.milliseconds()));
                line.push_str(&format!(" [{source}{time}{};{};{}]", part.id, part.settings, part.payload));
            }
            line
        })
        .collect()
}

fn vtt(text: &str, grid: &Grid) -> Vec<String> {
    lines(&open("a.vtt", text, &Options::default()).track(grid).unwrap())
}

#[test]
fn overlapping_cues_are_cut_at_each_change() {
    let text =
        "WEBVTT\n\n1\n00:01.000 --> 00:03.000 align:start\nA\n\n00:02.000 --> 00:05.000\nB &amp; <i>C</i>\n";
    assert_eq!(
        vtt(text, &grid(1000, &[0, 4000, 6000])),
        [
            "1000",
            "1000 [#1 1;align:start;A]",
            "1000 [#1 1;align:start;A] [#2 ;;B &amp; <i>C</i>]",
            "1000 [#2 ;;B &amp; <i>C</i>]",
            "1000 [#2 ;;B &amp; <i>C</i>]",
            "1000",
        ]
    );
    // A cue that is not cut needs no source, gaps have an empty cue box.
    let track = open("a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nA", &Options::default());
    let track = track.track(&grid(1000, &[0, 3000])).unwrap();
    let all = samples(&track);
    assert_eq!(all[0].1, b"\0\0\0\x08vtte");
    assert_eq!(all[1].1, b"\0\0\0\x11vttc\0\0\0\x09paylA");
    assert!(
        track.entries[0]
            .body
            .starts_with(b"\0\0\0\0\0\0\0\x01\0\0\0\x0evttCWEBVTT\0\0\0\x41vlabni:///sha-256;")
    );
    assert_eq!((&*track.entries[0].codec, track.media), ("wvtt", Media::Text));
}

#[test]
fn a_split_cue_with_timestamps_tells_the_time() {
    let text = "WEBVTT\n\n00:01.000 --> 00:09.000\none <00:00:04.000>two\n";
    assert_eq!(
        vtt(text, &grid(90_000, &[0, 360_000, 720_000, 900_000])),
        [
            "90000",
            "270000 [#1 @1000 ;;one <00:00:04.000>two]",
            "360000 [#1 @4000 ;;one <00:00:04.000>two]",
            "90000 [#1 @8000 ;;one <00:00:04.000>two]",
            "90000",
        ]
    );
}

#[test]
fn what_is_before_the_first_cue_is_the_header() {
    let text = "\u{feff}WEBVTT - a title\r\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\r\nKind: captions\r\n\
                \r\nNOTE a comment\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nREGION\r\nid:fred\r\nwidth:40%\r\n\r\n\
                00:00.000 --> 100:00:01.000 region:fred\r\none\r\ntwo\r\n\r\nNOTE more\r\n";
    let source = open("a.vtt", text, &Options::default());
    let track = source.track(&grid(1000, &[0, 1000])).unwrap();
    let config = crate::isobmff::Reader::new(&track.entries[0].body[8..], 0)
        .find_as::<crate::isobmff::boxes::VttC>()
        .unwrap()
        .unwrap()
        .config;
    let header =
        "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\nwidth:40%";
    assert_eq!(config, header);
    assert_eq!(lines(&track), ["1000 [;region:fred;one\ntwo]"]);
    assert_eq!(source.end().milliseconds(), 360_001_000);
    assert_eq!(
        source.sidecar().unwrap(),
        format!("{header}\n\n00:00:00.000 --> 100:00:01.000 region:fred\none\ntwo\n")
    );
    let warnings = track.warnings.join("\n");
    assert!(warnings.contains("X-TIMESTAMP-MAP"), "{warnings}");
    assert!(warnings.contains("1 cues across the start or end"), "{warnings}");
}

#[test]
fn cues_out_of_order_outside_and_without_duration() {
    let text = "WEBVTT\n\n00:05.000 --> 00:06.000\nlate\n\n00:01.000 --> 00:01.001\nשלום\n\n\
                00:03.000 --> 00:03.000\nnever\n\n00:20.000 --> 00:21.000\noutside\n";
    let source = open("a.vtt", text, &Options::default());
    let track = source.track(&grid(25, &[0, 250])).unwrap();
    assert_eq!(lines(&track), ["25", "1 [;;שלום]", "99", "25 [;;late]", "100"]);
    assert_eq!(
        track.warnings,
        [
            "1 cues end before they begin, or at once: left out",
            "1 cues outside of the presentation, left out",
            "1 cues shorter than a tick, made one tick long",
        ]
    );
}

#[test]
fn nothing_is_a_track_too() {
    assert_eq!(vtt("WEBVTT\n", &grid(1000, &[0, 2000, 4000])), ["2000", "2000"]);
    let error = Source::open(&Input::from_bytes("a.vtt", Vec::new()), &Options::default()).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Unsupported);
    let source = open("a.vtt", "WEBVTT\n", &Options::default());
    for cuts in [vec![], vec![5], vec![5, 5], vec![7, 5]] {
        assert_eq!(source.track(&grid(1000, &cuts)).unwrap_err().kind(), crate::ErrorKind::Usage);
    }
}

#[test]
fn long_gaps_are_cut() {
    assert_eq!(vtt("WEBVTT\n", &grid(1000, &[0, 5 << 30])), ["4294967295", "1073741825"]);
}

#[test]
fn frames_of_a_script_are_met_exactly() {
    let text = r#"{"ttalVersion": "1.0", "scriptType": "preRecording",
        "scriptRepresents": ["audio.dialogue"], "language": "en", "timing": {"frameRate": {"base": 24, "multiplier": [1000, 1001]}},
        "events": [
            {"id": "e1", "begin": "1f", "end": "25f", "texts": [{"content": "Yes."}, {"language": "fr", "content": "Oui."}]},
            {"id": "e2", "begin": "25f", "end": "30f", "texts": [{"content": "No."}]}
        ]}"#;
    let second = grid(24_000, &[0, 48_048]);
    let french = Options { language: Some("fr".into()), ..Options::default() };
    let source = open("a.ttal", text, &french);
    assert_eq!(source.language(), Some("fr"));
    assert_eq!(lines(&source.track(&second).unwrap()), ["1001", "24024 [e1;;Oui.]", "23023"]);
    let source = open("a.ttal", text, &Options::default());
    assert_eq!(source.language(), Some("en"));
    assert_eq!(
        lines(&source.track(&second).unwrap()),
        ["1001", "24024 [e1;;Yes.]", "5005 [e2;;No.]", "18018"]
    );
    let german = Options { language: Some("de".into()), ..Options::default() };
    let error = Source::open(&Input::from_bytes("a.ttal", text.as_bytes().to_vec()), &german).unwrap_err();
    assert!(error.to_string().contains("no text is in `de`; there are texts in en, fr"), "{error}");
    let stpp = Options { coding: Some(Coding::Stpp), ..Options::default() };
    let track = open("a.ttal", text, &stpp).track(&second).unwrap();
    assert_eq!(track.entries[0].codec, "stpp.ttml.im2t");
    assert!(text_of(&track, 0).contains("Yes."), "{}", text_of(&track, 0));
}

fn text_of(track: &Track, sample: usize) -> String {
    String::from_utf8(samples(track)[sample].1.clone()).unwrap()
}

const TTML: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<!-- a comment -->
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:tts="http://www.w3.org/ns/ttml#styling" xml:lang="ja" ttp:timeBase="media" ttp:frameRate="25"
    ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text">
  <head>
    <styling><style xml:id="s" tts:color="#ff0000"/></styling>
    <layout><region xml:id="r" tts:origin="10% 80%" tts:extent="80% 20%"/></layout>
  </head>
  <body begin="1s" region="r">
    <div>
      <p xml:id="a" begin="00:00:01:05" dur="3s" style="s">one &lt;<br/>two</p>
      <p xml:id="b" begin="2s" end="6s"><span begin="1s">three</span> <span begin="3s" end="4s">four</span></p>
    </div>
    <div timeContainer="seq" begin="6s">
      <p dur="1s">five</p>
      <p dur="1s">six</p>
    </div>
  </body>
</tt>
"##;

#[test]
fn ttml_is_sliced_as_it_is_written() {
    let source = open("a.xml", TTML, &Options::default());
    assert_eq!((source.coding(), source.language()), (Coding::Stpp, Some("ja")));
    let track = source.track(&grid(1000, &[0, 2000, 4000, 8000, 12_000, 14_000])).unwrap();
    assert_eq!(track.entries[0].codec, "stpp.ttml.im1t");
    assert_eq!(track.brands, [*b"im1t"]);
    assert_eq!(&track.entries[0].body[..8], b"\0\0\0\0\0\0\0\x01");
    assert_eq!(&track.entries[0].body[8..], b"http://www.w3.org/ns/ttml\0\0\0");
    let all: Vec<String> = (0..5).map(|at| text_of(&track, at)).collect();
    for text in &all {
        let parsed = roxmltree::Document::parse(text).unwrap();
        assert!(text.contains(r##"<style xml:id="s" tts:color="#ff0000"/>"##), "{text}");
        assert!(text.contains(r#"<body region="r">"#), "{text}");
        assert_eq!(parsed.root_element().tag_name().name(), "tt");
    }
    assert!(!all[0].contains("<p"), "{}", all[0]);
    let first = r#"<p xml:id="a" style="s" begin="00:00:02.2" end="00:00:04">one &lt;<br/>two</p>"#;
    assert!(all[1].contains(first), "{}", all[1]);
    assert!(!all[1].contains("three"), "{}", all[1]);
    let again = r#"<p xml:id="a" style="s" begin="00:00:04" end="00:00:05.2">one &lt;<br/>two</p>"#;
    assert!(all[2].contains(again), "{}", all[2]);
    let spans = r#"<p xml:id="b" begin="00:00:04" end="00:00:07"><span>three</span> <span begin="00:00:02">four</span></p>"#;
    assert!(all[2].contains(spans), "{}", all[2]);
    assert!(all[2].contains(r#"<p begin="00:00:07" end="00:00:08">five</p>"#), "{}", all[2]);
    assert!(all[3].contains(r#"<p begin="00:00:08" end="00:00:09">six</p>"#), "{}", all[3]);
    assert!(!all[4].contains("<p"), "{}", all[4]);
    let sidecar = source.sidecar().unwrap();
    assert!(sidecar.contains("00:00:02.200 --> 00:00:05.200"), "{sidecar}");
    assert!(sidecar.contains("one &lt;\ntwo"), "{sidecar}");
}

#[test]
fn shifts_move_everything() {
    let shift = Options { shift: MediaTime::new(-3, 2), ..Options::default() };
    let source = open("a.vtt", "WEBVTT\n\n00:01.000 --> 00:04.000\na<00:02.000>b\n", &shift);
    assert_eq!(lines(&source.track(&grid(1000, &[0, 3000])).unwrap()), ["2500 [;;a<00:00:00.500>b]", "500"]);
    let track = open("a.xml", TTML, &shift).track(&grid(1000, &[0, 1000])).unwrap();
    assert!(text_of(&track, 0).contains(r#"begin="00:00:00.7" end="00:00:01""#), "{}", text_of(&track, 0));
}

#[test]
fn images_and_other_files_are_refused() {
    let refused = |name: &str, text: &str| {
        Source::open(&Input::from_bytes(name, text.as_bytes().to_vec()), &Options::default())
            .unwrap_err()
            .to_string()
    };
    let images = TTML.replace("imsc1/text", "imsc1/image");
    assert!(refused("a.xml", &images).contains("image profile"), "{}", refused("a.xml", &images));
    assert!(refused("a.vtt", "no text").contains("no timed text"), "{}", refused("a.vtt", "no text"));
    let chapters = "WEBVTT\nKind: chapters\n\n00:00.000 --> 00:01.000\nA\n";
    assert!(refused("a.vtt", chapters).contains("chapters"));
    let format = |bytes: &[u8]| probe(&Input::from_bytes("x", bytes.to_vec()), None).unwrap().map(|f| f.name);
    assert_eq!(format(b"1\n00:00:01,000 --> 00:00:02,000\nA\n"), Some("srt"));
    assert_eq!(format(TTML.as_bytes()), Some("ttml"));
    assert_eq!(format(b"\0\0\0\x18ftypmp42\0\0\0\0"), None);
    assert_eq!(format(b""), None);
}

#[test]
fn ruby_and_layout_survive_and_what_imsc_lacks_is_announced() {
    let ruby = TTML.replace(
        "one &lt;",
        r#"<span tts:ruby="container"><span tts:ruby="base">東</span><span tts:ruby="text">とう</span></span>"#,
    );
    let track = open("a.xml", &ruby, &Options::default()).track(&grid(1000, &[0, 4000])).unwrap();
    assert!(text_of(&track, 0).contains(r#"<span tts:ruby="text">とう</span>"#));
    assert_eq!(track.entries[0].codec, "stpp.ttml.im2t");
    let odd = TTML.replace("tts:color=", "tts:fontShear=");
    let source = open("a.xml", &odd, &Options::default());
    assert!(source.warnings().iter().any(|warning| warning.contains("tts:fontShear")));
    assert_eq!(source.track(&grid(1000, &[0, 4000])).unwrap().entries[0].codec, "stpp.ttml");
}

#[test]
fn hostile_overlap_ends_with_an_error() {
    let mut text = String::from("WEBVTT\n");
    for at in 0..100_000u32 {
        let (minutes, rest) = (at / 1000 / 60, at / 1000 % 60);
        text.push_str(&format!("\n{minutes:02}:{rest:02}.{:03} --> 99:00:00.000\nx\n", at % 1000));
    }
    let source = open("a.vtt", &text, &Options::default());
    let error = source.track(&Grid::regular(1000, 0, 400_000_000, 2000)).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Limit, "{error}");
    let stpp = open("a.vtt", &text, &Options { coding: Some(Coding::Stpp), ..Options::default() });
    let error = stpp.track(&Grid::regular(1000, 0, 400_000_000, 2000)).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Limit, "{error}");
}

#[test]
fn documents_of_a_track_come_together() {
    let source = open("a.xml", TTML, &Options::default());
    let track = source.track(&grid(1000, &[0, 2000, 4000, 8000, 12_000, 14_000])).unwrap();
    let back = again(&track);
    let Text::Ttml(documents) = &back.text else { panic!() };
    assert_eq!(documents.len(), 1);
    let coarse = back.track(&grid(1000, &[0, 14_000])).unwrap();
    assert_eq!(coarse.samples.samples().len(), 1);
    let text = text_of(&coarse, 0);
    let joined = r#"<p xml:id="a" style="s" begin="00:00:02.2" end="00:00:05.2">one &lt;<br/>two</p>"#;
    assert!(text.contains(joined), "{text}");
    assert!(text.contains(r#"<p begin="00:00:07" end="00:00:08">five</p>"#), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cues_come_back_whole(
        cues in prop::collection::vec((0u64..9000, 1u64..4000, 0usize..4), 0..30),
        steps in prop::collection::vec(1u64..3000, 1..12),
        timescale in prop::sample::select(vec![1000u32, 24_000, 90_000]),
    ) {
        let mut cuts = vec![0];
        cuts.extend(steps.iter().scan(0, |at, step| { *at += step * u64::from(timescale) / 1000; Some(*at) }));
        let end = cuts[cuts.len() - 1];
        let time = |t: u64| MediaTime::from_milliseconds(t as i64);
        let mut cues: Vec<webvtt::Cue> = cues.iter().map(|&(begin, length, words)| webvtt::Cue {
            begin: time(begin), end: time(begin + length), id: String::new(), settings: String::new(),
            payload: ["a", "b", "c", "d"][words].into(),
        }).collect();
        cues.sort_by_key(|cue| cue.begin);
        let text = webvtt::WebVtt { header: "WEBVTT".into(), cues };
        let grid = Grid { timescale, cuts: cuts.clone() };
        let source = Source { name: "a".into(), language: None, text: Text::WebVtt(text.clone()), warnings: vec![] };
        let track = source.track(&grid).unwrap();
        let all = samples(&track);
        prop_assert_eq!(track.duration(), end);
        // Every cut is a sample's begin.
        let mut begins = vec![0];
        begins.extend(all.iter().scan(0, |at, s| { *at += u64::from(s.0); Some(*at) }));
        prop_assert!(cuts.iter().all(|cut| begins.contains(cut)));
        // Every cue is shown in all of its time, and nowhere else.
        let Text::WebVtt(again) = &again(&track).text else { panic!() };
        let clip = |cues: &[webvtt::Cue]| -> Vec<(u64, u64, String)> {
            let mut all: Vec<_> = cues.iter()
                .map(|cue| (grid.ticks(cue.begin), grid.ticks(cue.end).min(end), cue.payload.clone()))
                .filter(|cue| cue.0 < end).collect();
            all.sort();
            all
        };
        prop_assert_eq!(clip(&again.cues), clip(&text.cues));
    }

    #[test]
    fn documents_show_all_paragraphs_once(
        cues in prop::collection::vec((0u64..9000, 1u64..4000), 1..20),
        steps in prop::collection::vec(1u64..3000, 1..12),
    ) {
        let mut text = String::from("WEBVTT\n");
        for (at, (begin, length)) in cues.iter().enumerate() {
            text.push_str(&format!("\n{} --> {}\nw{at}x\n", webvtt::clock(*begin), webvtt::clock(begin + length)));
        }
        let mut cuts = vec![0];
        cuts.extend(steps.iter().scan(0, |at, step| { *at += step; Some(*at) }));
        let end = cuts[cuts.len() - 1];
        let stpp = Options { coding: Some(Coding::Stpp), ..Options::default() };
        let source = open("a.vtt", &text, &stpp);
        let track = source.track(&Grid { timescale: 1000, cuts: cuts.clone() }).unwrap();
        prop_assert_eq!(track.samples.samples().len(), cuts.len() - 1);
        let mut shown = vec![0u64; cues.len()];
        for (at, pair) in cuts.windows(2).enumerate() {
            let text = text_of(&track, at);
            let document = roxmltree::Document::parse(&text).unwrap();
            for p in document.descendants().filter(|node| node.has_tag_name("p") || node.tag_name().name() == "p") {
                let time = |name| {
                    let value = p.attribute(name).unwrap();
                    let (h, rest) = value.split_once(':').unwrap();
                    let (m, s) = rest.split_once(':').unwrap();
                    let seconds: f64 = s.parse().unwrap();
                    ((h.parse::<f64>().unwrap() * 3600.0 + m.parse::<f64>().unwrap() * 60.0 + seconds) * 1000.0).round() as u64
                };
                let (begin, end) = (time("begin"), time("end"));
                prop_assert!(pair[0] <= begin && begin < end && end <= pair[1]);
                let words: String = p.descendants().filter_map(|n| n.text().filter(|_| n.is_text())).collect();
                let number: usize = words.trim().trim_start_matches('w').trim_end_matches('x').parse().unwrap();
                shown[number] += end - begin;
            }
        }
        for (number, (begin, length)) in cues.iter().enumerate() {
            prop_assert_eq!(shown[number], (begin + length).min(end).saturating_sub(*begin));
        }
        // Read back from the file, the documents are one again.
        let back = again(&track);
        let Text::Ttml(documents) = &back.text else { panic!() };
        prop_assert_eq!(documents.len(), 1);
        let count = cues.iter().filter(|(begin, _)| *begin < end).count();
        prop_assert_eq!(documents[0].document.intervals().count(), count);
    }
}

/// Writes a track as a file and reads it back.
fn again(track: &Track) -> Source {
    use crate::cmaf::cut::{Cuts, Durations};
    use crate::cmaf::template::SegmentTemplate;
    use crate::cmaf::write::{Destination, Layout, write};
    use crate::output::Outputs;
    let folder = tempfile::tempdir().unwrap();
    let second = "2s".parse().unwrap();
    let durations = Durations { fragment: Some(second), segment: second, chunk: None };
    let cuts = Cuts::towards(track.samples.samples(), track.start, track.timescale, &durations);
    let template = SegmentTemplate::default();
    let place = Destination { folder: folder.path(), name: "a", layout: Layout::Single, template: &template };
    let mut outputs = Outputs::new(false);
    write(track, &place, &cuts, None, &mut outputs, &Control::default()).unwrap();
    outputs.commit().unwrap();
    let input = Input::open(folder.path().join("a.mp4")).unwrap();
    let opened = demux::open(&input, &demux::Options::default()).unwrap();
    let track = opened.tracks.into_iter().next().unwrap();
    Source::from_track(track, &Options::default(), &Control::default()).unwrap()
}
