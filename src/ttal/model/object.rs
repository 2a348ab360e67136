//! How the objects of a script are declared: one list gives the Rust type, its JSON reading and writing, and its
//! part of the published schema, so that these can't disagree.

use serde::Serialize;
use serde_json::{Map, Value, json};
use thin_vec::ThinVec;

use super::Str;
use crate::ttal::json::{Broken, Reader};

/// A value that a script's JSON can hold.
pub trait Data: Sized + Serialize {
    /// Whether its text stands unquoted where XML carries it.
    const IS_TEXT: bool = false;

    /// Reads the value that comes next. What does not fit is noted in the reader, skipped, and gives `None`.
    ///
    /// # Errors
    /// Where the text is no JSON at all; reading can't go on then.
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken>;

    /// Whether the key is left out when written.
    fn is_absent(&self) -> bool {
        false
    }

    /// Whether there is no value at all, not even an empty one.
    fn is_missing(&self) -> bool {
        false
    }

    /// The JSON Schema of the value; object types put themselves among the definitions and give a reference.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// The named parts of the schema (`$defs`), filled as they are met.
#[derive(Debug, Default)]
pub struct Definitions(pub Map<String, Value>);

impl Definitions {
    /// A reference to the definition `name`, which `make` gives the first time.
    pub fn refer(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.0.contains_key(name) {
            // The name is taken before its contents are made: definitions may refer to themselves.
            self.0.insert(name.to_string(), Value::Null);
            let made = make(self);
            self.0.insert(name.to_string(), made);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }
}

impl<T: Data> Data for Option<T> {
    const IS_TEXT: bool = T::IS_TEXT;

    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        Ok(T::read(reader)?.map(Some))
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn is_missing(&self) -> bool {
        self.is_none()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Data> Data for Box<T> {
    const IS_TEXT: bool = T::IS_TEXT;

    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        Ok(T::read(reader)?.map(Box::new))
    }

    fn is_absent(&self) -> bool {
        (**self).is_absent()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Data> Data for ThinVec<T> {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.array(T::read)
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

impl Data for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.bool()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

impl Data for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.integer()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
    }
}

impl Data for Str {
    const IS_TEXT: bool = true;

    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.string("a string")
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}

impl Data for Value {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.any().map(Some)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!(true)
    }
}

impl Data for Map<String, Value> {
    fn read(reader: &mut Reader<'_>) -> Result<Option<Self>, Broken> {
        reader.map()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "object" })
    }
}

/// Declares an object of the model.
///
/// Each field has a doc comment (the description in the schema), a type, the JSON key, `required` or nothing, `tx`
/// where DAPT has no place of its own for it and it travels in our metadata namespace, and an example. Beside its
/// fields, every object has the place where it was read and the keys that the model does not know.
macro_rules! object {
    (
        $(#[doc = $about:literal])+
        $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty => $key:literal [$($flag:ident)*] eg $example:tt;
            )*
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $name {
            /// Where it stands in its source.
            pub at: $crate::ttal::place::Place,
            $(
                $(#[doc = $doc])+
                pub $field: $type,
            )*
            /// Keys that this version does not know, kept as they came.
            pub unknown: $crate::ttal::model::Unknown,
        }

        #[allow(dead_code, reason = "not every object has fields that DAPT can't place")]
        impl $name {
            /// The keys that the model knows, in the order they are written.
            pub const KEYS: &'static [&'static str] = &[$($key),*];

            /// A copy that leaves out the field of one key.
            pub(crate) fn clone_without(&self, key: &str) -> Self {
                Self {
                    at: self.at,
                    $( $field: if $key == key { Default::default() } else { self.$field.clone() }, )*
                    unknown: self.unknown.clone(),
                }
            }

            /// Hands out the fields that DAPT has no place of its own for: the key, whether the value is plain
            /// text, and the value as text or as JSON.
            pub(crate) fn tx_fields(&self, out: &mut dyn FnMut(&'static str, String)) {
                $(
                    if object!(@has tx $($flag)*) && !$crate::ttal::model::object::Data::is_absent(&self.$field) {
                        out($key, $crate::ttal::model::object::carry(&self.$field));
                    }
                )*
                let _ = out;
            }

            /// Takes back what [`Self::tx_fields`] handed out; `false` where the key is none of these or the value
            /// does not fit.
            pub(crate) fn take_tx_field(&mut self, key: &str, text: &str) -> bool {
                match key {
                    $(
                        $key if object!(@has tx $($flag)*) => {
                            $crate::ttal::model::object::carried(text, &mut self.$field)
                        }
                    )*
                    _ => false,
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(None)?;
                $(
                    if (object!(@has required $($flag)*)
                        && !$crate::ttal::model::object::Data::is_missing(&self.$field))
                        || !$crate::ttal::model::object::Data::is_absent(&self.$field)
                    {
                        map.serialize_entry($key, &self.$field)?;
                    }
                )*
                for (key, value) in self.unknown.iter() {
                    map.serialize_entry(&**key, value)?;
                }
                map.end()
            }
        }

        impl $crate::ttal::model::object::Data for $name {
            fn read(
                reader: &mut $crate::ttal::json::Reader<'_>,
            ) -> Result<Option<Self>, $crate::ttal::json::Broken> {
                let mut object = $name::default();
                let read = reader.object(Self::KEYS, &mut |reader, place, key| {
                    object.at = place;
                    match key {
                        $(
                            Some($key) => {
                                if let Some(value) = $crate::ttal::model::object::Data::read(reader)? {
                                    object.$field = value;
                                }
                            }
                        )*
                        _ => {}
                    }
                    Ok(())
                })?;
                let Some(read) = read else { return Ok(None) };
                object.at = read.place;
                $(
                    if object!(@has required $($flag)*) && !read.has($key) {
                        reader.missing(read.place, $key, stringify!($name));
                    }
                )*
                object.unknown = read.unknown;
                Ok(Some(object))
            }

            fn schema(definitions: &mut $crate::ttal::model::object::Definitions) -> serde_json::Value {
                definitions.refer(stringify!($name), |definitions| {
                    let mut properties = serde_json::Map::new();
                    let mut required: Vec<&str> = Vec::new();
                    $(
                        let about = [$($doc),+];
                        properties.insert($key.to_string(), $crate::ttal::model::object::describe(
                            <$type as $crate::ttal::model::object::Data>::schema(definitions),
                            &about,
                            serde_json::json!($example),
                        ));
                        if object!(@has required $($flag)*) {
                            required.push($key);
                        }
                    )*
                    $crate::ttal::model::object::object_schema(&[$($about),+], properties, &required)
                })
            }
        }
    };
    (@has required) => { false };
    (@has required required $($rest:ident)*) => { true };
    (@has required tx $($rest:ident)*) => { object!(@has required $($rest)*) };
    (@has tx) => { false };
    (@has tx tx $($rest:ident)*) => { true };
    (@has tx required $($rest:ident)*) => { object!(@has tx $($rest)*) };
}
pub(crate) use object;

/// A value as the text that carries it in XML: plain where it is text, JSON otherwise.
pub(crate) fn carry<T: Data>(value: &T) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    match json {
        Value::String(text) if T::IS_TEXT => text,
        json => json.to_string(),
    }
}

/// Takes a value out of text that [`carry`] made; `false` where it does not fit.
pub(crate) fn carried<T: Data>(text: &str, into: &mut T) -> bool {
    let json = if T::IS_TEXT { Value::String(text.into()).to_string() } else { text.to_string() };
    match Reader::placeless::<T>(json.as_bytes()) {
        Some((value, 0)) => {
            *into = value;
            true
        }
        _ => false,
    }
}

/// Doc comment lines as one paragraph.
fn paragraph(lines: &[&str]) -> String {
    let joined: Vec<&str> = lines.iter().map(|l| l.trim()).filter(|l| !l.is_empty()).collect();
    joined.join(" ").replace(['`', '[', ']'], "")
}

/// A property's schema with its description and example.
pub(crate) fn describe(schema: Value, about: &[&str], example: Value) -> Value {
    let mut described = Map::new();
    described.insert("description".into(), Value::String(paragraph(about)));
    described.insert("examples".into(), Value::Array(vec![example]));
    match schema {
        Value::Object(schema) => described.extend(schema),
        Value::Bool(false) => {
            described.insert("not".into(), json!({}));
        }
        _ => {}
    }
    Value::Object(described)
}

/// The schema of an object. It stays open: keys that the model does not know are no error of form.
pub(crate) fn object_schema(about: &[&str], properties: Map<String, Value>, required: &[&str]) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), Value::String(paragraph(about)));
    schema.insert("type".into(), json!("object"));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("properties".into(), Value::Object(properties));
    Value::Object(schema)
}
