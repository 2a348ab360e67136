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
        for (path, value) in std::mem::take(&mut self.values) {
            put(object, &path, value);
        }
    }

    /// The same, with paths below the key `key` for `object`.
    pub fn put_values_below<T: Data>(&mut self, key: &str, object: &mut T) {
        let mut kept = Vec::new();
        for (path, value) in std::mem::take(&mut self.values) {
            match path.strip_prefix(key).and_then(|rest| rest.strip_prefix('/')) {
                Some(rest) => put(object, rest, value),
                None => kept.push((path, value)),
            }
        }
        self.values = kept;
    }
}

/// Sets one value inside of an object by its path. A path that leads nowhere is left alone.
fn put<T: Data>(object: &mut T, path: &str, value: Value) {
    let Ok(mut json) = serde_json::to_value(&*object) else { return };
    let mut at = &mut json;
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
    let text = json.to_string();
    if let Some(read) = Reader::placeless(text.as_bytes()) {
        *object = read;
    }
}

/// What takes the children of a `metadata` that it knows; the number is that of the `metadata`.
pub type Take<'f, 'a, 'input> = &'f mut dyn FnMut(&mut Reading<'_>, Node<'a, 'input>, u32) -> bool;

impl Reading<'_> {
    /// Reads the `metadata` children of an element. Each child of these is offered to `take`, with the number of the
    /// `metadata` it stands in; what is not taken is kept as foreign.
    pub fn metadata<'a, 'input>(&mut self, parent: Node<'a, 'input>, take: Take<'_, 'a, 'input>) -> Metadata {
        let mut metadata = Metadata::default();
        let mut index = 0;
        for node in parent.children().filter(|n| is_tt(*n, "metadata")) {
            if node.attributes().len() > 0 {
                metadata.foreign.push(self.attributes_of_metadata(node, index));
            }
            self.metadata_children(node, index, take, &mut metadata);
            index += 1;
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
