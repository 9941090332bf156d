//! `rules`: what agents may do.

use serde::Deserialize;

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, in audit records and denials.
    pub id: String,
    /// What it does when it matches.
    pub effect: EffectName,
    /// The conditions, all of which must hold: attribute (with an operator behind it) to value.
    #[serde(default)]
    pub when: serde_json::Map<String, serde_json::Value>,
    /// What a denied agent reads.
    pub reason: Option<String>,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectName {
    /// Forwards, unless a rule that is stronger matches or the risk asks for a decision.
    Allow,
    /// Rejects, whatever else matches.
    Deny,
    /// Asks the decision service.
    Ask,
}
