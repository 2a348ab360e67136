//! The root's attributes and the head: who speaks, what the programme is, styles and regions.

use super::allowed::{On, Root, number};
use super::inline;
use super::layout::{self, OWN_LOOK};
use super::markup::Markup;
use super::{PROFILE, Writer};
use crate::formats::LossCode;
use crate::ttal::model::{Character, Programme, Script, Style, Talent};

/// Parameters of the root that the profile has, beside those that times need.
const PARAMETERS: &[&str] =
    &["ttp:cellResolution", "ttp:displayAspectRatio", "ittp:aspectRatio", "ittp:activeArea"];

/// Two numbers above 0 with this unit.
pub(super) fn pair(text: &str, unit: &str) -> Option<(f64, f64)> {
    let mut parts = text.split_whitespace().map(|part| part.strip_suffix(unit).and_then(number));
    let (first, second) = (parts.next()??, parts.next()??);
    (parts.next().is_none() && first > 0.0 && second > 0.0).then_some((first, second))
}

/// What lengths of a document are measured by.
pub(super) fn measures(script: &Script) -> Root {
    let pair = |name: &str, unit: &str| pair(script.root.get(name)?, unit);
    Root { cells: pair("ttp:cellResolution", "").unwrap_or((32.0, 15.0)), pixels: pair("tts:extent", "px") }
}

