//! The structure of an MPD, in part: required attributes, types of values, order of elements. Rules MPD-01, MPD-15.

use std::collections::HashSet;

use roxmltree::Node;

use super::read::{NAMESPACE, Places, children};
use super::text;
use crate::findings::Severity;
use crate::validate::manifest::{Page, Spot};
use crate::validate::table::{MPD_01, MPD_15};

/// The scheme that says which set a trick mode set belongs to.
const TRICK_MODE: &str = "http://dashif.org/guidelines/trickmode";

/// What a value has to be.
#[derive(Clone, Copy)]
enum Type {
    Unsigned,
    Signed,
    Duration,
    Bool,
    Ratio,
    Aspect,
}

impl Type {
    fn fits(self, value: &str) -> bool {
        let value = value.trim();
        match self {
            Type::Unsigned => value.parse::<u64>().is_ok(),
            Type::Signed => value.parse::<i64>().is_ok(),
            Type::Duration => text::duration(value).is_some() || value.contains(['Y', '-']),
            Type::Bool => matches!(value, "true" | "false" | "1" | "0"),
            Type::Ratio => text::ratio(value).is_some(),
            Type::Aspect => text::aspect(value).is_some(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Type::Unsigned => "a whole number",
            Type::Signed => "a whole number, or -1",
            Type::Duration => "a duration as PT1M2.5S",
            Type::Bool => "true or false",
            Type::Ratio => "a rate as 25 or 30000/1001",
            Type::Aspect => "a ratio as 16:9",
        }
    }
}

/// Attributes whose values are of a type, wherever they stand; the names mean the same in all elements.
const TYPES: &[(&str, Type)] = &[
    ("mediaPresentationDuration", Type::Duration),
    ("minBufferTime", Type::Duration),
    ("minimumUpdatePeriod", Type::Duration),
    ("timeShiftBufferDepth", Type::Duration),
    ("suggestedPresentationDelay", Type::Duration),
    ("maxSegmentDuration", Type::Duration),
    ("maxSubsegmentDuration", Type::Duration),
    ("bandwidth", Type::Unsigned),
    ("width", Type::Unsigned),
    ("height", Type::Unsigned),
    ("maxWidth", Type::Unsigned),
    ("maxHeight", Type::Unsigned),
    ("timescale", Type::Unsigned),
    ("startNumber", Type::Unsigned),
    ("presentationTimeOffset", Type::Unsigned),
    ("frameRate", Type::Ratio),
    ("maxFrameRate", Type::Ratio),
    ("sar", Type::Aspect),
    ("par", Type::Aspect),
    ("indexRangeExact", Type::Bool),
];

/// The order of the elements in a set or a representation, as the schema has it.
const ORDER: &[&str] = &[
    "FramePacking",
    "AudioChannelConfiguration",
    "ContentProtection",
    "OutputProtection",
    "EssentialProperty",
    "SupplementalProperty",
    "InbandEventStream",
    "Switching",
    "RandomAccess",
    "GroupLabel",
    "Label",
    "ProducerReferenceTime",
    "ContentPopularityRate",
    "Resync",
    "Accessibility",
    "Role",
    "Rating",
    "Viewpoint",
    "ContentComponent",
    "BaseURL",
    "SubRepresentation",
    "SegmentBase",
    "SegmentList",
    "SegmentTemplate",
    "Representation",
];

struct Structure<'a, 'b, 'c> {
    places: &'a Places<'a>,
    page: &'b mut Page<'c>,
}

/// Looks at the whole document.
pub(super) fn check(root: Node<'_, '_>, places: &Places<'_>, page: &mut Page<'_>) {
    Structure { places, page }.root(root);
}

