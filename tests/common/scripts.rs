//! Random scripts, whatever the model can hold: for properties over the whole model.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use showpack::ttal::model::*;

/// A script that shows itself as JSON.
#[derive(Clone)]
pub struct Case(pub Script);

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap_or_default())
    }
}

/// Scripts of all kinds, most of them odd. They shrink to empty ones.
pub fn script() -> impl Strategy<Value = Case> {
    prop::collection::vec(any::<u8>(), 0..4000).prop_map(|bytes| Case(Draw::new(&bytes).script()))
}

/// Draws choices from bytes; zeros, and what comes behind the last byte, mean the simplest choice.
pub struct Draw<'b> {
    bytes: std::slice::Iter<'b, u8>,
    ids: u32,
    depth: u32,
}

impl<'b> Draw<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Draw { bytes: bytes.iter(), ids: 0, depth: 0 }
    }

    fn byte(&mut self) -> usize {
        self.bytes.next().copied().unwrap_or(0).into()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.byte() % choices.len()]
    }

    /// Something in about one case of `rarity`.
    fn rare<T>(&mut self, rarity: usize, build: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.byte() % rarity == rarity - 1).then(|| build(self))
    }

    fn list<T>(&mut self, most: usize, build: fn(&mut Draw<'b>) -> T) -> List<T> {
        let count = self.byte() % (most + 1);
        (0..count).map(|_| build(self)).collect()
    }

    fn some<T>(&mut self, rarity: usize, most: usize, build: fn(&mut Draw<'b>) -> T) -> List<T> {
        self.rare(rarity, |d| d.list(most, build)).unwrap_or_default()
    }

    fn text(&mut self) -> Str {
        const PARTS: &[&str] = &[
            "a", "B c", " ", "  ", "\t", "\n", "\r", "\r\n", "é", "東京", "😀", "<", ">", "&", "\"", "'",
            "]]>", "\u{a0}", "\u{85}", "\u{2028}", "\u{fffd}", "&amp;", "<!--", "\u{200f}", "x", "1",
        ];
        let count = self.byte() % 5;
        (0..count).map(|_| self.pick(PARTS)).collect::<String>().into()
    }

    fn new_id(&mut self) -> Id {
        self.ids += 1;
        format!("{}{}", self.pick(&["e", "é", "_", "a-b."]), self.ids).into()
    }

    fn reference(&mut self) -> Id {
        self.pick(&["e1", "c1", "é2", "x", "", "a b", "#1"]).into()
    }

    fn time(&mut self) -> Time {
        self.pick(&["1s", "00:00:01", "00:00:01.5", "240f", "10t", "1.5s", "", "soon", "00:00:01:12", " 1s "])
            .into()
    }

    fn language(&mut self) -> Language {
        self.pick(&["en", "fr", "", "zxx", "pt-br", "iw", "EN", "no such"]).into()
    }

    fn descriptor(&mut self) -> ContentDescriptor {
        self.pick(&["audio.dialogue", "visual", "audio.dialogue.x-song", "", "a b", "a,b"]).into()
    }

    fn decimal(&mut self) -> Decimal {
        Decimal(self.pick(&["1", "0.39", "-1", "0", "1.50", "1e2", "0.1e-400"]).into())
    }

    fn json(&mut self) -> Value {
        self.depth += 1;
        let kinds = if self.depth > 3 { 6 } else { 8 };
        let value = match self.byte() % kinds {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(self.text()),
            3 => serde_json::from_str("1.50").unwrap(),
            4 => serde_json::from_str("1e400").unwrap(),
            5 => json!(7),
            6 => Value::Array(self.list(3, Draw::json).into_iter().collect()),
            _ => Value::Object(self.list(3, |d| (d.text().to_string(), d.json())).into_iter().collect()),
        };
        self.depth -= 1;
        value
    }

    fn unknown(&mut self) -> Unknown {
        let keys = ["zip", "a/b~c", "#unknown", "é ü", "0"];
        let Some(count) = self.rare(6, |d| d.byte() % 4) else { return Unknown::new() };
        keys.iter().take(count).map(|key| (Str::from(*key), self.json())).collect()
    }

    fn extensions(&mut self) -> Extensions {
        let keys = ["com.example.take", "#value/id", "a b", "", "https://example.com/x#y"];
        Extensions(self.rare(4, |d| {
            let count = d.byte() % 5;
            Box::new(keys.iter().take(count).map(|key| (key.to_string(), d.json())).collect::<Map<_, _>>())
        }))
    }

    fn styling(&mut self) -> Attributes {
        const ENTRIES: &[(&str, &str)] = &[
            ("tts:color", "yellow"),
            ("tts:fontStyle", "italic"),
            ("itts:forcedDisplay", "true"),
            ("ebutts:linePadding", "0.5c"),
            ("tta:pitch", "+10%"),
            ("tta:speak", "fast"),
            ("tta:gain", "1"),
            ("tta:gain", "loud"),
            ("xml:space", "preserve"),
            ("xml:space", "default"),
            ("ttm:role", "sound"),
            ("ttm:agent", "c1"),
            ("daptm:onScreen", "ON"),
            ("daptm:represents", "visual"),
            ("timeContainer", "par"),
            ("condition", "true"),
            ("bogus", "x"),
            ("bad:name", "x"),
            ("tts:bad name", "x"),
            ("tts:ruby", "container"),
            ("tts:ruby", "base"),
            ("xml:id", "q"),
            ("xml:lang", "de"),
            ("xlink:href", "#a"),
            ("tts:opacity", " 1\n2\t"),
            ("style", "s1"),
            ("begin", "1s"),
            ("", ""),
            ("tx:status", "open"),
            ("ttp:x", ""),
            ("xml:base", "u"),
        ];
        let mut styling = Attributes::default();
        let Some(count) = self.rare(3, |d| d.byte() % 5) else { return styling };
        for _ in 0..count {
            let (name, value) = self.pick(ENTRIES);
            styling.set(name, value);
        }
        styling
    }

    fn foreign(&mut self) -> Foreign {
        const FORMS: &[(&str, &str)] = &[
            ("metadata", r#"<v:a xmlns:v="urn:v">x<v:b c='1'/></v:a>"#),
            ("metadata", "<bare><in/></bare>"),
            ("metadata", r#"<v:a xmlns:v="urn:v"><bare/></v:a>"#),
            ("metadata", r#"<a xmlns="urn:a" xmlns:w="urn:w" w:b="&lt;&#10;"> <c/>&amp;</a>"#),
            ("metadata", r#"<metadata xmlns="http://www.w3.org/ns/ttml" xmlns:v="urn:v" v:x="1"/>"#),
            ("metadata", r#"<ttm:item xmlns:ttm="http://www.w3.org/ns/ttml#metadata" name="x">y</ttm:item>"#),
            ("child", r#"<ttm:item xmlns:ttm="http://www.w3.org/ns/ttml#metadata" name="x">y</ttm:item>"#),
            ("child", r#"<v:a xmlns:v="urn:v"/>"#),
            ("attribute", r#"xmlns:v="urn:v" v:x="1""#),
            ("attribute", r#"data-x="1""#),
        ];
        let (slot, xml) = self.pick(FORMS);
        Foreign { xml: xml.into(), slot: slot.into(), index: (self.byte() % 3) as u32, ..Foreign::default() }
    }

    fn some_foreign(&mut self) -> List<Foreign> {
        let mut foreign = self.some(5, 3, Draw::foreign);
        // One set of attributes for each `metadata`, of which the first alone is common.
        let mut marked = false;
        foreign.retain(|f| {
            !f.xml.starts_with("<metadata") || (f.index == 0 && !std::mem::replace(&mut marked, true))
        });
        // XML has each attribute once.
        let mut seen = std::collections::HashSet::new();
        foreign.retain(|f| f.slot != Slot::Attribute || seen.insert(f.xml.clone()));
        foreign
    }

    fn animation(&mut self) -> Animation {
        Animation {
            kind: self.pick(&["set", "animate", "animate", "wobble"]).into(),
            begin: self.rare(2, Draw::time),
            end: self.rare(3, Draw::time),
            dur: self.rare(5, Draw::time),
            fill: self.rare(3, |d| d.pick(&["freeze", "remove", "", "hold"]).into()),
            styling: match self.byte() % 4 {
                0 => Attributes([("tta:gain".into(), "1;0.5".into())].into_iter().collect()),
                _ => self.styling(),
            },
            calc_mode: self.rare(5, |d| d.pick(&["linear", ""]).into()),
            key_times: self.rare(5, |_| "0;1".into()),
            key_splines: self.rare(8, |_| "0 0 1 1".into()),
            repeat_count: self.rare(8, |_| "2".into()),
            unknown: self.unknown(),
            ..Animation::default()
        }
    }

    fn mix(&mut self) -> Option<Box<Mix>> {
        self.rare(4, |d| {
            Box::new(Mix {
                gain: d.rare(2, Draw::decimal),
                pan: d.rare(2, Draw::decimal),
                animate: d.list(2, |d| MixAnimation {
                    begin: d.rare(2, Draw::time),
                    end: d.rare(2, Draw::time),
                    dur: d.rare(5, Draw::time),
                    fill: d.rare(2, |_| Fill::Freeze),
                    gain: d.list(3, Draw::decimal),
                    pan: d.list(2, Draw::decimal),
                    calc_mode: d.rare(5, |_| "linear".into()),
                    key_times: d.rare(5, |_| "0;1".into()),
                    key_splines: d.rare(8, |_| "0 0 1 1".into()),
                    repeat_count: d.rare(8, |_| "indefinite".into()),
                    unknown: d.unknown(),
                    ..MixAnimation::default()
                }),
                unknown: d.unknown(),
                ..Mix::default()
            })
        })
    }

    fn speak(&mut self) -> Option<Box<Speak>> {
        self.rare(5, |d| {
            Box::new(Speak {
                rate: d.pick(&["normal", "fast", "none", "odd"]).into(),
                pitch: d.rare(2, Draw::text),
                unknown: d.unknown(),
                ..Speak::default()
            })
        })
    }

    fn source(&mut self) -> Source {
        let form = self.byte() % 8;
        Source {
            uri: matches!(form, 0 | 5 | 6).then(|| self.pick(&["take.wav", "", "#a1", "a b\n.wav"]).into()),
            resource: matches!(form, 1 | 6).then(|| self.pick(&["res1", "res2", "none", ""]).into()),
            data: matches!(form, 2 | 4).then(|| self.pick(&["UklGRg==", "", "Ukl\nGRg=="]).into()),
            chunks: if matches!(form, 3 | 4) {
                ["Ukl".into(), "".into()].into_iter().collect()
            } else {
                List::new()
            },
            media_type: self.rare(2, |d| d.pick(&["audio/wave", ""]).into()),
            format: self.rare(4, Draw::text),
            encoding: self.rare(4, |_| "base64".into()),
            length: self.rare(4, |_| "4".into()),
            language: self.rare(4, Draw::language),
            unknown: self.unknown(),
            ..Source::default()
        }
    }

    fn recording(&mut self) -> Recording {
        Recording {
            id: self.rare(3, Draw::new_id),
            begin: self.rare(3, Draw::time),
            end: self.rare(3, Draw::time),
            dur: self.rare(3, Draw::time),
            clip_begin: self.rare(3, Draw::time),
            clip_end: self.rare(3, Draw::time),
            language: self.rare(3, Draw::language),
            sources: self.list(3, Draw::source),
            mix: self.mix(),
            extensions: self.extensions(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Recording::default()
        }
    }

    fn nodes(&mut self, most: usize) -> List<Node> {
        self.depth += 1;
        let nodes = if self.depth > 4 { List::new() } else { self.list(most, Draw::node) };
        self.depth -= 1;
        nodes
    }

    fn node(&mut self) -> Node {
        match self.byte() % 8 {
            0..=2 => Node::Run(self.text()),
            3 => Node::Break(self.rare(3, |d| {
                Box::new(Break {
                    br: true,
                    id: d.rare(2, Draw::new_id),
                    styling: d.styling(),
                    unknown: d.unknown(),
                    ..Break::default()
                })
            })),
            4 | 5 => Node::Span(Box::new(self.span())),
            6 => Node::Ruby(Box::new(RubyNode {
                ruby: Ruby {
                    base: self.nodes(2),
                    text: self.nodes(2),
                    position: self.rare(2, |d| d.pick(&["before", "after", "odd"]).into()),
                    unknown: self.unknown(),
                    ..Ruby::default()
                },
                unknown: self.unknown(),
                ..RubyNode::default()
            })),
            _ => Node::Cue(Box::new(Cue {
                cue: self.text(),
                text: self.text(),
                unknown: self.unknown(),
                ..Cue::default()
            })),
        }
    }

    fn span(&mut self) -> Span {
        Span {
            content: self.nodes(3),
            id: self.rare(4, Draw::new_id),
            language: self.rare(4, Draw::language),
            language_source: self.rare(4, Draw::language),
            represents: self.rare(6, Draw::descriptor),
            begin: self.rare(4, Draw::time),
            end: self.rare(4, Draw::time),
            dur: self.rare(6, Draw::time),
            style: self.some(6, 2, Draw::reference),
            styling: self.styling(),
            animations: self.some(6, 2, Draw::animation),
            audio: self.some(8, 2, Draw::recording),
            speak: self.speak(),
            mix: self.mix(),
            role: self.rare(6, Draw::text),
            extensions: self.extensions(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Span::default()
        }
    }

    fn text_object(&mut self) -> Text {
        Text {
            id: self.rare(2, Draw::new_id),
            language: self.rare(2, Draw::language),
            language_source: self.rare(2, Draw::language),
            represents: self.rare(4, Draw::descriptor),
            begin: self.rare(4, Draw::time),
            end: self.rare(4, Draw::time),
            dur: self.rare(4, Draw::time),
            content: Content(self.nodes(5)),
            audio: self.some(3, 2, Draw::recording),
            speak: self.speak(),
            mix: self.mix(),
            region: self.rare(5, Draw::reference),
            style: self.some(5, 2, Draw::reference),
            styling: self.styling(),
            animations: self.some(5, 3, Draw::animation),
            forced: self.rare(5, |d| d.pick(&[true, false])),
            status: self.rare(5, |d| d.pick(&["open", "approved", "", "odd"]).into()),
            derived_from: self.some(5, 2, |d| TextDerivation {
                text: d.reference(),
                op: d.pick(&["copy", "merge", "odd"]).into(),
                unknown: d.unknown(),
                ..TextDerivation::default()
            }),
            lip_sync: self.rare(5, |d| {
                Box::new(LipSync {
                    anchors: d.list(3, |d| Anchor { offset: 3, time: d.time(), ..Anchor::default() }),
                    detections: d.list(3, |d| Detection {
                        time: d.time(),
                        symbol: d.pick(&["labial", "x-odd", "breath"]).into(),
                        ..Detection::default()
                    }),
                    unknown: d.unknown(),
                    ..LipSync::default()
                })
            }),
            extensions: self.extensions(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Text::default()
        }
    }

    fn group_reference(&mut self) -> Str {
        self.pick(&["#0", "#1", "g1", "g2", "#9", "nowhere"]).into()
    }

    fn event(&mut self) -> Event {
        Event {
            id: self.new_id(),
            begin: self.rare(2, Draw::time),
            end: self.rare(2, Draw::time),
            dur: self.rare(4, Draw::time),
            timecode_in: self.rare(6, |d| d.pick(&["01:00:00:00", " x"]).into()),
            timecode_out: self.rare(6, |d| d.pick(&["01:00:00;02", ""]).into()),
            represents: self.rare(3, Draw::descriptor),
            characters: self.some(3, 3, Draw::reference),
            on_screen: self.rare(3, |d| d.pick(&["ON", "OFF", "ON_OFF", "odd"]).into()),
            language: self.rare(3, Draw::language),
            language_source: self.rare(3, Draw::language),
            texts: self.list(3, Draw::text_object),
            descriptions: self.some(3, 3, |d| Description {
                id: d.rare(3, Draw::new_id),
                kind: d.rare(2, |d| d.pick(&["scene", "x-context", "", "odd"]).into()),
                language: d.rare(3, Draw::language),
                text: d.text(),
                unknown: d.unknown(),
                ..Description::default()
            }),
            mix: self.mix(),
            forced: self.rare(5, |d| d.pick(&[true, false])),
            scene: self.rare(5, Draw::reference),
            recording_loop: self.rare(5, Draw::reference),
            tags: self.some(5, 3, Draw::text),
            status: self.rare(5, |d| d.pick(&["open", "approved", "", "odd"]).into()),
            derived_from: self.some(5, 2, |d| EventDerivation {
                event: d.reference(),
                op: d.pick(&["split", "odd"]).into(),
                unknown: d.unknown(),
                ..EventDerivation::default()
            }),
            region: self.rare(5, Draw::reference),
            style: self.some(5, 2, Draw::reference),
            styling: self.styling(),
            animations: self.some(5, 3, Draw::animation),
            group: self.rare(3, Draw::group_reference),
            extensions: self.extensions(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Event::default()
        }
    }

    fn group(&mut self) -> Group {
        Group {
            id: self.rare(2, |d| d.pick(&["g1", "g2", "g3"]).into()),
            parent: self.rare(3, Draw::group_reference),
            index: (self.byte() % 4) as u32,
            begin: self.rare(3, Draw::time),
            end: self.rare(3, Draw::time),
            dur: self.rare(5, Draw::time),
            language: self.rare(3, Draw::language),
            language_source: self.rare(3, Draw::language),
            represents: self.rare(3, Draw::descriptor),
            characters: self.some(5, 2, Draw::reference),
            region: self.rare(5, Draw::reference),
            style: self.some(5, 2, Draw::reference),
            styling: self.styling(),
            animations: self.some(5, 2, Draw::animation),
            mix: self.mix(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Group::default()
        }
    }

    fn body(&mut self) -> Option<Box<Body>> {
        self.rare(3, |d| {
            Box::new(Body {
                id: d.rare(3, Draw::new_id),
                begin: d.rare(3, Draw::time),
                end: d.rare(3, Draw::time),
                dur: d.rare(3, Draw::time),
                language: d.rare(3, Draw::language),
                language_source: d.rare(3, Draw::language),
                represents: d.rare(3, Draw::descriptor),
                characters: d.some(3, 2, Draw::reference),
                region: d.rare(3, Draw::reference),
                style: d.some(3, 2, Draw::reference),
                styling: d.styling(),
                animations: d.some(3, 2, Draw::animation),
                mix: d.mix(),
                foreign: d.some_foreign(),
                unknown: d.unknown(),
                ..Body::default()
            })
        })
    }

    fn programme(&mut self) -> Option<Box<Programme>> {
        self.rare(2, |d| {
            Box::new(Programme {
                title: d.rare(2, Draw::text),
                translated_title: d.rare(2, Draw::text),
                series_title: d.rare(2, Draw::text),
                season: d.rare(2, |_| 2),
                episode: d.rare(2, |d| {
                    if d.byte() % 2 == 0 { Episode::Number(3) } else { Episode::Text(d.text()) }
                }),
                episode_title: d.rare(3, Draw::text),
                translated_episode_title: d.rare(3, Draw::text),
                project_id: d.rare(3, Draw::text),
                publisher: d.rare(3, Draw::text),
                country_of_origin: d.rare(3, Draw::text),
                copyright: d.rare(3, Draw::text),
                description: d.rare(3, Draw::text),
                duration: d.rare(3, Draw::time),
                source_media: d.some(3, 2, Draw::text),
                rating_audience: d.rare(3, |d| d.pick(&["adult", "odd"]).into()),
                unknown: d.unknown(),
                ..Programme::default()
            })
        })
    }

    fn timing(&mut self) -> Option<Box<Timing>> {
        self.rare(2, |d| {
            Box::new(Timing {
                frame_rate: d.rare(2, |d| FrameRateValue {
                    base: d.pick(&[24, 25, 0]),
                    multiplier: if d.byte() % 2 == 0 {
                        List::new()
                    } else {
                        [1000, 1001].into_iter().collect()
                    },
                    unknown: d.unknown(),
                    ..FrameRateValue::default()
                }),
                tick_rate: d.rare(2, |_| 10_000_000),
                timecode: d.rare(3, |d| TimecodeSettings {
                    format: d.pick(&["NDF", "DF", "odd"]).into(),
                    unknown: d.unknown(),
                    ..TimecodeSettings::default()
                }),
                origin_timecode: d.rare(3, |d| d.pick(&["01:00:00:00", " x ", ""]).into()),
                start_of_programme_timecode: d.rare(3, |d| d.pick(&["01:00:00:00", "a  b"]).into()),
                first_frame_of_action_timecode: d.rare(3, |_| "01:00:10:00".into()),
                unknown: d.unknown(),
                ..Timing::default()
            })
        })
    }

    fn character(&mut self) -> Character {
        Character {
            id: self.new_id(),
            name: self.text(),
            talent: self.rare(2, Draw::reference),
            aliases: self.some(3, 2, Draw::text),
            role: self.rare(3, |d| d.pick(&["principal", "odd"]).into()),
            gender: self.rare(3, Draw::text),
            age: self.rare(5, Draw::text),
            voice_notes: self.rare(5, Draw::text),
            pronunciation: self.rare(5, Draw::text),
            color: self.rare(5, |_| "#33AAFF".into()),
            styles: self.some(5, 2, Draw::reference),
            extensions: self.extensions(),
            foreign: self.agent_foreign(),
            unknown: self.unknown(),
            ..Character::default()
        }
    }

    /// Nothing stands in a `metadata` of its own there.
    fn agent_foreign(&mut self) -> List<Foreign> {
        let mut foreign = self.some_foreign();
        foreign.retain(|f| !f.xml.starts_with("<metadata"));
        foreign.iter_mut().for_each(|f| f.index = 0);
        foreign
    }

    fn resource(&mut self, number: usize) -> Resource {
        Resource {
            id: format!("res{number}").into(),
            kind: self.pick(&["data", "audio", "odd"]).into(),
            media_type: self.rare(2, |_| "audio/wave".into()),
            format: self.rare(3, Draw::text),
            encoding: self.rare(3, |_| "base64".into()),
            length: self.rare(3, |_| "4".into()),
            language: self.rare(3, Draw::language),
            uri: self.rare(3, |d| d.pick(&["x.wav", "#x", ""]).into()),
            sources: self.some(3, 2, Draw::source),
            data: self.rare(2, |d| d.pick(&["UklGRg==", "", "a b"]).into()),
            chunks: self.some(4, 2, |_| "Ukl".into()),
            unknown: self.unknown(),
            ..Resource::default()
        }
    }

    pub fn script(&mut self) -> Script {
        Script {
            schema: self.rare(4, |_| "x.json".into()),
            version: self.pick(&["1.0", "1.0", "1.7"]).into(),
            document_id: self.rare(3, Draw::text),
            script_type: self.rare(2, |d| d.pick(&["preRecording", "asRecorded", "odd", ""]).into()),
            script_represents: self.list(3, Draw::descriptor),
            represents: self.rare(2, Draw::descriptor),
            language: self.rare(2, Draw::language),
            language_source: self.rare(2, Draw::language),
            purpose: self.rare(3, |d| d.pick(&["dubbing", "odd"]).into()),
            programme: self.programme(),
            timing: self.timing(),
            characters: self.some(2, 3, Draw::character),
            talents: self.some(2, 2, |d| Talent {
                id: d.new_id(),
                name: d.text(),
                aliases: d.some(2, 2, Draw::text),
                extensions: d.extensions(),
                foreign: d.agent_foreign(),
                unknown: d.unknown(),
                ..Talent::default()
            }),
            styles: self.some(2, 3, |d| Style {
                id: d.rare(2, Draw::new_id),
                initial: d.rare(3, |d| d.pick(&[true, false])),
                style: d.some(3, 2, Draw::reference),
                styling: d.styling(),
                foreign: d.some_foreign(),
                unknown: d.unknown(),
                ..Style::default()
            }),
            regions: self.some(3, 2, |d| Region {
                id: d.new_id(),
                begin: d.rare(3, Draw::time),
                end: d.rare(3, Draw::time),
                dur: d.rare(3, Draw::time),
                style: d.some(3, 2, Draw::reference),
                styling: d.styling(),
                animations: d.some(3, 2, Draw::animation),
                foreign: d.some_foreign(),
                unknown: d.unknown(),
                ..Region::default()
            }),
            resources: (0..self.byte() % 3).map(|number| self.resource(number)).collect(),
            scenes: self.some(4, 2, |d| Scene {
                id: d.reference(),
                label: d.rare(2, Draw::text),
                begin: d.rare(2, Draw::time),
                unknown: d.unknown(),
                ..Scene::default()
            }),
            shots: self.some(4, 2, |d| Shot {
                time: d.time(),
                kind: d.rare(2, |d| d.pick(&["cut", "odd"]).into()),
                ..Shot::default()
            }),
            loops: self.some(4, 2, |d| Loop {
                id: d.reference(),
                end: d.rare(2, Draw::time),
                ..Loop::default()
            }),
            root: self.root(),
            body: self.body(),
            groups: self.some(2, 5, Draw::group),
            events: self.list(4, Draw::event),
            lineage: self.some(3, 2, |d| LineageStep {
                id: d.reference(),
                stage: d.pick(&["adapted", "odd"]).into(),
                language: d.rare(2, Draw::language),
                agent: d.rare(2, |d| Agent { name: d.rare(2, Draw::text), ..Agent::default() }),
                note: d.rare(2, Draw::text),
                parameters: d.extensions(),
                losses: d.some(2, 2, |_| LineageLoss {
                    code: "C-STYLE".into(),
                    count: 3,
                    ..LineageLoss::default()
                }),
                unknown: d.unknown(),
                ..LineageStep::default()
            }),
            content_profiles: self.some(4, 2, |d| d.pick(&["http://example.com/p", "x y"]).into()),
            processor_profiles: self.some(4, 2, |d| {
                d.pick(&[
                    "http://example.com/p",
                    "http://www.w3.org/ns/ttml/profile/dapt1.0/processor",
                    "x y",
                    "",
                ])
                .into()
            }),
            extensions: self.extensions(),
            foreign: self.some_foreign(),
            unknown: self.unknown(),
            ..Script::default()
        }
    }

    fn root(&mut self) -> Attributes {
        const ENTRIES: &[(&str, &str)] = &[
            ("tts:extent", "640px 480px"),
            ("ttp:cellResolution", "32 15"),
            ("ittp:aspectRatio", "16 9"),
            ("xml:space", "preserve"),
            ("xml:space", "default"),
            ("xml:id", "root"),
            ("ttp:profile", "x"),
            ("ttp:frameRate", "fast"),
            ("ttp:frameRate", "25"),
            ("ttp:frameRateMultiplier", "1 2"),
            ("bogus", "x"),
            ("ttp:frameRateMultiplier", "half"),
            ("ttp:tickRate", "0.5"),
            ("daptm:workflowType", "x"),
            ("xml:lang", "x"),
        ];
        let mut root = Attributes::default();
        for _ in 0..self.byte() % 4 {
            let (name, value) = self.pick(ENTRIES);
            root.set(name, value);
        }
        root
    }
}
