use proptest::prelude::*;

use super::*;
use crate::formats::LossCode;
use crate::ttal::computed::Context;
use crate::ttal::model::{
    Anchor, Character, Content, Decimal, Description, Event, Extensions, LipSync, List, Loop, Mix, Node,
    OnScreen, Scene, Status, Text, Time, Timing,
};
use crate::ttal::time::{FrameRate, MediaTime, TimecodeCounter};

fn parse(text: &str, options: &ReadOptions) -> Result<(Script, Notes)> {
    let mut notes = Notes::default();
    let script = read(&Source::from_text("a.csv", text), options, &mut notes)?;
    Ok((script, notes))
}

fn print(script: &Script, options: &WriteOptions) -> (String, Losses) {
    let mut losses = Losses::default();
    let mut bytes = Vec::new();
    write(script, options, &mut losses, &mut bytes).unwrap();
    (String::from_utf8(bytes).unwrap(), losses)
}

fn rate(numerator: u32, denominator: u32) -> TimecodeCounter {
    TimecodeCounter { rate: FrameRate::new(numerator, denominator).unwrap(), drop_frame: false }
}

fn at(numerator: u32, denominator: u32, start: Option<&str>) -> ReadOptions {
    ReadOptions {
        counter: Some(rate(numerator, denominator)),
        start_timecode: start.map(Into::into),
        ..ReadOptions::default()
    }
}

fn error(text: &str) -> String {
    parse(text, &ReadOptions::default()).unwrap_err().to_string()
}

#[test]
fn delimiters_are_found() {
    for (text, delimiter) in [
        ("In;Out;Text\n1,5;2,5;Hallo, Welt, du\n", b';'),
        ("In\tOut\tText\n1\t2\ta;b;c;d\n", b'\t'),
        ("In|Out|Text\n1|2|a, b, c, d\n", b'|'),
        ("In,Out,Text\n1,2,\"a;b\n;;;c\"\n", b','),
        ("", b','),
    ] {
        assert_eq!(find_delimiter(text), delimiter, "{text}");
    }
}

#[test]
fn headings_of_the_trade_are_known() {
    let text = "Start TC;End TC;Actor;Dialogue (fr);Script (English);Comments;o\n\
                01:00:01:00;01:00:02:00;LÉA;\"Oui,\nnon.\";Yes;dry;?\n\
                ;;;;;;\n\
                01:00:03:12;;LÉA;;;;\n";
    let (script, notes) = parse(text, &at(25, 1, Some("01:00:00:00"))).unwrap();
    assert_eq!(script.events.len(), 2);
    let event = &script.events[0];
    assert_eq!((event.begin.as_deref(), event.end.as_deref()), (Some("25f"), Some("50f")));
    let texts: Vec<_> =
        event.texts.iter().map(|t| (t.language.as_deref().unwrap(), t.content.plain_text())).collect();
    assert_eq!(texts, [("fr", "Oui,\nnon.".to_string()), ("en", "Yes".to_string())]);
    assert_eq!(script.characters.len(), 1);
    assert_eq!((&*event.characters[0].0, &*event.descriptions[0].text), ("léa", "dry"));
    assert_eq!(script.timing.as_ref().unwrap().origin_timecode.as_deref(), Some("01:00:00:00"));
    assert_eq!(notes.notes.len(), 1, "{notes:?}");
    assert_eq!(notes.notes[0].message, "the column `o` is not known and was left out");
}

#[test]
fn errors_name_line_and_column() {
    assert_eq!(
        error("In,Out,Text\n00:00:01.000,00:00:02.000,\"a\nb\"\nsoon,00:00:03.000,c\n"),
        "a.csv: line 4, column 1, cell `In`: `soon` is no time: write HH:MM:SS:FF, HH:MM:SS.mmm, or a number with s, ms or f"
    );
    assert_eq!(
        error("In,Out,Text\n01:00:00:00,01:00:01:00,a\n"),
        "a.csv: line 2, column 1, cell `In`: `01:00:00:00` is a timecode, but no frame rate is known: give --fps, \
         as --fps 23.976 (rule T-10)"
    );
    let missing = error("Strat,Words\n1,2\n");
    assert!(missing.starts_with("a.csv: line 1, column 1: no column `TC In`: the headings are `Strat`, `Words`; known are `TC In`, `In`, `Start`"), "{missing}");
    assert!(missing.contains("near to it is `Strat`"), "{missing}");
    assert_eq!(error(""), "a.csv: empty: not even a row of headings");
}

#[test]
fn a_map_without_its_column_is_refused() {
    let map = crate::formats::map::find("voiceq").unwrap();
    let options = ReadOptions { map: Some(map), ..ReadOptions::default() };
    let refused = parse("Begin,Script (fr)\n1,a\n", &options).unwrap_err().to_string();
    assert!(refused.starts_with("a.csv: line 1, column 1: no column `Start time`"), "{refused}");
}

