//! Writing the head: metadata, agents, resources, styles and regions.

use super::inline::{bytes, source};
use super::odd::{Has, Odd};
use super::write::{Extra, Writer, malformed, self_contained};
use crate::error::Result;
use crate::formats::ttml::element::Takes;
use crate::formats::ttml::names::namespace_of;
use crate::formats::ttml::space::survives_collapse;
use crate::formats::ttml::xml;
use crate::ttal::model::{
    Character, ContentDescriptor, Foreign, Id, Programme, Region, Resource, ResourceKind, Script, Slot, Str,
    Style, Talent, Timing, is_name,
};

/// Whether a list can be an attribute whose values are separated by white space.
pub(super) fn are_tokens(values: &[Str]) -> bool {
    values.iter().all(|value| is_token(value))
}

/// The same for content descriptors.
pub(super) fn are_descriptors(values: &[ContentDescriptor]) -> bool {
    values.iter().all(|value| is_token(value))
}

fn is_token(value: &str) -> bool {
    !value.is_empty() && !value.contains(|c: char| c.is_ascii_whitespace())
}

/// Whether an entry of `root` can be an attribute of `tt`, and comes back as one.
pub(super) fn is_root_attribute(script: &Script, name: &str, value: &str) -> bool {
    let Some((prefix, local)) = name.split_once(':') else { return false };
    if !is_name(local) || namespace_of(prefix).is_none() {
        return false;
    }
    let timing = script.timing.as_deref();
    let is_number = value.parse::<u32>().is_ok();
    match (prefix, local) {
        ("tx", _) | ("xml", "lang") => false,
        ("xml", local) => matches!(local, "id" | "space" | "base"),
        ("daptm", "langSrc" | "represents" | "scriptType" | "scriptRepresents") => false,
        ("ttp", "contentProfiles" | "processorProfiles" | "profile") => false,
        ("ttp", "frameRate") => !is_number && timing.is_none_or(|t| t.frame_rate.is_none()),
        ("ttp", "tickRate") => !is_number && timing.is_none_or(|t| t.tick_rate.is_none()),
        ("ttp", "frameRateMultiplier") => {
            let numbers = value
                .split([' ', ':', '\t', '\n'])
                .filter(|p| !p.is_empty())
                .all(|p| p.parse::<u32>().is_ok());
            timing
                .and_then(|t| t.frame_rate.as_ref())
                .is_none_or(|rate| rate.multiplier.is_empty() && !numbers)
        }
        _ => true,
    }
}

/// The texts about the programme that TTML or EBU-TT have elements for.
fn programme_texts(programme: &Programme) -> [(&'static str, &'static str, Option<&Str>); 8] {
    [
        ("ttm:title", "title", programme.title.as_ref()),
        ("ttm:desc", "description", programme.description.as_ref()),
        ("ttm:copyright", "copyright", programme.copyright.as_ref()),
        ("ebuttm:documentTranslatedProgrammeTitle", "translatedTitle", programme.translated_title.as_ref()),
        ("ebuttm:documentOriginalEpisodeTitle", "episodeTitle", programme.episode_title.as_ref()),
        (
            "ebuttm:documentTranslatedEpisodeTitle",
            "translatedEpisodeTitle",
            programme.translated_episode_title.as_ref(),
        ),
        ("ebuttm:documentPublisher", "publisher", programme.publisher.as_ref()),
        ("ebuttm:documentCountryOfOrigin", "countryOfOrigin", programme.country_of_origin.as_ref()),
    ]
}

fn timecodes(timing: &Timing) -> [(&'static str, &'static str, Option<&str>); 2] {
    [
        ("daptm:daptOriginTimecode", "originTimecode", timing.origin_timecode.as_deref()),
        (
            "ebuttm:documentStartOfProgramme",
            "startOfProgrammeTimecode",
            timing.start_of_programme_timecode.as_deref(),
        ),
    ]
}

