//! Canonical JSON: RFC 8785, but with numbers as decimal strings, so that none is rounded.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::thread;

use serde::Serialize;
use serde::ser::{self, Error as _, SerializeMap, SerializeSeq, SerializeStruct, Serializer};
use sha2::{Digest, Sha256};

use super::fill::Normal;
use crate::ttal::model::{List, Script};
use crate::ttal::source::hexadecimal;

/// The canonical JSON of a script's normal form, with or without its lineage.
pub fn canonical_json(script: &Script, without_lineage: bool) -> Vec<u8> {
    let mut json = Vec::new();
    stream(script, without_lineage, &mut |piece| json.extend_from_slice(piece));
    json
}

/// SHA-256 over the canonical JSON without the lineage, in hexadecimal: the same for every spelling of a script,
/// and for every way it takes through DAPT.
pub fn sha256(script: &Script) -> String {
    let mut hash = Sha256::new();
    stream(script, true, &mut |piece| hash.update(piece));
    hexadecimal(&hash.finalize())
}

/// Hands out the canonical JSON in pieces, so that neither it nor the normal form of all events is ever held.
fn stream(script: &Script, without_lineage: bool, out: &mut dyn FnMut(&[u8])) {
    let mut normal = Normal::of(script);
    if without_lineage {
        normal.head().lineage = List::new();
    }
    // As in `canonical`, nothing here can fail.
    let head = serde_json::to_value(normal.head()).unwrap_or_default();
    let mut entries: Vec<_> = head.as_object().into_iter().flatten().collect();
    entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    for (at, (key, value)) in entries.into_iter().enumerate() {
        out(if at == 0 { b"{" } else { b"," });
        out(&canonical(key));
        out(b":");
        match key.as_str() {
            "events" => events(&normal, out),
            _ => out(&canonical(value)),
        }
    }
    out(b"}");
}

/// Hands out the array of events, which all cores make.
fn events(normal: &Normal<'_>, out: &mut dyn FnMut(&[u8])) {
    /// Events that are handed over at once.
    const BATCH: usize = 256;
    let batches = normal.count().div_ceil(BATCH);
    let workers = thread::available_parallelism().map_or(1, |n| n.get()).min(batches);
    out(b"[");
    thread::scope(|scope| {
        let queues: Vec<_> = (0..workers)
            .map(|worker| {
                let (sender, queue) = sync_channel(2);
                scope.spawn(move || {
                    let mut filler = normal.filler();
                    for batch in (worker..batches).step_by(workers) {
                        let mut json = Vec::new();
                        for number in batch * BATCH..normal.count().min((batch + 1) * BATCH) {
                            if number > 0 {
                                json.push(b',');
                            }
                            let event = normal.event(number, &mut filler);
                            let _ = event.serialize(Canonical { out: &mut json });
                        }
                        if sender.send(json).is_err() {
                            break;
                        }
                    }
                });
                queue
            })
            .collect();
        for batch in 0..batches {
            if let Ok(json) = queues[batch % workers].recv() {
                out(&json);
            }
        }
    });
    out(b"]");
}

/// The canonical JSON of any value.
pub(super) fn canonical<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Only keys that are no strings could fail, and the model has none.
    let _ = value.serialize(Canonical { out: &mut out });
    out
}

/// The private name under which serde_json hands on numbers of any size.
const NUMBER: &str = "$serde_json::private::Number";

struct Canonical<'o> {
    out: &'o mut Vec<u8>,
}

type Broken = serde_json::Error;

/// A decimal number in one spelling: no plus, no zeros at the ends, no exponent unless it is absurd.
pub(super) fn number(text: &str) -> String {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let Ok(exponent) = exponent.trim_start_matches('+').parse::<i64>() else { return text.to_string() };
    let digits = [whole, fraction].concat();
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let digits = digits.trim_start_matches('0');
    // Where the point stands behind the digits that are left.
    let point = whole.len() as i64 - leading as i64 + exponent;
    let digits = digits.trim_end_matches('0');
    let count = digits.len() as i64;
    if digits.is_empty() {
        return "0".to_string();
    }
    match point {
        _ if !(-60..=60).contains(&point) => format!("{sign}0.{digits}e{point}"),
        point if point <= 0 => format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        point if point >= count => format!("{sign}{digits}{}", "0".repeat((point - count) as usize)),
        point => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{sign}{whole}.{fraction}")
        }
    }
}

impl Canonical<'_> {
    fn number(self, text: &str) -> Result<(), Broken> {
        self.serialize_str(&number(text))
    }
}

/// Where an entry of a map is.
struct Entry {
    range: Range<usize>,
    key_end: usize,
}

/// The entries of a map, serialized one behind the other, and put in order at the end.
struct Entries<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    entries: Vec<Entry>,
    /// A map that stands for a number.
    is_number: bool,
}

impl Entries<'_> {
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Broken> {
        if !self.entries.is_empty() {
            self.out.push(b',');
        }
        let start = self.out.len();
        key.serialize(Canonical { out: self.out })?;
        if self.out.get(start) != Some(&b'"') {
            return Err(Broken::custom("a key is no string"));
        }
        self.entries.push(Entry { key_end: self.out.len(), range: start..start });
        self.out.push(b':');
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
        value.serialize(Canonical { out: self.out })?;
        if let Some(entry) = self.entries.last_mut() {
            entry.range.end = self.out.len();
        }
        Ok(())
    }

    fn finish(mut self) {
        let out = &*self.out;
        let by_key =
            |a: &Entry, b: &Entry| in_order(&out[a.range.start..a.key_end], &out[b.range.start..b.key_end]);
        if !self.entries.is_sorted_by(|a, b| by_key(a, b).is_le()) {
            self.entries.sort_by(by_key);
            let from = self.start + 1;
            let scattered = self.out.split_off(from);
            for (at, Entry { range, .. }) in self.entries.iter().enumerate() {
                if at > 0 {
                    self.out.push(b',');
                }
                self.out.extend_from_slice(&scattered[range.start - from..range.end - from]);
            }
        }
        self.out.push(b'}');
    }
}

