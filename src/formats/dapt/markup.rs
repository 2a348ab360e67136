//! Writing XML piece by piece.

use std::io::Write;

use crate::error::{Error, Result};
use crate::formats::ttml::names::FIXED;

/// Bytes that are gathered before they are handed on.
const CHUNK: usize = 1 << 16;

/// Writes elements, each on a line of its own but where white space would count.
pub(super) struct Markup<'w> {
    sink: Option<&'w mut dyn Write>,
    text: String,
    open: Vec<Open>,
    /// Whether the start tag of the innermost element is still open.
    in_tag: bool,
    /// Which of the fixed prefixes were used.
    used: [bool; FIXED.len()],
}

struct Open {
    name: &'static str,
    /// White space inside counts.
    inline: bool,
    /// Its content is on lines of its own.
    lines: bool,
}

impl std::fmt::Debug for Markup<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Markup").field("depth", &self.open.len()).finish_non_exhaustive()
    }
}

impl<'w> Markup<'w> {
    /// A writer; without a sink it only finds out which prefixes are used and what can't be written.
    pub fn new(sink: Option<&'w mut dyn Write>) -> Self {
        Markup {
            sink,
            text: String::with_capacity(CHUNK + 4096),
            open: Vec::new(),
            in_tag: false,
            used: [false; FIXED.len()],
        }
    }

    /// The fixed prefixes that were used, with their namespaces.
    pub fn used(&self) -> Vec<(&'static str, &'static str)> {
        let used = FIXED.iter().zip(&self.used).filter(|((_, prefix, _), used)| **used && *prefix != "xml");
        used.map(|((_, prefix, uri), _)| (*prefix, *uri)).collect()
    }

    /// Writes the XML declaration.
    pub fn declaration(&mut self) {
        self.text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    fn use_prefix(&mut self, name: &str) {
        let prefix = name.split_once(':').map(|(prefix, _)| prefix);
        if let Some(at) = FIXED.iter().position(|(_, known, _)| Some(*known) == prefix) {
            self.used[at] = true;
        }
    }

    fn close_tag(&mut self) {
        if self.in_tag {
            self.text.push('>');
            self.in_tag = false;
        }
    }

    fn new_line(&mut self, depth: usize) {
        self.text.push('\n');
        for _ in 0..depth {
            self.text.push_str("  ");
        }
    }

    fn before_child(&mut self) {
        self.close_tag();
        let depth = self.open.len();
        if let Some(parent) = self.open.last_mut().filter(|parent| !parent.inline) {
            parent.lines = true;
            self.new_line(depth);
        }
    }

    /// Opens an element. Its attributes come next.
    pub fn start(&mut self, name: &'static str) -> Result<()> {
        self.before_child();
        if self.text.len() > CHUNK {
            self.hand_on()?;
        }
        self.use_prefix(name);
        self.text.push('<');
        self.text.push_str(name);
        self.in_tag = true;
        let inline = self.open.last().is_some_and(|parent| parent.inline);
        self.open.push(Open { name, inline, lines: false });
        Ok(())
    }

    /// Says that white space inside of the element opened last counts.
    pub fn inline(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.inline = true;
        }
    }

    /// Writes an attribute of the element opened last.
    pub fn attribute(&mut self, name: &str, value: &str) -> Result<()> {
        self.use_prefix(name);
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escape(value, true)?;
        self.text.push('"');
        Ok(())
    }

    /// Writes an attribute if there is a value.
    pub fn optional(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        value.map_or(Ok(()), |value| self.attribute(name, value))
    }

    /// Writes attributes that are spelt out, with namespaces declared.
    pub fn raw_attributes(&mut self, xml: &str) {
        self.text.push(' ');
        self.text.push_str(xml);
    }

    /// Writes words.
    pub fn words(&mut self, words: &str) -> Result<()> {
        self.close_tag();
        self.escape(words, false)
    }

    /// Writes an element that is spelt out, with namespaces declared.
    pub fn raw(&mut self, xml: &str) {
        self.before_child();
        self.text.push_str(xml);
    }

    /// Closes the element opened last.
    pub fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if self.in_tag {
            self.text.push_str("/>");
            self.in_tag = false;
            return;
        }
        if open.lines {
            self.new_line(self.open.len());
        }
        self.text.push_str("</");
        self.text.push_str(open.name);
        self.text.push('>');
    }

    /// Writes an element that holds nothing but words.
    pub fn element(&mut self, name: &'static str, words: &str) -> Result<()> {
        self.start(name)?;
        if !words.is_empty() {
            self.words(words)?;
        }
        self.end();
        Ok(())
    }

    /// Hands on everything.
    pub fn finish(&mut self) -> Result<()> {
        self.text.push('\n');
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<()> {
        if let Some(sink) = &mut self.sink {
            sink.write_all(self.text.as_bytes()).map_err(|e| Error::io("cannot write", e))?;
        }
        self.text.clear();
        Ok(())
    }

    fn escape(&mut self, text: &str, in_attribute: bool) -> Result<()> {
        let mut done = 0;
        for (at, byte) in text.bytes().enumerate() {
            let reference = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'\r' => "&#13;",
                b'"' if in_attribute => "&quot;",
                b'\t' if in_attribute => "&#9;",
                b'\n' if in_attribute => "&#10;",
                0..=8 | 11 | 12 | 14..=31 => return Err(forbidden(byte.into())),
                // U+FFFE and U+FFFF.
                0xEF if text[at..].starts_with(['\u{FFFE}', '\u{FFFF}']) => {
                    return Err(forbidden(if text[at..].starts_with('\u{FFFE}') { 0xFFFE } else { 0xFFFF }));
                }
                _ => continue,
            };
            self.text.push_str(&text[done..at]);
            self.text.push_str(reference);
            done = at + 1;
        }
        self.text.push_str(&text[done..]);
        Ok(())
    }
}

fn forbidden(code: u32) -> Error {
    Error::format(format!("XML can't hold the character U+{code:04X}")).clause("rule S-10")
}
