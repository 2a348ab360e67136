//! The DASH manifest of what was packed: a static MPD with one period. ISO/IEC 23009-1.

mod descriptor;
mod segments;
mod set;

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

pub(crate) use self::descriptor::uuid;
use super::address;
use super::model::Presentation;
use crate::cmaf::write::Layout;
use crate::error::{Error, Result};
use crate::time::Seconds;

/// XML in the making.
type Xml = Writer<Vec<u8>>;

/// The MPD of a presentation.
///
/// # Errors
/// `Usage` where the model does not hold together (no tracks, no segments, an unknown set to switch to).
pub fn write(presentation: &Presentation) -> Result<String> {
    presentation.check()?;
    if presentation.sets.iter().flat_map(|set| &set.switches_with).any(|&i| i >= presentation.sets.len()) {
        return Err(Error::usage("a set to switch to is not there"));
    }
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    mpd(presentation, &mut xml).map_err(|e| Error::io("cannot write the MPD", e))?;
    let mut text = xml.into_inner();
    text.push(b'\n');
    String::from_utf8(text).map_err(|_| Error::format("the MPD is no UTF-8"))
}

fn mpd(presentation: &Presentation, xml: &mut Xml) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let is_encrypted = presentation.renditions().any(|(_, rendition)| rendition.encryption.is_some());
    let duration = in_seconds(presentation.duration());
    let mut element = xml
        .create_element("MPD")
        .with_attribute(("xmlns", "urn:mpeg:dash:schema:mpd:2011"))
        .with_attribute(("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"))
        .with_attribute(("xsi:schemaLocation", "urn:mpeg:dash:schema:mpd:2011 DASH-MPD.xsd"));
    if is_encrypted {
        element = element.with_attribute(("xmlns:cenc", "urn:mpeg:cenc:2013"));
    }
    element
        .with_attribute(("profiles", profiles(presentation).as_str()))
        .with_attribute(("type", "static"))
        .with_attribute(("mediaPresentationDuration", duration.as_str()))
        .with_attribute(("minBufferTime", rounded_up(presentation.min_buffer_time).as_str()))
        .write_inner_content(|xml| {
            if let Some(base) = &presentation.base_url {
                text(xml, "BaseURL", &address::base(base))?;
            }
            xml.create_element("Period")
                .with_attribute(("id", "0"))
                .with_attribute(("start", "PT0S"))
                .with_attribute(("duration", duration.as_str()))
                .write_inner_content(|xml| {
                    let mut sets = presentation.sets.iter().enumerate();
                    sets.try_for_each(|(id, one)| set::write(presentation, id, one, xml))
                })?;
            Ok(())
        })?;
    Ok(())
}

fn profiles(presentation: &Presentation) -> String {
    let addressing = match presentation.layout {
        Layout::Single => "urn:mpeg:dash:profile:isoff-on-demand:2011",
        Layout::Segments => "urn:mpeg:dash:profile:isoff-live:2011",
    };
    let cmaf = if presentation.is_cmaf { ",urn:mpeg:dash:profile:cmaf:2019" } else { "" };
    format!("{addressing}{cmaf}")
}

/// An element that holds text only.
fn text(xml: &mut Xml, name: &str, content: &str) -> io::Result<()> {
    xml.create_element(name).write_text_content(BytesText::new(&allowed(content)))?;
    Ok(())
}

/// Text without the characters that XML 1.0 cannot hold at all; U+FFFD stands for each.
fn allowed(text: &str) -> String {
    let is_char = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_char(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Microseconds as `xs:duration`.
fn in_seconds(microseconds: u64) -> String {
    let seconds = format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000);
    format!("PT{}S", seconds.trim_end_matches('0').trim_end_matches('.'))
}

fn rounded_up(time: Seconds) -> String {
    let (n, d) = (u128::from(time.0.numerator()), u128::from(time.0.denominator()));
    in_seconds(u64::try_from((n * 1_000_000).div_ceil(d)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_digits_they_need() {
        assert_eq!(in_seconds(2_736_067), "PT2.736067S");
        assert_eq!(in_seconds(10_500_000), "PT10.5S");
        assert_eq!(in_seconds(20_000_000), "PT20S");
        assert_eq!(in_seconds(0), "PT0S");
        assert_eq!(rounded_up("1001/30000".parse().unwrap()), "PT0.033367S");
    }

    #[test]
    fn characters_outside_xml_are_replaced() {
        assert_eq!(allowed("a\u{1}b\u{ffff}\tü𝄞"), "a\u{fffd}b\u{fffd}\tü𝄞");
    }
}
