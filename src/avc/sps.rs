//! The sequence parameter set (ITU-T H.264 § 7.3.2.1).

use crate::error::{Error, Result};
use crate::nal::{ParameterSet, PictureFacts, RbspReader};

/// What slice headers and sample entries need of a sequence parameter set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sps {
    id: u8,
    pub(crate) separate_colour_plane: bool,
    /// `ChromaArrayType`: 0 for monochrome and for separate planes.
    pub(crate) chroma_array_type: u8,
    /// Bits of `frame_num`.
    pub(crate) frame_num_bits: u32,
    pub(crate) pic_order_cnt_type: u8,
    /// Bits of `pic_order_cnt_lsb`.
    pub(crate) pic_order_cnt_lsb_bits: u32,
    pub(crate) delta_pic_order_always_zero: bool,
    pub(crate) frame_mbs_only: bool,
    /// `PicSizeInMapUnits`.
    pub(crate) map_units: u32,
    pub(super) picture: PictureFacts,
}

/// Profiles whose parameter sets say more of chroma and bit depth.
const HIGH_PROFILES: [u32; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// More macroblocks in a row or column than level 6.2 has.
const MAX_MACROBLOCKS: u32 = 1 << 12;

impl ParameterSet for Sps {
    const NAME: &'static str = "sequence parameter set";

    fn read(r: &mut RbspReader<'_>) -> Result<Self> {
        r.skip(8);
        let profile = r.u(8);
        r.skip(16); // constraint flags, level_idc
        let id = r.ue_up_to(31, "seq_parameter_set_id")? as u8;
        let mut chroma_format = 1;
        let mut separate_colour_plane = false;
        if HIGH_PROFILES.contains(&profile) {
            chroma_format = r.ue_up_to(3, "chroma_format_idc")?;
            separate_colour_plane = chroma_format == 3 && r.flag();
            r.ue(); // bit_depth_luma_minus8
            r.ue(); // bit_depth_chroma_minus8
            r.skip(1); // qpprime_y_zero_transform_bypass_flag
            if r.flag() {
                for list in 0..if chroma_format == 3 { 12 } else { 8 } {
                    if r.flag() {
                        skip_scaling_list(r, if list < 6 { 16 } else { 64 });
                    }
                }
            }
        }
        let frame_num_bits = r.ue_up_to(12, "log2_max_frame_num_minus4")? + 4;
        let pic_order_cnt_type = r.ue_up_to(2, "pic_order_cnt_type")? as u8;
        let mut pic_order_cnt_lsb_bits = 0;
        let mut delta_pic_order_always_zero = false;
        match pic_order_cnt_type {
            0 => pic_order_cnt_lsb_bits = r.ue_up_to(12, "log2_max_pic_order_cnt_lsb_minus4")? + 4,
            1 => {
                delta_pic_order_always_zero = r.flag();
                r.se(); // offset_for_non_ref_pic
                r.se(); // offset_for_top_to_bottom_field
                let count = r.ue_up_to(255, "num_ref_frames_in_pic_order_cnt_cycle")?;
                for _ in 0..count {
                    r.se();
                }
            }
            _ => {}
        }
        r.ue(); // max_num_ref_frames
        r.skip(1); // gaps_in_frame_num_value_allowed_flag
        let width = r.ue_up_to(MAX_MACROBLOCKS, "pic_width_in_mbs_minus1")? + 1;
        let map_height = r.ue_up_to(MAX_MACROBLOCKS, "pic_height_in_map_units_minus1")? + 1;
        let frame_mbs_only = r.flag();
        if !frame_mbs_only {
            r.skip(1); // mb_adaptive_frame_field_flag
        }
        r.skip(1); // direct_8x8_inference_flag
        let chroma_array_type = if separate_colour_plane { 0 } else { chroma_format };
        let field_factor = if frame_mbs_only { 1 } else { 2 };
        let mut size = (width * 16, map_height * 16 * field_factor);
        if r.flag() {
            let crop: [u32; 4] = std::array::from_fn(|_| r.ue());
            let unit = match chroma_array_type {
                1 => (2, 2),
                2 => (2, 1),
                _ => (1, 1),
            };
            size = cropped(size, crop, (unit.0, unit.1 * field_factor)).ok_or_else(|| {
                Error::format(format!("the frame cropping {crop:?} leaves nothing of {}x{}", size.0, size.1))
            })?;
        }
        let mut picture = PictureFacts { size, ..PictureFacts::default() };
        if r.flag() {
            picture.read_vui(r);
        }
        Ok(Sps {
            id,
            separate_colour_plane,
            chroma_array_type: chroma_array_type as u8,
            frame_num_bits,
            pic_order_cnt_type,
            pic_order_cnt_lsb_bits,
            delta_pic_order_always_zero,
            frame_mbs_only,
            map_units: width * map_height,
            picture,
        })
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
}

/// The size without what is cropped at left, right, top and bottom, in units of `unit`.
fn cropped(size: (u32, u32), [left, right, top, bottom]: [u32; 4], unit: (u32, u32)) -> Option<(u32, u32)> {
    let less = |size: u32, a: u32, b: u32, unit: u32| {
        let cut = a.checked_add(b)?.checked_mul(unit)?;
        size.checked_sub(cut).filter(|&size| size > 0)
    };
    Some((less(size.0, left, right, unit.0)?, less(size.1, top, bottom, unit.1)?))
}

/// `scaling_list( )`.
fn skip_scaling_list(r: &mut RbspReader<'_>, size: u32) {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            next = (last + r.se().rem_euclid(256)).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_cut_short() {
        let error = Sps::parse(&[0x67, 100, 0, 30]).unwrap_err();
        assert!(error.message().contains("too early"), "{error}");
    }

    #[test]
    fn cropping_must_leave_something() {
        assert_eq!(cropped((1920, 1088), [0, 0, 0, 4], (2, 2)), Some((1920, 1080)));
        assert_eq!(cropped((16, 16), [4, 4, 0, 0], (2, 2)), None);
        assert_eq!(cropped((16, 16), [u32::MAX, 1, 0, 0], (2, 2)), None);
    }
}
