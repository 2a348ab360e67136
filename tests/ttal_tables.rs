//! Tables, dialect maps, casts, and what formats can't hold.

use std::fs;

use proptest::prelude::*;
use showpack::formats::degradation::{Field, Keep, TABLE, Target, measure, row_of};
use showpack::formats::{FORMATS, Format, Losses, Notes, ReadOptions, Speaker, WriteOptions, map};
use showpack::ttal::cast::Cast;
use showpack::ttal::facts::{Facts, require};
use showpack::ttal::json::Reader;
use showpack::ttal::model::Script;
use showpack::ttal::source::{Decoding, Source};
use showpack::ttal::time::{FrameRate, TimecodeCounter};

fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).copied()
}

fn fixture(name: &str) -> Source {
    let path = format!("{}/fixtures/ttal/csv/{name}", env!("CARGO_MANIFEST_DIR"));
    Source::decode(name, fs::read(path).unwrap(), Decoding::Guess).unwrap()
}

fn counter(numerator: u32, denominator: u32) -> Option<TimecodeCounter> {
    Some(TimecodeCounter { rate: FrameRate::new(numerator, denominator).unwrap(), drop_frame: false })
}

/// What a reader made of a source: the script, then the notes.
fn read(source: &Source, name: &str, options: &ReadOptions) -> String {
    let mut notes = Notes::default();
    match (format(name).unwrap().read.unwrap())(source, options, &mut notes) {
        Ok(script) => {
            let mut text = serde_json::to_string_pretty(&script).unwrap();
            for note in &notes.notes {
                let (line, _) = source.line_column(note.offset.unwrap_or(0));
                text.push_str(&format!("\nnote: line {line}: {}", note.message));
            }
            for loss in notes.losses.report() {
                text.push_str(&format!("\n{} {}: {}", loss.code, loss.count, loss.detail));
            }
            text
        }
        Err(error) => format!("{:?}: {error}", error.kind()),
    }
}

/// A script out of JSON, which need not have what a document must.
fn script(json: &str) -> Script {
    let whole = json.contains("scriptType");
    let required = r#"{ "scriptType": "x", "scriptRepresents": ["x"], "language": "x", "#;
    let json = if whole { json.to_string() } else { json.replacen('{', required, 1) };
    let script = Reader::value::<Script>(json.as_bytes()).unwrap_or_else(|| panic!("{json}"));
    if whole {
        return script;
    }
    Script { script_type: None, script_represents: Default::default(), language: None, ..script }
}

/// A script of one event with these members, and these members of the document.
fn one(event: &str, document: &str) -> Script {
    script(&format!(
        r#"{{ "ttalVersion": "1.0", "events": [{{ "id": "e0001", "begin": "1s", "end": "2s" {event} }}] {document} }}"#
    ))
}

