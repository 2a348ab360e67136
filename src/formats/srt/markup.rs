//! The words of a cue: HTML tags, remnants of other formats, entities.

use super::position::Alignment;
use crate::formats::inline::Inline;
use crate::formats::{LossCode, Notes, color};
use crate::ttal::model::{Attributes, List, Node, Span};

/// What the text of a cue says.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) nodes: List<Node>,
    pub(super) alignment: Option<Alignment>,
}

/// Put behind `<`, `&`, `{`, `\` or into `-->` where they are words and would be read as something else. It has no
/// width and allows no line break, so that players show the words as they are.
pub(super) const JOINER: char = '\u{2060}';

/// Reads the text of a cue, which stands at `offset` in its source.
pub(super) fn words(text: &str, offset: usize, event: &str, notes: &mut Notes) -> Words {
    let mut reader = Reader {
        text,
        at: 0,
        offset,
        event,
        notes,
        inline: Inline::default(),
        alignment: None,
        line_kinds: Vec::new(),
    };
    reader.read();
    let Reader { inline, alignment, .. } = reader;
    Words { nodes: inline.finish(), alignment }
}

struct Reader<'t, 'n> {
    text: &'t str,
    at: usize,
    offset: usize,
    event: &'n str,
    notes: &'n mut Notes,
    inline: Inline,
    alignment: Option<Alignment>,
    /// Kinds that end with the line, as MicroDVD's.
    line_kinds: Vec<&'static str>,
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        while let Some(length) = self.text[self.at..].find(['<', '{', '&', '\\', '\r', '\n', '\0', JOINER]) {
            self.inline.text(&self.text[self.at..self.at + length]);
            self.at += length;
            let rest = &self.text[self.at..];
            let taken = match rest.as_bytes()[0] {
                b'\n' => self.line_break(1),
                b'\r' => self.line_break(if rest.starts_with("\r\n") { 2 } else { 1 }),
                b'\0' => {
                    self.note("a NUL byte, left out");
                    Some(1)
                }
                b'<' => self.tag(rest),
                b'{' => self.braces(rest),
                b'&' => self.entity(rest),
                b'\\' => self.backslash(rest),
                _ => self.joiner(rest),
            };
            match taken {
                Some(taken) => self.at += taken,
                None => {
                    // A character that means itself; a joiner that protects it is left out.
                    let c = rest.chars().next().unwrap_or(JOINER);
                    self.inline.text(&rest[..c.len_utf8()]);
                    self.at += c.len_utf8();
                    if c != JOINER && self.text[self.at..].starts_with(JOINER) {
                        self.at += JOINER.len_utf8();
                    }
                }
            }
        }
        self.inline.text(&self.text[self.at..]);
    }

    fn note(&mut self, message: impl Into<String>) {
        self.notes.add(self.offset + self.at, message);
    }

    fn lose(&mut self, detail: &str) {
        self.notes.losses.add(LossCode::Style, Some(self.event), detail);
    }

    fn line_break(&mut self, length: usize) -> Option<usize> {
        for kind in std::mem::take(&mut self.line_kinds) {
            self.inline.close(kind);
        }
        self.inline.line_break();
        Some(length)
    }

    /// `--` JOINER `>` is an arrow in the words, and a line that begins with one only looks like times.
    fn joiner(&mut self, rest: &str) -> Option<usize> {
        let before = &self.text[..self.at];
        let arrow = before.ends_with("--") && rest.trim_start_matches(JOINER).starts_with('>');
        (arrow || before.is_empty() || before.ends_with(['\n', '\r'])).then_some(JOINER.len_utf8())
    }

    fn entity(&mut self, rest: &str) -> Option<usize> {
        let (entity, character) = ENTITIES.iter().find(|(entity, _)| rest.starts_with(entity))?;
        self.inline.text(character);
        Some(entity.len())
    }

    /// ASS line breaks and hard spaces that a converter left behind.
    fn backslash(&mut self, rest: &str) -> Option<usize> {
        match rest.as_bytes().get(1)? {
            b'N' => {
                self.note("`\\N` read as a line break");
                self.line_break(2)
            }
            b'h' => {
                self.note("`\\h` read as a space that does not break");
                self.inline.text("\u{a0}");
                Some(2)
            }
            _ => None,
        }
    }

    /// A tag; `None` where it is none, and the words are what they say.
    fn tag(&mut self, rest: &str) -> Option<usize> {
        let end = 1 + rest[1..].find(['>', '<', '\n', '\r'])?;
        if rest.as_bytes()[end] != b'>' {
            return None;
        }
        let inside = rest[1..end].trim();
        let (closing, inside) = match inside.strip_prefix('/') {
            Some(inside) => (true, inside.trim_start()),
            None => (false, inside),
        };
        let length = inside.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(length);
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        if is(&["br"]) {
            self.line_break(0);
            return Some(end + 1);
        }
        let kind = if is(&["i", "em", "italic"]) {
            "i"
        } else if is(&["b", "strong", "bold"]) {
            "b"
        } else if is(&["u", "underline"]) {
            "u"
        } else if is(&["s", "strike", "del"]) {
            "s"
        } else if is(&["font"]) {
            "font"
        } else {
            return None;
        };
        if closing {
            self.end(kind);
            return Some(end + 1);
        }
        let mut styling = Attributes::default();
        if kind == "font" {
            self.font(attributes, &mut styling);
        } else if !attributes.trim_matches([' ', '\t', '/']).is_empty() {
            if !attributes.starts_with([' ', '\t', '/']) {
                return None;
            }
            self.note(format!("attributes of `<{name}>` mean nothing"));
        }
        self.begin(kind, styling);
        Some(end + 1)
    }

    fn begin(&mut self, kind: &'static str, mut styling: Attributes) {
        match kind {
            "i" => styling.set("tts:fontStyle", "italic"),
            "b" => styling.set("tts:fontWeight", "bold"),
            "u" => styling.set("tts:textDecoration", "underline"),
            "s" => styling.set("tts:textDecoration", "lineThrough"),
            _ => {}
        }
        if !self.inline.open(kind, Span { styling, ..Span::default() }) {
            self.note("too many tags inside one another, left out");
            self.lose("tags that are nested too deeply");
        }
    }

    fn end(&mut self, kind: &'static str) {
        if !self.inline.is_open(kind) {
            self.note(format!("`</{kind}>` ends nothing"));
            return;
        }
        if self.inline.innermost() != Some(kind) {
            self.note(format!("`</{kind}>` crosses another tag"));
        }
        self.inline.close(kind);
    }

    fn font(&mut self, mut attributes: &str, styling: &mut Attributes) {
        while let Some((name, value, rest)) = attribute(attributes) {
            attributes = rest;
            if name.eq_ignore_ascii_case("color") {
                match color::lenient(value) {
                    Some(color) => styling.set("tts:color", color),
                    None => {
                        self.note(format!("`{value}` is no colour"));
                        self.lose("colours that mean nothing");
                    }
                }
            } else if name.eq_ignore_ascii_case("face") && !value.trim().is_empty() {
                styling.set("tts:fontFamily", value.trim());
            } else if name.eq_ignore_ascii_case("size") {
                // What a size means differs from player to player.
                self.note(format!("font size `{value}` left out"));
                self.lose("font sizes");
            } else {
                self.note(format!("`{name}` of `<font>` left out"));
                self.lose("font attributes");
            }
        }
    }

    /// `{\…}` of ASS, `{y:i}` of MicroDVD; `None` where braces are words.
    fn braces(&mut self, rest: &str) -> Option<usize> {
        let end = rest.find(['}', '<', '\n', '\r']).filter(|&end| rest.as_bytes()[end] == b'}')?;
        let inside = &rest[1..end];
        if inside.starts_with('\\') {
            for tag in inside.split('\\').skip(1) {
                self.ass(tag.trim());
            }
            return Some(end + 1);
        }
        let (key, value) = inside.split_once(':')?;
        let whole = key.chars().all(char::is_uppercase);
        match (key, value.trim()) {
            ("y" | "Y", value) if !value.is_empty() && value.bytes().all(|b| b"ibus,".contains(&b)) => {
                for kind in
                    value.split(',').filter_map(|v| ["i", "b", "u", "s"].into_iter().find(|k| *k == v))
                {
                    self.for_line(kind, Attributes::default(), whole);
                }
            }
            ("c" | "C", value) => {
                let digits = value.strip_prefix('$').filter(|d| d.len() == 6)?;
                let mut styling = Attributes::default();
                styling.set("tts:color", bgr(digits)?);
                self.for_line("font", styling, whole);
            }
            _ => return None,
        }
        Some(end + 1)
    }

    fn for_line(&mut self, kind: &'static str, styling: Attributes, whole: bool) {
        self.begin(kind, styling);
        if !whole {
            self.line_kinds.push(kind);
        }
    }

    fn ass(&mut self, tag: &str) {
        let number = |text: &str| text.parse::<u32>().ok();
        if let Some(alignment) = tag.strip_prefix("an").and_then(number).and_then(Alignment::numpad) {
            self.alignment.get_or_insert(alignment);
            return;
        }
        if let Some(alignment) = tag.strip_prefix('a').and_then(number).and_then(Alignment::legacy) {
            self.alignment.get_or_insert(alignment);
            return;
        }
        if let Some(color) = tag.strip_prefix("1c").or_else(|| tag.strip_prefix('c')) {
            let digits = color.trim_start_matches(['&', 'H', 'h']).trim_end_matches('&');
            if digits.is_empty() {
                self.inline.close("ass-c");
                return;
            }
            if let Some(color) = (digits.len() <= 8).then(|| format!("{digits:0>6}")).and_then(|d| bgr(&d)) {
                self.inline.close("ass-c");
                let mut styling = Attributes::default();
                styling.set("tts:color", color);
                self.inline.open("ass-c", Span { styling, ..Span::default() });
                return;
            }
        }
        for kind in ["i", "b", "u", "s"] {
            let Some(value) = tag.strip_prefix(kind) else { continue };
            match (value.is_empty(), number(value)) {
                (true, _) | (_, Some(0)) => {
                    self.inline.close(kind);
                    return;
                }
                (_, Some(weight)) if weight == 1 || kind == "b" => {
                    if !self.inline.is_open(kind) {
                        self.begin(kind, Attributes::default());
                    }
                    return;
                }
                _ => {}
            }
        }
        if tag == "r" {
            for kind in ["ass-c", "i", "b", "u", "s"] {
                while self.inline.close(kind) {}
            }
            return;
        }
        if !tag.is_empty() {
            self.note(format!("`\\{tag}` left out"));
            self.lose("ASS tags");
        }
    }
}

