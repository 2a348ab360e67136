//! Reading the head of a DAPT document.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use super::read::Reader;
use crate::formats::LossCode;
use crate::formats::ttml::element::{Reading, literal, place, words};
use crate::formats::ttml::foreign;
use crate::formats::ttml::head::Agent;
use crate::formats::ttml::metadata::Metadata;
use crate::formats::ttml::names::{Vocabulary, attribute, attribute_tag, tag};
use crate::ttal::model::{List, Script, Slot, Str};
use crate::ttal::rules::table;

/// Where in their lists the agents are, characters (true) and talents, by their identifiers.
type Agents = HashMap<(bool, Str), usize>;

impl Reader<'_> {
    pub(super) fn head(&mut self, head: Node<'_, '_>) {
        let mut metadata = self.head_metadata(head);
        for (index, child) in (0..).zip(head.children().filter(Node::is_element)) {
            let mut foreign = List::new();
            match tag(child) {
                (Vocabulary::Tt, "metadata") => {}
                (Vocabulary::Tt, "styling") => {
                    let mut styles = self.reading.styles(child, &mut foreign);
                    self.script.styles.append(&mut styles);
                }
                (Vocabulary::Tt, "layout") => {
                    let mut regions = self.reading.regions(child, &mut foreign);
                    self.script.regions.append(&mut regions);
                }
                (Vocabulary::Tt, "resources") => {
                    for (index, node) in (0..).zip(child.children().filter(Node::is_element)) {
                        match self.reading.resource(node) {
                            Some(resource) => self.script.resources.push(resource),
                            None => foreign.push(self.reading.foreign_child(node, index)),
                        }
                    }
                }
                (Vocabulary::Tt, "animation") => {
                    self.reading.remark(
                        &table::D_26,
                        place(child).whole(),
                        "`animation` in the head is prohibited",
                    );
                    foreign.push(foreign::element(self.reading.text, child, Slot::Child, index));
                }
                (Vocabulary::Metadata, "title" | "desc" | "copyright" | "agent") => {}
                _ => foreign.push(self.reading.foreign_child(child, index)),
            }
            self.script.foreign.append(&mut foreign);
        }
        self.check_actors(head);
        metadata.put_values(&mut self.script);
    }

    fn head_metadata(&mut self, head: Node<'_, '_>) -> Metadata {
        let mut script = std::mem::take(&mut self.script);
        let mut trade = Vec::new();
        let mut metadata = self.reading.metadata(head, &mut |reading, node, index| {
            take_head(reading, &mut script, node, index, &mut trade)
        });
        // TTML lets metadata stand in the head without `metadata` around it; DAPT does not look for it there.
        for node in head.children().filter(|n| tag(*n).0 == Vocabulary::Metadata) {
            if tag(node).1 == "agent" {
                let message = "`ttm:agent` is not in a `metadata` of the head";
                self.reading.remark(&table::D_16, place(node).whole(), message);
            }
            if !take_head(&mut self.reading, &mut script, node, 0, &mut trade) {
                metadata.foreign.push(foreign::element(self.reading.text, node, Slot::Metadata, 0));
            }
        }
        let characters = (0..).zip(&script.characters).map(|(at, c)| ((true, c.id.0.clone()), at));
        let talents = (0..).zip(&script.talents).map(|(at, t)| ((false, t.id.0.clone()), at));
        // The first of each identifier.
        let mut agents: Agents = HashMap::new();
        for (key, at) in characters.chain(talents) {
            agents.entry(key).or_insert(at);
        }
        for node in trade {
            self.trade_data(&mut script, &agents, node, &mut metadata);
        }
        script.extensions = std::mem::take(&mut metadata.extensions);
        script.unknown = std::mem::take(&mut metadata.unknown);
        // In document order, those of the head behind those of the root.
        script.foreign.append(&mut metadata.foreign);
        self.script = script;
        metadata
    }

    /// Reads what a `tx:character` or `tx:talent` says about an agent.
    fn trade_data(
        &mut self,
        script: &mut Script,
        agents: &Agents,
        node: Node<'_, '_>,
        around: &mut Metadata,
    ) {
        macro_rules! read_into {
            ($agent:expr) => {{
                let agent = $agent;
                let mut inner = self.reading.metadata_in(node, &mut |_, child, _| {
                    tag(child).0 == Vocabulary::Tx
                        && agent.take_tx_field(child.tag_name().name(), &literal(child))
                });
                agent.extensions = std::mem::take(&mut inner.extensions);
                agent.foreign.append(&mut inner.foreign);
                agent.unknown = std::mem::take(&mut inner.unknown);
                inner.put_values(agent);
            }};
        }
        let is_character = tag(node).1 == "character";
        let id = attribute(node, Vocabulary::None, "ref").unwrap_or("");
        match agents.get(&(is_character, id.into())) {
            Some(&at) if is_character => read_into!(&mut script.characters[at]),
            Some(&at) => read_into!(&mut script.talents[at]),
            None => around.foreign.push(foreign::element(self.reading.text, node, Slot::Metadata, 0)),
        }
    }

    /// D-15 and what of D-16 is about the order of agents.
    fn check_actors(&mut self, head: Node<'_, '_>) {
        let agents: Vec<Node<'_, '_>> = head
            .descendants()
            .filter(|n| n.is_element() && tag(*n) == (Vocabulary::Metadata, "agent"))
            .collect();
        let kind = |n: &Node<'_, '_>| attribute(*n, Vocabulary::None, "type").unwrap_or("").to_string();
        let mut seen = HashMap::new();
        for (at, agent) in agents.iter().enumerate() {
            if let Some(id) = attribute(*agent, Vocabulary::Xml, "id") {
                seen.entry(id).or_insert((at, kind(agent)));
            }
        }
        let mut names = HashSet::new();
        for talent in &self.script.talents {
            if !talent.name.trim().is_empty() && !names.insert(talent.name.trim()) {
                let message = format!("{} is declared twice", talent.name.trim());
                self.reading.remark(&table::D_16, talent.at.key("name"), message);
            }
        }
        for (at, agent) in agents.iter().enumerate().filter(|(_, a)| kind(a) == "character") {
            let own = attribute(*agent, Vocabulary::Xml, "id");
            for actor in
                agent.children().filter(|n| n.is_element() && tag(*n) == (Vocabulary::Metadata, "actor"))
            {
                let Some(target) = attribute(actor, Vocabulary::None, "agent") else {
                    let message = "`ttm:actor` names no agent";
                    self.reading.remark(&table::D_15, place(*agent).key("talent"), message);
                    continue;
                };
                let spot = place(*agent).key("talent");
                let message = match seen.get(target) {
                    _ if Some(target) == own => {
                        format!("the character `{target}` names itself as its talent")
                    }
                    None => format!("no agent `{target}` is declared"),
                    Some((_, kind)) if kind != "person" => format!("the agent `{target}` is no person"),
                    Some((declared, _)) => {
                        if *declared > at {
                            let message = format!("the person `{target}` is declared after the character");
                            self.reading.remark(&table::D_16, spot, message);
                        }
                        continue;
                    }
                };
                self.reading.remark(&table::D_15, spot, message).found = Some(target.to_string());
            }
        }
    }
}

