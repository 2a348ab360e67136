//! The line with the times of a cue.

/// What a line with times says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Timing<'t> {
    /// When the cue begins, in nanoseconds; negative times are in the wild.
    pub(super) begin: i64,
    /// When it ends.
    pub(super) end: i64,
    /// What follows the times.
    pub(super) rest: &'t str,
    /// The first thing about it that SubRip would not have written.
    pub(super) oddity: Option<&'static str>,
}

/// Reads a line with times, if it is one.
pub(super) fn timing(line: &str) -> Option<Timing<'_>> {
    // Most lines are words; what times begin with tells most of them apart.
    let text = line.trim_start_matches(blank);
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '\u{feff}') {
        return None;
    }
    let mut reader = Reader { text: text.trim_start_matches('\u{feff}'), oddity: None };
    let begin = reader.time()?;
    reader.blanks();
    reader.arrow()?;
    reader.blanks();
    let end = reader.time()?;
    let rest = reader.text;
    if !rest.is_empty() && !rest.starts_with(blank) {
        return None;
    }
    Some(Timing { begin, end, rest: rest.trim_matches(blank), oddity: reader.oddity })
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}')
}

struct Reader<'t> {
    text: &'t str,
    oddity: Option<&'static str>,
}

impl<'t> Reader<'t> {
    fn odd(&mut self, what: &'static str) {
        self.oddity.get_or_insert(what);
    }

    fn blanks(&mut self) {
        self.text = self.text.trim_start_matches(blank);
    }

    fn take(&mut self, accepted: &[char]) -> Option<char> {
        let c = self.text.chars().next().filter(|c| accepted.contains(c))?;
        self.text = &self.text[c.len_utf8()..];
        Some(c)
    }

    fn digits(&mut self) -> Option<&'t str> {
        let length = self.text.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.text.split_at(length);
        self.text = rest;
        (length > 0).then_some(digits)
    }

    /// `H+:M:S,fraction`, also without hours or fraction, with `.` for `,`, and with blanks around the signs.
    fn time(&mut self) -> Option<i64> {
        let negative = self.take(&['-']).is_some();
        let mut parts = [0i64; 3];
        let mut count = 0;
        loop {
            let digits = self.digits()?;
            // Seven digits of hours are a thousand years; a longer number is none.
            if digits.len() > 7 {
                return None;
            }
            if digits.len() < 2 || (digits.len() > 2 && count > 0) {
                self.odd("hours, minutes and seconds have two digits");
            }
            parts[count] = digits.parse().ok()?;
            count += 1;
            if count == 3 {
                break;
            }
            let here = self.text;
            self.blanks();
            if self.take(&[':']).is_none() {
                self.text = here;
                break;
            }
            self.blanks();
        }
        let [hours, minutes, seconds] = match count {
            3 => parts,
            2 => {
                self.odd("the times have no hours");
                [0, parts[0], parts[1]]
            }
            _ => return None,
        };
        if minutes > 59 || seconds > 59 {
            self.odd("minutes and seconds end at 59");
        }
        let fraction = self.fraction();
        let time = (hours.checked_mul(3600)? + minutes * 60 + seconds).checked_mul(1_000_000_000)? + fraction;
        Some(if negative { -time } else { time })
    }

    /// The fraction as nanoseconds. `,5` is half a second: behind a decimal sign, digits are decimals.
    fn fraction(&mut self) -> i64 {
        let before = self.text;
        self.blanks();
        let Some(point) = self.take(&[',', '.', ':', ';']) else {
            self.text = before;
            self.odd("the times have no milliseconds");
            return 0;
        };
        self.blanks();
        let Some(digits) = self.digits() else {
            self.text = before;
            return 0;
        };
        if point != ',' {
            self.odd("a comma stands before milliseconds");
        }
        if digits.len() != 3 {
            self.odd("milliseconds have three digits; others were read as decimals");
        }
        let decimals = &digits[..digits.len().min(9)];
        let scale = 10i64.pow(9 - u32::try_from(decimals.len()).unwrap_or(9));
        decimals.parse::<i64>().unwrap_or(0) * scale
    }

    /// `-->`, and what hands and machines have made of it.
    fn arrow(&mut self) -> Option<()> {
        let before = self.text;
        let mut dashes = 0;
        while self.take(&['-', '–', '—', '−', '=']).is_some() {
            dashes += 1;
            self.blanks();
        }
        let mut heads = 0;
        while self.take(&['>', '＞', '›', '»', '→']).is_some() {
            heads += 1;
        }
        if heads == 0 || (dashes == 0 && !before.starts_with('→')) {
            return None;
        }
        if !before.starts_with("-->") || before.starts_with("-->>") {
            self.odd("the arrow is -->");
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn times_of_all_kinds() {
        let times = |line| timing(line).map(|t| (t.begin / MS, t.end / MS, t.rest, t.oddity.is_some()));
        assert_eq!(times("00:00:01,000 --> 00:00:02,500"), Some((1000, 2500, "", false)));
        assert_eq!(times("  00:00:01.000-->00:00:02.5  "), Some((1000, 2500, "", true)));
        assert_eq!(times("123:00:01,000 -> 123:00:02,500"), Some((442_801_000, 442_802_500, "", true)));
        assert_eq!(times("0:1:1,5 --> 0:1:2,05"), Some((61_500, 62_050, "", true)));
        assert_eq!(times("00:01,000 --> 00:02"), Some((1000, 2000, "", true)));
        assert_eq!(times("-00:00:01,000 --> 00:00:02,500"), Some((-1000, 2500, "", false)));
        assert_eq!(
            times("00:00:01,000 --> 00:00:02,500 X1:100 X2:200"),
            Some((1000, 2500, "X1:100 X2:200", false))
        );
        assert_eq!(times("00:00:01 , 000 —> 00 : 00 : 02,500"), Some((1000, 2500, "", true)));
        for line in [
            "",
            "5",
            "12:30",
            "00:00:01,000",
            "00:00:01,000 --> soon",
            "1 --> 2",
            "- --> -",
            "00:00:01,000 00:00:02,000",
        ] {
            assert_eq!(times(line), None, "{line}");
        }
    }
}
