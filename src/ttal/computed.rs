//! What a script means where it is authored by inheritance: absolute times, languages, what is represented.

use std::collections::HashMap;

use super::model::{Body, ContentDescriptor, Event, Group, Language, Script, Span, Text, Time};
use super::time::{Clock, MediaTime};

/// What an element has after inheritance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Computed<'s> {
    /// When it begins, in media time.
    pub begin: MediaTime,
    /// When it ends, in media time; `None` where nothing says so.
    pub end: Option<MediaTime>,
    /// Its language, empty where none is given.
    pub language: &'s str,
    /// The language it was translated from, empty where that is not determined.
    pub language_source: &'s str,
    /// What it stands for, empty where nothing says so.
    pub represents: &'s str,
}

/// Whether words are an original or a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'s> {
    /// An original whose source has no language, or none that is known.
    NonLinguistic,
    /// An original in the language of its source.
    Original,
    /// A translation from this language.
    Translation(&'s str),
}

impl<'s> Computed<'s> {
    /// Whether it is an original or a translation. DAPT, Text Language Source.
    pub fn origin(&self) -> Origin<'s> {
        if ["", "und", "zxx"].iter().any(|none| self.language_source.eq_ignore_ascii_case(none)) {
            Origin::NonLinguistic
        } else if super::language::same(self.language_source, self.language) {
            Origin::Original
        } else {
            Origin::Translation(self.language_source)
        }
    }
}

/// What an element authors itself.
#[derive(Debug, Clone, Copy, Default)]
struct Authored<'s> {
    begin: Option<&'s Time>,
    end: Option<&'s Time>,
    dur: Option<&'s Time>,
    language: Option<&'s Language>,
    language_source: Option<&'s Language>,
    represents: Option<&'s ContentDescriptor>,
}

macro_rules! authored {
    ($element:expr) => {
        Authored {
            begin: $element.begin.as_ref(),
            end: $element.end.as_ref(),
            dur: $element.dur.as_ref(),
            language: $element.language.as_ref(),
            language_source: $element.language_source.as_ref(),
            represents: $element.represents.as_ref(),
        }
    };
}

/// Works out inherited values of one script. Times that mean nothing count as left out.
#[derive(Debug)]
pub struct Context<'s> {
    clock: Clock,
    root: Computed<'s>,
    body: Computed<'s>,
    groups: Vec<Computed<'s>>,
    group_index: HashMap<&'s str, usize>,
}

impl<'s> Context<'s> {
    /// Works out what events inherit.
    pub fn new(script: &'s Script) -> Self {
        let clock = Clock::of(script.timing.as_deref());
        let root = Computed {
            begin: MediaTime::ZERO,
            end: None,
            language: script.language.as_deref().unwrap_or(""),
            language_source: script.language_source.as_deref().unwrap_or(""),
            represents: script.represents.as_deref().unwrap_or(""),
        };
        let body = script.body.as_deref().map_or(root, |body: &Body| below(clock, &root, authored!(body)));
        let by_id = script.groups.iter().enumerate().filter_map(|(i, g)| Some((&**g.id.as_ref()?, i)));
        let mut context = Context { clock, root, body, groups: Vec::new(), group_index: by_id.collect() };
        context.groups = vec![body; script.groups.len()];
        let mut done = vec![false; script.groups.len()];
        for at in 0..script.groups.len() {
            context.resolve_group(&script.groups, at, &mut done);
        }
        context
    }

    /// Fills in a group after the groups around it. A group that sits in itself counts as sitting in the body.
    fn resolve_group(&mut self, groups: &'s [Group], at: usize, done: &mut [bool]) {
        let mut chain = Vec::new();
        let mut next = Some(at);
        while let Some(at) = next.filter(|&at| !done[at]) {
            done[at] = true;
            chain.push(at);
            next = groups[at].parent.as_deref().and_then(|parent| self.group(parent));
        }
        for &at in chain.iter().rev() {
            let parent =
                groups[at].parent.as_deref().and_then(|parent| self.group(parent)).filter(|&p| p != at);
            let parent = parent.map_or(self.body, |parent| self.groups[parent]);
            self.groups[at] = below(self.clock, &parent, authored!(groups[at]));
        }
    }

