//! Holding what was written to the rules.

use super::{Job, Report};
use crate::control::Control;
use crate::error::Result;
use crate::validate::{self, Options, Outcome, Target};

/// Checks the tracks and manifests of a finished job, against the rules and against each other. Other files of the
/// folder are left alone.
///
/// # Errors
/// `Interrupted`. What can't be read is in [`Outcome::failures`].
pub fn verify(job: &Job, report: &Report, control: &Control) -> Result<Outcome> {
    let of_tracks = report.tracks.iter().flat_map(|track| &track.files);
    let paths = report.manifests.iter().chain(of_tracks);
    let targets = paths.map(|path| Target::Path(job.folder.join(path))).collect();
    validate::targets(targets, &Options::default(), control)
}
