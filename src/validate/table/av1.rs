//! AV1: AV1 in ISOBMFF.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[];

rules! {
    AV1_46 "AV1-46" Error "The codecs string of AV1 has profile, level, tier and bit depth in their digits"
        why "Players compare it field by field. The level is its index in two digits, so that 5.1 is 13, and 3.1 is 05."
        source "AV1-ISOBMFF, section 5"
        bad "av01.0.4M.8"
        good "av01.0.04M.08";

    AV1_47 "AV1-47" Error "The optional fields of the codecs string of AV1 are given all or not at all"
        why "What stands at a place has one meaning only where all before it is there."
        source "AV1-ISOBMFF, section 5"
        bad "av01.0.04M.10.0.112"
        good "av01.0.04M.10.0.112.09.16.09.0";

    AV1_48 "AV1-48" Warning "The optional fields are left out where all have their default values"
        why "The short string is what most players and tests compare with."
        source "AV1-ISOBMFF, section 5"
        bad "av01.0.04M.08.0.110.01.01.01.0"
        good "av01.0.04M.08";

    AV1_49 "AV1-49" Error "The codecs string of an encrypted track names the codec, not the entry"
        why "Players ask the decoder and the key system by codec: nothing knows encv."
        source "AV1-ISOBMFF, section 5; RFC 6381"
        bad "CODECS=\"encv\""
        good "CODECS=\"av01.0.04M.08\"";
}
