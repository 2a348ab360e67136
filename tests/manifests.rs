//! The manifests of presentations made up here: as they are written, and as other programs read them.

mod common;
#[path = "common/corpus.rs"]
mod corpus;

use std::fs;
use std::process::Command;

use common::Bench;
use insta::assert_snapshot;
use m3u8_rs::{AlternativeMediaType, MasterPlaylist, MediaPlaylist, Playlist};
use showpack::cenc::{KeyId, Scheme};
use showpack::cmaf::write::Layout;
use showpack::cmaf::{Channels, Media};
use showpack::demux::Nclx;
use showpack::manifest::model::{
    Addressing, Encryption, Presentation, Rendition, Segment, SwitchingSet, SyncSample,
};
use showpack::manifest::{dash, hls};
use showpack::time::{FrameRate, Rational, Seconds};

const BT709: Nclx =
    Nclx { colour_primaries: 1, transfer_characteristics: 1, matrix_coefficients: 1, full_range: false };
const HDR10: Nclx =
    Nclx { colour_primaries: 9, transfer_characteristics: 16, matrix_coefficients: 9, full_range: false };
const STEREO: Channels = Channels { count: 2, layout: Some(2), dolby_mask: None, joint_objects: None };
const ATMOS: Channels =
    Channels { count: 6, layout: Some(6), dolby_mask: Some(0xf801), joint_objects: Some(16) };

fn presentation(layout: Layout, sets: Vec<SwitchingSet>) -> Presentation {
    Presentation {
        sets,
        layout,
        start: "0".parse().unwrap(),
        min_buffer_time: "4".parse().unwrap(),
        is_cmaf: true,
        base_url: None,
        hls_prefix: None,
    }
}

fn set(media: Media, language: Option<&str>, roles: &[&str], renditions: Vec<Rendition>) -> SwitchingSet {
    SwitchingSet {
        media,
        language: language.map(str::to_string),
        roles: roles.iter().map(ToString::to_string).collect(),
        label: None,
        is_default: true,
        is_aligned: true,
        switches_with: Vec::new(),
        renditions,
    }
}

/// Segments of `durations`, of about `rate` bytes a second, as one file or in files.
fn rendition(
    layout: Layout,
    name: &str,
    codec: &str,
    timescale: u32,
    durations: &[u64],
    rate: u64,
) -> Rendition {
    let header_size = 800;
    let index = header_size..header_size + 44 + 12 * durations.len() as u64;
    let (mut time, mut offset) = (0, index.end);
    let mut segments = Vec::new();
    for (number, &duration) in (1..).zip(durations) {
        // Neither all the same nor by chance.
        let size = rate * duration / u64::from(timescale) * (90 + number * 7 % 20) / 100;
        let (path, at) = match layout {
            Layout::Single => (format!("{name}.mp4"), offset),
            Layout::Segments => (format!("{name}/{number}.m4s"), 0),
        };
        segments.push(Segment { time, duration, path, offset: at, size, sap_type: 1, parts: Vec::new() });
        (time, offset) = (time + duration, offset + size);
    }
    let addressing = match layout {
        Layout::Single => Addressing::Ranges { path: format!("{name}.mp4"), header_size, index },
        Layout::Segments => Addressing::Files {
            init: format!("{name}/init.mp4"),
            template: "$RepresentationID$/$Number$.m4s".into(),
        },
    };
    Rendition {
        name: name.into(),
        codec: codec.into(),
        timescale,
        segments,
        addressing,
        sync_samples: Vec::new(),
        size: None,
        pixel_aspect: None,
        frame_rate: None,
        colour: None,
        sample_rate: None,
        channels: None,
        encryption: None,
        sidecar: None,
    }
}

/// 10 s of 24000/1001 frames a second, in segments of 96 frames; two I-frames in each.
fn video(layout: Layout, name: &str, codec: &str, size: (u32, u32), rate: u64) -> Rendition {
    let mut video = rendition(layout, name, codec, 24000, &[96096, 96096, 48048], rate);
    video.size = Some(size);
    video.frame_rate = FrameRate::new(24000, 1001);
    video.colour = Some(BT709);
    for (segment, one) in video.segments.iter().enumerate() {
        let first = SyncSample { segment, time: one.time, offset: one.offset, size: one.size / 10 };
        let second = SyncSample { time: one.time + one.duration / 2, size: one.size / 2, ..first };
        video.sync_samples.extend([first, second]);
    }
    video
}

