//! D-27 and D-28: synthesized speech, and how audio is mixed.

use super::context::Ctx;
use super::table::{D_27, D_28};
use super::{Remark, Remarks};
use crate::ttal::model::{Decimal, Mix, SpeakRate};
use crate::ttal::place::Place;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    for part in &ctx.parts {
        let event = part.event_id();
        if let Some(speak) = part.element.speak()
            && speak.rate == SpeakRate::None
            && let Some(pitch) = &speak.pitch
        {
            out.push(
                Remark::new(
                    &D_27,
                    speak.at.key("pitch"),
                    "there is a pitch, but nothing is spoken: the rate is none",
                )
                .in_event(event)
                .found(&**pitch)
                .fix("remove the pitch, or give a rate"),
            );
        }
        if let Some(mix) = part.element.mix() {
            check_mix(mix, event, out);
        }
        for mix in part.element.audio().iter().filter_map(|recording| recording.mix.as_deref()) {
            check_mix(mix, event, out);
        }
    }
}

fn check_mix(mix: &Mix, event: Option<&str>, out: &mut Remarks) {
    for (key, value) in [("gain", &mix.gain), ("pan", &mix.pan)] {
        value.iter().for_each(|value| check_value(mix.at, key, value, event, out));
    }
    for animation in &mix.animate {
        for (key, values) in [("gain", &animation.gain), ("pan", &animation.pan)] {
            values.iter().for_each(|value| check_value(animation.at, key, value, event, out));
        }
        let Some(times) = animation.key_times.as_deref() else { continue };
        let spot = animation.at.key("keyTimes");
        let remark = |message: String| Remark::new(&D_28, spot, message).in_event(event).found(times);
        let numbers: Option<Vec<f64>> = times
            .split(';')
            .map(|time| time.trim().parse().ok().filter(|t| (0.0..=1.0).contains(t)))
            .collect();
        let Some(numbers) = numbers else {
            out.push(remark("key times are numbers from 0 to 1, separated by semicolons".into()));
            continue;
        };
        if numbers.windows(2).any(|pair| pair[0] > pair[1]) {
            out.push(remark("the key times go backwards".into()));
        }
        for (key, values) in [("gain", &animation.gain), ("pan", &animation.pan)] {
            if !values.is_empty() && values.len() != numbers.len() {
                out.push(remark(format!(
                    "there are {} key times, but {} values of {key}",
                    numbers.len(),
                    values.len()
                )));
            }
        }
    }
}

fn check_value(at: Place, key: &'static str, value: &Decimal, event: Option<&str>, out: &mut Remarks) {
    let (fits, expected) = match (key, value.value()) {
        (_, None) => (false, "a number"),
        ("gain", Some(gain)) => (gain >= 0.0, "0 or more"),
        (_, Some(pan)) => ((-1.0..=1.0).contains(&pan), "-1 to 1"),
    };
    if !fits {
        out.push(
            Remark::new(&D_28, at.key(key), format!("the {key} is {}", &*value.0))
                .in_event(event)
                .found(&*value.0)
                .expected(expected),
        );
    }
}
