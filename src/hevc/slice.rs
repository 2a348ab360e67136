//! The slice segment header (ITU-T H.265 § 7.3.6).

use super::pps::Pps;
use super::reference_sets::ShortTermSet;
use super::sps::Sps;
use super::{IDR, IRAP, ParameterSets, nal_unit_type};
use crate::error::{Error, Result};
use crate::nal::{PictureFacts, Rbsp, RbspReader};

/// A slice segment header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SliceHeader {
    /// Whether the slice refers to no other picture; `None` where the segment depends on the one before.
    pub(crate) intra: Option<bool>,
    /// Bytes of the NAL unit, from its first, that hold the NAL unit's header and the slice segment header with its
    /// alignment; emulation prevention bytes count.
    pub(crate) size: usize,
    /// What the sequence parameter set says.
    pub(crate) picture: PictureFacts,
}

const B: u32 = 0;
const P: u32 = 1;
const I: u32 = 2;

impl SliceHeader {
    /// Parses the start of a NAL unit that holds a slice segment. Gives nothing where the bytes end too early.
    ///
    /// # Errors
    /// - `Format`: a value out of range.
    /// - `Unsupported`: a parameter set that is missing or was not understood, extensions that are not known.
    pub(crate) fn parse(unit: &[u8], sets: &ParameterSets) -> Result<Option<Self>> {
        let rbsp = Rbsp::new(unit);
        let mut r = rbsp.reader();
        let nal_unit_type = nal_unit_type(r.u(16).to_be_bytes()[2]);
        let first = r.flag();
        if IRAP.contains(&nal_unit_type) {
            r.skip(1); // no_output_of_prior_pics_flag
        }
        let pps_id = r.ue();
        if r.overrun() {
            return Ok(None);
        }
        let (sps, pps) = sets.of_slice(pps_id)?;
        if let Some(extension) = sps.unknown_extension.or(pps.unknown_extension) {
            return Err(Error::unsupported(format!("parameter sets with the {extension} extension of HEVC")));
        }
        let dependent = !first && pps.dependent_slice_segments && r.flag();
        if !first {
            r.u(sps.address_bits);
        }
        let fields = Fields { sps, pps, nal_unit_type };
        let read = if dependent { Ok(None) } else { fields.read(&mut r).map(Some) };
        if read.is_ok() {
            fields.read_end(&mut r);
        }
        if r.overrun() {
            return Ok(None);
        }
        let intra = read?;
        r.check_codes()?;
        Ok(Some(SliceHeader { intra, size: r.bytes_read(), picture: sps.picture }))
    }
}

/// What the fields of a slice segment header depend on.
struct Fields<'a> {
    sps: &'a Sps,
    pps: &'a Pps,
    nal_unit_type: u8,
}

