//! Jobs as JSON files, for more than a command line holds.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Number, Value};

use super::job::{Encryption, Job, JobInput, Manifests, Settings};
use super::{address, settings};
use crate::cenc::{Iv, KeyId, KeyRing, Pattern, Scheme};
use crate::cmaf::align;
use crate::cmaf::cut::Durations;
use crate::cmaf::template::SegmentTemplate;
use crate::cmaf::write::Layout;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::language;
use crate::misfit::{Judge, Misfit};
use crate::time::{FrameRate, Seconds};
use crate::ttal::json::{ProblemKind, Reader};
use crate::ttal::locate::{Target, locate};
use crate::ttal::rules::Syntax;
use crate::ttal::source::Source;

/// The published schema.
pub const SCHEMA: &str = include_str!("../../schemas/cmaf/job-1.schema.json");

/// The most bytes that a job file may have.
const MOST_BYTES: u64 = 16 << 20;

/// The most misfits that are counted.
const MOST_MISFITS: usize = 100;

// A test keeps the schema valid.
static JUDGE: LazyLock<Option<Judge>> =
    LazyLock::new(|| serde_json::from_str(SCHEMA).ok().and_then(Judge::new));

/// A job file that fits the schema.
#[derive(Debug)]
pub struct JobFile {
    source: Source,
    folder: PathBuf,
    text: JobText,
}

/// A job as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobText {
    output: Option<String>,
    name: Option<String>,
    layout: Option<String>,
    segment_template: Option<String>,
    manifests: Option<Vec<String>>,
    base_url: Option<String>,
    hls_prefix: Option<String>,
    key_uri: Option<String>,
    segment_duration: Option<Words>,
    fragment_duration: Option<Words>,
    chunk_duration: Option<Words>,
    from: Option<Words>,
    to: Option<Words>,
    align: Option<String>,
    frame_rate: Option<Words>,
    encryption: Option<EncryptionText>,
    inputs: Vec<InputText>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EncryptionText {
    scheme: String,
    pattern: Option<String>,
    audio_pattern: Option<String>,
    kid: Option<String>,
    iv: Option<String>,
    key_file: Option<String>,
    common_pssh: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InputText {
    file: String,
    #[serde(default)]
    segments: Vec<String>,
    track: Option<Words>,
    language: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
    label: Option<String>,
    group: Option<String>,
    key: Option<String>,
    name: Option<String>,
    default: Option<bool>,
    text: Option<String>,
    encoding: Option<String>,
    frame_rate: Option<Words>,
}

/// Text, or a number as it is spelt.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    Text(String),
    Number(Number),
}

impl Words {
    fn text(&self) -> String {
        match self {
            Words::Text(text) => text.clone(),
            Words::Number(number) => number.to_string(),
        }
    }
}

impl JobText {
    /// Whether a manifest is written.
    fn writes(&self, manifest: &str) -> bool {
        self.manifests.as_ref().is_none_or(|list| list.iter().any(|listed| listed == manifest))
    }
}

