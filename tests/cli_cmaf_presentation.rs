//! `cmaf pack` of several inputs, as a user runs it: plans, ladders with sound and text, and jobs that make no sense.

mod common;

use std::fs;
use std::path::Path;

use common::{Bench, KEY};
use insta::{Settings, assert_snapshot};

/// A folder with the fixtures of a presentation.
fn bench() -> Bench {
    let bench = Bench::with(&["hdr10.ivf", "odd_23976.ivf", "fwdkf.ivf"]);
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for entry in fs::read_dir(fixtures.join("presentation")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, bench.path(path.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    for (from, to) in [("video/avc_slices.mp4", "avc.mp4"), ("ttal/harbour.ttal", "harbour.ttal")] {
        fs::copy(fixtures.join(from), bench.path(to)).unwrap();
    }
    bench
}

const LADDER: &str = "ladder_180.ivf ladder_90.ivf sound_en.webm?lang=en sound_fr.webm?lang=fr&label=Doublage \
                      harbour.ttal?lang=en&label=Subtitles%20%22A%22";

fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.add_filter(r#""elapsedSeconds": [0-9.e-]+"#, r#""elapsedSeconds": "[seconds]""#);
    settings
}

#[test]
fn languages_without_a_common_codec_share_a_group() {
    let bench = bench();
    let packed = bench.run("pack ladder_90.ivf sound_en.webm?lang=en sound_fr.mp4?lang=fr -o out");
    let playlist = String::from_utf8(bench.read("out/main.m3u8")).unwrap();
    assert_snapshot!("mixed_sound", format!("{packed}\n{playlist}"));
}

#[test]
fn a_ladder_with_sound_and_text() {
    let bench = bench();
    let base = format!("pack {LADDER} -o out --segment-duration 4");
    assert_snapshot!("ladder_plan", bench.run(&format!("{base} --dry-run")));
    assert!(!bench.path("out").exists());
    assert_snapshot!("ladder_plan_json", bench.run(&format!("{base} --dry-run --json")));
    assert_snapshot!("ladder", bench.run(&base));
    assert_snapshot!("ladder_files", bench.outputs("out").join("\n"));
    for file in [
        "manifest.mpd",
        "main.m3u8",
        "ladder_180.m3u8",
        "ladder_180-iframes.m3u8",
        "harbour.m3u8",
        "harbour.vtt",
    ] {
        let text = String::from_utf8(bench.read(&format!("out/{file}"))).unwrap();
        assert_snapshot!(format!("ladder_{}", file.replace('.', "_")), text);
    }
    // The same again gives the same bytes.
    let before: Vec<Vec<u8>> = bench.outputs("out").iter().map(|f| bench.read(&format!("out/{f}"))).collect();
    bench.succeed(&format!("{base} --force -q"));
    let after: Vec<Vec<u8>> = bench.outputs("out").iter().map(|f| bench.read(&format!("out/{f}"))).collect();
    assert!(before == after);
}

#[test]
fn segments_keys_and_addresses() {
    let bench = bench();
    let keys = "--key SD=00112233445566778899aabbccddeeff:0123456789abcdeffedcba9876543210 \
                --key AUDIO=ffeeddccbbaa99887766554433221100:0123456789abcdeffedcba9876543211 \
                --iv f0e0d0c0b0a090807060504030201000";
    let run = format!(
        "pack {LADDER} -o out --segment-duration 4 --layout segments --encrypt cbcs --drm common {keys} \
         --segment-template tracks/$RepresentationID$/$Time$.m4s --base-url https://cdn.example/x/ \
         --hls-prefix https://hls.example/"
    );
    assert_snapshot!("encrypted_segments", bench.run(&run));
    assert_snapshot!("encrypted_segments_files", bench.outputs("out").join("\n"));
    for file in ["manifest.mpd", "main.m3u8", "ladder_90.m3u8"] {
        let text = String::from_utf8(bench.read(&format!("out/{file}"))).unwrap();
        assert_snapshot!(format!("encrypted_{}", file.replace('.', "_")), text);
    }
}

#[test]
fn text_alone_has_no_playlists() {
    let bench = bench();
    assert_snapshot!("text_alone", bench.run("pack harbour.ttal?lang=en -o out"));
    assert_eq!(bench.outputs("out"), ["harbour.mp4", "manifest.mpd"]);
    let plan = bench.run("pack harbour.ttal?lang=en -o planned --dry-run");
    assert!(plan.contains("  harbour.mp4\n  manifest.mpd\n"), "{plan}");
}

/// The files of a plan are those of its run, whatever the tracks, the layout and the manifests.
#[test]
fn a_plan_lists_the_files_of_the_run() {
    let bench = bench();
    bench.write("a.srt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n");
    let inputs = [
        LADDER,
        "avc.mp4 sound_en.webm?lang=en a.srt?lang=en",
        "ladder_90.ivf a.srt?lang=en&text=stpp&name=b",
        "ladder_90.ivf a.srt?lang=en&text=stpp&name=b a.srt?lang=en",
        "ladder_90.ivf a.srt?lang=en a.srt?lang=en&text=stpp&name=b",
        "sound_en.webm sound_fr.mp4",
        "harbour.ttal?lang=en",
    ];
    let options =
        ["", "--layout segments", "--manifest dash", "--manifest hls", "--manifest none --layout segments"];
    let time = "--layout segments --segment-template x/$RepresentationID$/s-$Time$.m4s --segment-duration 1";
    for (input, option) in
        inputs.iter().flat_map(|input| options.iter().chain([&time]).map(move |o| (input, o)))
    {
        let run = format!("pack {input} -o out {option}");
        let plan = bench.succeed(&format!("{run} --dry-run --json")).stdout;
        let plan: serde_json::Value = serde_json::from_slice(&plan).unwrap();
        let tracks =
            plan["tracks"].as_array().unwrap().iter().flat_map(|track| track["files"].as_array().unwrap());
        let manifests = plan["manifests"].as_array().unwrap();
        let mut planned: Vec<&str> = tracks.chain(manifests).map(|file| file.as_str().unwrap()).collect();
        planned.sort_unstable();
        bench.succeed(&run);
        assert_eq!(planned, bench.outputs("out"), "{run}");
        fs::remove_dir_all(bench.path("out")).unwrap();
    }
}

#[test]
fn a_plan_tells_scheme_and_key() {
    let bench = bench();
    let line = format!(
        "pack ladder_90.ivf sound_en.webm?key=none -o out --dry-run --encrypt cenc --layout segments --key {KEY}"
    );
    assert_snapshot!("plan_encrypted", bench.run(&line));
}

/// Writes a copy of an MP4 file that differs in some bytes behind the first box of this type.
fn patched(bench: &Bench, from: &str, to: &str, kind: &[u8; 4], at: usize, bytes: &[u8]) {
    let mut file = bench.read(from);
    let start = file.windows(4).position(|window| window == kind).unwrap() + 4 + at;
    file[start..start + bytes.len()].copy_from_slice(bytes);
    bench.write(to, file);
}

/// What is lost of inputs, or will surprise, is told at the input.
#[test]
fn odd_inputs_are_told() {
    let bench = bench();
    // The matrix of a version 0 `tkhd`, turned to the right.
    let turned: Vec<u8> = [0, 0x1_0000, 0, -0x1_0000, 0].iter().flat_map(|n: &i32| n.to_be_bytes()).collect();
    patched(&bench, "avc.mp4", "turned.mp4", b"tkhd", 40, &turned);
    // A text track of another coding.
    let mut text = bench.read("avc.mp4");
    while let Some(at) = text.windows(4).position(|window| window == b"avc1" || window == b"vide") {
        let other = if &text[at..at + 4] == b"avc1" { b"tx3g" } else { b"sbtl" };
        text[at..at + 4].copy_from_slice(other);
    }
    bench.write("text.mp4", text);
    // Frame headers of IVF: 4 bytes of size, 8 of time.
    let mut late = bench.read("ladder_90.ivf");
    let mut at = 32;
    while at < late.len() {
        let size = u32::from_le_bytes(late[at..at + 4].try_into().unwrap()) as usize;
        let time = u64::from_le_bytes(late[at + 4..at + 12].try_into().unwrap());
        late[at + 4..at + 12].copy_from_slice(&(time + 36).to_le_bytes());
        at += 12 + size;
    }
    bench.write("late.ivf", late);
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/video/hevc_open_gop.mp4"),
        bench.path("open.mp4"),
    )
    .unwrap();
    let text = bench.transcript(&[
        "pack turned.mp4 -o out --dry-run",
        "inspect turned.mp4",
        "pack text.mp4 -o out",
        "pack late.ivf sound_en.webm -o out --dry-run",
        "pack ladder_90.ivf sound_en.webm --from 6 -o out --dry-run",
        "pack open.mp4 -o out --dry-run --segment-duration 0.25",
        "pack ladder_180.ivf odd_23976.ivf -o out --dry-run",
    ]);
    assert_snapshot!("odd_inputs", text);
}

/// Of tracks, and of the presentation.
#[test]
fn a_plan_warns_as_a_run_does() {
    let bench = bench();
    bench.write("late.vtt", "WEBVTT\n\n01:00:00.000 --> 01:00:01.000\nToo late.\n");
    for line in
        ["pack ladder_90.ivf late.vtt", "pack harbour.ttal?lang=en", "pack avc.mp4 ladder_90.ivf --to 1"]
    {
        for json in ["", " --json"] {
            let warnings = |more: &str| {
                let output = bench.succeed(&format!("{line} --force -o out{json}{more}"));
                String::from_utf8(output.stderr).unwrap()
            };
            let planned = warnings(" --dry-run");
            assert!(planned.starts_with("warning: "), "{line}: {planned}");
            assert_eq!(planned, warnings(""), "{line}");
        }
    }
    assert_eq!(bench.run("pack harbour.ttal?lang=en -o planned --dry-run -q"), "exit code: 0\n");
}

#[test]
fn a_job_file_does_the_same() {
    let bench = bench();
    bench.write(
        "job.json",
        r#"{"version": 1, "output": "out", "segmentDuration": 4, "manifests": ["dash"], "inputs": [
            {"file": "ladder_180.ivf"}, {"file": "ladder_90.ivf"},
            {"file": "sound_en.webm", "language": "en", "roles": ["main"], "default": true}]}"#,
    );
    settings().bind(|| assert_snapshot!("job", bench.run("pack --job job.json --dry-run")));
    bench.succeed("pack --job job.json -q");
    assert!(bench.outputs("out").contains(&"manifest.mpd".to_string()));
    assert_eq!(bench.run("pack --job-schema").lines().next(), Some("exit code: 0"));
}

