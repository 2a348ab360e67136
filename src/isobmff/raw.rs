//! Boxes for rewriting: a tree that keeps every byte which is not edited.

use serde::{Serialize, Serializer, ser::SerializeStruct};

use super::fourcc::FourCC;
use super::header::SizeForm;
use super::layout::{MAX_DEPTH, children_at};
use super::reader::{Child, ParseBox, Reader};
use super::table::HexText;
use super::writer::{WriteBox, Writer};
use crate::error::{Error, Result};

/// Boxes in one tree; a box costs some hundred bytes of memory, so this bounds what a file of tiny boxes may take.
const MAX_BOXES: usize = 1_000_000;

/// A box as it lies in a file, its content opened where it is a known container.
///
/// Written back unedited it gives the same bytes; sizes follow from the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawBox {
    /// The box type.
    pub kind: FourCC,
    /// The extended type of a `uuid` box.
    pub uuid: Option<[u8; 16]>,
    /// How the size was written. A box that outgrows 32 bits gets a large size in any case;
    /// [`SizeForm::ToEnd`] is right only for a file's last box.
    pub size_form: SizeForm,
    /// Absolute offset where the box was read, 0 for a new one.
    pub offset: u64,
    /// What is in it.
    pub body: Body,
}

/// The content of a [`RawBox`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The payload.
    Bytes(Vec<u8>),
    /// Boxes, behind the fields of the box itself (version and flags included), before what is no box.
    Boxes {
        /// Fields before the boxes.
        prefix: Vec<u8>,
        /// The boxes in order.
        children: Vec<RawBox>,
        /// Zero bytes that QuickTime writers put behind.
        suffix: Vec<u8>,
    },
}

impl RawBox {
    /// A box with a payload.
    pub fn new(kind: impl Into<FourCC>, payload: impl Into<Vec<u8>>) -> Self {
        RawBox::with_body(kind, Body::Bytes(payload.into()))
    }

    /// A box of boxes.
    pub fn container(kind: impl Into<FourCC>, children: Vec<RawBox>) -> Self {
        RawBox::with_body(kind, Body::Boxes { prefix: Vec::new(), children, suffix: Vec::new() })
    }

    /// A typed box.
    pub fn from_box(value: &(impl WriteBox + ?Sized)) -> Self {
        let mut w = Writer::new();
        value.write(&mut w);
        RawBox::new(value.kind(), w.into_bytes())
    }

    fn with_body(kind: impl Into<FourCC>, body: Body) -> Self {
        RawBox { kind: kind.into(), uuid: None, size_form: SizeForm::Compact, offset: 0, body }
    }

    /// Takes a box apart. What is no known container, or is broken inside, stays bytes.
    ///
    /// # Errors
    /// `Limit` beyond a million boxes.
    pub fn read(child: &Child<'_>) -> Result<Self> {
        RawBox::open(child, None, 0, &mut MAX_BOXES.clone())
    }

    /// Takes all boxes in `r` apart.
    ///
    /// # Errors
    /// As [`RawBox::read`], and `Format` where `r` holds anything but boxes.
    pub fn read_all(r: &Reader<'_>) -> Result<Vec<Self>> {
        let parent = r.path().last();
        let mut budget = MAX_BOXES;
        r.boxes().map(|child| RawBox::open(&child?, parent, 0, &mut budget)).collect()
    }

    /// Copies a box without opening it.
    pub fn closed(child: &Child<'_>) -> Self {
        RawBox {
            kind: child.kind(),
            uuid: child.header.uuid,
            size_form: child.header.size_form,
            offset: child.header.offset,
            body: Body::Bytes(child.payload().to_vec()),
        }
    }

    fn open(child: &Child<'_>, parent: Option<FourCC>, depth: usize, budget: &mut usize) -> Result<Self> {
        let left = budget.checked_sub(1).ok_or_else(|| {
            Error::limit(format!("more than {MAX_BOXES} boxes")).at(child.header.offset).within(child.path())
        })?;
        *budget = left;
        let prefix_len = children_at(parent, child.kind(), child.payload()).filter(|_| depth < MAX_DEPTH);
        let Some(prefix_len) = prefix_len else { return Ok(RawBox::closed(child)) };
        let mut reader = child.reader();
        let prefix = reader.bytes(prefix_len)?.to_vec();
        let mut boxes = reader.boxes();
        let mut children = Vec::new();
        for inner in boxes.by_ref() {
            match inner {
                Ok(inner) => children.push(RawBox::open(&inner, Some(child.kind()), depth + 1, budget)?),
                Err(_) => return Ok(RawBox::closed(child)),
            }
        }
        let suffix = boxes.rest().to_vec();
        Ok(RawBox { body: Body::Boxes { prefix, children, suffix }, ..RawBox::header_of(child) })
    }

