//! The walk that finds what a target can't hold.

use std::collections::{HashMap, HashSet};

use super::kinds::{Kinds, follow};
use super::{Field, Keep, Target, row_of};
use crate::formats::cues;
use crate::formats::style::Styles;
use crate::formats::{LossCode, Losses, Speaker, WriteOptions};
use crate::ttal::computed::{Computed, Context};
use crate::ttal::language;
use crate::ttal::model::{
    Animation, Attributes, Character, ContentDescriptor, Event, Extensions, Foreign, Id, Language, List, Mix,
    Node, Recording, RubyPosition, Script, Speak, Status, Style, Text, Time, Unknown,
};

/// Reports what the format `target` can't hold of this script by its nature, event by event.
///
/// Only what is there counts: a script without characters loses none. Where a part is kept, the report says which.
/// Rounded times and texts left out for their language are reported by the writers.
pub fn measure(script: &Script, options: &WriteOptions, target: &str) -> Losses {
    let Some(target) = Target::of(target) else { return Losses::default() };
    let mut walk = Walk::new(script, options, target);
    walk.document();
    for event in &script.events {
        walk.event(event);
    }
    walk.losses
}

struct Walk<'s> {
    script: &'s Script,
    options: &'s WriteOptions,
    target: Target,
    context: Context<'s>,
    styles: Styles<'s>,
    kinds: HashMap<&'s str, Kinds>,
    people: HashMap<&'s str, &'s Character>,
    wanted: &'s str,
    shown: u32,
    losses: Losses,
}

impl<'s> Walk<'s> {
    fn new(script: &'s Script, options: &'s WriteOptions, target: Target) -> Self {
        let by_id: HashMap<&str, &Style> =
            script.styles.iter().filter_map(|style| Some((&**style.id.as_ref()?, style))).collect();
        let mut kinds = HashMap::with_capacity(by_id.len());
        for &id in by_id.keys() {
            follow(&by_id, id, &mut kinds, 0);
        }
        Walk {
            script,
            options,
            target,
            context: Context::new(script),
            styles: Styles::new(script),
            kinds,
            people: script.characters.iter().map(|c| (&*c.id.0, c)).collect(),
            wanted: cues::language_of(script, options),
            shown: 0,
            losses: Losses::default(),
        }
    }

    /// How the target keeps a kind of data under the writer's options.
    fn keep(&self, field: Field) -> Keep {
        let cell = row_of(field).cells[self.target as usize];
        match (self.target, field) {
            (Target::Srt, Field::Character) if self.options.speaker == Speaker::None => Keep::Lost,
            (Target::WebVtt, Field::Talent | Field::Annotation | Field::Meta | Field::Lineage)
                if !self.options.notes =>
            {
                Keep::Lost
            }
            _ => cell,
        }
    }

    /// Whether all texts of an event go to the target, each language in a place of its own.
    fn is_table(&self) -> bool {
        matches!(self.target, Target::Csv | Target::Xlsx | Target::Docx)
    }

    /// Notes something of a kind that the table judges as a whole.
    fn note(&mut self, field: Field, event: Option<&str>, what: &str) {
        let Some(code) = row_of(field).code else { return };
        match self.keep(field) {
            Keep::Kept | Keep::Partly("") => {}
            Keep::Partly(how) => self.losses.add(code, event, &format!("{what} {how}")),
            Keep::Lost => self.losses.add(code, event, what),
        }
    }

    fn note_if(&mut self, is: bool, field: Field, event: Option<&str>, what: &str) {
        if is {
            self.note(field, event, what);
        }
    }

    /// Notes the part of a kind that a target which keeps another part does not.
    fn part(&mut self, is: bool, field: Field, event: Option<&str>, what: &str) {
        if let (true, Some(code)) = (is, row_of(field).code) {
            self.losses.add(code, event, what);
        }
    }

