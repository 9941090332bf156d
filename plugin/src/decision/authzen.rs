//! AuthZEN Authorization API 1.0: the evaluation request, and what counts as its answer.

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::{Decision, Question};
use crate::action::{Action, Parameters};
use crate::json::{Document, InvalidJson, Kind, Limits, Tape};
use crate::reason::{Reason, Refusal};
use crate::risk::Risk;
use crate::token::Agent;

/// What a question is about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'q> {
    /// Who asks.
    pub agent: &'q Agent,
    /// What it would do.
    pub action: &'q Action<'q>,
    /// How risky that is.
    pub risk: &'q Risk,
    /// The policy under which it is asked.
    pub policy_version: &'q str,
    /// The path of the request, without its query.
    pub route: &'q str,
    /// Whether a rule wants a person's approval of it.
    pub approval: bool,
}

/// An answer that can't be used: the status is not 200, or the body is not a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvalidAnswer {
    /// 4xx and 5xx are errors, never decisions (AuthZEN 1.0 section 7.1.3).
    Status(u16),
    /// Not JSON with one meaning.
    Json(InvalidJson),
    /// No boolean `decision` at the top.
    NoDecision,
}

/// Decisions with their context are small; a service that sends more has another problem.
pub const MAX_ANSWER: usize = 64 * 1024;

/// The evaluation request about `asked`.
///
/// # Errors
/// When the parameters can't be written, which the reader of the body rules out.
pub fn question(asked: &Asked<'_>) -> Result<Question, serde_json::Error> {
    let resource = asked.action.resource.as_ref();
    let evaluation = Evaluation {
        subject: Subject { kind: "agent", id: &asked.agent.id, properties: SubjectProperties::of(asked.agent) },
        action: ActionPart {
            name: asked.action.kind.name(),
            properties: ActionProperties {
                tool: &asked.action.tool,
                server: asked.action.server,
                method: &asked.action.method,
            },
        },
        resource: match resource {
            Some(resource) => ResourcePart { kind: &resource.kind, id: &resource.id },
            None => ResourcePart { kind: "tool", id: &asked.action.tool },
        },
        context: Context {
            parameters: AsObject(&asked.action.parameters),
            risk: RiskPart {
                level: asked.risk.level.name(),
                score: asked.risk.score,
                findings: asked
                    .risk
                    .findings
                    .iter()
                    .map(|finding| FindingPart { code: finding.code.name(), pointer: &finding.pointer })
                    .collect(),
            },
            policy_version: asked.policy_version,
            route: asked.route,
            approval: asked.approval.then_some("required"),
        },
    };
    serde_json::to_vec(&evaluation).map(|body| Question::new(body, !asked.approval))
}

/// Reads an answer. Only status 200 with a boolean `decision` is one.
///
/// # Errors
/// When it is none.
pub fn read_answer(status: u16, body: &[u8]) -> Result<Decision, InvalidAnswer> {
    if status != 200 {
        return Err(InvalidAnswer::Status(status));
    }
    let limits = Limits { bytes: MAX_ANSWER, ..Limits::default() };
    let document = Document::read(body, &limits, Tape::default()).map_err(InvalidAnswer::Json)?;
    match document.root().get("decision").and_then(crate::json::Value::as_bool) {
        Some(true) => Ok(Decision::Permit),
        Some(false) => Ok(Decision::Deny),
        None => Err(InvalidAnswer::NoDecision),
    }
}

impl From<InvalidAnswer> for Refusal {
    fn from(invalid: InvalidAnswer) -> Self {
        let reason = match invalid {
            InvalidAnswer::Status(_) => Reason::DecisionUnavailable,
            InvalidAnswer::Json(_) | InvalidAnswer::NoDecision => Reason::DecisionUnusable,
        };
        Self::new(reason, invalid.to_string())
    }
}

impl std::fmt::Display for InvalidAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status(status) => write!(f, "found status {status}; a decision comes with 200"),
            Self::Json(invalid) => invalid.fmt(f),
            Self::NoDecision => f.write_str("found no boolean `decision` at the top of the answer"),
        }
    }
}

