//! `cmaf inspect`, as a user runs it.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

use std::fmt::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Bench, IV, KEY, describe, fixture};
use insta::assert_snapshot;
use showpack::control::Control;
use showpack::inspect::{self, Form, Format, Options, View};
use showpack::{ErrorKind, Input};

/// An IV for tests under `cenc`.
const CENC_IV: &str = "f0e0d0c0b0a09080";

/// Packs fixtures in every way that `inspect` tells apart.
fn packed() -> Bench {
    let bench = Bench::with(&["fwdkf.ivf", "hdr10.ivf", "still_full.ivf", "superres.ivf"]);
    bench.succeed(
        "pack --manifest none fwdkf.ivf -o . --name chunks --segment-duration 1 --chunk-duration 0.2",
    );
    bench.succeed(
        "pack --manifest none fwdkf.ivf -o . --name segments --layout segments --segment-duration 1",
    );
    let cbcs = format!("--encrypt cbcs --key {KEY} --iv {IV}");
    bench.succeed(&format!("pack --manifest none fwdkf.ivf -o . --name cbcs --drm common {cbcs}"));
    bench.succeed(&format!(
        "pack --manifest none still_full.ivf -o . --name still_cbcs --frame-rate 25 {cbcs}"
    ));
    let cenc = format!("--encrypt cenc --key {KEY} --iv {CENC_IV}");
    bench.succeed(&format!("pack --manifest none hdr10.ivf -o . --name cenc {cenc}"));
    bench.succeed(&format!("pack --manifest none superres.ivf -o . --name superres {cenc}"));
    bench
}

/// The first lines of a listing.
fn head(text: &str, lines: usize) -> String {
    text.lines().take(lines).map(|line| format!("{line}\n")).collect()
}

#[test]
fn help() {
    assert_snapshot!("help", Bench::with(&[]).run("inspect --help"));
}

#[test]
fn summaries_of_inputs() {
    let names = [
        "annexb.obu",
        "fwdkf.ivf",
        "fwdkf_fragmented.mp4",
        "grain.ivf",
        "hdr10_progressive.mp4",
        "largescale.ivf",
        "mono.ivf",
        "odd_23976.webm",
        "p444_12.ivf",
        "sframe_low.ivf",
        "still.obu",
        "still_full.ivf",
        "superres.ivf",
        "tiles64.ivf",
        "timinginfo.obu",
    ];
    let bench = Bench::with(&names);
    assert_snapshot!("inputs", bench.run(&format!("inspect {}", names.join(" "))));
}

#[test]
fn summaries_of_packed_tracks() {
    let bench = packed();
    let files = "chunks.mp4 cbcs.mp4 cenc.mp4 superres.mp4 segments/init.mp4 segments/1.m4s segments/2.m4s";
    assert_snapshot!("packed", bench.run(&format!("inspect {files}")));
    assert_snapshot!("packed_json", bench.run("inspect cbcs.mp4 chunks.mp4 --json"));
}

#[test]
fn sample_tables() {
    let bench = packed();
    let fixtures = Bench::with(&["sframe_low.ivf", "hdr10_progressive.mp4", "annexb.obu", "largescale.ivf"]);
    assert_snapshot!("samples", bench.run("inspect --samples cbcs.mp4 cenc.mp4"));
    let inputs = "inspect --samples sframe_low.ivf hdr10_progressive.mp4 annexb.obu";
    assert_snapshot!("samples_of_inputs", fixtures.run(inputs));
    let json = bench.run("inspect --samples --json cenc.mp4 still_cbcs.mp4");
    assert_snapshot!("samples_json", json);
    assert_snapshot!("samples_ivf_json", fixtures.run("inspect --samples --json largescale.ivf"));
}

#[test]
fn obu_lists() {
    let bench = packed();
    let tiles = Bench::with(&["tilegroups.ivf"]);
    assert_snapshot!("obus_tiles", head(&tiles.run("inspect --obus tilegroups.ivf"), 50));
    assert_snapshot!("obus", head(&bench.run("inspect --obus hdr10.ivf"), 60));
    // The same tiles, now encrypted.
    assert_snapshot!("obus_encrypted", head(&bench.run("inspect --obus superres.mp4"), 60));
    assert_snapshot!("obus_json", bench.run("inspect --obus --json still_full.ivf still_cbcs.mp4"));
}