/// What our own element about an agent holds.
fn trade<'s>(
    extensions: &'s crate::ttal::model::Extensions,
    unknown: &'s crate::ttal::model::Unknown,
    foreign: &'s [Foreign],
) -> Extra<'s> {
    Extra { extensions: Some(extensions), unknown: Some(unknown), foreign, ..Extra::default() }
}

impl<'s> Writer<'_, 's> {
    /// Writes the head, if there is anything for it.
    pub(super) fn head(&mut self) -> Result<()> {
        let script = self.script;
        let mut extra = Extra {
            extensions: Some(&script.extensions),
            unknown: Some(&script.unknown),
            foreign: &script.foreign,
            odd: self.odd_of_script(),
            ..Extra::default()
        };
        script.tx_fields(&mut |key, text| extra.fields.push((key, text)));
        let has_first = script.programme.is_some()
            || script.timing.as_deref().is_some_and(has_metadata)
            || !script.characters.is_empty()
            || !script.talents.is_empty();
        let has_metadata =
            has_first || extra.has_own() || script.foreign.iter().any(|f| f.slot == Slot::Metadata);
        let parts = [!script.resources.is_empty(), !script.styles.is_empty(), !script.regions.is_empty()];
        if !has_metadata && parts == [false; 3] {
            return Ok(());
        }
        self.xml.start("head")?;
        self.metadata_with(&extra, &mut |writer| writer.head_metadata(), has_first)?;
        if parts[0] {
            self.xml.start("resources")?;
            script.resources.iter().try_for_each(|resource| self.resource(resource))?;
            self.xml.end();
        }
        if parts[1] {
            self.xml.start("styling")?;
            script.styles.iter().try_for_each(|style| self.style(style))?;
            self.xml.end();
        }
        if parts[2] {
            self.xml.start("layout")?;
            script.regions.iter().try_for_each(|region| self.region(region))?;
            self.xml.end();
        }
        self.xml.end();
        Ok(())
    }

    fn odd_of_script(&self) -> Odd {
        let script = self.script;
        let mut odd = Odd::default();
        if &*script.version != "1.0" {
            odd.add("ttalVersion", &script.version);
        }
        if !are_descriptors(&script.script_represents) {
            odd.add("scriptRepresents", &script.script_represents);
        }
        if !are_tokens(&script.processor_profiles) {
            odd.add("processorProfiles", &script.processor_profiles);
        }
        let is_lost =
            |(name, value): (&str, &str)| name != "ttp:profile" && !is_root_attribute(script, name, value);
        if script.root.iter().any(is_lost) {
            odd.add("root", &script.root);
        }
        if let Some(programme) = script.programme.as_deref() {
            for (element, key, text) in programme_texts(programme) {
                if let Some(text) =
                    text.filter(|text| !element.starts_with("ttm:") && !survives_collapse(text))
                {
                    odd.add(format!("programme/{key}"), text);
                }
            }
            if !programme.source_media.iter().all(|media| survives_collapse(media)) {
                odd.add("programme/sourceMedia", &programme.source_media);
            }
            odd.unknown("programme", &programme.unknown);
        }
        if let Some(timing) = script.timing.as_deref() {
            for (_, key, text) in timecodes(timing) {
                if let Some(text) = text.filter(|text| !survives_collapse(text)) {
                    odd.add(format!("timing/{key}"), text);
                }
            }
            odd.unknown("timing", &timing.unknown);
            if let Some(rate) = &timing.frame_rate {
                odd.unknown("timing/frameRate", &rate.unknown);
            }
        }
        for (at, style) in script.styles.iter().enumerate() {
            odd.ids(&format!("styles/{at}/style"), &style.style);
            odd.styling(&format!("styles/{at}/styling"), &style.styling, Takes::default(), Has::default());
            odd.unknown(&format!("styles/{at}"), &style.unknown);
        }
        odd
    }

    fn head_metadata(&mut self) -> Result<()> {
        let script = self.script;
        let texts = script.programme.as_deref().map(programme_texts);
        let texts = || texts.iter().flatten().filter_map(|(element, _, text)| Some((*element, (*text)?)));
        for (element, text) in texts().filter(|(element, _)| element.starts_with("ttm:")) {
            self.xml.start(element)?;
            self.only_words(text)?;
        }
        script.talents.iter().try_for_each(|talent| self.talent(talent))?;
        script.characters.iter().try_for_each(|character| self.character(character))?;
        for (element, text) in texts().filter(|(element, _)| !element.starts_with("ttm:")) {
            if survives_collapse(text) {
                self.xml.element(element, text)?;
            }
        }
        let media = script.programme.iter().map(|programme| &programme.source_media);
        for media in media.filter(|media| media.iter().all(|media| survives_collapse(media))).flatten() {
            self.xml.element("ebuttm:sourceMediaIdentifier", media)?;
        }
        if let Some(timing) = script.timing.as_deref() {
            for (element, _, text) in timecodes(timing) {
                if let Some(text) = text.filter(|text| survives_collapse(text)) {
                    self.xml.element(element, text)?;
                }
            }
        }
        let mut fields = Vec::new();
        if let Some(programme) = script.programme.as_deref() {
            programme.tx_fields(&mut |key, text| fields.push((key, text)));
            self.fields("tx:programme", std::mem::take(&mut fields))?;
        }
        if let Some(timing) = script.timing.as_deref() {
            timing.tx_fields(&mut |key, text| fields.push((key, text)));
            self.fields("tx:timing", std::mem::take(&mut fields))?;
        }
        for talent in &script.talents {
            let mut extra = trade(&talent.extensions, &talent.unknown, &talent.foreign);
            talent.tx_fields(&mut |key, text| extra.fields.push((key, text)));
            self.trade("tx:talent", &talent.id, &extra)?;
        }
        for character in &script.characters {
            let mut extra = trade(&character.extensions, &character.unknown, &character.foreign);
            character.tx_fields(&mut |key, text| extra.fields.push((key, text)));
            self.trade("tx:character", &character.id, &extra)?;
        }
        Ok(())
    }

    fn fields(&mut self, element: &'static str, fields: Vec<(&'static str, String)>) -> Result<()> {
        if fields.is_empty() {
            return Ok(());
        }
        self.xml.start(element)?;
        self.own(&Extra { fields, ..Extra::default() })?;
        self.xml.end();
        Ok(())
    }

    /// What we know about an agent, beside it: inside of it, schemas would not have it.
    fn trade(&mut self, element: &'static str, id: &Id, extra: &Extra<'_>) -> Result<()> {
        let foreign = || extra.foreign.iter().filter(|f| f.slot == Slot::Metadata);
        if !extra.has_own() && foreign().next().is_none() {
            return Ok(());
        }
        self.xml.start(element)?;
        self.xml.attribute("ref", id)?;
        self.own(extra)?;
        for foreign in foreign() {
            let xml = self_contained(foreign)?;
            self.xml.raw(&xml);
        }
        self.xml.end();
        Ok(())
    }

    fn talent(&mut self, talent: &Talent) -> Result<()> {
        self.agent("person", "full", &talent.id, &talent.name, None, &talent.foreign)
    }

    fn character(&mut self, character: &Character) -> Result<()> {
        let talent = character.talent.as_deref();
        self.agent("character", "alias", &character.id, &character.name, talent, &character.foreign)
    }

    fn agent(
        &mut self,
        kind: &str,
        name_kind: &str,
        id: &str,
        name: &str,
        talent: Option<&str>,
        foreign: &[Foreign],
    ) -> Result<()> {
        self.xml.start("ttm:agent")?;
        self.xml.attribute("type", kind)?;
        self.xml.attribute("xml:id", id)?;
        for foreign in foreign.iter().filter(|f| f.slot == Slot::Attribute) {
            xml::parse_fragment(&format!("<a {}/>", foreign.xml))
                .map_err(|p| malformed(foreign, &p.message))?;
            self.xml.raw_attributes(&foreign.xml);
        }
        self.xml.start("ttm:name")?;
        self.xml.attribute("type", name_kind)?;
        self.only_words(name)?;
        if let Some(talent) = talent {
            self.xml.start("ttm:actor")?;
            self.xml.attribute("agent", talent)?;
            self.xml.end();
        }
        for foreign in foreign.iter().filter(|f| f.slot == Slot::Child) {
            let xml = self_contained(foreign)?;
            self.xml.raw(&xml);
        }
        self.xml.end();
        Ok(())
    }

    fn resource(&mut self, resource: &Resource) -> Result<()> {
        let is_audio = resource.kind == ResourceKind::Audio;
        let mut odd = Odd::default();
        if !resource.kind.is_known() {
            odd.add("kind", &resource.kind);
        }
        odd.sources(&resource.sources);
        odd.bytes(resource, is_audio);
        self.xml.start(if is_audio { "audio" } else { "data" })?;
        self.xml.attribute("xml:id", &resource.id)?;
        self.xml.optional("src", resource.uri.as_deref())?;
        self.xml.optional("type", resource.media_type.as_deref())?;
        if !is_audio {
            self.xml.optional("format", resource.format.as_deref())?;
            self.xml.optional("encoding", resource.encoding.as_deref())?;
            self.xml.optional("length", resource.length.as_deref())?;
        }
        self.xml.optional("xml:lang", resource.language.as_deref())?;
        self.metadata(&Extra { unknown: Some(&resource.unknown), odd, ..Extra::default() })?;
        if resource.sources.iter().all(super::odd::has_one_form) {
            resource.sources.iter().try_for_each(|s| source(self, s))?;
        }
        if !is_audio && resource.sources.is_empty() {
            if resource.chunks.is_empty() {
                bytes(self, resource.data.as_deref(), &[])?;
            } else {
                bytes(self, None, &resource.chunks)?;
            }
        }
        self.xml.end();
        Ok(())
    }

    fn style(&mut self, style: &Style) -> Result<()> {
        self.xml.start(if style.initial == Some(true) { "initial" } else { "style" })?;
        self.xml.optional("xml:id", style.id.as_deref())?;
        self.id_list("style", &style.style)?;
        self.styling(&style.styling, Takes::default(), Has::default())?;
        style.foreign.iter().for_each(|foreign| self.prune(foreign));
        self.xml.end();
        Ok(())
    }

    fn region(&mut self, region: &Region) -> Result<()> {
        let takes = Takes { times: true, ..Takes::default() };
        let mut odd = Odd::default();
        odd.ids("style", &region.style);
        odd.styling("styling", &region.styling, takes, Has::default());
        odd.animations("animations", &region.animations);
        self.xml.start("region")?;
        self.xml.attribute("xml:id", &region.id)?;
        self.xml.optional("begin", region.begin.as_deref())?;
        self.xml.optional("end", region.end.as_deref())?;
        self.xml.optional("dur", region.dur.as_deref())?;
        self.id_list("style", &region.style)?;
        self.styling(&region.styling, takes, Has::default())?;
        let extra =
            Extra { unknown: Some(&region.unknown), odd, foreign: &region.foreign, ..Extra::default() };
        self.metadata(&extra)?;
        self.children_of_known_names(&region.foreign, false)?;
        self.animations(None, &region.animations)?;
        self.xml.end();
        Ok(())
    }
}

fn has_metadata(timing: &Timing) -> bool {
    timing.origin_timecode.is_some()
        || timing.start_of_programme_timecode.is_some()
        || timing.first_frame_of_action_timecode.is_some()
        || timing.timecode.is_some()
}
