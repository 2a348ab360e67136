//! Writing texts: paragraphs, what is among their words, and their recordings.

use super::odd::{Has, Odd, has_one_form, is_attribute, is_joined};
use super::write::{Extra, Writer, block_attributes};
use crate::error::Result;
use crate::formats::ttml::element::Takes;
use crate::formats::ttml::space;
use crate::ttal::model::{Break, Cue, Node, Recording, RubyNode, Source, Span, Speak, Text};

macro_rules! odd_of {
    ($element:expr, $styling:expr, $takes:expr) => {{
        let element = $element;
        let mut odd = Odd::default();
        odd.ids("style", &element.style);
        odd.styling("styling", $styling, $takes, Has::of(element.mix.as_deref(), element.speak.as_deref()));
        odd.animations("animations", &element.animations);
        odd.mix(element.mix.as_deref());
        odd.speak(element.speak.as_deref());
        odd
    }};
}

/// Writes a text as a `p`.
pub(super) fn paragraph<'s>(writer: &mut Writer<'_, 's>, text: &'s Text) -> Result<()> {
    writer.xml.start("p")?;
    writer.xml.inline();
    // White space that would be taken for layout is marked once, for the whole paragraph.
    let keep = !space::survives(&text.content.0);
    writer.xml.optional("xml:id", text.id.as_deref())?;
    block_attributes!(writer, text);
    writer.xml.optional("region", text.region.as_deref())?;
    speak(writer, text.speak.as_deref())?;
    let has = Has::of(text.mix.as_deref(), text.speak.as_deref());
    if keep {
        writer.xml.attribute("xml:space", "preserve")?;
        let mut styling = text.styling.clone();
        styling.remove("xml:space");
        writer.styling(&styling, Takes::TEXT, has)?;
    } else {
        writer.styling(&text.styling, Takes::TEXT, has)?;
    }
    let mut extra = Extra {
        extensions: Some(&text.extensions),
        unknown: Some(&text.unknown),
        odd: odd_of!(text, &text.styling, Takes::TEXT),
        foreign: &text.foreign,
        ..Extra::default()
    };
    text.tx_fields(&mut |key, text| extra.fields.push((key, text)));
    writer.metadata(&extra)?;
    writer.children_of_known_names(&text.foreign, false)?;
    writer.animations(text.mix.as_deref(), &text.animations)?;
    for recording in &text.audio {
        audio(writer, recording)?;
    }
    nodes(writer, &text.content.0, keep)?;
    writer.xml.end();
    Ok(())
}

fn speak(writer: &mut Writer<'_, '_>, speak: Option<&Speak>) -> Result<()> {
    writer.xml.optional("tta:speak", speak.map(|s| s.rate.as_str()))?;
    writer.xml.optional("tta:pitch", speak.and_then(|s| s.pitch.as_deref()))
}

fn nodes<'s>(writer: &mut Writer<'_, 's>, nodes: &'s [Node], keep: bool) -> Result<()> {
    for node in nodes {
        match node {
            Node::Run(words) => writer.xml.words(words)?,
            Node::Break(node) => line_break(writer, node.as_deref())?,
            Node::Span(node) => span(writer, node, keep)?,
            Node::Ruby(node) => ruby(writer, node, keep)?,
            Node::Cue(node) => cue(writer, node)?,
        }
    }
    Ok(())
}

fn line_break(writer: &mut Writer<'_, '_>, node: Option<&Break>) -> Result<()> {
    writer.xml.start("br")?;
    if let Some(node) = node {
        writer.xml.optional("xml:id", node.id.as_deref())?;
        let takes = Takes::default();
        let mut odd = Odd::default();
        let mut styling = node.styling.clone();
        let style = styling.remove("style");
        let is_odd = |(name, value): (&str, &str)| !is_attribute(name, value, takes, Has::default());
        if styling.iter().any(is_odd) || style.as_deref().is_some_and(|style| !is_joined(style)) {
            odd.add("styling", &node.styling);
        }
        writer.xml.optional("style", style.as_deref().filter(|style| is_joined(style)))?;
        writer.styling(&styling, takes, Has::default())?;
        writer.metadata(&Extra { unknown: Some(&node.unknown), odd, ..Extra::default() })?;
    }
    writer.xml.end();
    Ok(())
}

fn span<'s>(writer: &mut Writer<'_, 's>, node: &'s Span, keep: bool) -> Result<()> {
    writer.xml.start("span")?;
    writer.xml.optional("xml:id", node.id.as_deref())?;
    block_attributes!(writer, node);
    writer.xml.optional("ttm:role", node.role.as_deref())?;
    speak(writer, node.speak.as_deref())?;
    let mut styling = node.styling.clone();
    if keep {
        styling.remove("xml:space");
    }
    writer.styling(&styling, Takes::SPAN, Has::of(node.mix.as_deref(), node.speak.as_deref()))?;
    let extra = Extra {
        extensions: Some(&node.extensions),
        unknown: Some(&node.unknown),
        odd: odd_of!(node, &styling, Takes::SPAN),
        foreign: &node.foreign,
        ..Extra::default()
    };
    writer.metadata(&extra)?;
    writer.children_of_known_names(&node.foreign, false)?;
    writer.animations(node.mix.as_deref(), &node.animations)?;
    for recording in &node.audio {
        audio(writer, recording)?;
    }
    nodes(writer, &node.content, keep)?;
    writer.xml.end();
    Ok(())
}

