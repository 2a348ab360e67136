//! Texts: the words of an event in one language, with their inner structure.

use jiter::Peek;
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Value, json};

use super::object::{Data, Definitions, object};
use super::{
    Animation, Attributes, ContentDescriptor, DerivationOp, Extensions, Foreign, Id, Language, LipSymbol,
    List, Mix, Recording, RubyPosition, Speak, Status, Str, Time,
};
use crate::ttal::json::{Broken, ProblemKind, Reader};

object! {
    /// The words of an event in one language.
    Text {
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "e1-fr";
        /// Its language; inherited where it is left out.
        language: Option<Language> => "language" [] eg "fr";
        /// The language it was translated from; its own where it is an original; empty: not determined.
        language_source: Option<Language> => "languageSource" [] eg "en";
        /// What it stands for; inherited where it is left out.
        represents: Option<ContentDescriptor> => "represents" [] eg "audio.dialogue";
        /// When it begins, relative to the event.
        begin: Option<Time> => "begin" [] eg "0s";
        /// When it ends, relative to the event.
        end: Option<Time> => "end" [] eg "2s";
        /// How long it lasts at most.
        dur: Option<Time> => "dur" [] eg "2s";
        /// The words: a string, or a list of strings and inline objects.
        content: Content => "content" [required] eg "Et c'est grâce à ça ?";
        /// Recordings of the words.
        audio: List<Recording> => "audio" [] eg [{ "sources": [{ "uri": "take3.wav", "type": "audio/wave" }] }];
        /// Speech made of the words by a machine.
        speak: Option<Box<Speak>> => "speak" [] eg { "rate": "normal" };
        /// How the programme's audio is mixed during the text.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.39 };
        /// The region.
        region: Option<Id> => "region" [] eg "bottom";
        /// Styles, by identifier.
        style: List<Id> => "style" [] eg ["s1"];
        /// Style attributes.
        styling: Attributes => "styling" [] eg { "tts:textAlign": "start" };
        /// Changes of style over time.
        animations: List<Animation> => "animations" [] eg [];
        /// Whether it is a forced narrative; overrides the event.
        forced: Option<bool> => "forced" [tx] eg true;
        /// How far the work is.
        status: Option<Status> => "status" [tx] eg "draft";
        /// The texts it came from.
        derived_from: List<TextDerivation> => "derivedFrom" [tx] eg [{ "text": "e1-fr", "op": "edit" }];
        /// When which syllable is spoken, and what the mouth does.
        lip_sync: Option<Box<LipSync>> => "lipSync" [tx] eg { "anchors": [{ "offset": 0, "at": "0f" }] };
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.take": 3 };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// The text that a text came from.
    TextDerivation {
        /// Its identifier, in this document or its parent.
        text: Id => "text" [required] eg "e1-fr";
        /// How it came.
        op: DerivationOp => "op" [required] eg "edit";
    }
}

object! {
    /// How words and mouth go together in time.
    LipSync {
        /// When the voice reaches which character.
        anchors: List<Anchor> => "anchors" [] eg [{ "offset": 9, "at": "20f" }];
        /// What is seen of the mouth.
        detections: List<Detection> => "detections" [] eg [{ "at": "31f", "symbol": "labial" }];
    }
}

object! {
    /// A moment at which the voice reaches a character of the text.
    Anchor {
        /// Characters (Unicode scalar values) of the plain text before it; a line break counts 1, ruby text 0.
        offset: u32 => "offset" [required] eg 9;
        /// When, relative to the text.
        time: Time => "at" [required] eg "20f";
    }
}

object! {
    /// A moment at which something is seen of the mouth.
    Detection {
        /// When, relative to the text.
        time: Time => "at" [required] eg "31f";
        /// What is seen.
        symbol: LipSymbol => "symbol" [required] eg "labial";
    }
}

/// Words with their inner structure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content(pub List<Node>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Words.
    Run(Str),
    /// A line break.
    Break(Option<Box<Break>>),
    /// A part with properties of its own.
    Span(Box<Span>),
    /// Words with their reading beside them.
    Ruby(Box<RubyNode>),
    /// A performance cue.
    Cue(Box<Cue>),
}

object! {
    /// A line break that has properties of its own.
    Break {
        /// Always true.
        br: bool => "br" [required] eg true;
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "br1";
        /// Attributes.
        styling: Attributes => "styling" [] eg { "xml:space": "preserve" };
    }
}

