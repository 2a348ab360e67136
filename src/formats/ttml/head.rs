//! What stands in `head`: styles, regions, resources and agents.

use roxmltree::Node;

use super::element::{Reading, Takes, place, words};
use super::foreign;
use super::names::{Vocabulary, attribute, is_tt, tag};
use crate::formats::LossCode;
use crate::ttal::model::{Character, Foreign, Id, List, Region, Slot, Style, Talent};
use crate::ttal::rules::table;

/// An agent that is a character or a person.
#[derive(Debug)]
pub enum Agent {
    /// A character of the programme.
    Character(Character),
    /// A person who speaks characters.
    Talent(Talent),
}

impl Reading<'_> {
    /// Reads a `style` or `initial` element.
    pub fn style(&mut self, node: Node<'_, '_>) -> Style {
        let common = self.attributes(node, Takes::default());
        let mut style = Style {
            at: place(node),
            id: common.id,
            initial: is_tt(node, "initial").then_some(true),
            style: common.style,
            styling: common.styling,
            foreign: common.foreign,
            ..Style::default()
        };
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            style.foreign.push(self.foreign_child(child, index));
        }
        style
    }

    /// Reads the `styling` element: initial values first.
    pub fn styles(&mut self, styling: Node<'_, '_>, foreign: &mut List<Foreign>) -> List<Style> {
        let (mut initial, mut styles) = (List::new(), List::new());
        for (index, node) in (0..).zip(styling.children().filter(Node::is_element)) {
            match tag(node) {
                (Vocabulary::Tt, "initial") => initial.push(self.style(node)),
                (Vocabulary::Tt, "style") => styles.push(self.style(node)),
                _ => foreign.push(self.foreign_child(node, index)),
            }
        }
        initial.append(&mut styles);
        initial
    }

    /// Reads a `region` element. `style` elements inside of it become part of it.
    pub fn region(&mut self, node: Node<'_, '_>) -> Region {
        let common = self.attributes(node, Takes { times: true, ..Takes::default() });
        let mut region = Region {
            at: place(node),
            id: common.id.unwrap_or_default(),
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            style: common.style,
            styling: common.styling,
            animations: self.animations(node, false).0,
            foreign: common.foreign,
            ..Region::default()
        };
        let mut metadata = self.metadata(node, &mut |_, _, _| false);
        region.unknown = std::mem::take(&mut metadata.unknown);
        region.foreign.append(&mut metadata.foreign);
        // The region's own attributes win over those of its styles, later styles over earlier ones.
        let own = region.styling.clone();
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            match tag(child) {
                (Vocabulary::Tt, "metadata" | "set" | "animate") => {}
                (Vocabulary::Tt, "style") => {
                    let mut nested = self.style(child);
                    for (name, value) in nested.styling.iter().filter(|(name, _)| own.get(name).is_none()) {
                        region.styling.set(name, value);
                    }
                    region.style.append(&mut nested.style);
                    region.foreign.append(&mut nested.foreign);
                    if nested.id.is_some() {
                        self.notes.losses.add(LossCode::Id, None, "identifiers of styles in regions");
                    }
                }
                _ => region.foreign.push(self.foreign_child(child, index)),
            }
        }
        metadata.put_values(&mut region);
        region
    }

    /// Reads the `layout` element.
    pub fn regions(&mut self, layout: Node<'_, '_>, foreign: &mut List<Foreign>) -> List<Region> {
        let mut regions = List::new();
        for (index, node) in (0..).zip(layout.children().filter(Node::is_element)) {
            if is_tt(node, "region") {
                regions.push(self.region(node));
            } else if !is_tt(node, "metadata") {
                foreign.push(self.foreign_child(node, index));
            }
        }
        regions
    }

    /// Reads a `ttm:agent` element; `None` for agents that are neither character nor person, or have no identifier.
    pub fn agent(&mut self, node: Node<'_, '_>) -> Option<Agent> {
        let kind = attribute(node, Vocabulary::None, "type").unwrap_or("");
        let Some(id) = attribute(node, Vocabulary::Xml, "id") else {
            self.remark(&table::D_13, place(node).key("id"), "`ttm:agent` has no xml:id");
            return None;
        };
        let wanted = match kind {
            "character" => "alias",
            "person" => "full",
            _ => return None,
        };
        let names = || node.children().filter(|n| tag(*n) == (Vocabulary::Metadata, "name"));
        let is_wanted = |n: &Node<'_, '_>| attribute(*n, Vocabulary::None, "type") == Some(wanted);
        let name = names().find(is_wanted).or_else(|| names().next());
        if let Some(name) = name.filter(|name| !is_wanted(name)) {
            let message = format!("the name of a {kind} is not of type `{wanted}`");
            self.remark(&table::D_14, place(node).key("name"), message).found =
                attribute(name, Vocabulary::None, "type").map(str::to_string);
        }
        if name.is_none_or(|name| words(name).trim().is_empty()) {
            self.remark(&table::D_14, place(node).key("name"), format!("the {kind} `{id}` has no name"));
        }
        let actor =
            node.children().find(|n| kind == "character" && tag(*n) == (Vocabulary::Metadata, "actor"));
        let mut foreign = List::new();
        for a in node.attributes() {
            let known = matches!(
                (Vocabulary::of(a.namespace()), a.name()),
                (Vocabulary::Xml, "id") | (Vocabulary::None, "type")
            );
            if !known {
                foreign.push(foreign::attribute(self.text, &a));
            }
        }
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            if Some(child) != name && Some(child) != actor {
                foreign.push(foreign::element(self.text, child, Slot::Child, index));
            }
        }
        let (at, id) = (place(node), Id::from(id));
        let name = name.map(words).unwrap_or_default().into();
        Some(if kind == "character" {
            let talent = actor.and_then(|n| attribute(n, Vocabulary::None, "agent")).map(Id::from);
            Agent::Character(Character { at, id, name, talent, foreign, ..Character::default() })
        } else {
            Agent::Talent(Talent { at, id, name, foreign, ..Talent::default() })
        })
    }
}
