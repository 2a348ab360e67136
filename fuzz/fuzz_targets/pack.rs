//! Packaging from end to end: any input, then what was written is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use showpack::cenc::{Iv, KeyRing, Pattern, Scheme};
use showpack::cmaf::cut::Durations;
use showpack::cmaf::align;
use showpack::cmaf::template::SegmentTemplate;
use showpack::cmaf::write::Layout;
use showpack::control::Control;
use showpack::pack::{self, Encryption, Job, Manifests};
use showpack::{Input, demux, time::FrameRate};

fuzz_target!(|data: &[u8]| {
    let [choice, data @ ..] = data else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let scheme = if choice & 1 == 0 { Scheme::Cbcs } else { Scheme::Cenc };
    let mut keys = KeyRing::new();
    keys.add_pair("00112233445566778899aabbccddeeff:0123456789abcdeffedcba9876543210").expect("a key");
    let encryption = Encryption {
        scheme,
        pattern: Pattern::P1_9,
        audio_pattern: Pattern::NONE,
        keys,
        kid: None,
        iv: Some(Iv::from_bytes(if scheme == Scheme::Cbcs { &[7; 16] } else { &[7; 8] }).expect("an IV")),
        common_pssh: true,
    };
    let job = Job {
        inputs: vec![Input::from_bytes("input", data.to_vec()).into()],
        folder: folder.path().to_path_buf(),
        name: None,
        force: false,
        layout: if choice & 2 == 0 { Layout::Single } else { Layout::Segments },
        durations: Durations {
            fragment: (choice & 64 != 0).then(|| "0.5".parse().expect("a time")),
            segment: "1".parse().expect("a time"),
            chunk: (choice & 4 != 0).then(|| "0.1".parse().expect("a time")),
        },
        encryption: (choice & 8 != 0).then_some(encryption),
        align: align::Mode::Strict,
        manifests: Manifests { dash: true, hls: true, ..Manifests::default() },
        template: SegmentTemplate::default(),
        frame_rate: if choice & 16 == 0 { None } else { FrameRate::new(25, 1) },
        from: None,
        to: None,
        container: None,
    };
    let Ok(report) = pack::run(&job, &Control::new()) else {
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0, "a failed run leaves nothing");
        return;
    };
    for track in &report.tracks {
        if job.layout == Layout::Single {
            let output = Input::open(folder.path().join(&track.files[0])).expect("the output");
            demux::open(&output, &demux::Options::default()).expect("the output can be read");
        }
    }
});