#[test]
fn the_grid_of_a_set() {
    let bench = bench();
    assert_snapshot!(
        "align",
        bench.run("inspect --align ladder_180.ivf ladder_90.ivf --segment-duration 4 --svg grid.svg")
    );
    assert!(String::from_utf8(bench.read("grid.svg")).unwrap().ends_with("</svg>\n"));
    assert_snapshot!(
        "align_apart",
        bench.run("inspect --align ladder_180.ivf odd_23976.ivf --segment-duration 1")
    );
}

/// Command lines and job files that make no sense: one clear error each, and nothing is written.
#[test]
fn bad_jobs() {
    let bench = bench();
    let lines = [
        "pack missing.mp4 -o out",
        "pack ladder_180.ivf?lang=french -o out",
        "pack ladder_180.ivf?lang=xx-YY -o out",
        "pack ladder_180.ivf?lnag=fr -o out",
        "pack ladder_180.ivf?role=dubbed -o out",
        "pack ladder_180.ivf?name=a ladder_90.ivf?name=A -o out",
        "pack ladder_180.ivf?name=main -o out",
        "pack ladder_180.ivf?name=../x -o out",
        "pack ladder_180.ivf?key=SD -o out",
        "pack ladder_180.ivf?key=XX -o out --encrypt cbcs --key SD=00112233445566778899aabbccddeeff:0123456789abcdeffedcba9876543210",
        "pack ladder_180.ivf -o out --encrypt cbcs",
        "pack ladder_180.ivf -o out --encrypt cens",
        "pack ladder_180.ivf -o out --encrypt cbcs --pattern 3:7",
        "pack ladder_180.ivf?group=a fwdkf.ivf?group=a -o out",
        "pack ladder_180.ivf?group=a avc.mp4?group=a -o out",
        "pack ladder_180.ivf?group=a sound_en.webm?group=a -o out",
        "pack ladder_180.ivf?track=audio -o out",
        "pack sound_fr.mp4?track=7 -o out",
        "pack ladder_180.ivf?default=maybe -o out",
        "pack harbour.ttal?text=srt -o out",
        "pack harbour.ttal?lang=de ladder_180.ivf -o out",
        "pack ladder_180.ivf -o out --layout segments --segment-template seg-$Number$.m4s",
        "pack ladder_180.ivf -o out --segment-duration soon",
        "pack ladder_180.ivf -o out --segment-duration -1",
        "pack ladder_180.ivf -o out --segment-duration 0",
        "pack ladder_180.ivf -o out --chunk-duration 0.0",
        "pack ladder_180.ivf -o out --fragment-duration -1",
        "pack ladder_180.ivf -o out --frame-rate -25",
        "pack ladder_180.ivf -o out --name main",
        "pack ladder_180.ivf -o out --segment-template $RepresentationID$/$Time$.m4s",
        "pack ladder_180.ivf -o out --base-url https://x/ --manifest hls",
        "pack ladder_180.ivf -o out --hls-prefix https://x/ --manifest none",
        "pack ladder_180.ivf -o out --key-uri skd://x",
        "pack ladder_180.ivf -o out --pattern 1:9",
        "pack ladder_180.ivf -o out --pattern 1:9 --encrypt cenc",
        "pack ladder_180.ivf -o out --audio-pattern 10:0 --encrypt cenc",
        "pack ladder_180.ivf -o out --hls-prefix cdn/",
        "pack ladder_180.ivf -o out --base-url https://x/#a",
        "pack ladder_180.ivf -o out --manifest none,dash",
        "pack ladder_180.ivf -o out --base-url",
        "pack ladder_180.ivf -o out --from 100",
        "pack ladder_180.ivf",
        "pack -o out",
        "pack --job missing.json",
        "pack ladder_180.ivf --job job.json",
    ];
    let mut text = String::new();
    for line in lines {
        let printed = bench.run(line);
        assert!(!printed.contains("0123456789abcdef"), "a key was printed: {line}");
        text.push_str(&format!(
            "$ cmaf {}\n{printed}\n",
            line.replace("0123456789abcdeffedcba9876543210", "KEY")
        ));
        assert!(!bench.path("out").exists(), "{line}");
    }
    let two = format!("{KEY} --key ffeeddccbbaa99887766554433221100:0123456789abcdeffedcba9876543211");
    let line = format!("pack ladder_180.ivf -o out --encrypt cbcs --key {two}");
    text.push_str(&format!(
        "$ cmaf pack ladder_180.ivf -o out --encrypt cbcs with two keys\n{}\n",
        bench.run(&line)
    ));
    assert_snapshot!("bad_jobs", text);
}

