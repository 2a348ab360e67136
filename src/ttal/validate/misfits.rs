//! S-06: what does not fit the schema, told for people; and of two findings about one thing, the better one.

use std::collections::HashSet;
use std::sync::LazyLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::{Draft, Origin, Placed, Target, remark_at};
use crate::nearest::nearest;
use crate::ttal::rules::Remarks;
use crate::ttal::rules::table::{D_20, D_21, S_06, S_10};
use crate::ttal::schema::schema;

/// The schema, and what judges by it.
struct Judge {
    schema: Value,
    validator: Validator,
}

static JUDGE: LazyLock<Option<Judge>> = LazyLock::new(|| {
    let schema = schema();
    // A test keeps the schema valid.
    let validator = jsonschema::validator_for(&schema).ok()?;
    Some(Judge { schema, validator })
});

/// One thing that does not fit.
#[derive(Debug)]
pub(super) struct Misfit {
    pointer: String,
    /// The key that is missing there.
    key: Option<String>,
    message: String,
    found: Option<String>,
    expected: Option<String>,
    fix: Option<String>,
}

impl Misfit {
    pub fn draft(&self) -> Draft<'_> {
        let mut remark = remark_at(&S_06, self.message.as_str());
        remark.found = self.found.clone();
        remark.expected = self.expected.clone();
        remark.fix = self.fix.clone();
        Draft { target: Target::Pointer(&self.pointer), remark, key: self.key.clone(), origin: Origin::Form }
    }
}

/// Finds all that does not fit the schema.
pub(super) fn find(text: &str, misfits: &mut Vec<Misfit>) {
    let Some(judge) = JUDGE.as_ref() else { return };
    // The reader has taken the text already; numbers are kept as they are spelt.
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    // To know that all fits is faster than to say what does not.
    if judge.validator.is_valid(&document) {
        return;
    }
    for error in judge.validator.iter_errors(&document) {
        judge.tell(&error, misfits);
    }
}

impl Judge {
    fn tell(&self, error: &ValidationError<'_>, misfits: &mut Vec<Misfit>) {
        if misfits.len() >= Remarks::MOST {
            return;
        }
        let mut misfit = Misfit {
            pointer: error.instance_path().to_string(),
            key: None,
            message: String::new(),
            found: None,
            expected: None,
            fix: None,
        };
        let value = error.instance();
        match error.kind() {
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                if let Some(branch) = meant(context, &misfit.pointer) {
                    branch.iter().for_each(|error| self.tell(error, misfits));
                    return;
                }
                misfit.message = format!("{} does not fit here", shown(value));
            }
            ValidationErrorKind::Type { kind } => {
                let wanted = match kind {
                    TypeKind::Single(kind) => article(&kind.to_string()),
                    TypeKind::Multiple(kinds) => {
                        let kinds: Vec<String> =
                            kinds.iter().map(|kind| article(&kind.to_string())).collect();
                        kinds.join(" or ")
                    }
                };
                misfit.message = format!("{} where {wanted} was expected", name(value));
                misfit.found = Some(value.to_string());
                misfit.expected = Some(wanted);
            }
            ValidationErrorKind::Enum { options } => {
                let words: Vec<&str> =
                    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                misfit.message = format!("{} is none of the words for this", shown(value));
                misfit.found = Some(text_of(value));
                misfit.expected = Some(words.join(", "));
                let near = value.as_str().and_then(|word| nearest(word, words.iter().copied()));
                misfit.fix = near.map(|near| format!("write `{near}`"));
            }
            ValidationErrorKind::Required { property } => {
                let key = text_of(property);
                misfit.message = format!("`{key}` is missing here");
                let keys = value.as_object().into_iter().flat_map(|object| object.keys());
                let near = nearest(&key, keys.map(String::as_str));
                misfit.fix = near.map(|near| format!("rename `{near}` to `{key}`"));
                misfit.key = Some(key);
            }
            ValidationErrorKind::Pattern { .. } => {
                misfit.message = format!("{} does not have the form that is asked for", shown(value));
                misfit.found = Some(text_of(value));
                misfit.expected = self.description(error);
            }
            ValidationErrorKind::MinItems { limit } => {
                misfit.message = format!("the list has too few entries: {limit} at least");
            }
            ValidationErrorKind::MaxItems { limit } => {
                misfit.message = format!("the list has too many entries: {limit} at most");
            }
            ValidationErrorKind::MinLength { .. } => misfit.message = "the value is empty".into(),
            ValidationErrorKind::Minimum { limit } => {
                misfit.message = format!("{value} is too small: {limit} at least");
            }
            ValidationErrorKind::Maximum { limit } => {
                misfit.message = format!("{value} is too large: {limit} at most");
            }
            ValidationErrorKind::Constant { expected_value } => {
                misfit.message = format!("{} where {expected_value} was expected", shown(value));
            }
            _ => misfit.message = error.to_string(),
        }
        misfits.push(misfit);
    }

    /// What the schema says of the values that an error is about.
    fn description(&self, error: &ValidationError<'_>) -> Option<String> {
        let path = error.schema_path().to_string();
        let mut at = path.rsplit_once('/')?.0;
        loop {
            let found = self.schema.pointer(at).and_then(|schema| schema.get("description")?.as_str());
            if let Some(description) = found {
                return Some(description.to_string());
            }
            // A description stands around the alternatives that it is about, but not further away.
            at = at.rsplit_once('/').filter(|(_, last)| *last != "$defs" && *last != "properties")?.0;
            if at.is_empty() {
                return None;
            }
        }
    }
}

