//! CMF: CMAF tracks and switching sets.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "CMF-38",
        title: "All renditions of a set are cut by one list of times",
        decidable: false,
        reason: "how the cuts were chosen is not in the files; what comes of it is CMF-36",
    },
    Undecided {
        id: "CMF-39",
        title: "Sound is cut at the frame next to the video's cuts, without drift",
        decidable: true,
        reason: "yet to be done: which video a track of sound was cut for is known where a manifest has one only",
    },
    Undecided {
        id: "CMF-42",
        title: "Sample entry, frame rate and channels stay the same over a splice",
        decidable: true,
        reason: "yet to be done: tracks of several periods are not compared with each other",
    },
];

rules! {
    CMF_36 "CMF-36" Error "Tracks of a switching set have fragments at the same times, of the same length"
        why "Players switch at fragments: where they are not at the same times, pictures repeat or are lost. It is an error \
             where a manifest makes CMAF tracks one set; without a manifest, or without the brand, a warning. Timescales \
             that differ are a warning, and so is a last fragment that ends later."
        source "ISO/IEC 23000-19 (CMAF switching sets)"
        bad "fragment 3 begins at 4.004 s and at 4.200 s"
        good "fragment 3 begins at 4.004 s in all";

    CMF_37 "CMF-37" Error "Tracks of a switching set are encrypted in one way, and have one language"
        why "Few players change the scheme while they play. That some are encrypted and others not is a warning: some \
             services leave small sizes clear."
        source "ISO/IEC 23000-19 (CMAF switching sets); DASH-IF IOP (Content Protection)"
        bad "cenc and cbcs in one AdaptationSet"
        good "cbcs in all";
}
