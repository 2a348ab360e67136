//! Moving and stretching the times of a script.

use num_rational::Ratio;

use super::computed::Context;
use super::model::{
    Animation, Body, Event, Group, Id, LipSync, List, Mix, Node, Recording, Script, Str, Text, Time,
    TimecodeFormat,
};
use super::time::{Clock, FrameRate, MediaTime};
use crate::error::{Error, Result};

/// What becomes of times that would be before the begin of the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Negative {
    /// An error that names the event.
    #[default]
    Refuse,
    /// They become 0.
    Clamp,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retimed {
    /// Events that begin or end at 0 now because they would have been before it.
    pub clamped: Vec<Str>,
    /// Times that no decimal fraction says exactly, rounded to the nanosecond.
    pub rounded: usize,
}

/// Spells a time in the manner of another: frames and ticks stay such where they are whole, everything else becomes
/// a clock time, or frames where only these are exact.
fn respell(old: &str, time: MediaTime, clock: Clock, done: &mut Retimed) -> Time {
    let whole = |rate: Ratio<i128>| {
        let units = time.ratio() * rate;
        units.is_integer().then(|| units.to_integer())
    };
    let frames = clock.frame_rate.filter(|_| old.ends_with('f')).and_then(|rate| whole(rate.ratio()));
    if let Some(frames) = frames {
        return format!("{frames}f").into();
    }
    let ticks = clock.tick_rate.filter(|_| old.ends_with('t'));
    if let Some(ticks) = ticks.and_then(|rate| whole(Ratio::from_integer(rate.into()))) {
        return format!("{ticks}t").into();
    }
    let spelt = Time::clock(time);
    if spelt.seconds(clock) == Ok(time) {
        return spelt;
    }
    // 5 frames at 23.976 are no decimal fraction of a second.
    if let Some(frames) = clock.frame_rate.and_then(|rate| whole(rate.ratio())) {
        return format!("{frames}f").into();
    }
    done.rounded += 1;
    spelt
}

/// Adds `by` to all times that count from the begin of the media: those of events and groups that sit in no group,
/// scenes, shots, loops and regions. Where the body has a begin, its times move instead of those inside. Times that
/// mean nothing stay as they are.
///
/// # Errors
/// `Usage` where a time would be negative, unless those are clamped; the script may have been changed in part.
pub fn offset(script: &mut Script, by: MediaTime, negative: Negative) -> Result<Retimed> {
    let clock = Clock::of(script.timing.as_deref());
    let mut done = Retimed::default();
    let context = Context::new(script);
    let is_group = |name: Option<&str>| name.is_some_and(|name| context.group(name).is_some());
    let top_events: Vec<bool> = script.events.iter().map(|event| !is_group(event.group.as_deref())).collect();
    let top_groups: Vec<bool> =
        script.groups.iter().map(|group| !is_group(group.parent.as_deref())).collect();
    drop(context);
    let mut shift = Shift { by, clock, negative, done: &mut done };
    let inside = match script.body.as_deref_mut() {
        Some(body) => {
            let moves = body.begin.is_some();
            shift.body(body)?;
            !moves
        }
        None => true,
    };
    if inside {
        for (event, _) in script.events.iter_mut().zip(top_events).filter(|(_, top)| *top) {
            let id = event.id.clone();
            shift.span(&mut event.begin, &mut event.end, &event.dur, "event", &id)?;
        }
        for (group, _) in script.groups.iter_mut().zip(top_groups).filter(|(_, top)| *top) {
            let id = group.id.clone().unwrap_or_default();
            shift.span(&mut group.begin, &mut group.end, &group.dur, "group", &id)?;
        }
    }
    for scene in &mut script.scenes {
        shift.span(&mut scene.begin, &mut scene.end, &None, "scene", &scene.id)?;
    }
    for recording_loop in &mut script.loops {
        shift.span(&mut recording_loop.begin, &mut recording_loop.end, &None, "loop", &recording_loop.id)?;
    }
    for region in &mut script.regions {
        shift.span(&mut region.begin, &mut region.end, &region.dur, "region", &region.id)?;
    }
    let nobody = Id::default();
    for shot in &mut script.shots {
        shift.time(&mut shot.time, "shot", &nobody)?;
    }
    Ok(done)
}