#[test]
fn bad_job_files() {
    let bench = bench();
    let jobs = [
        "{",
        "[]",
        "{\"version\": 2, \"inputs\": [{\"file\": \"a\"}]}",
        "{\"version\": 1,\n \"inputs\": [{\"fiel\": \"a\", \"file\": \"b\"}], \"output\": \"out\"}",
        "{\"version\": 1, \"inputs\": []}",
        "{\"version\": 1, \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"inputs\": [{\"file\": \"missing.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"inputs\": [{\"file\": \"ladder_180.ivf\", \"language\": \"french\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"inputs\": [{\"file\": \"ladder_180.ivf\", \"roles\": [\"main\", \"dubb\"]}]}",
        "{\"version\": 1, \"output\": \"out\", \"segmentDuration\": \"soon\", \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"layout\": \"segment\", \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\",\n \"version\": 1, \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"segmentDuration\": -1, \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"segmentTemplate\": \"$RepresentationID$/$Time$.m4s\", \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"manifests\": [\"dash\"], \"hlsPrefix\": \"/x\", \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"encryption\": {\"scheme\": \"cenc\", \"pattern\": \"1:9\"}, \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"hlsPrefix\": \"x\", \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
        "{\"version\": 1, \"output\": \"out\", \"encryption\": {\"scheme\": \"cbcs\"}, \"inputs\": [{\"file\": \"ladder_180.ivf\"}]}",
    ];
    let mut text = String::new();
    for job in jobs {
        bench.write("job.json", job);
        text.push_str(&format!("{job}\n{}\n", bench.run("pack --job job.json")));
        assert!(!bench.path("out").exists(), "{job}");
    }
    assert_snapshot!("bad_job_files", text);
}

