//! D-17, D-18 and T-10 to T-12: timecodes.

use super::context::Ctx;
use super::table::{D_17, D_18, T_10, T_11, T_12};
use super::{Remark, Remarks, Syntax};
use crate::findings::{Rule, Severity};
use crate::ttal::model::{Timecode, TimecodeFormat, Timing};
use crate::ttal::place::Spot;
use crate::ttal::time::{MediaTime, TimecodeCounter, TimecodeError};

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let timing = ctx.script.timing.as_deref();
    let counter = timing.and_then(Timing::counter);
    if let Some(timing) = timing {
        let mut frame = |timecode: &Option<Timecode>, key, rule| {
            let timecode = timecode.as_ref()?;
            judge(ctx, counter, timecode, timing.at.key(key), rule, out)
        };
        let origin = frame(&timing.origin_timecode, "originTimecode", &D_17);
        let start = frame(&timing.start_of_programme_timecode, "startOfProgrammeTimecode", &D_18);
        frame(&timing.first_frame_of_action_timecode, "firstFrameOfActionTimecode", &T_10);
        if let (Some(counter), Some(origin), Some(start)) = (counter, origin, start) {
            check_synchronized(timing, counter, origin, start, out);
        }
        check_reading(ctx, timing, counter, out);
    }
    check_events(ctx, counter, out);
}

/// The frame that a timecode numbers; what is wrong with it is remarked on under `rule`.
fn judge(
    ctx: &Ctx<'_>,
    counter: Option<TimecodeCounter>,
    timecode: &Timecode,
    spot: Spot,
    rule: &'static Rule,
    out: &mut Remarks,
) -> Option<i64> {
    let xml = ctx.syntax == Syntax::Xml;
    let Some(counter) = counter else {
        // A form that is wrong at any rate is worth saying too, but one thing at a time.
        let name = if xml { "ttp:frameRate" } else { "timing.frameRate" };
        out.push(
            Remark::new(rule, spot, format!("there is no frame rate to read \"{}\" with", &**timecode))
                .found(&**timecode)
                .fix(format!("give `{name}`")),
        );
        return None;
    };
    // DAPT has colons only; JSON takes the semicolon of drop-frame counting.
    let strange = timecode.contains([',', '.']) || (xml && timecode.contains(';'));
    let result = if strange { Err(TimecodeError::Form) } else { timecode.frame(counter) };
    match result {
        Ok(frame) => Some(frame),
        Err(error) => {
            let rule = match error {
                TimecodeError::Dropped | TimecodeError::NoDropFrame => &T_10,
                _ => rule,
            };
            let expected = match error {
                TimecodeError::TooManyFrames => {
                    format!("a frame number from 0 to {}", counter.rate.nominal().saturating_sub(1))
                }
                _ => "HH:MM:SS:FF".to_string(),
            };
            out.push(
                Remark::new(rule, spot, format!("\"{}\": {error}", &**timecode))
                    .found(&**timecode)
                    .expected(expected),
            );
            None
        }
    }
}

/// T-12.
fn check_synchronized(timing: &Timing, counter: TimecodeCounter, origin: i64, start: i64, out: &mut Remarks) {
    let delta = origin - start;
    if delta == 0 {
        return;
    }
    let length = counter.rate.time(delta.abs()).unwrap_or(MediaTime::ZERO);
    let which = if delta > 0 { "after" } else { "before" };
    let message =
        format!("media time 0 is {length} ({} frames) {which} the start of the programme", delta.abs());
    let advice = format!(
        "if times should count from the start of the programme, {} {length} {} all of them, and make the timecodes equal",
        if delta > 0 { "add" } else { "subtract" },
        if delta > 0 { "to" } else { "from" },
    );
    out.push(Remark::new(&T_12, timing.at.key("originTimecode"), message).fix(advice));
}

/// T-11: timecode that runs slower than the clock, and whether it was taken for clock time.
fn check_reading(ctx: &Ctx<'_>, timing: &Timing, counter: Option<TimecodeCounter>, out: &mut Remarks) {
    let Some(counter) = counter.filter(|counter| *counter.rate.ratio().denom() == 1001) else { return };
    if counter.drop_frame {
        return;
    }
    let clock = ctx.context.clock();
    let programme = ctx.script.programme.as_deref().and_then(|p| p.duration.as_ref());
    let length = programme.and_then(|time| time.seconds(clock).ok());
    let last = ctx.events().map(|(_, part)| part.computed.end.unwrap_or(part.computed.begin)).max();
    if let (Some(length), Some(last)) = (length.filter(|length| length.milliseconds() > 600_000), last) {
        // What a whole rate in place of 1000/1001 of it would stretch by is 1 in 1000.
        let over = (last.ratio() / length.ratio() - 1) * 10_000;
        if over > num_rational::Ratio::from_integer(7) && over < num_rational::Ratio::from_integer(13) {
            let message = format!(
                "the last event ends at {last}, 0.1 % behind the end of the programme at {length}: were timecodes taken for clock times?"
            );
            out.push(Remark::new(&T_11, timing.at.key("frameRate"), message).severity(Severity::Warning));
            return;
        }
    }
    let says = timing.timecode.is_some();
    let has_timecodes = timing.origin_timecode.is_some() || timing.start_of_programme_timecode.is_some();
    let both = matches!(counter.rate.nominal(), 30 | 60 | 120);
    let semicolon = [&timing.origin_timecode, &timing.start_of_programme_timecode];
    let semicolon = semicolon.into_iter().flatten().any(|timecode| timecode.contains(';'));
    if both && has_timecodes && !says && !semicolon {
        let message = "timecodes are read as non-drop-frame: the document does not say how they count";
        let fix = format!("give `timing.timecode.format`: {}", super::one_of(TimecodeFormat::WORDS));
        out.push(Remark::new(&T_11, timing.at.key("frameRate"), message).fix(fix));
    }
}

/// T-10 on the timecodes that events have for people.
fn check_events(ctx: &Ctx<'_>, counter: Option<TimecodeCounter>, out: &mut Remarks) {
    let timing = ctx.script.timing.as_deref();
    let origin = timing.and_then(|timing| timing.origin_timecode.as_ref());
    let origin = counter.zip(origin).and_then(|(counter, timecode)| timecode.frame(counter).ok());
    for (event, part) in ctx.events() {
        for (timecode, key, media, authored) in [
            (&event.timecode_in, "timecodeIn", Some(part.computed.begin), &event.begin),
            (&event.timecode_out, "timecodeOut", part.computed.end, &event.end),
        ] {
            let Some(timecode) = timecode else { continue };
            let from = out.len();
            let frame = judge(ctx, counter, timecode, event.at.key(key), &T_10, out);
            out[from..].iter_mut().for_each(|remark| remark.event = Some(event.id.0.clone()));
            let (Some(counter), Some(frame), Some(media)) = (counter, frame, media) else { continue };
            if authored.as_ref().is_none_or(|time| time.seconds(ctx.context.clock()).is_err()) {
                continue;
            }
            let frame = frame - origin.unwrap_or(0);
            let off = (counter.rate.nearest_frame(media) - frame).abs();
            if off > 1 {
                let message = format!("`{key}` is {off} frames away from the time of the event, {media}");
                out.push(
                    Remark::new(&T_10, event.at.key(key), message)
                        .severity(Severity::Warning)
                        .event(&event.id)
                        .found(&**timecode),
                );
            }
        }
    }
}