    /// The place in the list of groups that a reference means: an identifier, or `#` and a number.
    pub fn group(&self, reference: &str) -> Option<usize> {
        match reference.strip_prefix('#') {
            Some(number) => number.parse().ok().filter(|&n| n < self.groups.len()),
            None => self.group_index.get(reference).copied(),
        }
    }

    /// How the document counts times.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// What the script as a whole has.
    pub fn root(&self) -> Computed<'s> {
        self.root
    }

    /// What the body has.
    pub fn body(&self) -> Computed<'s> {
        self.body
    }

    /// What the group at this place in the list has.
    pub fn group_computed(&self, at: usize) -> Option<Computed<'s>> {
        self.groups.get(at).copied()
    }

    /// What an event inherits from: its group, or the body.
    pub fn parent(&self, event: &Event) -> Computed<'s> {
        event.group.as_deref().and_then(|group| self.group(group)).map_or(self.body, |at| self.groups[at])
    }

    /// What an event has.
    pub fn event(&self, event: &'s Event) -> Computed<'s> {
        below(self.clock, &self.parent(event), authored!(event))
    }

    /// When an event begins, in media time.
    pub fn begin(&self, event: &Event) -> MediaTime {
        self.interval(&self.parent(event), event.begin.as_ref(), None, None).0
    }

    /// What a text of an event has.
    pub fn text(&self, event: &Computed<'s>, text: &'s Text) -> Computed<'s> {
        below(self.clock, event, authored!(text))
    }

    /// What a span inside a text or a span has.
    pub fn span(&self, parent: &Computed<'s>, span: &'s Span) -> Computed<'s> {
        below(self.clock, parent, authored!(span))
    }

    /// The interval of anything timed below `parent`: begin and end in media time.
    pub fn interval(
        &self,
        parent: &Computed<'_>,
        begin: Option<&Time>,
        end: Option<&Time>,
        dur: Option<&Time>,
    ) -> (MediaTime, Option<MediaTime>) {
        interval(self.clock, parent.begin, parent.end, begin, end, dur)
    }
}

fn below<'s>(clock: Clock, parent: &Computed<'s>, own: Authored<'s>) -> Computed<'s> {
    let (begin, end) = interval(clock, parent.begin, parent.end, own.begin, own.end, own.dur);
    Computed {
        begin,
        end,
        language: own.language.map_or(parent.language, |l| l),
        language_source: own.language_source.map_or(parent.language_source, |l| l),
        represents: own.represents.map_or(parent.represents, |r| r),
    }
}

/// The earlier of end and begin + dur, all relative to the parent, and not past the parent's end. TTML2 § 12.
fn interval(
    clock: Clock,
    parent_begin: MediaTime,
    parent_end: Option<MediaTime>,
    begin: Option<&Time>,
    end: Option<&Time>,
    dur: Option<&Time>,
) -> (MediaTime, Option<MediaTime>) {
    let seconds = |time: Option<&Time>| time.and_then(|t| t.seconds(clock).ok());
    let begin = parent_begin + seconds(begin).unwrap_or(MediaTime::ZERO);
    let ends = [seconds(end).map(|end| parent_begin + end), seconds(dur).map(|dur| begin + dur), parent_end];
    (begin, ends.into_iter().flatten().min())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Str;

    #[test]
    fn times_and_languages_come_down_through_groups() {
        let script = Script {
            language: Some("en".into()),
            groups: [
                Group { parent: Some("#1".into()), begin: Some("5s".into()), ..Group::default() },
                Group {
                    id: Some("g".into()),
                    begin: Some("10s".into()),
                    dur: Some("10s".into()),
                    language: Some("fr".into()),
                    ..Group::default()
                },
            ]
            .into_iter()
            .collect(),
            events: [Event {
                id: "e".into(),
                group: Some(Str::from("#0")),
                begin: Some("1s".into()),
                end: Some("30s".into()),
                language_source: Some("fr".into()),
                ..Event::default()
            }]
            .into_iter()
            .collect(),
            ..Script::default()
        };
        let context = Context::new(&script);
        let event = context.event(&script.events[0]);
        assert_eq!(event.begin, MediaTime::from_milliseconds(16_000));
        assert_eq!(event.end, Some(MediaTime::from_milliseconds(20_000)));
        assert_eq!((event.language, event.origin()), ("fr", Origin::Original));
    }
}
