//! Moving a script in time: all of it, exactly, as it is spelt.

use num_rational::Ratio;

use super::computed::Context;
use super::model::{
    Animation, Event, FrameRateValue, Group, Mix, Node, Recording, Script, Str, Text, Time, Timecode,
};
use super::time::{Clock, FrameRate, MediaTime, TimeForm, TimecodeCounter};
use crate::error::{Error, Result};

/// Moves everything on the media's timeline by `offset`: events and groups of the body, scenes, shots, loops and
/// times of regions.
///
/// # Errors
/// `Usage` with the event that would begin before the media does. Nothing is changed then.
pub fn shift(script: &mut Script, offset: MediaTime) -> Result<()> {
    let clock = Clock::of(script.timing.as_deref());
    let context = Context::new(script);
    for event in &script.events {
        let begin = context.event(event).begin;
        if begin + offset < MediaTime::ZERO {
            return Err(Error::usage(format!(
                "event {} begins at {begin}; moved by {offset} it would begin before the media does",
                event.id
            )));
        }
    }
    let body_begins = script.body.as_ref().is_some_and(|body| body.begin.is_some());
    let shift = |time: &mut Option<Time>| {
        if let Some(time) = time {
            *time = moved(time, clock, |seconds| seconds + offset);
        }
    };
    // What has no begin begins with its parent, which does not move.
    let shift_begin = |time: &mut Option<Time>| match time {
        Some(time) => *time = moved(time, clock, |seconds| seconds + offset),
        None => *time = Some(spell(offset, None, clock)),
    };
    if body_begins {
        // Everything below is relative to the body.
        if let Some(body) = &mut script.body {
            shift(&mut body.begin);
            shift(&mut body.end);
        }
    } else {
        if let Some(body) = &mut script.body {
            shift(&mut body.end);
            shift(&mut body.dur);
        }
        for group in script.groups.iter_mut().filter(|group| group.parent.is_none()) {
            shift_begin(&mut group.begin);
            shift(&mut group.end);
        }
        for event in script.events.iter_mut().filter(|event| event.group.is_none()) {
            shift_begin(&mut event.begin);
            shift(&mut event.end);
        }
    }
    for scene in &mut script.scenes {
        shift(&mut scene.begin);
        shift(&mut scene.end);
    }
    for each in &mut script.loops {
        shift(&mut each.begin);
        shift(&mut each.end);
    }
    for shot in &mut script.shots {
        shot.time = moved(&shot.time, clock, |seconds| seconds + offset);
    }
    for region in &mut script.regions {
        if region.begin.is_some() {
            shift(&mut region.begin);
        }
        shift(&mut region.end);
    }
    drop_timecodes(script);
    Ok(())
}

/// Stretches all times by a factor: 24/25 for a film that is shown at 25 frames a second. Clips of recordings keep
/// their times, which are those of the recording.
///
/// # Errors
/// `Usage` where the factor is not above 0, or a time gets too large.
pub fn scale(script: &mut Script, factor: Ratio<i128>) -> Result<()> {
    if *factor.numer() <= 0 {
        return Err(Error::usage("a factor of times must be above 0"));
    }
    let clock = Clock::of(script.timing.as_deref());
    let mut too_large = false;
    each_time(script, &mut |time| {
        *time = moved(time, clock, |seconds| {
            seconds.scaled(factor).unwrap_or_else(|| {
                too_large = true;
                seconds
            })
        });
    });
    drop_timecodes(script);
    if too_large {
        return Err(Error::usage(format!("times stretched by {factor} get too large or too fine")));
    }
    Ok(())
}

