//! Which style attributes IMSC 1.1 Text has, where they may stand, and their values in a form that it takes.

use std::borrow::Cow;

/// What an attribute stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// A style that others refer to, or initial values.
    Style,
    /// A region.
    Region,
    /// The body, a wrapper, a paragraph.
    Block,
    /// A part of a paragraph.
    Span,
    /// A change over time.
    Set,
}

/// What lengths are measured by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Root {
    /// Columns and rows that the screen is divided into.
    pub(super) cells: (f64, f64),
    /// Width and height in pixels, where the document says so.
    pub(super) pixels: Option<(f64, f64)>,
}

/// A value that the profile takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Allowed<'v> {
    /// The value.
    pub(super) value: Cow<'v, str>,
    /// Whether it looks like the authored one.
    pub(super) exact: bool,
}

/// The direction that a length is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// From left to right.
    Horizontal,
    /// From top to bottom.
    Vertical,
}

/// Attributes that mean something on regions only. TTML2 gives some of them a meaning on content too, which IMSC
/// bans.
const REGION_ONLY: &[&str] = &[
    "tts:displayAlign",
    "tts:extent",
    "tts:opacity",
    "tts:origin",
    "tts:overflow",
    "tts:padding",
    "tts:position",
    "tts:showBackground",
    "tts:writingMode",
];

/// The value of an attribute as IMSC 1.1 Text takes it; `None` where it has to go.
pub(super) fn allowed<'v>(name: &str, value: &'v str, on: On, root: &Root) -> Option<Allowed<'v>> {
    if matches!(on, On::Block | On::Span) && REGION_ONLY.contains(&name) {
        return None;
    }
    let value = value.trim();
    let same = || Some(Allowed { value: Cow::Borrowed(value), exact: true });
    let one_of = |words: &[&str]| if words.contains(&value) { same() } else { None };
    let boolean = ["true", "false"];
    match name {
        "tts:backgroundColor" | "tts:color" => same().filter(|_| is_color(value)),
        "tts:direction" => one_of(&["ltr", "rtl"]),
        "tts:disparity" => lengths(value, &[Axis::Horizontal], root, true),
        "tts:display" => one_of(&["auto", "none"]),
        "tts:displayAlign" => one_of(&["before", "center", "after"]),
        "tts:extent" | "tts:origin" => lengths(value, &[Axis::Horizontal, Axis::Vertical], root, false)
            .filter(|_| value.split_whitespace().count() == 2),
        "tts:fontFamily" => same().filter(|_| !value.is_empty()),
        "tts:fontSize" => font_size(value, root),
        "tts:fontStyle" => one_of(&["normal", "italic", "oblique"]),
        "tts:fontWeight" => one_of(&["normal", "bold"]),
        "tts:lineHeight" if value == "normal" => same(),
        "tts:lineHeight" => lengths(value, &[Axis::Vertical], root, false),
        "tts:luminanceGain" | "tts:opacity" => same().filter(|_| number(value).is_some()),
        "tts:overflow" => one_of(&["visible", "hidden"]),
        "tts:padding" => padding(value, root),
        "tts:position" => position(value, root),
        "tts:ruby" if on == On::Span || on == On::Style => {
            one_of(&["none", "container", "base", "baseContainer", "text", "textContainer", "delimiter"])
        }
        "tts:rubyAlign" => one_of(&["center", "spaceAround"]),
        "tts:rubyPosition" => one_of(&["before", "after", "outside"]),
        "tts:rubyReserve" => ruby_reserve(value, root),
        "tts:shear" => same().filter(|_| value.strip_suffix('%').and_then(number).is_some()),
        "tts:showBackground" => one_of(&["always", "whenActive"]),
        "tts:textAlign" => one_of(&["left", "center", "right", "start", "end"]),
        "tts:textCombine" => one_of(&["none", "all"]),
        "tts:textDecoration" => {
            let words = [
                "none",
                "underline",
                "noUnderline",
                "lineThrough",
                "noLineThrough",
                "overline",
                "noOverline",
            ];
            same().filter(|_| !value.is_empty() && value.split_whitespace().all(|word| words.contains(&word)))
        }
        "tts:textEmphasis" => text_emphasis(value),
        "tts:textOutline" => text_outline(value, root),
        "tts:textShadow" => text_shadow(value, root),
        "tts:unicodeBidi" if value == "isolate" => Some(Allowed { value: "embed".into(), exact: false }),
        "tts:unicodeBidi" => one_of(&["normal", "embed", "bidiOverride"]),
        "tts:visibility" => one_of(&["visible", "hidden"]),
        "tts:wrapOption" => one_of(&["wrap", "noWrap"]),
        "tts:writingMode" => one_of(&["lrtb", "rltb", "tbrl", "tblr", "lr", "rl", "tb"]),
        "itts:forcedDisplay" | "itts:fillLineGap" => one_of(&boolean),
        "ebutts:linePadding" if on != On::Span => {
            same().filter(|_| value.strip_suffix('c').and_then(number).is_some_and(|n| n >= 0.0))
        }
        "ebutts:multiRowAlign" if on != On::Span => one_of(&["start", "center", "end", "auto"]),
        "xml:space" if matches!(on, On::Block | On::Span) => one_of(&["default", "preserve"]),
        "ttm:role" if matches!(on, On::Block | On::Span | On::Region) => same().filter(|_| !value.is_empty()),
        _ => None,
    }
}

