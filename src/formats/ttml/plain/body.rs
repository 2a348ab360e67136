//! The body: times, and what comes down from `body` and `div` to paragraphs.

use roxmltree::Node;

use super::Reader;
use super::inline::Words;
use super::interval::{Interval, Own};
use crate::formats::LossCode;
use crate::formats::ttml::names::{Vocabulary, attribute, tag};
use crate::ttal::model::is_name;
use crate::ttal::model::{
    Animation, Attributes, Content, ContentDescriptor, Event, Fill, Id, Language, List, OnScreen, Text, Time,
};
use crate::ttal::place::Place;
use crate::ttal::time::MediaTime;

/// Styles that are looked at for one attribute at most; references may go in circles.
const MAX_LOOKUPS: usize = 64;

/// A change over time, with the begin of what it applies to.
#[derive(Debug, Clone)]
struct Change {
    animation: Animation,
    from: MediaTime,
}

/// What comes down to the children of an element.
#[derive(Debug, Clone)]
struct Down<'d> {
    interval: Interval,
    sequential: bool,
    style: List<Id>,
    styling: Attributes,
    changes: Vec<Change>,
    region: Option<&'d str>,
    language: Option<&'d str>,
    language_source: Option<&'d str>,
    represents: Option<&'d str>,
    agents: Option<&'d str>,
}

