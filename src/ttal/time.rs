//! What time expressions and timecodes mean: exact seconds, never floats.

use std::fmt;
use std::ops::{Add, Sub};

use num_rational::Ratio;

use super::model::{FrameRateValue, Time, Timecode, TimecodeFormat, Timing};

/// A point in media time or a span of it, in exact seconds; may be negative in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(Ratio<i128>);

/// Bound on whole seconds of a time, about 30,000 years: sums of such times never overflow.
const MAX_SECONDS: i128 = 1 << 40;
/// Bound on denominators for the same reason.
const MAX_DENOMINATOR: i128 = 1_000_000_000_000_000_000;

impl MediaTime {
    /// The begin of everything.
    pub const ZERO: MediaTime = MediaTime(Ratio::new_raw(0, 1));

    /// `numerator / denominator` seconds; `None` where the denominator is 0 or a part is too large.
    pub fn new(numerator: i128, denominator: i128) -> Option<Self> {
        if denominator <= 0
            || denominator > MAX_DENOMINATOR
            || numerator.checked_abs()? / denominator > MAX_SECONDS
        {
            return None;
        }
        Some(MediaTime(Ratio::new(numerator, denominator)))
    }

    /// Whole milliseconds.
    pub fn from_milliseconds(milliseconds: i64) -> Self {
        MediaTime(Ratio::new(i128::from(milliseconds), 1000))
    }

    /// The exact fraction of a second.
    pub fn ratio(self) -> Ratio<i128> {
        self.0
    }

    /// Whole milliseconds, rounded to the nearest, halves away from zero.
    pub fn milliseconds(self) -> i64 {
        self.rounded(1000)
    }

    /// In units of `1 / rate` seconds, rounded to the nearest, halves away from zero.
    pub fn rounded(self, rate: i128) -> i64 {
        let (n, d) = (self.0.numer() * rate, *self.0.denom());
        let magnitude = (2 * n.abs() + d) / (2 * d);
        i64::try_from(if n < 0 { -magnitude } else { magnitude }).unwrap_or(i64::MAX)
    }

    /// This time times a factor, as for a change of speed; `None` where it gets too large or too fine.
    pub fn scaled(self, factor: Ratio<i128>) -> Option<Self> {
        let numerator = self.0.numer().checked_mul(*factor.numer())?;
        let denominator = self.0.denom().checked_mul(*factor.denom())?;
        let product = Ratio::new(numerator, denominator);
        MediaTime::new(*product.numer(), *product.denom())
    }
}

impl Add for MediaTime {
    type Output = MediaTime;
    fn add(self, other: MediaTime) -> MediaTime {
        MediaTime(add(self.0, other.0))
    }
}

impl Sub for MediaTime {
    type Output = MediaTime;
    fn sub(self, other: MediaTime) -> MediaTime {
        MediaTime(add(self.0, Ratio::new_raw(-other.0.numer(), *other.0.denom())))
    }
}

/// The sum; where it would not fit, which takes two denominators of 18 digits without a common factor, rounded to
/// the nanosecond.
fn add(a: Ratio<i128>, b: Ratio<i128>) -> Ratio<i128> {
    if a.denom() == b.denom() {
        return Ratio::new(a.numer() + b.numer(), *a.denom());
    }
    let exact = || {
        let numerator = a.numer().checked_mul(*b.denom())?.checked_add(b.numer().checked_mul(*a.denom())?)?;
        Some(Ratio::new(numerator, a.denom().checked_mul(*b.denom())?))
    };
    exact().filter(|sum| *sum.denom() <= MAX_DENOMINATOR).unwrap_or_else(|| {
        const NANOSECONDS: i128 = 1_000_000_000;
        let round = |r: Ratio<i128>| {
            r.numer() / r.denom() * NANOSECONDS + r.numer() % r.denom() * NANOSECONDS / r.denom()
        };
        Ratio::new(round(a) + round(b), NANOSECONDS)
    })
}

impl fmt::Display for MediaTime {
    /// `HH:MM:SS.mmm`, rounded to milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.milliseconds();
        let (sign, ms) = (if milliseconds < 0 { "-" } else { "" }, milliseconds.unsigned_abs());
        let (hours, minutes) = (ms / 3_600_000, ms / 60_000 % 60);
        write!(f, "{sign}{hours:02}:{minutes:02}:{:02}.{:03}", ms / 1000 % 60, ms % 1000)
    }
}

