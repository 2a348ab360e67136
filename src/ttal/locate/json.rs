//! Locating in JSON: a pass over the tokens that keeps the way to where it is. What is no JSON ends the pass early.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{MAX_DEPTH, Placed, Target, sorted_offsets};

pub(super) fn locate(text: &str, targets: &[Target<'_>]) -> Vec<Placed> {
    let mut walk = Walk {
        text,
        at: 0,
        frames: Vec::new(),
        targets,
        spots: HashMap::new(),
        offsets: sorted_offsets(targets, text),
        next_offset: 0,
        trie: Trie::default(),
        placed: vec![Placed::default(); targets.len()],
        found: vec![false; targets.len()],
    };
    for (number, target) in targets.iter().enumerate() {
        match target {
            Target::Spot(spot) => {
                walk.spots.entry(spot.place.offset().unwrap_or(usize::MAX)).or_default().push(number);
            }
            Target::Pointer(pointer) => walk.trie.insert(pointer, number),
            Target::Offset(_) | Target::Member(_) => {}
        }
    }
    // Where it ends early, what is left lies behind.
    let _ = walk.document();
    walk.pass(usize::MAX);
    walk.give_up();
    walk.placed
}

/// An array or object that is open.
struct Frame<'t> {
    start: usize,
    /// The key that is being gone through, with its offset; `None` in an array.
    key: Option<(usize, &'t str)>,
    /// The number of the element that is being gone through.
    index: usize,
    is_empty: bool,
    is_object: bool,
    /// The targets that are keys of this object.
    keys: Vec<usize>,
    /// Where in the trie of pointers this is.
    node: Option<usize>,
}

/// Pointers by their parts.
#[derive(Default)]
struct Trie {
    children: Vec<HashMap<String, usize>>,
    targets: Vec<Vec<usize>>,
}

impl Trie {
    fn insert(&mut self, pointer: &str, number: usize) {
        if self.children.is_empty() {
            self.grow();
        }
        let mut node = 0;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            node = match self.children[node].get(&part) {
                Some(&child) => child,
                None => {
                    let child = self.grow();
                    self.children[node].insert(part, child);
                    child
                }
            };
        }
        self.targets[node].push(number);
    }

    fn grow(&mut self) -> usize {
        self.children.push(HashMap::new());
        self.targets.push(Vec::new());
        self.children.len() - 1
    }
}

struct Walk<'t, 'a> {
    text: &'t str,
    at: usize,
    frames: Vec<Frame<'t>>,
    targets: &'a [Target<'a>],
    spots: HashMap<usize, Vec<usize>>,
    offsets: Vec<(usize, usize)>,
    next_offset: usize,
    trie: Trie,
    placed: Vec<Placed>,
    found: Vec<bool>,
}

/// The text is not JSON any more.
struct End;

