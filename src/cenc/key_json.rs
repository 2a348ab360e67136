//! Keys in JSON text.
//!
//! `serde_json` quotes what it found in its errors, so none of them is passed on: the text goes into a small tree
//! whose strings are wiped, and what is wrong with the tree is said here.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::keys::{Key, KeyId};
use super::text::from_base64url;
use crate::error::{Error, Result};

/// A JSON value, of which only what can hold keys is kept.
enum Value {
    Text(Zeroizing<String>),
    List(Vec<Value>),
    Object(Members),
    Other,
}

/// In the order of the text, doubles included.
type Members = Vec<(Zeroizing<String>, Value)>;

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(Zeroizing::new(text.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = entries.next_key::<Name>()? {
            members.push((name.0, entries.next_value()?));
        }
        Ok(Value::Object(members))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// A member's name. It may be a key, where ID and key were swapped.
struct Name(Zeroizing<String>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }
            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(Zeroizing::new(text.to_string())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Gives each pair of a JSON text to `add`.
///
/// # Errors
/// `Usage` for text of another form, and what `add` returns.
pub(super) fn parse(text: &[u8], mut add: impl FnMut(KeyId, Key, Option<&str>) -> Result<()>) -> Result<()> {
    // To resolve an escape the parser copies the string to a buffer that nobody wipes. No key needs one.
    if text.contains(&b'\\') {
        return Err(Error::usage("JSON of keys has no escapes, write the characters themselves"));
    }
    let root: Value = serde_json::from_slice(text).map_err(|e| {
        Error::usage(format!("the text is no JSON from line {}, column {} on", e.line(), e.column()))
    })?;
    let Value::Object(members) = root else {
        return Err(form("the JSON text is no object"));
    };
    if members.is_empty() {
        return Err(form("the JSON object is empty"));
    }
    let list = match &members[..] {
        [..] if !members.iter().any(|(name, _)| name.as_str() == "keys") => None,
        members => Some(one(members, "keys")?),
    };
    match list {
        Some(Value::List(items)) if items.is_empty() => Err(form("\"keys\" is empty")),
        Some(Value::List(items)) => items.iter().enumerate().try_for_each(|(i, item)| {
            item_pair(item)
                .and_then(|(kid, key)| add(kid, key, label(item)?))
                .map_err(|e| e.within(format!("keys[{i}]")))
        }),
        Some(_) => Err(form("\"keys\" is no list")),
        None => members.iter().enumerate().try_for_each(|(i, (kid, key))| {
            plain_pair(kid, key)
                .and_then(|(kid, key)| add(kid, key, None))
                .map_err(|e| e.within(format!("member {}", i + 1)))
        }),
    }
}

fn form(what: &str) -> Error {
    Error::usage(format!("{what}, {{\"keys\": [{{\"kid\": …, \"key\": …}}]}} or {{KID: KEY}} was expected"))
}

/// The one member of a name. `name` is a literal of this file, safe to print.
fn one<'a>(members: &'a [(Zeroizing<String>, Value)], name: &str) -> Result<&'a Value> {
    let mut found = members.iter().filter(|(n, _)| n.as_str() == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Ok(value),
        (None, _) => Err(Error::usage(format!("there is no member {name:?}"))),
        (Some(_), Some(_)) => Err(Error::usage(format!("there are two members {name:?}"))),
    }
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Error::usage(format!("{what} is no string"))),
    }
}

/// The label of an item, which is optional and may be `null`.
fn label(item: &Value) -> Result<Option<&str>> {
    let Value::Object(members) = item else { return Ok(None) };
    if !members.iter().any(|(name, _)| name.as_str() == "label") {
        return Ok(None);
    }
    Ok(match one(members, "label")? {
        Value::Text(label) => Some(label),
        _ => None,
    })
}

fn plain_pair(kid: &str, key: &Value) -> Result<(KeyId, Key)> {
    Ok((kid.parse()?, Key::from_hex(text(key, "the key")?)?))
}

fn item_pair(item: &Value) -> Result<(KeyId, Key)> {
    let Value::Object(members) = item else {
        return Err(Error::usage("an object with \"kid\" and \"key\" was expected"));
    };
    let has = |name: &str| members.iter().any(|(n, _)| n.as_str() == name);
    let kid = text(one(members, "kid")?, "\"kid\"")?;
    if has("key") && has("k") {
        return Err(Error::usage("\"key\" and \"k\" are both given"));
    }
    if !has("k") {
        return Ok((kid.parse()?, Key::from_hex(text(one(members, "key")?, "\"key\"")?)?));
    }
    if has("kty") && text(one(members, "kty")?, "\"kty\"")? != "oct" {
        return Err(Error::usage("\"kty\" is not \"oct\""));
    }
    let key = from_base64url(text(one(members, "k")?, "\"k\"")?)
        .ok_or_else(|| Error::usage("\"k\" is not 16 bytes in base64url"))?;
    let kid = match from_base64url(kid) {
        Some(bytes) => KeyId(*bytes),
        None => kid.parse().map_err(|_| Error::usage("\"kid\" is not 16 bytes in base64url"))?,
    };
    Ok((kid, Key::new(*key)?))
}