/// How times of a document are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// Frames in a second.
    pub frame_rate: Option<FrameRate>,
    /// Ticks in a second.
    pub tick_rate: Option<u32>,
}

impl Clock {
    /// The clock that a document declares.
    pub fn of(timing: Option<&Timing>) -> Self {
        let Some(timing) = timing else { return Clock::default() };
        Clock {
            frame_rate: timing.frame_rate.as_ref().and_then(FrameRate::of),
            tick_rate: timing.tick_rate.filter(|&rate| rate > 0),
        }
    }
}

/// Frames in a second, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate(Ratio<i128>);

impl FrameRate {
    /// `numerator / denominator` frames in a second; `None` unless both are above 0.
    pub fn new(numerator: u32, denominator: u32) -> Option<Self> {
        (numerator > 0 && denominator > 0)
            .then(|| FrameRate(Ratio::new(i128::from(numerator), i128::from(denominator))))
    }

    /// The rate that a document declares; `None` where its parts make no sense.
    pub fn of(value: &FrameRateValue) -> Option<Self> {
        let (numerator, denominator) = match value.multiplier.as_slice() {
            [] => (1, 1),
            [numerator, denominator] => (*numerator, *denominator),
            _ => return None,
        };
        let rate = Ratio::new(
            i128::from(value.base) * i128::from(numerator),
            i128::from(denominator).max(0).checked_add(i128::from(denominator == 0))?,
        );
        (denominator > 0 && *rate.numer() > 0).then_some(FrameRate(rate))
    }

    /// As a document declares it: 24000/1001 as base 24 and multiplier 1000/1001.
    pub fn to_value(self) -> FrameRateValue {
        let (n, d) = (*self.0.numer(), *self.0.denom());
        let fit = |n: i128| u32::try_from(n).unwrap_or(u32::MAX);
        if d == 1 {
            return FrameRateValue { base: fit(n), ..FrameRateValue::default() };
        }
        let base = self.nominal();
        let multiplier = Ratio::new(n, d * i128::from(base));
        FrameRateValue {
            base,
            multiplier: [fit(*multiplier.numer()), fit(*multiplier.denom())].into_iter().collect(),
            ..FrameRateValue::default()
        }
    }

    /// The exact fraction.
    pub fn ratio(self) -> Ratio<i128> {
        self.0
    }

    /// Frame numbers in a timecode second: the rate rounded up.
    pub fn nominal(self) -> u32 {
        u32::try_from(self.0.ceil().to_integer()).unwrap_or(u32::MAX)
    }

    /// When a frame begins; `None` past all bounds.
    pub fn time(self, frame: i64) -> Option<MediaTime> {
        MediaTime::new(i128::from(frame).checked_mul(*self.0.denom())?, *self.0.numer())
    }

    /// The smallest frame that does not begin before `time`, as DAPT maps times to frames.
    pub fn frame_at_or_after(self, time: MediaTime) -> i64 {
        let exact = self.exact_frame(time);
        i64::try_from(exact.ceil().to_integer()).unwrap_or(i64::MAX)
    }

    /// The frame that begins nearest to `time`.
    pub fn nearest_frame(self, time: MediaTime) -> i64 {
        i64::try_from(self.exact_frame(time).round().to_integer()).unwrap_or(i64::MAX)
    }

    fn exact_frame(self, time: MediaTime) -> Ratio<i128> {
        let (n, d) = (self.0.numer(), self.0.denom());
        match (time.0.numer().checked_mul(*n), time.0.denom().checked_mul(*d)) {
            (Some(numerator), Some(denominator)) => Ratio::new(numerator, denominator),
            _ => Ratio::from_integer(i128::from(time.rounded(n / d))),
        }
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<crate::time::FrameRate> for FrameRate {
    fn from(rate: crate::time::FrameRate) -> Self {
        FrameRate(Ratio::new(i128::from(rate.frames()), i128::from(rate.seconds())))
    }
}

/// Why a time expression means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// It has none of the forms.
    Form,
    /// A clock time with frames: DAPT has none.
    ClockFrames,
    /// Frames, but no frame rate is declared.
    NoFrameRate,
    /// Ticks, but no tick rate is declared.
    NoTickRate,
    /// More digits or a larger value than can be held exactly.
    TooLarge,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeError::Form => {
                "no time expression: write HH:MM:SS.fraction, or a number with h, m, s, ms, f or t"
            }
            TimeError::ClockFrames => "a clock time with frames: write the frames as a number with f",
            TimeError::NoFrameRate => "frames, but the document declares no frame rate",
            TimeError::NoTickRate => "ticks, but the document declares no tick rate",
            TimeError::TooLarge => "a time that is too large or too fine",
        })
    }
}

