//! The picture parameter set (ITU-T H.265 § 7.3.2.3).

use super::scaling::skip_scaling_list_data;
use crate::error::Result;
use crate::nal::{ParameterSet, PictureParameterSet, RbspReader};

/// What slice segment headers need of a picture parameter set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pps {
    id: u8,
    sps_id: u8,
    pub(crate) dependent_slice_segments: bool,
    pub(crate) output_flag_present: bool,
    pub(crate) num_extra_slice_header_bits: u8,
    pub(crate) cabac_init_present: bool,
    /// `num_ref_idx_l0_default_active_minus1` and that of list 1.
    pub(crate) default_references_minus1: [u32; 2],
    pub(crate) slice_chroma_qp_offsets_present: bool,
    pub(crate) weighted_pred: bool,
    pub(crate) weighted_bipred: bool,
    /// `tiles_enabled_flag` or `entropy_coding_sync_enabled_flag`: slices have entry points.
    pub(crate) entry_points: bool,
    pub(crate) loop_filter_across_slices: bool,
    pub(crate) deblocking_override: bool,
    pub(crate) deblocking_disabled: bool,
    pub(crate) lists_modification_present: bool,
    pub(crate) slice_header_extension_present: bool,
    pub(crate) chroma_qp_offset_lists: bool,
    pub(crate) curr_pic_ref: bool,
    pub(crate) slice_act_qp_offsets_present: bool,
    /// An extension whose slice headers are not known here.
    pub(crate) unknown_extension: Option<&'static str>,
}

impl ParameterSet for Pps {
    const NAME: &'static str = "picture parameter set";

    fn read(r: &mut RbspReader<'_>) -> Result<Self> {
        r.skip(16);
        let mut pps = Pps {
            id: r.ue_up_to(63, "pps_pic_parameter_set_id")? as u8,
            sps_id: r.ue_up_to(15, "pps_seq_parameter_set_id")? as u8,
            dependent_slice_segments: r.flag(),
            output_flag_present: r.flag(),
            num_extra_slice_header_bits: r.u(3) as u8,
            ..Pps::default()
        };
        r.skip(1); // sign_data_hiding_enabled_flag
        pps.cabac_init_present = r.flag();
        for count in &mut pps.default_references_minus1 {
            *count = r.ue_up_to(14, "num_ref_idx_default_active_minus1")?;
        }
        r.se(); // init_qp_minus26
        r.skip(1); // constrained_intra_pred_flag
        let transform_skip = r.flag();
        if r.flag() {
            r.ue(); // diff_cu_qp_delta_depth
        }
        r.se(); // pps_cb_qp_offset
        r.se(); // pps_cr_qp_offset
        pps.slice_chroma_qp_offsets_present = r.flag();
        pps.weighted_pred = r.flag();
        pps.weighted_bipred = r.flag();
        r.skip(1); // transquant_bypass_enabled_flag
        let (tiles, sync) = (r.flag(), r.flag());
        pps.entry_points = tiles || sync;
        if tiles {
            let columns = r.ue_up_to(1 << 10, "num_tile_columns_minus1")?;
            let rows = r.ue_up_to(1 << 10, "num_tile_rows_minus1")?;
            if !r.flag() {
                for _ in 0..columns + rows {
                    r.ue(); // column_width_minus1, row_height_minus1
                }
            }
            r.skip(1); // loop_filter_across_tiles_enabled_flag
        }
        pps.loop_filter_across_slices = r.flag();
        if r.flag() {
            pps.deblocking_override = r.flag();
            pps.deblocking_disabled = r.flag();
            if !pps.deblocking_disabled {
                r.se(); // pps_beta_offset_div2
                r.se(); // pps_tc_offset_div2
            }
        }
        if r.flag() {
            skip_scaling_list_data(r);
        }
        pps.lists_modification_present = r.flag();
        r.ue(); // log2_parallel_merge_level_minus2
        pps.slice_header_extension_present = r.flag();
        if r.flag() {
            pps.read_extensions(r, transform_skip)?;
        }
        Ok(pps)
    }

    fn id(&self) -> u8 {
        self.id
    }
}

impl PictureParameterSet for Pps {
    fn sequence_id(&self) -> u8 {
        self.sps_id
    }
}

impl Pps {
    fn read_extensions(&mut self, r: &mut RbspReader<'_>, transform_skip: bool) -> Result<()> {
        let (range, multilayer, three_d, screen, other) = (r.flag(), r.flag(), r.flag(), r.flag(), r.u(4));
        if range {
            if transform_skip {
                r.ue(); // log2_max_transform_skip_block_size_minus2
            }
            r.skip(1); // cross_component_prediction_enabled_flag
            self.chroma_qp_offset_lists = r.flag();
            if self.chroma_qp_offset_lists {
                r.ue(); // diff_cu_chroma_qp_offset_depth
                for _ in 0..=r.ue_up_to(5, "chroma_qp_offset_list_len_minus1")? {
                    r.se(); // cb_qp_offset_list
                    r.se(); // cr_qp_offset_list
                }
            }
            r.ue(); // log2_sao_offset_scale_luma
            r.ue(); // log2_sao_offset_scale_chroma
        }
        if multilayer {
            self.unknown_extension = Some("multilayer");
        } else if three_d {
            self.unknown_extension = Some("3D");
        } else if screen {
            self.curr_pic_ref = r.flag();
            if r.flag() {
                self.slice_act_qp_offsets_present = r.flag();
                for _ in 0..3 {
                    r.se(); // pps_act_y_qp_offset_plus5 and so on
                }
            }
            // Palettes follow, on which slice headers do not depend.
        }
        if other != 0 {
            self.unknown_extension = Some("unknown");
        }
        Ok(())
    }
}
