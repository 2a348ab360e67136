//! AV1: AV1 in ISOBMFF.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[];

rules! {
    AV1_46 "AV1-46" Error "`codecs` of AV1 has the form 4CC.P.LLT.DD and says what the sequence header says"
        why "Players decide by this string alone whether they can play a track. Some read it digit by digit: a level \
             without its leading zero is another level, or none."
        source "AV1-ISOBMFF, 5"
        bad "codecs=\"av01.0.9M.8\""
        good "codecs=\"av01.0.09M.08\"";

    AV1_47 "AV1-47" Error "The optional fields of `codecs` are all there or all left out, and each has its digits"
        why "The fields have no names: where one is left out, all behind it are read as something else."
        source "AV1-ISOBMFF, 5"
        bad "codecs=\"av01.0.04M.10.0.112.9.16\""
        good "codecs=\"av01.0.04M.10.0.112.09.16.09.0\"";

    AV1_48 "AV1-48" Warning "The optional fields of `codecs` are left out where all have their default values"
        why "The specification asks for the shorter string; some players compare strings."
        source "AV1-ISOBMFF, 5"
        bad "codecs=\"av01.0.04M.08.0.110.01.01.01.0\""
        good "codecs=\"av01.0.04M.08\"";

    AV1_49 "AV1-49" Error "`codecs` of an encrypted track names its codec, not its encryption"
        why "`encv` says nothing of what a decoder needs; whether a track is encrypted is said elsewhere in a manifest."
        source "AV1-ISOBMFF, 5"
        bad "codecs=\"encv\""
        good "codecs=\"av01.0.04M.08\"";
}
