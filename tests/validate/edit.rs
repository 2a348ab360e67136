//! Changing files in one place: boxes are found by their path, and what holds them grows and shrinks with them.

use std::collections::BTreeMap;
use std::ops::Range;

/// Files by their names. Init segments come before media segments.
#[derive(Debug, Clone, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_owned(), bytes);
    }

    pub fn remove(&mut self, name: &str) -> Vec<u8> {
        self.0.remove(name).unwrap_or_else(|| panic!("no {name} among {:?}", self.0.keys()))
    }

    /// All, init segments first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Vec<u8>)> {
        let (init, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(|(name, _)| name.ends_with("init.mp4"));
        init.into_iter().chain(rest).map(|(name, bytes)| (name.as_str(), bytes))
    }

    /// The bytes of the file whose name ends so.
    pub fn named(&mut self, end: &str) -> &mut Vec<u8> {
        let name = self.0.keys().find(|name| name.ends_with(end)).cloned();
        let name = name.unwrap_or_else(|| panic!("no {end} among {:?}", self.0.keys()));
        self.0.get_mut(&name).unwrap()
    }

    /// The only file.
    pub fn only(&mut self) -> Mp4<'_> {
        assert_eq!(self.0.len(), 1, "{:?}", self.0.keys());
        Mp4 { bytes: self.0.values_mut().next().unwrap() }
    }

    /// The file whose name ends so, as boxes.
    pub fn mp4(&mut self, end: &str) -> Mp4<'_> {
        Mp4 { bytes: self.named(end) }
    }

    /// Puts another text in the place of one that is there once or more.
    pub fn replace(&mut self, end: &str, old: &str, new: &str) {
        let bytes = self.named(end);
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(old), "no {old} in {text}");
        *bytes = text.replacen(old, new, 1).into_bytes();
    }
}

impl Files {
    /// Changes a text.
    pub fn text(&mut self, end: &str, change: impl FnOnce(&str) -> String) {
        let bytes = self.named(end);
        let text = change(std::str::from_utf8(bytes).unwrap());
        *bytes = text.into_bytes();
    }

    /// Gives an attribute another value, the first of that name behind a text.
    pub fn attribute(&mut self, end: &str, behind: &str, name: &str, value: &str) {
        self.text(end, |text| {
            let at = text.find(behind).unwrap_or_else(|| panic!("no {behind} in {text}"));
            let find = |what: &str, from: usize| {
                from + text[from..]
                    .find(what)
                    .unwrap_or_else(|| panic!("no {what} behind {behind} in {text}"))
            };
            let start = find(&format!("{name}="), at) + name.len() + 1;
            let is_quoted = text[start..].starts_with('"');
            let start = start + usize::from(is_quoted);
            let stop = text[start..].find(|c| if is_quoted { c == '"' } else { c == ',' || c == '\n' });
            format!("{}{value}{}", &text[..start], &text[start + stop.unwrap()..])
        });
    }

    /// Gives the first line that begins so another end.
    pub fn line(&mut self, end: &str, begins: &str, value: &str) {
        self.text(end, |text| {
            let start = text.find(begins).unwrap_or_else(|| panic!("no {begins} in {text}")) + begins.len();
            let stop = start + text[start..].find('\n').unwrap();
            format!("{}{value}{}", &text[..start], &text[stop..])
        });
    }
}

/// A box: where it is, and where its payload begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub range: Range<usize>,
    pub payload: usize,
}

/// A file of boxes.
///
/// A path names a box and those around it: `moov/trak/mdia/mdhd`, `moof[2]/traf/trun`, counted from 1. Sample entries
/// are children of `stsd`, and their boxes children of the entry.
pub struct Mp4<'a> {
    bytes: &'a mut Vec<u8>,
}

