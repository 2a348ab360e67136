//! AV1: AV1 in ISOBMFF.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "AV1-20",
        title: "The presentation delay is what the decoder model of the specification gives",
        decidable: true,
        reason: "The decoder model is yet to be run over the samples.",
    },
    Undecided {
        id: "AV1-23",
        title: "Annex B streams are rewritten to the low-overhead form",
        decidable: false,
        reason: "A track does not tell what it was made of; what is left of Annex B in samples is found as AV1-21.",
    },
    Undecided {
        id: "AV1-28",
        title: "OBUs of reserved types are kept, and are clear",
        decidable: false,
        reason: "A track does not tell what its packager left out; reserved OBUs that are protected are found as ENC-08.",
    },
    Undecided {
        id: "AV1-35",
        title: "From a forward key frame, decoding goes on where the group `av1f` says",
        decidable: true,
        reason: "The samples are yet to be read in that order too; distances are checked as AV1-34.",
    },
    Undecided {
        id: "AV1-39",
        title: "A key frame that is shown again refreshes all references",
        decidable: false,
        reason: "It is about how headers are read; the checks read them so.",
    },
    Undecided {
        id: "AV1-40",
        title: "All that the lengths of headers depend on is followed",
        decidable: false,
        reason: "It is about how headers are read; a packager that got it wrong is found by ENC-08 to ENC-11.",
    },
    Undecided {
        id: "AV1-42",
        title: "OBUs outside of the first operating point are kept",
        decidable: false,
        reason: "A track does not tell what its packager left out.",
    },
    Undecided {
        id: "AV1-45",
        title: "Tracks of the same content are in one alternate group, with a track selection box",
        decidable: false,
        reason: "A file does not tell which of its tracks have the same content.",
    },
    Undecided {
        id: "AV1-50",
        title: "What indexes and manifests say of random access points is what the frames are",
        decidable: false,
        reason: "A sample entry or sample tells nothing of it; for segment indexes it is checked as ISO-23.",
    },
    Undecided {
        id: "AV1-52",
        title: "HDR10+, Dolby Vision and captions pass through untouched",
        decidable: false,
        reason: "A track does not tell what its source had.",
    },
];

