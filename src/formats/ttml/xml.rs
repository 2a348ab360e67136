//! Parsing XML that may be hostile: everything that could make the parser recurse, expand or hoard is refused by one
//! pass over the text beforehand.

use encoding_rs::Encoding;
use roxmltree::{Document, ParsingOptions};

use crate::error::Error;
use crate::ttal::source::Source;

/// Elements that may sit in one another.
const MAX_DEPTH: usize = 256;
/// Elements, texts and comments of a document. A script of 100,000 events has about 1,000,000.
const MAX_NODES: u32 = 8_000_000;
/// Attributes of a document.
const MAX_ATTRIBUTES: usize = 8_000_000;
/// Attributes of one element; the parser compares each with each.
const MAX_ELEMENT_ATTRIBUTES: usize = 1024;
/// Namespaces declared on elements around one place; the parser copies these to each element that declares one more.
const MAX_NAMESPACES: usize = 64;

/// What is wrong with a document as XML, before anything of its meaning is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which rule it breaks.
    pub kind: ProblemKind,
    /// Byte offset in the source's text.
    pub offset: usize,
    /// What is wrong, one lower-case line.
    pub message: String,
}

/// The rule that a document breaks as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is not well-formed (S-01).
    NotWellFormed,
    /// It says that it is in another encoding than it is in (S-02).
    Encoding,
    /// It has a document type, entities of its own, or is out of bounds (S-04).
    Unsafe,
}

impl ProblemKind {
    /// The rule, as errors cite it.
    pub fn clause(self) -> &'static str {
        match self {
            ProblemKind::NotWellFormed => "rule S-01",
            ProblemKind::Encoding => "rule S-02",
            ProblemKind::Unsafe => "rule S-04",
        }
    }
}

impl Problem {
    fn new(kind: ProblemKind, offset: usize, message: impl Into<String>) -> Self {
        Problem { kind, offset, message: message.into() }
    }

    /// As the error that stops reading.
    pub fn into_error(self, source: &Source) -> Error {
        source.locate(Error::format(self.message), self.offset).clause(self.kind.clause())
    }
}

/// A document, and what it has that no model holds.
#[derive(Debug)]
pub struct Parsed<'s> {
    /// The tree.
    pub document: Document<'s>,
    /// Comments.
    pub comments: u32,
    /// Processing instructions, the XML declaration not counted.
    pub instructions: u32,
}

/// Parses a document.
///
/// # Errors
/// The first thing that is wrong. Documents without end, of any depth or with entities that grow cost no more than
/// one pass over their text.
pub fn parse(source: &Source) -> Result<Parsed<'_>, Problem> {
    let text = source.text();
    let scan = scan(text, source.encoding())?;
    let document = parse_scanned(text)?;
    Ok(Parsed { document, comments: scan.comments, instructions: scan.instructions })
}

/// Parses a piece of XML that declares all its namespaces itself.
pub(crate) fn parse_fragment(text: &str) -> Result<Document<'_>, Problem> {
    scan(text, encoding_rs::UTF_8)?;
    parse_scanned(text)
}

fn parse_scanned(text: &str) -> Result<Document<'_>, Problem> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let (kind, message) = match error {
            roxmltree::Error::NodesLimitReached => {
                (ProblemKind::Unsafe, format!("more than {MAX_NODES} elements and texts"))
            }
            roxmltree::Error::DtdDetected => (ProblemKind::Unsafe, "a document type declaration".into()),
            ref other => {
                let text = other.to_string();
                let text = text.split(" at ").next().unwrap_or(&text);
                (ProblemKind::NotWellFormed, format!("not well-formed XML: {text}"))
            }
        };
        let position = error.pos();
        Problem::new(kind, offset_of(text, position.row, position.col), message)
    })
}

/// The byte offset of a line and a column, both from 1, the column in characters.
fn offset_of(text: &str, row: u32, column: u32) -> usize {
    let line_start = match row.saturating_sub(2) {
        _ if row < 2 => 0,
        nth => text.match_indices('\n').nth(nth as usize).map_or(text.len(), |(at, _)| at + 1),
    };
    let line = &text[line_start..];
    let within = line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    line_start + within
}

#[derive(Debug, Default)]
struct Scan {
    comments: u32,
    instructions: u32,
    attributes: usize,
    /// Namespaces declared on each open element.
    open: Vec<u32>,
    namespaces: usize,
}

