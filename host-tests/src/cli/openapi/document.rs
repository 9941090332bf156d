//! An OpenAPI document, 3.0 or 3.1, as far as operations need it.

use anyhow::{Result, bail};
use serde_json::Value;

/// How many references may lead from one to the next: a circle ends too.
const MAX_REFERENCES: usize = 16;

/// The document.
#[derive(Debug)]
pub(super) struct Document(Value);

impl Document {
    /// Takes over a document of a version that is read here.
    pub(super) fn new(value: Value) -> Result<Self> {
        match value.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.0") || version.starts_with("3.1") => Ok(Self(value)),
            Some(version) => bail!("found OpenAPI `{version}`; 3.0 and 3.1 are read"),
            None if value.get("swagger").is_some() => bail!("found Swagger 2.0; convert it to OpenAPI 3 first"),
            None => bail!("found no `openapi`; this is not an OpenAPI document"),
        }
    }

    pub(super) fn title(&self) -> String {
        let info = |name| self.0.pointer(name).and_then(Value::as_str).unwrap_or_default();
        format!("{} {}", info("/info/title"), info("/info/version")).trim().replace(['\n', '\r'], " ")
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// What `value` is, or refers to within this document.
    pub(super) fn resolve<'d>(&'d self, mut value: &'d Value) -> Option<&'d Value> {
        for _ in 0..MAX_REFERENCES {
            match value.get("$ref").and_then(Value::as_str) {
                None => return Some(value),
                Some(reference) => value = self.0.pointer(reference.strip_prefix('#')?)?,
            }
        }
        None
    }

    /// The path of the first server, without a slash at its end; its variables have their defaults.
    pub(super) fn base(&self, remarks: &mut Vec<String>) -> String {
        let paths: Vec<String> =
            self.0.get("servers").and_then(Value::as_array).into_iter().flatten().map(path).collect();
        let Some(first) = paths.first() else { return String::new() };
        if paths.iter().any(|other| other != first) {
            remarks.push(format!("the servers have different paths; taken: `{first}` (choose another with --base)"));
        }
        first.clone()
    }
}

fn path(server: &Value) -> String {
    let mut url = server.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").and_then(Value::as_object).into_iter().flatten() {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        url = url.replace(&format!("{{{name}}}"), default);
    }
    let path = match url.split_once("://") {
        Some((_, behind)) => behind.find('/').and_then(|slash| behind.get(slash..)).unwrap_or_default(),
        None => &url,
    };
    path.trim_end_matches('/').to_owned()
}
