//! SubRip and WebVTT: quirks one by one, round trips, and whatever real files hold.

#[path = "common/corpus.rs"]
mod corpus;

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use showpack::error::{Error, ErrorKind};
use showpack::formats::{
    Format, Losses, Notes, ReadOptions, Speaker, WriteOptions, srt::SRT, webvtt::WEBVTT,
};
use showpack::ttal::model::Script;
use showpack::ttal::source::{Decoding, Source};

fn read_with(format: &Format, source: &Source, options: &ReadOptions) -> Result<(Script, Notes), Error> {
    let mut notes = Notes::default();
    let script = format.read.unwrap()(source, options, &mut notes)?;
    Ok((script, notes))
}

fn read(format: &Format, text: &str) -> Script {
    read_with(format, &Source::from_text("text", text), &any_kind()).unwrap().0
}

fn any_kind() -> ReadOptions {
    ReadOptions { any_kind: true, ..ReadOptions::default() }
}

fn write(format: &Format, script: &Script) -> (String, Losses) {
    let (mut losses, mut out) = (Losses::default(), Vec::new());
    format.write.unwrap()(script, &WriteOptions::default(), &mut losses, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), losses)
}

fn source(path: &Path) -> Source {
    Source::decode(path.display().to_string(), fs::read(path).unwrap(), Decoding::Guess).unwrap()
}

fn format_of(path: &Path) -> Option<&'static Format> {
    match path.extension()?.to_str()? {
        "vtt" => Some(&WEBVTT),
        "srt" => Some(&SRT),
        _ => None,
    }
}

/// What is to be seen of a file: its JSON, what the reader noted, and the file written again in both formats.
fn seen(path: &Path) -> String {
    let source = source(path);
    let speaker = if path.ends_with("speakers.srt") { Speaker::Prefix } else { Speaker::None };
    let options = ReadOptions { speaker, ..ReadOptions::default() };
    let (script, notes) = match read_with(format_of(path).unwrap(), &source, &options) {
        Ok(read) => read,
        Err(error) => return format!("{:?}: {}\n", error.kind(), error.message()),
    };
    let mut seen = String::from("== notes\n");
    for note in &notes.notes {
        let (line, column) = source.line_column(note.offset.unwrap_or(0));
        seen += &format!("{line}:{column}: {}\n", note.message);
    }
    for loss in notes.losses.report() {
        seen += &format!("{} {}\n", loss.code, loss.detail);
    }
    seen += &format!("== ttal\n{}\n", serde_json::to_string_pretty(&script).unwrap());
    for format in [&WEBVTT, &SRT] {
        let (text, losses) = write(format, &script);
        seen += &format!("== {}\n{text}", format.name);
        for loss in losses.report() {
            seen += &format!("-- {} {}: {}\n", loss.code, loss.count, loss.detail);
        }
    }
    seen
}

#[test]
fn quirks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal");
    for path in corpus::files(&folder.join("srt")).into_iter().chain(corpus::files(&folder.join("vtt"))) {
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        insta::assert_snapshot!(name, seen(&path));
    }
}

#[test]
fn a_file_without_a_cue_says_what_was_expected() {
    let error = read_with(&SRT, &Source::from_text("a.srt", "\nnothing\n"), &any_kind()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format);
    assert_eq!(
        error.to_string(),
        "a.srt: line 2, column 1: no subtitle found: expected a line with times, as 00:00:01,000 --> 00:00:02,500"
    );
    let error = read_with(&WEBVTT, &Source::from_text("a.vtt", "WEBVTTX"), &any_kind()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a.vtt: line 1, column 1: no WebVTT: expected WEBVTT at the begin of the first line"
    );
}

#[test]
fn guessed_encodings_are_noted() {
    let latin = "1\n00:00:01,000 --> 00:00:02,000\nO\u{f9} est-il pass\u{e9} ? D\u{e9}j\u{e0} parti.\n";
    let bytes = latin.chars().map(|c| c as u8).collect();
    let source = Source::decode("a.srt", bytes, Decoding::Guess).unwrap();
    let (script, notes) = read_with(&SRT, &source, &any_kind()).unwrap();
    assert_eq!(script.events[0].texts[0].content.plain_text(), "Où est-il passé ? Déjà parti.");
    assert!(notes.notes[0].message.contains("--encoding"));
}

/// The subtitles of the corpus.
fn subtitles() -> Vec<PathBuf> {
    let Some(media) = corpus::media() else { return Vec::new() };
    let files = corpus::files(&media.parent().unwrap().join("text"));
    files.into_iter().filter(|path| format_of(path).is_some()).collect()
}

