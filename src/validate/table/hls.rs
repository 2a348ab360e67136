//! HLS: HLS playlists.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "HLS-15",
        title: "Parts of a low-latency playlist are no longer than PART-TARGET, and say which can be played first",
        decidable: true,
        reason: "yet to be done: EXT-X-PART is not compared with chunks",
    },
    Undecided {
        id: "HLS-16",
        title: "Media sequences and discontinuity sequences of renditions go together",
        decidable: true,
        reason: "yet to be done: it takes playlists of one moment of a live presentation",
    },
];

rules! {
    HLS_01 "HLS-01" Error "A playlist has the tags it needs, written as they should be, and the version they need"
        why "Players refuse what does not begin with #EXTM3U, ignore or refuse tags above the version that is given, and \
             take a playlist without its end for live."
        source "RFC 8216, sections 4 and 7"
        bad "#EXT-X-VERSION:3 with EXT-X-MAP"
        good "#EXT-X-VERSION:6 with EXT-X-MAP";

    HLS_02 "HLS-02" Error "EXTINF is how long the segment is, and EXT-X-TARGETDURATION no less than any, rounded"
        why "Players seek by the sum of the durations and buffer by the target. Less than a sample off, and sums that \
             drift, are warnings."
        source "RFC 8216, sections 4.3.2.1 and 4.3.3.1"
        bad "#EXTINF:5.000, the segment lasts 6.006 s"
        good "#EXTINF:6.00600, the segment lasts 6.006 s";

    HLS_03 "HLS-03" Error "EXT-X-MAP is the header: a file, or a range that ends where it does"
        why "Players put these bytes before each segment. With less, the movie box is cut; with more, media is in front of \
             every segment. A range that has the index in it too is advice."
        source "RFC 8216, section 4.3.2.5"
        bad "#EXT-X-MAP:URI=\"v.mp4\",BYTERANGE=\"600@0\", the header has 687 bytes"
        good "#EXT-X-MAP:URI=\"v.mp4\",BYTERANGE=\"687@0\"";

    HLS_04 "HLS-04" Error "Byte ranges begin and end where fragments do"
        why "Players ask for these bytes and give them to the decoder as they are: a range that is off by a byte is no box."
        source "RFC 8216, section 4.3.2.2"
        bad "#EXT-X-BYTERANGE:14616@800, the fragment begins at 803"
        good "#EXT-X-BYTERANGE:14616@803";

    HLS_05 "HLS-05" Warning "EXT-X-INDEPENDENT-SEGMENTS is there only where each segment begins with a sync sample"
        why "Players that trust it begin and switch at any segment, and show broken pictures."
        source "RFC 8216, section 4.3.5.1"
        bad "EXT-X-INDEPENDENT-SEGMENTS, segment 2 begins with a sample that needs others"
        good "EXT-X-INDEPENDENT-SEGMENTS, all segments begin with sync samples";

    HLS_06 "HLS-06" Error "EXT-X-STREAM-INF has the rates, the codecs, the size and the frame rate of what it names"
        why "Players choose by them before they load anything. A rate that is up to a tenth too low is a warning, and so \
             is a frame rate that is off by less than one in a hundred. More than is needed is not told."
        source "RFC 8216, section 4.3.4.2; RFC 6381; AV1-ISOBMFF, section 5"
        bad "BANDWIDTH=10000, segments of 35000 bits a second"
        good "BANDWIDTH=36000, segments of 35000 bits a second";

    HLS_07 "HLS-07" Error "VIDEO-RANGE is that of the track: SDR, HLG or PQ"
        why "Players choose by it between HDR and SDR; without it, a variant counts as SDR."
        source "draft-pantos-hls-rfc8216bis (EXT-X-STREAM-INF)"
        bad "VIDEO-RANGE=SDR, transfer 16"
        good "VIDEO-RANGE=PQ, transfer 16";

    HLS_08 "HLS-08" Error "Groups of renditions are there, have the same members, and one default at most"
        why "A player that changes the group looks for the same rendition in the new one, by its name. CHANNELS is compared \
             where the sample entry tells them (Opus, FLAC; of AAC it is a warning)."
        source "RFC 8216, sections 4.3.4.1 and 4.3.4.2.1"
        bad "AUDIO=\"stereo\", and no EXT-X-MEDIA has that GROUP-ID"
        good "AUDIO=\"stereo\", GROUP-ID=\"stereo\"";

    HLS_09 "HLS-09" Error "EXT-X-KEY has the method of the track's encryption, and its key"
        why "`cbcs` is SAMPLE-AES, `cenc` is SAMPLE-AES-CTR. With another method, samples are decrypted to noise. That \
             nothing is said at all is a warning: where a page gives the keys, players find out by the header."
        source "RFC 8216, section 4.3.2.4; Apple's HLS authoring specification for SAMPLE-AES"
        bad "METHOD=SAMPLE-AES-CTR, schm cbcs"
        good "METHOD=SAMPLE-AES, schm cbcs";

    HLS_10 "HLS-10" Error "EXT-X-KEY comes before the first segment that it is for"
        why "A key holds for what is behind it. A discontinuity that only a change of keys explains makes players reset \
             decoders for nothing; that is advice."
        source "RFC 8216, section 4.3.2.4"
        bad "the first segment is encrypted, EXT-X-KEY stands behind it"
        good "EXT-X-KEY stands before the first encrypted segment";

    HLS_11 "HLS-11" Warning "EXT-X-SESSION-KEY is one of the keys of the playlists, and all are encrypted in one way"
        why "Players ask for keys early by it. It is optional: that there is none is advice; one that differs from the \
             EXT-X-KEY with its URI is an error."
        source "RFC 8216, section 4.3.4.5"
        bad "EXT-X-SESSION-KEY with KEYFORMATVERSIONS=\"2\", EXT-X-KEY with \"1\""
        good "EXT-X-SESSION-KEY as EXT-X-KEY";

    HLS_12 "HLS-12" Error "An I-frame playlist has whole I-frames, each with its `moof`, to the next one's time"
        why "Players decode these bytes by themselves. Sync samples that begin a fragment and are not listed are a warning: \
             the specification does not ask for all."
        source "RFC 8216, section 4.3.3.6"
        bad "#EXT-X-BYTERANGE:1000@803, the I-frame ends 996 bytes later"
        good "#EXT-X-BYTERANGE:1996@803";

    HLS_13 "HLS-13" Error "EXT-X-I-FRAME-STREAM-INF has what EXT-X-STREAM-INF has, of the I-frames alone"
        why "Players choose the I-frames by it as they choose variants."
        source "RFC 8216, section 4.3.4.3"
        bad "CODECS=\"av01.0.00M.08,opus\""
        good "CODECS=\"av01.0.00M.08\"";

    HLS_14 "HLS-14" Warning "SUPPLEMENTAL-CODECS has the Dolby Vision codec and its brand, CODECS the base codec alone"
        why "Players without Dolby Vision read CODECS and play the base; those with it read the other."
        source "draft-pantos-hls-rfc8216bis (SUPPLEMENTAL-CODECS); Apple's HLS authoring specification"
        bad "CODECS=\"dav1.10.05\""
        good "CODECS=\"av01.0.08M.10\",SUPPLEMENTAL-CODECS=\"dav1.10.05/db1p\"";

    HLS_17 "HLS-17" Warning "An MPD and playlists of the same track list the same segments"
        why "Caches and players that take both then have each byte once. No specification asks for it, so it is a warning: \
             that one of them is old is the usual reason."
        source "house rule; ISO/IEC 23000-19 for one set of segments under several manifests"
        bad "3 segments in the MPD, 2 in the playlist"
        good "3 segments in both";

    HLS_18 "HLS-18" Error "What a playlist lists is there"
        why "A player stops at the first segment that is missing. Writers put files in place first, and the manifest last."
        source "RFC 8216, section 6.2.1"
        bad "v/4.m4s is listed, and is not there"
        good "all that is listed is there";
}
