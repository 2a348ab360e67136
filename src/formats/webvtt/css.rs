//! Style sheets: the simple selectors and the properties that TTML has too. The rest is kept as it is written, and
//! has no effect outside of WebVTT.

use crate::formats::color;
use crate::ttal::model::Attributes;

/// An element of a cue, as selectors see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    /// The name of its tag.
    pub(super) tag: &'a str,
    /// Its classes, separated by spaces.
    pub(super) classes: &'a str,
    /// The voice, for `v`.
    pub(super) voice: &'a str,
    /// The language, for `lang`.
    pub(super) language: &'a str,
}

/// What a selector is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    /// `::cue`: the text as a whole.
    Cue,
    /// `::cue(#id)`: the text of one cue.
    Id(String),
    /// An element, by all that is given.
    Element { tag: Option<String>, classes: Vec<String>, attributes: Vec<(String, String)> },
}

#[derive(Debug, Clone)]
struct Rule {
    selector: Selector,
    specificity: (usize, usize),
    declarations: Attributes,
}

/// The rules of all style sheets of a file, weakest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    /// Selectors and properties that have no effect here.
    pub(super) ignored: usize,
}

impl Sheet {
    /// Reads style sheets.
    pub(super) fn new<'t>(sheets: impl Iterator<Item = &'t str>) -> Self {
        let mut sheet = Sheet::default();
        for text in sheets {
            sheet.read(&without_comments(text));
        }
        sheet.rules.sort_by_key(|rule| rule.specificity);
        sheet
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        while let Some(open) = rest.find(['{', ';']) {
            if rest.as_bytes()[open] == b';' {
                // An at-rule without a block.
                self.ignored += usize::from(!rest[..open].trim().is_empty());
                rest = &rest[open + 1..];
                continue;
            }
            let selectors = rest[..open].trim();
            let (block, after) = block(&rest[open + 1..]);
            rest = after;
            if selectors.starts_with('@') {
                self.ignored += 1;
                continue;
            }
            let declarations = self.declarations(block);
            if declarations.is_empty() {
                continue;
            }
            for text in split_outside(selectors, ',') {
                match selector(text.trim()) {
                    Some(selector) => {
                        let specificity = selector.specificity();
                        self.rules.push(Rule { selector, specificity, declarations: declarations.clone() });
                    }
                    None => self.ignored += 1,
                }
            }
        }
    }

    fn declarations(&mut self, block: &str) -> Attributes {
        let mut attributes = Attributes::default();
        for declaration in split_outside(block, ';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let value = value.trim();
            let value = value.strip_suffix("!important").map_or(value, str::trim_end);
            if !declare(&name.trim().to_ascii_lowercase(), value, &mut attributes) {
                self.ignored += 1;
            }
        }
        attributes
    }

    /// Whether there are no rules.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What all cues have.
    pub(super) fn root(&self) -> Attributes {
        self.collect(|selector| *selector == Selector::Cue)
    }

    /// What the cue with this identifier has more.
    pub(super) fn cue(&self, id: &str) -> Attributes {
        if self.rules.is_empty() || id.is_empty() {
            return Attributes::default();
        }
        self.collect(|selector| matches!(selector, Selector::Id(wanted) if wanted == id))
    }

    /// What an element has by its classes and by the rules; what its tag says by itself is not in it.
    pub(super) fn element(&self, subject: Subject<'_>) -> Attributes {
        let mut attributes = Attributes::default();
        for class in subject.classes.split(' ') {
            let (name, class) = match class.strip_prefix("bg_") {
                Some(class) => ("tts:backgroundColor", class),
                None => ("tts:color", class),
            };
            if let Some((_, color)) = DEFAULT_COLORS.iter().find(|(known, _)| *known == class) {
                attributes.set(name, *color);
            }
        }
        if !self.rules.is_empty() {
            for (name, value) in self.collect(|selector| selector.matches(subject)).iter() {
                attributes.set(name, value);
            }
        }
        attributes
    }

    fn collect(&self, fits: impl Fn(&Selector) -> bool) -> Attributes {
        let mut attributes = Attributes::default();
        for rule in self.rules.iter().filter(|rule| fits(&rule.selector)) {
            for (name, value) in rule.declarations.iter() {
                attributes.set(name, value);
            }
        }
        attributes
    }
}

impl Selector {
    fn specificity(&self) -> (usize, usize) {
        match self {
            Selector::Cue => (0, 0),
            Selector::Id(_) => (usize::MAX, 0),
            Selector::Element { tag, classes, attributes } => {
                (classes.len() + attributes.len(), usize::from(tag.is_some()))
            }
        }
    }

    fn matches(&self, subject: Subject<'_>) -> bool {
        let Selector::Element { tag, classes, attributes } = self else { return false };
        tag.as_ref().is_none_or(|tag| tag == subject.tag)
            && classes.iter().all(|class| subject.classes.split(' ').any(|own| own == class))
            && attributes.iter().all(|(name, value)| match name.as_str() {
                "voice" => subject.tag == "v" && value == subject.voice,
                "lang" => subject.tag == "lang" && value == subject.language,
                _ => false,
            })
    }
}

/// The classes that colour words without a style sheet. WebVTT § 5.
pub(super) const DEFAULT_COLORS: [(&str, &str); 8] = [
    ("white", "#ffffff"),
    ("lime", "#00ff00"),
    ("cyan", "#00ffff"),
    ("red", "#ff0000"),
    ("yellow", "#ffff00"),
    ("magenta", "#ff00ff"),
    ("blue", "#0000ff"),
    ("black", "#000000"),
];

