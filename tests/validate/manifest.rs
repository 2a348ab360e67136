//! Rules MPD and HLS, those of switching sets, and those of codecs strings.

use super::case::{Case, transcript};
use super::edit::Files;

const MPD: &str = "manifest.mpd";
const MAIN: &str = "main.m3u8";
const SMALL: &str = "ladder_90.m3u8";
const I_FRAMES: &str = "ladder_90-iframes.m3u8";
const LADDER: &str = "presentation";
const SEGMENTS: &str = "presentation-segments";
const CBCS: &str = "presentation-cbcs";

const fn case(rule: &'static str, defect: &'static str, good: &'static str, spoil: fn(&mut Files)) -> Case {
    Case { rule, defect, good, spoil }
}

pub const CASES: &[Case] = &[
    case("MPD-01", "no-min-buffer-time", LADDER, |files| files.replace(MPD, " minBufferTime=\"PT2S\"", "")),
    case("MPD-01", "no-xml", LADDER, |files| files.replace(MPD, "</Period>", "")),
    case("MPD-01", "file-missing", SEGMENTS, |files| drop(files.remove("ladder_90/2.m4s"))),
    case("MPD-01", "period-longer-than-tracks", LADDER, |files| {
        files.replace(MPD, " duration=\"PT14.014S\"", " duration=\"PT20S\"");
    }),
    case("MPD-01", "endless-timeline", SEGMENTS, |files| files.replace(MPD, " r=\"1\"", " r=\"4000000000\"")),
    case("MPD-02", "segment-begins-later", SEGMENTS, later),
    case("MPD-03", "segment-without-sync-sample", SEGMENTS, no_sync),
    case("MPD-04", "duration-of-another-encode", SEGMENTS, |files| {
        files.replace(MPD, "d=\"144144\"", "d=\"100000\"");
    }),
    case("MPD-05", "segments-of-6-seconds-called-2", SEGMENTS, |files| {
        files.text(MPD, |text| {
            let (before, rest) = text.split_once("<SegmentTimeline>").unwrap();
            let (_, behind) = rest.split_once("</SegmentTimeline>").unwrap();
            format!("{before}{behind}").replacen(
                "startNumber=\"1\"",
                "startNumber=\"1\" duration=\"48048\"",
                1,
            )
        });
    }),
    case("MPD-06", "names-by-time-of-files-by-number", SEGMENTS, |files| {
        files.replace(MPD, "$Number$.m4s", "$Time$.m4s");
    }),
    case("MPD-06", "offset-behind-the-media", SEGMENTS, |files| {
        files.replace(MPD, "<SegmentTemplate ", "<SegmentTemplate presentationTimeOffset=\"2400000\" ");
    }),
    case("MPD-07", "index-range-too-early", LADDER, |files| {
        files.attribute(MPD, "ladder_90.mp4", "indexRange", "600-802");
    }),
    case("MPD-07", "initialization-too-short", LADDER, |files| {
        files.attribute(MPD, "ladder_90.mp4", "Initialization range", "0-600");
    }),
    case("MPD-08", "width", LADDER, |files| files.attribute(MPD, "<Representation", " width", "1920")),
    case("MPD-08", "level", LADDER, |files| files.replace(MPD, "av01.0.00M", "av01.0.05M")),
    case("MPD-08", "frame-rate-24", LADDER, |files| {
        files.attribute(MPD, "<Representation", " frameRate", "24");
    }),
    case("MPD-08", "channels", LADDER, |files| {
        files.attribute(MPD, "<AudioChannelConfiguration", "value", "2");
    }),
    case("MPD-09", "a-fifth-of-the-rate", LADDER, |files| {
        files.attribute(MPD, "<Representation", "bandwidth", "7000");
    }),
    case("MPD-10", "pq-without-property", "hdr10", |files| {
        files.replace(MPD, "cicp:TransferCharacteristics", "cicp:Other");
    }),
    case("MPD-11", "another-key-id", CBCS, |files| files.replace(MPD, "aabbccddeeff\"", "aabbccddee00\"")),
    case("MPD-11", "another-scheme", CBCS, |files| files.replace(MPD, "value=\"cbcs\"", "value=\"cenc\"")),
    case("MPD-12", "pssh-of-another-system", CBCS, |files| {
        files.replace(MPD, "urn:uuid:1077efec", "urn:uuid:edef8ba9");
    }),
    case("MPD-15", "trick-mode-of-no-set", LADDER, |files| {
        let property =
            "<EssentialProperty schemeIdUri=\"http://dashif.org/guidelines/trickmode\" value=\"9\"/>";
        files.replace(MPD, "<Role ", &format!("{property}<Role "));
    }),
    case("MPD-16", "sound-without-language", LADDER, |files| files.replace(MPD, " lang=\"fr\"", "")),
    case("HLS-01", "version-3-with-map", LADDER, |files| {
        files.replace(SMALL, "#EXT-X-VERSION:6", "#EXT-X-VERSION:3");
    }),
    case("HLS-01", "no-end", LADDER, |files| files.replace(SMALL, "#EXT-X-ENDLIST\n", "")),
    case("HLS-01", "no-closing-quote", LADDER, |files| files.replace(SMALL, "@0\"\n", "@0\n")),
    case("HLS-02", "duration-a-second-off", LADDER, |files| {
        files.replace(SMALL, "#EXTINF:6.006000", "#EXTINF:5.006000");
    }),
    case("HLS-02", "target-too-small", LADDER, |files| {
        files.replace(SMALL, "#EXT-X-TARGETDURATION:6", "#EXT-X-TARGETDURATION:4");
    }),
    case("HLS-03", "header-cut-short", LADDER, |files| {
        files.attribute(SMALL, "#EXT-X-MAP", "BYTERANGE", "600@0");
    }),
    case("HLS-04", "range-within-a-fragment", LADDER, |files| {
        files.line(SMALL, "#EXT-X-BYTERANGE:", "14000@1000");
    }),
    case("HLS-05", "segment-without-sync-sample", SEGMENTS, no_sync),
    case("HLS-06", "a-quarter-of-the-rate", LADDER, |files| {
        files.attribute(MAIN, "#EXT-X-STREAM-INF", "BANDWIDTH", "10000");
    }),
    case("HLS-06", "size", LADDER, |files| files.replace(MAIN, "RESOLUTION=320x180", "RESOLUTION=640x360")),
    case("HLS-06", "sound-not-named", LADDER, |files| files.replace(MAIN, ",opus\"", "\"")),
    case("HLS-06", "level", LADDER, |files| files.replace(MAIN, "av01.0.00M", "av01.0.05M")),
    case("HLS-07", "pq-called-sdr", "hdr10", |files| {
        files.replace(MAIN, "VIDEO-RANGE=PQ", "VIDEO-RANGE=SDR")
    }),
    case("HLS-08", "group-that-is-not-there", LADDER, |files| {
        files.attribute(MAIN, "#EXT-X-STREAM-INF", "AUDIO", "nothing");
    }),
    case("HLS-08", "channels", LADDER, |files| files.replace(MAIN, "CHANNELS=\"1\"", "CHANNELS=\"2\"")),
    case("HLS-08", "two-defaults", LADDER, |files| files.replace(MAIN, "DEFAULT=NO", "DEFAULT=YES")),
    case("HLS-09", "method-of-cenc", CBCS, |files| {
        files.replace(SMALL, "METHOD=SAMPLE-AES,", "METHOD=SAMPLE-AES-CTR,");
    }),
    case("HLS-09", "key-id-of-another-key", CBCS, |files| files.replace(SMALL, "KEYID=0x00", "KEYID=0x99")),
    case("HLS-10", "key-behind-the-first-segment", CBCS, |files| {
        files.text(SMALL, |text| {
            let (keys, others): (Vec<&str>, Vec<&str>) =
                text.lines().partition(|line| line.starts_with("#EXT-X-KEY"));
            let first = others.iter().position(|line| !line.starts_with('#')).unwrap() + 1;
            let lines = [&others[..first], &keys, &others[first..]].concat();
            lines.join("\n") + "\n"
        });
    }),
    case("HLS-11", "session-key-differs", CBCS, |files| {
        files.replace(MAIN, "KEYFORMATVERSIONS=\"1\"", "KEYFORMATVERSIONS=\"2\"");
    }),
    case("HLS-12", "half-an-i-frame", LADDER, |files| files.line(I_FRAMES, "#EXT-X-BYTERANGE:", "900@803")),
    case("HLS-12", "i-frame-not-listed", LADDER, |files| {
        files.text(I_FRAMES, |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            let third =
                lines.iter().enumerate().filter(|(_, line)| line.starts_with("#EXTINF")).nth(2).unwrap().0;
            lines.drain(third..third + 3);
            lines.join("\n") + "\n"
        });
    }),
    case("HLS-13", "i-frames-with-sound", LADDER, |files| {
        files.attribute(MAIN, "#EXT-X-I-FRAME-STREAM-INF", "CODECS", "av01.0.00M.08.0.110.02.02.02.0,opus");
    }),
    case("HLS-14", "dolby-vision-without-brand", LADDER, |files| {
        files.replace(MAIN, "RESOLUTION=", "SUPPLEMENTAL-CODECS=\"dav1.10.01\",RESOLUTION=");
    }),
    case("HLS-17", "segment-only-in-the-mpd", SEGMENTS, |files| {
        files.text(SMALL, |text| {
            let mut lines: Vec<&str> = text.lines().collect();
            let end = lines.len() - 1;
            lines.drain(end - 2..end);
            lines.join("\n") + "\n"
        });
    }),
    case("HLS-18", "segment-missing", SEGMENTS, |files| drop(files.remove("ladder_90/2.m4s"))),
    case("HLS-18", "playlist-missing", LADDER, |files| drop(files.remove("sound_fr.m3u8"))),
    case("CMF-36", "fragment-begins-later", SEGMENTS, later),
    case("CMF-37", "cenc-among-cbcs", CBCS, |files| {
        let path = "moov/trak/mdia/minf/stbl/stsd/encv/sinf/schm";
        files.mp4("ladder_90.mp4").write(path, 4, b"cenc");
    }),
    case("AV1-46", "level-of-one-digit", LADDER, |files| files.replace(MAIN, "av01.0.00M", "av01.0.0M")),
    case("AV1-47", "two-of-six-optional-fields", LADDER, |files| {
        files.replace(MPD, ".0.110.02.02.02.0", ".0.110");
    }),
    case("AV1-48", "defaults-spelled-out", LADDER, |files| {
        files.replace(MAIN, ".0.110.02.02.02.0", ".0.110.01.01.01.0");
    }),
    case("AV1-49", "entry-of-encrypted-samples", CBCS, |files| {
        files.attribute(MPD, "<AdaptationSet", "codecs", "encv");
    }),
    case("ENC-36", "pssh-with-another-key-id", CBCS, |files| files.replace(MPD, "RFVmd4iZ", "RFVmd4iA")),
];

/// The second segment of the small rendition begins an eighth of a second later.
fn later(files: &mut Files) {
    let mut mp4 = files.mp4("ladder_90/2.m4s");
    let time = mp4.u32("moof/traf/tfdt", 4);
    mp4.set_u32("moof/traf/tfdt", 4, time + 3000);
}

/// The second segment of the small rendition begins with a sample that is marked as no sync sample.
fn no_sync(files: &mut Files) {
    let mut mp4 = files.mp4("ladder_90/2.m4s");
    let flags = mp4.u32("moof/traf/trun", 12);
    mp4.set_u32("moof/traf/trun", 12, flags | 0x1_0000);
}

#[test]
fn defects_are_found() {
    insta::assert_snapshot!(transcript(CASES));
}
