//! Reading WebVTT.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::blocks::{Blocks, RawCue};
use super::css::{Sheet, Subject};
use super::timestamp::is_space;
use super::tree::{Element, Item, parse};
use super::{key, settings};
use crate::error::Result;
use crate::formats::ids::{self, People};
use crate::formats::{LossCode, Notes, ReadOptions, list, milliseconds, webvtt_voice};
use crate::ttal::ids::Ids;
use crate::ttal::language;
use crate::ttal::model::{
    Attributes, Body, Content, Event, Extensions, Id, List, Node, Region, Ruby, RubyNode, RubyPosition,
    Script, Span, Text,
};
use crate::ttal::place::Place;
use crate::ttal::source::Source;

/// Reads a script from WebVTT.
pub(super) fn read(source: &Source, options: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let blocks = super::parts(source, options.any_kind, notes)?;
    Ok(Reader::new(source, &blocks, notes).script(options, blocks))
}

struct Reader<'t, 'n> {
    text: &'t str,
    notes: &'n mut Notes,
    sheet: Sheet,
    ids: Ids,
    people: People,
    /// Regions by the names that WebVTT knows them by.
    regions: HashMap<&'t str, Id>,
    /// Regions that settings made, by their settings.
    placed: HashMap<&'t str, Id>,
}

impl<'t, 'n> Reader<'t, 'n> {
    fn new(source: &'t Source, blocks: &Blocks<'t>, notes: &'n mut Notes) -> Self {
        let sheet = Sheet::new(blocks.styles.iter().map(|(_, text)| *text));
        if sheet.ignored > 0 {
            let at = blocks.styles.first().map_or(0, |(at, _)| *at);
            notes.add(
                at,
                format!("{} parts of style sheets have no effect outside of WebVTT, kept", sheet.ignored),
            );
        }
        let (ids, people) = (Ids::default(), People::default());
        let (regions, placed) = (HashMap::new(), HashMap::new());
        Reader { text: source.text(), notes, sheet, ids, people, regions, placed }
    }

    fn script(mut self, options: &ReadOptions, blocks: Blocks<'t>) -> Script {
        let mut script = Script {
            version: "1.0".into(),
            language: options.language.as_deref().or_else(|| language_of(blocks.header)).map(Into::into),
            events: List::with_capacity(blocks.cues.len()),
            ..Script::default()
        };
        keep(
            &mut script.extensions,
            key::HEADER,
            Some(blocks.header).filter(|header| !header.trim().is_empty()),
        );
        keep_list(&mut script.extensions, key::STYLES, blocks.styles.iter().map(|(_, text)| *text));
        keep_list(&mut script.extensions, key::REGIONS, blocks.regions.iter().map(|(_, text)| *text));
        keep_list(&mut script.extensions, key::NOTES, blocks.comments.iter().copied());
        // What the file names itself comes before names that are made up.
        let owned: Vec<bool> = blocks.cues.iter().map(|cue| self.ids.take(cue.id)).collect();
        for (_, text) in &blocks.regions {
            let region = settings::region(text);
            // Of two regions with one name, the later one counts.
            let id = ids::of_name(&mut self.ids, region.id, "region");
            self.regions.insert(region.id, id.clone());
            script.regions.push(Region { id, styling: region.attributes(), ..Region::default() });
        }
        let root = self.sheet.root();
        let mut body = Body::default();
        for (name, value) in root.iter().filter(|(name, _)| *name != "tts:backgroundColor") {
            body.styling.set(name, value);
        }
        if !body.styling.is_empty() {
            script.body = Some(Box::new(body));
        }
        let background = root.get("tts:backgroundColor");
        for (cue, owned) in blocks.cues.into_iter().zip(owned) {
            let event = self.event(&mut script, cue, owned, background);
            script.add_event(event);
        }
        script.characters = self.people.characters;
        script
    }

