//! What single cells hold.

use std::borrow::Cow;

use num_rational::Ratio;

use crate::error::{Error, Result};
use crate::formats::map::TimeFormat;
use crate::ttal::model::{Description, List, Time};
use crate::ttal::time::{Clock, MediaTime, TimecodeCounter};

/// Characters that make a spreadsheet take a cell for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a spreadsheet would take this for a formula, with or without apostrophes before it.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell that no spreadsheet takes for a formula: an apostrophe before what looks like one.
pub(crate) fn guarded(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// Undoes [`guarded`].
pub(crate) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

/// A time as a cell has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CellTime {
    /// As the model writes it.
    pub(super) time: Time,
    /// What it means, the start timecode taken off.
    pub(super) seconds: MediaTime,
    /// Whether it was a timecode.
    pub(super) is_timecode: bool,
    /// Whether it was a timecode in drop-frame form.
    pub(super) drop_frame: bool,
}

/// How cells with times are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) counter: Option<TimecodeCounter>,
    /// The frame that is media time 0.
    pub(super) origin: i64,
}

impl Times {
    /// What a time cell means; `unit` is for numbers without one.
    pub(super) fn read(self, cell: &str, format: TimeFormat, unit: Option<TimeFormat>) -> Result<CellTime> {
        let format = if format == TimeFormat::Auto {
            looks(cell).or(unit).unwrap_or(TimeFormat::Auto)
        } else {
            format
        };
        match format {
            TimeFormat::Timecode => self.timecode(cell),
            TimeFormat::Clock => exact(
                clock(cell).ok_or_else(|| Error::format(format!("`{cell}` is no time as HH:MM:SS.mmm")))?,
            ),
            TimeFormat::Milliseconds => exact(number(cell, 1000)?),
            TimeFormat::Seconds => exact(number(cell, 1)?),
            TimeFormat::Frames => {
                let counter = self.counter.ok_or_else(|| no_rate(cell, "a number of frames"))?;
                let frame: i64 =
                    cell.parse().map_err(|_| Error::format(format!("`{cell}` is no number of frames")))?;
                self.frames(counter, frame, cell, false)
            }
            TimeFormat::Auto => {
                // The model's own spellings.
                let clock = Clock { frame_rate: self.counter.map(|c| c.rate), tick_rate: None };
                let time = Time::from(cell);
                match time.seconds(clock) {
                    Ok(seconds) => Ok(CellTime { time, seconds, is_timecode: false, drop_frame: false }),
                    Err(_) if !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
                        Err(Error::format(format!(
                            "`{cell}` is a number without a unit: name the column `Start ms`, `Start seconds` or \
                         `Start frame`, or say so in a map"
                        )))
                    }
                    Err(_) => Err(Error::format(format!(
                        "`{cell}` is no time: write HH:MM:SS:FF, HH:MM:SS.mmm, or a number with s, ms or f"
                    ))),
                }
            }
        }
    }

    fn timecode(self, cell: &str) -> Result<CellTime> {
        let counter = self.counter.ok_or_else(|| no_rate(cell, "a timecode"))?;
        // One digit of hours is common.
        let padded =
            if cell.find(':') == Some(1) { Cow::Owned(format!("0{cell}")) } else { Cow::Borrowed(cell) };
        let frame = counter.frame(&padded).map_err(|error| {
            Error::format(format!("`{cell}` at {} frames a second: {error}", counter.rate))
        })?;
        self.frames(counter, frame, cell, cell.contains(';'))
    }

    fn frames(self, counter: TimecodeCounter, frame: i64, cell: &str, drop_frame: bool) -> Result<CellTime> {
        let frame = frame - self.origin;
        if frame < 0 {
            return Err(Error::format(format!("`{cell}` is before the start timecode")));
        }
        let seconds =
            counter.rate.time(frame).ok_or_else(|| Error::limit(format!("`{cell}` is too large")))?;
        Ok(CellTime { time: Time::frames(frame), seconds, is_timecode: true, drop_frame })
    }
}

fn no_rate(cell: &str, what: &str) -> Error {
    Error::usage(format!("`{cell}` is {what}, but no frame rate is known: give --fps, as --fps 23.976"))
        .clause("rule T-10")
}

fn exact(seconds: MediaTime) -> Result<CellTime> {
    Ok(CellTime { time: Time::clock(seconds), seconds, is_timecode: false, drop_frame: false })
}

/// What form a time has by its looks.
fn looks(cell: &str) -> Option<TimeFormat> {
    let colons = cell.matches([':', ';']).count();
    match colons {
        3 => Some(TimeFormat::Timecode),
        1 | 2 if !cell.contains(';') => Some(TimeFormat::Clock),
        _ => None,
    }
}

/// `[[H:]M:]S[.fraction]`, with a full stop or a comma before the fraction.
fn clock(cell: &str) -> Option<MediaTime> {
    let mut total: i128 = 0;
    let mut parts = cell.split(':').peekable();
    let mut count = 0;
    while let Some(part) = parts.next() {
        count += 1;
        if parts.peek().is_some() {
            let whole: u32 = part.parse().ok().filter(|_| part.len() <= 6 && !part.starts_with('+'))?;
            if count > 2 || (count == 2 && whole > 59) {
                return None;
            }
            total = (total + i128::from(whole)) * 60;
        } else {
            let (n, d) = decimal(part)?;
            if Ratio::new(n, d) >= Ratio::from_integer(60) {
                return None;
            }
            return MediaTime::new(total.checked_mul(d)?.checked_add(n)?, d);
        }
    }
    None
}

