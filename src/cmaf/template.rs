//! Names of segments, as users and MPDs write them.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The file of the header in a track's folder.
pub const INIT_SEGMENT: &str = "init.mp4";

/// How the files of a track's segments are called: a path below the output folder with `$RepresentationID$`,
/// `$Number$` or `$Time$` in it, the latter two with a width if wanted (`$Number%05d$`).
///
/// The folder is the track's own, so `$RepresentationID$` is in it and in it alone; number or time are in the file's
/// name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentTemplate {
    /// The path up to the last `/`.
    folder: Vec<Part>,
    /// What is behind it.
    file: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    RepresentationId,
    /// Zero-padded to this width.
    Number(usize),
    Time(usize),
}

impl SegmentTemplate {
    /// The track's folder below the output folder.
    pub fn folder(&self, name: &str) -> String {
        fill(&self.folder, name, 0, 0)
    }

    /// The name of a segment's file in that folder. Segments are numbered from 1.
    pub fn file(&self, name: &str, number: u64, time: u64) -> String {
        fill(&self.file, name, number, time)
    }

    /// Whether a file of this name in a track's folder is one that packing with this template or the default one writes.
    pub fn is_output(&self, name: &str) -> bool {
        name == INIT_SEGMENT || [self, &SegmentTemplate::default()].iter().any(|t| matches(&t.file, name))
    }

    /// Whether names hold the time and not the number.
    pub fn has_time(&self) -> bool {
        self.file.iter().any(|part| matches!(part, Part::Time(_)))
    }
}

impl Default for SegmentTemplate {
    /// `$RepresentationID$/$Number$.m4s`.
    fn default() -> Self {
        SegmentTemplate {
            folder: vec![Part::RepresentationId],
            file: vec![Part::Number(0), Part::Text(".m4s".into())],
        }
    }
}

impl fmt::Display for SegmentTemplate {
    /// As an MPD has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |n: usize| if n == 0 { String::new() } else { format!("%0{n}d") };
        let show = |parts: &[Part], f: &mut fmt::Formatter<'_>| {
            parts.iter().try_for_each(|part| match part {
                Part::Text(text) => f.write_str(&text.replace('$', "$$")),
                Part::RepresentationId => f.write_str("$RepresentationID$"),
                Part::Number(n) => write!(f, "$Number{}$", width(*n)),
                Part::Time(n) => write!(f, "$Time{}$", width(*n)),
            })
        };
        show(&self.folder, f)?;
        f.write_str("/")?;
        show(&self.file, f)
    }
}

/// Whether a name is what [`fill`] makes of the parts for some number or time.
fn matches(parts: &[Part], name: &str) -> bool {
    let Some((first, others)) = parts.split_first() else { return name.is_empty() };
    match first {
        Part::Text(text) => name.strip_prefix(text.as_str()).is_some_and(|rest| matches(others, rest)),
        Part::RepresentationId => {
            (0..=name.len()).any(|end| name.get(end..).is_some_and(|rest| matches(others, rest)))
        }
        Part::Number(_) | Part::Time(_) => {
            let digits = name.bytes().take_while(u8::is_ascii_digit).count();
            (1..=digits).any(|end| matches(others, &name[end..]))
        }
    }
}

fn fill(parts: &[Part], name: &str, number: u64, time: u64) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(t) => text.push_str(t),
            Part::RepresentationId => text.push_str(name),
            Part::Number(width) => text.push_str(&format!("{number:0width$}")),
            Part::Time(width) => text.push_str(&format!("{time:0width$}")),
        }
    }
    text
}

