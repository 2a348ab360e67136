//! The sequence parameter set (ITU-T H.265 § 7.3.2.2).

use super::reference_sets::ShortTermSet;
use super::scaling::skip_scaling_list_data;
use super::vui::read_vui;
use crate::error::{Error, Result};
use crate::nal::{ParameterSet, PictureFacts, RbspReader};

/// What slice segment headers and sample entries need of a sequence parameter set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sps {
    id: u8,
    pub(crate) separate_colour_plane: bool,
    /// `ChromaArrayType`: 0 for monochrome and for separate planes.
    pub(crate) chroma_array_type: u8,
    /// Bits of `slice_pic_order_cnt_lsb`.
    pub(crate) pic_order_cnt_lsb_bits: u32,
    /// Bits of `slice_segment_address`.
    pub(crate) address_bits: u32,
    pub(super) short_term_sets: Vec<ShortTermSet>,
    pub(crate) long_term_ref_pics_present: bool,
    /// `used_by_curr_pic_lt_sps_flag` of each long-term picture.
    pub(crate) long_term_used: Vec<bool>,
    pub(crate) temporal_mvp: bool,
    pub(crate) sample_adaptive_offset: bool,
    /// `motion_vector_resolution_control_idc` of screen content coding.
    pub(crate) motion_vector_resolution_control_idc: u8,
    /// An extension whose slice headers are not known here.
    pub(crate) unknown_extension: Option<&'static str>,
    pub(super) picture: PictureFacts,
}

/// More luma samples in a row or column than level 6.2 has.
const MAX_SIZE: u32 = 1 << 16;

impl ParameterSet for Sps {
    const NAME: &'static str = "sequence parameter set";

    fn read(r: &mut RbspReader<'_>) -> Result<Self> {
        r.skip(16 + 4);
        let max_sub_layers_minus1 = r.u(3);
        r.skip(1); // sps_temporal_id_nesting_flag
        skip_profile_tier_level(r, max_sub_layers_minus1);
        let id = r.ue_up_to(15, "sps_seq_parameter_set_id")? as u8;
        let chroma_format = r.ue_up_to(3, "chroma_format_idc")?;
        let separate_colour_plane = chroma_format == 3 && r.flag();
        let coded = (
            r.ue_up_to(MAX_SIZE, "pic_width_in_luma_samples")?,
            r.ue_up_to(MAX_SIZE, "pic_height_in_luma_samples")?,
        );
        let window = if r.flag() { std::array::from_fn(|_| r.ue()) } else { [0; 4] };
        let bit_depth_luma = r.ue_up_to(8, "bit_depth_luma_minus8")? + 8;
        let bit_depth_chroma = r.ue_up_to(8, "bit_depth_chroma_minus8")? + 8;
        let pic_order_cnt_lsb_bits = r.ue_up_to(12, "log2_max_pic_order_cnt_lsb_minus4")? + 4;
        let all_sub_layers = r.flag();
        for _ in if all_sub_layers { 0 } else { max_sub_layers_minus1 }..=max_sub_layers_minus1 {
            for _ in 0..3 {
                r.ue(); // sps_max_dec_pic_buffering_minus1, sps_max_num_reorder_pics, sps_max_latency_increase_plus1
            }
        }
        let min_coding_block = r.ue_up_to(3, "log2_min_luma_coding_block_size_minus3")? + 3;
        let coding_tree_block =
            min_coding_block + r.ue_up_to(3, "log2_diff_max_min_luma_coding_block_size")?;
        for _ in 0..4 {
            r.ue(); // transform block sizes and depths
        }
        if r.flag() && r.flag() {
            skip_scaling_list_data(r);
        }
        r.skip(1); // amp_enabled_flag
        let sample_adaptive_offset = r.flag();
        if r.flag() {
            r.skip(8); // PCM bit depths
            r.ue(); // log2_min_pcm_luma_coding_block_size_minus3
            r.ue(); // log2_diff_max_min_pcm_luma_coding_block_size
            r.skip(1); // pcm_loop_filter_disabled_flag
        }
        let count = r.ue_up_to(64, "num_short_term_ref_pic_sets")? as usize;
        let mut short_term_sets = Vec::new();
        for index in 0..count {
            let set = ShortTermSet::read(r, index, &short_term_sets, false)?;
            short_term_sets.push(set);
        }
        let mut long_term_used = Vec::new();
        let long_term_ref_pics_present = r.flag();
        if long_term_ref_pics_present {
            for _ in 0..r.ue_up_to(32, "num_long_term_ref_pics_sps")? {
                r.u(pic_order_cnt_lsb_bits);
                long_term_used.push(r.flag());
            }
        }
        let temporal_mvp = r.flag();
        r.skip(1); // strong_intra_smoothing_enabled_flag
        let chroma_array_type = if separate_colour_plane { 0 } else { chroma_format };
        let mut picture = PictureFacts { size: cropped(coded, window, chroma_format)?, ..Default::default() };
        if r.flag() {
            read_vui(r, max_sub_layers_minus1, &mut picture)?;
        }
        let mut sps = Sps {
            id,
            separate_colour_plane,
            chroma_array_type: chroma_array_type as u8,
            pic_order_cnt_lsb_bits,
            address_bits: address_bits(coded, coding_tree_block),
            short_term_sets,
            long_term_ref_pics_present,
            long_term_used,
            temporal_mvp,
            sample_adaptive_offset,
            motion_vector_resolution_control_idc: 0,
            unknown_extension: None,
            picture,
        };
        if r.flag() {
            sps.read_extensions(r, chroma_format, bit_depth_luma, bit_depth_chroma);
        }
        Ok(sps)
    }

