//! The middle of a request's way: from a body and a known agent to what should happen.

mod several;

use std::sync::Arc;

use crate::action::mcp::{Rpc, asks_for_list};
use crate::action::{self, Action, ActionKind, Protocol, Read, Reading, Route};
use crate::audit::{Cost, Record, ResourceRecord, TraceRecord, Verdict, Would};
use crate::config::Config;
use crate::credential::Credential;
use crate::decision::{Asked, Original, Projection, Question, question};
use crate::head::Head;
use crate::json::{Document, Tape, canonical};
use crate::narrow::without_approval_input;
use crate::policy::{DocumentedTask, Effect, Facts, Policy, Rule, Ruling};
use crate::reason::{Reason, Refusal};
use crate::risk::{Risk, assess};
use crate::session::{self, Act, Figures, Key, Memory, Sessions};
use crate::time::Timestamp;
use crate::token::Agent;

/// A judged request.
#[derive(Debug)]
pub(crate) struct Judged {
    /// What is known of it by now.
    pub(crate) record: Record,
    /// What an answer to it must echo.
    pub(crate) rpc: Option<Rpc>,
    /// What should happen.
    pub(crate) outcome: Outcome,
    /// The body without the client's answer to our own request for approval, where it holds one.
    pub(crate) body: Option<Vec<u8>>,
    /// What the slot of its session becomes, where its call is counted.
    pub(crate) remembered: Option<Vec<u8>>,
    /// Whether it asks for a list of which its agent is to see only what it might call.
    pub(crate) lists: bool,
}

/// What is remembered of the session that a request belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Recollection<'r> {
    pub(crate) settings: &'r Sessions,
    pub(crate) key: Key,
    /// The slot as it is now; none where nothing was ever kept in it.
    pub(crate) slot: Option<&'r [u8]>,
}

/// Who asks, how, and under what circumstances.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'c> {
    pub(crate) head: &'c Head,
    pub(crate) agent: &'c Agent,
    pub(crate) circumstances: &'c Circumstances,
}

/// What was found out about a request before its body: where nothing of the kind is configured, nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Circumstances {
    /// The policy that the proxy's own route names.
    pub(crate) policy: Option<String>,
    /// The signed task document that came along, once it is verified.
    pub(crate) task: Option<Arc<DocumentedTask>>,
}

/// What should happen with a judged request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It may go on.
    Forward,
    /// It may go on if the decision service permits.
    Ask(Question),
    /// It may not.
    Refuse(Refusal),
}

/// Reads the body, rates the risk and applies the rules.
pub(crate) fn judge(
    config: &Config,
    tape: &mut Tape,
    caller: Caller<'_>,
    body: &[u8],
    mut record: Record,
    session: Option<Recollection<'_>>,
) -> Judged {
    let mut rpc = None;
    let mut rest = None;
    let mut remembered = None;
    let mut lists = false;
    let outcome = read(config, tape, caller.head, body, &mut |route, reading| {
        rpc = reading.rpc;
        record.trace = record.trace.or(reading.trace.map(TraceRecord));
        match reading.outcome? {
            Reading::Pass { method } => {
                record.method = Some(method.into_owned());
                Ok(Outcome::Forward)
            }
            Reading::Several(actions) => {
                lists = actions.iter().any(|action| lists_on(route, action));
                let asks_together = config.decision.as_ref().is_some_and(|service| service.asks_several);
                Ok(several::judge(&actions, &mut record, asks_together, &mut |action, record| {
                    // Each is counted, and the next one judged by what the session is then.
                    let slot = remembered.take();
                    let session = session.map(|it| Recollection { slot: slot.as_deref().or(it.slot), ..it });
                    let turn = session.map(|session| Turn::new(session, action, body.len(), record.time));
                    let (policy, _) = config.policy_of(route, caller.circumstances.policy.as_deref());
                    let outcome = judge_action(config, policy, caller, body, action, record, turn.as_ref());
                    let after = turn.and_then(|turn| turn.after(&outcome));
                    remembered = after.or(slot);
                    digests(config, action, &outcome, record);
                    outcome
                }))
            }
            Reading::Judge(action) => {
                lists = lists_on(route, &action);
                let turn = session.map(|session| Turn::new(session, &action, body.len(), record.time));
                let (policy, _) = config.policy_of(route, caller.circumstances.policy.as_deref());
                let outcome = judge_action(config, policy, caller, body, &action, &mut record, turn.as_ref());
                remembered = turn.and_then(|turn| turn.after(&outcome));
                digests(config, &action, &outcome, &mut record);
                rest = without_approval_input(caller.head, body, &action);
                Ok(outcome)
            }
        }
    });
    Judged { record, rpc, outcome: outcome.unwrap_or_else(Outcome::Refuse), body: rest, remembered, lists }
}

