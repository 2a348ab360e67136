//! The body: wrappers with their styles, paragraphs with their words.

use super::Writer;
use super::allowed::On;
use super::layout::{self, Use};
use super::markup::Markup;
use crate::formats::cues::Cue;
use crate::formats::{LossCode, RegionChoice};
use crate::ttal::computed::Computed;
use crate::ttal::language;
use crate::ttal::model::{Attributes, Content, Event, Id, List, Node, Text};
use crate::ttal::time::MediaTime;

/// How deep spans may sit in one another; deeper ones are written without their own properties.
pub(super) const MAX_DEPTH: usize = 64;

/// What an open `div` carries.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrapper<'s> {
    /// A group, by its place in the list.
    Group(usize),
    /// The styles of events.
    Event { style: &'s List<Id>, styling: &'s Attributes, animated: Option<&'s str> },
}

impl<'s> Writer<'s, '_> {
    /// Writes the body with all cues.
    pub(super) fn body(&mut self, cues: &[Cue<'s>], markup: &mut Markup) {
        markup.line();
        markup.start("body");
        let mut animations: &[_] = &[];
        if let Some(body) = self.script.body.as_deref() {
            self.style_references(&body.style, None, markup);
            self.styling(&body.styling, On::Block, None, markup);
            animations = &body.animations;
        }
        if cues.is_empty() {
            markup.empty();
            return;
        }
        markup.open();
        self.animations(animations, self.context.body().begin, None, markup);
        markup.line();
        markup.start("div");
        markup.open();
        let mut open: Vec<Wrapper<'s>> = Vec::new();
        for cue in cues {
            let wanted = self.wrappers(cue.event);
            let common = open.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
            for _ in common..open.len() {
                markup.close_line("div");
            }
            open.truncate(common);
            for wrapper in &wanted[common..] {
                self.open_wrapper(*wrapper, cue, markup);
                open.push(*wrapper);
            }
            self.cue(cue, markup);
        }
        for _ in open {
            markup.close_line("div");
        }
        markup.close_line("div");
        markup.close_line("body");
        let uses = std::mem::take(&mut self.uses);
        layout::check_uses(&uses, &self.edges(), self.losses);
    }

    /// The wrappers that an event needs for its looks: groups with styles, and its own.
    fn wrappers(&self, event: &'s Event) -> Vec<Wrapper<'s>> {
        let mut wrappers = Vec::new();
        let mut next = event.group.as_deref().and_then(|group| self.context.group(group));
        // A group that sits in itself would go on for ever.
        while let Some(at) = next.filter(|_| wrappers.len() < MAX_DEPTH) {
            let Some(group) = self.script.groups.get(at) else { break };
            if !(group.style.is_empty() && group.styling.is_empty() && group.animations.is_empty()) {
                wrappers.push(Wrapper::Group(at));
            }
            let parent = group.parent.as_deref().and_then(|parent| self.context.group(parent));
            next = parent.filter(|&parent| parent != at);
        }
        wrappers.reverse();
        if !(event.style.is_empty() && event.styling.is_empty() && event.animations.is_empty()) {
            let animated = (!event.animations.is_empty()).then_some(&*event.id.0);
            wrappers.push(Wrapper::Event { style: &event.style, styling: &event.styling, animated });
        }
        wrappers
    }

    fn open_wrapper(&mut self, wrapper: Wrapper<'s>, cue: &Cue<'s>, markup: &mut Markup) {
        markup.line();
        markup.start("div");
        let (style, styling, animations, begin) = match wrapper {
            Wrapper::Group(at) => {
                let group = &self.script.groups[at];
                let begin =
                    self.context.group_computed(at).map_or(MediaTime::ZERO, |computed| computed.begin);
                (&group.style, &group.styling, &group.animations, begin)
            }
            Wrapper::Event { style, styling, .. } => {
                (style, styling, &cue.event.animations, cue.computed.begin)
            }
        };
        self.style_references(style, Some(&cue.event.id), markup);
        self.styling(styling, On::Block, Some(&cue.event.id), markup);
        markup.open();
        self.animations(animations, begin, Some(&cue.event.id), markup);
    }

    /// Writes one paragraph for each text of a cue.
    fn cue(&mut self, cue: &Cue<'s>, markup: &mut Markup) {
        let event = cue.event;
        if event.mix.is_some() {
            self.losses.add(LossCode::Audio, Some(&event.id), "mixing instructions");
        }
        for (at, (text, computed)) in cue.texts.iter().enumerate() {
            self.paragraph(cue, text, computed, at, markup);
        }
    }

    fn paragraph(
        &mut self,
        cue: &Cue<'s>,
        text: &'s Text,
        computed: &Computed<'s>,
        at: usize,
        markup: &mut Markup,
    ) {
        let event = cue.event;
        let name = Some(&*event.id.0);
        let end = computed.end.unwrap_or(cue.end);
        let region = self.region_of(event, text);
        markup.line();
        markup.start("p");
        let id = if at == 0 { Some(&event.id) } else { text.id.as_ref() };
        if let Some(id) = id.filter(|id| self.take_id(id)) {
            markup.attribute("xml:id", id);
        }
        if !language::same(computed.language, self.language) {
            markup.attribute("xml:lang", computed.language);
        }
        markup.attribute("begin", &self.times.spell(computed.begin));
        markup.attribute("end", &self.times.spell(end));
        match region {
            Some(region) => {
                markup.attribute("region", region);
                self.uses.push(Use { region, event: &event.id, begin: computed.begin, end });
            }
            None => {
                let own = self.own_region();
                markup.attribute("region", &own);
            }
        }
        let agents: Vec<&str> =
            event.characters.iter().map(|id| &*id.0).filter(|id| self.agent_ids.contains(id)).collect();
        if !agents.is_empty() {
            markup.attribute("ttm:agent", &agents.join(" "));
        }
        if agents.len() < event.characters.len() {
            self.losses.add(LossCode::Char, name, "characters that are not declared");
        }
        self.style_references(&text.style, name, markup);
        self.styling(&text.styling, On::Block, name, markup);
        if let Some(forced) = text.forced.or(event.forced) {
            markup.attribute("itts:forcedDisplay", if forced { "true" } else { "false" });
        }
        if text.styling.get("xml:space").is_none() && needs_preserve(&text.content) {
            markup.attribute("xml:space", "preserve");
        }
        if let Some(on_screen) = event.on_screen.as_ref().filter(|_| at == 0) {
            markup.attribute("daptm:onScreen", on_screen.as_str());
        }
        if computed.represents != self.script.represents.as_deref().unwrap_or("") {
            markup.attribute("daptm:represents", computed.represents);
        }
        if computed.language_source != self.script.language_source.as_deref().unwrap_or("") {
            markup.attribute("daptm:langSrc", computed.language_source);
        }
        if !text.audio.is_empty() {
            self.losses.add(LossCode::Audio, name, "recordings");
        }
        if text.speak.is_some() {
            self.losses.add(LossCode::Audio, name, "synthesized speech");
        }
        if text.mix.is_some() {
            self.losses.add(LossCode::Audio, name, "mixing instructions");
        }
        markup.open();
        self.paragraph_metadata((at == 0).then_some(event), text, markup);
        self.inline_animations(&text.animations, name, markup);
        self.nodes(&text.content.0, &event.id, 0, markup);
        markup.close("p");
    }

    /// The region that the script gives a text, where it can be referred to.
    fn region_of(&mut self, event: &'s Event, text: &'s Text) -> Option<&'s str> {
        let own = text.region.as_ref().or(event.region.as_ref());
        if self.options.region != RegionChoice::Authored {
            if own.is_some() {
                self.losses.add(LossCode::Pos, Some(&event.id), "regions, for the one asked for");
            }
            return None;
        }
        let region = own.or_else(|| self.inherited_region(event))?;
        if self.region_ids.contains(&**region) {
            return Some(region);
        }
        self.losses.add(LossCode::Pos, Some(&event.id), "references to regions that are not there");
        None
    }

    fn inherited_region(&self, event: &'s Event) -> Option<&'s Id> {
        let mut next = event.group.as_deref().and_then(|group| self.context.group(group));
        for _ in 0..MAX_DEPTH {
            let Some(group) = next.and_then(|at| self.script.groups.get(at)) else { break };
            if group.region.is_some() {
                return group.region.as_ref();
            }
            next = group.parent.as_deref().and_then(|parent| self.context.group(parent));
        }
        self.script.body.as_ref()?.region.as_ref()
    }
}

/// Whether white space means something here that XML's default handling would take away.
fn needs_preserve(content: &Content) -> bool {
    /// Goes through the words; `before` is the last character, a line break at the begin.
    fn look(nodes: &[Node], before: &mut char, depth: usize) -> bool {
        let words = |words: &str, before: &mut char| {
            words.chars().any(|c| {
                let space = matches!(c, ' ' | '\n');
                let lost = matches!(c, '\t' | '\r') || (space && matches!(*before, ' ' | '\n'));
                let lost = lost || (c == '\n' && *before == ' ');
                *before = c;
                lost
            })
        };
        nodes.iter().any(|node| match node {
            Node::Run(run) => words(run, before),
            Node::Cue(cue) => words(&cue.text, before),
            Node::Break(_) => {
                let lost = *before == ' ';
                *before = '\n';
                lost
            }
            Node::Span(span) => depth < MAX_DEPTH && look(&span.content, before, depth + 1),
            Node::Ruby(node) => {
                look(&node.ruby.base, before, depth + 1) || look(&node.ruby.text, &mut 'x', depth + 1)
            }
        })
    }
    let mut before = '\n';
    let lost = look(&content.0, &mut before, 0);
    lost || before == ' '
}
