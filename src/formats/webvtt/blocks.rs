//! The blocks of a file: header, cues, style sheets, regions, comments.

use std::ops::Range;

use super::timestamp::timings;
use crate::formats::{LossCode, Notes};

/// A cue before its text is read.
#[derive(Debug)]
pub(crate) struct RawCue<'t> {
    /// Where it begins.
    pub(crate) offset: usize,
    /// Its identifier, maybe empty.
    pub(crate) id: &'t str,
    /// Milliseconds.
    pub(crate) begin: u64,
    /// Milliseconds.
    pub(crate) end: u64,
    /// Its settings.
    pub(crate) settings: &'t str,
    /// Where its text is.
    pub(crate) text: Range<usize>,
    /// The comments before it.
    pub(crate) comments: Vec<&'t str>,
}

/// What is in a file.
#[derive(Debug, Default)]
pub(crate) struct Blocks<'t> {
    /// What follows the signature, and the lines below it.
    pub(crate) header: &'t str,
    /// The cues, in order.
    pub(crate) cues: Vec<RawCue<'t>>,
    /// Style sheets, with their place.
    pub(crate) styles: Vec<(usize, &'t str)>,
    /// Settings of regions, with their place.
    pub(crate) regions: Vec<(usize, &'t str)>,
    /// Comments after the last cue.
    pub(crate) comments: Vec<&'t str>,
}

/// Takes a file apart. "WebVTT parser algorithm"; the signature was seen.
pub(crate) fn blocks<'t>(text: &'t str, notes: &mut Notes) -> Blocks<'t> {
    let mut lines = Lines { text, at: 0 };
    let mut blocks = Blocks::default();
    let Some((_, first)) = lines.next() else { return blocks };
    let header_start = first.len().min("WEBVTT".len());
    let mut header_end = first.len();
    if lines.peek_blank() {
        lines.next();
    } else {
        let block = collect(&mut lines, true, true, notes);
        header_end = block.text.end.max(header_end);
    }
    blocks.header = &text[header_start..header_end];
    loop {
        while lines.peek_blank() {
            lines.next();
        }
        if lines.at >= text.len() {
            return blocks;
        }
        let block = collect(&mut lines, false, !blocks.cues.is_empty(), notes);
        let buffer = &text[block.text.clone()];
        match block.kind {
            Kind::Cue { begin, end, settings, id } => {
                let comments = std::mem::take(&mut blocks.comments);
                blocks.cues.push(RawCue {
                    offset: block.offset,
                    id,
                    begin,
                    end,
                    settings,
                    text: block.text,
                    comments,
                });
            }
            Kind::Style => blocks.styles.push((block.offset, buffer)),
            Kind::Region => blocks.regions.push((block.offset, buffer)),
            Kind::Other => {
                let comment = buffer
                    .strip_prefix("NOTE")
                    .filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']));
                match comment {
                    Some(comment) => blocks.comments.push(comment),
                    None => {
                        let first = buffer.lines().next().unwrap_or("");
                        let what = if block.failed {
                            "a cue with times that can't be read"
                        } else {
                            "no cue and no comment"
                        };
                        notes.add(block.offset, format!("{what}, skipped: {}", excerpt(first)));
                        notes.losses.add(LossCode::Unmapped, None, "blocks that are no cues");
                    }
                }
            }
        }
    }
}

enum Kind<'t> {
    Cue { begin: u64, end: u64, settings: &'t str, id: &'t str },
    Style,
    Region,
    Other,
}

struct Block<'t> {
    offset: usize,
    kind: Kind<'t>,
    /// The buffer: lines are next to one another, so it is a part of the text.
    text: Range<usize>,
    /// Whether a line of times could not be read.
    failed: bool,
}

/// "Collect a WebVTT block".
fn collect<'t>(lines: &mut Lines<'t>, in_header: bool, seen_cue: bool, notes: &mut Notes) -> Block<'t> {
    let text = lines.text;
    let mut block = Block { offset: lines.at, kind: Kind::Other, text: lines.at..lines.at, failed: false };
    let mut empty = true;
    let mut seen_arrow = false;
    let mut count = 0;
    loop {
        let previous = lines.at;
        let Some((offset, line)) = lines.next() else { break };
        count += 1;
        if line.contains("-->") {
            if in_header || !(count == 1 || (count == 2 && !seen_arrow)) {
                lines.at = previous;
                break;
            }
            seen_arrow = true;
            match timings(line) {
                Some((begin, end, settings)) => {
                    let id = if empty { "" } else { &text[block.text.clone()] };
                    block.kind = Kind::Cue { begin, end, settings, id };
                    empty = true;
                    block.text = lines.at.min(text.len())..lines.at.min(text.len());
                }
                None => {
                    notes.add(offset, "times that can't be read: expected as 00:01.000 --> 00:02.500");
                    block.failed = true;
                }
            }
            continue;
        }
        if line.is_empty() {
            break;
        }
        if !in_header && count == 2 && !seen_cue && !seen_arrow {
            let buffer = &text[block.text.clone()];
            let is = |name: &str| {
                buffer.strip_prefix(name).is_some_and(|rest| rest.chars().all(super::timestamp::is_space))
            };
            if is("STYLE") {
                block.kind = Kind::Style;
                empty = true;
            } else if is("REGION") {
                block.kind = Kind::Region;
                empty = true;
            }
        }
        block.text = if empty { offset } else { block.text.start }..offset + line.len();
        empty = false;
    }
    if matches!(block.kind, Kind::Style | Kind::Region) && empty {
        block.text = block.text.end..block.text.end;
    }
    block
}

/// The begin of a line, for messages.
fn excerpt(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_string(),
    }
}

/// Lines, which LF, CR LF and CR end.
struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.bytes().position(|b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
        let line = (self.at, &rest[..length]);
        self.at += length;
        if self.at < self.text.len() {
            self.at += if self.text[self.at..].starts_with("\r\n") { 2 } else { 1 };
        }
        Some(line)
    }

    fn peek_blank(&self) -> bool {
        self.text[self.at.min(self.text.len())..].starts_with(['\n', '\r'])
    }
}
