//! The proof that a script survives the way between TTAL and DAPT.

use serde::Serialize;

use super::json::Reader;
use super::model::Script;
use super::model::object::Data;
use super::normal::{Difference, model_equal};
use super::source::Source;
use crate::error::{Error, Result};
use crate::formats::dapt;
use crate::formats::{Losses, Notes, WriteOptions};

/// What became of a script on its way and back.
#[derive(Debug, Default)]
pub struct RoundTrip {
    /// Where it differs from what it was.
    pub differences: Vec<Difference>,
    /// What was lost by design, and is no difference: comments, foreign XML outside of metadata, profiles.
    pub losses: Losses,
    /// The way that was taken.
    pub way: &'static str,
}

/// Sends a script from DAPT through TTAL and DAPT, or from TTAL through DAPT, and compares.
///
/// # Errors
/// Where the source is neither, or holds what no DAPT document can.
pub fn check(source: &Source) -> Result<RoundTrip> {
    if source.text().trim_start().starts_with('<') { from_dapt(source) } else { from_ttal(source) }
}

fn from_dapt(source: &Source) -> Result<RoundTrip> {
    let mut notes = Notes::default();
    let script = read_dapt(source, &mut notes)?;
    let mut losses = std::mem::take(&mut notes.losses);
    let json = to_json(&script)?;
    let from_json = read_ttal(&Source::from_text(source.name(), json))?;
    let back = through_dapt(&from_json, source.name(), &mut losses)?;
    let differences = model_equal(&script, &back).err().unwrap_or_default();
    Ok(RoundTrip { differences, losses, way: "DAPT - TTAL - DAPT" })
}

fn from_ttal(source: &Source) -> Result<RoundTrip> {
    let script = read_ttal(source)?;
    let mut losses = Losses::default();
    let back = through_dapt(&script, source.name(), &mut losses)?;
    let differences = model_equal(&script, &back).err().unwrap_or_default();
    Ok(RoundTrip { differences, losses, way: "TTAL - DAPT - TTAL" })
}

/// Writes a script as DAPT and reads it again.
pub(crate) fn through_dapt(script: &Script, name: &str, losses: &mut Losses) -> Result<Script> {
    let mut bytes = Vec::new();
    dapt::write(script, &WriteOptions::default(), losses, &mut bytes).map_err(|error| error.in_file(name))?;
    let text = String::from_utf8(bytes).map_err(|_| Error::format("the document written is not UTF-8"))?;
    read_dapt(&Source::from_text(name, text), &mut Notes::default())
}

fn read_dapt(source: &Source, notes: &mut Notes) -> Result<Script> {
    let read = dapt::FORMAT.read.ok_or_else(|| Error::unsupported("DAPT can't be read"))?;
    read(source, &Default::default(), notes)
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::format(e.to_string()))
}

fn read_ttal(source: &Source) -> Result<Script> {
    let mut reader = Reader::new(source.text().as_bytes());
    let script = Script::read(&mut reader).ok().flatten().filter(|_| reader.finish().is_ok());
    script.ok_or_else(|| {
        let problem = reader.into_problems().into_iter().next_back();
        let (offset, message) = problem.map_or((0, "no script".to_string()), |p| (p.offset, p.message));
        source.locate(Error::format(message), offset)
    })
}
