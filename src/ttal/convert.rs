//! Converting a script: what is done between reading and writing.

use num_rational::Ratio;

use super::cast::{Cast, CastReport};
use super::facts::{self, Facts, Filled};
use super::filter::{self, Kind};
use super::lineage::{self, Parent, Step};
use super::model::{Script, Stage, Timecode, Timing};
use super::time::{MediaTime, TimecodeCounter};
use crate::error::{Error, Result};
use crate::formats::{Format, Losses, WriteOptions, degradation};

/// What is to be done to a script on its way.
#[derive(Debug, Default)]
pub struct Conversion {
    /// What the input lacks, where a script is to be made.
    pub facts: Facts,
    /// Who is in the programme.
    pub cast: Option<Cast>,
    /// Keep the events of these characters, by identifier or name; none keeps all.
    pub characters: Vec<String>,
    /// Keep events of one kind.
    pub only: Option<Kind>,
    /// Move all events.
    pub offset: Option<MediaTime>,
    /// Stretch all times by this factor.
    pub scale: Option<Ratio<i128>>,
    /// Declare this way of counting frames, and the timecode of media time 0, where the script declares none.
    pub counter: Option<TimecodeCounter>,
    /// The timecode of media time 0.
    pub start_timecode: Option<Box<str>>,
    /// Write timecodes beside the times of events.
    pub timecodes: bool,
    /// Append a step of lineage to scripts.
    pub lineage: Option<Provenance>,
    /// How it will be written.
    pub write: WriteOptions,
}

/// What the step of lineage says.
#[derive(Debug, Default, Clone)]
pub struct Provenance {
    /// What the script was read from.
    pub parent: Parent,
    /// The settings of the conversion, by option.
    pub parameters: super::model::Extensions,
    /// When, by RFC 3339.
    pub time: Option<String>,
}

/// What was done beside converting.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Converted {
    /// Facts that the purpose filled in.
    pub filled: Vec<Filled>,
    /// How the cast and the script went together.
    pub cast: Option<CastReport>,
}

/// Whether a format holds whole scripts, lineage and all.
pub fn is_script(format: &Format) -> bool {
    matches!(format.name, "ttal" | "dapt")
}

/// Does what is to be done, and says what the target can't hold. Losses of reading are given as they are known.
///
/// # Errors
/// `Usage` where a fact is missing that a script needs, a character is not there, a time would come before the begin,
/// or timecodes can't be counted.
pub fn convert(
    script: &mut Script,
    job: &Conversion,
    source: &Format,
    target: &Format,
    losses: &mut Losses,
) -> Result<Converted> {
    let mut done = Converted::default();
    if let Some(cast) = &job.cast {
        done.cast = Some(cast.merge_into(script));
    }
    if is_script(target) {
        done.filled = job.facts.apply(script)?;
        facts::require(script)?;
        if script.version.is_empty() {
            script.version = crate::formats::ttal::VERSION.into();
        }
        if !is_script(source) && script.document_id.is_none() {
            let seed = job.lineage.as_ref().and_then(|l| l.parent.sha256.clone());
            script.document_id = seed.map(|seed| lineage::document_id(&seed));
        }
    }
    filter::keep_characters(script, &job.characters)?;
    if let Some(kind) = &job.only {
        filter::keep_kind(script, kind);
    }
    if let Some(language) = job.write.language.as_deref().filter(|_| is_script(source)) {
        filter::require_language(script, language)?;
    }
    if is_script(target) {
        if let Some(language) = job.write.language.as_deref().filter(|_| is_script(source)) {
            for event in filter::keep_language(script, language) {
                losses.add(crate::formats::LossCode::Lang, Some(&event), "texts in other languages");
            }
        }
        declare_timing(script, job);
    }
    if let Some(factor) = job.scale {
        super::retime::scale(script, factor)?;
    }
    if let Some(offset) = job.offset {
        super::retime::shift(script, offset)?;
    }
    if job.timecodes && is_script(target) {
        super::retime::write_timecodes(script)?;
    }
    losses.extend(degradation::measure(script, &job.write, target.name));
    if let Some(provenance) = job.lineage.as_ref().filter(|_| is_script(target)) {
        losses.extend(losses_of_writing(script, job, target)?);
        let mut step = Step::new(Stage::Converted);
        step.parents.push(provenance.parent.clone());
        step.parameters = provenance.parameters.clone();
        step.time.clone_from(&provenance.time);
        lineage::append(script, step, losses);
    }
    Ok(done)
}

/// What the writer itself will lose: the lineage inside the document has to name it.
fn losses_of_writing(script: &Script, job: &Conversion, target: &Format) -> Result<Losses> {
    let mut losses = Losses::default();
    if let Some(write) = target.write.filter(|_| target.name != "ttal") {
        write(script, &job.write, &mut losses, &mut std::io::sink())?;
    }
    Ok(losses)
}

/// Notes how frames are counted, where the script does not say it itself.
fn declare_timing(script: &mut Script, job: &Conversion) {
    let Some(counter) = job.counter else { return };
    let timing = script.timing.get_or_insert_with(|| Box::new(Timing::default()));
    if timing.frame_rate.is_none() {
        timing.frame_rate = Some(counter.rate.to_value());
        if counter.drop_frame {
            timing.timecode = Some(super::model::TimecodeSettings {
                format: super::model::TimecodeFormat::Df,
                ..Default::default()
            });
        }
    }
    if timing.origin_timecode.is_none() {
        timing.origin_timecode = job.start_timecode.as_deref().map(Timecode::from);
    }
}

/// Fails where a loss is among those that must not be.
///
/// # Errors
/// `Usage` where a code is unknown.
pub fn forbidden(losses: &Losses, codes: &[String]) -> Result<Vec<&'static str>> {
    use crate::formats::LossCode;
    let mut wanted = Vec::new();
    for code in codes.iter().filter(|code| *code != "all") {
        let full =
            if code.to_ascii_uppercase().starts_with("C-") { code.clone() } else { format!("C-{code}") };
        let known = LossCode::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(&full));
        wanted.push(*known.ok_or_else(|| {
            let all = LossCode::ALL.iter().map(|code| code.as_str());
            let hint = crate::nearest::nearest(&full, all).map_or_else(
                || "docs/rules.md lists the codes".into(),
                |near| format!("did you mean {near}?"),
            );
            Error::usage(format!("--fail-on-loss: no loss is called `{code}`; {hint}"))
        })?);
    }
    let all = codes.iter().any(|code| code == "all");
    let lost = LossCode::ALL.iter().filter(|code| losses.has(**code) && (all || wanted.contains(code)));
    Ok(lost.map(|code| code.as_str()).collect())
}
