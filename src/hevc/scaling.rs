//! `scaling_list_data( )` (ITU-T H.265 § 7.3.4).

use crate::nal::RbspReader;

/// Passes over the lists.
pub(super) fn skip_scaling_list_data(r: &mut RbspReader<'_>) {
    for size in 0..4u32 {
        for _ in 0..if size == 3 { 2 } else { 6 } {
            if !r.flag() {
                r.ue(); // scaling_list_pred_matrix_id_delta
                continue;
            }
            if size > 1 {
                r.se(); // scaling_list_dc_coef_minus8
            }
            for _ in 0..64.min(1 << (4 + 2 * size)) {
                r.se(); // scaling_list_delta_coef
            }
        }
    }
}
