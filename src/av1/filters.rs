//! The filters behind the decoding loop: deblocking, CDEF, loop restoration.

use serde::Serialize;

use super::bits::BitReader;
use super::sequence::SequenceHeader;

/// `loop_filter_params()`, AV1 § 5.9.11, and `delta_lf_params()`, AV1 § 5.9.18. The deltas by reference and mode
/// decide no later syntax and are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LoopFilterParams {
    /// Strengths: vertical and horizontal luma edges, U, V.
    pub loop_filter_level: [u8; 4],
    /// Sharpness.
    pub loop_filter_sharpness: u8,
    /// Whether strengths depend on mode and reference.
    pub loop_filter_delta_enabled: bool,
    /// Whether blocks carry strength differences.
    pub delta_lf_present: bool,
}

impl LoopFilterParams {
    /// `delta_lf_params()`, which stands before the rest.
    pub(super) fn read_delta_lf_params(
        &mut self,
        r: &mut BitReader<'_>,
        delta_q_present: bool,
        allow_intrabc: bool,
    ) {
        self.delta_lf_present = delta_q_present && !allow_intrabc && r.flag();
        if self.delta_lf_present {
            // delta_lf_res, delta_lf_multi
            r.skip(3);
        }
    }

    /// `loop_filter_params()` of a frame that is neither lossless nor uses intra block copy.
    pub(super) fn read(&mut self, r: &mut BitReader<'_>, seq: &SequenceHeader) {
        self.loop_filter_level = [r.u8(6), r.u8(6), 0, 0];
        if !seq.color_config.mono_chrome && self.loop_filter_level != [0; 4] {
            self.loop_filter_level[2] = r.u8(6);
            self.loop_filter_level[3] = r.u8(6);
        }
        self.loop_filter_sharpness = r.u8(3);
        self.loop_filter_delta_enabled = r.flag();
        if self.loop_filter_delta_enabled {
            let loop_filter_delta_update = r.flag();
            if loop_filter_delta_update {
                // TOTAL_REFS_PER_FRAME by reference, 2 by mode.
                for _ in 0..8 + 2 {
                    let update_delta = r.flag();
                    if update_delta {
                        r.skip(7);
                    }
                }
            }
        }
    }
}

/// `cdef_params()`, AV1 § 5.9.19.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CdefParams {
    /// `CdefDamping`.
    pub cdef_damping: u8,
    /// log2 of the number of strengths.
    pub cdef_bits: u8,
    /// Whether any strength is not 0.
    pub any_strength: bool,
}

impl Default for CdefParams {
    fn default() -> Self {
        CdefParams { cdef_damping: 3, cdef_bits: 0, any_strength: false }
    }
}

impl CdefParams {
    /// Reads the parameters of a frame that has them.
    pub(super) fn read(r: &mut BitReader<'_>, seq: &SequenceHeader) -> Self {
        let cdef_damping = r.u8(2) + 3;
        let cdef_bits = r.u8(2);
        let planes = if seq.color_config.mono_chrome { 1 } else { 2 };
        let mut strengths = 0;
        for _ in 0..planes << cdef_bits {
            strengths |= r.f(6);
        }
        CdefParams { cdef_damping, cdef_bits, any_strength: strengths != 0 }
    }
}

/// `lr_params()`, AV1 § 5.9.20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LrParams {
    /// `lr_type` of each plane: 0 none, 1 switchable, 2 Wiener, 3 self-guided.
    pub lr_type: [u8; 3],
}

impl LrParams {
    /// Reads the parameters of a frame that has them.
    pub(super) fn read(r: &mut BitReader<'_>, seq: &SequenceHeader) -> Self {
        let color = &seq.color_config;
        let mut lr_type = [0; 3];
        for lr_type in &mut lr_type[..color.num_planes()] {
            *lr_type = r.u8(2);
        }
        let uses_lr = lr_type != [0; 3];
        let uses_chroma_lr = lr_type[1..] != [0; 2];
        if uses_lr {
            let lr_unit_shift = r.flag();
            if !seq.use_128x128_superblock && lr_unit_shift {
                // lr_unit_extra_shift
                r.skip(1);
            }
            if color.subsampling_x && color.subsampling_y && uses_chroma_lr {
                // lr_uv_shift
                r.skip(1);
            }
        }
        LrParams { lr_type }
    }
}
