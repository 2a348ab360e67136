//! LN-01 to LN-03: the steps of the lineage.

use std::collections::HashMap;

use super::context::Ctx;
use super::table::{LN_01, LN_02, LN_03};
use super::{Remark, Remarks};
use crate::findings::Severity;
use crate::ttal::model::Stage;

pub(super) fn check(ctx: &Ctx<'_>, out: &mut Remarks) {
    check_steps(ctx, out);
    check_stages(ctx, out);
    check_parents(ctx, out);
}

/// LN-01.
fn check_steps(ctx: &Ctx<'_>, out: &mut Remarks) {
    let mut ids = HashMap::new();
    let mut before: Option<(Instant, &str)> = None;
    for step in &ctx.script.lineage {
        if let Some(first) = ids.insert(&*step.id, step.at).filter(|_| !step.id.is_empty()) {
            let message = format!("another step has the identifier \"{}\"", &*step.id);
            out.push(
                Remark::new(&LN_01, step.at.key("id"), message)
                    .found(&*step.id)
                    .related(first.whole(), "the other step"),
            );
        }
        let Some(time) = step.time.as_deref() else { continue };
        let spot = step.at.key("at");
        match Instant::parse(time) {
            Err(why) => out.push(
                Remark::new(&LN_01, spot, format!("\"{time}\": {why}"))
                    .found(time)
                    .expected("as 2026-03-01T09:00:00Z"),
            ),
            Ok(instant) => {
                if let Some((_, earlier)) = before.as_ref().filter(|(earlier, _)| instant < *earlier) {
                    let message = format!("the step is of {time}, the one before it of {earlier}");
                    out.push(Remark::new(&LN_01, spot, message).found(time));
                }
                before = Some((instant, time));
            }
        }
    }
}

/// A moment, by RFC 3339: seconds since some fixed day, and the digits behind the point.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Instant(i64, String);

impl Instant {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "not a date and time by RFC 3339";
        let number = |range: std::ops::Range<usize>| -> Result<i64, &'static str> {
            let digits =
                text.get(range).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or(FORM)?;
            digits.parse().map_err(|_| FORM)
        };
        let separators = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
        for (at, allowed) in separators {
            if !text.get(at..at + 1).is_some_and(|c| allowed.contains(c)) {
                return Err(FORM);
            }
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return Err("there is no such month"),
        };
        if day < 1 || day > days || hour > 23 || minute > 59 || second > 60 {
            return Err("there is no such day or time");
        }
        let mut zone = text.get(19..).ok_or(FORM)?;
        let mut fraction = "";
        if let Some(rest) = zone.strip_prefix('.') {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (fraction, zone) = rest.split_at(end);
            if fraction.is_empty() {
                return Err(FORM);
            }
        }
        let offset = match zone.as_bytes() {
            [] => return Err("the time zone is missing"),
            b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2]
                if [h1, h2, m1, m2].iter().all(|d| d.is_ascii_digit()) =>
            {
                let two = |a: &u8, b: &u8| i64::from(a - b'0') * 10 + i64::from(b - b'0');
                let minutes = two(h1, h2) * 60 + two(m1, m2);
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return Err("the time zone is Z, or as +01:00"),
        };
        // Days since the first of March of the year 0, by the usual count with the leap day last.
        let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let day_number =
            y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (m * 153 + 2) / 5 + day;
        let seconds = ((day_number * 24 + hour) * 60 + minute - offset) * 60 + second;
        Ok(Instant(seconds, fraction.trim_end_matches('0').to_string()))
    }
}

/// LN-02.
fn check_stages(ctx: &Ctx<'_>, out: &mut Remarks) {
    let (mut transcribed, mut adapted, mut inputs) = (false, false, false);
    for step in &ctx.script.lineage {
        inputs |= !step.inputs.is_empty();
        let missing = match step.stage {
            Stage::Translated if !(transcribed || inputs) => "a transcription, or an input",
            Stage::Recorded if !(adapted || inputs) => "an adaptation or a translation, or an input",
            _ => "",
        };
        if !missing.is_empty() {
            let message = format!("the script is {} without {missing} before", step.stage);
            out.push(Remark::new(&LN_02, step.at.key("stage"), message).found(step.stage.as_str()));
        }
        if let Stage::Other(word) = &step.stage {
            let words = Stage::WORDS;
            out.push(
                Remark::new(&LN_02, step.at.key("stage"), format!("\"{word}\" is no stage"))
                    .found(&**word)
                    .expected(super::one_of(words))
                    .maybe_fix(super::did_you_mean(word, words.iter().copied())),
            );
        }
        transcribed |= matches!(step.stage, Stage::Transcribed | Stage::Spotted);
        adapted |= matches!(step.stage, Stage::Adapted | Stage::Translated);
    }
    let last = ctx.script.lineage.last();
    if let Some((step, made)) = last.and_then(|step| Some((step, step.script_type.as_ref()?)))
        && let Some(own) = ctx.script.script_type.as_ref().filter(|own| *own != made)
    {
        let message = format!("the last step made a script of type {made}, this is one of type {own}");
        out.push(
            Remark::new(&LN_02, step.at.key("scriptType"), message)
                .found(made.as_str())
                .expected(own.as_str()),
        );
    }
}

/// LN-03. A document keeps its name over its revisions, so that one of the inputs of that name has to be it.
fn check_parents(ctx: &Ctx<'_>, out: &mut Remarks) {
    let severity = if ctx.options.strict { Severity::Error } else { Severity::Warning };
    for parent in &ctx.options.parents {
        let Some(id) = parent.document_id.as_deref() else { continue };
        let inputs = ctx.script.lineage.iter().flat_map(|step| &step.inputs);
        let mut last = None;
        let mut is_known = false;
        for input in inputs.filter(|input| input.document_id.as_deref() == Some(id)) {
            let Some(hash) = input.sha256.as_deref() else { continue };
            is_known |= parent.sha256.iter().any(|known| known.eq_ignore_ascii_case(hash));
            last = Some((input, hash));
        }
        if let Some((input, hash)) = last.filter(|_| !is_known) {
            let message = "the input is not the document that was given for it";
            let remark = Remark::new(&LN_03, input.at.key("sha256"), message).severity(severity).found(hash);
            out.push(remark.expected(parent.sha256.join(" or ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_ordered_over_zones() {
        let at = |text| Instant::parse(text).unwrap();
        assert!(at("2026-03-01T09:00:00Z") < at("2026-03-01T09:00:00.5Z"));
        assert_eq!(at("2026-03-01T00:30:00+01:00"), at("2026-02-28T23:30:00Z"));
        assert!(at("2024-02-29T12:00:00-05:00") < at("2024-03-01T00:00:00Z"));
        for wrong in [
            "2026-03-01T09:00:00",
            "2026-02-29T09:00:00Z",
            "2026-13-01T09:00:00Z",
            "yesterday",
            "2026-03-01",
            "2026-03-01T09:00:00.Z",
            "2026-03-01T09:00:00+0100",
            "é026-03-01T09:00:00Z",
        ] {
            assert!(Instant::parse(wrong).is_err(), "{wrong}");
        }
    }
}