    fn document(&mut self) {
        let script = self.script;
        if let Some(programme) = &script.programme {
            self.note_if(**programme != Default::default(), Field::Meta, None, "the programme");
        }
        if let Some(timing) = &script.timing {
            let origin = timing.origin_timecode.is_some()
                || timing.start_of_programme_timecode.is_some()
                || timing.first_frame_of_action_timecode.is_some();
            // TTML has parameters of its own for rates.
            let rates =
                timing.frame_rate.is_some() || timing.tick_rate.is_some() || timing.timecode.is_some();
            self.note_if(origin, Field::Meta, None, "timecodes of the programme");
            self.note_if(rates && self.target != Target::Imsc, Field::Meta, None, "the frame rate");
        }
        self.note_if(script.document_id.is_some(), Field::Meta, None, "the document's name");
        self.note_if(script.script_type.is_some(), Field::Meta, None, "the script type");
        self.note_if(script.purpose.is_some(), Field::Meta, None, "the purpose");
        self.note_if(!script.script_represents.is_empty(), Field::Meta, None, "what the script stands for");
        let profiles = !script.content_profiles.is_empty() || !script.processor_profiles.is_empty();
        self.note_if(profiles, Field::Meta, None, "profiles");
        for _ in &script.lineage {
            self.note(Field::Lineage, None, "steps of lineage");
        }
        for _ in &script.shots {
            self.note(Field::Shots, None, "shot changes");
        }
        for scene in &script.scenes {
            let more = scene.begin.is_some() || scene.end.is_some() || scene.location.is_some();
            self.note_if(more, Field::Meta, None, "times and places of scenes");
        }
        for recording_loop in &script.loops {
            let more = recording_loop.begin.is_some() || recording_loop.end.is_some();
            if self.target == Target::Csv {
                self.part(more, Field::Loops, None, "times of loops");
            } else {
                self.note_if(more, Field::Loops, None, "times of loops");
            }
        }
        for _ in &script.resources {
            self.note(Field::Audio, None, "embedded audio");
        }
        if self.target != Target::Imsc {
            for group in &script.groups {
                self.note(Field::Meta, group.id.as_deref(), "groups");
            }
        }
        self.people();
        self.vendor(
            None,
            &script.extensions,
            &script.foreign,
            &script.unknown,
            "vendor data of the document",
        );
        if let Some(body) = &script.body {
            self.styled(None, &body.style, &body.styling, &body.animations);
            self.audio(None, &[], None, body.mix.as_deref());
            self.vendor(
                None,
                &Extensions::default(),
                &body.foreign,
                &body.unknown,
                "vendor data of the body",
            );
        }
        for group in &script.groups {
            self.styled(None, &group.style, &group.styling, &group.animations);
            self.audio(None, &[], None, group.mix.as_deref());
            self.vendor(
                None,
                &Extensions::default(),
                &group.foreign,
                &group.unknown,
                "vendor data of groups",
            );
        }
    }

    fn people(&mut self) {
        let script = self.script;
        for _ in &script.talents {
            self.note(Field::Talent, None, "talents");
        }
        let spoken: HashSet<&str> =
            script.events.iter().flat_map(|event| event.characters.iter().map(|id| &**id)).collect();
        let mut names = HashSet::new();
        for character in &script.characters {
            let known = [
                (character.gender.is_some(), "genders"),
                (character.age.is_some(), "ages"),
                (character.role.is_some(), "roles"),
                (character.voice_notes.is_some(), "notes on voices"),
                (character.pronunciation.is_some(), "pronunciations of names"),
                (character.color.is_some(), "colours of characters"),
                (!character.aliases.is_empty(), "other names"),
                (!character.styles.is_empty(), "styles of characters"),
                (!spoken.contains(&*character.id.0), "characters without lines"),
            ];
            for (is, what) in known {
                self.note_if(is, Field::Talent, None, what);
            }
            if self.target != Target::Imsc {
                self.part(
                    !names.insert(&*character.name),
                    Field::Character,
                    None,
                    "characters of the same name",
                );
            }
            let what = "vendor data of characters";
            self.vendor(None, &character.extensions, &character.foreign, &character.unknown, what);
        }
        for talent in &script.talents {
            self.vendor(None, &talent.extensions, &talent.foreign, &talent.unknown, "vendor data of talents");
        }
    }

