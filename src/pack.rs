//! Packaging: inputs in, CMAF tracks out, and a report of what was made.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;

use crate::cenc::{Iv, IvAllocator, KeyId, KeyRing, Pattern, SampleCipher, Scheme, Tenc, common_pssh};
use crate::cmaf::codec;
use crate::cmaf::cut::{Cuts, Durations};
use crate::cmaf::edit;
use crate::cmaf::template::SegmentTemplate;
use crate::cmaf::write::{self, Layout};
use crate::cmaf::{Dependency, Media, Protection, Track};
use crate::control::Control;
use crate::demux::{self, Container};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::output::Outputs;
use crate::time::{FrameRate, Seconds, display_ticks};

/// What to package, and how.
#[derive(Debug)]
pub struct Job {
    /// The inputs; media segments follow the header they belong to.
    pub inputs: Vec<Input>,
    /// The folder for the outputs; it is made if need be.
    pub folder: PathBuf,
    /// Name of the outputs; the input's own if there is none.
    pub name: Option<String>,
    /// Replaces outputs that exist.
    pub force: bool,
    /// One file or segments.
    pub layout: Layout,
    /// Where to cut.
    pub durations: Durations,
    /// Encrypts the tracks.
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

/// How tracks are encrypted.
#[derive(Debug)]
pub struct Encryption {
    /// `cbcs` or `cenc`.
    pub scheme: Scheme,
    /// The pattern under `cbcs`.
    pub pattern: Pattern,
    /// The keys at hand.
    pub keys: KeyRing,
    /// The one to use, where there are several.
    pub kid: Option<KeyId>,
    /// The constant IV, or the first one of the first track; random if there is none.
    pub iv: Option<Iv>,
    /// Writes the common system's `pssh` box.
    pub common_pssh: bool,
}

/// What was made. Version 1 of the shape that `--json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// The tracks, in the order of the inputs.
    pub tracks: Vec<TrackReport>,
    /// Wall-clock time.
    pub elapsed_seconds: f64,
}

/// One track of a [`Report`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrackReport {
    /// Name of the output.
    pub name: String,
    /// The input it came from.
    pub input: String,
    /// `video`.
    pub kind: &'static str,
    /// The `codecs` parameter.
    pub codec: String,
    /// Presentation size in pixels.
    pub width: u32,
    /// Presentation size in pixels.
    pub height: u32,
    /// Ticks a second of all times below.
    pub timescale: u32,
    /// Decode time of the first sample.
    pub start: u64,
    /// Total duration.
    pub duration: u64,
    /// Number of samples.
    pub samples: usize,
    /// How many of them are sync samples.
    pub sync_samples: usize,
    /// Fragments in order.
    pub fragments: Vec<FragmentReport>,
    /// Files, as paths below the output folder with `/` between names; the header first.
    pub files: Vec<String>,
    /// How it is encrypted.
    pub encryption: Option<EncryptionReport>,
    /// The part that was cut, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<PartReport>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// A fragment of a [`TrackReport`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FragmentReport {
    /// Index into the track's files.
    pub file: usize,
    /// Byte offset in its file.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// In ticks.
    pub earliest_presentation_time: u64,
    /// In ticks.
    pub duration: u64,
    /// Type of the stream access point that it starts with; 0 for none.
    pub sap_type: u8,
}

/// The encryption of a [`TrackReport`].
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EncryptionReport {
    /// The scheme.
    pub scheme: Scheme,
    /// The key's ID.
    pub kid: KeyId,
    /// The constant IV, or that of the first sample.
    pub iv: Iv,
    /// The pattern, where the scheme has one.
    pub pattern: Option<Pattern>,
}

/// A part of a [`TrackReport`], in ticks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartReport {
    /// What was asked for.
    pub requested_from: Option<u64>,
    /// What was asked for.
    pub requested_to: Option<u64>,
    /// Where it was cut.
    pub from: u64,
    /// Where it was cut.
    pub to: u64,
}

