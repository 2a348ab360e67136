//! Filling in what a script inherits, and taking out what does not count.

use std::collections::HashMap;

use super::tidy::Tidy;
use super::tree::Tree;
use crate::formats::ttml::foreign::{canonical, kept_child};
use crate::ttal::language;
use crate::ttal::model::{
    Animation, Attributes, Body, ContentDescriptor, Event, Foreign, Language, LipSync, List, Mix, Node,
    Recording, Script, Slot, Span, Text, Time,
};
use crate::ttal::time::Clock;

/// What an element inherits.
#[derive(Debug, Clone, Default)]
struct Inherited {
    language: Option<Language>,
    source: Option<Language>,
    represents: Option<ContentDescriptor>,
}

/// Fills in one element after another.
pub(super) struct Filler {
    clock: Clock,
    tags: HashMap<Language, Language>,
}

/// Fills in the three inherited properties, and gives what is inherited from here.
macro_rules! inherit {
    ($filler:expr, $element:expr, $around:expr) => {{
        let around: &Inherited = $around;
        for (own, outer) in
            [(&mut $element.language, &around.language), (&mut $element.language_source, &around.source)]
        {
            $filler.tag(own);
            if own.is_none() {
                own.clone_from(outer);
            }
        }
        if $element.represents.is_none() {
            $element.represents.clone_from(&around.represents);
        }
        Inherited {
            language: $element.language.clone(),
            source: $element.language_source.clone(),
            represents: $element.represents.clone(),
        }
    }};
}

macro_rules! times {
    ($filler:expr, $($time:expr),+) => {
        $( $filler.time(&mut $time); )+
    };
}

/// The normal form of a script. It is still a script, but for times, which are fractions of seconds where they mean
/// something, and foreign XML, which has expanded names in place of prefixes.
pub fn normal_form(script: &Script) -> Script {
    let normal = Normal::of(script);
    let mut filler = normal.filler();
    let events = (0..normal.count()).map(|number| normal.event(number, &mut filler)).collect();
    Script { events, ..normal.tidy.head }
}

/// The normal form of a script, with events that are made one by one.
pub(super) struct Normal<'s> {
    tidy: Tidy<'s>,
    clock: Clock,
    /// What is inherited from the body.
    around: Inherited,
    /// What is inherited from each group.
    below: Vec<Inherited>,
    groups: HashMap<Box<str>, usize>,
}

impl<'s> Normal<'s> {
    pub fn of(script: &'s Script) -> Self {
        let mut tidy = Tidy::of(script);
        let script = &mut tidy.head;
        let clock = Clock::of(script.timing.as_deref());
        let mut filler = Filler { clock, tags: HashMap::new() };
        script.schema = None;
        script.content_profiles.clear();
        script.root.remove("ttp:profile");
        script.root.remove("xml:space");
        for step in script.lineage.iter_mut() {
            filler.tag(&mut step.language);
        }
        let root = inherit!(filler, script, &Inherited::default());
        filler.lists(script);
        let around = filler.body(&mut script.body, &root);
        let mut below: Vec<Inherited> = Vec::with_capacity(script.groups.len());
        let groups = Tree::numbers(script);
        let parents: Vec<Option<usize>> =
            script.groups.iter().map(|g| g.parent.as_deref().and_then(|p| groups.get(p).copied())).collect();
        for (at, group) in script.groups.iter_mut().enumerate() {
            times!(filler, group.begin, group.end, group.dur);
            filler.look(&mut group.styling, &mut group.animations, group.mix.as_deref_mut());
            foreign(&mut group.foreign, true);
            let around = parents[at].and_then(|parent| below.get(parent)).unwrap_or(&around).clone();
            below.push(inherit!(filler, group, &around));
        }
        Self { tidy, clock, around, below, groups }
    }

    /// All but the events.
    pub fn head(&mut self) -> &mut Script {
        &mut self.tidy.head
    }

