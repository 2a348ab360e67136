//! ENC: Common Encryption.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "ENC-14",
        title: "Tiles are found in all forms of tile groups",
        decidable: false,
        reason: "It is about how tiles are found; a packager that got it wrong is found by ENC-08 to ENC-11.",
    },
    Undecided {
        id: "ENC-16",
        title: "Under cbcs the bytes behind the last whole block stay clear",
        decidable: false,
        reason: "Without the clear media nobody can tell clear bytes at the end of a tile from encrypted ones.",
    },
    Undecided {
        id: "ENC-17",
        title: "Under cenc the counter runs on from one subsample to the next",
        decidable: false,
        reason: "Only what comes out of decryption tells, and a part of it is looked at with keys as ENC-38.",
    },
    Undecided {
        id: "ENC-28",
        title: "AVC and HEVC: slice headers are clear, and protected ranges begin behind them",
        decidable: true,
        reason: "The slice headers are yet to be read; that maps span their samples is checked as ENC-20.",
    },
    Undecided {
        id: "ENC-29",
        title: "AVC and HEVC: short NAL units are clear, and subsamples begin with NAL units",
        decidable: true,
        reason: "NAL units are yet to be held against the maps.",
    },
    Undecided {
        id: "ENC-30",
        title: "VP9: each frame of a superframe is protected, headers and index are clear",
        decidable: true,
        reason: "Frames are yet to be held against the maps.",
    },
    Undecided {
        id: "ENC-37",
        title: "Encryption changes no sizes and times",
        decidable: false,
        reason: "The clear media is not there to compare with.",
    },
    Undecided {
        id: "ENC-40",
        title: "Keys are in no log and no output",
        decidable: false,
        reason: "A file does not tell what its packager printed.",
    },
];

