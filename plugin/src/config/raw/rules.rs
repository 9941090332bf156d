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
    /// What must hold: a map of attribute (with an operator behind it) to value, all of them; or a CEL expression over
    /// the same names.
    #[serde(default)]
    pub when: serde_json::Value,
    /// What a denied agent reads.
    pub reason: Option<String>,
    /// Parameters that the decision service may narrow when it permits, as JSON pointers such as `/limit`. Without them
    /// a decision that narrows denies.
    #[serde(default)]
    pub narrow: Vec<String>,
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
    /// Asks the decision service, and tells it that a person's approval is required.
    Approve,
}
