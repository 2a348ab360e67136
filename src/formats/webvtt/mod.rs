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

use super::{Format, Notes};
use crate::error::{Error, Result};
use crate::ttal::source::{Decoding, Source};

pub(crate) use blocks::{Blocks, blocks};
pub(crate) use read::language_of;
pub(crate) use timestamp::collect as timestamp;
pub(crate) use write::document;

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

/// Takes a file apart, without a look at the words of its cues.
///
/// # Errors
/// `Format` without the signature; `Usage` where the file holds chapters or metadata, unless `any_kind` takes them.
pub(crate) fn parts<'t>(source: &'t Source, any_kind: bool, notes: &mut Notes) -> Result<Blocks<'t>> {
    notes.add_guess(source);
    if !probe(source.text()) {
        return Err(
            source.locate(Error::format("no WebVTT: expected WEBVTT at the begin of the first line"), 0)
        );
    }
    let blocks = blocks(source.text(), notes);
    if !any_kind && let Some(what) = kind::other_than_subtitles(source.text(), source.name(), &blocks) {
        let message = match notes.options.any_kind {
            Some(option) => format!("this file holds {what}: read it with {option}"),
            None => format!("this file holds no subtitles, but {what}"),
        };
        return Err(Error::usage(message).in_file(source.name()));
    }
    if blocks.cues.is_empty() {
        notes.add(0, "no cue in this file");
    }
    if blocks.header.contains("X-TIMESTAMP-MAP") {
        notes.add(0, "X-TIMESTAMP-MAP is not applied: times are as they are written");
    }
    Ok(blocks)
}
