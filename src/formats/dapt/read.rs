//! Reading DAPT.

use std::collections::HashSet;

use roxmltree::Node;

use super::{CONTENT_PROFILE, PROCESSOR_PROFILE};
use crate::formats::ttml::element::{Reading, Takes, literal, place, words};
use crate::formats::ttml::foreign;
use crate::formats::ttml::names::{self, Vocabulary, attribute, attribute_tag, is_tt, tag};
use crate::formats::ttml::xml::{self, ProblemKind};
use crate::formats::{LossCode, Notes};
use crate::ttal::model::{
    Body, Content, Description, Event, FrameRateValue, Group, List, Script, Slot, Str, Text, Timing, is_name,
};
use crate::ttal::place::Place;
use crate::ttal::rules::{Remark, Remarks, table};
use crate::ttal::source::Source;

/// A rule of serialization as errors cite it.
pub(super) fn clause(rule: &str) -> &'static str {
    match rule {
        "S-02" => "rule S-02",
        "S-04" => "rule S-04",
        "S-05" => "rule S-05",
        _ => "rule S-01",
    }
}

/// Reads a document as far as it goes, and remarks upon what only its XML shows. Values that break a rule are kept
/// in the script, for the rules to judge. `None` where it is no XML, or no TTML.
pub fn parse(source: &Source, remarks: &mut Remarks, notes: &mut Notes) -> Option<Script> {
    let parsed = match xml::parse(source) {
        Ok(parsed) => parsed,
        Err(problem) => {
            let rule = match problem.kind {
                ProblemKind::NotWellFormed => &table::S_01,
                ProblemKind::Encoding => &table::S_02,
                ProblemKind::Unsafe => &table::S_04,
            };
            remarks.push(Remark::new(rule, Place::at(problem.offset).whole(), problem.message));
            return None;
        }
    };
    let root = parsed.document.root_element();
    if root.tag_name().namespace() != Some(names::TTML) || root.tag_name().name() != "tt" {
        let message = "the root element is not `tt` of TTML";
        let mut remark = Remark::new(&table::S_05, place(root).whole(), message);
        remark.found = Some(root.tag_name().name().to_string());
        remarks.push(remark);
        return None;
    }
    for _ in 0..parsed.comments {
        notes.losses.add(LossCode::Comment, None, "comments");
    }
    for _ in 0..parsed.instructions {
        notes.losses.add(LossCode::Comment, None, "processing instructions");
    }
    let text = source.text();
    let reading = Reading { text, remarks, notes, event: None, declares_foreign: false };
    let mut reader = Reader {
        reading,
        script: Script { version: "1.0".into(), ..Script::default() },
        ids: HashSet::new(),
    };
    reader.root(root);
    Some(reader.script)
}

pub(super) struct Reader<'r> {
    pub(super) reading: Reading<'r>,
    pub(super) script: Script,
    /// Identifiers of groups that references can use: the first of each.
    ids: HashSet<Str>,
}

/// Attributes of `tt` that DAPT prohibits. DAPT, profile.
const PROHIBITED: &[&str] = &["clockMode", "dropMode", "markerMode", "subFrameRate"];

/// Reads what the body and groups have in common into an object, with the metadata whose values are still to be put
/// into it.
macro_rules! container {
    ($reading:expr, $node:expr, $object:ident { $($field:ident: $value:expr),* }) => {{
        let common = $reading.attributes($node, Takes::CONTAINER);
        let mut metadata = $reading.metadata($node, &mut |_, _, _| false);
        let (animations, mix) = $reading.animations($node, true);
        let mut object = $object {
            at: place($node),
            id: common.id,
            $($field: $value,)*
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            language: common.language,
            language_source: common.language_source,
            represents: common.represents,
            characters: common.characters,
            region: common.region,
            style: common.style,
            styling: common.styling,
            animations,
            mix: common.mix,
            foreign: common.foreign,
            unknown: std::mem::take(&mut metadata.unknown),
        };
        if !mix.is_empty() {
            object.mix.get_or_insert_default().animate = mix;
        }
        object.foreign.append(&mut metadata.foreign);
        (object, metadata)
    }};
}