/// Does a job. Outputs get their names when all of it is done, or not at all.
///
/// # Errors
/// What the inputs, the arguments or the environment cause, see [`crate::ErrorKind`].
pub fn run(job: &Job, control: &Control) -> Result<Report> {
    let began = Instant::now();
    let inputs = demux::join_segments(&job.inputs);
    if inputs.is_empty() {
        return Err(Error::usage("no input was given"));
    }
    let mut opened = Vec::with_capacity(inputs.len());
    for input in &inputs {
        opened.push(open(input, job)?);
    }
    let names = names(job, &inputs, &opened);
    let mut outputs = Outputs::new(job.force);
    for name in names.iter().flatten() {
        outputs.check_free(&place(job, name))?;
    }

    let mut encryptor = job.encryption.as_ref().map(Encryptor::new).transpose()?;
    let mut tracks = Vec::new();
    for ((input, opened), names) in inputs.iter().zip(opened).zip(&names) {
        let mut notes = opened.notes;
        for (source, name) in opened.tracks.into_iter().zip(names) {
            let (mut track, part) = build(source, opened.container, job, encryptor.as_ref(), control)?;
            track.warnings.splice(0..0, notes.drain(..));
            let protection = match &mut encryptor {
                Some(encryptor) => Some(encryptor.protect(&track).map_err(|e| e.in_file(input.name()))?),
                None => None,
            };
            let encryption = protection.as_ref().map(EncryptionReport::of).transpose()?;
            let template = SegmentTemplate::default();
            let destination =
                write::Destination { folder: &job.folder, name, layout: job.layout, template: &template };
            let cuts = Cuts::towards(track.samples.samples(), track.start, track.timescale, &job.durations);
            let written = write::write(&track, &destination, &cuts, protection, &mut outputs, control)?;
            tracks.push(TrackReport::of(input, name, &track, written, encryption, part));
        }
    }
    control.check()?;
    outputs.commit()?;
    Ok(Report { version: 1, tracks, elapsed_seconds: began.elapsed().as_secs_f64() })
}

/// Opens an input and keeps the tracks that can be packaged.
fn open(input: &Input, job: &Job) -> Result<demux::Opened> {
    let mut opened = demux::open(input, &demux::Options { container: job.container })?;
    let mut left_out = Vec::new();
    opened.tracks.retain(|track| match &track.kind {
        demux::TrackKind::Av1 | demux::TrackKind::Coded(_) => true,
        demux::TrackKind::Other { media, codec } => {
            left_out.push(format!("track {} ({media}, {codec}) is left out: it is not packaged", track.id));
            false
        }
    });
    if opened.tracks.is_empty() {
        let found = if left_out.is_empty() { "it has no tracks".to_string() } else { left_out.join("; ") };
        return Err(
            Error::unsupported(format!("nothing to package was found: {found}")).in_file(input.name())
        );
    }
    opened.notes.append(&mut left_out);
    Ok(opened)
}

/// Names of the tracks of each input: that of the input; `-1`, `-2` … behind it where several would be the same.
fn names(job: &Job, inputs: &[Input], opened: &[demux::Opened]) -> Vec<Vec<String>> {
    let stems: Vec<String> =
        inputs.iter().map(|input| job.name.clone().unwrap_or_else(|| stem(input.name()))).collect();
    let mut used = BTreeSet::new();
    let mut names = Vec::new();
    for (stem, opened) in stems.iter().zip(opened) {
        let shared = stems.iter().filter(|s| *s == stem).count() > 1 || opened.tracks.len() > 1;
        let mut number = 0;
        let mut name = || {
            loop {
                number += 1;
                // Another input may be called `stem-1` outright.
                let name = if shared || number > 1 { format!("{stem}-{number}") } else { stem.clone() };
                if used.insert(name.clone()) {
                    return name;
                }
            }
        };
        names.push(opened.tracks.iter().map(|_| name()).collect());
    }
    names
}

