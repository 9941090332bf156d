//! `risk`: what counts as risky here.

use std::collections::BTreeMap;

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
    /// What findings add to a score, by code, instead of what `plugin/src/risk/README.md` says; `off`: they aren't made.
    pub findings: BTreeMap<String, Weight>,
    /// What actions score without findings (0 to 100), instead of what `plugin/src/risk/README.md` says.
    pub actions: BTreeMap<String, u64>,
}

/// What a finding adds to a score.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(untagged)]
pub enum Weight {
    /// Points, 0 to 100.
    Points(u64),
    /// `off`.
    Word(String),
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
