//! The commands of `ttal` but validate, as a user runs them.

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use tempfile::TempDir;

/// A folder in which `ttal` runs; fixtures are copied to it, so that no path of this machine is printed.
struct Bench(TempDir);

impl Bench {
    fn with(fixtures: &[&str]) -> Self {
        let bench = Bench(tempfile::tempdir().unwrap());
        for fixture in fixtures {
            let from = repository().join("fixtures/ttal").join(fixture);
            fs::copy(&from, bench.path(from.file_name().unwrap().to_str().unwrap())).unwrap();
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ttal"));
        command.args(arguments.split_whitespace()).current_dir(self.0.path()).env("COLUMNS", "100");
        command.env_remove("SOURCE_DATE_EPOCH");
        command
    }

    fn run(&self, arguments: &str) -> String {
        shown(&self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &str, input: &[u8]) -> String {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The tool may end without reading it all.
        let _ = child.stdin.take().unwrap().write_all(input);
        shown(&child.wait_with_output().unwrap())
    }

    fn succeed(&self, arguments: &str) {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments}: {}", shown(&output));
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(output: &std::process::Output) -> String {
    common::describe(output).replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn help_of_every_command() {
    let bench = Bench::with(&[]);
    assert_snapshot!("help", bench.run("--help"));
    for verb in ["convert", "show", "derive", "retime", "roundtrip", "new", "fmt"] {
        assert_snapshot!(format!("help_{verb}"), bench.run(&format!("{verb} --help")));
    }
}

#[test]
fn the_walkthrough_of_the_readme_works() {
    let bench = Bench::with(&[]);
    let copied = bench.path("fixtures/ttal/walkthrough");
    fs::create_dir_all(&copied).unwrap();
    for name in ["harbour.srt", "cast.csv"] {
        fs::copy(repository().join("fixtures/ttal/walkthrough").join(name), copied.join(name)).unwrap();
    }
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    let block = readme.split("```ttal\n").nth(1).unwrap().split("```").next().unwrap();
    let lines: Vec<&str> = block.lines().map(|line| line.strip_prefix("ttal ").unwrap()).collect();
    assert_eq!(lines.len(), 5);
    let printed: String = lines.iter().map(|line| format!("$ ttal {line}\n{}\n", bench.run(line))).collect();
    assert_snapshot!("walkthrough", printed);
    assert!(bench.text("studio.dapt").contains("daptm:scriptType=\"preRecording\""));
}

#[test]
fn the_worked_example_in_every_format() {
    let bench = Bench::with(&["harbour.ttal"]);
    for (name, options) in [
        ("harbour.dapt", ""),
        ("harbour.ttml", "--lang en"),
        ("harbour.vtt", "--lang en --notes"),
        ("harbour.srt", "--lang fr --speaker prefix"),
        ("harbour.csv", ""),
        ("both.srt", "--bilingual"),
    ] {
        let printed = bench.run(&format!("convert harbour.ttal {name} --no-lineage {options}"));
        assert_snapshot!(name, format!("{printed}----- {name} -----\n{}", bench.text(name)));
    }
}

#[test]
fn dapt_and_back_gives_the_same_bytes() {
    let bench = Bench::with(&["harbour.ttal"]);
    bench.succeed("fmt harbour.ttal -o a.ttal");
    bench.succeed("convert a.ttal b.dapt --no-lineage");
    bench.succeed("convert b.dapt c.ttal --no-lineage");
    assert_eq!(bench.text("a.ttal"), bench.text("c.ttal"));
    assert_snapshot!("roundtrip", bench.run("roundtrip harbour.ttal b.dapt"));
}

#[test]
fn losses_can_be_reported_and_forbidden() {
    let bench = Bench::with(&["harbour.ttal"]);
    let printed =
        bench.run("convert harbour.ttal out.srt --lang en --report loss.json --fail-on-loss=C-CHAR");
    assert!(!bench.exists("out.srt"));
    assert_snapshot!("fail_on_loss", format!("{printed}----- loss.json -----\n{}", bench.text("loss.json")));
    assert!(
        bench.run("convert harbour.ttal out.srt --lang en --fail-on-loss=C-RUBY").starts_with("exit code: 0")
    );
    assert!(bench.run("convert harbour.ttal any.srt --lang en --fail-on-loss").starts_with("exit code: 1"));
    assert_snapshot!("unknown_loss", bench.run("convert harbour.ttal x.srt --fail-on-loss=C-STILE"));
}

#[test]
fn lineage_is_reproducible() {
    let bench = Bench::with(&["harbour.ttal"]);
    bench.succeed("convert harbour.ttal a.dapt");
    bench.succeed("convert harbour.ttal b.dapt");
    assert_eq!(bench.text("a.dapt"), bench.text("b.dapt"));
    let mut stamped = bench.command("convert harbour.ttal c.ttal");
    assert!(stamped.env("SOURCE_DATE_EPOCH", "1772355600").status().unwrap().success());
    let script: serde_json::Value = serde_json::from_str(&bench.text("c.ttal")).unwrap();
    let step = script["lineage"].as_array().unwrap().last().unwrap();
    assert_eq!(step["at"], "2026-03-01T09:00:00Z");
    assert_eq!(step["stage"], "converted");
    assert_eq!(step["inputs"][0]["sha256"].as_str().unwrap().len(), 64);
    // The hash is over what the script says, so that it is the same for its DAPT form without the new step.
    bench.succeed("convert harbour.ttal plain.dapt --no-lineage");
    bench.succeed("convert plain.dapt d.ttal");
    let other: serde_json::Value = serde_json::from_str(&bench.text("d.ttal")).unwrap();
    assert_eq!(
        other["lineage"].as_array().unwrap().last().unwrap()["inputs"][0]["sha256"],
        step["inputs"][0]["sha256"]
    );
}

#[test]
fn facts_that_are_missing_are_asked_for() {
    let bench = Bench::with(&["walkthrough/harbour.srt", "walkthrough/cast.csv"]);
    assert_snapshot!("facts_missing", bench.run("convert harbour.srt harbour.ttal"));
    assert!(!bench.exists("harbour.ttal"));
    bench.write("facts.toml", "purpose = \"sdh\"\nlang = \"fr\"\nlang-src = \"fr\"\n");
    assert_snapshot!("facts_from_file", bench.run("convert harbour.srt harbour.ttal --defaults facts.toml"));
    // Subtitles to subtitles ask for nothing.
    bench.succeed("convert harbour.srt harbour.vtt");
}

#[test]
fn parts_of_a_script() {
    let bench = Bench::with(&["harbour.ttal"]);
    bench.succeed("convert harbour.ttal forced.srt --lang en --only forced -q");
    assert!(bench.text("forced.srt").contains("Marseilles") && !bench.text("forced.srt").contains("thanks"));
    bench.succeed("convert harbour.ttal lea.srt --lang en --characters LÉA -q");
    assert!(!bench.text("lea.srt").contains("Marseilles"));
    assert_snapshot!("no_such_character", bench.run("convert harbour.ttal x.srt --characters LEO"));
}

#[test]
fn times_move() {
    let bench = Bench::with(&["harbour.ttal"]);
    assert_snapshot!("retime", bench.run("retime --offset -24f --timecodes --no-lineage harbour.ttal"));
    assert_snapshot!("retime_too_far", bench.run("retime --offset -1h harbour.ttal"));
    assert_snapshot!("retime_nothing", bench.run("retime harbour.ttal"));
}

#[test]
fn stages_follow_one_another() {
    let bench = Bench::with(&["harbour.ttal"]);
    assert_snapshot!(
        "derive",
        bench.run("derive --to asRecorded --lang en --audio takes/{event}.wav harbour.ttal")
    );
    assert_snapshot!(
        "derive_wrong_order",
        bench.run("derive --to translatedTranscript --lang de harbour.ttal")
    );
    assert_snapshot!("derive_unknown", bench.run("derive --to asRecord --lang de harbour.ttal"));
}

#[test]
fn new_scripts_are_valid() {
    let bench = Bench::with(&[]);
    let new = "new --document-id urn:example:1 --title Harbour --lang fr --character LÉA";
    assert_snapshot!("new", bench.run(new));
    for options in [
        "--fps 24000/1001",
        "--purpose audioDescription --script-type preRecording",
        "--lang-src en --script-type translatedTranscript",
    ] {
        for name in ["a.ttal", "a.dapt"] {
            bench.succeed(&format!("{new} {options} --force -o {name}"));
            assert!(bench.run(&format!("validate --strict {name}")).starts_with("exit code: 0"), "{options}");
            bench.succeed(&format!("fmt --check {name}"));
        }
    }
}

#[test]
fn show_for_people_and_machines() {
    let bench = Bench::with(&["harbour.ttal"]);
    assert_snapshot!("show", bench.run("show harbour.ttal"));
    assert_snapshot!("show_json", bench.run("show --json harbour.ttal"));
    assert_snapshot!("show_computed", bench.run("show --computed harbour.ttal"));
}

#[test]
fn fmt_says_which_files_are_not_in_order() {
    let bench = Bench::with(&["harbour.ttal"]);
    let one_line = bench.text("harbour.ttal").replace('\n', " ");
    bench.write("long.ttal", &one_line);
    assert_snapshot!("fmt_check", bench.run("fmt --check long.ttal"));
    assert_eq!(bench.text("long.ttal"), one_line);
    bench.succeed("fmt --write long.ttal");
    bench.succeed("fmt --check long.ttal");
}

#[test]
fn pipes_work() {
    let bench = Bench::with(&[]);
    let srt = b"1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i>\n";
    assert_snapshot!("pipe", bench.run_with_input("convert - - --to webvtt", srt));
    assert_snapshot!("pipe_without_format", bench.run_with_input("convert - -", srt));
    assert_snapshot!("pipe_of_nothing", bench.run_with_input("convert - - --to srt", b""));
}

/// DAPT is known by what is in it, whatever its name; and one bad file does not hide the others.
#[test]
fn scripts_of_any_name_and_in_batches() {
    let bench = Bench::with(&["harbour.ttal"]);
    bench.run("convert harbour.ttal harbour.xml --to dapt --no-lineage");
    let text = bench.text("harbour.xml").replace("<body", "<!-- keep me --><body");
    bench.write("harbour.xml", &text);
    bench.write("bad.ttal", "{bad");
    bench.run("fmt harbour.ttal -o tidy.ttal");
    assert_snapshot!("fmt_in_batches", bench.run("fmt --check bad.ttal harbour.xml tidy.ttal"));
    assert_snapshot!("roundtrip_in_batches", bench.run("roundtrip bad.ttal harbour.xml"));
    assert_snapshot!("retime_xml", bench.run("retime --offset 1s harbour.xml -o moved.dapt"));
    assert_snapshot!(
        "derive_placeholder",
        bench.run("derive --to asRecorded --lang en --audio {take}.wav harbour.xml")
    );
    assert_snapshot!("convert_absent_language", bench.run("convert harbour.xml out.srt --lang frr"));
    assert!(!bench.exists("out.srt"));
    let timed = "<tt xmlns=\"http://www.w3.org/ns/ttml\" xml:lang=\"en\"><body><div><p begin=\"soon\" end=\"2s\">a</p></div></body></tt>";
    bench.write("timed.ttml", timed);
    assert_snapshot!(
        "losses_of_reading_fail",
        bench.run("convert timed.ttml out.srt --from imsc --fail-on-loss=C-TIME")
    );
    assert!(!bench.exists("out.srt"));
}

/// Inputs made to break a reader. Each gives one error, in bounded time and memory, and no output.
#[test]
fn hostile_inputs_give_one_error() {
    let bench = Bench::with(&[]);
    let million = 1_000_000;
    let tt = |attributes: &str, inside: &str| {
        format!("<tt xmlns=\"http://www.w3.org/ns/ttml\" xml:lang=\"en\"{attributes}>{inside}</tt>")
    };
    let bomb = "<!DOCTYPE tt [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let head = "{\"ttalVersion\":\"1.0\",\"scriptType\":\"preRecording\",\"scriptRepresents\":[\"audio\"],\"language\":\"en\",\"events\":[";
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("arrays.ttal", format!("{{\"ttalVersion\":{}", "[".repeat(20 * million)).into()),
        ("objects.ttal", format!("{head}{}{{}}]}}", "{},".repeat(6 * million)).into()),
        ("digits.ttal", format!("{{\"ttalVersion\":{}}}", "9".repeat(10 * million)).into()),
        ("nul.ttal", b"{\"ttalVersion\":\"1\0\"}".to_vec()),
        ("surrogate.ttal", br#"{"ttalVersion":"1.0","documentId":"\ud800"}"#.to_vec()),
        ("twice.ttal", br#"{"ttalVersion":"1.0","ttalVersion":"1.0"}"#.to_vec()),
        ("truncated.ttal", format!("{head}{{\"id\":\"e1\",").into()),
        ("version.ttal", head.replace("1.0", "2.0").into_bytes().into_iter().chain(*b"]}").collect()),
        ("latin1.ttal", b"{\"ttalVersion\":\"1.0\",\"documentId\":\"\xe9\"}".to_vec()),
        ("divs.dapt", tt(" xmlns:daptm=\"http://www.w3.org/ns/ttml/profile/dapt#metadata\" daptm:scriptType=\"preRecording\"", &format!("<body>{}", "<div>".repeat(4 * million))).into()),
        ("bomb.ttml", format!("{bomb}{}", tt("", "<body><div><p begin=\"0s\" end=\"1s\">&b;</p></div></body>")).into()),
        ("external.ttml", "<!DOCTYPE tt SYSTEM \"file:///etc/passwd\"><tt xmlns=\"http://www.w3.org/ns/ttml\"/>".into()),
        ("cut.ttml", "<?xml version=\"1.0\"?><tt xmlns=\"http://www.w3.org/ns/ttml\"><body><div><p begin=\"0s\"".into()),
        ("notime.srt", "hello\nworld\n".into()),
        ("empty.vtt", Vec::new()),
        ("binary.srt", (0..=255).cycle().take(100_000).collect()),
    ];
    let mut printed = String::new();
    for (name, bytes) in cases {
        bench.write(name, &bytes);
        let output = bench.command(&format!("convert {name} out.vtt")).output().unwrap();
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(errors.lines().filter(|line| line.starts_with("error:")).count(), 1, "{name}: {errors}");
        assert!(!bench.exists("out.vtt"), "{name}");
        assert_eq!(fs::read(bench.path(name)).unwrap(), bytes, "{name}");
        printed.push_str(&format!("{name}: exit {}: {errors}", output.status.code().unwrap()));
        // Validation goes on behind what conversion stops at, but not without end.
        if name.ends_with(".ttal") || name.ends_with(".dapt") {
            let output = bench.command(&format!("validate {name}")).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{name}");
            assert!(output.stdout.len() < 2_000, "{name}");
        }
    }
    assert_snapshot!("hostile", printed);
}
