//! The states in which a request waits for a decision, and what that makes of the request.
//!
//! ```text
//!                    the same question            heard
//!             ┌─────── is under way ─▶ Listening ───────▶ decided
//!  consult ───┤ remembered ──────────────────────────────▶ decided ─▶ forward │ refuse │ Narrowing
//!             └─ breaker closed ─▶ Asking ── answer ─────▶ decided
//!                        │           ▲ │ connection lost: once more
//!                        ▼           └─┘ no answer, breaker open
//!                    undecided ◀─────────┘ ─▶ refuse, or forward where the configuration dares
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::{Exchange, State, Step};
use crate::action::mcp::{Era, Rpc};
use crate::audit::Record;
use crate::decision::{
    Asker, Decision, Denied, InvalidAnswer, Joined, Listener, Question, Sending, Settled, Terms, freshness,
};
use crate::gate::Gate;
use crate::head::Head;
use crate::judge::{Caller, Circumstances};
use crate::obey::{Changes, meet, narrowed};
use crate::reason::{Reason, Refusal};
use crate::time::Timestamp;
use crate::token::Agent;

/// A judged request that waits for a decision.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) head: Head,
    pub(super) record: Record,
    pub(super) rpc: Option<Rpc>,
    /// Who asks.
    pub(super) agent: Arc<Agent>,
    /// Under what circumstances.
    pub(super) circumstances: Circumstances,
    /// The body without what was meant for us, where there was such a thing.
    pub(super) body: Option<Vec<u8>>,
    /// What is asked.
    pub(super) question: Arc<Question>,
    /// When it was sent first.
    pub(super) since: Timestamp,
    /// Whether it was sent a second time.
    pub(super) again: bool,
    /// For whom else it is asked.
    pub(super) asker: Option<Asker>,
}

impl Exchange {
    /// The rules leave it to the decision service: its answer may be remembered, or under way; else it is asked.
    pub(super) fn consult(&mut self, gate: &mut Gate, now: Timestamp, mut asking: Box<Asking>) -> Step {
        if let Some(identity) = asking.question.identity {
            if let Some(decision) = gate.decisions.recall(&identity, now) {
                return self.decided(gate, now, *asking, decision.into());
            }
            match gate.under_way.join(identity) {
                Joined::Asks(asker) => asking.asker = Some(asker),
                Joined::Listens(listener) => return self.listen(asking, listener),
            }
        }
        self.ask(gate, now, asking)
    }

    fn ask(&mut self, gate: &mut Gate, now: Timestamp, mut asking: Box<Asking>) -> Step {
        if !gate.breaker.admits(now) {
            asking.record.asked = false;
            return self.undecided(*asking, &Reason::DecisionSuspended.into());
        }
        asking.since = now;
        self.send(gate, now, asking)
    }

    /// Sends the question, if there is time left for an answer.
    fn send(&mut self, gate: &mut Gate, now: Timestamp, mut asking: Box<Asking>) -> Step {
        let path = match gate.path_of(&asking.question, now) {
            Ok(path) => path,
            Err(why) => {
                asking.record.asked = asking.again;
                return self.undecided(*asking, &Refusal::new(Reason::DecisionUnavailable, why));
            }
        };
        let timeout = self.config.decision.as_ref().map_or(Duration::ZERO, |service| service.timeout);
        let left = timeout.saturating_sub(now.since(asking.since));
        if left.is_zero() {
            return self.undecided(*asking, &Reason::DecisionUnavailable.into());
        }
        let (question, id, again) = (Arc::clone(&asking.question), asking.record.decision_id.clone(), asking.again);
        self.state = State::Asking(asking);
        Step::Ask(Sending { question, path, id, timeout: left, again })
    }

    fn listen(&mut self, asking: Box<Asking>, listener: Listener) -> Step {
        self.state = State::Listening(asking, listener);
        Step::Await
    }

    /// Something may have come of the same question of another exchange.
    pub(super) fn heard(&mut self, gate: &mut Gate, now: Timestamp, asking: Box<Asking>, listener: Listener) -> Step {
        match listener.heard() {
            None => self.listen(asking, listener),
            Some(Settled::Decided(decision)) => self.decided(gate, now, *asking, decision.into()),
            Some(Settled::Failed(invalid)) => self.failed(*asking, invalid),
            Some(Settled::Nothing) => self.ask(gate, now, asking),
        }
    }

