//! T-04 to T-07, T-09, T-13 and T-15: when things happen.

use super::context::{Ctx, Element, Part};
use super::table::{T_04, T_05, T_06, T_07, T_09, T_13, T_15};
use super::{Remark, Remarks};
use crate::findings::Severity;
use crate::ttal::model::Time;
use crate::ttal::place::Place;
use crate::ttal::time::MediaTime;

/// What rounding to milliseconds may shift.
const TOLERANCE: i64 = 1;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    for part in &ctx.parts {
        let element = part.element;
        check_interval(
            ctx,
            part,
            element.at(),
            element.name(),
            [element.begin(), element.end(), element.dur()],
            &part.parent,
            out,
        );
        for recording in element.audio() {
            let times = [recording.begin.as_ref(), recording.end.as_ref(), recording.dur.as_ref()];
            check_interval(ctx, part, recording.at, "recording", times, &part.computed, out);
        }
    }
    check_events(ctx, out);
    check_start(ctx, out);
}

/// T-05 and T-06: an interval by itself, and within what is around it.
fn check_interval(
    ctx: &Ctx<'_>,
    part: &Part<'_>,
    at: Place,
    what: &str,
    [begin, end, dur]: [Option<&Time>; 3],
    parent: &crate::ttal::computed::Computed<'_>,
    out: &mut Remarks,
) {
    if begin.is_none() && end.is_none() && dur.is_none() {
        return;
    }
    // A time that means nothing has been remarked on; what it would make of the interval is not known.
    let clock = ctx.context.clock();
    let seconds = |time: Option<&Time>| time.map(|time| time.seconds(clock).ok());
    let (begin, end, dur) = (seconds(begin), seconds(end), seconds(dur));
    if [begin, end, dur].contains(&Some(None)) {
        return;
    }
    let (end, dur) = (end.flatten(), dur.flatten());
    let starts = begin.flatten().unwrap_or(MediaTime::ZERO);
    let ends = match (end, dur.map(|dur| starts + dur)) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    let key = if end.is_some() { "end" } else { "dur" };
    let event = part.event_id();
    if let Some(ends) = ends.filter(|ends| *ends <= starts) {
        let message = if ends == starts {
            format!("the {what} lasts no time: it begins and ends at {starts}")
        } else {
            format!("the {what} ends at {ends}, before it begins at {starts}")
        };
        out.push(Remark::new(&T_05, at.key(key), message).in_event(event));
        return;
    }
    let Some(limit) = parent.end.filter(|limit| *limit > parent.begin) else { return };
    let length = limit - parent.begin;
    if starts >= length {
        let message =
            format!("the {what} begins {starts} into something that lasts {length}: it is never reached");
        let fix = absolute_fix(starts, parent.begin, limit);
        out.push(Remark::new(&T_06, at.key("begin"), message).in_event(event).maybe_fix(fix));
    } else if let Some(ends) = ends.filter(|ends| *ends > length + MediaTime::from_milliseconds(TOLERANCE)) {
        let message =
            format!("the {what} ends {ends} into something that lasts {length}: the rest is cut off");
        out.push(Remark::new(&T_06, at.key(key), message).in_event(event));
    }
}

/// What to do about a begin that fits if it is taken as absolute.
fn absolute_fix(begin: MediaTime, parent_begin: MediaTime, parent_end: MediaTime) -> Option<String> {
    let fits = parent_begin > MediaTime::ZERO && parent_begin <= begin && begin < parent_end;
    fits.then(|| format!("times are relative to what is around: write {}", Time::clock(begin - parent_begin)))
}