/// A decimal number with an optional sign.
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.starts_with(|c: char| c.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A number with as many decimals as anyone could see.
pub(super) fn spell(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Number and unit of a length.
pub(super) fn split_length(text: &str) -> Option<(f64, &str)> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic() || c == '%')?;
    let (value, unit) = text.split_at(unit);
    matches!(unit, "%" | "px" | "em" | "c" | "rw" | "rh").then_some(())?;
    Some((number(value)?, unit))
}

/// A length in units that are allowed: cells become parts of the screen.
fn length<'v>(text: &'v str, axis: Axis, root: &Root, negative: bool) -> Option<Cow<'v, str>> {
    let (value, unit) = split_length(text)?;
    if value < 0.0 && !negative {
        return None;
    }
    match unit {
        "px" if root.pixels.is_none() => None,
        "c" if axis == Axis::Horizontal => Some(format!("{}rw", spell(value * 100.0 / root.cells.0)).into()),
        "c" => Some(format!("{}rh", spell(value * 100.0 / root.cells.1)).into()),
        _ => Some(Cow::Borrowed(text)),
    }
}

/// Lengths along these axes, one after the other.
fn lengths<'v>(value: &'v str, axes: &[Axis], root: &Root, negative: bool) -> Option<Allowed<'v>> {
    let mut converted = Vec::with_capacity(axes.len());
    let mut unchanged = true;
    for (at, text) in value.split_whitespace().enumerate() {
        let length = length(text, *axes.get(at)?, root, negative)?;
        unchanged &= matches!(length, Cow::Borrowed(_));
        converted.push(length);
    }
    (!converted.is_empty()).then_some(())?;
    let value = if unchanged { Cow::Borrowed(value) } else { Cow::Owned(converted.join(" ")) };
    Some(Allowed { value, exact: true })
}

/// One length; of two, for width and height of letters, the height.
fn font_size<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    let mut parts = value.split_whitespace();
    let (first, second) = (parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let value = length(second.unwrap_or(first), Axis::Vertical, root, false)?;
    Some(Allowed { value, exact: second.is_none_or(|second| second == first) })
}

/// One to four lengths, given in the order before, end, after, start.
fn padding<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    const AXES: [Axis; 4] = [Axis::Vertical, Axis::Horizontal, Axis::Vertical, Axis::Horizontal];
    lengths(value, &AXES, root, false)
}

fn position<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    let mut parts = Vec::new();
    let mut axis = Axis::Horizontal;
    for (at, part) in value.split_whitespace().enumerate() {
        if matches!(part, "left" | "right" | "top" | "bottom" | "center") {
            axis = if matches!(part, "top" | "bottom") { Axis::Vertical } else { Axis::Horizontal };
            parts.push(Cow::Borrowed(part));
        } else {
            if at == 1
                && axis == Axis::Horizontal
                && parts.first().is_none_or(|first| first != "left" && first != "right")
            {
                axis = Axis::Vertical;
            }
            parts.push(length(part, axis, root, false)?);
        }
    }
    (1..=4).contains(&parts.len()).then(|| Allowed { value: parts.join(" ").into(), exact: true })
}

fn ruby_reserve<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    let mut parts = value.split_whitespace();
    let word = parts.next().filter(|word| ["none", "both", "before", "after", "outside"].contains(word))?;
    let Some(reserve) = parts.next() else { return Some(Allowed { value: word.into(), exact: true }) };
    let reserve = length(reserve, Axis::Vertical, root, false)?;
    Some(Allowed { value: format!("{word} {reserve}").into(), exact: true })
}

/// Marks of the usual shapes in the colour of the words: own marks and colours are banned.
fn text_emphasis(value: &str) -> Option<Allowed<'_>> {
    let words = ["none", "auto", "filled", "open", "circle", "dot", "sesame", "before", "after", "outside"];
    let kept: Vec<&str> =
        value.split_whitespace().filter(|word| words.contains(word) || *word == "current").collect();
    let shaped = kept.iter().any(|word| words[..7].contains(word));
    let exact = kept.len() == value.split_whitespace().count();
    (shaped || exact && !kept.is_empty()).then(|| Allowed { value: kept.join(" ").into(), exact })
}