fn ruby<'s>(writer: &mut Writer<'_, 's>, node: &'s RubyNode, keep: bool) -> Result<()> {
    writer.xml.start("span")?;
    writer.xml.attribute("tts:ruby", "container")?;
    let mut odd = Odd::default();
    odd.unknown("ruby", &node.ruby.unknown);
    writer.metadata(&Extra { unknown: Some(&node.unknown), odd, ..Extra::default() })?;
    writer.xml.start("span")?;
    writer.xml.attribute("tts:ruby", "base")?;
    nodes(writer, &node.ruby.base, keep)?;
    writer.xml.end();
    writer.xml.start("span")?;
    writer.xml.attribute("tts:ruby", "text")?;
    writer.xml.optional("tts:rubyPosition", node.ruby.position.as_ref().map(|p| p.as_str()))?;
    nodes(writer, &node.ruby.text, keep)?;
    writer.xml.end();
    writer.xml.end();
    Ok(())
}

fn cue(writer: &mut Writer<'_, '_>, node: &Cue) -> Result<()> {
    writer.xml.start("span")?;
    let fields = vec![("cue", node.cue.to_string())];
    writer.metadata(&Extra { fields, unknown: Some(&node.unknown), ..Extra::default() })?;
    writer.xml.words(&node.text)?;
    writer.xml.end();
    Ok(())
}

fn audio<'s>(writer: &mut Writer<'_, 's>, recording: &'s Recording) -> Result<()> {
    writer.xml.start("audio")?;
    writer.xml.optional("xml:id", recording.id.as_deref())?;
    writer.xml.optional("begin", recording.begin.as_deref())?;
    writer.xml.optional("end", recording.end.as_deref())?;
    writer.xml.optional("dur", recording.dur.as_deref())?;
    writer.xml.optional("clipBegin", recording.clip_begin.as_deref())?;
    writer.xml.optional("clipEnd", recording.clip_end.as_deref())?;
    writer.xml.optional("xml:lang", recording.language.as_deref())?;
    writer.mix_attributes(recording.mix.as_deref())?;
    let mut odd = Odd::default();
    odd.recording(recording);
    let sources = if recording.sources.iter().all(has_one_form) { recording.sources.as_slice() } else { &[] };
    let single = match sources {
        [source] => src(writer, source, true),
        _ => None,
    };
    if let (Some(src), [source]) = (&single, sources) {
        writer.xml.attribute("src", src)?;
        writer.xml.optional("type", source.media_type.as_deref())?;
    }
    let extra = Extra {
        extensions: Some(&recording.extensions),
        unknown: Some(&recording.unknown),
        odd,
        foreign: &recording.foreign,
        ..Extra::default()
    };
    writer.metadata(&extra)?;
    writer.children_of_known_names(&recording.foreign, false)?;
    writer.animations(recording.mix.as_deref(), &Default::default())?;
    for source in sources.iter().filter(|_| single.is_none()) {
        self::source(writer, source)?;
    }
    writer.xml.end();
    Ok(())
}

/// The `src` of a source that has one. On the `audio` itself it can't have more than that and a type, and `#` means
/// a resource of kind audio there, one of kind data in `source`.
fn src(writer: &Writer<'_, '_>, source: &Source, on_audio: bool) -> Option<String> {
    if on_audio && (source.format.is_some() || source.language.is_some()) {
        return None;
    }
    if let Some(id) = &source.resource {
        let is_audio = writer.audio.contains(&**id);
        return (is_audio || !on_audio).then(|| format!("#{}", &**id));
    }
    source.uri.as_deref().map(str::to_string)
}

/// Writes a `source`.
pub(super) fn source(writer: &mut Writer<'_, '_>, source: &Source) -> Result<()> {
    writer.xml.start("source")?;
    let outside = src(writer, source, false);
    if let Some(src) = &outside {
        writer.xml.attribute("src", src)?;
        writer.xml.optional("type", source.media_type.as_deref())?;
        writer.xml.optional("format", source.format.as_deref())?;
    }
    writer.xml.optional("xml:lang", source.language.as_deref())?;
    if outside.is_none() {
        writer.xml.start("data")?;
        writer.xml.optional("type", source.media_type.as_deref())?;
        writer.xml.optional("format", source.format.as_deref())?;
        writer.xml.optional("encoding", source.encoding.as_deref())?;
        writer.xml.optional("length", source.length.as_deref())?;
        bytes(writer, source.data.as_deref(), &source.chunks)?;
        writer.xml.end();
    }
    writer.xml.end();
    Ok(())
}

/// Writes the bytes of a `data`.
pub(super) fn bytes(
    writer: &mut Writer<'_, '_>,
    data: Option<&str>,
    chunks: &[crate::ttal::model::Str],
) -> Result<()> {
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        writer.xml.words(data)?;
    }
    for chunk in chunks {
        writer.xml.element("chunk", chunk)?;
    }
    Ok(())
}
