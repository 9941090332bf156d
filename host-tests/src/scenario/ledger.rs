//! The ledger of exceptions: where a lane may see something else than the pure core, and why.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// `scenarios/ledger.toml`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// The entries.
    #[serde(default, rename = "exception")]
    pub exceptions: Vec<Exception>,
    /// Reasons that nothing from outside can lead to.
    #[serde(default, rename = "unreachable")]
    pub unreachable: Vec<Unreachable>,
}

/// A reason that no scenario reaches.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreachable {
    /// Its code.
    pub code: String,
    /// Why none can.
    pub reason: String,
}

/// One scenario that one lane sees otherwise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The scenario's name.
    pub scenario: String,
    /// `wasm` or `envoy`
    pub lane: String,
    /// Why it can't be the same.
    pub reason: String,
}

impl Ledger {
    /// Reads the ledger.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("can't read `{}`", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in `{}`", path.display()))
    }

    /// The exception for this scenario in this lane.
    #[must_use]
    pub fn exception(&self, scenario: &str, lane: &str) -> Option<&Exception> {
        self.exceptions.iter().find(|exception| exception.scenario == scenario && exception.lane == lane)
    }

    /// The entries that name a scenario or lane that isn't there.
    #[must_use]
    pub fn dangling<'l>(&'l self, scenarios: &[String], lanes: &[&str]) -> Vec<&'l Exception> {
        let known =
            |exception: &Exception| scenarios.contains(&exception.scenario) && lanes.contains(&exception.lane.as_str());
        self.exceptions.iter().filter(|exception| !known(exception)).collect()
    }
}
