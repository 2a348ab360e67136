//! Locating in XML: a pass over the tags that keeps the way to where it is. What is no XML ends the pass early.

use std::collections::HashMap;

use super::{MAX_DEPTH, Placed, Target, sorted_offsets};

/// Where DAPT has keys of the model that it calls otherwise: attributes and elements by their local names.
const NAMES: &[(&str, &[&str])] = &[
    ("language", &["lang"]),
    ("languageSource", &["langSrc"]),
    ("characters", &["agent"]),
    ("type", &["descType", "type"]),
    ("kind", &["type"]),
    ("talent", &["actor"]),
    ("uri", &["src"]),
    ("resource", &["src"]),
    ("sources", &["source", "src"]),
    ("texts", &["p"]),
    ("descriptions", &["desc"]),
    ("chunks", &["chunk"]),
    ("originTimecode", &["daptOriginTimecode"]),
    ("startOfProgrammeTimecode", &["documentStartOfProgramme"]),
    ("rate", &["speak"]),
    ("documentId", &["documentId"]),
];

/// What DAPT calls a key.
fn names(key: &'static str) -> Vec<&'static str> {
    NAMES.iter().find(|(known, _)| *known == key).map_or_else(|| vec![key], |(_, names)| names.to_vec())
}

pub(super) fn locate(text: &str, targets: &[Target<'_>]) -> Vec<Placed> {
    let mut walk = Walk {
        text,
        frames: Vec::new(),
        root_names: HashMap::new(),
        targets,
        spots: HashMap::new(),
        wanted: HashMap::new(),
        offsets: sorted_offsets(targets, text),
        next_offset: 0,
        placed: vec![Placed::default(); targets.len()],
        found: vec![false; targets.len()],
    };
    for (number, target) in targets.iter().enumerate() {
        if let Target::Spot(spot) = target {
            walk.spots.entry(spot.place.offset().unwrap_or(usize::MAX)).or_default().push(number);
        }
    }
    walk.document();
    walk.pass(usize::MAX);
    walk.give_up();
    walk.placed
}

/// An element that is open.
struct Frame<'t> {
    start: usize,
    name: &'t str,
    /// Which of its name among its siblings, from 1.
    number: u32,
    /// How many children of each name there were.
    children: HashMap<&'t str, u32>,
    /// The targets that may be elements in it.
    wanted: Vec<usize>,
}

struct Walk<'t, 'a> {
    text: &'t str,
    frames: Vec<Frame<'t>>,
    root_names: HashMap<&'t str, u32>,
    targets: &'a [Target<'a>],
    spots: HashMap<usize, Vec<usize>>,
    /// Targets by the local name of the element that they may be, with the depth of the element they belong to.
    wanted: HashMap<&'static str, Vec<(usize, usize)>>,
    offsets: Vec<(usize, usize)>,
    next_offset: usize,
    placed: Vec<Placed>,
    found: Vec<bool>,
}

/// An attribute: where it is, its name, and where it ends.
type Attribute<'t> = (usize, &'t str, usize);

