//! The subsample map of a sample: which bytes are clear, which are protected.

use std::ops::Range;

use serde::Serialize;

use super::scheme::Scheme;
use super::walk::BLOCK;
use crate::error::{Error, Result};

/// One entry of the map: clear bytes, then protected ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Subsample {
    /// `BytesOfClearData`.
    pub clear: u16,
    /// `BytesOfProtectedData`.
    pub protected: u32,
}

/// The bytes of one sample's auxiliary information: the IV, and the map if there is one (`count` > 0).
pub fn aux_info_size(iv_size: u8, count: usize) -> usize {
    let map = if count == 0 { 0 } else { 2usize.saturating_add(count.saturating_mul(6)) };
    usize::from(iv_size).saturating_add(map)
}

/// The most subsamples that a sample can have, as `saiz` counts its auxiliary information in 8 bits: 42 without a
/// per-sample IV, 40 with one of 8 bytes, 39 with one of 16 (rule ENC-23).
pub fn aux_info_limit(iv_size: u8) -> usize {
    usize::from((u8::MAX - 2).saturating_sub(iv_size)) / 6
}

/// Writes the map of an AV1 sample to `out`, with the IV size that [`Scheme::per_sample_iv_size`] gives.
///
/// `tiles` are the byte ranges of the `decode_tile` structures (with their trailing bits) in the sample, all of its
/// frames together, ascending and apart. What `out` held is dropped. The map follows AV1-ISOBMFF, "General
/// Subsample Encryption constraints" (rules ENC-07 to ENC-13):
///
/// - `cbcs`: a tile is protected from its first byte to its last, even where it holds no whole block;
/// - `cenc`: the protected part is a multiple of 16 bytes and ends with the tile, up to 15 bytes in front stay
///   clear; a tile of less than 16 bytes is clear;
/// - clear bytes before a tile go in one entry with it, in several only where there are more than 65535. A sample
///   without tiles is clear as a whole. An empty range is no tile.
///
/// # Errors
/// - `Usage`: ranges out of order, overlapping, or past the sample's end; an empty sample.
/// - `Unsupported`: `cens` and `cbc1` (rule ENC-03).
/// - `Limit`: a sample of 4 GiB or more, or more entries than the auxiliary information holds (rule ENC-23).
///
/// ```
/// use showpack::cenc::{Scheme, Subsample, map_subsamples};
///
/// let mut map = Vec::new();
/// map_subsamples(Scheme::Cenc, 100, &[10..50, 52..60], &mut map)?;
/// assert_eq!(map, [Subsample { clear: 18, protected: 32 }, Subsample { clear: 50, protected: 0 }]);
/// # Ok::<(), showpack::Error>(())
/// ```
pub fn map_subsamples(
    scheme: Scheme,
    sample_size: u64,
    tiles: &[Range<u64>],
    out: &mut Vec<Subsample>,
) -> Result<()> {
    map_subsamples_with_iv(scheme, scheme.per_sample_iv_size(), sample_size, tiles, out)
}

/// [`map_subsamples`] for a `Per_Sample_IV_Size` other than the scheme's own.
///
/// # Errors
/// As [`map_subsamples`].
pub fn map_subsamples_with_iv(
    scheme: Scheme,
    iv_size: u8,
    sample_size: u64,
    tiles: &[Range<u64>],
    out: &mut Vec<Subsample>,
) -> Result<()> {
    if !scheme.can_encrypt() {
        return Err(Error::unsupported(format!("AV1 is protected with cbcs or cenc, not with {scheme}"))
            .clause("rule ENC-03"));
    }
    map_parts(scheme, iv_size, sample_size, "tiles", tiles, out)
}

/// Writes the map of a sample of any codec to `out`, as [`map_subsamples`] does for the tiles of AV1.
///
/// `parts` are what is protected, without the headers that stay clear: the data of slices of AVC and HEVC (rules
/// ENC-28 and ENC-29), frames of VP9 (rule ENC-30). `name` is what they are called in messages, in the plural.
///
/// # Errors
/// As [`map_subsamples`].
pub fn map_parts(
    scheme: Scheme,
    iv_size: u8,
    sample_size: u64,
    name: &str,
    parts: &[Range<u64>],
    out: &mut Vec<Subsample>,
) -> Result<()> {
    out.clear();
    if !scheme.can_encrypt() {
        return Err(Error::unsupported(format!("{name} are protected with cbcs or cenc, not with {scheme}")));
    }
    if sample_size == 0 {
        return Err(Error::usage("an empty sample has no subsamples"));
    }
    if u32::try_from(sample_size).is_err() {
        return Err(Error::limit(format!("a sample of {sample_size} bytes, its size is counted in 32 bits")));
    }

    let mut end = 0; // of the entries so far
    let mut previous = 0; // end of the part before
    let mut protected_parts = 0;
    for part in parts {
        if part.start < previous || part.end < part.start || part.end > sample_size {
            return Err(Error::usage(format!(
                "{name} at {}..{} of a sample of {sample_size} bytes, those before end at {previous}",
                part.start, part.end
            )));
        }
        previous = part.end;
        let size = part.end - part.start;
        let protected = match scheme {
            Scheme::Cbcs => size,
            _ => size - size % BLOCK as u64,
        };
        if protected == 0 {
            continue;
        }
        push(out, part.end - protected - end, protected);
        end = part.end;
        protected_parts += 1;
    }
    if end < sample_size {
        push(out, sample_size - end, 0);
    }
    check_count(scheme, iv_size, out.len(), name, protected_parts)
}