object! {
    /// A part of a text with properties of its own.
    Span {
        /// The words and inline objects inside.
        content: List<Node> => "span" [required] eg ["thanks"];
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "sp1";
        /// Its language.
        language: Option<Language> => "language" [] eg "de";
        /// The language it was translated from; empty: not determined.
        language_source: Option<Language> => "languageSource" [] eg "de";
        /// What it stands for.
        represents: Option<ContentDescriptor> => "represents" [] eg "visual.text";
        /// When it begins, relative to its parent.
        begin: Option<Time> => "begin" [] eg "0.5s";
        /// When it ends.
        end: Option<Time> => "end" [] eg "1s";
        /// How long it lasts.
        dur: Option<Time> => "dur" [] eg "0.5s";
        /// Styles, by identifier.
        style: List<Id> => "style" [] eg ["s1"];
        /// Style attributes.
        styling: Attributes => "styling" [] eg { "tts:fontStyle": "italic" };
        /// Changes of style over time.
        animations: List<Animation> => "animations" [] eg [];
        /// Recordings of the words.
        audio: List<Recording> => "audio" [] eg [{ "sources": [{ "uri": "take3.wav", "type": "audio/wave" }] }];
        /// Speech made of the words by a machine.
        speak: Option<Box<Speak>> => "speak" [] eg { "rate": "fast" };
        /// How the programme's audio is mixed meanwhile.
        mix: Option<Box<Mix>> => "mix" [] eg { "gain": 0.39 };
        /// What kind of words they are, as TTML's ttm:role.
        role: Option<Str> => "role" [] eg "sound";
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg { "com.example.note": "slower" };
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

object! {
    /// Words with their reading.
    RubyNode {
        /// The words and the reading.
        ruby: Ruby => "ruby" [required] eg { "base": ["東京"], "text": ["とうきょう"] };
    }
}

object! {
    /// The words of a ruby and their reading.
    Ruby {
        /// The words.
        base: List<Node> => "base" [required] eg ["東京"];
        /// The reading.
        text: List<Node> => "text" [required] eg ["とうきょう"];
        /// Where the reading stands.
        position: Option<RubyPosition> => "position" [] eg "before";
    }
}

object! {
    /// A performance cue: a breath, a laugh, a pause.
    Cue {
        /// What is to be done.
        cue: Str => "cue" [required] eg "x-breath";
        /// The words that stand for it where a format can't mark it.
        text: Str => "text" [required] eg "(breath)";
    }
}

object! {
    /// All that an inline object can have, before it is known which one it is.
    AnyNode {
        /// The words and inline objects inside.
        content: Option<List<Node>> => "span" [] eg [];
        /// A line break.
        br: Option<bool> => "br" [] eg true;
        /// A ruby.
        ruby: Option<Ruby> => "ruby" [] eg {};
        /// A performance cue.
        cue: Option<Str> => "cue" [] eg "";
        /// Its words.
        text: Option<Str> => "text" [] eg "";
        /// Unique in the document.
        id: Option<Id> => "id" [] eg "";
        /// Its language.
        language: Option<Language> => "language" [] eg "";
        /// The language it was translated from.
        language_source: Option<Language> => "languageSource" [] eg "";
        /// What it stands for.
        represents: Option<ContentDescriptor> => "represents" [] eg "";
        /// When it begins.
        begin: Option<Time> => "begin" [] eg "";
        /// When it ends.
        end: Option<Time> => "end" [] eg "";
        /// How long it lasts.
        dur: Option<Time> => "dur" [] eg "";
        /// Styles.
        style: List<Id> => "style" [] eg [];
        /// Style attributes.
        styling: Attributes => "styling" [] eg {};
        /// Changes of style over time.
        animations: List<Animation> => "animations" [] eg [];
        /// Recordings.
        audio: List<Recording> => "audio" [] eg [];
        /// Synthesized speech.
        speak: Option<Box<Speak>> => "speak" [] eg {};
        /// Mixing.
        mix: Option<Box<Mix>> => "mix" [] eg {};
        /// Role.
        role: Option<Str> => "role" [] eg "";
        /// Vendor data.
        extensions: Extensions => "extensions" [] eg {};
        /// XML that the model does not know.
        foreign: List<Foreign> => "foreign" [] eg [];
    }
}

impl Default for Node {
    fn default() -> Self {
        Node::Run("".into())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Run(words) => serializer.serialize_str(words),
            Node::Break(None) => Break { br: true, ..Break::default() }.serialize(serializer),
            Node::Break(Some(node)) => node.serialize(serializer),
            Node::Span(node) => node.serialize(serializer),
            Node::Ruby(node) => node.serialize(serializer),
            Node::Cue(node) => node.serialize(serializer),
        }
    }
}

impl Data for Node {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        if reader.next_kind()? == Peek::String {
            return Ok(reader.string("words")?.map(Node::Run));
        }
        let offset = reader.next_offset()?;
        let Some(any) = AnyNode::read(reader)? else { return Ok(None) };
        let node = any.into_node();
        if node.is_none() {
            reader.problem(
                ProblemKind::Shape,
                offset,
                "an inline object needs one of `span`, `br`, `ruby` and `cue`",
            );
        }
        Ok(node)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Node", |definitions| {
            json!({
                "description": "A part of a text: words, a line break, a span, a ruby, or a performance cue.",
                "anyOf": [
                    { "type": "string" },
                    Break::schema(definitions),
                    Span::schema(definitions),
                    RubyNode::schema(definitions),
                    Cue::schema(definitions),
                ],
                "examples": ["plain words", { "br": true }]
            })
        })
    }
}

