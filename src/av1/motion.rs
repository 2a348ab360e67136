//! Global motion.

use serde::Serialize;

use super::bits::BitReader;
use super::references::REFS_PER_FRAME;

const WARPEDMODEL_PREC_BITS: u32 = 16;
const GM_ABS_ALPHA_BITS: u32 = 12;
const GM_ALPHA_PREC_BITS: u32 = 15;
const GM_ABS_TRANS_ONLY_BITS: u32 = 9;
const GM_TRANS_ONLY_PREC_BITS: u32 = 3;
const GM_ABS_TRANS_BITS: u32 = 12;
const GM_TRANS_PREC_BITS: u32 = 6;

const IDENTITY: u8 = 0;
const TRANSLATION: u8 = 1;
const ROTZOOM: u8 = 2;
const AFFINE: u8 = 3;

const UNMOVED: [i32; 6] = [0, 0, 1 << WARPEDMODEL_PREC_BITS, 0, 0, 1 << WARPEDMODEL_PREC_BITS];

/// `global_motion_params()`, AV1 § 5.9.24. Each frame's parameters are coded relative to those its primary
/// reference frame saved, and how many bits they take depends on these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GlobalMotion {
    /// `GmType` of LAST_FRAME to ALTREF_FRAME: 0 identity, 1 translation, 2 rotation and zoom, 3 affine.
    pub gm_type: [u8; REFS_PER_FRAME],
    /// `gm_params` of LAST_FRAME to ALTREF_FRAME, 16 fractional bits.
    pub gm_params: [[i32; 6]; REFS_PER_FRAME],
}

impl Default for GlobalMotion {
    fn default() -> Self {
        GlobalMotion { gm_type: [IDENTITY; REFS_PER_FRAME], gm_params: [UNMOVED; REFS_PER_FRAME] }
    }
}

impl GlobalMotion {
    /// Reads the parameters of an inter frame. `previous` is what the primary reference frame saved, where there
    /// is one.
    pub(super) fn read(
        r: &mut BitReader<'_>,
        previous: Option<&GlobalMotion>,
        allow_high_precision_mv: bool,
    ) -> GlobalMotion {
        let mut motion = GlobalMotion::default();
        for i in 0..REFS_PER_FRAME {
            let is_global = r.flag();
            if !is_global {
                continue;
            }
            let is_rot_zoom = r.flag();
            let kind = if is_rot_zoom {
                ROTZOOM
            } else {
                let is_translation = r.flag();
                if is_translation { TRANSLATION } else { AFFINE }
            };
            motion.gm_type[i] = kind;
            let previous = previous.map_or(&UNMOVED, |previous| &previous.gm_params[i]);
            let params = &mut motion.gm_params[i];
            let mut read =
                |index: usize| read_global_param(r, kind, index, previous[index], allow_high_precision_mv);
            if kind >= ROTZOOM {
                params[2] = read(2);
                params[3] = read(3);
                if kind == AFFINE {
                    params[4] = read(4);
                    params[5] = read(5);
                } else {
                    params[4] = -params[3];
                    params[5] = params[2];
                }
            }
            params[0] = read(0);
            params[1] = read(1);
        }
        motion
    }
}

/// `read_global_param()`, AV1 § 5.9.25.
fn read_global_param(
    r: &mut BitReader<'_>,
    kind: u8,
    index: usize,
    previous: i32,
    allow_high_precision_mv: bool,
) -> i32 {
    let (abs_bits, prec_bits) = if index >= 2 {
        (GM_ABS_ALPHA_BITS, GM_ALPHA_PREC_BITS)
    } else if kind == TRANSLATION {
        let less = u32::from(!allow_high_precision_mv);
        (GM_ABS_TRANS_ONLY_BITS - less, GM_TRANS_ONLY_PREC_BITS - less)
    } else {
        (GM_ABS_TRANS_BITS, GM_TRANS_PREC_BITS)
    };
    let prec_diff = WARPEDMODEL_PREC_BITS - prec_bits;
    let diagonal = index % 3 == 2;
    let round = if diagonal { 1 << WARPEDMODEL_PREC_BITS } else { 0 };
    let sub = if diagonal { 1 << prec_bits } else { 0 };
    let mx = 1 << abs_bits;
    let reference = (previous >> prec_diff) - sub;
    (read_signed_subexp_with_ref(r, -mx, mx + 1, reference) << prec_diff) + round
}

/// `decode_signed_subexp_with_ref()`, AV1 § 5.9.26: from `low` to `high` - 1.
fn read_signed_subexp_with_ref(r: &mut BitReader<'_>, low: i32, high: i32, reference: i32) -> i32 {
    let (mx, reference) = (high - low, reference - low);
    let v = read_subexp(r, mx);
    let unsigned = if reference << 1 <= mx {
        inverse_recenter(reference, v)
    } else {
        mx - 1 - inverse_recenter(mx - 1 - reference, v)
    };
    unsigned + low
}

/// `decode_subexp()`, AV1 § 5.9.28: from 0 to `num_syms` - 1.
fn read_subexp(r: &mut BitReader<'_>, num_syms: i32) -> i32 {
    const K: u32 = 3;
    let mut i = 0;
    let mut mk = 0;
    loop {
        let b2 = if i > 0 { K + i - 1 } else { K };
        let a = 1 << b2;
        if num_syms <= mk + 3 * a {
            return r.ns((num_syms - mk) as u32) as i32 + mk;
        }
        let subexp_more_bits = r.flag();
        if !subexp_more_bits {
            return r.f(b2) as i32 + mk;
        }
        i += 1;
        mk += a;
    }
}

/// `inverse_recenter()`, AV1 § 5.9.29.
fn inverse_recenter(reference: i32, v: i32) -> i32 {
    if v > 2 * reference {
        v
    } else if v & 1 != 0 {
        reference - ((v + 1) >> 1)
    } else {
        reference + (v >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_bits_after_any_history_stay_in_range() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut previous = None;
        for round in 0..2000 {
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    if round % 3 == 0 { 0xff } else { state as u8 }
                })
                .collect();
            let motion = GlobalMotion::read(&mut BitReader::new(&bytes), previous.as_ref(), round % 2 == 0);
            for params in motion.gm_params {
                assert!(params.iter().all(|p| p.abs() <= 1 << 23), "{params:?}");
            }
            previous = Some(motion);
        }
    }

    #[test]
    fn all_zero_bits_repeat_the_reference() {
        let mut previous = GlobalMotion::default();
        previous.gm_params[0] = [1 << 10, -(1 << 10), (1 << 16) + 6, 8, -8, (1 << 16) + 6];
        // is_global, is_rot_zoom, then zeros: no parameter differs.
        let motion =
            GlobalMotion::read(&mut BitReader::new(&[0b1100_0000, 0, 0, 0, 0, 0]), Some(&previous), true);
        assert_eq!(motion.gm_type, [ROTZOOM, 0, 0, 0, 0, 0, 0]);
        assert_eq!(motion.gm_params[0], previous.gm_params[0]);
        assert_eq!(motion.gm_params[1], UNMOVED);
    }
}