rules! {
    AV1_01 "AV1-01" Error "`av01` is among the compatible brands of a file with an AV1 track"
        why "The brand says that the file keeps the rules of AV1 in ISOBMFF; readers that look for it refuse the file otherwise. Encrypted tracks are no exception. Files of image sequences, which have a brand of their own, are not asked for it."
        source "AV1-ISOBMFF, 2.1"
        bad "ftyp of an AV1 track: iso6 cmfc"
        good "ftyp of an AV1 track: iso6 cmfc av01";

    AV1_02 "AV1-02" Error "A file with the brand `av01` has an AV1 track"
        why "A reader that trusts the brand finds nothing to play."
        source "AV1-ISOBMFF, 2.1"
        bad "brand av01, tracks of avc1 and mp4a"
        good "brand av01, a track of av01 or of encv over av01";

    AV1_03 "AV1-03" Error "Width and height of the sample entry are the largest frame size of the sequence header"
        why "Players make their buffers and their first picture of the sample entry's size. The size to show a picture at is said elsewhere."
        source "AV1-ISOBMFF, 2.2.4"
        bad "sample entry 1920x1080, max_frame_width_minus_1 1439, max_frame_height_minus_1 1079"
        good "sample entry 1440x1080 of the same stream";

    AV1_04 "AV1-04" Warning "Width and height of the track header are the largest render size"
        why "The track header says at what size a player lays out the picture before it has decoded one."
        source "AV1-ISOBMFF, 2.2.4"
        bad "tkhd 320x180, render size of the frames 640x360"
        good "tkhd 640x360, render size of the frames 640x360";

    AV1_05 "AV1-05" Error "`pasp` makes up for a render size that is not the frame size"
        why "Players shape pixels by this box, not by the render size in the frames: without it the picture is stretched."
        source "AV1-ISOBMFF, 2.2.4"
        bad "frames of 1440x1080 to be shown at 1920x1080, no pasp"
        good "the same frames with pasp 4:3";

    AV1_06 "AV1-06" Advice "The compressor is named `AOM Coding`"
        why "The name is recommended; nothing depends on it."
        source "AV1-ISOBMFF, 2.2.4"
        bad "compressorname \"Lavc libaom-av1\""
        good "compressorname \"AOM Coding\"";

    AV1_07 "AV1-07" Error "There is one `av1C`, of version 1, with its reserved bits 0"
        why "Decoders are set up from this box."
        source "AV1-ISOBMFF, 2.3"
        bad "a sample entry with two av1C boxes"
        good "a sample entry with one av1C, marker and version 0x81";

    AV1_08 "AV1-08" Error "`av1C` says what the sequence header of the samples says"
        why "Players choose a decoder by this box: profile, level, tier, bit depth, subsampling."
        source "AV1-ISOBMFF, 2.3.4"
        bad "av1C high_bitdepth 0, sequence header high_bitdepth 1"
        good "av1C high_bitdepth 1, sequence header high_bitdepth 1";

    AV1_09 "AV1-09" Error "`av1C` has no tier where the level has none"
        why "Levels below 4.0 have no high tier; the bit is not in the sequence header then, and 0 in the box."
        source "AV1-ISOBMFF, 2.3.4; AV1, 5.5.1"
        bad "seq_level_idx_0 4, seq_tier_0 1"
        good "seq_level_idx_0 4, seq_tier_0 0";

    AV1_10 "AV1-10" Error "`configOBUs` holds one sequence header at most, first, and each OBU with its size"
        why "Decoders get these OBUs in front of the first sample, without further looking. Other OBUs than a sequence header and metadata are not expected there and are warned of."
        source "AV1-ISOBMFF, 2.3.4"
        bad "configOBUs: metadata, then a sequence header"
        good "configOBUs: a sequence header, then metadata";

    AV1_11 "AV1-11" Error "The sequence header in `configOBUs` is that of `av1C` and of the samples"
        why "Decoders start with the one and go on with the other. Where the box itself differs from it, that is an error; a sample that has another one is warned of, as the specification takes them to be identical without demanding it."
        source "AV1-ISOBMFF, 2.3.4"
        bad "av1C seq_level_idx_0 5, the sequence header in it 8"
        good "av1C seq_level_idx_0 8, the sequence header in it 8";

    AV1_12 "AV1-12" Error "A sample entry without sync samples has a sequence header in `configOBUs`"
        why "Nothing else in the track is sure to give decoders the sequence header."
        source "AV1-ISOBMFF, 2.3.4"
        bad "no sync sample, configOBUs empty"
        good "no sync sample, a sequence header in configOBUs";

    AV1_13 "AV1-13" Error "Without a sequence header in `configOBUs` there is a `colr` box of type `nclx`"
        why "The colours would be known only to those who read into the samples, which may be encrypted or not there yet."
        source "AV1-ISOBMFF, 2.3.4"
        bad "configOBUs empty, no colr"
        good "configOBUs empty, colr nclx 1/1/1";

    AV1_14 "AV1-14" Warning "There is a `colr` box of type `nclx`"
        why "Players and packagers learn the colours without decoding, and manifests are made from it."
        source "AV1-ISOBMFF, 2.3.4"
        bad "a sample entry with av1C and no colr"
        good "a sample entry with av1C and colr nclx 9/16/9";

    AV1_15 "AV1-15" Error "`colr` has the code points and the range of the sequence header, where that gives them"
        why "Two answers to the question what a colour is: players differ in which one they believe. What the sequence header leaves unspecified, the box may say."
        source "AV1-ISOBMFF, 2.3.4"
        bad "colr nclx 1/1/1, sequence header 9/16/9"
        good "colr nclx 9/16/9, sequence header 9/16/9";

    AV1_16 "AV1-16" Warning "HDR tracks have `mdcv` and `clli` boxes"
        why "Players set up HDR output from the sample entry, before the first frame. Where the stream itself tells no such values, this is advice only."
        source "AV1-ISOBMFF, 2.3.4"
        bad "metadata OBUs of the mastering display, no mdcv"
        good "metadata OBUs of the mastering display, mdcv of the same values";

    AV1_17 "AV1-17" Error "`clli` and `mdcv` have the values of the metadata OBUs"
        why "Players that read the boxes and players that read the stream would show different pictures. Where the metadata changes within a track, its first values count."
        source "AV1-ISOBMFF, 2.3.4"
        bad "clli 400, metadata OBU 1000"
        good "clli 1000, metadata OBU 1000";

    AV1_18 "AV1-18" Error "`mdcv` is in its own order and units, not in those of the metadata OBU"
        why "The box has green, blue, red in 1/50000 and luminance in 1/10000 cd/m²; the OBU has red, green, blue in 1/65536 and luminance in 1/256 and 1/16384 cd/m². Copied bytes are other colours."
        source "AV1-ISOBMFF, 2.3.4"
        bad "max luminance 256000, as in the OBU, for 1000 cd/m²"
        good "max luminance 10000000 for 1000 cd/m²";

    AV1_19 "AV1-19" Warning "The sequence header has no timing information"
        why "The container's times rule, and what the stream says of time is ignored: where both are there, they can contradict each other."
        source "AV1-ISOBMFF, 2.3.4"
        bad "timing_info_present_flag 1"
        good "timing_info_present_flag 0";

    AV1_21 "AV1-21" Error "A sample is one temporal unit, of OBUs that can be read"
        why "Players give a decoder sample by sample, each with one time. What can't be read here can't be decoded there."
        source "AV1-ISOBMFF, 2.4"
        bad "two temporal units in one sample"
        good "a sample for each temporal unit";

    AV1_22 "AV1-22" Error "All OBUs of a sample but the last have their size"
        why "Where the size is missing, all that follows is taken for the same OBU."
        source "AV1-ISOBMFF, 2.4"
        bad "a sequence header without obu_size, a frame behind it"
        good "a sequence header with obu_size, a frame behind it";

    AV1_24 "AV1-24" Warning "There are no temporal delimiters, padding or redundant frame headers in samples"
        why "They cost bytes and tell nothing: a sample is delimited by its size."
        source "AV1-ISOBMFF, 2.4"
        bad "a sample that begins with a temporal delimiter"
        good "a sample that begins with a sequence header or a frame";

    AV1_25 "AV1-25" Error "There are no tile lists"
        why "The format does not support large-scale tiles, and decoders of ordinary video don't either."
        source "AV1-ISOBMFF, 2.4"
        bad "a sample with an OBU of type OBU_TILE_LIST"
        good "a sample with an OBU of type OBU_FRAME";

    AV1_26 "AV1-26" Error "There are no composition offsets, and no leading samples"
        why "A temporal unit shows one frame when it is decoded: presentation follows the order of decoding. Offsets that are stored and all 0 are warned of."
        source "AV1-ISOBMFF, 2.4"
        bad "trun with sample_composition_time_offset 1024"
        good "trun without composition offsets";

    AV1_27 "AV1-27" Warning "OBUs are not filled up behind their trailing bits"
        why "Filling belongs in the transport, not in headers; some parsers take trailing zeros for an error."
        source "AV1-ISOBMFF, 2.4"
        bad "a sequence header with four zero bytes at its end"
        good "a sequence header that ends with its trailing bits";

    AV1_29 "AV1-29" Error "Sync samples begin with a shown key frame"
        why "Players begin to decode at sync samples. One that is none gives garbage until the next key frame; a key frame that is not marked is a place to seek to that players do not know, which is warned of."
        source "AV1-ISOBMFF, 2.4"
        bad "an inter frame in a sample that is marked as a sync sample"
        good "a key frame with show_frame 1 in a sample that is marked as a sync sample";

    AV1_30 "AV1-30" Error "Hidden key frames, and samples that show one later, are no sync samples"
        why "Decoding can start at a hidden key frame only with jumping to the sample that shows it; and at that one it can't start at all."
        source "AV1-ISOBMFF, 2.4"
        bad "a key frame with show_frame 0, marked as a sync sample"
        good "a key frame with show_frame 0, no sync sample, in group av1f";

    AV1_31 "AV1-31" Error "Sync samples hold a sequence header in front of the key frame"
        why "Decoders that start there need it; not all are given configOBUs. Streams from WebM and from WebCodecs often lack it."
        source "AV1-ISOBMFF, 2.4"
        bad "sync sample: frame (key)"
        good "sync sample: sequence header, frame (key)";

    AV1_32 "AV1-32" Warning "Samples of intra-only frames are marked as depending on no other"
        why "Players can show them when winding, though decoding can't go on from there."
        source "AV1-ISOBMFF, 2.4"
        bad "an intra-only frame, sample_depends_on 1"
        good "an intra-only frame, sample_depends_on 2";

    AV1_33 "AV1-33" Warning "Samples that start with a switch frame are in group `av1s`, and only they"
        why "Players switch between renditions of other sizes at these samples without a key frame."
        source "AV1-ISOBMFF, 2.4, 2.7"
        bad "a switch frame in a sample of no group"
        good "a switch frame in a sample of group av1s";

    AV1_34 "AV1-34" Warning "Hidden key frames that are shown later are in group `av1f`, with the right distance"
        why "With it players can start at the hidden key frame and jump to the sample that shows it; a wrong distance makes them jump to one that can't be decoded, which is an error."
        source "AV1-ISOBMFF, 2.4, 2.5"
        bad "fwd_distance 3, the key frame is shown by the fifth sample after"
        good "fwd_distance 4, the key frame is shown by the fifth sample after";

    AV1_36 "AV1-36" Advice "Samples in group `av1m` have several frames"
        why "The group tells players which samples take longer to decode."
        source "AV1-ISOBMFF, 2.6"
        bad "a sample of one frame in group av1m"
        good "a sample of two frames in group av1m";

    AV1_37 "AV1-37" Warning "Samples with metadata are in groups `av1M` of its type, and only they"
        why "Readers find captions and dynamic HDR metadata by it without reading each sample. It is said once for each kind of metadata."
        source "AV1-ISOBMFF, 2.4, 2.8"
        bad "HDR10+ in a sample of no group"
        good "HDR10+ in a sample of group av1M, grouping_type_parameter 0x04b5003c";

    AV1_38 "AV1-38" Warning "Metadata that is the same for all samples is in `configOBUs` too"
        why "Decoders and players get it before the first sample."
        source "AV1-ISOBMFF, 2.4"
        bad "content light level in the first sample, configOBUs without it"
        good "content light level in the first sample and in configOBUs";

    AV1_41 "AV1-41" Warning "The layers of a temporal unit are one sample"
        why "Decoders decide by temporal unit which layer to show. That layers were torn apart is concluded from a sample with a higher layer alone behind one with lower ones alone, so it is warned of."
        source "AV1-ISOBMFF, 1"
        bad "a sample with spatial layer 0, then one with spatial layer 1"
        good "a sample with spatial layers 0 and 1";

    AV1_43 "AV1-43" Error "A sample shows one frame, or one of each spatial layer"
        why "A sample has one time: with two frames shown one of them has none, and with none shown there is nothing at that time."
        source "AV1, 7.5"
        bad "a sample that shows two frames"
        good "a sample with a hidden frame and a shown one";

    AV1_44 "AV1-44" Error "Profile, level, tier, colours and delay stay as they are in a CMAF track"
        why "Players set up a decoder once for a CMAF track; what differs here needs another one."
        source "AV1-ISOBMFF, 3"
        bad "a CMAF track of 8 bits, then of 10 bits"
        good "two tracks, one of 8 bits and one of 10 bits";

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

    AV1_51 "AV1-51" Warning "Samples have times that increase"
        why "Players drop one of two frames with one time. It comes from time bases that are too coarse for the frame rate."
        source "ISO/IEC 14496-12"
        bad "two samples at 1.000 s"
        good "samples at 1.000 s and 1.040 s";
}
