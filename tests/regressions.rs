//! Files that once broke something, named by their defect: every tool must end with a value or an error, and soon.

mod common;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Bench, KEY, describe};

#[test]
fn files_that_broke_something_do_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/regressions");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bench = Bench::with(&[]);
        bench.write("input", fs::read(&path).unwrap());
        let commands = [
            "inspect input".to_string(),
            "inspect --boxes input".to_string(),
            "inspect --samples input".to_string(),
            "inspect --obus --json input".to_string(),
            format!("decrypt input -o clear.mp4 --key {KEY}"),
            "extract input -o stream.obu".to_string(),
            "pack input -o out --frame-rate 25".to_string(),
            format!("pack input -o out2 --frame-rate 25 --encrypt cenc --key {KEY}"),
        ];
        for command in commands {
            let begun = Instant::now();
            let output = bench.cmaf(&command).output().unwrap();
            let shown = format!("{} {command}: {}", path.display(), describe(&output));
            assert!(matches!(output.status.code(), Some(0 | 2 | 3)), "{shown}");
            // Far more than any of them needs, far less than an endless loop takes.
            assert!(begun.elapsed() < Duration::from_secs(20), "{shown}");
        }
    }
}