    fn event(
        &mut self,
        script: &mut Script,
        cue: RawCue<'t>,
        owned: bool,
        background: Option<&str>,
    ) -> Event {
        let id = if owned { cue.id.into() } else { ids::of_event(&mut self.ids, script.events.len() + 1) };
        if cue.end <= cue.begin {
            self.notes.add(cue.offset, "the cue ends before it begins, or at once");
        }
        let mut event = Event {
            at: Place::at(cue.offset),
            id,
            begin: Some(milliseconds::clock(cue.begin * 1_000_000)),
            end: Some(milliseconds::clock(cue.end * 1_000_000)),
            ..Event::default()
        };
        keep(&mut event.extensions, key::ID, Some(cue.id).filter(|id| !owned && !id.is_empty()));
        // An arrow, which no setting may hold, is not kept.
        let words = cue.settings.split(is_space).filter(|word| !word.contains("-->"));
        let settings = if cue.settings.contains("-->") {
            words.collect::<Vec<_>>().join(" ")
        } else {
            cue.settings.to_string()
        };
        keep(&mut event.extensions, key::SETTINGS, Some(&*settings).filter(|settings| !settings.is_empty()));
        keep_list(&mut event.extensions, key::NOTES, cue.comments.iter().copied());
        if !cue.settings.is_empty() {
            self.place(script, &mut event, &cue);
        }
        let mut text = Text { styling: self.sheet.cue(cue.id), ..Text::default() };
        if let Some(background) = background
            && text.styling.get("tts:backgroundColor").is_none()
        {
            text.styling.set("tts:backgroundColor", background);
        }
        text.content = Content(self.content(&mut event, &cue));
        event.texts = list([text]);
        event
    }

    fn place(&mut self, script: &mut Script, event: &mut Event, cue: &RawCue<'t>) {
        let settings = settings::cue(cue.settings, |id| self.regions.contains_key(id));
        if let Some(wrong) = settings.wrong {
            self.notes.add(cue.offset, format!("setting `{wrong}` means nothing, ignored"));
        }
        if let Some(region) = settings.region.and_then(|region| self.regions.get(region)) {
            event.region = Some(region.clone());
            if let Some(align) = settings.align.filter(|align| *align != "center") {
                event.styling.set("tts:textAlign", align);
            }
        } else if let Some(styling) = settings.attributes() {
            let id = match self.placed.get(cue.settings) {
                Some(id) => id.clone(),
                None => {
                    let id = ids::of_name(&mut self.ids, "place", "place");
                    self.placed.insert(cue.settings, id.clone());
                    script.regions.push(Region { id: id.clone(), styling, ..Region::default() });
                    id
                }
            };
            event.region = Some(id);
        }
    }

    fn content(&mut self, event: &mut Event, cue: &RawCue<'t>) -> List<Node> {
        let text = &self.text[cue.text.clone()];
        let mut items = parse(text, cue.text.start, self.notes);
        // One voice around everything is the event's.
        if let [Item::Element(element)] = items.as_mut_slice() {
            let plain = element.tag == "v" && element.classes.is_empty() && !element.annotation.is_empty();
            if plain && !has_voice(&element.children) && self.element_styling(element).is_empty() {
                event.characters = list([self.people.id(&element.annotation, &mut self.ids)]);
                items = std::mem::take(&mut element.children);
            }
        }
        let mut converter = Converter {
            reader: self,
            event,
            begin: cue.begin,
            end: cue.end,
            offset: cue.offset,
            stamp: None,
            voices: HashSet::new(),
        };
        let mut content = Content(converter.nodes(items));
        content.normalize();
        content.0
    }

    fn element_styling(&self, element: &Element) -> Attributes {
        if element.classes.is_empty() && self.sheet.is_empty() {
            return Attributes::default();
        }
        let annotation = element.annotation.as_str();
        self.sheet.element(Subject {
            tag: element.tag,
            classes: &element.classes,
            voice: if element.tag == "v" { annotation } else { "" },
            language: if element.tag == "lang" { annotation } else { "" },
        })
    }
}

/// Makes nodes of the items of one cue.
struct Converter<'r, 't, 'n, 'e> {
    reader: &'r mut Reader<'t, 'n>,
    event: &'e mut Event,
    begin: u64,
    end: u64,
    offset: usize,
    /// When words from here on come.
    stamp: Option<u64>,
    /// Who speaks parts of the cue.
    voices: HashSet<Id>,
}

impl Converter<'_, '_, '_, '_> {
    fn nodes(&mut self, items: Vec<Item>) -> List<Node> {
        let mut nodes = List::new();
        // Words that wait for the same time are one span.
        let mut timed: Option<Span> = None;
        for item in items {
            match item {
                Item::Time(time) => {
                    if self.time(time) {
                        flush(&mut timed, &mut nodes);
                    }
                }
                Item::Text(words) => self.leaf(Node::Run(words.into()), &mut timed, &mut nodes),
                Item::Break => self.leaf(Node::Break(None), &mut timed, &mut nodes),
                Item::Element(element) => {
                    flush(&mut timed, &mut nodes);
                    self.element(element, &mut nodes);
                }
            }
        }
        flush(&mut timed, &mut nodes);
        nodes
    }