    fn header_of(child: &Child<'_>) -> Self {
        RawBox {
            kind: child.kind(),
            uuid: child.header.uuid,
            size_form: child.header.size_form,
            offset: child.header.offset,
            body: Body::Bytes(Vec::new()),
        }
    }

    /// Bytes behind the header.
    pub fn payload_size(&self) -> u64 {
        match &self.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Boxes { prefix, children, suffix } => {
                (prefix.len() + suffix.len()) as u64 + children.iter().map(RawBox::size).sum::<u64>()
            }
        }
    }

    /// Bytes of the whole box.
    pub fn size(&self) -> u64 {
        let content = self.payload_size() + if self.uuid.is_some() { 16 } else { 0 };
        let large = self.size_form == SizeForm::Large
            || self.size_form == SizeForm::Compact && content + 8 > u64::from(u32::MAX);
        content + if large { 16 } else { 8 }
    }

    /// Writes the box.
    pub fn write_to(&self, w: &mut Writer) {
        let size = self.size();
        match (self.size_form, u32::try_from(size)) {
            (SizeForm::ToEnd, _) => {
                w.u32(0);
                w.fourcc(self.kind);
            }
            (SizeForm::Compact, Ok(size)) => {
                w.u32(size);
                w.fourcc(self.kind);
            }
            _ => {
                w.u32(1);
                w.fourcc(self.kind);
                w.u64(size);
            }
        }
        if let Some(uuid) = &self.uuid {
            w.bytes(uuid);
        }
        self.write_payload(w);
    }

    fn write_payload(&self, w: &mut Writer) {
        match &self.body {
            Body::Bytes(bytes) => w.bytes(bytes),
            Body::Boxes { prefix, children, suffix } => {
                w.bytes(prefix);
                children.iter().for_each(|child| child.write_to(w));
                w.bytes(suffix);
            }
        }
    }

    /// The bytes of the whole box.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write_to(&mut w);
        w.into_bytes()
    }

    /// The bytes behind the header.
    pub fn payload(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write_payload(&mut w);
        w.into_bytes()
    }

    /// Puts a payload in place of the content.
    pub fn set_payload(&mut self, payload: impl Into<Vec<u8>>) {
        self.body = Body::Bytes(payload.into());
    }

    /// Puts a typed box in place of this one, which keeps its place.
    pub fn replace(&mut self, value: &(impl WriteBox + ?Sized)) {
        *self = RawBox { offset: self.offset, ..RawBox::from_box(value) };
    }

    /// Reads the content as a typed box, with offsets as they were when it was read.
    ///
    /// # Errors
    /// Those of the box.
    pub fn parse<T: for<'a> ParseBox<'a>>(&self) -> Result<T> {
        self.with_reader(|r| T::parse(r))
    }

    /// Calls `read` with a reader over the payload, for types that borrow from it.
    pub fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let header = 8 + if self.size_form == SizeForm::Large { 8 } else { 0 } + self.uuid.map_or(0, |_| 16);
        let path = super::reader::BoxPath::default().join(self.kind);
        let made;
        let payload = match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::Boxes { .. } => {
                made = self.payload();
                &made
            }
        };
        read(&mut Reader::new(payload, self.offset + header).with_path(path))
    }

    /// The boxes in it, none where it is not opened.
    pub fn children(&self) -> &[RawBox] {
        match &self.body {
            Body::Bytes(_) => &[],
            Body::Boxes { children, .. } => children,
        }
    }

    /// The boxes in it for editing, where it is opened.
    pub fn children_mut(&mut self) -> Option<&mut Vec<RawBox>> {
        match &mut self.body {
            Body::Bytes(_) => None,
            Body::Boxes { children, .. } => Some(children),
        }
    }

    /// The first box in it of type `kind`.
    pub fn find(&self, kind: impl Into<FourCC>) -> Option<&RawBox> {
        let kind = kind.into();
        self.children().iter().find(|child| child.kind == kind)
    }

    /// The first box in it of type `kind`, for editing.
    pub fn find_mut(&mut self, kind: impl Into<FourCC>) -> Option<&mut RawBox> {
        let kind = kind.into();
        self.children_mut()?.iter_mut().find(|child| child.kind == kind)
    }

    /// All boxes in it of type `kind`.
    pub fn find_all(&self, kind: impl Into<FourCC>) -> impl Iterator<Item = &RawBox> {
        let kind = kind.into();
        self.children().iter().filter(move |child| child.kind == kind)
    }

    /// The box reached by taking the first of each type in turn.
    pub fn descend(&self, path: &[&[u8; 4]]) -> Option<&RawBox> {
        path.iter().try_fold(self, |at, kind| at.find(*kind))
    }

    /// The same for editing.
    pub fn descend_mut(&mut self, path: &[&[u8; 4]]) -> Option<&mut RawBox> {
        path.iter().try_fold(self, |at, kind| at.find_mut(*kind))
    }

    /// Removes the boxes in it, at every level, for which `keep` says no; tells how many. The `entry_count` of an `stsd` or
    /// `dref` is not adapted: see [`RawBox::fix_entry_counts`].
    pub fn retain(&mut self, keep: &mut impl FnMut(&RawBox) -> bool) -> usize {
        let Some(children) = self.children_mut() else { return 0 };
        let before = children.len();
        children.retain(&mut *keep);
        let removed = before - children.len();
        removed + children.iter_mut().map(|child| child.retain(keep)).sum::<usize>()
    }

    /// Calls `edit` for this box and all in it, parents first.
    pub fn visit_mut(&mut self, edit: &mut impl FnMut(&mut RawBox)) {
        edit(self);
        if let Some(children) = self.children_mut() {
            children.iter_mut().for_each(|child| child.visit_mut(edit));
        }
    }

    /// Makes the `entry_count` of every `stsd` and `dref` that of its boxes.
    pub fn fix_entry_counts(&mut self) {
        self.visit_mut(&mut |b| {
            if let Body::Boxes { prefix, children, .. } = &mut b.body
                && matches!(&b.kind.0, b"stsd" | b"dref")
                && let Some(count) = prefix.get_mut(4..8)
            {
                count.copy_from_slice(&(children.len() as u32).to_be_bytes());
            }
        });
    }
}

