//! AuthZEN Authorization API 1.0: the evaluation request.

use serde::ser::{Error as _, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::terms::SUPPORTED;
use super::{Asked, Question, call_digest};
use crate::action::Parameters;
use crate::json::Kind;
use crate::token::Agent;

/// The evaluation request about `asked`.
///
/// # Errors
/// When the parameters can't be written, which the reader of the body rules out.
pub fn question(asked: &Asked<'_>) -> Result<Question, serde_json::Error> {
    let resource = asked.action.resource.as_ref();
    let call = call_digest(asked);
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
                    .map(|finding| FindingPart {
                        code: finding.code.name(),
                        pointer: &finding.pointer,
                        detail: &finding.detail,
                    })
                    .collect(),
            },
            policy_version: asked.policy_version,
            route: asked.route,
            call_digest: &call,
            obligations_supported: SUPPORTED,
            approval: asked.approval.then_some("required"),
        },
    };
    let body = serde_json::to_vec(&evaluation)?;
    Ok(Question::new(body, call, !asked.approval))
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
    /// What names exactly this call: an approval is bound to it.
    call_digest: &'q str,
    /// AuthZEN Profile for Obligations, draft 1, "Negotiation".
    obligations_supported: [&'static str; 2],
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
    /// For a person to read who has to approve.
    detail: &'q str,
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
