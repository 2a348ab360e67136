//! What is asked for.

use std::path::PathBuf;

use encoding_rs::Encoding;

use crate::cenc::{Iv, KeyId, KeyRing, Pattern, Scheme};
use crate::cmaf::Media;
use crate::cmaf::align;
use crate::cmaf::codec::text;
use crate::cmaf::cut::Durations;
use crate::cmaf::template::SegmentTemplate;
use crate::cmaf::write::Layout;
use crate::demux::Container;
use crate::input::Input;
use crate::time::{FrameRate, Seconds};

/// What to package, and how.
#[derive(Debug)]
pub struct Job {
    /// The inputs; media segments follow the header they belong to.
    pub inputs: Vec<JobInput>,
    /// The folder for the outputs; it is made if need be.
    pub folder: PathBuf,
    /// Name of the outputs; the input's own if there is none.
    pub name: Option<String>,
    /// Replaces outputs that exist.
    pub force: bool,
    /// One file or segments.
    pub layout: Layout,
    /// How the files of segments are called.
    pub template: SegmentTemplate,
    /// Where to cut.
    pub durations: Durations,
    /// What to do where renditions can't be cut together.
    pub align: align::Mode,
    /// Which manifests to write.
    pub manifests: Manifests,
    /// Encrypts the tracks of video and sound.
    pub encryption: Option<Encryption>,
    /// Frames per second, where the container does not tell, or not truly.
    pub frame_rate: Option<FrameRate>,
    /// Packages a part only, from here on.
    pub from: Option<Seconds>,
    /// Packages a part only, up to here.
    pub to: Option<Seconds>,
    /// Takes the inputs as this container.
    pub container: Option<Container>,
}

/// An input and what is said of its tracks.
#[derive(Debug, Clone)]
pub struct JobInput {
    /// The bytes.
    pub input: Input,
    /// What the user says of it.
    pub settings: Settings,
}

impl From<Input> for JobInput {
    fn from(input: Input) -> Self {
        JobInput { input, settings: Settings::default() }
    }
}

/// What a user says of an input's tracks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Takes these tracks only.
    pub track: Option<TrackChoice>,
    /// The language, a BCP 47 tag; of a script in several, the one to take.
    pub language: Option<String>,
    /// Roles of the DASH role scheme.
    pub roles: Vec<String>,
    /// A name for people.
    pub label: Option<String>,
    /// The switching set that the track belongs to.
    pub group: Option<String>,
    /// The label of the key to encrypt it with.
    pub key: Option<KeyChoice>,
    /// The output's name.
    pub name: Option<String>,
    /// Whether players choose it when nobody else does.
    pub is_default: Option<bool>,
    /// How timed text is coded.
    pub text: Option<text::Coding>,
    /// The encoding of a file of text, where it is not told from the bytes.
    pub encoding: Option<&'static Encoding>,
    /// Frames per second, as [`Job::frame_rate`].
    pub frame_rate: Option<FrameRate>,
}

/// Which tracks of an input are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackChoice {
    /// The one with this number in its container.
    Id(u32),
    /// All of a medium.
    Media(Media),
}

/// Which key a track is encrypted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyChoice {
    /// The key of this label, or of this ID.
    Label(String),
    /// None: it stays clear.
    Clear,
}

/// Which manifests are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifests {
    /// `manifest.mpd`.
    pub dash: bool,
    /// `main.m3u8` and the playlists of the tracks.
    pub hls: bool,
    /// Put before addresses in the MPD.
    pub base_url: Option<String>,
    /// Put before addresses in playlists.
    pub hls_prefix: Option<String>,
    /// Where HLS players get the key: `skd:` for FairPlay, else the address of its 16 bytes; `{kid}` stands for the ID.
    pub key_uri: Option<String>,
}

/// How tracks are encrypted.
#[derive(Debug)]
pub struct Encryption {
    /// `cbcs` or `cenc`.
    pub scheme: Scheme,
    /// The pattern of video under `cbcs`.
    pub pattern: Pattern,
    /// The pattern of sound under `cbcs`: none, for whole samples, or 10:0, which says the same in other words.
    pub audio_pattern: Pattern,
    /// The keys at hand.
    pub keys: KeyRing,
    /// The one to use, where there are several.
    pub kid: Option<KeyId>,
    /// The constant IV, or the first one of the first track; random if there is none.
    pub iv: Option<Iv>,
    /// Writes the common system's `pssh` box.
    pub common_pssh: bool,
}