impl AnyNode {
    fn into_node(self) -> Option<Node> {
        let kinds = [self.content.is_some(), self.br.is_some(), self.ruby.is_some(), self.cue.is_some()];
        if kinds.iter().filter(|&&is| is).count() != 1 {
            return None;
        }
        let AnyNode { at, unknown, id, styling, .. } = self;
        if self.br.is_some() {
            let plain = id.is_none() && styling.is_empty() && unknown.is_empty();
            return Some(Node::Break(
                (!plain).then(|| Box::new(Break { at, br: true, id, styling, unknown })),
            ));
        }
        if let Some(ruby) = self.ruby {
            return Some(Node::Ruby(Box::new(RubyNode { at, ruby, unknown })));
        }
        if let Some(cue) = self.cue {
            return Some(Node::Cue(Box::new(Cue { at, cue, text: self.text.unwrap_or_default(), unknown })));
        }
        Some(Node::Span(Box::new(Span {
            at,
            content: self.content?,
            id,
            language: self.language,
            language_source: self.language_source,
            represents: self.represents,
            begin: self.begin,
            end: self.end,
            dur: self.dur,
            style: self.style,
            styling,
            animations: self.animations,
            audio: self.audio,
            speak: self.speak,
            mix: self.mix,
            role: self.role,
            extensions: self.extensions,
            foreign: self.foreign,
            unknown,
        })))
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(""),
            [Node::Run(words)] => serializer.serialize_str(words),
            nodes => {
                let mut sequence = serializer.serialize_seq(Some(nodes.len()))?;
                for node in nodes {
                    sequence.serialize_element(node)?;
                }
                sequence.end()
            }
        }
    }
}

impl Data for Content {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        if reader.next_kind()? == Peek::String {
            return Ok(reader.string("words")?.map(|words| Content::from(&*words)));
        }
        Ok(reader.array(Node::read)?.map(Content))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Content", |definitions| {
            json!({
                "description": "Words: a string, or a list of strings and inline objects.",
                "anyOf": [{ "type": "string" }, { "type": "array", "items": Node::schema(definitions) }],
                "examples": ["plain words", ["two", { "br": true }, "lines"]]
            })
        })
    }
}

impl From<&str> for Content {
    /// Plain words; none make an empty content.
    fn from(words: &str) -> Self {
        let mut nodes = List::new();
        if !words.is_empty() {
            nodes.push(Node::Run(words.into()));
        }
        Content(nodes)
    }
}

impl Content {
    /// The words alone: line breaks as `\n`, ruby without its reading, cues by the words that stand for them.
    pub fn plain_text(&self) -> String {
        let mut text = String::new();
        plain(&self.0, &mut text);
        text
    }

    /// Joins neighbouring runs and drops empty ones, here and inside.
    pub fn normalize(&mut self) {
        normalize(&mut self.0);
    }
}

fn plain(nodes: &[Node], text: &mut String) {
    for node in nodes {
        match node {
            Node::Run(words) => text.push_str(words),
            Node::Break(_) => text.push('\n'),
            Node::Span(span) => plain(&span.content, text),
            Node::Ruby(node) => plain(&node.ruby.base, text),
            Node::Cue(cue) => text.push_str(&cue.text),
        }
    }
}

fn normalize(nodes: &mut List<Node>) {
    let mut joined: List<Node> = List::with_capacity(nodes.len());
    for mut node in nodes.drain(..) {
        match &mut node {
            Node::Span(span) => normalize(&mut span.content),
            Node::Ruby(node) => {
                normalize(&mut node.ruby.base);
                normalize(&mut node.ruby.text);
            }
            Node::Run(words) => {
                if words.is_empty() {
                    continue;
                }
                if let Some(Node::Run(before)) = joined.last_mut() {
                    *before = [&**before, &**words].concat().into();
                    continue;
                }
            }
            Node::Break(_) | Node::Cue(_) => {}
        }
        joined.push(node);
    }
    *nodes = joined;
}