impl Fields<'_> {
    /// What a segment has that does not depend on another; returns whether the slice is intra-coded.
    fn read(&self, r: &mut RbspReader<'_>) -> Result<bool> {
        let (sps, pps) = (self.sps, self.pps);
        r.skip(pps.num_extra_slice_header_bits.into());
        let slice_type = r.ue_up_to(2, "slice_type")?;
        if pps.output_flag_present {
            r.skip(1); // pic_output_flag
        }
        if sps.separate_colour_plane {
            r.skip(2); // colour_plane_id
        }
        let mut references = u32::from(pps.curr_pic_ref);
        let mut temporal_mvp = false;
        if !IDR.contains(&self.nal_unit_type) {
            r.u(sps.pic_order_cnt_lsb_bits);
            references += self.short_term(r)?;
            if sps.long_term_ref_pics_present {
                references += self.long_term(r)?;
            }
            temporal_mvp = sps.temporal_mvp && r.flag();
        }
        let mut filtered = false;
        if sps.sample_adaptive_offset {
            filtered = r.flag();
            if sps.chroma_array_type != 0 {
                filtered |= r.flag();
            }
        }
        if slice_type != I {
            self.prediction(r, slice_type, references, temporal_mvp)?;
        }
        r.se(); // slice_qp_delta
        if pps.slice_chroma_qp_offsets_present {
            r.se(); // slice_cb_qp_offset
            r.se(); // slice_cr_qp_offset
        }
        if pps.slice_act_qp_offsets_present {
            for _ in 0..3 {
                r.se(); // slice_act_y_qp_offset and so on
            }
        }
        if pps.chroma_qp_offset_lists {
            r.skip(1); // cu_chroma_qp_offset_enabled_flag
        }
        let mut deblocked = !pps.deblocking_disabled;
        if pps.deblocking_override && r.flag() {
            deblocked = !r.flag();
            if deblocked {
                r.se(); // slice_beta_offset_div2
                r.se(); // slice_tc_offset_div2
            }
        }
        if pps.loop_filter_across_slices && (filtered || deblocked) {
            r.skip(1); // slice_loop_filter_across_slices_enabled_flag
        }
        Ok(slice_type == I)
    }

    /// Short-term reference pictures; returns how many are used.
    fn short_term(&self, r: &mut RbspReader<'_>) -> Result<u32> {
        let sets = &self.sps.short_term_sets;
        if !r.flag() {
            return Ok(ShortTermSet::read(r, sets.len(), sets, true)?.used());
        }
        let index = if sets.len() > 1 { r.u(ceil_log2(sets.len() as u32)) } else { 0 };
        match sets.get(index as usize) {
            Some(set) => Ok(set.used()),
            None => Err(Error::format(format!(
                "short_term_ref_pic_set_idx is {index}, the sequence parameter set has {}",
                sets.len()
            ))),
        }
    }

    /// Long-term reference pictures; returns how many are used.
    fn long_term(&self, r: &mut RbspReader<'_>) -> Result<u32> {
        let known = &self.sps.long_term_used;
        let of_sps = if known.is_empty() { 0 } else { r.ue_up_to(33, "num_long_term_sps")? };
        let own = r.ue_up_to(33, "num_long_term_pics")?;
        let mut used = 0;
        for index in 0..of_sps + own {
            if index < of_sps {
                let at = if known.len() > 1 { r.u(ceil_log2(known.len() as u32)) } else { 0 };
                used += u32::from(known.get(at as usize).copied().unwrap_or(false));
            } else {
                r.u(self.sps.pic_order_cnt_lsb_bits);
                used += u32::from(r.flag());
            }
            if r.flag() {
                r.ue(); // delta_poc_msb_cycle_lt
            }
        }
        Ok(used)
    }

    /// What only P and B slices have.
    fn prediction(
        &self,
        r: &mut RbspReader<'_>,
        slice_type: u32,
        references: u32,
        temporal_mvp: bool,
    ) -> Result<()> {
        let pps = self.pps;
        let lists = if slice_type == B { 2 } else { 1 };
        let mut counts_minus1 = pps.default_references_minus1;
        if r.flag() {
            for count in &mut counts_minus1[..lists] {
                *count = r.ue_up_to(14, "num_ref_idx_active_minus1")?;
            }
        }
        let counts_minus1 = &counts_minus1[..lists];
        if pps.lists_modification_present && references > 1 {
            for &count in counts_minus1 {
                if r.flag() {
                    (0..=count).for_each(|_| {
                        r.u(ceil_log2(references)); // list_entry
                    });
                }
            }
        }
        if slice_type == B {
            r.skip(1); // mvd_l1_zero_flag
        }
        if pps.cabac_init_present {
            r.skip(1); // cabac_init_flag
        }
        if temporal_mvp {
            let from = usize::from(slice_type == B && !r.flag());
            if counts_minus1[from] > 0 {
                r.ue(); // collocated_ref_idx
            }
        }
        if pps.weighted_pred && slice_type == P || pps.weighted_bipred && slice_type == B {
            if pps.curr_pic_ref {
                return Err(Error::unsupported(
                    "weighted prediction of pictures that refer to themselves (screen content coding)",
                ));
            }
            self.pred_weight_table(r, counts_minus1);
        }
        r.ue(); // five_minus_max_num_merge_cand
        if self.sps.motion_vector_resolution_control_idc == 2 {
            r.skip(1); // use_integer_mv_flag
        }
        Ok(())
    }

    fn pred_weight_table(&self, r: &mut RbspReader<'_>, counts_minus1: &[u32]) {
        let chroma = self.sps.chroma_array_type != 0;
        r.ue(); // luma_log2_weight_denom
        if chroma {
            r.se(); // delta_chroma_log2_weight_denom
        }
        for &count in counts_minus1 {
            let mut flags =
                |present: bool| -> Vec<bool> { (0..=count).map(|_| present && r.flag()).collect() };
            let (luma, chroma) = (flags(true), flags(chroma));
            for (luma, chroma) in luma.into_iter().zip(chroma) {
                if luma {
                    r.se(); // delta_luma_weight
                    r.se(); // luma_offset
                }
                if chroma {
                    for _ in 0..4 {
                        r.se(); // delta_chroma_weight, delta_chroma_offset
                    }
                }
            }
        }
    }

    /// What every segment ends with.
    fn read_end(&self, r: &mut RbspReader<'_>) {
        if self.pps.entry_points {
            let count = r.ue();
            if count > 0 {
                let bits = r.ue().min(31) as usize + 1;
                r.skip((count as usize).saturating_mul(bits));
            }
        }
        if self.pps.slice_header_extension_present {
            let bytes = r.ue();
            r.skip(bytes as usize * 8);
        }
        // byte_alignment( ): a one, and zeros up to the byte's end.
        r.skip(1);
    }
}

/// Ceil( Log2( n ) ) for n from 1.
fn ceil_log2(n: u32) -> u32 {
    u32::BITS - n.saturating_sub(1).leading_zeros()
}
