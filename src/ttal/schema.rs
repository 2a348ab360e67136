//! The published JSON Schema of TTAL, made from the types of the model.

use serde_json::{Map, Value, json};

use super::model::Script;
use super::model::object::{Data, Definitions};

/// The identifier of the schema. It is a name, not an address: nothing is fetched.
pub const ID: &str = "urn:ttal:schema:1.0";

/// What types alone don't say: the definition, the property, and what to add.
fn refinements() -> [(&'static str, &'static str, Value); 8] {
    [
        ("Script", "ttalVersion", json!({ "pattern": r"^1\.[0-9]+$" })),
        ("Script", "scriptRepresents", json!({ "minItems": 1 })),
        ("Script", "language", json!({ "minLength": 1 })),
        ("Timing", "tickRate", json!({ "minimum": 1 })),
        ("FrameRateValue", "base", json!({ "minimum": 1 })),
        (
            "FrameRateValue",
            "multiplier",
            json!({ "minItems": 2, "maxItems": 2, "items": { "type": "integer", "minimum": 1 } }),
        ),
        ("Character", "color", json!({ "pattern": "^#[0-9A-Fa-f]{6}$" })),
        ("Break", "br", json!({ "const": true })),
    ]
}

/// The schema, JSON Schema 2020-12. Objects stay open: keys that it does not know are no error of form.
pub fn schema() -> Value {
    let mut definitions = Definitions::default();
    Script::schema(&mut definitions);
    let mut definitions = definitions.0;
    for (name, property, more) in refinements() {
        let at = definitions.get_mut(name).and_then(|d| d.get_mut("properties")?.get_mut(property));
        if let (Some(Value::Object(schema)), Value::Object(more)) = (at, more) {
            schema.extend(more);
        }
    }
    let mut root = Map::new();
    root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("$id".into(), json!(ID));
    root.insert("title".into(), json!("TTAL 1.0"));
    if let Some(Value::Object(script)) = definitions.remove("Script") {
        root.extend(script);
    }
    definitions.sort_keys();
    root.insert("$defs".into(), Value::Object(definitions));
    Value::Object(root)
}

/// The schema as it is published: indented, with a line end.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every property of an object of the schema, as OBJECT.PROPERTY.
    fn properties(schema: &Value) -> Vec<(String, Value)> {
        let mut objects: Vec<(&str, &Value)> = vec![("Script", schema)];
        objects.extend(schema["$defs"].as_object().unwrap().iter().map(|(name, object)| (&**name, object)));
        let of = |(name, object): (&str, &Value)| -> Vec<(String, Value)> {
            let properties = object.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
            properties.into_iter().map(|(key, value)| (format!("{name}.{key}"), value)).collect()
        };
        objects.into_iter().flat_map(of).collect()
    }

    #[test]
    fn it_is_a_schema() {
        assert!(jsonschema::meta::is_valid(&schema()), "{:?}", jsonschema::meta::validate(&schema()));
        let schema = schema();
        assert!(schema["$defs"].get("AnyNode").is_none(), "what only the reader needs must not be seen");
        assert!(schema["$defs"].as_object().unwrap().values().all(|d| d.is_object()));
    }

    #[test]
    fn every_property_is_described_and_its_example_fits() {
        let schema = schema();
        for (name, mut property) in properties(&schema) {
            let description = property["description"].as_str().unwrap_or("");
            assert!(description.ends_with('.') && description.len() > 4, "{name}: {description}");
            let examples = property["examples"].as_array().cloned().unwrap_or_default();
            assert!(!examples.is_empty(), "{name} has no example");
            property["$defs"] = schema["$defs"].clone();
            let validator = jsonschema::validator_for(&property).unwrap();
            for example in &examples {
                let error = validator.iter_errors(example).next();
                assert!(error.is_none(), "{name}: {example}: {}", error.unwrap());
            }
        }
    }

    /// The published file is written anew with UPDATE_GENERATED=1.
    #[test]
    fn the_published_file_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/ttal/ttal-1.0.schema.json");
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
            std::fs::write(path, text()).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default();
        assert!(published == text(), "the schema has changed: run cargo test with UPDATE_GENERATED=1");
    }

    #[test]
    fn the_example_fits() {
        let text = include_str!("../../fixtures/ttal/harbour.ttal");
        let document: Value = serde_json::from_str(text).unwrap();
        let schema = schema();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}
