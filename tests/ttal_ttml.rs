//! TTML read and IMSC written: fixtures, round trips, and everything in the corpus.

#[path = "common/corpus.rs"]
mod corpus;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use proptest::prelude::*;
use showpack::formats::{self, Format, Losses, Notes, ReadOptions, RegionChoice, WriteOptions};
use showpack::ttal::computed::Context;
use showpack::ttal::model::{Attributes, Content, Event, Node, Script, Span, Text, Time};
use showpack::ttal::source::{Decoding, Source};
use showpack::ttal::time::MediaTime;

fn format(name: &str) -> &'static Format {
    formats::by_name(name).unwrap()
}

fn read(source: &Source, notes: &mut Notes) -> showpack::error::Result<Script> {
    (format("ttml").read.unwrap())(source, &ReadOptions::default(), notes)
}

fn write(script: &Script, options: &WriteOptions) -> (String, Losses) {
    let (mut out, mut losses) = (Vec::new(), Losses::default());
    (format("imsc").write.unwrap())(script, options, &mut losses, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), losses)
}

/// What is written, read again.
fn again(script: &Script) -> Script {
    let (text, _) = write(script, &WriteOptions::default());
    read(&Source::from_text("again.ttml", text), &mut Notes::default()).unwrap()
}

/// What a reader makes of a fixture: the script, and what it noted.
fn told(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/ttml").join(name);
    let source = Source::decode(name, fs::read(path).unwrap(), Decoding::Guess).unwrap();
    assert!((format("ttml").probe)(source.text()), "{name}");
    let mut notes = Notes::default();
    let mut told = match read(&source, &mut notes) {
        Ok(script) => serde_json::to_string_pretty(&script).unwrap(),
        Err(error) => return error.to_string(),
    };
    for note in &notes.notes {
        let (line, column) = source.line_column(note.offset.unwrap());
        write!(told, "\n{line}:{column}: {}", note.message).unwrap();
    }
    for loss in notes.losses.report() {
        write!(told, "\n{} {}: {}", loss.code, loss.count, loss.detail).unwrap();
    }
    told
}

#[test]
fn fixtures_say_what_they_should() {
    for name in [
        "nested-times.ttml",
        "sequence.ttml",
        "drop-frame.ttml",
        "frames.ttml",
        "styles-come-down.ttml",
        "white-space.ttml",
        "inline.ttml",
        "people.ttml",
        "draft-namespace.dfxp",
        "clock.ttml",
        "outside.ttml",
        "images.ttml",
        "end-tag-missing.ttml",
    ] {
        assert_snapshot!(name.split('.').next().unwrap(), told(name));
    }
}

#[test]
fn fixtures_are_written_as_imsc() {
    for name in ["styles-come-down.ttml", "inline.ttml", "people.ttml", "frames.ttml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/ttml").join(name);
        let source = Source::decode(name, fs::read(path).unwrap(), Decoding::Guess).unwrap();
        let script = read(&source, &mut Notes::default()).unwrap();
        let (text, losses) = write(&script, &WriteOptions::default());
        let report: String =
            losses.report().iter().map(|l| format!("{} {}: {}\n", l.code, l.count, l.detail)).collect();
        assert_snapshot!(format!("imsc_{}", name.split('.').next().unwrap()), format!("{text}{report}"));
    }
}

#[test]
fn bytes_of_utf16_are_read() {
    let text = "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-16\"?><tt xmlns=\"http://www.w3.org/ns/ttml\"><body><div><p begin=\"1s\" end=\"2s\">é</p></div></body></tt>";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let source = Source::decode("a.ttml", bytes, Decoding::Guess).unwrap();
    let script = read(&source, &mut Notes::default()).unwrap();
    assert_eq!(script.events[0].texts[0].content.plain_text(), "é");
}

#[test]
fn regions_are_those_asked_for() {
    let script = plain(&[(0, 1000, vec![("Words".into(), false)])]);
    for (choice, id) in [
        (RegionChoice::Authored, "bottom"),
        (RegionChoice::Top, "top"),
        (RegionChoice::Middle, "middle"),
        (RegionChoice::Left, "left"),
        (RegionChoice::Right, "right"),
    ] {
        let (text, _) = write(&script, &WriteOptions { region: choice, ..WriteOptions::default() });
        assert!(
            text.contains(&format!("<region xml:id=\"{id}\"")) && text.contains(&format!("region=\"{id}\""))
        );
    }
}

/// Begin and end in milliseconds, and words that are italic or not.
type PlainCue = (i64, i64, Vec<(String, bool)>);