/// Counts frames at another rate. Media times stay, and times in frames get other numbers; with `keep_frames` the
/// numbers stay, and media times change as they do when a film runs at another speed.
///
/// # Errors
/// `Usage` where the script declares no frame rate, or a time gets too large.
pub fn change_frame_rate(script: &mut Script, rate: FrameRate, keep_frames: bool) -> Result<()> {
    let old = script.timing.as_deref().and_then(|timing| timing.frame_rate.as_ref());
    let Some(old) = old.and_then(FrameRate::of) else {
        return Err(Error::usage("the script declares no frame rate; what is there to change?"));
    };
    let clock = Clock::of(script.timing.as_deref());
    let new_clock = Clock { frame_rate: Some(rate), ..clock };
    let factor = old.ratio() / rate.ratio();
    let mut too_large = false;
    each_time(script, &mut |time| {
        let Ok(seconds) = time.seconds(clock) else { return };
        match (time.ends_with('f'), keep_frames) {
            // A frame keeps its number, or its time.
            (true, true) | (false, false) => {}
            (true, false) => *time = spell(seconds, Some(time), new_clock),
            (false, true) => match seconds.scaled(factor) {
                Some(seconds) => *time = spell(seconds, Some(time), new_clock),
                None => too_large = true,
            },
        }
    });
    if too_large {
        return Err(Error::usage(format!("times stretched by {factor} get too large or too fine")));
    }
    if let Some(timing) = &mut script.timing {
        let unknown = timing.frame_rate.take().map(|value| value.unknown).unwrap_or_default();
        timing.frame_rate = Some(FrameRateValue { unknown, ..rate.to_value() });
    }
    drop_timecodes(script);
    Ok(())
}

/// Brings media time 0 to the start of the programme, by the two timecodes that the script declares: all events are
/// moved by origin minus start, and the origin becomes the start. DAPT, DAPT Origin Timecode.
///
/// # Errors
/// `Usage` where one of the timecodes or the frame rate is missing or wrong, or an event would begin too early.
pub fn sync(script: &mut Script) -> Result<MediaTime> {
    let missing =
        |what: &str| Error::usage(format!("the script declares no {what}; both are needed to synchronise"));
    let timing = script.timing.as_deref().ok_or_else(|| missing("timing"))?;
    let counter = timing.counter().ok_or_else(|| missing("frame rate"))?;
    let start =
        timing.start_of_programme_timecode.clone().ok_or_else(|| missing("start of programme timecode"))?;
    let origin = timing.origin_timecode.as_ref().ok_or_else(|| missing("origin timecode"))?;
    let frame = |timecode: &Timecode| {
        timecode.frame(counter).map_err(|e| Error::usage(format!("timecode {timecode}: {e}")))
    };
    let frames = frame(origin)? - frame(&start)?;
    let delta = counter.rate.time(frames).ok_or_else(|| Error::usage("the timecodes are too far apart"))?;
    shift(script, delta)?;
    if let Some(timing) = &mut script.timing {
        timing.origin_timecode = Some(start);
    }
    Ok(delta)
}

/// Writes the timecodes of begin and end beside the times of each event, for people.
///
/// # Errors
/// `Usage` where the script declares no frame rate, or its origin is no timecode.
pub fn write_timecodes(script: &mut Script) -> Result<()> {
    let timing = script.timing.as_deref();
    let Some(counter) = timing.and_then(|timing| timing.counter()) else {
        return Err(Error::usage("timecodes need a frame rate; give it with --fps"));
    };
    let origin = timing.and_then(|timing| timing.origin_timecode.as_ref());
    let origin = origin.map_or(Ok(0), |origin| {
        origin.frame(counter).map_err(|e| Error::usage(format!("origin timecode {origin}: {e}")))
    })?;
    let timecodes: Vec<(Option<Timecode>, Option<Timecode>)> = {
        let context = Context::new(script);
        let spell = |time: MediaTime| timecode(counter, origin, time);
        let both = |event: &Event| {
            let computed = context.event(event);
            Ok((Some(spell(computed.begin)?), computed.end.map(spell).transpose()?))
        };
        script.events.iter().map(both).collect::<Result<_>>()?
    };
    for (event, (begin, end)) in script.events.iter_mut().zip(timecodes) {
        (event.timecode_in, event.timecode_out) = (begin, end);
    }
    Ok(())
}

