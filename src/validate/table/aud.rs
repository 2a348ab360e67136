//! AUD: audio codecs in ISOBMFF.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "AUD-06",
        title: "Renditions of xHE-AAC have their immediate playout frames at the same times",
        decidable: true,
        reason: "The tracks of a set are yet to be compared.",
    },
    Undecided {
        id: "AUD-20",
        title: "Language, role, loudness and dynamic range information of the source are carried",
        decidable: false,
        reason: "A file does not tell what its source had.",
    },
];

rules! {
    AUD_01 "AUD-01" Error "`esds` of AAC describes MPEG-4 audio, can be read, and agrees with the sample entry"
        why "Decoders are set up from the AudioSpecificConfig in it. Players that ask first whether they can play a track \
             look at the entry alone, so that both must say the same. ES_ID is 0 in files, but ffmpeg writes the \
             track's number and no reader looks: that is advice."
        source "ISO/IEC 14496-14; ISO/IEC 14496-3"
        bad "samplerate 48000, AudioSpecificConfig of 44100 Hz"
        good "samplerate 44100, AudioSpecificConfig of 44100 Hz";

    AUD_02 "AUD-02" Error "A sample of AAC is one raw_data_block(), without an ADTS header, and lasts one frame"
        why "The header belongs to streams without a container. Decoders of files take it for sound and fail, or \
             play noise."
        source "ISO/IEC 14496-14; ISO/IEC 14496-3"
        bad "sample of 380 bytes that begins with fff15080"
        good "sample of 373 bytes that begins with 2110";

    AUD_03 "AUD-03" Warning "A `roll` group of AAC has a distance of -1, or -2 with SBR"
        why "The transform overlaps one frame, and the filter bank of SBR another one. Other distances make players \
             decode too little or far too much when they seek."
        source "ISO/IEC 14496-12, sample group roll; ISO/IEC 14496-3"
        bad "roll_distance 1024"
        good "roll_distance -1";

    AUD_04 "AUD-04" Error "Of xHE-AAC, only immediate playout frames are sync samples"
        why "Only these hold the configuration and the frames that the decoder wants before. A player that begins at \
             another frame is silent or plays noise up to the next one. A track's first sample can be decoded without, \
             so that it is a warning there."
        source "ISO/IEC 23003-3; ISO/IEC 14496-12, sync samples"
        bad "sync sample whose frame has no AudioPreRoll"
        good "sync sample whose frame has an AudioPreRoll with configuration and frames";

    AUD_05 "AUD-05" Error "Of xHE-AAC, segments begin with immediate playout frames, and `prol` marks independent frames alone"
        why "A player that switches renditions begins at a segment. Frames in the group `prol` can be decoded, though \
             their sound is right only after the distance: those that refer to earlier frames can't."
        source "ISO/IEC 14496-12, sample group prol; ISO/IEC 23003-3"
        bad "segment whose first frame has usacIndependencyFlag 0"
        good "segment whose first frame has an AudioPreRoll";

    AUD_07 "AUD-07" Error "An `Opus` entry has one `dOps` that can be read, and agrees with it"
        why "Decoders are set up from `dOps`. Its numbers have the highest byte first, unlike in Ogg; where they were \
             copied as they are, gain and priming are wrong. Another timescale than 48000 is legal, but trimming is no \
             longer exact: that is a warning."
        source "Encapsulation of Opus in ISO Base Media File Format 1.0.0, 4.3.1, 4.3.2, 4.4"
        bad "channelcount 2, dOps OutputChannelCount 6"
        good "channelcount 6, dOps OutputChannelCount 6";

    AUD_08 "AUD-08" Error "Samples of Opus are sync samples, last as long as their packets, and say a pre-roll of 80 ms"
        why "The decoder needs 80 ms before its sound is right; the group `roll` says how many samples these are. The \
             first byte of a packet tells how long it lasts: a file that says otherwise drifts against the picture. \
             Many packagers leave out the group, and one counts its distance in samples of sound: both are warnings, \
             as is a single sample that lasts otherwise, which is how a gap looks."
        source "Encapsulation of Opus in ISO Base Media File Format 1.0.0, 4.3.4, 4.3.6; RFC 6716, 3.1"
        bad "packets of 20 ms, roll_distance -1"
        good "packets of 20 ms, roll_distance -4";

    AUD_09 "AUD-09" Error "The edit list of Opus leaves out the samples of `PreSkip`"
        why "Readers of ISOBMFF take the edit list and not PreSkip, which is there for information; without it the \
             encoder's delay is heard and all sound is late by it. Live packagers have no edit list at all: that is a \
             warning."
        source "Encapsulation of Opus in ISO Base Media File Format 1.0.0, 4.3.2, 4.4"
        bad "PreSkip 312, edit with media_time 0"
        good "PreSkip 312, edit with media_time 312";

    AUD_10 "AUD-10" Error "`dac3` and `dec3` describe the sync frames of the samples"
        why "Devices choose their decoder and how they announce the sound by this box, before they see a frame."
        source "ETSI TS 102 366, Annex F; ETSI TS 103 420"
        bad "dac3 acmod 7, sync frames with acmod 2"
        good "dac3 acmod 2, sync frames with acmod 2";

    AUD_11 "AUD-11" Error "A sample of AC-3 or E-AC-3 is whole sync frames of six blocks, and lasts 1536 samples of sound"
        why "All substreams of one time are in one sample. Frames of fewer blocks are put together, for decoders are \
             handed six at once."
        source "ETSI TS 102 366, Annex F"
        bad "sample of an E-AC-3 frame of 1 block"
        good "sample of 6 E-AC-3 frames of 1 block each";

    AUD_12 "AUD-12" Error "An `fLaC` entry has a `dfLa` with STREAMINFO first, and its samples are sync samples that fit it"
        why "Decoders are set up from STREAMINFO. A frame of another shape breaks them, and a duration other than the \
             frame's makes the track drift. Rates that the entry can't hold are written as the largest half or \
             quarter that fits; others write 0 there, which is a warning."
        source "Encapsulation of FLAC in ISO Base Media File Format 0.0.3, 3.3; RFC 9639"
        bad "dfLa whose first block is a VORBIS_COMMENT"
        good "dfLa whose first block is STREAMINFO";

    AUD_13 "AUD-13" Error "A file with IAMF has the brand `iamf`, and its entry no channels, no rate, and an `iacb` with descriptors"
        why "Descriptors tell what the sound is; the fields of the entry can't, so that they are 0 for all to see. \
             Descriptors come in one order: decoders read them once."
        source "IAMF, ISOBMFF IAMF Encapsulation"
        bad "iamf entry with channelcount 2"
        good "iamf entry with channelcount 0";

    AUD_14 "AUD-14" Error "A sample of IAMF is one temporal unit without temporal delimiter, a sync sample, and lasts its frames"
        why "Readers put the delimiter back themselves. A sample's duration has the samples of sound that are trimmed at \
             the start in it, and not those trimmed at the end."
        source "IAMF, ISOBMFF IAMF Encapsulation"
        bad "sample that begins with a temporal delimiter"
        good "sample of a parameter block and an audio frame";

    AUD_15 "AUD-15" Error "Samples of IAMF with Opus or AAC are in `roll` with `audio_roll_distance`; edits repeat the trimming"
        why "A player that seeks must decode that many frames before. What frames say is to be trimmed is left out by \
             readers of ISOBMFF only where the edit list says so, too."
        source "IAMF, ISOBMFF IAMF Encapsulation"
        bad "audio_roll_distance -4, samples without a roll group"
        good "audio_roll_distance -4, samples in roll with roll_distance -4";

    AUD_16 "AUD-16" Error "Encrypted IAMF is so in whole samples: `cenc` without subsamples, `cbcs` without a pattern"
        why "Decryption and demuxing are different parts of a player; for IAMF these agreed on whole samples."
        source "IAMF, ISOBMFF IAMF Encapsulation and Common Encryption"
        bad "cbcs with skip_byte_block 9"
        good "cbcs with skip_byte_block 0";

    AUD_17 "AUD-17" Warning "channelcount is that of the codec, and a layout that neither count nor codec implies is told"
        why "Manifests and menus take the channels from the entry. Older editions had 2 there whatever the codec has, \
             and decoders do not look."
        source "ISO/IEC 14496-12, AudioSampleEntry, ChannelLayout"
        bad "channelcount 2, AAC of 6 channels"
        good "channelcount 6, AAC of 6 channels";

    AUD_18 "AUD-18" Warning "samplerate is that of the codec, and the track counts its ticks in it"
        why "A timescale other than the rate can't say the duration of a frame exactly, and errors add up or jump: that \
             is advice. A rate of 65536 Hz or more does not fit and is told by `srat` or the codec."
        source "ISO/IEC 14496-12, AudioSampleEntry, SamplingRateBox"
        bad "samplerate 44100, AC-3 of 48000 Hz"
        good "samplerate 48000, AC-3 of 48000 Hz";

    AUD_19 "AUD-19" Warning "Every sample of AAC, AC-3 and E-AC-3 is a sync sample"
        why "Each can be decoded alone, as far as any audio frame can. Where samples are marked otherwise, players seek \
             to the wrong place, and packagers can't cut there."
        source "ISO/IEC 14496-12, sync samples; DASH-IF IOP"
        bad "AAC sample with sample_is_non_sync_sample 1"
        good "AAC sample with sample_is_non_sync_sample 0";
}