    /// How many events there are.
    pub fn count(&self) -> usize {
        self.tidy.count()
    }

    /// What makes events; one for each thread.
    pub fn filler(&self) -> Filler {
        Filler { clock: self.clock, tags: HashMap::new() }
    }

    /// One event, by its number in document order.
    pub fn event(&self, number: usize, filler: &mut Filler) -> Event {
        let mut event = self.tidy.event(number);
        let group = event.group.as_deref().and_then(|group| self.groups.get(group));
        filler.event(&mut event, group.and_then(|&group| self.below.get(group)).unwrap_or(&self.around));
        event
    }
}

impl Filler {
    fn time(&self, time: &mut Option<Time>) {
        time.iter_mut().for_each(|time| self.one_time(time));
    }

    fn one_time(&self, time: &mut Time) {
        if let Ok(seconds) = time.seconds(self.clock) {
            let ratio = seconds.ratio();
            *time = format!("{}/{}", ratio.numer(), ratio.denom()).into();
        }
    }

    fn tag(&mut self, tag: &mut Option<Language>) {
        if let Some(tag) = tag {
            if let Some(known) = self.tags.get(tag) {
                tag.clone_from(known);
                return;
            }
            let canonical: Language = language::canonical(tag).into();
            self.tags.insert(std::mem::replace(tag, canonical.clone()), canonical);
        }
    }

    fn look(&self, styling: &mut Attributes, animations: &mut List<Animation>, mix: Option<&mut Mix>) {
        styling.remove("xml:space");
        for animation in animations.iter_mut() {
            times!(self, animation.begin, animation.end, animation.dur);
        }
        for animation in mix.into_iter().flat_map(|mix| mix.animate.iter_mut()) {
            times!(self, animation.begin, animation.end, animation.dur);
        }
    }

    fn lists(&mut self, script: &mut Script) {
        if let Some(programme) = script.programme.as_deref_mut() {
            times!(self, programme.duration);
        }
        for scene in script.scenes.iter_mut() {
            times!(self, scene.begin, scene.end);
        }
        for shot in script.shots.iter_mut() {
            self.one_time(&mut shot.time);
        }
        for part in script.loops.iter_mut() {
            times!(self, part.begin, part.end);
        }
        for style in script.styles.iter_mut() {
            style.styling.remove("xml:space");
            style.foreign.clear();
        }
        for region in script.regions.iter_mut() {
            times!(self, region.begin, region.end, region.dur);
            self.look(&mut region.styling, &mut region.animations, None);
            foreign(&mut region.foreign, false);
        }
        for resource in script.resources.iter_mut() {
            self.tag(&mut resource.language);
            resource.sources.iter_mut().for_each(|source| self.tag(&mut source.language));
        }
        script.foreign.retain(|f| f.slot == Slot::Metadata);
        foreign(&mut script.foreign, false);
        let characters = script.characters.iter_mut().map(|c| &mut c.foreign);
        for list in characters.chain(script.talents.iter_mut().map(|t| &mut t.foreign)) {
            for (number, foreign) in (0..).zip(list.iter_mut()) {
                expand(foreign);
                foreign.index = number;
            }
        }
    }

    fn body(&mut self, body: &mut Option<Box<Body>>, root: &Inherited) -> Inherited {
        let Some(inner) = body.as_deref_mut() else { return root.clone() };
        times!(self, inner.begin, inner.end, inner.dur);
        self.look(&mut inner.styling, &mut inner.animations, inner.mix.as_deref_mut());
        foreign(&mut inner.foreign, false);
        let inherited = inherit!(self, inner, root);
        // A body that says what the root says anyway says nothing.
        if inner.language == root.language {
            inner.language = None;
        }
        if inner.language_source == root.source {
            inner.language_source = None;
        }
        if inner.represents == root.represents {
            inner.represents = None;
        }
        if *inner == Body::default() {
            *body = None;
        }
        inherited
    }

