//! The small values of a script, kept as they were authored: open word lists, times, languages, descriptors.

use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use thin_vec::ThinVec;

use super::Str;
use super::object::{Data, Definitions};
use crate::ttal::json::{Broken, Reader};

/// A string type of its own: what it may hold is checked by rules, so that a wrong value can still be shown,
/// compared and written back.
macro_rules! text_value {
    ($(#[$meta:meta])* $name:ident, $expected:literal, $schema:tt) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Str);

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $name(text.into())
            }
        }

        impl Data for $name {
            const IS_TEXT: bool = true;

            fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
                Ok(reader.string($expected)?.map($name))
            }

            fn schema(definitions: &mut Definitions) -> Value {
                definitions.refer(stringify!($name), |_| json!($schema))
            }
        }
    };
}

text_value!(
    /// A unique identifier, an XML Name without colon.
    Id, "an identifier", {
    "description": "A unique identifier: an XML Name without colon, unique over the whole document.",
    "type": "string",
    "pattern": r"^[\p{L}_][\p{L}\p{N}\p{M}._·‿⁀-]*$",
    "examples": ["e1"]
});
text_value!(
    /// A time expression as it was typed; [`crate::ttal::time`] says what it means.
    Time, "a time, as \"00:00:10.5\" or \"240f\"", {
    "description": "A time: HH:MM:SS, HH:MM:SS.fraction, or a number with h, m, s, ms, f (frames) or t (ticks). Relative to the parent.",
    "type": "string",
    "pattern": r"^([0-9]{2,}:[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|[0-9]+(\.[0-9]+)?(h|m|s|ms|f|t))$",
    "examples": ["240f", "00:00:10.010", "1.5s"]
});
text_value!(
    /// An SMPTE timecode, `HH:MM:SS:FF`, or `HH:MM:SS;FF` for drop-frame counting.
    Timecode, "a timecode, as \"01:00:00:00\"", {
    "description": "An SMPTE timecode: HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame counting.",
    "type": "string",
    "pattern": r"^[0-9]{2,}:[0-5][0-9]:[0-5][0-9][:;][0-9]{2,}$",
    "examples": ["01:00:00:00"]
});
text_value!(
    /// A BCP 47 language tag; empty where the language is not determined and that is allowed.
    Language, "a language tag", {
    "description": "A BCP 47 language tag. A language source may be empty: not determined.",
    "type": "string",
    "pattern": r"^([A-Za-z0-9]+(-[A-Za-z0-9]+)*)?$",
    "examples": ["pt-BR"]
});
text_value!(
    /// What part of the programme something stands for: tokens joined by full stops.
    ContentDescriptor, "a content descriptor, as \"audio.dialogue\"", {
    "description": "What part of the programme it stands for: a value of DAPT's registry, or a user value beginning or continued with x-.",
    "type": "string",
    "pattern": r"^[^\s.]+(\.[^\s.]+)*$",
    "examples": ["audio.dialogue", "visual.text.location", "audio.dialogue.x-song"]
});
text_value!(
    /// What a description is for.
    DescriptionType, "a description type", {
    "description": "What the description is for: pronunciationNote, scene, plotSignificance, or a user value beginning with x-.",
    "type": "string",
    "pattern": r"^(pronunciationNote|scene|plotSignificance|x-.+)$",
    "examples": ["scene", "x-localizationNote"]
});

impl Id {
    /// Whether it is an XML name without colon.
    pub fn is_name(&self) -> bool {
        is_name(&self.0)
    }
}

/// Whether a text is an XML name without colon. Namespaces in XML 1.0 § 3, NCName.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(starts_a_name) && chars.all(continues_a_name)
}

