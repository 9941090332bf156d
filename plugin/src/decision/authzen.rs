//! AuthZEN Authorization API 1.0: the evaluation request.
//!
//! Cerbos (0.55) reads it in its own way: policies see no `context`, roles only as the property `cerbos.roles`, and a resource
//! without an id is an error. It gets the context as properties of the resource too, the role under that name, and `*`
//! where there is no id. `make peers` holds that to a real one.

use serde::Serialize;

use super::figures::AsContext;
use super::shown::AsObject;
use super::terms::SUPPORTED;
use super::{Asked, DecisionService, Dialect, InvalidAnswer, Question, Unmapped, call, ext_authz, identity, opa};
use crate::credential::Credential;
use crate::json::Value;
use crate::reason::{Reason, Refusal};
use crate::token::Agent;

/// The evaluation request about `asked`, as `service` is to see it, with the agent's `token` where that goes along.
///
/// # Errors
/// When no question can be made of it.
pub fn question(
    asked: &Asked<'_>,
    service: &DecisionService,
    token: Option<Credential>,
) -> Result<Question, Unaskable> {
    let (call, parameters) = call::name(asked);
    let context = context(asked, service, &call);
    let (body, evaluations) = written(asked, service, &context)?;
    // A message of gRPC holds the body that the client sent: without the parameters it is as long.
    let is_short = body.len() <= LONG || service.dialect == Dialect::ExtAuthz;
    let identity = match (asked.approval, is_short) {
        (true, _) => None,
        (false, true) => Some(identity(&body, token.as_ref())),
        (false, false) => {
            let (told, _) = written(asked, service, &Context { parameters: None, ..context })?;
            Some(identity(&told, token.as_ref()))
        }
    };
    // A person's yes is to be had from a person, and a credential from the service alone.
    let excused = !asked.approval && asked.credential.is_none() && service.excused.contains(&asked.risk.level);
    let credential = asked.credential.cloned();
    Ok(Question { body, identity, call, evaluations, parameters, token, excused, credential })
}

/// Why no question can be made of a call.
#[derive(Debug)]
pub enum Unaskable {
    /// It can't be written as JSON, which the reader of the body rules out.
    Unwritable(serde_json::Error),
    /// Its mapping leads to none.
    Unmapped(Unmapped),
}

impl From<Unaskable> for Refusal {
    fn from(unaskable: Unaskable) -> Self {
        match unaskable {
            Unaskable::Unwritable(_) => Reason::Fault.into(),
            Unaskable::Unmapped(unmapped) => Self::new(Reason::DecisionMapping, unmapped.to_string()),
        }
    }
}

/// To write a longer question a second time, without its parameters, costs less than to hash those.
const LONG: usize = 8 << 10;

/// The body, and how many evaluations it asks for at once.
fn written(
    asked: &Asked<'_>,
    service: &DecisionService,
    context: &Context<'_>,
) -> Result<(Vec<u8>, Option<usize>), Unaskable> {
    if let Some(projection) = &asked.coaz {
        return projection.written(asked.agent, asked.action, context).map_err(Unaskable::Unmapped);
    }
    let evaluation = in_our_words(asked, service, context).map_err(Unaskable::Unwritable)?;
    Ok(match service.dialect {
        Dialect::ExtAuthz => (ext_authz::question(asked, service, &evaluation, context.call_digest), None),
        Dialect::AuthZen | Dialect::Cerbos | Dialect::Opa => (evaluation, None),
    })
}

fn in_our_words(
    asked: &Asked<'_>,
    service: &DecisionService,
    context: &Context<'_>,
) -> Result<Vec<u8>, serde_json::Error> {
    let resource = asked.action.resource.as_ref();
    let for_cerbos = service.dialect == Dialect::Cerbos;
    let role = asked.agent.role.as_deref().filter(|_| for_cerbos);
    let (kind, id) = resource.map_or(("tool", &*asked.action.tool), |resource| (&resource.kind, &resource.id));
    let evaluation = Evaluation {
        subject: Subject {
            kind: "agent",
            id: &asked.agent.id,
            properties: SubjectProperties {
                cerbos_roles: role.map(|role| [role]),
                ..SubjectProperties::of(asked.agent)
            },
        },
        action: ActionPart {
            name: asked.action.kind.name(),
            properties: ActionProperties {
                tool: &asked.action.tool,
                server: asked.action.server,
                method: &asked.action.method,
            },
        },
        resource: ResourcePart {
            kind,
            id: if for_cerbos && id.is_empty() { "*" } else { id },
            properties: for_cerbos.then_some(context),
        },
        context,
    };
    match service.dialect {
        Dialect::AuthZen | Dialect::Cerbos | Dialect::ExtAuthz => serde_json::to_vec(&evaluation),
        Dialect::Opa => serde_json::to_vec(&opa::Input { input: evaluation }),
    }
}

fn context<'q>(asked: &Asked<'q>, service: &'q DecisionService, call: &'q str) -> Context<'q> {
    Context {
        parameters: Some(AsObject(&asked.action.parameters, &service.shown)),
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
        call_digest: call,
        obligations_supported: (service.dialect != Dialect::ExtAuthz).then_some(SUPPORTED),
        approval: asked.approval.then_some("required"),
        session: asked.session.filter(|_| service.sends_figures).map(AsContext),
        credential: asked.credential.map(|wish| CredentialPart { scope: &wish.scope, ttl_seconds: wish.ttl.as_secs() }),
    }
}

/// What an answer says, and the context in which it says so.
///
/// # Errors
/// When it is no decision.
pub(super) fn said(root: Value<'_>) -> Result<(bool, Option<Value<'_>>), InvalidAnswer> {
    let decision = root.get("decision").and_then(Value::as_bool).ok_or(InvalidAnswer::NoDecision)?;
    Ok((decision, root.get("context")))
}

#[derive(Serialize)]
struct Evaluation<'q> {
    subject: Subject<'q>,
    action: ActionPart<'q>,
    resource: ResourcePart<'q>,
    context: &'q Context<'q>,
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
    #[serde(rename = "cerbos.roles", skip_serializing_if = "Option::is_none")]
    cerbos_roles: Option<[&'q str; 1]>,
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
            cerbos_roles: None,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<&'q Context<'q>>,
}

#[derive(Serialize)]
struct Context<'q> {
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<AsObject<'q>>,
    risk: RiskPart<'q>,
    policy_version: &'q str,
    route: &'q str,
    /// What was counted of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<AsContext<'q>>,
    /// What names exactly this call: an approval is bound to it.
    call_digest: &'q str,
    /// AuthZEN Profile for Obligations, draft 1, "Negotiation"; none where answers have no place for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    obligations_supported: Option<[&'static str; 2]>,
    /// A permit must rest on a person's approval; without one the answer is a denial that says where to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<&'static str>,
    /// A permit must bring such a credential: for no more than this, and no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<CredentialPart<'q>>,
}

#[derive(Serialize)]
struct CredentialPart<'q> {
    scope: &'q str,
    ttl_seconds: u64,
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
