//! `cmaf pack`, as a user runs it.

mod common;

use common::{Bench, IV, KEY, describe};
use insta::{Settings, assert_snapshot};

/// Snapshots without the one figure that changes from run to run.
fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.add_filter(r#""elapsedSeconds": [0-9.e-]+"#, r#""elapsedSeconds": "[seconds]""#);
    settings
}

#[test]
fn help() {
    let bench = Bench::with(&[]);
    assert_snapshot!("help", bench.run("--help"));
    assert_snapshot!("pack_help", bench.run("pack --help"));
}

#[test]
fn reports() {
    settings().bind(|| {
        let bench = Bench::with(&["hdr10.ivf", "fwdkf.ivf"]);
        assert_snapshot!("text", bench.run("pack --manifest none hdr10.ivf -o out"));
        assert_eq!(bench.outputs("out"), ["hdr10.mp4"]);
        let encrypted =
            format!("pack --manifest none fwdkf.ivf -o out --encrypt cbcs --key {KEY} --iv {IV} --json");
        assert_snapshot!("json", bench.run(&encrypted));
        assert_snapshot!("existing", bench.run("pack --manifest none hdr10.ivf -o out"));
        assert_eq!(bench.run("pack --manifest none hdr10.ivf -o out --force --quiet"), "exit code: 0\n");
    });
}

#[test]
fn segments_and_parts() {
    settings().bind(|| {
        let bench = Bench::with(&["fwdkf.ivf"]);
        let arguments =
            "pack --manifest none fwdkf.ivf -o out --layout segments --segment-duration 1 --chunk-duration 0.4 --json";
        assert_snapshot!("segments", bench.run(arguments));
        let files = bench.outputs("out");
        assert_eq!(files.len(), 1 + files.iter().filter(|f| f.ends_with(".m4s")).count());
        assert_snapshot!("part", bench.run("pack --manifest none fwdkf.ivf -o out --from 0.5 --to 1.2"));
    });
}

#[test]
fn errors() {
    let bench =
        Bench::with(&["annexb.obu", "hdr10.ivf", "largescale.ivf", "tiles64.ivf", "mono_fragmented.mp4"]);
    let mut broken = bench.read("hdr10.ivf");
    broken.truncate(9000);
    bench.write("cut.ivf", &broken);
    broken[60] ^= 0xff;
    bench.write("broken.ivf", &broken);
    bench.write("script.txt", "no media");
    let fragmented = bench.read("mono_fragmented.mp4");
    let moof = fragmented.windows(4).position(|w| w == b"moof").unwrap() - 4;
    bench.write("1.m4s", &fragmented[moof..]);
    let with_key = format!("--encrypt cbcs --key {KEY}");
    let runs = [
        "pack --manifest none missing.ivf -o out",
        "pack . -o out",
        "pack --manifest none script.txt -o out",
        "pack --manifest none annexb.obu -o out",
        "pack --manifest none annexb.obu -o out --frame-rate 25/0",
        "pack --manifest none largescale.ivf -o out",
        &format!("pack --manifest none tiles64.ivf -o out {with_key}"),
        "pack --manifest none cut.ivf -o out",
        "pack --manifest none broken.ivf -o out",
        "pack 1.m4s -o out",
        "pack --manifest none hdr10.ivf -o out --from 7",
        "pack --manifest none hdr10.ivf -o out --segment-duration soon",
        "pack --manifest none hdr10.ivf -o out --chunk-duration 0",
        "pack --manifest none hdr10.ivf -o out --name a/b",
        "pack --manifest none hdr10.ivf -o hdr10.ivf",
        "pack --manifest none hdr10.ivf - - -o out",
    ];
    let shown: Vec<String> = runs.iter().map(|run| format!("$ cmaf {run}\n{}", bench.run(run))).collect();
    assert_snapshot!("errors", shown.join("\n"));
    assert!(bench.outputs("out").is_empty());
    assert!(!bench.path("out").exists());
}

