//! One stream, muxed by ffmpeg and mkvmerge into every container and in every way, gives the same packets.
//!
//! Where the corpus or a tool is missing these tests print a skip; with `REQUIRE_TOOLS=1` they fail.

#[path = "common/corpus.rs"]
mod corpus;

use std::path::{Path, PathBuf};
use std::process::Command;

use showpack::Input;
use showpack::demux::{Options, Track, TrackKind, open};

fn source() -> Option<PathBuf> {
    Some(corpus::media()?.join("av1-fragmented/shaka-packager__bear-av1.mp4"))
}

fn run(program: &str, arguments: &[&str]) -> bool {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} {arguments:?}: {error}");
            true
        }
        Err(_) => {
            corpus::skip(program);
            false
        }
    }
}

struct Seen {
    /// Packets without their temporal delimiter.
    packets: Vec<Vec<u8>>,
    /// In milliseconds.
    times: Vec<Option<i64>>,
}

fn read(track: &mut Track) -> Seen {
    let mut seen = Seen { packets: Vec::new(), times: Vec::new() };
    while let Some(packet) = track.reader.next_packet().unwrap() {
        let bytes = track.payload.read_vec(packet.offset, packet.size).unwrap();
        seen.packets.push(bytes.strip_prefix(&[0x12, 0]).unwrap_or(&bytes).to_vec());
        let timescale = track.timescale.map(f64::from);
        seen.times
            .push(packet.time.zip(timescale).map(|(t, scale)| (t as f64 * 1000.0 / scale).round() as i64));
    }
    seen
}

fn av1(path: &Path) -> Seen {
    let mut opened = open(&Input::open(path).unwrap(), &Options::default()).unwrap();
    let track = opened.tracks.iter_mut().find(|t| t.kind == TrackKind::Av1).unwrap();
    let seen = read(track);
    println!(
        "{}: {}, {} packets, start {}, edits {:?}, notes {:?} {:?} {:?}",
        path.file_name().unwrap().to_string_lossy(),
        opened.container,
        seen.packets.len(),
        track.start,
        track.edits,
        opened.notes,
        track.notes,
        track.reader.take_notes(),
    );
    seen
}

#[test]
fn every_way_of_muxing_gives_the_same_packets() {
    let Some(source) = source() else { return };
    let expected = av1(&source);
    let folder = tempfile::tempdir().unwrap();
    let tone = ["-f", "lavfi", "-i", "sine=r=48000:d=2.7"];
    let ways: &[(&str, bool, &[&str])] = &[
        ("plain.mp4", true, &[]),
        ("faststart.mp4", true, &["-movflags", "faststart"]),
        ("partial.mp4", true, &["-movflags", "frag_keyframe"]),
        ("empty.mp4", true, &["-movflags", "frag_keyframe+empty_moov"]),
        ("moof-base.mp4", true, &["-movflags", "empty_moov+default_base_moof", "-frag_duration", "500000"]),
        ("no-offset.mp4", true, &["-movflags", "empty_moov+omit_tfhd_offset", "-frag_duration", "300000"]),
        ("separate.mp4", true, &["-movflags", "empty_moov+separate_moof", "-frag_duration", "300000"]),
        ("every-frame.mp4", false, &["-movflags", "frag_every_frame+empty_moov"]),
        ("cmaf.mp4", false, &["-movflags", "cmaf+frag_keyframe"]),
        ("negative.mp4", false, &["-movflags", "negative_cts_offsets"]),
        ("plain.mkv", true, &[]),
        ("clusters.mkv", true, &["-cluster_time_limit", "200"]),
        ("cues-first.mkv", true, &["-reserve_index_space", "2000"]),
        ("plain.webm", true, &[]),
        ("live.webm", true, &["-live", "1"]),
        ("plain.ivf", false, &[]),
        ("plain.obu", false, &[]),
    ];
    let mut wrong = Vec::new();
    for (name, with_audio, options) in ways {
        let path = folder.path().join(name);
        let mut arguments = vec!["-v", "error", "-y", "-i", source.to_str().unwrap()];
        arguments.extend(if *with_audio { &tone[..] } else { &[] });
        arguments.extend(["-map", "0:v", "-c:v", "copy"]);
        if *with_audio {
            // Opus starts before 0, which ffmpeg makes up for by changing the video's times in fragments.
            let codec = if name.ends_with(".webm") { "libopus" } else { "flac" };
            arguments.extend(["-map", "1:a", "-c:a", codec, "-strict", "-2"]);
        }
        arguments.extend(*options);
        arguments.push(path.to_str().unwrap());
        if !run("ffmpeg", &arguments) {
            return;
        }
        compare(name, &av1(&path), &expected, &mut wrong);
    }
    let (plain, merged) = (folder.path().join("plain.mkv"), folder.path().join("merged.mkv"));
    let (plain, merged_name) = (plain.to_str().unwrap(), merged.to_str().unwrap());
    if run("mkvmerge", &["-q", "-o", merged_name, plain]) {
        compare("mkvmerge", &av1(&merged), &expected, &mut wrong);
        assert!(run("mkvmerge", &["-q", "-o", merged_name, "--compression", "0:zlib", plain]));
        let error = open(&Input::open(&merged).unwrap(), &Options::default()).unwrap_err().to_string();
        assert!(error.contains("the frames of track 1 are compressed with zlib"), "{error}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn compare(name: &str, seen: &Seen, expected: &Seen, wrong: &mut Vec<String>) {
    if seen.packets.len() != expected.packets.len() {
        wrong.push(format!("{name}: {} packets, {} expected", seen.packets.len(), expected.packets.len()));
        return;
    }
    if let Some(at) = (0..seen.packets.len()).find(|i| seen.packets[*i] != expected.packets[*i]) {
        let sizes = (seen.packets[at].len(), expected.packets[at].len());
        wrong.push(format!("{name}: packet {at} differs, sizes {sizes:?}"));
    }
    let close = |(a, b): (&Option<i64>, &Option<i64>)| match (a, b, seen.times[0], expected.times[0]) {
        (Some(a), Some(b), Some(first), Some(start)) => (a - first - (b - start)).abs() <= 1,
        _ => a.is_none(),
    };
    if !seen.times.iter().zip(&expected.times).all(close) {
        wrong.push(format!("{name}: times {:?}", seen.times));
    }
}
