//! The `codecs` parameter in manifests. Rules AV1-46 to AV1-49, and what MPD-08 and HLS-06 have in common.

use crate::findings::{Rule, Severity};
use crate::validate::facts::TrackFacts;
use crate::validate::table::{AV1_46, AV1_47, AV1_48, AV1_49};

/// What is wrong with a value, before a place is known.
pub(super) struct Fault {
    pub(super) rule: &'static Rule,
    pub(super) severity: Severity,
    pub(super) message: String,
}

impl Fault {
    fn new(rule: &'static Rule, message: String) -> Self {
        Fault { rule, severity: rule.severity, message }
    }
}

/// The optional fields of AV1, where they are left out.
const DEFAULTS: [&str; 6] = ["0", "110", "01", "01", "01", "0"];
/// How many fields there are without them.
const REQUIRED: usize = 4;

/// Looks at the form of one codec; AV1 has rules of its own, and a protected entry is never named.
pub(super) fn form(codec: &str) -> Vec<Fault> {
    let kind = codec.split('.').next().unwrap_or("");
    match kind {
        "encv" | "enca" | "enct" | "encs" => {
            let message = format!("the codec `{codec}` names the entry of encrypted samples, not the codec");
            vec![Fault::new(&AV1_49, message)]
        }
        "av01" => av1(codec),
        _ => Vec::new(),
    }
}

fn av1(codec: &str) -> Vec<Fault> {
    let fields: Vec<&str> = codec.split('.').collect();
    let mut faults = Vec::new();
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let mut wrong = |what: &str, value: &str, form: &str| {
        faults.push(Fault::new(&AV1_46, format!("`{codec}`: the {what} `{value}` is not {form}")));
    };
    let field = |index: usize| fields.get(index).copied().unwrap_or("");
    if !matches!(field(1), "0" | "1" | "2") {
        wrong("profile", field(1), "0, 1 or 2");
    }
    let (level, tier) = field(2).split_at_checked(2).unwrap_or((field(2), ""));
    if !digits(level, 2) || level.parse::<u8>().is_ok_and(|level| level > 31) {
        wrong("level", level, "two digits from 00 to 31 (the level's index: 5.1 is 13)");
    }
    if !matches!(tier, "M" | "H") {
        wrong("tier", tier, "M or H");
    }
    if !matches!(field(3), "08" | "10" | "12") {
        wrong("bit depth", field(3), "08, 10 or 12");
    }
    let tail = fields.get(REQUIRED..).unwrap_or_default();
    if tail.is_empty() {
        return faults;
    }
    if tail.len() != DEFAULTS.len() {
        let message = format!(
            "`{codec}`: {} of the 6 optional fields are there; they are given all or not at all",
            tail.len()
        );
        faults.push(Fault::new(&AV1_47, message));
        return faults;
    }
    let lengths = [1, 3, 2, 2, 2, 1];
    let names = ["monochrome flag", "chroma", "colour primaries", "transfer", "matrix", "range flag"];
    for ((value, length), name) in tail.iter().zip(lengths).zip(names) {
        if !digits(value, length) {
            let message = format!("`{codec}`: the {name} `{value}` is not {length} digits");
            faults.push(Fault::new(&AV1_47, message));
        }
    }
    let tail_field = |index: usize| tail.get(index).copied().unwrap_or("");
    if !matches!(tail_field(0), "0" | "1") || !matches!(tail_field(5), "0" | "1") {
        faults.push(Fault::new(
            &AV1_47,
            format!("`{codec}`: the monochrome flag and the range flag are 0 or 1"),
        ));
    }
    if digits(tail_field(1), 3) && !tail_field(1).starts_with("11") && !tail_field(1).ends_with('0') {
        let message =
            format!("`{codec}`: the third digit of the chroma `{}` is 0 but for 4:2:0", tail_field(1));
        faults.push(Fault::new(&AV1_47, message));
    }
    if tail == DEFAULTS {
        let message =
            format!("`{codec}`: all optional fields have their default values and should be left out");
        faults.push(Fault::new(&AV1_48, message));
    }
    faults
}

