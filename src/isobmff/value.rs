//! Values for printing that keep the order of their fields, made from anything that can be serialized.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// A value for printing.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number that is not negative.
    Unsigned(u64),
    /// A number.
    Signed(i64),
    /// A fraction.
    Float(f64),
    /// Text.
    Text(Cow<'static, str>),
    /// Values in order.
    List(Vec<Value>),
    /// Named values in order.
    Object(Fields),
}

/// Named values in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(pub Vec<(Cow<'static, str>, Value)>);

impl Fields {
    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Adds a value.
    pub(super) fn push(&mut self, name: &'static str, value: Value) {
        self.0.push((name.into(), value));
    }
}

impl Value {
    /// Takes anything that can be serialized.
    ///
    /// # Errors
    /// Those of the type's own.
    pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Value, ValueError> {
        value.serialize(ToValue)
    }

    /// Text of a character set that needs no escapes.
    pub(super) fn text(text: impl Into<Cow<'static, str>>) -> Value {
        Value::Text(text.into())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_none(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Unsigned(value) => serializer.serialize_u64(*value),
            Value::Signed(value) => serializer.serialize_i64(*value),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::List(values) => serializer.collect_seq(values),
            Value::Object(fields) => fields.serialize(serializer),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl fmt::Display for Value {
    /// In one line; text as it is, but for control characters, which are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("-"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Unsigned(value) => write!(f, "{value}"),
            Value::Signed(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value}"),
            Value::Text(text) if text.is_empty() => f.write_str("\"\""),
            Value::Text(text) => text.chars().try_for_each(|c| match c.is_control() {
                true => write!(f, "{}", c.escape_default()),
                false => write!(f, "{c}"),
            }),
            Value::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{value}")?;
                }
                f.write_str("]")
            }
            Value::Object(fields) => {
                f.write_str("{")?;
                for (index, (name, value)) in fields.0.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{name} {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// What a type's own serialization complains about.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ValueError(String);

impl ser::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        ValueError(message.to_string())
    }
}

struct ToValue;

/// Collects what a list or an object consists of, and the enum variant that names it.
struct Collect {
    list: Vec<Value>,
    fields: Fields,
    key: Option<Cow<'static, str>>,
    variant: Option<&'static str>,
}

impl Collect {
    fn new(variant: Option<&'static str>) -> Self {
        Collect { list: Vec::new(), fields: Fields::default(), key: None, variant }
    }

    fn named(self, value: Value) -> Value {
        match self.variant {
            Some(variant) => Value::Object(Fields(vec![(variant.into(), value)])),
            None => value,
        }
    }

    fn list(mut self) -> Value {
        let list = std::mem::take(&mut self.list);
        self.named(Value::List(list))
    }

    fn object(mut self) -> Value {
        let fields = std::mem::take(&mut self.fields);
        self.named(Value::Object(fields))
    }
}

impl Serializer for ToValue {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = Collect;
    type SerializeTuple = Collect;
    type SerializeTupleStruct = Collect;
    type SerializeTupleVariant = Collect;
    type SerializeMap = Collect;
    type SerializeStruct = Collect;
    type SerializeStructVariant = Collect;

    fn serialize_bool(self, value: bool) -> Result<Value, ValueError> {
        Ok(Value::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Value, ValueError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<Value, ValueError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<Value, ValueError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<Value, ValueError> {
        Ok(u64::try_from(value).map_or(Value::Signed(value), Value::Unsigned))
    }

    fn serialize_u8(self, value: u8) -> Result<Value, ValueError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<Value, ValueError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<Value, ValueError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<Value, ValueError> {
        Ok(Value::Unsigned(value))
    }

    fn serialize_f32(self, value: f32) -> Result<Value, ValueError> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Value, ValueError> {
        Ok(Value::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<Value, ValueError> {
        Ok(Value::text(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<Value, ValueError> {
        Ok(Value::text(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Value, ValueError> {
        Ok(Value::text(super::table::HexText(value).to_string()))
    }

    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ValueError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, ValueError> {
        Ok(Value::text(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        Ok(Collect::new(Some(variant)).named(value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Collect, ValueError> {
        Ok(Collect::new(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Collect, ValueError> {
        Ok(Collect::new(None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Collect, ValueError> {
        Ok(Collect::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collect, ValueError> {
        Ok(Collect::new(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Collect, ValueError> {
        Ok(Collect::new(None))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Collect, ValueError> {
        Ok(Collect::new(None))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collect, ValueError> {
        Ok(Collect::new(Some(variant)))
    }
}

macro_rules! collect_list {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Collect {
            type Ok = Value;
            type Error = ValueError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
                self.list.push(value.serialize(ToValue)?);
                Ok(())
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(self.list())
            }
        }
    )*};
}
collect_list!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! collect_object {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Collect {
            type Ok = Value;
            type Error = ValueError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), ValueError> {
                self.fields.push(name, value.serialize(ToValue)?);
                Ok(())
            }

            fn end(self) -> Result<Value, ValueError> {
                Ok(self.object())
            }
        }
    )*};
}
collect_object!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Collect {
    type Ok = Value;
    type Error = ValueError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        self.key = Some(match key.serialize(ToValue)? {
            Value::Text(text) => text,
            other => other.to_string().into(),
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().unwrap_or_default();
        self.fields.0.push((key, value.serialize(ToValue)?));
        Ok(())
    }

    fn end(self) -> Result<Value, ValueError> {
        Ok(self.object())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize)]
    struct Sample {
        z: u8,
        a: Option<i16>,
        list: Vec<Kind>,
        #[serde(flatten)]
        inner: Inner,
    }

    #[derive(serde::Serialize)]
    enum Kind {
        Unit,
        New(u8),
        Struct { x: bool },
        Tuple(u8, char),
    }

    #[derive(serde::Serialize)]
    struct Inner {
        k: &'static str,
    }

    #[test]
    fn order_is_kept() {
        let list = vec![Kind::Unit, Kind::New(1), Kind::Struct { x: true }, Kind::Tuple(2, 'c')];
        let value = Value::of(&Sample { z: 1, a: Some(-2), list, inner: Inner { k: "a\nb" } }).unwrap();
        let text = "{z 1, a -2, list [Unit, {New 1}, {Struct {x true}}, {Tuple [2, c]}], k a\\nb}";
        assert_eq!(value.to_string(), text);
        let json =
            r#"{"z":1,"a":-2,"list":["Unit",{"New":1},{"Struct":{"x":true}},{"Tuple":[2,"c"]}],"k":"a\nb"}"#;
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    }
}