fn audio(layout: Layout, name: &str, codec: &str, channels: Channels, rate: u64) -> Rendition {
    let durations = [191_488, 192_512, 96_256];
    let mut audio = rendition(layout, name, codec, 48000, &durations, rate);
    audio.sample_rate = Some(48000);
    audio.channels = Some(channels);
    audio
}

fn text(layout: Layout, name: &str, codec: &str, sidecar: Option<&str>) -> Rendition {
    let mut text = rendition(layout, name, codec, 1000, &[4004, 4004, 2002], 100);
    text.sidecar = sidecar.map(str::to_string);
    text
}

fn pssh(system: [u8; 16]) -> ([u8; 16], Vec<u8>) {
    let mut whole = b"\0\0\0\x24pssh\0\0\0\0".to_vec();
    whole.extend(system);
    whole.extend(b"\0\0\0\x04data");
    (system, whole)
}

fn encryption(scheme: Scheme, kid: u8) -> Encryption {
    let widevine = 0xedef_8ba9_79d6_4ace_a3c8_27dc_d51d_21ed_u128.to_be_bytes();
    let playready = 0x9a04_f079_9840_4286_ab92_e65b_e088_5f95_u128.to_be_bytes();
    Encryption { scheme, kid: KeyId([kid; 16]), pssh: vec![pssh(widevine), pssh(playready)], key_uri: None }
}

/// Two sizes of video, two codecs and two languages of audio, one of which has both, and subtitles in three forms.
fn ladder(layout: Layout) -> Presentation {
    let videos = vec![
        video(layout, "v1080", "av01.0.08M.08", (1920, 1080), 500_000),
        video(layout, "v480", "av01.0.04M.08", (854, 480), 120_000),
    ];
    let english = vec![
        audio(layout, "en-128", "mp4a.40.2", STEREO, 16_000),
        audio(layout, "en-64", "mp4a.40.2", STEREO, 8_000),
    ];
    let english_atmos = vec![audio(layout, "en-atmos", "ec-3", ATMOS, 48_000)];
    let french = vec![audio(layout, "fr-128", "mp4a.40.2", STEREO, 16_000)];
    let mut described = set(
        Media::Audio,
        Some("en"),
        &["description"],
        vec![audio(layout, "en-ad", "mp4a.40.2", STEREO, 9_000)],
    );
    described.is_default = false;
    let mut captions =
        set(Media::Text, Some("en"), &["caption"], vec![text(layout, "cc-en", "wvtt", Some("cc-en.vtt"))]);
    captions.label = Some("English CC".into());
    let mut forced = set(
        Media::Text,
        Some("pt-BR"),
        &["forced-subtitle"],
        vec![text(layout, "pt", "stpp.ttml.im1t", None)],
    );
    forced.is_default = false;
    let mut twin =
        set(Media::Text, Some("en"), &["caption"], vec![text(layout, "cc-en-ttml", "stpp.ttml.im1t", None)]);
    twin.label = captions.label.clone();
    twin.is_default = false;
    let mut french = set(Media::Audio, Some("fr"), &["dub"], french);
    french.is_default = false;
    presentation(
        layout,
        vec![
            set(Media::Video, None, &["main"], videos),
            set(Media::Audio, Some("en"), &["main"], english),
            set(Media::Audio, Some("en"), &["main"], english_atmos),
            french,
            described,
            captions,
            twin,
            forced,
        ],
    )
}

fn playlists(presentation: &Presentation) -> String {
    let files = hls::write(presentation).unwrap();
    files.iter().map(|(name, text)| format!("===== {name}\n{text}")).collect()
}

#[test]
fn a_ladder_in_single_files() {
    let ladder = ladder(Layout::Single);
    assert_snapshot!("manifest_ladder_single.mpd", dash::write(&ladder).unwrap());
    assert_snapshot!("manifest_ladder_single.m3u8", playlists(&ladder));
    read_back(&ladder);
}

#[test]
fn a_ladder_in_segments() {
    let ladder = ladder(Layout::Segments);
    assert_snapshot!("manifest_ladder_segments.mpd", dash::write(&ladder).unwrap());
    assert_snapshot!("manifest_ladder_segments.m3u8", playlists(&ladder));
    read_back(&ladder);
}