/// The timecode of a media time: that of the frame which it falls on, the next where it falls between two.
fn timecode(counter: TimecodeCounter, origin: i64, time: MediaTime) -> Result<Timecode> {
    // Times that were rounded to milliseconds mean the frame they are nearest to.
    let nearest = counter.rate.nearest_frame(time);
    let half_millisecond = MediaTime::new(1, 2000).unwrap_or(MediaTime::ZERO);
    let near = counter.rate.time(nearest).is_some_and(|at| {
        let distance = if at > time { at - time } else { time - at };
        distance <= half_millisecond
    });
    let frame = if near { nearest } else { counter.rate.frame_at_or_after(time) };
    let text = counter.timecode(frame.saturating_add(origin));
    text.map(Timecode::from).map_err(|e| Error::usage(e.to_string()))
}

/// Timecodes that were written for people would no longer agree.
fn drop_timecodes(script: &mut Script) {
    for event in &mut script.events {
        (event.timecode_in, event.timecode_out) = (None, None);
    }
}

/// A time changed and spelt as it was. What is no time stays.
fn moved(time: &Time, clock: Clock, change: impl FnOnce(MediaTime) -> MediaTime) -> Time {
    match time.seconds(clock) {
        Ok(seconds) => spell(change(seconds), Some(time), clock),
        Err(_) => time.clone(),
    }
}

/// Spells a time as `model` is spelt, in the same unit, where decimals can say it exactly there; without a model in
/// frames where it is a whole one, else as a clock time. Times before 0 become 0.
fn spell(time: MediaTime, model: Option<&Time>, clock: Clock) -> Time {
    let time = time.max(MediaTime::ZERO);
    let Some(model) = model else {
        let exact = clock.frame_rate.map(|rate| (rate, rate.nearest_frame(time)));
        return match exact.filter(|(rate, frame)| rate.time(*frame) == Some(time)) {
            Some((_, frame)) => Time::frames(frame),
            None => Time::clock(time),
        };
    };
    if model.form() != Some(TimeForm::Offset) {
        return Time::clock(time);
    }
    let unit = model.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let integer = |n: i128| Some(Ratio::from_integer(n));
    let factor = match unit {
        "h" => Some(Ratio::new(1, 3600)),
        "m" => Some(Ratio::new(1, 60)),
        "ms" => integer(1000),
        "f" => clock.frame_rate.map(FrameRate::ratio),
        "t" => clock.tick_rate.map(|rate| Ratio::from_integer(i128::from(rate))),
        _ => integer(1),
    };
    let value = factor.and_then(|factor| time.scaled(factor)).and_then(decimal);
    match (value, decimal(time)) {
        (Some(value), _) => format!("{value}{unit}").into(),
        (None, Some(seconds)) => format!("{seconds}s").into(),
        (None, None) => format!("{}s", nanoseconds(time)).into(),
    }
}

