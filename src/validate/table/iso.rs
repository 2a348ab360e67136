//! ISO: the structure of ISOBMFF files.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "ISO-29",
        title: "Boxes that are not known are kept, or dropped with a word about it",
        decidable: false,
        reason: "It is about a program that writes a file anew. The file alone does not tell what was dropped.",
    },
    Undecided {
        id: "ISO-30",
        title: "Depth, counts and memory are bounded by the bytes that are there",
        decidable: false,
        reason: "It is about a program that reads files. What a file has beyond its bounds is found by ISO-01.",
    },
];

rules! {
    ISO_01 "ISO-01" Error "Every box can be read, and lies inside its parent"
        why "A reader finds the next box by the size of this one. Where a size or a count is wrong, all that follows is \
             read as something else. A size of 64 bits where 32 would do is advice: it is legal, and some readers take \
             it for media data alone."
        source "ISO/IEC 14496-12: boxes"
        bad "trak of 512 bytes in a moov that has 300 left"
        good "trak of 300 bytes in a moov that has 300 left";

    ISO_02 "ISO-02" Error "The file ends with a whole box"
        why "Bytes behind the last box, or a box that is cut short, are what a broken upload or a crashed writer leaves: \
             media is missing."
        source "ISO/IEC 14496-12: boxes"
        bad "mdat of 1000 bytes, 600 bytes before the end of the file"
        good "mdat of 600 bytes, 600 bytes before the end of the file";

    ISO_03 "ISO-03" Error "One `ftyp` comes first, and its major brand is among the compatible ones"
        why "Readers look there first to see whether they know the format; a brand that is only major counts for many as \
             not there."
        source "ISO/IEC 14496-12: file type box"
        bad "ftyp major_brand cmf2, compatible_brands iso6"
        good "ftyp major_brand cmf2, compatible_brands iso6 cmf2";

    ISO_04 "ISO-04" Error "There is one `moov`, and each box has the boxes in it that it must have, each once"
        why "A reader that misses a box gives up, and one that finds two takes one of them: which one differs."
        source "ISO/IEC 14496-12: the quantities of its boxes"
        bad "trak with tkhd and no mdia"
        good "trak with tkhd and mdia";

    ISO_05 "ISO-05" Error "Each track has a number of its own, not 0, and next_track_ID is larger than all"
        why "Fragments, indexes and manifests name tracks by number. Who adds a track takes next_track_ID."
        source "ISO/IEC 14496-12: track header, movie header"
        bad "track_ID 1 twice"
        good "track_ID 1 and 2, next_track_ID 3";

    ISO_06 "ISO-06" Error "Media have a timescale, and a language that is one"
        why "Without a timescale no time can be told. Players choose tracks by language: a code that is none is not \
             found, and two that contradict each other are found by chance."
        source "ISO/IEC 14496-12: media header, extended language; BCP 47"
        bad "mdhd fra, elng de-CH"
        good "mdhd deu, elng de-CH";

    ISO_07 "ISO-07" Error "The media header is that of the handler"
        why "Readers take the kind of a track from one or the other. QuickTime's `gmhd` is a warning: old files of text \
             have it, and readers know it."
        source "ISO/IEC 14496-12: media information header"
        bad "handler soun, vmhd"
        good "handler soun, smhd";

    ISO_08 "ISO-08" Error "Each sample entry refers to a place of data that is there, and is this file"
        why "Streams are fetched by the addresses of a manifest; a track that keeps its data elsewhere has none."
        source "ISO/IEC 14496-12: data references"
        bad "data_reference_index 2, dref of one entry"
        good "data_reference_index 1, dref of one entry";

    ISO_09 "ISO-09" Error "There is a sample entry, each sample refers to one that is there, and it fits the handler"
        why "The sample entry tells which decoder is needed and how to set it up."
        source "ISO/IEC 14496-12: sample descriptions"
        bad "sample_description_index 2, stsd of one entry"
        good "sample_description_index 1, stsd of one entry";

    ISO_10 "ISO-10" Error "Sample tables agree on the number of samples, and all samples are in media data"
        why "Each table tells something else of the same samples: where one ends early, the rest can't be read. Where an \
             offset is wrong, a decoder gets bytes of something else."
        source "ISO/IEC 14496-12: decoding times, sample sizes, chunks"
        bad "stsz of 100 samples, durations of 99 in stts"
        good "stsz of 100 samples, durations of 100 in stts";

    ISO_11 "ISO-11" Error "Sync samples are listed in order, and are samples of the track"
        why "Players look for the one before the wanted time by halving the list: out of order, they seek to a sample \
             that can't be decoded."
        source "ISO/IEC 14496-12: sync samples"
        bad "stss 1, 49, 25"
        good "stss 1, 25, 49";

    ISO_12 "ISO-12" Error "Each track has one `trex` where there are fragments"
        why "It announces the fragments, and has what they leave out: without it sizes and durations may be missing."
        source "ISO/IEC 14496-12: track extends"
        bad "tracks 1 and 2, trex of 1"
        good "tracks 1 and 2, trex of 1 and 2";

    ISO_13 "ISO-13" Error "Fragments are numbered in their order"
        why "A reader that gets the same number twice, or a smaller one, takes the fragment for an old one and may leave \
             it out. Numbers may be left out."
        source "ISO/IEC 14496-12: movie fragment header"
        bad "sequence_number 4, 4"
        good "sequence_number 4, 5";

    ISO_14 "ISO-14" Error "The data of runs is in an `mdat` of the same file, and no run's data is another's too"
        why "A segment is fetched by itself, so its samples must be in it. Where runs overlap, one of the offsets is \
             wrong."
        source "ISO/IEC 14496-12: track run"
        bad "data_offset 100, before the start of the mdat"
        good "data_offset 548, the first byte in the mdat";

    ISO_15 "ISO-15" Error "A run says flags once, and has as many entries as samples"
        why "The flags of the first sample take the place of a default. Where each sample has flags too, readers differ \
             on which count."
        source "ISO/IEC 14496-12: track run"
        bad "trun flags 0x405: first_sample_flags and flags of each sample"
        good "trun flags 0x401";

    ISO_16 "ISO-16" Error "The flags of samples do not contradict themselves or the frames"
        why "Players seek, drop and scan by them: a sync sample that depends on others shows broken pictures."
        source "ISO/IEC 14496-12: sample flags"
        bad "sample_flags 0x01000000: a sync sample that depends on others"
        good "sample_flags 0x02000000";

    ISO_17 "ISO-17" Error "Each fragment starts when the samples before it end"
        why "Where a fragment starts early, samples have the same time and players stall or drop them. Where it starts \
             late, the last sample before is shown for longer, which is legal and is a warning: sound has a hole then. A \
             time of 32 bits that began anew is an error."
        source "ISO/IEC 14496-12: track fragment decode time"
        bad "tfdt 95999 after samples that end at 96000"
        good "tfdt 96000 after samples that end at 96000";

    ISO_18 "ISO-18" Error "Sample groups are described once for each time they are mapped, in a version that tells how long descriptions are"
        why "A reader takes the first description of a type. Version 0 is a warning: readers that do not know the group \
             can't pass over it."
        source "ISO/IEC 14496-12: sample group description"
        bad "two sgpd and one sbgp of roll in one traf"
        good "one sgpd of roll with two entries";

    ISO_19 "ISO-19" Error "Samples are in groups that are described, and no more samples than there are"
        why "A group that is not described says nothing: keys are not found, pre-roll is not decoded. In a fragment, \
             numbers above 0x10000 mean its own descriptions, others those of the movie box."
        source "ISO/IEC 14496-12: sample to group"
        bad "group_description_index 0x10002, sgpd of one entry in the traf"
        good "group_description_index 0x10001, sgpd of one entry in the traf";

    ISO_20 "ISO-20" Error "Groups of one type that are mapped twice have different parameters"
        why "The parameter is all that tells them apart."
        source "ISO/IEC 14496-12: sample to group"
        bad "two sbgp of av1M without grouping_type_parameter"
        good "two sbgp of av1M, grouping_type_parameter 0x01000000 and 0x05000000";

    ISO_21 "ISO-21" Error "An index names a track that is there, and its references are whole boxes"
        why "Players fetch the bytes that the index names. Half a box, or the wrong one, ends playback."
        source "ISO/IEC 14496-12: segment index"
        bad "referenced_size 5000, the next moof after 5012 bytes"
        good "referenced_size 5012";

    ISO_22 "ISO-22" Error "An index has the times of the samples"
        why "Players seek by its times, and line renditions up by them: after a switch, pictures are missing or shown \
             twice. Times are those of presentation; before the edit list or after it is accepted."
        source "ISO/IEC 14496-12: segment index"
        bad "subsegment_duration 48000, samples of 48048 ticks"
        good "subsegment_duration 48048";

    ISO_23 "ISO-23" Error "An index tells access points as the samples have them"
        why "A player starts there: where none is, it shows broken pictures or nothing. One that is there and not told is \
             a warning: seeking is slower. Of AV1 the frames are looked into, of others the marks of samples."
        source "ISO/IEC 14496-12: segment index, stream access points"
        bad "starts_with_SAP 1, SAP_type 1, and the first sample depends on others"
        good "starts_with_SAP 0, SAP_type 0";

    ISO_24 "ISO-24" Warning "An index counts time as its track does"
        why "Another timescale is legal; times are rounded then, and no longer those of the samples."
        source "ISO/IEC 14496-12: segment index"
        bad "timescale 1000 in sidx, 24000 in mdhd"
        good "timescale 24000 in both";

    ISO_25 "ISO-25" Error "`pasp`, `clap` and `colr` of nclx stand at most once in a sample entry, behind the codec's box"
        why "Of two, players take one: which one differs. The order is advice: no reader is known that needs it."
        source "ISO/IEC 14496-12: visual sample entries"
        bad "colr nclx 1/1/1 and colr nclx 9/16/9"
        good "colr nclx 9/16/9";

    ISO_26 "ISO-26" Warning "full_range_flag is a bit, and the seven bits behind it are 0"
        why "Writers that put the number 1 there say limited range to readers that go by the standard."
        source "ISO/IEC 14496-12: colour information"
        bad "0x01"
        good "0x80";

    ISO_27 "ISO-27" Error "Edits have times that are in the media, and last as long as the track says"
        why "An edit beyond the media shows nothing. Durations in the timescale of the media cut the end off or make \
             players wait. Other differences from the track's duration are advice: several writers leave the edits out \
             of it."
        source "ISO/IEC 14496-12: edit list"
        bad "media_time -2"
        good "media_time -1: an empty edit";

    ISO_28 "ISO-28" Warning "`btrt` has the bit rates of the samples"
        why "Players and servers choose by it. An average that passes the stated maximum by a tenth misleads them; one \
             that is a tenth off the stated average is advice, for many writers put there what the encoder was asked for."
        source "ISO/IEC 14496-12: bit rate"
        bad "maxBitrate 1000000, samples of 1500000 bits/s on average"
        good "maxBitrate 1800000, avgBitrate 1500000";
}
