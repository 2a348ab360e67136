//! WebVTT subtitles (`.vtt`), by the parser of the specification.
//!
//! What TTML has no words for (classes, style sheets, settings as they were written, notes) is kept in extensions
//! under keys that begin with `org.w3.webvtt.`, beside what could be mapped to regions and styles.

mod blocks;
mod css;
mod entities;
mod kind;
mod paint;
mod read;
mod settings;
mod timestamp;
mod tokens;
mod tree;
mod words;
mod write;

use super::Format;
use crate::ttal::source::Decoding;

/// The format.
pub const WEBVTT: Format = Format {
    name: "webvtt",
    title: "WebVTT",
    extensions: &["vtt", "webvtt"],
    probe,
    decoding: Decoding::Guess,
    read: Some(read::read),
    write: Some(write::write),
};

/// Keys of extensions.
mod key {
    /// A cue's identifier, where it can't be the event's.
    pub(super) const ID: &str = "org.w3.webvtt.id";
    /// A cue's settings, as they were written.
    pub(super) const SETTINGS: &str = "org.w3.webvtt.settings";
    /// Comments before a cue; of the script: those after the last one.
    pub(super) const NOTES: &str = "org.w3.webvtt.notes";
    /// The classes of a span, separated by spaces.
    pub(super) const CLASS: &str = "org.w3.webvtt.class";
    /// What follows the signature, and the lines below.
    pub(super) const HEADER: &str = "org.w3.webvtt.header";
    /// Style sheets.
    pub(super) const STYLES: &str = "org.w3.webvtt.styles";
    /// Settings of regions.
    pub(super) const REGIONS: &str = "org.w3.webvtt.regions";
}

/// Whether a text begins with the signature. WebVTT § 6.1.
fn probe(text: &str) -> bool {
    text.strip_prefix("WEBVTT")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}
