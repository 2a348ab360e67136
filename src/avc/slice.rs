//! The slice header (ITU-T H.264 § 7.3.3).

use super::pps::Pps;
use super::sps::Sps;
use super::{IDR_SLICE, ParameterSets, nal_unit_type};
use crate::error::{Error, Result};
use crate::nal::{PictureFacts, Rbsp, RbspReader};

/// What a slice is predicted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SliceType {
    /// One picture.
    P,
    /// Up to two pictures.
    B,
    /// Itself.
    I,
    /// As P, for switching.
    Sp,
    /// As I, for switching.
    Si,
}

impl SliceType {
    fn of(value: u32) -> Result<Self> {
        const TYPES: [SliceType; 5] =
            [SliceType::P, SliceType::B, SliceType::I, SliceType::Sp, SliceType::Si];
        match value {
            0..=9 => Ok(TYPES[value as usize % 5]),
            _ => Err(Error::format(format!("slice_type is {value}, at most 9 expected"))),
        }
    }

    /// Whether it refers to no other picture.
    pub(crate) fn is_intra(self) -> bool {
        matches!(self, SliceType::I | SliceType::Si)
    }
}

/// A slice header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SliceHeader {
    pub(crate) slice_type: SliceType,
    /// Bytes of the NAL unit, from its first, that hold the NAL unit's header and the slice header. A byte that holds
    /// slice data too counts; so do emulation prevention bytes.
    pub(crate) size: usize,
    /// What the sequence parameter set says.
    pub(crate) picture: PictureFacts,
}

/// More entries than the loops of a slice header have.
const MAX_COMMANDS: u32 = 66;

impl SliceHeader {
    /// Parses the start of a NAL unit of type 1 or 5. Gives nothing where the bytes end too early.
    ///
    /// # Errors
    /// - `Format`: a value out of range.
    /// - `Unsupported`: a parameter set that is missing or was not understood.
    pub(crate) fn parse(unit: &[u8], sets: &ParameterSets) -> Result<Option<Self>> {
        let rbsp = Rbsp::new(unit);
        let mut r = rbsp.reader();
        let header = r.u(8) as u8;
        r.ue(); // first_mb_in_slice
        let (slice_type, pps_id) = (r.ue(), r.ue());
        if r.overrun() {
            return Ok(None);
        }
        let slice_type = SliceType::of(slice_type)?;
        let (sps, pps) = sets.of_slice(pps_id)?;
        let is_idr = nal_unit_type(header) == IDR_SLICE;
        let is_reference = header >> 5 & 3 != 0;
        let read = Fields { sps, pps, slice_type, is_idr, is_reference }.read(&mut r);
        if r.overrun() {
            return Ok(None);
        }
        read?;
        r.check_codes()?;
        Ok(Some(SliceHeader { slice_type, size: r.bytes_read(), picture: sps.picture }))
    }
}

/// What the fields of a slice header depend on.
struct Fields<'a> {
    sps: &'a Sps,
    pps: &'a Pps,
    slice_type: SliceType,
    is_idr: bool,
    is_reference: bool,
}

