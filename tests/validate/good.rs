//! Good files: fixtures that `cmaf pack` packed, each once.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use super::edit::Files;

/// How a set of good files is made: its name, and the arguments behind `cmaf pack`; or a fixture that is taken as it is.
const RECIPES: &[(&str, &str)] = &[
    // Two segments and more, tiles, shown existing frames.
    ("av1", "av1/odd_23976.ivf --manifest none"),
    ("av1-segments", "av1/odd_23976.ivf --manifest none --layout segments"),
    // Seven fragments in one file, and three segments.
    ("ladder", "presentation/ladder_90.ivf --manifest none"),
    ("ladder-segments", "presentation/ladder_90.ivf --manifest none --layout segments"),
    ("ladder-cbcs", "presentation/ladder_90.ivf --manifest none --encrypt cbcs {KEY}"),
    ("ladder-cenc", "presentation/ladder_90.ivf --manifest none --encrypt cenc {KEY}"),
    // An edit list.
    ("opus", "presentation/sound_en.webm --manifest none"),
    // Negative composition offsets.
    ("avc", "video/avc_slices.mp4 --manifest none"),
    // A file as it is: samples in the movie box, which comes last.
    ("progressive", "av1/hdr10_progressive.mp4"),
    ("aac", "presentation/sound_fr.mp4 --manifest none"),
    // Immediate playout frames begin segments.
    ("xhe-aac", "sound/xhe_aac.mp4 --manifest none --layout segments --segment-duration 0.3"),
    ("ac3", "sound/stereo.ac3 --manifest none"),
    ("eac3", "sound/stereo.eac3 --manifest none"),
    ("flac", "sound/stereo.flac --manifest none"),
    ("iamf", "sound/mono_opus.iamf --manifest none"),
    // Three fragments, several samples each where there are several cues.
    ("wvtt", "ttal/harbour.ttal?text=wvtt --manifest none"),
    ("stpp", "ttal/harbour.ttal?text=stpp --manifest none"),
    ("iamf-cbcs", "sound/mono_opus.iamf --manifest none --encrypt cbcs {KEY}"),
    ("av1-cbcs", "av1/odd_23976.ivf --manifest none --encrypt cbcs {KEY}"),
    ("av1-hdr", "av1/hdr10.ivf --manifest none"),
    ("av1-mono", "av1/mono.ivf --manifest none"),
    ("av1-forward", "av1/fwdkf.ivf --manifest none"),
    ("av1-switch", "av1/sframe_low.ivf --manifest none"),
    ("av1-forward-cenc", "av1/fwdkf.ivf --manifest none --encrypt cenc {KEY}"),
    ("av1-short-cenc", "av1/tinytiles.ivf --manifest none --encrypt cenc {KEY}"),
    ("sound-cbcs", "presentation/sound_en.webm --manifest none --encrypt cbcs {KEY}"),
    ("sound-cenc", "presentation/sound_en.webm --manifest none --encrypt cenc {KEY}"),
    ("av1-cenc", "av1/odd_23976.ivf --manifest none --encrypt cenc {KEY}"),
    // A ladder of two, sound in two languages, with manifests.
    ("presentation", LADDER),
    ("presentation-segments", "{LADDER} --layout segments"),
    ("presentation-cbcs", "{LADDER} --encrypt cbcs {KEY} --drm common"),
    ("hdr10", "av1/hdr10.ivf --layout single"),
];

/// The inputs of a presentation.
const LADDER: &str = "presentation/ladder_180.ivf presentation/ladder_90.ivf presentation/sound_en.webm?lang=en \
                      presentation/sound_fr.webm?lang=fr";

/// A key for tests, behind its ID.
pub const KEY: &str = "00112233445566778899aabbccddeeff:0123456789abcdeffedcba9876543210";
/// An IV for tests under `cbcs`, the first one under `cenc`.
const IVS: [(&str, &str); 2] =
    [("cbcs", "--iv f0e0d0c0b0a090807060504030201000"), ("cenc", "--iv 0102030405060708")];

/// Good files by their name.
///
/// # Panics
/// Where there are none of that name, or they can't be packed.
pub fn good(name: &str) -> Files {
    static MADE: LazyLock<Mutex<HashMap<String, Files>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    made.entry(name.to_owned()).or_insert_with(|| make(name)).clone()
}

fn make(name: &str) -> Files {
    let (_, recipe) = RECIPES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no {name}"));
    let folder = tempfile::tempdir().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    if !recipe.contains(' ') {
        let mut files = Files::default();
        files.insert(recipe, fs::read(fixtures.join(recipe)).unwrap());
        return files;
    }
    let iv = IVS.iter().find(|(scheme, _)| recipe.contains(scheme)).map_or("", |(_, iv)| iv);
    let recipe = recipe.replace("{KEY}", &format!("--key {KEY} {iv}")).replace("{LADDER}", LADDER);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmaf"));
    command.arg("pack").env_remove("CMAF_KEYS");
    for argument in recipe.split_whitespace() {
        // Inputs are named by their place among the fixtures.
        let (path, settings) = argument.split_at(argument.find('?').unwrap_or(argument.len()));
        let input = fixtures.join(path);
        if argument.contains('/') && input.is_file() {
            command.arg(format!("{}{settings}", input.display()))
        } else {
            command.arg(argument)
        };
    }
    let output = command.arg("-o").arg(folder.path().join("out")).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let mut files = Files::default();
    take(&folder.path().join("out"), "", &mut files);
    files
}

fn take(folder: &Path, prefix: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            take(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(&name, fs::read(entry.path()).unwrap());
        }
    }
}