impl WriteBox for RawBox {
    fn kind(&self) -> FourCC {
        self.kind
    }

    /// The payload, behind the extended type of a `uuid` box. [`RawBox::write_to`] also keeps the size's form.
    fn write(&self, w: &mut Writer) {
        if let Some(uuid) = &self.uuid {
            w.bytes(uuid);
        }
        self.write_payload(w);
    }
}

impl Serialize for RawBox {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("RawBox", 2)?;
        s.serialize_field("kind", &self.kind)?;
        s.serialize_field("payload", &HexText(&self.payload()).to_string())?;
        s.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::boxes::{Mfhd, Tfdt};
    use super::*;

    fn sample() -> Vec<u8> {
        let mut w = Writer::new();
        w.boxed(b"moof", |w| {
            w.put(&Mfhd { sequence_number: 1 });
            w.boxed(b"traf", |w| {
                w.put(&Tfdt { base_media_decode_time: 5 });
                w.bytes(b"\0\0\0\x01free\0\0\0\0\0\0\0\x11x");
                w.boxed(b"uuid", |w| w.bytes(&[7; 20]));
            });
        });
        w.into_bytes()
    }

    fn read(bytes: &[u8]) -> RawBox {
        RawBox::read(&Reader::new(bytes, 0).boxes().next().unwrap().unwrap()).unwrap()
    }

    #[test]
    fn unedited_is_identical() {
        let bytes = sample();
        let moof = read(&bytes);
        assert_eq!((moof.to_bytes(), moof.size()), (bytes.clone(), bytes.len() as u64));
        let tfdt = moof.descend(&[b"traf", b"tfdt"]).unwrap();
        assert_eq!(tfdt.offset, 32);
        assert_eq!(tfdt.parse::<Tfdt>().unwrap().base_media_decode_time, 5);
    }

    #[test]
    fn edits_move_the_sizes() {
        let mut moof = read(&sample());
        assert_eq!(moof.retain(&mut |b| b.kind != b"uuid" && b.kind != b"free"), 2);
        moof.descend_mut(&[b"traf", b"tfdt"]).unwrap().replace(&Tfdt { base_media_decode_time: 1 << 40 });
        moof.find_mut(b"mfhd").unwrap().kind = FourCC(*b"skip");
        let bytes = moof.to_bytes();
        assert_eq!(bytes.len() as u64, moof.size());
        assert_eq!(bytes[..4], 52u32.to_be_bytes());
        assert_eq!(read(&bytes).to_bytes(), bytes);
    }

    #[test]
    fn broken_containers_stay_bytes() {
        let bytes = b"\0\0\0\x14moof\0\0\0\x20traf\0\0\0\0".to_vec();
        let moof = read(&bytes);
        assert!(moof.children().is_empty());
        assert_eq!(moof.to_bytes(), bytes);
    }

    #[test]
    fn deep_nesting_and_many_boxes_are_bounded() {
        let mut bytes = Vec::new();
        for _ in 0..200 {
            let mut w = Writer::new();
            w.boxed(b"moov", |w| w.bytes(&bytes));
            bytes = w.into_bytes();
        }
        assert_eq!(read(&bytes).to_bytes(), bytes);
        let mut w = Writer::new();
        w.boxed(b"moov", |w| (0..=MAX_BOXES).for_each(|_| w.bytes(b"\0\0\0\x08free")));
        let bytes = w.into_bytes();
        let child = Reader::new(&bytes, 0).boxes().next().unwrap().unwrap();
        assert_eq!(RawBox::read(&child).unwrap_err().kind(), crate::ErrorKind::Limit);
    }
}
