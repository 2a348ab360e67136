//! Attribute lists. RFC 8216 § 4.2.

use std::fmt;

/// A tag with attributes, in the order in which they are given.
pub(super) struct Attributes {
    text: String,
    is_first: bool,
}

impl Attributes {
    /// `#NAME:`.
    pub(super) fn of(tag: &str) -> Attributes {
        Attributes { text: format!("#{tag}:"), is_first: true }
    }

    /// A value without quotes: a number, a word, a resolution.
    pub(super) fn plain(mut self, name: &str, value: impl fmt::Display) -> Attributes {
        if !self.is_first {
            self.text.push(',');
        }
        self.is_first = false;
        self.text.push_str(&format!("{name}={value}"));
        self
    }

    /// A quoted string. What it cannot hold is replaced: `"` by `'`, line breaks and other controls by a space.
    pub(super) fn quoted(self, name: &str, value: &str) -> Attributes {
        let safe = value.chars().map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        });
        self.plain(name, format_args!("\"{}\"", safe.collect::<String>()))
    }

    /// `YES`; nothing for no, which is what players take where it is not said.
    pub(super) fn flag(self, name: &str, is_set: bool) -> Attributes {
        if is_set { self.plain(name, "YES") } else { self }
    }

    /// Nothing for `None`.
    pub(super) fn maybe_quoted(self, name: &str, value: Option<&str>) -> Attributes {
        match value {
            Some(value) => self.quoted(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_strings_hold_no_quotes_and_no_lines() {
        let tag = Attributes::of("EXT-X-MEDIA").plain("TYPE", "AUDIO").quoted("NAME", "the \"a\"\r\nb, c");
        assert_eq!(tag.flag("FORCED", false).to_string(), "#EXT-X-MEDIA:TYPE=AUDIO,NAME=\"the 'a'  b, c\"");
    }
}
