//! Every rule, broken and kept: rule, severity, place and message.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use showpack::findings::{Finding, Severity};
use showpack::ttal::rules::table::RULES;
use showpack::ttal::rules::{Parent, RuleOptions};
use showpack::ttal::validate::{ValidateOptions, validate_bytes};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/rules").join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn findings(text: &str, rules: RuleOptions) -> Vec<Finding> {
    validate_bytes("a", text.as_bytes().to_vec(), &ValidateOptions { rules }).findings
}

fn plain(text: &str) -> Vec<Finding> {
    findings(text, RuleOptions::default())
}

/// The findings of one rule, as `severity path: message`.
fn told(text: &str, rule: &str) -> Vec<String> {
    plain(text).iter().filter(|finding| finding.rule.id == rule).map(shown).collect()
}

fn shown(finding: &Finding) -> String {
    let path = finding.location.path.as_deref().unwrap_or("");
    format!("{} {path}: {}", finding.severity.as_str(), finding.message)
}

/// The base document with something else at a JSON pointer; null takes it out.
fn edited(edits: &[(&str, Value)]) -> String {
    let mut document: Value = serde_json::from_str(&fixture("base.ttal")).unwrap();
    for (pointer, value) in edits {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = document.pointer_mut(parent).unwrap_or_else(|| panic!("no {pointer}"));
        match parent {
            Value::Object(map) if value.is_null() => {
                map.shift_remove(key).unwrap_or_else(|| panic!("no {pointer}"));
            }
            Value::Object(map) => {
                map.insert(key.to_string(), value.clone());
            }
            Value::Array(list) if key == "-" => list.push(value.clone()),
            other => other[key.parse::<usize>().unwrap()] = value.clone(),
        }
    }
    serde_json::to_string(&document).unwrap()
}

