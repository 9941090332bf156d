//! `rules` and `comparisons`: what agents may do.

use serde::Deserialize;

/// One rule.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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
    /// Scopes that the token must carry wherever this rule matches, one or a list: without them the agent is told to come
    /// back with a token that has them (`insufficient_scope`).
    pub requires_scope: Option<Scopes>,
    /// A credential of the request's own that the upstream is to get when this rule lets the request through. The decision
    /// service is asked for it, whatever the risk; a permit without one, or with one that is good for more or lives longer,
    /// is refused.
    pub credential: Option<Credential>,
    /// Parameters that the decision service may change when it permits: `/limit`, or `parameters.limit`.
    #[serde(default)]
    pub narrow: Vec<String>,
    /// `required`: what this rule lets through is recorded even where `audit.log` says `denials`.
    pub audit: Option<RuleAudit>,
    /// The operator's own words for it, in every audit record of a verdict that it decides.
    #[serde(default)]
    pub tags: Vec<String>,
    /// `shadow`: what it would decide is recorded, and changes nothing.
    #[serde(default)]
    pub mode: super::Mode,
}

/// Rules for the routes that name them, in the place of those at the top.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct NamedPolicy {
    /// Whether its verdicts are carried out or only recorded. Left out: as at the top.
    pub mode: Option<super::Mode>,
    /// What agents may do on these routes, in the place of the rules at the top: nothing of those counts here. Nothing
    /// matched: denied. Left out: the rules at the top, under a `mode` of their own.
    pub rules: Option<Vec<Rule>>,
}

/// One scope, or several.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(untagged)]
pub enum Scopes {
    /// One.
    One(String),
    /// Several, all of them needed.
    Several(Vec<String>),
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
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

/// A credential of a request's own.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// What it is good for, in the words of whoever issues it, separated by spaces.
    pub scope: String,
    /// How long, in seconds: 1 to 3600.
    pub ttl_seconds: u32,
}

/// What a rule demands of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum RuleAudit {
    /// Every verdict that the rule decides is recorded.
    Required,
}

/// A comparison of two attributes under a name of the operator's, which rules use like an attribute that is true or
/// false. It is false where one of the two isn't there. Exactly one of `equals`, `in` and `at_most` is given.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The first attribute, such as `token.ticket.customer_id`.
    pub left: String,
    /// An attribute of the same value, such as `resource.id`.
    pub equals: Option<String>,
    /// A list that contains it, such as `token.customers`.
    #[serde(rename = "in")]
    pub among: Option<String>,
    /// A number that it doesn't exceed, such as `token.refund_limit`.
    pub at_most: Option<String>,
}
