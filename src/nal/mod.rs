//! NAL units, as AVC and HEVC share them: units in samples, their bits, and what VUI says of the picture.

mod parameter_sets;
mod rbsp;
mod vui;

use std::ops::Range;

use crate::error::{Error, Result};
use crate::input::Window;

pub(crate) use parameter_sets::{ParameterSet, ParameterSets, PictureParameterSet};
pub(crate) use rbsp::{Rbsp, RbspReader};
pub(crate) use vui::PictureFacts;

/// The largest parameter set that is read. Real ones have some hundred bytes.
const MAX_PARAMETER_SET: u64 = 1 << 16;

/// How much of a NAL unit is read to parse its header: mostly the first is enough.
const PREFIXES: [usize; 3] = [128, 4096, 1 << 16];

/// Walks the NAL units of a sample, each behind its length (ISO/IEC 14496-15 § 4.3.3).
#[derive(Debug)]
pub(crate) struct Units {
    length_size: u8,
    at: u64,
    end: u64,
}

impl Units {
    /// The units in `sample`, a range of the input, with lengths of 1, 2 or 4 bytes.
    pub(crate) fn new(length_size: u8, sample: Range<u64>) -> Self {
        Units { length_size, at: sample.start, end: sample.end }
    }

    /// Where the next unit lies in the input, without its length. A unit may be empty.
    ///
    /// # Errors
    /// `Format` where a length does not fit the sample; `Io`.
    pub(crate) fn next(&mut self, window: &mut Window) -> Result<Option<Range<u64>>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let length_size = u64::from(self.length_size);
        let left = self.end - self.at;
        if left < length_size {
            return Err(Error::format(format!(
                "{left} bytes are left for the length of a NAL unit, which has {length_size}"
            ))
            .at(self.at));
        }
        let length = window.bytes(self.at, self.length_size.into())?;
        let length = length.iter().fold(0u64, |length, byte| length << 8 | u64::from(*byte));
        let start = self.at + length_size;
        if length > self.end - start {
            return Err(Error::format(format!(
                "a NAL unit of {length} bytes, {} are left in the sample",
                self.end - start
            ))
            .at(self.at));
        }
        self.at = start + length;
        Ok(Some(start..self.at))
    }
}

/// Reads a whole parameter set.
///
/// # Errors
/// `Limit` where it is larger than any real one; `Io`.
pub(crate) fn parameter_set(window: &Window, unit: &Range<u64>) -> Result<Vec<u8>> {
    let size = unit.end - unit.start;
    if size > MAX_PARAMETER_SET {
        return Err(Error::limit(format!(
            "a parameter set of {size} bytes, {MAX_PARAMETER_SET} are handled at the most"
        ))
        .at(unit.start));
    }
    window.input().read_vec(unit.start, size)
}

/// Parses the header that a NAL unit starts with. `parse` gets the first bytes of the unit, and gives nothing where
/// they are too few; then it gets more.
///
/// # Errors
/// `Format` where the header is longer than its unit, `Limit` where it is longer than any real one, those of `parse`.
pub(crate) fn parse_header<T>(
    window: &mut Window,
    unit: &Range<u64>,
    mut parse: impl FnMut(&[u8]) -> Result<Option<T>>,
) -> Result<T> {
    let size = unit.end - unit.start;
    for prefix in PREFIXES {
        let len = usize::try_from(size).map_or(prefix, |size| size.min(prefix));
        let bytes = window.bytes(unit.start, len)?;
        if let Some(parsed) = parse(bytes).map_err(|e| e.at(unit.start))? {
            return Ok(parsed);
        }
        if len as u64 == size {
            return Err(Error::format(format!("the header is longer than its NAL unit of {size} bytes"))
                .at(unit.start));
        }
    }
    let most = PREFIXES[PREFIXES.len() - 1];
    Err(Error::limit(format!("a header of more than {most} bytes")).at(unit.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Input;

    fn units(length_size: u8, bytes: &[u8]) -> Result<Vec<Range<u64>>> {
        let mut window = Input::from_bytes("x", bytes.to_vec()).window();
        let mut units = Units::new(length_size, 0..bytes.len() as u64);
        let mut found = Vec::new();
        while let Some(unit) = units.next(&mut window)? {
            found.push(unit);
        }
        Ok(found)
    }

    #[test]
    fn units_are_found_behind_their_lengths() {
        assert_eq!(units(4, &[0, 0, 0, 2, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 7]).unwrap(), [4..6, 10..10, 14..15]);
        assert_eq!(units(1, &[1, 9, 2, 9, 9]).unwrap(), [1..2, 3..5]);
        assert_eq!(units(2, &[]).unwrap(), []);
        let error = units(4, &[0, 0, 0, 3, 9, 9]).unwrap_err().to_string();
        assert!(error.contains("a NAL unit of 3 bytes, 2 are left"), "{error}");
        assert!(units(4, &[0, 0, 0]).is_err());
    }

    #[test]
    fn headers_get_as_many_bytes_as_they_need() {
        let mut window = Input::from_bytes("x", vec![0; 5000]).window();
        let mut asked = Vec::new();
        let parsed = parse_header(&mut window, &(0..5000), |bytes| {
            asked.push(bytes.len());
            Ok((bytes.len() > 4500).then_some(7))
        });
        assert_eq!((parsed.unwrap(), asked), (7, vec![128, 4096, 5000]));
        let never = |_: &[u8]| Ok(None::<u8>);
        assert!(parse_header(&mut window, &(0..100), never).unwrap_err().message().contains("longer"));
    }
}
