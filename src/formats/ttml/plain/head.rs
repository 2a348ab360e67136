//! The head: titles, people, styles, regions.

use roxmltree::Node;

use super::Reader;
use super::inline::extension;
use crate::formats::ttml::names::{Vocabulary, attribute, tag};
use crate::ttal::model::is_name;
use crate::ttal::model::{Character, Programme, Region, Str, Style, Talent, Timecode};
use crate::ttal::place::Place;

impl<'d> Reader<'d, '_> {
    pub(super) fn head(&mut self, head: Node<'d, 'd>) {
        for node in head.descendants().filter(Node::is_element).skip(1) {
            match tag(node) {
                (Vocabulary::Tt, "style") if node.parent_element().is_none_or(|p| tag(p).1 != "region") => {
                    self.style(node, false);
                }
                (Vocabulary::Tt, "initial") => self.style(node, true),
                (Vocabulary::Tt, "region") => self.region(node),
                (Vocabulary::Tt, "image") => {
                    self.images.get_or_insert(node.range().start);
                }
                (Vocabulary::Metadata, "agent") => self.agent(node),
                (Vocabulary::Tx, _) => {
                    let outer = node.parent_element().map(tag);
                    if outer == Some((Vocabulary::Tt, "metadata")) {
                        self.own_metadata(node);
                    }
                }
                (Vocabulary::Dapt, "daptOriginTimecode")
                | (Vocabulary::EbuMetadata, "documentStartOfProgramme") => {
                    let timecode = Some(Timecode(text_of(node)));
                    let timing = self.script.timing.get_or_insert_default();
                    match tag(node).0 {
                        Vocabulary::Dapt => timing.origin_timecode = timecode,
                        _ => timing.start_of_programme_timecode = timecode,
                    }
                }
                (Vocabulary::EbuMetadata, "sourceMediaIdentifier") => {
                    let programme = self.script.programme.get_or_insert_default();
                    programme.source_media.push(text_of(node));
                }
                (Vocabulary::Metadata, "title" | "desc" | "copyright") | (Vocabulary::EbuMetadata, _) => {
                    let in_head = node.ancestors().skip(1).filter(Node::is_element).all(|a| {
                        matches!(
                            tag(a),
                            (Vocabulary::Tt, "metadata" | "head" | "tt") | (Vocabulary::EbuMetadata, _)
                        )
                    });
                    if in_head {
                        self.title(node);
                    }
                }
                _ => {}
            }
        }
    }

    fn title(&mut self, node: Node<'d, 'd>) {
        let text = text_of(node);
        if text.is_empty() {
            return;
        }
        let mut programme = self.script.programme.take().unwrap_or_default();
        let Programme { title, translated_title, episode_title, translated_episode_title, publisher, .. } =
            &mut *programme;
        let place = match tag(node) {
            (Vocabulary::Metadata, "title") | (_, "documentOriginalProgrammeTitle") => title,
            (_, "documentOriginalEpisodeTitle") => episode_title,
            (_, "documentTranslatedProgrammeTitle") => translated_title,
            (_, "documentTranslatedEpisodeTitle") => translated_episode_title,
            (_, "documentPublisher") => publisher,
            (_, "documentCountryOfOrigin") => &mut programme.country_of_origin,
            (Vocabulary::Metadata, "copyright") | (_, "documentCopyright") => &mut programme.copyright,
            (Vocabulary::Metadata, "desc") => &mut programme.description,
            _ => &mut None,
        };
        place.get_or_insert(text);
        if *programme != Programme::default() {
            self.script.programme = Some(programme);
        }
    }

    /// What our own elements say about the document and its people. People are declared before.
    fn own_metadata(&mut self, node: Node<'d, 'd>) {
        let script = &mut self.script;
        let fields = || {
            let own = node.children().filter(|c| tag(*c).0 == Vocabulary::Tx);
            own.map(|c| (c, c.tag_name().name(), c.text().unwrap_or("")))
        };
        let id = node.attribute("ref").unwrap_or("");
        match tag(node).1 {
            "ext" => extension(node, &mut script.extensions, &mut script.unknown),
            "programme" => {
                let programme = script.programme.get_or_insert_default();
                fields().for_each(|(_, key, text)| _ = programme.take_tx_field(key, text));
            }
            "timing" => {
                let timing = script.timing.get_or_insert_default();
                fields().for_each(|(_, key, text)| _ = timing.take_tx_field(key, text));
            }
            "talent" => {
                let Some(&at) = self.people.get(id) else { return };
                let Some(talent) = script.talents.get_mut(at).filter(|t| &*t.id == id) else { return };
                for (field, key, text) in fields() {
                    match key {
                        "ext" => extension(field, &mut talent.extensions, &mut talent.unknown),
                        _ => _ = talent.take_tx_field(key, text),
                    }
                }
            }
            "character" => {
                let Some(&at) = self.people.get(id) else { return };
                let Some(character) = script.characters.get_mut(at).filter(|c| &*c.id == id) else { return };
                for (field, key, text) in fields() {
                    match key {
                        "ext" => extension(field, &mut character.extensions, &mut character.unknown),
                        _ => _ = character.take_tx_field(key, text),
                    }
                }
            }
            key => _ = script.take_tx_field(key, node.text().unwrap_or("")),
        }
    }

    fn agent(&mut self, node: Node<'d, 'd>) {
        let Some(id) = attribute(node, Vocabulary::Xml, "id").filter(|id| is_name(id)) else {
            self.notes.add(node.range().start, "a person without an identifier: nothing can name it");
            return;
        };
        let child = |name| node.children().find(|c| tag(*c) == (Vocabulary::Metadata, name));
        let at = Place::at(node.range().start);
        let name = child("name").map(text_of).filter(|name| !name.is_empty()).unwrap_or_else(|| id.into());
        // A person whom characters name is the talent of these; one whom no words name speaks none.
        let silent = node.attribute("type") == Some("person") && !self.speakers.contains(id);
        if silent || self.actors.contains(id) {
            self.people.insert(id, self.script.talents.len());
            self.script.talents.push(Talent { at, id: id.into(), name, ..Talent::default() });
            return;
        }
        let talent = child("actor").and_then(|actor| actor.attribute("agent")).map(Into::into);
        self.people.insert(id, self.script.characters.len());
        self.script.characters.push(Character { at, id: id.into(), name, talent, ..Character::default() });
    }

    fn style(&mut self, node: Node<'d, 'd>, initial: bool) {
        let style = Style {
            at: Place::at(node.range().start),
            id: attribute(node, Vocabulary::Xml, "id").filter(|_| !initial).map(Into::into),
            initial: initial.then_some(true),
            style: self.style_references(node),
            styling: self.styling(node),
            ..Style::default()
        };
        self.script.styles.push(style);
    }

    fn region(&mut self, node: Node<'d, 'd>) {
        let Some(id) = attribute(node, Vocabulary::Xml, "id").filter(|id| is_name(id)) else {
            self.notes.add(node.range().start, "a region without an identifier: nothing can name it");
            return;
        };
        self.regions.insert(id);
        let mut style = self.style_references(node);
        let mut styling = self.styling(node);
        for nested in node.children().filter(|c| tag(*c) == (Vocabulary::Tt, "style")) {
            style.extend(self.style_references(nested));
            for (name, value) in self.styling(nested).iter() {
                // What the region itself says wins.
                if styling.get(name).is_none() {
                    styling.set(name, value);
                }
            }
        }
        let interval = self.times(node);
        let spell = |time| self.base.spell(time, self.in_frames);
        let (begin, end) = (interval.begin.map(spell), interval.end.map(spell));
        let dur = interval.dur.map(spell);
        let animations = self.animations(node);
        let at = Place::at(node.range().start);
        self.script.regions.push(Region {
            at,
            id: id.into(),
            begin,
            end,
            dur,
            style,
            styling,
            animations,
            ..Region::default()
        });
    }
}

/// The words of an element, without white space around.
pub(super) fn text_of(node: Node<'_, '_>) -> Str {
    let text: String = node.descendants().filter(Node::is_text).filter_map(|t| t.text()).collect();
    text.trim().into()
}
