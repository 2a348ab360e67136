//! Settings of cues and regions, and what they are in TTML.

use super::timestamp::is_space;
use crate::ttal::model::Attributes;

/// The height of a line of WebVTT, in percent of the picture. WebVTT § 7.1: 0.0533 of its height.
const LINE: f64 = 5.33;

/// How text runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Vertical {
    #[default]
    No,
    GrowingLeft,
    GrowingRight,
}

/// Which part of a box a position means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Start,
    Center,
    End,
}

/// The settings of a cue.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings<'t> {
    /// The identifier of its region.
    pub(super) region: Option<&'t str>,
    vertical: Vertical,
    line: Option<f64>,
    snap_to_lines: bool,
    line_align: Edge,
    position: Option<f64>,
    position_align: Option<Edge>,
    size: f64,
    /// The text alignment, where it is set.
    pub(super) align: Option<&'t str>,
    /// The first setting that means nothing.
    pub(super) wrong: Option<&'t str>,
}

/// Reads the settings of a cue. "Parse the WebVTT cue settings".
pub(super) fn cue<'t>(text: &'t str, is_region: impl Fn(&str) -> bool) -> Settings<'t> {
    let mut settings = Settings {
        region: None,
        vertical: Vertical::No,
        line: None,
        snap_to_lines: true,
        line_align: Edge::Start,
        position: None,
        position_align: None,
        size: 100.0,
        align: None,
        wrong: None,
    };
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        let fits = word.split_once(':').is_some_and(|(name, value)| settings.set(name, value, &is_region));
        if !fits {
            settings.wrong.get_or_insert(word);
        }
    }
    settings
}

impl<'t> Settings<'t> {
    fn set(&mut self, name: &str, value: &'t str, is_region: impl Fn(&str) -> bool) -> bool {
        if value.is_empty() {
            return false;
        }
        match name {
            "region" => {
                self.region = is_region(value).then_some(value);
                self.region.is_some()
            }
            "vertical" => {
                match value {
                    "rl" => self.vertical = Vertical::GrowingLeft,
                    "lr" => self.vertical = Vertical::GrowingRight,
                    _ => return false,
                }
                self.region = None;
                true
            }
            "line" => self.set_line(value).is_some(),
            "position" => {
                let (number, align) = value.split_once(',').map_or((value, None), |(n, a)| (n, Some(a)));
                let Some(number) = percentage(number) else { return false };
                match align {
                    None => {}
                    Some("line-left") => self.position_align = Some(Edge::Start),
                    Some("center") => self.position_align = Some(Edge::Center),
                    Some("line-right") => self.position_align = Some(Edge::End),
                    Some(_) => return false,
                }
                self.position = Some(number);
                true
            }
            "size" => {
                let Some(number) = percentage(value) else { return false };
                self.size = number;
                if number < 100.0 {
                    self.region = None;
                }
                true
            }
            "align" => {
                let known = matches!(value, "start" | "center" | "end" | "left" | "right");
                if known {
                    self.align = Some(value);
                }
                known
            }
            _ => false,
        }
    }

    fn set_line(&mut self, value: &str) -> Option<()> {
        let (number, align) = value.split_once(',').map_or((value, None), |(n, a)| (n, Some(a)));
        let (number, snap) = match number.strip_suffix('%') {
            Some(_) => (percentage(number)?, false),
            None => {
                let digits = number.strip_prefix('-').unwrap_or(number);
                (is_decimal(digits).then(|| number.parse::<f64>().ok()).flatten()?, true)
            }
        };
        let align = match align {
            None => self.line_align,
            Some("start") => Edge::Start,
            Some("center") => Edge::Center,
            Some("end") => Edge::End,
            Some(_) => return None,
        };
        (self.line, self.snap_to_lines, self.line_align) = (Some(number), snap, align);
        self.region = None;
        Some(())
    }

    /// The region that puts text where these settings do; `None` where they say no more than where subtitles are
    /// anyway.
    pub(super) fn attributes(&self) -> Option<Attributes> {
        let placed = self.vertical != Vertical::No
            || self.line.is_some()
            || self.position.is_some()
            || self.size < 100.0
            || self.align.is_some_and(|align| align != "center");
        if self.region.is_some() || !placed {
            return None;
        }
        let (start, extent) = self.across();
        let (top, height, display_align) = self.along();
        let (origin, size) = match self.vertical {
            Vertical::No => ((start, top), (extent, height)),
            // Lines follow one another from the right: what is along counts from there.
            Vertical::GrowingLeft => ((100.0 - top - height, start), (height, extent)),
            Vertical::GrowingRight => ((top, start), (height, extent)),
        };
        let mut attributes = Attributes::default();
        attributes.set("tts:origin", pair(origin));
        attributes.set("tts:extent", pair(size));
        attributes.set("tts:displayAlign", display_align);
        attributes.set("tts:textAlign", self.align.unwrap_or("center"));
        match self.vertical {
            Vertical::No => {}
            Vertical::GrowingLeft => attributes.set("tts:writingMode", "tbrl"),
            Vertical::GrowingRight => attributes.set("tts:writingMode", "tblr"),
        }
        Some(attributes)
    }

    /// Begin and extent across the lines. WebVTT § 7.2, steps 2 to 6.
    fn across(&self) -> (f64, f64) {
        let edge = self.position_align.unwrap_or(match self.align {
            Some("start" | "left") => Edge::Start,
            Some("end" | "right") => Edge::End,
            _ => Edge::Center,
        });
        let position = self.position.unwrap_or(match self.align {
            Some("start" | "left") => 0.0,
            Some("end" | "right") => 100.0,
            _ => 50.0,
        });
        let most = match edge {
            Edge::Start => 100.0 - position,
            Edge::End => position,
            Edge::Center => 2.0 * position.min(100.0 - position),
        };
        let size = self.size.min(most);
        let start = match edge {
            Edge::Start => position,
            Edge::End => position - size,
            Edge::Center => position - size / 2.0,
        };
        (start, size)
    }