#[test]
fn the_corpus_reads_and_comes_back_the_same() {
    let mut refused = Vec::new();
    for path in subtitles() {
        let format = format_of(&path).unwrap();
        let source =
            match Source::decode(path.display().to_string(), fs::read(&path).unwrap(), Decoding::Guess) {
                Ok(source) => source,
                Err(error) => {
                    refused.push(error.to_string());
                    continue;
                }
            };
        let script = match read_with(format, &source, &any_kind()) {
            Ok((script, _)) => script,
            Err(error) => {
                assert!(error.to_string().contains("line "), "{error}");
                refused.push(error.to_string());
                continue;
            }
        };
        let (text, _) = write(format, &script);
        let again = read(format, &text);
        if format.name == "webvtt" {
            let json = |script| serde_json::to_string_pretty(script).unwrap();
            let (before, after) = (json(&script), json(&again));
            if let Some((a, b)) = before.lines().zip(after.lines()).find(|(a, b)| a != b) {
                panic!("{}: {a} became {b}\n{text}", path.display());
            }
            assert_eq!(before.len(), after.len(), "{}", path.display());
            assert_eq!(write(format, &again).0, text, "{}", path.display());
        } else {
            let words = |script: &Script| -> Vec<_> {
                script
                    .events
                    .iter()
                    .map(|e| (e.begin.clone(), e.end.clone(), e.texts[0].content.plain_text()))
                    .collect()
            };
            assert_eq!(words(&script).len(), words(&again).len());
        }
    }
    println!("{} files refused:\n{}", refused.len(), refused.join("\n"));
}

#[test]
fn captions_of_the_corpus_are_not_taken_for_chapters() {
    for path in subtitles() {
        let Ok(source) =
            Source::decode(path.display().to_string(), fs::read(&path).unwrap(), Decoding::Guess)
        else {
            continue;
        };
        let refused = read_with(format_of(&path).unwrap(), &source, &ReadOptions::default())
            .is_err_and(|error| error.kind() == ErrorKind::Usage);
        let name = path.file_name().unwrap().to_str().unwrap();
        let no_subtitles = name.contains("chapters") || name.contains("_meta");
        assert_eq!(refused, no_subtitles, "{name}");
    }
}

/// Writes what was read of every subtitle file below `SUBTITLES_IN` to `SUBTITLES_OUT`, for comparing it with what
/// other programs read: tests/interop/subtitles.py.
#[test]
#[ignore = "needs folders"]
fn dump() {
    let (Some(from), Some(to)) = (std::env::var_os("SUBTITLES_IN"), std::env::var_os("SUBTITLES_OUT")) else {
        return;
    };
    for path in corpus::files(Path::new(&from)).into_iter().filter(|path| format_of(path).is_some()) {
        let name = path.strip_prefix(&from).unwrap().display().to_string().replace('/', "+");
        let format = format_of(&path).unwrap();
        let read = Source::decode(name.clone(), fs::read(&path).unwrap(), Decoding::Guess)
            .and_then(|source| read_with(format, &source, &any_kind()));
        let json = match read {
            Ok((script, notes)) => {
                let notes: Vec<_> = notes.notes.into_iter().map(|note| note.message).collect();
                let texts: Vec<_> = script
                    .events
                    .iter()
                    .map(|event| {
                        let text =
                            event.texts.iter().map(|text| text.content.plain_text()).collect::<String>();
                        serde_json::json!({ "begin": event.begin, "end": event.end, "text": text })
                    })
                    .collect();
                for format in [&SRT, &WEBVTT] {
                    let extension = format.extensions[0];
                    fs::write(Path::new(&to).join(format!("{name}.{extension}")), write(format, &script).0)
                        .unwrap();
                }
                serde_json::json!({ "events": texts, "notes": notes })
            }
            Err(error) => serde_json::json!({ "error": error.to_string() }),
        };
        fs::write(Path::new(&to).join(format!("{name}.json")), json.to_string()).unwrap();
    }
}

/// Lines of words, with what might be taken for something else.
fn words() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Zäß東 ]{1,8}",
        prop::sample::select(vec![
            "<",
            ">",
            "&",
            "{",
            "}",
            "\\",
            "-->",
            "<i>",
            "</i>",
            "&amp;",
            "&lt",
            "{\\an8}",
            "{y:i}",
            "\\N",
            "1",
            "--",
            "00:00:01,000 --> 00:00:02,000",
            "00:01.000 --> 00:02.000",
            "NOTE",
            "STYLE",
            "\u{a0}",
            "\u{200e}",
            "\u{2060}",
            "♪",
            ":",
            "#",
        ])
        .prop_map(str::to_string),
    ];
    let line = prop::collection::vec(piece, 1..5).prop_map(|pieces| format!("x{}x", pieces.concat()));
    prop::collection::vec(line, 1..4).prop_map(|lines| lines.join("\n"))
}