fn stem(input: &str) -> String {
    match Path::new(input).file_stem().map(|stem| stem.to_string_lossy().into_owned()) {
        Some(stem) if !stem.is_empty() && input != STANDARD_INPUT => stem,
        _ => "stdin".to_string(),
    }
}

/// The name of standard input, on the command line and in messages.
pub const STANDARD_INPUT: &str = "-";

fn place(job: &Job, name: &str) -> PathBuf {
    match job.layout {
        Layout::Single => job.folder.join(format!("{name}.mp4")),
        Layout::Segments => job.folder.join(name),
    }
}

/// Reads a track, and cuts it as its edit list and the job say.
fn build(
    source: demux::Track,
    container: Container,
    job: &Job,
    encryptor: Option<&Encryptor<'_>>,
    control: &Control,
) -> Result<(Track, Option<PartReport>)> {
    let name = source.payload.name().to_string();
    let (edits, movie_timescale) = (source.edits.clone(), source.movie_timescale);
    let options =
        codec::Options { frame_rate: job.frame_rate, protect: encryptor.map(|e| (e.scheme(), e.iv_size())) };
    let mut track = codec::build(source, container, &options, control)?;
    // Those of sound are in already: what they leave out is priming, see `edit::apply_priming`.
    if track.media != Media::Audio {
        edit::apply_edits(&mut track, &edits, movie_timescale).map_err(|e| e.in_file(&name))?;
    }
    if job.from.is_none() && job.to.is_none() {
        return Ok((track, None));
    }
    let part = edit::keep_part(&mut track, job.from, job.to).map_err(|e| e.in_file(&name))?;
    let ticks = |time: Option<Seconds>| time.map(|t| t.ticks(track.timescale));
    let report = PartReport {
        requested_from: ticks(job.from),
        requested_to: ticks(job.to),
        from: part.start,
        to: part.end,
    };
    Ok((track, Some(report)))
}

/// Gives each track its protection.
struct Encryptor<'a> {
    encryption: &'a Encryption,
    kid: KeyId,
    cipher: SampleCipher,
    ivs: IvAllocator,
    /// The IV to start with, until a track has it.
    first_iv: Option<Iv>,
}

