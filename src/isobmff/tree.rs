//! Describing a file box by box.
//!
//! The walk goes on behind whatever is wrong: an error belongs to the box it was found in.

use std::collections::HashMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::boxes::{Senc, SencFields, Tenc, Tfhd, Tkhd};
use super::fourcc::FourCC;
use super::header::{BoxHeader, top_level};
use super::layout::{MAX_DEPTH, children_at};
use super::reader::{BOX_LIMIT, Child, ParseBox, read_available};
use super::registry::{describe_entry, fields, info};
use super::value::{Fields, Value};
use crate::error::{Error, Result};
use crate::input::Input;

/// A described box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoxNode {
    /// The type.
    #[serde(rename = "type")]
    pub kind: FourCC,
    /// The extended type of a `uuid` box.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "uuid_text")]
    pub uuid: Option<[u8; 16]>,
    /// Absolute offset of its first byte.
    pub offset: u64,
    /// Bytes of the whole box, as it claims.
    pub size: u64,
    /// Bytes of its header.
    pub header_len: u8,
    /// Of a full box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u8>,
    /// Of a full box.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<u32>,
    /// In the order of the file.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    pub fields: Fields,
    /// The boxes in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<BoxNode>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The absolute offset of what is wrong, where that is known.
    #[serde(skip)]
    pub error_offset: Option<u64>,
}

fn uuid_text<S: Serializer>(uuid: &Option<[u8; 16]>, serializer: S) -> Result<S::Ok, S::Error> {
    match uuid {
        Some(uuid) => serializer.collect_str(&UuidText(uuid)),
        None => serializer.serialize_none(),
    }
}

struct UuidText<'a>(&'a [u8; 16]);

