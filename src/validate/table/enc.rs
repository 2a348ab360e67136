//! ENC: Common Encryption.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[];

rules! {
    ENC_36 "ENC-36" Error "The `pssh` box of a manifest is the one that the header has, byte for byte"
        why "A player takes the first it finds: with two that differ, which key is asked for depends on the player. A system \
             may be in the manifest alone."
        source "DASH-IF IOP (Content Protection); ISO/IEC 23001-7"
        bad "cenc:pssh with one key ID, the header's box has another"
        good "cenc:pssh as in the header";
}
