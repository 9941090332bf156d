//! What is published about configuration and record is made from the types that read and write them: JSON Schemas, and a
//! table of every field. `make reference` writes the files, the tests here hold them to the types.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::audit::Record;
use crate::config::raw;

const UPDATE: &str = "TOOLGATE_UPDATE";

fn current(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy").join(name);
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == made, "`envoy/{name}` is not what the types say: run `make reference`, and read the difference");
}

fn published(mut schema: Value, id: &str, title: &str) -> Value {
    schema["$id"] = json!(format!("urn:toolgate:{id}"));
    schema["title"] = json!(title);
    schema
}

fn configuration() -> Value {
    published(schemars::schema_for!(raw::Config).to_value(), "configuration", "Configuration of Toolgate")
}

fn pretty(schema: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(schema).unwrap())
}

#[test]
fn the_schema_of_the_configuration_is_current() {
    current("configuration.schema.json", &pretty(&configuration()));
}

#[test]
fn the_schema_of_the_record_is_current() {
    let schema = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = schema.into_root_schema_for::<Record>().to_value();
    current("record.schema.json", &pretty(&published(schema, "record", "Audit record of Toolgate")));
}

#[test]
fn the_reference_of_the_configuration_is_current() {
    let schema = configuration();
    let mut reference =
        Reference { defs: schema["$defs"].as_object().unwrap(), told: BTreeSet::new(), text: START.into() };
    reference.section("the configuration", &schema);
    current("CONFIGURATION.md", &reference.text);
}

const START: &str = "# Every field of the configuration

Made from the types that read it (`make reference`). A field that isn't here is refused, and so is one of another type; the
filter says all that it finds wrong at once, each with its JSON pointer. [`configuration.schema.json`](configuration.schema.json) is
the same for machines. Durations are written as `200ms`, `30s`, `15m`, sizes as `64KiB`, `1MiB`.
";

/// Writes a section for each kind of object, in the order in which they are met.
struct Reference<'s> {
    defs: &'s Map<String, Value>,
    told: BTreeSet<String>,
    text: String,
}

impl<'s> Reference<'s> {
    fn section(&mut self, place: &str, object: &'s Value) {
        let description = text(object).replace('\n', " ");
        write!(
            self.text,
            "\n## {place}\n\n{description}\n\n| field | type | default | what it says |\n|---|---|---|---|\n"
        )
        .unwrap();
        let required: Vec<_> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields: Vec<_> = object["properties"].as_object().unwrap().iter().collect();
        fields.sort_by_key(|(name, _)| !required.contains(&name.as_str()));
        let mut within = Vec::new();
        for (name, field) in fields {
            let kind = self.kind(field);
            let default = match &field["default"] {
                _ if required.contains(&name.as_str()) => "required".into(),
                Value::Null | Value::Object(_) => String::new(),
                value => format!("`{value}`"),
            };
            let mut says = text(field).to_owned();
            for (value, meaning) in &kind.values {
                write!(says, " `{value}`: {meaning}").unwrap();
            }
            writeln!(
                self.text,
                "| `{name}` | {} | {default} | {} |",
                kind.name,
                says.replace('\n', " ").replace('|', "\\|")
            )
            .unwrap();
            if let Some((path, object)) = kind.within {
                within.push((format!("{}{name}{path}", prefix(place)), object));
            }
        }
        for (place, name) in within {
            if self.told.insert(name.to_owned()) {
                self.section(&format!("`{place}`"), &self.defs[name]);
            }
        }
    }

    fn kind(&self, schema: &'s Value) -> Kind<'s> {
        if let Some(name) = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/$defs/")) {
            let meant = &self.defs[name];
            if meant["properties"].is_object() {
                return Kind { name: "map".into(), within: Some((String::new(), name)), values: Vec::new() };
            }
            return self.kind(meant);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let kinds: Vec<_> = choices.iter().filter(|it| it["type"] != "null").map(|it| self.kind(it)).collect();
            let name = kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>().join(" or ");
            let values = kinds.iter().flat_map(|kind| kind.values.clone()).collect();
            return Kind { name, within: kinds.into_iter().find_map(|kind| kind.within), values };
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            let values: Vec<_> =
                variants.iter().map(|it| (it["const"].as_str().unwrap().into(), text(it).into())).collect();
            return Kind { name: "one of the words".into(), within: None, values };
        }
        if schema["type"] == "array" {
            let of = self.kind(&schema["items"]);
            let within = of.within.map(|(path, object)| (format!("[]{path}"), object));
            return Kind { name: format!("list: {}", of.name), within, values: of.values };
        }
        if schema["additionalProperties"].is_object() {
            let of = self.kind(&schema["additionalProperties"]);
            let within = of.within.map(|(path, object)| (format!(".*{path}"), object));
            return Kind { name: format!("map from names: {}", of.name), within, values: of.values };
        }
        let kinds = match &schema["type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect(),
            _ => vec!["any"],
        };
        let name = kinds
            .join(" or ")
            .replace("string", "text")
            .replace("integer", "whole number")
            .replace("boolean", "true or false");
        Kind { name, within: None, values: Vec::new() }
    }
}

/// What a field can be.
struct Kind<'s> {
    name: String,
    /// The object in it: by which path, and its definition.
    within: Option<(String, &'s str)>,
    /// The words it can be, and what they mean.
    values: Vec<(String, String)>,
}

fn prefix(place: &str) -> String {
    match place.trim_matches('`') {
        "the configuration" => String::new(),
        place => format!("{place}."),
    }
}

fn text(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}
