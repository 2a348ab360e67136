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
    CMF_01 "CMF-01" Error "The header has a brand of CMAF, `cmfc` or `cmf2`, and minor_version 0 where that is the major one"
        why "The brand says that the track keeps the rules of CMAF, so that players and packagers may rely on them. A \
             fragmented file without one may keep them all the same, so that its absence is a warning."
        source "ISO/IEC 23000-19: CMAF structural brands"
        bad "ftyp major_brand cmfc, minor_version 1"
        good "ftyp major_brand cmfc, minor_version 0";

    CMF_02 "CMF-02" Warning "`cmf2` stands beside `cmfc`, and beside `iso6` or later"
        why "What is `cmf2` is `cmfc` too; readers that know only one of them look for it. CMAF needs what ISO files \
             have had since `iso6`: decode times in fragments, and offsets that count from the `moof`."
        source "ISO/IEC 23000-19: CMAF structural brands; AV1 Codec ISO Media File Format Binding, section 3"
        bad "compatible_brands cmf2 iso5"
        good "compatible_brands cmf2 cmfc iso6";

    CMF_03 "CMF-03" Error "A segment that says it is one (`cmfs`, or `cmff`: a fragment) starts as one"
        why "A player starts at such an object without having read anything before, so its first sample must be a sync \
             sample. A chunk (`cmfl`) may start anywhere."
        source "ISO/IEC 23000-19: CMAF brands of addressable objects"
        bad "styp cmfs, first sample depends on others"
        good "styp cmfl, first sample depends on others";

    CMF_04 "CMF-04" Warning "`styp` comes first in its segment, and is the same in all segments"
        why "Readers look there first. Where one segment claims what others do not, players that rely on the first are \
             misled. Brands that tell segments, fragments and chunks apart, and the last segment, may differ."
        source "ISO/IEC 23000-19: addressable objects; ISO/IEC 14496-12: segment type"
        bad "1.m4s with styp cmfs, 2.m4s without styp"
        good "all with styp cmfs";

    CMF_05 "CMF-05" Error "The header is of one track, and announces fragments (`mvex`)"
        why "Players combine tracks as they like: each is a file of its own, and all its samples are in fragments."
        source "ISO/IEC 23000-19: CMAF header"
        bad "moov with two trak"
        good "two files with one trak each";

    CMF_06 "CMF-06" Error "In `moov` and `trak` boxes stand in CMAF's order, `mvhd` first"
        why "Simple readers take boxes as they come. That `mvhd` comes first is demanded; the rest of the order is \
             advice: packagers in wide use have others, and players read any."
        source "ISO/IEC 23000-19: CMAF header"
        bad "moov: trak, mvhd, mvex"
        good "moov: mvhd, trak, mvex";

    CMF_07 "CMF-07" Advice "In `mdia`, `minf` and `stbl` boxes stand in CMAF's order"
        why "Simple readers take boxes as they come: hdlr tells them what the boxes behind it mean. It is advice: packagers \
             in wide use have other orders, and players read any."
        source "ISO/IEC 23000-19: CMAF header"
        bad "mdia: hdlr, mdhd, minf"
        good "mdia: mdhd, hdlr, minf";

    CMF_08 "CMF-08" Error "A `moof` has one `traf`, and boxes stand in CMAF's order"
        why "A segment is of one track. That `mfhd` and `tfhd` come first is demanded; the rest of the order is advice: \
             packagers in wide use have others, and players read any."
        source "ISO/IEC 23000-19: CMAF chunk"
        bad "moof: mfhd, traf, traf"
        good "moof: mfhd, traf";

    CMF_09 "CMF-09" Advice "In `sinf` boxes stand in CMAF's order: `frma`, `schm`, `schi`"
        why "frma tells what the entry was, schm how it is encrypted, and schi what that needs: each is read by the one \
             before. It is advice: players read any order."
        source "ISO/IEC 23000-19: CMAF header"
        bad "sinf: schm, frma, schi"
        good "sinf: frma, schm, schi";

    CMF_10 "CMF-10" Error "A chunk is one `moof` and the one `mdat` behind it"
        why "Who passes chunks on while they are made knows by that where one ends. Other boxes in between are a warning."
        source "ISO/IEC 23000-19: CMAF chunk"
        bad "moof, mdat, mdat"
        good "moof, mdat, moof, mdat";

    CMF_11 "CMF-11" Error "All samples are in the `mdat` of their chunk, and nothing else is"
        why "Each segment is fetched by itself. Bytes of no sample, which are a warning, are fetched for nothing, or are \
             samples that are missing."
        source "ISO/IEC 23000-19: CMAF chunk"
        bad "samples of 900 bytes, mdat of 1000"
        good "samples of 1000 bytes, mdat of 1000";

    CMF_12 "CMF-12" Error "A fragment starts with a sample where decoding can start"
        why "Players start and switch at fragments. A movie fragment that starts otherwise can only be a later chunk of \
             the fragment before. Of AV1 the frames are looked into."
        source "ISO/IEC 23000-19: CMAF fragment"
        bad "the first sample of the track depends on others"
        good "the first sample is a sync sample";

    CMF_13 "CMF-13" Error "A fragment says what is needed to decrypt it: key ID and IV"
        why "Who joins a stream has the header and this fragment, and no other."
        source "ISO/IEC 23000-19: CMAF fragment"
        bad "tenc without a constant IV, traf without senc"
        good "tenc with a constant IV";

    CMF_14 "CMF-14" Error "The decode time of a fragment is the sum of the durations before it"
        why "Players and packagers find a segment's place by that sum: a hole moves all that comes behind, and sound has \
             a gap. Fragments that start early are told by ISO-17."
        source "ISO/IEC 23000-19: CMAF track"
        bad "tfdt 96001 after samples that end at 96000"
        good "tfdt 96000 after samples that end at 96000";

    CMF_15 "CMF-15" Error "Header and segments, put behind each other, are a file of whole boxes"
        why "That is how players read them, and how a track file is made from segments."
        source "ISO/IEC 23000-19: CMAF track"
        bad "1.m4s ends inside an mdat whose rest is in 2.m4s"
        good "1.m4s ends with an mdat";

    CMF_16 "CMF-16" Error "A segment is one or more whole fragments"
        why "Players start at segments, so each starts with a sync sample. A file that says it is a chunk (`cmfl`) may \
             start anywhere."
        source "ISO/IEC 23000-19: CMAF segment"
        bad "2.m4s, the first sample of which depends on others"
        good "2.m4s starts with a sync sample";

    CMF_17 "CMF-17" Error "A track file has one index before its first fragment, of whole fragments, and of all of them"
        why "Players fetch what the index names, and start there. A file without an index is advice: segments need none."
        source "ISO/IEC 23000-19: CMAF track file"
        bad "sidx of the first two fragments of three"
        good "sidx of all three";

    CMF_18 "CMF-18" Error "`mvhd` and `tkhd` have the values that CMAF fixes: rate 1, volume 1, no matrix, duration 0"
        why "Players of segments do not look at them, so that nothing may depend on them. The length is known by the \
             fragments. A duration in `mvhd` is a warning."
        source "ISO/IEC 23000-19: movie header, track header"
        bad "tkhd duration 12000"
        good "tkhd duration 0, mehd fragment_duration 12000";

    CMF_19 "CMF-19" Error "Audio tracks have no size, and tracks are enabled and in the movie"
        why "A size makes readers look for a picture. A track that is not enabled is left out by players that play files; \
             that is a warning."
        source "ISO/IEC 23000-19: track header"
        bad "audio of 640 by 360"
        good "audio of 0 by 0";

    CMF_20 "CMF-20" Error "`vmhd` and `smhd` have their default values"
        why "Players of segments neither blend pictures nor move sound to a side."
        source "ISO/IEC 23000-19: media headers"
        bad "smhd balance -1"
        good "smhd balance 0";

    CMF_21 "CMF-21" Error "`dref` has one entry: this file"
        why "All media data is in the segments."
        source "ISO/IEC 23000-19: data references"
        bad "url without the flag of the same file"
        good "url with flags 1";

    CMF_22 "CMF-22" Error "`stsd` has version 0, and the sample tables of the header are empty"
        why "The header comes before all segments and holds no samples, so that every player starts with the same one."
        source "ISO/IEC 23000-19: sample tables"
        bad "stsz of 24 samples in the header"
        good "stsz of none";

    CMF_23 "CMF-23" Error "An edit list has one edit, to the end, from the first sample that is shown"
        why "It tells how far times of presentation are from those in the fragments, and no more: players of segments do \
             not cut, repeat or wait."
        source "ISO/IEC 23000-19: edit list"
        bad "segment_duration 5000, media_time 1024"
        good "segment_duration 0, media_time 1024";

    CMF_24 "CMF-24" Error "Video that is reordered has negative composition offsets or an edit list, not both"
        why "Both take back the delay of reordering; together they take it back twice, and pictures come before the sound. \
             Neither is a warning: pictures come late."
        source "ISO/IEC 23000-19: video tracks"
        bad "trun with offset -1001, elst media_time 2002"
        good "trun with offset -1001, no elst";

    CMF_25 "CMF-25" Error "With `cmf2`, video has no edit list, and runs have version 1"
        why "The brand says that times in fragments are those of presentation, so that they need no header."
        source "ISO/IEC 23000-19: structural brand cmf2"
        bad "cmf2, elst in a video track"
        good "cmfc, elst in a video track";

    CMF_26 "CMF-26" Error "With `cmf2`, fragments say all of their samples themselves"
        why "The brand says that fragments of one switching set work with each other's headers: what is left to `trex` \
             would change with the header."
        source "ISO/IEC 23000-19: structural brand cmf2"
        bad "cmf2, tfhd without default_sample_duration, trun without durations"
        good "cmf2, tfhd with default_sample_duration";

    CMF_27 "CMF-27" Error "`tfhd` has the track's number, and offsets count from the `moof`"
        why "A segment has no place in a file, so that offsets can't count from the start of one. Fragments of a track that \
             the header does not have can't be decoded."
        source "ISO/IEC 23000-19: track fragment header"
        bad "tfhd flags 0x000001: base_data_offset"
        good "tfhd flags 0x020000: default-base-is-moof";

    CMF_28 "CMF-28" Error "Each `traf` has a `tfdt`"
        why "Who joins a stream knows the time of a segment by it alone."
        source "ISO/IEC 23000-19: track fragment"
        bad "traf: tfhd, trun"
        good "traf: tfhd, tfdt, trun";

    CMF_29 "CMF-29" Error "Each `trun` has a data_offset"
        why "Without one, the data begins where the moof begins, or where another run ends: readers differ on that."
        source "ISO/IEC 23000-19: track run"
        bad "trun flags 0x000200"
        good "trun flags 0x000201";

    CMF_30 "CMF-30" Error "There is no `meta` and no `udta` at the top of the file"
        why "What is there belongs to no segment: players that fetch segments never see it."
        source "ISO/IEC 23000-19: user data, metadata"
        bad "ftyp, moov, meta, moof"
        good "ftyp, moov with udta, moof";

    CMF_31 "CMF-31" Error "`mehd` has the duration of all fragments"
        why "Players that play files show it as the length. Where not all segments were given, it is advice."
        source "ISO/IEC 23000-19: CMAF header"
        bad "mehd 10000, fragments of 12000 ticks"
        good "mehd 12000";

    CMF_32 "CMF-32" Warning "Nothing is left from a file that was read as a whole: `mfra`, `sdtp` or `ctts` of the header"
        why "Players of segments do not read it, and offsets in `mfra` are wrong once segments are cut."
        source "ISO/IEC 23000-19: CMAF track"
        bad "ftyp, moov, moof, mdat, mfra"
        good "ftyp, moov, sidx, moof, mdat";

    CMF_33 "CMF-33" Error "`emsg` stands before the `moof` it goes with, and counts time as the track does"
        why "Players look for events before the first `moof` of a chunk, and no further."
        source "ISO/IEC 23000-19: event messages"
        bad "moof, emsg, mdat"
        good "emsg, moof, mdat";

    CMF_34 "CMF-34" Warning "Events have a time of their own, and those of one id are one"
        why "An event may be told in several segments: by scheme, value and id players know that they have had it. Times \
             that count from a segment, in version 0, are advice: they are lost where segments are cut anew."
        source "ISO/IEC 23009-1: event message"
        bad "emsg id 7 at 0 s, emsg id 7 at 4 s"
        good "emsg id 7 at 0 s, emsg id 8 at 4 s";

    CMF_35 "CMF-35" Error "`prft` stands before the `moof` it goes with, and has its track and time"
        why "Players measure by it how far they are behind."
        source "ISO/IEC 14496-12: producer reference time"
        bad "prft media_time 0, tfdt 96000"
        good "prft media_time 96000, tfdt 96000";

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

    CMF_40 "CMF-40" Warning "No fragment is empty"
        why "A segment without samples has no time, and players wait for more. Whether segments are as long as a manifest \
             promises is told by the rules of manifests."
        source "ISO/IEC 23000-19: CMAF fragment"
        bad "trun of 0 samples"
        good "one sample that is empty text";

    CMF_41 "CMF-41" Error "The samples of a chunk lie in the order in which they are decoded"
        why "A player decodes while the chunk is still coming in; out of order, it waits for the end."
        source "ISO/IEC 23000-19: CMAF chunk"
        bad "the data of the second trun before that of the first"
        good "the data of the first trun first";
}