#[test]
fn a_dialogue_list_splits_speakers_and_marks_sounds() {
    let map = crate::formats::map::find("netflix-dl").unwrap();
    let options = ReadOptions { map: Some(map.clone()), ..at(24, 1, None) };
    let text = "In-Timecode,Out-Timecode,Source,Dialogue,Burned-In Subtitle,On-Screen Text,Annotations\n\
                00:00:01:00,00:00:02:00,LEA/TOM,[gasps] No! (in French),,,an idiom\n\
                00:00:03:00,00:00:04:00,,,,MARSEILLE,\n";
    let (script, _) = parse(text, &options).unwrap();
    assert_eq!(script.events[0].characters.len(), 2);
    let content = &script.events[0].texts[0].content;
    assert!(
        matches!(&content.0[0], Node::Cue(cue) if &*cue.text == "[gasps]" && &*cue.cue == "x-mouthSound")
    );
    assert_eq!(content.plain_text(), "[gasps] No! (in French)");
    assert_eq!(script.events[1].represents.as_deref(), Some("visual.text.x-onScreen"));
    let (written, losses) = print(&script, &WriteOptions { map: Some(map), ..WriteOptions::default() });
    assert_eq!(written.replace("LEA/ TOM", "LEA/TOM"), text);
    assert!(losses.is_empty());
}

#[test]
fn formulas_are_guarded() {
    let script = Script {
        characters: [Character { id: "c".into(), name: "=cmd()".into(), ..Character::default() }]
            .into_iter()
            .collect(),
        events: [Event {
            id: "e1".into(),
            begin: Some("1s".into()),
            end: Some("2s".into()),
            characters: [crate::ttal::model::Id::from("c")].into_iter().collect(),
            texts: [Text { content: Content::from("- Hello\n- '@you"), ..Text::default() }]
                .into_iter()
                .collect(),
            ..Event::default()
        }]
        .into_iter()
        .collect(),
        ..Script::default()
    };
    let (written, losses) = print(&script, &WriteOptions::default());
    assert_eq!(
        written,
        "#,ID,TC In,TC Out,Duration,Character,On/Off,Type,Text,Notes,Scene,Loop,Status\n\
         1,e1,00:00:01.000,00:00:02.000,00:00:01.000,'=cmd(),,,\"'- Hello\n- '@you\",,,,\n"
    );
    assert!(losses.is_empty());
    let (again, _) = parse(&written, &ReadOptions::default()).unwrap();
    assert_eq!(&*again.characters[0].name, "=cmd()");
    assert_eq!(again.events[0].texts[0].content.plain_text(), "- Hello\n- '@you");
}

#[test]
fn times_that_are_no_frames_get_columns_of_their_own() {
    let timing = Timing { frame_rate: Some(FrameRate::new(24, 1).unwrap().to_value()), ..Timing::default() };
    let event = |begin: &str, end: &str| Event {
        begin: Some(begin.into()),
        end: Some(end.into()),
        ..Event::default()
    };
    let script = |events: [Event; 1]| Script {
        timing: Some(Box::new(timing.clone())),
        events: events.into_iter().collect(),
        ..Script::default()
    };
    let (even, _) = print(&script([event("24f", "36f")]), &WriteOptions::default());
    assert!(!even.contains("Begin ms"), "{even}");
    let (between, _) = print(&script([event("1.52s", "2.78s")]), &WriteOptions::default());
    // Out less in, though the time between touches one frame more.
    assert!(between.contains("00:00:01:13,00:00:02:19,00:00:01:06"), "{between}");
    let (uneven, losses) = print(&script([event("1.0001s", "36f")]), &WriteOptions::default());
    assert!(uneven.contains("00:00:01:00,00:00:01:12") && uneven.contains("1000.1,1500,"), "{uneven}");
    assert!(!losses.has(LossCode::Time));
    let options = WriteOptions { milliseconds: true, ..WriteOptions::default() };
    let (whole, losses) = print(&script([event("1.0001s", "37f")]), &options);
    assert!(!whole.contains("TC In") && whole.contains(",1000,1542,"), "{whole}");
    assert_eq!(losses.report()[0].detail, "times moved by up to 0.333 ms (2)");
    let options = WriteOptions { timecodes: true, ..WriteOptions::default() };
    assert!(print(&script([event("24f", "36f")]), &options).0.contains("Begin ms"));
    let none = Script { timing: None, ..script([event("1s", "2s")]) };
    let error = write(&none, &options, &mut Losses::default(), &mut Vec::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "timecodes need a frame rate, and the script declares none: give --fps (rule T-10)"
    );
}