/// A decimal number in units of which `per_second` make a second.
fn number(cell: &str, per_second: i128) -> Result<MediaTime> {
    let parsed = decimal(cell).and_then(|(n, d)| MediaTime::new(n, d.checked_mul(per_second)?));
    parsed.ok_or_else(|| {
        let unit = if per_second == 1 { "seconds" } else { "milliseconds" };
        Error::format(format!("`{cell}` is no number of {unit}"))
    })
}

/// `digits[.digits]` as numerator and denominator.
fn decimal(text: &str) -> Option<(i128, i128)> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 15 || fraction.len() > 12 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = 10i128.pow(u32::try_from(fraction.len()).ok()?);
    let whole: i128 = whole.parse().ok()?;
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    Some((whole * scale + fraction, scale))
}

/// A clock time with at least three decimals, with more where that is exact, nine at most.
pub(super) fn clock_cell(time: MediaTime) -> (String, bool) {
    let (seconds, fraction, exact) = decimals(time, 9);
    let text = format!("{:02}:{:02}:{:02}.{fraction:0<3}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    (text, exact)
}

/// A number of milliseconds (`per_second` 1000) or seconds, with as many decimals as it takes, six for milliseconds
/// and nine for seconds at most.
pub(super) fn number_cell(time: MediaTime, per_second: i128) -> (String, bool) {
    let digits = if per_second == 1000 { 6 } else { 9 };
    let scaled = time.scaled(Ratio::from_integer(per_second)).unwrap_or(time);
    let (whole, fraction, exact) = decimals(scaled, digits);
    (if fraction.is_empty() { whole.to_string() } else { format!("{whole}.{fraction}") }, exact)
}

/// Whole part and decimals, without zeros at the end, and whether that is all.
fn decimals(time: MediaTime, digits: u32) -> (i64, String, bool) {
    let time = time.max(MediaTime::ZERO);
    let scale = 10i64.pow(digits);
    let rounded = time.rounded(i128::from(scale));
    let exact = MediaTime::new(rounded.into(), scale.into()) == Some(time);
    let fraction = format!("{:0width$}", rounded % scale, width = digits as usize);
    (rounded / scale, fraction.trim_end_matches('0').to_string(), exact)
}

/// Descriptions as one cell: separated by an empty line, each with its type and language in brackets where it has
/// any. [`descriptions`] gives them back.
pub(super) fn descriptions_cell(all: &List<Description>, kind: Option<&str>) -> String {
    let mut cell = String::new();
    for (at, description) in all.iter().enumerate() {
        if at > 0 {
            cell.push_str("\n\n");
        }
        let own = description.kind.as_deref().filter(|own| Some(*own) != kind);
        let language = description.language.as_deref().unwrap_or("");
        let blank = description.text.trim().is_empty();
        if own.is_some() || !language.is_empty() || blank || tagged(&description.text).is_some() {
            cell.push('[');
            cell.push_str(own.unwrap_or(""));
            if !language.is_empty() {
                cell.push('@');
                cell.push_str(language);
            }
            cell.push_str("] ");
        }
        for (line_at, line) in description.text.split('\n').enumerate() {
            if line_at > 0 {
                cell.push('\n');
            }
            // An empty line would end the description.
            if line.bytes().all(|b| b == b' ') {
                cell.push(' ');
            }
            cell.push_str(line);
        }
    }
    cell
}

/// The descriptions of a cell; those without a type of their own have that of the column.
pub(super) fn descriptions(cell: &str, kind: Option<&str>) -> List<Description> {
    let mut all = List::new();
    for part in cell.split("\n\n").filter(|part| !part.is_empty()) {
        let (own, language, words) = tagged(part).unwrap_or(("", "", part));
        let lines: Vec<&str> = words
            .split('\n')
            .map(|line| if line.bytes().all(|b| b == b' ') { line.get(1..).unwrap_or("") } else { line })
            .collect();
        let own = if own.is_empty() { kind } else { Some(own) };
        all.push(Description {
            kind: own.map(Into::into),
            language: (!language.is_empty()).then(|| language.into()),
            text: lines.join("\n").into(),
            ..Description::default()
        });
    }
    all
}

/// `[type@language] words`, where type and language look like such.
fn tagged(text: &str) -> Option<(&str, &str, &str)> {
    let (tag, words) = text.strip_prefix('[')?.split_once("] ")?;
    let (kind, language) = tag.split_once('@').unwrap_or((tag, ""));
    let known = matches!(kind, "" | "pronunciationNote" | "scene" | "plotSignificance")
        || kind.strip_prefix("x-").is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '[', ']']));
    let language_fits = language.is_empty() || crate::ttal::language::is_well_formed(language);
    (known && language_fits).then_some((kind, language, words))
}

