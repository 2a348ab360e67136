//! Runs the tools as a user does, each test in a folder of its own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A key ID and a key for tests.
pub const KEY: &str = "00112233445566778899aabbccddeeff:0123456789abcdeffedcba9876543210";
/// An IV for tests under `cbcs`.
pub const IV: &str = "f0e0d0c0b0a090807060504030201000";

/// A folder in which `cmaf` runs; fixtures are copied to it, so that no path of this machine is printed.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A folder with these fixtures, named as under `fixtures/av1`.
    pub fn with(fixtures: &[&str]) -> Self {
        let bench = Bench { folder: tempfile::tempdir().unwrap() };
        for name in fixtures {
            fs::copy(fixture(name), bench.path(name)).unwrap();
        }
        bench
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The bytes of a file in the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Puts a file into the folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// All files below the folder but the fixtures, sorted, hidden ones included.
    pub fn outputs(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.path(folder), "", &mut found);
        found.sort();
        found
    }

    /// Holds what `cmaf pack` wrote to the rules: no test packs what breaks one.
    fn validate(&self, arguments: &str, output: &Output) {
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let at = |word: &str| words.iter().position(|known| *known == word);
        let Some(folder) = at("-o").and_then(|place| words.get(place + 1)) else { return };
        if words.first() != Some(&"pack") || !output.status.success() || at("--dry-run").is_some() {
            return;
        }
        let checked = self.cmaf(&format!("validate {folder} --quiet")).output().unwrap();
        assert!(checked.status.success(), "{arguments}: {}", describe(&checked));
    }

    /// `cmaf` with these arguments, split at spaces.
    pub fn cmaf(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmaf"));
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command.env_remove("CMAF_KEYS").env("COLUMNS", "100");
        command
    }

    /// Runs it and describes what it printed and returned.
    pub fn run(&self, arguments: &str) -> String {
        let output = self.cmaf(arguments).output().unwrap();
        self.validate(arguments, &output);
        describe(&output)
    }

    /// Runs one after the other, and puts what [`Bench::run`] gives behind each line.
    pub fn transcript(&self, lines: &[&str]) -> String {
        lines.iter().map(|line| format!("$ cmaf {line}\n{}\n", self.run(line))).collect()
    }

    /// Runs it with bytes on standard input.
    pub fn run_with_input(&self, arguments: &str, input: &[u8]) -> Output {
        let mut command = self.cmaf(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The tool may end without reading it all.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs it, and fails the test unless it succeeds.
    pub fn succeed(&self, arguments: &str) -> Output {
        let output = self.cmaf(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", describe(&output));
        self.validate(arguments, &output);
        output
    }
}

/// A file under `fixtures/av1`.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/av1").join(name)
}

/// Exit code, standard output and standard error, as a snapshot shows them.
pub fn describe(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().map_or_else(|| "none".to_string(), |code| code.to_string());
    let mut shown = format!("exit code: {code}\n");
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            shown.push_str(&format!("----- {name} -----\n{}", text(bytes)));
        }
    }
    shown
}

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}
