//! What of a JSON text does not fit its schema, told for people.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::nearest::nearest;

/// A schema, and what judges by it.
pub(crate) struct Judge {
    schema: Value,
    validator: Validator,
}

/// One thing that does not fit.
#[derive(Debug)]
pub(crate) struct Misfit {
    /// A JSON pointer to where it is.
    pub(crate) pointer: String,
    /// The key that is missing there.
    pub(crate) key: Option<String>,
    /// What is wrong, one lower-case line.
    pub(crate) message: String,
    /// The value that is there.
    pub(crate) found: Option<String>,
    /// What should be there.
    pub(crate) expected: Option<String>,
    /// What to do about it.
    pub(crate) fix: Option<String>,
}

impl Judge {
    /// A judge by a schema; none where it is no valid one.
    pub(crate) fn new(schema: Value) -> Option<Self> {
        let validator = jsonschema::validator_for(&schema).ok()?;
        Some(Judge { schema, validator })
    }

    /// Finds what does not fit in a text that is JSON, at most `most` things.
    pub(crate) fn find(&self, text: &str, most: usize) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        // The reader has taken the text already; numbers are kept as they are spelt.
        let Ok(document) = serde_json::from_str::<Value>(text) else { return misfits };
        // To know that all fits is faster than to say what does not.
        if self.validator.is_valid(&document) {
            return misfits;
        }
        for error in self.validator.iter_errors(&document) {
            self.tell(&error, most, &mut misfits);
        }
        misfits
    }

    fn tell(&self, error: &ValidationError<'_>, most: usize, misfits: &mut Vec<Misfit>) {
        if misfits.len() >= most {
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
                    branch.iter().for_each(|error| self.tell(error, most, misfits));
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
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = self.properties(error);
                for key in unexpected {
                    let near = nearest(key, known.iter().map(String::as_str));
                    misfits.push(Misfit {
                        pointer: format!("{}/{}", error.instance_path(), escaped(key)),
                        key: None,
                        message: format!("no setting is called `{}`", key.escape_debug()),
                        found: None,
                        expected: Some(known.join(", ")),
                        fix: near.map(|near| format!("write `{near}`")),
                    });
                }
                return;
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

    /// The properties of the object that an error is about.
    fn properties(&self, error: &ValidationError<'_>) -> Vec<String> {
        let path = error.schema_path().to_string();
        let object = path.rsplit_once('/').and_then(|(object, _)| self.schema.pointer(object));
        let properties = object.and_then(|object| object.get("properties")?.as_object());
        properties.map_or_else(Vec::new, |properties| properties.keys().cloned().collect())
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

/// A key as a part of a JSON pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