/// Looks for everything that must not reach the parser. What is malformed otherwise is left to it.
fn scan(text: &str, encoding: &'static Encoding) -> Result<Scan, Problem> {
    let mut scan = Scan::default();
    let mut at = 0;
    if text.starts_with("<?xml") && text[5..].starts_with([' ', '\t', '\r', '\n']) {
        let end = text.find("?>").unwrap_or(text.len());
        check_declaration(&text[..end], encoding)?;
        at = end;
    }
    while let Some(found) = text[at..].find('<') {
        check_references(text, at, at + found)?;
        at += found;
        let rest = &text[at..];
        let skip_to =
            |end: &str, from: usize| rest[from..].find(end).map_or(text.len(), |n| at + from + n + end.len());
        if rest.starts_with("<!--") {
            scan.comments = scan.comments.saturating_add(1);
            at = skip_to("-->", 4);
        } else if rest.starts_with("<![CDATA[") {
            at = skip_to("]]>", 9);
        } else if rest.starts_with("<!") {
            return Err(Problem::new(ProblemKind::Unsafe, at, "a document type declaration"));
        } else if rest.starts_with("<?") {
            scan.instructions = scan.instructions.saturating_add(1);
            at = skip_to("?>", 2);
        } else if rest.starts_with("</") {
            scan.namespaces -= scan.open.pop().unwrap_or(0) as usize;
            at = skip_to(">", 2);
        } else {
            at = scan.start_tag(text, at)?;
        }
    }
    check_references(text, at.min(text.len()), text.len())?;
    Ok(scan)
}

impl Scan {
    fn start_tag(&mut self, text: &str, start: usize) -> Result<usize, Problem> {
        let mut tag = StartTag::new(text, start);
        let (mut count, mut declared) = (0, 0);
        for attribute in tag.by_ref() {
            count += 1;
            declared += u32::from(attribute.declared_prefix(text).is_some());
            check_references(text, attribute.value.start, attribute.value.end)?;
        }
        self.attributes += count;
        if count > MAX_ELEMENT_ATTRIBUTES || self.attributes > MAX_ATTRIBUTES {
            let message =
                format!("more than {MAX_ELEMENT_ATTRIBUTES} attributes, or {MAX_ATTRIBUTES} in all");
            return Err(Problem::new(ProblemKind::Unsafe, start, message));
        }
        if self.namespaces + declared as usize > MAX_NAMESPACES {
            let message = format!("more than {MAX_NAMESPACES} namespaces declared around one place");
            return Err(Problem::new(ProblemKind::Unsafe, start, message));
        }
        if !tag.is_empty_element() {
            self.namespaces += declared as usize;
            self.open.push(declared);
            if self.open.len() > MAX_DEPTH {
                let message = format!("elements are nested more than {MAX_DEPTH} deep");
                return Err(Problem::new(ProblemKind::Unsafe, start, message));
            }
        }
        Ok(tag.end())
    }
}

fn check_declaration(declaration: &str, encoding: &'static Encoding) -> Result<(), Problem> {
    let Some(at) = declaration.find("encoding") else { return Ok(()) };
    let rest = &declaration[at..];
    let Some(open) = rest.find(['"', '\'']) else { return Ok(()) };
    let value = rest[open + 1..].split(['"', '\'']).next().unwrap_or("");
    let utf16 = |name: &str| name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("utf-16"));
    let same =
        Encoding::for_label(value.as_bytes()) == Some(encoding) || (utf16(value) && utf16(encoding.name()));
    if same {
        return Ok(());
    }
    let message = format!("the XML declaration says `{value}`, but the text is {}", encoding.name());
    Err(Problem::new(ProblemKind::Encoding, at + open + 1, message))
}

/// Refuses references to entities that XML does not define itself.
fn check_references(text: &str, start: usize, end: usize) -> Result<(), Problem> {
    let mut at = start;
    while let Some(found) = text[at..end].find('&') {
        at += found + 1;
        let name = text[at..end].split(';').next().unwrap_or("");
        let is_name = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == ':');
        if is_name && name.len() < end - at && !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") {
            let shown: String = name.chars().take(40).collect();
            let message = format!("a reference to the entity `{shown}`, which XML does not define");
            return Err(Problem::new(ProblemKind::Unsafe, at - 1, message));
        }
    }
    Ok(())
}

/// One attribute of a start tag as it is spelt.
#[derive(Debug, Clone)]
pub(crate) struct RawAttribute {
    /// Where its name stands.
    pub name: std::ops::Range<usize>,
    /// Where its value stands, without quotes.
    pub value: std::ops::Range<usize>,
}

impl RawAttribute {
    /// The prefix that it declares a namespace for, empty for the default one; `None` if it declares none.
    pub fn declared_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        let name = &text[self.name.clone()];
        if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") }
    }
}