impl JobFile {
    /// Reads a job file and holds it against the schema.
    ///
    /// # Errors
    /// `Usage` for what is no JSON or does not fit, with line and column of the first misfit; `Io`.
    pub fn open(path: &Path) -> Result<Self> {
        let input = Input::open(path)?;
        if input.len() > MOST_BYTES {
            return Err(
                Error::limit(format!("a job file has at most {MOST_BYTES} bytes")).in_file(input.name())
            );
        }
        let bytes = input.read_vec(0, input.len())?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::usage("the job file is not UTF-8 text").in_file(input.name()))?;
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        JobFile::parse(input.name(), &text, folder)
    }

    fn parse(name: &str, text: &str, folder: PathBuf) -> Result<Self> {
        let source = Source::from_text(name, text);
        let broken = |e: &serde_json::Error| {
            let (line, column) = (e.line(), e.column());
            let text = e.to_string();
            // The library puts the place behind its message.
            let message = text.split(" at line ").next().unwrap_or_default();
            let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let what = if e.is_data() { "" } else { "the job is no JSON: " };
            Error::usage(format!("{what}{message}")).at_line(at(line), at(column)).in_file(name)
        };
        if let Some(error) = key_twice(&source) {
            return Err(error);
        }
        let _: Value = serde_json::from_str(text).map_err(|e| broken(&e))?;
        if let Some(judge) = JUDGE.as_ref() {
            let misfits = judge.find(text, MOST_MISFITS);
            if let Some(error) = first_misfit(&source, &misfits) {
                return Err(error);
            }
        }
        let text: JobText = serde_json::from_str(text).map_err(|e| broken(&e))?;
        Ok(JobFile { source, folder, text })
    }

    /// Names of the key file, if the job has one.
    pub fn key_file(&self) -> Option<PathBuf> {
        let file = self.text.encryption.as_ref()?.key_file.as_ref()?;
        Some(self.folder.join(file))
    }

    /// Whether the job encrypts.
    pub fn encrypts(&self) -> bool {
        self.text.encryption.is_some()
    }

    /// Checks all that the schema can't, and opens the inputs. `output` goes before the job's own folder; `keys` are
    /// those at hand.
    ///
    /// # Errors
    /// `Usage` with line and column of a value that makes no sense; what opening the inputs causes.
    pub fn into_job(self, output: Option<PathBuf>, force: bool, keys: KeyRing) -> Result<Job> {
        let text = &self.text;
        self.check_all_count()?;
        let above_zero = |pointer: &str, words: &Option<Words>| {
            let parse =
                |words: &Words| Seconds::parse_above_zero(&words.text()).map_err(|e| self.at(pointer, e));
            words.as_ref().map(parse).transpose()
        };
        let segment = match above_zero("/segmentDuration", &text.segment_duration)? {
            Some(segment) => segment,
            None => "6".parse()?,
        };
        let durations = Durations {
            segment,
            fragment: self.value("/fragmentDuration", text.fragment_duration.as_ref())?,
            chunk: above_zero("/chunkDuration", &text.chunk_duration)?,
        };
        let folder = match (output, &text.output) {
            (Some(folder), _) => folder,
            (None, Some(folder)) => self.folder.join(folder),
            (None, None) => {
                return Err(self.at("", Error::usage("`output` is missing here, and --output is not given")));
            }
        };
        if let Some(name) = &text.name {
            settings::check_name(name).map_err(|e| self.at("/name", e))?;
        }
        let template = match &text.segment_template {
            Some(template) => template.parse().map_err(|e| self.at("/segmentTemplate", e))?,
            None => SegmentTemplate::default(),
        };
        let mut inputs = Vec::new();
        for (index, input) in text.inputs.iter().enumerate() {
            self.input(index, input, &mut inputs)?;
        }
        Ok(Job {
            inputs,
            folder,
            name: text.name.clone(),
            force,
            layout: if text.layout.as_deref() == Some("segments") {
                Layout::Segments
            } else {
                Layout::Single
            },
            template,
            durations,
            align: if text.align.as_deref() == Some("widen") {
                align::Mode::Widen
            } else {
                align::Mode::Strict
            },
            manifests: Manifests {
                dash: text.writes("dash"),
                hls: text.writes("hls"),
                base_url: text.base_url.clone(),
                hls_prefix: text.hls_prefix.clone(),
                key_uri: text.key_uri.clone(),
            },
            encryption: self.encryption(keys)?,
            frame_rate: self.value::<FrameRate>("/frameRate", text.frame_rate.as_ref())?,
            from: self.value("/from", text.from.as_ref())?,
            to: self.value("/to", text.to.as_ref())?,
            container: None,
        })
    }

    /// Refuses what would change nothing beside the rest of the job, and addresses that lead nowhere.
    fn check_all_count(&self) -> Result<()> {
        let text = &self.text;
        let is_single = text.layout.as_deref() != Some("segments");
        let encryption = text.encryption.as_ref();
        let is_plain = encryption.is_some_and(|encryption| encryption.scheme != "cbcs");
        let has_pattern = encryption.is_some_and(|encryption| encryption.pattern.is_some());
        let has_audio_pattern = encryption.is_some_and(|encryption| encryption.audio_pattern.is_some());
        let rows = [
            ("/segmentTemplate", text.segment_template.is_some() && is_single, "the layout segments"),
            ("/baseUrl", text.base_url.is_some() && !text.writes("dash"), "dash among the manifests"),
            ("/hlsPrefix", text.hls_prefix.is_some() && !text.writes("hls"), "hls among the manifests"),
            ("/keyUri", text.key_uri.is_some() && !text.writes("hls"), "hls among the manifests"),
            ("/keyUri", text.key_uri.is_some() && encryption.is_none(), "`encryption`"),
            ("/encryption/pattern", has_pattern && is_plain, "the scheme cbcs"),
            ("/encryption/audioPattern", has_audio_pattern && is_plain, "the scheme cbcs"),
        ];
        if let Some((pointer, _, with)) = rows.iter().find(|(_, is_ignored, _)| *is_ignored) {
            return Err(self.at(pointer, Error::usage(format!("it goes with {with}"))));
        }
        let check = |pointer: &str, text: &Option<String>, check: fn(&str) -> Result<()>| {
            text.as_deref().map_or(Ok(()), check).map_err(|e| self.at(pointer, e))
        };
        check("/baseUrl", &text.base_url, address::check_base)?;
        check("/hlsPrefix", &text.hls_prefix, address::check_prefix)?;
        check("/keyUri", &text.key_uri, address::check)
    }

    fn input(&self, index: usize, input: &InputText, out: &mut Vec<JobInput>) -> Result<()> {
        let at = |key: &str, error| self.at(&format!("/inputs/{index}/{key}"), error);
        let mut settings = Settings {
            label: input.label.clone(),
            group: input.group.clone(),
            key: input.key.as_deref().map(settings::key),
            name: input.name.clone(),
            is_default: input.default,
            frame_rate: self.value(&format!("/inputs/{index}/frameRate"), input.frame_rate.as_ref())?,
            ..Settings::default()
        };
        if let Some(name) = &input.name {
            settings::check_name(name).map_err(|e| at("name", e))?;
        }
        if let Some(tag) = &input.language {
            settings.language = Some(language::canonical(tag).map_err(|e| at("language", e))?);
        }
        for (number, role) in input.roles.iter().enumerate() {
            settings.roles.push(settings::role(role).map_err(|e| at(&format!("roles/{number}"), e))?);
        }
        if let Some(track) = &input.track {
            settings.track = Some(settings::track(&track.text()).map_err(|e| at("track", e))?);
        }
        if let Some(text) = &input.text {
            settings.text = Some(settings::text_coding(text).map_err(|e| at("text", e))?);
        }
        if let Some(encoding) = &input.encoding {
            settings.encoding = Some(settings::encoding(encoding).map_err(|e| at("encoding", e))?);
        }
        let open = |key: &str, path: &str| Input::open(self.folder.join(path)).map_err(|e| at(key, e));
        out.push(JobInput { input: open("file", &input.file)?, settings: settings.clone() });
        for (number, path) in input.segments.iter().enumerate() {
            let input = open(&format!("segments/{number}"), path)?;
            out.push(JobInput { input, settings: settings.clone() });
        }
        Ok(())
    }

    fn encryption(&self, keys: KeyRing) -> Result<Option<Encryption>> {
        let Some(text) = &self.text.encryption else { return Ok(None) };
        let at = |key: &str, error| self.at(&format!("/encryption/{key}"), error);
        let scheme: Scheme = text.scheme.parse().map_err(|e| at("scheme", e))?;
        let pattern = |key: &str, text: &Option<String>, default: Pattern| match text {
            Some(text) => text.parse().map_err(|e| at(key, e)),
            None => Ok(default),
        };
        Ok(Some(Encryption {
            scheme,
            pattern: pattern("pattern", &text.pattern, Pattern::default())?,
            audio_pattern: match text.audio_pattern.as_deref() {
                Some("10:0") => Pattern::P10_0,
                _ => Pattern::NONE,
            },
            keys,
            kid: text.kid.as_deref().map(str::parse::<KeyId>).transpose().map_err(|e| at("kid", e))?,
            iv: text.iv.as_deref().map(|iv| Iv::parse(iv, scheme)).transpose().map_err(|e| at("iv", e))?,
            common_pssh: text.common_pssh.unwrap_or(false),
        }))
    }

    /// Parses a value that is there.
    fn value<T: std::str::FromStr<Err = Error>>(
        &self,
        pointer: &str,
        words: Option<&Words>,
    ) -> Result<Option<T>> {
        let parse = |words: &Words| words.text().parse().map_err(|e| self.at(pointer, e));
        words.map(parse).transpose()
    }

    /// An error with the place that a pointer leads to.
    fn at(&self, pointer: &str, error: Error) -> Error {
        let placed = locate(&self.source, Syntax::Json, &[Target::Pointer(pointer)]);
        let (line, column) = placed.first().map_or((1, 1), |placed| (placed.line, placed.column));
        let message =
            if pointer.is_empty() { error.to_string() } else { format!("{}: {error}", &pointer[1..]) };
        Error::new(error.kind(), message).at_line(line, column).in_file(self.source.name())
    }
}

