//! Short-term reference picture sets (ITU-T H.265 § 7.3.7 and § 7.4.8).

use crate::error::{Error, Result};
use crate::nal::RbspReader;

/// More pictures than a decoder holds (`sps_max_dec_pic_buffering_minus1` is at most 15).
const MAX_PICTURES: usize = 16;

/// One set: pictures by the difference of their order counts, and whether the current picture may refer to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ShortTermSet {
    /// Before the current picture, nearest first: `DeltaPocS0`, `UsedByCurrPicS0`.
    negative: Vec<(i32, bool)>,
    /// Behind it, nearest first: `DeltaPocS1`, `UsedByCurrPicS1`.
    positive: Vec<(i32, bool)>,
}

impl ShortTermSet {
    /// How many pictures the current one may refer to.
    pub(super) fn used(&self) -> u32 {
        self.negative.iter().chain(&self.positive).filter(|(_, used)| *used).count() as u32
    }

    fn len(&self) -> usize {
        self.negative.len() + self.positive.len()
    }

    /// Reads `st_ref_pic_set( index )`, where `known` are the sets of the sequence parameter set read so far. In a
    /// slice header the index is their number.
    ///
    /// # Errors
    /// `Format` where a value is out of range.
    pub(super) fn read(
        r: &mut RbspReader<'_>,
        index: usize,
        known: &[ShortTermSet],
        in_slice: bool,
    ) -> Result<Self> {
        let set = if index > 0 && r.flag() { Self::predicted(r, known, in_slice)? } else { Self::listed(r)? };
        if set.len() > MAX_PICTURES {
            return Err(Error::format(format!(
                "a reference picture set of {} pictures, at most {MAX_PICTURES} expected",
                set.len()
            )));
        }
        Ok(set)
    }

    fn listed(r: &mut RbspReader<'_>) -> Result<Self> {
        let negative = r.ue_up_to(MAX_PICTURES as u32, "num_negative_pics")?;
        let positive = r.ue_up_to(MAX_PICTURES as u32, "num_positive_pics")?;
        let mut pictures = |count: u32, sign: i32| -> Result<Vec<(i32, bool)>> {
            let mut delta = 0;
            (0..count)
                .map(|_| {
                    delta += sign * (r.ue_up_to(0x7fff, "delta_poc_minus1")? as i32 + 1);
                    Ok((delta, r.flag()))
                })
                .collect()
        };
        Ok(ShortTermSet { negative: pictures(negative, -1)?, positive: pictures(positive, 1)? })
    }

    /// A set told by its difference to one before it.
    fn predicted(r: &mut RbspReader<'_>, known: &[ShortTermSet], in_slice: bool) -> Result<Self> {
        let back = if in_slice { r.ue_up_to(64, "delta_idx_minus1")? as usize + 1 } else { 1 };
        let negative_sign = r.flag();
        let magnitude = r.ue_up_to(0x7fff, "abs_delta_rps_minus1")? as i32 + 1;
        let delta = if negative_sign { -magnitude } else { magnitude };
        let reference = known
            .len()
            .checked_sub(back)
            .and_then(|at| known.get(at))
            .ok_or_else(|| Error::format(format!("delta_idx_minus1 is {}, too large", back - 1)))?;
        // For each picture of the other set, and for the picture that the other set belongs to: whether it is used,
        // and whether it is in this set.
        let flags: Vec<(bool, bool)> = (0..=reference.len())
            .map(|_| {
                let used = r.flag();
                (used, used || r.flag())
            })
            .collect();
        let mut set = ShortTermSet::default();
        let before = reference.negative.len();
        let at = |index: usize, poc: i32| {
            let (used, included) = flags[index];
            included.then_some((poc + delta, used))
        };
        let of_negative = |(index, &(poc, _)): (usize, &(i32, bool))| at(index, poc);
        let of_positive = |(index, &(poc, _)): (usize, &(i32, bool))| at(before + index, poc);
        let own = at(reference.len(), 0);
        set.negative.extend(reference.positive.iter().enumerate().rev().filter_map(of_positive));
        set.negative.extend(own);
        set.negative.extend(reference.negative.iter().enumerate().filter_map(of_negative));
        set.negative.retain(|&(poc, _)| poc < 0);
        set.positive.extend(reference.negative.iter().enumerate().rev().filter_map(of_negative));
        set.positive.extend(own);
        set.positive.extend(reference.positive.iter().enumerate().filter_map(of_positive));
        set.positive.retain(|&(poc, _)| poc > 0);
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nal::Rbsp;

    /// Bits as text, spaces ignored.
    fn bits(text: &str) -> Rbsp {
        let bits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        let bytes: Vec<u8> = bits
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |value, (i, bit)| value | bit << (7 - i)))
            .collect();
        Rbsp::new(&bytes)
    }

    #[test]
    fn listed_and_predicted_sets() {
        // Two before (-1 used, -3 not), one behind (+2 used).
        let rbsp = bits("011 010  1 1 010 0  010 1");
        let first = ShortTermSet::read(&mut rbsp.reader(), 0, &[], false).unwrap();
        assert_eq!(first.negative, [(-1, true), (-3, false)]);
        assert_eq!(first.positive, [(2, true)]);
        assert_eq!(first.used(), 2);
        // Of that, moved by -2: used; not used but kept; left out (at 0 anyhow); the picture itself used.
        let rbsp = bits("1 1 010  1 01 00 1");
        let second = ShortTermSet::read(&mut rbsp.reader(), 1, &[first], false).unwrap();
        assert_eq!(second.negative, [(-2, true), (-3, true), (-5, false)]);
        assert_eq!(second.positive, []);
    }

    #[test]
    fn too_many_pictures_are_refused() {
        // num_negative_pics 17
        let error = ShortTermSet::read(&mut bits("000010010 1 1").reader(), 0, &[], false).unwrap_err();
        assert!(error.message().contains("num_negative_pics is 17"), "{error}");
        // A prediction from a set that is not there.
        let rbsp = bits("1 1 1 1 1111");
        assert!(ShortTermSet::read(&mut rbsp.reader(), 1, &[], true).is_err());
    }
}
