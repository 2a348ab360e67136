//! Exact time: rationals of a second, as users write them and as containers hold them.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A non-negative rational number, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rational {
    numerator: u64,
    denominator: NonZeroU64,
}

impl Rational {
    /// `numerator / denominator`, reduced; `None` where the denominator is 0.
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        let divisor = gcd(numerator, denominator);
        let denominator = NonZeroU64::new(denominator.checked_div(divisor)?)?;
        Some(Rational { numerator: numerator / divisor, denominator })
    }

    /// The number above the line.
    pub fn numerator(self) -> u64 {
        self.numerator
    }

    /// The number below the line.
    pub fn denominator(self) -> u64 {
        self.denominator.get()
    }

    /// Whether it is 0.
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// These seconds in ticks of `timescale`, rounded to the nearest, halves up.
    pub fn ticks(self, timescale: u32) -> u64 {
        let (n, d) = (u128::from(self.numerator) * u128::from(timescale), u128::from(self.denominator.get()));
        u64::try_from((2 * n + d) / (2 * d)).unwrap_or(u64::MAX)
    }
}

/// The greatest common divisor; that of 0 and 0 is 0.
pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator.get() == 1 {
            write!(f, "{}", self.numerator)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

/// A frame rate: frames per second, above zero, with parts that fit a timescale and a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameRate(Rational);

impl FrameRate {
    /// Frames per second as a fraction; `None` unless both parts are between 1 and 2³¹.
    pub fn new(frames: u64, seconds: u64) -> Option<Self> {
        let rate = Rational::new(frames, seconds)?;
        let fits = |n: u64| (1..=1 << 31).contains(&n);
        (fits(rate.numerator) && fits(rate.denominator())).then_some(FrameRate(rate))
    }

    /// The fraction's upper part: frames in [`FrameRate::seconds`].
    pub fn frames(self) -> u64 {
        self.0.numerator
    }

    /// The fraction's lower part.
    pub fn seconds(self) -> u64 {
        self.0.denominator()
    }

    /// A timescale and the duration of a frame in it. Timescales under 1000 are raised to a multiple, so that
    /// other times of the presentation can be told apart too.
    pub fn timebase(self) -> (u32, u32) {
        raise_timescale(self.0.numerator as u32, self.0.denominator() as u32)
    }
}

/// Multiplies a timescale under 1000, and a duration in it, by 1000 where both still fit.
pub fn raise_timescale(timescale: u32, duration: u32) -> (u32, u32) {
    match (timescale.checked_mul(1000), duration.checked_mul(1000)) {
        (Some(t), Some(d)) if timescale < 1000 => (t, d),
        _ => (timescale, duration),
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for FrameRate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        // The rates that people write in decimals mean NTSC's fractions.
        let named = match text {
            "23.976" | "23.98" => Some((24000, 1001)),
            "29.97" => Some((30000, 1001)),
            "47.952" | "47.95" => Some((48000, 1001)),
            "59.94" => Some((60000, 1001)),
            "119.88" => Some((120_000, 1001)),
            _ => None,
        };
        named
            .or_else(|| parse_rational(text).map(|r| (r.numerator, r.denominator())))
            .and_then(|(n, d)| FrameRate::new(n, d))
            .ok_or_else(|| {
                Error::usage(format!("`{text}` is no frame rate; write it as 25, 24000/1001 or 29.97"))
            })
    }
}

/// A span of time or a point in it, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub Rational);

impl Seconds {
    /// A whole number of seconds.
    pub const fn whole(seconds: u64) -> Self {
        Seconds(Rational { numerator: seconds, denominator: NonZeroU64::MIN })
    }

    /// In ticks of `timescale`, rounded to the nearest.
    pub fn ticks(self, timescale: u32) -> u64 {
        self.0.ticks(timescale)
    }

    /// Reads a span of time that has to last.
    ///
    /// # Errors
    /// `Usage` for 0 and less, and for what is no time.
    pub fn parse_above_zero(text: &str) -> Result<Self> {
        let is_negative = text.strip_prefix('-').is_some_and(|rest| rest.parse::<Seconds>().is_ok());
        match text.parse::<Seconds>() {
            Ok(span) if !span.0.is_zero() => Ok(span),
            Err(error) if !is_negative => Err(error),
            _ => Err(Error::usage(format!("`{text}` must be more than 0"))),
        }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

impl FromStr for Seconds {
    type Err = Error;

    /// Seconds as `2`, `2.002` or `1001/500`, with an optional `s` or `ms` behind, or as `[HH:]MM:SS[.fraction]`.
    fn from_str(text: &str) -> Result<Self> {
        parse_seconds(text).map(Seconds).ok_or_else(|| {
            Error::usage(format!(
                "`{text}` is no time; write seconds as 2, 2.002 or 1001/500, or HH:MM:SS.mmm"
            ))
        })
    }
}

fn parse_seconds(text: &str) -> Option<Rational> {
    if let Some(milliseconds) = text.strip_suffix("ms") {
        let value = parse_rational(milliseconds)?;
        return Rational::new(value.numerator, value.denominator().checked_mul(1000)?);
    }
    let text = text.strip_suffix('s').unwrap_or(text);
    if !text.contains(':') {
        return parse_rational(text);
    }
    let parts: Vec<&str> = text.split(':').collect();
    let (whole, seconds) = match parts.as_slice() {
        [hours, minutes, seconds] => {
            (parse_digits(hours)?.checked_mul(60)?.checked_add(sexagesimal(minutes)?)?, *seconds)
        }
        [minutes, seconds] => (parse_digits(minutes)?, *seconds),
        _ => return None,
    };
    sexagesimal(seconds.split('.').next()?)?;
    let seconds = parse_rational(seconds)?;
    let numerator =
        whole.checked_mul(60)?.checked_mul(seconds.denominator())?.checked_add(seconds.numerator)?;
    Rational::new(numerator, seconds.denominator())
}

fn sexagesimal(text: &str) -> Option<u64> {
    parse_digits(text).filter(|&n| n < 60)
}

fn parse_digits(text: &str) -> Option<u64> {
    // `parse` alone would take a sign.
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `N`, `N.F` or `N/D`.
fn parse_rational(text: &str) -> Option<Rational> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        return Rational::new(parse_digits(numerator)?, parse_digits(denominator)?);
    }
    let Some((whole, fraction)) = text.split_once('.') else { return Rational::new(parse_digits(text)?, 1) };
    let scale = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let numerator = parse_digits(whole)?.checked_mul(scale)?.checked_add(parse_digits(fraction)?)?;
    Rational::new(numerator, scale)
}

/// Ticks of a timescale as a person reads them: `12.480 s`, exact where three decimals can be.
pub fn display_ticks(ticks: u64, timescale: u32) -> String {
    let milliseconds = (u128::from(ticks) * 1000 + u128::from(timescale) / 2) / u128::from(timescale.max(1));
    format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_exact() {
        let ticks = |text: &str, timescale| text.parse::<Seconds>().unwrap().ticks(timescale);
        assert_eq!(ticks("2.002", 24000), 48048);
        assert_eq!(ticks("1001/500", 24000), 48048);
        assert_eq!(ticks("500ms", 90000), 45000);
        assert_eq!(ticks("01:02:03.5", 10), 37235);
        assert_eq!(ticks("62:03", 1), 3723);
        for wrong in ["", "-1", "+1", "1/0", "1:60", "1.", "x", "1e3", "1:2:3:4", "99999999999999999999"] {
            assert!(wrong.parse::<Seconds>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn frame_rates_become_timebases() {
        let timebase = |text: &str| text.parse::<FrameRate>().unwrap().timebase();
        assert_eq!(timebase("24000/1001"), (24000, 1001));
        assert_eq!(timebase("23.976"), (24000, 1001));
        assert_eq!(timebase("25"), (25000, 1000));
        assert_eq!(timebase("12.5"), (25000, 2000));
        for wrong in ["0", "25/0", "0/1", "-25", "fast", "4294967296"] {
            assert!(wrong.parse::<FrameRate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ticks_are_shown_in_seconds() {
        assert_eq!(display_ticks(37537, 24000), "1.564 s");
    }
}
