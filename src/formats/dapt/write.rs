//! Writing DAPT.

use std::collections::HashSet;
use std::io::Write;

use serde_json::Value;

use super::inline::paragraph;
use super::markup::Markup;
use super::odd::{Has, Odd, are_plain, are_writable, is_attribute};
use super::{CONTENT_PROFILE, head};
use crate::error::{Error, Result};
use crate::formats::ttml::element::Takes;
use crate::formats::ttml::foreign;
use crate::formats::ttml::metadata::{ESCAPED, UNKNOWN};
use crate::formats::ttml::names::TTML;
use crate::formats::ttml::space::survives_collapse;
use crate::formats::ttml::xml::{self, StartTag};
use crate::formats::{LossCode, Losses, WriteOptions};
use crate::ttal::model::is_name;
use crate::ttal::model::{
    Animation, Attributes, Body, Decimal, Description, Event, Extensions, Foreign, Group, Id, List, Mix,
    MixAnimation, Resource, ResourceKind, Script, Slot, Unknown,
};
use crate::ttal::normal::tidy;
use crate::ttal::normal::tree::{Child, Tree};

/// Groups that may sit in one another: elements may not be nested deeper than readers take them.
const MAX_GROUPS: usize = 200;

/// Writes a script as a DAPT document.
///
/// # Errors
/// Where the script holds what no DAPT document can: characters that XML has none of (rule S-10), an event whose
/// identifier is no XML name, foreign XML that is not well-formed (S-01). Nothing is written then.
pub fn write(script: &Script, _: &WriteOptions, losses: &mut Losses, out: &mut dyn Write) -> Result<()> {
    let script = tidy(script);
    let is_audio = |resource: &&Resource| resource.kind == ResourceKind::Audio;
    let audio = script.resources.iter().filter(is_audio).map(|resource| &*resource.id).collect();
    // The first pass finds errors and the prefixes that the root has to declare.
    let mut dry = Writer {
        xml: Markup::new(None),
        losses: &mut Losses::default(),
        script: &script,
        audio: &audio,
        event: None,
    };
    dry.document(&[])?;
    let used = dry.xml.used();
    let mut writer =
        Writer { xml: Markup::new(Some(out)), losses, script: &script, audio: &audio, event: None };
    writer.document(&used)
}

/// Writes one document.
pub(super) struct Writer<'w, 's> {
    pub xml: Markup<'w>,
    pub losses: &'w mut Losses,
    pub script: &'s Script,
    /// The identifiers of resources of kind audio.
    pub audio: &'w HashSet<&'s str>,
    /// The event that is being written.
    pub event: Option<&'s str>,
}

/// What stands in the `metadata` of an element.
#[derive(Debug, Default)]
pub(super) struct Extra<'s> {
    /// Our own fields.
    pub fields: Vec<(&'static str, String)>,
    /// Vendor data.
    pub extensions: Option<&'s Extensions>,
    /// Keys that the model does not know.
    pub unknown: Option<&'s Unknown>,
    /// What TTML's syntax can't hold.
    pub odd: Odd,
    /// Foreign XML.
    pub foreign: &'s [Foreign],
}

impl Extra<'_> {
    /// Whether the first `metadata` holds anything of ours.
    pub fn has_own(&self) -> bool {
        !self.fields.is_empty()
            || self.extensions.is_some_and(|e| !e.is_empty())
            || self.unknown.is_some_and(|u| !u.is_empty())
            || !self.odd.0.is_empty()
    }
}

/// The attributes that bodies, groups, events, texts and spans have in common.
macro_rules! block_attributes {
    ($writer:expr, $element:expr) => {{
        let element = $element;
        $writer.xml.optional("begin", element.begin.as_deref())?;
        $writer.xml.optional("end", element.end.as_deref())?;
        $writer.xml.optional("dur", element.dur.as_deref())?;
        $writer.xml.optional("xml:lang", element.language.as_deref())?;
        $writer.xml.optional("daptm:langSrc", element.language_source.as_deref())?;
        $writer.xml.optional("daptm:represents", element.represents.as_deref())?;
        $writer.id_list("style", &element.style)?;
        $writer.mix_attributes(element.mix.as_deref())?;
    }};
}
pub(super) use block_attributes;

