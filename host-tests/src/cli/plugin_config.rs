//! `toolgate plugin-config`: a configuration in the form that Envoy hands to the filter.
//!
//! Operators write YAML; Envoy's `configuration` of a wasm plugin is a message, of which the filter wants a `StringValue`
//! with JSON. The line that is written goes into the filter's `config` as it is: YAML takes JSON.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use toolgate::config;

use super::{Format, output};
use crate::scenario::Configuration;

/// Writes the configuration at `path` for Envoy. One that the filter would refuse is not written: what is wrong with it
/// goes to standard error, and the result is `false`.
pub(super) fn run(path: &Path, format: Format) -> Result<bool> {
    let json = Configuration::read(path)?.json().to_string();
    if let Err(problems) = config::read(json.as_bytes()) {
        eprintln!("{}: the filter would refuse this configuration\n{problems}", path.display());
        return Ok(false);
    }
    let configuration = json!({"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json});
    match format {
        Format::Json => output::json(&configuration)?,
        Format::Text => output::text(&format!("configuration: {configuration}"))?,
    }
    Ok(true)
}