impl<'t> Walk<'t, '_> {
    /// Goes through the whole text. Values are taken one token at a time, so that depth costs no stack.
    fn document(&mut self) -> Result<(), End> {
        self.value()?;
        while !self.frames.is_empty() {
            self.space();
            let closes = matches!(self.byte(), Some(b'}' | b']'));
            if closes {
                self.pass(self.at);
                self.close();
                self.at += 1;
            } else if self.byte() == Some(b',') {
                self.at += 1;
                self.space();
                self.member(false)?;
            } else {
                // The first member of what has just been opened.
                self.member(true)?;
            }
        }
        Ok(())
    }

    /// A key, if this is an object, and its value.
    fn member(&mut self, first: bool) -> Result<(), End> {
        let frame = self.frames.last_mut().ok_or(End)?;
        // A comma stands between members, and nowhere else.
        if first != frame.is_empty {
            return Err(End);
        }
        frame.index += usize::from(!first);
        frame.is_empty = false;
        if frame.is_object {
            let start = self.at;
            self.pass(start);
            let key = self.string()?;
            self.space();
            if self.byte() != Some(b':') {
                return Err(End);
            }
            self.at += 1;
            self.enter_key(start, key);
        }
        self.value()
    }

    /// Notes the key that is gone through, and places the targets that are this key.
    fn enter_key(&mut self, start: usize, raw: &'t str) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.key = Some((start, raw));
        if frame.keys.is_empty() {
            return;
        }
        let keys = std::mem::take(&mut frame.keys);
        let name = unescaped(raw);
        let (matching, rest): (Vec<_>, Vec<_>) = keys.into_iter().partition(
            |&number| matches!(self.targets[number], Target::Spot(spot) if spot.key == Some(&*name)),
        );
        if let Some(frame) = self.frames.last_mut() {
            frame.keys = rest;
        }
        for number in matching {
            self.place(number, start, None);
        }
    }

    /// Begins a value: passes over a simple one, opens an array or object.
    fn value(&mut self) -> Result<(), End> {
        self.space();
        let start = self.at;
        let node = self.node();
        self.pass(start);
        while let Some(&(_, number)) =
            self.offsets.get(self.next_offset).filter(|(offset, _)| *offset == start)
        {
            let key = self.frames.last().and_then(|frame| frame.key).map(|(offset, _)| offset);
            let shown = match self.targets[number] {
                Target::Member(_) => key.unwrap_or(start),
                _ => start,
            };
            self.place(number, shown, None);
            self.next_offset += 1;
        }
        if let Some(node) = node {
            let key = self.frames.last().and_then(|frame| frame.key).map(|(offset, _)| offset);
            for number in std::mem::take(&mut self.trie.targets[node]) {
                self.place(number, key.unwrap_or(start), None);
            }
        }
        match self.byte().ok_or(End)? {
            b'{' | b'[' if self.frames.len() >= MAX_DEPTH => return Err(End),
            open @ (b'{' | b'[') => {
                self.at += 1;
                let mut keys = Vec::new();
                for number in self.spots.remove(&start).unwrap_or_default() {
                    match self.targets[number] {
                        Target::Spot(spot) if spot.key.is_some() => keys.push(number),
                        _ => self.place(number, start, None),
                    }
                }
                let is_object = open == b'{';
                self.frames.push(Frame { start, key: None, index: 0, is_empty: true, is_object, keys, node });
            }
            b'"' => {
                self.string()?;
            }
            _ => {
                let rest = &self.text.as_bytes()[start..];
                let length = rest.iter().take_while(|b| !b",]}\n\r\t ".contains(b)).count();
                if length == 0 {
                    return Err(End);
                }
                self.at += length;
            }
        }
        Ok(())
    }

    /// Where in the trie the value is that comes next.
    fn node(&self) -> Option<usize> {
        let Some(frame) = self.frames.last() else { return (!self.trie.children.is_empty()).then_some(0) };
        let children = &self.trie.children[frame.node?];
        match frame.key {
            Some((_, raw)) => children.get(&*unescaped(raw)).copied(),
            None => children.get(&frame.index.to_string()).copied(),
        }
    }

    /// Ends an array or object: keys that were not there are shown by the object.
    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        for number in frame.keys {
            let key = match self.targets[number] {
                Target::Spot(spot) => spot.key,
                _ => None,
            };
            self.place(number, frame.start, key);
        }
    }

    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|b| b" \t\r\n".contains(b)).count();
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over a string and gives what is between its quotes.
    fn string(&mut self) -> Result<&'t str, End> {
        if self.byte() != Some(b'"') {
            return Err(End);
        }
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return Err(End),
            }
        }
        self.at = at + 1;
        self.text.get(start..at).ok_or(End)
    }

    /// Places the targets before `offset` that no value begins at: they lie in what was gone through last.
    fn pass(&mut self, offset: usize) {
        while let Some(&(at, number)) = self.offsets.get(self.next_offset).filter(|(at, _)| *at < offset) {
            self.place(number, at, None);
            self.next_offset += 1;
        }
    }

    fn place(&mut self, number: usize, offset: usize, missing: Option<&str>) {
        let mut path = String::new();
        for frame in &self.frames {
            path.push('/');
            match frame.key {
                Some((_, raw)) => path += &pointer_part(&unescaped(raw)),
                None if frame.is_object => {
                    path.pop();
                }
                None => path += &frame.index.to_string(),
            }
        }
        let subject = match missing {
            Some(key) => format!("{path}/{}", pointer_part(key)),
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
            if self.found[number] {
                continue;
            }
            let (offset, key) = match self.targets[number] {
                Target::Spot(spot) => (spot.place.offset().unwrap_or(0).min(self.text.len()), spot.key),
                _ => (0, None),
            };
            self.place(number, offset, key);
        }
    }
}