/// Several names in one cell; a separator or backslash inside a name has a backslash before it.
pub(super) fn names_cell<'a>(names: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let mut cell = String::new();
    for name in names {
        if !cell.is_empty() {
            cell.push_str(separator);
            cell.push(' ');
        }
        for c in name.chars() {
            if separator.contains(c) || c == '\\' {
                cell.push('\\');
            }
            cell.push(c);
        }
    }
    cell
}

/// The names of a cell, between separators and line breaks.
pub(super) fn names(cell: &str, separators: &[String]) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        let separator = separators
            .iter()
            .map(String::as_str)
            .chain(["\n"])
            .find(|s| !s.is_empty() && rest.starts_with(s));
        let escaped = rest.strip_prefix('\\').and_then(|after| {
            let next = after.chars().next()?;
            (next == '\\' || separators.iter().any(|s| s.contains(next))).then_some(next)
        });
        let length = if let Some(next) = escaped {
            if let Some(name) = names.last_mut() {
                name.push(next);
            }
            1 + next.len_utf8()
        } else if let Some(separator) = separator {
            names.push(String::new());
            separator.len()
        } else {
            if let Some(name) = names.last_mut() {
                name.push(c);
            }
            c.len_utf8()
        };
        rest = rest.get(length..).unwrap_or("");
    }
    names.iter().map(|name| name.trim().to_string()).filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ttal::time::FrameRate;

    #[test]
    fn times_are_read_by_their_looks() {
        let counter = TimecodeCounter { rate: FrameRate::new(25, 1).unwrap(), drop_frame: false };
        let times = Times { counter: Some(counter), origin: 90_000 };
        let read = |cell: &str| {
            let read = times.read(cell, TimeFormat::Auto, None);
            read.map(|t| t.time.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(read("01:00:00:10").as_deref(), Ok("10f"));
        assert_eq!(read("1:00:00:10").as_deref(), Ok("10f"));
        assert_eq!(read("00:00:01.5").as_deref(), Ok("00:00:01.5"));
        assert_eq!(read("0:00:01,500").as_deref(), Ok("00:00:01.5"));
        assert_eq!(read("1:05").as_deref(), Ok("00:01:05"));
        assert_eq!(read("10f").as_deref(), Ok("10f"));
        assert_eq!(read("00:00:00:10").unwrap_err(), "`00:00:00:10` is before the start timecode");
        assert!(read("12").unwrap_err().starts_with("`12` is a number without a unit"));
        assert!(read("soon").unwrap_err().starts_with("`soon` is no time"));
        assert!(read("00:61:00").unwrap_err().contains("no time"));
        let seconds = times.read("12.345", TimeFormat::Auto, Some(TimeFormat::Seconds)).unwrap();
        assert_eq!(seconds.seconds, MediaTime::from_milliseconds(12_345));
        let none = Times::default().read("01:00:00:10", TimeFormat::Auto, None).unwrap_err().to_string();
        assert!(none.contains("T-10") && none.contains("--fps"), "{none}");
    }

    #[test]
    fn brackets_are_tags_only_where_they_look_like_it() {
        let all = descriptions("[laughs] hard\n\n[scene@fr] 12\n\n[x-context] a\nb", None);
        let kinds: Vec<_> = all.iter().map(|d| d.kind.as_deref()).collect();
        assert_eq!(kinds, [None, Some("scene"), Some("x-context")]);
        assert_eq!((&*all[0].text, &*all[2].text), ("[laughs] hard", "a\nb"));
    }

    proptest! {
        #[test]
        fn guards_come_off(cell in "['=+@a\t\r-]{0,5}") {
            let guarded = guarded(&cell);
            prop_assert!(!guarded.starts_with(FORMULA));
            prop_assert_eq!(unguarded(&guarded), cell.as_str());
        }

        #[test]
        fn descriptions_survive(parts in prop::collection::vec(("(|scene|x-a)", "(|fr|pt-BR)", r"[ a\n\]@\[x-]{0,8}"), 0..4)) {
            let all: List<Description> = parts.iter().map(|(kind, language, text)| Description {
                kind: (!kind.is_empty()).then(|| kind.as_str().into()),
                language: (!language.is_empty()).then(|| language.as_str().into()),
                text: text.as_str().into(),
                ..Description::default()
            }).collect();
            prop_assert_eq!(descriptions(&descriptions_cell(&all, None), None), all);
        }

        #[test]
        fn names_survive(all in prop::collection::vec(r"[a;\\/&]{1,6}", 0..4)) {
            let cell = names_cell(all.iter().map(String::as_str), ";");
            prop_assert_eq!(names(&cell, &[";".into()]), all);
        }

        #[test]
        fn numbers_survive(n in 0i128..1_000_000_000_000) {
            let time = MediaTime::new(n, 1_000_000_000).unwrap();
            let (cell, exact) = number_cell(time, 1000);
            prop_assert!(exact);
            prop_assert_eq!(number(&cell, 1000).unwrap(), time);
            let (cell, exact) = clock_cell(time);
            prop_assert!(exact);
            prop_assert_eq!(clock(&cell), Some(time));
        }
    }
}