impl Fields<'_> {
    /// All behind `pic_parameter_set_id`.
    fn read(&self, r: &mut RbspReader<'_>) -> Result<()> {
        let (sps, pps) = (self.sps, self.pps);
        if sps.separate_colour_plane {
            r.skip(2); // colour_plane_id
        }
        r.u(sps.frame_num_bits);
        let field = !sps.frame_mbs_only && r.flag();
        if field {
            r.skip(1); // bottom_field_flag
        }
        if self.is_idr {
            r.ue(); // idr_pic_id
        }
        let bottom_order = pps.bottom_field_pic_order_in_frame_present && !field;
        if sps.pic_order_cnt_type == 0 {
            r.u(sps.pic_order_cnt_lsb_bits);
            if bottom_order {
                r.se(); // delta_pic_order_cnt_bottom
            }
        } else if sps.pic_order_cnt_type == 1 && !sps.delta_pic_order_always_zero {
            r.se(); // delta_pic_order_cnt[ 0 ]
            if bottom_order {
                r.se(); // delta_pic_order_cnt[ 1 ]
            }
        }
        if pps.redundant_pic_cnt_present {
            r.ue();
        }
        let is_b = self.slice_type == SliceType::B;
        if is_b {
            r.skip(1); // direct_spatial_mv_pred_flag
        }
        // Entries of the reference lists that are used.
        let lists = match self.slice_type {
            SliceType::I | SliceType::Si => 0,
            SliceType::P | SliceType::Sp => 1,
            SliceType::B => 2,
        };
        let mut references_minus1 = pps.default_references_minus1;
        if lists > 0 && r.flag() {
            for count in &mut references_minus1[..lists] {
                *count = r.ue_up_to(31, "num_ref_idx_active_minus1")?;
            }
        }
        (0..lists).try_for_each(|_| ref_pic_list_modification(r))?;
        let weighted = match self.slice_type {
            SliceType::P | SliceType::Sp => pps.weighted_pred,
            SliceType::B => pps.weighted_bipred_idc == 1,
            SliceType::I | SliceType::Si => false,
        };
        if weighted {
            self.pred_weight_table(r, &references_minus1[..lists]);
        }
        if self.is_reference {
            self.dec_ref_pic_marking(r)?;
        }
        if pps.cabac && lists > 0 {
            r.ue(); // cabac_init_idc
        }
        r.se(); // slice_qp_delta
        if matches!(self.slice_type, SliceType::Sp | SliceType::Si) {
            if self.slice_type == SliceType::Sp {
                r.skip(1); // sp_for_switch_flag
            }
            r.se(); // slice_qs_delta
        }
        if pps.deblocking_filter_control_present && r.ue() != 1 {
            r.se(); // slice_alpha_c0_offset_div2
            r.se(); // slice_beta_offset_div2
        }
        if let Some(rate) = pps.slice_group_change_rate {
            // Ceil( Log2( PicSizeInMapUnits ÷ SliceGroupChangeRate + 1 ) ), the quotient not rounded.
            let steps = sps.map_units.div_ceil(rate);
            r.u(u32::BITS - steps.leading_zeros());
        }
        Ok(())
    }

    fn pred_weight_table(&self, r: &mut RbspReader<'_>, references_minus1: &[u32]) {
        let chroma = self.sps.chroma_array_type != 0;
        r.ue(); // luma_log2_weight_denom
        if chroma {
            r.ue(); // chroma_log2_weight_denom
        }
        for &count in references_minus1 {
            for _ in 0..=count {
                if r.flag() {
                    r.se(); // luma_weight
                    r.se(); // luma_offset
                }
                if chroma && r.flag() {
                    for _ in 0..4 {
                        r.se(); // chroma_weight, chroma_offset
                    }
                }
            }
        }
    }

    fn dec_ref_pic_marking(&self, r: &mut RbspReader<'_>) -> Result<()> {
        if self.is_idr {
            r.skip(2); // no_output_of_prior_pics_flag, long_term_reference_flag
            return Ok(());
        }
        if !r.flag() {
            return Ok(());
        }
        for _ in 0..MAX_COMMANDS {
            match r.ue() {
                0 => return Ok(()),
                1 | 2 | 4 | 6 => {
                    r.ue();
                }
                3 => {
                    r.ue(); // difference_of_pic_nums_minus1
                    r.ue(); // long_term_frame_idx
                }
                5 => {}
                other => {
                    return Err(Error::format(format!(
                        "memory_management_control_operation is {other}, at most 6 expected"
                    )));
                }
            }
        }
        Err(Error::format("more reference picture markings than there can be"))
    }
}

/// `ref_pic_list_modification( )` of one list.
fn ref_pic_list_modification(r: &mut RbspReader<'_>) -> Result<()> {
    if !r.flag() {
        return Ok(());
    }
    for _ in 0..MAX_COMMANDS {
        match r.ue() {
            0..=2 => {
                r.ue();
            }
            3 => return Ok(()),
            other => {
                return Err(Error::format(format!(
                    "modification_of_pic_nums_idc is {other}, at most 3 expected"
                )));
            }
        }
    }
    Err(Error::format("more changes of a reference list than it can have entries"))
}
