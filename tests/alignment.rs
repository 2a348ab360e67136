//! Cut lists of whole switching sets, over random key frames, frame rates and lengths.

use proptest::prelude::*;
use showpack::Input;
use showpack::cmaf::align::{Instant, Line, Mode, follow, fragments_at, shared_cuts, subdivide};
use showpack::cmaf::cut::Fragment;
use showpack::cmaf::{Dependency, Description, Detail, Media, NewSample, SampleTable, Track};
use showpack::time::Seconds;

/// Frame rates, each with the timescales that can tell its frame durations, exactly or by turns.
const RATES: &[(u64, u64, &[u32])] = &[
    (24000, 1001, &[24000, 90000, 48000]),
    (30000, 1001, &[30000, 90000, 60000]),
    (60000, 1001, &[60000, 90000, 120_000]),
    (25, 1, &[25000, 12800]),
];

fn track(media: Media, timescale: u32, samples: SampleTable) -> Track {
    Track {
        media,
        timescale,
        start: 0,
        presented_from: 0,
        language: None,
        samples,
        payload: Input::from_bytes("x", vec![]),
        entries: vec![],
        groups: vec![],
        presentation_size: (0, 0),
        description: Description::default(),
        brands: vec![],
        is_cmaf: true,
        warnings: vec![],
    }
}

/// Video whose frames begin at the ticks nearest to their true times.
fn video(frames: u64, rate: (u64, u64), timescale: u32, is_key: impl Fn(u64) -> bool) -> Track {
    let at = |frame: u64| {
        let (n, d) = (u128::from(frame * rate.1) * u128::from(timescale), u128::from(rate.0));
        ((2 * n + d) / (2 * d)) as u64
    };
    let mut samples = SampleTable::default();
    for frame in 0..frames {
        let dependency = if frame == 0 || is_key(frame) { Dependency::Sync } else { Dependency::Dependent };
        let duration = (at(frame + 1) - at(frame)) as u32;
        samples.push(NewSample::new(1, dependency, 0).times(duration, 0), &Detail::default()).unwrap();
    }
    track(Media::Video, timescale, samples)
}

/// Sound in frames of `frame` samples.
fn audio(seconds: u64, rate: u32, frame: u32, primed: u64) -> Track {
    let mut samples = SampleTable::default();
    for _ in 0..(seconds * u64::from(rate) + primed).div_ceil(frame.into()) {
        let sample = NewSample::new(1, Dependency::Sync, 0).times(frame, 0);
        samples.push(sample, &Detail::default()).unwrap();
    }
    let mut track = track(Media::Audio, rate, samples);
    track.presented_from = primed;
    track
}

/// Every sample once, in order, and each fragment where its samples are.
fn check_whole(track: &Track, fragments: &[Fragment]) {
    let samples = track.samples.samples();
    let (mut next, mut time) = (0, track.start);
    for fragment in fragments {
        assert_eq!((fragment.samples.start, fragment.start), (next, time));
        assert!(!fragment.samples.is_empty());
        assert_eq!(samples[next].dependency, Dependency::Sync);
        next = fragment.samples.end;
        time += fragment.duration;
    }
    assert_eq!((next, time), (samples.len(), track.start + track.duration()));
}

fn instants(line: &Line, starts: &[usize]) -> Vec<Instant> {
    let point = |sample: &usize| line.points.binary_search_by_key(sample, |p| p.sample).unwrap();
    let time = |sample: &usize| line.points[point(sample)].time;
    starts.iter().map(|s| Instant { ticks: time(s), timescale: line.timescale }).collect()
}

fn seconds(instant: Instant) -> f64 {
    instant.ticks as f64 / f64::from(instant.timescale)
}

/// Cuts a set of renditions and sound that follows it; checks all that must hold.
fn check_set(videos: &[Track], sounds: &[Track], target: Seconds) {
    let lines: Vec<Line> = videos.iter().enumerate().map(|(n, t)| Line::of(format!("v{n}"), t)).collect();
    let cuts = shared_cuts(&lines, target, Mode::Widen).unwrap();
    assert_eq!(cuts[0], vec![0; videos.len()]);
    let mut starts = Vec::new();
    for (number, (video, line)) in videos.iter().zip(&lines).enumerate() {
        let samples: Vec<usize> = cuts.iter().map(|cut| line.points[cut[number]].sample).collect();
        check_whole(video, &fragments_at(video, &samples));
        starts.push(instants_of_points(line, &cuts, number));
    }
    for other in &starts[1..] {
        for (a, b) in starts[0].iter().zip(other) {
            assert!(a.is_near(*b), "{a:?} {b:?}");
        }
    }
    let end = Instant { ticks: lines[0].end, timescale: lines[0].timescale };
    for sound in sounds {
        let line = Line::of("sound", sound);
        let samples = follow(&line, &starts[0], end, target, Mode::Strict).unwrap();
        check_whole(sound, &fragments_at(sound, &samples));
        let times = instants(&line, &samples);
        let frame = f64::from(sound.samples.samples()[0].duration) / f64::from(sound.timescale);
        for (cut, time) in starts[0].iter().zip(&times).skip(1) {
            assert!((seconds(*cut) - seconds(*time)).abs() <= frame / 2.0 + 1e-9, "{cut:?} {time:?}");
        }
    }
}

