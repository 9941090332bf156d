//! What an explanation says, in the order of a request's way. What a request didn't reach is null.

use serde::Serialize;
use serde_json::Value;

use crate::audit::{Mode, RiskRecord};

/// One request explained.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// `forward`, `reject`, or `ask`: the decision service has the last word, and isn't asked here.
    pub verdict: &'static str,
    /// All of it in one sentence.
    pub summary: String,
    /// Whether verdicts are carried out; in `shadow` mode what has a valid token goes on whatever `verdict` says.
    pub mode: Mode,
    /// The policy that judged.
    pub policy_version: String,
    /// Whose token it is.
    pub token: Option<TokenStep>,
    /// Where it goes.
    pub route: Option<RouteStep>,
    /// What it would do; null as well for what has nothing to decide (`method`).
    pub action: Option<ActionStep>,
    /// The JSON-RPC or HTTP method.
    pub method: Option<String>,
    /// How risky that is.
    pub risk: Option<RiskStep>,
    /// Every rule tried, in the operator's order.
    pub rules: Vec<RuleStep>,
    /// The rule that decides.
    pub rule: Option<String>,
    /// Whether the decision service would be asked.
    pub asked: bool,
    /// What it would be asked (AuthZEN 1.0 evaluation).
    pub question: Option<Value>,
    /// Why it is rejected: one of the closed list.
    pub reason: Option<&'static str>,
    /// What was found and what would be right.
    pub detail: String,
    /// What the agent gets to read instead of the tool's answer.
    pub answer: Option<AnswerStep>,
}

/// Who asks.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the fields are those of `Agent`")]
pub struct TokenStep {
    pub agent: String,
    pub issuer: String,
    pub user: Option<String>,
    pub tenant: Option<String>,
    pub session: Option<String>,
    pub task: Option<String>,
    pub intent: Option<String>,
    pub role: Option<String>,
    pub scopes: Vec<String>,
    pub actors: Vec<String>,
}

/// The entry of `routes`.
#[derive(Clone, Debug, Serialize)]
pub struct RouteStep {
    /// Which paths it is for.
    pub matching: String,
    /// `mcp` or `rest`.
    pub protocol: &'static str,
    /// The operator's name for the server.
    pub server: String,
}

/// What the request would do.
#[derive(Clone, Debug, Serialize)]
pub struct ActionStep {
    /// What kind of thing.
    pub kind: &'static str,
    /// How that is known: `operator`, `protocol`, `name`, `parameter`, `nothing`.
    pub source: &'static str,
    /// The tool.
    pub tool: String,
    /// What it is done to.
    pub resource: Option<ResourceStep>,
}

/// What an action is done to.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceStep {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one; empty where the request doesn't say.
    pub id: String,
}

/// How risky it is.
#[derive(Clone, Debug, Serialize)]
pub struct RiskStep {
    /// Level, score and findings, as the audit record has them.
    #[serde(flatten)]
    pub risk: RiskRecord,
    /// What the kind of action alone scores.
    pub base: u8,
    /// What each code that was found adds to the score.
    pub weights: std::collections::BTreeMap<&'static str, u8>,
    /// From this level on the decision service is asked.
    pub ask_at: &'static str,
}

/// One rule, tried.
#[derive(Clone, Debug, Serialize)]
pub struct RuleStep {
    /// Its name.
    pub id: String,
    /// `allow`, `ask`, `approve` or `deny`.
    pub effect: &'static str,
    /// `matched`; `unmatched`: a condition doesn't hold; `failed`: one has no answer on this request.
    pub outcome: &'static str,
    /// That condition, as the operator wrote it.
    pub condition: Option<String>,
    /// What that condition wants.
    pub wanted: Option<String>,
    /// What stands in its place in this request.
    pub found: Value,
    /// How many conditions don't hold.
    pub misses: usize,
    /// Whether the rule is in shadow mode, and decides nothing.
    pub tried_out: bool,
    /// Whether the verdict is this rule's.
    pub decides: bool,
}

/// The answer to a rejected request.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerStep {
    /// The HTTP status.
    pub status: u16,
    /// The body: JSON.
    pub body: Value,
}