fn plain(cues: &[PlainCue]) -> Script {
    let events = cues.iter().enumerate().map(|(at, (begin, length, runs))| {
        let nodes = runs.iter().map(|(words, italic)| match italic {
            false => Node::Run(words.as_str().into()),
            true => {
                let mut styling = Attributes::default();
                styling.set("tts:fontStyle", "italic");
                let content = [Node::Run(words.as_str().into())].into_iter().collect();
                Node::Span(Box::new(Span { content, styling, ..Span::default() }))
            }
        });
        let mut content = Content(nodes.collect());
        content.normalize();
        let time = |ms| Some(Time::clock(MediaTime::from_milliseconds(ms)));
        Event {
            id: format!("s{at}").into(),
            begin: time(*begin),
            end: time(begin + length),
            texts: [Text { content, ..Text::default() }].into_iter().collect(),
            ..Event::default()
        }
    });
    Script {
        version: "1.0".into(),
        language: Some("en".into()),
        events: events.collect(),
        ..Script::default()
    }
}

/// Words with a mark where italics begin and end, and absolute times.
fn essence(script: &Script) -> Vec<(MediaTime, Option<MediaTime>, String)> {
    fn words(nodes: &[Node], text: &mut String) {
        for node in nodes {
            match node {
                Node::Run(run) => text.push_str(run),
                Node::Break(_) => text.push('\n'),
                Node::Span(span) if span.styling.get("tts:fontStyle") == Some("italic") => {
                    text.push('\u{1}');
                    words(&span.content, text);
                    text.push('\u{2}');
                }
                Node::Span(span) => words(&span.content, text),
                Node::Ruby(node) => words(&node.ruby.base, text),
                Node::Cue(cue) => text.push_str(&cue.text),
            }
        }
    }
    let context = Context::new(script);
    let tell = |event: &Event| {
        let computed = context.event(event);
        let mut text = String::new();
        event.texts.iter().for_each(|t| words(&t.content.0, &mut text));
        (computed.begin, computed.end, text)
    };
    script.events.iter().map(tell).collect()
}

proptest! {
    #[test]
    fn scripts_come_back(cues in prop::collection::vec(
        (0i64..86_400_000, 1i64..10_000, prop::collection::vec(("[a-zA-Zé&<>\"' \n]{0,12}[a-z東😀]", any::<bool>()), 1..4)),
        0..12,
    )) {
        let script = plain(&cues);
        let back = again(&script);
        prop_assert_eq!(essence(&script), essence(&back));
        prop_assert_eq!(essence(&back), essence(&again(&back)));
        prop_assert_eq!(write(&back, &WriteOptions::default()).0, write(&again(&back), &WriteOptions::default()).0);
    }
}

/// The folder of texts of the corpus.
fn texts() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = env::var_os("SHOWPACK_CORPUS").map_or_else(beside, PathBuf::from).join("text");
    if !folder.is_dir() {
        corpus::skip("the corpus");
        return None;
    }
    Some(folder)
}

#[test]
fn the_corpus_is_read_and_comes_back() {
    let Some(folder) = texts() else { return };
    let mut counts = (0, 0);
    for path in corpus::files(&folder) {
        if !path.extension().is_some_and(|e| ["ttml", "xml", "dfxp"].iter().any(|known| e == *known)) {
            continue;
        }
        let name = path.display().to_string();
        let source = match Source::decode(&name, fs::read(&path).unwrap(), Decoding::Guess) {
            Ok(source) => source,
            Err(_) => continue,
        };
        match read(&source, &mut Notes::default()) {
            Ok(script) => {
                counts.0 += 1;
                let back = again(&script);
                let (all, returned) = (essence(&script), essence(&back));
                assert_eq!(all, returned, "{name}");
                // The writer adds one for what names none.
                assert!(back.regions.len() >= script.regions.len(), "{name}");
            }
            Err(error) => {
                counts.1 += 1;
                assert!(error.to_string().contains("line "), "{error}");
            }
        }
    }
    println!("{} documents read, {} refused", counts.0, counts.1);
}

#[test]
fn broken_documents_never_panic() {
    let Some(folder) = texts() else { return };
    let text = fs::read_to_string(folder.join("imsc/imsc1/timing/BasicTiming007.ttml")).unwrap();
    let step = (text.len() / 400).max(1);
    for at in (0..text.len()).step_by(step).filter(|&at| text.is_char_boundary(at)) {
        for broken in [text[..at].to_string(), format!("{}<x>{}", &text[..at], &text[at..])] {
            let _ = read(&Source::from_text("a", broken), &mut Notes::default());
        }
    }
}