impl Mp4<'_> {
    /// All bytes.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        self.bytes
    }

    /// The box at a path, if it is there.
    pub fn find(&self, path: &str) -> Option<At> {
        self.chain(path).and_then(|mut chain| chain.pop())
    }

    /// The box at a path.
    pub fn at(&self, path: &str) -> At {
        self.find(path).unwrap_or_else(|| panic!("no {path}"))
    }

    /// The whole box.
    pub fn raw(&self, path: &str) -> Vec<u8> {
        self.bytes[self.at(path).range].to_vec()
    }

    /// What is in the box.
    pub fn payload(&mut self, path: &str) -> &mut [u8] {
        let at = self.at(path);
        &mut self.bytes[at.payload..at.range.end]
    }

    /// Writes bytes over those in the payload.
    pub fn write(&mut self, path: &str, offset: usize, bytes: &[u8]) {
        self.payload(path)[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    pub fn u8(&mut self, path: &str, offset: usize) -> u8 {
        self.payload(path)[offset]
    }

    pub fn u32(&mut self, path: &str, offset: usize) -> u32 {
        u32::from_be_bytes(self.payload(path)[offset..offset + 4].try_into().unwrap())
    }

    pub fn set_u32(&mut self, path: &str, offset: usize, value: u32) {
        self.write(path, offset, &value.to_be_bytes());
    }

    /// Takes a box away.
    pub fn remove(&mut self, path: &str) {
        let at = self.at(path);
        self.splice(path, at.range, &[]);
    }

    /// Puts something in the place of a box.
    pub fn replace(&mut self, path: &str, with: &[u8]) {
        let at = self.at(path);
        self.splice(path, at.range, with);
    }

    /// Puts something in front of a box.
    pub fn insert_before(&mut self, path: &str, what: &[u8]) {
        let start = self.at(path).range.start;
        self.splice(path, start..start, what);
    }

    /// Puts something behind a box.
    pub fn insert_after(&mut self, path: &str, what: &[u8]) {
        let end = self.at(path).range.end;
        self.splice(path, end..end, what);
    }

    /// Puts something at the end of a box.
    pub fn append(&mut self, path: &str, what: &[u8]) {
        let end = self.at(path).range.end;
        self.splice(&format!("{path}/."), end..end, what);
    }

    /// Changes the payload of a box to other bytes, of any length.
    pub fn set_payload(&mut self, path: &str, bytes: &[u8]) {
        let at = self.at(path);
        self.splice(&format!("{path}/."), at.payload..at.range.end, bytes);
    }

    /// Exchanges a box with the next one.
    pub fn swap(&mut self, path: &str, next: &str) {
        let (first, second) = (self.at(path).range, self.at(next).range);
        assert_eq!(first.end, second.start, "{path} and {next} are no neighbours");
        self.bytes[first.start..second.end].rotate_left(first.len());
    }

    /// Puts bytes in the place of others; sizes of the boxes around (all of the path but the last) follow, and so do
    /// the offsets in the same movie fragment and the sizes in the index.
    fn splice(&mut self, path: &str, range: Range<usize>, with: &[u8]) {
        let parents = match path.rsplit_once('/') {
            Some((parent, _)) => self.chain(parent).unwrap(),
            None => Vec::new(),
        };
        let grown = with.len() as i64 - range.len() as i64;
        for parent in &parents {
            self.resize(parent.range.start, grown);
        }
        let moof =
            parents.first().filter(|at| &self.bytes[at.range.start + 4..at.range.start + 8] == b"moof");
        if let Some(moof) = moof.cloned() {
            self.shift_fragment(&moof, range.start, grown);
        }
        self.bytes.splice(range, with.iter().copied());
    }

    fn resize(&mut self, box_start: usize, grown: i64) {
        let size = u32::from_be_bytes(self.bytes[box_start..box_start + 4].try_into().unwrap());
        let size = u32::try_from(i64::from(size) + grown).unwrap();
        self.bytes[box_start..box_start + 4].copy_from_slice(&size.to_be_bytes());
    }

    /// A change at `place` in a movie fragment moves its media data, and what comes behind the place.
    fn shift_fragment(&mut self, moof: &At, place: usize, grown: i64) {
        let add = |bytes: &mut [u8]| {
            let value = i32::from_be_bytes(bytes[..4].try_into().unwrap());
            bytes[..4].copy_from_slice(&(i64::from(value) + grown).to_be_bytes()[4..]);
        };
        for traf in self.children(moof, b"moof").into_iter().filter(|(kind, _)| kind == b"traf") {
            for (kind, at) in self.children(&traf.1, b"traf") {
                match &kind {
                    // With data_offset_present.
                    b"trun" if self.bytes[at.payload + 3] & 1 == 1 => add(&mut self.bytes[at.payload + 8..]),
                    b"saio" => {
                        let typed = self.bytes[at.payload + 3] & 1 == 1;
                        let entry = at.payload + if typed { 16 } else { 8 };
                        let offset = u32::from_be_bytes(self.bytes[entry..entry + 4].try_into().unwrap());
                        if moof.range.start + offset as usize >= place {
                            add(&mut self.bytes[entry..]);
                        }
                    }
                    _ => {}
                }
            }
        }
        if let Some(sidx) = self.find("sidx") {
            let wide = self.bytes[sidx.payload] == 1;
            let references = sidx.payload + if wide { 32 } else { 24 };
            let mut start = sidx.range.end;
            for reference in (references..sidx.range.end).step_by(12) {
                let size = u32::from_be_bytes(self.bytes[reference..reference + 4].try_into().unwrap());
                let end = start + size as usize;
                if (start..end).contains(&moof.range.start) {
                    add(&mut self.bytes[reference..]);
                }
                start = end;
            }
        }
    }

    /// The boxes from the top to the one at a path.
    fn chain(&self, path: &str) -> Option<Vec<At>> {
        let mut chain: Vec<At> = Vec::new();
        let mut kind = [0; 4];
        for step in path.split('/') {
            let (name, number) = match step.split_once('[') {
                Some((name, number)) => (name, number.trim_end_matches(']').parse::<usize>().unwrap()),
                None => (step, 1),
            };
            let boxes = match chain.last() {
                Some(parent) => self.children(parent, &kind),
                None => self.boxes(0..self.bytes.len()),
            };
            kind = name.as_bytes().try_into().unwrap();
            let found = boxes.into_iter().filter(|(of, _)| *of == kind).nth(number - 1)?;
            chain.push(found.1);
        }
        Some(chain)
    }

    fn children(&self, parent: &At, kind: &[u8; 4]) -> Vec<([u8; 4], At)> {
        let skipped = match kind {
            b"stsd" | b"dref" => 8,
            b"meta" => 4,
            b"av01" | b"encv" | b"avc1" | b"hvc1" | b"vp09" => 78,
            b"mp4a" | b"enca" | b"Opus" | b"ac-3" | b"ec-3" | b"fLaC" | b"iamf" => 28,
            b"wvtt" | b"enct" => 8,
            b"stpp" => {
                // Three strings.
                let strings = &self.bytes[parent.payload + 8..parent.range.end];
                let ends = strings.iter().enumerate().filter(|(_, byte)| **byte == 0);
                8 + ends.map(|(at, _)| at + 1).nth(2).unwrap()
            }
            _ => 0,
        };
        self.boxes(parent.payload + skipped..parent.range.end)
    }

    fn boxes(&self, range: Range<usize>) -> Vec<([u8; 4], At)> {
        let mut boxes = Vec::new();
        let mut start = range.start;
        while start + 8 <= range.end {
            let size = u32::from_be_bytes(self.bytes[start..start + 4].try_into().unwrap()) as usize;
            let kind = self.bytes[start + 4..start + 8].try_into().unwrap();
            let (size, header) = match size {
                1 => (u64::from_be_bytes(self.bytes[start + 8..start + 16].try_into().unwrap()) as usize, 16),
                0 => (range.end - start, 8),
                size => (size, 8),
            };
            let end = (start + size.max(header)).min(range.end);
            boxes.push((kind, At { range: start..end, payload: (start + header).min(end) }));
            start = end;
        }
        boxes
    }
}

/// A box of a kind with a payload.
pub fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    [&(payload.len() as u32 + 8).to_be_bytes(), kind.as_slice(), payload].concat()
}
