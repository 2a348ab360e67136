//! Values of attributes.

use std::ops::Range;

/// `xs:duration` in seconds, as far as MPDs use it: without years and months, whose length nobody knows.
pub(super) fn duration(text: &str) -> Option<f64> {
    let rest = text.trim().strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((days, time)) if !time.is_empty() => (days, time),
        Some(_) => return None,
        None => (rest, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    if !days.is_empty() {
        seconds += number(days.strip_suffix('D')?)? * 86_400.0;
    }
    let mut left = time;
    for (unit, factor) in [('H', 3600.0), ('M', 60.0), ('S', 1.0)] {
        if let Some((value, behind)) = left.split_once(unit) {
            seconds += number(value)? * factor;
            left = behind;
        }
    }
    (left.is_empty() && seconds.is_finite()).then_some(seconds)
}

fn number(text: &str) -> Option<f64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| is_number)
}

/// `N/D` or `N`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    let (n, d) = text.trim().split_once('/').unwrap_or((text.trim(), "1"));
    let (n, d): (u64, u64) = (n.parse().ok()?, d.parse().ok()?);
    (d != 0).then(|| n as f64 / d as f64)
}

/// `X:Y`.
pub(super) fn aspect(text: &str) -> Option<(u64, u64)> {
    let (x, y) = text.trim().split_once(':')?;
    let (x, y) = (x.parse().ok()?, y.parse().ok()?);
    (x != 0 && y != 0).then_some((x, y))
}

/// `FIRST-LAST`, both included.
pub(super) fn byte_range(text: &str) -> Option<Range<u64>> {
    let (first, last) = text.trim().split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..last.checked_add(1)?)
}

/// What a template stands for.
pub(super) struct Values<'a> {
    pub(super) id: &'a str,
    pub(super) bandwidth: &'a str,
    pub(super) number: Option<u64>,
    pub(super) time: Option<u64>,
}

/// Fills in a template; `None` for what is no template of those values.
pub(super) fn fill(template: &str, values: &Values<'_>) -> Option<String> {
    let mut out = String::new();
    for (index, piece) in template.split('$').enumerate() {
        match index % 2 {
            0 => out.push_str(piece),
            _ if piece.is_empty() => out.push('$'),
            _ => {
                let (name, format) = match piece.split_once("%0") {
                    Some((name, format)) => (name, Some(format.strip_suffix('d')?.parse::<usize>().ok()?)),
                    None => (piece, None),
                };
                let value = match name {
                    "RepresentationID" => values.id.to_owned(),
                    "Bandwidth" => values.bandwidth.to_owned(),
                    "Number" => values.number?.to_string(),
                    "Time" => values.time?.to_string(),
                    _ => return None,
                };
                let width = format.unwrap_or(0).min(100);
                out.push_str(&format!("{value:0>width$}"));
            }
        }
    }
    // An odd number of `$`.
    (template.split('$').count() % 2 == 1).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        assert_eq!(duration("PT1H2M3.5S"), Some(3723.5));
        assert_eq!(duration("P1DT0S"), Some(86_400.0));
        assert_eq!([duration("PT"), duration("3"), duration("PT1S2"), duration("P")], [None; 4]);
        assert_eq!(ratio("30000/1001").map(|r| (r * 1000.0) as u64), Some(29970));
        assert_eq!(aspect("16:9"), Some((16, 9)));
        assert_eq!(byte_range("688-803"), Some(688..804));
        assert_eq!(byte_range("5-4"), None);
    }

    #[test]
    fn templates_are_filled() {
        let values = Values { id: "v", bandwidth: "9", number: Some(7), time: Some(90) };
        assert_eq!(
            fill("$RepresentationID$/$$$Number%05d$-$Time$.m4s", &values).as_deref(),
            Some("v/$00007-90.m4s")
        );
        assert_eq!(fill("$Nothing$", &values), None);
        assert_eq!(fill("a$b", &values), None);
        assert_eq!(fill("$Number%0999999999d$", &values).map(|text| text.len()), Some(100));
    }
}
