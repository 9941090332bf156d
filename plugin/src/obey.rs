//! A permit is obeyed in full or not at all: what it brings is met here, or the answer is no.

use crate::action::Reading;
use crate::audit::Record;
use crate::config::Config;
use crate::credential::{Credential, CredentialWish};
use crate::decision::{Asked, Original, StepUp, Terms, call_digest};
use crate::head::Head;
use crate::json::Tape;
use crate::judge::{Caller, Outcome, facts, judge, read};
use crate::narrow::narrow;
use crate::reason::{Authentication, Reason, Refusal};
use crate::risk::assess;
use crate::time::Timestamp;
use crate::token::Agent;

/// What changes on the way upstream because a decision says so.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Headers to set.
    pub(crate) headers: Vec<(String, String)>,
    /// What goes in place of the agent's token.
    pub(crate) credential: Option<Credential>,
    /// What that is good for, where who issued it tells.
    pub(crate) scope: Option<String>,
    /// The body in place of the one that came.
    pub(crate) body: Option<Vec<u8>>,
}

impl Changes {
    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        let Self { headers, credential, scope: _, body } = self;
        headers.is_empty() && credential.is_none() && body.is_none()
    }
}

/// Carries out what can be carried out without looking at the body, and says what else stands in the way.
///
/// A permit also has to bring the credential that its rule wishes for, where there is a `wish`.
///
/// Notes go into the record whatever comes of the rest: obligations hold on a denial too, and those that can be met are
/// met even where another can't (AuthZEN Profile for Obligations, "Non-Compliance").
///
/// # Errors
/// A term that can't be met; the person behind the token has to authenticate again.
pub(crate) fn meet(
    terms: &Terms,
    wish: Option<&CredentialWish>,
    agent: &Agent,
    now: Timestamp,
    record: &mut Record,
) -> Result<(), Refusal> {
    record.notes.extend(terms.notes.iter().cloned());
    // A note that nobody keeps is none.
    record.required |= !terms.notes.is_empty();
    if let Some(unmet) = terms.unmet.first() {
        return Err(Refusal::new(Reason::DecisionTerms, unmet.clone()));
    }
    if let Some(wish) = wish {
        let issued = terms.credential.as_ref().ok_or("the permit brings no credential, and the rule wants one");
        issued
            .and_then(|issued| issued.check(wish, now))
            .map_err(|unmet| Refusal::new(Reason::DecisionTerms, unmet))?;
    }
    match &terms.step_up {
        Some(wanted) if !is_met(wanted, agent, now) => {
            let authentication = Authentication { acr: wanted.acr.clone(), max_age: wanted.max_age };
            Err(Refusal::until_stepped_up(authentication))
        }
        _ => Ok(()),
    }
}

/// Whether the token says that the person authenticated so (OpenID Connect Core section 2: `acr`, `amr`, `auth_time`).
fn is_met(wanted: &StepUp, agent: &Agent, now: Timestamp) -> bool {
    let claim = |name: &str| agent.claims.get(name);
    let used = |method: &String| {
        claim("amr").and_then(|amr| amr.as_array()).is_some_and(|amr| amr.iter().any(|it| it == method))
    };
    let recent = |max_age: u64| {
        claim("auth_time")
            .and_then(serde_json::Value::as_u64)
            .is_some_and(|at| now.as_secs() <= at.saturating_add(max_age))
    };
    claim("acr").is_some_and(|acr| *acr == wanted.acr)
        && wanted.amr.iter().all(used)
        && wanted.max_age.is_none_or(recent)
}

/// Narrows `body` as `terms` say, and judges what came of it: what goes on was judged, whoever wrote it.
///
/// # Errors
/// It can't be narrowed so, or the narrowed call is one that the rules refuse.
pub(crate) fn narrowed(
    config: &Config,
    tape: &mut Tape,
    caller: Caller<'_>,
    body: &[u8],
    terms: &Terms,
    record: &mut Record,
) -> Result<Changes, Refusal> {
    let Caller { head, agent, .. } = caller;
    let narrowed = read(config, tape, head, body, &mut |route, reading| match reading.outcome? {
        Reading::Judge(action) => {
            let risk = assess(&config.risk, &action);
            let route_path = facts(head, agent, &action, &risk, "", record.time).path;
            let policy_version = &config.policy_version;
            let again = Asked {
                agent,
                original: Original { head, body },
                action: &action,
                risk: &risk,
                policy_version,
                route: route_path,
                approval: false,
                credential: None,
                session: None,
                coaz: None,
            };
            if record.call_digest.as_ref() != Some(&call_digest(&again)) {
                return Err(Refusal::new(Reason::Fault, "the body is not the one that was judged"));
            }
            let (policy, _) = config.policy_of(route, caller.circumstances.policy.as_deref());
            let rule = record.rule.as_deref().and_then(|id| policy.rules().iter().find(|rule| rule.id == id));
            let declared = rule.map_or(&[][..], |rule| &rule.wishes.narrow);
            narrow(body, head, &action, &terms.narrow, &|pointer| declared.iter().any(|it| it.as_str() == pointer))
                .map_err(|unmet| Refusal::new(Reason::DecisionTerms, unmet))
        }
        Reading::Several(_) => Err(Refusal::new(Reason::DecisionTerms, "one of several calls can't be narrowed")),
        Reading::Pass { .. } => Err(Refusal::new(Reason::DecisionTerms, "this call has no parameters")),
    })?;
    let head = with_headers(head, &narrowed.headers);
    let caller = Caller { head: &head, ..caller };
    match judge(config, tape, caller, &narrowed.body, record.clone(), None).outcome {
        // That no rule allows the smaller call by itself is no objection: the decision service does.
        Outcome::Refuse(refusal) if refusal.reason != Reason::PolicyNoRule => return Err(refusal),
        Outcome::Refuse(_) | Outcome::Forward | Outcome::Ask(_) => {}
    }
    record.narrowed = terms.narrow.iter().map(|(pointer, _)| pointer.clone()).collect();
    let headers = terms.headers.iter().cloned().chain(narrowed.headers).collect();
    let (credential, scope) = terms.credential.clone().map(|issued| (issued.credential, issued.scope)).unzip();
    Ok(Changes { headers, credential, scope: scope.flatten(), body: Some(narrowed.body) })
}

/// The head as the server behind will see it: with `headers` in the place of those of the same name.
fn with_headers(head: &Head, headers: &[(String, String)]) -> Head {
    let replaced = |name: &[u8]| headers.iter().any(|(new, _)| name.eq_ignore_ascii_case(new.as_bytes()));
    let kept = head.iter().filter(|(name, _)| !replaced(name));
    Head::from_pairs(kept.chain(headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()))))
}
