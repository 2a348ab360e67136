//! One way to say what can be said in several: lists in document order, references by one rule, simple forms.

use std::collections::HashSet;

use super::tree::{Child, Tree};
use crate::formats::ttml::element::mix_animation;
use crate::formats::ttml::foreign::is_attributes;
use crate::formats::ttml::inline::simplified;
use crate::ttal::model::{
    Animation, Body, Content, Event, Extensions, Foreign, Group, List, Mix, Node, OnScreen, Recording,
    Resource, ResourceKind, Script, Slot, Source, Span, Str, Text,
};

/// The processor profile that a document has to name if it names any.
const PROCESSOR_PROFILE: &str = crate::formats::dapt::PROCESSOR_PROFILE;

/// The same script, said the way a DAPT document would give it back.
pub fn tidy(script: &Script) -> Script {
    let tidy = Tidy::of(script);
    let events = (0..tidy.count()).map(|number| tidy.event(number)).collect();
    Script { events, ..tidy.head }
}

/// A script said the way a DAPT document would give it back, with events that are made one by one.
pub(super) struct Tidy<'s> {
    script: &'s Script,
    /// All but the events.
    pub head: Script,
    order: Vec<Placed>,
}

/// Where an event comes to stand.
struct Placed {
    /// Its place in the script.
    at: usize,
    /// The group it names, where that is a group.
    group: Option<Option<Str>>,
}

impl<'s> Tidy<'s> {
    pub fn of(script: &'s Script) -> Self {
        let mut head = script.clone_without("events");
        let order = order(&mut head, script);
        tidy_head(&mut head);
        Self { script, head, order }
    }

    /// How many events there are.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// One event, by its number in document order.
    pub fn event(&self, number: usize) -> Event {
        let Placed { at, group } = &self.order[number];
        let mut event = self.script.events[*at].clone();
        if let Some(group) = group {
            event.group.clone_from(group);
        }
        event.on_screen = event.on_screen.take().filter(|on_screen| *on_screen != OnScreen::On);
        mix(&mut event.mix, &mut event.animations);
        extensions(&mut event.extensions);
        sort_foreign(&mut event.foreign);
        event.texts.iter_mut().for_each(text);
        event
    }
}

fn tidy_head(script: &mut Script) {
    for style in script.styles.iter_mut() {
        style.initial = style.initial.filter(|&initial| initial);
    }
    script.styles.sort_by_key(|style| style.initial.is_none());
    if !script.processor_profiles.is_empty() {
        script.processor_profiles.retain(|profile| &**profile != PROCESSOR_PROFILE);
        script.processor_profiles.insert(0, PROCESSOR_PROFILE.into());
    }
    drop_empty(&mut script.programme);
    drop_empty(&mut script.timing);
    if let Some(body) = script.body.as_deref_mut() {
        mix(&mut body.mix, &mut body.animations);
        sort_foreign(&mut body.foreign);
    }
    script.body = script.body.take().filter(|body| **body != Body::default());
    sort_foreign(&mut script.foreign);
    extensions(&mut script.extensions);
    for group in script.groups.iter_mut() {
        mix(&mut group.mix, &mut group.animations);
        sort_foreign(&mut group.foreign);
    }
    for region in script.regions.iter_mut() {
        sort_foreign(&mut region.foreign);
    }
    for character in script.characters.iter_mut() {
        extensions(&mut character.extensions);
        sort_foreign(&mut character.foreign);
    }
    for talent in script.talents.iter_mut() {
        extensions(&mut talent.extensions);
        sort_foreign(&mut talent.foreign);
    }
    script.resources.iter_mut().for_each(resource);
}

/// Puts the groups of `head` into document order, and tells where the events of the script come to stand and how they
/// name groups: the way a reader does.
fn order(head: &mut Script, script: &Script) -> Vec<Placed> {
    let tree = Tree::of(script);
    let order = tree.in_order();
    let mut number = vec![0; script.groups.len()];
    let groups_in_order = order.iter().filter_map(|(_, _, child)| match child {
        Child::Group(at) => Some(*at),
        Child::Event(_) => None,
    });
    groups_in_order.enumerate().for_each(|(new, old)| number[old] = new);
    let mut taken: HashSet<Str> = HashSet::new();
    let mut names: Vec<Str> = vec![Str::default(); script.groups.len()];
    let (mut groups, mut events) = (List::new(), Vec::with_capacity(script.events.len()));
    let by_name = Tree::numbers(script);
    let strays: Vec<(usize, usize)> = (0..script.groups.len())
        .filter(|&at| tree.strays.contains(&Child::Group(at)))
        .filter_map(|at| Some((number[at], *by_name.get(script.groups[at].parent.as_deref()?)?)))
        .collect();
    for (parent, index, child) in &order {
        let is_stray = tree.strays.contains(child);
        match *child {
            Child::Group(at) => {
                let mut group: Group = std::mem::take(&mut head.groups[at]);
                names[at] = match &group.id {
                    Some(id) if !id.starts_with('#') && taken.insert(id.0.clone()) => id.0.clone(),
                    _ => format!("#{}", number[at]).into(),
                };
                group.index = *index;
                if !is_stray {
                    group.parent = parent.map(|parent| names[parent].clone());
                }
                groups.push(group);
            }
            Child::Event(at) => {
                let group = (!is_stray).then(|| parent.map(|parent| names[parent].clone()));
                events.push(Placed { at, group });
            }
        }
    }
    // Groups that sit in themselves go on doing so by their new names.
    for (new, old) in strays {
        let group: &mut Group = &mut groups[new];
        group.parent = Some(names[old].clone());
    }
    head.groups = groups;
    events
}