/// One compound selector inside of `::cue( )`.
fn selector(text: &str) -> Option<Selector> {
    let argument = text.strip_prefix("::cue").or_else(|| text.strip_prefix("video::cue"))?;
    if argument.is_empty() {
        return Some(Selector::Cue);
    }
    let mut rest = argument.strip_prefix('(')?.strip_suffix(')')?.trim();
    if let Some(id) = rest.strip_prefix('#') {
        let (id, after) = name(id)?;
        return after.is_empty().then_some(Selector::Id(id));
    }
    let mut tag = None;
    if let Some(after) = rest.strip_prefix('*') {
        rest = after;
    } else if let Some((found, after)) = name(rest) {
        (tag, rest) = (Some(found), after);
    }
    let (mut classes, mut attributes) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (class, after) = name(after)?;
            classes.push(class);
            rest = after;
        } else {
            let (inside, after) = rest.strip_prefix('[')?.split_once(']')?;
            let (attribute, value) = inside.split_once('=')?;
            attributes
                .push((attribute.trim().to_string(), value.trim().trim_matches(['"', '\'']).to_string()));
            rest = after;
        }
    }
    Some(Selector::Element { tag, classes, attributes })
}

/// An identifier of CSS, escapes resolved, and what follows it.
fn name(text: &str) -> Option<(String, &str)> {
    let mut found = String::new();
    let mut chars = text.char_indices();
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        if c.is_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii() {
            found.push(c);
        } else if c == '\\' {
            let rest = &text[at + 1..];
            let digits = rest.bytes().take(6).take_while(u8::is_ascii_hexdigit).count();
            if digits > 0 {
                let code = u32::from_str_radix(&rest[..digits], 16).unwrap_or(0);
                found.push(char::from_u32(code).filter(|&c| c != '\0').unwrap_or('\u{fffd}'));
                let space = usize::from(rest[digits..].starts_with([' ', '\t', '\n']));
                for _ in 0..digits + space {
                    chars.next();
                }
            } else if let Some((_, c)) = chars.next() {
                found.push(c);
            }
        } else {
            end = at;
            break;
        }
    }
    (!found.is_empty()).then(|| (found, &text[end..]))
}

/// Takes a declaration over; `false` where TTML has nothing like it.
fn declare(name: &str, value: &str, attributes: &mut Attributes) -> bool {
    let lower = value.to_ascii_lowercase();
    match name {
        "color" => color::css(&lower).map(|color| attributes.set("tts:color", color)).is_some(),
        "background-color" | "background" => {
            color::css(&lower).map(|color| attributes.set("tts:backgroundColor", color)).is_some()
        }
        "font-style" if matches!(lower.as_str(), "normal" | "italic" | "oblique") => {
            attributes.set("tts:fontStyle", lower);
            true
        }
        "font-weight" => {
            let weight = match lower.as_str() {
                "bold" | "bolder" => "bold",
                "normal" | "lighter" => "normal",
                number => match number.parse::<u32>() {
                    Ok(weight) if weight >= 600 => "bold",
                    Ok(_) => "normal",
                    Err(_) => return false,
                },
            };
            attributes.set("tts:fontWeight", weight);
            true
        }
        "text-decoration" | "text-decoration-line" => {
            let words: Vec<&str> = lower
                .split_whitespace()
                .filter_map(|word| match word {
                    "underline" => Some("underline"),
                    "line-through" => Some("lineThrough"),
                    "overline" => Some("overline"),
                    "none" => Some("none"),
                    _ => None,
                })
                .collect();
            attributes.set("tts:textDecoration", words.join(" "));
            !words.is_empty()
        }
        "font-family" if !value.is_empty() => {
            attributes.set("tts:fontFamily", value);
            true
        }
        "ruby-position" => match lower.as_str() {
            "over" => {
                attributes.set("tts:rubyPosition", "before");
                true
            }
            "under" => {
                attributes.set("tts:rubyPosition", "after");
                true
            }
            _ => false,
        },
        "visibility" if matches!(lower.as_str(), "visible" | "hidden") => {
            attributes.set("tts:visibility", lower);
            true
        }
        _ => false,
    }
}

/// What stands up to the closing brace, nested ones skipped, and what follows it.
fn block(text: &str) -> (&str, &str) {
    let mut depth = 1u32;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return (&text[..at], &text[at + 1..]);
                }
            }
            _ => {}
        }
    }
    (text, "")
}

/// Splits at a sign that stands neither in parentheses or brackets nor in quotes.
fn split_outside(text: &str, sign: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0i32, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, c) if c == sign && depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_rules_reach_elements() {
        let sheet = Sheet::new(
            ["/* x */ ::cue { color: yellow } ::cue(.loud), ::cue(v[voice=\"Fred\"]) { font-weight: 700; color: rgb(255 0 0 / 50%) }",
             "@media x { ::cue(b) { color: red } } ::cue(#\\31 ) { font-style: italic } ::cue(c i) { color: red }"]
            .into_iter(),
        );
        assert_eq!(sheet.root().get("tts:color"), Some("#ffff00"));
        let subject = Subject { tag: "c", classes: "loud bg_blue", voice: "", language: "" };
        let attributes = sheet.element(subject);
        assert_eq!(attributes.get("tts:color"), Some("#ff000080"));
        assert_eq!(attributes.get("tts:backgroundColor"), Some("#0000ff"));
        assert_eq!(
            sheet.element(Subject { tag: "v", classes: "", voice: "Fred", language: "" }).iter().count(),
            2
        );
        assert_eq!(sheet.cue("1").get("tts:fontStyle"), Some("italic"));
        assert_eq!(sheet.ignored, 2);
    }
}