impl<'s> Writer<'s, '_> {
    /// The attributes of the root, behind its namespaces.
    pub(super) fn root(&mut self, markup: &mut Markup) {
        markup.attribute("xml:lang", self.language);
        markup.attribute("ttp:contentProfiles", PROFILE);
        markup.attribute("ttp:timeBase", "media");
        let timing = self.script.timing.as_deref();
        if let Some(rate) = timing
            .and_then(|timing| timing.frame_rate.as_ref())
            .filter(|_| self.times.clock.frame_rate.is_some())
        {
            markup.attribute("ttp:frameRate", &rate.base.to_string());
            if let [numerator, denominator] = rate.multiplier.as_slice() {
                markup.attribute("ttp:frameRateMultiplier", &format!("{numerator} {denominator}"));
            }
        }
        if let Some(rate) = self.times.clock.tick_rate {
            markup.attribute("ttp:tickRate", &rate.to_string());
        }
        let represents: Vec<&str> = self.script.script_represents.iter().map(|r| &*r.0).collect();
        let represents = represents.join(" ");
        let annotations = [
            ("daptm:scriptType", self.script.script_type.as_ref().map(|kind| kind.as_str())),
            ("daptm:scriptRepresents", Some(&*represents)),
            ("daptm:represents", self.script.represents.as_deref()),
            ("daptm:langSrc", self.script.language_source.as_deref()),
        ];
        for (name, value) in annotations {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                markup.attribute(name, value);
            }
        }
        let root = &self.script.root;
        for (name, value) in root.iter() {
            let other = root.get("ttp:displayAspectRatio").is_some();
            match name {
                "ittp:aspectRatio" if other => {}
                "tts:extent" if self.root.pixels.is_some() => markup.attribute(name, value),
                "tts:extent" if matches!(value, "auto" | "contain" | "cover") => {}
                "tts:extent" | "ttp:pixelAspectRatio" => self.losses.add(LossCode::Pos, None, name),
                _ if PARAMETERS.contains(&name) => markup.attribute(name, value),
                // What remains says how the source was written.
                _ => {}
            }
        }
    }

    /// The head.
    pub(super) fn head(&mut self, markup: &mut Markup) {
        let mut contents = Markup::new(2);
        self.metadata(&mut contents);
        self.style_elements(&mut contents);
        self.layout(&mut contents);
        if contents.text().is_empty() {
            return;
        }
        markup.line();
        markup.start("head");
        markup.open();
        markup.append(&contents);
        markup.close_line("head");
    }

    fn metadata(&mut self, markup: &mut Markup) {
        let script = self.script;
        if let Some(programme) = script.programme.as_deref() {
            titles(programme, markup);
        }
        let mut contents = Markup::new(3);
        for talent in &script.talents {
            self.talent(talent, &mut contents);
        }
        for character in &script.characters {
            self.character(character, &mut contents);
        }
        document_metadata(script, &mut contents);
        if contents.text().is_empty() {
            return;
        }
        markup.line();
        markup.start("metadata");
        markup.open();
        markup.append(&contents);
        markup.close_line("metadata");
    }

    fn talent(&mut self, talent: &'s Talent, markup: &mut Markup) {
        self.agent(&talent.id, "person", "full", &talent.name, None, markup);
    }

    fn character(&mut self, character: &'s Character, markup: &mut Markup) {
        self.agent(&character.id, "character", "alias", &character.name, character.talent.as_deref(), markup);
    }

    fn agent(
        &mut self,
        id: &str,
        kind: &str,
        form: &str,
        name: &str,
        actor: Option<&str>,
        markup: &mut Markup,
    ) {
        if !self.agent_ids.contains(id) {
            self.losses.add(LossCode::Talent, None, "people without an identifier");
            return;
        }
        markup.line();
        markup.start("ttm:agent");
        markup.attribute("xml:id", id);
        markup.attribute("type", kind);
        markup.open();
        markup.line();
        markup.start("ttm:name");
        markup.attribute("type", form);
        markup.open();
        markup.words(name);
        markup.close("ttm:name");
        if let Some(actor) = actor.filter(|actor| self.agent_ids.contains(actor)) {
            markup.line();
            markup.start("ttm:actor");
            markup.attribute("agent", actor);
            markup.empty();
        }
        markup.close_line("ttm:agent");
    }

    fn style_elements(&mut self, markup: &mut Markup) {
        let mut elements = Markup::new(3);
        for style in &self.script.styles {
            self.style_element(style, &mut elements);
        }
        if elements.text().is_empty() {
            return;
        }
        markup.line();
        markup.start("styling");
        markup.open();
        markup.append(&elements);
        markup.close_line("styling");
    }

    fn style_element(&mut self, style: &'s Style, markup: &mut Markup) {
        let initial = style.initial == Some(true);
        let id = style.id.as_deref();
        if !initial && id.is_none_or(|id| !self.style_ids.contains(id)) {
            self.losses.add(LossCode::Style, None, "styles without an identifier");
            return;
        }
        markup.line();
        markup.start(if initial { "initial" } else { "style" });
        if let Some(id) = id.filter(|_| !initial) {
            markup.attribute("xml:id", id);
            if !self.circular.contains(id) {
                self.style_references(&style.style, None, markup);
            }
        }
        for (name, value) in style.styling.iter() {
            // Regions say this themselves, and all in the same way.
            if self.by_position && matches!(name, "tts:origin" | "tts:position") {
                continue;
            }
            self.style_attribute(name, value, On::Style, None, markup);
        }
        markup.empty();
    }

    fn layout(&mut self, markup: &mut Markup) {
        if self.region_ids.is_empty() && self.own_region.is_none() {
            return;
        }
        markup.line();
        markup.start("layout");
        markup.open();
        for region in &self.script.regions {
            if !self.region_ids.contains(&*region.id.0) {
                continue;
            }
            let geometry = layout::geometry(region, &self.styles, &self.root, self.by_position);
            if geometry.changed {
                self.losses.add(
                    LossCode::Pos,
                    None,
                    "regions past the edge of the screen, or in other units",
                );
            }
            markup.line();
            markup.start("region");
            markup.attribute("xml:id", &region.id);
            for (name, time) in [("begin", &region.begin), ("end", &region.end), ("dur", &region.dur)] {
                if let Some(time) = self.times.seconds(time.as_ref()) {
                    markup.attribute(name, &self.times.spell(time));
                }
            }
            self.style_references(&region.style, None, markup);
            if let Some((name, value)) = &geometry.place {
                markup.attribute(name, value);
            }
            markup.attribute("tts:extent", &geometry.extent);
            for (name, value) in region.styling.iter() {
                if !matches!(name, "tts:origin" | "tts:position" | "tts:extent") {
                    self.style_attribute(name, value, On::Region, None, markup);
                }
            }
            if region.animations.is_empty() {
                markup.empty();
            } else {
                markup.open();
                self.animations(&region.animations, crate::ttal::time::MediaTime::ZERO, None, markup);
                markup.close_line("region");
            }
        }
        self.own_region_element(markup);
        markup.close_line("layout");
    }

    fn own_region_element(&mut self, markup: &mut Markup) {
        let Some(id) = &self.own_region else { return };
        let region = layout::own_region(self.options.region);
        let ((left, top), (width, height)) = (region.origin, region.extent);
        markup.line();
        markup.start("region");
        markup.attribute("xml:id", id);
        if self.by_position && !self.region_ids.is_empty() {
            markup.attribute("tts:position", &format!("left {left}% top {top}%"));
        } else {
            markup.attribute("tts:origin", &format!("{left}% {top}%"));
        }
        markup.attribute("tts:extent", &format!("{width}% {height}%"));
        for (name, value) in region.styling.iter().chain(OWN_LOOK) {
            markup.attribute(name, value);
        }
        markup.empty();
    }
}

