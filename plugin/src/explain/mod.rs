//! Why? One request, each step of its way to the verdict, for `toolgate explain` and for the playground.
//!
//! The verdict is the machine's own: the request goes through an [`Exchange`] as it would in the proxy, with this module
//! in the proxy's place. It says that the signature of a token it wrote itself holds (no key is at hand; a token that the
//! request brings is verified), and that the decision service permits. What the machine doesn't tell (the resource by
//! name, each rule that was tried) is read a second time with the functions that the machine used.

mod call;
mod record;
mod record_steps;
mod shape;
mod told;

pub use call::{Call, HeaderValues, HttpRequest};
pub use record::OpenedRecord;
pub use record_steps::{RecordFinding, RecordRisk, RecordStep, State};
pub use shape::{ActionStep, AnswerStep, Explanation, ResourceStep, RiskStep, RouteStep, RuleStep, TokenStep};

use std::sync::Arc;

use crate::action::{Action, Reading};
use crate::audit::{Record, Verdict};
use crate::config::Config;
use crate::config::problem::Problems;
use crate::decision::{Directory, Question};
use crate::exchange::{Exchange, Input, Step, Stored};
use crate::gate::Gate;
use crate::head::Head;
use crate::json::Tape;
use crate::judge;
use crate::policy::{Facts, Trial, Tried};
use crate::reply::Reply;
use crate::risk::assess;
use crate::session::{Act, Memory};
use crate::time::Timestamp;
use crate::token::{Agent, SignatureVerdict, verify_in_process};
use call::Message;

/// Under which decision id an explanation runs: the body of its answer repeats it.
const DECISION_ID: &str = "explained";

/// What would become of `call` under `config` at `now`, and why.
///
/// # Errors
/// When `call` is none that could be sent.
pub fn explain(config: &Arc<Config>, call: &Call, now: Timestamp) -> Result<Explanation, Problems> {
    let token = config.identity.specimen(&call.claims, now);
    let message = call.message(&config.routes, &token)?;
    let passage = Passage::of(config, &message, now);
    let record = &passage.record;
    let mut explanation = Explanation {
        verdict: match (record.verdict, record.asked) {
            (Verdict::Reject | Verdict::WouldReject | Verdict::NeedsApproval, _) => "reject",
            (Verdict::Forward, true) => "ask",
            (Verdict::Forward, false) => "forward",
        },
        summary: told::summary(record, config),
        mode: record.mode,
        policy_version: record.policy_version.to_string(),
        token: record.agent.as_ref().map(|agent| token_step(&agent.0)),
        route: None,
        action: None,
        method: record.method.clone(),
        risk: None,
        rules: Vec::new(),
        rule: record.rule.clone(),
        asked: record.asked,
        question: passage.question.as_ref().and_then(|question| serde_json::from_slice(&question.body).ok()),
        reason: record.reason.map(crate::reason::Reason::code),
        detail: record.detail.clone(),
        answer: passage.reply.as_ref().map(|reply| AnswerStep {
            status: reply.status,
            body: serde_json::from_slice(&reply.body).unwrap_or_default(),
        }),
    };
    if let Some(agent) = &record.agent {
        look_again(config, &message, &agent.0, record, &mut explanation);
    }
    Ok(explanation)
}

/// A request's way through the machine.
struct Passage {
    record: Record,
    question: Option<Arc<Question>>,
    reply: Option<Reply>,
}

impl Passage {
    fn of(config: &Arc<Config>, message: &Message, now: Timestamp) -> Self {
        // Nothing is fetched here: the decision service is where it usually is.
        let mut gate = Gate { directory: Directory::assumed(now), ..Gate::new(Arc::clone(config)) };
        let mut exchange = Exchange::new(Arc::clone(config));
        let mut question = None;
        let mut permit: (Head, Vec<u8>);
        let mut input =
            Input::Head { head: message.head.clone(), end: message.body.is_empty(), id: DECISION_ID.into() };
        let mut of_our_own = !message.has_token;
        // Head, signature, certificate, proof, its mark and its writing, task document, body, the session's memory and its
        // writing, answer: the longest way has eleven inputs.
        for _ in 0..11 {
            input = match exchange.advance(&mut gate, now, input) {
                // The token is the first thing to be verified.
                Step::Verify(_) if std::mem::take(&mut of_our_own) => Input::Signature(SignatureVerdict::Valid),
                Step::Verify(check) => Input::Signature(verify_in_process(&check)),
                Step::Hold | Step::SendHead(_) | Step::Read => Input::Body(&message.body),
                // Explained is the first call of a session.
                Step::Recall(_) => Input::Recalled { slot: None, version: 1 },
                Step::Remember { .. } => Input::Remembered(Stored::Yes),
                Step::Ask(sending) => {
                    let Some(service) = &config.decision else { break };
                    permit = service.permit(sending.question.evaluations);
                    question = Some(sending.question);
                    Input::Answer { head: &permit.0, body: &permit.1 }
                }
                Step::Forward(_, record) => return Self { record: *record, question, reply: None },
                Step::Reject(reply, record) => return Self { record: *record, question, reply: Some(reply) },
                // Whoever is explained to shows no certificate, and is on no route of a proxy.
                Step::Peer => Input::Peer(None),
                Step::RoutePolicy => Input::RoutePolicy(None),
                // Nothing is fetched here: a caller gives the policy keys of its own.
                Step::Await
                | Step::Introspect(..)
                | Step::Respond(..)
                | Step::Show(..)
                | Step::Pass
                | Step::Answer(_) => break,
            };
        }
        // A new record says of its request that it was rejected for a fault of ours.
        let version = Arc::clone(&config.policy_version);
        let record = Record::new(now, DECISION_ID.into(), version, config.mode, None);
        Self { record, question, reply: None }
    }
}

