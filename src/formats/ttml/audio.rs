//! Recordings and embedded audio.

use roxmltree::Node;

use super::element::{Reading, Takes, literal, place};
use super::names::{is_tt, tag};
use crate::formats::LossCode;
use crate::ttal::model::{List, Recording, Resource, ResourceKind, Source, Str};
use crate::ttal::rules::table;

/// Base64 and its like without the white space that lines are broken by.
fn compact(text: &str) -> Str {
    if text.bytes().any(|b| b.is_ascii_whitespace()) {
        text.split_ascii_whitespace().collect::<String>().into()
    } else {
        text.into()
    }
}

/// Bytes as text: whole, or in chunks.
#[derive(Debug, Default)]
struct Bytes {
    data: Option<Str>,
    chunks: List<Str>,
}

impl Reading<'_> {
    /// Reads an `audio` element of a text.
    pub fn recording(&mut self, node: Node<'_, '_>) -> Recording {
        const OWN: &[&str] = &["clipBegin", "clipEnd", "src", "type", "format"];
        let takes = Takes { times: true, language: true, mix: true, own: OWN, ..Takes::default() };
        let mut common = self.attributes(node, takes);
        let mut metadata = self.metadata(node, &mut |_, _, _| false);
        let (styles, animate) = self.animations(node, true);
        for _ in styles.iter().map(drop).chain(common.styling.iter().map(drop)) {
            self.notes.losses.add(LossCode::Style, self.event.as_deref(), "styles of recordings");
        }
        let mut mix = common.mix.take();
        if !animate.is_empty() {
            mix.get_or_insert_default().animate = animate;
        }
        let mut recording = Recording {
            at: place(node),
            clip_begin: common.own("clipBegin").map(Into::into),
            clip_end: common.own("clipEnd").map(Into::into),
            sources: self.sources(node, common.own("src"), common.own("type"), common.own("format")),
            id: common.id,
            begin: common.begin,
            end: common.end,
            dur: common.dur,
            language: common.language,
            mix,
            extensions: std::mem::take(&mut metadata.extensions),
            foreign: common.foreign,
            unknown: std::mem::take(&mut metadata.unknown),
        };
        recording.foreign.append(&mut metadata.foreign);
        self.other_children(node, &mut recording.foreign);
        metadata.put_values(&mut recording);
        recording
    }

    fn other_children(&mut self, node: Node<'_, '_>, foreign: &mut List<crate::ttal::model::Foreign>) {
        for (index, child) in (0..).zip(node.children().filter(Node::is_element)) {
            if !["metadata", "source", "set", "animate", "data", "chunk"]
                .iter()
                .any(|name| is_tt(child, name))
            {
                foreign.push(self.foreign_child(child, index));
            }
        }
    }

    /// The sources of an `audio` element: its own `src`, and its `source` children.
    fn sources(
        &mut self,
        node: Node<'_, '_>,
        src: Option<&str>,
        media_type: Option<&str>,
        format: Option<&str>,
    ) -> List<Source> {
        let mut sources: List<Source> = node
            .children()
            .filter(|n| is_tt(*n, "source"))
            .map(|source| self.source(source, media_type))
            .collect();
        if let Some(src) = src {
            if !sources.is_empty() {
                let message = "`audio` has both `src` and `source` children";
                self.remark(&table::D_21, place(node).key("sources"), message);
            }
            let mut own = Source {
                at: place(node),
                media_type: media_type.map(Str::from),
                format: format.map(Str::from),
                ..Source::default()
            };
            refer(&mut own, src);
            sources.insert(0, own);
        }
        sources
    }

    fn source(&mut self, node: Node<'_, '_>, around: Option<&str>) -> Source {
        const OWN: &[&str] = &["src", "type", "format"];
        let common = self.attributes(node, Takes { language: true, own: OWN, ..Takes::default() });
        let mut source = Source {
            at: place(node),
            media_type: common.own("type").or(around).map(Str::from),
            format: common.own_str("format"),
            language: common.language.clone(),
            ..Source::default()
        };
        self.leave(&common);
        if let Some(src) = common.own("src") {
            refer(&mut source, src);
        }
        let data: Vec<_> = node.children().filter(|n| is_tt(*n, "data")).collect();
        if data.len() > 1 {
            let message = "`source` has more than one `data`";
            self.remark(&table::D_21, place(node).key("data"), message);
        }
        if let Some(data) = data.first() {
            self.embedded(*data, &mut source);
        }
        let mut metadata = self.metadata(node, &mut |_, _, _| false);
        source.unknown = std::mem::take(&mut metadata.unknown);
        for _ in &metadata.foreign {
            self.notes.losses.add(LossCode::Ext, self.event.as_deref(), "metadata of sources");
        }
        metadata.put_values(&mut source);
        source
    }

    fn embedded(&mut self, node: Node<'_, '_>, source: &mut Source) {
        const OWN: &[&str] = &["src", "type", "format", "encoding", "length"];
        let common = self.attributes(node, Takes { language: true, own: OWN, ..Takes::default() });
        self.leave(&common);
        let bytes = self.bytes(node);
        (source.data, source.chunks) = (bytes.data, bytes.chunks);
        source.media_type = common.own_str("type").or(source.media_type.take());
        source.format = common.own_str("format").or(source.format.take());
        source.encoding = common.own_str("encoding");
        source.length = common.own_str("length");
        source.language = common.language.clone().or(source.language.take());
        if let Some(src) = common.own("src") {
            source.data = None;
            refer(source, src);
        }
    }

    /// What of a source's attributes the model has no place for.
    fn leave(&mut self, common: &super::element::Common<'_>) {
        let others = common.styling.iter().count() + common.foreign.len() + usize::from(common.id.is_some());
        for _ in 0..others {
            self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "attributes of audio sources");
        }
    }

    fn bytes(&mut self, node: Node<'_, '_>) -> Bytes {
        let mut bytes = Bytes::default();
        for chunk in node.children().filter(|n| is_tt(*n, "chunk")) {
            if chunk.attributes().len() > 0 {
                self.notes.losses.add(LossCode::Foreign, self.event.as_deref(), "attributes of chunks");
            }
            bytes.chunks.push(compact(&literal(chunk)));
        }
        if node.children().any(|n| is_tt(n, "source")) {
            self.remark(&table::D_20, place(node).whole(), "`data` has `source` children");
        } else if bytes.chunks.is_empty() {
            bytes.data = Some(compact(&literal(node)));
        }
        bytes
    }

    /// Reads a child of `resources`; `None` where it is neither audio nor data.
    pub fn resource(&mut self, node: Node<'_, '_>) -> Option<Resource> {
        const OWN: &[&str] = &["src", "type", "format", "encoding", "length"];
        let kind = match tag(node) {
            (super::names::Vocabulary::Tt, "audio") => ResourceKind::Audio,
            (super::names::Vocabulary::Tt, "data") => ResourceKind::Data,
            _ => return None,
        };
        let common = self.attributes(node, Takes { language: true, own: OWN, ..Takes::default() });
        let bytes = if kind == ResourceKind::Data { self.bytes(node) } else { Bytes::default() };
        let sources = node.children().filter(|n| is_tt(*n, "source")).map(|n| self.source(n, None)).collect();
        for _ in common.styling.iter().map(drop).chain(common.foreign.iter().map(drop)) {
            self.notes.losses.add(LossCode::Foreign, None, "attributes of resources");
        }
        let mut resource = Resource {
            at: place(node),
            id: common.id.clone().unwrap_or_default(),
            kind,
            media_type: common.own_str("type"),
            format: common.own_str("format"),
            encoding: common.own_str("encoding"),
            length: common.own_str("length"),
            uri: common.own_str("src"),
            language: common.language.clone(),
            sources,
            data: bytes.data.filter(|data| !data.is_empty() || common.own("src").is_none()),
            chunks: bytes.chunks,
            ..Resource::default()
        };
        // `source` children stand for the bytes, wrong as that is.
        if !resource.sources.is_empty() {
            resource.data = None;
        }
        let mut metadata = self.metadata(node, &mut |_, _, _| false);
        resource.unknown = std::mem::take(&mut metadata.unknown);
        for _ in &metadata.foreign {
            self.notes.losses.add(LossCode::Ext, None, "metadata of resources");
        }
        metadata.put_values(&mut resource);
        Some(resource)
    }
}

/// A `src` is the address of something outside, or `#` and the identifier of a resource.
fn refer(source: &mut Source, src: &str) {
    match src.strip_prefix('#') {
        Some(id) => source.resource = Some(id.into()),
        None => source.uri = Some(src.into()),
    }
}
