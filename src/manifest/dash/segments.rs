//! How segments are found: by an index in one file, or by a template and a timeline.

use std::io;

use super::{Xml, address, text};
use crate::manifest::model::{Addressing, Presentation, Rendition};

/// What stands for a representation's `@id` in a template.
const ID: &str = "$RepresentationID$";

/// A `SegmentTemplate`, as far as two renditions may have the same.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template<'a> {
    timescale: u32,
    offset: u64,
    initialization: String,
    media: String,
    /// Time, duration and how many more there are.
    runs: Vec<(u64, u64, u64)>,
    path: &'a str,
}

impl<'a> Template<'a> {
    /// That of a rendition in files.
    pub(super) fn of(presentation: &Presentation, rendition: &'a Rendition) -> Option<Template<'a>> {
        let Addressing::Files { init, template } = &rendition.addressing else { return None };
        Some(Template {
            timescale: rendition.timescale,
            offset: presentation.start.ticks(rendition.timescale),
            initialization: initialization(init, template, &rendition.name),
            media: address::template(template),
            runs: runs(rendition),
            path: template,
        })
    }

    pub(super) fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let mut element = xml
            .create_element("SegmentTemplate")
            .with_attribute(("timescale", self.timescale.to_string().as_str()));
        if self.offset != 0 {
            element = element.with_attribute(("presentationTimeOffset", self.offset.to_string().as_str()));
        }
        if self.path.contains("$Number") {
            element = element.with_attribute(("startNumber", "1"));
        }
        element
            .with_attribute(("initialization", self.initialization.as_str()))
            .with_attribute(("media", self.media.as_str()))
            .write_inner_content(|xml| {
                xml.create_element("SegmentTimeline").write_inner_content(|xml| self.timeline(xml))?;
                Ok(())
            })?;
        Ok(())
    }

    fn timeline(&self, xml: &mut Xml) -> io::Result<()> {
        let mut next = None;
        for &(time, duration, more) in &self.runs {
            let mut element = xml.create_element("S");
            // Where a run continues the one before, its time is known.
            if next != Some(time) {
                element = element.with_attribute(("t", time.to_string().as_str()));
            }
            element = element.with_attribute(("d", duration.to_string().as_str()));
            if more > 0 {
                element = element.with_attribute(("r", more.to_string().as_str()));
            }
            element.write_empty()?;
            next = duration.checked_mul(more + 1).and_then(|length| time.checked_add(length));
        }
        Ok(())
    }
}

/// The header's address, with the `@id` left out of it where the template says in which folder it is.
fn initialization(init: &str, template: &str, name: &str) -> String {
    let (Some((folder, file)), Some((pattern, _))) = (init.rsplit_once('/'), template.rsplit_once('/'))
    else {
        return literal(init);
    };
    if pattern.contains(ID) && pattern.replace(ID, name).replace("$$", "$") == folder {
        return format!("{}/{}", address::template(pattern), literal(file));
    }
    literal(init)
}

/// A path in a template that names nothing: `$` is already escaped as an address has it.
fn literal(path: &str) -> String {
    address::reference(path)
}

/// Equal durations one behind the other, folded. Rule MPD-04.
fn runs(rendition: &Rendition) -> Vec<(u64, u64, u64)> {
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    let mut next = None;
    for segment in &rendition.segments {
        match runs.last_mut() {
            Some((_, duration, more)) if *duration == segment.duration && next == Some(segment.time) => {
                *more += 1
            }
            _ => runs.push((segment.time, segment.duration, 0)),
        }
        next = segment.time.checked_add(segment.duration);
    }
    runs
}

/// `BaseURL` and `SegmentBase` of a rendition in one file. Rule MPD-07.
pub(super) fn base(presentation: &Presentation, rendition: &Rendition, xml: &mut Xml) -> io::Result<()> {
    let Addressing::Ranges { path, header_size, index } = &rendition.addressing else { return Ok(()) };
    text(xml, "BaseURL", &address::reference(path))?;
    let mut element = xml
        .create_element("SegmentBase")
        .with_attribute(("timescale", rendition.timescale.to_string().as_str()));
    let offset = presentation.start.ticks(rendition.timescale);
    if offset != 0 {
        element = element.with_attribute(("presentationTimeOffset", offset.to_string().as_str()));
    }
    // The last byte is part of a range.
    let last = |end: u64| end.saturating_sub(1);
    element
        .with_attribute(("indexRange", format!("{}-{}", index.start, last(index.end)).as_str()))
        .with_attribute(("indexRangeExact", "true"))
        .write_inner_content(|xml| {
            let range = format!("0-{}", last(*header_size));
            xml.create_element("Initialization").with_attribute(("range", range.as_str())).write_empty()?;
            Ok(())
        })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_in_the_folder_of_the_segments() {
        let init = |init, template| initialization(init, template, "v 1");
        assert_eq!(init("v 1/init.mp4", "$RepresentationID$/$Number$.m4s"), "$RepresentationID$/init.mp4");
        assert_eq!(
            init("a$b/v 1/i#.mp4", "a$$b/$RepresentationID$/$Time$"),
            "a$$b/$RepresentationID$/i%23.mp4"
        );
        assert_eq!(init("other/init.mp4", "$RepresentationID$/$Number$.m4s"), "other/init.mp4");
        assert_eq!(init("v 1$.mp4", "$RepresentationID$-$Number$.m4s"), "v%201%24.mp4");
    }
}