#[test]
fn identifiers_stay_unique() {
    let text = "ID,In,Out,Character,Text\na,1s,2s,a,x\na,2s,3s,B,y\n1 2,3s,4s,,z\n,4s,5s,,w\n";
    let (script, notes) = parse(text, &ReadOptions::default()).unwrap();
    let ids: Vec<&str> = script.events.iter().map(|e| &*e.id.0).collect();
    assert_eq!(ids, ["a", "a-2", "c-1-2", "e0004"]);
    assert_eq!(&*script.characters[0].id.0, "a-3");
    assert_eq!(notes.notes.len(), 2);
}

#[test]
fn ragged_rows_and_rows_without_times_are_noted() {
    let (script, notes) = parse("In,Out,Text\n1s\n,,SCENE 1\n1s,2s,a,b\n", &ReadOptions::default()).unwrap();
    assert_eq!(script.events.len(), 3);
    let said: Vec<&str> = notes.notes.iter().map(|note| note.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "a row without a begin: its event has no time",
            "a row of 4 cells under 3 headings: the rest was left out"
        ]
    );
}

#[test]
fn tables_without_headings_go_by_position() {
    let map = "[table]\nheader = false\n[[column]]\nfield = \"begin\"\nposition = 1\ntime = \"seconds\"\n\
               [[column]]\nfield = \"text\"\nposition = 3\nlanguage = \"de\"\n";
    let options = ReadOptions { map: Some(("m".into(), map.into())), ..ReadOptions::default() };
    let (script, _) = parse("1.5,x,Hallo\n", &options).unwrap();
    assert_eq!(script.events[0].begin.as_deref(), Some("00:00:01.5"));
    assert_eq!(script.events[0].texts[0].language.as_deref(), Some("de"));
}

/// A script with what a table keeps.
fn scripts() -> impl Strategy<Value = Script> {
    let words = r"['=+@\[a-zé;,\n -]{0,10}[a-zé]";
    let text =
        (words, prop::option::of("(fr|de)"), prop::bool::ANY).prop_map(|(content, source, lip)| Text {
            content: {
                let mut nodes = List::new();
                for (at, line) in content.split('\n').enumerate() {
                    if at > 0 {
                        nodes.push(Node::Break(None));
                    }
                    if !line.is_empty() {
                        nodes.push(Node::Run(line.into()));
                    }
                }
                Content(nodes)
            },
            language_source: source.map(|s| s.as_str().into()),
            lip_sync: lip.then(|| {
                let anchor = Anchor { offset: 0, time: "0f".into(), ..Anchor::default() };
                Box::new(LipSync { anchors: [anchor].into_iter().collect(), ..LipSync::default() })
            }),
            ..Text::default()
        });
    let event = (
        (0i64..1_000_000, 1i64..500, prop::bool::ANY),
        (prop::option::of(text.clone()), prop::option::of(text)),
        prop::collection::vec(0usize..3, 0..3),
        prop::option::of(prop::sample::select(vec!["ON", "OFF", "ON_OFF", "OFF_ON"])),
        prop::option::of(prop::sample::select(vec!["audio.dialogue", "visual.text.x-a"])),
        prop::collection::vec((prop::option::of("(scene|x-a)"), r"[a-z\n= ]{0,8}"), 0..3),
        (prop::option::of(0usize..2), prop::option::of(0usize..2), prop::option::of(prop::bool::ANY)),
        prop::collection::vec("[a-z;]{1,4}", 0..3),
    );
    let events = prop::collection::vec(event, 0..6);
    (events, prop::bool::ANY).prop_map(|(events, rated)| {
        let timing = Timing { frame_rate: Some(rate(24000, 1001).rate.to_value()), ..Timing::default() };
        let mut script = Script {
            version: "1.0".into(),
            language: Some("en".into()),
            timing: rated.then(|| Box::new(timing)),
            characters: ["LÉA", "a; b", "\\"]
                .iter()
                .enumerate()
                .map(|(at, name)| Character {
                    id: format!("c{at}").into(),
                    name: (*name).into(),
                    ..Character::default()
                })
                .collect(),
            scenes: [("sc1", None), ("sc2", Some("12 a"))]
                .iter()
                .map(|(id, label)| Scene {
                    id: (*id).into(),
                    label: label.map(Into::into),
                    ..Scene::default()
                })
                .collect(),
            loops: [("l1", None), ("l2", Some("7"))]
                .iter()
                .map(|(id, label)| Loop { id: (*id).into(), label: label.map(Into::into), ..Loop::default() })
                .collect(),
            ..Script::default()
        };
        for (at, (times, texts, people, on, represents, notes, (scene, recording_loop, forced), tags)) in
            events.into_iter().enumerate()
        {
            let (begin, length, even) = times;
            let time =
                |n: i64| -> Time { if rated && even { Time::frames(n) } else { format!("{n}ms").into() } };
            let mut people = people;
            people.dedup();
            let mut event = Event {
                id: format!("ev{at}").into(),
                begin: Some(time(begin)),
                end: Some(time(begin + length)),
                characters: people.iter().map(|p| script.characters[*p].id.clone()).collect(),
                on_screen: on.map(OnScreen::from),
                represents: represents.map(Into::into),
                descriptions: notes
                    .into_iter()
                    .map(|(kind, text)| Description {
                        kind: kind.map(|k| k.as_str().into()),
                        text: text.as_str().into(),
                        ..Description::default()
                    })
                    .collect(),
                scene: scene.map(|s| script.scenes[s].id.clone()),
                recording_loop: recording_loop.map(|l| script.loops[l].id.clone()),
                forced,
                tags: tags.iter().map(|t| t.as_str().into()).collect(),
                status: forced.map(|_| Status::Draft),
                mix: forced.map(|_| Box::new(Mix { gain: Some(Decimal("0.5".into())), ..Mix::default() })),
                extensions: Extensions::default(),
                ..Event::default()
            };
            if forced == Some(true) {
                event.extensions.set("com.example", serde_json::json!({ "a": [1, "é"] }));
            }
            for (text, language) in [(texts.0, "en"), (texts.1, "pt-BR")] {
                event.texts.extend(text.map(|text| Text { language: Some(language.into()), ..text }));
            }
            script.events.push(event);
        }
        script
    })
}

