//! ISO: the structure of ISOBMFF files.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[];

rules! {
    ISO_01 "ISO-01" Error "Every box can be read, and lies inside its parent"
        why "A reader finds the next box by the size of this one. Where a size or a count is wrong, all that follows is \
             read as something else."
        source "ISO/IEC 14496-12, 4.2"
        bad "trak of 512 bytes in a moov that has 300 left"
        good "trak of 300 bytes in a moov that has 300 left";

    ISO_02 "ISO-02" Error "The file ends with a whole box"
        why "Bytes behind the last box, or a box that is cut short, are what a broken upload or a crashed writer leaves: \
             media is missing."
        source "ISO/IEC 14496-12, 4.2"
        bad "mdat of 1000 bytes, 600 bytes before the end of the file"
        good "mdat of 600 bytes, 600 bytes before the end of the file";

    ISO_03 "ISO-03" Error "One `ftyp` comes first, and its major brand is among the compatible ones"
        why "Readers look there first to see whether they know the format; a brand that is only major counts for many as \
             not there."
        source "ISO/IEC 14496-12, 4.3"
        bad "ftyp major_brand cmf2, compatible_brands iso6"
        good "ftyp major_brand cmf2, compatible_brands iso6 cmf2";
}
