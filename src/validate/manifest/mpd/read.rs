//! Reading an MPD into what is compared.

use std::ops::Range;

use roxmltree::{Document, Node, ParsingOptions};

use super::segments::{self, Addressing};
use super::{structure, text};
use crate::validate::manifest::{Listing, Page, Spot, address};
use crate::validate::table::MPD_01;

/// The namespace.
pub(super) const NAMESPACE: &str = "urn:mpeg:dash:schema:mpd:2011";
/// More nodes than are read.
const NODE_LIMIT: u32 = 1 << 20;
/// More representations than are looked at.
const REPRESENTATION_LIMIT: usize = 2000;

/// An MPD.
#[derive(Debug)]
pub(in crate::validate) struct Mpd {
    pub(super) root: Element,
    /// Whether it changes while it is played.
    pub(super) is_dynamic: bool,
    pub(super) periods: Vec<Period>,
}

/// A `Period`.
#[derive(Debug)]
pub(super) struct Period {
    /// In seconds, where it is known.
    pub(super) duration: Option<f64>,
    pub(super) sets: Vec<Set>,
}

/// An `AdaptationSet`.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) element: Element,
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) has_label: bool,
    pub(super) representations: Vec<Representation>,
}

/// A `Representation`.
#[derive(Debug)]
pub(super) struct Representation {
    pub(super) element: Element,
    /// Its own.
    pub(super) descriptors: Vec<Descriptor>,
    pub(super) addressing: Addressing,
}

/// An element, by its attributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Element {
    pub(super) spot: Spot,
    pub(super) path: String,
    attributes: Vec<(String, String, Spot)>,
}

/// An element with a scheme and a value.
#[derive(Debug, Clone)]
pub(super) struct Descriptor {
    /// `ContentProtection`, `Role` …
    pub(super) name: String,
    pub(super) element: Element,
    /// What `cenc:pssh` holds.
    pub(super) pssh: Option<String>,
}

impl Element {
    /// The value of an attribute without a namespace, or with that of Common Encryption.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, ..)| known == name).map(|(_, value, _)| value.as_str())
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.trim().parse().ok()
    }

    /// The place of an attribute; of the element where it is not there.
    pub(super) fn spot_of(&self, name: &str) -> Spot {
        self.attributes.iter().find(|(known, ..)| known == name).map_or(self.spot, |(.., spot)| *spot)
    }
}

impl Descriptor {
    pub(super) fn scheme(&self) -> &str {
        self.element.get("schemeIdUri").unwrap_or("")
    }

    pub(super) fn value(&self) -> &str {
        self.element.get("value").unwrap_or("")
    }
}

impl Set {
    /// An attribute that a representation has, or takes from its set.
    pub(super) fn of<'a>(&'a self, representation: &'a Representation, name: &str) -> Option<&'a str> {
        representation.element.get(name).or_else(|| self.element.get(name))
    }

    /// The place of such an attribute.
    pub(super) fn spot_of(&self, representation: &Representation, name: &str) -> Spot {
        let is_own = representation.element.get(name).is_some() || self.element.get(name).is_none();
        if is_own { representation.element.spot_of(name) } else { self.element.spot_of(name) }
    }

    /// The descriptors of that name that hold for a representation.
    pub(super) fn descriptors<'a>(
        &'a self,
        representation: &'a Representation,
        name: &'a str,
    ) -> impl Iterator<Item = &'a Descriptor> {
        self.descriptors.iter().chain(&representation.descriptors).filter(move |one| one.name == name)
    }

    /// Whether it holds pictures, sound, text, by what it says.
    pub(super) fn media(&self) -> Option<&'static str> {
        let first = self.representations.first();
        let mime = self.element.get("mimeType").or_else(|| first?.element.get("mimeType")).unwrap_or("");
        let kind = self.element.get("contentType").unwrap_or_else(|| mime.split('/').next().unwrap_or(""));
        match kind {
            "video" => Some("video"),
            "audio" => Some("audio"),
            "text" | "application" => Some("subtitle"),
            _ => None,
        }
    }
}

impl Mpd {
    /// All representations in order, each with its set and period.
    pub(super) fn representations(&self) -> impl Iterator<Item = (&Period, &Set, &Representation)> {
        self.periods.iter().flat_map(|period| {
            period
                .sets
                .iter()
                .flat_map(move |set| set.representations.iter().map(move |one| (period, set, one)))
        })
    }

    /// What is listed of each representation.
    pub(in crate::validate) fn listings(&self) -> Vec<Listing> {
        let listing = |(_, set, one): (&Period, &Set, &Representation)| Listing {
            spot: one.element.spot,
            name: one.element.get("id").unwrap_or("").to_owned(),
            media: set.media().map(str::to_owned),
            init: one.addressing.init.clone(),
            segments: one.addressing.segments.iter().map(|segment| segment.resource.clone()).collect(),
            by_time: one.addressing.by_time,
        };
        self.representations().map(listing).collect()
    }
}