/// How two keys follow each other: by UTF-16 code units of what the JSON strings say.
fn in_order(a: &[u8], b: &[u8]) -> Ordering {
    let is_plain = |key: &[u8]| key.iter().all(|byte| byte.is_ascii() && *byte != b'\\');
    // The closing quotes must not count: `a` comes before `a!`.
    let inner = |key: &'_ [u8]| 1..key.len().max(2) - 1;
    if is_plain(a) && is_plain(b) {
        return a[inner(a)].cmp(&b[inner(b)]);
    }
    let units =
        |key| serde_json::from_slice::<String>(key).unwrap_or_default().encode_utf16().collect::<Vec<_>>();
    units(a).cmp(&units(b))
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Broken;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Broken> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
        self.value(value)
    }

    fn end(self) -> Result<(), Broken> {
        self.finish();
        Ok(())
    }
}

impl SerializeStruct for Entries<'_> {
    type Ok = ();
    type Error = Broken;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Broken> {
        if self.is_number
            && let serde_json::Value::String(digits) = serde_json::to_value(value)?
        {
            self.out.truncate(self.start);
            return Canonical { out: self.out }.number(&digits);
        }
        self.key(key)?;
        self.value(value)
    }

    fn end(self) -> Result<(), Broken> {
        if !self.is_number {
            self.finish();
        }
        Ok(())
    }
}

struct Elements<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl SerializeSeq for Elements<'_> {
    type Ok = ();
    type Error = Broken;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Broken> {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        value.serialize(Canonical { out: self.out })
    }

    fn end(self) -> Result<(), Broken> {
        self.out.push(b']');
        Ok(())
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), Broken> {
            self.number(&value.to_string())
        })*
    };
}

impl<'o> Serializer for Canonical<'o> {
    type Ok = ();
    type Error = Broken;
    type SerializeSeq = Elements<'o>;
    type SerializeTuple = ser::Impossible<(), Broken>;
    type SerializeTupleStruct = ser::Impossible<(), Broken>;
    type SerializeTupleVariant = ser::Impossible<(), Broken>;
    type SerializeMap = Entries<'o>;
    type SerializeStruct = Entries<'o>;
    type SerializeStructVariant = ser::Impossible<(), Broken>;

    numbers!(
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
        serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64
    );

    fn serialize_bool(self, value: bool) -> Result<(), Broken> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Broken> {
        serde_json::to_writer(self.out, value)
    }

    fn serialize_char(self, value: char) -> Result<(), Broken> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_unit(self) -> Result<(), Broken> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Broken> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Broken> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Broken> {
        value.serialize(self)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Broken> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Broken> {
        self.serialize_str(variant)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'o>, Broken> {
        self.out.push(b'[');
        Ok(Elements { out: self.out, first: true })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'o>, Broken> {
        self.serialize_struct("", 0)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Entries<'o>, Broken> {
        let start = self.out.len();
        self.out.push(b'{');
        Ok(Entries { out: self.out, start, entries: Vec::new(), is_number: name == NUMBER })
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Broken> {
        Err(Broken::custom("bytes are no JSON"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Broken> {
        Err(Broken::custom("a variant with data is not of the model"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Broken> {
        Err(Broken::custom("a tuple is not of the model"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Broken> {
        Err(Broken::custom("a tuple is not of the model"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Broken> {
        Err(Broken::custom("a variant with data is not of the model"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Broken> {
        Err(Broken::custom("a variant with data is not of the model"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ttal::model::Event;
    use crate::ttal::normal::normal_form;

    #[test]
    fn numbers_have_one_spelling() {
        for (text, wanted) in [
            ("1", "1"),
            ("1.0", "1"),
            ("-0", "0"),
            ("0.390", "0.39"),
            ("1e2", "100"),
            ("12.5E-1", "1.25"),
            ("0.001", "0.001"),
            ("100", "100"),
            ("1e999", "0.1e1000"),
            ("-5e-3", "-0.005"),
        ] {
            assert_eq!(number(text), wanted);
        }
    }

    #[test]
    fn events_are_streamed_into_the_same_text() {
        let mut script = Script::default();
        assert_eq!(canonical_json(&script, false), canonical(&normal_form(&script)));
        script.unknown.push(("e\u{ffff}".into(), 1.into()));
        for number in 0..1000 {
            let id = format!("e{}", 1000 - number).as_str().into();
            script.events.push(Event { id, ..Event::default() });
        }
        assert_eq!(canonical_json(&script, false), canonical(&normal_form(&script)));
    }

    #[test]
    fn keys_are_sorted_and_numbers_are_strings() {
        let value: serde_json::Value = serde_json::from_str(
            r#"{"b":[1.50,{"z":null,"a!":0,"a":"\u0001"}],"\ud83d\ude00":true,"\ufb01":1e2}"#,
        )
        .unwrap();
        let text = String::from_utf8(canonical(&value)).unwrap();
        assert_eq!(
            text,
            "{\"b\":[\"1.5\",{\"a\":\"\\u0001\",\"a!\":\"0\",\"z\":null}],\"😀\":true,\"ﬁ\":\"100\"}"
        );
    }
}
