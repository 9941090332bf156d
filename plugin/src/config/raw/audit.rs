//! `audit`: what is recorded, and where.

use serde::Deserialize;

/// What is recorded, and where.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Whether the upstream gets `x-agent-*` headers. Those that a client sends are removed in any case.
    pub headers: bool,
    /// Which verdicts are logged. Denials always are.
    pub log: LogWhat,
}

impl Default for Audit {
    fn default() -> Self {
        Self { headers: true, log: LogWhat::All }
    }
}

/// Which verdicts are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogWhat {
    /// Every verdict.
    #[default]
    All,
    /// Only what was not forwarded.
    Denials,
}