    fn event(&mut self, event: &'s Event) {
        let id = Some(&*event.id.0);
        let computed = self.context.event(event);
        let texts: Vec<(&Text, Computed<'_>)> =
            event.texts.iter().map(|text| (text, self.context.text(&computed, text))).collect();
        let shown: Vec<_> = texts
            .iter()
            .filter(|(_, c)| {
                self.is_table()
                    || self.options.bilingual
                    || c.language.is_empty()
                    || c.language == self.wanted
                    || language::matches(c.language, self.wanted)
            })
            .collect();
        if shown.is_empty() && !self.is_table() {
            // Events with texts in other languages only are the writers' to report.
            self.part(event.texts.is_empty(), Field::Annotation, id, "events without words");
            return;
        }
        self.shown += 1;
        // A reader gives this very identifier to the subtitle at this place.
        let generated = format!("e{:04}", self.shown) == *event.id.0;
        self.note_if(!generated && !event.id.is_empty(), Field::Id, id, "identifiers");
        self.speakers(event, id);
        self.annotations(event, &computed, id);
        self.note_if(event.forced == Some(true), Field::Forced, id, "forced narratives");
        self.note_if(event.recording_loop.is_some(), Field::Loops, id, "loops");
        self.note_if(!event.derived_from.is_empty(), Field::Lineage, id, "origins of events");
        self.audio(id, &[], None, event.mix.as_deref());
        self.placed(event.region.as_ref(), &event.style, &event.styling, id);
        self.styled(id, &event.style, &event.styling, &event.animations);
        self.vendor(id, &event.extensions, &event.foreign, &event.unknown, "vendor data of events");
        for (text, own) in shown {
            self.text(event, &computed, text, own, id);
        }
    }

    fn speakers(&mut self, event: &Event, id: Option<&str>) {
        if event.characters.is_empty() {
            return;
        }
        let known = event.characters.iter().any(|c| self.people.contains_key(&*c.0));
        self.note_if(known, Field::Character, id, "speakers");
        if self.target != Target::Imsc {
            self.part(!known, Field::Character, id, "speakers that the script does not define");
        }
    }

    fn annotations(&mut self, event: &Event, computed: &Computed<'_>, id: Option<&str>) {
        let off = event.on_screen.as_ref().is_some_and(|on| on.as_str() != "ON");
        self.note_if(off, Field::Annotation, id, "on-screen marks");
        self.note_if(!computed.represents.is_empty(), Field::Annotation, id, "what events stand for");
        for _ in &event.descriptions {
            self.note(Field::Annotation, id, "descriptions");
        }
        self.note_if(event.scene.is_some(), Field::Annotation, id, "scenes");
        self.note_if(event.status.is_some(), Field::Annotation, id, "status");
        self.note_if(!event.tags.is_empty(), Field::Annotation, id, "tags");
    }

    fn text(
        &mut self,
        event: &Event,
        parent: &Computed<'_>,
        text: &Text,
        own: &Computed<'_>,
        id: Option<&str>,
    ) {
        self.note_if(!own.language_source.is_empty(), Field::Annotation, id, "language sources");
        // TTML's paragraphs have identifiers, languages and times of their own; tables have a cell only.
        if self.target != Target::Imsc {
            self.part(text.id.is_some(), Field::Id, id, "identifiers of texts");
        }
        let differs = own.represents != parent.represents;
        if self.is_table() {
            let timed = own.begin != parent.begin || own.end != parent.end;
            self.part(timed, Field::SpanTime, id, "times of texts");
            self.part(differs, Field::Annotation, id, "what texts stand for");
            let forced = text.forced.is_some_and(|forced| forced != event.forced.unwrap_or(false));
            self.part(forced, Field::Forced, id, "forced narratives of one language");
            let status = |status: &Option<Status>| status.as_ref().map(|s| s.as_str().to_string());
            let own_status = text.status.is_some() && status(&text.status) != status(&event.status);
            self.part(own_status, Field::Annotation, id, "status of texts");
            let what = "vendor data of texts";
            self.vendor_lost(id, &text.extensions, &text.foreign, &text.unknown, what);
        } else {
            self.note_if(differs, Field::Annotation, id, "what texts stand for");
            self.note_if(
                text.forced == Some(true) && event.forced != Some(true),
                Field::Forced,
                id,
                "forced narratives",
            );
            self.note_if(text.status.is_some(), Field::Annotation, id, "status of texts");
            self.vendor(id, &text.extensions, &text.foreign, &text.unknown, "vendor data of texts");
        }
        self.note_if(!text.derived_from.is_empty(), Field::Lineage, id, "origins of texts");
        self.note_if(text.lip_sync.is_some(), Field::LipSync, id, "lip synchronization");
        self.audio(id, &text.audio, text.speak.as_deref(), text.mix.as_deref());
        self.placed(text.region.as_ref(), &text.style, &text.styling, id);
        self.styled(id, &text.style, &text.styling, &text.animations);
        self.nodes(&text.content.0, id);
    }

    fn nodes(&mut self, nodes: &[Node], id: Option<&str>) {
        for node in nodes {
            match node {
                Node::Run(_) => {}
                Node::Break(node) => {
                    let more = node.as_ref().is_some_and(|node| node.id.is_some());
                    if self.target != Target::Imsc {
                        self.part(more, Field::Id, id, "identifiers of line breaks");
                    }
                }
                Node::Cue(_) => match self.keep(Field::Annotation) {
                    // The words of a cue are written; only that they are one is lost.
                    Keep::Kept => self.part(true, Field::Annotation, id, "performance cues as words only"),
                    Keep::Partly(_) if self.target == Target::Imsc => {
                        self.note(Field::Annotation, id, "performance cues");
                    }
                    _ => self.part(true, Field::Annotation, id, "performance cues as words only"),
                },
                Node::Ruby(node) => {
                    let ruby = &node.ruby;
                    self.note(Field::Ruby, id, "readings");
                    let beside = matches!(ruby.position, Some(RubyPosition::After | RubyPosition::Outside));
                    let partly = matches!(self.target, Target::WebVtt | Target::Docx);
                    self.part(beside && partly, Field::Ruby, id, "places of readings");
                    self.nodes(&ruby.base, id);
                    self.nodes(&ruby.text, id);
                }
                Node::Span(span) => {
                    self.span_time(span.begin.as_ref(), span.end.as_ref(), span.dur.as_ref(), id);
                    self.span_language(
                        span.language.as_ref(),
                        span.language_source.as_ref(),
                        span.represents.as_ref(),
                        id,
                    );
                    if self.target != Target::Imsc {
                        self.part(span.id.is_some(), Field::Id, id, "identifiers of spans");
                        self.part(span.role.is_some(), Field::Annotation, id, "roles of spans");
                    }
                    self.audio(id, &span.audio, span.speak.as_deref(), span.mix.as_deref());
                    self.styled(id, &span.style, &span.styling, &span.animations);
                    let what = "vendor data of spans";
                    if self.is_table() {
                        self.vendor_lost(id, &span.extensions, &span.foreign, &span.unknown, what);
                    } else {
                        self.vendor(id, &span.extensions, &span.foreign, &span.unknown, what);
                    }
                    self.nodes(&span.content, id);
                }
            }
        }
    }

    fn span_time(&mut self, begin: Option<&Time>, end: Option<&Time>, dur: Option<&Time>, id: Option<&str>) {
        self.note_if(
            begin.is_some() || end.is_some() || dur.is_some(),
            Field::SpanTime,
            id,
            "times of spans",
        );
        // WebVTT's inner timestamps say when words come, never when they go.
        let ends = (end.is_some() || dur.is_some()) && self.target == Target::WebVtt;
        self.part(ends, Field::SpanTime, id, "ends of spans");
    }

    fn span_language(
        &mut self,
        language: Option<&Language>,
        source: Option<&Language>,
        represents: Option<&ContentDescriptor>,
        id: Option<&str>,
    ) {
        // TTML and WebVTT mark the language of words.
        let marks = matches!(self.target, Target::Imsc | Target::WebVtt);
        self.part(language.is_some() && !marks, Field::Annotation, id, "languages of words");
        if self.is_table() {
            self.part(source.is_some(), Field::Annotation, id, "language sources of words");
            self.part(represents.is_some(), Field::Annotation, id, "what words stand for");
        } else {
            self.note_if(source.is_some(), Field::Annotation, id, "language sources of words");
            self.note_if(represents.is_some(), Field::Annotation, id, "what words stand for");
        }
    }

    fn styled(
        &mut self,
        id: Option<&str>,
        style: &List<Id>,
        styling: &Attributes,
        animations: &List<Animation>,
    ) {
        let mut kinds = Kinds::default();
        kinds.add(styling);
        for style in style {
            kinds.join(self.kinds.get(&**style).copied().unwrap_or_default());
        }
        self.note_if(kinds.italic, Field::Emphasis, id, "italics");
        self.note_if(kinds.bold, Field::Emphasis, id, "bold");
        self.note_if(kinds.underline, Field::Emphasis, id, "underlines");
        self.note_if(kinds.color, Field::Style, id, "colours");
        self.note_if(kinds.background, Field::Style, id, "background colours");
        self.note_if(kinds.other, Field::Style, id, "other styles");
        // WebVTT has style sheets for colours, but none that all players know for the rest.
        let partly = matches!(self.target, Target::WebVtt | Target::Docx);
        self.part(kinds.other && partly, Field::Style, id, "other styles");
        self.note_if(kinds.ruby, Field::Ruby, id, "readings");
        self.part(kinds.ruby && partly, Field::Ruby, id, "readings with styles of their own");
        match self.target {
            Target::WebVtt | Target::Docx | Target::Srt => {
                self.part(kinds.direction, Field::Position, id, "directions");
            }
            _ => self.note_if(kinds.direction, Field::Position, id, "directions"),
        }
        self.note_if(kinds.forced, Field::Forced, id, "forced narratives");
        self.note_if(kinds.audio, Field::Audio, id, "sound attributes");
        for animation in animations {
            // IMSC has `set` only.
            let lost = self.target != Target::Imsc || *animation.kind == *"animate";
            self.part(lost, Field::Style, id, "animations");
        }
    }

    /// Where an event or a text stands.
    fn placed(&mut self, region: Option<&Id>, style: &List<Id>, styling: &Attributes, id: Option<&str>) {
        let mut kinds = Kinds::default();
        kinds.add(styling);
        for style in style {
            kinds.join(self.kinds.get(&**style).copied().unwrap_or_default());
        }
        if region.is_none() && !kinds.placed {
            return;
        }
        match self.target {
            Target::Srt => {
                let of_region = region.and_then(|region| self.styles.region(region));
                let value = |name: &str| {
                    let own = self.styles.attribute(name, style, styling);
                    own.or_else(|| self.styles.attribute(name, &of_region?.style, &of_region?.styling))
                };
                let aside = value("tts:textAlign").is_some_and(|align| align != "center");
                let middle = value("tts:displayAlign") == Some("center");
                let vertical = value("tts:writingMode").is_some_and(|mode| mode.starts_with("tb"));
                // Top and bottom are all that there is.
                self.part(aside || middle || vertical, Field::Position, id, "positions");
            }
            Target::WebVtt => {
                let animated = region
                    .and_then(|region| self.styles.region(region))
                    .is_some_and(|region| !region.animations.is_empty());
                self.part(animated, Field::Position, id, "moving regions");
            }
            Target::Docx => self.part(true, Field::Position, id, "positions"),
            _ => self.note(Field::Position, id, "positions"),
        }
    }

    fn audio(&mut self, id: Option<&str>, audio: &[Recording], speak: Option<&Speak>, mix: Option<&Mix>) {
        for _ in audio {
            self.note(Field::Audio, id, "recordings");
        }
        match self.keep(Field::Audio) {
            Keep::Partly(_) => self.part(speak.is_some(), Field::Audio, id, "synthesized speech"),
            _ => self.note_if(speak.is_some(), Field::Audio, id, "synthesized speech"),
        }
        self.note_if(mix.is_some(), Field::Audio, id, "mixing instructions");
    }

    fn vendor(
        &mut self,
        id: Option<&str>,
        extensions: &Extensions,
        foreign: &List<Foreign>,
        unknown: &Unknown,
        what: &str,
    ) {
        // A table has a cell for the vendor data of an event, and no place for any other.
        if id.is_none() && self.target == Target::Csv {
            return self.vendor_lost(id, extensions, foreign, unknown, what);
        }
        self.note_if(is_authored(extensions), Field::Extension, id, what);
        for _ in foreign {
            if self.target == Target::Csv {
                self.part(true, Field::Extension, id, "foreign XML");
            } else {
                self.note(Field::Extension, id, "foreign XML");
            }
        }
        for _ in unknown {
            if self.target == Target::Csv {
                self.part(true, Field::Extension, id, "unknown keys");
            } else {
                self.note(Field::Extension, id, "unknown keys");
            }
        }
    }

    fn vendor_lost(
        &mut self,
        id: Option<&str>,
        extensions: &Extensions,
        foreign: &List<Foreign>,
        unknown: &Unknown,
        what: &str,
    ) {
        self.part(is_authored(extensions), Field::Extension, id, what);
        for _ in foreign {
            self.losses.add(LossCode::Ext, id, "foreign XML");
        }
        for _ in unknown {
            self.losses.add(LossCode::Ext, id, "unknown keys");
        }
    }
}

/// Whether there is vendor data beside what the reader of WebVTT keeps to write the same file again.
fn is_authored(extensions: &Extensions) -> bool {
    extensions.iter().any(|(key, _)| !key.starts_with("org.w3.webvtt."))
}
