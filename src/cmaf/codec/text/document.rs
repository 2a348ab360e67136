//! TTML documents, cut into documents of a segment each that stand alone (ISO/IEC 14496-30 § 6).
//!
//! What is not timed is copied as it is written: styles, regions, ruby, metadata. Of the body a slice has the
//! paragraphs that show words in it, with times on the track's timeline, clipped to the slice.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use roxmltree::{Attribute, Node};

use crate::error::{Error, Result};
use crate::formats::imsc::{Conformance, conformance};
use crate::formats::ttml::names::{TTML, Vocabulary, attribute, attribute_tag, tag};
use crate::formats::ttml::plain::{Interval, TimeBase};
use crate::formats::ttml::xml;
use crate::ttal::model::Time;
use crate::ttal::source::Source;
use crate::ttal::time::MediaTime;

/// A document, ready to be sliced.
#[derive(Debug)]
pub(crate) struct Document {
    /// Everything up to the blocks of the body.
    opening: String,
    /// Everything behind them.
    closing: String,
    containers: Vec<Container>,
    paragraphs: Vec<Paragraph>,
    /// Where containers are, once another document was taken in.
    known: HashMap<Container, usize>,
    /// Identifiers of paragraphs, once another document was taken in.
    ids: HashSet<String>,
    /// Paragraphs that may go on in the document that follows.
    last: Vec<usize>,
    /// The language of the root.
    pub(super) language: Option<String>,
    /// The profile of IMSC that it keeps to, or what speaks against both.
    pub(crate) conformance: Result<Conformance, String>,
}

/// A `div`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Container {
    parent: Option<usize>,
    /// Its start tag, and what stands before its blocks.
    opening: String,
    closing: String,
}

#[derive(Debug)]
struct Paragraph {
    container: Option<usize>,
    element: Timed,
    /// Identifiers in it.
    ids: Vec<String>,
}

impl Paragraph {
    /// What it looks like, where nothing in it is timed: paragraphs that look alike, one behind the other, are one.
    fn looks(&self) -> Option<(&str, &str)> {
        match self.element.content.as_slice() {
            [Part::Verbatim(markup, _)] => Some((&self.element.tag.start, markup)),
            _ => None,
        }
    }
}

/// An element whose times are written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Timed {
    tag: Tag,
    interval: Interval,
    content: Vec<Part>,
    /// Whether it is a `set` or `animate`: it shows nothing itself.
    change: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Markup as it is written, and whether there are words in it.
    Verbatim(String, bool),
    Timed(Timed),
}

/// The tags of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tag {
    /// `<p xml:id="a"`: the start tag but for its end.
    start: String,
    /// `</p>`.
    end: String,
}

/// A stretch of time; no end is no bound.
type Stretch = (MediaTime, Option<MediaTime>);

impl Document {
    /// Reads a document; all its times are moved by `shift`.
    ///
    /// # Errors
    /// `Format` where it is no well-formed XML or no TTML, `Unsupported` where its words are images.
    pub(crate) fn read(source: &Source, shift: MediaTime) -> Result<Self> {
        let parsed = xml::parse(source).map_err(|problem| problem.into_error(source))?;
        let root = parsed.document.root_element();
        if root.tag_name().namespace() != Some(TTML) || root.tag_name().name() != "tt" {
            let message = format!("the root element is `{}`, not `tt` of TTML", root.tag_name().name());
            return Err(source.locate(Error::format(message), root.range().start));
        }
        if let Some(at) = image(root) {
            let message = "its subtitles are images (IMSC image profile), which is not packaged; \
                           use a text profile of IMSC, or WebVTT";
            return Err(source.locate(Error::unsupported(message), at));
        }
        let mut reader = Reader { text: source.text(), base: TimeBase::of(root, None), shift };
        let mut document = reader.document(root);
        document.conformance = conformance(&parsed.document);
        let language = attribute(root, Vocabulary::Xml, "lang").filter(|language| !language.is_empty());
        document.language = language.map(str::to_string);
        document.last = (0..document.paragraphs.len()).collect();
        Ok(document)
    }

    /// When each paragraph is active, in document order.
    pub(crate) fn intervals(&self) -> impl Iterator<Item = Interval> {
        self.paragraphs.iter().map(|paragraph| paragraph.element.interval)
    }

