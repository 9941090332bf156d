//! Does an Envoy send to the filter what the policy expects there, under settings with which the filter is safe?
//!
//! Two files have to agree that nobody reads side by side: Envoy's routes, and the policy's. A route that isn't enabled isn't
//! judged, without a word from anybody; a cluster that doesn't exist is found out by the first question to it. This holds a
//! bootstrap (`envoy.yaml`) against a policy, and says what doesn't fit.
//!
//! Only what stands in the file is seen. What a management server sends (xDS) is named as unseen, and nothing is concluded
//! from its absence.

mod bootstrap;
mod clusters;
mod coverage;
mod paths;
mod settings;

#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::Value;
use toolgate::config::Config;

use bootstrap::Bootstrap;

/// What doesn't fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// In which of the two files.
    pub file: File,
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What was found, what comes of it, what would be right.
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something isn't judged, or honest requests are refused.
    Error,
    /// It may be meant.
    Remark,
    /// What can't be seen in a file.
    Unseen,
}

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// Envoy's bootstrap.
    Envoy,
    /// The filter's configuration.
    Policy,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, file: File, pointer: impl Into<String>, message: impl Into<String>) {
        let finding = Finding { severity, file, pointer: pointer.into(), message: message.into() };
        if !self.0.contains(&finding) {
            self.0.push(finding);
        }
    }

    fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Severity::Error, File::Envoy, pointer, message);
    }

    fn remark(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Severity::Remark, File::Envoy, pointer, message);
    }

    fn unseen(&mut self, pointer: &str, message: impl Into<String>) {
        self.add(Severity::Unseen, File::Envoy, pointer, message);
    }
}

/// The policy that Envoy's bootstrap itself hands to the filter; none where it comes from elsewhere, or only holds its place (`{}`).
///
/// # Errors
/// It is no bootstrap, or what the filter gets is no JSON in a `StringValue`.
pub fn policy_of(envoy: &Value) -> Result<Option<Value>> {
    let envoy = expected(envoy)?;
    for (_, gate) in Bootstrap(&envoy).gates() {
        if let Some(policy) = gate.policy()? {
            return Ok(Some(policy));
        }
    }
    Ok(None)
}

/// What doesn't fit between a bootstrap and a policy; `written`: the policy as its operator wrote it. The worst comes first.
///
/// # Errors
/// It is no bootstrap.
pub fn findings(envoy: &Value, config: &Config, written: &Value) -> Result<Vec<Finding>> {
    let envoy = expected(envoy)?;
    let bootstrap = Bootstrap(&envoy);
    let mut findings = Findings::default();
    settings::look(bootstrap, config, written, &mut findings);
    coverage::look(bootstrap, config, written, &mut findings);
    clusters::look(bootstrap, written, &mut findings);
    findings.0.sort_by_key(|finding| finding.severity);
    Ok(findings.0)
}

fn expected(envoy: &Value) -> Result<Value> {
    if envoy.get("static_resources").or_else(|| envoy.get("staticResources")).is_none() {
        bail!("found no `static_resources`: an Envoy bootstrap is expected, as `envoy -c` takes it");
    }
    Ok(bootstrap::as_fields_are_named(envoy))
}
