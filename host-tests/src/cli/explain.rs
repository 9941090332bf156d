//! `toolgate explain`: one call, each step of its way to the verdict, each rule that was tried. The core tells it
//! ([`toolgate::explain`]); `replay` has the compiled filter's word on the same call.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use toolgate::config;
use toolgate::explain::{Call, explain};
use toolgate::time::Timestamp;

use super::recorded::AUDIT_RECORD;
use super::{Format, clock, output};
use crate::scenario::Configuration;

/// Explains the call in the file `request`; whether it would be forwarded.
pub(super) fn run(config: &Path, request: &Path, format: Format) -> Result<bool> {
    let configuration = Configuration::read(config)?.with_test_keys(false);
    let config = config::read(configuration.json().to_string().as_bytes()).map_err(|problems| anyhow!("{problems}"));
    let config = Arc::new(config.context("the configuration is not valid")?);
    let text = read(request)?;
    if text.contains("\"decision_id\"") && !text.contains("\"claims\"") {
        bail!("in `{}`: {AUDIT_RECORD}", request.display());
    }
    let call = Call::read(&text).map_err(|problems| anyhow!("{problems}"));
    let call = call.with_context(|| format!("in `{}`", request.display()))?;
    let now = Timestamp::from_secs(clock::now().as_secs());
    let explanation = explain(&config, &call, now).map_err(|problems| anyhow!("{problems}")).context("the call")?;
    match format {
        Format::Json => output::json(&explanation)?,
        Format::Text => output::text(&explanation.to_string())?,
    }
    Ok(explanation.verdict == "forward")
}

fn read(request: &Path) -> Result<String> {
    if request == Path::new("-") {
        return io::read_to_string(io::stdin()).context("can't read standard input");
    }
    fs::read_to_string(request).with_context(|| format!("can't read `{}`", request.display()))
}
