//! Addresses in manifests: paths as relative references. RFC 3986.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a path. A `:` does not, because what is before it would be read as a scheme, nor do `'`
/// and `$`, which templates and quoting use.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// A path, with `/` between its parts, as a relative reference.
pub(super) fn reference(path: &str) -> String {
    utf8_percent_encode(path, ESCAPED).to_string()
}

/// A template of paths as a template of references: what is between two `$` stays.
pub(super) fn template(text: &str) -> String {
    let pieces = text.split('$').enumerate();
    let encoded =
        pieces.map(|(index, piece)| if index % 2 == 0 { reference(piece) } else { piece.to_string() });
    encoded.collect::<Vec<_>>().join("$")
}

/// A base with the `/` at its end without which the last part of its path would be replaced, unless it has a query, and
/// nothing that could not be in an address.
pub(super) fn base(text: &str) -> String {
    let text = whole(text);
    if text.is_empty() || text.ends_with('/') || text.contains('?') { text } else { text + "/" }
}

/// An address that somebody wrote: kept but for what is no character of addresses.
pub(super) fn whole(text: &str) -> String {
    let is_kept =
        |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
    text.chars().fold(String::new(), |mut address, c| {
        match is_kept(c) {
            true => address.push(c),
            false => address.extend(utf8_percent_encode(c.encode_utf8(&mut [0; 4]), NON_ALPHANUMERIC)),
        }
        address
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(reference("video/1.m4s"), "video/1.m4s");
        assert_eq!(reference("a b#c?d&e\"f%g:h/ü.mp4"), "a%20b%23c%3Fd%26e%22f%25g%3Ah/%C3%BC.mp4");
        assert_eq!(
            template("$RepresentationID$/a b$$-$Number%05d$.m4s"),
            "$RepresentationID$/a%20b$$-$Number%05d$.m4s"
        );
        assert_eq!(base("https://cdn.example/a b"), "https://cdn.example/a%20b/");
        assert_eq!(base("../x/"), "../x/");
        assert_eq!(base("/get?file="), "/get?file=");
        assert_eq!(whole("https://cdn.example/k?id=%20&b=é"), "https://cdn.example/k?id=%20&b=%C3%A9");
    }
}
