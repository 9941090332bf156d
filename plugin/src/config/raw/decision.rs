//! `decision`: whom to ask when the risk is high.

use serde::Deserialize;

/// The decision service.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The Envoy cluster through which it is reached.
    pub cluster: String,
    /// Its base URL (AuthZEN 1.0); `/access/v1/evaluation` follows.
    pub url: String,
    /// How long to wait, such as `200ms`.
    #[serde(default = "default_timeout")]
    pub timeout: String,
    /// What an error means.
    #[serde(default)]
    pub on_error: OnError,
    /// Whether permits are remembered.
    pub cache: Option<DecisionCache>,
    /// Where a person's approval may be asked for.
    #[serde(default)]
    pub approval: ApprovalSettings,
}

/// What an error of the decision service means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The request is denied.
    #[default]
    Deny,
}

/// Where a person's approval may be asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct ApprovalSettings {
    /// Scheme and host (with its port, where it has one) of every place whose links are shown to clients, such as
    /// `https://approvals.example.com`. Left out: that of `url`. A link that leads elsewhere is not shown.
    pub origins: Option<Vec<String>>,
}

/// How long answers are remembered.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct DecisionCache {
    /// At most so long, such as `30s`.
    pub max_age: String,
}

fn default_timeout() -> String {
    "200ms".into()
}