/// Which of the two syntaxes a time expression has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeForm {
    /// `HH:MM:SS.fraction`.
    Clock,
    /// A number and a unit.
    Offset,
}

impl Time {
    /// The seconds that it means.
    ///
    /// # Errors
    /// Where it is malformed, or counts in units that the clock does not know.
    pub fn seconds(&self, clock: Clock) -> Result<MediaTime, TimeError> {
        parse(self, clock).map(|(_, time)| time)
    }

    /// Which syntax it has, if any.
    pub fn form(&self) -> Option<TimeForm> {
        let any = Clock { frame_rate: FrameRate::new(25, 1), tick_rate: Some(1) };
        parse(self, any).ok().map(|(form, _)| form)
    }

    /// A clock time, with as many decimals as it takes where decimals can say it exactly, nine otherwise.
    pub fn clock(time: MediaTime) -> Self {
        let (seconds, fraction) = decimal(time);
        let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
        format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60).into()
    }

    /// An offset in frames.
    pub fn frames(frames: i64) -> Self {
        format!("{frames}f").into()
    }
}

/// Whole seconds and the digits behind the point, without zeros at the end. Negative times count as 0: nothing is
/// before the begin of the media.
fn decimal(time: MediaTime) -> (i128, String) {
    let (n, d) = (time.0.numer().max(&0), time.0.denom());
    let (mut seconds, mut rest) = (n / d, n % d);
    let mut digits = String::new();
    while rest != 0 && digits.len() < 18 {
        rest *= 10;
        digits.push(char::from(b'0' + u8::try_from(rest / d).unwrap_or(0)));
        rest %= d;
    }
    if rest != 0 {
        let nanoseconds = MediaTime(time.0 - Ratio::from_integer(seconds)).rounded(1_000_000_000);
        if nanoseconds == 1_000_000_000 {
            seconds += 1;
            digits = String::new();
        } else {
            digits = format!("{nanoseconds:09}").trim_end_matches('0').to_string();
        }
    }
    (seconds, digits)
}

/// `digits[.digits]` as an exact fraction.
fn number(text: &str) -> Result<Ratio<i128>, TimeError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(TimeError::Form),
        Some((whole, fraction)) => (whole, fraction),
        None => (text, ""),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !(fraction.is_empty() || digits(fraction)) {
        return Err(TimeError::Form);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 18 {
        return Err(TimeError::TooLarge);
    }
    let whole: i128 = whole.parse().map_err(|_| TimeError::TooLarge)?;
    if whole > MAX_SECONDS * 100_000_000 {
        return Err(TimeError::TooLarge);
    }
    if fraction.is_empty() {
        return Ok(Ratio::from_integer(whole));
    }
    let scale = 10i128.pow(fraction.len() as u32);
    let numerator = whole.checked_mul(scale).ok_or(TimeError::TooLarge)?;
    Ok(Ratio::new(numerator + fraction.parse::<i128>().map_err(|_| TimeError::TooLarge)?, scale))
}

/// A clock time of the usual length, `HH:MM:SS` with up to nine decimals: nearly all times are, and small numbers are
/// reduced many times faster than large ones.
fn usual_clock(text: &str) -> Option<MediaTime> {
    let bytes = text.as_bytes();
    let two = |at: usize| {
        let (&tens, &ones) = (bytes.get(at)?, bytes.get(at + 1)?);
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| u64::from(tens - b'0') * 10 + u64::from(ones - b'0'))
    };
    let (hours, minutes, seconds) = (two(0)?, two(3)?, two(6)?);
    if bytes[2] != b':' || bytes[5] != b':' || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = (hours * 60 + minutes) * 60 + seconds;
    let decimals = match bytes.get(8..) {
        Some([]) => return Some(MediaTime(Ratio::from_integer(i128::from(seconds)))),
        Some([b'.', decimals @ ..]) if (1..=9).contains(&decimals.len()) => decimals,
        _ => return None,
    };
    let (mut numerator, mut denominator) = (seconds, 1u64);
    for digit in decimals {
        numerator = numerator * 10 + u64::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        denominator *= 10;
    }
    let divisor = crate::time::gcd(numerator, denominator);
    Some(MediaTime(Ratio::new_raw(i128::from(numerator / divisor), i128::from(denominator / divisor))))
}

