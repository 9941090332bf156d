//! `decision`: whom to ask when the risk is high.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Secret;

/// The decision service.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// The Envoy cluster through which it is reached.
    pub cluster: String,
    /// What it speaks.
    #[serde(default)]
    pub protocol: DecisionProtocol,
    /// `authzen` and `cerbos`: its base URL; `/access/v1/evaluation` follows. `opa`: the whole URL of the document that decides, such as
    /// `http://opa.example.com:8181/v1/data/gate/decision`. `ext_authz`: scheme and host, such as `http://authz.example.com:9001`.
    pub url: String,
    /// `authzen`: has the service say where under `url` it is asked (`/.well-known/authzen-configuration`, AuthZEN section 9).
    /// Its `policy_decision_point` must be `url`, letter for letter, and its endpoints at the same scheme, host and port.
    /// Until that is known the service counts as one that can't be reached.
    pub discover: Option<Discover>,
    /// How long to wait, such as `200ms`. A question whose connection fails is sent once more within that time.
    #[serde(default = "default_timeout")]
    pub timeout: String,
    /// `authzen`: whether it decides on several questions at once, at `/access/v1/evaluations`. Without, a request of which more
    /// than one part needs a decision (a batch, several fields of GraphQL) is refused. With it, a permit for one of several that
    /// brings conditions or a credential counts as a no: they can't be met for that one alone.
    #[serde(default)]
    pub evaluations: bool,
    /// What the filter proves itself with, by header: an API key, for instance. The values appear in no log, no record and
    /// no answer. (mTLS is the cluster's affair.)
    #[serde(default)]
    pub headers: BTreeMap<String, Secret>,
    /// Sends the agent's own token along, in `authorization`. Whoever runs the decision service, or reads its traffic,
    /// can then act as the agent until the token expires.
    #[serde(default)]
    pub dangerously_send_token: bool,
    /// How much of a call's parameters the decision service gets to see.
    #[serde(default)]
    pub parameters: ParametersSent,
    /// With `parameters: digest`: those that are sent all the same, as `/amount` or `parameters.amount`.
    #[serde(default)]
    pub fields: Vec<String>,
    /// `ext_authz`: headers of the request that are sent along, by name; none that carries a credential. Each one that changes
    /// from call to call makes each question another.
    #[serde(default)]
    pub request_headers: Vec<String>,
    /// Sends what was counted of the session along, this call included: `context.session`, under the names that rules have
    /// (`calls_5m`, `denials_1h`, `amount_1d`, …). `session_memory` says whose calls are counted together. Figures change
    /// with each call, and make each question another: of what is asked so, hardly any answer is remembered (`cache`), and
    /// hardly any question is shared.
    #[serde(default)]
    pub session: bool,
    /// What happens while the decision service can't be reached, is too slow, or reports an error of its own (5xx).
    #[serde(default)]
    pub on_error: OnError,
    /// When a decision service that fails again and again is left alone for a while.
    #[serde(default)]
    pub breaker: BreakerSettings,
    /// Whether permits are remembered.
    pub cache: Option<DecisionCache>,
    /// Where a person's approval may be asked for.
    #[serde(default)]
    pub approval: ApprovalSettings,
    /// `authzen`: questions about MCP are put in the words of COAZ-MCP, AuthZEN's binding for that protocol. Questions about
    /// other protocols stay as they are. Which calls are asked about the rules say: for all of them, `effect: ask` on all.
    pub coaz: Option<Coaz>,
}

/// How often what the decision service says of itself is fetched: once for all workers.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Discover {
    /// How long after a fetch the next one is due.
    pub refresh: String,
    /// How long after that it still counts, if it can't be fetched.
    pub stale_for: String,
    /// How long one fetch may take.
    pub timeout: String,
}

impl Default for Discover {
    fn default() -> Self {
        Self { refresh: "5m".into(), stale_for: "1h".into(), timeout: "2s".into() }
    }
}

/// COAZ-MCP (AuthZEN's binding for MCP, draft 1): the subject is `identity` with the token's `sub`, the action the method,
/// the resource what the method is about, and `context.agent` the token's `client_id`. A tool's own mapping
/// (`tools.<name>.x-authzen-mapping`) takes the place of that for `tools/call`. A client is told no with JSON-RPC's
/// −32001, and with −32602 where its call can't be mapped.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Coaz {
    /// The claim that names the subject, where that isn't `sub`: for tokens whose `sub` is the agent.
    pub subject_claim: String,
    /// Sends what the filter itself knows in `context.toolgate`: risk and findings, policy version, the call's digest,
    /// parameters as `parameters` says, obligations that can be carried out, whether a person's approval or a credential is
    /// wanted. Without, what the mapping says is sent, and nothing else.
    pub gate_context: bool,
}

impl Default for Coaz {
    fn default() -> Self {
        Self { subject_claim: "sub".into(), gate_context: false }
    }
}

/// What a decision service speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum DecisionProtocol {
    /// AuthZEN Authorization API 1.0.
    #[default]
    Authzen,
    /// AuthZEN as Cerbos reads it: policies find the agent's role among `request.principal.roles`, and the context (parameters,
    /// risk, …) in `request.resource.attr`. Cerbos knows no approvals, so no rule can be `approve` then.
    Cerbos,
    /// The Data API of Open Policy Agent. `input` is the AuthZEN evaluation; the document is a boolean, or an object with a
    /// boolean `allow` and, beside it, what AuthZEN has in an answer's context. An undefined document denies. Where a rule
    /// is `approve`, the policy must look at `input.context.approval`.
    Opa,
    /// Envoy's own `ext_authz` (gRPC, v3 `Check`), for services that decide for Envoy already, such as OPA-Envoy. `cluster` must
    /// speak HTTP/2 (`http2_protocol_options`). What was made of the request stands in `context_extensions`, and as an AuthZEN
    /// evaluation in `metadata_context.filter_metadata.toolgate`. A permit's headers are set on the request (`authorization` in
    /// place of the agent's token); one that wants more of it is refused. It knows no approvals and no scope of a credential,
    /// so no rule can want either.
    ExtAuthz,
}

/// How much of a call's parameters the decision service gets to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum ParametersSent {
    /// All of them.
    #[default]
    Full,
    /// `fields`, and the digest of the call (`context.call_digest`), which covers all of them. The resource's id is sent
    /// in any case: it is what is decided about.
    Digest,
}

/// What happens without an answer: the same for every risk, or by the level of risk.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(untagged, expecting = "`deny`, or a map from levels of risk to `deny` or `dangerously_allow`, would be right")]
pub enum OnError {
    /// `deny`.
    Always(Denies),
    /// By level (`low`, `medium`, `high`); what isn't named is denied. `critical` always is, and so is what needs a
    /// person's approval or a credential of its own.
    ByRisk(BTreeMap<String, WithoutDecision>),
}

impl Default for OnError {
    fn default() -> Self {
        Self::Always(Denies::Deny)
    }
}

/// What always happens without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum Denies {
    /// The request is denied.
    Deny,
}

/// What happens without an answer at one level of risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(rename_all = "snake_case")]
pub enum WithoutDecision {
    /// The request is denied.
    Deny,
    /// The request goes on. Whoever can bring the decision service down, or keep it busy, decides then.
    DangerouslyAllow,
}

/// When a decision service that fails again and again is left alone for a while. Each worker counts for itself.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema, serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct BreakerSettings {
    /// After so many failures in a row (1 to 1000) it isn't asked any more …
    pub failures: u32,
    /// … for so long; then one question tries whether it is back.
    pub pause: String,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, pause: "2s".into() }
    }
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