impl Reader<'_> {
    fn root(&mut self, root: Node<'_, '_>) {
        self.script.at = place(root);
        self.root_attributes(root);
        for (index, child) in (0..).zip(root.children().filter(Node::is_element)) {
            match tag(child) {
                (Vocabulary::Tt, "head") => self.head(child),
                (Vocabulary::Tt, "body") => self.body(child),
                _ => {
                    let foreign = self.reading.foreign_child(child, index);
                    self.script.foreign.push(foreign);
                }
            }
        }
    }

    fn root_attributes(&mut self, root: Node<'_, '_>) {
        let spot = place(root).whole();
        let profiles = attribute(root, Vocabulary::Parameter, "contentProfiles");
        let bare = |profile: &str| {
            let inner = profile.strip_prefix("all(").or(profile.strip_prefix("any(")).unwrap_or(profile);
            inner.trim_end_matches(')').to_string()
        };
        if let Some(profiles) = profiles {
            let profiles = profiles.split_ascii_whitespace();
            self.script.content_profiles =
                profiles.filter(|p| bare(p) != CONTENT_PROFILE).map(Str::from).collect();
        }
        if !profiles.unwrap_or("").split_ascii_whitespace().any(|p| bare(p) == CONTENT_PROFILE) {
            let message = "`ttp:contentProfiles` does not name the DAPT 1.0 content profile";
            let remark = self.reading.remark(&table::D_01, spot, message);
            remark.found = profiles.map(str::to_string);
            remark.expected = Some(CONTENT_PROFILE.to_string());
        }
        self.reading.declares_foreign = !self.script.content_profiles.is_empty();
        let mut timing = Timing { at: place(root), ..Timing::default() };
        let mut multiplier = None;
        for attribute in root.attributes() {
            let (vocabulary, name) = attribute_tag(&attribute);
            let value = attribute.value();
            let script = &mut self.script;
            match (vocabulary, name) {
                (Vocabulary::Xml, "lang") => script.language = Some(value.into()),
                (Vocabulary::Dapt, "langSrc") => script.language_source = Some(value.into()),
                (Vocabulary::Dapt, "represents") => {
                    script.represents = Some(value.into());
                    if value.split_ascii_whitespace().nth(1).is_some() {
                        let spot = place(root).key("represents");
                        self.reading.remark(&table::D_09, spot, "`daptm:represents` holds a list").found =
                            Some(value.to_string());
                    }
                }
                (Vocabulary::Dapt, "scriptType") => script.script_type = Some(value.into()),
                (Vocabulary::Dapt, "scriptRepresents") => {
                    script.script_represents = value.split_ascii_whitespace().map(Into::into).collect();
                    if value.contains(',') {
                        let message = "`daptm:scriptRepresents` is separated by commas, not by white space";
                        let spot = place(root).key("scriptRepresents");
                        self.reading.remark(&table::D_05, spot, message).found = Some(value.to_string());
                    }
                }
                (Vocabulary::Parameter, "contentProfiles") => {}
                (Vocabulary::Parameter, "processorProfiles") => {
                    script.processor_profiles = value.split_ascii_whitespace().map(Str::from).collect();
                    if !value.split_ascii_whitespace().any(|p| bare(p) == PROCESSOR_PROFILE) {
                        let message = "`ttp:processorProfiles` does not name the DAPT 1.0 processor profile";
                        let remark = self.reading.remark(&table::D_03, spot, message);
                        remark.found = Some(value.to_string());
                        remark.expected = Some(PROCESSOR_PROFILE.to_string());
                    }
                }
                (Vocabulary::Parameter, "frameRate") if value.parse::<u32>().is_ok() => {
                    let base = value.parse().unwrap_or_default();
                    timing.frame_rate =
                        Some(FrameRateValue { at: place(root), base, ..FrameRateValue::default() });
                }
                (Vocabulary::Parameter, "frameRateMultiplier") => multiplier = Some(value),
                (Vocabulary::Parameter, "tickRate") if value.parse::<u32>().is_ok() => {
                    timing.tick_rate = value.parse().ok();
                }
                (Vocabulary::None | Vocabulary::Foreign | Vocabulary::Tx | Vocabulary::Tt, _) => {
                    let offset = attribute.range_qname().start;
                    let foreign = foreign::attribute(self.reading.text, &attribute);
                    script.foreign.push(foreign);
                    self.reading.remark_foreign(
                        offset,
                        format!("the attribute `{name}` is unknown and not in metadata"),
                    );
                }
                _ => {
                    script.root.0.push((format!("{}:{name}", vocabulary.prefix()).into(), value.into()));
                    self.check_parameter(root, vocabulary, name, value);
                }
            }
        }
        if let Some(value) = multiplier {
            let parts: Option<List<u32>> = value
                .split([' ', ':', '\t', '\n'])
                .filter(|p| !p.is_empty())
                .map(|p| p.parse().ok())
                .collect();
            match (parts, &mut timing.frame_rate) {
                (Some(parts), Some(rate)) => rate.multiplier = parts,
                _ => {
                    self.script.root.0.push(("ttp:frameRateMultiplier".into(), value.into()));
                    let message = "`ttp:frameRateMultiplier` is not two numbers beside a frame rate";
                    self.reading.remark(&table::S_09, spot, message).found = Some(value.to_string());
                }
            }
        }
        if timing.frame_rate.is_some() || timing.tick_rate.is_some() {
            self.script.timing = Some(Box::new(timing));
        }
    }

    fn check_parameter(&mut self, root: Node<'_, '_>, vocabulary: Vocabulary, name: &str, value: &str) {
        if vocabulary != Vocabulary::Parameter {
            return;
        }
        let spot = place(root).whole();
        match name {
            "profile" => {
                self.reading.remark(&table::D_02, spot, "`ttp:profile` is prohibited");
            }
            "timeBase" if value != "media" => {
                let remark = self.reading.remark(&table::D_25, spot, "`ttp:timeBase` is not `media`");
                remark.found = Some(value.to_string());
            }
            "frameRate" | "tickRate" => {
                let remark =
                    self.reading.remark(&table::S_09, spot, format!("`ttp:{name}` is no whole number"));
                remark.found = Some(value.to_string());
            }
            name if PROHIBITED.contains(&name) => {
                self.reading.remark(&table::D_25, spot, format!("`ttp:{name}` is prohibited"));
            }
            _ => {}
        }
    }

    fn body(&mut self, node: Node<'_, '_>) {
        let (mut body, mut metadata) = container!(self.reading, node, Body {});
        let mut foreign = self.divs(node, None);
        body.foreign.append(&mut foreign);
        metadata.put_values(&mut body);
        if body != Body::default() {
            self.script.body = Some(Box::new(body));
        }
    }

    /// Reads the children of a body or of a div that is no event; gives those that are neither groups nor events.
    fn divs(&mut self, node: Node<'_, '_>, group: Option<&Str>) -> List<crate::ttal::model::Foreign> {
        let mut foreign = List::new();
        let mut order = 0;
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            match tag(child) {
                (Vocabulary::Tt, "metadata" | "set" | "animate") => {}
                (Vocabulary::Tt, "div") => {
                    let id = attribute(child, Vocabulary::Xml, "id");
                    let is_leaf = !child.children().any(|n| is_tt(n, "div"));
                    if is_leaf && id.is_some_and(is_name) {
                        self.event(child, group);
                    } else {
                        self.group(child, group, order, is_leaf);
                    }
                    order += 1;
                }
                (Vocabulary::Tt, "p") => {
                    let message = "`p` is not in a script event, so that its words reach no output";
                    self.reading.remark(&table::D_34, place(child).whole(), message);
                    self.reading.notes.losses.add(LossCode::Unmapped, None, "paragraphs outside of events");
                    foreign.push(foreign::element(self.reading.text, child, Slot::Child, index));
                }
                _ => foreign.push(self.reading.foreign_child(child, index)),
            }
        }
        foreign
    }

    fn group(&mut self, node: Node<'_, '_>, parent: Option<&Str>, index: u32, is_leaf: bool) {
        if is_leaf {
            let message = "`div` without a valid xml:id is no script event";
            self.reading.remark(&table::D_34, place(node).whole(), message);
        }
        let number = self.script.groups.len();
        let (mut group, mut metadata) =
            container!(self.reading, node, Group { parent: parent.cloned(), index: index });
        metadata.put_values(&mut group);
        let name: Str = match &group.id {
            Some(id) if !id.starts_with('#') && self.ids.insert(id.0.clone()) => id.0.clone(),
            _ => format!("#{number}").into(),
        };
        self.script.groups.push(group);
        let mut foreign = self.divs(node, Some(&name));
        self.script.groups[number].foreign.append(&mut foreign);
    }

    fn event(&mut self, node: Node<'_, '_>, group: Option<&Str>) {
        let reading = &mut self.reading;
        reading.event = attribute(node, Vocabulary::Xml, "id").map(Str::from);
        let common = reading.attributes(node, Takes::EVENT);
        let mut event = Event {
            at: place(node),
            id: common.id.unwrap_or_default(),
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            represents: common.represents,
            characters: common.characters,
            on_screen: common.on_screen,
            language: common.language,
            language_source: common.language_source,
            mix: common.mix,
            region: common.region,
            style: common.style,
            styling: common.styling,
            group: group.cloned(),
            foreign: common.foreign,
            ..Event::default()
        };
        let mut metadata = reading.metadata(node, &mut |_, child, _| {
            tag(child).0 == Vocabulary::Tx && event.take_tx_field(child.tag_name().name(), &literal(child))
        });
        let (animations, mix) = reading.animations(node, true);
        event.animations = animations;
        if !mix.is_empty() {
            event.mix.get_or_insert_default().animate = mix;
        }
        event.extensions = std::mem::take(&mut metadata.extensions);
        event.foreign.append(&mut metadata.foreign);
        event.unknown = std::mem::take(&mut metadata.unknown);
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            match tag(child) {
                (Vocabulary::Tt, "metadata" | "set" | "animate") => {}
                (Vocabulary::Tt, "p") => event.texts.push(reading.text(child)),
                (Vocabulary::Metadata, "desc") => event.descriptions.push(reading.description(child)),
                _ => event.foreign.push(reading.foreign_child(child, index)),
            }
        }
        metadata.put_values(&mut event);
        reading.event = None;
        self.script.add_event(event);
    }
}