fn parse(text: &str, clock: Clock) -> Result<(TimeForm, MediaTime), TimeError> {
    let bounded = |time: Ratio<i128>| {
        let fits = *time.denom() <= MAX_DENOMINATOR && time.to_integer() <= MAX_SECONDS;
        fits.then_some(MediaTime(time)).ok_or(TimeError::TooLarge)
    };
    if let Some(time) = usual_clock(text) {
        return Ok((TimeForm::Clock, time));
    }
    if text.contains(':') {
        let mut parts = text.split(':');
        let (Some(hours), Some(minutes), Some(seconds)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TimeError::Form);
        };
        if parts.next().is_some() || seconds.contains(';') {
            return Err(TimeError::ClockFrames);
        }
        let two = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        if hours.len() < 2 || !two(minutes) || !two(seconds.split('.').next().unwrap_or("")) {
            return Err(TimeError::Form);
        }
        let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
        if *hours.denom() != 1 {
            return Err(TimeError::Form);
        }
        let sixty = Ratio::from_integer(60);
        if minutes >= sixty || seconds >= sixty {
            return Err(TimeError::Form);
        }
        if hours > Ratio::from_integer(MAX_SECONDS) {
            return Err(TimeError::TooLarge);
        }
        return Ok((TimeForm::Clock, bounded((hours * sixty + minutes) * sixty + seconds)?));
    }
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).ok_or(TimeError::Form)?;
    let (value, unit) = text.split_at(unit);
    let value = number(value)?;
    let integer = |n: i128| Ratio::from_integer(n);
    let seconds = match unit {
        "h" if value <= integer(MAX_SECONDS) => value * integer(3600),
        "m" if value <= integer(MAX_SECONDS) => value * integer(60),
        "h" | "m" => return Err(TimeError::TooLarge),
        "s" => value,
        "ms" => value / integer(1000),
        "f" => {
            let rate = clock.frame_rate.ok_or(TimeError::NoFrameRate)?.0;
            let numerator = value.numer().checked_mul(*rate.denom()).ok_or(TimeError::TooLarge)?;
            let denominator = value.denom().checked_mul(*rate.numer()).ok_or(TimeError::TooLarge)?;
            Ratio::new(numerator, denominator)
        }
        "t" => value / integer(i128::from(clock.tick_rate.ok_or(TimeError::NoTickRate)?)),
        _ => return Err(TimeError::Form),
    };
    Ok((TimeForm::Offset, bounded(seconds)?))
}

/// Why a timecode means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimecodeError {
    /// Not `HH:MM:SS:FF`.
    Form,
    /// Minutes or seconds past 59.
    Sexagesimal,
    /// A frame number that the rate does not reach.
    TooManyFrames,
    /// A frame number that drop-frame counting leaves out.
    Dropped,
    /// Drop-frame counting at a rate that has none.
    NoDropFrame,
}

impl fmt::Display for TimecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimecodeError::Form => "no timecode: write HH:MM:SS:FF",
            TimecodeError::Sexagesimal => "minutes and seconds go to 59",
            TimecodeError::TooManyFrames => "the frame number is past the frame rate",
            TimecodeError::Dropped => "drop-frame counting leaves this frame number out",
            TimecodeError::NoDropFrame => "drop-frame counting is for 29.97 and 59.94 frames a second",
        })
    }
}

/// How frames are numbered in timecodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimecodeCounter {
    /// The exact rate.
    pub rate: FrameRate,
    /// Whether numbers are dropped, so that the count keeps up with the clock.
    pub drop_frame: bool,
}

impl TimecodeCounter {
    /// Frame numbers dropped each minute but every tenth: 2 at 29.97, 4 at 59.94, none without drop-frame.
    fn dropped(self) -> Result<i64, TimecodeError> {
        if !self.drop_frame {
            return Ok(0);
        }
        match (self.rate.nominal(), *self.rate.0.denom()) {
            (30, 1001) => Ok(2),
            (60, 1001) => Ok(4),
            (120, 1001) => Ok(8),
            _ => Err(TimecodeError::NoDropFrame),
        }
    }