impl<'d> Reader<'d, '_> {
    /// The body with all that is in it.
    pub(super) fn body(&mut self, body: Node<'d, 'd>) {
        for (at, style) in self.script.styles.iter().enumerate() {
            if let Some(id) = &style.id {
                self.styles.entry(id.0.clone()).or_insert(at);
            }
        }
        let everything = Interval { begin: MediaTime::ZERO, end: None };
        let nothing = Down {
            interval: everything,
            sequential: false,
            style: List::new(),
            styling: Attributes::default(),
            changes: Vec::new(),
            region: None,
            language: None,
            language_source: None,
            represents: None,
            agents: None,
        };
        self.container(body, &nothing, None);
    }

    /// A `body` or `div`; gives when it ends.
    fn container(
        &mut self,
        node: Node<'d, 'd>,
        above: &Down<'d>,
        after: Option<MediaTime>,
    ) -> Option<MediaTime> {
        let interval = self.interval(node, above.interval, after);
        let down = self.down(node, above, interval);
        let mut last = interval.begin;
        for child in node.children() {
            if child.is_text() {
                if child.text().is_some_and(|text| !text.trim().is_empty()) {
                    self.notes.losses.add(LossCode::Unmapped, None, "words outside of paragraphs");
                    self.notes.add(child.range().start, "words outside of a paragraph: not read");
                }
                continue;
            }
            if !child.is_element() {
                continue;
            }
            let after = down.sequential.then_some(last);
            let end = match tag(child) {
                (Vocabulary::Tt, "div") => self.container(child, &down, after),
                (Vocabulary::Tt, "p") => self.paragraph(child, &down, after),
                (Vocabulary::Tt, "span" | "br") => {
                    self.notes.losses.add(LossCode::Unmapped, None, "words outside of paragraphs");
                    self.notes.add(child.range().start, "words outside of a paragraph: not read");
                    continue;
                }
                (Vocabulary::Tt, "metadata" | "set" | "animate") | (Vocabulary::Metadata, _) => continue,
                (Vocabulary::Tt, "audio") => {
                    self.notes.losses.add(LossCode::Audio, None, "recordings");
                    continue;
                }
                _ => {
                    self.foreign(child);
                    continue;
                }
            };
            last = end.or(interval.end).unwrap_or(last);
        }
        interval.end
    }

    fn down(&mut self, node: Node<'d, 'd>, above: &Down<'d>, interval: Interval) -> Down<'d> {
        let own_style = self.style_references(node);
        let own_styling = self.styling(node);
        let (style, styling) = self.merge((&above.style, &above.styling), own_style, own_styling);
        let mut changes = above.changes.clone();
        changes.extend(
            self.animations(node).into_iter().map(|animation| Change { animation, from: interval.begin }),
        );
        let text = |vocabulary, name| attribute(node, vocabulary, name);
        let region = node.attribute("region");
        if let (Some(own), Some(outer)) = (region, above.region)
            && own != outer
        {
            let message =
                format!("region `{own}` inside of region `{outer}`: players that keep to TTML show neither");
            self.notes.add(node.range().start, message);
        }
        Down {
            interval,
            sequential: node.attribute("timeContainer") == Some("seq"),
            style,
            styling,
            changes,
            region: region.or(above.region),
            language: text(Vocabulary::Xml, "lang").or(above.language),
            language_source: text(Vocabulary::Dapt, "langSrc").or(above.language_source),
            represents: text(Vocabulary::Dapt, "represents").or(above.represents),
            agents: text(Vocabulary::Metadata, "agent").or(above.agents),
        }
    }

    /// Styles of an element below another one as one element would have them: what the inner one says wins, be it by
    /// reference or itself.
    fn merge(
        &self,
        (outer_style, outer): (&List<Id>, &Attributes),
        inner_style: List<Id>,
        inner: Attributes,
    ) -> (List<Id>, Attributes) {
        if outer_style.is_empty() && outer.is_empty() {
            return (inner_style, inner);
        }
        let mut styling = Attributes::default();
        for (name, value) in outer.iter() {
            let hides = name == "tts:display" && value == "none";
            if hides || (inner.get(name).is_none() && self.look_up(name, &inner_style).is_none()) {
                styling.0.push((name.into(), value.into()));
            }
        }
        for (name, value) in inner.iter() {
            if styling.get(name).is_none() {
                styling.0.push((name.into(), value.into()));
            }
        }
        let mut style = outer_style.clone();
        style.extend(inner_style);
        (style, styling)
    }

    /// What referenced styles say about an attribute.
    fn look_up(&self, name: &str, style: &List<Id>) -> Option<&str> {
        let mut open: Vec<&Id> = style.iter().collect();
        for _ in 0..MAX_LOOKUPS {
            let style = self.styles.get(&*open.pop()?.0).and_then(|&at| self.script.styles.get(at));
            let Some(style) = style else { continue };
            if let Some(value) = style.styling.get(name) {
                return Some(value);
            }
            open.extend(&style.style);
        }
        None
    }

    /// What an element says about its times. What can't be understood is noted and counts as left out.
    pub(super) fn times(&mut self, node: Node<'d, 'd>) -> Own {
        let mut time = |name: &str| {
            let a = node.attributes().find(|a| a.name() == name && a.namespace().is_none())?;
            match self.base.parse(a.value()) {
                Ok(moment) => {
                    if !moment.regular {
                        self.irregular.0 += 1;
                        if self.irregular.0 == 1 {
                            self.irregular.1 = a.range().start;
                        }
                    }
                    Some(moment.time)
                }
                Err(why) => {
                    self.notes.add(a.range().start, format!("{name} `{}`: {why}; left out", a.value()));
                    self.notes.losses.add(LossCode::Time, None, "times that can't be read");
                    None
                }
            }
        };
        Own { begin: time("begin"), end: time("end"), dur: time("dur") }
    }

    /// When an element is active. TTML2 § 12: in a parallel container times are relative to the container, in a
    /// sequential one to the end of the sibling before, which `after` gives.
    pub(super) fn interval(
        &mut self,
        node: Node<'d, 'd>,
        above: Interval,
        after: Option<MediaTime>,
    ) -> Interval {
        let own = self.times(node);
        self.base.resolve(node, own, above, after)
    }

    /// The same, without a word about what is wrong: that is said when the element is read itself.
    pub(super) fn quiet_interval(&self, node: Node<'d, 'd>, above: Interval) -> Interval {
        self.base.interval(node, above, None)
    }

    /// A paragraph: one event. Gives when it ends.
    fn paragraph(
        &mut self,
        node: Node<'d, 'd>,
        above: &Down<'d>,
        after: Option<MediaTime>,
    ) -> Option<MediaTime> {
        let interval = self.interval(node, above.interval, after);
        let place = node.range().start;
        let at = Place::at(place);
        let sequential = node.attribute("timeContainer") == Some("seq");
        // A paragraph that leaves its times to its spans comes with the first and goes with the last of them.
        let own =
            node.attribute("begin").is_some() || sequential || node.children().any(|c| tag(c).1 == "set");
        let first = if own { None } else { self.first_words(node, interval) };
        let mut words = Words::new(first);
        let preserve =
            node.ancestors().find_map(|a| attribute(a, Vocabulary::Xml, "space")) == Some("preserve");
        let mut content = self.content(node, interval, sequential, preserve, 0, &mut words);
        words.finish(&mut content);
        let mut content = Content(content);
        content.normalize();
        let mut shown = Interval { begin: first.unwrap_or(interval.begin), ..interval };
        if shown.end.is_none() && !words.endless {
            shown.end = words.last;
        }
        if content.plain_text().trim().is_empty() {
            let images = node.descendants().any(|n| n.is_element() && tag(n).1 == "image");
            if images {
                self.images.get_or_insert(place);
            } else if words.any {
                self.notes.add(place, "a paragraph without words: not read");
            }
            return interval.end;
        }
        if shown.end.is_some_and(|end| end <= shown.begin) {
            self.notes
                .add(place, format!("a paragraph that ends when it begins or before, at {}", shown.begin));
        }
        let style = self.style_references(node);
        let mut styling = self.styling(node);
        let own_region = node.attribute("region").or(words.region);
        let region = own_region.or(above.region);
        if let (Some(own), Some(outer)) = (node.attribute("region"), above.region)
            && own != outer
        {
            let message =
                format!("region `{own}` inside of region `{outer}`: players that keep to TTML show neither");
            self.notes.add(place, message);
        }
        if region.is_none() && !self.regions.is_empty() {
            self.unplaced += 1;
        }
        let computed = |name| styling.get(name).or_else(|| self.look_up(name, &style));
        let forced = computed("itts:forcedDisplay")
            .or_else(|| above.styling.get("itts:forcedDisplay"))
            .or_else(|| self.look_up("itts:forcedDisplay", &above.style));
        let forced = match (forced, styling.get("itts:forcedDisplay")) {
            (Some("true"), _) => Some(true),
            (Some("false"), Some(_)) => Some(false),
            _ => None,
        };
        styling.remove("itts:forcedDisplay");
        let begin = self.shifted(shown.begin, place);
        let event_end = shown.end.map(|end| self.shifted(end, place));
        let text = |vocabulary, name| attribute(node, vocabulary, name);
        let agents = text(Vocabulary::Metadata, "agent").or(above.agents).unwrap_or("");
        let language = text(Vocabulary::Xml, "lang").or(above.language);
        let language = language.filter(|language| self.script.language.as_deref() != Some(language));
        let id = self.event_id(node);
        let mut event = Event {
            at,
            begin: Some(self.base.spell(begin, self.in_frames)),
            end: event_end.map(|end| self.base.spell(end, self.in_frames)),
            represents: text(Vocabulary::Dapt, "represents")
                .or(above.represents)
                .map(ContentDescriptor::from),
            language_source: text(Vocabulary::Dapt, "langSrc").or(above.language_source).map(Language::from),
            on_screen: text(Vocabulary::Dapt, "onScreen").map(OnScreen::from),
            language: language.map(Language::from),
            characters: agents.split_whitespace().map(Id::from).collect(),
            forced,
            region: region.map(Id::from),
            style: above.style.clone(),
            styling: above.styling.clone(),
            animations: self.changes(&above.changes, shown),
            id,
            ..Event::default()
        };
        let mut text =
            Text { at, content, style, styling, animations: self.animations(node), ..Text::default() };
        self.paragraph_metadata(node, &mut event, &mut text);
        event.texts.push(text);
        self.script.add_event(event);
        interval.end
    }

    /// A time without what is taken off all times.
    fn shifted(&mut self, time: MediaTime, place: usize) -> MediaTime {
        let shifted = time - self.base.origin();
        if shifted < MediaTime::ZERO {
            self.notes.add(place, format!("{time} is before the start timecode: read as 0"));
        }
        shifted.max(MediaTime::ZERO)
    }

    /// The identifier of the paragraph, or one that no other element has.
    fn event_id(&mut self, node: Node<'d, 'd>) -> Id {
        self.count += 1;
        if let Some(id) = attribute(node, Vocabulary::Xml, "id") {
            if is_name(id) && self.event_ids.insert(id) {
                return id.into();
            }
            self.notes.add(
                node.range().start,
                format!("identifier `{id}` stands twice or is no XML name: replaced"),
            );
        }
        let mut id = format!("e{:04}", self.count);
        while self.ids.contains(&*id) {
            id.push('x');
        }
        id.into()
    }

    /// Changes of elements above, as changes of an event.
    fn changes(&self, changes: &[Change], event: Interval) -> List<Animation> {
        let mut list = List::new();
        for change in changes {
            let clock = crate::ttal::time::Clock { frame_rate: self.base.declared, tick_rate: None };
            let seconds = |time: &Option<Time>| time.as_ref().and_then(|time| time.seconds(clock).ok());
            let begin = change.from + seconds(&change.animation.begin).unwrap_or(MediaTime::ZERO);
            let end = seconds(&change.animation.end).map(|end| change.from + end);
            let end =
                [end, seconds(&change.animation.dur).map(|dur| begin + dur)].into_iter().flatten().min();
            let frozen = change.animation.fill == Some(Fill::Freeze);
            if event.end.is_some_and(|last| begin >= last)
                || (!frozen && end.is_some_and(|end| end <= event.begin))
            {
                continue;
            }
            let relative =
                |time: MediaTime| self.base.spell((time - event.begin).max(MediaTime::ZERO), self.in_frames);
            let mut animation = change.animation.clone();
            animation.begin = (begin > event.begin).then(|| relative(begin));
            animation.end = end.map(relative);
            animation.dur = None;
            list.push(animation);
        }
        list
    }

    /// `set` and `animate` elements of an element.
    pub(super) fn animations(&mut self, node: Node<'d, 'd>) -> List<Animation> {
        let mut list = List::new();
        for child in node.children().filter(|c| matches!(tag(*c), (Vocabulary::Tt, "set" | "animate"))) {
            let own = self.times(child);
            let spell = |time| self.base.spell(time, self.in_frames);
            let text = |name| child.attribute(name).map(Into::into);
            list.push(Animation {
                at: Place::at(child.range().start),
                kind: tag(child).1.into(),
                begin: own.begin.map(spell),
                end: own.end.map(spell),
                dur: own.dur.map(spell),
                fill: child.attribute("fill").map(Fill::from),
                calc_mode: text("calcMode"),
                key_times: text("keyTimes"),
                key_splines: text("keySplines"),
                repeat_count: text("repeatCount"),
                styling: self.styling(child),
                ..Animation::default()
            });
        }
        list
    }
}