impl fmt::Display for UuidText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let dash = if matches!(index, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl Fields {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl BoxNode {
    fn new(header: &BoxHeader) -> Self {
        BoxNode {
            kind: header.kind,
            uuid: header.uuid,
            offset: header.offset,
            size: header.size,
            header_len: header.header_len,
            version: None,
            flags: None,
            fields: Fields::default(),
            children: Vec::new(),
            error: None,
            error_offset: None,
        }
    }

    /// Whether it or a box in it has an error.
    pub fn has_error(&self) -> bool {
        self.error.is_some() || self.children.iter().any(BoxNode::has_error)
    }

    fn fail(&mut self, error: &Error) {
        // The first one says most. Its file and path are those of the node.
        if self.error.is_some() {
            return;
        }
        self.error_offset = error.offset();
        let message = match error.offset() {
            Some(offset) => format!("byte {offset}: {}", error.message()),
            None => error.message().to_owned(),
        };
        self.error = Some(message);
    }

    fn write_text(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let indent = depth * 2;
        write!(f, "{:indent$}[{}]", "", self.kind)?;
        if let Some(uuid) = &self.uuid {
            write!(f, " {}", UuidText(uuid))?;
        }
        write!(f, " offset {} size {}", self.offset, self.size)?;
        if let (Some(version), Some(flags)) = (self.version, self.flags) {
            write!(f, " v{version} flags 0x{flags:x}")?;
        }
        writeln!(f)?;
        for (name, value) in &self.fields.0 {
            write_field(f, indent + 2, name, value)?;
        }
        if let Some(error) = &self.error {
            writeln!(f, "{:indent$}  error: {error}", "")?;
        }
        self.children.iter().try_for_each(|child| child.write_text(f, depth + 1))
    }
}

/// A field in one line; a list of objects with a line for each.
fn write_field(f: &mut fmt::Formatter<'_>, indent: usize, name: &str, value: &Value) -> fmt::Result {
    let table = |fields: &Fields| matches!(fields.get("entries"), Some(Value::List(_)));
    match value {
        Value::List(values) if values.iter().any(|v| matches!(v, Value::Object(_))) => {
            writeln!(f, "{:indent$}{name}", "")?;
            values.iter().try_for_each(|value| writeln!(f, "{:indent$}  {value}", ""))
        }
        Value::Object(fields) if table(fields) => {
            let count = fields.get("count").unwrap_or(&Value::Null);
            let Some(Value::List(entries)) = fields.get("entries") else { return Ok(()) };
            if entries.iter().any(|v| matches!(v, Value::Object(_))) {
                writeln!(f, "{:indent$}{name} ({count})", "")?;
                entries.iter().try_for_each(|value| writeln!(f, "{:indent$}  {value}", ""))?;
            } else {
                writeln!(f, "{:indent$}{name} ({count}) {}", "", Value::List(entries.clone()))?;
            }
            match fields.get("more") {
                Some(more) => writeln!(f, "{:indent$}  … {more} more", ""),
                None => Ok(()),
            }
        }
        value => writeln!(f, "{:indent$}{name} {value}", ""),
    }
}

impl fmt::Display for BoxNode {
    /// As indented text, a line for each box and field.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_text(f, 0)
    }
}

/// Bounds of a [`dump`].
#[derive(Debug, Clone, Copy)]
pub struct DumpOptions {
    /// The most boxes that are described: in all by [`dump`], in each top-level box by [`dump_each`].
    /// A box takes some hundred bytes of memory, with many fields a thousand.
    pub max_boxes: usize,
    /// The most bytes of one top-level box that are read into memory. Of media data none are.
    pub max_box_size: u64,
}

impl Default for DumpOptions {
    fn default() -> Self {
        DumpOptions { max_boxes: 500_000, max_box_size: BOX_LIMIT }
    }
}

/// Describes every box of a file.
///
/// A box may be wrong: see [`BoxNode::error`]. What is wrong between the top-level boxes, or the bound of the number
/// of boxes, ends the list with a node of type `\x00\x00\x00\x00` that says so.
///
/// # Errors
/// `Io` where reading fails.
pub fn dump(input: &Input, options: &DumpOptions) -> Result<Vec<BoxNode>> {
    let mut nodes = Vec::new();
    walk(input, options, false, |node| {
        nodes.push(node);
        Ok(())
    })?;
    Ok(nodes)
}

/// As [`dump`], giving one top-level box at a time, so that memory does not grow with their number.
///
/// # Errors
/// `Io` where reading fails, and what `each` returns.
pub fn dump_each(
    input: &Input,
    options: &DumpOptions,
    each: impl FnMut(BoxNode) -> Result<()>,
) -> Result<()> {
    walk(input, options, true, each)
}

fn walk(
    input: &Input,
    options: &DumpOptions,
    anew: bool,
    mut each: impl FnMut(BoxNode) -> Result<()>,
) -> Result<()> {
    let mut walk = Walk { budget: options.max_boxes, track: None, iv_sizes: HashMap::new() };
    let mut boxes = top_level(input).lenient();
    for header in boxes.by_ref() {
        let header = header?;
        if anew {
            walk.budget = options.max_boxes.max(1);
        } else if walk.budget == 0 {
            let message = format!("stopped after {} boxes", options.max_boxes);
            return each(stray(header.offset, input.len(), message));
        }
        each(walk.top(input, &header, options)?)?;
    }
    match boxes.problem() {
        // A cut-off box says so itself.
        Some(problem) if boxes.position() < input.len() => {
            each(stray(boxes.position(), input.len(), problem.message().to_owned()))
        }
        _ => Ok(()),
    }
}

/// A node for bytes that are no box.
fn stray(offset: u64, end: u64, message: String) -> BoxNode {
    BoxNode {
        kind: FourCC([0; 4]),
        uuid: None,
        offset,
        size: end - offset,
        header_len: 0,
        version: None,
        flags: None,
        fields: Fields::default(),
        children: Vec::new(),
        error: Some(message),
        error_offset: None,
    }
}

/// The most bytes of a box that is read into fields, tables apart. These take a multiple of its bytes.
const DESCRIBED: usize = 16 << 20;

struct Walk {
    budget: usize,
    /// Of the `trak` or `traf` in which the walk is.
    track: Option<u32>,
    /// What each track's `tenc` says.
    iv_sizes: HashMap<u32, u8>,
}

impl Walk {
    fn top(&mut self, input: &Input, header: &BoxHeader, options: &DumpOptions) -> Result<BoxNode> {
        let wanted = match info(header.kind, header.uuid) {
            Some(row) => row.describe.is_some() || children_at(None, header.kind, &[0; 16]).is_some(),
            None => children_at(None, header.kind, &[0; 16]).is_some(),
        };
        if !wanted {
            self.budget -= 1;
            let mut node = BoxNode::new(header);
            if header.is_truncated() {
                node.fail(&truncated(header));
            }
            return Ok(node);
        }
        match read_available(input, header, options.max_box_size) {
            Ok(loaded) => Ok(self.node(&loaded.as_child(), None, 0)),
            Err(error) if error.kind() == crate::ErrorKind::Limit => {
                self.budget -= 1;
                let mut node = BoxNode::new(header);
                node.fail(&error);
                Ok(node)
            }
            Err(error) => Err(error),
        }
    }

    fn node(&mut self, child: &Child<'_>, parent: Option<FourCC>, depth: usize) -> BoxNode {
        self.budget = self.budget.saturating_sub(1);
        let header = &child.header;
        let mut node = BoxNode::new(header);
        if header.is_truncated() {
            node.fail(&truncated(header));
        }
        if matches!(&node.kind.0, b"trak" | b"traf") {
            self.track = None;
        }
        let entry = parent.is_some_and(|p| p == b"stsd");
        let row = if entry { None } else { info(header.kind, header.uuid) };
        let start = children_at(parent, header.kind, child.payload());
        if row.is_some_and(|row| row.full) && !(header.kind == b"meta" && start == Some(0)) {
            let full = child.reader().full();
            node.version = full.as_ref().ok().map(|full| full.version);
            node.flags = full.as_ref().ok().map(|full| full.flags);
        }
        let mut reader = child.reader();
        let too_large = child.payload().len() > DESCRIBED && !row.is_some_and(|row| row.view);
        let described = match row.and_then(|row| row.describe) {
            Some(_) if header.kind == Senc::KIND || header.uuid == Some(Senc::PIFF_UUID) => self.senc(child),
            Some(_) if too_large => Err(Error::limit(format!(
                "{} bytes, the fields of at most {DESCRIBED} are described",
                child.payload().len()
            ))),
            Some(describe) => describe(&mut reader).map(|mut fields| {
                if start.is_none() && !reader.is_empty() {
                    fields.push("trailing_bytes", Value::Unsigned(reader.remaining() as u64));
                }
                fields
            }),
            None if entry && !too_large => describe_entry(child),
            None => Ok(Fields::default()),
        };
        match described {
            Ok(fields) => node.fields = fields,
            Err(error) => node.fail(&error),
        }
        self.note_track(child);
        if let Some(start) = start {
            self.children(child, start, depth, &mut node);
        }
        node
    }

    fn children(&mut self, child: &Child<'_>, start: usize, depth: usize, node: &mut BoxNode) {
        if depth >= MAX_DEPTH {
            node.fail(&Error::limit(format!("boxes nest more than {MAX_DEPTH} deep")));
            return;
        }
        let mut reader = child.reader();
        if let Err(error) = reader.skip(start) {
            return node.fail(&error);
        }
        for inner in reader.boxes().clipped() {
            match inner {
                Ok(_) if self.budget == 0 => {
                    node.fail(&Error::limit("stopped here: too many boxes"));
                    return;
                }
                Ok(inner) => {
                    let inner = self.node(&inner, Some(child.kind()), depth + 1);
                    node.children.push(inner);
                }
                Err(error) => node.fail(&error),
            }
        }
    }

    /// Keeps which track the walk is in and the IV sizes of tracks, which `senc` needs.
    fn note_track(&mut self, child: &Child<'_>) {
        match &child.kind().0 {
            b"tkhd" => self.track = child.parse::<Tkhd>().ok().map(|tkhd| tkhd.track_id),
            b"tfhd" => self.track = child.parse::<Tfhd>().ok().map(|tfhd| tfhd.track_id),
            b"tenc" => {
                if let (Some(track), Ok(tenc)) = (self.track, child.parse::<Tenc>()) {
                    self.iv_sizes.insert(track, tenc.default_per_sample_iv_size);
                }
            }
            _ => {}
        }
    }

    fn senc(&self, child: &Child<'_>) -> Result<Fields> {
        let mut reader = child.reader();
        let senc = match child.header.uuid {
            Some(_) => Senc::parse_piff(&mut reader)?,
            None => Senc::parse(&mut reader)?,
        };
        let iv_size = self.track.and_then(|track| self.iv_sizes.get(&track).copied());
        // A sample group may have another IV size than the track.
        let fits = |size: &u8| senc.entries(*size).all(|entry| entry.is_ok());
        fields(&SencFields { senc: &senc, iv_size: iv_size.filter(fits) })
    }
}

fn truncated(header: &BoxHeader) -> Error {
    Error::format(format!("size {}, only {} bytes are there", header.size, header.available))
}

#[cfg(test)]
mod tests {
    use super::super::Writer;
    use super::super::boxes::{Mfhd, SampleFlags, TrunHeader, TrunSample};
    use super::*;

    fn dumped(bytes: Vec<u8>) -> Vec<BoxNode> {
        dump(&Input::from_bytes("a", bytes), &DumpOptions::default()).unwrap()
    }

    #[test]
    fn text() {
        let mut w = Writer::new();
        w.boxed(b"moof", |w| {
            w.put(&Mfhd { sequence_number: 1 });
            w.boxed(b"traf", |w| {
                w.put(&Tfhd { track_id: 1, default_base_is_moof: true, ..Tfhd::default() });
                let header = TrunHeader { has_size: true, data_offset: Some(8), ..TrunHeader::default() };
                header.write_box(w, (0..10).map(|i| TrunSample { size: Some(i), ..TrunSample::default() }));
            });
        });
        w.boxed(b"mdat", |w| w.zeros(5));
        let text: String = dumped(w.into_bytes()).iter().map(BoxNode::to_string).collect();
        let expected = "\
[moof] offset 0 size 108
  [mfhd] offset 8 size 16 v0 flags 0x0
    sequence_number 1
  [traf] offset 24 size 84
    [tfhd] offset 32 size 16 v0 flags 0x20000
      track_ID 1
      duration_is_empty false
      default_base_is_moof true
    [trun] offset 48 size 60 v0 flags 0x201
      sample_count 10
      data_offset 8
      samples (10)
        {sample_size 0}
        {sample_size 1}
        {sample_size 2}
        {sample_size 3}
        {sample_size 4}
        {sample_size 5}
        {sample_size 6}
        {sample_size 7}
        … 2 more
[mdat] offset 108 size 13
";
        assert_eq!(text, expected);
        assert_eq!(SampleFlags(1).to_string(), "0x00000001");
    }

    #[test]
    fn errors_stay_with_their_box() {
        let bytes = b"\0\0\0\x24moof\0\0\0\x0cmfhd\x09\0\0\0\0\0\0\x10tfdt\0\0\0\0\0\0\0\x07\0\0\0\x10mdatxy"
            .to_vec();
        let nodes = dumped(bytes);
        assert_eq!(nodes[0].children[0].error.as_deref(), Some("byte 16: version 9, 0 was expected"));
        assert_eq!(nodes[0].children[1].fields.get("baseMediaDecodeTime"), Some(&Value::Unsigned(7)));
        assert_eq!(nodes[1].error.as_deref(), Some("size 16, only 10 bytes are there"));
        assert!(nodes[0].has_error());
        let nodes = dumped(b"\0\0\0\x18moof\0\0\0\xffmfhd\0\0\0\0\0\0\0\x01\0\0\0".to_vec());
        assert_eq!(nodes[0].children[0].error.as_deref(), Some("size 255, only 16 bytes are there"));
        assert_eq!(nodes[0].children[0].fields.get("sequence_number"), Some(&Value::Unsigned(1)));
        assert_eq!((nodes[1].kind, nodes[1].offset, nodes[1].size), (FourCC([0; 4]), 24, 3));
    }

    #[test]
    fn many_boxes_and_depth_are_bounded() {
        let mut w = Writer::new();
        w.boxed(b"moov", |w| (0..100).for_each(|_| w.bytes(b"\0\0\0\x08free")));
        w.bytes(b"\0\0\0\x08free");
        let input = Input::from_bytes("a", w.into_bytes());
        let nodes = dump(&input, &DumpOptions { max_boxes: 50, ..DumpOptions::default() }).unwrap();
        assert_eq!((nodes[0].children.len(), nodes[0].error.is_some()), (49, true));
        assert_eq!(nodes[1].error.as_deref(), Some("stopped after 50 boxes"));
        let mut bytes = Vec::new();
        for _ in 0..100 {
            let mut w = Writer::new();
            w.boxed(b"moov", |w| w.bytes(&bytes));
            bytes = w.into_bytes();
        }
        assert!(dumped(bytes)[0].has_error());
    }

    #[test]
    fn json_keeps_the_order() {
        let node = &dumped(Writer::single(&Mfhd { sequence_number: 1 }))[0];
        let json = r#"{"type":"mfhd","offset":0,"size":16,"header_len":8,"version":0,"flags":0,"fields":{"sequence_number":1}}"#;
        assert_eq!(serde_json::to_string(node).unwrap(), json);
    }
}