/// The first key that an object has twice: which of the two counts would depend on the reader.
fn key_twice(source: &Source) -> Option<Error> {
    let mut reader = Reader::new(source.text().as_bytes());
    // What else is wrong is told elsewhere.
    let _ = reader.any();
    let problems = reader.into_problems().into_iter();
    let twice =
        problems.filter(|problem| problem.kind == ProblemKind::DuplicateKey).min_by_key(|p| p.offset)?;
    // The reader has gone on to the value; before that, the last quote is the key's.
    let (line, column) = source.line_column(source.text()[..twice.offset].rfind('"')?);
    let message = twice.message.escape_debug().to_string();
    Some(Error::usage(message).at_line(line, column).in_file(source.name()))
}

/// The first misfit in the order of the text, as an error.
fn first_misfit(source: &Source, misfits: &[Misfit]) -> Option<Error> {
    let targets: Vec<Target<'_>> = misfits.iter().map(|misfit| Target::Pointer(&misfit.pointer)).collect();
    let placed = locate(source, Syntax::Json, &targets);
    let (misfit, place) = misfits.iter().zip(&placed).min_by_key(|(_, place)| place.offset)?;
    let at = misfit.pointer.strip_prefix('/').map(|pointer| format!("{pointer}: ")).unwrap_or_default();
    let hint = match (&misfit.fix, &misfit.expected) {
        (Some(fix), _) => format!("; {fix}"),
        (None, Some(expected)) if !misfit.message.contains(expected.as_str()) => {
            format!("; expected {expected}")
        }
        _ => String::new(),
    };
    let more = match misfits.len() {
        1 => String::new(),
        n => format!(" (and {} more misfits)", n - 1),
    };
    let error = Error::usage(format!("{at}{}{hint}{more}", misfit.message));
    Some(error.at_line(place.line, place.column).in_file(source.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_one() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        assert!(JUDGE.is_some());
    }
}