/// What a table keeps, identifiers of people and places by their names.
fn kept(script: &Script) -> Vec<String> {
    let context = Context::new(script);
    let name =
        |id: &crate::ttal::model::Id| script.characters.iter().find(|c| c.id == *id).map(|c| c.name.clone());
    script
        .events
        .iter()
        .map(|event| {
            let computed = context.event(event);
            let people: Vec<_> = event.characters.iter().map(name).collect();
            let scene = event.scene.as_ref().and_then(|id| {
                let scene = script.scenes.iter().find(|s| s.id == *id)?;
                Some(scene.label.clone().unwrap_or(scene.id.0.clone()))
            });
            let recording_loop = event.recording_loop.as_ref().and_then(|id| {
                let found = script.loops.iter().find(|s| s.id == *id)?;
                Some(found.label.clone().unwrap_or(found.id.0.clone()))
            });
            let texts: Vec<_> = event
                .texts
                .iter()
                .map(|text| {
                    let own = context.text(&computed, text);
                    (
                        own.language,
                        own.language_source,
                        &text.content,
                        serde_json::to_string(&text.lip_sync).unwrap(),
                    )
                })
                .collect();
            format!(
                "{:?}",
                (
                    (&event.id, computed.begin, computed.end, people, &event.on_screen, computed.represents),
                    (&event.descriptions, scene, recording_loop, &event.forced, &event.tags, &event.status),
                    (event.mix.as_ref().map(|m| &m.gain), &event.extensions, texts),
                )
            )
        })
        .collect()
}

proptest! {
    #[test]
    fn what_a_table_keeps_comes_back(script in scripts(), both in prop::bool::ANY) {
        let counter = script.timing.as_ref().and_then(|t| t.counter());
        let options = WriteOptions { timecodes: both && counter.is_some(), ..WriteOptions::default() };
        let (written, losses) = print(&script, &options);
        prop_assert!(losses.is_empty(), "{:?}", losses.report());
        let read = ReadOptions { counter, ..ReadOptions::default() };
        let (again, _) = parse(&written, &read).map_err(|e| TestCaseError::fail(format!("{e}\n{written}")))?;
        prop_assert_eq!(kept(&again), kept(&script), "{}", written);
        // The same again gives the same bytes.
        prop_assert_eq!(print(&again, &options).0, written);
    }

    #[test]
    fn nothing_panics(text in "(In|Out|Text|ID|Start ms|Notes|Scene|Lip Sync|[,;\t\n\"'=0-9:.fsm{}]){0,60}", rated in prop::bool::ANY) {
        let options = if rated { at(30000, 1001, Some("00:59:00;02")) } else { ReadOptions::default() };
        let _ = parse(&text, &options).map(|(script, _)| print(&script, &WriteOptions::default()));
        looks_like_table(&text);
    }
}

#[test]
fn milliseconds_alone_are_read() {
    let (script, _) = parse("Start ms,End ms,Text\n1500,2500.25,a\n", &ReadOptions::default()).unwrap();
    let context = Context::new(&script);
    let computed = context.event(&script.events[0]);
    assert_eq!(computed.begin, MediaTime::from_milliseconds(1500));
    assert_eq!(computed.end, MediaTime::new(250_025, 100_000));
}
