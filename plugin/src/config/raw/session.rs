//! `session_memory`: what is counted of an agent's calls.

use serde::Deserialize;

/// What is counted of an agent's calls. Nothing is, unless a rule looks at `session.<figure>_<window>`, or one of
/// `quarantine`, `export` and `decision.session` is set.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct SessionMemory {
    /// Whose calls are counted together: those alike in all of these (`agent`, `user`, `session`), and in issuer and
    /// tenant. All three, unless said otherwise.
    pub per: Vec<PartName>,
    /// The parameters that say how many rows are asked for: JSON pointers or names such as `parameters.limit`.
    pub rows: Vec<String>,
    /// The parameters that say how much money is moved.
    pub amount: Vec<String>,
    /// What follows from too many denials.
    pub quarantine: Option<Quarantine>,
    /// Whether Envoy's filters behind this one get what a request costs (`x-agent-cost-calls`, `x-agent-cost-rows`,
    /// `x-agent-cost-amount`), for its global rate limit filter to count.
    pub export: bool,
}

impl Default for SessionMemory {
    fn default() -> Self {
        Self {
            per: vec![PartName::Agent, PartName::User, PartName::Session],
            rows: vec!["/limit".into()],
            amount: vec!["/amount".into()],
            quarantine: None,
            export: false,
        }
    }
}

/// A part of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// The agent.
    Agent,
    /// The user it acts for.
    User,
    /// Its session.
    Session,
}

/// After so many denials within a window, everything of the session is refused for a time.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// How many denials.
    pub denials: u32,
    /// Within which window: `1m`, `5m`, `1h` or `1d`.
    pub within: String,
    /// For how long, such as `15m`.
    pub lasts: String,
}