/// Whether a codec is true of a track. The fault is of the rule that is given.
pub(super) fn truth(said: &str, facts: &TrackFacts, rule: &'static Rule) -> Option<Fault> {
    let entry = facts.track.entries.first()?;
    let has = entry.codec.as_str();
    let (says, is): (Vec<&str>, Vec<&str>) = (said.split('.').collect(), has.split('.').collect());
    let (kind, own) = (says.first()?.to_ascii_lowercase(), is.first()?.to_ascii_lowercase());
    let differ = |severity| {
        let message = format!("the codec is given as `{said}`, and the track has `{has}`");
        Some(Fault { rule, severity, message })
    };
    let same = |count: usize| {
        let fields = |list: &[&str]| {
            list.iter().skip(1).take(count).map(|field| field.to_ascii_lowercase()).collect::<Vec<_>>()
        };
        fields(&says) == fields(&is)
    };
    if kind != own {
        // A protected entry is told by AV1-49.
        return if kind.starts_with("enc") { None } else { differ(Severity::Error) };
    }
    match own.as_str() {
        "av01" => {
            entry.av1.as_ref()?;
            if !same(3) {
                return differ(Severity::Error);
            }
            colour(&says, &is, rule, said, has)
        }
        // Profile, constraints and level are one field.
        "avc1" | "avc3" if is.len() > 1 && !same(1) => differ(Severity::Error),
        // Profile, compatibility, tier and level; constraints may be cut short.
        "hvc1" | "hev1" if is.len() > 3 && !same(3) => differ(Severity::Error),
        "vp08" | "vp09" if is.len() > 3 && !same(3) => differ(Severity::Error),
        // That of AAC with more in it may be told either way.
        "mp4a" if is.len() > 1 && !same(1) => differ(Severity::Error),
        "mp4a" if is.len() > 2 && !same(2) => differ(Severity::Warning),
        _ => None,
    }
}

/// The optional fields of AV1. What the track leaves open, a manifest may say.
fn colour(says: &[&str], is: &[&str], rule: &'static Rule, said: &str, has: &str) -> Option<Fault> {
    let tail = |fields: &[&str]| match fields.get(REQUIRED..).filter(|tail| tail.len() == DEFAULTS.len()) {
        Some(tail) => tail.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>(),
        None => DEFAULTS.map(str::to_owned).to_vec(),
    };
    let is_left_out = says.len() <= REQUIRED;
    let differs = tail(says).iter().zip(tail(is)).any(|(said, is)| *said != is && is != "02" && said != "02");
    differs.then(|| {
        let how =
            if is_left_out { " without the optional fields, which means their default values" } else { "" };
        let message = format!("the codec is given as `{said}`{how}, and the track has `{has}`");
        let severity = if is_left_out { Severity::Warning } else { Severity::Error };
        Fault { rule, severity, message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_av1_is_checked() {
        let told = |codec: &str| form(codec).iter().map(|fault| fault.rule.id).collect::<Vec<_>>();
        assert_eq!(told("av01.0.04M.08"), Vec::<&str>::new());
        assert_eq!(told("av01.0.04M.10.0.112.09.16.09.0"), Vec::<&str>::new());
        assert_eq!(told("av01.0.4M.08"), ["AV1-46", "AV1-46"]);
        assert_eq!(told("av01.0.04M.8"), ["AV1-46"]);
        assert_eq!(told("av01"), ["AV1-46"; 4]);
        assert_eq!(told("av01.0.04M.08.0.110"), ["AV1-47"]);
        assert_eq!(told("av01.0.04M.08.0.102.01.01.01.0"), ["AV1-47"]);
        assert_eq!(told("av01.0.04M.08.0.110.01.01.01.0"), ["AV1-48"]);
        assert_eq!(told("encv.0"), ["AV1-49"]);
        assert_eq!(told("avc1.64001e"), Vec::<&str>::new());
    }
}