rules! {
    ENC_01 "ENC-01" Error "Protected sample entries are of a type of their own, and say what they were and by which scheme they are protected"
        why "Players see by the type that they need a key, and find the codec in `frma` and the scheme in `schm`."
        source "ISO/IEC 23001-7"
        bad "encv with a sinf of frma alone"
        good "encv with a sinf of frma av01, schm cbcs 0x00010000, schi with tenc";

    ENC_02 "ENC-02" Error "`tenc` gives the key, protects, and has room for the pattern"
        why "Players ask for a licence for the default key ID before they see a sample; an ID of zeros names no key. It is only warned of where groups name the keys, and in an init segment alone. A default of clear samples is warned of: only groups can protect them then."
        source "ISO/IEC 23001-7"
        bad "default_KID 00000000000000000000000000000000"
        good "default_KID 00112233445566778899aabbccddeeff";

    ENC_03 "ENC-03" Error "AV1 is encrypted with cbcs or cenc"
        why "The other schemes have no rules for AV1, and players do not support them. Of the two, cbcs should be used, so that cenc gets advice."
        source "AV1-ISOBMFF, 4"
        bad "scheme cens"
        good "scheme cbcs";

    ENC_04 "ENC-04" Error "Samples of AV1 are encrypted by subsamples"
        why "OBU and frame headers stay clear, so that players and packagers can read them; decoders in secure hardware rely on it. Bento4 encrypts whole samples under cbcs."
        source "AV1-ISOBMFF, 4"
        bad "an AV1 sample without subsamples"
        good "an AV1 sample with a subsample for each tile";

    ENC_05 "ENC-05" Error "The pattern of AV1 under cbcs is 1:9, 5:5 or 10:0"
        why "Hardware is made for these."
        source "AV1-ISOBMFF, 4"
        bad "pattern 2:8"
        good "pattern 1:9";

    ENC_06 "ENC-06" Error "Under cenc there is no pattern"
        why "The scheme encrypts each block; a pattern belongs to cbcs and cens."
        source "AV1-ISOBMFF, 4; ISO/IEC 23001-7"
        bad "cenc with the pattern 1:9 in tenc"
        good "cenc with tenc of version 0";

    ENC_07 "ENC-07" Error "Subsamples span a sample exactly"
        why "Decryption goes wrong from the first byte too many or too few."
        source "AV1-ISOBMFF, 4.1"
        bad "subsamples of 990 bytes in a sample of 1000"
        good "subsamples of 1000 bytes in a sample of 1000";

    ENC_08 "ENC-08" Error "All but the tiles stays clear"
        why "Headers, sizes and metadata are read before decryption: by players to show captions or dynamic HDR, by secure decoders to find the tiles."
        source "AV1-ISOBMFF, 4.1"
        bad "a subsample that begins in the frame header"
        good "a subsample that begins with the first byte of a tile";

    ENC_09 "ENC-09" Error "All tiles are protected that can be"
        why "A clear tile is a part of the picture that everyone can see."
        source "AV1-ISOBMFF, 4.1"
        bad "the second of two tiles in clear bytes"
        good "both tiles in protected ranges";

    ENC_10 "ENC-10" Error "Under cbcs each tile is a protected range of its own, from its first byte to its last"
        why "The IV and the pattern begin anew with each range: decryption fails where they begin elsewhere. A tile of less than 16 bytes has its subsample too, though nothing of it is encrypted."
        source "AV1-ISOBMFF, 4.1"
        bad "a range that begins 16 bytes behind the start of a tile"
        good "a range that begins and ends with the tile";

    ENC_11 "ENC-11" Error "Under cenc the protected range has all whole blocks of a tile, and ends with it"
        why "The size of a tile modulo 16 stays clear in front. shaka-packager aligns the range to the start of the tile; decoders that compute it by themselves decrypt other bytes then."
        source "AV1-ISOBMFF, 4.1"
        bad "bytes 0 to 32 of a tile of 40 bytes"
        good "bytes 8 to 40 of a tile of 40 bytes";

    ENC_12 "ENC-12" Error "Under cenc a tile of less than 16 bytes is clear"
        why "It holds no whole block."
        source "AV1-ISOBMFF, 4.1"
        bad "12 protected bytes of a tile of 12 bytes"
        good "a tile of 12 bytes among the clear bytes";

    ENC_13 "ENC-13" Warning "There are as few subsamples as possible"
        why "The information of a sample is counted in 8 bits, which limits a sample to about 40 subsamples; needless ones take the room of tiles."
        source "AV1-ISOBMFF, 4.1"
        bad "clear 20, protected 0; clear 30, protected 160"
        good "clear 50, protected 160";

    ENC_15 "ENC-15" Error "IVs have a size that the scheme allows"
        why "Samples have IVs of 8 or 16 bytes of their own, or a constant one of 16. Own IVs under cbcs are warned of, as players expect a constant one; a constant IV of 8 bytes gets advice."
        source "ISO/IEC 23001-7"
        bad "default_Per_Sample_IV_Size 4"
        good "default_Per_Sample_IV_Size 8";

    ENC_18 "ENC-18" Error "Under cenc no counter is used twice with a key"
        why "Two samples that are encrypted with the same bytes can be read by everyone who has both. Samples of the file are compared as far as their IVs follow each other, others up to some thousand."
        source "ISO/IEC 23001-7"
        bad "two samples of one key with the IV 0102030405060708"
        good "IVs 0102030405060708 and 0102030405060709";

    ENC_19 "ENC-19" Advice "IVs under cenc have 8 bytes"
        why "All players know these; with 16 bytes some count blocks in a way of their own."
        source "ISO/IEC 23001-7"
        bad "default_Per_Sample_IV_Size 16"
        good "default_Per_Sample_IV_Size 8";

    ENC_20 "ENC-20" Error "`senc` has an entry for each sample, and its maps span the samples"
        why "Players take the entries in the order of the samples: with one missing, all behind it get a wrong IV."
        source "ISO/IEC 23001-7"
        bad "29 entries, 30 samples"
        good "30 entries, 30 samples";

    ENC_21 "ENC-21" Error "`saiz` says the sizes that the entries of `senc` have"
        why "Some players read `senc`, others go by `saiz` and `saio`; both must get the same. A `senc` without the other two is warned of; sizes that are all the same and listed one by one get advice."
        source "ISO/IEC 23001-7"
        bad "saiz 14, an entry of 20 bytes in senc"
        good "saiz 20, an entry of 20 bytes in senc";

    ENC_22 "ENC-22" Error "`saio` has one offset, that of the first entry of `senc`"
        why "Players that go by it read IVs from elsewhere. The offset counts from the movie fragment. Several offsets are warned of, and one to a place outside of the fragment's header, where the same may stand again."
        source "ISO/IEC 23001-7"
        bad "saio 16 bytes off"
        good "saio at the first byte behind the sample_count of senc";

    ENC_23 "ENC-23" Error "The information of a sample has 255 bytes at the most"
        why "`saiz` counts it in 8 bits; packagers that do not look write the remainder."
        source "AV1-ISOBMFF, 4.1"
        bad "43 subsamples in a sample"
        good "42 subsamples in a sample";

    ENC_24 "ENC-24" Warning "There is no auxiliary information in the movie box of a fragmented file"
        why "Samples are in the fragments, and so is what decrypts them; ffmpeg writes an empty `senc` there."
        source "ISO/IEC 23001-7"
        bad "senc without entries in moov"
        good "senc in each traf alone";

    ENC_25 "ENC-25" Warning "Where there is nothing to say of each sample, `senc`, `saiz` and `saio` are left out"
        why "With a constant IV and without subsamples all is in `tenc`."
        source "ISO/IEC 23001-7"
        bad "a senc of 100 empty entries"
        good "no senc";

    ENC_26 "ENC-26" Error "Audio under cbcs is encrypted whole"
        why "Only video has patterns and subsamples; players decrypt audio from its first byte on."
        source "ISO/IEC 23001-7"
        bad "an audio track with the pattern 1:9"
        good "an audio track with the pattern 0:0, no subsamples";

    ENC_27 "ENC-27" Error "Audio under cenc is encrypted whole"
        why "Players decrypt audio from its first byte on."
        source "ISO/IEC 23001-7"
        bad "an audio sample of 20 clear bytes and 300 protected ones"
        good "an audio sample without subsamples";

    ENC_31 "ENC-31" Error "Groups of changing keys are complete, and keep the pattern"
        why "A `seig` group stands in place of `tenc`: it needs key ID and IV. Another pattern than that of `tenc` is warned of: it is allowed, and often a packager's mistake."
        source "ISO/IEC 23001-7"
        bad "seig with KID 0 and isProtected 1"
        good "seig with a key ID, the constant IV and the pattern of tenc";

    ENC_32 "ENC-32" Error "A fragment has one key and one constant IV"
        why "Players prepare keys fragment by fragment. Outside of CMAF it is warned of."
        source "ISO/IEC 23000-19"
        bad "a fragment of samples with two keys"
        good "a fragment for each key";

    ENC_33 "ENC-33" Warning "The `pssh` for a new key comes with the first fragment that uses it"
        why "Players ask for the licence when they see it. It can be told only where all boxes list their keys."
        source "ISO/IEC 23001-7"
        bad "a key in the third fragment that no pssh lists"
        good "a pssh in the third moof that lists its key";

    ENC_34 "ENC-34" Error "Samples that are left clear are told by a group or a sample entry"
        why "Without IVs a player can't know whether the samples are clear or broken. A group for clear samples that has a key or IVs is warned of."
        source "ISO/IEC 23001-7"
        bad "a fragment of a protected track without senc"
        good "a seig group with isProtected 0";

    ENC_35 "ENC-35" Error "`pssh` boxes can be read, and list the keys where they should"
        why "The common system's box lists key IDs and holds nothing else; a wrong size hides the boxes behind. Lists without a key, and two lists of the same keys with other data, are warned of."
        source "ISO/IEC 23001-7; W3C cenc initialization data"
        bad "a pssh of the common system, version 0"
        good "a pssh of the common system, version 1, one KID";

    ENC_36 "ENC-36" Error "The `pssh` box of a manifest is the one that the header has, byte for byte"
        why "A player takes the first it finds: with two that differ, which key is asked for depends on the player. A system \
             may be in the manifest alone."
        source "DASH-IF IOP (Content Protection); ISO/IEC 23001-7"
        bad "cenc:pssh with one key ID, the header's box has another"
        good "cenc:pssh as in the header";

    ENC_38 "ENC-38" Error "With its key a sample decrypts to AV1"
        why "A wrong key, IV or map makes a picture of noise. It is checked with --key alone: ends of tiles are not random when they are clear. Tracks of less than some fifty tiles are not judged. Under cbcs ends are seldom encrypted: even beginnings of two hundred tiles are warned of."
        source "ISO/IEC 23001-7"
        bad "a key of another title"
        good "the key that the track was encrypted with";

    ENC_39 "ENC-39" Advice "Audio and video have keys of their own"
        why "Who is allowed to hear is often not allowed to see: services give keys by quality."
        source "DASH-IF, Content Protection"
        bad "audio and video with one key ID"
        good "a key ID for each";

    ENC_41 "ENC-41" Advice "The boxes are those of Common Encryption, not of PIFF"
        why "Few players still know the older boxes."
        source "ISO/IEC 23001-7"
        bad "a uuid box of PIFF in traf"
        good "senc in traf";

    ENC_42 "ENC-42" Error "What is marked as encrypted is"
        why "ffmpeg 5.1 marked AV1 as encrypted and left it clear: players decrypt clear bytes to noise, and who looks at the file has the film. Each protected sample has an IV; and bytes of tiles that can't be random are clear, which is said only where chance is less than one in a thousand millions."
        source "ISO/IEC 23001-7"
        bad "encv, tenc, and clear tiles"
        good "encv, tenc, and encrypted tiles";
}