/// Takes what the model knows of a child of the head's metadata.
fn take_head<'a, 'input>(
    reading: &mut Reading<'_>,
    script: &mut Script,
    node: Node<'a, 'input>,
    index: u32,
    trade: &mut Vec<Node<'a, 'input>>,
) -> bool {
    let (vocabulary, name) = tag(node);
    match (vocabulary, name) {
        (Vocabulary::Metadata, "agent") => {
            if index > 0 {
                let message = "`ttm:agent` is not in the first `metadata` of the head";
                reading.remark(&table::D_16, place(node).whole(), message);
            }
            match reading.agent(node) {
                Some(Agent::Character(character)) => script.characters.push(character),
                Some(Agent::Talent(talent)) => script.talents.push(talent),
                None => return false,
            }
            true
        }
        (Vocabulary::Metadata | Vocabulary::EbuMetadata, _) => take_programme(reading, script, node),
        (Vocabulary::Dapt, "daptOriginTimecode") => {
            let timing = script.timing.get_or_insert_default();
            if timing.origin_timecode.is_some() {
                let message = "more than one `daptm:daptOriginTimecode`";
                reading.remark(&table::D_17, place(node).whole(), message);
                return false;
            }
            timing.origin_timecode = Some(words(node).into());
            true
        }
        (Vocabulary::Tx, "character" | "talent") => {
            trade.push(node);
            true
        }
        (Vocabulary::Tx, "programme") => take_children(node, &mut |key, text| {
            script.programme.get_or_insert_default().take_tx_field(key, text)
        }),
        (Vocabulary::Tx, "timing") => take_children(node, &mut |key, text| {
            script.timing.get_or_insert_default().take_tx_field(key, text)
        }),
        (Vocabulary::Tx, _) => script.take_tx_field(name, &literal(node)),
        _ => false,
    }
}