#[test]
fn box_trees() {
    let bench = packed();
    assert_snapshot!("boxes", bench.run("inspect --boxes still_cbcs.mp4"));
    assert_snapshot!("boxes_json", bench.run("inspect --boxes --json still_cbcs.mp4"));
}

#[test]
fn segments_and_their_init() {
    let bench = packed();
    let mut shown = String::new();
    for arguments in [
        "inspect segments/2.m4s",
        "inspect --init segments/init.mp4 segments/2.m4s",
        // A whole file ends what the init segment holds for.
        "inspect segments/init.mp4 hdr10.ivf segments/2.m4s",
        "inspect --samples segments/2.m4s",
        "inspect --obus segments/2.m4s",
        "inspect --init hdr10.ivf segments/1.m4s",
    ] {
        writeln!(shown, "> {arguments}\n{}", head(&bench.run(arguments), 24)).unwrap();
    }
    assert_snapshot!("segments", shown);
    // Offsets are those of the segment, not of the two joined.
    let with_init = bench.run("inspect --samples segments/init.mp4 segments/1.m4s");
    let first = with_init.lines().rfind(|line| line.trim_start().starts_with("1 ")).unwrap();
    let offset: usize = first.split_whitespace().nth(1).unwrap().parse().unwrap();
    let segment = bench.read("segments/1.m4s");
    assert_eq!(&segment[offset - 4..offset], b"mdat");
}

#[test]
fn errors() {
    let bench = packed();
    bench.write("script.txt", "no media");
    bench.write("empty.mp4", "");
    let mut cut = bench.read("cbcs.mp4");
    cut.truncate(9000);
    bench.write("cut.mp4", &cut);
    let mut cut = bench.read("hdr10.ivf");
    cut.truncate(9000);
    bench.write("cut.ivf", &cut);
    cut[100] ^= 0xff;
    bench.write("broken.ivf", &cut);
    let mut shown = String::new();
    for arguments in [
        "inspect",
        "inspect --boxes --samples cbcs.mp4",
        "inspect script.txt",
        "inspect script.txt --json",
        "inspect empty.mp4",
        "inspect nowhere.mp4 hdr10.ivf",
        "inspect nowhere.mp4 --json",
        "inspect --boxes hdr10.ivf",
        "inspect --input-format avi hdr10.ivf",
        "inspect - -",
        &format!("inspect {KEY}"),
        "inspect cut.mp4",
        "inspect cut.ivf",
        "inspect cut.ivf --json",
        "inspect broken.ivf script.txt hdr10.ivf",
    ] {
        writeln!(shown, "> {}\n{}", arguments.replace(KEY, "KID:KEY"), bench.run(arguments)).unwrap();
    }
    // The cause's own words depend on the system.
    insta::with_settings!({filters => vec![(r#"cannot open: [^"\n]*"#, "cannot open: [cause]")]}, {
        assert_snapshot!("errors", shown);
    });
    let listed = bench.run("inspect --boxes cut.mp4");
    assert!(listed.starts_with("exit code: 3") && listed.contains("[mdat]"), "{listed}");
    assert!(!shown.contains(KEY.split_once(':').unwrap().1));
}

#[test]
fn standard_input_and_a_reader_that_goes_away() {
    let bench = packed();
    let piped = bench.run_with_input("inspect -", &bench.read("cbcs.mp4"));
    let named = bench.run("inspect cbcs.mp4");
    assert_eq!(describe(&piped).replace("-: ", "cbcs.mp4: "), named);

    let mut command = bench.cmaf("inspect --obus --json superres.mp4 superres.mp4 superres.mp4 superres.mp4");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(describe(&child.wait_with_output().unwrap()), "exit code: 0\n");
}

/// What the packager writes is what is read here, by code that shares nothing with it but boxes and headers.
#[test]
fn packed_tracks_are_found_as_they_were_meant() {
    let bench = packed();
    let control = Control::new();
    for (file, delayed, sync, size) in
        [("cbcs.mp4", 2, 2, (160, 90)), ("cenc.mp4", 0, 1, (352, 288)), ("superres.mp4", 0, 1, (352, 288))]
    {
        let input = Input::open(bench.path(file)).unwrap();
        let summary = inspect::summary(&input, &Options::default(), &control).unwrap();
        assert!(summary.error.is_none() && summary.notes.is_empty(), "{file}: {:?}", summary.notes);
        assert_eq!(summary.form, Some(Form::Fragmented));
        assert!(summary.index.unwrap().fits, "{file}");
        let track = &summary.tracks[0];
        let access = track.random_access.as_ref().unwrap();
        assert_eq!((access.sync, access.marked_sync), (sync, Some(sync)), "{file}");
        assert_eq!(access.delayed.unwrap().count, delayed, "{file}");
        let signalled: u64 = track.groups.iter().filter(|g| g.kind == "av1f").map(|g| g.samples).sum();
        assert_eq!(signalled, delayed, "{file}");
        let video = track.video.as_ref().unwrap();
        assert_eq!((video.width, video.height), size, "{file}");
        let encryption = track.encryption.as_ref().unwrap();
        assert_eq!(encryption.protected_samples, track.samples, "{file}");
        assert_eq!(encryption.protected_bytes + encryption.clear_bytes, track.size, "{file}");
    }
}

/// The OBUs of an encrypted track are those of the source, at other places.
#[test]
fn encryption_leaves_headers_and_tile_sizes() {
    let bench = packed();
    let listed = |file: &str| {
        let input = Input::open(bench.path(file)).unwrap();
        let mut out = Vec::new();
        inspect::obus(&input, &Options::default(), Format::Text, &mut out, &Control::new()).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines = text.lines().filter(|line| line.contains("tile ") || line.contains(", header "));
        // Without the offset, which is the number before the size.
        let shorten = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|word| word.len() > 1 && word.parse::<u64>().is_ok());
            let at = at.unwrap_or(2).max(if words[0] == "tile" { 2 } else { 1 });
            let mut words = words;
            words.remove(at);
            words.join(" ")
        };
        lines.map(shorten).collect::<Vec<_>>()
    };
    let (source, encrypted) = (listed("superres.ivf"), listed("superres.mp4"));
    assert!(source.len() > 80);
    assert_eq!(source, encrypted);
}