    /// When the last paragraph ends that ends.
    pub(super) fn end(&self) -> MediaTime {
        self.intervals().filter_map(|interval| interval.end).max().unwrap_or(MediaTime::ZERO)
    }

    /// The document with everything in it.
    pub(super) fn whole(&self) -> String {
        self.slice(0..self.paragraphs.len(), (MediaTime::ZERO, None))
    }

    /// A document with what these paragraphs, in document order, show in a stretch of time.
    pub(super) fn slice(&self, paragraphs: impl IntoIterator<Item = usize>, stretch: Stretch) -> String {
        let mut out = self.opening.clone();
        let mut open: Vec<usize> = Vec::new();
        for paragraph in paragraphs.into_iter().map(|at| &self.paragraphs[at]) {
            let element = &paragraph.element;
            if !shows(element, stretch) {
                continue;
            }
            let chain = self.chain(paragraph.container);
            let same = open.iter().zip(&chain).take_while(|(a, b)| a == b).count();
            self.close(&mut open, same, &mut out);
            for &container in &chain[same..] {
                out.extend(["\n", &self.containers[container].opening]);
                open.push(container);
            }
            out.push('\n');
            write(element, stretch, None, &mut out);
        }
        self.close(&mut open, 0, &mut out);
        out.push_str(&self.closing);
        out
    }

    fn close(&self, open: &mut Vec<usize>, keep: usize, out: &mut String) {
        for container in open.drain(keep..).rev() {
            out.extend(["\n", &self.containers[container].closing]);
        }
    }

    /// The containers around a paragraph, the outermost first.
    fn chain(&self, container: Option<usize>) -> Vec<usize> {
        let mut chain: Vec<usize> =
            std::iter::successors(container, |&at| self.containers[at].parent).collect();
        chain.reverse();
        chain
    }

    /// Limits all paragraphs to a stretch of time.
    pub(super) fn clip(&mut self, begin: MediaTime, end: MediaTime) {
        self.paragraphs.retain_mut(|paragraph| match meet(paragraph.element.interval, (begin, Some(end))) {
            Some((from, to)) => {
                paragraph.element.interval = Interval { begin: from, end: to };
                true
            }
            None => false,
        });
        self.last = (0..self.paragraphs.len()).collect();
    }

    /// Takes in the document that follows at `joint`, where both have the same head; paragraphs that go on there
    /// become one again.
    ///
    /// # Errors
    /// The other document, where they can't be one.
    pub(super) fn absorb(&mut self, other: Document, joint: MediaTime) -> Result<(), Box<Document>> {
        // A document without words need not look like the others, unless a region could show without words.
        let blank = |document: &Document| {
            document.paragraphs.is_empty() && !document.opening.contains("backgroundColor")
        };
        if blank(&other) && !self.opening.contains("backgroundColor") {
            self.last.clear();
            return Ok(());
        }
        if blank(self) && !other.opening.contains("backgroundColor") {
            *self = other;
            return Ok(());
        }
        if self.opening != other.opening || self.closing != other.closing {
            return Err(Box::new(other));
        }
        if self.ids.is_empty() {
            self.ids = self.paragraphs.iter().flat_map(|paragraph| paragraph.ids.iter().cloned()).collect();
        }
        let containers = self.take_containers(&other.containers);
        let matches = self.continued(&other, &containers, joint);
        let mut new = other.paragraphs.iter().zip(&matches).filter(|(_, found)| found.is_none());
        if new.any(|(paragraph, _)| paragraph.ids.iter().any(|id| self.ids.contains(id))) {
            return Err(Box::new(other));
        }
        self.last.clear();
        for (mut paragraph, found) in other.paragraphs.into_iter().zip(matches) {
            paragraph.container = paragraph.container.map(|at| containers[at]);
            let at = found.unwrap_or(self.paragraphs.len());
            self.last.push(at);
            match found {
                Some(at) => self.paragraphs[at].element.interval.end = paragraph.element.interval.end,
                None => {
                    self.ids.extend(paragraph.ids.iter().cloned());
                    self.paragraphs.push(paragraph);
                }
            }
        }
        Ok(())
    }