/// The base document in XML with one text in place of another.
fn xml(from: &str, to: &str) -> String {
    let text = fixture("base.xml");
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_base_documents_keep_all_rules() {
    for name in ["base.ttal", "base.xml"] {
        assert_eq!(plain(&fixture(name)).iter().map(shown).collect::<Vec<_>>(), [""; 0], "{name}");
    }
}

type Case = (&'static str, Vec<(&'static str, Value)>, &'static str);

/// What breaks each rule, and what is told of it first.
fn json_cases() -> Vec<Case> {
    let text = |more: Value| {
        let mut text = json!({ "content": "Hello there." });
        text.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        text
    };
    let audio = |more: Value| text(json!({ "audio": [more] }));
    let wave = || json!([{ "uri": "a.wav", "type": "audio/wave" }]);
    vec![
        ("S-05", vec![("/ttalVersion", Value::Null)], "error : the object has no `ttalVersion`"),
        ("S-06", vec![("/events/0/forced", json!("yes"))], "error /events/0/forced: a string where true or false was expected"),
        ("S-06", vec![("/purpose", json!("dubbin"))], "error /purpose: \"dubbin\" is none of the words for this"),
        ("S-07", vec![("/ttalVersion", json!("2.0"))], "error /ttalVersion: version 2.0 is not supported"),
        ("S-07", vec![("/ttalVersion", json!("1.4"))], "warning /ttalVersion: version 1.4 is newer"),
        ("S-08", vec![("/events/0/onscreen", json!("OFF"))], "warning /events/0/onscreen: unknown key `onscreen`"),
        ("S-10", vec![("/events/0/texts/0/content", json!("Hello\u{7}"))], "error /events/0/texts/0/content: the character U+0007"),
        ("D-04", vec![("/scriptType", json!("preRecordin"))], "error /scriptType: \"preRecordin\" is no type of script"),
        ("D-04", vec![("/scriptType", Value::Null)], "error : the script does not say which type it has"),
        ("D-05", vec![("/scriptRepresents", json!([]))], "error /scriptRepresents: the script does not say"),
        ("D-06", vec![("/events/0/represents", json!("audio.dialogue.song"))], "error /events/0/represents: \"audio.dialogue.song\" is no registered"),
        ("D-07", vec![("/represents", Value::Null)], "error /events/0: nothing says what this event represents"),
        ("D-08", vec![("/events/0/represents", json!("visual.nonText"))], "error /events/0/represents: this represents visual.nonText"),
        ("D-09", vec![("/events/0/represents", json!("audio.dialogue visual.text"))], "error /events/0/represents: `represents` is one value"),
        ("D-10", vec![("/events/0/onScreen", json!("on"))], "error /events/0/onScreen: \"on\" is no value"),
        ("D-11", vec![("/events/0/descriptions", json!([{ "type": "note", "text": "a" }]))], "error /events/0/descriptions/0/type: \"note\" is no registered"),
        ("D-12", vec![("/events/0/descriptions", json!([{ "text": " " }]))], "warning /events/0/descriptions/0/text: the description is empty"),
        ("D-14", vec![("/characters/0/name", json!(" "))], "error /characters/0/name: character c1 has no name"),
        ("D-15", vec![("/characters/0/talent", json!("c1"))], "error /characters/0/talent: character c1 names itself"),
        ("D-15", vec![("/characters/0/talent", json!("t9"))], "error /characters/0/talent: no talent \"t9\" is declared"),
        ("D-16", vec![("/talents/-", json!({ "id": "t2", "name": "A. Martin" }))], "warning /talents/1/name: A. Martin is declared twice"),
        ("D-17", vec![("/timing/originTimecode", json!("01:00:00:25"))], "error /timing/originTimecode: \"01:00:00:25\": the frame number is past"),
        ("D-17", vec![("/timing/frameRate", Value::Null)], "error /timing/originTimecode: there is no frame rate"),
        ("D-18", vec![("/timing/startOfProgrammeTimecode", json!("10:60:00:00"))], "error /timing/startOfProgrammeTimecode: \"10:60:00:00\": minutes"),
        ("D-19", vec![("/events/0/texts/1", audio(json!({ "language": "de", "sources": wave() })))], "error /events/0/texts/1/audio/0/language: the recording is in \"de\""),
        ("D-20", vec![("/resources", json!([{ "id": "r", "kind": "data", "type": "audio/wave", "sources": wave() }]))], "error /resources/0/sources: a resource of kind data"),
        ("D-21", vec![("/events/0/texts/1", audio(json!({ "sources": [{ "type": "audio/wave" }] })))], "error /events/0/texts/1/audio/0/sources/0: the source says nowhere"),
        ("D-22", vec![("/events/0/texts/1", audio(json!({ "sources": [{ "data": "UklGRg==", "length": "5", "type": "audio/wave" }] })))], "error /events/0/texts/1/audio/0/sources/0/length: the data has 4 bytes"),
        ("D-23", vec![("/events/0/texts/1", audio(json!({ "sources": [{ "uri": "a.wav" }] })))], "error /events/0/texts/1/audio/0/sources/0: the audio has no media type"),
        ("D-27", vec![("/events/0/texts/1", text(json!({ "speak": { "rate": "none", "pitch": "+10%" } })))], "warning /events/0/texts/1/speak/pitch: there is a pitch"),
        ("D-28", vec![("/events/0/mix", json!({ "pan": 2 }))], "error /events/0/mix/pan: the pan is 2"),
        ("D-28", vec![("/events/0/mix", json!({ "animate": [{ "gain": [1, 0.4], "keyTimes": "0;0.5;1" }] }))], "error /events/0/mix/animate/0/keyTimes: there are 3 key times"),
        ("D-30", vec![("/scriptType", json!("originalTranscript"))], "warning /events/0/texts: an original transcript has no translations"),
        ("D-31", vec![("/scriptType", json!("translatedTranscript")), ("/events/0/texts/1", Value::Object(json!({ "language": "fr", "content": "Non.", "represents": "visual.text" }).as_object().unwrap().clone()))], "warning /events/0/texts: the event is not translated"),
        ("D-32", vec![("/events/0/texts/1", audio(json!({ "sources": wave() })))], "warning /events/0/texts: the script is not recorded yet"),
        ("D-33", vec![("/scriptType", json!("asRecorded"))], "warning /scriptType: the script is as recorded, but"),
        ("L-01", vec![("/language", Value::Null)], "error : the script has no language"),
        ("L-02", vec![("/language", json!(""))], "error /language: the language of the script is empty"),
        ("L-03", vec![("/events/0/texts/0/language", json!("fr_FR"))], "error /events/0/texts/0/language: \"fr_FR\" is no language tag"),
        ("L-04", vec![("/events/0/texts/0/language", json!("iw"))], "warning /events/0/texts/0/language: \"iw\" is deprecated"),
        ("L-05", vec![("/events/0/texts/0/languageSource", json!("und"))], "warning /events/0/texts/0/languageSource: the source language of the text"),
        ("L-05", vec![("/languageSource", Value::Null)], "warning : the script has no source language"),
        ("L-06", vec![("/events/0/texts/0/language", json!("fr-CA"))], "advice /events/0/texts/0: the text counts as a translation from fr into fr-CA"),
        ("L-07", vec![("/events/0/texts/0/language", json!("ru"))], "warning /events/0/texts/0/language: the text is marked as ru"),
        ("L-08", vec![("/events/0/texts/0/language", json!("en"))], "warning /events/0/texts/1: the event has another text in en"),
        ("T-01", vec![("/events/0/begin", json!("00:00:10:12"))], "error /events/0/begin: \"00:00:10:12\""),
        ("T-02", vec![("/events/0/begin", json!("99t"))], "error /events/0/begin: a time is in ticks"),
        ("T-03", vec![("/events/0/begin", json!("00:00:10"))], "warning /events/0/begin: 1 of the times are clock times"),
        ("T-04", vec![("/events/0/end", Value::Null)], "warning /events/0: the event has no end"),
        ("T-05", vec![("/events/0/end", json!("9s"))], "error /events/0/end: the event ends at 00:00:09.000"),
        ("T-06", vec![("/events/0/texts/1", text(json!({ "begin": "10s" })))], "warning /events/0/texts/1/begin: the text begins 00:00:10.000"),
        ("T-07", vec![("/events/1/begin", json!("9s"))], "warning /events/1/begin: the event begins at 00:00:09.000"),
        ("T-08", vec![("/events/1/begin", json!("11s")), ("/events/1/characters", json!(["c1"]))], "warning /events/1/begin: c1 already speaks in e1"),
        ("T-08", vec![("/events/1/begin", json!("11s"))], "advice /events/1/begin: the event begins 00:00:01.000 before"),
        ("T-09", vec![("/programme/duration", json!("11s"))], "warning /events/0/end: the event ends at 00:00:12.000"),
        ("T-10", vec![("/timing", json!({ "frameRate": { "base": 30, "multiplier": [1000, 1001] }, "timecode": { "format": "DF" }, "firstFrameOfActionTimecode": "00:01:00;00" }))], "error /timing/firstFrameOfActionTimecode: \"00:01:00;00\": drop-frame"),
        ("T-11", vec![("/timing/frameRate", json!({ "base": 30, "multiplier": [1000, 1001] }))], "advice /timing/frameRate: timecodes are read as non-drop-frame"),
        ("T-11", vec![("/timing/frameRate", json!({ "base": 24, "multiplier": [1000, 1001] })), ("/events/1/end", json!("2702.7s"))], "warning /timing/frameRate: the last event ends"),
        ("T-12", vec![("/timing/startOfProgrammeTimecode", json!("01:00:10:00"))], "warning /timing/originTimecode: media time 0 is 00:00:10.000"),
        ("T-13", vec![("/events/0/begin", json!("10.017s"))], "warning /events/0/begin: the begin at 00:00:10.017 is between frames"),
        ("T-14", vec![("/events/0/texts/1", audio(json!({ "clipBegin": "5s", "clipEnd": "4s", "sources": wave() })))], "error /events/0/texts/1/audio/0/clipEnd: the clip ends at"),
        ("T-15", vec![("/programme/duration", Value::Null), ("/events", (0..5).map(|n| json!({ "id": format!("e{n}"), "begin": format!("{}s", 3610 + n), "end": format!("{}s", 3611 + n) })).collect())], "warning /events/0/begin: the first of 5 events"),
        ("R-01", vec![("/events/0/id", json!("1st line"))], "error /events/0/id: \"1st line\" is no XML name"),
        ("R-02", vec![("/events/1/id", json!("c1"))], "error /events/1/id: \"c1\" is the identifier of a character"),
        ("R-03", vec![("/events/0/characters", json!(["c11"]))], "error /events/0/characters: no character \"c11\""),
        ("R-03", vec![("/events/0/characters", json!(["c1", "t1"]))], "warning /events/0/characters: \"t1\" is a talent"),
        ("R-04", vec![("/events/0/region", json!("bottom"))], "error /events/0/region: no region \"bottom\""),
        ("R-04", vec![("/styles", json!([{ "id": "s1", "style": ["s2"] }, { "id": "s2", "style": ["s1"] }]))], "error /styles/1/style: the style \"s1\" contains itself"),
        ("R-05", vec![("/styles", json!([{ "id": "s1" }]))], "warning /styles/0: the style \"s1\" is never used"),
        ("R-06", vec![("/characters/1/name", json!("l é a"))], "warning /characters/1/name: c1 and c2 are both named"),
        ("R-06", vec![("/characters/0/name", json!("PAULA"))], "advice /characters/1/name: PAULA and PAUL are nearly"),
        ("LN-01", vec![("/lineage/1/at", json!("2026-02-01T09:00:00Z"))], "error /lineage/1/at: the step is of 2026-02-01"),
        ("LN-01", vec![("/lineage/1/id", json!("l1"))], "error /lineage/1/id: another step"),
        ("LN-02", vec![("/lineage/0/stage", json!("recorded"))], "error /lineage/0/stage: the script is recorded without"),
        ("LN-02", vec![("/scriptType", json!("translatedTranscript"))], "error /lineage/1/scriptType: the last step made"),
        ("LN-04", vec![("/events/0/texts", json!([{ "content": "Hello there." }]))], "warning /events/0/texts/0: the text is a translation"),
        ("LN-05", vec![("/events/0/texts/0/language", json!("en")), ("/events/0/texts/0/represents", json!("visual.text")), ("/events/0/texts/1/derivedFrom/0/op", json!("copy"))], "warning /events/0/texts/1/derivedFrom/0/op: the words are not those of e1-fr"),
        ("LN-06", vec![("/events/1/texts/1/derivedFrom", json!([{ "text": "e1-en", "op": "edit" }])), ("/events/1/texts/1/language", json!("de"))], "advice /events/1/texts/1: the text came from one in en"),
    ]
}

#[test]
fn each_rule_is_told_when_broken() {
    let mut wrong = Vec::new();
    for (rule, edits, expected) in json_cases() {
        let told = told(&edited(&edits), rule);
        if !told.first().is_some_and(|first| first.starts_with(expected)) {
            wrong.push(format!("{rule} {edits:?}: {told:?}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What only XML shows, and what is told of it first.
const XML_CASES: &[(&str, &str, &str, &str)] = &[
    ("S-01", "</tt>", "", "error"),
    ("S-02", "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"", "error"),
    ("S-03", "<?xml", "\u{feff}<?xml", "error"),
    ("S-04", "<tt ", "<!DOCTYPE tt><tt ", "error"),
    ("S-05", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<html/><!--", "error"),
    ("D-01", "/dapt1.0/content", "/imsc1.1/text", "error"),
    (
        "D-02",
        "ttp:frameRate",
        "ttp:profile=\"http://www.w3.org/ns/ttml/profile/dapt1.0\" ttp:frameRate",
        "error",
    ),
    (
        "D-03",
        "ttp:frameRate",
        "ttp:processorProfiles=\"http://www.w3.org/ns/ttml/profile/imsc1.1/text\" ttp:frameRate",
        "error",
    ),
    (
        "D-05",
        "daptm:scriptRepresents=\"audio.dialogue\"",
        "daptm:scriptRepresents=\"audio.dialogue, visual\"",
        "error",
    ),
    (
        "D-09",
        "daptm:represents=\"audio.dialogue\"",
        "daptm:represents=\"audio.dialogue visual.text\"",
        "error",
    ),
    ("D-10", "<p>", "<p daptm:onScreen=\"ON\">", "warning"),
    ("D-13", " xml:id=\"t1\"", "", "error"),
    ("D-14", "<ttm:name type=\"alias\">LÉA</ttm:name>", "", "error"),
    ("D-15", "agent=\"t1\"", "agent=\"t2\"", "error"),
    (
        "D-17",
        "</metadata>",
        "<daptm:daptOriginTimecode>01:00:00:00</daptm:daptOriginTimecode><daptm:daptOriginTimecode>01:00:00:00</daptm:daptOriginTimecode></metadata>",
        "error",
    ),
    (
        "D-18",
        "</metadata>",
        "<ebuttm:documentStartOfProgramme>01:00:00:00</ebuttm:documentStartOfProgramme><ebuttm:documentStartOfProgramme>01:00:00:00</ebuttm:documentStartOfProgramme></metadata>",
        "error",
    ),
    (
        "D-20",
        "Bonsoir.",
        "Bonsoir.<audio><source><data type=\"audio/wave\"><source src=\"a\"/></data></source></audio>",
        "error",
    ),
    ("D-24", " begin=\"10s\"", " timeContainer=\"seq\" begin=\"10s\"", "error"),
    ("D-25", "ttp:frameRate", "ttp:timeBase=\"smpte\" ttp:frameRate", "error"),
    ("D-26", "</head>", "<animation><animate tta:gain=\"1;0\"/></animation></head>", "error"),
    ("D-34", " xml:id=\"e1\"", "", "warning"),
    ("D-50", "<p>", "<p xmlns:v=\"urn:example\" v:take=\"3\">", "warning"),
    ("S-09", "<body>", "<body><audio src=\"a.wav\" type=\"audio/wave\"/>", "error"),
    ("R-01", "xml:id=\"c1\"", "xml:id=\"1c\"", "error"),
    ("R-03", "ttm:agent=\"c1\"", "ttm:agent=\"c3\"", "error"),
];

#[test]
fn each_rule_of_xml_is_told_when_broken() {
    let mut wrong = Vec::new();
    for (rule, from, to, severity) in XML_CASES {
        let mut text = xml(from, to);
        if *rule == "S-05" {
            text = "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>".into();
        }
        let told = told(&text, rule);
        if !told.first().is_some_and(|first| first.starts_with(severity)) {
            let all: Vec<_> = plain(&text).iter().map(|f| format!("{} {}", f.rule.id, shown(f))).collect();
            wrong.push(format!("{rule} {to:?}: {told:?}, expected {severity}; all: {all:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_has_a_case() {
    let json = json_cases();
    let elsewhere = ["R-07", "LN-03"];
    for rule in RULES {
        let has = json.iter().any(|case| case.0 == rule.id)
            || XML_CASES.iter().any(|case| case.0 == rule.id)
            || elsewhere.contains(&rule.id);
        assert!(has, "{} has no case", rule.id);
    }
}

#[test]
fn files_are_named_by_their_defect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ttal/rules");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        if name.starts_with("base.") {
            continue;
        }
        let rule = name.split('-').take(2).collect::<Vec<_>>().join("-");
        assert!(!told(&fixture(&name), &rule).is_empty(), "{name}");
    }
}

#[test]
fn misspelt_keys_get_the_right_one() {
    for (object, wrong, right) in [
        ("", "languagesource", "languageSource"),
        ("", "scriptRepresent", "scriptRepresents"),
        ("/events/0", "charcters", "characters"),
        ("/events/0", "onscreen", "onScreen"),
        ("/events/0/texts/0", "lipsync", "lipSync"),
        ("/characters/0", "pronounciation", "pronunciation"),
        ("/timing", "framerate", "frameRate"),
    ] {
        let text = edited(&[(&format!("{object}/{wrong}"), json!("x"))]);
        let all = findings(&text, RuleOptions { strict: true, ..RuleOptions::default() });
        let finding = all.iter().find(|finding| finding.rule.id == "S-08").unwrap();
        assert_eq!(finding.fix.as_deref(), Some(&*format!("write `{right}`")), "{wrong}");
        assert_eq!(finding.severity, Severity::Error);
        assert_eq!(finding.location.path.as_deref(), Some(&*format!("{object}/{wrong}")));
    }
}

#[test]
fn broken_json_is_told_once() {
    for (text, rule) in [
        ("", "S-01"),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello\n", "S-01"),
        ("{", "S-01"),
        ("{\"ttalVersion\": \"1.0\",}", "S-01"),
        ("[]", "S-05"),
        ("{}", "S-05"),
        ("{\"ttalVersion\": \"1.0\", \"purpose\": \"\\ud800\"}", "S-10"),
    ] {
        let found: Vec<_> = plain(text).iter().map(|finding| finding.rule.id).collect();
        assert_eq!(found, [rule], "{text}");
    }
    let bytes = b"{\"a\": \"\xe9\"}".to_vec();
    let report = validate_bytes("a", bytes, &ValidateOptions::default());
    assert_eq!((report.findings[0].rule.id, report.findings[0].location.column), ("S-02", Some(8)));
}

#[test]
fn a_value_of_the_wrong_type_is_told_once() {
    let found: Vec<_> = plain(&edited(&[("/language", json!(5))])).iter().map(shown).collect();
    let about: Vec<_> = found.iter().filter(|text| text.contains("language")).collect();
    assert_eq!(about.len(), 1, "{found:#?}");
    assert!(about[0].starts_with("error /language: a number where"), "{about:?}");
}

#[test]
fn parents_and_media_are_checked_on_request() {
    let input = json!([{ "documentId": "urn:a", "sha256": "00", "format": "ttal" }]);
    let text = edited(&[("/lineage/1/inputs", input)]);
    let parent = Parent { document_id: Some("urn:a".into()), sha256: vec!["ff".into()] };
    let rules = RuleOptions { parents: vec![parent], ..RuleOptions::default() };
    assert!(findings(&text, rules).iter().any(|f| f.rule.id == "LN-03" && f.severity == Severity::Warning));
    let audio = json!([{ "sources": [{ "uri": "none.wav", "type": "audio/wave" }] }]);
    let text = edited(&[("/events/0/texts/1/audio", audio)]);
    assert!(plain(&text).iter().all(|f| f.rule.id != "R-07"));
    let rules = RuleOptions { media_folder: Some(".".into()), ..RuleOptions::default() };
    assert!(findings(&text, rules).iter().any(|f| f.rule.id == "R-07"));
}

/// The page of rules is written anew with UPDATE_GENERATED=1.
#[test]
fn the_page_of_rules_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let intro = "What `ttal validate` checks. `ttal explain RULE` prints one of these. A name never gets another \
                 meaning. Errors make the check fail; warnings too under `--strict`; advice never does.";
    let groups = showpack::ttal::rules::table::GROUPS;
    let page = showpack::findings::markdown("Rules of `ttal validate`", intro, groups, RULES);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == page, "run cargo test with UPDATE_GENERATED=1");
}
