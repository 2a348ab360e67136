//! Scripts on the way between TTAL and DAPT: nothing is lost that is not said to be lost.

#[path = "common/scripts.rs"]
mod scripts;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use showpack::findings::Severity;
use showpack::formats::{Losses, Notes, WriteOptions, dapt};
use showpack::ttal::model::Script;
use showpack::ttal::normal::{canonical_json, model_equal};
use showpack::ttal::roundtrip;
use showpack::ttal::rules::Remarks;
use showpack::ttal::source::{Decoding, Source};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/dapt").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn source(path: &Path) -> Source {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Source::decode(name, std::fs::read(path).unwrap(), Decoding::Strict).unwrap()
}

fn parse(source: &Source) -> (Option<Script>, Remarks) {
    let (mut remarks, mut notes) = (Remarks::default(), Notes::default());
    (dapt::parse(source, &mut remarks, &mut notes), remarks)
}

fn write(script: &Script) -> showpack::error::Result<String> {
    let mut bytes = Vec::new();
    dapt::write(script, &WriteOptions::default(), &mut Losses::default(), &mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn valid_documents_come_back_as_they_were() {
    let files = files("valid");
    assert_eq!(files.len(), 25);
    for path in files {
        let source = source(&path);
        let (script, remarks) = parse(&source);
        assert!(script.is_some(), "{}", source.name());
        let errors: Vec<_> = remarks.iter().filter(|r| r.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", source.name());
        let trip = roundtrip::check(&source).unwrap();
        assert_eq!(trip.differences, [], "{}", source.name());
    }
}

#[test]
fn invalid_documents_are_read_as_far_as_they_go() {
    let files = files("invalid");
    assert_eq!(files.len(), 34);
    let mut seen = String::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(source) = Source::decode(name.clone(), std::fs::read(&path).unwrap(), Decoding::Strict) else {
            seen.push_str(&format!("{name}: not UTF-8\n"));
            continue;
        };
        let (script, remarks) = parse(&source);
        let rules: Vec<&str> =
            remarks.iter().filter(|r| r.severity == Severity::Error).map(|r| r.rule.id).collect();
        seen.push_str(&format!(
            "{name}: {} {}\n",
            if script.is_some() { "read" } else { "refused" },
            rules.join(" ")
        ));
        if script.is_some() {
            assert_eq!(roundtrip::check(&source).unwrap().differences, [], "{name}");
        }
    }
    insta::assert_snapshot!(seen);
}

#[test]
fn the_worked_example_as_dapt() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/harbour.ttal");
    let source = source(&path);
    let trip = roundtrip::check(&source).unwrap();
    assert_eq!(trip.differences, []);
    assert!(trip.losses.is_empty());
    let script: Script = roundtrip::read(&source).unwrap();
    let text = write(&script).unwrap();
    insta::assert_snapshot!(text);
    let (back, remarks) = parse(&Source::from_text("harbour.dapt", text.as_str()));
    assert!(remarks.is_empty(), "{remarks:?}");
    assert_eq!(write(&back.unwrap()).unwrap(), text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_script_survives_dapt(case in scripts::script()) {
        let script = case.0;
        let text = write(&script).unwrap();
        let source = Source::from_text("a.dapt", text.as_str());
        let (back, remarks) = parse(&source);
        prop_assert!(back.is_some(), "{remarks:?}\n{text}");
        let back = back.unwrap();
        if let Err(differences) = model_equal(&script, &back) {
            return Err(TestCaseError::fail(format!("{differences:#?}\n{text}")));
        }
        let (a, b) = (canonical_json(&script, false), canonical_json(&back, false));
        prop_assert_eq!(String::from_utf8_lossy(&a), String::from_utf8_lossy(&b));
        // Attributes may change their order once.
        let again = write(&back).unwrap();
        let (back, _) = parse(&Source::from_text("a.dapt", again.as_str()));
        prop_assert_eq!(write(&back.unwrap()).unwrap(), again);
    }

    #[test]
    fn any_script_survives_json(case in scripts::script()) {
        let script = case.0;
        let json = serde_json::to_string_pretty(&script).unwrap();
        let source = Source::from_text("a.ttal", json);
        let read = roundtrip::read(&source).unwrap();
        prop_assert!(model_equal(&script, &read).is_ok());
        prop_assert_eq!(roundtrip::check(&source).unwrap().differences, []);
    }

    #[test]
    fn nothing_makes_the_reader_panic(text in "(<(tt|div|p|span|metadata|audio|/p)( [a-z:]{1,5}=\"[^\"]{0,5}\")*/?>|[a-z<&\"]){0,40}") {
        let _ = parse(&Source::from_text("a", text));
    }
}

/// Run with `--ignored` to see how long 100,000 events take.
#[test]
#[ignore = "measures"]
fn speed_of_100_000_events() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/harbour.ttal");
    let mut script = roundtrip::read(&source(&path)).unwrap();
    let events: Vec<_> = script.events.iter().cloned().collect();
    script.events = (0..100_000)
        .map(|at| {
            let mut event = events[at % 2].clone();
            event.id = format!("x{at}").into();
            event.texts.iter_mut().for_each(|text| text.id = None);
            event
        })
        .collect();
    let start = std::time::Instant::now();
    let text = write(&script).unwrap();
    println!("write {:?}, {} bytes", start.elapsed(), text.len());
    let start = std::time::Instant::now();
    let (back, _) = parse(&Source::from_text("a", text));
    println!("read {:?}", start.elapsed());
    let start = std::time::Instant::now();
    model_equal(&script, &back.unwrap()).unwrap();
    println!("compare {:?}", start.elapsed());
    let start = std::time::Instant::now();
    println!("{} {:?}", showpack::ttal::normal::sha256(&script), start.elapsed());
}