/// Adds entries for `clear` bytes and then `protected` ones; both are below 2^32.
fn push(out: &mut Vec<Subsample>, mut clear: u64, protected: u64) {
    const MOST: u16 = u16::MAX;
    while clear > u64::from(MOST) {
        out.push(Subsample { clear: MOST, protected: 0 });
        clear -= u64::from(MOST);
    }
    let protected = u32::try_from(protected).expect("a part is no longer than its sample, below 2^32");
    out.push(Subsample { clear: clear as u16, protected });
}

fn check_count(scheme: Scheme, iv_size: u8, count: usize, name: &str, parts: usize) -> Result<()> {
    let limit = aux_info_limit(iv_size);
    if count <= limit {
        return Ok(());
    }
    let most = limit.saturating_sub(count - parts);
    let act = if most == 0 {
        "its clear bytes alone are too many".to_string()
    } else {
        format!("encode with at most {most} {name} per sample, all frames of it together")
    };
    let with = if iv_size == 0 { String::new() } else { format!(" with IVs of {iv_size} bytes") };
    Err(Error::limit(format!(
        "needs {count} subsamples, the 8-bit sample auxiliary information holds {limit} under {scheme}{with}; {act}"
    ))
    .clause("rule ENC-23"))
}

/// Checks that a map spans a sample exactly (rule ENC-07).
///
/// # Errors
/// `Format` with both sizes.
pub fn check_span(subsamples: &[Subsample], sample_size: u64) -> Result<()> {
    // At most 2^64 entries of less than 2^33 bytes: no overflow in 128 bits.
    let sum: u128 = subsamples.iter().map(|s| u128::from(s.clear) + u128::from(s.protected)).sum();
    if sum == u128::from(sample_size) {
        return Ok(());
    }
    Err(Error::format(format!("subsamples span {sum} bytes, the sample has {sample_size}"))
        .clause("rule ENC-07"))
}

/// The protected byte ranges of a sample, in order; entries that protect nothing have none.
///
/// A map that goes past 2^64 bytes ends there.
pub fn protected_ranges(subsamples: &[Subsample]) -> impl Iterator<Item = Range<u64>> + '_ {
    let mut end = 0u64;
    subsamples
        .iter()
        .map_while(move |s| {
            let start = end.checked_add(u64::from(s.clear))?;
            end = start.checked_add(u64::from(s.protected))?;
            Some(start..end)
        })
        .filter(|range| !range.is_empty())
}

