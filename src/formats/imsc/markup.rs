//! Builds the text of a document.

/// Prefixes that a document declares where it uses them, with their namespaces.
const NAMESPACES: &[(&str, &str)] = &[
    ("ttm", "http://www.w3.org/ns/ttml#metadata"),
    ("ttp", "http://www.w3.org/ns/ttml#parameter"),
    ("tts", "http://www.w3.org/ns/ttml#styling"),
    ("ittp", "http://www.w3.org/ns/ttml/profile/imsc1#parameter"),
    ("itts", "http://www.w3.org/ns/ttml/profile/imsc1#styling"),
    ("ebutts", "urn:ebu:tt:style"),
    ("ebuttm", "urn:ebu:tt:metadata"),
    ("daptm", "http://www.w3.org/ns/ttml/profile/dapt#metadata"),
    ("tx", "urn:ttal:metadata:1"),
];

/// A piece of a document as it grows.
#[derive(Debug)]
pub(super) struct Markup {
    text: String,
    depth: usize,
    used: [bool; NAMESPACES.len()],
    /// Characters that XML can't hold, left out.
    pub(super) unwritable: u64,
}

impl Markup {
    /// An empty piece, to be put this deep into the document.
    pub(super) fn new(depth: usize) -> Self {
        Markup { text: String::new(), depth, used: [false; NAMESPACES.len()], unwritable: 0 }
    }

    /// What was built.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Declarations of the namespaces that any of these pieces use, as attributes of the root.
    pub(super) fn declarations(pieces: &[&Markup]) -> String {
        let used = |at: usize| pieces.iter().any(|piece| piece.used[at]);
        NAMESPACES
            .iter()
            .enumerate()
            .filter(|&(at, _)| used(at))
            .map(|(_, (prefix, namespace))| format!(" xmlns:{prefix}=\"{namespace}\""))
            .collect()
    }

    /// A new line at the depth of the open element.
    pub(super) fn line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.depth));
    }

    /// The begin of a start tag; attributes follow.
    pub(super) fn start(&mut self, name: &str) {
        self.note(name);
        self.text.push('<');
        self.text.push_str(name);
    }

    /// An attribute of the start tag.
    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        self.note(name);
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escape(value, true);
        self.text.push('"');
    }

    /// The end of a start tag, with contents to follow.
    pub(super) fn open(&mut self) {
        self.text.push('>');
        self.depth += 1;
    }

    /// The end of a tag without contents.
    pub(super) fn empty(&mut self) {
        self.text.push_str("/>");
    }

    /// An end tag on the same line.
    pub(super) fn close(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    /// An end tag on a line of its own.
    pub(super) fn close_line(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line();
        self.depth += 1;
        self.close(name);
    }

    /// Words.
    pub(super) fn words(&mut self, words: &str) {
        self.escape(words, false);
    }

    /// Another piece behind this one.
    pub(super) fn append(&mut self, piece: &Markup) {
        self.text.push_str(&piece.text);
        self.unwritable += piece.unwritable;
        for (used, more) in self.used.iter_mut().zip(piece.used) {
            *used |= more;
        }
    }

    fn note(&mut self, name: &str) {
        let Some((prefix, _)) = name.split_once(':') else { return };
        if let Some(at) = NAMESPACES.iter().position(|(known, _)| *known == prefix) {
            self.used[at] = true;
        }
    }

    fn escape(&mut self, text: &str, attribute: bool) {
        let mut from = 0;
        for (at, c) in text.char_indices() {
            let reference = match c {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' if attribute => "&quot;",
                '\r' => "&#13;",
                '\n' if attribute => "&#10;",
                '\t' if attribute => "&#9;",
                '\t' | '\n' => continue,
                '\0'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                    self.unwritable += 1;
                    ""
                }
                _ => continue,
            };
            self.text.push_str(&text[from..at]);
            self.text.push_str(reference);
            from = at + c.len_utf8();
        }
        self.text.push_str(&text[from..]);
    }
}
