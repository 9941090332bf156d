//! Fields that must be there and aren't: all of them at once, each with an example of what would be right.
//!
//! serde stops at the first. So an example is put in its place and the rest read on; what is complained of within an example
//! is not the operator's fault, and is left out ([`Examples::hide`]).

use serde_json::Value;

use super::problem::{Problem, Problems};

/// What serde says, before the field's name in backticks.
const SAYS: &str = "missing field `";

/// An example for each field that must be there: the end of its object's place (`*` is any place in a list, or any name of the
/// operator's), the field, and the example. A test holds this to the schema.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("", "policy_version", r#""crm-support-v12""#),
    (
        "",
        "identity",
        r#"{"issuers": [{"issuer": "https://idp.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"], "jwks": {"cluster": "idp", "uri": "https://idp.example.com/jwks"}}]}"#,
    ),
    ("", "routes", r#"[{"match": {"path": "/mcp"}, "protocol": "mcp", "server": "crm"}]"#),
    (
        "/identity",
        "issuers",
        r#"[{"issuer": "https://idp.example.com", "audiences": ["https://gateway.example.com/mcp"], "algorithms": ["ES256"], "jwks": {"cluster": "idp", "uri": "https://idp.example.com/jwks"}}]"#,
    ),
    ("/identity/issuers/*", "issuer", r#""https://idp.example.com""#),
    ("/identity/issuers/*", "audiences", r#"["https://gateway.example.com/mcp"]"#),
    ("/introspection", "cluster", r#""idp""#),
    ("/introspection", "uri", r#""https://idp.example.com/introspect""#),
    ("/introspection", "credential", r#""Basic …""#),
    ("/revocations", "cluster", r#""idp""#),
    ("/revocations", "uri", r#""https://idp.example.com/revoked""#),
    ("/status_lists/*", "cluster", r#""idp""#),
    ("/status_lists/*", "uri", r#""https://idp.example.com/status/1""#),
    ("/identity/dpop", "origins", r#"["https://gateway.example.com"]"#),
    ("/identity/dpop/nonce", "key", r#""<what `openssl rand -base64 32` makes>""#),
    ("/task_documents", "issuer", r#""https://runs.example.com""#),
    ("/task_documents", "audiences", r#"["https://gateway.example.com"]"#),
    ("/task_documents", "algorithms", r#"["ES256"]"#),
    ("/task_documents", "jwks", r#"{"cluster": "runs", "uri": "https://runs.example.com/jwks"}"#),
    ("/routes/*", "match", r#"{"path": "/mcp"}"#),
    ("/routes/*", "protocol", r#""mcp""#),
    ("/routes/*", "server", r#""crm""#),
    ("/routes/*/credential", "header", r#""x-api-key""#),
    ("/routes/*/credential", "value", r#""<the server's key>""#),
    ("/protected_resource", "resource", r#""https://gateway.example.com/mcp""#),
    ("/operations/*", "method", r#""GET""#),
    ("/operations/*", "path", r#""/v1/payments/{id}""#),
    ("/operations/*", "tool", r#""payments.read""#),
    ("/resource", "type", r#""payment""#),
    ("/resources/*", "type", r#""customer""#),
    ("/servers/*", "tools", r#"[{"name": "read_customer"}]"#),
    ("/servers/*/tools/*", "name", r#""read_customer""#),
    ("/rules/*", "id", r#""support-reads-one-record""#),
    ("/rules/*", "effect", r#""allow""#),
    ("/rules/*/credential", "scope", r#""crm:read""#),
    ("/rules/*/credential", "ttl_seconds", "60"),
    ("/comparisons/*", "left", r#""token.ticket.customer_id""#),
    ("/decision", "cluster", r#""pdp""#),
    ("/decision", "url", r#""https://pdp.example.com""#),
    ("/decision/cache", "max_age", r#""30s""#),
    ("/limits/amount", "max", "500"),
    ("/limits/amount", "currency", r#""USD""#),
    ("/bounds/*", "member", r#""/instructedAmount/amount""#),
    ("/bounds/*", "attribute", r#""parameters.amount""#),
    ("/quarantine", "denials", "5"),
    ("/quarantine", "within", r#""5m""#),
    ("/quarantine", "lasts", r#""15m""#),
    ("/audit/assertion", "key", r#""<a private JWK>""#),
    ("/audit/assertion", "issuer", r#""https://gateway.example.com""#),
    ("/audit/export", "cluster", r#""collector""#),
    ("/audit/export", "url", r#""http://collector.example.com:4318/v1/logs""#),
];

/// Where examples stand in for what is missing.
#[derive(Debug, Default)]
pub(super) struct Examples(Vec<String>);

impl Examples {
    /// Puts an example in the place of the field that `error` says is missing in the object at `object`, and complains; whether
    /// that is what it says.
    pub(super) fn stand_in(
        &mut self,
        document: &mut Value,
        object: &str,
        error: &str,
        problems: &mut Problems,
    ) -> bool {
        let field = error.strip_prefix(SAYS).and_then(|rest| rest.split_once('`')).map(|(field, _)| field);
        let Some((field, example)) = field.and_then(|field| example(object, field)) else { return false };
        let Ok(value) = serde_json::from_str(example) else { return false };
        let Some(members) = document.pointer_mut(object).and_then(Value::as_object_mut) else { return false };
        if members.insert(field.to_owned(), value).is_some() {
            return false;
        }
        let place = format!("{object}/{field}");
        problems.add(&*place, format!("nothing was found; `\"{field}\": {example}` would be right"));
        self.0.push(place);
        true
    }

    /// Leaves out what is said of the examples themselves.
    pub(super) fn hide(&self, problem: &Problem) -> bool {
        let within = |example: &String| {
            problem.pointer.strip_prefix(&**example).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.0.iter().any(within)
    }
}

fn example(object: &str, wanted: &str) -> Option<(&'static str, &'static str)> {
    let found = EXAMPLES.iter().find(|(place, field, _)| *field == wanted && ends_so(object, place));
    found.map(|(_, field, example)| (*field, *example))
}

/// Whether a JSON pointer ends as `place` says; the whole configuration is meant by nothing.
fn ends_so(pointer: &str, place: &str) -> bool {
    if place.is_empty() {
        return pointer.is_empty();
    }
    let mut found = pointer.rsplit('/');
    place
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .iter()
        .rev()
        .all(|wanted| found.next().is_some_and(|segment| !segment.is_empty() && (*wanted == "*" || *wanted == segment)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::config::{document, raw, read};

    fn said(configuration: &Value) -> Vec<String> {
        read(configuration.to_string().as_bytes()).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let pointers = |configuration: Value| -> Vec<String> {
            said(&configuration).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect()
        };
        assert_eq!(pointers(json!({})), ["/policy_version", "/identity", "/routes"]);
        let little = json!({
            "identity": {"issuers": [{"issuer": "https://idp.example.com"}]},
            "routes": [{"match": {"path": "/mcp"}}],
            "rules": [{"effect": "allow"}, {"when": {"agent.rule": "x"}}],
            "decision": {"cluster": "pdp"},
        });
        assert_eq!(
            pointers(little),
            [
                "/decision/url",
                "/identity/issuers/0/audiences",
                "/routes/0/protocol",
                "/routes/0/server",
                "/rules/0/id",
                "/rules/1/id",
                "/rules/1/effect",
                "/policy_version",
                // And what is wrong with what is there.
                "/identity/issuers/0/algorithms",
                "/identity/issuers/0/jwks",
                "/rules/0/when",
                "/rules/1/when/agent.rule",
            ]
        );
    }

    #[test]
    fn what_is_said_would_be_right() {
        let mut configuration = json!({});
        for line in said(&configuration) {
            let (_, field) = line.split_once("nothing was found; `").unwrap();
            let member = format!("{{{}}}", field.strip_suffix("` would be right").unwrap());
            configuration.as_object_mut().unwrap().extend(serde_json::from_str::<Map<_, _>>(&member).unwrap());
        }
        read(configuration.to_string().as_bytes()).unwrap();
    }

    /// Objects with fields that must be there: how to come to an empty one, and these fields.
    fn objects(
        schema: &Value,
        defs: &Value,
        within: &[String],
        way: &dyn Fn(Value) -> Value,
        found: &mut Vec<(Value, Vec<String>)>,
    ) {
        if let Some(name) = schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/$defs/")) {
            if !within.iter().any(|it| it == name) {
                objects(&defs[name], defs, &[within, &[name.to_owned()]].concat(), way, found);
            }
            return;
        }
        for any in ["anyOf", "oneOf", "allOf"].iter().flat_map(|any| schema[*any].as_array().into_iter().flatten()) {
            objects(any, defs, within, way, found);
        }
        let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
        if !required.is_empty() {
            found.push((way(json!({})), required.iter().map(|it| it.as_str().unwrap().to_owned()).collect()));
        }
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            objects(field, defs, within, &|inner| way(json!({name: inner})), found);
        }
        if schema["items"].is_object() {
            objects(&schema["items"], defs, within, &|inner| way(json!([inner])), found);
        }
        if schema["additionalProperties"].is_object() {
            objects(&schema["additionalProperties"], defs, within, &|inner| way(json!({"x": inner})), found);
        }
    }

    #[test]
    fn every_field_that_must_be_there_has_an_example_of_its_type() {
        let schema = schemars::schema_for!(raw::Config).to_value();
        let mut found = Vec::new();
        objects(&schema, &schema["$defs"], &[], &|inner| inner, &mut found);
        assert!(found.len() > 25, "{}", found.len());
        for (document, required) in found {
            let mut problems = Problems::default();
            let text = document.to_string();
            let read = document::read(text.as_bytes(), &mut problems);
            let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
            assert!(read.is_some(), "{text}: {said:#?}");
            assert!(said.iter().all(|line| line.contains("nothing was found")), "{text}: {said:#?}");
            for field in required {
                assert!(
                    said.iter().any(|line| line.contains(&format!("/{field}: nothing was found"))),
                    "{text}: {said:#?}"
                );
            }
        }
    }
}
