//! Timestamps.

/// The timestamp that a text begins with, in milliseconds, and what follows it. "Collect a WebVTT timestamp".
pub(crate) fn collect(text: &str) -> Option<(u64, &str)> {
    let (first, rest) = digits(text)?;
    let value: u64 = first.parse().ok()?;
    let hours = first.len() != 2 || value > 59;
    let (second, rest) = two(rest.strip_prefix(':')?)?;
    let (hours, minutes, seconds, rest) = if hours || rest.starts_with(':') {
        let (third, rest) = two(rest.strip_prefix(':')?)?;
        (value, second, third, rest)
    } else {
        (0, value, second, rest)
    };
    let (fraction, rest) = digits(rest.strip_prefix('.')?)?;
    if fraction.len() != 3 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?;
    let milliseconds = seconds.checked_mul(1000)?.checked_add(fraction.parse().ok()?)?;
    // Times in the model end at 30,000 years.
    (milliseconds < 1 << 49).then_some((milliseconds, rest))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    (length > 0).then(|| text.split_at(length))
}

fn two(text: &str) -> Option<(u64, &str)> {
    let (digits, rest) = digits(text)?;
    (digits.len() == 2).then(|| Some((digits.parse().ok()?, rest))).flatten()
}

/// The times of a cue, in milliseconds, and its settings. "Collect WebVTT cue timings and settings".
pub(super) fn timings(line: &str) -> Option<(u64, u64, &str)> {
    let (begin, rest) = collect(line.trim_start_matches(is_space))?;
    let rest = rest.trim_start_matches(is_space).strip_prefix("-->")?;
    let (end, rest) = collect(rest.trim_start_matches(is_space))?;
    Some((begin, end, rest.trim_matches(is_space)))
}

/// ASCII whitespace.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{c}' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_strict() {
        assert_eq!(collect("00:01.500 x"), Some((1500, " x")));
        assert_eq!(collect("123:00:01.500"), Some((442_801_500, "")));
        assert_eq!(collect("60:00.000"), None);
        for wrong in
            ["0:01.500", "00:01,500", "00:1.500", "00:01.50", "00:60.000", "00:60:00.000", "-00:01.500", ""]
        {
            assert_eq!(collect(wrong), None, "{wrong}");
        }
        assert_eq!(timings(" 00:01.500-->00:02.000align:start"), Some((1500, 2000, "align:start")));
        assert_eq!(timings("00:01.500 --> x"), None);
    }
}
