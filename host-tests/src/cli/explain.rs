//! `toolgate explain`: one call, each step of its way to the verdict, each rule that was tried; or audit records, and what they
//! tell. The core tells both ([`toolgate::explain`]), as it does on the playground's page; `replay` has the compiled filter's
//! word on the same call.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use toolgate::audit::MARK;
use toolgate::config;
use toolgate::explain::{Call, OpenedRecord, explain};
use toolgate::time::Timestamp;

use super::{Format, clock, output};
use crate::scenario::Configuration;

/// Explains the call in the file `request`; whether it would be forwarded. Of audit records it says what they tell.
pub(super) fn run(config: Option<&Path>, request: &Path, format: Format) -> Result<bool> {
    let text = read(request)?;
    let records = records(&text);
    if !records.is_empty() {
        return opened(&records, format);
    }
    let config =
        config.context("found no audit record, and a call is explained by a policy: `toolgate explain CONFIG CALL`")?;
    let configuration = Configuration::read(config)?.with_test_keys(false);
    let config = config::read(configuration.json().to_string().as_bytes()).map_err(|problems| anyhow!("{problems}"));
    let config = Arc::new(config.context("the configuration is not valid")?);
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

/// The records in a log, or the one that is the whole text, over however many lines.
fn records(text: &str) -> Vec<OpenedRecord> {
    let of_lines: Vec<_> = text
        .lines()
        .filter_map(|line| {
            let record = OpenedRecord::read(line);
            if record.is_none() && line.contains(MARK) {
                eprintln!("toolgate: a record that was cut off or changed, and can't be read: {}", line.escape_debug());
            }
            record
        })
        .collect();
    if of_lines.is_empty() { OpenedRecord::read(text).into_iter().collect() } else { of_lines }
}

/// Writes what they tell; for programs, a line of JSON for each.
fn opened(records: &[OpenedRecord], format: Format) -> Result<bool> {
    let told: Vec<_> = match format {
        Format::Json => records.iter().map(serde_json::to_string).collect::<Result<_, _>>()?,
        Format::Text => records.iter().map(ToString::to_string).collect(),
    };
    output::text(&told.join("\n"))?;
    Ok(true)
}

fn read(request: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    if request == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes).context("can't read standard input")?;
    } else {
        bytes = fs::read(request).with_context(|| format!("can't read `{}`", request.display()))?;
    }
    // A log may hold other lines that are no UTF-8; a record always is.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
