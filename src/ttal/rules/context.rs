//! What the checks look at: the script, its parts in document order with what they inherit, and its identifiers.

use std::collections::HashMap;

use super::{RuleOptions, Syntax};
use crate::ttal::computed::{Computed, Context};
use crate::ttal::model::{
    Animation, Body, ContentDescriptor, Event, Group, Id, Language, Mix, Node, Recording, Script, Span,
    Speak, Text, Time, Unknown,
};
use crate::ttal::place::Place;

/// What all checks share.
pub(super) struct Ctx<'s> {
    pub script: &'s Script,
    pub context: &'s Context<'s>,
    /// The script itself, its body, groups, events, texts and spans, each before what is in it.
    pub parts: Vec<Part<'s>>,
    /// Identifiers, each with where it was declared first.
    pub ids: HashMap<&'s str, Declared>,
    pub syntax: Syntax,
    pub options: &'s RuleOptions,
}

/// A part of the script that has times, languages and the like.
pub(super) struct Part<'s> {
    pub element: Element<'s>,
    /// The event that it is, or is in.
    pub event: Option<&'s Event>,
    /// What it inherits from.
    pub parent: Computed<'s>,
    pub computed: Computed<'s>,
}

/// What a part is.
#[derive(Clone, Copy)]
pub(super) enum Element<'s> {
    Script(&'s Script),
    Body(&'s Body),
    Group(&'s Group),
    Event(&'s Event),
    Text(&'s Text),
    Span(&'s Span),
}

/// What an identifier names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Character,
    Talent,
    Style,
    Region,
    Resource,
    Scene,
    Loop,
    Body,
    Group,
    Event,
    Description,
    Text,
    Span,
    Break,
    Recording,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Character => "a character",
            Kind::Talent => "a talent",
            Kind::Style => "a style",
            Kind::Region => "a region",
            Kind::Resource => "a resource",
            Kind::Scene => "a scene",
            Kind::Loop => "a loop",
            Kind::Body => "the body",
            Kind::Group => "a group",
            Kind::Event => "an event",
            Kind::Description => "a description",
            Kind::Text => "a text",
            Kind::Span => "a span",
            Kind::Break => "a line break",
            Kind::Recording => "a recording",
        }
    }
}

/// Where an identifier was declared, and as what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declared {
    pub kind: Kind,
    pub at: Place,
}

/// A property that some elements have: the others have none.
macro_rules! property {
    ($name:ident -> $type:ty, $($element:ident)|+ => |$it:ident| $value:expr) => {
        pub fn $name(&self) -> $type {
            match self {
                $(Element::$element($it) => $value,)+
                #[allow(unreachable_patterns, reason = "some properties all elements have")]
                _ => Default::default(),
            }
        }
    };
}

impl<'s> Element<'s> {
    property!(at -> Place, Script | Body | Group | Event | Text | Span => |it| it.at);
    property!(language -> Option<&'s Language>, Script | Body | Group | Event | Text | Span => |it| it.language.as_ref());
    property!(language_source -> Option<&'s Language>, Script | Body | Group | Event | Text | Span => |it| it.language_source.as_ref());
    property!(represents -> Option<&'s ContentDescriptor>, Script | Body | Group | Event | Text | Span => |it| it.represents.as_ref());
    property!(begin -> Option<&'s Time>, Body | Group | Event | Text | Span => |it| it.begin.as_ref());
    property!(end -> Option<&'s Time>, Body | Group | Event | Text | Span => |it| it.end.as_ref());
    property!(dur -> Option<&'s Time>, Body | Group | Event | Text | Span => |it| it.dur.as_ref());
    property!(region -> Option<&'s Id>, Body | Group | Event | Text => |it| it.region.as_ref());
    property!(mix -> Option<&'s Mix>, Body | Group | Event | Text | Span => |it| it.mix.as_deref());
    property!(speak -> Option<&'s Speak>, Text | Span => |it| it.speak.as_deref());
    property!(characters -> &'s [Id], Body | Group | Event => |it| &it.characters);
    property!(style -> &'s [Id], Body | Group | Event | Text | Span => |it| &it.style);
    property!(animations -> &'s [Animation], Body | Group | Event | Text | Span => |it| &it.animations);
    property!(audio -> &'s [Recording], Text | Span => |it| &it.audio);

    pub fn unknown(&self) -> &'s Unknown {
        match self {
            Element::Script(element) => &element.unknown,
            Element::Body(element) => &element.unknown,
            Element::Group(element) => &element.unknown,
            Element::Event(element) => &element.unknown,
            Element::Text(element) => &element.unknown,
            Element::Span(element) => &element.unknown,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Element::Script(_) => "script",
            Element::Body(_) => "body",
            Element::Group(_) => "group",
            Element::Event(_) => "event",
            Element::Text(_) => "text",
            Element::Span(_) => "span",
        }
    }
}

impl<'s> Part<'s> {
    pub fn event_id(&self) -> Option<&'s str> {
        self.event.map(|event| &*event.id)
    }

    /// The text that it is.
    pub fn text(&self) -> Option<&'s Text> {
        match self.element {
            Element::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'s> Ctx<'s> {
    pub fn new(
        script: &'s Script,
        context: &'s Context<'s>,
        syntax: Syntax,
        options: &'s RuleOptions,
    ) -> Self {
        let mut ctx = Ctx { script, context, parts: Vec::new(), ids: HashMap::new(), syntax, options };
        ctx.find_parts();
        let mut ids = HashMap::new();
        super::walk::identifiers(script, &mut |id, kind, at, _| {
            ids.entry(&**id).or_insert(Declared { kind, at });
        });
        ctx.ids = ids;
        ctx
    }

    fn find_parts(&mut self) {
        let (script, context) = (self.script, self.context);
        let texts: usize = script.events.iter().map(|event| 1 + event.texts.len()).sum();
        self.parts.reserve(texts + script.groups.len() + 2);
        let root = context.root();
        self.parts.push(Part { element: Element::Script(script), event: None, parent: root, computed: root });
        if let Some(body) = script.body.as_deref() {
            let computed = context.body();
            self.parts.push(Part { element: Element::Body(body), event: None, parent: root, computed });
        }
        for (at, group) in script.groups.iter().enumerate() {
            let parent =
                group.parent.as_deref().and_then(|parent| context.group(parent)).filter(|&p| p != at);
            let parent = parent.and_then(|p| context.group_computed(p)).unwrap_or(context.body());
            let computed = context.group_computed(at).unwrap_or(parent);
            self.parts.push(Part { element: Element::Group(group), event: None, parent, computed });
        }
        for event in &script.events {
            let parent = context.parent(event);
            let computed = context.event(event);
            self.parts.push(Part { element: Element::Event(event), event: Some(event), parent, computed });
            for text in &event.texts {
                let words = context.text(&computed, text);
                let element = Element::Text(text);
                self.parts.push(Part { element, event: Some(event), parent: computed, computed: words });
                self.find_spans(event, &words, &text.content.0);
            }
        }
    }

    /// Adds the spans among `nodes`. Readers bound the depth of nodes.
    fn find_spans(&mut self, event: &'s Event, parent: &Computed<'s>, nodes: &'s [Node]) {
        for node in nodes {
            match node {
                Node::Span(span) => {
                    let computed = self.context.span(parent, span);
                    let element = Element::Span(span);
                    self.parts.push(Part { element, event: Some(event), parent: *parent, computed });
                    self.find_spans(event, &computed, &span.content);
                }
                Node::Ruby(node) => {
                    self.find_spans(event, parent, &node.ruby.base);
                    self.find_spans(event, parent, &node.ruby.text);
                }
                Node::Run(_) | Node::Break(_) | Node::Cue(_) => {}
            }
        }
    }

    /// The events with what they inherit.
    pub fn events(&self) -> impl Iterator<Item = (&'s Event, &Part<'s>)> {
        self.parts.iter().filter_map(|part| match part.element {
            Element::Event(event) => Some((event, part)),
            _ => None,
        })
    }

    /// The texts with what they inherit.
    pub fn texts(&self) -> impl Iterator<Item = (&'s Text, &Part<'s>)> {
        self.parts.iter().filter_map(|part| Some((part.text()?, part)))
    }

    /// What an identifier names.
    pub fn kind(&self, id: &str) -> Option<Kind> {
        self.ids.get(id).map(|declared| declared.kind)
    }

    /// The identifiers of things of one kind.
    pub fn ids_of(&self, kind: Kind) -> impl Iterator<Item = &'s str> {
        self.ids.iter().filter(move |(_, declared)| declared.kind == kind).map(|(id, _)| *id)
    }
}
