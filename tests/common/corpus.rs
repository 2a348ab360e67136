//! The larger test media, which is not part of the crate, and programs that may be missing.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Says that a test is skipped; fails where `REQUIRE_TOOLS=1` asks for everything.
pub fn skip(missing: &str) {
    assert!(env::var_os("REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{missing} is missing");
    println!("skipped: {missing} is missing");
}

/// The folder of media: that of `SHOWPACK_CORPUS`, else of `../shared/corpus`.
pub fn media() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let media = env::var_os("SHOWPACK_CORPUS").map_or_else(beside, PathBuf::from).join("media");
    if media.is_dir() {
        return Some(media);
    }
    skip("the corpus");
    None
}

/// All files below a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries.into_iter().flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