/// Text in an encoding of its own: guessed, named behind the path, named in a job.
#[test]
fn encodings_of_text() {
    let bench = bench();
    let latin = b"1\n00:00:01,000 --> 00:00:02,000\nGar\xe7on, d\xe9j\xe0 vu\n";
    bench.write("latin.srt", latin);
    let utf16: Vec<u8> =
        "WEBVTT\n\n00:01.000 --> 00:02.000\nOui\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bench.write("wide.vtt", utf16);
    bench.write("names.vtt", "WEBVTT\nKind: chapters\n\n00:01.000 --> 00:02.000\nOne\n");
    bench.write(
        "job.json",
        r#"{"version": 1, "output": "job", "inputs": [
            {"file": "ladder_90.ivf"}, {"file": "latin.srt", "language": "fr", "encoding": "iso-8859-5"}]}"#,
    );
    bench.succeed("pack ladder_90.ivf latin.srt?encoding=windows-1252 wide.vtt?encoding=utf-16le -o out");
    let read = |path: &str| String::from_utf8(bench.read(path)).unwrap();
    assert!(read("out/latin.vtt").contains("Garçon, déjà vu"));
    assert!(read("out/wide.vtt").contains("Oui"));
    bench.succeed("pack --job job.json");
    assert!(read("job/latin.vtt").contains("Garчon"));
    let text = bench.transcript(&[
        "pack latin.srt -o guessed --dry-run",
        "pack latin.srt?encoding=latin -o out2",
        "pack latin.srt?encoding=utf-8 -o out2",
        "pack avc.mp4?encoding=utf-8 -o out2",
        "pack names.vtt -o out2",
        "pack harbour.ttal?lang=de -o out2",
    ]);
    assert_snapshot!("encodings", text);
}

/// The one place that a message of a failed write has is the path.
#[cfg(unix)]
#[test]
fn a_failed_write_names_the_path() {
    let bench = bench();
    for (layout, file) in [("single", "ladder_180.mp4"), ("segments", "ladder_180/1.m4s")] {
        let line = format!(
            "trap '' XFSZ; ulimit -f 8; exec {} pack ladder_180.ivf -o out/show --layout {layout}",
            env!("CARGO_BIN_EXE_cmaf")
        );
        let mut command = std::process::Command::new("sh");
        let output = command.args(["-c", &line]).current_dir(bench.path("")).output().unwrap();
        let printed = common::describe(&output);
        assert!(printed.contains(&format!("error: out/show/{file}: cannot write: ")), "{printed}");
        assert!(printed.starts_with("exit code: 4"), "{printed}");
        assert!(!bench.path("out").exists());
    }
}
