//! MPD: DASH manifests.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "MPD-13",
        title: "A low-latency MPD says when segments are there, and from which clock",
        decidable: true,
        reason: "yet to be done: availabilityTimeOffset, UTCTiming, ProducerReferenceTime and ServiceDescription are not \
                 looked at",
    },
    Undecided {
        id: "MPD-14",
        title: "A low-latency MPD has a Resync element for each representation",
        decidable: true,
        reason: "yet to be done: chunks are not compared with Resync",
    },
];

rules! {
    MPD_01 "MPD-01" Error "An MPD is built as the schema has it, and what it names is there and as long as it says"
        why "A player stops at what it can't read or find. Checked are the namespace, required attributes, the types of \
             values, ids, the order of elements in sets (advice: players do not mind), that files are there, and the \
             duration of a single period; the schema as a whole is not."
        source "ISO/IEC 23009-1 (the MPD schema)"
        bad "<Representation id=\"v\"> without bandwidth"
        good "<Representation id=\"v\" bandwidth=\"500000\">";

    MPD_02 "MPD-02" Error "segmentAlignment is claimed only where segments of a set begin together"
        why "Players that trust it switch at any segment; where segments overlap, pictures repeat or are lost."
        source "ISO/IEC 23009-1 (segmentAlignment, subsegmentAlignment)"
        bad "segmentAlignment=\"true\", segments begin at 4.0 s and at 4.2 s"
        good "segmentAlignment=\"true\", segments begin at 4.0 s in all";

    MPD_03 "MPD-03" Error "startWithSAP is no better than the worst segment of the set"
        why "Players begin and switch at any segment that they are promised can be decoded by itself. The type is told by \
             marks and times: 2 is where samples behind the first are shown before it."
        source "ISO/IEC 23009-1 (startWithSAP, subsegmentStartsWithSAP)"
        bad "startWithSAP=\"1\", segment 3 begins with a sample that needs others"
        good "startWithSAP=\"1\", all segments begin with sync samples";

    MPD_04 "MPD-04" Error "A SegmentTimeline has the times and durations that the segments have"
        why "Players ask for the segment that the timeline has for a time. Off by less than a sample is a warning; \
             times may be before or behind the edit list, or decode times, as long as all are. The last duration may be \
             shorter by what an edit list cuts off."
        source "ISO/IEC 23009-1 (SegmentTimeline)"
        bad "<S t=\"0\" d=\"96000\"/>, the segment lasts 90000 ticks"
        good "<S t=\"0\" d=\"90000\"/>, the segment lasts 90000 ticks";

    MPD_05 "MPD-05" Error "Segments of a template with one duration are within half of it"
        why "With a duration and no timeline, players compute which segment a time is in, and miss when it is further off. \
             The last one may be short."
        source "ISO/IEC 23009-1 (SegmentTemplate without a SegmentTimeline)"
        bad "duration=\"4\", segment 2 lasts 6.5 s"
        good "duration=\"4\", segments last 3.9 s to 4.1 s";

    MPD_06 "MPD-06" Error "Segments named by $Time$ are there, and the media begins where the period does"
        why "The name holds the time of the timeline: another time is another file. Where presentationTimeOffset is \
             not the time of the first segment, sound and pictures are shown apart, or nothing at first; that is a warning, \
             because a track may begin late on purpose."
        source "ISO/IEC 23009-1 (SegmentTemplate, presentationTimeOffset)"
        bad "<S t=\"90\" …>, media=\"$Time$.m4s\", the file is 0.m4s"
        good "<S t=\"0\" …>, media=\"$Time$.m4s\", the file is 0.m4s";

    MPD_07 "MPD-07" Error "indexRange and the Initialization range are those of the index and of the header"
        why "Players read exactly these bytes; where they are not the index, nothing plays. Ranges that take in more are \
             a warning or advice: players read on to the boxes they need."
        source "ISO/IEC 23009-1 (SegmentBase); DASH-IF IOP"
        bad "indexRange=\"600-803\", sidx at bytes 688-803"
        good "indexRange=\"688-803\", sidx at bytes 688-803";

    MPD_08 "MPD-08" Error "codecs, sizes, rates and channels are those of the track"
        why "Players choose by them what they can play and show, and set decoders up. Rates that differ by less than one \
             in a hundred are a warning (30 for 29.97). Optional fields of AV1 that are left out stand for BT.709; where \
             the track says otherwise that is a warning. Channels are compared where the sample entry tells them (Opus, \
             FLAC)."
        source "ISO/IEC 23009-1 (common attributes); RFC 6381; AV1-ISOBMFF, section 5"
        bad "width=\"1920\", the sample entry has 1280"
        good "width=\"1280\", the sample entry has 1280";

    MPD_09 "MPD-09" Error "bandwidth is enough to never wait, once minBufferTime is buffered"
        why "Players choose a representation by it. What is asked for is the least: the first sample of a fragment is \
             there when it is decoded, all of a fragment at its end."
        source "ISO/IEC 23009-1 (bandwidth, minBufferTime)"
        bad "bandwidth=\"5000\", segments of 30000 bits a second"
        good "bandwidth=\"31000\", segments of 30000 bits a second";

    MPD_10 "MPD-10" Warning "HDR is said by properties, and they are those of the track"
        why "Players choose by them between HDR and SDR before they load anything. A value other than the track's is an \
             error."
        source "DASH-IF IOP (HDR); ISO/IEC 23091-2 for the values"
        bad "PQ, no TransferCharacteristics"
        good "<EssentialProperty schemeIdUri=\"urn:mpeg:mpegB:cicp:TransferCharacteristics\" value=\"16\"/>";

    MPD_11 "MPD-11" Error "ContentProtection has the scheme of the track and its key ID"
        why "Players ask for the key by default_KID before they load anything; with another one, nothing is decrypted. \
             Upper case is advice: it is a UUID all the same."
        source "DASH-IF IOP (Content Protection); ISO/IEC 23001-7"
        bad "cenc:default_KID=\"…-aabbccddeeff\", tenc has …00"
        good "cenc:default_KID as in tenc, value=\"cbcs\"";

    MPD_12 "MPD-12" Warning "Each DRM system has one ContentProtection, in the set, with a `pssh` box of its own"
        why "Players look for the systems in the AdaptationSet, and hand the box on as it is."
        source "ISO/IEC 23001-7 (cenc:pssh); DASH-IF IOP (Content Protection)"
        bad "cenc:pssh of Widevine in the ContentProtection of PlayReady"
        good "cenc:pssh of the system that schemeIdUri names";

    MPD_15 "MPD-15" Error "A trick mode set names the set that it belongs to"
        why "Players show its pictures while they wind through the set it names; others must not choose it."
        source "DASH-IF IOP (Trick Modes)"
        bad "<EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/trickmode\" value=\"9\"/>, no set has the id 9"
        good "… value=\"1\", the set with the id 1 is the video";

    MPD_16 "MPD-16" Warning "Sets of sound and text say which language and role they have"
        why "People choose by them. It is a warning where there is a choice and nothing to choose by; of text, what is \
             missing is advice."
        source "DASH-IF IOP (language, Role)"
        bad "two AdaptationSets of sound, neither has lang or Label"
        good "lang=\"en\" and lang=\"fr\"";
}
