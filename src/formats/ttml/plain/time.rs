//! Time expressions of all versions of TTML, in all its time bases.

use num_rational::Ratio;
use roxmltree::Node;

use crate::formats::ttml::names::{Vocabulary, attribute};
use crate::ttal::model::{FrameRateValue, List, Time};
use crate::ttal::time::{Clock, FrameRate, MediaTime, TimecodeCounter};

/// How a document counts times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeBase {
    /// Frames in a second; none is declared where this is none, and 30 are meant.
    pub(super) declared: Option<FrameRate>,
    /// Frames in a second, whoever says so.
    rate: Ratio<i128>,
    /// Frame numbers in a second of a clock time.
    nominal: u32,
    /// Ticks in a second.
    ticks: Ratio<i128>,
    sub_frames: u32,
    /// Set where clock times with frames are timecodes.
    timecode: Option<TimecodeCounter>,
    /// What is taken off all times.
    origin: MediaTime,
    /// Whether times are points on a clock, whatever they stand in.
    pub(crate) absolute: bool,
}

/// What a time expression says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// The seconds.
    pub(super) time: MediaTime,
    /// Whether it is spelt as TTML wants it.
    pub(super) regular: bool,
}

impl TimeBase {
    /// What the root says, and what the user says where it says nothing.
    pub(crate) fn of(root: Node<'_, '_>, counter: Option<TimecodeCounter>) -> Self {
        let parameter = |name| attribute(root, Vocabulary::Parameter, name).map(str::trim);
        let whole = |name| parameter(name)?.parse::<u32>().ok().filter(|&n| n > 0);
        let multiplier = parameter("frameRateMultiplier").and_then(|text| {
            let mut parts =
                text.split([' ', ':']).filter(|part| !part.is_empty()).map(|part| part.parse::<u32>());
            let (numerator, denominator) = (parts.next()?.ok()?, parts.next().unwrap_or(Ok(1)).ok()?);
            (numerator > 0 && denominator > 0 && parts.next().is_none()).then_some((numerator, denominator))
        });
        let (numerator, denominator) = multiplier.unwrap_or((1, 1));
        let declared = whole("frameRate").and_then(|base| {
            let multiplier: List<u32> = if numerator == denominator {
                List::new()
            } else {
                [numerator, denominator].into_iter().collect()
            };
            FrameRate::of(&FrameRateValue { base, multiplier, ..FrameRateValue::default() })
        });
        let known = declared.or(counter.map(|counter| counter.rate));
        let thirty = Ratio::from_integer(30) * Ratio::new(i128::from(numerator), i128::from(denominator));
        let rate = known.map_or(thirty, FrameRate::ratio);
        let sub_frames = whole("subFrameRate").unwrap_or(1);
        let ticks = match whole("tickRate") {
            Some(rate) => Ratio::from_integer(i128::from(rate)),
            None if declared.is_some() => rate * Ratio::from_integer(i128::from(sub_frames)),
            None => Ratio::from_integer(1),
        };
        let base = parameter("timeBase").unwrap_or("media");
        let drop_frame = match parameter("dropMode") {
            Some(mode) => mode == "dropNTSC",
            None => counter.is_some_and(|counter| counter.drop_frame),
        };
        let discontinuous = parameter("markerMode") == Some("discontinuous");
        let lyrics = root
            .attributes()
            .any(|a| a.namespace().is_some_and(|uri| uri.starts_with("http://music.apple.com/")));
        let timecode = known.filter(|_| base == "smpte").map(|rate| TimecodeCounter { rate, drop_frame });
        TimeBase {
            declared,
            rate,
            nominal: u32::try_from(rate.ceil().to_integer()).unwrap_or(u32::MAX),
            ticks,
            sub_frames,
            timecode,
            origin: MediaTime::ZERO,
            absolute: base == "clock" || (base == "smpte" && discontinuous) || lyrics,
        }
    }