/// The same, with words in it.
fn words(event: &str, text: &str, document: &str) -> Script {
    let content = if text.contains("\"content\"") { "" } else { r#", "content": "a""# };
    one(&format!(r#", "texts": [{{ "language": "en" {content} {text} }}] {event}"#), document)
}

/// Section 14 of the model's design, a row for each field; `!` marks a cell of which the table here differs: a CSV
/// file has no sheets, so that what a workbook keeps on others is lost.
const SECTION_14: &[(Field, &str)] = &[
    (Field::Times, "k p p k k k"),
    (Field::Id, "k k - k k k"),
    (Field::Words, "k k k k k k"),
    (Field::OtherLanguage, "p p p k k k"),
    (Field::Emphasis, "k k p - k k"),
    (Field::Style, "k p - - - p"),
    (Field::Ruby, "k p - - - p"),
    (Field::Position, "k p p - - p"),
    (Field::SpanTime, "k p - - - -"),
    (Field::Character, "p p p k k k"),
    (Field::Talent, "p p - !- k k"),
    (Field::Annotation, "p p - k k k"),
    (Field::Forced, "k - - k k k"),
    (Field::Audio, "- - - p p -"),
    (Field::LipSync, "p - - k k p"),
    (Field::Shots, "p - - !- k p"),
    (Field::Loops, "p - - k k k"),
    (Field::Meta, "p p - !- k k"),
    (Field::Lineage, "p p - !- k k"),
    (Field::Overlap, "k k k k k k"),
    (Field::Extension, "k - - k k -"),
];

#[test]
fn the_table_is_that_of_the_design() {
    for ((field, cells), row) in SECTION_14.iter().zip(TABLE) {
        assert_eq!(*field, row.field);
        let written: Vec<&str> = row
            .cells
            .iter()
            .map(|cell| match cell {
                Keep::Kept => "k",
                Keep::Partly(_) => "p",
                Keep::Lost => "-",
            })
            .collect();
        assert_eq!(written.join(" "), cells.replace('!', ""), "{field:?}");
    }
    assert_eq!(SECTION_14.len(), TABLE.len());
}

/// The smallest script that has a field.
fn smallest(field: Field) -> Script {
    let span = |members: &str| format!(r#", "content": [{{ "span": ["a"], {members} }}]"#);
    match field {
        Field::Times | Field::Words => words("", "", ""),
        Field::Id => script(
            r#"{ "ttalVersion": "1.0", "events": [{ "id": "x", "begin": "1s", "end": "2s", "texts": [{ "language": "en", "content": "a" }] }] }"#,
        ),
        Field::OtherLanguage => one(
            r#", "texts": [{ "language": "en", "content": "a" }, { "language": "fr", "content": "b" }]"#,
            "",
        ),
        Field::Emphasis => words("", &span(r#""styling": { "tts:fontStyle": "italic" }"#), ""),
        // Of styles, WebVTT keeps colours.
        Field::Style => words("", &span(r#""styling": { "tts:fontSize": "150%" }"#), ""),
        Field::Ruby => words(
            "",
            r#", "content": [{ "ruby": { "base": ["a"], "text": ["b"], "position": "after" } }]"#,
            "",
        ),
        Field::Position => words(
            r#", "region": "r""#,
            r#", "styling": { "tts:direction": "rtl" }"#,
            r#", "regions": [{ "id": "r", "styling": { "tts:displayAlign": "center" } }]"#,
        ),
        Field::SpanTime => words("", &span(r#""begin": "0.2s", "end": "0.5s""#), ""),
        Field::Character => {
            words(r#", "characters": ["c"]"#, "", r#", "characters": [{ "id": "c", "name": "C" }]"#)
        }
        Field::Talent => words(
            r#", "characters": ["c"]"#,
            "",
            r#", "characters": [{ "id": "c", "name": "C", "gender": "female" }]"#,
        ),
        Field::Annotation => words(
            r#", "onScreen": "OFF", "descriptions": [{ "text": "d" }], "represents": "audio""#,
            r#", "languageSource": "fr""#,
            "",
        ),
        Field::Forced => words(r#", "forced": true"#, "", ""),
        Field::Audio => {
            words(r#", "mix": { "gain": 0.5 }"#, r#", "audio": [{ "sources": [{ "uri": "a.wav" }] }]"#, "")
        }
        Field::LipSync => words("", r#", "lipSync": { "anchors": [{ "offset": 0, "at": "0s" }] }"#, ""),
        Field::Shots => words("", "", r#", "shots": [{ "at": "1s" }]"#),
        Field::Loops => words(r#", "loop": "l1""#, "", r#", "loops": [{ "id": "l1" }]"#),
        Field::Meta => words("", "", r#", "programme": { "title": "t" }"#),
        Field::Lineage => words("", "", r#", "lineage": [{ "id": "l", "stage": "spotted" }]"#),
        Field::Overlap => script(
            r#"{ "ttalVersion": "1.0", "events": [
                { "id": "e0001", "begin": "1s", "end": "3s", "texts": [{ "language": "en", "content": "a" }] },
                { "id": "e0002", "begin": "2s", "end": "4s", "texts": [{ "language": "en", "content": "b" }] }] }"#,
        ),
        Field::Extension => words(r#", "extensions": { "com.example.a": [1] }"#, "", ""),
    }
}

/// Partly kept, but nothing is lost of the smallest script: judged value by value. Times and languages are the
/// writers' to report; tags make italics in SubRip.
fn is_silent(field: Field, target: Target) -> bool {
    matches!((field, target), (Field::Times | Field::OtherLanguage, _) | (Field::Emphasis, Target::Srt))
}

#[test]
fn each_cell_reports_what_it_says() {
    let names = ["imsc", "vtt", "srt", "csv", "xlsx", "docx"];
    let with_options = WriteOptions { notes: true, speaker: Speaker::Prefix, ..WriteOptions::default() };
    let mut cells = 0;
    for row in TABLE {
        let script = smallest(row.field);
        for (target, name) in Target::ALL.into_iter().zip(names) {
            let losses = measure(&script, &with_options, name);
            let Some(code) = row.code else {
                assert!(losses.is_empty(), "{name}: {:?}", losses.report());
                continue;
            };
            let reported = losses.has(code);
            let expected = match row.cells[target as usize] {
                Keep::Kept => false,
                Keep::Lost => true,
                Keep::Partly(_) => !is_silent(row.field, target),
            };
            assert_eq!(reported, expected, "{:?} in {name}: {:?}", row.field, losses.report());
            // And nothing that is not there.
            let allowed =
                usize::from(expected) + usize::from(row.field == Field::Talent && target as usize <= 2);
            assert_eq!(losses.report().len(), allowed, "{:?} in {name}: {:?}", row.field, losses.report());
            if let Keep::Partly(how) = row.cells[target as usize] {
                let said = losses.report().iter().any(|loss| loss.detail.contains(how));
                assert!(said || !expected, "{:?} in {name}: {:?}", row.field, losses.report());
            }
            cells += 1;
            if let Some(kept) = comes_back(row.field, &script, name) {
                let is_kept = row.cells[target as usize] == Keep::Kept;
                assert!(kept || !is_kept, "{:?} in {name} does not come back", row.field);
            }
        }
        for whole in ["ttal", "dapt"] {
            assert!(measure(&script, &WriteOptions::default(), whole).is_empty());
        }
    }
    assert_eq!(cells, 20 * 6);
}

/// Whether a field is there again after writing and reading a format; `None` for formats that can't do both, and for
/// fields that have no trace to look for.
fn comes_back(field: Field, script: &Script, name: &str) -> Option<bool> {
    let format = format(name)?;
    let mut bytes = Vec::new();
    (format.write?)(script, &WriteOptions::default(), &mut Losses::default(), &mut bytes).unwrap();
    let source = Source::decode("x", bytes, format.decoding).unwrap();
    let again = (format.read?)(&source, &ReadOptions::default(), &mut Notes::default()).unwrap();
    let clock = showpack::ttal::time::Clock::default();
    let times = |script: &Script| -> Vec<_> {
        script.events.iter().map(|e| e.begin.as_ref().map(|t| t.seconds(clock))).collect()
    };
    let texts = |script: &Script| -> Vec<_> {
        let all = script.events.iter().flat_map(|e| &e.texts);
        all.map(|t| (t.language.clone(), t.content.plain_text())).collect()
    };
    let (before, after) = (script.events.first()?, again.events.first()?);
    let text = |event: &showpack::ttal::model::Event| event.texts.first().cloned().unwrap_or_default();
    Some(match field {
        Field::Times | Field::Overlap => times(script) == times(&again),
        Field::Id => before.id == after.id,
        Field::Words | Field::OtherLanguage => texts(script) == texts(&again),
        Field::Character => {
            again.characters.first().map(|c| &c.name) == script.characters.first().map(|c| &c.name)
        }
        Field::Annotation => {
            before.on_screen == after.on_screen
                && before.descriptions == after.descriptions
                && before.represents == after.represents
                && text(before).language_source == text(after).language_source
        }
        Field::Forced => before.forced == after.forced,
        Field::LipSync => text(before).lip_sync == text(after).lip_sync,
        Field::Loops => before.recording_loop == after.recording_loop && script.loops == again.loops,
        Field::Extension => before.extensions == after.extensions,
        Field::Emphasis => text(before).content == text(after).content,
        _ => return None,
    })
}

#[test]
fn options_change_what_is_kept() {
    let speakers = smallest(Field::Character);
    let plain = WriteOptions::default();
    let detail = |script: &Script, options: &WriteOptions, name: &str| {
        measure(script, options, name).report()[0].detail.clone()
    };
    assert_eq!(detail(&speakers, &plain, "srt"), "speakers");
    let prefix = WriteOptions { speaker: Speaker::Prefix, ..WriteOptions::default() };
    assert_eq!(detail(&speakers, &prefix, "srt"), "speakers by name only");
    let notes = smallest(Field::Annotation);
    assert!(!detail(&notes, &plain, "vtt").contains("comments"));
    let with_notes = WriteOptions { notes: true, ..WriteOptions::default() };
    assert!(detail(&notes, &with_notes, "vtt").contains("descriptions in comments only"));
}

#[test]
fn only_what_is_there_counts() {
    for name in ["imsc", "vtt", "srt", "csv", "xlsx", "docx"] {
        for script in [Script::default(), words("", "", "")] {
            let losses = measure(&script, &WriteOptions::default(), name);
            assert!(losses.is_empty(), "{name}: {:?}", losses.report());
        }
    }
    let empty = one("", "");
    assert_eq!(measure(&empty, &WriteOptions::default(), "srt").report()[0].detail, "events without words");
    assert!(measure(&empty, &WriteOptions::default(), "csv").is_empty());
    // Top and bottom are places that SubRip has.
    for (align, lost) in [("before", false), ("after", false), ("center", true)] {
        let region =
            format!(r#", "regions": [{{ "id": "r", "styling": {{ "tts:displayAlign": "{align}" }} }}]"#);
        let script = words(r#", "region": "r""#, "", &region);
        assert_eq!(!measure(&script, &WriteOptions::default(), "srt").is_empty(), lost, "{align}");
    }
    // Styles count through references, also those that go in a circle.
    let circle = r#", "styles": [{ "id": "a", "style": ["b"] }, { "id": "b", "style": ["a"], "styling": { "tts:color": "red" } }]"#;
    let script = words("", r#", "style": ["a"]"#, circle);
    assert_eq!(measure(&script, &WriteOptions::default(), "srt").report()[0].detail, "colours");
    assert_eq!(row_of(Field::Style).code.unwrap().as_str(), "C-STYLE");
}

#[test]
fn tables_of_the_trade_are_read() {
    let voiceq = ReadOptions {
        map: Some(map::find("voiceq").unwrap()),
        counter: counter(25, 1),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!("voiceq", read(&fixture("voiceq.csv"), "csv", &voiceq));
    let dialogue_list = ReadOptions {
        map: Some(map::find("netflix-dl").unwrap()),
        counter: counter(24000, 1001),
        start_timecode: Some("01:00:00:00".into()),
        language: Some("fr".into()),
        ..ReadOptions::default()
    };
    insta::assert_snapshot!("netflix_dl", read(&fixture("dialogue-list.csv"), "csv", &dialogue_list));
    let elevenlabs = ReadOptions { map: Some(map::find("elevenlabs").unwrap()), ..ReadOptions::default() };
    insta::assert_snapshot!("elevenlabs", read(&fixture("elevenlabs.csv"), "csv", &elevenlabs));
    insta::assert_snapshot!(
        "semicolons",
        read(&fixture("semicolons-cp1252.csv"), "csv", &ReadOptions::default())
    );
}

const VENDOR: &str = r#"
[table]
rows = "script.lines"
[speakers]
split = ["/"]
[[column]]
field = "begin"
names = ["tc.in"]
time = "milliseconds"
required = true
[[column]]
field = "end"
names = ["tc.out"]
time = "milliseconds"
[[column]]
field = "character"
names = ["who"]
[[column]]
field = "onScreen"
names = ["screen"]
values = { "on screen" = "ON", "off screen" = "OFF" }
[[column]]
field = "text"
names = ["words.*"]
"#;

#[test]
fn vendor_json_is_read_by_a_map() {
    let options = ReadOptions { map: Some(("vendor.toml".into(), VENDOR.into())), ..ReadOptions::default() };
    let json = r#"{ "script": { "lines": [
        { "tc": { "in": 1000, "out": 2500.5 }, "who": ["LEA", "TOM"], "screen": "OFF SCREEN", "words": { "fr": "Oui", "pt-BR": "Sim" } },
        { "tc": { "in": 3000 }, "who": "TOM", "words": { "fr": "Non" }, "colour": "red" }
    ] } }"#;
    insta::assert_snapshot!("vendor_json", read(&Source::from_text("v.json", json), "json", &options));
    let error = |json: &str| read(&Source::from_text("v.json", json), "json", &options);
    let errors = [
        r#"{ "script": { "line": [] } }"#,
        r#"{ "script": { "lines": {} } }"#,
        r#"{ "script": { "lines": [1] } }"#,
        r#"{ "script": { "lines": [{ "tc": { "In": 1, "Out": 2 } }, { "tc": { "in": "x" } }] } }"#,
        r#"{ "script": { "lines": [{ "tc": { "inn": 1 } }] } }"#,
        r#"{ "script": ["#,
    ];
    let mut all = errors.map(error).join("\n");
    all.push('\n');
    all.push_str(&read(&Source::from_text("v.json", "[]"), "json", &ReadOptions::default()));
    insta::assert_snapshot!("vendor_json_errors", all);
}

#[test]
fn a_whole_script_reports_its_losses() {
    let script = script(include_str!("../fixtures/ttal/csv/everything.ttal"));
    let mut text = String::new();
    for name in ["imsc", "vtt", "srt", "csv", "xlsx", "docx"] {
        text.push_str(&format!("{name}\n"));
        for loss in measure(&script, &WriteOptions::default(), name).report() {
            text.push_str(&format!("  {} {}: {} {:?}\n", loss.code, loss.count, loss.detail, loss.event_ids));
        }
    }
    insta::assert_snapshot!("losses", text);
    let mut bytes = Vec::new();
    let mut losses = Losses::default();
    (format("csv").unwrap().write.unwrap())(&script, &WriteOptions::default(), &mut losses, &mut bytes)
        .unwrap();
    insta::assert_snapshot!("everything_csv", String::from_utf8(bytes).unwrap());
}

#[test]
fn a_table_and_a_cast_make_a_script_that_says_all_it_must() {
    let mut notes = Notes::default();
    let map = Some(map::find("voiceq").unwrap());
    let options = ReadOptions { map, counter: counter(25, 1), ..ReadOptions::default() };
    let source = fixture("voiceq.csv");
    let mut script = (format("csv").unwrap().read.unwrap())(&source, &options, &mut notes).unwrap();
    let report = Cast::read(&fixture("cast.csv")).unwrap().merge_into(&mut script);
    assert_eq!((report.matched, report.unmatched.len(), report.unused.len()), (2, 1, 1), "{report:?}");
    assert_eq!(require(&script).unwrap_err().kind().exit_code(), 2);
    let facts = Facts { purpose: Some("dubbing".into()), lang: Some("fr".into()), ..Facts::default() };
    assert_eq!(facts.apply(&mut script).unwrap().len(), 3);
    require(&script).unwrap();
    assert!(script.characters.iter().any(|c| c.talent.is_some()));
}

#[test]
fn long_tables_take_linear_time() {
    let table = |rows: u64| {
        let mut text = String::from("ID,TC In,TC Out,Character,Text (en),Text (fr),Notes\n");
        for at in 0..rows {
            let seconds = at * 3;
            let clock = |s: u64| format!("{:02}:{:02}:{:02}:00", s / 3600, s / 60 % 60, s % 60);
            text.push_str(&format!(
                "e{at},{},{},P{},Some words,Des mots,\n",
                clock(seconds),
                clock(seconds + 2),
                at % 97
            ));
        }
        text
    };
    let options = ReadOptions { counter: counter(25, 1), ..ReadOptions::default() };
    let csv = format("csv").unwrap();
    let text = table(100_000);
    let started = std::time::Instant::now();
    let script = (csv.read.unwrap())(&Source::from_text("a", text), &options, &mut Notes::default()).unwrap();
    let read = started.elapsed();
    measure(&script, &WriteOptions::default(), "srt");
    let measured = started.elapsed() - read;
    (csv.write.unwrap())(&script, &WriteOptions::default(), &mut Losses::default(), &mut std::io::sink())
        .unwrap();
    let written = started.elapsed() - read - measured;
    println!("100,000 rows: read {read:?}, measured {measured:?}, written {written:?}");
    // A square would take minutes.
    assert!(started.elapsed().as_secs() < 30, "{read:?} {measured:?} {written:?}");
}

/// Cuts, doubles and overwrites parts of a text.
fn mutate(text: &str, edits: &[(u16, u16, u8)]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for &(at, length, kind) in edits {
        let at = usize::from(at) % (bytes.len() + 1);
        let end = (at + usize::from(length % 16)).min(bytes.len());
        match kind % 4 {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, kind),
            2 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes[at..end].iter_mut().for_each(|byte| *byte = b",;\"\n:'="[usize::from(kind) % 7]),
        }
    }
    bytes
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        which in 0usize..6,
        edits in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u8>()), 1..12),
    ) {
        let names = ["voiceq.csv", "dialogue-list.csv", "elevenlabs.csv", "semicolons-cp1252.csv", "cast.csv"];
        let text = match names.get(which) {
            Some(name) => fixture(name).text().to_string(),
            None => r#"{ "script": { "lines": [{ "tc": { "in": 1000, "out": 2500.5 }, "who": ["A"], "words": { "fr": "Oui" } }] } }"#.into(),
        };
        let bytes = mutate(&text, &edits);
        if let Ok(source) = Source::decode("m", bytes.clone(), Decoding::Guess) {
            let vendor = Some(("vendor.toml".to_string(), VENDOR.to_string()));
            for map in [None, Some(map::find("netflix-dl").unwrap()), vendor] {
                let options = ReadOptions { map, counter: counter(30000, 1001), ..ReadOptions::default() };
                for format in FORMATS.iter().filter(|f| matches!(f.name, "csv" | "json")) {
                    (format.probe)(source.text());
                    if let Ok(script) = (format.read.unwrap())(&source, &options, &mut Notes::default()) {
                        for name in ["imsc", "vtt", "srt", "csv", "docx"] {
                            measure(&script, &WriteOptions::default(), name);
                        }
                    }
                }
            }
            let _ = Cast::read(&source).map(|cast| cast.merge_into(&mut Script::default()));
            let _ = map::Map::parse("m", source.text());
            let _ = Facts::parse("m", source.text());
        }
        let edited = mutate(VENDOR, &edits);
        let _ = map::Map::parse("m", &String::from_utf8_lossy(&edited));
    }
}