/// Keys differ between video and audio, and inside of the video set; FairPlay has an address.
#[test]
fn cbcs_with_several_keys() {
    let mut hd = video(Layout::Single, "hd", "avc1.640028", (1920, 1080), 400_000);
    let mut sd = video(Layout::Single, "sd", "avc1.64001f", (854, 480), 100_000);
    let mut sound = audio(Layout::Single, "a", "mp4a.40.2", STEREO, 16_000);
    let fairplay = |kid| Encryption { key_uri: Some("skd://{kid}".into()), ..encryption(Scheme::Cbcs, kid) };
    (hd.encryption, sd.encryption, sound.encryption) =
        (Some(fairplay(1)), Some(fairplay(2)), Some(fairplay(3)));
    let sets = vec![set(Media::Video, None, &[], vec![hd, sd]), set(Media::Audio, None, &[], vec![sound])];
    let encrypted = presentation(Layout::Single, sets);
    assert_snapshot!("manifest_cbcs.mpd", dash::write(&encrypted).unwrap());
    assert_snapshot!("manifest_cbcs.m3u8", playlists(&encrypted));
    read_back(&encrypted);
}

/// One key, the common system, no address: clear keys that the player is given.
#[test]
fn cenc_with_one_key() {
    let common = pssh(0x1077_efec_c0b2_4d02_ace3_3c1e_52e2_fb4b_u128.to_be_bytes());
    let key = Encryption { pssh: vec![common], ..encryption(Scheme::Cenc, 0xab) };
    let mut videos: Vec<_> = [("hd", (1280, 720), 300_000), ("sd", (640, 360), 90_000)]
        .map(|(name, size, rate)| video(Layout::Segments, name, "av01.0.05M.08", size, rate))
        .into();
    for video in &mut videos {
        video.encryption = Some(key.clone());
    }
    let encrypted = presentation(Layout::Segments, vec![set(Media::Video, None, &[], videos)]);
    assert_snapshot!("manifest_cenc.mpd", dash::write(&encrypted).unwrap());
    assert_snapshot!("manifest_cenc.m3u8", playlists(&encrypted));
    read_back(&encrypted);
}

/// A start that is not 0, pixels that are not square, PQ, access points of type 2.
#[test]
fn hdr10_that_starts_later() {
    let mut one = video(Layout::Segments, "hdr", "av01.0.13M.10", (1440, 1080), 900_000);
    one.colour = Some(HDR10);
    one.pixel_aspect = Some((4, 3));
    one.segments[1].sap_type = 2;
    one.segments.iter_mut().for_each(|segment| segment.time += 48048);
    one.sync_samples.iter_mut().for_each(|sync| sync.time += 48048);
    one.addressing = Addressing::Files {
        init: "hdr/init.mp4".into(),
        template: "$RepresentationID$/seg-$Time%08d$.m4s".into(),
    };
    let mut hdr = presentation(Layout::Segments, vec![set(Media::Video, None, &[], vec![one])]);
    hdr.start = Seconds(Rational::new(2002, 1000).unwrap());
    assert_snapshot!("manifest_hdr10.mpd", dash::write(&hdr).unwrap());
    assert_snapshot!("manifest_hdr10.m3u8", playlists(&hdr));
    read_back(&hdr);
}

#[test]
fn audio_alone() {
    let one = || audio(Layout::Single, "opus", "Opus", STEREO, 12_000);
    let single = presentation(Layout::Single, vec![set(Media::Audio, Some("sv"), &["main"], vec![one()])]);
    assert_snapshot!("manifest_audio.mpd", dash::write(&single).unwrap());
    assert_snapshot!("manifest_audio.m3u8", playlists(&single));
    read_back(&single);
    let other = audio(Layout::Single, "opus-de", "Opus", STEREO, 24_000);
    let sets = vec![
        set(Media::Audio, Some("sv"), &[], vec![one()]),
        set(Media::Audio, Some("de"), &[], vec![other]),
    ];
    let choice = presentation(Layout::Single, sets);
    assert_snapshot!("manifest_audio_choice.m3u8", playlists(&choice));
    read_back(&choice);
}

/// Names, labels and bases with all that addresses, XML and attribute lists do not take.
#[test]
fn odd_names() {
    let name = "a b#1?&\"<$é:";
    for layout in [Layout::Single, Layout::Segments] {
        let mut one =
            set(Media::Video, None, &[], vec![video(layout, name, "av01.0.00M.08", (160, 90), 9_000)]);
        one.label = Some("Tom & \"Jerry\" <3\u{1}".into());
        let mut sound = set(Media::Audio, None, &[], vec![audio(layout, "100%", "Opus", STEREO, 9_000)]);
        sound.label = Some("Tom & \"Jerry\",\nX=1".into());
        let mut odd = presentation(layout, vec![one, sound]);
        odd.base_url = Some("https://cdn.example/a b".into());
        odd.hls_prefix = Some("https://cdn.example/x?y=\"z\"".into());
        let name = if layout == Layout::Single { "single" } else { "segments" };
        assert_snapshot!(format!("manifest_odd_{name}.mpd"), dash::write(&odd).unwrap());
        assert_snapshot!(format!("manifest_odd_{name}.m3u8"), playlists(&odd));
        read_back(&odd);
    }
}

