//! How segments of a representation are named: by ranges, lists and templates. Rules MPD-05, MPD-07.

use std::ops::Range;

use roxmltree::Node;

use super::read::{Element, Places, children};
use super::text::{self, Values, fill};
use crate::validate::manifest::{Page, Resource, SEGMENT_LIMIT, Spot, address};
use crate::validate::table::{MPD_01, MPD_04, MPD_05, MPD_07};

/// Bytes of all addresses that templates make.
const ADDRESS_LIMIT: usize = 64 << 20;

/// What an MPD says of the segments of a representation.
#[derive(Debug, Default)]
pub(super) struct Addressing {
    pub(super) init: Option<Resource>,
    /// In the order of time; none where an index lists them.
    pub(super) segments: Vec<Segment>,
    /// Ticks a second.
    pub(super) timescale: u64,
    /// In ticks: the time on the media's timeline at which the period begins.
    pub(super) offset: u64,
    pub(super) offset_spot: Spot,
    /// Bytes of the segment index, and where that is said.
    pub(super) index: Option<(Range<u64>, Spot)>,
    /// The one duration that all segments have, and where it is said.
    pub(super) duration: Option<(u64, Spot)>,
    /// Whether there is a timeline.
    pub(super) has_timeline: bool,
    /// Whether the names hold times.
    pub(super) by_time: bool,
}

/// A segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) resource: Resource,
    /// In ticks; of a timeline.
    pub(super) time: Option<u64>,
    /// In ticks; of a timeline.
    pub(super) duration: Option<u64>,
}

/// How many segments may still come, and how many bytes of their addresses.
pub(super) struct Budget {
    segments: usize,
    bytes: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { segments: SEGMENT_LIMIT, bytes: ADDRESS_LIMIT }
    }
}

/// Where addressing is read from.
pub(super) struct Source<'a, 'd, 'i> {
    /// The representation, its set, its period.
    pub(super) levels: [Node<'d, 'i>; 3],
    pub(super) base: &'a str,
    /// The representation.
    pub(super) element: &'a Element,
    /// Of the period, in seconds.
    pub(super) duration: Option<f64>,
    pub(super) is_dynamic: bool,
}

impl<'d, 'i> Source<'_, 'd, 'i> {
    /// The elements of a name, from the nearest outwards.
    fn chain(&self, name: &'static str) -> Vec<Node<'d, 'i>> {
        self.levels
            .iter()
            .filter_map(|level| level.children().find(|child| child.tag_name().name() == name))
            .collect()
    }
}

/// The value of an attribute with its element: an outer element says it where the inner ones do not.
fn inherited<'d, 'i>(chain: &[Node<'d, 'i>], name: &str) -> Option<(&'d str, Node<'d, 'i>)> {
    chain.iter().find_map(|node| Some((node.attribute(name)?, *node)))
}

/// Reads how the segments of a representation are named.
pub(super) fn read(
    source: &Source<'_, '_, '_>,
    places: &Places<'_>,
    budget: &mut Budget,
    page: &mut Page<'_>,
) -> Addressing {
    for name in ["SegmentTemplate", "SegmentList", "SegmentBase"] {
        let chain = source.chain(name);
        let Some(nearest) = chain.first() else { continue };
        let number = |name: &str| inherited(&chain, name).and_then(|(value, _)| value.trim().parse().ok());
        let spot = places.spot(*nearest);
        let mut addressing = Addressing {
            timescale: number("timescale").unwrap_or(1),
            offset: number("presentationTimeOffset").unwrap_or(0),
            offset_spot: inherited(&chain, "presentationTimeOffset")
                .map_or(spot, |(_, node)| places.spot(node)),
            duration: inherited(&chain, "duration")
                .and_then(|(value, node)| Some((value.trim().parse().ok()?, places.spot(node)))),
            ..Addressing::default()
        };
        if addressing.timescale == 0 {
            page.say(&MPD_01, spot, "the timescale is 0");
            addressing.timescale = 1;
        }
        let mut of = Of { source, chain: &chain, places, budget: &mut *budget };
        match name {
            "SegmentTemplate" => of.template(&mut addressing, page),
            "SegmentList" => of.list(&mut addressing, page),
            _ => of.base(&mut addressing, page),
        }
        return addressing;
    }
    // A file that is played as it is.
    let mut addressing = Addressing { timescale: 1, ..Addressing::default() };
    let has_own_base = source.levels.iter().any(|level| children(*level, "BaseURL").next().is_some());
    if has_own_base {
        let (address, spot) = (source.base.to_owned(), source.element.spot);
        addressing.init = Some(Resource { address, spot, ..Resource::default() });
    } else {
        let message =
            "nothing says where its segments are: no SegmentTemplate, SegmentList, SegmentBase or BaseURL";
        let finding = page.finding(&MPD_01, source.element.spot, message).path(&source.element.path);
        page.push(finding);
    }
    addressing
}

