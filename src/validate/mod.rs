//! Whether media files keep the rules of ISOBMFF, CMAF, AV1 in ISOBMFF and Common Encryption.
//!
//! [`table`] says what each rule demands and why; `checks` holds what looks for breaches, a family of rules a file. A
//! file is read once box by box and once sample by sample, and every check sees all of it: memory does not grow with
//! the file, and all findings come in one run. No key is needed: the headers of encrypted AV1 are clear.
//!
//! ```no_run
//! use showpack::control::Control;
//! use showpack::{Input, validate};
//!
//! let movie = Input::open("movie.mp4")?;
//! let checked = validate::track(&[movie], &validate::Options::default(), &Control::new())?;
//! for finding in &checked.report.findings {
//!     println!("{} {}", finding.rule.id, finding.message);
//! }
//! # Ok::<(), showpack::Error>(())
//! ```

mod check;
mod checks;
mod facts;
mod gathered;
mod manifest;
mod page;
mod pass;
mod profile;
mod set;
pub mod table;
mod target;

use crate::cenc::KeyRing;
use crate::control::Control;
use crate::error::Result;
use crate::findings::FileReport;
use crate::input::Input;
use crate::inspect::mp4::Mp4;

use self::checks::Checks;
use self::gathered::Gathered;
use self::profile::Profiles;

pub use self::facts::{FragmentFacts, SyncSample, TrackFacts};
pub use self::page::page;
pub use self::profile::Profile;
pub use self::target::{Outcome, Target, targets};

/// How to check.
#[derive(Debug, Default)]
pub struct Options {
    /// The families of rules to hold files to. Without, a file is held to all that it claims or is fit for.
    pub profiles: Option<Vec<Profile>>,
    /// Keys with which protected tiles are looked into. None is needed for all else.
    pub keys: KeyRing,
}

/// What came of checking a file, or an init segment with its media segments.
#[derive(Debug)]
pub struct Checked {
    /// The findings.
    pub report: FileReport,
    /// Its tracks, for comparing them with others and with manifests.
    pub tracks: Vec<TrackFacts>,
}

/// Checks a track file, or an init segment with its media segments, which are told apart by their contents.
///
/// # Errors
/// `Io`, `Interrupted`. What is wrong with a file is a finding.
pub fn track(parts: &[Input], options: &Options, control: &Control) -> Result<Checked> {
    let whole = Input::concat(parts.to_vec());
    let mut file = Mp4::open(&whole, None)?;
    let profiles = options.profiles.as_deref().map_or_else(|| Profiles::fitting(&file), Profiles::of);
    let mut found = Gathered::new(parts, profiles);
    let mut checks = Checks::new(options);
    pass::boxes(&file, &mut checks, &mut found, control)?;
    pass::samples(&mut file, &mut checks, &mut found, control)?;
    let tracks = checks.facts.tracks;
    let report = FileReport::new(whole.name(), found.into_findings());
    Ok(Checked { report: report.about(tracks.iter().map(about).collect()), tracks })
}

/// A line on a track, for the beginning of a report.
fn about(track: &TrackFacts) -> String {
    let fragments = match track.fragments.len() {
        0 => "not fragmented".to_owned(),
        1 => "1 fragment".to_owned(),
        many => format!("{many} fragments"),
    };
    format!("track {}: {}, {}, {fragments}", track.id(), track.about(), track.seconds())
}