    fn id(&self) -> u8 {
        self.id
    }
}

impl Sps {
    /// Size, aspect ratio and colour.
    pub(crate) fn picture(&self) -> PictureFacts {
        self.picture
    }

    fn read_extensions(
        &mut self,
        r: &mut RbspReader<'_>,
        chroma_format: u32,
        luma_depth: u32,
        chroma_depth: u32,
    ) {
        let (range, multilayer, three_d, screen, other) = (r.flag(), r.flag(), r.flag(), r.flag(), r.u(4));
        if range {
            r.skip(9); // flags that slice headers do not depend on
        }
        if multilayer {
            self.unknown_extension = Some("multilayer");
        } else if three_d {
            self.unknown_extension = Some("3D");
        } else if screen {
            r.skip(1); // sps_curr_pic_ref_enabled_flag: the picture parameter set tells whether it is used
            if r.flag() {
                r.ue(); // palette_max_size
                r.ue(); // delta_palette_max_predictor_size
                if r.flag() {
                    let entries = r.ue().min(1 << 12);
                    for component in 0..if chroma_format == 0 { 1 } else { 3 } {
                        let depth = if component == 0 { luma_depth } else { chroma_depth };
                        r.skip((entries as usize + 1) * depth as usize);
                    }
                }
            }
            self.motion_vector_resolution_control_idc = r.u(2) as u8;
            r.skip(1); // intra_boundary_filtering_disabled_flag
        }
        if other != 0 {
            self.unknown_extension = Some("unknown");
        }
    }
}

/// `profile_tier_level( 1, max_sub_layers_minus1 )`.
fn skip_profile_tier_level(r: &mut RbspReader<'_>, max_sub_layers_minus1: u32) {
    r.skip(88 + 8);
    let present: Vec<(bool, bool)> = (0..max_sub_layers_minus1).map(|_| (r.flag(), r.flag())).collect();
    if max_sub_layers_minus1 > 0 {
        r.skip(2 * (8 - max_sub_layers_minus1 as usize));
    }
    for (profile, level) in present {
        r.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 });
    }
}

/// The size without the conformance window's offsets: left, right, top, bottom, in chroma samples.
fn cropped(coded: (u32, u32), offsets: [u32; 4], chroma_format: u32) -> Result<(u32, u32)> {
    let unit = match chroma_format {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let less = |size: u32, a: u32, b: u32, unit: u32| {
        let cut = a.checked_add(b)?.checked_mul(unit)?;
        size.checked_sub(cut).filter(|&size| size > 0)
    };
    let [left, right, top, bottom] = offsets;
    match (less(coded.0, left, right, unit.0), less(coded.1, top, bottom, unit.1)) {
        (Some(width), Some(height)) => Ok((width, height)),
        _ => Err(Error::format(format!(
            "the conformance window {offsets:?} leaves nothing of {}x{}",
            coded.0, coded.1
        ))),
    }
}

/// Ceil( Log2( PicSizeInCtbsY ) ).
fn address_bits(coded: (u32, u32), coding_tree_block: u32) -> u32 {
    let blocks = |size: u32| u64::from(size.div_ceil(1 << coding_tree_block));
    let count = blocks(coded.0) * blocks(coded.1);
    u64::BITS - count.saturating_sub(1).leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_as_many_bits_as_blocks_need() {
        assert_eq!(address_bits((64, 64), 6), 0);
        assert_eq!(address_bits((65, 64), 6), 1);
        assert_eq!(address_bits((1920, 1080), 6), 9);
        assert_eq!(address_bits((1920, 1080), 4), 13);
    }

    #[test]
    fn windows_must_leave_something() {
        assert_eq!(cropped((1920, 1088), [0, 0, 0, 4], 1).unwrap(), (1920, 1080));
        assert!(cropped((8, 8), [2, 2, 0, 0], 1).unwrap_err().message().contains("8x8"));
    }
}