struct Of<'a, 'b, 'd, 'i> {
    source: &'b Source<'a, 'd, 'i>,
    chain: &'b [Node<'d, 'i>],
    places: &'b Places<'b>,
    budget: &'b mut Budget,
}

impl<'d, 'i> Of<'_, '_, 'd, 'i> {
    fn child(&self, name: &str) -> Option<Node<'d, 'i>> {
        self.chain.iter().find_map(|node| node.children().find(|child| child.tag_name().name() == name))
    }

    /// A range of bytes that an attribute gives.
    fn range(&self, node: Node<'_, '_>, name: &str, page: &mut Page<'_>) -> Option<Range<u64>> {
        let value = node.attribute(name)?;
        let range = text::byte_range(value);
        if range.is_none() {
            page.say(
                &MPD_07,
                self.places.spot(node),
                format!("{name} `{value}` is no byte range: FIRST-LAST"),
            );
        }
        range
    }

    /// The resource of `Initialization` or `SegmentURL`.
    fn resource(&self, node: Node<'_, '_>, url: &str, range: &str, page: &mut Page<'_>) -> Resource {
        let address = node.attribute(url).map_or_else(
            || self.source.base.to_owned(),
            |reference| address::join(self.source.base, reference),
        );
        let range = self.range(node, range, page);
        Resource { address, range, spot: self.places.spot(node), is_optional: self.source.is_dynamic }
    }

    fn base(&mut self, addressing: &mut Addressing, page: &mut Page<'_>) {
        let (address, spot) = (self.source.base.to_owned(), self.source.element.spot);
        addressing.init = Some(match self.child("Initialization") {
            Some(node) => Resource { is_optional: false, ..self.resource(node, "sourceURL", "range", page) },
            None => Resource { address, spot, ..Resource::default() },
        });
        if let Some((_, node)) = inherited(self.chain, "indexRange") {
            let range = self.range(node, "indexRange", page);
            addressing.index = range.map(|range| (range, self.places.spot(node)));
        }
    }

    fn list(&mut self, addressing: &mut Addressing, page: &mut Page<'_>) {
        if let Some(node) = self.child("Initialization") {
            addressing.init = Some(self.resource(node, "sourceURL", "range", page));
        }
        let holder = self.chain.iter().find(|node| children(**node, "SegmentURL").next().is_some());
        let times = self.timeline(addressing, page);
        for (index, node) in holder.iter().flat_map(|holder| children(**holder, "SegmentURL")).enumerate() {
            if !self.take(self.places.spot(node), page) {
                break;
            }
            let resource = self.resource(node, "media", "mediaRange", page);
            let time = times.get(index);
            addressing.segments.push(Segment {
                resource,
                time: time.map(|(time, ..)| *time),
                duration: time.map(|(_, duration, _)| *duration),
            });
        }
    }

    fn template(&mut self, addressing: &mut Addressing, page: &mut Page<'_>) {
        let id = self.source.element.get("id").unwrap_or("");
        let bandwidth = self.source.element.get("bandwidth").unwrap_or("");
        let values = |number, time| Values { id, bandwidth, number, time };
        let spot = self.chain.first().map_or(self.source.element.spot, |node| self.places.spot(*node));
        if let Some((template, node)) = inherited(self.chain, "initialization") {
            match fill(template, &values(None, None)) {
                Some(reference) => {
                    let address = address::join(self.source.base, &reference);
                    let spot = self.places.spot(node);
                    addressing.init = Some(Resource { address, spot, ..Resource::default() });
                }
                None => page.say(
                    &MPD_01,
                    spot,
                    format!("the initialization template `{template}` can't be filled in"),
                ),
            }
        } else if let Some(node) = self.child("Initialization") {
            addressing.init = Some(self.resource(node, "sourceURL", "range", page));
        }
        let Some((template, _)) = inherited(self.chain, "media") else { return };
        addressing.by_time = template.contains("$Time");
        let start = inherited(self.chain, "startNumber").and_then(|(value, _)| value.trim().parse().ok());
        let start: u64 = start.unwrap_or(1);
        let times = match self.child("SegmentTimeline") {
            Some(_) => self.timeline(addressing, page),
            None => self.steady(addressing, spot, page),
        };
        for (index, (time, duration, spot)) in times.iter().enumerate() {
            let number = start.checked_add(index as u64);
            let Some(reference) = fill(template, &values(number, Some(*time))) else {
                page.say(&MPD_01, *spot, format!("the media template `{template}` can't be filled in"));
                break;
            };
            if self.budget.bytes == 0 {
                break;
            }
            self.budget.bytes = self.budget.bytes.saturating_sub(self.source.base.len() + reference.len());
            let is_known = addressing.has_timeline;
            addressing.segments.push(Segment {
                resource: Resource {
                    address: address::join(self.source.base, &reference),
                    range: None,
                    spot: *spot,
                    is_optional: self.source.is_dynamic,
                },
                time: Some(*time).filter(|_| is_known),
                duration: Some(*duration).filter(|_| is_known),
            });
        }
    }