struct Shift<'d> {
    by: MediaTime,
    clock: Clock,
    negative: Negative,
    done: &'d mut Retimed,
}

impl Shift<'_> {
    fn body(&mut self, body: &mut Body) -> Result<()> {
        let id = body.id.clone().unwrap_or_default();
        if body.begin.is_some() {
            return self.span(&mut body.begin, &mut body.end, &body.dur, "body", &id);
        }
        // Without a begin, end and length count from 0 like everything inside.
        for time in body.end.iter_mut().chain(&mut body.dur) {
            self.time(time, "body", &id)?;
        }
        Ok(())
    }

    fn span(
        &mut self,
        begin: &mut Option<Time>,
        end: &mut Option<Time>,
        dur: &Option<Time>,
        what: &str,
        id: &Id,
    ) -> Result<()> {
        if begin.is_none() && (end.is_some() || dur.is_some()) && self.by > MediaTime::ZERO {
            // It began at 0 without saying so.
            let manner = end.as_ref().or(dur.as_ref()).map_or("", |time| time);
            *begin = Some(respell(manner, MediaTime::ZERO, self.clock, self.done));
        }
        for time in begin.iter_mut().chain(end) {
            self.time(time, what, id)?;
        }
        Ok(())
    }

    fn time(&mut self, time: &mut Time, what: &str, id: &Id) -> Result<()> {
        let Ok(old) = time.seconds(self.clock) else { return Ok(()) };
        let mut new = old + self.by;
        if new < MediaTime::ZERO {
            if self.negative == Negative::Refuse {
                return Err(Error::usage(format!(
                    "{what} `{id}`: {time} would become {new}, before the begin of the media"
                )));
            }
            new = MediaTime::ZERO;
            if self.done.clamped.last() != Some(&id.0) {
                self.done.clamped.push(id.0.clone());
            }
        }
        *time = respell(time, new, self.clock, self.done);
        Ok(())
    }
}

/// Multiplies all times by a factor, as a change of speed does: 24/25 for film shown as PAL. Nested times, anchors,
/// scenes, shots, loops and the length of the programme too; where clips are cut out of recordings stays.
///
/// # Errors
/// `Usage` where the factor is not above 0; `Limit` where a time gets too large or too fine.
pub fn scale(script: &mut Script, factor: Ratio<i128>) -> Result<Retimed> {
    if factor <= Ratio::from_integer(0) {
        return Err(Error::usage(format!("times can't be multiplied by {factor}")));
    }
    let clock = Clock::of(script.timing.as_deref());
    let mut done = Retimed::default();
    each_time(script, &mut |time| {
        let Ok(old) = time.seconds(clock) else { return Ok(()) };
        let new = old
            .scaled(factor)
            .ok_or_else(|| Error::limit(format!("{time} times {factor} is out of bounds")))?;
        *time = respell(time, new, clock, &mut done);
        Ok(())
    })?;
    Ok(done)
}

/// Declares another frame rate. No time moves: those in frames are counted anew, and become clock times where they
/// fall between frames. Timecodes are labels of frames and stay, as far as the new rate has them.
///
/// # Errors
/// `Usage` where a timecode of the document is none at the new rate.
pub fn convert_rate(script: &mut Script, rate: FrameRate, drop_frame: bool) -> Result<Retimed> {
    let old = Clock::of(script.timing.as_deref());
    let new = Clock { frame_rate: Some(rate), ..old };
    let counter = super::time::TimecodeCounter { rate, drop_frame };
    let timing = script.timing.get_or_insert_default();
    let labels = [
        &timing.origin_timecode,
        &timing.start_of_programme_timecode,
        &timing.first_frame_of_action_timecode,
    ];
    for label in labels.into_iter().flatten() {
        label
            .frame(counter)
            .map_err(|error| Error::usage(format!("{label} at {rate} frames a second: {error}")))?;
    }
    timing.frame_rate = Some(rate.to_value());
    let declared = timing.timecode.is_some();
    if declared || drop_frame {
        let format = if drop_frame { TimecodeFormat::Df } else { TimecodeFormat::Ndf };
        timing.timecode.get_or_insert_default().format = format;
    }
    let mut done = Retimed::default();
    each_time(script, &mut |time| {
        if let (true, Ok(seconds)) = (time.ends_with('f'), time.seconds(old)) {
            *time = respell(time, seconds, new, &mut done);
        }
        Ok(())
    })?;
    for event in &mut script.events {
        // They were for people, and said what the old rate called the frames.
        event.timecode_in = None;
        event.timecode_out = None;
    }
    Ok(done)
}