#[derive(Serialize)]
struct Evaluation<'q> {
    subject: Subject<'q>,
    action: ActionPart<'q>,
    resource: ResourcePart<'q>,
    context: Context<'q>,
}

#[derive(Serialize)]
struct Subject<'q> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'q str,
    properties: SubjectProperties<'q>,
}

#[derive(Serialize)]
struct SubjectProperties<'q> {
    issuer: &'q str,
    subject: &'q str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'q str>,
    scopes: &'q [String],
    actors: &'q [String],
}

impl<'q> SubjectProperties<'q> {
    fn of(agent: &'q Agent) -> Self {
        Self {
            issuer: &agent.issuer,
            subject: &agent.subject,
            user: agent.user.as_deref(),
            tenant: agent.tenant.as_deref(),
            session: agent.session.as_deref(),
            task: agent.task.as_deref(),
            intent: agent.intent.as_deref(),
            role: agent.role.as_deref(),
            scopes: &agent.scopes,
            actors: &agent.actors,
        }
    }
}

#[derive(Serialize)]
struct ActionPart<'q> {
    name: &'static str,
    properties: ActionProperties<'q>,
}

#[derive(Serialize)]
struct ActionProperties<'q> {
    tool: &'q str,
    server: &'q str,
    method: &'q str,
}

#[derive(Serialize)]
struct ResourcePart<'q> {
    #[serde(rename = "type")]
    kind: &'q str,
    id: &'q str,
}

#[derive(Serialize)]
struct Context<'q> {
    parameters: AsObject<'q>,
    risk: RiskPart<'q>,
    policy_version: &'q str,
    route: &'q str,
    /// A permit must rest on a person's approval; without one the answer is a denial that says where to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<&'static str>,
}

#[derive(Serialize)]
struct RiskPart<'q> {
    level: &'static str,
    score: u8,
    findings: Vec<FindingPart<'q>>,
}

#[derive(Serialize)]
struct FindingPart<'q> {
    code: &'static str,
    pointer: &'q str,
}

/// Parameters as one JSON object: texts of path and query, and the members of the body in their own bytes. A body that
/// is no object stands whole under `body`.
struct AsObject<'q>(&'q Parameters<'q>);

impl Serialize for AsObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in &self.0.fields {
            map.serialize_entry(name, text)?;
        }
        for (name, value) in &self.0.beside {
            map.serialize_entry(name, raw::<S>(value.raw())?)?;
        }
        if let Some(body) = self.0.body {
            if body.kind() == Kind::Object {
                for (name, value) in body.members() {
                    map.serialize_entry(&name, raw::<S>(value.raw())?)?;
                }
            } else {
                map.serialize_entry("body", raw::<S>(body.raw())?)?;
            }
        }
        map.end()
    }
}

fn raw<S: Serializer>(bytes: &[u8]) -> Result<&RawValue, S::Error> {
    serde_json::from_slice(bytes).map_err(S::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_boolean_true_with_status_200_permits() {
        assert_eq!(read_answer(200, br#"{"decision":true}"#), Ok(Decision::Permit));
        assert_eq!(read_answer(200, br#"{"decision":false,"context":{}}"#), Ok(Decision::Deny));
        for (status, body) in [
            (500, &br#"{"decision":true}"#[..]),
            (204, b""),
            (200, b""),
            (200, b"true"),
            (200, br#"{"decision":"true"}"#),
            (200, br#"{"decision":1}"#),
            (200, br#"{"Decision":true}"#),
            (200, br#"{"context":{"decision":true}}"#),
            (200, br#"[{"decision":true}]"#),
            (200, br#"{"decision":false,"decision":true}"#),
            (200, br#"{"decision":true} trailing"#),
        ] {
            assert!(read_answer(status, body).is_err(), "{status} {}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn an_answer_beyond_the_bound_is_not_read() {
        let body = [br#"{"decision":true,"padding":""#, "x".repeat(MAX_ANSWER).as_bytes(), br#""}"#].concat();
        assert!(matches!(read_answer(200, &body), Err(InvalidAnswer::Json(_))));
    }
}
