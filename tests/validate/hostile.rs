//! Whatever is done to a file: no panic, and no more findings than a person reads.

use std::collections::VecDeque;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use showpack::control::Control;
use showpack::{Input, validate};

/// Places at which a file is cut.
const CUTS: usize = 20;
/// Copies of a file in which bytes are changed.
const FLIPPED: u64 = 200;
/// Most of what large files hold is media data, which costs time and tells nothing new.
const LARGE: usize = 512 << 10;
/// Findings of one rule, and of each of its severities, that are listed.
const LISTED: usize = 3 * 20;

/// All files below a folder, in one order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = VecDeque::from([folder.to_path_buf()]);
    while let Some(folder) = folders.pop_front() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push_back(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A generator of numbers that look random, the same on every run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn check(bytes: Vec<u8>, what: &str) {
    let input = Input::from_bytes("hostile.mp4", bytes);
    let run = || validate::track(&[input], &validate::Options::default(), &Control::new());
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(checked)) => {
            let most = validate::table::RULES.len() * LISTED;
            let count = checked.report.findings.len();
            assert!(count <= most, "{what}: {count} findings");
        }
        // It is no such file.
        Ok(Err(_)) => {}
        Err(_) => panic!("{what}: a panic, see above"),
    }
}

fn torment(path: &Path, numbers: &mut Numbers) {
    let whole = fs::read(path).unwrap();
    let name = path.display();
    if whole.len() > LARGE {
        return check(whole, &format!("{name}"));
    }
    for cut in 0..CUTS {
        let end = whole.len() * cut / CUTS;
        check(whole[..end].to_vec(), &format!("{name} cut at {end}"));
    }
    // Boxes stand at the start of a file, and before the media data of each fragment: the start is hit more often.
    for copy in 0..FLIPPED {
        let mut bytes = whole.clone();
        let reach = if copy % 2 == 0 { bytes.len().min(1500) } else { bytes.len() };
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(reach);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = numbers.next() as u8;
            }
        }
        check(bytes, &format!("{name} changed, copy {copy}"));
    }
    check(whole, &format!("{name}"));
}

#[test]
fn hostile_files_do_no_harm() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")) {
        torment(&path, &mut numbers);
    }
    // What `cmaf pack` makes has more kinds of boxes than its inputs.
    for name in ["av1-segments", "opus", "aac", "xhe-aac", "eac3", "flac", "iamf-cbcs", "wvtt", "stpp"] {
        let files = super::good::good(name);
        let joined: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, joined).unwrap();
        torment(&path, &mut numbers);
    }
    if let Some(corpus) = std::env::var_os("SHOWPACK_CORPUS") {
        for path in files(&Path::new(&corpus).join("media/corrupt")) {
            torment(&path, &mut numbers);
        }
    }
}
