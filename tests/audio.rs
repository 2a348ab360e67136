//! Sound through the library: packed, encrypted as whole samples, and decrypted again.

use std::path::Path;

use showpack::cenc::{Key, KeyId, KeyRing, Pattern, Scheme};
use showpack::cmaf::cut::Durations;
use showpack::cmaf::template::SegmentTemplate;
use showpack::cmaf::write::Layout;
use showpack::cmaf::{Media, align};
use showpack::control::Control;
use showpack::pack::{self, Encryption, Job, Manifests};
use showpack::{Input, decrypt};

/// ADTS frames of AAC-LC at 44.1 kHz, some shorter than a block of the cipher.
fn adts() -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0..40u8 {
        let content: Vec<u8> = (0..1 + usize::from(number) * 7).map(|at| at as u8 ^ number).collect();
        let length = content.len() + 7;
        out.extend([0xff, 0xf1, 0x50, 0x80, (length >> 3) as u8, (length << 5) as u8 | 0x1f, 0xfc]);
        out.extend(content);
    }
    out
}

fn keys() -> KeyRing {
    let mut keys = KeyRing::default();
    keys.insert(KeyId([7; 16]), Key::new([9; 16]).unwrap()).unwrap();
    keys
}

fn packed(folder: &Path, scheme: Option<Scheme>) -> Vec<u8> {
    let seconds = || "2".parse().unwrap();
    let job = Job {
        inputs: vec![Input::from_bytes("sound.aac", adts()).into()],
        folder: folder.to_path_buf(),
        name: None,
        force: true,
        layout: Layout::Single,
        durations: Durations { segment: seconds(), fragment: Some(seconds()), chunk: None },
        encryption: scheme.map(|scheme| Encryption {
            scheme,
            pattern: Pattern::P1_9,
            audio_pattern: Pattern::NONE,
            keys: keys(),
            kid: None,
            iv: None,
            common_pssh: false,
        }),
        align: align::Mode::Strict,
        manifests: Manifests::default(),
        template: SegmentTemplate::default(),
        frame_rate: None,
        from: None,
        to: None,
        container: None,
    };
    let report = pack::run(&job, &Control::new()).unwrap();
    assert_eq!(
        (report.tracks[0].facts.kind, report.tracks[0].facts.codec.as_str()),
        (Media::Audio, "mp4a.40.2")
    );
    std::fs::read(folder.join("sound.mp4")).unwrap()
}

fn count(bytes: &[u8], kind: &[u8]) -> usize {
    bytes.windows(kind.len()).filter(|window| *window == kind).count()
}

#[test]
fn whole_samples_are_encrypted_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let clear = packed(folder.path(), None);
    for (scheme, senc) in [(Scheme::Cbcs, 0), (Scheme::Cenc, 1)] {
        let locked = packed(folder.path(), Some(scheme));
        assert_eq!(
            (count(&locked, b"enca"), count(&locked, b"senc"), count(&locked, b"saiz")),
            (1, senc, senc)
        );
        let source = decrypt::Source { input: Input::from_bytes("locked.mp4", locked), init: None };
        let output = folder.path().join("plain.mp4");
        let report = decrypt::run(&source, &keys(), &output, true, &Control::new()).unwrap();
        assert_eq!((report.tracks[0].codec.as_str(), report.tracks[0].protected_samples), ("mp4a", 40));
        let plain = std::fs::read(&output).unwrap();
        assert_eq!((count(&plain, b"mp4a"), count(&plain, b"sinf")), (1, 0));
        let media = |bytes: &[u8]| {
            let at = bytes.windows(4).position(|window| window == b"mdat").unwrap();
            bytes[at..].to_vec()
        };
        assert_eq!(media(&plain), media(&clear), "{scheme}");
    }
}