fn instants_of_points(line: &Line, cuts: &[Vec<usize>], number: usize) -> Vec<Instant> {
    cuts.iter().map(|c| Instant { ticks: line.points[c[number]].time, timescale: line.timescale }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn renditions_are_cut_together(
        rate in 0..RATES.len(),
        frames in 48..2000u64,
        keys in prop::collection::vec(prop::collection::btree_set(1..2000u64, 0..60), 1..5),
        common in prop::collection::btree_set(1..2000u64, 0..40),
        target in 1..8u64,
        primed in 0..3000u64,
    ) {
        let (n, d, timescales) = RATES[rate];
        let videos: Vec<Track> = keys
            .iter()
            .enumerate()
            .map(|(index, own)| {
                let is_key = |frame: u64| own.contains(&frame) || common.contains(&frame);
                video(frames, (n, d), timescales[index % timescales.len()], is_key)
            })
            .collect();
        let length = frames * d / n + 1;
        let sounds = [audio(length, 44100, 1024, primed), audio(length, 48000, 960, 312), audio(length, 48000, 1536, 0)];
        check_set(&videos, &sounds, target.to_string().parse().unwrap());
    }

    #[test]
    fn strict_sets_are_cut_as_wanted_or_refused(
        keys in prop::collection::vec(prop::collection::btree_set(1..400u64, 0..40), 2..4),
        target in 1..6u64,
    ) {
        let videos: Vec<Track> =
            keys.iter().map(|own| video(400, (25, 1), 25000, |frame| own.contains(&frame))).collect();
        let lines: Vec<Line> = videos.iter().enumerate().map(|(n, t)| Line::of(format!("v{n}"), t)).collect();
        let target: Seconds = target.to_string().parse().unwrap();
        let alone = shared_cuts(&lines[..1], target, Mode::Strict).unwrap();
        let longest = |cuts: &[Vec<usize>]| {
            let mut times: Vec<u64> = cuts.iter().map(|c| lines[0].points[c[0]].time).collect();
            times.push(lines[0].end);
            times.windows(2).map(|w| w[1] - w[0]).max().unwrap()
        };
        let most = longest(&alone).max(target.ticks(25000) * 3 / 2);
        let widened = shared_cuts(&lines, target, Mode::Widen).unwrap();
        match shared_cuts(&lines, target, Mode::Strict) {
            Ok(cuts) => {
                prop_assert!(longest(&cuts) <= most);
                prop_assert_eq!(cuts, widened);
            }
            Err(error) => {
                prop_assert!(longest(&widened) > most);
                prop_assert!(error.to_string().contains("has no random access point at"), "{}", error);
            }
        }
    }
}

#[test]
fn ten_hours_do_not_drift() {
    for &(n, d, timescales) in &RATES[..3] {
        let frames = 36_000 * n / d;
        let videos: Vec<Track> = timescales[..2]
            .iter()
            .enumerate()
            .map(|(index, &timescale)| {
                let own = 31 + 20 * index as u64;
                video(frames, (n, d), timescale, |frame| frame % 120 == 0 || frame % own == 7)
            })
            .collect();
        let sounds = [audio(36_000, 44100, 1024, 2112), audio(36_000, 48000, 1024, 1024)];
        check_set(&videos, &sounds, "6".parse().unwrap());
    }
}

#[test]
fn a_missing_random_access_point_is_named() {
    let whole = video(250, (25, 1), 25000, |frame| frame % 50 == 0);
    let lacking = video(250, (25, 1), 12800, |frame| frame % 50 == 0 && frame != 100 || frame == 110);
    let lines = [Line::of("high", &whole), Line::of("low", &lacking)];
    let error = shared_cuts(&lines, "2".parse().unwrap(), Mode::Strict).unwrap_err();
    assert_eq!(
        error.to_string(),
        "low has no random access point at 4.000 s, where high has one; its nearest are at 2.000 s and 4.400 s. \
         Encode the renditions with the same key frames, or merge segments with --align widen (the longest then lasts \
         4.000 s) (rule CMF-38)"
    );
    assert_eq!(shared_cuts(&lines, "2".parse().unwrap(), Mode::Widen).unwrap().len(), 4);
}

#[test]
fn segments_are_divided_where_all_can_be() {
    let high = video(250, (25, 1), 25000, |frame| frame % 25 == 0);
    let low = video(250, (25, 1), 12800, |frame| frame % 25 == 0 && frame != 75 || frame == 110);
    let lines = [Line::of("high", &high), Line::of("low", &low)];
    let segments = shared_cuts(&lines, "4".parse().unwrap(), Mode::Strict).unwrap();
    let seconds = |cuts: &[Vec<usize>]| -> Vec<u64> {
        cuts.iter().map(|cut| lines[0].points[cut[0]].time / 25000).collect()
    };
    assert_eq!(seconds(&segments), [0, 4, 8]);
    assert_eq!(seconds(&subdivide(&lines, &segments, "1".parse().unwrap())), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(seconds(&subdivide(&lines, &segments, "100".parse().unwrap())), [0, 4, 8]);
}

#[test]
fn sound_that_goes_on_alone_is_cut_like_the_rest() {
    for (seconds, longest) in [(10, 2.1), (11, 3.1), (13, 3.1), (30, 4.1)] {
        let sound = audio(seconds, 48000, 1024, 0);
        let cuts: Vec<Instant> = [0, 4, 8].map(|ticks| Instant { ticks, timescale: 1 }).into();
        let end = Instant { ticks: 10, timescale: 1 };
        let starts =
            follow(&Line::of("sound", &sound), &cuts, end, "4".parse().unwrap(), Mode::Strict).unwrap();
        let fragments = fragments_at(&sound, &starts);
        let behind = fragments[2..].iter().map(|f| f.duration as f64 / 48000.0).fold(0.0, f64::max);
        assert!(behind < longest && behind > longest - 0.2, "{seconds} s: {behind} s");
    }
}
