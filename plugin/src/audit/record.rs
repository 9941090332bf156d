//! The audit record: one for each judged request, whether it was forwarded or not.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::{Cost, Link};
use crate::reason::{Reason, Refusal};
use crate::risk::Risk;
use crate::time::Timestamp;
use crate::token::{Agent, Unverified};
use crate::trace_context::TraceContext;

/// What was judged, and how. Written as one JSON object; values from the request stand in it as digests only.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Record {
    /// When, as RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub time: Timestamp,
    /// The key that headers carry too.
    pub decision_id: String,
    /// The policy that judged.
    #[serde(serialize_with = "text")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub policy_version: Arc<str>,
    /// Whether the verdict was carried out.
    pub mode: Mode,
    /// In which trace, as the request says.
    #[serde(flatten)]
    pub trace: Option<TraceRecord>,
    /// Who, once the token was verified.
    #[serde(flatten)]
    pub agent: Option<AgentRecord>,
    /// What a token that was refused says of itself; it may all be made up. See RUNBOOK.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<Unverified>,
    /// The operator's name for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// `mcp`, `a2a`, `rest` or `graphql`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<&'static str>,
    /// The JSON-RPC method; the HTTP method where that is all there is, and of what was refused before its body was read.
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
    /// A digest of the canonical form (RFC 8785) of the parameters in the body; not of large ones that went on unasked.
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
    /// The SHA-256 of the body that came, once it is whole and where somebody asks for it: with what goes on unchanged an
    /// assertion binds itself to it.
    #[serde(skip)]
    pub content: Option<[u8; 32]>,
    /// Whether the decision service was asked.
    pub asked: bool,
    /// Why there was no decision, where one was needed and the request went on without it (`decision.on_error`).
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason_code")]
    #[cfg_attr(test, schemars(schema_with = "schema::reason"))]
    pub undecided: Option<Reason>,
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
    /// What that credential is good for, where the decision service that issued it told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_scope: Option<String>,
    /// What the filter did, or in shadow mode would have done.
    pub verdict: Verdict,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason_code")]
    #[cfg_attr(test, schemars(schema_with = "schema::reason"))]
    pub reason: Option<Reason>,
    /// What was found and what would be right; holds no value of the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The HTTP status of the response that the client got, from the upstream or from the gateway; none when the stream
    /// was gone before there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the agent was shown of the list that it asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Box<ListRecord>>,
    /// How long it took.
    pub durations: Durations,
    /// Its place in the chain of its worker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chain: Option<Link>,
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
            trace: None,
            agent: agent.map(AgentRecord),
            unverified: None,
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
            content: None,
            asked: false,
            undecided: None,
            call_digest: None,
            notes: Vec::new(),
            narrowed: Vec::new(),
            credential: false,
            credential_scope: None,
            verdict: Verdict::Reject,
            reason: Some(Reason::Fault),
            detail: String::new(),
            status: None,
            list: None,
            durations: Durations::default(),
            chain: None,
        }
    }

    /// Appends the record to `line`, as one JSON object without a line break.
    ///
    /// # Errors
    /// None that is known of: nothing in it can't be written.
    pub fn write(&self, line: &mut String) -> serde_json::Result<()> {
        line.push_str(&serde_json::to_string(self)?);
        Ok(())
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

    /// It was refused, and goes on all the same.
    pub fn let_through(&mut self) {
        self.verdict = Verdict::WouldReject;
    }
}

/// What an agent was shown of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListRecord {
    /// How many entries it has seen.
    pub shown: u32,
    /// How many it has not: no call that they invite to would be let through.
    pub hidden: u32,
    /// Why it has seen nothing more.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "reason_code")]
    #[cfg_attr(test, schemars(schema_with = "schema::reason"))]
    pub refused: Option<Reason>,
}

/// How long the parts of a request took, in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Durations {
    /// From the head to the verdict: the body's coming, the decision service's answer, and the gate's own work.
    pub held_ms: u64,
    /// How long the decision service took; none where it wasn't asked, or the answer was remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_ms: Option<u64>,
    /// From the verdict to the head of the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_ms: Option<u64>,
}

/// The trace in which a request was sent.
#[derive(Clone, Copy, Debug)]
pub struct TraceRecord(pub TraceContext);

/// Who asked, as the audit names it.
#[derive(Clone, Debug)]
pub struct AgentRecord(pub Arc<Agent>);

/// What a rule in shadow mode would have decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Would {
    /// The rule.
    pub rule: String,
    /// `allow`, `ask`, `approve` or `deny`; `scope` where the token lacks one, `fail` where it could not be
    /// evaluated, which both deny.
    pub effect: &'static str,
}

/// What an action was to be done to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The request went on.
    Forward,
    /// It didn't.
    Reject,
    /// It was refused, and went on all the same: in shadow mode that is only recorded.
    WouldReject,
    /// It didn't, and the client was told where a person's approval is asked for.
    NeedsApproval,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Forward, Self::Reject, Self::WouldReject, Self::NeedsApproval];

    /// As records, metrics and filter state say it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Reject => "reject",
            Self::WouldReject => "would_reject",
            Self::NeedsApproval => "needs_approval",
        }
    }
}

/// Whether verdicts are carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are.
    Enforce,
    /// They are only recorded.
    Shadow,
}

/// A record's trace, as it is written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TraceFields {
    /// The trace (W3C Trace Context): that of the header `traceparent`, else that of `_meta` of an MCP call.
    trace_id: String,
    /// The span in which the agent sent the request.
    span_id: String,
}

impl Serialize for TraceRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TraceFields { trace_id: self.0.trace_id(), span_id: self.0.span_id() }.serialize(serializer)
    }
}

/// A record's agent, as it is written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AgentFields<'a> {
    /// The token's issuer.
    issuer: &'a str,
    /// The software acting.
    agent: &'a str,
    /// On whose behalf.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    /// The customer organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    /// The task for which the token was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'a str>,
    /// The chain of actors, outermost first (RFC 8693).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    actors: &'a [String],
    /// `jti`.
    token_id: &'a str,
}

impl Serialize for AgentRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let agent = &*self.0;
        AgentFields {
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

/// What the types alone don't say to the published schema.
#[cfg(test)]
mod schema {
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{AgentFields, AgentRecord, TraceFields, TraceRecord};
    use crate::reason::Reason;

    pub(super) fn reason(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        json_schema!({"type": "string", "enum": codes})
    }

    impl JsonSchema for AgentRecord {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Agent".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            AgentFields::json_schema(generator)
        }
    }

    impl JsonSchema for TraceRecord {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Trace".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            TraceFields::json_schema(generator)
        }
    }
}
