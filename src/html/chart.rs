//! Numbers and axes of drawings.

/// A scale from values to a stretch of a drawing, with round numbers to mark on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    from: f64,
    to: f64,
    /// In units of the drawing.
    start: f64,
    length: f64,
}

impl Axis {
    /// From `from` to `to` on the stretch that begins at `start` and has this length, which may be negative.
    pub(crate) fn new(from: f64, to: f64, start: f64, length: f64) -> Self {
        let to = if to > from { to } else { from + 1.0 };
        Axis { from, to, start, length }
    }

    /// The place of a value.
    pub(crate) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.from) / (self.to - self.from) * self.length
    }

    /// Round values, at most `most` of them, and how many decimals they have.
    pub(crate) fn marks(&self, most: u32) -> (Vec<f64>, usize) {
        let least = (self.to - self.from) / f64::from(most.max(1));
        let power = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = step.into_iter().find(|step| *step >= least).unwrap_or(least);
        let decimals = if step < 1.0 { (-step.log10()).ceil() as usize } else { 0 };
        let first = (self.from / step).ceil();
        let marks = (0..=most).map(|number| (first + f64::from(number)) * step);
        (marks.take_while(|mark| *mark <= self.to).collect(), decimals)
    }
}

/// A coordinate, to a tenth.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round() {
        assert_eq!(Axis::new(0.0, 12.0, 0.0, 100.0).marks(10).0, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
        assert_eq!(Axis::new(0.0, 1.0, 0.0, 100.0).marks(4), (vec![0.0, 0.5, 1.0], 1));
        assert!(Axis::new(5.0, 5.0, 0.0, 100.0).marks(4).0.len() <= 5);
    }

    #[test]
    fn values_have_places() {
        assert_eq!(number(Axis::new(0.0, 10.0, 50.0, 100.0).at(5.0)), "100");
        assert_eq!(number(Axis::new(0.0, 10.0, 100.0, -100.0).at(2.5)), "75");
        assert_eq!(number(1.25), "1.2");
    }
}
