use crate::cenc::{Scheme, check_span, protected_ranges};
use crate::cmaf::codec::{Options, build};
use crate::cmaf::{Dependency, Detail, Track};
use crate::control::Control;
use crate::demux;
use crate::error::Result;
use crate::input::Input;

const AVC: &[u8] = include_bytes!("../../../../fixtures/video/avc_slices.mp4");
const HEVC: &[u8] = include_bytes!("../../../../fixtures/video/hevc_open_gop.mp4");
const VP9: &[u8] = include_bytes!("../../../../fixtures/video/vp9_superframes.webm");

fn track(bytes: &[u8], protect: Option<Scheme>) -> Result<Track> {
    let input = Input::from_bytes("input", bytes.to_vec());
    let mut opened = demux::open(&input, &demux::Options::default())?;
    let source = opened.tracks.remove(0);
    let protect = protect.map(|scheme| (scheme, scheme.per_sample_iv_size()));
    let options = Options { protect, ..Options::default() };
    build(source, opened.container, &options, &Control::default())
}

/// The maps of all samples, which are checked to span them.
fn maps(bytes: &[u8], scheme: Scheme) -> Vec<Vec<(u16, u32)>> {
    let track = track(bytes, Some(scheme)).unwrap();
    let mut details = track.samples.details(0..track.samples.samples().len()).unwrap();
    let mut detail = Detail::default();
    let mut maps = Vec::new();
    while let Some(sample) = details.next_into(&mut detail) {
        check_span(&detail.subsamples, sample.size.into()).unwrap();
        let blocks = protected_ranges(&detail.subsamples).all(|range| (range.end - range.start) % 16 == 0);
        assert!(blocks || scheme == Scheme::Cbcs);
        maps.push(detail.subsamples.iter().map(|s| (s.clear, s.protected)).collect());
    }
    maps
}

fn sync(track: &Track) -> Vec<usize> {
    let samples = track.samples.samples().iter().enumerate();
    samples.filter(|(_, s)| s.dependency == Dependency::Sync).map(|(index, _)| index).collect()
}

#[test]
fn avc_samples() {
    let track = track(AVC, None).unwrap();
    assert_eq!((track.entries[0].codec.as_str(), track.presentation_size), ("avc1.64000a", (96, 64)));
    assert_eq!((track.start, sync(&track)), (0, vec![0, 6, 12]));
    assert!(track.warnings.is_empty(), "{:?}", track.warnings);
    let mut time = 0;
    for (index, sample) in track.samples.samples().iter().enumerate() {
        if sample.dependency == Dependency::Sync {
            assert_eq!(sample.composition_offset, 0, "sample {index}");
        }
        assert!(time + i64::from(sample.composition_offset) >= 0);
        time += i64::from(sample.duration);
    }
}

#[test]
fn hevc_open_groups_are_no_sync_samples() {
    let track = track(HEVC, None).unwrap();
    assert_eq!(track.entries[0].codec, "hvc1.1.6.L30.90");
    assert_eq!(sync(&track), [0]);
    let independent = track.samples.samples().iter().filter(|s| s.dependency == Dependency::Independent);
    assert!(independent.count() >= 2);
    assert_eq!(
        track.warnings,
        [
            "2 of 15 samples start open groups of pictures: some pictures behind them are shown before them and can't be \
          decoded from there, so no segment starts there, though 2 of them are marked as sync samples; first sample 6"
        ]
    );
}

#[test]
fn vp9_superframes() {
    let track = track(VP9, None).unwrap();
    assert_eq!(track.entries[0].codec, "vp09.00.10.08.01.02.02.02.00");
    assert_eq!((track.timescale, sync(&track)), (25000, vec![0, 6, 12]));
}

/// What shaka-packager writes for the same samples.
#[test]
fn maps_are_those_of_another_packager() {
    assert_eq!(
        maps(AVC, Scheme::Cbcs)[..3],
        [vec![(703, 985), (10, 320)], vec![(10, 283), (11, 83)], vec![(10, 129), (11, 26)]]
    );
    assert_eq!(
        maps(AVC, Scheme::Cenc)[..3],
        [vec![(703, 976), (19, 320)], vec![(10, 272), (22, 80), (3, 0)], vec![(10, 128), (12, 16), (10, 0)]]
    );
    assert_eq!(maps(HEVC, Scheme::Cbcs)[..3], [vec![(9, 1002)], vec![(12, 135)], vec![(13, 309)]]);
    assert_eq!(
        maps(HEVC, Scheme::Cenc)[..3],
        [vec![(9, 992), (10, 0)], vec![(12, 128), (7, 0)], vec![(13, 304), (5, 0)]]
    );
    assert_eq!(
        maps(VP9, Scheme::Cbcs)[..3],
        [vec![(18, 1888)], vec![(10, 256), (9, 0)], vec![(10, 80), (15, 0)]]
    );
    assert_eq!(
        maps(VP9, Scheme::Cenc)[..3],
        [vec![(18, 1888)], vec![(10, 256), (9, 0)], vec![(10, 80), (15, 0)]]
    );
}

#[test]
fn a_frame_rate_is_for_times_that_need_one() {
    let input = Input::from_bytes("input", AVC.to_vec());
    let mut opened = demux::open(&input, &demux::Options::default()).unwrap();
    let options = Options { frame_rate: Some("25".parse().unwrap()), ..Options::default() };
    let source = opened.tracks.remove(0);
    let error = build(source, opened.container, &options, &Control::default()).unwrap_err();
    assert!(error.message().starts_with("--frame-rate is for inputs"), "{error}");
}

#[test]
fn broken_streams_are_read_or_refused() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    for bytes in [AVC, HEVC, VP9] {
        for round in 0..300 {
            let mut broken = bytes.to_vec();
            for _ in 0..=random(4) {
                let at = random(broken.len());
                broken[at] = [0, 0xff, random(256) as u8][random(3)];
            }
            let _ = track(&broken, [None, Some(Scheme::Cbcs), Some(Scheme::Cenc)][round % 3]);
        }
    }
}
