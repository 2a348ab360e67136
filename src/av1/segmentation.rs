//! Segmentation.

use serde::Serialize;

use super::bits::BitReader;

/// `MAX_SEGMENTS`.
pub(super) const MAX_SEGMENTS: usize = 8;
const SEG_LVL_MAX: usize = 8;
const SEG_LVL_ALT_Q: usize = 0;

const FEATURE_BITS: [u32; SEG_LVL_MAX] = [8, 6, 6, 6, 6, 3, 0, 0];
const FEATURE_SIGNED: [bool; SEG_LVL_MAX] = [true, true, true, true, true, false, false, false];
const FEATURE_MAX: [i16; SEG_LVL_MAX] = [255, 63, 63, 63, 63, 7, 0, 0];

/// `segmentation_params()`, AV1 § 5.9.14. The features are saved with each reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SegmentationParams {
    /// Whether the frame has segments.
    pub segmentation_enabled: bool,
    /// Whether it carries a new segment map.
    pub segmentation_update_map: bool,
    /// Whether that map is coded relative to the one before.
    pub segmentation_temporal_update: bool,
    /// Whether it carries new features.
    pub segmentation_update_data: bool,
    /// `FeatureEnabled`: segment i, feature j in bit j.
    pub feature_enabled: [u8; MAX_SEGMENTS],
    /// `FeatureData`: segment i, feature j.
    pub feature_data: [[i16; SEG_LVL_MAX]; MAX_SEGMENTS],
}

impl SegmentationParams {
    /// Reads the parameters. `previous` is what the primary reference frame saved, where there is one.
    pub(super) fn read(r: &mut BitReader<'_>, previous: Option<&SegmentationParams>) -> Self {
        let mut s = SegmentationParams { segmentation_enabled: r.flag(), ..Default::default() };
        if !s.segmentation_enabled {
            return s;
        }
        if let Some(previous) = previous {
            s.segmentation_update_map = r.flag();
            s.segmentation_temporal_update = s.segmentation_update_map && r.flag();
            s.segmentation_update_data = r.flag();
            if !s.segmentation_update_data {
                s.feature_enabled = previous.feature_enabled;
                s.feature_data = previous.feature_data;
                return s;
            }
        } else {
            s.segmentation_update_map = true;
            s.segmentation_update_data = true;
        }
        for i in 0..MAX_SEGMENTS {
            for j in 0..SEG_LVL_MAX {
                let feature_enabled = r.flag();
                if feature_enabled {
                    s.feature_enabled[i] |= 1 << j;
                    let limit = FEATURE_MAX[j];
                    s.feature_data[i][j] = if FEATURE_SIGNED[j] {
                        r.su(1 + FEATURE_BITS[j]).clamp(-limit, limit)
                    } else {
                        (r.u16(FEATURE_BITS[j]) as i16).clamp(0, limit)
                    };
                }
            }
        }
        s
    }

    /// `get_qindex( 1, segmentId )`, AV1 § 7.12.2.
    pub(super) fn qindex(&self, base_q_idx: u8, segment: usize) -> u8 {
        if self.segmentation_enabled && self.feature_enabled[segment] >> SEG_LVL_ALT_Q & 1 != 0 {
            (i16::from(base_q_idx) + self.feature_data[segment][SEG_LVL_ALT_Q]).clamp(0, 255) as u8
        } else {
            base_q_idx
        }
    }
}