fn drop_empty<T: Default + PartialEq>(object: &mut Option<Box<T>>) {
    *object = object.take().filter(|object| **object != T::default());
}

fn extensions(extensions: &mut Extensions) {
    if extensions.is_empty() {
        extensions.0 = None;
    }
}

/// As a reader finds them: attributes, what is in `metadata`, children.
fn sort_foreign(foreign: &mut List<Foreign>) {
    if foreign.is_empty() {
        return;
    }
    foreign.sort_by_cached_key(|f| match f.slot {
        Slot::Attribute => (0, 0, false),
        Slot::Metadata => (1, f.index, !is_attributes(f)),
        Slot::Child | Slot::Other(_) => (2, f.index, false),
    });
}

/// Tells animations of level and place from those of styles.
fn mix(mix: &mut Option<Box<Mix>>, animations: &mut List<Animation>) {
    let mut styles = List::new();
    for animation in std::mem::take(animations) {
        match mix_animation(&animation) {
            Some(animation) => mix.get_or_insert_default().animate.push(animation),
            None => styles.push(animation),
        }
    }
    *animations = styles;
    if let Some(mix) = mix {
        let (kept, empty): (Vec<_>, Vec<_>) =
            mix.animate.drain(..).partition(|a| !a.gain.is_empty() || !a.pan.is_empty());
        mix.animate = kept.into_iter().collect();
        // Without values it is an animation of nothing.
        animations.extend(empty.into_iter().map(|a| Animation {
            at: a.at,
            kind: "animate".into(),
            begin: a.begin,
            end: a.end,
            dur: a.dur,
            fill: a.fill,
            calc_mode: a.calc_mode,
            key_times: a.key_times,
            key_splines: a.key_splines,
            repeat_count: a.repeat_count,
            unknown: a.unknown,
            ..Animation::default()
        }));
    }
    drop_empty(mix);
}

fn text(text: &mut Text) {
    mix(&mut text.mix, &mut text.animations);
    extensions(&mut text.extensions);
    sort_foreign(&mut text.foreign);
    text.audio.iter_mut().for_each(recording);
    nodes(&mut text.content.0);
    text.content.normalize();
}

fn nodes(nodes: &mut List<Node>) {
    for node in nodes.iter_mut() {
        let old = std::mem::take(node);
        *node = match old {
            Node::Span(mut span) => {
                self::span(&mut span);
                simplified(span)
            }
            Node::Ruby(mut ruby) => {
                self::nodes(&mut ruby.ruby.base);
                self::nodes(&mut ruby.ruby.text);
                Node::Ruby(ruby)
            }
            Node::Break(Some(node))
                if node.id.is_none() && node.styling.is_empty() && node.unknown.is_empty() =>
            {
                Node::Break(None)
            }
            other => other,
        };
    }
}

fn span(span: &mut Span) {
    mix(&mut span.mix, &mut span.animations);
    extensions(&mut span.extensions);
    sort_foreign(&mut span.foreign);
    span.audio.iter_mut().for_each(recording);
    nodes(&mut span.content);
    let mut content = Content(std::mem::take(&mut span.content));
    content.normalize();
    span.content = content.0;
}

fn recording(recording: &mut Recording) {
    // A recording has no styles, so that animations without values stay where they are.
    drop_empty(&mut recording.mix);
    extensions(&mut recording.extensions);
    sort_foreign(&mut recording.foreign);
    recording.sources.iter_mut().for_each(source);
}

fn source(source: &mut Source) {
    if let Some(id) = source.uri.as_deref().and_then(|uri| uri.strip_prefix('#'))
        && source.resource.is_none()
    {
        source.resource = Some(id.into());
        source.uri = None;
    }
    compact(&mut source.data);
    source.chunks.iter_mut().for_each(compact_text);
}

fn resource(resource: &mut Resource) {
    compact(&mut resource.data);
    resource.chunks.iter_mut().for_each(compact_text);
    resource.sources.iter_mut().for_each(source);
    if resource.kind != ResourceKind::Audio && resource.data.as_deref() == Some("") {
        let has_others = !resource.sources.is_empty() || !resource.chunks.is_empty();
        resource.data = resource.data.take().filter(|_| !has_others);
    }
    if resource.kind == ResourceKind::Audio || !resource.sources.is_empty() || !resource.chunks.is_empty() {
        return;
    }
    match (&resource.uri, resource.data.as_deref()) {
        (Some(_), Some("")) => resource.data = None,
        (None, None) => resource.data = Some(Str::default()),
        _ => {}
    }
}

fn compact(data: &mut Option<Str>) {
    data.iter_mut().for_each(compact_text);
}

fn compact_text(text: &mut Str) {
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        *text = text.split_ascii_whitespace().collect::<String>().into();
    }
}