#[test]
fn output_is_the_same_each_time() {
    let bench = packed();
    for view in ["", "--samples", "--obus", "--boxes"] {
        let arguments = format!("inspect {view} --json cbcs.mp4 superres.mp4");
        let output = bench.succeed(&arguments).stdout;
        assert_eq!(output, bench.succeed(&arguments).stdout, "{view}");
        let value: serde_json::Value = serde_json::from_slice(&output).unwrap();
        assert_eq!((&value["version"], value["files"].as_array().map(Vec::len)), (&1.into(), Some(2)));
    }
}

#[test]
fn a_stop_is_heard() {
    let control = Control::new();
    control.stop();
    let input = Input::open(fixture("fwdkf_fragmented.mp4")).unwrap();
    let error = inspect::summary(&input, &Options::default(), &control).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
}

/// Every view of every file of the corpus, hostile ones included: no panic, an end in good time, JSON that is JSON.
#[test]
fn every_file_of_the_corpus() {
    let Some(media) = corpus::media() else { return };
    let control = Control::new();
    let mut files = corpus::files(&media);
    files.extend(corpus::files(&fixture("")));
    for path in files {
        let Ok(input) = Input::open(&path) else { continue };
        for view in [View::Summary, View::Samples, View::Obus, View::Boxes] {
            let began = Instant::now();
            let mut kinds = Vec::new();
            for format in [Format::Text, Format::Json] {
                let mut out = Vec::new();
                let mut report = inspect::Report::new(&mut out, view, format).unwrap();
                let result = report.file(&input, &Options::default(), &control);
                report.finish().unwrap();
                kinds.push(result.as_ref().err().map(|error| (error.kind(), error.to_string())));
                if format == Format::Json {
                    let value: serde_json::Value = serde_json::from_slice(&out)
                        .unwrap_or_else(|e| panic!("{}: {view}: {e}", path.display()));
                    let error = &value["files"][0]["error"];
                    let expected = result.err().map(|error| error.to_string());
                    assert_eq!(error.as_str(), expected.as_deref(), "{}: {view}", path.display());
                }
            }
            assert_eq!(kinds[0], kinds[1], "{}: {view}", path.display());
            if let Some((kind, text)) = &kinds[0] {
                assert_eq!(kind.exit_code(), 3, "{}: {view}: {text}", path.display());
            }
            let took = began.elapsed();
            assert!(took < Duration::from_secs(20), "{}: {view}: {took:?}", path.display());
        }
    }
}
