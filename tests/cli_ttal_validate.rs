//! `ttal validate`, `explain` and `schema`, as a user runs them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;
use tempfile::TempDir;

/// A folder with fixtures of rules, each under a name of its own.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/rules");
    for (fixture, name) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(fixtures.join(fixture), path).unwrap();
    }
    folder
}

/// Exit code, standard output and standard error.
fn run_with(folder: &TempDir, arguments: &str, input: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ttal"));
    command.args(arguments.split_whitespace()).current_dir(folder.path()).env("COLUMNS", "100");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.unwrap_or("").as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    format!(
        "exit {}\n{}{}",
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr).lines().map(|line| format!("! {line}\n")).collect::<String>()
    )
}

fn run(folder: &TempDir, arguments: &str) -> String {
    run_with(folder, arguments, None)
}

fn code(folder: &TempDir, arguments: &str) -> String {
    run(folder, arguments).lines().next().unwrap().to_string()
}

fn two() -> TempDir {
    folder(&[
        ("base.ttal", "good.ttal"),
        ("D-10-onscreen-maybe.ttal", "bad.ttal"),
        ("S-08-onscreen-misspelt.ttal", "key.ttal"),
    ])
}

#[test]
fn help() {
    assert_snapshot!("help", run(&folder(&[]), "validate --help"));
}

#[test]
fn parents_are_compared_with_lineage() {
    let folder = folder(&[("base.ttal", "parent.ttal")]);
    let parent = fs::read_to_string(folder.path().join("parent.ttal")).unwrap();
    let derive = "derive --to asRecorded --lang en --prefill parent.ttal -o child.ttal";
    assert_eq!(code(&folder, derive), "exit 0");
    let validate = "validate --select LN-03 --parent parent.ttal child.ttal";
    assert_snapshot!("parent_is_the_one", run(&folder, validate));
    // An earlier revision is an input as well.
    let again = "convert child.ttal grandchild.ttal";
    assert_eq!(code(&folder, again), "exit 0");
    assert_eq!(
        code(
            &folder,
            "validate --strict --select LN-03 --parent parent.ttal --parent child.ttal grandchild.ttal"
        ),
        "exit 0"
    );
    // The same script in another spelling is the same script.
    fs::write(folder.path().join("parent.ttal"), parent.replace('\n', " ")).unwrap();
    assert_eq!(code(&folder, validate), "exit 0");
    fs::write(folder.path().join("parent.ttal"), parent.replace("A. Martin", "B. Martin")).unwrap();
    assert_snapshot!("parent_is_another", run(&folder, &validate.replace("--select", "--strict --select")));
    assert_eq!(code(&folder, "validate --parent nowhere.ttal child.ttal"), "exit 4");
}

#[test]
fn formats() {
    let folder = two();
    for format in ["text", "json", "sarif", "junit", "github"] {
        let output = run(&folder, &format!("validate --format {format} good.ttal bad.ttal key.ttal"));
        // SARIF tells all rules; what matters here is behind them.
        let output = match output.find("\"results\"").filter(|_| format == "sarif") {
            Some(results) => output[results..].to_string(),
            None => output,
        };
        assert_snapshot!(format!("format_{format}"), output);
    }
    assert_eq!(run(&folder, "validate --json bad.ttal"), run(&folder, "validate --format json bad.ttal"));
}

#[test]
fn exit_codes() {
    let folder = two();
    assert_eq!(code(&folder, "validate good.ttal"), "exit 0");
    assert_eq!(code(&folder, "validate key.ttal"), "exit 0");
    assert_eq!(code(&folder, "validate --strict key.ttal"), "exit 1");
    assert_eq!(code(&folder, "validate bad.ttal"), "exit 1");
    assert_eq!(code(&folder, "validate --ignore D-10 bad.ttal"), "exit 0");
    assert_eq!(code(&folder, "validate --select T,L bad.ttal"), "exit 0");
    assert_eq!(code(&folder, "validate --select D-99 bad.ttal"), "exit 2");
    assert_eq!(code(&folder, "validate --suite other bad.ttal"), "exit 2");
    assert_eq!(code(&folder, "validate"), "exit 2");
    assert_eq!(code(&folder, "validate - -"), "exit 2");
    assert_eq!(code(&folder, "validate none*.ttal"), "exit 2");
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    assert_snapshot!("unreadable", run(&two(), "validate none.ttal bad.ttal"));
    for format in ["json", "junit", "github"] {
        let output = run(&two(), &format!("validate --format {format} none.ttal good.ttal"));
        assert_snapshot!(format!("unreadable_{format}"), output);
    }
    let sarif = run(&two(), "validate --format sarif none.ttal good.ttal");
    let from = sarif.find("\"invocations\"").unwrap();
    assert_snapshot!("unreadable_sarif", &sarif[from..]);
}

#[test]
fn standard_input_and_broken_input() {
    let folder = two();
    let base = fs::read_to_string(folder.path().join("bad.ttal")).unwrap();
    assert_snapshot!("standard_input", run_with(&folder, "validate -", Some(&base)));
    assert_snapshot!(
        "not_json",
        run_with(&folder, "validate -", Some("{\"ttalVersion\": \"1.0\",\n  \"events\": [}"))
    );
}

#[test]
fn folders_and_patterns() {
    let folder = folder(&[
        ("base.ttal", "a/1.ttal"),
        ("D-10-onscreen-maybe.ttal", "a/deep/2.json"),
        ("D-24-time-container-seq.xml", "a/deep/3.xml"),
        ("base.ttal", "a/.hidden/4.ttal"),
    ]);
    fs::write(folder.path().join("a/other.json"), "{\"no\": \"script\"}").unwrap();
    fs::write(folder.path().join("a/other.xml"), "<html/>").unwrap();
    let output = run(&folder, "validate a");
    assert!(output.contains("3 files: 2 errors in 2 files"), "{output}");
    let (json, xml) = (output.find("2.json").unwrap(), output.find("3.xml").unwrap());
    assert!(json < xml, "{output}");
    let output = run(&folder, "validate a/*.ttal a/**/*.xml");
    assert!(output.contains("3 files: 2 errors"), "a pattern takes what it names: {output}");
}

#[test]
fn rules_are_explained() {
    let folder = folder(&[]);
    assert_snapshot!("explain", run(&folder, "explain d-10"));
    assert_snapshot!("explain_all", run(&folder, "explain"));
    assert_snapshot!("explain_unknown", run(&folder, "explain D-100"));
}

#[test]
fn the_schema_is_printed() {
    let output = run(&folder(&[]), "schema");
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/ttal/ttal-1.0.schema.json");
    let published = fs::read_to_string(published).unwrap().replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_eq!(output, format!("exit 0\n{published}"));
}
