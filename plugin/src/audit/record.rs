//! The audit record: one for each judged request, whether it was forwarded or not.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::reason::{Reason, Refusal};
use crate::risk::Risk;
use crate::time::Timestamp;
use crate::token::Agent;

/// What was judged, and how. Written as one JSON object; values from the request stand in it as digests only.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// When, as RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub time: Timestamp,
    /// The key that headers carry too.
    pub decision_id: String,
    /// The policy that judged.
    #[serde(serialize_with = "text")]
    pub policy_version: Arc<str>,
    /// Whether the verdict was carried out.
    pub mode: Mode,
    /// Who, once the token was verified.
    #[serde(flatten)]
    pub agent: Option<AgentRecord>,
    /// The operator's name for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `mcp`, `a2a` or `rest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
    /// The JSON-RPC or HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The kind of action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// How the kind is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_source: Option<&'static str>,
    /// What it was to be done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceRecord>,
    /// SHA-256 over the canonical form (RFC 8785) of the parameters in the body; not of large ones that went on unasked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_digest: Option<String>,
    /// How risky it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<RiskRecord>,
    /// The rule that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// That rule's tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What would have been decided if rules in shadow mode counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<Would>,
    /// What it costs, where filters behind this one count that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// Whether that rule demands that its verdicts are recorded, whichever they are.
    #[serde(skip)]
    pub required: bool,
    /// Whether the decision service was asked.
    pub asked: bool,
    /// What names the call that it was asked about: what an approval is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_digest: Option<String>,
    /// What the decision service wants noted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Which parameters the decision service narrowed, as JSON pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<String>,
    /// Whether a credential went upstream in place of the agent's token.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub credential: bool,
    /// What the filter did, or in shadow mode would have done.
    pub verdict: Verdict,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason_code")]
    pub reason: Option<Reason>,
    /// What was found and what would be right; holds no value of the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl Record {
    /// A record of a request that nothing is known of yet but who sent it: rejected, until it is judged otherwise.
    #[must_use]
    pub fn new(
        time: Timestamp,
        decision_id: String,
        policy_version: Arc<str>,
        mode: Mode,
        agent: Option<Arc<Agent>>,
    ) -> Self {
        Self {
            time,
            decision_id,
            policy_version,
            mode,
            agent: agent.map(AgentRecord),
            server: None,
            protocol: None,
            method: None,
            tool: None,
            action: None,
            action_source: None,
            resource: None,
            parameters_digest: None,
            risk: None,
            rule: None,
            tags: Vec::new(),
            would: None,
            cost: None,
            required: false,
            asked: false,
            call_digest: None,
            notes: Vec::new(),
            narrowed: Vec::new(),
            credential: false,
            verdict: Verdict::Reject,
            reason: Some(Reason::Fault),
            detail: String::new(),
        }
    }

    /// Whether it is to be written, where verdicts to forward are only if `log_forwarded`.
    #[must_use]
    pub fn is_logged(&self, log_forwarded: bool) -> bool {
        log_forwarded || self.required || self.verdict != Verdict::Forward
    }

    /// The request was forwarded.
    pub fn forwarded(&mut self) {
        self.verdict = Verdict::Forward;
        self.reason = None;
    }

    /// The request was refused.
    pub fn refused(&mut self, refusal: &Refusal) {
        self.verdict = if refusal.reason == Reason::ApprovalNeeded { Verdict::NeedsApproval } else { Verdict::Reject };
        self.reason = Some(refusal.reason);
        self.detail.clone_from(&refusal.detail);
    }
}

/// Who asked, as the audit names it.
#[derive(Clone, Debug)]
pub struct AgentRecord(pub Arc<Agent>);

/// What a call costs of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Rows asked for.
    pub rows: u64,
    /// Money, in whole units, rounded up.
    pub amount: u64,
}

/// What a rule in shadow mode would have decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Would {
    /// The rule.
    pub rule: String,
    /// `allow`, `ask`, `approve` or `deny`; `fail` where it could not be evaluated, which denies.
    pub effect: &'static str,
}

/// What an action was to be done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ResourceRecord {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one, as a digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_digest: Option<String>,
}

/// How risky an action is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RiskRecord {
    /// `low`, `medium`, `high` or `critical`.
    pub level: &'static str,
    /// 0 to 100.
    pub score: u8,
    /// What was found.
    pub findings: Vec<FindingRecord>,
}

/// One observed risk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FindingRecord {
    /// What was found.
    pub code: &'static str,
    /// Where, as a JSON pointer into the parameters.
    pub pointer: String,
    /// Why it counts, without the value.
    pub detail: String,
}

impl From<Risk> for RiskRecord {
    fn from(risk: Risk) -> Self {
        let findings = risk.findings.into_iter().map(|finding| FindingRecord {
            code: finding.code.name(),
            pointer: finding.pointer,
            detail: finding.detail,
        });
        Self { level: risk.level.name(), score: risk.score, findings: findings.collect() }
    }
}

/// What the filter did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The request went on.
    Forward,
    /// It didn't.
    Reject,
    /// It didn't, and the client was told where a person's approval is asked for.
    NeedsApproval,
}

/// Whether verdicts are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are.
    Enforce,
    /// They are only recorded.
    Shadow,
}

impl Serialize for AgentRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Fields<'a> {
            issuer: &'a str,
            agent: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            user: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            tenant: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            session: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            task: Option<&'a str>,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            actors: &'a [String],
            token_id: &'a str,
        }
        let agent = &*self.0;
        Fields {
            issuer: &agent.issuer,
            agent: &agent.id,
            user: agent.user.as_deref(),
            tenant: agent.tenant.as_deref(),
            session: agent.session.as_deref(),
            task: agent.task.as_deref(),
            actors: &agent.actors,
            token_id: &agent.token_id,
        }
        .serialize(serializer)
    }
}

fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

// serde hands a field over by reference, whatever its type.
#[expect(clippy::ref_option, reason = "the signature that `serialize_with` demands")]
fn reason_code<S: Serializer>(reason: &Option<Reason>, serializer: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => serializer.serialize_str(reason.code()),
        None => serializer.serialize_none(),
    }
}