    fn event(&mut self, event: &mut Event, around: &Inherited) {
        times!(self, event.begin, event.end, event.dur);
        self.look(&mut event.styling, &mut event.animations, event.mix.as_deref_mut());
        foreign(&mut event.foreign, false);
        let inherited = inherit!(self, event, around);
        for description in event.descriptions.iter_mut() {
            self.tag(&mut description.language);
            if description.language.is_none() {
                description.language.clone_from(&inherited.language);
            }
        }
        for text in event.texts.iter_mut() {
            self.text(text, &inherited);
        }
    }

    fn text(&mut self, text: &mut Text, around: &Inherited) {
        times!(self, text.begin, text.end, text.dur);
        self.look(&mut text.styling, &mut text.animations, text.mix.as_deref_mut());
        foreign(&mut text.foreign, false);
        if let Some(LipSync { anchors, detections, .. }) = text.lip_sync.as_deref_mut() {
            anchors.iter_mut().for_each(|anchor| self.one_time(&mut anchor.time));
            detections.iter_mut().for_each(|detection| self.one_time(&mut detection.time));
        }
        let inherited = inherit!(self, text, around);
        self.recordings(&mut text.audio, &inherited);
        self.nodes(&mut text.content.0, &inherited);
    }

    fn recordings(&mut self, recordings: &mut List<Recording>, around: &Inherited) {
        for recording in recordings.iter_mut() {
            times!(
                self,
                recording.begin,
                recording.end,
                recording.dur,
                recording.clip_begin,
                recording.clip_end
            );
            self.look(&mut Attributes::default(), &mut List::new(), recording.mix.as_deref_mut());
            foreign(&mut recording.foreign, false);
            self.tag(&mut recording.language);
            if recording.language.is_none() {
                recording.language.clone_from(&around.language);
            }
            recording.sources.iter_mut().for_each(|source| self.tag(&mut source.language));
        }
    }

    fn nodes(&mut self, nodes: &mut List<Node>, around: &Inherited) {
        for node in nodes.iter_mut() {
            match node {
                Node::Span(span) => self.span(span, around),
                Node::Ruby(node) => {
                    self.nodes(&mut node.ruby.base, around);
                    self.nodes(&mut node.ruby.text, around);
                }
                Node::Break(Some(inner)) => {
                    inner.styling.remove("xml:space");
                    if inner.id.is_none() && inner.styling.is_empty() && inner.unknown.is_empty() {
                        *node = Node::Break(None);
                    }
                }
                Node::Run(_) | Node::Break(None) | Node::Cue(_) => {}
            }
        }
    }

    fn span(&mut self, span: &mut Span, around: &Inherited) {
        times!(self, span.begin, span.end, span.dur);
        self.look(&mut span.styling, &mut span.animations, span.mix.as_deref_mut());
        foreign(&mut span.foreign, false);
        let inherited = inherit!(self, span, around);
        self.recordings(&mut span.audio, &inherited);
        self.nodes(&mut span.content, &inherited);
    }
}

/// Takes out what a processor of DAPT prunes, and numbers the rest.
fn foreign(list: &mut List<Foreign>, paragraphs: bool) {
    if list.is_empty() {
        return;
    }
    list.retain(|foreign| match foreign.slot {
        Slot::Metadata => true,
        _ => kept_child(foreign).is_some_and(|name| paragraphs || name != "p"),
    });
    let (mut number, mut last) = (0, None);
    let mut children = 0;
    for foreign in list.iter_mut() {
        if foreign.slot == Slot::Metadata {
            if last.is_some_and(|last| last != foreign.index) {
                number += 1;
            }
            last = Some(foreign.index);
            foreign.index = number;
        } else {
            foreign.index = children;
            children += 1;
        }
        expand(foreign);
    }
}

/// Puts expanded names in place of prefixes.
fn expand(foreign: &mut Foreign) {
    if let Some(canonical) = canonical(foreign) {
        foreign.xml = canonical.into();
    }
}