/// Title, copyright and description, in the order that TTML wants.
fn titles(programme: &Programme, markup: &mut Markup) {
    let all = [
        ("ttm:title", &programme.title),
        ("ttm:desc", &programme.description),
        ("ttm:copyright", &programme.copyright),
    ];
    for (name, text) in all {
        if let Some(text) = text {
            markup.line();
            markup.start(name);
            markup.open();
            markup.words(text);
            markup.close(name);
        }
    }
}

/// What EBU-TT and DAPT have elements for, and the rest in our own, as a document of DAPT carries it.
fn document_metadata(script: &Script, markup: &mut Markup) {
    let mut element = |name: &str, text: Option<&str>| {
        if let Some(text) = text {
            markup.line();
            inline::element(name, text, markup);
        }
    };
    if let Some(programme) = script.programme.as_deref() {
        element("ebuttm:documentTranslatedProgrammeTitle", programme.translated_title.as_deref());
        element("ebuttm:documentOriginalEpisodeTitle", programme.episode_title.as_deref());
        element("ebuttm:documentTranslatedEpisodeTitle", programme.translated_episode_title.as_deref());
        element("ebuttm:documentPublisher", programme.publisher.as_deref());
        element("ebuttm:documentCountryOfOrigin", programme.country_of_origin.as_deref());
        programme.source_media.iter().for_each(|media| element("ebuttm:sourceMediaIdentifier", Some(media)));
    }
    if let Some(timing) = script.timing.as_deref() {
        element("daptm:daptOriginTimecode", timing.origin_timecode.as_deref());
        element("ebuttm:documentStartOfProgramme", timing.start_of_programme_timecode.as_deref());
    }
    let mut own = Markup::new(4);
    if let Some(programme) = script.programme.as_deref() {
        programme.tx_fields(&mut |key, value| inline::field(key, &value, &mut own));
        wrapped("tx:programme", None, &mut own, markup);
    }
    if let Some(timing) = script.timing.as_deref() {
        timing.tx_fields(&mut |key, value| inline::field(key, &value, &mut own));
        wrapped("tx:timing", None, &mut own, markup);
    }
    for talent in &script.talents {
        talent.tx_fields(&mut |key, value| inline::field(key, &value, &mut own));
        inline::extensions(&talent.extensions, &talent.unknown, &mut own);
        wrapped("tx:talent", Some(&talent.id), &mut own, markup);
    }
    for character in &script.characters {
        character.tx_fields(&mut |key, value| inline::field(key, &value, &mut own));
        inline::extensions(&character.extensions, &character.unknown, &mut own);
        wrapped("tx:character", Some(&character.id), &mut own, markup);
    }
    script.tx_fields(&mut |key, value| {
        markup.line();
        inline::field(key, &value, markup);
    });
    inline::extensions(&script.extensions, &script.unknown, &mut own);
    if !own.text().is_empty() {
        markup.line();
        markup.append(&own);
    }
}

/// Puts an element around what was gathered, if anything, and takes it away from there.
fn wrapped(name: &str, id: Option<&str>, contents: &mut Markup, markup: &mut Markup) {
    let contents = std::mem::replace(contents, Markup::new(4));
    if contents.text().is_empty() {
        return;
    }
    markup.line();
    markup.start(name);
    if let Some(id) = id {
        markup.attribute("ref", id);
    }
    markup.open();
    markup.append(&contents);
    markup.close(name);
}
