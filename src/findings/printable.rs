//! Text out of an input, made fit for a terminal and a log.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every character escaped that a terminal obeys instead of showing, or that reorders or hides other
/// text: controls (a line end too), bidirectional controls, line separators, tags, noncharacters.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a string does not fail.
            c if is_unsafe(c) => drop(write!(out, "\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The text, clipped to about `limit` characters and then made printable.
pub(super) fn clipped(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => printable(text),
        Some((end, _)) => {
            let total = text.chars().count();
            Cow::Owned(format!("{}… ({total} characters)", printable(&text[..end])))
        }
    }
}

/// JSON text with the same characters escaped as `\uXXXX`.
///
/// In JSON text they stand only inside strings, where the escape means the same; the line ends between its tokens
/// are left.
pub(super) fn printable_json(json: String) -> String {
    let hidden = |c: char| c >= '\u{7f}' && is_unsafe(c);
    if !json.contains(hidden) {
        return json;
    }
    let mut out = String::with_capacity(json.len() + 8);
    for c in json.chars() {
        if hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(printable("a\x1b[31mb\u{9b}c\u{202e}d\r\n\t\u{feff}\u{7f}\u{ffff}"), {
            "a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\r\\n\\t\\u{feff}\\u{7f}\\u{ffff}"
        });
        assert_eq!(printable("\u{e0041}"), "\\u{e0041}");
    }

    #[test]
    fn ordinary_text_is_left_as_it_is() {
        // Persian with a zero-width non-joiner, a family emoji with joiners, a backslash.
        let text = "می\u{200c}خواهم 👩\u{200d}👧 C:\\x Ω 日本語";
        assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn a_clipped_text_says_how_long_it_was() {
        assert_eq!(clipped("abc", 3), "abc");
        assert_eq!(clipped("äbc\nd", 3), "äbc… (5 characters)");
        assert_eq!(clipped("\u{202e}bcde", 2), "\\u{202e}b… (5 characters)");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let text = "\u{9b}31m \u{202e} \u{e0041} é\n";
        let json = printable_json(serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(json, "[\n  \"\\u009b31m \\u202e \\udb40\\udc41 é\\n\"\n]");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [text]);
    }
}