/// Entities that are met in the wild, with what they stand for.
const ENTITIES: &[(&str, &str)] = &[
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", "\u{a0}"),
    ("&quot;", "\""),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&#34;", "\""),
    ("&#160;", "\u{a0}"),
    ("&lrm;", "\u{200e}"),
    ("&rlm;", "\u{200f}"),
];

/// Whether a reader would take what stands at the begin of `rest` for something else than words.
pub(super) fn is_markup(rest: &str) -> bool {
    let mut notes = Notes::default();
    let mut reader = Reader {
        text: rest,
        at: 0,
        offset: 0,
        event: "",
        notes: &mut notes,
        inline: Inline::default(),
        alignment: None,
        line_kinds: Vec::new(),
    };
    let taken = match rest.as_bytes().first() {
        Some(b'<') => reader.tag(rest),
        Some(b'{') => reader.braces(rest),
        Some(b'&') => reader.entity(rest),
        Some(b'\\') => reader.backslash(rest),
        _ => None,
    };
    taken.is_some() || rest.chars().nth(1) == Some(JOINER)
}

/// `BBGGRR` as `#rrggbb`; more digits in front are transparency.
fn bgr(digits: &str) -> Option<String> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) || digits.len() < 6 {
        return None;
    }
    let digits = &digits[digits.len() - 6..];
    Some(format!("#{}{}{}", &digits[4..], &digits[2..4], &digits[..2]).to_ascii_lowercase())
}

/// The first of `name=value` pairs, values quoted or not, and what follows it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == '"' || c == '\'');
    let length = text.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(text.len());
    let (name, rest) = text.split_at(length);
    if name.is_empty() {
        let rest = text.strip_prefix('=')?;
        return attribute(rest);
    }
    let Some(rest) = rest.trim_start().strip_prefix('=') else { return Some((name, "", rest)) };
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let inside = &rest[1..];
        let end = inside.find(quote).unwrap_or(inside.len());
        return Some((name, &inside[..end], inside.get(end + 1..).unwrap_or("")));
    }
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Some((name, rest[..end].trim_matches(['"', '\'', '/']), &rest[end..]))
}
