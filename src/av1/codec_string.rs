//! The `codecs` parameter.

use super::sequence::SequenceHeader;

/// What the optional fields are taken for where they are left out.
const DEFAULTS: &str = ".0.110.01.01.01.0";

/// The `codecs` parameter of a track, AV1-ISOBMFF § 5: `av01.0.04M.10.0.112.09.16.09.0`, the optional fields left
/// out where all have their default values. `nclx` holds colour primaries, transfer characteristics, matrix
/// coefficients and the full range flag of a `colr` box; without one the sequence header counts, and BT.709 where
/// that says nothing. Encrypted tracks have the same string.
///
/// ```
/// # use showpack::av1::{SequenceHeader, codec_string};
/// let header = SequenceHeader::parse(&[0, 0, 0, 0x24, 0xc7, 0xff, 0xff, 0x36, 0xbe, 0x40, 0x10])?;
/// assert_eq!(codec_string(&header, None), "av01.0.04M.08");
/// assert_eq!(codec_string(&header, Some((9, 16, 9, false))), "av01.0.04M.08.0.110.09.16.09.0");
/// # Ok::<(), showpack::Error>(())
/// ```
pub fn codec_string(seq: &SequenceHeader, nclx: Option<(u16, u16, u16, bool)>) -> String {
    let color = &seq.color_config;
    let point = &seq.operating_points[0];
    let (primaries, transfer, matrix, full_range) = nclx.unwrap_or_else(|| {
        if color.color_description_present_flag {
            (
                color.color_primaries.into(),
                color.transfer_characteristics.into(),
                color.matrix_coefficients.into(),
                color.color_range,
            )
        } else {
            (1, 1, 1, color.color_range)
        }
    });
    let mut string = format!(
        "av01.{}.{:02}{}.{:02}",
        seq.seq_profile,
        point.seq_level_idx,
        if point.seq_tier == 0 { 'M' } else { 'H' },
        color.bit_depth(),
    );
    let tail = format!(
        ".{}.{}{}{}.{primaries:02}.{transfer:02}.{matrix:02}.{}",
        u8::from(color.mono_chrome),
        u8::from(color.subsampling_x),
        u8::from(color.subsampling_y),
        // Not 0 for 4:2:0 only.
        color.chroma_sample_position,
        u8::from(full_range),
    );
    if tail != DEFAULTS {
        string.push_str(&tail);
    }
    string
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence() -> SequenceHeader {
        SequenceHeader::parse(&[0, 0, 0, 0x24, 0xc7, 0xff, 0xff, 0x36, 0xbe, 0x40, 0x10]).unwrap()
    }

    #[test]
    fn defaults_are_left_out_all_or_none() {
        let mut seq = sequence();
        assert_eq!(codec_string(&seq, None), "av01.0.04M.08");
        assert_eq!(codec_string(&seq, Some((1, 1, 1, false))), "av01.0.04M.08");
        assert_eq!(codec_string(&seq, Some((1, 1, 1, true))), "av01.0.04M.08.0.110.01.01.01.1");
        seq.color_config.chroma_sample_position = 2;
        assert_eq!(codec_string(&seq, None), "av01.0.04M.08.0.112.01.01.01.0");
    }

    #[test]
    fn the_header_counts_where_there_is_no_box() {
        let mut seq = sequence();
        let color = &mut seq.color_config;
        color.color_description_present_flag = true;
        (color.color_primaries, color.transfer_characteristics, color.matrix_coefficients) = (9, 16, 9);
        color.high_bitdepth = true;
        seq.operating_points[0].seq_level_idx = 19;
        seq.operating_points[0].seq_tier = 1;
        assert_eq!(codec_string(&seq, None), "av01.0.19H.10.0.110.09.16.09.0");
        assert_eq!(codec_string(&seq, Some((1, 1, 1, false))), "av01.0.19H.10");
    }

    #[test]
    fn other_profiles() {
        let mut seq = sequence();
        seq.operating_points[0].seq_level_idx = 31;
        seq.color_config.mono_chrome = true;
        assert_eq!(codec_string(&seq, None), "av01.0.31M.08.1.110.01.01.01.0");
        seq.seq_profile = 2;
        let color = &mut seq.color_config;
        (color.mono_chrome, color.subsampling_y) = (false, false);
        (color.high_bitdepth, color.twelve_bit) = (true, true);
        assert_eq!(codec_string(&seq, None), "av01.2.31M.12.0.100.01.01.01.0");
    }
}