fn lists_on(route: &Route, action: &Action<'_>) -> bool {
    route.filters_lists && action.kind == ActionKind::List && asks_for_list(&action.method)
}

/// Reads the body by its route, and lends both to `judge`.
pub(crate) fn read<T>(
    config: &Config,
    tape: &mut Tape,
    head: &Head,
    body: &[u8],
    judge: &mut dyn FnMut(&Route, Read<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let route = config.routes.find(head.target())?;
    let opened = action::body::open(route, head, body)?;
    let limits = action::body::limits(route.max_body);
    let read = |json, tape| Document::read(json, &limits, tape).map_err(action::body::unreadable);
    let document = opened.json.as_deref().map(|json| read(json, std::mem::take(tape))).transpose()?;
    let beside = opened.beside.as_deref().map(|json| read(json, Tape::default())).transpose()?;
    let content = opened.content(document.as_ref(), beside.as_ref());
    let outcome = judge(route, action::read(route, &config.tools, head, &content));
    if let Some(document) = document {
        *tape = document.into_tape();
    }
    outcome
}

/// One call's turn in its session.
struct Turn<'r> {
    session: Recollection<'r>,
    memory: Memory<'r>,
    act: Act,
    figures: Figures,
    now: Timestamp,
}

impl<'r> Turn<'r> {
    fn new(session: Recollection<'r>, action: &Action<'_>, body: usize, now: Timestamp) -> Self {
        let memory = Memory::find(session.slot, &session.key);
        let act = Act::of(session.settings, action, body);
        Self { session, figures: memory.figures(&act, now), memory, act, now }
    }

    /// What the slot becomes. A call that the quarantine refuses isn't counted: else it would never end.
    fn after(self, outcome: &Outcome) -> Option<Vec<u8>> {
        let counted = match outcome {
            Outcome::Refuse(refusal) if refusal.reason == Reason::SessionQuarantined => return None,
            Outcome::Refuse(_) => session::Outcome::Denied,
            Outcome::Forward | Outcome::Ask(_) => session::Outcome::Passed,
        };
        Some(self.memory.after(&self.act, counted, self.session.settings.quarantine.as_ref(), self.now))
    }
}

fn judge_action(
    config: &Config,
    policy: &Policy,
    caller: Caller<'_>,
    body: &[u8],
    action: &Action<'_>,
    record: &mut Record,
    turn: Option<&Turn<'_>>,
) -> Outcome {
    let Caller { head, agent, circumstances } = caller;
    let original = Original { head, body };
    let risk = assess(&config.risk, action);
    describe(record, action, &risk);
    let facts = facts(head, agent, action, &risk, record.protocol.unwrap_or_default(), record.time);
    let facts = Facts { session: turn.map(|turn| &turn.figures), ..facts };
    if let Some(turn) = turn {
        let exported = turn.session.settings.export;
        record.cost = exported.then(|| Cost::of(turn.act.rows, turn.act.whole_amount()));
        if turn.memory.is_quarantined(turn.now) {
            return Outcome::Refuse(Reason::SessionQuarantined.into());
        }
    }
    if let Err(detail) = config.tasks.check(&facts, circumstances.task.as_deref()) {
        return Outcome::Refuse(Refusal::new(Reason::TaskExceeded, detail));
    }
    if config.details.is_configured()
        && let Err(detail) = config.details.check(&facts, audiences(config, head, agent))
    {
        return Outcome::Refuse(Refusal::new(Reason::TokenDetails, detail));
    }
    record.would = policy.rehearse(&facts).and_then(|ruling| would(&ruling));
    let (asked, approval, credential) = match policy.judge(&facts) {
        Ruling::NoRule => return Outcome::Refuse(Reason::PolicyNoRule.into()),
        Ruling::LacksScope(rule) => {
            record.rule = Some(rule.id.clone());
            return Outcome::Refuse(Refusal::insufficient_scope(policy.scopes(&facts)));
        }
        Ruling::Failed(rule, condition) => {
            record.rule = Some(rule.id.clone());
            let detail = format!("`{}` of rule `{}` can't be compared with the value sent", condition.name, rule.id);
            return Outcome::Refuse(Refusal::new(Reason::PolicyFailed, detail));
        }
        Ruling::Matched(effect, rule) => {
            record.rule = Some(rule.id.clone());
            record.tags.clone_from(&rule.wishes.tags);
            record.required = rule.wishes.recorded;
            match effect {
                Effect::Deny => return Outcome::Refuse(denied(rule)),
                Effect::Approve => (true, true, rule.wishes.credential.as_ref()),
                Effect::Ask => (true, false, rule.wishes.credential.as_ref()),
                Effect::Allow => {
                    let credential = rule.wishes.credential.as_ref();
                    (risk.level >= config.risk.ask_at || credential.is_some(), false, credential)
                }
            }
        }
    };
    if !asked {
        return Outcome::Forward;
    }
    let Some(service) = &config.decision else {
        return Outcome::Refuse(Reason::DecisionNotConfigured.into());
    };
    let (policy_version, route) = (&config.policy_version, facts.path);
    let session = turn.map(|turn| &turn.figures);
    let coaz = service.coaz.as_deref().filter(|_| facts.protocol == Protocol::Mcp.name());
    let coaz = coaz.map(|coaz| Projection {
        coaz,
        declared: config.tools.facts(&action.tool).and_then(|facts| facts.mapping),
        accepted: audiences(config, head, agent),
    });
    let asked =
        Asked { agent, original, action, risk: &risk, policy_version, route, approval, credential, session, coaz };
    let token = if service.sends_token { token(head) } else { None };
    match question(&asked, service, token) {
        Ok(question) => Outcome::Ask(question),
        Err(unaskable) => Outcome::Refuse(unaskable.into()),
    }
}