impl Structure<'_, '_, '_> {
    fn say(&mut self, node: Node<'_, '_>, path: &str, message: String) {
        let finding = self.page.finding(&MPD_01, self.places.spot(node), message).path(path);
        self.page.push(finding);
    }

    fn root(&mut self, root: Node<'_, '_>) {
        if root.tag_name().name() != "MPD" {
            return self.say(
                root,
                "",
                format!("the outermost element is `{}`, not `MPD`", root.tag_name().name()),
            );
        }
        let namespace = root.tag_name().namespace().unwrap_or("");
        if namespace != NAMESPACE {
            let message = format!("the namespace is `{namespace}`, not `{NAMESPACE}`");
            // Players take any case, so that an old one of a well-known packager plays.
            let severity =
                if namespace.eq_ignore_ascii_case(NAMESPACE) { Severity::Warning } else { Severity::Error };
            let finding =
                self.page.finding(&MPD_01, self.places.spot(root), message).path("MPD").severity(severity);
            self.page.push(finding);
        }
        let is_dynamic = root.attribute("type") == Some("dynamic");
        if root.attribute("type").is_some_and(|kind| !matches!(kind, "static" | "dynamic")) {
            self.say(
                root,
                "MPD",
                format!("the type is `{}`, not static or dynamic", root.attribute("type").unwrap_or("")),
            );
        }
        let live: &[&str] = if is_dynamic { &["availabilityStartTime", "publishTime"] } else { &[] };
        self.required(root, "MPD", &["profiles", "minBufferTime"]);
        self.required(root, "MPD", live);
        let periods: Vec<Node<'_, '_>> = children(root, "Period").collect();
        let has_end = periods.last().is_some_and(|last| last.attribute("duration").is_some());
        if !is_dynamic && root.attribute("mediaPresentationDuration").is_none() && !has_end {
            let message =
                "it is static and has no mediaPresentationDuration, nor has its last Period a duration";
            self.say(root, "MPD", message.to_owned());
        }
        if periods.is_empty() {
            self.say(root, "MPD", "it has no Period".to_owned());
        }
        self.types(root, "MPD");
        let mut last = 0.0;
        for (index, period) in periods.iter().enumerate() {
            let path = format!("MPD/Period[{}]", index + 1);
            if let Some(start) = period.attribute("start").and_then(text::duration) {
                if start < last {
                    self.say(
                        *period,
                        &path,
                        format!("it starts at {start} s, before the one before it at {last} s"),
                    );
                }
                last = start;
            }
            for name in ["start", "duration"] {
                let value = period.attribute(name);
                if let Some(value) = value.filter(|value| !Type::Duration.fits(value)) {
                    self.say(*period, &path, format!("{name} is `{value}`, not a duration as PT1M2.5S"));
                }
            }
            self.period(*period, &path);
        }
    }

    fn required(&mut self, node: Node<'_, '_>, path: &str, names: &[&str]) {
        for name in names.iter().filter(|name| node.attribute(**name).is_none()) {
            self.say(node, path, format!("`{}` has no {name}", node.tag_name().name()));
        }
    }

    fn types(&mut self, node: Node<'_, '_>, path: &str) {
        for attribute in node.attributes() {
            let known = TYPES.iter().find(|(name, _)| *name == attribute.name());
            if let Some((name, kind)) = known.filter(|(_, kind)| !kind.fits(attribute.value())) {
                self.say(node, path, format!("{name} is `{}`, not {}", attribute.value(), kind.words()));
            }
        }
    }

    fn period(&mut self, period: Node<'_, '_>, path: &str) {
        let ids: Vec<&str> =
            children(period, "AdaptationSet").filter_map(|set| set.attribute("id")).collect();
        let mut seen: HashSet<&str> = HashSet::new();
        for id in &ids {
            if !seen.insert(id) {
                self.say(period, path, format!("two sets have the id `{id}`"));
            }
        }
        let mut names: HashSet<&str> = HashSet::new();
        for (index, set) in children(period, "AdaptationSet").enumerate() {
            let path = format!("{path}/AdaptationSet[{}]", index + 1);
            self.types(set, &path);
            self.order(set, &path);
            self.templates(set, &path);
            let mut representations = children(set, "Representation").enumerate().peekable();
            if representations.peek().is_none()
                && set.attribute(("http://www.w3.org/1999/xlink", "href")).is_none()
            {
                self.say(set, &path, "the set has no Representation".to_owned());
            }
            self.trick_mode(set, &path, &ids);
            for (index, one) in representations {
                let path = format!("{path}/Representation[{}]", index + 1);
                self.required(one, &path, &["id", "bandwidth"]);
                self.types(one, &path);
                self.order(one, &path);
                self.templates(one, &path);
                if one.attribute("mimeType").or(set.attribute("mimeType")).is_none() {
                    self.say(one, &path, "neither it nor its set has a mimeType".to_owned());
                }
                if let Some(id) = one.attribute("id").filter(|id| !names.insert(id)) {
                    self.say(one, &path, format!("another Representation of the period has the id `{id}`"));
                }
            }
        }
    }

    /// How segments are named, as far as types go.
    fn templates(&mut self, node: Node<'_, '_>, path: &str) {
        for child in node.children().filter(|child| child.tag_name().name().starts_with("Segment")) {
            let path = format!("{path}/{}", child.tag_name().name());
            self.types(child, &path);
            for timeline in children(child, "SegmentTimeline") {
                for (index, entry) in children(timeline, "S").enumerate() {
                    for (name, kind) in [("t", Type::Unsigned), ("d", Type::Unsigned), ("r", Type::Signed)] {
                        let value = entry.attribute(name);
                        if let Some(value) = value.filter(|value| !kind.fits(value)) {
                            let path = format!("{path}/SegmentTimeline/S[{}]", index + 1);
                            self.say(entry, &path, format!("{name} is `{value}`, not {}", kind.words()));
                        }
                    }
                }
            }
        }
    }

    /// Elements in another order than the schema's. Players read them all the same.
    fn order(&mut self, node: Node<'_, '_>, path: &str) {
        let mut last: Option<(usize, &str)> = None;
        for child in node.children().filter(Node::is_element) {
            let name = child.tag_name().name();
            let Some(place) = ORDER.iter().position(|known| *known == name) else { continue };
            if let Some((_, before)) = last.filter(|(known, _)| place < *known) {
                let message = format!("{name} stands behind {before}; the schema has it before");
                let finding = self.page.finding(&MPD_01, self.places.spot(child), message);
                self.page.push(finding.path(path).severity(Severity::Advice));
                return;
            }
            last = Some((place, name));
        }
    }

    /// Rule MPD-15.
    fn trick_mode(&mut self, set: Node<'_, '_>, path: &str, ids: &[&str]) {
        let properties = set
            .children()
            .filter(|child| matches!(child.tag_name().name(), "EssentialProperty" | "SupplementalProperty"));
        for property in properties.filter(|child| child.attribute("schemeIdUri") == Some(TRICK_MODE)) {
            let spot: Spot = self.places.spot(property);
            let value = property.attribute("value").unwrap_or("");
            let mut push = |message: String| {
                let finding = self.page.finding(&MPD_15, spot, message).path(path);
                self.page.push(finding);
            };
            let unknown: Vec<&str> = value.split_whitespace().filter(|id| !ids.contains(id)).collect();
            if value.trim().is_empty() {
                push("the trick mode set does not say which set it belongs to".to_owned());
            } else if !unknown.is_empty() {
                push(format!(
                    "the trick mode set belongs to the set `{}`, which is not in the period",
                    unknown.join(" ")
                ));
            } else if set.attribute("id").is_some_and(|own| value.split_whitespace().any(|id| id == own)) {
                push("the trick mode set says that it belongs to itself".to_owned());
            }
            if property.tag_name().name() == "SupplementalProperty" {
                push(
                    "trick mode is a SupplementalProperty; players that do not know it would play the set"
                        .to_owned(),
                );
            }
        }
    }
}