impl<'a> Encryptor<'a> {
    fn new(encryption: &'a Encryption) -> Result<Self> {
        let kids: Vec<KeyId> = encryption.keys.kids().collect();
        let kid = match (encryption.kid, kids.as_slice()) {
            (Some(kid), _) => kid,
            (None, [only]) => *only,
            (None, []) => {
                return Err(Error::usage(
                    "no key to encrypt with; give one with --key, --key-file or CMAF_KEYS",
                ));
            }
            (None, several) => {
                let list: Vec<String> = several.iter().map(KeyId::to_string).collect();
                return Err(Error::usage(format!(
                    "several keys; choose one with --kid, of {}",
                    list.join(", ")
                )));
            }
        };
        let key =
            encryption.keys.get(&kid).ok_or_else(|| Error::usage(format!("no key has the ID {kid}")))?;
        let pattern = match encryption.scheme {
            Scheme::Cbcs => {
                encryption.pattern.check_av1()?;
                encryption.pattern
            }
            _ => Pattern::NONE,
        };
        let cipher = SampleCipher::new(key, encryption.scheme, pattern)?;
        let ivs = match encryption.iv.map(|iv| iv.block()) {
            Some([a, b, c, d, e, f, g, h, ..]) => {
                IvAllocator::starting_at(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
            None => IvAllocator::random()?,
        };
        Ok(Encryptor { encryption, kid, cipher, ivs, first_iv: encryption.iv })
    }

    fn scheme(&self) -> Scheme {
        self.encryption.scheme
    }

    /// Bytes of the IV in each sample.
    fn iv_size(&self) -> u8 {
        match (self.encryption.scheme, self.encryption.iv) {
            (Scheme::Cenc, Some(iv)) => iv.size(),
            (scheme, _) => scheme.per_sample_iv_size(),
        }
    }

    fn protect(&mut self, track: &Track) -> Result<Protection> {
        let pssh = if self.encryption.common_pssh { Some(common_pssh(&[self.kid])?) } else { None };
        let samples = track.samples.samples().len() as u64;
        let mut cipher = self.cipher.clone();
        let mut pattern = self.encryption.pattern;
        if track.media == Media::Audio {
            // Whole samples, all their blocks (rule ENC-26).
            pattern = Pattern::NONE;
            let key = self.encryption.keys.get(&self.kid);
            let key = key.ok_or_else(|| Error::usage(format!("no key has the ID {}", self.kid)))?;
            cipher = SampleCipher::new(key, self.encryption.scheme, pattern)?;
        }
        let (tenc, ivs) = match self.encryption.scheme {
            Scheme::Cbcs => {
                let iv = match self.encryption.iv {
                    Some(iv) => iv,
                    None => Iv::random(16)?,
                };
                (Tenc::cbcs(self.kid, pattern, iv)?, None)
            }
            _ => {
                let ivs = match self.first_iv.take() {
                    Some(first) => self.ivs.claim(self.kid, first, samples)?,
                    None if self.iv_size() == 16 => self.ivs.reserve_long(self.kid)?,
                    None => self.ivs.reserve(self.kid, samples)?,
                };
                (Tenc::cenc(self.kid, self.iv_size())?, Some(ivs))
            }
        };
        Ok(Protection { cipher, tenc, ivs, pssh })
    }
}

impl EncryptionReport {
    fn of(protection: &Protection) -> Result<Self> {
        let iv = match (&protection.tenc.default_constant_iv, &protection.ivs) {
            (Some(iv), _) => *iv,
            (None, Some(ivs)) => ivs.clone().next_iv(0)?,
            (None, None) => return Err(Error::usage("a protected track without IV")),
        };
        Ok(EncryptionReport {
            scheme: protection.scheme(),
            kid: protection.tenc.default_kid,
            iv,
            pattern: protection.scheme().has_pattern().then_some(protection.tenc.default_pattern),
        })
    }
}

impl TrackReport {
    fn of(
        input: &Input,
        name: &str,
        track: &Track,
        written: write::Written,
        encryption: Option<EncryptionReport>,
        part: Option<PartReport>,
    ) -> Self {
        let samples = track.samples.samples();
        let mut warnings = track.warnings.clone();
        if let Some(part) = &part {
            let shown = |ticks: u64| display_ticks(ticks, track.timescale);
            let asked = |ticks: Option<u64>, none: &str| ticks.map_or_else(|| none.to_string(), shown);
            warnings.push(format!(
                "the part from {} to {} was asked for; cut at random access points, it goes from {} to {}",
                asked(part.requested_from, "the start"),
                asked(part.requested_to, "the end"),
                shown(part.from),
                shown(part.to)
            ));
        }
        TrackReport {
            name: name.to_string(),
            input: input.name().to_string(),
            kind: track.media.name(),
            codec: track.entries.first().map(|e| e.codec.clone()).unwrap_or_default(),
            width: track.presentation_size.0,
            height: track.presentation_size.1,
            timescale: track.timescale,
            start: track.start,
            duration: track.duration(),
            samples: samples.len(),
            sync_samples: samples.iter().filter(|s| s.dependency == Dependency::Sync).count(),
            fragments: written
                .fragments
                .into_iter()
                .map(|f| FragmentReport {
                    file: f.file,
                    offset: f.offset,
                    size: f.size,
                    earliest_presentation_time: f.earliest_presentation_time,
                    duration: f.duration,
                    sap_type: if f.access.starts { f.access.sap_type } else { 0 },
                })
                .collect(),
            files: written.files,
            encryption,
            part,
            warnings,
        }
    }
}
