//! Times of subtitle formats that count in milliseconds.

use super::{LossCode, Losses};
use crate::ttal::model::Time;
use crate::ttal::time::MediaTime;

/// A clock time of the model from nanoseconds: three decimals, or as many more as it takes.
pub(super) fn clock(nanoseconds: u64) -> Time {
    let mut text = String::with_capacity(12);
    push_clock(&mut text, nanoseconds / 1_000_000, '.');
    let mut rest = nanoseconds % 1_000_000;
    let mut unit = 100_000;
    while rest > 0 {
        text.push(digit(rest / unit));
        rest %= unit;
        unit /= 10;
    }
    text.into()
}

/// Puts `HH:MM:SS.mmm` to a text, with the decimal sign that the format has.
pub(crate) fn push_clock(text: &mut String, milliseconds: u64, point: char) {
    let seconds = milliseconds / 1000;
    let hours = seconds / 3600;
    if hours > 99 {
        text.push_str(&hours.to_string());
    } else {
        push_two(text, hours);
    }
    text.push(':');
    push_two(text, seconds / 60 % 60);
    text.push(':');
    push_two(text, seconds % 60);
    text.push(point);
    text.push(digit(milliseconds / 100 % 10));
    push_two(text, milliseconds % 100);
}

fn push_two(text: &mut String, number: u64) {
    text.push(digit(number / 10 % 10));
    text.push(digit(number % 10));
}

fn digit(number: u64) -> char {
    char::from(b'0' + u8::try_from(number).unwrap_or(0))
}

/// Rounds times to milliseconds and remembers what that changed.
#[derive(Debug, Default)]
pub(super) struct Rounding {
    rounded: u64,
    first: Option<Box<str>>,
    most: Option<MediaTime>,
}

impl Rounding {
    /// The nearest millisecond, not before 0.
    pub(super) fn milliseconds(&mut self, event: &str, time: MediaTime) -> u64 {
        let milliseconds = time.milliseconds().max(0);
        let exact = time.ratio();
        if 1000 % exact.denom() != 0 || *exact.numer() < 0 {
            let there = MediaTime::from_milliseconds(milliseconds);
            let shift = if there > time { there - time } else { time - there };
            self.rounded += 1;
            self.first.get_or_insert_with(|| event.into());
            self.most = self.most.max(Some(shift));
        }
        milliseconds.unsigned_abs()
    }

    /// Reports what was rounded, by how much at most.
    pub(super) fn report(self, losses: &mut Losses) {
        let (Some(event), Some(most)) = (self.first, self.most) else { return };
        let shift = most.rounded(1_000_000);
        let detail =
            format!("times rounded to milliseconds, by up to {}.{:03} ms", shift / 1000, shift % 1000);
        for _ in 0..self.rounded {
            losses.add(LossCode::Time, Some(&event), &detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_have_three_decimals_or_more() {
        assert_eq!(&*clock(1_500_000_000), "00:00:01.500");
        assert_eq!(&*clock(360_000_000_000_000 + 1_234_560), "100:00:00.00123456");
    }

    #[test]
    fn rounding_says_how_much_it_moved() {
        let mut rounding = Rounding::default();
        assert_eq!(rounding.milliseconds("e1", MediaTime::new(1, 3).unwrap()), 333);
        assert_eq!(rounding.milliseconds("e2", MediaTime::new(1, 2).unwrap()), 500);
        let mut losses = Losses::default();
        rounding.report(&mut losses);
        let report = losses.report();
        assert_eq!(report[0].count, 1);
        assert_eq!(report[0].detail, "times rounded to milliseconds, by up to 0.333 ms");
    }
}