/// Makes media time 0 the start of the programme: adds origin minus start to everything, and sets the origin to the
/// start. Gives the difference; `None` where there is none to add.
///
/// # Errors
/// `Usage` where a timecode or the frame rate is missing or makes no sense; as [`offset`].
pub fn sync(script: &mut Script, negative: Negative) -> Result<Option<(MediaTime, Retimed)>> {
    let missing = |what: &str| Error::usage(format!("times can't be synchronized: the script has no {what}"));
    let timing = script.timing.as_deref().ok_or_else(|| missing("timecodes"))?;
    let counter = timing.counter().ok_or_else(|| missing("frame rate"))?;
    let origin = timing.origin_timecode.as_ref().ok_or_else(|| missing("origin timecode"))?;
    let start =
        timing.start_of_programme_timecode.clone().ok_or_else(|| missing("start-of-programme timecode"))?;
    let frame = |label: &super::model::Timecode| {
        label
            .frame(counter)
            .map_err(|error| Error::usage(format!("{label} at {} frames a second: {error}", counter.rate)))
    };
    let frames = frame(origin)? - frame(&start)?;
    if frames == 0 {
        return Ok(None);
    }
    let delta = counter.rate.time(frames).ok_or_else(|| Error::limit("the timecodes are too far apart"))?;
    let done = offset(script, delta, negative)?;
    if let Some(timing) = script.timing.as_deref_mut() {
        timing.origin_timecode = Some(start);
    }
    Ok(Some((delta, done)))
}

type OnTime<'f> = &'f mut dyn FnMut(&mut Time) -> Result<()>;

/// Visits all times of a script but those of clips.
fn each_time(script: &mut Script, on: OnTime<'_>) -> Result<()> {
    if let Some(programme) = &mut script.programme {
        programme.duration.iter_mut().try_for_each(&mut *on)?;
    }
    for scene in &mut script.scenes {
        scene.begin.iter_mut().chain(&mut scene.end).try_for_each(&mut *on)?;
    }
    for recording_loop in &mut script.loops {
        recording_loop.begin.iter_mut().chain(&mut recording_loop.end).try_for_each(&mut *on)?;
    }
    for shot in &mut script.shots {
        on(&mut shot.time)?;
    }
    for region in &mut script.regions {
        region.begin.iter_mut().chain(&mut region.end).chain(&mut region.dur).try_for_each(&mut *on)?;
        animations(&mut region.animations, on)?;
    }
    if let Some(body) = script.body.as_deref_mut() {
        let Body { begin, end, dur, animations: changes, mix: sound, .. } = body;
        timed(begin, end, dur, changes, sound.as_deref_mut(), on)?;
    }
    for group in &mut script.groups {
        let Group { begin, end, dur, animations: changes, mix: sound, .. } = group;
        timed(begin, end, dur, changes, sound.as_deref_mut(), on)?;
    }
    for event in &mut script.events {
        let Event { begin, end, dur, animations: changes, mix: sound, texts, .. } = event;
        timed(begin, end, dur, changes, sound.as_deref_mut(), on)?;
        for text in texts {
            let Text { begin, end, dur, animations: changes, mix: sound, audio, lip_sync, content, .. } =
                text;
            timed(begin, end, dur, changes, sound.as_deref_mut(), on)?;
            recordings(audio, on)?;
            if let Some(LipSync { anchors, detections, .. }) = lip_sync.as_deref_mut() {
                anchors.iter_mut().map(|anchor| &mut anchor.time).try_for_each(&mut *on)?;
                detections.iter_mut().map(|detection| &mut detection.time).try_for_each(&mut *on)?;
            }
            nodes(&mut content.0, on)?;
        }
    }
    Ok(())
}

fn timed(
    begin: &mut Option<Time>,
    end: &mut Option<Time>,
    dur: &mut Option<Time>,
    changes: &mut List<Animation>,
    sound: Option<&mut Mix>,
    on: OnTime<'_>,
) -> Result<()> {
    begin.iter_mut().chain(end).chain(dur).try_for_each(&mut *on)?;
    animations(changes, on)?;
    sound.map_or(Ok(()), |sound| mix(sound, on))
}