#[cfg(test)]
// A slice of one range is a sample with one tile, not a range of numbers.
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use proptest::prelude::*;

    fn map(scheme: Scheme, size: u64, tiles: &[Range<u64>]) -> Vec<(u16, u32)> {
        let mut out = vec![Subsample { clear: 1, protected: 1 }];
        map_subsamples(scheme, size, tiles, &mut out).unwrap();
        out.iter().map(|s| (s.clear, s.protected)).collect()
    }

    fn fails(scheme: Scheme, iv_size: u8, size: u64, tiles: &[Range<u64>]) -> Error {
        map_subsamples_with_iv(scheme, iv_size, size, tiles, &mut Vec::new()).unwrap_err()
    }

    #[test]
    fn cbcs_protects_each_tile_whole() {
        assert_eq!(map(Scheme::Cbcs, 100, &[10..50, 52..60, 60..100]), [(10, 40), (2, 8), (0, 40)]);
        assert_eq!(map(Scheme::Cbcs, 100, &[10..10, 20..21]), [(20, 1), (79, 0)]);
    }

    #[test]
    fn cenc_ends_with_the_tile() {
        assert_eq!(map(Scheme::Cenc, 100, &[10..50, 52..60, 60..100]), [(18, 32), (18, 32)]);
        assert_eq!(map(Scheme::Cenc, 33, &[0..16, 16..32]), [(0, 16), (0, 16), (1, 0)]);
        assert_eq!(map(Scheme::Cenc, 30, &[0..15, 15..30]), [(30, 0)]);
    }

    #[test]
    fn a_sample_without_tiles_is_one_clear_entry() {
        for scheme in [Scheme::Cenc, Scheme::Cbcs] {
            assert_eq!(map(scheme, 5, &[]), [(5, 0)]);
            assert_eq!(map(scheme, 65535, &[]), [(65535, 0)]);
            assert_eq!(map(scheme, 65536, &[]), [(65535, 0), (1, 0)]);
            assert_eq!(map(scheme, 131070, &[]), [(65535, 0), (65535, 0)]);
        }
    }

    #[test]
    fn long_clear_parts_are_split_as_often_as_needed() {
        assert_eq!(
            map(Scheme::Cbcs, 200_000, &[65535..65536]),
            [(65535, 1), (65535, 0), (65535, 0), (3394, 0)]
        );
        assert_eq!(
            map(Scheme::Cbcs, 200_000, &[199_000..200_000]),
            [(65535, 0), (65535, 0), (65535, 0), (2395, 1000)]
        );
        assert_eq!(map(Scheme::Cenc, 65552, &[65535..65552]), [(65535, 0), (1, 16)]);
    }

    #[test]
    fn limits() {
        assert_eq!([0, 8, 16].map(aux_info_limit), [42, 40, 39]);
        assert_eq!([aux_info_size(0, 42), aux_info_size(8, 40), aux_info_size(16, 39)], [254, 250, 252]);
        assert_eq!(aux_info_size(8, 0), 8);
        let tiles: Vec<_> = (0..64).map(|i| i * 20..i * 20 + 20).collect();
        let error = fails(Scheme::Cbcs, 0, 1300, &tiles);
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(
            error.to_string(),
            "needs 65 subsamples, the 8-bit sample auxiliary information holds 42 under cbcs; \
             encode with at most 41 tiles per sample, all frames of it together (rule ENC-23)"
        );
        assert_eq!(map(Scheme::Cbcs, 840, &tiles[..42]).len(), 42);
        assert!(fails(Scheme::Cbcs, 0, 841, &tiles[..42]).message().contains("at most 41 tiles"));
        assert_eq!(map(Scheme::Cenc, 800, &tiles[..40]).len(), 40);
        assert!(
            fails(Scheme::Cenc, 16, 800, &tiles[..40])
                .message()
                .contains("holds 39 under cenc with IVs of 16 bytes")
        );
        assert!(
            fails(Scheme::Cenc, 8, 65535 * 50, &[]).message().ends_with("its clear bytes alone are too many")
        );
        assert_eq!(fails(Scheme::Cbcs, 0, 1 << 32, &[]).kind(), ErrorKind::Limit);
        assert_eq!(fails(Scheme::Cbcs, 0, u64::MAX, &[]).kind(), ErrorKind::Limit);
    }

    #[test]
    fn refuses_wrong_ranges() {
        let reversed = Range { start: 9, end: 3 };
        for tiles in [&[0..11][..], &[4..8, 7..9], &[4..8, 0..2], &[11..11], &[reversed]] {
            assert_eq!(fails(Scheme::Cbcs, 0, 10, tiles).kind(), ErrorKind::Usage, "{tiles:?}");
        }
        assert_eq!(fails(Scheme::Cbcs, 0, 0, &[]).kind(), ErrorKind::Usage);
        assert_eq!(fails(Scheme::Cens, 8, 10, &[]).kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn spans() {
        let all = [Subsample { clear: 3, protected: 5 }, Subsample { clear: 2, protected: 0 }];
        check_span(&all, 10).unwrap();
        check_span(&[], 0).unwrap();
        assert_eq!(
            check_span(&all, 11).unwrap_err().to_string(),
            "subsamples span 10 bytes, the sample has 11 (rule ENC-07)"
        );
        assert!(protected_ranges(&all).eq([3..8]));
    }

    proptest! {
        #[test]
        fn every_map_spans_and_keeps_the_rules(
            parts in proptest::collection::vec((0u64..70_000, prop_oneof![0u64..40, 0u64..5000]), 0..20),
            tail in 0u64..140_000,
            cbcs: bool,
        ) {
            let scheme = if cbcs { Scheme::Cbcs } else { Scheme::Cenc };
            let mut at = 0;
            let tiles: Vec<_> = parts.iter().map(|&(gap, size)| {
                let start = at + gap;
                at = start + size;
                start..at
            }).collect();
            let size = at + tail;
            prop_assume!(size > 0);
            let mut out = Vec::new();
            map_subsamples(scheme, size, &tiles, &mut out).unwrap();
            check_span(&out, size).unwrap();
            let expected: Vec<_> = tiles.iter()
                .map(|t| if cbcs { t.clone() } else { t.start + (t.end - t.start) % 16..t.end })
                .filter(|t| !t.is_empty())
                .collect();
            prop_assert_eq!(protected_ranges(&out).collect::<Vec<_>>(), expected);
            // as compact as can be: an entry without protected bytes is full, but for the last
            for pair in out.windows(2) {
                prop_assert!(pair[0].protected > 0 || pair[0].clear == u16::MAX);
            }
            prop_assert!(out.iter().all(|s| s.clear > 0 || s.protected > 0));
        }
    }
}
