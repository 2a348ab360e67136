//! `vui_parameters( )` and `hrd_parameters( )` (ITU-T H.265 Annex E).

use crate::error::Result;
use crate::nal::{PictureFacts, RbspReader};

/// Reads all of `vui_parameters( )`.
///
/// # Errors
/// `Format` where a count is out of range.
pub(super) fn read_vui(
    r: &mut RbspReader<'_>,
    max_sub_layers_minus1: u32,
    picture: &mut PictureFacts,
) -> Result<()> {
    picture.read_vui(r);
    if r.flag() {
        r.ue(); // chroma_sample_loc_type_top_field
        r.ue(); // chroma_sample_loc_type_bottom_field
    }
    r.skip(3); // neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag
    if r.flag() {
        for _ in 0..4 {
            r.ue(); // default display window
        }
    }
    if r.flag() {
        r.skip(64); // vui_num_units_in_tick, vui_time_scale
        if r.flag() {
            r.ue(); // vui_num_ticks_poc_diff_one_minus1
        }
        if r.flag() {
            skip_hrd(r, max_sub_layers_minus1)?;
        }
    }
    if r.flag() {
        r.skip(3); // tiles_fixed_structure_flag, motion_vectors_over_pic_boundaries_flag, restricted_ref_pic_lists_flag
        for _ in 0..5 {
            r.ue(); // min_spatial_segmentation_idc to log2_max_mv_length_vertical
        }
    }
    Ok(())
}

/// `hrd_parameters( 1, max_sub_layers_minus1 )`.
fn skip_hrd(r: &mut RbspReader<'_>, max_sub_layers_minus1: u32) -> Result<()> {
    let (nal, vcl) = (r.flag(), r.flag());
    let mut sub_pic = false;
    if nal || vcl {
        sub_pic = r.flag();
        if sub_pic {
            r.skip(19);
        }
        r.skip(8); // bit_rate_scale, cpb_size_scale
        if sub_pic {
            r.skip(4); // cpb_size_du_scale
        }
        r.skip(15); // lengths of delays
    }
    for _ in 0..=max_sub_layers_minus1 {
        let fixed_in_general = r.flag();
        let fixed = fixed_in_general || r.flag();
        let mut low_delay = false;
        if fixed {
            r.ue(); // elemental_duration_in_tc_minus1
        } else {
            low_delay = r.flag();
        }
        let count = if low_delay { 0 } else { r.ue_up_to(31, "cpb_cnt_minus1")? };
        for _ in 0..u32::from(nal) + u32::from(vcl) {
            for _ in 0..=count {
                r.ue(); // bit_rate_value_minus1
                r.ue(); // cpb_size_value_minus1
                if sub_pic {
                    r.ue(); // cpb_size_du_value_minus1
                    r.ue(); // bit_rate_du_value_minus1
                }
                r.skip(1); // cbr_flag
            }
        }
    }
    Ok(())
}
