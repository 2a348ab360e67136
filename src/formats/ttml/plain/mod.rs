//! Reads plain TTML: IMSC, EBU-TT, SMPTE-TT, DFXP and what calls itself so.
//!
//! Each `p` becomes one event with one text. What its `body` and `div` elements say comes down to the event; what it
//! says itself stays with the text. Times are resolved to media time, whatever they were relative to.

mod body;
mod head;
mod inline;
mod interval;
mod time;

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use super::names::{self, Vocabulary, attribute, is_tt, tag};
use super::xml;
use crate::error::{Error, Result};
use crate::formats::{Format, LossCode, Notes, ReadOptions};
use crate::ttal::model::{Attributes, FrameRateValue, Id, List, Script, Str, Timing};
use crate::ttal::source::{Decoding, Source};
pub(crate) use interval::Interval;
pub(crate) use time::TimeBase;

/// The row of this format.
pub(crate) const FORMAT: Format = Format {
    name: "ttml",
    title: "TTML / IMSC",
    extensions: &["ttml", "dfxp", "xml", "itt", "imsc"],
    probe,
    decoding: Decoding::Guess,
    read: Some(read),
    write: None,
};

/// Whether the root element looks like TTML's, but not like DAPT's, which says more.
fn probe(text: &str) -> bool {
    if crate::formats::dapt::probe(text) {
        return false;
    }
    let mut rest = text.trim_start();
    while let Some(skipped) =
        rest.strip_prefix("<?").and_then(|rest| rest.split_once("?>")).map(|(_, rest)| rest).or_else(|| {
            rest.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")).map(|(_, rest)| rest)
        })
    {
        rest = skipped.trim_start();
    }
    let Some(root) = rest.strip_prefix('<') else { return false };
    let tag = root.split('>').next().unwrap_or("");
    let name = tag.split(|c: char| c.is_ascii_whitespace() || c == '/').next().unwrap_or("");
    name.rsplit(':').next() == Some("tt") && (tag.contains("/ns/ttml") || tag.contains("/ttaf1"))
}

/// Reads a document.
///
/// # Errors
/// `Format` with line and column where it is no well-formed XML or no TTML; `Unsupported` where its words are images.
pub fn read(source: &Source, options: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let parsed = xml::parse(source).map_err(|problem| problem.into_error(source))?;
    for _ in 0..parsed.comments {
        notes.losses.add(LossCode::Comment, None, "comments");
    }
    for _ in 0..parsed.instructions {
        notes.losses.add(LossCode::Comment, None, "processing instructions");
    }
    let root = parsed.document.root_element();
    if !is_tt(root, "tt") {
        let name = root.tag_name().name();
        let message = format!("the root element is `{name}`, not `tt` of TTML");
        return Err(source.locate(Error::format(message), root.range().start));
    }
    let mut base = TimeBase::of(root, options.counter);
    if let Some(timecode) = &options.start_timecode {
        base.set_origin(timecode)
            .map_err(|why| Error::usage(format!("start timecode `{timecode}`: {why}")))?;
    }
    let mut reader = Reader {
        notes,
        base,
        script: Script { version: "1.0".into(), ..Script::default() },
        ids: HashSet::new(),
        actors: HashSet::new(),
        speakers: HashSet::new(),
        people: HashMap::new(),
        styles: HashMap::new(),
        in_frames: false,
        images: None,
        regions: HashSet::new(),
        event_ids: HashSet::new(),
        count: 0,
        irregular: (0, 0),
        unplaced: 0,
    };
    reader.root(root, options);
    reader.document(root);
    if let Some(at) = reader.images.filter(|_| reader.script.events.is_empty()) {
        let message = "its subtitles are images: there are no words to read";
        return Err(source.locate(Error::unsupported(message), at));
    }
    Ok(reader.script)
}

/// What is known about a document while it is read.
struct Reader<'d, 'n> {
    notes: &'n mut Notes,
    base: TimeBase,
    script: Script,
    /// All identifiers of the document.
    ids: HashSet<&'d str>,
    /// People who are named as actors.
    actors: HashSet<&'d str>,
    /// People who are named by words.
    speakers: HashSet<&'d str>,
    /// Where people stand in the lists of talents or characters.
    people: HashMap<&'d str, usize>,
    /// Where styles stand in the script's list.
    styles: HashMap<Str, usize>,
    /// Whether the document says times in frames.
    in_frames: bool,
    /// Where the first image stands.
    images: Option<usize>,
    /// Regions that are declared.
    regions: HashSet<&'d str>,
    /// Identifiers of events.
    event_ids: HashSet<&'d str>,
    /// Paragraphs so far.
    count: u32,
    /// Times that are not spelt as they should be, and where the first stands.
    irregular: (u32, usize),
    /// Paragraphs that no region takes in.
    unplaced: u32,
}

