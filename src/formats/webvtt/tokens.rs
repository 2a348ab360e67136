//! The tokens of a cue's text.

use super::entities::reference;
use super::timestamp::is_space;

/// A token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Words, references resolved; line breaks as they were.
    Text(String),
    /// A start tag.
    Start { name: &'t str, classes: Vec<&'t str>, annotation: String },
    /// An end tag.
    End(&'t str),
    /// A timestamp tag.
    Time(&'t str),
}

/// The next token of `text` at `at`, which moves on behind it. "WebVTT cue text tokenizer".
pub(super) fn next<'t>(text: &'t str, at: &mut usize) -> Option<Token<'t>> {
    let rest = text.get(*at..).filter(|rest| !rest.is_empty())?;
    match rest.strip_prefix('<') {
        None => {
            let length = rest.find('<').unwrap_or(rest.len());
            *at += length;
            Some(Token::Text(resolve(&rest[..length])))
        }
        Some(inside) => {
            // In an annotation, `>` may be written as a reference, but none contains the sign itself.
            let end = inside.find('>').unwrap_or(inside.len());
            *at += (1 + end + 1).min(rest.len());
            Some(tag(&inside[..end]))
        }
    }
}

fn tag(inside: &str) -> Token<'_> {
    if let Some(name) = inside.strip_prefix('/') {
        return Token::End(name);
    }
    if inside.starts_with(|c: char| c.is_ascii_digit()) {
        return Token::Time(inside);
    }
    let head = inside.find(is_space).unwrap_or(inside.len());
    let mut names = inside[..head].split('.');
    let name = names.next().unwrap_or("");
    let classes = names.filter(|class| !class.is_empty()).collect();
    let annotation = resolve(&inside[head..]);
    let annotation = annotation.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Token::Start { name, classes, annotation }
}

/// Words with their references resolved, and U+FFFD for NUL.
fn resolve(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '\0']) {
        words.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('\0') {
            words.push('\u{fffd}');
            rest = &rest[1..];
            continue;
        }
        match reference(rest) {
            Some((characters, length)) => {
                words.push_str(&characters);
                rest = &rest[length..];
            }
            None => {
                words.push('&');
                rest = &rest[1..];
            }
        }
    }
    words.push_str(rest);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut at = 0;
        std::iter::from_fn(|| next(text, &mut at)).collect()
    }

    #[test]
    fn tags_with_classes_and_annotations() {
        assert_eq!(
            tokens("a<v.x..y  Fred &amp;\nCo >b</v><00:01.000><c"),
            [
                Token::Text("a".into()),
                Token::Start { name: "v", classes: vec!["x", "y"], annotation: "Fred & Co".into() },
                Token::Text("b".into()),
                Token::End("v"),
                Token::Time("00:01.000"),
                Token::Start { name: "c", classes: vec![], annotation: String::new() },
            ]
        );
    }
}