/// A number in decimals, if it has an end within 18 of them.
fn decimal(value: MediaTime) -> Option<String> {
    const SCALE: i128 = 1_000_000_000_000_000_000;
    let ratio = value.ratio();
    let scale = SCALE.checked_div(*ratio.denom()).filter(|_| SCALE % ratio.denom() == 0)?;
    let digits = ratio.numer().checked_mul(scale)?;
    let (whole, fraction) = (digits / SCALE, digits % SCALE);
    let fraction = format!("{fraction:018}");
    let fraction = fraction.trim_end_matches('0');
    Some(if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") })
}

/// Seconds with nine decimals, where no number of them would be exact.
fn nanoseconds(time: MediaTime) -> String {
    let nanoseconds = time.rounded(1_000_000_000);
    format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}

/// Hands out every time of the script but clips of recordings.
fn each_time(script: &mut Script, each: &mut dyn FnMut(&mut Time)) {
    if let Some(duration) = script.programme.as_mut().and_then(|programme| programme.duration.as_mut()) {
        each(duration);
    }
    if let Some(body) = &mut script.body {
        [&mut body.begin, &mut body.end, &mut body.dur].into_iter().flatten().for_each(&mut *each);
        each_of_animations(&mut body.animations, each);
        each_of_mix(body.mix.as_deref_mut(), each);
    }
    for group in &mut script.groups {
        let Group { begin, end, dur, .. } = group;
        [begin, end, dur].into_iter().flatten().for_each(&mut *each);
        each_of_animations(&mut group.animations, each);
        each_of_mix(group.mix.as_deref_mut(), each);
    }
    for region in &mut script.regions {
        [&mut region.begin, &mut region.end, &mut region.dur].into_iter().flatten().for_each(&mut *each);
        each_of_animations(&mut region.animations, each);
    }
    for scene in &mut script.scenes {
        [&mut scene.begin, &mut scene.end].into_iter().flatten().for_each(&mut *each);
    }
    for part in &mut script.loops {
        [&mut part.begin, &mut part.end].into_iter().flatten().for_each(&mut *each);
    }
    script.shots.iter_mut().for_each(|shot| each(&mut shot.time));
    for event in &mut script.events {
        [&mut event.begin, &mut event.end, &mut event.dur].into_iter().flatten().for_each(&mut *each);
        each_of_animations(&mut event.animations, each);
        each_of_mix(event.mix.as_deref_mut(), each);
        event.texts.iter_mut().for_each(|text| each_of_text(text, each));
    }
}

fn each_of_text(text: &mut Text, each: &mut dyn FnMut(&mut Time)) {
    [&mut text.begin, &mut text.end, &mut text.dur].into_iter().flatten().for_each(&mut *each);
    each_of_animations(&mut text.animations, each);
    each_of_mix(text.mix.as_deref_mut(), each);
    each_of_audio(&mut text.audio, each);
    if let Some(lip_sync) = &mut text.lip_sync {
        lip_sync.anchors.iter_mut().for_each(|anchor| each(&mut anchor.time));
        lip_sync.detections.iter_mut().for_each(|detection| each(&mut detection.time));
    }
    each_of_nodes(&mut text.content.0, each);
}

fn each_of_nodes(nodes: &mut [Node], each: &mut dyn FnMut(&mut Time)) {
    for node in nodes {
        match node {
            Node::Span(span) => {
                [&mut span.begin, &mut span.end, &mut span.dur].into_iter().flatten().for_each(&mut *each);
                each_of_animations(&mut span.animations, each);
                each_of_mix(span.mix.as_deref_mut(), each);
                each_of_audio(&mut span.audio, each);
                each_of_nodes(&mut span.content, each);
            }
            Node::Ruby(node) => {
                each_of_nodes(&mut node.ruby.base, each);
                each_of_nodes(&mut node.ruby.text, each);
            }
            Node::Run(_) | Node::Break(_) | Node::Cue(_) => {}
        }
    }
}

fn each_of_audio(audio: &mut [Recording], each: &mut dyn FnMut(&mut Time)) {
    for recording in audio {
        let Recording { begin, end, dur, .. } = recording;
        [begin, end, dur].into_iter().flatten().for_each(&mut *each);
        each_of_mix(recording.mix.as_deref_mut(), each);
    }
}

fn each_of_animations(animations: &mut [Animation], each: &mut dyn FnMut(&mut Time)) {
    for animation in animations {
        [&mut animation.begin, &mut animation.end, &mut animation.dur]
            .into_iter()
            .flatten()
            .for_each(&mut *each);
    }
}

fn each_of_mix(mix: Option<&mut Mix>, each: &mut dyn FnMut(&mut Time)) {
    for animation in mix.into_iter().flat_map(|mix| &mut mix.animate) {
        [&mut animation.begin, &mut animation.end, &mut animation.dur]
            .into_iter()
            .flatten()
            .for_each(&mut *each);
    }
}

/// An offset as people give it: a time expression with an optional sign.
///
/// # Errors
/// `Usage` where it is none.
pub fn parse_offset(text: &str, rate: Option<FrameRate>) -> Result<MediaTime> {
    let (negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    // A bare number is seconds.
    let bare = unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let spelt: Str = if bare { format!("{unsigned}s").into() } else { unsigned.into() };
    let clock = Clock { frame_rate: rate, tick_rate: None };
    let time = Time(spelt).seconds(clock).map_err(|e| Error::usage(format!("`{text}`: {e}")))?;
    Ok(if negative { MediaTime::ZERO - time } else { time })
}

/// A factor as people give it: `24/25` or `0.96`.
///
/// # Errors
/// `Usage` where it is none, or 0.
pub fn parse_factor(text: &str) -> Result<Ratio<i128>> {
    let number = |text: &str| parse_offset(text, None).map(MediaTime::ratio);
    let wrong = || Error::usage(format!("`{text}` is no factor; write it as 24/25 or 0.96"));
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let (numerator, denominator) =
        (number(numerator).map_err(|_| wrong())?, number(denominator).map_err(|_| wrong())?);
    if *numerator.numer() <= 0 || *denominator.numer() <= 0 {
        return Err(wrong());
    }
    Ok(numerator / denominator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Timing;

    fn script() -> Script {
        let event = |id: &str, begin: &str, end: &str| Event {
            id: id.into(),
            begin: Some(begin.into()),
            end: Some(end.into()),
            texts: [Text { begin: Some("1s".into()), ..Text::default() }].into_iter().collect(),
            ..Event::default()
        };
        let timing = Timing {
            frame_rate: Some(FrameRate::new(24000, 1001).unwrap().to_value()),
            origin_timecode: Some("01:00:10:00".into()),
            start_of_programme_timecode: Some("01:00:00:00".into()),
            ..Timing::default()
        };
        Script {
            timing: Some(Box::new(timing)),
            events: [event("e1", "240f", "312f"), event("e2", "00:00:20.5", "00:00:21.25")]
                .into_iter()
                .collect(),
            ..Script::default()
        }
    }

    fn times(script: &Script) -> Vec<String> {
        let times = script.events.iter().flat_map(|e| [&e.begin, &e.end, &e.texts[0].begin]);
        times.map(|time| time.as_deref().unwrap_or("-").to_string()).collect()
    }

    #[test]
    fn times_keep_their_spelling() {
        let mut moved = script();
        shift(&mut moved, parse_offset("+24f", FrameRate::new(24000, 1001)).unwrap()).unwrap();
        assert_eq!(times(&moved), ["264f", "336f", "1s", "00:00:21.501", "00:00:22.251", "1s"]);
        shift(&mut moved, parse_offset("-24f", FrameRate::new(24000, 1001)).unwrap()).unwrap();
        assert_eq!(moved, script());
        let error = shift(&mut moved, parse_offset("-00:00:15", None).unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "event e1 begins at 00:00:10.010; moved by -00:00:15.000 it would begin before the media does"
        );
    }

    #[test]
    fn a_speed_change_and_its_inverse_are_nothing() {
        let mut scaled = script();
        scale(&mut scaled, parse_factor("24/25").unwrap()).unwrap();
        assert_eq!(times(&scaled), ["230.4f", "299.52f", "0.96s", "00:00:19.68", "00:00:20.4", "0.96s"]);
        scale(&mut scaled, parse_factor("25/24").unwrap()).unwrap();
        assert_eq!(scaled, script());
    }

    #[test]
    fn frame_rates_change_with_or_without_the_speed() {
        let mut counted_anew = script();
        change_frame_rate(&mut counted_anew, FrameRate::new(48000, 1001).unwrap(), false).unwrap();
        assert_eq!(times(&counted_anew)[..2], ["480f", "624f"]);
        let mut faster = script();
        change_frame_rate(&mut faster, FrameRate::new(25, 1).unwrap(), true).unwrap();
        assert_eq!(times(&faster)[..2], ["240f", "312f"]);
    }

    #[test]
    fn synchronising_moves_by_the_difference_once() {
        let mut synced = script();
        let delta = sync(&mut synced).unwrap();
        assert_eq!(delta.to_string(), "00:00:10.010");
        assert_eq!(times(&synced)[..2], ["480f", "552f"]);
        assert_eq!(sync(&mut synced).unwrap(), MediaTime::ZERO);
    }

    #[test]
    fn timecodes_are_written_for_people() {
        let mut script = script();
        write_timecodes(&mut script).unwrap();
        assert_eq!(script.events[0].timecode_in.as_deref(), Some("01:00:20:00"));
        assert_eq!(script.events[0].timecode_out.as_deref(), Some("01:00:23:00"));
    }
}