    /// The number of the frame since `00:00:00:00`.
    ///
    /// # Errors
    /// Where the text is no timecode at this rate.
    pub fn frame(self, text: &str) -> Result<i64, TimecodeError> {
        let semicolon = text.contains([';', ',']);
        let counter = TimecodeCounter { drop_frame: self.drop_frame || semicolon, ..self };
        let parts: Vec<&str> = text.split([':', ';', ',', '.']).collect();
        let [hours, minutes, seconds, frames] = parts.as_slice() else { return Err(TimecodeError::Form) };
        let digits = |text: &str| {
            let fits = (2..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| text.parse::<i64>().ok()).flatten().ok_or(TimecodeError::Form)
        };
        let (hours, minutes, seconds, frames) =
            (digits(hours)?, digits(minutes)?, digits(seconds)?, digits(frames)?);
        if minutes > 59 || seconds > 59 {
            return Err(TimecodeError::Sexagesimal);
        }
        let nominal = i64::from(self.rate.nominal());
        if frames >= nominal {
            return Err(TimecodeError::TooManyFrames);
        }
        let dropped = counter.dropped()?;
        if minutes % 10 != 0 && seconds == 0 && frames < dropped {
            return Err(TimecodeError::Dropped);
        }
        let total_minutes = hours * 60 + minutes;
        Ok((total_minutes * 60 + seconds) * nominal + frames - dropped * (total_minutes - total_minutes / 10))
    }

