//! What stands in the `metadata` children of an element: our own data, vendor data, and what nobody knows.

use roxmltree::Node;
use serde_json::{Map, Value};

use super::element::{Reading, literal};
use super::foreign;
use super::names::{Vocabulary, attribute, is_tt, tag};
use crate::formats::LossCode;
use crate::ttal::json::Reader;
use crate::ttal::model::object::Data;
use crate::ttal::model::{Extensions, Foreign, List, Slot, Unknown};
use crate::ttal::place::Place;

/// The key under which keys that the model does not know travel.
pub(crate) const UNKNOWN: &str = "#unknown";
/// Before the path of a value that TTML's syntax can't hold.
pub(crate) const VALUE: &str = "#value/";
/// Before a vendor's key that begins with `#` itself.
pub(crate) const ESCAPED: &str = "#ext/";

/// What the `metadata` children of one element hold beside what the caller took.
#[derive(Debug, Default)]
pub struct Metadata {
    /// Vendor data.
    pub extensions: Extensions,
    /// What nobody knows.
    pub foreign: List<Foreign>,
    /// Keys that the model does not know.
    pub unknown: Unknown,
    /// Values for paths inside of the object.
    values: Vec<(String, Value)>,
}

impl Metadata {
    /// Puts the values that TTML's syntax can't hold where they belong in `object`.
    pub fn put_values<T: Data>(&mut self, object: &mut T) {
        if self.values.is_empty() {
            return;
        }
        let Ok(old) = serde_json::to_value(&*object) else { return };
        let mut new = old.clone();
        for (path, value) in std::mem::take(&mut self.values) {
            put(&mut new, &path, value);
        }
        // What is missing in the object anyway is no reason to leave a value out.
        let problems = Reader::placeless::<T>(old.to_string().as_bytes()).map(|(_, problems)| problems);
        match Reader::placeless::<T>(new.to_string().as_bytes()) {
            Some((read, now)) if problems.is_none_or(|before| now <= before) => *object = read,
            _ => {}
        }
    }
}

/// Sets one value inside of another by its path. A path that leads nowhere is left alone.
fn put(json: &mut Value, path: &str, value: Value) {
    let mut at = json;
    for segment in path.split('/') {
        let key = segment.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Object(map) => map.entry(key).or_insert_with(|| Value::Object(Map::new())),
            Value::Array(list) => match key.parse::<usize>().ok().and_then(|n| list.get_mut(n)) {
                Some(element) => element,
                None => return,
            },
            _ => return,
        };
    }
    *at = value;
}

/// What takes the children of a `metadata` that it knows; the number is that of the `metadata`.
pub type Take<'f, 'a, 'input> = &'f mut dyn FnMut(&mut Reading<'_>, Node<'a, 'input>, u32) -> bool;

impl Reading<'_> {
    /// Reads the `metadata` children of an element. Each child of these is offered to `take`, with the number of the
    /// `metadata` it stands in; what is not taken is kept as foreign.
    pub fn metadata<'a, 'input>(&mut self, parent: Node<'a, 'input>, take: Take<'_, 'a, 'input>) -> Metadata {
        let mut metadata = Metadata::default();
        for (index, node) in (0..).zip(parent.children().filter(|n| is_tt(*n, "metadata"))) {
            if node.attributes().len() > 0 {
                metadata.foreign.push(self.attributes_of_metadata(node, index));
            }
            self.metadata_children(node, index, take, &mut metadata);
        }
        metadata
    }

    /// Reads one element that stands for a `metadata` itself.
    pub fn metadata_in<'a, 'input>(
        &mut self,
        node: Node<'a, 'input>,
        take: Take<'_, 'a, 'input>,
    ) -> Metadata {
        let mut metadata = Metadata::default();
        self.metadata_children(node, 0, take, &mut metadata);
        metadata
    }

    fn metadata_children<'a, 'input>(
        &mut self,
        node: Node<'a, 'input>,
        index: u32,
        take: Take<'_, 'a, 'input>,
        metadata: &mut Metadata,
    ) {
        for child in node.children() {
            if child.is_text() && child.text().is_some_and(|t| !t.trim().is_empty()) {
                self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "words in metadata");
            }
            if child.is_element() && !self.extension(child, metadata) && !take(self, child, index) {
                metadata.foreign.push(foreign::element(self.text, child, Slot::Metadata, index));
            }
        }
    }

    /// The attributes of a `metadata` element, kept on an empty one.
    fn attributes_of_metadata(&self, node: Node<'_, '_>, index: u32) -> Foreign {
        let range = node.range();
        let mut tag = foreign::element(self.text, node, Slot::Metadata, index);
        let mut start = super::xml::StartTag::new(&tag.xml, 0);
        while start.next().is_some() {}
        let end = start.end() - 1 - usize::from(start.is_empty_element());
        tag.xml = format!("{}/>", tag.xml[..end].trim_end()).into();
        tag.at = Place::at(range.start);
        tag
    }

    fn extension(&mut self, node: Node<'_, '_>, metadata: &mut Metadata) -> bool {
        if tag(node) != (Vocabulary::Tx, "ext") {
            return false;
        }
        let Some(key) = attribute(node, Vocabulary::None, "key") else { return false };
        let text = literal(node);
        let Some(value) = Reader::value::<Value>(text.as_bytes()) else {
            self.notes.add(node.range().start, format!("the value of `{key}` is no JSON"));
            return false;
        };
        if key == UNKNOWN {
            let Value::Object(map) = value else { return false };
            metadata.unknown.extend(map.into_iter().map(|(key, value)| (key.into(), value)));
        } else if let Some(path) = key.strip_prefix(VALUE) {
            metadata.values.push((path.to_string(), value));
        } else {
            metadata.extensions.set(key.strip_prefix(ESCAPED).unwrap_or(key), value);
        }
        true
    }
}