    fn leaf(&mut self, node: Node, timed: &mut Option<Span>, nodes: &mut List<Node>) {
        let Some(stamp) = self.stamp else {
            nodes.push(node);
            return;
        };
        let begin = || Some(milliseconds::clock((stamp - self.begin) * 1_000_000));
        timed.get_or_insert_with(|| Span { begin: begin(), ..Span::default() }).content.push(node);
    }

    /// Goes on to the next timestamp, where it is one.
    fn time(&mut self, time: u64) -> bool {
        if time <= self.begin || time >= self.end || self.stamp.is_some_and(|stamp| time <= stamp) {
            self.reader.notes.add(self.offset, "a timestamp outside of its cue or out of order, ignored");
            self.reader.notes.losses.add(LossCode::SpanTime, Some(&self.event.id), "timestamps out of order");
            return false;
        }
        self.stamp = Some(time);
        true
    }

    fn element(&mut self, element: Element, nodes: &mut List<Node>) {
        let mut span = Span { styling: self.reader.element_styling(&element), ..Span::default() };
        let position = span.styling.remove("tts:rubyPosition");
        let Element { tag, classes, annotation, children } = element;
        let mut plain = classes.is_empty() && span.styling.is_empty();
        keep(&mut span.extensions, key::CLASS, Some(classes.as_str()).filter(|classes| !classes.is_empty()));
        let mut say = |styling: &mut Attributes, name: &str, value: &str| {
            plain = false;
            // A rule for the tag is stronger than what it does by itself.
            if styling.get(name).is_none() {
                styling.set(name, value);
            }
        };
        match tag {
            "i" => say(&mut span.styling, "tts:fontStyle", "italic"),
            "b" => say(&mut span.styling, "tts:fontWeight", "bold"),
            "u" => say(&mut span.styling, "tts:textDecoration", "underline"),
            "v" if annotation.is_empty() => {
                self.reader.notes.add(self.offset, "a voice without a name, ignored")
            }
            "v" => {
                plain = false;
                webvtt_voice::set(&mut span, &annotation);
                let id = self.reader.people.id(&annotation, &mut self.reader.ids);
                if self.voices.insert(id.clone()) {
                    self.event.characters.push(id);
                }
            }
            "lang" if !annotation.is_empty() => {
                plain = false;
                if !language::is_well_formed(&annotation) {
                    self.reader.notes.add(self.offset, format!("`{annotation}` is no language tag, kept"));
                }
                span.language = Some(annotation.into());
            }
            _ => {}
        }
        span.content =
            if tag == "ruby" { self.ruby(children, position.as_deref()) } else { self.nodes(children) };
        if plain {
            nodes.append(&mut span.content);
        } else if !span.content.is_empty() {
            nodes.push(Node::Span(Box::new(span)));
        }
    }

    /// Every reading with the words before it; words behind the last one stay words.
    fn ruby(&mut self, children: Vec<Item>, position: Option<&str>) -> List<Node> {
        let mut nodes = List::new();
        let mut base = Vec::new();
        for item in children {
            match item {
                Item::Element(element) if element.tag == "rt" => {
                    let base = self.nodes(std::mem::take(&mut base));
                    let mut text = List::new();
                    self.element(element, &mut text);
                    let position = position.map(RubyPosition::from);
                    let ruby = Ruby { base, text, position, ..Ruby::default() };
                    nodes.push(Node::Ruby(Box::new(RubyNode { ruby, ..RubyNode::default() })));
                }
                item => base.push(item),
            }
        }
        nodes.append(&mut self.nodes(base));
        nodes
    }
}

fn flush(timed: &mut Option<Span>, nodes: &mut List<Node>) {
    if let Some(span) = timed.take() {
        nodes.push(Node::Span(Box::new(span)));
    }
}

fn has_voice(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Element(element) => element.tag == "v" || has_voice(&element.children),
        _ => false,
    })
}

/// The language that a header names, as some tools write it.
pub(crate) fn language_of(header: &str) -> Option<&str> {
    let value = header.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("language").then_some(value.trim())
    })?;
    (!value.is_empty() && language::is_well_formed(value)).then_some(value)
}

fn keep(extensions: &mut Extensions, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        extensions.set(key, json!(value));
    }
}

fn keep_list<'t>(extensions: &mut Extensions, key: &str, values: impl Iterator<Item = &'t str>) {
    let values: Vec<Value> = values.map(|value| json!(value)).collect();
    if !values.is_empty() {
        extensions.set(key, Value::Array(values));
    }
}
