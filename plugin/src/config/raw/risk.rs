//! `risk`: what counts as risky here.

use serde::Deserialize;

/// What counts as risky.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct RiskSettings {
    /// From this level on the decision service is asked: `low`, `medium`, `high` (the default) or `critical`.
    pub ask_at: Option<String>,
    /// Domains that data and messages may go to, with all below them.
    pub trusted_domains: Vec<String>,
    /// Accounts that money may go to.
    pub known_payees: Vec<String>,
    /// Bounds beyond which a parameter is a finding.
    pub limits: Limits,
}

/// Bounds beyond which a parameter is a finding.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Rows that one call may ask for.
    pub rows: Option<u64>,
    /// Recipients of one message.
    pub recipients: Option<u64>,
    /// Money that one call may move.
    pub amount: Option<AmountLimit>,
}

/// A bound on money.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct AmountLimit {
    /// The largest amount.
    pub max: serde_json::Number,
    /// In this currency (ISO 4217).
    pub currency: String,
}