impl FromStr for SegmentTemplate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            Error::usage(format!(
                "`{text}` is no segment template: {why}; write one as $RepresentationID$/seg-$Number%05d$.m4s"
            ))
        };
        let mut parts = Vec::new();
        // Between two `$` is an identifier, and nothing for the sign itself.
        for (index, piece) in text.split('$').enumerate() {
            if index % 2 == 0 {
                match parts.last_mut() {
                    Some(Part::Text(before)) => before.push_str(piece),
                    _ if piece.is_empty() => {}
                    _ => parts.push(Part::Text(piece.to_string())),
                }
                continue;
            }
            let (identifier, width) = match piece.split_once('%') {
                None => (piece, 0),
                Some((identifier, format)) => {
                    let digits = format.strip_prefix('0').and_then(|f| f.strip_suffix('d'));
                    let width = digits.and_then(|d| d.parse::<usize>().ok()).filter(|n| (1..=20).contains(n));
                    (identifier, width.ok_or_else(|| wrong("a width is written as %05d"))?)
                }
            };
            match identifier {
                "" if width == 0 => match parts.last_mut() {
                    Some(Part::Text(before)) => before.push('$'),
                    _ => parts.push(Part::Text("$".into())),
                },
                "RepresentationID" if width == 0 => parts.push(Part::RepresentationId),
                "Number" => parts.push(Part::Number(width)),
                "Time" => parts.push(Part::Time(width)),
                _ => return Err(wrong("$RepresentationID$, $Number$ and $Time$ are known")),
            }
        }
        if text.matches('$').count() % 2 == 1 {
            return Err(wrong("a $ has no other"));
        }
        let slash = parts.iter().rposition(|part| matches!(part, Part::Text(t) if t.contains('/')));
        let Some(slash) = slash else {
            return Err(wrong("it has no folder with $RepresentationID$"));
        };
        let mut file = parts.split_off(slash + 1);
        if let Some(Part::Text(text)) = parts.pop() {
            let at = text.rfind('/').unwrap_or(0);
            if at > 0 {
                parts.push(Part::Text(text[..at].to_string()));
            }
            if at + 1 < text.len() {
                file.insert(0, Part::Text(text[at + 1..].to_string()));
            }
        }
        let template = SegmentTemplate { folder: parts, file };
        let ids = |parts: &[Part]| parts.iter().filter(|p| **p == Part::RepresentationId).count();
        let counts =
            |parts: &[Part]| parts.iter().filter(|p| matches!(p, Part::Number(_) | Part::Time(_))).count();
        if ids(&template.folder) != 1 || ids(&template.file) > 0 {
            return Err(wrong("$RepresentationID$ belongs into the folder, once"));
        }
        if counts(&template.file) != 1 || counts(&template.folder) > 0 {
            return Err(wrong("the file's name needs either $Number$ or $Time$"));
        }
        let example = template.folder("x");
        if example.starts_with('/')
            || example.contains('\\')
            || example.split('/').any(|s| matches!(s, "" | "." | ".."))
        {
            return Err(wrong("it must be a plain path below the output folder"));
        }
        if template.file("x", 1, 0) == INIT_SEGMENT {
            return Err(wrong("the name is the header's"));
        }
        Ok(template)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_filled() {
        let template: SegmentTemplate = "a/$RepresentationID$-x/s$$-$Number%05d$.m4s".parse().unwrap();
        assert_eq!(template.folder("v1"), "a/v1-x");
        assert_eq!(template.file("v1", 7, 0), "s$-00007.m4s");
        for (name, is_output) in [
            ("s$-00007.m4s", true),
            ("s$-.m4s", false),
            ("s$-7.m4s.txt", false),
            ("7.m4s", true),
            ("init.mp4", true),
            ("7.mp4", false),
        ] {
            assert_eq!(template.is_output(name), is_output, "{name}");
        }
        assert_eq!(template.to_string(), "a/$RepresentationID$-x/s$$-$Number%05d$.m4s");
        let time: SegmentTemplate = "$RepresentationID$/$Time$.m4s".parse().unwrap();
        assert!(time.has_time());
        assert_eq!(time.file("x", 1, 96000), "96000.m4s");
        let default = SegmentTemplate::default();
        assert_eq!(default.to_string().parse::<SegmentTemplate>().unwrap(), default);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in [
            "",
            "$Number$.m4s",
            "$RepresentationID$.m4s",
            "$RepresentationID$/x.m4s",
            "x/$Number$.m4s",
            "$RepresentationID$/$RepresentationID$-$Number$.m4s",
            "$RepresentationID$/$Number%5d$.m4s",
            "$RepresentationID$/$Bandwidth$.m4s",
            "$RepresentationID$/$Number$-$Time$.m4s",
            "$RepresentationID$/$Number.m4s",
            "/$RepresentationID$/$Number$.m4s",
            "../$RepresentationID$/$Number$.m4s",
            "$Number$/$RepresentationID$/$Number$.m4s",
        ] {
            assert!(text.parse::<SegmentTemplate>().is_err(), "{text}");
        }
    }
}
