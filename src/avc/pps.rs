//! The picture parameter set (ITU-T H.264 § 7.3.2.2).

use crate::error::Result;
use crate::nal::{ParameterSet, PictureParameterSet, RbspReader};

/// What slice headers need of a picture parameter set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pps {
    id: u8,
    sps_id: u8,
    /// `entropy_coding_mode_flag`: CABAC.
    pub(crate) cabac: bool,
    pub(crate) bottom_field_pic_order_in_frame_present: bool,
    /// `SliceGroupChangeRate`, where slice groups evolve (types 3 to 5).
    pub(crate) slice_group_change_rate: Option<u32>,
    /// `num_ref_idx_l0_default_active_minus1` and that of list 1.
    pub(crate) default_references_minus1: [u32; 2],
    pub(crate) weighted_pred: bool,
    pub(crate) weighted_bipred_idc: u8,
    pub(crate) deblocking_filter_control_present: bool,
    pub(crate) redundant_pic_cnt_present: bool,
}

impl ParameterSet for Pps {
    const NAME: &'static str = "picture parameter set";

    fn read(r: &mut RbspReader<'_>) -> Result<Self> {
        r.skip(8);
        let id = r.ue_up_to(255, "pic_parameter_set_id")? as u8;
        let sps_id = r.ue_up_to(31, "seq_parameter_set_id")? as u8;
        let cabac = r.flag();
        let bottom_field_pic_order_in_frame_present = r.flag();
        let slice_groups_minus1 = r.ue_up_to(7, "num_slice_groups_minus1")?;
        let mut slice_group_change_rate = None;
        if slice_groups_minus1 > 0 {
            match r.ue_up_to(6, "slice_group_map_type")? {
                0 => (0..=slice_groups_minus1).for_each(|_| {
                    r.ue(); // run_length_minus1
                }),
                2 => (0..slice_groups_minus1).for_each(|_| {
                    r.ue(); // top_left
                    r.ue(); // bottom_right
                }),
                3..=5 => {
                    r.skip(1); // slice_group_change_direction_flag
                    slice_group_change_rate = Some(r.ue().saturating_add(1));
                }
                6 => {
                    let units = r.ue_up_to(1 << 24, "pic_size_in_map_units_minus1")? as usize + 1;
                    // Ceil( Log2( num_slice_groups_minus1 + 1 ) ) bits each.
                    r.skip(units * (slice_groups_minus1.ilog2() as usize + 1));
                }
                _ => {}
            }
        }
        let default_references_minus1 = [
            r.ue_up_to(31, "num_ref_idx_l0_default_active_minus1")?,
            r.ue_up_to(31, "num_ref_idx_l1_default_active_minus1")?,
        ];
        let weighted_pred = r.flag();
        let weighted_bipred_idc = r.u(2) as u8;
        r.se(); // pic_init_qp_minus26
        r.se(); // pic_init_qs_minus26
        r.se(); // chroma_qp_index_offset
        let deblocking_filter_control_present = r.flag();
        r.skip(1); // constrained_intra_pred_flag
        Ok(Pps {
            id,
            sps_id,
            cabac,
            bottom_field_pic_order_in_frame_present,
            slice_group_change_rate,
            default_references_minus1,
            weighted_pred,
            weighted_bipred_idc,
            deblocking_filter_control_present,
            redundant_pic_cnt_present: r.flag(),
        })
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