impl Reading<'_> {
    fn text(&mut self, node: Node<'_, '_>) -> Text {
        let common = self.attributes(node, Takes::TEXT);
        let mut text = Text {
            at: place(node),
            id: common.id,
            language: common.language,
            language_source: common.language_source,
            represents: common.represents,
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            speak: common.speak,
            mix: common.mix,
            region: common.region,
            style: common.style,
            styling: common.styling,
            foreign: common.foreign,
            ..Text::default()
        };
        let mut metadata = self.metadata(node, &mut |_, child, _| {
            tag(child).0 == Vocabulary::Tx && text.take_tx_field(child.tag_name().name(), &literal(child))
        });
        let mut inner = self.paragraph(node);
        text.content = Content(inner.nodes);
        text.audio = inner.audio;
        text.animations = inner.animations;
        if !inner.mix.is_empty() {
            text.mix.get_or_insert_default().animate = inner.mix;
        }
        text.extensions = std::mem::take(&mut metadata.extensions);
        text.unknown = std::mem::take(&mut metadata.unknown);
        text.foreign.append(&mut metadata.foreign);
        text.foreign.append(&mut inner.foreign);
        metadata.put_values(&mut text);
        text
    }

    fn description(&mut self, node: Node<'_, '_>) -> Description {
        let mut description =
            Description { at: place(node), text: words(node).into(), ..Description::default() };
        for attribute in node.attributes() {
            let value = attribute.value();
            match attribute_tag(&attribute) {
                (Vocabulary::Xml, "id") => description.id = Some(value.into()),
                (Vocabulary::Xml, "lang") => description.language = Some(value.into()),
                (Vocabulary::Xml, "space") => {}
                (Vocabulary::Dapt, "descType") => description.kind = Some(value.into()),
                _ => self.notes.losses.add(
                    LossCode::Foreign,
                    self.event.as_deref(),
                    "attributes of descriptions",
                ),
            }
        }
        for _ in node.children().filter(Node::is_element) {
            self.notes.losses.add(
                LossCode::Foreign,
                self.event.as_deref(),
                "elements inside of descriptions",
            );
        }
        description
    }
}
