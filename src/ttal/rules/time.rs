//! T-01 to T-03: how times are written.

use super::context::Ctx;
use super::table::{T_01, T_02, T_03};
use super::walk::times;
use super::{Remark, Remarks, Syntax};
use crate::ttal::place::Spot;
use crate::ttal::time::{TimeError, TimeForm};

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    let clock = ctx.context.clock();
    // First time of its kind, and how many there are.
    let mut without_rate: [Option<(Spot, Option<&str>, usize)>; 2] = [None, None];
    let mut forms: [Option<(Spot, Option<&str>, usize)>; 2] = [None, None];
    times(ctx, &mut |time, spot, event, is_dapts| {
        let count = |entry: &mut Option<(Spot, _, usize)>| entry.get_or_insert((spot, event, 0)).2 += 1;
        match time.seconds(clock) {
            Ok(_) => {}
            Err(TimeError::NoFrameRate) => count(&mut without_rate[0]),
            Err(TimeError::NoTickRate) => count(&mut without_rate[1]),
            Err(error) => {
                let fix = match error {
                    TimeError::ClockFrames => in_frames(ctx, time),
                    _ => None,
                };
                out.push(
                    Remark::new(&T_01, spot, format!("\"{}\": {error}", &**time))
                        .in_event(event)
                        .found(&**time)
                        .expected("HH:MM:SS, HH:MM:SS.fraction, or a number with h, m, s, ms, f or t")
                        .maybe_fix(fix),
                );
            }
        }
        match time.form().filter(|_| is_dapts) {
            Some(TimeForm::Clock) => count(&mut forms[0]),
            Some(TimeForm::Offset) => count(&mut forms[1]),
            None => {}
        }
    });
    let xml = ctx.syntax == Syntax::Xml;
    for (entry, unit, key) in [
        (&without_rate[0], "frames", if xml { "ttp:frameRate" } else { "timing.frameRate" }),
        (&without_rate[1], "ticks", if xml { "ttp:tickRate" } else { "timing.tickRate" }),
    ] {
        if let Some((spot, event, count)) = entry {
            let many = if *count > 1 { format!(", here first of {count} times") } else { String::new() };
            out.push(
                Remark::new(
                    &T_02,
                    *spot,
                    format!("a time is in {unit}, but there is no rate of {unit}{many}"),
                )
                .in_event(*event)
                .fix(format!("give `{key}`")),
            );
        }
    }
    if let [Some(clocks), Some(offsets)] = forms {
        let ((spot, event, few), many, form) = if clocks.2 < offsets.2 {
            (clocks, offsets.2, "clock time")
        } else {
            (offsets, clocks.2, "offset")
        };
        out.push(
            Remark::new(
                &T_03,
                spot,
                format!("{few} of the times are {form}s like this, {many} are of the other form"),
            )
            .in_event(event),
        );
    }
}

/// A clock time with frames, as frames; `None` where that needs a guess.
fn in_frames(ctx: &Ctx<'_>, time: &str) -> Option<String> {
    let counter = ctx.script.timing.as_deref()?.counter()?;
    let frame = counter.frame(time).ok()?;
    Some(format!("write `{frame}f`, if it is a media time"))
}
