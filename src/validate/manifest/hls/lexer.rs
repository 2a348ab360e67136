//! Lines of playlists, and attribute lists. RFC 8216 § 4.1 and § 4.2.

use crate::validate::manifest::Spot;

/// More attributes than any tag has.
const ATTRIBUTE_LIMIT: usize = 200;

/// A line that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `#EXT…`, without the `#`: the name and what is behind the colon.
    Tag(&'a str, &'a str),
    Uri(&'a str),
}

/// The lines with their places; comments and empty lines are left out.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Spot, Line<'_>)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = line.trim_end();
        let spot = Spot { line: number, column: 1 };
        match line.strip_prefix('#') {
            _ if line.trim().is_empty() => None,
            Some(tag) if tag.starts_with("EXT") => {
                let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                Some((spot, Line::Tag(name, value)))
            }
            Some(_) => None,
            None => Some((spot, Line::Uri(line.trim_start()))),
        }
    })
}

/// The attributes of a tag.
#[derive(Debug, Clone, Default)]
pub(in crate::validate) struct Attributes {
    /// Of the tag.
    pub(super) spot: Spot,
    list: Vec<Attribute>,
    /// What is wrong with the list.
    pub(super) problem: Option<String>,
}

#[derive(Debug, Clone)]
struct Attribute {
    name: String,
    value: String,
    is_quoted: bool,
    column: u32,
}

impl Attributes {
    /// Reads what stands behind the colon. The attributes before a mistake are kept.
    pub(super) fn read(tag: &str, text: &str, spot: Spot) -> Self {
        let mut attributes = Attributes { spot, list: Vec::new(), problem: None };
        let mut rest = text;
        // `#`, the name and the colon come before.
        let start = tag.chars().count() + 3;
        let mut before = 0;
        while !rest.trim().is_empty() {
            if attributes.list.len() >= ATTRIBUTE_LIMIT {
                attributes.problem = Some(format!("more than {ATTRIBUTE_LIMIT} attributes"));
                break;
            }
            let column = u32::try_from(start + before).unwrap_or(u32::MAX);
            let Some((name, behind)) = rest.split_once('=') else {
                attributes.problem = Some(format!("`{}` is no attribute with a value", rest.trim()));
                break;
            };
            let (value, is_quoted, left) = match behind.strip_prefix('"') {
                Some(quoted) => match quoted.split_once('"') {
                    Some((value, left)) => (value, true, left),
                    None => {
                        attributes.problem =
                            Some(format!("the value of {} has no closing quote", name.trim()));
                        break;
                    }
                },
                None => {
                    let end = behind.find(',').unwrap_or(behind.len());
                    let (value, left) = behind.split_at(end);
                    (value.trim(), false, left)
                }
            };
            let name = name.trim();
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
            if name.is_empty() || !name.chars().all(is_name) {
                attributes.problem = Some(format!("`{name}` is no name of an attribute"));
            } else if attributes.get(name).is_some() {
                attributes.problem = Some(format!("{name} is given twice"));
            }
            attributes.list.push(Attribute {
                name: name.to_owned(),
                value: value.to_owned(),
                is_quoted,
                column,
            });
            let left = left.trim_start();
            let next = match left.strip_prefix(',') {
                Some(next) => next,
                None if left.is_empty() => "",
                None => {
                    attributes.problem = Some(format!("there is no comma behind the value of {name}"));
                    break;
                }
            };
            before += rest[..rest.len() - next.len()].chars().count();
            rest = next;
        }
        attributes
    }

    /// The value of an attribute.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.list.iter().find(|attribute| attribute.name == name).map(|attribute| attribute.value.as_str())
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// The place of an attribute; of the tag where it is not there.
    pub(super) fn spot_of(&self, name: &str) -> Spot {
        let attribute = self.list.iter().find(|attribute| attribute.name == name);
        attribute.map_or(self.spot, |attribute| Spot { line: self.spot.line, column: attribute.column })
    }

    /// Attributes of a known kind that are quoted and should not be, or the other way round.
    pub(super) fn misquoted(&self) -> impl Iterator<Item = (&str, bool)> {
        const QUOTED: [&str; 14] = [
            "URI",
            "GROUP-ID",
            "NAME",
            "LANGUAGE",
            "ASSOC-LANGUAGE",
            "CHARACTERISTICS",
            "CHANNELS",
            "CODECS",
            "AUDIO",
            "VIDEO",
            "SUBTITLES",
            "KEYFORMAT",
            "KEYFORMATVERSIONS",
            "SUPPLEMENTAL-CODECS",
        ];
        const PLAIN: [&str; 11] = [
            "TYPE",
            "DEFAULT",
            "AUTOSELECT",
            "FORCED",
            "BANDWIDTH",
            "AVERAGE-BANDWIDTH",
            "RESOLUTION",
            "FRAME-RATE",
            "VIDEO-RANGE",
            "METHOD",
            "IV",
        ];
        self.list.iter().filter_map(|attribute| {
            let name = attribute.name.as_str();
            let wrong = QUOTED.contains(&name) && !attribute.is_quoted
                || PLAIN.contains(&name) && attribute.is_quoted;
            wrong.then_some((name, attribute.is_quoted))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read() {
        let spot = Spot { line: 3, column: 1 };
        let list = Attributes::read("EXT-X-MEDIA", "TYPE=AUDIO,NAME=\"a, b=c\", URI=\"x\"", spot);
        assert_eq!(list.problem, None);
        assert_eq!(
            (list.get("TYPE"), list.get("NAME"), list.get("URI")),
            (Some("AUDIO"), Some("a, b=c"), Some("x"))
        );
        assert_eq!(list.spot_of("NAME"), Spot { line: 3, column: 25 });
        assert_eq!(list.spot_of("URI").column, 39);
        assert_eq!(list.spot_of("GONE").column, 1);
    }

    #[test]
    fn mistakes_are_told() {
        let problem = |text| Attributes::read("X", text, Spot::default()).problem.unwrap_or_default();
        assert_eq!(problem("A=\"b"), "the value of A has no closing quote");
        assert_eq!(problem("A=1,A=2"), "A is given twice");
        assert_eq!(problem("A=1,b"), "`b` is no attribute with a value");
        assert_eq!(problem("A=\"1\"B=2"), "there is no comma behind the value of A");
        assert_eq!(problem("a=1"), "`a` is no name of an attribute");
        assert_eq!(problem("A=1,"), "");
    }

    #[test]
    fn lines_have_numbers() {
        let found: Vec<_> = lines("#EXTM3U\r\n\n# note\n#EXTINF:1,\na.mp4").collect();
        assert_eq!(found.iter().map(|(spot, _)| spot.line).collect::<Vec<_>>(), [1, 4, 5]);
        assert_eq!(found[0].1, Line::Tag("EXTM3U", ""));
        assert_eq!(found[1].1, Line::Tag("EXTINF", "1,"));
        assert_eq!(found[2].1, Line::Uri("a.mp4"));
    }
}
