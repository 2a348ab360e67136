//! How a script came to be: one step for everything that was done to it.

use super::model::{
    Extensions, Id, Language, LineageInput, LineageLoss, LineageStep, Script, Stage, Str, Tool,
};
use crate::formats::Losses;

/// What is known about the file that a step starts from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parent {
    /// The document's own name.
    pub document_id: Option<Str>,
    /// SHA-256 in hexadecimal.
    pub sha256: Option<String>,
    /// Whether the hash is over the bytes of the file, not over the script's canonical form.
    pub of_bytes: bool,
    /// The format's name.
    pub format: Option<Str>,
}

/// A step that this tool does.
#[derive(Debug, Clone)]
pub struct Step {
    /// What is done.
    pub stage: Stage,
    /// The language that is worked on.
    pub language: Option<Language>,
    /// What it starts from.
    pub parents: Vec<Parent>,
    /// With which settings; what was left at its default is left out.
    pub parameters: Extensions,
    /// When, by RFC 3339; left out where the same input must give the same bytes.
    pub time: Option<String>,
    /// A remark.
    pub note: Option<Str>,
}

impl Step {
    /// A step without parents, settings and time.
    pub fn new(stage: Stage) -> Self {
        Step {
            stage,
            language: None,
            parents: Vec::new(),
            parameters: Extensions::default(),
            time: None,
            note: None,
        }
    }
}

/// Appends a step to the script's lineage. The script's type is that after the step.
pub fn append(script: &mut Script, step: Step, losses: &Losses) {
    let id = free_id(script);
    let inputs = step.parents.into_iter().map(|parent| LineageInput {
        document_id: parent.document_id,
        sha256: parent.sha256.map(Into::into),
        of: parent.of_bytes.then(|| "bytes".into()),
        format: parent.format,
        ..LineageInput::default()
    });
    let losses = losses.report().into_iter().map(|loss| LineageLoss {
        code: loss.code.into(),
        count: u32::try_from(loss.count).unwrap_or(u32::MAX),
        ..LineageLoss::default()
    });
    script.lineage.push(LineageStep {
        id,
        stage: step.stage,
        script_type: script.script_type.clone(),
        language: step.language,
        tool: Some(Tool {
            name: "ttal".into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
            ..Tool::default()
        }),
        time: step.time.map(Into::into),
        note: step.note,
        inputs: inputs.collect(),
        parameters: step.parameters,
        losses: losses.collect(),
        ..LineageStep::default()
    });
}

/// `l1`, `l2` and so on: the first past the steps that are there.
fn free_id(script: &Script) -> Id {
    let taken = |id: &str| script.lineage.iter().any(|step| &*step.id == id);
    let mut number = script.lineage.len() + 1;
    loop {
        let id = format!("l{number}");
        if !taken(&id) {
            return id.into();
        }
        number += 1;
    }
}

/// A document name that depends on nothing but what the document is made from: a UUID of version 8 out of a hash.
pub fn document_id(seed: &str) -> Str {
    use sha2::{Digest, Sha256};
    let mut bytes: [u8; 16] = Sha256::digest(seed.as_bytes())[..16].try_into().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = super::source::hexadecimal(&bytes);
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]).into()
}

/// Seconds since 1970 as RFC 3339 in UTC.
pub fn rfc3339(seconds: u64) -> String {
    // Days to a date by the calendar of 400 years that starts on the first of March.
    let (days, rest) = (seconds / 86400 + 719_468, seconds % 86400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_772_355_600), "2026-03-01T09:00:00Z");
        assert_eq!(rfc3339(4_107_542_399), "2100-02-28T23:59:59Z");
    }

    #[test]
    fn steps_have_ids_of_their_own() {
        let mut script = Script::default();
        script.lineage.push(LineageStep { id: "l2".into(), ..LineageStep::default() });
        append(&mut script, Step::new(Stage::Converted), &Losses::default());
        assert_eq!(&*script.lineage[1].id, "l3");
        assert_eq!(&*document_id("a"), "urn:uuid:ca978112-ca1b-8dca-bac2-31b39a23dc4d");
    }
}