fn pointer_part(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// A key without its escapes.
fn unescaped(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return raw.into();
    }
    serde_json::from_str::<String>(&format!("\"{raw}\"")).map_or(raw.into(), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::super::locate;
    use super::*;
    use crate::ttal::place::Place;
    use crate::ttal::rules::Syntax;
    use crate::ttal::source::Source;

    fn located(text: &str, target: Target<'_>) -> (u32, u32, String, String) {
        let placed = locate(&Source::from_text("a", text), Syntax::Json, &[target]).remove(0);
        (placed.line, placed.column, placed.path, placed.subject)
    }

    fn spot(text: &str, object: &str, key: Option<&'static str>) -> (u32, u32, String, String) {
        let place = Place::at(text.find(object).unwrap());
        located(text, Target::Spot(key.map_or(place.whole(), |key| place.key(key))))
    }

    #[test]
    fn spots_are_found() {
        let text = "{\"a\": \"é{\\\"\",\n \"events\": [{\"id\": \"e0\"},\n  {\"id\": \"e1\", \"on\\u0053creen\": 1}]}";
        let own = |line, column, path: &str| (line, column, path.to_string(), path.to_string());
        assert_eq!(spot(text, "{\"id\": \"e1\"", None), own(3, 3, "/events/1"));
        assert_eq!(spot(text, "{\"id\": \"e1\"", Some("onScreen")), own(3, 16, "/events/1/onScreen"));
        let missing = (3, 3, "/events/1".to_string(), "/events/1/end".to_string());
        assert_eq!(spot(text, "{\"id\": \"e1\"", Some("end")), missing);
        assert_eq!(spot(text, "{\"a\"", Some("a")), own(1, 2, "/a"));
    }

    #[test]
    fn pointers_and_offsets_are_found() {
        let text = r#"{"a/b": [1, {"c": [true]}], "d": {}}"#;
        let path = |target| located(text, target).2;
        assert_eq!(path(Target::Pointer("/a~1b/1/c/0")), "/a~1b/1/c/0");
        assert_eq!(located(text, Target::Pointer("/d")), (1, 29, "/d".into(), "/d".into()));
        assert_eq!(path(Target::Pointer("")), "");
        assert_eq!(path(Target::Offset(text.find("true").unwrap())), "/a~1b/1/c/0");
        assert_eq!(path(Target::Offset(text.find("rue").unwrap())), "/a~1b/1/c/0");
        assert_eq!(located(text, Target::Member(text.find("{}").unwrap())).1, 29);
        assert_eq!(path(Target::Pointer("/none")), "");
    }

    #[test]
    fn broken_text_ends_the_pass() {
        for text in [
            "",
            "{",
            "{\"a",
            "{\"a\": [1 2]}",
            "{\"a\" 1}",
            "[1,,2]",
            "]",
            "nul",
            "{\"a\": \"\\",
            "[1}",
            "{1}",
        ] {
            let placed = locate(
                &Source::from_text("a", text),
                Syntax::Json,
                &[Target::Offset(text.len()), Target::Spot(Place::at(3).key("a")), Target::Pointer("/a/0")],
            );
            assert_eq!(placed.len(), 3, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(locate(&Source::from_text("a", &*deep), Syntax::Json, &[Target::Pointer("")]).len(), 1);
    }
}
