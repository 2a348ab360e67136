//! Packaging: inputs in, a presentation of CMAF tracks out, with its manifests, and a report of what was made.
//!
//! A job runs in three steps: all inputs are opened and read on all cores; what will be written is decided (switching
//! sets, names, keys, cuts); everything is written, manifests last. Nothing has its name before everything is whole.

pub mod address;
mod describe;
mod encrypt;
mod job;
pub mod job_file;
mod names;
mod open;
mod plan;
mod report;
mod sets;
pub mod settings;
mod verify;

use std::io::Write;
use std::time::Instant;

pub use job::{Encryption, Job, JobInput, KeyChoice, Manifests, Settings, TrackChoice};
pub use open::STANDARD_INPUT;
pub use report::{
    EncryptionReport, FragmentReport, PartReport, PlanReport, PlannedReport, Report, SetReport, TrackFacts,
    TrackReport,
};
pub use verify::verify;

use describe::Done;
use encrypt::Encryptor;
use plan::{Plan, Planned};

use crate::cmaf::write;
use crate::control::Control;
use crate::error::{Error, Result};
use crate::manifest::{dash, hls};
use crate::output::Outputs;

/// Does a job. Outputs get their names when all of it is done, or not at all.
///
/// # Errors
/// What the inputs, the arguments or the environment cause, see [`crate::ErrorKind`].
pub fn run(job: &Job, control: &Control) -> Result<Report> {
    let began = Instant::now();
    let mut encryptor = job.encryption.as_ref().map(Encryptor::new).transpose()?;
    let plan = plan::make(job, encryptor.as_ref(), control)?;
    let mut outputs = outputs(job);
    check_free(job, &plan, &outputs)?;
    let mut written = Vec::with_capacity(plan.tracks.len());
    for planned in &plan.tracks {
        written.push(write_track(job, planned, encryptor.as_mut(), &mut outputs, control)?);
    }
    let manifests = write_manifests(job, &plan, &written, &mut outputs)?;
    control.check()?;
    outputs.commit()?;
    Ok(report(plan, written, manifests, began))
}

/// Decides all that [`run`] would do, and writes nothing.
///
/// # Errors
/// As [`run`], but for what only writing finds.
pub fn plan(job: &Job, control: &Control) -> Result<PlanReport> {
    let encryptor = job.encryption.as_ref().map(Encryptor::new).transpose()?;
    let plan = plan::make(job, encryptor.as_ref(), control)?;
    check_free(job, &plan, &outputs(job))?;
    Ok(plan.report(job))
}

fn outputs(job: &Job) -> Outputs {
    let mut outputs = Outputs::new(job.force);
    job.inputs.iter().for_each(|input| outputs.keep(&input.input));
    outputs
}

/// An output must not be there before anything is done for it.
fn check_free(job: &Job, plan: &Plan, outputs: &Outputs) -> Result<()> {
    for planned in &plan.tracks {
        let place = job.folder.join(names::place(job, &planned.name));
        match job.layout {
            write::Layout::Single => outputs.check_free(&place)?,
            write::Layout::Segments => {
                outputs.check_folder_free(&place, |name| job.template.is_output(name))?;
            }
        }
        for path in &planned.beside {
            outputs.check_free(&job.folder.join(path))?;
        }
    }
    let manifests = [(plan.manifests.dash, names::MPD), (plan.manifests.hls, hls::MULTIVARIANT)];
    for (_, path) in manifests.into_iter().filter(|(wanted, _)| *wanted) {
        outputs.check_free(&job.folder.join(path))?;
    }
    Ok(())
}

fn write_track(
    job: &Job,
    planned: &Planned,
    encryptor: Option<&mut Encryptor<'_>>,
    outputs: &mut Outputs,
    control: &Control,
) -> Result<(write::Written, Option<EncryptionReport>)> {
    let in_file = |e: Error| e.in_file(&planned.input);
    let protection = match (encryptor, planned.key) {
        (Some(encryptor), Some(kid)) => Some(encryptor.protect(&planned.track, kid).map_err(in_file)?),
        _ => None,
    };
    let encryption = protection.as_ref().map(EncryptionReport::of).transpose()?;
    let destination = planned.destination(job);
    let written = write::write(&planned.track, &destination, &planned.cuts, protection, outputs, control)?;
    Ok((written, encryption))
}

/// Writes what describes the tracks, the two manifests that players open as the last of all.
fn write_manifests(
    job: &Job,
    plan: &Plan,
    written: &[(write::Written, Option<EncryptionReport>)],
    outputs: &mut Outputs,
) -> Result<Vec<String>> {
    if !plan.manifests.dash && !plan.manifests.hls {
        return Ok(Vec::new());
    }
    let tracks: Vec<Done<'_>> = plan
        .tracks
        .iter()
        .zip(written)
        .map(|(planned, (written, encryption))| Done { planned, written, encryption: encryption.as_ref() })
        .collect();
    let presentation = describe::presentation(job, &plan.sets, plan.start, &tracks)?;
    let mut files = Vec::new();
    for planned in &plan.tracks {
        if let Some(text) = &planned.sidecar {
            files.push((names::sidecar(&planned.name), text.clone()));
        }
    }
    let sidecars = files.len();
    if plan.manifests.hls {
        files.extend(hls::write(&presentation)?);
    }
    if plan.manifests.dash {
        files.push((names::MPD.to_string(), dash::write(&presentation)?));
    }
    for (name, text) in &files {
        let path = job.folder.join(name);
        let written = outputs.file(&path)?.write_all(text.as_bytes());
        written.map_err(|e| Error::io("cannot write", e).in_file(path.display().to_string()))?;
    }
    Ok(files.drain(..).skip(sidecars).map(|(name, _)| name).collect())
}

fn report(
    plan: Plan,
    written: Vec<(write::Written, Option<EncryptionReport>)>,
    manifests: Vec<String>,
    began: Instant,
) -> Report {
    let sets = plan.sets.iter().map(|set| set.report(&plan.tracks)).collect();
    let tracks = plan
        .tracks
        .iter()
        .zip(written)
        .map(|(p, (written, encryption))| {
            TrackReport::of(&p.input, &p.name, &p.track, &written, encryption, p.part)
        })
        .collect();
    Report {
        version: 1,
        tracks,
        sets,
        manifests,
        warnings: plan.warnings,
        elapsed_seconds: began.elapsed().as_secs_f64(),
    }
}