/// A colour, if any, and a thickness: no blur.
fn text_outline<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    if value == "none" {
        return Some(Allowed { value: value.into(), exact: true });
    }
    let parts = tokens(value);
    let (color, rest) = match parts.split_first() {
        Some((first, rest)) if is_color(first) => (Some(*first), rest),
        _ => (None, parts.as_slice()),
    };
    let thickness = length(rest.first()?, Axis::Vertical, root, false)?;
    let value = color.map_or(thickness.to_string(), |color| format!("{color} {thickness}"));
    Some(Allowed { value: value.into(), exact: rest.len() == 1 })
}

/// Up to four shadows.
fn text_shadow<'v>(value: &'v str, root: &Root) -> Option<Allowed<'v>> {
    if value == "none" {
        return Some(Allowed { value: value.into(), exact: true });
    }
    let shadows = split_outside_brackets(value, ',');
    let mut kept = Vec::new();
    for shadow in shadows.iter().take(4) {
        let mut parts = Vec::new();
        let mut axis = Axis::Horizontal;
        for part in tokens(shadow) {
            if is_color(part) {
                parts.push(Cow::Borrowed(part));
            } else {
                parts.push(length(part, axis, root, true)?);
                axis = Axis::Vertical;
            }
        }
        (2..=4).contains(&parts.len()).then_some(())?;
        kept.push(parts.join(" "));
    }
    Some(Allowed { value: kept.join(", ").into(), exact: shadows.len() <= 4 })
}

/// Words separated by white space; brackets hold theirs together.
fn tokens(text: &str) -> Vec<&str> {
    split_outside_brackets(text, ' ')
}

fn split_outside_brackets(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            c if depth == 0 && (c == separator || (separator == ' ' && c.is_ascii_whitespace())) => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// Whether it is a colour of TTML2.
fn is_color(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "transparent",
        "black",
        "silver",
        "gray",
        "white",
        "maroon",
        "red",
        "purple",
        "fuchsia",
        "magenta",
        "green",
        "lime",
        "olive",
        "yellow",
        "navy",
        "blue",
        "teal",
        "aqua",
        "cyan",
    ];
    if let Some(hex) = text.strip_prefix('#') {
        return matches!(hex.len(), 6 | 8) && hex.bytes().all(|b| b.is_ascii_hexdigit());
    }
    let components = |inner: &str, count: usize| {
        let parts: Vec<&str> = inner.split(',').map(str::trim).collect();
        parts.len() == count && parts.iter().all(|part| part.parse::<u8>().is_ok())
    };
    if let Some(inner) = text.strip_prefix("rgba(").and_then(|rest| rest.strip_suffix(')')) {
        return components(inner, 4);
    }
    if let Some(inner) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
        return components(inner, 3);
    }
    NAMES.contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_converted_or_refused() {
        let root = Root { cells: (32.0, 15.0), pixels: None };
        let on = |on, name, value: &'static str| {
            allowed(name, value, on, &root).map(|a| (a.value.into_owned(), a.exact))
        };
        let kept = |value: &str| Some((value.to_string(), true));
        assert_eq!(on(On::Span, "tts:color", "#12ab34"), kept("#12ab34"));
        assert_eq!(on(On::Span, "tts:color", "rgba(1, 2, 3, 255)"), kept("rgba(1, 2, 3, 255)"));
        assert_eq!(on(On::Span, "tts:color", "pink"), None);
        assert_eq!(on(On::Style, "tts:fontSize", "1c"), kept("6.6667rh"));
        assert_eq!(on(On::Style, "tts:fontSize", "1c 2c"), Some(("13.3333rh".into(), false)));
        assert_eq!(on(On::Style, "tts:fontSize", "20px"), None);
        assert_eq!(on(On::Region, "tts:origin", "10% 80%"), kept("10% 80%"));
        assert_eq!(on(On::Block, "tts:origin", "10% 80%"), None);
        assert_eq!(on(On::Block, "tts:unicodeBidi", "isolate"), Some(("embed".into(), false)));
        assert_eq!(on(On::Span, "tts:textEmphasis", "filled dot red"), Some(("filled dot".into(), false)));
        assert_eq!(on(On::Span, "tts:textOutline", "black 2% 1%"), Some(("black 2%".into(), false)));
        assert_eq!(
            on(On::Style, "tts:textShadow", "1% 1% rgba(0,0,0,9), -1% 1%"),
            kept("1% 1% rgba(0,0,0,9), -1% 1%")
        );
        assert_eq!(on(On::Style, "tts:fontVariant", "super"), None);
        assert_eq!(on(On::Style, "tts:letterSpacing", "1px"), None);
        assert_eq!(on(On::Block, "ebutts:linePadding", "0.5c"), kept("0.5c"));
        assert_eq!(on(On::Style, "tts:textAlign", "justify"), None);
    }
}
