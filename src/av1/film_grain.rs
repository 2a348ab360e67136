//! Film grain.

use serde::Serialize;

use super::bits::BitReader;
use super::event::FrameType;
use super::frame::FrameHeader;
use super::sequence::SequenceHeader;
use crate::error::{Error, Result};

/// `film_grain_params()`, AV1 § 5.9.30, without the tables: they decide no later syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FilmGrainParams {
    /// Whether grain is added.
    pub apply_grain: bool,
    /// The seed of the noise.
    pub grain_seed: u16,
    /// Whether the parameters are coded here, not taken from a reference.
    pub update_grain: bool,
    /// The slot whose parameters are used where they are not coded here.
    pub film_grain_params_ref_idx: Option<u8>,
}

impl FilmGrainParams {
    /// Reads the parameters of `frame`, which may have them.
    ///
    /// # Errors
    /// `Format` where there are more points than allowed, or the parameters come from a slot that is no reference.
    pub(super) fn read(r: &mut BitReader<'_>, seq: &SequenceHeader, frame: &FrameHeader) -> Result<Self> {
        let color = &seq.color_config;
        let mut grain = FilmGrainParams { apply_grain: r.flag(), ..Default::default() };
        if !grain.apply_grain {
            return Ok(grain);
        }
        grain.grain_seed = r.u16(16);
        grain.update_grain = frame.frame_type != FrameType::Inter || r.flag();
        if !grain.update_grain {
            let slot = r.u8(3);
            if !frame.ref_frame_idx.contains(&slot) {
                return Err(Error::format(format!(
                    "film_grain_params_ref_idx {slot} is no reference of the frame"
                ))
                .clause("AV1 § 6.8.20"));
            }
            grain.film_grain_params_ref_idx = Some(slot);
            return Ok(grain);
        }
        let num_y_points = read_points(r, 14, "num_y_points")?;
        let chroma_scaling_from_luma = !color.mono_chrome && r.flag();
        let is_420 = color.subsampling_x && color.subsampling_y;
        let (mut num_cb_points, mut num_cr_points) = (0, 0);
        if !(color.mono_chrome || chroma_scaling_from_luma || is_420 && num_y_points == 0) {
            num_cb_points = read_points(r, 10, "num_cb_points")?;
            num_cr_points = read_points(r, 10, "num_cr_points")?;
        }
        // grain_scaling_minus_8
        r.skip(2);
        let ar_coeff_lag = r.f(2) as usize;
        let num_pos_luma = 2 * ar_coeff_lag * (ar_coeff_lag + 1);
        let mut num_pos_chroma = num_pos_luma;
        if num_y_points > 0 {
            num_pos_chroma += 1;
            r.skip(8 * num_pos_luma);
        }
        for points in [num_cb_points, num_cr_points] {
            if chroma_scaling_from_luma || points > 0 {
                r.skip(8 * num_pos_chroma);
            }
        }
        // ar_coeff_shift_minus_6, grain_scale_shift
        r.skip(4);
        for points in [num_cb_points, num_cr_points] {
            if points > 0 {
                // Multipliers and offset.
                r.skip(8 + 8 + 9);
            }
        }
        // overlap_flag, clip_to_restricted_range
        r.skip(2);
        Ok(grain)
    }
}

/// The number of points, which it passes over.
fn read_points(r: &mut BitReader<'_>, max: usize, name: &str) -> Result<usize> {
    let n = r.f(4) as usize;
    if n > max {
        return Err(Error::format(format!("{name} is {n}, at most {max} are allowed")).clause("AV1 § 6.8.20"));
    }
    r.skip(16 * n);
    Ok(n)
}