#[test]
fn what_makes_no_manifest_is_refused() {
    let video = || video(Layout::Single, "v", "av01.0.00M.08", (160, 90), 9_000);
    let of = |renditions| presentation(Layout::Single, vec![set(Media::Video, None, &[], renditions)]);
    let dash_error = |p: &Presentation| dash::write(p).unwrap_err().to_string();
    let hls_error = |p: &Presentation| hls::write(p).unwrap_err().to_string();

    assert!(dash_error(&presentation(Layout::Single, vec![])).contains("at least one track"));
    assert!(dash_error(&of(vec![])).contains("at least one track"));
    assert!(dash_error(&of(vec![video(), video()])).contains("a name that another one has"));
    let mut empty = video();
    empty.segments.clear();
    assert!(dash_error(&of(vec![empty])).contains("has no segments"));
    let mut wrong_layout = of(vec![video()]);
    wrong_layout.layout = Layout::Segments;
    assert!(dash_error(&wrong_layout).contains("not laid out"));
    let mut no_buffer = of(vec![video()]);
    no_buffer.min_buffer_time = "0".parse().unwrap();
    assert!(dash_error(&no_buffer).contains("minimum buffer time"));

    let mut main = video();
    main.name = "main".into();
    assert!(hls_error(&of(vec![main])).contains("two playlists would be called `main.m3u8`"));
    let mut cbc1 = video();
    cbc1.encryption = Some(encryption(Scheme::Cbc1, 1));
    assert!(hls_error(&of(vec![cbc1])).contains("no method for `cbc1`"));
    let mut cut = video();
    cut.encryption = Some(encryption(Scheme::Cbcs, 1));
    cut.encryption.as_mut().unwrap().pssh[1].1.truncate(33);
    assert!(hls_error(&of(vec![cut])).contains("cut short"));
    let mut fairplay = video();
    fairplay.encryption = Some(Encryption { key_uri: Some("skd://x".into()), ..encryption(Scheme::Cenc, 1) });
    assert!(hls_error(&of(vec![fairplay])).contains("cbcs only"));
    let only_text = set(Media::Text, None, &[], vec![text(Layout::Single, "t", "wvtt", None)]);
    assert!(hls_error(&presentation(Layout::Single, vec![only_text])).contains("text only"));
}

/// Reads both manifests with other readers and compares what they find: rule HLS-17 above all.
fn read_back(presentation: &Presentation) {
    let mpd = dash::write(presentation).unwrap();
    let document = roxmltree::Document::parse(&mpd).unwrap();
    let ids: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name(("urn:mpeg:dash:schema:mpd:2011", "Representation")))
        .map(|node| node.attribute("id").unwrap().to_string())
        .collect();
    assert_eq!(ids.len(), presentation.renditions().count());

    let files = hls::write(presentation).unwrap();
    let (main, others) = files.split_last().unwrap();
    assert_eq!(main.0, hls::MULTIVARIANT);
    let Playlist::MasterPlaylist(main) = m3u8_rs::parse_playlist_res(main.1.as_bytes()).unwrap() else {
        panic!("a multivariant playlist")
    };
    let mut listed = Vec::new();
    for (name, text) in others {
        let Playlist::MediaPlaylist(playlist) = m3u8_rs::parse_playlist_res(text.as_bytes()).unwrap() else {
            panic!("{name} is a media playlist")
        };
        check_media(name, &playlist);
        listed.push(name.as_str());
        let Some((_, track)) = presentation.renditions().find(|(_, r)| format!("{}.m3u8", r.name) == *name)
        else {
            continue;
        };
        if track.sidecar.is_none() {
            assert_eq!(playlist.segments.len(), track.segments.len());
        }
    }
    check_main(&main, listed.len());
}

fn check_media(name: &str, playlist: &MediaPlaylist) {
    assert!(playlist.end_list, "{name}");
    for segment in &playlist.segments {
        assert!(f64::from(segment.duration).round() <= playlist.target_duration as f64, "{name}");
    }
    if playlist.i_frames_only {
        assert!(playlist.segments.iter().all(|segment| segment.byte_range.is_some()), "{name}");
    }
}