    /// For each paragraph of the document that follows, the one of this document that it continues.
    fn continued(&self, other: &Document, containers: &[usize], joint: MediaTime) -> Vec<Option<usize>> {
        let mut open: HashMap<_, Vec<usize>> = HashMap::new();
        for &at in self.last.iter().rev() {
            let paragraph = &self.paragraphs[at];
            if paragraph.element.interval.end == Some(joint)
                && let Some(looks) = paragraph.looks()
            {
                open.entry((paragraph.container, looks)).or_default().push(at);
            }
        }
        let mut continued = Vec::with_capacity(other.paragraphs.len());
        for paragraph in &other.paragraphs {
            let looks = paragraph.looks().filter(|_| paragraph.element.interval.begin == joint);
            let container = paragraph.container.map(|at| containers[at]);
            continued.push(looks.and_then(|looks| open.get_mut(&(container, looks))?.pop()));
        }
        continued
    }

    /// Where the containers of another document are in this one; those that are not yet here are taken over.
    fn take_containers(&mut self, others: &[Container]) -> Vec<usize> {
        if self.known.is_empty() {
            self.known = self.containers.iter().cloned().zip(0..).collect();
        }
        let mut places: Vec<usize> = Vec::with_capacity(others.len());
        for other in others {
            // Parents come before their children.
            let container = Container { parent: other.parent.map(|at| places[at]), ..other.clone() };
            let next = self.containers.len();
            let at = *self.known.entry(container.clone()).or_insert(next);
            if at == next {
                self.containers.push(container);
            }
            places.push(at);
        }
        places
    }
}

/// Where the first image of a document stands, or the declaration of the image profile.
fn image(root: Node<'_, '_>) -> Option<usize> {
    let parameters = ["profile", "contentProfiles", "processorProfiles"];
    let declared = parameters
        .iter()
        .filter_map(|name| attribute(root, Vocabulary::Parameter, name))
        .any(|profile| profile.contains("/imsc1") && profile.contains("/image"));
    if declared {
        return Some(root.range().start);
    }
    let images = |node: &Node<'_, '_>| {
        node.is_element()
            && (tag(*node) == (Vocabulary::Tt, "image")
                || node.attributes().any(|a| a.name() == "backgroundImage"))
    };
    root.descendants().find(images).map(|node| node.range().start)
}

/// The part of a stretch in which something is active.
fn meet(interval: Interval, stretch: Stretch) -> Option<Stretch> {
    let begin = interval.begin.max(stretch.0);
    let end = [interval.end, stretch.1].into_iter().flatten().min();
    end.is_none_or(|end| begin < end).then_some((begin, end))
}

/// Whether there are words of it in a stretch of time.
fn shows(element: &Timed, stretch: Stretch) -> bool {
    !element.change
        && meet(element.interval, stretch).is_some_and(|within| {
            element.content.iter().any(|part| match part {
                Part::Verbatim(_, words) => *words,
                Part::Timed(inner) => shows(inner, within),
            })
        })
}

/// Writes an element with its times, as far as it is in a stretch of time; `parent` is when the element around it
/// begins and ends, none where times count from 0.
fn write(element: &Timed, stretch: Stretch, parent: Option<Stretch>, out: &mut String) {
    let Some(within) = meet(element.interval, stretch) else { return };
    let (begin, end) = within;
    out.push_str(&element.tag.start);
    let origin = parent.map_or(MediaTime::ZERO, |parent| parent.0);
    if parent.is_none_or(|parent| parent.0 != begin) {
        out.extend([" begin=\"", &Time::clock(begin - origin), "\""]);
    }
    if let Some(end) = end.filter(|_| parent.is_none_or(|parent| parent.1 != end)) {
        out.extend([" end=\"", &Time::clock(end - origin), "\""]);
    }
    if element.content.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for part in &element.content {
        match part {
            Part::Verbatim(markup, _) => out.push_str(markup),
            Part::Timed(inner) => {
                if inner.change || shows(inner, within) {
                    write(inner, within, Some(within), out);
                }
            }
        }
    }
    out.push_str(&element.tag.end);
}

/// Attributes that are written anew.
fn is_time(a: &Attribute<'_, '_>) -> bool {
    a.namespace().is_none() && matches!(a.name(), "begin" | "end" | "dur" | "timeContainer")
}

/// Whether an element changes others over time.
fn is_change(node: Node<'_, '_>) -> bool {
    matches!(tag(node), (Vocabulary::Tt, "set" | "animate"))
}

fn is_sequential(node: Node<'_, '_>) -> bool {
    node.attribute("timeContainer") == Some("seq")
}

/// Takes a document apart.
struct Reader<'d> {
    text: &'d str,
    base: TimeBase,
    shift: MediaTime,
}