fn check_events(ctx: &Ctx<'_>, out: &mut Remarks) {
    let clock = ctx.context.clock();
    let programme = ctx.script.programme.as_deref();
    let length = programme.and_then(|p| p.duration.as_ref()).and_then(|time| time.seconds(clock).ok());
    let tolerance = MediaTime::from_milliseconds(TOLERANCE);
    let mut before: Option<(MediaTime, Place)> = None;
    for (event, part) in ctx.events() {
        let (begin, end) = (part.computed.begin, part.computed.end);
        let remark =
            |rule, key, message: String| Remark::new(rule, event.at.key(key), message).event(&event.id);
        match (&event.begin, &event.end, &event.dur) {
            (None, None, None) => out.push(remark(&T_04, "begin", "the event has no times".into())),
            (None, ..) => out.push(remark(&T_04, "begin", "the event has no begin".into())),
            (_, None, None) => out.push(remark(&T_04, "end", "the event has no end".into())),
            (_, None, Some(_)) => out.push(
                remark(&T_04, "end", "the event has a duration in place of an end".into())
                    .severity(Severity::Advice),
            ),
            _ => {}
        }
        if event.begin.as_ref().is_some_and(|time| time.seconds(clock).is_ok()) {
            if let Some((earlier, place)) = before.filter(|(earlier, _)| begin < *earlier) {
                let message = format!("the event begins at {begin}, the one before it at {earlier}");
                out.push(remark(&T_07, "begin", message).related(place.whole(), "the event before"));
            }
            before = Some((begin, event.at));
        }
        if let Some(length) = length {
            if begin >= length && event.begin.is_some() {
                let message = format!("the event begins at {begin}, the programme ends at {length}");
                out.push(remark(&T_09, "begin", message));
            } else if let Some(end) = end.filter(|end| *end > length + tolerance) {
                let message = format!("the event ends at {end}, the programme at {length}");
                out.push(remark(&T_09, "end", message));
            }
        }
        let Some(rate) = clock.frame_rate else { continue };
        for (key, time, media) in [("begin", &event.begin, Some(begin)), ("end", &event.end, end)] {
            let Some(media) = media.filter(|_| time.as_ref().is_some_and(|t| !t.ends_with('f'))) else {
                continue;
            };
            if time.as_ref().is_none_or(|time| time.seconds(clock).is_err()) {
                continue;
            }
            let frame = rate.nearest_frame(media);
            let Some(exact) = rate.time(frame) else { continue };
            let off = if exact > media { exact - media } else { media - exact };
            if off > tolerance {
                let message =
                    format!("the {key} at {media} is between frames: frame {frame} begins at {exact}");
                out.push(
                    remark(&T_13, key, message)
                        .fix(format!("write `{}`, or declare the right frame rate", Time::clock(exact))),
                );
            }
        }
    }
}

/// T-15: whether the timecode of the start was left in the times.
fn check_start(ctx: &Ctx<'_>, out: &mut Remarks) {
    /// Fewer events than this may well lie anywhere.
    const MANY: usize = 5;
    /// A programme rarely keeps silent for longer than this at its start.
    const LATEST: i64 = 15 * 60 * 1000;
    /// Bars, countdown and logos before the programme.
    const EARLIEST: i64 = -2 * 60 * 1000;
    const HOUR: i64 = 3_600_000;
    let clock = ctx.context.clock();
    let authored =
        ctx.events().filter(|(event, _)| event.begin.as_ref().is_some_and(|t| t.seconds(clock).is_ok()));
    let (mut count, mut first, mut last) = (0, None::<(MediaTime, &Part<'_>)>, MediaTime::ZERO);
    for (_, part) in authored {
        count += 1;
        let begin = part.computed.begin;
        if first.is_none_or(|(earliest, _)| begin < earliest) {
            first = Some((begin, part));
        }
        last = last.max(part.computed.end.unwrap_or(begin));
    }
    let Some((begin, part)) = first.filter(|_| count >= MANY) else { return };
    let wrapped = ctx.parts.iter().any(|part| {
        matches!(part.element, Element::Body(_) | Element::Group(_)) && part.element.begin().is_some()
    });
    let programme = ctx.script.programme.as_deref().and_then(|p| p.duration.as_ref());
    let fits = programme.and_then(|time| time.seconds(clock).ok()).is_some_and(|length| last <= length);
    let milliseconds = begin.milliseconds();
    let near = [1, 10]
        .into_iter()
        .find(|hours| (hours * HOUR + EARLIEST..=hours * HOUR + LATEST).contains(&milliseconds));
    if let Some(hours) = near.filter(|_| !wrapped && !fits) {
        let message = format!(
            "the first of {count} events begins at {begin}: is the start timecode of {hours} h still in the times?"
        );
        out.push(
            Remark::new(&T_15, part.element.at().key("begin"), message)
                .in_event(part.event_id())
                .fix("subtract the timecode of media time 0 from all times, and give it as `originTimecode`"),
        );
    }
}