impl<'d> Reader<'d, '_> {
    /// The attributes of the root.
    fn root(&mut self, root: Node<'d, 'd>, options: &ReadOptions) {
        self.script.at = crate::ttal::place::Place::at(root.range().start);
        let language = attribute(root, Vocabulary::Xml, "lang").filter(|language| !language.is_empty());
        self.script.language = language.or(options.language.as_deref()).map(Into::into);
        let mut timing = Timing::default();
        if let Some(rate) = self.base.declared {
            timing.frame_rate = Some(FrameRateValue { ..rate.to_value() });
        }
        let ticks =
            attribute(root, Vocabulary::Parameter, "tickRate").and_then(|rate| rate.trim().parse().ok());
        timing.tick_rate = ticks.filter(|&rate| rate > 0);
        if timing != Timing::default() {
            self.script.timing = Some(Box::new(timing));
        }
        let mut styling = Attributes::default();
        for a in root.attributes() {
            let (vocabulary, name) = names::attribute_tag(&a);
            let keeps = match vocabulary {
                Vocabulary::Style => name == "extent",
                Vocabulary::Parameter => {
                    matches!(name, "cellResolution" | "displayAspectRatio" | "pixelAspectRatio")
                }
                Vocabulary::ImscParameter => true,
                _ => false,
            };
            if keeps {
                styling.set(&format!("{}:{name}", vocabulary.prefix()), a.value());
            }
            match (vocabulary, name) {
                (Vocabulary::Dapt, "scriptType") => self.script.script_type = Some(a.value().into()),
                (Vocabulary::Dapt, "scriptRepresents") => {
                    self.script.script_represents = a.value().split_whitespace().map(Into::into).collect();
                }
                (Vocabulary::Dapt, "represents") => self.script.represents = Some(a.value().into()),
                (Vocabulary::Dapt, "langSrc") => self.script.language_source = Some(a.value().into()),
                _ => {}
            }
        }
        self.script.root = styling;
        let mode = attribute(root, Vocabulary::Parameter, "markerMode");
        if mode == Some("discontinuous") {
            self.notes.add(
                root.range().start,
                "discontinuous timecodes, read as if they counted on without a break",
            );
        }
        if attribute(root, Vocabulary::Parameter, "timeBase") == Some("smpte") && self.base.declared.is_none()
        {
            self.notes.add(
                root.range().start,
                "timecodes without a frame rate: 30 frames a second, as TTML has it",
            );
        }
    }

    fn document(&mut self, root: Node<'d, 'd>) {
        for node in root.descendants().filter(Node::is_element) {
            if let Some(id) = attribute(node, Vocabulary::Xml, "id") {
                self.ids.insert(id);
            }
            if let Some(agent) =
                node.attribute("agent").filter(|_| tag(node) == (Vocabulary::Metadata, "actor"))
            {
                self.actors.insert(agent);
            }
            if let Some(agents) = attribute(node, Vocabulary::Metadata, "agent") {
                self.speakers.extend(agents.split_whitespace());
            }
            // Frames are found by their looks; that a time is malformed is said where it is read.
            let times = ["begin", "end", "dur"].into_iter().filter_map(|name| node.attribute(name));
            for time in times {
                self.in_frames |= time.ends_with('f') || time.split([':', ';']).count() == 4;
            }
        }
        for child in root.children().filter(Node::is_element) {
            match tag(child) {
                (Vocabulary::Tt, "head") => self.head(child),
                (Vocabulary::Tt, "body") => self.body(child),
                _ => self.foreign(child),
            }
        }
        if let (count @ 1.., at) = self.irregular {
            let message =
                format!("{count} times are not spelt as TTML has it, the first here: read as they look");
            self.notes.add(at, message);
        }
        if self.unplaced > 0 {
            let message = format!(
                "{} paragraphs name no region: players that keep to TTML don't show them",
                self.unplaced
            );
            self.notes.add(root.range().start, message);
        }
    }

    /// Reports an element that the model has no place for.
    fn foreign(&mut self, node: Node<'d, 'd>) {
        let (vocabulary, name) = tag(node);
        if matches!((vocabulary, name), (Vocabulary::Tt, "image")) {
            self.images.get_or_insert(node.range().start);
        }
        self.notes.losses.add(LossCode::Foreign, None, &format!("`{name}` elements"));
    }

    /// The style attributes of an element, in the model's prefixes.
    fn styling(&mut self, node: Node<'d, 'd>) -> Attributes {
        let mut styling = Attributes::default();
        for a in node.attributes() {
            let (vocabulary, name) = names::attribute_tag(&a);
            match vocabulary {
                Vocabulary::Style | Vocabulary::ImscStyle => {}
                Vocabulary::EbuStyle if matches!(name, "linePadding" | "multiRowAlign") => {}
                Vocabulary::Metadata if name == "role" => {}
                Vocabulary::None if STYLE_NAMES.contains(&name) => {
                    self.notes.add(
                        a.range().start,
                        format!("`{name}` without the prefix of TTML's styles: ignored"),
                    );
                    self.notes.losses.add(
                        LossCode::Style,
                        None,
                        "styles without the prefix of TTML's styles",
                    );
                    continue;
                }
                _ => {
                    if name == "backgroundImage" {
                        self.images.get_or_insert(node.range().start);
                    }
                    continue;
                }
            }
            styling.0.push((format!("{}:{name}", vocabulary.prefix()).into(), a.value().trim().into()));
        }
        styling
    }

    /// References to styles.
    fn style_references(&self, node: Node<'d, 'd>) -> List<Id> {
        node.attribute("style").unwrap_or("").split_whitespace().map(Into::into).collect()
    }
}

/// Style attributes that are met without prefix in the wild.
const STYLE_NAMES: &[&str] = &[
    "backgroundColor",
    "color",
    "direction",
    "display",
    "displayAlign",
    "extent",
    "fontFamily",
    "fontSize",
    "fontStyle",
    "fontWeight",
    "lineHeight",
    "origin",
    "padding",
    "textAlign",
    "textDecoration",
    "textOutline",
    "wrapOption",
    "writingMode",
];
