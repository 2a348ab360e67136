//! Quantizer parameters.

use serde::Serialize;

use super::bits::BitReader;
use super::sequence::SequenceHeader;

/// `quantization_params()`, AV1 § 5.9.12, and `delta_q_params()`, AV1 § 5.9.17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct QuantizationParams {
    /// The quantizer index that the others are relative to.
    pub base_q_idx: u8,
    /// `DeltaQYDc`.
    pub delta_q_y_dc: i8,
    /// `DeltaQUDc`.
    pub delta_q_u_dc: i8,
    /// `DeltaQUAc`.
    pub delta_q_u_ac: i8,
    /// `DeltaQVDc`.
    pub delta_q_v_dc: i8,
    /// `DeltaQVAc`.
    pub delta_q_v_ac: i8,
    /// Whether quantizer matrices are used.
    pub using_qmatrix: bool,
    /// Whether blocks carry quantizer differences.
    pub delta_q_present: bool,
    /// The shift of these differences.
    pub delta_q_res: u8,
}

impl QuantizationParams {
    /// `quantization_params()`.
    pub(super) fn read(r: &mut BitReader<'_>, seq: &SequenceHeader) -> Self {
        let color = &seq.color_config;
        let mut q =
            QuantizationParams { base_q_idx: r.u8(8), delta_q_y_dc: read_delta_q(r), ..Default::default() };
        if !color.mono_chrome {
            let diff_uv_delta = color.separate_uv_delta_q && r.flag();
            (q.delta_q_u_dc, q.delta_q_u_ac) = (read_delta_q(r), read_delta_q(r));
            (q.delta_q_v_dc, q.delta_q_v_ac) = if diff_uv_delta {
                (read_delta_q(r), read_delta_q(r))
            } else {
                (q.delta_q_u_dc, q.delta_q_u_ac)
            };
        }
        q.using_qmatrix = r.flag();
        if q.using_qmatrix {
            // qm_y and qm_u; qm_v only where it may differ.
            r.skip(if color.separate_uv_delta_q { 12 } else { 8 });
        }
        q
    }

    /// `delta_q_params()`, which stands behind the segmentation parameters.
    pub(super) fn read_delta_q_params(&mut self, r: &mut BitReader<'_>) {
        self.delta_q_present = self.base_q_idx > 0 && r.flag();
        if self.delta_q_present {
            self.delta_q_res = r.u8(2);
        }
    }

    /// Whether a segment with this quantizer index is lossless.
    pub(super) fn is_lossless(&self, qindex: u8) -> bool {
        qindex == 0
            && [self.delta_q_y_dc, self.delta_q_u_dc, self.delta_q_u_ac, self.delta_q_v_dc, self.delta_q_v_ac]
                == [0; 5]
    }
}

/// `read_delta_q()`, AV1 § 5.9.13.
fn read_delta_q(r: &mut BitReader<'_>) -> i8 {
    let delta_coded = r.flag();
    if delta_coded { r.su(7) as i8 } else { 0 }
}
