//! `cmaf decrypt` and `cmaf extract`, as a user runs them.

mod common;

use common::{Bench, IV, KEY, describe};
use insta::assert_snapshot;

/// Packs a fixture clear and encrypted under each scheme.
fn packed(fixture: &str, options: &str) -> Bench {
    let bench = Bench::with(&[fixture]);
    for (name, encryption) in [
        ("clear", String::new()),
        ("cbcs", format!("--encrypt cbcs --key {KEY} --iv {IV} --drm common")),
        ("full", format!("--encrypt cbcs --key {KEY} --iv {IV} --pattern 10:0")),
        ("cenc", format!("--encrypt cenc --key {KEY} --iv {}", &IV[..16])),
        ("long", format!("--encrypt cenc --key {KEY} --iv {IV}")),
    ] {
        bench.succeed(&format!(
            "pack --manifest none {fixture} -o in --quiet --name {name} {options} {encryption}"
        ));
    }
    bench
}

/// A file without its `sidx`, whose sizes encryption changes; everything else must be the same.
fn without_index(mut file: Vec<u8>) -> Vec<u8> {
    let at = file.windows(4).position(|w| w == b"sidx").unwrap() - 4;
    let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    file.drain(at..at + size);
    file
}

#[test]
fn what_was_packed_clear_comes_back() {
    for (fixture, options) in [
        ("fwdkf.ivf", "--fragment-duration 1 --chunk-duration 0.3"),
        ("tinytiles.ivf", ""),
        ("p444_12.ivf", "--fragment-duration 0.2"),
    ] {
        let bench = Bench::with(&[fixture]);
        bench.succeed(&format!("pack --manifest none {fixture} -o in --quiet --name clear {options}"));
        let clear = bench.read("in/clear.mp4");
        for encryption in [
            format!("--encrypt cenc --key {KEY} --drm common"),
            format!("--encrypt cenc --key {KEY} --iv {IV}"),
            format!("--encrypt cbcs --key {KEY}"),
            format!("--encrypt cbcs --key {KEY} --pattern 5:5"),
        ] {
            let packed = bench
                .cmaf(&format!(
                    "pack --manifest none {fixture} -o in --name e --force {options} {encryption}"
                ))
                .output();
            let packed = packed.unwrap();
            if !packed.status.success() {
                assert_eq!(fixture, "tinytiles.ivf", "{}", describe(&packed));
                continue;
            }
            bench.succeed(&format!("decrypt in/e.mp4 -o back.mp4 --force --key {KEY}"));
            let back = bench.read("back.mp4");
            assert!(without_index(back) == without_index(clear.clone()), "{fixture} {options} {encryption}");
        }
    }
}

#[test]
fn reports() {
    let bench = packed("mono.ivf", "--fragment-duration 0.5");
    assert_snapshot!("help", bench.run("decrypt --help"));
    assert_snapshot!("text", bench.run(&format!("decrypt in/cbcs.mp4 -o a.mp4 --key {KEY}")));
    assert_snapshot!("json", bench.run(&format!("decrypt in/cenc.mp4 -o b.mp4 --key {KEY} --json")));
    assert_snapshot!("clear", bench.run("decrypt in/clear.mp4 -o c.mp4"));
    assert!(bench.read("c.mp4") == bench.read("in/clear.mp4"));
}

#[test]
fn errors_leave_no_output() {
    let bench = packed("odd_23976.ivf", "");
    let wrong = KEY.replace("0123", "3210");
    let mut cut = bench.read("in/cbcs.mp4");
    cut.truncate(cut.len() - 100);
    bench.write("cut.mp4", &cut);
    let runs = [
        "decrypt in/cbcs.mp4 -o out.mp4".to_string(),
        format!("decrypt in/cenc.mp4 -o out.mp4 --key {wrong}"),
        format!("decrypt odd_23976.ivf -o out.mp4 --key {KEY}"),
        format!("decrypt cut.mp4 -o out.mp4 --key {KEY}"),
        format!("decrypt in/cbcs.mp4 -o in/clear.mp4 --key {KEY}"),
        "extract in/cbcs.mp4 -o out.obu".to_string(),
        format!("extract in/cbcs.mp4 -o out.mkv --key {KEY}"),
        format!("extract in/clear.mp4 -o out.obu --track 2 --key {KEY}"),
    ];
    let shown: Vec<String> = runs
        .iter()
        .map(|run| {
            format!(
                "$ cmaf {}\n{}",
                run.replace(&KEY[33..], "KEY").replace(&wrong[33..], "WRONG"),
                bench.run(run)
            )
        })
        .collect();
    assert_snapshot!("errors", shown.join("\n"));
    assert!(!bench.path("out.mp4").exists() && !bench.path("out.obu").exists());
}

#[test]
fn segments_are_decrypted_one_by_one() {
    let bench = Bench::with(&["fwdkf.ivf"]);
    let layout = "--layout segments --segment-duration 1 --quiet";
    bench.succeed(&format!("pack --manifest none fwdkf.ivf -o in --name clear {layout}"));
    bench.succeed(&format!(
        "pack --manifest none fwdkf.ivf -o in --name e {layout} --encrypt cenc --key {KEY}"
    ));
    bench.succeed("decrypt in/e/init.mp4 -o init.mp4");
    assert!(bench.read("init.mp4") == bench.read("in/clear/init.mp4"));
    for name in ["1.m4s", "2.m4s"] {
        bench.succeed(&format!("decrypt in/e/{name} --init in/e/init.mp4 -o {name} --key {KEY}"));
        assert!(bench.read(name) == bench.read(&format!("in/clear/{name}")), "{name}");
    }
    let alone = bench.run(&format!("decrypt in/e/1.m4s -o alone.m4s --key {KEY}"));
    assert!(alone.starts_with("exit code: 3") && alone.contains("--init"), "{alone}");
}

#[test]
fn streams_come_out_in_every_framing() {
    let bench = packed("hdr10.ivf", "--fragment-duration 0.4");
    assert_snapshot!("extract_help", bench.run("extract --help"));
    for (name, arguments) in [
        ("clear.obu", "extract in/clear.mp4"),
        ("cbcs.obu", &format!("extract in/cbcs.mp4 --key {KEY}")),
        ("long.obu", &format!("extract in/long.mp4 --key {KEY}")),
        ("full.obu", &format!("extract in/full.mp4 --key {KEY}")),
        ("ivf.obu", "extract hdr10.ivf"),
    ] {
        bench.succeed(&format!("{arguments} -o {name}"));
        assert!(bench.read(name) == bench.read("clear.obu"), "{name}");
    }
    // Through the other framings and back.
    for (name, options) in [("x.ivf", ""), ("x.av1b", "--frame-rate 30"), ("y.obu", "--annexb")] {
        bench.succeed(&format!(
            "extract in/clear.mp4 -o {name} --force {}",
            if name == "y.obu" { options } else { "" }
        ));
        bench.succeed(&format!("extract {name} -o back.obu --force"));
        assert!(bench.read("back.obu") == bench.read("clear.obu"), "{name}");
    }
    // IVF keeps the times.
    bench.succeed("pack --manifest none x.ivf -o again --quiet --name clear --fragment-duration 0.4");
    assert!(bench.read("again/clear.mp4") == bench.read("in/clear.mp4"));
}
