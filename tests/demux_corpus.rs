//! Every media file of the corpus is opened; what is AV1 must give the packets that ffprobe finds.
//!
//! The corpus is looked for in `$SHOWPACK_CORPUS`, else beside the crate; without it these tests print a skip.
//! With `REQUIRE_TOOLS=1` a missing corpus or tool is a failure.

#[path = "common/corpus.rs"]
mod corpus;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use showpack::demux::{Container, Form, Options, Packet, Track, TrackKind, open};
use showpack::{Error, Input};

fn all_packets(track: &mut Track) -> (Vec<Packet>, Option<Error>) {
    let mut packets = Vec::new();
    loop {
        match track.reader.next_packet() {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => return (packets, None),
            Err(error) => return (packets, Some(error)),
        }
    }
}

fn ffprobe_count(path: &Path) -> Option<usize> {
    let fields = ["-v", "error", "-select_streams", "v:0", "-count_packets"];
    let output = Command::new("ffprobe")
        .args(fields)
        .args(["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .ok()?;
    String::from_utf8_lossy(&output.stdout).trim().trim_end_matches(',').parse().ok()
}

/// Files that ffprobe stops reading in the middle, with the count of another demuxer (GPAC).
const BEYOND_FFPROBE: &[(&str, usize)] = &[("12-bit__argon__test15240.obu", 8)];

#[test]
fn av1_files_give_the_packets_that_ffprobe_counts() {
    let Some(media) = corpus::media() else { return };
    if Command::new("ffprobe").arg("-version").output().is_err() {
        return corpus::skip("ffprobe");
    }
    let mut paths = Vec::new();
    for folder in ["av1-raw", "av1-made", "av1-mp4", "av1-fragmented", "av1-webm", "av1-encrypted-made"] {
        paths.extend(corpus::files(&media.join(folder)));
    }
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut input = Input::open(&path).unwrap();
        let mut probed = path.clone();
        let joined = tempfile::Builder::new().suffix(".mp4").tempfile().unwrap();
        if name.ends_with(".m4s") {
            let error = open(&input, &Options::default()).unwrap_err().to_string();
            assert!(error.contains("the init segment is missing"), "{error}");
            let init = path.with_file_name(name.replace("_seg.m4s", "_init.mp4"));
            let bytes = [std::fs::read(&init).unwrap(), std::fs::read(&path).unwrap()].concat();
            std::fs::write(joined.path(), bytes).unwrap();
            input = Input::concat(vec![Input::open(&init).unwrap(), input]);
            probed = joined.path().to_path_buf();
        }
        let mut opened = open(&input, &Options::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Some(track) = opened.tracks.iter_mut().find(|t| t.kind == TrackKind::Av1) else {
            wrong.push(format!("{name}: no AV1 track in {:?}", opened.tracks));
            continue;
        };
        let (packets, error) = all_packets(track);
        let known = BEYOND_FFPROBE.iter().find(|(file, _)| *file == name).map(|(_, count)| *count);
        let expected = known.or_else(|| ffprobe_count(&probed));
        println!(
            "{name}: {}, {} packets (expected {expected:?}), timescale {:?}, from {:?} {:?} {:?}",
            opened.container,
            packets.len(),
            track.timescale,
            packets.first().map(|p| (p.time, p.duration)),
            opened.notes,
            track.notes,
        );
        if let Some(error) = error {
            wrong.push(format!("{name}: {error}"));
        } else if expected.is_some_and(|n| n != packets.len()) {
            wrong.push(format!("{name}: {} packets, expected {expected:?}", packets.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn webm_and_mp4_of_one_stream_have_the_same_payload() {
    let Some(media) = corpus::media() else { return };
    let payloads = |name: &str| {
        let mut opened = open(&Input::open(media.join(name)).unwrap(), &Options::default()).unwrap();
        let track = opened.tracks.iter_mut().find(|t| t.kind == TrackKind::Av1).unwrap();
        let (packets, error) = all_packets(track);
        assert!(error.is_none());
        assert!(packets.iter().all(|p| p.form == Form::LowOverhead));
        let bytes: Vec<_> =
            packets.iter().map(|p| track.payload.read_vec(p.offset, p.size).unwrap()).collect();
        let times: Vec<_> = packets
            .iter()
            .map(|p| (p.time.unwrap() as f64 * 1000.0 / f64::from(track.timescale.unwrap())).round() as i64)
            .collect();
        let since: Vec<_> = times.iter().map(|t| t - times[0]).collect();
        (bytes, since)
    };
    let (webm, webm_times) = payloads("av1-webm/shaka-packager__bear-av1.webm");
    let (mp4, mp4_times) = payloads("av1-fragmented/shaka-packager__bear-av1.mp4");
    assert_eq!(webm.len(), mp4.len());
    let differing = webm.iter().zip(&mp4).filter(|(a, b)| a != b).count();
    let sizes = |packets: &[Vec<u8>]| packets.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(&webm), sizes(&mp4), "{differing} packets differ");
    assert!(
        webm_times.iter().zip(&mp4_times).all(|(a, b)| (a - b).abs() <= 1),
        "{webm_times:?} {mp4_times:?}"
    );
}

#[test]
fn other_demuxers_find_the_same_frames_in_webm() {
    let Some(media) = corpus::media() else { return };
    let path = media.join("av1-webm/shaka-packager__bear-av1.webm");
    let mut opened = open(&Input::open(&path).unwrap(), &Options::default()).unwrap();
    let track = &mut opened.tracks[0];
    let (packets, _) = all_packets(track);
    let mut theirs = matroska_demuxer::MatroskaFile::open(std::fs::File::open(&path).unwrap()).unwrap();
    let mut frame = matroska_demuxer::Frame::default();
    let mut count = 0;
    while theirs.next_frame(&mut frame).unwrap() {
        if frame.track != u64::from(track.id) {
            continue;
        }
        let packet = &packets[count];
        assert_eq!(packet.time, Some(frame.timestamp as i64));
        assert_eq!(
            packet.sync_hint.unwrap_or(false),
            frame.is_keyframe.unwrap_or(packet.sync_hint == Some(true))
        );
        assert_eq!(track.payload.read_vec(packet.offset, packet.size).unwrap(), frame.data);
        count += 1;
    }
    assert_eq!(count, packets.len());
}

#[test]
fn every_file_opens_or_is_refused_in_little_time_and_memory() {
    let Some(media) = corpus::media() else { return };
    let mut paths = Vec::new();
    paths.extend(corpus::files(&media));
    for path in paths {
        let input = Input::open(&path).unwrap();
        let start = Instant::now();
        for container in std::iter::once(None).chain(Container::ALL.iter().map(|c| Some(*c))) {
            match open(&input, &Options { container }) {
                Ok(mut opened) => {
                    assert!(!opened.tracks.is_empty());
                    for track in &mut opened.tracks {
                        let len = track.payload.len();
                        let (packets, error) = all_packets(track);
                        assert!(packets.iter().all(|p| p.offset + p.size <= len));
                        if container.is_none() {
                            let error = error.map(|e| e.to_string());
                            println!("{} {:?} {} packets {error:?}", input.name(), track.kind, packets.len());
                        }
                    }
                }
                Err(error) if container.is_none() => println!("{error}"),
                Err(_) => {}
            }
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{} took {:?}", input.name(), start.elapsed());
    }
    if let Some(peak) = peak_memory() {
        println!("peak memory: {peak} KiB");
        assert!(peak < 200 << 10, "peak memory: {peak} KiB");
    }
}

/// The most memory that this process has used, in KiB, where the system tells it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