fn take_children(node: Node<'_, '_>, take: &mut dyn FnMut(&str, &str) -> bool) -> bool {
    let mut all = true;
    for child in node.children().filter(Node::is_element) {
        all &= take(child.tag_name().name(), &literal(child));
    }
    all
}

/// What EBU-TT metadata and TTML's own say about the programme.
fn take_programme(reading: &mut Reading<'_>, script: &mut Script, node: Node<'_, '_>) -> bool {
    let (vocabulary, name) = tag(node);
    let text = words(node);
    if (vocabulary, name) == (Vocabulary::EbuMetadata, "documentStartOfProgramme") {
        let timing = script.timing.get_or_insert_default();
        if timing.start_of_programme_timecode.is_some() {
            let message = "more than one `ebuttm:documentStartOfProgramme`";
            reading.remark(&table::D_18, place(node).whole(), message);
            return false;
        }
        timing.start_of_programme_timecode = Some(text.into());
        return true;
    }
    let is_title = |n: Node<'_, '_>| n.is_element() && tag(n) == (Vocabulary::Metadata, "title");
    let mut new = script.programme.take().unwrap_or_default();
    let slot = match (vocabulary, name) {
        (Vocabulary::Metadata, "title") => Some(&mut new.title),
        (Vocabulary::Metadata, "copyright") => Some(&mut new.copyright),
        (Vocabulary::Metadata, "desc") => Some(&mut new.description),
        (Vocabulary::EbuMetadata, "documentOriginalProgrammeTitle")
            if new.title.is_none() && !node.parent().is_some_and(|p| p.children().any(is_title)) =>
        {
            Some(&mut new.title)
        }
        (Vocabulary::EbuMetadata, "documentTranslatedProgrammeTitle") => Some(&mut new.translated_title),
        (Vocabulary::EbuMetadata, "documentOriginalEpisodeTitle") => Some(&mut new.episode_title),
        (Vocabulary::EbuMetadata, "documentTranslatedEpisodeTitle") => {
            Some(&mut new.translated_episode_title)
        }
        (Vocabulary::EbuMetadata, "documentPublisher") => Some(&mut new.publisher),
        (Vocabulary::EbuMetadata, "documentCountryOfOrigin") => Some(&mut new.country_of_origin),
        _ => None,
    };
    let mut taken = false;
    if let Some(slot) = slot.filter(|slot| slot.is_none()) {
        *slot = Some(text.into());
        taken = true;
    } else if (vocabulary, name) == (Vocabulary::EbuMetadata, "sourceMediaIdentifier") {
        new.source_media.push(text.into());
        taken = true;
    }
    for attribute in node.attributes().filter(|_| taken) {
        if attribute_tag(&attribute) != (Vocabulary::Xml, "space") {
            reading.notes.losses.add(LossCode::Meta, None, "attributes of titles and the like");
        }
    }
    if new.at.offset().is_none() {
        new.at = place(node);
    }
    script.programme = Some(new).filter(|new| **new != Default::default());
    taken
}