/// Whether a name can begin with the character, colons excepted. XML 1.0 § 2.3, NameStartChar.
pub(crate) fn starts_a_name(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c,
            '_' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
            | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Whether a name can go on with the character, colons excepted. XML 1.0 § 2.3, NameChar.
pub(crate) fn continues_a_name(c: char) -> bool {
    starts_a_name(c)
        || c.is_ascii_digit()
        || matches!(c, '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

impl ContentDescriptor {
    /// Whether this is a sub-type of `other`: its tokens begin with all of the other's.
    pub fn is_subtype_of(&self, other: &str) -> bool {
        self.0.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

/// A decimal number as it was typed.
#[derive(Debug, Clone, Default)]
pub struct Decimal(pub Str);

impl Decimal {
    /// The nearest machine number.
    pub fn value(&self) -> Option<f64> {
        self.0.parse().ok().filter(|n: &f64| n.is_finite())
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.value().is_some_and(|v| Some(v) == other.value())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<serde_json::Number>() {
            Ok(number) => number.serialize(serializer),
            // A spelling that JSON has no number for, `.5` say, was never read from JSON.
            Err(_) => serializer.serialize_f64(self.value().unwrap_or_default()),
        }
    }
}

impl Data for Decimal {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        Ok(reader.number("a number")?.map(Decimal))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "number" })
    }
}

/// A word list that may meet other words: a wrong one is kept, and a rule says so.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+ } $(open $prefix:literal)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[doc = $doc])+ $variant,)+
            /// Another word, kept as it came.
            Other(Str),
        }

        impl $name {
            /// The words of the list.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)+
                    $name::Other(word) => word,
                }
            }

            /// Whether it is a word of the list.
            pub fn is_known(&self) -> bool {
                !matches!(self, $name::Other(_))
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($word => $name::$variant,)+
                    other => $name::Other(other.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl Data for $name {
            const IS_TEXT: bool = true;

            fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
                Ok(reader.string(concat!("one of ", $($word, " "),+))?.map(|word| $name::from(&*word)))
            }

            fn schema(definitions: &mut Definitions) -> Value {
                definitions.refer(stringify!($name), |_| {
                    let words = json!({ "type": "string", "enum": [$($word),+] });
                    $(
                        let words = json!({
                            "type": "string",
                            "anyOf": [words, { "pattern": concat!("^", $prefix) }],
                        });
                    )?
                    words
                })
            }
        }
    };
}

words!(
    /// The stage of its making that a script is in.
    ScriptType {
        /// What is said and shown, in its own languages.
        OriginalTranscript = "originalTranscript",
        /// That, translated.
        TranslatedTranscript = "translatedTranscript",
        /// Adapted for recording.
        PreRecording = "preRecording",
        /// What was recorded.
        AsRecorded = "asRecorded",
    }
);
words!(
    /// What a script is made for, a label of the trade.
    Purpose {
        /// Dubbing.
        Dubbing = "dubbing",
        /// Audio description.
        AudioDescription = "audioDescription",
        /// Subtitles.
        Subtitles = "subtitles",
        /// Subtitles for the deaf and hard of hearing.
        Sdh = "sdh",
        /// Forced narratives.
        ForcedNarrative = "forcedNarrative",
        /// Post-production.
        PostProduction = "postProduction",
        /// A transcript.
        Transcript = "transcript",
    }
);
words!(
    /// Where the subject of an event is.
    OnScreen {
        /// On screen throughout; the default.
        On = "ON",
        /// Off screen throughout.
        Off = "OFF",
        /// Goes off screen.
        OnOff = "ON_OFF",
        /// Comes on screen.
        OffOn = "OFF_ON",
    }
);
words!(
    /// How far the work on an event or a text is.
    Status {
        /// Not begun.
        Open = "open",
        /// Begun.
        Draft = "draft",
        /// Being reviewed.
        Review = "review",
        /// Accepted.
        Approved = "approved",
        /// Sent back.
        Rejected = "rejected",
    }
);
words!(
    /// How an event or a text came from another.
    DerivationOp {
        /// Taken as it was.
        Copy = "copy",
        /// One of several parts.
        Split = "split",
        /// Joined from several.
        Merge = "merge",
        /// Moved in time.
        Retime = "retime",
        /// Reworded.
        Edit = "edit",
    }
);
words!(
    /// How a shot begins.
    ShotKind {
        /// At once.
        Cut = "cut",
        /// Out of the one before.
        Dissolve = "dissolve",
        /// From or to black.
        Fade = "fade",
    }
);
words!(
    /// The weight of a character.
    CharacterRole {
        /// A leading part.
        Principal = "principal",
        /// A supporting part.
        Supporting = "supporting",
        /// A small part.
        Bit = "bit",
        /// One of many.
        Crowd = "crowd",
        /// A narrator.
        Narrator = "narrator",
        /// The voice of the audio description.
        Describer = "describer",
    }
);
words!(
    /// How fast synthesized speech is.
    SpeakRate {
        /// Not spoken.
        None = "none",
        /// Normal.
        Normal = "normal",
        /// Fast.
        Fast = "fast",
        /// Slow.
        Slow = "slow",
    }
);
words!(
    /// What stays when an animation is over.
    Fill {
        /// Its last value.
        Freeze = "freeze",
        /// The value without it.
        Remove = "remove",
    }
);
words!(
    /// What is seen of a mouth.
    LipSymbol {
        /// Opens.
        Open = "open",
        /// Closes.
        Close = "close",
        /// A labial: lips meet.
        Labial = "labial",
        /// A half labial.
        SemiLabial = "semiLabial",
        /// A breath.
        Breath = "breath",
        /// Breath drawn in.
        Aspiration = "aspiration",
        /// A sound of the mouth.
        MouthNoise = "mouthNoise",
        /// The voice comes in.
        In = "in",
        /// The voice goes out.
        Out = "out",
    } open "x-"
);
words!(
    /// What was done to a script.
    Stage {
        /// Times were set.
        Spotted = "spotted",
        /// Words were written down.
        Transcribed = "transcribed",
        /// Translated.
        Translated = "translated",
        /// Adapted for recording.
        Adapted = "adapted",
        /// Recorded.
        Recorded = "recorded",
        /// Fitted to a new cut.
        Conformed = "conformed",
        /// Checked.
        Qc = "qc",
        /// Turned into another format.
        Converted = "converted",
    }
);
words!(
    /// How SMPTE frames are counted.
    TimecodeFormat {
        /// Every frame number is used.
        Ndf = "NDF",
        /// Frame numbers are dropped, so that the count keeps up with the clock.
        Df = "DF",
    }
);
words!(
    /// Where in the document foreign XML stood.
    Slot {
        /// In a `metadata` child.
        Metadata = "metadata",
        /// As a child.
        Child = "child",
        /// As an attribute.
        Attribute = "attribute",
    }
);
words!(
    /// Where ruby text stands.
    RubyPosition {
        /// Before the base: above, in horizontal text.
        Before = "before",
        /// After the base.
        After = "after",
        /// Outside of the lines.
        Outside = "outside",
    }
);
words!(
    /// Whose audience a programme is rated for.
    Audience {
        /// Grown-ups.
        Adult = "adult",
        /// Children.
        Child = "child",
    }
);
words!(
    /// What a resource holds.
    ResourceKind {
        /// An audio resource.
        Audio = "audio",
        /// Data that sources refer to.
        Data = "data",
    }
);