    /// The timecode of a frame; `;` before the frame number under drop-frame counting.
    ///
    /// # Errors
    /// Where drop-frame counting is asked for at a rate that has none.
    pub fn timecode(self, frame: i64) -> Result<String, TimecodeError> {
        let nominal = i64::from(self.rate.nominal());
        let dropped = self.dropped()?;
        let frame = frame.max(0);
        let per_ten_minutes = nominal * 600 - dropped * 9;
        let (tens, rest) = (frame / per_ten_minutes, frame % per_ten_minutes);
        let per_minute = nominal * 60 - dropped;
        // The first of ten minutes drops nothing.
        let minutes = if rest < nominal * 60 { 0 } else { 1 + (rest - nominal * 60) / per_minute };
        let number = frame + dropped * (9 * tens + minutes);
        let separator = if dropped > 0 { ';' } else { ':' };
        let (seconds, frames) = (number / nominal, number % nominal);
        let width = if nominal > 100 { 3 } else { 2 };
        Ok(format!(
            "{:02}:{:02}:{:02}{separator}{frames:0width$}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ))
    }
}

impl Timing {
    /// How this document numbers frames, if it declares a frame rate.
    pub fn counter(&self) -> Option<TimecodeCounter> {
        let rate = FrameRate::of(self.frame_rate.as_ref()?)?;
        let drop_frame = self.timecode.as_ref().is_some_and(|t| t.format == TimecodeFormat::Df);
        Some(TimecodeCounter { rate, drop_frame })
    }
}

impl Timecode {
    /// The number of the frame since `00:00:00:00`; a semicolon means drop-frame counting whatever the counter says.
    ///
    /// # Errors
    /// Where it is no timecode at this rate.
    pub fn frame(&self, counter: TimecodeCounter) -> Result<i64, TimecodeError> {
        counter.frame(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clock() -> Clock {
        Clock { frame_rate: FrameRate::new(24000, 1001), tick_rate: Some(10_000_000) }
    }

    fn seconds(text: &str) -> Result<MediaTime, TimeError> {
        Time::from(text).seconds(clock())
    }

    #[test]
    fn time_expressions_are_exact() {
        let exact = |text: &str, n: i128, d: i128| {
            assert_eq!(seconds(text), Ok(MediaTime::new(n, d).unwrap()), "{text}")
        };
        exact("00:00:10.010", 1001, 100);
        exact("99:59:59.999999999", 359_999_999_999_999, 1_000_000_000);
        exact("00:00:00.000", 0, 1);
        exact("01:00:00.5000000000", 7201, 2);
        exact("240f", 1001, 100);
        exact("1.5s", 3, 2);
        exact("1500ms", 3, 2);
        exact("0.5h", 1800, 1);
        exact("2m", 120, 1);
        exact("5t", 1, 2_000_000);
        exact("100:00:00", 360_000, 1);
        exact("00:00:00.123456789012345678", 123_456_789_012_345_678, 1_000_000_000_000_000_000);
        for (text, error) in [
            ("00:00:10:12", TimeError::ClockFrames),
            ("00:00:10;12", TimeError::ClockFrames),
            ("00:60:00", TimeError::Form),
            ("1:00:00", TimeError::Form),
            ("00:00:1", TimeError::Form),
            ("10", TimeError::Form),
            ("10x", TimeError::Form),
            ("-1s", TimeError::Form),
            (".5s", TimeError::Form),
            ("1.s", TimeError::Form),
            ("", TimeError::Form),
            ("s", TimeError::Form),
            ("1 s", TimeError::Form),
            ("99999999999999999999999999999999999999999999s", TimeError::TooLarge),
            ("0.1234567890123456789s", TimeError::TooLarge),
        ] {
            assert_eq!(seconds(text), Err(error), "{text}");
        }
        assert_eq!(Time::from("1f").seconds(Clock::default()), Err(TimeError::NoFrameRate));
        assert_eq!(Time::from("1t").seconds(Clock::default()), Err(TimeError::NoTickRate));
    }

    #[test]
    fn clock_times_are_spelt_exactly_where_decimals_can() {
        let spelt = |n, d| Time::clock(MediaTime::new(n, d).unwrap()).to_string();
        assert_eq!(spelt(1001, 100), "00:00:10.01");
        assert_eq!(spelt(3600, 1), "01:00:00");
        assert_eq!(spelt(1, 3), "00:00:00.333333333");
        assert_eq!(spelt(5_999_999_999_999, 3_000_000_000_000), "00:00:02");
    }

    #[test]
    fn milliseconds_round_half_away_from_zero() {
        let ms = |n, d| MediaTime::new(n, d).unwrap().milliseconds();
        assert_eq!([ms(1, 2000), ms(-1, 2000), ms(1, 3), ms(-1, 3)], [1, -1, 333, -333]);
        assert_eq!(MediaTime::from_milliseconds(-1500).to_string(), "-00:00:01.500");
    }

    #[test]
    fn frame_rates_are_declared_as_broadcasters_do() {
        let value = FrameRate::new(30000, 1001).unwrap().to_value();
        assert_eq!((value.base, value.multiplier.as_slice()), (30, &[1000, 1001][..]));
        assert_eq!(FrameRate::of(&value), FrameRate::new(30000, 1001));
        let whole = FrameRate::new(25, 1).unwrap().to_value();
        assert_eq!((whole.base, whole.multiplier.len()), (25, 0));
    }

    #[test]
    fn drop_frame_numbers_keep_up_with_the_clock() {
        let df = TimecodeCounter { rate: FrameRate::new(30000, 1001).unwrap(), drop_frame: true };
        assert_eq!(df.frame("00:01:00;02"), Ok(1800));
        assert_eq!(df.frame("01:00:00;00"), Ok(107_892));
        assert_eq!(df.frame("00:01:00;00"), Err(TimecodeError::Dropped));
        assert_eq!(df.frame("00:10:00;00"), Ok(17982));
        assert_eq!(df.timecode(1799).unwrap(), "00:00:59;29");
        assert_eq!(df.timecode(1800).unwrap(), "00:01:00;02");
        let film = TimecodeCounter { rate: FrameRate::new(24, 1).unwrap(), drop_frame: false };
        assert_eq!(film.frame("00:00:01:24"), Err(TimecodeError::TooManyFrames));
        assert_eq!(film.frame("00:00:01;23"), Err(TimecodeError::NoDropFrame));
    }

    const RATES: [(u32, u32, bool); 8] = [
        (24000, 1001, false),
        (24, 1, false),
        (25, 1, false),
        (30000, 1001, true),
        (30000, 1001, false),
        (50, 1, false),
        (60000, 1001, true),
        (60000, 1001, false),
    ];

    proptest! {
        #[test]
        fn frames_survive_timecodes_and_milliseconds(frame in 0i64..10_000_000, at in 0..RATES.len()) {
            let (n, d, drop_frame) = RATES[at];
            let rate = FrameRate::new(n, d).unwrap();
            let counter = TimecodeCounter { rate, drop_frame };
            prop_assert_eq!(counter.frame(&counter.timecode(frame).unwrap()), Ok(frame));
            let time = rate.time(frame).unwrap();
            prop_assert_eq!(rate.frame_at_or_after(time), frame);
            let srt = MediaTime::from_milliseconds(time.milliseconds());
            prop_assert_eq!(rate.nearest_frame(srt), frame);
        }
    }
}