impl<'t> Walk<'t, '_> {
    fn document(&mut self) {
        let text = self.text;
        let mut at = 0;
        while let Some(start) = text.get(at..).and_then(|rest| rest.find('<')).map(|found| at + found) {
            let rest = &text[start..];
            let skip = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
            if let Some((_, end)) = skip.iter().find(|(begin, _)| rest.starts_with(begin)) {
                let Some(length) = rest.find(end) else { return };
                at = start + length + end.len();
            } else if rest.starts_with("</") {
                let Some(length) = rest.find('>') else { return };
                self.pass(start);
                self.close();
                at = start + length + 1;
            } else {
                let Some(end) = self.open(start) else { return };
                at = end;
            }
        }
    }

    /// Goes through a start tag and gives where it ends.
    fn open(&mut self, start: usize) -> Option<usize> {
        let text = self.text;
        let name_end =
            start + 1 + text[start + 1..].find(|c: char| c.is_whitespace() || c == '/' || c == '>')?;
        let name = &text[start + 1..name_end];
        let mut attributes: Vec<Attribute<'t>> = Vec::new();
        let mut at = name_end;
        let empty = loop {
            at += text[at..].find(|c: char| !c.is_whitespace())?;
            if text[at..].starts_with("/>") {
                at += 2;
                break true;
            }
            if text[at..].starts_with('>') {
                at += 1;
                break false;
            }
            let equals = at + text[at..].find(['=', '>'])?;
            let quote = equals + 1 + text.get(equals + 1..)?.find(|c: char| !c.is_whitespace())?;
            let mark = text[quote..].chars().next().filter(|c| ['"', '\''].contains(c))?;
            let end = quote + 1 + text[quote + 1..].find(mark)? + 1;
            attributes.push((at, text[at..equals].trim_end(), end));
            at = end;
        };
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        self.pass(start);
        let siblings = match self.frames.last_mut() {
            Some(frame) => &mut frame.children,
            None => &mut self.root_names,
        };
        let number = siblings.entry(name).or_default();
        *number += 1;
        let number = *number;
        self.frames.push(Frame { start, name, number, children: HashMap::new(), wanted: Vec::new() });
        self.place_element(start, at, name, &attributes);
        if empty {
            self.close();
        }
        Some(at)
    }

    /// Places what an element that has just been opened answers.
    fn place_element(&mut self, start: usize, end: usize, name: &str, attributes: &[Attribute<'t>]) {
        while let Some(&(at, number)) = self.offsets.get(self.next_offset).filter(|(at, _)| *at < end) {
            let within = attributes.iter().find(|(from, _, to)| (*from..*to).contains(&at));
            self.place(number, at, within.map(|(_, name, _)| *name), None);
            self.next_offset += 1;
        }
        self.place_wanted(start, name);
        let depth = self.frames.len();
        for number in self.spots.remove(&start).unwrap_or_default() {
            let Target::Spot(spot) = self.targets[number] else { continue };
            let Some(key) = spot.key else {
                self.place(number, start, None, None);
                continue;
            };
            let names = names(key);
            let own = names.iter().find_map(|name| attributes.iter().find(|(_, own, _)| local(own) == *name));
            if let Some((at, own, _)) = own {
                self.place(number, *at, Some(own), None);
                continue;
            }
            for name in names {
                self.wanted.entry(name).or_default().push((depth, number));
            }
            if let Some(frame) = self.frames.last_mut() {
                frame.wanted.push(number);
            }
        }
    }

    /// Places the targets that this element is: a child of theirs, or metadata in one.
    fn place_wanted(&mut self, start: usize, name: &str) {
        let Some(wanted) = self.wanted.get_mut(local(name)).filter(|wanted| !wanted.is_empty()) else {
            return;
        };
        let depth = self.frames.len();
        let above = |levels: usize| {
            depth.checked_sub(levels).and_then(|at| self.frames.get(at)).map(|f| local(f.name))
        };
        let in_metadata = above(2) == Some("metadata");
        let in_head = above(3) == Some("head");
        let fits = |of: usize| match depth - of.min(depth) {
            1 => true,
            2 => in_metadata,
            3 => in_metadata && in_head,
            _ => false,
        };
        let mut placed = Vec::new();
        wanted.retain(|&(of, number)| {
            let fits = fits(of) && !self.found[number];
            if fits {
                placed.push(number);
            }
            !fits
        });
        for number in placed {
            self.place(number, start, None, None);
        }
    }

    /// Ends an element: what was not found in it is shown by the element.
    fn close(&mut self) {
        let depth = self.frames.len();
        let Some(frame) = self.frames.last_mut() else { return };
        let (start, numbers) = (frame.start, std::mem::take(&mut frame.wanted));
        for number in numbers {
            let Target::Spot(spot) = self.targets[number] else { continue };
            let key = spot.key.unwrap_or("");
            for name in names(key) {
                if let Some(wanted) = self.wanted.get_mut(name) {
                    wanted.retain(|&(of, _)| of < depth);
                }
            }
            if !self.found[number] {
                self.place(number, start, None, spot.key);
            }
        }
        self.frames.pop();
    }

    /// Places the targets before `offset`: they lie in the element that is open.
    fn pass(&mut self, offset: usize) {
        while let Some(&(at, number)) = self.offsets.get(self.next_offset).filter(|(at, _)| *at < offset) {
            self.place(number, at, None, None);
            self.next_offset += 1;
        }
    }

    fn place(
        &mut self,
        number: usize,
        offset: usize,
        attribute: Option<&str>,
        missing: Option<&'static str>,
    ) {
        let mut path = String::new();
        for frame in &self.frames {
            path.push('/');
            path += frame.name;
            let one = ["tt", "head", "body", "styling", "layout", "resources"].contains(&local(frame.name));
            if !(one && frame.number == 1) {
                path += &format!("[{}]", frame.number);
            }
        }
        if let Some(attribute) = attribute {
            path += "/@";
            path += attribute;
        }
        let subject = match missing {
            Some(key) => format!("{path}/@{}", names(key).first().unwrap_or(&key)),
            None => path.clone(),
        };
        self.placed[number] = Placed { offset, path, subject, ..Placed::default() };
        self.found[number] = true;
    }

    /// What was not met is shown by the document as a whole.
    fn give_up(&mut self) {
        while !self.frames.is_empty() {
            self.close();
        }
        for number in 0..self.targets.len() {
            if !self.found[number] {
                let offset = match self.targets[number] {
                    Target::Spot(spot) => spot.place.offset().unwrap_or(0).min(self.text.len()),
                    _ => 0,
                };
                self.place(number, offset, None, None);
            }
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::super::locate;
    use super::*;
    use crate::ttal::place::Place;
    use crate::ttal::rules::Syntax;
    use crate::ttal::source::Source;

    const TEXT: &str = r#"<?xml version="1.0"?>
<tt xml:lang="en"><!-- <div> -->
 <head><metadata><ttm:agent xml:id="c1"><ttm:name>A</ttm:name></ttm:agent><daptm:daptOriginTimecode>x</daptm:daptOriginTimecode></metadata></head>
 <body><div/><div xml:id="e1" daptm:onScreen='>'>
  <p>a</p><p xml:lang="fr">b<span/></p></div></body></tt>"#;

    fn located(target: Target<'_>) -> (u32, u32, String) {
        let placed = locate(&Source::from_text("a", TEXT), Syntax::Xml, &[target]).remove(0);
        (placed.line, placed.column, placed.path)
    }

    fn spot(element: &str, key: Option<&'static str>) -> (u32, u32, String) {
        let place = Place::at(TEXT.find(element).unwrap());
        located(Target::Spot(key.map_or(place.whole(), |key| place.key(key))))
    }

    #[test]
    fn spots_are_found() {
        assert_eq!(spot("<tt", Some("language")), (2, 5, "/tt/@xml:lang".into()));
        assert_eq!(spot("<tt", Some("represents")), (2, 1, "/tt".into()));
        assert_eq!(spot("<tt", Some("originTimecode")).2, "/tt/head/metadata[1]/daptm:daptOriginTimecode[1]");
        assert_eq!(spot("<ttm:agent", Some("name")).2, "/tt/head/metadata[1]/ttm:agent[1]/ttm:name[1]");
        assert_eq!(spot("<ttm:agent", Some("talent")).2, "/tt/head/metadata[1]/ttm:agent[1]");
        assert_eq!(spot("<div xml:id", Some("onScreen")), (4, 31, "/tt/body/div[2]/@daptm:onScreen".into()));
        assert_eq!(spot("<p xml", Some("language")), (5, 14, "/tt/body/div[2]/p[2]/@xml:lang".into()));
        assert_eq!(spot("<span", None).2, "/tt/body/div[2]/p[2]/span[1]");
    }

    #[test]
    fn offsets_are_found() {
        assert_eq!(located(Target::Offset(TEXT.find("b<span").unwrap())).2, "/tt/body/div[2]/p[2]");
        assert_eq!(
            located(Target::Offset(TEXT.find("onScreen").unwrap())).2,
            "/tt/body/div[2]/@daptm:onScreen"
        );
        assert_eq!(located(Target::Offset(0)).2, "");
    }

    #[test]
    fn broken_text_ends_the_pass() {
        for text in [
            "<",
            "<a",
            "<a b",
            "<a b=",
            "<a b='",
            "</",
            "</a>",
            "<!--",
            "<a/></a></a>",
            "<é é='é'",
            "<a b=c>",
        ] {
            let targets = [Target::Offset(text.len()), Target::Spot(Place::at(0).key("language"))];
            assert_eq!(locate(&Source::from_text("a", text), Syntax::Xml, &targets).len(), 2, "{text}");
        }
    }
}