impl<'d> Reader<'d> {
    fn document(&mut self, root: Node<'d, 'd>) -> Document {
        let (mut whole, inner) = self.tag(root, |a| {
            // Times are media time from here on.
            matches!(
                (attribute_tag(a), a.value()),
                ((Vocabulary::Parameter, "timeBase"), value) if value != "media"
            ) || matches!(attribute_tag(a), (Vocabulary::Parameter, "markerMode" | "dropMode" | "clockMode"))
        });
        whole.start.push('>');
        let mut document = Document {
            opening: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}", whole.start),
            closing: format!("\n{}\n", whole.end),
            containers: Vec::new(),
            paragraphs: Vec::new(),
            known: HashMap::new(),
            ids: HashSet::new(),
            last: Vec::new(),
            language: None,
            conformance: Err(String::new()),
        };
        let all = Interval { begin: MediaTime::ZERO, end: None };
        let mut at = inner.start;
        for child in root.children().filter(Node::is_element) {
            match tag(child) {
                (Vocabulary::Tt, "head") => {
                    document.opening.push_str(&self.text[at..child.range().start]);
                    document.opening.push_str(&self.head(child, all));
                    at = child.range().end;
                }
                (Vocabulary::Tt, "body") => {
                    document.opening.push_str(&self.text[at..child.range().start]);
                    let interval = self.base.interval(child, all, None);
                    let (body, _) = self.tag(child, is_time);
                    document.opening.extend([&body.start, ">"]);
                    document.opening.push_str(&self.before_blocks(child, interval));
                    document.closing.insert_str(0, &format!("\n{}", body.end));
                    self.blocks(child, interval, None, &mut document);
                    break;
                }
                _ => {}
            }
        }
        document
    }

    /// The head, with times of regions and their changes as they are now.
    fn head(&self, head: Node<'d, 'd>, all: Interval) -> String {
        let mut out = String::new();
        let mut at = head.range().start;
        let timed = |node: &Node<'_, '_>| {
            tag(*node) == (Vocabulary::Tt, "region")
                && node.descendants().any(|inner| inner.attributes().any(|a| is_time(&a)))
        };
        for region in head.descendants().filter(timed) {
            if region.range().start < at {
                continue;
            }
            out.push_str(&self.text[at..region.range().start]);
            let interval = self.base.interval(region, all, None);
            let (tag, _) = self.tag(region, is_time);
            let content = self.parts(region, interval);
            let always = interval == all;
            let interval = if always { all } else { self.moved(interval) };
            let unbounded = (interval.begin, None);
            let element = Timed { tag, interval, content, change: false };
            write(&element, unbounded, always.then_some(unbounded), &mut out);
            at = region.range().end;
        }
        out.push_str(&self.text[at..head.range().end]);
        out
    }

    /// What stands in a body or `div` before its blocks: metadata, and changes of style.
    fn before_blocks(&self, node: Node<'d, 'd>, interval: Interval) -> String {
        let mut out = String::new();
        for child in node.children().filter(Node::is_element) {
            match tag(child) {
                (Vocabulary::Tt, "div" | "p" | "span" | "br") => {}
                _ if is_change(child) => {
                    write(&self.change(child, interval), (MediaTime::ZERO, None), None, &mut out);
                }
                _ => out.push_str(&self.text[child.range()]),
            }
        }
        out
    }

    fn blocks(
        &mut self,
        node: Node<'d, 'd>,
        interval: Interval,
        container: Option<usize>,
        document: &mut Document,
    ) {
        let mut last = interval.begin;
        for child in node.children().filter(Node::is_element) {
            let after = is_sequential(node).then_some(last);
            match tag(child) {
                (Vocabulary::Tt, "div") => {
                    let inner = self.base.interval(child, interval, after);
                    let (tag, _) = self.tag(child, is_time);
                    let opening = format!("{}>{}", tag.start, self.before_blocks(child, inner));
                    document.containers.push(Container { parent: container, opening, closing: tag.end });
                    let at = document.containers.len() - 1;
                    self.blocks(child, inner, Some(at), document);
                    last = inner.end.unwrap_or(last);
                }
                (Vocabulary::Tt, "p") => {
                    let inner = self.base.interval(child, interval, after);
                    let (tag, content) = self.tag(child, is_time);
                    let timed = is_sequential(child)
                        || child.descendants().skip(1).any(|node| {
                            is_change(node) || (is_span(node) && node.attributes().any(|a| is_time(&a)))
                        });
                    let content = if timed {
                        self.parts(child, inner)
                    } else {
                        vec![Part::Verbatim(self.text[content].to_string(), has_words(child))]
                    };
                    let identifier = |node| attribute(node, Vocabulary::Xml, "id").map(str::to_string);
                    document.paragraphs.push(Paragraph {
                        container,
                        ids: child.descendants().filter_map(identifier).collect(),
                        element: Timed { tag, interval: self.moved(inner), content, change: false },
                    });
                    last = inner.end.unwrap_or(last);
                }
                _ => {}
            }
        }
    }

    /// The inside of an element, in which something is timed.
    fn parts(&self, node: Node<'d, 'd>, interval: Interval) -> Vec<Part> {
        let sequential = is_sequential(node);
        let mut last = interval.begin;
        let mut parts = Vec::new();
        for child in node.children() {
            if child.is_text() {
                let words = child.text().is_some_and(|text| !text.trim().is_empty());
                // In a sequence, what has no duration lasts none.
                if !(words && sequential) {
                    parts.push(Part::Verbatim(self.text[child.range()].to_string(), words));
                }
            } else if !child.is_element() {
                continue;
            } else if is_change(child) {
                parts.push(Part::Timed(self.change(child, interval)));
            } else if is_span(child) {
                let inner = self.base.interval(child, interval, sequential.then_some(last));
                last = inner.end.unwrap_or(last);
                let (tag, _) = self.tag(child, is_time);
                let content = self.parts(child, inner);
                parts.push(Part::Timed(Timed { tag, interval: self.moved(inner), content, change: false }));
            } else {
                parts.push(Part::Verbatim(self.text[child.range()].to_string(), false));
            }
        }
        parts
    }

    /// A `set`. One that is frozen holds as long as what it changes.
    fn change(&self, node: Node<'d, 'd>, above: Interval) -> Timed {
        let mut interval = self.base.interval(node, above, None);
        if node.attribute("fill") == Some("freeze") {
            interval.end = above.end;
        }
        let (tag, inner) = self.tag(node, is_time);
        let content = match &self.text[inner] {
            "" => Vec::new(),
            inner => vec![Part::Verbatim(inner.to_string(), false)],
        };
        Timed { tag, interval: self.moved(interval), content, change: true }
    }

    fn moved(&self, interval: Interval) -> Interval {
        Interval { begin: interval.begin + self.shift, end: interval.end.map(|end| end + self.shift) }
    }

    /// The tags of an element without the attributes to be dropped, and where its inside is.
    fn tag(&self, node: Node<'d, 'd>, drop: impl Fn(&Attribute<'_, '_>) -> bool) -> (Tag, Range<usize>) {
        let range = node.range();
        let end = start_tag_end(self.text, range.start);
        let empty = self.text[range.start..end].ends_with("/>");
        let start_end = if empty { end - 2 } else { end - 1 };
        let mut start = String::new();
        let mut at = range.start;
        for a in node.attributes().filter(|a| drop(a)) {
            start.push_str(self.text[at..a.range().start].trim_end());
            at = a.range().end;
        }
        start.push_str(self.text[at..start_end].trim_end());
        let name_end = start.find(|c: char| c.is_ascii_whitespace()).unwrap_or(start.len());
        let tag = Tag { end: format!("</{}>", &start[1..name_end]), start };
        let inner_end = if empty { end } else { self.text[..range.end].rfind("</").unwrap_or(end).max(end) };
        (tag, end..inner_end)
    }
}

fn is_span(node: Node<'_, '_>) -> bool {
    node.is_element() && tag(node) == (Vocabulary::Tt, "span")
}

/// Whether a paragraph has words, outside of metadata.
fn has_words(node: Node<'_, '_>) -> bool {
    node.children().any(|child| match tag(child) {
        _ if child.is_text() => child.text().is_some_and(|text| !text.trim().is_empty()),
        (Vocabulary::Tt, "metadata") | (Vocabulary::Metadata, _) => false,
        _ => has_words(child),
    })
}

/// The offset behind the start tag that begins at `from`.
fn start_tag_end(text: &str, from: usize) -> usize {
    let mut quote = None;
    for (at, byte) in text.as_bytes()[from..].iter().enumerate() {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'>') => return from + at + 1,
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    text.len()
}