    /// Takes this timecode off all times.
    pub(super) fn set_origin(&mut self, timecode: &str) -> Result<(), String> {
        let rate = FrameRate::new(
            u32::try_from(*self.rate.numer()).unwrap_or(0),
            u32::try_from(*self.rate.denom()).unwrap_or(0),
        );
        let counter = self.timecode.or(rate.map(|rate| TimecodeCounter { rate, drop_frame: false }));
        let counter = counter.ok_or("a frame rate that makes no sense")?;
        let frame = counter.frame(timecode).map_err(|error| error.to_string())?;
        self.origin = counter.rate.time(frame).unwrap_or(MediaTime::ZERO);
        Ok(())
    }

    /// What is taken off all times.
    pub(super) fn origin(&self) -> MediaTime {
        self.origin
    }

    /// How a time is kept in the model: in frames where the document declares a rate and it is a whole frame that
    /// decimals can't say, or that was said in frames; as a clock time otherwise.
    pub(super) fn spell(&self, time: MediaTime, in_frames: bool) -> Time {
        if let Some(rate) = self.declared.filter(|_| in_frames) {
            let frame = rate.nearest_frame(time);
            if rate.time(frame) == Some(time) {
                return Time::frames(frame);
            }
        }
        Time::clock(time)
    }

    /// Reads a time expression.
    pub(super) fn parse(&self, text: &str) -> Result<Moment, &'static str> {
        let text = text.trim();
        let regular = |time| Ok(Moment { time, regular: true });
        if text.starts_with("wallclock(") {
            return Err("wall-clock times have no place in media time");
        }
        if !text.contains(':') {
            return self.offset(text);
        }
        let clock = Clock { frame_rate: self.declared, tick_rate: None };
        if let Ok(time) = Time::from(text).seconds(clock) {
            return regular(time);
        }
        let mut parts: Vec<&str> = text.split([':', ';']).collect();
        let mut spelt_right = !text.contains(';') || self.timecode.is_some();
        if parts.len() == 2 {
            // Minutes and seconds.
            parts.insert(0, "00");
            spelt_right = false;
        }
        let (hours, minutes, seconds) = match parts.as_slice() {
            [hours, minutes, seconds] | [hours, minutes, seconds, _] => (*hours, *minutes, *seconds),
            _ => return Err("no time expression"),
        };
        spelt_right &= hours.len() >= 2 && minutes.len() == 2;
        let whole = |text: &str| {
            let digits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<i128>().ok()).flatten().ok_or("no time expression")
        };
        let (hours, minutes) = (whole(hours)?, whole(minutes)?);
        if minutes > 59 {
            return Err("minutes go to 59");
        }
        let Some(frames) = parts.get(3) else {
            let seconds = number(&seconds.replace(',', ".")).ok_or("no time expression")?;
            spelt_right &= !parts[2].contains(',');
            let total = Ratio::from_integer(hours * 3600 + minutes * 60) + seconds;
            let time = exact(total).ok_or("a time that is too large or too fine")?;
            return Ok(Moment { time, regular: spelt_right && seconds < Ratio::from_integer(60) });
        };
        let seconds = whole(seconds)?;
        if seconds > 59 {
            return Err("seconds go to 59");
        }
        let (frames, sub) = frames.split_once('.').unwrap_or((frames, "0"));
        let (frames, sub) = (whole(frames)?, whole(sub)?);
        if frames >= i128::from(self.nominal) {
            return Err("the frame number is past the frame rate");
        }
        let fraction = Ratio::from_integer(frames) + Ratio::new(sub, i128::from(self.sub_frames));
        let total = match self.timecode {
            Some(counter) => {
                let label = format!("{hours:02}:{minutes:02}:{seconds:02}:{frames:02}");
                let count = counter.frame(&label).map_err(|_| "no timecode at this frame rate")?;
                let count =
                    Ratio::from_integer(i128::from(count)) + Ratio::new(sub, i128::from(self.sub_frames));
                count / self.rate
            }
            None => Ratio::from_integer(hours * 3600 + minutes * 60 + seconds) + fraction / self.rate,
        };
        let time = exact(total).ok_or("a time that is too large or too fine")?;
        Ok(Moment { time, regular: spelt_right })
    }

    fn offset(&self, text: &str) -> Result<Moment, &'static str> {
        let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
        let (value, metric) = text.split_at(split);
        let value = number(value).ok_or("no time expression")?;
        let whole = |n| Ratio::from_integer(n);
        let seconds = match metric {
            "h" => value * whole(3600),
            "m" => value * whole(60),
            "s" | "" => value,
            "ms" => value / whole(1000),
            "f" => value / self.rate,
            "t" => value / self.ticks,
            _ => return Err("no time expression"),
        };
        let time = exact(seconds).ok_or("a time that is too large or too fine")?;
        Ok(Moment { time, regular: !metric.is_empty() })
    }
}