/// Names of this resource, one of which the token's `aud` holds.
fn audiences<'c>(config: &'c Config, head: &Head, agent: &Agent) -> &'c [String] {
    match config.routes.find(head.target()).map(|route| route.access.audiences.as_slice()) {
        Ok(audiences) if !audiences.is_empty() => audiences,
        _ => config.identity.audiences(&agent.issuer),
    }
}

/// The agent's token, for a decision service that gets it.
fn token(head: &Head) -> Option<Credential> {
    let value = std::str::from_utf8(head.first("authorization")?).ok()?;
    Credential::new("authorization", value).ok()
}

/// What rules look at.
pub(crate) fn facts<'f>(
    head: &'f Head,
    agent: &'f Agent,
    action: &'f Action<'f>,
    risk: &'f Risk,
    protocol: &'static str,
    now: Timestamp,
) -> Facts<'f> {
    let path = head.target().split(|byte| *byte == b'?').next().unwrap_or_default();
    Facts {
        agent,
        action,
        risk,
        method: std::str::from_utf8(head.method()).unwrap_or_default(),
        path: std::str::from_utf8(path).unwrap_or_default(),
        protocol,
        now,
        session: None,
    }
}

/// What the audit says of a ruling that counts for nothing.
fn would(ruling: &Ruling<'_>) -> Option<Would> {
    let (rule, effect) = match ruling {
        Ruling::NoRule => return None,
        Ruling::LacksScope(rule) => (rule, "scope"),
        Ruling::Failed(rule, _) => (rule, "fail"),
        Ruling::Matched(effect, rule) => (rule, effect.name()),
    };
    Some(Would { rule: rule.id.clone(), effect })
}

fn denied(rule: &Rule) -> Refusal {
    Refusal::new(Reason::PolicyDenied, rule.reason.clone().unwrap_or_default())
}

/// What the audit says of an action.
fn describe(record: &mut Record, action: &Action<'_>, risk: &Risk) {
    record.method = Some(action.method.to_string());
    record.tool = Some(action.tool.to_string());
    record.action = Some(action.kind.name());
    record.action_source = Some(action.source.name());
    record.resource =
        action.resource.as_ref().map(|resource| ResourceRecord { kind: resource.kind.to_string(), id_digest: None });
    record.risk = Some(risk.clone().into());
}

/// Parameters that went on unasked have a digest up to this length. SHA-256 takes about 3 µs a KiB in wasm: of a large
/// body it would cost more than everything else together, and what was denied or asked about matters more.
const DIGESTED_ALWAYS: usize = 1024;

/// What names resource and parameters without telling them: whoever reads the log need not know them. Only for a record
/// that will be kept.
fn digests(config: &Config, action: &Action<'_>, outcome: &Outcome, record: &mut Record) {
    let goes_on = matches!(outcome, Outcome::Forward);
    // Of what the decision service is asked, the worse is assumed.
    let verdict = if goes_on { Verdict::Forward } else { Verdict::Reject };
    if !record.required && !config.audit.keeps(verdict) {
        return;
    }
    let id = action.resource.as_ref().map(|resource| &resource.id).filter(|id| !id.is_empty());
    if let (Some(id), Some(resource)) = (id, &mut record.resource) {
        resource.id_digest = Some(config.audit.digests.of(id.as_bytes()));
    }
    let Some(body) = action.parameters.body.filter(|body| !goes_on || body.raw().len() <= DIGESTED_ALWAYS) else {
        return;
    };
    let known = if let Outcome::Ask(Question { parameters: Some(sha256), .. }) = outcome {
        config.audit.digests.of_sha256(sha256)
    } else {
        None
    };
    if known.is_some() {
        record.parameters_digest = known;
        return;
    }
    let mut digest = config.audit.digests.begin();
    // A rounded number names more than one body; for telling records apart that is good enough.
    let _ = canonical::write(body, &mut |bytes| digest.update(bytes));
    record.parameters_digest = Some(digest.end());
}