fn animations(all: &mut List<Animation>, on: OnTime<'_>) -> Result<()> {
    all.iter_mut().flat_map(|a| a.begin.iter_mut().chain(&mut a.end).chain(&mut a.dur)).try_for_each(on)
}

fn mix(mix: &mut Mix, on: OnTime<'_>) -> Result<()> {
    mix.animate
        .iter_mut()
        .flat_map(|a| a.begin.iter_mut().chain(&mut a.end).chain(&mut a.dur))
        .try_for_each(on)
}

fn recordings(all: &mut List<Recording>, on: OnTime<'_>) -> Result<()> {
    for recording in all {
        let Recording { begin, end, dur, mix: sound, .. } = recording;
        begin.iter_mut().chain(end).chain(dur).try_for_each(&mut *on)?;
        if let Some(sound) = sound.as_deref_mut() {
            mix(sound, on)?;
        }
    }
    Ok(())
}

fn nodes(all: &mut List<Node>, on: OnTime<'_>) -> Result<()> {
    for node in all {
        match node {
            Node::Run(_) | Node::Break(_) | Node::Cue(_) => {}
            Node::Ruby(node) => {
                nodes(&mut node.ruby.base, on)?;
                nodes(&mut node.ruby.text, on)?;
            }
            Node::Span(span) => {
                timed(
                    &mut span.begin,
                    &mut span.end,
                    &mut span.dur,
                    &mut span.animations,
                    span.mix.as_deref_mut(),
                    on,
                )?;
                recordings(&mut span.audio, on)?;
                nodes(&mut span.content, on)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ttal::json::Reader;
    use crate::ttal::model::object::Data;

    fn script(json: &str) -> Script {
        Script::read(&mut Reader::new(json.as_bytes())).unwrap().unwrap()
    }

    fn sample(a: u32, b: u32) -> Script {
        script(&format!(
            r##"{{ "ttalVersion": "1.0",
            "timing": {{ "frameRate": {{ "base": 24, "multiplier": [1000, 1001] }}, "tickRate": 10000000 }},
            "programme": {{ "duration": "{b}s" }}, "shots": [{{ "at": "{a}f" }}],
            "groups": [{{ "id": "g", "index": 0, "begin": "{a}ms", "dur": "{b}s" }}, {{ "parent": "g", "index": 0, "begin": "1s" }}],
            "events": [
                {{ "id": "e1", "begin": "{a}f", "end": "{b}t", "texts": [{{ "begin": "{a}f", "content": [{{ "span": ["x"], "begin": "00:00:01.5" }}],
                   "audio": [{{ "begin": "2s", "clipBegin": "{a}s", "sources": [] }}], "lipSync": {{ "anchors": [{{ "offset": 0, "at": "{b}f" }}] }} }}] }},
                {{ "id": "e2", "group": "#1", "begin": "{a}s", "end": "junk" }},
                {{ "id": "e3", "dur": "5f" }}] }}"##
        ))
    }

    /// All times as seconds: a change of form is no change.
    fn times(script: &Script) -> Vec<Result<MediaTime, super::super::time::TimeError>> {
        let clock = Clock::of(script.timing.as_deref());
        let mut all = Vec::new();
        each_time(&mut script.clone(), &mut |time| {
            all.push(time.seconds(clock));
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn groups_move_and_what_is_in_them_does_not() {
        let mut script = sample(24, 48);
        offset(&mut script, MediaTime::new(1001, 1000).unwrap(), Negative::Refuse).unwrap();
        assert_eq!(script.events[0].begin.as_deref(), Some("48f"));
        assert_eq!(script.events[0].texts[0].begin.as_deref(), Some("24f"));
        assert_eq!(script.events[1].begin.as_deref(), Some("24s"));
        assert_eq!(script.events[2].begin.as_deref(), Some("24f"));
        assert_eq!(script.groups[0].begin.as_deref(), Some("00:00:01.025"));
        assert_eq!(script.groups[1].begin.as_deref(), Some("1s"));
        assert_eq!(&*script.shots[0].time, "48f");
    }

    #[test]
    fn nothing_comes_before_the_media() {
        let by = MediaTime::from_milliseconds(-5000);
        let error = offset(&mut sample(24, 48), by, Negative::Refuse).unwrap_err();
        assert_eq!(
            error.to_string(),
            "event `e1`: 24f would become -00:00:03.999, before the begin of the media"
        );
        let mut script = sample(24, 48);
        let done = offset(&mut script, by, Negative::Clamp).unwrap();
        assert_eq!(script.events[0].begin.as_deref(), Some("0f"));
        assert_eq!(&*done.clamped[0], "e1");
    }

    #[test]
    fn another_rate_moves_nothing() {
        let mut script = sample(24, 48);
        let before = times(&script);
        convert_rate(&mut script, FrameRate::new(48000, 1001).unwrap(), false).unwrap();
        assert_eq!(times(&script), before);
        assert_eq!(script.events[0].begin.as_deref(), Some("48f"));
        let done = convert_rate(&mut script, FrameRate::new(25, 1).unwrap(), false).unwrap();
        // 5 frames at 23.976 are neither frames nor decimals any more.
        let last = before.len() - 1;
        assert_eq!((&times(&script)[..last], done.rounded), (&before[..last], 1));
        assert_eq!(script.events[0].begin.as_deref(), Some("00:00:01.001"));
    }

    #[test]
    fn the_start_becomes_the_origin() {
        let json = r#"{ "ttalVersion": "1.0", "timing": { "frameRate": { "base": 25 },
            "originTimecode": "10:00:00:00", "startOfProgrammeTimecode": "09:59:58:00" },
            "events": [{ "id": "e", "begin": "10f", "end": "20f" }] }"#;
        let mut script = script(json);
        let (delta, _) = sync(&mut script, Negative::Refuse).unwrap().unwrap();
        assert_eq!(delta, MediaTime::from_milliseconds(2000));
        assert_eq!(script.events[0].begin.as_deref(), Some("60f"));
        assert_eq!(script.timing.as_ref().unwrap().origin_timecode.as_deref(), Some("09:59:58:00"));
        assert_eq!(sync(&mut script, Negative::Refuse).unwrap(), None);
        let error = sync(&mut Script::default(), Negative::Refuse).unwrap_err().to_string();
        assert_eq!(error, "times can't be synchronized: the script has no timecodes");
    }

    proptest! {
        #[test]
        fn there_and_back_is_where_it_was(a in 0u32..10_000_000, b in 0u32..10_000_000, by in 1i64..100_000_000) {
            let before = sample(a, b);
            let mut script = before.clone();
            let done = scale(&mut script, Ratio::new(24, 25)).unwrap();
            prop_assert_eq!(done.rounded, 0);
            prop_assert_eq!(script.events[0].texts[0].audio[0].clip_begin.clone(), before.events[0].texts[0].audio[0].clip_begin.clone());
            scale(&mut script, Ratio::new(25, 24)).unwrap();
            prop_assert_eq!(times(&script), times(&before));

            let mut script = before.clone();
            script.events.pop();
            let first = times(&script);
            let there = offset(&mut script, MediaTime::from_milliseconds(by), Negative::Refuse).unwrap();
            let back = offset(&mut script, MediaTime::from_milliseconds(-by), Negative::Refuse).unwrap();
            let again = times(&script);
            if there.rounded + back.rounded == 0 {
                prop_assert_eq!(&again, &first);
            }
            // Frames at 23.976 and a millisecond are no decimal fraction together.
            let nanosecond = MediaTime::new(1, 1_000_000_000).unwrap();
            for (a, b) in again.iter().zip(&first) {
                let close = match (a, b) {
                    (Ok(a), Ok(b)) => *a - *b <= nanosecond && *b - *a <= nanosecond,
                    (a, b) => a == b,
                };
                prop_assert!(close, "{:?} {:?}", a, b);
            }
            // Whole frames move whole frames exactly.
            let mut script = before.clone();
            script.groups.clear();
            script.events.truncate(1);
            script.events[0].end = Some(Time::frames(i64::from(a) + 5));
            let rate = FrameRate::new(24000, 1001).unwrap();
            let first = script.clone();
            offset(&mut script, rate.time(by).unwrap(), Negative::Refuse).unwrap();
            offset(&mut script, MediaTime::ZERO - rate.time(by).unwrap(), Negative::Refuse).unwrap();
            prop_assert_eq!(script, first);
        }
    }
}