/// A time within the bounds of what sums can hold.
fn exact(seconds: Ratio<i128>) -> Option<MediaTime> {
    MediaTime::new(*seconds.numer(), *seconds.denom())
}

/// `digits[.digits]`, up to 12 of each, so that products fit.
fn number(text: &str) -> Option<Ratio<i128>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = |text: &str| text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let scale = 10i128.pow(fraction.len() as u32);
    let fraction: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    Some(Ratio::new(whole.parse::<i128>().ok()? * scale + fraction, scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::ttml::xml;
    use crate::ttal::source::Source;

    fn base(parameters: &str) -> TimeBase {
        let text = format!(
            "<tt xmlns='http://www.w3.org/ns/ttml' xmlns:ttp='http://www.w3.org/ns/ttml#parameter' {parameters}/>"
        );
        let source = Source::from_text("a", text);
        let parsed = xml::parse(&source).unwrap();
        TimeBase::of(parsed.document.root_element(), None)
    }

    fn at(base: &TimeBase, text: &str) -> Option<(i128, i128)> {
        let ratio = base.parse(text).ok()?.time.ratio();
        Some((*ratio.numer(), *ratio.denom()))
    }

    #[test]
    fn all_forms_are_exact() {
        let media = base("ttp:frameRate='25' ttp:subFrameRate='2'");
        assert_eq!(at(&media, "00:00:01:12.1"), Some((3, 2)));
        assert_eq!(at(&media, "50t"), Some((1, 1)));
        assert_eq!(at(&media, "5f"), Some((1, 5)));
        assert_eq!(at(&base(""), "5t"), Some((5, 1)));
        assert_eq!(at(&base(""), "00:00:00:15"), Some((1, 2)));
        assert_eq!(
            at(&base("ttp:frameRate='24' ttp:frameRateMultiplier='1000 1001'"), "24f"),
            Some((1001, 1000))
        );
        let drop = "ttp:frameRate='30' ttp:frameRateMultiplier='1000 1001' ttp:timeBase='smpte' ttp:dropMode='dropNTSC'";
        assert_eq!(
            at(&base(drop), "00:01:00:02"),
            Some((1800 * 1001, 30000)).map(|(n, d)| {
                let ratio = Ratio::new(n, d);
                (*ratio.numer(), *ratio.denom())
            })
        );
        assert_eq!(at(&base(drop), "00:01:00:00"), None);
        let lenient = base("").parse("3:58.64").unwrap();
        assert_eq!((lenient.time, lenient.regular), (MediaTime::from_milliseconds(238_640), false));
        assert!(!base("").parse("19.764").unwrap().regular);
        for wrong in ["", "x", "1x", "00:61:00", "00:00:00:31", "1:2:3:4:5", "-1s", "999999999999999999s"] {
            assert!(base("").parse(wrong).is_err(), "{wrong}");
        }
    }
}