#[test]
fn key_errors_never_show_a_key() {
    let bench = Bench::with(&["hdr10.ivf"]);
    let (kid, key) = KEY.split_once(':').unwrap();
    let zero = "0".repeat(32);
    bench.write("keys.json", format!(r#"{{"keys":[{{"kid":"{kid}","key":"{key}00"}}]}}"#));
    bench.write("two.json", format!(r#"{{"{kid}":"{key}","ffeeddccbbaa99887766554433221100":"{key}"}}"#));
    let runs = [
        "--encrypt cbcs".to_string(),
        format!("--key {KEY}"),
        format!("--encrypt cbcs --key {kid}:{zero}"),
        format!("--encrypt cbcs --key {zero}:{key}"),
        format!("--encrypt cbcs --key {kid}:{}", &key[..30]),
        format!("--encrypt cbcs --key {key}"),
        format!("--encrypt cbcs --key {KEY} --key {kid}:{}", key.replace('f', "e")),
        "--encrypt cbcs --key-file keys.json".to_string(),
        "--encrypt cbcs --key-file two.json".to_string(),
        "--encrypt cbcs --key-file none.json".to_string(),
        format!("--encrypt cbcs --key {KEY} --iv {}", &IV[..16]),
        format!("--encrypt cbcs --key {KEY} --iv {key}0"),
        format!("--encrypt cenc --key {KEY} --iv 12"),
        format!("--encrypt cbcs --key {KEY} --pattern 2:8"),
        format!("--encrypt cens --key {KEY}"),
        format!("--encrypt rot13 --key {KEY}"),
        format!("--encrypt cbcs {KEY}"),
        format!("--encrypt cbcs --keys {KEY}"),
    ];
    let mut shown = String::new();
    for run in &runs {
        let printed = bench.run(&format!("pack --manifest none hdr10.ivf -o out {run}"));
        for part in key.as_bytes().windows(6) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!printed.contains(part), "{run}: {printed}");
        }
        shown.push_str(&format!("$ {}\n{printed}\n", run.replace(&key[..30], "KEY")));
    }
    assert_snapshot!("key_errors", shown);
    assert!(!bench.path("out").exists());
}

#[test]
fn keys_come_from_everywhere() {
    let bench = Bench::with(&["mono.ivf"]);
    let (kid, key) = KEY.split_once(':').unwrap();
    let json = format!(r#"{{"keys":[{{"kid":"{kid}","key":"{key}"}}]}}"#);
    bench.write("keys.json", &json);
    let arguments = |name: &str| {
        format!("pack --manifest none mono.ivf -o out --quiet --encrypt cbcs --iv {IV} --name {name}")
    };
    bench.succeed(&format!("{} --key {KEY}", arguments("argument")));
    bench.succeed(&format!("{} --key-file keys.json", arguments("file")));
    let output = bench.run_with_input(&format!("{} --key-file -", arguments("stdin")), json.as_bytes());
    assert!(output.status.success(), "{}", describe(&output));
    let output = bench.cmaf(&arguments("variable")).env("CMAF_KEYS", KEY).output().unwrap();
    assert!(output.status.success(), "{}", describe(&output));
    let expected = bench.read("out/argument.mp4");
    for name in ["file", "stdin", "variable"] {
        assert_eq!(bench.read(&format!("out/{name}.mp4")), expected, "{name}");
    }
    // A variable that is set for other work does not get in the way of clear packaging.
    let output = bench
        .cmaf("pack --manifest none mono.ivf -o out --name clear --quiet")
        .env("CMAF_KEYS", KEY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", describe(&output));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let bench = Bench::with(&["fwdkf.ivf"]);
    let options = [
        String::new(),
        format!("--encrypt cbcs --key {KEY} --iv {IV} --drm common"),
        format!("--encrypt cenc --key {KEY} --iv {} --fragment-duration 1", &IV[..16]),
    ];
    for options in &options {
        bench.succeed(&format!("pack --manifest none fwdkf.ivf -o out --name a --force --quiet {options}"));
        bench.succeed(&format!("pack --manifest none fwdkf.ivf -o out --name b --force --quiet {options}"));
        assert_eq!(bench.read("out/a.mp4"), bench.read("out/b.mp4"), "{options}");
    }
    // Without --iv the IVs differ, as they must.
    for name in ["a", "b"] {
        bench.succeed(&format!(
            "pack --manifest none fwdkf.ivf -o out --name {name} --force --quiet --encrypt cenc --key {KEY}"
        ));
    }
    assert_ne!(bench.read("out/a.mp4"), bench.read("out/b.mp4"));
}

#[test]
fn a_pipe_gives_what_the_file_gives() {
    let bench = Bench::with(&["fwdkf.ivf", "annexb.obu", "mono_fragmented.mp4", "hdr10_progressive.mp4"]);
    for (file, options) in [
        ("fwdkf.ivf", ""),
        ("annexb.obu", "--frame-rate 30"),
        ("mono_fragmented.mp4", ""),
        ("hdr10_progressive.mp4", ""),
    ] {
        bench.succeed(&format!("pack --manifest none {file} -o out --force --quiet --name file {options}"));
        let output = bench.run_with_input(
            &format!("pack --manifest none - -o out --force --quiet --name pipe {options}"),
            &bench.read(file),
        );
        assert!(output.status.success(), "{file}: {}", describe(&output));
        assert_eq!(bench.read("out/pipe.mp4"), bench.read("out/file.mp4"), "{file}");
    }
}

#[test]
fn an_init_segment_and_its_media_segments_are_one_input() {
    let bench = Bench::with(&["mono_fragmented.mp4"]);
    let whole = bench.read("mono_fragmented.mp4");
    let moof = whole.windows(4).position(|w| w == b"moof").unwrap() - 4;
    bench.write("init.mp4", &whole[..moof]);
    bench.write("1.m4s", &whole[moof..]);
    bench.succeed("pack --manifest none mono_fragmented.mp4 -o out --quiet --name whole");
    bench.succeed("pack --manifest none init.mp4 1.m4s -o out --quiet --name parts");
    bench.succeed("pack --init init.mp4 1.m4s -o out --quiet --name option");
    assert_eq!(bench.read("out/parts.mp4"), bench.read("out/whole.mp4"));
    assert_eq!(bench.read("out/option.mp4"), bench.read("out/whole.mp4"));
}

#[test]
fn names_that_collide_get_numbers() {
    let bench = Bench::with(&["mono.ivf", "hdr10.ivf"]);
    bench.succeed("pack --manifest none mono.ivf hdr10.ivf mono.ivf -o out --quiet");
    assert_eq!(bench.outputs("out"), ["hdr10.mp4", "mono-1.mp4", "mono-2.mp4"]);
    bench.write("hdr10-1.ivf", bench.read("hdr10.ivf"));
    bench.succeed("pack --manifest none hdr10.ivf hdr10.ivf hdr10-1.ivf -o more --quiet");
    assert_eq!(bench.outputs("more"), ["hdr10-1-2.mp4", "hdr10-1.mp4", "hdr10-2.mp4"]);
}

#[test]
fn one_run_never_uses_an_iv_twice() {
    let bench = Bench::with(&["mono.ivf", "grain.ivf"]);
    let iv = &IV[..16];
    let report = bench.succeed(&format!(
        "pack --manifest none mono.ivf grain.ivf -o out --encrypt cenc --key {KEY} --iv {iv} --json"
    ));
    let report: serde_json::Value = serde_json::from_slice(&report.stdout).unwrap();
    let first = |track: usize| {
        let iv = report["tracks"][track]["encryption"]["iv"].as_str().unwrap();
        u64::from_str_radix(iv, 16).unwrap()
    };
    let samples = report["tracks"][0]["samples"].as_u64().unwrap();
    assert_eq!(first(0), u64::from_str_radix(iv, 16).unwrap());
    assert!(first(1) >= first(0) + samples, "{report}");
}
