//! Where regions stand, in percent of the picture.

use super::cues::Cue;
use super::style::Styles;
use crate::ttal::model::{Event, Region, Script, Text};

/// Where lines stand in a region, along the direction in which lines follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum DisplayAlign {
    /// At its begin: the top, in horizontal text.
    #[default]
    Before,
    /// In its middle.
    Center,
    /// At its end: the bottom.
    After,
}

/// A region as a box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placement<'s> {
    /// The left edge.
    pub(super) x: f64,
    /// The upper edge.
    pub(super) y: f64,
    /// The width.
    pub(super) width: f64,
    /// The height.
    pub(super) height: f64,
    /// Where lines stand in it.
    pub(super) display_align: DisplayAlign,
    /// `tts:textAlign` on the region.
    pub(super) text_align: Option<&'s str>,
    /// `tts:writingMode`.
    pub(super) writing_mode: Option<&'s str>,
}

/// The region of a text: its own, its event's, its group's, or the body's.
pub(super) fn region_of<'s>(
    script: &'s Script,
    styles: &Styles<'s>,
    event: &'s Event,
    text: &'s Text,
) -> Option<&'s Region> {
    if script.regions.is_empty() {
        return None;
    }
    let group = || {
        let name = event.group.as_deref()?;
        let group = match name.strip_prefix('#') {
            Some(number) => script.groups.get(number.parse::<usize>().ok()?)?,
            None => script.groups.iter().find(|group| group.id.as_deref() == Some(name))?,
        };
        group.region.as_ref()
    };
    let body = || script.body.as_ref()?.region.as_ref();
    let id = text.region.as_ref().or(event.region.as_ref()).or_else(group).or_else(body)?;
    styles.region(id)
}

/// The region of the first text of a cue.
pub(super) fn region_of_cue<'s>(
    script: &'s Script,
    styles: &Styles<'s>,
    cue: &Cue<'s>,
) -> Option<&'s Region> {
    cue.texts.first().and_then(|(text, _)| region_of(script, styles, cue.event, text))
}

/// The box of a region; the whole picture where it says nothing. `None` where its lengths can't be compared with the
/// picture.
pub(super) fn placement<'s>(
    script: &Script,
    styles: &Styles<'s>,
    region: &'s Region,
) -> Option<Placement<'s>> {
    let attribute = |name| styles.attribute(name, &region.style, &region.styling);
    let (width, height) = match attribute("tts:extent") {
        Some("auto") | None => (100.0, 100.0),
        Some(value) => pair(value, script)?,
    };
    let (x, y) = match (attribute("tts:position"), attribute("tts:origin")) {
        (Some(position), _) => {
            // `x% y%` puts that point of the region on that point of the picture.
            let (px, py) = pair(position, script).or_else(|| keywords(position))?;
            ((100.0 - width) * px / 100.0, (100.0 - height) * py / 100.0)
        }
        (None, Some("auto") | None) => (0.0, 0.0),
        (None, Some(value)) => pair(value, script)?,
    };
    let display_align = match attribute("tts:displayAlign") {
        Some("after") => DisplayAlign::After,
        Some("center") => DisplayAlign::Center,
        _ => DisplayAlign::Before,
    };
    let (text_align, writing_mode) = (attribute("tts:textAlign"), attribute("tts:writingMode"));
    Some(Placement { x, y, width, height, display_align, text_align, writing_mode })
}

impl Placement<'_> {
    /// Where lines stand in the picture: the height of the edge or middle that they keep to.
    pub(super) fn line(&self) -> f64 {
        match self.display_align {
            DisplayAlign::Before => self.y,
            DisplayAlign::Center => self.y + self.height / 2.0,
            DisplayAlign::After => self.y + self.height,
        }
    }
}

/// Two lengths as percentages of width and height of the picture.
fn pair(value: &str, script: &Script) -> Option<(f64, f64)> {
    let mut words = value.split_whitespace();
    let (x, y) = (words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    Some((length(x, script, 0)?, length(y, script, 1)?))
}

fn length(text: &str, script: &Script, axis: usize) -> Option<f64> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic() || c == '%')?;
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite())?;
    match unit {
        "%" | "rw" if unit == "%" || axis == 0 => Some(number),
        "rh" if axis == 1 => Some(number),
        "c" => {
            let cells = script.root.get("ttp:cellResolution").unwrap_or("32 15");
            let cells: f64 = cells.split_whitespace().nth(axis)?.parse().ok()?;
            (cells > 0.0).then(|| number * 100.0 / cells)
        }
        "px" => {
            let extent = script.root.get("tts:extent")?.split_whitespace().nth(axis)?;
            let pixels: f64 = extent.strip_suffix("px")?.parse().ok()?;
            (pixels > 0.0).then(|| number * 100.0 / pixels)
        }
        _ => None,
    }
}

/// The keywords of `tts:position`.
fn keywords(value: &str) -> Option<(f64, f64)> {
    let (mut x, mut y) = (50.0, 50.0);
    for word in value.split_whitespace() {
        match word {
            "left" => x = 0.0,
            "right" => x = 100.0,
            "top" => y = 0.0,
            "bottom" => y = 100.0,
            "center" => {}
            _ => return None,
        }
    }
    Some((x, y))
}
