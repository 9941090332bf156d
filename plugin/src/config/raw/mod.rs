//! The configuration as operators write it: the shapes only, no meaning. Unknown fields are refused.
//!
//! `config/compile` turns it into the form that requests use.

mod audit;
mod decision;
mod details;
mod documents;
mod identity;
mod possession;
mod risk;
mod routes;
mod rules;
mod secret;
mod session;
mod tasks;

pub use audit::{Assertion, Audit, Export, LogWhat};
pub use decision::{
    ApprovalSettings, BreakerSettings, Coaz, Decision, DecisionCache, DecisionProtocol, Denies, Discover, OnError,
    ParametersSent, WithoutDecision,
};
pub use details::{AuthorizationDetails, DetailBound, DetailRelation, DetailType};
pub use documents::TaskDocuments;
pub use identity::{
    Actor, Algorithm, Claims, Discovery, Identity, Introspection, Issuer, Jwks, Profile, Revocations, StatusList,
};
pub use possession::{ClientCertificate, Dpop, DpopNonce};
pub use risk::{AmountLimit, Limits, RiskSettings, Weight};
pub use routes::{
    Annotations, InputSchema, Listed, Lists, Operation, ProtectedResource, ProtocolName, ResourceSettings, Route,
    RouteCredential, RouteMatch, Server, TokenPassage, Tool,
};
pub use rules::{Comparison, Credential, EffectName, NamedPolicy, Rule, RuleAudit, Scopes};
pub use secret::Secret;
pub use session::{PartName, Quarantine, SessionMemory};
pub use tasks::{Task, TaskResource, Tasks};

use std::collections::BTreeMap;

use serde::Deserialize;

/// The filter's plugin configuration.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A name for this version of the policy, in every audit record and every question to the decision service.
    pub policy_version: String,
    /// Whether verdicts are carried out or only recorded.
    #[serde(default)]
    pub mode: Mode,
    /// How much of a request the gateway holds back until it is judged.
    #[serde(default)]
    pub hold: Hold,
    /// Whose tokens are accepted.
    pub identity: Identity,
    /// Which paths carry which protocol.
    pub routes: Vec<Route>,
    /// What the operator knows of tools, by exact name or by a pattern (`crm.delete_*`; `*` stands for any characters, `?`
    /// for one). The exact name comes first, then the pattern with the most characters of its own.
    #[serde(default)]
    pub tools: BTreeMap<String, Tool>,
    /// What servers say of their tools, by the name that `routes` gives the server.
    #[serde(default)]
    pub servers: BTreeMap<String, Server>,
    /// What counts as risky.
    #[serde(default)]
    pub risk: RiskSettings,
    /// Comparisons of two attributes, by the name under which rules use them.
    #[serde(default)]
    pub comparisons: BTreeMap<String, Comparison>,
    /// What agents may do. Nothing matched: denied.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// Rules of their own for some routes, by the name under which `routes[].policy` refers to them.
    #[serde(default)]
    pub policies: BTreeMap<String, NamedPolicy>,
    /// What runs may do, by what they were started for.
    #[serde(default)]
    pub tasks: Tasks,
    /// What tokens of one transaction grant, and so what bounds calls that are made with them.
    #[serde(default)]
    pub authorization_details: AuthorizationDetails,
    /// What is counted of an agent's calls.
    pub session_memory: Option<SessionMemory>,
    /// Whom to ask when the risk is high.
    pub decision: Option<Decision>,
    /// What is recorded, and where.
    #[serde(default)]
    pub audit: Audit,
}

/// Whether verdicts are carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Verdicts are carried out.
    #[default]
    Enforce,
    /// Verdicts are computed and recorded; everything with a valid token is forwarded.
    Shadow,
}

/// How much of a request the gateway holds back until it is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// All of it. The filter must be configured with `allow_on_headers_stop_iteration`.
    #[default]
    HeadAndBody,
    /// Its body: a lesser mode for hosts where that flag can't be set (Istio's `WasmPlugin`, Envoy Gateway's
    /// `EnvoyExtensionPolicy`). The head of a request goes on once its token is valid, and nothing of a verdict can be
    /// written into it. Requests that a head alone could carry out are refused if they have a body.
    BodyOnly,
}
