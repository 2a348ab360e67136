//! Where subtitles stand: the regions of a document, within the bounds that IMSC sets.

use std::collections::{HashMap, HashSet};

use super::allowed::{Axis, Root, spell, split_length};
use crate::formats::style::Styles;
use crate::formats::{LossCode, Losses, RegionChoice};
use crate::ttal::model::{Region, Script};
use crate::ttal::time::MediaTime;

/// Regions that may be on screen at a time. IMSC 1.1 § 7.12.1.3.
const MAX_PRESENTED: usize = 4;

/// A region of our own: identifier and attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnRegion {
    /// The identifier, if no other object of the document has it.
    pub(super) id: &'static str,
    /// Left and top edge, in per cent.
    pub(super) origin: (u8, u8),
    /// Width and height, in per cent.
    pub(super) extent: (u8, u8),
    /// Where lines stand in it.
    pub(super) styling: &'static [(&'static str, &'static str)],
}

/// The region of a choice. They don't overlap, and each has room for three lines of the usual size.
pub(super) fn own_region(choice: RegionChoice) -> OwnRegion {
    let horizontal = |id, top, styling| OwnRegion { id, origin: (10, top), extent: (80, 26), styling };
    let vertical = |id, left, styling| OwnRegion { id, origin: (left, 10), extent: (20, 80), styling };
    match choice {
        RegionChoice::Authored | RegionChoice::Bottom => {
            horizontal("bottom", 66, &[("tts:displayAlign", "after"), ("tts:textAlign", "center")])
        }
        RegionChoice::Top => {
            horizontal("top", 8, &[("tts:displayAlign", "before"), ("tts:textAlign", "center")])
        }
        RegionChoice::Middle => {
            horizontal("middle", 37, &[("tts:displayAlign", "center"), ("tts:textAlign", "center")])
        }
        RegionChoice::Left => vertical(
            "left",
            8,
            &[("tts:displayAlign", "after"), ("tts:textAlign", "start"), ("tts:writingMode", "tbrl")],
        ),
        RegionChoice::Right => vertical(
            "right",
            72,
            &[("tts:displayAlign", "before"), ("tts:textAlign", "start"), ("tts:writingMode", "tbrl")],
        ),
    }
}

/// Words in a region of our own look like this, unless they say otherwise: the size of the root is one of 15 rows,
/// the height of a line one that readers agree on, and an outline makes words readable on any picture.
pub(super) const OWN_LOOK: &[(&str, &str)] = &[
    ("tts:color", "white"),
    ("tts:fontFamily", "proportionalSansSerif"),
    ("tts:fontSize", "100%"),
    ("tts:lineHeight", "120%"),
    ("tts:textOutline", "black 5%"),
];

/// Edges of a region on the screen, in per cent: left, top, right, bottom.
type Edges = [f64; 4];

/// Where a region is, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Geometry {
    /// `tts:origin` or `tts:position`, if any, with its value.
    pub(super) place: Option<(&'static str, String)>,
    /// `tts:extent`.
    pub(super) extent: String,
    /// The edges, where they are known.
    pub(super) edges: Option<Edges>,
    /// Whether it had to be changed.
    pub(super) changed: bool,
}

/// Whether places of regions are given by `tts:position`, which then no region may mix with `tts:origin`.
pub(super) fn uses_position(script: &Script) -> bool {
    let regions = script.regions.iter().map(|region| &region.styling);
    let styles = script.styles.iter().map(|style| &style.styling);
    regions.chain(styles).any(|styling| styling.get("tts:position").is_some())
}

/// Works out where a region is.
pub(super) fn geometry(region: &Region, styles: &Styles<'_>, root: &Root, by_position: bool) -> Geometry {
    let attribute = |name| styles.attribute(name, &region.style, &region.styling);
    let mut changed = false;
    let mut pair = |name: &str, value: Option<&str>| {
        let words: Vec<&str> = value?.split_whitespace().collect();
        let pair = match words.as_slice() {
            [x, y] => Some((part(x, Axis::Horizontal, root)?, part(y, Axis::Vertical, root)?)),
            ["auto" | "contain" | "cover"] => None,
            _ => None,
        };
        changed |= pair.is_none() && !(name == "tts:extent" || value == Some("auto"));
        pair
    };
    let origin = pair("tts:origin", attribute("tts:origin"));
    let extent = pair("tts:extent", attribute("tts:extent"));
    let position = attribute("tts:position").filter(|_| by_position);
    let mut place = match (position, &origin) {
        (Some(position), _) => {
            super::allowed::allowed("tts:position", position, super::allowed::On::Region, root)
                .map(|a| ("tts:position", a.value.into_owned()))
        }
        (None, Some(((_, x), (_, y)))) if by_position => Some(("tts:position", format!("left {x} top {y}"))),
        (None, Some(((_, x), (_, y)))) => Some(("tts:origin", format!("{x} {y}"))),
        (None, None) => None,
    };
    let (mut left, mut top) = origin.as_ref().map_or((0.0, 0.0), |((x, _), (y, _))| (*x, *y));
    if position.is_some() {
        // Where such a region is depends on its size in more ways than are worth checking.
        let extent = extent.map_or_else(|| "100% 100%".to_string(), |((_, w), (_, h))| format!("{w} {h}"));
        return Geometry { place, extent, edges: None, changed };
    }
    if !(0.0..100.0).contains(&left) || !(0.0..100.0).contains(&top) {
        (left, top, changed) = (left.clamp(0.0, 99.0), top.clamp(0.0, 99.0), true);
        let (x, y) = (spell(left), spell(top));
        place = Some(if by_position {
            ("tts:position", format!("left {x}% top {y}%"))
        } else {
            ("tts:origin", format!("{x}% {y}%"))
        });
    }
    let mut side = |size: Option<(f64, String)>, from: f64| {
        const TOLERANCE: f64 = 0.001;
        match size {
            Some((size, text)) if from + size <= 100.0 + TOLERANCE => (size, text),
            Some(_) => {
                changed = true;
                (100.0 - from, format!("{}%", spell(100.0 - from)))
            }
            None => (100.0 - from, format!("{}%", spell(100.0 - from))),
        }
    };
    let (width, height) = extent.map_or((None, None), |(w, h)| (Some(w), Some(h)));
    let ((width, w), (height, h)) = (side(width, left), side(height, top));
    Geometry {
        place,
        extent: format!("{w} {h}"),
        edges: Some([left, top, left + width, top + height]),
        changed,
    }
}