/// Each playlist is named somewhere; groups have one default at most, the same members, and names that differ.
fn check_main(main: &MasterPlaylist, playlists: usize) {
    let mut uris: Vec<&str> = main.variants.iter().map(|variant| variant.uri.as_str()).collect();
    uris.extend(main.alternatives.iter().filter_map(|media| media.uri.as_deref()));
    uris.sort_unstable();
    uris.dedup();
    assert_eq!(uris.len(), playlists);
    for kind in [AlternativeMediaType::Audio, AlternativeMediaType::Subtitles] {
        let of_kind: Vec<_> = main.alternatives.iter().filter(|media| media.media_type == kind).collect();
        let mut groups: Vec<_> = of_kind.iter().map(|media| media.group_id.as_str()).collect();
        groups.dedup();
        let members = |group: &str| {
            let of_group = of_kind.iter().filter(|media| media.group_id == group);
            of_group
                .map(|media| (media.name.clone(), media.language.clone(), media.default))
                .collect::<Vec<_>>()
        };
        for group in &groups {
            let members_here = members(group);
            assert_eq!(members_here, members(groups[0]));
            assert!(members_here.iter().filter(|(_, _, default)| *default).count() <= 1);
            let mut names: Vec<_> = members_here.iter().map(|(name, _, _)| name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), members_here.len());
        }
    }
    for variant in main.variants.iter().filter(|variant| !variant.is_i_frame) {
        assert!(variant.average_bandwidth.unwrap() <= variant.bandwidth);
        for group in variant.audio.iter().chain(&variant.subtitles) {
            assert!(main.alternatives.iter().any(|media| media.group_id == *group));
        }
    }
}

/// Two renditions as they are packed, with their manifests beside them, as ffprobe finds them.
#[test]
fn ffprobe_reads_packed_tracks() {
    if Command::new("ffprobe").arg("-version").output().is_err() {
        return corpus::skip("ffprobe");
    }
    let bench = Bench::with(&["sframe_low.ivf", "sframe_high.ivf"]);
    let renditions = ["sframe_high", "sframe_low"].map(|name| {
        let arguments =
            format!("pack --manifest none {name}.ivf -o out --name {name} --fragment-duration 1 --json");
        let report: serde_json::Value = serde_json::from_slice(&bench.succeed(&arguments).stdout).unwrap();
        packed(&report["tracks"][0], &bench.read(&format!("out/{name}.mp4")))
    });
    let packed =
        presentation(Layout::Single, vec![set(Media::Video, Some("en"), &["main"], renditions.into())]);
    fs::write(bench.path("out/manifest.mpd"), dash::write(&packed).unwrap()).unwrap();
    for (name, text) in hls::write(&packed).unwrap() {
        fs::write(bench.path(&format!("out/{name}")), text).unwrap();
    }
    read_back(&packed);
    for manifest in ["manifest.mpd", "main.m3u8"] {
        let output = Command::new("ffprobe")
            .args(["-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets"])
            .args(["-of", "csv=p=0", manifest])
            .current_dir(bench.path("out"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{manifest}: {errors}");
        let found = String::from_utf8_lossy(&output.stdout);
        // A stream for each rendition, listed again as part of its programme.
        let counts: Vec<_> = found.split_whitespace().collect();
        assert!(counts.len() >= 2 && counts.iter().all(|count| *count == "60"), "{manifest}: {found}");
    }
}

/// A rendition from the report of `cmaf pack` and the file that it wrote.
fn packed(report: &serde_json::Value, file: &[u8]) -> Rendition {
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    let name = report["name"].as_str().unwrap();
    let sidx = file.windows(4).position(|four| four == b"sidx").unwrap() as u64 - 4;
    let mut time = number(&report["start"]);
    let mut segments = Vec::new();
    for fragment in report["fragments"].as_array().unwrap() {
        let (offset, size) = (number(&fragment["offset"]), number(&fragment["size"]));
        let duration = number(&fragment["duration"]);
        let path = format!("{name}.mp4");
        segments.push(Segment { time, duration, path, offset, size, sap_type: 1, parts: Vec::new() });
        time += duration;
    }
    let mut track = rendition(Layout::Single, name, report["codec"].as_str().unwrap(), 1, &[], 0);
    track.timescale = number(&report["timescale"]) as u32;
    track.size = Some((number(&report["width"]) as u32, number(&report["height"]) as u32));
    let index = sidx..segments[0].offset;
    track.addressing = Addressing::Ranges { path: format!("{name}.mp4"), header_size: sidx, index };
    track.segments = segments;
    track
}