    /// The decision service answered, or failed to.
    pub(super) fn answered(
        &mut self,
        gate: &mut Gate,
        now: Timestamp,
        mut asking: Box<Asking>,
        head: &Head,
        body: &[u8],
    ) -> Step {
        let service = self.config.decision.as_ref();
        let read = service
            .map_or(Err(InvalidAnswer::Nothing), |service| service.read(asking.question.evaluations, head, body, now));
        if read.as_ref().is_err_and(InvalidAnswer::lost) && !asking.again {
            asking.again = true;
            return self.send(gate, now, asking);
        }
        match &read {
            Err(invalid) if invalid.outage() => gate.breaker.failed(now),
            Ok(_) | Err(_) => gate.breaker.answered(),
        }
        let decision = match read {
            Ok(decision) => decision,
            Err(invalid) => {
                if let Some(asker) = asking.asker.take() {
                    asker.settle(Settled::Failed(invalid.clone()));
                }
                return self.failed(*asking, invalid);
            }
        };
        let allowed = freshness(head);
        if let (Some(lasting), Some(identity)) = (decision.lasting(), asking.question.identity) {
            let max_age = service.and_then(|service| service.max_age);
            if let Some(max_age) = max_age {
                let until = now.plus(allowed.map_or(max_age, |allowed| allowed.min(max_age)));
                gate.decisions.remember(identity, lasting, until.min(asking.agent.expires));
            }
            // An answer that may not be used a second time is nobody else's.
            if let Some(asker) = asking.asker.take().filter(|_| allowed.is_none_or(|allowed| !allowed.is_zero())) {
                asker.settle(Settled::Decided(lasting));
            }
        }
        self.decided(gate, now, *asking, decision)
    }

    fn failed(&mut self, asking: Asking, invalid: InvalidAnswer) -> Step {
        let outage = invalid.outage();
        let refusal = Refusal::from(invalid);
        if outage { self.undecided(asking, &refusal) } else { self.refuse_asked(asking, &refusal) }
    }

    /// There is no decision. In most configurations that is the end of the request; in none is it forgotten.
    fn undecided(&mut self, mut asking: Asking, refusal: &Refusal) -> Step {
        if !asking.question.excused {
            return self.refuse_asked(asking, refusal);
        }
        asking.record.undecided = Some(refusal.reason);
        asking.record.required = true;
        let Asking { head, record, rpc, body, .. } = asking;
        self.forward(&head, record, rpc.as_ref(), Changes { body, ..Changes::default() })
    }

    fn refuse_asked(&mut self, asking: Asking, refusal: &Refusal) -> Step {
        self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), refusal)
    }

    fn decided(&mut self, gate: &Gate, now: Timestamp, mut asking: Asking, decision: Decision) -> Step {
        let (denied, terms) = match decision {
            Decision::Permit(terms) => (None, terms),
            Decision::Deny(denied, terms) => (Some(denied), terms),
        };
        let wish = asking.question.credential.as_ref().filter(|_| denied.is_none());
        let met = meet(&terms, wish, &asking.agent, now, &mut asking.record);
        let refusal = match (denied, met) {
            (Some(Denied::Unapproved(approval)), Ok(())) => {
                if let Some(rpc) = &mut asking.rpc {
                    rpc.shows_links |= rpc.era == Era::Legacy && gate.elicitors.knows(&asking.agent);
                }
                Refusal::until_approved(approval)
            }
            // A denial can ask for a stronger token as well: then that is what the client has to know.
            (_, Err(refusal)) => refusal,
            (Some(Denied::Finally), Ok(())) => {
                let refusal = Reason::DecisionDenied.into();
                let step = self.refuse(&asking.head, asking.record, asking.rpc.as_ref(), &refusal);
                return self.after_noting(step, &asking.agent);
            }
            (None, Ok(())) if terms.narrow.is_empty() => {
                let Asking { head, record, rpc, body, .. } = asking;
                let (credential, scope) = terms.credential.map(|issued| (issued.credential, issued.scope)).unzip();
                let changes = Changes { headers: terms.headers, credential, scope: scope.flatten(), body };
                return self.forward(&head, record, rpc.as_ref(), changes);
            }
            (None, Ok(())) => {
                self.state = State::Narrowing(Box::new(asking), Box::new(terms));
                return Step::Read;
            }
        };
        self.refuse_asked(asking, &refusal)
    }

    /// The body is there once more: put the narrower parameters into it.
    pub(super) fn narrow(&mut self, gate: &mut Gate, mut asking: Asking, terms: &Terms, body: &[u8]) -> Step {
        let body = asking.body.as_deref().unwrap_or(body);
        let config = &self.config;
        let caller = Caller { head: &asking.head, agent: &asking.agent, circumstances: &asking.circumstances };
        match narrowed(config, &mut gate.tape, caller, body, terms, &mut asking.record) {
            Ok(changes) => self.forward(&asking.head, asking.record, asking.rpc.as_ref(), changes),
            Err(refusal) => self.refuse_asked(asking, &refusal),
        }
    }
}
