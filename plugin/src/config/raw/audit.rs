//! `audit`: what is recorded, and where.

use serde::Deserialize;

/// What is recorded, and where.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Whether the upstream gets `x-agent-*` headers. Those that a client sends are removed in any case.
    pub headers: bool,
    /// Which records are written to the proxy's log.
    pub log: LogWhat,
    /// A secret under which values are digested (HMAC-SHA-256): base64 of at least 32 random bytes. Without it digests
    /// are plain SHA-256, and what has few possible values can be guessed from them.
    pub digest_key: Option<String>,
}

impl Default for Audit {
    fn default() -> Self {
        Self { headers: true, log: LogWhat::All, digest_key: None }
    }
}

/// Which records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum LogWhat {
    /// One for each judged request.
    #[default]
    All,
    /// Only those of requests that were refused, or would have been but for shadow mode.
    Denials,
    /// None. Metrics and headers still tell what happened.
    None,
}