/// What of an element's common fields can't be attributes or elements.
macro_rules! common_odd {
    ($odd:expr, $element:expr, $takes:expr) => {{
        $odd.ids("style", &$element.style);
        $odd.styling("styling", &$element.styling, $takes, Has::of($element.mix.as_deref(), None));
        $odd.animations("animations", &$element.animations);
        $odd.mix($element.mix.as_deref());
    }};
}

/// The attributes of `set` and `animate` but for the values.
macro_rules! animation_attributes {
    ($writer:expr, $animation:expr) => {{
        $writer.xml.optional("begin", $animation.begin.as_deref())?;
        $writer.xml.optional("end", $animation.end.as_deref())?;
        $writer.xml.optional("dur", $animation.dur.as_deref())?;
        $writer.xml.optional("fill", $animation.fill.as_ref().map(|f| f.as_str()))?;
        $writer.xml.optional("calcMode", $animation.calc_mode.as_deref())?;
        $writer.xml.optional("keyTimes", $animation.key_times.as_deref())?;
        $writer.xml.optional("keySplines", $animation.key_splines.as_deref())?;
        $writer.xml.optional("repeatCount", $animation.repeat_count.as_deref())?;
    }};
}

impl<'s> Writer<'_, 's> {
    fn document(&mut self, prefixes: &[(&str, &str)]) -> Result<()> {
        let script = self.script;
        self.xml.declaration();
        self.xml.start("tt")?;
        self.xml.attribute("xmlns", TTML)?;
        for (prefix, uri) in prefixes {
            self.xml.attribute(&format!("xmlns:{prefix}"), uri)?;
        }
        self.root_attributes()?;
        for foreign in script.foreign.iter().filter(|f| f.slot != Slot::Metadata) {
            self.prune(foreign);
        }
        self.head()?;
        if !script.events.is_empty() || !script.groups.is_empty() || script.body.is_some() {
            self.body()?;
        }
        self.xml.end();
        self.xml.finish()
    }

    fn root_attributes(&mut self) -> Result<()> {
        let script = self.script;
        self.xml.attribute("ttp:contentProfiles", CONTENT_PROFILE)?;
        for profile in &script.content_profiles {
            self.losses.add(LossCode::Profile, None, &format!("the content profile {profile}"));
        }
        if !script.processor_profiles.is_empty() && head::are_tokens(&script.processor_profiles) {
            self.xml.attribute("ttp:processorProfiles", &script.processor_profiles.join(" "))?;
        }
        if let Some(timing) = script.timing.as_deref() {
            if let Some(rate) = &timing.frame_rate {
                self.xml.attribute("ttp:frameRate", &rate.base.to_string())?;
                if !rate.multiplier.is_empty() {
                    let parts: Vec<String> = rate.multiplier.iter().map(u32::to_string).collect();
                    self.xml.attribute("ttp:frameRateMultiplier", &parts.join(" "))?;
                }
            }
            self.xml.optional("ttp:tickRate", timing.tick_rate.map(|rate| rate.to_string()).as_deref())?;
        }
        self.xml.optional("xml:lang", script.language.as_deref())?;
        self.xml.optional("daptm:langSrc", script.language_source.as_deref())?;
        self.xml.optional("daptm:scriptType", script.script_type.as_ref().map(|t| t.as_str()))?;
        if !script.script_represents.is_empty() && head::are_descriptors(&script.script_represents) {
            let values: Vec<&str> = script.script_represents.iter().map(|value| &**value).collect();
            self.xml.attribute("daptm:scriptRepresents", &values.join(" "))?;
        }
        self.xml.optional("daptm:represents", script.represents.as_deref())?;
        for (name, value) in script.root.iter() {
            if name == "ttp:profile" {
                self.losses.add(LossCode::Profile, None, "the attribute ttp:profile");
            } else if head::is_root_attribute(script, name, value) {
                self.xml.attribute(name, value)?;
            }
        }
        Ok(())
    }

    fn body(&mut self) -> Result<()> {
        let script = self.script;
        self.xml.start("body")?;
        let tree = Tree::of(script);
        let default = Body::default();
        let body = script.body.as_deref().unwrap_or(&default);
        let mut odd = Odd::default();
        common_odd!(odd, body, Takes::CONTAINER);
        odd.ids("characters", &body.characters);
        self.xml.optional("xml:id", body.id.as_deref())?;
        block_attributes!(self, body);
        self.id_list("ttm:agent", &body.characters)?;
        self.xml.optional("region", body.region.as_deref())?;
        self.styling(&body.styling, Takes::CONTAINER, Has::of(body.mix.as_deref(), None))?;
        let extra = Extra { unknown: Some(&body.unknown), odd, foreign: &body.foreign, ..Extra::default() };
        self.metadata(&extra)?;
        self.children_of_known_names(&body.foreign, false)?;
        self.animations(body.mix.as_deref(), &body.animations)?;
        self.children(&tree, &tree.top, 0)?;
        self.xml.end();
        Ok(())
    }

    fn children(&mut self, tree: &Tree, children: &[Child], depth: usize) -> Result<()> {
        for child in children {
            match *child {
                Child::Event(at) => {
                    let is_stray = tree.strays.contains(child);
                    self.event(&self.script.events[at], is_stray)?;
                }
                Child::Group(at) => self.group(tree, at, depth + 1)?,
            }
        }
        Ok(())
    }

    fn group(&mut self, tree: &Tree, at: usize, depth: usize) -> Result<()> {
        if depth > MAX_GROUPS {
            return Err(Error::limit(format!("groups are nested more than {MAX_GROUPS} deep")));
        }
        let group: &'s Group = &self.script.groups[at];
        self.xml.start("div")?;
        let mut odd = Odd::default();
        common_odd!(odd, group, Takes::CONTAINER);
        odd.ids("characters", &group.characters);
        // An empty div with an identifier would be an event.
        let is_like_event = tree.groups[at].is_empty() && group.id.as_deref().is_some_and(is_name);
        if is_like_event {
            odd.add("id", &group.id);
        } else {
            self.xml.optional("xml:id", group.id.as_deref())?;
        }
        if tree.strays.contains(&Child::Group(at)) {
            odd.add("parent", &group.parent);
        }
        block_attributes!(self, group);
        self.id_list("ttm:agent", &group.characters)?;
        self.xml.optional("region", group.region.as_deref())?;
        self.styling(&group.styling, Takes::CONTAINER, Has::of(group.mix.as_deref(), None))?;
        let extra = Extra { unknown: Some(&group.unknown), odd, foreign: &group.foreign, ..Extra::default() };
        self.metadata(&extra)?;
        self.children_of_known_names(&group.foreign, false)?;
        self.animations(group.mix.as_deref(), &group.animations)?;
        self.children(tree, &tree.groups[at], depth)?;
        self.children_of_known_names(&group.foreign, true)?;
        self.xml.end();
        Ok(())
    }

    fn event(&mut self, event: &'s Event, is_stray: bool) -> Result<()> {
        self.event = Some(&event.id);
        self.event_element(event, is_stray)
            .map_err(|error| error.within(format!("event `{}`", &*event.id)))?;
        self.event = None;
        Ok(())
    }

    fn event_element(&mut self, event: &'s Event, is_stray: bool) -> Result<()> {
        if !is_name(&event.id) {
            let message = "the identifier is no XML name, so that no reader of DAPT would see an event";
            return Err(Error::format(message).clause("rule R-01"));
        }
        self.xml.start("div")?;
        let mut odd = Odd::default();
        common_odd!(odd, event, Takes::EVENT);
        odd.ids("characters", &event.characters);
        for (at, description) in event.descriptions.iter().enumerate() {
            odd.unknown(&format!("descriptions/{at}"), &description.unknown);
        }
        if is_stray {
            odd.add("group", &event.group);
        }
        self.xml.attribute("xml:id", &event.id)?;
        block_attributes!(self, event);
        self.id_list("ttm:agent", &event.characters)?;
        self.xml.optional("daptm:onScreen", event.on_screen.as_ref().map(|s| s.as_str()))?;
        self.xml.optional("region", event.region.as_deref())?;
        self.styling(&event.styling, Takes::EVENT, Has::of(event.mix.as_deref(), None))?;
        let mut extra = Extra {
            extensions: Some(&event.extensions),
            unknown: Some(&event.unknown),
            odd,
            foreign: &event.foreign,
            ..Extra::default()
        };
        event.tx_fields(&mut |key, text| extra.fields.push((key, text)));
        self.metadata(&extra)?;
        self.children_of_known_names(&event.foreign, false)?;
        for description in &event.descriptions {
            self.description(description)?;
        }
        self.animations(event.mix.as_deref(), &event.animations)?;
        for text in &event.texts {
            paragraph(self, text)?;
        }
        self.xml.end();
        Ok(())
    }

    fn description(&mut self, description: &Description) -> Result<()> {
        self.xml.start("ttm:desc")?;
        self.xml.optional("xml:id", description.id.as_deref())?;
        self.xml.optional("xml:lang", description.language.as_deref())?;
        self.xml.optional("daptm:descType", description.kind.as_deref())?;
        self.only_words(&description.text)
    }

    /// Writes the words of an element that holds nothing else, and closes it.
    pub(super) fn only_words(&mut self, words: &str) -> Result<()> {
        if !survives_collapse(words) {
            self.xml.attribute("xml:space", "preserve")?;
        }
        if !words.is_empty() {
            self.xml.words(words)?;
        }
        self.xml.end();
        Ok(())
    }

    /// Writes an attribute that lists identifiers, if it can hold them.
    pub(super) fn id_list(&mut self, name: &str, ids: &[Id]) -> Result<()> {
        if ids.is_empty() || !are_plain(ids) {
            return Ok(());
        }
        let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
        self.xml.attribute(name, &ids.join(" "))
    }

    pub(super) fn mix_attributes(&mut self, mix: Option<&Mix>) -> Result<()> {
        let value = |number: &Option<Decimal>| number.as_ref().map(|n| n.0.to_string());
        self.xml.optional("tta:gain", mix.and_then(|m| value(&m.gain)).as_deref())?;
        self.xml.optional("tta:pan", mix.and_then(|m| value(&m.pan)).as_deref())
    }

    /// Writes the style attributes that can be attributes.
    pub(super) fn styling(&mut self, styling: &Attributes, takes: Takes, has: Has) -> Result<()> {
        for (name, value) in styling.iter().filter(|(name, value)| is_attribute(name, value, takes, has)) {
            self.xml.attribute(name, value)?;
        }
        Ok(())
    }

    /// Writes the animations of an element: those of level and place, then those of styles.
    pub(super) fn animations(&mut self, mix: Option<&Mix>, animations: &List<Animation>) -> Result<()> {
        for animation in mix.iter().flat_map(|mix| &mix.animate) {
            self.mix_animation(animation)?;
        }
        for animation in animations.iter().filter(|_| are_writable(animations)) {
            self.xml.start(if &*animation.kind == "set" { "set" } else { "animate" })?;
            animation_attributes!(self, animation);
            for (name, value) in animation.styling.iter() {
                self.xml.attribute(name, value)?;
            }
            self.xml.end();
        }
        Ok(())
    }

    fn mix_animation(&mut self, animation: &MixAnimation) -> Result<()> {
        self.xml.start("animate")?;
        animation_attributes!(self, animation);
        for (name, values) in [("tta:gain", &animation.gain), ("tta:pan", &animation.pan)] {
            if !values.is_empty() {
                let values: Vec<&str> = values.iter().map(|value| &*value.0).collect();
                self.xml.attribute(name, &values.join(";"))?;
            }
        }
        self.xml.end();
        Ok(())
    }

    /// Writes the `metadata` children of an element: ours and the foreign XML of the first one, then the others.
    pub(super) fn metadata(&mut self, extra: &Extra<'_>) -> Result<()> {
        self.metadata_with(extra, &mut |_| Ok(()), false)
    }

    /// The same, with more that comes first.
    pub(super) fn metadata_with(
        &mut self,
        extra: &Extra<'_>,
        first: &mut dyn FnMut(&mut Self) -> Result<()>,
        has_first: bool,
    ) -> Result<()> {
        let mut foreign: Vec<&Foreign> = extra.foreign.iter().filter(|f| f.slot == Slot::Metadata).collect();
        foreign.sort_by_key(|f| f.index);
        let has_own = extra.has_own() || has_first;
        let mut at = 0;
        let mut is_first = true;
        while at < foreign.len() || (is_first && has_own) {
            let index = if is_first && has_own { 0 } else { foreign[at].index };
            let same = foreign[at..].iter().take_while(|f| f.index == index).count();
            let here = &foreign[at..at + same];
            at += same;
            self.xml.start("metadata")?;
            let mut attributes = here.iter().filter(|f| foreign::is_attributes(f));
            if let Some(foreign) = attributes.next() {
                self.xml.raw_attributes(&attributes_of_metadata(foreign));
            }
            attributes.for_each(|foreign| self.prune(foreign));
            if is_first && has_own {
                first(self)?;
                self.own(extra)?;
            }
            for foreign in here {
                if !foreign::is_attributes(foreign) {
                    let xml = self_contained(foreign)?;
                    self.xml.raw(&xml);
                }
            }
            self.xml.end();
            is_first = false;
        }
        Ok(())
    }

    pub(super) fn own(&mut self, extra: &Extra<'_>) -> Result<()> {
        for (key, text) in &extra.fields {
            self.xml.element(tx_name(key), text)?;
        }
        for (key, value) in extra.extensions.iter().flat_map(|e| e.iter()) {
            let key = if key.starts_with('#') { format!("{ESCAPED}{key}") } else { key.clone() };
            self.extension(&key, &value.to_string())?;
        }
        if let Some(unknown) = extra.unknown.filter(|unknown| !unknown.is_empty()) {
            let map = unknown.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
            self.extension(UNKNOWN, &Value::Object(map).to_string())?;
        }
        for (key, json) in &extra.odd.0 {
            self.extension(key, json)?;
        }
        Ok(())
    }

    fn extension(&mut self, key: &str, json: &str) -> Result<()> {
        self.xml.start("tx:ext")?;
        self.xml.attribute("key", key)?;
        self.xml.words(json)?;
        self.xml.end();
        Ok(())
    }

    /// Writes foreign children whose names DAPT knows, or reports that they are left out: TTML's own metadata, or
    /// else the paragraphs outside of events.
    pub(super) fn children_of_known_names(&mut self, foreign: &[Foreign], paragraphs: bool) -> Result<()> {
        for foreign in foreign.iter().filter(|f| f.slot != Slot::Metadata) {
            match foreign::kept_child(foreign) {
                Some(name) if (name == "p") == paragraphs => {
                    let xml = self_contained(foreign)?;
                    self.xml.raw(&xml);
                }
                None if !paragraphs => self.prune(foreign),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn prune(&mut self, foreign: &Foreign) {
        let what = if foreign.slot == Slot::Attribute { "foreign attributes" } else { "foreign elements" };
        self.losses.add(LossCode::Foreign, self.event, what);
    }
}

/// The name of the element that carries a key.
fn tx_name(key: &'static str) -> &'static str {
    macro_rules! names {
        ($($key:literal)*) => {
            match key { $($key => concat!("tx:", $key),)* _ => "tx:other" }
        };
    }
    names!("documentId" "purpose" "scenes" "shots" "loops" "lineage" "seriesTitle" "season" "episode" "projectId"
        "assetId" "productionCompany" "pictureVersion" "reel" "duration" "ratingAudience" "timecode"
        "firstFrameOfActionTimecode" "aliases" "role" "gender" "age" "voiceNotes" "pronunciation" "color" "styles"
        "cue" "timecodeIn" "timecodeOut" "forced" "scene" "loop" "tags" "status" "derivedFrom" "lipSync")
}

/// The attributes that foreign XML stands for.
fn attributes_of_metadata(foreign: &Foreign) -> String {
    let own_default = |a: &xml::RawAttribute| a.declared_prefix(&foreign.xml) == Some("");
    let start = foreign.xml.find('<').unwrap_or(0);
    let attributes = StartTag::new(&foreign.xml, start).filter(|a| !own_default(a));
    let spelt: Vec<&str> = attributes.map(|a| &foreign.xml[a.name.start..a.value.end + 1]).collect();
    spelt.join(" ")
}

/// Foreign XML in a form that means the same wherever it stands in the document.
pub(super) fn self_contained(foreign: &Foreign) -> Result<String> {
    let text = &*foreign.xml;
    let document = xml::parse_fragment(text).map_err(|problem| malformed(foreign, &problem.message))?;
    let root = document.root_element();
    let range = root.range();
    let element = &text[range.clone()];
    let mut tag = StartTag::new(element, 0);
    let name_end = tag.name_end();
    let has_default = tag.by_ref().any(|a| a.declared_prefix(element) == Some(""));
    let bare = root.descendants().any(|n| n.is_element() && n.tag_name().namespace().is_none());
    Ok(if bare && !has_default {
        format!("{} xmlns=\"\"{}", &element[..name_end], &element[name_end..])
    } else {
        element.to_string()
    })
}

pub(super) fn malformed(foreign: &Foreign, message: &str) -> Error {
    let shown: String = foreign.xml.chars().take(60).collect();
    Error::format(format!("the foreign XML `{shown}`: {message}")).clause("rule S-01")
}
