//! Operations: one for each method of each path.

use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

use super::document::Document;
use super::resource::{Resource, resource};
use super::scopes::{Alternatives, alternatives};

/// One entry of a route's `operations`.
#[derive(Debug, Serialize)]
pub(super) struct Operation {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) tool: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) resource: Option<Resource>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) lists: Vec<String>,
    /// The scopes that its security demands. They become rules.
    #[serde(skip)]
    pub(super) scopes: Alternatives,
}

/// The members of a path item that are operations (OpenAPI 3.1.1 section 4.8.9.1).
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The operations of the document, their paths below `base`, in the order of paths.
pub(super) fn operations(document: &Document, base: &str, remarks: &mut Vec<String>) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let Some(item) = document.resolve(item) else {
            remarks.push(format!("left out `{path}`: what it refers to is not in this document"));
            continue;
        };
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let tool = operation.get("operationId").and_then(Value::as_str).map_or_else(
                || {
                    let name = named_by_path(method, path);
                    remarks
                        .push(format!("`{} {path}` has no operationId; it is called `{name}`", method.to_uppercase()));
                    name
                },
                str::to_owned,
            );
            operations.push(Operation {
                method: method.to_uppercase(),
                path: format!("{base}{}", decoded(path)),
                tool,
                resource: resource(path),
                lists: lists(document, item, operation, remarks),
                scopes: alternatives(document, operation),
            });
        }
    }
    operations
}

/// The path with its literals decoded, which is how templates are written: a request's path is decoded before it is compared.
fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8().map_or_else(|_| path.to_owned(), std::borrow::Cow::into_owned)
}

/// `post_users_by_id_ban` for `POST /users/{id}/ban`.
fn named_by_path(method: &str, path: &str) -> String {
    let words = path.split('/').filter(|segment| !segment.is_empty()).map(|segment| match segment.strip_prefix('{') {
        Some(name) => format!("by_{}", name.trim_end_matches('}')),
        None => segment.to_owned(),
    });
    let plain = |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '_' };
    std::iter::once(method.to_owned()).chain(words).collect::<Vec<_>>().join("_").chars().map(plain).collect()
}

/// Parameters that may stand several times: arrays in a query that are exploded, which is the default (section 4.8.12.2), and
/// arrays in a form.
fn lists(document: &Document, item: &Value, operation: &Value, remarks: &mut Vec<String>) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    let of = |value: &'_ Value| value.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    for parameter in of(item).iter().chain(&of(operation)) {
        let Some(parameter) = document.resolve(parameter) else {
            remarks.push("a parameter refers to something that is not in this document".into());
            continue;
        };
        let text = |name| parameter.get(name).and_then(Value::as_str);
        let is_array = parameter.get("schema").is_some_and(|schema| is_array(document, schema));
        let explodes = parameter.get("explode").and_then(Value::as_bool).unwrap_or(true);
        if let (Some("query"), Some(name), true, true, "form") =
            (text("in"), text("name"), is_array, explodes, text("style").unwrap_or("form"))
        {
            lists.push(name.trim_end_matches("[]").to_owned());
        }
    }
    let body = operation.get("requestBody").and_then(|body| document.resolve(body));
    for (media_type, content) in
        body.and_then(|body| body.get("content")).and_then(Value::as_object).into_iter().flatten()
    {
        if !matches!(media_type.as_str(), "application/x-www-form-urlencoded" | "multipart/form-data") {
            continue;
        }
        let schema = content.get("schema").and_then(|schema| document.resolve(schema));
        for (name, property) in
            schema.and_then(|it| it.get("properties")).and_then(Value::as_object).into_iter().flatten()
        {
            if is_array(document, property) {
                lists.push(name.clone());
            }
        }
    }
    lists.sort_unstable();
    lists.dedup();
    lists
}

/// 3.1 also has lists of types (`[array, "null"]`).
fn is_array(document: &Document, schema: &Value) -> bool {
    match document.resolve(schema).and_then(|schema| schema.get("type")) {
        Some(Value::String(kind)) => kind == "array",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "array"),
        _ => false,
    }
}