/// The alternative that was probably meant: one that the value as a whole fits, but something in it does not; else
/// one of the right type that lacks the fewest.
fn meant<'e>(
    branches: &'e [Vec<ValidationError<'static>>],
    pointer: &str,
) -> Option<&'e [ValidationError<'static>]> {
    let inside = |errors: &&Vec<ValidationError<'static>>| {
        errors.iter().all(|error| error.instance_path().to_string() != pointer)
    };
    if let Some(branch) = branches.iter().find(inside) {
        return Some(branch);
    }
    // Words out of a list or words with a prefix: the list says more.
    let of_value = |errors: &&Vec<ValidationError<'static>>| {
        !errors.iter().any(|error| {
            matches!(error.kind(), ValidationErrorKind::Type { .. } | ValidationErrorKind::Required { .. })
                && error.instance_path().to_string() == pointer
        })
    };
    branches.iter().find(of_value).map(Vec::as_slice)
}

fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn article(kind: &str) -> String {
    match kind {
        "boolean" => "true or false".into(),
        "integer" => "a whole number".into(),
        "null" => "null".into(),
        kind if kind.starts_with(['a', 'o']) => format!("an {kind}"),
        kind => format!("a {kind}"),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// A value in a message: short ones as they are.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 60 => format!("\"{text}\""),
        Value::Number(_) | Value::Bool(_) | Value::Null => value.to_string(),
        other => name(other).to_string(),
    }
}

/// Which drafts are told: each thing once, by who knows most about it.
pub(super) fn kept(drafts: &[Draft<'_>], placed: &[Placed]) -> Vec<bool> {
    let subjects: Vec<String> = drafts
        .iter()
        .zip(placed)
        .map(|(draft, placed)| match &draft.key {
            Some(key) => format!("{}/{key}", placed.subject),
            None => placed.subject.clone(),
        })
        .collect();
    let by = |origin: Origin| -> HashSet<&str> {
        drafts.iter().zip(&subjects).filter(|(draft, _)| draft.origin == origin).map(|(_, s)| &**s).collect()
    };
    let (rules, misfits) = (by(Origin::Rule), by(Origin::Misfit));
    // Entries of a list are judged by rules as a list.
    let of_list = |subject: &str| {
        let (list, last) = subject.rsplit_once('/')?;
        last.bytes().all(|b| b.is_ascii_digit()).then_some(list.to_string())
    };
    // Data that holds what it must not is no source; that it is none need not be said too.
    let mut around_data: HashSet<&str> = HashSet::new();
    for (_, subject) in drafts.iter().zip(&subjects).filter(|(draft, _)| draft.remark.rule.id == D_20.id) {
        let ends = subject.match_indices('/').map(|(at, _)| &subject[..at]);
        around_data.extend(ends);
    }
    let mut said: HashSet<(&str, &str, usize, &str)> = HashSet::new();
    let mut forms = HashSet::new();
    let mut unholdable = HashSet::new();
    drafts
        .iter()
        .zip(placed)
        .zip(&subjects)
        .map(|((draft, placed), subject)| match draft.origin {
            Origin::Rule if draft.remark.rule.id == S_10.id => {
                // Extensions are carried as JSON text, which has escapes for such characters.
                !subject.contains("/extensions/") && unholdable.insert(&**subject)
            }
            Origin::Rule if draft.remark.rule.id == D_21.id && around_data.contains(&**subject) => false,
            Origin::Rule => {
                let rule = draft.remark.rule.id;
                let reader = !matches!(draft.target, Target::Spot(_));
                (reader || !misfits.contains(&**subject))
                    && said.insert((rule, subject, placed.offset, &draft.remark.message))
            }
            Origin::Misfit => forms.insert(subject.clone()),
            Origin::Form => {
                !rules.contains(&**subject)
                    && !misfits.contains(&**subject)
                    && !of_list(subject).is_some_and(|list| rules.contains(&*list))
                    && forms.insert(subject.clone())
            }
        })
        .collect()
}