/// Walks over the attributes of a start tag. Tags that are malformed end early; the parser says why.
#[derive(Debug)]
pub(crate) struct StartTag<'t> {
    text: &'t str,
    at: usize,
    name_end: usize,
    done: bool,
}

impl<'t> StartTag<'t> {
    /// The tag whose `<` is at `start`.
    pub fn new(text: &'t str, start: usize) -> Self {
        let length =
            text[start + 1..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '='));
        let name_end = length.map_or(text.len(), |n| start + 1 + n);
        StartTag { text, at: name_end, name_end, done: false }
    }

    /// Where the name of the element ends.
    pub fn name_end(&self) -> usize {
        self.name_end
    }

    /// Whether the tag, walked to its end, is one of an empty element.
    pub fn is_empty_element(&self) -> bool {
        self.at > 0 && self.text.as_bytes().get(self.at - 1) == Some(&b'/')
    }

    /// Behind the tag, once walked to its end.
    pub fn end(&self) -> usize {
        (self.at + 1).min(self.text.len())
    }
}

impl Iterator for StartTag<'_> {
    type Item = RawAttribute;

    fn next(&mut self) -> Option<RawAttribute> {
        let bytes = self.text.as_bytes();
        let find = |from: usize, wanted: &dyn Fn(u8) -> bool| {
            bytes[from..].iter().position(|&b| wanted(b)).map_or(bytes.len(), |n| from + n)
        };
        let start = find(self.at, &|b| !b.is_ascii_whitespace() && b != b'/');
        if self.done || start == bytes.len() || bytes[start] == b'>' {
            self.at = if self.done { self.at } else { start };
            self.done = true;
            return None;
        }
        let name_end = find(start, &|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'>'));
        let quote_at = find(name_end, &|b| matches!(b, b'"' | b'\'' | b'>'));
        if quote_at == bytes.len() || bytes[quote_at] == b'>' {
            self.at = quote_at;
            self.done = true;
            return None;
        }
        let quote = bytes[quote_at];
        let end = find(quote_at + 1, &|b| b == quote);
        self.at = (end + 1).min(bytes.len());
        Some(RawAttribute { name: start..name_end, value: quote_at + 1..end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (ProblemKind, usize) {
        let source = Source::from_text("a.xml", text);
        let problem = parse(&source).unwrap_err();
        (problem.kind, problem.offset)
    }

    #[test]
    fn what_must_not_reach_the_parser_is_refused_at_its_place() {
        use ProblemKind::*;
        assert_eq!(problem("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), (Encoding, 30));
        assert_eq!(problem("<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"), (Unsafe, 0));
        assert_eq!(problem("<a>x &nbsp; y</a>"), (Unsafe, 5));
        assert_eq!(problem("<a b='&foo;'/>"), (Unsafe, 6));
        assert_eq!(problem("<a>\n<b></a>"), (NotWellFormed, 7));
        assert_eq!(problem("plain"), (NotWellFormed, 0));
        assert_eq!(problem(&"<div>".repeat(300)), (Unsafe, 256 * 5));
    }

    #[test]
    fn large_hostile_documents_end_soon() {
        let deep = "<div>".repeat(2_000_000);
        assert_eq!(problem(&deep).0, ProblemKind::Unsafe);
        let attribute = format!("<a b='{}'/>", "&#65;".repeat(2_000_000));
        assert!(parse(&Source::from_text("a", attribute)).is_ok());
        let mut many = String::from("<a");
        (0..2000).for_each(|i| many.push_str(&format!(" a{i}=''")));
        many.push_str("/>");
        assert_eq!(problem(&many).0, ProblemKind::Unsafe);
        let unclosed = "<a b=\"".repeat(100_000);
        assert_eq!(problem(&unclosed).0, ProblemKind::Unsafe);
        assert_eq!(problem(&"<!--".repeat(100_000)).0, ProblemKind::NotWellFormed);
        assert_eq!(problem(&"&".repeat(100_000)).0, ProblemKind::NotWellFormed);
    }

    #[test]
    fn comments_and_instructions_are_counted() {
        let source = Source::from_text(
            "a",
            "<?xml version='1.0' encoding='utf-8'?><a><!-- x --><?y z?>&lt;<![CDATA[&x;]]></a>",
        );
        let parsed = parse(&source).unwrap();
        assert_eq!((parsed.comments, parsed.instructions), (1, 1));
        assert_eq!(parsed.document.root_element().children().filter(|n| n.is_text()).count(), 1);
    }
}
