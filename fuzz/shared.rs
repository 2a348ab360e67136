//! What several targets do.

use showpack::cenc::Scheme;
use showpack::cmaf::codec::{self, Options};
use showpack::control::Control;
use showpack::demux::{self, Container, TrackKind};
use showpack::{Input, time::FrameRate};

/// Opens an input and makes samples of its AV1 tracks, with subsample maps.
pub fn read_samples(data: &[u8], container: Option<Container>) {
    let input = Input::from_bytes("input", data.to_vec());
    let Ok(opened) = demux::open(&input, &demux::Options { container }) else { return };
    for track in opened.tracks {
        if track.kind != TrackKind::Av1 {
            continue;
        }
        let options = Options { frame_rate: FrameRate::new(25, 1), protect: Some((Scheme::Cenc, 8)) };
        if let Ok(track) = codec::build(track, opened.container, &options, &Control::new()) {
            let samples = track.samples.samples();
            assert!(samples.iter().all(|s| s.duration > 0));
            assert!(samples.iter().map(|s| u64::from(s.size)).sum::<u64>() <= 2 * data.len() as u64 + (1 << 20));
        }
    }
}
