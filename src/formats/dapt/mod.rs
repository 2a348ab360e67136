//! W3C DAPT: the XML form of scripts.
//!
//! Reading is lenient: what breaks a rule is kept and remarked upon, so that all of it can be reported at once.
//! Writing is strict: what comes out is what DAPT wants, and what its vocabulary has no room for travels in
//! `metadata`, in the namespace `urn:ttal:metadata:1`.

mod head;
mod inline;
mod markup;
mod odd;
mod read;
mod read_head;
mod write;

pub use read::parse;
pub use write::write;

use super::{Format, Notes, ReadOptions};
use crate::error::{Error, Result};
use crate::ttal::model::Script;
use crate::ttal::rules::Remarks;
use crate::ttal::source::{Decoding, Source};

/// The content profile of a DAPT document.
pub const CONTENT_PROFILE: &str = "http://www.w3.org/ns/ttml/profile/dapt1.0/content";
/// The processor profile of DAPT.
pub const PROCESSOR_PROFILE: &str = "http://www.w3.org/ns/ttml/profile/dapt1.0/processor";

/// W3C DAPT.
pub static FORMAT: Format = Format {
    name: "dapt",
    title: "W3C DAPT",
    extensions: &["dapt"],
    probe,
    decoding: Decoding::Strict,
    read: Some(read),
    write: Some(write),
};

/// How far into a text the root element is looked for.
const PROBED: usize = 8192;

/// Whether a text looks like TTML with DAPT's vocabulary or profile on its root element.
pub(super) fn probe(text: &str) -> bool {
    let mut end = PROBED.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let start = &text[..end];
    let Some(root) = start.match_indices('<').find(|(at, _)| !start[at + 1..].starts_with(['?', '!'])) else {
        return false;
    };
    let tag = &start[root.0..];
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    let name = tag[1..].split(|c: char| c.is_ascii_whitespace()).next().unwrap_or("");
    (name == "tt" || name.ends_with(":tt"))
        && ["/profile/dapt#metadata", "/profile/dapt1.0/content"].iter().any(|mark| tag.contains(mark))
}

/// Reads a document. What breaks the rules of serialization is an error; other rules are for validation to report.
fn read(source: &Source, _: &ReadOptions, notes: &mut Notes) -> Result<Script> {
    let mut remarks = Remarks::default();
    let script = parse(source, &mut remarks, notes);
    script.ok_or_else(|| {
        let fatal = remarks.iter().find(|remark| remark.rule.id.starts_with("S-"));
        let Some(remark) = fatal else { return Error::format("no DAPT document").in_file(source.name()) };
        let error = Error::format(remark.message.clone());
        let error = match remark.spot.place.offset() {
            Some(offset) => source.locate(error, offset),
            None => error.in_file(source.name()),
        };
        error.clause(read::clause(remark.rule.id))
    })
}