fn cues() -> impl Strategy<Value = Vec<(u32, u32, String, bool)>> {
    prop::collection::vec((0u32..1000, 1u32..5000, words(), prop::bool::ANY), 1..8)
}

fn script(cues: &[(u32, u32, String, bool)]) -> Script {
    let mut begin = 0;
    let events: Vec<_> = cues
        .iter()
        .enumerate()
        .map(|(number, (gap, length, words, italic))| {
            begin += gap;
            let mut content = Vec::new();
            for line in words.split('\n') {
                if !content.is_empty() {
                    content.push(serde_json::json!({ "br": true }));
                }
                content.push(serde_json::json!(line));
            }
            let content = if *italic {
                serde_json::json!([{ "span": content, "styling": { "tts:fontStyle": "italic" } }])
            } else {
                serde_json::json!(content)
            };
            serde_json::json!({
                "id": format!("e{:04}", number + 1),
                "begin": format!("{begin}ms"),
                "end": format!("{}ms", begin + length),
                "texts": [{ "content": content }],
            })
        })
        .collect();
    let json = serde_json::json!({
        "ttalVersion": "1.0",
        "scriptType": "preRecording",
        "scriptRepresents": ["audio"],
        "language": "en",
        "events": events,
    })
    .to_string();
    showpack::ttal::json::Reader::value(json.as_bytes()).unwrap()
}

/// Times in milliseconds, words, and whether they are slanted.
fn told(script: &Script) -> Vec<(i64, i64, String, bool)> {
    let ms = |time: &Option<showpack::ttal::model::Time>| {
        time.as_ref().unwrap().seconds(Default::default()).unwrap().milliseconds()
    };
    let slanted = |event: &showpack::ttal::model::Event| {
        let json = serde_json::to_string(&event.texts[0].content).unwrap();
        json.contains("\"tts:fontStyle\":\"italic\"")
    };
    script
        .events
        .iter()
        .map(|event| (ms(&event.begin), ms(&event.end), event.texts[0].content.plain_text(), slanted(event)))
        .collect()
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(cues in cues()) {
        let script = script(&cues);
        for format in [&SRT, &WEBVTT] {
            let (text, _) = write(format, &script);
            prop_assert_eq!(told(&read(format, &text)), told(&script), "{}", text);
        }
    }

    #[test]
    fn mutated_files_are_no_trouble(at in 0..20usize, edits in prop::collection::vec((0usize..4000, any::<u8>(), 0..3u8), 1..20)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal");
        let files: Vec<_> = corpus::files(&folder.join("srt")).into_iter().chain(corpus::files(&folder.join("vtt"))).collect();
        let path = &files[at % files.len()];
        let mut bytes = fs::read(path).unwrap();
        for (place, byte, how) in edits {
            let place = place % (bytes.len() + 1);
            match how {
                0 => bytes.insert(place, byte),
                1 if place < bytes.len() => bytes[place] = byte,
                _ => bytes.truncate(place.max(20)),
            }
        }
        if let Ok(source) = Source::decode("mutated", bytes, Decoding::Guess) {
            let format = format_of(path).unwrap();
            if let Ok((script, _)) = read_with(format, &source, &lenient()) {
                for format in [&SRT, &WEBVTT] {
                    write(format, &script);
                }
            }
        }
    }
}

fn lenient() -> ReadOptions {
    ReadOptions { any_kind: true, speaker: Speaker::Prefix, ..ReadOptions::default() }
}

/// Prints how long SubRip to WebVTT takes for the file `SUBTITLES_TIMED`.
#[test]
#[ignore = "measures"]
fn timed() {
    let Some(path) = std::env::var_os("SUBTITLES_TIMED").map(PathBuf::from) else { return };
    let start = std::time::Instant::now();
    let (script, _) = read_with(&SRT, &source(&path), &any_kind()).unwrap();
    let read = start.elapsed();
    let (text, _) = write(&WEBVTT, &script);
    println!(
        "read {read:?}, written {:?}, {} events, {} bytes",
        start.elapsed() - read,
        script.events.len(),
        text.len()
    );
}