    /// Begin, extent and alignment along the lines.
    fn along(&self) -> (f64, f64, &'static str) {
        let Some(line) = self.line else {
            return match self.vertical {
                Vertical::No => (5.0, 90.0, "after"),
                // Without a line, vertical text is where lines end too.
                Vertical::GrowingLeft | Vertical::GrowingRight => (5.0, 90.0, "after"),
            };
        };
        if self.snap_to_lines {
            let at = (line.abs().min(20.0) * LINE).min(95.0);
            return if line < 0.0 {
                (0.0, 100.0 - (at - LINE).max(0.0), "after")
            } else {
                (at, 100.0 - at, "before")
            };
        }
        match self.line_align {
            Edge::Start => (line, 100.0 - line, "before"),
            Edge::Center => {
                let half = line.min(100.0 - line);
                (line - half, 2.0 * half, "center")
            }
            Edge::End => (0.0, line, "after"),
        }
    }
}

/// A region as its settings say. "Collect WebVTT region settings".
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RegionSettings<'t> {
    /// Its identifier, maybe empty.
    pub(super) id: &'t str,
    width: f64,
    lines: f64,
    anchor: (f64, f64),
    viewport_anchor: (f64, f64),
}

/// Reads the settings of a region.
pub(super) fn region(text: &str) -> RegionSettings<'_> {
    let mut region = RegionSettings {
        id: "",
        width: 100.0,
        lines: 3.0,
        anchor: (0.0, 100.0),
        viewport_anchor: (0.0, 100.0),
    };
    let anchor = |value: &str| {
        let (x, y) = value.split_once(',')?;
        Some((percentage(x)?, percentage(y)?))
    };
    for word in text.split(is_space) {
        let Some((name, value)) = word.split_once(':').filter(|(_, value)| !value.is_empty()) else {
            continue;
        };
        match name {
            "id" => region.id = value,
            "width" => region.width = percentage(value).unwrap_or(region.width),
            "lines" if value.bytes().all(|b| b.is_ascii_digit()) => {
                region.lines = value.parse().unwrap_or(region.lines);
            }
            "regionanchor" => region.anchor = anchor(value).unwrap_or(region.anchor),
            "viewportanchor" => region.viewport_anchor = anchor(value).unwrap_or(region.viewport_anchor),
            _ => {}
        }
    }
    region
}

impl RegionSettings<'_> {
    /// The same region in TTML. WebVTT § 7.1.
    pub(super) fn attributes(&self) -> Attributes {
        let height = (self.lines * LINE).min(100.0);
        let x = self.viewport_anchor.0 - self.width * self.anchor.0 / 100.0;
        let y = self.viewport_anchor.1 - height * self.anchor.1 / 100.0;
        let mut attributes = Attributes::default();
        attributes.set("tts:origin", pair((x, y)));
        attributes.set("tts:extent", pair((self.width, height)));
        attributes.set("tts:displayAlign", "after");
        attributes.set("tts:textAlign", "center");
        attributes
    }
}

/// "Parse a percentage string".
fn percentage(text: &str) -> Option<f64> {
    let digits = text.strip_suffix('%').filter(|digits| is_decimal(digits))?;
    digits.parse().ok().filter(|n| (0.0..=100.0).contains(n))
}

/// Digits, maybe with a point and digits behind it.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').map_or(digits(text), |(whole, fraction)| digits(whole) && digits(fraction))
}

fn pair((x, y): (f64, f64)) -> String {
    format!("{}% {}%", number(x), number(y))
}

/// A number with two decimals at most.
pub(super) fn number(value: f64) -> String {
    let text = format!("{:.2}", if value.abs() < 0.005 { 0.0 } else { value });
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region_of(text: &str) -> Vec<String> {
        let attributes = cue(text, |_| false).attributes().unwrap_or_default();
        attributes.iter().map(|(_, value)| value.to_string()).collect()
    }

    #[test]
    fn settings_become_regions() {
        assert_eq!(region_of(""), [""; 0]);
        assert_eq!(region_of("align:center line:x"), [""; 0]);
        assert_eq!(region_of("line:0"), ["0% 0%", "100% 100%", "before", "center"]);
        assert_eq!(region_of("line:-1"), ["0% 0%", "100% 100%", "after", "center"]);
        assert_eq!(
            region_of("line:90%,end position:10% align:start"),
            ["10% 0%", "90% 90%", "after", "start"]
        );
        assert_eq!(region_of("position:30% size:80%"), ["0% 5%", "60% 90%", "after", "center"]);
        assert_eq!(region_of("vertical:rl line:10%"), ["0% 0%", "90% 100%", "before", "center", "tbrl"]);
    }

    #[test]
    fn wrong_settings_are_named() {
        let wrong = |text| cue(text, |id| id == "a").wrong;
        assert_eq!(wrong("region:a align:left size:0.5% line:-1.5"), None);
        assert_eq!(wrong("align:middle"), Some("align:middle"));
        assert_eq!(wrong("line:5,middle"), Some("line:5,middle"));
        assert_eq!(wrong("position:5"), Some("position:5"));
        assert_eq!(wrong("size:101%"), Some("size:101%"));
        assert_eq!(wrong("region:b"), Some("region:b"));
    }
}
