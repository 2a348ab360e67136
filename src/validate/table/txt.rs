//! TXT: timed text in ISOBMFF.

use super::Undecided;
use crate::findings::rules;

/// Rules that are not checked.
pub(super) const UNDECIDED: &[Undecided] = &[
    Undecided {
        id: "TXT-08",
        title: "All of WebVTT's blocks, line ends and long times are understood when a file is packaged",
        decidable: false,
        reason: "A packaged file does not tell what its source had.",
    },
    Undecided {
        id: "TXT-11",
        title: "WebVTT files of HLS map their times right, and repeat the cues that cross a cut",
        decidable: true,
        reason: "WebVTT files beside playlists are yet to be read.",
    },
];

rules! {
    TXT_01 "TXT-01" Error "An `stpp` entry is in a `subt` track with `sthd`, and has its three strings"
        why "The strings stand before the boxes of the entry, each with a zero byte behind it, also where it is empty. \
             Where one is left out, the boxes behind are read as text, or text as boxes. Another handler is a warning: \
             players go by the entry."
        source "ISO/IEC 14496-30; ISO/IEC 14496-12, XMLSubtitleSampleEntry"
        bad "stpp with a namespace and an empty schema_location, then btrt"
        good "stpp with a namespace, an empty schema_location and empty auxiliary_mime_types, then btrt";

    TXT_02 "TXT-02" Error "Each sample of `stpp` is a sync sample, and a whole document of TTML in UTF-8"
        why "Players hand each sample to an XML parser alone. What is not well-formed shows nothing until the next one."
        source "ISO/IEC 14496-30; TTML 2"
        bad "sample that ends with <p>Where are"
        good "sample that ends with </body></tt>";

    TXT_03 "TXT-03" Error "The times of a document count on the track's timeline, and some of it is shown within its sample"
        why "Time 0 of a document is time 0 of the track, not the start of its sample. Documents that count from their \
             sample show nothing, or all of it at the wrong time. Documents of which nothing is shown within the sample \
             for another reason are a warning; one that repeats the document before is fine."
        source "ISO/IEC 14496-30"
        bad "sample from 12 s to 18 s with <p begin=\"1s\" end=\"3s\">"
        good "sample from 12 s to 18 s with <p begin=\"13s\" end=\"15s\">";

    TXT_04 "TXT-04" Error "A track with a brand of IMSC keeps to that profile; images are subsamples of each sample"
        why "Players choose tracks by the brand and its codecs parameter. One that draws text can't show images. The text \
             profiles are judged by the vocabulary and styles of the documents, and are warnings."
        source "ISO/IEC 23000-19, IMSC media profiles; IMSC 1.1"
        bad "brand im1t, auxiliary_mime_types image/png"
        good "brand im1i, auxiliary_mime_types image/png";

    TXT_05 "TXT-05" Error "A `wvtt` entry is in a `text` track with `nmhd`, and has one `vttC` that begins with WEBVTT and has no cue"
        why "The box is what stands before the first cue of a file: the signature, styles, regions. Players parse it as \
             the head of each sample's file. Another handler is a warning."
        source "ISO/IEC 14496-30; WebVTT"
        bad "vttC of 0 bytes"
        good "vttC WEBVTT";

    TXT_06 "TXT-06" Error "A sample of `wvtt` is boxes: `vttc` with a `payl` for each cue, or one `vtte` where there is none"
        why "Players make cues of the boxes, each as long as its sample. Text that stands there as it is, or a cue without \
             words, is not shown. Parts of one cue in several samples are told by their `vsid`, and two cues at one time \
             can't share one."
        source "ISO/IEC 14496-30"
        bad "sample with vttc and vtte"
        good "sample with vttc";

    TXT_07 "TXT-07" Error "Samples of text follow one another without a gap: where nothing is shown, a sample says so"
        why "Players wait for text as they do for sound. Where no sample covers a time, some stop, and others show the \
             cue before it on. The rule is that of CMAF; for other files a gap is a warning."
        source "ISO/IEC 14496-30; ISO/IEC 23000-19"
        bad "sample to 3.5 s, the next one from 4 s"
        good "sample to 3.5 s, a sample of vtte to 4 s, the next one from 4 s";

    TXT_09 "TXT-09" Advice "A fragment of `stpp` is one sample"
        why "Several documents in a segment are legal, and some players show only the first. Whether text is cut where \
             the picture is shows only beside the picture."
        source "ISO/IEC 23000-19, text tracks"
        bad "fragment of 3 samples of stpp"
        good "fragment of 1 sample of stpp";

    TXT_10 "TXT-10" Advice "A text track has a language"
        why "Players list subtitles by it, and choose them by it at the start. Manifests repeat what the track says."
        source "ISO/IEC 14496-12, mdhd, elng; DASH-IF IOP"
        bad "text track with language und"
        good "text track with language fr";

    TXT_12 "TXT-12" Advice "Text is left clear"
        why "Few players decrypt text, and text that is hidden from a player is hidden from screen readers. It is legal, \
             for those who know that theirs do."
        source "ISO/IEC 23001-7; DASH-IF IOP"
        bad "enct entry around wvtt"
        good "wvtt entry";
}
