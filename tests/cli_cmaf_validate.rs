//! `cmaf validate` and `cmaf explain` as a user runs them.

mod common;

use std::fs;

use common::Bench;
use insta::assert_snapshot;

/// A presentation, and a track in which the last bytes are missing and the index says another time.
fn bench() -> Bench {
    let bench = Bench::with(&["odd_23976.ivf"]);
    bench.succeed("pack odd_23976.ivf -o good --quiet");
    let mut broken = bench.read("good/odd_23976.mp4");
    let index = broken.windows(4).position(|kind| kind == b"sidx").unwrap();
    // subsegment_duration of the first reference of version 0.
    broken[index + 4 + 4 + 8 + 8 + 4 + 4 + 3] ^= 0x40;
    broken.truncate(broken.len() - 10);
    bench.write("broken.mp4", &broken);
    bench.write("notes.txt", "no media");
    bench
}

#[test]
fn help() {
    let bench = Bench::with(&[]);
    assert_snapshot!("help", bench.run("validate --help"));
    assert_snapshot!("explain_help", bench.run("explain --help"));
    assert_snapshot!("explain", bench.run("explain enc-11"));
    assert_snapshot!("explain_errors", bench.transcript(&["explain ENC-99", "explain ENC"]));
}

#[test]
fn all_formats() {
    let bench = bench();
    for format in ["text", "json", "sarif", "junit", "github"] {
        let shown = bench.run(&format!("validate broken.mp4 --select ISO --format {format}"));
        assert_snapshot!(format, shown.replace(env!("CARGO_PKG_VERSION"), "[version]"));
    }
}

#[test]
fn targets_and_exit_codes() {
    let bench = bench();
    assert_snapshot!(
        "targets",
        bench.transcript(&[
            "validate good",
            "validate good/manifest.mpd good/main.m3u8",
            "validate good/odd_23976.mp4 --ignore AV1-19 --strict",
            "validate good/odd_23976.mp4 --strict",
            "validate broken.mp4 --select CMF --profile av1",
            "validate notes.txt",
            "validate missing.mp4",
            "validate good --select XYZ",
            "validate",
            "validate good/odd_23976.mp4 --html notes.txt",
        ])
    );
}

#[test]
fn a_page() {
    let bench = bench();
    bench.run("validate broken.mp4 good --html report.html");
    // The same again replaces it.
    bench.run("validate broken.mp4 good --html report.html");
    let page = fs::read_to_string(bench.path("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("id=\"finding-0-0\""));
    for outside in ["http:", "https:", "<script", "src=", "url("] {
        assert!(!page.contains(outside), "{outside} in the page");
    }
    // Well-formed but for the doctype and what HTML leaves open.
    for id in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{id}\"")), "nothing has the name {id}");
    }
    let body = page.split_once("<body>").unwrap().1.replace("><", ">\n<");
    assert_snapshot!("page", body.replace(env!("CARGO_PKG_VERSION"), "[version]"));
}

#[test]
fn pack_verifies() {
    let bench = Bench::with(&["fwdkf.ivf"]);
    assert_snapshot!("verify", bench.run("pack fwdkf.ivf -o out --verify --quiet"));
}