/// What the machine saw on its way and doesn't tell. A refusal on the way is in the record already.
fn look_again(config: &Config, message: &Message, agent: &Agent, record: &Record, explanation: &mut Explanation) {
    explanation.route = config.routes.find(message.head.target()).ok().map(|route| RouteStep {
        matching: route.matching.to_string(),
        protocol: route.protocol.name(),
        server: route.server.clone(),
    });
    let _ = judge::read(config, &mut Tape::default(), &message.head, &message.body, &mut |route, reading| {
        // Of several actions the one is shown that the record tells of.
        let action = match reading.outcome? {
            Reading::Judge(action) => Some(action),
            Reading::Several(actions) => actions.into_iter().find(|action| record.action == Some(action.kind.name())),
            Reading::Pass { .. } => None,
        };
        if let Some(action) = action {
            let risk = assess(&config.risk, &action);
            let facts = judge::facts(&message.head, agent, &action, &risk, route.protocol.name(), record.time);
            let figures = config.sessions.as_ref().map(|settings| {
                let memory = Memory::find(None, &settings.key(agent));
                memory.figures(&Act::of(settings, &action, message.body.len()), record.time)
            });
            let facts = Facts { session: figures.as_ref(), ..facts };
            let rules = config.policy_of(route, None).0.trace(&facts);
            explanation.rules = rules.iter().map(|trial| rule_step(trial, record)).collect();
            explanation.risk = Some(RiskStep {
                base: config.risk.base(action.kind),
                weights: risk
                    .findings
                    .iter()
                    .map(|finding| (finding.code.name(), config.risk.weight(finding.code)))
                    .collect(),
                risk: risk.into(),
                ask_at: config.risk.ask_at.name(),
            });
            explanation.action = Some(action_step(&action));
        }
        Ok(())
    });
}

fn token_step(agent: &Agent) -> TokenStep {
    TokenStep {
        agent: agent.id.clone(),
        issuer: agent.issuer.clone(),
        user: agent.user.clone(),
        tenant: agent.tenant.clone(),
        session: agent.session.clone(),
        task: agent.task.clone(),
        intent: agent.intent.clone(),
        role: agent.role.clone(),
        scopes: agent.scopes.clone(),
        actors: agent.actors.clone(),
    }
}

fn action_step(action: &Action<'_>) -> ActionStep {
    ActionStep {
        kind: action.kind.name(),
        source: action.source.name(),
        tool: action.tool.to_string(),
        resource: action
            .resource
            .as_ref()
            .map(|resource| ResourceStep { kind: resource.kind.to_string(), id: resource.id.to_string() }),
    }
}

fn rule_step(trial: &Trial<'_>, record: &Record) -> RuleStep {
    let (outcome, condition, found) = match &trial.tried {
        Tried::Matched => ("matched", None, serde_json::Value::Null),
        Tried::Unmatched { condition, found, .. } => ("unmatched", Some(condition.clone()), found.clone()),
        Tried::Failed { condition, found } => ("failed", Some(condition.clone()), found.clone()),
    };
    let (wanted, misses) = match &trial.tried {
        Tried::Unmatched { wanted, misses, .. } => (Some(wanted.clone()).filter(|it| !it.is_empty()), *misses),
        Tried::Matched | Tried::Failed { .. } => (None, 0),
    };
    RuleStep {
        id: trial.rule.id.clone(),
        effect: trial.rule.effect.name(),
        outcome,
        condition,
        wanted,
        found,
        misses,
        tried_out: trial.rule.shadow,
        decides: record.rule.as_deref() == Some(&*trial.rule.id),
    }
}