macro_rules! default_word {
    ($($name:ident = $variant:ident),* $(,)?) => {
        $(impl Default for $name {
            fn default() -> Self {
                $name::$variant
            }
        })*
    };
}
default_word!(
    OnScreen = On,
    DerivationOp = Copy,
    SpeakRate = Normal,
    LipSymbol = Open,
    Slot = Metadata,
    ResourceKind = Data,
    Stage = Converted,
    TimecodeFormat = Ndf
);

/// Attributes of TTML with fixed prefixes (`tts:color`), in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Attributes(pub ThinVec<(Str, Str)>);

impl Attributes {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| &**n == name).map(|(_, value)| &**value)
    }

    /// Sets an attribute, in place where it was there already.
    pub fn set(&mut self, name: &str, value: impl Into<Str>) {
        match self.0.iter_mut().find(|(n, _)| &**n == name) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((name.into(), value.into())),
        }
    }

    /// Takes an attribute out.
    pub fn remove(&mut self, name: &str) -> Option<Str> {
        let at = self.0.iter().position(|(n, _)| &**n == name)?;
        Some(self.0.remove(at).1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl PartialEq for Attributes {
    /// Attributes have no order.
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl Data for Attributes {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        let offset = reader.next_offset()?;
        let Some(map) = reader.map()? else { return Ok(None) };
        let mut attributes = Attributes::default();
        for (name, value) in map {
            match value {
                Value::String(value) => attributes.0.push((name.into(), value.into())),
                _ => reader.problem(
                    crate::ttal::json::ProblemKind::Shape,
                    offset,
                    format!("`{name}` is no string"),
                ),
            }
        }
        Ok(Some(attributes))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Attributes", |_| {
            json!({
                "description": "TTML attributes by their usual prefixes: tts:, itts:, ebutts:, tta:, ttp:, ittp:, ttm:, xml:.",
                "type": "object",
                "additionalProperties": { "type": "string" },
                "examples": [{ "tts:fontStyle": "italic" }]
            })
        })
    }
}

/// Data of a vendor or an application, by reverse-DNS or URI keys. Any JSON.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(transparent)]
pub struct Extensions(pub Option<Box<Map<String, Value>>>);

impl Extensions {
    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.as_ref()?.get(key)
    }

    /// Sets the value under a key.
    pub fn set(&mut self, key: &str, value: Value) {
        self.0.get_or_insert_default().insert(key.into(), value);
    }

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter().flat_map(|map| map.iter())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|map| map.is_empty())
    }
}

impl Data for Extensions {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        Ok(reader.map()?.map(|map| Extensions(Some(Box::new(map)))))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Extensions", |_| {
            json!({
                "description": "Data of a vendor or an application: any JSON under reverse-DNS or URI keys.",
                "type": "object",
                "examples": [{ "com.example.take": 3 }]
            })
        })
    }
}