/// A length as a part of the screen in per cent, and as it is written: pixels and per cent as they are.
fn part(text: &str, axis: Axis, root: &Root) -> Option<(f64, String)> {
    let (value, unit) = split_length(text)?;
    let across = axis == Axis::Horizontal;
    let part = match unit {
        "%" => return Some((value, text.to_string())),
        "px" => {
            let (width, height) = root.pixels?;
            return Some((value * 100.0 / if across { width } else { height }, text.to_string()));
        }
        "c" => value * 100.0 / if across { root.cells.0 } else { root.cells.1 },
        "rw" if across => value,
        "rh" if !across => value,
        _ => return None,
    };
    Some((part, format!("{}%", spell(part))))
}

/// A time in which a region is used.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use<'s> {
    /// The region.
    pub(super) region: &'s str,
    /// The event.
    pub(super) event: &'s str,
    /// From when.
    pub(super) begin: MediaTime,
    /// Until when.
    pub(super) end: MediaTime,
}

/// Reports moments with more regions than IMSC allows, and regions that overlap while both are used.
pub(super) fn check_uses(uses: &[Use<'_>], edges: &HashMap<&str, Edges>, losses: &mut Losses) {
    if uses.iter().map(|u| u.region).collect::<HashSet<_>>().len() < 2 {
        return;
    }
    // At one time, ends come before begins.
    let mut moments: Vec<(MediaTime, bool, &Use<'_>)> = Vec::with_capacity(uses.len() * 2);
    for u in uses.iter().filter(|u| u.begin < u.end) {
        moments.push((u.begin, true, u));
        moments.push((u.end, false, u));
    }
    moments.sort_by_key(|&(time, begins, _)| (time, begins));
    let mut presented: Vec<(&str, u32)> = Vec::new();
    for (_, begins, u) in moments {
        let at = presented.iter().position(|(region, _)| *region == u.region);
        match (begins, at) {
            (true, Some(at)) => presented[at].1 += 1,
            (true, None) if presented.len() >= MAX_PRESENTED => {
                losses.add(LossCode::Pos, Some(u.event), "more regions at a time than IMSC allows");
            }
            (true, None) => {
                let overlap = edges.get(u.region).is_some_and(|new| {
                    presented.iter().filter_map(|(region, _)| edges.get(region)).any(|old| overlap(new, old))
                });
                if overlap {
                    losses.add(
                        LossCode::Pos,
                        Some(u.event),
                        "regions that overlap on screen, which IMSC forbids",
                    );
                }
                presented.push((u.region, 1));
            }
            (false, Some(at)) => {
                presented[at].1 -= 1;
                if presented[at].1 == 0 {
                    presented.remove(at);
                }
            }
            (false, None) => {}
        }
    }
}

fn overlap(a: &Edges, b: &Edges) -> bool {
    const TOLERANCE: f64 = 0.001;
    a[0] + TOLERANCE < b[2] && b[0] + TOLERANCE < a[2] && a[1] + TOLERANCE < b[3] && b[1] + TOLERANCE < a[3]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Attributes;

    fn written(styling: &[(&str, &str)]) -> (Option<String>, String, bool) {
        let mut attributes = Attributes::default();
        for (name, value) in styling {
            attributes.set(name, *value);
        }
        let region = Region { id: "r".into(), styling: attributes, ..Region::default() };
        let script = Script::default();
        let root = Root { cells: (32.0, 15.0), pixels: Some((640.0, 480.0)) };
        let geometry = geometry(&region, &Styles::new(&script), &root, false);
        (geometry.place.map(|(_, value)| value), geometry.extent, geometry.changed)
    }

    #[test]
    fn regions_stay_on_screen() {
        let origin = |x: &str| Some(x.to_string());
        assert_eq!(
            written(&[("tts:origin", "10% 80%"), ("tts:extent", "80% 10%")]),
            (origin("10% 80%"), "80% 10%".into(), false)
        );
        assert_eq!(
            written(&[("tts:origin", "10% 80%"), ("tts:extent", "100% 30%")]),
            (origin("10% 80%"), "90% 20%".into(), true)
        );
        assert_eq!(
            written(&[("tts:origin", "8c 3c"), ("tts:extent", "320px 48px")]),
            (origin("25% 20%"), "320px 48px".into(), false)
        );
        assert_eq!(written(&[("tts:origin", "20% 10%")]), (origin("20% 10%"), "80% 90%".into(), false));
        assert_eq!(written(&[]), (None, "100% 100%".into(), false));
    }
}
