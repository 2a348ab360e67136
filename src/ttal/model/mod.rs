//! The document model of a script: what it says, as it was authored.
//!
//! The types hold authored values: what is inherited, relative or implied is worked out on demand by
//! [`crate::ttal::computed`]. Values that break a rule are held too, so that all of them can be reported at once and
//! nothing is lost by reading and writing; `ttal validate` judges them.
//!
//! Rarely used parts are boxed, so that a script of 100,000 events stays small in memory.

pub mod audio;
pub mod event;
pub(crate) mod object;
pub mod people;
pub mod picture;
pub mod presentation;
pub mod script;
pub mod text;
pub mod value;

pub use audio::{Mix, MixAnimation, Recording, Resource, Source, Speak};
pub use event::{Description, Event, EventDerivation};
pub use people::{Character, Talent};
pub use picture::{Loop, Scene, Shot};
pub use presentation::{Animation, Body, Foreign, Group, Region, Style};
pub use script::{
    Agent, Episode, FrameRateValue, LineageInput, LineageLoss, LineageStep, Programme, Script,
    TimecodeSettings, Timing, Tool,
};
pub use text::{
    Anchor, Break, Content, Cue, Detection, LipSync, Node, Ruby, RubyNode, Span, Text, TextDerivation,
};
pub use value::*;

/// A string of the model: two words, no spare room.
pub type Str = Box<str>;

/// A list of the model: one word while it is empty.
pub type List<T> = thin_vec::ThinVec<T>;

/// Keys that the model does not know, with their values, in the order they came.
pub type Unknown = List<(Str, serde_json::Value)>;
