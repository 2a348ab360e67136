//! Comparing two scripts by what they say.

use serde::Serialize;
use serde_json::Value;

use super::canonical::{canonical, number};
use super::fill::normal_form;
use crate::ttal::model::Script;

/// Differences that are told; two scripts that have more are plainly not the same.
const MAX_DIFFERENCES: usize = 100;

/// One place where two scripts differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The place, as a JSON pointer into the normal form.
    pub pointer: String,
    /// What the first script has there, as JSON.
    pub left: Option<String>,
    /// What the second script has there.
    pub right: Option<String>,
}

/// Compares two scripts by their normal forms.
///
/// # Errors
/// Where they differ; at most 100 places.
pub fn model_equal(a: &Script, b: &Script) -> Result<(), Vec<Difference>> {
    let (mut a, mut b) = (normal_form(a), normal_form(b));
    if a == b {
        return Ok(());
    }
    let mut differences = Vec::new();
    let (left, right) = (std::mem::take(&mut a.events), std::mem::take(&mut b.events));
    compare(&json(&a), &json(&b), String::new(), &mut differences);
    for at in 0..left.len().max(right.len()) {
        match (left.get(at), right.get(at)) {
            (Some(left), Some(right)) if left == right => {}
            (left, right) => {
                let pointer = format!("/events/{at}");
                compare(&json(&left), &json(&right), pointer, &mut differences);
            }
        }
        if differences.len() >= MAX_DIFFERENCES {
            break;
        }
    }
    differences.truncate(MAX_DIFFERENCES);
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn compare(left: &Value, right: &Value, pointer: String, differences: &mut Vec<Difference>) {
    if differences.len() >= MAX_DIFFERENCES {
        return;
    }
    match (left, right) {
        (Value::Object(l), Value::Object(r)) => {
            for (key, value) in l {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                match r.get(key) {
                    Some(other) => compare(value, other, below, differences),
                    None => differences.push(difference(below, Some(value), None)),
                }
            }
            for (key, value) in r.iter().filter(|(key, _)| !l.contains_key(*key)) {
                let below = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                differences.push(difference(below, None, Some(value)));
            }
        }
        (Value::Array(l), Value::Array(r)) => {
            for at in 0..l.len().max(r.len()) {
                let below = format!("{pointer}/{at}");
                match (l.get(at), r.get(at)) {
                    (Some(l), Some(r)) => compare(l, r, below, differences),
                    (l, r) => differences.push(difference(below, l, r)),
                }
            }
        }
        (Value::Number(l), Value::Number(r)) if number(&l.to_string()) == number(&r.to_string()) => {}
        (left, right) if left == right => {}
        (left, right) => {
            let present = |value: &Value| !value.is_null();
            let (l, r) = (Some(left).filter(|v| present(v)), Some(right).filter(|v| present(v)));
            differences.push(difference(pointer, l, r));
        }
    }
}

fn difference(pointer: String, left: Option<&Value>, right: Option<&Value>) -> Difference {
    let text =
        |value: Option<&Value>| value.map(|value| String::from_utf8_lossy(&canonical(value)).into_owned());
    Difference { pointer, left: text(left), right: text(right) }
}
