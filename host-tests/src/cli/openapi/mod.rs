//! `toolgate openapi`: the operations of a REST route, from the API's OpenAPI document.
//!
//! What is written is a piece of configuration, to be read, changed and kept like any other: the filter itself never
//! sees the document. It says which operations there are, what they are done to, which parameters are lists, and, as
//! rules that deny, which scopes they need. What *kind* of action each is stays to the filter's classification, unless
//! whoever reads it knows better and writes `action`.

mod document;
mod operation;
mod resource;
mod scopes;

use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;
use toolgate::action::Template;

use super::{Format, output};
use crate::scenario::Configuration;
use document::Document;
use operation::{Operation, operations};
use scopes::Rule;

/// What the document says, in the filter's terms.
#[derive(Debug, Serialize)]
struct Imported {
    operations: Vec<Operation>,
    /// Deny a call whose token lacks the scopes that the document demands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    /// What could not be taken over, or only by a guess.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

/// Writes the operations of the document at `path`, below `base` or the path of its first server. Whether all of them
/// could be taken over.
pub(super) fn run(path: &Path, base: Option<&str>, format: Format) -> Result<bool> {
    let value = Configuration::read(path)?.json().clone();
    let document = Document::new(value)?;
    let imported = import(&document, base);
    match format {
        Format::Json => output::json(&imported)?,
        Format::Text => output::text(&told(path, &document, &imported))?,
    }
    Ok(imported.remarks.is_empty())
}

fn import(document: &Document, base: Option<&str>) -> Imported {
    let mut remarks = Vec::new();
    let base = base.map_or_else(|| document.base(&mut remarks), |base| base.trim_end_matches('/').to_owned());
    let mut found = operations(document, &base, &mut remarks);
    found.retain(|operation| match Template::parse(&operation.path) {
        Ok(_) => true,
        Err(invalid) => {
            remarks.push(format!("left out `{} {}`: {invalid}", operation.method, operation.path));
            false
        }
    });
    let mut tools: Vec<&str> = found.iter().map(|operation| operation.tool.as_str()).collect();
    tools.sort_unstable();
    for pair in tools.windows(2) {
        if let [one, other] = pair
            && one == other
        {
            remarks.push(format!("two operations are called `{one}`: rules can't tell them apart"));
        }
    }
    let rules = scopes::rules(&found);
    Imported { operations: found, rules, remarks }
}

/// As YAML, with what is to be known about it in front.
fn told(path: &Path, document: &Document, imported: &Imported) -> String {
    let mut lines = vec![format!(
        "# From `{}`: {}, {} operations.",
        path.file_name().unwrap_or_default().display(),
        document.title(),
        imported.operations.len()
    )];
    lines.extend(imported.remarks.iter().map(|remark| format!("# Remark: {remark}")));
    lines.push("operations: # of a route with `protocol: rest`".into());
    lines.extend(imported.operations.iter().map(|operation| format!("  - {}", flow(operation))));
    if !imported.rules.is_empty() {
        lines.push("rules: # what the document says of scopes".into());
        lines.extend(imported.rules.iter().map(|rule| format!("  - {}", flow(rule))));
    }
    lines.join("\n")
}

/// One line of YAML: JSON is that too.
fn flow(value: &impl Serialize) -> String {
    serde_json::to_value(value).map_or_else(|error| format!("# {error}"), |value: Value| value.to_string())
}

#[cfg(test)]
mod tests;