/// Reads an MPD; `own` is its address. Nothing where it is no XML.
pub(in crate::validate) fn read(source: &str, own: &str, page: &mut Page<'_>) -> Option<Mpd> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODE_LIMIT, ..ParsingOptions::default() };
    let document = match Document::parse_with_options(source, options) {
        Ok(document) => document,
        Err(error) => {
            let at = error.pos();
            let message = error.to_string();
            let message = message.split(" at ").next().unwrap_or("");
            let spot = Spot { line: at.row, column: at.col };
            page.say(&MPD_01, spot, format!("this is no well-formed XML: {message}"));
            return None;
        }
    };
    let places = Places::new(source);
    let root = document.root_element();
    structure::check(root, &places, page);
    if root.tag_name().name() != "MPD" {
        return None;
    }
    let element = places.element(root, "MPD".to_owned());
    let is_dynamic = element.get("type") == Some("dynamic");
    let mut reading =
        Reading { places, left: REPRESENTATION_LIMIT, segments: segments::Budget::default(), is_dynamic };
    let base = reading.base(root, own);
    let total = element.get("mediaPresentationDuration").and_then(text::duration);
    let nodes: Vec<Node<'_, '_>> = children(root, "Period").collect();
    let mut periods = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let start_of = |node: &Node<'_, '_>| node.attribute("start").and_then(text::duration);
        let given = node.attribute("duration").and_then(text::duration);
        let next = nodes.get(index + 1).and_then(start_of);
        let start = start_of(node).or(if index == 0 { Some(0.0) } else { None });
        let until = next.or(total.filter(|_| index + 1 == nodes.len()));
        let duration = given.or(start.zip(until).map(|(start, until)| until - start)).filter(|d| *d >= 0.0);
        periods.push(reading.period(*node, index, &base, duration, page));
    }
    Some(Mpd { root: element, is_dynamic, periods })
}

/// The children of a name, in the namespace or in that of an older draft.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, name: &'a str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// Lines of the text.
pub(super) struct Places<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Places { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The place of a byte. In very long lines, columns are counted in bytes.
    fn at(&self, offset: usize) -> Spot {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).copied().unwrap_or(0);
        let before = self.text.get(start..offset).filter(|before| before.len() < 4096);
        let column = before.map_or(offset.saturating_sub(start), |before| before.chars().count());
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Spot { line: number(line), column: number(column.saturating_add(1)) }
    }

    pub(super) fn spot(&self, node: Node<'_, '_>) -> Spot {
        self.at(node.range().start)
    }

    /// An element with its attributes.
    pub(super) fn element(&self, node: Node<'_, '_>, path: String) -> Element {
        let range = |attribute: &roxmltree::Attribute<'_, '_>| -> Range<usize> { attribute.range() };
        let attributes = node.attributes().take(200).map(|attribute| {
            (attribute.name().to_owned(), attribute.value().to_owned(), self.at(range(&attribute).start))
        });
        Element { spot: self.spot(node), path, attributes: attributes.collect() }
    }
}

struct Reading<'a> {
    places: Places<'a>,
    /// Representations that may still come.
    left: usize,
    segments: segments::Budget,
    is_dynamic: bool,
}

impl Reading<'_> {
    /// The base below a node.
    fn base(&self, node: Node<'_, '_>, above: &str) -> String {
        let own = children(node, "BaseURL").next().and_then(|base| base.text());
        own.map_or_else(|| above.to_owned(), |own| address::join(above, own))
    }

    fn period(
        &mut self,
        node: Node<'_, '_>,
        index: usize,
        base: &str,
        duration: Option<f64>,
        page: &mut Page<'_>,
    ) -> Period {
        let base = self.base(node, base);
        let path = format!("MPD/Period[{}]", index + 1);
        let mut sets = Vec::new();
        for (index, of) in children(node, "AdaptationSet").enumerate() {
            let path = format!("{path}/AdaptationSet[{}]", index + 1);
            let base = self.base(of, &base);
            let mut representations = Vec::new();
            for (index, one) in children(of, "Representation").enumerate() {
                let Some(left) = self.left.checked_sub(1) else {
                    let message = format!(
                        "more than {REPRESENTATION_LIMIT} representations; the others are not looked at"
                    );
                    page.say(&MPD_01, self.places.spot(one), message);
                    break;
                };
                self.left = left;
                let path = format!("{path}/Representation[{}]", index + 1);
                let element = self.places.element(one, path.clone());
                let base = self.base(one, &base);
                let source = segments::Source {
                    levels: [one, of, node],
                    base: &base,
                    element: &element,
                    duration,
                    is_dynamic: self.is_dynamic,
                };
                let addressing = segments::read(&source, &self.places, &mut self.segments, page);
                let descriptors = self.descriptors(one, &path);
                representations.push(Representation { element, descriptors, addressing });
            }
            sets.push(Set {
                element: self.places.element(of, path.clone()),
                descriptors: self.descriptors(of, &path),
                has_label: children(of, "Label").next().is_some(),
                representations,
            });
            if self.left == 0 {
                break;
            }
        }
        Period { duration, sets }
    }

    fn descriptors(&self, node: Node<'_, '_>, path: &str) -> Vec<Descriptor> {
        let elements = node.children().filter(|child| child.attribute("schemeIdUri").is_some());
        let descriptor = |child: Node<'_, '_>| {
            let name = child.tag_name().name().to_owned();
            let pssh = children(child, "pssh").next();
            Descriptor {
                element: self.places.element(child, format!("{path}/{name}")),
                name,
                pssh: pssh.and_then(|pssh| pssh.text()).map(|text| text.split_whitespace().collect()),
            }
        };
        elements.take(200).map(descriptor).collect()
    }
}
