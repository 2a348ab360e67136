//! When elements are active. TTML2 § 12.

use roxmltree::Node;

use super::TimeBase;
use crate::formats::ttml::names::{Vocabulary, tag};
use crate::ttal::time::MediaTime;

/// What an element says about its times itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Own {
    pub(crate) begin: Option<MediaTime>,
    pub(crate) end: Option<MediaTime>,
    pub(crate) dur: Option<MediaTime>,
}

/// When an element is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) begin: MediaTime,
    /// Nothing says so where it is none.
    pub(crate) end: Option<MediaTime>,
}

impl TimeBase {
    /// When an element is active, by its attributes as far as they can be read: in a parallel container times are
    /// relative to the container, in a sequential one to the end of the sibling before, which `after` gives.
    pub(crate) fn interval(&self, node: Node<'_, '_>, above: Interval, after: Option<MediaTime>) -> Interval {
        self.resolve(node, self.own(node), above, after)
    }

    /// The times that an element says itself; what can't be understood counts as left out.
    fn own(&self, node: Node<'_, '_>) -> Own {
        let time = |name: &str| {
            let a = node.attributes().find(|a| a.name() == name && a.namespace().is_none())?;
            self.parse(a.value()).ok().map(|moment| moment.time)
        };
        Own { begin: time("begin"), end: time("end"), dur: time("dur") }
    }

    /// When an element is active that says `own` about its times.
    pub(super) fn resolve(
        &self,
        node: Node<'_, '_>,
        own: Own,
        above: Interval,
        after: Option<MediaTime>,
    ) -> Interval {
        let from = after.unwrap_or(above.begin);
        let (begin, end) = if self.absolute {
            (own.begin.unwrap_or(from), own.end)
        } else {
            (from + own.begin.unwrap_or(MediaTime::ZERO), own.end.map(|end| from + end))
        };
        // On a clock, what has no begin begins when the document arrives, whenever that is.
        let anchored = !self.absolute || own.begin.is_some();
        let dur = own.dur.filter(|_| anchored).map(|dur| begin + dur);
        let mut stated = [end, dur].into_iter().flatten().min();
        if stated.is_none() && after.is_some() {
            stated = self.implicit_end(node, begin);
        }
        Interval { begin, end: [stated, above.end].into_iter().flatten().min() }
    }

    /// When an element of a sequence ends that does not say so: with its children; words alone go on for ever.
    fn implicit_end(&self, node: Node<'_, '_>, begin: MediaTime) -> Option<MediaTime> {
        let sequential = node.attribute("timeContainer") == Some("seq");
        let (mut last, mut ends) = (begin, Some(begin));
        let above = Interval { begin, end: None };
        for child in node.children() {
            let timed = matches!(tag(child), (Vocabulary::Tt, "div" | "p" | "span"));
            if child.is_text() && !sequential && child.text().is_some_and(|text| !text.trim().is_empty()) {
                return None;
            }
            if !child.is_element() || !timed {
                continue;
            }
            let from = if sequential { last } else { begin };
            let mut interval = self.interval(child, above, Some(from));
            if interval.end.is_none() {
                interval.end = self.implicit_end(child, interval.begin);
            }
            last = interval.end?;
            ends = ends.max(Some(last));
        }
        if sequential { Some(last) } else { ends }
    }
}