    /// Counts a segment, and says whether it is still within bounds.
    fn take(&mut self, spot: Spot, page: &mut Page<'_>) -> bool {
        match self.budget.segments.checked_sub(1).filter(|_| self.budget.bytes > 0) {
            Some(left) => self.budget.segments = left,
            None => {
                page.say(
                    &MPD_01,
                    spot,
                    format!("more than {SEGMENT_LIMIT} segments; the others are not looked at"),
                );
                return false;
            }
        }
        true
    }

    /// Segments of one duration, to the end of the period.
    fn steady(&mut self, addressing: &Addressing, spot: Spot, page: &mut Page<'_>) -> Vec<(u64, u64, Spot)> {
        let Some((duration, spot)) = addressing.duration else {
            // Without a duration, the template names one segment.
            return if self.take(spot, page) { vec![(0, 0, spot)] } else { Vec::new() };
        };
        if duration == 0 {
            page.say(&MPD_05, spot, "the duration of segments is 0");
            return Vec::new();
        }
        // What a live presentation has now, the text alone does not tell.
        let Some(length) = self.source.duration.filter(|_| !self.source.is_dynamic) else {
            return Vec::new();
        };
        let each = duration as f64 / addressing.timescale as f64;
        // A period that ends a hair behind a segment has no further one.
        let count = (length / each - 1e-3).ceil().max(1.0) as u64;
        let mut times = Vec::new();
        for index in 0..count {
            if !self.take(spot, page) {
                break;
            }
            times.push((addressing.offset.saturating_add(index.saturating_mul(duration)), duration, spot));
        }
        times
    }

    /// Times and durations of a `SegmentTimeline`.
    fn timeline(&mut self, addressing: &mut Addressing, page: &mut Page<'_>) -> Vec<(u64, u64, Spot)> {
        let Some(timeline) = self.child("SegmentTimeline") else { return Vec::new() };
        addressing.has_timeline = true;
        let mut times: Vec<(u64, u64, Spot)> = Vec::new();
        let mut next = 0u64;
        let entries: Vec<Node<'_, '_>> = children(timeline, "S").collect();
        for (index, node) in entries.iter().enumerate() {
            let spot = self.places.spot(*node);
            let number = |name: &str| node.attribute(name).and_then(|value| value.trim().parse::<u64>().ok());
            let Some(duration) = number("d").filter(|duration| *duration > 0) else {
                page.say(&MPD_04, spot, "S has no duration @d above 0");
                return times;
            };
            let start = match node.attribute("t") {
                Some(_) => number("t").unwrap_or(next),
                None => next,
            };
            if !times.is_empty() && start < next {
                let message = format!("S begins at {start}, and the segment before ends at {next}");
                page.say(&MPD_04, spot, message);
            }
            let repeat = node.attribute("r").and_then(|value| value.trim().parse::<i64>().ok()).unwrap_or(0);
            let count = match u64::try_from(repeat) {
                Ok(more) => more.saturating_add(1),
                // Up to the next one, or to the end of the period.
                Err(_) => {
                    let until = entries
                        .get(index + 1)
                        .and_then(|next| next.attribute("t")?.trim().parse::<u64>().ok());
                    let end = self.source.duration.map(|seconds| {
                        addressing
                            .offset
                            .saturating_add((seconds * addressing.timescale as f64).round() as u64)
                    });
                    match until.or(end.filter(|_| !self.source.is_dynamic)) {
                        Some(until) => until.saturating_sub(start).div_ceil(duration),
                        None => 1,
                    }
                }
            };
            let mut at = start;
            for _ in 0..count {
                if !self.take(spot, page) {
                    return times;
                }
                times.push((at, duration, spot));
                let Some(end) = at.checked_add(duration) else {
                    page.say(&MPD_04, spot, "the times of the segments are beyond 64 bits");
                    return times;
                };
                at = end;
            }
            next = at;
        }
        times
    }
}
